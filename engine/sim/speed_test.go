package sim

import (
	"strconv"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// starred is a world of a master with so many replicas that are in step with it, and so many writes per second.
func starred(b *testing.B, replicas, rate int) *World {
	w := New(1)
	for i := range replicas + 1 {
		c := node.DefaultConfig()
		c.Port = 0
		c.ReplDisklessSyncDelay = 0
		name := "m1"
		if i > 0 {
			name, c.Replicaof = "r"+strconv.Itoa(i), node.Address{Host: "m1", Port: 6379}
		}
		if err := w.AddNode(name, c); err != nil {
			b.Fatal(err)
		}
	}
	for w.RunUntil(engine.Epoch.Add(3 * time.Second)); w.AtRest() != nil; {
		w.RunUntil(w.Now().Add(time.Second))
	}
	if err := w.StartLoad("m1", Load{Rate: rate}); err != nil {
		b.Fatal(err)
	}
	w.RunUntil(w.Now().Add(time.Second))
	return w
}

// BenchmarkSpeed is the speed of a world of three nodes under a thousand writes a second, in simulated seconds per
// second on the wall.
func BenchmarkSpeed(b *testing.B) {
	w := starred(b, 2, 1000)
	b.ReportAllocs()
	for b.Loop() {
		w = w.Clone() // what has happened is not what is measured: each second begins with the same log
		w.RunUntil(w.Now().Add(time.Second))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sim-s/s")
}

// BenchmarkReplicas is what one replica more costs of a world: it should not depend on how many there are.
func BenchmarkReplicas(b *testing.B) {
	for _, n := range []int{1, 10, 50} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w := starred(b, n, 100)
			for b.Loop() {
				w.RunUntil(w.Now().Add(time.Second))
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/replica")
		})
	}
}
