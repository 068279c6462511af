package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// The stream from a raw master. That what a real one sends is applied is shown in package tcp.

// A stream that makes no sense is not applied any further, and costs the position. The link lasts until the
// next acknowledgement, as redis-server's does.
func TestAStreamThatMakesNoSense(t *testing.T) {
	for _, x := range []struct{ what, bytes, says string }{
		{"an inline command", "PING x\r\n", "WARNING: Receiving inline protocol from master, master stream corruption? Closing the master connection and discarding the cached master."},
		{"no length", "*1\r\nPING\r\n", "Protocol error (expected $ but got something else) from client: id="},
		{"a length that is none", "*1\r\n$x\r\n", "Protocol error (invalid bulk length) from client: id="},
	} {
		s := start(t)
		m := s.follow(someID, 100, store.New(16))
		s.take(m)
		s.raw(m, cmd("SELECT", "0")+x.bytes+cmd("SET", "a", "1"))
		s.want(x.what+": the link is up", s.field("master_link_status"), "up")
		s.want(x.what+": applied", s.field("slave_repl_offset"), "123")
		s.want(x.what+": received", s.field("slave_read_repl_offset"), strconv.Itoa(123+len(x.bytes+cmd("SET", "a", "1"))))
		s.raw(m, cmd("SET", "a", "2"))
		s.want(x.what+": nothing is executed", s.say(s.connect(), "DBSIZE"), ":0\r\n")
		s.pass(time.Second)
		s.want(x.what+": no last word", s.take(m), "")
		s.wantLog(x.says, "Connection with master lost.", "Reconnecting to MASTER 10.0.0.8:6379")
		if s.said("Caching the disconnected master state.") || s.gone[m] == "" {
			t.Errorf("%s: closed %q, and the log says\n%s", x.what, s.gone[m], strings.Join(s.logs, "\n"))
		}
		_, psync := s.handshake()
		s.want(x.what+": asks for everything", psync, cmd("PSYNC", "?", "-1"))
	}
}

// What cannot be executed is logged in redis-server's words and counts all the same. Measured on 7.0.15.
func TestErrorsInTheStreamAreLogged(t *testing.T) {
	k := store.New(16)
	k.DB(0).Set([]byte("k"), store.StringValue([]byte("v")), 0)
	s := start(t)
	m := s.follow(someID, 100, k)
	sel := cmd("select", "0")
	s.raw(m, sel)
	applied := sel
	for i, x := range []struct{ line, problem, name string }{
		{"Lpush k x", "-WRONGTYPE Operation against a key holding the wrong kind of value", "lpush"},
		{"nope x", "unknown command 'nope', with args beginning with: 'x' ", "<unknown>"},
		{"set a", "wrong number of arguments for 'set' command", "set"},
		{"SELECT 99", "DB index is out of range", "select"},
		{"rename zz y", "-ERR no such key", "rename"},
		{"incrby k z", "value is not an integer or out of range", "incrby"},
		{"client foo", "unknown subcommand 'foo'. Try CLIENT HELP.", "<unknown>"},
	} {
		s.logs = nil
		raw := cmd(strings.Fields(x.line)...)
		s.raw(m, raw)
		s.want(x.line, strings.Join(s.logs, "\n"), "== CRITICAL == This replica is sending an error to its master: '"+x.problem+
			"' after processing the command '"+x.name+"'\nLatest backlog is: '\""+strings.ReplaceAll(strings.ReplaceAll(tail(applied, 256), "\r", `\r`), "\n", `\n`)+"\"'")
		applied += raw
		s.want("counted", s.field("unexpected_error_replies"), strconv.Itoa(i+1))
	}
	s.want("the offset goes on", s.field("slave_repl_offset"), strconv.Itoa(100+len(applied)))
	s.want("the database is still 0", strconv.Itoa(s.n.master.db), "0")
}

func tail(s string, most int) string { return s[max(0, len(s)-most):] }

func TestErrorsMayEndTheProcess(t *testing.T) {
	for _, x := range []struct {
		behavior, readOnly string
		ends               bool
	}{{"ignore", "yes", false}, {"panic", "yes", true}, {"panic-on-replicas", "yes", true}, {"panic", "no", false}} {
		s := start(t, "propagation-error-behavior", x.behavior, "replica-read-only", x.readOnly)
		m := s.follow(someID, 100, store.New(16))
		s.raw(m, cmd("nope"))
		if x.ends {
			s.exits(x.behavior, 134)
			s.wantLog("Guru Meditation: This replica panicked sending an error to its master after processing the command '<unknown>'")
		} else {
			s.exits(x.behavior)
		}
	}
}

