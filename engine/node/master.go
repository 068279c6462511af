package node

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/repl"
	"resync/engine/resp"
)

const (
	// sendWindow is how many bytes on their way out a replica may have; more are sent as these are drained. The rest
	// of the stream waits in its blocks, where it costs nothing.
	sendWindow = 128 << 10
	chunkBytes = 64 << 10 // of a snapshot, encoded at a time
)

// transfer is a snapshot on its way to one replica. It is encoded as it is sent, so it takes no memory but a chunk.
type transfer struct {
	enc      *rdb.Encoder
	head     []byte // the line before the snapshot, until it is sent
	mark     string // behind a streamed one
	streamed bool
	sent     int64
	chunk    []byte
}

func (t *transfer) clone() *transfer {
	c := *t
	c.enc = t.enc.Clone()
	c.chunk = nil
	return &c
}

// next returns the next bytes to send, or nil at the end. They are valid until it is called again.
func (t *transfer) next() []byte {
	if t.head != nil {
		head := t.head
		t.head = nil
		return head
	}
	if !t.enc.Done() {
		t.chunk = t.enc.Append(t.chunk[:0], chunkBytes)
		t.sent += int64(len(t.chunk))
		return t.chunk
	}
	if t.mark != "" {
		mark := t.mark
		t.mark = ""
		return []byte(mark)
	}
	return nil
}

// psync serves PSYNC and SYNC: continue the stream where that is possible, or copy the dataset.
//
// Source: redis/src/replication.c, syncCommand.
func (n *Node) psync(c *client, args [][]byte) {
	old := len(args) == 1
	var failover bool
	if len(args) > 3 && strings.EqualFold(string(args[3]), "failover") {
		failover = true
	}
	switch {
	case c.replica != nil:
		return // it is one already
	case failover && !n.isReplica():
		c.w.Error("ERR PSYNC FAILOVER can't be sent to a master.")
		return
	case n.isReplica() && n.master.state != engine.LinkConnected:
		c.w.Error("NOMASTERLINK Can't SYNC while not connected with my master")
		return
	case len(c.w.Buf) > 0 || c.sent > 0:
		c.w.Error("ERR SYNC and PSYNC are invalid with pending output")
		return
	}
	r := c.announced()
	n.log(engine.LogNotice, "Replica "+r.Name()+" asks for synchronization")
	if !old {
		want, ok := resp.ParseInt64(args[2])
		if !ok {
			n.log(engine.LogWarning, "Replica "+r.Name()+" asks for synchronization but with a wrong offset")
			c.w.Error("ERR value is not an integer or out of range")
			return
		}
		if n.tryPartial(c, r, repl.Request{ID: engine.ReplID(args[1]), Want: engine.Offset(want)}) {
			return
		}
	}
	r.Old = old
	r.State, r.Since = repl.WaitStart, n.now
	c.replica = r
	n.stats.syncFull++
	n.replicas = append(n.replicas, c)
	if len(n.replicas) == 1 && !n.hist.Active() {
		// Writes made without a backlog did not move the offset, so id and offset of before would name data that was
		// never streamed.
		n.hist.Rename(n.random())
		n.hist.Create(n.hist.Offset())
		n.renamed("first replica")
		n.log(engine.LogNotice, "Replication backlog created, my new replication IDs are '"+string(n.hist.ID)+"' and '"+string(n.hist.ID2)+"'")
	}
	if !n.planSnapshot() {
		n.log(engine.LogNotice, "Delay next BGSAVE for diskless SYNC")
	}
}

// announced returns what the client said of itself as a replica, with the peer's address where it said none.
func (c *client) announced() *repl.Replica {
	r := c.intro
	if r.IP == "" {
		r.IP = hostOf(c.addr)
	}
	return &r
}

// hostOf is the address without its port.
func hostOf(addr string) string {
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		return addr[:i]
	}
	return addr
}

