package sim

import (
	"strconv"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// loaded is a master with two replicas, so many keys and a hundred writes a second.
func loaded(b *testing.B, keys int) *World {
	w := New(1)
	for _, n := range []struct{ name, master string }{{"m1", ""}, {"r1", "m1"}, {"r2", "m1"}} {
		c := node.DefaultConfig()
		c.Port = 0
		c.ReplDisklessSyncDelay = 0
		if n.master != "" {
			c.Replicaof = node.Address{Host: n.master, Port: 6379}
		}
		if err := w.AddNode(n.name, c); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.StartLoad("m1", Load{Rate: 50_000, Keys: keys}); err != nil {
		b.Fatal(err)
	}
	w.RunUntil(engine.Epoch.Add(2*time.Second + time.Duration(keys)*40*time.Microsecond))
	if err := w.StartLoad("m1", Load{Rate: 100, Keys: keys}); err != nil {
		b.Fatal(err)
	}
	w.RunUntil(w.Now().Add(time.Second))
	return w
}

// BenchmarkClone is a checkpoint: it should cost the same whatever the number of keys.
func BenchmarkClone(b *testing.B) {
	for _, keys := range []int{1000, 20_000} {
		b.Run(strconv.Itoa(keys)+"keys", func(b *testing.B) {
			w := loaded(b, keys)
			b.ReportAllocs()
			for b.Loop() {
				w.Clone()
			}
		})
	}
}

// BenchmarkSecond is a second of a world with a master, two replicas and a hundred writes.
func BenchmarkSecond(b *testing.B) {
	w := loaded(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		w.RunUntil(w.Now().Add(time.Second))
	}
}

// BenchmarkForecast is what the page asks for every replica that is cut off.
func BenchmarkForecast(b *testing.B) {
	w := loaded(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		w.Forecast("r1")
	}
}
