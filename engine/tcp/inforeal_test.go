//go:build linux

package tcp

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"resync/engine/resp"
)

// INFO, ROLE and CLIENT LIST beside redis-server's: the same fields in the same order, and the same values wherever
// they do not depend on the machine.

// infoLines are the lines of sections of INFO, headings included.
func (s *server) infoLines(sections ...string) []string {
	s.t.Helper()
	return strings.Split(strings.TrimSpace(string(s.ok(append([]string{"INFO"}, sections...)...).Str)), "\r\n")
}

func fieldNames(lines []string) (names []string) {
	for _, l := range lines {
		name, _, _ := strings.Cut(l, ":")
		names = append(names, name)
	}
	return names
}

// sameLines compares two lists line by line.
func sameLines(t *testing.T, what string, redis, ours []string) {
	t.Helper()
	for _, l := range redis {
		if !slices.Contains(ours, l) {
			t.Errorf("%s: missing %q", what, l)
		}
	}
	for _, l := range ours {
		if !slices.Contains(redis, l) {
			t.Errorf("%s: unknown to redis-server: %q", what, l)
		}
	}
	if !t.Failed() && !slices.Equal(redis, ours) {
		t.Errorf("%s: another order\nredis: %q\nours:  %q", what, redis, ours)
	}
}

func TestInfoHasTheFieldsOfRedis(t *testing.T) {
	redis, ours := start(t, "redis"), start(t, "ours")
	for _, s := range []*server{redis, ours} {
		s.ok("SET", "k", "v")
		s.do("NOSUCH")
	}
	for _, section := range []string{"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "errorstats",
		"cluster", "keyspace", "everything", "all", "default", "nosuch", "replication clients", "Replication"} {
		args := strings.Fields(section)
		a, b := fieldNames(redis.infoLines(args...)), fieldNames(ours.infoLines(args...))
		if section == "everything" || section == "all" { // which commands were called differs
			mine := func(l string) bool {
				return strings.HasPrefix(l, "cmdstat_") || strings.HasPrefix(l, "latency_percentiles")
			}
			a, b = slices.DeleteFunc(a, mine), slices.DeleteFunc(b, mine)
		}
		sameLines(t, "INFO "+section, a, b)
	}
}

// hides replaces what differs from start to start.
var hides = regexp.MustCompile(`(?m)[0-9a-f]{40}|master_port:\d+|lag=\d+|seconds_ago:\d+|since_seconds:\d+`)

func withoutChance(lines []string) []string {
	for i, l := range lines {
		lines[i] = hides.ReplaceAllString(l, "…")
	}
	return lines
}

// The replication section and ROLE in every state that a test can hold still.
func TestInfoReplicationIsRedis(t *testing.T) {
	redis, ours := start(t, "redis"), start(t, "ours")
	same := func(when string) {
		t.Helper()
		sameLines(t, when, withoutChance(redis.infoLines("replication")), withoutChance(ours.infoLines("replication")))
		if a, b := resp.Format(redis.do("ROLE")), resp.Format(ours.do("ROLE")); hides.ReplaceAllString(a, "…") != hides.ReplaceAllString(b, "…") {
			t.Errorf("%s: ROLE\nredis: %s\nours:  %s", when, a, b)
		}
	}
	each := func(f func(s *server)) {
		f(redis)
		f(ours)
	}
	each(func(s *server) { s.ok("SET", "k", "v") })
	same("alone")
	each(func(s *server) { s.ok("CONFIG", "SET", "min-replicas-to-write", "1", "repl-backlog-size", "20000") })
	same("min-replicas-to-write")
	each(func(s *server) { s.ok("CONFIG", "SET", "min-replicas-max-lag", "0") })
	same("no lag allowed means off")
	each(func(s *server) {
		s.ok("CONFIG", "SET", "min-replicas-max-lag", "10", "repl-diskless-sync-delay", "1000")
		waits := dialRaw(t, s.addr())
		waits.do("REPLCONF", "capa", "eof", "ip-address", "10.1.2.3")
		waits.send(resp.AppendCommand(nil, "PSYNC", "?", "-1"))
		s.eventually("a replica waits", func() bool { return s.info("connected_slaves") == "1" })
	})
	same("a replica that waits for its snapshot")
	each(func(s *server) {
		s.ok("CONFIG", "SET", "repl-diskless-sync-delay", "0")
		r := dialRaw(t, s.addr())
		r.fullSync(s, "eof", "psync2")
		s.ok("SET", "k", "w")
		r.ack(30)
		s.eventually("its acknowledgement", func() bool { return strings.Contains(strings.Join(s.infoLines("replication"), " "), "offset=30") })
	})
	same("replicas")
	each(func(s *server) {
		s.ok("CONFIG", "SET", "min-replicas-to-write", "0")
		s.ok("FAILOVER", "TIMEOUT", "1000000")
	})
	same("a failover that waits")
	each(func(s *server) { s.ok("FAILOVER", "ABORT") })

	master := start(t, "redis")
	master.ok("SET", "from", "above")
	proxy := newProxy(t, master.addr())
	each(func(s *server) { s.follow(proxy.port()) })
	each(func(s *server) { inStep(t, master, s) })
	same("a replica")
	each(func(s *server) {
		s.ok("CONFIG", "SET", "replica-announced", "no", "replica-priority", "7", "replica-read-only", "no")
	})
	same("its settings")
	proxy.sever()
	each(func(s *server) {
		s.eventually("its link is down", func() bool { return s.info("master_link_status") == "down" })
		s.ok("REPLICAOF", "127.0.0.1", "1")
		s.eventually("it is refused", func() bool { return string(s.ok("ROLE").Elems[3].Str) == "connect" })
	})
	same("a link that is down")
	each(func(s *server) { s.ok("REPLICAOF", "NO", "ONE") })
	same("promoted")
	each(func(s *server) {
		s.ok("REPLICAOF", "127.0.0.1", "1")
		s.eventually("it is refused", func() bool { return string(s.ok("ROLE").Elems[3].Str) == "connect" })
	})
	same("a link that never was up")
}

