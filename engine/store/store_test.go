package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A model is what a database should hold: the plainest thing that can be right.
type model map[string]modelEntry

type modelEntry struct {
	value    string
	expireAt int64
}

// check compares everything that can be seen of a database with the model.
func (m model) check(t *testing.T, db *DB) {
	t.Helper()
	if db.Len() != len(m) {
		t.Fatalf("Len is %d, want %d", db.Len(), len(m))
	}
	volatiles, first := 0, int64(never)
	for key, want := range m {
		e := db.Get([]byte(key))
		if e == nil {
			t.Fatalf("key %q is missing", key)
		}
		if e.Key != key || e.Value.Str() != want.value || e.ExpireAt != want.expireAt {
			t.Fatalf("key %q holds %q until %d, want %q until %d", e.Key, e.Value.Str(), e.ExpireAt, want.value, want.expireAt)
		}
		if want.expireAt != 0 {
			volatiles++
			first = min(first, want.expireAt)
		}
	}
	if db.Volatile() != volatiles {
		t.Fatalf("Volatile is %d, want %d", db.Volatile(), volatiles)
	}
	at, ok := db.NextExpiry()
	if ok != (volatiles > 0) || ok && at > first {
		t.Fatalf("NextExpiry is %d, %v, which is no lower bound of %d", at, ok, first)
	}
	seen, last := 0, uint64(0)
	for e := range db.All() {
		if seen > 0 && e.hash < last {
			t.Fatalf("All yields hash %x behind %x", e.hash, last)
		}
		last = e.hash
		seen++
	}
	if seen != len(m) {
		t.Fatalf("All yields %d entries, want %d", seen, len(m))
	}
	checkShape(t, db)
}

// checkShape verifies what the trie promises itself: counts, bounds, places, tags, writers.
func checkShape(t *testing.T, db *DB) {
	t.Helper()
	var visit func(n node, prefix uint64, depth int, above *writer)
	visit = func(n node, prefix uint64, depth int, above *writer) {
		switch n := n.(type) {
		case *leaf:
			if int(n.prefix) < depth-fanBits+1 && depth > 0 || int(n.prefix) > depth {
				t.Fatalf("a leaf with %d bits hangs at depth %d", n.prefix, depth)
			}
			if n.writer == db.writer && above != nil && above != db.writer {
				t.Fatal("a leaf of the writer hangs under a shared node")
			}
			if n.bound > earliest(n.entries) {
				t.Fatalf("a leaf has bound %d over expiry %d", n.bound, earliest(n.entries))
			}
			for i, e := range n.entries {
				if n.prefix > 0 && (e.hash^prefix)>>(64-n.prefix) != 0 {
					t.Fatalf("hash %x is in the leaf of prefix %x/%d", e.hash, prefix, n.prefix)
				}
				if i < leafMax && n.tags[i] != n.tag(e.hash) {
					t.Fatalf("tag %d is %x for hash %x", i, n.tags[i], e.hash)
				}
			}
		case *inner:
			if n.writer == db.writer && above != nil && above != db.writer {
				t.Fatal("an inner node of the writer hangs under a shared one")
			}
			count, bound := 0, int64(never)
			for i := 0; i < fan; i += n.span(i) {
				child := n.slots[i]
				for j := range n.span(i) {
					if n.slots[i+j] != child {
						t.Fatal("a leaf does not fill its slots")
					}
				}
				count += child.keys()
				bound = min(bound, child.due())
				visit(child, prefix|uint64(i)<<n.shift, n.depth()+fanBits, n.writer)
			}
			if count != n.count || n.bound > bound {
				t.Fatalf("an inner node counts %d of %d keys, bound %d over %d", n.count, count, n.bound, bound)
			}
			if count <= 1 {
				t.Fatalf("an inner node is left over for %d keys", count)
			}
		}
	}
	visit(db.root, 0, 0, nil)
}

// keysOf returns the keys of a database in its own order.
func keysOf(db *DB) []string {
	var keys []string
	for e := range db.All() {
		keys = append(keys, e.Key)
	}
	return keys
}

