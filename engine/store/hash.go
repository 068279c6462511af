package store

import (
	"iter"
	"math/rand/v2"
	"slices"
	"unsafe"
)

// A HashValue is a hash. A small one is a list of fields in the order in which they came, which is a listpack in Redis;
// one that has outgrown the limits is a database of its own, for good. A hash that is in no database yet may be changed
// as it is; one that is, only by way of [DB.Edit].
type HashValue struct {
	writer *writer // whose changes may be made in place
	// small holds the fields while there is no table. Those of another hash are shared until they are owned.
	small []hashField
	owned bool
	large bool
	table DB // fields as keys
}

// A hashField is a field of a small hash, with what it holds: a string.
type hashField struct {
	name  string
	value Value
}

// NewHash returns an empty hash, for a new key: fill it, then see [DB.Set].
func NewHash() *HashValue { return &HashValue{owned: true} }

// Value returns the value that holds the hash.
func (x *HashValue) Value() Value { return objectValue(Hash, unsafe.Pointer(x)) }

// Clone returns a hash with the same fields, in constant time. Neither sees the changes of the other.
func (x *HashValue) Clone() *HashValue {
	x.writer, x.owned, x.table.writer = nil, false, nil
	twin := *x
	return &twin
}

// own returns a hash with the same elements that w may change in place.
func (x *HashValue) own(w *writer) *HashValue {
	if x.writer == w {
		return x
	}
	twin := *x
	// The table finds a writer of its own: w may be the name of nodes that a clone shares.
	twin.writer, twin.owned, twin.table.writer = w, false, nil
	return &twin
}

func (x *HashValue) encoding() Encoding {
	if x.large {
		return HashTable
	}
	return Listpack
}

func (x *HashValue) digest(d *digest) {
	for name, value := range x.All() {
		var field digest
		field.mix(name)
		var text [intTextMax]byte
		if value.enc == Int {
			field.mixBytes(value.AppendTo(text[:0]))
		} else {
			field.mix(value.text())
		}
		d.xor(sha1(field[:]))
	}
}

// Len returns the number of fields.
func (x *HashValue) Len() int {
	if x.large {
		return x.table.Len()
	}
	return len(x.small)
}

// find returns the index of a field of a small hash, or -1.
func (x *HashValue) find(name []byte) int {
	for i := range x.small {
		if x.small[i].name == string(name) {
			return i
		}
	}
	return -1
}

// Get returns what a field holds, a string, and whether it is there.
func (x *HashValue) Get(name []byte) (v Value, ok bool) {
	if x.large {
		if e := x.table.Get(name); e != nil {
			return e.Value, true
		}
		return Value{}, false
	}
	if i := x.find(name); i >= 0 {
		return x.small[i].value, true
	}
	return Value{}, false
}

// Set gives a field a value, copying both, and reports whether the field is new. The hash takes its large form when
// it exceeds the limits.
//
// Source: redis/src/t_hash.c, hashTypeSet.
func (x *HashValue) Set(name, value []byte, limits *Limits) (created bool) {
	if !x.large && max(len(name), len(value)) > limits.HashListpackValue {
		x.grow()
	}
	if x.large {
		before := x.table.Len()
		x.table.Set(name, StringValue(value), 0)
		return x.table.Len() > before
	}
	i := x.find(name)
	if i < 0 && len(x.small) >= limits.HashListpackEntries {
		x.grow()
		x.table.Set(name, StringValue(value), 0)
		return true
	}
	x.ownSmall()
	if i >= 0 {
		x.small[i].value = StringValue(value)
		return false
	}
	x.small = append(x.small, hashField{string(name), StringValue(value)})
	return true
}

// Expect prepares a new hash for n fields: when those are more than the limit, it takes its large form at once.
func (x *HashValue) Expect(n uint64, limits *Limits) {
	if !x.large && n > uint64(max(limits.HashListpackEntries, 0)) {
		x.grow()
	}
}

// grow gives a small hash its large form.
func (x *HashValue) grow() {
	for i := range x.small {
		x.table.Set(view(x.small[i].name), x.small[i].value, 0)
	}
	x.small, x.large = nil, true
}

// ownSmall makes the fields of a small hash its own.
func (x *HashValue) ownSmall() {
	if !x.owned {
		x.small, x.owned = slices.Clone(x.small), true
	}
}

// Delete removes a field and reports whether it was there. An emptied hash is for its user to delete.
func (x *HashValue) Delete(name []byte) bool {
	if x.large {
		return x.table.Delete(name)
	}
	i := x.find(name)
	if i < 0 {
		return false
	}
	x.ownSmall()
	x.small = slices.Delete(x.small, i, i+1)
	return true
}

// All yields every field and what it holds: those of a small hash in the order in which they came. The hash must not
// be changed meanwhile.
func (x *HashValue) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if x.large {
			for e := range x.table.All() {
				if !yield(e.Key, e.Value) {
					return
				}
			}
			return
		}
		for i := range x.small {
			if !yield(x.small[i].name, x.small[i].value) {
				return
			}
		}
	}
}

// Scan calls f for count fields, as [DB.Scan] does; for all of a small hash at once, whatever the cursor.
//
// Source: redis/src/db.c, scanGenericCommand.
func (x *HashValue) Scan(cursor uint64, count int, f func(name string, v Value)) (next uint64) {
	if x.large {
		return x.table.Scan(cursor, count, func(e *Entry) { f(e.Key, e.Value) })
	}
	for i := range x.small {
		f(x.small[i].name, x.small[i].value)
	}
	return 0
}

// Random returns a field and what it holds, each with the same probability. There has to be one.
func (x *HashValue) Random(r *rand.Rand) (name string, v Value) {
	if x.large {
		e := x.table.Random(r)
		return e.Key, e.Value
	}
	f := &x.small[r.IntN(len(x.small))]
	return f.name, f.value
}