// tryPartial continues the stream for a replica, where both checks pass.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func (n *Node) tryPartial(c *client, r *repl.Replica, ask repl.Request) bool {
	a := n.hist.Answer(ask)
	a.Replica, a.Conn = r.Name(), c.conn
	n.out.fact(a)
	if !a.Continued() {
		for _, line := range repl.RefusalLog(a) {
			level := engine.LogNotice
			if strings.HasPrefix(line, "Warning") {
				level = engine.LogWarning
			}
			n.log(level, line)
		}
		if a.Reason != engine.PsyncNoHistory {
			n.stats.partialErr++
		}
		return false
	}
	n.stats.partialOK++
	c.replica = r
	r.State, r.AckedAt, r.Sent, r.Acked = repl.Online, n.now, ask.Want-1, 0
	n.replicas = append(n.replicas, c)
	if r.Psync2 {
		c.w.Raw([]byte("+CONTINUE " + string(n.hist.ID) + "\r\n"))
	} else {
		c.w.Raw([]byte("+CONTINUE\r\n"))
	}
	c.touch(n)
	n.log(engine.LogNotice, "Partial resynchronization request from "+r.Name()+" accepted. Sending "+
		strconv.FormatInt(a.Bytes, 10)+" bytes of backlog starting from offset "+strconv.FormatInt(int64(ask.Want), 10)+".")
	n.out.fact(engine.ReplicaOnline{Replica: r.Name(), From: ask.Want})
	return true
}

// planSnapshot takes the snapshot that replicas wait for, when it is time. It reports whether none waits any more.
func (n *Node) planSnapshot() bool {
	var waiting []*repl.Replica
	for _, c := range n.replicas {
		if c.replica.State == repl.WaitStart {
			waiting = append(waiting, c.replica)
		}
	}
	if len(waiting) == 0 {
		return true
	}
	plan := repl.Plan(waiting, n.cfg.ReplDisklessSync, n.cfg.ReplDisklessSyncDelay, n.cfg.ReplDisklessMaxReplicas)
	if n.now < plan.At {
		return false
	}
	n.takeSnapshot(plan.Streamed)
	return true
}

// takeSnapshot begins a full resync for every replica that waits: one snapshot, at one offset, for all of them.
//
// Source: redis/src/replication.c, startBgsaveForReplication and replicationSetupSlaveForFullResync.
func (n *Node) takeSnapshot(streamed bool) {
	target := "disk"
	if streamed {
		target = "replicas sockets"
	}
	n.log(engine.LogNotice, "Starting BGSAVE for SYNC with target: "+target)
	n.hist.DB = -1 // the snapshot's readers start without a database
	snap := n.data.Snapshot()
	opts := rdb.Options{Compress: n.cfg.RDBCompression, Checksum: n.cfg.RDBChecksum}
	aux := n.snapshotAux()
	var size int64
	keys := countKeys(snap)
	if !streamed {
		size = rdb.Size(snap, aux, opts)
	}
	for _, c := range n.replicas {
		r := c.replica
		if r.State != repl.WaitStart {
			continue
		}
		r.Initial, r.Sent = n.hist.Offset(), n.hist.Offset()
		r.State = repl.WaitEnd
		if !r.Old {
			c.w.Raw([]byte("+FULLRESYNC " + string(n.hist.ID) + " " + strconv.FormatInt(int64(r.Initial), 10) + "\r\n"))
		}
		c.full = &transfer{enc: rdb.NewEncoder(snap, aux, opts), streamed: streamed}
		if streamed {
			c.full.mark = string(repl.NewReplID(n.random()))
			c.full.head = []byte("$EOF:" + c.full.mark + "\r\n")
		} else {
			r.State = repl.SendBulk
			c.full.head = []byte("$" + strconv.FormatInt(size, 10) + "\r\n")
		}
		c.touch(n)
		n.out.fact(engine.FullSyncStarted{Replica: r.Name(), ID: n.hist.ID, Offset: r.Initial, Keys: keys})
	}
	if streamed {
		n.log(engine.LogNotice, "Background RDB transfer started by pid "+strconv.Itoa(n.pid))
	} else {
		n.log(engine.LogNotice, "Background saving started by pid "+strconv.Itoa(n.pid))
		n.log(engine.LogNotice, "Background saving terminated with success")
	}
}

// snapshotAux is what a snapshot says of itself, in Redis's order. With a backlog it names the history, so that a
// server that loads it may continue there.
//
// Source: redis/src/rdb.c, rdbSaveInfoAuxFields.
func (n *Node) snapshotAux() []rdb.Aux {
	aux := rdb.DefaultAux(n.now, n.usedMemory())
	if db, offset, ok := n.savedPosition(); ok {
		aux = append(aux,
			rdb.Aux{Name: "repl-stream-db", Value: strconv.Itoa(db)},
			rdb.Aux{Name: "repl-id", Value: string(n.hist.ID)},
			rdb.Aux{Name: "repl-offset", Value: strconv.FormatInt(int64(offset), 10)})
	}
	return append(aux, rdb.Aux{Name: "aof-base", Value: "0"})
}

