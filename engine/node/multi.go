package node

import (
	"slices"

	"resync/engine/command"
	"resync/engine/resp"
	"resync/engine/store"
)

// multi is a transaction that is being queued.
type multi struct {
	queue  [][][]byte
	flags  command.Flags // that any of what is queued has
	lacks  command.Flags // that any of it lacks, of those that let a command run when others may not
	broken bool          // a command was refused: EXEC will be too
	bytes  int64         // of all its words, with a pointer to each
}

// watchedKey is a key whose change makes the client's next EXEC do nothing.
type watchedKey struct {
	dbKey
	expired bool // its time was over already when it was watched: that it goes away changes nothing
}

// runsInMulti reports whether a command is executed at once inside MULTI.
func runsInMulti(cmd *command.Command) bool {
	switch cmd.Name {
	case "EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET":
		return true
	}
	return false
}

func (m *multi) add(cmd *command.Command, args [][]byte) {
	m.queue = append(m.queue, copyArgs(args))
	for _, a := range args {
		m.bytes += int64(len(a) + wordBytes)
	}
	m.flags |= cmd.Flags & (command.Write | command.ReadOnly | command.DenyOOM | command.MayReplicate | command.NoAsyncLoading)
	m.lacks |= ^cmd.Flags & (command.Loading | command.Stale)
}

func (n *Node) multiCommand(c *client, _ [][]byte) {
	if c.multi != nil {
		c.w.Error("ERR MULTI calls can not be nested")
		return
	}
	c.multi = &multi{}
	c.w.OK()
}

func (n *Node) discardCommand(c *client, _ [][]byte) {
	if c.multi == nil {
		c.w.Error("ERR DISCARD without MULTI")
		return
	}
	n.discardMulti(c)
	c.w.OK()
}

func (n *Node) discardMulti(c *client) {
	c.multi = nil
	n.unwatch(c)
}

// execCommand runs what was queued as one unit: nothing comes between, the clock stands still, and its effects go into
// the stream together. Before 6.2 MULTI went out when the first write was met, and the client's own EXEC at the end.
//
// Source: redis/src/multi.c, execCommand; of 4.0, execCommandPropagateMulti.
func (n *Node) execCommand(c *client, exec [][]byte) {
	m := c.multi
	if m == nil {
		c.w.Error("ERR EXEC without MULTI")
		return
	}
	changed := c.dirty || n.watchedExpired(c)
	n.unwatch(c)
	defer func() { c.multi = nil }() // until then it is in its transaction, as CLIENT LIST shows it
	switch {
	case m.broken:
		c.w.Error("EXECABORT Transaction discarded because of previous errors.")
		return
	case changed:
		c.w.NullArray()
		return
	}
	n.unit.open = true
	c.w.Array(len(m.queue))
	paired := false
	for _, args := range m.queue {
		cmd, _ := n.cmds.Find(args)
		if n.era.PairsExec && !paired && cmd.Flags&command.Write != 0 {
			paired = true
			n.unit.addLine(c.db, opMulti)
		}
		n.perform(c, cmd, args)
	}
	if paired {
		n.unit.addLine(c.db, exec)
	}
	n.unit.open = false
}

func (n *Node) watchCommand(c *client, args [][]byte) {
	if c.multi != nil {
		c.w.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	for _, key := range args[1:] {
		w := watchedKey{dbKey: dbKey{c.db, string(key)}}
		if slices.ContainsFunc(c.watched, func(old watchedKey) bool { return old.dbKey == w.dbKey }) {
			continue
		}
		e := n.data.DB(c.db).Get(key)
		w.expired = e != nil && e.Expired(n.now.Millis())
		c.watched = append(c.watched, w)
		if n.watching == nil {
			n.watching = map[dbKey][]*client{}
		}
		n.watching[w.dbKey] = append(n.watching[w.dbKey], c)
	}
	c.w.OK()
}

func (n *Node) unwatchCommand(c *client, _ [][]byte) {
	n.unwatch(c)
	c.w.OK()
}

// unwatch forgets the keys that a client watches.
func (n *Node) unwatch(c *client) {
	for _, w := range c.watched {
		if list := without(n.watching[w.dbKey], c); len(list) > 0 {
			n.watching[w.dbKey] = list
		} else {
			delete(n.watching, w.dbKey)
		}
	}
	c.watched, c.dirty = nil, false
}

// watchedExpired reports whether the time of a watched key was over between WATCH and now, though nobody has removed
// it yet.
//
// Source: redis/src/multi.c, isWatchedKeyExpired.
func (n *Node) watchedExpired(c *client) bool {
	for _, w := range c.watched {
		if e := n.data.DB(w.db).Get([]byte(w.key)); !w.expired && e != nil && e.Expired(n.now.Millis()) {
			return true
		}
	}
	return false
}

// touchKey marks the transactions of those who watch the key, and what is awaited, and tells those who track it; a nil
// key is the whole database.
//
// Source: redis/src/multi.c, touchWatchedKey.
func (n *Node) touchKey(db int, key []byte, own bool) {
	if n.blocks.count > 0 {
		n.touchBlocked(db, key)
	}
	if key == nil {
		n.touchDatabase(db)
		return
	}
	if n.tracking.active() {
		n.invalidate(key, own)
	}
	for _, c := range n.watching[dbKey{db, string(key)}] {
		for i := range c.watched {
			w := &c.watched[i]
			switch {
			case w.db != db || w.key != string(key):
			case w.expired && n.data.DB(db).Get(key) == nil:
				w.expired = false
			case !w.expired:
				c.dirty = true
			}
		}
	}
}

// touchDatabase marks the transactions of those who watch a key of a database that is emptied, or swapped with another.
//
// Source: redis/src/multi.c, touchAllWatchedKeysInDb.
func (n *Node) touchDatabase(db int) {
	var with *store.DB
	if line := n.call.Args; len(line) == 3 && n.call.Cmd != nil && n.call.Cmd.Name == "SWAPDB" {
		for _, a := range line[1:] {
			if i, ok := resp.ParseInt64(a); ok && int(i) != db {
				with = n.data.DB(int(i))
			}
		}
	}
	for _, c := range n.clients {
		for i := range c.watched {
			if c.watched[i].db == db {
				n.touchReplaced(c, &c.watched[i], n.data.DB(db), with)
			}
		}
	}
}

// touchAll marks the transactions of all who watch a key that is in the old dataset or in the one that takes its
// place.
func (n *Node) touchAll(old, fresh *store.Store) {
	for _, c := range n.clients {
		for i := range c.watched {
			w := &c.watched[i]
			n.touchReplaced(c, w, old.DB(w.db), fresh.DB(w.db))
		}
	}
}

// touchReplaced marks a client's transaction when the database of a key that it watches makes way for another, or for
// nothing. A key whose time is over counts as none, on either side.
func (n *Node) touchReplaced(c *client, w *watchedKey, from, with *store.DB) {
	before, after := from.Get([]byte(w.key)), (*store.Entry)(nil)
	if with != nil {
		after = with.Get([]byte(w.key))
	}
	stale := after != nil && after.Expired(n.now.Millis())
	switch {
	case before == nil && after == nil:
	case w.expired && after == nil:
		w.expired = false
	case w.expired && stale:
	case before == nil && !w.expired && stale:
		w.expired = true
	default:
		c.dirty = true
	}
}
