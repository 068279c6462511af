package node

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/rdb"
)

// The master's side of a full resync: who shares which snapshot, and what becomes of it.

// asks makes a raw peer ask for everything, with these capabilities, and returns its connection.
func (s *server) asks(replconf string) engine.ConnID {
	s.t.Helper()
	c := s.connect()
	s.want("REPLCONF", s.say(c, "REPLCONF listening-port "+strconv.Itoa(7000+int(c))+" "+replconf), "+OK\r\n")
	s.step(&Received{Conn: c, Data: []byte(cmd("PSYNC", "?", "-1"))})
	return c
}

// logged reports whether the log has this line, or one that begins so.
func (s *server) logged(line string) bool {
	return slices.ContainsFunc(s.logs, func(l string) bool { return strings.HasPrefix(l, line) })
}

// wantLog fails unless the log has these lines, or ones that begin so, in this order.
func (s *server) wantLog(lines ...string) {
	s.t.Helper()
	rest := s.logs
	for _, want := range lines {
		at := slices.IndexFunc(rest, func(l string) bool { return strings.HasPrefix(l, want) })
		if at < 0 {
			s.t.Errorf("the log does not say %q there; it says:\n%s", want, strings.Join(s.logs, "\n"))
			return
		}
		rest = rest[at+1:]
	}
}

// stall lets a peer take nothing more, and takes what it still gets until it is let go.
func (s *server) stall(c engine.ConnID) {
	if s.slow == nil {
		s.slow = map[engine.ConnID]int{}
	}
	s.slow[c] = 0
}

// release lets a stalled peer take what waits for it, and everything from now on.
func (s *server) release(c engine.ConnID) {
	n := s.slow[c]
	delete(s.slow, c)
	s.step(&Drained{Conn: c, Bytes: n})
}

// keysOf reads the snapshot in what a replica got, and returns its number of keys, its offset as +FULLRESYNC told it
// and what follows behind it.
func (s *server) keysOf(got string) (keys int, offset string, rest string) {
	s.t.Helper()
	if after, ok := strings.CutPrefix(got, "+FULLRESYNC "); ok {
		var line string
		line, got, _ = strings.Cut(after, "\r\n")
		_, offset, _ = strings.Cut(line, " ")
	}
	rx := rdb.NewReceiver(rdb.DecoderOptions{Databases: 16})
	used, err := rx.Feed([]byte(strings.TrimLeft(got, "\n")))
	if err != nil || !rx.Done() {
		s.t.Fatalf("no whole snapshot (%v) in %.100q", err, got)
	}
	return countKeys(rx.Decoder().Store()), offset, strings.TrimLeft(got, "\n")[used:]
}

// filled is a server with keys that take several parts of a file.
func filled(t *testing.T, settings ...string) (*server, engine.ConnID) {
	t.Helper()
	s := start(t, settings...)
	c := s.connect()
	s.say(c, "DEBUG POPULATE 20000 k 64")
	return s, c
}

// The file is really written, so a master that is killed finds it again; who waits for it is kept warm meanwhile and
// gets the stream from the offset of the snapshot on.
func TestASnapshotOnDiskIsWrittenAndThenSent(t *testing.T) {
	s, c := filled(t, "repl-diskless-sync", "no")
	s.disk.slow = true
	r := s.asks("capa eof capa psync2")
	head := s.take(r)
	s.want("at once", head, "+FULLRESYNC "+s.info("master_replid")+" 0\r\n")
	s.want("state", s.info("slave0"), "ip=10.0.0.9,port=7002,state=wait_bgsave,offset=0,lag=0")
	s.want("in progress", s.info("rdb_bgsave_in_progress"), "1")
	s.say(c, "SET later 1")
	s.pass(2 * time.Second)
	s.want("kept warm", s.take(r), "\n\n")
	for s.info("rdb_bgsave_in_progress") == "1" {
		s.answer()
	}
	s.want("state", s.info("slave0"), "ip=10.0.0.9,port=7002,state=send_bulk,offset=0,lag=0")
	s.pass(2 * time.Second)
	s.want("no more newlines", strings.TrimLeft(s.take(r), "$0123456789\r\n"), "")
	for s.answer() {
	}
	got := s.take(r)
	if !strings.Contains(got, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n") {
		t.Fatal("the stream does not follow")
	}
	s.want("state", s.info("slave0"), "ip=10.0.0.9,port=7002,state=online,offset=0,lag=0")
	s.wantLog("Full resync requested by replica 10.0.0.9:7002", "Replication backlog created",
		"Starting BGSAVE for SYNC with target: disk", "Background saving started by pid 78", "DB saved on disk",
		"Background saving terminated with success", "Synchronization with replica 10.0.0.9:7002 succeeded")
	again := s.restart()
	s.want("a killed master finds the file", again.say(again.connect(), "DBSIZE"), ":20000\r\n")
}