func TestAgainstAMapWithSnapshotsBetween(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			type view struct {
				s *Store
				m model
			}
			now := view{New(1), model{}}
			var past []view
			// Phases of growth and of decline, so that leaves split and merge at every depth.
			for step := range 20_000 {
				key := "k" + strconv.Itoa(r.IntN(3000))
				db := now.s.DB(0)
				grow := step%8000 < 5000
				switch op := r.IntN(10); {
				case op < 4 && grow, op == 0:
					e := modelEntry{strconv.Itoa(r.IntN(100)), int64(r.IntN(3)) * int64(r.IntN(1000))}
					db.Set([]byte(key), StringValue([]byte(e.value)), e.expireAt)
					now.m[key] = e
				case op < 7:
					_, want := now.m[key]
					if got := db.Delete([]byte(key)); got != want {
						t.Fatalf("Delete of %s is %v, want %v", key, got, want)
					}
					delete(now.m, key)
				case op < 8:
					e, want := now.m[key]
					e.expireAt = int64(r.IntN(1000))
					if got := db.SetExpire([]byte(key), e.expireAt); got != want {
						t.Fatalf("SetExpire of %s is %v, want %v", key, got, want)
					}
					if want {
						now.m[key] = e
					}
				default:
					if (db.Get([]byte(key)) != nil) != (now.m[key] != modelEntry{}) {
						t.Fatalf("Get of %s disagrees with the model", key)
					}
				}
				switch r.IntN(700) {
				case 0:
					past = append(past, view{now.s.Snapshot(), maps.Clone(now.m)})
				case 1:
					// A branch: go on from a past that something else may have grown out of.
					if len(past) > 0 {
						old := past[r.IntN(len(past))]
						past = append(past, now)
						now = view{old.s.Snapshot(), maps.Clone(old.m)}
					}
				}
				if step%1000 == 0 {
					now.m.check(t, now.s.DB(0))
				}
			}
			now.m.check(t, now.s.DB(0))
			for _, v := range past {
				v.m.check(t, v.s.DB(0))
			}
		})
	}
}

func TestOrderDependsOnTheKeysAlone(t *testing.T) {
	a, b := New(1).DB(0), New(1).DB(0)
	for i := range 5000 {
		a.Set([]byte(strconv.Itoa(i)), IntValue(1), 0)
		b.Set([]byte(strconv.Itoa(9999-i)), IntValue(2), 0)
	}
	for i := 5000; i < 10000; i++ {
		b.Delete([]byte(strconv.Itoa(i)))
	}
	for i := range 5000 {
		b.Set([]byte(strconv.Itoa(i)), IntValue(2), 0)
	}
	if !slices.Equal(keysOf(a), keysOf(b)) {
		t.Error("two databases with the same keys have them in different orders")
	}
	ra, rb := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
	for range 100 {
		if ka, kb := a.Random(ra).Key, b.Random(rb).Key; ka != kb {
			t.Fatalf("the same generator chose %s and %s", ka, kb)
		}
	}
}

func TestRandomChoosesEveryKeyEquallyOften(t *testing.T) {
	db := New(1).DB(0)
	r := rand.New(rand.NewPCG(3, 4))
	if db.Random(r) != nil {
		t.Fatal("an empty database has a random key")
	}
	const keys, draws = 200, 200 * 500
	for i := range keys {
		db.Set([]byte(strconv.Itoa(i)), IntValue(0), 0)
	}
	times := map[string]int{}
	for range draws {
		times[db.Random(r).Key]++
	}
	for i := range keys {
		// The expectation is 500, its standard deviation 22.
		if n := times[strconv.Itoa(i)]; n < 380 || n > 620 {
			t.Errorf("key %d was chosen %d times of %d", i, n, draws)
		}
	}
}

