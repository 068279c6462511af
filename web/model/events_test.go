package model

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// Every event of a run is told in words: no arrows, brackets and addresses of a trace, and numbers as the page writes them.
func TestEventsAreToldInSentences(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Typed{"m1", "SET a 1"}, Run{"heal m1 r1"})
	wait(m, 3*time.Second)
	do(m, Run{"kill r2"}, Run{"wipe r2"}, Run{"start r2"})
	wait(m, 2*time.Second)
	do(m, Typed{"r1", "REPLICAOF NO ONE"}, Run{"isolate r2 blackhole"})
	wait(m, time.Second)
	var told []string
	for _, e := range m.line.Events().All() {
		text := eventText(m.world(), &e)
		told = append(told, text)
		if _, isLog := e.Fact.(engine.Log); isLog {
			continue
		}
		for _, machine := range []string{"->", "..", "10.0.0.", "do ", "conn ", "offset="} {
			if strings.Contains(text, machine) {
				t.Errorf("%s is told as %q", e, text)
			}
		}
	}
	all := strings.Join(told, "\n")
	for _, want := range []string{
		"The link of m1 and r1 is cut\n", "r1 and m1: the connection is reset\n", "r1 dials its master\n", "m1 is told SET a 1\n",
		"m1 replies to SET a 1: OK\n", "r1 sends PSYNC bbdb…d408 25257 to m1\n", "m1 answers CONTINUE to r1: 27 B are sent\n",
		"r1 applies bytes 702 to 798\n", "m1 sends r1 bytes 1 to 701\n", "r1 is a master now (REPLICAOF NO ONE)\n",
		"r2 starts again\n", "r2 is cut off from everybody, and nobody is told\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing is told as %q", want)
		}
	}
}

// The deck, the slider and the narrator tell a step in the same words.
func TestAStepIsToldInASentence(t *testing.T) {
	m := opened(t, "")
	do(m, Play{}, Run{"sever m1 r1"})
	for range 50 {
		do(m, Step{})
		if strings.Contains(m.stepped, "reset") {
			break
		}
	}
	p := m.Page()
	const want = "r1 and m1: the connection is reset"
	if p.Deck.Event != want || p.Status != want || !strings.HasSuffix(p.Deck.Moment, ", "+want) {
		t.Errorf("deck %q, narrator %q, slider %q, want %q", p.Deck.Event, p.Status, p.Deck.Moment, want)
	}
}

// A node whose files were removed is said to start empty.
func TestANodeThatStartsEmptyIsSaidTo(t *testing.T) {
	m := opened(t, "")
	do(m, Select{"r1"}, Play{})
	*m, _, _ = PressKey(*m, Key{Key: "R", Shift: true})
	if m.status != "r1 starts again, empty: it has no RDB file." {
		t.Errorf("the narrator says %q", m.status)
	}
	wait(m, time.Second)
	do(m, Run{"kill r1"}, Run{"start r1"})
	if m.status != "r1 starts again." {
		t.Errorf("the next time the narrator says %q", m.status)
	}
}
