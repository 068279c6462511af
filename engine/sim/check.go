package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/repl"
)

// A Checker judges a world from outside the nodes: it reads the log, looks at the data, and knows what no replication
// engine may do.
//
//   - The stream has no gaps: what a node propagates or applies begins at the byte behind the last one.
//   - A history has one author, who writes every byte of it once. Nobody applies what was not written, or half a
//     transaction.
//   - At one byte of a history, or of another one that continues it, all data is the same, whoever stands there and
//     whenever; but for the moments when keys expire, if there is a node from before 7.0.
//   - A master that keeps no backlog has a name under which nothing was ever streamed.
//   - No node finds nonsense in the stream of another, or a command in it that it cannot execute.
//   - No replica is said to have acknowledged more than it ever applied, and WAIT counts only those that did.
//   - Every answer to a PSYNC follows from the numbers that it came with, and those from what happened before.
//   - Every full resync was asked for and has its reason.
//
// AtRest is the other half: what has to be true when everything is healed and quiet.
type Checker struct {
	world     *World
	read      int // events read so far
	nodes     []*checked
	histories []*history
	lastLook  engine.Instant // when all data was last looked at
	roughly   bool           // there is a node that streams times to live: when a key expires is not the same everywhere
	syncs     int            // replicas that went back to SYNC, for which no PSYNC is answered
}

// lookEvery is how often all data is looked at, changed or not. Otherwise it is behind a resync, and where one byte of
// the stream in so many is the last: the same bytes for all nodes, so that they can be compared.
const (
	lookEvery = time.Second
	lookAt    = 8
)

// chosen reports whether all data is looked at that stands at this byte.
func chosen(at engine.Offset) bool { return hasher(at).end()%lookAt == 0 }

// checked is what the log told of one node.
type checked struct {
	host   int
	life   int
	young  bool // it has not told yet where it stands
	alone  bool // it has a stream of its own, as before PSYNC2, which cannot be compared with that of another
	id     engine.ReplID
	id2    engine.ReplID
	second engine.Offset
	offset engine.Offset
	moved  bool // since its data was last looked at
	turned bool // it may be a master without a backlog since it was last looked at

	reached []position // how far it ever came, in every history that it was in
	owed    []string   // replicas that were refused a partial resync, and are to get a full one
	gone    []string   // replicas that it lost in the events being read
	asked   []question // of its clients, for WAIT
}

// question is where a client of a node stands: WAIT waits for the stream as it was behind the client's last command.
type question struct {
	client int
	conn   engine.ConnID
	wrote  engine.Offset   // the stream's end behind the last command that was executed, at least
	given  []engine.Offset // the same behind those that are not answered yet, oldest first; -1 for a WAIT
	fresh  bool            // there is one of them, and nothing was streamed since it was given
}

// NewChecker returns a checker for a world in which nothing has happened yet.
func NewChecker(w *World) *Checker { return &Checker{world: w} }

// Observe reads what happened since it was last called, which must be before the next Step for the log of a node's
// birth to be understood. The error is the first rule that was broken.
func (c *Checker) Observe() error {
	for len(c.nodes) < len(c.world.hosts) {
		c.enrol(c.world.hosts[len(c.nodes)])
	}
	for i, h := range c.world.hosts {
		if n := c.nodes[i]; n.life != h.life {
			*n = checked{host: i, life: h.life, young: true, reached: n.reached}
			if h.node != nil {
				n.alone = !h.replication(c.world.now).Shared
				n.stands(c, h)
			}
		}
	}
	events := c.world.Events()
	for _, e := range events[c.read:] {
		if f, ok := e.Fact.(engine.ReplicaGone); ok {
			n := c.nodes[c.world.find(e.Node).index]
			n.gone = append(n.gone, f.Replica)
		}
	}
	for i := range events[c.read:] {
		e := &events[c.read+i]
		if err := c.check(e); err != nil {
			return fmt.Errorf("%s %s: %w", e.At, e.Node, err)
		}
	}
	c.read = len(events)
	for i, h := range c.world.hosts {
		n := c.nodes[i]
		n.gone = n.gone[:0]
		if n.turned && h.node != nil {
			n.turned = false
			if r := h.replication(c.world.now); !r.Replica && !r.BacklogActive {
				c.history(r.ReplID).vague = true
			}
		}
		if n.moved && h.node != nil {
			n.moved = false
			if err := c.look(n, h); err != nil {
				return fmt.Errorf("%s %s: %w", c.world.now, h.name, err)
			}
		}
	}
	if c.world.now.Sub(c.lastLook) < lookEvery {
		return nil
	}
	c.lastLook = c.world.now
	for i, h := range c.world.hosts {
		if h.node == nil {
			continue
		}
		if err := c.survey(c.nodes[i], h); err != nil {
			return fmt.Errorf("%s %s: %w", c.world.now, h.name, err)
		}
	}
	return nil
}

