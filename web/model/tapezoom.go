package model

import (
	"slices"
	"strconv"
	"strings"

	"resync/engine"
)

// The tape can be looked at closer: first the commands that the stream is made of, then its bytes one by one. A closer look
// follows the head until the reader goes back in the stream, or chooses a packet on the wire.

// How close the tape is looked at.
const (
	zoomWindow = iota
	zoomCommands
	zoomBytes
)

// perByte is how many CSS pixels a byte has: a hundred bytes are a usual command, and two hex digits want eighteen pixels.
var perByte = [...]float64{zoomCommands: 3, zoomBytes: 18}

var zoomWords = [...]string{"window", "commands", "bytes"}

const (
	zoomAhead = 0.12   // of the drawing lies ahead of the head
	zoomScan  = 20_000 // events that are looked through for commands
)

// A TapeZoom is how close the tape is looked at, and what is to be seen there.
type TapeZoom struct {
	Word           string
	Closer, Wider  bool
	Moves          bool // there is something to go along
	Back, On       bool // there is something before what is shown, and behind it
	Bytes          bool // the bytes are shown, not only the commands
	Chips          []TapeChip
	Cells          []TapeCell
	First, Last    string // the first and the last byte in sight, for those who cannot see the drawing
	CommandsInText string
}

// A TapeChip is a stretch of the stream that was written at once.
type TapeChip struct {
	X, W float64
	Text string // "" where it would not fit
	Dim  bool   // a PING or a SELECT: nobody asked for it
	Gone bool   // the backlog no longer holds it
}

// A TapeCell is one byte: as a character, if it is one, and in hex.
type TapeCell struct {
	X         float64
	Char, Hex string
	Quiet     bool // of the protocol, not of a command's words
}

// zoomTo looks closer by so many steps, or wider.
func (m *Model) zoomTo(by int) {
	m.zoom = min(max(zoomWindow, m.zoom+by), zoomBytes)
	if m.zoom == zoomWindow {
		m.zoomAt = 0
	}
}

// A Zooming makes steps of a TapeZoomed out of what a hand does without any: two fingers that go apart or together, and a wheel.
type Zooming struct {
	apart  float64 // of the fingers at the latest step, in CSS pixels; 0 without two
	turned float64 // by the wheel since then, in CSS pixels
	last   float64 // when, in milliseconds
}

const (
	pinchStep  = 1.5 // times as far apart
	wheelStep  = 40  // CSS pixels: a notch of a mouse's wheel is more, what two fingers do on a trackpad comes in small pieces
	wheelPause = 400 // milliseconds: what comes later is a new turn
)

// Pinch is told how far from each other two fingers are, 0 without two.
func (z *Zooming) Pinch(apart float64) (by int) {
	switch {
	case z.apart == 0 || apart == 0:
	case apart >= z.apart*pinchStep:
		by = 1
	case apart*pinchStep <= z.apart:
		by = -1
	default:
		return 0
	}
	z.apart = apart
	return by
}

// Wheel is told how far a wheel turned, towards the reader for more than 0, and when.
func (z *Zooming) Wheel(delta, millis float64) (by int) {
	if millis-z.last > wheelPause || delta*z.turned < 0 {
		z.turned = 0
	}
	z.turned, z.last = z.turned+delta, millis
	switch {
	case z.turned >= wheelStep:
		by = -1
	case z.turned <= -wheelStep:
		by = 1
	default:
		return 0
	}
	z.turned = 0
	return by
}

// zoomSpan is how many bytes a closer look shows.
func (m *Model) zoomSpan() float64 { return max(12, m.plotWidth()/perByte[m.zoom]) }

// pan goes along the stream by most of what is in sight.
func (m *Model) pan(by int) {
	head := m.tapeHead()
	if m.zoom == zoomWindow || head < 1 {
		return
	}
	at := m.zoomAt
	if at == 0 {
		at = head
	}
	at += engine.Offset(float64(by) * m.zoomSpan() * .7)
	if m.zoomAt = max(1, at); m.zoomAt >= head {
		m.zoomAt = 0
	}
}

func (m *Model) tapeHead() engine.Offset {
	s := observe(m.world(), m.known)
	if lead := s.lead(m.selected); lead >= 0 {
		return s.nodes[lead].repl.Offset
	}
	return 0
}

// lookAt brings a span into a closer look.
func (m *Model) lookAt(span engine.Span) {
	if m.zoom == zoomWindow || span.First < 1 {
		return
	}
	m.zoomAt = span.First + engine.Offset(m.zoomSpan()*.4) // with what came before it
}

