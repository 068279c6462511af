package script

import (
	"fmt"
	"slices"
	"sort"
	"strconv"

	"resync/engine"
	"resync/engine/sim"
)

// A Timeline is a session that can be gone back and forth in. Its truth is the script and what was done on top of it:
// any moment is reached by doing the same again. Checkpoints, clones of the session on the way, only shorten the way
// there; where the reader steps back, they are laid close together.
//
// Acting in the past begins a branch: from that moment on it goes another way, and the branch it was in keeps its
// future.
//
//	A ────────●──────────────────▶ end     what was lived first
//	          └─────────▶ end     B        what happens instead
//
// What is looked at is Session. It stands at the end of the current branch, where new time is lived, or at some moment
// before. Going to another moment is a journey that can be long: SeekTo and SeekEvent set out, Go travels for so many
// turns, and Session changes only on arrival.
type Timeline struct {
	branches []*branch
	current  int
	view     *Session
	done     int // how many of the branch's deeds view has seen
	journey  *journey
	trail    trail
	worked   int64
}

// A branch is one way in which it went on.
type branch struct {
	parent int // -1 for the first
	shared int // events that it has in common with its parent
	forked engine.Instant
	deeds  []deed
	end    *Session     // lived so far
	points []checkpoint // by turns; the first is the very beginning
	bounds []int        // how many events there were after every turn and deed that had some
}

// A deed is a statement that was done on top of the script, and when: the session had taken so many turns, and its
// clock showed this.
type deed struct {
	turns int64
	at    engine.Instant
	act   Statement // without an act: only what was due at this instant was let happen
}

// A checkpoint is a session that is never changed: whoever wants to go on from it takes a clone.
type checkpoint struct {
	session *Session
	done    int // deeds that it has seen
}

// A trail is checkpoints that the latest journey back has laid on its last stretch: whoever takes a step back is likely to
// take another. While time is lived nothing of it is needed, and a checkpoint is not free: every part of a dataset that is
// written to behind it is copied.
type trail struct {
	branch *branch
	points []checkpoint // by turns
}

// How close checkpoints lie, in turns of the session. A turn takes some microseconds, and several times as much in a
// browser; a checkpoint costs some tens of kilobytes and what has been written between it and the next.
const (
	sparseTurns = 1_024 // between those of a branch, until there are
	mostPoints  = 48    // so many: then they lie further apart
	closeTurns  = 256   // between those of a trail
	mostTrail   = 16    // of which so many are kept
)

// NewTimeline returns the timeline of a script, at its very beginning.
func NewTimeline(s *Script) *Timeline {
	b := &branch{parent: -1, forked: engine.Epoch, end: NewSession(s)}
	b.points = []checkpoint{{session: b.end.Clone()}}
	return &Timeline{branches: []*branch{b}, view: b.end}
}

// Clone returns a timeline that goes on by itself from here: what is done to it leaves this one as it is.
func (t *Timeline) Clone() *Timeline {
	c, b := *t, *t.branch()
	c.branches = slices.Clone(t.branches)
	b.end, b.deeds, b.points, b.bounds = b.end.Clone(), slices.Clip(b.deeds), slices.Clip(b.points), slices.Clip(b.bounds)
	c.branches[c.current], c.journey = &b, nil
	if c.view = b.end; !t.Live() {
		c.view = t.view.Clone()
	}
	return &c
}

// Session is the session at the moment that is looked at. It belongs to the timeline: acts go through Do and time
// through Advance, and after any other call it may be another one.
func (t *Timeline) Session() *Session { return t.view }

// World is the world of Session.
func (t *Timeline) World() *sim.World { return t.view.world }

// Worked is how much it did so far, in units of Session.Work, journeys and what was done again included.
func (t *Timeline) Worked() int64 { return t.worked }

// Events is everything that happens on the current branch, with what lies ahead of the moment that is looked at.
func (t *Timeline) Events() engine.Events { return t.branch().end.world.Events() }

// End is how far the clock has come on the current branch.
func (t *Timeline) End() engine.Instant { return t.branch().end.world.Now() }

