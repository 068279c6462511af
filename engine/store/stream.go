package store

import (
	"cmp"
	"math"
	"strconv"
	"unsafe"
)

// A StreamID names an entry of a stream: a Unix time in milliseconds, and a number within it.
type StreamID struct{ MS, Seq uint64 }

// MaxStreamID is the last ID there is. The first one is the zero value, which no entry has.
var MaxStreamID = StreamID{math.MaxUint64, math.MaxUint64}

// Compare returns a number below, equal to or above 0, as id comes in front of other, is the same or comes behind.
func (id StreamID) Compare(other StreamID) int {
	if c := cmp.Compare(id.MS, other.MS); c != 0 {
		return c
	}
	return cmp.Compare(id.Seq, other.Seq)
}

// IsZero reports whether the ID is 0-0.
func (id StreamID) IsZero() bool { return id == StreamID{} }

// Next returns the ID behind this one, and false when there is none; it is 0-0 then.
func (id StreamID) Next() (StreamID, bool) {
	if id.Seq++; id.Seq == 0 {
		id.MS++
	}
	return id, !id.IsZero()
}

// Prev returns the ID in front of this one, and false when there is none; it is the last one then.
func (id StreamID) Prev() (StreamID, bool) {
	if id.Seq == 0 {
		id.MS--
	}
	id.Seq--
	return id, id != MaxStreamID
}

// AppendTo appends the ID as it is written, "ms-seq".
func (id StreamID) AppendTo(dst []byte) []byte {
	dst = strconv.AppendUint(dst, id.MS, 10)
	return strconv.AppendUint(append(dst, '-'), id.Seq, 10)
}

func (id StreamID) String() string { return string(id.AppendTo(nil)) }

// A StreamValue is a stream: entries in the order of their IDs, and groups of consumers that read them. What was
// deleted leaves traces, since groups count how far they are behind.
type StreamValue struct {
	writer *writer // whose changes may be made in place
	nodes  seq[streamNode]
	tree   int            // see TreeNodes
	groups []*StreamGroup // by name
	facts  StreamFacts
}

// StreamFacts are what a stream knows about itself beside its entries.
type StreamFacts struct {
	Length     int64    // entries
	Last       StreamID // the highest ID ever given
	First      StreamID // of the first entry, or 0-0
	MaxDeleted StreamID // the highest ID that was deleted by itself, or 0-0
	Added      uint64   // entries ever added
}

// NewStream returns an empty stream, for a new key: see [DB.Set], then [DB.Edit].
func NewStream() *StreamValue { return &StreamValue{} }

// Value returns the value that holds the stream.
func (x *StreamValue) Value() Value { return objectValue(Stream, unsafe.Pointer(x)) }

// own returns a stream with the same elements that w may change in place.
func (x *StreamValue) own(w *writer) *StreamValue {
	if x.writer == w && w != nil {
		return x
	}
	twin := *x
	twin.writer = w
	twin.groups = append(make([]*StreamGroup, 0, len(x.groups)+1), x.groups...)
	return &twin
}

// Clone returns a stream with the same content; from now on each may be changed without the other. It takes constant
// time but for the names of the groups.
func (x *StreamValue) Clone() *StreamValue {
	*x = *x.own(new(writer))
	return x.own(new(writer))
}

func (x *StreamValue) encoding() Encoding { return StreamTree }

// Facts returns what the stream knows about itself.
func (x *StreamValue) Facts() StreamFacts { return x.facts }

// Len returns the number of entries.
func (x *StreamValue) Len() int64 { return x.facts.Length }

// LastID returns the highest ID that the stream ever gave.
func (x *StreamValue) LastID() StreamID { return x.facts.Last }

// SetFacts is for XSETID and for who reads a stream from a file.
func (x *StreamValue) SetFacts(f StreamFacts) { x.facts = f }

// A StreamEntry is an entry of a stream, good until the stream changes.
type StreamEntry struct {
	ID      StreamID
	node    *streamNode
	at      int   // of the flags
	flags   int64 //
	fields  int64 // pairs of a name and a value
	names   int   // of the first name in the node's head
	content int   // of the first value, or the first name where the names are the entry's own
}

