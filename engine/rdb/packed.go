package rdb

import (
	"encoding/binary"
	"math"
	"strconv"

	"resync/engine/resp"
)

// Small values lie in a file as one string each, in the form that they have in the memory of a redis-server:
//
//	listpack  bytes:4 count:2 entry... FF            entry = form, content, length of both (backwards)
//	ziplist   bytes:4 tail:4 count:2 entry... FF     entry = length of the entry before, form, content
//	zipmap    count:1 field... FF                    field = length, name, length, room behind, value, room
//	intset    width:4 count:4 integer...             sorted
//
// Numbers are little-endian but where said otherwise. A count of 65535 (zipmap: 254) says that there are as many or
// more, and is no number. All of this comes from a peer or out of a user's file, so nothing in it is believed: what is
// walked here is right to its last byte, as far as Redis looks with sanitize-dump-payload yes.
//
// Source: redis/src/listpack.c, ziplist.c, zipmap.c, intset.c.

const (
	packedEnd = 0xFF // behind the last entry

	listpackHead = 4 + 2
	ziplistHead  = 4 + 4 + 2
	intsetHead   = 4 + 4

	packedCountUnknown = math.MaxUint16
)

// A packedError says what is wrong with a packed value.
type packedError string

func (e packedError) Error() string { return string(e) }

// A packedEntry is an element of a listpack or ziplist: an integer or bytes, which are good as long as the blob is.
type packedEntry struct {
	IsInt bool
	Int   int64
	Str   []byte
}

// Text returns the element as bytes. Those of an integer are new.
func (e packedEntry) Text() []byte {
	if e.IsInt {
		return strconv.AppendInt(nil, e.Int, 10)
	}
	return e.Str
}

// AppendText appends the element as bytes.
func (e packedEntry) AppendText(dst []byte) []byte {
	if e.IsInt {
		return strconv.AppendInt(dst, e.Int, 10)
	}
	return append(dst, e.Str...)
}

// Integer returns the integer that the element is, or is the canonical text of.
func (e packedEntry) Integer() (int64, bool) {
	if e.IsInt {
		return e.Int, true
	}
	return resp.ParseInt64(e.Str)
}

// listpackEach calls f with the elements of a listpack until f returns false. It returns what is wrong with the
// listpack, or with the part of it that it went through.
func listpackEach(b []byte, f func(packedEntry) bool) error {
	if len(b) < listpackHead+1 {
		return packedError("a listpack of " + strconv.Itoa(len(b)) + " bytes")
	}
	if says := binary.LittleEndian.Uint32(b); uint64(says) != uint64(len(b)) {
		return packedError("a listpack of " + strconv.Itoa(len(b)) + " bytes that says " + strconv.FormatUint(uint64(says), 10))
	}
	end := len(b) - 1
	if b[end] != packedEnd {
		return packedError("a listpack without an end")
	}
	count := 0
	for at := listpackHead; at < end; count++ {
		e, n, ok := listpackEntry(b[at:end])
		if !ok {
			return brokenAt("listpack", count, at)
		}
		if !f(e) {
			return nil
		}
		at += n
	}
	return rightCount("listpack", count, int(binary.LittleEndian.Uint16(b[4:])))
}

func brokenAt(what string, element, at int) error {
	return packedError("a " + what + " whose element " + strconv.Itoa(element) + " is broken, at its byte " + strconv.Itoa(at) + ",")
}

func rightCount(what string, count, says int) error {
	if says != packedCountUnknown && says != count {
		return packedError("a " + what + " of " + strconv.Itoa(count) + " elements that says " + strconv.Itoa(says))
	}
	return nil
}

