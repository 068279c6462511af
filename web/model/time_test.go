package model

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// outage plays the first scenario through a cut, a write, a heal, and some time.
func outage(t *testing.T) *Model {
	t.Helper()
	m := opened(t, "")
	do(m, Tick{time.Second}, Run{"sever m1 r1"}, Tick{500 * time.Millisecond}, Typed{"m1", "SET k v"}, Run{"load m1 rate 50/s"},
		Tick{2 * time.Second}, Run{"heal m1 r1"}, Tick{2 * time.Second}, Typed{"r1", "GET k"}, Tick{2 * time.Second}, Play{})
	return m
}

// look is what is drawn of the world, without what the page says about where it has just come from.
func look(m *Model) Page {
	p := m.Page()
	p.Deck, p.Status = Deck{}, ""
	return p
}

// Going back shows what was to be seen then: not only on the stage, but also what was typed, logged and answered.
func TestThePastLooksAsItDid(t *testing.T) {
	m := outage(t)
	type seen struct {
		events int
		page   Page
	}
	end := look(m)
	var moments []seen
	for m.seekEvent(0); m.rewound(); m.step(anyEvent) {
		m.arrive()
		moments = append(moments, seen{m.world().Events().Len(), look(m)})
	}
	if len(moments) < 100 {
		t.Fatalf("%d moments", len(moments))
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		want := moments[random.IntN(len(moments))]
		do(m, SeekEvent{Event: want.events, AtOnce: true})
		if got := look(m); !reflect.DeepEqual(got, want.page) {
			t.Fatalf("behind event %d\n%+v\nwant\n%+v", want.events, got, want.page)
		}
	}
	press(m, "End")
	m.arrive()
	if got := look(m); m.rewound() || !reflect.DeepEqual(got.Stage, end.Stage) || !reflect.DeepEqual(got.Terminal, end.Terminal) {
		t.Errorf("at the end\n%+v\nwant\n%+v", got, end)
	}
}

// A long history is read from chronicles kept on the way, and reads as if it had been read from its beginning.
func TestChroniclesAreKept(t *testing.T) {
	m := outage(t)
	do(m, Run{"load m1 rate 1000/s"})
	for m.world().Events().Len() < 3*chronicleEvery {
		m.advance(m.world().Now().Add(100*time.Millisecond), 1<<20)
	}
	if len(m.before) < 3 {
		t.Fatalf("%d chronicles", len(m.before))
	}
	m.seekEvent(2*chronicleEvery + 100)
	m.arrive()
	got := look(m)
	before, ids := m.before, m.past.ids
	m.before, m.past = nil, newChronicle()
	m.past.ids = ids
	m.sync()
	if want := look(m); !reflect.DeepEqual(got, want) {
		t.Errorf("from a chronicle\n%+v\nfrom the beginning\n%+v", got, want)
	}
	m.before = before
	// Who goes on far reads nothing of what lies between.
	m.seekEvent(100)
	m.arrive()
	before[1].took["a mark"] = true
	m.seekEvent(2*chronicleEvery + 200)
	m.arrive()
	if !m.past.took["a mark"] {
		t.Error("a leap ahead begins with the chronicle of where it began, not with the latest one")
	}
	delete(before[1].took, "a mark")
	// A branch does not inherit what happened behind its beginning.
	m.seekEvent(chronicleEvery + 100)
	m.arrive()
	if err := m.do("sever m1 r2"); err != nil {
		t.Fatal(err)
	}
	if len(m.before) != 1 || m.line.Current() != 1 {
		t.Errorf("%d chronicles on branch %d", len(m.before), m.line.Current())
	}
}

// A chronicle that is kept stays as it was, although it shares its lists with the one that goes on.
func TestKeptChronicleStays(t *testing.T) {
	c := newChronicle()
	for i := range keptTurns {
		c.addTurn("m1", Turn{Command: "SET " + strconv.Itoa(i), Waiting: i == keptTurns-1})
		c.ledger["m1"] = keep(c.ledger["m1"], LedgerRow{Event: i}, keptLedger)
	}
	kept := c.clone()
	again := kept.clone()
	c.reply(engine.Event{Node: "m1"}, engine.Replied{Client: 1, Command: "BLPOP q 0", Reply: []byte("*-1\r\n"), Text: "(nil)"})
	for i := range 3 * keptTurns {
		c.addTurn("m1", Turn{Command: "GET " + strconv.Itoa(i)})
		kept.addTurn("m1", Turn{Command: "DEL " + strconv.Itoa(i), Waiting: i == 0})
		c.ledger["m1"] = keep(c.ledger["m1"], LedgerRow{Event: -1}, keptLedger)
		kept.ledger["m1"] = keep(kept.ledger["m1"], LedgerRow{Event: -2}, keptLedger)
		if got := c.ledger["m1"][keptLedger-1].Event; got != -1 {
			t.Fatalf("the chronicle that goes on has the row %d of the one that was kept", got)
		}
	}
	for i, turn := range again.turns["m1"] {
		if want := "SET " + strconv.Itoa(i); turn.Command != want || turn.Waiting != (i == keptTurns-1) {
			t.Fatalf("turn %d is %+v, want %s", i, turn, want)
		}
	}
	for i, row := range again.ledger["m1"] {
		if want := keptTurns - keptLedger + i; row.Event != want {
			t.Fatalf("row %d is of event %d, want %d", i, row.Event, want)
		}
	}
}

