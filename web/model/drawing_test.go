package model

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/assets"
	"resync/engine"
	"resync/engine/node"
	"resync/engine/script"
	"resync/engine/sim"
)

// blocks are spans one after the other from an offset on, each full but the last.
func blocks(first engine.Offset, size int64, lengths ...int64) (list []node.Block) {
	for _, n := range lengths {
		list = append(list, node.Block{Span: engine.Span{First: first, Last: first + engine.Offset(n) - 1}, Size: size})
		first += engine.Offset(n)
	}
	return list
}

const history engine.ReplID = "8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13"

// aScene is m1 with blocks of 20,440 bytes and a backlog of 16 KiB, r1 as given, and r2 in step.
func aScene(held []node.Block, r1 node.Replication) *scene {
	head := held[len(held)-1].Span.Last
	r1.Replica, r1.ReplID, r1.Master = true, history, node.Address{Host: "m1", Port: 6379}
	s := &scene{now: engine.Epoch.Add(46 * time.Second), forecasts: map[string]sim.Forecast{}}
	s.nodes = []standing{
		{name: "m1", ip: "10.0.0.1", port: 6379, up: true, repl: node.Replication{
			ReplID: history, Offset: head, BacklogActive: true, BacklogSize: 16384, Blocks: held,
			Replicas: []node.ReplicaView{{Name: "10.0.0.3:6381", IP: "10.0.0.3", Port: 6381, State: "online", Sent: head, Acked: head - 800}},
		}},
		{name: "r1", ip: "10.0.0.2", port: 6380, up: true, repl: r1},
		{name: "r2", ip: "10.0.0.3", port: 6381, up: true, repl: node.Replication{
			Replica: true, ReplID: history, Master: node.Address{Host: "10.0.0.1", Port: 6379}, Link: engine.LinkConnected,
			Received: head, Applied: head - 100, Ask: node.Ask{ID: history, Want: head - 99},
		}},
	}
	s.connectMasters()
	return s
}

func away(applied engine.Offset) node.Replication {
	return node.Replication{Link: engine.LinkConnect, Applied: applied, Ask: node.Ask{ID: history, Want: applied + 1}}
}

// aModel is enough of a page to draw a scene.
func aModel() *Model {
	return &Model{line: script.NewTimeline(&script.Script{}), past: newChronicle(), guess: map[string]guess{}, closedVerdict: -1, width: 1440, height: 900}
}

func TestTheDropLineIsTheEdge(t *testing.T) {
	for _, c := range []struct {
		name string
		held []node.Block
		want engine.Offset
		ok   bool
	}{
		{"one block, just begun", blocks(1, 20440, 61), 36824, true},
		{"one block, almost full", blocks(1, 20440, 20439), 36824, true},
		{"two blocks", blocks(1, 20440, 20440, 9000), 36824, true},
		{"the first has gone", blocks(20441, 20440, 20440, 9000), 57264, true},
		{"a block larger than others", blocks(1, 40920, 40920, 10), 57304, true},
		{"pinned", []node.Block{{Span: engine.Span{First: 1, Last: 20440}, Size: 20440, Pinned: true}}, 0, false},
		{"no backlog", nil, 0, false},
	} {
		n := standing{repl: node.Replication{BacklogActive: c.held != nil, BacklogSize: 16384, Blocks: c.held}}
		if got, ok := n.dropLine(); got != c.want || ok != c.ok {
			t.Errorf("%s: %d %t, want %d %t", c.name, got, ok, c.want, c.ok)
		}
	}
}

// Where a flag pierces the ribbon is the answer: it is late if and only if its byte is before the first one held.
func TestAFlagIsLateWhenItsByteIsGone(t *testing.T) {
	held := blocks(20441, 20440, 20440, 9000) // bytes 20,441 to 49,880
	for _, c := range []struct {
		name    string
		applied engine.Offset
		late    bool
	}{
		{"long gone", 60, true},
		{"just trimmed", 20439, true},
		{"oldest kept", 20440, false},
		{"in the newest block", 41000, false},
		{"lacks nothing", 49880, false},
	} {
		tape := aModel().tape(aScene(held, away(c.applied)))
		if len(tape.Flags) != 1 || tape.Flags[0].Late != c.late || tape.Rails[0].Late != c.late {
			t.Errorf("%s: %+v, want late %t", c.name, tape.Flags, c.late)
			continue
		}
		edge := tape.Blocks[0].X
		if f := tape.Flags[0].X; (f < edge-1e-9) != c.late {
			t.Errorf("%s: the flag stands at %.6f, the ribbon is solid from %.6f on", c.name, f, edge)
		}
	}
}

