package repl

import (
	"slices"

	"resync/engine"
)

// What the stream's blocks cost, in the bytes that redis-server would count for them. Blocks are shared, so what a
// replica keeps alive is counted from the beginning of its block to the end of the last one, room included.

const (
	listNodeBytes = 24                               // of the list that Redis keeps blocks in
	blockOverhead = blockHeaderBytes + listNodeBytes // of each block
	indexedBlocks = 64                               // one block in so many is in an index (REPL_BACKLOG_INDEX_PER_BLOCKS)
)

// Memory is what all blocks take: mem_total_replication_buffers.
//
// Source: redis/src/replication.c, feedReplicationBuffer (repl_buffer_mem).
func (b *Backlog) Memory() (total int64) {
	for i := range b.blocks {
		total += int64(b.blocks[i].mem.size) + blockOverhead
	}
	return total
}

// Excess is what blocks take beyond the backlog's size and what blocks of that size take in overhead: it is kept for
// replicas that are behind.
//
// Source: redis/src/evict.c, freeMemoryGetNotCountedMemory.
func (b *Backlog) Excess() int64 {
	total := b.Memory()
	if total <= b.Size {
		return 0
	}
	return max(0, total-b.Size-(b.Size/blockMinBytes+1)*blockOverhead)
}

// IndexMemory is what it takes to find a block by its offset, about: a node for every entry and one for the root.
//
// Source: redis/src/object.c, getMemoryOverheadData.
func (b *Backlog) IndexMemory() int64 {
	if !b.active {
		return 0
	}
	const node, pointer = 4, 8
	entries := int64(len(b.blocks) / indexedBlocks)
	return (1+entries)*node + entries*pointer
}

// Held is what somebody keeps alive who was sent everything up to sent: so many blocks, and the bytes of them.
// Whoever lacks nothing still holds the last block.
//
// Source: redis/src/networking.c, getClientOutputBufferMemoryUsage.
func (b *Backlog) Held(sent engine.Offset) (blocks int, bytes int64) {
	if len(b.blocks) == 0 {
		return 0, 0
	}
	next := min(sent+1, b.Offset())
	before, _ := slices.BinarySearchFunc(b.blocks, next+1, func(bl block, at engine.Offset) int { return int(bl.first - at) })
	oldest, last := &b.blocks[max(before-1, 0)], &b.blocks[len(b.blocks)-1]
	blocks = len(b.blocks) - max(before-1, 0)
	return blocks, int64(last.first-oldest.first) + int64(last.mem.size) + int64(blocks)*blockOverhead
}

// LastBlock is the first byte of the block that is being filled, or 0: it changes when a block is added.
func (b *Backlog) LastBlock() engine.Offset {
	if len(b.blocks) == 0 {
		return 0
	}
	return b.blocks[len(b.blocks)-1].first
}

// Pin keeps everything from first on until the next EndTurn, whoever else needs what. Byte 0, which a stream has that is
// counted from -1 on, is in one block with byte 1.
func (b *Backlog) Pin(first engine.Offset) {
	first = max(first, 1)
	if b.pin == 0 || first < b.pin {
		b.pin = first
	}
}

// Full reports whether the oldest block may go, unless somebody needs it.
func (b *Backlog) Full() bool {
	if len(b.blocks) < 2 {
		return false
	}
	if b.ring {
		return b.blocks[1].first <= b.First()
	}
	return b.Len()-int64(b.blocks[0].n) > b.Size
}