// Len returns the number of pairs.
func (e *StreamEntry) Len() int { return int(e.fields) }

// Each calls f with every name and its value, which are good during the call.
func (e *StreamEntry) Each(f func(name, value []byte)) {
	var name, value packItem
	var nameText, valueText [intTextMax]byte
	p, names, i := e.node.pack, e.names, e.content
	for k := int64(0); k < e.fields; k++ {
		if e.flags&entrySameFields != 0 {
			name, names = packAt(p, names)
		} else {
			name, i = packAt(p, i)
		}
		value, i = packAt(p, i)
		f(name.text(&nameText), value.text(&valueText))
	}
}

// nodeOf returns the index of the node where an ID is or would be, or -1 in front of the first one.
func (x *StreamValue) nodeOf(id StreamID) int {
	return x.nodes.search(func(n *streamNode) bool { return n.id.Compare(id) > 0 }) - 1
}

// Range calls f with the entries from start to end, both included, in order, until it returns false.
func (x *StreamValue) Range(start, end StreamID, f func(*StreamEntry) bool) {
	x.walk(start, end, false, f)
}

// walk is Range, with those that are only marked as deleted where tombstones says so.
func (x *StreamValue) walk(start, end StreamID, tombstones bool, f func(*StreamEntry) bool) {
	var e StreamEntry
	x.nodes.from(max(x.nodeOf(start), 0), func(n *streamNode) bool {
		if n.id.Compare(end) > 0 {
			return false
		}
		head := n.head()
		for i, stop := head.first, len(n.pack)-1; i < stop; {
			i = n.entry(&e, &head, i)
			if e.ID.Compare(start) < 0 {
				continue
			}
			if e.ID.Compare(end) > 0 {
				return false
			}
			if (tombstones || e.flags&entryDeleted == 0) && !f(&e) {
				return false
			}
		}
		return true
	})
}

// RangeBack calls f with the entries from end down to start, both included, until it returns false.
func (x *StreamValue) RangeBack(start, end StreamID, f func(*StreamEntry) bool) {
	var e StreamEntry
	x.nodes.back(x.nodeOf(end), func(n *streamNode) bool {
		head := n.head()
		for i := len(n.pack) - 1; i > head.first; {
			i = n.before(i)
			n.entry(&e, &head, i)
			if e.ID.Compare(end) > 0 {
				continue
			}
			if e.ID.Compare(start) < 0 {
				return false
			}
			if e.flags&entryDeleted == 0 && !f(&e) {
				return false
			}
		}
		return true
	})
}

// Has reports whether there is an entry with that ID.
func (x *StreamValue) Has(id StreamID) (found bool) {
	x.Range(id, id, func(*StreamEntry) bool { found = true; return false })
	return found
}

// LastEntryID returns the ID of the last entry that is there, or 0-0.
func (x *StreamValue) LastEntryID() (id StreamID) {
	x.RangeBack(StreamID{}, MaxStreamID, func(e *StreamEntry) bool { id = e.ID; return false })
	return id
}

// FirstMark returns the ID of the first entry, those included that are only marked as deleted; or the highest ID there
// can be. It is what MINID is replaced by for replicas.
func (x *StreamValue) FirstMark() StreamID {
	id := MaxStreamID
	x.walk(StreamID{}, MaxStreamID, true, func(e *StreamEntry) bool { id = e.ID; return false })
	return id
}

// StreamEntryMax is the most bytes that the names and values of one entry may have together.
//
// Source: redis/src/t_stream.c, STREAM_LISTPACK_MAX_SIZE.
const StreamEntryMax = 1 << 30

// Add appends an entry of names and values, which take turns in pairs. Its ID has to be above all before, and the
// pairs may not be larger than StreamEntryMax.
//
// Source: redis/src/t_stream.c, streamAppendItem.
func (x *StreamValue) Add(id StreamID, pairs [][]byte, l *Limits) {
	last := x.nodes.len() - 1
	if last < 0 || x.full(last, pairs, l) {
		x.insertNode(last+1, newStreamNode(x.writer, id, pairs))
		last++
	}
	n := x.nodes.edit(x.writer, last)
	n.own(x.writer)
	n.add(id, pairs)
	x.facts.Length++
	x.facts.Added++
	x.facts.Last = id
	if x.facts.Length == 1 {
		x.facts.First = id
	}
}

