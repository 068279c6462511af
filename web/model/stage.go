package model

import (
	"slices"
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/sim"
)

// arrange gives each node its place: its depth is the number of masters above it, and every node takes as many lanes
// as the leaves below it. So a link is always straight, and none crosses another. Masters that nobody follows stand side by
// side where the others leave columns free, on a phone (down) each in a lane of its own, which lies beside the one before.
func arrange(s *scene, down bool) (places []place, depths, lanes int) {
	places = make([]place, len(s.nodes))
	done := make([]bool, len(s.nodes))
	var settle func(i, depth int) int
	settle = func(i, depth int) int {
		done[i] = true
		places[i] = place{depth: depth, lane: lanes, shown: true}
		depths = max(depths, depth+1)
		for k := range s.nodes {
			if s.nodes[k].master == i && !done[k] {
				places[i].span += settle(k, depth+1)
			}
		}
		if places[i].span == 0 {
			places[i].span = 1
			lanes++
		}
		return places[i].span
	}
	alone := func(i int) bool {
		for k := range s.nodes {
			if s.nodes[k].master == i {
				return false
			}
		}
		return s.nodes[i].master < 0 && !down
	}
	columns := s.columns()
	row, column := 0, columns // where the next one that is alone would stand
	for i := range s.nodes {  // those without a master first, in order of birth
		if s.nodes[i].master >= 0 {
			continue
		}
		if alone(i) && column < columns {
			done[i], places[i] = true, place{depth: column, lane: row, span: 1, shown: true}
			depths = max(depths, column+1)
			column++
			continue
		}
		settle(i, 0)
		if alone(i) {
			row, column = places[i].lane, 1
		}
	}
	for i := range s.nodes { // what is left is a ring: its oldest node stands in for the root
		if !done[i] {
			settle(i, 0)
		}
	}
	return places, depths, lanes
}

// columns is how many cards stand side by side at most: as many as the longest chain has, and where there is none so many that
// the masters, with the slot behind them, make about a square.
func (s *scene) columns() int {
	most := 1
	for i := range s.nodes {
		depth := 1
		for k := i; s.nodes[k].master >= 0 && depth < len(s.nodes); depth++ {
			k = s.nodes[k].master
		}
		most = max(most, depth)
	}
	if most > 1 {
		return most
	}
	if len(s.nodes) < 4 {
		return 2
	}
	return 3
}

type place struct {
	depth, lane, span int
	shown             bool
}

func (m *Model) stage(s *scene) Stage {
	places, depths, lanes := arrange(s, m.vertical())
	st := Stage{Depths: depths, Lanes: lanes, Vertical: m.vertical()}
	_, _, said := m.session().Narration()
	if !m.lesson() {
		said = nil
	}
	if st.Sought[0] = m.selected; len(said) > 0 {
		st.Sought[1] = said[len(said)-1]
	}
	if m.tale.open {
		st.Sought[2] = m.tale.replica
	}
	for i, n := range s.nodes {
		p := places[i]
		c := m.card(s, n)
		c.Depth, c.Lane, c.Span = p.depth, p.lane, p.span
		if n.master >= 0 && p.depth == 0 { // the link that closes a ring has no place between two columns
			c.Badges = append(c.Badges, Badge{"ring", "follows " + s.nodes[n.master].name})
		}
		if m.dragged != "" && m.dragged != n.name {
			c.Drop = m.followLine(m.dragged, n.name)
		}
		c.Said = len(said) == 1 && said[0] == n.name
		st.Cards = append(st.Cards, c)
		if n.master >= 0 && p.depth > 0 {
			l := m.link(s, s.nodes[n.master], n)
			l.Depth, l.Lane, l.Span, l.Vertical = c.Depth, c.Lane, c.Span, st.Vertical
			l.Said = len(said) == 2 && l.between(said[0], said[1]) || l.between(m.packet.from, m.packet.to)
			st.Links = append(st.Links, l)
		}
	}
	if st.Slot = slot(s); st.Slot.Shown {
		st.place(len(s.nodes), s.columns())
	}
	if m.size(&st); !st.Dense {
		of := m.digestsAt(s)
		for i := range of[:min(len(of), len(s.nodes))] {
			c := &st.Cards[i]
			if c.Digest = of[i].text; c.Digest != "" && s.nodes[i].master >= 0 && s.nodes[i].master < len(of) {
				c.Master = s.nodes[s.nodes[i].master].name
				with := of[s.nodes[i].master].text
				c.Differs = with != "" && with != c.Digest
			}
		}
	}
	return st
}

