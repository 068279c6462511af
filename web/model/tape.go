package model

import "resync/engine"

// A Tape is the stream of one master as a line of byte numbers: what is held, what is gone, and how far each replica
// has come. Every X and W is a part of the window, 0 at its left end and 1 at its right; Width is what that window has in
// CSS pixels, which only the placing of labels depends on.
type Tape struct {
	Master  string
	About   string
	Width   float64
	Gone    Piece
	Blocks  []TapeBlock
	Room    Piece // from the head to the drop line
	Chosen  Piece // the bytes of the packet that is chosen on the wire
	Head    float64
	HeadAt  TapeText // "last byte written 78,871"
	Drop    float64  // -1 where no drop line is in the window
	DropAt  TapeText // "drop line"
	DropIn  TapeText // "3,049 B to go"
	Rails   []Rail
	Flags   []Flag
	Ticks   []TapeTick
	Label   string // for those who cannot see it
	Empty   string // said instead of a drawing
	Zoom    TapeZoom
	Table   TapeTable // the same as rows
	Compact bool      // a phone: the rails are closer, and only the flags speak
	Dense   bool      // there are many rails: they are closer, and what they say stands on their own line
}

// A Piece is a part of the window.
type Piece struct{ X, W float64 }

// A TapeBlock is a block of the stream that is held.
type TapeBlock struct {
	X, W     float64
	NextToGo bool
	Pinned   bool    // it would have gone, but for a slow replica
	Text     string  // "" when it would not fit
	TextX    float64 // its middle
}

// A TapeText is a label: where, from which end, its words and the figure after them.
type TapeText struct {
	X          float64
	Anchor     string // start, middle, end
	Text, Bold string
	Tone       Tone
	Shown      bool
}

// A Rail is how far one replica has come.
type Rail struct {
	Name    string
	Role    string
	Acked   Piece
	Applied Piece // applied, and not acknowledged yet
	Sent    Piece // sent, and not applied yet
	Missing Piece // on the master and not sent; for a cut replica, all that it lacks
	Lost    Piece // the part of Missing that the master no longer holds
	Own     Piece // what it has of the same history and the master has not: it is lost when they meet again
	OwnSize int64 // in bytes
	Texts   []TapeText
	Offset  string // data-offset: what it has applied
	Cut     bool
	Late    bool
}

// A Flag stands on the next byte that a replica will ask for, or has asked for.
type Flag struct {
	Name   string
	X      float64
	Rail   int
	Late   bool
	Open   bool // the reader is asked what the answer will be
	Text   TapeText
	Beyond bool // the byte is to the left of the window, and so of where the flag stands
}

// A TapeTick is a number under the tape.
type TapeTick struct {
	X    float64
	Text string
}

// A window maps offsets to parts of the drawing.
type window struct{ lo, hi float64 }

func (w window) x(o engine.Offset) float64 {
	return min(1, max(0, (float64(o)-w.lo)/(w.hi-w.lo)))
}

// bar is the piece from after one offset to another: the bytes from+1 to to.
func (w window) bar(from, to engine.Offset) Piece {
	if to <= from {
		return Piece{w.x(from), 0}
	}
	return Piece{w.x(from), w.x(to) - w.x(from)}
}

const pingBytes = 14 // *1 $4 PING, in the stream every repl-ping-replica-period

