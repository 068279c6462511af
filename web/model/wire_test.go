package model

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

func wireOf(m *Model) Wire {
	s := observe(m.world(), m.known)
	return m.wire(&s)
}

// arrowsOf are the words at the arrows of a kind that still have some.
func arrowsOf(k Wire, kind string) (words []string) {
	for _, a := range k.Arrows {
		if a.Kind == kind && a.Label != "" {
			words = append(words, strings.TrimSpace(a.Label+" "+a.More))
		}
	}
	return words
}

// A cut and a heal are to be read off the wire: what was on its way is lost, connects are refused, then the handshake.
func TestTheWireShowsAnOutage(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"load m1 rate 20/s"}, Tick{2 * time.Second}, Run{"sever m1 r1"}, Tick{100 * time.Millisecond})
	k := wireOf(m)
	if len(k.Rows) != 3 || k.Rows[0].Name != "r1" || k.Rows[1].Name != "m1" || k.Rows[2].Name != "r2" {
		t.Fatalf("rows %+v: a master belongs between its replicas", k.Rows)
	}
	lost := 0
	for _, a := range k.Arrows {
		if a.Lost {
			lost++
			if a.Y2 >= 1 || a.Y2 < 0 || k.Rows[a.To].Name == "r2" || k.Rows[a.From].Name == "r2" {
				t.Errorf("lost: %+v", a)
			}
		} else if a.X2 < a.X1 || a.Y2 <= 0 || a.Y2 > 1 {
			t.Errorf("%+v", a)
		}
	}
	if lost == 0 {
		t.Error("nothing was on its way when the link was cut")
	}
	do(m, Tick{1500 * time.Millisecond})
	kinds := map[string]int{}
	for _, mark := range wireOf(m).Marks {
		kinds[mark.Kind]++
	}
	if kinds["sever"] != 1 || kinds["refused"] < 2 {
		t.Errorf("marks %v", kinds)
	}
	do(m, Run{"heal m1 r1"}, Tick{1200 * time.Millisecond})
	if words := strings.Join(arrowsOf(wireOf(m), "handshake"), ", "); !strings.Contains(words, "PSYNC") && !strings.Contains(words, "CONTINUE") {
		t.Errorf("handshake: %s", words)
	}
	do(m, ToggleWire{"handshake"}, ToggleWire{"client"})
	for _, a := range wireOf(m).Arrows {
		if a.Kind == "handshake" {
			t.Error("hidden, and drawn")
		}
	}
}

// Where lines run through all places, the words are the short ones.
func TestWordsThatLinesRunThroughAreShort(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Run{"load m1 rate 20/s size 64"}, Tick{3 * time.Second}, Run{"unload m1"}, Tick{1400 * time.Millisecond})
	k, short := wireOf(m), 0
	for i, a := range k.Arrows {
		w := wireWord{TapeText{X: a.LabelX, Anchor: a.Anchor, Text: strings.TrimSpace(a.Label + " " + a.More)}, a.LabelRow}
		switch {
		case a.Label == "" || a.short == "" || !k.crossed(i, w):
		case a.Label != a.short:
			t.Errorf("lines run through %q, and %q would do", w.Text, a.short)
		default:
			short++
		}
	}
	if short == 0 {
		t.Error("there are no words that lines run through")
	}
}

// In every moment of a comeback the words of the question and of its answer are there, and cover no other packet's arrow unless they
// are a word; nothing that is said stands on the line of the heal.
func TestTheWordsOfADecisionLeaveItsArrowsInSight(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Run{"m1> SET a 1"}, Tick{1300 * time.Millisecond}, Run{"heal m1 r1"})
	asked, over, near := 0, 0, 0
	for range 100 {
		do(m, Tick{20 * time.Millisecond})
		k := wireOf(m)
		for i, a := range k.Arrows {
			w := wireWord{TapeText{X: a.LabelX, Anchor: a.Anchor, Text: strings.TrimSpace(a.Label + " " + a.More)}, a.LabelRow}
			if a.Label == "" {
				continue
			}
			if k.struck(w) {
				t.Errorf("at %v %q stands on the line of the heal", m.world().Now(), w.Text)
			}
			if a.rank() != "decision" {
				continue
			}
			asked++
			if strings.Contains(a.Label, " ") && k.crossed(i, w) {
				t.Errorf("at %v arrows run through %q", m.world().Now(), w.Text)
			}
			if _, hi := extent(w.TapeText, k.Width); hi-wordsAir > k.Now*k.Width {
				over++
			}
		}
		for _, mark := range k.Marks {
			if mark.Kind != "refused" || mark.Label == "" {
				continue
			}
			near++
			x := mark.X*k.Width + RefusedLean + 10
			if mark.Anchor == "end" {
				x -= 20
			}
			if k.struck(wireWord{TapeText{X: x / k.Width, Anchor: mark.Anchor, Text: mark.Label}, float64(mark.Row) + float64(mark.To-mark.Row)*RefusedAt}) {
				t.Errorf("at %v %q stands on the line of the heal", m.world().Now(), mark.Label)
			}
		}
	}
	if asked == 0 || over == 0 || near == 0 {
		t.Errorf("%d words of decisions, %d of them over the line of now, %d refused attempts", asked, over, near)
	}
}

