package command

import (
	"math"
	"strconv"

	"resync/engine/store"
)

var keyCommands = []Command{
	{Name: "DEL", Arity: -2, Flags: Write, Keys: allKeys(KeyRM | KeyDelete), ACL: CatKeyspace, Do: del,
		Group: "generic", Since: "1.0.0", Complexity: "O(N), N being the number of keys, and of the elements in them",
		Tips:    []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Delete keys",
		Syntax:  "key [key ...]"},
	{Name: "UNLINK", Arity: -2, Flags: Write | Fast, Keys: allKeys(KeyRM | KeyDelete), ACL: CatKeyspace, Do: del,
		Group: "generic", Since: "4.0.0", Complexity: "O(N), N being the number of keys",
		Tips:    []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Delete keys, and free their memory later",
		Syntax:  "key [key ...]"},
	{Name: "EXISTS", Arity: -2, Flags: ReadOnly | Fast, Keys: allKeys(KeyRO), ACL: CatKeyspace, Do: exists,
		Group: "generic", Since: "1.0.0", Complexity: "O(N), N being the number of keys",
		Tips:    []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Count how many of the keys given exist",
		Syntax:  "key [key ...]"},
	{Name: "TYPE", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatKeyspace, Do: typeOf,
		Group: "generic", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Get the type of the value at a key",
		Syntax:  "key"},
	{Name: "KEYS", Arity: 2, Flags: ReadOnly, ACL: CatKeyspace | CatDangerous, Do: keys,
		Group: "generic", Since: "1.0.0", Complexity: "O(N), N being the number of keys in the database",
		Tips:    []string{"request_policy:all_shards", "nondeterministic_output_order"},
		Summary: "List the keys that match a pattern",
		Syntax:  "pattern"},
	{Name: "SCAN", Arity: -2, Flags: ReadOnly | ArbitraryKeys, ACL: CatKeyspace, Do: scan,
		Group: "generic", Since: "2.8.0", Complexity: "O(1) for a call, O(N) for all, N being the number of keys in the database",
		Tips:    []string{"nondeterministic_output", "request_policy:special"},
		Summary: "List the keys of the database a few at a time",
		Syntax:  "cursor [MATCH pattern] [COUNT count] [TYPE type]"},
	{Name: "RANDOMKEY", Arity: 1, Flags: ReadOnly | ArbitraryKeys, ACL: CatKeyspace, Do: randomKey,
		Group: "generic", Since: "1.0.0", Complexity: "O(1)",
		Tips:    []string{"request_policy:all_shards", "nondeterministic_output"},
		Summary: "Get some key of the database"},
	{Name: "RENAME", Arity: 3, Flags: Write, Keys: renameKeys(KeyUpdate), ACL: CatKeyspace, Do: rename,
		Group: "generic", Since: "1.0.0", Complexity: "O(1), and the cost of deleting what the new key held",
		Summary: "Give a key another name, in place of what has that name",
		Syntax:  "key newkey"},
	{Name: "RENAMENX", Arity: 3, Flags: Write | Fast, Keys: renameKeys(KeyInsert), ACL: CatKeyspace, Do: renamenx,
		Group: "generic", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Give a key another name unless something has that name",
		Syntax:  "key newkey"},
	{Name: "OBJECT", Arity: -2,
		Group: "generic", Since: "2.2.3", Complexity: "that of the subcommand",
		Summary: "What the server knows about the value at a key",
		Subs: []Command{
			{Name: "ENCODING", Arity: 3, Flags: ReadOnly, Keys: []KeySpec{{Begin: 2, Step: 1, Flags: KeyRO}}, ACL: CatKeyspace, Do: objectEncoding,
				Group: "generic", Since: "2.2.3", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
				Summary: "Get how the value at a key is kept in memory",
				Syntax:  "key"},
			{Name: "FREQ", Arity: 3, Flags: ReadOnly, Keys: []KeySpec{{Begin: 2, Step: 1, Flags: KeyRO}}, ACL: CatKeyspace, Do: objectFreq,
				Group: "generic", Since: "4.0.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
				Summary: "Get how often a key was used, on a logarithmic scale",
				Syntax:  "key"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, ACL: CatKeyspace, Do: Help,
				Group: "generic", Since: "6.2.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "IDLETIME", Arity: 3, Flags: ReadOnly, Keys: []KeySpec{{Begin: 2, Step: 1, Flags: KeyRO}}, ACL: CatKeyspace, Do: objectIdletime,
				Group: "generic", Since: "2.2.3", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
				Summary: "Get the seconds since a key was used",
				Syntax:  "key"},
			{Name: "REFCOUNT", Arity: 3, Flags: ReadOnly, Keys: []KeySpec{{Begin: 2, Step: 1, Flags: KeyRO}}, ACL: CatKeyspace, Do: objectRefcount,
				Group: "generic", Since: "2.2.3", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
				Summary: "Get how many references to the value there are",
				Syntax:  "key"},
		}},
}

