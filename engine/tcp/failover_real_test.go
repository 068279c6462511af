//go:build linux

package tcp

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine/resp"
)

// FAILOVER and WAIT between our servers and redis-server's, both ways round.

func (s *server) portText() string { return strconv.Itoa(s.port) }

func eachPair(t *testing.T, test func(t *testing.T, master, replica *server)) {
	for _, kinds := range [][2]string{{"ours", "ours"}, {"ours", "redis"}, {"redis", "ours"}} {
		t.Run(kinds[0]+" hands over to "+kinds[1], func(t *testing.T) {
			m, r := start(t, kinds[0]), start(t, kinds[1])
			r.follow(m.port)
			// The replica's link is up before its master, which notices the end of its snapshot at 10 Hz, counts it as online.
			m.eventually("its replica is online", func() bool { return strings.Contains(m.info("slave0"), "state=online") })
			test(t, m, r)
		})
	}
}

// A master and its replica change places without a full resync, and the writer that was held finds a replica.
func TestFailoverChangesPlaces(t *testing.T) {
	eachPair(t, func(t *testing.T, m, r *server) {
		m.write("k", 100, 100)
		id := m.info("master_replid")
		m.ok("FAILOVER", "TO", "127.0.0.1", r.portText(), "TIMEOUT", "10000")
		writer := dialRaw(t, m.addr())
		reply := writer.do("SET", "late", "1") // held, or refused when it comes too late for that
		if got := resp.Format(reply); !strings.Contains(got, "READONLY") {
			t.Errorf("a write during the failover: %s", got)
		}
		r.eventually("a master", func() bool { return r.info("role") == "master" })
		m.linkUp()
		r.write("after", 100, 100)
		inStep(t, r, m)
		m.syncs(1, 0)
		r.syncs(0, 1)
		if got := r.info("master_replid2"); got != id {
			t.Errorf("replid2 of the new master: %s, want %s", got, id)
		}
		for _, s := range []*server{m, r} {
			if got := s.info("master_failover_state"); got != "no-failover" {
				t.Errorf("%s: %s", s.kind, got)
			}
		}
		// And back again.
		r.ok("FAILOVER", "TO", "127.0.0.1", m.portText())
		m.eventually("a master again", func() bool { return m.info("role") == "master" })
		r.linkUp()
		m.write("back", 100, 100)
		inStep(t, m, r)
		r.syncs(0, 1)
	})
}

// Forced, with a replica that is cut off: the failover waits for it, is given up, and the replica resumes.
func TestAFailoverToNobodyIsGivenUp(t *testing.T) {
	for _, kind := range []string{"ours", "redis"} {
		t.Run(kind, func(t *testing.T) {
			m := start(t, kind)
			p := dialRaw(t, m.addr())
			p.fullSync(m, "eof", "psync2") // listening-port 1: nobody is there
			m.write("k", 10, 10)
			m.ok("FAILOVER", "TO", "127.0.0.1", "1", "FORCE", "TIMEOUT", "50")
			m.eventually("forced", func() bool { return m.info("master_failover_state") == "failover-in-progress" })
			if got := resp.Format(m.do("SET", "k", "v")); !strings.Contains(got, "READONLY") {
				t.Errorf("SET: %s", got)
			}
			if got := resp.Format(m.do("REPLICAOF", "NO", "ONE")); !strings.Contains(got, "REPLICAOF not allowed while failing over.") {
				t.Errorf("REPLICAOF: %s", got)
			}
			id := m.info("master_replid")
			m.ok("FAILOVER", "ABORT")
			m.ok("SET", "k", "v")
			if m.info("role") != "master" || m.info("master_replid2") != id {
				t.Errorf("role %s, replid2 %s, was %s", m.info("role"), m.info("master_replid2"), id)
			}
			p.ended()
			m.logs("FAILOVER to 127.0.0.1:1 time out exceeded, failing over.")
			m.logs("FAILOVER to 127.0.0.1:1 aborted: Failover manually aborted")
		})
	}
}