// However much happens, the drawing stays within its bounds, and tells how much it stands for.
func TestTheWireStaysReadable(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"load m1 rate 1000/s"}, Tick{3 * time.Second}, Run{"unload m1"})
	for range len(wireSpans) {
		k := wireOf(m)
		if len(k.Arrows) > mostArrows || len(k.Arrows) == 0 {
			t.Errorf("%s: %d arrows", k.Span, len(k.Arrows))
		}
		for _, tick := range k.Ticks {
			if tick.X < 0 || tick.X > 1 {
				t.Errorf("%s: tick %+v", k.Span, tick)
			}
		}
		for i, a := range k.Arrows {
			for _, b := range k.Arrows[:i] {
				if a.Label == "" || b.Label == "" || a.From != b.From || a.To != b.To {
					continue
				}
				if d := (a.LabelX - b.LabelX) * k.Width; -20 < d && d < 20 {
					t.Errorf("%s: %q on %q", k.Span, a.Label, b.Label)
				}
			}
		}
		do(m, WireSpan{1})
	}
	do(m, WireSpan{-100})
	if k := wireOf(m); k.Closer || k.Span != "200 ms" {
		t.Errorf("the closest look is %s", k.Span)
	}
}

// A packet that is chosen is told whole, and its bytes are marked on the tape; chosen again it is let go.
func TestAChosenPacketIsMarkedOnTheTape(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", "SET chosen packet"}, Tick{200 * time.Millisecond})
	var id int64
	for _, e := range m.world().Events().All() {
		if f, ok := e.Fact.(*engine.Sent); ok && f.Payload == engine.PayloadStream {
			id = f.ID
		}
	}
	do(m, PickPacket{id})
	k := wireOf(m)
	s := observe(m.world(), m.known)
	if tape := m.tape(&s); tape.Chosen.W <= 0 || !strings.Contains(k.Detail, "SET chosen packet") || !strings.Contains(k.Detail, "m1 → r") {
		t.Errorf("%+v, told %q", tape.Chosen, k.Detail)
	}
	do(m, ToggleTable{})
	chosen := 0
	for _, l := range wireOf(m).Table {
		if l.Chosen {
			chosen++
		}
	}
	if chosen != 1 {
		t.Errorf("%d rows are chosen", chosen)
	}
	do(m, PickPacket{id})
	if k := wireOf(m); k.Detail != "" {
		t.Errorf("still %q", k.Detail)
	}
	do(m, PickPacket{1 << 40})
	if m.packet.id != 0 {
		t.Error("no such packet")
	}
}

