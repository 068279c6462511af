package node

import (
	"strings"

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

	dec     resp.Decoder
	in      []byte // received and not executed yet
	w       resp.Writer
	sent    int64 // handed to the driver and not drained yet, in bytes
	touched bool
	silence replyMode

	multi   *multi
	watched []watchedKey
	dirty   bool          // a watched key was changed: EXEC will do nothing
	intro   repl.Replica  // what it announced with REPLCONF, before it asks to be a replica
	replica *repl.Replica // nil for an ordinary client
	full    *transfer     // the snapshot on its way to a replica

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
	if c.replica != nil {
		r := *c.replica
		d.replica = &r
	}
	if c.full != nil {
		d.full = c.full.clone()
	}
	return &d
}

// accept takes a new connection.
func (n *Node) accept(in Accepted) {
	n.lastID++
	n.stats.connections++
	c := &client{
		id: n.lastID, conn: in.Conn, addr: in.Remote, laddr: in.Local,
		since: n.now, used: n.now, authed: n.cfg.RequirePass == "",
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
	if in.Conn == n.master.conn && in.Conn != 0 {
		n.stats.replIn += int64(len(in.Data))
		n.master.received(n, in.Data)
		return
	}
	c := n.byConn[in.Conn]
	if c == nil || c.closing != "" {
		return
	}
	c.used = n.now
	c.touch(n)
	buf := in.Data
	if len(c.in) > 0 {
		c.in = append(c.in, in.Data...)
		buf = c.in
	}
	c.dec.Limits = n.limits(c)
	for len(buf) > 0 && c.closing == "" {
		args, used, err := c.dec.Next(buf)
		if err != nil {
			// Nothing behind a broken request can be understood; what came before was executed and is answered.
			n.log(engine.LogVerbose, err.Error()+" from client: "+c.String(n))
			c.w.Error("ERR " + err.Error())
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
		buf = buf[used:]
	}
	c.in = append(c.in[:0], buf...)
	if cap(c.in) > 64<<10 && len(c.in) < 1<<10 {
		c.in = append([]byte(nil), c.in...) // one large request does not keep its memory
	}
	if int64(len(c.in)) > n.cfg.ClientQueryBufferLimit {
		n.log(engine.LogWarning, "Closing client that reached max query buffer length: "+c.String(n))
		c.close(n, "query buffer limit")
	}
}

func (n *Node) limits(c *client) resp.Limits {
	if !c.authed {
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

// close ends the connection once its output is out. Nothing more is read from it.
func (c *client) close(n *Node, why string) {
	if c.closing == "" {
		c.closing = why
		c.touch(n)
	}
}

// flush hands the client's replies to the driver and closes it where that was decided.
func (c *client) flush(n *Node) {
	if len(c.w.Buf) > 0 {
		payload := engine.PayloadReply
		if c.replica != nil {
			payload = engine.PayloadHandshake
		}
		n.send(c, Send{Conn: c.conn, Data: c.w.Buf, Payload: payload})
		if cap(c.w.Buf) > 64<<10 {
			c.w.Buf = nil
		}
		c.w.Buf = c.w.Buf[:0]
		if limit := n.cfg.OutputLimit[OutputNormal]; c.replica == nil && limit.Hard > 0 && c.sent > limit.Hard {
			n.log(engine.LogWarning, "Client "+c.String(n)+" scheduled to be closed ASAP for overcoming of output buffer limits.")
			c.close(n, "output buffer limit")
		}
	}
	if c.closing != "" && n.byConn[c.conn] == c {
		n.out.do(Close{Conn: c.conn, Why: c.closing})
		n.drop(c, c.closing)
	}
}

// send hands bytes for a client to the driver and counts them.
func (n *Node) send(c *client, s Send) {
	c.sent += int64(len(s.Data))
	n.stats.netOut += int64(len(s.Data))
	n.out.send(s)
}

func (n *Node) drained(in *Drained) {
	if c := n.byConn[in.Conn]; c != nil {
		c.sent -= int64(in.Bytes)
	}
}

// closed takes the end of a connection that the peer or the network made.
func (n *Node) closed(in Closed) {
	if in.Conn == n.master.conn && in.Conn != 0 {
		n.master.lost(n, in.Why)
		return
	}
	if c := n.byConn[in.Conn]; c != nil {
		n.drop(c, in.Why)
	}
}

// drop forgets a client.
func (n *Node) drop(c *client, why string) {
	delete(n.byConn, c.conn)
	n.clients = without(n.clients, c)
	n.unwatch(c)
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

// execute runs one command of a client, queues it, or refuses it.
//
// Source: redis/src/server.c, processCommand.
func (n *Node) execute(c *client, args [][]byte) {
	n.stats.commands++
	start, wasReplica := len(c.w.Buf), c.replica != nil
	cmd, refused := command.Find(args)
	if cmd != nil {
		c.lastCmd = cmd
		refused = n.refusal(c, cmd)
	}
	switch {
	case refused != "":
		if c.multi != nil {
			c.multi.broken = true
		}
		c.w.Error(refused)
	case c.multi != nil && !runsInMulti(cmd):
		c.multi.add(cmd, args)
		c.w.Simple("QUEUED")
	default:
		n.perform(c, cmd, args)
	}
	n.muteReply(c, start)
	if wasReplica && len(c.w.Buf) > start {
		// A reply on this connection would be taken for stream bytes: no connection is better than that.
		n.log(engine.LogWarning, "Replica generated a reply to command '"+strings.ToLower(string(args[0]))+"', disconnecting it: "+firstLine(c.w.Buf[start:]))
		c.w.Buf = c.w.Buf[:start]
		c.close(n, "replica generated a reply")
	}
}

func firstLine(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\r\n")
	return s
}

// refusal is the error for a command that may not run now, or "". The checks come in Redis's order.
func (n *Node) refusal(c *client, cmd *command.Command) string {
	flags := cmd.Flags
	if cmd.Name == "EXEC" && c.multi != nil {
		flags |= c.multi.flags
	}
	switch {
	case flags&command.Protected != 0 && !n.mayDebug(c):
		return "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."
	case !c.authed && flags&command.NoAuth == 0:
		return "NOAUTH Authentication required."
	case c.multi != nil && flags&command.NoMulti != 0:
		return "ERR Command not allowed inside a transaction"
	case flags&command.Write != 0 && !n.isReplica() && !n.enoughReplicas():
		return "NOREPLICAS Not enough good replicas to write."
	case flags&command.Write != 0 && n.isReplica() && n.cfg.ReplicaReadOnly:
		return "READONLY You can't write against a read only replica."
	case flags&command.Stale == 0 && n.isReplica() && n.master.state != engine.LinkConnected && !n.cfg.ReplicaServeStaleData:
		return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
	case c.replica != nil && flags&(command.Write|command.ReadOnly|command.MayReplicate) != 0:
		return "ERR Replica can't interact with the keyspace"
	}
	return ""
}

// mayDebug reports whether the configuration lets this client use DEBUG.
func (n *Node) mayDebug(c *client) bool {
	host := hostOf(c.addr)
	return n.cfg.EnableDebugCommand == "yes" ||
		n.cfg.EnableDebugCommand == "local" && (host == "127.0.0.1" || host == "::1" || strings.HasPrefix(host, "/"))
}

// perform runs a command that passed every check.
func (n *Node) perform(c *client, cmd *command.Command, args [][]byte) {
	if cmd.Do == nil {
		n.serve(c, cmd, args)
	} else {
		mode := command.ExpireRemoves
		if n.isReplica() {
			mode = command.ExpireHides
		}
		call := n.begin(cmd, args, c.db, mode)
		call.Reply = &c.w
		cmd.Do(call)
		c.db = call.DB
		n.count(call)
		n.unit.add(call)
	}
	if !n.unit.open {
		n.unit.end(n)
	}
}

// begin readies the one Call that commands are executed with.
func (n *Node) begin(cmd *command.Command, args [][]byte, db int, mode command.ExpiryMode) *command.Call {
	c := &n.call
	c.Cmd, c.Args, c.Now, c.DB, c.Expiry = cmd, args, n.now, db, mode
	c.Store, c.Settings, c.Touched = n.data, &n.sets, n.touchedHook()
	if c.Rand == nil {
		c.Rand = n.random()
	}
	c.Begin()
	return c
}

// count adds what came of a command to the counters of INFO.
func (n *Node) count(call *command.Call) {
	n.stats.dirty += int64(call.Dirty)
	n.stats.hits += int64(call.Hits)
	n.stats.misses += int64(call.Misses)
	n.stats.expired += int64(call.Expired)
}

// muteReply drops the reply that was appended from start on, where the client asked for silence.
func (n *Node) muteReply(c *client, start int) {
	switch c.silence {
	case replyOff, replySkip:
		c.w.Buf = c.w.Buf[:start]
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