func (m *Model) tape(s *scene) Tape {
	t := Tape{Width: m.plotWidth(), Drop: -1, Compact: m.compact()}
	lead := s.lead(m.selected)
	if lead < 0 {
		t.Empty = "No server yet."
		return t
	}
	master := s.nodes[lead]
	t.Master = master.name
	t.About = "every byte " + master.name + " has sent to its replicas, numbered from 1"
	first, next, ok := master.held()
	if !master.up {
		t.Empty = master.name + " is " + m.past.downWord(master.name) + ". Its stream was in memory."
		return t
	}
	if !ok {
		t.Empty = master.name + " keeps no stream yet: it begins with the first replica."
		if master.repl.BacklogActive {
			t.Empty = master.name + " holds nothing of its stream yet: the next byte to be written is " + at(next) + "."
		}
		return t
	}
	head := next - 1
	if master.keys == 0 && head%pingBytes == 0 {
		t.About = "no write yet, but PINGs of " + plain(pingBytes) + " bytes: they count as well"
	}
	win, close := m.closeWindow(head)
	if !close {
		win = m.tapeWindow(s, lead, first, head)
	}
	t.closer(m, win, master, first, head)
	t.Gone = win.bar(engine.Offset(win.lo), first-1)
	t.blocks(win, master)
	t.Head = win.x(head)
	if m.packet.span.First > 0 {
		t.Chosen = win.bar(m.packet.span.First-1, m.packet.span.Last)
	}
	drop, hasDrop := master.dropLine()
	if hasDrop {
		t.Room = win.bar(head, drop)
		if float64(drop) <= win.hi {
			t.Drop = win.x(drop)
		}
	} else {
		t.Room = Piece{t.Head, 1 - t.Head}
	}
	for i, n := range s.nodes {
		switch {
		case i == lead:
		case n.master >= 0 && s.top(i) == lead:
			t.rail(m, s, win, head, s.nodes[n.master], n)
		case parted(master, n) > 0:
			r := Rail{Name: n.name, Role: n.role(), Offset: plain(int64(n.offset())), Cut: true}
			t.own(&r, win, master, n)
			t.Rails = append(t.Rails, r)
		}
	}
	if t.Dense = len(t.Rails) > manyRails; t.Dense {
		t.beside()
	}
	if m.table {
		t.tabulate(m, s, lead)
	}
	t.ticks(win)
	t.Label = t.describe(m, s, lead, first, head)
	if close {
		t.onlyInSight(win, head)
		return t
	}
	t.clearFlags()
	t.headText(win, master, head, drop, hasDrop)
	return t
}

// onlyInSight leaves out of a closer look what belongs to bytes that it does not show.
func (t *Tape) onlyInSight(win window, head engine.Offset) {
	in := func(x float64) bool { return x > 0 && x < 1 }
	flags := t.Flags[:0]
	for _, f := range t.Flags {
		if in(f.X) {
			flags = append(flags, f)
		}
	}
	t.Flags, t.Drop = flags, -1
	for i := range t.Blocks {
		t.Blocks[i].Text = ""
	}
	for i := range t.Rails {
		t.Rails[i].Texts = nil
	}
	if t.Head = win.x(head); !in(t.Head) {
		t.Head = -1
	} else {
		t.HeadAt = TapeText{X: t.Head, Anchor: "end", Text: "last byte written", Bold: at(head), Shown: !t.Compact}
		if t.meetsFlag(t.HeadAt) {
			t.HeadAt.Shown = false
		}
	}
	t.About = "bytes " + t.Zoom.First + " to " + t.Zoom.Last
	t.Label = t.About + ": " + t.Zoom.CommandsInText + ". " + t.Label
}

// tapeWindow is the part of the stream that is shown: what is held, the room up to the drop line, the flag of the
// replica that is furthest behind, and a little of what is gone. It depends on nothing that changes with every write, so
// the drawing stands still while the head moves through it.
func (m *Model) tapeWindow(s *scene, lead int, first, head engine.Offset) window {
	master := s.nodes[lead]
	drop, ok := master.dropLine()
	end := float64(max(drop, head))
	if !ok {
		end = float64(head) + float64(master.repl.BacklogSize)
	}
	held := end - float64(first-1)
	lo := float64(first - 1)
	for _, n := range s.nodes {
		if n.master >= 0 && n.up && !n.connected() && n.repl.Ask.Want > 0 && (n.repl.ReplID == master.repl.ReplID || n.repl.Ask.ID == master.repl.ReplID) {
			lo = min(lo, float64(n.repl.Ask.Want-1))
		}
	}
	lo = max(lo, float64(first-1)-1.5*held) // further back there is nothing to see but hatching
	if first > 1 {
		lo -= 0.14 * (end - lo)
	}
	lo = max(0, lo)
	margin := min(0.3, max(0.08, 130/m.plotWidth())) // room for the words at the drop line
	if m.compact() {
		margin = 0.05
	}
	win := window{lo, end + margin*(end-lo)}
	// A young stream would be a hair at the left end. It is shown four, sixteen or more times larger, until it fills most
	// of the window; the drop line is then beyond its right end.
	used := max(float64(head)-lo, 30)
	for used < (win.hi-lo)/zoomStep*mostFilled {
		win.hi = lo + (win.hi-lo)/zoomStep
	}
	return win
}

