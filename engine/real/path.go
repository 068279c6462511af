//go:build linux

package real

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"

	"resync/engine/sim"
)

// An end is one of the two servers that a path lies between, as far as the path cares.
type end struct {
	listens string // ip:port where the server itself listens
	seen    string // the address under which the other end sees it: where that finds it, and where it seems to come from
	port    string // of both
}

// A path is everything between two servers: a door for each of them, behind which it finds the other, and the
// connections through these doors. Its faults and properties mean what those of sim.World mean.
//
//	a ── door: b as a sees it ── wire ── b itself
//	b ── door: a as b sees it ── wire ── a itself
type path struct {
	ends [2]end

	mu      sync.Mutex
	options sim.LinkOptions
	severed bool
	up      [2]bool // the server at this end takes connections
	dark    [2]bool // what comes from this end vanishes
	since   [2]time.Time
	free    [2]time.Time  // when the wire from this end has carried what was put on it; with a bandwidth
	changed chan struct{} // closed, and another one made, whenever something above has changed
	doors   [2]*net.TCPListener
	wires   []*wire
	random  *rand.Rand
	closed  bool
}

func newPath(a, b end, seed uint64) *path {
	return &path{ends: [2]end{a, b}, options: sim.DefaultLink, changed: make(chan struct{}), random: rand.New(rand.NewPCG(seed, 0))}
}

// change does something to the path and wakes whoever waits on it. It opens and closes the doors that follow from it,
// and resets what has to go: behind closed doors, so that whoever is reset finds none open.
func (p *path) change(do func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	close(p.changed)
	p.changed = make(chan struct{})
	var failed error
	for i := range p.doors {
		open := p.up[1-i] && !p.severed && !p.closed
		switch {
		case open && p.doors[i] == nil:
			if err := p.open(i); err != nil {
				failed = errors.Join(failed, err)
			}
		case !open && p.doors[i] != nil:
			failed = errors.Join(failed, shut(p.doors[i]))
			p.doors[i] = nil
		}
	}
	if p.severed || p.closed {
		for _, w := range p.wires {
			w.end(true)
		}
		p.wires = nil
	}
	return failed
}

// setUp says whether the server at one end takes connections. Who dials one that does not is refused.
func (p *path) setUp(end int, up bool) error { return p.change(func() { p.up[end] = up }) }

func (p *path) set(o sim.LinkOptions) error {
	return p.change(func() { p.options, p.free = o, [2]time.Time{} })
}

// sever resets all connections at both ends, with whatever is on its way, and refuses new ones.
func (p *path) sever() error {
	return p.change(func() { p.severed, p.dark = true, [2]bool{} })
}

// darken lets what comes from these ends vanish.
func (p *path) darken(ends [2]bool) error {
	return p.change(func() {
		p.severed = false
		for i := range ends {
			if ends[i] && !p.dark[i] {
				p.dark[i], p.since[i] = true, time.Now()
			}
		}
	})
}

// vanish is the end of the machine at one end: who dials it is neither heard nor refused, for ever.
func (p *path) vanish(end int) error {
	return p.change(func() {
		p.options, p.free = sim.DefaultLink, [2]time.Time{}
		p.severed, p.up[end] = false, true
		p.dark[1-end], p.since[1-end] = true, time.Now()
	})
}

func (p *path) heal() error {
	return p.change(func() {
		p.severed, p.dark = false, [2]bool{}
		for _, w := range p.wires {
			for i := range w.streams {
				w.streams[i].heard()
			}
		}
	})
}

// close ends the path with all that is on it.
func (p *path) close() error {
	return p.change(func() { p.closed = true })
}

// open makes the door behind which an end finds the other.
func (p *path) open(from int) error {
	other := p.ends[1-from]
	config := net.ListenConfig{Control: asOnAWire}
	l, err := config.Listen(context.Background(), "tcp", net.JoinHostPort(other.seen, other.port))
	if err != nil {
		return err
	}
	p.doors[from] = l.(*net.TCPListener)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.enter(from, c.(*net.TCPConn))
		}
	}()
	return nil
}

// shut ends a listener at once. To close it alone is not enough: a process that is being started at this moment still holds
// it, until it has become another program, and whoever dials would be reset and not refused.
func shut(l *net.TCPListener) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
	return errors.Join(err, failed, l.Close())
}

// enter begins a connection from one end.
func (p *path) enter(from int, c *net.TCPConn) {
	w := &wire{path: p, from: from, opened: make(chan struct{}), done: make(chan struct{})}
	w.conns[0] = c
	for i := range w.streams {
		w.streams[i] = stream{wire: w, from: i, more: sync.NewCond(&p.mu)}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.severed || p.closed {
		resetConn(c)
		return
	}
	p.wires = append(p.wires, w)
	go w.carry()
}

// travel says when bytes that are sent from an end at a moment reach the other. The caller holds the lock.
func (p *path) travel(from int, at time.Time, bytes int) time.Time {
	if p.options.Bandwidth > 0 {
		free := &p.free[from]
		if free.Before(at) {
			*free = at
		}
		*free = free.Add(time.Duration(int64(bytes) * int64(time.Second) / p.options.Bandwidth))
		at = *free
	}
	at = at.Add(p.options.Latency)
	if j := p.options.Jitter; j > 0 {
		at = at.Add(time.Duration(p.random.Int64N(int64(j) + 1)))
	}
	return at
}

// asOnAWire makes a socket of the loopback behave more as one of a network: its kernel would take megabytes on behalf
// of a reader who does not read, in segments of 64 KiB.
func asOnAWire(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		for _, o := range [][3]int{
			{syscall.SOL_SOCKET, syscall.SO_RCVBUF, sim.WindowBytes / 2}, // of which Linux makes the double
			{syscall.SOL_SOCKET, syscall.SO_SNDBUF, sim.WindowBytes / 2},
			{syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1460},
		} {
			failed = errors.Join(failed, syscall.SetsockoptInt(int(fd), o[0], o[1], o[2]))
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// asOnAWireResetting does so for a socket that resets its connection when it is closed, until it is told otherwise: a dial that is
// given up may have come about already, and who was dialled learns of a cut and not of an end in order.
func asOnAWireResetting(network, address string, raw syscall.RawConn) error {
	if err := asOnAWire(network, address, raw); err != nil {
		return err
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	})
	return errors.Join(err, failed)
}

func resetConn(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}
