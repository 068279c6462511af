package store

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

const (
	fanBits  = 4            // bits of the hash that an inner node decides
	fan      = 1 << fanBits // slots of an inner node
	maxBits  = 64           // the longest prefix of a leaf: a hash has no more bits
	leafMax  = 32           // entries of a leaf before it is split
	mergeMax = 16           // two halves with so many entries or fewer become one leaf again
	never    = math.MaxInt64
)

// A writer is the name under which a database changes nodes: its address is what counts. A node whose writer is not
// the database's own may be shared with a snapshot and is copied before it is changed.
//
// Invariant: the writer of a node's parent is the writer of the node, or a younger one. So a leaf that belongs to the
// database's writer is reached through nodes that do so too.
type writer struct{ _ byte }

// A node is an *inner or a *leaf.
type node interface {
	keys() int  // entries beneath
	due() int64 // lower bound of the expiries beneath, in Unix milliseconds; never if there are none
}

// An inner node chooses by fanBits bits of the hash. A slot holds an inner node of its own, or a leaf that may fill
// several neighbouring slots.
type inner struct {
	writer *writer
	bound  int64
	count  int
	shift  uint8 // how far the node's bits of a hash are to be shifted down
	slots  [fan]node
}

// A leaf holds the entries of all hashes that begin with the same prefix.
type leaf struct {
	writer *writer
	bound  int64
	prefix uint8 // its length in bits
	// tags are eight bits of the hashes of the first leafMax entries: those behind the prefix, so they ascend. They
	// find the candidates for a key, and the place for a new one, without touching an entry, which is often in no cache.
	tags    [leafMax]uint8
	entries []Entry // in the order of their hashes; more than leafMax only where their first maxBits bits agree
}

// tag is the tag of an entry with hash h, which belongs into the leaf.
func (l *leaf) tag(h uint64) uint8 { return uint8(h << l.prefix >> 56) }

func (in *inner) keys() int  { return in.count }
func (in *inner) due() int64 { return in.bound }
func (l *leaf) keys() int    { return len(l.entries) }
func (l *leaf) due() int64   { return l.bound }

// depth returns the number of bits that are decided above the node.
func (in *inner) depth() int { return 64 - fanBits - int(in.shift) }

func (in *inner) slot(h uint64) int { return int(h>>(in.shift&63)) & (fan - 1) }

// span returns how many slots the child in slot i fills, when i is the first of them.
func (in *inner) span(i int) int {
	if l, ok := in.slots[i].(*leaf); ok {
		return in.leafSpan(l)
	}
	return 1
}

func (in *inner) leafSpan(l *leaf) int { return 1 << (in.depth() + fanBits - int(l.prefix)) }

// put lets the leaf, whose hashes begin as h does, fill its slots.
func (in *inner) put(l *leaf, h uint64) {
	span := in.leafSpan(l)
	first := in.slot(h) &^ (span - 1)
	for i := first; i < first+span; i++ {
		in.slots[i] = l
	}
}

