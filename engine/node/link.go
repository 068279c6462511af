package node

import (
	"bytes"
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/repl"
	"resync/engine/resp"
)

// link is a replica's side of replication: the way to its master, and what it keeps of it when the way is lost. Here
// are the connection and the handshake; the dataset comes in in fullload.go, the stream in apply.go.
//
//	          tick            connected          PSYNC answered           snapshot loaded
//	Connect ───────► Connecting ───────► Handshake ──┬─ +FULLRESYNC ─► Sync ───────► Connected
//	   ▲                                             └─ +CONTINUE ─────────────────►    │
//	   └──────────── any failure; a link that was up is dialled again at once ◄─────────┘
//
// A third answer, +DUALCHANNELSYNC, is a full resync over two connections: dual.go.
type link struct {
	addr  Address // zero: this node is a master
	state engine.LinkState
	wire

	clientID int64          // of the link, as CLIENT LIST shows it
	upAt     engine.Instant // when it began to stream
	lastIO   engine.Instant // when bytes last came, or when this state began
	downAt   engine.Instant // when the link was lost; 0 while it is up, and when it never was
	toldAt   int64          // the second in which the master was last told, during a full resync, that this replica is alive
	shake    repl.Handshake
	full     *fullSync
	dual     *dualSync // of a full resync over two connections, or nil
	peak     int64     // bytes that the last of these took to keep the stream: replicas_repl_buffer_peak

	// The position in the master's stream. It survives the connection: that is what a partial resync continues, and
	// what Redis calls the cached master while no link is up.
	cached bool          // there is one
	id     engine.ReplID // of the history that it is in
	offset engine.Offset // of the last byte received, where our own history is another; see at
	half   []byte        // of a command that a cut came into the middle of, where the offset counts it
	db     int           // the database that the stream has selected
	old    bool          // the master knows no PSYNC: its stream is counted from -1 on, and nobody acknowledges it

	// The stream being applied.
	dec     resp.Decoder
	lastCmd *command.Command
	multi   *transaction // that has begun and was not executed yet, or nil
	held    bool         // the next command waits for the end of a pause
	doomed  string       // why the link is closed instead of the next acknowledgement, or ""
	wasted  int64        // bytes that came since; nothing of them is executed
}

// A wire is one connection to the master, and what has come on it.
type wire struct {
	conn    engine.ConnID  // 0 when there is none
	peer    string         // its address
	local   string         // and ours
	in      []byte         // received and not used yet
	lineAt  engine.Instant // when the line began that is not complete yet
	stopped bool           // the driver has been asked to keep what comes
}

const (
	syncReadMax = 5 * time.Second // how long the rest of a line may take (repl-syncio-timeout, which nobody can set)
	replyMax    = 16 << 10        // the longest line of a handshake, in bytes
)

