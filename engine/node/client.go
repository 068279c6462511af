package node

import (
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/repl"
	"resync/engine/resp"
)

// client is one connection that somebody made to this node: an ordinary client or a replica.
type client struct {
	id          int64
	conn        engine.ConnID
	addr, laddr string
	name        string
	since, used engine.Instant
	db          int
	authed      bool
	lastCmd     *command.Command
	commands    int64         // of it that were begun
	wrote       engine.Offset // of the stream behind its last command: what WAIT waits for

	dec     resp.Decoder
	in      []byte // received and not executed yet
	w       resp.Writer
	sent    int64 // handed to the driver and not drained yet, in bytes
	touched bool
	cut     bool // no reply is sent any more: too much was waiting
	size    footprint
	silence replyMode
	held    bool // nothing of it is executed until what it asked for is done: SAVE, DEBUG RELOAD, CONFIG REWRITE
	ending  bool // nothing of it is executed unless the shutdown that it asked for is given up

	multi   *multi
	watched []watchedKey
	dirty   bool // a watched key was changed: EXEC will do nothing

	parked    *parked // it waits in a blocking command
	postponed bool    // its next command waits for the end of a pause
	resumed   bool    // its input goes on at the end of the turn
	replyFrom int     // where in w the reply of the command begins that it is in

	subs    [spaces]subscriptions
	track   *trackMode  // nil while it does not track
	monitor bool        // it is shown every command
	noEvict bool        // CLIENT NO-EVICT
	late    resp.Writer // messages that came while its own command was executed, whose reply is dropped

	intro   repl.Replica   // what it announced with REPLCONF, before it asks to be a replica
	replica *repl.Replica  // nil for an ordinary client
	full    *transfer      // the file of a snapshot on its way to a replica
	copied  int64          // bytes of its snapshot that it was sent, framing included
	apart   apart          // its stream, where every replica has its own
	tookAt  engine.Instant // when a replica last took some of what it was sent
	linger  lingering      // of the connection of a snapshot
	softAt  engine.Instant // when what waits for it reached the soft limit, or 0 while it does not

	closing string // why the connection is closed once its output is out; "" while it is open
}

// replyMode is CLIENT REPLY's.
type replyMode byte

const (
	replyOn replyMode = iota
	replyOff
	replySkipNext // CLIENT REPLY SKIP was just seen
	replySkip     // this command's reply is dropped
)

func (c *client) clone() *client {
	d := *c
	d.in = append([]byte(nil), c.in...)
	d.w.Buf = nil
	if c.multi != nil {
		m := *c.multi
		m.queue = append([][][]byte(nil), m.queue...)
		d.multi = &m
	}
	d.watched = append([]watchedKey(nil), c.watched...)
	d.late.Buf = nil
	if c.parked != nil {
		p := *c.parked // its words are never changed in place
		d.parked = &p
	}
	for in := range d.subs {
		d.subs[in] = c.subs[in].clone()
	}
	d.track = c.track.clone()
	if c.replica != nil {
		r := *c.replica
		d.replica = &r
	}
	d.full = c.full.clone()
	d.apart = c.apart.clone()
	return &d
}

// accept takes a new connection.
func (n *Node) accept(in Accepted) {
	n.lastID++
	n.stats.connections++
	c := &client{
		id: n.lastID, conn: in.Conn, addr: in.Remote, laddr: in.Local,
		since: n.now, used: n.now, authed: !n.user.closed, size: newFootprint(n.now),
	}
	n.byConn[c.conn] = c
	n.clients = append(n.clients, c)
	if len(n.clients) > n.cfg.MaxClients {
		n.stats.rejected++
		c.w.Error("ERR max number of clients reached")
		c.close(n, "max number of clients reached")
	}
}

// received takes bytes of a client or of the master and executes what is complete.
func (n *Node) received(in *Received) {
	n.stats.netIn += int64(len(in.Data))
	if n.master.has(in.Conn) {
		n.master.received(n, in.Conn, in.Data)
		return
	}
	if in.Conn >= engine.OutgoingConn {
		n.targetReplied(in.Conn, in.Data)
		return
	}
	c := n.byConn[in.Conn]
	if c == nil || c.closing != "" || c.linger.since != 0 {
		return
	}
	n.tend(c)
	c.used = n.now
	c.touch(n)
	if c.w.Buf == nil {
		c.w.Buf, n.spare = n.spare, nil
	}
	if c.waits() {
		c.in = append(c.in, in.Data...)
		c.size.reads(len(c.in), 0)
		n.limitInput(c)
		return
	}
	buf := in.Data
	if len(c.in) > 0 {
		c.in = append(c.in, in.Data...)
		buf = c.in
	}
	n.consume(c, buf)
}

