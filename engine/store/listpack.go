package store

import (
	"encoding/binary"
	"math"
)

// The elements of a listpack one behind the other, without the head and the end that Redis puts around them: form and
// content, then the length of both, to be read backwards. An element that is the canonical text of a 64-bit integer
// is kept as one.
//
//	0ddddddd                   integer of 7 bits, not negative   11110001 dd       integer of 16 bits
//	10llllll ...               string                            11110010 ddd      integer of 24 bits
//	110ddddd dddddddd          integer of 13 bits                11110011 dddd     integer of 32 bits
//	1110llll llllllll ...      string                            11110100 dddddddd integer of 64 bits
//	11110000 llll ...          string
//
// Source: redis/src/listpack.c.

// packFrame is what Redis has around the elements: bytes:4 count:2 and the end, in bytes.
const packFrame = 4 + 2 + 1

// A packing is how an element is going to be kept.
type packing struct {
	n    int64 // the integer
	head int8  // bytes in front of the content
	body int8  // bytes of an integer behind the first, or -1 for a string
	size int   // all of it, the length behind included
}

// packingOf decides how b is kept.
//
// Source: redis/src/listpack.c, lpEncodeGetType and lpEncodeString.
func packingOf(b []byte) packing {
	if n, ok := parseInt(b); ok {
		body := int8(8)
		switch {
		case n >= 0 && n <= math.MaxInt8:
			body = 0
		case n >= -1<<12 && n < 1<<12:
			body = 1
		case n == int64(int16(n)):
			body = 2
		case n >= -1<<23 && n < 1<<23:
			body = 3
		case n == int64(int32(n)):
			body = 4
		}
		return packing{n: n, head: 1, body: body, size: 1 + int(body) + 1}
	}
	p := packing{head: 5, body: -1}
	switch {
	case len(b) < 1<<6:
		p.head = 1
	case len(b) < 1<<12:
		p.head = 2
	}
	p.size = int(p.head) + len(b)
	p.size += backSize(p.size)
	return p
}

// put writes b into dst, which has as many bytes as the packing says.
func (p packing) put(dst, b []byte) {
	switch {
	case p.body == 0:
		dst[0], dst[1] = byte(p.n), 1
		return
	case p.body == 1:
		dst[0], dst[1], dst[2] = 0xC0|byte(p.n>>8)&0x1F, byte(p.n), 2
		return
	case p.body > 0:
		dst[0] = [...]byte{2: 0xF1, 3: 0xF2, 4: 0xF3, 8: 0xF4}[p.body]
		for i := range int(p.body) {
			dst[1+i] = byte(p.n >> (8 * i))
		}
		dst[1+p.body] = byte(1 + p.body)
		return
	case p.head == 1:
		dst[0] = 0x80 | byte(len(b))
	case p.head == 2:
		dst[0], dst[1] = 0xE0|byte(len(b)>>8), byte(len(b))
	default:
		dst[0] = 0xF0
		binary.LittleEndian.PutUint32(dst[1:], uint32(len(b)))
	}
	copy(dst[p.head:], b)
	length := int(p.head) + len(b)
	back := dst[length:]
	for i := range back {
		back[len(back)-1-i] = byte(length>>(7*i)) & 0x7F
		if i < len(back)-1 {
			back[len(back)-1-i] |= 0x80
		}
	}
}

// backSize returns how many bytes the length behind an element of n bytes takes.
//
// Source: redis/src/listpack.c, lpEncodeBacklen, whose borders are one short of what would fit, but for the first.
func backSize(n int) int {
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

// unpack reads the element that pack begins with, and returns how many bytes it takes.
func unpack(pack []byte) (x ListItem, size int) {
	form := pack[0]
	switch {
	case form < 0x80:
		return ListItem{n: int64(form)}, 2
	case form < 0xC0:
		return unpackText(pack, 1, int(form&0x3F))
	case form < 0xE0:
		// Thirteen bits with a sign, moved to the top of sixteen and back.
		return ListItem{n: int64(int16(uint16(form)<<11|uint16(pack[1])<<3) >> 3)}, 3
	case form < 0xF0:
		return unpackText(pack, 2, int(form&0x0F)<<8|int(pack[1]))
	case form == 0xF0:
		return unpackText(pack, 5, int(binary.LittleEndian.Uint32(pack[1:])))
	}
	width := [...]int{2, 3, 4, 8}[form-0xF1]
	var n uint64
	for i, c := range pack[1 : 1+width] {
		n |= uint64(c) << (8 * i)
	}
	unused := 64 - 8*width
	return ListItem{n: int64(n<<unused) >> unused}, 1 + width + 1
}

func unpackText(pack []byte, head, n int) (x ListItem, size int) {
	size = head + n
	return ListItem{text: pack[head:size:size]}, size + backSize(size)
}

// lastSize returns how many bytes the last element of pack takes.
func lastSize(pack []byte) int {
	n := 0
	for i := 0; ; i++ {
		c := pack[len(pack)-1-i]
		n |= int(c&0x7F) << (7 * i)
		if c&0x80 == 0 {
			return n + backSize(n)
		}
	}
}
