package model

import "resync/engine"

// A TapeTable is the stream as rows, for those who read rather than look: what of it is where, how far each replica has come and,
// where it is looked at closer, the commands or the bytes in sight. Numbers are those of bytes.
type TapeTable struct {
	Pieces   []TapeLine
	Places   []TapePlace
	Commands []TapeLine
	Bytes    []TapeLine // What they are as text, Note in hex
}

// A TapeLine is a stretch of the stream.
type TapeLine struct{ What, First, Last, Bytes, Note string }

// A TapePlace is how far a replica has come; what is not known or has no meaning is "–".
type TapePlace struct{ Name, Acked, Sent, Applied, Next, Note string }

const (
	tableBlocks = 24 // blocks that have a row of their own
	tableBytes  = 16 // bytes in a row
)

func stretch(what string, first, last engine.Offset, note string) TapeLine {
	return TapeLine{what, at(first), at(last), byteCount(int64(last-first) + 1), note}
}

// tabulate fills in the table of a master's stream, but for what a closer look shows.
func (t *Tape) tabulate(m *Model, s *scene, lead int) {
	master, k := s.nodes[lead], &t.Table
	first, next, _ := master.held()
	if first > 1 {
		k.Pieces = append(k.Pieces, stretch("gone", 1, first-1, ""))
	}
	blocks := master.repl.Blocks
	for i, b := range blocks {
		what, note := "block "+commas(int64(i+1))+" of "+commas(int64(len(blocks))), ""
		switch {
		case b.Pinned:
			note = "kept for a slow replica"
		case i == 0 && len(blocks) > 1:
			note = "next to go"
		case i == len(blocks)-1:
			note = "filling"
		}
		if rest := len(blocks) - tableBlocks; rest > 0 && i >= tableBlocks/2 && i < len(blocks)-tableBlocks/2 {
			if i == tableBlocks/2 {
				k.Pieces = append(k.Pieces, stretch(commas(int64(rest))+" more blocks", b.Span.First, blocks[i+rest-1].Span.Last, ""))
			}
			continue
		}
		k.Pieces = append(k.Pieces, stretch(what, b.Span.First, b.Span.Last, note))
	}
	if drop, ok := master.dropLine(); ok && drop >= next {
		k.Pieces = append(k.Pieces, stretch("room", next, drop, "until the oldest block goes"))
	}
	if m.packet.span.First > 0 {
		k.Pieces = append(k.Pieces, stretch("chosen packet", m.packet.span.First, m.packet.span.Last, ""))
	}
	for i, n := range s.nodes {
		switch {
		case i == lead:
		case n.master >= 0 && s.top(i) == lead:
			k.Places = append(k.Places, m.place(s, s.nodes[n.master], n))
		case parted(master, n) > 0:
			k.Places = append(k.Places, m.place(s, master, n))
		}
	}
}

// place is a replica of a master in its stream.
func (m *Model) place(s *scene, master, n standing) TapePlace {
	p := TapePlace{n.name, "–", "–", "–", "–", ""}
	if !n.up {
		p.Note = m.past.downWord(n.name)
		return p
	}
	first, next, _ := master.held()
	want := n.repl.Ask.Want
	if sameStream(master, n) {
		p.Applied = at(n.offset())
		if want > 0 {
			p.Next = at(want)
		}
	}
	switch own := parted(master, n); {
	case n.connected():
		if v, ok := s.seenBy(master, n); ok {
			p.Acked, p.Sent = at(v.Acked), at(v.Sent)
		}
		p.Note = "in step"
		if lacks := int64(next-1) - int64(n.repl.Applied); lacks > 0 {
			p.Note = "lacks " + byteCount(lacks)
		}
	case own > 0:
		p.Note = byteCount(own) + " that only " + n.name + " has"
	case !sameStream(master, n) || want < 1:
		p.Note = "nothing of this stream yet"
	case m.tale.open && m.tale.replica == n.name: // it would be the answer
	case want < first:
		p.Note = byteCount(int64(first-want)) + " of what it lacks are gone"
	default:
		p.Note = "lacks " + byteCount(int64(next-want)) + ", every one still held"
	}
	return p
}