// What both answer to whoever asks wrongly, alone and with a raw replica.
func TestFailoverErrorsAreRedis(t *testing.T) {
	redis, ours := start(t, "redis"), start(t, "ours")
	same := func(line string) {
		t.Helper()
		words := strings.Fields(line)
		if a, b := resp.Format(redis.do(words...)), resp.Format(ours.do(words...)); a != b {
			t.Errorf("%s\nredis: %s\nours:  %s", line, a, b)
		}
	}
	lines := []string{
		"FAILOVER", "FAILOVER ABORT", "FAILOVER TO a", "FAILOVER TO a 1", "FAILOVER TO a x", "FAILOVER TO 127.0.0.1 1",
		"FAILOVER TIMEOUT", "FAILOVER TIMEOUT x", "FAILOVER TIMEOUT 0", "FAILOVER TIMEOUT -5", "FAILOVER TIMEOUT 5 FORCE",
		"FAILOVER FORCE", "FAILOVER FORCE FORCE", "FAILOVER TO a 1 TO b 2", "FAILOVER TO a 1 FORCE", "FAILOVER TO a 1 FORCE TIMEOUT 5",
		"FAILOVER ABORT ABORT", "FAILOVER TIMEOUT 1 TIMEOUT 1", "FAILOVER FORCE TO 127.0.0.1 1 ABORT", "FAILOVER what",
		"PSYNC 0123456789012345678901234567890123456789 1 FAILOVER", "WAIT x 0", "WAIT 0 x", "WAIT 0 -1", "WAIT -1 0", "WAIT 0 0",
		"WAIT 1 1", "WAIT 1", "WAIT 99999999999999999999 0",
	}
	for _, line := range lines {
		same(line)
	}
	for _, s := range []*server{redis, ours} {
		dialRaw(t, s.addr()).fullSync(s, "eof", "psync2")
		s.ok("SET", "k", "v") // the raw replica will not acknowledge it
	}
	for _, line := range lines { // "TO 127.0.0.1 1" begins one, and none of the others ends it
		if line != "FAILOVER" {
			same(line)
		}
	}
	same("REPLICAOF a 1")
	same("FAILOVER ABORT")
	same("FAILOVER ABORT")
}

// WAIT with replicas of both kinds below masters of both kinds.
func TestWaitIsAnsweredByReplicas(t *testing.T) {
	for _, kind := range []string{"ours", "redis"} {
		t.Run(kind, func(t *testing.T) {
			m, a, b := start(t, kind), start(t, "ours"), start(t, "redis")
			a.follow(m.port)
			b.follow(m.port)
			m.ok("SET", "first", "v")
			inStep(t, m, a, b) // a master that has not noticed the end of its snapshot streams only behind the next tick's ACK
			m.ok("SET", "k", "v")
			begin := time.Now()
			if n := m.ok("WAIT", "2", "0").Int; n != 2 {
				t.Errorf("WAIT 2: %d", n)
			}
			// The question is asked at once; without it the acknowledgement would come with the next tick.
			if took := time.Since(begin); took > 900*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			m.ok("SET", "k", "w")
			if n := m.ok("WAIT", "3", "50").Int; n < 0 || n > 2 {
				t.Errorf("WAIT 3: %d", n)
			}
			inStep(t, m, a, b)
		})
	}
}

// A master that is asked to end lets its replicas have everything first.
func TestShutdownWaitsForRealReplicas(t *testing.T) {
	m := start(t, "ours")
	a, b := start(t, "ours"), start(t, "redis")
	a.follow(m.port)
	b.follow(m.port)
	m.write("k", 1000, 1000)
	m.c.send(resp.AppendCommand(nil, "SHUTDOWN"))
	m.c.ended()
	m.logs("2 of 2 replicas are in sync when shutting down.")
	for _, r := range []*server{a, b} {
		if n := r.ok("DBSIZE").Int; n != 1000 {
			t.Errorf("%s has %d keys", r.kind, n)
		}
	}
}
