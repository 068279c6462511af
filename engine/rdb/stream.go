package rdb

import (
	"encoding/binary"
	"math"

	"resync/engine/store"
)

// The types of streams. Redis 7.0 writes the second; the first is of 5.0 and 6, the third of 7.2.
const (
	typeStream  = 15
	typeStream2 = 19 // with the first ID, the highest deleted one, and counters
	typeStream3 = 21 // with when each consumer was last successful, too
)

// streamPieces writes a stream: its nodes one at a time, what it knows about itself, and its groups, some entries that are
// pending at a time.
//
// Source: redis/src/rdb.c, rdbSaveObject, rdbSaveStreamPEL, rdbSaveStreamConsumers.
type streamPieces struct {
	stream *store.StreamValue
	kind   byte
	began  bool
	node   int
	group  int // -1 until the facts are written

	part     groupPart // of the group
	consumer int       // of the group
	from     store.StreamID
}

func newStreamPieces(x *store.StreamValue) *streamPieces {
	return &streamPieces{stream: x, kind: typeStream2, group: -1}
}

func (p *streamPieces) clone() pieces {
	twin := *p
	return &twin
}

func (p *streamPieces) next(dst []byte, c *Compressor) (_ []byte, more bool) {
	x := p.stream
	switch {
	case !p.began:
		p.began = true
		return AppendLength(dst, uint64(x.Nodes())), true
	case p.node < x.Nodes():
		id, pack := x.Node(p.node)
		p.node++
		dst = append(dst, 16)
		dst = appendRawID(dst, id)
		return AppendString(dst, string(pack), c), true
	case p.group < 0:
		p.group = 0
		f := x.Facts()
		dst = AppendLength(dst, uint64(f.Length))
		dst = appendID(dst, f.Last)
		if p.kind != typeStream {
			dst = appendID(dst, f.First)
			dst = appendID(dst, f.MaxDeleted)
			dst = AppendLength(dst, f.Added)
		}
		dst = AppendLength(dst, uint64(len(x.Groups())))
		return dst, len(x.Groups()) > 0
	}
	return p.nextOfGroup(dst, c), p.group < len(x.Groups())
}

// groupPart is what is written next of a group.
type groupPart uint8

const (
	partGroup groupPart = iota
	partPending
	partConsumer // or that there are no more
	partOwn      // what is the consumer's
)

// pendingPart is how many pending entries are written at a time.
const pendingPart = 256

// nextOfGroup writes a part of the group at hand.
func (p *streamPieces) nextOfGroup(dst []byte, c *Compressor) []byte {
	g := p.stream.Groups()[p.group]
	left := pendingPart
	switch p.part {
	case partGroup:
		dst = AppendString(dst, g.Name, c)
		dst = appendID(dst, g.LastID)
		if p.kind != typeStream {
			dst = AppendLength(dst, uint64(g.EntriesRead))
		}
		dst = AppendLength(dst, uint64(g.PendingLen()))
		p.part, p.from = partPending, store.StreamID{}
	case partPending:
		g.EachPending(p.from, func(e *store.StreamPending) bool {
			if left--; left < 0 {
				p.from = e.ID
				return false
			}
			dst = appendRawID(dst, e.ID)
			dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Delivered))
			dst = AppendLength(dst, e.Count)
			return true
		})
		if left >= 0 {
			dst = AppendLength(dst, uint64(len(g.Consumers())))
			p.part, p.consumer = partConsumer, 0
		}
	case partConsumer:
		if p.consumer == len(g.Consumers()) {
			p.part = partGroup
			p.group++
			break
		}
		m := g.Consumers()[p.consumer]
		dst = AppendString(dst, m.Name, c)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(m.Seen))
		if p.kind == typeStream3 {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(m.Seen)) // when it last got something is not kept
		}
		dst = AppendLength(dst, uint64(m.PendingLen()))
		p.part, p.from = partOwn, store.StreamID{}
	case partOwn:
		g.Consumers()[p.consumer].EachPending(p.from, func(id store.StreamID) bool {
			if left--; left < 0 {
				p.from = id
				return false
			}
			dst = appendRawID(dst, id)
			return true
		})
		if left >= 0 {
			p.part = partConsumer
			p.consumer++
		}
	}
	return dst
}

func appendID(dst []byte, id store.StreamID) []byte {
	return AppendLength(AppendLength(dst, id.MS), id.Seq)
}

func appendRawID(dst []byte, id store.StreamID) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, id.MS), id.Seq)
}

func rawID(b []byte) store.StreamID {
	return store.StreamID{MS: binary.BigEndian.Uint64(b), Seq: binary.BigEndian.Uint64(b[8:])}
}

