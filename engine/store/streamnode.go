package store

import (
	"encoding/binary"
	"strconv"
)

// A streamNode is a run of entries of a stream, packed into one string, in the very form that Redis keeps and writes
// into RDB files: how many entries fit into it, which of them are marked as deleted and when it goes as a whole decide
// what approximate trimming does, and so what replicas are told.
//
// The string is a listpack: bytes:4 elements:2 element... FF, and its elements are
//
//	live deleted fields name... 0                       the head: counts, and the names of the entry that came first
//	flags ms seq            value...            back    an entry with the same names
//	flags ms seq fields     (name value)...     back    an entry with others
//
// where ms and seq count from the node's own ID, and back is the number of the entry's elements in front of it.
//
// Source: redis/src/t_stream.c, streamAppendItem; redis/src/listpack.c.
type streamNode struct {
	writer *writer // whose changes may be made in place
	id     StreamID
	pack   []byte
}

const (
	packHead = 4 + 2
	packEnd  = 0xFF

	// packCountUnknown says that there are as many elements or more.
	packCountUnknown = 0xFFFF
)

// The flags of an entry.
const (
	entryDeleted    = 1
	entrySameFields = 2
)

// A packItem is an element of a listpack: an integer, or bytes that are good until the pack changes.
type packItem struct {
	isInt bool
	n     int64
	s     []byte
}

// text returns the element as bytes, which for an integer are those of buf.
func (it packItem) text(buf *[intTextMax]byte) []byte {
	if it.isInt {
		return strconv.AppendInt(buf[:0], it.n, 10)
	}
	return it.s
}

// packAt reads the element at byte i and returns where the next one begins. The pack is known to be right.
func packAt(p []byte, i int) (it packItem, next int) {
	form := p[i]
	head, text := 0, -1
	switch {
	case form < 0x80:
		it, head = packItem{isInt: true, n: int64(form)}, 1
	case form < 0xC0:
		head, text = 1, int(form&0x3F)
	case form < 0xE0:
		n := int64(form&0x1F)<<8 | int64(p[i+1])
		it, head = packItem{isInt: true, n: n << 51 >> 51}, 2
	case form < 0xF0:
		head, text = 2, int(form&0x0F)<<8|int(p[i+1])
	case form == 0xF0:
		head, text = 5, int(binary.LittleEndian.Uint32(p[i+1:]))
	case form == 0xF1:
		it, head = packItem{isInt: true, n: int64(int16(binary.LittleEndian.Uint16(p[i+1:])))}, 3
	case form == 0xF2:
		n := int64(p[i+1]) | int64(p[i+2])<<8 | int64(int8(p[i+3]))<<16
		it, head = packItem{isInt: true, n: n}, 4
	case form == 0xF3:
		it, head = packItem{isInt: true, n: int64(int32(binary.LittleEndian.Uint32(p[i+1:])))}, 5
	case form == 0xF4:
		it, head = packItem{isInt: true, n: int64(binary.LittleEndian.Uint64(p[i+1:]))}, 9
	default:
		panic("store: a stream's node has an element of form " + strconv.Itoa(int(form)))
	}
	next = i + head
	if text >= 0 {
		it.s = p[next : next+text : next+text]
		next += text
	}
	return it, next + backLen(next-i)
}

// packInt reads an integer, which the element is known to be.
func packInt(p []byte, i int) (n int64, next int) {
	it, next := packAt(p, i)
	return it.n, next
}

// packSkip returns where the element begins that comes n after the one at byte i.
func packSkip(p []byte, i int, n int64) int {
	for ; n > 0; n-- {
		_, i = packAt(p, i)
	}
	return i
}

// packBefore returns where the element begins that ends in front of byte i.
func packBefore(p []byte, i int) int {
	length := 0
	for at, shift := i-1, 0; ; at, shift = at-1, shift+7 {
		length |= int(p[at]&0x7F) << shift
		if p[at]&0x80 == 0 {
			break
		}
	}
	return i - backLen(length) - length
}

