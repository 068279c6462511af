package command

import (
	"math"

	"resync/engine/resp"
	"resync/engine/store"
)

var stringCommands = []Command{
	{Name: "SET", Arity: -3, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate | KeyVariable), ACL: CatString, Do: set, KeyFlags: setKeyFlags,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Set a key to a string, whatever it held before",
		Syntax:  "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]"},
	{Name: "SETNX", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyOW | KeyInsert), ACL: CatString, Do: setnx,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Set a key to a string unless it exists",
		Syntax:  "key value"},
	{Name: "SETEX", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(KeyOW | KeyUpdate), ACL: CatString, Do: setex,
		Group: "string", Since: "2.0.0", Complexity: "O(1)",
		Summary: "Set a key to a string that expires after some seconds",
		Syntax:  "key seconds value"},
	{Name: "PSETEX", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(KeyOW | KeyUpdate), ACL: CatString, Do: psetex,
		Group: "string", Since: "2.6.0", Complexity: "O(1)",
		Summary: "Set a key to a string that expires after some milliseconds",
		Syntax:  "key milliseconds value"},
	{Name: "GET", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatString, Do: get,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Get the string at a key",
		Syntax:  "key"},
	{Name: "GETSET", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: getset,
		Group: "string", Since: "1.0.0", Complexity: "O(1)", Deprecated: "6.2.0", ReplacedBy: "`SET` with the `!GET` argument",
		Summary: "Set a key to a string and get the one before",
		Syntax:  "key value"},
	{Name: "GETDEL", Arity: 2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyDelete), ACL: CatString, Do: getdel,
		Group: "string", Since: "6.2.0", Complexity: "O(1)",
		Summary: "Get the string at a key and delete the key",
		Syntax:  "key"},
	{Name: "GETEX", Arity: -2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: getex,
		Group: "string", Since: "6.2.0", Complexity: "O(1)",
		Summary: "Get the string at a key and set or clear when it expires",
		Syntax:  "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]"},
	{Name: "MGET", Arity: -2, Flags: ReadOnly | Fast, Keys: allKeys(KeyRO | KeyAccess), ACL: CatString, Do: mget,
		Group: "string", Since: "1.0.0", Complexity: "O(N), N being the number of keys",
		Tips:    []string{"request_policy:multi_shard"},
		Summary: "Get the strings at several keys",
		Syntax:  "key [key ...]"},
	{Name: "MSET", Arity: -3, Flags: Write | DenyOOM, Keys: keyPairs(KeyOW | KeyUpdate), ACL: CatString, Do: mset,
		Group: "string", Since: "1.0.1", Complexity: "O(N), N being the number of keys",
		Tips:    []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
		Summary: "Set several keys to strings at once",
		Syntax:  "key value [key value ...]"},
	{Name: "MSETNX", Arity: -3, Flags: Write | DenyOOM, Keys: keyPairs(KeyOW | KeyInsert), ACL: CatString, Do: msetnx,
		Group: "string", Since: "1.0.1", Complexity: "O(N), N being the number of keys",
		Tips:    []string{"request_policy:multi_shard", "response_policy:agg_min"},
		Summary: "Set several keys to strings at once unless one of them exists",
		Syntax:  "key value [key value ...]"},
	{Name: "APPEND", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatString, Do: appendTo,
		Group: "string", Since: "2.0.0", Complexity: "O(N), N being the length of the resulting string",
		Summary: "Append to the string at a key, or create it",
		Syntax:  "key value"},
	{Name: "STRLEN", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatString, Do: strlen,
		Group: "string", Since: "2.2.0", Complexity: "O(1)",
		Summary: "Get the length of the string at a key",
		Syntax:  "key"},
	{Name: "INCR", Arity: 2, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: incr,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Add one to the integer at a key, which counts as 0 when there is none",
		Syntax:  "key"},
	{Name: "INCRBY", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: incrby,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Add to the integer at a key, which counts as 0 when there is none",
		Syntax:  "key increment"},
	{Name: "INCRBYFLOAT", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: incrbyfloat,
		Group: "string", Since: "2.6.0", Complexity: "O(1)",
		Summary: "Add to the floating point number at a key, which counts as 0 when there is none",
		Syntax:  "key increment"},
	{Name: "DECR", Arity: 2, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: decr,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Take one from the integer at a key, which counts as 0 when there is none",
		Syntax:  "key"},
	{Name: "DECRBY", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatString, Do: decrby,
		Group: "string", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Take from the integer at a key, which counts as 0 when there is none",
		Syntax:  "key decrement"},
	{Name: "GETRANGE", Arity: 4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatString, Do: getrange,
		Group: "string", Since: "2.4.0", Complexity: "O(N), N being the length of the reply",
		Summary: "Get a part of the string at a key",
		Syntax:  "key start end"},
	{Name: "SUBSTR", Arity: 4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatString, Do: getrange,
		Group: "string", Since: "1.0.0", Complexity: "O(N), N being the length of the reply", Deprecated: "2.0.0", ReplacedBy: "`GETRANGE`",
		Summary: "Get a part of the string at a key",
		Syntax:  "key start end"},
	{Name: "LCS", Arity: -3, Flags: ReadOnly, Keys: []KeySpec{{Begin: 1, Last: 1, Step: 1, Flags: KeyRO | KeyAccess}}, ACL: CatString, Do: lcs,
		Group: "string", Since: "7.0.0", Complexity: "O(N*M), N and M being the lengths of the strings",
		Summary: "Find the longest string that is in both of two strings, with gaps",
		Syntax:  "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]"},
	{Name: "SETRANGE", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatString, Do: setrange,
		Group: "string", Since: "2.2.0", Complexity: "O(N), N being the length of the resulting string",
		Summary: "Overwrite a part of the string at a key, with zero bytes up to where it begins",
		Syntax:  "key offset value"},
}

