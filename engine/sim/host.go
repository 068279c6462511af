package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// host is the machine of one node: its process, its disk, its clients.
type host struct {
	index  int
	name   string
	ip     string
	config node.Config // that it starts with
	node   *node.Node  // nil while the process is down
	since  engine.Instant
	life   int           // how often it was started
	gone   bool          // it was removed, for good: it is in World.hosts for its number and its name alone
	apart  bool          // one of its lives was before 7.0, when servers did not agree on when keys expire
	inputs int64         // given to all its lives
	skew   time.Duration // how far its clock runs ahead of the world's

	frozen    bool
	asleep    engine.Instant // until then the process stands still by its own will; 0 when it does not
	asleepSeq int64
	rest      []node.Effect  // what it wants done when it goes on
	inbox     []pendingInput // what it is told then

	held []engine.ConnID // connections of which it wants to be told nothing for now
	kept []pendingInput  // what the kernel has for it of these

	files   map[string][]byte  // survive the process; the contents never change
	writing map[int64][][]byte // files that the process is writing, by job
	reading map[int64][]byte   // and those that it is reading, as they were when it began

	turn  turn // what it wants next
	place int  // in World.turns; -1 when it wants nothing

	armed       bool // the node has a deadline
	deadline    engine.Instant
	deadlineSeq int64

	lastConn engine.ConnID // of the connections that it accepted: never used again, not by a later life either
	lastPort int           // of the ports that outgoing connections and clients came from
	conns    []connEnd     // to other nodes, as far as this one has not closed them: in order of birth
	byID     []connEnd     // the same by what the node calls them
	clients  []*client
	load     *load

	lastResync string
	grown      growth // of its stream
}

func (h *host) clone() *host {
	c := *h
	if h.node != nil {
		c.node = h.node.Clone()
	}
	c.files, c.writing, c.reading = maps.Clone(h.files), maps.Clone(h.writing), maps.Clone(h.reading)
	c.conns, c.byID = slices.Clone(h.conns), slices.Clone(h.byID)
	c.rest = slices.Clone(h.rest)
	c.inbox = slices.Clone(h.inbox)
	for i := range c.inbox {
		c.inbox[i].host = &c
	}
	c.held, c.kept = slices.Clone(h.held), slices.Clone(h.kept)
	for i := range c.kept {
		c.kept[i].host = &c
	}
	c.clients = make([]*client, len(h.clients))
	for i, k := range h.clients {
		c.clients[i] = k.clone()
	}
	if h.load != nil {
		copied := *h.load
		c.load = &copied
	}
	return &c
}

// address is "ip:port" of a port of this host.
func (h *host) address(port int) string { return h.ip + ":" + strconv.Itoa(port) }

// listens is the address at which the node is reached.
func (h *host) listens() string { return h.address(h.config.Port) }

// freshPort is the port of the next connection that leaves this host.
func (h *host) freshPort() int {
	if h.lastPort++; h.lastPort > 65535 {
		h.lastPort = 50001
	}
	return h.lastPort
}

// freshConn names the next connection that the node accepts.
func (h *host) freshConn() engine.ConnID {
	h.lastConn++
	return h.lastConn
}

// boot gives a host a process.
func (w *World) boot(h *host, n *node.Node) {
	h.node, h.since = n, w.now
	h.apart = h.apart || !h.promises().moments
	h.life++
	w.feed(h, node.Started{PID: 1000*(h.index+1) + h.life})
	w.settle()
}

// halt takes the process away from a host. What becomes of its connections to other nodes is the caller's business.
func (w *World) halt(h *host) {
	h.node, h.since, h.armed = nil, w.now, false
	h.frozen, h.asleep, h.rest, h.inbox = false, 0, nil, nil
	h.held, h.kept = nil, nil
	h.writing, h.reading = map[int64][][]byte{}, map[int64][]byte{}
	for _, c := range h.clients {
		w.disconnect(h, c)
	}
	if h.load != nil {
		h.load.conn = 0
	}
	w.rearm(h)
}

// pendingInput is what a node is still to be told at this instant, or as soon as its process goes on. Bytes of a
// connection leave the sender's window when the process takes them.
type pendingInput struct {
	host *host
	in   node.Input    // nil where it is the bytes of a packet, or of a client
	of   engine.ConnID // the connection that it tells of, where the node can hold that
	data []byte        // that were received on it

	drained engine.ConnID // or it is a connection of which so many bytes have left
	bytes   int

	// Of a packet: the connection, the end that it has reached, and what was said of it.
	conn   int64
	end    int8
	packet *engine.Sent
}