// How a young stream is enlarged: by this factor at a time, while it fills no more than this part of the window.
const (
	zoomStep   = 4
	mostFilled = 0.7
)

func (t *Tape) blocks(win window, master standing) {
	blocks := master.repl.Blocks
	for i, k := range blocks {
		b := TapeBlock{NextToGo: i == 0 && len(blocks) > 1 && !k.Pinned, Pinned: k.Pinned}
		bar := win.bar(k.Span.First-1, k.Span.Last)
		b.X, b.W = bar.X, bar.W
		text := ""
		switch {
		case k.Pinned && i == 0:
			text = "kept for a slow replica"
		case b.NextToGo:
			text = "oldest block: goes as one when writing reaches the drop line"
			if !fits(text, b.W*t.Width) {
				text = "oldest block: goes as one"
			}
			if !fits(text, b.W*t.Width) {
				text = "next to go"
			}
		case i == len(blocks)-1 && len(blocks) > 1:
			text = "newest block, filling"
			if !fits(text, b.W*t.Width) {
				text = "filling"
			}
		case len(blocks) == 1:
			text = "one block, filling"
		}
		if !t.Compact && fits(text, b.W*t.Width) {
			b.Text = text
		}
		t.Blocks = append(t.Blocks, b)
	}
}

// clearFlags moves what is written on a block into the widest part that no flag cuts, and what stands at a rail behind the pole of a
// flag that goes through it.
func (t *Tape) clearFlags() {
	for i := range t.Rails {
		for j := range t.Rails[i].Texts {
			text := &t.Rails[i].Texts[j]
			for _, f := range t.Flags {
				lo, hi := extent(*text, t.Width)
				if x := f.X * t.Width; f.Rail >= i && text.Anchor == "end" && lo < x && x < hi {
					text.X, text.Anchor = (x+8)/t.Width, "start"
					_, hi = extent(*text, t.Width)
					text.Shown = text.Shown && hi <= t.Width
				}
			}
		}
	}
	for i := range t.Blocks {
		b := &t.Blocks[i]
		from, best := b.X, Piece{}
		for {
			to := b.X + b.W
			for _, f := range t.Flags {
				if f.X > from && f.X < to {
					to = f.X
				}
			}
			if to-from > best.W {
				best = Piece{from, to - from}
			}
			if to >= b.X+b.W {
				break
			}
			from = to
		}
		b.TextX = best.X + best.W/2
		if !fits(b.Text, best.W*t.Width) {
			b.Text = ""
		}
	}
}

