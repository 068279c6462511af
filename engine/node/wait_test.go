package node

import (
	"strconv"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// WAIT, as a client meets it. Its replies are compared with redis-server's in package tcp.

const getackBytes = "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"

// synced returns a raw replica that has acknowledged all that was streamed so far.
func (s *server) synced() engine.ConnID {
	s.t.Helper()
	r := s.replica()
	s.acks(r)
	s.take(r)
	return r
}

// acks makes a raw replica acknowledge the whole stream.
func (s *server) acks(r engine.ConnID) {
	s.step(&Received{Conn: r, Data: []byte(cmd("REPLCONF", "ACK", s.field("master_repl_offset")))})
}

// idOf is the number of a client.
func (s *server) idOf(c engine.ConnID) string {
	return strconv.FormatInt(s.n.byConn[c].id, 10)
}

func TestWait(t *testing.T) {
	s := start(t)
	r1, r2 := s.synced(), s.synced()
	a := s.connect()
	s.want("nothing written", s.say(a, "WAIT 2 0"), ":2\r\n")
	s.want("a write", s.say(a, "SET k v"), "+OK\r\n")
	s.want("no replica needed", s.say(a, "WAIT 0 0"), ":0\r\n")
	s.want("fewer than none", s.say(a, "WAIT -1 0"), ":0\r\n")
	s.take(r1)
	s.take(r2)
	s.want("it waits", s.say(a, "WAIT 1 0"), "")
	s.want("replicas are asked", s.take(r1), getackBytes)
	s.want("every one", s.take(r2), getackBytes)
	s.want("it counts as blocked", s.field("blocked_clients"), "1")
	offset, _ := strconv.Atoi(s.field("master_repl_offset"))
	s.say(r1, "REPLCONF ACK "+strconv.Itoa(offset-len(getackBytes)-1))
	s.want("a byte short", s.take(a), "")
	s.say(r1, "REPLCONF ACK "+strconv.Itoa(offset-len(getackBytes)))
	s.want("the write is acknowledged, without the question behind it", s.take(a), ":1\r\n")
	s.want("two replicas", s.say(a, "WAIT 2 100"), "")
	s.pass(99 * time.Millisecond)
	s.want("not yet", s.take(a), "")
	s.pass(time.Millisecond)
	s.want("the time is over: so many", s.take(a), ":1\r\n")
	s.want("nobody is blocked", s.field("blocked_clients"), "0")
}

func TestWaitRefuses(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.want("no number", s.say(c, "WAIT x 0"), "-ERR value is not an integer or out of range\r\n")
	s.want("no timeout", s.say(c, "WAIT 1 x"), "-ERR timeout is not an integer or out of range\r\n")
	s.want("negative", s.say(c, "WAIT 1 -1"), "-ERR timeout is negative\r\n")
	s.want("in this order", s.say(c, "WAIT x -1"), "-ERR value is not an integer or out of range\r\n")
	s.follow(someID, 100, store.New(16))
	s.want("on a replica", s.say(c, "WAIT x -1"), "-ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.\r\n")
}

// Any command of a connection moves on what it waits for, whoever has written meanwhile.
func TestWaitIsForTheLastCommandOfTheConnection(t *testing.T) {
	s := start(t)
	s.synced()
	a, b := s.connect(), s.connect()
	s.want("a has done nothing yet", s.say(b, "SET k v"), "+OK\r\n")
	s.want("so there is nothing to wait for", s.say(a, "WAIT 1 0"), ":1\r\n")
	s.say(a, "WAIT 0 0")
	s.want("its last command came behind the write", s.say(a, "WAIT 1 0"), "")
	s.want("CLIENT UNBLOCK is the end of the time", s.say(b, "CLIENT UNBLOCK "+s.idOf(a)), ":1\r\n")
	s.want("none", s.take(a), ":0\r\n")
	s.want("it waits again", s.say(a, "WAIT 1 0"), "")
	s.say(b, "CLIENT UNBLOCK "+s.idOf(a)+" ERROR")
	s.want("an error", s.take(a), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
}

func TestATransactionDoesNotWait(t *testing.T) {
	s := start(t)
	r, a := s.synced(), s.connect()
	s.say(a, "MULTI")
	s.say(a, "SET k v")
	s.say(a, "WAIT 1 0")
	s.want("the offset in front of EXEC has been acknowledged", s.say(a, "EXEC"), "*2\r\n+OK\r\n:1\r\n")
	s.take(r)
	s.say(a, "SET k v")
	s.say(a, "MULTI")
	s.say(a, "WAIT 1 0")
	s.want("here it has not", s.say(a, "EXEC"), "*1\r\n:0\r\n")
	s.want("nobody was asked", s.take(r), cmd("SET", "k", "v"))
}

func TestAPauseLetsNobodyAsk(t *testing.T) {
	s := start(t)
	r, a, b := s.synced(), s.connect(), s.connect()
	s.say(a, "SET k v")
	s.take(r)
	s.say(b, "CLIENT PAUSE 1000 WRITE")
	s.want("it waits", s.say(a, "WAIT 1 0"), "")
	s.want("and the stream stands still", s.take(r), "")
	s.pass(time.Second)
	s.want("the question comes behind the pause", s.take(r), getackBytes)
	s.acks(r)
	s.want("and the answer", s.take(a), ":1\r\n")
}

// Pipelined waits: one question serves all who wait in one turn, and each goes on by itself.
func TestPipelinedWaits(t *testing.T) {
	s := start(t)
	r, a, b := s.synced(), s.connect(), s.connect()
	s.say(b, "SET x 1")
	s.take(r)
	s.want("two writes and two waits", s.raw(a, cmd("SET", "k", "1")+cmd("WAIT", "1", "0")+cmd("SET", "k", "2")+cmd("WAIT", "1", "0")), "+OK\r\n")
	s.want("the first question", s.take(r), cmd("SET", "k", "1")+getackBytes)
	s.acks(r)
	s.want("the first answer, the second write", s.take(a), ":1\r\n+OK\r\n")
	s.want("the second question", s.take(r), cmd("SET", "k", "2")+getackBytes)
	s.acks(r)
	s.want("the second answer", s.take(a), ":1\r\n")
}

// A replica that only gets its snapshot has acknowledged nothing.
func TestOnlyOnlineReplicasCount(t *testing.T) {
	s := start(t)
	r := s.synced()
	a := s.connect()
	p := s.connect()
	s.say(p, "REPLCONF capa eof")
	s.say(p, "PSYNC ? -1")
	s.say(a, "SET k v")
	s.say(p, "REPLCONF ACK 1000000")
	s.want("one of two", s.say(a, "WAIT 1 10"), "")
	s.acks(r)
	s.want("the one", s.take(a), ":1\r\n")
	s.want("not the other", s.say(a, "WAIT 2 10"), "")
}

func TestAWaitDiesWithTheRole(t *testing.T) {
	s := start(t)
	s.synced()
	a, w := s.connect(), s.connect()
	s.say(a, "SET k v")
	s.say(a, "WAIT 1 0")
	s.say(w, "REPLICAOF 10.0.0.8 6379")
	s.want("told", s.take(a), "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n")
	s.want("closed", s.gone[a], "instance state changed")
	if n := len(s.n.blocks.acks); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestACloneWaitsByItself(t *testing.T) {
	s := start(t)
	r, a := s.synced(), s.connect()
	s.say(a, "SET k v")
	s.say(a, "WAIT 1 0")
	twin := s.twin()
	s.acks(r)
	s.want("answered", s.take(a), ":1\r\n")
	twin.want("the clone still waits", twin.field("blocked_clients"), "1")
	twin.acks(r)
	twin.want("answered too", twin.take(a), ":1\r\n")
}
