package store

import (
	"strconv"
	"unsafe"
)

// A Kind is the type of a value, as TYPE names it. The numbers are those that DEBUG DIGEST mixes in.
//
// Source: redis/src/server.h, OBJ_STRING and following.
type Kind uint8

// The kinds of values.
const (
	String Kind = 0
	List   Kind = 1
	Set    Kind = 2
	ZSet   Kind = 3
	Hash   Kind = 4
	Stream Kind = 6
)

// String gives the word that TYPE answers.
func (k Kind) String() string {
	switch k {
	case String:
		return "string"
	case List:
		return "list"
	case Set:
		return "set"
	case ZSet:
		return "zset"
	case Hash:
		return "hash"
	case Stream:
		return "stream"
	}
	return "unknown"
}

// An Encoding is how a value is kept, as OBJECT ENCODING names it.
type Encoding uint8

// The encodings of values.
const (
	EmbStr     Encoding = iota // a string of at most 44 bytes
	Raw                        // a longer string, or one that was changed in place
	Int                        // a string that is the canonical text of a 64-bit integer
	QuickList                  // every list
	IntSet                     // a small set of integers, in their order
	Listpack                   // a small hash or sorted set, in the order of insertion or of scores
	HashTable                  // a hash or set that has outgrown the small form
	SkipList                   // a sorted set that has
	StreamTree                 // every stream
)

// String gives the word that OBJECT ENCODING answers.
func (e Encoding) String() string {
	switch e {
	case EmbStr:
		return "embstr"
	case Raw:
		return "raw"
	case Int:
		return "int"
	case QuickList:
		return "quicklist"
	case IntSet:
		return "intset"
	case Listpack:
		return "listpack"
	case HashTable:
		return "hashtable"
	case SkipList:
		return "skiplist"
	case StreamTree:
		return "stream"
	}
	return "unknown"
}

// embStrMax is the longest string that Redis keeps in one allocation with its object header.
//
// Source: redis/src/object.c, OBJ_ENCODING_EMBSTR_SIZE_LIMIT.
const embStrMax = 44

// intTextMax is the longest text that may be an integer: "-9223372036854775808".
const intTextMax = 20

// A Value is what a key holds. It is immutable and small: copying it shares the bytes. The zero Value is the empty
// string.
type Value struct {
	// ptr points to the bytes of a string. The length beside it makes a string or an integer of it, which keeps an
	// entry within 56 bytes; a string header and an integer and an object reference side by side would need 80.
	ptr unsafe.Pointer
	n   int64 // bytes at ptr, or the integer itself
	enc Encoding
	// grown says that ptr points to a *text, whose bytes are the string: see DB.EditString.
	grown bool
	kind  Kind
	// access says when the value was used last, or how often: see Access.
	access uint32
}

// StringValue returns a string with the bytes of b, copied, in the encoding that SET gives it: an integer where b is
// the canonical text of one, else embstr up to 44 bytes, else raw.
//
// Source: redis/src/object.c, tryObjectEncoding.
func StringValue(b []byte) Value {
	if n, ok := parseInt(b); ok {
		return IntValue(n)
	}
	return TextString(b)
}

// TextString is StringValue for a text that stays one, be it an integer's: INCRBYFLOAT leaves such strings.
//
// Source: redis/src/object.c, createStringObject.
func TextString(b []byte) Value {
	if len(b) <= embStrMax {
		return bytesValue(string(b), EmbStr)
	}
	return bytesValue(string(b), Raw)
}

// RawString returns a string with the bytes of b, copied, in the encoding that APPEND and SETRANGE leave behind.
func RawString(b []byte) Value { return bytesValue(string(b), Raw) }

// IntValue returns a string that is the decimal text of n, kept as an integer.
func IntValue(n int64) Value { return Value{n: n, enc: Int} }

func bytesValue(s string, enc Encoding) Value {
	return Value{ptr: unsafe.Pointer(unsafe.StringData(s)), n: int64(len(s)), enc: enc}
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// Encoding returns how the value is kept.
func (v Value) Encoding() Encoding {
	if v.kind != String {
		return v.objectEncoding()
	}
	return v.enc
}

// Str returns the text of a string. It allocates for integers only; AppendTo never does. Like an entry, the text is
// good until the next change of its database, since some strings are changed in place; that of a snapshot stays.
func (v Value) Str() string {
	if v.enc == Int {
		return strconv.FormatInt(v.n, 10)
	}
	return v.text()
}

// Len returns the length of a string in bytes, STRLEN's answer.
func (v Value) Len() int {
	if v.enc == Int {
		var buf [intTextMax]byte
		return len(strconv.AppendInt(buf[:0], v.n, 10))
	}
	return int(v.n)
}

// AppendTo appends the text of a string to dst.
func (v Value) AppendTo(dst []byte) []byte {
	if v.enc == Int {
		return strconv.AppendInt(dst, v.n, 10)
	}
	return append(dst, v.text()...)
}

// Int returns the integer that a string is the canonical text of, whatever its encoding, and whether it is one.
//
// Source: redis/src/util.c, string2ll.
func (v Value) Int() (int64, bool) {
	if v.enc == Int {
		return v.n, true
	}
	if v.kind != String {
		return 0, false
	}
	return parseInt(v.text())
}

// text returns the bytes of a string that is not an integer.
func (v Value) text() string {
	if v.grown {
		return unsafe.String(unsafe.SliceData((*text)(v.ptr).bytes), int(v.n))
	}
	return unsafe.String((*byte)(v.ptr), int(v.n))
}

// view returns the bytes of a string for reading only, which saves copying them.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// parseInt reads the canonical decimal text of a 64-bit integer: no plus sign, no leading zero, no space, no "-0".
func parseInt[T string | []byte](s T) (int64, bool) {
	if len(s) == 0 || len(s) > intTextMax {
		return 0, false
	}
	digits, negative := s, s[0] == '-'
	if negative {
		digits = s[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(s) > 1 {
		return 0, false
	}
	// Twenty digits could overflow even the unsigned sum, and no 64-bit integer has so many.
	if len(digits) > intTextMax-1 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(digits); i++ {
		d := digits[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	switch {
	case !negative && n <= 1<<63-1:
		return int64(n), true
	case negative && n <= 1<<63:
		return -int64(n), true
	}
	return 0, false
}
