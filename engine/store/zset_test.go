package store

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// A plainZSet is what a sorted set has to be like: its elements in order.
type plainZSet []ZEntry

func (p plainZSet) find(member string) int {
	return slices.IndexFunc(p, func(e ZEntry) bool { return e.Member == member })
}

func (p plainZSet) put(member string, score float64) plainZSet {
	p = slices.Clone(p)
	if i := p.find(member); i >= 0 {
		p = slices.Delete(p, i, i+1)
	}
	p = append(p, ZEntry{member, score})
	slices.SortFunc(p, func(a, b ZEntry) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
	})
	return p
}

// A sorted set does what a sorted slice does, and those of snapshots and copies stay as they were.
func TestZSetIsASortedSliceThatForks(t *testing.T) {
	limits := &Limits{ZSetListpackEntries: 8, ZSetListpackValue: 6}
	key := []byte("z")
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		type world struct {
			s    *Store
			want plainZSet
		}
		worlds := []*world{{s: New(1)}}
		worlds[0].s.DB(0).Set(key, NewZSet().Value(), 0)
		names := []int{6, 40, 400}[seed%3]
		for step := range 2500 {
			w := worlds[r.IntN(len(worlds))]
			member := strconv.Itoa(r.IntN(names))
			edit := func() *ZSetValue { return w.s.DB(0).Edit(key).Value.ZSet() }
			switch n := r.IntN(100); {
			case n < 2 && len(worlds) < 5:
				worlds = append(worlds, &world{w.s.Snapshot(), w.want})
			case n < 4 && len(worlds) < 5:
				twin := New(1)
				twin.DB(0).Set(key, edit().Clone().Value(), 0)
				worlds = append(worlds, &world{twin, w.want})
			case n < 60:
				score := float64(r.IntN(20))
				edit().Put([]byte(member), score, limits)
				w.want = w.want.put(member, score)
			case n < 62:
				from := r.IntN(len(w.want) + 1)
				to := from + r.IntN(len(w.want)-from+1)
				edit().RemoveRange(from, to)
				w.want = slices.Delete(slices.Clone(w.want), from, to)
			default:
				i := w.want.find(member)
				if edit().Remove([]byte(member)) != (i >= 0) {
					t.Fatalf("seed %d, step %d: Remove(%s)", seed, step, member)
				}
				if i >= 0 {
					w.want = slices.Delete(slices.Clone(w.want), i, i+1)
				}
			}
			if step%50 == 0 {
				for _, w := range worlds {
					checkZSet(t, w.s.DB(0).Get(key).Value.ZSet(), w.want, r)
				}
			}
		}
	}
}

func checkZSet(t *testing.T, z *ZSetValue, want plainZSet, r *rand.Rand) {
	t.Helper()
	var got plainZSet
	z.From(0, func(e *ZEntry) bool { got = append(got, *e); return true })
	if !slices.Equal(got, want) || z.Len() != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	seen := 0
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		cursor = z.Scan(cursor, 3, func(member string, score float64) {
			seen++
			if i := want.find(member); i < 0 || want[i].Score != score {
				t.Fatalf("Scan gives %s a score of %v", member, score)
			}
		})
	}
	if seen != len(want) {
		t.Fatalf("Scan visits %d of %d", seen, len(want))
	}
	for range 5 {
		member := strconv.Itoa(r.IntN(40))
		rank, ok := z.Rank([]byte(member))
		score, also := z.Score([]byte(member))
		i := want.find(member)
		if ok != (i >= 0) || also != ok || ok && (rank != i || score != want[i].Score) {
			t.Fatalf("%s is number %d, %v with %v, want %d", member, rank, ok, score, i)
		}
		q := ScoreRange{Min: float64(r.IntN(20)), Max: float64(r.IntN(20)), MinOpen: r.IntN(2) == 0, MaxOpen: r.IntN(2) == 0}
		from, to := z.ByScore(q)
		n := 0
		for _, e := range want {
			if (e.Score > q.Min || e.Score == q.Min && !q.MinOpen) && (e.Score < q.Max || e.Score == q.Max && !q.MaxOpen) {
				if n++; want[from+n-1] != e {
					t.Fatalf("%+v begins at %d", q, from)
				}
			}
		}
		if to-from != n {
			t.Fatalf("%+v holds %d to %d, want %d elements", q, from, to, n)
		}
	}
}

func TestZSetOutgrowsItsSmallFormAndIsCompactedAsARule(t *testing.T) {
	limits := &Limits{ZSetListpackEntries: 3, ZSetListpackValue: 4}
	small := func() *ZSetValue {
		z := NewZSet()
		for _, m := range []string{"a", "b", "c"} {
			z.Put([]byte(m), 1, limits)
		}
		return z
	}
	for name, tt := range map[string]struct {
		change func(z *ZSetValue)
		want   Encoding
	}{
		"as many as may be":       {func(z *ZSetValue) {}, Listpack},
		"one more":                {func(z *ZSetValue) { z.Put([]byte("d"), 1, limits) }, SkipList},
		"another score":           {func(z *ZSetValue) { z.Put([]byte("a"), 9, limits) }, Listpack},
		"a long member":           {func(z *ZSetValue) { z.Remove([]byte("a")); z.Put([]byte("12345"), 1, limits) }, SkipList},
		"a member just short":     {func(z *ZSetValue) { z.Remove([]byte("a")); z.Put([]byte("1234"), 1, limits) }, Listpack},
		"large, and small again":  {func(z *ZSetValue) { z.Widen(); z.Remove([]byte("a")) }, SkipList},
		"large, and compacted":    {func(z *ZSetValue) { z.Widen(); z.Compact(limits) }, Listpack},
		"too large to be compact": {func(z *ZSetValue) { z.Put([]byte("d"), 1, limits); z.Compact(limits) }, SkipList},
		"too long to be compacted": {func(z *ZSetValue) {
			z.Widen()
			z.Remove([]byte("a"))
			z.Put([]byte("12345"), 1, limits)
			z.Compact(limits)
		}, SkipList},
	} {
		z := small()
		tt.change(z)
		if got := z.Value().Encoding(); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func BenchmarkZSetPut(b *testing.B) {
	limits := DefaultLimits()
	z := NewZSet()
	r := rand.New(rand.NewPCG(1, 1))
	var members [][]byte
	for i := range 100_000 {
		members = append(members, []byte("member:"+strconv.Itoa(i)))
		z.Put(members[i], r.Float64(), &limits)
	}
	b.ReportAllocs()
	for b.Loop() {
		z.Put(members[r.IntN(len(members))], r.Float64(), &limits)
	}
}