func TestWhoSharesASnapshotOnDisk(t *testing.T) {
	for _, test := range []struct {
		what, first, second string
		joins               bool
	}{
		{"the same capabilities", "capa eof capa psync2", "capa eof capa psync2", true},
		{"more capabilities", "capa psync2", "capa eof capa psync2", true},
		{"one is missing", "capa eof capa psync2", "capa psync2", false},
		{"another is missing", "capa eof capa psync2", "capa eof", false},
		{"no stream is kept for who wants none", "rdb-only 1 capa psync2", "capa psync2", false},
		{"who wants no stream needs none", "capa psync2", "rdb-only 1 capa psync2", true},
	} {
		s, c := filled(t, "repl-diskless-sync", "no")
		s.disk.slow = true
		a := s.asks(test.first)
		s.say(c, "SET later 1")
		b := s.asks(test.second)
		if joined := strings.HasSuffix(s.take(b), " 0\r\n"); joined != test.joins {
			t.Errorf("%s: shares the snapshot: %v", test.what, joined)
		}
		if test.joins {
			s.wantLog("Starting BGSAVE", "Waiting for end of BGSAVE for SYNC")
		} else {
			s.wantLog("Starting BGSAVE", "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC")
		}
		s.disk.slow = false
		for s.answer() {
		}
		for i, r := range []engine.ConnID{a, b} {
			if r == b && !test.joins {
				if keys, offset, _ := s.keysOf(s.take(b)); keys != 20001 || offset == "0" {
					t.Errorf("%s: %d keys at %s: not a snapshot of its own", test.what, keys, offset)
				}
				continue
			}
			keys, _, rest := s.keysOf(s.take(r))
			if keys != 20000 {
				t.Errorf("%s: %d keys", test.what, keys)
			}
			want := cmd("SELECT", "0") + cmd("SET", "later", "1")
			if words := []string{test.first, test.second}[i]; strings.Contains(words, "rdb-only") {
				want = ""
				s.want("closed", s.gone[r], "it has its snapshot")
			}
			s.want(test.what+": the stream behind it", rest, want)
		}
	}
}

// Whoever gets a snapshot has no database selected, so it is announced again: to all, since there is one stream.
func TestANewcomerHasTheDatabaseAnnouncedAgain(t *testing.T) {
	for _, joins := range []bool{false, true} {
		s, c := filled(t, "repl-diskless-sync", "no")
		a := s.asks("capa psync2")
		s.say(c, "SET a 1")
		s.take(a)
		s.say(c, "SET a 2")
		s.want("no need", s.take(a), cmd("SET", "a", "2"))
		s.disk.slow = true
		s.asks("capa psync2")
		if joins {
			s.say(c, "SET a 3")
			s.take(a)
			s.asks("capa psync2")
		}
		s.say(c, "SET a 4")
		s.want("again", s.take(a), cmd("SELECT", "0")+cmd("SET", "a", "4"))
	}
}

// Nobody keeps the stream since the beginning of a BGSAVE of the user.
func TestABgsaveOfTheUserIsNotShared(t *testing.T) {
	s, c := filled(t, "repl-diskless-sync", "no")
	s.disk.slow = true
	s.say(c, "BGSAVE")
	r := s.asks("capa psync2")
	s.wantLog("Background saving started", "Can't attach the replica to the current BGSAVE")
	s.want("not yet", s.take(r), "")
	s.disk.slow = false
	for s.answer() {
	}
	s.wantLog("Background saving terminated with success", "Starting BGSAVE for SYNC with target: disk")
	s.keysOf(s.take(r))
}

