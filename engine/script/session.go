package script

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"resync/engine"
	"resync/engine/sim"
)

// A Session is a world with a script that is being run on it, and the record of everything that was done. When the
// script has ended the world goes on: what is done then is recorded behind it.
type Session struct {
	script *Script
	world  *sim.World
	todo   []Statement // still to run; clones share it, so it is never changed in place
	err    error       // what ended the script before its end

	latest  Statement      // that has begun
	undone  []Statement    // what an error kept from running, the statement with the error first
	waiting *Statement     // a Wait or an Until that has begun
	ends    engine.Instant // when it ends at the latest
	due     bool           // its condition is to be looked at
	seen    int64          // what the nodes of its condition had been given when it was last looked at

	begun    int64 // statements
	turns    int64 // taken so far: a thing that happened in the world, a statement begun or ended
	ran      []Statement
	recorded engine.Instant // up to here time is accounted for in ran
	acting   Act            // what is being done at this moment

	chapters           int // begun so far
	step, say, predict string
	at                 []string
	speed              float64

	began func(Statement) // told of every statement before it runs
}

// NewSession returns an empty world with the script still to run on it.
func NewSession(s *Script) *Session {
	return &Session{
		script: s, world: sim.New(s.Seed), todo: slices.Clip(s.Statements), recorded: engine.Epoch, speed: 1,
	}
}

// Clone returns a session that goes on by itself from here, at the cost of sim.World.Clone.
func (s *Session) Clone() *Session {
	c := *s
	c.world = s.world.Clone()
	c.ran = slices.Clone(s.ran)
	return &c
}

// World is the world as it stands. Its acts are for Do, which records them.
func (s *Session) World() *sim.World { return s.world }

// Done reports whether all statements have run, or one has failed: what follows is free play.
func (s *Session) Done() bool { return s.waiting == nil && len(s.todo) == 0 }

// Err is what ended the script before its end, or nil.
func (s *Session) Err() error { return s.err }

// Speed is how fast the page should play, as the script wants it: 1 unless it said otherwise.
func (s *Session) Speed() float64 { return s.speed }

// Narration is the heading of the chapter, the latest narration in it and what that points at: nothing, a node or the
// two ends of a link.
func (s *Session) Narration() (step, say string, at []string) { return s.step, s.say, s.at }

// Chapter is how many chapters have begun.
func (s *Session) Chapter() int { return s.chapters }

// Predict is the node about whose next PSYNC the reader is asked, or "". The next chapter ends the question.
func (s *Session) Predict() string { return s.predict }

// Next is the act of the statement that would begin now: nil for one that does nothing, while the script waits, and when
// it has ended.
func (s *Session) Next() Act {
	if s.waiting != nil || len(s.todo) == 0 {
		return nil
	}
	return s.todo[0].Act
}

// Left is how many statements of the script have not begun.
func (s *Session) Left() int { return len(s.todo) }

// Waits reports whether the script waits for time to pass, or for a condition.
func (s *Session) Waits() bool { return s.waiting != nil }

// Work is how much was done so far, in things that happened in the world. A statement takes as long as some of them, and a
// process that loads its dataset as long as many.
func (s *Session) Work() int64 {
	return s.turns + s.begun*statementWork + s.world.BytesRead()/bytesRead
}

const (
	statementWork = 8
	bytesRead     = 10 // in the time of one thing: a small key
)

// Script is what has been run and recorded so far. Running it again gives the same events. An expectation that failed
// is not in it. In the middle of an act (a panic in the engine) it ends with that act.
func (s *Session) Script() *Script {
	r := &Script{File: s.script.File, Title: s.script.Title, About: s.script.About, Seed: s.script.Seed}
	r.Statements = slices.Clone(s.ran)
	if gap := s.world.Now().Sub(s.recorded); gap > 0 {
		r.Statements = appendWait(r.Statements, gap)
	}
	if s.acting != nil {
		r.Statements = append(r.Statements, Statement{Act: s.acting})
	}
	r.Statements = tidy(r.Statements)
	return r
}

// Whole is Script, and behind it what the session has still to do: running it goes through this moment, and on as the session
// would: into the same error, where one has ended it. What is to be done at this very moment comes so much later.
func (s *Session) Whole(later time.Duration) *Script {
	r := s.Script()
	if s.waiting != nil {
		st, left := *s.waiting, s.ends.Sub(s.world.Now())
		if a, ok := st.Act.(Until); ok {
			a.Within, st.Act = max(left, time.Millisecond), a
			r.Statements = append(r.Statements, st)
		} else if left > 0 {
			r.Statements = appendWait(r.Statements, left)
		}
	}
	if s.waiting == nil && len(s.todo) > 0 && later > 0 {
		r.Statements = appendWait(r.Statements, later)
	}
	r.Statements = append(append(r.Statements, s.todo...), s.undone...)
	return r
}

