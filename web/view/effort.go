package view

import (
	"time"

	"resync/web/model"
)

// What a frame may cost. A page is smooth when it is done with every frame before the screen wants the next one, and how
// fast a reader's machine is nobody knows: so the world gets a few milliseconds of each frame, and the panels are drawn one
// after the other, a part in a frame.

// What the world gets of a frame. On a slow machine it waits while a part is drawn, laid out and painted.
const (
	frameTime = 4 * time.Millisecond
	busyTime  = frameTime / 2 // on a slow machine, in a frame in which what moves is drawn,
	lightTime = 2 * frameTime // and in one in which nothing is
)

// An effort knows how long this machine takes for the work of the world. Its zero value has not seen any yet.
type effort struct {
	each float64 // nanoseconds for a unit of model.Model.Worked
	last int     // how much fitted into a frame when that was last asked

	worked int64         // and how much was done
	spent  time.Duration // in what time, since something was learned
}

const (
	leastWork  = 8    // of which a frame does so much, however slow the machine,
	mostWork   = 4000 // and no more than this, however fast
	tellsOf    = 64   // from so much on, or from a whole frame's on, the time that it took says something,
	weight     = 0.25 // and has this weight beside what was known
	coldMargin = 4    // the first frames of a world are slower than any later one
)

// work is how much work fits into so much of a frame.
func (e *effort) work(time time.Duration) int {
	if e.last = mostWork / coldMargin; e.each > 0 {
		e.last = int(min(mostWork, max(leastWork, float64(time)/e.each)))
	}
	return e.last
}

// took learns that so much work took so long. Little work in a frame that had time for more says nothing: what does not depend on
// how much it is takes most of that time. Nor does a clock that stood still, as one of coarse steps does in most frames.
func (e *effort) took(work int64, long time.Duration) {
	if work < int64(min(tellsOf, e.last)) {
		return
	}
	e.worked, e.spent = e.worked+work, e.spent+long
	if e.spent <= 0 {
		return
	}
	each := float64(e.spent) / float64(e.worked)
	e.worked, e.spent = 0, 0
	if e.each == 0 {
		e.each = each
	}
	e.each += weight * (each - e.each)
}

// A rhythm is how often a part of the page is drawn while time passes: as often as this machine can without late frames.
// Drawing costs more than the program sees of it, since the browser lays out and paints behind its back; so what counts is when
// the next frame came.
type rhythm struct {
	every time.Duration // between two drawings of a part; 0 at the beginning
	usual time.Duration // from frame to frame, when nothing is in the way
	drawn bool          // it has, since the last frame,
	lays  bool          // and the browser lays it out and paints it in this one
	moved bool          // what moves was drawn in the frame before
	took  time.Duration // the work of the frame before and its drawing, if this one has waited for that
}

const (
	drawSoonest = 150 * time.Millisecond // numbers that change more often cannot be read,
	drawLatest  = 800 * time.Millisecond // and those that change much less often seem to stand still
)

// frame learns that a frame came so long after the one before. One that is late by a drawing slows the rhythm down at once; many
// that are in time bring it back: with one late in forty it stays as it is.
func (r *rhythm) frame(elapsed time.Duration) {
	if r.every == 0 {
		r.every, r.usual = drawSoonest, elapsed
	}
	r.usual = min(elapsed, r.usual+r.usual/1024) // a screen may become slower, as on battery
	late := elapsed > r.usual*3/2
	if r.took > 0 { // go-app's timer is no work
		late = r.took > r.usual
	}
	switch {
	case !r.drawn && !r.lays: // the program's part of a drawing, and then the browser's
	case late:
		r.every = min(drawLatest, r.every*6/5)
	default:
		r.every = max(drawSoonest, r.every*199/200)
	}
	r.lays, r.drawn, r.took = r.drawn, false, 0
}

// busy reports whether a frame has enough to do without the world.
func (r *rhythm) busy(drawing bool) bool { return drawing || r.lays }

// slow reports whether this is a slow machine.
func (r *rhythm) slow() bool { return r.every > 2*drawSoonest }

// world is how much time the world gets of a frame in which a part is to be drawn, or what moves, or neither; 0 has it wait for the
// next.
func (r *rhythm) world(drawing, moving bool) time.Duration {
	switch {
	case !r.slow():
		return frameTime
	case r.busy(drawing):
		return 0
	case moving:
		return busyTime
	}
	return lightTime
}

// moves reports whether what moves is drawn in this frame: on a slow machine in every other one, and in none beside a part.
func (r *rhythm) moves(drawing bool) bool {
	r.moved = !r.slow() || !r.busy(drawing) && !r.moved
	return r.moved
}

// A shown remembers for every part of the page what it shows: which revision of the model, and since when.
type shown struct {
	revisions [model.PartCount]uint64
	at        [model.PartCount]time.Duration
	last      time.Duration // when some part was drawn
}

func (d *shown) note(parts model.Parts, revision uint64, now time.Duration) {
	for i := range model.PartCount {
		if parts&(1<<i) != 0 {
			d.revisions[i], d.at[i] = revision, now
		}
	}
	d.last = now
}

// next is the part that is to be drawn in this frame, 0 for none: of those that may have changed the one that has waited
// longest. Where parts are drawn seldom, they are not drawn in one frame after the other, and tape and wire, which take twice as
// long as any other, half as often.
func (d *shown) next(revision uint64, now, every time.Duration) model.Parts {
	next, seldom := -1, every > 2*drawSoonest
	if seldom && now-d.last < every/(model.PartCount+2) {
		return 0
	}
	for i := range model.PartCount {
		wait := every
		if seldom && (model.PartTape|model.PartWire)&(1<<i) != 0 {
			wait *= 2
		}
		if d.revisions[i] != revision && now-d.at[i] >= wait && (next < 0 || d.at[i] < d.at[next]) {
			next = i
		}
	}
	if next < 0 {
		return 0
	}
	return 1 << next
}
