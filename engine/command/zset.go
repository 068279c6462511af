package command

import (
	"math"
	"slices"
	"strconv"

	"resync/engine"
	"resync/engine/resp"
	"resync/engine/store"
)

var zsetCommands = []Command{
	{Name: "ZADD", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatSortedSet, Do: zadd,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(log(N)) for each member, N being the size of the sorted set",
		Summary: "Give members of a sorted set their scores, and add those that are not there",
		Syntax:  "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]"},
	{Name: "ZINCRBY", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyUpdate), ACL: CatSortedSet, Do: zincrby,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(log(N)), N being the size of the sorted set",
		Summary: "Add to the score of a member, which counts as 0 when there is none",
		Syntax:  "key increment member"},
	{Name: "ZREM", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyDelete), ACL: CatSortedSet, Do: zrem,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(M*log(N)), N being the size of the sorted set and M the number of members",
		Summary: "Remove members from a sorted set",
		Syntax:  "key member [member ...]"},
	{Name: "ZCARD", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatSortedSet, Do: zcard,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(1)",
		Summary: "Get the size of a sorted set",
		Syntax:  "key"},
	{Name: "ZSCORE", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zscore,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(1)",
		Summary: "Get the score of a member",
		Syntax:  "key member"},
	{Name: "ZMSCORE", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zmscore,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(N), N being the number of members asked for",
		Summary: "Get the scores of several members",
		Syntax:  "key member [member ...]"},
	{Name: "ZRANK", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrank,
		Group: "sorted-set", Since: "2.0.0", Complexity: "O(log(N))",
		Summary: "Get how many members are in front of one",
		Syntax:  "key member"},
	{Name: "ZREVRANK", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrevrank,
		Group: "sorted-set", Since: "2.0.0", Complexity: "O(log(N))",
		Summary: "Get how many members are behind one",
		Syntax:  "key member"},
	{Name: "ZCOUNT", Arity: 4, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zcount,
		Group: "sorted-set", Since: "2.0.0", Complexity: "O(log(N)), N being the size of the sorted set",
		Summary: "Count the members with scores in a range",
		Syntax:  "key min max"},
	{Name: "ZLEXCOUNT", Arity: 4, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zlexcount,
		Group: "sorted-set", Since: "2.8.9", Complexity: "O(log(N)), N being the size of the sorted set",
		Summary: "Count the members in an alphabetical range, where all scores are the same",
		Syntax:  "key min max"},
	{Name: "ZRANGE", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrange,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the reply",
		Summary: "Get the members in a range of ranks, scores or texts",
		Syntax:  "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]"},
	{Name: "ZRANGESTORE", Arity: -5, Flags: Write | DenyOOM, Keys: zstoreKeys(), ACL: CatSortedSet, Do: zrangestore,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the result",
		Summary: "Store the members in a range of ranks, scores or texts at another key",
		Syntax:  "destination source min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]"},
	{Name: "ZREVRANGE", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrevrange,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the reply",
		Deprecated: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` argument",
		Summary: "Get the members in a range of ranks, counted from the highest score",
		Syntax:  "key start stop [WITHSCORES]"},
	{Name: "ZRANGEBYSCORE", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrangebyscore,
		Group: "sorted-set", Since: "1.0.5", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the reply",
		Deprecated: "6.2.0", ReplacedBy: "`ZRANGE` with the `BYSCORE` argument",
		Summary: "Get the members with scores in a range",
		Syntax:  "key min max [WITHSCORES] [LIMIT offset count]"},
	{Name: "ZREVRANGEBYSCORE", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrevrangebyscore,
		Group: "sorted-set", Since: "2.2.0", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the reply",
		Deprecated: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments",
		Summary: "Get the members with scores in a range, the highest first",
		Syntax:  "key max min [WITHSCORES] [LIMIT offset count]"},
	{Name: "ZRANGEBYLEX", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrangebylex,
		Group: "sorted-set", Since: "2.8.9", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the reply",
		Deprecated: "6.2.0", ReplacedBy: "`ZRANGE` with the `BYLEX` argument",
		Summary: "Get the members in an alphabetical range, where all scores are the same",
		Syntax:  "key min max [LIMIT offset count]"},
	{Name: "ZREVRANGEBYLEX", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrevrangebylex,
		Group: "sorted-set", Since: "2.8.9", Complexity: "O(log(N)+M), N being the size of the sorted set and M that of the reply",
		Deprecated: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments",
		Summary: "Get the members in an alphabetical range from its end, where all scores are the same",
		Syntax:  "key max min [LIMIT offset count]"},
	{Name: "ZREMRANGEBYRANK", Arity: 4, Flags: Write, Keys: oneKey(KeyRW | KeyDelete), ACL: CatSortedSet, Do: zremrangebyrank,
		Group: "sorted-set", Since: "2.0.0", Complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members removed",
		Summary: "Remove the members in a range of ranks",
		Syntax:  "key start stop"},
	{Name: "ZREMRANGEBYSCORE", Arity: 4, Flags: Write, Keys: oneKey(KeyRW | KeyDelete), ACL: CatSortedSet, Do: zremrangebyscore,
		Group: "sorted-set", Since: "1.2.0", Complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members removed",
		Summary: "Remove the members with scores in a range",
		Syntax:  "key min max"},
	{Name: "ZREMRANGEBYLEX", Arity: 4, Flags: Write, Keys: oneKey(KeyRW | KeyDelete), ACL: CatSortedSet, Do: zremrangebylex,
		Group: "sorted-set", Since: "2.8.9", Complexity: "O(log(N)+M), N being the size of the sorted set and M the number of members removed",
		Summary: "Remove the members in an alphabetical range, where all scores are the same",
		Syntax:  "key min max"},
	{Name: "ZPOPMIN", Arity: -2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyDelete), ACL: CatSortedSet, Do: zpopmin,
		Group: "sorted-set", Since: "5.0.0", Complexity: "O(log(N)*M), N being the size of the sorted set and M the number of members removed",
		Summary: "Remove the members with the lowest scores and get them",
		Syntax:  "key [count]"},
	{Name: "ZPOPMAX", Arity: -2, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyAccess | KeyDelete), ACL: CatSortedSet, Do: zpopmax,
		Group: "sorted-set", Since: "5.0.0", Complexity: "O(log(N)*M), N being the size of the sorted set and M the number of members removed",
		Summary: "Remove the members with the highest scores and get them",
		Syntax:  "key [count]"},
	{Name: "ZMPOP", Arity: -4, Flags: Write | MovableKeys, Keys: countedKeys(1, KeyRW|KeyAccess|KeyDelete), ACL: CatSortedSet, Do: zmpop,
		Group: "sorted-set", Since: "7.0.0", Complexity: "O(K)+O(M*log(N)), K being the number of keys, N the size of the sorted set and M the number of members removed",
		Summary: "Remove members from an end of the first sorted set that there is, and get them",
		Syntax:  "numkeys key [key ...] <MIN | MAX> [COUNT count]"},
	{Name: "BZPOPMIN", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Keys: keysAndTimeout(KeyRW | KeyAccess | KeyDelete), ACL: CatSortedSet, Do: bzpopmin,
		Group: "sorted-set", Since: "5.0.0", Complexity: "O(log(N)), N being the size of the sorted set",
		Summary: "Remove the member with the lowest score of the first sorted set and get it, or wait for one",
		Syntax:  "key [key ...] timeout"},
	{Name: "BZPOPMAX", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Keys: keysAndTimeout(KeyRW | KeyAccess | KeyDelete), ACL: CatSortedSet, Do: bzpopmax,
		Group: "sorted-set", Since: "5.0.0", Complexity: "O(log(N)), N being the size of the sorted set",
		Summary: "Remove the member with the highest score of the first sorted set and get it, or wait for one",
		Syntax:  "key [key ...] timeout"},
	{Name: "BZMPOP", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: countedKeys(2, KeyRW|KeyAccess|KeyDelete), ACL: CatSortedSet, Do: bzmpop,
		Group: "sorted-set", Since: "7.0.0", Complexity: "O(K)+O(M*log(N)), K being the number of keys, N the size of the sorted set and M the number of members removed",
		Summary: "Remove members from an end of the first sorted set that there is and get them, or wait for one",
		Syntax:  "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]"},
	{Name: "ZRANDMEMBER", Arity: -2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zrandmember,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(N), N being the number of members in the reply", Tips: []string{"nondeterministic_output"},
		Summary: "Get random members of a sorted set",
		Syntax:  "key [count [WITHSCORES]]"},
	{Name: "ZSCAN", Arity: -3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatSortedSet, Do: zscan,
		Group: "sorted-set", Since: "2.8.0", Complexity: "O(1) for a call, O(N) for all, N being the size of the sorted set", Tips: []string{"nondeterministic_output"},
		Summary: "List the members of a sorted set and their scores, a few at a time",
		Syntax:  "key cursor [MATCH pattern] [COUNT count]"},
	{Name: "ZUNION", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, KeyRO|KeyAccess), ACL: CatSortedSet, Do: zunion,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(N)+O(M*log(M)), N being the size of all inputs and M that of the result",
		Summary: "Get the members of any of several sorted sets",
		Syntax:  "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]"},
	{Name: "ZUNIONSTORE", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: combineKeys(), ACL: CatSortedSet, Do: zunionstore,
		Group: "sorted-set", Since: "2.0.0", Complexity: "O(N)+O(M*log(M)), N being the size of all inputs and M that of the result",
		Summary: "Store the members of any of several sorted sets",
		Syntax:  "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"},
	{Name: "ZINTER", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, KeyRO|KeyAccess), ACL: CatSortedSet, Do: zinter,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(N*K)+O(M*log(M)), N being the size of the smallest of K inputs and M that of the result",
		Summary: "Get the members that several sorted sets have in common",
		Syntax:  "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]"},
	{Name: "ZINTERSTORE", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: combineKeys(), ACL: CatSortedSet, Do: zinterstore,
		Group: "sorted-set", Since: "2.0.0", Complexity: "O(N*K)+O(M*log(M)), N being the size of the smallest of K inputs and M that of the result",
		Summary: "Store the members that several sorted sets have in common",
		Syntax:  "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"},
	{Name: "ZINTERCARD", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, KeyRO|KeyAccess), ACL: CatSortedSet, Do: zintercard,
		Group: "sorted-set", Since: "7.0.0", Complexity: "O(N*K), N being the size of the smallest of K inputs",
		Summary: "Count the members that several sorted sets have in common",
		Syntax:  "numkeys key [key ...] [LIMIT limit]"},
	{Name: "ZDIFF", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, KeyRO|KeyAccess), ACL: CatSortedSet, Do: zdiff,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(N*K+M*log(M)), N being the size of the first of K inputs and M that of the result",
		Summary: "Get the members of the first sorted set that none of the others has",
		Syntax:  "numkeys key [key ...] [WITHSCORES]"},
	{Name: "ZDIFFSTORE", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: combineKeys(), ACL: CatSortedSet, Do: zdiffstore,
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(N*K+M*log(M)), N being the size of the first of K inputs and M that of the result",
		Summary: "Store the members of the first sorted set that none of the others has",
		Syntax:  "destination numkeys key [key ...]"},
}

func zstoreKeys() []KeySpec {
	return []KeySpec{{Begin: 1, Step: 1, Flags: KeyOW | KeyUpdate}, {Begin: 2, Step: 1, Flags: KeyRO | KeyAccess}}
}

func combineKeys() []KeySpec {
	return append(oneKey(KeyOW|KeyUpdate), countedKeys(2, KeyRO|KeyAccess)...)
}

func keysAndTimeout(f KeyFlags) []KeySpec { return []KeySpec{{Begin: 1, Last: -2, Step: 1, Flags: f}} }

const (
	errScoreNaN     = "ERR resulting score is not a number (NaN)"
	errZaddNXAndXX  = "ERR XX and NX options at the same time are not compatible"
	errZaddGTLT     = "ERR GT, LT, and/or NX options at the same time are not compatible"
	errZaddIncr     = "ERR INCR option supports a single increment-element pair"
	errScoreRange   = "ERR min or max is not a float"
	errLexRange     = "ERR min or max not valid string range item"
	errRankLimit    = "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
	errLexScores    = "ERR syntax error, WITHSCORES not supported in combination with BYLEX"
	errWeight       = "ERR weight value is not a float"
	errNoInputBegin = "ERR at least 1 input key is needed for '"
)

// zsetOf returns the sorted set of an entry, or nil for none. Where it is something else it has answered so, and
// reports false.
func (c *Call) zsetOf(e *store.Entry) (z *store.ZSetValue, ok bool) {
	if e == nil {
		return nil, true
	}
	if z = e.Value.ZSet(); z == nil {
		c.Reply.Error(errWrongType)
		return nil, false
	}
	return z, true
}

// readZSet looks up the sorted set that the command is about.
func (c *Call) readZSet() (z *store.ZSetValue, ok bool) { return c.zsetOf(c.read(c.Args[1])) }

// double reads the argument at i as a double. When it is none it answers with the message and reports false.
//
// Source: redis/src/object.c, getDoubleFromObjectOrReply.
func (c *Call) double(i int, message string) (float64, bool) {
	f, ok := parseDouble(c.Args[i])
	if !ok {
		c.Reply.Error(message)
	}
	return f, ok
}

// parseDouble reads a whole text as C's strtod does, but takes no blanks in front, nothing that is not a number, none
// too large, and none so small that it would be 0.
//
// Source: redis/src/util.c, string2d.
func parseDouble(b []byte) (float64, bool) {
	if len(b) == 0 || isBlank(b[0]) {
		return 0, false
	}
	f, n, inRange := strtod(b)
	return f, n == len(b) && inRange && f == f
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// strtod reads a double from the beginning of a text: the longest part of it that C would take for one, of n bytes.
// inRange is false for a number that came out infinite or 0 and is not.
func strtod(b []byte) (f float64, n int, inRange bool) {
	for n < len(b) && isBlank(b[n]) {
		n++
	}
	start := n
	if n < len(b) && (b[n] == '-' || b[n] == '+') {
		n++
	}
	for _, word := range [...]struct {
		text  string
		value float64
	}{{"INFINITY", math.Inf(1)}, {"INF", math.Inf(1)}, {"NAN", math.NaN()}} {
		if end := n + len(word.text); end <= len(b) && is(b[n:end], word.text) {
			if b[start] == '-' {
				return -word.value, end, true
			}
			return word.value, end, true
		}
	}
	base, exponent := 10, byte('e')
	if n+2 < len(b) && b[n] == '0' && b[n+1]|0x20 == 'x' && (isDigit(b[n+2], 16) || b[n+2] == '.' && n+3 < len(b) && isDigit(b[n+3], 16)) {
		base, exponent = 16, 'p'
		n += 2
	}
	digits, point, zero := 0, false, true
	for ; n < len(b); n++ {
		if b[n] == '.' && !point {
			point = true
		} else if isDigit(b[n], base) {
			digits++
			zero = zero && b[n] == '0'
		} else {
			break
		}
	}
	if digits == 0 {
		return 0, 0, true
	}
	hasExponent := false
	if n < len(b) && b[n]|0x20 == exponent {
		end := n + 1
		if end < len(b) && (b[end] == '-' || b[end] == '+') {
			end++
		}
		for ; end < len(b) && isDigit(b[end], 10); end++ {
			hasExponent = true
			n = end + 1
		}
	}
	if base == 16 && !hasExponent {
		f, _ = strconv.ParseFloat(string(b[start:n])+"p0", 64)
	} else {
		f, _ = strconv.ParseFloat(string(b[start:n]), 64)
	}
	return f, n, !math.IsInf(f, 0) && (f != 0 || zero)
}

// zaddOptions are the words in front of the scores.
type zaddOptions struct{ nx, xx, gt, lt, ch, incr bool }

// zadd implements ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...], and zincrby ZINCRBY key
// increment member.
func zadd(c *Call)    { c.zadd(zaddOptions{}) }
func zincrby(c *Call) { c.zadd(zaddOptions{incr: true}) }

// Source: redis/src/t_zset.c, zaddGenericCommand.
func (c *Call) zadd(o zaddOptions) {
	i := 2
options:
	for ; i < len(c.Args); i++ {
		word := c.Args[i]
		switch {
		case is(word, "NX"):
			o.nx = true
		case is(word, "XX"):
			o.xx = true
		case is(word, "CH"):
			o.ch = true
		case is(word, "INCR"):
			o.incr = true
		case is(word, "GT"):
			o.gt = true
		case is(word, "LT"):
			o.lt = true
		default:
			break options
		}
	}
	pairs := c.Args[i:]
	switch {
	case len(pairs)%2 != 0 || len(pairs) == 0:
		c.Reply.Error(errSyntax)
	case o.nx && o.xx:
		c.Reply.Error(errZaddNXAndXX)
	case o.nx && (o.gt || o.lt) || o.gt && o.lt:
		c.Reply.Error(errZaddGTLT)
	case o.incr && len(pairs) > 2:
		c.Reply.Error(errZaddIncr)
	default:
		c.zaddPairs(i, o)
	}
}

// zaddPairs gives the members from word i on their scores, each in front of its member.
func (c *Call) zaddPairs(i int, o zaddOptions) {
	for j := i; j < len(c.Args); j += 2 {
		if _, ok := c.double(j, errNotFloat); !ok {
			return
		}
	}
	key := c.Args[1]
	z, ok := c.zsetOf(c.write(key))
	if !ok {
		return
	}
	isNew := z == nil
	if isNew {
		if o.xx {
			c.replyAdded(o, 0, false, 0)
			return
		}
		l := &c.Settings.Limits
		if z = store.NewZSet(); l.ZSetListpackEntries == 0 || len(c.Args[i+1]) > l.ZSetListpackValue {
			z = store.NewLargeZSet()
		}
	} else {
		z = c.edit(key).Value.ZSet()
	}
	added, updated := 0, 0
	score, set := 0.0, false
	for ; i < len(c.Args); i += 2 {
		score, _ = parseDouble(c.Args[i])
		member := c.Args[i+1]
		old, has := z.Score(member)
		if has && o.nx || !has && o.xx {
			continue
		}
		if has {
			if o.incr {
				if score += old; score != score {
					c.Reply.Error(errScoreNaN)
					return
				}
			}
			if o.lt && score >= old || o.gt && score <= old {
				continue
			}
		}
		set = true
		if has && score == old {
			continue
		}
		z.Put(member, score, &c.Settings.Limits)
		if has {
			updated++
		} else {
			added++
		}
	}
	if isNew {
		c.create(key, z.Value(), 0)
	}
	if o.ch {
		c.replyAdded(o, score, set, added+updated)
	} else {
		c.replyAdded(o, score, set, added)
	}
	if added+updated > 0 {
		c.touch(key)
		c.Dirty += added + updated
		if o.incr {
			c.notify('z', "zincr", key)
		} else {
			c.notify('z', "zadd", key)
		}
	}
}

// replyAdded answers with the number of members, or with the new score of the only one, if it was set.
func (c *Call) replyAdded(o zaddOptions, score float64, set bool, n int) {
	switch {
	case !o.incr:
		c.Reply.Int(int64(n))
	case set:
		c.Reply.Double(score)
	default:
		c.Reply.Null()
	}
}

// zrem implements ZREM key member [member ...].
func zrem(c *Call) {
	z, ok := c.editZSet()
	if z == nil {
		if ok {
			c.Reply.Int(0)
		}
		return
	}
	removed := 0
	for _, member := range c.Args[2:] {
		if z.Remove(member) {
			removed++
		}
	}
	c.removedFrom(z, removed, "zrem")
}

// editZSet looks up the sorted set that the command is about, for changing it.
func (c *Call) editZSet() (z *store.ZSetValue, ok bool) {
	if z, ok = c.zsetOf(c.write(c.Args[1])); z == nil {
		return nil, ok
	}
	return c.edit(c.Args[1]).Value.ZSet(), true
}

// removedFrom says that so many members were removed, and answers with their number.
func (c *Call) removedFrom(z *store.ZSetValue, n int, event string) {
	if n > 0 {
		c.notify('z', event, c.Args[1])
		c.dropEmptyZSet(c.Args[1], z)
		c.touch(c.Args[1])
		c.Dirty += n
	}
	c.Reply.Int(int64(n))
}

func (c *Call) dropEmptyZSet(key []byte, z *store.ZSetValue) {
	if z.Len() == 0 {
		c.db().Delete(key)
		c.notify('g', "del", key)
	}
}

// zcard implements ZCARD key.
func zcard(c *Call) {
	z, ok := c.readZSet()
	switch {
	case !ok:
	case z == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(z.Len()))
	}
}

// zscore implements ZSCORE key member, and zmscore ZMSCORE key member [member ...].
func zscore(c *Call) {
	if z, ok := c.readZSet(); ok {
		c.replyScore(z, c.Args[2])
	}
}

func zmscore(c *Call) {
	z, ok := c.readZSet()
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		c.replyScore(z, member)
	}
}

func (c *Call) replyScore(z *store.ZSetValue, member []byte) {
	if z != nil {
		if score, ok := z.Score(member); ok {
			c.Reply.Double(score)
			return
		}
	}
	c.Reply.Null()
}

// zrank implements ZRANK key member, and zrevrank ZREVRANK key member.
func zrank(c *Call)    { c.rank(false) }
func zrevrank(c *Call) { c.rank(true) }

func (c *Call) rank(fromEnd bool) {
	z, ok := c.readZSet()
	if !ok {
		return
	}
	if z != nil {
		if i, ok := z.Rank(c.Args[2]); ok {
			if fromEnd {
				i = z.Len() - 1 - i
			}
			c.Reply.Int(int64(i))
			return
		}
	}
	c.Reply.Null()
}

// rangeKind says what the ends of a range are.
type rangeKind uint8

const (
	rangeAny  rangeKind = iota // to be said by an option
	rangeRank                  // indexes; negative ones count from the end
	rangeScore
	rangeLex
)

// A zrangeSpec is a range of a sorted set, of any kind.
type zrangeSpec struct {
	kind          rangeKind
	reverse       bool
	start, end    int64 // of ranks
	score         store.ScoreRange
	lex           store.LexRange
	offset, limit int64 // of scores and texts; a negative limit is none
	withScores    bool
}

// parseEnds reads both ends of a range from word i on. When they make no sense it answers so and reports false.
func (c *Call) parseEnds(r *zrangeSpec, i int) (ok bool) {
	low, high := i, i+1
	if r.reverse && r.kind != rangeRank {
		low, high = high, low
	}
	switch r.kind {
	case rangeRank:
		if r.start, ok = c.integer(low); ok {
			r.end, ok = c.integer(high)
		}
		return ok
	case rangeScore:
		var also bool
		r.score.Min, r.score.MinOpen, ok = parseScoreEnd(c.Args[low])
		r.score.Max, r.score.MaxOpen, also = parseScoreEnd(c.Args[high])
		if ok && also {
			return true
		}
		c.Reply.Error(errScoreRange)
	default:
		var also bool
		r.lex.Min, ok = parseLexEnd(c.Args[low])
		r.lex.Max, also = parseLexEnd(c.Args[high])
		if ok && also {
			return true
		}
		c.Reply.Error(errLexRange)
	}
	return false
}

// parseScoreEnd reads a score, with a parenthesis in front when it is outside of the range itself. No text at all is 0.
//
// Source: redis/src/t_zset.c, zslParseRange.
func parseScoreEnd(b []byte) (score float64, open, ok bool) {
	if open = len(b) > 0 && b[0] == '('; open {
		b = b[1:]
	}
	b = cString(b, len(b))
	score, n, _ := strtod(b)
	return score, open, n == len(b) && score == score
}

// Source: redis/src/t_zset.c, zslParseLexRangeItem.
func parseLexEnd(b []byte) (end store.LexEnd, ok bool) {
	if len(b) == 0 {
		return end, false
	}
	switch alone := len(b) == 1 || b[1] == 0; b[0] {
	case '-':
		return store.LexEnd{Side: -1}, alone
	case '+':
		return store.LexEnd{Side: 1}, alone
	case '(', '[':
		return store.LexEnd{Text: string(b[1:]), Open: b[0] == '('}, true
	}
	return end, false
}

// in returns which elements the range is, from the first up to and not including the second.
func (r *zrangeSpec) in(z *store.ZSetValue) (from, to int) {
	switch r.kind {
	case rangeScore:
		from, to = z.ByScore(r.score)
	case rangeLex:
		from, to = z.ByLex(r.lex, r.reverse)
	default:
		from, to = rankRange(r.start, r.end, z.Len())
		if r.reverse {
			from, to = z.Len()-to, z.Len()-from
		}
		return from, to
	}
	skip := int64(to - from)
	if r.offset >= 0 {
		skip = min(skip, r.offset)
	}
	left := int64(to-from) - skip
	if r.limit >= 0 {
		left = min(left, r.limit)
	}
	if r.reverse {
		to -= int(skip)
		return to - int(left), to
	}
	from += int(skip)
	return from, from + int(left)
}

// rankRange returns the indexes between two ranks, both included.
func rankRange(start, end int64, size int) (from, to int) {
	n := int64(size)
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end += n
	}
	end = min(end, n-1)
	if start > end || start >= n {
		return 0, 0
	}
	return int(start), int(end) + 1
}

// zcount implements ZCOUNT key min max, and zlexcount ZLEXCOUNT key min max.
func zcount(c *Call)    { c.countRange(rangeScore) }
func zlexcount(c *Call) { c.countRange(rangeLex) }

func (c *Call) countRange(kind rangeKind) {
	r := zrangeSpec{kind: kind, limit: -1}
	if !c.parseEnds(&r, 2) {
		return
	}
	z, ok := c.readZSet()
	if !ok {
		return
	}
	n := 0
	if z != nil {
		from, to := r.in(z)
		n = to - from
	}
	c.Reply.Int(int64(n))
}

// zremrangebyrank, zremrangebyscore and zremrangebylex implement the commands of their names: key min max.
//
// Source: redis/src/t_zset.c, zremrangeGenericCommand.
func zremrangebyrank(c *Call)  { c.removeRange(rangeRank, "zremrangebyrank") }
func zremrangebyscore(c *Call) { c.removeRange(rangeScore, "zremrangebyscore") }
func zremrangebylex(c *Call)   { c.removeRange(rangeLex, "zremrangebylex") }

func (c *Call) removeRange(kind rangeKind, event string) {
	r := zrangeSpec{kind: kind, limit: -1}
	if !c.parseEnds(&r, 2) {
		return
	}
	z, ok := c.editZSet()
	if z == nil {
		if ok {
			c.Reply.Int(0)
		}
		return
	}
	from, to := r.in(z)
	z.RemoveRange(from, to)
	c.removedFrom(z, to-from, event)
}

// zrange and its older forms implement ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES].
func zrange(c *Call)           { c.zrange(zrangeSpec{}, true) }
func zrevrange(c *Call)        { c.zrange(zrangeSpec{kind: rangeRank, reverse: true}, false) }
func zrangebyscore(c *Call)    { c.zrange(zrangeSpec{kind: rangeScore}, false) }
func zrevrangebyscore(c *Call) { c.zrange(zrangeSpec{kind: rangeScore, reverse: true}, false) }
func zrangebylex(c *Call)      { c.zrange(zrangeSpec{kind: rangeLex}, false) }
func zrevrangebylex(c *Call)   { c.zrange(zrangeSpec{kind: rangeLex, reverse: true}, false) }

func (c *Call) zrange(r zrangeSpec, mayReverse bool) {
	if !c.parseRange(&r, 1, mayReverse, false) {
		return
	}
	z, ok := c.readZSet()
	if !ok {
		return
	}
	if z == nil {
		c.Reply.Array(0)
		return
	}
	from, to := r.in(z)
	c.beginScored(to-from, r.withScores)
	reply := func(e *store.ZEntry) { c.replyScored(e, r.withScores) }
	walkRange(z, from, to, r.reverse, reply)
}

// walkRange calls f for the elements from one index up to and not including another, or the same backwards.
func walkRange(z *store.ZSetValue, from, to int, reverse bool, f func(*store.ZEntry)) {
	left := to - from
	if left <= 0 {
		return
	}
	step := func(e *store.ZEntry) bool {
		f(e)
		left--
		return left > 0
	}
	if reverse {
		z.Back(to-1, step)
	} else {
		z.From(from, step)
	}
}

// beginScored begins a reply of n members with or without scores; replyScored goes on with each of them.
func (c *Call) beginScored(n int, scores bool) {
	if scores && c.Reply.Proto != 3 {
		n *= 2
	}
	c.Reply.Array(n)
}

func (c *Call) replyScored(e *store.ZEntry, scores bool) {
	if !scores {
		c.Reply.BulkString(e.Member)
		return
	}
	if c.Reply.Proto == 3 {
		c.Reply.Array(2)
	}
	c.Reply.BulkString(e.Member)
	c.Reply.Double(e.Score)
}

// parseRange reads what stands behind the key at word i: the ends of the range and the options. When they make no sense
// it answers so and reports false.
//
// Source: redis/src/t_zset.c, zrangeGenericCommand.
func (c *Call) parseRange(r *zrangeSpec, i int, mayReverse, stores bool) (ok bool) {
	r.limit = -1
	for j := i + 3; j < len(c.Args); j++ {
		word := c.Args[j]
		switch {
		case !stores && is(word, "WITHSCORES"):
			r.withScores = true
		case is(word, "LIMIT") && j+2 < len(c.Args):
			if r.offset, ok = c.integer(j + 1); !ok {
				return false
			}
			if r.limit, ok = c.integer(j + 2); !ok {
				return false
			}
			j += 2
		case mayReverse && !r.reverse && is(word, "REV"):
			r.reverse = true
		case r.kind == rangeAny && is(word, "BYLEX"):
			r.kind = rangeLex
		case r.kind == rangeAny && is(word, "BYSCORE"):
			r.kind = rangeScore
		default:
			c.Reply.Error(errSyntax)
			return false
		}
	}
	if r.kind == rangeAny {
		r.kind = rangeRank
	}
	switch {
	case r.limit != -1 && r.kind == rangeRank:
		c.Reply.Error(errRankLimit)
		return false
	case r.withScores && r.kind == rangeLex:
		c.Reply.Error(errLexScores)
		return false
	}
	return c.parseEnds(r, i+1)
}

// zrangestore implements ZRANGESTORE destination source min max [BYSCORE|BYLEX] [REV] [LIMIT offset count].
func zrangestore(c *Call) {
	var r zrangeSpec
	if !c.parseRange(&r, 2, true, true) {
		return
	}
	z, ok := c.zsetOf(c.read(c.Args[2]))
	if !ok {
		return
	}
	result := store.NewZSet()
	if z != nil {
		from, to := r.in(z)
		walkRange(z, from, to, false, func(e *store.ZEntry) { result.Put([]byte(e.Member), e.Score, &c.Settings.Limits) })
	}
	c.storeZSet(c.Args[1], result, "zrangestore", 1)
}

// storeZSet stores the result of a command, counts it as so many changes, and answers with the number of members.
func (c *Call) storeZSet(key []byte, z *store.ZSetValue, event string, changes int) {
	switch {
	case z.Len() > 0:
		c.setKey(key, z.Value(), 0)
		c.Dirty += changes - 1
		c.notify('z', event, key)
	case c.db().Delete(key):
		c.changed(key)
		c.notify('g', "del", key)
	}
	c.Reply.Int(int64(z.Len()))
}

// zend is an end of a sorted set.
type zend uint8

const (
	zmin zend = iota
	zmax
)

var (
	zpopEvent = [...]string{zmin: "zpopmin", zmax: "zpopmax"}
	wordZpop  = [...][]byte{zmin: []byte("ZPOPMIN"), zmax: []byte("ZPOPMAX")}
)

// zpopmin implements ZPOPMIN key [count], and zpopmax ZPOPMAX key [count].
func zpopmin(c *Call) { c.zpop(zmin) }
func zpopmax(c *Call) { c.zpop(zmax) }

// Source: redis/src/t_zset.c, zpopMinMaxCommand and genericZpopCommand.
func (c *Call) zpop(end zend) {
	if len(c.Args) > 3 {
		c.Reply.Error(errSyntax)
		return
	}
	count, nested := int64(1), false
	if len(c.Args) == 3 {
		var ok bool
		if count, ok = c.atLeast(2, 0, errNotPositive); !ok {
			return
		}
		nested = c.Reply.Proto == 3
	}
	z, ok := c.zsetOf(c.write(c.Args[1]))
	if !ok {
		return
	}
	if z == nil || count == 0 {
		c.Reply.Array(0)
		return
	}
	n := int(min(count, int64(z.Len())))
	if nested {
		c.Reply.Array(n)
	} else {
		c.Reply.Array(2 * n)
	}
	c.popZSet(c.Args[1], end, n, nested)
}

// popZSet removes n elements of the sorted set at a key, and writes them into the reply.
func (c *Call) popZSet(key []byte, end zend, n int, nested bool) {
	z := c.edit(key).Value.ZSet()
	from, to := 0, n
	if end == zmax {
		from, to = z.Len()-n, z.Len()
	}
	walkRange(z, from, to, end == zmax, func(e *store.ZEntry) {
		if nested {
			c.Reply.Array(2)
		}
		c.Reply.BulkString(e.Member)
		c.Reply.Double(e.Score)
	})
	z.RemoveRange(from, to)
	c.notify('z', zpopEvent[end], key)
	c.dropEmptyZSet(key, z)
	c.touch(key)
	c.Dirty += n
}

// zmpop implements ZMPOP numkeys key [key ...] <MIN|MAX> [COUNT count].
func zmpop(c *Call) {
	keys, end, count, ok := c.parseZmpop(1)
	if ok && !c.zpopFirst(keys, end, count) {
		c.Reply.NullArray()
	}
}

// bzmpop implements BZMPOP timeout numkeys key [key ...] <MIN|MAX> [COUNT count].
func bzmpop(c *Call) {
	if keys, end, count, ok := c.parseZmpop(2); ok {
		c.zpopOrWait(keys, end, 1, count)
	}
}

// bzpopmin implements BZPOPMIN key [key ...] timeout, and bzpopmax BZPOPMAX key [key ...] timeout.
func bzpopmin(c *Call) { c.zpopOrWait(c.Args[1:len(c.Args)-1], zmin, len(c.Args)-1, 0) }
func bzpopmax(c *Call) { c.zpopOrWait(c.Args[1:len(c.Args)-1], zmax, len(c.Args)-1, 0) }

// parseZmpop reads what stands behind word i, the number of keys.
//
// Source: redis/src/t_zset.c, zmpopGenericCommand.
func (c *Call) parseZmpop(i int) (keys [][]byte, end zend, count int64, ok bool) {
	n, ok := c.atLeast(i, 1, errNumKeys)
	if !ok {
		return nil, 0, 0, false
	}
	rest := c.Args[i+1:]
	if n >= int64(len(rest)) {
		c.Reply.Error(errSyntax)
		return nil, 0, 0, false
	}
	keys, rest = rest[:n], rest[n:]
	switch {
	case is(rest[0], "MIN"):
	case is(rest[0], "MAX"):
		end = zmax
	default:
		c.Reply.Error(errSyntax)
		return nil, 0, 0, false
	}
	for j := len(c.Args) - len(rest) + 1; j < len(c.Args); j += 2 {
		if count != 0 || !is(c.Args[j], "COUNT") || j+1 == len(c.Args) {
			c.Reply.Error(errSyntax)
			return nil, 0, 0, false
		}
		if count, ok = c.atLeast(j+1, 1, errCountZero); !ok {
			return nil, 0, 0, false
		}
	}
	return keys, end, max(count, 1), true
}

// zpopFirst removes up to count elements from the first sorted set that there is, and answers with its key and those,
// each an array of its own, or for a count of 0 with the one that there is then. It reports false, and has not answered,
// when there is none.
func (c *Call) zpopFirst(keys [][]byte, end zend, count int64) bool {
	for _, key := range keys {
		e := c.write(key)
		if e == nil || c.Served && e.Value.Kind() != store.ZSet {
			continue
		}
		z, ok := c.zsetOf(e)
		if !ok {
			return true
		}
		if count == 0 {
			c.Reply.Array(3)
			c.Reply.Bulk(key)
			c.popZSet(key, end, 1, false)
			c.propagateAs(wordZpop[end], key)
			return true
		}
		n := int(min(count, int64(z.Len())))
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		c.Reply.Array(n)
		c.popZSet(key, end, n, true)
		c.propagateAs(wordZpop[end], key, c.number(int64(n)))
		return true
	}
	return false
}

// zpopOrWait is zpopFirst for a client that waits, until the time at word timeout, when there is nothing.
//
// Source: redis/src/t_zset.c, blockingGenericZpopCommand.
func (c *Call) zpopOrWait(keys [][]byte, end zend, timeout int, count int64) {
	var until engine.Instant
	until, ok := c.timeout(timeout)
	if !ok || c.zpopFirst(keys, end, count) {
		return
	}
	if !c.park(keys, until) {
		c.Reply.NullArray()
		return
	}
	c.Wait.Kind = store.ZSet
}

// zrandmember implements ZRANDMEMBER key [count [WITHSCORES]].
//
// Source: redis/src/t_zset.c, zrandmemberCommand and zrandmemberWithCountCommand.
func zrandmember(c *Call) {
	if len(c.Args) == 2 {
		z, ok := c.readZSet()
		switch {
		case !ok:
		case z == nil:
			c.Reply.Null()
		default:
			c.Reply.BulkString(z.At(c.Rand.IntN(z.Len())).Member)
		}
		return
	}
	count, ok := c.randomCount(2)
	if !ok {
		return
	}
	scores := len(c.Args) == 4
	switch {
	case len(c.Args) > 4 || scores && !is(c.Args[3], "WITHSCORES"):
		c.Reply.Error(errSyntax)
		return
	case scores && (count < -math.MaxInt64/2 || count > math.MaxInt64/2):
		c.Reply.Error(errOutOfRange)
		return
	}
	z, ok := c.readZSet()
	if !ok {
		return
	}
	if z == nil || count == 0 {
		c.Reply.Array(0)
		return
	}
	begin := func(n int) { c.beginScored(n, scores) }
	reply := func(e *store.ZEntry) { c.replyScored(e, scores) }
	switch choose(count, z.Len()) {
	case chooseAny:
		c.replyMany(-count, begin, func() { reply(z.At(c.Rand.IntN(z.Len()))) })
	case chooseAll:
		begin(z.Len())
		walkRange(z, 0, z.Len(), true, reply)
	case chooseMost:
		begin(int(count))
		pick := sample{c.Rand, int(count), z.Len()}
		walkRange(z, 0, z.Len(), true, func(e *store.ZEntry) {
			if pick.takes() {
				reply(e)
			}
		})
	default:
		begin(int(count))
		seen := make(map[int]struct{}, count)
		for len(seen) < int(count) {
			i := c.Rand.IntN(z.Len())
			if _, ok := seen[i]; !ok {
				seen[i] = struct{}{}
				reply(z.At(i))
			}
		}
	}
}

// zscan implements ZSCAN key cursor [MATCH pattern] [COUNT count].
func zscan(c *Call) {
	cursor, ok := c.elementCursor()
	if !ok {
		return
	}
	z, ok := c.readZSet()
	if !ok {
		return
	}
	if z == nil {
		c.replyScan(0, func(*elementScan) uint64 { return 0 })
		return
	}
	// A small sorted set shows its scores as they lie in a listpack, where whole numbers are integers: 1e17 has all its
	// digits there, and -0 has no sign.
	small := z.Value().Encoding() == store.Listpack
	c.replyScan(3, func(s *elementScan) uint64 {
		var text [32]byte
		return z.Scan(cursor, s.count, func(member string, score float64) {
			if s.pattern == nil || glob(s.pattern, member) {
				c.Reply.BulkString(member)
				if small && math.Abs(score) < 1<<62 && score == math.Trunc(score) {
					c.Reply.BulkInt(int64(score))
				} else {
					c.Reply.Bulk(resp.AppendDouble(text[:0], score)) // no double even in RESP3
				}
				s.words += 2
			}
		})
	})
}

// A combination is what ZUNION, ZINTER, ZDIFF and their kin make one sorted set of.
type combination struct {
	inputs     []zinput
	aggregate  aggregate
	withScores bool
	limit      int64 // of ZINTERCARD; 0 = none
}

// A zinput is a sorted set, or a set, whose members have the score 1; or nothing.
type zinput struct {
	zset   *store.ZSetValue
	set    *store.SetValue
	weight float64
}

func (in *zinput) len() int {
	switch {
	case in.zset != nil:
		return in.zset.Len()
	case in.set != nil:
		return in.set.Len()
	}
	return 0
}

func (in *zinput) score(member []byte) (float64, bool) {
	switch {
	case in.zset != nil:
		return in.zset.Score(member)
	case in.set != nil:
		return 1, in.set.Has(member)
	}
	return 0, false
}

// each calls f for every member until it returns false.
func (in *zinput) each(f func(member []byte, score float64) bool) {
	var text []byte
	switch {
	case in.zset != nil:
		in.zset.From(0, func(e *store.ZEntry) bool {
			text = append(text[:0], e.Member...)
			return f(text, e.Score)
		})
	case in.set != nil:
		for member := range in.set.All() {
			text = member.AppendTo(text[:0])
			if !f(text, 1) {
				return
			}
		}
	}
}

// weighted is the score that counts: infinity times nothing is nothing.
func (in *zinput) weighted(score float64) float64 {
	if score *= in.weight; score != score {
		return 0
	}
	return score
}

// An aggregate makes one score of two.
type aggregate uint8

const (
	aggregateSum aggregate = iota
	aggregateMin
	aggregateMax
)

// Source: redis/src/t_zset.c, zunionInterAggregate. A comparison with what is not a number is false.
func (a aggregate) of(score, other float64) float64 {
	switch a {
	case aggregateSum:
		if score += other; score != score {
			return 0
		}
	case aggregateMin:
		if other < score {
			return other
		}
	case aggregateMax:
		if other > score {
			return other
		}
	}
	return score
}

// setOperation is what a combination does.
type setOperation uint8

const (
	opUnion setOperation = iota
	opInter
	opDiff
)

var storeEvent = [...]string{opUnion: "zunionstore", opInter: "zinterstore", opDiff: "zdiffstore"}

// zunion, zinter and zdiff implement ZUNION numkeys key [key ...] [WEIGHTS …] [AGGREGATE …] [WITHSCORES] and the like;
// those with store in their names take a destination in front.
func zunion(c *Call)      { c.combine(opUnion) }
func zinter(c *Call)      { c.combine(opInter) }
func zdiff(c *Call)       { c.combine(opDiff) }
func zunionstore(c *Call) { c.combineAndStore(opUnion) }
func zinterstore(c *Call) { c.combineAndStore(opInter) }
func zdiffstore(c *Call)  { c.combineAndStore(opDiff) }

func (c *Call) combine(op setOperation) {
	x, ok := c.parseCombination(1, op, false)
	if !ok {
		return
	}
	z := c.combined(x, op)
	c.beginScored(z.Len(), x.withScores)
	walkRange(z, 0, z.Len(), false, func(e *store.ZEntry) { c.replyScored(e, x.withScores) })
}

func (c *Call) combineAndStore(op setOperation) {
	if x, ok := c.parseCombination(2, op, false); ok {
		z := c.combined(x, op)
		z.Compact(&c.Settings.Limits)
		c.storeZSet(c.Args[1], z, storeEvent[op], 1)
	}
}

// zintercard implements ZINTERCARD numkeys key [key ...] [LIMIT limit].
func zintercard(c *Call) {
	x, ok := c.parseCombination(1, opInter, true)
	if !ok {
		return
	}
	n := int64(0)
	x.intersect(func([]byte, float64) bool {
		n++
		return x.limit == 0 || n < x.limit
	})
	c.Reply.Int(n)
}

// parseCombination reads the command line from word i on, which is the number of keys, and looks these up.
//
// Source: redis/src/t_zset.c, zunionInterDiffGenericCommand.
func (c *Call) parseCombination(i int, op setOperation, counts bool) (x combination, ok bool) {
	n, ok := c.integer(i)
	if !ok {
		return x, false
	}
	if n < 1 {
		c.Reply.Error(errNoInputBegin + c.Cmd.FullName() + "' command")
		return x, false
	}
	if n > int64(len(c.Args)-i-1) {
		c.Reply.Error(errSyntax)
		return x, false
	}
	first := i + 1
	x.inputs = make([]zinput, n)
	for k := range x.inputs {
		in := &x.inputs[k]
		in.weight = 1
		if e := c.read(c.Args[first+k]); e != nil {
			in.zset, in.set = e.Value.ZSet(), e.Value.Set()
			if in.zset == nil && in.set == nil {
				c.Reply.Error(errWrongType)
				return x, false
			}
		}
	}
	weighs := op != opDiff && !counts
	for j := first + int(n); j < len(c.Args); j++ {
		word, left := c.Args[j], len(c.Args)-j
		switch {
		case weighs && left > int(n) && is(word, "WEIGHTS"):
			for k := range x.inputs {
				j++
				if x.inputs[k].weight, ok = c.double(j, errWeight); !ok {
					return x, false
				}
			}
		case weighs && left >= 2 && is(word, "AGGREGATE"):
			j++
			switch {
			case is(c.Args[j], "SUM"):
				x.aggregate = aggregateSum
			case is(c.Args[j], "MIN"):
				x.aggregate = aggregateMin
			case is(c.Args[j], "MAX"):
				x.aggregate = aggregateMax
			default:
				c.Reply.Error(errSyntax)
				return x, false
			}
		case i == 1 && !counts && is(word, "WITHSCORES"):
			x.withScores = true
		case counts && left >= 2 && is(word, "LIMIT"):
			j++
			if x.limit, ok = c.atLeast(j, 0, errLimit); !ok {
				return x, false
			}
		default:
			c.Reply.Error(errSyntax)
			return x, false
		}
	}
	if op != opDiff {
		// The smallest first: this decides in which order scores are added, which shows in their last bits.
		slices.SortStableFunc(x.inputs, func(a, b zinput) int { return a.len() - b.len() })
	}
	return x, true
}

// combined returns the result, in the large form.
func (c *Call) combined(x combination, op setOperation) *store.ZSetValue {
	z := store.NewLargeZSet()
	l := &c.Settings.Limits
	switch op {
	case opUnion:
		for k := range x.inputs {
			in := &x.inputs[k]
			in.each(func(member []byte, score float64) bool {
				score = in.weighted(score)
				if old, ok := z.Score(member); ok {
					score = x.aggregate.of(old, score)
				}
				z.Put(member, score, l)
				return true
			})
		}
	case opInter:
		x.intersect(func(member []byte, score float64) bool {
			z.Put(member, score, l)
			return true
		})
	case opDiff:
		x.inputs[0].each(func(member []byte, score float64) bool {
			for k := range x.inputs[1:] {
				if _, ok := x.inputs[1+k].score(member); ok {
					return true
				}
			}
			z.Put(member, score, l)
			return true
		})
	}
	return z
}

// intersect calls f for the members that all inputs have, until it returns false.
func (x *combination) intersect(f func(member []byte, score float64) bool) {
	x.inputs[0].each(func(member []byte, score float64) bool {
		score = x.inputs[0].weighted(score)
		for k := range x.inputs[1:] {
			in := &x.inputs[1+k]
			other, ok := in.score(member)
			if !ok {
				return true
			}
			score = x.aggregate.of(score, float64(other*in.weight))
		}
		return f(member, score)
	})
}
