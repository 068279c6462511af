package rdb

import (
	"fmt"
	"testing"

	"resync/engine/store"
)

// However many entries are pending in a group, a part of the file is small, and the parts make the same whole, also when
// a clone goes on between any two of them.
func TestALongListOfPendingEntriesIsWrittenInParts(t *testing.T) {
	for _, pending := range []int{0, 1, pendingPart - 1, pendingPart, pendingPart + 1, 2 * pendingPart, 5000} {
		x := store.NewStream()
		x.AddGroup([]byte("first"), store.StreamID{}, 0)
		x.AddGroup([]byte("g"), store.StreamID{MS: 9}, 3)
		g := x.EditGroup([]byte("g"))
		g.AddConsumer([]byte("idle"), 1)
		g.AddConsumer([]byte("one"), 2)
		g.AddConsumer([]byte("all others"), 3)
		for i := range pending {
			p := store.StreamPending{ID: store.StreamID{MS: uint64(i + 1)}, Consumer: "all others", Delivered: int64(i), Count: 1}
			if i == pending/2 {
				p.Consumer = "one"
			}
			g.SetPending(p)
		}
		s := store.New(1)
		s.DB(0).Set([]byte("k"), x.Value(), 0)
		e := NewEncoder(s.Snapshot(), nil, Options{Checksum: true})
		var file []byte
		for !e.Done() {
			twin, rest := e.Clone(), []byte(nil)
			before := len(file)
			file = e.Append(file, 1)
			if n := len(file) - before; n > 64*pendingPart {
				t.Fatalf("%d pending: a part of %d bytes", pending, n)
			}
			if before%7 == 0 {
				for !twin.Done() {
					rest = twin.Append(rest, 1<<20)
				}
				if whole := encode(s, nil, Options{Checksum: true}, 1<<20); string(file[:before])+string(rest) != string(whole) {
					t.Fatalf("%d pending: a clone at byte %d writes another file", pending, before)
				}
			}
		}
		d, err := Decode(file, DecoderOptions{})
		if err != nil {
			t.Fatalf("%d pending: %v", pending, err)
		}
		back := d.Store().DB(0).Get([]byte("k")).Value.Stream().Group([]byte("g"))
		if back.PendingLen() != pending || !back.Whole() {
			t.Errorf("%d pending: %d came back, whole: %v", pending, back.PendingLen(), back.Whole())
		}
		if got, want := fmt.Sprintf("%x", encode(d.Store(), nil, Options{Checksum: true}, 100)), fmt.Sprintf("%x", file); got != want {
			t.Errorf("%d pending: it is another file the next time", pending)
		}
	}
}
