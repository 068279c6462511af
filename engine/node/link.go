package node

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/rdb"
	"resync/engine/repl"
	"resync/engine/resp"
)

// link is a replica's side of replication: the way to its master, and what it keeps of it when the way is lost.
//
//	          tick            connected          PSYNC answered           snapshot loaded
//	Connect ───────► Connecting ───────► Handshake ──┬─ +FULLRESYNC ─► Sync ───────► Connected
//	   ▲                                             └─ +CONTINUE ─────────────────►    │
//	   └──────────── any failure; a link that was up is dialled again at once ◄─────────┘
type link struct {
	addr  Address // zero: this node is a master
	state engine.LinkState
	conn  engine.ConnID // 0 when there is none
	peer  string        // its address

	clientID int64          // of the link, as CLIENT LIST shows it
	upAt     engine.Instant // when it began to stream
	lastIO   engine.Instant // when bytes last came, or when this state began
	downAt   engine.Instant // when the link was lost
	wasUp    bool
	shake    repl.Handshake
	in       []byte // received and not used yet
	held     bool   // what is received waits for the end of a pause
	full     *fullSync
	unknown  bool // the master told no id: nothing can be continued later

	// The position in the master's stream. It survives the connection: that is what a partial resync continues.
	cached bool // there is one to continue from while no link is up
	db     int  // the database that the stream has selected
	dec    resp.Decoder
	multi  []byte // the bytes of a transaction that is not executed yet, MULTI included
}

// fullSync is a snapshot being received, and what it will be called.
type fullSync struct {
	id     engine.ReplID
	offset engine.Offset
	rx     *rdb.Receiver
	said   bool // the log has told its size
}

func (l link) clone() link {
	l.in = append([]byte(nil), l.in...)
	l.multi = append([]byte(nil), l.multi...)
	if l.full != nil {
		f := *l.full
		f.rx = f.rx.Clone()
		l.full = &f
	}
	return l
}

func (l *link) become(n *Node, state engine.LinkState, why string) {
	if l.state != state {
		n.out.fact(engine.LinkChanged{From: l.state, To: state, Why: why})
		l.state = state
	}
	l.lastIO = n.now
}

func (a Address) String() string { return a.Host + ":" + strconv.Itoa(a.Port) }

// ask is what the next PSYNC says.
func (l *link) ask(n *Node) repl.Request {
	if l.cached && !l.unknown {
		return repl.Request{ID: n.hist.ID, Want: n.hist.Next()}
	}
	return repl.Request{ID: "?", Want: -1}
}

// replicaof makes this node a replica of addr, or a master again when addr is zero.
//
// Source: redis/src/replication.c, replicaofCommand, replicationSetMaster and replicationUnsetMaster.
func (n *Node) replicaof(addr Address, who string) {
	if addr.Host == "" {
		if !n.isReplica() {
			return
		}
		n.promote("REPLICAOF NO ONE")
		n.log(engine.LogNotice, "MASTER MODE enabled (user request from '"+who+"')")
		return
	}
	l := &n.master
	if n.isReplica() {
		l.disconnect(n, "REPLICAOF "+addr.String())
	} else {
		// What this master has written may be what the new one has too: ask, under our own name.
		n.log(engine.LogNotice, "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.")
		l.cached, l.unknown, l.db, l.multi = true, false, 0, nil
	}
	l.addr = addr
	n.dropParked()
	n.out.fact(engine.RoleChanged{Master: addr.String()})
	l.wasUp, l.downAt = false, n.now
	l.become(n, engine.LinkConnect, "")
	l.connect(n)
	n.log(engine.LogNotice, "REPLICAOF "+addr.String()+" enabled (user request from '"+who+"')")
}

// promote makes a master of a replica: the history that it applied stays known as replid2.
func (n *Node) promote(why string) {
	l := &n.master
	l.disconnect(n, why)
	l.addr, l.cached, l.unknown, l.multi = Address{}, false, false, nil
	l.become(n, engine.LinkNone, "")
	n.dropReplicas("history renamed")
	n.hist.Shift(n.random())
	n.hist.DB = -1
	n.lastGone = n.now
	n.log(engine.LogWarning, "Setting secondary replication ID to "+string(n.hist.ID2)+", valid up to offset: "+
		strconv.FormatInt(int64(n.hist.Second), 10)+". New replication ID is "+string(n.hist.ID))
	n.out.fact(engine.RoleChanged{Why: why})
	n.renamed(why)
}