// Ahead looks for an event that is wanted in what the session would do next, up to a moment and for so many steps, and reports until
// when it has looked. The session stays as it is.
func (s *Session) Ahead(wanted func(engine.Event) bool, to engine.Instant, steps int) (until engine.Instant, found bool) {
	c := s.Clone()
	c.began = nil
	w := c.world
	for ; steps > 0 && w.Now() < to; steps-- {
		before := w.Events().Len()
		if _, err := c.Advance(max(w.Next(), w.Now()), 1); err != nil {
			return w.Now(), true // who goes there is told
		}
		for _, e := range w.Events().From(before) {
			if wanted(e) {
				return w.Now(), true
			}
		}
		if w.Next() < w.Now() { // nothing is left to happen
			break
		}
	}
	return w.Now(), false
}

// Advance lets time pass up to the moment given, running statements as they are due, and at most so many steps: one
// for everything that happens in the world, one for every statement. It reports whether the moment was reached; when
// it was not, the steps were not enough. An error ends the script: *ExpectError, or *Error for an act that cannot be
// done. It is told once, and the world stays usable. A *LimitError is told again and again: the session has ended.
func (s *Session) Advance(to engine.Instant, steps int) (reached bool, err error) {
	return s.advance(to, steps, false)
}

// advance does what Advance says; it can stop where the script ends.
func (s *Session) advance(to engine.Instant, steps int, stop bool) (reached bool, err error) {
	for ; steps > 0 && !(stop && s.Done()); steps-- {
		if err := s.limits(); err != nil {
			return false, err
		}
		now, next := s.world.Now(), s.world.Next()
		switch {
		case now > to:
			return true, nil
		case s.waiting == nil && len(s.todo) > 0:
			// What is to happen at this instant happens first, so that statements at one instant have the same
			// effect whether they come from a file or one by one.
			s.turns++
			if next <= now {
				s.world.Step()
				continue
			}
			if err := s.begin(); err != nil {
				return false, s.end(err)
			}
		case s.waiting != nil && s.met():
			s.turns++
			s.finish()
		case s.waiting != nil && s.ends <= to && s.ends < next:
			s.turns++
			s.world.RunUntil(s.ends)
			if err := s.expire(); err != nil {
				return false, s.end(err)
			}
		case next > to:
			s.world.RunUntil(to)
			return true, nil
		default:
			s.turns++
			s.world.Step()
		}
	}
	return false, nil
}

// Do runs one statement now: parsed, run and recorded. An error leaves the world as it was. A typed wait or until
// comes behind what the script is waiting for already.
func (s *Session) Do(line string) error {
	st, err := s.parse(line)
	if err != nil {
		return err
	}
	return s.enact(st)
}

// enact does what Do says with a statement that is parsed already.
func (s *Session) enact(st Statement) error {
	if len(s.ran) >= MaxStatements {
		return &LimitError{"a script has " + strconv.Itoa(MaxStatements) + " statements at most"}
	}
	switch st.Act.(type) {
	case nil:
		return nil
	case Wait, Until:
		s.todo = slices.Clip(slices.Insert(s.todo, 0, st))
		return nil
	}
	return s.do(st)
}

// do runs an act that takes no time, and records it.
func (s *Session) do(st Statement) error {
	s.world.RunUntil(s.world.Now())
	if err := s.perform(st.Act); err != nil {
		return err
	}
	s.account(s.world.Now())
	s.record(st)
	s.due = true
	return nil
}

// perform does an act at the current instant: to the world or, where it narrates, to what the page shows of it.
func (s *Session) perform(a Act) error {
	switch a := a.(type) {
	case Step:
		s.chapters++
		s.step, s.say, s.at, s.predict = a.Heading, "", nil, ""
	case Say:
		s.say, s.at = a.Text, a.At
	case Predict:
		s.predict = a.Node
	case Speed:
		s.speed = a.Factor
	}
	s.acting = a
	err := a.run(simulated{s.world})
	s.acting = nil
	return err
}

