package sim

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// The checker finds every kind of lie that a node could tell.
func TestTheCheckerCatches(t *testing.T) {
	history := engine.ReplID(strings.Repeat("a", 40))
	for _, c := range []struct {
		name string
		node string
		lie  engine.Fact
		want string
	}{
		{"nothing", "m1", engine.Log{Text: "all is well"}, ""},
		{"a gap in the stream", "m1", engine.Propagated{Span: engine.Span{First: 52, Last: 60}}, "propagates [52..60] at offset 50"},
		{"bytes that come twice", "r1", engine.Applied{Span: engine.Span{First: 50, Last: 60}}, "applies [50..60] at offset 50"},
		{"an offset that goes back", "r1", engine.SyncFinished{Partial: true, Offset: 49}, "continues at offset 49 after 50"},
		{"an ack of all there is", "m1", engine.Acked{Replica: "10.0.0.2:6380", Offset: 50}, ""},
		{"an ack of one byte more", "m1", engine.Acked{Replica: "10.0.0.2:6380", Offset: 51}, "applied 51, but it never had more than 50"},
		{"nonsense in the stream", "r1", engine.LinkChanged{Why: "Protocol error: unexpected inline request"}, "left its master"},
		{"a command that fails", "r1", engine.Log{Text: "== CRITICAL == This replica is sending an error"}, "== CRITICAL =="},
		{"the oldest byte held", "m1", engine.PsyncAnswered{Asked: history, ReplID: history, Backlog: true, Want: 5, First: 5, Next: 9, Bytes: 4}, ""},
		{"a byte that is gone", "m1", engine.PsyncAnswered{Asked: history, ReplID: history, Backlog: true, Want: 4, First: 5, Next: 9, Bytes: 5}, "held is false"},
		{"too few bytes", "m1", engine.PsyncAnswered{Asked: history, ReplID: history, Backlog: true, Want: 5, First: 5, Next: 9, Bytes: 3}, "sends 3 bytes"},
		{"a refusal without a reason", "m1", engine.PsyncAnswered{Asked: history, ReplID: history, Backlog: true, Want: 9, First: 5, Next: 9, Reason: engine.PsyncFuture}, "held is true"},
	} {
		w := New(1)
		check := NewChecker(w)
		must(t, w.AddNode("m1", config("", 0)))
		must(t, w.AddNode("r1", config("m1", 6379)))
		for w.Now() < engine.Epoch.Add(3*time.Second) {
			must(t, check.Observe())
			if w.Now() > engine.Epoch.Add(2*time.Second) && w.Node("m1").Keys == 0 {
				say(t, w, "m1", "SET k v")
			}
			w.Step()
		}
		must(t, check.Observe())
		w.note(c.node, c.lie)
		switch err := check.Observe(); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTheCheckerComparesData(t *testing.T) {
	w := pair(t)
	check := NewChecker(w)
	must(t, check.Observe())
	w.RunUntil(w.Now().Add(time.Second))
	must(t, check.Observe())
	must(t, w.AtRest())
	// What a replica keeps for itself is a difference at the same offset.
	say(t, w, "r1", "CONFIG SET replica-read-only no")
	say(t, w, "r1", "SET own secret")
	if err := w.AtRest(); err == nil || !strings.Contains(err.Error(), "other data") {
		t.Errorf("at rest: %v", err)
	}
	say(t, w, "m1", "SET k v") // the offset at which they agreed is past
	w.RunUntil(w.Now().Add(2 * time.Second))
	if err := check.Observe(); err == nil || !strings.Contains(err.Error(), "different data") {
		t.Errorf("got %v", err)
	}
}