func TestAStreamedSnapshotIsNotSharedWithNewcomers(t *testing.T) {
	s, c := filled(t, "repl-diskless-sync-delay", "0")
	a := s.connect()
	s.say(a, "REPLCONF capa eof")
	s.stall(a)
	s.step(&Received{Conn: a, Data: []byte(cmd("PSYNC", "?", "-1"))})
	b := s.asks("capa eof capa psync2")
	s.wantLog("Background RDB transfer started", "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC")
	s.want("BGSAVE", s.say(c, "BGSAVE"), "-ERR Background save already in progress\r\n")
	s.want("SAVE", s.say(c, "SAVE"), "-ERR Background save already in progress\r\n")
	s.want("nothing", s.take(b), "")
	s.pass(time.Second)
	s.want("only who waits is kept warm", s.take(b), "\n")
	s.release(a)
	s.wantLog("Diskless rdb transfer, done reading from pipe, 1 replicas still up.", "Background RDB transfer terminated with success",
		"Streamed RDB transfer with replica 10.0.0.9:<unknown-replica-port> succeeded (socket). Waiting for REPLCONF ACK from slave to enable streaming",
		"Synchronization with replica 10.0.0.9:<unknown-replica-port> succeeded", "Starting BGSAVE for SYNC with target: replicas sockets")
	if keys, _, _ := s.keysOf(s.take(a)); keys != 20000 {
		t.Errorf("%d keys", keys)
	}
	if keys, _, _ := s.keysOf(s.take(b)); keys != 20000 {
		t.Errorf("%d keys", keys)
	}
}

// A streamed snapshot is encoded once, and all get the same bytes: it goes on when the slowest has taken its share.
func TestTheSlowestReplicaPacesAStreamedSnapshot(t *testing.T) {
	s, _ := filled(t)
	a, b := s.asks("capa eof capa psync2"), s.asks("capa eof capa psync2")
	s.stall(a)
	s.pass(6 * time.Second)
	if n := len(s.got[b]); n > 2*sendWindow {
		t.Errorf("the other one got %d bytes", n)
	}
	s.want("state", s.info("slave1"), "ip=10.0.0.9,port=7003,state=wait_bgsave,offset=0,lag=0")
	s.release(a)
	one, other := strings.TrimLeft(s.take(a), "\n"), strings.TrimLeft(s.take(b), "\n")
	if one != other {
		t.Error("they get different bytes")
	}
	s.wantLog("Diskless rdb transfer, done reading from pipe, 2 replicas still up.")
	s.keysOf(one)
}

func TestWhoTakesNothingOfAStreamedSnapshotIsDropped(t *testing.T) {
	s, _ := filled(t, "repl-timeout", "10")
	a, b := s.asks("capa eof capa psync2"), s.asks("capa eof capa psync2")
	s.stall(a)
	s.pass(15 * time.Second)
	s.want("not yet", s.gone[a], "")
	s.pass(3 * time.Second)
	s.wantLog("Disconnecting timedout replica (full sync): 10.0.0.9:7002", "Connection with replica 10.0.0.9:7002 lost.",
		"Diskless rdb transfer, done reading from pipe, 1 replicas still up.")
	s.want("closed", s.gone[a], "timeout")
	got := s.take(b)
	s.keysOf(got[strings.IndexByte(got, '+'):])
}

