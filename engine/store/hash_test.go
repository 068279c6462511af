package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A hashModel is what a hash should hold: fields in the order in which they came.
type hashModel struct {
	names  []string
	values map[string]string
	large  bool
}

func newHashModel() *hashModel { return &hashModel{values: map[string]string{}} }

func (m *hashModel) clone() *hashModel {
	twin := &hashModel{names: slices.Clone(m.names), values: map[string]string{}, large: m.large}
	for name, value := range m.values {
		twin.values[name] = value
	}
	return twin
}

// set does what Set should.
func (m *hashModel) set(name, value string, limits *Limits) bool {
	_, ok := m.values[name]
	m.values[name] = value
	if !ok {
		m.names = append(m.names, name)
	}
	m.large = m.large || len(m.names) > limits.HashListpackEntries || max(len(name), len(value)) > limits.HashListpackValue
	return !ok
}

func (m *hashModel) delete(name string) bool {
	i := slices.Index(m.names, name)
	if i < 0 {
		return false
	}
	m.names = slices.Delete(m.names, i, i+1)
	delete(m.values, name)
	return true
}

// check compares everything that can be seen of a hash with the model.
func (m *hashModel) check(t *testing.T, x *HashValue) {
	t.Helper()
	want := Listpack
	if m.large {
		want = HashTable
	}
	if x.Len() != len(m.names) || x.Value().Encoding() != want {
		t.Fatalf("%d fields as %s, want %d as %s", x.Len(), x.Value().Encoding(), len(m.names), want)
	}
	var names, scanned []string
	for name, v := range x.All() {
		names = append(names, name)
		if got, ok := x.Get([]byte(name)); !ok || got.Str() != m.values[name] || v.Str() != m.values[name] {
			t.Fatalf("field %q holds %q, or %q to All, want %q", name, got.Str(), v.Str(), m.values[name])
		}
	}
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		cursor = x.Scan(cursor, 3, func(name string, _ Value) { scanned = append(scanned, name) })
	}
	if !slices.Equal(names, scanned) {
		t.Fatalf("Scan finds %q, All %q", scanned, names)
	}
	order := slices.Clone(m.names)
	if m.large {
		slices.Sort(names)
		slices.Sort(order)
	}
	if !slices.Equal(names, order) {
		t.Fatalf("fields %q, want %q", names, order)
	}
}

func TestHashesAgainstAModelWithSnapshotsBetween(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			limits := Limits{HashListpackEntries: []int{0, 6, 60}[seed%3], HashListpackValue: 20}
			type view struct {
				s *Store
				m map[string]*hashModel
			}
			now := view{New(1), map[string]*hashModel{}}
			var past []view
			for range 4000 {
				key := strconv.Itoa(r.IntN(5))
				model := now.m[key]
				var x *HashValue
				isNew := model == nil
				if isNew {
					x, model = NewHash(), newHashModel()
				} else {
					x = now.s.DB(0).Edit([]byte(key)).Value.Hash()
				}
				name, value := "f"+strconv.Itoa(r.IntN(100)), strconv.Itoa(r.IntN(1000))
				switch r.IntN(9) {
				case 0, 1, 2, 3:
					if r.IntN(300) == 0 {
						value = strings.Repeat("long", 6)
					}
					if x.Set([]byte(name), []byte(value), &limits) != model.set(name, value, &limits) {
						t.Fatalf("Set(%q) is wrong", name)
					}
				case 4, 5, 6:
					if x.Delete([]byte(name)) != model.delete(name) {
						t.Fatalf("Delete(%q) is wrong", name)
					}
				case 7:
					if x.Len() > 0 {
						if name, v := x.Random(r); model.values[name] != v.Str() {
							t.Fatalf("%q with %q was drawn", name, v.Str())
						}
					}
				case 8:
					switch r.IntN(4) {
					case 0: // a copy under another name
						if !isNew {
							other := strconv.Itoa(r.IntN(5))
							now.s.DB(0).Set([]byte(other), x.Clone().Value(), 0)
							now.m[other] = model.clone()
						}
					case 1:
						models := map[string]*hashModel{}
						for key, m := range now.m {
							models[key] = m.clone()
						}
						past = append(past, view{now.s.Snapshot(), models})
					case 2:
						if len(past) > 0 { // go on from a snapshot, as if it were the present
							i := r.IntN(len(past))
							past[i], now = now, past[i]
						}
						continue
					}
				}
				if isNew {
					now.s.DB(0).Set([]byte(key), x.Value(), 0)
				}
				now.m[key] = model
				if len(model.names) == 0 {
					now.s.DB(0).Delete([]byte(key))
					delete(now.m, key)
				}
			}
			for _, v := range append(past, now) {
				for key, m := range v.m {
					m.check(t, v.s.DB(0).Get([]byte(key)).Value.Hash())
				}
			}
		})
	}
}

func TestHashesOutgrowTheirSmallForm(t *testing.T) {
	limits := Limits{HashListpackEntries: 2, HashListpackValue: 4}
	for _, test := range []struct {
		name  string
		pairs []string
		want  Encoding
	}{
		{"as many fields as may be", []string{"a", "1", "b", "2"}, Listpack},
		{"one too many", []string{"a", "1", "b", "2", "c", "3"}, HashTable},
		{"the same field again", []string{"a", "1", "b", "2", "a", "3"}, Listpack},
		{"the longest field and value", []string{"aaaa", "1234"}, Listpack},
		{"a field too long", []string{"aaaaa", "1"}, HashTable},
		{"a value too long", []string{"a", "12345"}, HashTable},
		{"a value that gets too long", []string{"a", "1", "a", "12345"}, HashTable},
		{"nothing in nothing", []string{"", ""}, Listpack},
	} {
		x := NewHash()
		for i := 0; i < len(test.pairs); i += 2 {
			x.Set([]byte(test.pairs[i]), []byte(test.pairs[i+1]), &limits)
		}
		if got := x.Value().Encoding(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
