package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// A plainStream is what a stream should be: entries one after the other, and who has which.
type plainStream struct {
	entries []plainEntry
	pending map[StreamID]string
}

type plainEntry struct {
	id    StreamID
	pairs []string
}

func (p plainStream) clone() plainStream {
	p.entries = slices.Clone(p.entries)
	twin := make(map[StreamID]string, len(p.pending))
	for id, name := range p.pending {
		twin[id] = name
	}
	p.pending = twin
	return p
}

func (p plainStream) check(t *testing.T, x *StreamValue) {
	t.Helper()
	var got []plainEntry
	collect := func(e *StreamEntry) bool {
		entry := plainEntry{id: e.ID}
		e.Each(func(name, value []byte) { entry.pairs = append(entry.pairs, string(name), string(value)) })
		got = append(got, entry)
		return true
	}
	x.Range(StreamID{}, MaxStreamID, collect)
	if fmt.Sprint(got) != fmt.Sprint(p.entries) {
		t.Fatalf("entries\n%v\nwant\n%v", got, p.entries)
	}
	got = nil
	x.RangeBack(StreamID{}, MaxStreamID, collect)
	slices.Reverse(got)
	if fmt.Sprint(got) != fmt.Sprint(p.entries) {
		t.Fatalf("entries from the end\n%v\nwant\n%v", got, p.entries)
	}
	if x.Len() != int64(len(p.entries)) {
		t.Fatalf("length %d, want %d", x.Len(), len(p.entries))
	}
	first := StreamID{}
	if len(p.entries) > 0 {
		first = p.entries[0].id
	}
	if x.Facts().First != first {
		t.Fatalf("first ID %v, want %v", x.Facts().First, first)
	}
	g := x.Group([]byte("g"))
	if g.PendingLen() != len(p.pending) || !g.Whole() {
		t.Fatalf("%d pending, whole %v; want %d", g.PendingLen(), g.Whole(), len(p.pending))
	}
	for id, name := range p.pending {
		if at := g.Pending(id); at == nil || at.Consumer != name {
			t.Fatalf("pending %v: %v, want it to be %s's", id, at, name)
		}
	}
}

