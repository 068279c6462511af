package rdb

import (
	"math"
	"slices"
	"strconv"

	"resync/engine/store"
)

// The types of hashes. Redis 7.0 writes the first and the listpack; the zipmap is of 2.4, the ziplist of 2.6 to 6.2. The
// ones whose fields may expire are of 7.4 and of its release candidates.
const (
	typeHash                 = 4
	typeHashZipmap           = 9
	typeHashZiplist          = 13
	typeHashListpack         = 16
	typeHashExpiryRC         = 22
	typeHashListpackExpiryRC = 23
	typeHashExpiry           = 24
	typeHashListpackExpiry   = 25
)

// A hashBuilder makes a hash of a count, and fields with their values; with expiring fields, there is the earliest of
// all times in front of that, in milliseconds, and a time in front of each field. Fields that do expire are refused:
// Redis 7.0 has none, and to drop their times would keep them for ever.
type hashBuilder struct {
	kind   byte
	limits *store.Limits
	hash   *store.HashValue
	at     hashPart
	left   uint64 // fields still to come
	name   []byte
}

// hashPart is what a hashBuilder waits for.
type hashPart uint8

const (
	hashEarliest hashPart = iota
	hashCount
	hashTime
	hashName
	hashText
)

func (b *hashBuilder) first() (want, string) {
	b.hash = store.NewHash()
	if b.kind == typeHashExpiry {
		b.at = hashEarliest
		return wantBytes(8), ""
	}
	b.at = hashCount
	return wantLength, ""
}

func (b *hashBuilder) clone() valueBuilder {
	twin := *b
	if b.hash != nil {
		twin.hash = b.hash.Clone()
	}
	twin.name = slices.Clone(b.name)
	return &twin
}

// Source: redis/src/rdb.c, rdbLoadObject.
func (b *hashBuilder) take(t *token) (v store.Value, next want, wrong string) {
	switch b.at {
	case hashEarliest:
		b.at = hashCount
		return v, wantLength, ""
	case hashCount:
		if b.left = t.length; b.left == 0 {
			return v, 0, noElements
		}
		b.hash.Expect(t.length, b.limits)
	case hashTime:
		if t.length != 0 {
			return v, 0, fieldExpires
		}
		b.at = hashName
		return v, wantString, ""
	case hashName:
		b.name = append(b.name[:0], t.text...)
		b.at = hashText
		return v, wantString, ""
	case hashText:
		if !b.hash.Set(b.name, t.text, b.limits) {
			return v, 0, "Duplicate hash fields detected: " + quote(b.name)
		}
		b.left--
	}
	if b.left == 0 {
		return b.hash.Value(), wantNothing, ""
	}
	if b.kind == typeHash {
		b.at = hashName
		return v, wantString, ""
	}
	b.at = hashTime
	return v, wantLength, ""
}

const fieldExpires = "a field that expires, which Redis has from 7.4 on,"

// A packedHashBuilder makes a hash of one string that holds all of it.
type packedHashBuilder struct {
	kind   byte
	limits *store.Limits
}

func (b packedHashBuilder) first() (want, string) {
	if b.kind == typeHashListpackExpiry {
		return wantBytes(8), ""
	}
	return wantString, ""
}

func (b packedHashBuilder) clone() valueBuilder { return b }

func (b packedHashBuilder) take(t *token) (v store.Value, next want, wrong string) {
	if t.want == wantBytes(8) {
		return v, wantString, ""
	}
	// A packed hash stays one however long its fields are, but for a zipmap, which is older than that limit.
	limits := *b.limits
	if b.kind != typeHashZipmap {
		limits.HashListpackValue = math.MaxInt
	}
	hash := store.NewHash()
	set := func(name, value []byte) (wrong string) {
		if !hash.Set(name, value, &limits) {
			return "duplicate field " + quote(name)
		}
		return ""
	}
	switch b.kind {
	case typeHashZipmap:
		err := zipmapEach(t.text, func(name, value []byte) bool {
			wrong = set(name, value)
			return wrong == ""
		})
		if err != nil {
			wrong = err.Error()
		}
		wrong = broken("Zipmap", wrong)
	case typeHashZiplist:
		wrong = broken("Hash ziplist", packedPairs(t.text, ziplistEach, set))
	case typeHashListpack:
		wrong = broken("Hash listpack", packedPairs(t.text, listpackEach, set))
	default:
		wrong = packedTriples(t.text, set)
	}
	if wrong != "" {
		return store.Value{}, 0, wrong
	}
	return hash.Value(), wantNothing, ""
}

