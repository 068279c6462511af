package store

import "unsafe"

// A value of many elements is an object that the Value points to: a *ListValue, *SetValue, *ZSetValue, *HashValue or
// *StreamValue. Objects follow the same rule as the nodes of a database: one that names the database's writer may be
// changed in place, any other one may be shared with a snapshot. [DB.Edit] hands out an entry whose object may be
// changed, and copies it first where that is needed: the struct alone, since what it holds is shared and copied in
// parts in turn.

// objectValue returns a value that points to an object.
func objectValue(kind Kind, p unsafe.Pointer) Value { return Value{kind: kind, ptr: p} }

// List returns the list that v is, or nil when it is something else. It may be read; to change it, see [DB.Edit].
func (v Value) List() *ListValue { return asObject[ListValue](v, List) }

// Set returns the set that v is, or nil when it is something else.
func (v Value) Set() *SetValue { return asObject[SetValue](v, Set) }

// ZSet returns the sorted set that v is, or nil when it is something else.
func (v Value) ZSet() *ZSetValue { return asObject[ZSetValue](v, ZSet) }

// Hash returns the hash that v is, or nil when it is something else.
func (v Value) Hash() *HashValue { return asObject[HashValue](v, Hash) }

// Stream returns the stream that v is, or nil when it is something else.
func (v Value) Stream() *StreamValue { return asObject[StreamValue](v, Stream) }

func asObject[T any](v Value, kind Kind) *T {
	if v.kind != kind || v.ptr == nil {
		return nil
	}
	return (*T)(v.ptr)
}

// Edit returns the entry of key for changing its object in place, or nil where there is none. The pointers are good
// until the next change of the database by other means.
func (db *DB) Edit(key []byte) *Entry {
	h := hash(key)
	l := db.leaf(h)
	if l == nil {
		return nil
	}
	i := l.find(h, key)
	if i < 0 {
		return nil
	}
	if l.writer != db.writer || db.writer == nil {
		l = db.own(l, h, 0)
	}
	e := &l.entries[i]
	e.Value = e.Value.own(db.writer)
	db.noteEdit(e.Key)
	return e
}

// own returns a value whose object w may change in place.
func (v Value) own(w *writer) Value {
	switch v.kind {
	case List:
		v.ptr = unsafe.Pointer(v.List().own(w))
	case Set:
		v.ptr = unsafe.Pointer(v.Set().own(w))
	case ZSet:
		v.ptr = unsafe.Pointer(v.ZSet().own(w))
	case Hash:
		v.ptr = unsafe.Pointer(v.Hash().own(w))
	case Stream:
		v.ptr = unsafe.Pointer(v.Stream().own(w))
	}
	return v
}

// objectEncoding is Encoding for a value that is an object.
func (v Value) objectEncoding() Encoding {
	switch v.kind {
	case List:
		return v.List().encoding()
	case Set:
		return v.Set().encoding()
	case ZSet:
		return v.ZSet().encoding()
	case Hash:
		return v.Hash().encoding()
	}
	return v.Stream().encoding()
}

// addObject takes an object's content into a digest.
func (d *digest) addObject(v Value) {
	switch v.kind {
	case List:
		v.List().digest(d)
	case Set:
		v.Set().digest(d)
	case ZSet:
		v.ZSet().digest(d)
	case Hash:
		v.Hash().digest(d)
	case Stream:
		v.Stream().digest(d)
	}
}
