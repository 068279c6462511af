package command

import (
	"bytes"
	"math"
	"time"

	"resync/engine"
	"resync/engine/resp"
	"resync/engine/store"
)

var streamCommands = []Command{
	{Name: "XADD", Arity: -5, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatStream, Do: xadd,
		Group: "stream", Since: "5.0.0", Complexity: "O(1), or O(N) when it trims, N being the number of entries that go",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Add an entry to the end of a stream",
		Syntax:  "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]"},
	{Name: "XLEN", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(KeyRO), ACL: CatStream, Do: xlen,
		Group: "stream", Since: "5.0.0", Complexity: "O(1)",
		Summary: "Count the entries of a stream",
		Syntax:  "key"},
	{Name: "XRANGE", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatStream, Do: xrange,
		Group: "stream", Since: "5.0.0", Complexity: "O(N), N being the number of entries returned",
		Summary: "Get the entries between two IDs",
		Syntax:  "key start end [COUNT count]"},
	{Name: "XREVRANGE", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatStream, Do: xrevrange,
		Group: "stream", Since: "5.0.0", Complexity: "O(N), N being the number of entries returned",
		Summary: "Get the entries between two IDs, the last one first",
		Syntax:  "key end start [COUNT count]"},
	{Name: "XDEL", Arity: -3, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyDelete), ACL: CatStream, Do: xdel,
		Group: "stream", Since: "5.0.0", Complexity: "O(1) for each entry",
		Summary: "Delete entries and count those that were there",
		Syntax:  "key id [id ...]"},
	{Name: "XTRIM", Arity: -4, Flags: Write, Keys: oneKey(KeyRW | KeyDelete), ACL: CatStream, Do: xtrim,
		Group: "stream", Since: "5.0.0", Complexity: "O(N), N being the number of entries that go; many go at once",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Delete the oldest entries beyond a number or below an ID",
		Syntax:  "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]"},
	{Name: "XREAD", Arity: -4, Flags: ReadOnly | Blocking | MovableKeys, Keys: streamsKeys(1), ACL: CatStream, Do: xread,
		Group: "stream", Since: "5.0.0", Complexity: "O(N) for each stream, N being the number of entries returned",
		Summary: "Get the entries of streams behind given IDs, and wait for them if asked to",
		Syntax:  "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]"},
	{Name: "XREADGROUP", Arity: -7, Flags: Write | Blocking | MovableKeys, Keys: streamsKeys(4), ACL: CatStream, Do: xreadgroup,
		Group: "stream", Since: "5.0.0", Complexity: "O(N) for each stream, N being the number of entries returned",
		Summary: "Get new entries as a consumer of a group, or those that are pending for it",
		Syntax:  "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]"},
	{Name: "XACK", Arity: -4, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatStream, Do: xack,
		Group: "stream", Since: "5.0.0", Complexity: "O(1) for each ID",
		Summary: "Say that pending entries were processed",
		Syntax:  "key group id [id ...]"},
	{Name: "XPENDING", Arity: -3, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatStream, Do: xpending,
		Group: "stream", Since: "5.0.0", Complexity: "O(N), N being the number of entries returned, or looked at with IDLE",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Show which entries of a group are pending",
		Syntax:  "key group [[IDLE min-idle-time] start end count [consumer]]"},
	{Name: "XCLAIM", Arity: -6, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatStream, Do: xclaim,
		Group: "stream", Since: "5.0.0", Complexity: "O(log N), N being the number of entries pending in the group",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Give pending entries to another consumer",
		Syntax:  "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]"},
	{Name: "XAUTOCLAIM", Arity: -6, Flags: Write | Fast, Keys: oneKey(KeyRW | KeyDelete), ACL: CatStream, Do: xautoclaim,
		Group: "stream", Since: "6.2.0", Complexity: "O(1) if COUNT is small",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Give entries that are pending for long to another consumer, a few at a time",
		Syntax:  "key group consumer min-idle-time start [COUNT count] [JUSTID]"},
	{Name: "XSETID", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatStream, Do: xsetid,
		Group: "stream", Since: "5.0.0", Complexity: "O(1)",
		Summary: "Set what a stream remembers of entries that are no more",
		Syntax:  "key last-id [ENTRIESADDED entries_added] [MAXDELETEDID max_deleted_entry_id]"},
	{Name: "XGROUP", Arity: -2,
		Group: "stream", Since: "5.0.0", Complexity: "that of the subcommand",
		Summary: "Manage the consumer groups of a stream",
		Subs: []Command{
			{Name: "CREATE", Arity: -5, Flags: Write | DenyOOM, Keys: secondKey(KeyRW | KeyInsert), ACL: CatStream, Do: xgroupCreate,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)",
				Summary: "Create a group that reads behind an ID",
				Syntax:  "key group <id | $> [MKSTREAM] [ENTRIESREAD entries_read]"},
			{Name: "CREATECONSUMER", Arity: 5, Flags: Write | DenyOOM, Keys: secondKey(KeyRW | KeyInsert), ACL: CatStream, Do: xgroupCreateConsumer,
				Group: "stream", Since: "6.2.0", Complexity: "O(1)",
				Summary: "Create a consumer in a group",
				Syntax:  "key group consumer"},
			{Name: "DELCONSUMER", Arity: 5, Flags: Write, Keys: secondKey(KeyRW | KeyDelete), ACL: CatStream, Do: xgroupDelConsumer,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)",
				Summary: "Delete a consumer, and forget what is pending for it",
				Syntax:  "key group consumer"},
			{Name: "DESTROY", Arity: 4, Flags: Write, Keys: secondKey(KeyRW | KeyDelete), ACL: CatStream, Do: xgroupDestroy,
				Group: "stream", Since: "5.0.0", Complexity: "O(N), N being the number of entries pending in the group",
				Summary: "Delete a group",
				Syntax:  "key group"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, ACL: CatStream, Do: Help,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "SETID", Arity: -5, Flags: Write, Keys: secondKey(KeyRW | KeyUpdate), ACL: CatStream, Do: xgroupSetID,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)",
				Summary: "Set the ID behind which a group reads",
				Syntax:  "key group <id | $> [ENTRIESREAD entries_read]"},
		}},
	{Name: "XINFO", Arity: -2,
		Group: "stream", Since: "5.0.0", Complexity: "that of the subcommand",
		Summary: "Look into a stream",
		Subs: []Command{
			{Name: "CONSUMERS", Arity: 4, Flags: ReadOnly, Keys: secondKey(KeyRO | KeyAccess), ACL: CatStream, Do: xinfoConsumers,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
				Summary: "List the consumers of a group",
				Syntax:  "key group"},
			{Name: "GROUPS", Arity: 3, Flags: ReadOnly, Keys: secondKey(KeyRO | KeyAccess), ACL: CatStream, Do: xinfoGroups,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)",
				Summary: "List the groups of a stream",
				Syntax:  "key"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, ACL: CatStream, Do: Help,
				Group: "stream", Since: "5.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "STREAM", Arity: -3, Flags: ReadOnly, Keys: secondKey(KeyRO | KeyAccess), ACL: CatStream, Do: xinfoStream,
				Group: "stream", Since: "5.0.0", Complexity: "O(N), N being the number of nodes that hold the entries",
				Summary: "Show what a stream knows about itself",
				Syntax:  "key [FULL [COUNT count]]"},
		}},
}

