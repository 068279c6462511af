package node

import (
	"slices"
	"strconv"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/repl"
)

// dualSync is a full resync over two connections, as a replica sees it: since Valkey 8, where both sides want it. The
// snapshot comes on a second connection, and the stream behind it at the same time on the first, whose bytes are kept
// here until the snapshot is loaded. So they take no memory of the master.
//
//	first connection                second connection
//	+DUALCHANNELSYNC ─────────────► Connecting ─► Handshake
//	set-rdb-client-id ◄──────────── $ENDOFF ────────┘  └─► Loading ─► Loaded
//	PSYNC ─► +CONTINUE ─► kept                                           │
//	                        └───────── both are there: Connected ◄───────┘
//
// The link's own state is Handshake until +CONTINUE, and Sync from then on. Whatever fails ends both connections.
//
// Source: valkey/src/replication.c, dualChannelFullSyncWithPrimary and dualChannelSetupMainConnForPsync.
type dualSync struct {
	wire   // the second connection
	state  engine.ChannelState
	shake  repl.SnapshotShake
	rejoin repl.Rejoin // the first connection's way to the stream
	end    repl.EndOff // what was announced
	kept   repl.StreamBuffer
	bytes  int64 // of the snapshot, once it is loaded

	streams bool          // +CONTINUE has come
	name    engine.ReplID // under which the master continues
	ended   bool          // the first connection did, while nobody read from it
	why     string
}

func (d *dualSync) clone() *dualSync {
	if d == nil {
		return nil
	}
	c := *d
	c.in = slices.Clone(d.in)
	return &c
}

// has reports whether a connection is the second one.
func (d *dualSync) has(conn engine.ConnID) bool { return d != nil && conn != 0 && conn == d.conn }

// has reports whether a connection goes to the master.
func (l *link) has(conn engine.ConnID) bool {
	return conn != 0 && conn == l.conn || l.dual.has(conn)
}

// carrier is the connection on which the snapshot comes.
func (l *link) carrier() *wire {
	if l.dual != nil {
		return &l.dual.wire
	}
	return &l.wire
}

// announced reports whether the master has said which snapshot comes.
func (d *dualSync) announced() bool { return d.state >= engine.ChannelLoading }

func (d *dualSync) become(n *Node, state engine.ChannelState, why string) {
	n.out.fact(engine.ChannelChanged{From: d.state, To: state, Why: why})
	d.state = state
}

// beginDual dials the master a second time. Nobody reads from the first connection until it has something to say.
func (l *link) beginDual(n *Node) {
	n.lastConn++
	d := &dualSync{wire: wire{conn: n.lastConn}}
	l.dual = d
	n.out.do(Dial{Conn: d.conn, Host: l.addr.Host, Port: l.addr.Port, From: n.cfg.BindSourceAddr})
	l.stop(n, true)
	d.become(n, engine.ChannelConnecting, "+DUALCHANNELSYNC")
}

// dialedSecond takes the end of the second Dial.
func (l *link) dialedSecond(n *Node, in Dialed) {
	d := l.dual
	if in.Err != "" {
		d.conn = 0
		n.log(engine.LogWarning, "Error condition on socket for dual channel replication: "+in.Err)
		l.giveUp(n, in.Err)
		return
	}
	d.peer, d.local = in.Remote, in.Local
	d.become(n, engine.ChannelHandshake, "")
	n.log(engine.LogDebug, "Received first reply from primary using rdb connection.")
	d.send(n, d.shake.Begin(n.era, n.greeting()), engine.PayloadHandshake)
}

// receivedDual takes bytes of either connection.
func (l *link) receivedDual(n *Node, conn engine.ConnID, data []byte) {
	d := l.dual
	switch second := d.has(conn); {
	case second && d.announced():
		l.lastIO = n.now
		n.stats.replIn += int64(len(data))
		l.receiveFull(n, data)
	case second:
		l.lastIO = n.now
		d.gather(n, data)
		l.secondLines(n)
	case d.streams:
		l.keep(n, data)
	case d.announced():
		l.lastIO = n.now
		l.gather(n, data)
		l.firstLines(n)
	default:
		l.in = append(l.in, data...) // it was on its way before the driver knew that nobody reads
	}
}

// secondLines takes what is complete of the second connection's handshake.
func (l *link) secondLines(n *Node) {
	d := l.dual
	for !d.announced() {
		line, ok := d.line(n)
		if !ok {
			if len(d.in) > replyMax {
				l.giveUp(n, "the master's reply is too long")
			}
			return
		}
		r := d.shake.Line(line)
		for _, f := range r.Logs {
			n.out.fact(f)
		}
		switch r.Outcome {
		case repl.GiveUp:
			l.giveUp(n, string(line))
			return
		case repl.Announced:
			if l.snapshotAnnounced(n, r.EndOff); l.dual != d {
				return
			}
		default:
			d.send(n, r.Send, engine.PayloadHandshake)
		}
	}
	if rest := d.in; len(rest) > 0 {
		d.in = nil
		l.receivedDual(n, d.conn, rest)
	}
}

