package command

import (
	"math"

	"resync/engine/store"
)

var expireCommands = []Command{
	{Name: "EXPIRE", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatKeyspace, Do: expire,
		Group: "generic", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Let a key expire after some seconds",
		Syntax:  "key seconds [NX | XX | GT | LT]"},
	{Name: "PEXPIRE", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatKeyspace, Do: pexpire,
		Group: "generic", Since: "2.6.0", Complexity: "O(1)",
		Summary: "Let a key expire after some milliseconds",
		Syntax:  "key milliseconds [NX | XX | GT | LT]"},
	{Name: "EXPIREAT", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatKeyspace, Do: expireat,
		Group: "generic", Since: "1.2.0", Complexity: "O(1)",
		Summary: "Let a key expire at a Unix time in seconds",
		Syntax:  "key unix-time-seconds [NX | XX | GT | LT]"},
	{Name: "PEXPIREAT", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatKeyspace, Do: pexpireat,
		Group: "generic", Since: "2.6.0", Complexity: "O(1)",
		Summary: "Let a key expire at a Unix time in milliseconds",
		Syntax:  "key unix-time-milliseconds [NX | XX | GT | LT]"},
	{Name: "TTL", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatKeyspace, Do: ttl,
		Group: "generic", Since: "1.0.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
		Summary: "Get the seconds until a key expires",
		Syntax:  "key"},
	{Name: "PTTL", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatKeyspace, Do: pttl,
		Group: "generic", Since: "2.6.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
		Summary: "Get the milliseconds until a key expires",
		Syntax:  "key"},
	{Name: "EXPIRETIME", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatKeyspace, Do: expiretime,
		Group: "generic", Since: "7.0.0", Complexity: "O(1)",
		Summary: "Get the Unix time in seconds at which a key expires",
		Syntax:  "key"},
	{Name: "PEXPIRETIME", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatKeyspace, Do: pexpiretime,
		Group: "generic", Since: "7.0.0", Complexity: "O(1)",
		Summary: "Get the Unix time in milliseconds at which a key expires",
		Syntax:  "key"},
	{Name: "PERSIST", Arity: 2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatKeyspace, Do: persist,
		Group: "generic", Since: "2.2.0", Complexity: "O(1)",
		Summary: "Let a key never expire",
		Syntax:  "key"},
}

// An expiryUnit is the milliseconds that a number in a command stands for.
type expiryUnit int64

const (
	milliseconds expiryUnit = 1
	seconds      expiryUnit = 1000
)

// expire, pexpire, expireat and pexpireat implement the commands of their names.
func expire(c *Call)    { c.expireIn(seconds, c.Now.Millis()) }
func pexpire(c *Call)   { c.expireIn(milliseconds, c.Now.Millis()) }
func expireat(c *Call)  { c.expireIn(seconds, 0) }
func pexpireat(c *Call) { c.expireIn(milliseconds, 0) }

