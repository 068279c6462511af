package node

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// Full resyncs over two connections, to raw replicas. What is answered, shown and logged here is what Valkey 8.0.1
// answered, showed and logged to the same replicas.

// dualMaster is a master of 8.0 with a key.
func dualMaster(t *testing.T, settings ...string) (s *server, c engine.ConnID) {
	t.Helper()
	s = ofEra(t, "8.0", append([]string{"dual-channel-replication-enabled", "yes", "repl-diskless-sync-delay", "0",
		"enable-debug-command", "yes"}, settings...)...)
	c = s.connect()
	s.say(c, "SET k v")
	return s, c
}

// first makes a raw replica ask, and get +DUALCHANNELSYNC; second makes it ask for its snapshot on another connection.
func (s *server) first(want string) engine.ConnID {
	s.t.Helper()
	c := s.connect()
	s.want("REPLCONF", s.say(c, "REPLCONF listening-port 9 capa eof capa psync2 capa dual-channel"), "+OK\r\n")
	if got := s.say(c, "PSYNC ? -1"); !strings.HasPrefix(got, want) {
		s.t.Errorf("PSYNC is answered %q", got)
	}
	return c
}

func (s *server) second() engine.ConnID {
	s.t.Helper()
	c := s.connect()
	s.want("REPLCONF", s.say(c, "REPLCONF capa eof rdb-only 1 rdb-channel 1 listening-port 9"), "+OK\r\n")
	s.step(&Received{Conn: c, Data: []byte("SYNC\r\n")})
	return c
}

// offered is both, and the line that the second connection got.
func (s *server) offered() (main, second engine.ConnID, line string) {
	s.t.Helper()
	main = s.first("+DUALCHANNELSYNC\r\n")
	second = s.second()
	line, rest, _ := strings.Cut(s.take(second), "\r\n")
	s.got[second] = rest
	return main, second, line
}

// joins makes the first connection ask for the stream behind a snapshot.
func (s *server) joins(main, second engine.ConnID, offset int) string {
	s.t.Helper()
	s.want("set-rdb-client-id", s.say(main, fmt.Sprintf("REPLCONF set-rdb-client-id %d", s.n.byConn[second].id)), "+OK\r\n")
	return s.say(main, fmt.Sprintf("PSYNC %s %d", s.field("master_replid"), offset+1))
}

func (s *server) continued() string { return "+CONTINUE " + s.field("master_replid") + "\r\n" }

const (
	rdbChannel  = "ip=10.0.0.9,port=9,state=wait_bgsave,offset=0,lag=0,type=rdb-channel"
	mainChannel = "ip=10.0.0.9,port=9,state=bg_transfer,offset=0,lag=0,type=main-channel"
	counters    = " sync_full=%d sync_partial_ok=%d sync_partial_err=%d"
)

