package model

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Two fingers and a wheel make whole steps: one for each half as far again, one for each notch.
func TestHandsZoomInSteps(t *testing.T) {
	for _, c := range []struct {
		name  string
		apart []float64
		by    int
	}{
		{"they rest", []float64{100, 101, 99, 100}, 0},
		{"almost a step", []float64{100, 149}, 0},
		{"a step", []float64{100, 120, 149, 150}, 1},
		{"two, from where the first was", []float64{100, 150, 224, 225}, 2},
		{"together", []float64{150, 101, 100}, -1},
		{"there and back", []float64{100, 150, 100}, 0},
		{"lifted between", []float64{100, 140, 0, 140, 200}, 0},
		{"one finger", []float64{0, 0, 0}, 0},
	} {
		var z Zooming
		by := 0
		for _, apart := range c.apart {
			by += z.Pinch(apart)
		}
		if by != c.by {
			t.Errorf("%s: %d steps, want %d", c.name, by, c.by)
		}
	}
	type turn struct{ delta, millis float64 }
	for _, c := range []struct {
		name  string
		turns []turn
		by    int
	}{
		{"a notch towards the reader", []turn{{120, 0}}, -1},
		{"two away", []turn{{-120, 0}, {-120, 50}}, 2},
		{"in small pieces", []turn{{-10, 0}, {-10, 16}, {-10, 32}, {-10, 48}}, 1},
		{"with a pause", []turn{{-30, 0}, {-30, 500}}, 0},
		{"back again", []turn{{-30, 0}, {20, 16}, {20, 32}}, -1},
	} {
		var z Zooming
		by := 0
		for _, turn := range c.turns {
			by += z.Wheel(turn.delta, turn.millis)
		}
		if by != c.by {
			t.Errorf("%s: %d steps, want %d", c.name, by, c.by)
		}
	}
}

// The table of the stream has what its drawing has: the gone, every block, how far each replica has come; closer, the commands
// and the bytes in sight.
func TestTheTapeAsATable(t *testing.T) {
	m := aModel()
	m.table = true
	held := blocks(20441, 20440, 20440, 20440, 9000)
	held[0].Pinned = true
	k := m.tape(aScene(held, away(1000))).Table
	if want := []TapeLine{
		{"gone", "1", "20,440", "20,440 B", ""}, {"block 1 of 3", "20,441", "40,880", "20,440 B", "kept for a slow replica"},
		{"block 2 of 3", "40,881", "61,320", "20,440 B", ""}, {"block 3 of 3", "61,321", "70,320", "9,000 B", "filling"},
	}; !slices.Equal(k.Pieces, want) {
		t.Errorf("%+v", k.Pieces)
	}
	if want := []TapePlace{
		{"r1", "–", "–", "1,000", "1,001", "19,440 B of what it lacks are gone"}, {"r2", "69,520", "70,320", "70,220", "70,221", "lacks 100 B"},
	}; !slices.Equal(k.Places, want) {
		t.Errorf("%+v", k.Places)
	}
	m.tale.open, m.tale.replica = true, "r1"
	if p := m.tape(aScene(held, away(1000))).Table.Places[0]; p.Note != "" {
		t.Errorf("a question is answered: %+v", p)
	}
	lengths := make([]int64, 100)
	for i := range lengths {
		lengths[i] = 20440
	}
	if k := m.tape(aScene(blocks(1, 20440, lengths...), away(1))).Table; len(k.Pieces) != tableBlocks+1 || k.Pieces[tableBlocks/2] != (TapeLine{"76 more blocks", "245,281", "1,798,720", "1,553,440 B", ""}) {
		t.Errorf("%d rows, %+v", len(k.Pieces), k.Pieces[tableBlocks/2])
	}

	m = opened(t, "")
	do(m, ToggleTable{}, Tick{time.Second}, Run{"m1> SET color blue"}, Tick{100 * time.Millisecond}, TapeZoomed{By: 1})
	k = m.Page().Tape.Table
	if c := k.Commands[len(k.Commands)-1]; c.What != "SET color blue" || c.Bytes != "34 B" || len(k.Bytes) > 0 {
		t.Errorf("%+v", c)
	}
	do(m, TapeZoomed{By: 1})
	k = m.Page().Tape.Table
	last := k.Bytes[len(k.Bytes)-1]
	if c := k.Commands[len(k.Commands)-1]; last.Last != c.Last || !strings.HasSuffix(last.What, `\r\n`) || !strings.HasSuffix(last.Note, "0D 0A") {
		t.Errorf("%+v after %+v", last, c)
	}
	do(m, ToggleTable{})
	if k := m.Page().Tape.Table; len(k.Pieces)+len(k.Places)+len(k.Commands)+len(k.Bytes) > 0 {
		t.Errorf("made for nobody: %+v", k)
	}
}