// expireIn sets the expiry of a key to so many units after base, Unix milliseconds, under the conditions given.
//
// Source: redis/src/expire.c, expireGenericCommand.
func (c *Call) expireIn(unit expiryUnit, base int64) {
	when, ok := c.parseExpireConditions()
	if !ok {
		return
	}
	n, ok := c.integer(2)
	if !ok {
		return
	}
	if unit == seconds && (n > math.MaxInt64/1000 || n < math.MinInt64/1000) || n*int64(unit) > math.MaxInt64-base {
		c.Reply.Error(errExpireTime(c.Cmd))
		return
	}
	at := n*int64(unit) + base
	key := c.Args[1]
	e := c.write(key)
	if e == nil || !when.allow(e.ExpireAt, at) {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(1)
	if c.overAlready(at) {
		c.db().Delete(key)
		c.changed(key)
		c.notify('g', "del", key)
		c.propagateAs(c.deletion(c.Settings.LazyExpire), key)
		return
	}
	// A replica keeps a time long past, for its master to act on. To the store 0 means that there is none.
	if at == 0 {
		c.db().SetExpire(key, 1)
	} else {
		c.db().SetExpire(key, at)
	}
	c.timed(key, max(at, 1))
	c.changed(key)
	c.notify('g', "expire", key)
	if unit == milliseconds && base == 0 || c.Settings.Forms.RelativeTTL {
		return // it says the moment already, or is not to
	}
	c.propagateAs(wordPexpireat, key, c.number(at))
	c.words = append(c.words, c.Args[3:]...)
	c.rewritten = c.words[len(c.words)-len(c.Args):]
}

// overAlready reports whether a key may be deleted at once instead of being given that expiry. Only a master may.
//
// Source: redis/src/expire.c, checkAlreadyExpired.
func (c *Call) overAlready(at int64) bool {
	return c.Expiry == ExpireRemoves && at <= c.Now.Millis()
}

// expireConditions are the options of EXPIRE.
type expireConditions struct{ nx, xx, gt, lt bool }

// Source: redis/src/expire.c, parseExtendedExpireArgumentsOrReply.
func (c *Call) parseExpireConditions() (when expireConditions, ok bool) {
	for _, word := range c.Args[3:] {
		switch {
		case is(word, "NX"):
			when.nx = true
		case is(word, "XX"):
			when.xx = true
		case is(word, "GT"):
			when.gt = true
		case is(word, "LT"):
			when.lt = true
		default:
			c.Reply.Error("ERR Unsupported option " + string(cString(word, len(word))))
			return when, false
		}
	}
	if when.nx && (when.xx || when.gt || when.lt) {
		c.Reply.Error(errExpireNX)
		return when, false
	}
	if when.gt && when.lt {
		c.Reply.Error(errExpireGTLT)
		return when, false
	}
	return when, true
}

// allow reports whether an expiry may be changed from old, 0 for none, to at. To GT and LT a key without one lives
// for ever.
func (when expireConditions) allow(old, at int64) bool {
	switch {
	case when.nx && old != 0, when.xx && old == 0:
		return false
	case when.gt:
		return old != 0 && at > old
	case when.lt:
		return old == 0 || at < old
	}
	return true
}

// ttl, pttl, expiretime and pexpiretime implement the commands of their names.
func ttl(c *Call)         { c.replyExpiry(seconds, c.Now.Millis()) }
func pttl(c *Call)        { c.replyExpiry(milliseconds, c.Now.Millis()) }
func expiretime(c *Call)  { c.replyExpiry(seconds, 0) }
func pexpiretime(c *Call) { c.replyExpiry(milliseconds, 0) }

// replyExpiry answers how long after base the key expires, -1 for never, -2 when there is no key. Seconds are rounded.
//
// Source: redis/src/expire.c, ttlGenericCommand.
func (c *Call) replyExpiry(unit expiryUnit, base int64) {
	e := c.read(c.Args[1])
	switch old := c.Settings.Forms.OldTTL; {
	case e == nil && !old:
		c.Reply.Int(-2)
	case e == nil, e.ExpireAt == 0, old && c.past(e):
		c.Reply.Int(-1)
	default:
		c.Reply.Int(roundTo(unit, max(e.ExpireAt-base, 0)))
	}
}

func roundTo(unit expiryUnit, millis int64) int64 {
	if unit == milliseconds {
		return millis
	}
	return int64((uint64(millis) + 500) / 1000)
}

// persist implements PERSIST key.
func persist(c *Call) {
	e := c.write(c.Args[1])
	if !volatile(e) {
		c.Reply.Int(0)
		return
	}
	c.db().SetExpire(c.Args[1], 0)
	c.changed(c.Args[1])
	c.notify('g', "persist", c.Args[1])
	c.Reply.Int(1)
}

func volatile(e *store.Entry) bool { return e != nil && e.ExpireAt != 0 }
