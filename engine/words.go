package engine

import (
	"strconv"
	"time"
)

// An Instant is a moment on some node's own clock: nanoseconds since 1970-01-01 UTC. It is always handed in, never
// read from the machine; since each node is told its own now, clock skew is one more fault.
type Instant int64

// Epoch is the moment at which every simulated world begins: 2024-01-01 00:00:00 UTC.
const Epoch Instant = 1_704_067_200_000_000_000

// At returns the Instant of a Unix time in milliseconds, the unit of every expiry in Redis.
func At(unixMillis int64) Instant { return Instant(unixMillis * int64(time.Millisecond)) }

// Add returns the moment d later.
func (t Instant) Add(d time.Duration) Instant { return t + Instant(d) }

// Sub returns how long after u the moment t is.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// Millis returns t as a Unix time in milliseconds, rounded down.
func (t Instant) Millis() int64 { return int64(t) / int64(time.Millisecond) }

// Seconds returns t as a Unix time in whole seconds, rounded down.
func (t Instant) Seconds() int64 { return int64(t) / int64(time.Second) }

// Time returns t as a time.Time in UTC, for formatting only.
func (t Instant) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// String prints the simulated time since Epoch in seconds with microseconds, as transcripts do: "1.040000".
func (t Instant) String() string {
	d := int64(t-Epoch) / int64(time.Microsecond)
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	micros := strconv.FormatInt(1_000_000+d%1_000_000, 10)
	return sign + strconv.FormatInt(d/1_000_000, 10) + "." + micros[1:]
}

// An Offset is a position in a replication stream, in bytes. Bytes are numbered from 1, so Offset N as
// "how far" means that bytes 1..N exist or are applied, and as "the byte at" it means the Nth byte.
type Offset int64

// A Span is a run of stream bytes, both ends included. The span of a write is its identity from propagation
// to the last acknowledgement. An empty span has Last == First-1.
type Span struct{ First, Last Offset }

// Len returns the number of bytes in the span.
func (s Span) Len() int64 { return int64(s.Last - s.First + 1) }

// String prints the span as transcripts do: "[51..77]".
func (s Span) String() string {
	return "[" + strconv.FormatInt(int64(s.First), 10) + ".." + strconv.FormatInt(int64(s.Last), 10) + "]"
}

// A ReplID names a replication history: 40 lower-case hex characters, or empty where a peer told none.
type ReplID string

// NoReplID is what INFO shows for a replid2 that is not set: forty zeros.
const NoReplID ReplID = "0000000000000000000000000000000000000000"

// Short returns the first four characters and the last four, as the page shows a history: "8f3a…6e13".
func (id ReplID) Short() string {
	if len(id) < 12 {
		return string(id)
	}
	return string(id[:4]) + "…" + string(id[len(id)-4:])
}

// A ConnID names one TCP life on the path between two nodes, or between a client and a node, as one node sees it.
// Ids of connections that a node accepted are chosen by its driver and are below OutgoingConn; ids of those that
// the node dialled are chosen by the node and start there. They are never used again.
type ConnID uint64

// OutgoingConn is the first ConnID that a node gives to a connection of its own making.
const OutgoingConn ConnID = 1 << 63
