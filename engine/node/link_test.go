package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// The way to a raw master, and the position that survives the loss of it. Log lines are compared with those that a
// real replica wrote in the same place.

// Each row of section 4.7 of the protocol: what the next PSYNC asks for after an event.
func TestThePositionInTheStream(t *testing.T) {
	for _, x := range []struct {
		what string
		do   func(s *server, m engine.ConnID)
		asks string // of the next PSYNC; "" for the position
		says []string
	}{
		{"the link is lost", func(s *server, m engine.ConnID) { s.step(Closed{Conn: m, Why: "Connection reset by peer"}) }, "",
			[]string{"Connection with master lost.", "Caching the disconnected master state.", "Reconnecting to MASTER 10.0.0.8:6379", "MASTER <-> REPLICA sync started"}},
		{"CLIENT KILL TYPE master", func(s *server, m engine.ConnID) { s.say(s.connect(), "CLIENT KILL TYPE master") }, "",
			[]string{"Connection with master lost.", "Caching the disconnected master state.", "Reconnecting to MASTER 10.0.0.8:6379"}},
		{"a timeout", func(s *server, m engine.ConnID) { s.pass(70 * time.Second) }, "",
			[]string{"MASTER timeout: no data nor PING received...", "Connection with master lost.", "Caching the disconnected master state.", "Reconnecting to MASTER 10.0.0.8:6379"}},
		{"half a command and half a transaction", func(s *server, m engine.ConnID) {
			s.raw(m, cmd("MULTI")+cmd("SET", "a", "1")+"*1\r\n$4")
			s.step(Closed{Conn: m})
		}, "", nil},
		{"another master", func(s *server, m engine.ConnID) { s.say(s.connect(), "REPLICAOF 10.0.0.7 6379") }, "",
			[]string{"Connection with master lost.", "Caching the disconnected master state.", "Connecting to MASTER 10.0.0.7:6379", "MASTER <-> REPLICA sync started", "REPLICAOF 10.0.0.7:6379 enabled (user request from 'id="}},
		{"a stream that makes no sense", func(s *server, m engine.ConnID) { s.raw(m, "foo\r\n"); s.pass(time.Second) }, "?", nil},
		{"lost while a pause holds it", func(s *server, m engine.ConnID) {
			s.say(s.connect(), "CLIENT PAUSE 60000 WRITE")
			s.raw(m, cmd("SET", "a", "1"))
			s.step(Closed{Conn: m})
		}, "?", []string{"Connection with master lost.", "Reconnecting to MASTER 10.0.0.8:6379"}},
		{"lost in a pause that holds nothing of it", func(s *server, m engine.ConnID) {
			s.say(s.connect(), "CLIENT PAUSE 60000 WRITE")
			s.step(Closed{Conn: m})
		}, "", nil},
		{"left while a pause holds it", func(s *server, m engine.ConnID) {
			s.say(s.connect(), "CLIENT PAUSE 60000 WRITE")
			s.raw(m, cmd("SET", "a", "1"))
			s.say(s.connect(), "REPLICAOF 10.0.0.7 6379")
		}, "?", nil},
		{"a full resync that fails", func(s *server, m engine.ConnID) {
			s.step(Closed{Conn: m})
			m = s.again(strings.Repeat("c", 40), 500)
			s.raw(m, "$1000\r\nabc")
			s.step(Closed{Conn: m})
		}, "", nil},
		{"another name for it", func(s *server, m engine.ConnID) { s.say(s.connect(), "DEBUG CHANGE-REPL-ID"); s.step(Closed{Conn: m}) }, "", nil},
	} {
		s := start(t)
		m := s.follow(someID, 100, store.New(16))
		s.raw(m, cmd("SELECT", "3")+cmd("SET", "k", "v"))
		s.logs = nil
		x.do(s, m)
		if x.says != nil {
			s.wantLog(x.says...)
		}
		m, psync := s.handshake()
		want := cmd("PSYNC", someID, "151")
		if x.asks == "?" {
			want = cmd("PSYNC", "?", "-1")
			s.want(x.what+": INFO knows no stream", s.field("slave_repl_offset"), "1")
		}
		s.want(x.what, psync, want)
		if x.asks == "" {
			s.logs = nil
			s.raw(m, "+CONTINUE "+strings.Repeat("d", 40)+"\r\n"+cmd("SET", "k2", "v"))
			s.wantLog("Successful partial resynchronization with master.", "Master replication ID changed to dddd", "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.")
			s.want(x.what+": the database is kept", strconv.Itoa(s.n.Store().DB(3).Len()), map[bool]string{true: "1", false: "2"}[s.n.master.held])
			s.want(x.what+": the name before", s.field("master_replid2")+" "+s.field("second_repl_offset"), someID+" 151")
		}
	}
}