// listpackEntry reads the element at the beginning of b, which is not empty, and returns how many bytes it takes.
//
//	0ddddddd                   integer of 7 bits, not negative   11110001 dd       integer of 16 bits
//	10llllll ...               string                            11110010 ddd      integer of 24 bits
//	110ddddd dddddddd          integer of 13 bits                11110011 dddd     integer of 32 bits
//	1110llll llllllll ...      string                            11110100 dddddddd integer of 64 bits
//	11110000 llll ...          string
func listpackEntry(b []byte) (e packedEntry, n int, ok bool) {
	form := b[0]
	text := -1 // how many bytes of text follow the n of the form
	switch {
	case form < 0x80:
		e, n = packedEntry{IsInt: true, Int: int64(form)}, 1
	case form < 0xC0:
		n, text = 1, int(form&0x3F)
	case form < 0xE0:
		if n = 2; len(b) < n {
			return e, 0, false
		}
		// Thirteen bits with a sign, moved to the top of sixteen and back.
		e = packedEntry{IsInt: true, Int: int64(int16(uint16(form)<<11|uint16(b[1])<<3) >> 3)}
	case form < 0xF0:
		if n = 2; len(b) < n {
			return e, 0, false
		}
		text = int(form&0x0F)<<8 | int(b[1])
	case form == 0xF0:
		if n = 5; len(b) < n {
			return e, 0, false
		}
		long := binary.LittleEndian.Uint32(b[1:])
		if uint64(long) > uint64(len(b)) {
			return e, 0, false
		}
		text = int(long)
	case form <= 0xF4:
		width := [...]int{2, 3, 4, 8}[form-0xF1]
		if n = 1 + width; len(b) < n {
			return e, 0, false
		}
		e = packedEntry{IsInt: true, Int: littleInt(b[1:n])}
	default:
		return e, 0, false
	}
	if text >= 0 {
		if len(b)-n < text {
			return e, 0, false
		}
		e.Str = b[n : n+text : n+text]
		n += text
	}
	back := backLengthSize(n)
	if len(b)-n < back || !isBackLength(b[:n+back], n, back) {
		return e, 0, false
	}
	return e, n + back, true
}

// littleInt reads an integer of up to 8 bytes, with its sign.
func littleInt(b []byte) int64 {
	var n uint64
	for i, c := range b {
		n |= uint64(c) << (8 * i)
	}
	unused := 64 - 8*len(b)
	return int64(n<<unused) >> unused
}

// backLengthSize returns how many bytes the length of an element takes behind it. Redis's limits between the sizes
// are one short of what would fit, but for the first.
//
// Source: redis/src/listpack.c, lpEncodeBacklen.
func backLengthSize(n int) int {
	switch {
	case n <= 127:
		return 1
	case n < 1<<14-1:
		return 2
	case n < 1<<21-1:
		return 3
	case n < 1<<28-1:
		return 4
	}
	return 5
}

// appendBackLength appends the length of an element, to be read from its last byte back: seven bits each, and a high
// bit where there are more in front.
func appendBackLength(dst []byte, n int) []byte {
	size := backLengthSize(n)
	for i := size - 1; i >= 0; i-- {
		b := byte(n>>(7*i)) & 0x7F
		if i < size-1 {
			b |= 0x80
		}
		dst = append(dst, b)
	}
	return dst
}

// isBackLength reports whether reading b backwards gives the length n, and takes at most size bytes.
func isBackLength(b []byte, n, size int) bool {
	got := 0
	for i := range size {
		c := b[len(b)-1-i]
		got |= int(c&0x7F) << (7 * i)
		if c&0x80 == 0 {
			return got == n
		}
	}
	return false
}

// beginListpack appends the head of a listpack: elements follow, then endListpack.
func beginListpack(dst []byte) []byte { return append(dst, 0, 0, 0, 0, 0, 0) }

// endListpack closes the listpack of count elements whose head is at start.
func endListpack(dst []byte, start, count int) []byte {
	dst = append(dst, packedEnd)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start))
	binary.LittleEndian.PutUint16(dst[start+4:], uint16(min(count, packedCountUnknown)))
	return dst
}

// listpackIntMax is the longest text that a listpack keeps as an integer: "-9223372036854775808".
const listpackIntMax = 20

// appendListpackText appends an element as Redis does: as an integer where it is the canonical text of one.
//
// Source: redis/src/listpack.c, lpEncodeGetType.
func appendListpackText[T string | []byte](dst []byte, s T) []byte {
	if len(s) > 0 && len(s) <= listpackIntMax && (s[0] == '-' || s[0]-'0' <= 9) {
		var text [listpackIntMax]byte
		if n, ok := resp.ParseInt64(text[:copy(text[:], s)]); ok {
			return appendListpackInt(dst, n)
		}
	}
	start := len(dst)
	switch n := len(s); {
	case n < 1<<6:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<12:
		dst = append(dst, 0xE0|byte(n>>8), byte(n))
	default:
		dst = binary.LittleEndian.AppendUint32(append(dst, 0xF0), uint32(n))
	}
	dst = append(dst, s...)
	return appendBackLength(dst, len(dst)-start)
}