// setOptions are the words behind the key and value of SET, and behind the key of GETEX.
type setOptions struct {
	nx, xx, get, keepTTL, persist bool

	// The time of EX, PX, EXAT or PXAT, which may have been given more than once: the last one counts.
	unit     expiryUnit
	expiry   []byte // nil when none was given
	absolute bool
}

// parseSetOptions reads the options from word i on. When they make no sense it answers so and reports false.
//
// Source: redis/src/t_string.c, parseExtendedStringArgumentsOrReply.
func (c *Call) parseSetOptions(i int, getex bool) (o setOptions, ok bool) {
	timed := "" // the one word of EX, PX, EXAT and PXAT that was given
	for ; i < len(c.Args); i++ {
		word := c.Args[i]
		switch {
		case !getex && is(word, "NX") && !o.xx:
			o.nx = true
		case !getex && is(word, "XX") && !o.nx:
			o.xx = true
		case !getex && is(word, "GET"):
			o.get = true
		case !getex && is(word, "KEEPTTL") && timed == "":
			o.keepTTL = true
		case getex && is(word, "PERSIST") && timed == "":
			o.persist = true
		default:
			name, unit, absolute := timeOption(word)
			if name == "" || timed != "" && timed != name || o.keepTTL || o.persist || i+1 == len(c.Args) {
				c.Reply.Error(errSyntax)
				return o, false
			}
			i++
			timed, o.unit, o.absolute, o.expiry = name, unit, absolute, c.Args[i]
		}
	}
	return o, true
}

func timeOption(word []byte) (name string, unit expiryUnit, absolute bool) {
	switch {
	case is(word, "EX"):
		return "EX", seconds, false
	case is(word, "PX"):
		return "PX", milliseconds, false
	case is(word, "EXAT"):
		return "EXAT", seconds, true
	case is(word, "PXAT"):
		return "PXAT", milliseconds, true
	}
	return "", 0, false
}

// expireAt returns when a value set with these options expires, in Unix milliseconds, 0 for never.
//
// Source: redis/src/t_string.c, getExpireMillisecondsOrReply.
func (c *Call) expireAt(o setOptions) (at int64, ok bool) {
	if o.expiry == nil {
		return 0, true
	}
	n, ok := resp.ParseInt64(o.expiry)
	if !ok {
		c.Reply.Error(errNotInteger)
		return 0, false
	}
	base := c.Now.Millis()
	if o.absolute {
		base = 0
	}
	if n <= 0 || o.unit == seconds && n > math.MaxInt64/1000 || n*int64(o.unit) > math.MaxInt64-base {
		c.Reply.Error(errExpireTime(c.Cmd))
		return 0, false
	}
	return n*int64(o.unit) + base, true
}

