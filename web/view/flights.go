package view

import (
	"time"

	"resync/web/model"
)

// The canvas over the stage shows what moves: bytes on their way. Its marks are described in Host.Draw.

const (
	flightsID   = "flights"
	markBar     = 0
	markLoading = 1
	laneApart   = 18 // CSS pixels between the two lanes of a link, as link.go draws them
	capsuleHigh = 8
)

// A lane is where a link's drawing is on the canvas, in CSS pixels.
type lane struct{ x, y, w, h float32 }

// draw packs the marks of this frame and hands them to the canvas in one call.
func (p *page) draw(now time.Duration) {
	flights := p.model.Flights(p.page.Stage.Links)
	if len(flights) == 0 && p.emptyDrawn {
		return
	}
	p.emptyDrawn = len(flights) == 0
	if len(flights) > 0 && (p.lanes == nil || now-p.lanesAt > measureEvery) {
		p.findLanes(now)
	}
	p.marks = p.marks[:0]
	for _, f := range flights {
		if l, ok := p.lanes[f.Link]; ok && l.w > 0 {
			p.marks = appendMark(p.marks, l, f, p.page.Stage.Vertical)
		}
	}
	p.host.Draw(flightsID, p.marks)
}

// findLanes looks up where the links are now. It makes the browser lay the page out, so it is not done in every frame.
func (p *page) findLanes(now time.Duration) {
	p.lanesAt = now
	left, top, _, _ := p.host.Box(flightsID)
	p.lanes = make(map[string]lane, len(p.page.Stage.Links))
	for _, l := range p.page.Stage.Links {
		x, y, w, h := p.host.Box(lanesID(l.ID))
		p.lanes[l.ID] = lane{float32(x - left), float32(y - top), float32(w), float32(h)}
	}
}

// appendMark places a capsule: the stream runs in the upper (left) lane, what answers it in the lower (right) one.
func appendMark(marks []float32, l lane, f model.Flight, vertical bool) []float32 {
	along, across := l.w, l.h
	if vertical {
		along, across = l.h, l.w
	}
	length := max(capsuleHigh, float32(f.Length)*along)
	at := float32(f.Progress) * (along - length)
	side := across/2 - laneApart/2
	if !f.Down {
		at = along - length - at
		side = across/2 + laneApart/2
	}
	side -= capsuleHigh / 2
	kind := float32(markBar)
	if f.Snapshot {
		kind = markLoading
	}
	if vertical {
		return append(marks, kind, l.x+side, l.y+at, capsuleHigh, length, float32(f.Colour), 1, 0)
	}
	return append(marks, kind, l.x+at, l.y+side, length, capsuleHigh, float32(f.Colour), 1, 0)
}
