package node

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/store"
)

// MIGRATE with a raw target. Real ones are in package tcp.

const migrateA = "MIGRATE 10.0.0.5 7777 a 9 1000"

// dumped is what a target is sent for a key with the value 1.
func dumped(key, ttl string, options ...string) string {
	payload := rdb.AppendDump(nil, store.StringValue([]byte("1")), new(rdb.Compressor))
	return cmd(append([]string{"RESTORE", key, ttl, string(payload)}, options...)...)
}

// moving returns a server in the middle of a MIGRATE of a, with the client who asked and the target.
func moving(t *testing.T, line string) (s *server, c, target engine.ConnID) {
	t.Helper()
	s = start(t)
	c = s.connect()
	s.say(c, "MSET a 1 b 1")
	s.want("no answer yet", s.say(c, line), "")
	return s, c, s.dialed()
}

func TestMigrateHoldsTheOthersUntilItsEnd(t *testing.T) {
	s := start(t)
	c, other, r := s.connect(), s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "SET a 1 PX 5000")
	s.take(r)
	s.want("no answer yet", s.say(c, migrateA), "")
	s.want("nor to what comes behind it", s.say(c, "EXISTS a"), "")
	s.want("nor to others", s.say(other, "INFO"), "")
	s.pass(300 * time.Millisecond)
	if d := s.dial[0]; d.Host != "10.0.0.5" || d.Port != 7777 {
		t.Errorf("dials %+v", d)
	}
	target := s.dialed()
	s.want("the target is told", s.take(target), cmd("SELECT", "9")+dumped("a", "4700"))
	s.pass(900 * time.Millisecond)
	s.want("one reply of two", s.raw(target, "+OK\r\n+O"), "")
	s.want("nothing is streamed yet", s.take(r), "")
	twin := s.twin()
	twin.raw(target, "K\r\n")
	twin.want("the clone's answers", twin.take(c), "+OK\r\n:0\r\n")
	twin.want("the clone's stream", twin.take(r), cmd("DEL", "a"))
	s.want("the original knows nothing of it", s.take(c)+s.take(r), "")
	s.pass(900 * time.Millisecond)
	s.raw(target, "K\r\n")
	s.want("answers, in order", s.take(c), "+OK\r\n:0\r\n")
	s.want("the stream", s.take(r), cmd("DEL", "a"))
	if got := s.take(other); !strings.Contains(got, "migrate_cached_sockets:1\r\n") {
		t.Errorf("the other client is told %q", got)
	}
	s.want("the end of the pause", s.say(other, "SET b 1"), "+OK\r\n")

	s.say(c, "SET a 1")
	s.take(r)
	s.want("no answer yet", s.say(c, migrateA+" REPLACE"), "")
	s.want("the connection is kept, and its database", s.take(target), dumped("a", "0", "REPLACE"))
	s.want("answer", s.raw(target, "+OK\r\n")+s.take(c), "+OK\r\n")
	s.pass(12 * time.Second)
	s.want("it is closed when nobody uses it", s.gone[target]+" "+s.field("migrate_cached_sockets"), "idle 0")
}

