package store

import (
	"iter"
	"slices"
	"strconv"
	"unsafe"
)

// A ListValue is a list. It is kept as Redis keeps it, cut at the same places, so that it is saved in the same bytes:
// a sequence of nodes, each with as many elements in the form of a listpack as list-max-listpack-size allows, or with
// one that is too large for that form.
//
// An element in the middle is reached by going through the nodes from the nearer end, then through the node.
//
// Source: redis/src/quicklist.c.
type ListValue struct {
	writer *writer // whose changes may be made in place
	nodes  seq[listNode]
	length int    // elements in all nodes
	fill   int32  // list-max-listpack-size when the list was made
	plain  uint32 // bytes from which an element gets a node of its own; 0 = plainDefault
}

const (
	// plainDefault is the length from which an element gets a node of its own that is no listpack, unless told otherwise.
	//
	// Source: redis/src/quicklist.c, packed_threshold.
	plainDefault = 1 << 30

	// safeSize is the size of a listpack that no number of elements allows to exceed, in bytes.
	safeSize = 8192

	// insertCost is how many bytes an element is taken to need beyond its text when it looks for a node.
	insertCost = 8
)

// A ListEnd is one of the ends of a list.
type ListEnd uint8

// The ends of a list.
const (
	ListHead ListEnd = iota // the left one, index 0
	ListTail
)

// NewList returns an empty list, for a new key: see [DB.Set], then [DB.Edit]. Its nodes are going to be as large as
// limits say, also when those change later.
func NewList(limits *Limits) *ListValue {
	return &ListValue{fill: int32(min(max(limits.ListListpackSize, -5), 1<<15-1)), plain: limits.ListPlainSize}
}

// Obey makes the list do from now on as the limits say where those count for lists that are there already.
func (x *ListValue) Obey(limits *Limits) { x.plain = limits.ListPlainSize }

// isLarge reports whether an element needs a node of its own.
//
// Source: redis/src/quicklist.c, isLargeElement.
func (x *ListValue) isLarge(b []byte) bool {
	if x.plain == 0 {
		return len(b) >= plainDefault
	}
	return len(b) >= int(x.plain)
}

// Value returns the value that holds the list.
func (x *ListValue) Value() Value { return objectValue(List, unsafe.Pointer(x)) }

// Fork returns a list with the same elements. Both may be changed, and do not see each other's changes.
func (x *ListValue) Fork() *ListValue {
	x.writer = nil
	twin := *x
	return &twin
}

// own returns a list with the same elements that w may change in place.
func (x *ListValue) own(w *writer) *ListValue {
	if x.writer == w {
		return x
	}
	twin := *x
	twin.writer = w
	return &twin
}

// changer returns the writer under which the list is changed. One that is in no database finds itself a name.
func (x *ListValue) changer() *writer {
	if x.writer == nil {
		x.writer = new(writer)
	}
	return x.writer
}

func (x *ListValue) encoding() Encoding { return QuickList }

func (x *ListValue) digest(d *digest) {
	var text [intTextMax]byte
	for item := range x.All() {
		d.mixBytes(item.view(&text))
	}
}

// A ListItem is an element of a list. It is good until the list changes.
type ListItem struct {
	text []byte // nil for an integer
	n    int64
}

// Int returns the integer that the element is kept as, and whether it is kept as one. Elements that are the canonical
// text of a 64-bit integer are, unless a file said otherwise.
func (x ListItem) Int() (int64, bool) { return x.n, x.text == nil }

// Bytes returns the text of an element that is not kept as an integer: to be read only.
func (x ListItem) Bytes() []byte { return x.text }

// AppendTo appends the text of the element to dst.
func (x ListItem) AppendTo(dst []byte) []byte {
	if x.text == nil {
		return strconv.AppendInt(dst, x.n, 10)
	}
	return append(dst, x.text...)
}

// Text returns the element as a string of its own.
func (x ListItem) Text() string {
	if x.text == nil {
		return strconv.FormatInt(x.n, 10)
	}
	return string(x.text)
}

// Is reports whether the element has the text b.
func (x ListItem) Is(b []byte) bool {
	if x.text == nil {
		n, ok := parseInt(b)
		return ok && n == x.n
	}
	return string(x.text) == string(b)
}

// view returns the text, in the memory of buf where it is an integer.
func (x ListItem) view(buf *[intTextMax]byte) []byte {
	if x.text == nil {
		return strconv.AppendInt(buf[:0], x.n, 10)
	}
	return x.text
}

// Len returns the number of elements.
func (x *ListValue) Len() int { return x.length }

