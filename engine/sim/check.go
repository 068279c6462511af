package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// A Checker judges a world from outside the nodes: it reads the log and knows what no replication engine may do.
//
//   - The stream has no gaps: what a node propagates or applies begins at the byte behind the last one.
//   - So no offset goes back within one replid.
//   - Two nodes at the same offset of the same history hold the same data.
//   - No node finds nonsense in the stream of another, or a command in it that it cannot execute.
//   - No replica is said to have acknowledged more than it ever applied.
//   - Every answer to a PSYNC follows from the numbers that it came with.
//
// AtRest is the other half: what has to be true when everything is healed and quiet.
type Checker struct {
	world    *World
	read     int // events read so far
	nodes    []*checked
	compared engine.Instant // when data was last compared
}

// compareEvery is how often data is compared: digests read all keys.
const compareEvery = time.Second

// checked is what the log told of one node.
type checked struct {
	life   int
	offset engine.Offset
	most   engine.Offset // applied or produced, in all its lives and histories
	agreed engine.Offset // where its data was last found equal to another node's
}

// NewChecker returns a checker for a world in which nothing has happened yet.
func NewChecker(w *World) *Checker { return &Checker{world: w} }

// Observe reads what happened since it was last called, which must be before the next Step for the log of a node's
// birth to be understood. The error is the first rule that was broken.
func (c *Checker) Observe() error {
	for len(c.nodes) < len(c.world.hosts) {
		c.nodes = append(c.nodes, &checked{})
	}
	events := c.world.Events()
	for _, e := range events[c.read:] {
		if err := c.check(e); err != nil {
			return fmt.Errorf("%s %s: %w", e.At, e.Node, err)
		}
	}
	c.read = len(events)
	for i, h := range c.world.hosts {
		if n := c.nodes[i]; n.life != h.life && h.node != nil {
			n.life = h.life
			n.offset = h.node.Replication(c.world.now).Offset // of its RDB, if there was one
			n.most = max(n.most, n.offset)
		}
	}
	if c.world.now.Sub(c.compared) >= compareEvery {
		c.compared = c.world.now
		return c.compare()
	}
	return nil
}

// compare compares the data of nodes that are at the same offset of the same history.
func (c *Checker) compare() error {
	w := c.world
	stands := make([]node.Replication, len(w.hosts))
	for i, h := range w.hosts {
		if h.node == nil {
			continue
		}
		stands[i] = h.node.Replication(w.now)
		for k, older := range stands[:i] {
			if older.ReplID != stands[i].ReplID || older.Offset != stands[i].Offset || c.nodes[i].agreed == older.Offset {
				continue
			}
			if w.hosts[k].node.Store().Digest() != h.node.Store().Digest() {
				return fmt.Errorf("%s: %s and %s are both at offset %d of %s and hold different data",
					w.now, w.hosts[k].name, h.name, older.Offset, older.ReplID.Short())
			}
			c.nodes[i].agreed = older.Offset
		}
	}
	return nil
}

func (c *Checker) check(e engine.Event) error {
	h := c.world.find(e.Node)
	if h == nil {
		return nil
	}
	n := c.nodes[h.index]
	switch f := e.Fact.(type) {
	case engine.Propagated:
		return n.extend("propagates", f.Span)
	case engine.Applied:
		return n.extend("applies", f.Span)
	case engine.SyncFinished:
		if f.Partial && f.Offset != n.offset {
			return fmt.Errorf("continues at offset %d after %d", f.Offset, n.offset)
		}
		n.offset = f.Offset
		n.most = max(n.most, n.offset)
	case engine.Acked:
		if r := c.byAddress(f.Replica); r != nil && f.Offset > r.most {
			return fmt.Errorf("was told that %s applied %d, but it never had more than %d", f.Replica, f.Offset, r.most)
		}
	case engine.PsyncAnswered:
		return checkAnswer(f)
	case engine.LinkChanged:
		if strings.Contains(f.Why, "Protocol error") {
			return fmt.Errorf("left its master: %s", f.Why)
		}
	case engine.Log:
		if strings.Contains(f.Text, "== CRITICAL ==") {
			return errors.New(f.Text)
		}
	}
	return nil
}

// extend moves a node's offset to the end of a span, which has to begin right behind it.
func (n *checked) extend(what string, s engine.Span) error {
	if s.First != n.offset+1 || s.Last < s.First {
		return fmt.Errorf("%s %s at offset %d", what, s, n.offset)
	}
	n.offset = s.Last
	n.most = max(n.most, n.offset)
	return nil
}

// byAddress finds a node as a master's log names it: ip:announced-port.
func (c *Checker) byAddress(address string) *checked {
	for i, h := range c.world.hosts {
		if ip, _, _ := strings.Cut(address, ":"); ip == h.ip && i < len(c.nodes) {
			return c.nodes[i]
		}
	}
	return nil
}

// checkAnswer derives a PSYNC's answer from the numbers that it came with. The rules are written down here a second
// time on purpose: as the reference states them, and not as the engine does.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func checkAnswer(f engine.PsyncAnswered) error {
	known := f.Asked == f.ReplID || f.Asked == f.ReplID2 && f.Want <= f.SecondOffset
	held := f.Backlog && f.First <= f.Want && f.Want <= f.Next
	if f.Continued() != (known && held) {
		return fmt.Errorf("answers %q, but known is %v and held is %v: %s", f.Reason, known, held, f)
	}
	if f.Continued() && f.Bytes != int64(f.Next-f.Want) {
		return fmt.Errorf("sends %d bytes from %d up to %d", f.Bytes, f.Want, f.Next)
	}
	return nil
}

// AtRest checks what has to be true of a world that is healed and quiet: every replica is connected to its master, has
// the same history up to the same offset, and the same data. The error names the first node of which it is not true.
func (w *World) AtRest() error {
	for _, h := range w.hosts {
		if h.node == nil {
			return fmt.Errorf("%s is down", h.name)
		}
		r := h.node.Replication(w.now)
		if !r.Replica {
			continue
		}
		m := w.resolve(h, r.Master.Host)
		if m == nil || m.node == nil {
			return fmt.Errorf("the master of %s, %s, is not there", h.name, r.Master.Host)
		}
		of := m.node.Replication(w.now)
		switch {
		case r.Link != engine.LinkConnected:
			return fmt.Errorf("the link of %s is %s", h.name, r.Link)
		case r.ReplID != of.ReplID:
			return fmt.Errorf("%s has the history %s, its master %s", h.name, r.ReplID.Short(), of.ReplID.Short())
		case r.Offset != of.Offset:
			return fmt.Errorf("%s is at offset %d, its master at %d", h.name, r.Offset, of.Offset)
		case h.node.Store().Digest() != m.node.Store().Digest():
			return fmt.Errorf("%s has other data than its master at the same offset %d", h.name, r.Offset)
		}
	}
	return nil
}
