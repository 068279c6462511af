package store

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"unsafe"
)

// A SetValue is a set. A small one that holds nothing but integers is a sorted list of them, an intset in Redis; any
// other one is a database of its own, and stays that. A set that is in no database yet may be changed as it is; one
// that is, only by way of [DB.Edit].
type SetValue struct {
	writer *writer // whose changes may be made in place
	// ints holds the members while there is no table. Those of another set are shared until they are owned.
	ints  []int64
	owned bool
	large bool
	width uint8 // bytes of each integer in an intset: as the widest that was ever in it needs; 0 = 2
	table DB    // members as keys, without values
}

// NewSet returns an empty set, for a new key: fill it, then see [DB.Set].
func NewSet() *SetValue { return &SetValue{owned: true} }

// Value returns the value that holds the set.
func (x *SetValue) Value() Value { return objectValue(Set, unsafe.Pointer(x)) }

// Clone returns a set with the same members, in constant time. Neither sees the changes of the other.
func (x *SetValue) Clone() *SetValue {
	x.writer, x.owned, x.table.writer = nil, false, nil
	twin := *x
	return &twin
}

// own returns a set with the same elements that w may change in place.
func (x *SetValue) own(w *writer) *SetValue {
	if x.writer == w {
		return x
	}
	twin := *x
	// The table finds a writer of its own: w may be the name of nodes that a clone shares.
	twin.writer, twin.owned, twin.table.writer = w, false, nil
	return &twin
}

func (x *SetValue) encoding() Encoding {
	if x.large {
		return HashTable
	}
	return IntSet
}

func (x *SetValue) digest(d *digest) {
	for m := range x.All() {
		var text [intTextMax]byte
		if m.enc == Int {
			d.xor(sha1(m.AppendTo(text[:0])))
		} else {
			d.xor(sha1(view(m.text())))
		}
	}
}

// Len returns the number of members.
func (x *SetValue) Len() int {
	if x.large {
		return x.table.Len()
	}
	return len(x.ints)
}

// Has reports whether the set has the member.
func (x *SetValue) Has(member []byte) bool {
	if x.large {
		return x.table.Get(member) != nil
	}
	n, ok := parseInt(member)
	if !ok {
		return false
	}
	_, ok = slices.BinarySearch(x.ints, n)
	return ok
}

// HasValue is Has for a member of another set, as [SetValue.All] yields it.
func (x *SetValue) HasValue(member Value) bool {
	if member.enc != Int {
		return x.Has(view(member.text()))
	}
	if x.large {
		var text [intTextMax]byte
		return x.table.Get(member.AppendTo(text[:0])) != nil
	}
	_, ok := slices.BinarySearch(x.ints, member.n)
	return ok
}

// Add adds a member, which it copies, and reports whether it is new. The set takes its large form when the member is
// no integer, or when there are more than the limit.
//
// Source: redis/src/t_set.c, setTypeAdd.
func (x *SetValue) Add(member []byte, limits *Limits) bool {
	if !x.large {
		if n, ok := parseInt(member); ok {
			return x.addInt(n, limits)
		}
		x.grow()
	}
	return x.addText(member)
}

// AddValue is Add for a member of another set, as [SetValue.All] yields it.
func (x *SetValue) AddValue(member Value, limits *Limits) bool {
	if member.enc != Int {
		return x.Add(view(member.text()), limits)
	}
	if x.large {
		var text [intTextMax]byte
		return x.addText(member.AppendTo(text[:0]))
	}
	return x.addInt(member.n, limits)
}

func (x *SetValue) addText(member []byte) bool {
	before := x.table.Len()
	x.table.Set(member, Value{}, 0)
	return x.table.Len() > before
}

// intsetMax is the most that an intset holds in Redis, whatever the configuration says.
const intsetMax = 1 << 30

func (x *SetValue) addInt(n int64, limits *Limits) bool {
	i, ok := slices.BinarySearch(x.ints, n)
	if ok {
		return false
	}
	x.ownInts(1)
	x.ints = slices.Insert(x.ints, i, n)
	x.Widen(intWidth(n))
	if len(x.ints) > min(limits.SetIntsetEntries, intsetMax) {
		x.grow()
	}
	return true
}

// intWidth returns how many bytes an integer takes in an intset.
func intWidth(n int64) int {
	switch {
	case n >= math.MinInt16 && n <= math.MaxInt16:
		return 2
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return 4
	}
	return 8
}

// Expect prepares a new set for n members: when those are more than the limit, it takes its large form at once.
func (x *SetValue) Expect(n uint64, limits *Limits) {
	if !x.large && n > uint64(max(min(limits.SetIntsetEntries, intsetMax), 0)) {
		x.grow()
	}
}

// grow gives a small set its large form.
func (x *SetValue) grow() {
	var text [intTextMax]byte
	for _, n := range x.ints {
		x.table.Set(IntValue(n).AppendTo(text[:0]), Value{}, 0)
	}
	x.ints, x.large = nil, true
}

// ownInts makes the members of a small set its own, with room for some more.
func (x *SetValue) ownInts(more int) {
	if !x.owned {
		x.ints, x.owned = append(make([]int64, 0, len(x.ints)+more), x.ints...), true
	}
}

// Remove removes a member and reports whether it was there. An emptied set is for its user to delete.
func (x *SetValue) Remove(member []byte) bool {
	if x.large {
		return x.table.Delete(member)
	}
	n, ok := parseInt(member)
	return ok && x.removeInt(n)
}

// RemoveValue is Remove for a member of another set, as [SetValue.All] yields it, or of this one.
func (x *SetValue) RemoveValue(member Value) bool {
	if member.enc != Int {
		return x.Remove(view(member.text()))
	}
	if x.large {
		var text [intTextMax]byte
		return x.table.Delete(member.AppendTo(text[:0]))
	}
	return x.removeInt(member.n)
}

func (x *SetValue) removeInt(n int64) bool {
	i, ok := slices.BinarySearch(x.ints, n)
	if !ok {
		return false
	}
	x.ownInts(0)
	x.ints = slices.Delete(x.ints, i, i+1)
	return true
}

// All yields every member, a string: those of a small set from the smallest to the largest. The set must not be
// changed meanwhile.
func (x *SetValue) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if x.large {
			for e := range x.table.All() {
				if !yield(bytesValue(e.Key, Raw)) {
					return
				}
			}
			return
		}
		for _, n := range x.ints {
			if !yield(IntValue(n)) {
				return
			}
		}
	}
}

// Scan calls f for count members, as [DB.Scan] does; for all of a small set at once, whatever the cursor.
//
// Source: redis/src/db.c, scanGenericCommand.
func (x *SetValue) Scan(cursor uint64, count int, f func(member Value)) (next uint64) {
	if x.large {
		return x.table.Scan(cursor, count, func(e *Entry) { f(bytesValue(e.Key, Raw)) })
	}
	for _, n := range x.ints {
		f(IntValue(n))
	}
	return 0
}

// Random returns a member, each with the same probability. There has to be one.
func (x *SetValue) Random(r *rand.Rand) Value {
	if x.large {
		return bytesValue(x.table.Random(r).Key, Raw)
	}
	return IntValue(x.ints[r.IntN(len(x.ints))])
}

// Ints returns the members of a small set in order, for reading only, and how many bytes each takes in Redis's intset:
// that is never made narrower again.
func (x *SetValue) Ints() (sorted []int64, width int) { return x.ints, max(int(x.width), 2) }

// Widen makes the integers of an intset that many bytes wide, if they are not already.
func (x *SetValue) Widen(width int) { x.width = max(x.width, uint8(width)) }
