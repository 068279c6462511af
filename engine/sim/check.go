package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/node"
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
//   - Behind nonsense nothing is executed any more.
//   - A replica asks for the byte behind the last one that it has, or for everything once it has let go of its place.
//
// Before PSYNC2 a node has a stream of its own, so it stands at two places: in what it writes, and in what it receives
// of its master. Its data has to be right at both. What else differs between eras, and why, is in promise.go.
//
// AtRest is the other half: what has to be true when everything is healed and quiet.
type Checker struct {
	world     *World
	read      int // events read so far
	nodes     []*checked
	histories []*history
	lastLook  engine.Instant // when all data was last looked at
	syncs     int            // replicas that went back to SYNC, for which no PSYNC is answered
	timed     bool           // the nodes agree on when keys expire
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
	host  int
	life  int
	young bool // it has not told yet where it stands
	promises
	in     *history // that it writes; from PSYNC2 on also the one that it applies
	fed    position // before PSYNC2: up to where it has received the history of its master; in none when it knows none
	id     engine.ReplID
	id2    engine.ReplID
	second engine.Offset
	offset engine.Offset
	moved  bool // since its data was last looked at
	turned bool // it may be a master without a backlog since it was last looked at

	replica bool                     // it has a master
	open    bool                     // it took writes of its clients when the events being read began, or was told to in them
	wrote   bool                     // its clients wrote while it had one: their keys go by its own clock whenever it has one again
	roles   int                      // how often that has changed
	master  string                   // its name
	placed  bool                     // it knows a place to continue from
	told    engine.SnapshotAnnounced // of a snapshot that comes on a second connection: the stream behind it is asked for on the first
	apart   bool                     // it was sent to a second connection, on which it says SYNC, whoever lives there by then
	loaded  bool                     // that snapshot is its data now, with what its clients have written since; the stream is still to come
	deaf    bool                     // it has found nonsense in its master's stream, and executes nothing more of it
	heard   bool                     // and has told what was in front of that

	strange string // why its data is not what its place in a history says, or "": until it loads other data
	files   string // the same of its files, which nobody looks into

	offered position // the history that its latest request was answered from
	odd     string   // and why the data that it gets is not what that says

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
func NewChecker(w *World) *Checker { return &Checker{world: w, timed: true} }

// Strange reports whether the data of a node may be other than its place in a history says, as that of a writable
// replica.
func (c *Checker) Strange(name string) bool {
	h := c.world.called(name)
	return h != nil && h.index < len(c.nodes) && c.nodes[h.index].strange != ""
}

// Observe reads what happened since it was last called, which must be before the next Step for the log of a node's
// birth to be understood. The error is the first rule that was broken.
func (c *Checker) Observe() error {
	for len(c.nodes) < len(c.world.hosts) {
		c.nodes = append(c.nodes, &checked{host: len(c.nodes)})
	}
	if c.timed && !c.world.timed() {
		c.timed = false
		for _, h := range c.histories {
			clear(h.data)
		}
	}
	for i, h := range c.world.hosts {
		if n := c.nodes[i]; n.life != h.life {
			*n = checked{
				host: i, life: h.life, young: true, promises: h.promises(), reached: n.reached,
				strange: n.files, files: n.files,
				replica: h.config.Replicaof != node.Address{}, master: h.config.Replicaof.Host,
			}
			n.in = c.history("") // until it says where it stands
			if h.node != nil {
				n.stands(c, h)
			}
		}
	}
	events := c.world.Events()
	for _, e := range events.From(c.read) {
		if f, ok := e.Fact.(engine.ReplicaGone); ok {
			n := c.nodes[c.world.called(e.Node).index]
			n.gone = append(n.gone, f.Replica)
		}
	}
	for _, e := range events.From(c.read) {
		if err := c.check(&e); err != nil {
			return fmt.Errorf("%s %s: %w", e.At, e.Node, err)
		}
	}
	c.read = events.Len()
	for i, h := range c.world.hosts {
		n := c.nodes[i]
		n.gone = n.gone[:0]
		if h.load != nil && h.node != nil && n.replica && n.writable(h) {
			n.writes()
		}
		if n.turned && h.node != nil {
			n.turned = false
			if r := h.replication(c.world.now); n.shares && !r.Replica && !r.BacklogActive {
				c.history(r.ReplID).vague = true
			}
		}
		if n.moved && h.node != nil {
			n.moved = false
			if err := c.look(n, h); err != nil {
				return fmt.Errorf("%s %s: %w", c.world.now, h.name, err)
			}
		}
		n.open = h.node != nil && !h.node.Config().ReplicaReadOnly
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
	n.id2, n.second, n.offset = r.ReplID2, r.SecondOffset, r.Offset
	if n.id != r.ReplID {
		n.enter(c.history(r.ReplID))
	}
	if r.ReplID2 != engine.NoReplID && r.ReplID2 != "" {
		n.in.continues(c.history(r.ReplID2), r.SecondOffset-1)
	}
}

// enter lets a node be in a history from now on.
func (n *checked) enter(h *history) { n.id, n.in = h.id, h }

// survey looks at a node whether it moved or not.
func (c *Checker) survey(n *checked, h *host) error {
	r := h.replication(c.world.now)
	if n.young {
		n.stands(c, h)
	}
	switch {
	case !n.offsets:
		if r.Replica && r.Link != engine.LinkConnected && len(r.Replicas) > 0 {
			return errors.New("serves replicas without a link to its own master")
		}
		return nil
	case r.Link == engine.LinkSync, r.Channel == engine.ChannelLoading:
		return nil // its data may be on its way from one history to another
	case r.ReplID == "":
		return nil // a history without a name cannot be compared with another
	case !r.BacklogActive:
		if at := c.history(r.ReplID); n.shares && !r.Replica && at.author == n.host && at.life == n.life {
			return fmt.Errorf("keeps the name %s of a stream that it keeps no longer", r.ReplID.Short())
		}
		if !n.shares {
			return c.look(n, h) // what it receives is counted
		}
		return nil // what it writes is not counted
	case !n.blocks && r.Offset+1-r.BacklogFirst > engine.Offset(r.BacklogSize):
		return fmt.Errorf("keeps %d bytes in a backlog of %d", r.Offset+1-r.BacklogFirst, r.BacklogSize)
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

// look compares the data of a node with what stood at the same places before.
func (c *Checker) look(n *checked, h *host) error {
	if n.replica && n.writable(h) && n.unanswered() > 0 {
		return nil // a write of its own may be told of later
	}
	if n.shares {
		if n.id == "" || n.in.vague || n.strange != "" {
			return nil
		}
		return c.compare(where(n.in, n.offset), h)
	}
	r := h.replication(c.world.now)
	if r.BacklogActive {
		if err := c.compare(position{n.in, n.offset}, h); err != nil {
			return err
		}
	}
	// What was received may end in the middle of something.
	if n.fed.in == nil || r.Link != engine.LinkConnected || n.strange != "" || where(n.fed.in, n.fed.at).standsAt() != nil {
		return nil
	}
	return c.compare(where(n.fed.in, n.fed.at), h)
}

// compare compares the data of a node with what stood at a place before.
func (c *Checker) compare(p position, h *host) error {
	with := moments
	if !c.timed {
		with = values
	}
	print := fingerprint(h.node.Store(), with)
	if before, known := p.in.data[p.at]; known && before != print {
		return fmt.Errorf("at offset %d of %s it holds different data than whoever was there before", p.at, p.in.id.Short())
	}
	p.in.data[p.at] = print
	return nil
}

// spoil notes that the data of a node is not what its place says any more, nor perhaps that of its files.
func (n *checked) spoil(why string) { n.strange, n.files = why, why }

// writes notes that clients of a replica changed its data.
func (n *checked) writes() {
	n.wrote = true
	n.spoil(writesItself)
}

// Why the data of a node may differ from what its place says.
const (
	writesItself = "a writable replica's clients wrote"
	misses       = "it does not understand all of a newer stream"
	unnamed      = "it continued a history without a name, as all are below a 2.6: that is no reason to think that it is the same"
	strayed      = "a process that changed its role counts from another offset under its old name, and continued it at one of before"
)

func (c *Checker) check(e *engine.Event) error {
	if act, ok := e.Fact.(engine.Act); ok {
		c.given(act.Text)
		return nil
	}
	h := c.world.called(e.Node)
	if h == nil {
		return nil
	}
	n := c.nodes[h.index]
	if l, ok := e.Fact.(engine.Log); ok && strings.HasPrefix(l.Text, "Retrying with SYNC") {
		c.syncs++
	}
	switch f := e.Fact.(type) {
	case *engine.Propagated:
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
		for _, r := range c.nodes {
			if m := c.world.resolve(h, r.master); m == h && r.tooNew(f.Text, n.promises) {
				r.spoil(misses)
				r.odd = misses // where its snapshot is on its way, this comes behind
			}
		}
		return n.in.write(n, f.Span, f.Text)
	case *engine.Applied:
		if n.deaf && n.heard {
			return fmt.Errorf("applies %s behind nonsense", f.Span)
		}
		n.heard = n.deaf
		return c.applied(n, f.Span)
	case engine.BacklogCreated:
		if !n.shares { // the name stays, and the bytes are others
			n.in = c.begin(n.id)
			n.in.begins, n.in.last, n.in.role = f.First-1, f.First-1, n.roles
			n.young, n.offset = false, f.First-1
		}
	case engine.HistoryChanged:
		return c.renamed(n, f)
	case engine.RoleChanged:
		switch becomes := f.Master != ""; {
		case !becomes, !n.shares:
			n.placed = false
		case !n.replica:
			n.placed = true // where its own history is
		}
		if f.Master != "" && n.wrote || n.replica && n.writable(h) && n.unanswered() > 1 {
			n.writes() // in the second case perhaps: what waited with the command that changes the role may have run before it
		}
		n.replica = f.Master != ""
		n.roles++
		n.master, _, _ = strings.Cut(f.Master, ":")
	case engine.PositionTaken:
		return c.taken(n, f)
	case engine.PositionDiscarded:
		n.lets()
	case engine.PsyncAsked:
		return n.asks(f)
	case engine.SyncFinished:
		err := c.synced(n, h, f)
		n.loaded = false
		return err
	case engine.ChannelChanged:
		n.apart = f.To == engine.ChannelConnecting || n.apart && f.To != engine.ChannelNone
	case engine.SnapshotAnnounced:
		n.told = f
	case engine.SnapshotSpooled: // it is its file from now on, whether it comes to load it or not
		if n.odd != "" {
			n.files = n.odd
		}
	case engine.SnapshotLoaded: // the stream behind it is still to come
		n.loaded = false
		err := c.synced(n, h, engine.SyncFinished{ID: f.ID, Offset: f.Offset})
		n.loaded = true
		n.placed = false // without that stream it starts over
		return err
	case engine.Acked:
		if r := c.byAddress(f.Replica); r != nil && !r.nameless() && !r.reachedAt(n.in, f.Offset) {
			return fmt.Errorf("was told that %s applied %d of %s, but it never did", f.Replica, f.Offset, n.id.Short())
		}
	case engine.PsyncAnswered:
		c.offer(n, f.Replica)
		return n.answered(f)
	case engine.FullSyncStarted:
		c.offer(n, f.Replica)
		return c.fullSync(n, f)
	case engine.Replied:
		return c.replied(n, h, f)
	case engine.LinkChanged:
		if n.deaf, n.heard = false, false; f.To == engine.LinkConnect {
			n.told, n.loaded = engine.SnapshotAnnounced{}, false
		}
		if strings.Contains(strings.ToLower(f.Why), "protocol error") && n.id != "" && n.strange != strayed {
			return fmt.Errorf("left its master: %s", f.Why)
		}
		if f.To == engine.LinkSync && !n.keeps {
			n.lets()
		}
	case engine.Log:
		n.deaf = n.deaf || strings.HasPrefix(f.Text, "Protocol error (")
		switch {
		case !strings.Contains(f.Text, "== CRITICAL ==") || n.strange != "":
		case c.foreign(n):
			n.spoil(misses)
		default:
			return errors.New(f.Text)
		}
	}
	return nil
}

// lets is a replica that lets go of its place.
func (n *checked) lets() { n.placed, n.fed.in = false, nil }

// foreign reports whether the bytes that a node is about to apply are of somebody whom it does not understand, or whose
// own data is not what its place says.
func (c *Checker) foreign(n *checked) bool {
	if !n.offsets || n.nameless() {
		m := c.world.resolve(c.world.hosts[n.host], n.master)
		return m != nil && !n.understands(m.promises())
	}
	p := n.standing()
	// What it is told of next may begin in one history and go on in the one that continues it.
	for _, of := range [...]*history{where(p.in, p.at+1).in, p.in} {
		if of.strange != "" || of.author >= 0 && !n.understands(of.wrote) {
			return true
		}
	}
	return false
}

// applied takes in what a node applied of its master's stream or, before PSYNC2, received.
func (c *Checker) applied(n *checked, s engine.Span) error {
	if above := c.world.resolve(c.world.hosts[n.host], n.master); above != nil && n.shares && c.nodes[above.index].strange == strayed {
		n.spoil(strayed) // it is sent on what that one gets
	}
	if n.strange == "" && !n.nameless() && c.foreign(n) {
		n.spoil(misses) // of some of it without a word
	}
	if n.shares {
		if err := n.extend(c, "applies", s); err != nil || n.id == "" || n.strange == strayed {
			return err // where it strayed to may be in the middle of anything
		}
		return where(n.in, n.offset).standsAt()
	}
	if n.fed.in == nil {
		return nil
	}
	if s.First != n.fed.at+1 || s.Last < s.First {
		return fmt.Errorf("receives %s at offset %d", s, n.fed.at)
	}
	n.fed.at = s.Last
	n.moved = n.moved || chosen(s.Last)
	n.reach(n.fed)
	if of := n.fed.in; (of.author >= 0 || of.begins > 0) && s.Last > of.last {
		return fmt.Errorf("receives byte %d of %s, which ends at %d", s.Last, of.id.Short(), of.last)
	}
	return nil
}

// taken takes in the place that a node found in its file.
func (c *Checker) taken(n *checked, f engine.PositionTaken) error {
	switch {
	case f.Master && !n.serves:
		return fmt.Errorf("vouches for the history %s in its file", f.ID.Short())
	case !f.Master && !n.resumes:
		return fmt.Errorf("continues at %d of %s, which is in its file", f.Offset, f.ID.Short())
	}
	n.enter(c.history(f.ID))
	n.offset = f.Offset
	if f.Master {
		return nil // the name of its own comes next
	}
	n.young, n.moved, n.placed = false, true, true
	n.reach(position{n.in, n.offset})
	if c.several(f.ID) {
		n.spoil(strayed) // the file may be of another one
		return nil
	}
	return where(n.in, n.offset).standsAt()
}

// asks checks what a replica asks for.
func (n *checked) asks(f engine.PsyncAsked) error {
	at := position{n.in, n.offset}
	if !n.shares {
		at = n.fed
	}
	switch {
	case n.told.ID != "" && f.ID == n.told.ID && f.Want == n.told.Offset+1:
		return nil
	case n.young && n.shares || f.ID == "" || at.in != nil && at.in.id == "":
		return nil // its master knew no names
	case !n.placed && f.ID != "?":
		return fmt.Errorf("asks for %d of %s, but it has let go of its place", f.Want, f.ID.Short())
	case n.placed && (f.ID != at.in.id || f.Want != at.at+1):
		return fmt.Errorf("asks for %d of %s, but it is at %d of %s", f.Want, f.ID.Short(), at.at, at.in.id.Short())
	}
	return nil
}

// offer notes from which history a replica is answered.
func (c *Checker) offer(n *checked, replica string) {
	if r := c.byAddress(replica); r != nil {
		r.offered = position{n.in, n.offset}
		if r.odd = ""; n.shares {
			r.odd = n.strange
		}
	}
}

// synced takes in the end of a resync.
func (c *Checker) synced(n *checked, h *host, f engine.SyncFinished) error {
	at := position{c.history(f.ID), f.Offset}
	if n.offered.in != nil && n.offered.in.id == f.ID {
		at.in = n.offered.in
	}
	if f.Partial {
		if before := n.offset; n.shares && f.Offset != before && !n.young {
			return fmt.Errorf("continues at offset %d after %d", f.Offset, before)
		} else if !n.shares && n.fed.in != nil && f.Offset != n.fed.at {
			return fmt.Errorf("continues at offset %d after %d", f.Offset, n.fed.at)
		}
		if err := n.strays(n.standing(), at); err != nil {
			return err
		}
	} else if !n.loaded {
		if m := c.world.resolve(h, n.master); m != nil && n.below(m.promises()) == refuses {
			return errors.New("loads a file of a version that it cannot know")
		}
		n.id2, n.second, n.strange, n.wrote = engine.NoReplID, -1, "", false
		if n.odd != "" {
			n.spoil(n.odd)
		}
	}
	n.placed, n.moved = f.ID != "", true
	if n.shares {
		n.enter(at.in)
		n.offset, n.young = f.Offset, false
	} else if n.fed = at; f.ID == "" {
		n.fed.in = nil
	}
	if f.ID != "" {
		n.reach(at)
	}
	return nil
}

// strays compares the last byte that a node has with the one that it continues behind: they are to be the same byte of
// the same history, and not only of the same name. A process of before PSYNC2 that changed its role counts from another
// offset under its old name.
func (n *checked) strays(from, to position) error {
	was, is := where(from.in, from.at).in, where(to.in, to.at).in
	if was == is || was.id != is.id {
		return nil
	}
	if is.role == was.role {
		return fmt.Errorf("continues at offset %d of %s, whose backlog was created anew since", to.at, is.id.Short())
	}
	n.spoil(strayed)
	return nil
}

// nameless reports whether a node got its data by SYNC, with no name of a history: it counts from -1, and what it
// acknowledges when it is asked to is a number of its own.
func (n *checked) nameless() bool { return n.shares && n.id == "" || !n.shares && n.fed.in == nil }

// standing is where a node is in the history of its master.
func (n *checked) standing() position {
	if n.shares || n.fed.in == nil {
		return position{n.in, n.offset}
	}
	return n.fed
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
	n.reach(position{n.in, n.offset})
	return nil
}

// reach notes how far a node has come.
func (n *checked) reach(to position) {
	for i := range n.reached {
		if p := &n.reached[i]; p.in == to.in {
			p.at = max(p.at, to.at)
			return
		}
	}
	n.reached = append(n.reached, to)
}

// reachedAt reports whether a node has ever applied a history up to an offset. A process of before PSYNC2 that makes its
// backlog anew goes on under its old name: who is below the one that continues it does not hear that it is another history.
func (n *checked) reachedAt(h *history, at engine.Offset) bool {
	if at <= 0 {
		return true
	}
	p := where(h, at)
	for _, q := range n.reached {
		if p.within(q) || h.id != "" && q.in != h && q.in.id == h.id && at <= q.at {
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
	was := n.in
	if f.ID != n.id {
		n.enter(c.history(f.ID))
	}
	switch f.ID2 {
	case engine.NoReplID:
		if n.in != was {
			n.strange = "" // of a history that begins here, its data is what it is
		}
	case "":
		if n.replica {
			n.spoil(unnamed)
		}
	case was.id:
		n.in.continues(was, f.SecondOffset-1)
		if err := n.strays(position{was, f.SecondOffset - 1}, position{n.in, f.SecondOffset - 1}); err != nil {
			return err
		}
	default:
		n.in.continues(c.history(f.ID2), f.SecondOffset-1)
	}
	n.id2, n.second, n.turned = f.ID2, f.SecondOffset, true
	n.reach(position{n.in, n.offset})
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
	if !n.shares && !f.Backlog {
		return checkAnswer(f) // it is nowhere
	}
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
	if r := c.byAddress(f.Replica); r != nil && (!r.offsets || r.apart) {
		return nil // it knows nothing else, or the one that it asked has died since
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
	h, client := c.world.called(name), 1
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

// unanswered is how many commands of its clients a node has not answered yet.
func (n *checked) unanswered() int {
	count := 0
	for i := range n.asked {
		count += len(n.asked[i].given)
	}
	return count
}

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
	n.open = n.open || strings.HasPrefix(f.Command, "CONFIG SET replica-read-only")
	if n.replica && n.writable(h) && changesData(f) {
		n.writes()
	}
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
		if r := c.byAddress(name); r != nil && (r.nameless() || r.reachedAt(n.in, q.wrote)) {
			have++
		}
	}
	if have < counted {
		return fmt.Errorf("%s is answered with %d, but only %d replicas have applied %d", f.Command, counted, have, q.wrote)
	}
	return nil
}

// writable reports whether the node may have taken writes of its clients, were it a replica, in the events being read. Of
// one that has ended with them nobody knows what it was told last.
func (n *checked) writable(h *host) bool {
	return n.open || h.node == nil || !h.node.Config().ReplicaReadOnly
}

// changesData reports whether a command that was answered so may have changed data: all but those that surely did not.
func changesData(f engine.Replied) bool {
	name, _, _ := strings.Cut(strings.ToUpper(f.Command), " ")
	switch name {
	case "GET", "SELECT", "MULTI", "DISCARD", "WAIT", "CONFIG", "CLIENT", "DEBUG", "SAVE", "BGSAVE", "REPLICAOF", "SLAVEOF", "FAILOVER", "SHUTDOWN":
		return false
	}
	return len(f.Reply) > 0 && f.Reply[0] != '-' && f.Text != "QUEUED"
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