// set implements SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL].
//
// Source: redis/src/t_string.c, setCommand and setGenericCommand.
func set(c *Call) {
	if len(c.Args) == 3 { // by far the most of them
		c.setKey(c.Args[1], store.StringValue(c.Args[2]), 0)
		c.notify('$', "set", c.Args[1])
		c.Reply.OK()
		return
	}
	o, ok := c.parseSetOptions(3, false)
	if !ok {
		return
	}
	at, ok := c.expireAt(o)
	if !ok {
		return
	}
	key, value := c.Args[1], c.Args[2]
	if o.get {
		e := c.read(key)
		if !c.isString(e) {
			return
		}
		c.replyEntry(e)
	}
	e := c.write(key)
	if o.nx && e != nil || o.xx && e == nil {
		if !o.get {
			c.Reply.Null()
		}
		return
	}
	if o.keepTTL && e != nil {
		at = e.ExpireAt
	}
	c.replace(e, key, store.StringValue(value), at)
	c.changed(key)
	c.notify('$', "set", key)
	switch {
	case o.expiry != nil:
		c.notify('g', "expire", key)
		c.propagateSet(at)
	case o.get:
		c.propagateWithoutGet()
	}
	if !o.get {
		c.Reply.OK()
	}
}

// setKeyFlags says that SET reads its key when it has the word GET.
//
// Source: redis/src/db.c, setGetKeys.
func setKeyFlags(args [][]byte) KeyFlags {
	for _, word := range args[3:] {
		if is(word, "GET") {
			return KeyRW | KeyAccess | KeyUpdate
		}
	}
	return KeyOW | KeyUpdate
}

var wordSet, wordPXAT, wordPexpireat, wordPersist = []byte("SET"), []byte("PXAT"), []byte("PEXPIREAT"), []byte("PERSIST")

// propagateSet sends the moment instead of the time to live: replicas run the command later than we do, so that a
// relative time would stretch by the lag. The value is the last word of SETEX and PSETEX, the third of SET.
func (c *Call) propagateSet(at int64) {
	if c.Settings.Forms.RelativeTTL {
		return
	}
	value := c.Args[2]
	if !is(c.Args[0], "SET") {
		value = c.Args[3]
	}
	c.propagateAs(wordSet, c.Args[1], value, wordPXAT, c.number(at))
}

// propagateWithoutGet sends the command without GET, which replicas of old versions would not understand.
func (c *Call) propagateWithoutGet() {
	start := len(c.words)
	for i, word := range c.Args {
		if i < 3 || !is(word, "GET") {
			c.words = append(c.words, word)
		}
	}
	c.rewritten = c.words[start:len(c.words):len(c.words)]
}

// setKey gives a key a new value, and takes away the expiry that it had unless at is one.
//
// Source: redis/src/db.c, setKey, which looks the key up for writing first: so an expired one has its DEL in the
// stream in front of the command. Where nothing can expire and nobody listens, a string needs no look.
func (c *Call) setKey(key []byte, v store.Value, at int64) {
	if c.db().Volatile() > 0 || c.Notify != nil || v.Kind() != store.String {
		c.replace(c.write(key), key, v, at)
	} else {
		c.db().Set(key, v, at)
		c.timed(key, at)
	}
	c.changed(key)
}

// replace gives a key, whose entry e is or nil, a new value and expiry.
func (c *Call) replace(e *store.Entry, key []byte, v store.Value, at int64) {
	if e == nil {
		c.create(key, v, at)
		return
	}
	c.db().Set(key, v, at)
	c.timed(key, at)
	if v.Kind() != store.String {
		c.ready(key, v.Kind())
	}
}

// setnx implements SETNX key value.
func setnx(c *Call) {
	if c.write(c.Args[1]) != nil {
		c.Reply.Int(0)
		return
	}
	c.create(c.Args[1], store.StringValue(c.Args[2]), 0)
	c.changed(c.Args[1])
	c.notify('$', "set", c.Args[1])
	c.Reply.Int(1)
}

