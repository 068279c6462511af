package sim

import (
	"cmp"
	"slices"
	"strconv"

	"resync/engine"
	"resync/engine/node"
)

// WindowBytes is how much may be on its way in one direction of a connection. What a node sends beyond it waits at
// the sender, which is told by Drained when it leaves.
const WindowBytes = 64 << 10

// segmentBytes is the least that leaves when the window is too small for all of a Send. Sending whatever has become
// free would cut a busy stream into ever smaller pieces (RFC 1122 4.2.3.4, the silly window).
const segmentBytes = 16 << 10

// What a system call says of a connection that did not come about, and of one that was cut.
const (
	errRefused = "Connection refused"
	errReset   = "Connection reset by peer"
)

// conn is one TCP life on a path. A connection exists until one of its ends has learned that the other is gone.
//
//	dial       SYN -> host is up, path is whole: accepted, SYN-ACK -> Dialed
//	           else: refused
//	close      what is queued, then FIN -> Closed
//	sever      RST to both ends, from the middle of the path: half a latency -> Closed "Connection reset by peer"
//	kill       RST -> Closed "Connection reset by peer"
//	blackhole  nothing, for long: see lost.go
type conn struct {
	id   int64
	open bool // the one who dialled has been told
	cut  bool // by a sever: nothing gets through any more, and both ends are about to learn it
	told bool // one of them has
	keys bool // who dialled moves keys, and is no replica to be
	ends [2]end
}

// end is one end of a connection: 0 dialled, 1 was dialled.
type end struct {
	host     int
	id       engine.ConnID // the node's name for it
	address  string        // ip:port
	attached bool          // the node knows of the connection and has not closed it
	closing  bool          // the node has closed it, and a FIN goes out behind what is queued
	gone     bool          // nobody is left here: what still arrives is answered with a reset
	queue    []chunk       // not on the wire yet
	drained  drainSlot
	flying   int // bytes on the wire, or not known to have arrived
	last     engine.Instant

	lost      []arrival // sent in vain, oldest first
	unheard   int       // of flying: bytes that have arrived, but the word of it vanished
	stalled   bool      // there is one of both
	stalledAt engine.Instant
	giveUp    engine.Instant // when a stalled end gives up
}

// connEnd is an end of a connection and what the node there calls it.
type connEnd struct {
	id   engine.ConnID
	conn int64
	end  int
}

// chunk is what remains of one Send.
type chunk struct {
	data    []byte
	payload engine.Payload
	span    engine.Span
}

func (c *conn) clone() *conn {
	k := *c
	for i := range k.ends {
		k.ends[i].queue = slices.Clone(k.ends[i].queue)
		k.ends[i].lost = slices.Clone(k.ends[i].lost)
	}
	return &k
}

// dial begins a connection.
func (w *World) dial(from *host, e node.Dial) {
	to := w.resolve(from, e.Host)
	w.lastConn++
	c := &conn{id: w.lastConn}
	c.ends[0] = end{host: from.index, id: e.Conn, address: from.address(from.freshPort()), attached: true}
	c.ends[1] = end{host: -1, address: e.Host + ":" + strconv.Itoa(e.Port)}
	if to != nil {
		c.ends[1].host, c.ends[1].address = to.index, to.address(e.Port)
	}
	w.conns = append(w.conns, c)
	from.remember(connEnd{e.Conn, c.id, 0})
	switch {
	case to == nil:
		w.schedule(arrival{at: w.now.Add(2 * DefaultLink.Latency), conn: c.id, end: 0, kind: arriveRefuse})
	case w.path(from.index, to.index).severed:
		// The way back is cut as well: the refusal comes from where the cut is.
		w.schedule(arrival{at: w.travel(c, 0, 0), conn: c.id, end: 0, kind: arriveRefuse})
	default:
		w.emit(c, 0, arriveSyn)
	}
}

// send puts what a node sends on the wire, as far as the window allows, or hands it to the client on the spot.
func (w *World) send(h *host, e *node.Send) {
	if c := h.clientOf(e.Conn); c != nil {
		w.drained(h, e.Conn, &c.drained, len(e.Data))
		w.reply(h, c, e.Data)
		return
	}
	if h.load != nil && h.load.conn == e.Conn {
		w.drained(h, e.Conn, &h.load.drained, len(e.Data))
		return
	}
	at, ok := h.connOf(e.Conn)
	if !ok {
		return // closed in the meantime
	}
	data := e.Data
	if !e.Shared {
		data = slices.Clone(data)
	}
	c := w.conn(at.conn)
	s := &c.ends[at.end]
	payload := e.Payload
	switch {
	case payload == engine.PayloadCommand:
		c.keys = true
	case payload == engine.PayloadReply && !c.keys:
		payload = engine.PayloadHandshake // any other client at the other end of a link is a replica to be
	}
	s.queue = append(s.queue, chunk{data, payload, e.Span})
	w.pump(c, at.end)
}