func TestASnapshotThatNobodyWantsAnyMoreIsKilled(t *testing.T) {
	for _, test := range []struct {
		what, diskless, save, log string
		killed                    bool
	}{
		{"streamed", "yes", "", "Diskless rdb transfer, last replica dropped, killing fork child.", true},
		{"streamed, with save points", "yes", "60 1", "Background transfer terminated by signal 10", true},
		{"into a file", "no", "", "Background saving terminated by signal 10", true},
		{"into a file, with save points", "no", "60 1", "", false},
	} {
		s, _ := filled(t, "repl-diskless-sync", test.diskless, "repl-diskless-sync-delay", "0", "save", test.save)
		s.disk.slow = true
		a, b := s.connect(), s.connect()
		s.say(a, "REPLCONF capa eof")
		s.say(b, "REPLCONF capa eof")
		s.stall(a)
		s.stall(b)
		s.say(a, "PSYNC ? -1")
		s.say(b, "PSYNC ? -1") // it shares the file, and waits for the next streamed one
		s.want(test.what, s.info("rdb_bgsave_in_progress"), "1")
		s.step(Closed{Conn: b})
		s.want(test.what+": one is left", s.info("rdb_bgsave_in_progress"), "1")
		s.step(Closed{Conn: a})
		s.want(test.what+": none is left", s.info("rdb_bgsave_in_progress"), map[bool]string{true: "0", false: "1"}[test.killed])
		s.wantLog(test.log)
		s.want("no failure", s.info("rdb_last_bgsave_status"), "ok")
	}
}

func TestFlushAllKillsTheSnapshotOfReplicas(t *testing.T) {
	for _, diskless := range []string{"yes", "no"} {
		s, c := filled(t, "repl-diskless-sync", diskless, "repl-diskless-sync-delay", "0")
		s.disk.slow = true
		r := s.connect()
		s.say(r, "REPLCONF capa eof")
		s.stall(r)
		s.say(r, "PSYNC ? -1")
		later := s.asks("capa psync2")
		s.take(later)
		s.say(c, "FLUSHALL")
		s.want("dropped", s.gone[r], "the snapshot failed")
		s.wantLog("SYNC failed. BGSAVE child returned an error", "Connection with replica 10.0.0.9:<unknown-replica-port> lost.")
		s.disk.slow = false
		for s.answer() {
		}
		if diskless == "no" {
			continue // it shared that file
		}
		if keys, offset, rest := s.keysOf(s.take(later)); keys != 0 || rest != "" || offset == "0" {
			t.Errorf("who came meanwhile gets %d keys at %s and then %q", keys, offset, rest)
		}
	}
}

func TestASnapshotThatFailsCostsTheReplicasThatWaitForIt(t *testing.T) {
	s, _ := filled(t, "repl-diskless-sync", "no")
	s.disk.full = true
	r := s.asks("capa eof capa psync2")
	s.want("closed", s.gone[r], "the snapshot failed")
	s.wantLog("Write error saving DB on disk(rdbSaveRio): No space left on device", "Background saving error",
		"SYNC failed. BGSAVE child returned an error", "Connection with replica 10.0.0.9:7002 lost.")
	s.want("status", s.info("rdb_last_bgsave_status"), "err")
	s.disk.full = false
	s.keysOf(s.take(s.asks("capa eof capa psync2")))
}

// A replica whose own link is down, without a position, has nothing to name in a snapshot.
func TestASnapshotThatCannotBeBegunIsRefused(t *testing.T) {
	s := start(t)
	r := s.asks("capa eof capa psync2")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	s.n.master.cached = false
	s.pass(6 * time.Second)
	s.want("told", strings.TrimLeft(s.take(r), "\n"), "-ERR BGSAVE failed, replication can't continue\r\n")
	s.want("closed", s.gone[r], "no snapshot can be begun")
	s.want("replicas", s.info("connected_slaves"), "0")
	if s.logged("Connection with replica") {
		t.Error("it is no replica any more")
	}
}

