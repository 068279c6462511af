package store

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// The bytes that redis-server 7.0.15 has for these.
func TestHyperLogLogsHaveTheBytesOfRedis(t *testing.T) {
	const head = "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"
	for _, c := range []struct {
		name     string
		elements []string
		want     string
	}{
		{"nothing added", nil, "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff"},
		{"one element", []string{"a"}, head + "\x71\xa6\x84\x4e\x57"},
		{"the same again", []string{"a", "a"}, head + "\x71\xa6\x84\x4e\x57"},
		{"three elements", []string{"a", "b", "c"}, head + "\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a"},
	} {
		h := NewHLL()
		for _, e := range c.elements {
			if _, ok := h.Add([]byte(e), 3000); !ok {
				t.Fatalf("%s: corrupt", c.name)
			}
		}
		if string(h) != c.want {
			t.Errorf("%s: %q, redis-server has %q", c.name, h, c.want)
		}
	}
}

// Both forms hold the same registers, whatever the limit at which one becomes the other.
func TestSparseAndDenseAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, most := range []int{0, 18, 25, 100, 3000, 1 << 20} {
		var want [HLLRegisters]uint8
		h := NewHLL()
		for range 3000 {
			i, v := r.IntN(HLLRegisters), uint8(1+r.IntN(8))
			if r.IntN(4) == 0 {
				i = r.IntN(40) // neighbours, whose runs are joined
			}
			if r.IntN(2000) == 0 {
				v = 33 // more than the sparse form can say
			}
			changed, ok := h.Raise(i, v, most)
			if !ok || changed != (v > want[i]) {
				t.Fatalf("limit %d: raising register %d from %d to %d: changed %v, intact %v", most, i, want[i], v, changed, ok)
			}
			want[i] = max(want[i], v)
		}
		var got [HLLRegisters]uint8
		if !h.MergeInto(&got) || got != want {
			t.Errorf("limit %d: the registers differ", most)
		}
		n, ok := h.Count()
		if !ok || n != CountRegisters(&want) {
			t.Errorf("limit %d: counts %d, want %d", most, n, CountRegisters(&want))
		}
		if !h.MakeDense() || len(h) != hllDenseBytes {
			t.Fatalf("limit %d: no dense form", most)
		}
		for i, v := range want {
			if h.Register(i) != v {
				t.Fatalf("limit %d: register %d is %d, want %d", most, i, h.Register(i), v)
			}
		}
	}
}

func TestEstimatesAreNear(t *testing.T) {
	h := NewHLL()
	for n := 1; n <= 100_000; n++ {
		h.Add(strconv.AppendInt(nil, int64(n), 10), 3000)
		if n&(n-1) == 0 || n == 100_000 {
			got, _ := h.Count()
			if math.Abs(float64(got)-float64(n)) > float64(n)*0.03 {
				t.Errorf("%d elements are estimated as %d", n, got)
			}
		}
	}
}

func FuzzHLL(f *testing.F) {
	h := NewHLL()
	f.Add([]byte(h), []byte("x"))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f"), []byte("x"))
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x7f\xff\xff"), []byte("x"))
	f.Fuzz(func(t *testing.T, b, element []byte) {
		if !IsHLL(string(b)) {
			return
		}
		h := HLL(append([]byte(nil), b...))
		_, countable := h.Count()
		if _, ok := h.Add(element, 3000); !ok && countable {
			t.Error("what can be counted cannot be added to")
		}
		var all [HLLRegisters]uint8
		if h.MergeInto(&all) != h.MakeDense() {
			t.Error("merged but not made dense, or the other way round")
		}
	})
}
