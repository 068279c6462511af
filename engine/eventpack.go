package engine

import (
	"encoding/binary"
	"sync/atomic"
)

// A busy log is nearly all of four kinds of facts, which differ little from one to the next. So its old blocks are
// kept packed: as bytes, in which a number is the difference from the one before, with no pointers that a collector of
// garbage would follow again and again. A block is opened again when somebody reads an event in it.

// tailBlocks is how many of the latest blocks of a log are never packed: what the page reads for every frame (zoomScan in
// web/model).
const tailBlocks = 96

// openedMost is how many packed blocks of a log are open at the same time, the latest to be opened. They have to be
// more than a frame of the page reads of the past, or it would open all of them each time (zoomScan in web/model).
const openedMost = 128

// packedEvents is a packed block. But for the memory of what was opened it never changes.
type packedEvents struct {
	first  int64  // the Seq of the first
	data   string // as an eventCodec writes it
	others []Fact // of the kinds that are not packed, in their order

	sents, applied, propagated int // so many are made when it is opened

	open   atomic.Pointer[openEvents] // or nil
	opened *openedBlocks              // where it is noted when it is open
}

// openedBlocks are the packed blocks that are open. When there is one too many, the one that was opened first is closed;
// whoever still holds one of its events keeps that. Worlds and their clones share them, in whatever goroutines.
type openedBlocks struct {
	count  atomic.Uint32
	blocks [openedMost]atomic.Pointer[packedEvents]
}

// events are those of the block.
func (p *packedEvents) events() *openEvents {
	if open := p.open.Load(); open != nil {
		return open
	}
	open := p.unpack()
	if p.open.CompareAndSwap(nil, open) {
		o := p.opened
		if first := o.blocks[o.count.Add(1)%openedMost].Swap(p); first != nil {
			first.open.Store(nil)
		}
	}
	return open
}

// What is packed begins with a byte that says which fact it is and whether the time has moved.
const (
	packedOther = iota
	packedSent
	packedArrived
	packedApplied
	packedPropagated

	packedMoved = 8
)

// pack packs a full block.
func (c *eventCodec) pack(events *openEvents, opened *openedBlocks) *packedEvents {
	*c = eventCodec{packing: true, out: c.out[:0], names: c.names[:0], sents: c.sents[:0]}
	p := &packedEvents{first: events[0].Seq, opened: opened}
	for i := range events {
		e := &events[i]
		switch f := e.Fact.(type) {
		case *Sent:
			c.event(packedSent, e.At, e.Node)
			c.sents = append(c.sents, f)
			c.sent(*f)
			p.sents++
		case Arrived:
			c.event(packedArrived, e.At, e.Node)
			if c.arrived(f.Packet) == nil {
				c.sents = append(c.sents, f.Packet)
				c.sent(*f.Packet)
				p.sents++
			}
		case *Applied:
			c.event(packedApplied, e.At, e.Node)
			c.spanned(f.Span)
			p.applied++
		case *Propagated:
			c.event(packedPropagated, e.At, e.Node)
			c.propagated(*f)
			p.propagated++
		default:
			c.event(packedOther, e.At, e.Node)
			p.others = append(p.others, f)
		}
	}
	p.data = string(c.out)
	clear(c.sents)
	return p
}

// unpack makes the events again.
func (p *packedEvents) unpack() *openEvents {
	events := new(openEvents)
	sents, applied, propagated, others := make([]Sent, p.sents), make([]Applied, p.applied), make([]Propagated, p.propagated), p.others
	c := eventCodec{in: p.data, sents: make([]*Sent, 0, p.sents)}
	nextSent := func() *Sent {
		s := &sents[len(c.sents)]
		*s = c.sent(Sent{})
		c.sents = append(c.sents, s)
		return s
	}
	for i := range events {
		e := &events[i]
		e.Seq = p.first + int64(i)
		var kind byte
		kind, e.At, e.Node = c.event(0, 0, "")
		switch kind {
		case packedSent:
			e.Fact = nextSent()
		case packedArrived:
			s := c.arrived(nil)
			if s == nil {
				s = nextSent()
			}
			e.Fact = Arrived{s}
		case packedApplied:
			f := &applied[0]
			applied = applied[1:]
			f.Span = c.spanned(Span{})
			e.Fact = f
		case packedPropagated:
			f := &propagated[0]
			propagated = propagated[1:]
			*f = c.propagated(Propagated{})
			e.Fact = f
		default:
			e.Fact = others[0]
			others = others[1:]
		}
	}
	return events
}

// An eventCodec writes what it is given, or reads what was written, so that one list of fields serves both ways: its
// methods return what they wrote or read, and heed what they are given only when packing. What was used to pack one block
// serves for the next.
type eventCodec struct {
	packing bool
	out     []byte
	in      string // what is left to be read

	at    Instant // all that follows is what came last
	span  Span
	by    Author
	last  Sent
	names []string                         // all that have come: of nodes and of histories
	which struct{ node, from, to, id int } // of them came last in this place
	sents []*Sent                          // all that have come
	next  int                              // of them, the one that arrives next if they arrive in the order in which they left
}