// consume executes what is complete of a client's input, as far as it may, and keeps the rest.
func (n *Node) consume(c *client, buf []byte) {
	n.tend(c) // what waited until now has kept its buffers
	c.dec.Limits = n.limits(c)
	c.size.reads(len(buf)-c.dec.Understood(), c.queryNeed())
	c.size.reading = len(buf)
	for len(buf) > 0 && c.closing == "" && !c.waits() {
		args, used, err := c.dec.Next(buf)
		if err != nil {
			// Nothing behind a broken request can be understood; what came before was executed and is answered.
			start := len(c.w.Buf)
			c.w.Error("ERR " + err.Error())
			if c.replica != nil && n.era.DropsTalkers {
				n.dropTalker(c, start)
			}
			broken := err.(*resp.ProtocolError)
			n.log(engine.LogVerbose, protocolErrorLine(protocolErrorWord(broken), c.String(n), buf[broken.At:]))
			c.close(n, "Protocol error")
			break
		}
		if used == 0 {
			break
		}
		if len(args) > 0 {
			n.execute(c, args)
		} else if c.replica != nil {
			c.replica.AckedAt = n.now // a bare newline is a sign of life
		}
		if c.postponed {
			break // the command is read again when the pause is over
		}
		buf = buf[used:]
	}
	c.in = append(c.in[:0], buf...)
	c.size.reading = 0
	c.size.reads(c.queryHeld(), c.queryNeed())
	if cap(c.in) > 64<<10 && len(c.in) < 1<<10 {
		c.in = append([]byte(nil), c.in...) // one large request does not keep its memory
	}
	n.limitInput(c)
}

// limitInput closes a client that sends more than is executed.
func (n *Node) limitInput(c *client) {
	if int64(len(c.in)) > n.cfg.ClientQueryBufferLimit {
		n.log(engine.LogWarning, "Closing client that reached max query buffer length: "+c.String(n))
		c.close(n, "query buffer limit")
	}
}

func (n *Node) limits(c *client) resp.Limits {
	if n.isStranger(c) {
		return resp.Unauthenticated
	}
	return resp.Limits{MaxBulk: n.cfg.ProtoMaxBulkLen}
}

// touch marks the client as one that this step may owe something.
func (c *client) touch(n *Node) {
	if !c.touched {
		c.touched = true
		n.touched = append(n.touched, c)
	}
}

// close ends the connection once its output is out. Nothing more is read from it. One that is awaited lingers first.
func (c *client) close(n *Node, why string) {
	if c.replica != nil && c.replica.Awaited {
		n.linger(c, why)
		return
	}
	if c.closing == "" {
		c.closing = why
		c.touch(n)
	}
}

// flush hands the client's replies to the driver and closes it where that was decided.
func (c *client) flush(n *Node) {
	if c.replica == nil && len(c.w.Buf) > 0 {
		n.tend(c)
		c.size.replies(len(c.w.Buf))
		n.limitOutput(c, true)
	}
	if c.cut {
		c.w.Buf = c.w.Buf[:0]
	}
	if len(c.w.Buf) > 0 {
		payload := engine.PayloadReply
		if c.replica != nil {
			payload = engine.PayloadHandshake
		}
		n.send(c, Send{Conn: c.conn, Data: c.w.Buf, Payload: payload})
		c.w.Buf = c.w.Buf[:0]
	}
	if size := cap(c.w.Buf); size > 64<<10 {
		// No client keeps a large buffer, but the next one that needs one should not have to grow its own.
		if size <= 4<<20 {
			n.spare = c.w.Buf
		}
		c.w.Buf = nil
	}
	if c.closing != "" && n.byConn[c.conn] == c {
		if !c.linger.gone {
			n.out.do(Close{Conn: c.conn, Why: c.closing})
		}
		n.drop(c, c.closing)
	}
}