// place puts the slot behind the last master: on a phone below them all.
func (st *Stage) place(nodes, columns int) {
	k := &st.Slot
	k.Depth, k.Lane, k.Span = nodes%columns, nodes/columns, 1
	if st.Vertical {
		k.Depth, k.Lane, k.Span = min(1, nodes), 0, max(1, st.Lanes)
	}
	st.Depths, st.Lanes = max(st.Depths, k.Depth+1), max(st.Lanes, k.Lane+1)
}

// What a stage needs, in CSS pixels, as card.css and stage.css have it.
const (
	cardHigh, cardsApart = 124, 10
	tallest              = 3  // lanes that a card is stretched over
	loadHigh             = 36 // of a master's button
	cardWide, linkWide   = 190, 96
	stageEdge            = 20
	stageMost            = .56 // of the window, where the panels stand one below the other
	wideOthers           = 680 // what story and node column take beside it
	highOthers           = 484 // what stands above and below it
)

// size chooses between cards with all that they can show and dense ones, so that as many as can be are in sight at once; and
// which of them have the room to draw their backlog.
func (m *Model) size(st *Stage) {
	if st.Vertical {
		for i := range st.Cards { // one lane of several is too narrow for it
			c := &st.Cards[i]
			c.Backlog.Shown = c.Backlog.Shown && (st.Lanes == 1 || c.Span > 1)
		}
		return
	}
	row := cardHigh
	for i := range st.Cards {
		if c := &st.Cards[i]; c.Load != "" && c.Span == 1 && st.Lanes > 1 {
			row = cardHigh + loadHigh
		}
	}
	high, wide := m.stageNow, m.width-wideOthers
	if high == 0 { // before the first drawing
		high = max(stageLow, m.height-highOthers)
	}
	if m.narrow() {
		high, wide = max(380, stageMost*m.height), m.width
	}
	st.Dense = float64(st.Lanes*(row+cardsApart)-cardsApart+stageEdge) > high ||
		st.Depths > 2 && float64(st.Depths*cardWide+(st.Depths-1)*linkWide+2*stageEdge) > wide
	for i := range st.Cards {
		c := &st.Cards[i]
		c.Backlog.Shown = c.Backlog.Shown && (c.Span == st.Lanes || c.Span > 2)
	}
	for i := range st.Links {
		l := &st.Links[i]
		c := st.Cards[slices.IndexFunc(st.Cards, func(c Card) bool { return c.Name == l.Master })]
		l.Rail = st.Dense && (c.Span > tallest || c.Span > 1 && !c.Backlog.Shown)
	}
}

// between reports whether it is the link of these two, whichever is the master.
func (l *Link) between(a, b string) bool {
	return a == l.Master && b == l.Replica || b == l.Master && a == l.Replica
}

func (m *Model) card(s *scene, n standing) Card {
	c := Card{
		Name: n.name, Role: "master", State: n.state, Up: n.up, Badges: badges(s, n), Selected: n.name == m.selected,
		Figure: at(n.repl.Offset), Caption: "master_repl_offset",
		History: n.repl.ReplID.Short(), Lineage: m.past.lineage(n.repl.ReplID), Fact: plural(int64(n.keys), "key"),
	}
	if n.repl.Replica {
		c.Role, c.Caption, c.Figure = "replica", "slave_repl_offset", at(n.repl.Applied)
		c.Word, c.WordTone = linkWord(n)
		if n.master >= 0 && n.up {
			if behind := s.nodes[n.master].repl.Offset - n.repl.Applied; behind > 0 && n.repl.Link == engine.LinkConnected {
				c.Fact = byteCount(int64(behind)) + " behind"
			}
		}
	}
	if !n.up {
		c.Word, c.WordTone = "✕ "+m.past.downWord(n.name), ToneLost
		c.Fact = ago(s.age(n.since))
		c.Figure = "–"
		c.History, c.Lineage = "memory lost", -1
	}
	if !n.repl.Replica && n.up {
		if n.followed > 0 || n.repl.BacklogActive {
			c.Backlog = cardBacklog(n)
			c.Fields = [2]Field{
				{"sync_full", strconv.FormatInt(n.repl.SyncFull, 10)},
				{"sync_partial_ok", strconv.FormatInt(n.repl.SyncPartialOK, 10)},
			}
		}
		c.Loading = m.past.loads[n.name]
		c.Load = "Write " + strconv.Itoa(loadRate) + " a second"
		if c.Loading {
			c.Load = "Stop writing"
		}
	}
	c.Label = n.name + ", " + c.Role + badgeWords(c.Badges)
	if c.Word != "" {
		c.Label += ", " + trimMark(c.Word)
	}
	return c
}