// stands takes over where a node says that it stands: at the beginning of its life, before it has said anything.
func (n *checked) stands(c *Checker, h *host) {
	r := h.replication(c.world.now)
	n.id, n.id2, n.second, n.offset = r.ReplID, r.ReplID2, r.SecondOffset, r.Offset
	if r.ReplID2 != engine.NoReplID && r.ReplID2 != "" {
		c.history(n.id).continues(c.history(r.ReplID2), r.SecondOffset-1)
	}
}

// survey looks at a node whether it moved or not.
func (c *Checker) survey(n *checked, h *host) error {
	r := h.replication(c.world.now)
	if n.young {
		n.stands(c, h)
	}
	switch {
	case n.alone:
		return nil
	case r.Link == engine.LinkSync, r.Channel == engine.ChannelLoading:
		return nil // its data may be on its way from one history to another
	case r.ReplID == "":
		return nil // a history without a name cannot be compared with another
	case !r.BacklogActive:
		if at := c.history(r.ReplID); !r.Replica && at.author == n.host && at.life == n.life {
			return fmt.Errorf("keeps the name %s of a stream that it keeps no longer", r.ReplID.Short())
		}
		return nil // what it writes is not counted
	case r.Offset != n.offset || r.ReplID != n.id:
		return fmt.Errorf("stands at %d of %s, but %d of %s is where it was seen to go",
			r.Offset, r.ReplID.Short(), n.offset, n.id.Short())
	}
	if err := n.probe(h, r); err != nil {
		return err
	}
	return c.look(n, h)
}

// probe asks a node what it would answer on both sides of every border that a PSYNC can cross.
func (n *checked) probe(h *host, r node.Replication) error {
	first, next := r.BacklogFirst, r.Offset+1
	for _, ask := range []node.Ask{
		{ID: n.id, Want: first - 1}, {ID: n.id, Want: first}, {ID: n.id, Want: next}, {ID: n.id, Want: next + 1},
		{ID: n.id2, Want: n.second}, {ID: n.id2, Want: n.second + 1}, {ID: "?", Want: -1},
	} {
		if err := n.wouldAnswer(h.node.Answer(ask)); err != nil {
			return err
		}
	}
	return nil
}

// enrol begins to watch a node. Before 7.0 a master streams times to live, which begin anew where they arrive.
func (c *Checker) enrol(h *host) {
	c.nodes = append(c.nodes, &checked{host: h.index})
	if era, ok := repl.EraNamed(h.config.Era); ok && era.RelativeTTL && !c.roughly {
		c.roughly = true
		for _, known := range c.histories {
			clear(known.data) // with the moments in it
		}
	}
}

// look compares the data of a node with what stood there before.
func (c *Checker) look(n *checked, h *host) error {
	if n.id == "" || c.history(n.id).vague {
		return nil
	}
	p := where(c.history(n.id), n.offset)
	print := fingerprint(h.node.Store(), !c.roughly)
	if before, known := p.in.data[p.at]; known && before != print {
		return fmt.Errorf("at offset %d of %s it holds different data than whoever was there before", p.at, p.in.id.Short())
	}
	p.in.data[p.at] = print
	return nil
}