// snapshotAnnounced goes on on both connections: on the second with the snapshot, on the first with the stream behind it.
func (l *link) snapshotAnnounced(n *Node, e repl.EndOff) {
	d := l.dual
	d.end = e
	n.out.fact(engine.SnapshotAnnounced{ID: e.ID, Offset: e.Offset, DB: e.DB, Client: e.Client})
	d.become(n, engine.ChannelLoading, "")
	l.expect(n, e.ID, e.Offset)
	l.stop(n, false)
	if d.ended {
		l.lostFirst(n, d.why)
		return
	}
	l.send(n, d.rejoin.Begin(n.era, e), engine.PayloadHandshake)
	l.firstLines(n)
}

// firstLines takes what is complete of the first connection's way to the stream.
func (l *link) firstLines(n *Node) {
	d := l.dual
	for !d.streams {
		line, ok := l.line(n)
		if !ok {
			if len(l.in) > replyMax {
				l.lostFirst(n, "the master's reply is too long")
			}
			return
		}
		asked := d.rejoin.Asked()
		r, code := d.rejoin.Line(line)
		for _, f := range r.Logs {
			n.out.fact(f)
		}
		switch {
		case r.Outcome == repl.GiveUp:
			l.abortFirst(n, code, string(line))
			return
		case r.Outcome == repl.Continue:
			d.name = r.ID
			l.firstStreams(n)
			return
		}
		l.send(n, r.Send, engine.PayloadHandshake)
		if !asked && d.rejoin.Asked() {
			ask := d.rejoin.Ask()
			n.out.fact(engine.PsyncAsked{Master: l.addr.String(), ID: ask.ID, Want: ask.Want})
		}
	}
}

// firstStreams is +CONTINUE on the first connection.
func (l *link) firstStreams(n *Node) {
	d := l.dual
	d.streams = true
	text := "Primary <-> REPLICA sync: Primary accepted a Partial Resynchronization"
	if d.state == engine.ChannelLoaded {
		n.log(engine.LogNotice, text+".")
		n.log(engine.LogDebug, "Dual channel sync - psync established after rdb load")
		l.joinChannels(n)
		return
	}
	n.log(engine.LogNotice, text+", RDB load in background.")
	l.peak = 0
	l.become(n, engine.LinkSync, "")
	rest := l.in
	l.in = nil
	l.keep(n, rest) // what came with it
}

// keep takes bytes of the stream that come before the snapshot is loaded. What is beyond the limit for replicas waits
// at the master, as it does without a second connection.
func (l *link) keep(n *Node, data []byte) {
	d := l.dual
	l.in = append(l.in, data...)
	if l.stopped {
		return // it was on its way already
	}
	limit := n.cfg.OutputLimit[OutputReplica].Hard
	if d.kept.Add(len(data), limit) {
		n.log(engine.LogNotice, "Replication buffer limit reached, stopping buffering.")
		n.out.fact(engine.StreamBufferFull{Size: d.kept.Size, Limit: limit})
		l.stop(n, true)
	}
	l.peak = max(l.peak, d.kept.Size)
}

// secondLoaded takes the place in the history that the loaded snapshot stands at. Valkey does so only when the stream
// is there too, and until then shows the new data under the old name: whoever is promoted in between continues those
// who have other data. Here the name always comes with the data.
func (l *link) secondLoaded(n *Node) {
	d := l.dual
	d.bytes = l.full.payload().Read()
	l.full = nil
	l.id, l.offset, l.db, l.old = d.end.ID, d.end.Offset, 0, false
	if 0 <= d.end.DB && d.end.DB < n.cfg.Databases {
		l.db = d.end.DB // whatever the file says
	}
	l.half, l.multi = nil, nil
	n.hist.Adopt(d.end.ID, d.end.Offset)
	n.renamed("full resync")
	d.become(n, engine.ChannelLoaded, "")
	n.out.fact(engine.SnapshotLoaded{ID: d.end.ID, Offset: d.end.Offset})
	if d.streams {
		l.joinChannels(n)
	}
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Finished with success")
	d.close(n, "the snapshot is loaded")
}

