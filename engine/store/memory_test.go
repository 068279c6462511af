package store

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// recount is what Bytes has to be when everything was weighed just now.
func recount(db *DB) int64 {
	sum := int64(0)
	for e := range db.All() {
		sum += e.noted()
	}
	return sum
}

func TestTheWeightFollowsEveryChange(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := New(2)
	limits := DefaultLimits()
	var snapshots []*Store
	var weights []int64
	for step := range 20000 {
		db := s.DB(r.IntN(2))
		key := []byte("k" + strconv.Itoa(r.IntN(200)))
		switch r.IntN(8) {
		case 0, 1:
			db.Set(key, StringValue([]byte(strings.Repeat("v", r.IntN(300)))), int64(r.IntN(2)))
		case 2:
			db.Delete(key)
		case 3:
			if e := db.Get(key); e != nil && e.Value.Kind() == String {
				db.EditString(key, r.IntN(1000))
			}
		case 4, 5:
			if e := db.Get(key); e == nil || e.Value.Kind() != Hash {
				db.Set(key, NewHash().Value(), 0)
			}
			h := db.Edit(key).Value.Hash()
			for range r.IntN(50) {
				h.Set([]byte(strconv.Itoa(r.IntN(1000))), []byte(strings.Repeat("x", r.IntN(90))), &limits)
			}
		case 6:
			if e := db.Get(key); e == nil || e.Value.Kind() != List {
				db.Set(key, NewList(&limits).Value(), 0)
			}
			db.Edit(key).Value.List().Push(0, []byte(strings.Repeat("e", r.IntN(200))))
		case 7:
			if r.IntN(100) == 0 {
				snapshots, weights = append(snapshots, s.Snapshot()), append(weights, s.Bytes())
			}
			if r.IntN(500) == 0 {
				db.Clear()
			}
		}
		if step%500 == 0 {
			for i := range 2 {
				if got, want := s.DB(i).Bytes(), recount(s.DB(i)); got != want {
					t.Fatalf("step %d, database %d: %d bytes, counted anew %d", step, i, got, want)
				}
			}
		}
	}
	for i, snap := range snapshots {
		if got := snap.Bytes(); got != weights[i] || got != recount(snap.DB(0))+recount(snap.DB(1)) {
			t.Errorf("snapshot %d: %d bytes, had %d when it was taken", i, got, weights[i])
		}
	}
	s.FlushAll()
	if got := s.Bytes(); got != 0 {
		t.Errorf("an empty store weighs %d bytes", got)
	}
}

func TestAnObjectIsWeighedAnewWhenItGrows(t *testing.T) {
	s := New(1)
	db, limits := s.DB(0), DefaultLimits()
	db.Set([]byte("h"), NewHash().Value(), 0)
	empty := db.Bytes()
	for i := range 2000 {
		db.Edit([]byte("h")).Value.Hash().Set([]byte("field"+strconv.Itoa(i)), []byte(strings.Repeat("v", 100)), &limits)
	}
	if grown := db.Bytes() - empty; grown < 2000*100 {
		t.Errorf("2000 fields of 100 bytes weigh %d", grown)
	}
	db.Delete([]byte("h"))
	if got := db.Bytes(); got != 0 {
		t.Errorf("nothing weighs %d", got)
	}
}

func TestAccessClocks(t *testing.T) {
	s := New(1)
	db := s.DB(0)
	s.SetClock(1000, false)
	db.Set([]byte("a"), IntValue(1), 0)
	s.SetClock(1060, false)
	db.Set([]byte("b"), IntValue(1), 0)
	if got := db.Get([]byte("a")).Value.Idle(1060); got != 60 {
		t.Errorf("a was idle for %d seconds, want 60", got)
	}
	if got := db.Get([]byte("b")).Value.Idle(1060); got != 0 {
		t.Errorf("b was idle for %d seconds, want 0", got)
	}
	snap := s.Snapshot()
	db.SetAccess([]byte("a"), LRUStamp(1060))
	if got := snap.DB(0).Get([]byte("a")).Value.Idle(1060); got != 60 {
		t.Errorf("the snapshot sees a used: idle for %d seconds, want 60", got)
	}
	if got := LRUStamp(1<<24 + 5); got != 5 {
		t.Errorf("the clock begins anew at %d", got)
	}

	s.SetClock(600, true)
	db.Set([]byte("c"), IntValue(1), 0)
	v := db.Get([]byte("c")).Value
	for _, test := range []struct {
		what    string
		seconds int64
		decay   int
		want    uint8
	}{
		{"new", 600, 1, 5}, {"within the minute", 659, 1, 5}, {"a minute later", 660, 1, 4},
		{"after a long time", 600000, 1, 0}, {"without decay", 600000, 0, 5}, {"slow decay", 660, 2, 5},
	} {
		if got := v.Frequency(test.seconds, test.decay); got != test.want {
			t.Errorf("%s: counter %d, want %d", test.what, got, test.want)
		}
	}
	db.SetAccess([]byte("c"), LFUStamp(600, 99))
	db.Set([]byte("c"), IntValue(2), 0)
	if got := db.Get([]byte("c")).Value.Frequency(600, 1); got != 99 {
		t.Errorf("a new value begins with counter %d, want that of the old one", got)
	}
}

func TestRandomVolatileFindsThemAll(t *testing.T) {
	s := New(1)
	db := s.DB(0)
	for i := range 3000 {
		at := int64(0)
		if i%100 == 0 {
			at = 5
		}
		db.Set([]byte(strconv.Itoa(i)), IntValue(1), at)
	}
	r, seen := rand.New(rand.NewPCG(1, 2)), map[string]bool{}
	for range 3000 {
		e := db.RandomVolatile(r)
		if e.ExpireAt == 0 {
			t.Fatalf("%s has no expiry", e.Key)
		}
		seen[e.Key] = true
	}
	if len(seen) != 30 {
		t.Errorf("%d of 30 keys were drawn", len(seen))
	}
}
