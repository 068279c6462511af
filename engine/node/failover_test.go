package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// FAILOVER with raw peers at the other end. Real servers hand over to ours and ours to them in package tcp.

// said reports whether the log has the line.
func (s *server) said(text string) bool {
	for _, l := range s.logs {
		if strings.Contains(l, text) {
			return true
		}
	}
	return false
}

// target is a raw replica at 10.0.0.9:7001, online and behind by a write.
func (s *server) target() (r, c engine.ConnID) {
	s.t.Helper()
	r, c = s.synced(), s.connect()
	s.say(c, "SET k v")
	s.take(r)
	return r, c
}

// handshake takes the node's latest connection up to its PSYNC, which it returns.
func (s *server) handshake() (m engine.ConnID, psync string) {
	s.t.Helper()
	m = s.dialed()
	s.want("PING", s.take(m), cmd("PING"))
	s.raw(m, "+PONG\r\n")
	return m, s.raw(m, "+OK\r\n+OK\r\n")
}

func TestFailoverRefuses(t *testing.T) {
	const notInteger, syntax = "-ERR value is not an integer or out of range\r\n", "-ERR syntax error\r\n"
	s := start(t)
	c := s.connect()
	type row struct{ line, want string }
	check := func(when string, rows ...row) {
		t.Helper()
		for _, x := range rows {
			s.want(when+": "+x.line, s.say(c, x.line), x.want)
		}
	}
	check("alone",
		row{"FAILOVER ABORT", "-ERR No failover in progress.\r\n"},
		row{"FAILOVER TO a", syntax},
		row{"FAILOVER TO a 1 TO b 2", syntax},
		row{"FAILOVER TO h x", notInteger},
		row{"FAILOVER TIMEOUT", syntax},
		row{"FAILOVER TIMEOUT x", notInteger},
		row{"FAILOVER TIMEOUT 99999999999999999999", notInteger},
		row{"FAILOVER TIMEOUT 0", "-ERR FAILOVER timeout must be greater than 0\r\n"},
		row{"FAILOVER TIMEOUT -1 FOO", "-ERR FAILOVER timeout must be greater than 0\r\n"},
		row{"FAILOVER TIMEOUT 1 TIMEOUT 2", syntax},
		row{"FAILOVER ABORT TIMEOUT 3", syntax},
		row{"FAILOVER FORCE FORCE", syntax},
		row{"FAILOVER FORCE", "-ERR FAILOVER requires connected replicas.\r\n"},
		row{"FAILOVER", "-ERR FAILOVER requires connected replicas.\r\n"},
	)
	p := s.connect()
	s.say(p, "REPLCONF listening-port 7002 capa eof")
	s.say(p, "PSYNC ? -1")
	check("with a replica that is not online yet",
		row{"FAILOVER FORCE", "-ERR FAILOVER with force option requires both a timeout and target HOST and IP.\r\n"},
		row{"FAILOVER TO 10.0.0.9 1 FORCE", "-ERR FAILOVER with force option requires both a timeout and target HOST and IP.\r\n"},
		row{"FAILOVER TO 10.0.0.9 1", "-ERR FAILOVER target HOST and PORT is not a replica.\r\n"},
		row{"FAILOVER TO localhost 7002", "-ERR FAILOVER target HOST and PORT is not a replica.\r\n"},
		row{"FAILOVER TO 10.0.0.9 7002", "-ERR FAILOVER target replica is not online.\r\n"},
	)
	s.target()
	check("under way",
		row{"failover to 10.0.0.9 7001", "+OK\r\n"},
		row{"FAILOVER", "-ERR FAILOVER already in progress.\r\n"},
		row{"REPLICAOF NO ONE", "-ERR REPLICAOF not allowed while failing over.\r\n"},
		row{"REPLICAOF 10.0.0.7 1", "-ERR REPLICAOF not allowed while failing over.\r\n"},
		row{"PSYNC ? -1", "-NOMASTERLINK Can't SYNC while failing over\r\n"},
		row{"FAILOVER ABORT", "+OK\r\n"},
	)
	s = start(t)
	s.follow(someID, 100, store.New(16))
	c = s.connect()
	check("on a replica", row{"FAILOVER", "-ERR FAILOVER is not valid when server is a replica.\r\n"})
}

