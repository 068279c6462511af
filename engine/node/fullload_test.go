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

// Full resyncs from a raw master, by each way in. Real masters are in package tcp.

// eofMark ends a streamed payload.
const eofMark = "0123456789012345678901234567890123456789"

// dataset is a keyspace with some keys.
func dataset(keys ...string) *store.Store {
	s := store.New(16)
	for _, k := range keys {
		s.DB(0).Set([]byte(k), store.StringValue([]byte("v")), 0)
	}
	return s
}

// file is a keyspace as an RDB.
func file(keys *store.Store, aux ...rdb.Aux) string {
	enc := rdb.NewEncoder(keys, aux, rdb.Options{Checksum: true})
	var body []byte
	for !enc.Done() {
		body = enc.Append(body, 1<<20)
	}
	return string(body)
}

// sized and streamed are a file as it is framed on the wire.
func sized(file string) string    { return "$" + strconv.Itoa(len(file)) + "\r\n" + file }
func streamed(file string) string { return "$EOF:" + eofMark + "\r\n" + file + eofMark }

// fullResync makes the node a replica and takes it up to the answer to PSYNC.
func (s *server) fullResync(id string, offset int) engine.ConnID {
	s.t.Helper()
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	return s.again(id, offset)
}

// again answers the node's latest attempt with a full resync.
func (s *server) again(id string, offset int) engine.ConnID {
	s.t.Helper()
	m, _ := s.handshake()
	s.raw(m, "+FULLRESYNC "+id+" "+strconv.Itoa(offset)+"\r\n")
	return m
}

// The three ways in, and both kinds of payload, end in the same state.
func TestEveryWayInEndsTheSame(t *testing.T) {
	for _, way := range []string{"disabled", "on-empty-db", "swapdb"} {
		for _, old := range []bool{false, true} {
			for _, kind := range []string{"sized", "streamed"} {
				name := way + ", " + kind + ", with old data " + strconv.FormatBool(old)
				s := start(t, "repl-diskless-load", way)
				c := s.connect()
				if old {
					s.say(c, "SET old 1")
				}
				m := s.fullResync(someID, 100)
				payload, ack := sized(file(dataset("a", "b"))), ""
				if kind == "streamed" {
					payload, ack = streamed(file(dataset("a", "b"))), cmd("REPLCONF", "ACK", "100")
				}
				if old && way != "swapdb" {
					ack = "\n" + ack // a sign of life while the old data goes
				}
				s.want(name+": acknowledged at once, or at the tick", s.raw(m, payload), ack)
				s.want(name+": link", s.field("master_link_status"), "up")
				s.want(name+": keys", s.say(c, "DBSIZE"), ":2\r\n")
				s.want(name+": old", s.say(c, "EXISTS old"), ":0\r\n")
				s.want(name+": replid", s.field("master_replid"), someID)
				s.want(name+": replid2", s.field("second_repl_offset"), "-1")
				s.want(name+": offset", s.field("master_repl_offset"), "100")
				s.want(name+": backlog", s.field("repl_backlog_first_byte_offset"), "101")
				s.want(name+": loaded", s.field("rdb_last_load_keys_loaded"), "2")
				s.raw(m, cmd("SELECT", "0")+cmd("SET", "c", "1"))
				s.want(name+": the stream", s.say(c, "GET c"), "$1\r\n1\r\n")
				spooled := way == "disabled" || way == "on-empty-db" && old
				if _, ok := s.disk.files["dump.rdb"]; ok != spooled {
					t.Errorf("%s: a file is there: %v, want %v", name, ok, spooled)
				}
				to := map[bool]string{true: "to disk", false: "to parser"}[spooled]
				if !s.said(to) {
					t.Errorf("%s: the log does not say %q:\n%s", name, to, strings.Join(s.logs, "\n"))
				}
			}
		}
	}
}

// The payload and the stream behind it may be cut into pieces anywhere. A mark that begins in the file and does not go
// on is the file's.
func TestAFullResyncMayBeCutAnywhere(t *testing.T) {
	data := dataset("a")
	data.DB(0).Set([]byte("like the mark"), store.RawString([]byte(eofMark[:39]+eofMark[:12])), 0)
	whole := "\n\r\n" + sized(file(data)) + cmd("SELECT", "0") + cmd("SET", "c", "1")
	for _, way := range []string{"disabled", "swapdb"} {
		for _, payload := range []string{whole, "\n" + streamed(file(data))} {
			for cut := range payload {
				s := start(t, "repl-diskless-load", way)
				m := s.fullResync(someID, 100)
				s.raw(m, payload[:cut])
				s.raw(m, payload[cut:])
				if s.field("master_link_status") != "up" || s.n.Store().DB(0).Len() < 2 {
					t.Fatalf("%s, cut at %d: link %s, %d keys\n%s", way, cut, s.field("master_link_status"), s.n.Store().DB(0).Len(), strings.Join(s.logs, "\n"))
				}
				if payload == whole {
					s.want("offset", s.field("slave_repl_offset"), "150")
				}
				if way == "disabled" {
					s.want("file", s.disk.files["dump.rdb"], file(data))
				}
			}
		}
	}
}