// send hands bytes for a client to the driver and counts them.
func (n *Node) send(c *client, s Send) {
	if c.linger.gone {
		return
	}
	c.sent += int64(len(s.Data))
	n.stats.netOut += int64(len(s.Data))
	if s.Payload == engine.PayloadStream || s.Payload == engine.PayloadSnapshot {
		n.stats.replOut += int64(len(s.Data))
	}
	n.out.send(s)
}

func (n *Node) drained(in *Drained) {
	c := n.byConn[in.Conn]
	if c == nil {
		n.targetDrained(in)
		return
	}
	n.tend(c)
	c.sent -= int64(in.Bytes)
	if c.replica == nil {
		n.weigh(c)
		return
	}
	c.tookAt = n.now
	switch c.replica.State {
	case repl.WaitEnd:
		n.streamPart()
	case repl.SendBulk:
		n.sendFile(c)
	case repl.Online, repl.BackgroundLoad:
		// Half of the window at a time: sending whatever has become free would cut the stream into ever smaller pieces.
		if c.sent <= sendWindow/2 && c.replica.Sent < n.hist.Offset() {
			c.touch(n)
		}
	}
}

// closed takes the end of a connection that the peer or the network made.
func (n *Node) closed(in Closed) {
	if n.master.has(in.Conn) {
		n.master.lost(n, in.Conn, in.Why)
		return
	}
	if in.Conn >= engine.OutgoingConn {
		n.targetLost(in.Conn, in.Why)
		return
	}
	switch c := n.byConn[in.Conn]; {
	case c == nil:
	case c.replica != nil && c.replica.Awaited:
		c.linger.gone, c.linger.deaf, c.sent = true, in.Why != "", 0
		n.linger(c, in.Why)
		n.streamPart() // it may have been the slowest
	default:
		n.drop(c, in.Why)
	}
}

// drop forgets a client.
func (n *Node) drop(c *client, why string) {
	delete(n.byConn, c.conn)
	n.clients = without(n.clients, c)
	n.weigh(c)
	n.unwatch(c)
	n.unpark(c)
	n.postponed = without(n.postponed, c)
	n.unlistenAll(c)
	n.untrack(c)
	n.stopMonitor(c)
	if c.replica != nil {
		n.dropReplica(c, why)
	}
}

func without(list []*client, c *client) []*client {
	for i, other := range list {
		if other == c {
			return append(append([]*client(nil), list[:i]...), list[i+1:]...)
		}
	}
	return list
}

// execute runs one command of a client, queues it, refuses it, or lets it wait.
//
// Source: redis/src/server.c, processCommand.
func (n *Node) execute(c *client, args [][]byte) {
	start, wasReplica := len(c.w.Buf), c.replica != nil
	n.executing, n.line, c.replyFrom = c, args, start
	cmd, refused := n.cmds.Find(args)
	c.lastCmd = cmd
	c.commands++
	if cmd != nil {
		refused = n.refusal(c, cmd)
		start = len(c.w.Buf) // what eviction tells it is no reply
		c.replyFrom = start
	}
	switch {
	case refused != "":
		n.refuse(c, args, refused)
		n.tally.rejected(n.cmds.Lookup(args[0]), args, c.w.Buf[start:])
	case c.replica == nil && !c.monitor && n.holds(c.effects(cmd)):
		c.commands-- // it will be read again
		n.postpone(c)
		return
	case c.multi != nil && !runsInMulti(cmd):
		c.multi.add(cmd, args)
		c.w.Simple("QUEUED")
	default:
		n.calling = true
		n.perform(c, cmd, args)
		n.calling = false
		c.wrote = n.hist.Offset()
	}
	n.executing, n.line = nil, nil
	if c.track != nil {
		c.endCaching()
	}
	if c.parked != nil || c.held { // it will be answered
		n.tellPending(c)
		return
	}
	if c.mutes() && c.replica != nil && !wasReplica {
		start = len(c.w.Buf) // what PSYNC says is written past the replies
	}
	n.muteReply(c, start)
	if wasReplica && len(c.w.Buf) > start && n.era.DropsTalkers {
		n.dropTalker(c, start)
	}
	n.tellPending(c)
	n.serveReady()
}

