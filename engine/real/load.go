//go:build linux

package real

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"resync/engine/sim"
)

// load is the background writing at one server: the same commands as in the simulation, as evenly. It is quiet while
// the server is down or frozen.
type load struct {
	sim.Load
	server *server
	random *rand.Rand
	stop   chan struct{} // closed when it is to end
	ended  chan struct{} // closed when it has

	link *link         // nil while there is no connection
	sent int64         // on it
	got  *atomic.Int64 // replies on it
	news chan struct{}
}

// StartLoad begins background writing, or changes it.
func (w *World) StartLoad(name string, o sim.Load) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	if o, err = o.Complete(); err != nil {
		return err
	}
	w.act(fmt.Sprintf("load %s rate %d/s size %d keys %d mix %s", name, o.Rate, o.Size, o.Keys, o.Mix))
	if s.load != nil {
		s.load.end()
	}
	s.load = &load{
		Load: o, server: s, random: rand.New(rand.NewPCG(w.random.Uint64(), w.random.Uint64())),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go s.load.run()
	return nil
}

// StopLoad ends background writing. What was written has been dealt with when it returns.
func (w *World) StopLoad(name string) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	if s.load == nil {
		return fmt.Errorf("there is no load on %s", name)
	}
	w.act("unload " + name)
	s.load.end()
	s.load = nil
	return nil
}

// end ends a load.
func (l *load) end() {
	close(l.stop)
	<-l.ended
	if l.link != nil {
		l.server.settle(l.link, l.news, func() bool { return l.got.Load() >= l.sent })
		l.link.Close()
	}
}

// run writes until it is stopped. Times are counted from the beginning, so that delays do not add up. After a delay,
// which a busy machine can cause at any time, it catches up at twice its rate: a burst would be another story. For the
// same reason it never has more than the commands of a twentieth of a second without a reply.
func (l *load) run() {
	defer close(l.ended)
	interval := time.Second / time.Duration(l.Rate)
	step := max(interval, time.Millisecond)
	most := max(1, int64(l.Rate)/20)
	since := time.Now()
	woken := since
	var buf []byte
	for done, wait := int64(0), interval; ; {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.stop:
			timer.Stop()
			return
		}
		now := time.Now()
		quota := max(1, int64(2*now.Sub(woken).Seconds()*float64(l.Rate)))
		due := int64(now.Sub(since).Seconds()*float64(l.Rate)) - done
		woken = now
		if state, _, _ := l.server.is(); state != "up" || !l.connect() {
			done += due // it is quiet
			wait = step
			continue
		}
		n := min(due, quota, most-(l.sent-l.got.Load()))
		buf = buf[:0]
		for range n {
			buf = sim.AppendDraw(buf, l.random, l.Mix, l.Keys, int(l.Size))
		}
		if n > 0 {
			done += n
			l.sent += n
		}
		next := since.Add(time.Duration(float64(done+1) / float64(l.Rate) * float64(time.Second)))
		wait = max(time.Until(next), step/2)
		if !l.write(buf) {
			l.link.Close()
			l.link = nil
		}
	}
}

// write writes, for as long as that takes the server or until the load is stopped.
func (l *load) write(data []byte) bool {
	for len(data) > 0 {
		l.link.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := l.link.Write(data)
		data = data[n:]
		if err == nil {
			continue
		}
		select {
		case <-l.stop:
			return false
		default:
		}
		if !isTimeout(err) {
			return false
		}
	}
	return true
}

// connect connects where that is needed. It reports whether there is a connection.
func (l *load) connect() bool {
	if l.link != nil {
		return true
	}
	c, err := dialServer(l.server)
	if err != nil {
		return false
	}
	got, news := &atomic.Int64{}, make(chan struct{}, 1)
	l.link, l.sent, l.got, l.news = c, 0, got, news
	go func() {
		for {
			_, _, err := c.next()
			got.Add(1)
			if err != nil {
				got.Store(1 << 62) // no reply will come any more
				c.Close()
			}
			select {
			case news <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return true
}
