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

// ackWait is what a client in WAIT waits for.
type ackWait struct {
	offset engine.Offset // to be acknowledged
	want   int64         // by so many replicas
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
	w := ackWait{offset: c.wrote, want: want}
	acked := n.countAcks(w.offset)
	if acked >= want || n.unit.open { // a transaction does not wait
		n.waited(c, w, acked, "answered at once")
		c.w.Int(acked)
		return
	}
	n.waited(c, w, acked, "begins to wait")
	n.park(c, c.lastCmd, args, &command.Wait{Until: until})
	c.parked.acks = &w
	n.blocks.acks = append(n.blocks.acks, c)
	n.wantAcks = true
}

func (n *Node) answerWait(c *client, acked int64, how string) {
	n.waited(c, *c.parked.acks, acked, how)
	c.w.Int(acked)
}

func (n *Node) waited(c *client, w ackWait, acked int64, how string) {
	if n.trace {
		n.out.fact(engine.Waited{Client: c.id, Offset: w.offset, Want: w.want, Acked: acked, How: how})
	}
}

// countAcks counts the replicas that have acknowledged the stream up to an offset.
//
// Source: redis/src/replication.c, replicationCountAcksByOffset.
func (n *Node) countAcks(offset engine.Offset) (count int64) {
	for _, c := range n.replicas {
		if c.replica.State == repl.Online && c.replica.Acked >= offset {
			count++
		}
	}
	return count
}

// endAckWaits answers those whose replicas have acknowledged by now. The last one that began to wait comes first, and
// who waits for no more than another that was just answered gets the same number without a new count.
func (n *Node) endAckWaits() {
	var last ackWait
	waiting := n.blocks.acks
	for i := len(waiting) - 1; i >= 0; i-- {
		c := waiting[i]
		w := c.parked.acks
		acked := last.want
		if last.offset == 0 || w.offset > last.offset || w.want > last.want {
			if acked = n.countAcks(w.offset); acked < w.want {
				continue
			}
			last = ackWait{w.offset, acked}
		}
		c.replyFrom = len(c.w.Buf)
		n.answerWait(c, acked, "enough")
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
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){"wait": (*Node).waitCommand})
}