// connect dials the master.
func (l *link) connect(n *Node) {
	n.lastConn++
	l.conn = n.lastConn
	n.log(engine.LogNotice, "Connecting to MASTER "+l.addr.String())
	n.out.do(Dial{Conn: l.conn, Host: l.addr.Host, Port: l.addr.Port, From: n.cfg.BindSourceAddr})
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync started")
	l.become(n, engine.LinkConnecting, "")
}

// dialed takes the end of a Dial.
func (n *Node) dialed(in Dialed) {
	l := &n.master
	if in.Conn != l.conn || l.conn == 0 {
		if in.Err == "" {
			n.out.do(Close{Conn: in.Conn, Why: "not wanted any more"})
		}
		return
	}
	if in.Err != "" {
		n.log(engine.LogWarning, "Error condition on socket for SYNC: "+in.Err)
		l.conn = 0
		l.become(n, engine.LinkConnect, in.Err)
		return
	}
	l.peer = in.Remote
	n.log(engine.LogNotice, "Non blocking connect for SYNC fired the event.")
	l.in = nil
	l.become(n, engine.LinkHandshake, "")
	l.send(n, l.shake.Begin(), engine.PayloadHandshake)
}

func (l *link) send(n *Node, data []byte, p engine.Payload) {
	if len(data) > 0 {
		n.stats.netOut += int64(len(data))
		n.stats.replOut += int64(len(data))
		n.out.send(Send{Conn: l.conn, Data: data, Payload: p})
	}
}

// received takes bytes of the master.
func (l *link) received(n *Node, data []byte) {
	l.lastIO = n.now
	switch l.state {
	case engine.LinkHandshake:
		l.in = append(l.in, data...)
		l.lines(n)
	case engine.LinkSync:
		l.snapshot(n, data)
	case engine.LinkConnected:
		l.stream(n, data)
	}
}

// lines takes what is complete of the handshake.
func (l *link) lines(n *Node) {
	for l.state == engine.LinkHandshake {
		end := bytes.IndexByte(l.in, '\n')
		if end < 0 {
			const longest = 16 << 10
			if len(l.in) > longest {
				l.giveUp(n, "the master's reply is too long")
			}
			return
		}
		line := bytes.TrimSuffix(l.in[:end], []byte("\r"))
		l.in = l.in[end+1:]
		l.line(n, line)
	}
	// The answer to PSYNC may come with the first bytes of what it announced.
	if rest := l.in; len(rest) > 0 && l.conn != 0 {
		l.in = nil
		l.received(n, rest)
	}
}

func (l *link) line(n *Node, line []byte) {
	asked := l.shake.Asked()
	r := l.shake.Line(line, n.greeting())
	for _, f := range r.Logs {
		n.out.fact(f)
	}
	l.send(n, r.Send, engine.PayloadHandshake)
	if !asked && l.shake.Asked() {
		ask := l.ask(n)
		n.out.fact(engine.PsyncAsked{Master: l.addr.String(), ID: ask.ID, Want: ask.Want})
	}
	switch r.Outcome {
	case repl.GiveUp, repl.Transient:
		l.giveUp(n, string(line))
	case repl.Full:
		l.beginFull(n, r.ID, r.Offset)
	case repl.Fallback:
		l.beginFull(n, "", -1)
	case repl.Continue:
		l.resume(n, r.ID)
	}
}

func (n *Node) greeting() repl.Greeting {
	port := n.cfg.ReplicaAnnouncePort
	if port == 0 {
		port = n.cfg.Port
	}
	return repl.Greeting{
		User: n.cfg.MasterUser, Password: n.cfg.MasterAuth,
		Port: port, IP: n.cfg.ReplicaAnnounceIP, Ask: n.master.ask(n),
	}
}

// giveUp ends an attempt; the next one is at the next tick.
func (l *link) giveUp(n *Node, why string) {
	n.out.do(Close{Conn: l.conn, Why: why})
	l.conn, l.full, l.in = 0, nil, nil
	l.become(n, engine.LinkConnect, why)
}

// resume continues the stream behind +CONTINUE. A master that was promoted meanwhile continues the same bytes under
// its own name: then that is our name too, and those below us have to learn it.
func (l *link) resume(n *Node, id engine.ReplID) {
	if id != "" && id != n.hist.ID {
		n.log(engine.LogNotice, "Master replication ID changed to "+string(id))
		n.hist.Follow(id)
		n.renamed("the master continues under another name")
		n.dropReplicas("history renamed")
	}
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.")
	l.up(n)
	if !n.hist.Active() {
		n.hist.Create(n.hist.Offset())
	}
	n.out.fact(engine.SyncFinished{Partial: true, ID: n.hist.ID, Offset: n.hist.Offset()})
}