// hold does a node's Hold: what comes on the connection stays in the kernel, and in the sender's window, until it is
// wanted again.
func (w *World) hold(h *host, e node.Hold) {
	h.held = slices.DeleteFunc(h.held, func(id engine.ConnID) bool { return id == e.Conn })
	if e.On {
		h.held = append(h.held, e.Conn)
		return
	}
	// What was kept is older than what the node is about to be told.
	var all []pendingInput
	take := func(p pendingInput) bool {
		if p.host != h || p.of != e.Conn {
			return false
		}
		all = append(all, p)
		return true
	}
	h.kept = slices.DeleteFunc(h.kept, take)
	for i := range w.pending {
		if take(w.pending[i]) {
			w.pending[i] = pendingInput{}
		}
	}
	w.pending = append(w.pending, all...)
}

// unhold forgets a connection that the node has closed.
func (h *host) unhold(id engine.ConnID) {
	h.held = slices.DeleteFunc(h.held, func(other engine.ConnID) bool { return other == id })
	h.kept = slices.DeleteFunc(h.kept, func(p pendingInput) bool { return p.of == id })
}

// drain is an end of a connection from which bytes left since its node was last told so.
type drain struct {
	host  *host
	conn  engine.ConnID
	bytes int
}

// drainSlot is where in World.dirty a connection is, as long as the round is the same.
type drainSlot struct{ round, at int64 }

// feed tells a node something, now or as soon as the nodes are done with what they are doing.
func (w *World) feed(h *host, in node.Input) {
	p := pendingInput{host: h, in: in}
	if closed, ok := in.(node.Closed); ok {
		p.of = closed.Conn
	}
	w.pending = append(w.pending, p)
}

// feedBytes tells a node what a client of its own sends.
func (w *World) feedBytes(h *host, id engine.ConnID, data []byte) {
	w.pending = append(w.pending, pendingInput{host: h, of: id, data: data})
}

// fullBacklog reports whether the kernel takes no more connections for a process that takes none itself.
func (h *host) fullBacklog() bool {
	waiting := 0
	for i := range h.inbox {
		if _, ok := h.inbox[i].in.(node.Accepted); ok {
			waiting++
		}
	}
	return waiting >= listenBacklog
}

// drained notes that bytes which a node sent on a connection have left it.
func (w *World) drained(h *host, conn engine.ConnID, slot *drainSlot, bytes int) {
	if slot.round == w.round && slot.at < int64(len(w.dirty)) && w.dirty[slot.at].host == h && w.dirty[slot.at].conn == conn {
		w.dirty[slot.at].bytes += bytes
		return
	}
	*slot = drainSlot{w.round, int64(len(w.dirty))}
	w.dirty = append(w.dirty, drain{h, conn, bytes})
}

// settle tells the nodes everything that they are to be told at this instant, in order, with all that follows at
// once. What travels is left to the schedule, so this ends.
func (w *World) settle() {
	if w.feeding {
		return
	}
	w.feeding = true
	for done := 0; done < len(w.pending) || len(w.dirty) > 0; {
		if done == len(w.pending) {
			w.pending, done = w.pending[:0], 0
			for _, d := range w.dirty {
				w.pending = append(w.pending, pendingInput{host: d.host, drained: d.conn, bytes: d.bytes})
			}
			w.dirty = w.dirty[:0]
			w.round++
			continue
		}
		p := w.pending[done]
		w.pending[done] = pendingInput{}
		done++
		if p.host == nil {
			continue // told elsewhere
		}
		if p.host.stopped() {
			p.host.inbox = append(p.host.inbox, p)
			continue
		}
		if len(p.host.held) > 0 && slices.Contains(p.host.held, p.of) {
			p.host.kept = append(p.host.kept, p)
			continue
		}
		w.tell(p)
	}
	w.pending = w.pending[:0]
	w.feeding = false
}

// tell gives a node what it is to be told: bytes are taken out of the kernel, so there is room for more. The node may
// have ended itself in the meantime.
func (w *World) tell(p pendingInput) {
	if p.packet != nil {
		if i, ok := w.search(p.conn); ok {
			w.acknowledged(w.conns[i], 1-int(p.end), len(p.data))
		}
	}
	if p.host.node == nil {
		return
	}
	switch {
	case p.in != nil:
	case p.drained != 0:
		w.drainage = node.Drained{Conn: p.drained, Bytes: p.bytes}
		p.in = &w.drainage
	default:
		if p.packet != nil {
			w.note(p.host.name, engine.Arrived{Packet: p.packet})
		}
		w.received = node.Received{Conn: p.of, Data: p.data}
		p.in = &w.received
	}
	w.step(p.host, p.in)
}

