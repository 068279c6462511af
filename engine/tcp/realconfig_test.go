//go:build linux

package tcp

import (
	"strings"
	"testing"

	"resync/engine/resp"
)

// The configuration table beside redis-server's own.

func TestConfigGetAnswersLikeRedis(t *testing.T) {
	// What a value is made of differs from start to start, or the test itself set it.
	own := map[string]bool{"port": true, "dir": true, "pidfile": true}
	values := func(kind string) map[string]string {
		s := start(t, kind)
		all := map[string]string{}
		elems := s.ok("CONFIG", "GET", "*").Elems
		for i := 0; i < len(elems); i += 2 {
			all[string(elems[i].Str)] = string(elems[i+1].Str)
		}
		return all
	}
	redis, ours := values("redis"), values("ours")
	for name, want := range redis {
		if got, there := ours[name]; !there {
			t.Errorf("%s is missing", name)
		} else if got != want && !own[name] {
			t.Errorf("%s is %q, with redis-server %q", name, got, want)
		}
	}
	for name := range ours {
		if _, there := redis[name]; !there {
			t.Errorf("%s is unknown to redis-server", name)
		}
	}
}

// TestConfigSetAnswersLikeRedis offers every name a lot of values, good and bad, and compares reply and result.
func TestConfigSetAnswersLikeRedis(t *testing.T) {
	redis, ours := start(t, "redis"), start(t, "ours")
	values := []string{
		"", " ", "yes", "NO", "zzz", "0", "1", "-1", "007", "+5", " 5", "5 ", "16", "99", "100", "1000", "65535", "65536", "70000",
		"2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
		"18446744073709551615", "18446744073709551616", "1k", "1KB", "1mb", "2GB", "1t", "1.5", "50%", "101%", "0%", "-5%",
		"debug", "Notice", "volatile-LRU", "local", "always", "everysec", "no", "swapdb", "on-empty-db", "panic", "relative", "clients", "resetchannels",
		"60 1", "60 1 30 2", "60 -1", "0 1", "60  1", "1 2 3", "3 2 1", "0 200 3000", "now force", "save nosave", "default now",
		"normal 1kb 2kb 3", "slave 1 1 5x", "replica 1mb 2 +3 pubsub 0 0 0", "foo 1 1 1", "master 1 1 1", "normal 0 0 -1", "normal 1 1 99999999999999999999", "pubsub 1 1 3000000000",
		"50 99 99.9", "0.1 1e1", "100.5", "nan", "AKE", "KEg$", "nmE", "ldt", "q", "a_b", "a.b-c", strings.Repeat("a", 255), strings.Repeat("a", 256),
		"{title} {port}", "{title}", "{{x}}", "{x}", "{port", "a/b", `a\b`, "a b",
	}
	skip := map[string]bool{
		"port": true, "bind": true, // move the server away from the test
		"tls-port": true, "maxclients": true, "dir": true, // depend on the machine
		"appendonly": true, "watchdog-period": true, // do things
		"oom-score-adj": true, "oom-score-adj-values": true, // need rights that a process may not have
		"requirepass": true, "protected-mode": true, "loglevel": true, "unixsocket": true,
	}
	var names []string
	elems := redis.ok("CONFIG", "GET", "*").Elems
	for i := 0; i < len(elems); i += 2 {
		if name := string(elems[i].Str); !skip[name] && !strings.HasPrefix(name, "tls-") {
			names = append(names, name)
		}
	}
	names = append(names, "use-exit-on-panic", "key-load-delay", "rdb-key-save-delay", "loading-process-events-interval-bytes", "no-such-name")
	for _, name := range names {
		for _, value := range values {
			a, b := resp.Format(redis.do("CONFIG", "SET", name, value)), resp.Format(ours.do("CONFIG", "SET", name, value))
			if a != b {
				t.Errorf("CONFIG SET %s %q\nredis: %s\nours:  %s", name, value, a, b)
			}
			a, b = resp.Format(redis.do("CONFIG", "GET", name)), resp.Format(ours.do("CONFIG", "GET", name))
			if a != b && name != "pidfile" {
				t.Errorf("after CONFIG SET %s %q\nredis: %s\nours:  %s", name, value, a, b)
			}
		}
	}
}

func TestConfigSetOfSeveral(t *testing.T) {
	redis, ours := start(t, "redis"), start(t, "ours")
	for _, args := range [][]string{
		{"hz", "5", "HZ", "6"},
		{"hz", "5", "no-such", "1"},
		{"no-such", "1", "daemonize", "yes"},
		{"Daemonize", "yes", "no-such", "1"},
		{"hz", "20", "repl-timeout", "x"},
		{"min-slaves-to-write", "3", "min-replicas-to-write", "2"},
		{"hz"},
		{"hz", "5", "repl-timeout"},
		{},
		{"repl-backlog-size", "1", "repl-timeout", "7"},
		{"dir", "/"},
		{"dbfilename", "x"},
	} {
		a, b := resp.Format(redis.do(append([]string{"CONFIG", "SET"}, args...)...)), resp.Format(ours.do(append([]string{"CONFIG", "SET"}, args...)...))
		if a != b {
			t.Errorf("CONFIG SET %q\nredis: %s\nours:  %s", args, a, b)
		}
		for _, name := range []string{"hz", "repl-timeout", "min-replicas-to-write", "repl-backlog-size"} {
			a, b := resp.Format(redis.do("CONFIG", "GET", name)), resp.Format(ours.do("CONFIG", "GET", name))
			if a != b {
				t.Errorf("after CONFIG SET %q: %s\nredis: %s\nours:  %s", args, name, a, b)
			}
		}
	}
	for _, pattern := range []string{"h[z]", "h[^a]", "H?", "[g-i]z", `h\z`, "nothing*", "Repl-BACKLOG-size", "watchdog*", "h[", `*\`} {
		a, b := resp.Format(redis.do("CONFIG", "GET", pattern)), resp.Format(ours.do("CONFIG", "GET", pattern))
		if a != b {
			t.Errorf("CONFIG GET %q\nredis: %s\nours:  %s", pattern, a, b)
		}
	}
}