// up is a link that streams.
func (l *link) up(n *Node) {
	l.cached, l.wasUp = true, true
	n.lastID++
	l.clientID, l.upAt, l.held = n.lastID, n.now, false
	l.dec = resp.Decoder{}
	l.become(n, engine.LinkConnected, "")
}

func (l *link) beginFull(n *Node, id engine.ReplID, offset engine.Offset) {
	l.full = &fullSync{id: id, offset: offset, rx: rdb.NewReceiver(rdb.DecoderOptions{Databases: n.cfg.Databases})}
	l.become(n, engine.LinkSync, "")
}

// snapshot takes bytes of the dataset. The old one is kept, and served, until the new one is whole.
func (l *link) snapshot(n *Node, data []byte) {
	f := l.full
	used, err := f.rx.Feed(data)
	if total := f.rx.Total(); !f.said && total >= 0 {
		f.said = true
		if f.rx.Streamed() {
			n.log(engine.LogNotice, "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to disk")
		} else {
			n.log(engine.LogNotice, "MASTER <-> REPLICA sync: receiving "+strconv.FormatInt(total, 10)+" bytes from master to disk")
		}
	}
	if err != nil {
		n.log(engine.LogWarning, "Failed trying to load the MASTER synchronization DB: "+err.Error())
		l.retry(n, err.Error())
		return
	}
	if !f.rx.Done() {
		return
	}
	l.load(n, f)
	if rest := data[used:]; len(rest) > 0 {
		l.received(n, rest)
	}
}

// load puts the received dataset in the place of the old one, and with it the master's history in the place of ours.
// Whoever replicated from us replicated something else.
//
// Source: redis/src/replication.c, readSyncBulkPayload.
func (l *link) load(n *Node, f *fullSync) {
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Flushing old data")
	n.dropReplicas("its master loads another dataset")
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Loading DB in memory")
	dec := f.rx.Decoder()
	n.logSnapshot(dec)
	n.touchAll(n.data, dec.Store())
	n.data = dec.Store()
	n.stats.keysLoaded, n.stats.loadedExpired = int64(countKeys(n.data)), 0
	n.log(engine.LogNotice, "Done loading RDB, keys loaded: "+strconv.FormatInt(n.stats.keysLoaded, 10)+", keys expired: 0.")
	l.full, l.multi = nil, nil
	l.unknown = f.id == ""
	l.db = 0
	if s, ok := dec.Aux("repl-stream-db"); ok {
		if db, ok := resp.ParseInt64String(s); ok && 0 <= db && db < int64(n.cfg.Databases) {
			l.db = int(db)
		}
	}
	n.hist.Adopt(f.id, f.offset)
	l.up(n)
	n.renamed("full resync")
	n.out.fact(engine.SyncFinished{ID: f.id, Offset: f.offset, Bytes: f.rx.Read()})
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Finished with success")
	if f.rx.Streamed() {
		l.ack(n) // the master waits for it before it streams
	}
}

// logSnapshot tells where a loaded snapshot came from.
//
// Source: redis/src/rdb.c, rdbLoadRioWithLoadingCtx.
func (n *Node) logSnapshot(dec *rdb.Decoder) {
	if version, ok := dec.Aux("redis-ver"); ok {
		n.log(engine.LogNotice, "Loading RDB produced by version "+version)
	}
	if s, ok := dec.Aux("ctime"); ok {
		if made, ok := resp.ParseInt64String(s); ok {
			n.log(engine.LogNotice, "RDB age "+strconv.FormatInt(max(n.now.Seconds()-made, 0), 10)+" seconds")
		}
	}
	if s, ok := dec.Aux("used-mem"); ok {
		if bytes, ok := resp.ParseInt64String(s); ok {
			n.log(engine.LogNotice, "RDB memory usage when created "+strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 2, 64)+" Mb")
		}
	}
}