// Each border of what may go wrong, and what is left where.
func TestMigrateEndsInErrors(t *testing.T) {
	const two = `MIGRATE 10.0.0.5 7777 "" 9 1000 KEYS a b`
	for _, x := range []struct {
		name, line string
		happens    func(s *server, target engine.ConnID)
		reply      string
		left       string // of a and b
	}{
		{"the target is slow", two, func(s *server, target engine.ConnID) { s.raw(target, "+OK\r\n"); s.pass(time.Second) },
			"-IOERR error or timeout reading to target instance\r\n", "2"},
		{"it takes one key", two, func(s *server, target engine.ConnID) { s.raw(target, "+OK\r\n+OK\r\n"); s.pass(time.Second) },
			"-IOERR error or timeout reading to target instance\r\n", "1"},
		{"and is gone", two, func(s *server, target engine.ConnID) {
			s.raw(target, "+OK\r\n+OK\r\n")
			s.step(Closed{Conn: target, Why: "Connection reset by peer"})
		}, "-IOERR error or timeout reading to target instance\r\n", "1"},
		{"it is gone before, and not there any more", two, func(s *server, target engine.ConnID) {
			s.raw(target, "+OK\r\n")
			s.step(Closed{Conn: target})
			s.step(Dialed{Conn: s.dial[len(s.dial)-1].Conn, Err: "Connection refused"})
		}, "-IOERR error or timeout writing to target instance\r\n", "2"},
		{"it is gone before, and there again", two, func(s *server, target engine.ConnID) {
			s.step(Closed{Conn: target})
			s.raw(s.dialed(), "+OK\r\n+OK\r\n+OK\r\n")
		}, "+OK\r\n", "0"},
		{"it is gone twice", two, func(s *server, target engine.ConnID) {
			s.step(Closed{Conn: target})
			s.step(Closed{Conn: s.dialed()})
		}, "-IOERR error or timeout reading to target instance\r\n", "2"},
		{"it cannot be found again", two, func(s *server, target engine.ConnID) {
			s.step(Closed{Conn: target})
			s.step(Dialed{Conn: s.dial[len(s.dial)-1].Conn, Err: "Lookup: no such host"})
		}, "-IOERR error or timeout connecting to the client\r\n", "2"},
		{"it does not come back", two, func(s *server, target engine.ConnID) {
			s.step(Closed{Conn: target})
			s.pass(time.Second)
		}, "-IOERR error or timeout connecting to the client\r\n", "2"},
		{"it refuses one key", two, func(s *server, target engine.ConnID) { s.raw(target, "+OK\r\n-BUSYKEY it is there\r\n+OK\r\n") },
			"-ERR Target instance replied with error: BUSYKEY it is there\r\n", "1"},
		{"it refuses one key and is gone", two, func(s *server, target engine.ConnID) {
			s.raw(target, "+OK\r\n-BUSYKEY it is there\r\n")
			s.step(Closed{Conn: target})
		}, "-ERR Target instance replied with error: BUSYKEY it is there\r\n", "2"},
		{"it has no such database, and takes them all the same", two, func(s *server, target engine.ConnID) {
			s.raw(target, "-ERR no\r\n+OK\r\n+OK\r\n")
		}, "-ERR Target instance replied with error: ERR no\r\n", "2"},
		{"it does not know us, and takes them all the same", `MIGRATE 10.0.0.5 7777 "" 9 1000 AUTH2 u p KEYS a b`, func(s *server, target engine.ConnID) {
			s.raw(target, "-WRONGPASS no\r\n-ERR no\r\n+OK\r\n+OK\r\n")
		}, "-ERR Target instance replied with error: WRONGPASS no\r\n", "2"},
		{"a copy", `MIGRATE 10.0.0.5 7777 "" 9 1000 COPY KEYS a b`, func(s *server, target engine.ConnID) { s.raw(target, "+OK\r\n+OK\r\n+OK\r\n") },
			"+OK\r\n", "2"},
	} {
		s, c, target := moving(t, x.line)
		r := s.connect()
		x.happens(s, target)
		s.want(x.name, s.take(c), x.reply)
		s.want(x.name+": left", s.say(r, "EXISTS a b"), ":"+x.left+"\r\n")
		if s.n.migration != nil || s.n.paused() {
			t.Errorf("%s: it is not over", x.name)
		}
		if kept := len(s.n.targets) > 0; kept != !strings.Contains(x.reply, "IOERR") && !strings.HasSuffix(x.name, "is gone") {
			t.Errorf("%s: a connection is kept: %v", x.name, kept)
		}
	}
}