func TestScanVisitsWhatStaysExactlyOnce(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		db := New(1).DB(0)
		stays := 1 + r.IntN(2000)
		for i := range stays {
			db.Set(fmt.Append(nil, "stays:", i), IntValue(0), 0)
		}
		for i := range r.IntN(3000) {
			db.Set(fmt.Append(nil, "goes:", i), IntValue(0), 0)
		}
		seen := map[string]int{}
		cursor, calls := uint64(0), 0
		for {
			count := 1 + r.IntN(50)
			visited := 0
			cursor = db.Scan(cursor, count, func(e *Entry) { seen[e.Key]++; visited++ })
			if visited > count {
				t.Fatalf("seed %d: Scan visited %d entries, %d were asked for", seed, visited, count)
			}
			if calls++; cursor == 0 {
				break
			}
			// Growth or decline by far more than the scan proceeds: leaves split and merge around the cursor.
			for range r.IntN(400) {
				key := fmt.Append(nil, "goes:", r.IntN(3000))
				if seed%2 == 0 {
					db.Set(key, IntValue(1), 0)
				} else {
					db.Delete(key)
				}
			}
		}
		for i := range stays {
			if n := seen["stays:"+strconv.Itoa(i)]; n != 1 {
				t.Fatalf("seed %d: key %d was visited %d times in %d calls", seed, i, n, calls)
			}
		}
	}
}

func TestScanCursors(t *testing.T) {
	db := New(1).DB(0)
	none := func(*Entry) { t.Error("an entry in an empty database") }
	for _, cursor := range []uint64{0, 1, 1 << 63, ^uint64(0)} {
		if next := db.Scan(cursor, 10, none); next != 0 {
			t.Errorf("Scan(%d) of an empty database goes on at %d", cursor, next)
		}
	}
	for i := range 100 {
		db.Set(fmt.Append(nil, i), IntValue(0), 0)
	}
	for cursor, calls := uint64(0), 0; ; calls++ {
		if cursor = db.Scan(cursor, 10, func(*Entry) {}); cursor == 0 {
			if calls != 9 {
				t.Errorf("100 keys took %d calls of 10", calls+1)
			}
			break
		}
		if cursor > 1<<16 {
			t.Errorf("cursor %d is long for 100 keys", cursor)
		}
	}
	db.Scan(^uint64(0), 1, func(*Entry) {}) // any number is a cursor
	visited := 0
	if db.Scan(0, 0, func(*Entry) { visited++ }); visited != 1 {
		t.Errorf("a scan of 0 entries visited %d, and might never end", visited)
	}
}

// collide puts entries with made-up hashes into a database, as a peer could that chose its keys.
func collide(db *DB, h uint64, key string, at int64) { db.insert(h, []byte(key), IntValue(1), at) }

func TestKeysWithEqualHashesShareALeaf(t *testing.T) {
	db := New(1).DB(0)
	const h = 0x0123456789abcdee
	for i := range 100 {
		collide(db, h, strconv.Itoa(i), int64(i))
	}
	collide(db, h^1, "its neighbour", 0)
	checkShape(t, db)
	visited := 0
	cursor := db.Scan(0, 1, func(*Entry) { visited++ })
	if cursor == 0 || visited != 100 {
		t.Errorf("Scan stopped at %d after %d of 100 equal hashes", cursor, visited)
	}
	if db.Scan(cursor, 1, func(e *Entry) { visited++ }); visited != 101 {
		t.Errorf("Scan visited %d of 101 entries", visited)
	}
	for i := range 100 {
		l := db.leaf(h)
		at := l.find(h, []byte(strconv.Itoa(i)))
		if at < 0 {
			t.Fatalf("key %d is lost", i)
		}
		db.volatile -= volatile(l.entries[at].ExpireAt)
		db.remove(h, at)
		if db.Len() > 1 {
			checkShape(t, db)
		}
	}
	if l, ok := db.root.(*leaf); !ok || l.prefix != 0 {
		t.Error("the chain of inner nodes outlived the collision")
	}
}

func TestMemoryIsGivenBack(t *testing.T) {
	db := New(1).DB(0)
	for i := range 10_000 {
		db.Set([]byte(strconv.Itoa(i)), IntValue(0), 0)
	}
	for i := range 10_000 {
		db.Delete([]byte(strconv.Itoa(i)))
	}
	if l, ok := db.root.(*leaf); !ok || cap(l.entries) > leafMax {
		t.Errorf("an emptied database keeps %T", db.root)
	}
}