// A resync from the first PSYNC to the first acknowledgement.
func TestAMasterGivesItsStreamBesideTheSnapshot(t *testing.T) {
	s, c := dualMaster(t, "rdb-key-save-delay", "1000000", "min-replicas-to-write", "0")
	main := s.first("+DUALCHANNELSYNC\r\n")
	s.shows("an ordinary client", "connected_slaves=0 connected_clients=2 repl_backlog_active=0 replicas_waiting_psync=0 sync_full=0")
	s.want("it is one", s.say(main, "PING"), "+PONG\r\n")
	second := s.second()
	s.want("announced", s.take(second), "$ENDOFF:0 "+s.field("master_replid")+" 0 "+fmt.Sprint(s.n.byConn[second].id)+"\r\n")
	s.shows("before PSYNC", "connected_slaves=1 slave0="+rdbChannel+" replicas_waiting_psync=1 rdb_bgsave_in_progress=1")
	s.say(c, "SET a 1")
	set := cmd("SELECT", "0") + cmd("SET", "a", "1")
	s.want("a number of nobody", s.say(main, "REPLCONF set-rdb-client-id 999"), "-ERR Unrecognized RDB client id 999\r\n")
	s.want("no number", s.say(main, "REPLCONF set-rdb-client-id x"), "-ERR value is not an integer or out of range\r\n")
	s.want("continued at once", s.joins(main, second, 0), s.continued()+set)
	s.shows("both", "connected_slaves=2 slave0="+rdbChannel+" slave1="+mainChannel+" replicas_waiting_psync=0"+fmt.Sprintf(counters, 1, 1, 0))
	s.want("ROLE lists nobody", s.say(c, "ROLE"), "*3\r\n$6\r\nmaster\r\n:50\r\n*0\r\n")
	s.want("WAIT counts nobody", s.say(c, "WAIT 0 0"), ":0\r\n")
	s.say(c, "CONFIG SET min-replicas-to-write 1")
	s.want("no good replica", s.say(c, "SET b 1"), "-NOREPLICAS Not enough good replicas to write.\r\n")
	s.say(c, "CONFIG SET min-replicas-to-write 0")
	s.say(c, "SET b 1")
	s.want("the stream is live", s.take(main), cmd("SET", "b", "1"))
	s.pass(3 * time.Second)
	keys, _, rest := s.keysOf(s.take(second))
	s.want("the snapshot", fmt.Sprint(keys, rest), "1")
	s.want("nobody needs its connection", s.gone[second], "it has its snapshot")
	s.shows("sent", "connected_slaves=1 slave0="+mainChannel+" slave1=(none) rdb_bgsave_in_progress=0")
	s.pass(70 * time.Second)
	s.want("no limit for the load", s.gone[main], "")
	s.take(main)
	s.say(main, "REPLCONF ACK 50")
	s.shows("online", "connected_slaves=1 slave0=ip=10.0.0.9,port=9,state=online,offset=50,lag=0,type=replica")
	s.want("ROLE", s.say(c, "ROLE"), "*3\r\n$6\r\nmaster\r\n:"+s.field("master_repl_offset")+"\r\n*1\r\n*3\r\n$8\r\n10.0.0.9\r\n$1\r\n9\r\n$2\r\n50\r\n")
	s.wantLog("Full resync requested by replica 10.0.0.9:9",
		"Replica 10.0.0.9:9 is capable of dual channel synchronization, and partial sync isn't possible. Full sync will continue with dedicated RDB channel.",
		"Replication backlog created", "Starting BGSAVE for SYNC with target: replicas sockets using: dual-channel",
		"Sending to replica 10.0.0.9:9 RDB end offset 0 and client-id ", "Add rdb replica 10.0.0.9:9 to waiting psync, with cid ",
		"Background RDB transfer started by pid 78 to direct socket to replica",
		"Partial resynchronization request from 10.0.0.9:9 accepted. Sending 50 bytes of backlog starting from offset 1.",
		"Background RDB transfer terminated with success", "Streamed RDB transfer with replica 10.0.0.9:9 succeeded (socket).",
		"RDB transfer completed, rdb only replica (10.0.0.9:9) should be disconnected asap", "Replica 10.0.0.9:9 rdb channel disconnected.",
		"Synchronization with replica 10.0.0.9:9 succeeded")
}

// Who gets an ordinary answer.
func TestWhoIsNotOfferedASecondConnection(t *testing.T) {
	for what, settings := range map[string][]string{
		"the master does not want it":    {"dual-channel-replication-enabled", "no"},
		"the master streams no snapshot": {"repl-diskless-sync", "no"},
	} {
		s, _ := dualMaster(t, settings...)
		s.first("+FULLRESYNC ")
		s.shows(what, "connected_slaves=1 sync_full=1")
	}
	s, _ := dualMaster(t)
	r := s.connect()
	s.say(r, "REPLCONF capa eof capa psync2")
	if got := s.say(r, "PSYNC ? -1"); !strings.HasPrefix(got, "+FULLRESYNC ") {
		t.Errorf("who does not want it is answered %q", got)
	}
	s.want("continued where it can be", s.continuedFor(), s.continued())

	// A second connection that says less than it has to.
	r = s.connect()
	s.say(r, "REPLCONF rdb-only 1 rdb-channel 1")
	if got := s.say(r, "SYNC"); !strings.HasPrefix(got, "$") || strings.HasPrefix(got, "$ENDOFF") {
		t.Errorf("without capa eof it gets %.40q", got)
	}
	r = s.connect()
	s.want("pipelined", s.raw(r, cmd("REPLCONF", "capa", "eof", "rdb-only", "1", "rdb-channel", "1")+"SYNC\r\n"),
		"+OK\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n")
}

// continuedFor is what a replica is answered that lacks nothing, whatever it could do.
func (s *server) continuedFor() string {
	r := s.connect()
	s.say(r, "REPLCONF capa psync2 capa dual-channel")
	return s.say(r, "PSYNC "+s.field("master_replid")+" "+fmt.Sprint(s.number("master_repl_offset")+1))
}

