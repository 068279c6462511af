package model

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// brained is a split brain: m1 is alone and takes two writes, r1 is promoted, r2 joins it, and m1 has to as well.
func brained(t *testing.T) *Model {
	t.Helper()
	m := opened(t, "")
	do(m, Run{"unload m1"}, Tick{time.Second}, Typed{"m1", "SET both 1"}, Tick{time.Second})
	if got := m.Page().Takeaway.Loss; got != "" {
		t.Errorf("before anything is lost there is an audit: %s", got)
	}
	do(m, Run{"sever m1 r1"}, Run{"sever m1 r2"}, Tick{200 * time.Millisecond}, Typed{"m1", "SET mine 1"}, Typed{"m1", "SET mine 2"})
	do(m, Typed{"r1", "REPLICAOF NO ONE"}, Typed{"r2", "REPLICAOF r1 6380"}, Tick{2 * time.Second})
	return m
}

func TestAnAuditSaysWhatTheLosingSideHadTaken(t *testing.T) {
	m := brained(t)
	p := m.Page()
	if p.Takeaway.Loss != "r1 was promoted" || p.Takeaway.Open != "" || !reflect.DeepEqual(p.Takeaway.Audit, Audit{}) {
		t.Fatalf("%+v", p.Takeaway)
	}
	do(m, OpenPanel{Panel: PanelAudit})
	a := m.Page().Takeaway.Audit
	if a.Winner != "r1" || len(a.Rows) != 1 || a.Rows[0].LostN != 2 || a.Rows[0].KeptN < 1 ||
		a.Rows[0].Part != float64(a.Rows[0].KeptN)/float64(a.Rows[0].KeptN+2) {
		t.Fatalf("%+v", a)
	}
	if len(a.Losers) != 1 || a.Losers[0].Node != "m1" || a.Losers[0].Told != "2 answered OK" || a.Losers[0].Keys != "1 key: mine ×2" ||
		!strings.HasPrefix(a.Losers[0].Span, "bytes ") {
		t.Errorf("losers %+v", a.Losers)
	}
	if len(a.Writes) != 2 || a.Writes[0].Commands != "SET mine 1" || !strings.HasPrefix(a.Writes[0].Told, "OK at ") {
		t.Fatalf("writes %+v", a.Writes)
	}
	// The other side lacks nothing that the page could not say, and a row leads to its moment.
	do(m, AuditOf{"m1"})
	if a := m.Page().Takeaway.Audit; a.Winner != "m1" || a.Rows[0].LostN != 0 || len(a.Losers) != 0 {
		t.Errorf("for m1: %+v", a)
	}
	do(m, AuditOf{whoWon}, SeekEvent{Event: a.Writes[0].Event, AtOnce: true})
	if got := lastTurn(t, m, "m1").Command; got != "SET mine 1" {
		t.Errorf("the row led to %q", got)
	}
	if a := m.Page().Takeaway.Audit; a.Winner != "m1" || len(a.Writes) != 0 {
		t.Errorf("then nothing was lost yet: %+v", a)
	}
	if press(m, "Escape"); m.Page().Takeaway.Open != "" {
		t.Error("the panel did not close")
	}
}

// What can lose writes is no loss yet: the button is a question until an audit has found some, and again once something has
// turned. No audit is made for that.
func TestTheAuditIsAQuestionUntilItFindsALoss(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"unload m1"}, Tick{2 * time.Second}, Run{"kill m1"})
	if a := m.Page().Takeaway; a.Loss == "" || a.Found || m.panels.audited.done {
		t.Errorf("killed: %+v", a)
	}
	do(m, Typed{"r1", "REPLICAOF NO ONE"}, Typed{"r2", "REPLICAOF r1 6380"}, Tick{2 * time.Second}, OpenPanel{Panel: PanelAudit})
	if a := m.Page().Takeaway; a.Found || a.Audit.Rows[0].LostN != 0 {
		t.Errorf("every replica had everything: %+v", a)
	}
	m = brained(t)
	if m.Page().Takeaway.Found {
		t.Error("before it was asked")
	}
	do(m, OpenPanel{Panel: PanelAudit})
	m.Page()
	if do(m, OpenPanel{Panel: PanelAudit}); !m.Page().Takeaway.Found {
		t.Error("two writes are lost")
	}
	if do(m, Typed{"r2", "REPLICAOF NO ONE"}); m.Page().Takeaway.Found {
		t.Error("the result of before a promotion is still believed")
	}
}