// backLen returns how many bytes it takes to say, behind an element, how long it is.
//
// Source: redis/src/listpack.c, lpEncodeBacklen. Its borders are one below those of seven bits each.
func backLen(length int) int {
	switch {
	case length <= 127:
		return 1
	case length < 16383:
		return 2
	case length < 2097151:
		return 3
	case length < 268435455:
		return 4
	}
	return 5
}

func appendBackLen(p []byte, length int) []byte {
	size := backLen(length)
	for at := size - 1; at >= 0; at-- {
		b := byte(length>>(7*at)) & 0x7F
		if at != size-1 {
			b |= 0x80
		}
		p = append(p, b)
	}
	return p
}

// appendPackInt appends an element that is an integer, in its shortest form.
//
// Source: redis/src/listpack.c, lpEncodeIntegerGetType.
func appendPackInt(p []byte, n int64) []byte {
	start := len(p)
	switch {
	case 0 <= n && n <= 127:
		p = append(p, byte(n))
	case -4096 <= n && n <= 4095:
		p = append(p, 0xC0|byte(n>>8)&0x1F, byte(n))
	case n == int64(int16(n)):
		p = append(p, 0xF1, byte(n), byte(n>>8))
	case -1<<23 <= n && n < 1<<23:
		p = append(p, 0xF2, byte(n), byte(n>>8), byte(n>>16))
	case n == int64(int32(n)):
		p = binary.LittleEndian.AppendUint32(append(p, 0xF3), uint32(n))
	default:
		p = binary.LittleEndian.AppendUint64(append(p, 0xF4), uint64(n))
	}
	return appendBackLen(p, len(p)-start)
}

// appendPackText appends an element: an integer where s is the canonical text of one.
func appendPackText(p, s []byte) []byte {
	if n, ok := parseInt(s); ok {
		return appendPackInt(p, n)
	}
	start := len(p)
	switch {
	case len(s) < 64:
		p = append(p, 0x80|byte(len(s)))
	case len(s) < 4096:
		p = append(p, 0xE0|byte(len(s)>>8), byte(len(s)))
	default:
		p = binary.LittleEndian.AppendUint32(append(p, 0xF0), uint32(len(s)))
	}
	p = append(p, s...)
	return appendBackLen(p, len(p)-start)
}

// packOpen takes the end off a pack, so that elements can be appended, and packClose puts it back and counts them.
func packOpen(p []byte) []byte { return p[:len(p)-1] }

func packClose(p []byte, added int64) []byte {
	p = append(p, packEnd)
	binary.LittleEndian.PutUint32(p, uint32(len(p)))
	if n := int64(binary.LittleEndian.Uint16(p[4:])); n != packCountUnknown {
		binary.LittleEndian.PutUint16(p[4:], uint16(min(n+added, packCountUnknown)))
	}
	return p
}

// packReplace puts an integer in place of the one at byte i.
func packReplace(p []byte, i int, n int64) []byte {
	_, next := packAt(p, i)
	var room [16]byte
	fresh := appendPackInt(room[:0], n)
	if len(fresh) == next-i {
		copy(p[i:], fresh)
		return p
	}
	tail := append([]byte(nil), p[next:]...)
	p = append(append(p[:i], fresh...), tail...)
	binary.LittleEndian.PutUint32(p, uint32(len(p)))
	return p
}

// own returns the node's string for changing it in place.
func (n *streamNode) own(w *writer) {
	if n.writer != w || w == nil {
		n.pack = append(make([]byte, 0, len(n.pack)+len(n.pack)/4+64), n.pack...)
		n.writer = w
	}
}

// counts returns how many entries are there, and how many more are marked as deleted.
func (n *streamNode) counts() (live, deleted int64) {
	live, i := packInt(n.pack, packHead)
	deleted, _ = packInt(n.pack, i)
	return live, deleted
}

// addCounts changes both counts.
func (n *streamNode) addCounts(live, deleted int64) {
	count, _ := packInt(n.pack, packHead)
	n.pack = packReplace(n.pack, packHead, count+live)
	_, i := packInt(n.pack, packHead)
	count, _ = packInt(n.pack, i)
	n.pack = packReplace(n.pack, i, count+deleted)
}

