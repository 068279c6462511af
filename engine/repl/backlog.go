package repl

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"resync/engine"
)

// MinBacklogSize is the smallest repl-backlog-size, in bytes; smaller settings are raised to it.
const MinBacklogSize = 16384

const (
	blockMinBytes    = 16384 // a block is asked for at least this large (PROTO_REPLY_CHUNK_BYTES)
	blockHeaderBytes = 40    // what Redis keeps in front of a block's bytes (replBufBlock on 64 bits)
	trimPerFeed      = 64    // blocks let go of at most after one piece
	trimPerTurn      = 640   // and at the end of a turn of the event loop
)

// A Backlog keeps the latest bytes of the replication stream, so that a replica which lost its link can continue
// instead of copying the dataset again. Its zero value is inactive: nothing is kept and the offset stands still.
//
// The bytes are in append-only blocks, shared with every replica that still has to be sent some of them and with
// every clone of the backlog. The oldest block goes as a whole, when what remains is still more than Size and no
// replica needs it. Blocks have the sizes that redis-server gets from jemalloc, so that the first byte held is the
// same one that a real server holds after the same stream.
//
// Before 7.0 it was a ring of exactly Size bytes, and every replica had a buffer of its own. Then the blocks are only
// memory: a byte that has left the ring can be read as long as a replica pins it, but does not count as held.
//
// Invariant: Next() == First() + Len(), and the blocks cover [First(), Next()), exactly so where there is no ring.
//
// Source: redis/src/replication.c, feedReplicationBuffer and incrementalTrimReplicationBacklog; of 4.0,
// feedReplicationBacklog and resizeReplicationBacklog.
type Backlog struct {
	Size   int64         // repl-backlog-size, in bytes; see Resize
	active bool          // bytes are kept and counted
	offset engine.Offset // the last byte produced or applied
	blocks []block
	pin    engine.Offset // the first byte that some replica still has to be sent, or 0
	gone   engine.Span   // let go of since TakeGone

	ring  bool          // see Era.Ring
	floor engine.Offset // of a ring: nothing before is held, though it has room
	told  engine.Offset // of a ring: the first byte that was held at the last TakeGone
	freed engine.Span   // of a ring: what it held when it was freed
}

// block is this backlog's view of a piece of memory that clones may share.
type block struct {
	first engine.Offset
	n     int // bytes that belong to this view
	mem   *blockMem
}

// blockMem is written from the front. Whoever has seen all of it may append in place; a branch, whose view ends
// before used, copies first.
type blockMem struct {
	size int // bytes that fit
	used int // that are written, or borrowed
	buf  []byte
	rest []byte // borrowed memory can be in two places
}

// borrowed is the use of memory that is another backlog's: nobody has seen all of it.
const borrowed = math.MaxInt

func newBlockMem(size int) *blockMem { return &blockMem{size: size, buf: make([]byte, size)} }

// bytes are some that are written, copied only where they lie in two places.
func (m *blockMem) bytes(from, to int) []byte {
	switch cut := len(m.buf); {
	case to <= cut:
		return m.buf[from:to:to]
	case from >= cut:
		return m.rest[from-cut : to-cut : to-cut]
	default:
		return slices.Concat(m.buf[from:], m.rest[:to-cut])
	}
}

// Offset is the number of the last byte of the stream: master_repl_offset.
func (b *Backlog) Offset() engine.Offset { return b.offset }

// Active reports whether the stream's bytes are kept and counted.
func (b *Backlog) Active() bool { return b.active }

// First is the oldest byte held. When none is, it equals Next.
func (b *Backlog) First() engine.Offset {
	first := b.offset + 1
	if len(b.blocks) > 0 {
		first = b.blocks[0].first
	}
	if b.ring {
		first = max(first, b.floor, b.offset+1-engine.Offset(b.Size))
	}
	return first
}

// Next is the byte that will be written next.
func (b *Backlog) Next() engine.Offset { return b.offset + 1 }

// Len is the number of bytes held: repl_backlog_histlen.
func (b *Backlog) Len() int64 { return int64(b.Next() - b.First()) }

// Covers reports whether a replica can be continued from want, the first byte it lacks. A replica that lacks nothing
// asks for Next, and is covered.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func (b *Backlog) Covers(want engine.Offset) bool {
	return b.active && b.First() <= want && want <= b.Next()
}

// Create makes the backlog active at offset, holding nothing.
func (b *Backlog) Create(offset engine.Offset) {
	b.active, b.offset, b.blocks, b.pin = true, offset, nil, 0
	b.floor, b.told = offset+1, offset+1
}

// Free lets go of everything. The offset stays and stands still from now on.
func (b *Backlog) Free() {
	if b.ring && b.active {
		b.freed = engine.Span{First: b.First(), Last: b.offset}
	}
	b.active, b.blocks, b.pin = false, nil, 0
}