func TestDueFindsEveryExpiredKeyAndNoOther(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := New(1)
	db := s.DB(0)
	const keys = 3000
	expiry := map[string]int64{}
	for i := range keys {
		key, at := strconv.Itoa(i), int64(0)
		if r.IntN(2) == 0 {
			at = 1 + r.Int64N(1000)
		}
		db.Set([]byte(key), IntValue(0), at)
		expiry[key] = at
	}
	for now := int64(0); now <= 1001; now += 7 {
		var found []string
		for {
			due := db.Due(now, 3)
			if len(due) > 3 {
				t.Fatalf("Due(%d, 3) gave %d keys", now, len(due))
			}
			if len(due) == 0 {
				break
			}
			for _, key := range due {
				db.Delete([]byte(key))
			}
			found = append(found, due...)
		}
		var want []string
		for key, at := range expiry {
			if at != 0 && at < now {
				want = append(want, key)
				delete(expiry, key)
			}
		}
		slices.Sort(found)
		slices.Sort(want)
		if !slices.Equal(found, want) {
			t.Fatalf("at %d Due found %d keys, want %d", now, len(found), len(want))
		}
		checkShape(t, db)
		// After a fruitless look the bound lies in the future.
		if at, ok := db.NextExpiry(); ok && at < now {
			t.Fatalf("at %d NextExpiry still says %d", now, at)
		}
	}
	if _, ok := db.NextExpiry(); ok {
		t.Error("NextExpiry tells of a key where none has an expiry")
	}
}

func TestAKeyLivesInTheMillisecondOfItsExpiry(t *testing.T) {
	db := New(1).DB(0)
	db.Set([]byte("k"), IntValue(1), 100)
	if due := db.Due(100, 1); due != nil {
		t.Errorf("at its expiry: due are %q", due)
	}
	if due := db.Due(101, 1); len(due) != 1 {
		t.Errorf("a millisecond later: due are %q", due)
	}
	if e := db.Get([]byte("k")); e.Expired(100) || !e.Expired(101) {
		t.Error("Expired disagrees with Due")
	}
	if due := db.Due(101, 0); due != nil {
		t.Errorf("none asked for: due are %q", due)
	}
}

func TestSnapshotsDoNotChangeWhatNextExpirySays(t *testing.T) {
	run := func(snapshots bool) (said []int64) {
		r := rand.New(rand.NewPCG(7, 8))
		s := New(1)
		var kept []*Store
		for step := range 4000 {
			if snapshots && step%13 == 0 {
				kept = append(kept, s.Snapshot())
			}
			db := s.DB(0)
			key := []byte(strconv.Itoa(r.IntN(500)))
			switch r.IntN(3) {
			case 0:
				db.Set(key, IntValue(0), int64(step+r.IntN(100)))
			case 1:
				db.Delete(key)
			case 2:
				for _, key := range db.Due(int64(step), 5) {
					db.Delete([]byte(key))
				}
			}
			at, _ := db.NextExpiry()
			said = append(said, at)
		}
		for i, old := range kept {
			checkShape(t, old.DB(0))
			if old.DB(0).Len() > 500 {
				t.Fatalf("snapshot %d has %d of 500 keys", i, old.DB(0).Len())
			}
		}
		return said
	}
	if !slices.Equal(run(false), run(true)) {
		t.Error("taking snapshots changed the expiry bounds, and with them when a node wakes")
	}
}

func TestLookingForDueKeysDoesNotReachASnapshot(t *testing.T) {
	for _, keys := range []int{2, 500} {
		s := New(1)
		for i := range keys {
			s.DB(0).Set([]byte(strconv.Itoa(i)), IntValue(0), int64(5+i))
		}
		s.DB(0).SetExpire([]byte("0"), 1000) // now 5 is too low a bound
		old := s.Snapshot()
		s.DB(0).Due(6, 10)
		if at, _ := s.DB(0).NextExpiry(); at != 6 {
			t.Errorf("%d keys: after a look NextExpiry says %d, want 6", keys, at)
		}
		if at, _ := old.DB(0).NextExpiry(); at != 5 {
			t.Errorf("%d keys: what the snapshot says about NextExpiry became %d", keys, at)
		}
		checkShape(t, old.DB(0))
	}
}