func TestWhenASnapshotIsBegun(t *testing.T) {
	for _, test := range []struct {
		what     string
		settings []string
		asks     []string // at second 0, 1, …
		after    int      // seconds after the first
		target   string
	}{
		{"diskless: after the delay", nil, []string{"capa eof"}, 5, "replicas sockets"},
		{"the first one's time counts", nil, []string{"capa eof", "capa eof", "capa eof"}, 5, "replicas sockets"},
		{"no delay", []string{"repl-diskless-sync-delay", "0"}, []string{"capa eof"}, 0, "replicas sockets"},
		{"enough replicas", []string{"repl-diskless-sync-max-replicas", "2"}, []string{"capa eof", "capa eof"}, 2, "replicas sockets"},
		{"one cannot take a stream: at once, and into a file", nil, []string{"capa eof", "capa psync2"}, 1, "disk"},
		{"on disk: at once", []string{"repl-diskless-sync", "no"}, []string{"capa eof"}, 0, "disk"},
		{"a filtered one is streamed all the same", []string{"repl-diskless-sync", "no"}, []string{"capa eof rdb-filter-only functions"}, 0, "replicas sockets"},
	} {
		s := start(t, test.settings...)
		s.pass(100 * time.Millisecond)
		began, wanted := s.now, ""
		for i, words := range test.asks {
			if i > 0 {
				s.pass(time.Second)
			}
			s.asks(words)
		}
		for !s.logged("Starting BGSAVE") && s.now.Sub(began) < 20*time.Second {
			s.pass(100 * time.Millisecond)
		}
		wanted = "Starting BGSAVE for SYNC with target: " + test.target
		s.wantLog(wanted)
		// The tick is 900 milliseconds after the replica, and counts whole seconds of the clock.
		if took := s.now.Sub(began); int((took+100*time.Millisecond)/time.Second) != test.after {
			t.Errorf("%s: after %s, want %d seconds", test.what, took, test.after)
		}
	}
}

func TestSnapshotsThatLeaveSomethingOut(t *testing.T) {
	s, _ := filled(t, "repl-diskless-sync-delay", "0")
	r := s.connect()
	s.say(r, "REPLCONF rdb-filter-only functions")
	s.want("without capa eof", s.say(r, "PSYNC ? -1"), "-ERR Filtered replica requires EOF capability\r\n")
	s.say(r, "REPLCONF capa eof rdb-only 1")
	got := s.say(r, "SYNC")
	if keys, _, rest := s.keysOf(got); keys != 0 || rest != "" || !strings.HasPrefix(got, "$EOF:") {
		t.Errorf("%d keys, and then %q", keys, rest)
	}
	s.wantLog("RDB transfer completed, rdb only replica (10.0.0.9:<unknown-replica-port>) should be disconnected asap",
		"Connection with replica 10.0.0.9:<unknown-replica-port> lost.")
	s.want("closed", s.gone[r], "it has its snapshot")
	if s.logged("Synchronization with") {
		t.Error("it never was in step")
	}
}

// Who wants something else of a snapshot waits for the one after.
func TestOtherFiltersWaitForTheirOwnSnapshot(t *testing.T) {
	s, _ := filled(t)
	a, b := s.asks("capa eof capa psync2"), s.asks("capa eof rdb-filter-only functions")
	s.pass(7 * time.Second)
	got := s.take(a)
	if keys, _, _ := s.keysOf(got[strings.IndexByte(got, '+'):]); keys != 20000 {
		t.Errorf("%d keys", keys)
	}
	got = s.take(b)
	if keys, _, _ := s.keysOf(got[strings.IndexByte(got, '+'):]); keys != 0 {
		t.Errorf("%d keys in the filtered one", keys)
	}
}

func TestASnapshotTakesItsTimePerKey(t *testing.T) {
	for _, test := range []struct {
		what, delay, diskless string
		busy                  bool // something else comes in whenever a part is ready
		took                  time.Duration
	}{
		{"streamed, a tenth of a millisecond per key", "100", "yes", false, 2 * time.Second},
		{"streamed beside clients", "100", "yes", true, 2 * time.Second},
		{"into a file", "100", "no", false, 2 * time.Second},
		{"into a file beside clients", "100", "no", true, 2 * time.Second},
		{"a microsecond for ten keys", "-10", "yes", false, 2 * time.Millisecond},
	} {
		s, c := filled(t, "rdb-key-save-delay", test.delay, "repl-diskless-sync", test.diskless, "repl-diskless-sync-delay", "0")
		s.say(c, "CONFIG RESETSTAT")
		r := s.connect()
		s.say(r, "REPLCONF capa eof capa psync2")
		began := s.now
		s.say(r, "PSYNC ? -1")
		s.say(c, "CONFIG SET rdb-key-save-delay 0") // the child has its own copy
		s.want("served meanwhile", s.say(c, "SET a 1"), "+OK\r\n")
		s.want("in progress", s.info("rdb_bgsave_in_progress"), "1")
		for s.info("rdb_bgsave_in_progress") == "1" {
			at, ok := s.n.Deadline()
			if !ok || at < s.now || at.Sub(began) > time.Hour {
				t.Fatalf("%s: the deadline is %v, now %v", test.what, at, s.now)
			}
			if s.now = at; test.busy {
				s.say(c, "PING")
				if at, _ = s.n.Deadline(); at > s.now {
					continue // nothing is due, so it is not woken
				}
			}
			s.step(Woken{})
		}
		if took := s.now.Sub(began); took != test.took {
			t.Errorf("%s: took %s, want %s", test.what, took, test.took)
		}
		got := s.take(r)
		if keys, _, _ := s.keysOf(strings.Replace(got, "\r\n\n", "\r\n", 1)); keys != 20000 {
			t.Errorf("%s: %d keys", test.what, keys)
		}
	}
}

