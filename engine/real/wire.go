//go:build linux

package real

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"resync/engine/sim"
)

// A wire is one TCP life on a path: a connection from one server to the door, and another from there to the other
// server, with a stream between them in each direction.
type wire struct {
	path    *path
	from    int // the end of the path that dialled
	conns   [2]*net.TCPConn
	streams [2]stream     // from the one who dialled, and to it
	opened  chan struct{} // closed when the one who dialled would have been told
	done    chan struct{} // closed when the wire is over
	over    bool          // guarded by the path's lock, as all that follows
}

// A stream carries bytes in one direction. It takes in no more than a window that has not arrived.
type stream struct {
	wire    *wire
	from    int // 0: from the one who dialled
	queue   []piece
	more    *sync.Cond // a piece has come, or room was made
	flying  int        // bytes taken in that are not known to have arrived
	unheard int        // of them, those that have arrived, but the word of it vanished
	stuck   time.Time  // since when nothing gets through; zero while it does
	last    time.Time  // the latest arrival
}

// A piece is what was read at once, or the end of what there is to read.
type piece struct {
	data  []byte
	read  time.Time
	at    time.Time // when it arrives, unless the path is dark then; zero until the wire is open
	end   bool
	reset bool // and not in order
}

// pieceBytes is the most that travels at once.
const pieceBytes = 16 << 10

// end is the end of the path that the stream comes from.
func (s *stream) end() int { return s.wire.from ^ s.from }

// carry opens the wire and carries bytes until it is over.
func (w *wire) carry() {
	go w.streams[0].take(w.conns[0])
	if !w.open() {
		return
	}
	close(w.opened)
	go w.streams[1].take(w.conns[1])
	go w.streams[0].give(w.conns[1])
	w.streams[1].give(w.conns[0])
}

// open reaches the other server, as long as a handshake would take. It reports whether it did.
func (w *wire) open() bool {
	p := w.path
	began := time.Now()
	at := began
	for {
		p.mu.Lock()
		latency := p.options.Latency
		dark, changed := p.dark != [2]bool{}, p.changed
		p.mu.Unlock()
		if dark {
			select {
			case <-changed:
			case <-w.done:
				return false
			}
			at = began.Add(sim.NextTry(time.Since(began), latency, true))
			continue
		}
		if !w.sleep(at.Add(latency), nil) {
			return false
		}
		break
	}
	target := p.ends[1-w.from]
	source := &net.TCPAddr{IP: net.ParseIP(p.ends[w.from].seen)}
	dialer := net.Dialer{LocalAddr: source, Control: asOnAWireResetting}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-w.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	c, err := dialer.DialContext(ctx, "tcp", target.listens)
	p.mu.Lock()
	over, latency := w.over, p.options.Latency
	if err == nil && !over {
		w.conns[1] = c.(*net.TCPConn)
		w.conns[1].SetLinger(-1)
	}
	p.mu.Unlock()
	if over {
		if err == nil {
			resetConn(c.(*net.TCPConn))
		}
		return false
	}
	if !w.sleep(time.Now().Add(latency), nil) {
		return false
	}
	if err != nil {
		w.finish(true)
		return false
	}
	return true
}

// take reads what comes from a server.
func (s *stream) take(c *net.TCPConn) {
	w, p := s.wire, s.wire.path
	for {
		p.mu.Lock()
		for s.flying >= sim.WindowBytes && !w.over {
			s.more.Wait()
		}
		room := min(sim.WindowBytes-s.flying, pieceBytes)
		if b := p.options.Bandwidth; b > 0 {
			room = min(room, max(512, int(b/20))) // a piece arrives as a whole: not later than a twentieth of a second after its first byte
		}
		over := w.over
		p.mu.Unlock()
		if over {
			return
		}
		data := make([]byte, room)
		n, err := c.Read(data)
		now := time.Now()
		p.mu.Lock()
		if n > 0 {
			s.flying += n
			s.push(piece{data: data[:n], read: now})
		}
		if err != nil {
			s.push(piece{read: now, end: true, reset: errors.Is(err, syscall.ECONNRESET)})
		}
		p.mu.Unlock()
		if err == nil {
			continue
		}
		select {
		case <-w.opened:
		default:
			w.finish(false) // nobody has heard of it yet
		}
		return
	}
}

