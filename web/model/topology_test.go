package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// The form comes to a line, and the line to a node; what the language does not take is said beside it.
func TestANodeIsAdded(t *testing.T) {
	m := opened(t, "")
	do(m, SelectTab{TabAdd})
	if f := m.Page().Terminal.Add; f.Line != "node r3 replicaof m1" || f.Act != "Add r3" {
		t.Fatalf("the form suggests %+v", f)
	}
	do(m, EnterFault{"add", "name", "R3"}, DoFault{"add"})
	if f := m.Page().Terminal.Add; !strings.HasPrefix(f.Error, "'R3' is no name") || len(m.Page().Stage.Cards) != 3 {
		t.Fatalf("a bad name: %+v", f)
	}
	do(m, EnterFault{"add", "name", "old"}, EnterFault{"add", "era", "2.8"}, EnterFault{"add", "master", "r1"},
		EnterFault{"add", "backlog", "64kb"}, EnterFault{"add", "timeout", "30"}, EnterFault{"add", "more", "slave-priority=7"})
	line := "node old era 2.8 replicaof r1 repl-backlog-size=64kb repl-timeout=30 slave-priority=7"
	if f := m.Page().Terminal.Add; f.Line != line || f.Error != "" {
		t.Fatalf("the line is %+v", f)
	}
	do(m, DoFault{"add"})
	p := m.Page()
	if c := cardOf(m, "old"); c.Depth != 2 || !c.Selected || p.Terminal.Add.Line != "node r3 replicaof m1" || p.Terminal.Tab != TabAdd {
		t.Errorf("added: %+v, the form %+v", c, p.Terminal.Add)
	}
	if !strings.Contains(m.Script(), line) {
		t.Error(m.Script())
	}
}

// A node that is removed is nowhere at the present: not on the stage, the wire, the tape, nor in what is forecast and offered.
// In the past it is where it was, and on a branch that begins there it stays.
func TestANodeIsRemovedAndIsStillInThePast(t *testing.T) {
	m := opened(t, "")
	if f := row(t, palette(m, "r1"), "remove"); !f.Idle || f.State != "only while it is down" || f.Line != "remove r1" || f.Twin == "" {
		t.Errorf("while it is up: %+v", f)
	}
	do(m, DoFault{"remove"})
	if f := row(t, palette(m, "r1"), "remove"); f.Error != "r1 is up: kill it or shut it down first" {
		t.Errorf("refused with %q", f.Error)
	}
	shown := func() string {
		p := m.Page()
		var names []string
		for _, c := range p.Stage.Cards {
			names = append(names, c.Name+" "+c.Digest)
		}
		for _, r := range p.Wire.Rows {
			names = append(names, r.Name)
		}
		for _, r := range p.Tape.Rails {
			names = append(names, r.Name)
		}
		for _, f := range p.Forecast {
			names = append(names, f.Replica)
		}
		for _, c := range slices.Concat(p.Terminal.Nodes, p.Terminal.Faults.Targets) {
			names = append(names, c.Label)
		}
		return strings.Join(append(names, p.Verdict.Replica, p.Story.Lead), ", ")
	}
	do(m, Run{"sever m1 r2"}, Run{"sever m1 r1"}, Run{"heal m1 r1"})
	wait(m, 3*time.Second)
	if v := m.Page().Verdict; v.Replica != "r1" {
		t.Fatalf("r1 was answered: %+v", v)
	}
	do(m, Run{"kill r1"})
	wait(m, time.Second)
	palette(m, "r1")
	m.Page()
	killed, before := m.world().Events().Len(), shown()
	if !strings.Contains(before, "r1") {
		t.Fatal(before)
	}
	cmds := do(m, DoFault{"remove"})
	if m.selected != "m1" || m.tab != TabCLI || !slices.Contains(cmds, Cmd(Focus{"node-m1"})) {
		t.Errorf("%s is selected, on %s: %v", m.selected, m.tab, cmds)
	}
	if got := m.Page().Status; got != "r1 is removed: nobody answers at its address any more." {
		t.Errorf("the narrator says %q", got)
	}
	after := shown()
	if strings.Contains(after, "r1") || m.Page().Verdict.Shown {
		t.Errorf("behind it: %s", after)
	}
	do(m, SelectTab{TabAdd})
	if f := m.Page().Terminal.Add; f.Line != "node r3 replicaof m1" {
		t.Errorf("the form suggests %s", f.Line)
	}
	if marks := m.Page().Deck.Marks; marks[len(marks)-1].Kind != "remove" {
		t.Errorf("the line of time ends with %+v", marks[len(marks)-1])
	}
	wait(m, time.Second)

	for _, way := range []int{killed, 0} { // from the very beginning, all is read again
		do(m, SeekEvent{Event: way, AtOnce: true}, SeekEvent{Event: m.line.Events().Len(), AtOnce: true})
		for _, row := range m.ledger("m1").History {
			if strings.Contains(row.What, "10.0.0.") {
				t.Errorf("whom does the ledger mean: %s", row.What)
			}
		}
		do(m, SeekEvent{Event: killed, AtOnce: true}, PickFaults{"r1"})
		if got := shown(); got != before {
			t.Errorf("in the past:\n%s\nwant\n%s", got, before)
		}
		do(m, SeekEvent{Event: m.line.Events().Len(), AtOnce: true})
		if got := shown(); strings.Contains(got, "r1") || m.selected == "r1" {
			t.Errorf("at the present again: %s", got)
		}
	}
	do(m, SeekEvent{Event: killed, AtOnce: true}, Play{})
	for range 40 { // by the frame, so that what was worked out for one is there for the next
		wait(m, 25*time.Millisecond)
		if c := cardOf(m, "r2"); c.Digest == "" || c.Differs {
			t.Fatalf("played again: %+v", c)
		}
	}
	if cardOf(m, "r1").Name != "" {
		t.Error("played again, r1 stays")
	}
	do(m, SeekEvent{Event: killed, AtOnce: true}, Run{"start r1"}, Play{})
	wait(m, 3*time.Second)
	if c := cardOf(m, "r1"); c.Word != "up" || m.line.Count() != 2 {
		t.Errorf("on a branch of its own: %+v", c)
	}
}