// REPLICAOF NO ONE lets the position go; a master that follows asks under its own name.
func TestThePositionOfAMaster(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.say(c, "REPLICAOF NO ONE")
	s.wantLog("Connection with master lost.", "Caching the disconnected master state.", "Discarding previously cached master state.",
		"Setting secondary replication ID to "+someID+", valid up to offset: 101. New replication ID is ", "MASTER MODE enabled (user request from 'id=")
	s.want("the link", s.gone[m], "REPLICAOF NO ONE")
	id := s.field("master_replid")
	s.say(c, "REPLICAOF 10.0.0.8 6379")
	_, psync := s.handshake()
	s.want("asks", psync, cmd("PSYNC", id, "101"))
	s.want("never up", s.field("master_link_down_since_seconds"), "-1")
}

// Sub-replicas stay through a switch of masters; clients that wait do not.
func TestWhoStaysWhenTheMasterChanges(t *testing.T) {
	s := start(t)
	waits, held, c := s.connect(), s.connect(), s.connect()
	s.say(waits, "BLPOP k 0")
	s.say(c, "CLIENT PAUSE 1000 WRITE")
	s.say(held, "SET a 1")
	s.say(c, "MULTI")
	s.say(c, "REPLICAOF 10.0.0.8 6379")
	s.say(c, "EXEC")
	s.want("who waits", s.take(waits), "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n")
	if s.gone[waits] == "" {
		t.Error("the connection stays")
	}
	s.pass(2 * time.Second)
	s.want("who is held is refused then", s.take(held), "-READONLY You can't write against a read only replica.\r\n")

	s = start(t)
	s.follow(someID, 100, store.New(16))
	sub := s.connect()
	s.say(sub, "REPLCONF capa psync2")
	s.say(sub, "PSYNC "+someID+" 101")
	s.say(s.connect(), "REPLICAOF 10.0.0.7 6379")
	s.want("the replica below", s.gone[sub], "")
	m, _ := s.handshake()
	s.raw(m, "+CONTINUE\r\n")
	s.want("of the same name", s.gone[sub], "")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	m, _ = s.handshake()
	s.raw(m, "+CONTINUE "+strings.Repeat("d", 40)+"\r\n")
	s.want("of another one", s.gone[sub], "history renamed")
}

// A master that knows no PSYNC: the stream counts from -1, nobody is acknowledged, and nothing can be continued.
func TestAMasterOfOld(t *testing.T) {
	for _, x := range []struct{ what, answer, says string }{
		{"it does not know PSYNC", "-ERR unknown command 'PSYNC'\r\n", "Master does not support PSYNC or is in error state (reply: -ERR unknown command 'PSYNC')"},
		{"it says what nobody knows", "hello\r\n", "Unexpected reply to PSYNC from master: hello"},
		{"it refuses", "-NOPERM x\r\n", "Unexpected reply to PSYNC from master: -NOPERM x"},
		{"it tells no name", "+FULLRESYNC abc 5\r\n", "Master replied with wrong +FULLRESYNC syntax."},
	} {
		s := start(t)
		s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
		m, _ := s.handshake()
		sync := "SYNC\r\n"
		if strings.HasPrefix(x.answer, "+") {
			sync = ""
		}
		s.want(x.what, s.raw(m, x.answer), sync)
		s.wantLog(x.says)
		s.raw(m, sized(file(dataset("a"))))
		s.want(x.what+": link", s.field("master_link_status"), "up")
		s.want(x.what+": name", s.field("master_replid"), "")
		s.want(x.what+": offset", s.field("slave_repl_offset"), "-1")
		s.want(x.what+": backlog", s.field("repl_backlog_first_byte_offset"), "0")
		stream := cmd("SELECT", "0") + cmd("SET", "b", "1")
		s.raw(m, stream)
		s.want(x.what+": counts", s.field("slave_repl_offset"), strconv.Itoa(len(stream)-1))
		s.pass(3 * time.Second)
		s.want(x.what+": no acknowledgement", s.take(m), "")
		sub := s.connect()
		s.say(sub, "REPLCONF capa psync2")
		s.want(x.what+": one below gets a copy under no name", strings.Split(s.say(sub, "PSYNC ? -1"), "\r\n")[0], "+FULLRESYNC  "+strconv.Itoa(len(stream)-1))
		s.step(Closed{Conn: m})
		_, psync := s.handshake()
		s.want(x.what+": asks under no name", psync, cmd("PSYNC", "", strconv.Itoa(len(stream))))
	}
}