// A client by its line in CLIENT LIST, without what depends on memory, time and the machine.
var clientLine = regexp.MustCompile(`(name|flags|db|sub|psub|ssub|multi|cmd|user|redir|resp|events)=\S*`)

func (s *server) clients(args ...string) (lines []string) {
	s.t.Helper()
	for l := range strings.Lines(string(s.ok(append([]string{"CLIENT", "LIST"}, args...)...).Str)) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, strings.Join(clientLine.FindAllString(l, -1), " "))
		}
	}
	return lines
}

func TestClientListIsRedis(t *testing.T) {
	master := start(t, "redis")
	var lists [2][]string
	for i, kind := range []string{"redis", "ours"} {
		s := start(t, kind)
		s.c.Close()
		s.eventually("the first connection is forgotten", func() bool { // it was made at different moments
			s.c = dialRaw(t, s.addr())
			return len(s.clients()) == 1
		})
		s.follow(master.port)
		monitor, listener, blocked, waiting, multi := dialRaw(t, s.addr()), dialRaw(t, s.addr()), dialRaw(t, s.addr()), dialRaw(t, s.addr()), dialRaw(t, s.addr())
		monitor.do("MONITOR")
		listener.do("SUBSCRIBE", "a")
		multi.do("CLIENT", "SETNAME", "me")
		multi.do("SELECT", "3")
		multi.do("MULTI")
		multi.do("GET", "k")
		waiting.send(resp.AppendCommand(nil, "XREAD", "BLOCK", "0", "STREAMS", "s", "0"))
		blocked.send(resp.AppendCommand(nil, "BLPOP", "k", "0"))
		sub := dialRaw(t, s.addr())
		sub.fullSync(s, "eof", "psync2")
		master.ok("SET", kind, "v")
		s.eventually("applied", func() bool { return s.ok("EXISTS", kind).Int == 1 })
		s.eventually("one waits", func() bool { return s.number("blocked_clients") >= 1 })
		list := s.clients()
		for _, kind := range []string{"normal", "PUBSUB", "master", "slave", "replica"} {
			list = append(list, "TYPE "+kind)
			list = append(list, s.clients("TYPE", kind)...)
		}
		for _, args := range [][]string{{"TYPE", "master"}, {"TYPE", "pubsub"}, {"ID", "999"}, {"ADDR", master.addr()}, {"LADDR", "1.1.1.1:1"}, {"SKIPME", "x"}, {"TYPE", "x"}, {"1.2.3.4:5"}, {master.addr()}} {
			list = append(list, strings.Join(args, " ")+": "+resp.Format(s.do(append([]string{"CLIENT", "KILL"}, args...)...)))
			s.linkUp()
		}
		slices.Sort(list) // the order of two blocked clients is that of their packets
		lists[i] = list
	}
	for i, l := range lists[0] {
		lists[0][i] = strings.ReplaceAll(l, master.addr(), "MASTER")
	}
	for i, l := range lists[1] {
		lists[1][i] = strings.ReplaceAll(l, master.addr(), "MASTER")
	}
	sameLines(t, "CLIENT LIST", lists[0], lists[1])
}
