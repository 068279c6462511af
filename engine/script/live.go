package script

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"resync/engine"
)

// A LiveWorld is one whose time passes by itself.
type LiveWorld interface {
	World
	Now() engine.Instant      // begins at engine.Epoch
	Events() engine.Events    // what has happened so far
	Pass(time.Duration) error // lets time pass; ErrEnded when the world was ended from outside
}

// ErrEnded says that a live world was ended from outside, as by an interrupt.
var ErrEnded = errors.New("ended before its end")

// poll is how often a condition that a live world is to meet is looked at.
const poll = 20 * time.Millisecond

// RunLive is Run on a world whose time passes by itself. A script takes as long as the story does: no wait is passed
// over.
func RunLive(s *Script, world LiveWorld, w io.Writer, o RunOptions) error {
	t := &transcript{w: w, options: o, tells: tellsLive}
	t.begin(s)
	err := runLive(s, world, t)
	t.events(world.Events())
	t.finish(world.Now(), err, "")
	return errors.Join(err, t.err)
}

func runLive(s *Script, world LiveWorld, t *transcript) error {
	for _, st := range s.Statements {
		if st.Act == nil {
			continue
		}
		t.events(world.Events())
		t.statement(world.Now(), st)
		var err error
		switch a := st.Act.(type) {
		case Wait:
			err = pass(world, t, a.For, func() bool { return false })
		case Until:
			err = await(world, t, a)
		default:
			err = st.Act.run(world)
		}
		if errors.Is(err, ErrEnded) {
			return err
		}
		if err != nil {
			return s.place(st, err)
		}
		if t.err != nil {
			return nil // told by the caller
		}
	}
	return nil
}

// pass lets time pass, writing what happens meanwhile, until it is over or the function says so.
func pass(world LiveWorld, t *transcript, d time.Duration, enough func() bool) error {
	for end := world.Now().Add(d); !enough(); {
		left := end.Sub(world.Now())
		if left <= 0 {
			return nil
		}
		if err := world.Pass(min(left, poll)); err != nil {
			return err
		}
		t.events(world.Events())
	}
	return nil
}

// await lets time pass until a condition holds.
func await(world LiveWorld, t *transcript, a Until) error {
	holds, found := false, ""
	look := func() bool {
		holds, found = a.Condition.holds(world)
		return holds
	}
	if err := pass(world, t, a.Within, look); err != nil || holds {
		return err
	}
	return a.inVain(found)
}

// resyncLines are the beginnings of those lines of a server's log that belong to the short transcript: real servers
// say in no other way why a resync was partial or full.
var resyncLines = []string{
	"Trying a partial resynchronization", "Partial resynchronization not possible", "Full resync from master",
	"Successful partial resynchronization", "MASTER <-> REPLICA sync: Finished", "Master is currently unable to PSYNC",
	"Partial resynchronization not accepted", "Unable to partial resync", "Partial resynchronization request from",
	"Full resync requested by", "Connection with replica", "Connection with master lost", "MASTER timeout",
	"Disconnecting timedout replica", "Setting secondary replication ID", "MASTER MODE enabled", "REPLICAOF ",
	"Replication backlog freed", "FAILOVER ", "Failover ",
}

// tellsLive reports whether a fact of a live world belongs to the short transcript.
func tellsLive(f engine.Fact) bool {
	l, ok := f.(engine.Log)
	if !ok {
		return tells(f)
	}
	for _, begin := range resyncLines {
		if strings.HasPrefix(l.Text, begin) {
			return true
		}
	}
	return false
}

// Refuse lists the statements for which the function has a reason why they cannot run, each with its place, in their
// order; nil when there are none.
func (s *Script) Refuse(why func(Act) error) error {
	var all []error
	for _, st := range s.Statements {
		if st.Act == nil {
			continue
		}
		if err := why(st.Act); err != nil {
			all = append(all, s.place(st, fmt.Errorf("%s: %w", st.Act, err)))
		}
	}
	return errors.Join(all...)
}
