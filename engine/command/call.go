package command

import (
	"math/rand/v2"
	"strconv"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/resp"
	"resync/engine/store"
)

// An ExpiryMode says what becomes of an expired key that a command comes across.
type ExpiryMode uint8

const (
	// ExpireRemoves is a master's: the key is deleted, and its DEL goes into the stream in front of the command.
	ExpireRemoves ExpiryMode = iota
	// ExpireHides is for a replica's clients, and a paused master's: reads find nothing, and the key stays. A write,
	// which only a writable replica lets through, removes it.
	ExpireHides
	// ExpireIgnored is for a replica's own master: only the master says when a key is gone.
	ExpireIgnored
	// ExpireShows is for a replica's clients before 4.0: the key is as good as ever, but not listed among the keys.
	ExpireShows
)

// Settings are what commands ask of the configuration.
type Settings struct {
	LazyExpire      bool  // lazyfree-lazy-expire: UNLINK instead of DEL for what expires
	LazyUserDel     bool  // lazyfree-lazy-user-del: UNLINK instead of DEL for GETDEL
	ProtoMaxBulkLen int64 // proto-max-bulk-len: bytes of the longest string; 0 means 512 MiB
	Limits          store.Limits
	Access          AccessClock
	Table           *Table // the commands that there are; nil for the standard edition
	Forms           Forms
	OwnIntegers     bool // small integers are not shared: eviction looks at when each was used
	IgnoreChecksums bool // of DUMP payloads
	RDBVersion      int  // of DUMP payloads, the newest that RESTORE takes; 0 for that of 7.0
}

func (s *Settings) rdbVersion() int {
	if s.RDBVersion == 0 {
		return rdb.Version
	}
	return s.RDBVersion
}

// Forms say how commands go into the stream, and a few what they answer, where versions of Redis differ. The zero value
// is 7.0.
type Forms struct {
	RelativeTTL   bool // times to live go out as they came
	BareFloat     bool // INCRBYFLOAT goes out as SET without KEEPTTL
	PlainGetset   bool // GETSET goes out as itself
	OneSrem       bool // what SPOP took goes out as one SREM for up to 1024 members
	UnlinkForSpop bool // a set that SPOP took whole goes out as UNLINK
	DelForGetdel  bool // GETDEL goes out as DEL in any case
	ServedInTwo   bool // a BRPOPLPUSH that had to wait goes out as RPOP and LPUSH
	SilentFlushdb bool // FLUSHDB of an empty database does not go out
	OldTTL        bool // TTL of a key that there is not, or whose time is over, is -1
}

// table is the commands that there are.
func (c *Call) table() *Table {
	if t := c.Settings.Table; t != nil {
		return t
	}
	return &current
}

// A Wait is what a blocking command asks for when there is nothing for it yet: the client is parked until one of the
// keys holds something of the kind, and the command is run again then, with Call.Served set; or until Until, and
// then a null array answers, whatever the command would say at once.
//
// Source: redis/src/blocked.c, replyToBlockedClientOnTimeout.
type Wait struct {
	Keys  []string
	Kind  store.Kind     // what makes a key ready
	Until engine.Instant // 0 = for ever
	// Args is the command line to run then, unless nil; else it is the one that was given. XREAD resolves $ in it.
	// Where it names several keys, the node leaves only the ready one (see Ready).
	Args [][]byte
}

// An Op is one command as it goes into the replication stream. Its words are valid until the next Begin.
type Op struct {
	DB   int
	Args [][]byte
}

