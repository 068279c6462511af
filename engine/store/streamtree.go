package store

import "math/bits"

// Redis finds the nodes of a stream in a radix tree, by the 16 bytes of their IDs, and XINFO STREAM tells how many nodes
// that has. Ours are in a sequence; the number is kept beside it: every end of an ID is a node, every fork, and every
// chain of bytes between those.
//
//	root ─chain─ fork ─┬─ chain ─ end      two IDs that share their first bytes: 6 nodes
//	                   └─ chain ─ end      (the first of them is the root)
//
// Source: redis/src/rax.c, raxGenericInsert.

const streamIDSize = 16 // bytes

// TreeNodes returns how many nodes the radix tree has; a root that has nothing beneath is one.
func (x *StreamValue) TreeNodes() int { return max(x.tree, 1) }

// insertNode puts a node in front of node i.
func (x *StreamValue) insertNode(i int, n streamNode) {
	x.nodes.insert(x.writer, i, n)
	x.tree += x.treeNodesFor(i)
}

// cutNodes removes the nodes from i up to and not including j.
func (x *StreamValue) cutNodes(i, j int) {
	if i == 0 && j == x.nodes.len() {
		x.nodes.cut(x.writer, i, j)
		x.tree = 0
		return
	}
	for ; i < j; j-- {
		x.tree -= x.treeNodesFor(i)
		x.nodes.cut(x.writer, i, i+1)
	}
}

// treeNodesFor returns how many nodes of the tree there are for node i alone: by so many it would be smaller without.
func (x *StreamValue) treeNodesFor(i int) int {
	id := x.nodes.at(i).id
	depth := -1 // bytes that it shares with a neighbour: there it leaves the others
	if i > 0 {
		depth = commonBytes(x.nodes.at(i-1).id, id)
	}
	if i+1 < x.nodes.len() {
		depth = max(depth, commonBytes(id, x.nodes.at(i+1).id))
	}
	own := withChain(streamIDSize - depth)
	if depth < 0 {
		return own
	}
	// The others that share as many bytes: from first to last. They stay together for some bytes more, unless they fork
	// where this one leaves them.
	low, high := id.sharing(depth)
	first := x.nodes.search(func(n *streamNode) bool { return n.id.Compare(low) >= 0 })
	last := x.nodes.search(func(n *streamNode) bool { return n.id.Compare(high) > 0 }) - 1
	above := depth == 0 ||
		first > 0 && commonBytes(x.nodes.at(first-1).id, id) == depth-1 ||
		last+1 < x.nodes.len() && commonBytes(x.nodes.at(last+1).id, id) == depth-1
	switch i {
	case first:
		first++
	case last:
		last--
	}
	fork := streamIDSize // where the others part
	if first < last {
		fork = commonBytes(x.nodes.at(first).id, x.nodes.at(last).id)
	}
	if fork == depth {
		return own
	}
	// Without this one a chain leads from the fork above, or from the root, to where the others part; with it, that is
	// cut in two by a fork.
	const chain = 2
	upper := chain
	if above {
		upper = 1
	}
	return own + upper + withChain(fork-depth) - chain
}

// withChain is how many nodes it takes for a fork or an end that is so many bytes beneath the fork above: itself, and the
// chain to it, where there are bytes between.
func withChain(bytes int) int {
	if bytes > 1 {
		return 2
	}
	return 1
}

// commonBytes returns how many bytes two different IDs, high bytes first, have in common at their beginning.
func commonBytes(a, b StreamID) int {
	if a.MS != b.MS {
		return bits.LeadingZeros64(a.MS^b.MS) / 8
	}
	return 8 + bits.LeadingZeros64(a.Seq^b.Seq)/8
}

// sharing returns the first and the last ID that has so many bytes in common with this one.
func (id StreamID) sharing(bytes int) (first, last StreamID) {
	ms, seq := ^uint64(0)>>(8*min(bytes, 8)), ^uint64(0)>>(8*max(bytes-8, 0))
	return StreamID{id.MS &^ ms, id.Seq &^ seq}, StreamID{id.MS | ms, id.Seq | seq}
}
