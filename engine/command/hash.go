package command

import (
	"math"
	"math/rand/v2"
	"strconv"

	"resync/engine/store"
)

var hashCommands = []Command{
	{Name: "HSET", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatHash, Do: hset,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields",
		Summary: "Set fields of a hash, and count the new ones",
		Syntax:  "key field value [field value ...]"},
	{Name: "HSETNX", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyInsert), ACL: CatHash, Do: hsetnx,
		Group: "hash", Since: "2.0.0", Complexity: "O(1)",
		Summary: "Set a field of a hash unless it exists",
		Syntax:  "key field value"},
	{Name: "HMSET", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatHash, Do: hset,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields",
		Deprecated: "4.0.0", ReplacedBy: "`HSET` with multiple field-value pairs",
		Summary: "Set fields of a hash",
		Syntax:  "key field value [field value ...]"},
	{Name: "HGET", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hget,
		Group: "hash", Since: "2.0.0", Complexity: "O(1)",
		Summary: "Get what a field of a hash holds",
		Syntax:  "key field"},
	{Name: "HMGET", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hmget,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields asked for",
		Summary: "Get what several fields of a hash hold",
		Syntax:  "key field [field ...]"},
	{Name: "HGETALL", Arity: 2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hgetall,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get all fields of a hash and what they hold",
		Syntax:  "key"},
	{Name: "HDEL", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyDelete), ACL: CatHash, Do: hdel,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields to remove",
		Summary: "Remove fields of a hash, and count those that were there",
		Syntax:  "key field [field ...]"},
	{Name: "HEXISTS", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatHash, Do: hexists,
		Group: "hash", Since: "2.0.0", Complexity: "O(1)",
		Summary: "Ask whether a hash has a field",
		Syntax:  "key field"},
	{Name: "HINCRBY", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatHash, Do: hincrby,
		Group: "hash", Since: "2.0.0", Complexity: "O(1)",
		Summary: "Add to the integer in a field of a hash, which counts as 0 when there is none",
		Syntax:  "key field increment"},
	{Name: "HINCRBYFLOAT", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatHash, Do: hincrbyfloat,
		Group: "hash", Since: "2.6.0", Complexity: "O(1)",
		Summary: "Add to the floating point number in a field of a hash, which counts as 0 when there is none",
		Syntax:  "key field increment"},
	{Name: "HKEYS", Arity: 2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hkeys,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get all fields of a hash",
		Syntax:  "key"},
	{Name: "HVALS", Arity: 2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hvals,
		Group: "hash", Since: "2.0.0", Complexity: "O(N), N being the number of fields",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "Get what all fields of a hash hold",
		Syntax:  "key"},
	{Name: "HLEN", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatHash, Do: hlen,
		Group: "hash", Since: "2.0.0", Complexity: "O(1)",
		Summary: "Count the fields of a hash",
		Syntax:  "key"},
	{Name: "HSTRLEN", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatHash, Do: hstrlen,
		Group: "hash", Since: "3.2.0", Complexity: "O(1)",
		Summary: "Get the length of what a field of a hash holds",
		Syntax:  "key field"},
	{Name: "HRANDFIELD", Arity: -2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hrandfield,
		Group: "hash", Since: "6.2.0", Complexity: "O(N), N being the number of fields in the reply",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Get some fields of a hash; with a negative count, one may come twice",
		Syntax:  "key [count [WITHVALUES]]"},
	{Name: "HSCAN", Arity: -3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatHash, Do: hscan,
		Group: "hash", Since: "2.8.0", Complexity: "O(1) for a call, O(N) for all, N being the number of fields",
		Tips:    []string{"nondeterministic_output"},
		Summary: "List the fields of a hash and what they hold, a few at a time",
		Syntax:  "key cursor [MATCH pattern] [COUNT count]"},
}

