package store

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// A ZSetValue is a sorted set: members, each once, ordered by score and among equals by their bytes.
//
// A small one is a slice in that order, which Redis calls a listpack. A large one is kept twice: as a sequence in
// order, and as a database from members to scores. Both share the members' bytes. Once large it stays so.
type ZSetValue struct {
	writer *writer // whose changes may be made in place
	nodes  *writer // the name under which order and scores are changed, of this object alone: writer names others too
	large  bool
	small  []ZEntry    // the elements of a small one
	order  seq[ZEntry] // those of a large one
	scores DB          // of a large one: member → the bits of its score
}

// A ZEntry is an element of a sorted set.
type ZEntry struct {
	Member string
	Score  float64 // never NaN
}

// NewZSet returns an empty sorted set, for a new key: fill it, then see [DB.Set].
func NewZSet() *ZSetValue { return &ZSetValue{} }

// NewLargeZSet returns an empty sorted set that is a skiplist already.
func NewLargeZSet() *ZSetValue {
	x := &ZSetValue{large: true}
	x.rename()
	return x
}

// rename makes what the set holds in its nodes somebody else's, to be copied before it is changed.
func (x *ZSetValue) rename() {
	x.nodes = new(writer)
	x.scores.writer = x.nodes
}

// Clone returns a sorted set with the same elements. Neither sees the changes of the other.
func (x *ZSetValue) Clone() *ZSetValue {
	x.writer = nil
	x.rename()
	return x.twin()
}

func (x *ZSetValue) twin() *ZSetValue {
	twin := *x
	twin.rename()
	twin.small = slices.Clone(x.small)
	return &twin
}

// Value returns the value that holds the zset.
func (x *ZSetValue) Value() Value { return objectValue(ZSet, unsafe.Pointer(x)) }

// own returns a zset with the same elements that w may change in place.
func (x *ZSetValue) own(w *writer) *ZSetValue {
	if x.writer == w {
		return x
	}
	twin := x.twin()
	twin.writer = w
	return twin
}

func (x *ZSetValue) encoding() Encoding {
	if x.large {
		return SkipList
	}
	return Listpack
}

// Source: redis/src/debug.c, xorObjectDigest.
func (x *ZSetValue) digest(d *digest) {
	var text [32]byte
	x.From(0, func(e *ZEntry) bool {
		var element digest
		element.mix(e.Member)
		element.mixBytes(appendScore(text[:0], e.Score))
		d.xor(sha1(element[:]))
		return true
	})
}