// At returns element i, counted from 0 at the head; 0 <= i < Len.
func (x *ListValue) At(i int) ListItem {
	k, at := x.locate(i)
	n := x.nodes.at(k)
	item, _ := n.item(n.seek(at))
	return item
}

// All yields the elements from head to tail. The list must not be changed meanwhile.
func (x *ListValue) All() iter.Seq[ListItem] { return x.From(0) }

// From yields the elements from i on towards the tail; none when there is no element i.
func (x *ListValue) From(i int) iter.Seq[ListItem] {
	return func(yield func(ListItem) bool) { x.forward(i, yield) }
}

// Back yields the elements from i on towards the head; none when there is no element i.
func (x *ListValue) Back(i int) iter.Seq[ListItem] {
	return func(yield func(ListItem) bool) { x.backward(i, yield) }
}

// Starting yields the elements from one end to the other.
func (x *ListValue) Starting(end ListEnd) iter.Seq[ListItem] {
	return func(yield func(ListItem) bool) {
		if end == ListHead {
			x.forward(0, yield)
		} else {
			x.backward(x.length-1, yield)
		}
	}
}

func (x *ListValue) forward(i int, yield func(ListItem) bool) {
	if i < 0 || i >= x.length {
		return
	}
	k, at := x.locate(i)
	x.nodes.from(k, func(n *listNode) bool {
		for p := n.seek(at); p < len(n.pack); {
			item, size := n.item(p)
			if !yield(item) {
				return false
			}
			p += size
		}
		at = 0
		return true
	})
}

func (x *ListValue) backward(i int, yield func(ListItem) bool) {
	if i < 0 || i >= x.length {
		return
	}
	k, at := x.locate(i)
	x.nodes.back(k, func(n *listNode) bool {
		end := len(n.pack)
		if at >= 0 {
			end = n.seek(at + 1)
		}
		for end > 0 {
			end -= n.sizeBefore(end)
			item, _ := n.item(end)
			if !yield(item) {
				return false
			}
		}
		at = -1 // all of the next one
		return true
	})
}

// Push adds an element at an end.
func (x *ListValue) Push(end ListEnd, b []byte) {
	w := x.changer()
	nodes := x.nodes.len()
	k, place := 0, 0
	if end == ListTail {
		k, place = nodes-1, nodes
	}
	if nodes > 0 && x.takes(k, b) {
		n := x.nodes.edit(w, k)
		at := 0
		if end == ListTail {
			at = len(n.pack)
		}
		n.insert(w, at, b)
	} else {
		x.nodes.insert(w, place, x.newNode(w, b))
	}
	x.length++
}

// Insert adds an element in front of element i, or behind it.
//
// Source: redis/src/quicklist.c, _quicklistInsert.
func (x *ListValue) Insert(i int, behind bool, b []byte) {
	w := x.changer()
	k, at := x.locate(i)
	n := x.nodes.at(k)
	// The new element is going to be number at of the node, and beside is the node that it could go into as well.
	edge, beside, place := at == 0, k-1, k
	if behind {
		at++
		edge, beside, place = at == int(n.count), k+1, k+1
	}
	x.length++
	switch {
	case x.takes(k, b):
		n = x.nodes.edit(w, k)
		n.insert(w, n.seek(at), b)
	case edge && x.takes(beside, b):
		n = x.nodes.edit(w, beside)
		p := 0
		if !behind {
			p = len(n.pack)
		}
		n.insert(w, p, b)
	case edge:
		x.nodes.insert(w, place, x.newNode(w, b))
	default:
		x.split(w, k, at)
		if x.isLarge(b) {
			x.nodes.insert(w, k+1, x.newNode(w, b))
			return
		}
		center := k // the one with the element i
		if behind {
			x.nodes.edit(w, k+1).insert(w, 0, b)
		} else {
			left := x.nodes.edit(w, k)
			left.insert(w, len(left.pack), b)
			center = k + 1
		}
		x.mergeAround(w, center)
	}
}

// Set replaces element i.
//
// Source: redis/src/quicklist.c, quicklistReplaceEntry: a node may outgrow the limit by it.
func (x *ListValue) Set(i int, b []byte) {
	w := x.changer()
	k, at := x.locate(i)
	if x.nodes.at(k).plain != x.isLarge(b) {
		x.Insert(i, true, b)
		x.Remove(i, 1)
		return
	}
	n := x.nodes.edit(w, k)
	if n.plain {
		*n = x.newNode(w, b)
		return
	}
	p := n.seek(at)
	_, size := n.item(p)
	n.cut(w, p, p+size, 1)
	n.insert(w, p, b)
}

