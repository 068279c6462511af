package repl

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/resp"
)

// A ReplicaState is how far a master has come with one replica.
//
//	PSYNC ──────────────────────────── +CONTINUE ────────────────────────────►┐
//	  └─► WaitStart ── snapshot begun, +FULLRESYNC ─► WaitEnd ─┬─ streamed ───┤
//	                                                           └─► SendBulk ──┴─► Online
//
// Who asked for nothing but a snapshot becomes Transmitted in place of Online, and is closed. Over two connections that
// is the one of the snapshot, and the other one streams before the snapshot is loaded:
//
//	SYNC ─► WaitStart ── snapshot begun, $ENDOFF ─► WaitEnd ── streamed ─► Transmitted
//	PSYNC ── +CONTINUE ─► BackgroundLoad ── first acknowledgement ─► Online
type ReplicaState byte

// The states of a replica, as section 3.2 of the protocol has them.
const (
	WaitStart      ReplicaState = iota // asked for a full resync; the snapshot is not begun yet
	WaitEnd                            // the snapshot is written, or streamed; the stream piles up behind it
	SendBulk                           // the snapshot's file is going out; the stream piles up behind it
	Online                             // the stream goes out
	Transmitted                        // it has its snapshot and wants no stream
	BackgroundLoad                     // the stream goes out, and is kept there until the snapshot is loaded
)

// String gives INFO's word for the state; Transmitted has none.
func (s ReplicaState) String() string {
	return [...]string{"wait_bgsave", "wait_bgsave", "send_bulk", "online", "", "bg_transfer"}[s]
}

// A Filter is what a replica wants a snapshot to leave out: REPLCONF rdb-filter-only.
type Filter byte

// What a snapshot can leave out.
const (
	NoData Filter = 1 << iota
	NoFunctions
)

// Needs are what the snapshot for a replica has to be like: who has others waits for the next one.
type Needs struct {
	Filter  Filter // what it leaves out
	Channel bool   // it comes on a connection of its own, which says so: REPLCONF rdb-channel
}

// A Replica is what a master knows of one of its replicas.
type Replica struct {
	State    ReplicaState
	IP       string // the peer's, or as announced
	Port     int    // announced; 0 before it was
	EOF      bool   // capa eof: it can take a snapshot of unknown length
	Psync2   bool   // capa psync2: it understands +CONTINUE with an id
	Dual     bool   // capa dual-channel: it can take the snapshot on a second connection
	RDBOnly  bool   // it wants the snapshot and no stream
	Needs           // of its snapshot
	Awaited  bool   // this is the connection of a snapshot: the stream behind it is kept for another one, which is to come
	Snapshot int64  // the number of the connection that this one's snapshot comes on: REPLCONF set-rdb-client-id
	Old      bool   // it came with SYNC: it sends no acknowledgements
	NeedsAck bool   // online, but the stream has to wait for the first acknowledgement

	Initial engine.Offset  // what it has when the stream begins: the snapshot's offset, or what it asked to continue from
	Resumed bool           // it continued with +CONTINUE
	Sent    engine.Offset  // the last stream byte handed to the driver
	Acked   engine.Offset  // the last byte it said it has applied
	AckedAt engine.Instant // when it last said anything
	Synced  engine.Offset  // the last byte that it said is safe in its append-only file: REPLCONF ACK n FACK m
}

// unknownPort stands for the port of a replica that has not said one.
const unknownPort = "<unknown-replica-port>"

// Only takes the words of REPLCONF rdb-filter-only, which say what a snapshot shall hold. The error is in Redis's
// words, or "".
//
// Source: redis/src/replication.c, replconfCommand.
func (r *Replica) Only(words []byte) (refused string) {
	list, err := resp.SplitArgs(string(words))
	if err != nil {
		return "ERR Missing rdb-filter-only values"
	}
	r.Filter = NoData | NoFunctions
	for _, word := range list {
		if !strings.EqualFold(word, "functions") {
			return "ERR Unsupported rdb-filter-only option: " + word
		}
		r.Filter &^= NoFunctions
	}
	return ""
}

// Name is how the log names the replica.
//
// Source: redis/src/replication.c, replicationGetSlaveName; redis/src/anet.c, anetFormatAddr.
func (r *Replica) Name() string {
	switch {
	case r.Port == 0:
		return r.IP + ":" + unknownPort
	case strings.Contains(r.IP, ":"):
		return "[" + r.IP + "]:" + strconv.Itoa(r.Port)
	}
	return r.IP + ":" + strconv.Itoa(r.Port)
}

// Streams reports whether stream bytes may be sent to it now.
func (r *Replica) Streams() bool {
	return r.State == Online && !r.NeedsAck || r.State == BackgroundLoad
}

// Buffers reports whether stream bytes from Sent+1 on are kept for it.
//
// Source: redis/src/replication.c, canFeedReplicaReplBuffer.
func (r *Replica) Buffers() bool { return r.State != WaitStart && (!r.RDBOnly || r.Awaited) }

// Type is INFO's word for what the connection is.
func (r *Replica) Type() string {
	switch {
	case r.Channel:
		return "rdb-channel"
	case r.State == BackgroundLoad:
		return "main-channel"
	}
	return "replica"
}

// CanJoin reports whether the snapshot that is made for r serves other too: it leaves out the same, and other
// understands all that r does.
//
// Source: redis/src/replication.c, syncCommand.
func (r *Replica) CanJoin(other *Replica) bool {
	return r.State == WaitEnd && r.Needs == other.Needs && (!r.EOF || other.EOF) && (!r.Psync2 || other.Psync2)
}

// Lag is how long ago it was last heard of, in whole seconds of the clock as INFO counts; 0 unless it is online.
func (r *Replica) Lag(now engine.Instant) time.Duration {
	if r.State != Online {
		return 0
	}
	return time.Duration(now.Seconds()-r.AckedAt.Seconds()) * time.Second
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
	return r.State == Online && !r.Old && r.Lag(now) > timeout
}

// A SnapshotPlan is the next snapshot for those who wait for one.
type SnapshotPlan struct {
	Needs    Needs // what it is like: who needs another one waits for the one after
	Streamed bool  // sent as it is made, without a length
	Due      bool  // it is time to begin
}

// Plan decides over the next snapshot. waiting are the replicas in WaitStart in the order in which they asked; idle
// says for how many seconds each has been silent. With diskless replication a snapshot is delayed, so that more
// replicas may join: until one has been silent for the delay, or most of them wait.
//
// Source: redis/src/replication.c, shouldStartChildReplication and startBgsaveForReplication.
func Plan(waiting []*Replica, idle []int64, diskless bool, delay time.Duration, most int) SnapshotPlan {
	p := SnapshotPlan{Needs: waiting[0].Needs}
	eof, longest, count := true, int64(0), 0
	for i, r := range waiting {
		if r.Needs == p.Needs {
			eof, longest, count = eof && r.EOF, max(longest, idle[i]), count+1
		}
	}
	p.Streamed = Streams(diskless, p.Needs.Filter, eof)
	p.Due = !diskless || most > 0 && count >= most || longest >= int64(delay/time.Second)
	return p
}

// Streams reports whether a snapshot is streamed for replicas that can take it so, or not. One that leaves something
// out always is: as a file it would take the place of the dataset's own.
func Streams(diskless bool, f Filter, eof bool) bool { return (diskless || f != 0) && eof }
