package rdb

import (
	"fmt"
	"strings"
	"testing"

	"resync/engine/store"
)

// exampleStream has several nodes, deleted entries, and groups in which something is pending.
func exampleStream() *store.StreamValue {
	x := store.NewStream()
	limits := store.DefaultLimits()
	limits.StreamNodeEntries = 3
	for i := range 10 {
		pairs := [][]byte{[]byte("name"), fmt.Append(nil, i*1000), []byte("other"), []byte(strings.Repeat("x", i*9))}
		x.Add(store.StreamID{MS: uint64(1000 + i/2), Seq: uint64(i)}, pairs[:2+i%2*2], &limits)
	}
	x.Delete([]store.StreamID{{MS: 1001, Seq: 2}, {MS: 1004, Seq: 9}})
	x.AddGroup([]byte("empty"), store.StreamID{}, store.EntriesReadUnknown)
	x.AddGroup([]byte("g"), store.StreamID{MS: 1003, Seq: 6}, 7)
	g := x.EditGroup([]byte("g"))
	g.AddConsumer([]byte("alice"), 1700000000000)
	g.AddConsumer([]byte("idle"), 1700000000001)
	g.AddConsumer([]byte(""), 1700000000002)
	g.SetPending(store.StreamPending{ID: store.StreamID{MS: 1000}, Consumer: "alice", Delivered: 1700000000003, Count: 2})
	g.SetPending(store.StreamPending{ID: store.StreamID{MS: 1000, Seq: 1}, Consumer: "", Delivered: 1700000000004, Count: 1})
	return x
}

func TestStreamsComeBackAsTheyWere(t *testing.T) {
	for name, x := range map[string]*store.StreamValue{"empty": store.NewStream(), "example": exampleStream()} {
		payload := AppendDump(nil, x.Value(), nil)
		v, err := ParseDump(payload, &defaultLimits)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := AppendDump(nil, v, nil); string(again) != string(payload) {
			t.Errorf("%s: came back as\n%q, was\n%q", name, again, payload)
		}
	}
}

// build feeds a body, without type and tail, to a builder of that kind, which is cloned before every token.
func build(kind byte, body []byte) (store.Value, string) {
	b := newBuilder(kind, &defaultLimits)
	w, wrong := b.first()
	var tk token
	for wrong == "" {
		tk.begin(w, 0)
		used, complete, bad := tk.feed(body)
		if bad != "" || !complete {
			return store.Value{}, "cut off " + bad
		}
		body = body[used:]
		twin := b.clone()
		var v store.Value
		v, w, wrong = b.take(&tk)
		if _, _, other := twin.take(&tk); other != wrong {
			return v, "the clone says " + other + ", not " + wrong
		}
		if wrong == "" && w == wantNothing {
			return v, ""
		}
	}
	return store.Value{}, wrong
}

// Redis 5 says less, and Redis 7.2 says more.
func TestStreamsOfOtherVersionsAreRead(t *testing.T) {
	x := exampleStream()
	var nodes []byte
	p := newStreamPieces(x)
	for p.group < 0 && p.node < x.Nodes() || !p.began {
		nodes, _ = p.next(nodes, nil)
	}
	old := appendID(AppendLength(append([]byte(nil), nodes...), 8), store.StreamID{MS: 1004, Seq: 9})
	old = AppendLength(old, 1)
	old = appendID(AppendString(old, "g", nil), store.StreamID{MS: 1000})
	old = append(old, 0, 0) // nothing pending, nobody
	v, wrong := build(typeStream, old)
	if wrong != "" {
		t.Fatal(wrong)
	}
	want := store.StreamFacts{Length: 8, Added: 8, First: store.StreamID{MS: 1000}, Last: store.StreamID{MS: 1004, Seq: 9}}
	if f := v.Stream().Facts(); f != want {
		t.Errorf("facts %+v, want %+v", f, want)
	}
	if read := v.Stream().Group([]byte("g")).EntriesRead; read != 1 {
		t.Errorf("group has read %d, want 1: the first entry is where it stands", read)
	}

	recent := append([]byte(nil), nodes...)
	recent = AppendLength(recent, 8)
	recent = appendID(appendID(appendID(recent, want.Last), want.First), store.StreamID{})
	recent = append(recent, 10, 1)
	recent = append(appendID(AppendString(recent, "g", nil), store.StreamID{MS: 1000}), 1)
	recent = append(appendRawID(append(recent, 1), store.StreamID{MS: 1000}), 1, 2, 3, 4, 5, 6, 7, 0, 9)
	recent = AppendString(append(recent, 1), "c", nil)
	recent = append(recent, make([]byte, 16)...) // seen and active
	recent = appendRawID(append(recent, 1), store.StreamID{MS: 1000})
	if v, wrong = build(typeStream3, recent); wrong != "" {
		t.Fatal(wrong)
	}
	if p := v.Stream().Group([]byte("g")).Pending(store.StreamID{MS: 1000}); p == nil || p.Consumer != "c" || p.Count != 9 {
		t.Errorf("pending is %+v", p)
	}
}

// Of a body in which any byte is another one, or whose end is missing, something comes that can be used, or an error.
func TestBrokenStreamsAreErrorsOrStreams(t *testing.T) {
	payload := AppendDump(nil, exampleStream().Value(), nil)
	body := payload[1 : len(payload)-dumpTail]
	for n := range body {
		if _, wrong := build(typeStream2, body[:n]); wrong == "" {
			t.Fatalf("the first %d bytes are a stream", n)
		}
	}
	refused := 0
	for i := range body {
		for _, flip := range []byte{1, 0x80, 0xFF, 0x40, 2} {
			broken := append([]byte(nil), body...)
			broken[i] ^= flip
			v, wrong := build(typeStream2, broken)
			if wrong != "" {
				refused++
				continue
			}
			s := store.New(1)
			s.DB(0).Set([]byte("k"), v, 0)
			s.Digest()
			x := s.DB(0).Edit([]byte("k")).Value.Stream()
			x.RangeBack(store.StreamID{}, store.MaxStreamID, func(e *store.StreamEntry) bool {
				e.Each(func(name, value []byte) {})
				return true
			})
			x.TreeNodes()
			x.Trim(store.StreamTrim{MaxLen: 2})
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}
