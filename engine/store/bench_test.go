package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

const benchKeys = 100_000

func benchmarkKeys() [][]byte {
	keys := make([][]byte, benchKeys)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key:%012d", i)
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}

// payload has 64 bytes, as the benchmarks of the specification do.
var payload = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

func filled(keys [][]byte) *Store {
	s := New(1)
	for _, k := range keys {
		s.DB(0).Set(k, StringValue(payload), 0)
	}
	return s
}

func BenchmarkGet(b *testing.B) {
	keys := benchmarkKeys()
	b.Run("store", func(b *testing.B) {
		db := filled(keys).DB(0)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if db.Get(keys[i]) == nil {
				b.Fatal("a key is missing")
			}
			if i++; i == len(keys) {
				i = 0
			}
		}
	})
	b.Run("map", func(b *testing.B) {
		m := map[string]string{}
		for _, k := range keys {
			m[string(k)] = string(payload)
		}
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if _, ok := m[string(keys[i])]; !ok {
				b.Fatal("a key is missing")
			}
			if i++; i == len(keys) {
				i = 0
			}
		}
	})
}

func BenchmarkSet(b *testing.B) {
	keys := benchmarkKeys()
	for _, every := range []int{0, 1000, 1} {
		name := "store"
		if every > 0 {
			name = fmt.Sprintf("store, snapshot every %d", every)
		}
		b.Run(name, func(b *testing.B) {
			s := filled(keys)
			var keep *Store
			b.ReportAllocs()
			i, n := 0, 0
			for b.Loop() {
				if every > 0 {
					if n++; n == every {
						keep, n = s.Snapshot(), 0
					}
				}
				s.DB(0).Set(keys[i], StringValue(payload), 0)
				if i++; i == len(keys) {
					i = 0
				}
			}
			_ = keep
		})
	}
	b.Run("map", func(b *testing.B) {
		m := map[string]string{}
		for _, k := range keys {
			m[string(k)] = string(payload)
		}
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			m[string(keys[i])] = string(payload)
			if i++; i == len(keys) {
				i = 0
			}
		}
	})
}

func BenchmarkInsertDelete(b *testing.B) {
	keys := benchmarkKeys()
	db := filled(keys).DB(0)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		db.Delete(keys[i])
		db.Set(keys[i], StringValue(payload), 0)
		if i++; i == len(keys) {
			i = 0
		}
	}
}

func BenchmarkSetExpire(b *testing.B) {
	keys := benchmarkKeys()
	db := filled(keys).DB(0)
	b.ReportAllocs()
	i, at := 0, int64(1)
	for b.Loop() {
		db.SetExpire(keys[i], at)
		at++
		if i++; i == len(keys) {
			i = 0
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	s := filled(benchmarkKeys())
	b.ReportAllocs()
	for b.Loop() {
		s = s.Snapshot()
	}
}

func BenchmarkAll(b *testing.B) {
	db := filled(benchmarkKeys()).DB(0)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range db.All() {
			n++
		}
		if n != benchKeys {
			b.Fatal("keys are missing")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchKeys, "ns/key")
}

func BenchmarkFill(b *testing.B) {
	keys := benchmarkKeys()
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			filled(keys)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchKeys, "ns/key")
	})
	b.Run("map", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := map[string]string{}
			for _, k := range keys {
				m[string(k)] = string(payload)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchKeys, "ns/key")
	})
}