// readHash looks up a hash for reading. It is nil where there is no key; where there is something else than a hash it
// has answered so, and reports false.
func (c *Call) readHash() (h *store.HashValue, ok bool) { return c.hashOf(c.read(c.Args[1])) }

func (c *Call) hashOf(e *store.Entry) (h *store.HashValue, ok bool) {
	if e == nil {
		return nil, true
	}
	if h = e.Value.Hash(); h == nil {
		c.Reply.Error(errWrongType)
		return nil, false
	}
	return h, true
}

// putHash stores a hash that was made for a key which does not exist.
func (c *Call) putHash(h *store.HashValue) { c.create(c.Args[1], h.Value(), 0) }

// changeHash returns the hash at the key for changing it, a new one where there is none, which putHash
// stores in the end. Where there is something else it has answered so, and h is nil.
func (c *Call) changeHash() (h *store.HashValue, isNew bool) {
	h, ok := c.hashOf(c.write(c.Args[1]))
	switch {
	case !ok:
		return nil, false
	case h == nil:
		return store.NewHash(), true
	}
	return c.edit(c.Args[1]).Value.Hash(), false
}

// hset implements HSET key field value [field value ...], and HMSET, which differs in its reply.
//
// Source: redis/src/t_hash.c, hsetCommand.
func hset(c *Call) {
	if len(c.Args)%2 != 0 {
		c.Reply.Error(WrongArity(c.Cmd))
		return
	}
	h, isNew := c.changeHash()
	if h == nil {
		return
	}
	created := int64(0)
	for i := 2; i < len(c.Args); i += 2 {
		if h.Set(c.Args[i], c.Args[i+1], &c.Settings.Limits) {
			created++
		}
	}
	if isNew {
		c.putHash(h)
	}
	if c.Cmd.Name == "HSET" {
		c.Reply.Int(created)
	} else {
		c.Reply.OK()
	}
	c.touch(c.Args[1])
	c.notify('h', "hset", c.Args[1])
	c.Dirty += len(c.Args)/2 - 1
}

// hsetnx implements HSETNX key field value.
func hsetnx(c *Call) {
	h, isNew := c.changeHash()
	if h == nil {
		return
	}
	if _, ok := h.Get(c.Args[2]); ok {
		c.Reply.Int(0)
		return
	}
	h.Set(c.Args[2], c.Args[3], &c.Settings.Limits)
	if isNew {
		c.putHash(h)
	}
	c.Reply.Int(1)
	c.changed(c.Args[1])
	c.notify('h', "hset", c.Args[1])
}

// hincrby implements HINCRBY key field increment.
//
// Source: redis/src/t_hash.c, hincrbyCommand.
func hincrby(c *Call) {
	by, ok := c.integer(3)
	if !ok {
		return
	}
	h, isNew := c.changeHash()
	if h == nil {
		return
	}
	sum := int64(0)
	if v, found := h.Get(c.Args[2]); found {
		if sum, ok = v.Int(); !ok {
			c.Reply.Error(errHashNotInteger)
			return
		}
	}
	if by < 0 && sum < math.MinInt64-by || by > 0 && sum > math.MaxInt64-by {
		c.Reply.Error(errOverflow)
		return
	}
	sum += by
	h.Set(c.Args[2], c.number(sum), &c.Settings.Limits)
	if isNew {
		c.putHash(h)
	}
	c.Reply.Int(sum)
	c.changed(c.Args[1])
	c.notify('h', "hincrby", c.Args[1])
}