// closeConn does a node's Close.
func (w *World) closeConn(h *host, id engine.ConnID) {
	if c := h.clientOf(id); c != nil {
		w.disconnect(h, c)
		return
	}
	if h.load != nil && h.load.conn == id {
		h.load.conn = 0
		return
	}
	if at, ok := h.connOf(id); ok {
		w.closeEnd(at)
	}
}

// closeEnd ends a connection in order from one of its ends.
func (w *World) closeEnd(at connEnd) {
	c, e := w.conn(at.conn), at.end
	s := &c.ends[e]
	w.detach(c, e)
	if e == 0 && !c.ends[1].attached && !c.open {
		w.remove(c) // nobody has heard of it yet
		return
	}
	if c.cut {
		w.leave(c, e)
		return
	}
	s.closing = true
	if s.stalled {
		w.giveUpAt(c, e, giveUpOrphan)
	}
	w.pump(c, e)
}

// abandon ends a connection whose process is gone at one end: the other end learns it from a reset.
func (w *World) abandon(at connEnd) {
	c, e := w.conn(at.conn), at.end
	w.detach(c, e)
	c.ends[e].over()
	w.queue.drop(func(a *arrival) bool { return a.conn == c.id && int(a.end) == e })
	if !c.ends[1-e].attached {
		w.remove(c)
		return
	}
	w.emit(c, e, arriveReset)
}

// cut ends a connection in the middle of its path. What has come past it arrives, and behind that the reset; the rest
// is lost. An end that does not know yet goes on sending, in vain.
func (w *World) cut(c *conn) {
	if c.cut {
		return
	}
	c.cut = true
	at := w.now.Add(w.path(c.ends[0].host, c.ends[1].host).options.Latency / 2)
	w.queue.drop(func(a *arrival) bool {
		return a.conn == c.id && (a.at > at || a.kind != arriveData && a.kind != arriveOpen)
	})
	for e := range c.ends {
		if s := &c.ends[e]; !s.attached {
			s.over()
		} else {
			w.schedule(arrival{at: at, conn: c.id, end: int8(e), kind: arriveReset})
		}
	}
	if c.ends[0].gone && c.ends[1].gone {
		w.remove(c)
	}
}

// leave ends an end of a connection that was cut, and forgets the connection with the second one.
func (w *World) leave(c *conn, e int) {
	c.ends[e].over()
	if c.ends[1-e].gone {
		w.remove(c)
	}
}

// remove forgets a connection with everything that is on its way.
func (w *World) remove(c *conn) {
	w.queue.drop(func(a *arrival) bool { return a.conn == c.id })
	if i, ok := w.search(c.id); ok {
		w.conns = slices.Delete(w.conns, i, i+1)
	}
	for i := range c.ends {
		if s := &c.ends[i]; s.host >= 0 {
			w.hosts[s.host].forget(c.id, i)
		}
	}
}

// detach takes a connection away from the node at one of its ends.
func (w *World) detach(c *conn, e int) {
	c.ends[e].attached = false
	w.hosts[c.ends[e].host].forget(c.id, e)
}

// search finds a connection by its id.
func (w *World) search(id int64) (int, bool) {
	return slices.BinarySearchFunc(w.conns, id, func(c *conn, id int64) int { return int(c.id - id) })
}

// conn is the connection with this id, which exists.
func (w *World) conn(id int64) *conn {
	i, ok := w.search(id)
	if !ok {
		panic("sim: connection " + strconv.FormatInt(id, 10) + " is gone")
	}
	return w.conns[i]
}

// pump puts bytes of one end's queue on the wire while the window is open, and the FIN behind the last of them.
func (w *World) pump(c *conn, e int) {
	s := &c.ends[e]
	h := w.hosts[s.host]
	out := 0 // chunks that are out whole
	for out < len(s.queue) {
		k := &s.queue[out]
		n := min(len(k.data), WindowBytes-s.flying)
		if n < min(len(k.data), segmentBytes) {
			break
		}
		data, span, payload := k.data[:n], k.span, k.payload
		if k.data = k.data[n:]; len(k.data) == 0 {
			out++
		} else if payload == engine.PayloadStream {
			span.Last = span.First + engine.Offset(n) - 1
			k.span.First = span.Last + 1
		}
		s.flying += n
		if s.attached {
			w.drained(h, s.id, &s.drained, n)
		}
		w.sendData(c, e, payload, span, data)
	}
	s.queue = slices.Delete(s.queue, 0, out)
	if s.closing && len(s.queue) == 0 {
		s.closing = false
		w.emit(c, e, arriveFin)
	}
}

