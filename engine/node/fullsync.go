package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/repl"
	"resync/engine/resp"
)

// A resync, from the request to the stream: continued where that is possible, else with a copy of the dataset that all
// who wait for one share.
//
//	PSYNC ─► tryPartial ── +CONTINUE ───────────────────────────────────────────────────────────────────► putOnline
//	   └─► WaitStart ─► planSnapshot ─► startSync ─┬─ a file, written ─► SendBulk: each reads it at its pace ─┤
//	           └────────── attach ─────────────────┘                                                          │
//	                                               └─ streamed, at the pace of the slowest ──────────────────┘
//
// Over two connections the copy is that of another connection: channel.go.

// psync serves PSYNC and SYNC.
//
// Source: redis/src/replication.c, syncCommand.
func (n *Node) psync(c *client, args [][]byte) {
	old := len(args) == 1
	failover := len(args) > 3 && strings.EqualFold(string(args[3]), "failover")
	switch {
	case c.replica != nil || c.monitor:
		return // it is one already
	case failover && !n.takeOver(c, args[1]):
		return
	case n.failingOver():
		c.w.Error("NOMASTERLINK Can't SYNC while failing over")
		return
	case n.isReplica() && n.master.state != engine.LinkConnected:
		word := "ERR"
		if n.era.PassingRefusal {
			word = "NOMASTERLINK"
		}
		c.w.Error(word + " Can't SYNC while not connected with my master")
		return
	case len(c.w.Buf) > 0 || c.sent > 0:
		c.w.Error("ERR SYNC and PSYNC are invalid with pending output")
		return
	case c.intro.Filter != 0 && !c.intro.EOF:
		c.w.Error("ERR Filtered replica requires EOF capability")
		return
	}
	r := c.announced()
	n.log(engine.LogNotice, "Replica "+r.Name()+" asks for synchronization")
	garbled := false
	if !old {
		want, ok := resp.ParseInt64(args[2])
		ask := repl.Request{ID: engine.ReplID(args[1]), Want: engine.Offset(want)}
		switch {
		case !ok && n.era.RefusesOffset:
			n.log(engine.LogWarning, "Replica "+r.Name()+" asks for synchronization but with a wrong offset")
			c.w.Error("ERR value is not an integer or out of range")
			return
		case !ok && (n.era.Shared || strings.EqualFold(string(ask.ID), string(n.hist.ID))):
			garbled = true // it is told so, and gets a full resync all the same
			if ask.ID != "?" {
				n.stats.partialErr++
			}
		case n.tryPartial(c, r, ask):
			return
		}
		if r.Dual {
			n.offerChannel(c, r)
			return
		}
	}
	r.State, r.Old = repl.WaitStart, old
	n.stats.syncFull++
	n.addReplica(c, r)
	if len(n.replicas) == 1 && !n.hist.Active() && n.era.Psync {
		n.openBacklog()
	}
	n.joinSnapshot(c)
	if garbled {
		c.w.Error("ERR value is not an integer or out of range")
	}
}

// announced returns what the client said of itself as a replica, with the peer's address where it said none.
func (c *client) announced() *repl.Replica {
	r := c.intro
	if r.IP == "" {
		r.IP = strings.Trim(hostOf(c.addr), "[]")
	}
	if strings.HasPrefix(c.addr, "/") {
		r.IP = "/unixsocket"
	}
	return &r
}

// hostOf is the address without its port.
func hostOf(addr string) string {
	if i := strings.LastIndexByte(addr, ':'); i >= 0 {
		return strings.Trim(addr[:i], "[]")
	}
	return addr
}

func (n *Node) addReplica(c *client, r *repl.Replica) {
	c.replica = r
	n.replicas = append(n.replicas, c)
}

