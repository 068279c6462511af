package model

import (
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
