package script

import "testing"

// Random worlds of two to five nodes: anything fails, then everything is healed and has to come to rest with equal
// data. A failure prints the seed and the script; `bin/resync swarm --seeds 1 --from SEED` runs it again.
func TestSwarm(t *testing.T) {
	const seeds = 300
	for seed := uint64(1); seed <= seeds; seed++ {
		if err := Swarm(seed); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkSwarm is one random world after the other, checks included.
func BenchmarkSwarm(b *testing.B) {
	b.ReportAllocs()
	for seed := uint64(1); b.Loop(); seed++ {
		if err := Swarm(seed); err != nil {
			b.Fatal(err)
		}
	}
}
