package sim

import (
	"math/bits"
	"slices"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// Forecast says what the master that a replica is configured for would answer its next PSYNC if it came now. It
// changes nothing. It reports false when there is no answer: the node is a master, one of the two is down, nobody of
// that address is known, or the master is itself a replica without a link and would say NOMASTERLINK.
func (w *World) Forecast(replica string) (Forecast, bool) {
	r := w.find(replica)
	if r == nil || r.node == nil {
		return Forecast{}, false
	}
	own := r.replication(w.now)
	if !own.Replica {
		return Forecast{}, false
	}
	m := w.resolve(r, own.Master.Host)
	if m == nil || m.node == nil || own.Master.Port != m.config.Port {
		return Forecast{}, false
	}
	of := m.replication(w.now)
	if of.Replica && of.Link != engine.LinkConnected {
		return Forecast{}, false
	}
	f := Forecast{MissingBytes: -1, TurnsIn: -1, Rate: m.grown.rate(w.now), TurnsAfter: -1}
	f.Answer = m.node.Answer(own.Ask)
	f.Answer.Replica = r.listens()
	switch f.Answer.Reason {
	case engine.PsyncOK, engine.PsyncTooLate, engine.PsyncNoBacklog:
		f.MissingBytes = int64(f.Answer.Next - f.Answer.Want)
	}
	if f.Answer.Continued() {
		f.TurnsIn = turnsIn(of, own.Ask.Want)
		if began, ok := m.grown.since(w.now); ok && f.Rate > 0 && w.now.Sub(began.at) >= surelyGrows {
			f.TurnsAfter = inTime(f.TurnsIn, f.Rate)
		}
	}
	return f, true
}

// newBlockBytes is what a block holds that begins with a short command: what jemalloc gives for 16 KiB and a header of
// 40 bytes, less the header. Measured on redis-server 7.0.15.
const newBlockBytes = 20_440

// turnsIn is how many more bytes of stream make the master let go of the block that holds want: a block goes when
// what remains without it is more than the backlog's size. A block that a slow replica pins stays longer than that.
//
// Source: redis/src/replication.c, incrementalTrimReplicationBacklog.
func turnsIn(m node.Replication, want engine.Offset) int64 {
	if m.Ring {
		return max(1, int64(want)+m.BacklogSize-int64(m.Offset))
	}
	last := m.Offset // where the block that holds want will end
	for _, b := range m.Blocks {
		last = max(b.Span.Last, b.Span.First+engine.Offset(b.Size)-1)
		if want <= last {
			break
		}
	}
	if want > last {
		last += newBlockBytes // it will begin a block of its own
	}
	return max(1, int64(last)+m.BacklogSize+1-int64(m.Offset))
}

// WriteRate is by how many bytes a second the stream of a node, as a master or a replica, has grown over the last five
// seconds of simulated time, or since it began to after standing still.
func (w *World) WriteRate(name string) int64 {
	h := w.find(name)
	if h == nil {
		return 0
	}
	return h.grown.rate(w.now)
}

// growth is where a stream stood at the beginning of each of the latest quarters of a second in which it grew, oldest
// first. It is never changed in place, so clones may share it.
type growth struct {
	steps []growthStep
	end   engine.Offset
}

type growthStep struct {
	at   engine.Instant
	from engine.Offset // the last byte before
}

const (
	growthWindow = 5 * time.Second
	growthStride = 250 * time.Millisecond
	growthPause  = growthWindow / 4 // a longer one is stillness
	surelyGrows  = time.Second      // before its rate is one: a write alone is none
)

// add notes that the stream has grown by a span.
func (g *growth) add(now engine.Instant, s engine.Span) {
	if g.end != s.First-1 { // another stream
		g.steps = nil
	}
	g.end = s.Last
	if n := len(g.steps); n > 0 && now.Sub(g.steps[n-1].at) < growthStride {
		return
	}
	old := 0
	for old < len(g.steps) && now.Sub(g.steps[old].at) > growthWindow {
		old++
	}
	g.steps = append(slices.Clone(g.steps[old:]), growthStep{now, s.First - 1})
}

// since is when the stream began to grow after standing still, within the window. It reports false when it stands still.
func (g *growth) since(now engine.Instant) (began growthStep, ok bool) {
	for i := len(g.steps) - 1; i >= 0 && now.Sub(g.steps[i].at) <= growthWindow; i-- {
		if ok && began.at.Sub(g.steps[i].at) > growthPause {
			break
		}
		began, ok = g.steps[i], true
	}
	return began, ok
}

// rate is in bytes per second. What began less than a second ago is taken for a second's.
func (g *growth) rate(now engine.Instant) int64 {
	began, ok := g.since(now)
	if !ok {
		return 0
	}
	return int64(g.end-began.from) * int64(time.Second) / int64(max(now.Sub(began.at), surelyGrows))
}

// inTime is how long it takes to write so many bytes at a rate of so many bytes per second, up to some 290 years.
func inTime(bytes, rate int64) time.Duration {
	hi, lo := bits.Mul64(uint64(bytes), uint64(time.Second))
	if hi >= uint64(rate) {
		return 1<<63 - 1
	}
	d, _ := bits.Div64(hi, lo, uint64(rate))
	return time.Duration(min(d, 1<<63-1))
}
