package store

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestAStringGrowsInPlace(t *testing.T) {
	for _, c := range []struct {
		name string
		old  Value
		size int
		want string
	}{
		{"an integer becomes its text", IntValue(-12), 0, "-12"},
		{"zeros fill what is new", StringValue([]byte("ab")), 4, "ab\x00\x00"},
		{"nothing is cut off", StringValue([]byte("hello")), 2, "hello"},
		{"the empty string", Value{}, 1, "\x00"},
		{"just below the length that gets room", Value{}, textMin - 1, string(make([]byte, textMin-1))},
		{"just that length", Value{}, textMin, string(make([]byte, textMin))},
	} {
		db := New(1).DB(0)
		db.Set([]byte("k"), c.old, 77)
		b := db.EditString([]byte("k"), c.size)
		e := db.Get([]byte("k"))
		if string(b) != c.want || e.Value.Str() != c.want || e.Value.Encoding() != Raw || e.ExpireAt != 77 {
			t.Errorf("%s: %q in the hand, %q at the key, %v, expiry %d", c.name, b, e.Value.Str(), e.Value.Encoding(), e.ExpireAt)
		}
	}
}

// Snapshots, copies of keys, copies of copies and moved ones: each string is as its own changes left it.
func TestChangedStringsDoNotShowInCopies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	keys := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	type world struct {
		s    *Store
		want [2]map[string]string
	}
	copyOf := func(w *world) *world {
		twin := &world{s: w.s.Snapshot()}
		for i := range w.want {
			twin.want[i] = map[string]string{}
			for k, v := range w.want[i] {
				twin.want[i][k] = v
			}
		}
		return twin
	}
	worlds := []*world{{s: New(2), want: [2]map[string]string{{}, {}}}}
	for step := range 20_000 {
		w := worlds[r.IntN(len(worlds))]
		i, j, key, other := r.IntN(2), r.IntN(2), keys[r.IntN(3)], keys[r.IntN(3)]
		old, there := w.want[i][string(key)]
		switch op := r.IntN(20); {
		case op == 0 && len(worlds) < 6:
			worlds = append(worlds, copyOf(w))
		case op == 1:
			worlds[r.IntN(len(worlds))] = copyOf(w)
		case op == 2 && there:
			w.s.CopyKey(i, key, j, other)
			w.want[j][string(other)] = old
		case op == 3 && there && (i != j || string(key) != string(other)):
			e := *w.s.DB(i).Get(key)
			w.s.DB(j).Set(other, e.Value, 0)
			w.s.DB(i).Delete(key)
			w.want[j][string(other)] = old
			delete(w.want[i], string(key))
		case op == 4:
			w.s.SwapDB(0, 1)
			w.want[0], w.want[1] = w.want[1], w.want[0]
		case !there:
			w.s.DB(i).Set(key, RawString(nil), 0)
			w.want[i][string(key)] = ""
		default:
			size := r.IntN(300)
			b := w.s.DB(i).EditString(key, size)
			grown := append([]byte(old), make([]byte, max(0, size-len(old)))...)
			if !bytes.Equal(b, grown) {
				t.Fatalf("step %d: %q in the hand, want %q", step, b, grown)
			}
			if len(b) > 0 {
				at := r.IntN(len(b))
				b[at], grown[at] = byte(step), byte(step)
			}
			w.want[i][string(key)] = string(grown)
		}
		for _, w := range worlds {
			for i := range w.want {
				if w.s.DB(i).Len() != len(w.want[i]) {
					t.Fatalf("step %d: %d keys, want %d", step, w.s.DB(i).Len(), len(w.want[i]))
				}
				for k, v := range w.want[i] {
					if got := w.s.DB(i).Get([]byte(k)).Value.Str(); got != v {
						t.Fatalf("step %d: %s is %q, want %q", step, k, got, v)
					}
				}
			}
		}
	}
}

// What APPEND does to one key costs as much for a long string as for a short one.
func BenchmarkGrowAString(b *testing.B) {
	db := New(1).DB(0)
	key := []byte("k")
	db.Set(key, Value{}, 0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n += 16; n > 1<<24 {
			db.Set(key, Value{}, 0)
			n = 16
		}
		db.EditString(key, n)[n-1] = 'x'
	}
}