// appendScore appends a score as C's %.17g prints it.
func appendScore(dst []byte, score float64) []byte {
	switch {
	case math.IsInf(score, 1):
		return append(dst, "inf"...)
	case math.IsInf(score, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, score, 'g', 17, 64)
}

// before is the order of sorted sets.
func (e *ZEntry) before(score float64, member string) bool {
	return e.Score < score || e.Score == score && e.Member < member
}

// Len returns the number of elements.
func (x *ZSetValue) Len() int {
	if x.large {
		return x.order.len()
	}
	return len(x.small)
}

// At returns element i in order, for reading, until the next change.
func (x *ZSetValue) At(i int) *ZEntry {
	if x.large {
		return x.order.at(i)
	}
	return &x.small[i]
}

// From calls f for the elements from i on, in order, until it returns false.
func (x *ZSetValue) From(i int, f func(*ZEntry) bool) {
	if x.large {
		x.order.from(i, f)
		return
	}
	for ; i < len(x.small); i++ {
		if !f(&x.small[i]) {
			return
		}
	}
}

// Back calls f for the elements from i down to the first, until it returns false.
func (x *ZSetValue) Back(i int, f func(*ZEntry) bool) {
	if x.large {
		x.order.back(i, f)
		return
	}
	for ; i >= 0; i-- {
		if !f(&x.small[i]) {
			return
		}
	}
}

// Score returns the score of a member, and whether there is such a one.
func (x *ZSetValue) Score(member []byte) (float64, bool) {
	if x.large {
		e := x.scores.Get(member)
		if e == nil {
			return 0, false
		}
		return scoreOf(e), true
	}
	for i := range x.small {
		if x.small[i].Member == string(member) {
			return x.small[i].Score, true
		}
	}
	return 0, false
}

func scoreOf(e *Entry) float64 { return math.Float64frombits(uint64(e.Value.n)) }

func scoreValue(score float64) Value { return IntValue(int64(math.Float64bits(score))) }

// Rank returns the index of a member, and whether there is such a one.
func (x *ZSetValue) Rank(member []byte) (int, bool) {
	if x.large {
		e := x.scores.Get(member)
		if e == nil {
			return 0, false
		}
		return x.place(scoreOf(e), e.Key), true
	}
	for i := range x.small {
		if x.small[i].Member == string(member) {
			return i, true
		}
	}
	return 0, false
}

// place returns the index where an element belongs, or is.
func (x *ZSetValue) place(score float64, member string) int {
	return x.search(func(e *ZEntry) bool { return !e.before(score, member) })
}

// search returns the index of the first element for which is holds, as it does for all that follow, or Len.
func (x *ZSetValue) search(is func(*ZEntry) bool) int {
	if x.large {
		return x.order.search(is)
	}
	low, high := 0, len(x.small)
	for low < high {
		middle := (low + high) / 2
		if is(&x.small[middle]) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// Put gives a member, which is copied when it is new, a score, which must not be NaN. The limits say when a small set
// has to become a large one first.
//
// Source: redis/src/t_zset.c, zsetAdd.
func (x *ZSetValue) Put(member []byte, score float64, l *Limits) {
	if i, ok := x.Rank(member); ok {
		x.move(i, score)
		return
	}
	if !x.large && (len(x.small)+1 > l.ZSetListpackEntries || len(member) > l.ZSetListpackValue) {
		x.grow()
	}
	x.add(string(member), score)
}

// add puts in an element that is not there.
func (x *ZSetValue) add(member string, score float64) {
	if x.large {
		x.scores.Set(view(member), scoreValue(score), 0)
		member = x.scores.Get(view(member)).Key
		x.order.insert(x.nodes, x.place(score, member), ZEntry{member, score})
		return
	}
	x.small = slices.Insert(x.small, x.place(score, member), ZEntry{member, packedScore(score)})
}

// packedScore is what a listpack makes of a score: it keeps whole numbers as integers, which have no -0.
//
// Source: redis/src/t_zset.c, zzlInsertAt.
func packedScore(score float64) float64 {
	if score == 0 {
		return 0
	}
	return score
}

// move gives element i another score. One that is equal to the old one, as -0 is to 0, changes nothing.
func (x *ZSetValue) move(i int, score float64) {
	e := *x.At(i)
	if e.Score == score {
		return
	}
	e.Score = score
	if x.large {
		x.scores.Set(view(e.Member), scoreValue(score), 0)
		x.order.cut(x.nodes, i, i+1)
		x.order.insert(x.nodes, x.place(score, e.Member), e)
		return
	}
	e.Score = packedScore(score)
	x.small = slices.Delete(x.small, i, i+1)
	x.small = slices.Insert(x.small, x.place(score, e.Member), e)
}

// grow makes a large set of a small one.
func (x *ZSetValue) grow() {
	elements := x.small
	x.large, x.small = true, nil
	x.rename()
	for i, e := range elements {
		x.scores.Set(view(e.Member), scoreValue(e.Score), 0)
		e.Member = x.scores.Get(view(e.Member)).Key
		x.order.insert(x.nodes, i, e)
	}
}

// Widen makes a large set of a small one, as SORT does.
func (x *ZSetValue) Widen() {
	if !x.large {
		x.grow()
	}
}

// All yields the members in order. The set must not be changed meanwhile.
func (x *ZSetValue) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		x.From(0, func(e *ZEntry) bool { return yield(e.Member) })
	}
}

// Compact makes a small set of a large one that is within the limits: for sets that were just built.
//
// Source: redis/src/t_zset.c, zsetConvertToListpackIfNeeded.
func (x *ZSetValue) Compact(l *Limits) {
	if !x.large || x.Len() > l.ZSetListpackEntries {
		return
	}
	fits := true
	elements := make([]ZEntry, 0, x.Len())
	x.From(0, func(e *ZEntry) bool {
		fits = len(e.Member) <= l.ZSetListpackValue
		elements = append(elements, ZEntry{e.Member, packedScore(e.Score)})
		return fits
	})
	if fits {
		*x = ZSetValue{writer: x.writer, small: elements}
	}
}

// Remove takes a member out and reports whether it was there.
func (x *ZSetValue) Remove(member []byte) bool {
	i, ok := x.Rank(member)
	if ok {
		x.RemoveRange(i, i+1)
	}
	return ok
}

// RemoveRange takes out the elements from i up to and not including j.
func (x *ZSetValue) RemoveRange(i, j int) {
	if i >= j {
		return
	}
	if !x.large {
		x.small = slices.Delete(x.small, i, j)
		return
	}
	if n := j - i; n == x.Len() {
		x.scores.Clear()
		x.scores.writer = x.nodes
	} else {
		x.order.from(i, func(e *ZEntry) bool {
			x.scores.Delete(view(e.Member))
			n--
			return n > 0
		})
	}
	x.order.cut(x.nodes, i, j)
}

// A ScoreRange is an interval of scores.
type ScoreRange struct {
	Min, Max         float64
	MinOpen, MaxOpen bool // the end itself is outside
}

// ByScore returns the indexes of the elements in the range: from the first up to and not including the second, which
// is not the smaller one.
func (x *ZSetValue) ByScore(r ScoreRange) (from, to int) {
	from = x.search(func(e *ZEntry) bool { return e.Score > r.Min || e.Score == r.Min && !r.MinOpen })
	to = x.search(func(e *ZEntry) bool { return e.Score > r.Max || e.Score == r.Max && r.MaxOpen })
	return from, max(from, to)
}

// A LexRange is an interval of members. It is meant for sets whose scores are all the same.
type LexRange struct{ Min, Max LexEnd }

// A LexEnd is an end of a LexRange.
type LexEnd struct {
	Side int    // -1 is in front of all members, 1 behind them, 0 at Text
	Text string //
	Open bool   // Text itself is outside
}

// compare compares a member with an end.
func (end *LexEnd) compare(member string) int {
	if end.Side != 0 {
		return -end.Side
	}
	return strings.Compare(member, end.Text)
}

func (r *LexRange) aboveMin(e *ZEntry) bool {
	c := r.Min.compare(e.Member)
	return c > 0 || c == 0 && !r.Min.Open
}

func (r *LexRange) belowMax(e *ZEntry) bool {
	c := r.Max.compare(e.Member)
	return c < 0 || c == 0 && !r.Max.Open
}

// empty reports whether nothing can be in the range.
func (r *LexRange) empty() bool {
	c := r.Min.Side - r.Max.Side
	if c == 0 && r.Min.Side == 0 {
		c = strings.Compare(r.Min.Text, r.Max.Text)
	}
	return c > 0 || c == 0 && (r.Min.Open || r.Max.Open)
}

// ByLex returns the indexes of the elements in the range, as ByScore does. Where scores differ the members are in no
// order: a small set is searched one by one from the side that the caller will walk it from, as Redis does, which is
// the end when backwards is set; a large one may find anything.
//
// Source: redis/src/t_zset.c, zzlFirstInLexRange, zzlLastInLexRange and zslFirstInLexRange.
func (x *ZSetValue) ByLex(r LexRange, backwards bool) (from, to int) {
	n := x.Len()
	if n == 0 || r.empty() || !r.aboveMin(x.At(n-1)) || !r.belowMax(x.At(0)) {
		return 0, 0
	}
	switch {
	case x.large:
		from = x.search(r.aboveMin)
		to = x.search(func(e *ZEntry) bool { return !r.belowMax(e) })
		return from, max(from, to)
	case backwards:
		for to = n; to > 0 && !r.belowMax(x.At(to-1)); {
			to--
		}
		for from = to; from > 0 && r.aboveMin(x.At(from-1)); {
			from--
		}
	default:
		for from = 0; from < n && !r.aboveMin(x.At(from)); {
			from++
		}
		for to = from; to < n && r.belowMax(x.At(to)); {
			to++
		}
	}
	return from, to
}

// Scan calls f for some elements: all of a small set, and as many of a large one as [DB.Scan] visits.
func (x *ZSetValue) Scan(cursor uint64, count int, f func(member string, score float64)) (next uint64) {
	if x.large {
		return x.scores.Scan(cursor, count, func(e *Entry) { f(e.Key, scoreOf(e)) })
	}
	for _, e := range x.small {
		f(e.Member, e.Score)
	}
	return 0
}