func (c *Checker) check(e *engine.Event) error {
	if act, ok := e.Fact.(engine.Act); ok {
		c.given(act.Text)
		return nil
	}
	h := c.world.find(e.Node)
	if h == nil {
		return nil
	}
	n := c.nodes[h.index]
	if l, ok := e.Fact.(engine.Log); ok && strings.HasPrefix(l.Text, "Retrying with SYNC") {
		c.syncs++
	}
	if n.alone {
		return nil
	}
	switch f := e.Fact.(type) {
	case engine.Propagated:
		if err := n.extend(c, "propagates", f.Span); err != nil {
			return err
		}
		// What a node streams first behind a command is the command's, or that of another one before it; but for the
		// word to its replicas that WAIT itself sends.
		for i := range n.asked {
			if q := &n.asked[i]; q.fresh && !strings.HasPrefix(f.Text, "REPLCONF GETACK") {
				q.given[0], q.fresh = f.Span.Last, false
			}
		}
		return c.history(n.id).write(n, f.Span, f.Text)
	case engine.Applied:
		if err := n.extend(c, "applies", f.Span); err != nil || n.id == "" {
			return err
		}
		return where(c.history(n.id), n.offset).standsAt()
	case engine.HistoryChanged:
		return c.renamed(n, f)
	case engine.PositionTaken:
		if f.Master {
			n.id, n.offset = f.ID, f.Offset // the name of its own comes next
			return nil
		}
		n.id, n.offset, n.young, n.moved = f.ID, f.Offset, false, true
		n.reach(c)
		return where(c.history(n.id), n.offset).standsAt()
	case engine.SyncFinished:
		if f.Partial && f.Offset != n.offset && !n.young {
			return fmt.Errorf("continues at offset %d after %d", f.Offset, n.offset)
		}
		if !f.Partial {
			n.id2, n.second = engine.NoReplID, -1
		}
		n.id, n.offset, n.young, n.moved = f.ID, f.Offset, false, true
		n.reach(c)
	case engine.SnapshotLoaded: // the stream behind it is still to come
		n.id2, n.second = engine.NoReplID, -1
		n.id, n.offset, n.young, n.moved = f.ID, f.Offset, false, true
		n.reach(c)
	case engine.Acked:
		if r := c.byAddress(f.Replica); r != nil && !r.reachedAt(c.history(n.id), f.Offset) {
			return fmt.Errorf("was told that %s applied %d of %s, but it never did", f.Replica, f.Offset, n.id.Short())
		}
	case engine.PsyncAnswered:
		return n.answered(f)
	case engine.FullSyncStarted:
		return c.fullSync(n, f)
	case engine.Replied:
		return c.replied(n, h, f)
	case engine.LinkChanged:
		if strings.Contains(f.Why, "Protocol error") {
			return fmt.Errorf("left its master: %s", f.Why)
		}
	case engine.Log:
		if strings.Contains(f.Text, "== CRITICAL ==") {
			return errors.New(f.Text)
		}
	}
	return nil
}

// extend moves a node's offset to the end of a span, which has to begin right behind it.
func (n *checked) extend(c *Checker, what string, s engine.Span) error {
	if n.young {
		n.young, n.offset = false, s.First-1
	}
	if s.First != n.offset+1 || s.Last < s.First {
		return fmt.Errorf("%s %s at offset %d", what, s, n.offset)
	}
	n.offset = s.Last
	n.moved = n.moved || chosen(s.Last)
	n.reach(c)
	return nil
}

// reach notes how far a node has come.
func (n *checked) reach(c *Checker) {
	in := c.history(n.id)
	for i := range n.reached {
		if p := &n.reached[i]; p.in == in {
			p.at = max(p.at, n.offset)
			return
		}
	}
	n.reached = append(n.reached, position{in, n.offset})
}