// The connection of a snapshot that has ended is remembered, with the stream behind it, until its time is over or the
// other one comes.
func TestTheStreamOfASnapshotIsKeptForAWhile(t *testing.T) {
	for _, end := range []string{"sent whole", "ended by the replica", "killed"} {
		for _, comes := range []bool{true, false} {
			s, c := dualMaster(t, "repl-backlog-size", "16kb")
			main, second, line := s.offered()
			s.want(end+": announced", line, "$ENDOFF:0 "+s.field("master_replid")+" 0 "+fmt.Sprint(s.n.byConn[second].id))
			switch id := fmt.Sprint(s.n.byConn[second].id); end {
			case "ended by the replica":
				s.step(Closed{Conn: second})
			case "killed":
				s.want(end, s.say(c, "CLIENT KILL ID "+id), ":1\r\n")
			}
			s.wantLog("Postpone RDB client id=" + fmt.Sprint(s.n.byConn[second].id) + " (10.0.0.9:9) free for 60 seconds")
			s.shows(end, "connected_slaves=1 slave0=(none) replicas_waiting_psync=1")
			if list := s.say(c, "CLIENT LIST"); !strings.Contains(list, " flags=SA ") {
				t.Errorf("%s: CLIENT LIST shows %s", end, list)
			}
			for range 4 {
				s.say(c, "SET big "+strings.Repeat("v", 20000))
			}
			s.want(end+": kept", s.field("repl_backlog_first_byte_offset"), "1")
			s.pass(60 * time.Second)
			s.want(end+": still open", s.gone[second], "")
			if comes {
				got := s.joins(main, second, 0)
				if !strings.HasPrefix(got, s.continued()) || s.field("replicas_waiting_psync") != "0" {
					t.Errorf("%s: the stream is answered %.40q", end, got)
				}
				s.shows(end+": the other one has come", "connected_slaves=1 slave0="+mainChannel)
				s.wantLog("Replica 10.0.0.9:9 rdb channel disconnected.")
				s.say(main, "REPLCONF ACK 0")
				continue
			}
			id := fmt.Sprint(s.n.byConn[second].id)
			s.pass(2 * time.Second)
			s.wantLog("Replica main channel failed to establish PSYNC within the grace period (61 seconds). Freeing RDB client "+id+".",
				"Replica 10.0.0.9:9 rdb channel disconnected.")
			if _, closed := s.gone[second]; closed == (end == "ended by the replica") {
				t.Errorf("%s: the connection is closed: %v", end, closed)
			}
			s.shows(end+": nobody came", "connected_slaves=0 replicas_waiting_psync=0")
			s.want(end+": forgotten", s.say(main, "REPLCONF set-rdb-client-id "+id), "-ERR Unrecognized RDB client id "+id+"\r\n")
			s.say(c, "SET big "+strings.Repeat("v", 20000))
			if s.field("repl_backlog_first_byte_offset") == "1" {
				t.Errorf("%s: the stream is kept for nobody", end)
			}
			if got := s.say(main, "PSYNC "+s.field("master_replid")+" 1"); got != "+DUALCHANNELSYNC\r\n" {
				t.Errorf("%s: too late is answered %.40q", end, got)
			}
		}
	}
}

// DEBUG changes for how long, also for one that is remembered already.
func TestHowLongAStreamIsKept(t *testing.T) {
	s, c := dualMaster(t)
	_, second, _ := s.offered()
	s.pass(2 * time.Second)
	s.want("DEBUG", s.say(c, "DEBUG DELAY-RDB-CLIENT-FREE-SECONDS 1"), "+OK\r\n")
	s.pass(time.Second)
	s.want("over", s.field("replicas_waiting_psync"), "0")
	s.want("closed", s.gone[second], "it has its snapshot")
	s = ofEra(t, "7.0", "enable-debug-command", "yes")
	s.want("7.0 does not know it", s.say(s.connect(), "DEBUG DELAY-RDB-CLIENT-FREE-SECONDS 1"),
		"-ERR unknown subcommand or wrong number of arguments for 'DELAY-RDB-CLIENT-FREE-SECONDS'. Try DEBUG HELP.\r\n")
}