// full reports whether the pairs do not fit into the last node. If so, the node gives back the room it has not used.
func (x *StreamValue) full(last int, pairs [][]byte, l *Limits) bool {
	size := 0
	for _, s := range pairs {
		size += len(s)
	}
	most := l.StreamNodeBytes
	if most == 0 || most > StreamEntryMax {
		most = StreamEntryMax
	}
	n := x.nodes.at(last)
	live, deleted := n.counts()
	if len(n.pack)+size < most && (l.StreamNodeEntries == 0 || live+deleted < int64(l.StreamNodeEntries)) {
		return false
	}
	if cap(n.pack) > len(n.pack)+len(n.pack)/8 {
		n = x.nodes.edit(x.writer, last)
		n.pack, n.writer = append(make([]byte, 0, len(n.pack)), n.pack...), x.writer
	}
	return true
}

// Delete removes the entries with these IDs and returns how many there were.
//
// Source: redis/src/t_stream.c, xdelCommand and streamIteratorRemoveEntry.
func (x *StreamValue) Delete(ids []StreamID) int {
	count, first := 0, false
	for _, id := range ids {
		if !x.delete(id) {
			continue
		}
		count++
		first = first || id == x.facts.First
		if id.Compare(x.facts.MaxDeleted) > 0 {
			x.facts.MaxDeleted = id
		}
	}
	if first || x.facts.Length == 0 {
		x.findFirst()
	}
	return count
}

// findFirst looks which entry is the first one now.
func (x *StreamValue) findFirst() {
	x.facts.First = StreamID{}
	x.Range(StreamID{}, MaxStreamID, func(e *StreamEntry) bool { x.facts.First = e.ID; return false })
}

// delete removes one entry: it is marked, and its node goes when it was the last one there.
func (x *StreamValue) delete(id StreamID) bool {
	at, flags := -1, int64(0)
	x.Range(id, id, func(e *StreamEntry) bool { at, flags = e.at, e.flags; return false })
	if at < 0 {
		return false
	}
	x.facts.Length--
	i := x.nodeOf(id)
	if live, _ := x.nodes.at(i).counts(); live == 1 {
		x.cutNodes(i, i+1)
		return true
	}
	n := x.nodes.edit(x.writer, i)
	n.own(x.writer)
	n.mark(at, flags)
	n.addCounts(-1, 1)
	return true
}

// A StreamTrim says what is to be removed from the beginning of a stream.
type StreamTrim struct {
	ByID   bool     // what is below MinID goes; else what is more than MaxLen
	MaxLen int64    //
	MinID  StreamID //
	Approx bool     // whole nodes alone
	Limit  int64    // the most entries that may go; 0 = any number
}

// Trim removes entries from the beginning, and returns how many.
//
// Source: redis/src/t_stream.c, streamTrim.
func (x *StreamValue) Trim(t StreamTrim) int64 {
	removed, nodes := int64(0), 0
	partly := false
	x.nodes.from(0, func(n *streamNode) bool {
		if !t.ByID && x.facts.Length <= t.MaxLen {
			return false
		}
		live, _ := n.counts()
		if t.Limit != 0 && removed+live > t.Limit {
			return false
		}
		if whole := t.ByID && n.last().Compare(t.MinID) < 0 || !t.ByID && x.facts.Length-live >= t.MaxLen; !whole {
			partly = !t.Approx
			return false
		}
		nodes++
		x.facts.Length -= live
		removed += live
		return true
	})
	x.cutNodes(0, nodes)
	if partly {
		removed += x.trimNode(t)
	}
	if removed > 0 || x.facts.Length == 0 {
		x.findFirst()
	}
	return removed
}

