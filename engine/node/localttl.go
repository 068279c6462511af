package node

import (
	"maps"
	"slices"

	"resync/engine"
	"resync/engine/command"
)

// localTTL are the keys that clients of a writable replica gave a time to live. No master will say when these go, so
// the replica removes them itself. A key that the master sent is none of them.
//
// Source: redis/src/expire.c, rememberSlaveKeyWithExpire and expireSlaveKeys.
type localTTL struct {
	dbs map[string]uint64 // the databases in which a key is one of them, a bit for each
	due []localDue        // a heap: the soonest is first
}

// localDue is when a key is due, as it was when that was last looked at.
type localDue struct {
	at  int64 // Unix milliseconds
	db  int
	key string
}

const localDatabases = 64 // Redis keeps no more bits

func (t localTTL) clone() localTTL { return localTTL{maps.Clone(t.dbs), slices.Clone(t.due)} }

// forget lets all of them go: another dataset has taken the place of theirs.
func (t *localTTL) forget() { *t = localTTL{} }

// first is when the first one is due.
func (t *localTTL) first() (atMillis int64, ok bool) {
	if len(t.due) == 0 {
		return 0, false
	}
	return t.due[0].at, true
}

// timed is told that a client gave a key a time to live.
func (n *Node) timed(db int, key []byte) {
	t := &n.local
	e := n.data.DB(db).Get(key)
	if db >= localDatabases || e == nil || t.dbs[e.Key]&(1<<db) != 0 {
		if e != nil && db < localDatabases {
			t.push(localDue{e.ExpireAt, db, e.Key}) // it may be due sooner now
		}
		return
	}
	if t.dbs == nil {
		t.dbs = map[string]uint64{}
	}
	t.dbs[e.Key] |= 1 << db
	t.push(localDue{e.ExpireAt, db, e.Key})
}

// expireLocal removes those that are due. Nobody below is told: they are this replica's own.
func (n *Node) expireLocal() {
	t := &n.local
	for len(t.due) > 0 && t.due[0].at < n.now.Millis() {
		d := t.pop()
		if t.dbs[d.key]&(1<<d.db) == 0 {
			continue // it was dealt with
		}
		switch e := n.data.DB(d.db).Get([]byte(d.key)); {
		case e == nil || e.ExpireAt == 0:
			t.untrack(d)
		case e.Expired(n.now.Millis()):
			t.untrack(d)
			n.begin(nil, nil, d.db, command.ExpireRemoves).ExpireKey([]byte(d.key))
			n.stats.expired++
		default:
			t.push(localDue{e.ExpireAt, d.db, e.Key})
		}
	}
}

func (t *localTTL) untrack(d localDue) {
	if t.dbs[d.key] &^= 1 << d.db; t.dbs[d.key] == 0 {
		delete(t.dbs, d.key)
	}
}

func (t *localTTL) push(d localDue) {
	t.due = append(t.due, d)
	for i := len(t.due) - 1; i > 0; {
		up := (i - 1) / 2
		if !t.due[i].before(t.due[up]) {
			break
		}
		t.due[i], t.due[up] = t.due[up], t.due[i]
		i = up
	}
}

func (t *localTTL) pop() localDue {
	first, last := t.due[0], len(t.due)-1
	t.due[0] = t.due[last]
	t.due = t.due[:last]
	for i := 0; ; {
		least := i
		for _, down := range [...]int{2*i + 1, 2*i + 2} {
			if down < last && t.due[down].before(t.due[least]) {
				least = down
			}
		}
		if least == i {
			return first
		}
		t.due[i], t.due[least] = t.due[least], t.due[i]
		i = least
	}
}

// before orders by time, and by what they are at the same time, so that the order follows from nothing else.
func (d localDue) before(o localDue) bool {
	if d.at != o.at {
		return d.at < o.at
	}
	if d.db != o.db {
		return d.db < o.db
	}
	return d.key < o.key
}

// tracks reports whether what this node's clients do to keys has to be watched for times to live.
func (n *Node) tracks() bool {
	return n.isReplica() && !n.cfg.ReplicaReadOnly && n.era.TracksLocalTTL
}

// firstLocalExpiry is when the first key of this replica's own is due.
func (n *Node) firstLocalExpiry() (engine.Instant, bool) {
	at, ok := n.local.first()
	return engine.At(at + 1), ok && n.active && n.disk.loading == nil
}
