package node

import (
	"resync/engine"
	"resync/engine/command"
	"resync/engine/repl"
	"resync/engine/resp"
)

// WAIT: a client waits until replicas have acknowledged all that it has written. It is answered as soon as enough of
// them have, or, when its time is over, with as many as have until then.
//
//	WAIT ─► enough acks already ─► reply
//	  └───► parked, GETACK into the stream at the end of the turn ── acks come, or the time is over ──► reply
//
// Source: redis/src/replication.c, waitCommand and processClientsWaitingReplicas.

// WAITAOF, since Valkey 8, waits in the same way for what is safe in append-only files. There is none here, and so no
// acknowledgement of this server's own.

// ackWait is what a client in WAIT waits for.
type ackWait struct {
	offset engine.Offset // to be acknowledged
	want   int64         // by so many replicas
	synced bool          // as safe in their append-only files: WAITAOF
}

// waitCommand serves WAIT numreplicas timeout. What is waited for is the offset behind the last command of this
// connection, whatever that was; a connection without one has nothing to wait for.
func (n *Node) waitCommand(c *client, args [][]byte) {
	if n.isReplica() {
		c.w.Error(n.era.Text("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated."))
		return
	}
	want, ok := resp.ParseInt64(args[1])
	if !ok {
		c.w.Error("ERR value is not an integer or out of range")
		return
	}
	until, ok := n.timeout(c, args[2])
	if !ok {
		return
	}
	n.waitFor(c, args, ackWait{offset: c.wrote, want: want}, until)
}

// waitaofCommand serves WAITAOF numlocal numreplicas timeout.
//
// Source: valkey/src/replication.c, waitaofCommand.
func (n *Node) waitaofCommand(c *client, args [][]byte) {
	local, ok1 := resp.ParseInt64(args[1])
	want, ok2 := resp.ParseInt64(args[2])
	switch {
	case !ok1:
		c.w.Error("ERR value is not an integer or out of range")
		return
	case local < 0 || local > 1:
		c.w.Error("ERR value is out of range, value must between 0 and 1")
		return
	case !ok2 || want < 0:
		c.w.Error("ERR value is out of range, must be positive")
		return
	}
	until, ok := n.timeout(c, args[3])
	switch {
	case !ok:
	case n.isReplica():
		c.w.Error("ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.")
	case local > 0:
		c.w.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
	default:
		n.waitFor(c, args, ackWait{offset: c.wrote, want: want, synced: true}, until)
	}
}

// waitFor answers a client when enough replicas have acknowledged, or when the time is over.
func (n *Node) waitFor(c *client, args [][]byte, w ackWait, until engine.Instant) {
	acked := n.countAcks(w)
	if acked >= w.want || n.unit.open { // a transaction does not wait
		n.waited(c, w, acked, "answered at once")
		return
	}
	n.waits(c, w, acked, "begins to wait")
	n.park(c, c.lastCmd, args, &command.Wait{Until: until})
	c.parked.acks = &w
	n.blocks.acks = append(n.blocks.acks, c)
	n.wantAcks = true
}

// waited answers a wait.
func (n *Node) waited(c *client, w ackWait, acked int64, how string) {
	n.waits(c, w, acked, how)
	if w.synced {
		c.w.Array(2)
		c.w.Int(0) // our own append-only file, which there is not
	}
	c.w.Int(acked)
}

// waits reports how a wait stands.
func (n *Node) waits(c *client, w ackWait, acked int64, how string) {
	if n.trace {
		n.out.fact(engine.Waited{Client: c.id, Offset: w.offset, Want: w.want, Acked: acked, Synced: w.synced, How: how})
	}
}

// countAcks counts the replicas that have acknowledged what a client waits for.
//
// Source: redis/src/replication.c, replicationCountAcksByOffset and replicationCountAOFAcksByOffset.
func (n *Node) countAcks(w ackWait) (count int64) {
	for _, c := range n.replicas {
		r := c.replica
		at := r.Acked
		if w.synced {
			at = r.Synced
		}
		if r.State == repl.Online && at >= w.offset {
			count++
		}
	}
	return count
}

// endAckWaits answers those whose replicas have acknowledged by now. The last one that began to wait comes first, and
// who waits for no more than another that was just answered gets the same number without a new count.
func (n *Node) endAckWaits() {
	var lasts [2]ackWait // of WAIT, and of WAITAOF
	waiting := n.blocks.acks
	for i := len(waiting) - 1; i >= 0; i-- {
		c := waiting[i]
		w := *c.parked.acks
		last := &lasts[0]
		if w.synced {
			last = &lasts[1]
		}
		acked := last.want
		if last.offset == 0 || w.offset > last.offset || w.want > last.want {
			if acked = n.countAcks(w); acked < w.want {
				continue
			}
			*last = ackWait{offset: w.offset, want: acked}
		}
		c.replyFrom = len(c.w.Buf)
		n.waited(c, w, acked, "enough")
		n.unpark(c)
	}
}

// requestAcks asks the replicas how far they are, once for all who began to wait in this turn. The question is a part
// of the stream and counts, so it has to wait while a pause holds the stream still.
func (n *Node) requestAcks() {
	if n.wantAcks && !n.paused() {
		n.wantAcks = false
		n.getack()
	}
}

var opGetack = [][]byte{[]byte("REPLCONF"), []byte("GETACK"), []byte("*")}

// getack appends REPLCONF GETACK * to the stream.
//
// Source: redis/src/replication.c, sendGetackToReplicas.
func (n *Node) getack() {
	if n.isReplica() || !n.hist.Active() {
		return
	}
	first := n.hist.Next()
	n.hist.AppendCommand(opGetack)
	n.propagated(first, "REPLCONF GETACK *", nil)
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"wait":    (*Node).waitCommand,
		"waitaof": (*Node).waitaofCommand,
	})
}
