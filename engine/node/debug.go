package node

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/rdb"
	"resync/engine/resp"
	"resync/engine/store"
)

// A debugRow is one subcommand of DEBUG: how many words it takes with DEBUG and itself, -n for n or more.
type debugRow struct {
	name  string
	words int
	do    func(n *Node, c *client, args [][]byte)
	help  string // its lines, the first without the name
}

// debugRows are the subcommands of DEBUG. What crashes a process, or looks into structures that only Redis has, is not
// among them.
//
// Source: redis/src/debug.c, debugCommand.
var debugRows []debugRow

func init() {
	simple := func(text string) func(*Node, *client, [][]byte) {
		return func(_ *Node, c *client, _ [][]byte) { c.w.Simple(text) }
	}
	ok := simple("OK")
	debugRows = []debugRow{
		{"CHANGE-REPL-ID", 2, (*Node).debugChangeReplID, "\nGive the history another name."},
		{"CONFIG-REWRITE-FORCE-ALL", 2, (*Node).debugRewriteAll, "\nRewrite the configuration file, with every setting in it."},
		{"DELAY-RDB-CLIENT-FREE-SECONDS", 3, (*Node).debugDelayFree, " <seconds>\nRemember the connection of a snapshot for this long when it has ended and nobody has asked for its stream."},
		{"DIGEST", 2, (*Node).debugDigest, "\nShow a checksum of all keys and values."},
		{"DIGEST-VALUE", -2, (*Node).debugDigestValue, " <key> [<key> ...]\nShow a checksum of each key's value."},
		{"ERROR", 3, (*Node).debugError, " <string>\nReply with an error."},
		{"HTSTATS", 3, (*Node).debugHTStats, " <dbid>\nShow how many keys a database has."},
		{"HTSTATS-KEY", 3, (*Node).debugHTStatsKey, " <key>\nShow how many elements the hash table at a key has."},
		{"LEAK", 3, ok, " <string>\nDo nothing: nothing leaks here."},
		{"LISTPACK", 3, (*Node).debugListpack, " <key>\nTell whether the value is a listpack."},
		{"LOG", 3, (*Node).debugLog, " <message>\nWrite to the log."},
		{"OBJECT", 3, (*Node).debugObject, " <key>\nShow how a value is kept."},
		{"PAUSE-CRON", 3, (*Node).debugPauseCron, " <0|1>\nStop the periodic work."},
		{"POPULATE", -3, (*Node).debugPopulate, " <count> [<prefix>] [<size>]\nCreate keys that are not propagated."},
		{"PROTOCOL", 3, (*Node).debugProtocol, " <type>\nReply with a value of the type: string, integer, double, bignum, null, array, set,\nmap, attrib, push, verbatim, true, false."},
		{"QUICKLIST", -3, (*Node).debugQuicklist, " <key> [<0|1>]\nTell whether the value is a list."},
		{"QUICKLIST-PACKED-THRESHOLD", 3, (*Node).debugPackedThreshold, " <size>\nGive elements of a list that are this long a node of their own. 0 stands for 1 GiB."},
		{"RELOAD", -2, (*Node).debugReload, " [NOSAVE] [NOFLUSH] [MERGE]\nSave the dataset and load it again."},
		{"REPLICATE", -3, (*Node).debugReplicate, " <word> [<word> ...]\nPut a command into the replication stream without executing it."},
		{"REPLYBUFFER", 4, (*Node).debugReplyBuffer, " PEAK-RESET-TIME <never|reset|milliseconds>\nForget after that time how much of a reply buffer was used.\nREPLYBUFFER RESIZING <0|1>\nStop resizing reply buffers."},
		{"SDSLEN", 3, (*Node).debugSDSLen, " <key>\nShow the lengths of a key and its string."},
		{"SET-ACTIVE-EXPIRE", 3, (*Node).debugActiveExpire, " <0|1>\nStop removing keys as they expire."},
		{"SET-DISABLE-DENY-SCRIPTS", 3, ok, " <0|1>\nAccepted without effect."},
		{"SET-SKIP-CHECKSUM-VALIDATION", 3, (*Node).debugSkipChecksums, " <0|1>\nLoad RDB files and restore payloads whatever their checksum says."},
		{"SLEEP", 3, (*Node).debugSleep, " <seconds>\nStand still. Decimals allowed."},
		{"STRINGMATCH-TEST", 2, simple("Apparently Redis did not crash: test passed"), "\nAccepted without effect."},
		{"STRUCTSIZE", 2, (*Node).debugStructSize, "\nShow the sizes of some structures."},
	}
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){"debug": (*Node).debugCommand})
}

// debugCommand serves DEBUG.
func (n *Node) debugCommand(c *client, args [][]byte) {
	name := string(args[1])
	if len(args) == 2 && strings.EqualFold(name, "help") {
		n.debugHelp(c)
		return
	}
	for i := range debugRows {
		r := &debugRows[i]
		if strings.EqualFold(r.name, name) && n.knowsDebug(r) && (len(args) == r.words || r.words < 0 && len(args) >= -r.words) {
			r.do(n, c, args)
			return
		}
	}
	c.w.Error(debugUnknown(name))
}

