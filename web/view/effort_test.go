package view

import (
	"testing"
	"time"

	"resync/web/model"
)

// A slow machine does less in a frame, a fast one more, and neither without bound.
func TestAFrameHasTheWorkThatFitsIntoIt(t *testing.T) {
	learn := func(e *effort, each time.Duration) int {
		for range 50 {
			w := e.work(frameTime)
			e.took(int64(w), time.Duration(w)*each)
		}
		return e.work(frameTime)
	}
	var e effort
	if got := e.work(frameTime); got != mostWork/coldMargin {
		t.Errorf("before anything is known a frame has %d", got)
	}
	for _, c := range []struct {
		each time.Duration
		want int
	}{{10 * time.Microsecond, 400}, {40 * time.Microsecond, 100}, {200 * time.Microsecond, 20}, {time.Second, leastWork}, {time.Nanosecond, mostWork}} {
		if got := learn(&effort{}, c.each); got < c.want*99/100 || got > c.want {
			t.Errorf("at %v each a frame has %d, not %d", c.each, got, c.want)
		}
	}
	learn(&e, time.Second)
	learn(&e, 10*time.Microsecond)
	if got := learn(&e, 10*time.Microsecond); got < 396 || got > 400 {
		t.Errorf("behind a time in which a frame had next to nothing it has %d", got)
	}
	var coarse effort // a clock of 16 ms steps, where a frame's work takes 2
	for i := range 400 {
		long := time.Duration(0)
		w := coarse.work(frameTime)
		if e := time.Duration(w) * 5 * time.Microsecond; i%8 == 0 {
			long = 8 * e
		}
		coarse.took(int64(w), long)
	}
	if got := coarse.work(frameTime); got < 400 || got > 1600 {
		t.Errorf("by a coarse clock a frame has %d, not some 800", got)
	}
	before := e.work(frameTime)
	e.took(tellsOf-1, time.Second) // a few things that happened to take long say nothing
	e.took(1000, 0)                // nor does a clock that stood still, before it goes on
	e.took(1000, 20*time.Millisecond)
	if half := e.work(frameTime / 2); half < before/2-1 || half > before/2+1 {
		t.Errorf("half of the time is for %d of %d", half, before)
	}
	if e.work(frameTime) != before {
		t.Errorf("%d has become %d", before, e.work(frameTime))
	}
	e.took(1000, 40*time.Millisecond)
	if got := e.work(frameTime); got >= before || got < before/4 {
		t.Errorf("one slow frame makes %d of %d", got, before)
	}
}

// Parts are drawn one in a frame, each at most in its rhythm, and none of them starves or is drawn for nothing.
func TestPartsTakeTurns(t *testing.T) {
	var s shown
	counts := map[model.Parts]int{}
	revision, now := uint64(1), time.Second
	for range 600 { // ten seconds in which every frame changes everything
		revision++
		if part := s.next(revision, now, drawSoonest); part != 0 {
			counts[part]++
			s.note(part, revision, now)
		}
		now += time.Second / 60
	}
	if len(counts) != model.PartCount {
		t.Errorf("%d parts of %d were drawn", len(counts), model.PartCount)
	}
	for part, n := range counts {
		if want := int(10 * time.Second / drawSoonest); n < want*4/5 || n > want {
			t.Errorf("part %b was drawn %d times in ten seconds, not %d times", part, n, want)
		}
	}
	clear(counts)
	for range 600 { // on a slow machine
		revision++
		if part := s.next(revision, now, drawLatest); part != 0 {
			counts[part]++
			s.note(part, revision, now)
		}
		now += time.Second / 60
	}
	for i := range model.PartCount {
		part, want := model.Parts(1<<i), int(10*time.Second/drawLatest)
		n := counts[part]
		if part == model.PartTape || part == model.PartWire {
			want /= 2
		}
		if n < want-2 || n > want+1 {
			t.Errorf("on a slow machine part %b was drawn %d times in ten seconds, not %d times", part, n, want)
		}
	}
	for range model.PartCount + 80 { // then nothing changes
		if part := s.next(revision, now, drawSoonest); part != 0 {
			s.note(part, revision, now)
		}
		now += time.Second / 60
	}
	if part := s.next(revision, now, drawSoonest); part != 0 {
		t.Errorf("part %b is drawn again though nothing has changed", part)
	}
	s.note(model.AllParts, revision+1, now)
	if part := s.next(revision+1, now+time.Second, drawSoonest); part != 0 {
		t.Errorf("part %b is drawn again behind all of them", part)
	}
}

