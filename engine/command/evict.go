package command

import (
	"math/rand/v2"

	"resync/engine/store"
)

// Evict deletes a key of the selected database to make room. Its DEL is one of the Ops, to be sent by itself.
//
// Source: redis/src/evict.c, performEvictions.
func (c *Call) Evict(key []byte, lazy bool) {
	c.complete = true // there is no command
	c.db().Delete(key)
	c.lost(key)
	c.notify('e', "evicted", key)
	c.also(c.deletion(lazy), key)
}

// An AccessClock is what a command sets the access clocks of the keys to that it uses, and compares them with.
type AccessClock struct {
	Running      bool  // else the clocks of keys stay as they are, whoever uses them
	LFU          bool  // count uses instead of telling the time
	Seconds      int64 // now
	LogFactor    int   // lfu-log-factor
	DecayMinutes int   // lfu-decay-time
}

// used notes that a command has used the key of an entry. The entry stays readable; where its clock had to be set,
// the database has another one.
//
// Source: redis/src/db.c, lookupKey.
func (c *Call) used(e *store.Entry, key []byte) {
	clock := &c.Settings.Access
	if !clock.Running {
		return
	}
	var now uint32
	if clock.LFU {
		now = store.LFUStamp(clock.Seconds, clock.count(e.Value, c.Rand))
	} else {
		now = store.LRUStamp(clock.Seconds)
	}
	if now != e.Value.Access() && !c.onlyLooks() {
		c.db().SetAccess(key, now)
	}
}

// onlyLooks reports whether the command asks about a key without using what it holds.
func (c *Call) onlyLooks() bool {
	if c.Cmd == nil {
		return false
	}
	name := c.Cmd.Name
	if c.Cmd.Parent != nil {
		name = c.Cmd.Parent.Name
	}
	switch name {
	case "EXISTS", "TYPE", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "OBJECT", "DUMP":
		return true
	}
	return false
}

// count returns the counter of a value that is used once more: the higher it is, the less likely it grows.
//
// Source: redis/src/evict.c, LFULogIncr.
func (a *AccessClock) count(v store.Value, r *rand.Rand) uint8 {
	const initial = 5
	uses := v.Frequency(a.Seconds, a.DecayMinutes)
	if uses == 255 || r == nil {
		return uses
	}
	above := max(int(uses)-initial, 0)
	if r.IntN(above*a.LogFactor+1) == 0 {
		uses++
	}
	return uses
}