// linkWord is a replica's state in one word: INFO's master_link_status, or what it is busy with.
func linkWord(n standing) (string, Tone) {
	switch n.repl.Link {
	case engine.LinkConnected:
		return "up", ToneReplica
	case engine.LinkSync:
		return "sync", ToneFull
	}
	return "✕ down", ToneLost
}

// trimMark takes the shape off a word that has one, for those who hear it.
func trimMark(word string) string {
	for _, r := range []string{"✕ ", "▸ ", "▣ "} {
		if len(word) > len(r) && word[:len(r)] == r {
			return word[len(r):]
		}
	}
	return word
}

// mostBlocks is how many blocks are drawn one by one. Where there are more, all but the oldest are one piece.
const mostBlocks = 6

// cardBacklog draws the blocks that are held as parts of the room that there is: what the backlog may grow to, or what it has
// grown to while a slow replica keeps it from shrinking.
func cardBacklog(n standing) CardBacklog {
	b := CardBacklog{Shown: true, Held: "none yet", Note: "Kept from the first replica on."}
	first, next, ok := n.held()
	if !ok {
		return b
	}
	b.Held = byteCount(int64(next - first))
	blocks := n.repl.Blocks
	if len(blocks) == 0 {
		b.Held, b.Note = "0 B", "It begins with the next byte that is written."
		return b
	}
	used := int64(0)
	for _, k := range blocks {
		used += max(k.Size, k.Span.Len())
	}
	limit := blocks[0].Size + n.repl.BacklogSize
	room := float64(max(used, limit))
	if int64(next-first) > limit {
		b.Limit = float64(limit) / room
	}
	x := 0.0
	piece := func(size, full int64) {
		w := float64(size) / room
		b.Blocks = append(b.Blocks, CardBlock{X: x, W: min(w, 1-x), Full: float64(full) / room, NextToGo: x == 0 && len(blocks) > 1 && !blocks[0].Pinned})
		x += w
	}
	for i, k := range blocks {
		size := max(k.Size, k.Span.Len())
		if i > 0 && len(blocks) > mostBlocks {
			piece(used-blocks[0].Size, int64(next-k.Span.First))
			break
		}
		piece(size, k.Span.Len())
	}
	b.Note = "Trimmed a whole block at a time, so up to " + commas(limit) + " B."
	if blocks[0].Pinned {
		b.Note = "A slow replica keeps the oldest block."
	}
	if b.Limit > 0 {
		b.Note = "Over its limit of " + commas(limit) + " B: a slow replica keeps the oldest block."
	}
	return b
}

// link draws the path of a replica to its master, in the order of what stops it: the cut, a dead end, the handshake.
func (m *Model) link(s *scene, master, replica standing) Link {
	l := Link{
		ID: master.name + "-" + replica.name, Master: master.name, Replica: replica.name,
		Action: "Cut", Line: "sever " + master.name + " " + replica.name,
		Selected: m.chosen == master.name+"-"+replica.name,
	}
	path, known := s.between(master.name, replica.name)
	view, seen := s.seenBy(master, replica)
	switch {
	case known && path.State == "severed":
		l.Cut, l.Path = true, "severed"
		l.State, l.Note = "severed", ago(s.age(path.Since))
		l.Figure = nextTry(replica, s.now)
		l.Action, l.Line = "Heal", "heal "+master.name+" "+replica.name
	case known && path.State == "blackhole":
		l.Path, l.State = "blackhole", "blackhole"
		l.Dark = [2]bool{s.dark(master.name, replica.name), s.dark(replica.name, master.name)}
		l.Note, l.Figure = s.darkWords(master.name, replica.name), unaware(replica, s.now)
		l.Action, l.Line = "Heal", "heal "+master.name+" "+replica.name
	case !replica.up || !master.up:
		l.Dead, l.Path, l.State = true, "down", "down"
		l.Note = master.name + " is " + m.past.downWord(master.name)
		if !replica.up {
			l.Note = replica.name + " is " + m.past.downWord(replica.name)
		} else {
			l.Figure = nextTry(replica, s.now)
		}
	default:
		l.Path = "down"
		m.living(s, &l, master, replica, view, seen)
	}
	if seen && replica.up && master.up {
		l.Queue = queue(master, view.Held)
	}
	l.Badges = pathBadges(s.path(master.name, replica.name).Options)
	l.Label = "Link " + master.name + " to " + replica.name + ", " + l.State
	if l.Note != "" {
		l.Label += " " + l.Note
	}
	if l.Queue.Word != "" {
		l.Label += ", " + l.Queue.Word
	}
	l.Label += badgeWords(l.Badges)
	return l
}

