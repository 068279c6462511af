package node

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// What clients do to one another in the node's own time. That the replies and their order are Redis's is compared
// with redis-server in package tcp.

// twin is a clone of the node with connections of its own.
func (s *server) twin() *server {
	twin := *s
	twin.n = s.n.Clone()
	twin.got, twin.gone = map[engine.ConnID]string{}, map[engine.ConnID]string{}
	twin.dial, twin.logs = slices.Clone(s.dial), nil
	return &twin
}

func TestAWaitEndsAtItsMoment(t *testing.T) {
	s := start(t)
	a, b := s.connect(), s.connect()
	s.want("a", s.say(a, "BLPOP k 1.5"), "")
	s.want("b", s.say(b, "BLPOP k 0"), "")
	s.want("both wait", s.field("blocked_clients"), "2")
	s.pass(1499 * time.Millisecond)
	s.want("not yet", s.take(a), "")
	s.pass(time.Millisecond)
	s.want("now", s.take(a), "*-1\r\n")
	s.want("one waits for ever", s.field("blocked_clients"), "1")
	s.pass(time.Hour)
	s.want("for ever", s.take(b), "")
	s.want("the push", s.say(a, "RPUSH k v"), ":1\r\n")
	s.want("served", s.take(b), "*2\r\n$1\r\nk\r\n$1\r\nv\r\n")
	s.want("nobody waits", s.field("blocked_clients"), "0")
}