// A streamBuilder makes a stream of what streamPieces writes.
type streamBuilder struct {
	kind   byte
	stream *store.StreamValue
	at     streamPart
	facts  store.StreamFacts

	nodes, groups, pending, consumers, own uint64 // how many are still to come

	id       store.StreamID // half read, or of the node or pending entry at hand
	group    []byte
	consumer []byte
	entry    store.StreamPending
}

// streamPart is what a streamBuilder waits for.
type streamPart uint8

const (
	streamNodes streamPart = iota
	streamNodeID
	streamNode
	streamLength
	streamLastMS
	streamLastSeq
	streamFirstMS
	streamFirstSeq
	streamDeletedMS
	streamDeletedSeq
	streamAdded
	streamGroups
	streamGroup
	streamGroupMS
	streamGroupSeq
	streamGroupRead
	streamPending
	streamPendingID
	streamPendingTime
	streamPendingCount
	streamConsumers
	streamConsumer
	streamSeen
	streamActive
	streamOwn
	streamOwnID
)

// wants says which token each part is.
var streamWants = [...]want{
	streamNodeID: wantString, streamNode: wantString, streamGroup: wantString, streamConsumer: wantString,
	streamPendingID: wantBytes(16), streamOwnID: wantBytes(16),
	streamPendingTime: wantBytes(8), streamSeen: wantBytes(8), streamActive: wantBytes(8),
	streamNodes: wantLength, streamLength: wantLength, streamLastMS: wantLength, streamLastSeq: wantLength,
	streamFirstMS: wantLength, streamFirstSeq: wantLength, streamDeletedMS: wantLength, streamDeletedSeq: wantLength,
	streamAdded: wantLength, streamGroups: wantLength, streamGroupMS: wantLength, streamGroupSeq: wantLength,
	streamGroupRead: wantLength, streamPending: wantLength, streamPendingCount: wantLength, streamConsumers: wantLength,
	streamOwn: wantLength,
}

func (b *streamBuilder) first() (want, string) {
	b.stream = store.NewStream()
	return streamWants[streamNodes], ""
}

func (b *streamBuilder) clone() valueBuilder {
	twin := *b
	if b.stream != nil {
		twin.stream = b.stream.Clone()
	}
	twin.group = append([]byte(nil), b.group...)
	twin.consumer = append([]byte(nil), b.consumer...)
	return &twin
}

// Source: redis/src/rdb.c, rdbLoadObject.
func (b *streamBuilder) take(t *token) (v store.Value, next want, wrong string) {
	part, wrong := b.step(t)
	if wrong != "" {
		return v, 0, wrong
	}
	// A list of none is no list: go on to what follows it.
	for {
		switch {
		case part == streamNodeID && b.nodes == 0:
			part = streamLength
			continue
		case part == streamPendingID && b.pending == 0:
			part = streamConsumers
			continue
		case part == streamOwnID && b.own == 0:
			part = streamConsumer
			continue
		case part == streamConsumer && b.consumers == 0:
			if !b.stream.Group(b.group).Whole() {
				return v, 0, "a group with pending entries that are nobody's or several consumers'"
			}
			part = streamGroup
			continue
		case part == streamGroup && b.groups == 0:
			return b.stream.Value(), wantNothing, ""
		}
		b.at = part
		return v, streamWants[part], ""
	}
}