// reachedAt reports whether a node has ever applied a history up to an offset.
func (n *checked) reachedAt(h *history, at engine.Offset) bool {
	if at <= 0 {
		return true
	}
	p := where(h, at)
	for _, q := range n.reached {
		if p.within(q) {
			return true
		}
	}
	return false
}

// renamed takes in another name of a node's history. A name that continues another one says up to where: the next
// byte would be the first of its own.
func (c *Checker) renamed(n *checked, f engine.HistoryChanged) error {
	switch {
	case f.ID2 == engine.NoReplID && f.SecondOffset != -1:
		return fmt.Errorf("has no second replid, but a second offset %d", f.SecondOffset)
	case f.ID2 != engine.NoReplID && !n.young && f.ID2 != n.id && f.ID2 != n.id2:
		return fmt.Errorf("calls %s the history before, but that was %s", f.ID2.Short(), n.id.Short())
	case f.ID2 == n.id && f.ID != n.id && !n.young && f.SecondOffset != n.offset+1:
		return fmt.Errorf("leaves %s at offset %d, but says that it is valid until %d", n.id.Short(), n.offset, f.SecondOffset)
	}
	if f.ID2 != engine.NoReplID && f.ID2 != "" {
		c.history(f.ID).continues(c.history(f.ID2), f.SecondOffset-1)
	}
	n.id, n.id2, n.second, n.turned = f.ID, f.ID2, f.SecondOffset, true
	n.reach(c)
	return nil
}

// answered checks a PSYNC's answer.
func (n *checked) answered(f engine.PsyncAnswered) error {
	if !f.Continued() {
		n.owed = append(n.owed, f.Replica)
	}
	return n.wouldAnswer(f)
}

// wouldAnswer checks an answer against what is known of the node, and then by itself.
func (n *checked) wouldAnswer(f engine.PsyncAnswered) error {
	if !n.young && (f.ReplID != n.id || f.ReplID2 != n.id2 || f.SecondOffset != n.second || f.Next != n.offset+1) {
		return fmt.Errorf("answers as if it were %s at %d, before %s until %d; it is %s at %d, before %s until %d",
			f.ReplID.Short(), f.Next-1, f.ReplID2.Short(), f.SecondOffset, n.id.Short(), n.offset, n.id2.Short(), n.second)
	}
	return checkAnswer(f)
}

// checkAnswer derives a PSYNC's answer from the numbers that it came with. The rules are written down here a second
// time on purpose: as the reference states them, and not as the engine does.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func checkAnswer(f engine.PsyncAnswered) error {
	known := f.Asked == f.ReplID || f.Asked == f.ReplID2 && f.Want <= f.SecondOffset
	held := f.Backlog && f.First <= f.Want && f.Want <= f.Next
	if f.Continued() != (known && held) {
		return fmt.Errorf("answers %q, but known is %v and held is %v: %s", f.Reason, known, held, f)
	}
	if f.Continued() && f.Bytes != int64(f.Next-f.Want) {
		return fmt.Errorf("sends %d bytes from %d up to %d", f.Bytes, f.Want, f.Next)
	}
	return nil
}

// fullSync checks that a full resync was asked for, by a PSYNC that could not be continued or by SYNC.
func (c *Checker) fullSync(n *checked, f engine.FullSyncStarted) error {
	for i, name := range n.owed {
		if name == f.Replica {
			n.owed = append(n.owed[:i], n.owed[i+1:]...)
			n.moved = true
			return nil
		}
	}
	if c.syncs--; c.syncs < 0 {
		return fmt.Errorf("starts a full resync of %s without a reason", f.Replica)
	}
	return nil
}

// given notes that a command was given to a node: `name/2> SET k v`.
func (c *Checker) given(act string) {
	prompt, command, ok := strings.Cut(act, "> ")
	if !ok {
		return
	}
	name, number, several := strings.Cut(prompt, "/")
	h, client := c.world.find(name), 1
	if several {
		client, _ = strconv.Atoi(number)
	}
	if h == nil {
		return
	}
	n := c.nodes[h.index]
	q := n.question(client)
	if conn := h.client(client).conn; conn != q.conn || conn == 0 {
		*q = question{client: client, conn: conn} // a new connection has written nothing
	}
	if q.fresh = len(q.given) == 0 && !isWait(command); isWait(command) {
		q.given = append(q.given, -1)
	} else {
		q.given = append(q.given, n.offset)
	}
}

