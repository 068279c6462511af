package command

import (
	"errors"

	"resync/engine/rdb"
	"resync/engine/store"
)

var dumpCommands = []Command{
	{Name: "DUMP", Arity: 2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatKeyspace, Do: dump,
		Group: "generic", Since: "2.6.0", Complexity: "O(N), N being the size of the value",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Get the value at a key as bytes, for RESTORE",
		Syntax:  "key"},
	{Name: "RESTORE", Arity: -4, Flags: Write | DenyOOM, Keys: oneKey(KeyOW | KeyUpdate), ACL: CatKeyspace | CatDangerous, Do: restore,
		Group: "generic", Since: "2.6.0", Complexity: "O(N), N being the size of the value; O(N*log(N)) for a sorted set",
		Summary: "Set a key to a value that DUMP gave",
		Syntax:  "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"},
	{Name: "RESTORE-ASKING", Arity: -4, Flags: Write | DenyOOM | Asking, Keys: oneKey(KeyOW | KeyUpdate), ACL: CatKeyspace | CatDangerous, Do: restore,
		Group: "server", Since: "3.0.0", Complexity: "O(N), N being the size of the value; O(N*log(N)) for a sorted set",
		Summary: "RESTORE, between the nodes of a cluster",
		Syntax:  "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"},
}

// dump implements DUMP key.
func dump(c *Call) {
	e := c.read(c.Args[1])
	if e == nil {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(rdb.AppendDumpIn(nil, e.Value, c.Settings.rdbVersion(), new(rdb.Compressor)))
}

// restoreOptions are the words behind the payload of RESTORE.
type restoreOptions struct {
	replace, absolute bool
	idle, frequency   int64 // -1: not given
}

func (c *Call) parseRestoreOptions() (o restoreOptions, ok bool) {
	o.idle, o.frequency = -1, -1
	for i := 4; i < len(c.Args); i++ {
		word, more := c.Args[i], i+1 < len(c.Args)
		switch {
		case is(word, "REPLACE"):
			o.replace = true
		case is(word, "ABSTTL"):
			o.absolute = true
		case is(word, "IDLETIME") && more && o.frequency == -1:
			i++
			if o.idle, ok = c.integer(i); !ok {
				return o, false
			}
			if o.idle < 0 {
				c.Reply.Error(errIdleTime)
				return o, false
			}
		case is(word, "FREQ") && more && o.idle == -1:
			i++
			if o.frequency, ok = c.integer(i); !ok {
				return o, false
			}
			if o.frequency < 0 || o.frequency > 255 {
				c.Reply.Error(errFrequency)
				return o, false
			}
		default:
			c.Reply.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// restore implements RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency].
//
// Source: redis/src/cluster.c, restoreCommand.
func restore(c *Call) {
	o, ok := c.parseRestoreOptions()
	if !ok {
		return
	}
	key := c.Args[1]
	if !o.replace && c.write(key) != nil {
		c.Reply.Error(errBusyKey)
		return
	}
	at, ok := c.integer(2)
	if !ok {
		return
	}
	if at < 0 {
		c.Reply.Error(errTTL)
		return
	}
	v, why, err := rdb.DumpOptions{
		Newest: c.Settings.rdbVersion(), Limits: &c.Settings.Limits, IgnoreChecksum: c.Settings.IgnoreChecksums,
	}.Parse(c.Args[3])
	if err != nil {
		c.Problem = why
		wrong := rdb.ErrDumpFormat
		errors.As(err, &wrong)
		c.Reply.Error(string(wrong))
		return
	}
	deleted := o.replace && c.db().Delete(key)
	relative := at != 0 && !o.absolute
	if relative {
		at += c.Now.Millis()
	}
	c.Reply.OK()
	if at != 0 && c.overAlready(at) {
		if deleted {
			c.changed(key)
			c.notify('g', "del", key)
			c.propagateAs(wordDel, key)
		}
		return
	}
	c.create(key, v, at)
	c.setAccess(key, o)
	c.changed(key)
	c.notify('g', "restore", key)
	if relative && !c.Settings.Forms.RelativeTTL {
		// Replicas run this later than we do, so a time to live would stretch by the lag: send the moment.
		c.propagateAs(c.Args...)
		c.rewritten[2] = c.number(at)
		c.words = append(c.words, wordAbsTTL)
		c.rewritten = c.words[len(c.words)-len(c.Args)-1:]
	}
}

var wordAbsTTL = []byte("ABSTTL")

// setAccess sets the access clock of a restored key, where one was given that is of the form in use.
//
// Source: redis/src/object.c, objectSetLRUOrLFU.
func (c *Call) setAccess(key []byte, o restoreOptions) {
	clock := &c.Settings.Access
	switch {
	case clock.LFU && o.frequency >= 0:
		c.db().SetAccess(key, store.LFUStamp(clock.Seconds, uint8(o.frequency)))
	case !clock.LFU && o.idle >= 0:
		c.db().SetAccess(key, store.IdleStamp(clock.Seconds, o.idle))
	}
}
