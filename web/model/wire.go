package model

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"resync/engine"
)

// A Wire is who said what to whom: a line for every node, time to the right, an arrow for every packet. It is read from
// the event log afresh for every drawing, and only as far as the window reaches.
type Wire struct {
	Shown   bool // a narrow page has it behind a tab
	Rows    []WireRow
	Arrows  []WireArrow
	Marks   []WireMark
	Ticks   []TapeTick
	Filters []Choice
	Span    string // how much time is shown: "2 s"
	Height  WireHeight
	Apart   float64 // CSS pixels from one row to the next
	Closer  bool    // there is a closer look
	Wider   bool    // and a wider one
	Now     float64 // where the moment that is looked at is, as a part of the width
	NowWord string  // now, or viewing
	Width   float64
	About   string
	Detail  string     // the chosen packet, in words
	Table   []WireLine // the same as rows, newest last
	Empty   string
}

// A WireRow is the line of one node. Dead is where it has no process, in parts of the width.
type WireRow struct {
	Name, Role string
	Dead       []Piece
}

// A WireArrow is one packet, or several of a kind that are too close to be told apart. X are parts of the width, From
// and To are rows.
type WireArrow struct {
	ID       int64 // of the first packet
	From, To int
	X1, X2   float64 // where it leaves, and where it arrives: perhaps behind now
	Y2       float64 // how far it comes: 1, or less when it is lost
	Until    float64 // of several: where the last one leaves
	Kind     string  // handshake, stream, rdb, ack
	Label    string
	More     string // behind the label, quieter
	short    string // what is said where these have no room
	LabelX   float64
	LabelRow float64 // where the words stand, in rows from the first
	Anchor   string  // of the words, as SVG says it
	Lost     bool
	Chosen   bool
}

// A WireMark is what happened at one node or between two: a command, a fault, a refused connection.
type WireMark struct {
	X      float64
	Row    int
	To     int // the other row of something between two, or -1
	Kind   string
	Label  string
	Anchor string
	Tone   Tone
}

// A WireLine is one row of the table.
type WireLine struct {
	ID                              int64
	Time, From, To, Kind, Text, End string
	Chosen                          bool
}

// What can be shown and hidden, in the order of the chips.
var wireKinds = [...]struct{ name, label string }{
	wireHandshake: {"handshake", "handshake"}, wireStream: {"stream", "stream"}, wireAck: {"ack", "ACK"}, wireRDB: {"rdb", "RDB"}, {"client", "client"},
}

const (
	wireHandshake = iota
	wireStream
	wireAck
	wireRDB
)

// wireSpans are how much time can be shown.
var wireSpans = [...]time.Duration{
	200 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second, 20 * time.Second, time.Minute,
}

const (
	wireSpan      = 2     // index of the span at the beginning
	wireAhead     = 0.12  // of the width lies ahead of now
	wireLookback  = 5     // spans before the window in which a packet may have left that arrives in it
	wireScan      = 6_000 // events that one drawing looks at
	mostArrows    = 70
	closeTogether = 12.0 // CSS pixels: arrows of a kind that leave closer to each other are drawn as one
	shownLines    = 60   // of the table
)

// wireKind is under which chip a packet falls.
func wireKind(p engine.Payload) int {
	switch p {
	case engine.PayloadStream:
		return wireStream
	case engine.PayloadAck, engine.PayloadKeepalive:
		return wireAck
	case engine.PayloadSnapshot:
		return wireRDB
	}
	return wireHandshake
}

// wireWindow is the time that is shown.
type wireWindow struct{ from, to engine.Instant }

func (w wireWindow) x(t engine.Instant) float64 {
	return min(1, max(0, float64(t-w.from)/float64(w.to-w.from)))
}

// beyond is x without the ends of the window.
func (w wireWindow) beyond(t engine.Instant) float64 { return float64(t-w.from) / float64(w.to-w.from) }