// stream takes bytes of the stream and executes what is complete. What was executed is our history too, and goes on
// verbatim to those who replicate from us.
//
// Source: redis/src/networking.c, commandProcessed.
func (l *link) stream(n *Node, data []byte) {
	buf := data
	if len(l.in) > 0 {
		l.in = append(l.in, data...)
		buf = l.in
	}
	l.dec.Limits = resp.Limits{MaxBulk: 1 << 40, MaxArgs: 1 << 30} // the master's word is law
	first := n.hist.Next()
	conn := l.conn
	done := 0 // executed and part of the history
	at := 0   // decoded
	for at < len(buf) && !l.held {
		args, used, err := l.dec.Next(buf[at:])
		if err == nil && used > 0 && len(args) > 0 && l.dec.Inline() {
			err = &resp.ProtocolError{Text: "Protocol error: unexpected inline request"}
		}
		if err != nil {
			n.hist.Append(buf[done:at])
			n.log(engine.LogWarning, err.Error()+" from master: "+l.peer)
			l.protocolError(n, err.Error())
			return
		}
		if used == 0 {
			break
		}
		if len(args) > 0 && n.paused() && l.mustWait(n, args) {
			l.held, l.dec = true, resp.Decoder{}
			break
		}
		at += used
		if len(args) == 0 {
			continue // a newline: it counts with the next command
		}
		n.hist.Append(l.execute(n, args, buf[done:at]))
		done = at
		if l.multi == nil {
			n.serveReady()
		}
		if l.conn != conn {
			return // the command ended this link
		}
	}
	l.in = append(l.in[:0], buf[done:]...)
	if at > done {
		l.dec = resp.Decoder{} // newlines that wait for the next command are read again
	}
	if n.trace && n.hist.Offset() >= first {
		n.out.fact(engine.Applied{Span: engine.Span{First: first, Last: n.hist.Offset()}})
	}
}

// mustWait reports whether a pause holds a command of the master. A transaction always writes; it is held in front of
// its MULTI or, when it has begun, its EXEC.
func (l *link) mustWait(n *Node, args [][]byte) bool {
	cmd := command.Lookup(args[0])
	switch {
	case cmd == nil:
		return false
	case cmd.Name == "MULTI", cmd.Name == "EXEC":
		return true
	}
	return l.multi == nil && n.holds(cmd.Flags)
}

// execute runs a command of the master and returns the bytes that are applied by it. Those of a transaction are when
// it is executed as a whole, so that a cut in the middle asks for it again from MULTI on.
func (l *link) execute(n *Node, args [][]byte, raw []byte) (applied []byte) {
	switch name := string(args[0]); {
	case l.multi == nil && strings.EqualFold(name, "MULTI"):
		l.multi = append([]byte(nil), raw...)
	case l.multi == nil:
		n.apply(l, args)
		return raw
	case strings.EqualFold(name, "EXEC"):
		queued := append(l.multi, raw...)
		l.multi = nil
		l.executeAll(n, queued)
		return queued
	default:
		l.multi = append(l.multi, raw...)
	}
	return nil
}

// executeAll runs the commands of a transaction.
func (l *link) executeAll(n *Node, queued []byte) {
	var dec resp.Decoder
	dec.Limits = l.dec.Limits
	for len(queued) > 0 {
		args, used, err := dec.Next(queued)
		if err != nil || used == 0 {
			panic("node: a transaction that was decoded once does not decode again")
		}
		queued = queued[used:]
		if len(args) > 0 {
			n.apply(l, args) // MULTI and EXEC themselves are about no data
		}
	}
}

// apply runs one command of the master: it is refused nothing, answered nothing, and sees no key as expired.
func (n *Node) apply(l *link, args [][]byte) {
	n.stats.commands++
	if len(args) == 3 && strings.EqualFold(string(args[0]), "REPLCONF") && strings.EqualFold(string(args[1]), "GETACK") {
		l.ack(n) // tells what was applied before this command
		return
	}
	cmd, refused := command.Find(args)
	switch {
	case cmd == nil:
		n.applyFailed(args, refused)
		return
	case cmd.Do == nil:
		// A command about a server changes no data. A message is for those who listen here.
		if in, ok := publishSpace(cmd); ok {
			n.publish(in, args[1], args[2])
		}
		n.showMonitors(cmd, l.db, l.peer, args)
		return
	}
	call := n.begin(cmd, args, l.db, command.ExpireIgnored)
	n.discard.Buf = n.discard.Buf[:0]
	call.Reply = &n.discard
	cmd.Do(call)
	l.db = call.DB
	n.count(call)
	n.showMonitors(cmd, l.db, l.peer, args)
	if b := n.discard.Buf; len(b) > 0 && b[0] == '-' {
		n.applyFailed(args, firstLine(b[1:]))
	}
}

