package node

import (
	"time"

	"resync/engine"
)

// What goes out: the stream to replicas, as much as each of them takes, and the limits for those who take too little.

// sendWindow is how many bytes on their way out a replica may have; more are sent as these are drained. The rest of
// the stream waits in its blocks, where it costs nothing.
const sendWindow = 128 << 10

// pumpReplicas sends every replica as much as its window takes of what this turn has added to the stream. Without any
// nobody is looked at: who has room again, or begins, is touched.
func (n *Node) pumpReplicas() {
	n.limitReplicas()
	if n.hist.Offset() == n.pumped {
		return
	}
	n.pumped = n.hist.Offset()
	for _, c := range n.replicas {
		if c.replica.Streams() {
			c.flush(n)
			n.pump(c)
		}
	}
}

// limitReplicas looks at what replicas hold when the stream has got another block.
//
// Source: redis/src/replication.c, feedReplicationBuffer.
func (n *Node) limitReplicas() {
	if n.hist.LastBlock() == n.lastBlock {
		return
	}
	n.lastBlock = n.hist.LastBlock()
	for _, c := range n.replicas {
		n.limitOutput(c, true)
	}
}

// pump sends a replica what it lacks of the stream, as much as its window takes.
func (n *Node) pump(c *client) {
	r := c.replica
	if n.era.StreamsApart {
		n.pumpApart(c)
		return
	}
	for r.Streams() && c.closing == "" && c.sent < sendWindow && r.Sent < n.hist.Offset() {
		part := n.hist.Bytes(r.Sent+1, int(sendWindow-c.sent))
		span := engine.Span{First: r.Sent + 1, Last: r.Sent + engine.Offset(len(part))}
		r.Sent = span.Last
		n.send(c, Send{Conn: c.conn, Data: part, Payload: engine.PayloadStream, Span: span, Shared: true})
	}
}

// position is the last byte of the stream that has left for a replica. What the driver still has does not count as
// gone: it is what the replica keeps waiting.
func (c *client) position() engine.Offset {
	r := c.replica
	if !r.Streams() {
		return r.Sent
	}
	return max(r.Initial, r.Sent-engine.Offset(c.sent))
}

// held is what a client's output takes: so many pieces, and the bytes of them. A replica's is the part of the stream
// that it has not taken, in blocks that it shares with all others.
//
// Source: redis/src/networking.c, getClientOutputBufferMemoryUsage.
func (n *Node) held(c *client) (pieces int, bytes int64) {
	r := c.replica
	switch {
	case r == nil:
		// What fits into the reply buffer costs nothing more.
		if over := c.unsent() - int64(c.size.reply); over > 0 {
			pieces = int((over + replyNodeBytes - 1) / replyNodeBytes)
		}
		return pieces, int64(pieces) * (replyNodeBytes + replyNodeHead)
	case n.era.StreamsApart:
		return 1, int64(len(c.apart.out)) + c.sent
	case !r.Buffers(), !r.Resumed && !r.Awaited && r.Initial == n.hist.Offset():
		return 0, 0 // nothing has come for it yet
	}
	return n.hist.Held(c.position())
}

// outputClass says which limit is for a client.
//
// Source: redis/src/networking.c, getClientType.
func (c *client) outputClass() int {
	switch {
	case c.replica != nil:
		return OutputReplica
	case c.listens():
		return OutputPubsub
	}
	return OutputNormal
}

// unauthedOutput is the limit for who has not given the password: to shout without listening costs the server little.
const unauthedOutput = 1 << 10

// room is how many bytes of replies may be waiting for a client before it is closed, as far as one command is to know: past
// that it need not go on. 0 stands for any number.
func (n *Node) room(c *client) int {
	if hard := n.cfg.OutputLimit[c.outputClass()].Hard; hard > 0 {
		return int(max(hard+int64(c.size.reply)-c.sent, 1))
	}
	return 0
}

// limitOutput closes a client for whom more waits than client-output-buffer-limit allows, or has for too long. It is
// looked at when its output grows, where later has the close wait for the end of the turn, and once a second. A hard
// limit for replicas below the backlog's size would save nothing and cost them their partial resync.
//
// Source: redis/src/networking.c, checkClientOutputBufferLimits and closeClientOnOutputBufferLimitReached.
func (n *Node) limitOutput(c *client, later bool) {
	class := c.outputClass()
	limit := n.cfg.OutputLimit[class]
	if c.closing != "" || limit.Hard == 0 && limit.Soft == 0 && !n.isStranger(c) {
		return
	}
	hard := limit.Hard
	if n.isStranger(c) {
		hard = unauthedOutput
	}
	if class == OutputReplica && hard > 0 {
		hard = max(hard, n.hist.Size)
	}
	_, held := n.held(c)
	isHard, soft := hard > 0 && held >= hard, limit.Soft > 0 && held >= limit.Soft
	switch {
	case !soft:
		c.softAt = 0
	case c.softAt == 0:
		c.softAt, soft = n.now, false
	default:
		soft = wholeSince(c.softAt, n.now) > limit.SoftFor
	}
	if !isHard && !soft {
		if c.softAt != 0 {
			n.lookAgain(c.softAt, limit.SoftFor)
		}
		return
	}
	over := engine.OutputLimited{Client: c.id, Held: held, Limit: hard, Class: [...]string{"normal", "replica", "pubsub"}[class]}
	if c.replica != nil {
		over.Replica = c.replica.Name()
	}
	if !isHard {
		over.Limit, over.Since, over.For = limit.Soft, c.softAt, limit.SoftFor
	}
	n.out.fact(over)
	is := c.String(n)
	if c.replica != nil && c.replica.Awaited {
		n.release(c, "more is kept for it than the output limit allows", 0)
		later = true
	}
	c.cut = c.replica == nil
	c.close(n, "output buffer limit")
	if later {
		n.log(engine.LogWarning, "Client "+is+" scheduled to be closed ASAP for overcoming of output buffer limits.")
		return
	}
	c.flush(n)
	n.log(engine.LogWarning, "Client "+is+" closed for overcoming of output buffer limits.")
}

// lookAgain has clients looked at when one that is above its soft limit since then has been so for too long: more than
// that many seconds, as time(2) counts them.
func (n *Node) lookAgain(since engine.Instant, allowed time.Duration) {
	due := engine.At((since.Seconds() + 1) * 1000).Add(allowed)
	if n.softDue == 0 || due < n.softDue {
		n.softDue = due
	}
}

// limitOutputs looks at every client, once a second and when a soft limit is due.
//
// Source: redis/src/server.c, clientsCron.
func (n *Node) limitOutputs() {
	n.softDue = 0
	for _, c := range n.clients {
		if c.sent > 0 || c.replica != nil || c.softAt != 0 {
			n.limitOutput(c, false)
		}
	}
}

// trimBacklog lets the oldest blocks go, but for those that a replica still has to be sent.
func (n *Node) trimBacklog() {
	if n.hist.Full() || n.repin {
		n.repin = false
		n.hist.EndTurn(n.firstNeeded())
	}
	if gone, ok := n.hist.TakeGone(); ok && n.trace {
		n.out.fact(engine.BacklogTrimmed{Gone: gone})
	}
}

// firstNeeded is the first byte of the stream that some replica has not taken, or 0.
func (n *Node) firstNeeded() (first engine.Offset) {
	for _, c := range n.replicas {
		if c.replica.Buffers() {
			// Byte 0, of a stream that is counted from -1 on, is in one block with byte 1.
			if next := max(c.position()+1, 1); first == 0 || next < first {
				first = next
			}
		}
	}
	return first
}