// A transaction in which a command is refused is none.
func TestABrokenTransactionIsDropped(t *testing.T) {
	for _, x := range []struct{ what, line, says string }{
		{"a command refused", "nope", "'-EXECABORT Transaction discarded because of previous errors.' after processing the command 'exec'"},
		{"given up", "", ""},
	} {
		s := start(t)
		m := s.follow(someID, 100, store.New(16))
		stream := cmd("MULTI") + cmd("SET", "a", "1")
		if x.line != "" {
			stream += cmd(x.line) + cmd("EXEC")
		} else {
			stream += cmd("DISCARD")
		}
		s.raw(m, stream)
		s.want(x.what, s.say(s.connect(), "DBSIZE"), ":0\r\n")
		s.want(x.what, s.field("slave_repl_offset"), strconv.Itoa(100+len(stream)))
		if x.says != "" && !s.said(x.says) {
			t.Errorf("%s: the log says %q", x.what, s.logs)
		}
		s.raw(m, cmd("SET", "b", "1"))
		s.want(x.what+": and the next command runs", s.say(1, "EXISTS b"), ":1\r\n")
	}
}

// What a master may send although no client could.
func TestTheMastersWordIsLaw(t *testing.T) {
	now := engine.Epoch.Millis()
	for _, x := range []struct{ what, stream, ask, want string }{
		{"small letters", cmd("set", "a", "1"), "GET a", "$1\r\n1\r\n"},
		{"a limit behind an exact length", cmd("XADD", "s", "MAXLEN", "=", "1", "LIMIT", "100", "1-1", "f", "v"), "XLEN s", ":1\r\n"},
		{"a time to live from now on", cmd("SET", "a", "1", "PX", "5000"), "PTTL a", ":5000\r\n"},
		{"seconds from now on", cmd("SETEX", "a", "7", "1"), "TTL a", ":7\r\n"},
		{"a time long past", cmd("SET", "a", "1") + cmd("PEXPIREAT", "a", "1"), "DEBUG OBJECT a", "+Value"},
		{"which hides the key", cmd("SET", "a", "1") + cmd("PEXPIREAT", "a", "1"), "GET a", "$-1\r\n"},
		{"a key that is hidden is still there for the master", cmd("SET", "a", "1", "PXAT", strconv.FormatInt(now-1, 10)) + cmd("INCR", "a") + cmd("PERSIST", "a"), "GET a", "$1\r\n2\r\n"},
		{"no wait for a key", cmd("BLPOP", "none", "0") + cmd("SET", "a", "1"), "GET a", "$1\r\n1\r\n"},
		{"a script's effects", cmd("MULTI") + cmd("SET", "a", "1") + cmd("SELECT", "3") + cmd("SET", "a", "2") + cmd("EXEC"), "GET a", "$1\r\n1\r\n"},
		{"nothing to wait for", cmd("ping") + cmd("SET", "a", "1"), "GET a", "$1\r\n1\r\n"},
	} {
		s := start(t)
		m := s.follow(someID, 100, store.New(16))
		s.take(m)
		s.raw(m, cmd("SELECT", "0")+x.stream)
		if got := s.say(s.connect(), x.ask); !strings.HasPrefix(got, x.want) {
			t.Errorf("%s: %s: %q, want %q", x.what, x.ask, got, x.want)
		}
		s.want(x.what+": is applied", s.field("slave_repl_offset"), strconv.Itoa(123+len(x.stream)))
		s.want(x.what+": is answered nothing", s.take(m), "")
	}
}

// Expired keys are the master's to remove; a replica only hides them.
func TestAReplicaHidesWhatHasExpired(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1", "PXAT", strconv.FormatInt(s.now.Millis()+50, 10)))
	s.pass(10 * time.Second)
	c := s.connect()
	for _, x := range []struct{ line, want string }{
		{"GET a", "$-1\r\n"}, {"EXISTS a", ":0\r\n"}, {"TTL a", ":-2\r\n"}, {"TYPE a", "+none\r\n"}, {"KEYS *", "*0\r\n"},
		{"SCAN 0", "*2\r\n$1\r\n0\r\n*0\r\n"}, {"DBSIZE", ":1\r\n"}, {"RANDOMKEY", "$1\r\na\r\n"},
	} {
		s.want(x.line, s.say(c, x.line), x.want)
	}
	s.want("counted", s.field("expired_keys"), "0")
	s.raw(m, cmd("DEL", "a"))
	s.want("until its master says so", s.say(c, "DBSIZE"), ":0\r\n")
}