// streamsKeys is the shape of XREAD: STREAMS, keys, and as many IDs.
func streamsKeys(from int) []KeySpec {
	return []KeySpec{{Begin: from, Last: -1, Step: 1, Limit: 2, Keyword: "STREAMS", Flags: KeyRO | KeyAccess}}
}

func secondKey(f KeyFlags) []KeySpec { return []KeySpec{{Begin: 2, Step: 1, Flags: f}} }

// What commands on streams answer when the user is wrong.
//
// Source: redis/src/t_stream.c.
const (
	errStreamID       = "ERR Invalid stream ID specified as stream command argument"
	errStreamStart    = "ERR invalid start ID for the interval"
	errStreamEnd      = "ERR invalid end ID for the interval"
	errTwoTrims       = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"
	errMaxLen         = "ERR The MAXLEN argument must be >= 0."
	errTrimLimit      = "ERR The LIMIT argument must be >= 0."
	errLimitAlone     = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"
	errLimitExact     = "ERR syntax error, LIMIT cannot be used without the special ~ option"
	errNoTrim         = "ERR syntax error, XTRIM must be called with a trimming strategy"
	errXaddZero       = "ERR The ID specified in XADD must be greater than 0-0"
	errXaddSmall      = "ERR The ID specified in XADD is equal or smaller than the target stream top item"
	errXaddLast       = "ERR The stream has exhausted the last possible ID, unable to add more items"
	errXaddLarge      = "ERR Elements are too large to be stored"
	errUnbalanced     = "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."
	errGroupOption    = "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."
	errNoAckOption    = "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."
	errGroupMissing   = "ERR Missing GROUP option for XREADGROUP"
	errNewIDAlone     = "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
	errDollarInGroup  = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."
	errBlockInteger   = "ERR timeout is not an integer or out of range"
	errBlockNegative  = "ERR timeout is negative"
	errBusyGroup      = "BUSYGROUP Consumer Group name already exists"
	errEntriesRead    = "ERR value for ENTRIESREAD must be positive or -1"
	errXgroupKey      = "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."
	errEntriesAdded   = "ERR entries_added must be positive"
	errXsetidGiven    = "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"
	errXsetidTop      = "ERR The ID specified in XSETID is smaller than the target stream top item"
	errXsetidLength   = "ERR The entries_added specified in XSETID is smaller than the target stream length"
	errAutoclaimCount = "ERR COUNT must be > 0"
)

// parseStreamID reads an ID. One without a sequence gets that of missing. A strict one is a number, and neither the
// first nor the last of all, - and +.
//
// Source: redis/src/t_stream.c, streamGenericParseIDOrReply.
func parseStreamID(b []byte, missing uint64, strict bool) (store.StreamID, bool) {
	if len(b) == 1 || len(b) > 1 && b[1] == 0 {
		switch {
		case b[0] == '-':
			return store.StreamID{}, !strict
		case b[0] == '+':
			return store.MaxStreamID, !strict
		}
	}
	if len(b) > 127 {
		return store.StreamID{}, false
	}
	ms, seq, both := bytes.Cut(cString(b, len(b)), []byte{'-'})
	id := store.StreamID{Seq: missing}
	var ok bool
	if id.MS, ok = parseUint64(ms); !ok {
		return store.StreamID{}, false
	}
	if both {
		id.Seq, ok = parseUint64(seq)
	}
	return id, ok
}