// savedPosition is the database and offset at which somebody who loads this dataset may continue the stream.
func (n *Node) savedPosition() (db int, offset engine.Offset, ok bool) {
	if n.isReplica() {
		if n.master.state == engine.LinkConnected || n.master.cached {
			return n.master.db, n.hist.Offset(), true
		}
		return 0, 0, false
	}
	return max(n.hist.DB, 0), n.hist.Offset(), n.hist.Active()
}

// pumpReplicas sends every replica as much as its window takes.
func (n *Node) pumpReplicas() {
	for _, c := range n.replicas {
		if c.closing != "" {
			continue
		}
		if c.replica.Buffers() {
			n.limitOutput(c)
		}
		if len(c.w.Buf) > 0 || c.full != nil || c.replica.Streams() {
			n.pump(c)
		}
	}
}

func (n *Node) pump(c *client) {
	c.flush(n)
	if c.full != nil && c.sent < sendWindow {
		if part := c.full.next(); part != nil {
			n.send(c, Send{Conn: c.conn, Data: part, Payload: engine.PayloadSnapshot})
			return
		}
		n.snapshotSent(c)
	}
	r := c.replica
	if !r.Streams() {
		return
	}
	for c.sent < sendWindow && r.Sent < n.hist.Offset() {
		part := n.hist.Bytes(r.Sent+1, int(sendWindow-c.sent))
		span := engine.Span{First: r.Sent + 1, Last: r.Sent + engine.Offset(len(part))}
		r.Sent = span.Last
		n.stats.replOut += int64(len(part))
		n.send(c, Send{Conn: c.conn, Data: part, Payload: engine.PayloadStream, Span: span, Shared: true})
	}
}

// snapshotSent is the end of a transfer: the stream follows, at once behind a snapshot whose length was told, and
// after the replica's first word behind one that was streamed.
func (n *Node) snapshotSent(c *client) {
	r := c.replica
	streamed := c.full.streamed
	c.full = nil
	r.State, r.AckedAt, r.NeedsAck = repl.Online, n.now, streamed
	if streamed {
		n.log(engine.LogNotice, "Background RDB transfer terminated with success")
		n.log(engine.LogNotice, "Streamed RDB transfer with replica "+r.Name()+" succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming")
	}
	n.log(engine.LogNotice, "Synchronization with replica "+r.Name()+" succeeded")
	if !streamed {
		n.streams(c)
	}
}

// streams reports that the stream flows to a replica from now on.
func (n *Node) streams(c *client) {
	n.out.fact(engine.ReplicaOnline{Replica: c.replica.Name(), From: c.replica.Sent + 1})
}

// limitOutput closes a replica that has fallen too far behind for client-output-buffer-limit. What waits for it is
// the stream from its position on; a limit below the backlog's size would cost nothing but partial resyncs.
func (n *Node) limitOutput(c *client) {
	limit := n.cfg.OutputLimit[OutputReplica].Hard
	if limit == 0 {
		return
	}
	limit = max(limit, n.hist.Size)
	if int64(n.hist.Offset()-c.replica.Sent)+c.sent > limit {
		n.log(engine.LogWarning, "Client "+c.String(n)+" scheduled to be closed ASAP for overcoming of output buffer limits.")
		c.close(n, "output buffer limit")
	}
}

// trimBacklog lets the oldest blocks go, but for those that a replica still has to be sent.
func (n *Node) trimBacklog() {
	var pin engine.Offset
	for _, c := range n.replicas {
		if c.replica.Buffers() && (pin == 0 || c.replica.Sent+1 < pin) {
			pin = c.replica.Sent + 1
		}
	}
	n.hist.EndTurn(pin)
	if gone, ok := n.hist.TakeGone(); ok && n.trace {
		n.out.fact(engine.BacklogTrimmed{Gone: gone})
	}
}

// masterCron is the part of the tick that looks after replicas.
func (n *Node) masterCron() {
	if !n.isReplica() && len(n.replicas) > 0 && n.ticks%int64(n.cfg.ReplPingPeriod/time.Second) == 0 {
		first := n.hist.Next()
		n.hist.AppendCommand(opPing)
		n.propagated(first, "PING")
	}
	for _, c := range n.replicas {
		switch r := c.replica; {
		case r.State == repl.WaitStart, r.State == repl.WaitEnd && !c.full.streamed:
			// Until the snapshot flows a newline says that we are alive. It is no part of the stream.
			n.send(c, Send{Conn: c.conn, Data: newline, Payload: engine.PayloadKeepalive, Shared: true})
		case r.TimedOut(n.now, n.cfg.ReplTimeout):
			n.log(engine.LogWarning, "Disconnecting timedout replica (streaming sync): "+r.Name())
			c.close(n, "timeout")
		}
	}
	n.freeBacklog()
	n.planSnapshot()
}

