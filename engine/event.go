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

// A Slab makes values many at a time, for facts of which there are very many. A log keeps nearly all of them, so it
// matters little that one which is kept keeps its neighbours.
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
	blocks []*eventBlock
	n      int
}

// eventBlock holds so many events; a log grows by blocks, so that it is never copied.
type eventBlock [256]Event

// Len is how many events there are.
func (e Events) Len() int { return e.n }

// At is the i-th event, which is only to be read.
func (e Events) At(i int) *Event {
	if i >= e.n {
		panic("engine: an event that has not happened yet")
	}
	return e.at(i)
}

func (e Events) at(i int) *Event { return &e.blocks[i/len(eventBlock{})][i%len(eventBlock{})] }

// First are the first n of the events.
func (e Events) First(n int) Events { return Events{e.blocks, min(n, e.n)} }

// All yields every event with its number.
func (e Events) All() iter.Seq2[int, Event] { return e.From(0) }

// From yields the events from the i-th on.
func (e Events) From(i int) iter.Seq2[int, Event] {
	return func(yield func(int, Event) bool) {
		for ; i < e.n; i++ {
			if !yield(i, *e.At(i)) {
				return
			}
		}
	}
}

// Backward yields every event, the latest first.
func (e Events) Backward() iter.Seq2[int, Event] {
	return func(yield func(int, Event) bool) {
		for i := e.n - 1; i >= 0; i-- {
			if !yield(i, *e.At(i)) {
				return
			}
		}
	}
}

// An EventLog is Events that grow. Its zero value is empty.
type EventLog struct{ Events }

// Append adds an event and gives it its number.
func (l *EventLog) Append(at Instant, node string, f Fact) {
	if l.n == len(l.blocks)*len(eventBlock{}) {
		l.blocks = append(l.blocks, new(eventBlock))
	}
	*l.at(l.n) = Event{Seq: int64(l.n), At: at, Node: node, Fact: f}
	l.n++
}

// Branch returns a log that goes another way behind its first n events. It shares the blocks that are full by then.
func (l *EventLog) Branch(n int) *EventLog {
	whole := n / len(eventBlock{})
	b := &EventLog{Events{slices.Clone(l.blocks[:whole]), n}}
	if rest := n % len(eventBlock{}); rest > 0 {
		last := new(eventBlock)
		copy(last[:rest], l.blocks[whole][:])
		b.blocks = append(b.blocks, last)
	}
	return b
}
