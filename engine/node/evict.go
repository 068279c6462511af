package node

import (
	"slices"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/store"
)

// maxmemory: before a command runs, keys go until what is left fits. Which ones is the policy's to say, about: the
// best of a few samples, and of those that samples have brought up before.
//
// Source: redis/src/evict.c.

// evictionPool is how many candidates are remembered.
const evictionPool = 16

// usage is what eviction remembers from one key to the next.
type usage struct {
	pool   []candidate // the best to evict are last
	nextDB int         // for the random policies, which take turns
}

// A candidate is a key that may be evicted; the higher the score, the rather.
type candidate struct {
	score uint64
	db    int
	key   string
}

func (u usage) clone() usage {
	u.pool = slices.Clone(u.pool)
	return u
}

const outOfMemory = "OOM command not allowed when used memory > 'maxmemory'."

// memoryRefuses evicts what it takes to get below maxmemory. The error is for a command that may use more memory while
// that was not enough, or "".
//
// Source: redis/src/server.c, processCommand.
func (n *Node) memoryRefuses(c *client, cmd *command.Command, flags command.Flags) string {
	if n.cfg.MaxMemory == 0 || n.unit.open || n.makeRoom() {
		return ""
	}
	if flags&command.DenyOOM != 0 {
		return outOfMemory
	}
	// What is queued takes memory too.
	if c.multi != nil {
		switch cmd.Name {
		case "EXEC", "DISCARD", "QUIT", "RESET":
		default:
			return outOfMemory
		}
	}
	return ""
}

// makeRoom evicts keys until the limit holds, and reports whether it does.
func (n *Node) makeRoom() bool {
	if n.isReplica() && n.cfg.ReplicaIgnoreMaxMemory {
		return true
	}
	if n.countedMemory() <= n.cfg.MaxMemory {
		return true
	}
	began := n.spent()
	defer func() { n.event("eviction-cycle", n.spent()-began) }()
	for n.countedMemory() > n.cfg.MaxMemory {
		if n.cfg.MaxMemoryPolicy == "noeviction" || n.paused() {
			return false
		}
		db, key, ok := n.victim()
		if !ok {
			return false
		}
		call := n.begin(nil, nil, db, command.ExpireRemoves)
		call.Evict([]byte(key), n.cfg.LazyEviction)
		n.stats.evicted++
		n.feedBare(call.Ops())
	}
	return true
}

// shrinkTo takes a new maxmemory over: what is too much goes at the end of the turn, and not only when the next command
// comes.
//
// Source: redis/src/config.c, updateMaxmemory; redis/src/evict.c, startEvictionTimeProc.
func (n *Node) shrinkTo(before uint64) {
	if n.cfg.MaxMemory == 0 || n.cfg.MaxMemory == before {
		return
	}
	if used := n.countedMemory(); used > n.cfg.MaxMemory {
		n.log(engine.LogWarning, "WARNING: the new maxmemory value set via CONFIG SET ("+strconv.FormatUint(n.cfg.MaxMemory, 10)+
			") is smaller than the current memory usage ("+strconv.FormatUint(used, 10)+
			"). This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.")
	}
	n.shrinks = true
}

// countedMemory is what maxmemory limits: everything but the part of the stream that replicas alone make it keep.
//
// Source: redis/src/evict.c, freeMemoryGetNotCountedMemory.
func (n *Node) countedMemory() uint64 {
	return uint64(baseMemory + n.data.Bytes() + n.hist.Memory() + n.hist.IndexMemory() - n.hist.Excess() + n.clientMemory)
}

// ordersByUse reports whether the policy asks when, or how often, keys were used.
func (c *Config) ordersByUse() bool {
	return strings.HasSuffix(c.MaxMemoryPolicy, "-lru") || strings.HasSuffix(c.MaxMemoryPolicy, "-lfu")
}

// victim chooses the next key to go; ok is false where the policy leaves none.
func (n *Node) victim() (db int, key string, ok bool) {
	set, rule, _ := strings.Cut(n.cfg.MaxMemoryPolicy, "-")
	volatileOnly := set == "volatile"
	if rule == "random" {
		return n.randomVictim(volatileOnly)
	}
	for {
		eligible := 0
		for i := range n.data.Databases() {
			eligible += n.sample(i, volatileOnly, rule)
		}
		if eligible == 0 {
			n.usage.pool = n.usage.pool[:0]
			return 0, "", false
		}
		for len(n.usage.pool) > 0 {
			best := n.usage.pool[len(n.usage.pool)-1]
			n.usage.pool = n.usage.pool[:len(n.usage.pool)-1]
			if e := n.data.DB(best.db).Get([]byte(best.key)); e != nil && (!volatileOnly || e.ExpireAt != 0) {
				return best.db, best.key, true
			}
		}
	}
}

func (n *Node) randomVictim(volatileOnly bool) (db int, key string, ok bool) {
	for range n.data.Databases() {
		n.usage.nextDB = (n.usage.nextDB + 1) % n.data.Databases()
		if e := n.sampleOne(n.usage.nextDB, volatileOnly); e != nil {
			return n.usage.nextDB, e.Key, true
		}
	}
	return 0, "", false
}

// sampleOne returns any key of a database that may go, or nil.
func (n *Node) sampleOne(db int, volatileOnly bool) *store.Entry {
	if volatileOnly {
		return n.data.DB(db).RandomVolatile(n.random())
	}
	return n.data.DB(db).Random(n.random())
}

// sample adds some keys of a database to the pool and returns how many it has that may go.
func (n *Node) sample(db int, volatileOnly bool, rule string) (eligible int) {
	if eligible = n.data.DB(db).Len(); volatileOnly {
		eligible = n.data.DB(db).Volatile()
	}
	for range min(eligible, n.cfg.MaxMemorySamples) {
		if e := n.sampleOne(db, volatileOnly); e != nil {
			n.usage.add(candidate{n.score(e, rule), db, e.Key})
		}
	}
	return eligible
}

// score says how gladly a key is let go.
func (n *Node) score(e *store.Entry, rule string) uint64 {
	switch rule {
	case "lru":
		return uint64(e.Value.Idle(n.now.Seconds()))
	case "lfu":
		return 255 - uint64(e.Value.Frequency(n.now.Seconds(), n.cfg.LFUDecayTime))
	}
	return ^uint64(e.ExpireAt) // ttl: the sooner it would go anyway
}

// add puts a candidate into its place in the pool, where it is better than the worst there.
func (u *usage) add(c candidate) {
	for _, other := range u.pool {
		if other.db == c.db && other.key == c.key {
			return
		}
	}
	i, _ := slices.BinarySearchFunc(u.pool, c.score, func(o candidate, score uint64) int {
		if o.score < score {
			return -1
		}
		return 1
	})
	if len(u.pool) < evictionPool {
		u.pool = slices.Insert(u.pool, i, c)
	} else if i > 0 {
		copy(u.pool[:i-1], u.pool[1:i])
		u.pool[i-1] = c
	}
}

// tellTime sets the clocks that commands and new values go by, once a second.
func (n *Node) tellTime() {
	seconds := n.now.Seconds()
	if n.clock == uint32(seconds) {
		return
	}
	n.clock = uint32(seconds)
	lfu := n.countsUses()
	n.data.SetClock(seconds, lfu)
	n.sets.Access = command.AccessClock{
		// While a snapshot is being written, a clock that moves would copy the part of the keyspace it is in.
		Running: !n.savingInBackground(), LFU: lfu, Seconds: seconds,
		LogFactor: n.cfg.LFULogFactor, DecayMinutes: n.cfg.LFUDecayTime,
	}
}
