package store

// NextExpiry returns a moment before which no key expires, in Unix milliseconds; ok is false where no key has an
// expiry. It is a lower bound, and cheap: it may be the expiry of a key that was since deleted or prolonged, until
// Due has looked there.
func (db *DB) NextExpiry() (atMillis int64, ok bool) {
	if db.volatile == 0 {
		return 0, false
	}
	return db.root.due(), true
}

// Due returns up to max keys whose time has passed, in the order of their hashes, and visits only the parts of the
// database where such keys were once known to be. To find the rest, delete these and ask again.
//
// Looking corrects bounds that have become too low, in the database's own copy of what a snapshot shares: so what
// NextExpiry says later follows from the calls alone, and not from when snapshots were taken.
func (db *DB) Due(nowMillis int64, max int) []string {
	if db.volatile == 0 || db.root.due() >= nowMillis || max <= 0 {
		return nil
	}
	if db.writer == nil {
		db.writer = new(writer)
	}
	s := dueSearch{now: nowMillis, max: max, writer: db.writer}
	db.root = s.visit(db.root)
	return s.keys
}

// A dueSearch is one descent to the keys that are due.
type dueSearch struct {
	now    int64
	max    int
	writer *writer
	keys   []string
}

// visit collects the keys that are due beneath n and returns n, or its copy with better bounds.
func (s *dueSearch) visit(n node) node {
	switch n := n.(type) {
	case *leaf:
		return s.visitLeaf(n)
	case *inner:
		return s.visitInner(n)
	}
	panic("store: a node is neither inner nor leaf")
}

func (s *dueSearch) visitLeaf(l *leaf) node {
	for i := range l.entries {
		if len(s.keys) == s.max {
			break
		}
		if e := &l.entries[i]; e.Expired(s.now) {
			s.keys = append(s.keys, e.Key)
		}
	}
	bound := earliest(l.entries)
	if bound == l.bound {
		return l
	}
	if l.writer != s.writer {
		l = l.copyFor(s.writer, len(l.entries))
	}
	l.bound = bound
	return l
}

func (s *dueSearch) visitInner(in *inner) node {
	bound := int64(never)
	for i := 0; i < fan; {
		span, child := in.span(i), in.slots[i]
		if child.due() < s.now && len(s.keys) < s.max {
			if better := s.visit(child); better != child {
				in = s.own(in)
				for j := i; j < i+span; j++ {
					in.slots[j] = better
				}
				child = better
			}
		}
		bound = min(bound, child.due())
		i += span
	}
	if bound != in.bound {
		in = s.own(in)
		in.bound = bound
	}
	return in
}

func (s *dueSearch) own(in *inner) *inner {
	if in.writer == s.writer {
		return in
	}
	twin := *in
	twin.writer = s.writer
	return &twin
}