// Every piece of the drawing is inside the window, whatever the numbers are, and the pieces of the ribbon join.
func TestTheTapeStaysInItsWindow(t *testing.T) {
	for _, width := range []float64{320, 375, 768, 1440} {
		for _, held := range [][]node.Block{
			blocks(1, 20440, 1), blocks(1, 20440, 20440), blocks(20441, 20440, 20440, 16383), blocks(1_000_000_001, 20440, 20440, 3),
			blocks(1, 1<<20, 900_000), blocks(1, 20440, 20440, 20440, 20440, 20440, 5),
		} {
			for _, applied := range []engine.Offset{1, 20440, 30000, held[len(held)-1].Span.Last} {
				m := aModel()
				m.width = width
				tape := m.tape(aScene(held, away(min(applied, held[len(held)-1].Span.Last))))
				inside := func(what string, b Piece) {
					if b.X < 0 || b.W < 0 || b.X+b.W > 1+1e-9 || math.IsNaN(b.X+b.W) {
						t.Errorf("width %v, %v: %s is at %+v", width, held, what, b)
					}
				}
				inside("gone", tape.Gone)
				inside("room", tape.Room)
				end := tape.Gone.X + tape.Gone.W
				for _, b := range tape.Blocks {
					inside("a block", Piece{b.X, b.W})
					if math.Abs(b.X-end) > 1e-9 {
						t.Errorf("a block begins at %v, what is before it ends at %v", b.X, end)
					}
					end = b.X + b.W
				}
				if math.Abs(tape.Head-end) > 1e-9 {
					t.Errorf("the head is at %v, the last block ends at %v", tape.Head, end)
				}
				for _, r := range tape.Rails {
					for _, b := range []Piece{r.Acked, r.Applied, r.Sent, r.Missing, r.Lost} {
						inside("a piece of "+r.Name, b)
					}
				}
			}
		}
	}
}

// The window moves when a block goes or a link is cut, and at no other time: the head runs through a drawing that stands.
func TestTheWindowStandsStillWhileTheHeadMoves(t *testing.T) {
	m := aModel()
	before := m.tape(aScene(blocks(1, 20440, 20440, 100), away(60)))
	after := m.tape(aScene(blocks(1, 20440, 20440, 16000), away(60)))
	if before.Drop != after.Drop || before.Flags[0].X != after.Flags[0].X || before.Blocks[0] != after.Blocks[0] {
		t.Errorf("the drawing moved: drop line %v to %v", before.Drop, after.Drop)
	}
	if before.Head >= after.Head {
		t.Error("the head did not move")
	}
}

// A young stream is enlarged, so that a single write can be seen; the drop line is then outside.
func TestAYoungStreamIsEnlarged(t *testing.T) {
	for _, head := range []int64{1, 61, 400, 3000, 12000} {
		tape := aModel().tape(aScene(blocks(1, 20440, head), away(0)))
		if tape.Head > 0.71 || (tape.Head < 0.17 && head > 60) {
			t.Errorf("%d bytes end at %.2f of the window", head, tape.Head)
		}
		if inside := tape.Drop >= 0; inside != (head > 6500) || !tape.DropIn.Shown {
			t.Errorf("%d bytes: the drop line is at %v, %+v", head, tape.Drop, tape.DropIn)
		}
	}
}

