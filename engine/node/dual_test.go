package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/rdb"
)

// Full resyncs over two connections, from a raw master. What is said, shown and logged here is what Valkey 8.0.1 said,
// showed and logged to the same master.

// dialing is a replica of 8.0 with old data, whose raw master has answered its PSYNC with +DUALCHANNELSYNC. The second
// connection is dialled, but does not exist yet.
func dialing(t *testing.T, settings ...string) (s *server, main, second engine.ConnID) {
	t.Helper()
	s = ofEra(t, "8.0", append([]string{"dual-channel-replication-enabled", "yes"}, settings...)...)
	c := s.connect()
	s.say(c, "SET old 1")
	s.say(c, "REPLICAOF 10.0.0.8 6379")
	main, asked := s.greets()
	s.want("PSYNC", asked, cmd("PSYNC", s.field("master_replid"), "1"))
	s.raw(main, "+DUALCHANNELSYNC\r\n")
	s.want("nobody reads the first", strings.Join(s.holds, " "), "hold")
	s.logs, s.facts = nil, nil
	second = s.dial[len(s.dial)-1].Conn
	if second == main {
		t.Fatal("there is no second connection")
	}
	return s, main, second
}

// greets takes the node's latest connection up to its PSYNC, which it returns.
func (s *server) greets() (m engine.ConnID, psync string) {
	s.t.Helper()
	m = s.dialed()
	s.want("PING", s.take(m), cmd("PING"))
	s.want("what it says of itself", s.raw(m, "+PONG\r\n"), cmd("REPLCONF", "listening-port", "6379")+
		cmd("REPLCONF", "capa", "eof", "capa", "psync2", "capa", "dual-channel")+cmd("REPLCONF", "version", "8.0.1"))
	return m, s.raw(m, "+OK\r\n+OK\r\n+OK\r\n")
}

// dualReplica is the same with its second connection.
func dualReplica(t *testing.T, settings ...string) (s *server, main, second engine.ConnID) {
	t.Helper()
	s, main, _ = dialing(t, settings...)
	return s, main, s.dialed()
}

// announced takes both connections up to the second PSYNC.
func announced(t *testing.T, settings ...string) (s *server, main, second engine.ConnID) {
	t.Helper()
	s, main, second = dualReplica(t, settings...)
	s.want("the second connection", s.take(second), cmd("REPLCONF", "capa", "eof", "rdb-only", "1", "rdb-channel", "1", "listening-port", "6379"))
	s.want("SYNC", s.raw(second, "+OK\r\n"), "SYNC\r\n")
	s.want("signs of life", s.raw(second, "\n\n"), "")
	s.want("nothing follows", s.raw(second, "$ENDOFF:100 "+someID+" 3 77\r\n"), "")
	s.want("whose snapshot it is", s.take(main), cmd("REPLCONF", "set-rdb-client-id", "77"))
	s.want("the second PSYNC", s.raw(main, "+OK\r\n"), cmd("PSYNC", someID, "101"))
	return s, main, second
}

// dualFile is a snapshot with keys in database 3, which says that its stream is in database 9.
func dualFile() string {
	keys := dataset()
	keys.DB(3).Set([]byte("k"), dataset("x").DB(0).Get([]byte("x")).Value, 0)
	return file(keys, rdb.Aux{Name: "repl-stream-db", Value: "9"})
}

func (s *server) shows(what, fields string) {
	s.t.Helper()
	var got []string
	for pair := range strings.SplitSeq(fields, " ") {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name+"="+s.field(name))
	}
	s.want(what, strings.Join(got, " "), fields)
}

func (s *server) role() string {
	_, word, _ := strings.Cut(s.say(s.connect(), "ROLE"), ":6379\r\n")
	return strings.Split(word, "\r\n")[1]
}

