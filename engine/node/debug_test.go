package node

import (
	"strings"
	"testing"
	"time"

	"resync/engine/resp"
)

// What redis-server 7.0.15 answers to the same, but for addresses.
func TestDebugLooksIntoValues(t *testing.T) {
	s := start(t)
	c := s.connect()
	for _, line := range []string{"SET s text", "SET n 12", "RPUSH l a b 3 4 hello", "HSET h a b", "ZADD z 1 a", "SADD ints 1 2", "SADD set a b c", "XADD st 1-1 a b"} {
		s.say(c, line)
	}
	const unknown = "-ERR unknown subcommand or wrong number of arguments for 'x'. Try DEBUG HELP.\r\n"
	wrong := func(name string) string { return strings.Replace(unknown, "x", name, 1) }
	const noKey = "-ERR no such key\r\n"
	for _, x := range []struct{ line, want string }{
		{"DEBUG LISTPACK h", "+Listpack structure printed on stdout\r\n"},
		{"DEBUG LISTPACK z", "+Listpack structure printed on stdout\r\n"},
		{"DEBUG LISTPACK l", "-ERR Not a listpack encoded object.\r\n"},
		{"DEBUG LISTPACK st", "-ERR Not a listpack encoded object.\r\n"},
		{"DEBUG LISTPACK none", noKey},
		{"DEBUG LISTPACK", wrong("LISTPACK")},
		{"DEBUG QUICKLIST l", "+Quicklist structure printed on stdout\r\n"},
		{"DEBUG QUICKLIST l 1", "+Quicklist structure printed on stdout\r\n"},
		{"DEBUG QUICKLIST s", "-ERR Not a quicklist encoded object.\r\n"},
		{"DEBUG QUICKLIST none", noKey},
		{"DEBUG QUICKLIST l 1 2", wrong("QUICKLIST")},
		{"DEBUG HTSTATS x", "-ERR value is not an integer or out of range\r\n"},
		{"DEBUG HTSTATS 99", "-ERR Out of range database\r\n"},
		{"DEBUG HTSTATS 0 full", wrong("HTSTATS")},
		{"DEBUG HTSTATS-KEY none", noKey},
		{"DEBUG HTSTATS-KEY h", "-ERR The value stored at the specified key is not represented using an hash table\r\n"},
		{"DEBUG HTSTATS-KEY ints", "-ERR The value stored at the specified key is not represented using an hash table\r\n"},
		{"DEBUG OBJECT none", noKey},
		{"DEBUG OBJECT l fast", wrong("OBJECT")},
		{"DEBUG SDSLEN s", "+key_sds_len:1, key_sds_avail:0, key_zmalloc: 8, val_sds_len:4, val_sds_avail:0, val_zmalloc: 16\r\n"},
		{"DEBUG SDSLEN n", "-ERR Not an sds encoded string.\r\n"},
		{"DEBUG SDSLEN none", noKey},
		{"DEBUG STRUCTSIZE", "$83\r\nbits:64 robj:16 dictentry:24 sdshdr5:1 sdshdr8:3 sdshdr16:5 sdshdr32:9 sdshdr64:17 \r\n"},
		{"DEBUG STRINGMATCH-LEN 3 a", wrong("STRINGMATCH-LEN")},
		{"DEBUG MALLCTL epoch", wrong("MALLCTL")},
		{"DEBUG QUICKLIST-PACKED-THRESHOLD 4gb", "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n"},
		{"DEBUG QUICKLIST-PACKED-THRESHOLD x", "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n"},
	} {
		s.want(x.line, s.say(c, x.line), x.want)
	}
	for line, part := range map[string]string{
		"DEBUG OBJECT l":        " encoding:quicklist serializedlength:27 ",
		"DEBUG OBJECT  l":       " ql_nodes:1 ql_avg_node:5.00 ql_listpack_max:-2 ql_compressed:0 ql_uncompressed_size:24\r\n",
		"DEBUG OBJECT st":       " encoding:stream serializedlength:",
		"DEBUG OBJECT n":        " refcount:2147483647 encoding:int ",
		"DEBUG HTSTATS 0":       "[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: 8\n number of elements: 8\n",
		"DEBUG HTSTATS  0":      "[Expires HT]\nHash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n",
		"DEBUG HTSTATS-KEY set": "Hash table 0 stats (main hash table):\n table size: 4\n number of elements: 3\n",
	} {
		if got := s.say(c, line); !strings.Contains(got, part) {
			t.Errorf("%s: %q, want %q in it", line, got, part)
		}
	}
}