// Packets come the newest first. What leaves close together in a lane is one arrow, with the first one's ID; what was lost, or
// is said in a handshake, stands alone.
func TestPacketsThatCannotBeToldApartAreOne(t *testing.T) {
	packet := func(id int64, x float64, l lane) bundle {
		return bundle{lane: l, id: id, x1: x, x2: x + .1, until: x, y2: 1, count: 1, bytes: 10}
	}
	stream, other, lost, said := lane{0, 1, wireStream, false}, lane{1, 0, wireStream, false}, lane{0, 1, wireStream, true}, lane{0, 1, wireHandshake, false}
	p := newBundles(2, .05)
	for _, b := range []bundle{packet(9, .52, said), packet(8, .51, said), packet(7, .5, stream), packet(6, .48, lost), packet(5, .46, other),
		packet(4, .46, stream), packet(3, .44, stream), packet(2, .3, stream), packet(1, .29, stream)} {
		p.add(b)
	}
	type joined struct {
		id, count, bytes int64
		x1, x2, until    float64
	}
	var got []joined
	for _, b := range p.list {
		got = append(got, joined{b.id, b.count, b.bytes, b.x1, b.x2, b.until})
	}
	want := []joined{{9, 1, 10, .52, .52 + .1, .52}, {8, 1, 10, .51, .51 + .1, .51}, {3, 3, 30, .44, .44 + .1, .5}, {6, 1, 10, .48, .48 + .1, .48},
		{5, 1, 10, .46, .46 + .1, .46}, {1, 2, 20, .29, .29 + .1, .3}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// What was on its way when its connection was cut, or its path became a blackhole, ends there; a packet of the next connection
// does not, nor does what goes the other way or elsewhere.
func TestACutEndsWhatWasOnItsWay(t *testing.T) {
	act := func(text string) *engine.Event { return &engine.Event{Fact: engine.Act{Text: text}} }
	reset := &engine.Event{Fact: engine.ConnChanged{A: "m", B: "r", What: "reset"}}
	for _, c := range []struct {
		by       *engine.Event
		from, to string
		x1, x2   float64
		lost     bool
	}{
		{reset, "m", "r", .4, .6, true}, {reset, "r", "m", .4, .6, true}, {reset, "m", "s", .4, .6, false}, {reset, "m", "r", .3, .5, false},
		{reset, "m", "r", .51, .7, false}, {act("blackhole m r"), "r", "m", .4, .6, true}, {act("blackhole m > r"), "m", "r", .4, .6, true},
		{act("blackhole m > r"), "r", "m", .4, .6, false}, {act("isolate r blackhole"), "m", "r", .4, .6, true}, {act("isolate s blackhole"), "m", "r", .4, .6, false},
	} {
		end, ok := endingOf(c.by)
		if !ok {
			t.Fatalf("%v ends nothing", c.by.Fact)
		}
		b := bundle{x1: c.x1, x2: c.x2, y2: 1}
		(&edge{end, .5}).of(&b, c.from, c.to)
		if b.lost != c.lost || c.lost && (b.x2 != .5 || b.y2 < .499 || b.y2 > .501) {
			t.Errorf("%v: %s to %s from %v to %v becomes %+v", c.by.Fact, c.from, c.to, c.x1, c.x2, b)
		}
	}
	for _, e := range []*engine.Event{act("heal m r"), act("sever m r"), act("isolate m"), {Fact: engine.ConnChanged{A: "m", B: "r", What: "refused"}}} {
		if _, ok := endingOf(e); ok {
			t.Errorf("%v ends something by itself", e.Fact)
		}
	}
}

// A packet that a cut or a blackhole met on its way is lost in the drawing, in the table and in what is told of it.
func TestALostPacketIsLostEverywhere(t *testing.T) {
	for _, fault := range []string{"sever m1 r1", "blackhole m1 r1"} {
		m := opened(t, "")
		do(m, Run{"m1> SET lost word"}, Tick{10 * time.Millisecond}, Run{fault}, Tick{200 * time.Millisecond}, ToggleTable{})
		var id int64
		for _, l := range wireOf(m).Table {
			if l.To == "r1" && strings.Contains(l.Text, "lost word") {
				if id = l.ID; l.End != "lost" {
					t.Errorf("%s: the table says that it arrives at %s", fault, l.End)
				}
			}
		}
		for _, a := range wireOf(m).Arrows {
			if a.ID == id && !a.Lost {
				t.Errorf("%s: it arrives in the drawing", fault)
			}
		}
		if do(m, PickPacket{id}); !strings.Contains(m.packet.told, "lost on its way at ") {
			t.Errorf("%s: %s", fault, m.packet.told)
		}
		if links := m.Page().Stage.Links; !links[0].Said || links[1].Said {
			t.Errorf("%s: the chosen packet is not on the stage", fault)
		}
	}
}

// Words say what a command does and where in the stream it is, and fewer where these have no room; none stand on others.
func TestTheWordsAtTheWire(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"m1> SET lost word"}, Tick{300 * time.Millisecond}, WireSpan{-1})
	if words := arrowsOf(wireOf(m), "stream"); !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "SET lost word @") }) {
		t.Errorf("%q", words)
	}
	do(m, Run{"sever m1 r1"}, Run{"m1> SET a 1"}, Run{"heal m1 r1"})
	do(m, Tick{2 * time.Second}, ShowAnswer{})
	k := wireOf(m)
	if !strings.Contains(m.packet.told, "+CONTINUE") {
		t.Errorf("the answer on the wire is %q", m.packet.told)
	}
	shown := 0
	for _, a := range k.Arrows {
		if a.Chosen {
			shown++
		}
	}
	if shown != 1 {
		t.Errorf("%d arrows are chosen", shown)
	}
}

