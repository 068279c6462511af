package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resync/engine"
)

// The lost-write audit: which writes that some master took from a client are not in the data of a node, and which of
// them the client was told were done.
//
// It reads the log alone. Every write makes a version of the data, with the version before it as its parent. Where the
// data of a node stands follows from what it reports: a master writes; a replica applies a history up to an offset, or
// takes a snapshot; a process that starts has the file that was saved last. What a node has is its version with all
// that came before it:
//
//	m1:  v1 ── v2 ── v3 ── v4      written while the link was cut
//	            └── w3 ── w4       r1 was promoted when it had applied v2: for it v3 and v4 are lost
//
// A node of 2.6 does not count its stream, so nothing is known of what it writes. A file counts as the same one
// whatever dbfilename says, and one that was put there with restore counts as holding none of the writes, whatever is in
// it.

// A Write is a command of a client that a master took, with what it put into its stream.
type Write struct {
	Seq      int64 // of the event that told of it
	Node     string
	At       engine.Instant
	ID       engine.ReplID // the history that it was written in; "" when it went into no stream
	Span     engine.Span   // its bytes there
	Commands string        // as they were streamed, shortened
	Keys     []string
	Client   int            // of the node; 0 with Load
	Load     bool           // of background writing, whose replies come at once
	Acked    engine.Instant // when the client was told that it is done; 0 when it never was
	Waited   int64          // so many replicas had it according to an answered WAIT; 0 when there was none
	Holders  []string       // nodes that are up and have it

	by engine.Author
}

// An Audit is what of all writes a node does not have.
type Audit struct {
	Winner string  // that is asked about
	Writes int     // that were ever made
	Told   int     // of these, those that a client was told were done
	Lost   []Write // in their order
}

// Acked are the lost writes that a client was told were done.
func (a *Audit) Acked() []Write {
	return slices.DeleteFunc(slices.Clone(a.Lost), func(w Write) bool { return w.Acked == 0 })
}

// Bytes is how many bytes of stream are lost.
func (a *Audit) Bytes() (bytes int64) {
	for _, w := range a.Lost {
		if w.ID != "" {
			bytes += w.Span.Len()
		}
	}
	return bytes
}