// tryPartial continues the stream for a replica, where both checks pass.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func (n *Node) tryPartial(c *client, r *repl.Replica, ask repl.Request) bool {
	a := n.hist.Answer(ask)
	a.Replica, a.Conn = r.Name(), c.conn
	n.out.fact(a)
	if !a.Continued() {
		for _, line := range n.era.RefusalLog(a) {
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
	r.State, r.AckedAt, r.Acked = repl.Online, n.now, 0
	snapshot := n.awaited(r.Snapshot)
	if snapshot != nil {
		r.State = repl.BackgroundLoad
	}
	r.Initial, r.Sent, r.Resumed = ask.Want-1, ask.Want-1, true
	n.addReplica(c, r)
	if r.Psync2 {
		c.w.Raw([]byte("+CONTINUE " + string(n.hist.ID) + "\r\n"))
	} else {
		c.w.Raw([]byte("+CONTINUE\r\n"))
	}
	c.touch(n)
	n.log(engine.LogNotice, "Partial resynchronization request from "+r.Name()+" accepted. Sending "+
		strconv.FormatInt(a.Bytes, 10)+" bytes of backlog starting from offset "+strconv.FormatInt(int64(ask.Want), 10)+".")
	n.out.fact(engine.ReplicaOnline{Replica: r.Name(), From: ask.Want})
	n.hist.Pin(ask.Want)
	if snapshot != nil {
		n.release(snapshot, "its first connection takes the stream", 0)
	}
	n.countGood()
	return true
}

// joinSnapshot finds a snapshot for a replica that has just asked for one: it shares one under way, or a new one is
// begun, or it waits for the tick or for the end of the child.
//
// Source: redis/src/replication.c, syncCommand.
func (n *Node) joinSnapshot(c *client) {
	r := c.replica
	switch child := n.disk.child; {
	case child.streamed():
		n.log(engine.LogNotice, "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC")
	case child != nil:
		other := n.feeding(r)
		if other == nil || !other.replica.CanJoin(r) {
			n.log(engine.LogNotice, "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC")
			return
		}
		n.setUp(c, other.replica.Initial)
		c.apart = other.apart.clone() // what was written since the snapshot was begun
		n.log(engine.LogNotice, "Waiting for end of BGSAVE for SYNC")
		n.out.fact(engine.SnapshotJoined{Replica: r.Name(), With: other.replica.Name(), Offset: r.Initial})
	case n.cfg.ReplDisklessSync && r.EOF && n.cfg.ReplDisklessSyncDelay > 0:
		n.log(engine.LogNotice, "Delay next BGSAVE for diskless SYNC")
	default:
		n.startSync(r.Needs, repl.Streams(n.cfg.ReplDisklessSync, r.Filter, r.EOF))
	}
}

// feeding returns a replica that waits for the file under way and whose stream is kept since it was begun, as r needs
// it; or nil.
func (n *Node) feeding(r *repl.Replica) *client {
	for _, c := range n.replicas {
		if o := c.replica; o.State == repl.WaitEnd && (!o.RDBOnly || r.RDBOnly) {
			return c
		}
	}
	return nil
}

// planSnapshot takes the snapshot that replicas wait for, when it is time.
//
// Source: redis/src/replication.c, replicationStartPendingFork.
func (n *Node) planSnapshot() {
	if n.disk.child != nil {
		return
	}
	var waiting []*repl.Replica
	var idle []int64
	for _, c := range n.replicas {
		if c.replica.State == repl.WaitStart && c.closing == "" {
			waiting = append(waiting, c.replica)
			idle = append(idle, n.now.Seconds()-c.used.Seconds())
		}
	}
	if len(waiting) == 0 {
		return
	}
	delay := n.cfg.ReplDisklessSyncDelay
	if !n.era.DelayReached {
		delay += time.Second
	}
	plan := repl.Plan(waiting, idle, n.cfg.ReplDisklessSync, delay, n.cfg.ReplDisklessMaxReplicas)
	if plan.Due {
		n.startSync(plan.Needs, plan.Streamed)
	}
}

// startSync begins a full resync for every replica that waits for one with these needs: one snapshot, at one offset,
// for all of them.
//
// Source: redis/src/replication.c, startBgsaveForReplication; redis/src/rdb.c, rdbSaveToSlavesSockets.
func (n *Node) startSync(needs repl.Needs, streamed bool) {
	target := "disk"
	if streamed {
		target = "replicas sockets"
	}
	if needs.Channel {
		target += " using: dual-channel"
	}
	n.log(engine.LogNotice, "Starting BGSAVE for SYNC with target: "+target)
	if _, _, ok := n.savedPosition(); !ok && n.era.Shared {
		n.log(engine.LogWarning, "BGSAVE for replication: replication information not available, can't generate the RDB file right now. Try later.")
		n.refuseSync()
		return
	}
	s := n.newSnapshot(needs.Filter)
	var names []string
	for _, c := range n.replicas {
		if r := c.replica; r.State == repl.WaitStart && r.Needs == needs && c.closing == "" {
			if streamed && needs.Channel {
				n.announceSnapshot(c)
			}
			n.setUp(c, n.hist.Offset())
			names = append(names, r.Name())
			n.out.fact(engine.FullSyncStarted{Replica: r.Name(), ID: n.hist.ID, Offset: r.Initial, Keys: s.keys})
		}
	}
	n.out.fact(engine.SnapshotStarted{Streamed: streamed, Offset: s.offset, Keys: s.keys, Replicas: names})
	if streamed {
		s.mark, s.apart = string(repl.NewReplID(n.random())), needs.Channel
		to := ""
		if s.apart {
			to = " to direct socket to replica"
		}
		n.beginChild(s, "Background RDB transfer started by pid ", to)
		n.streamPart()
		return
	}
	s.file = n.newFile(thenRest, 0)
	n.disk.saves++
	n.disk.lastTry = n.now
	n.disk.forSync = n.disk.forSync || n.cfg.RDBDelSyncFiles
	n.beginChild(s, "Background saving started by pid ", "")
	n.writePart(s)
}

// setUp tells a replica which history it gets and keeps the stream for it from offset on. Whoever is told an offset
// has no database selected there, so the next write announces its own again, to all.
//
// Source: redis/src/replication.c, replicationSetupSlaveForFullResync.
func (n *Node) setUp(c *client, offset engine.Offset) {
	r := c.replica
	r.Initial, r.Sent = offset, offset
	r.State = repl.WaitEnd
	c.tookAt = n.now
	c.apart = apart{}
	n.hist.Pin(offset + 1)
	n.hist.DB = -1
	if !r.Old {
		c.w.Raw([]byte("+FULLRESYNC " + string(n.hist.ID) + " " + strconv.FormatInt(int64(offset), 10) + "\r\n"))
	}
	c.touch(n)
}

// refuseSync turns away all who wait for a snapshot that cannot be begun. They are no replicas any more.
func (n *Node) refuseSync() {
	n.log(engine.LogWarning, "BGSAVE for replication failed")
	for _, c := range n.replicas {
		if c.replica.State == repl.WaitStart {
			n.replicas = without(n.replicas, c)
			n.out.fact(engine.ReplicaGone{Replica: c.replica.Name(), Why: "no snapshot can be begun"})
			c.replica = nil
			c.w.Error("ERR BGSAVE failed, replication can't continue")
			c.close(n, "no snapshot can be begun")
		}
	}
}

// streamPart hands the parts of a streamed snapshot to its replicas, as fast as the slowest of them takes them. The
// end is when the last byte has left for all.
//
// Source: redis/src/replication.c, rdbPipeReadHandler.
func (n *Node) streamPart() {
	s := n.disk.child
	for s.streamed() && n.disk.child == s && s.killed == "" {
		room := int64(sendWindow)
		if s.last && s.part == nil {
			room = 1
		}
		up := 0
		for _, c := range n.replicas {
			if c.takes() {
				if c.sent >= room {
					return
				}
				up++
			}
		}
		switch {
		case s.apart && s.last && s.part == nil:
			n.endChild("")
			return
		case s.last && s.part == nil:
			n.log(engine.LogWarning, "Diskless rdb transfer, done reading from pipe, "+strconv.Itoa(up)+" replicas still up.")
			n.endChild("")
			return
		case s.part == nil:
			head := ""
			if s.bytes == 0 {
				head = "$EOF:" + s.mark + "\r\n"
			}
			if s.prepare(n.now, head, streamChunk); s.last {
				s.part = append(s.part, s.mark...)
			}
		}
		if n.now < s.ready {
			return // Deadline asks to be woken then
		}
		if s.apart && up == 0 && !s.left {
			n.endChild("nobody is left to write to") // which it notices when it writes
			return
		}
		s.left = false
		part := s.part
		s.part = nil
		s.bytes += int64(len(part))
		for _, c := range n.replicas {
			if c.takes() {
				if c.sent == 0 {
					c.tookAt = n.now
				}
				c.flush(n)
				n.send(c, Send{Conn: c.conn, Data: part, Payload: engine.PayloadSnapshot, Shared: true})
				c.linger.deaf = c.linger.gone // the first write behind the end of a connection does not fail yet
			}
		}
	}
}

// endWaitForChild goes on with the replicas that waited for a snapshot that has ended.
//
// Source: redis/src/replication.c, updateSlavesWaitingBgsave.
func (n *Node) endWaitForChild(s *dump, ok bool) {
	for _, c := range n.replicas {
		r := c.replica
		switch {
		case r.State != repl.WaitEnd || c.closing != "":
		case !ok:
			n.log(engine.LogWarning, "SYNC failed. BGSAVE child returned an error")
			c.close(n, "the snapshot failed")
		case s.streamed():
			n.log(engine.LogNotice, "Streamed RDB transfer with replica "+r.Name()+" succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming")
			c.copied = s.bytes
			r.NeedsAck = true
			n.putOnline(c)
		default:
			r.State = repl.SendBulk
			n.disk.lastJob++
			c.full = &transfer{job: n.disk.lastJob, name: s.file.name, size: -1}
			n.sendFile(c) // at once: the file is the one that was just written
		}
	}
}

// putOnline is the end of a full resync. Whoever wanted no more than that is closed.
//
// Source: redis/src/replication.c, replicaPutOnline.
func (n *Node) putOnline(c *client) {
	r := c.replica
	if r.RDBOnly {
		r.State = repl.Transmitted
		n.log(engine.LogNotice, "RDB transfer completed, rdb only replica ("+r.Name()+") should be disconnected asap")
		c.close(n, "it has its snapshot")
		return
	}
	r.State, r.AckedAt = repl.Online, n.now
	n.countGood()
	n.log(engine.LogNotice, "Synchronization with replica "+r.Name()+" succeeded")
	if !r.NeedsAck {
		n.streams(c)
	}
}

// streams lets the stream flow to a replica from now on.
func (n *Node) streams(c *client) {
	c.touch(n)
	n.out.fact(engine.ReplicaOnline{Replica: c.replica.Name(), From: c.replica.Sent + 1})
}

// A transfer is the file of a full resync on its way to one replica, read as it is sent.
type transfer struct {
	job   int64
	name  string
	read  int64
	size  int64 // -1 until the first part has told it
	asked bool  // a part is being read
}

func (t *transfer) clone() *transfer {
	if t == nil {
		return nil
	}
	c := *t
	return &c
}

// sendFile asks for the next part of the file, when the replica has room for it.
//
// Source: redis/src/replication.c, sendBulkToSlave.
func (n *Node) sendFile(c *client) {
	if t := c.full; t != nil && !t.asked && c.sent < sendWindow {
		t.asked = true
		n.out.do(ReadFile{Job: t.job, Name: t.name, Offset: t.read, Max: streamChunk})
	}
}

// sentFile takes a part of a file that is on its way to a replica. It reports whether that is what the part is of.
func (n *Node) sentFile(in FileLoaded) bool {
	var c *client
	for _, o := range n.replicas {
		if o.full != nil && o.full.job == in.Job {
			c = o
			break
		}
	}
	if c == nil {
		return false
	}
	t := c.full
	t.asked = false
	failure := in.Err
	switch {
	case in.Missing:
		failure = "No such file or directory"
	case failure == "" && len(in.Data) == 0 && t.read < max(in.Size, 1):
		failure = "premature EOF"
	}
	if failure != "" {
		c.full = nil
		if t.size < 0 {
			n.log(engine.LogWarning, "SYNC failed. Can't open/stat DB after BGSAVE: "+failure)
		} else {
			n.log(engine.LogWarning, "Read error sending DB to replica: "+failure)
		}
		c.close(n, "the snapshot cannot be read")
		return true
	}
	c.flush(n)
	if t.size < 0 {
		t.size = in.Size
		n.copy(c, []byte("$"+strconv.FormatInt(in.Size, 10)+"\r\n"))
	}
	t.read += int64(len(in.Data))
	n.copy(c, in.Data)
	if in.More {
		n.sendFile(c)
		return true
	}
	c.full = nil
	n.putOnline(c)
	return true
}

// copy sends bytes of a snapshot to one replica.
func (n *Node) copy(c *client, data []byte) {
	c.copied += int64(len(data))
	n.send(c, Send{Conn: c.conn, Data: data, Payload: engine.PayloadSnapshot})
}

// leaveSnapshot gives up what was under way for a replica that has gone. A snapshot that nobody wants any more goes
// too, but for a file that save points would have to wait for.
//
// Source: redis/src/networking.c, freeClient; redis/src/replication.c, rdbPipeReadHandler.
func (n *Node) leaveSnapshot(c *client) {
	if t := c.full; t != nil {
		n.out.do(ReadFile{Job: t.job, Name: t.name})
		c.full = nil
	}
	child := n.disk.child
	if c.replica.State != repl.WaitEnd || child == nil {
		return
	}
	for _, o := range n.replicas {
		if o.replica.State == repl.WaitEnd {
			if child.streamed() {
				n.streamPart() // it may have been the slowest
			}
			return
		}
	}
	switch {
	case child.streamed() && child.apart:
		child.left = true
		n.streamPart()
	case child.streamed():
		n.log(engine.LogWarning, "Diskless rdb transfer, last replica dropped, killing fork child.")
		n.killChild("the last replica has gone")
	case len(n.cfg.Save) == 0:
		n.killChild("the last replica has gone")
	}
}

// snapshotSent is how much of its snapshot has been handed to a replica, framing included, in bytes.
func (n *Node) snapshotSent(c *client) int64 {
	if s := n.disk.child; s.streamed() && c.replica.State == repl.WaitEnd {
		return s.bytes
	}
	return c.copied
}

// removeSyncFile removes a file that was written for replicas alone, when none of them needs it any more.
//
// Source: redis/src/replication.c, removeRDBUsedToSyncReplicas.
func (n *Node) removeSyncFile() {
	if !n.cfg.RDBDelSyncFiles {
		n.disk.forSync = false
	}
	if !n.disk.forSync || len(n.cfg.Save) > 0 {
		return
	}
	for _, c := range n.replicas {
		if s := c.replica.State; s == repl.WaitStart || s == repl.WaitEnd || s == repl.SendBulk {
			return
		}
	}
	n.disk.forSync = false
	n.log(engine.LogNotice, "Removing the RDB file used to feed replicas in a persistence-less instance")
	n.out.do(RemoveFile{Name: n.cfg.DBFilename})
}