func (m *Model) wire(s *scene) Wire {
	if m.narrow() && m.tab != TabWire {
		return Wire{}
	}
	span := wireSpans[m.wireSpan]
	k := Wire{Shown: true, Width: m.plotWidth(), Height: m.wireHeight(), About: "who said what to whom, time runs to the right", NowWord: "now", Span: shortly(span), Closer: m.wireSpan > 0, Wider: m.wireSpan < len(wireSpans)-1}
	if m.rewound() {
		k.NowWord = "viewing"
	}
	for _, kind := range wireKinds {
		k.Filters = append(k.Filters, Choice{kind.name, kind.label, !m.wireHides[kind.name]})
	}
	if len(s.nodes) == 0 {
		k.Empty = "Nobody to talk to yet."
		return k
	}
	to := max(s.now, engine.Epoch.Add(time.Duration(float64(span)*(1-wireAhead))))
	win := wireWindow{to.Add(-time.Duration(float64(span) * (1 - wireAhead))), to.Add(time.Duration(float64(span) * wireAhead))}
	k.Now, k.Detail = win.x(s.now), m.packet.told
	k.rows(s)
	k.Apart = m.apart(len(s.nodes), k.Detail)
	if _, judged := m.shownVerdict(s); judged {
		k.Apart = m.closer(k.Apart, len(s.nodes))
	}
	k.Ticks = wireTicks(win, k.Width)
	k.merge(k.read(m, s, win))
	k.label()
	return k
}

// rows puts the nodes in an order in which links are short: a master in the middle of its replicas.
func (k *Wire) rows(s *scene) {
	var place func(i int)
	placed := make([]bool, len(s.nodes))
	add := func(i int) {
		row := WireRow{Name: s.nodes[i].name, Role: "master"}
		if s.nodes[i].repl.Replica {
			row.Role = "replica"
		}
		k.Rows = append(k.Rows, row)
	}
	place = func(i int) {
		if placed[i] {
			return
		}
		placed[i] = true
		var below []int
		for j, n := range s.nodes {
			if n.master == i && !placed[j] {
				below = append(below, j)
			}
		}
		half := (len(below) + 1) / 2
		for _, j := range below[:half] {
			place(j)
		}
		add(i)
		for _, j := range below[half:] {
			place(j)
		}
	}
	for i, n := range s.nodes {
		if n.master < 0 {
			place(i)
		}
	}
	for i := range s.nodes { // a ring of replicas has no top
		place(i)
	}
}

// A bundle is what one arrow stands for: the first packet of it, and how many there are. X are parts of the width.
type bundle struct {
	lane
	first         *engine.Event
	id            int64
	x1, x2, until float64
	y2            float64
	chosen        bool
	count, bytes  int64
}

// A lane is one way between two rows, for packets of a kind that arrive, or that are lost.
type lane struct {
	from, to, kind int
	lost           bool
}

// read takes what the window shows from the event log, the newest first: so the end of a connection is known before what was
// on its way on it. Packets that could not be told apart are joined at once. The words at them come later, when it is known
// which are drawn alone.
func (k *Wire) read(m *Model, s *scene, win wireWindow) bundles {
	events := m.world().Events()
	begin := win.from.Add(-wireLookback * win.to.Sub(win.from))
	scan := max(0, events.Len()-wireScan) // what lies before that is not even searched: it would have to be unpacked
	first := scan + sort.Search(events.Len()-scan, func(i int) bool { return events.At(scan+i).At >= begin })
	if first > 0 && first < events.Len() && events.At(first).At > win.from {
		k.About = "more than can be shown: look closer"
	}
	for _, n := range s.nodes {
		if !n.up {
			k.dead(k.row(n.name, 0), win, n.since, s.now)
		}
	}
	var hides [len(wireKinds)]bool
	for i, kind := range wireKinds {
		hides[i] = m.wireHides[kind.name]
	}
	var cuts []edge
	packets := newBundles(len(k.Rows), closeTogether/max(1, k.Width))
	from, to := 0, 0 // the rows found last: the next one is often near
	for i := events.Len() - 1; i >= first; i-- {
		e := events.At(i)
		switch f := e.Fact.(type) {
		case *engine.Sent:
			if max(f.Arrives, e.At) < win.from || hides[wireKind(f.Payload)] {
				continue
			}
			at, toward := k.row(e.Node, from), k.row(f.To, to)
			if at < 0 || toward < 0 {
				continue
			}
			from, to = at, toward
			b := m.packetOf(e, f, win, from, to)
			for i := range cuts {
				cuts[i].of(&b, e.Node, f.To)
			}
			packets.add(b)
			if m.table && len(k.Table) < shownLines {
				k.Table = append(k.Table, m.wireLine(e, b.lost))
			}
		case engine.ConnChanged:
			a, b := k.row(f.A, 0), k.row(f.B, 0)
			if a < 0 || b < 0 || e.At < win.from {
				continue
			}
			if end, ok := endingOf(e); ok {
				cuts = append(cuts, edge{end, win.x(e.At)})
			}
			if f.What == "refused" && !hides[wireHandshake] {
				k.Marks = append(k.Marks, WireMark{X: win.x(e.At), Row: a, To: b, Kind: "refused", Label: "connect refused", Tone: ToneLost})
			}
		case engine.Act:
			if e.At < win.from {
				continue
			}
			k.act(m, e, f.Text, win)
			if end, ok := endingOf(e); ok {
				cuts = append(cuts, edge{end, win.x(e.At)})
			}
		}
	}
	slices.Reverse(k.Marks)
	slices.Reverse(k.Table)
	return packets
}