// What waited in vain gets a null array, also where the command itself says a null string.
func TestAWaitForASourceEndsWithANullArray(t *testing.T) {
	s := start(t)
	c := s.connect()
	for _, line := range []string{"BLMOVE k d LEFT LEFT 1", "BRPOPLPUSH k d 1", "BLMPOP 1 1 k LEFT", "BZPOPMIN k 1", "XREAD BLOCK 1000 STREAMS k $"} {
		s.say(c, line)
		s.pass(time.Second)
		s.want(line, s.take(c), "*-1\r\n")
	}
	s.want("in a transaction", s.raw(c, "MULTI\r\nBLMOVE k d LEFT LEFT 1\r\nBLPOP k 1\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n*-1\r\n")
}

// A served client is a unit of its own behind the one that made its key ready.
func TestServedClientsInTheStream(t *testing.T) {
	s := start(t)
	a, w, r := s.connect(), s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(a, "BLMOVE k d LEFT RIGHT 0")
	s.want("waiting streams nothing", s.take(r), "")
	s.say(w, "MULTI")
	s.say(w, "RPUSH k 1")
	s.say(w, "RPUSH k 2")
	s.say(w, "EXEC")
	s.want("the stream", s.take(r), cmd("SELECT", "0")+cmd("MULTI")+cmd("RPUSH", "k", "1")+cmd("RPUSH", "k", "2")+cmd("EXEC")+
		cmd("LMOVE", "k", "d", "left", "right"))
}

func TestInputBehindAWaitIsKept(t *testing.T) {
	s := start(t, "client-query-buffer-limit", "1048576")
	a, w := s.connect(), s.connect()
	s.want("nothing behind it is executed", s.raw(a, cmd("BLPOP", "k", "0")+cmd("SET", "x", "1")+"*1\r\n$4\r\nPI"), "")
	s.want("no SET", s.say(w, "GET x"), "$-1\r\n")
	s.say(w, "RPUSH k v")
	s.want("it goes on", s.take(a), "*2\r\n$1\r\nk\r\n$1\r\nv\r\n+OK\r\n")
	s.want("with what was cut", s.raw(a, "NG\r\n"), "+PONG\r\n")
	s.say(a, "BLPOP k 0")
	s.raw(a, strings.Repeat("x", 1<<20+1))
	s.want("but not without a limit", s.gone[a], "query buffer limit")
	s.want("and waits no more", s.field("blocked_clients"), "0")
}

func TestAClientThatIsGoneIsNotServed(t *testing.T) {
	s := start(t)
	a, b, w := s.connect(), s.connect(), s.connect()
	s.say(a, "BLPOP k 0")
	s.say(b, "BLPOP k 0")
	s.step(Closed{Conn: a})
	s.say(w, "RPUSH k v")
	s.want("the next one is", s.take(b), "*2\r\n$1\r\nk\r\n$1\r\nv\r\n")
}

func TestAMasterThatBecomesAReplicaEndsWaits(t *testing.T) {
	s := start(t)
	a, w := s.connect(), s.connect()
	s.say(a, "BLPOP k 0")
	s.say(w, "REPLICAOF 10.0.0.8 6379")
	s.want("told", s.take(a), "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n")
	s.want("and closed", s.gone[a], "instance state changed")
}

// A clone has the same clients, waiting, listening and watching, and goes on by itself.
func TestAClonesClientsWaitAndListenToo(t *testing.T) {
	s := start(t)
	waits, listens, watches, held, w := s.connect(), s.connect(), s.connect(), s.connect(), s.connect()
	s.say(waits, "BLPOP k 10")
	s.say(listens, "PSUBSCRIBE c*")
	s.say(watches, "WATCH k")
	s.say(watches, "MULTI")
	s.say(w, "CLIENT PAUSE 5000 WRITE")
	s.want("held", s.say(held, "SET x 1"), "")
	for _, one := range []*server{s.twin(), s.twin(), s} {
		one.want("unpaused", one.say(w, "CLIENT UNPAUSE"), "+OK\r\n")
		one.want("held", one.take(held), "+OK\r\n")
		one.say(w, "RPUSH k v")
		one.want("served", one.take(waits), "*2\r\n$1\r\nk\r\n$1\r\nv\r\n")
		one.want("dirty", one.say(watches, "EXEC"), "*-1\r\n")
		one.want("heard", one.say(w, "PUBLISH ch m"), ":1\r\n")
		one.want("message", one.take(listens), "*4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$2\r\nch\r\n$1\r\nm\r\n")
		one.want("no more", one.say(listens, "PUNSUBSCRIBE"), "*3\r\n$12\r\npunsubscribe\r\n$2\r\nc*\r\n:0\r\n")
		one.want("unheard", one.say(w, "PUBLISH ch m"), ":0\r\n")
	}
}

// While a pause lasts the stream stands still: nothing is written, and nothing expires.
func TestAPauseHoldsTheStream(t *testing.T) {
	s := start(t)
	a, w, r := s.connect(), s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(w, "SET e v PX 100")
	s.take(r)
	s.say(w, "CLIENT PAUSE 2000 WRITE")
	s.want("a write waits", s.say(a, "SET a 1"), "")
	s.pass(time.Second)
	s.want("what is over is hidden", s.say(w, "GET e"), "$-1\r\n")
	s.want("and not deleted", strings.ReplaceAll(s.take(r), cmd("ping"), ""), "")
	s.say(w, "CLIENT PAUSE 3000 WRITE")
	s.pass(1500 * time.Millisecond)
	s.want("a second pause makes it longer", s.take(a), "")
	s.pass(2 * time.Second)
	s.want("released", s.take(a), "+OK\r\n")
	got := strings.ReplaceAll(s.take(r), cmd("ping"), "")
	if got != cmd("SET", "a", "1")+cmd("DEL", "e") && got != cmd("DEL", "e")+cmd("SET", "a", "1") {
		t.Errorf("streamed after the pause: %q", got)
	}
}

func TestAPauseHoldsTheLinkToo(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.say(c, "CLIENT PAUSE 1000 WRITE")
	s.raw(m, cmd("SELECT", "0")+cmd("ping")+cmd("SET", "a", "1")+cmd("SET", "b", "1"))
	s.want("applied up to the write", s.field("slave_repl_offset"), "137")
	s.raw(m, cmd("MULTI")+cmd("SET", "b", "2")+cmd("EXEC"))
	s.want("hidden", s.say(c, "GET a"), "$-1\r\n")
	s.pass(1100 * time.Millisecond)
	s.want("then the rest", s.say(c, "GET b"), "$1\r\n2\r\n")
	s.want("offset", s.field("slave_repl_offset"),
		strconv.Itoa(100+len(cmd("SELECT", "0")+cmd("ping")+cmd("SET", "a", "1")+cmd("SET", "b", "1")+cmd("MULTI")+cmd("SET", "b", "2")+cmd("EXEC"))))
}

func TestARefusedExecEndsTheTransaction(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "MULTI")
	s.say(c, "SET a 1")
	s.follow(someID, 100, store.New(16))
	s.want("EXEC", s.say(c, "EXEC"), "-EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica.\r\n")
	s.want("it is over", s.say(c, "EXEC"), "-ERR EXEC without MULTI\r\n")
}