// leaf returns the leaf that would hold hash h, or nil in a database that never had a key.
func (db *DB) leaf(h uint64) *leaf {
	n := db.root
	for {
		switch at := n.(type) {
		case *inner:
			n = at.slots[at.slot(h)]
		case *leaf:
			return at
		default:
			return nil
		}
	}
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// find returns the index of key, whose hash is h, or -1.
func (l *leaf) find(h uint64, key []byte) int {
	if len(l.entries) > leafMax {
		return l.findBySeek(h, key)
	}
	wanted := uint64(l.tag(h)) * everyByte
	for first := 0; first < len(l.entries); first += 8 {
		// Eight tags at once: a byte of x is zero where the tag is the wanted one, and then match has its high
		// bit. A borrow may mark the byte behind too, which the comparison of the hashes turns down.
		x := binary.LittleEndian.Uint64(l.tags[first:first+8:leafMax]) ^ wanted
		for match := (x - everyByte) &^ x & highBits; match != 0; match &= match - 1 {
			i := first + bits.TrailingZeros64(match)/8
			if i >= len(l.entries) {
				break
			}
			if e := &l.entries[i]; e.hash == h && e.Key == string(key) {
				return i
			}
		}
	}
	return -1
}

func (l *leaf) findBySeek(h uint64, key []byte) int {
	for i := l.seek(h); i < len(l.entries) && l.entries[i].hash == h; i++ {
		if l.entries[i].Key == string(key) {
			return i
		}
	}
	return -1
}

// seek returns the index of the first entry whose hash is h or higher.
func (l *leaf) seek(h uint64) int {
	low, high := 0, len(l.entries)
	for low < high {
		middle := (low + high) / 2
		if l.entries[middle].hash < h {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// place returns the same for a hash that belongs into the leaf.
func (l *leaf) place(h uint64) int {
	if len(l.entries) > leafMax {
		return l.seek(h)
	}
	tag, i := l.tag(h), 0
	for i < len(l.entries) && l.tags[i] < tag {
		i++
	}
	for i < len(l.entries) && l.tags[i] == tag && l.entries[i].hash < h {
		i++
	}
	return i
}

// own makes l, where hash h belongs, one that may be changed, with a bound that allows the expiry.
func (db *DB) own(l *leaf, h uint64, expireAt int64) *leaf {
	if l.writer == db.writer && (expireAt == 0 || expireAt >= l.bound) {
		return l
	}
	_, l = db.descend(h, 0, expireAt)
	return l
}

// descend walks to the leaf of h and its parent, which is nil for a leaf at the root. On the way it copies what
// belongs to another writer, adds grow to the counts and lowers the bounds to the expiry.
func (db *DB) descend(h uint64, grow int, expireAt int64) (*inner, *leaf) {
	if db.writer == nil {
		db.writer = new(writer)
	}
	if db.root == nil {
		db.root = &leaf{writer: db.writer, bound: never}
	}
	if expireAt == 0 {
		expireAt = never
	}
	var parent *inner
	n := db.root
	for {
		in, ok := n.(*inner)
		if !ok {
			break
		}
		in = db.ownInner(parent, in, h)
		in.count += grow
		in.bound = min(in.bound, expireAt)
		parent, n = in, in.slots[in.slot(h)]
	}
	l := n.(*leaf)
	if l.writer != db.writer {
		l = l.copyFor(db.writer, len(l.entries)+max(grow, 0))
		db.hang(parent, l, h)
	}
	l.bound = min(l.bound, expireAt)
	return parent, l
}

// ownInner makes in, beneath which hash h belongs, one that may be changed.
func (db *DB) ownInner(parent, in *inner, h uint64) *inner {
	if in.writer == db.writer {
		return in
	}
	twin := *in
	twin.writer = db.writer
	db.hang(parent, &twin, h)
	return &twin
}

// hang puts a node into its place under the parent, or at the root.
func (db *DB) hang(parent *inner, n node, h uint64) {
	if parent == nil {
		db.root = n
		return
	}
	if l, ok := n.(*leaf); ok {
		parent.put(l, h)
		return
	}
	parent.slots[parent.slot(h)] = n
}

// copyFor returns a copy of the leaf with room for so many entries.
func (l *leaf) copyFor(w *writer, room int) *leaf {
	twin := *l
	twin.writer = w
	twin.entries = append(makeEntries(room), l.entries...)
	return &twin
}

// makeEntries returns an empty slice with room for at least n entries: steps that waste little, and are few.
func makeEntries(n int) []Entry {
	switch {
	case n <= 4:
		n = 4
	case n <= leafMax:
		n = (n + 7) &^ 7
	default:
		n += n / 4
	}
	return make([]Entry, 0, n)
}

// insert adds a key that is not there.
func (db *DB) insert(h uint64, key []byte, v Value, expireAt int64) {
	parent, l := db.descend(h, 1, expireAt)
	i := l.place(h)
	e := Entry{Key: string(key), Value: db.stamped(v, nil), ExpireAt: expireAt, hash: h}
	db.bytes += e.noted()
	db.volatile += volatile(expireAt)
	if len(l.entries) >= leafMax && l.prefix < maxBits {
		var all [leafMax + 1]Entry
		copy(all[:i], l.entries)
		all[i] = e
		copy(all[i+1:], l.entries[i:])
		db.spread(parent, h, l.prefix, all[:])
		return
	}
	if len(l.entries) == cap(l.entries) {
		l.entries = append(makeEntries(len(l.entries)+1), l.entries...)
	}
	l.entries = slices.Insert(l.entries, i, e)
	if i < leafMax {
		copy(l.tags[i+1:], l.tags[i:])
		l.tags[i] = l.tag(h)
	}
}

// spread hangs entries, whose hashes all begin with so many bits of h, beneath the parent or at the root, in the place
// of what was there for these bits: in one leaf where they fit, else one half beside the other.
func (db *DB) spread(parent *inner, h uint64, prefix uint8, entries []Entry) {
	if len(entries) <= leafMax || prefix == maxBits {
		l := &leaf{writer: db.writer, prefix: prefix}
		l.entries = append(makeEntries(max(len(entries), min(len(entries)+1, leafMax))), entries...)
		l.index()
		db.hang(parent, l, h)
		return
	}
	if parent == nil || int(prefix) == parent.depth()+fanBits {
		in := &inner{writer: db.writer, bound: earliest(entries), count: len(entries), shift: 64 - fanBits - prefix}
		db.hang(parent, in, h)
		parent = in
	}
	bit := uint64(1) << (63 - prefix)
	middle := 0
	for middle < len(entries) && entries[middle].hash&bit == 0 {
		middle++
	}
	db.spread(parent, h&^bit, prefix+1, entries[:middle])
	db.spread(parent, h|bit, prefix+1, entries[middle:])
}

// index derives the tags and the bound from the entries.
func (l *leaf) index() {
	for i := range min(len(l.entries), leafMax) {
		l.tags[i] = l.tag(l.entries[i].hash)
	}
	l.bound = earliest(l.entries)
}

// earliest returns the first expiry of the entries, or never.
func earliest(entries []Entry) int64 {
	first := int64(never)
	for i := range entries {
		if at := entries[i].ExpireAt; at != 0 && at < first {
			first = at
		}
	}
	return first
}

// remove takes the entry at index i out of the leaf where hash h belongs, and merges what has become small.
func (db *DB) remove(h uint64, i int) {
	_, l := db.descend(h, -1, 0)
	l.entries = slices.Delete(l.entries, i, i+1)
	if i < leafMax {
		copy(l.tags[i:], l.tags[i+1:])
		if len(l.entries) >= leafMax {
			l.tags[leafMax-1] = l.tag(l.entries[leafMax-1].hash)
		}
	}
	if len(l.entries) <= mergeMax/2 {
		db.merge(l, h)
	}
}

// merge joins the leaf of h with the other half of the leaf that they were split from, as long as both are small,
// and with it removes inner nodes that have become a single leaf. The path down to l belongs to the writer.
func (db *DB) merge(l *leaf, h uint64) {
	for l.prefix > 0 {
		var grandparent, parent *inner
		for n := db.root; ; {
			in, ok := n.(*inner)
			if !ok {
				break
			}
			grandparent, parent, n = parent, in, in.slots[in.slot(h)]
		}
		bit := uint64(1) << (64 - l.prefix)
		other, ok := parent.slots[parent.slot(h^bit)].(*leaf)
		if !ok || other.prefix != l.prefix || len(l.entries)+len(other.entries) > mergeMax {
			return
		}
		low, high := l, other
		if h&bit != 0 {
			low, high = other, l
		}
		joined := &leaf{writer: db.writer, prefix: l.prefix - 1}
		joined.entries = append(makeEntries(len(low.entries)+len(high.entries)), low.entries...)
		joined.entries = append(joined.entries, high.entries...)
		joined.index()
		if int(joined.prefix) == parent.depth() {
			db.hang(grandparent, joined, h)
		} else {
			parent.put(joined, h)
		}
		l = joined
	}
}

// walk calls f for every leaf that may hold a hash from the given one on, in order, until f returns false.
func walk(n node, from uint64, f func(*leaf) bool) bool {
	switch n := n.(type) {
	case *leaf:
		return f(n)
	case *inner:
		// Only the child on the path of from has to know it: what follows is above it as a whole.
		i := n.slot(from)
		if l, ok := n.slots[i].(*leaf); ok {
			i &^= n.leafSpan(l) - 1
		}
		for ; i < fan; i += n.span(i) {
			if !walk(n.slots[i], from, f) {
				return false
			}
			from = 0
		}
	}
	return true
}