// A page whose drawings make frames late is drawn less often, until they do not; one that has been slow for a moment recovers.
func TestTheRhythmFollowsTheMachine(t *testing.T) {
	const screen = time.Second / 60
	var r rhythm
	seconds := func(n int, late func(i int) bool) time.Duration {
		for i := range 60 * n {
			long := time.Duration(screen)
			r.drawn = i%4 == 0
			if late(i) {
				long = 3 * screen
			}
			r.frame(long)
		}
		return r.every
	}
	never := func(int) bool { return false }
	if got := seconds(5, never); got != drawSoonest {
		t.Errorf("a page without late frames is drawn every %v", got)
	}
	if got := seconds(5, func(i int) bool { return i%4 == 2 }); got != drawSoonest {
		t.Errorf("frames that are late without a drawing make it draw every %v", got)
	}
	for behind := range 2 { // the program's frame, or the browser's
		r = rhythm{}
		if got := seconds(2, func(i int) bool { return i%4 == behind }); got < drawLatest*9/10 {
			t.Errorf("drawings that are always late make it draw every %v", got)
		}
	}
	moved := 0
	for i := range 60 {
		if r.moves(i%4 == 0) {
			if moved++; i%4 == 0 {
				t.Error("on a slow machine what moves is drawn beside a part")
			}
		}
	}
	if moved < 15 || moved > 30 {
		t.Errorf("on a slow machine what moves is drawn in %d frames of 60", moved)
	}
	waits := func() bool { return r.world(false, true) == 0 && !r.moves(false) }
	if r.world(true, false) != 0 || r.moves(true) {
		t.Error("on a slow machine the world and what moves do not wait for what is drawn")
	}
	r.drawn = true
	if r.frame(screen); !waits() {
		t.Error("on a slow machine the world and what moves do not wait for what is laid out")
	}
	if r.frame(screen); waits() {
		t.Error("on a slow machine the world waits for ever where nothing is drawn")
	}
	r.frame(screen)
	if r.world(false, true) >= frameTime || r.world(true, true) != 0 {
		t.Error("on a slow machine the world has no less of a frame in which what moves is drawn")
	}
	if r.world(false, false) <= frameTime || r.world(true, false) != 0 {
		t.Error("on a slow machine the world has no more of a frame in which nothing is drawn")
	}
	if got := seconds(15, never); got != drawSoonest {
		t.Errorf("after that it is drawn every %v", got)
	}
	r.drawn = true
	if r.frame(screen); r.world(true, true) != frameTime || !r.moves(true) {
		t.Error("on a fast machine the world and what moves wait for what is drawn")
	}
	for _, work := range []time.Duration{screen / 2, screen * 3 / 2} { // frames that wait for their drawing, with all that is between
		r.every = drawLatest
		for i := range 3000 {
			long := time.Duration(screen)
			if r.drawn = i%4 == 0; r.drawn {
				long, r.took = 2*screen, work
			}
			r.frame(long)
		}
		if r.slow() != (work > screen) {
			t.Errorf("frames that work for %v and wait as long have parts drawn every %v", work, r.every)
		}
	}
	r = rhythm{}
	for range 600 { // a screen of 30 frames a second is not late
		r.drawn = true
		r.frame(2 * screen)
	}
	for range 2 {
		if !r.moves(true) {
			t.Error("on a fast machine what moves is not drawn in every frame")
		}
	}
	if r.every != drawSoonest {
		t.Errorf("a slow screen makes it draw every %v", r.every)
	}
}

// Where parts are drawn seldom, frames without any are between them.
func TestPartsThatAreDrawnSeldomAreSpread(t *testing.T) {
	var s shown
	revision, now, before := uint64(1), time.Second, time.Duration(0)
	for range 600 {
		revision++
		if part := s.next(revision, now, drawLatest); part != 0 {
			if now-before < 40*time.Millisecond {
				t.Fatalf("two parts are drawn within %v", now-before)
			}
			before = now
			s.note(part, revision, now)
		}
		now += time.Second / 60
	}
	if before == 0 {
		t.Error("nothing is drawn")
	}
}
