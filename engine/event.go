package engine

// A Fact is something that happened, with everything needed to explain it. Its String is one line in the form of
// a transcript, without time and node. Facts are values: they are never changed after they were reported.
type Fact interface {
	String() string
	Kind() string // the name of its type: "PsyncAnswered"
	operands(Operands)
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