// The stream comes while the snapshot does, and is kept until that is loaded.
func TestTheStreamComesBesideTheSnapshot(t *testing.T) {
	for _, way := range []string{"disabled", "swapdb"} {
		s, main, second := announced(t, "repl-diskless-load", way)
		old := s.field("master_replid")
		s.want(way+": ROLE before the stream", s.role(), "handshake")
		s.shows(way+": before the stream", "master_sync_in_progress=0 slave_repl_offset=0 master_sync_total_bytes=(none) replicas_repl_buffer_size=0 total_net_repl_input_bytes=0")
		s.raw(main, "+CONTINUE "+someID+"\r\n")
		s.want(way+": ROLE", s.role(), "sync")
		s.shows(way+": the stream has begun", "master_link_status=down master_sync_in_progress=1 slave_repl_offset=0 replicas_repl_buffer_size=0 replicas_repl_buffer_peak=0 "+
			"master_sync_total_bytes=-1 repl_backlog_active=0 total_net_repl_input_bytes=0 master_replid="+old)
		s.raw(main, cmd("SET", "a", "1"))
		s.raw(second, "$EOF:"+eofMark+"\r\n")
		s.shows(way+": kept", "slave_repl_offset=0 replicas_repl_buffer_size=20464 replicas_repl_buffer_peak=20464 "+
			"master_sync_total_bytes=0 repl_backlog_active=0 total_net_repl_input_bytes=47 master_replid="+old)
		s.want(way+": old data is served", s.say(s.connect(), "GET old"), "$1\r\n1\r\n")
		size := strconv.Itoa(47 + len(dualFile()) + 40)
		s.raw(second, dualFile()+eofMark)
		s.want(way+": acknowledged", strings.TrimLeft(s.take(main), "\n"), cmd("REPLCONF", "ACK", "127"))
		s.shows(way+": after", "master_link_status=up slave_repl_offset=127 replicas_repl_buffer_size=0 replicas_repl_buffer_peak=20464 "+
			"repl_backlog_first_byte_offset=128 repl_backlog_histlen=0 total_net_repl_input_bytes="+size+" master_replid="+someID+
			" master_replid2="+string(engine.NoReplID)+" db3=keys=2,expires=0,avg_ttl=0 db0=(none)")
		s.want(way+": the second connection", s.gone[second], "the snapshot is loaded")
		s.raw(main, cmd("SET", "b", "1"))
		s.shows(way+": the stream goes on", "slave_repl_offset=154 repl_backlog_first_byte_offset=128 db3=keys=3,expires=0,avg_ttl=0")
		to := "to disk"
		if way == "swapdb" {
			to = "to parser"
		}
		s.wantLog("Received first reply from primary using rdb connection.", "Received empty $ENDOFF response",
			"Trying a partial resynchronization using main channel (request "+someID+":101).",
			"Primary <-> REPLICA sync: Primary accepted a Partial Resynchronization, RDB load in background.",
			"PRIMARY <-> REPLICA sync: receiving streamed RDB from primary with EOF "+to,
			"Done loading RDB, keys loaded: 1, keys expired: 0.", "Successfully streamed replication data into memory",
			"PRIMARY <-> REPLICA sync: Finished with success")
	}
}

// The snapshot may be loaded before the stream comes. Then there is nothing to be kept, and the name comes with the data.
func TestTheSnapshotIsThereBeforeTheStream(t *testing.T) {
	s, main, second := announced(t)
	s.raw(second, streamed(dualFile()))
	s.want("the second connection", s.gone[second], "the snapshot is loaded")
	s.want("ROLE", s.role(), "handshake")
	s.shows("waits", "master_link_status=down slave_repl_offset=1 master_replid="+someID+" master_repl_offset=100 repl_backlog_first_byte_offset=101")
	s.want("no word to the master", s.take(main), "")
	s.want("acknowledged", s.raw(main, "+CONTINUE "+someID+"\r\n"+cmd("SET", "a", "1")), cmd("REPLCONF", "ACK", "100"))
	s.shows("after", "master_link_status=up slave_repl_offset=127 replicas_repl_buffer_peak=0 repl_backlog_first_byte_offset=101 repl_backlog_histlen=27")
	s.wantLog("PRIMARY <-> REPLICA sync: Finished with success", "Primary <-> REPLICA sync: Primary accepted a Partial Resynchronization.",
		"Dual channel sync - psync established after rdb load", "Successfully streamed replication data into memory")
}