func TestActingWhileRewoundBranches(t *testing.T) {
	m := outage(t)
	end := look(m)
	m.back(func(e engine.Event) bool { _, ok := e.Fact.(engine.PsyncAnswered); return ok })
	m.arrive()
	d := m.deck(ptr(observe(m.world(), m.known)))
	if !d.Rewound || d.At >= DeckParts || !strings.HasPrefix(d.State, "viewing ") || d.Branches != nil || !strings.Contains(d.Moment, "event ") {
		t.Errorf("%+v", d)
	}
	do(m, Typed{"m1", "nonsense \"unbalanced"})
	if !m.rewound() || len(m.line.Branches()) != 1 {
		t.Error("what cannot be done begins no branch")
	}
	do(m, Typed{"m1", "SET k other"})
	if m.rewound() || len(m.line.Branches()) != 2 || !strings.Contains(m.status, "Branch B") {
		t.Errorf("%d branches, status %q", len(m.line.Branches()), m.status)
	}
	do(m, Tick{3 * time.Second})
	d = m.deck(ptr(observe(m.world(), m.known)))
	if len(d.Branches) != 2 || !d.Branches[1].On || d.Branches[1].Label != "B" {
		t.Errorf("%+v", d.Branches)
	}
	other := look(m)
	do(m, PickBranch{0})
	if got := look(m); !reflect.DeepEqual(got.Stage, end.Stage) || !reflect.DeepEqual(got.Terminal.Turns, end.Terminal.Turns) {
		t.Errorf("branch A\n%+v\nwant\n%+v", got, end)
	}
	do(m, PickBranch{1})
	got := look(m)
	got.Terminal, other.Terminal = Terminal{}, Terminal{} // a line that could not be sent is not part of what happened
	if !reflect.DeepEqual(got, other) {
		t.Errorf("branch B\n%+v\nwant\n%+v", got, other)
	}
}

func ptr[T any](v T) *T { return &v }

// A long way is gone over several frames; the page shows how far it has come, and Escape gives it up.
func TestALongWayTakesFrames(t *testing.T) {
	m := outage(t)
	do(m, Run{"load m1 rate 1000/s"})
	for m.world().Events().Len() < 20_000 {
		m.advance(m.world().Now().Add(100*time.Millisecond), 1<<20)
	}
	m.line.SeekEvent(m.world().Events().Len() * 2 / 3)
	m.travel(10)
	if d := m.deck(ptr(observe(m.world(), m.known))); !strings.HasPrefix(d.Going, "going there") || d.Rewound {
		t.Errorf("%+v", d)
	}
	if used := press(m, "Escape"); !used || m.rewound() {
		t.Error("Escape gives it up")
	}
	m.line.SeekEvent(m.world().Events().Len() * 2 / 3)
	m.travel(10)
	for range 1000 {
		if _, on := m.line.Seeking(); !on {
			break
		}
		do(m, Frame{Elapsed: 16 * time.Millisecond})
	}
	if !m.rewound() {
		t.Error("it has not arrived")
	}
}

// Where nothing of interest is near, whoever asks for it stays where they are, and is told.
func TestNothingAheadIsNotGoneTo(t *testing.T) {
	m := opened(t, "")
	at, events := m.world().Now(), m.world().Events().Len()
	do(m, NextEvent{})
	if m.world().Now() != at || m.world().Events().Len() != events || !strings.HasPrefix(m.status, "Nothing but writes and heartbeats for 60 s") {
		t.Errorf("it went on for %v, %d events, and says %q", m.world().Now().Sub(at), m.world().Events().Len()-events, m.status)
	}
	do(m, Run{"sever m1 r1"}, Tick{500 * time.Millisecond}, Run{"heal m1 r1"})
	if do(m, NextEvent{}); !strings.Contains(m.status, "r1") || m.world().Now().Sub(at) > 3*time.Second {
		t.Errorf("after %v it says %q", m.world().Now().Sub(at), m.status)
	}
}
