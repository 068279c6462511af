package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// What waits for those who take too little, and what it costs.

// online is a server with raw replicas that are in step, and a client.
func online(t *testing.T, replicas int, settings ...string) (s *server, c engine.ConnID, r []engine.ConnID) {
	s = start(t, append([]string{"repl-diskless-sync-delay", "0", "repl-ping-replica-period", "3600"}, settings...)...)
	c = s.connect()
	for range replicas {
		one := s.asks("capa eof capa psync2")
		s.say(one, "REPLCONF ACK 0")
		s.take(one)
		r = append(r, one)
	}
	return s, c, r
}

// writes sends SETs of a kilobyte.
func (s *server) writes(c engine.ConnID, kilobytes int) {
	value := strings.Repeat("x", 1000)
	for range kilobytes {
		s.say(c, "SET k "+value)
	}
}

func (s *server) number(name string) int64 {
	s.t.Helper()
	v, err := strconv.ParseInt(s.info(name), 10, 64)
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return v
}

// limited is the fact of the limit that closed a client.
func (s *server) limited() (f engine.OutputLimited, ok bool) {
	for _, fact := range s.facts {
		if f, ok = fact.(engine.OutputLimited); ok {
			return f, true
		}
	}
	return f, false
}

func TestTheHardLimitOfReplicas(t *testing.T) {
	for _, test := range []struct {
		what, limit, backlog string
		closedAt             int64 // bytes that wait
	}{
		{"above the backlog's size", "replica 524288 0 0", "16384", 512 << 10},
		{"below it the backlog's size counts", "replica 65536 0 0", "524288", 512 << 10},
		{"none", "replica 0 0 0", "16384", 0},
	} {
		s, c, r := online(t, 2, "client-output-buffer-limit", test.limit, "repl-backlog-size", test.backlog)
		s.stall(r[0])
		for range 100 {
			s.writes(c, 10)
		}
		if closed := s.gone[r[0]] != ""; closed != (test.closedAt > 0) {
			t.Errorf("%s: closed: %v", test.what, closed)
		}
		s.want(test.what+": the other one", s.gone[r[1]], "")
		f, ok := s.limited()
		if !ok {
			continue
		}
		// Blocks are counted whole, so the limit may be passed by one of them.
		if f.Held < test.closedAt || f.Held > test.closedAt+40<<10 || f.Limit != test.closedAt || f.Replica != "10.0.0.9:7002" {
			t.Errorf("%s: %s", test.what, f)
		}
		s.wantLog("Client id=4 addr=10.0.0.9:50002 ", "Connection with replica 10.0.0.9:7002 lost.")
		if !strings.Contains(strings.Join(s.logs, "\n"), "scheduled to be closed ASAP for overcoming of output buffer limits.") {
			t.Errorf("%s: not in the log", test.what)
		}
	}
}

// The soft limit counts only while it is exceeded without a break.
func TestTheSoftLimitOfReplicas(t *testing.T) {
	s, c, r := online(t, 1, "client-output-buffer-limit", "replica 0 65536 5", "repl-backlog-size", "16384")
	ack := func() { s.say(r[0], "REPLCONF ACK 0") }
	s.stall(r[0])
	s.writes(c, 200)
	s.pass(4 * time.Second)
	s.want("a while is allowed", s.gone[r[0]], "")
	s.release(r[0])
	s.pass(2 * time.Second)
	s.stall(r[0])
	s.writes(c, 200)
	s.pass(4 * time.Second)
	s.want("another one too", s.gone[r[0]], "")
	ack()
	s.pass(4 * time.Second)
	s.want("no longer", s.gone[r[0]], "output buffer limit")
	f, _ := s.limited()
	if f.Limit != 65536 || f.For != 5*time.Second || f.Since == 0 {
		t.Errorf("%s", f)
	}
	if !strings.Contains(strings.Join(s.logs, "\n"), " closed for overcoming of output buffer limits.") {
		t.Error("not in the log")
	}
}

