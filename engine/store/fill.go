package store

import "slices"

// A Filler adds many keys to a database that nobody looks at meanwhile: what is being loaded. Keys in an order that is
// not the trie's would find nearly every leaf in no cache, once to see that they are new and once to move the entries
// behind them. So they are kept back by the first bits of their hashes, until a part has so many that each leaf gets
// several at a time, in order.
//
// What waits is at most 1<<fillBits parts of fillPart entries, or 7 MB, however many keys there are. More of them would
// be faster still, and would show in the peak of a load.
type Filler struct {
	db    *DB
	parts [][]Entry // by the first bits of the hashes, each in the order in which its keys came
	keys  int       // that wait
	twice string    // a key that was added although it was there
	found bool      // there is one

	// What a flush works with, kept for its memory.
	order          []uint64
	sorted, merged []Entry
}

const (
	fillBits = 9
	fillPart = 256 // less than 1<<fillBits, see flush
	// In a database of few keys a part is worth its way earlier: so what the last Flush has to do is no more than a small
	// part of all the work, and whoever fills a database in slices has no long one at the end.
	fillLeast = 8
)

// NewFiller returns a filler of the database.
func NewFiller(db *DB) *Filler { return &Filler{db: db} }

// Keys returns how many keys were added that are not in the database yet.
func (f *Filler) Keys() int { return f.keys }

// Add adds a key with its value and its expiry, in Unix milliseconds or 0 for never. It copies the key. The access
// clock of the value is what the database's says, unless it is told.
func (f *Filler) Add(key []byte, v Value, expireAt int64, access uint32, told bool) {
	e := Entry{Key: string(key), hash: hash(key), Value: f.db.stamped(v, nil), ExpireAt: expireAt}
	if told {
		e.Value.access = access
	}
	f.put(e)
}

func (f *Filler) put(e Entry) {
	if f.parts == nil {
		f.parts = make([][]Entry, 1<<fillBits)
	}
	part := &f.parts[e.hash>>(64-fillBits)]
	*part = append(*part, e)
	if f.keys++; len(*part) == fillPart || len(*part) >= fillLeast && len(*part)<<(fillBits+2) > f.db.Len() {
		f.flush(part)
	}
}

// Flush puts all that waits into the database. It returns a key that was added twice, or that was there before, where
// such a one was found since the filler was made; the database is then missing some keys.
func (f *Filler) Flush() (twice string, found bool) {
	for i := range f.parts {
		if len(f.parts[i]) > 0 {
			f.flush(&f.parts[i])
		}
	}
	return f.twice, f.found
}

// flush puts a part into the database.
func (f *Filler) flush(part *[]Entry) {
	// What a part's hashes begin with is the same, and makes room for the place of each: integers sort fast, and entries
	// with equal hashes stay in the order in which they came.
	f.order = f.order[:0]
	for i := range *part {
		f.order = append(f.order, (*part)[i].hash<<fillBits|uint64(i))
	}
	slices.Sort(f.order)
	f.sorted = f.sorted[:0]
	for _, o := range f.order {
		e := &(*part)[o&(1<<fillBits-1)]
		for i := len(f.sorted) - 1; i >= 0 && f.sorted[i].hash == e.hash; i-- {
			f.check(f.sorted[i].Key == e.Key, e)
		}
		f.sorted = append(f.sorted, *e)
		f.db.bytes += e.noted()
		f.db.volatile += volatile(e.ExpireAt)
	}
	f.keys -= len(*part)
	clear(*part) // what was added is held by the database alone
	*part = (*part)[:0]

	if f.db.writer == nil {
		f.db.writer = new(writer)
	}
	if f.db.root == nil {
		f.db.root = &leaf{writer: f.db.writer, bound: never}
	}
	f.add(nil, f.db.root, f.sorted)
}

// check notes e's key when it is there already.
func (f *Filler) check(there bool, e *Entry) {
	if there && !f.found {
		f.twice, f.found = e.Key, true
	}
}

// add puts entries, which are in the order of their hashes, beneath a node and its parent, which is nil at the root.
func (f *Filler) add(parent *inner, n node, entries []Entry) {
	in, ok := n.(*inner)
	if !ok {
		f.addToLeaf(parent, n.(*leaf), entries)
		return
	}
	in = f.db.ownInner(parent, in, entries[0].hash)
	in.count += len(entries)
	in.bound = min(in.bound, earliest(entries))
	for len(entries) > 0 {
		i := in.slot(entries[0].hash)
		last := i | (in.span(i) - 1)
		n := 1
		for n < len(entries) && in.slot(entries[n].hash) <= last {
			n++
		}
		f.add(in, in.slots[i], entries[:n])
		entries = entries[n:]
	}
}

func (f *Filler) addToLeaf(parent *inner, l *leaf, entries []Entry) {
	for i := range entries {
		e := &entries[i]
		f.check(l.find(e.hash, view(e.Key)) >= 0, e)
	}
	h, all := entries[0].hash, len(l.entries)+len(entries)
	if all > leafMax && l.prefix < maxBits {
		f.merged = merge(append(f.merged[:0], l.entries...), entries)
		f.db.spread(parent, h, l.prefix, f.merged)
		return
	}
	if l.writer != f.db.writer {
		l = l.copyFor(f.db.writer, all)
		f.db.hang(parent, l, h)
	} else if cap(l.entries) < all {
		l.entries = append(makeEntries(all), l.entries...)
	}
	l.entries = merge(l.entries, entries)
	l.index()
}

// merge adds entries to others, both in the order of their hashes; those that were there come first among equals.
func merge(to, entries []Entry) []Entry {
	i := len(to) - 1
	to = append(to, entries...) // room for them; from behind, nothing is moved twice
	for k, j := len(to)-1, len(entries)-1; j >= 0; k-- {
		if i >= 0 && to[i].hash > entries[j].hash {
			to[k] = to[i]
			i--
		} else {
			to[k] = entries[j]
			j--
		}
	}
	return to
}