// Until the file is whole nothing changes: old data is served, the position is kept, replicas below stay. When it is
// loaded they go, and so does what they could continue from.
func TestTheOldHistoryLastsUntilTheNewDataIsLoaded(t *testing.T) {
	s := start(t, "key-load-delay", "1000000")
	c := s.connect()
	s.say(c, "SET old 1")
	sub := s.replica()
	s.say(sub, "REPLCONF ACK 0")
	s.say(c, "SET old 2")
	id := s.field("master_replid")
	m := s.fullResync(someID, 100)
	payload := sized(file(dataset("a", "b", "c")))
	s.raw(m, payload[:len(payload)-1])
	s.want("in progress", s.field("master_sync_in_progress"), "1")
	s.want("left", s.field("master_sync_left_bytes"), "1")
	s.want("old data", s.say(c, "GET old"), "$1\r\n2\r\n")
	s.want("the position", s.field("slave_repl_offset"), s.field("master_repl_offset"))
	s.want("the replica below", s.gone[sub], "")
	s.raw(m, payload[len(payload)-1:])
	s.want("loading", s.field("loading"), "1")
	s.want("nobody reads", s.say(c, "GET old"), "-LOADING Redis is loading the dataset in memory\r\n")
	s.want("nor says whom to follow", s.say(c, "REPLICAOF NO ONE"), "-LOADING Redis is loading the dataset in memory\r\n")
	s.want("the name stays until then", s.field("master_replid"), id)
	s.want("the position is gone", s.field("slave_repl_offset"), "1")
	s.want("no backlog", s.field("repl_backlog_active"), "0")
	if s.gone[sub] == "" {
		t.Error("the replica below stays")
	}
	s.take(m)
	s.pass(2500 * time.Millisecond)
	s.want("a newline a second says that it is alive", s.take(m), "\n\n")
	s.want("still loading", s.field("master_sync_in_progress"), "1")
	s.pass(time.Second)
	s.want("link", s.field("master_link_status"), "up")
	s.want("keys", s.say(c, "DBSIZE"), ":3\r\n")
}

// What comes behind the snapshot while it is loaded is left with the driver, and applied then.
func TestTheStreamWaitsForTheLoading(t *testing.T) {
	for _, way := range []string{"disabled", "on-empty-db"} {
		s := start(t, "key-load-delay", "1000000", "repl-diskless-load", way)
		m := s.fullResync(someID, 100)
		s.raw(m, sized(file(dataset("a", "b")))+cmd("SELECT", "0")+cmd("SET", "c", "1"))
		s.want(way+": loading", s.field("loading"), "1")
		s.raw(m, cmd("SET", "c", "2")) // was under way already
		s.want(way+": held", strings.Join(s.holds, " "), "hold")
		s.step(Closed{Conn: m, Why: "Connection reset by peer"})
		s.want(way+": the end is noticed later", s.field("master_sync_in_progress"), "1")
		s.pass(2 * time.Second)
		s.want(way+": applied", s.field("slave_repl_offset"), strconv.Itoa(150+len(cmd("SET", "c", "2"))))
		_, psync := s.handshake()
		s.want(way+": and continued from there", psync, cmd("PSYNC", someID, strconv.Itoa(151+len(cmd("SET", "c", "2")))))
	}
	s := start(t, "key-load-delay", "1000000")
	m := s.fullResync(someID, 100)
	s.raw(m, sized(file(dataset("a"))))
	s.pass(time.Second)
	s.want("read again", strings.Join(s.holds, " "), "hold release")
}