// hincrbyfloat implements HINCRBYFLOAT key field increment.
//
// Source: redis/src/t_hash.c, hincrbyfloatCommand.
func hincrbyfloat(c *Call) {
	by, ok := parseNumber(c.Args[3])
	if !ok {
		c.Reply.Error(errNotFloat)
		return
	}
	if by.infinite {
		c.Reply.Error(errInfinite)
		return
	}
	h, isNew := c.changeHash()
	if h == nil {
		return
	}
	sum := number{}
	if v, found := h.Get(c.Args[2]); found {
		if sum, ok = parseNumber(v.AppendTo(c.text[len(c.text):])); !ok {
			c.Reply.Error(errHashNotFloat)
			return
		}
	}
	if sum, ok = sum.add(by); !ok {
		c.Reply.Error(errNotFinite)
		return
	}
	start := len(c.text)
	c.text = sum.append(c.text)
	text := c.text[start:len(c.text):len(c.text)]
	h.Set(c.Args[2], text, &c.Settings.Limits)
	if isNew {
		c.putHash(h)
	}
	c.Reply.Bulk(text)
	c.changed(c.Args[1])
	c.notify('h', "hincrbyfloat", c.Args[1])
	// Rounding is not the same on every machine that a replica may run on: send the result.
	c.propagateAs(wordHset, c.Args[1], c.Args[2], text)
}

var wordHset = []byte("HSET")

// hdel implements HDEL key field [field ...].
//
// Source: redis/src/t_hash.c, hdelCommand.
func hdel(c *Call) {
	key := c.Args[1]
	h, ok := c.hashOf(c.write(key))
	if !ok {
		return
	}
	if h == nil {
		c.Reply.Int(0)
		return
	}
	h = c.edit(key).Value.Hash()
	deleted := 0
	for _, field := range c.Args[2:] {
		if h.Delete(field) {
			deleted++
		}
	}
	emptied := h.Len() == 0
	if emptied {
		c.db().Delete(key)
	}
	if deleted > 0 {
		c.touch(key)
		c.notify('h', "hdel", key)
		if emptied {
			c.notify('g', "del", key)
		}
		c.Dirty += deleted
	}
	c.Reply.Int(int64(deleted))
}

// hget implements HGET key field.
func hget(c *Call) {
	if h, ok := c.readHash(); ok {
		c.replyField(h, c.Args[2])
	}
}

// replyField answers with what a field holds, null where it or the hash is not there.
func (c *Call) replyField(h *store.HashValue, field []byte) {
	if h != nil {
		if v, ok := h.Get(field); ok {
			c.replyString(v)
			return
		}
	}
	c.Reply.Null()
}

// hmget implements HMGET key field [field ...].
func hmget(c *Call) {
	h, ok := c.readHash()
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		c.replyField(h, field)
	}
}

// hgetall implements HGETALL key.
func hgetall(c *Call) {
	h, ok := c.readHash()
	if !ok {
		return
	}
	if h == nil {
		c.Reply.Map(0)
		return
	}
	c.Reply.Map(h.Len())
	for name, v := range h.All() {
		c.Reply.BulkString(name)
		c.replyString(v)
	}
}

// hkeys implements HKEYS key, and hvals HVALS key.
func hkeys(c *Call) { c.replyHalf(func(name string, _ store.Value) { c.Reply.BulkString(name) }) }
func hvals(c *Call) { c.replyHalf(func(_ string, v store.Value) { c.replyString(v) }) }

// replyHalf answers with an array of what half writes of each field.
func (c *Call) replyHalf(half func(name string, v store.Value)) {
	h, ok := c.readHash()
	if !ok {
		return
	}
	if h == nil {
		c.Reply.Array(0)
		return
	}
	c.Reply.Array(h.Len())
	for name, v := range h.All() {
		half(name, v)
	}
}

// hlen implements HLEN key.
func hlen(c *Call) {
	h, ok := c.readHash()
	switch {
	case !ok:
	case h == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(h.Len()))
	}
}

// hexists implements HEXISTS key field.
func hexists(c *Call) {
	if _, found, ok := c.readField(); ok {
		c.replyTruth(found)
	}
}

// hstrlen implements HSTRLEN key field.
func hstrlen(c *Call) {
	if v, _, ok := c.readField(); ok {
		c.Reply.Int(int64(v.Len()))
	}
}

