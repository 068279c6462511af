package command

import (
	"resync/engine/resp"
	"resync/engine/store"
)

var keyspaceCommands = []Command{
	{Name: "COPY", Arity: -3, Flags: Write | DenyOOM, ACL: CatKeyspace, Do: copyKey,
		Keys: []KeySpec{
			{Begin: 1, Step: 1, Flags: KeyRO | KeyAccess},
			{Begin: 2, Step: 1, Flags: KeyOW | KeyUpdate},
		},
		Group: "generic", Since: "6.2.0", Complexity: "O(1): what both hold is copied when one of them changes",
		Summary: "Give another key a copy of what a key holds",
		Syntax:  "source destination [DB destination-db] [REPLACE]"},
	{Name: "MOVE", Arity: 3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatKeyspace, Do: moveKey,
		Group: "generic", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Move a key to another database",
		Syntax:  "key db"},
	{Name: "TOUCH", Arity: -2, Flags: ReadOnly | Fast, Keys: allKeys(KeyRO), ACL: CatKeyspace, Do: exists,
		Group: "generic", Since: "3.2.1", Complexity: "O(N), N being the number of keys",
		Tips:    []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Use keys, so that they are not the next to be evicted, and count them",
		Syntax:  "key [key ...]"},
	{Name: "SWAPDB", Arity: 3, Flags: Write | Fast, ACL: CatKeyspace | CatDangerous, Do: swapDB,
		Group: "server", Since: "4.0.0", Complexity: "O(N), N being the number of clients that watch or wait for keys of either",
		Summary: "Exchange two databases",
		Syntax:  "index1 index2"},
}

// database reads the argument at i as the number of a database. When it is none it answers so and reports false.
func (c *Call) database(i int) (db int, ok bool) {
	n, ok := c.integer(i)
	switch {
	case !ok:
		return 0, false
	case n != int64(int32(n)):
		c.Reply.Error(errIntRange)
		return 0, false
	case n < 0 || n >= int64(c.Store.Databases()):
		c.Reply.Error(errDBIndex)
		return 0, false
	}
	return int(n), true
}

// in calls f with another database selected.
func (c *Call) in(db int, f func()) {
	selected := c.DB
	c.DB = db
	f()
	c.DB = selected
}

// copyKey implements COPY source destination [DB destination-db] [REPLACE].
//
// Source: redis/src/db.c, copyCommand.
func copyKey(c *Call) {
	from, to, target, replace := c.Args[1], c.Args[2], c.DB, false
	for i := 3; i < len(c.Args); i++ {
		switch {
		case is(c.Args[i], "REPLACE"):
			replace = true
		case is(c.Args[i], "DB") && i+1 < len(c.Args):
			i++
			var ok bool
			if target, ok = c.database(i); !ok {
				return
			}
		default:
			c.Reply.Error(errSyntax)
			return
		}
	}
	if target == c.DB && string(from) == string(to) {
		c.Reply.Error(errSameObject)
		return
	}
	if c.read(from) == nil {
		c.Reply.Int(0)
		return
	}
	source, done := c.DB, false
	c.in(target, func() {
		if c.write(to) != nil {
			if !replace {
				return
			}
			c.db().Delete(to)
		}
		c.Store.CopyKey(source, from, target, to)
		c.appeared(to)
		c.changed(to)
		c.notify('g', "copy_to", to)
		done = true
	})
	if !done {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(1)
}

// appeared says that a key is there which was not.
func (c *Call) appeared(key []byte) {
	e := c.db().Get(key)
	c.timed(key, e.ExpireAt)
	if kind := e.Value.Kind(); kind != store.String {
		c.ready(key, kind)
	}
	c.notify('n', "new", key)
}

// moveKey implements MOVE key db.
//
// Source: redis/src/db.c, moveCommand.
func moveKey(c *Call) {
	key := c.Args[1]
	target, ok := c.database(2)
	if !ok {
		return
	}
	if target == c.DB {
		c.Reply.Error(errSameObject)
		return
	}
	e := c.write(key)
	if e == nil {
		c.Reply.Int(0)
		return
	}
	moved, taken := *e, false
	c.in(target, func() {
		if taken = c.write(key) != nil; !taken {
			c.create(key, moved.Value, moved.ExpireAt)
		}
	})
	if taken {
		c.Reply.Int(0)
		return
	}
	c.db().Delete(key)
	c.changed(key)
	c.in(target, func() { c.touch(key) })
	c.notify('g', "move_from", key)
	c.in(target, func() { c.notify('g', "move_to", key) })
	c.Reply.Int(1)
}

// swapDB implements SWAPDB index1 index2.
//
// Source: redis/src/db.c, swapdbCommand and dbSwapDatabases.
func swapDB(c *Call) {
	var dbs [2]int
	for i, wrong := range [2]string{errFirstDB, errSecondDB} {
		n, ok := resp.ParseInt64(c.Args[1+i])
		if !ok || n != int64(int32(n)) {
			c.Reply.Error(wrong)
			return
		}
		dbs[i] = int(n)
	}
	for _, db := range dbs {
		if db < 0 || db >= c.Store.Databases() {
			c.Reply.Error(errDBIndex)
			return
		}
	}
	if dbs[0] != dbs[1] {
		if c.Touched != nil {
			c.Touched(dbs[0], nil, true)
			c.Touched(dbs[1], nil, true)
		}
		c.Store.SwapDB(dbs[0], dbs[1])
	}
	c.Dirty++
	c.Reply.OK()
}

// objectIdletime implements OBJECT IDLETIME key.
func objectIdletime(c *Call) {
	c.replyAccess(!c.Settings.Access.LFU, errIdleLFU, func(v store.Value) int64 { return v.Idle(c.Settings.Access.Seconds) })
}

// objectFreq implements OBJECT FREQ key.
func objectFreq(c *Call) {
	c.replyAccess(c.Settings.Access.LFU, errFreqLRU, func(v store.Value) int64 {
		return int64(v.Frequency(c.Settings.Access.Seconds, c.Settings.Access.DecayMinutes))
	})
}

// replyAccess answers with what an access clock says, if it is of the right form.
//
// Source: redis/src/object.c, objectCommand.
func (c *Call) replyAccess(right bool, wrong string, says func(store.Value) int64) {
	e := c.look(c.Args[2])
	switch {
	case e == nil:
		c.Reply.Null()
	case !right:
		c.Reply.Error(wrong)
	default:
		c.Reply.Int(says(e.Value))
	}
}

// look is read for a command that looks at a key from outside: nobody is told when it is missing.
func (c *Call) look(key []byte) *store.Entry {
	heard := c.Notify
	if heard != nil {
		c.Notify = func(class byte, event string, db int, key []byte) {
			if class != 'm' {
				heard(class, event, db, key)
			}
		}
	}
	e := c.read(key)
	c.Notify = heard
	return e
}
