package sim

import (
	"fmt"
	"slices"
	"strings"

	"resync/engine"
)

// What a Checker knows of the histories of a world: who wrote them, where their units end, and what a dataset looks
// like that has applied them up to some byte. A history that continues another one, since a replica was promoted,
// shares its bytes up to there, and so its data.

// history is what was seen of the stream of one name.
type history struct {
	id     engine.ReplID
	parent *history      // whose bytes it begins with, or nil
	upto   engine.Offset // the last byte of the parent's

	begins engine.Offset // behind it, where that was seen
	role   int           // how often its author had changed its role then

	author int // the node that writes it, or -1 while nobody has
	life   int
	wrote  promises        // of the author, who may be of another era in its next life
	first  engine.Offset   // the first byte that was seen to be written
	last   engine.Offset   // and the last one
	ends   []engine.Offset // where a dataset may stand, ascending
	open   bool            // a transaction has begun that is written a command at a time

	strange string // why who wrote it had other data than its place said, or ""

	data map[engine.Offset]uint64 // fingerprints, from when the first dataset stood there

	// A master without a backlog had this name. What it wrote then was not counted, but a file that it saved later, as
	// a replica that finds no master, has the name and the offset: redis-server does the same. Nobody can continue it,
	// since the name changes with the first replica.
	vague bool
}

// position is a place in a history, told by the history that its last byte was written in.
type position struct {
	in *history
	at engine.Offset
}

// where finds the place of a byte of a history.
func where(h *history, at engine.Offset) position {
	for h.parent != nil && at <= h.upto {
		h = h.parent
	}
	return position{h, at}
}

// within reports whether everything up to p is part of what is known at q.
func (p position) within(q position) bool {
	h, upto := q.in, q.at
	for h != nil && h != p.in {
		upto = min(upto, h.upto)
		h = h.parent
	}
	return h != nil && p.at <= upto
}

// history finds the latest history of a name, or begins it.
func (c *Checker) history(id engine.ReplID) *history {
	for _, h := range slices.Backward(c.histories) {
		if h.id == id {
			return h
		}
	}
	return c.begin(id)
}

// begin begins a history, which may have the name of another one: that of a process outlives its histories.
func (c *Checker) begin(id engine.ReplID) *history {
	h := &history{id: id, author: -1, data: map[engine.Offset]uint64{}}
	c.histories = append(c.histories, h)
	return h
}

// several reports whether there are several histories of a name.
func (c *Checker) several(id engine.ReplID) bool {
	count := 0
	for _, h := range c.histories {
		if h.id == id {
			count++
		}
	}
	return count > 1
}

// continues notes that a history goes on with the bytes of another one up to a byte. Who follows a promoted master
// says so too, but knows less of the old history.
func (h *history) continues(parent *history, upto engine.Offset) {
	if h.parent == nil && h != parent {
		h.parent, h.upto = parent, upto
	}
}

// write takes in a unit that a node wrote. Two nodes never write the same history, nor does one write a byte twice.
func (h *history) write(n *checked, s engine.Span, text string) error {
	switch {
	case h.author < 0:
		h.author, h.life, h.wrote, h.first, h.last = n.host, n.life, n.promises, s.First, s.First-1
	case h.author != n.host || h.life != n.life:
		return fmt.Errorf("writes the history %s, which is another's", h.id.Short())
	}
	if s.First != h.last+1 {
		return fmt.Errorf("writes %s behind %d of %s", s, h.last, h.id.Short())
	}
	h.last = s.Last
	if n.shares && n.strange != "" {
		h.strange = n.strange
	}
	if n, ok := selectBytes(text); ok && s.First+n-1 < s.Last {
		h.ends = append(h.ends, s.First+n-1) // SELECT is a command of its own
		_, text, _ = strings.Cut(text, ", ")
	}
	switch {
	case strings.EqualFold(text, "MULTI"):
		h.open = true
	case strings.EqualFold(text, "EXEC"):
		h.open = false
	}
	if !h.open {
		h.ends = append(h.ends, s.Last)
	}
	return nil
}

// selectBytes is the length of the SELECT that a unit begins with.
func selectBytes(text string) (engine.Offset, bool) {
	const word = "SELECT "
	if len(text) <= len(word) || text[:len(word)] != word {
		return 0, false
	}
	digits := 0
	for i := len(word); i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		digits++
	}
	return engine.Offset(len("*2\r\n$6\r\nSELECT\r\n$1\r\n\r\n") + digits), true
}

// standsAt reports whether a dataset can stand at a byte: a replica applies whole commands, and whole transactions.
func (p position) standsAt() error {
	h := p.in
	if h.author < 0 || p.at < h.first {
		return nil // nobody saw it written
	}
	if p.at > h.last {
		return fmt.Errorf("applies byte %d of %s, which ends at %d", p.at, h.id.Short(), h.last)
	}
	if _, ok := slices.BinarySearch(h.ends, p.at); !ok {
		return fmt.Errorf("stands at %d of %s, in the middle of something", p.at, h.id.Short())
	}
	return nil
}
