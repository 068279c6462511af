//go:build linux

package tcp

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"resync/engine/resp"
)

// Nodes of other eras with real redis-server 7.0.15 processes: the rows and columns of the matrix of eras that need no
// server of another version.

// startEra runs one of ours as a server of an era.
func startEra(t testing.TB, era string, options ...string) *server {
	t.Helper()
	s := &server{t: t, kind: era, log: &logBuffer{}, ended: make(chan struct{})}
	s.startOurs(append([]string{"--era", era, "--dir", t.TempDir(), "--bind", "127.0.0.1", "--loglevel", "verbose"}, options...))
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("log of %s on port %d:\n%s", s.kind, s.port, s.log.tail())
		}
	})
	s.stop = sync.OnceFunc(s.stop)
	s.c = dialRaw(t, s.addr())
	return s
}

// holds waits until a server answers a read with a value.
func (s *server) holds(key, value string) {
	s.t.Helper()
	s.eventually(key+" is "+value, func() bool { return string(s.ok("GET", key).Str) == value })
}

// A 7.0 replica takes what a 2.8 or 4.0 master of ours sends, and continues after a cut.
func TestARealReplicaUnderAnOldMaster(t *testing.T) {
	for _, era := range []string{"2.8", "4.0", "8.0"} {
		t.Run(era, func(t *testing.T) {
			m := startEra(t, era)
			m.fill()
			m.ok("RPUSH", "list", "a", "1", strings.Repeat("x", 100))
			m.ok("SADD", "set", "1", "2", "300")
			m.ok("SADD", "words", "a", "b")
			m.ok("ZADD", "zset", "1.5", "a", "-2", "b")
			m.ok("HMSET", "hash", "f", "v", "n", "12")
			if era == "8.0" {
				r := start(t, "redis", "--replicaof", "127.0.0.1 "+strconv.Itoa(m.port))
				r.eventually("it refuses the file", func() bool { return strings.Contains(r.log.String(), "Can't handle RDB format version 11") })
				return
			}
			p := newProxy(t, m.addr())
			r := start(t, "redis")
			r.follow(p.port())
			m.ok("SET", "k", "v", "EX", "1000")
			r.holds("k", "v")
			if a, b := m.digest(), r.digest(); a != b {
				t.Errorf("DEBUG DIGEST: master %s, replica %s", a, b)
			}
			id := m.info("master_replid")
			if era == "2.8" {
				id = m.info("run_id")
			}
			if got := r.info("master_replid"); got != id {
				t.Errorf("the replica follows %s, want %s", got, id)
			}
			m.eventually("the replica acknowledges everything", func() bool {
				return strings.Contains(m.info("slave0"), ",offset="+m.info("master_repl_offset")+",")
			})
			p.sever()
			m.ok("SET", "k", "w")
			p.heal()
			r.holds("k", "w")
			m.syncs(1, 1)
		})
	}
}

// A 7.0 replica takes the stream of a 2.6 master of ours up to the first database that is announced: as a line of text,
// which it will not have. Nobody tells it so: the link stays up.
func TestARealReplicaUnderOneOf26(t *testing.T) {
	m := startEra(t, "2.6")
	m.ok("SET", "before", "1")
	r := start(t, "redis")
	r.follow(m.port)
	m.ok("SET", "k", "v")
	r.holds("k", "v")
	r.holds("before", "1")
	m.ok("SELECT", "3")
	m.ok("SET", "k", "w")
	m.ok("SELECT", "0")
	m.ok("SET", "k", "w")
	r.eventually("it refuses the line", func() bool {
		return strings.Contains(r.log.String(), "Receiving inline protocol from master")
	})
	if got := string(r.ok("GET", "k").Str) + " " + r.info("master_link_status") + " " + r.info("master_repl_offset"); !strings.HasPrefix(got, "v up ") {
		t.Errorf("it has %s", got)
	}
}

