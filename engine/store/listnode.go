package store

import "slices"

// A listNode is never empty. Its bytes may be changed in place by the writer that it names.
type listNode struct {
	writer *writer
	pack   []byte // see listpack.go; of a plain node the element as it is
	count  int32
	plain  bool
}

// newNode returns a node with one element.
func (x *ListValue) newNode(w *writer, b []byte) listNode {
	if x.isLarge(b) {
		return listNode{writer: w, pack: slices.Clone(b), count: 1, plain: true}
	}
	n := listNode{writer: w}
	n.insert(w, 0, b)
	return n
}

// size is what Redis counts for the node: the bytes of a listpack as a whole.
func (n *listNode) size() int {
	if n.plain {
		return len(n.pack)
	}
	return len(n.pack) + packFrame
}

// seek returns where element at begins, or the end for one past the last.
func (n *listNode) seek(at int) int {
	switch {
	case at == 0:
		return 0
	case at == int(n.count):
		return len(n.pack)
	case at <= int(n.count)/2:
		p := 0
		for range at {
			_, size := unpack(n.pack[p:])
			p += size
		}
		return p
	}
	p := len(n.pack)
	for range int(n.count) - at {
		p -= lastSize(n.pack[:p])
	}
	return p
}

// item returns the element that begins at p, and how many bytes it takes.
func (n *listNode) item(p int) (ListItem, int) {
	if n.plain {
		return ListItem{text: n.pack}, len(n.pack)
	}
	return unpack(n.pack[p:])
}

// sizeBefore returns how many bytes the element takes that ends at p.
func (n *listNode) sizeBefore(p int) int {
	if n.plain {
		return len(n.pack)
	}
	return lastSize(n.pack[:p])
}

// own makes the bytes of the node w's, with room for more of them.
func (n *listNode) own(w *writer, more int) {
	if n.writer != w {
		n.pack = append(make([]byte, 0, len(n.pack)+more), n.pack...)
		n.writer = w
	}
}

// insert puts an element at byte p, where another one begins or the node ends.
func (n *listNode) insert(w *writer, p int, b []byte) {
	form := packingOf(b)
	n.own(w, form.size)
	n.pack = slices.Grow(n.pack, form.size)[:len(n.pack)+form.size]
	copy(n.pack[p+form.size:], n.pack[p:])
	form.put(n.pack[p:p+form.size], b)
	n.count++
}

// cut removes the bytes from p to q, which are so many elements. Memory goes back when most of it is unused.
func (n *listNode) cut(w *writer, p, q, elements int) {
	n.own(w, 0)
	n.pack = append(n.pack[:p], n.pack[q:]...)
	n.count -= int32(elements)
	if cap(n.pack) > 256 && cap(n.pack) > 4*len(n.pack) {
		n.pack = append(make([]byte, 0, 2*len(n.pack)), n.pack...)
	}
}

// A ListNode is a part of a list as it is written into a file.
type ListNode struct {
	Plain bool // Elements is one element, as it is
	Count int
	// Elements are in the form of a listpack, without its head and its end. They are for reading, and good until the
	// list changes.
	Elements []byte
}

// Size returns the bytes that the node has in Redis.
func (n ListNode) Size() int {
	if n.Plain {
		return len(n.Elements)
	}
	return len(n.Elements) + packFrame
}

// Fill returns the list-max-listpack-size that the list was made with.
func (x *ListValue) Fill() int { return int(x.fill) }

// Nodes returns the number of nodes.
func (x *ListValue) Nodes() int { return x.nodes.len() }

// Node returns node k, counted from 0 at the head.
func (x *ListValue) Node(k int) ListNode {
	n := x.nodes.at(k)
	return ListNode{Plain: n.plain, Count: int(n.count), Elements: n.pack}
}

// AppendNode adds a node at the tail, whatever its size. Its elements have to be well formed, and one at least; they
// are copied.
func (x *ListValue) AppendNode(n ListNode) {
	w := x.changer()
	x.nodes.insert(w, x.nodes.len(), listNode{writer: w, pack: slices.Clone(n.Elements), count: int32(n.Count), plain: n.Plain})
	x.length += n.Count
}