// step gives one input to a node and does what it wants done.
func (w *World) step(h *host, in node.Input) {
	h.inputs++
	w.out.Reset()
	h.node.Step(h.clock(w.now), in, &w.out)
	for _, f := range w.out.Facts {
		switch f := f.(type) {
		case *engine.Propagated:
			h.grown.add(w.now, f.Span)
		case *engine.Applied:
			h.grown.add(w.now, f.Span)
		case engine.SyncFinished:
			if h.lastResync = "full"; f.Partial {
				h.lastResync = "partial"
			}
		}
		w.note(h.name, f)
	}
	w.perform(h, w.out.Effects)
	w.conclude(h)
}

// conclude ends a step: the node is told what it waits for at once, and asked when it wants to be woken.
func (w *World) conclude(h *host) {
	for len(w.atOnce) > 0 && !h.stopped() && h.node != nil {
		in := w.atOnce[0]
		w.atOnce = w.atOnce[1:]
		w.step(h, in)
	}
	if h.node == nil {
		w.atOnce = nil
		return
	}
	for _, in := range w.atOnce {
		h.inbox = append(h.inbox, pendingInput{host: h, in: in})
	}
	w.atOnce = nil
	at, ok := h.node.Deadline()
	at = at.Add(-h.skew)
	if ok != h.armed || ok && at != h.deadline {
		h.armed, h.deadline, h.deadlineSeq = ok, at, w.seq
		w.seq++
		w.rearm(h)
	}
}

// perform does what a node wants done.
func (w *World) perform(h *host, effects []node.Effect) {
	for i, e := range effects {
		switch e := e.(type) {
		case *node.Send:
			w.send(h, e)
		case node.Dial:
			w.dial(h, e)
		case node.Close:
			h.unhold(e.Conn)
			w.closeConn(h, e.Conn)
		case node.Hold:
			w.hold(h, e)
		case node.WriteFile:
			if in := h.write(e); in != nil {
				w.answer(h, in, e.Now)
			}
		case node.ReadFile:
			if in, ok := h.read(e); ok {
				w.bytesRead += int64(len(in.Data))
				w.answer(h, in, e.Now)
			}
		case node.RemoveFile:
			delete(h.files, e.Name)
		case node.Reconfigure:
			w.answer(h, node.Reconfigured{Job: e.Job, Dir: e.Dir}, true) // a host has its address and its files whatever it says
		case node.Sleep:
			w.sleep(h, e.For, effects[i+1:])
			return
		case node.Exit:
			w.exit(h)
			return
		default:
			panic(fmt.Sprintf("sim: %s wants %T done", h.name, e))
		}
	}
}

// exit ends a process in order: what it had sent goes out, and its connections are closed.
func (w *World) exit(h *host) {
	w.halt(h)
	for _, at := range slices.Clone(h.conns) {
		w.closeEnd(at)
	}
	h.conns, h.byID = nil, nil
}

// answer tells a node how it went with a file: at once where it serves nobody until then.
func (w *World) answer(h *host, in node.Input, now bool) {
	if now {
		w.atOnce = append(w.atOnce, in)
	} else {
		w.feed(h, in)
	}
}

// write writes a part of a file. A file that is not complete is not there: it dies with the process.
func (h *host) write(e node.WriteFile) node.Input {
	parts := append(slices.Clip(h.writing[e.Job]), slices.Clone(e.Data))
	switch e.Part {
	case node.FirstPart, node.NextPart:
		h.writing[e.Job] = parts
	case node.WholeFile, node.LastPart:
		h.files[e.Name] = slices.Concat(parts...)
		delete(h.writing, e.Job)
	case node.DropFile:
		delete(h.writing, e.Job)
		return nil
	}
	return node.FileWritten{Job: e.Job}
}

// A process that loads its dataset asks for megabytes at once and gets less, as it may from any kernel: in a browser a
// thousand keys take milliseconds, and between two steps of the world there is time for a frame.
const (
	longRead = 64 << 10
	readMost = 16 << 10
)

// read reads a part of a file, or ends the reading of it.
func (h *host) read(e node.ReadFile) (in node.FileLoaded, wanted bool) {
	data, ok := h.reading[e.Job]
	if !ok {
		data, ok = h.files[e.Name]
	}
	delete(h.reading, e.Job)
	if e.Max == 0 {
		return in, false
	}
	in = node.FileLoaded{Job: e.Job, Missing: !ok, Size: int64(len(data))}
	if e.Offset < in.Size {
		most := e.Max
		if most > longRead {
			most = readMost
		}
		end := min(e.Offset+int64(most), in.Size)
		in.Data, in.More = data[e.Offset:end], end < in.Size
	}
	if in.More {
		h.reading[e.Job] = data
	}
	return in, true
}

// replication is how the replication of the node, which is up, stands.
func (h *host) replication(now engine.Instant) node.Replication {
	return h.node.Replication(h.clock(now))
}
