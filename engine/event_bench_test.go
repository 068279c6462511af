package engine

import "testing"

func BenchmarkEvents(b *testing.B) {
	l := numbered(60_000)
	b.Run("append", func(b *testing.B) {
		var l EventLog
		f := &Applied{}
		b.ReportAllocs()
		for i := range b.N {
			if i%50_000 == 0 {
				l = EventLog{}
			}
			l.Append(Instant(i), "m1", f)
		}
	})
	b.Run("at", func(b *testing.B) {
		var sum Instant
		for i := range b.N {
			sum += l.At(i % 50_000).At
		}
		sink = sum
	})
	b.Run("from", func(b *testing.B) {
		var sum Instant
		for range b.N/50_000 + 1 {
			for _, e := range l.From(10_000) {
				sum += e.At
			}
		}
		sink = sum
	})
	b.Run("backward", func(b *testing.B) {
		var sum Instant
		for range b.N/60_000 + 1 {
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
	b.Run("at", func(b *testing.B) {
		var sum Instant
		for i := range b.N {
			sum += l.At(i % 300_000).At
		}
		sink = sum
	})
	b.Run("from", func(b *testing.B) {
		var sum Instant
		for i := 0; i < b.N; i += 300_000 {
			for _, e := range l.First(300_000).All() {
				sum += e.At
			}
		}
		sink = sum
	})
}

var sink Instant