// What is kept counts against the output limit of the connection that it is kept for.
func TestTheOutputLimitOfAnAwaitedConnection(t *testing.T) {
	s, c := dualMaster(t, "repl-backlog-size", "16kb", "client-output-buffer-limit", "replica 50000 0 0")
	main, second, _ := s.offered()
	id := fmt.Sprint(s.n.byConn[second].id)
	for range 2 {
		s.say(c, "SET big "+strings.Repeat("v", 20000))
	}
	s.want("below it", s.field("replicas_waiting_psync"), "1")
	s.say(c, "SET big "+strings.Repeat("v", 20000))
	s.want("above it", s.gone[second], "it has its snapshot")
	s.want("nothing is kept", s.field("replicas_waiting_psync"), "0")
	s.wantLog("Postpone RDB client id="+id, "Client id="+id+" ", "Replica 10.0.0.9:9 rdb channel disconnected.")
	if !strings.Contains(strings.Join(s.logs, "\n"), "scheduled to be closed ASAP for overcoming of output buffer limits.") {
		t.Error("the log does not tell of it")
	}
	s.want("too late", s.say(main, "REPLCONF set-rdb-client-id "+id), "-ERR Unrecognized RDB client id "+id+"\r\n")
}

// Snapshots on connections of their own are shared by those who want that, and by nobody else.
func TestWhoSharesASnapshotOnASecondConnection(t *testing.T) {
	s, _ := dualMaster(t, "repl-diskless-sync-delay", "1")
	a, b := s.second(), s.second()
	o := s.connect()
	s.say(o, "REPLCONF listening-port 10 capa eof capa psync2")
	s.say(o, "PSYNC ? -1")
	s.shows("all wait", "connected_slaves=3 slave0="+rdbChannel+" rdb_bgsave_in_progress=0 replicas_waiting_psync=0")
	s.pass(4 * time.Second)
	for i, c := range []engine.ConnID{a, b, o} {
		got := strings.TrimLeft(s.take(c), "\n")
		if i < 2 {
			_, got, _ = strings.Cut(got, "\r\n")
		}
		if keys, _, rest := s.keysOf(got); keys != 1 || rest != "" {
			t.Errorf("connection %d got %d keys and %q", c, keys, rest)
		}
	}
	s.want("two snapshots", s.field("total_forks"), "2")
	s.wantLog("Starting BGSAVE for SYNC with target: replicas sockets using: dual-channel", "Sending to replica", "Sending to replica",
		"Background RDB transfer started by pid 78 to direct socket to replica",
		"Starting BGSAVE for SYNC with target: replicas sockets using: normal sync",
		"Background RDB transfer started by pid 79 to pipe through parent process")
}

// A snapshot whose connections have ended goes on until it is noticed that nobody is left, and others wait so long.
func TestTheEndsOfASnapshotOnASecondConnection(t *testing.T) {
	s, c := dualMaster(t, "rdb-key-save-delay", "100")
	s.say(c, "DEBUG POPULATE 20000 p 100")
	main, second, _ := s.offered()
	s.joins(main, second, 0)
	s.step(Closed{Conn: second})
	s.shows("lost", "connected_slaves=1 slave0="+mainChannel+" rdb_bgsave_in_progress=1")
	next := s.second()
	s.wantLog("Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC")
	s.want("the next one waits", s.take(next), "")
	s.pass(time.Second)
	s.wantLog("Background RDB transfer error", "Starting BGSAVE for SYNC with target: replicas sockets using: dual-channel")
	s.want("and is served", strings.TrimLeft(s.take(next), "\n")[:8], "$ENDOFF:")

	// It may have waited for the one that is lost.
	s, c = dualMaster(t)
	s.say(c, "DEBUG POPULATE 20000 p 100")
	stuck := s.connect()
	s.say(stuck, "REPLCONF capa eof rdb-only 1 rdb-channel 1 listening-port 9")
	s.stall(stuck)
	s.say(stuck, "SYNC")
	s.say(c, "CONFIG SET client-output-buffer-limit \"replica 1 0 0\" repl-backlog-size 16384")
	for range 2 {
		s.say(c, "SET big "+strings.Repeat("v", 20000))
	}
	s.want("over its limit", s.gone[stuck], "output buffer limit")
	s.want("the snapshot is over", s.field("rdb_bgsave_in_progress"), "0")

	// One that takes nothing fails the snapshot in the end.
	s, c = dualMaster(t, "repl-timeout", "5")
	s.say(c, "DEBUG POPULATE 20000 p 100")
	main = s.first("+DUALCHANNELSYNC\r\n")
	stuck = s.connect()
	s.say(stuck, "REPLCONF capa eof rdb-only 1 rdb-channel 1 listening-port 9")
	s.stall(stuck)
	s.say(stuck, "SYNC")
	s.joins(main, stuck, 0)
	s.pass(5 * time.Second)
	s.want("not yet", s.field("rdb_bgsave_in_progress"), "1")
	s.pass(3 * time.Second)
	s.want("given up", s.field("rdb_bgsave_in_progress")+" "+s.gone[stuck], "0 the snapshot failed")
	s.wantLog("Background RDB transfer error", "SYNC failed. BGSAVE child returned an error", "Replica 10.0.0.9:9 rdb channel disconnected.")

	// One that is killed.
	s, c = dualMaster(t, "rdb-key-save-delay", "1000000", "save", "")
	main, second, _ = s.offered()
	s.joins(main, second, 0)
	s.say(c, "FLUSHALL")
	s.want("killed", s.gone[second], "the snapshot failed")
	s.want("the first stays", s.gone[main], "")
	s.wantLog("Background RDB transfer terminated by signal 10", "SYNC failed. BGSAVE child returned an error")
}