func TestTheLimitsOfOtherClients(t *testing.T) {
	for _, test := range []struct{ what, class, limit, line string }{
		{"normal, hard", "normal", "normal 100000 0 0", "GET k"},
		{"normal, soft", "normal", "normal 0 100000 2", "GET k"},
		{"pubsub, hard", "pubsub", "pubsub 100000 0 0", ""},
		{"pubsub, soft", "pubsub", "pubsub 0 100000 2", ""},
	} {
		s := start(t, "client-output-buffer-limit", test.limit)
		c, slow := s.connect(), s.connect()
		value := strings.Repeat("x", 60000)
		s.say(c, "SET k "+value)
		if test.class == "pubsub" {
			s.say(slow, "SUBSCRIBE ch")
		}
		s.stall(slow)
		for range 2 {
			s.want(test.what, s.gone[slow], "")
			if test.class == "pubsub" {
				s.say(c, "PUBLISH ch "+value)
			} else {
				s.say(slow, test.line)
			}
		}
		if strings.HasSuffix(test.what, "soft") {
			s.want(test.what+": not at once", s.gone[slow], "")
			s.pass(4 * time.Second)
		}
		s.want(test.what, s.gone[slow], "output buffer limit")
		if f, _ := s.limited(); f.Class != test.class || f.Limit != 100000 || f.Replica != "" {
			t.Errorf("%s: %s", test.what, f)
		}
	}
}

// The figures are redis-server's: a block is 20504 bytes, and whoever is in step still holds the last one.
func TestWhatTheStreamTakes(t *testing.T) {
	const block, index = 20504, 4
	s, c, r := online(t, 0, "repl-backlog-size", "16384")
	memory := func(what string, total, backlog, replicas int64) {
		t.Helper()
		if a, b, c := s.number("mem_total_replication_buffers"), s.number("mem_replication_backlog"), s.number("mem_clients_slaves"); a != total || b != backlog || c != replicas {
			t.Errorf("%s: %d, backlog %d, replicas %d; want %d, %d, %d", what, a, b, c, total, backlog, replicas)
		}
	}
	holds := func(what string, r engine.ConnID, blocks int) {
		t.Helper()
		line := s.n.byConn[r].String(s.n)
		if want := " oll=" + strconv.Itoa(blocks) + " omem=" + strconv.Itoa(blocks*block) + " "; !strings.Contains(line, want) {
			t.Errorf("%s: %q is not in %s", what, want, line)
		}
	}
	memory("no backlog", 0, 0, 0)
	r = append(r, s.asks("capa eof capa psync2"))
	memory("an empty one", 0, index, 0)
	holds("nothing yet", r[0], 0)
	s.say(r[0], "REPLCONF ACK 0")
	s.say(c, "SET a 1")
	memory("one block is more than the size", block, 16384+index, block-16384)
	holds("in step", r[0], 1)
	s.stall(r[0])
	s.writes(c, 100)
	blocks := s.number("mem_total_replication_buffers") / block
	if blocks < 5 {
		t.Fatalf("%d blocks", blocks)
	}
	memory("kept for a slow replica", blocks*block, 16384+index, blocks*block-16384)
	holds("the slow one", r[0], int(blocks))
	other := s.asks("capa eof capa psync2")
	holds("nothing has come for it since", other, 0)
	s.say(other, "REPLCONF ACK 0")
	memory("shared with another", blocks*block, 16384+index, blocks*block-16384)
	if got, want := s.number("mem_not_counted_for_evict"), blocks*block-16384-2*64; got != want {
		t.Errorf("%d bytes do not count for maxmemory, want %d", got, want)
	}
	s.release(r[0])
	memory("taken at last", 2*block, 16384+index, 2*block-16384)
}

// A slow replica keeps what it has not taken beyond the backlog's size, and others may continue from there.
func TestASlowReplicaKeepsTheBacklogLong(t *testing.T) {
	s, c, r := online(t, 1, "repl-backlog-size", "16384")
	s.say(c, "SET a 1")
	s.stall(r[0])
	s.writes(c, 300)
	s.want("first", s.info("repl_backlog_first_byte_offset"), "1")
	p := s.connect()
	s.say(p, "REPLCONF capa psync2")
	s.sends = 0
	got := s.say(p, "PSYNC "+s.info("master_replid")+" 51")
	if blocks := len(got) / (16 << 10); s.sends > 2*blocks {
		t.Errorf("%d blocks are sent in %d pieces", blocks, s.sends)
	}
	if !strings.HasPrefix(got, "+CONTINUE ") || len(got) < 300<<10 {
		t.Errorf("%d bytes: %.60q", len(got), got)
	}
	s.step(Closed{Conn: r[0]})
	if held := s.number("repl_backlog_histlen"); held > 16384+20504 {
		t.Errorf("%d bytes are held for nobody", held)
	}
}