// Numbers are repl_backlog_first_byte_offset and repl_backlog_histlen as INFO shows them: zeros while there is no
// backlog, but for a ring that was freed, whose last numbers stay.
func (b *Backlog) Numbers() (first engine.Offset, histlen int64) {
	switch {
	case b.active:
		return b.First(), b.Len()
	case b.freed.First != 0:
		return b.freed.First, b.freed.Len()
	}
	return 0, 0
}

// Resize sets Size. A ring of another size begins empty.
func (b *Backlog) Resize(size int64) {
	if b.ring && size != b.Size {
		b.floor = b.offset + 1
	}
	b.Size = size
}

// SetOffset moves the offset of a backlog that holds nothing.
func (b *Backlog) SetOffset(o engine.Offset) {
	if len(b.blocks) > 0 {
		panic("repl: the offset of a backlog that holds bytes follows them")
	}
	b.offset = o
}

// Clone returns an independent backlog that shares the bytes held.
func (b *Backlog) Clone() Backlog {
	c := *b
	c.blocks = append([]block(nil), b.blocks...)
	return c
}

// Share takes the memory of another backlog, where that holds the same bytes: as a master's does, whose blocks begin elsewhere than
// those of its replicas. The block that is being filled is taken only with last, for a backlog that does not go on: it would have
// to be copied for that.
func (b *Backlog) Share(with *Backlog, last bool) {
	j := 0
	for i := range b.blocks {
		own := &b.blocks[i]
		if own.n < own.mem.size && !last {
			return
		}
		for j < len(with.blocks) && with.blocks[j].first+engine.Offset(with.blocks[j].n) <= own.first {
			j++
		}
		if mem := with.part(j, own); mem != nil && bytes.Equal(mem.bytes(0, own.n), own.mem.bytes(0, own.n)) {
			own.mem = mem
		}
	}
}

// part is memory for a block of another backlog, out of what block j has and the next one. It is nil where these do not hold so
// much, or the block is in it already.
func (b *Backlog) part(j int, of *block) *blockMem {
	if j >= len(b.blocks) || of.first < b.blocks[j].first || b.blocks[j].mem.rest != nil {
		return nil
	}
	one, at := &b.blocks[j], int(of.first-b.blocks[j].first)
	end := min(one.n, at+of.n)
	left := of.n - (end - at)
	mem := &blockMem{size: of.mem.size, used: borrowed, buf: one.mem.buf[at:end:end]}
	switch {
	case &of.mem.buf[0] == &one.mem.buf[at]:
		return nil
	case left == 0 && at == 0 && of.n == one.mem.size && of.n == of.mem.size:
		return one.mem
	case left == 0:
		return mem
	case j+1 == len(b.blocks) || b.blocks[j+1].n < left || b.blocks[j+1].mem.rest != nil:
		return nil
	}
	mem.rest = b.blocks[j+1].mem.buf[:left:left]
	return mem
}

// Append adds one piece to the stream, as Redis feeds it: a new block is as large as the piece, within limits, so
// where a piece ends decides the size of blocks. An inactive backlog ignores it: its offset stands still.
func (b *Backlog) Append(p []byte) {
	if !b.active {
		return
	}
	for len(p) > 0 {
		p = p[b.fillTail(p):]
		if len(p) > 0 {
			b.blocks = append(b.blocks, block{first: b.offset + 1, mem: newBlockMem(b.blockSize(len(p)))})
			p = p[b.fillTail(p):]
		}
		b.trim(trimPerFeed)
	}
}

// AppendCommand adds a command in the pieces in which Redis feeds one: the count, then for every argument its
// length, itself and the line end.
//
// Source: redis/src/replication.c, replicationFeedSlaves.
func (b *Backlog) AppendCommand(args [][]byte) {
	if !b.active || b.appendWhole(args) {
		return
	}
	var line [headerMax]byte
	b.Append(appendHeader(line[:0], '*', len(args)))
	for _, a := range args {
		b.Append(appendHeader(line[:0], '$', len(a)))
		b.Append(a)
		b.Append(append(line[:0], '\r', '\n'))
	}
}

// headerMax is the longest count or length with its mark and line end.
const headerMax = 24

// appendWhole adds a command that fits into the last block, which is nearly all of them: then it does not matter
// where its pieces end.
func (b *Backlog) appendWhole(args [][]byte) bool {
	if len(b.blocks) == 0 {
		return false
	}
	t := &b.blocks[len(b.blocks)-1]
	room := t.mem.size - t.n - headerMax
	for _, a := range args {
		room -= len(a) + headerMax + 2
	}
	if room < 0 || t.n < t.mem.used {
		return false
	}
	dst := appendHeader(t.mem.buf[t.n:t.n], '*', len(args))
	for _, a := range args {
		dst = append(append(appendHeader(dst, '$', len(a)), a...), '\r', '\n')
	}
	t.n += len(dst)
	t.mem.used = t.n
	b.offset += engine.Offset(len(dst))
	b.trim(trimPerFeed)
	return true
}

