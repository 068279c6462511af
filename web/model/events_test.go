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
	if do(m, Typed{"m1", "SET a 2"}); m.Page().Deck.Event != "" {
		t.Errorf("behind a command the deck still tells %q", m.Page().Deck.Event)
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

// A muted narrator tells verdicts, and of what the reader did only what went wrong.
func TestAMutedNarratorTellsVerdictsOnly(t *testing.T) {
	m := opened(t, "")
	if cmds := do(m, ToggleMute{}); len(cmds) != 1 || cmds[0] != (Store{"narrator", "off"}) || !m.Page().Muted {
		t.Fatalf("%+v", cmds)
	}
	before := m.status
	do(m, Run{"sever m1 r1"}, Run{"kill r2"}, Step{}, Step{}, SeekEvent{Event: 20, AtOnce: true}, SeekTo{DeckParts})
	if m.status != before {
		t.Errorf("it says %q", m.status)
	}
	do(m, Run{"heal m1 r1"}, Play{})
	wait(m, 4*time.Second)
	if !strings.HasPrefix(m.status, "m1 answers CONTINUE to r1: ") {
		t.Errorf("behind a verdict it says %q", m.status)
	}
	do(m, Run{"sever m1 nobody"})
	if !strings.Contains(m.status, "nobody") {
		t.Errorf("behind a mistake it says %q", m.status)
	}
	if cmds := do(m, ToggleMute{}); cmds[0] != (Store{"narrator", ""}) {
		t.Errorf("%+v", cmds)
	}
	if do(m, Run{"sever m1 r1"}); m.status != "The link of m1 and r1 is cut." {
		t.Errorf("switched on again it says %q", m.status)
	}
}

// W goes to the wire: on a narrow page it is one of the tabs, and the writing has another key.
func TestKeysGoToTheWireAndTheStream(t *testing.T) {
	m := opened(t, "")
	var cmds []Cmd
	*m, _, cmds = PressKey(*m, Key{Key: "w"})
	if len(cmds) != 2 || cmds[1] != (Focus{WireID}) || m.tab != TabCLI || m.past.loads["m1"] {
		t.Errorf("on a wide page: %+v, tab %s", cmds, m.tab)
	}
	do(m, Resized{Width: 800, Height: 600})
	if press(m, "w"); m.tab != TabWire {
		t.Errorf("on a narrow page the tab is %s", m.tab)
	}
	if press(m, "t"); m.zoom != zoomCommands {
		t.Errorf("T leads to zoom %d", m.zoom)
	}
	if press(m, "g"); !m.past.loads["m1"] {
		t.Error("G began no writing")
	}
	if press(m, "v"); !m.table {
		t.Error("V shows no table")
	}
}