// A rail reads from left to right: acknowledged, applied, sent, missing.
func TestARailOfAConnectedReplica(t *testing.T) {
	tape := aModel().tape(aScene(blocks(1, 20440, 20440, 9000), away(60)))
	r := tape.Rails[1]
	if r.Name != "r2" || r.Cut || r.Acked.W <= 0 || r.Applied.W <= 0 || r.Sent.W <= 0 || r.Missing.W != 0 {
		t.Errorf("%+v", r)
	}
	if r.Acked.X+r.Acked.W > r.Applied.X+1e-9 || r.Applied.X+r.Applied.W > r.Sent.X+1e-9 {
		t.Errorf("the pieces overlap: %+v", r)
	}
}

func TestNoTwoLabelsOnTheTopLineMeet(t *testing.T) {
	for _, width := range []float64{320, 375, 768, 1024, 1440, 2560} {
		for applied := engine.Offset(0); applied < 29440; applied += 613 {
			m := aModel()
			m.width = width
			tape := m.tape(aScene(blocks(1, 20440, 20440, 9000), away(applied)))
			for _, b := range tape.Blocks {
				half := textWidth(b.Text) / 2 / tape.Width
				for _, f := range tape.Flags {
					if b.Text != "" && math.Abs(f.X-b.TextX) < half {
						t.Fatalf("width %v, applied %d: the flag cuts %q", width, applied, b.Text)
					}
				}
			}
			labels := []TapeText{tape.HeadAt, tape.DropIn}
			if !m.compact() {
				labels[1] = tape.DropAt
			}
			for _, f := range tape.Flags {
				labels = append(labels, f.Text)
			}
			for i, a := range labels {
				for _, b := range labels[:i] {
					if a.Shown && b.Shown && overlap(a, b, tape.Width) && a.Anchor != b.Anchor {
						t.Fatalf("width %v, applied %d: %+v meets %+v", width, applied, a, b)
					}
				}
			}
		}
	}
}

func TestArrangement(t *testing.T) {
	for _, c := range []struct {
		name    string
		masters []int // of each node, -1 for none
		want    []place
		depths  int
		lanes   int
	}{
		{"one server", []int{-1}, []place{{0, 0, 1, true}}, 1, 1},
		{"a master and two replicas", []int{-1, 0, 0}, []place{{0, 0, 2, true}, {1, 0, 1, true}, {1, 1, 1, true}}, 2, 2},
		{"a chain", []int{-1, 0, 1}, []place{{0, 0, 1, true}, {1, 0, 1, true}, {2, 0, 1, true}}, 3, 1},
		{"promoted", []int{-1, -1, 0}, []place{{0, 0, 1, true}, {0, 1, 1, true}, {1, 0, 1, true}}, 2, 2},
		{"a ring", []int{1, 0}, []place{{0, 0, 1, true}, {1, 0, 1, true}}, 2, 1},
		{"of itself", []int{0}, []place{{0, 0, 1, true}}, 1, 1},
		{"three masters", []int{-1, -1, -1}, []place{{0, 0, 1, true}, {1, 0, 1, true}, {0, 1, 1, true}}, 2, 2},
		{"five masters", []int{-1, -1, -1, -1, -1}, []place{{0, 0, 1, true}, {1, 0, 1, true}, {2, 0, 1, true}, {0, 1, 1, true}, {1, 1, 1, true}}, 3, 2},
		{"two alone beside a pair", []int{-1, -1, 1, -1}, []place{{0, 0, 1, true}, {0, 1, 1, true}, {1, 1, 1, true}, {1, 0, 1, true}}, 2, 2},
		{"nobody", nil, []place{}, 0, 0},
	} {
		s := &scene{}
		for _, m := range c.masters {
			s.nodes = append(s.nodes, standing{master: m})
		}
		places, depths, lanes := arrange(s, false)
		if depths != c.depths || lanes != c.lanes {
			t.Errorf("%s: %d by %d, want %d by %d", c.name, depths, lanes, c.depths, c.lanes)
		}
		for i, p := range places {
			if p != c.want[i] {
				t.Errorf("%s: node %d stands at %+v, want %+v", c.name, i, p, c.want[i])
			}
		}
	}
}

