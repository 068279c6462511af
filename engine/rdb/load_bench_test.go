package rdb

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"resync/engine/store"
)

// BenchmarkLoadMillion loads a million keys with 100 bytes each, as DEBUG POPULATE makes them: in the order in which
// this server writes them, and in a random one, which is what redis-server's is to us.
func BenchmarkLoadMillion(b *testing.B) {
	const keys = 1_000_000
	for _, order := range []string{"own", "random"} {
		b.Run("order="+order, func(b *testing.B) {
			file := populated(keys, order == "random")
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				d := NewDecoder(DecoderOptions{})
				for p := file; len(p) > 0; {
					n, err := d.Feed(p[:min(64<<10, len(p))])
					if err != nil {
						b.Fatal(err)
					}
					p = p[n:]
				}
				if n := d.Store().DB(0).Len(); n != keys {
					b.Fatalf("%d keys were loaded", n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
		})
	}
}

// populated is the file of a server with so many keys, in the order in which this server writes it or in a random one.
func populated(keys int, random bool) []byte {
	s := store.New(1)
	value := make([]byte, 100)
	for i := range keys {
		clear(value)
		copy(value, fmt.Sprintf("value:%d", i))
		s.DB(0).Set(fmt.Appendf(nil, "key:%d", i), store.StringValue(value), 0)
	}
	if !random {
		return encode(s, nil, Options{Compress: true, Checksum: true}, 1<<20)
	}
	var entries []*store.Entry
	for e := range s.DB(0).All() {
		entries = append(entries, e)
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	file := fmt.Appendf(nil, "%s%04d", magic, Version)
	file = AppendLength(append(file, opSelectDB), 0)
	file = AppendLength(AppendLength(append(file, opResizeDB), uint64(keys)), 0)
	c := new(Compressor)
	for _, e := range entries {
		file = AppendString(AppendString(append(file, typeString), e.Key, c), e.Value.Str(), c)
	}
	return append(file, opEOF, 0, 0, 0, 0, 0, 0, 0, 0) // zeros say that no checksum was computed
}
