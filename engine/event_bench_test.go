package engine

import "testing"

// read measures reading the first so many events of a log, one by one and in order.
func read(b *testing.B, l Events, n int) {
	b.Run("at", func(b *testing.B) {
		var sum Instant
		for i := range b.N {
			sum += l.At(i % n).At
		}
		sink = sum
	})
	b.Run("from", func(b *testing.B) {
		var sum Instant
		for i := 0; i < b.N; i += n {
			for _, e := range l.First(n).All() {
				sum += e.At
			}
		}
		sink = sum
	})
}

// What it costs to append to a log of which nothing is packed yet, and to read it.
func BenchmarkEvents(b *testing.B) {
	const many = tailBlocks * blockEvents
	l := numbered(many)
	b.Run("append", func(b *testing.B) {
		var l EventLog
		f := &Applied{}
		b.ReportAllocs()
		for i := range b.N {
			if i%many == 0 {
				l = EventLog{}
			}
			l.Append(Instant(i), "m1", f)
		}
	})
	read(b, l.Events, many)
	b.Run("backward", func(b *testing.B) {
		var sum Instant
		for i := 0; i < b.N; i += many {
			for _, e := range l.Backward() {
				sum += e.At
			}
		}
		sink = sum
	})
}

// What it costs to append to a log that packs its old blocks, and to read those.
func BenchmarkPackedEvents(b *testing.B) {
	const many = 400_000
	l := crowd(many)
	b.Run("append", func(b *testing.B) {
		var to *EventLog
		for i := range b.N {
			if i%many == 0 {
				to = &EventLog{}
			}
			e := l.At(many - 1 - i%30_000)
			to.Append(e.At, e.Node, e.Fact)
		}
	})
	read(b, l.Events, 300_000)
}

var sink Instant