// push puts a piece on the wire. The caller holds the lock.
func (s *stream) push(k piece) {
	select {
	case <-s.wire.opened:
		s.send(&k, k.read)
	default:
	}
	s.queue = append(s.queue, k)
	s.more.Broadcast()
}

// send decides when a piece arrives that is sent at a moment. Nothing overtakes. The caller holds the lock.
func (s *stream) send(k *piece, at time.Time) {
	k.at = s.wire.path.travel(s.end(), at, len(k.data))
	if k.at.Before(s.last) {
		k.at = s.last
	}
	s.last = k.at
}

// give writes to a server what has arrived.
func (s *stream) give(c *net.TCPConn) {
	w, p := s.wire, s.wire.path
	for {
		p.mu.Lock()
		for len(s.queue) == 0 && !w.over {
			s.more.Wait()
		}
		over := w.over
		p.mu.Unlock()
		if over || !s.arrive() {
			return
		}
		p.mu.Lock()
		k := s.queue[0]
		s.queue = slices.Delete(s.queue, 0, 1)
		p.mu.Unlock()
		if k.end {
			w.finish(k.reset)
			return
		}
		// Who has closed its end answers with a reset, which its own stream brings back.
		c.Write(k.data)
		p.mu.Lock()
		if p.dark[1-s.end()] {
			s.unheard += len(k.data)
		} else {
			s.flying -= len(k.data)
			s.more.Broadcast()
		}
		p.mu.Unlock()
	}
}

// arrive waits until the first piece has arrived. What was sent into the dark is sent again when TCP would, with all
// that waits behind it. It reports whether the wire still is.
func (s *stream) arrive() bool {
	w, p := s.wire, s.wire.path
	for {
		p.mu.Lock()
		k, changed := &s.queue[0], p.changed
		if k.at.IsZero() {
			s.send(k, time.Now())
		}
		dark := p.dark[s.end()]
		if dark && s.stuck.IsZero() {
			s.stuck = p.since[s.end()]
			if k.read.After(s.stuck) {
				s.stuck = k.read
			}
		}
		if !dark && !s.stuck.IsZero() {
			again := s.stuck.Add(sim.NextTry(time.Since(s.stuck), p.options.Latency, false))
			p.mu.Unlock()
			if !w.sleep(again, changed) {
				return false
			}
			p.mu.Lock()
			if !p.dark[s.end()] && !time.Now().Before(again) {
				s.stuck, s.last = time.Time{}, time.Time{}
				for i := range s.queue {
					s.send(&s.queue[i], time.Now())
				}
			}
			p.mu.Unlock()
			continue
		}
		at := k.at
		p.mu.Unlock()
		if dark {
			select {
			case <-changed:
				continue
			case <-w.done:
				return false
			}
		}
		if !time.Now().Before(at) {
			return true
		}
		if !w.sleep(at, changed) {
			return false
		}
	}
}

// sleep waits until a moment, or until something changes. It reports whether the wire still is.
func (w *wire) sleep(until time.Time, changed <-chan struct{}) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-w.done:
		return false
	}
	return true
}

// heard makes room for what has arrived in the dark. The caller holds the lock.
func (s *stream) heard() {
	s.flying -= s.unheard
	s.unheard = 0
	s.more.Broadcast()
}

// finish ends the wire at both ends: in order, or with a reset.
func (w *wire) finish(reset bool) {
	p := w.path
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wires = slices.DeleteFunc(p.wires, func(other *wire) bool { return other == w })
	w.end(reset)
}

// end ends the wire at both ends. The caller holds the lock.
func (w *wire) end(reset bool) {
	if w.over {
		return
	}
	w.over = true
	close(w.done)
	for _, c := range w.conns {
		switch {
		case c == nil:
		case reset:
			resetConn(c)
		default:
			c.Close()
		}
	}
	for i := range w.streams {
		w.streams[i].more.Broadcast()
	}
}
