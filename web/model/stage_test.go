package model

import (
	"strings"
	"testing"

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