// Messages go into the stream as they were given, and a replica's own listeners get them from there.
func TestMessagesAreReplicated(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.want("nobody listens", s.say(c, "publish ch m"), ":0\r\n")
	s.want("streamed all the same", s.take(r), cmd("SELECT", "0")+cmd("publish", "ch", "m"))
	s.say(c, "MULTI")
	s.say(c, "SPUBLISH ch m")
	s.say(c, "SET a 1")
	s.say(c, "EXEC")
	s.want("in a transaction", s.take(r), cmd("MULTI")+cmd("SPUBLISH", "ch", "m")+cmd("SET", "a", "1")+cmd("EXEC"))

	s = start(t)
	m := s.follow(someID, 100, store.New(16))
	l := s.connect()
	s.say(l, "SUBSCRIBE ch")
	s.raw(m, cmd("PUBLISH", "ch", "m"))
	s.want("at the replica", s.take(l), "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$1\r\nm\r\n")
	s.want("counted", s.field("slave_repl_offset"), strconv.Itoa(100+len(cmd("PUBLISH", "ch", "m"))))
}

func TestAKeyThatExpiresIsAnEvent(t *testing.T) {
	s := start(t, "notify-keyspace-events", "Ex")
	c, l := s.connect(), s.connect()
	s.say(l, "SUBSCRIBE __keyevent@0__:expired")
	s.say(c, "SET e v PX 100")
	s.want("not yet", s.take(l), "")
	s.pass(300 * time.Millisecond)
	s.want("then", s.take(l), "*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\ne\r\n")
}

// CONFIG GET does not show n beside A, and the events come all the same.
func TestANewKeyIsAnEventBesideAllOthers(t *testing.T) {
	s := start(t)
	c, l := s.connect(), s.connect()
	s.say(c, "CONFIG SET notify-keyspace-events EAn")
	s.want("shown", s.say(c, "CONFIG GET notify-keyspace-events"), "*2\r\n$22\r\nnotify-keyspace-events\r\n$2\r\nAE\r\n")
	s.say(l, "SUBSCRIBE __keyevent@0__:new")
	s.say(c, "SET k v")
	s.say(c, "SET k w")
	s.want("once", s.take(l), "*3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:new\r\n$1\r\nk\r\n")
	s.say(c, "CONFIG SET notify-keyspace-events EA")
	s.say(c, "SET l v")
	s.want("not without n", s.take(l), "")
}

func TestAWatchedKeyThatExpiresSpoilsExec(t *testing.T) {
	s := start(t)
	a, b := s.connect(), s.connect()
	s.say(b, "DEBUG SET-ACTIVE-EXPIRE 0")
	s.say(b, "SET e v PX 100")
	s.say(a, "WATCH e")
	s.say(a, "MULTI")
	s.pass(200 * time.Millisecond)
	s.want("expired since", s.say(a, "EXEC"), "*-1\r\n")
	s.say(a, "WATCH e")
	s.say(a, "MULTI")
	s.say(b, "GET e")
	s.want("expired before", s.say(a, "EXEC"), "*0\r\n")
	s.say(b, "SET e v PX 100")
	s.pass(200 * time.Millisecond)
	s.say(a, "WATCH e")
	s.say(a, "MULTI")
	s.say(b, "GET e")
	s.say(b, "SET e w")
	s.want("expired before, and made anew", s.say(a, "EXEC"), "*-1\r\n")
}

