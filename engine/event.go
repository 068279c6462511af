package engine

import (
	"iter"
	"slices"
)

// A Fact is something that happened, with everything needed to explain it. Its String is one line in the form of
// a transcript, without time and node. Facts are values: they are never changed after they were reported.
type Fact interface {
	String() string
	Kind() string // the name of its type: "PsyncAnswered"
	operands(Operands)
}

// A Slab makes values many at a time, for facts of which there are very many. A log keeps nearly all of them, until it
// packs them together with their neighbours, so it matters little that one which is kept keeps those.
type Slab[T any] struct{ free []T }

// New returns a zero value.
func (s *Slab[T]) New() *T {
	if len(s.free) == 0 {
		s.free = make([]T, 64)
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

// An Event is a Fact with its place in a world: which node reported it, when on the world's clock, and in what order.
type Event struct {
	Seq  int64   // counts from 0, without gaps
	At   Instant // the world's time
	Node string  // the node that reported it, or "" for the world itself (faults, script)
	Fact Fact
}

// String prints the event as a transcript line: time, node, fact.
func (e Event) String() string { return e.At.String() + " " + e.Node + " " + e.Fact.String() }

// Events are what happened in a world, oldest first, as far as it had come when it was asked. They never change: later
// events are in an Events of their own, which shares these.
type Events struct {
	blocks *eventBlocks
	n      int
}

// eventBlocks are the blocks of a log, which grows by these, so that it is never copied. They are another eventBlocks when
// there is one more.
type eventBlocks struct {
	old    []*packedEvents
	tail   []*openEvents // what comes behind them, which is not packed
	opened *openedBlocks // of the old ones; nil as long as there is none
}

type openEvents [blockEvents]Event

const blockEvents = 256

// Len is how many events there are.
func (e Events) Len() int { return e.n }

// At is the i-th event, which is only to be read.
func (e Events) At(i int) *Event {
	if i >= e.n {
		panic("engine: an event that has not happened yet")
	}
	return &e.blocks.at(i / blockEvents)[i%blockEvents]
}

func (b *eventBlocks) at(k int) *openEvents {
	if k < len(b.old) {
		return b.old[k].events()
	}
	return b.tail[k-len(b.old)]
}

// First are the first n of the events.
func (e Events) First(n int) Events { return Events{e.blocks, min(n, e.n)} }

// All yields every event with its number.
func (e Events) All() iter.Seq2[int, Event] { return e.From(0) }

// From yields the events from the i-th on.
func (e Events) From(i int) iter.Seq2[int, Event] {
	return func(yield func(int, Event) bool) {
		var block *openEvents
		for ; i < e.n; i++ {
			if block == nil || i%blockEvents == 0 {
				block = e.blocks.at(i / blockEvents)
			}
			if !yield(i, block[i%blockEvents]) {
				return
			}
		}
	}
}

// Backward yields every event, the latest first.
func (e Events) Backward() iter.Seq2[int, Event] {
	return func(yield func(int, Event) bool) {
		var block *openEvents
		for i := e.n - 1; i >= 0; i-- {
			if block == nil || i%blockEvents == blockEvents-1 {
				block = e.blocks.at(i / blockEvents)
			}
			if !yield(i, block[i%blockEvents]) {
				return
			}
		}
	}
}

// An EventLog is Events that grow. Its zero value is empty.
type EventLog struct {
	Events
	last  *openEvents // of the blocks
	codec eventCodec  // packs them
}

// Append adds an event and gives it its number.
func (l *EventLog) Append(at Instant, node string, f Fact) {
	i := l.n % blockEvents
	if i == 0 {
		l.grow(new(openEvents))
	}
	l.last[i] = Event{Seq: int64(l.n), At: at, Node: node, Fact: f}
	l.n++
}

// grow adds a block, and packs one when there are enough behind it.
func (l *EventLog) grow(last *openEvents) {
	var b eventBlocks
	if l.blocks != nil {
		b = *l.blocks
	}
	if len(b.tail) < tailBlocks {
		b.tail = append(b.tail, last)
	} else {
		if b.opened == nil {
			b.opened = new(openedBlocks)
		}
		b.old = append(b.old, l.codec.pack(b.tail[0], b.opened))
		b.tail = slices.Concat(b.tail[1:], []*openEvents{last}) // an append would hold on to the one that is packed
	}
	l.blocks, l.last = &b, last
}

// Branch returns a log that goes another way behind its first n events. It shares the blocks that are full by then.
func (l *EventLog) Branch(n int) *EventLog {
	b := &EventLog{Events: Events{n: n}}
	if n == 0 {
		return b
	}
	whole := n / blockEvents
	old := min(whole, len(l.blocks.old))
	b.blocks = &eventBlocks{
		old: slices.Clone(l.blocks.old[:old]), tail: slices.Clone(l.blocks.tail[:whole-old]), opened: l.blocks.opened,
	}
	if rest := n % blockEvents; rest > 0 {
		last := new(openEvents)
		copy(last[:rest], l.blocks.at(whole)[:])
		b.grow(last)
	}
	return b
}