// row finds a node's row, from a first guess upwards; -1 for none.
func (k *Wire) row(name string, guess int) int {
	for range k.Rows {
		if guess >= len(k.Rows) {
			guess = 0
		}
		if k.Rows[guess].Name == name {
			return guess
		}
		guess++
	}
	return -1
}

// dead marks where a node has no process.
func (k *Wire) dead(row int, win wireWindow, since, now engine.Instant) {
	from, to := win.x(since), win.x(now)
	k.Rows[row].Dead = append(k.Rows[row].Dead, Piece{from, max(0, to-from)})
}

// packetOf is one packet, for itself.
func (m *Model) packetOf(e *engine.Event, f *engine.Sent, win wireWindow, from, to int) bundle {
	x := win.beyond(e.At)
	b := bundle{lane: lane{from, to, wireKind(f.Payload), f.Arrives == 0}, first: e, id: f.ID, x1: x, x2: x, until: x, y2: 0.5,
		chosen: f.ID == m.packet.id, count: 1, bytes: int64(f.Bytes)}
	if !b.lost {
		b.x2, b.y2 = win.beyond(f.Arrives), 1
	}
	return b
}

// wireWords are the words at an arrow: what Redis would call it, and where in the stream it is or how large. Short are fewer of
// them, for where these have no room.
func wireWords(f *engine.Sent) (label, more, short string) {
	text := packetText(f)
	switch f.Payload {
	case engine.PayloadStream:
		command, _, _ := strings.Cut(text, " ")
		if strings.HasPrefix(text, "(") { // the packet begins in the middle of one
			command = text
		}
		label, more, short = shorten(text, longestWords), "@"+at(f.Span.First), command
		if strings.Contains(text, ", ") { // several commands: how many bytes says more than the first one's name
			short = byteCount(int64(f.Bytes))
			more += ", " + short
		}
		return label, more, short
	case engine.PayloadSnapshot:
		return "RDB", byteCount(int64(f.Bytes)), ""
	case engine.PayloadKeepalive:
		return "LF", "", ""
	case engine.PayloadAck:
		return strings.TrimPrefix(text, "REPLCONF "), "", ""
	}
	if word, _, more := strings.Cut(text, " "); more && decides(word) {
		short = word
	}
	return shorten(text, 2*longestWords), "", short
}

const longestWords = 28 // characters of a command at an arrow

// packetText is what is said of a packet's bytes; a terse world says nothing.
func packetText(f *engine.Sent) string {
	if f.Text == nil {
		return ""
	}
	return f.Text.String()
}

// wireDetail tells everything of one packet.
func wireDetail(e *engine.Event, f *engine.Sent, lost engine.Instant) string {
	text := e.Node + " → " + f.To + ", " + f.Payload.String() + ", " + byteCount(int64(f.Bytes))
	if f.Payload == engine.PayloadStream {
		text += ", bytes " + at(f.Span.First) + " to " + at(f.Span.Last)
	}
	text += ": " + packetText(f) + ". Sent at " + clock(e.At) + " s, "
	switch {
	case f.Arrives == 0:
		return text + "lost."
	case lost > 0:
		return text + "lost on its way at " + clock(lost) + " s."
	}
	return text + "arrives at " + clock(f.Arrives) + " s."
}

