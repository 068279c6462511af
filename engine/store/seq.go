package store

import "slices"

// A seq is a sequence of elements, counted at every node, that shares its parts with its copies: lists, the ordered
// side of sorted sets and the entries of streams are made of it. Finding, changing, inserting and deleting at an
// index take logarithmic time; a copy of the struct is a copy of the sequence, in constant time, as long as each is
// changed under a writer of its own.
//
// It is a B-tree of relaxed filling: leaves hold up to seqLeaf elements, inner nodes up to seqFan children. A node
// that runs empty goes; one that gets small is joined with a neighbour where both fit into one.
type seq[T any] struct{ root *seqNode[T] }

const (
	seqLeaf = 64
	seqFan  = 32
)

type seqNode[T any] struct {
	writer *writer
	count  int           // elements beneath
	items  []T           // of a leaf
	kids   []*seqNode[T] // of an inner node, never empty
}

// own returns a node that w may change in place, with the same elements: n itself where it is w's already.
func (n *seqNode[T]) own(w *writer) *seqNode[T] {
	if n.writer == w {
		return n
	}
	twin := &seqNode[T]{writer: w, count: n.count}
	if n.kids != nil {
		twin.kids = append(make([]*seqNode[T], 0, len(n.kids)+1), n.kids...)
	} else {
		twin.items = append(make([]T, 0, len(n.items)+1), n.items...)
	}
	return twin
}

// len returns the number of elements.
func (s *seq[T]) len() int {
	if s.root == nil {
		return 0
	}
	return s.root.count
}

// at returns element i. The pointer is for reading, and good until the next change.
func (s *seq[T]) at(i int) *T {
	n := s.root
	for n.kids != nil {
		for _, k := range n.kids {
			if i < k.count {
				n = k
				break
			}
			i -= k.count
		}
	}
	return &n.items[i]
}

// edit returns element i for changing it in place.
func (s *seq[T]) edit(w *writer, i int) *T {
	s.root = s.root.own(w)
	n := s.root
	for n.kids != nil {
		for at, k := range n.kids {
			if i < k.count {
				k = k.own(w)
				n.kids[at] = k
				n = k
				break
			}
			i -= k.count
		}
	}
	return &n.items[i]
}

// insert puts v in front of element i; i == len appends.
func (s *seq[T]) insert(w *writer, i int, v T) {
	if s.root == nil {
		s.root = &seqNode[T]{writer: w}
	}
	s.root = s.root.own(w)
	if right := s.root.insert(w, i, v); right != nil {
		s.root = &seqNode[T]{writer: w, count: s.root.count + right.count, kids: []*seqNode[T]{s.root, right}}
	}
}

// insert puts v into a node that is w's, and returns the new node behind it when it had to be split.
func (n *seqNode[T]) insert(w *writer, i int, v T) (right *seqNode[T]) {
	n.count++
	if n.kids == nil {
		n.items = slices.Insert(n.items, i, v)
		if len(n.items) <= seqLeaf {
			return nil
		}
		// A sequence that grows at an end fills its leaves; one that grows inside halves them.
		middle := len(n.items) / 2
		switch i {
		case len(n.items) - 1:
			middle = len(n.items) - 1
		case 0:
			middle = 1
		}
		return n.splitItems(w, middle)
	}
	at := 0
	for at < len(n.kids)-1 && i > n.kids[at].count {
		i -= n.kids[at].count
		at++
	}
	kid := n.kids[at].own(w)
	n.kids[at] = kid
	if beside := kid.insert(w, i, v); beside != nil {
		n.kids = slices.Insert(n.kids, at+1, beside)
		if len(n.kids) > seqFan {
			middle := len(n.kids) / 2
			if at+1 == len(n.kids)-1 {
				middle = len(n.kids) - 1
			}
			return n.splitKids(w, middle)
		}
	}
	return nil
}

func (n *seqNode[T]) splitItems(w *writer, at int) *seqNode[T] {
	right := &seqNode[T]{writer: w, items: slices.Clone(n.items[at:]), count: len(n.items) - at}
	clear(n.items[at:])
	n.items = n.items[:at]
	n.count -= right.count
	return right
}

func (n *seqNode[T]) splitKids(w *writer, at int) *seqNode[T] {
	right := &seqNode[T]{writer: w, kids: slices.Clone(n.kids[at:])}
	for _, k := range right.kids {
		right.count += k.count
	}
	clear(n.kids[at:])
	n.kids = n.kids[:at]
	n.count -= right.count
	return right
}

