package store

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A seq does what a slice does, and a copy stays as it was, whatever becomes of the original.
func TestSeqIsASliceThatForks(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		type line struct {
			s    seq[int]
			w    *writer
			want []int
		}
		lines := []*line{{w: new(writer)}}
		size := []int{40, 400, 4000}[seed%3]
		for step := range 6000 {
			l := lines[r.IntN(len(lines))]
			switch c := r.IntN(100); {
			case c < 2 && len(lines) < 6:
				l.w = new(writer)
				lines = append(lines, &line{s: l.s, w: new(writer), want: slices.Clone(l.want)})
			case c < 50 && len(l.want) < size:
				i := []int{0, len(l.want), r.IntN(len(l.want) + 1)}[r.IntN(3)]
				l.s.insert(l.w, i, step)
				l.want = slices.Insert(l.want, i, step)
			case len(l.want) == 0:
			case c < 60:
				i := r.IntN(len(l.want))
				*l.s.edit(l.w, i) = -step
				l.want[i] = -step
			case c < 62:
				i := r.IntN(len(l.want))
				j := i + r.IntN(len(l.want)-i+1)
				l.s.cut(l.w, i, j)
				l.want = slices.Delete(l.want, i, j)
			default:
				i := r.IntN(len(l.want))
				l.s.cut(l.w, i, i+1)
				l.want = slices.Delete(l.want, i, i+1)
			}
			if step%200 == 0 || step == 5999 {
				for _, l := range lines {
					checkSeq(t, &l.s, l.want, r)
				}
			}
		}
	}
}

func checkSeq(t *testing.T, s *seq[int], want []int, r *rand.Rand) {
	t.Helper()
	if s.len() != len(want) {
		t.Fatalf("%d elements, want %d", s.len(), len(want))
	}
	var got []int
	s.from(0, func(v *int) bool { got = append(got, *v); return true })
	if !slices.Equal(got, want) {
		t.Fatalf("forwards: %v, want %v", got, want)
	}
	if len(want) == 0 {
		return
	}
	i := r.IntN(len(want))
	if *s.at(i) != want[i] {
		t.Fatalf("at(%d) = %d, want %d", i, *s.at(i), want[i])
	}
	got = got[:0]
	s.back(i, func(v *int) bool { got = append(got, *v); return true })
	slices.Reverse(got)
	if !slices.Equal(got, want[:i+1]) {
		t.Fatalf("backwards from %d: %v, want %v", i, got, want[:i+1])
	}
}

func TestSeqSearch(t *testing.T) {
	var s seq[int]
	w := new(writer)
	for i := range 5000 {
		s.insert(w, i, 2*i)
	}
	for _, x := range []int{-1, 0, 1, 2, 4999, 5000, 9998, 9999, 10000} {
		want := min(max((x+1)/2, 0), 5000)
		if got := s.search(func(v *int) bool { return *v >= x }); got != want {
			t.Errorf("search for %d: %d, want %d", x, got, want)
		}
	}
}

func BenchmarkSeqAppend(b *testing.B) {
	var s seq[string]
	w := new(writer)
	b.ReportAllocs()
	for i := range b.N {
		s.insert(w, i, "element")
	}
}

func BenchmarkSeqInsertInside(b *testing.B) {
	var s seq[int]
	w := new(writer)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 100_000 {
		s.insert(w, i, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		i := r.IntN(100_000)
		s.insert(w, i, i)
		s.cut(w, i, i+1)
	}
}