// What is kept has the limit of this server's own replicas; the rest waits at the master.
func TestTheKeptStreamHasALimit(t *testing.T) {
	s, main, second := announced(t, "client-output-buffer-limit", "replica 100000 0 0")
	value := strings.Repeat("v", 30000)
	set := cmd("SET", "k", value)
	s.raw(main, "+CONTINUE "+someID+"\r\n")
	s.holds = nil
	for range 4 {
		s.raw(main, set)
	}
	s.want("stops reading", strings.Join(s.holds, " "), "hold")
	s.shows("kept", "replicas_repl_buffer_size=102320 replicas_repl_buffer_peak=102320")
	s.raw(main, cmd("SET", "a", "1")) // was on its way
	s.shows("kept", "replicas_repl_buffer_size=102320")
	s.raw(second, streamed(dualFile()))
	s.want("reads again", strings.Join(s.holds, " "), "hold hold release") // the second one is the end of the snapshot
	applied := 100 + 3*len(set)                                            // whole commands in 102320 bytes
	s.want("acknowledged", strings.TrimLeft(s.take(main), "\n"), cmd("REPLCONF", "ACK", strconv.Itoa(applied)))
	s.shows("after", "slave_repl_offset="+strconv.Itoa(100+4*len(set)+27)+" repl_backlog_first_byte_offset="+strconv.Itoa(applied+1)+
		" replicas_repl_buffer_size=0 db3=keys=2,expires=0,avg_ttl=0")
	s.wantLog("Replication buffer limit reached, stopping buffering.", "Successfully streamed replication data into memory")
}

