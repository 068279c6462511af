package rdb

import (
	"math"
	"testing"

	"resync/engine/store"
)

// Whatever the bytes are, they are a sorted set or an error. A set is in order, finds its members, and is written so that it
// reads the same.
func FuzzZSet(f *testing.F) {
	for _, body := range []string{
		"\x03\x03\x01b\x032.5\x01a\xff\x01c\xfe", "\x03\x01\x01a\xfd",
		"\x05\x03\x01c" + double(math.Inf(1)) + "\x01b" + double(2.5) + "\x01a" + double(math.Copysign(0, -1)),
		"\x05\x02\x01a" + double(1) + "\x01a" + double(2), "\x05\x01\x01a" + double(math.NaN()), "\x05\x03\x01c" + double(1) + "\x01a" + double(1) + "\x01b" + double(1),
		"\x11" + packed("c", "inf", "a", "-0", "b", "2.5"), "\x11" + packed("a", "1", "a", "2"), "\x11" + packed("a", "5e-324"),
		"\x0c\x24" + "\x24\x00\x00\x00\x1e\x00\x00\x00\x06\x00" + "\x00\x01a" + "\x03\x04-inf" + "\x06\x01b" + "\x03\x032.5" + "\x05\x01c" + "\x03\x03inf" + "\xff",
	} {
		f.Add(body[0], []byte(body[1:]), uint8(128))
		f.Add(body[0], []byte(body[1:]), uint8(1))
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte, most uint8) {
		kind = []byte{typeZSetText, typeZSet, typeZSetZiplist, typeZSetListpack}[kind%4]
		limits := store.DefaultLimits()
		limits.ZSetListpackEntries = int(most)
		v, err := ParseDump(zsetPayload(string([]byte{kind})+string(body)), &limits)
		if err != nil {
			return
		}
		z := v.ZSet()
		if z.Len() == 0 || z.Len() > int(most) && v.Encoding() != store.SkipList {
			t.Fatalf("%d elements as %v", z.Len(), v.Encoding())
		}
		i := 0
		z.From(0, func(e *store.ZEntry) bool {
			rank, there := z.Rank([]byte(e.Member))
			score, _ := z.Score([]byte(e.Member))
			if !there || rank != i || score != e.Score || *z.At(i) != *e {
				t.Fatalf("element %d, %q at %v, is found as number %d at %v, %v", i, e.Member, e.Score, rank, score, there)
			}
			if i > 0 {
				if before := z.At(i - 1); before.Score > e.Score || before.Score == e.Score && before.Member >= e.Member {
					t.Fatalf("%q at %v stands in front of %q at %v", before.Member, before.Score, e.Member, e.Score)
				}
			}
			i++
			return true
		})
		again, err := ParseDump(AppendDump(nil, v, new(Compressor)), &limits)
		if err != nil || again.ZSet().Len() != z.Len() {
			t.Fatalf("what was written reads as %v, %v", again, err)
		}
		for i := range z.Len() {
			if got, want := *again.ZSet().At(i), *z.At(i); got != want {
				t.Fatalf("element %d comes back as %v, was %v", i, got, want)
			}
		}
	})
}