// Who loses its master for good is told of, and can take over.
func TestAReplicaWithoutAMaster(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"kill m1"}, Run{"remove m1"})
	wait(m, 5*time.Second)
	p := m.Page()
	if c := cardOf(m, "r1"); c.Word != "✕ down" || c.Depth != 0 || p.Terminal.About == "" || m.selected != "r1" {
		t.Errorf("%+v, %q", c, p.Terminal.About)
	}
	if s := p.Story; s.Lead != "r1 dials m1:6379, and nobody answers." || len(s.Try) != 1 || s.Try[0].Line != "r1> REPLICAOF NO ONE" {
		t.Errorf("%+v", s)
	}
	if want := "r1 dials m1:6379, and nobody answers there."; p.Calm != want {
		t.Errorf("%q, want %q", p.Calm, want)
	}
	do(m, Run{p.Story.Try[0].Line})
	if s := m.Page().Story; s.Lead != "r2 dials m1:6379, and nobody answers." || s.Try[1].Line != "r2> REPLICAOF r1 6380" {
		t.Errorf("%+v", s)
	}
	do(m, Run{m.Page().Story.Try[1].Line})
	wait(m, 3*time.Second)
	if v := m.Page().Verdict; v.Master != "r1" || v.Replica != "r2" || v.Kind != "continue" {
		t.Errorf("%+v", v)
	}
	do(m, Run{"kill r1"}, Run{"remove r1"}, Run{"kill r2"}, Run{"remove r2"})
	if p := m.Page(); m.selected != "" || len(p.Stage.Cards) != 0 || !p.Stage.Slot.Shown {
		t.Errorf("nobody is left: %+v", p.Stage)
	}
}

// A node that is down comes back as another version, with its files; which of them cannot be read is said beside the button.
func TestANodeComesBackAsAnotherVersion(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"shutdown r1 save"})
	palette(m, "r1")
	do(m, EnterFault{"start", "era", "8.0"})
	f := row(t, palette(m, "r1"), "start")
	if f.Line != "start r1 era 8.0" || f.Idle || !strings.Contains(f.Twin, "Valkey 8.0") {
		t.Errorf("%+v", f)
	}
	do(m, DoFault{"start"})
	if got := m.Page().Status; got != "r1 starts again, as Valkey 8.0." {
		t.Errorf("the narrator says %q", got)
	}
	wait(m, 3*time.Second)
	if c := cardOf(m, "r1"); c.Word != "up" || badgeWords(c.Badges) != ", Valkey 8.0" || m.Page().Verdict.Kind != "continue" {
		t.Errorf("%+v", c)
	}
	do(m, Run{"shutdown r1 save"})
	if f := row(t, palette(m, "r1"), "start"); f.Line != "start r1" || f.Entry[0].Value != "8.0" {
		t.Errorf("it is a Valkey now: %+v", f)
	}
	do(m, EnterFault{"start", "era", "7.0"}, DoFault{"start"})
	if f := row(t, palette(m, "r1"), "start"); f.Error != "r1 has ended again: Can't handle RDB format version 11" || f.Idle {
		t.Errorf("an older one: %+v", f)
	}
	do(m, EnterFault{"start", "era", "2.6"}, DoFault{"start"})
	if f := row(t, palette(m, "m1"), "start"); f.Error != "" {
		t.Errorf("m1 says %q", f.Error)
	}
	if !strings.Contains(m.Script(), "start r1 era 8.0\n") || !strings.Contains(m.Script(), "start r1 era 7.0\n") {
		t.Error(m.Script())
	}
}