// trimNode marks entries of the first node as deleted.
func (x *StreamValue) trimNode(t StreamTrim) (removed int64) {
	n := x.nodes.edit(x.writer, 0)
	n.own(x.writer)
	var e StreamEntry
	head := n.head()
	for i := head.first; i < len(n.pack)-1; {
		next := n.entry(&e, &head, i)
		if t.ByID && e.ID.Compare(t.MinID) >= 0 || !t.ByID && x.facts.Length <= t.MaxLen {
			break
		}
		if e.flags&entryDeleted == 0 {
			n.mark(i, e.flags)
			next = n.entry(&e, &head, i) // a file may have had the flags in a longer form
			removed++
			x.facts.Length--
		}
		i = next
	}
	n.addCounts(-removed, removed)
	return removed
}

// HasTombstones reports whether an entry at or behind id is known to have been deleted by itself.
//
// Source: redis/src/t_stream.c, streamRangeHasTombstones.
func (x *StreamValue) HasTombstones(id StreamID) bool {
	f := &x.facts
	return f.Length != 0 && !f.MaxDeleted.IsZero() && f.First.Compare(f.MaxDeleted) <= 0 && id.Compare(f.MaxDeleted) <= 0
}

// EntriesReadUnknown is the counter of a group that is somewhere in the middle.
const EntriesReadUnknown = -1

// EntriesUpTo returns how many entries were ever added up to an ID, that one included, or EntriesReadUnknown.
//
// Source: redis/src/t_stream.c, streamEstimateDistanceFromFirstEverEntry.
func (x *StreamValue) EntriesUpTo(id StreamID) int64 {
	f := &x.facts
	behind := id.Compare(f.Last)
	switch {
	case f.Added == 0:
		return 0
	case f.Length == 0 && behind <= 0, behind == 0:
		return int64(f.Added)
	case behind > 0:
		return EntriesReadUnknown
	}
	if f.MaxDeleted.IsZero() || f.MaxDeleted.Compare(f.First) < 0 {
		switch first := id.Compare(f.First); {
		case first < 0:
			return int64(f.Added) - f.Length
		case first == 0:
			return int64(f.Added) - f.Length + 1
		}
	}
	return EntriesReadUnknown
}

// Lag returns how many entries a group has not yet read, and false when nobody knows.
//
// Source: redis/src/t_stream.c, streamReplyWithCGLag.
func (x *StreamValue) Lag(g *StreamGroup) (int64, bool) {
	if x.facts.Added == 0 {
		return 0, true
	}
	read := g.EntriesRead
	if read == EntriesReadUnknown || x.HasTombstones(g.LastID) {
		read = x.EntriesUpTo(g.LastID)
	}
	return int64(x.facts.Added) - read, read != EntriesReadUnknown
}

// Nodes returns the number of nodes that hold the entries.
func (x *StreamValue) Nodes() int { return x.nodes.len() }

// Node returns a node: its ID, and its entries in the form of Redis. The bytes must not be changed.
func (x *StreamValue) Node(i int) (StreamID, []byte) {
	n := x.nodes.at(i)
	return n.id, n.pack
}

// AddNode puts a node with that ID into its place, and reports whether there was none with it. The bytes are copied;
// they have to be known to be right.
func (x *StreamValue) AddNode(id StreamID, pack []byte) bool {
	i := x.nodeOf(id)
	if i >= 0 && x.nodes.at(i).id == id {
		return false
	}
	x.insertNode(i+1, streamNode{writer: x.writer, id: id, pack: append(make([]byte, 0, len(pack)), pack...)})
	return true
}

// FindFirst sets the ID of the first entry by looking for it: files of Redis 5 and 6 do not say it.
func (x *StreamValue) FindFirst() { x.findFirst() }

func (x *StreamValue) digest(d *digest) {
	var id [2*intTextMax + 1]byte
	x.Range(StreamID{}, MaxStreamID, func(e *StreamEntry) bool {
		text := strconv.AppendUint(id[:0], e.ID.MS, 10)
		text = strconv.AppendUint(append(text, '.'), e.ID.Seq, 10)
		d.mixBytes(text)
		e.Each(func(name, value []byte) {
			d.mixBytes(name)
			d.mixBytes(value)
		})
		return true
	})
}
