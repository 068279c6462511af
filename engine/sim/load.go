package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// What a load is when nothing else is said, and how far it goes.
const (
	DefaultRate = 100
	DefaultSize = 64
	DefaultKeys = 1000
	DefaultMix  = "set"
	MaxLoadRate = 1_000_000
	MaxLoadSize = 1 << 20
	MaxLoadKeys = 1 << 30
)

// load is the background writing at one node. It is quiet while the node is down or stands still.
type load struct {
	Load
	random rand.PCG
	since  engine.Instant
	done   int64 // commands since then
	next   engine.Instant
	seq    int64
	conn   engine.ConnID

	drained drainSlot
}

// StartLoad begins background writing at a node, or changes it.
func (w *World) StartLoad(name string, l Load) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if l, err = l.Complete(); err != nil {
		return err
	}
	w.act(fmt.Sprintf("load %s rate %d/s size %d keys %d mix %s", name, l.Rate, l.Size, l.Keys, l.Mix))
	started := &load{Load: l, random: *rand.NewPCG(w.random.Uint64(), w.random.Uint64()), since: w.now}
	if h.load != nil {
		started.conn = h.load.conn
	}
	h.load = started
	w.plan(h)
	return nil
}

// StopLoad ends background writing at a node.
func (w *World) StopLoad(name string) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if h.load == nil {
		return fmt.Errorf("there is no load on %s", name)
	}
	w.act("unload " + name)
	if h.load.conn != 0 {
		w.feed(h, node.Closed{Conn: h.load.conn})
	}
	h.load = nil
	w.rearm(h)
	w.settle()
	return nil
}

// Load returns the background writing at a node, and whether there is any.
func (w *World) Load(name string) (Load, bool) {
	if h := w.find(name); h != nil && h.load != nil {
		return h.load.Load, true
	}
	return Load{}, false
}

// Complete fills in the defaults and checks the limits.
func (l Load) Complete() (Load, error) {
	l.Rate = orDefault(l.Rate, DefaultRate)
	l.Size = orDefault(l.Size, DefaultSize)
	l.Keys = orDefault(l.Keys, DefaultKeys)
	l.Mix = orDefault(l.Mix, DefaultMix)
	switch {
	case l.Rate < 1 || l.Rate > MaxLoadRate:
		return l, fmt.Errorf("a load's rate is from 1/s to %d/s", MaxLoadRate)
	case l.Size < 1 || l.Size > MaxLoadSize:
		return l, fmt.Errorf("a load's size is from 1 to %d bytes", MaxLoadSize)
	case l.Keys < 1 || l.Keys > MaxLoadKeys:
		return l, fmt.Errorf("a load's keys are from 1 to %d", MaxLoadKeys)
	}
	for _, m := range Mixes() {
		if l.Mix == m {
			return l, nil
		}
	}
	return l, fmt.Errorf("unknown mix %q: it is one of %s", l.Mix, strings.Join(Mixes(), ", "))
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// plan sets the time of the next command, counted from the beginning so that rounding does not add up.
func (w *World) plan(h *host) {
	l := h.load
	l.done++
	seconds, rest := l.done/int64(l.Rate), l.done%int64(l.Rate)
	l.next = l.since.Add(time.Duration(seconds)*time.Second + time.Duration(rest*int64(time.Second)/int64(l.Rate)))
	l.seq = w.seq
	w.seq++
	w.rearm(h)
}

// tick gives the next command of a load.
func (w *World) tick(h *host) {
	l := h.load
	w.plan(h)
	if h.node == nil || h.stopped() {
		return
	}
	if l.conn == 0 {
		l.conn = w.connect(h, engine.ClientConnected{Load: true})
	}
	r := rand.New(&l.random)
	w.scratch = AppendDraw(w.scratch[:0], r, l.Mix, l.Keys, int(l.Size))
	w.feedBytes(h, l.conn, w.scratch)
}