// Whatever fails ends both connections, and what was there before is still there. Most begin again at once.
func TestWhatEndsAResyncOverTwoConnections(t *testing.T) {
	const psync = "Aborting dual channel sync. Main channel psync result "
	full := "+FULLRESYNC " + someID + " 100\r\n"
	for _, x := range []struct {
		what   string
		stage  int // 0: REPLCONF on the second connection, 1: SYNC, 2: set-rdb-client-id, 3: the second PSYNC, 4: kept, 5: the snapshot has begun
		do     func(s *server, main, second engine.ConnID)
		atOnce bool
		says   []string
	}{
		{"no second connection", -1, func(s *server, _, second engine.ConnID) { s.step(Dialed{Conn: second, Err: "Connection refused"}) }, false,
			[]string{"Error condition on socket for dual channel replication: Connection refused"}},
		{"REPLCONF refused", 0, func(s *server, _, second engine.ConnID) { s.raw(second, "-ERR nope\r\n") }, false,
			[]string{"Server does not support sync with offset, dual channel sync approach cannot be used: -ERR nope"}},
		{"lost in front of the reply", 0, func(s *server, _, second engine.ConnID) { s.step(Closed{Conn: second}) }, false,
			[]string{"Failed to read response from the server: Success", "Primary did not respond to replconf command during SYNC handshake"}},
		{"half a reply", 0, func(s *server, _, second engine.ConnID) { s.raw(second, "+O"); s.pass(7 * time.Second) }, false,
			[]string{"Failed to read response from the server: Connection timed out"}},
		{"nothing is announced", 1, func(s *server, _, second engine.ConnID) { s.raw(second, "$ENDOFF:100 abc\r\n") }, false,
			[]string{"Received unexpected $ENDOFF response: $ENDOFF:100 abc"}},
		{"SYNC refused", 1, func(s *server, _, second engine.ConnID) { s.raw(second, "-ERR no\r\n") }, false,
			[]string{"Received unexpected $ENDOFF response: -ERR no"}},
		{"an ordinary answer", 1, func(s *server, _, second engine.ConnID) { s.raw(second, full) }, false,
			[]string{"Received unexpected $ENDOFF response: +FULLRESYNC"}},
		{"silence", 1, func(s *server, _, _ engine.ConnID) { s.pass(62 * time.Second) }, true,
			[]string{"Timeout connecting to the PRIMARY..."}},
		{"the first is lost while nobody reads it", 1, func(s *server, main, second engine.ConnID) {
			s.step(Closed{Conn: main})
			s.want("nobody notices", s.gone[second], "")
			s.raw(second, "$ENDOFF:100 "+someID+" 3 77\r\n")
		}, true, []string{"Failed to read response from the server: Success", psync + "-1"}},
		{"the number refused", 2, func(s *server, main, _ engine.ConnID) { s.raw(main, "-ERR Unrecognized RDB client id 77\r\n") }, true,
			[]string{"Primary does not understand REPLCONF identify: -ERR Unrecognized RDB client id 77", psync + "-1"}},
		{"FULLRESYNC", 3, func(s *server, main, _ engine.ConnID) { s.raw(main, full) }, true, []string{"Full resync from primary: " + someID + ":100", psync + "3"}},
		{"an error", 3, func(s *server, main, _ engine.ConnID) { s.raw(main, "-ERR x\r\n") }, true,
			[]string{"Primary does not support PSYNC or is in error state (reply: -ERR x)", psync + "4"}},
		{"a refusal for now", 3, func(s *server, main, _ engine.ConnID) { s.raw(main, "-NOMASTERLINK x\r\n") }, true,
			[]string{"Primary is currently unable to PSYNC but should be in the future: -NOMASTERLINK x", psync + "5"}},
		{"DUALCHANNELSYNC", 3, func(s *server, main, _ engine.ConnID) { s.raw(main, "+DUALCHANNELSYNC\r\n") }, true,
			[]string{"PSYNC is not possible, initialize RDB channel.", psync + "6"}},
		{"the first is lost", 3, func(s *server, main, _ engine.ConnID) { s.step(Closed{Conn: main}) }, true,
			[]string{"Failed to read response from the server: Success", "Primary did not reply to PSYNC, will try later", psync + "5"}},
		{"the first is lost while it is kept", 4, func(s *server, main, _ engine.ConnID) { s.step(Closed{Conn: main}) }, true,
			[]string{"Provisional primary closed connection"}},
		{"the snapshot is cut", 5, func(s *server, _, second engine.ConnID) { s.step(Closed{Conn: second}) }, true,
			[]string{"I/O error trying to sync with PRIMARY: connection lost"}},
		{"the snapshot does not come", 5, func(s *server, main, _ engine.ConnID) {
			for range 61 {
				s.pass(time.Second)
				s.raw(main, cmd("ping")) // is no sign of life of the snapshot
			}
		}, true, []string{"Timeout receiving bulk data from PRIMARY..."}},
	} {
		var s *server
		var main, second engine.ConnID
		switch {
		case x.stage < 0:
			s, main, second = dialing(t)
		case x.stage < 3:
			s, main, second = dualReplica(t)
		default:
			s, main, second = announced(t)
		}
		if x.stage == 1 || x.stage == 2 {
			s.raw(second, "+OK\r\n")
		}
		if x.stage == 2 {
			s.raw(second, "$ENDOFF:100 "+someID+" 3 77\r\n")
		}
		if x.stage >= 4 {
			s.raw(main, "+CONTINUE "+someID+"\r\n")
		}
		if x.stage >= 5 {
			s.raw(second, "$EOF:"+eofMark+"\r\n"+dualFile()[:20])
		}
		own := s.field("master_replid")
		s.logs = nil
		x.do(s, main, second)
		says := append(x.says, "Aborting dual channel sync")
		if x.atOnce {
			says = append(says, "Reconnecting to PRIMARY 10.0.0.8:6379 after failure")
		} else {
			s.pass(1100 * time.Millisecond)
			says = append(says, "Connecting to PRIMARY 10.0.0.8:6379")
		}
		s.wantLog(says...)
		_, asks := s.greets()
		s.want(x.what+": asks as before", asks, cmd("PSYNC", own, "1"))
		s.want(x.what+": old data", s.say(s.connect(), "GET old"), "$1\r\n1\r\n")
		s.shows(x.what+": nothing is kept", "replicas_repl_buffer_size=0 master_repl_offset=0")
		if _, closed := s.gone[main]; !closed && !strings.Contains(x.what, "first is lost") {
			t.Errorf("%s: the first connection stays open", x.what)
		}
		if _, closed := s.gone[second]; !closed && x.stage >= 0 && !strings.Contains(x.what, "lost in front") && !strings.Contains(x.what, "cut") {
			t.Errorf("%s: the second connection stays open", x.what)
		}
	}
}

