package node

import (
	"strconv"
	"strings"
	"testing"

	"resync/engine"
	"resync/engine/resp"
	"resync/engine/store"
)

// BenchmarkCatchUp is what a replica does with the stream that it has missed: SETs of so many bytes each, in the pieces
// in which a socket is read. It parses, looks up, changes, and keeps the stream for those below.
func BenchmarkCatchUp(b *testing.B) {
	for _, size := range []int{64, 1000} {
		b.Run("bytes="+strconv.Itoa(size), func(b *testing.B) {
			var stream []byte
			value := strings.Repeat("v", size)
			commands := 0
			for ; len(stream) < 8<<20; commands++ {
				stream = resp.AppendCommand(stream, "SET", "key:"+strconv.Itoa(commands%1000), value)
			}
			s := start(b)
			m := s.follow(someID, 100, store.New(16))
			s.raw(m, cmd("SELECT", "0"))
			in := Received{Conn: m}
			b.SetBytes(int64(len(stream)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := stream; len(rest) > 0; rest = rest[len(in.Data):] {
					in.Data = rest[:min(64<<10, len(rest))]
					s.out.Reset()
					s.n.Step(engine.Epoch, &in, &s.out)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(commands), "ns/command")
			if keys := countKeys(s.n.data); keys != 1000 {
				b.Fatalf("%d keys were set", keys)
			}
		})
	}
}
