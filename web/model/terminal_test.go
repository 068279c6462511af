package model

import (
	"strings"
	"testing"
	"time"
)

// A command to a process that stands still hangs, as with redis-cli: the page says so, counts, and offers another connection.
func TestACommandToAFrozenNodeIsSaidToHang(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"freeze m1"}, Select{"m1"})
	if word := m.blocked("m1"); word != "" {
		t.Errorf("nothing was asked, and the terminal says %q", word)
	}
	do(m, Typed{"m1", "PING"})
	wait(m, 2500*time.Millisecond)
	if word := m.Page().Terminal.Blocked; word != "m1 stands still and does not answer, 2.5 s" {
		t.Errorf("the terminal says %q", word)
	}
	before := m.scriptText()
	do(m, Unblock{"m1"})
	p := m.Page()
	if m.clientOf("m1") != 2 || p.Terminal.Blocked != "" || !strings.Contains(m.status, "m1 runs it once it goes on") {
		t.Errorf("given up: terminal %d, which says %q; the narrator says %q", m.clientOf("m1"), p.Terminal.Blocked, m.status)
	}
	if m.scriptText() != before {
		t.Error("giving up did something to the world")
	}
	do(m, Run{"thaw m1"}, PickClient{"m1", 1})
	if turns := m.Page().Terminal.Turns; turns[len(turns)-1].Text != "PONG" {
		t.Errorf("after it goes on: %+v", turns[len(turns)-1])
	}
	for range mostClients {
		do(m, Unblock{"m1"}) // nothing waits: nothing happens
	}
	if m.clientOf("m1") != 1 {
		t.Error("a terminal that waits for nothing was left")
	}
	do(m, Run{"freeze m1"}, Select{"m1"})
	for k := range mostClients {
		do(m, PickClient{"m1", k + 1}, Typed{"m1", "PING"})
	}
	do(m, Unblock{"m1"})
	if m.status != "Each of the 9 terminals of m1 waits." {
		t.Errorf("with no terminal left: %q", m.status)
	}
}

// What a replica has acknowledged stands at that byte, also where it is far behind the head.
func TestAcknowledgedStandsAtItsCursor(t *testing.T) {
	for _, replicas := range []int{2, 5} {
		m := opened(t, "")
		for k := 3; k <= replicas; k++ {
			do(m, Run{"node r" + plain(int64(k)) + " replicaof m1"})
		}
		wait(m, 2*time.Second)
		do(m, Run{"link m1 r2 latency 40ms bandwidth 1kb/s"}, Run{"unload m1"}, Run{"load m1 rate 500/s"})
		wait(m, 4*time.Second)
		tape := m.Page().Tape
		var r Rail
		for _, k := range tape.Rails {
			if k.Name == "r2" {
				r = k
			}
		}
		cursor := r.Acked.X + r.Acked.W
		if replicas > manyRails {
			cursor = r.Sent.X
		}
		if len(r.Texts) != 1 || r.Sent.W+r.Missing.W < .2 {
			t.Fatalf("%d replicas: %+v", replicas, r)
		}
		if text := r.Texts[0]; text.X < cursor-.001 && text.Anchor == "start" || text.X > cursor+20/tape.Width || text.X < cursor-.001 {
			t.Errorf("%d replicas: %+v stands at %.3f, its cursor at %.3f and the head at %.3f", replicas, text, text.X, cursor, tape.Head)
		}
	}
}

// A reply of a megabyte is shown in part: a browser would lay it out for a second.
func TestLongReplies(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", "SETRANGE k 800000 x"}, Tick{time.Second}, Typed{"m1", "GET k"}, Tick{time.Second})
	turns := m.past.turns["m1"]
	got := turns[len(turns)-1]
	if len(got.Text) > shownReply || len(got.Text) < shownReply-8 || !strings.HasPrefix(got.Text, `"\x00\x00`) {
		t.Errorf("%d bytes are shown, %.20q at first", len(got.Text), got.Text)
	}
	if want := "Its first 32,768 of 3,200,003 B."; got.Note != want {
		t.Errorf("the note is %q, want %q", got.Note, want)
	}
}
