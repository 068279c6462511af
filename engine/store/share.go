package store

// Share has two stores hold once what both hold alike, as a master and a replica that is in step do: s takes the memory of the
// other one. It looks at what s has written since its last Snapshot, and at no more than so many leaves, of some twenty keys
// each, so that its cost is bounded. Like a Snapshot of both, it ends the right of either to change in place what is there now.
func (s *Store) Share(with *Store, leaves int) {
	for i := range min(len(s.dbs), len(with.dbs)) {
		own, other := &s.dbs[i], &with.dbs[i]
		if own == other || own.writer == nil || other.root == nil {
			continue
		}
		own.weigh()
		other.weigh()
		share := sharing{own.writer, leaves}
		own.root = share.node(own.root, other.root)
		own.writer, other.writer = nil, nil
		leaves = share.left
	}
}

// sharing is a Share on its way.
type sharing struct {
	writer *writer // what is its may be changed
	left   int     // leaves that may still be looked at
}

// node returns the other one where they are alike, else own, of which parts may be the other's now.
func (s *sharing) node(own, other node) node {
	switch own := own.(type) {
	case *leaf:
		if other, ok := other.(*leaf); ok && own.writer == s.writer && s.left > 0 {
			s.left--
			if own.alike(other) {
				return other
			}
		}
	case *inner:
		if other, ok := other.(*inner); ok && own.writer == s.writer && own.shift == other.shift && s.inner(own, other) {
			return other
		}
	}
	return own
}

// inner reports whether all beneath the two is the same now, and that what is due first is looked for at the same time.
func (s *sharing) inner(own, other *inner) bool {
	same := own.bound == other.bound
	for i := 0; i < fan; {
		span := own.span(i)
		if n := s.node(own.slots[i], other.slots[i]); n != own.slots[i] {
			for j := i; j < i+span; j++ {
				own.slots[j] = n
			}
		}
		for end := i + span; i < end; i++ {
			same = same && own.slots[i] == other.slots[i]
		}
	}
	return same
}

// alike reports whether two leaves hold the same, and have the same bound: when somebody looks for what is due is to be seen in the
// order of what happens. Where they do not, what they have in common is held once from now on.
func (l *leaf) alike(other *leaf) bool {
	same := l.prefix == other.prefix && l.bound == other.bound && len(l.entries) == len(other.entries)
	for i, j := 0, 0; i < len(l.entries) && j < len(other.entries); {
		own, others := &l.entries[i], &other.entries[j]
		switch {
		case own.hash < others.hash:
			i, same = i+1, false
			continue
		case own.hash > others.hash:
			j, same = j+1, false
			continue
		}
		alike := own.Key == others.Key
		if alike {
			own.Key = others.Key
			if own.Value.alike(others.Value) {
				own.Value = others.Value
			} else {
				alike = false
			}
		}
		same = same && alike && own.ExpireAt == others.ExpireAt
		i, j = i+1, j+1
	}
	return same
}

// alike reports whether two values are the same: strings that are not changed in place by their bytes, all others by where
// they are.
func (v Value) alike(other Value) bool {
	if v == other {
		return true
	}
	if v.kind != String || v.enc == Int || v.grown || other.enc == Int || other.grown || v.n != other.n {
		return false
	}
	moved := v
	moved.ptr = other.ptr
	return moved == other && v.text() == other.text()
}