func (l link) clone() link {
	l.in = append([]byte(nil), l.in...)
	l.half = append([]byte(nil), l.half...)
	l.multi = l.multi.clone()
	l.full = l.full.clone()
	l.dual = l.dual.clone()
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

// at is the offset of the position. With PSYNC2 our own history has the same bytes, and its offset is what we applied.
func (l *link) at(n *Node) engine.Offset {
	if n.era.Shared {
		return n.hist.Offset()
	}
	return l.offset
}

// ask is what the next PSYNC says.
func (l *link) ask(n *Node) repl.Request {
	if l.cached {
		return repl.Request{ID: l.id, Want: l.at(n) + 1, Failover: n.failover.state == engine.FailoverInProgress}
	}
	return repl.Request{ID: "?", Want: -1}
}

// replicaof makes this node a replica of addr, or a master again when addr is zero.
//
// Source: redis/src/replication.c, replicaofCommand.
func (n *Node) replicaof(addr Address, who string) {
	if addr.Host != "" {
		n.setMaster(addr, "")
		n.log(engine.LogNotice, "REPLICAOF "+addr.String()+" enabled (user request from '"+who+"')")
	} else if n.isReplica() {
		n.promote("REPLICAOF NO ONE")
		n.log(engine.LogNotice, "MASTER MODE enabled (user request from '"+who+"')")
	}
}

// setMaster makes this node a replica of addr, whatever it was before. Since 7.0 its own replicas stay: what they have
// may be continued from the new master, too. Before PSYNC2 nothing of what it has can be.
//
// Source: redis/src/replication.c, replicationSetMaster.
func (n *Node) setMaster(addr Address, why string) {
	l := &n.master
	l.leave(n, "REPLICAOF "+addr.String())
	n.dropParked()
	n.out.fact(engine.RoleChanged{Master: addr.String(), Why: why})
	if !n.era.KeepsBelow {
		n.dropReplicas("its master changes")
	}
	switch {
	case !n.era.AsksAsItself:
		l.discard(n, "REPLICAOF "+addr.String())
		l.old, l.downAt = false, 0
		n.hist.Free()
		n.hist.SetOffset(0)
	case !n.isReplica():
		// What this master has written may be what the new one has too: ask, under our own name.
		n.log(engine.LogNotice, "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.")
		l.cached, l.id, l.db, l.old = true, n.hist.ID, 0, n.hist.Offset() < 0
		l.enlist(n)
	}
	l.addr = addr
	n.scoreRole()
	l.become(n, engine.LinkConnect, "")
	if n.era.ConnectsAtOnce {
		l.try(n)
	}
}

// promote makes a master of a replica: the history that it applied stays known as replid2. One that has a history of
// its own simply goes on with that.
//
// Source: redis/src/replication.c, replicationUnsetMaster.
func (n *Node) promote(why string) {
	l := &n.master
	up := l.state == engine.LinkConnected
	n.out.fact(engine.RoleChanged{Why: why})
	l.addr = Address{}
	n.scoreRole()
	if !up {
		l.discard(n, why) // the log tells of it before it tells of what was under way
	}
	l.leave(n, why)
	l.discard(n, why)
	l.old, l.downAt = false, 0
	l.become(n, engine.LinkNone, "")
	if n.era.PromotionStays {
		if n.era.OffsetFollowsIt && up && len(n.replicas) == 0 {
			n.hist.Free()
			n.hist.SetOffset(l.offset) // so that who has more can be told from who has less
		}
		return
	}
	n.hist.Shift(n.random())
	n.hist.DB = -1
	n.log(engine.LogWarning, "Setting secondary replication ID to "+string(n.hist.ID2)+", valid up to offset: "+
		strconv.FormatInt(int64(n.hist.Second), 10)+". New replication ID is "+string(n.hist.ID))
	n.renamed(why)
	n.dropReplicas("history renamed")
	n.lastGone = n.now
}

// try begins an attempt, for the first time or at a tick.
func (l *link) try(n *Node) {
	n.log(engine.LogNotice, "Connecting to MASTER "+l.addr.String())
	l.connect(n)
}

// reconnect begins another attempt at once, behind one that failed or a link that was lost.
func (l *link) reconnect(n *Node, why, after string) {
	l.become(n, engine.LinkConnect, why)
	if n.era.ConnectsAtOnce {
		n.log(engine.LogNotice, "Reconnecting to MASTER "+l.addr.String()+after)
		l.connect(n)
	}
}

// connect dials the master.
//
// Source: redis/src/replication.c, connectWithMaster.
func (l *link) connect(n *Node) {
	n.lastConn++
	l.conn = n.lastConn
	n.out.do(Dial{Conn: l.conn, Host: l.addr.Host, Port: l.addr.Port, From: n.cfg.BindSourceAddr})
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync started")
	l.become(n, engine.LinkConnecting, "")
}

// dialed takes the end of a Dial.
func (n *Node) dialed(in Dialed) {
	if n.targetDialed(in) {
		return
	}
	l := &n.master
	if l.dual.has(in.Conn) {
		l.dialedSecond(n, in)
		return
	}
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
	l.peer, l.local, l.in = in.Remote, in.Local, nil
	n.log(engine.LogNotice, "Non blocking connect for SYNC fired the event.")
	l.become(n, engine.LinkHandshake, "")
	l.send(n, l.shake.Begin(n.era), engine.PayloadHandshake)
}

func (w *wire) send(n *Node, data []byte, p engine.Payload) {
	if len(data) > 0 && w.conn != 0 {
		n.stats.netOut += int64(len(data))
		n.out.send(Send{Conn: w.conn, Data: data, Payload: p})
	}
}

// stop asks the driver to keep what the master sends, or to hand it over again.
func (w *wire) stop(n *Node, stop bool) {
	if w.stopped != stop && w.conn != 0 {
		n.out.do(Hold{Conn: w.conn, On: stop})
	}
	w.stopped = stop
}

// close ends the connection and forgets what came on it.
func (w *wire) close(n *Node, why string) {
	if w.conn != 0 {
		n.out.do(Close{Conn: w.conn, Why: why})
	}
	w.conn, w.in, w.stopped = 0, nil, false
}

// gather takes bytes of which lines are made.
func (w *wire) gather(n *Node, data []byte) {
	if len(w.in) == 0 {
		w.lineAt = n.now
	}
	w.in = append(w.in, data...)
}

// line takes the next complete line out of what has come, without its end.
func (w *wire) line(n *Node) (line []byte, ok bool) {
	end := bytes.IndexByte(w.in, '\n')
	if end < 0 {
		return nil, false
	}
	line = bytes.TrimSuffix(w.in[:end], []byte("\r"))
	w.in, w.lineAt = w.in[end+1:], n.now
	return line, true
}

// late reports whether a line has begun and takes too long.
func (w *wire) late(n *Node) bool { return len(w.in) > 0 && n.now.Sub(w.lineAt) > syncReadMax }

// received takes bytes of the master.
func (l *link) received(n *Node, conn engine.ConnID, data []byte) {
	if l.dual != nil {
		l.receivedDual(n, conn, data)
		return
	}
	l.lastIO = n.now
	switch l.state {
	case engine.LinkHandshake:
		l.gather(n, data)
		l.lines(n)
	case engine.LinkSync:
		n.stats.replIn += int64(len(data))
		l.receiveFull(n, data)
	case engine.LinkConnected:
		n.stats.replIn += int64(len(data))
		l.stream(n, data)
	}
}

// lines takes what is complete of the handshake.
func (l *link) lines(n *Node) {
	for l.state == engine.LinkHandshake && l.dual == nil {
		line, ok := l.line(n)
		if !ok {
			if len(l.in) > replyMax {
				l.giveUp(n, "the master's reply is too long")
			}
			return
		}
		l.reply(n, line)
	}
	// The answer to PSYNC may come with the first bytes of what it announced.
	if rest := l.in; len(rest) > 0 && l.conn != 0 && l.dual == nil {
		l.in = nil
		l.received(n, l.conn, rest)
	}
}

// reply takes one line of the handshake.
//
// Source: redis/src/replication.c, syncWithMaster.
func (l *link) reply(n *Node, line []byte) {
	asked := l.shake.Asked()
	r := l.shake.Line(line, n.greeting())
	for _, f := range r.Logs {
		n.out.fact(f)
	}
	if asked && n.failoverAnswer(r.Outcome) {
		return
	}
	if r.Outcome == repl.Continue && !l.cached {
		l.giveUp(n, "the master continues what nobody asked it to")
		return
	}
	l.send(n, r.Send, engine.PayloadHandshake)
	if !asked && l.shake.Asked() && n.era.Psync {
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
	case repl.SecondChannel:
		l.beginDual(n)
	}
}

func (n *Node) greeting() repl.Greeting {
	port := n.cfg.ReplicaAnnouncePort
	if port == 0 {
		port = n.cfg.Port
	}
	return repl.Greeting{
		User: n.cfg.MasterUser, Password: n.cfg.MasterAuth,
		Port: port, IP: n.cfg.ReplicaAnnounceIP, DualChannel: n.cfg.DualChannelReplication, Ask: n.master.ask(n),
	}
}

// resume continues the stream behind +CONTINUE. A master that was promoted meanwhile continues the same bytes under
// its own name: then that is our name too, and those below us have to learn it.
//
// Source: redis/src/replication.c, slaveTryPartialResynchronization.
func (l *link) resume(n *Node, id engine.ReplID) {
	l.rename(n, id)
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.")
	l.up(n)
	if !n.hist.Active() && n.era.Shared {
		n.hist.Create(n.hist.Offset())
	}
	n.out.fact(engine.SyncFinished{Partial: true, ID: l.id, Offset: l.at(n)})
}

// rename takes over the name under which the master continues.
func (l *link) rename(n *Node, id engine.ReplID) {
	if id == "" || id == l.id {
		return
	}
	n.log(engine.LogWarning, "Master replication ID changed to "+string(id))
	n.hist.ID, l.id = l.id, id
	n.hist.Follow(id)
	n.renamed("the master continues under another name")
	n.dropReplicas("history renamed")
}

// enlist gives the link a place among the clients, which it keeps while its position does.
//
// Source: redis/src/replication.c, replicationCreateMasterClient and replicationResurrectCachedMaster.
func (l *link) enlist(n *Node) {
	n.lastID++
	l.clientID, l.upAt = n.lastID, n.now
}

// up is a link that streams.
func (l *link) up(n *Node) {
	l.downAt = 0
	l.cached, l.dec = true, resp.Decoder{}
	l.become(n, engine.LinkConnected, "")
}

// lost takes the end of a connection.
func (l *link) lost(n *Node, conn engine.ConnID, why string) {
	if l.dual != nil {
		l.lostDual(n, conn, why)
		return
	}
	l.conn = 0
	switch l.state {
	case engine.LinkConnected:
		l.end(n)
		l.reconnect(n, why, "")
	case engine.LinkSync:
		l.lostFull(n, why)
	case engine.LinkHandshake:
		l.noReply(n, why)
	}
}

// noReply is a handshake that the master does not go on with.
func (l *link) noReply(n *Node, why string) {
	n.log(engine.LogWarning, "Failed to read response from the server: "+errnoText(why))
	if !l.shake.Asked() {
		n.log(engine.LogWarning, "Master did not respond to command during SYNC handshake")
	} else {
		n.log(engine.LogWarning, "Master did not reply to PSYNC, will try later")
		if n.failoverAnswer(repl.Transient) {
			return
		}
	}
	l.giveUp(n, why)
}

// errnoText is what strerror says of a connection that ended for that reason: an orderly end is no error.
func errnoText(why string) string {
	if why == "" {
		return "Success"
	}
	return why
}

// giveUp ends an attempt; the next one is at the next tick.
func (l *link) giveUp(n *Node, why string) {
	l.drop(n, why)
	l.become(n, engine.LinkConnect, why)
}

// drop closes what there is of connections and forgets what came on them.
//
// Source: redis/src/replication.c, cancelReplicationHandshake.
func (l *link) drop(n *Node, why string) {
	l.dropFull(n)
	l.dropDual(n, why)
	l.close(n, why)
}

// leave ends the link in whatever state it is.
func (l *link) leave(n *Node, why string) {
	up, in := l.state == engine.LinkConnected, l.in
	l.drop(n, why)
	if up {
		l.in = in
		l.end(n)
	}
}

// end is the end of a link that was up. It leaves the position behind to continue from: what was received and not
// executed is dropped, and asked for again; but where the position counts what was received, it is kept. Where the
// stream made no sense, or a command waited for the end of a pause, there is no such position.
//
// Source: redis/src/networking.c, freeClient; redis/src/replication.c, replicationCacheMaster.
func (l *link) end(n *Node) {
	n.log(engine.LogWarning, "Connection with master lost.")
	switch {
	case l.doomed != "":
		l.forget(n, l.doomed)
	case l.held:
		l.forget(n, "a pause held one of its commands")
	case !n.era.Psync:
		l.cached = false
	default:
		n.log(engine.LogNotice, "Caching the disconnected master state.")
	}
	if n.era.CountsReceived && l.cached {
		l.half = l.in
	} else {
		l.multi = nil
	}
	l.in, l.dec, l.held, l.doomed, l.wasted = nil, resp.Decoder{}, false, "", 0
	l.downAt = n.now
	if n.era.CutsWithLink && n.isReplica() {
		n.dropReplicas("the link to its master is lost")
	}
}

// discard lets the position go that no link uses.
//
// Source: redis/src/replication.c, replicationDiscardCachedMaster.
func (l *link) discard(n *Node, why string) {
	if l.cached {
		n.log(engine.LogNotice, "Discarding previously cached master state.")
		l.forget(n, why)
	}
}

func (l *link) forget(n *Node, why string) {
	n.out.fact(engine.PositionDiscarded{ID: l.id, Offset: l.at(n), Why: why})
	l.cached, l.half, l.multi = false, nil, nil
}

// ack tells the master how far its stream is applied.
//
// Source: redis/src/replication.c, replicationSendAck.
func (l *link) ack(n *Node) {
	if why := l.doomed; why != "" {
		l.leave(n, why)
		l.reconnect(n, why, "")
		return
	}
	l.send(n, resp.AppendCommand(nil, "REPLCONF", "ACK", strconv.FormatInt(int64(l.at(n)), 10)), engine.PayloadAck)
}

// cron is the link's part of the tick: timeouts, the next attempt, the acknowledgement.
//
// Source: redis/src/replication.c, replicationCron.
func (l *link) cron(n *Node) {
	silent := n.now.Sub(l.lastIO) > n.cfg.ReplTimeout
	switch l.state {
	case engine.LinkNone:
		return
	case engine.LinkHandshake:
		if l.dual != nil && l.dualLate(n) {
			break
		}
		if l.dual == nil && l.late(n) {
			l.noReply(n, "Connection timed out")
			break
		}
		fallthrough
	case engine.LinkConnecting:
		if silent {
			n.log(engine.LogWarning, "Timeout connecting to the MASTER...")
			l.fail(n, "timeout")
		}
	case engine.LinkSync:
		switch f := l.full; {
		case f.partial() && n.now.Sub(l.carrier().lineAt) > syncReadMax:
			n.log(engine.LogWarning, "I/O error reading bulk count from MASTER: Connection timed out")
			l.fail(n, "timeout")
		case silent && !f.whole():
			n.log(engine.LogWarning, "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.")
			l.fail(n, "timeout")
		}
	case engine.LinkConnected:
		if silent {
			n.log(engine.LogWarning, "MASTER timeout: no data nor PING received...")
			l.leave(n, "timeout")
			l.reconnect(n, "timeout", "")
		}
	}
	if l.state == engine.LinkConnect {
		l.try(n)
	}
	if l.state == engine.LinkConnected && !l.old {
		l.ack(n)
	}
}

// fail ends an attempt that failed, and begins again at once.
func (l *link) fail(n *Node, why string) {
	l.drop(n, why)
	l.reconnect(n, why, " after failure")
}

// downFor is how long the link has been down; -1 while it is up or when it never was.
func (l *link) downFor(now engine.Instant) time.Duration {
	if l.state == engine.LinkConnected || l.downAt == 0 {
		return -1
	}
	return now.Sub(l.downAt)
}