// Each reason of an answer shows at the check that decided, and a check after a failed one is not reached.
func TestVerdicts(t *testing.T) {
	other := engine.ReplID("0123456789012345678901234567890123456789")
	held := engine.PsyncAnswered{Replica: "10.0.0.2:6380", Asked: history, Want: 50046, ReplID: history, ReplID2: engine.NoReplID,
		SecondOffset: -1, Backlog: true, First: 49153, Next: 81518, Reason: engine.PsyncOK, Bytes: 31472}
	with := func(change func(*engine.PsyncAnswered)) engine.PsyncAnswered { a := held; change(&a); return a }
	for _, c := range []struct {
		name             string
		answer           engine.PsyncAnswered
		kind             string
		history, compare string // the results
		line             string // of the second check
	}{
		{"held", held, "continue", "✓ yes", "✓ yes, 893 B to spare", "49,153≤50,046≤81,518"},
		{"by the second id", with(func(a *engine.PsyncAnswered) { a.ReplID, a.ReplID2, a.SecondOffset = other, history, 60000 }),
			"continue", "✓ yes, up to 60,000", "✓ yes, 893 B to spare", "49,153≤50,046≤81,518"},
		{"too late", with(func(a *engine.PsyncAnswered) { a.First, a.Reason = 65537, engine.PsyncTooLate }),
			"fullresync", "✓ yes", "✗ no, 15,491 B too late", "65,537>50,046"},
		{"from the future", with(func(a *engine.PsyncAnswered) { a.Want, a.Reason = 81520, engine.PsyncFuture }),
			"fullresync", "✓ yes", "✗ no, 2 B ahead", "81,520>81,518"},
		{"no backlog", with(func(a *engine.PsyncAnswered) { a.Backlog, a.Reason = false, engine.PsyncNoBacklog }),
			"fullresync", "✓ yes", "✗ no backlog", "50,046"},
		{"unknown id", with(func(a *engine.PsyncAnswered) { a.Asked, a.Reason = other, engine.PsyncUnknownID }),
			"fullresync", "✗ no", "not reached", "49,153≤50,046≤81,518"},
		{"unknown id, and gone as well", with(func(a *engine.PsyncAnswered) { a.Asked, a.Want, a.Reason = other, 40000, engine.PsyncUnknownID }),
			"fullresync", "✗ no", "not reached", "49,153>40,000≤81,518"},
		{"unknown id, and not written yet", with(func(a *engine.PsyncAnswered) { a.Asked, a.Want, a.Reason = other, 90000, engine.PsyncUnknownID }),
			"fullresync", "✗ no", "not reached", "49,153≤90,000>81,518"},
		{"no history", with(func(a *engine.PsyncAnswered) { a.Asked, a.Want, a.Reason = "?", -1, engine.PsyncNoHistory }),
			"fullresync", "✗ none", "not reached", "49,153≤?≤81,518"},
		{"beyond the second id", with(func(a *engine.PsyncAnswered) {
			a.ReplID, a.ReplID2, a.SecondOffset, a.Reason = other, history, 50000, engine.PsyncBeyondSecond
		}), "fullresync", "✗ only up to there", "not reached", "49,153≤50,046≤81,518"},
	} {
		m := aModel()
		m.past.verdicts = []judged{{seq: 1, master: "m1", answer: c.answer}}
		v := m.verdict(aScene(blocks(1, 20440, 100), away(50)))
		line := v.Held.Left + v.Held.Op1 + v.Held.Mid + v.Held.Op2 + v.Held.Right
		if v.Kind != c.kind || v.History.Result != c.history || v.Held.Result != c.compare || line != c.line || v.Replica != "r1" {
			t.Errorf("%s: %s, %q, %q, %q, want %s, %q, %q, %q", c.name, v.Kind, v.History.Result, v.Held.Result, line,
				c.kind, c.history, c.compare, c.line)
		}
	}
}