// wireLine is a packet as a row of the table.
func (m *Model) wireLine(e *engine.Event, lost bool) WireLine {
	f := e.Fact.(*engine.Sent)
	l := WireLine{ID: f.ID, Time: clock(e.At), From: e.Node, To: f.To, Kind: f.Payload.String(), Text: packetText(f), End: "lost", Chosen: f.ID == m.packet.id}
	if f.Payload == engine.PayloadStream {
		l.Text = f.Span.String() + " " + l.Text
	}
	if !lost {
		l.End = clock(f.Arrives)
	}
	return l
}

// act marks what somebody did.
func (k *Wire) act(m *Model, e *engine.Event, text string, win wireWindow) {
	if name, command, ok := strings.Cut(text, "> "); ok {
		name, _, _ = strings.Cut(name, "/")
		if row := k.row(name, 0); row >= 0 && !m.wireHides["client"] {
			k.Marks = append(k.Marks, WireMark{X: win.x(e.At), Row: row, To: -1, Kind: "command", Label: shorten(command, 40)})
		}
		return
	}
	words := strings.Fields(text)
	if len(words) < 2 {
		return
	}
	row := k.row(words[1], 0)
	if row < 0 {
		return
	}
	mark := WireMark{X: win.x(e.At), Row: row, To: -1, Kind: words[0], Label: text, Tone: ToneLost}
	switch words[0] {
	case "sever", "blackhole", "heal":
		mark.To = k.row(words[len(words)-1], 0)
		mark.Label = map[string]string{"sever": "cut", "blackhole": "blackhole", "heal": "healed"}[words[0]]
		if words[0] == "heal" {
			mark.Tone = Plain
		}
	case "isolate", "kill", "freeze", "shutdown", "wipe", "skew":
	case "rejoin", "thaw", "start":
		mark.Tone = Plain
	default:
		return
	}
	k.Marks = append(k.Marks, mark)
}

// An ending is where what is on its way is lost: a connection was reset, or the path has become a blackhole, for both ways or
// for what the first of the two nodes sends. With one name it is every path of that node.
type ending struct {
	a, b   string
	oneWay bool
}

// endingOf is what an event ends.
func endingOf(e *engine.Event) (end ending, ok bool) {
	switch f := e.Fact.(type) {
	case engine.ConnChanged:
		return ending{a: f.A, b: f.B}, f.What == "reset"
	case engine.Act:
		words := strings.Fields(f.Text)
		switch {
		case len(words) == 3 && words[0] == "blackhole":
			return ending{a: words[1], b: words[2]}, true
		case len(words) == 4 && words[0] == "blackhole":
			return ending{a: words[1], b: words[3], oneWay: true}, true
		case len(words) == 3 && words[0] == "isolate":
			return ending{a: words[1]}, true
		}
	}
	return ending{}, false
}

// takes reports whether a packet from one node to another is lost in it.
func (end ending) takes(from, to string) bool {
	if end.b == "" {
		return end.a == from || end.a == to
	}
	return end.a == from && end.b == to || !end.oneWay && end.a == to && end.b == from
}

// An edge is an ending in the drawing.
type edge struct {
	ending
	x float64
}

// of ends a packet that was on its way then.
func (c *edge) of(b *bundle, from, to string) {
	if b.x1 <= c.x && c.x < b.x2 && !b.lost && c.takes(from, to) {
		b.y2 *= (c.x - b.x1) / (b.x2 - b.x1)
		b.x2, b.lost = c.x, true
	}
}

// lostAt is when a packet was lost on its way, or 0.
func (m *Model) lostAt(n int, e *engine.Event, f *engine.Sent) engine.Instant {
	for _, later := range m.world().Events().From(n + 1) {
		if later.At >= f.Arrives {
			break
		}
		if end, ok := endingOf(&later); ok && end.takes(e.Node, f.To) {
			return later.At
		}
	}
	return 0
}

// A bundles joins packets that leave closer to each other than gap, a part of the width, and are in the same lane. They come
// the latest first. What is said in a handshake is never joined.
type bundles struct {
	gap  float64
	rows int
	list []bundle
	open []int // for every lane, 1 + where in list the one is that takes the next packet
}