// Beside the old data of the same history reads go on while the new is loaded; beside those of another one they do
// not. Only what administrates is refused.
func TestAsyncLoading(t *testing.T) {
	s := start(t, "repl-diskless-load", "swapdb", "key-load-delay", "1000000")
	c := s.connect()
	m := s.fullResync(someID, 100)
	s.raw(m, streamed(file(dataset("a", "b"))))
	s.want("another history", s.field("loading")+s.field("async_loading"), "10")
	s.want("another history", s.say(c, "GET a"), "-LOADING Redis is loading the dataset in memory\r\n")
	s.pass(2 * time.Second)
	sub := s.replica()
	s.say(sub, "REPLCONF ACK 100")
	s.step(Closed{Conn: m})
	m = s.again(someID, 200)
	s.raw(m, streamed(file(dataset("a", "b", "c"))))
	s.want("the same", s.field("loading")+s.field("async_loading"), "01")
	s.want("progress", s.field("loading_start_time"), strconv.FormatInt(s.now.Seconds(), 10))
	s.want("reads go on", s.say(c, "GET a"), "$1\r\nv\r\n")
	for _, line := range []string{"SAVE", "BGSAVE", "REPLICAOF NO ONE", "PSYNC ? -1"} {
		s.want(line, s.say(c, line), "-LOADING Redis is loading the dataset in memory\r\n")
	}
	s.say(c, "MULTI")
	s.say(c, "GET a")
	s.want("transactions go on", s.say(c, "EXEC"), "*1\r\n$1\r\nv\r\n")
	s.want("the replica below stays", s.gone[sub], "")
	s.pass(3 * time.Second)
	s.want("new data", s.say(c, "DBSIZE"), ":3\r\n")
	if s.gone[sub] == "" {
		t.Error("the replica below stays when the data is swapped")
	}
	s.wantLog("MASTER <-> REPLICA sync: Loading DB in memory", "Discarding previously cached master state.",
		"MASTER <-> REPLICA sync: Swapping active DB with loaded DB", "MASTER <-> REPLICA sync: Discarding old DB in background",
		"MASTER <-> REPLICA sync: Finished with success")
}

// What a snapshot that cannot be loaded does, by how bad it is and by where it comes from. Measured on redis-server.
func TestSnapshotsThatCannotBeLoaded(t *testing.T) {
	good := file(dataset("k"))
	key := "\x00\x01k\x01v"
	rdbOf := func(body string) string { return "REDIS0010\xfe\x00" + body + "\xff\x00\x00\x00\x00\x00\x00\x00\x00" }
	foreign := []struct{ what, file, says string }{
		{"no RDB", "XEDIS" + good[5:], "Wrong signature trying to load DB from file"},
		{"a later version", "REDIS0011" + good[9:], "Can't handle RDB format version 11"},
	}
	cut := []struct{ what, file string }{
		{"it ends in the middle", good[:len(good)-9]},
		{"an unknown type", rdbOf("\x3f\x01k\x01v")},
	}
	broken := []struct {
		what, file string
		code       int
	}{
		{"a checksum", good[:len(good)-1] + "x", 1},
		{"a database that there is not", "REDIS0010\xfe\x20" + key + "\xff\x00\x00\x00\x00\x00\x00\x00\x00", 1},
		{"a key twice", rdbOf(key + key), 134},
	}
	try := func(way, payload string) *server {
		s := start(t, "repl-diskless-load", way)
		s.say(s.connect(), "SET old 1")
		s.raw(s.fullResync(someID, 100), payload)
		return s
	}
	for _, x := range foreign {
		s := try("disabled", sized(x.file))
		s.want(x.what+", file: the data is gone", s.say(1, "DBSIZE"), ":0\r\n")
		s.wantLog(x.says, "Failed trying to load the MASTER synchronization DB from disk: Invalid argument", "Reconnecting to MASTER 10.0.0.8:6379 after failure")
		_, psync := s.handshake()
		s.want(x.what+", file: and so is the position", psync, cmd("PSYNC", "?", "-1"))
		s = try("swapdb", sized(x.file))
		s.want(x.what+", wire: the data stays", s.say(1, "DBSIZE"), ":1\r\n")
		s.wantLog(x.says, "Failed trying to load the MASTER synchronization DB from socket: Invalid argument",
			"Reconnecting to MASTER 10.0.0.8:6379 after failure", "MASTER <-> REPLICA sync: Discarding temporary DB in background")
	}
	for _, x := range cut {
		s := try("disabled", sized(x.file))
		s.exits(x.what+", file", 1)
		s = try("swapdb", sized(x.file))
		s.want(x.what+", wire: the data stays", s.say(1, "DBSIZE"), ":1\r\n")
		if !s.said("Failure loading rdb format from socket, assuming connection error, resuming operation.") {
			t.Errorf("%s: the log says %q", x.what, s.logs)
		}
		_, psync := s.handshake()
		s.want(x.what+", wire: and so does the position", psync, cmd("PSYNC", s.field("master_replid"), "1"))
	}
	for _, x := range broken {
		for _, way := range []string{"disabled", "swapdb"} {
			s := try(way, sized(x.file))
			s.exits(x.what+", "+way, x.code)
		}
	}
	s := start(t, "repl-diskless-load", "on-empty-db")
	s.raw(s.fullResync(someID, 100), sized(rdbOf(key+"\x3f\x01k\x01v")))
	s.want("what was loaded of it is gone", s.say(1, "DBSIZE"), ":0\r\n")
}