// A Call is one run of a command: what it is given, and what came of it. It is meant to be used again and again.
type Call struct {
	// What the command is given.
	Cmd   *Command
	Args  [][]byte       // Args[0] is the name, as the client spelled it
	Now   engine.Instant // stands still for a whole transaction
	Store *store.Store
	DB    int // the selected database; SELECT changes it
	Reply *resp.Writer
	Rand  *rand.Rand // for RANDOMKEY alone
	// Room is how many bytes may be in Reply before its reader is given up, so that there is no use in going on; 0 is any
	// number.
	Room     int
	Expiry   ExpiryMode
	Settings *Settings
	// Touched, unless nil, is told of every key that was changed or deleted, and of a whole database that was emptied
	// with a nil key. Own says that it was the command's doing, and not that the key's time was over or memory was short.
	// WATCH and CLIENT TRACKING live on it.
	Touched func(db int, key []byte, own bool)
	// Notify, unless nil, is told of keyspace events: the class as notify-keyspace-events spells it ('g', '$', 'l', …),
	// the event ("del", "expire", …) and the key.
	Notify func(class byte, event string, db int, key []byte)
	// Ready, unless nil, is told of keys that blocked clients may be waiting for: something was added to a list, a
	// sorted set or a stream, or such a key appeared by RENAME, RESTORE, MOVE, COPY or SWAPDB.
	Ready func(db int, key []byte, kind store.Kind)
	// Timed, unless nil, is told of keys that were given a time to live.
	Timed func(db int, key []byte)
	// MayBlock says that the client can be parked: it is no script, no transaction and no master.
	MayBlock bool
	// Served says that the command waited and is run again, because one of its keys is ready.
	Served bool

	// What came of it; Begin sets these back.
	Dirty      int        // changes made, as rdb_changes_since_last_save counts them
	Hits       int        // keys found and not found by reads
	Misses     int        //
	Expired    int        // expired keys removed
	Flushed    bool       // databases were emptied
	FlushedAll bool       // FLUSHALL ran: snapshots under way are worthless
	Freed      int        // values that Redis frees in the background, or frees large ones so
	Trouble    string     // what was wrong with the payload of RESTORE, for the log
	Wait       *Wait      // the command found nothing and may be parked; it has not answered
	Migration  *Migration // keys that are to be moved to another server before the command is answered

	ops       []Op
	complete  bool     // ops holds the command itself too
	force     bool     // it goes into the stream although it changed nothing
	rewritten [][]byte // what goes into the stream in its place
	words     [][]byte // the memory behind the Args of ops
	text      []byte   // the memory behind words that came from no client
}

// Begin forgets what came of the last command, and keeps its memory.
func (c *Call) Begin() {
	c.Dirty, c.Hits, c.Misses, c.Expired, c.Freed = 0, 0, 0, 0, 0
	c.Flushed, c.FlushedAll = false, false
	c.ops, c.words, c.text = c.ops[:0], c.words[:0], c.text[:0]
	c.complete, c.force, c.rewritten, c.Wait, c.Migration, c.Trouble = false, false, nil, nil, nil, ""
}

// Ops returns what goes into the replication stream for the command, in order: the DELs of expired keys that it came
// across, then itself as it was given or as it has to be written for replicas. A command that changed nothing is not
// among them.
//
// Source: redis/src/server.c, call and propagatePendingCommands.
func (c *Call) Ops() []Op {
	if !c.complete {
		c.complete = true
		switch {
		case c.Dirty == 0 && !c.force:
		case c.rewritten != nil:
			c.ops = append(c.ops, Op{DB: c.DB, Args: c.rewritten})
		default:
			c.ops = append(c.ops, Op{DB: c.DB, Args: c.Args})
		}
	}
	return c.ops
}

// ExpireDue deletes up to max keys of the selected database whose time has come, and returns how many there were.
// Their DELs are Ops, each to be sent by itself.
//
// Source: redis/src/expire.c, activeExpireCycle; which keys it samples is not part of the protocol.
func (c *Call) ExpireDue(max int) int {
	c.complete = true // there is no command
	due := c.db().Due(c.Now.Millis(), max)
	for _, key := range due {
		c.expire([]byte(key))
	}
	return len(due)
}

// ExpireKey deletes a key of the selected database whose time has come, as ExpireDue does.
func (c *Call) ExpireKey(key []byte) {
	c.complete = true
	c.expire(key)
}

func (c *Call) db() *store.DB { return c.Store.DB(c.DB) }

// read looks a key up for a command that does not mean to change it. It returns nil when there is none or when it
// has expired. The entry is valid until the database changes.
//
// Source: redis/src/db.c, lookupKeyRead.
func (c *Call) read(key []byte) *store.Entry {
	e := c.db().Get(key)
	if e != nil && e.ExpireAt != 0 && c.Expiry != ExpireShows && c.gone(e, key) {
		e = nil
	}
	if e == nil {
		c.Misses++
		c.notify('m', "keymiss", key)
		return nil
	}
	c.Hits++
	c.used(e, key)
	return e
}

// write looks a key up for a command that is about to change it.
//
// Source: redis/src/db.c, lookupKeyWrite.
func (c *Call) write(key []byte) *store.Entry {
	e := c.db().Get(key)
	if e != nil && e.ExpireAt != 0 && c.Expiry < ExpireIgnored && c.past(e) {
		c.expire(key)
		return nil
	}
	if e != nil {
		c.used(e, key)
	}
	return e
}