func TestMonitorShowsWhatTheMasterSends(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.want("MONITOR", s.say(c, "MONITOR"), "+OK\r\n")
	s.raw(m, cmd("SELECT", "3")+cmd("SET", "a", "1"))
	at := strconv.FormatInt(int64(s.now)/1e9, 10) + ".000000 [3 10.0.0.8:6379] "
	s.want("shown", s.take(c), "+"+at+"\"SELECT\" \"3\"\r\n+"+at+"\"SET\" \"a\" \"1\"\r\n")
	s.step(Closed{Conn: c})
	s.raw(m, cmd("SET", "a", "1"))
}

func TestTheSlowLogKeepsTheLatest(t *testing.T) {
	s := start(t, "slowlog-log-slower-than", "0", "slowlog-max-len", "3")
	c := s.connect()
	for i := range 1000 {
		s.say(c, "GET k"+strconv.Itoa(i))
	}
	s.want("three", s.say(c, "SLOWLOG LEN"), ":3\r\n")
	got := s.say(c, "SLOWLOG GET 2")
	if !strings.HasPrefix(got, "*2\r\n*6\r\n:1000\r\n") || !strings.Contains(got, "*2\r\n*6\r\n:1000\r\n:"+strconv.FormatInt(s.now.Seconds(), 10)+"\r\n:0\r\n*2\r\n$7\r\nSLOWLOG\r\n$3\r\nLEN\r\n") || !strings.Contains(got, "k999") {
		t.Errorf("%q", got)
	}
}

// However many clients come and go, nothing of them is left.
func TestNothingIsLeftOfClients(t *testing.T) {
	s := start(t)
	for i := range 50 {
		c := s.connect()
		s.say(c, "WATCH k")
		s.say(c, "PSUBSCRIBE a b")
		s.say(c, "SSUBSCRIBE a b")
		d := s.connect()
		s.say(d, "BLPOP k k x 100")
		m := s.connect()
		s.say(m, "MONITOR")
		if i%2 == 0 {
			s.step(Closed{Conn: c})
			s.step(Closed{Conn: d})
			s.step(Closed{Conn: m})
		} else {
			w := s.connect()
			s.say(w, "CLIENT KILL SKIPME yes TYPE normal")
			s.say(w, "CLIENT KILL SKIPME yes TYPE pubsub")
			s.step(Closed{Conn: w})
		}
	}
	n := s.n
	if len(n.clients) != 0 || len(n.watching) != 0 || len(n.blocks.byKey) != 0 || n.blocks.count != 0 || len(n.monitors) != 0 ||
		len(n.channels[byPattern].listeners) != 0 || len(n.channels[byPattern].names) != 0 || len(n.channels[byShard].listeners) != 0 || len(n.resumed) != 0 {
		t.Errorf("left: %d clients, %v, %v, %v", len(n.clients), n.watching, n.blocks, n.channels)
	}
}

// A key whose time is over counts as none when databases are swapped under those who watch it.
//
// Source: redis/src/multi.c, touchAllWatchedKeysInDb.
func TestStaleKeysAreNoneWhenDatabasesAreSwapped(t *testing.T) {
	const runs, spoiled = "*0\r\n", "*-1\r\n"
	stale, fresh := "SET x v PX 1", "SET x v"
	for _, tt := range []struct {
		what             string
		watched, swapped string // what is at the key in the database that is watched, and in the other one
		want             string
	}{
		{"none for none", "", "", runs},
		{"stale for none", "", stale, runs},
		{"none for stale", stale, "", runs},
		{"stale for stale", stale, stale, runs},
		{"fresh for none", "", fresh, spoiled},
		{"none for fresh", fresh, "", spoiled},
		{"fresh for stale", stale, fresh, spoiled},
		{"stale for fresh", fresh, stale, spoiled},
	} {
		s := start(t)
		a, b := s.connect(), s.connect()
		s.say(b, "DEBUG SET-ACTIVE-EXPIRE 0")
		for db, line := range []string{tt.watched, tt.swapped} {
			if line != "" {
				s.say(b, "SELECT "+strconv.Itoa(db))
				s.say(b, line)
			}
		}
		s.pass(10 * time.Millisecond)
		s.say(a, "WATCH x")
		s.say(b, "SWAPDB 0 1")
		s.say(a, "MULTI")
		s.want(tt.what, s.say(a, "EXEC"), tt.want)
	}
}