// A transfer that fails leaves everything as it was, and the next PSYNC asks for the old position still.
func TestAFailedTransferLosesNothing(t *testing.T) {
	for _, x := range []struct {
		what, payload string
		end           bool
		says          string
	}{
		{"cut in the middle", "$1000\r\nabc", true, "I/O error trying to sync with MASTER: connection lost"},
		{"cut before it", "", true, "I/O error reading bulk count from MASTER: Success"},
		{"aborted", "-ERR no\r\n", false, "MASTER aborted replication with an error: ERR no"},
		{"no payload", "foo\r\n", false, "Bad protocol from MASTER, the first byte is not '$' (we received 'foo'), are you sure the host and port are right?"},
	} {
		s := start(t)
		c := s.connect()
		s.say(c, "SET old 1")
		id := s.field("master_replid")
		m := s.fullResync(someID, 100)
		s.raw(m, x.payload)
		if x.end {
			s.step(Closed{Conn: m})
		}
		s.wantLog(x.says, "Reconnecting to MASTER 10.0.0.8:6379 after failure", "MASTER <-> REPLICA sync started")
		_, psync := s.handshake()
		s.want(x.what+": asks", psync, cmd("PSYNC", id, "1"))
		s.want(x.what+": data", s.say(c, "GET old"), "$1\r\n1\r\n")
	}
}

func TestASlowMasterIsLeft(t *testing.T) {
	s := start(t, "repl-timeout", "5")
	m := s.fullResync(someID, 100)
	s.raw(m, "$1000\r\nabc")
	s.pass(5 * time.Second)
	s.raw(m, "\n") // is of the file, and a sign of life
	s.pass(5 * time.Second)
	s.want("alive", s.gone[m], "")
	s.pass(2 * time.Second)
	s.want("silent", s.gone[m], "timeout")
	s.wantLog("Timeout receiving bulk data from MASTER... If the problem persists", "Reconnecting to MASTER 10.0.0.8:6379 after failure")
	m = s.again(someID, 100)
	s.raw(m, "$10")
	s.pass(7 * time.Second)
	s.wantLog("I/O error reading bulk count from MASTER: Connection timed out")
	s = start(t, "repl-timeout", "5", "repl-diskless-load", "swapdb")
	m = s.fullResync(someID, 100)
	s.raw(m, "$1000\r\nREDIS")
	s.pass(7 * time.Second)
	s.want("off the wire", s.gone[m], "timeout")
	s.want("and loads no more", s.field("loading"), "0")
}

// A disk that takes nothing costs the attempt and nothing else. Where the file cannot even be begun, the next attempt
// waits for the tick.
func TestADiskThatTakesNothing(t *testing.T) {
	payload := sized(file(dataset("a")))
	s := start(t)
	c := s.connect()
	s.say(c, "SET old 1")
	m := s.fullResync(someID, 100)
	s.disk.full = true
	dials := len(s.dial)
	s.raw(m, payload)
	s.wantLog("Opening the temp file needed for MASTER <-> REPLICA synchronization: No space left on device")
	s.want("state", s.field("master_sync_in_progress"), "0")
	if len(s.dial) != dials {
		t.Error("dials again at once")
	}
	s.pass(time.Second)
	s.disk.full = false
	m = s.again(someID, 100)
	s.raw(m, payload[:20])
	s.disk.full = true
	s.raw(m, payload[20:])
	s.wantLog("Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA synchronization: No space left on device",
		"Reconnecting to MASTER 10.0.0.8:6379 after failure")
	s.want("old data", s.say(c, "GET old"), "$1\r\n1\r\n")
	s.disk.full = false
	s.raw(s.again(someID, 100), payload)
	s.want("in the end", s.field("master_link_status"), "up")
}

func TestTheFileOfAResyncIsRemovedWhereNobodyWantsFiles(t *testing.T) {
	for _, x := range []struct {
		del, save string
		kept      bool
	}{{"no", "", true}, {"yes", "", false}, {"yes", "3600 1", true}} {
		s := start(t, "rdb-del-sync-files", x.del, "save", x.save)
		s.raw(s.fullResync(someID, 100), sized(file(dataset("a"))))
		if _, ok := s.disk.files["dump.rdb"]; ok != x.kept {
			t.Errorf("rdb-del-sync-files %s, save %q: kept %v", x.del, x.save, ok)
		}
	}
}