// Whatever happens to a stream, it is what a plain list would be, and so are the snapshots that were taken on the way.
func TestStreamsAndTheirSnapshotsHoldWhatWasAdded(t *testing.T) {
	const seed = 1
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, seed))
	s := New(1)
	key := []byte("s")
	s.DB(0).Set(key, NewStream().Value(), 0)
	s.DB(0).Edit(key).Value.Stream().AddGroup([]byte("g"), StreamID{}, EntriesReadUnknown)
	limits := DefaultLimits()
	limits.StreamNodeEntries = 7
	plain := plainStream{pending: map[StreamID]string{}}
	type shot struct {
		at   *Store
		want plainStream
	}
	var shots []shot
	last := StreamID{}
	for range 6000 {
		x := s.DB(0).Edit(key).Value.Stream()
		g := x.EditGroup([]byte("g"))
		some := StreamID{MS: r.Uint64N(last.MS + 1), Seq: r.Uint64N(3)}
		switch r.IntN(14) {
		case 0:
			shots = append(shots, shot{s.Snapshot(), plain.clone()})
			if len(shots) > 8 {
				shots = slices.Delete(shots, 0, 1)
			}
		case 1, 2, 3:
			i := slices.IndexFunc(plain.entries, func(e plainEntry) bool { return e.id == some })
			if want := min(i+1, 1); x.Delete([]StreamID{some, some}) != want {
				t.Fatalf("deleting %v: want %d", some, want)
			}
			if i >= 0 {
				plain.entries = slices.Delete(plain.entries, i, i+1)
			}
		case 4:
			if r.IntN(4) == 0 {
				keep := r.IntN(60)
				removed := x.Trim(StreamTrim{MaxLen: int64(keep)})
				cut := max(len(plain.entries)-keep, 0)
				if removed != int64(cut) {
					t.Fatalf("trimmed %d, want %d", removed, cut)
				}
				plain.entries = plain.entries[cut:]
			}
		case 5:
			if r.IntN(8) == 0 {
				x.Trim(StreamTrim{ByID: true, MinID: some})
				plain.entries = slices.DeleteFunc(slices.Clone(plain.entries), func(e plainEntry) bool { return e.id.Compare(some) < 0 })
			}
		case 6, 7:
			name := "c" + strconv.Itoa(r.IntN(3))
			g.AddConsumer([]byte(name), 1)
			g.SetPending(StreamPending{ID: some, Consumer: name, Count: 1})
			plain.pending[some] = name
		case 8:
			_, want := plain.pending[some]
			if g.RemovePending(some) != want {
				t.Fatalf("acknowledging %v: want %v", some, want)
			}
			delete(plain.pending, some)
		case 9:
			if r.IntN(40) == 0 {
				g.RemoveConsumer([]byte("c1"))
				for id, name := range plain.pending {
					if name == "c1" {
						delete(plain.pending, id)
					}
				}
			}
		default:
			last.MS += r.Uint64N(3)
			if last.Seq++; r.IntN(3) == 0 {
				last.MS, last.Seq = last.MS+1, 0
			}
			pairs := [][]byte{[]byte("name"), []byte(strconv.Itoa(r.IntN(1 << r.IntN(30))))}
			if r.IntN(5) == 0 {
				pairs = append(pairs, []byte("12"), make([]byte, r.IntN(200)))
			}
			x.Add(last, pairs, &limits)
			e := plainEntry{id: last}
			for _, p := range pairs {
				e.pairs = append(e.pairs, string(p))
			}
			plain.entries = append(plain.entries, e)
		}
		if r.IntN(40) == 0 {
			plain.check(t, x)
			for _, shot := range shots {
				shot.want.check(t, shot.at.DB(0).Get(key).Value.Stream())
			}
		}
	}
}

// Every integer and length on a border is read as it was written, forwards and backwards.
func TestElementsOfANodeAreReadAsTheyWereWritten(t *testing.T) {
	var texts [][]byte
	for _, n := range []int{0, 1, 20, 63, 64, 124, 125, 126, 127, 128, 4095, 4096, 16376, 16377, 16378, 16379, 16380, 2097141, 2097142, 2097143, 2097144, 2097145, 2097146} {
		texts = append(texts, make([]byte, n))
	}
	for _, n := range []int64{0, 127, 128, -1, 4095, 4096, -4096, -4097, 32767, 32768, -32768, -32769, 8388607, 8388608, -8388608, -8388609,
		2147483647, 2147483648, -2147483648, -2147483649, 9223372036854775807, -9223372036854775808} {
		texts = append(texts, strconv.AppendInt(nil, n, 10))
	}
	p := make([]byte, packHead)
	for _, s := range texts {
		p = appendPackText(p, s)
	}
	var buf [intTextMax]byte
	var at []int
	i := packHead
	for k, s := range texts {
		at = append(at, i)
		it, next := packAt(p, i)
		if string(it.text(&buf)) != string(s) {
			t.Fatalf("element %d is %.30q, want %.30q", k, it.text(&buf), s)
		}
		i = next
	}
	for k := range slices.Backward(at) {
		if i = packBefore(p, i); i != at[k] {
			t.Fatalf("element %d begins at %d, going back it is %d", k, at[k], i)
		}
	}
}

func BenchmarkStreamAdd(b *testing.B) {
	b.ReportAllocs()
	s := New(1)
	s.DB(0).Set([]byte("s"), NewStream().Value(), 0)
	limits := DefaultLimits()
	pairs := [][]byte{[]byte("field"), []byte("value")}
	for i := range b.N {
		s.DB(0).Edit([]byte("s")).Value.Stream().Add(StreamID{MS: uint64(i + 1)}, pairs, &limits)
	}
}