// A master again in the middle of it: old data, under a new name.
func TestPromotedDuringAResyncOverTwoConnections(t *testing.T) {
	s, main, second := announced(t)
	s.raw(main, "+CONTINUE "+someID+"\r\n")
	old := s.field("master_replid")
	s.logs = nil
	s.say(s.connect(), "REPLICAOF NO ONE")
	s.wantLog("Discarding previously cached primary state.", "Aborting dual channel sync", "Setting secondary replication ID to "+old+", valid up to offset: 1.",
		"PRIMARY MODE enabled")
	s.want("both are closed", s.gone[main]+", "+s.gone[second], "REPLICAOF NO ONE, REPLICAOF NO ONE")
	s.want("old data", s.say(s.connect(), "GET old"), "$1\r\n1\r\n")

	// Once the new data is there it has its own name.
	s, _, second = announced(t)
	s.raw(second, streamed(dualFile()))
	s.say(s.connect(), "REPLICAOF NO ONE")
	s.shows("new data", "master_replid2="+someID+" second_repl_offset=101 db0=(none)")
}

// The first connection is lost between the snapshot and the stream: everything is asked for again.
func TestLostBetweenTheSnapshotAndTheStream(t *testing.T) {
	s, main, second := announced(t)
	s.raw(second, streamed(dualFile()))
	s.step(Closed{Conn: main})
	s.wantLog("Failed to read response from the server: Success", "Primary did not reply to PSYNC, will try later",
		"Aborting dual channel sync. Main channel psync result 5", "Aborting dual channel sync", "Reconnecting to PRIMARY 10.0.0.8:6379 after failure")
	_, asks := s.greets()
	s.want("asks", asks, cmd("PSYNC", "?", "-1"))
}

// The first connection is lost while the snapshot is loaded, off the wire or out of its file.
func TestTheStreamIsLostWhileTheSnapshotIsLoaded(t *testing.T) {
	for way, says := range map[string]string{"swapdb": "from socket", "disabled": "from disk"} {
		s, main, second := announced(t, "repl-diskless-load", way, "key-load-delay", "1000000")
		s.raw(main, "+CONTINUE "+someID+"\r\n")
		if payload := streamed(dualFile()); way == "swapdb" {
			s.raw(second, payload[:len(payload)-50])
		} else {
			s.raw(second, payload)
		}
		s.want(way+": is loaded", s.field("loading")+s.field("async_loading"), "10")
		s.step(Closed{Conn: main})
		s.want(way+": is loaded no more", s.field("loading")+s.field("async_loading"), "00")
		s.wantLog("Provisional primary closed connection", "Failed trying to load the PRIMARY synchronization DB "+says,
			"Aborting dual channel sync", "Reconnecting to PRIMARY 10.0.0.8:6379 after failure")
		if _, closed := s.gone[second]; !closed {
			t.Error(way + ": the second connection stays open")
		}
		keys, asks := "keys=1,expires=0,avg_ttl=0", cmd("PSYNC", s.field("master_replid"), "1")
		if way == "disabled" {
			keys, asks = "(none)", cmd("PSYNC", "?", "-1") // the old data went first
		}
		s.want(way+": old data", s.field("db0"), keys)
		s.pass(2 * time.Second)
		_, psync := s.greets()
		s.want(way+": asks", psync, asks)
	}
}

// A first connection that ends while nothing more is kept of it is noticed behind that.
func TestTheEndOfAStreamOfWhichNothingMoreIsKept(t *testing.T) {
	s, main, second := announced(t, "client-output-buffer-limit", "replica 20000 0 0")
	s.raw(main, "+CONTINUE "+someID+"\r\n")
	set := cmd("SET", "k", strings.Repeat("v", 41000))
	s.raw(main, cmd("SET", "a", "1")+set)
	s.step(Closed{Conn: main})
	s.want("nobody notices", s.gone[second], "")
	s.logs = nil
	s.raw(second, streamed(dualFile()))
	s.wantLog("Successfully streamed replication data into memory", "PRIMARY <-> REPLICA sync: Finished with success")
	s.wantLog("Connection with primary lost.", "Caching the disconnected primary state.")
	s.want("keys", s.field("db3"), "keys=2,expires=0,avg_ttl=0")
	_, asks := s.greets()
	s.want("asks", asks, cmd("PSYNC", someID, strconv.Itoa(101+27+len(set))))
}