// joinChannels is the end of it: the snapshot is loaded and the stream is there, which goes on with what was kept. That
// is not in our own backlog, which begins behind it. A master that was promoted since it announced the snapshot streams
// under another name; Valkey overlooks that, and its replica calls bytes of the new history by the old name.
//
// Source: valkey/src/replication.c, dualChannelSyncSuccess and readSyncBulkPayload.
func (l *link) joinChannels(n *Node) {
	d, kept := l.dual, l.in[:l.dual.kept.Bytes]
	rest := l.in[len(kept):]
	l.dual, l.in = nil, nil
	l.enlist(n)
	l.up(n)
	n.out.fact(engine.SyncFinished{ID: d.end.ID, Offset: d.end.Offset, Bytes: d.bytes})
	l.rename(n, d.name)
	if len(kept) > 0 {
		if l.stream(n, kept); l.state != engine.LinkConnected {
			return
		}
		n.hist.Create(n.hist.Offset())
		n.out.fact(engine.StreamBufferApplied{Bytes: int64(len(kept)), Offset: l.at(n)})
	}
	n.log(engine.LogNotice, "Successfully streamed replication data into memory")
	l.ack(n)
	l.stop(n, false)
	if len(rest) > 0 {
		l.stream(n, rest)
	}
	if d.ended && l.state == engine.LinkConnected {
		l.lost(n, l.conn, d.why)
	}
}

// lostDual takes the end of either connection.
func (l *link) lostDual(n *Node, conn engine.ConnID, why string) {
	d := l.dual
	if !d.has(conn) {
		l.conn = 0
		if d.ended, d.why = true, why; !l.stopped {
			l.lostFirst(n, why)
		}
		return
	}
	d.conn = 0
	if d.announced() {
		l.lostFull(n, why)
		return
	}
	l.noSecondReply(n, why)
}

// lostFirst takes the end of the first connection where somebody reads from it: a snapshot without the stream behind it
// is worth nothing.
func (l *link) lostFirst(n *Node, why string) {
	d := l.dual
	if d.streams {
		n.log(engine.LogVerbose, "Provisional primary closed connection")
		l.failDual(n, why)
		return
	}
	n.log(engine.LogWarning, "Failed to read response from the server: "+errnoText(why))
	code := repl.ResultRefused
	if d.rejoin.Asked() {
		n.log(engine.LogWarning, "Primary did not reply to PSYNC, will try later")
		code = repl.ResultTransient
	}
	l.abortFirst(n, code, why)
}

// abortFirst ends a resync in which the first connection does not come to its stream.
func (l *link) abortFirst(n *Node, code int, why string) {
	n.log(engine.LogWarning, "Aborting dual channel sync. Main channel psync result "+strconv.Itoa(code))
	l.failDual(n, why)
}

// failDual ends the attempt and begins again at once; what is being loaded is not loaded any further.
func (l *link) failDual(n *Node, why string) {
	switch ld := n.disk.loading; {
	case ld == nil:
		l.fail(n, why)
	case ld.job == 0:
		l.parseFailed(n, &rdb.Error{Offset: ld.offset, What: "the first connection ended", Kind: rdb.Cut}, why)
	default:
		n.log(engine.LogWarning, "Failed trying to load the MASTER synchronization DB from disk")
		l.fail(n, why)
	}
}

// noSecondReply is a handshake that the master does not go on with on the second connection.
func (l *link) noSecondReply(n *Node, why string) {
	n.log(engine.LogWarning, "Failed to read response from the server: "+errnoText(why))
	if reply := l.dual.shake.Waits(); reply != "" {
		n.log(engine.LogWarning, "Primary did not respond to "+reply+" command during SYNC handshake")
	}
	l.giveUp(n, why)
}

// dualLate ends an attempt in which the rest of a line takes too long, and reports whether it did.
func (l *link) dualLate(n *Node) bool {
	d := l.dual
	switch {
	case !d.announced() && d.late(n):
		l.noSecondReply(n, "Connection timed out")
	case d.announced() && !d.streams && l.late(n):
		l.lostFirst(n, "Connection timed out")
	default:
		return false
	}
	return true
}

// dropDual forgets the second connection of a resync that has not come to its end.
//
// Source: valkey/src/replication.c, replicationAbortDualChannelSyncTransfer.
func (l *link) dropDual(n *Node, why string) {
	d := l.dual
	if d == nil {
		return
	}
	n.log(engine.LogNotice, "Aborting dual channel sync")
	d.close(n, why)
	d.become(n, engine.ChannelNone, why)
	l.dual = nil
}

// keptBytes is what keeping the stream takes until the snapshot is loaded.
func (l *link) keptBytes() int64 {
	if l.dual == nil {
		return 0
	}
	return l.dual.kept.Size
}