// cut removes the elements from i up to and not including j.
func (s *seq[T]) cut(w *writer, i, j int) {
	if i >= j {
		return
	}
	if i == 0 && j == s.len() {
		s.root = nil
		return
	}
	s.root = s.root.own(w)
	s.root.cut(w, i, j)
	for len(s.root.kids) == 1 {
		s.root = s.root.kids[0]
	}
}

// cut removes a part of a node that is w's, but not all of it.
func (n *seqNode[T]) cut(w *writer, i, j int) {
	n.count -= j - i
	if n.kids == nil {
		n.items = slices.Delete(n.items, i, j)
		return
	}
	kept := n.kids[:0]
	first := 0 // of the child at hand
	for _, k := range n.kids {
		size := k.count
		from, to := max(i-first, 0), min(j-first, size)
		first += size
		switch {
		case from >= to: // none of it goes
		case from == 0 && to == size:
			continue
		default:
			k = k.own(w)
			k.cut(w, from, to)
		}
		kept = append(kept, k)
	}
	clear(n.kids[len(kept):])
	n.kids = kept
	n.join(w)
}

// join puts neighbouring children together where both fit into one and one of them is small.
func (n *seqNode[T]) join(w *writer) {
	for i := 0; i+1 < len(n.kids); {
		a, b := n.kids[i], n.kids[i+1]
		fits := a.kids == nil && len(a.items)+len(b.items) <= seqLeaf*3/4 ||
			a.kids != nil && len(a.kids)+len(b.kids) <= seqFan*3/4
		small := a.kids == nil && min(len(a.items), len(b.items)) < seqLeaf/4 ||
			a.kids != nil && min(len(a.kids), len(b.kids)) < seqFan/4
		if !fits || !small {
			i++
			continue
		}
		a = a.own(w)
		a.items = append(a.items, b.items...)
		a.kids = append(a.kids, b.kids...)
		a.count += b.count
		n.kids[i] = a
		n.kids = slices.Delete(n.kids, i+1, i+2)
	}
}

// search returns the index of the first element for which is holds, or len. Once it holds, it has to hold for all that
// follow.
func (s *seq[T]) search(is func(*T) bool) int {
	if s.root == nil {
		return 0
	}
	n, index := s.root, 0
	for n.kids != nil {
		// The first child whose last element it holds for; the last child when there is none.
		low, high := 0, len(n.kids)-1
		for low < high {
			middle := (low + high) / 2
			if is(n.kids[middle].last()) {
				high = middle
			} else {
				low = middle + 1
			}
		}
		for _, k := range n.kids[:low] {
			index += k.count
		}
		n = n.kids[low]
	}
	low, high := 0, len(n.items)
	for low < high {
		middle := (low + high) / 2
		if is(&n.items[middle]) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return index + low
}

func (n *seqNode[T]) last() *T {
	for n.kids != nil {
		n = n.kids[len(n.kids)-1]
	}
	return &n.items[len(n.items)-1]
}

// from calls f for every element from i on, in order, until it returns false.
func (s *seq[T]) from(i int, f func(*T) bool) {
	if s.root != nil && i < s.root.count {
		s.root.from(max(i, 0), f)
	}
}

func (n *seqNode[T]) from(i int, f func(*T) bool) bool {
	if n.kids == nil {
		for ; i < len(n.items); i++ {
			if !f(&n.items[i]) {
				return false
			}
		}
		return true
	}
	for _, k := range n.kids {
		if i >= k.count {
			i -= k.count
			continue
		}
		if !k.from(i, f) {
			return false
		}
		i = 0
	}
	return true
}

// back calls f for every element from i down to the first, until it returns false.
func (s *seq[T]) back(i int, f func(*T) bool) {
	if s.root != nil && i >= 0 {
		s.root.back(min(i, s.root.count-1), f)
	}
}

func (n *seqNode[T]) back(i int, f func(*T) bool) bool {
	if n.kids == nil {
		for ; i >= 0; i-- {
			if !f(&n.items[i]) {
				return false
			}
		}
		return true
	}
	first := n.count
	for at := len(n.kids) - 1; at >= 0; at-- {
		k := n.kids[at]
		if first -= k.count; i < first {
			continue
		}
		if !k.back(i-first, f) {
			return false
		}
		i = first - 1
	}
	return true
}
