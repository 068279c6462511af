package repl

import (
	"strconv"
	"time"

	"resync/engine"
)

// A ReplicaState is how far a master has come with one replica.
//
//	PSYNC ──────────────────────────── +CONTINUE ───────────────────────────►┐
//	  └─► WaitStart ── snapshot taken, +FULLRESYNC ─► WaitEnd ─► SendBulk ──► Online
type ReplicaState byte

// The states of a replica, as section 3.2 of the protocol has them.
const (
	WaitStart ReplicaState = iota // asked for a full resync; the snapshot is not taken yet
	WaitEnd                       // the snapshot is taken, or streamed; the stream piles up behind it
	SendBulk                      // the snapshot's file is going out; the stream piles up behind it
	Online                        // the stream goes out
)

// String gives INFO's word for the state.
func (s ReplicaState) String() string {
	return [...]string{"wait_bgsave", "wait_bgsave", "send_bulk", "online"}[s]
}

// A Replica is what a master knows of one of its replicas.
type Replica struct {
	State    ReplicaState
	IP       string // the peer's, or as announced
	Port     int    // announced; 0 before it was
	EOF      bool   // capa eof: it can take a snapshot of unknown length
	Psync2   bool   // capa psync2: it understands +CONTINUE with an id
	Old      bool   // it came with SYNC: it sends no acknowledgements
	NeedsAck bool   // online, but the stream has to wait for the first acknowledgement

	Initial engine.Offset  // the snapshot holds bytes 1..Initial
	Sent    engine.Offset  // the last stream byte handed to the driver
	Acked   engine.Offset  // the last byte it said it has applied
	AckedAt engine.Instant // when it last said anything
	Since   engine.Instant // when it asked
}

// Name is how the log names the replica.
func (r *Replica) Name() string {
	if r.Port == 0 {
		return r.IP + ":<unknown-replica-port>"
	}
	return r.IP + ":" + strconv.Itoa(r.Port)
}

// Streams reports whether stream bytes may be sent to it now.
func (r *Replica) Streams() bool { return r.State == Online && !r.NeedsAck }

// Buffers reports whether stream bytes from Sent+1 on are kept for it.
func (r *Replica) Buffers() bool { return r.State != WaitStart }

// Lag is how long ago it was last heard of, in whole seconds as INFO counts; 0 unless it is online.
func (r *Replica) Lag(now engine.Instant) time.Duration {
	if r.State != Online {
		return 0
	}
	return now.Sub(r.AckedAt).Truncate(time.Second)
}

// Ack takes an acknowledgement; offsets never go back. It reports whether the stream may begin now: a snapshot of
// unknown length has no end that the replica could tell from stream bytes, so the stream waits for its first word.
func (r *Replica) Ack(now engine.Instant, offset engine.Offset) (released bool) {
	r.Acked = max(r.Acked, offset)
	r.AckedAt = now
	released = r.State == Online && r.NeedsAck
	if released {
		r.NeedsAck = false
	}
	return released
}

// TimedOut reports whether an online replica has been silent for longer than repl-timeout.
func (r *Replica) TimedOut(now engine.Instant, timeout time.Duration) bool {
	return r.State == Online && !r.Old && now.Sub(r.AckedAt) > timeout
}

// SnapshotPlan is when and how the next snapshot for replicas is taken.
type SnapshotPlan struct {
	Streamed bool           // sent as it is made, without a length
	At       engine.Instant // not before
}

// Plan decides over the snapshot for the replicas that wait for one: waiting are those in WaitStart, oldest first.
// A snapshot is streamed when repl-diskless-sync is on and every one of them can take it; then it is delayed, so
// that more replicas may join.
//
// Source: redis/src/replication.c, shouldStartChildReplication and startBgsaveForReplication.
func Plan(waiting []*Replica, diskless bool, delay time.Duration, maxReplicas int) SnapshotPlan {
	p := SnapshotPlan{Streamed: diskless, At: waiting[0].Since}
	for _, r := range waiting {
		p.Streamed = p.Streamed && r.EOF
	}
	if p.Streamed && (maxReplicas == 0 || len(waiting) < maxReplicas) {
		p.At = p.At.Add(delay)
	}
	return p
}