// The verdict that throws writes away leads to the audit, and the answer is the same afterwards.
func TestAFullResyncThatThrowsWritesAway(t *testing.T) {
	m := brained(t)
	do(m, Run{"heal m1 r1"}, Run{"heal m1 r2"}, Typed{"m1", "REPLICAOF r1 6380"})
	for range 100 {
		if wait(m, 100*time.Millisecond); m.Page().Verdict.Replica == "m1" {
			break
		}
	}
	p := m.Page()
	if p.Verdict.Kind != "fullresync" || !p.Takeaway.Lost || p.Takeaway.Loss != "m1 had to take everything again" {
		t.Fatalf("verdict %+v, %+v", p.Verdict, p.Takeaway)
	}
	wait(m, 8*time.Second)
	do(m, OpenPanel{Panel: PanelAudit})
	if a := m.Page().Takeaway.Audit; a.Rows[0].LostN != 2 {
		t.Errorf("%+v", a)
	}
}

// While time passes an audit is not made again for every write; a turn of events and the stopped clock make it so.
func TestAnAuditIsNotMadeInEveryFrame(t *testing.T) {
	m := brained(t)
	m.playing = true
	do(m, OpenPanel{Panel: PanelAudit})
	m.Page()
	before := m.panels.audited
	do(m, Run{"load m1 rate 100/s"}, Tick{time.Second})
	m.Page()
	if m.panels.audited != before {
		t.Error("it was made again while writes came in")
	}
	do(m, Play{})
	m.Page()
	if m.panels.audited == before || m.panels.audit.Rows[0].LostN < 50 {
		t.Errorf("it was not made again when the clock stopped: %+v", m.panels.audit.Rows)
	}
	do(m, Play{})
	before = m.panels.audited
	m.Page()
	if m.panels.audited != before {
		t.Error("it was made again without a reason")
	}
	do(m, Typed{"m1", "REPLICAOF r1 6380"}, Run{"heal m1 r1"}, Tick{5 * time.Second})
	m.Page()
	if m.panels.audited == before {
		t.Error("it was not made again after a full resync")
	}
}