type said string

func (s said) String() string { return string(s) }

// Of a packet with several commands the words say how much it is, also where they are few.
func TestTheWordsOfSeveralCommands(t *testing.T) {
	for _, c := range []struct{ text, more, short string }{
		{"SET a 1", "@25,257", "SET"},
		{"SET a 1, SET b 2, …", "@25,257, 7,476 B", "7,476 B"},
	} {
		f := &engine.Sent{Payload: engine.PayloadStream, Bytes: 7476, Span: engine.Span{First: 25257, Last: 32732}, Text: said(c.text)}
		if label, more, short := wireWords(f); label != c.text || more != c.more || short != c.short {
			t.Errorf("%s: %q %q %q", c.text, label, more, short)
		}
	}
}

// The word of a mark stands on the side that has room, or nowhere.
func TestAMarkHasItsWordWhereRoomIs(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after bool // has room
		label, anchor string
	}{
		{"both", true, true, "healed", "start"}, {"behind", false, true, "healed", "start"},
		{"before", true, false, "healed", "end"}, {"neither", false, false, "", "start"},
	} {
		k := &Wire{Width: 1000, Now: 1, Apart: wireApart}
		mark := WireMark{X: 0.5, To: 1, Label: "healed"}
		kept := 0
		k.labelMark(&mark, func(w wireWord) bool {
			return w.X > mark.X && w.Anchor == "start" && c.after || w.X < mark.X && w.Anchor == "end" && c.before
		}, func(wireWord) { kept++ })
		if mark.Label != c.label || mark.Anchor != c.anchor || (kept == 1) != (c.label != "") {
			t.Errorf("%s: %+v, %d kept", c.name, mark, kept)
		}
	}
}

// An answer of long ago is shown at its moment: in the latest one it would be out of sight, or among thousands of others.
func TestAnOldAnswerIsShownAtItsMoment(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Tick{time.Second}, Run{"heal m1 r1"}, Tick{2 * time.Second})
	v, _ := m.past.verdict()
	do(m, Run{"load m1 rate 50/s"}, Tick{90 * time.Second}, ShowAnswer{})
	for range 50 {
		do(m, Frame{Elapsed: 16 * time.Millisecond})
	}
	if after := m.world().Now().Sub(v.at); after < 0 || after > 10*time.Second {
		t.Errorf("the page looks %v behind the answer", after)
	}
	for _, a := range wireOf(m).Arrows {
		if a.Chosen && a.ID == v.packet {
			return
		}
	}
	t.Error("the answer is not drawn")
}

// What is said of a mark ends before the line of now, as drawn: an attempt that was refused leans to the right. Where the room
// before it is taken, nothing is said.
func TestAMarkStaysBeforeNow(t *testing.T) {
	for x := 700.0; x < 900; x += 3 {
		for _, taken := range []bool{false, true} {
			k := &Wire{Width: 1000, Now: .9, Apart: wireApart}
			mark := WireMark{X: x / k.Width, To: 1, Kind: "refused", Label: "connect refused"}
			var kept wireWord
			k.labelMark(&mark, func(w wireWord) bool { return w.Anchor == "start" || !taken }, func(w wireWord) { kept = w })
			if mark.Label == "" {
				if !taken {
					t.Errorf("at %v: nothing is said", x)
				}
				continue
			}
			from, end := x+RefusedLean-10, x+RefusedLean-10 // as view.wire.mark places it
			if mark.Anchor == "start" {
				from = x + RefusedLean + 10
				end = from + textWidth(mark.Label)
			}
			if math.Abs(kept.X*k.Width-from) > .01 || end > 900 {
				t.Errorf("at %v: it ends at %v, on the %s; its place was thought to be %+v", x, end, mark.Anchor, kept)
			}
		}
	}
}
