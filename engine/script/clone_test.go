package script

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A clone that shares what its original changes, or lacks what its original has, goes another way, sometimes long after.
// So the two are laid side by side, field by field, whatever packages they are of: everything has to be there twice,
// with the same contents, but for what is named here with its reason.

// sharable is what a clone may share: types, and fields as package.Type.field. None of it is ever changed in place.
var sharable = map[string]string{
	"script.Script":             "a script is parsed once, and only read then",
	"script.Statement":          "the same",
	"engine.EventLog":           "who has seen all of it appends, a branch copies first",
	"sim.arrival.packet":        "what is said of a packet is complete when it goes on the wire",
	"sim.arrival.data":          "bytes on the wire",
	"sim.chunk.data":            "the same",
	"sim.client.asked":          "appended to behind the clone's end, and cut at the front",
	"sim.host.files":            "the contents of files: another content is another slice",
	"sim.host.writing":          "the same; a list of parts that grows is copied",
	"sim.host.reading":          "the same",
	"sim.growth.steps":          "copied before another one comes behind",
	"sim.pendingInput.data":     "bytes that were sent, which nobody changes",
	"sim.pendingInput.packet":   "what is said of a packet, as above",
	"sim.pendingInput.in":       "an input is not touched any more",
	"sim.host.rest":             "nor is an effect that waits, whose bytes are its own",
	"node.Config":               "a setting that changes is replaced",
	"node.slowEntry.args":       "an entry is not changed any more",
	"node.multi.queue":          "commands that are queued are not touched until they run; the list is copied",
	"node.parked.args":          "never changed in place",
	"node.parked.wait":          "the same",
	"node.parked.acks":          "the same",
	"node.migrating.args":       "never changed in place",
	"node.migrating.sent":       "nor are the keys; the list is copied",
	"node.migrating.moved":      "the same",
	"command.Migration":         "never changed",
	"node.dump.part":            "a part of a snapshot is complete when it is made",
	"node.dump.file":            "where a snapshot goes is settled when it begins",
	"command.Table":             "tables of the program",
	"command.Command":           "the same",
	"repl.Era":                  "the same",
	"repl.blockMem":             "who has seen all of it appends, a branch copies first",
	"rdb.Decoder.aux":           "appended to behind the clone's end",
	"rdb.DecoderOptions.Limits": "the reader's own, as they were when it began",
	"rdb.Encoder.aux":           "complete when the file begins",
	"rdb.Encoder.snap":          "a snapshot is not changed",
	"store.inner":               "copied before it is changed: neither store is its writer any more",
	"store.leaf":                "the same",
	"resp.Decoder.args":         "whose owner is another decoder; it is replaced before it is used",
	"resp.Decoder.owner":        "an address that is only compared",
}

// dropped is what a clone does not have: the memory that one step works with.
var dropped = []string{
	"sim.World.out", "sim.World.scratch", "node.Node.call", "node.Node.unit", "node.Node.spare", "node.Node.discard", "node.Node.label", "node.Node.line",
	"sim.World.received", "sim.World.drainage", "sim.World.packets",
	"node.Node.out", "node.Node.hooks", "rdb.Encoder.compressor", "store.Filler.order", "store.Filler.parts", "store.Filler.sorted",
}

// sideBySide compares a value with its clone.
type sideBySide struct {
	twin   map[memory]memory // of what was met, in the original
	first  map[memory]string
	second map[memory]string
	wrong  []string
}

// memory is a piece of memory, as it was met.
type memory struct {
	at uintptr
	of reflect.Type
}

// compareClone tells where a clone differs from its original, or shares memory with it.
func compareClone(a, b any) []string {
	s := &sideBySide{twin: map[memory]memory{}, first: map[memory]string{}, second: map[memory]string{}}
	s.walk("", reflect.ValueOf(a), reflect.ValueOf(b))
	for p, where := range s.second {
		if other, ok := s.first[p]; ok {
			s.say(where, "is shared: the original has it as "+other)
		}
	}
	slices.Sort(s.wrong)
	return slices.Compact(s.wrong)
}

func (s *sideBySide) say(where, what string) { s.wrong = append(s.wrong, where+" "+what) }

// short is a type as the lists name it.
func short(t reflect.Type) string { return strings.TrimPrefix(t.String(), "*") }

// meet notes two pieces of memory that correspond. It reports whether there is more to see behind them.
func (s *sideBySide) meet(where string, a, b reflect.Value) bool {
	if sharable[short(a.Type().Elem())] != "" {
		return false
	}
	p, q := memory{a.Pointer(), a.Type()}, memory{b.Pointer(), b.Type()}
	s.first[p], s.second[q] = where, where
	if was, ok := s.twin[p]; ok && a.Kind() != reflect.Slice {
		if was != q {
			s.say(where, "is two things in the clone and one in the original")
		}
		return false
	}
	s.twin[p] = q
	return true
}

