package script

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

// manyEvents is more than a log keeps unpacked.
const manyEvents = 70_000

func inFull(e *engine.Event) []byte { return sim.AppendJSON(nil, *e) }

func TestTheEventsOfTheScenariosArePackedWhole(t *testing.T) {
	var log engine.EventLog // of all of them
	var was [][]byte
	for _, file := range scenarios(t) {
		s, name := told(t, file)
		session := NewSession(s)
		must(t, finish(session))
		events := session.world.Events()
		if events.Len() > manyEvents/2 {
			t.Fatalf("%s has so many events that they may be packed as it is", name)
		}
		for _, e := range events.All() {
			e.Seq = int64(log.Len())
			was = append(was, inFull(&e))
			log.Append(e.At, e.Node, e.Fact)
		}
	}
	for range manyEvents {
		log.Append(0, "", engine.Act{})
	}
	for i, was := range was {
		if is := inFull(log.At(i)); !bytes.Equal(is, was) {
			t.Fatalf("event %d is\n%s\nand was\n%s", i, is, was)
		}
	}
}

// aCrowd is a master whose eight replicas make 25,000 events a second.
func aCrowd() string {
	text := "title \"A crowd\"\nnode m1 repl-backlog-size=1mb repl-diskless-sync-delay=0\n"
	var up []string
	for i := range 8 {
		text += fmt.Sprintf("node r%d replicaof m1\n", i+1)
		up = append(up, fmt.Sprintf("r%d.master_link_status = up", i+1))
	}
	return text + "until " + strings.Join(up, " and ") + "\nload m1 rate 1000/s size 64 keys 1000\n"
}

// What has been packed is read as it was, lived again, and left for another branch.
func TestACrowdIsLivedAgainWhereItsEventsArePacked(t *testing.T) {
	l := NewTimeline(parse(t, aCrowd()))
	var was [][]byte
	sketches := map[engine.Instant]string{}
	frame := func() {
		_, err := l.Advance(l.World().Now().Add(20*time.Millisecond), 1<<30)
		must(t, err)
	}
	for len(was) < manyEvents/4 {
		frame()
		for _, e := range l.Events().From(len(was)) {
			was = append(was, inFull(&e))
		}
		sketches[l.World().Now()] = sketch(l.Session())
	}
	for l.Events().Len() < len(was)+manyEvents {
		frame()
	}
	same := func(events engine.Events) {
		t.Helper()
		for i, was := range was {
			if is := inFull(events.At(i)); !bytes.Equal(is, was) {
				t.Fatalf("event %d is\n%s\nand was\n%s", i, is, was)
			}
		}
	}
	same(l.Events())
	for at, was := range sketches {
		l.SeekTo(at)
		for !l.Go(1 << 30) {
		}
		if is := sketch(l.Session()); is != was {
			t.Fatalf("at %s it is\n%s\nand was\n%s", at, is, was)
		}
	}
	l.SeekEvent(len(was))
	for !l.Go(1 << 30) {
	}
	must(t, l.Do("kill r1"))
	for range 10 {
		frame()
	}
	same(l.Events())
	if d := l.Compare(0, 1); d.Same < len(was) || d.Left == nil || d.Right == nil {
		t.Errorf("the branches part behind event %d of %d", d.Same, len(was))
	}
}