// A flag on a byte that is out of sight says so, and one that is asked about does not answer by its colour.
func TestFlags(t *testing.T) {
	win := window{100, 1000}
	tape := Tape{Width: 900}
	tape.flag(win, Flag{Name: "r1", Late: true}, 50, "r1 asked for")
	tape.flag(win, Flag{Name: "r2"}, 500, "r2 will ask for")
	tape.flag(win, Flag{Name: "r3", Open: true}, 900, "r3 will ask for")
	for i, want := range []Flag{
		{Beyond: true, Text: TapeText{Text: "◂ r1 asked for", Tone: ToneFull}},
		{Text: TapeText{Text: "r2 will ask for", Tone: ToneOK}},
		{Text: TapeText{Text: "r3 will ask for", Tone: Plain}},
	} {
		if f := tape.Flags[i]; f.Beyond != want.Beyond || f.Text.Text != want.Text.Text || f.Text.Tone != want.Text.Tone {
			t.Errorf("%+v", f)
		}
	}
}

// What stands at a rail gives way to the pole of a flag that goes down to it or past it.
func TestRailTextsKeepClearOfFlags(t *testing.T) {
	text := func(x float64) []TapeText {
		return []TapeText{{X: x, Anchor: "end", Text: "acknowledged", Bold: "146", Shown: true}}
	}
	tape := Tape{Width: 900, Rails: []Rail{{Texts: text(0.5)}, {Texts: text(0.5)}, {Texts: text(0.3)}, {Texts: text(0.98)}}}
	tape.flag(window{0, 1000}, Flag{Name: "r2", Rail: 1}, 451, "r2 asked for")
	tape.flag(window{0, 1000}, Flag{Name: "r4", Rail: 3}, 951, "r4 asked for")
	tape.clearFlags()
	for i, want := range []TapeText{{X: 0.45 + 8.0/900, Anchor: "start", Shown: true}, {X: 0.45 + 8.0/900, Anchor: "start", Shown: true}, {X: 0.3, Anchor: "end", Shown: true}, {Anchor: "start"}} {
		got := tape.Rails[i].Texts[0]
		if got.Shown != want.Shown || got.Anchor != want.Anchor || want.Shown && math.Abs(got.X-want.X) > 1e-9 {
			t.Errorf("rail %d: %+v, want %+v", i, got, want)
		}
	}
}

// A verdict gives way to the next cut, and to the reader who closed it.
func TestAVerdictGivesWay(t *testing.T) {
	s := aScene(blocks(1, 20440, 100), away(50))
	for _, c := range []struct {
		name   string
		cut    int64
		closed int64
		want   bool
	}{{"the newest thing", 3, -1, true}, {"cut again", 9, -1, false}, {"closed", 3, 7, false}, {"an older one was closed", 3, 6, true}} {
		m := aModel()
		m.past.verdicts = []judged{{seq: 7, master: "m1"}}
		m.past.cut.seq, m.closedVerdict = c.cut, c.closed
		if got := m.verdict(s).Shown; got != c.want {
			t.Errorf("%s: shown %t", c.name, got)
		}
	}
}