// Live reports whether the moment that is looked at is the end of its branch, so that time which passes is new.
func (t *Timeline) Live() bool { return t.view == t.branch().end }

func (t *Timeline) branch() *branch { return t.branches[t.current] }

// Advance lets time pass up to the moment given, in at most so many turns, as Session.Advance does. What has happened
// happens again up to the end of the branch, without its errors; there it is lived on. A journey is given up.
func (t *Timeline) Advance(to engine.Instant, turns int) (reached bool, err error) {
	t.journey = nil
	if b := t.branch(); !t.Live() {
		before := t.view.Work()
		arrived := b.replay(t.view, &t.done, min(to, t.End()), everyEvent, turns)
		worked := t.view.Work() - before
		turns -= int(worked)
		t.worked += worked
		t.meetEnd()
		if !arrived || !t.Live() {
			return arrived, nil
		}
	}
	return t.live(to, turns)
}

// live lets new time pass.
func (t *Timeline) live(to engine.Instant, turns int) (reached bool, err error) {
	begun := t.view.Work()
	for end := begun + int64(turns); t.view.Work() < end && !reached && err == nil; {
		reached, err = t.view.advance(to, 1, false)
		t.branch().note()
	}
	t.worked += t.view.Work() - begun
	return reached, err
}

// meetEnd makes the end of the branch the session that is looked at, where the other one has come to it.
func (t *Timeline) meetEnd() {
	if b := t.branch(); t.view.turns == b.end.turns && t.done == len(b.deeds) && t.view.world.Now() == t.End() {
		t.view = b.end
	}
}

// note takes down where the branch has come to.
func (b *branch) note() {
	n := b.end.world.Events().Len()
	if k := len(b.bounds); n > 0 && (k == 0 || b.bounds[k-1] < n) {
		b.bounds = append(b.bounds, n)
	}
	// Further apart the longer the branch is, as thin would leave them: one that is soon dropped is not free either.
	if last := b.points[len(b.points)-1]; b.end.turns-last.session.turns >= max(sparseTurns, b.end.turns/mostPoints) {
		b.end.world.Share(false)
		here := b.end.Clone()
		here.world.Share(true)
		b.points = append(b.points, checkpoint{here, len(b.deeds)})
		if len(b.points) > mostPoints {
			b.thin()
		}
	}
}

// thin drops checkpoints whose neighbours are near enough to each other. The slice is a new one, since the checkpoints
// before a fork are those of two branches.
func (b *branch) thin() {
	last := len(b.points) - 1
	apart := 2 * b.end.turns / mostPoints
	kept := []checkpoint{b.points[0]}
	for i := 1; i < last; i++ {
		if b.points[i+1].session.turns-kept[len(kept)-1].session.turns > apart {
			kept = append(kept, b.points[i])
		}
	}
	b.points = append(kept, b.points[last])
}

// everyEvent is a number of events that no session comes to.
const everyEvent = 2 * MaxEvents

// replay does on a session of the branch, which has seen so many deeds, what was done and what happened: everything up
// to and including a moment that is not behind the end, or only until there are so many events. It reports whether it
// got there in so many turns.
func (b *branch) replay(s *Session, done *int, to engine.Instant, events, turns int) (arrived bool) {
	w, last := s.world, s.Work()+int64(turns)
	w.Retrace(b.end.world)
	defer w.Retrace(nil)
	for w.Events().Len() < events {
		next := deed{turns: b.end.turns, at: b.end.world.Now()} // all there is
		if *done < len(b.deeds) {
			next = b.deeds[*done]
		}
		switch {
		case s.turns < next.turns:
			if s.Work() >= last {
				return false
			}
			// What went wrong when this was lived goes wrong again, and was told then.
			if reached, _ := s.advance(min(to, next.at), 1, false); reached && to < next.at {
				return true
			}
		case to < next.at:
			w.RunUntil(to) // nothing happens any more until then
			return true
		case *done == len(b.deeds):
			w.RunUntil(next.at)
			return true
		default:
			w.RunUntil(next.at)
			next.do(s)
			*done++
		}
	}
	return true
}