// The whole way: the writers wait, the target catches up, takes over and continues.
func TestFailover(t *testing.T) {
	s := start(t)
	r, c := s.target()
	w := s.connect()
	id, offset := s.field("master_replid"), s.field("master_repl_offset")
	s.want("FAILOVER", s.say(c, "FAILOVER TO 10.0.0.9 7001 TIMEOUT 5000"), "+OK\r\n")
	s.want("state", s.field("master_failover_state"), "waiting-for-sync")
	s.want("a write waits", s.say(w, "SET k w"), "")
	s.want("a read does not", s.say(c, "GET k"), "$1\r\nv\r\n")
	s.want("nothing is added to the stream", s.take(r), "")
	s.acks(r)
	s.want("it has it all", s.field("master_failover_state"), "failover-in-progress")
	s.want("a replica now", s.field("role"), "slave")
	s.want("at the target", s.dial[len(s.dial)-1].Host+" "+strconv.Itoa(s.dial[len(s.dial)-1].Port), "10.0.0.9 7001")
	m, psync := s.handshake()
	next, _ := strconv.Atoi(offset)
	s.want("the request", psync, cmd("PSYNC", id, strconv.Itoa(next+1), "FAILOVER"))
	s.want("the writer waits on", s.take(w), "")
	s.raw(m, "+CONTINUE "+someID+"\r\n")
	s.want("done", s.field("master_failover_state"), "no-failover")
	s.want("link", s.field("master_link_status"), "up")
	s.want("the new name", s.field("master_replid"), someID)
	s.want("the old name", s.field("master_replid2"), id)
	s.want("the writer is refused", s.take(w), "-READONLY You can't write against a read only replica.\r\n")
	s.want("the old connection is closed", s.gone[r], "history renamed")
	for _, line := range []string{
		"FAILOVER requested to 10.0.0.9:7001.", "Failover target 10.0.0.9:7001 is synced, failing over.",
		"Master replication ID changed to " + someID,
	} {
		if !s.said(line) {
			t.Errorf("the log lacks %q", line)
		}
	}
}

func TestFailoverToAnyReplicaTakesTheFirstThatCaughtUp(t *testing.T) {
	s := start(t)
	slow, quick := s.synced(), s.connect()
	s.say(quick, "REPLCONF listening-port 7005 capa eof capa psync2")
	s.say(quick, "PSYNC ? -1")
	s.pass(7 * time.Second)
	c := s.connect()
	s.say(quick, "REPLCONF ACK 0")
	s.say(c, "SET k v")
	s.say(c, "FAILOVER")
	s.want("nobody has it", s.field("master_failover_state"), "waiting-for-sync")
	s.acks(quick)
	s.want("state", s.field("master_failover_state"), "failover-in-progress")
	if d := s.dial[len(s.dial)-1]; d.Port != 7005 {
		t.Errorf("failing over to %d", d.Port)
	}
	s.want("the other stays for now", s.gone[slow], "")
	if !s.said("FAILOVER requested to any replica.") {
		t.Error("the log lacks the request")
	}
}

// Without FORCE a target that does not catch up in time costs nothing but the time; with it the node goes on.
func TestFailoverTimeout(t *testing.T) {
	s := start(t)
	r, c := s.target()
	w := s.connect()
	s.say(c, "FAILOVER TO 10.0.0.9 7001 TIMEOUT 500")
	s.say(w, "SET k w")
	s.pass(499 * time.Millisecond)
	s.want("still waiting", s.field("master_failover_state"), "waiting-for-sync")
	s.pass(time.Millisecond)
	s.want("given up", s.field("master_failover_state"), "no-failover")
	s.want("the writer goes on", s.take(w), "+OK\r\n")
	s.want("and its write into the stream", s.take(r), cmd("SET", "k", "w"))
	s.want("a master", s.field("role"), "master")
	if !s.said("FAILOVER to 10.0.0.9:7001 aborted: Replica never caught up before timeout") {
		t.Error("the log lacks the end")
	}

	s.say(c, "FAILOVER TO 10.0.0.9 7001 FORCE TIMEOUT 500")
	s.pass(500 * time.Millisecond)
	s.want("forced", s.field("master_failover_state"), "failover-in-progress")
	if !s.said("FAILOVER to 10.0.0.9:7001 time out exceeded, failing over.") {
		t.Error("the log lacks the decision")
	}
}

// Any other answer than to continue or to copy makes the node a master again, under a new name.
func TestARefusedFailoverIsUndone(t *testing.T) {
	for _, answer := range []string{
		"-ERR PSYNC FAILOVER replid must match my replid.\r\n", "-NOMASTERLINK Can't SYNC while not connected with my master\r\n",
		"-LOADING Redis is loading the dataset in memory\r\n", "+OK\r\n", "",
	} {
		s := start(t)
		r, c := s.target()
		w := s.connect()
		id := s.field("master_replid")
		s.say(c, "FAILOVER TO 10.0.0.9 7001")
		s.say(w, "SET k w")
		s.acks(r)
		s.want("a replica's clients", s.say(c, "SET k x"), "-READONLY You can't write against a read only replica.\r\n")
		m, _ := s.handshake()
		if answer == "" {
			s.step(Closed{Conn: m})
		} else {
			s.want(answer+": SYNC is not asked for", s.raw(m, answer), "")
		}
		s.want(answer, s.field("master_failover_state"), "no-failover")
		s.want(answer, s.field("role"), "master")
		s.want(answer+": the old name", s.field("master_replid2"), id)
		s.want(answer+": the replica has to learn the new one", s.gone[r], "history renamed")
		s.want(answer+": the writer goes on", s.take(w), "+OK\r\n")
		if !s.said("FAILOVER to 10.0.0.9:7001 aborted: Failover target rejected psync request") || s.said("Retrying with SYNC") {
			t.Errorf("%q: the log says %q", answer, s.logs)
		}
	}
}