// A long log is read in parts, a part in a frame, and then the result is what it would have been at once. What was read is not
// read again, unless the reader goes back.
func TestALongLogIsReadInParts(t *testing.T) {
	m := brained(t)
	do(m, Run{"load m1 rate 30000/s"}, Tick{4 * time.Second}, Run{"unload m1"}, Tick{time.Second})
	m.playing = false
	frames := func(panel func() string) (n int) {
		t.Helper()
		for last := -1; ; n++ {
			var part int
			if said := panel(); said == "" {
				return n
			} else if _, err := fmt.Sscanf(said, "The log is being read: %d %%.", &part); err != nil || part <= last {
				t.Fatalf("after %d frames %q, before it was %d", n, said, last)
			}
			last = part
			do(m, Frame{Elapsed: 16 * time.Millisecond, Work: usualWork})
		}
	}
	audit := func() string { return m.Page().Takeaway.Audit.Reading }
	do(m, OpenPanel{Panel: PanelAudit})
	if a := m.Page().Takeaway.Audit; !strings.HasPrefix(a.Reading, "The log is being read: ") || len(a.Rows) != 0 || len(a.Nodes) < 2 {
		t.Fatalf("at first: %+v", a)
	}
	if n, least := frames(audit), m.world().Events().Len()/logSlice/3; n < least || n == 0 {
		t.Errorf("%d events were read in %d frames", m.world().Events().Len(), n)
	}
	want, err := m.world().Audit("")
	if a := m.Page().Takeaway.Audit; err != nil || a.Rows[0].LostN != len(want.Acked()) || a.Rows[0].LostN < 10_000 {
		t.Errorf("%+v, want %d lost, %v", a.Rows, len(want.Acked()), err)
	}
	do(m, AuditOf{"m1"})
	if a := m.Page().Takeaway.Audit; a.Reading != "" || a.Rows[0].LostN != 0 {
		t.Errorf("for m1: %+v", a)
	}
	do(m, SeekEvent{Event: m.world().Events().Len() / 2, AtOnce: true})
	if frames(audit) == 0 {
		t.Error("what was read before is more than had happened")
	}
	do(m, Typed{"m1", "SET other way"})
	do(m, OpenPanel{Panel: PanelCompare})
	if frames(func() string { return m.Page().Takeaway.Compare.Reading }) == 0 || len(m.Page().Takeaway.Compare.Nodes) == 0 {
		t.Errorf("%+v", m.Page().Takeaway.Compare)
	}
	if do(m, OpenPanel{Panel: PanelCompare}); m.panels.logs.read != nil {
		t.Error("a closed panel keeps what it read")
	}
}

func TestBranchesAreCompared(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"unload m1"}, Tick{time.Second}, Run{"sever m1 r1"}, Tick{200 * time.Millisecond})
	fork := m.world().Events().Len()
	do(m, Typed{"m1", "SET in-a 1"}, Tick{time.Second}, OpenPanel{Panel: PanelCompare})
	if got := m.Page().Takeaway; got.Open != "" || got.Compares {
		t.Errorf("there is one branch, and %+v is open", got)
	}
	do(m, OpenPanel{Panel: PanelCompare})
	do(m, SeekEvent{Event: fork, AtOnce: true}, Typed{"m1", "SET in-b 1"}, Typed{"m1", "SET in-b 2"}, Tick{time.Second}, OpenPanel{Panel: PanelCompare})
	c := m.Page().Takeaway.Compare
	if c.Names != [2]string{"A", "B"} || !c.First[0].Is || !strings.Contains(c.First[0].Text, "in-a") || !strings.Contains(c.First[1].Text, "in-b") {
		t.Fatalf("%+v", c)
	}
	if len(c.Nodes) != 3 || c.Nodes[1].Name != "r1" || !c.Nodes[1].SameData || c.Nodes[0].SameData {
		t.Errorf("nodes %+v", c.Nodes)
	}
	if len(c.Missing[0].Writes) != 1 || len(c.Missing[1].Writes) != 2 || c.Missing[1].Title != "2 writes answered OK in B, missing at m1 in A" {
		t.Errorf("missing %+v", c.Missing)
	}
	g := m.Page().Deck.Ghost
	if m.Page().Deck.Part != g.From { // B stands where it began
		t.Errorf("the ghost parts at %v, and B stands at %v", g.From, m.Page().Deck.Part)
	}
	if !g.Shown || g.Name != "A" || g.From <= 0 || g.To <= g.From {
		t.Errorf("ghost %+v", g)
	}
	do(m, GoTo{0, c.Missing[0].Writes[0].Event})
	m.arrive()
	if m.line.Current() != 0 || lastTurn(t, m, "m1").Command != "SET in-a 1" || !m.rewound() {
		t.Errorf("at branch %d", m.line.Current())
	}
	do(m, CompareWith{1, 1})
	if c := m.Page().Takeaway.Compare; len(c.Nodes) != 0 || c.Same == "" {
		t.Errorf("one branch with itself: %+v", c)
	}
	do(m, CompareWith{-3, 99})
	if c := m.Page().Takeaway.Compare; c.Names != [2]string{"A", "B"} {
		t.Errorf("%+v", c)
	}
}