// parse reads one line against the world as it stands.
func (s *Session) parse(line string) (Statement, error) {
	gone := s.world.Removed()
	p := &parser{script: &Script{}, names: append(s.world.Names(), gone...), gone: gone, begun: true, line: 1}
	switch {
	case strings.Contains(line, "\n"):
		return Statement{}, &Error{Text: "one statement at a time"}
	case len(line) > MaxText:
		return Statement{}, &Error{Text: "a statement has " + size(MaxText) + " at most"}
	case !utf8.ValidString(line):
		return Statement{}, &Error{Text: "this is not UTF-8"}
	}
	p.read(line)
	if p.errs != nil {
		return Statement{}, p.errs[0]
	}
	if len(p.script.Statements) == 0 {
		return Statement{}, nil
	}
	st := p.script.Statements[0]
	st.Line = 0
	return st, nil
}

// begin runs the next statement, or begins to wait.
func (s *Session) begin() error {
	st := s.todo[0]
	s.todo = s.todo[1:]
	s.begun++
	s.latest = st
	if s.began != nil {
		s.began(st)
	}
	switch a := st.Act.(type) {
	case nil:
		s.record(st)
	case Wait:
		s.waiting, s.ends = &st, s.world.Now().Add(a.For)
	case Until:
		s.waiting, s.ends, s.due = &st, s.world.Now().Add(a.Within), true
	default:
		if err := s.perform(st.Act); err != nil {
			return s.script.place(st, err)
		}
		s.account(s.world.Now())
		s.record(st)
	}
	return nil
}

// met reports whether the condition that the script waits for holds. It is looked at again only when a node that it
// names has been given something. Otherwise only time passes, and the nodes wake often enough to see it pass.
func (s *Session) met() bool {
	a, ok := s.waiting.Act.(Until)
	if !ok {
		return false
	}
	var inputs int64
	for _, name := range a.Condition.nodes() {
		inputs += s.world.Node(name).Inputs
	}
	if !s.due && inputs == s.seen {
		return false
	}
	s.due, s.seen = false, inputs
	holds, _ := a.Condition.holds(simulated{s.world})
	return holds
}

// expire ends a wait whose time is over.
func (s *Session) expire() error {
	a, ok := s.waiting.Act.(Until)
	if !ok {
		s.finish()
		return nil
	}
	holds, found := a.Condition.holds(simulated{s.world})
	if holds {
		s.finish()
		return nil
	}
	st := *s.waiting
	return s.script.place(st, a.inVain(found))
}

// finish ends what the script was waiting for and records it: all of it, or what was left of it when something was
// done in the meantime.
func (s *Session) finish() {
	st := *s.waiting
	s.waiting = nil
	left := s.ends.Sub(s.recorded)
	switch a := st.Act.(type) {
	case Wait:
		a.For = left
		st.Act = a
	case Until:
		a.Within = left
		st.Act = a
	}
	s.recorded = s.world.Now()
	s.record(st)
}

// end is the end of the script before its end.
func (s *Session) end(err error) error {
	s.undone = append([]Statement{s.latest}, s.todo...)
	s.err, s.todo, s.waiting = err, nil, nil
	return err
}

// account records the time that has passed since the last statement.
func (s *Session) account(now engine.Instant) {
	if gap := now.Sub(s.recorded); gap > 0 {
		s.ran = appendWait(s.ran, gap)
	}
	s.recorded = now
}

func (s *Session) record(st Statement) {
	if w, ok := st.Act.(Wait); ok && st.Comment == "" {
		s.ran = appendWait(s.ran, w.For)
		return
	}
	s.ran = append(s.ran, st)
}

// appendWait merges consecutive waits.
func appendWait(all []Statement, d time.Duration) []Statement {
	if n := len(all); n > 0 {
		last := &all[n-1]
		if w, ok := last.Act.(Wait); ok && last.Comment == "" && w.For+d <= MaxDuration {
			last.Act = Wait{w.For + d}
			return all
		}
	}
	for ; d > MaxDuration; d -= MaxDuration {
		all = append(all, Statement{Act: Wait{MaxDuration}})
	}
	return append(all, Statement{Act: Wait{d}})
}

// limits checks what a session may become.
func (s *Session) limits() error {
	if s.world.Now().Sub(engine.Epoch) > MaxTime {
		return &LimitError{"a session ends after " + duration(MaxTime) + " of simulated time"}
	}
	if s.world.Events().Len() > MaxEvents {
		return &LimitError{"a session ends after " + strconv.Itoa(MaxEvents) + " events"}
	}
	return nil
}