// A stream from an old master that makes no sense is never answered, so the link just stands still.
func TestAMasterOfOldMayFreezeTheLink(t *testing.T) {
	s := start(t)
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	m, _ := s.handshake()
	s.raw(m, "-ERR unknown command 'PSYNC'\r\n"+sized(file(dataset("a"))))
	s.raw(m, "select 3\r\n"+cmd("SET", "b", "1"))
	for range 20 {
		s.pass(time.Second)
		s.raw(m, cmd("PING"))
	}
	s.want("up", s.field("master_link_status"), "up")
	s.want("standing still", s.field("slave_repl_offset"), "-1")
	s.want("keys", s.say(s.connect(), "DBSIZE"), ":1\r\n")
}

// What ends a handshake, when the next attempt comes, and what the log says.
func TestHandshakesThatFail(t *testing.T) {
	for _, x := range []struct {
		what    string
		replies []string // in turn
		closed  bool     // then the master closes
		waits   time.Duration
		says    string
	}{
		{"loading", []string{"-LOADING Redis is loading the dataset in memory\r\n"}, false, 0, "Error reply to PING from master: '-LOADING Redis is loading the dataset in memory'"},
		{"no word", nil, true, 0, "Master did not respond to command during SYNC handshake"},
		{"a wrong password", []string{"-NOAUTH x\r\n", "-WRONGPASS invalid\r\n"}, false, 0, "Unable to AUTH to MASTER: -WRONGPASS invalid"},
		{"no answer to PSYNC", []string{"+PONG\r\n", "+OK\r\n+OK\r\n+OK\r\n"}, true, 0, "Master did not reply to PSYNC, will try later"},
		{"not now", []string{"+PONG\r\n", "+OK\r\n+OK\r\n+OK\r\n", "\n-NOMASTERLINK x\r\n"}, false, 0, "Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK x"},
		{"loading", []string{"+PONG\r\n", "+OK\r\n+OK\r\n+OK\r\n", "-LOADING x\r\n"}, false, 0, "Master is currently unable to PSYNC but should be in the future: -LOADING x"},
		{"half a line", []string{"+PO"}, false, 7 * time.Second, "Failed to read response from the server: Connection timed out"},
		{"it continues what nobody asked for", []string{"+PONG\r\n", "+OK\r\n+OK\r\n+OK\r\n", "+CONTINUE\r\n"}, false, 0, ""},
	} {
		s := start(t, "masterauth", "secret")
		c := s.connect()
		s.say(c, "SET old 1")
		s.say(c, "REPLICAOF 10.0.0.8 6379")
		if x.says == "" {
			s.n.master.cached = false // as after a position that was lost
		}
		m := s.dialed()
		for _, r := range x.replies {
			s.raw(m, r)
		}
		if x.closed {
			s.step(Closed{Conn: m})
		}
		s.pass(x.waits)
		if x.says != "" {
			s.wantLog(x.says)
		}
		if x.waits == 0 {
			s.want(x.what+": state", s.n.master.state.String(), "connect")
			dials := len(s.dial)
			s.pass(time.Second)
			if len(s.dial) != dials+1 {
				t.Errorf("%s: %d attempts within the second", x.what, len(s.dial)-dials)
			}
		}
		s.want(x.what+": data", s.say(c, "GET old"), "$1\r\n1\r\n")
	}
}

// The order of what is said to a master, with everything set.
func TestTheHandshake(t *testing.T) {
	s := start(t, "masterauth", "pw", "masteruser", "u", "replica-announce-ip", "1.2.3.4", "replica-announce-port", "7000", "bind-source-addr", "10.0.0.77")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	s.want("from", s.dial[0].From, "10.0.0.77")
	s.wantLog("Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.",
		"Connecting to MASTER 10.0.0.8:6379", "MASTER <-> REPLICA sync started", "REPLICAOF 10.0.0.8:6379 enabled (user request from 'id=3 addr=10.0.0.9:")
	m := s.dialed()
	s.want("first", s.take(m), cmd("PING"))
	s.want("at once", s.raw(m, "-NOAUTH x\r\n"), cmd("AUTH", "u", "pw")+cmd("REPLCONF", "listening-port", "7000")+
		cmd("REPLCONF", "ip-address", "1.2.3.4")+cmd("REPLCONF", "capa", "eof", "capa", "psync2"))
	s.want("in turn", s.raw(m, "+OK\r\n\r\n-ERR what\r\n"), "")
	s.want("at last", s.raw(m, "+OK\r\n"), cmd("PSYNC", s.field("master_replid"), "1"))
	s.wantLog("Non blocking connect for SYNC fired the event.", "Master replied to PING, replication can continue...",
		"(Non critical) Master does not understand REPLCONF ip-address: -ERR what", "Trying a partial resynchronization (request "+s.field("master_replid")+":1).")
}

