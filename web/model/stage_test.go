package model

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// A backlog that is there and empty is said to hold nothing, and its stream has an axis: the first replica is what it begins
// with, not the first byte.
func TestAnEmptyBacklogIsDrawn(t *testing.T) {
	m := New([]Scenario{{Name: "idle", Text: "node m1 repl-diskless-sync-delay=0 repl-backlog-size=16kb\nnode r1 replicaof m1\nuntil r1.master_link_status = up\n"}}, Settings{})
	if c := cardOf(&m, "m1"); !c.Backlog.Shown || c.Backlog.Held != "0 B" || strings.Contains(c.Backlog.Note, "first replica") {
		t.Errorf("%+v", c.Backlog)
	}
	if tape := m.Page().Tape; tape.Empty != "" || len(tape.Ticks) == 0 || len(tape.Rails) != 1 {
		t.Errorf("the tape says %q and has %d ticks", tape.Empty, len(tape.Ticks))
	}
}

// A card draws the room of its backlog whole, however many blocks are in it; one that a slow replica keeps from shrinking
// fills its bar, with a mark where its limit is.
func TestTheRoomOfABacklog(t *testing.T) {
	many := func(n int, size int64) []node.Block {
		full := make([]int64, n)
		for i := range full {
			full[i] = size
		}
		return blocks(1, size, full...)
	}
	pinned := many(25, 20440)
	pinned[0].Pinned = true
	for _, c := range []struct {
		name    string
		held    []node.Block
		backlog int64
		pieces  int
		filled  float64 // how far the pieces reach
		limit   bool
	}{
		{"one block, just begun", blocks(1, 20440, 61), 16384, 1, 20440. / 36824, false},
		{"two blocks", blocks(1, 20440, 20440, 9000), 16384, 2, 1, false},
		{"4 MB, just begun", blocks(1, 262144, 5000), 4 << 20, 1, 1. / 17, false},
		{"1 MB, many blocks", many(12, 65536), 1 << 20, 2, 12. / 17, false},
		{"far over its limit", pinned, 16384, 2, 1, true},
	} {
		n := standing{repl: node.Replication{BacklogActive: true, BacklogSize: c.backlog, Blocks: c.held, Offset: c.held[len(c.held)-1].Span.Last}}
		b := cardBacklog(n)
		last := b.Blocks[len(b.Blocks)-1]
		if end := last.X + last.W; len(b.Blocks) != c.pieces || end < c.filled-.001 || end > c.filled+.001 || (b.Limit > 0) != c.limit {
			t.Errorf("%s: %+v", c.name, b)
		}
		if c.limit && (b.Limit > .1 || !strings.HasPrefix(b.Note, "Over its limit of 36,824 B")) {
			t.Errorf("%s: the mark at %.3f, %q", c.name, b.Limit, b.Note)
		}
	}
	if first, next, ok := (standing{repl: node.Replication{BacklogActive: true, Offset: 60}}).held(); first != 61 || next != engine.Offset(61) || !ok {
		t.Errorf("an empty backlog holds %d to %d, %t", first, next, ok)
	}
}

// Cards are small where as many as there are would not be in sight otherwise; then the backlog is drawn only on a card with room
// for it. A window that is large enough, and a phone, change nothing.
func TestCardsAreSmallWhereThereAreMany(t *testing.T) {
	chain := []string{"r2> REPLICAOF r1 6380"}
	split := []string{"isolate m1", "r1> REPLICAOF NO ONE", "r2> REPLICAOF r1 6380"}
	many := []string{"node r3 replicaof m1", "node r4 replicaof m1"}
	for _, c := range []struct {
		name          string
		lines         []string
		width, height float64
		stage         float64 // as it was measured, 0 before
		dense, gauge  bool    // the gauge is m1's
	}{
		{"two replicas", nil, 1280, 800, 0, false, true},
		{"two replicas, beside a verdict", nil, 1280, 800, 290, false, true},
		{"two replicas, beside a high wire", nil, 1280, 800, 260, true, true},
		{"a chain", chain, 1280, 800, 0, true, true},
		{"a chain in a wide window", chain, 1920, 1080, 0, false, true},
		{"two masters", split, 1280, 800, 0, true, false},
		{"two masters in a high window", split, 1440, 900, 401, false, false},
		{"four replicas", many, 1280, 800, 0, true, true},
		{"four replicas in a high window", many, 1920, 1200, 700, false, true},
		{"four replicas on a tablet", many, 768, 1024, 0, false, true},
		{"four replicas on a phone", many, 375, 812, 0, false, true},
	} {
		m := opened(t, "")
		do(m, Resized{Width: c.width, Height: c.height, Stage: c.stage})
		for _, line := range c.lines {
			do(m, Run{line})
		}
		st := m.Page().Stage
		for _, l := range st.Links {
			if rail := strings.HasPrefix(c.name, "four") && c.dense; l.Rail != rail {
				t.Errorf("%s: the link %s begins at a line: %t", c.name, l.ID, l.Rail)
			}
		}
		if st.Dense != c.dense || st.Cards[0].Backlog.Shown != c.gauge {
			t.Errorf("%s: dense %t, a gauge %t", c.name, st.Dense, st.Cards[0].Backlog.Shown)
		}
	}
}

// What is selected, told of or asked about is sought.
func TestWhatIsToBeInSight(t *testing.T) {
	m := New([]Scenario{{Name: "told", Text: "node m1\nnode r1 replicaof m1\nstep \"One\"\nsay at r1 \"It waits.\"\nwait 1s\n"}}, Settings{})
	do(&m, StoryNext{})
	play(t, &m, time.Minute, "node that is told of", func() bool { return m.Page().Stage.Sought == [3]string{"m1", "r1", ""} })
	do(&m, Select{"r1"})
	if got := m.Page().Stage.Sought[0]; got != "r1" {
		t.Errorf("selected: %q", got)
	}
}

// The table can do what the drawing can: each replica's row has its link, and cuts it or heals it.
func TestTheTableCutsAndHeals(t *testing.T) {
	m := opened(t, "")
	do(m, ToggleTable{}, Run{"sever m1 r1"}, Select{"r2"})
	rows := m.Page().Table
	if r := rows[0]; r.LinkID != "" || r.Line != "" || r.Selected {
		t.Errorf("a master: %+v", r)
	}
	if r := rows[1]; r.LinkID != "m1-r1" || r.Action != "Heal" || r.Line != "heal m1 r1" {
		t.Errorf("who is cut off: %+v", r)
	}
	if r := rows[2]; r.LinkID != "m1-r2" || r.Action != "Cut" || r.Line != "sever m1 r2" || !r.Selected {
		t.Errorf("who is in step: %+v", r)
	}
}
