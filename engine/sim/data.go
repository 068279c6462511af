package sim

import (
	"cmp"
	"slices"
	"strconv"

	"resync/engine/store"
)

// A KeyState is how a key of one node stands to the same key of another.
type KeyState byte

// The states of a key, the most remarkable first.
const (
	KeyMissing KeyState = iota // only the other has it
	KeyExtra                   // only this one has it
	KeyDiffers                 // both have it, with other values or times to live
	KeyExpired                 // its time is over on this node's clock, and it is still there: a replica waits for its master
	KeySame
)

// String names the state in a word.
func (s KeyState) String() string {
	return [...]string{"missing", "extra", "differs", "expired", "same"}[s]
}

// A KeyView is one key of a node.
type KeyView struct {
	DB       int
	Key      string
	Type     string // as TYPE says it
	Value    string // its beginning, quoted, or how many elements it has
	ExpireAt int64  // Unix time in milliseconds, or 0
	State    KeyState
}

// MaxKeys is how many keys of both nodes together are compared at most.
const (
	MaxKeys  = 40_000
	maxValue = 60
)

// Keys are the keys of a node that is up, and how they stand to those of another, such as its master; with "" or one that
// is down they are the same. The most remarkable come first, then they are in the order of databases and names. It
// reports false when there are more than MaxKeys: then there are none. It reads every key.
func (w *World) Keys(name, other string) (keys []KeyView, ok bool) {
	h, o := w.find(name), w.find(other)
	if h == nil || h.node == nil {
		return nil, true
	}
	own := h.node.Store()
	var theirs *store.Store
	if o != nil && o.node != nil {
		theirs = o.node.Store()
	}
	now := h.clock(w.now).Millis()
	for i := range own.Databases() {
		total := own.DB(i).Len()
		if theirs != nil && i < theirs.Databases() {
			total += theirs.DB(i).Len()
		}
		if len(keys)+total > MaxKeys {
			return nil, false
		}
		for e := range own.DB(i).All() {
			v := viewKey(i, e)
			switch their := find(theirs, i, e.Key); {
			case theirs != nil && their == nil:
				v.State = KeyExtra
			case theirs != nil && !sameEntry(e, their):
				v.State = KeyDiffers
			case e.Expired(now):
				v.State = KeyExpired
			}
			keys = append(keys, v)
		}
		if theirs == nil || i >= theirs.Databases() {
			continue
		}
		for e := range theirs.DB(i).All() {
			if own.DB(i).Get([]byte(e.Key)) == nil {
				v := viewKey(i, e)
				v.State = KeyMissing
				keys = append(keys, v)
			}
		}
	}
	slices.SortFunc(keys, func(a, b KeyView) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.DB, b.DB), cmp.Compare(a.Key, b.Key))
	})
	return keys, true
}

func find(s *store.Store, db int, key string) *store.Entry {
	if s == nil || db >= s.Databases() {
		return nil
	}
	return s.DB(db).Get([]byte(key))
}

// sameEntry compares two values and their times to live.
func sameEntry(a, b *store.Entry) bool {
	return a.ExpireAt == b.ExpireAt && hasher(0).value(a.Value).end() == hasher(0).value(b.Value).end()
}

func viewKey(db int, e *store.Entry) KeyView {
	return KeyView{DB: db, Key: e.Key, Type: e.Value.Kind().String(), Value: preview(e.Value), ExpireAt: e.ExpireAt, State: KeySame}
}

// preview is the beginning of a string, or how many elements a value has.
func preview(v store.Value) string {
	n, noun := 0, ""
	switch v.Kind() {
	case store.List:
		n, noun = v.List().Len(), "element"
	case store.Set:
		n, noun = v.Set().Len(), "member"
	case store.ZSet:
		n, noun = v.ZSet().Len(), "member"
	case store.Hash:
		n, noun = v.Hash().Len(), "field"
	case store.Stream:
		if n = int(v.Stream().Len()); n != 1 {
			return strconv.Itoa(n) + " entries"
		}
		return "1 entry"
	default:
		text := v.Str()
		if len(text) > maxValue {
			return Quote(text[:maxValue-1]) + "…"
		}
		return Quote(text)
	}
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