// setex implements SETEX key seconds value, and psetex the same in milliseconds.
func setex(c *Call)  { c.setWithTime(seconds) }
func psetex(c *Call) { c.setWithTime(milliseconds) }

func (c *Call) setWithTime(unit expiryUnit) {
	at, ok := c.expireAt(setOptions{unit: unit, expiry: c.Args[2]})
	if !ok {
		return
	}
	c.setKey(c.Args[1], store.StringValue(c.Args[3]), at)
	c.notify('$', "set", c.Args[1])
	c.notify('g', "expire", c.Args[1])
	c.propagateSet(at)
	c.Reply.OK()
}

// get implements GET key.
func get(c *Call) {
	if e := c.read(c.Args[1]); c.isString(e) {
		c.replyEntry(e)
	}
}

// replyEntry answers with the string at a key, or with null when there is none.
func (c *Call) replyEntry(e *store.Entry) {
	if e == nil {
		c.Reply.Null()
		return
	}
	c.replyString(e.Value)
}

// getset implements GETSET key value.
func getset(c *Call) {
	e := c.read(c.Args[1])
	if !c.isString(e) {
		return
	}
	c.replyEntry(e)
	c.setKey(c.Args[1], store.StringValue(c.Args[2]), 0)
	c.notify('$', "set", c.Args[1])
	if !c.Settings.Forms.PlainGetset {
		c.propagateAs(wordSet, c.Args[1], c.Args[2])
	}
}

// getdel implements GETDEL key.
func getdel(c *Call) {
	e := c.read(c.Args[1])
	if !c.isString(e) {
		return
	}
	c.replyEntry(e)
	if c.db().Delete(c.Args[1]) {
		c.changed(c.Args[1])
		c.notify('g', "del", c.Args[1])
		c.propagateAs(c.deletion(c.Settings.LazyUserDel && !c.Settings.Forms.DelForGetdel), c.Args[1])
	}
}

// getex implements GETEX key [EX s|PX ms|EXAT s|PXAT ms|PERSIST].
//
// Source: redis/src/t_string.c, getexCommand. A time is looked at only when there is a key to give it to.
func getex(c *Call) {
	o, ok := c.parseSetOptions(2, true)
	if !ok {
		return
	}
	key := c.Args[1]
	e := c.read(key)
	if e == nil {
		c.Reply.Null()
		return
	}
	if !c.isString(e) {
		return
	}
	at, ok := c.expireAt(o)
	if !ok {
		return
	}
	c.replyString(e.Value)
	switch {
	case o.absolute && c.overAlready(at):
		c.db().Delete(key)
		c.changed(key)
		c.notify('g', "del", key)
		c.propagateAs(c.deletion(c.Settings.LazyExpire), key)
	case o.expiry != nil:
		c.db().SetExpire(key, at)
		c.timed(key, at)
		c.changed(key)
		c.notify('g', "expire", key)
		c.propagateAs(wordPexpireat, key, c.number(at))
	case o.persist && e.ExpireAt != 0:
		c.db().SetExpire(key, 0)
		c.changed(key)
		c.notify('g', "persist", key)
		c.propagateAs(wordPersist, key)
	}
}

// mget implements MGET key [key ...].
func mget(c *Call) {
	c.Reply.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		e := c.read(key)
		if e != nil && e.Value.Kind() != store.String {
			e = nil
		}
		c.replyEntry(e)
	}
}

// mset implements MSET key value [key value ...].
func mset(c *Call) {
	if len(c.Args)%2 == 0 {
		c.Reply.Error(WrongArity(c.Cmd))
		return
	}
	c.setPairs()
	c.Reply.OK()
}

// msetnx implements MSETNX key value [key value ...].
func msetnx(c *Call) {
	if len(c.Args)%2 == 0 {
		c.Reply.Error(WrongArity(c.Cmd))
		return
	}
	for i := 1; i < len(c.Args); i += 2 {
		if c.write(c.Args[i]) != nil {
			c.Reply.Int(0)
			return
		}
	}
	c.setPairs()
	c.Reply.Int(1)
}