func TestNumbersAndTimes(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{commas(0), "0"}, {commas(999), "999"}, {commas(1000), "1,000"}, {commas(-1234567), "-1,234,567"},
		{byteCount(28826), "28,826 B"}, {size(16384), "16kb"}, {size(1 << 20), "1mb"}, {size(20000), "20000"}, {size(0), "0"},
		{clock(engine.Epoch), "0.000"}, {clock(engine.Epoch.Add(45_920_999_999)), "45.920"},
		{seconds(0), "0.0 s"}, {seconds(14_790 * time.Millisecond), "14.7 s"}, {seconds(2 * time.Minute), "120 s"},
		{shortly(40 * time.Millisecond), "40 ms"}, {shortly(1500 * time.Millisecond), "1.5 s"},
		{ago(0), "just now"}, {ago(time.Second), "1.0 s ago"},
		{plural(1, "key"), "1 key"}, {plural(0, "key"), "0 keys"}, {plural(1552, "key"), "1,552 keys"},
		{list([]string{"r1"}), "r1"}, {list([]string{"r1", "r2"}), "r1 and r2"}, {list([]string{"r1", "r2", "r3"}), "r1, r2 and r3"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// BenchmarkTape is what one drawing of the tape costs: it is done some six times a second.
func BenchmarkTape(b *testing.B) {
	m := aModel()
	s := aScene(blocks(20441, 20440, 20440, 9000), away(60))
	b.ReportAllocs()
	for b.Loop() {
		t := m.tape(s)
		if len(t.Rails) != 2 {
			b.Fatal("no rails")
		}
	}
}

// BenchmarkOpenAndDraw is what the page does before its first drawing.
func BenchmarkOpenAndDraw(b *testing.B) {
	playground := []Scenario{Scenario(assets.Scenarios()[0])}
	b.ReportAllocs()
	for b.Loop() {
		m := New(playground, Settings{})
		m.Page()
	}
}

// Parts that are drawn one after the other become the page that is drawn at once, nodes that come and go included.
func TestPartsMakeAPage(t *testing.T) {
	m := opened(t, "")
	var p Page
	m.Draw(&p, AllParts)
	do(m, Run{"sever m1 r1"}, Run{"m1> SET a 1"}, Run{"node r9 replicaof m1"}, Tick{time.Second}, ToggleTable{})
	for i := range PartCount {
		if m.Draw(&p, 1<<i); i == 0 && reflect.DeepEqual(p, m.Page()) {
			t.Error("the first part was all of it")
		}
	}
	if want := m.Page(); !reflect.DeepEqual(p, want) {
		t.Errorf("%+v\nwant %+v", p, want)
	}
}

// The cards are drawn in two halves, and each leaves the other half and the links as they are.
func TestHalfOfTheCardsAreDrawnAtATime(t *testing.T) {
	m := New([]Scenario{{Name: "three", Text: "node m1\nnode r1 replicaof m1\nnode r2 replicaof m1\nwait 2s\nload m1 rate 50/s size 10 keys 5\n"}}, Settings{})
	before := m.Page()
	m, _ = Update(m, Tick{4 * time.Second})
	after := m.Page()
	for i := range after.Stage.Cards {
		if reflect.DeepEqual(before.Stage.Cards[i], after.Stage.Cards[i]) {
			t.Fatalf("card %d is as it was: nothing can be seen", i)
		}
	}
	for half, part := range []Parts{PartCards, PartMoreCards} {
		p := before
		m.Draw(&p, part)
		for i := range p.Stage.Cards {
			want := before.Stage.Cards[i]
			if i%2 == half {
				want = after.Stage.Cards[i]
			}
			if !reflect.DeepEqual(p.Stage.Cards[i], want) {
				t.Errorf("half %d: card %d is %+v, want %+v", half, i, p.Stage.Cards[i], want)
			}
		}
		if !reflect.DeepEqual(p.Stage.Links, before.Stage.Links) {
			t.Errorf("half %d draws links", half)
		}
	}
}

// A stream in which nobody has written yet moves all the same, and says why.
func TestAStreamOfPingsSaysSo(t *testing.T) {
	m := New([]Scenario{{Name: "quiet", Text: "node m1\nnode r1 replicaof m1\nwait 25s\n"}}, Settings{})
	for m.opening {
		do(&m, Frame{Elapsed: 16 * time.Millisecond})
	}
	if k := m.Page().Tape; m.world().Node("m1").Replication().Offset == 0 || !strings.Contains(k.About, "PINGs of 14 bytes") {
		t.Errorf("at offset %d it says %q", m.world().Node("m1").Replication().Offset, k.About)
	}
	do(&m, Run{"m1> SET a 1"})
	if k := m.Page().Tape; strings.Contains(k.About, "PING") {
		t.Errorf("with a write it says %q", k.About)
	}
}

// The line of time has a mark for every fault and every repair.
func TestEveryFaultIsMarked(t *testing.T) {
	m := opened(t, "")
	var want []string
	for _, line := range []string{"sever m1 r1", "heal m1 r1", "blackhole m1 r2", "isolate r2", "rejoin r2", "freeze r1", "thaw r1", "kill r1", "start r1", "shutdown r2 save"} {
		do(m, Run{line}, Tick{50 * time.Millisecond})
		want = append(want, strings.Fields(line)[0])
	}
	var got []string
	for _, k := range m.Page().Deck.Marks {
		if slices.Contains(want, k.Kind) {
			got = append(got, k.Kind)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("marks are %v, want %v", got, want)
	}
}

// The line of time has a tick for what somebody told a node, one for several that are too close to be told apart, and none for what
// writes in the background. The panel says in words what all of it is, and leads there.
func TestCommandsAreOnTheLineOfTime(t *testing.T) {
	m := opened(t, "")
	do(m, Tick{time.Second}, Run{"load m1 rate 100/s"}, Run{"m1> SET a 1"}, Run{"m1> SET a 2"}, Tick{time.Second}, Run{"sever m1 r1"}, Tick{time.Second},
		Run{"r1> GET a"}, Tick{time.Second}, OpenPanel{Panel: PanelMoments})
	p := m.Page()
	if ticks := p.Deck.Commands; len(ticks) != 3 || ticks[2] <= p.Deck.Marks[2].X { // with the greeting of the beginning
		t.Errorf("ticks at %v", ticks)
	}
	var told []string
	for _, k := range p.Takeaway.Moments.List {
		told = append(told, k.Told)
	}
	want := []string{"r1 is told GET a", "The link of m1 and r1 is cut", "m1 is told SET a 2", "m1 is told SET a 1", "m1 is told SET greeting hello"}
	if !slices.Equal(told[:len(want)], want) {
		t.Errorf("told %q", told)
	}
	cut := p.Takeaway.Moments.List[1]
	do(m, SeekEvent{Event: cut.Event, AtOnce: true})
	if k := m.Page().Takeaway.Moments.List[1]; clock(m.world().Now()) != cut.Clock || !k.On || k.Tone != ToneLost {
		t.Errorf("at %s, %+v", m.world().Now(), k)
	}
	for range 2 * shownMoments {
		do(m, Run{"m1> PING"})
	}
	if k := m.Page(); len(k.Takeaway.Moments.List) != shownMoments || len(k.Deck.Commands) > 4 {
		t.Errorf("%d rows, %d ticks", len(k.Takeaway.Moments.List), len(k.Deck.Commands))
	}
}

// A block that only a slow replica keeps has a pin, and is not the next to go.
func TestBlocksThatAreKeptHavePins(t *testing.T) {
	held := blocks(1, 20440, 20440, 20440, 9000)
	held[0].Pinned, held[1].Pinned = true, true
	tape := aModel().tape(aScene(held, away(60)))
	for i, want := range []bool{true, true, false} {
		if b := tape.Blocks[i]; b.Pinned != want || b.NextToGo {
			t.Errorf("block %d: %+v", i, b)
		}
	}
}

// What a flag says stays within the drawing: in the middle of a narrow phone it is its name and its byte.
func TestWhatAFlagSaysStaysInTheDrawing(t *testing.T) {
	const want = 25_257
	short := 0
	for _, width := range []float64{200, 240, 320, 1000} {
		for x := 0.0; x <= 1; x += 0.05 {
			k := Tape{Width: width}
			k.flag(window{lo: want - 100*x, hi: want + 100*(1-x)}, Flag{Name: "r1"}, want, "r1 will ask for")
			lo, hi := extent(k.Flags[0].Text, width)
			if lo < -30 || hi > width+30 { // the names beside it, and the air behind words
				t.Errorf("%v wide, at %v: from %v to %v", width, x, lo, hi)
			}
			if k.Flags[0].Text.Text == "r1" {
				short++
			}
		}
	}
	if short == 0 {
		t.Error("it is never short")
	}
}

// A flag on one of the last bytes that are held stands in what is held, and one on the next byte to be written at its end.
func TestTheFlagOfAVerdictShowsWhetherItsByteIsHeld(t *testing.T) {
	for _, c := range []struct {
		first, want, next engine.Offset
		flag              float64
	}{{1, 25_257, 25_271, 0.96}, {1, 25_271, 25_271, 1}, {1, 501, 1001, 0.5}} {
		d := mini(engine.PsyncAnswered{Backlog: true, First: c.first, Want: c.want, Next: c.next})
		if math.Abs(d.Flag-c.flag) > 0.01 {
			t.Errorf("the flag on byte %d of %d to %d is at %.3f, not %.2f", c.want, c.first, c.next, d.Flag, c.flag)
		}
	}
}
