package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/repl"
	"resync/engine/resp"
)

// masterCron is the part of the tick that looks after replicas.
func (n *Node) masterCron() {
	period := n.ticks%int64(n.cfg.ReplPingPeriod/time.Second) == 0
	if period {
		n.sendPing()
	}
	for _, c := range n.replicas {
		switch r := c.replica; {
		case c.closing != "":
		case r.State == repl.WaitStart, r.State == repl.WaitEnd && !n.disk.child.streamed():
			// Until the snapshot flows a newline says that we are alive. It is no part of the stream.
			if !period && !n.era.LFEveryTick {
				continue
			}
			n.send(c, Send{Conn: c.conn, Data: newline, Payload: engine.PayloadKeepalive, Shared: true})
		case r.State == repl.WaitEnd && c.takes() && n.disk.child.apart && c.sent > 0 && wholeSince(c.tookAt, n.now) > n.cfg.ReplTimeout:
			c.linger.deaf = true // only its child notices
			n.streamPart()
		case r.State == repl.WaitEnd && !n.disk.child.apart && c.sent > 0 && wholeSince(c.tookAt, n.now) > n.cfg.ReplTimeout:
			// It holds up all who share its snapshot.
			n.log(engine.LogWarning, "Disconnecting timedout replica (full sync): "+r.Name())
			c.close(n, "timeout")
		case n.era.DropsSilent && r.TimedOut(n.now, n.cfg.ReplTimeout):
			n.log(engine.LogWarning, "Disconnecting timedout replica (streaming sync): "+r.Name())
			c.close(n, "timeout")
		}
	}
	n.freeBacklog()
	n.planSnapshot()
	n.removeSyncFile()
	n.countGood()
}

var newline = []byte("\n")

// sendPing tells the replicas that we are alive, when they would hear nothing else. In a chain the first one's is for
// all, since those in between send on what they get; where each has a stream of its own, each has its own PING.
func (n *Node) sendPing() {
	ping := [][]byte{[]byte(n.era.Ping)}
	switch {
	case n.era.StreamsApart:
		for _, c := range n.replicas {
			if c.replica.State == repl.Online {
				c.apart.command(ping)
				c.touch(n)
			}
		}
		return
	case n.failover.until != 0 && n.paused(), !n.hist.Active():
		return
	case !n.era.PingsFromMiddle && (n.isReplica() || len(n.replicas) == 0):
		return
	}
	first := n.hist.Next()
	n.hist.AppendCommand(ping)
	n.propagated(first, "PING", nil)
}

// openBacklog begins to keep the stream, for the first replica. Writes made without a backlog did not move the offset,
// so id and offset of before would name data that was never streamed: the history gets another name.
func (n *Node) openBacklog() {
	if n.hist.Open(n.random()) {
		n.renamed("first replica")
	}
	n.log(engine.LogNotice, "Replication backlog created, my new replication IDs are '"+string(n.hist.ID)+"' and '"+string(n.hist.ID2)+"'")
	n.out.fact(engine.BacklogCreated{First: n.hist.Next(), Size: n.hist.Size})
}

// freeBacklog lets the backlog go after repl-backlog-ttl without replicas, and with it the history's name: writes
// will not move the offset any more. A replica never does, since it may be promoted; but for one with a history of its
// own.
//
// Source: redis/src/replication.c, replicationCron.
func (n *Node) freeBacklog() {
	ttl := n.cfg.ReplBacklogTTL
	idle := wholeSince(n.lastGone, n.now)
	if n.isReplica() && !n.era.ReplicaFrees || len(n.replicas) > 0 || ttl == 0 || !n.hist.Active() || idle <= ttl {
		return
	}
	held := engine.Span{First: n.hist.First(), Last: n.hist.Offset()}
	if n.hist.Close(n.random()) {
		n.renamed("backlog freed")
	}
	n.log(engine.LogNotice, "Replication backlog freed after "+strconv.FormatInt(int64(ttl/time.Second), 10)+" seconds without connected replicas.")
	n.out.fact(engine.BacklogFreed{Held: held, Idle: idle, TTL: ttl})
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
	if c.replica.Channel {
		n.log(engine.LogNotice, "Replica "+c.replica.Name()+" rdb channel disconnected.")
	} else {
		n.log(engine.LogWarning, "Connection with replica "+c.replica.Name()+" lost.")
	}
	n.out.fact(engine.ReplicaGone{Replica: c.replica.Name(), Why: why})
	n.repin = true
	n.leaveSnapshot(c)
	if len(n.replicas) == 0 {
		n.lastGone = n.now
	}
	n.countGood()
}

// dropReplicas closes every replica: its history is not ours any more. It does so at once, so that what they are not
// sent yet stays unsent.
//
// Source: redis/src/replication.c, disconnectSlaves.
func (n *Node) dropReplicas(why string) {
	for _, c := range n.replicas {
		c.close(n, why)
		c.flush(n)
	}
}