// parseUint64 reads a number as C's strtoull does, which allows for blanks and a sign in front, and wraps what is
// negative around; but not for what is the canonical text of a negative number.
//
// Source: redis/src/util.c, string2ull.
func parseUint64(b []byte) (uint64, bool) {
	if n, ok := resp.ParseInt64(b); ok {
		return uint64(n), n >= 0
	}
	for len(b) > 0 && (b[0] == ' ' || '\t' <= b[0] && b[0] <= '\r') {
		b = b[1:]
	}
	negative := len(b) > 0 && b[0] == '-'
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	n := uint64(0)
	for _, d := range b {
		if d -= '0'; d > 9 || n > (math.MaxUint64-uint64(d))/10 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	if negative {
		n = -n
	}
	return n, len(b) > 0
}

// streamID reads the ID at argument i. When it is none it answers so and reports false.
func (c *Call) streamID(i int) (store.StreamID, bool) {
	id, ok := parseStreamID(c.Args[i], 0, true)
	if !ok {
		c.Reply.Error(errStreamID)
	}
	return id, ok
}

// streamIDs reads the IDs from argument i on.
func (c *Call) streamIDs(i int) ([]store.StreamID, bool) {
	ids := make([]store.StreamID, 0, 8)
	for ; i < len(c.Args); i++ {
		id, ok := c.streamID(i)
		if !ok {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}

// streamStart and streamEnd read an end of an interval, which a bracket in front leaves out.
//
// Source: redis/src/t_stream.c, streamParseIntervalIDOrReply.
func (c *Call) streamStart(i int) (store.StreamID, bool) {
	return c.streamBound(i, 0, store.StreamID.Next, errStreamStart)
}

func (c *Call) streamEnd(i int) (store.StreamID, bool) {
	return c.streamBound(i, math.MaxUint64, store.StreamID.Prev, errStreamEnd)
}

func (c *Call) streamBound(i int, missing uint64, beside func(store.StreamID) (store.StreamID, bool), none string) (store.StreamID, bool) {
	word := c.Args[i]
	open := len(word) > 1 && word[0] == '('
	if open {
		word = word[1:]
	}
	id, ok := parseStreamID(word, missing, open)
	if !ok {
		c.Reply.Error(errStreamID)
		return id, false
	}
	if open {
		if id, ok = beside(id); !ok {
			c.Reply.Error(none)
		}
	}
	return id, ok
}

func (c *Call) replyStreamID(id store.StreamID) {
	var room [41]byte
	c.Reply.Bulk(id.AppendTo(room[:0]))
}

func (c *Call) idWord(id store.StreamID) []byte {
	start := len(c.text)
	c.text = id.AppendTo(c.text)
	return c.text[start:len(c.text):len(c.text)]
}

func (c *Call) replyStreamEntry(e *store.StreamEntry) {
	w := c.Reply
	w.Array(2)
	c.replyStreamID(e.ID)
	w.Array(2 * e.Len())
	e.Each(func(name, value []byte) {
		w.Bulk(name)
		w.Bulk(value)
	})
}

// isStream reports whether the entry, which may be nil, may be used as a stream. Else it has answered so.
func (c *Call) isStream(e *store.Entry) bool {
	if e == nil || e.Value.Kind() == store.Stream {
		return true
	}
	c.Reply.Error(errWrongType)
	return false
}

// editStream returns the stream at a key, which is there, for changing it.
func (c *Call) editStream(key []byte) *store.StreamValue { return c.edit(key).Value.Stream() }

// A streamAdd is what stands between the key and the fields of XADD, or behind the key of XTRIM.
type streamAdd struct {
	trims      bool
	trim       store.StreamTrim
	threshold  int // the argument with it
	noMkStream bool
	id         store.StreamID // or, with auto, its time alone, or nothing of it
	idAt       int            // the argument with it
	auto       autoID
}

type autoID uint8

const (
	idGiven   autoID = iota
	idAutoSeq        // ms-*
	idAuto           // *
)

// Source: redis/src/t_stream.c, streamParseAddOrTrimArgsOrReply.
func (c *Call) parseStreamAdd(xadd bool) (a streamAdd, ok bool) {
	limitGiven := false
	i := 2
options:
	for ; i < len(c.Args); i++ {
		word, more := c.Args[i], len(c.Args)-1-i
		switch {
		case xadd && is(word, "*"):
			a.auto = idAuto
			break options
		case is(word, "MAXLEN") && more > 0, is(word, "MINID") && more > 0:
			if a.trims {
				c.Reply.Error(errTwoTrims)
				return a, false
			}
			a.trims, a.trim.ByID = true, is(word, "MINID")
			if i++; more >= 2 && (is(c.Args[i], "~") || is(c.Args[i], "=")) {
				a.trim.Approx = is(c.Args[i], "~")
				i++
			}
			a.threshold = i
			if a.trim.ByID {
				if a.trim.MinID, ok = c.streamID(i); !ok {
					return a, false
				}
				break
			}
			if a.trim.MaxLen, ok = c.integer(i); !ok {
				return a, false
			}
			if a.trim.MaxLen < 0 {
				c.Reply.Error(errMaxLen)
				return a, false
			}
		case is(word, "LIMIT") && more > 0:
			i++
			if a.trim.Limit, ok = c.integer(i); !ok {
				return a, false
			}
			if a.trim.Limit < 0 {
				c.Reply.Error(errTrimLimit)
				return a, false
			}
			limitGiven = true
		case xadd && is(word, "NOMKSTREAM"):
			a.noMkStream = true
		case xadd:
			if a.id, a.auto, ok = parseNewID(word); !ok {
				c.Reply.Error(errStreamID)
				return a, false
			}
			break options
		default:
			c.Reply.Error(errSyntax)
			return a, false
		}
	}
	a.idAt = i
	switch {
	case a.trim.Limit != 0 && !a.trims:
		c.Reply.Error(errLimitAlone)
		return a, false
	case !xadd && !a.trims:
		c.Reply.Error(errNoTrim)
		return a, false
	case c.Expiry == ExpireIgnored:
		// A master says how much it has trimmed, and that is how much goes.
		a.trim.Limit = 0
	case limitGiven && !a.trim.Approx:
		c.Reply.Error(errLimitExact)
		return a, false
	case !limitGiven && a.trim.Approx:
		a.trim.Limit = 100 * int64(c.Settings.Limits.StreamNodeEntries)
		if a.trim.Limit <= 0 {
			a.trim.Limit = 10000
		}
		a.trim.Limit = min(a.trim.Limit, 1000000)
	}
	return a, true
}

// parseNewID reads the ID of an entry that is to be added: ms, ms-seq or ms-*.
func parseNewID(b []byte) (store.StreamID, autoID, bool) {
	text := cString(b, len(b))
	if n := len(text) - 2; n >= 0 && len(b) <= 127 && bytes.IndexByte(text, '-') == n && text[n+1] == '*' {
		ms, ok := parseUint64(text[:n])
		return store.StreamID{MS: ms}, idAutoSeq, ok
	}
	id, ok := parseStreamID(b, 0, true)
	return id, idGiven, ok
}

// newID returns the ID of the next entry, or what is wrong with it. That a time has no sequence left is told as it is
// by redis-server, whose function leaves the reason out.
//
// Source: redis/src/t_stream.c, streamAppendItem, streamNextID.
func (c *Call) newID(a *streamAdd, last store.StreamID) (id store.StreamID, wrong string) {
	id = a.id
	switch {
	case a.auto == idAuto && uint64(c.Now.Millis()) > last.MS:
		id = store.StreamID{MS: uint64(c.Now.Millis())}
	case a.auto == idAuto, a.auto == idAutoSeq && id.MS == last.MS:
		if a.auto == idAutoSeq && last.Seq == math.MaxUint64 {
			return id, errXaddLarge
		}
		id, _ = last.Next()
	}
	if id.Compare(last) <= 0 {
		return id, errXaddSmall
	}
	return id, ""
}

// xadd implements XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...].
//
// Source: redis/src/t_stream.c, xaddCommand.
func xadd(c *Call) {
	a, ok := c.parseStreamAdd(true)
	if !ok {
		return
	}
	key := c.Args[1]
	if a.idAt >= len(c.Args) || len(c.Args)-a.idAt < 3 || (len(c.Args)-a.idAt)%2 == 0 {
		c.Reply.Error(WrongArity(c.Cmd))
		return
	}
	pairs := c.Args[a.idAt+1:]
	if a.auto == idGiven && a.id.IsZero() {
		c.Reply.Error(errXaddZero)
		return
	}
	e := c.write(key)
	if !c.isStream(e) {
		return
	}
	if e == nil {
		if a.noMkStream {
			c.Reply.Null()
			return
		}
		c.create(key, store.NewStream().Value(), 0)
		e = c.db().Get(key)
	}
	last := e.Value.Stream().LastID()
	if last == store.MaxStreamID {
		c.Reply.Error(errXaddLast)
		return
	}
	id, wrong := c.newID(&a, last)
	if wrong != "" {
		c.Reply.Error(wrong)
		return
	}
	size := 0
	for _, s := range pairs {
		size += len(s)
	}
	if size > store.StreamEntryMax {
		c.Reply.Error(errXaddLarge)
		return
	}
	x := c.editStream(key)
	x.Add(id, pairs, &c.Settings.Limits)
	c.replyStreamID(id)
	c.changed(key)
	c.notify('t', "xadd", key)
	if a.trims {
		if x.Trim(a.trim) > 0 {
			c.notify('t', "xtrim", key)
		}
		if a.trim.Approx {
			c.rewriteTrim(&a, x)
		}
	}
	if a.auto != idGiven {
		if c.rewritten == nil {
			c.propagateAs(c.Args...)
		}
		c.rewritten[a.idAt] = c.idWord(id)
	}
	c.ready(key, store.Stream)
}

// rewriteTrim says to replicas how much there is left instead of that there is about so much: where their nodes begin
// may differ from ours.
//
// Source: redis/src/t_stream.c, streamRewriteApproxSpecifier, streamRewriteTrimArgument.
func (c *Call) rewriteTrim(a *streamAdd, x *store.StreamValue) {
	c.propagateAs(c.Args...)
	c.rewritten[a.threshold-1] = wordExactly
	if a.trim.ByID {
		c.rewritten[a.threshold] = c.idWord(x.FirstMark())
	} else {
		c.rewritten[a.threshold] = c.number(x.Len())
	}
}

var wordExactly = []byte("=")

// xlen implements XLEN key.
func xlen(c *Call) {
	e := c.read(c.Args[1])
	if !c.isStream(e) {
		return
	}
	if e == nil {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(e.Value.Stream().Len())
}

// xrange and xrevrange implement XRANGE key start end [COUNT count] and XREVRANGE key end start [COUNT count].
func xrange(c *Call)    { c.xrange(false) }
func xrevrange(c *Call) { c.xrange(true) }

// Source: redis/src/t_stream.c, xrangeGenericCommand.
func (c *Call) xrange(back bool) {
	from, to := 2, 3
	if back {
		from, to = 3, 2
	}
	start, ok := c.streamStart(from)
	if !ok {
		return
	}
	end, ok := c.streamEnd(to)
	if !ok {
		return
	}
	count := int64(-1)
	for i := 4; i < len(c.Args); i += 2 {
		if !is(c.Args[i], "COUNT") || i+1 == len(c.Args) {
			c.Reply.Error(errSyntax)
			return
		}
		if count, ok = c.integer(i + 1); !ok {
			return
		}
		count = max(count, 0)
	}
	e := c.read(c.Args[1])
	if !c.isStream(e) {
		return
	}
	switch {
	case e == nil:
		c.Reply.Array(0)
	case count == 0:
		c.Reply.NullArray()
	default:
		c.replyRange(e.Value.Stream(), start, end, max(count, 0), back)
	}
}

// replyRange answers with an array of entries, count at most unless that is 0.
func (c *Call) replyRange(x *store.StreamValue, start, end store.StreamID, count int64, back bool) {
	at, n := len(c.Reply.Buf), int64(0)
	each := func(e *store.StreamEntry) bool {
		c.replyStreamEntry(e)
		n++
		return n != count
	}
	if back {
		x.RangeBack(start, end, each)
	} else {
		x.Range(start, end, each)
	}
	c.Reply.ArrayFrom(at, int(n))
}

// replyOne answers with the entry of that ID and reports whether there is one; else it answers nothing.
func (c *Call) replyOne(x *store.StreamValue, id store.StreamID) (found bool) {
	x.Range(id, id, func(e *store.StreamEntry) bool {
		c.replyStreamEntry(e)
		found = true
		return false
	})
	return found
}

// xdel implements XDEL key id [id ...].
func xdel(c *Call) {
	key := c.Args[1]
	e := c.write(key)
	if !c.isStream(e) {
		return
	}
	if e == nil {
		c.Reply.Int(0)
		return
	}
	ids, ok := c.streamIDs(2)
	if !ok {
		return
	}
	n := c.editStream(key).Delete(ids)
	if n > 0 {
		c.changed(key)
		c.Dirty += n - 1
		c.notify('t', "xdel", key)
	}
	c.Reply.Int(int64(n))
}

// xtrim implements XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count].
func xtrim(c *Call) {
	a, ok := c.parseStreamAdd(false)
	if !ok {
		return
	}
	key := c.Args[1]
	e := c.write(key)
	if !c.isStream(e) {
		return
	}
	if e == nil {
		c.Reply.Int(0)
		return
	}
	x := c.editStream(key)
	n := x.Trim(a.trim)
	if n > 0 {
		c.notify('t', "xtrim", key)
		if a.trim.Approx {
			c.rewriteTrim(&a, x)
		}
		c.changed(key)
		c.Dirty += int(n) - 1
	}
	c.Reply.Int(n)
}

// xsetid implements XSETID key last-id [ENTRIESADDED entries_added] [MAXDELETEDID max_deleted_entry_id].
//
// Source: redis/src/t_stream.c, xsetidCommand.
func xsetid(c *Call) {
	id, ok := c.streamID(2)
	if !ok {
		return
	}
	added, deleted := int64(-1), store.StreamID{}
	for i := 3; i < len(c.Args); i += 2 {
		switch {
		case i+1 < len(c.Args) && is(c.Args[i], "ENTRIESADDED"):
			if added, ok = c.integer(i + 1); !ok {
				return
			}
			if added < 0 {
				c.Reply.Error(errEntriesAdded)
				return
			}
		case i+1 < len(c.Args) && is(c.Args[i], "MAXDELETEDID"):
			if deleted, ok = c.streamID(i + 1); !ok {
				return
			}
			if id.Compare(deleted) < 0 {
				c.Reply.Error(errXsetidGiven)
				return
			}
		default:
			c.Reply.Error(errSyntax)
			return
		}
	}
	key := c.Args[1]
	e := c.write(key)
	if e == nil {
		c.Reply.Error(errNoSuchKey)
		return
	}
	if !c.isStream(e) {
		return
	}
	x := e.Value.Stream()
	f := x.Facts()
	switch {
	case f.Length > 0 && id.Compare(x.LastEntryID()) < 0:
		c.Reply.Error(errXsetidTop)
		return
	case f.Length > 0 && added != -1 && f.Length > added:
		c.Reply.Error(errXsetidLength)
		return
	}
	f.Last = id
	if added != -1 {
		f.Added = uint64(added)
	}
	if !deleted.IsZero() {
		f.MaxDeleted = deleted
	}
	c.editStream(key).SetFacts(f)
	c.Reply.OK()
	c.changed(key)
	c.notify('t', "xsetid", key)
}

// A streamRead is a line of XREAD or XREADGROUP.
type streamRead struct {
	count           int64 // 0 = all
	blocks          bool
	until           engine.Instant
	keys            int // the first of them, in Args
	streams         int // how many
	group, consumer []byte
	noAck           bool
}

// xread implements XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...].
func xread(c *Call) { c.xread(false) }

// xreadgroup implements XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...].
func xreadgroup(c *Call) {
	c.onlyAlso()
	c.xread(true)
}

// Source: redis/src/t_stream.c, xreadCommand; redis/src/blocked.c, serveClientsBlockedOnStreamKey.
func (c *Call) xread(grouped bool) {
	r, ok := c.parseStreamRead(grouped)
	if !ok {
		return
	}
	// Where each stream is read from: behind an ID. What is new to a group is behind the last ID of all.
	after := make([]store.StreamID, r.streams)
	for i := range after {
		if after[i], ok = c.readAfter(&r, i); !ok {
			return
		}
	}
	if c.Served && r.count == 0 {
		r.count = 1000 // so that who had to wait is not drowned
	}
	start, n := len(c.Reply.Buf), 0
	for i := range after {
		if c.readStream(&r, i, after[i]) {
			n++
		}
	}
	switch {
	case n > 0:
		if c.Reply.ArrayFrom(start, n); c.Reply.Proto == 3 {
			c.Reply.Buf[start] = '%' // a map: as many pairs, whose parts follow one another
		}
	case r.blocks && c.MayBlock:
		c.waitForStreams(&r, after)
	default:
		c.Reply.NullArray()
	}
}

func (c *Call) parseStreamRead(grouped bool) (r streamRead, ok bool) {
	for i := 1; i < len(c.Args); i++ {
		word, more := c.Args[i], len(c.Args)-1-i
		switch {
		case is(word, "BLOCK") && more > 0:
			i++
			if r.until, ok = c.blockMillis(i); !ok {
				return r, false
			}
			r.blocks = true
		case is(word, "COUNT") && more > 0:
			i++
			if r.count, ok = c.integer(i); !ok {
				return r, false
			}
			r.count = max(r.count, 0)
		case is(word, "STREAMS") && more > 0:
			if more%2 != 0 {
				c.Reply.Error(errUnbalanced)
				return r, false
			}
			r.keys, r.streams = i+1, more/2
			i = len(c.Args)
		case is(word, "GROUP") && more >= 2:
			if !grouped {
				c.Reply.Error(errGroupOption)
				return r, false
			}
			r.group, r.consumer = c.Args[i+1], c.Args[i+2]
			i += 2
		case is(word, "NOACK"):
			if !grouped {
				c.Reply.Error(errNoAckOption)
				return r, false
			}
			r.noAck = true
		default:
			c.Reply.Error(errSyntax)
			return r, false
		}
	}
	if r.streams == 0 {
		c.Reply.Error(errSyntax)
		return r, false
	}
	if grouped && r.group == nil {
		c.Reply.Error(errGroupMissing)
		return r, false
	}
	return r, true
}

// blockMillis reads the milliseconds at argument i and returns the moment when they are over, 0 for never.
//
// Source: redis/src/timeout.c, getTimeoutFromObjectOrReply.
func (c *Call) blockMillis(i int) (until engine.Instant, ok bool) {
	ms, ok := resp.ParseInt64(c.Args[i])
	switch {
	case !ok:
		c.Reply.Error(errBlockInteger)
		return 0, false
	case ms < 0:
		c.Reply.Error(errBlockNegative)
		return 0, false
	case ms == 0 || ms > (math.MaxInt64-int64(c.Now))/int64(time.Millisecond):
		return 0, true
	}
	return c.Now.Add(time.Duration(ms) * time.Millisecond), true
}

// readAfter returns the ID behind which stream i is to be read.
func (c *Call) readAfter(r *streamRead, i int) (store.StreamID, bool) {
	key, word := c.Args[r.keys+i], c.Args[r.keys+r.streams+i]
	e := c.read(key)
	if !c.isStream(e) {
		return store.StreamID{}, false
	}
	if r.group != nil && (e == nil || e.Value.Stream().Group(r.group) == nil) {
		c.Reply.Error("NOGROUP No such key '" + cText(key) + "' or consumer group '" + cText(r.group) + "' in XREADGROUP with GROUP option")
		return store.StreamID{}, false
	}
	switch {
	case is(word, "$") && r.group != nil:
		c.Reply.Error(errDollarInGroup)
		return store.StreamID{}, false
	case is(word, "$") && e == nil:
		return store.StreamID{}, true
	case is(word, "$"):
		return e.Value.Stream().LastID(), true
	case is(word, ">") && r.group == nil:
		c.Reply.Error(errNewIDAlone)
		return store.StreamID{}, false
	case is(word, ">"):
		return store.MaxStreamID, true
	}
	return c.streamID(r.keys + r.streams + i)
}

// cText is what C's %s makes of bytes.
func cText(b []byte) string { return string(cString(b, len(b))) }

// readStream answers with a stream's name and entries, and reports whether there is anything to say.
func (c *Call) readStream(r *streamRead, i int, after store.StreamID) bool {
	key := c.Args[r.keys+i]
	e := c.read(key)
	if e == nil {
		return false
	}
	x := e.Value.Stream()
	history := r.group != nil && after != store.MaxStreamID
	if !history {
		if r.group != nil {
			after = x.Group(r.group).LastID
		}
		last := x.LastEntryID()
		if c.Served {
			last = x.LastID()
		} else if x.Len() == 0 {
			return false
		}
		if last.Compare(after) <= 0 {
			return false
		}
	}
	if c.Reply.Proto != 3 {
		c.Reply.Array(2)
	}
	c.Reply.Bulk(key)
	start, _ := after.Next()
	if r.group == nil {
		c.replyRange(x, start, store.MaxStreamID, r.count, false)
		return true
	}
	x = c.editStream(key)
	g := x.EditGroup(r.group)
	if c.meetConsumer(key, g, r.consumer) && r.noAck {
		c.also([]byte("XGROUP"), []byte("CREATECONSUMER"), key, r.group, r.consumer)
	}
	if history {
		c.replyHistory(x, g, r.consumer, start, r.count)
	} else {
		c.deliver(r, key, x, g, start)
	}
	c.Dirty++
	return true
}

// meetConsumer notes that a consumer is at work, and reports whether it is new.
//
// Source: redis/src/t_stream.c, streamLookupConsumer, streamCreateConsumer.
func (c *Call) meetConsumer(key []byte, g *store.StreamGroup, name []byte) (isNew bool) {
	if x := g.EditConsumer(name); x != nil {
		x.Seen = c.Now.Millis()
		return false
	}
	g.AddConsumer(name, c.Now.Millis())
	c.Dirty++
	c.notify('t', "xgroup-createconsumer", key)
	return true
}

// deliver answers with new entries, and makes them pending for the consumer.
//
// Source: redis/src/t_stream.c, streamReplyWithRange.
func (c *Call) deliver(r *streamRead, key []byte, x *store.StreamValue, g *store.StreamGroup, start store.StreamID) {
	at, n, moved := len(c.Reply.Buf), int64(0), false
	consumer := string(r.consumer)
	x.Range(start, store.MaxStreamID, func(e *store.StreamEntry) bool {
		if e.ID.Compare(g.LastID) > 0 {
			if g.EntriesRead != store.EntriesReadUnknown && !x.HasTombstones(e.ID) {
				g.EntriesRead++
			} else if x.Facts().Added > 0 {
				g.EntriesRead = x.EntriesUpTo(e.ID)
			}
			g.LastID = e.ID
			moved = true
		}
		c.replyStreamEntry(e)
		if !r.noAck {
			p := store.StreamPending{ID: e.ID, Consumer: consumer, Delivered: c.Now.Millis(), Count: 1}
			g.SetPending(p)
			c.alsoClaim(key, g, r.group, c.idWord(e.ID), &p)
		}
		n++
		return n != r.count
	})
	c.Reply.ArrayFrom(at, int(n))
	if moved && r.noAck {
		c.alsoGroupID(key, g, r.group)
	}
}

// alsoClaim tells replicas about a pending entry, in a form that does the same however often it is done.
//
// Source: redis/src/t_stream.c, streamPropagateXCLAIM.
func (c *Call) alsoClaim(key []byte, g *store.StreamGroup, group, id []byte, p *store.StreamPending) {
	c.also([]byte("XCLAIM"), key, group, []byte(p.Consumer), []byte("0"), id, []byte("TIME"), c.number(p.Delivered),
		[]byte("RETRYCOUNT"), c.number(int64(p.Count)), []byte("FORCE"), []byte("JUSTID"), []byte("LASTID"), c.idWord(g.LastID))
}

// alsoGroupID tells replicas how far a group has read.
//
// Source: redis/src/t_stream.c, streamPropagateGroupID.
func (c *Call) alsoGroupID(key []byte, g *store.StreamGroup, group []byte) {
	c.also([]byte("XGROUP"), []byte("SETID"), key, group, c.idWord(g.LastID), []byte("ENTRIESREAD"), c.number(g.EntriesRead))
}

// replyHistory answers with what is pending for a consumer. That it was delivered once more is told to nobody.
//
// Source: redis/src/t_stream.c, streamReplyWithRangeFromConsumerPEL.
func (c *Call) replyHistory(x *store.StreamValue, g *store.StreamGroup, consumer []byte, start store.StreamID, count int64) {
	at, n := len(c.Reply.Buf), int64(0)
	var again []store.StreamID
	g.Consumer(consumer).EachPending(start, func(id store.StreamID) bool {
		if c.replyOne(x, id) {
			again = append(again, id)
		} else {
			c.Reply.Array(2)
			c.replyStreamID(id)
			c.Reply.NullArray()
		}
		n++
		return n != count
	})
	c.Reply.ArrayFrom(at, int(n))
	for _, id := range again {
		p := *g.Pending(id)
		p.Delivered = c.Now.Millis()
		p.Count++
		g.SetPending(p)
	}
}

// waitForStreams parks the client. What is new is what comes from now on.
func (c *Call) waitForStreams(r *streamRead, after []store.StreamID) {
	c.Wait = &Wait{Kind: store.Stream, Until: r.until}
	c.Wait.Args = append([][]byte(nil), c.Args...)
	for i := range r.streams {
		c.Wait.Keys = append(c.Wait.Keys, string(c.Args[r.keys+i]))
		if at := r.keys + r.streams + i; is(c.Args[at], "$") {
			c.Wait.Args[at] = after[i].AppendTo(nil)
		}
	}
}

// wrongGroup answers that there is no such key or group.
func (c *Call) wrongGroup(key, group []byte) {
	c.Reply.Error("NOGROUP No such key '" + cText(key) + "' or consumer group '" + cText(group) + "'")
}

// xack implements XACK key group id [id ...].
func xack(c *Call) {
	key, group := c.Args[1], c.Args[2]
	e := c.read(key)
	if !c.isStream(e) {
		return
	}
	if e == nil || e.Value.Stream().Group(group) == nil {
		c.Reply.Int(0)
		return
	}
	ids, ok := c.streamIDs(3)
	if !ok {
		return
	}
	g := c.editStream(key).EditGroup(group)
	for _, id := range ids {
		if g.RemovePending(id) {
			c.Dirty++
		}
	}
	c.Reply.Int(int64(c.Dirty))
}

// xpending implements XPENDING key group [[IDLE min-idle-time] start end count [consumer]].
//
// Source: redis/src/t_stream.c, xpendingCommand.
func xpending(c *Call) {
	key, group := c.Args[1], c.Args[2]
	if len(c.Args) != 3 && (len(c.Args) < 6 || len(c.Args) > 9) {
		c.Reply.Error(errSyntax)
		return
	}
	var start, end store.StreamID
	var count, idle int64
	var consumer []byte
	var ok bool
	if len(c.Args) > 3 {
		i := 3
		if is(c.Args[i], "IDLE") {
			if idle, ok = c.integer(i + 1); !ok {
				return
			}
			if len(c.Args) < 8 {
				c.Reply.Error(errSyntax)
				return
			}
			i += 2
		}
		if count, ok = c.integer(i + 2); !ok {
			return
		}
		if start, ok = c.streamStart(i); !ok {
			return
		}
		if end, ok = c.streamEnd(i + 1); !ok {
			return
		}
		if i+3 < len(c.Args) {
			consumer = c.Args[i+3]
		}
	}
	e := c.read(key)
	if !c.isStream(e) {
		return
	}
	var g *store.StreamGroup
	if e != nil {
		g = e.Value.Stream().Group(group)
	}
	switch {
	case g == nil:
		c.wrongGroup(key, group)
	case len(c.Args) == 3:
		c.replyPendingSummary(g)
	case consumer != nil && g.Consumer(consumer) == nil:
		c.Reply.Array(0)
	default:
		c.replyPending(g, start, end, max(count, 0), idle, consumer)
	}
}

func (c *Call) replyPendingSummary(g *store.StreamGroup) {
	w := c.Reply
	w.Array(4)
	w.Int(int64(g.PendingLen()))
	if g.PendingLen() == 0 {
		w.Null()
		w.Null()
		w.NullArray()
		return
	}
	first, last := g.PendingEnds()
	c.replyStreamID(first)
	c.replyStreamID(last)
	at, n := len(w.Buf), 0
	for _, x := range g.Consumers() {
		if x.PendingLen() > 0 {
			w.Array(2)
			w.BulkString(x.Name)
			w.BulkInt(int64(x.PendingLen()))
			n++
		}
	}
	w.ArrayFrom(at, n)
}

func (c *Call) replyPending(g *store.StreamGroup, start, end store.StreamID, count, idle int64, consumer []byte) {
	w, now := c.Reply, c.Now.Millis()
	at, n := len(w.Buf), int64(0)
	each := func(p *store.StreamPending) bool {
		if n == count || p.ID.Compare(end) > 0 {
			return false
		}
		if idle != 0 && now-p.Delivered < idle {
			return true
		}
		n++
		w.Array(4)
		c.replyStreamID(p.ID)
		w.BulkString(p.Consumer)
		w.Int(max(now-p.Delivered, 0))
		w.Int(int64(p.Count))
		return true
	}
	if consumer == nil {
		g.EachPending(start, each)
	} else {
		g.Consumer(consumer).EachPending(start, func(id store.StreamID) bool { return each(g.Pending(id)) })
	}
	w.ArrayFrom(at, int(n))
}

// xclaim implements XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds]
// [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id].
//
// Source: redis/src/t_stream.c, xclaimCommand.
func xclaim(c *Call) {
	c.onlyAlso()
	key, group := c.Args[1], c.Args[2]
	e := c.read(key)
	if !c.isStream(e) {
		return
	}
	if e == nil || e.Value.Stream().Group(group) == nil {
		c.wrongGroup(key, group)
		return
	}
	o, ok := c.parseClaim()
	if !ok {
		return
	}
	x := c.editStream(key)
	g := x.EditGroup(group)
	moved := o.lastID.Compare(g.LastID) > 0
	if moved {
		g.LastID = o.lastID
	}
	at, n := len(c.Reply.Buf), 0
	for i, id := range o.ids {
		var p store.StreamPending
		known := g.Pending(id)
		if known != nil {
			p = *known
		}
		if !x.Has(id) {
			if known != nil {
				c.alsoClaim(key, g, group, c.Args[5+i], &p)
				g.RemovePending(id)
				moved = false
				c.Dirty++
			}
			continue
		}
		if known == nil {
			if !o.force {
				continue
			}
			p = store.StreamPending{ID: id, Count: 1}
		} else if o.minIdle != 0 && c.Now.Millis()-p.Delivered < o.minIdle {
			continue
		}
		c.meetConsumer(key, g, c.Args[3])
		p.Consumer, p.Delivered = string(c.Args[3]), o.delivered
		if o.retries >= 0 {
			p.Count = uint64(o.retries)
		} else if !o.justID {
			p.Count++
		}
		g.SetPending(p)
		c.replyClaimed(x, id, o.justID)
		n++
		c.alsoClaim(key, g, group, c.Args[5+i], &p)
		moved = false
		c.Dirty++
	}
	c.Reply.ArrayFrom(at, n)
	if moved {
		c.alsoGroupID(key, g, group)
		c.Dirty++
	}
}

// A claim is a line of XCLAIM.
type claim struct {
	ids           []store.StreamID // from argument 5 on
	minIdle       int64            // milliseconds
	delivered     int64            // Unix milliseconds
	retries       int64            // -1 = one more than before
	force, justID bool
	lastID        store.StreamID
}

func (c *Call) parseClaim() (o claim, ok bool) {
	now := c.Now.Millis()
	o.delivered, o.retries = -1, -1
	if o.minIdle, ok = c.integerOr(4, "ERR Invalid min-idle-time argument for XCLAIM"); !ok {
		return o, false
	}
	o.minIdle = max(o.minIdle, 0)
	i := 5
	for ; i < len(c.Args); i++ {
		id, ok := parseStreamID(c.Args[i], 0, true)
		if !ok {
			break
		}
		o.ids = append(o.ids, id)
	}
	for ; i < len(c.Args); i++ {
		word, more := c.Args[i], i+1 < len(c.Args)
		switch {
		case is(word, "FORCE"):
			o.force = true
		case is(word, "JUSTID"):
			o.justID = true
		case is(word, "IDLE") && more:
			i++
			if o.delivered, ok = c.integerOr(i, "ERR Invalid IDLE option argument for XCLAIM"); !ok {
				return o, false
			}
			o.delivered = now - o.delivered
		case is(word, "TIME") && more:
			i++
			if o.delivered, ok = c.integerOr(i, "ERR Invalid TIME option argument for XCLAIM"); !ok {
				return o, false
			}
		case is(word, "RETRYCOUNT") && more:
			i++
			if o.retries, ok = c.integerOr(i, "ERR Invalid RETRYCOUNT option argument for XCLAIM"); !ok {
				return o, false
			}
		case is(word, "LASTID") && more:
			i++
			if o.lastID, ok = c.streamID(i); !ok {
				return o, false
			}
		default:
			c.Reply.Error("ERR Unrecognized XCLAIM option '" + cText(word) + "'")
			return o, false
		}
	}
	// A moment that has not come is taken for now: the clocks of clients differ.
	if o.delivered < 0 || o.delivered > now {
		o.delivered = now
	}
	return o, true
}

// integerOr reads the argument at i. When it is no integer it answers so in these words and reports false.
func (c *Call) integerOr(i int, wrong string) (int64, bool) {
	n, ok := resp.ParseInt64(c.Args[i])
	if !ok {
		c.Reply.Error(wrong)
	}
	return n, ok
}

func (c *Call) replyClaimed(x *store.StreamValue, id store.StreamID, justID bool) {
	if justID {
		c.replyStreamID(id)
	} else {
		c.replyOne(x, id)
	}
}

// xautoclaim implements XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID].
//
// Source: redis/src/t_stream.c, xautoclaimCommand.
func xautoclaim(c *Call) {
	c.onlyAlso()
	key, group := c.Args[1], c.Args[2]
	e := c.read(key)
	minIdle, ok := c.integerOr(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM")
	if !ok {
		return
	}
	start, ok := c.streamStart(5)
	if !ok {
		return
	}
	count, justID := int64(100), false
	for i := 6; i < len(c.Args); i++ {
		switch {
		case is(c.Args[i], "COUNT") && i+1 < len(c.Args):
			i++
			count, ok = resp.ParseInt64(c.Args[i])
			if !ok || count < 1 || count > math.MaxInt64/16 {
				c.Reply.Error(errAutoclaimCount)
				return
			}
		case is(c.Args[i], "JUSTID"):
			justID = true
		default:
			c.Reply.Error(errSyntax)
			return
		}
	}
	if !c.isStream(e) {
		return
	}
	if e == nil || e.Value.Stream().Group(group) == nil {
		c.wrongGroup(key, group)
		return
	}
	x := c.editStream(key)
	g := x.EditGroup(group)
	c.Reply.Array(3)
	at, n := len(c.Reply.Buf), 0
	var deleted []store.StreamID
	const attemptsPerEntry = 10
	attempts := count * min(attemptsPerEntry, math.MaxInt64/count)
	id, more := g.NextPending(start)
	for ; more && attempts > 0 && count > 0; attempts-- {
		p := *g.Pending(id)
		switch {
		case !x.Has(id):
			c.alsoClaim(key, g, group, c.idWord(id), &p)
			g.RemovePending(id)
			deleted = append(deleted, id)
			count--
			c.Dirty++
		case minIdle > 0 && c.Now.Millis()-p.Delivered < minIdle:
		default:
			c.meetConsumer(key, g, c.Args[3])
			p.Consumer, p.Delivered = string(c.Args[3]), c.Now.Millis()
			if !justID {
				p.Count++
			}
			g.SetPending(p)
			c.replyClaimed(x, id, justID)
			n++
			count--
			c.alsoClaim(key, g, group, c.idWord(id), &p)
			c.Dirty++
		}
		if id, more = id.Next(); more {
			id, more = g.NextPending(id)
		}
	}
	c.Reply.ArrayFrom(at, n)
	if !more {
		id = store.StreamID{}
	}
	c.Reply.BulkFrom(at, id.String())
	c.Reply.Array(len(deleted))
	for _, id := range deleted {
		c.replyStreamID(id)
	}
}

// wrongSubcommand answers that the subcommand is none, or has too many or too few words, which is not said more exactly.
func (c *Call) wrongSubcommand() {
	c.Reply.Error("ERR unknown subcommand or wrong number of arguments for '" + string(cString(c.Args[1], 128)) + "'. Try " +
		c.Cmd.Parent.Name + " HELP.")
}

// A groupLine is what subcommands of XGROUP have in common.
type groupLine struct {
	key, name   []byte
	stream      *store.StreamValue // nil where there is none
	group       *store.StreamGroup // for reading; nil where there is none
	mkStream    bool
	entriesRead int64
}

// parseGroup reads the options of CREATE and SETID, and looks up the stream and the group, which have to exist but for
// CREATE and DESTROY. Else it has answered so.
//
// Source: redis/src/t_stream.c, xgroupCommand.
func (c *Call) parseGroup(options, mkStream, mustExist bool) (l groupLine, ok bool) {
	l.key, l.name, l.entriesRead = c.Args[2], c.Args[3], store.EntriesReadUnknown
	for i := 5; options && i < len(c.Args); i++ {
		switch {
		case mkStream && is(c.Args[i], "MKSTREAM"):
			l.mkStream = true
		case is(c.Args[i], "ENTRIESREAD") && i+1 < len(c.Args):
			i++
			if l.entriesRead, ok = c.integer(i); !ok {
				return l, false
			}
			if l.entriesRead < 0 && l.entriesRead != store.EntriesReadUnknown {
				c.Reply.Error(errEntriesRead)
				return l, false
			}
		default:
			c.wrongSubcommand()
			return l, false
		}
	}
	e := c.write(l.key)
	if !c.isStream(e) {
		return l, false
	}
	if e != nil {
		l.stream = e.Value.Stream()
		l.group = l.stream.Group(l.name)
	} else if !l.mkStream {
		c.Reply.Error(errXgroupKey)
		return l, false
	}
	if mustExist && l.group == nil {
		c.noGroup(l.key, l.name)
		return l, false
	}
	return l, true
}

func (c *Call) noGroup(key, group []byte) {
	c.Reply.Error("NOGROUP No such consumer group '" + cText(group) + "' for key name '" + cText(key) + "'")
}

// xgroupCreate implements XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries_read].
func xgroupCreate(c *Call) {
	l, ok := c.parseGroup(true, true, false)
	if !ok {
		return
	}
	if len(c.Args) > 8 {
		c.wrongSubcommand()
		return
	}
	var id store.StreamID
	if !is(c.Args[4], "$") {
		if id, ok = c.streamID(4); !ok {
			return
		}
	} else if l.stream != nil {
		id = l.stream.LastID()
	}
	if l.stream == nil {
		c.create(l.key, store.NewStream().Value(), 0)
		c.touch(l.key)
	} else if l.group != nil {
		c.Reply.Error(errBusyGroup)
		return
	}
	c.editStream(l.key).AddGroup(l.name, id, l.entriesRead)
	c.Reply.OK()
	c.changed(l.key)
	c.notify('t', "xgroup-create", l.key)
}

// xgroupSetID implements XGROUP SETID key group <id | $> [ENTRIESREAD entries_read].
func xgroupSetID(c *Call) {
	l, ok := c.parseGroup(true, false, true)
	if !ok {
		return
	}
	if len(c.Args) != 5 && len(c.Args) != 7 {
		c.wrongSubcommand()
		return
	}
	id := l.stream.LastID()
	if !is(c.Args[4], "$") {
		if id, ok = parseStreamID(c.Args[4], 0, false); !ok {
			c.Reply.Error(errStreamID)
			return
		}
	}
	g := c.editStream(l.key).EditGroup(l.name)
	g.LastID, g.EntriesRead = id, l.entriesRead
	c.Reply.OK()
	c.changed(l.key)
	c.notify('t', "xgroup-setid", l.key)
}

// xgroupDestroy implements XGROUP DESTROY key group.
func xgroupDestroy(c *Call) {
	l, ok := c.parseGroup(false, false, false)
	if !ok {
		return
	}
	if l.group == nil {
		c.Reply.Int(0)
		return
	}
	c.editStream(l.key).RemoveGroup(l.name)
	c.Reply.Int(1)
	c.changed(l.key)
	c.notify('t', "xgroup-destroy", l.key)
	c.ready(l.key, store.Stream) // for those who wait in the group, to be told
}

// xgroupCreateConsumer implements XGROUP CREATECONSUMER key group consumer.
func xgroupCreateConsumer(c *Call) {
	l, ok := c.parseGroup(false, false, true)
	if !ok {
		return
	}
	if l.group.Consumer(c.Args[4]) != nil {
		c.Reply.Int(0)
		return
	}
	c.editStream(l.key).EditGroup(l.name).AddConsumer(c.Args[4], c.Now.Millis())
	c.Dirty++
	c.notify('t', "xgroup-createconsumer", l.key)
	c.Reply.Int(1)
}

// xgroupDelConsumer implements XGROUP DELCONSUMER key group consumer.
func xgroupDelConsumer(c *Call) {
	l, ok := c.parseGroup(false, false, true)
	if !ok {
		return
	}
	if l.group.Consumer(c.Args[4]) == nil {
		c.Reply.Int(0)
		return
	}
	n, _ := c.editStream(l.key).EditGroup(l.name).RemoveConsumer(c.Args[4])
	c.changed(l.key)
	c.notify('t', "xgroup-delconsumer", l.key)
	c.Reply.Int(int64(n))
}

// inspect returns the stream that a subcommand of XINFO is about. When there is none it has answered so.
func (c *Call) inspect() *store.StreamValue {
	e := c.read(c.Args[2])
	if e == nil {
		c.Reply.Error(errNoSuchKey)
		return nil
	}
	if !c.isStream(e) {
		return nil
	}
	return e.Value.Stream()
}

// xinfoConsumers implements XINFO CONSUMERS key group.
func xinfoConsumers(c *Call) {
	x := c.inspect()
	if x == nil {
		return
	}
	g := x.Group(c.Args[3])
	if g == nil {
		c.noGroup(c.Args[2], c.Args[3])
		return
	}
	w := c.Reply
	w.Array(len(g.Consumers()))
	for _, m := range g.Consumers() {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(m.Name)
		w.BulkString("pending")
		w.Int(int64(m.PendingLen()))
		w.BulkString("idle")
		w.Int(max(c.Now.Millis()-m.Seen, 0))
	}
}

// xinfoGroups implements XINFO GROUPS key.
func xinfoGroups(c *Call) {
	x := c.inspect()
	if x == nil {
		return
	}
	w := c.Reply
	w.Array(len(x.Groups()))
	for _, g := range x.Groups() {
		w.Map(6)
		w.BulkString("name")
		w.BulkString(g.Name)
		w.BulkString("consumers")
		w.Int(int64(len(g.Consumers())))
		w.BulkString("pending")
		w.Int(int64(g.PendingLen()))
		c.replyProgress(x, g)
	}
}

// replyProgress answers how far a group has read, in six elements.
func (c *Call) replyProgress(x *store.StreamValue, g *store.StreamGroup) {
	w := c.Reply
	w.BulkString("last-delivered-id")
	c.replyStreamID(g.LastID)
	w.BulkString("entries-read")
	if g.EntriesRead != store.EntriesReadUnknown {
		w.Int(g.EntriesRead)
	} else {
		w.Null()
	}
	w.BulkString("lag")
	if lag, ok := x.Lag(g); ok {
		w.Int(lag)
	} else {
		w.Null()
	}
}

// xinfoStream implements XINFO STREAM key [FULL [COUNT count]].
//
// Source: redis/src/t_stream.c, xinfoReplyWithStreamInfo.
func xinfoStream(c *Call) {
	x := c.inspect()
	if x == nil {
		return
	}
	full, count := len(c.Args) > 3, int64(10)
	if full {
		if len(c.Args) != 4 && len(c.Args) != 6 || !is(c.Args[3], "FULL") || len(c.Args) == 6 && !is(c.Args[4], "COUNT") {
			c.wrongSubcommand()
			return
		}
		if len(c.Args) == 6 {
			var ok bool
			if count, ok = c.integer(5); !ok {
				return
			}
			if count < 0 {
				count = 10
			}
		}
	}
	w, f := c.Reply, x.Facts()
	if full {
		w.Map(9)
	} else {
		w.Map(10)
	}
	w.BulkString("length")
	w.Int(f.Length)
	w.BulkString("radix-tree-keys")
	w.Int(int64(x.Nodes()))
	w.BulkString("radix-tree-nodes")
	w.Int(int64(x.TreeNodes()))
	w.BulkString("last-generated-id")
	c.replyStreamID(f.Last)
	w.BulkString("max-deleted-entry-id")
	c.replyStreamID(f.MaxDeleted)
	w.BulkString("entries-added")
	w.Int(int64(f.Added))
	w.BulkString("recorded-first-entry-id")
	c.replyStreamID(f.First)
	if full {
		c.replyFull(x, count)
		return
	}
	w.BulkString("groups")
	w.Int(int64(len(x.Groups())))
	found := false
	first := func(e *store.StreamEntry) bool {
		c.replyStreamEntry(e)
		found = true
		return false
	}
	w.BulkString("first-entry")
	if x.Range(store.StreamID{}, store.MaxStreamID, first); !found {
		w.Null()
	}
	w.BulkString("last-entry")
	if x.RangeBack(store.StreamID{}, store.MaxStreamID, first); !found {
		w.Null()
	}
}

// replyFull answers with entries and groups, count of each list at most unless that is 0.
func (c *Call) replyFull(x *store.StreamValue, count int64) {
	w := c.Reply
	w.BulkString("entries")
	c.replyRange(x, store.StreamID{}, store.MaxStreamID, count, false)
	w.BulkString("groups")
	w.Array(len(x.Groups()))
	for _, g := range x.Groups() {
		w.Map(7)
		w.BulkString("name")
		w.BulkString(g.Name)
		c.replyProgress(x, g)
		w.BulkString("pel-count")
		w.Int(int64(g.PendingLen()))
		w.BulkString("pending")
		at, n := len(w.Buf), int64(0)
		g.EachPending(store.StreamID{}, func(p *store.StreamPending) bool {
			w.Array(4)
			c.replyStreamID(p.ID)
			w.BulkString(p.Consumer)
			w.Int(p.Delivered)
			w.Int(int64(p.Count))
			n++
			return n != count
		})
		w.ArrayFrom(at, int(n))
		w.BulkString("consumers")
		w.Array(len(g.Consumers()))
		for _, m := range g.Consumers() {
			c.replyFullConsumer(g, m, count)
		}
	}
}

func (c *Call) replyFullConsumer(g *store.StreamGroup, m *store.StreamConsumer, count int64) {
	w := c.Reply
	w.Map(4)
	w.BulkString("name")
	w.BulkString(m.Name)
	w.BulkString("seen-time")
	w.Int(m.Seen)
	w.BulkString("pel-count")
	w.Int(int64(m.PendingLen()))
	w.BulkString("pending")
	at, n := len(w.Buf), int64(0)
	m.EachPending(store.StreamID{}, func(id store.StreamID) bool {
		p := g.Pending(id)
		w.Array(3)
		c.replyStreamID(id)
		w.Int(p.Delivered)
		w.Int(int64(p.Count))
		n++
		return n != count
	})
	w.ArrayFrom(at, int(n))
}
