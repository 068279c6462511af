package model

import (
	"strings"
	"testing"
	"time"
)

// noteAt is what the page says below the latest reply at a node.
func noteAt(t *testing.T, m *Model, node, line string) string {
	t.Helper()
	do(m, Select{node}, SelectTab{TabCLI}, Typed{node, line})
	turns := m.Page().Terminal.Turns
	return turns[len(turns)-1].Note
}

func TestAnErrorSaysWhatWasMeant(t *testing.T) {
	m := opened(t, "")
	for _, c := range []struct{ line, note string }{
		{"SETT a 1", "Did you mean SET?"},
		{"gte a", "Did you mean GET?"},
		{"PNIG", "Did you mean PING?"},
		{"REPLICOF NO ONE", "Did you mean REPLICAOF?"},
		{"INF replication", "Did you mean INFO?"},
		{"CONFIG GTE maxmemory", "Did you mean CONFIG GET?"},
		{"client lisst", "Did you mean CLIENT LIST?"},
		{"NOTHINGLIKEIT", ""},
		{"CONFIG NOTHINGLIKEIT", ""},
		{`"" a`, ""},
		{strings.Repeat("GET", 40), ""},
		{"GET", ""}, // the wrong number of arguments
		{"GET a", ""},
		{`EVAL "return 1" 0`, "Real Redis has EVAL; this page leaves it out (see Help)."},
		{"bgrewriteaof", "Real Redis has BGREWRITEAOF; this page leaves it out (see Help)."},
		{"CLUSTER INFO", "Real Redis has CLUSTER; this page leaves it out (see Help)."},
	} {
		if note := noteAt(t, m, "m1", c.line); note != c.note {
			t.Errorf("%s: the page says %q, want %q", c.line, note, c.note)
		}
	}
	if text := lastTurn(t, m, "m1").Text; strings.Contains(text, "leaves it out") {
		t.Errorf("the note is part of the reply: %q", text)
	}
}

// No command is said to be left out that a node has.
func TestWhatIsLeftOutIsNotThere(t *testing.T) {
	m := opened(t, "")
	for _, name := range strings.Fields(leftOut) {
		if m.world().Node("m1").Commands().Lookup([]byte(name)) != nil {
			t.Errorf("%s is there", name)
		}
	}
}

func TestASubscribedConnectionIsToldHowToGetOut(t *testing.T) {
	m := opened(t, "")
	if note := noteAt(t, m, "m1", "SUBSCRIBE news"); note != "" {
		t.Errorf("a subscription is commented: %q", note)
	}
	if note := noteAt(t, m, "m1", "GET a"); !strings.Contains(note, "RESET gets it out") {
		t.Errorf("in it: %q", note)
	}
	noteAt(t, m, "m1", "RESET")
	if note := noteAt(t, m, "m1", "GET a"); note != "" {
		t.Errorf("behind RESET: %q", note)
	}
}

func TestAPromptInThePastSaysThatItBranches(t *testing.T) {
	m := opened(t, "")
	wait(m, time.Second)
	if past := m.Page().Terminal.Past; past != "" {
		t.Errorf("at the latest moment the prompt says %q", past)
	}
	do(m, SeekEvent{Event: 100, AtOnce: true})
	p := m.Page()
	if p.Terminal.Past != "The past of A: branch B begins here with the next command." {
		t.Errorf("in the past the prompt says %q", p.Terminal.Past)
	}
	if !strings.HasPrefix(p.Deck.State, "viewing ") || !strings.HasSuffix(p.Deck.State, " s · branch A") {
		t.Errorf("the deck says %q", p.Deck.State)
	}
	do(m, Typed{"m1", "SET a 1"})
	if p = m.Page(); p.Terminal.Past != "" || p.Deck.Rewound {
		t.Errorf("on the new branch: %q, %q", p.Terminal.Past, p.Deck.State)
	}
	do(m, SeekEvent{Event: 50, AtOnce: true})
	if p = m.Page(); p.Terminal.Past != "The past of B: branch C begins here with the next command." || !strings.HasSuffix(p.Deck.State, "branch B") {
		t.Errorf("in its past: %q, %q", p.Terminal.Past, p.Deck.State)
	}
}
