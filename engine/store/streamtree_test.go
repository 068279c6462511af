package store

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// radixNodes counts the nodes of the tree beneath a node, for keys that all begin with the same depth bytes.
func radixNodes(keys [][streamIDSize]byte, depth int) int {
	if len(keys) == 1 {
		if depth == streamIDSize {
			return 1
		}
		return 2 // the rest of the key, and its end
	}
	shared := depth
	for ; ; shared++ {
		same := true
		for _, k := range keys {
			same = same && k[shared] == keys[0][shared]
		}
		if !same {
			break
		}
	}
	total := 1 // the fork
	if shared > depth {
		total++
	}
	for b := range 256 {
		var beneath [][streamIDSize]byte
		for _, k := range keys {
			if int(k[shared]) == b {
				beneath = append(beneath, k)
			}
		}
		if len(beneath) > 0 {
			total += radixNodes(beneath, shared+1)
		}
	}
	return total
}

func TestTheRadixTreeIsCountedAsItWouldBeBuilt(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewPCG(seed, seed))
	for range 200 {
		x := NewStream()
		x.writer = new(writer)
		// IDs that part at any byte: some bits alone differ.
		ms, seq := r.Uint64(), r.Uint64()
		if r.IntN(2) == 0 {
			ms, seq = 0, 0
		}
		for range 60 {
			id := StreamID{ms ^ r.Uint64N(3)<<(8*r.IntN(8)) ^ r.Uint64N(2)<<(8*r.IntN(8)), seq ^ r.Uint64N(3)<<(8*r.IntN(8))}
			if n := x.Nodes(); r.IntN(4) == 0 && n > 0 {
				i := r.IntN(n)
				x.cutNodes(i, i+1+r.IntN(min(n-i, 4)))
			} else {
				x.AddNode(id, nil)
			}
			var keys [][streamIDSize]byte
			for i := range x.Nodes() {
				id, _ := x.Node(i)
				var k [streamIDSize]byte
				binary.BigEndian.PutUint64(k[:], id.MS)
				binary.BigEndian.PutUint64(k[8:], id.Seq)
				keys = append(keys, k)
			}
			want := 1
			if len(keys) > 0 {
				want = radixNodes(keys, 0)
			}
			if got := x.TreeNodes(); got != want {
				t.Fatalf("%d nodes for %x, want %d", got, keys, want)
			}
		}
	}
}
