package store

import (
	"iter"
	"slices"
	"unsafe"
)

// What a database weighs is kept beside it as it changes, so that asking costs nothing, a snapshot stays O(1), and
// equal histories give equal numbers on every machine: it is a sum over what is stored, and not what an allocator says.
// An object that was handed out for changing is weighed again when somebody asks.

// usage is what a database of a Store knows beside its keys. The tables inside hashes and sets have none.
type usage struct {
	edited []string // keys whose objects may have changed since they were weighed
	stamp  uint32   // what the access clock of a new value says
	lfu    bool     // it counts uses, and a value that replaces another one goes on with its count
}

const (
	entryBytes = int64(unsafe.Sizeof(Entry{}))
	// trieBytes is what the nodes above an entry add to it: a leaf is three quarters full.
	trieBytes = entryBytes/3 + 8
	// editedMax bounds the keys that wait to be weighed.
	editedMax = 64
	// sampled is how many elements an average is taken from.
	sampled = 5
)

// Bytes returns what the keys and values take in memory, about.
func (db *DB) Bytes() int64 {
	db.weigh()
	return db.bytes
}

// Bytes returns what the keys and values of all databases take in memory, about.
func (s *Store) Bytes() int64 {
	sum := int64(0)
	for i := range s.dbs {
		sum += s.dbs[i].Bytes()
	}
	return sum
}

// Bytes returns what the entry takes in memory, with an average over so many elements of an aggregate; 0 means all.
func (e *Entry) Bytes(samples int) int64 {
	return entryBytes + trieBytes + text8(len(e.Key)) + e.Value.bytes(samples)
}

// Parts returns how many pieces of memory the value would be freed in, if it were Redis's, about.
//
// Source: redis/src/lazyfree.c, lazyfreeGetFreeEffort.
func (v Value) Parts() int {
	switch v.kind {
	case List:
		return v.List().nodes.len()
	case Stream:
		x, parts := v.Stream(), 0
		for _, g := range x.groups {
			parts += 1 + g.PendingLen()
		}
		return x.TreeNodes() + parts
	}
	switch v.Encoding() {
	case HashTable:
		if v.kind == Hash {
			return v.Hash().Len()
		}
		return v.Set().Len()
	case SkipList:
		return v.ZSet().Len()
	}
	return 1
}

// noteEdit remembers that the object of a key may be changed now.
func (db *DB) noteEdit(key string) {
	u := db.usage
	if u == nil {
		return
	}
	if n := len(u.edited); n > 0 && unsafe.StringData(u.edited[n-1]) == unsafe.StringData(key) {
		return
	} else if n == editedMax {
		// The youngest are still being changed: they go on waiting.
		db.weighFirst(editedMax / 2)
	}
	u.edited = append(u.edited, key)
}

// weigh brings the weight of what was edited up to date. The weight of an object is noted beside it, so whatever is
// taken away later is what was once added.
func (db *DB) weigh() {
	if db.usage != nil && len(db.usage.edited) > 0 {
		db.weighFirst(len(db.usage.edited))
	}
}

// weighFirst does so for the n keys that wait longest.
func (db *DB) weighFirst(n int) {
	u := db.usage
	for _, key := range u.edited[:n] {
		h := hash(view(key))
		l := db.leaf(h)
		if l == nil {
			continue
		}
		i := l.find(h, view(key))
		if i < 0 || l.entries[i].Value.kind == String {
			continue
		}
		if now := l.entries[i].Value.bytes(sampled); now != l.entries[i].Value.n {
			l = db.own(l, h, 0)
			v := &l.entries[i].Value
			db.bytes += now - v.n
			v.n = now
		}
	}
	u.edited = slices.Delete(u.edited, 0, n)
}

// weighed returns v as it is stored: an object knows what it weighs.
func (v Value) weighed() Value {
	if v.kind != String {
		v.n = v.bytes(sampled)
	}
	return v
}

// noted is what was added to the database's weight for the value.
func (v Value) noted() int64 {
	if v.kind == String && v.enc == Int {
		return 0
	}
	if v.kind == String {
		return text8(int(v.n))
	}
	return v.n
}

// noted is what was added to the database's weight for the entry.
func (e *Entry) noted() int64 {
	return entryBytes + trieBytes + text8(len(e.Key)) + e.Value.noted()
}

// text8 is what so many bytes take in an allocator of eight bytes' grain.
func text8(n int) int64 { return int64(n+7) &^ 7 }

// bytes weighs a value by so many of its elements; 0 means all.
func (v Value) bytes(samples int) int64 {
	switch v.kind {
	case String:
		return v.noted()
	case List:
		return v.List().bytes(samples)
	case Set:
		return v.Set().bytes(samples)
	case ZSet:
		return v.ZSet().bytes(samples)
	case Hash:
		return v.Hash().bytes(samples)
	}
	return v.Stream().bytes(samples)
}

// averageOf is the weight of n elements, judged by the first of them.
func averageOf(n, samples int, sizes iter.Seq[int64]) int64 {
	if n == 0 {
		return 0
	}
	sum, seen := int64(0), 0
	for size := range sizes {
		sum += size
		if seen++; seen == samples || seen == n {
			break
		}
	}
	if seen == 0 {
		return 0
	}
	return sum * int64(n) / int64(seen)
}

func (x *ListValue) bytes(samples int) int64 {
	return int64(unsafe.Sizeof(*x)) + averageOf(x.nodes.len(), samples, func(yield func(int64) bool) {
		for k := range x.nodes.len() {
			n := x.nodes.at(k)
			if !yield(int64(unsafe.Sizeof(*n)) + text8(len(n.pack))) {
				return
			}
		}
	})
}

func (x *SetValue) bytes(int) int64 {
	return int64(unsafe.Sizeof(*x)) + int64(len(x.ints))*8 + x.table.bytes
}

func (x *HashValue) bytes(samples int) int64 {
	return int64(unsafe.Sizeof(*x)) + x.table.bytes + averageOf(len(x.small), samples, func(yield func(int64) bool) {
		for i := range x.small {
			f := &x.small[i]
			if !yield(int64(unsafe.Sizeof(*f)) + text8(len(f.name)) + f.value.noted()) {
				return
			}
		}
	})
}

func (x *ZSetValue) bytes(samples int) int64 {
	const entry = int64(unsafe.Sizeof(ZEntry{}))
	// The order and the table share the texts of the members, which the table counts.
	return int64(unsafe.Sizeof(*x)) + x.scores.bytes + int64(x.order.len())*entry +
		averageOf(len(x.small), samples, func(yield func(int64) bool) {
			for i := range x.small {
				if !yield(entry + text8(len(x.small[i].Member))) {
					return
				}
			}
		})
}

func (x *StreamValue) bytes(samples int) int64 {
	sum := int64(unsafe.Sizeof(*x)) + averageOf(x.nodes.len(), samples, func(yield func(int64) bool) {
		for i := range x.nodes.len() {
			n := x.nodes.at(i)
			if !yield(int64(unsafe.Sizeof(*n)) + text8(len(n.pack))) {
				return
			}
		}
	})
	for _, g := range x.groups {
		sum += int64(unsafe.Sizeof(*g)) + text8(len(g.Name)) + int64(g.pending.len())*2*int64(unsafe.Sizeof(StreamPending{}))
		for _, c := range g.consumers {
			sum += int64(unsafe.Sizeof(*c)) + text8(len(c.Name))
		}
	}
	return sum
}
