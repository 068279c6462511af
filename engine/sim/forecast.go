package sim

import (
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
	f := Forecast{MissingBytes: -1, TurnsIn: -1}
	f.Answer = m.node.Answer(own.Ask)
	f.Answer.Replica = r.listens()
	switch f.Answer.Reason {
	case engine.PsyncOK, engine.PsyncTooLate, engine.PsyncNoBacklog:
		f.MissingBytes = int64(f.Answer.Next - f.Answer.Want)
	}
	if f.Answer.Continued() {
		f.TurnsIn = turnsIn(of, own.Ask.Want)
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