// rail draws one replica, with its flag if it is on its own. Replicas of replicas run the same bytes: head is where the
// stream ends, master is the replica's own.
func (t *Tape) rail(m *Model, s *scene, win window, head engine.Offset, master, n standing) {
	first, next, _ := master.held()
	r := Rail{Name: n.name, Role: n.role(), Offset: plain(int64(n.repl.Applied))}
	applied := n.repl.Applied
	lo := engine.Offset(win.lo)
	asks := m.asks(s, n)
	switch {
	case !n.up || !sameStream(master, n) || n.repl.Ask.Want < 0 && !n.connected():
		r.Cut = true
		text := "nothing of this stream yet"
		if !n.up {
			text = m.past.downWord(n.name)
		} else if n.repl.Link == engine.LinkSync {
			text = "waits for the whole dataset"
		}
		r.Texts = append(r.Texts, TapeText{X: 0.01, Anchor: "start", Text: text, Shown: !t.Compact})
	case n.connected():
		acked, sent := applied, applied
		if v, ok := s.seenBy(master, n); ok {
			acked, sent = min(v.Acked, applied), max(v.Sent, applied)
		}
		r.Acked = win.bar(lo, acked)
		r.Applied = win.bar(max(acked, lo), applied)
		r.Sent = win.bar(max(applied, lo), sent)
		r.Missing = win.bar(max(sent, lo), head)
		t.railTexts(&r, win, acked)
	case parted(master, n) > 0:
		r.Cut = true
		t.own(&r, win, master, n)
		t.flag(win, Flag{Name: n.name, Rail: len(t.Rails), Late: true}, n.repl.Ask.Want, asks)
	default:
		r.Cut = true
		want := n.repl.Ask.Want
		r.Late = want < first
		r.Acked = win.bar(lo, applied)
		r.Missing = win.bar(max(applied, lo), head)
		if r.Late {
			r.Lost = win.bar(max(applied, lo), first-1)
			t.missingText(&r, r.Lost, byteCount(int64(first-want)), " "+master.name+" no longer holds", ToneFull)
			t.missingText(&r, Piece{win.x(first - 1), t.Head - win.x(first-1)}, byteCount(int64(next-first)), " still held", ToneMuted)
		} else if missing := int64(next - want); missing > 0 {
			t.missingText(&r, r.Missing, "missing "+byteCount(missing), ", every one still held", ToneOK)
		}
		t.flag(win, Flag{Name: n.name, Rail: len(t.Rails), Late: r.Late, Open: m.tale.open && m.tale.replica == n.name}, want, asks)
	}
	if v, ok := m.shownVerdict(s); ok && n.connected() && v.master == master.name && s.named(v.answer.Replica) == n.name && v.answer.Want > 0 {
		t.flag(win, Flag{Name: n.name, Rail: len(t.Rails), Late: !v.answer.Continued()},
			v.answer.Want, n.name+" asked for")
	}
	t.Rails = append(t.Rails, r)
}

// asks is what stands in front of the byte that a replica without a link wants.
func (m *Model) asks(s *scene, n standing) string {
	if _, ok := m.underWay(s, n); ok {
		return n.name + " asked for"
	}
	return n.name + " will ask for"
}

// sameStream reports whether a node's offset counts the bytes of its master's stream. Before 4.0 a replica keeps its own name
// beside that of the history that it would ask for.
func sameStream(master, n standing) bool {
	return n.repl.ReplID == master.repl.ReplID || n.repl.ReplID == master.repl.ReplID2 || n.repl.Ask.Want > 0 && n.repl.Ask.ID == master.repl.ReplID
}

// parted is how many bytes a node has of the history that a master had before, from where that one went its own way.
func parted(master, n standing) int64 {
	if !n.up || n.repl.ReplID != master.repl.ReplID2 || master.repl.SecondOffset <= 0 {
		return 0
	}
	return max(0, int64(n.offset()-master.repl.SecondOffset)+1)
}

// offset is how far the node's data reach in its stream.
func (n standing) offset() engine.Offset {
	if n.repl.Replica {
		return n.repl.Applied
	}
	return n.repl.Offset
}

func (n standing) role() string {
	if n.repl.Replica {
		return "replica"
	}
	return "master"
}

// own draws a node whose history parted from the master's: what both have, and what only it has.
func (t *Tape) own(r *Rail, win window, master, n standing) {
	r.OwnSize = parted(master, n)
	shared := master.repl.SecondOffset - 1
	r.Acked = win.bar(engine.Offset(win.lo), shared)
	r.Own = win.bar(shared, n.offset())
	const apart = 6 // CSS pixels from what the words stand beside
	text := TapeText{X: r.Own.X + r.Own.W + apart/t.Width, Anchor: "start", Text: byteCount(r.OwnSize) + " that only " + n.name + " has", Tone: ToneLost, Shown: !t.Compact}
	if text.X*t.Width+textWidth(text.Text)+24 > t.Width {
		text.X, text.Anchor = r.Own.X-apart/t.Width, "end"
	}
	r.Texts = append(r.Texts, text)
}

// missingText says on a dotted line what it stands for, in fewer words where there is less room.
func (t *Tape) missingText(r *Rail, where Piece, what, more string, tone Tone) {
	if t.Compact {
		return
	}
	for _, text := range []string{what + more, what} {
		if fits(text, where.W*t.Width-24) {
			r.Texts = append(r.Texts, TapeText{X: where.X + where.W/2, Anchor: "middle", Text: text, Tone: tone, Shown: true})
			return
		}
	}
}