// dropTalker closes a replica that was given a reply, which begins at start: on this connection it would be taken for
// bytes of the stream, and no connection is better than that.
//
// Source: redis/src/networking.c, _addReplyToBufferOrList and afterErrorReply.
//
//go:noinline
func (n *Node) dropTalker(c *client, start int) {
	name := "<unknown>"
	if c.lastCmd != nil {
		name = c.lastCmd.FullName()
	}
	reply := firstLine(c.w.Buf[start:])
	c.w.Buf = c.w.Buf[:start]
	n.log(engine.LogWarning, "Replica generated a reply to command '"+name+"', disconnecting it: "+c.String(n))
	if reply[0] == '-' {
		n.stats.unexpectedErrors++
		n.log(engine.LogWarning, "== CRITICAL == This master is sending an error to its replica: '"+errorText(reply)+
			"' after processing the command '"+name+"'")
	}
	c.close(n, "replica generated a reply")
}

// enoughReplicas is min-replicas-to-write.
func (n *Node) enoughReplicas() bool {
	return !n.countsReplicas() || n.good >= n.cfg.MinReplicasToWrite
}

// countsReplicas reports whether writes depend on how many good replicas there are.
func (n *Node) countsReplicas() bool {
	return n.cfg.MinReplicasToWrite != 0 && n.cfg.MinReplicasMaxLag != 0
}

// countGood counts the good replicas, once a second and when one comes or goes: who lags becomes bad at the tick.
//
// Source: redis/src/replication.c, refreshGoodSlavesCount.
func (n *Node) countGood() {
	if !n.countsReplicas() {
		return
	}
	before := n.good
	n.good = 0
	for _, c := range n.replicas {
		if c.replica.State == repl.Online && c.replica.Lag(n.now) <= n.cfg.MinReplicasMaxLag {
			n.good++
		}
	}
	if n.good != before {
		n.out.fact(engine.GoodReplicasChanged{From: before, To: n.good, Want: n.cfg.MinReplicasToWrite, MaxLag: n.cfg.MinReplicasMaxLag})
	}
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
		option := strings.ToLower(string(args[i]))
		if !n.era.KnowsReplconf(option) {
			c.w.Error("ERR Unrecognized REPLCONF option: " + string(args[i]))
			return
		}
		switch option {
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
			if can := strings.ToLower(string(value)); n.era.KnowsCapability(can) {
				r.EOF = r.EOF || can == "eof"
				r.Psync2 = r.Psync2 || can == "psync2"
				r.Dual = r.Dual || can == "dual-channel" && n.cfg.DualChannelReplication && n.cfg.ReplDisklessSync
			}
		case "rdb-only", "rdb-channel":
			on, ok := resp.ParseInt64(value)
			switch {
			case !ok:
				c.w.Error("ERR value is not an integer or out of range")
				return
			case on < 0 || on > 1:
				c.w.Error("ERR value is out of range, value must between 0 and 1")
				return
			}
			if option == "rdb-only" {
				r.RDBOnly = on == 1
			} else {
				r.Channel = on == 1
			}
		case "rdb-filter-only":
			if refused := r.Only(value); refused != "" {
				c.w.Error(refused)
				return
			}
		case "version": // of the replica: nothing depends on it
			if !repl.IsVersion(string(value)) {
				c.w.Error("ERR Unrecognized version format: " + string(value))
				return
			}
		case "set-rdb-client-id":
			id, ok := resp.ParseInt64(value)
			switch {
			case !ok:
				c.w.Error("ERR value is not an integer or out of range")
				return
			case n.awaited(id) == nil:
				c.w.Error("ERR Unrecognized RDB client id " + strconv.FormatInt(id, 10))
				return
			}
			r.Snapshot = id
		case "ack":
			n.ack(c, args[i+1:])
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

// ack serves REPLCONF ACK offset [FACK offset], where the second one is what is safe in the append-only file.
func (n *Node) ack(c *client, args [][]byte) {
	offset, ok := resp.ParseInt64(args[0])
	if !ok || c.replica == nil {
		return
	}
	r := c.replica
	if n.trace && engine.Offset(offset) > r.Acked {
		n.out.fact(engine.Acked{Replica: r.Name(), Offset: engine.Offset(offset)})
	}
	r.Acked = max(r.Acked, engine.Offset(offset))
	if len(args) > 2 && n.era.FACK && strings.EqualFold(string(args[1]), "fack") {
		synced, ok := resp.ParseInt64(args[2])
		if !ok {
			return
		}
		r.Synced = max(r.Synced, engine.Offset(synced))
	}
	if r.Ack(n.now, engine.Offset(offset)) {
		n.streams(c)
	}
	if r.State == repl.BackgroundLoad {
		n.putOnline(c)
	}
}