// A stage without replicas has a place for the first one.
func TestAnEmptyStageHasASlot(t *testing.T) {
	m := opened(t, "")
	if m.Page().Stage.Slot.Shown {
		t.Error("a slot beside replicas")
	}
	do(m, Typed{"r1", "REPLICAOF NO ONE"}, Typed{"r2", "REPLICAOF NO ONE"})
	st := m.Page().Stage
	if s := st.Slot; !s.Shown || s.Depth != 1 || s.Lane != 1 || s.Command != "REPLICAOF m1 6379" || st.Depths != 2 || st.Lanes != 2 {
		t.Errorf("%+v of %d by %d", s, st.Depths, st.Lanes)
	}
	empty := New([]Scenario{{Name: "none", Text: "title \"nothing\""}}, Settings{})
	do(&empty, SelectTab{TabAdd})
	p := empty.Page()
	if !p.Stage.Slot.Shown || p.Stage.Slot.Depth != 0 || p.Stage.Depths != 1 || p.Terminal.Add.Line != "node m1" {
		t.Errorf("an empty world: %+v, %+v", p.Stage, p.Terminal.Add)
	}
	do(&empty, DoFault{"add"})
	if p := empty.Page(); len(p.Stage.Cards) != 1 || p.Terminal.Name != "m1" || p.Terminal.Add.Line != "node r1 replicaof m1" {
		t.Errorf("after the first node: %+v", p.Terminal)
	}
}

// A node follows another one by a drag and by its twin, the select; both are the command at its prompt.
func TestANodeFollowsAnother(t *testing.T) {
	m := opened(t, "")
	do(m, Drag{"r2"})
	for name, want := range map[string]string{"m1": "r2> REPLICAOF m1 6379", "r1": "r2> REPLICAOF r1 6380", "r2": ""} {
		if got := cardOf(m, name).Drop; got != want {
			t.Errorf("over %s: %q, want %q", name, got, want)
		}
	}
	do(m, Drop{"r1"})
	if got := lastTurn(t, m, "r2"); got.Command != "REPLICAOF r1 6380" || got.Text != "OK" || cardOf(m, "m1").Drop != "" {
		t.Errorf("dropped: %+v", got)
	}
	wait(m, 3*time.Second)
	if c := cardOf(m, "r2"); c.Depth != 2 || c.Word != "up" {
		t.Errorf("r2 stands at %+v", c)
	}

	palette(m, "r2")
	do(m, EnterFault{"follow", "master", "NO ONE"})
	if f := row(t, palette(m, "r2"), "follow"); f.Line != "r2> REPLICAOF NO ONE" || f.Act != "Promote" || f.State != "replica of r1 now" {
		t.Errorf("the select offers %+v", f)
	}
	do(m, DoFault{"follow"})
	if c := cardOf(m, "r2"); c.Role != "master" || c.Depth != 0 || m.Page().Terminal.Tab != TabFaults {
		t.Errorf("promoted: %+v", c)
	}

	for _, drop := range []Msg{Drop{"r2"}, Drop{"m1"}} { // on itself, and without a drag
		before := m.Script()
		do(m, Drag{"r2"})
		if drop == (Drop{"m1"}) {
			do(m, Drag{})
		}
		do(m, drop)
		if m.Script() != before {
			t.Errorf("%+v did %s", drop, strings.TrimPrefix(m.Script(), before))
		}
	}
	do(m, Run{"node old era 2.8"})
	if f := row(t, palette(m, "old"), "follow"); !strings.HasPrefix(f.Line, "old> SLAVEOF") {
		t.Errorf("a server of 2.8 is told %s", f.Line)
	}
	if chip := m.Page().Terminal.Chips[0]; chip.Name != "SLAVEOF " || chip.Label != "SLAVEOF" {
		t.Errorf("the key over its prompt is %+v", chip)
	}
	do(m, Run{"kill r1"}, Drag{"r1"}, Drop{"m1"})
	if got := m.Page().Status; !strings.HasPrefix(got, "Could not connect to Redis") {
		t.Errorf("a node that is down is dragged: %q", got)
	}
}