func newBundles(rows int, gap float64) bundles {
	return bundles{gap: gap, rows: rows, open: make([]int, rows*rows*len(wireKinds)*2)}
}

func (p *bundles) add(b bundle) {
	in := ((b.from*p.rows+b.to)*len(wireKinds) + b.kind) * 2
	if b.lost {
		in++
	}
	if at := p.open[in] - 1; at >= 0 && b.kind != wireHandshake {
		later := &p.list[at]
		if !b.chosen && !later.chosen && later.x1-b.until <= p.gap {
			b.count, b.bytes = b.count+later.count, b.bytes+later.bytes
			b.until, b.y2 = later.until, max(b.y2, later.y2) // the band reaches as far as the one that came furthest
			*later = b
			return
		}
	}
	p.list = append(p.list, b)
	p.open[in] = len(p.list)
}

// merge makes the arrows: with more than can be read it joins what is further apart as well.
func (k *Wire) merge(packets bundles) {
	for len(packets.list) > mostArrows && packets.gap <= 1 {
		wider := newBundles(packets.rows, 2*packets.gap)
		for _, b := range packets.list {
			wider.add(b)
		}
		packets = wider
	}
	list := packets.list
	slices.SortFunc(list, func(a, b bundle) int { return cmp.Compare(a.id, b.id) })
	for i := range list {
		b := &list[i]
		a := WireArrow{ID: b.id, From: b.from, To: b.to, X1: b.x1, X2: b.x2, Y2: b.y2, Until: b.until, Kind: wireKinds[b.kind].name, Lost: b.lost, Chosen: b.chosen}
		if a.Label, a.More = a.Kind, byteCount(b.bytes); b.count == 1 {
			a.Label, a.More, a.short = wireWords(b.first.Fact.(*engine.Sent))
		} else if b.kind == wireAck {
			a.Label, a.More = "ACK", ""
		}
		if b.count > 1 {
			a.Label = commas(b.count) + " × " + a.Label
		}
		k.Arrows = append(k.Arrows, a)
	}
}

// Where words stand, for what is drawn around them and for what must keep clear of them. An arrow's are so far along it: for
// the two that cross between a question and its answer the first place leaves a line of text between them.
const (
	wireApart    = 42.0 // CSS pixels from one row to the next, and more where the reader has made room
	RefusedAt    = 0.4  // how far an attempt to connect comes that is refused
	RefusedLean  = 6.0  // CSS pixels that it leans to the right by then
	CommandAbove = 10.0 // CSS pixels that a command stands above its row
	nowAbove     = 10.0 // and the word now above the first one
	wordsHigh    = 16.0
	wordsAir     = 20.0 // that extent leaves behind words
	linedMost    = 40   // with more arrows than this their words need not keep clear of lines
)

var wordsAt = [...]float64{0.28, 0.5, 0.72, 0.14}

// A wireWord is a label in its place; its row may lie between two.
type wireWord struct {
	TapeText
	row float64
}

// label keeps the words that have room: what decides first, then what somebody did, then the rarer kinds before the others.
func (k *Wire) label() {
	taken := []wireWord{{TapeText{X: k.Now, Anchor: "start", Text: k.NowWord}, -nowAbove / k.Apart}}
	for i := range k.Arrows {
		if a := &k.Arrows[i]; a.Lost {
			taken = append(taken, wireWord{TapeText{X: a.X2, Anchor: "middle"}, float64(a.From) + float64(a.To-a.From)*a.Y2})
		}
	}
	fit := func(w wireWord) bool {
		lo, hi := extent(w.TapeText, k.Width)
		if lo < 0 || hi > k.Width || k.struck(w) {
			return false
		}
		for _, other := range taken {
			if math.Abs(w.row-other.row)*k.Apart < wordsHigh && overlap(w.TapeText, other.TapeText, k.Width) {
				return false
			}
		}
		return true
	}
	keep := func(w wireWord) { taken = append(taken, w) }
	for _, rank := range []string{"decision", "mark", "handshake", "rdb", "ack", "stream"} {
		if rank == "mark" {
			for i := range k.Marks {
				k.labelMark(&k.Marks[i], fit, keep)
			}
			continue
		}
		for i := range k.Arrows {
			if a := &k.Arrows[i]; a.rank() == rank {
				k.labelArrow(i, fit, keep)
			}
		}
	}
}