// refuse answers a command that may not run. In a transaction it spoils EXEC, and an EXEC that is refused itself ends
// the transaction.
//
// Source: redis/src/server.c, rejectCommand.
func (n *Node) refuse(c *client, args [][]byte, refused string) {
	if cmd := n.cmds.Lookup(args[0]); cmd != nil && cmd.Name == "EXEC" {
		n.discardMulti(c)
		c.w.Error("EXECABORT Transaction discarded because of: " + strings.TrimPrefix(refused, "ERR "))
		return
	}
	if c.multi != nil && (n.era.SpoilsMulti || !strings.HasPrefix(refused, "READONLY ")) {
		c.multi.broken = true
	}
	c.w.Error(n.era.Text(refused))
}

// effects are the flags of a command; those of EXEC count what was queued.
func (c *client) effects(cmd *command.Command) command.Flags {
	if cmd.Name == "EXEC" && c.multi != nil {
		return (cmd.Flags | c.multi.flags) &^ c.multi.lacks
	}
	return cmd.Flags
}

func firstLine(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\r\n")
	return s
}

// refusal is the error for a command that may not run now, or "". The checks come in Redis's order.
func (n *Node) refusal(c *client, cmd *command.Command) string {
	flags := c.effects(cmd)
	switch {
	case flags&command.Protected != 0 && !n.mayDebug(c):
		return "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."
	case n.isStranger(c) && flags&command.NoAuth == 0:
		return "NOAUTH Authentication required."
	case c.multi != nil && flags&command.NoMulti != 0:
		return "ERR Command not allowed inside a transaction"
	case c.multi != nil && cmd.Name == "MIGRATE":
		return command.ErrNoWait
	}
	if refused := n.memoryRefuses(c, cmd, flags); refused != "" {
		return refused
	}
	if n.crowded() {
		n.trimTracking()
	}
	if flags&command.Write != 0 || cmd.Name == "PING" {
		if refused := n.diskRefuses(); refused != "" {
			return refused
		}
	}
	switch {
	case flags&command.Write != 0 && !n.isReplica() && !n.enoughReplicas():
		return "NOREPLICAS Not enough good replicas to write."
	case flags&command.Write != 0 && n.isReplica() && n.cfg.ReplicaReadOnly:
		return "READONLY You can't write against a read only replica."
	case c.inSubscribedMode() && !allowedWhenSubscribed(cmd):
		return "ERR Can't execute '" + cmd.FullName() + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
	case flags&command.Stale == 0 && n.isReplica() && n.master.state != engine.LinkConnected && !n.cfg.ReplicaServeStaleData:
		return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
	case n.disk.loading != nil && !n.disk.loading.async && flags&command.Loading == 0,
		n.disk.loading != nil && n.disk.loading.async && flags&command.NoAsyncLoading != 0:
		return "LOADING Redis is loading the dataset in memory"
	case (c.replica != nil || c.monitor) && n.era.DropsTalkers && flags&(command.Write|command.ReadOnly|command.MayReplicate) != 0:
		return "ERR Replica can't interact with the keyspace"
	}
	return ""
}

// mayDebug reports whether the configuration lets this client use DEBUG.
func (n *Node) mayDebug(c *client) bool {
	return n.cfg.EnableDebugCommand == "yes" || n.cfg.EnableDebugCommand == "local" && c.isLocal() || !n.era.Has("enable-debug-command")
}

// isLocal reports whether the client is on the machine of the server.
func (c *client) isLocal() bool {
	host := hostOf(c.addr)
	return host == "127.0.0.1" || host == "::1" || strings.HasPrefix(host, "/")
}

// perform runs a command that passed every check.
func (n *Node) perform(c *client, cmd *command.Command, args [][]byte) {
	n.stats.commands++
	start, began := len(c.w.Buf), n.lap
	var wait *command.Wait
	var move *command.Migration
	switch {
	case cmd.Do == nil:
		n.serve(c, cmd, args)
	case cmd.Name == "PING" && len(args) <= 2 && c.inSubscribedMode():
		c.pong(args)
	default:
		call := n.run(c, cmd, args, false)
		wait, move = call.Wait, call.Migration
	}
	if c.track != nil && cmd.Flags&command.ReadOnly != 0 {
		n.remember(c, cmd, args)
	}
	took := n.executed(c.caller(), cmd, args, c.w.Buf[start:], began)
	if wait == nil && move == nil && c.parked == nil { // else it is not over
		n.timedCommand(c.caller(), cmd, args, took)
	}
	if wait != nil {
		n.park(c, cmd, args, wait)
		c.parked.took = took
	}
	if move != nil {
		n.migrate(c, cmd, args, move)
	}
	if !n.unit.open {
		n.endUnit(c, cmd)
		n.now = n.stepped.Add(n.stood)
	}
	if len(c.w.Buf) > replyLeastBytes && c.replica == nil {
		n.limitOutput(c, true)
	}
}

