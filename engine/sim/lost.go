package sim

import (
	"cmp"
	"slices"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// A blackhole swallows packets, but no byte of a live connection is ever lost or reordered: TCP sends it again. So a
// blackhole delays. What an end has sent in vain waits in end.lost, in order, and everything sent after it waits
// behind it. TCP tries again at intervals that double; the first try after the path is whole gets through.
//
//	sent into the dark ── heal ── next try: all that was lost, in order
//	                   └─ too long: this end is over. The other one does not know: it is half open
//
// An end that is over answers whatever still reaches it with a reset, and a reset that vanishes is not sent again: so
// a half-open end learns the truth from its own next packet, or from its own timeouts.
//
// Sources: RFC 6298 section 5; RFC 9293 section 3.5.1 on half-open connections; the limits are Linux's.
const (
	retryFirst = 200 * time.Millisecond // and a round trip: the least retransmission timeout
	retryMost  = 2 * time.Minute
	synFirst   = time.Second // the retransmission timeout of a SYN

	giveUpSyn    = 127 * time.Second         // net.ipv4.tcp_syn_retries = 6
	giveUpLive   = 924600 * time.Millisecond // net.ipv4.tcp_retries2 = 15
	giveUpOrphan = 102200 * time.Millisecond // net.ipv4.tcp_orphan_retries = 8: the process has closed it already
)

// listenBacklog is how many connections the kernel takes for a process that does not (tcp-backlog).
const listenBacklog = 511

const errTimeout = "Connection timed out"

// dark reports whether what is sent from an end of a connection vanishes.
func (w *World) dark(c *conn, e int) bool {
	p := w.path(c.ends[e].host, c.ends[1-e].host)
	return p.dark[p.way(c.ends[e].host)]
}

// lost reports whether what is sent from an end of a connection vanishes, or waits behind what has.
func (w *World) lost(c *conn, e int) bool { return len(c.ends[e].lost) > 0 || w.dark(c, e) }

// emit sends something that is no data from an end of a connection.
func (w *World) emit(c *conn, e int, kind arrivalKind) {
	if c.cut {
		return
	}
	a := arrival{conn: c.id, end: int8(1 - e), kind: kind}
	if w.lost(c, e) {
		w.lose(c, e, a)
		return
	}
	a.at = w.travel(c, e, 0)
	w.schedule(a)
}

// lose takes what an end of a connection has sent in vain.
func (w *World) lose(c *conn, e int, a arrival) {
	switch a.kind {
	case arriveReset:
		return // nobody sends it again
	case arriveRefuse:
		// The one who dialled has heard nothing, so it tries again.
		c.ends[0].lost = append(c.ends[0].lost, arrival{conn: c.id, end: 1, kind: arriveSyn})
		w.stall(c, 0)
		return
	}
	c.ends[e].lost = append(c.ends[e].lost, a)
	w.stall(c, e)
}

// stall begins the count towards the end of a connection that gets nothing through.
func (w *World) stall(c *conn, e int) {
	s := &c.ends[e]
	if s.stalled {
		return
	}
	s.stalled, s.stalledAt = true, w.now
	limit := giveUpLive
	switch {
	case !c.open && e == 0:
		limit = giveUpSyn
	case !s.attached:
		limit = giveUpOrphan
	}
	w.giveUpAt(c, e, limit)
}

func (w *World) giveUpAt(c *conn, e int, after time.Duration) {
	c.ends[e].giveUp = w.now.Add(after)
	w.schedule(arrival{at: c.ends[e].giveUp, conn: c.id, end: int8(e), kind: arriveGiveUp})
}

// loseFlying loses what is on its way into a path that has just become dark.
func (w *World) loseFlying(p *path, dark [2]bool) {
	var lost []arrival
	w.queue.drop(func(a *arrival) bool {
		if a.kind == arriveRetry || a.kind == arriveGiveUp {
			return false
		}
		c := w.conn(a.conn)
		if c.cut {
			return false // it has come past the cut
		}
		from, to := c.ends[1-a.end].host, c.ends[a.end].host
		if min(from, to) != p.a || max(from, to) != p.b || from == to || !dark[p.way(from)] {
			return false
		}
		lost = append(lost, *a)
		return true
	})
	slices.SortFunc(lost, func(a, b arrival) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
	for _, a := range lost {
		w.lose(w.conn(a.conn), int(1-a.end), a)
	}
}

// acknowledged says that the other end has taken in bytes of this one, which makes room for more. In the dark nobody
// hears of it.
func (w *World) acknowledged(c *conn, e, bytes int) {
	if c.cut {
		return
	}
	if c.ends[1-e].host >= 0 && w.dark(c, 1-e) {
		c.ends[e].unheard += bytes
		w.stall(c, e)
		return
	}
	c.ends[e].flying -= bytes
	w.pump(c, e)
}

// recover lets a connection go on that lies on a path which is whole again.
func (w *World) recover(c *conn) {
	if c.cut {
		return
	}
	for e := range c.ends {
		s := &c.ends[e]
		if bytes := s.unheard; bytes > 0 {
			s.unheard = 0
			s.flying -= bytes
			w.pump(c, e)
		}
		switch {
		case !s.stalled:
		case len(s.lost) == 0:
			s.stalled = false
		default:
			w.schedule(arrival{at: w.nextTry(c, e), conn: c.id, end: int8(e), kind: arriveRetry})
		}
	}
}

// nextTry is when TCP sends again what an end of a connection sent in vain.
func (w *World) nextTry(c *conn, e int) engine.Instant {
	s := &c.ends[e]
	stalled := w.now.Sub(s.stalledAt)
	latency := w.path(s.host, c.ends[1-e].host).options.Latency
	return s.stalledAt.Add(NextTry(stalled, latency, s.lost[0].kind == arriveSyn))
}

// NextTry says how long after it got stuck TCP sends again what it sent in vain, when it has been stuck for some time
// already: on a path of a certain latency, for a SYN or for what comes later.
func NextTry(stuck, latency time.Duration, syn bool) time.Duration {
	wait := retryFirst + 2*latency
	if syn {
		wait = synFirst
	}
	at := wait
	for at < stuck {
		wait = min(2*wait, retryMost)
		at += wait
	}
	return at
}

// retry sends again what was lost, if the path is whole.
func (w *World) retry(c *conn, e int) {
	s := &c.ends[e]
	if len(s.lost) == 0 || w.dark(c, e) {
		return
	}
	lost := s.lost
	s.lost, s.stalled = nil, s.unheard > 0
	for _, a := range lost {
		if a.kind == arriveData {
			p := a.packet
			w.sendData(c, e, p.Payload, p.Span, a.data)
		} else {
			w.emit(c, e, a.kind)
		}
	}
}

// giveUp ends a connection at an end that got nothing through for too long.
func (w *World) giveUp(c *conn, e int) {
	s := &c.ends[e]
	if !s.stalled || s.giveUp != w.now {
		return // it went on in the meantime
	}
	was, h := *s, w.hosts[s.host]
	s.over()
	if !c.ends[1-e].attached {
		w.remove(c)
	}
	if !was.attached {
		return
	}
	h.forget(c.id, e)
	w.noteConn(c, "timed out")
	if e == 0 && !c.open {
		w.feed(h, node.Dialed{Conn: was.id, Err: errTimeout})
	} else {
		w.feed(h, node.Closed{Conn: was.id, Why: errTimeout})
	}
}

// over ends an end of a connection: nothing is sent from it any more.
func (s *end) over() {
	s.attached, s.closing, s.gone, s.stalled = false, false, true, false
	s.queue, s.lost, s.unheard = nil, nil, 0
}
