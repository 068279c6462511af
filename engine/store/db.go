package store

import (
	"iter"
	"math/bits"
	"math/rand/v2"
)

// An Entry is a key with what it holds. A pointer to one that was handed out is read-only, and good until the next
// change of its database.
type Entry struct {
	Key      string
	hash     uint64 // beside the key, because a search reads both and nothing else
	Value    Value
	ExpireAt int64 // Unix milliseconds; 0 = never
}

// Expired reports whether the key's time has passed: a key still lives in the millisecond of its expiry.
//
// Source: redis/src/db.c, keyIsExpired.
func (e *Entry) Expired(nowMillis int64) bool { return e.ExpireAt != 0 && nowMillis > e.ExpireAt }

// A DB is one database. It never expires a key by itself: what is due is for its user to ask and to delete.
type DB struct {
	root     node // nil while no key was ever set
	writer   *writer
	volatile int
	bytes    int64  // see Bytes
	usage    *usage // nil in the tables inside values
}

// Len returns the number of keys, the expired ones that are still there included.
func (db *DB) Len() int {
	if db.root == nil {
		return 0
	}
	return db.root.keys()
}

// Volatile returns the number of keys that have an expiry.
func (db *DB) Volatile() int { return db.volatile }

// Get returns the entry of key, or nil where there is none. It does not look at the expiry.
func (db *DB) Get(key []byte) *Entry {
	h := hash(key)
	l := db.leaf(h)
	if l == nil {
		return nil
	}
	i := l.find(h, key)
	if i < 0 {
		return nil
	}
	return &l.entries[i]
}

// Set gives key a value and an expiry, in Unix milliseconds or 0 for never, in place of what it had.
// It copies key when that is new, and allocates nothing when it is not, except for the first change of a leaf
// after a snapshot.
func (db *DB) Set(key []byte, v Value, expireAt int64) {
	h := hash(key)
	l := db.leaf(h)
	i := -1
	if l != nil {
		i = l.find(h, key)
	}
	if i < 0 {
		db.insert(h, key, v, expireAt)
		return
	}
	l = db.own(l, h, expireAt)
	e := &l.entries[i]
	db.volatile += volatile(expireAt) - volatile(e.ExpireAt)
	v = db.stamped(v, e)
	db.bytes += v.noted() - e.Value.noted()
	e.Value, e.ExpireAt = v, expireAt
}

// SetExpire gives key another expiry, in Unix milliseconds or 0 for never, and reports whether the key exists.
func (db *DB) SetExpire(key []byte, at int64) bool {
	h := hash(key)
	l := db.leaf(h)
	if l == nil {
		return false
	}
	i := l.find(h, key)
	if i < 0 {
		return false
	}
	l = db.own(l, h, at)
	e := &l.entries[i]
	db.volatile += volatile(at) - volatile(e.ExpireAt)
	e.ExpireAt = at
	return true
}

// Delete removes key and reports whether it was there.
func (db *DB) Delete(key []byte) bool {
	h := hash(key)
	l := db.leaf(h)
	if l == nil {
		return false
	}
	i := l.find(h, key)
	if i < 0 {
		return false
	}
	db.volatile -= volatile(l.entries[i].ExpireAt)
	db.bytes -= l.entries[i].noted()
	db.remove(h, i)
	return true
}

// Clear removes every key.
func (db *DB) Clear() {
	if db.usage != nil {
		db.usage.edited = nil
	}
	*db = DB{usage: db.usage}
}

// All yields every entry in the order of the hashes. The database must not be changed meanwhile; a snapshot of it
// may be walked instead.
func (db *DB) All() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		walk(db.root, 0, func(l *leaf) bool {
			for i := range l.entries {
				if !yield(&l.entries[i]) {
					return false
				}
			}
			return true
		})
	}
}

// Scan calls f for count entries, or a few more where hashes collide, beginning at cursor: 0 for the first call,
// then what the call before returned, until that is 0 again. Keys that are there from the first call to the last
// are visited once, whatever is changed between the calls; f itself must not change the database.
//
// Cursors are hashes with their bits in reverse order and cut as short as possible, so that those of a small database
// are small numbers, as in Redis. Every number is a valid cursor.
func (db *DB) Scan(cursor uint64, count int, f func(*Entry)) (next uint64) {
	from := bits.Reverse64(cursor)
	var last uint64
	visited := 0
	walk(db.root, from, func(l *leaf) bool {
		for i := l.seek(from); i < len(l.entries); i++ {
			e := &l.entries[i]
			if visited >= count && visited > 0 && e.hash != last {
				// Any number above last and up to e.hash continues here. The one with the fewest leading bits
				// is e.hash up to the first bit in which the two differ.
				low := uint64(1)<<(bits.Len64(e.hash^last)-1) - 1
				next = bits.Reverse64(e.hash &^ low)
				return false
			}
			f(e)
			last = e.hash
			visited++
		}
		return true
	})
	return next
}

// Random returns an entry, each with the same probability, or nil where there is none. The choice depends on r and
// the keys alone.
func (db *DB) Random(r *rand.Rand) *Entry {
	if db.Len() == 0 {
		return nil
	}
	rank := r.IntN(db.Len())
	n := db.root
	for {
		in, ok := n.(*inner)
		if !ok {
			break
		}
		for i := 0; ; i += in.span(i) {
			if n = in.slots[i]; rank < n.keys() {
				break
			}
			rank -= n.keys()
		}
	}
	return &n.(*leaf).entries[rank]
}

// volatile is what a key with this expiry adds to the number of volatile keys.
func volatile(expireAt int64) int {
	if expireAt == 0 {
		return 0
	}
	return 1
}
