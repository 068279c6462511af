package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// windowBytes is how much may be on its way in one direction of a connection. What a node sends beyond it waits at
// the sender, which is told by Drained when it leaves.
const windowBytes = 64 << 10

// segmentBytes is the least that leaves when the window is too small for all of a Send. Sending whatever has become
// free would cut a busy stream into ever smaller pieces (RFC 1122 4.2.3.4, the silly window).
const segmentBytes = 16 << 10

// What a system call says of a connection that did not come about, and of one that was cut.
const (
	errRefused = "Connection refused"
	errReset   = "Connection reset by peer"
)

// path is everything between two hosts: what link, sever and heal change.
type path struct {
	a, b    int // a <= b
	options LinkOptions
	severed bool
	since   engine.Instant
	free    [2]engine.Instant // when the wire from a, and from b, has carried what was put on it; with a bandwidth
}

// conn is one TCP life on a path. A connection exists until one of its ends has learned that the other is gone.
//
//	dial    SYN -> host is up, path is whole: accepted, SYN-ACK -> Dialed
//	        else: refused
//	close   what is queued, then FIN -> Closed
//	sever   both ends: Closed "Connection reset by peer", at once
//	kill    RST -> Closed "Connection reset by peer"
type conn struct {
	id   int64
	open bool // the one who dialled has been told
	ends [2]end
}

// end is one end of a connection: 0 dialled, 1 was dialled.
type end struct {
	host     int
	id       engine.ConnID // the node's name for it
	address  string        // ip:port
	attached bool          // the node knows of the connection and has not closed it
	closing  bool          // the node has closed it, and a FIN goes out behind what is queued
	queue    []chunk       // not on the wire yet
	flying   int           // bytes on the wire
	last     engine.Instant
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
	}
	return &k
}

// SetLink sets the properties of the path between two nodes, both ways, from now on. What is on its way keeps its
// time of arrival, and nothing overtakes on a connection.
func (w *World) SetLink(a, b string, o LinkOptions) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	if o.Latency < 0 || o.Jitter < 0 || o.Bandwidth < 0 {
		return fmt.Errorf("the properties of a link are not negative")
	}
	if o.Latency > time.Hour || o.Jitter > time.Hour {
		return fmt.Errorf("a latency is an hour at most")
	}
	p.options = o
	p.free = [2]engine.Instant{}
	text := "link " + a + " " + b + " latency " + o.Latency.String()
	if o.Jitter > 0 {
		text += " jitter " + o.Jitter.String()
	}
	if o.Bandwidth > 0 {
		text += " bandwidth " + strconv.FormatInt(o.Bandwidth, 10) + "/s"
	}
	w.act(text)
	return nil
}

// Sever resets all connections between two nodes and refuses new ones until Heal. What was on its way is lost. Both
// ends learn at once: the cut itself is the reset. Severing twice changes nothing.
func (w *World) Sever(a, b string) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act("sever " + a + " " + b)
	if p.severed {
		return nil
	}
	p.severed, p.since = true, w.now
	for _, c := range slices.Clone(w.conns) {
		if c.ends[1].host >= 0 && w.path(c.ends[0].host, c.ends[1].host) == p {
			w.cut(c)
		}
	}
	w.settle()
	return nil
}

// Heal ends what Sever began. The nodes find out when they try again.
func (w *World) Heal(a, b string) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act("heal " + a + " " + b)
	if p.severed {
		p.severed, p.since = false, w.now
	}
	return nil
}

// pathOf is the path between two named nodes.
func (w *World) pathOf(a, b string) (*path, error) {
	ha, err := w.host(a)
	if err != nil {
		return nil, err
	}
	hb, err := w.host(b)
	if err != nil {
		return nil, err
	}
	if ha == hb {
		return nil, fmt.Errorf("a link has two different ends")
	}
	return w.path(ha.index, hb.index), nil
}

// path is the path between two hosts, made when first asked for. There is one from every host to itself, too.
func (w *World) path(a, b int) *path {
	if a > b {
		a, b = b, a
	}
	i, ok := slices.BinarySearchFunc(w.paths, [2]int{a, b}, func(p *path, k [2]int) int {
		if p.a != k[0] {
			return p.a - k[0]
		}
		return p.b - k[1]
	})
	if !ok {
		w.paths = slices.Insert(w.paths, i, &path{a: a, b: b, options: DefaultLink, since: engine.Epoch})
	}
	return w.paths[i]
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
	from.conns = append(from.conns, connEnd{e.Conn, c.id, 0})
	switch {
	case to == nil:
		w.schedule(arrival{at: w.now.Add(2 * DefaultLink.Latency), conn: c.id, end: 0, kind: arriveRefuse})
	case w.path(from.index, to.index).severed:
		// The way back is cut as well: the refusal comes from where the cut is.
		w.schedule(arrival{at: w.travel(c, 0, 0), conn: c.id, end: 0, kind: arriveRefuse})
	default:
		w.schedule(arrival{at: w.travel(c, 0, 0), conn: c.id, end: 1, kind: arriveSyn})
	}
}