// railTexts says how far a connected replica has acknowledged: to the left of that byte or, where there is no room yet, to its
// right.
func (t *Tape) railTexts(r *Rail, win window, acked engine.Offset) {
	if t.Compact {
		return
	}
	text := TapeText{X: win.x(acked), Anchor: "end", Text: "acknowledged", Bold: at(acked), Shown: true}
	width := textWidth(text.Text) + textWidth(text.Bold) + 10
	if text.X*t.Width < width {
		text.X, text.Anchor = text.X+16/t.Width, "start"
	}
	r.Texts = append(r.Texts, text)
}

// manyRails is how many replicas find room for a line of text between their rails.
const manyRails = 3

// beside places what connected replicas say on their own lines: behind their cursor where they lack much, else to the right of
// the head, as far as there is room.
func (t *Tape) beside() {
	for i := range t.Rails {
		r := &t.Rails[i]
		if r.Cut {
			continue
		}
		for j := range r.Texts {
			text := &r.Texts[j]
			text.X, text.Anchor = t.Head+16/t.Width, "start"
			if fits(text.Text+text.Bold, (r.Sent.W+r.Missing.W)*t.Width-24) {
				text.X = r.Sent.X + 16/t.Width
			}
			_, end := extent(*text, t.Width)
			text.Shown = end <= t.Width
		}
	}
}

func (t *Tape) flag(win window, f Flag, want engine.Offset, words string) {
	f.X, f.Beyond = win.x(want-1), float64(want) < win.lo
	tone := ToneOK
	if f.Late {
		tone = ToneFull
	}
	if f.Open {
		tone = Plain // its colour would be the answer
	}
	if f.Beyond {
		words = "◂ " + words
	}
	f.Text = TapeText{X: f.X, Anchor: "start", Text: words, Bold: at(want), Tone: tone, Shown: true}
	width := textWidth(words) + textWidth(f.Text.Bold) + 30
	x, room := f.X*t.Width, t.Width
	if x < width && x+width > room { // on a narrow phone, in the middle of it
		f.Text.Text = f.Name
		width += textWidth(f.Name) - textWidth(words)
	}
	if t.Drop > f.X && x > width { // before the drop line and its words, where they fit to the left as well
		room = t.Drop * t.Width
	}
	if x+width > room {
		f.Text.Anchor = "end"
	}
	// Flags close to each other share one line of text: the later one keeps only its cloth.
	for _, other := range t.Flags {
		if other.Text.Shown && overlap(other.Text, f.Text, t.Width) {
			f.Text.Shown = false
		}
	}
	t.Flags = append(t.Flags, f)
}

// headText places the words about the head and the drop line; where they would meet a flag's words, they give way: first
// the words, then all of it.
func (t *Tape) headText(win window, master standing, head, drop engine.Offset, hasDrop bool) {
	t.HeadAt = TapeText{X: t.Head, Anchor: "end", Text: "last byte written", Bold: at(head), Shown: !t.Compact}
	if t.Head*t.Width < textWidth(t.HeadAt.Text)+textWidth(t.HeadAt.Bold)+10 {
		t.HeadAt.X, t.HeadAt.Anchor = t.Head+8/t.Width, "start"
	}
	if t.meetsFlag(t.HeadAt) {
		t.HeadAt.Text = ""
		if t.meetsFlag(t.HeadAt) {
			t.HeadAt.Shown = false
		}
	}
	if !hasDrop {
		return
	}
	if t.Drop < 0 { // to the right of the window
		t.DropAt = TapeText{X: 1, Anchor: "end", Text: "drop line ▸", Tone: ToneFull, Shown: !t.Compact}
		t.DropIn = TapeText{X: 1, Anchor: "end", Text: byteCount(int64(drop-head)+1) + " to go", Tone: ToneMuted, Shown: !t.Compact}
		if t.Compact {
			t.DropIn = TapeText{X: 1, Anchor: "end", Text: "drops in " + byteCount(int64(drop-head)+1) + " ▸", Tone: ToneFull, Shown: true}
			t.DropIn.Shown = !t.meetsFlag(t.DropIn)
			return
		}
		t.DropAt.Shown = t.DropAt.Shown && !t.meetsFlag(t.DropAt)
		t.DropIn.Shown = t.DropIn.Shown && !t.pierced(t.DropIn)
		return
	}
	t.DropAt = TapeText{X: t.Drop, Anchor: "start", Text: "drop line", Tone: ToneFull, Shown: !t.Compact}
	t.DropIn = TapeText{X: t.Drop, Anchor: "start", Text: byteCount(int64(drop-head)+1) + " to go", Tone: ToneMuted, Shown: !t.Compact}
	t.DropAt.Shown = t.DropAt.Shown && !t.meetsFlag(t.DropAt)
	if t.Compact {
		t.DropIn = TapeText{X: t.Drop, Anchor: "end", Text: "drops in " + byteCount(int64(drop-head)+1), Tone: ToneFull, Shown: true}
		if t.meetsFlag(t.DropIn) {
			t.DropIn.Shown = false
		}
	}
}