func (c *Call) setPairs() {
	for i := 1; i < len(c.Args); i += 2 {
		c.setKey(c.Args[i], store.StringValue(c.Args[i+1]), 0)
		c.notify('$', "set", c.Args[i])
	}
}

// appendTo implements APPEND key value.
func appendTo(c *Call) {
	key, tail := c.Args[1], c.Args[2]
	e := c.write(key)
	if !c.isString(e) {
		return
	}
	n := len(tail)
	if e == nil {
		c.create(key, store.StringValue(tail), 0)
	} else {
		old := e.Value.Len()
		if !c.fits(int64(old), n) {
			return
		}
		n += old
		copy(c.db().EditString(key, n)[old:], tail)
	}
	c.changed(key)
	c.notify('$', "append", key)
	c.Reply.Int(int64(n))
}

// fits reports whether a string of n bytes may grow by more, or else answers that it may not.
//
// Source: redis/src/t_string.c, checkStringLength.
func (c *Call) fits(n int64, more int) bool {
	if n > c.longest()-int64(more) {
		c.Reply.Error(errTooLong)
		return false
	}
	return true
}

// strlen implements STRLEN key.
func strlen(c *Call) {
	e := c.read(c.Args[1])
	switch {
	case !c.isString(e):
	case e == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(e.Value.Len()))
	}
}

// incr, decr, incrby and decrby implement the commands of their names.
func incr(c *Call) { c.add(1) }
func decr(c *Call) { c.add(-1) }

func incrby(c *Call) {
	if n, ok := c.integer(2); ok {
		c.add(n)
	}
}

func decrby(c *Call) {
	n, ok := c.integer(2)
	switch {
	case !ok:
	case n == math.MinInt64:
		c.Reply.Error(errDecrOverflow)
	default:
		c.add(-n)
	}
}

// add adds to the integer at the key. Its expiry stays.
//
// Source: redis/src/t_string.c, incrDecrCommand.
func (c *Call) add(n int64) {
	key := c.Args[1]
	e := c.write(key)
	if !c.isString(e) {
		return
	}
	var sum, at int64
	if e != nil {
		var ok bool
		if sum, ok = e.Value.Int(); !ok {
			c.Reply.Error(errNotInteger)
			return
		}
		at = e.ExpireAt
	}
	if n > 0 && sum > math.MaxInt64-n || n < 0 && sum < math.MinInt64-n {
		c.Reply.Error(errOverflow)
		return
	}
	sum += n
	c.replace(e, key, store.IntValue(sum), at)
	c.changed(key)
	c.notify('$', "incrby", key)
	c.Reply.Int(sum)
}

// getrange implements GETRANGE key start end. Both ends are included, and count from the end when negative.
//
// Source: redis/src/t_string.c, getrangeCommand.
func getrange(c *Call) {
	start, ok := c.integer(2)
	if !ok {
		return
	}
	end, ok := c.integer(3)
	if !ok {
		return
	}
	e := c.read(c.Args[1])
	if !c.isString(e) {
		return
	}
	text := ""
	if e != nil {
		text = e.Value.Str()
	}
	n := int64(len(text))
	backwards := start < 0 && end < 0 && start > end
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if backwards || start > end {
		c.Reply.BulkString("")
		return
	}
	c.Reply.BulkString(text[start : end+1])
}

// setrange implements SETRANGE key offset value.
//
// Source: redis/src/t_string.c, setrangeCommand.
func setrange(c *Call) {
	offset, ok := c.integer(2)
	if !ok {
		return
	}
	if offset < 0 {
		c.Reply.Error(errOffset)
		return
	}
	key, patch := c.Args[1], c.Args[3]
	e := c.write(key)
	if !c.isString(e) {
		return
	}
	if len(patch) == 0 {
		n := 0
		if e != nil {
			n = e.Value.Len()
		}
		c.Reply.Int(int64(n))
		return
	}
	if !c.fits(offset, len(patch)) {
		return
	}
	if e == nil {
		c.create(key, store.RawString(nil), 0)
	}
	whole := c.db().EditString(key, int(offset)+len(patch))
	copy(whole[offset:], patch)
	c.changed(key)
	c.notify('$', "setrange", key)
	c.Reply.Int(int64(len(whole)))
}
