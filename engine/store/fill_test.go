package store

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// fill adds the keys from first up to end, some of them with an expiry, and their model.
func fill(f *Filler, m model, first, end int) {
	for i := first; i < end; i++ {
		e := modelEntry{strconv.Itoa(i * 7), int64(i%3) * int64(i)}
		m[strconv.Itoa(i)] = e
		f.Add([]byte(strconv.Itoa(i)), StringValue([]byte(e.value)), e.expireAt, 0, false)
	}
}

func TestAFilledDatabaseIsTheSameAsOneWhoseKeysWereSet(t *testing.T) {
	for _, keys := range []int{1, leafMax, leafMax + 1, 5000, fillPart<<fillBits + 1} {
		s, m := New(1), model{}
		f := NewFiller(s.DB(0))
		fill(f, m, 0, keys)
		if waits := s.DB(0).Len() + f.Keys(); waits != keys {
			t.Fatalf("%d of %d keys are there or wait", waits, keys)
		}
		if most := (fillPart - 1) << fillBits; f.Keys() > most {
			t.Fatalf("%d keys wait, at most %d should", f.Keys(), most)
		}
		if key, twice := f.Flush(); twice || f.Keys() != 0 {
			t.Fatalf("key %q is there twice, %d wait", key, f.Keys())
		}
		m.check(t, s.DB(0))
		one := New(1)
		for key, e := range m {
			one.DB(0).Set([]byte(key), StringValue([]byte(e.value)), e.expireAt)
		}
		if !slices.Equal(keysOf(s.DB(0)), keysOf(one.DB(0))) {
			t.Errorf("%d keys are in another order", keys)
		}
		if got, want := s.Bytes(), one.Bytes(); got != want {
			t.Errorf("%d keys take %d bytes, want %d", keys, got, want)
		}
	}
}

func TestWhatIsFilledBetweenSnapshotsDoesNotReachThem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s, m := New(1), model{}
	f := NewFiller(s.DB(0))
	type past struct {
		s *Store
		m model
	}
	var views []past
	for first := 0; first < 20_000; {
		end := first + 1 + r.IntN(2000)
		fill(f, m, first, end)
		first = end
		if _, twice := f.Flush(); twice {
			t.Fatal("a key is there twice")
		}
		copied := model{}
		for key, e := range m {
			copied[key] = e
		}
		views = append(views, past{s.Snapshot(), copied})
	}
	for _, v := range append(views, past{s, m}) {
		v.m.check(t, v.s.DB(0))
	}
}

func TestAFillerFindsWhatIsThereTwice(t *testing.T) {
	value := StringValue([]byte("v"))
	for _, c := range []struct {
		name string
		add  func(f *Filler)
	}{
		{"both wait", func(f *Filler) {}},
		{"the first one is flushed", func(f *Filler) { f.Flush() }},
		{"the first one was flushed when its part was full", func(f *Filler) { fill(f, model{}, 0, 5*fillPart<<fillBits/4) }},
	} {
		db := New(1).DB(0)
		f := NewFiller(db)
		f.Add([]byte("k"), value, 0, 0, false)
		c.add(f)
		f.Add([]byte("k"), value, 0, 0, false)
		if key, twice := f.Flush(); !twice || key != "k" {
			t.Errorf("%s: %q, %v", c.name, key, twice)
		}
		if _, twice := f.Flush(); !twice {
			t.Errorf("%s: it is forgotten", c.name)
		}
	}
	db := New(1).DB(0)
	db.Set([]byte("k"), value, 0)
	f := NewFiller(db)
	f.Add([]byte("k"), value, 0, 0, false)
	if _, twice := f.Flush(); !twice {
		t.Error("a key that was there before the filler is not found")
	}
}

// Keys whose hashes agree are other keys all the same, and stay in the order in which they came.
func TestAFillerTakesKeysWithEqualHashes(t *testing.T) {
	const h = 0x0123456789abcdee
	db := New(1).DB(0)
	f := NewFiller(db)
	var want []string
	for i := range 3*fillPart + 5 {
		key := strconv.Itoa(i)
		want = append(want, key)
		f.put(Entry{Key: key, hash: h, Value: IntValue(1)})
	}
	if key, twice := f.Flush(); twice {
		t.Errorf("key %q is there twice", key)
	}
	checkShape(t, db)
	if !slices.Equal(keysOf(db), want) {
		t.Error("the keys are in another order than they came")
	}
	f.put(Entry{Key: "5", hash: h, Value: IntValue(1)})
	if key, twice := f.Flush(); !twice || key != "5" {
		t.Errorf("%q, %v", key, twice)
	}
}

func TestAFillerKeepsTheClockThatItIsTold(t *testing.T) {
	s := New(1)
	s.SetClock(1000, false)
	f := NewFiller(s.DB(0))
	f.Add([]byte("told"), IntValue(1), 0, 990, true)
	f.Add([]byte("not told"), IntValue(1), 0, 0, false)
	f.Flush()
	for key, want := range map[string]uint32{"told": 990, "not told": 1000} {
		if got := s.DB(0).Get([]byte(key)).Value.Access(); got != want {
			t.Errorf("%s: %d, want %d", key, got, want)
		}
	}
}