// Remove removes n elements from i on.
func (x *ListValue) Remove(i, n int) {
	if n <= 0 {
		return
	}
	w := x.changer()
	k, at := x.locate(i)
	x.length -= n
	for n > 0 {
		count := int(x.nodes.at(k).count)
		gone := min(n, count-at)
		if gone == count {
			x.nodes.cut(w, k, k+1)
		} else {
			node := x.nodes.edit(w, k)
			node.cut(w, node.seek(at), node.seek(at+gone), gone)
			k++
		}
		n -= gone
		at = 0
	}
}

// RemoveEqual removes the first most elements with the text b as seen from an end, all of them when most is 0, and
// returns how many there were.
func (x *ListValue) RemoveEqual(b []byte, most int, end ListEnd) (removed int) {
	if most == 0 {
		most = x.length
	}
	w := x.changer()
	k := 0
	if end == ListTail {
		k = x.nodes.len() - 1
	}
	for removed < most && k >= 0 && k < x.nodes.len() {
		removed += x.removeEqualIn(w, k, b, most-removed, end)
		empty := x.nodes.at(k).count == 0
		if empty {
			x.nodes.cut(w, k, k+1)
		}
		switch {
		case end == ListTail:
			k--
		case !empty:
			k++
		}
	}
	x.length -= removed
	return removed
}

// removeEqualIn does it in one node, which it may leave empty.
func (x *ListValue) removeEqualIn(w *writer, k int, b []byte, most int, end ListEnd) (removed int) {
	n := x.nodes.at(k)
	p := 0
	if end == ListTail {
		p = len(n.pack)
	}
	for removed < most && (end == ListHead && p < len(n.pack) || end == ListTail && p > 0) {
		if end == ListTail {
			p -= n.sizeBefore(p)
		}
		item, size := n.item(p)
		if item.Is(b) {
			n = x.nodes.edit(w, k)
			n.cut(w, p, p+size, 1)
			removed++
		} else if end == ListHead {
			p += size
		}
	}
	return removed
}

// locate returns the node that element i is in, and which one of it that is.
func (x *ListValue) locate(i int) (k, at int) {
	if i < x.length/2 {
		x.nodes.from(0, func(n *listNode) bool {
			if i < int(n.count) {
				return false
			}
			i -= int(n.count)
			k++
			return true
		})
		return k, i
	}
	rest := x.length - i // from i to the tail
	k = x.nodes.len() - 1
	x.nodes.back(k, func(n *listNode) bool {
		if rest <= int(n.count) {
			at = int(n.count) - rest
			return false
		}
		rest -= int(n.count)
		k--
		return true
	})
	return k, at
}

// takes reports whether b may go into node k, if there is one.
func (x *ListValue) takes(k int, b []byte) bool {
	if k < 0 || k >= x.nodes.len() {
		return false
	}
	n := x.nodes.at(k)
	return !n.plain && !x.isLarge(b) && x.fits(n.size()+len(b)+insertCost, int(n.count)+1)
}

// fits reports whether a node may have that size and that many elements.
//
// Source: redis/src/quicklist.c, _quicklistNodeAllowInsert and _quicklistNodeAllowMerge.
func (x *ListValue) fits(size, count int) bool {
	if x.fill < 0 {
		return size <= 2048<<-x.fill
	}
	return size <= safeSize && count <= int(x.fill)
}

// split cuts node k in two in front of its element at, which is not the first.
func (x *ListValue) split(w *writer, k, at int) {
	n := x.nodes.edit(w, k)
	p := n.seek(at)
	right := listNode{writer: w, pack: slices.Clone(n.pack[p:]), count: n.count - int32(at)}
	n.cut(w, p, len(n.pack), int(right.count))
	x.nodes.insert(w, k+1, right)
}

// mergeAround puts neighbours together around a node that was split.
//
// Source: redis/src/quicklist.c, _quicklistMergeNodes, whose order this is.
func (x *ListValue) mergeAround(w *writer, center int) {
	if x.merge(w, center-2) {
		center--
	}
	x.merge(w, center+1)
	if x.merge(w, center-1) {
		center--
	}
	x.merge(w, center)
}

// merge makes one node of k and the one behind it where both exist and fit into one.
func (x *ListValue) merge(w *writer, k int) bool {
	if k < 0 || k+1 >= x.nodes.len() {
		return false
	}
	a, b := x.nodes.at(k), x.nodes.at(k+1)
	if a.plain || b.plain || !x.fits(a.size()+b.size()-packFrame, int(a.count+b.count)) {
		return false
	}
	pack, count := b.pack, b.count
	a = x.nodes.edit(w, k)
	a.own(w, len(pack))
	a.pack = append(a.pack, pack...)
	a.count += count
	x.nodes.cut(w, k+1, k+2)
	return true
}