func (k *Wire) labelMark(mark *WireMark, fit func(wireWord) bool, keep func(wireWord)) {
	x, row := mark.X*k.Width, float64(mark.Row)
	switch between := float64(mark.To - mark.Row); {
	case mark.Kind == "refused":
		x, row = x+RefusedLean, row+between*RefusedAt
	case mark.To >= 0:
		row += between / 2
	default:
		row -= CommandAbove / k.Apart
	}
	behind := wireWord{TapeText{X: (x + 10) / k.Width, Anchor: "start", Text: mark.Label}, row}
	before := wireWord{TapeText{X: (x - 10) / k.Width, Anchor: "end", Text: mark.Label}, row}
	sides := []wireWord{behind, before}
	// Nothing runs over into what is to come, if it has room before.
	if lo, hi := extent(behind.TapeText, k.Width); hi-wordsAir > k.Now*k.Width && lo-20 > hi-lo {
		sides = sides[1:]
	}
	mark.Anchor = "start"
	for _, w := range sides {
		if fit(w) {
			mark.Anchor = w.Anchor
			keep(w)
			return
		}
	}
	mark.Label = ""
}

// struck reports whether the line of a cut or of what was healed runs through the words.
func (k *Wire) struck(w wireWord) bool {
	lo, hi := extent(w.TapeText, k.Width)
	half := wordsHigh / 2 / k.Apart
	for _, m := range k.Marks {
		if x := m.X * k.Width; m.To >= 0 && m.Kind != "refused" && lo < x && x < hi-wordsAir &&
			w.row+half > float64(min(m.Row, m.To)) && w.row-half < float64(max(m.Row, m.To)) {
			return true
		}
	}
	return false
}

// labelArrow places the words at an arrow: where no line runs through them if there is such a place, all of them or, where they
// have no room, the short ones; else where they cover no other words, and there the short ones first, which hide less. They end
// before now. What decides is an exception, as long as its only clear place reaches over: it would cover the arrows that led to it.
func (k *Wire) labelArrow(i int, fit func(wireWord) bool, keep func(wireWord)) {
	a := &k.Arrows[i]
	all := [...][2]string{{a.Label, a.More}, {a.short, ""}}
	for _, try := range []struct{ clear, over bool }{{clear: true}, {clear: true, over: true}, {}} {
		if try.over && a.rank() != "decision" {
			continue
		}
		if !try.clear {
			slices.Reverse(all[:])
		}
		for _, words := range all {
			text := strings.TrimSpace(words[0] + " " + words[1])
			for n := 0; text != "" && n < 2*len(wordsAt); n++ {
				w := k.beside(a, text, wordsAt[n/2], n%2 == 1)
				if _, hi := extent(w.TapeText, k.Width); hi-wordsAir > k.Now*k.Width && !try.over || !fit(w) || try.clear && k.crossed(i, w) {
					continue
				}
				a.Label, a.More, a.LabelX, a.LabelRow, a.Anchor = words[0], words[1], w.X, w.row, w.Anchor
				keep(w)
				return
			}
		}
	}
	a.Label, a.More = "", ""
}

// beside is a place for words so far along an arrow, behind it or before it; those of a broad band stand in its middle.
func (k *Wire) beside(a *WireArrow, text string, part float64, before bool) wireWord {
	x, apart := a.X1+(a.X2-a.X1)*part, 8.0
	if a.Lost { // clear of its cross
		apart = 22
	}
	w := wireWord{TapeText{X: x + apart/k.Width, Anchor: "start", Text: text}, float64(a.From) + float64(a.To-a.From)*part*a.Y2}
	if band := a.Until - a.X1; band*k.Width > textWidth(text)+12 {
		w.X, w.Anchor = x+band/2, "middle"
	} else if before {
		w.X, w.Anchor = x-apart/k.Width, "end"
	}
	return w
}