// Whatever follows whatever, no two cards share a place, every link is straight and inside the stage, and none crosses
// another: it covers the lanes of the cards below it and of no others.
func TestLinksNeverCross(t *testing.T) {
	for name, nodes := range map[string][]int{ // the master of each node, -1 for none
		"nothing":       nil,
		"star":          {-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"chain":         {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		"tree":          {-1, 0, 0, 1, 1, 2, 2, 3, 3, 0, 9},
		"forest":        {-1, -1, 1, 0, 1, 0, 3},
		"ring":          {2, 0, 1},
		"ring and tail": {1, 0, 0, 2, 2, -1, 5},
		"pairs":         {1, 0, 3, 2},
	} {
		s := &scene{}
		for i, master := range nodes {
			s.nodes = append(s.nodes, standing{name: fmt.Sprintf("n%d", i), master: master})
		}
		places, depths, lanes := arrange(s, false)
		taken := map[[2]int]int{}
		for i, p := range places {
			if !p.shown || p.depth >= depths || p.lane+p.span > lanes {
				t.Errorf("%s: n%d stands at %+v of %d by %d", name, i, p, depths, lanes)
			}
			for lane := p.lane; lane < p.lane+p.span; lane++ {
				at := [2]int{p.depth, lane}
				if other, ok := taken[at]; ok {
					t.Errorf("%s: n%d and n%d are both at %v", name, other, i, at)
				}
				taken[at] = i
			}
			if m := nodes[i]; m >= 0 && p.depth > 0 {
				above := places[m]
				if above.depth != p.depth-1 || p.lane < above.lane || p.lane+p.span > above.lane+above.span {
					t.Errorf("%s: the link of n%d at %+v to n%d at %+v is not straight", name, i, p, m, above)
				}
			}
		}
	}
}

// The link that closes a ring is told of on the card where the ring begins, and can be chosen in its palette.
func TestARingIsDrawn(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"r2", "REPLICAOF r1 6380"}, Typed{"m1", "REPLICAOF r2 6381"})
	if c := cardOf(m, "m1"); c.Depth != 0 || badgeWords(c.Badges) != ", follows r2" {
		t.Errorf("m1: %+v", c)
	}
	if got := len(m.Page().Stage.Links); got != 2 {
		t.Errorf("%d links are drawn", got)
	}
	palette(m, "m1")
	found := false
	for _, c := range m.Page().Terminal.Faults.Targets {
		found = found || c.Name == "r2-m1"
	}
	if !found {
		t.Errorf("%+v has no link of r2 to m1", m.Page().Terminal.Faults.Targets)
	}
}

// Arrows go where a card lies, across and, on phones, down; at the edge they stay.
func TestArrowsWalkOverTheStage(t *testing.T) {
	for _, c := range []struct {
		width         float64
		from, way, to string
	}{
		{1440, "m1", "ArrowRight", "r1"}, {1440, "r1", "ArrowDown", "r2"}, {1440, "r2", "ArrowUp", "r1"}, {1440, "r2", "ArrowLeft", "m1"},
		{1440, "r2", "ArrowRight", "r3"}, {1440, "r3", "ArrowLeft", "r2"}, {1440, "m1", "ArrowLeft", ""}, {1440, "r1", "ArrowUp", ""},
		{1440, "m1-r2", "ArrowRight", "r2"}, {1440, "m1-r2", "ArrowLeft", "m1"},
		{375, "m1", "ArrowDown", "r1"}, {375, "r1", "ArrowRight", "r2"}, {375, "r2", "ArrowUp", "m1"}, {375, "r2", "ArrowDown", "r3"}, {375, "m1", "ArrowUp", ""},
	} {
		m := opened(t, "")
		do(m, Run{"node r3 replicaof r2"}, Resized{Width: c.width, Height: 900})
		cmds := do(m, Stride{c.from, c.way})
		got := ""
		for _, cmd := range cmds {
			if f, ok := cmd.(Focus); ok {
				got = strings.TrimPrefix(f.ID, "node-")
			}
		}
		if got != c.to || c.to != "" && m.selected != c.to {
			t.Errorf("%v: %s %s goes to %q, want %q", c.width, c.from, c.way, got, c.to)
		}
	}
}

// The nearest card is next, and not the one that was there first.
func TestArrowsStopAtTheNearestCard(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"r1> REPLICAOF r2 6381"}) // r1 is older than r2, and stands behind it now
	if do(m, Stride{"m1", "ArrowRight"}); m.selected != "r2" {
		t.Errorf("m1 goes right to %s, want r2", m.selected)
	}
}