// do does the deed, which succeeded when it was lived.
func (d deed) do(s *Session) {
	s.world.RunUntil(s.world.Now())
	if d.act.Act == nil {
		return
	}
	if err := s.enact(d.act); err != nil {
		panic("script: what was done cannot be done again: " + d.act.String() + ": " + err.Error())
	}
}

// Do runs one statement at the moment that is looked at, as Session.Do does. In the past this begins a branch, which
// becomes the current one. After an error everything is as it was. A journey is given up.
func (t *Timeline) Do(line string) error {
	t.journey = nil
	st, err := t.view.parse(line)
	if err != nil || st.Act == nil {
		return err
	}
	return t.Enact(st)
}

// Enact is Do of a statement that is known.
func (t *Timeline) Enact(st Statement) (err error) {
	t.journey = nil
	if t.Live() {
		err = t.branch().act(st)
		t.done = len(t.branch().deeds)
		return err
	}
	b := t.fork()
	if err := b.act(st); err != nil {
		return err
	}
	t.branches = append(t.branches, b)
	t.current, t.view, t.done = len(t.branches)-1, b.end, len(b.deeds)
	return nil
}

// fork is the branch that begins at the moment that is looked at.
func (t *Timeline) fork() *branch {
	b, now := t.branch(), t.view.world.Events().Len()
	points := sort.Search(len(b.points), func(i int) bool {
		c := &b.points[i]
		return c.session.turns > t.view.turns || c.done > t.done
	})
	return &branch{
		parent: t.current, shared: now, forked: t.view.world.Now(), end: t.view.Clone(),
		deeds:  slices.Clip(b.deeds[:t.done]),
		points: slices.Clip(b.points[:points]),
		bounds: slices.Clip(b.bounds[:sort.SearchInts(b.bounds, now+1)]),
	}
}

// act does a statement at the end of a branch and takes it down.
func (b *branch) act(st Statement) error {
	s := b.end
	if now := s.world.Now(); s.world.Next() <= now {
		// What is due happens before the act, and has happened even when the act cannot be done.
		b.deeds = append(b.deeds, deed{turns: s.turns, at: now})
		s.world.RunUntil(now)
		b.note()
	}
	if err := s.enact(st); err != nil {
		return err
	}
	b.deeds = append(b.deeds, deed{s.turns, s.world.Now(), st})
	b.note()
	return nil
}

// A journey is a session on its way to the moment that is to be looked at.
type journey struct {
	session *Session
	done    int
	to      engine.Instant
	events  int
	begun   int64 // turns when it set out
	length  int64 // turns that it takes, at most
	trails  bool  // it lays a trail
}

// SeekTo sets out for a moment of the current branch: all that happens up to and including it has happened. A moment
// before the world's birth, or behind the end of the branch, stands for these.
func (t *Timeline) SeekTo(at engine.Instant) { t.seek(at, everyEvent, false) }

// SeekEvent sets out for the moment right behind the n-th event of the current branch, and behind those that come
// about in one turn with it. 0 is the very beginning; a number beyond the last event is the end.
func (t *Timeline) SeekEvent(n int) { t.seekEvent(n, false) }

func (t *Timeline) seekEvent(n int, trails bool) {
	if n > t.Events().Len() {
		n = everyEvent
	}
	t.seek(t.End(), n, trails)
}

// seek sets out from the last place that surely lies before the target: a checkpoint, or the moment that is looked at.
func (t *Timeline) seek(to engine.Instant, events int, trails bool) {
	b := t.branch()
	before := func(s *Session) bool { return s.world.Now() <= to && s.world.Events().Len() < events }
	latest := func(points []checkpoint) int { // -1 for none
		beyond := sort.Search(len(points), func(i int) bool { return !before(points[i].session) })
		return beyond - 1
	}
	i := latest(b.points)
	from, until := b.points[max(0, i)], b.end.turns
	if i+1 < len(b.points) {
		until = b.points[i+1].session.turns
	}
	if t.trail.branch == b {
		if i := latest(t.trail.points); i >= 0 && t.trail.points[i].session.turns > from.session.turns {
			from = t.trail.points[i]
		}
	}
	if !t.Live() && before(t.view) && t.view.turns > from.session.turns {
		from = checkpoint{t.view, t.done}
	}
	t.journey = &journey{
		session: from.session.Clone(), done: from.done, to: min(to, t.End()), events: events,
		begun: from.session.turns, length: max(1, until-from.session.turns), trails: trails,
	}
	if trails && t.trail.branch != b {
		t.trail = trail{branch: b}
	}
}

