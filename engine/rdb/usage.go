package rdb

import (
	"resync/engine/store"
)

// A Usage says what a file tells about how keys were used, for eviction to go on with where it is read: how many seconds
// they were idle, or how often they were used, in front of every key. The zero value tells nothing.
//
// Source: redis/src/rdb.c, rdbSaveKeyValuePair.
type Usage struct {
	Idle         bool  // the policy is one of LRU
	Frequency    bool  // the policy is one of LFU
	NowSeconds   int64 // of the snapshot, Unix time
	DecayMinutes int   // lfu-decay-time
}

// append appends what is told about a value.
func (u *Usage) append(dst []byte, v store.Value) []byte {
	if u.Idle {
		dst = AppendLength(append(dst, opIdle), uint64(v.Idle(u.NowSeconds)))
	}
	if u.Frequency {
		dst = append(dst, opFreq, v.Frequency(u.NowSeconds, u.DecayMinutes))
	}
	return dst
}

// A told is what a file tells about how its next key was used.
type told struct {
	idle, frequency       uint64
	hasIdle, hasFrequency bool
}

// take keeps what a token says.
func (x *told) take(s step, t *token) {
	if s == stepIdle {
		x.idle, x.hasIdle = t.length, true
	} else {
		x.frequency, x.hasFrequency = uint64(t.bytes()[0]), true
	}
}

// access returns the access clock of the key, where something was told that is of the form in use.
//
// Source: redis/src/object.c, objectSetLRUOrLFU.
func (x *told) access(o *DecoderOptions) (access uint32, ok bool) {
	now := o.NowMillis / 1000
	switch {
	case o.LFU && x.hasFrequency:
		return store.LFUStamp(now, uint8(x.frequency)), true
	case !o.LFU && x.hasIdle:
		return store.IdleStamp(now, int64(x.idle)), true
	}
	return 0, false
}