// A key that is there and whose time is over serves nobody who waits for it: it is removed.
func TestAStaleKeyServesNobody(t *testing.T) {
	s := start(t)
	r := s.replica()
	s.say(r, "REPLCONF ACK 0")
	a, w := s.connect(), s.connect()
	s.say(a, "DEBUG SET-ACTIVE-EXPIRE 0")
	s.say(a, "SELECT 1")
	s.say(a, "RPUSH k v")
	s.say(a, "PEXPIRE k 100")
	s.say(w, "BLPOP k 0")
	s.pass(200 * time.Millisecond)
	s.take(r)
	s.say(a, "SWAPDB 0 1")
	s.want("it waits on", s.take(w), "")
	s.want("the stream", s.take(r), cmd("SWAPDB", "0", "1")+cmd("SELECT", "0")+cmd("DEL", "k"))
}

// While the process stands still the clock goes on: not for the transaction in which it does, but for what comes
// behind it.
func TestStandingStillTakesTime(t *testing.T) {
	s := start(t)
	a, w := s.connect(), s.connect()
	s.say(a, "DEBUG SET-ACTIVE-EXPIRE 0")
	s.say(w, "BLPOP k 0")
	got := s.raw(a, "MULTI\r\nRPUSH k v\r\nPEXPIRE k 100\r\nDEBUG SLEEP 0.2\r\nEXISTS k\r\nEXEC\r\nEXISTS k\r\n")
	s.want("the transaction, and what follows", got, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n:1\r\n:1\r\n+OK\r\n:1\r\n:0\r\n")
	s.want("who waits", s.take(w), "")
}

// An error that ends a wait is counted like one that is answered at once.
func TestAnErrorThatEndsAWaitIsCounted(t *testing.T) {
	s := start(t)
	a, w := s.connect(), s.connect()
	s.say(a, "BLPOP k 0")
	s.say(w, "CLIENT UNBLOCK 3 ERROR")
	s.say(a, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >")
	got := s.say(w, "INFO commandstats errorstats")
	for _, want := range []string{"cmdstat_blpop:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1\r\n", "errorstat_UNBLOCKED:count=1\r\n", "errorstat_NOGROUP:count=1\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	s.want("both", s.info("total_error_replies"), "2")
}

// INFO counts the values that Redis frees in the background: the large ones that UNLINK takes, and all of FLUSHALL ASYNC.
func TestWhatIsFreedInTheBackground(t *testing.T) {
	s := start(t)
	c := s.connect()
	fill := func() {
		for i := range 65 {
			n := strconv.Itoa(i)
			s.say(c, "HSET hash "+n+" "+strings.Repeat("x", 65))
			s.say(c, "SADD set a"+n+" "+strings.Repeat("x", 65)+n)
			s.say(c, "ZADD zset "+n+" "+strings.Repeat("x", 65)+n)
			s.say(c, "RPUSH list "+strings.Repeat("x", 5000))
			s.say(c, "XADD stream * f v")
		}
		s.say(c, "XGROUP CREATE stream g 0")
		s.say(c, "XREADGROUP GROUP g c STREAMS stream >")
		s.say(c, "SADD small a")
	}
	fill()
	s.say(c, "DEL hash set zset list stream small")
	s.want("DEL", s.info("lazyfreed_objects"), "0")
	fill()
	s.want("UNLINK", s.say(c, "UNLINK hash set zset list stream small"), ":6\r\n")
	s.want("the large ones", s.info("lazyfreed_objects"), "5")
	s.say(c, "MSET a 1 b 2")
	s.say(c, "FLUSHALL ASYNC")
	s.want("all", s.info("lazyfreed_objects"), "7")
	s.say(c, "CONFIG RESETSTAT")
	s.want("reset", s.info("lazyfreed_objects"), "0")
}