func appendHeader(dst []byte, mark byte, n int) []byte {
	if 0 <= n && n < 10 {
		return append(dst, mark, '0'+byte(n), '\r', '\n')
	}
	return append(strconv.AppendInt(append(dst, mark), int64(n), 10), '\r', '\n')
}

// fillTail appends what fits into the last block and returns how much that was.
func (b *Backlog) fillTail(p []byte) int {
	if len(b.blocks) == 0 {
		return 0
	}
	t := &b.blocks[len(b.blocks)-1]
	if t.n == t.mem.size {
		return 0
	}
	if t.n < t.mem.used { // another branch went on in this memory, or will
		mem := newBlockMem(t.mem.size)
		copy(mem.buf, t.mem.bytes(0, t.n))
		t.mem = mem
	}
	n := copy(t.mem.buf[t.n:], p)
	t.n += n
	t.mem.used = t.n
	b.offset += engine.Offset(n)
	return n
}

// blockSize is how many bytes fit into a new block for a piece of n bytes.
func (b *Backlog) blockSize(n int) int {
	limit := max(int(b.Size/16), blockMinBytes)
	return allocated(min(max(n, blockMinBytes), limit)+blockHeaderBytes) - blockHeaderBytes
}

// allocated rounds a size of more than 16 KiB up to what jemalloc hands out: four classes between powers of two.
// Redis uses all of what it is given. Measured on redis-server 7.0.15.
func allocated(n int) int {
	step := 1
	for step*8 < n {
		step *= 2
	}
	return (n + step - 1) / step * step
}

// trim lets go of the oldest blocks, at most this many, while what would remain is still more than Size, or of a ring
// all that it holds.
func (b *Backlog) trim(most int) {
	if b.ring {
		for first := b.First(); most > 0 && len(b.blocks) > 1 && b.blocks[1].first <= first; most-- {
			if b.pin != 0 && b.pin < b.blocks[1].first {
				return
			}
			b.blocks[0] = block{}
			b.blocks = b.blocks[1:]
		}
		return
	}
	for ; most > 0 && len(b.blocks) > 1 && b.Len() > b.Size; most-- {
		oldest := &b.blocks[0]
		if b.pin != 0 && b.pin < b.blocks[1].first || b.Len()-int64(oldest.n) <= b.Size {
			return
		}
		if b.gone.First == 0 {
			b.gone.First = oldest.first
		}
		b.gone.Last = oldest.first + engine.Offset(oldest.n) - 1
		*oldest = block{}
		b.blocks = b.blocks[1:]
	}
}

// EndTurn is the end of a turn of the event loop: what replicas no longer pin may go now. first is the oldest byte
// that some replica still has to be sent, or 0; its block is kept beyond Size from now on.
func (b *Backlog) EndTurn(first engine.Offset) {
	b.pin = first
	if b.active {
		b.trim(trimPerTurn)
	}
}

// TakeGone returns the bytes that were let go of since it was last called; the span is empty when none were.
func (b *Backlog) TakeGone() (engine.Span, bool) {
	if first := b.First(); b.ring && b.active && first > b.told {
		b.gone = engine.Span{First: b.told, Last: first - 1}
		b.told = first
	}
	g := b.gone
	b.gone = engine.Span{}
	return g, g.First != 0
}

// Bytes returns bytes that are held, or pinned, from first on, as many as lie in one block but at most most; nil when
// first is Next. They never change and need not be copied. Asking for a byte that is gone breaks an invariant.
func (b *Backlog) Bytes(first engine.Offset, most int) []byte {
	if first == b.Next() {
		return nil
	}
	if len(b.blocks) == 0 || first < b.blocks[0].first || first > b.offset {
		panic("repl: byte " + strconv.FormatInt(int64(first), 10) + " is not held")
	}
	lo, hi := 0, len(b.blocks)-1
	for lo < hi { // the last block that begins at or before first
		mid := (lo + hi + 1) / 2
		if b.blocks[mid].first <= first {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	bl := b.blocks[lo]
	at := int(first - bl.first)
	return bl.mem.bytes(at, min(bl.n, at+most))
}

// A Block is one block as the page shows it.
type Block struct {
	Span   engine.Span
	Size   int64 // bytes that fit
	Pinned bool  // would have gone, but a replica still has to be sent some of it
}

// Blocks appends a view of the blocks, oldest first.
func (b *Backlog) Blocks(dst []Block) []Block {
	dst = slices.Grow(dst, len(b.blocks))
	for i, bl := range b.blocks {
		rest := int64(b.Next() - bl.first - engine.Offset(bl.n))
		pinned := i < len(b.blocks)-1 && (rest > b.Size || b.ring && rest >= b.Size) && b.pin != 0 && b.pin < b.blocks[i+1].first
		dst = append(dst, Block{
			Span:   engine.Span{First: bl.first, Last: bl.first + engine.Offset(bl.n) - 1},
			Size:   int64(bl.mem.size),
			Pinned: pinned,
		})
	}
	return dst
}