func TestSwapAndFlush(t *testing.T) {
	s := New(3)
	s.DB(0).Set([]byte("a"), IntValue(0), 0)
	s.DB(2).Set([]byte("c"), IntValue(2), 5)
	before := s.Snapshot()
	s.SwapDB(0, 2)
	if s.DB(0).Get([]byte("c")) == nil || s.DB(2).Get([]byte("a")) == nil || s.DB(0).Volatile() != 1 {
		t.Error("SwapDB left keys where they were")
	}
	s.SwapDB(1, 1)
	s.FlushAll()
	for i := range s.Databases() {
		if s.DB(i).Len() != 0 || s.DB(i).Get([]byte("a")) != nil || len(keysOf(s.DB(i))) != 0 {
			t.Errorf("database %d survived FlushAll", i)
		}
	}
	if before.DB(0).Get([]byte("a")) == nil || before.DB(2).Len() != 1 {
		t.Error("the snapshot was swapped or flushed too")
	}
}

func TestAnEntryHandedOutStaysAsItWasInTheSnapshot(t *testing.T) {
	s := New(1)
	s.DB(0).Set([]byte("k"), StringValue([]byte("old")), 0)
	e := s.Snapshot().DB(0).Get([]byte("k"))
	s.DB(0).Set([]byte("k"), StringValue([]byte("new")), 9)
	if e.Value.Str() != "old" || e.ExpireAt != 0 {
		t.Errorf("the snapshot's entry became %q until %d", e.Value.Str(), e.ExpireAt)
	}
}

func TestHashSpreadsPatterns(t *testing.T) {
	families := map[string]func(i int) string{
		"decimal":        strconv.Itoa,
		"with a prefix":  func(i int) string { return "user:" + strconv.Itoa(i) + ":name" },
		"zero-padded":    func(i int) string { return fmt.Sprintf("key:%012d", i) },
		"one long run":   func(i int) string { return strings.Repeat("a", i) },
		"zeros":          func(i int) string { return strings.Repeat("\x00", i) },
		"big-endian":     func(i int) string { return string([]byte{byte(i >> 8), byte(i), 0, 0, 0, 0, 0, 0}) },
		"little-endian":  func(i int) string { return string([]byte{byte(i), byte(i >> 8)}) },
		"in the ninth":   func(i int) string { return "12345678" + string([]byte{byte(i), byte(i >> 8)}) },
		"one bit of 512": func(i int) string { b := make([]byte, 512); b[i%512] = 1 << (i / 512); return string(b) },
	}
	const keys, buckets = 4096, 256
	for name, key := range families {
		var top, low [buckets]int
		all := map[uint64]bool{}
		for i := range keys {
			h := hash([]byte(key(i)))
			top[h>>56]++
			low[h&255]++
			all[h] = true
		}
		if len(all) != keys {
			t.Errorf("%s: %d keys have %d hashes", name, keys, len(all))
		}
		// Sixteen per bucket are expected; the sum of squared deviations over 16 has mean 255 and deviation 23.
		for side, counts := range map[string][buckets]int{"highest": top, "lowest": low} {
			chi := 0.0
			for _, n := range counts {
				chi += float64((n-16)*(n-16)) / 16
			}
			if chi < 150 || chi > 370 {
				t.Errorf("%s: the %s bits are uneven: chi square %.0f", name, side, chi)
			}
		}
	}
}

func TestTheHashIsTheSameEverywhere(t *testing.T) {
	// The order of RDB files and cursors rests on these numbers: a change of them is a change of every transcript.
	for key, want := range map[string]uint64{
		"": 0x3bd8dfae94d85097, "a": 0xf7ea15d1f7bb89a6, "12345678": 0x6df571f312c94cba, "a key of some length": 0x51b0daaf97803fb7,
	} {
		if got := hash([]byte(key)); got != want {
			t.Errorf("hash of %q is %#x, want %#x", key, got, want)
		}
	}
}

func TestSetOfAnExistingKeyAllocatesNothing(t *testing.T) {
	db := New(1).DB(0)
	key := []byte("key")
	v := StringValue([]byte("value"))
	db.Set(key, v, 0)
	for name, do := range map[string]func(){
		"Set":       func() { db.Set(key, v, 0) },
		"Set until": func() { db.Set(key, v, 77) },
		"SetExpire": func() { db.SetExpire(key, 78) },
		"Get":       func() { db.Get(key) },
		"Due":       func() { db.Due(70, 10) },
		"Scan":      func() { db.Scan(0, 10, func(*Entry) {}) },
	} {
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