// gone reports whether the entry counts as missing, and removes it where that is ours to do.
//
// Source: redis/src/db.c, expireIfNeeded.
func (c *Call) gone(e *store.Entry, key []byte) bool {
	if c.Expiry == ExpireIgnored || !c.past(e) {
		return false
	}
	if c.Expiry == ExpireRemoves {
		c.expire(key)
	}
	return true
}

// past reports whether the entry's time is over, whoever may act on it.
func (c *Call) past(e *store.Entry) bool { return e.Expired(c.Now.Millis()) }

// expire removes a key whose time is over.
func (c *Call) expire(key []byte) {
	c.db().Delete(key)
	c.lost(key)
	c.notify('x', "expired", key)
	c.Expired++
	start := len(c.words)
	c.words = append(c.words, c.deletion(c.Settings.LazyExpire), key)
	c.ops = append(c.ops, Op{DB: c.DB, Args: c.words[start:len(c.words):len(c.words)]})
}

var wordDel, wordUnlink = []byte("DEL"), []byte("UNLINK")

func (c *Call) deletion(lazy bool) []byte {
	if lazy {
		return wordUnlink
	}
	return wordDel
}

// touch says that a key was changed or deleted.
func (c *Call) touch(key []byte) {
	if c.Touched != nil {
		c.Touched(c.DB, key, true)
	}
}

// lost says that a key was deleted because its time was over or memory was short.
func (c *Call) lost(key []byte) {
	if c.Touched != nil {
		c.Touched(c.DB, key, false)
	}
}

// notify reports a keyspace event of a key in the selected database.
func (c *Call) notify(class byte, event string, key []byte) {
	if c.Notify != nil {
		c.Notify(class, event, c.DB, key)
	}
}

// ready reports that a key may be what a blocked client is waiting for.
func (c *Call) ready(key []byte, kind store.Kind) {
	if c.Ready != nil {
		c.Ready(c.DB, key, kind)
	}
}

// edit returns the entry of a key for changing its object in place, which the caller has looked up with write.
func (c *Call) edit(key []byte) *store.Entry { return c.db().Edit(key) }

// create gives a value and an expiry, 0 for never, to a key that is not there.
//
// Source: redis/src/db.c, dbAdd.
func (c *Call) create(key []byte, v store.Value, at int64) {
	c.db().Set(key, v, at)
	c.timed(key, at)
	if v.Kind() != store.String {
		c.ready(key, v.Kind())
	}
	c.notify('n', "new", key)
}

// timed says that a key lives until at, unless that is 0 for ever.
func (c *Call) timed(key []byte, at int64) {
	if c.Timed != nil && at != 0 {
		c.Timed(c.DB, key)
	}
}

// also adds a command to the stream in front of what c itself becomes there: for those that are several commands to a
// replica. To send nothing but these, see onlyAlso.
func (c *Call) also(words ...[]byte) {
	start := len(c.words)
	c.words = append(c.words, words...)
	c.ops = append(c.ops, Op{DB: c.DB, Args: c.words[start:len(c.words):len(c.words)]})
}

// onlyAlso says that what was added with also is all that goes into the stream.
func (c *Call) onlyAlso() { c.complete = true }

// changed says that a key was changed or deleted, and counts it.
func (c *Call) changed(key []byte) {
	c.touch(key)
	c.Dirty++
}

// propagateAs sets what goes into the stream instead of the command.
func (c *Call) propagateAs(words ...[]byte) {
	start := len(c.words)
	c.words = append(c.words, words...)
	c.rewritten = c.words[start:len(c.words):len(c.words)]
}

// number returns n as a word of an Op.
func (c *Call) number(n int64) []byte {
	start := len(c.text)
	c.text = strconv.AppendInt(c.text, n, 10)
	return c.text[start:len(c.text):len(c.text)]
}

// integer reads the argument at i. When it is no integer it answers so and reports false.
func (c *Call) integer(i int) (int64, bool) {
	n, ok := resp.ParseInt64(c.Args[i])
	if !ok {
		c.Reply.Error(errNotInteger)
	}
	return n, ok
}

// replyString answers with the bytes of a string value.
func (c *Call) replyString(v store.Value) {
	if n, ok := v.Int(); ok && v.Encoding() == store.Int {
		c.Reply.BulkInt(n)
		return
	}
	c.Reply.BulkString(v.Str())
}

// isString reports whether the entry, which may be nil, may be used as a string. Else it has answered so.
func (c *Call) isString(e *store.Entry) bool {
	if e == nil || e.Value.Kind() == store.String {
		return true
	}
	c.Reply.Error(errWrongType)
	return false
}