// applyFailed tells that this replica is not what its master is any more.
func (n *Node) applyFailed(args [][]byte, problem string) {
	n.stats.unexpectedErrors++
	n.log(engine.LogWarning, "== CRITICAL == This replica is sending an error to its master: '"+problem+
		"' after processing the command '"+strings.ToLower(string(args[0]))+"'")
}

// ack tells the master how far its stream is applied.
func (l *link) ack(n *Node) {
	l.send(n, resp.AppendCommand(nil, "REPLCONF", "ACK", strconv.FormatInt(int64(n.hist.Offset()), 10)), engine.PayloadAck)
}

// lost takes the end of the connection.
func (l *link) lost(n *Node, why string) {
	l.conn = 0
	switch l.state {
	case engine.LinkConnected:
		n.log(engine.LogWarning, "Connection with master lost.")
		l.cache(n)
		l.reconnect(n, why, "")
	case engine.LinkSync:
		n.log(engine.LogWarning, "I/O error trying to sync with MASTER: connection lost")
		l.full = nil
		l.reconnect(n, why, " after failure")
	default:
		if l.state == engine.LinkHandshake {
			n.log(engine.LogNotice, "Master did not reply to PSYNC, will try later")
		}
		l.in = nil
		l.become(n, engine.LinkConnect, why)
	}
}

// cache keeps the position in the master's stream: what was received and not executed is dropped and asked for again.
func (l *link) cache(n *Node) {
	n.log(engine.LogNotice, "Caching the disconnected master state.")
	l.in, l.multi, l.dec = nil, nil, resp.Decoder{}
	l.downAt = n.now
}

func (l *link) reconnect(n *Node, why, after string) {
	l.become(n, engine.LinkConnect, why)
	n.log(engine.LogNotice, "Reconnecting to MASTER "+l.addr.String()+after)
	l.connect(n)
}

// retry ends a transfer that failed, and begins again at once.
func (l *link) retry(n *Node, why string) {
	n.out.do(Close{Conn: l.conn, Why: why})
	l.conn, l.full = 0, nil
	l.reconnect(n, why, " after failure")
}

// protocolError ends a link whose stream made no sense: its position cannot be trusted, so it is not kept.
func (l *link) protocolError(n *Node, why string) {
	n.out.do(Close{Conn: l.conn, Why: why})
	l.conn = 0
	n.log(engine.LogWarning, "Connection with master lost.")
	n.log(engine.LogNotice, "Discarding previously cached master state.")
	l.cached, l.in, l.multi, l.dec = false, nil, nil, resp.Decoder{}
	l.downAt = n.now
	l.reconnect(n, why, "")
}

// disconnect leaves the present master, keeping the position.
func (l *link) disconnect(n *Node, why string) {
	if l.conn != 0 {
		n.out.do(Close{Conn: l.conn, Why: why})
		l.conn = 0
	}
	if l.state == engine.LinkConnected {
		n.log(engine.LogWarning, "Connection with master lost.")
		l.cache(n)
	}
	l.full, l.in = nil, nil
}

// cron is the link's part of the tick: timeouts, the next attempt, the acknowledgement.
//
// Source: redis/src/replication.c, replicationCron.
func (l *link) cron(n *Node) {
	silent := n.now.Sub(l.lastIO) > n.cfg.ReplTimeout
	switch l.state {
	case engine.LinkNone:
		return
	case engine.LinkConnecting, engine.LinkHandshake:
		if silent {
			n.log(engine.LogWarning, "Timeout connecting to the MASTER...")
			l.giveUp(n, "timeout")
		}
	case engine.LinkSync:
		if silent {
			n.log(engine.LogWarning, "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.")
			l.giveUp(n, "timeout")
		}
	case engine.LinkConnected:
		if silent {
			n.log(engine.LogWarning, "MASTER timeout: no data nor PING received...")
			n.out.do(Close{Conn: l.conn, Why: "timeout"})
			l.lost(n, "timeout")
		}
	}
	if l.state == engine.LinkConnect {
		l.connect(n)
	}
	if l.state == engine.LinkConnected {
		l.ack(n)
	}
}

// downFor is how long the link has been down; -1 while it is up or when it never was.
func (l *link) downFor(now engine.Instant) time.Duration {
	if l.state == engine.LinkConnected || !l.wasUp {
		return -1
	}
	return now.Sub(l.downAt)
}
