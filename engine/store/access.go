package store

import (
	"iter"
	"math/rand/v2"
)

// Every value carries 24 bits that say when it was used, or how often, for eviction and OBJECT IDLETIME and FREQ. They
// are read off a clock that the server sets, since a database has no time of its own.
//
//	LRU   23                                0
//	      └── seconds, modulo 2^24 ─────────┘
//	LFU   23                   8 7          0
//	      └── minutes % 2^16 ──┘ └─ counter ┘
//
// Source: redis/src/evict.c.

const (
	accessMask = 1<<24 - 1
	lfuInitial = 5 // uses that a new value is credited with, so that it is not evicted at once
)

// LRUStamp returns what the access clock says at a moment when it tells time.
func LRUStamp(seconds int64) uint32 { return uint32(seconds) & accessMask }

// LFUStamp returns what the access clock says at a moment for a value with so many uses.
func LFUStamp(seconds int64, uses uint8) uint32 {
	return uint32(seconds/60)&0xffff<<8 | uint32(uses)
}

// SetClock tells all databases what the time is for values that are set from now on, and whether uses are counted.
func (s *Store) SetClock(seconds int64, lfu bool) {
	stamp := LRUStamp(seconds)
	if lfu {
		stamp = LFUStamp(seconds, lfuInitial)
	}
	for i := range s.dbs {
		u := s.dbs[i].usage
		u.stamp, u.lfu = stamp, lfu
	}
}

// Access returns the value's access clock.
func (v Value) Access() uint32 { return v.access }

// IdleStamp returns what the access clock of a value says that was last used so many seconds ago, when it tells time.
//
// Source: redis/src/object.c, objectSetLRUOrLFU.
func IdleStamp(nowSeconds, idle int64) uint32 {
	then := int64(LRUStamp(nowSeconds)) - idle
	if then < 0 { // before the clock began anew
		then += accessMask
	}
	return uint32(then) & accessMask
}

// Idle returns for how many seconds the value was not used, by a clock of the LRU form. After 194 days it begins anew.
//
// Source: redis/src/evict.c, estimateObjectIdleTime, which loses a second there.
func (v Value) Idle(nowSeconds int64) int64 {
	now, then := int64(LRUStamp(nowSeconds)), int64(v.access)
	if now < then {
		now += accessMask
	}
	return now - then
}

// Frequency returns the logarithmic counter of uses, by a clock of the LFU form: less by one for every decayMinutes
// that went by, unless these are 0.
//
// Source: redis/src/evict.c, LFUDecrAndReturn.
func (v Value) Frequency(nowSeconds int64, decayMinutes int) uint8 {
	uses := v.access & 0xff
	if decayMinutes == 0 {
		return uint8(uses)
	}
	passed := (uint32(nowSeconds/60) - v.access>>8) & 0xffff / uint32(decayMinutes)
	return uint8(uses - min(passed, uses))
}

// SetAccess sets the access clock of a key, where that is there.
func (db *DB) SetAccess(key []byte, access uint32) {
	h := hash(key)
	l := db.leaf(h)
	if l == nil {
		return
	}
	i := l.find(h, key)
	if i < 0 || l.entries[i].Value.access == access {
		return
	}
	db.own(l, h, 0).entries[i].Value.access = access
}

// stamped returns the value as it is stored in the place of old, which may be nil.
func (db *DB) stamped(v Value, old *Entry) Value {
	if u := db.usage; u != nil {
		if v.access = u.stamp; u.lfu && old != nil {
			v.access = old.Value.access
		}
	}
	return v.weighed()
}

// RandomVolatile returns some entry that has an expiry, or nil where there is none. The choice depends on r and the
// keys alone; keys behind a gap of others are likelier.
func (db *DB) RandomVolatile(r *rand.Rand) *Entry {
	if db.volatile == 0 {
		return nil
	}
	from := r.Uint64()
	found := firstVolatile(db.root, from)
	if found == nil {
		found = firstVolatile(db.root, 0)
	}
	return found
}

// firstVolatile returns the first entry with an expiry beneath n whose hash is from or higher.
func firstVolatile(n node, from uint64) (found *Entry) {
	walk(n, from, func(l *leaf) bool {
		if l.bound == never {
			return true
		}
		for i := l.seek(from); i < len(l.entries); i++ {
			if l.entries[i].ExpireAt != 0 {
				found = &l.entries[i]
				return false
			}
		}
		return true
	})
	return found
}

// FromVolatile yields the entries that have an expiry, and looks only at the parts of the database where there are any.
// The database must not be changed meanwhile.
func (db *DB) FromVolatile() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		if db.volatile == 0 {
			return
		}
		walk(db.root, 0, func(l *leaf) bool {
			if l.bound == never {
				return true
			}
			for i := range l.entries {
				if l.entries[i].ExpireAt != 0 && !yield(&l.entries[i]) {
					return false
				}
			}
			return true
		})
	}
}