// A replica of an older era cannot load the file of a 7.0 master: it ends up empty, alive, and tries again.
func TestAnOldReplicaUnderARealMaster(t *testing.T) {
	for _, era := range []string{"2.6", "2.8", "4.0"} {
		t.Run(era, func(t *testing.T) {
			m := start(t, "redis")
			m.ok("SET", "k", "v")
			r := startEra(t, era)
			r.ok("SET", "old", "1")
			r.ok("SLAVEOF", "127.0.0.1", strconv.Itoa(m.port))
			r.eventually("it refuses the file", func() bool { return strings.Contains(r.log.String(), "Can't handle RDB format version 10") })
			r.eventually("it is empty", func() bool { // while it loads it says so
				v := r.do("DBSIZE")
				return !v.IsError() && v.Int == 0
			})
			if got := r.info("master_link_status"); got != "down" {
				t.Errorf("its link is %s", got)
			}
			m.eventually("it tries again", func() bool { return m.number("sync_full") >= 2 })
		})
	}
}

// A replica of 8.0 loads the file of a 7.0 master and follows it.
func TestANewReplicaUnderARealMaster(t *testing.T) {
	m := start(t, "redis")
	m.fill()
	r := startEra(t, "8.0", "--enable-debug-command", "yes")
	r.follow(m.port)
	m.ok("SET", "k", "v", "EX", "1000")
	m.ok("SPOP", "nothing", "3")
	r.holds("k", "v")
	inStep(t, m, r)
}

// What an old server does not have, as it says so.
func TestWhatOldServersSay(t *testing.T) {
	for _, c := range []struct{ era, line, want string }{
		{"2.6", "PSYNC ? -1", "-ERR unknown command 'PSYNC'\r\n"},
		{"2.6", "CONFIG GET repl-backlog-size", "*0\r\n"},
		{"2.6", "CONFIG SET repl-backlog-size 1mb", "-ERR Unsupported CONFIG parameter: repl-backlog-size\r\n"},
		{"2.8", "CONFIG GET repl-backlog-size", "*2\r\n$17\r\nrepl-backlog-size\r\n$7\r\n1048576\r\n"},
		{"2.8", "CONFIG GET repl-ping-*", "*2\r\n$22\r\nrepl-ping-slave-period\r\n$2\r\n10\r\n"},
		{"2.8", "CONFIG GET repl-diskless-sync", "*2\r\n$18\r\nrepl-diskless-sync\r\n$2\r\nno\r\n"},
		{"4.0", "CONFIG GET replica-read-only", "*0\r\n"},
		{"4.0", "CONFIG GET slave-read-only", "*2\r\n$15\r\nslave-read-only\r\n$3\r\nyes\r\n"},
		{"4.0", "CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n"},
		{"4.0", "CONFIG SET slave-read-only maybe", "-ERR Invalid argument 'maybe' for CONFIG SET 'slave-read-only'\r\n"},
		{"4.0", "REPLICAOF NO ONE", "-ERR unknown command `REPLICAOF`, with args beginning with: `NO`, `ONE`, \r\n"},
		{"4.0", "SLAVEOF localhost port", "-ERR value is not an integer or out of range\r\n"},
		{"7.0", "SLAVEOF localhost 70000", "-ERR Invalid master port\r\n"},
		{"8.0", "CONFIG GET repl-backlog-size", "*2\r\n$17\r\nrepl-backlog-size\r\n$8\r\n10485760\r\n"},
		{"8.0", "CONFIG GET lazyfree-lazy-expire", "*2\r\n$20\r\nlazyfree-lazy-expire\r\n$3\r\nyes\r\n"},
	} {
		t.Run(c.era+" "+c.line, func(t *testing.T) {
			s := startEra(t, c.era)
			s.c.send(resp.AppendCommand(nil, strings.Fields(c.line)...))
			if got := string(s.c.bytes(len(c.want))); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}