// Without new bytes in the stream no replica is looked at.
func TestReadsDoNotPumpReplicas(t *testing.T) {
	s, c, r := online(t, 1)
	s.say(c, "SET a 1")
	s.take(r[0])
	rep := s.n.byConn[r[0]].replica
	rep.Sent -= 10 // as if something had been left over
	s.say(c, "GET a")
	s.want("a read", s.take(r[0]), "")
	s.say(c, "SET a 2")
	s.want("a write", s.take(r[0]), cmd("SET", "a", "1")[17:]+cmd("SET", "a", "2"))
}

func TestTheBacklogIsFreedWithoutReplicas(t *testing.T) {
	s, c, r := online(t, 1, "repl-backlog-ttl", "10")
	s.say(c, "SET a 1")
	id := s.info("master_replid")
	s.step(Closed{Conn: r[0]})
	s.pass(10 * time.Second)
	s.want("not yet", s.info("repl_backlog_active"), "1")
	s.pass(time.Second)
	s.want("active", s.info("repl_backlog_active"), "0")
	s.want("the offset stays", s.info("master_repl_offset"), "50")
	s.want("and stands still", s.say(c, "SET a 2"), "+OK\r\n")
	s.want("the offset stays", s.info("master_repl_offset"), "50")
	if s.info("master_replid") == id {
		t.Error("the history has its old name")
	}
	s.wantLog("Replication backlog freed after 10 seconds without connected replicas.")
	var freed engine.BacklogFreed
	for _, f := range s.facts {
		if f, ok := f.(engine.BacklogFreed); ok {
			freed = f
		}
	}
	if freed.Idle != 11*time.Second || freed.Held != (engine.Span{First: 1, Last: 50}) {
		t.Errorf("%s", freed)
	}
}

func TestGoodReplicasAreCountedEachSecond(t *testing.T) {
	s, c, r := online(t, 1, "min-replicas-to-write", "1", "min-replicas-max-lag", "3")
	s.want("good", s.info("min_slaves_good_slaves"), "1")
	s.pass(3 * time.Second)
	s.want("as long as allowed", s.say(c, "SET a 1"), "+OK\r\n")
	s.pass(time.Second)
	s.want("refused", s.say(c, "SET a 1"), "-NOREPLICAS Not enough good replicas to write.\r\n")
	s.want("count", s.info("min_slaves_good_slaves"), "0")
	s.say(r[0], "REPLCONF ACK 50")
	s.want("until the tick", s.info("min_slaves_good_slaves"), "0")
	s.pass(time.Second)
	s.want("SET", s.say(c, "SET a 1"), "+OK\r\n")
	s.pass(2 * time.Second)
	s.say(c, "CONFIG SET min-replicas-max-lag 1")
	s.want("the configuration counts at once", s.say(c, "SET a 1"), "-NOREPLICAS Not enough good replicas to write.\r\n")
	s.say(c, "CONFIG SET min-replicas-max-lag 3")
	s.want("both ways", s.say(c, "SET a 1"), "+OK\r\n")
	s.step(Closed{Conn: r[0]})
	s.want("so does a loss", s.say(c, "SET a 1"), "-NOREPLICAS Not enough good replicas to write.\r\n")
}

func TestSilentReplicasAreDropped(t *testing.T) {
	for _, test := range []struct {
		what, line string
		dropped    bool
	}{
		{"silent", "", true},
		{"acknowledges", "REPLCONF ACK 0", false},
	} {
		s, _, r := online(t, 1, "repl-timeout", "5")
		for range 5 {
			s.pass(2 * time.Second)
			if test.line != "" {
				s.say(r[0], test.line)
			}
		}
		if dropped := s.gone[r[0]] != ""; dropped != test.dropped {
			t.Errorf("%s: dropped: %v", test.what, dropped)
		}
		if test.dropped {
			s.wantLog("Disconnecting timedout replica (streaming sync): 10.0.0.9:7002", "Connection with replica 10.0.0.9:7002 lost.")
		}
	}
	s := start(t, "repl-timeout", "5", "repl-diskless-sync", "no")
	old := s.connect()
	s.say(old, "SYNC")
	s.pass(20 * time.Second)
	s.want("one that came with SYNC cannot acknowledge", s.gone[old], "")
	s.want("its lag only grows", s.info("slave0"), "ip=10.0.0.9,port=0,state=online,offset=0,lag=20")
}