// A pause holds the stream in front of the first command that it holds, and the offset with it.
func TestAPauseHoldsWhatMayWrite(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.raw(m, cmd("SELECT", "0"))
	s.say(c, "CLIENT PAUSE 5000 WRITE")
	s.take(m)
	s.raw(m, cmd("ping")+cmd("MULTI"))
	s.want("PING goes through, and MULTI too", s.field("slave_repl_offset"), "137")
	if s.n.master.held {
		t.Error("MULTI is held")
	}
	s.raw(m, cmd("INCR", "a")+cmd("EXEC"))
	if !s.n.master.held {
		t.Error("a write inside is not held")
	}
	s.raw(m, cmd("REPLCONF", "GETACK", "*"))
	s.want("nothing behind it is executed", s.take(m), "")
	twin := s.twin()
	s.pass(6 * time.Second)
	s.want("afterwards", s.say(c, "GET a"), "$1\r\n1\r\n")
	s.want("the offset", s.field("slave_repl_offset"), strconv.Itoa(137+len(cmd("MULTI")+cmd("INCR", "a")+cmd("EXEC")+cmd("REPLCONF", "GETACK", "*"))))
	twin.step(Closed{Conn: m})
	_, psync := twin.handshake()
	twin.want("lost while it is held: the position is gone", psync, cmd("PSYNC", "?", "-1"))

	s.raw(m, cmd("MULTI")+cmd("INCR", "a"))
	s.say(c, "CLIENT PAUSE 5000 WRITE")
	s.raw(m, cmd("EXEC"))
	s.want("EXEC counts as what it would run", s.say(c, "GET a"), "$1\r\n1\r\n")
	s.pass(6 * time.Second)
	s.want("afterwards", s.say(c, "GET a"), "$1\r\n2\r\n")

	s.say(c, "CLIENT PAUSE 5000 ALL")
	before := s.field("slave_repl_offset")
	s.raw(m, cmd("ping"))
	s.want("everything is held", s.field("slave_repl_offset"), before)
}

// Bytes go on to those below in whole applied units, exactly as they came.
func TestTheStreamGoesOnVerbatim(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	sub := s.connect()
	s.say(sub, "REPLCONF capa psync2")
	s.want("joins", s.say(sub, "PSYNC "+someID+" 101"), "+CONTINUE "+someID+"\r\n")
	unit := cmd("sElEcT", "0") + cmd("MULTI") + cmd("incr", "a") + cmd("GET", "a")
	s.raw(m, unit)
	s.want("not before EXEC", s.take(sub), cmd("sElEcT", "0"))
	s.raw(m, cmd("exec")+"\n")
	s.want("whole", s.take(sub), cmd("MULTI")+cmd("incr", "a")+cmd("GET", "a")+cmd("exec"))
	s.raw(m, cmd("REPLCONF", "GETACK", "*"))
	s.want("with everything", s.take(sub), "\n"+cmd("REPLCONF", "GETACK", "*"))
	s.raw(m, cmd("nope"))
	s.want("also what it does not know", s.take(sub), cmd("nope"))
	s.pass(11 * time.Second)
	s.want("and no PING of its own", s.take(sub), "")
	s.want("one offset for all", s.field("master_repl_offset"), s.field("slave_repl_offset"))
}

// replica-ignore-maxmemory no: the replica evicts on its own, and refuses what does not fit.
func TestAReplicaMayObserveMaxmemory(t *testing.T) {
	for _, ignore := range []string{"yes", "no"} {
		s := start(t, "maxmemory", "1mb", "replica-ignore-maxmemory", ignore)
		m := s.follow(someID, 100, store.New(16))
		s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", strings.Repeat("x", 1<<20)))
		s.raw(m, cmd("SET", "b", "1"))
		s.want("ignore "+ignore, s.say(s.connect(), "EXISTS b"), map[string]string{"yes": ":1\r\n", "no": ":0\r\n"}[ignore])
		if ignore == "no" {
			s.wantLog("== CRITICAL == This replica is sending an error to its master: '-OOM command not allowed when used memory > 'maxmemory'.' after processing the command 'set'")
		}
	}
}

func TestAReplicaThatCannotSave(t *testing.T) {
	for _, ignore := range []string{"yes", "no"} {
		s := start(t, "save", "3600 1", "replica-ignore-disk-write-errors", ignore)
		m := s.follow(someID, 100, store.New(16))
		s.disk.full = true
		s.say(s.connect(), "BGSAVE")
		s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1"))
		if ignore == "yes" {
			s.exits("goes on")
			s.want("applied", s.say(1, "GET a"), "$1\r\n1\r\n")
		} else {
			s.exits("ends", 134)
			s.wantLog("Guru Meditation: Replica was unable to write command to disk.")
		}
	}
}

// What a writable replica's clients write is its own: no byte of it is streamed or counted.
func TestLocalWritesStayLocal(t *testing.T) {
	s := start(t, "replica-read-only", "no")
	m := s.follow(someID, 100, store.New(16))
	sub := s.connect()
	s.say(sub, "PSYNC "+someID+" 101")
	s.take(sub)
	c := s.connect()
	s.want("a write", s.say(c, "SET mine 1"), "+OK\r\n")
	s.want("offset", s.field("master_repl_offset"), "100")
	s.want("stream", s.take(sub), "")
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "mine", "2"))
	s.want("the master's overwrites it", s.say(c, "GET mine"), "$1\r\n2\r\n")
}