// A replica with its own switch off never says that it could, and still obeys. A password is told on both connections.
func TestWhatAReplicaSaysOnItsSecondConnection(t *testing.T) {
	s := ofEra(t, "8.0", "masteruser", "u", "masterauth", "p", "replica-announce-port", "7009")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	main := s.dialed()
	s.take(main)
	s.want("REPLCONF capa", s.raw(main, "+PONG\r\n"), cmd("AUTH", "u", "p")+cmd("REPLCONF", "listening-port", "7009")+
		cmd("REPLCONF", "capa", "eof", "capa", "psync2")+cmd("REPLCONF", "version", "8.0.1"))
	s.raw(main, "+OK\r\n+OK\r\n+OK\r\n+OK\r\n")
	s.raw(main, "+DUALCHANNELSYNC\r\n")
	second := s.dialed()
	s.want("together", s.take(second), cmd("AUTH", "u", "p")+cmd("REPLCONF", "capa", "eof", "rdb-only", "1", "rdb-channel", "1", "listening-port", "7009"))
	s.want("the reply to AUTH", s.raw(second, "+OK\r\n"), "")
	s.want("the reply to REPLCONF", s.raw(second, "+OK\r\n"), "SYNC\r\n")

	s = ofEra(t, "7.0", "repl-diskless-sync", "yes")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	main = s.dialed()
	s.take(main)
	s.raw(main, "+PONG\r\n")
	s.raw(main, "+OK\r\n+OK\r\n")
	s.want("7.0 does not know it", s.raw(main, "+DUALCHANNELSYNC\r\n"), "SYNC\r\n")
}

// A master that was promoted since it announced the snapshot continues under another name, which is the replica's too.
func TestTheMasterContinuesUnderAnotherName(t *testing.T) {
	other := strings.Repeat("d", 40)
	for _, first := range []string{"snapshot", "stream"} {
		s, main, second := announced(t)
		if first == "snapshot" {
			s.raw(second, streamed(dualFile()))
		}
		s.raw(main, "+CONTINUE "+other+"\r\n"+cmd("SET", "a", "1"))
		if first == "stream" {
			s.raw(second, streamed(dualFile()))
		}
		s.shows("the "+first+" comes first", "master_link_status=up master_replid="+other+" master_replid2="+someID+" second_repl_offset=101 slave_repl_offset=127")
	}
}

// A snapshot that comes slowly is a sign of life, whatever the stream does.
func TestASlowSnapshotIsASignOfLife(t *testing.T) {
	s, main, second := announced(t)
	s.raw(main, "+CONTINUE "+someID+"\r\n")
	line, rest, _ := strings.Cut(streamed(dualFile()), "\n")
	s.raw(second, line+"\n")
	for len(rest) > 0 {
		s.pass(20 * time.Second)
		n := min(len(rest), 20)
		s.raw(second, rest[:n])
		rest = rest[n:]
	}
	s.shows("it is loaded", "master_link_status=up slave_repl_offset=100")
}

// A clone in the middle of it goes on as the original does.
func TestACloneOfAResyncOverTwoConnections(t *testing.T) {
	s, main, second := announced(t)
	s.raw(main, "+CONTINUE "+someID+"\r\n"+cmd("SET", "a", "1"))
	twin := s.twin()
	s.raw(main, cmd("SET", "b", "1"))
	for _, x := range []struct {
		s    *server
		acks string
	}{{s, "154"}, {twin, "127"}} {
		x.s.take(main)
		x.s.raw(second, streamed(dualFile()))
		s.want("acknowledges", strings.TrimLeft(x.s.take(main), "\n"), cmd("REPLCONF", "ACK", x.acks))
	}
}