// While bytes wait to leave it is the writing that takes too long.
func TestMigrateCannotSend(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "SET a 1")
	s.say(c, migrateA)
	s.stall(s.dial[0].Conn)
	target := s.dialed()
	s.pass(900 * time.Millisecond)
	s.step(&Drained{Conn: target, Bytes: 10})
	s.pass(900 * time.Millisecond)
	s.want("some have left", s.take(c), "")
	s.pass(100 * time.Millisecond)
	s.want("no more of them do", s.take(c), "-IOERR error or timeout writing to target instance\r\n")
	s.want("the connection", s.gone[target], "timeout")
}

// What the target has taken is gone, whoever has gone meanwhile.
func TestMigrateOutlivesItsClient(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "SET a 1")
	s.say(c, migrateA)
	target := s.dialed()
	s.take(r)
	s.step(Closed{Conn: c})
	s.raw(target, "+OK\r\n+OK\r\n")
	s.want("the stream", s.take(r), cmd("DEL", "a"))
	s.want("the next one goes on", s.say(s.connect(), "EXISTS a"), ":0\r\n")
}

// A key whose time is over while the target has it is deleted as one that was moved; one whose time is over before it
// is sent stays behind, until it is found expired.
func TestMigrateAndTheTimeToLive(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "SET a 1 PX 100")
	s.say(c, "SET b 1 PX 50")
	s.take(r)
	s.say(c, `MIGRATE 10.0.0.5 7777 "" -1 1000 KEYS a b`)
	s.pass(99*time.Millisecond + 999*time.Microsecond)
	target := s.dialed()
	s.want("the least is a millisecond", s.take(target), dumped("a", "1"))
	s.pass(100 * time.Millisecond)
	s.want("nothing expires meanwhile", s.take(r), "")
	s.raw(target, "+OK\r\n")
	s.want("answer", s.take(c), "+OK\r\n")
	s.pass(200 * time.Millisecond)
	s.want("the stream", s.take(r), cmd("DEL", "a")+cmd("DEL", "b"))
	s.want("expired keys", s.field("expired_keys"), "1")
}

// In a transaction nobody can wait, nor can the stream of a master.
func TestMigrateIsRefusedWhereNobodyCanWait(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "SET a 1")
	s.say(c, "MULTI")
	s.want("queued", s.say(c, migrateA), "-ERR MIGRATE is not possible inside a transaction\r\n")
	s.want("the transaction", s.say(c, "EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n")
	m := s.follow(someID, 100, dataset("a"))
	s.raw(m, cmd("MIGRATE", "10.0.0.5", "7777", "a", "0", "1000"))
	s.want("the link goes on", s.field("master_link_status")+" "+s.say(c, "EXISTS a"), "up :1\r\n")
	if s.n.migration != nil || !slices.ContainsFunc(s.logs, func(l string) bool { return strings.Contains(l, "MIGRATE is not possible") }) {
		t.Errorf("the log says nothing of it")
	}
}

// A writable replica whose dataset is replaced meanwhile has to keep what its master has.
func TestMigrateDeletesNothingOfAnotherDataset(t *testing.T) {
	s := start(t, "replica-read-only", "no")
	c := s.connect()
	s.say(c, "SET a 1")
	m := s.fullResync(someID, 100)
	s.say(c, migrateA)
	target := s.dialed()
	s.raw(m, snapshot(dataset("a")))
	s.raw(target, "+OK\r\n+OK\r\n")
	s.want("answer", s.take(c), "+OK\r\n")
	s.want("the master's key", s.say(c, "GET a"), "$1\r\nv\r\n")
}

// A replica's own writes are nobody's business, its moved keys no less.
func TestMigrateFromAWritableReplica(t *testing.T) {
	s := start(t, "replica-read-only", "no")
	m := s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.say(c, "SET a 1")
	s.say(c, migrateA)
	target := s.dialed()
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "2"))
	s.want("the master's stream is held", s.field("slave_repl_offset"), "100")
	s.raw(target, "+OK\r\n+OK\r\n")
	s.want("answer", s.take(c), "+OK\r\n")
	s.want("then it goes on", s.say(c, "GET a"), "$1\r\n2\r\n")
	s.want("by its own bytes alone", s.field("slave_repl_offset"), "150")
}

