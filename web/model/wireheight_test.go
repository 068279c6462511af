package model

import (
	"reflect"
	"testing"
)

func TestTheWireIsAsHighAsItsReaderWantsAndOthersAllow(t *testing.T) {
	for _, c := range []struct {
		name        string
		wire, stage float64 // as measured, together what there is for the two
		wanted      float64
		set, now    int
		up          int
		kept        string
	}{
		{"nothing measured yet", 0, 0, 300, 300, 300, 480, "300"},
		{"room for all", 200, 600, 480, 480, 480, 480, "480"},
		{"to the nearest step", 200, 600, 291, 300, 300, 480, "300"},
		{"as low as it may be", 200, 600, 1, 120, 120, 480, "120"},
		{"the stage keeps its own", 143, 340, 480, 220, 220, 220, "220"},
		{"no room at all", 60, 200, 480, 120, 120, 120, "120"},
	} {
		m := opened(t, "")
		do(m, Resized{1280, 800, 1144, 600, c.wire, c.stage})
		cmds := do(m, WireSized{c.wanted})
		if h := m.Page().Wire.Height; h != (WireHeight{c.set, c.now, wireLow, c.up}) {
			t.Errorf("%s: %+v", c.name, h)
		}
		if !reflect.DeepEqual(cmds, []Cmd{Store{"wire", c.kept}}) {
			t.Errorf("%s: %v", c.name, cmds)
		}
		if again := do(m, WireSized{c.wanted}); again != nil {
			t.Errorf("%s: the same once more: %v", c.name, again)
		}
		if cmds := do(m, WireSized{}); !reflect.DeepEqual(cmds, []Cmd{Store{"wire", ""}}) || m.Page().Wire.Height.Set != 0 {
			t.Errorf("%s: given back: %v", c.name, cmds)
		}
	}
}

// A choice is kept as it was made: a low window shows less of it, and a high one all of it again.
func TestTheWiresHeightComesBack(t *testing.T) {
	m := New(library(), Settings{Wire: "400"})
	r := &m
	for _, c := range []struct{ stage, set int }{{800, 400}, {320, 200}, {800, 400}} {
		do(r, Resized{1280, 800, 1144, 600, 140, float64(c.stage)})
		if got := r.Page().Wire.Height.Set; got != c.set {
			t.Errorf("beside a stage of %d it is %d high, want %d", c.stage, got, c.set)
		}
	}
	for _, kept := range []string{"", "100", "500", "130", "many", "-240"} {
		if m := New(nil, Settings{Wire: kept}); m.wireSet != 0 {
			t.Errorf("%q was kept: %d", kept, m.wireSet)
		}
	}
}

// What is higher than it needs to be has its rows further from each other.
func TestAHighWireSpreadsItsRows(t *testing.T) {
	m := opened(t, "")
	do(m, Resized{1440, 1200, 1300, 600, 200, 600})
	before := wireOf(m)
	do(m, WireSized{280})
	after := wireOf(m)
	if before.Apart != wireApart || after.Apart != 90 {
		t.Errorf("%v and %v px apart", before.Apart, after.Apart)
	}
	do(m, Resized{1440, 600, 1300, 600, 200, 340})
	if got := wireOf(m).Apart; got != wireApart {
		t.Errorf("in a low window: %v px apart", got)
	}
	do(m, Resized{1024, 1200, 900, 600, 200, 600}, SelectTab{TabWire})
	if got := wireOf(m).Apart; got != wireApart {
		t.Errorf("behind a tab: %v px apart", got)
	}
}