// names returns how many names the head has, and where the first one begins.
func (n *streamNode) names() (fields int64, at int) {
	return packInt(n.pack, packSkip(n.pack, packHead, 2))
}

// A nodeHead is what the head of a node says to its entries.
type nodeHead struct {
	fields int64
	names  int // where the first name begins
	first  int // where the first entry begins
}

func (n *streamNode) head() nodeHead {
	fields, names := n.names()
	return nodeHead{fields, names, packSkip(n.pack, names, fields+1)}
}

// entry reads the entry at byte i and returns where the next one begins.
func (n *streamNode) entry(e *StreamEntry, head *nodeHead, i int) (next int) {
	var ms, seq int64
	e.node, e.at = n, i
	e.flags, i = packInt(n.pack, i)
	ms, i = packInt(n.pack, i)
	seq, i = packInt(n.pack, i)
	e.ID = StreamID{n.id.MS + uint64(ms), n.id.Seq + uint64(seq)}
	e.fields, e.names = head.fields, head.names
	elements := e.fields
	if e.flags&entrySameFields == 0 {
		e.fields, i = packInt(n.pack, i)
		elements = 2 * e.fields
	}
	e.content = i
	return packSkip(n.pack, i, elements+1)
}

// before returns where the entry begins that ends in front of byte i.
func (n *streamNode) before(i int) int {
	i = packBefore(n.pack, i)
	elements, _ := packInt(n.pack, i)
	for ; elements > 0; elements-- {
		i = packBefore(n.pack, i)
	}
	return i
}

// last returns the ID of the last entry, deleted or not.
func (n *streamNode) last() StreamID {
	end := len(n.pack) - 1
	head := n.head()
	if head.first == end {
		return n.id
	}
	var e StreamEntry
	n.entry(&e, &head, n.before(end))
	return e.ID
}

// hasNames reports whether the head has the names of these pairs.
func (n *streamNode) hasNames(pairs [][]byte) bool {
	fields, i := n.names()
	if fields != int64(len(pairs)/2) {
		return false
	}
	var buf [intTextMax]byte
	for k := 0; k < len(pairs); k += 2 {
		var it packItem
		it, i = packAt(n.pack, i)
		if string(it.text(&buf)) != string(pairs[k]) {
			return false
		}
	}
	return true
}

// newStreamNode returns a node whose head has the names of these pairs, for an entry that comes next.
func newStreamNode(w *writer, id StreamID, pairs [][]byte) streamNode {
	p := make([]byte, packHead, 512)
	p = appendPackInt(p, 0)
	p = appendPackInt(p, 0)
	p = appendPackInt(p, int64(len(pairs)/2))
	for k := 0; k < len(pairs); k += 2 {
		p = appendPackText(p, pairs[k])
	}
	p = appendPackInt(p, 0)
	return streamNode{writer: w, id: id, pack: packClose(p, int64(4+len(pairs)/2))}
}

// add appends an entry.
func (n *streamNode) add(id StreamID, pairs [][]byte) {
	same := n.hasNames(pairs)
	n.addCounts(1, 0)
	p := packOpen(n.pack)
	flags, elements := int64(0), int64(3+1+len(pairs))
	if same {
		flags, elements = entrySameFields, int64(3+len(pairs)/2)
	}
	p = appendPackInt(p, flags)
	p = appendPackInt(p, int64(id.MS-n.id.MS))
	p = appendPackInt(p, int64(id.Seq-n.id.Seq))
	if !same {
		p = appendPackInt(p, int64(len(pairs)/2))
	}
	for k := 0; k < len(pairs); k += 2 {
		if !same {
			p = appendPackText(p, pairs[k])
		}
		p = appendPackText(p, pairs[k+1])
	}
	p = appendPackInt(p, elements)
	n.pack = packClose(p, elements+1)
}

// mark marks the entry at byte i as deleted, but does not count it.
func (n *streamNode) mark(i int, flags int64) {
	n.pack = packReplace(n.pack, i, flags|entryDeleted)
}