func isWait(command string) bool { return len(command) > 5 && strings.EqualFold(command[:5], "WAIT ") }

func (n *checked) question(client int) *question {
	for i := range n.asked {
		if n.asked[i].client == client {
			return &n.asked[i]
		}
	}
	n.asked = append(n.asked, question{client: client})
	return &n.asked[len(n.asked)-1]
}

// replied checks the reply to a WAIT: so many replicas had applied what the client wrote before. Of a replica that
// came back while its master still held its old connection, both count.
func (c *Checker) replied(n *checked, h *host, f engine.Replied) error {
	q := n.question(f.Client)
	wrote := q.wrote
	if len(q.given) > 0 {
		wrote, q.given = q.given[0], q.given[1:]
	}
	q.fresh = false
	if !isWait(f.Command) {
		if failed := len(f.Reply) == 0 || f.Reply[0] == '-' || f.Text == "QUEUED"; !failed && wrote >= 0 {
			q.wrote = wrote
		}
		return nil
	}
	counted, err := strconv.Atoi(strings.TrimPrefix(string(f.Reply[:max(len(f.Reply)-2, 0)]), ":"))
	if err != nil || counted == 0 || h.node == nil {
		return nil // an error, or nothing to check
	}
	names := n.gone
	for _, r := range h.replication(c.world.now).Replicas {
		names = append(names, r.Name)
	}
	have := 0
	for _, name := range names {
		if r := c.byAddress(name); r != nil && r.reachedAt(c.history(n.id), q.wrote) {
			have++
		}
	}
	if have < counted {
		return fmt.Errorf("%s is answered with %d, but only %d replicas have applied %d", f.Command, counted, have, q.wrote)
	}
	return nil
}

// byAddress finds a node as a master's log names it: ip:announced-port.
func (c *Checker) byAddress(address string) *checked {
	for i, h := range c.world.hosts {
		if ip, _, _ := strings.Cut(address, ":"); ip == h.ip && i < len(c.nodes) {
			return c.nodes[i]
		}
	}
	return nil
}

// AtRest checks what has to be true of a world that is healed and quiet: every replica is connected to its master, has
// the same history up to the same offset, and the same data. The error names the first node of which it is not true.
func (w *World) AtRest() error {
	for _, data := range []bool{false, true} { // which takes longest comes last
		for _, h := range w.hosts {
			if err := w.nodeAtRest(h, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) nodeAtRest(h *host, data bool) error {
	if h.node == nil {
		return fmt.Errorf("%s is down", h.name)
	}
	r := h.replication(w.now)
	if !r.Replica {
		return nil
	}
	m := w.resolve(h, r.Master.Host)
	if m == nil || m.node == nil {
		return fmt.Errorf("the master of %s, %s, is not there", h.name, r.Master.Host)
	}
	of := m.replication(w.now)
	id, at := r.ReplID, r.Offset
	if !r.Shared {
		id, at = r.Ask.ID, r.Applied
	}
	switch {
	case r.Link != engine.LinkConnected:
		return fmt.Errorf("the link of %s is %s", h.name, r.Link)
	case id == "":
		// It came back with SYNC, since its master had no ear for PSYNC: it knows neither a name nor an offset.
	case id != of.ReplID:
		return fmt.Errorf("%s has the history %s, its master %s", h.name, id.Short(), of.ReplID.Short())
	case at != of.Offset:
		return fmt.Errorf("%s is at offset %d, its master at %d", h.name, at, of.Offset)
	}
	if data && fingerprint(h.node.Store(), false) != fingerprint(m.node.Store(), false) {
		return fmt.Errorf("%s has other data than its master at the same offset %d", h.name, at)
	}
	return nil
}