// Go travels on for so many turns and reports whether there is no journey any more: it has arrived, or was given up.
func (t *Timeline) Go(turns int) bool {
	j := t.journey
	if j == nil {
		return true
	}
	begun := j.session.Work()
	for end := begun + int64(turns); ; {
		stretch := end - j.session.Work()
		if j.trails {
			stretch = min(stretch, t.trail.note(j))
		}
		arrived := t.branch().replay(j.session, &j.done, j.to, j.events, int(stretch))
		if arrived || j.session.Work() >= end {
			t.worked += j.session.Work() - begun
			if !arrived {
				return false
			}
			break
		}
	}
	t.journey, t.view, t.done = nil, j.session, j.done
	t.meetEnd()
	return true
}

// note lays a checkpoint where the journey has come to, if it is time for one, and says how much work there is until the
// next.
func (r *trail) note(j *journey) int64 {
	turns := j.session.turns
	i := sort.Search(len(r.points), func(i int) bool { return r.points[i].session.turns > turns })
	if passed := turns - max(j.begun, r.turnsOf(i-1)); passed < closeTurns {
		return closeTurns - passed
	}
	r.points = slices.Insert(r.points, i, checkpoint{j.session.Clone(), j.done})
	if n := len(r.points); n > mostTrail {
		far := 0 // the end of the trail that is further away
		if i < n/2 {
			far = n - 1
		}
		r.points = slices.Delete(r.points, far, far+1)
	}
	return closeTurns
}

func (r *trail) turnsOf(i int) int64 {
	if i < 0 {
		return 0
	}
	return r.points[i].session.turns
}

// Seeking reports whether a journey is on its way, and how far it has come, from 0 to 1.
func (t *Timeline) Seeking() (progress float64, on bool) {
	j := t.journey
	if j == nil {
		return 1, false
	}
	return min(1, float64(j.session.turns-j.begun)/float64(j.length)), true
}

// Stay gives a journey up.
func (t *Timeline) Stay() { t.journey = nil }

// SeekBack sets out for the moment before the latest event that has happened, and before those of the same turn. At
// the beginning it stays there.
func (t *Timeline) SeekBack() {
	b := t.branch()
	n := 0
	if i := sort.SearchInts(b.bounds, t.view.world.Events().Len()); i > 0 {
		n = b.bounds[i-1]
	}
	t.seekEvent(n, true)
}

// SeekNext sets out for the next event on the current branch of which the function says that it is wanted. It reports
// false where the branch has none ahead: then only living on can bring one.
func (t *Timeline) SeekNext(wanted func(engine.Event) bool) bool {
	for i, e := range t.Events().From(t.view.world.Events().Len()) {
		if wanted(e) {
			t.SeekEvent(i + 1)
			return true
		}
	}
	return false
}

// SeekLast sets out for the latest event before the moment that is looked at, other than those of its own turn, of
// which the function says that it is wanted. Without one it is the very beginning.
func (t *Timeline) SeekLast(wanted func(engine.Event) bool) {
	b := t.branch()
	past := t.Events()
	i := sort.SearchInts(b.bounds, t.view.world.Events().Len())
	if i == 0 {
		t.SeekEvent(0)
		return
	}
	for n := b.bounds[i-1]; n > 0; n-- {
		if wanted(*past.At(n - 1)) {
			t.seekEvent(n, true)
			return
		}
	}
	t.SeekEvent(0)
}

// A Branch tells of one way in which it went.
type Branch struct {
	Name   string         // A, B, … Z, AA, …
	Parent int            // the branch that it left, or -1
	Shared int            // events that it has in common with its parent
	Forked engine.Instant // when it left its parent; the birth of the world for the first
	End    engine.Instant // how far it has been lived
	Script *Script        // that does it again
}