func TestMigrateKeepsSoManyConnections(t *testing.T) {
	s := start(t)
	c := s.connect()
	var first engine.ConnID
	for i := range mostTargets + 1 {
		s.say(c, "SET a 1")
		s.say(c, "MIGRATE 10.0.0.5 "+strconv.Itoa(7000+i)+" a -1 1000")
		target := s.dialed()
		s.raw(target, "+OK\r\n")
		if i == 0 {
			first = target
		}
	}
	s.want("the oldest is closed", s.gone[first]+" "+s.field("migrate_cached_sockets"), "too many connections to targets "+strconv.Itoa(mostTargets))
	s.step(Closed{Conn: s.dial[5].Conn})
	s.want("and one that the target closes", s.field("migrate_cached_sockets"), strconv.Itoa(mostTargets-1))
}

// Passwords are shown to nobody; the time that a move takes is.
func TestMigrateAsOthersSeeIt(t *testing.T) {
	s := start(t, "slowlog-log-slower-than", "500000")
	c, m := s.connect(), s.connect()
	s.say(m, "MONITOR")
	s.say(c, "SET a 1")
	s.take(m)
	s.say(c, "MIGRATE 10.0.0.5 7777 a 9 1000 AUTH2 u secret COPY")
	target := s.dialed()
	s.pass(600 * time.Millisecond)
	s.raw(target, "+OK\r\n-ERR no\r\n+OK\r\n")
	if got := s.take(m); !strings.Contains(got, `"a" "9" "1000" "AUTH2" "(redacted)" "(redacted)" "COPY"`) {
		t.Errorf("MONITOR shows %q", got)
	}
	if got := s.say(c, "SLOWLOG GET"); !strings.Contains(got, ":600000\r\n*10\r\n$7\r\nMIGRATE\r\n") || strings.Contains(got, "secret") {
		t.Errorf("SLOWLOG shows %q", got)
	}
	if got := s.say(c, "INFO commandstats"); !strings.Contains(got, "cmdstat_migrate:calls=1,usec=600000,usec_per_call=600000.00,rejected_calls=0,failed_calls=1") {
		t.Errorf("INFO says %q", got)
	}
}

// Options that an era does not have are wrong there.
func TestMigrateOfOtherEras(t *testing.T) {
	for _, x := range []struct{ era, options, reply string }{
		{"2.6", "", ""},
		{"2.6", " COPY", "-ERR syntax error\r\n"},
		{"2.8", " REPLACE", "-ERR syntax error\r\n"},
		{"4.0", " COPY REPLACE AUTH x", ""},
		{"4.0", " AUTH2 u x", "-ERR syntax error\r\n"},
		{"8.0", " AUTH2 u x", ""},
	} {
		s := ofEra(t, x.era)
		c := s.connect()
		s.say(c, "SET a 1")
		s.want(x.era+x.options, s.say(c, migrateA+x.options), x.reply)
	}
}

// Whoever wants no reply gets none when it comes late, and the next one.
func TestALateReplyIsSkippedOnce(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "SET a 1")
	s.say(c, "CLIENT REPLY SKIP")
	s.want("SAVE", s.say(c, "SAVE"), "")
	s.want("the next one", s.say(c, "PING"), "+PONG\r\n")
	s.say(c, "CLIENT REPLY SKIP")
	s.say(c, migrateA)
	s.raw(s.dialed(), "+OK\r\n+OK\r\n")
	s.want("MIGRATE", s.take(c), "")
	s.want("the next one", s.say(c, "EXISTS a"), ":0\r\n")
}
