package node

import (
	"slices"
	"time"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/repl"
	"resync/engine/store"
)

// A dump is a snapshot, the dataset of one moment, on its way out: into a file, or straight to replicas. Where Redis
// forks a process, the keyspace is shared and copied as it changes. A part at a time is encoded, once for all who get
// it, and the next one not before this has been taken, so a dataset of any size costs the memory of a part.
type dump struct {
	enc    *rdb.Encoder
	began  engine.Instant
	offset engine.Offset // of the stream at that moment
	keys   int           // that it holds
	delay  int           // rdb-key-save-delay: microseconds per key; negative = 1 for so many keys

	part   []byte         // what comes next; a part never changes
	ready  engine.Instant // when it is ready: each key takes its time
	asked  bool           // some of the file is being written
	empty  bool           // that is nothing yet
	begun  bool           // something of it was
	rested bool           // nobody was served until the part was ready
	last   bool           // it is the last one
	bytes  int64          // handed on until now

	killed string // why it was given up, or ""

	file  *savedFile // nil when it goes to replicas
	mark  string     // behind a streamed one
	apart bool       // a streamed one goes out on connections of its own
	left  bool       // the last of these has ended: the first write behind that does not fail yet
}

// savedFile is the file that a snapshot is written to.
type savedFile struct {
	job   int64
	name  string
	dirty int64 // changes that the file holds
	now   bool  // nobody is served until it is written
	then  saveEnd
	conn  engine.ConnID // who is told, or 0
}

const (
	fileChunk   = 256 << 10  // bytes of a file written or read at a time
	streamChunk = 64 << 10   // of a snapshot streamed at a time
	slowChunk   = 16<<10 + 1 // the same, where keys take their time: what Redis gathers before it writes
	partSlack   = 4 << 10    // that a part may be longer than wanted without being copied
)

// newSnapshot begins a snapshot of the dataset as it stands, without what the filter leaves out.
func (n *Node) newSnapshot(filter repl.Filter) *dump {
	keys := n.data.Snapshot()
	if filter&repl.NoData != 0 {
		keys = store.New(n.cfg.Databases)
	}
	n.clock = 0 // access clocks stand still meanwhile
	return &dump{
		enc:   rdb.NewEncoder(keys, n.snapshotAux(), n.snapshotOptions()),
		began: n.now, offset: n.hist.Offset(), keys: countKeys(keys), delay: n.cfg.RDBKeySaveDelay,
	}
}

// RDB writes the dataset as a file, with this node's place in its history.
func (n *Node) RDB() *rdb.Encoder { return n.newSnapshot(0).enc }

// snapshotOptions are those for writing the dataset as it is now.
func (n *Node) snapshotOptions() rdb.Options {
	return rdb.Options{Compress: n.cfg.RDBCompression, Checksum: n.cfg.RDBChecksum, Usage: n.usageTold(), Version: n.era.RDBVersion}
}

func (s *dump) clone() *dump {
	if s == nil {
		return nil
	}
	c := *s
	c.enc = s.enc.Clone()
	return &c
}

// streamed reports whether it goes straight to replicas.
func (s *dump) streamed() bool { return s != nil && s.file == nil }

// prepare encodes the next part, which begins with head. A part of nothing is the last.
func (s *dump) prepare(now engine.Instant, head string, want int) {
	if s.delay != 0 && s.file == nil {
		want = slowChunk
	}
	before := s.enc.Keys()
	s.part = s.enc.Append(append(make([]byte, 0, want+partSlack), head...), want-len(head))
	s.last = s.enc.Done()
	s.ready = now.Add(keysTake(s.delay, s.enc.Keys()-before))
}

// keysTake is how long so many keys take.
//
// Source: redis/src/debug.c, debugDelay.
func keysTake(delay, keys int) time.Duration {
	if delay < 0 {
		return time.Duration(keys) * time.Microsecond / time.Duration(-delay)
	}
	return time.Duration(keys) * time.Duration(delay) * time.Microsecond
}

// goOn hands on what has become ready of the snapshot in the background.
func (n *Node) goOn() {
	switch s := n.disk.child; {
	case s == nil || s.part == nil: // nothing waits to be ready, or it was killed
	case s.streamed():
		n.streamPart()
	default:
		n.writePart(s)
	}
}

// partWaits reports whether the next part of the snapshot in the background waits for nothing but the moment when it is
// ready. That may have passed: whatever else the node was told then came first.
func (n *Node) partWaits() bool {
	s := n.disk.child
	if s == nil || s.part == nil || s.killed != "" {
		return false
	}
	if !s.streamed() {
		return !s.asked
	}
	return !slices.ContainsFunc(n.replicas, func(c *client) bool { return c.takes() && c.sent >= sendWindow })
}

// savedPosition is the database and offset at which somebody who loads this dataset may continue the stream.
//
// Source: redis/src/rdb.c, rdbPopulateSaveInfo.
func (n *Node) savedPosition() (db int, offset engine.Offset, ok bool) {
	if n.isReplica() {
		if n.master.state == engine.LinkConnected || n.master.cached {
			return n.master.db, n.hist.Offset(), true
		}
		return 0, 0, false
	}
	return max(n.hist.DB, 0), n.hist.Offset(), n.hist.Active()
}

// progress is how many keys the snapshot in the background has, and how many of them it has taken its time for.
func (s *dump) progress(now engine.Instant) (total, processed int) {
	if s == nil {
		return 0, 0
	}
	processed = s.enc.Keys()
	if left := s.ready.Sub(now); left > 0 {
		processed -= int(left / max(keysTake(s.delay, 1), 1))
	}
	return s.keys, max(processed, 0)
}