// packedPairs calls set with each two elements that each walks through, until it says what is wrong with them. It
// returns that, or what is wrong with the whole.
func packedPairs(b []byte, each func([]byte, func(packedEntry) bool) error, set func(name, value []byte) (wrong string)) (wrong string) {
	var name, value []byte
	half, any := false, false
	err := each(b, func(e packedEntry) bool {
		any = true
		if half = !half; half {
			name = e.AppendText(name[:0])
			return true
		}
		value = e.AppendText(value[:0])
		wrong = set(name, value)
		return wrong == ""
	})
	switch {
	case err != nil:
		return err.Error()
	case wrong != "":
		return wrong
	case half:
		return "a field without a value"
	case !any:
		return noElements
	}
	return ""
}

// packedTriples is packedPairs for a listpack that has a time behind each value, 0 for none.
func packedTriples(b []byte, set func(name, value []byte) (wrong string)) (wrong string) {
	var name, value []byte
	count := 0
	err := listpackEach(b, func(e packedEntry) bool {
		count++
		switch count % 3 {
		case 1:
			name = e.AppendText(name[:0])
		case 2:
			value = e.AppendText(value[:0])
		default:
			if at, ok := e.Integer(); !ok || at != 0 {
				wrong = fieldExpires
			} else {
				wrong = set(name, value)
			}
		}
		return wrong == ""
	})
	switch {
	case err != nil:
		return err.Error()
	case wrong != "":
		return wrong
	case count%3 != 0:
		return "a field without a time"
	case count == 0:
		return noElements
	}
	return ""
}

// typeOfHash returns the type that a hash is written as.
func typeOfHash(x *store.HashValue) byte {
	if x.Value().Encoding() == store.Listpack {
		return typeHashListpack
	}
	return typeHash
}

// hashPieces writes a hash: a small one as a listpack, at once; a large one as a count, and fields with their values.
type hashPieces struct {
	hash   *store.HashValue
	begun  bool
	cursor uint64
}

// Source: redis/src/rdb.c, rdbSaveObject.
func (p *hashPieces) next(dst []byte, c *Compressor) (_ []byte, more bool) {
	if p.hash.Value().Encoding() == store.Listpack {
		blob := beginListpack(nil)
		for name, value := range p.hash.All() {
			blob = appendListpackText(blob, name)
			blob = appendListpackValue(blob, value)
		}
		blob = endListpack(blob, 0, 2*p.hash.Len())
		return AppendString(dst, string(blob), c), false
	}
	if !p.begun {
		p.begun = true
		dst = AppendLength(dst, uint64(p.hash.Len()))
	}
	for end := len(dst) + partMax; len(dst) < end; {
		p.cursor = p.hash.Scan(p.cursor, 1, func(name string, value store.Value) {
			dst = AppendString(dst, name, c)
			dst = appendValueString(dst, value, c)
		})
		if p.cursor == 0 {
			return dst, false
		}
	}
	return dst, true
}

func (p *hashPieces) clone() pieces {
	twin := *p
	return &twin
}

// partMax is how many bytes of a value of many elements are written at a time, and no more than one element beyond.
const partMax = 4 << 10

// appendListpackValue appends a string value as an element of a listpack.
func appendListpackValue(dst []byte, v store.Value) []byte {
	if n, ok := v.Int(); ok {
		return appendListpackInt(dst, n)
	}
	return appendListpackText(dst, v.Str())
}

// appendValueString appends a string value as AppendString does its text.
func appendValueString(dst []byte, v store.Value, c *Compressor) []byte {
	n, ok := v.Int()
	switch {
	case ok && n == int64(int32(n)):
		return appendInt32(dst, int32(n))
	case ok:
		var text [20]byte
		digits := strconv.AppendInt(text[:0], n, 10)
		return append(AppendLength(dst, uint64(len(digits))), digits...)
	}
	return AppendString(dst, v.Str(), c)
}