// A caller is whose command was executed, as SLOWLOG and MONITOR show it.
type caller struct {
	addr, name string
	db         int // the database that is selected now
}

func (c *client) caller() caller { return caller{c.addr, c.name, c.db} }

// executed notes a command that began when the step had taken so long and was executed now, for those who count commands
// or watch, and returns how long it took.
func (n *Node) executed(by caller, cmd *command.Command, args [][]byte, reply []byte, began time.Duration) (took time.Duration) {
	n.lap = n.spent()
	took = n.lap - began
	n.tally.called(cmd, reply, took)
	if cmd.Flags&command.Fast != 0 {
		n.event("fast-command", took)
	} else {
		n.event("command", took)
	}
	n.showMonitors(cmd, by.db, by.addr, args)
	return took
}

// pong answers PING in the shape of a message, since a client in subscribed mode expects nothing else.
func (c *client) pong(args [][]byte) {
	c.w.Array(2)
	c.w.BulkString("pong")
	if len(args) == 2 {
		c.w.Bulk(args[1])
	} else {
		c.w.BulkString("")
	}
}

// run runs a command about data, for the first time or, served, because what it waited for is there. What it does is
// gathered in the unit.
func (n *Node) run(c *client, cmd *command.Command, args [][]byte, served bool) *command.Call {
	call := n.begin(cmd, args, c.db, n.expiry())
	call.Reply, call.Served, call.Room = &c.w, served, n.room(c)
	if c.cut {
		n.discard.Buf = n.discard.Buf[:0]
		call.Reply = &n.discard
	}
	call.MayBlock = !n.unit.open
	if n.tracks() {
		call.Timed = n.hooks.timed
	}
	cmd.Do(call)
	c.db = call.DB
	n.count(call)
	n.unit.add(call)
	return call
}

// begin readies the one Call that commands are executed with.
func (n *Node) begin(cmd *command.Command, args [][]byte, db int, mode command.ExpiryMode) *command.Call {
	n.tellTime()
	c := &n.call
	c.Cmd, c.Args, c.Now, c.DB, c.Expiry = cmd, args, n.now, db, mode
	c.Store, c.Settings, c.MayBlock, c.Served = n.data, &n.sets, false, false
	n.bind()
	if c.Rand == nil {
		c.Rand = n.random()
	}
	c.Room = 0
	c.Begin()
	return c
}

// count adds what came of a command to the counters of INFO.
func (n *Node) count(call *command.Call) {
	n.stats.dirty += int64(call.Dirty)
	n.stats.hits += int64(call.Hits)
	n.stats.misses += int64(call.Misses)
	n.stats.expired += int64(call.Expired)
	n.stats.freed += int64(call.Freed)
	if call.Trouble != "" {
		n.log(engine.LogVerbose, corruptLine(0, call.Trouble))
	}
	if call.Flushed {
		n.invalidateAll()
	}
	if call.FlushedAll {
		n.flushedAll()
	}
}

// mutes reports whether the reply of the command that the client is in is dropped.
func (c *client) mutes() bool { return c.silence == replyOff || c.silence == replySkip }

// muteReply drops the reply that was appended from start on, where the client asked for silence. Messages that came
// meanwhile are no reply.
func (n *Node) muteReply(c *client, start int) {
	if c.mutes() {
		c.w.Buf = c.w.Buf[:start]
	}
	if len(c.late.Buf) > 0 {
		c.w.Raw(c.late.Buf)
		c.late.Buf = nil
	}
	switch c.silence {
	case replySkip:
		c.silence = replyOn
	case replySkipNext:
		c.silence = replySkip
	}
}

// copyArgs copies a command line out of the buffer that it was received in.
func copyArgs(args [][]byte) [][]byte {
	c := make([][]byte, len(args))
	for i, a := range args {
		c[i] = append([]byte(nil), a...)
	}
	return c
}