// A clone in the middle of a snapshot goes on by itself to the same bytes.
func TestACloneStreamsByItself(t *testing.T) {
	s, c := filled(t, "rdb-key-save-delay", "100")
	r := s.asks("capa eof capa psync2")
	s.pass(5500 * time.Millisecond)
	before := s.take(r)
	if !strings.Contains(before, "$EOF:") {
		t.Fatal("it has not begun")
	}
	twin := *s
	twin.n, twin.got, twin.out = s.n.Clone(), map[engine.ConnID]string{}, Output{}
	s.say(c, "SET only here")
	s.pass(10 * time.Second)
	twin.pass(10 * time.Second)
	if one, other := s.take(r), twin.take(r); one != other || len(one) < 400<<10 {
		t.Errorf("the rest differs: %d and %d bytes", len(one), len(other))
	}
	s.want("state", twin.info("slave0"), s.info("slave0"))
}

func TestABgsaveOfATransactionIsOfItsEnd(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.want("scheduled", s.raw(c, "MULTI\r\nSET a 1\r\nBGSAVE\r\nSET b 1\r\nEXEC\r\n"),
		"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+Background saving scheduled\r\n+OK\r\n")
	again := s.restart()
	s.want("both keys", again.say(again.connect(), "DBSIZE"), ":2\r\n")
}

func TestTheFileOfReplicasIsRemovedWhereNothingElseAskedForIt(t *testing.T) {
	for _, test := range []struct {
		what, del, save string
		removed         bool
	}{
		{"wanted", "yes", "", true},
		{"not wanted", "no", "", false},
		{"save points want it", "yes", "3600 1", false},
	} {
		s, _ := filled(t, "repl-diskless-sync", "no", "rdb-del-sync-files", test.del, "save", test.save)
		r := s.asks("capa psync2")
		s.keysOf(s.take(r))
		s.pass(2 * time.Second)
		if removed := len(s.removed) > 0; removed != test.removed {
			t.Errorf("%s: removed %v", test.what, s.removed)
		}
	}
}

func TestAReplicaThatLeavesEndsItsReading(t *testing.T) {
	s, _ := filled(t, "repl-diskless-sync", "no")
	r := s.connect()
	s.stall(r)
	s.say(r, "SYNC")
	s.want("state", s.info("slave0"), "ip=10.0.0.9,port=0,state=send_bulk,offset=0,lag=0")
	s.step(Closed{Conn: r})
	if s.disk.ended != 1 {
		t.Error("the file is still open")
	}
}

// A snapshot that takes its time is not held up by a clock that is set back.
func TestASnapshotGoesOnWhenTheClockIsSetBack(t *testing.T) {
	s, c := filled(t, "rdb-key-save-delay", "100", "repl-diskless-sync", "no")
	s.say(c, "BGSAVE")
	s.now = s.now.Add(-time.Hour)
	s.want("in progress", s.info("rdb_bgsave_in_progress"), "1")
	s.say(c, "PING")
	s.pass(3 * time.Second)
	s.want("ended", s.info("rdb_bgsave_in_progress"), "0")
}