// The threshold counts for lists that there are already, and 0 brings back what it was.
func TestElementsAbovePackedThresholdHaveNodesOfTheirOwn(t *testing.T) {
	s := start(t)
	c := s.connect()
	nodes := func(want string) {
		t.Helper()
		if got := s.say(c, "DEBUG OBJECT l"); !strings.Contains(got, " ql_nodes:"+want+" ") {
			t.Errorf("%q, want %s nodes", got, want)
		}
	}
	s.say(c, "RPUSH l small 1234567890")
	nodes("1")
	s.want("threshold", s.say(c, "DEBUG QUICKLIST-PACKED-THRESHOLD 10b"), "+OK\r\n")
	s.say(c, "RPUSH l 123456789 1234567890 x")
	nodes("3")
	s.say(c, "LSET l 0 1234567890")
	nodes("4")
	s.want("back", s.say(c, "DEBUG QUICKLIST-PACKED-THRESHOLD 0"), "+OK\r\n")
	s.say(c, "RPUSH l 1234567890")
	nodes("4")
	s.want("all of it", s.say(c, "LRANGE l 0 -1"),
		"*6\r\n$10\r\n1234567890\r\n$10\r\n1234567890\r\n$9\r\n123456789\r\n$10\r\n1234567890\r\n$1\r\nx\r\n$10\r\n1234567890\r\n")
}

func TestLatencyHasTheShapesOfRedis(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "SET a 1")
	s.say(c, "SET b 1")
	s.say(c, "CONFIG GET port")
	for _, x := range []struct{ line, want string }{
		{"LATENCY HISTORY command", "*0\r\n"},
		{"LATENCY LATEST", "*0\r\n"},
		{"LATENCY RESET", ":0\r\n"},
		{"LATENCY RESET command fork", ":0\r\n"},
		{"LATENCY GRAPH command", "-ERR No samples available for event 'command'\r\n"},
		{"LATENCY HISTOGRAM nosuch get", "*0\r\n"},
		{"LATENCY HISTOGRAM SET nosuch config", "*4\r\n$3\r\nset\r\n*4\r\n$5\r\ncalls\r\n:2\r\n$14\r\nhistogram_usec\r\n*2\r\n:1\r\n:2\r\n" +
			"$10\r\nconfig|get\r\n*4\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n*2\r\n:1\r\n:1\r\n"},
		{"CONFIG RESETSTAT", "+OK\r\n"},
		{"LATENCY HISTOGRAM set", "*0\r\n"},
	} {
		s.want(x.line, s.say(c, x.line), x.want)
	}
	if got := s.say(c, "LATENCY HISTOGRAM"); !strings.HasPrefix(got, "*4\r\n") {
		t.Errorf("%q, want what was called since: CONFIG RESETSTAT and LATENCY HISTOGRAM", got)
	}
	s.say(c, "HELLO 3")
	s.want("a map in RESP3", s.say(c, "LATENCY HISTOGRAM hello"), "%1\r\n$5\r\nhello\r\n%2\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n%1\r\n:1\r\n:1\r\n")
}