func (s *sideBySide) walk(where string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Struct:
		if sharable[short(a.Type())] != "" {
			return
		}
		for i := range a.NumField() {
			field := short(a.Type()) + "." + a.Type().Field(i).Name
			if sharable[field] == "" && !slices.Contains(dropped, field) {
				s.walk(field, a.Field(i), b.Field(i))
			}
		}
	case reflect.Pointer, reflect.Map, reflect.Slice:
		s.behind(where, a, b)
	case reflect.Array:
		for i := range a.Len() {
			s.walk(where, a.Index(i), b.Index(i))
		}
	case reflect.Interface:
		if a.IsNil() != b.IsNil() || !a.IsNil() && a.Elem().Type() != b.Elem().Type() {
			s.say(where, "is of another kind in the clone")
		} else if !a.IsNil() {
			s.walk(where, a.Elem(), b.Elem())
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if !a.IsNil() || !b.IsNil() {
			s.say(where, "is a "+a.Kind().String()+", and nobody knows what it reaches")
		}
	default:
		if !a.Equal(b) {
			s.say(where, fmt.Sprintf("is %v, and %v in the clone", a, b))
		}
	}
}

func (s *sideBySide) behind(where string, a, b reflect.Value) {
	size := func(v reflect.Value) int {
		switch {
		case v.Kind() != reflect.Pointer:
			return v.Len()
		case v.IsNil():
			return 0
		}
		return 1
	}
	if size(a) != size(b) {
		s.say(where, fmt.Sprintf("has %d, and %d in the clone", size(a), size(b)))
		return
	}
	if a.IsNil() || b.IsNil() || a.Kind() == reflect.Slice && a.Cap() == 0 || a.Kind() == reflect.Pointer && a.Type().Elem().Size() == 0 {
		return
	}
	if !s.meet(where, a, b) {
		return
	}
	switch a.Kind() {
	case reflect.Pointer:
		s.walk(where, a.Elem(), b.Elem())
	case reflect.Slice:
		for i := range a.Len() {
			s.walk(where, a.Index(i), b.Index(i))
		}
	case reflect.Map:
		for _, k := range a.MapKeys() {
			other := b.MapIndex(k)
			if !other.IsValid() {
				s.say(where, fmt.Sprintf("has no %v in the clone", k))
				continue
			}
			s.walk(where, a.MapIndex(k), other)
		}
	}
}

// Worlds are cloned in the middle of everything that can happen to them.
func TestACloneSharesNothingThatChanges(t *testing.T) {
	const seeds = 100
	for seed := uint64(1); seed <= seeds; seed++ {
		s := RandomScript(seed, "")
		w := newTrial(s)
		w.check = nil
		for i, st := range s.Statements {
			_ = w.do(st.Act)
			if (i+int(seed))%7 != 0 {
				continue
			}
			if wrong := compareClone(w.session, w.session.Clone()); wrong != nil {
				t.Fatalf("seed %d, behind statement %d:\n%s", seed, i+1, strings.Join(wrong, "\n"))
			}
		}
	}
}

// The comparison sees what it is for.
func TestWhatIsSharedIsFound(t *testing.T) {
	type inner struct{ n int }
	type outer struct {
		list  []int
		table map[string]*inner
		one   *inner
		again *inner
		do    func()
	}
	one := &inner{1}
	whole := func() *outer {
		same := &inner{1}
		return &outer{list: []int{1, 2}, table: map[string]*inner{"k": {2}}, one: same, again: same}
	}
	a := whole()
	for _, c := range []struct {
		change func(b *outer)
		want   string
	}{
		{func(*outer) {}, ""},
		{func(b *outer) { b.list = a.list[:2:2] }, "script.outer.list is shared: the original has it as script.outer.list"},
		{func(b *outer) { b.list = nil }, "script.outer.list has 2, and 0 in the clone"},
		{func(b *outer) { b.list[1] = 3 }, "script.outer.list is 2, and 3 in the clone"},
		{func(b *outer) { b.table = a.table }, "script.outer.table is shared: the original has it as script.outer.table"},
		{func(b *outer) { b.table = map[string]*inner{"j": {2}} }, "script.outer.table has no k in the clone"},
		{func(b *outer) { b.table["k"] = a.one }, "script.inner.n is 2, and 1 in the clone; script.outer.table is shared"},
		{func(b *outer) { b.again = one }, "script.outer.again is two things in the clone and one in the original"},
		{func(b *outer) { b.do = func() {} }, "script.outer.do is a func, and nobody knows what it reaches"},
	} {
		b := whole()
		c.change(b)
		if got := strings.Join(compareClone(a, b), "; "); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
