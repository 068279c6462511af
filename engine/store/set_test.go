package store

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// A setModel is what a set should hold, and whether it has outgrown its small form.
type setModel struct {
	members map[string]bool
	large   bool
}

func (m setModel) clone() setModel { return setModel{maps.Clone(m.members), m.large} }

// add does what Add should.
func (m *setModel) add(member string, limits *Limits) bool {
	if _, ok := parseInt(member); !ok {
		m.large = true
	}
	if m.members[member] {
		return false
	}
	m.members[member] = true
	m.large = m.large || len(m.members) > limits.SetIntsetEntries
	return true
}

// check compares everything that can be seen of a set with the model.
func (m setModel) check(t *testing.T, x *SetValue) {
	t.Helper()
	if x.Len() != len(m.members) {
		t.Fatalf("%d members, want %d", x.Len(), len(m.members))
	}
	want := IntSet
	if m.large {
		want = HashTable
	}
	if got := x.Value().Encoding(); got != want {
		t.Fatalf("encoding %s, want %s", got, want)
	}
	var all []string
	for v := range x.All() {
		if !x.HasValue(v) || !x.Has([]byte(v.Str())) {
			t.Fatalf("All yields %q, which is no member", v.Str())
		}
		all = append(all, v.Str())
	}
	if !m.large && !slices.IsSortedFunc(all, byNumber) {
		t.Fatalf("a small set is not in order: %q", all)
	}
	slices.Sort(all)
	if !slices.Equal(all, slices.Sorted(maps.Keys(m.members))) {
		t.Fatalf("members %q, want %q", all, slices.Sorted(maps.Keys(m.members)))
	}
}

func byNumber(a, b string) int {
	x, _ := strconv.ParseInt(a, 10, 64)
	y, _ := strconv.ParseInt(b, 10, 64)
	return cmp.Compare(x, y)
}

func TestSetsAgainstAModelWithSnapshotsBetween(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			limits := Limits{SetIntsetEntries: []int{0, 5, 100}[seed%3]}
			member := func() string {
				if r.IntN(40) == 0 {
					return "w" + strconv.Itoa(r.IntN(50))
				}
				return strconv.Itoa(r.IntN(200) - 100)
			}
			type view struct {
				s *Store
				m map[string]setModel
			}
			now := view{New(1), map[string]setModel{}}
			var past []view
			for range 4000 {
				key := strconv.Itoa(r.IntN(5))
				model, ok := now.m[key]
				if !ok {
					model.members = map[string]bool{}
				}
				var x *SetValue
				if ok {
					x = now.s.DB(0).Edit([]byte(key)).Value.Set()
				} else {
					x = NewSet()
				}
				switch m := member(); r.IntN(8) {
				case 0, 1, 2:
					if x.Add([]byte(m), &limits) != model.add(m, &limits) {
						t.Fatalf("Add(%q) is wrong", m)
					}
				case 3:
					if v := StringValue([]byte(m)); x.AddValue(v, &limits) != model.add(m, &limits) {
						t.Fatalf("AddValue(%q) is wrong", m)
					}
				case 4, 5:
					if x.Remove([]byte(m)) != model.members[m] {
						t.Fatalf("Remove(%q) is wrong", m)
					}
					delete(model.members, m)
				case 6:
					if x.Len() > 0 {
						v := x.Random(r)
						if !model.members[v.Str()] || !x.RemoveValue(v) {
							t.Fatalf("%q was drawn", v.Str())
						}
						delete(model.members, v.Str())
					}
				case 7:
					switch r.IntN(4) {
					case 0: // a copy under another name
						if ok {
							other := strconv.Itoa(r.IntN(5))
							now.s.DB(0).Set([]byte(other), x.Clone().Value(), 0)
							now.m[other] = model.clone()
						}
					case 1:
						past = append(past, view{now.s.Snapshot(), cloneModels(now.m)})
					case 2:
						if len(past) > 0 { // go on from a snapshot, as if it were the present
							i := r.IntN(len(past))
							past[i], now = now, past[i]
						}
						continue
					}
				}
				if !ok {
					now.s.DB(0).Set([]byte(key), x.Value(), 0)
				}
				now.m[key] = model
				if len(model.members) == 0 {
					now.s.DB(0).Delete([]byte(key))
					delete(now.m, key)
				}
			}
			for _, v := range append(past, now) {
				for key, m := range v.m {
					m.check(t, v.s.DB(0).Get([]byte(key)).Value.Set())
				}
			}
		})
	}
}

func cloneModels(m map[string]setModel) map[string]setModel {
	twin := map[string]setModel{}
	for key, s := range m {
		twin[key] = s.clone()
	}
	return twin
}

func TestSetsOutgrowTheirSmallForm(t *testing.T) {
	limits := Limits{SetIntsetEntries: 3}
	for _, test := range []struct {
		name    string
		members []string
		want    Encoding
	}{
		{"as many integers as may be", []string{"3", "1", "2"}, IntSet},
		{"one too many", []string{"3", "1", "2", "4"}, HashTable},
		{"the same one again", []string{"3", "1", "2", "2"}, IntSet},
		{"a word", []string{"1", "x"}, HashTable},
		{"the smallest and the largest integer", []string{"-9223372036854775808", "9223372036854775807"}, IntSet},
		{"an integer that is too large", []string{"9223372036854775808"}, HashTable},
		{"a leading zero", []string{"01"}, HashTable},
		{"nothing", []string{""}, HashTable},
	} {
		x := NewSet()
		for _, m := range test.members {
			x.Add([]byte(m), &limits)
		}
		if got := x.Value().Encoding(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		for _, m := range test.members {
			x.Remove([]byte(m))
		}
		if got := x.Value().Encoding(); got != test.want {
			t.Errorf("%s, then removed: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestAnIntsetNeverGetsNarrower(t *testing.T) {
	limits := DefaultLimits()
	x := NewSet()
	for _, step := range []struct {
		member string
		want   int
	}{{"-32768", 2}, {"32767", 2}, {"32768", 4}, {"-2147483648", 4}, {"2147483648", 8}} {
		x.Add([]byte(step.member), &limits)
		if _, width := x.Ints(); width != step.want {
			t.Errorf("%s makes it %d bytes wide, want %d", step.member, width, step.want)
		}
	}
	x.Remove([]byte("2147483648"))
	x.Remove([]byte("-2147483648"))
	x.Remove([]byte("32768"))
	if sorted, width := x.Ints(); width != 8 || len(sorted) != 2 {
		t.Errorf("%d integers of %d bytes are left", len(sorted), width)
	}
}

func TestEveryMemberIsDrawnAsOften(t *testing.T) {
	limits := Limits{SetIntsetEntries: 100}
	for _, words := range []bool{false, true} {
		x := NewSet()
		for i := range 40 {
			x.Add(strconv.AppendInt(nil, int64(i), 10), &limits)
		}
		if words {
			x.grow()
		}
		r := rand.New(rand.NewPCG(1, 1))
		drawn := map[string]int{}
		for range 40_000 {
			drawn[x.Random(r).Str()]++
		}
		for m, n := range drawn {
			if n < 800 || n > 1200 {
				t.Errorf("%s was drawn %d times of 40000, out of %d", m, n, x.Len())
			}
		}
		if len(drawn) != 40 {
			t.Errorf("%d members were drawn", len(drawn))
		}
	}
}
