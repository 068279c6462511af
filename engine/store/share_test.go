package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// leavesOf counts the leaves of a store and those among them that another store has too.
func leavesOf(s, other *Store) (all, shared int) {
	theirs := map[*leaf]bool{}
	for i := range other.dbs {
		if root := other.dbs[i].root; root != nil {
			walk(root, 0, func(l *leaf) bool { theirs[l] = true; return true })
		}
	}
	for i := range s.dbs {
		if root := s.dbs[i].root; root != nil {
			walk(root, 0, func(l *leaf) bool {
				if all++; theirs[l] {
					shared++
				}
				return true
			})
		}
	}
	return all, shared
}

// Stores that hold the same share all of it, and one that lacks the latest writes nearly all.
func TestAlikeStoresShareTheirMemory(t *testing.T) {
	master, replica := New(2), New(2)
	write := func(i int, value string, to ...*Store) {
		for _, s := range to {
			s.DB(i%2).Set(fmt.Appendf(nil, "key:%d", i), StringValue([]byte(value)), int64(i%3))
		}
	}
	for i := range 2000 {
		write(i, fmt.Sprint("value ", i), master, replica)
	}
	write(7, "not there yet", master)
	replica.Share(master, 1<<20)
	if all, shared := leavesOf(replica, master); shared != all-1 || all < 60 {
		t.Errorf("%d of %d leaves are shared, with one write on its way", shared, all)
	}
	write(7, "not there yet", replica)
	replica.Share(master, 1<<20)
	if all, shared := leavesOf(replica, master); shared != all {
		t.Errorf("%d of %d leaves are shared, with none", shared, all)
	}
	if replica.DB(0).root != master.DB(0).root {
		t.Error("and not what is above them")
	}
	// Neither sees what the other writes from now on.
	write(8, "of the replica", replica)
	write(9, "of the master", master)
	master.DB(0).Edit([]byte("key:10")).Value = IntValue(10)
	for _, c := range []struct {
		s    *Store
		i    int
		want string
	}{{master, 8, "value 8"}, {replica, 8, "of the replica"}, {master, 9, "of the master"}, {replica, 9, "value 9"}, {master, 10, "10"}, {replica, 10, "value 10"}} {
		if got := c.s.DB(c.i % 2).Get(fmt.Appendf(nil, "key:%d", c.i)).Value.Str(); got != c.want {
			t.Errorf("key:%d is %q, not %q", c.i, got, c.want)
		}
	}
}

func TestShareLooksAtSoManyLeaves(t *testing.T) {
	master, replica := New(1), New(1)
	for i := range 5000 {
		for _, s := range []*Store{master, replica} {
			s.DB(0).Set(fmt.Appendf(nil, "key:%d", i), StringValue([]byte("v")), 0)
		}
	}
	replica.Share(master, 10)
	if _, shared := leavesOf(replica, master); shared != 10 {
		t.Errorf("%d leaves are shared, not 10", shared)
	}
}

// Two stores go through the same random writes, one a little behind, with strings that grow in place, objects and expiries, and
// share now and then. Whatever they share, they hold what stores hold that never share.
func TestSharingChangesNothing(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		var sharing, apart [2]*Store
		for i := range sharing {
			sharing[i], apart[i] = New(2), New(2)
		}
		var late []func(*Store)
		for round := range 1500 {
			act := randomWrite(r, round)
			late = append(late, act)
			act(sharing[0])
			act(apart[0])
			if r.IntN(4) > 0 {
				for len(late) > r.IntN(4) {
					late[0](sharing[1])
					late[0](apart[1])
					late = late[1:]
				}
			}
			if r.IntN(50) == 0 {
				to := r.IntN(2)
				sharing[to].Share(sharing[1-to], r.IntN(40))
			}
			if r.IntN(40) == 0 { // one of them removes what is due, and the other one is told later
				of, now := r.IntN(2), int64(r.IntN(2*round+1))
				for db := range 2 {
					if got, want := sharing[of].DB(db).Due(now, 10), apart[of].DB(db).Due(now, 10); !slices.Equal(got, want) {
						t.Fatalf("seed %d: %q are due, and %q without sharing", seed, got, want)
					}
				}
			}
			for i := range sharing {
				for db := range 2 {
					at, ok := sharing[i].DB(db).NextExpiry()
					if want, is := apart[i].DB(db).NextExpiry(); at != want || ok != is {
						t.Fatalf("seed %d, round %d: store %d looks for what is due at %d, and at %d without sharing", seed, round, i, at, want)
					}
				}
			}
			if r.IntN(200) == 0 {
				kept := sharing[1].Snapshot()
				before := kept.Digest()
				act(sharing[1])
				act(apart[1])
				sharing[1].Share(sharing[0], 100)
				if kept.Digest() != before {
					t.Fatal("a snapshot changes when others share")
				}
			}
		}
		for i := range sharing {
			if sharing[i].Digest() != apart[i].Digest() || sharing[i].DB(0).Bytes() != apart[i].DB(0).Bytes() || sharing[i].DB(1).Volatile() != apart[i].DB(1).Volatile() {
				t.Fatalf("seed %d: store %d is another one since it shared", seed, i)
			}
		}
	}
}

func randomWrite(r *rand.Rand, round int) func(*Store) {
	db, key, n := r.IntN(2), fmt.Appendf(nil, "k%d", r.IntN(120)), r.IntN(300)
	kind := r.IntN(8)
	return func(s *Store) {
		d := s.DB(db)
		e := d.Get(key)
		switch {
		case kind == 0:
			d.Delete(key)
		case kind == 1 && e != nil && e.Value.Kind() == String:
			copy(d.EditString(key, n+10)[n:], "in place")
		case kind == 2 && e == nil:
			d.Set(key, NewSet().Value(), 0)
		case kind == 2 && e.Value.Kind() == Set:
			d.Edit(key).Value.Set().Add(fmt.Append(nil, n), &Limits{SetIntsetEntries: 5})
		case kind == 3 && e != nil:
			d.SetExpire(key, int64(1000+n))
		case kind == 4:
			s.DB(1-db).Set(key, IntValue(int64(n)), 0)
		default:
			d.Set(key, StringValue(fmt.Append(nil, "value ", round%7, n%9)), int64(n%2)*2000)
		}
	}
}