// A master that is not there is tried again at every tick.
func TestAMasterThatIsNotThere(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.logs = nil
	s.step(Closed{Conn: m})
	for range 3 {
		d := s.dial[len(s.dial)-1]
		s.step(Dialed{Conn: d.Conn, Err: "Connection refused"})
		s.pass(time.Second)
	}
	s.want("log", strings.Join(s.logs, "\n"), strings.Join([]string{
		"Connection with master lost.", "Caching the disconnected master state.", "Reconnecting to MASTER 10.0.0.8:6379", "MASTER <-> REPLICA sync started",
		"Error condition on socket for SYNC: Connection refused", "Connecting to MASTER 10.0.0.8:6379", "MASTER <-> REPLICA sync started",
		"Error condition on socket for SYNC: Connection refused", "Connecting to MASTER 10.0.0.8:6379", "MASTER <-> REPLICA sync started",
		"Error condition on socket for SYNC: Connection refused", "Connecting to MASTER 10.0.0.8:6379", "MASTER <-> REPLICA sync started",
	}, "\n"))
	s.want("down since", s.field("master_link_down_since_seconds"), "3")
}

// An attempt that gets no answer is given up after repl-timeout and begun again.
func TestAnAttemptWithoutAnswer(t *testing.T) {
	for _, reached := range []bool{false, true} {
		s := start(t, "repl-timeout", "5")
		s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
		if reached {
			s.dialed()
		}
		s.logs = nil
		s.pass(7 * time.Second)
		s.want("log", strings.Join(s.logs, "\n"), "Timeout connecting to the MASTER...\nReconnecting to MASTER 10.0.0.8:6379 after failure\nMASTER <-> REPLICA sync started")
	}
}

// The first byte of such a stream has the number 0, which is nobody's else; it is kept for those below all the same.
func TestTheFirstByteOfAnOldStreamIsKept(t *testing.T) {
	s := start(t, "repl-backlog-size", "16kb")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	m, _ := s.handshake()
	s.raw(m, "-ERR unknown command 'PSYNC'\r\n"+sized(file(dataset("a"))))
	sub := s.connect()
	s.stall(sub)
	s.say(sub, "SYNC")
	stream := ""
	for range 20 {
		stream += cmd("SET", "b", strings.Repeat("x", 10_000))
		s.raw(m, cmd("SET", "b", strings.Repeat("x", 10_000)))
	}
	s.release(sub)
	s.pass(time.Second)
	if got := s.take(sub); !strings.HasSuffix(got, stream) {
		t.Errorf("of %d bytes %d came", len(stream), len(got))
	}
	s.want("trimmed to its size", strconv.FormatBool(s.number("repl_backlog_histlen") < 40_000), "true")
}

// The link keeps its number and its age as long as its position lives: it is the same client that goes on.
func TestTheLinkKeepsItsNumber(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	number := func() string {
		id, _, _ := strings.Cut(s.say(s.connect(), "CLIENT LIST TYPE master"), " addr=")
		return id[strings.Index(id, "id="):]
	}
	before := number()
	s.step(Closed{Conn: m})
	m, _ = s.handshake()
	s.raw(m, "+CONTINUE\r\n")
	s.want("continued", number(), before)
	s.step(Closed{Conn: m})
	m = s.again(strings.Repeat("c", 40), 500)
	s.raw(m, "$"+strconv.Itoa(len(file(dataset())))+"\r\n"+file(dataset()))
	if number() == before {
		t.Error("behind another dataset it is the same client")
	}
}

// Who is dropped for another history is gone at once, in front of what the log says next.
func TestReplicasAreDroppedAtOnce(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	r := s.asks("capa psync2")
	s.take(r)
	s.step(Closed{Conn: m})
	m, _ = s.handshake()
	s.logs = nil
	s.raw(m, "+CONTINUE "+strings.Repeat("c", 40)+"\r\n")
	s.wantLog("Master replication ID changed to "+strings.Repeat("c", 40), "Connection with replica 10.0.0.9:7002 lost.",
		"MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.")
}