func (t *Tape) meetsFlag(text TapeText) bool {
	for _, f := range t.Flags {
		if f.Text.Shown && overlap(f.Text, text, t.Width) {
			return true
		}
	}
	return false
}

// pierced reports whether a flag goes through a text that stands on the ribbon.
func (t *Tape) pierced(text TapeText) bool {
	lo, hi := extent(text, t.Width)
	for _, f := range t.Flags {
		if x := f.X * t.Width; x > lo-4 && x < hi+4 {
			return true
		}
	}
	return false
}

// ticks are round numbers, at most six of them, so that none meets the next.
func (t *Tape) ticks(win window) {
	most := min(8, max(3, t.Width/170))
	step := 10.0
	for n := 0; (win.hi-win.lo)/step > most; n++ {
		step *= [...]float64{2, 2.5, 2}[n%3]
	}
	for v := step * float64(int64(win.lo/step)); v < win.hi; v += step {
		x := win.x(engine.Offset(v))
		text := commas(int64(v))
		half := textWidth(text) / 2 / t.Width
		if v <= win.lo || v < 1 || x < half || x > 1-half {
			continue
		}
		t.Ticks = append(t.Ticks, TapeTick{x, text})
	}
}

func (t *Tape) describe(m *Model, s *scene, lead int, first, head engine.Offset) string {
	master := s.nodes[lead]
	b := master.name + " holds bytes " + at(first) + " to " + at(head) + "."
	for _, n := range s.nodes {
		if own := parted(s.nodes[lead], n); own > 0 {
			b += " " + n.name + " has " + byteCount(own) + " that " + s.nodes[lead].name + " has not."
		}
		if n.master < 0 || !n.up {
			continue
		}
		if n.connected() {
			b += " " + n.name + " has applied " + at(n.repl.Applied) + "."
		} else if n.repl.Ask.Want > 0 {
			b += " " + m.asks(s, n) + " byte " + at(n.repl.Ask.Want) + "."
		}
	}
	return b
}

// textWidth estimates the width of a label in CSS pixels: they are set in 12 px, where a digit or letter takes up
// to 7 px, by the font. It errs on the wide side, since a label too few hurts less than two on top of each other.
func textWidth(s string) float64 {
	n := 0
	for range s {
		n++
	}
	return float64(n) * 7
}

// fits reports whether a label finds room, with some air on both sides.
func fits(s string, width float64) bool { return s != "" && textWidth(s)+16 <= width }

// overlap reports whether two labels on one line would meet.
func overlap(a, b TapeText, width float64) bool {
	aLo, aHi := extent(a, width)
	bLo, bHi := extent(b, width)
	return aLo < bHi+8 && bLo < aHi+8
}

func extent(t TapeText, width float64) (lo, hi float64) {
	x, w := t.X*width, textWidth(t.Text)+textWidth(t.Bold)+26
	switch t.Anchor {
	case "end":
		return x - w, x
	case "middle":
		return x - w/2, x + w/2
	}
	return x, x + w
}