// appendListpackInt appends an integer as an element.
//
// Source: redis/src/listpack.c, lpEncodeIntegerGetType.
func appendListpackInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0 && n <= 127:
		return append(dst, byte(n), 1)
	case n >= -1<<12 && n < 1<<12:
		return append(dst, 0xC0|byte(n>>8)&0x1F, byte(n), 2)
	case n == int64(int16(n)):
		return append(dst, 0xF1, byte(n), byte(n>>8), 3)
	case n >= -1<<23 && n < 1<<23:
		return append(dst, 0xF2, byte(n), byte(n>>8), byte(n>>16), 4)
	case n == int64(int32(n)):
		return append(binary.LittleEndian.AppendUint32(append(dst, 0xF3), uint32(n)), 5)
	}
	return append(binary.LittleEndian.AppendUint64(append(dst, 0xF4), uint64(n)), 9)
}

// ziplistEach calls f with the elements of a ziplist until f returns false. It returns what is wrong with the ziplist,
// or with the part of it that it went through.
func ziplistEach(b []byte, f func(packedEntry) bool) error {
	if len(b) < ziplistHead+1 {
		return packedError("a ziplist of " + strconv.Itoa(len(b)) + " bytes")
	}
	if says := binary.LittleEndian.Uint32(b); uint64(says) != uint64(len(b)) {
		return packedError("a ziplist of " + strconv.Itoa(len(b)) + " bytes that says " + strconv.FormatUint(uint64(says), 10))
	}
	end := len(b) - 1
	if b[end] != packedEnd {
		return packedError("a ziplist without an end")
	}
	tail := binary.LittleEndian.Uint32(b[4:])
	if uint64(tail) > uint64(end) {
		return packedError("a ziplist whose last element is outside")
	}
	count, before := 0, 0 // the bytes of the element in front
	for at := ziplistHead; at < end; count++ {
		e, n, ok := ziplistEntry(b[at:end], before)
		if !ok {
			return brokenAt("ziplist", count, at)
		}
		if !f(e) {
			return nil
		}
		before = n
		at += n
	}
	if count > 0 && int(tail) != end-before {
		return packedError("a ziplist whose last element is not where it says")
	}
	return rightCount("ziplist", count, int(binary.LittleEndian.Uint16(b[8:])))
}

// ziplistEntry reads the element at the beginning of b, which is not empty. The one in front has so many bytes. It
// returns how many bytes this one takes.
//
//	00llllll ...           string       11000000 dd       integer of 16 bits    11110000 ddd  integer of 24 bits
//	01llllll llllllll ...  string       11010000 dddd     integer of 32 bits    11111110 d    integer of 8 bits
//	10______ llll ...      string       11100000 dddddddd integer of 64 bits    1111dddd      0001 to 1101: 0 to 12
//
// The lengths of strings are big-endian. Source: redis/src/ziplist.c.
func ziplistEntry(b []byte, before int) (e packedEntry, n int, ok bool) {
	const longBefore = 0xFE
	n = 1
	says := uint64(b[0])
	if says == packedEnd {
		return e, 0, false
	}
	if says == longBefore {
		if n = 5; len(b) < n {
			return e, 0, false
		}
		says = uint64(binary.LittleEndian.Uint32(b[1:]))
	}
	if says != uint64(before) || len(b) == n {
		return e, 0, false
	}
	form, rest := b[n], b[n+1:]
	n++
	width, text := 0, -1
	switch {
	case form < 0x40:
		text = int(form)
	case form < 0x80:
		if len(rest) < 1 {
			return e, 0, false
		}
		text = int(form&0x3F)<<8 | int(rest[0])
		n++
	case form < 0xC0:
		if len(rest) < 4 {
			return e, 0, false
		}
		long := binary.BigEndian.Uint32(rest)
		if uint64(long) > uint64(len(b)) {
			return e, 0, false
		}
		text = int(long)
		n += 4
	case form == 0xC0:
		width = 2
	case form == 0xD0:
		width = 4
	case form == 0xE0:
		width = 8
	case form == 0xF0:
		width = 3
	case form == 0xFE:
		width = 1
	case form > 0xF0 && form <= 0xFD:
		return packedEntry{IsInt: true, Int: int64(form&0x0F) - 1}, n, true
	default:
		return e, 0, false
	}
	if len(b)-n < max(width, text) {
		return e, 0, false
	}
	if text >= 0 {
		e.Str = b[n : n+text : n+text]
		return e, n + text, true
	}
	return packedEntry{IsInt: true, Int: littleInt(b[n : n+width])}, n + width, true
}