// crossed reports whether another arrow, or a node's line, runs through the words at one.
func (k *Wire) crossed(own int, w wireWord) bool {
	if len(k.Arrows) > linedMost {
		return false
	}
	if math.Abs(w.row-math.Round(w.row))*k.Apart < wordsHigh/2-1 { // on a node's line
		return true
	}
	lo, hi := extent(w.TapeText, k.Width)
	hi -= wordsAir
	for i := range k.Arrows {
		a := &k.Arrows[i]
		rows := float64(a.To-a.From) * a.Y2
		if i == own || rows == 0 {
			continue
		}
		half := wordsHigh / 2 / k.Apart
		part := func(row float64) float64 { return min(1, max(0, (row-float64(a.From))/rows)) }
		one, two := part(w.row-half), part(w.row+half)
		if one == two { // it ends before
			continue
		}
		x1, x2 := (a.X1+(a.X2-a.X1)*one)*k.Width, (a.X1+(a.X2-a.X1)*two)*k.Width
		if band := (a.Until - a.X1) * k.Width; min(x1, x2) < hi && max(x1, x2)+band > lo {
			return true
		}
	}
	return false
}

// rank is whose words are kept where there is no room for all: the question and its answer before anything else.
func (a *WireArrow) rank() string {
	if word, _, _ := strings.Cut(a.Label, " "); decides(word) {
		return "decision"
	}
	return a.Kind
}

func decides(word string) bool {
	return word == "PSYNC" || word == "+CONTINUE" || word == "+FULLRESYNC"
}

// wireTicks are round moments, some 120 pixels apart.
func wireTicks(win wireWindow, width float64) []TapeTick {
	span := win.to.Sub(win.from)
	step := time.Millisecond
	for _, next := range []time.Duration{5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000} {
		if float64(span)/float64(step)*110 <= width {
			break
		}
		step = next * time.Millisecond
	}
	var ticks []TapeTick
	begin := win.from.Sub(engine.Epoch)
	for t := (begin + step - 1) / step * step; t <= win.to.Sub(engine.Epoch); t += step {
		if t < 0 {
			continue
		}
		at := engine.Epoch.Add(t)
		k := TapeTick{X: win.x(at), Text: clock(at)}
		if half := textWidth(k.Text) / 2 / width; k.X < half || k.X > 1-half { // it would be cut
			k.Text = ""
		}
		ticks = append(ticks, k)
	}
	return ticks
}

// shorten cuts a text that is too long for a label.
func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// A packet is the one that the reader has chosen on the wire.
type packet struct {
	id   int64 // 0 for none
	told string
	from string // the nodes that it is between
	to   string
	span engine.Span // what it carries of a stream; empty for none
}

// pickPacket chooses a packet, so that its bytes are marked on the tape too, and its link on the stage; the same again chooses
// none.
func (m *Model) pickPacket(id int64) {
	chosen := m.packet.id
	m.packet = packet{}
	if chosen == id {
		return
	}
	for n, e := range m.world().Events().Backward() {
		if f, ok := e.Fact.(*engine.Sent); ok && f.ID == id {
			m.packet = packet{id: id, from: e.Node, to: f.To, told: wireDetail(&e, f, m.lostAt(n, &e, f))}
			if f.Payload == engine.PayloadStream {
				m.packet.span = f.Span
			}
			m.status = m.packet.told
			return
		}
	}
}

// showAnswer shows the packet with a verdict's answer: in as wide a window as it needs or, if it was long ago, at its moment.
func (m *Model) showAnswer() []Cmd {
	v, ok := m.past.verdict()
	if !ok || v.packet == 0 {
		return nil
	}
	if m.packet.id != v.packet {
		m.pickPacket(v.packet)
	}
	const long = 10 * time.Second // from then on too much else is in the window
	if m.world().Now().Sub(v.at) > long {
		m.seekTo(v.at.Add(wireSpans[m.wireSpan] / 3))
	} else {
		for m.wireSpan < len(wireSpans)-1 && m.world().Now().Sub(v.at) > time.Duration(float64(wireSpans[m.wireSpan])*(1-wireAhead)) {
			m.wireSpan++
		}
	}
	m.wireHides["handshake"] = false
	if m.narrow() {
		m.tab = TabWire
	}
	return []Cmd{Reveal{WireID}}
}