// readField returns what the field that the command names holds: an empty string where there is none.
func (c *Call) readField() (v store.Value, found, ok bool) {
	h, ok := c.readHash()
	if h != nil {
		v, found = h.Get(c.Args[2])
	}
	return v, found, ok
}

// replyTruth answers 1 or 0, which is what it is in both protocols.
func (c *Call) replyTruth(b bool) {
	if b {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
}

// hrandfield implements HRANDFIELD key [count [WITHVALUES]].
//
// Source: redis/src/t_hash.c, hrandfieldCommand and hrandfieldWithCountCommand.
func hrandfield(c *Call) {
	if len(c.Args) == 2 {
		h, ok := c.readHash()
		switch {
		case !ok:
		case h == nil:
			c.Reply.Null()
		default:
			name, _ := h.Random(c.Rand)
			c.Reply.BulkString(name)
		}
		return
	}
	count, ok := c.randomCount(2)
	if !ok {
		return
	}
	withValues := len(c.Args) > 3
	if withValues && (len(c.Args) > 4 || !is(c.Args[3], "WITHVALUES")) {
		c.Reply.Error(errSyntax)
		return
	}
	if withValues && (count < -math.MaxInt64/2 || count > math.MaxInt64/2) {
		c.Reply.Error(errOutOfRange)
		return
	}
	h, ok := c.readHash()
	if !ok {
		return
	}
	if h == nil || count == 0 {
		c.Reply.Array(0)
		return
	}
	// RESP3 nests the pairs.
	begin := func(n int) {
		if withValues && c.Reply.Proto != 3 {
			n *= 2
		}
		c.Reply.Array(n)
	}
	reply := func(name string, v store.Value) {
		if withValues && c.Reply.Proto == 3 {
			c.Reply.Array(2)
		}
		c.Reply.BulkString(name)
		if withValues {
			c.replyString(v)
		}
	}
	switch choose(count, h.Len()) {
	case chooseAny:
		c.replyMany(-count, begin, func() { reply(h.Random(c.Rand)) })
	case chooseAll:
		begin(h.Len())
		for name, v := range h.All() {
			reply(name, v)
		}
	case chooseMost:
		begin(int(count))
		pick := sample{c.Rand, int(count), h.Len()}
		for name, v := range h.All() {
			if pick.takes() {
				reply(name, v)
			}
		}
	default:
		begin(int(count))
		seen := make(map[string]struct{}, count)
		for len(seen) < int(count) {
			name, v := h.Random(c.Rand)
			if _, ok := seen[name]; !ok {
				seen[name] = struct{}{}
				reply(name, v)
			}
		}
	}
}

// randomCount reads how many random elements are wanted: when negative, as many, and one may come twice. When it
// makes no sense it answers so and reports false.
//
// Source: redis/src/object.c, getRangeLongFromObjectOrReply.
func (c *Call) randomCount(i int) (count int64, ok bool) {
	if count, ok = c.integer(i); ok && count == math.MinInt64 {
		c.Reply.Error(errCountRange)
		return 0, false
	}
	return count, ok
}

// A choice is how so many of an aggregate's elements are chosen. All of them are just; they differ in cost.
type choice uint8

const (
	chooseAny  choice = iota // with repetition
	chooseAll                // every element
	chooseMost               // a part of all, in their order
	chooseFew                // one after the other, again where one was chosen already
)

// choose returns how to choose count of size elements; a negative count asks for as many with repetition. Neither is 0.
//
// Source: redis/src/t_hash.c, HRANDFIELD_SUB_STRATEGY_MUL; t_set.c, SRANDMEMBER_SUB_STRATEGY_MUL.
func choose(count int64, size int) choice {
	switch {
	case count < 0:
		return chooseAny
	case count >= int64(size):
		return chooseAll
	case count*3 > int64(size):
		return chooseMost
	}
	return chooseFew
}

// A sample decides, element by element, which ones of an aggregate are chosen: want of the left ones, each set of so
// many with the same probability.
type sample struct {
	rand       *rand.Rand
	want, left int
}

// takes reports whether the next element is one of them.
func (s *sample) takes() bool {
	s.left--
	if s.rand.IntN(s.left+1) >= s.want {
		return false
	}
	s.want--
	return true
}

// manyMax is the most bytes that a reply with repetitions may take, but for one element. Redis has no such limit: it
// goes on until its memory is full.
const manyMax = 64 << 20

// gaveUp reports whether nobody is going to read the reply, however it ends.
func (c *Call) gaveUp() bool { return c.Room > 0 && len(c.Reply.Buf) > c.Room }

// replyMany answers with n elements that may come again: begin and then n times reply.
func (c *Call) replyMany(n int64, begin func(int), reply func()) {
	start := len(c.Reply.Buf)
	begin(int(n))
	for range n {
		if reply(); c.gaveUp() {
			return
		} else if len(c.Reply.Buf)-start > manyMax {
			c.Reply.Buf = c.Reply.Buf[:start]
			c.Reply.Error(errOutOfRange)
			return
		}
	}
}

// hscan implements HSCAN key cursor [MATCH pattern] [COUNT count].
func hscan(c *Call) {
	cursor, ok := c.elementCursor()
	if !ok {
		return
	}
	h, ok := c.readHash()
	if !ok {
		return
	}
	if h == nil {
		c.replyScan(0, func(*elementScan) uint64 { return 0 })
		return
	}
	c.replyScan(3, func(s *elementScan) uint64 {
		return h.Scan(cursor, s.count, func(name string, v store.Value) {
			if s.pattern == nil || glob(s.pattern, name) {
				c.Reply.BulkString(name)
				c.replyString(v)
				s.words += 2
			}
		})
	})
}

// elementCursor reads the cursor of HSCAN, SSCAN and ZSCAN. When it is none it answers so and reports false.
func (c *Call) elementCursor() (cursor uint64, ok bool) {
	if cursor, ok = parseCursor(c.Args[2]); !ok {
		c.Reply.Error(errCursor)
	}
	return cursor, ok
}

// An elementScan is what HSCAN and its like are asked for, and how much they have answered.
type elementScan struct {
	pattern []byte // nil for any
	count   int
	words   int // written into the reply
}

// replyScan answers an HSCAN or its like, whose options begin at word i: scan writes the elements and returns the next
// cursor. Where i is 0 there are neither elements nor options that count.
//
// Source: redis/src/db.c, scanGenericCommand.
func (c *Call) replyScan(i int, scan func(*elementScan) uint64) {
	s := elementScan{count: 10}
	if i > 0 && !c.parseElementScan(i, &s) {
		return
	}
	c.Reply.Array(2)
	next := len(c.Reply.Buf) // the cursor goes in here, once it is known
	cursor := scan(&s)
	c.Reply.ArrayFrom(next, s.words)
	c.Reply.BulkFrom(next, strconv.FormatUint(cursor, 10))
}

// parseElementScan reads the options from word i on. When they make no sense it answers so and reports false.
func (c *Call) parseElementScan(i int, s *elementScan) bool {
	for ; i < len(c.Args); i += 2 {
		word := c.Args[i]
		switch {
		case i+1 < len(c.Args) && is(word, "COUNT"):
			n, ok := c.integer(i + 1)
			if !ok {
				return false
			}
			if n < 1 {
				c.Reply.Error(errSyntax)
				return false
			}
			s.count = int(min(n, math.MaxInt32))
		case i+1 < len(c.Args) && is(word, "MATCH"):
			if s.pattern = c.Args[i+1]; string(s.pattern) == "*" {
				s.pattern = nil
			}
		default:
			c.Reply.Error(errSyntax)
			return false
		}
	}
	return true
}
