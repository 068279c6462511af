package sim

import (
	"math"
	"math/bits"
	"sort"
	"time"
)

// A Sizing answers what operators ask: how large repl-backlog-size has to be so that a replica which is cut off for
// some time continues where it stopped, and how long a given size lasts. An outage counts from the last byte that the
// replica applied to the moment at which the master answers its PSYNC: what was on its way at the cut is lost, and to
// notice the cut, to connect and to shake hands takes time.
//
// Since 7.0 the backlog lets go of whole blocks, so at least Size bytes are held and, depending on where in its block
// the first missing byte lies, up to a block more. Before, it was a ring of exactly Size bytes.
//
// Source: redis/src/replication.c, incrementalTrimReplicationBacklog.
type Sizing struct {
	Rate int64         // bytes of stream per second, as WriteRate says it: what the commands take on the wire
	Ping time.Duration // repl-ping-replica-period, as long as there are other replicas that are pinged; else 0
	Ring bool          // as before 7.0
}

const (
	pingBytes      = 14    // *1 $4 PING
	minBacklogSize = 16384 // of redis-server since 2.8: a smaller setting is raised
)

// Size is the smallest repl-backlog-size with which the answer behind an outage is CONTINUE, wherever in a block it
// begins and whenever the PINGs come.
func (s Sizing) Size(outage time.Duration) int64 {
	size := s.missing(outage, true)
	if !s.Ring && size > 0 {
		size-- // a block stays until more than Size remains behind it, even if it holds nothing else that is missing
	}
	return max(size, minBacklogSize)
}

// Survives is the inverse: how long an outage a size survives for sure and, if the first missing byte is the first of
// its block and the PINGs come late, at the longest. It is math.MaxInt64 where nothing is written.
func (s Sizing) Survives(size int64) (sure, most time.Duration) {
	size = max(size, minBacklogSize)
	longest := func(holds int64, worst bool) time.Duration {
		if s.Rate <= 0 && s.Ping <= 0 {
			return math.MaxInt64
		}
		// The first duration behind which too much is missing, in the widest range in which that can be computed.
		n := sort.Search(math.MaxInt64, func(d int) bool { return s.missing(time.Duration(d), worst) > holds })
		return time.Duration(n - 1)
	}
	if s.Ring {
		return longest(size, true), longest(size, false)
	}
	return longest(size+1, true), longest(size+newBlockBytes, false)
}

// missing is how many bytes of stream come in some time, in the worst case and in the best one.
func (s Sizing) missing(d time.Duration, worst bool) int64 {
	bytes := written(d, s.Rate, worst)
	if s.Ping > 0 {
		pings := int64(d / s.Ping)
		if worst && d > 0 {
			pings++
		}
		bytes = min(bytes, math.MaxInt64-pings*pingBytes) + pings*pingBytes
	}
	return bytes
}

// written is how many bytes come in some time, rounded up or down: math.MaxInt64 at the most.
func written(d time.Duration, rate int64, up bool) int64 {
	hi, lo := bits.Mul64(uint64(max(d, 0)), uint64(max(rate, 0)))
	if up {
		var carry uint64
		lo, carry = bits.Add64(lo, uint64(time.Second-1), 0)
		hi += carry
	}
	if hi >= uint64(time.Second) {
		return math.MaxInt64
	}
	bytes, _ := bits.Div64(hi, lo, uint64(time.Second))
	return int64(min(bytes, math.MaxInt64))
}
