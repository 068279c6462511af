package node

import (
	"resync/engine/command"
)

// multi is a transaction that is being queued.
type multi struct {
	queue  [][][]byte
	flags  command.Flags // of everything queued
	broken bool          // a command was refused: EXEC will be too
}

// watchedKey is a key whose change makes the client's next EXEC do nothing.
type watchedKey struct {
	db  int
	key string
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
	m.flags |= cmd.Flags & (command.Write | command.DenyOOM | command.MayReplicate)
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
	c.multi = nil
	n.unwatch(c)
	c.w.OK()
}

// execCommand runs what was queued as one unit: nothing comes between, the clock stands still, and its effects go into
// the stream together.
func (n *Node) execCommand(c *client, _ [][]byte) {
	m := c.multi
	if m == nil {
		c.w.Error("ERR EXEC without MULTI")
		return
	}
	changed := c.dirty
	c.multi = nil
	n.unwatch(c)
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
	for _, args := range m.queue {
		cmd, _ := command.Find(args)
		if refused := n.refusal(c, cmd); refused != "" {
			c.w.Error(refused)
			continue
		}
		n.perform(c, cmd, args)
	}
	n.unit.open = false
}

func (n *Node) watchCommand(c *client, args [][]byte) {
	if c.multi != nil {
		c.w.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	for _, key := range args[1:] {
		c.watched = append(c.watched, watchedKey{c.db, string(key)})
		n.watched++
	}
	c.w.OK()
}

func (n *Node) unwatchCommand(c *client, _ [][]byte) {
	n.unwatch(c)
	c.w.OK()
}

// unwatch forgets the keys that a client watches.
func (n *Node) unwatch(c *client) {
	n.watched -= len(c.watched)
	c.watched, c.dirty = nil, false
}

// touchedHook returns what is told of changed keys: nothing while nobody watches any.
func (n *Node) touchedHook() func(db int, key []byte) {
	if n.watched == 0 {
		return nil
	}
	return n.touchKey
}

// touchKey marks the transactions of those who watch the key; a nil key is the whole database.
func (n *Node) touchKey(db int, key []byte) {
	for _, c := range n.clients {
		for _, w := range c.watched {
			if w.db == db && (key == nil || w.key == string(key)) {
				c.dirty = true
			}
		}
	}
}