func renameKeys(target KeyFlags) []KeySpec {
	return []KeySpec{
		{Begin: 1, Step: 1, Flags: KeyRW | KeyAccess | KeyDelete},
		{Begin: 2, Step: 1, Flags: KeyOW | target},
	}
}

// del implements DEL key [key ...], and UNLINK, which is the same where memory is freed by others anyway.
//
// Source: redis/src/db.c, delGenericCommand. An expired key is removed as such first, so it is not counted.
func del(c *Call) {
	lazy := c.Cmd.Name == "UNLINK" || c.Settings.LazyUserDel
	for _, key := range c.Args[1:] {
		if e := c.db().Get(key); volatile(e) && c.Expiry == ExpireRemoves && c.past(e) {
			c.expire(key)
			continue
		}
		if lazy {
			c.freed(key)
		}
		if c.db().Delete(key) {
			c.changed(key)
			c.notify('g', "del", key)
		}
	}
	c.Reply.Int(int64(c.Dirty))
}

// freed counts the value of a key that is about to be deleted in the background. Small ones are not worth it.
//
// Source: redis/src/lazyfree.c, freeObjAsync.
func (c *Call) freed(key []byte) {
	const worth = 64
	if e := c.db().Get(key); e != nil && e.Value.Parts() > worth {
		c.Freed++
	}
}

// exists implements EXISTS key [key ...]. A key given twice counts twice.
func exists(c *Call) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.read(key) != nil {
			n++
		}
	}
	c.Reply.Int(n)
}

// typeOf implements TYPE key.
func typeOf(c *Call) {
	e := c.read(c.Args[1])
	if e == nil {
		c.Reply.Simple("none")
		return
	}
	c.Reply.Simple(e.Value.Kind().String())
}

// keys implements KEYS pattern. It is the one command that neither shows nor removes expired keys.
//
// Source: redis/src/db.c, keysCommand.
func keys(c *Call) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	start, n := len(c.Reply.Buf), 0
	for e := range c.db().All() {
		if (all || glob(pattern, e.Key)) && (c.Expiry == ExpireIgnored || !c.past(e)) {
			c.Reply.BulkString(e.Key)
			n++
		}
		if c.gaveUp() {
			break
		}
	}
	c.Reply.ArrayFrom(start, n)
}

// scan implements SCAN cursor [MATCH pattern] [COUNT count] [TYPE type].
//
// Source: redis/src/db.c, scanGenericCommand.
func scan(c *Call) {
	cursor, ok := parseCursor(c.Args[1])
	if !ok {
		c.Reply.Error(errCursor)
		return
	}
	o, ok := c.parseScanOptions()
	if !ok {
		return
	}
	c.Reply.Array(2)
	next := len(c.Reply.Buf) // the cursor goes in here, once it is known
	n, before := 0, len(c.Reply.Buf)
	var expired []string
	cursor = c.db().Scan(cursor, o.count, func(e *store.Entry) {
		if o.pattern != nil && !glob(o.pattern, e.Key) {
			return
		}
		if volatile(e) && c.Expiry != ExpireIgnored && c.past(e) {
			expired = append(expired, e.Key)
			return
		}
		if o.kind != nil && !is(o.kind, upperKind(e.Value.Kind())) {
			return
		}
		c.Reply.BulkString(e.Key)
		n++
	})
	if c.Expiry == ExpireRemoves {
		for _, key := range expired {
			c.expire([]byte(key))
		}
	}
	c.Reply.ArrayFrom(before, n)
	c.Reply.BulkFrom(next, strconv.FormatUint(cursor, 10))
}

// scanOptions are the words behind the cursor.
type scanOptions struct {
	pattern, kind []byte // nil for any
	count         int
}

