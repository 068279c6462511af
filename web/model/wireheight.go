package model

import (
	"math"
	"strconv"
)

// The wire's height is the reader's to choose where all panels are in sight at once. Heights come in steps: the style sheet has a
// rule for each, since a strict policy allows no style of an element's own.
const (
	wireLow, wireHigh = 120, 480 // CSS pixels
	WireStep          = 20
	stageLow          = 260 // what the row of the stage keeps: a prompt that waits is as high
	wireFrame         = 100 // of the panel is not between its first row and its last
	wireTold          = 24  // what the chosen packet's line takes
	mostApart         = 180
	leastApart        = 28
	lowWindow         = 860 // a verdict takes much of its room; the style sheets have the same
	allInSight        = 680 // of the window, from which on the panels do not scroll as one; layout.css has the same
)

// A WireHeight is how high the wire is, and may be: what others need is not to be had.
type WireHeight struct {
	Set     int // what was chosen, as far as there is room; 0 to be as high as its content
	Now     int // what it is
	Low, Up int
}

// WireSized wants the wire so high, or as high as its content for 0.
type WireSized struct{ Height float64 }

func (WireSized) isMsg() {}

func (m *Model) wireHeight() WireHeight {
	h := WireHeight{Low: wireLow, Up: wireHigh}
	if room := m.wireNow + m.stageNow - stageLow; m.wireNow > 0 {
		h.Up = max(wireLow, min(inSteps(room, math.Floor), wireHigh))
	}
	h.Set = min(m.wireSet, h.Up)
	if h.Now = h.Set; h.Set == 0 {
		h.Now = max(wireLow, min(int(m.wireNow), h.Up))
	}
	return h
}

func inSteps(height float64, round func(float64) float64) int {
	return WireStep * int(round(height/WireStep))
}

// sizeWire keeps the choice for the next visit, too.
func (m *Model) sizeWire(height float64) []Cmd {
	set, kept := 0, ""
	if height > 0 {
		set = max(wireLow, min(inSteps(height, math.Round), m.wireHeight().Up))
		kept = strconv.Itoa(set)
	}
	if set == m.wireSet {
		return nil
	}
	m.wireSet = set
	return []Cmd{Store{"wire", kept}}
}

// wireWas is the choice of an earlier visit, 0 for what cannot be one.
func wireWas(kept string) int {
	if n, err := strconv.Atoi(kept); err == nil && n >= wireLow && n <= wireHigh && n%WireStep == 0 {
		return n
	}
	return 0
}

// apart is how far the wire's rows are from each other: what is higher than it needs to be spreads them.
func (m *Model) apart(rows int, told string) float64 {
	room := float64(m.wireHeight().Set - wireFrame)
	if told != "" {
		room -= wireTold
	}
	if m.narrow() || m.height < allInSight || rows < 2 {
		return wireApart
	}
	return max(wireApart, min(math.Floor(room/float64(rows-1)), mostApart))
}

// closer is how far the rows are from each other beside a verdict in a low window: closer than usual where they are not in sight
// otherwise. While the verdict is shown, that is.
func (m *Model) closer(usual float64, rows int) float64 {
	if m.narrow() || m.height < allInSight || m.height > lowWindow || rows < 2 || m.wireNow == 0 {
		return usual
	}
	return min(usual, max(leastApart, math.Floor((m.wireNow-wireFrame)/float64(rows-1))))
}