// event is what every event begins with.
func (c *eventCodec) event(kind byte, at Instant, node string) (byte, Instant, string) {
	if c.packing {
		if at != c.at {
			kind |= packedMoved
		}
		c.out = append(c.out, kind)
	} else {
		kind, c.in = c.in[0], c.in[1:]
	}
	if kind&packedMoved != 0 {
		c.at = Instant(c.near(int64(at), int64(c.at)))
	}
	return kind &^ packedMoved, c.at, c.named(node, &c.which.node)
}

// What there is to say of the contents of a packet.
const (
	contentsSame = iota // as of the packet before: the same bytes go to every replica
	contentsTold
	contentsUntold // in a terse world
)

func (c *eventCodec) sent(f Sent) Sent {
	last := &c.last
	f.ID = c.near(f.ID, last.ID)
	f.From = c.named(f.From, &c.which.from)
	f.To = c.named(f.To, &c.which.to)
	f.Arrives = Instant(c.near(int64(f.Arrives), int64(last.Arrives)))
	contents := int64(contentsTold)
	switch {
	case !c.packing:
	case f.Payload == last.Payload && f.Bytes == last.Bytes && f.Sum == last.Sum && f.Span == last.Span &&
		(f.Text == nil) == (last.Text == nil):
		contents = contentsSame // the sum speaks for the text
	case f.Text == nil:
		contents = contentsUntold
	}
	contents = c.number(contents)
	if contents == contentsSame {
		f.Payload, f.Bytes, f.Sum, f.Span, f.Text = last.Payload, last.Bytes, last.Sum, last.Span, last.Text
	} else {
		f.Payload = Payload(c.number(int64(f.Payload)))
		f.Bytes = int(c.number(int64(f.Bytes)))
		f.Sum = uint64(c.number(int64(f.Sum)))
		f.Span = c.spanned(f.Span)
		if contents == contentsTold {
			f.Text = said(c.text(f.says()))
		}
	}
	*last = f
	return f
}

// said is the text of a packet that was packed. The text is made then, since it is much shorter than what it is made of.
type said string

func (s said) String() string { return string(s) }

// arrived is a packet that has come in the block, or nil: then it has to follow.
func (c *eventCodec) arrived(f *Sent) *Sent {
	i := len(c.sents)
	if c.packing {
		i = search(c.sents, f, c.next)
	}
	i = int(c.near(int64(i), int64(c.next)))
	c.next = i + 1
	if i == len(c.sents) {
		return nil
	}
	return c.sents[i]
}

func (c *eventCodec) propagated(f Propagated) Propagated {
	f.ID = ReplID(c.named(string(f.ID), &c.which.id))
	f.Span = c.spanned(f.Span)
	f.Text = c.text(f.Text)
	f.By.Conn = ConnID(c.near(int64(f.By.Conn), int64(c.by.Conn)))
	f.By.Command = c.near(f.By.Command, c.by.Command)
	c.by = f.By
	n := c.number(int64(len(f.Keys)))
	if !c.packing && n > 0 {
		f.Keys = make([]string, n)
	}
	for i, key := range f.Keys {
		if key = c.text(key); !c.packing { // what is packed is only read
			f.Keys[i] = key
		}
	}
	return f
}

func (c *eventCodec) spanned(s Span) Span {
	first, length := c.near(int64(s.First), int64(c.span.First)), c.near(s.Len(), c.span.Len())
	c.span = Span{Offset(first), Offset(first + length - 1)}
	return c.span
}

// named is a text that comes again and again: often the one that came last, or the one behind it.
func (c *eventCodec) named(s string, last *int) string {
	if c.packing {
		*last = search(c.names, s, *last)
	}
	i := int(c.number(int64(*last)))
	if i == len(c.names) {
		c.names = append(c.names, c.text(s))
	}
	return c.names[i]
}

// search finds something in a list, trying one place first and then those behind it; without it, it is the list's end.
func search[T comparable](list []T, wanted T, from int) int {
	for range list {
		if from >= len(list) {
			from = 0
		}
		if list[from] == wanted {
			return from
		}
		from++
	}
	return len(list)
}

func (c *eventCodec) text(s string) string {
	n := c.number(int64(len(s)))
	if c.packing {
		c.out = append(c.out, s...)
		return s
	}
	s, c.in = c.in[:n], c.in[n:]
	return s
}

// near is a number that is near to the one before. The difference may overflow: it does so in both directions.
func (c *eventCodec) near(n, before int64) int64 { return before + c.number(n-before) }

// number is a varint, as encoding/binary has them, which reads none of a string.
func (c *eventCodec) number(n int64) int64 {
	if c.packing {
		c.out = binary.AppendVarint(c.out, n)
		return n
	}
	var u uint64
	for i := 0; ; i++ {
		b := c.in[i]
		if u |= uint64(b&0x7f) << (7 * i); b < 0x80 {
			c.in = c.in[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
}
