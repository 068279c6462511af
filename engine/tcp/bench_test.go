//go:build linux

package tcp

import (
	"bytes"
	"io"
	"testing"

	"resync/engine/resp"
)

// BenchmarkRoundTrip is sixteen commands sent at once and their replies over loopback: what the driver adds to a
// command. Beside the value that a SET stores nothing is allocated.
func BenchmarkRoundTrip(b *testing.B) {
	for _, command := range [][]string{{"GET", "k"}, {"SET", "k", "0123456789"}, {"INCR", "n"}} {
		b.Run(command[0], func(b *testing.B) {
			s := start(b, "ours", "--loglevel", "warning")
			s.ok("SET", "k", "0123456789")
			s.ok("SET", "n", "1000000000")
			c := dialRaw(b, s.addr())
			one := resp.AppendCommand(nil, command...)
			c.send(one)
			reply := c.line()
			size := len(reply) + 2
			if reply[0] == '$' {
				size += len(c.line()) + 2
			}
			ask, got := bytes.Repeat(one, 16), make([]byte, 16*size)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if n%16 > 0 {
					continue // one iteration is one command
				}
				if _, err := c.Write(ask); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c.in, got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
