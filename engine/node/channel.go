package node

import (
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/repl"
)

// A full resync over two connections, as a master sees it (dual.go is the replica's side). The connection of the
// snapshot is a replica of its own, for which the stream is kept until the other connection comes for it:
//
//	PSYNC ─► +DUALCHANNELSYNC      the first connection stays an ordinary client
//	SYNC  ─► WaitStart ─► $ENDOFF  the second one is awaited: it pins the stream behind its snapshot
//	PSYNC ─► +CONTINUE             the first one, which names it, takes the stream over; who is not awaited may go
//
// An awaited connection that ends, for whatever reason, is remembered for a while, since the snapshot may have come
// whole and the request be on its way.
//
// Source: valkey/src/replication.c, addRdbReplicaToPsyncWait and removeReplicaFromPsyncWait; valkey/src/networking.c,
// freeClientsInAsyncFreeQueue.

// mainGrace is how long an awaited connection is remembered; DEBUG delay-rdb-client-free-seconds changes it.
const mainGrace = 60 * time.Second

// A lingering is that of an awaited connection which is to be closed.
type lingering struct {
	since engine.Instant // 0 while it is not
	why   string
	gone  bool // its peer has ended it already
	deaf  bool // nothing more of its snapshot can be written to it
}

// offerChannel answers a PSYNC that cannot be continued, where both sides want full resyncs over two connections.
func (n *Node) offerChannel(c *client, r *repl.Replica) {
	n.log(engine.LogNotice, "Replica "+r.Name()+" is capable of dual channel synchronization, and partial sync isn't possible. Full sync will continue with dedicated RDB channel.")
	n.out.fact(engine.SecondChannelOffered{Replica: r.Name()})
	c.w.Raw([]byte("+DUALCHANNELSYNC\r\n"))
}

// announceSnapshot tells a replica which snapshot comes on this connection, and keeps the stream behind it. A master's
// stream announces its database again behind every snapshot; one that passes on that of its own master cannot, and
// tells which it is. Valkey says 0 there too, and the replica goes on in the wrong database.
func (n *Node) announceSnapshot(c *client) {
	r := c.replica
	end := repl.EndOff{Offset: n.hist.Offset(), ID: n.hist.ID, Client: c.id}
	if n.isReplica() {
		end.DB = n.master.db
	}
	c.w.Raw(end.AppendLine(nil))
	client := strconv.FormatInt(c.id, 10)
	n.log(engine.LogNotice, "Sending to replica "+r.Name()+" RDB end offset "+strconv.FormatInt(int64(end.Offset), 10)+" and client-id "+client)
	tracks := "no repl-backlog to track"
	if n.hist.LastBlock() != 0 {
		tracks = "tracking repl-backlog tail"
	}
	n.log(engine.LogDebug, "Add rdb replica "+r.Name()+" to waiting psync, with cid "+client+", "+tracks+" ")
	r.Awaited = true
	n.out.fact(engine.StreamAwaited{Replica: r.Name(), Client: c.id, From: end.Offset + 1})
}

// awaited finds the connection of a snapshot by its number, as long as the stream is kept for it.
func (n *Node) awaited(id int64) *client {
	for _, c := range n.replicas {
		if c.id == id && c.replica.Awaited {
			return c
		}
	}
	return nil
}

// release ends that the stream is kept for an awaited connection, which is closed now if it was to be.
func (n *Node) release(c *client, why string, waited time.Duration) {
	r := c.replica
	if r == nil || !r.Awaited {
		return
	}
	r.Awaited = false
	n.repin = true
	f := engine.StreamReleased{Replica: r.Name(), Client: c.id, Why: why}
	if waited > 0 {
		f.Waited, f.Grace = waited, n.grace
	}
	n.out.fact(f)
	if c.linger.since != 0 {
		c.close(n, c.linger.why)
	}
}

// linger puts off the close of an awaited connection. Nothing is read from it any more, and a snapshot that is on its
// way goes on.
func (n *Node) linger(c *client, why string) {
	if c.linger.since != 0 {
		return
	}
	c.linger.since, c.linger.why = n.now, why
	n.log(engine.LogVerbose, "Postpone RDB client id="+strconv.FormatInt(c.id, 10)+" ("+c.replica.Name()+") free for "+
		strconv.FormatInt(wholeSeconds(n.grace), 10)+" seconds")
	n.planGrace()
}

// planGrace sets when the first of those that linger has done so for too long: more than the grace, in whole seconds.
func (n *Node) planGrace() {
	n.graceDue = 0
	for _, c := range n.replicas {
		if since := c.linger.since; since != 0 && c.replica.Awaited {
			if due := engine.At((since.Seconds() + 1) * 1000).Add(n.grace); n.graceDue == 0 || due < n.graceDue {
				n.graceDue = due
			}
		}
	}
}

// endGrace lets those go who have lingered for too long.
func (n *Node) endGrace() {
	if n.graceDue == 0 || n.now < n.graceDue {
		return
	}
	for _, c := range n.replicas {
		waited := wholeSince(c.linger.since, n.now)
		if c.linger.since == 0 || !c.replica.Awaited || waited <= n.grace {
			continue
		}
		n.log(engine.LogNotice, "Replica main channel failed to establish PSYNC within the grace period ("+
			strconv.FormatInt(wholeSeconds(waited), 10)+" seconds). Freeing RDB client "+strconv.FormatInt(c.id, 10)+".")
		n.release(c, "nobody came for it", waited)
	}
	n.planGrace()
}

// takes reports whether the snapshot under way is written to a replica.
func (c *client) takes() bool {
	return c.replica.State == repl.WaitEnd && c.closing == "" && !c.linger.deaf
}