// A snapshot under way must not take the place of the master's.
func TestABgsaveEndsWhenTheMastersFileIsLoaded(t *testing.T) {
	s := start(t)
	s.say(s.connect(), "DEBUG POPULATE 20000 k 64")
	s.disk.slow = true
	s.say(1, "BGSAVE")
	m := s.fullResync(someID, 100)
	s.raw(m, sized(file(dataset("a"))))
	for s.answer() {
	}
	s.want("BGSAVE", s.field("rdb_bgsave_in_progress"), "0")
	s.want("file", s.disk.files["dump.rdb"], file(dataset("a")))
	s.wantLog("Replica is about to load the RDB file received from the master, but there is a pending RDB child running. Killing process 78",
		"MASTER <-> REPLICA sync: Flushing old data")
}

// REPLICAOF in the middle of a transfer gives it up.
func TestAnotherMasterEndsTheTransfer(t *testing.T) {
	for _, way := range []string{"disabled", "swapdb"} {
		s := start(t, "repl-diskless-load", way)
		c := s.connect()
		s.say(c, "SET old 1")
		id := s.field("master_replid")
		m := s.fullResync(someID, 100)
		s.raw(m, "\n$1000\r\n")
		s.say(c, "REPLICAOF 10.0.0.7 6379")
		s.want(way+": left", s.gone[m], "REPLICAOF 10.0.0.7:6379")
		_, psync := s.handshake()
		s.want(way+": asks for the old position", psync, cmd("PSYNC", id, "1"))
		s.say(c, "REPLICAOF NO ONE")
		s.want(way+": a master again", s.say(c, "GET old"), "$1\r\n1\r\n")
		s.want(way+": of the history before", s.field("master_replid2"), id)
	}
}

// Watched keys of the old data count as changed when it goes.
func TestAFullResyncSpoilsTransactions(t *testing.T) {
	for _, way := range []string{"disabled", "swapdb"} {
		s := start(t, "repl-diskless-load", way)
		c := s.connect()
		s.say(c, "SET old 1")
		s.say(c, "WATCH old")
		s.say(c, "MULTI")
		s.say(c, "GET old")
		s.raw(s.fullResync(someID, 100), sized(file(dataset("a"))))
		s.want(way, s.say(c, "EXEC"), "*-1\r\n")
	}
}

// A clone in the middle of each stage goes on by itself.
func TestAClonedResyncGoesOn(t *testing.T) {
	payload := streamed(file(dataset("a", "b", "c")))
	for _, way := range []string{"disabled", "swapdb"} {
		for cut := 1; cut < len(payload); cut += 7 {
			s := start(t, "repl-diskless-load", way)
			m := s.fullResync(someID, 100)
			s.raw(m, payload[:cut])
			twin := s.twin()
			for _, one := range []*server{s, twin} {
				one.raw(m, payload[cut:])
				one.want(way, one.field("master_link_status"), "up")
				one.want(way, one.say(1, "DBSIZE"), ":3\r\n")
			}
		}
	}
	s := start(t, "repl-diskless-load", "swapdb", "key-load-delay", "100000")
	m := s.fullResync(someID, 100)
	s.raw(m, payload)
	twin := s.twin()
	for _, one := range []*server{s, twin} {
		one.pass(time.Second)
		one.want("delayed", one.field("master_link_status"), "up")
	}
}

// The facts of a full resync, in order.
func TestTheFactsOfAFullResync(t *testing.T) {
	s := start(t)
	s.raw(s.fullResync(someID, 100), sized(file(dataset("a"))))
	var got []string
	for _, f := range s.facts {
		switch f.(type) {
		case engine.SnapshotSpooled, engine.LoadBegan, engine.LoadEnded, engine.PositionDiscarded, engine.SyncFinished:
			got = append(got, f.String())
		}
	}
	want := []string{
		"spooled dump.rdb 28 bytes",
		"discard position " + engine.ReplID(s.field("master_replid")).Short(),
		"load dump.rdb",
		"loaded 1 keys, 0 had expired, in 0s",
		"full resync done id=8f3a…beef offset=100 snapshot=28 bytes",
	}
	if !slices.EqualFunc(got, want, func(a, b string) bool {
		return a == b || strings.HasPrefix(a, "discard position ") && strings.HasPrefix(b, "discard position ")
	}) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}