// Keys that get a time to live on a writable replica are removed by it; those of the master are not.
func TestLocalTimesToLive(t *testing.T) {
	s := start(t, "replica-read-only", "no")
	m := s.follow(someID, 100, store.New(16))
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "theirs", "1", "PX", "300")+cmd("SET", "k", "1")+cmd("SET", "moved", "1", "PX", "300"))
	c := s.connect()
	for i, line := range []string{"SET a 1 PX 300", "SETEX b 1 1", "EXPIRE k 1", "GETEX moved PX 300", "COPY a copy", "SET forever 1"} {
		if got := s.say(c, line); got[0] == '-' {
			t.Errorf("%d %s: %s", i, line, got)
		}
	}
	s.want("tracked", s.field("slave_expires_tracked_keys"), "5")
	s.say(c, "PERSIST k")
	s.say(c, "PEXPIRE b 5000")
	twin := s.twin()
	for _, one := range []*server{s, twin} {
		one.pass(2 * time.Second)
		one.want("keys", one.say(c, "DBSIZE"), ":4\r\n")
		for _, key := range []string{"theirs", "k", "b", "forever"} {
			if one.n.Store().DB(0).Get([]byte(key)) == nil {
				t.Errorf("%s is gone", key)
			}
		}
		one.want("expired", one.field("expired_keys"), "3")
		one.want("tracked", one.field("slave_expires_tracked_keys"), "1")
	}
	s.want("a write removes what has expired first", s.say(c, "INCR theirs"), ":1\r\n")
	s.pass(4 * time.Second)
	s.want("in the end", s.field("slave_expires_tracked_keys"), "0")
	s.say(c, "SET a 1 PX 5000")
	s.step(Closed{Conn: m})
	s.raw(s.again(someID, 500), sized(file(dataset("x"))))
	s.want("a full resync forgets them", s.field("slave_expires_tracked_keys"), "0")
}

// A message of the master's clients reaches those who listen here; one of our own clients stays here.
func TestMessages(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	sub, c, p := s.connect(), s.connect(), s.connect()
	s.say(sub, "PSYNC "+someID+" 101")
	s.take(sub)
	s.say(c, "SUBSCRIBE news")
	s.raw(m, cmd("PUBLISH", "news", "theirs"))
	s.want("theirs", s.take(c), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$6\r\ntheirs\r\n")
	s.want("goes on", s.take(sub), cmd("PUBLISH", "news", "theirs"))
	s.want("ours", s.say(p, "PUBLISH news ours"), ":1\r\n")
	s.want("arrives", s.take(c), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$4\r\nours\r\n")
	s.want("and stays", s.take(sub), "")
}

// PFCOUNT may keep what it has counted, on a read-only replica too, and nobody is told.
func TestPfcountOnAReplica(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.raw(m, cmd("SELECT", "0")+cmd("PFADD", "h", "a", "b"))
	before := s.field("master_repl_offset")
	c := s.connect()
	s.want("counts", s.say(c, "PFCOUNT h"), ":2\r\n")
	s.want("streams nothing", s.field("master_repl_offset"), before)
}

// What the master has executed here is counted and kept like what clients have: its transactions, and its questions.
func TestTheMastersCommandsAreCounted(t *testing.T) {
	s := start(t, "slowlog-log-slower-than", "0")
	m := s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1")+cmd("MULTI")+cmd("SET", "a", "2")+cmd("LPUSH", "a", "2")+cmd("EXEC")+cmd("REPLCONF", "GETACK", "*"))
	stats := s.say(c, "INFO commandstats")
	for _, want := range []string{"select:calls=1,", "set:calls=2,", "multi:calls=1,", "exec:calls=1,", "replconf:calls=1,"} {
		if !strings.Contains(stats, "cmdstat_"+want) {
			t.Errorf("%q lacks %q", stats, want)
		}
	}
	if !strings.Contains(stats, "cmdstat_lpush:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1") {
		t.Errorf("the one that failed: %q", stats)
	}
	if got := s.say(c, "INFO latencystats"); !strings.Contains(got, "latency_percentiles_usec_lpush:") || !strings.Contains(got, "latency_percentiles_usec_exec:") {
		t.Errorf("how long they took: %q", got)
	}
	if got := s.say(c, "SLOWLOG GET 100"); !strings.Contains(got, "LPUSH") || !strings.Contains(got, "10.0.0.8:6379") {
		t.Errorf("the slow log: %q", got)
	}
}
