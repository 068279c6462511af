package rdb

import (
	"strconv"
	"unsafe"

	"resync/engine/store"
)

// The types of lists. The last one is what is written.
const (
	typeList          = 1  // length, elements
	typeListZiplist   = 10 // one ziplist
	typeListQuicklist = 14 // length, ziplists
	typeListNodes     = 18 // length, nodes: a container and a string
)

// The containers of a node.
//
// Source: redis/src/quicklist.h.
const (
	containerPlain  = 1 // the string is an element
	containerPacked = 2 // the string is a listpack
)

// listPieces writes a list node by node, cut where Redis would have cut it, which makes the bytes those of Redis.
type listPieces struct {
	list *store.ListValue
	node int    // the next one
	blob []byte // the memory behind a listpack that is to be compressed
}

// listPiece is how many bytes of small nodes are written at once.
const listPiece = 4 << 10

func (p *listPieces) next(dst []byte, c *Compressor) ([]byte, bool) {
	start := len(dst)
	if p.node == 0 {
		dst = AppendLength(dst, uint64(p.list.Nodes()))
	}
	for p.node < p.list.Nodes() && len(dst)-start < listPiece {
		n := p.list.Node(p.node)
		p.node++
		switch {
		case n.Plain:
			dst = AppendLength(dst, containerPlain)
			dst = AppendString(dst, textOf(n.Elements), c)
		case c == nil:
			dst = AppendLength(dst, containerPacked)
			dst = AppendLength(dst, uint64(listpackHead+len(n.Elements)+1))
			dst = appendListpack(dst, n)
		default:
			dst = AppendLength(dst, containerPacked)
			p.blob = appendListpack(p.blob[:0], n)
			dst = AppendString(dst, textOf(p.blob), c)
		}
	}
	return dst, p.node < p.list.Nodes()
}

func (p *listPieces) clone() pieces { return &listPieces{list: p.list, node: p.node} }

func appendListpack(dst []byte, n store.ListNode) []byte {
	start := len(dst)
	return endListpack(append(beginListpack(dst), n.Elements...), start, n.Count)
}

// textOf returns bytes as a string that shares them: for the duration of a call.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// A listBuilder makes a list of its elements, or of nodes of them.
type listBuilder struct {
	kind      byte
	list      *store.ListValue
	left      uint64 // elements or nodes that are to come
	counted   bool   // left is known
	contained bool   // the container of the next node is known
	plain     bool   // and is that
	pack      []byte // the memory behind a ziplist that is made a listpack
}

func newListBuilder(kind byte, limits *store.Limits) *listBuilder {
	return &listBuilder{kind: kind, list: store.NewList(limits)}
}

func (b *listBuilder) clone() valueBuilder {
	twin := *b
	twin.list, twin.pack = b.list.Fork(), nil
	return &twin
}

func (b *listBuilder) first() (want, string) {
	if b.kind == typeListZiplist {
		return wantString, ""
	}
	return wantLength, ""
}

func (b *listBuilder) take(t *token) (v store.Value, next want, wrong string) {
	switch {
	case b.kind == typeListZiplist:
		return b.done(b.takeZiplist(t.text))
	case !b.counted:
		b.counted, b.left = true, t.length
		if b.left == 0 {
			return b.done("")
		}
	case b.kind == typeListNodes && !b.contained:
		if t.length != containerPlain && t.length != containerPacked {
			return v, 0, "list node of the unknown container " + strconv.FormatUint(t.length, 10)
		}
		b.contained, b.plain = true, t.length == containerPlain
		return v, wantString, ""
	default:
		if wrong = b.takeString(t.text); wrong != "" {
			return v, 0, wrong
		}
		b.contained = false
		if b.left--; b.left == 0 {
			return b.done("")
		}
	}
	if b.kind == typeListNodes {
		return v, wantLength, ""
	}
	return v, wantString, ""
}

// done ends the value.
func (b *listBuilder) done(wrong string) (store.Value, want, string) {
	if wrong == "" && b.list.Len() == 0 {
		wrong = noElements
	}
	return b.list.Value(), wantNothing, wrong
}

// takeString takes an element or a node.
func (b *listBuilder) takeString(text []byte) (wrong string) {
	switch {
	case b.kind == typeList:
		b.list.Push(store.ListTail, text)
		return ""
	case len(text) == 0:
		return "an empty list node"
	case b.kind == typeListQuicklist:
		return b.takeZiplistNode(text)
	case b.plain:
		b.list.AppendNode(store.ListNode{Plain: true, Count: 1, Elements: text})
		return ""
	}
	return b.takeListpack(text)
}

// takeListpack makes a node of a listpack. One without elements is left out, as Redis does.
func (b *listBuilder) takeListpack(blob []byte) (wrong string) {
	count := 0
	if err := listpackEach(blob, func(packedEntry) bool { count++; return true }); err != nil {
		return broken("Listpack", err.Error())
	}
	if count > 0 {
		b.list.AppendNode(store.ListNode{Count: count, Elements: blob[listpackHead : len(blob)-1]})
	}
	return ""
}

// takeZiplistNode makes a node of a ziplist.
func (b *listBuilder) takeZiplistNode(blob []byte) (wrong string) {
	count := 0
	b.pack = b.pack[:0]
	err := ziplistEach(blob, func(e packedEntry) bool {
		count++
		if e.IsInt {
			b.pack = appendListpackInt(b.pack, e.Int)
		} else {
			b.pack = appendListpackText(b.pack, e.Str)
		}
		return true
	})
	if err != nil {
		return broken("Ziplist", err.Error())
	}
	if count > 0 {
		b.list.AppendNode(store.ListNode{Count: count, Elements: b.pack})
	}
	return ""
}

// takeZiplist pushes the elements of a ziplist that was a list by itself.
func (b *listBuilder) takeZiplist(blob []byte) (wrong string) {
	err := ziplistEach(blob, func(e packedEntry) bool {
		b.pack = e.AppendText(b.pack[:0])
		b.list.Push(store.ListTail, b.pack)
		return true
	})
	if err != nil {
		return broken("List ziplist", err.Error())
	}
	return ""
}
