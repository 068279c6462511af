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
	if word := m.Page().Terminal.Blocked; word != "m1 does not answer: its process stands still, 2.5 s" {
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
