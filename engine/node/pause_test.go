package node

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// Pauses of several purposes at once. What one of them does is in clients_test.go.

func TestThePausesOfAllPurposesCombine(t *testing.T) {
	s := start(t)
	_, c := s.target()
	read, write := s.connect(), s.connect()
	held := func(what string, reads, writes bool) {
		t.Helper()
		for _, x := range []struct {
			line, reply string
			held        bool
		}{{"GET none", "$-1\r\n", reads}, {"DEL none", ":0\r\n", writes}} {
			twin := s.twin() // asking must not change what is asked about
			want := x.reply
			if x.held {
				want = ""
			}
			conn := read
			if x.line[0] == 'D' {
				conn = write
			}
			s.want(what+": "+x.line, twin.say(conn, x.line), want)
		}
	}
	s.say(c, "FAILOVER TIMEOUT 10000")
	held("a failover", false, true)
	s.say(c, "CLIENT PAUSE 1000 ALL")
	held("and a client's of everything", true, true)
	s.pass(999 * time.Millisecond)
	held("until its end", true, true)
	s.pass(time.Millisecond)
	held("the failover goes on", false, true)
	s.say(c, "CLIENT PAUSE 1000 WRITE")
	s.say(c, "CLIENT UNPAUSE")
	held("CLIENT UNPAUSE is for its own", false, true)
	s.say(c, "CLIENT PAUSE 20000 WRITE")
	if v := s.n.Replication(s.now); v.Holds != "write" || v.HoldsUntil != engine.Forever {
		t.Errorf("of two that hold the same the later end counts: %q until %s", v.Holds, v.HoldsUntil)
	}
	s.say(c, "FAILOVER ABORT")
	held("the client's goes on without the failover", false, true)
	s.say(c, "CLIENT PAUSE 1 ALL")
	s.pass(15 * time.Second)
	held("a second one of the same purpose takes the later end and the stricter mode", true, true)
	s.pass(10 * time.Second)
	held("and that is the end of it", false, false)
	s.say(c, "CLIENT PAUSE 0")
	held("no time at all", false, false)
}

// CLIENT UNPAUSE is a command too, and ALL holds it.
// The end of so long a pause is no moment that 64 bits hold, and lies in the past.
func TestAPauseThatIsTooLongIsNone(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.want("taken", s.say(c, "CLIENT PAUSE 9223372036854775807"), "+OK\r\n")
	s.want("and over", s.say(c, "SET k v"), "+OK\r\n")
	s.say(c, "CLIENT PAUSE 1000000000000000000")
	s.want("the longest", s.say(c, "SET k v"), "")
}

func TestAPauseOfEverythingEndsByTimeAlone(t *testing.T) {
	s := start(t)
	a, b, r := s.connect(), s.connect(), s.synced()
	s.say(a, "CLIENT PAUSE 1000")
	s.want("held", s.say(b, "CLIENT UNPAUSE"), "")
	s.want("held, though it is wrong", s.say(a, "PING"), "")
	s.want("a wrong command is answered", s.say(s.connect(), "GET"), "-ERR wrong number of arguments for 'get' command\r\n")
	s.acks(r)
	s.want("a replica is not held", s.gone[r], "")
	s.pass(time.Second)
	s.want("by time", s.take(b), "+OK\r\n")
	s.want("all of them", s.take(a), "+PONG\r\n")
}

func TestAPauseInATransactionComesBehindIt(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.synced()
	s.say(c, "MULTI")
	s.say(c, "CLIENT PAUSE 1000 WRITE")
	s.say(c, "SET k v")
	s.want("the transaction is whole", s.say(c, "EXEC"), "*2\r\n+OK\r\n+OK\r\n")
	s.want("and streamed", s.take(r), cmd("SELECT", "0")+cmd("SET", "k", "v"))
	s.want("what follows waits", s.say(c, "SET k w"), "")
	s.pass(time.Second)
	s.want("then not", s.take(c), "+OK\r\n")
}

// Nothing is evicted while the stream has to stand still.
func TestAPauseStopsEviction(t *testing.T) {
	s := start(t, "maxmemory-policy", "allkeys-lru")
	c := s.connect()
	for _, key := range []string{"a", "b", "c"} {
		s.say(c, "SET "+key+" "+string(make([]byte, 10)))
	}
	s.say(c, "CLIENT PAUSE 1000 WRITE")
	s.say(c, "CONFIG SET maxmemory 1")
	s.say(c, "GET a")
	s.want("all there", s.say(c, "DBSIZE"), ":3\r\n")
	s.want("none gone", s.field("evicted_keys"), "0")
}

// Who watches with MONITOR is no more held than a replica is.
func TestAMonitorIsNotHeld(t *testing.T) {
	s := start(t)
	m, c := s.connect(), s.connect()
	s.say(m, "MONITOR")
	s.say(c, "CLIENT PAUSE 1000")
	s.take(m)
	if got := s.say(m, "PING"); !strings.HasPrefix(got, "+PONG\r\n") {
		t.Errorf("PING: %q", got)
	}
}