// queue is what a master keeps for a replica that has not taken it. Below the size of the backlog no limit counts.
//
// Source: redis/src/networking.c, checkClientOutputBufferLimits.
func queue(master standing, held int64) Queue {
	limit := max(master.output, master.repl.BacklogSize)
	switch {
	case held <= 0:
		return Queue{}
	case master.output <= 0:
		return Queue{Word: byteCount(held) + " wait at " + master.name}
	}
	return Queue{min(1, float64(held)/float64(limit)), byteCount(held) + " of " + byteCount(limit) + " wait at " + master.name}
}

// living words a link that nothing stops.
func (m *Model) living(s *scene, l *Link, master, replica standing, view node.ReplicaView, seen bool) {
	switch replica.repl.Link {
	case engine.LinkConnected:
		l.Path, l.State, l.Note = "up", "online", "lag 0 s"
		if seen {
			l.State = view.State
			l.Note = "lag " + strconv.FormatInt(int64(view.Lag/time.Second), 10) + " s"
		}
		flying := s.flyingBytes(master.name, replica.name, engine.PayloadStream)
		switch {
		case flying > 0 && seen && view.Queued > 0:
			l.Figure = byteCount(flying) + " in flight, " + byteCount(view.Queued) + " queued"
		case flying > 0:
			l.Figure = byteCount(flying) + " in flight"
		default:
			l.Figure = "ACK each second"
		}
	case engine.LinkSync:
		l.State, l.Note = "sync", "waits for the snapshot"
		if seen {
			l.State = view.State
		}
		if read, total := replica.repl.SnapshotRead, replica.repl.SnapshotTotal; read > 0 {
			l.Note = byteCount(read) + " of the snapshot"
			if total > 0 {
				l.Note = strconv.FormatInt(read*100/total, 10) + " % of the snapshot"
			}
		}
	case engine.LinkHandshake:
		l.State, l.Note = "handshake", ""
	case engine.LinkConnecting:
		l.State, l.Note = "connecting", ""
	default:
		l.State, l.Note = "connect", ""
		l.Figure = nextTry(replica, s.now)
	}
}

// nextTry says when a replica without a link will try again.
func nextTry(n standing, now engine.Instant) string {
	if !n.up || n.repl.Link != engine.LinkConnect || n.repl.NextTry <= now {
		return ""
	}
	return "next try at " + clock(n.repl.NextTry)
}

// What a flight carries, as an index into the canvas's palette: --master --replica --full --text.
const (
	ColourStream    = 0
	ColourAck       = 1
	ColourSnapshot  = 2
	ColourHandshake = 3

	mostFlights = 24
)

// A Flight is one moving capsule: how far along which link, in which lane, and how long in parts of the link.
type Flight struct {
	Link     string // ID of the link
	Down     bool   // from master to replica
	Progress float64
	Length   float64
	Snapshot bool
	Colour   int
}

// flights are the capsules of one frame, the oldest ones where there are more than an eye can follow.
func flights(w *sim.World, links []Link) []Flight {
	var out []Flight
	now := w.Now()
	for _, p := range w.InFlight() {
		if p.Arrives <= p.SentAt {
			continue
		}
		for _, l := range links {
			down := p.From == l.Master && p.To == l.Replica
			if !down && (p.From != l.Replica || p.To != l.Master) {
				continue
			}
			f := Flight{
				Link: l.ID, Down: down, Snapshot: p.Payload == engine.PayloadSnapshot, Colour: colourOf(p.Payload),
				Progress: float64(now.Sub(p.SentAt)) / float64(p.Arrives.Sub(p.SentAt)),
				Length:   capsule(p.Bytes),
			}
			f.Progress = min(1, max(0, f.Progress))
			out = append(out, f)
		}
		if len(out) >= mostFlights {
			break
		}
	}
	return out
}

func colourOf(p engine.Payload) int {
	switch p {
	case engine.PayloadStream:
		return ColourStream
	case engine.PayloadAck:
		return ColourAck
	case engine.PayloadSnapshot:
		return ColourSnapshot
	}
	return ColourHandshake
}

// capsule is the length of so many bytes: a PING is a dot, a kilobyte is a quarter of the link.
func capsule(bytes int) float64 { return min(0.6, 0.05+float64(bytes)/5000) }