// knowsDebug reports whether the era has a subcommand.
func (n *Node) knowsDebug(r *debugRow) bool { return n.era.Has(strings.ToLower(r.name)) }

func debugUnknown(name string) string {
	return "ERR unknown subcommand or wrong number of arguments for '" + name + "'. Try DEBUG HELP."
}

func (n *Node) debugHelp(c *client) {
	lines := []string{"DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for i := range debugRows {
		if !n.knowsDebug(&debugRows[i]) {
			continue
		}
		usage, text, _ := strings.Cut(debugRows[i].help, "\n")
		lines = append(lines, debugRows[i].name+usage)
		for l := range strings.SplitSeq(text, "\n") {
			lines = append(lines, "    "+l)
		}
	}
	lines = append(lines, "HELP", "    Prints this help.")
	c.w.Array(len(lines))
	for _, l := range lines {
		c.w.Simple(l)
	}
}

func (n *Node) debugDigest(c *client, _ [][]byte) {
	d := n.data.Digest()
	c.w.Simple(hex.EncodeToString(d[:]))
}

func (n *Node) debugDigestValue(c *client, args [][]byte) {
	c.w.Array(len(args) - 2)
	for _, key := range args[2:] {
		var d [20]byte
		if e := n.data.DB(c.db).Get(key); e != nil {
			d = n.data.DigestValue(e)
		}
		c.w.Simple(hex.EncodeToString(d[:]))
	}
}

// debugDelayFree sets how long an awaited connection may linger. It is read as C's atoi does.
func (n *Node) debugDelayFree(c *client, args [][]byte) {
	seconds, _ := strconv.Atoi(string(args[2]))
	n.grace = time.Duration(seconds) * time.Second
	n.planGrace()
	c.w.OK()
}

// debugFlag reads the 0 or 1 of a switch as C's atoi does: what is no number is 0.
func debugFlag(arg []byte) bool {
	v, ok := resp.ParseInt64(arg)
	return ok && v != 0
}

func (n *Node) debugActiveExpire(c *client, args [][]byte) {
	n.active = debugFlag(args[2])
	c.w.OK()
}

func (n *Node) debugPauseCron(c *client, args [][]byte) {
	n.cronPaused = debugFlag(args[2])
	if !n.cronPaused && n.shut.asked != "" {
		n.beginSignaled()
	}
	c.w.OK()
}

func (n *Node) debugSkipChecksums(c *client, args [][]byte) {
	n.noChecksums = debugFlag(args[2])
	n.applyConfig()
	c.w.OK()
}

func (n *Node) debugChangeReplID(c *client, _ [][]byte) {
	n.log(engine.LogNotice, "Changing replication IDs after receiving change-repl-id")
	n.hist.Rename(n.random())
	n.renamed("DEBUG CHANGE-REPL-ID")
	c.w.OK()
}

// debugReplyBuffer serves DEBUG REPLYBUFFER.
//
// Source: redis/src/debug.c, replyBufferCommand.
func (n *Node) debugReplyBuffer(c *client, args [][]byte) {
	for _, other := range n.clients {
		n.tend(other) // by the rules that held until now
	}
	t, value := &n.replyTending, string(args[3])
	switch option := strings.ToLower(string(args[2])); {
	case option == "resizing":
		t.off = !debugFlag(args[3])
	case option != "peak-reset-time":
		c.wrongSubcommand(args)
		return
	case strings.EqualFold(value, "never"):
		t.reset = -1
	case strings.EqualFold(value, "reset"):
		t.reset = usualTending.reset
	default:
		millis, ok := resp.ParseInt64(args[3])
		if !ok {
			c.w.Error("ERR value is not an integer or out of range")
			return
		}
		t.reset = time.Duration(millis) * time.Millisecond
	}
	c.w.OK()
}

func (n *Node) debugLog(c *client, args [][]byte) {
	n.log(engine.LogWarning, "DEBUG LOG: "+string(args[2]))
	c.w.OK()
}

func (n *Node) debugError(c *client, args [][]byte) {
	text := strings.NewReplacer("\r", " ", "\n", " ").Replace(string(args[2]))
	c.w.Error(text)
}

// debugSleep makes the process stand still, as far as it has a real clock.
func (n *Node) debugSleep(c *client, args [][]byte) {
	// C's strtod: what is no number is 0.
	seconds, err := strconv.ParseFloat(string(args[2]), 64)
	if err == nil && seconds > 0 {
		n.standStill(time.Duration(min(seconds, math.MaxInt32) * float64(time.Second)))
	}
	c.w.OK()
}

func (n *Node) debugStructSize(c *client, _ [][]byte) {
	c.w.BulkString("bits:64 robj:16 dictentry:24 sdshdr5:1 sdshdr8:3 sdshdr16:5 sdshdr32:9 sdshdr64:17 ")
}