// A middle node passes on a stream that does not announce its database again, so it tells which it is.
func TestAMiddleNodeTellsTheDatabaseOfItsStream(t *testing.T) {
	s := ofEra(t, "8.0", "dual-channel-replication-enabled", "yes", "repl-diskless-sync-delay", "0")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	m := s.dialed()
	s.raw(m, "+PONG\r\n")
	s.raw(m, "+OK\r\n+OK\r\n+OK\r\n")
	s.raw(m, "+FULLRESYNC "+someID+" 100\r\n"+sized(file(dataset("k"))))
	s.raw(m, cmd("SELECT", "5")+cmd("SET", "a", "1"))
	_, second, line := s.offered()
	s.want("announced", line, fmt.Sprintf("$ENDOFF:150 %s 5 %d", someID, s.n.byConn[second].id))
}

// REPLCONF version wants three numbers.
func TestReplconfVersion(t *testing.T) {
	s, _ := dualMaster(t)
	c := s.connect()
	for version, want := range map[string]bool{
		"8.0.1": true, "255.255.255": true, "0.0.0": true, "..": true, "1.2": false, "1.2.3.4": false, "256.1.1": false, "a": false, "1.2.x": false,
	} {
		answer := "+OK\r\n"
		if !want {
			answer = "-ERR Unrecognized version format: " + version + "\r\n"
		}
		s.want(version, s.say(c, "REPLCONF version "+version), answer)
	}
	s.want("none", s.say(c, "REPLCONF rdb-channel 2"), "-ERR value is out of range, value must between 0 and 1\r\n")
}

// WAITAOF counts what replicas say is safe in their files; here is none of our own.
func TestWaitaof(t *testing.T) {
	s, c := dualMaster(t)
	r := s.connect()
	s.say(r, "REPLCONF listening-port 9 capa eof capa psync2")
	s.say(r, "PSYNC ? -1")
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "SET a 1")
	const replicas = "-ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.\r\n"
	const off = "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n"
	for _, x := range []struct{ line, want string }{
		{"WAITAOF 2 0 0", "-ERR value is out of range, value must between 0 and 1\r\n"},
		{"WAITAOF a 0 0", "-ERR value is not an integer or out of range\r\n"},
		{"WAITAOF 0 -1 0", "-ERR value is out of range, must be positive\r\n"},
		{"WAITAOF 0 0 x", "-ERR timeout is not an integer or out of range\r\n"},
		{"WAITAOF 1 0 0", off},
		{"WAITAOF 0 0 0", "*2\r\n:0\r\n:0\r\n"},
	} {
		s.want(x.line, s.say(c, x.line), x.want)
	}
	w := s.connect()
	s.say(c, "SET a 2")
	s.say(w, "SET b 1")
	s.want("waits", s.say(w, "WAITAOF 0 1 1000"), "")
	s.say(r, "REPLCONF ACK 1000")
	s.want("applied is not enough", s.take(w), "")
	s.say(r, "REPLCONF ACK 1000 FACK 10")
	s.want("not so far", s.take(w), "")
	s.say(r, "REPLCONF ACK 1000 FACK 1000")
	s.want("safe", s.take(w), "*2\r\n:0\r\n:1\r\n")
	s.say(w, "SET b "+strings.Repeat("v", 1000))
	s.say(w, "WAITAOF 0 1 50")
	s.pass(50 * time.Millisecond)
	s.want("the time is over", s.take(w), "*2\r\n:0\r\n:0\r\n")
	s.say(w, "REPLICAOF 10.0.0.8 6379")
	s.want("on a replica", s.say(c, "WAITAOF 1 0 0"), replicas)
	s = ofEra(t, "7.0")
	s.want("7.0 does not know it", s.say(s.connect(), "WAITAOF 0 0 0"), "-ERR unknown command 'WAITAOF', with args beginning with: '0' '0' '0' \r\n")
}