// Whatever a replica says, it gets the stream and nothing else on its connection.
func TestAReplicaIsGivenNoReply(t *testing.T) {
	for _, test := range []struct{ line, log, critical string }{
		{"PING", "Replica generated a reply to command 'ping', disconnecting it: id=4 ", ""},
		{"GET a", "Replica generated a reply to command 'get', disconnecting it: id=4 ",
			"== CRITICAL == This master is sending an error to its replica: 'Replica can't interact with the keyspace' after processing the command 'get'"},
		{"CONFIG GET port", "Replica generated a reply to command 'config|get', disconnecting it: id=4 ", ""},
		{"FOO", "Replica generated a reply to command '<unknown>', disconnecting it: id=4 ",
			"== CRITICAL == This master is sending an error to its replica: 'unknown command 'FOO', with args beginning with: ' after processing the command '<unknown>'"},
		{"PSYNC ? -1", "", ""},
		{"REPLCONF ACK 7", "", ""},
		{"REPLCONF GETACK *", "", ""},
	} {
		s, _, r := online(t, 1)
		s.want(test.line, s.say(r[0], test.line), "")
		if closed := s.gone[r[0]] != ""; closed != (test.log != "") {
			t.Errorf("%s: closed: %v", test.line, closed)
		}
		if test.log != "" {
			s.wantLog(test.log)
		}
		if test.critical != "" {
			s.wantLog(test.critical)
			s.want("counted", s.info("unexpected_error_replies"), "1")
		}
	}
}

func TestReplconf(t *testing.T) {
	for _, test := range []struct{ line, reply string }{
		{"REPLCONF", "+OK\r\n"},
		{"REPLCONF capa", "-ERR syntax error\r\n"},
		{"REPLCONF listening-port x", "-ERR value is not an integer or out of range\r\n"},
		{"REPLCONF Listening-Port 1 CAPA EOF capa never-heard-of ip-address a.b", "+OK\r\n"},
		{"REPLCONF ip-address " + strings.Repeat("a", 255), "+OK\r\n"},
		{"REPLCONF ip-address " + strings.Repeat("a", 256), "-ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes\r\n"},
		{"REPLCONF rdb-only 1", "+OK\r\n"},
		{"REPLCONF rdb-only 2", "-ERR value is out of range, value must between 0 and 1\r\n"},
		{"REPLCONF rdb-only x", "-ERR value is not an integer or out of range\r\n"},
		{"REPLCONF rdb-filter-only \"\"", "+OK\r\n"},
		{"REPLCONF rdb-filter-only \"functions functions\"", "+OK\r\n"},
		{"REPLCONF rdb-filter-only keys", "-ERR Unsupported rdb-filter-only option: keys\r\n"},
		{"REPLCONF rdb-filter-only \"'\"", "-ERR Missing rdb-filter-only values\r\n"},
		{"REPLCONF version 8.0.1", "-ERR Unrecognized REPLCONF option: version\r\n"},
		{"REPLCONF ack 7", ""},
		{"REPLCONF getack *", ""},
		{"REPLCONF ack 7 foo bar", ""},
	} {
		s := start(t)
		s.want(test.line, s.say(s.connect(), test.line), test.reply)
	}
}

// The figures of INFO stats are redis-server's: snapshots and the stream count as replication, the lines in front of
// them and acknowledgements do not.
func TestWhatIsCountedAsReplication(t *testing.T) {
	s, c, _ := online(t, 0, "repl-diskless-sync", "no")
	one := s.asks("capa psync2")
	got := s.take(one)
	size := int64(len(got) - strings.Index(got, "$"))
	if out := s.number("total_net_repl_output_bytes"); out != size {
		t.Errorf("%d bytes of replication for a snapshot of %d", out, size)
	}
	s.say(c, "SET a 1")
	if out := s.number("total_net_repl_output_bytes"); out != size+50 {
		t.Errorf("%d bytes of replication for a snapshot of %d and a stream of 50", out, size)
	}
	f := start(t)
	m := f.follow(someID, 100, store.New(16))
	read := f.number("total_net_repl_input_bytes")
	f.raw(m, cmd("SELECT", "0"))
	f.pass(3 * time.Second) // acknowledges
	if in, out := f.number("total_net_repl_input_bytes"), f.number("total_net_repl_output_bytes"); in != read+23 || read != int64(len(snapshot(store.New(16)))) || out != 0 {
		t.Errorf("%d and then %d bytes in, %d out", read, in, out)
	}
}