// debugPopulate creates keys that no replica hears of. What exists stays.
func (n *Node) debugPopulate(c *client, args [][]byte) {
	if len(args) > 5 {
		c.w.Error(debugUnknown(string(args[1])))
		return
	}
	positive := func(arg []byte) (int, bool) {
		v, ok := resp.ParseInt64(arg)
		if !ok || v < 0 {
			c.w.Error("ERR value is out of range, must be positive")
			return 0, false
		}
		return int(v), true
	}
	count, ok := positive(args[2])
	if !ok {
		return
	}
	prefix, size := "key", 0
	if len(args) > 3 {
		prefix = string(args[3])
	}
	if len(args) > 4 {
		if size, ok = positive(args[4]); !ok {
			return
		}
	}
	n.tellTime()
	db := n.data.DB(c.db)
	var key, value []byte
	for i := range count {
		key = strconv.AppendInt(append(append(key[:0], prefix...), ':'), int64(i), 10)
		if db.Get(key) != nil {
			continue
		}
		value = strconv.AppendInt(append(value[:0], "value:"...), int64(i), 10)
		if size > 0 {
			value = append(value, make([]byte, max(0, size-len(value)))...)[:size]
		}
		db.Set(key, store.RawString(value), 0)
		if len(n.watching) > 0 || n.blocks.count > 0 || n.tracking.active() {
			n.touchKey(c.db, key, true)
		}
	}
	c.w.OK()
}

// standStill has the process do nothing for a while. For the command that asked for it, and for the rest of its
// transaction, the clock stays where it is; for what follows, so much later it is.
func (n *Node) standStill(d time.Duration) {
	n.out.do(Sleep{For: d})
	n.stood += d
}

// debugReplicate puts a command into the stream as it is given, with no database in front of it.
func (n *Node) debugReplicate(c *client, args [][]byte) {
	n.feed([]command.Op{{DB: anyDB, Args: args[2:]}}, false)
	c.w.OK()
}

// debugReload serves DEBUG RELOAD [NOSAVE] [NOFLUSH] [MERGE].
func (n *Node) debugReload(c *client, args [][]byte) {
	save, flush, merge := true, true, false
	for _, a := range args[2:] {
		switch strings.ToUpper(string(a)) {
		case "NOSAVE":
			save = false
		case "NOFLUSH":
			flush = false
		case "MERGE":
			merge = true
		default:
			c.w.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
			return
		}
	}
	switch {
	case n.unit.open:
		// A transaction cannot wait for a disk, and what is in memory is what would be read.
		n.reloadAtOnce(c)
	case !flush && !merge && n.collides(save):
		c.w.Error("ERR Error trying to load the RDB dump")
	case save:
		c.held = true
		then := thenReload
		if !flush {
			then = thenMerge
		}
		n.save(then, c.conn)
	default:
		c.held = true
		n.load(c.conn, !flush)
	}
}

// collides reports whether loading beside what is there would find a key twice: what was just saved is all there.
func (n *Node) collides(saved bool) bool { return saved && countKeys(n.data) > 0 }

// reloadAtOnce takes the dataset through the format of RDB files without a file.
func (n *Node) reloadAtOnce(c *client) {
	enc := rdb.NewEncoder(n.data.Snapshot(), nil, n.snapshotOptions())
	dec := rdb.NewDecoder(n.readOptions())
	var chunk []byte
	for !enc.Done() {
		chunk = enc.Append(chunk[:0], fileChunk)
		if _, err := dec.Feed(chunk); err != nil {
			c.w.Error("ERR Error trying to load the RDB dump")
			return
		}
	}
	n.replaceData(dec.Store())
	c.w.OK()
}

// debugProtocol replies with a value of each type that the protocol has.
//
// Source: redis/src/debug.c, debugCommand.
func (n *Node) debugProtocol(c *client, args [][]byte) {
	w := &c.w
	switch strings.ToLower(string(args[2])) {
	case "string":
		w.BulkString("Hello World")
	case "integer":
		w.Int(12345)
	case "double":
		w.Double(3.141)
	case "null":
		w.Null()
	case "array":
		w.Array(3)
		for i := range int64(3) {
			w.Int(i)
		}
	case "set":
		w.Set(3)
		for i := range int64(3) {
			w.Int(i)
		}
	case "map":
		w.Map(3)
		for i := range int64(3) {
			w.Int(i)
			w.Bool(i == 1)
		}
	case "attrib":
		if w.Proto == 3 {
			w.Raw([]byte("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"))
		}
		w.BulkString("Some real reply following the attribute")
	case "push":
		if w.Proto != 3 {
			w.Error("ERR RESP2 is not supported by this command")
			return
		}
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
		w.BulkString("Some real reply following the push reply")
	case "verbatim":
		w.Verbatim("txt", "This is a verbatim\nstring")
	case "bignum":
		w.BigNumber("1234567999999999999999999999999999999")
	case "true", "false":
		w.Bool(strings.EqualFold(string(args[2]), "true"))
	default:
		w.Error("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
}