// A target that cannot be reached is tried ten times a second, until somebody says ABORT.
func TestATargetOutOfReachIsTriedUntilAbort(t *testing.T) {
	s := start(t)
	r, c := s.target()
	w := s.connect()
	s.say(c, "FAILOVER TO 10.0.0.9 7001")
	s.say(w, "SET k w")
	s.acks(r)
	before := len(s.dial)
	for range 50 {
		s.step(Dialed{Conn: s.dial[len(s.dial)-1].Conn, Err: "Connection refused"})
		s.pass(100 * time.Millisecond)
	}
	if tries := len(s.dial) - before; tries < 49 || tries > 51 {
		t.Errorf("%d tries in 5 seconds", tries)
	}
	s.want("the writer waits", s.take(w), "")
	s.want("ABORT", s.say(c, "FAILOVER ABORT"), "+OK\r\n")
	s.want("a master", s.field("role"), "master")
	s.want("the writer goes on", s.take(w), "+OK\r\n")
	before = len(s.dial)
	s.pass(5 * time.Second)
	if len(s.dial) != before {
		t.Error("it still dials")
	}
}

// A PING would move the offset away from where the target is; without a TIMEOUT Redis sends it all the same.
func TestPingsDuringAFailover(t *testing.T) {
	for _, x := range []struct{ line, stream string }{
		{"FAILOVER TO 10.0.0.9 7001 TIMEOUT 100000", ""},
		{"FAILOVER TO 10.0.0.9 7001", cmd("ping")},
	} {
		s := start(t, "repl-ping-replica-period", "30")
		r, c := s.target()
		s.say(c, x.line)
		s.pass(3100 * time.Millisecond) // thirty ticks
		s.want(x.line, s.take(r), x.stream)
	}
}

// The target's side.
func TestAReplicaTakesOver(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1"))
	sub := s.connect()
	s.say(sub, "REPLCONF capa psync2")
	s.want("a sub-replica", s.say(sub, "PSYNC "+someID+" 151"), "+CONTINUE "+someID+"\r\n")
	p := s.connect()
	s.say(p, "REPLCONF listening-port 7009 capa psync2 capa eof")
	s.want("another history", s.say(p, "PSYNC "+strings.Repeat("a", 40)+" 151 FAILOVER"), "-ERR PSYNC FAILOVER replid must match my replid.\r\n")
	s.want("still a replica", s.field("role"), "slave")
	got := s.say(p, "PSYNC "+someID+" 151 FAILOVER")
	s.want("a master now", s.field("role"), "master")
	s.want("which continues", got, "+CONTINUE "+s.field("master_replid")+"\r\n")
	s.want("the old name", s.field("master_replid2")+" "+s.field("second_repl_offset"), someID+" 151")
	s.want("its link is closed", s.gone[m], "PSYNC FAILOVER")
	s.want("its sub-replicas have to learn the name", s.gone[sub], "history renamed")
	s.want("one replica", s.field("connected_slaves"), "1")
	if !s.said("Failover request received for replid "+someID+".") || !s.said("MASTER MODE enabled (failover request from 'id=") {
		t.Errorf("the log says %q", s.logs)
	}
	q := s.connect()
	s.want("sent to a master", s.say(q, "PSYNC "+someID+" 151 FAILOVER"), "-ERR PSYNC FAILOVER can't be sent to a master.\r\n")
}

func TestACloneFailsOverByItself(t *testing.T) {
	s := start(t)
	r, c := s.target()
	s.say(c, "FAILOVER TO 10.0.0.9 7001 TIMEOUT 500")
	twin := s.twin()
	s.acks(r)
	s.want("the original", s.field("role"), "slave")
	twin.want("the clone", twin.field("master_failover_state"), "waiting-for-sync")
	twin.pass(time.Second)
	twin.want("gives up", twin.field("master_failover_state"), "no-failover")
	s.want("the original goes on", s.field("master_failover_state"), "failover-in-progress")
}

// The page reads the same from the view.
func TestTheViewOfAFailover(t *testing.T) {
	s := start(t)
	r, c := s.target()
	s.say(c, "FAILOVER TO 10.0.0.9 7001")
	v := s.n.Replication(s.now)
	if v.Failover != engine.FailoverWaiting || v.FailoverTo != (Address{"10.0.0.9", 7001}) || v.Holds != "write" || v.HoldsUntil != engine.Forever {
		t.Errorf("%+v", v)
	}
	s.acks(r)
	if v := s.n.Replication(s.now); v.Failover != engine.FailoverInProgress || !v.Replica {
		t.Errorf("%+v", v)
	}
}

// Whom a failover held is answered in the turn that ends it, not at the next input of somebody.
func TestTheEndOfAFailoverLetsGoAtOnce(t *testing.T) {
	s := start(t)
	s.target()
	c, w := s.connect(), s.connect()
	s.say(c, "FAILOVER TO 10.0.0.9 7001 TIMEOUT 550")
	s.say(w, "SET k w")
	s.now = s.now.Add(550 * time.Millisecond) // between two ticks
	s.step(Woken{})
	s.want("answered", s.take(w), "+OK\r\n")
	s.want("one step later", s.field("master_failover_state"), "no-failover")
}