// zipmapEach calls f with the fields and values of a zipmap until f returns false. They are good as long as the blob
// is. It returns what is wrong with the zipmap, or with the part of it that it went through.
func zipmapEach(b []byte, f func(field, value []byte) bool) error {
	const countUnknown = 254
	if len(b) < 2 {
		return packedError("a zipmap of " + strconv.Itoa(len(b)) + " bytes")
	}
	end := len(b) - 1
	if b[end] != packedEnd {
		return packedError("a zipmap without an end")
	}
	count := 0
	for at := 1; at < end; count++ {
		field, n, ok := zipmapText(b[at:end], 0)
		if !ok {
			return brokenAt("zipmap", count, at)
		}
		value, m, ok := zipmapText(b[at+n:end], 1)
		if !ok {
			return brokenAt("zipmap", count, at)
		}
		room := int(b[at+n+m-len(value)-1])
		if end-at-n-m < room {
			return brokenAt("zipmap", count, at)
		}
		if !f(field, value) {
			return nil
		}
		at += n + m + room
	}
	if count == 0 {
		return packedError("an empty zipmap")
	}
	if says := int(b[0]); says != countUnknown && says != count {
		return packedError("a zipmap of " + strconv.Itoa(count) + " fields that says " + strconv.Itoa(says))
	}
	return nil
}

// zipmapText reads a length, skips gap bytes behind it, and reads as many bytes. It returns how many those are in all.
func zipmapText(b []byte, gap int) (text []byte, n int, ok bool) {
	const longText = 254 // bytes, and what stands in front of a length of 4 bytes
	// In front of a name, the end mark would be the end; in front of a value, Redis takes it for the long form.
	if len(b) == 0 || b[0] == packedEnd && gap == 0 {
		return nil, 0, false
	}
	length, n := uint64(b[0]), 1
	if length >= longText {
		if n = 5; len(b) < n {
			return nil, 0, false
		}
		if length = uint64(binary.LittleEndian.Uint32(b[1:])); length < longText {
			return nil, 0, false // not in its shortest form
		}
	}
	n += gap
	if len(b) < n || uint64(len(b)-n) < length {
		return nil, 0, false
	}
	return b[n : n+int(length) : n+int(length)], n + int(length), true
}

// intsetEach calls f with the integers of an intset, the smallest first, until f returns false. It returns what is
// wrong with the intset, or with the part of it that it went through.
func intsetEach(b []byte, f func(int64) bool) error {
	width, wrong := intsetForm(b)
	if wrong != nil {
		return wrong
	}
	last := int64(math.MinInt64)
	for i, at := 0, intsetHead; at < len(b); i, at = i+1, at+width {
		n := littleInt(b[at : at+width])
		if i > 0 && n <= last {
			return packedError("an intset whose integers are not in order, at its byte " + strconv.Itoa(at) + ",")
		}
		if last = n; !f(n) {
			return nil
		}
	}
	return nil
}

// intsetForm returns how many bytes each integer of an intset takes, or what is wrong.
func intsetForm(b []byte) (width int, wrong error) {
	if len(b) < intsetHead {
		return 0, packedError("an intset of " + strconv.Itoa(len(b)) + " bytes")
	}
	says := binary.LittleEndian.Uint32(b)
	if says != 2 && says != 4 && says != 8 {
		return 0, packedError("an intset of integers of " + strconv.FormatUint(uint64(says), 10) + " bytes")
	}
	count := uint64(binary.LittleEndian.Uint32(b[4:]))
	if count == 0 || intsetHead+count*uint64(says) != uint64(len(b)) {
		return 0, packedError("an intset of " + strconv.Itoa(len(b)) + " bytes that says " + strconv.FormatUint(count, 10) + " integers")
	}
	return int(says), nil
}

// intsetWidth returns how many bytes an integer takes in an intset: 2, 4 or 8.
func intsetWidth(n int64) int {
	switch n {
	case int64(int16(n)):
		return 2
	case int64(int32(n)):
		return 4
	}
	return 8
}

// appendIntset appends an intset of sorted integers of so many bytes each: at least as many as the widest needs. Redis
// never makes them narrower again, so the width is part of a set's history; 0 is for the least.
func appendIntset(dst []byte, width int, sorted []int64) []byte {
	if len(sorted) > 0 {
		width = max(width, intsetWidth(sorted[0]), intsetWidth(sorted[len(sorted)-1]))
	}
	width = max(width, 2)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(width))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(sorted)))
	for _, n := range sorted {
		for i := range width {
			dst = append(dst, byte(n>>(8*i)))
		}
	}
	return dst
}