// send puts what a node sends on the wire, as far as the window allows, or hands it to the client on the spot.
func (w *World) send(h *host, e *node.Send) {
	if c := h.clientOf(e.Conn); c != nil {
		w.drained(h, e.Conn, len(e.Data))
		w.reply(h, c, e.Data)
		return
	}
	if h.load != nil && h.load.conn == e.Conn {
		w.drained(h, e.Conn, len(e.Data))
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
	if payload == engine.PayloadReply {
		payload = engine.PayloadHandshake // the only client at the other end of a link is a replica to be
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
	s.closing = true
	w.pump(c, e)
}

// abandon ends a connection whose process is gone at one end: the other end learns it from a reset.
func (w *World) abandon(at connEnd) {
	c, e := w.conn(at.conn), at.end
	dead, other := &c.ends[e], &c.ends[1-e]
	w.detach(c, e)
	dead.queue = nil
	w.queue.drop(func(a *arrival) bool { return a.conn == c.id && int(a.end) == e })
	if !other.attached {
		w.remove(c)
		return
	}
	w.schedule(arrival{at: w.travel(c, e, 0), conn: c.id, end: int8(1 - e), kind: arriveReset})
}

// cut ends a connection at both ends at once.
func (w *World) cut(c *conn) {
	w.remove(c)
	w.noteConn(c, "reset")
	for i := range c.ends {
		s := &c.ends[i]
		if !s.attached {
			continue
		}
		s.attached = false
		if i == 0 && !c.open {
			w.feed(w.hosts[s.host], node.Dialed{Conn: s.id, Err: errRefused})
		} else {
			w.feed(w.hosts[s.host], node.Closed{Conn: s.id, Why: errReset})
		}
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
	s, to := &c.ends[e], w.hosts[c.ends[1-e].host]
	h := w.hosts[s.host]
	for len(s.queue) > 0 {
		k := &s.queue[0]
		n := min(len(k.data), windowBytes-s.flying)
		if n < min(len(k.data), segmentBytes) {
			break
		}
		data, span, payload := k.data[:n], k.span, k.payload
		if k.data = k.data[n:]; len(k.data) == 0 {
			s.queue[0] = chunk{}
			s.queue = s.queue[1:]
		} else if payload == engine.PayloadStream {
			span.Last = span.First + engine.Offset(n) - 1
			k.span.First = span.Last + 1
		}
		s.flying += n
		if s.attached {
			w.drained(h, s.id, n)
		}
		p := &Packet{
			From: h.name, To: to.name, Payload: payload, Span: span, Bytes: n, SentAt: w.now,
			Text: packetText(payload, data),
		}
		p.Arrives = w.travel(c, e, n)
		w.lastPacket++
		p.ID = w.lastPacket
		w.note(h.name, engine.Sent{
			ID: p.ID, To: p.To, Payload: p.Payload, Bytes: n, Span: span, Text: p.Text, Arrives: p.Arrives,
		})
		w.schedule(arrival{at: p.Arrives, conn: c.id, end: int8(1 - e), kind: arriveData, packet: p, data: data})
	}
	if s.closing && len(s.queue) == 0 {
		s.closing = false
		w.schedule(arrival{at: w.travel(c, e, 0), conn: c.id, end: int8(1 - e), kind: arriveFin})
	}
}

// travel says when something sent now from one end of a connection reaches the other.
func (w *World) travel(c *conn, e, bytes int) engine.Instant {
	s := &c.ends[e]
	p := w.path(s.host, c.ends[1-e].host)
	at := w.now
	if p.options.Bandwidth > 0 && bytes > 0 {
		free := &p.free[0]
		if s.host != p.a {
			free = &p.free[1]
		}
		*free = max(*free, at).Add(serialisation(bytes, p.options.Bandwidth))
		at = *free
	}
	at = at.Add(p.options.Latency)
	if j := p.options.Jitter; j > 0 {
		at = at.Add(time.Duration(w.below(uint64(j) + 1)))
	}
	s.last = max(s.last, at)
	return s.last
}

// serialisation is how long it takes to put bytes on a wire of so many bytes per second.
func serialisation(bytes int, perSecond int64) time.Duration {
	return time.Duration(int64(bytes) * int64(time.Second) / perSecond)
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
		c.ends[1-e].flying -= len(a.data)
		if s.attached {
			w.feed(w.hosts[s.host], &node.Received{Conn: s.id, Data: a.data})
		}
		w.pump(c, 1-e)
	case arriveFin:
		w.remove(c)
		w.noteConn(c, "closed")
		if s.attached {
			w.feed(w.hosts[s.host], node.Closed{Conn: s.id})
		}
	case arriveReset:
		w.remove(c)
		w.noteConn(c, "reset")
		if s.attached {
			w.feed(w.hosts[s.host], node.Closed{Conn: s.id, Why: errReset})
		}
	}
}

// accept ends the first half of a handshake at the host that was dialled.
func (w *World) accept(c *conn) {
	d, s := &c.ends[0], &c.ends[1]
	h := w.hosts[s.host]
	if h.node == nil || s.address != h.listens() {
		w.schedule(arrival{at: w.travel(c, 1, 0), conn: c.id, end: 0, kind: arriveRefuse})
		return
	}
	s.id, s.attached = h.freshConn(), true
	h.conns = append(h.conns, connEnd{s.id, c.id, 1})
	w.schedule(arrival{at: w.travel(c, 1, 0), conn: c.id, end: 0, kind: arriveOpen})
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
	for _, at := range h.conns {
		if at.id == id {
			return at, true
		}
	}
	return connEnd{}, false
}

// forget takes an end of a connection off the host's list.
func (h *host) forget(conn int64, end int) {
	h.conns = slices.DeleteFunc(h.conns, func(at connEnd) bool { return at.conn == conn && at.end == end })
}