// Branches are all branches in the order in which they began. The first is the original.
func (t *Timeline) Branches() []Branch {
	all := make([]Branch, len(t.branches))
	for i, b := range t.branches {
		all[i] = Branch{BranchName(i), b.parent, b.shared, b.forked, b.end.world.Now(), b.end.Script()}
	}
	return all
}

// BranchName is what the branch of this number is called, also before there is one: A, B, … Z, AA, …
func BranchName(i int) string {
	name := string(rune('A' + i%26))
	if i >= 26 {
		name = BranchName(i/26-1) + name
	}
	return name
}

// Count is how many branches there are.
func (t *Timeline) Count() int { return len(t.branches) }

// Fork says which branch another one left, -1 for the first, and when. It panics when there is none of that number.
func (t *Timeline) Fork(i int) (parent int, at engine.Instant) {
	return t.branches[i].parent, t.branches[i].forked
}

// EndOf is the world at the end of a branch. It is only to be looked at. It panics when there is none of that number.
func (t *Timeline) EndOf(i int) *sim.World { return t.branches[i].end.world }

// Current is the branch that is looked at.
func (t *Timeline) Current() int { return t.current }

// Switch makes another branch the current one and looks at its end. It panics when there is none of that number.
func (t *Timeline) Switch(i int) {
	b := t.branches[i]
	t.journey, t.current, t.view, t.done = nil, i, b.end, len(b.deeds)
}

// A Difference is what two branches have not in common.
type Difference struct {
	A, B  int           // the branches
	Same  int           // events from the beginning that are the same
	Left  *engine.Event // the first of A that is not, or nil when A has no more
	Right *engine.Event // and of B
	Nodes []NodeDifference
}

// A NodeDifference is how one node stands at the ends of two branches. There is no digest of a node that is down, or
// that a branch does not have.
type NodeDifference struct {
	Name    string
	Digests [2]string
	Offsets [2]engine.Offset // of the stream that it has written or applied
}

// Compare compares two branches up to their ends.
func (t *Timeline) Compare(a, b int) Difference {
	d := Difference{A: a, B: b, Same: t.Common(a, b)}
	worlds := [2]*sim.World{t.branches[a].end.world, t.branches[b].end.world}
	left, right := worlds[0].Events(), worlds[1].Events()
	for d.Same < min(left.Len(), right.Len()) && left.At(d.Same).String() == right.At(d.Same).String() {
		d.Same++
	}
	if d.Same < left.Len() {
		d.Left = left.At(d.Same)
	}
	if d.Same < right.Len() {
		d.Right = right.At(d.Same)
	}
	names := worlds[0].Names()
	for _, name := range worlds[1].Names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		n := NodeDifference{Name: name}
		for i, w := range worlds {
			v := w.Node(name)
			n.Digests[i], n.Offsets[i] = v.Digest(), v.Replication().Offset
		}
		d.Nodes = append(d.Nodes, n)
	}
	return d
}

// Common is how many events two branches have in common because one left the other, or both left a third.
func (t *Timeline) Common(a, b int) int {
	switch {
	case a == b:
		return t.branches[a].end.world.Events().Len()
	case a < b:
		a, b = b, a
	}
	return min(t.branches[a].shared, t.Common(t.branches[a].parent, b)) // a branch is younger than its parent
}

// String prints the difference in a line for the events and one for every node that differs.
func (d Difference) String() string {
	a, b := BranchName(d.A), BranchName(d.B)
	if d.Left == nil && d.Right == nil {
		return a + " and " + b + " are the same"
	}
	s := a + " and " + b + " part behind event " + strconv.Itoa(d.Same)
	for i, e := range []*engine.Event{d.Left, d.Right} {
		s += "\n  " + BranchName([2]int{d.A, d.B}[i]) + " "
		if e == nil {
			s += "ends"
		} else {
			s += e.String()
		}
	}
	for _, n := range d.Nodes {
		if n.Digests[0] != n.Digests[1] || n.Offsets[0] != n.Offsets[1] {
			s += fmt.Sprintf("\n  %s offset %d and %d, digest %s and %s", n.Name, n.Offsets[0], n.Offsets[1], n.Digests[0], n.Digests[1])
		}
	}
	return s
}