// sendData puts one packet on the wire.
func (w *World) sendData(c *conn, e int, payload engine.Payload, span engine.Span, data []byte) {
	from, to := w.hosts[c.ends[e].host], w.hosts[c.ends[1-e].host]
	w.lastPacket++
	p := w.packets.New()
	p.Sent = engine.Sent{
		ID: w.lastPacket, From: from.name, To: to.name, Payload: payload, Bytes: len(data), Sum: checksum(data), Span: span,
	}
	if !w.terse {
		p.describe(data)
	}
	a := arrival{conn: c.id, end: int8(1 - e), kind: arriveData, data: data, packet: &p.Sent, sentAt: w.now}
	if !c.cut {
		if w.lost(c, e) {
			w.lose(c, e, a)
		} else {
			a.at = w.travel(c, e, len(data))
			p.Arrives = a.at
			w.schedule(a)
		}
	}
	w.note(from.name, &p.Sent)
}

// schedule adds something to what is on its way.
func (w *World) schedule(a arrival) {
	a.seq = w.seq
	w.seq++
	w.queue.push(a)
}

// arrive does what the queue holds next.
func (w *World) arrive() {
	a := w.queue.pop()
	c, e := w.conn(a.conn), int(a.end)
	s := &c.ends[e]
	switch a.kind {
	case arriveSyn:
		w.accept(c)
	case arriveOpen:
		c.open = true
		w.noteConn(c, "opened")
		if s.attached {
			w.feed(w.hosts[s.host], node.Dialed{Conn: s.id, Local: s.address, Remote: c.ends[1].address})
		}
	case arriveRefuse:
		w.remove(c)
		w.noteConn(c, "refused")
		w.feed(w.hosts[s.host], node.Dialed{Conn: s.id, Err: errRefused})
	case arriveData:
		if s.attached {
			w.pending = append(w.pending, pendingInput{
				host: w.hosts[s.host], of: s.id, data: a.data, conn: c.id, end: int8(e), packet: a.packet,
			})
			break
		}
		if s.gone {
			w.emit(c, e, arriveReset)
		}
		w.acknowledged(c, 1-e, len(a.data))
	case arriveFin:
		w.remove(c)
		w.noteConn(c, "closed")
		if s.attached {
			w.feed(w.hosts[s.host], node.Closed{Conn: s.id})
		}
	case arriveReset:
		w.reset(c, e)
	case arriveRetry:
		w.retry(c, e)
	case arriveGiveUp:
		w.giveUp(c, e)
	}
}

// reset ends a connection at an end that learns that there is nobody at the other one, or nothing in between.
func (w *World) reset(c *conn, e int) {
	s := &c.ends[e]
	attached, h := s.attached, w.hosts[s.host]
	if what := "reset"; !c.told {
		if !c.open {
			what = "refused"
		}
		w.noteConn(c, what)
	}
	if c.told = true; c.cut {
		w.detach(c, e)
		w.leave(c, e)
	} else {
		w.remove(c)
	}
	switch {
	case !attached:
	case e == 0 && !c.open:
		w.feed(h, node.Dialed{Conn: s.id, Err: errRefused})
	default:
		w.feed(h, node.Closed{Conn: s.id, Why: errReset})
	}
}

// accept ends the first half of a handshake at the host that was dialled.
func (w *World) accept(c *conn) {
	d, s := &c.ends[0], &c.ends[1]
	h := w.hosts[s.host]
	switch {
	case w.dark(c, 1) || h.fullBacklog():
		// The answer would not get through: the one who dialled tries again.
		w.lose(c, 0, arrival{conn: c.id, end: 1, kind: arriveSyn})
		return
	case h.node == nil || s.address != h.listens():
		w.emit(c, 1, arriveRefuse)
		return
	}
	s.id, s.attached = h.freshConn(), true
	h.remember(connEnd{s.id, c.id, 1})
	w.emit(c, 1, arriveOpen)
	w.feed(h, node.Accepted{Conn: s.id, Remote: d.address, Local: s.address})
}

// noteConn reports what became of a connection.
func (w *World) noteConn(c *conn, what string) {
	b := c.ends[1].address
	if i := c.ends[1].host; i >= 0 {
		b = w.hosts[i].name
	}
	w.note("", engine.ConnChanged{A: w.hosts[c.ends[0].host].name, B: b, What: what})
}

// connOf finds the connection that a node calls id.
func (h *host) connOf(id engine.ConnID) (connEnd, bool) {
	if i, ok := h.searchConn(id); ok {
		return h.byID[i], true
	}
	return connEnd{}, false
}

func (h *host) searchConn(id engine.ConnID) (int, bool) {
	return slices.BinarySearchFunc(h.byID, id, func(at connEnd, id engine.ConnID) int { return cmp.Compare(at.id, id) })
}

// remember puts an end of a connection on the host's list.
func (h *host) remember(at connEnd) {
	h.conns = append(h.conns, at)
	i, _ := h.searchConn(at.id)
	h.byID = slices.Insert(h.byID, i, at)
}

// forget takes an end of a connection off the host's list.
func (h *host) forget(conn int64, end int) {
	gone := func(at connEnd) bool { return at.conn == conn && at.end == end }
	h.conns, h.byID = slices.DeleteFunc(h.conns, gone), slices.DeleteFunc(h.byID, gone)
}