func (c *Call) parseScanOptions() (o scanOptions, ok bool) {
	o.count = 10
	for i := 2; i < len(c.Args); i += 2 {
		word := c.Args[i]
		switch {
		case i+1 == len(c.Args):
			c.Reply.Error(errSyntax)
			return o, false
		case is(word, "COUNT"):
			n, ok := c.integer(i + 1)
			if !ok {
				return o, false
			}
			if n < 1 {
				c.Reply.Error(errSyntax)
				return o, false
			}
			o.count = int(min(n, math.MaxInt32))
		case is(word, "MATCH"):
			o.pattern = c.Args[i+1]
			if string(o.pattern) == "*" {
				o.pattern = nil
			}
		case is(word, "TYPE"):
			o.kind = c.Args[i+1]
		default:
			c.Reply.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// parseCursor reads a cursor as C's strtoul does: a sign is allowed, minus wraps around, and no digits at all are 0.
// It may not begin with a blank.
//
// Source: redis/src/db.c, parseScanCursorOrReply.
func parseCursor(b []byte) (uint64, bool) {
	b = cString(b, len(b))
	digits := b
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		digits = b[1:]
	}
	if len(digits) == 0 {
		return 0, len(b) == 0
	}
	n := uint64(0)
	for _, d := range digits {
		if d -= '0'; d > 9 || n > (math.MaxUint64-uint64(d))/10 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	if b[0] == '-' {
		n = -n
	}
	return n, true
}

// upperKind is the name of a kind as is compares it.
func upperKind(k store.Kind) string {
	switch k {
	case store.String:
		return "STRING"
	case store.List:
		return "LIST"
	case store.Set:
		return "SET"
	case store.ZSet:
		return "ZSET"
	case store.Hash:
		return "HASH"
	}
	return "STREAM"
}

// randomKey implements RANDOMKEY.
//
// Source: redis/src/db.c, dbRandomKey. Where nothing may be removed and every key is volatile it may be that all have
// expired: so it gives up after some tries, and shows one of them.
func randomKey(c *Call) {
	for tries := 1; ; tries++ {
		e := c.db().Random(c.Rand)
		if e == nil {
			c.Reply.Null()
			return
		}
		hopeless := tries == 100 && c.Expiry != ExpireRemoves && c.db().Volatile() == c.db().Len()
		if !volatile(e) || hopeless || !c.gone(e, []byte(e.Key)) {
			c.Reply.BulkString(e.Key)
			return
		}
	}
}

// rename and renamenx implement RENAME key newkey and RENAMENX key newkey.
func rename(c *Call)   { c.rename(false) }
func renamenx(c *Call) { c.rename(true) }

// Source: redis/src/db.c, renameGenericCommand.
func (c *Call) rename(keep bool) {
	from, to := c.Args[1], c.Args[2]
	e := c.write(from)
	if e == nil {
		c.Reply.Error(errNoSuchKey)
		return
	}
	moved := *e
	if string(from) == string(to) {
		c.replyRenamed(keep, false)
		return
	}
	if c.write(to) != nil && keep {
		c.replyRenamed(keep, false)
		return
	}
	c.create(to, moved.Value, moved.ExpireAt)
	c.db().Delete(from)
	c.touch(from)
	c.changed(to)
	c.notify('g', "rename_from", from)
	c.notify('g', "rename_to", to)
	c.replyRenamed(keep, true)
}

func (c *Call) replyRenamed(keep, done bool) {
	switch {
	case !keep:
		c.Reply.OK()
	case done:
		c.Reply.Int(1)
	default:
		c.Reply.Int(0)
	}
}

// objectEncoding implements OBJECT ENCODING key.
func objectEncoding(c *Call) {
	e := c.look(c.Args[2])
	if e == nil {
		c.Reply.Null()
		return
	}
	c.Reply.BulkString(e.Value.Encoding().String())
}

// sharedIntegers is the first integer that Redis does not keep one copy of for all keys.
//
// Source: redis/src/server.h, OBJ_SHARED_INTEGERS.
const sharedIntegers = 10000

// objectRefcount implements OBJECT REFCOUNT key.
func objectRefcount(c *Call) {
	if e := c.look(c.Args[2]); e != nil {
		c.Reply.Int(c.References(e.Value))
	} else {
		c.Reply.Null()
	}
}

// References is how many keys share a value, as Redis tells it. Values are never shared, but for the small integers
// Redis answers as if they were shared without end, and so do we.
func (c *Call) References(v store.Value) int64 {
	if isSharedInteger(v) && !c.Settings.OwnIntegers {
		return math.MaxInt32
	}
	return 1
}

func isSharedInteger(v store.Value) bool {
	n, ok := v.Int()
	return ok && v.Encoding() == store.Int && 0 <= n && n < sharedIntegers
}