// closeWindow is the part of the stream that a closer look shows; ok is false for none.
func (m *Model) closeWindow(head engine.Offset) (win window, ok bool) {
	if m.zoom == zoomWindow {
		return window{}, false
	}
	span, last := m.zoomSpan(), m.zoomAt
	if last == 0 || last > head {
		last = head
	}
	lo := float64(int64(float64(last) - span*(1-zoomAhead)))
	if lo < 0 {
		lo = 0
	}
	return window{lo, lo + span}, true
}

// closer fills in what a closer look shows of a master's stream.
func (t *Tape) closer(m *Model, win window, master standing, first, head engine.Offset) {
	k := &t.Zoom
	k.Word, k.Closer, k.Wider = zoomWords[m.zoom], m.zoom < zoomBytes, m.zoom > zoomWindow
	if m.zoom == zoomWindow {
		return
	}
	lo, hi := engine.Offset(win.lo)+1, min(head, engine.Offset(win.hi))
	k.Moves, k.Back, k.On, k.Bytes = true, win.lo > 0, m.zoomAt > 0 && win.hi < float64(head)+1, m.zoom == zoomBytes
	k.First, k.Last = at(lo), at(hi)
	var words []string
	events := m.world().Events()
	for i, e := range events.Backward() {
		if i < events.Len()-zoomScan {
			break
		}
		f, ok := e.Fact.(*engine.Propagated)
		if !ok || e.Node != master.name {
			continue
		}
		if f.ID != master.repl.ReplID && f.ID != master.repl.ReplID2 || f.Span.Last < lo {
			break // what came before is of another history, or further to the left
		}
		if f.Span.First > hi {
			continue
		}
		bar := win.bar(f.Span.First-1, f.Span.Last)
		c := TapeChip{X: bar.X, W: bar.W, Text: f.Text, Dim: strings.EqualFold(f.Text, "PING"), Gone: f.Span.First < first}
		words = append(words, f.Text)
		if m.table {
			note := ""
			if c.Gone {
				note = "gone"
			}
			t.Table.Commands = append(t.Table.Commands, stretch(f.Text, f.Span.First, f.Span.Last, note))
		}
		if room := int(bar.W*t.Width-16) / 7; room < len([]rune(c.Text)) {
			if c.Text = shorten(c.Text, max(1, room)); room < 4 {
				c.Text = ""
			}
		}
		k.Chips = append(k.Chips, c)
	}
	slices.Reverse(k.Chips)
	slices.Reverse(words)
	slices.Reverse(t.Table.Commands)
	k.CommandsInText = shorten(strings.Join(words, "; "), 400)
	if k.Bytes {
		span := engine.Span{First: max(lo, first), Last: hi}
		k.cells(m, win, master.name, span)
		if m.table {
			t.Table.dump(k.Cells, span.First)
		}
	}
}

// dump sets the bytes in sight in rows.
func (t *TapeTable) dump(cells []TapeCell, first engine.Offset) {
	for len(cells) > 0 {
		row, text, hex := cells[:min(tableBytes, len(cells))], "", ""
		for _, c := range row {
			text, hex = text+c.Char, hex+" "+c.Hex
		}
		next := first + engine.Offset(len(row))
		t.Bytes = append(t.Bytes, stretch(text, first, next-1, hex[1:]))
		cells, first = cells[len(row):], next
	}
}

// cells are the bytes in sight, one by one, as the backlog holds them.
func (k *TapeZoom) cells(m *Model, win window, master string, span engine.Span) {
	inWords := false
	for i, b := range m.world().Node(master).StreamBytes(span) {
		c := TapeCell{X: win.x(span.First + engine.Offset(i) - 1), Hex: strings.ToUpper(strconv.FormatInt(int64(b)+0x100, 16))[1:]}
		switch {
		case b == '\r':
			c.Char = "\\r"
		case b == '\n':
			c.Char = "\\n"
		case b >= ' ' && b < 0x7f:
			c.Char = string(rune(b))
		default:
			c.Char = "·"
		}
		// A line that begins with a star or a dollar sign says how much follows.
		if b == '*' || b == '$' {
			inWords = false
		}
		c.Quiet = !inWords || b == '\r' || b == '\n'
		if b == '\n' {
			inWords = true
		}
		k.Cells = append(k.Cells, c)
	}
}
