package store

import "unsafe"

// A text holds the bytes of a string that commands change in place: APPEND, SETRANGE, SETBIT, BITFIELD, PFADD. Like an
// object it names a writer: under that writer the bytes may be changed, else they may be shared with a snapshot. It
// has room to grow, so that a string which grows by small steps is not copied at each.
type text struct {
	writer *writer
	bytes  []byte
}

// textMin is the shortest string, in bytes, that gets a text: those below are cheaper to write anew at every change.
const textMin = 128

// EditString makes the string at key, which must be there, a raw one of at least size bytes, with zeros where it had
// none, and returns them for changing in place. They are good until the next change of the database.
//
// Source: redis/src/db.c, dbUnshareStringValue; sds.c, sdsgrowzero.
func (db *DB) EditString(key []byte, size int) []byte {
	e := db.Edit(key)
	if e == nil || e.Value.kind != String {
		panic("store: only a string can be edited as one")
	}
	v := e.Value
	before := v.noted()
	defer func() {
		e.Value.access = v.access
		db.bytes += e.Value.noted() - before
	}()
	size = max(size, v.Len())
	if size < textMin {
		b := make([]byte, size)
		v.AppendTo(b[:0])
		e.Value = bytesValue(unsafe.String(unsafe.SliceData(b), size), Raw)
		return b
	}
	t := v.editable()
	if t == nil || t.writer != db.writer {
		t = &text{writer: db.writer, bytes: make([]byte, size)}
		v.AppendTo(t.bytes[:0])
	} else if more := size - len(t.bytes); more > 0 {
		t.bytes = append(t.bytes, make([]byte, more)...)
	}
	e.Value = Value{ptr: unsafe.Pointer(t), n: int64(size), enc: Raw, grown: true}
	return t.bytes
}

// editable returns the text that the value points to, or nil.
func (v Value) editable() *text {
	if !v.grown {
		return nil
	}
	return (*text)(v.ptr)
}

// CopyKey gives the key to in database j what the key from in database i holds, which must be there, with its expiry,
// in time that does not depend on the size. Both share what they hold until one of them is changed.
func (s *Store) CopyKey(i int, from []byte, j int, to []byte) {
	e := s.dbs[i].Get(from)
	if e == nil {
		panic("store: there is no key to be copied")
	}
	v, at := e.Value, e.ExpireAt
	if v.kind != String || v.grown {
		// From now on nobody may change in place what is there: as with a snapshot, but for all databases, because parts
		// that were written in one may have been moved to another.
		for i := range s.dbs {
			s.dbs[i].writer = nil
		}
	}
	s.dbs[j].Set(to, v, at)
}