var newline = []byte("\n")

// freeBacklog lets the backlog go after repl-backlog-ttl without replicas, and with it the history's name: writes
// will not move the offset any more. A replica never does, since it may be promoted.
//
// Source: redis/src/replication.c, replicationCron.
func (n *Node) freeBacklog() {
	ttl := n.cfg.ReplBacklogTTL
	if n.isReplica() || len(n.replicas) > 0 || ttl == 0 || !n.hist.Active() || n.now.Sub(n.lastGone) <= ttl {
		return
	}
	n.hist.Rename(n.random())
	n.hist.Free()
	n.renamed("backlog freed")
	n.log(engine.LogNotice, "Replication backlog freed after "+strconv.FormatInt(int64(ttl/time.Second), 10)+" seconds without connected replicas.")
}

// renamed reports that the history has another name now.
func (n *Node) renamed(why string) {
	n.out.fact(engine.HistoryChanged{ID: n.hist.ID, ID2: n.hist.ID2, SecondOffset: n.hist.Second, Why: why})
}

// dropReplica forgets what was known of a replica.
func (n *Node) dropReplica(c *client, why string) {
	before := len(n.replicas)
	n.replicas = without(n.replicas, c)
	if len(n.replicas) == before {
		return // it announced itself and never asked
	}
	n.log(engine.LogWarning, "Connection with replica "+c.replica.Name()+" lost.")
	n.out.fact(engine.ReplicaGone{Replica: c.replica.Name(), Why: why})
	if len(n.replicas) == 0 {
		n.lastGone = n.now
	}
}

// dropReplicas closes every replica: its history is not ours any more.
func (n *Node) dropReplicas(why string) {
	for _, c := range n.replicas {
		c.close(n, why)
	}
}

// enoughReplicas is min-replicas-to-write.
func (n *Node) enoughReplicas() bool {
	want, lag := n.cfg.MinReplicasToWrite, n.cfg.MinReplicasMaxLag
	return want == 0 || lag == 0 || n.goodReplicas() >= want
}

func (n *Node) goodReplicas() int {
	good := 0
	for _, c := range n.replicas {
		if c.replica.State == repl.Online && c.replica.Lag(n.now) <= n.cfg.MinReplicasMaxLag {
			good++
		}
	}
	return good
}

// replconf serves REPLCONF: a replica announces itself, acknowledges, or is asked to.
//
// Source: redis/src/replication.c, replconfCommand.
func (n *Node) replconf(c *client, args [][]byte) {
	if len(args)%2 == 0 {
		c.w.Error("ERR syntax error")
		return
	}
	r := &c.intro
	if c.replica != nil {
		r = c.replica
	}
	for i := 1; i < len(args); i += 2 {
		value := args[i+1]
		switch option := strings.ToLower(string(args[i])); option {
		case "listening-port":
			port, ok := resp.ParseInt64(value)
			if !ok {
				c.w.Error("ERR value is not an integer or out of range")
				return
			}
			r.Port = int(port)
		case "ip-address":
			if len(value) > 255 {
				c.w.Error("ERR REPLCONF ip-address provided by replica instance is too long: " + strconv.Itoa(len(value)) + " bytes")
				return
			}
			r.IP = string(value)
		case "capa":
			r.EOF = r.EOF || bytes.EqualFold(value, []byte("eof"))
			r.Psync2 = r.Psync2 || bytes.EqualFold(value, []byte("psync2"))
		case "ack":
			n.ack(c, value)
			return
		case "getack":
			if n.isReplica() && n.master.state == engine.LinkConnected {
				n.master.ack(n)
			}
			return
		default:
			c.w.Error("ERR Unrecognized REPLCONF option: " + string(args[i]))
			return
		}
	}
	c.w.OK()
}

func (n *Node) ack(c *client, value []byte) {
	offset, ok := resp.ParseInt64(value)
	if !ok || c.replica == nil {
		return
	}
	r := c.replica
	if n.trace && engine.Offset(offset) > r.Acked {
		n.out.fact(engine.Acked{Replica: r.Name(), Offset: engine.Offset(offset)})
	}
	if r.Ack(n.now, engine.Offset(offset)) {
		n.streams(c)
	}
}
