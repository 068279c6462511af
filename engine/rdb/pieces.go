package rdb

import "resync/engine/store"

// pieces writes a value of many elements a part at a time, so that a snapshot of a huge one takes no more memory than a
// part. A kind of value is one implementation, in a file of its own, and a row in typeOf and newPieces.
type pieces interface {
	// next appends the next part, some KiB at most beside a single element, and reports whether there is more. The
	// compressor is nil where nothing is to be compressed.
	next(dst []byte, c *Compressor) (_ []byte, more bool)
	// clone returns one that goes on from the same place.
	clone() pieces
}

// typeOf returns the byte that begins a key with this value.
func typeOf(v store.Value) byte {
	switch v.Kind() {
	case store.String:
		return typeString
	case store.List:
		return typeListNodes
	case store.Set:
		return typeOfSet(v.Set())
	case store.ZSet:
		return typeOfZSet(v.ZSet())
	case store.Hash:
		return typeOfHash(v.Hash())
	case store.Stream:
		return typeStream2
	}
	panic("rdb: there is no form for a value of kind " + v.Kind().String())
}

// newPieces returns what writes the value, which is no string.
func newPieces(v store.Value) pieces {
	switch v.Kind() {
	case store.List:
		return &listPieces{list: v.List()}
	case store.Set:
		return &setPieces{set: v.Set()}
	case store.ZSet:
		return &zsetPieces{zset: v.ZSet(), left: -1}
	case store.Hash:
		return &hashPieces{hash: v.Hash()}
	case store.Stream:
		return newStreamPieces(v.Stream())
	}
	panic("rdb: there is no form for a value of kind " + v.Kind().String())
}