// String prints the audit as a table, with a line of sums above it.
func (a *Audit) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s lacks %d of %d writes, %d bytes of stream; of %d a client was told that they are done\n",
		a.Winner, len(a.Lost), a.Writes, a.Bytes(), len(a.Acked()))
	if len(a.Lost) == 0 {
		return b.String()
	}
	rows := [][]string{{"time", "node", "client", "span", "acked", "wait", "held by", "keys", "commands"}}
	for i := range a.Lost {
		rows = append(rows, a.Lost[i].row())
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", width[i]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// AppendJSON appends the write as a JSON object, with the fields of AppendJSON's events where they mean the same. What
// there is not is null.
func (w *Write) AppendJSON(b []byte) []byte {
	b = append(b, `{"lost":true,"time":"`...)
	b = append(append(b, w.At.String()...), `","nanos":`...)
	b = strconv.AppendInt(b, int64(w.At-engine.Epoch), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, w.Seq, 10)
	j := jsonFields{b}
	j.Text("node", w.Node)
	j.Int("client", int64(w.Client))
	j.Bool("load", w.Load)
	j.Text("id", string(w.ID))
	if w.ID != "" {
		j.Int("first", int64(w.Span.First))
		j.Int("last", int64(w.Span.Last))
	} else {
		j.b = append(j.b, `,"first":null,"last":null`...)
	}
	j.Text("commands", w.Commands)
	j.Texts("keys", w.Keys)
	if w.Acked != 0 {
		j.Int("acknowledged", int64(w.Acked-engine.Epoch))
	} else {
		j.b = append(j.b, `,"acknowledged":null`...)
	}
	j.Int("waited", w.Waited)
	j.Texts("holders", w.Holders)
	return append(j.b, '}')
}

// row are the cells of a write in a table: "-" for what there is not.
func (w *Write) row() []string {
	orNone := func(is bool, s string) string {
		if !is {
			return "-"
		}
		return s
	}
	client := strconv.Itoa(w.Client)
	if w.Load {
		client = "load"
	}
	return []string{
		w.At.String(), w.Node, client, orNone(w.ID != "", w.Span.String()), orNone(w.Acked != 0, w.Acked.String()),
		orNone(w.Waited > 0, strconv.FormatInt(w.Waited, 10)), orNone(len(w.Holders) > 0, strings.Join(w.Holders, ",")),
		Words(w.Keys), oneLine(w.Commands),
	}
}

// Audit says which writes a node does not have. Without a name it is the master that most nodes follow, of several
// such the one that became a master last. The error says that there is no such node, or that nobody is a master.
func (w *World) Audit(winner string) (*Audit, error) { return NewAuditor().Audit(w, winner) }

// Missing says which writes of one world a node of another one does not have: of two branches, what the one has lost
// that the other one's clients wrote. The writes are the same where they are the same command at the same moment in the
// same history. The node is chosen as Audit does it.
func (w *World) Missing(other *World, winner string) (*Audit, error) {
	return NewAuditor().Missing(w, NewAuditor(), other, winner)
}

// An Auditor reads the log of a world, in parts as long as its owner has time for, and then says what is lost in it. It reads on
// in a world that has gone on since; one that has gone back, or another way, needs an Auditor of its own.
type Auditor struct{ ledger }

// NewAuditor returns one that has read nothing.
func NewAuditor() *Auditor {
	return &Auditor{ledger{nodes: map[string]*books{}, histories: map[engine.ReplID]*lineage{}, byIP: map[string]*books{}}}
}

// Seen is how many events it has read.
func (l *Auditor) Seen() int { return l.seen }

// Read takes in so many more events of a world at most, and reports whether there are no others.
func (l *Auditor) Read(w *World, events int) (all bool) {
	for _, h := range w.hosts {
		l.byIP[h.ip] = l.of(h.name)
	}
	log := w.Events()
	for _, e := range log.First(min(log.Len(), l.seen+events)).From(l.seen) {
		if e.Node != "" {
			l.read(&e, l.of(e.Node))
		} else if f, ok := e.Fact.(engine.Act); ok && strings.HasPrefix(f.Text, "restore ") {
			l.of(strings.Fields(f.Text)[1]).file = nil
		}
		l.seen++
	}
	return l.seen == log.Len()
}

// Audit is World.Audit, of a world whose log is read to its end first.
func (l *Auditor) Audit(w *World, winner string) (*Audit, error) {
	l.Read(w, w.Events().Len())
	h, err := l.winner(w, winner)
	if err != nil {
		return nil, err
	}
	had := l.had(h.name)
	return l.audit(w, h.name, func(v *version) bool { return had[v.index] }), nil
}

// Missing is World.Missing, with an Auditor for each of the worlds.
func (l *Auditor) Missing(w *World, there *Auditor, other *World, winner string) (*Audit, error) {
	l.Read(w, w.Events().Len())
	there.Read(other, other.Events().Len())
	h, err := there.winner(other, winner)
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for v := there.of(h.name).at; v != nil; v = v.parent {
		has[there.write(other, v).identity()] = true
	}
	return l.audit(w, h.name, func(v *version) bool { return has[l.write(w, v).identity()] }), nil
}

func (w Write) identity() string {
	return fmt.Sprintf("%s %d %s %s %v %s", w.Node, w.At, w.ID, w.Span, w.by, w.Commands)
}

// winner is the node of that name or, without a name, the master that won.
func (l *ledger) winner(w *World, name string) (*host, error) {
	if name != "" {
		h, err := w.host(name)
		if err == nil && h.node == nil {
			err = fmt.Errorf("%s is down and has no data", name)
		}
		return h, err
	}
	follow := make([]int, len(w.hosts))
	for _, h := range w.hosts {
		if h.node != nil {
			if m := w.top(h); m != nil {
				follow[m.index]++
			}
		}
	}
	var best *host
	for i, n := range follow {
		h := w.hosts[i]
		if n > 0 && (best == nil || n > follow[best.index] || n == follow[best.index] && l.of(h.name).promoted > l.of(best.name).promoted) {
			best = h
		}
	}
	if best == nil {
		return nil, fmt.Errorf("no node that is up is a master")
	}
	return best, nil
}

// top is the master at the top of the chain that a node, which is up, is in; nil where there is none that is up.
func (w *World) top(h *host) *host {
	for range w.hosts {
		r := h.replication(w.now)
		if !r.Replica {
			return h
		}
		if h = w.resolve(h, r.Master.Host); h == nil || h.node == nil {
			return nil
		}
	}
	return nil // they follow one another in a circle
}

// version is how data stands behind a write of a client. What else is to be said of that is in the log.
type version struct {
	parent *version
	seq    int64 // of the event that told of the write
	index  int   // in ledger.writes
	client int   // of the node; 0 for background writing
	load   bool
	acked  engine.Instant
}

// ledger is what a log tells of all data.
type ledger struct {
	seen      int // events of the log
	nodes     map[string]*books
	histories map[engine.ReplID]*lineage
	writes    []*version // of clients, in their order
	versions  engine.Slab[version]
	byIP      map[string]*books
}

// books is what is known of one node.
type books struct {
	id     engine.ReplID // of the history that it is in
	offset engine.Offset
	at     *version      // its data
	shift  engine.Offset // what it counts less than its master does

	// The snapshot that it was last promised.
	promised       engine.ReplID
	promisedOffset engine.Offset

	file    *version // in its RDB file; one that is gone is not loaded again
	saving  *version // in the one that is being saved in the background
	loading *version // that it is loading from its file
	spooled bool     // the snapshot that it is loading is its file now

	replica  bool
	promoted int64              // the event that made it a master, 0 when it always was
	streamed *engine.Propagated // by a replica with a stream of its own, and not applied yet

	load    engine.ConnID // the connection of its background writing
	clients []*terminal
	asked   map[engine.Author]*version // not answered yet
	waits   []waited
}

// terminal is a client of a node.
type terminal struct {
	number  int
	conn    engine.ConnID
	replies int64
}

// waited is an answered WAIT.
type waited struct {
	id     engine.ReplID
	offset engine.Offset
	acked  int64
}

// lineage is a history: which version its bytes make, from some byte on. What is before is another one's.
type lineage struct {
	parent *lineage
	marks  []mark // by offset
}

type mark struct {
	offset engine.Offset
	at     *version
}

// upTo is the version that bytes 1 to offset make.
func (l *lineage) upTo(offset engine.Offset) *version {
	for ; l != nil; l = l.parent {
		i, _ := slices.BinarySearchFunc(l.marks, offset+1, func(m mark, o engine.Offset) int { return int(m.offset - o) })
		if i > 0 {
			return l.marks[i-1].at
		}
	}
	return nil
}

// add notes that everything up to an offset makes a version.
func (l *lineage) add(offset engine.Offset, v *version) { l.marks = append(l.marks, mark{offset, v}) }

func (l *ledger) of(name string) *books {
	n := l.nodes[name]
	if n == nil {
		n = &books{asked: map[engine.Author]*version{}}
		l.nodes[name] = n
	}
	return n
}

// history finds a history that a node writes or takes over; a new one begins with the data of that node.
func (l *ledger) history(id engine.ReplID, n *books, at engine.Offset) *lineage {
	h := l.histories[id]
	if h == nil {
		h = &lineage{parent: l.histories[n.id], marks: []mark{{at, n.at}}}
		l.histories[id] = h
	}
	return h
}

// read takes in what a node reported.
func (l *ledger) read(e *engine.Event, n *books) {
	switch f := e.Fact.(type) {
	case *engine.Propagated:
		if n.replica { // the same as what it is about to apply
			n.streamed = f
			return
		}
		h := l.history(f.ID, n, f.Span.First-1)
		l.take(e, n, f.By)
		h.add(f.Span.Last, n.at)
		n.id, n.offset = f.ID, f.Span.Last
	case engine.Unstreamed:
		l.take(e, n, f.By)
	case *engine.Applied:
		n.offset = f.Span.Last + n.shift
		n.at = l.histories[n.id].upTo(n.offset)
		if s := n.streamed; s != nil {
			l.history(s.ID, n, s.Span.First-1).add(s.Span.Last, n.at)
			n.streamed = nil
		}
	case engine.HistoryChanged:
		l.history(f.ID, n, n.offset)
		n.id = f.ID
	case engine.BacklogCreated:
		n.offset = f.First - 1
	case engine.FullSyncStarted:
		h := l.history(f.ID, n, f.Offset)
		if n.replica && f.ID != n.id {
			h.add(f.Offset, n.at) // it has a stream of its own
		} else {
			n.id, n.offset = f.ID, f.Offset
		}
		l.promise(f.Replica, f.ID, f.Offset)
	case engine.SnapshotJoined:
		l.promise(f.Replica, n.id, f.Offset)
	case engine.RoleChanged:
		if n.replica = f.Master != ""; !n.replica {
			n.promoted = e.Seq
		}
	case engine.SyncFinished:
		n.replica, n.shift = true, 0
		if n.id, n.offset = f.ID, f.Offset; f.ID == "" { // it asked with SYNC, and was told neither name nor offset
			n.id, n.offset = n.promised, n.promisedOffset
			n.shift = n.offset - f.Offset
		}
		if !f.Partial {
			n.copied(l)
		}
	case engine.SnapshotLoaded: // and the stream behind it is still to come, on the other connection
		n.replica, n.shift, n.id, n.offset = true, 0, f.ID, f.Offset
		n.copied(l)
	case engine.PositionTaken:
		n.id, n.offset, n.replica = f.ID, f.Offset, !f.Master
		if h := l.histories[f.ID]; h != nil {
			n.at = h.upTo(f.Offset)
		}
	case engine.SnapshotSpooled:
		n.spooled = true
	case engine.LoadBegan:
		if !f.Beside {
			n.loading, n.at = n.file, nil
		}
	case engine.LoadEnded:
		if f.Why == "" && n.loading != nil {
			n.at, n.loading = n.loading, nil
		}
	case engine.SnapshotEnded:
		if !f.Streamed && f.Failure == "" && f.Killed == "" {
			n.file = n.saving
		}
	case engine.Log:
		n.readLog(f.Text)
	case engine.ClientConnected:
		n.connected(f)
	case engine.Replied:
		n.replied(e.At, f)
	case engine.Waited:
		if f.How != "begins to wait" && f.Acked > 0 {
			n.waits = append(n.waits, waited{n.id, f.Offset, f.Acked})
		}
	}
}

// copied notes that a node has the dataset of its place in the history, whole, and perhaps as its file.
func (n *books) copied(l *ledger) {
	if n.at = l.histories[n.id].upTo(n.offset); n.spooled {
		n.file, n.spooled = n.at, false
	}
}

// readLog reads what only the log of a node tells: that a process begins, and what is saved.
func (n *books) readLog(line string) {
	switch {
	case line == "Server initialized":
		n.id, n.offset, n.at, n.loading, n.spooled, n.replica = "", 0, nil, nil, false, false
		n.streamed = nil
	case strings.HasPrefix(line, "Background saving started by pid "):
		n.saving = n.at
	case line == "DB saved on disk":
		n.file = n.at // if it was in the background, SnapshotEnded comes next
	}
}

// promise notes the snapshot that a replica, which a master's log names by its address, is going to get.
func (l *ledger) promise(replica string, id engine.ReplID, offset engine.Offset) {
	ip, _, _ := strings.Cut(replica, ":")
	if n := l.byIP[ip]; n != nil {
		n.promised, n.promisedOffset = id, offset
	}
}

// take makes a version of a write. What has no author makes none.
func (l *ledger) take(e *engine.Event, n *books, by engine.Author) {
	if by == (engine.Author{}) {
		return
	}
	v := l.versions.New()
	v.parent, v.seq, v.index = n.at, e.Seq, len(l.writes)
	if v.load = by.Conn == n.load; v.load {
		v.acked = e.At
	} else {
		n.asked[by] = v
	}
	for _, c := range n.clients {
		if c.conn == by.Conn {
			v.client = c.number
		}
	}
	n.at = v
	l.writes = append(l.writes, v)
}

// write is all that is known of a version's write, but for who has it.
func (l *ledger) write(w *World, v *version) Write {
	e := w.Events().At(int(v.seq))
	out := Write{Seq: v.seq, Node: e.Node, At: e.At, Client: v.client, Load: v.load, Acked: v.acked}
	switch f := e.Fact.(type) {
	case *engine.Propagated:
		out.ID, out.Span, out.Commands, out.Keys, out.by = f.ID, f.Span, f.Text, f.Keys, f.By
	case engine.Unstreamed:
		out.Commands, out.Keys, out.by = f.Text, f.Keys, f.By
	}
	for _, x := range l.of(out.Node).waits {
		if x.id == out.ID && out.ID != "" && x.offset >= out.Span.Last {
			out.Waited = max(out.Waited, x.acked)
		}
	}
	return out
}

func (n *books) connected(f engine.ClientConnected) {
	if f.Load {
		n.load = f.Conn
		return
	}
	fresh := &terminal{number: f.Client, conn: f.Conn}
	if i := slices.IndexFunc(n.clients, func(c *terminal) bool { return c.number == f.Client }); i >= 0 {
		n.clients[i] = fresh
	} else {
		n.clients = append(n.clients, fresh)
	}
}

// replied finds the write that a reply belongs to. Messages belong to none, and so does what a terminal says when its
// connection is lost.
func (n *books) replied(at engine.Instant, f engine.Replied) {
	i := slices.IndexFunc(n.clients, func(c *terminal) bool { return c.number == f.Client })
	if i < 0 || f.Command == "" || len(f.Reply) == 0 {
		return
	}
	c := n.clients[i]
	c.replies++
	by := engine.Author{Conn: c.conn, Command: c.replies}
	if v := n.asked[by]; v != nil && f.Reply[0] != '-' {
		v.acked = at
	}
	delete(n.asked, by)
}

// audit says which writes a node does not have, as has decides.
func (l *ledger) audit(w *World, winner string, has func(*version) bool) *Audit {
	a := &Audit{Winner: winner, Writes: len(l.writes)}
	var lost []*version
	for _, v := range l.writes {
		if v.acked != 0 {
			a.Told++
		}
		if !has(v) {
			lost = append(lost, v)
		}
	}
	holders := make([][]bool, len(w.hosts))
	for i, h := range w.hosts {
		if h.node != nil && len(lost) > 0 {
			holders[i] = l.had(h.name)
		}
	}
	for _, v := range lost {
		out := l.write(w, v)
		for i, h := range w.hosts {
			if holders[i] != nil && holders[i][v.index] {
				out.Holders = append(out.Holders, h.name)
			}
		}
		a.Lost = append(a.Lost, out)
	}
	return a
}

// had says of every write whether it is in the data of a node.
func (l *ledger) had(name string) []bool {
	had := make([]bool, len(l.writes))
	for v := l.of(name).at; v != nil; v = v.parent {
		had[v.index] = true
	}
	return had
}