// step uses a token and says which part comes next if there is one.
func (b *streamBuilder) step(t *token) (next streamPart, wrong string) {
	x, n := b.stream, t.length
	switch b.at {
	case streamNodes:
		b.nodes = n
		return streamNodeID, ""
	case streamNodeID:
		if len(t.text) != 16 {
			return 0, "a stream's node with an ID of other than 16 bytes"
		}
		b.id = rawID(t.text)
		return streamNode, ""
	case streamNode:
		if wrong := checkStreamNode(t.text); wrong != "" {
			return 0, broken("Stream listpack", wrong)
		}
		if !x.AddNode(b.id, t.text) {
			return 0, "two nodes of a stream with the same ID"
		}
		b.nodes--
		return streamNodeID, ""
	case streamLength:
		// Old servers miscounted what they trimmed: another number than that of the entries is taken, as Redis does.
		if n != 0 && x.Nodes() == 0 || n > math.MaxInt64 {
			return 0, "a stream whose length is not that of its nodes"
		}
		b.facts.Length = int64(n)
	case streamLastMS:
		b.facts.Last.MS = n
	case streamLastSeq:
		b.facts.Last.Seq = n
		if b.kind == typeStream {
			b.facts.Added = uint64(b.facts.Length)
			x.SetFacts(b.facts)
			x.FindFirst()
			return streamGroups, ""
		}
	case streamFirstMS:
		b.facts.First.MS = n
	case streamFirstSeq:
		b.facts.First.Seq = n
	case streamDeletedMS:
		b.facts.MaxDeleted.MS = n
	case streamDeletedSeq:
		b.facts.MaxDeleted.Seq = n
	case streamAdded:
		b.facts.Added = n
		x.SetFacts(b.facts)
	case streamGroups:
		b.groups = n
	case streamGroup:
		b.group = append(b.group[:0], t.text...)
		b.groups--
	case streamGroupMS:
		b.id.MS = n
	case streamGroupSeq:
		b.id.Seq = n
		if !x.AddGroup(b.group, b.id, x.EntriesUpTo(b.id)) {
			return 0, "duplicate group " + quote(b.group)
		}
		if b.kind == typeStream {
			return streamPending, ""
		}
	case streamGroupRead:
		x.EditGroup(b.group).EntriesRead = int64(n)
	case streamPending:
		b.pending = n
	case streamPendingID:
		b.entry.ID = rawID(t.bytes())
	case streamPendingTime:
		b.entry.Delivered = int64(binary.LittleEndian.Uint64(t.bytes()))
	case streamPendingCount:
		b.entry.Count = n
		if !x.EditGroup(b.group).LoadPending(b.entry) {
			return 0, "duplicate pending entry in group " + quote(b.group)
		}
		b.pending--
		return streamPendingID, ""
	case streamConsumers:
		b.consumers = n
	case streamConsumer:
		b.consumer = append(b.consumer[:0], t.text...)
		b.consumers--
	case streamSeen:
		if !x.EditGroup(b.group).AddConsumer(b.consumer, int64(binary.LittleEndian.Uint64(t.bytes()))) {
			return 0, "Duplicate stream consumer detected: " + quote(b.consumer)
		}
		if b.kind != typeStream3 {
			return streamOwn, ""
		}
	case streamActive:
		// Redis 7.0 does not know it.
	case streamOwn:
		b.own = n
	case streamOwnID:
		g := x.EditGroup(b.group)
		if !g.GivePending(rawID(t.bytes()), g.EditConsumer(b.consumer)) {
			return 0, "a consumer's entry that is not pending in its group, or twice the consumer's,"
		}
		b.own--
		return streamOwnID, ""
	}
	return b.at + 1, ""
}

// checkStreamNode looks through a node.
//
// Source: redis/src/t_stream.c, streamValidateListpackIntegrity.
func checkStreamNode(pack []byte) (wrong string) {
	var w nodeWalk
	if err := listpackEach(pack, w.take); err != nil {
		return err.Error()
	}
	if w.bad || w.part != nodeFlags || w.live != w.saysLive || w.deleted != w.saysDeleted {
		return "a node of a stream whose elements make no entries"
	}
	return ""
}

// A nodeWalk goes through the elements of a node.
type nodeWalk struct {
	part                  nodePart
	saysLive, saysDeleted int64
	live, deleted         int64
	names                 int64 // of the head
	left                  int64 // elements to skip
	back                  int64 // elements of the entry so far
	same, bad             bool
}

// nodePart is what the next element of a node has to be.
type nodePart uint8

const (
	nodeLive nodePart = iota
	nodeDeleted
	nodeNames
	nodeName
	nodeZero
	nodeFlags
	nodeMS
	nodeSeq
	nodeFields
	nodeContent
	nodeBack
)

func (w *nodeWalk) take(e packedEntry) bool {
	if !e.IsInt && w.part != nodeName && w.part != nodeContent {
		w.bad = true
		return false
	}
	w.back++
	switch w.part {
	case nodeLive:
		w.saysLive = e.Int
	case nodeDeleted:
		w.saysDeleted = e.Int
	case nodeNames:
		w.names, w.left = e.Int, e.Int
	case nodeName, nodeContent:
		w.left--
	case nodeZero:
		w.bad = e.Int != 0
	case nodeFlags:
		w.back = 1
		w.same = e.Int&2 != 0
		if e.Int&1 != 0 {
			w.deleted++
		} else {
			w.live++
		}
	case nodeSeq:
		if w.left = w.names; w.same {
			w.part = nodeFields // and so the content comes next
		}
	case nodeFields:
		w.bad = e.Int < 0 || e.Int > 1<<32
		w.left = 2 * e.Int
	case nodeBack:
		w.bad = e.Int != w.back-1
		w.part = nodeFlags
		return !w.bad
	}
	if w.left < 0 {
		w.bad = true
	}
	if (w.part != nodeName && w.part != nodeContent) || w.left == 0 {
		w.part++
	}
	if (w.part == nodeName || w.part == nodeContent) && w.left == 0 {
		w.part++
	}
	return !w.bad
}