// A file tells how keys were used where the policy goes by it; else all of them are new where it is read.
func TestUseOfKeysSurvivesAReload(t *testing.T) {
	for _, x := range []struct{ policy, line, want string }{
		{"allkeys-lru", "OBJECT IDLETIME k", ":100\r\n"},
		{"volatile-lru", "OBJECT IDLETIME k", ":100\r\n"},
		{"allkeys-lfu", "OBJECT FREQ k", ":9\r\n"},
		{"noeviction", "OBJECT IDLETIME k", ":0\r\n"},
		{"volatile-ttl", "OBJECT IDLETIME k", ":0\r\n"},
	} {
		s := start(t, "maxmemory-policy", x.policy, "lfu-decay-time", "0")
		c := s.connect()
		s.say(c, "SET k v")
		if strings.HasSuffix(x.policy, "lfu") {
			s.say(c, "CONFIG SET lfu-log-factor 0")
			for range 4 {
				s.say(c, "GET k")
			}
		}
		s.pass(100 * time.Second)
		s.want("MULTI", s.say(c, "MULTI"), "+OK\r\n")
		s.say(c, "DEBUG RELOAD") // at once, without a file
		s.say(c, "EXEC")
		s.want(x.policy, s.say(c, x.line), x.want)
	}
}

// What is wrong with a payload of RESTORE is told to the log, and to nobody else.
func TestTheLogSaysWhatIsWrongWithAPayload(t *testing.T) {
	s := start(t, "loglevel", "verbose")
	c := s.connect()
	payload := func(body string) string {
		return string(resp.AppendCommand(nil, "RESTORE", "k", "0", body+"\x0a\x00checksum"))
	}
	s.want("a checksum", s.raw(c, payload("\x00\x01v")), "-ERR DUMP payload version or checksum are wrong\r\n")
	s.say(c, "DEBUG SET-SKIP-CHECKSUM-VALIDATION 1")
	s.want("which nobody looks at", s.raw(c, payload("\x00\x01v")), "+OK\r\n")
	s.say(c, "DEL k")
	for _, tt := range []struct{ body, says string }{
		{"\x0d\x03abc", "Hash ziplist integrity check failed: a ziplist of 3 bytes"},
		{"\x09\x01\x00", "Zipmap integrity check failed: "},
		{"\x10\x02ab", "Hash listpack integrity check failed: "},
		{"\x0b\x02ab", "Intset integrity check failed: "},
		{"\x11\x02ab", "Zset listpack integrity check failed: "},
		{"\x0a\x02ab", "List ziplist integrity check failed: "},
		{"\x0e\x01\x02ab", "Ziplist integrity check failed: "},
		{"\x02\x02\x01a\x01a", `Duplicate set members detected: "a"`},
		{"\x04\x02\x01a\x011\x01a\x011", `Duplicate hash fields detected: "a"`},
		{"\xc8", "the unknown type 200"},
		{"\x02\x00", "a value without elements"},
		{"\x00\x20v", "the value ends in the middle"},
	} {
		s.logs = nil
		s.want(tt.says, s.raw(c, payload(tt.body)), "-ERR Bad data format\r\n")
		if got := strings.Join(s.logs, "\n"); !strings.Contains(got, "Internal error in RDB reading offset 0 -> "+tt.says) {
			t.Errorf("%q: the log says %q", tt.body, got)
		}
	}
	s.want("newer", s.raw(c, string(resp.AppendCommand(nil, "RESTORE", "k", "0", "\x00\x01v\x0b\x00checksum"))), "-ERR DUMP payload version or checksum are wrong\r\n")
	s.say(c, "CONFIG SET hz 20") // takes over all settings anew
	s.want("still", s.raw(c, payload("\x00\x01v")), "+OK\r\n")
	s.say(c, "DEL k")
	s.say(c, "DEBUG SET-SKIP-CHECKSUM-VALIDATION 0")
	s.want("it matters again", s.raw(c, payload("\x00\x01v")), "-ERR DUMP payload version or checksum are wrong\r\n")
}
