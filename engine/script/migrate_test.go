package script

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// between is a master with a replica, and another master, 40 ms away.
const between = `node a repl-diskless-sync-delay=0
	node r replicaof a
	node b
	link a b latency 40ms
	until r.master_link_status = up
	a> MSET k 1 l 2
	`

// replies are what clients were told of a MIGRATE, a line each.
func replies(s *Session) string {
	var all []string
	for _, e := range s.World().Events().All() {
		if f, ok := e.Fact.(engine.Replied); ok && strings.HasPrefix(f.Command, "MIGRATE") {
			all = append(all, e.At.String()+" "+f.Text)
		}
	}
	return strings.Join(all, "\n")
}

func TestKeysMoveBetweenNodes(t *testing.T) {
	for _, host := range []string{"b", "10.0.0.3"} {
		s := started(t, between+`a> MIGRATE `+host+` 6381 "" 3 5000 KEYS k l
		wait 1s
		expect `+"`a> DBSIZE` = 0\nexpect `r> DBSIZE` = 0\nexpect a.migrate_cached_sockets = 1\n"+`
		b> SELECT 3
		b> MGET k l
		wait 1s
		expect r.slave_repl_offset = a.master_repl_offset
		wait 12s
		expect a.migrate_cached_sockets = 0`)
		if got := replies(s); !strings.HasSuffix(got, " OK") {
			t.Errorf("%s: the client is told %q", host, got)
		}
	}
}

// Whatever happens on the way, a key is at one of the two nodes at least, and the client knows when it may be at both.
func TestKeysMoveOverABrokenPath(t *testing.T) {
	for _, x := range []struct {
		name, happens, reply, atA, atB string
	}{
		{"cut before", "sever a b\na> MIGRATE b 6381 k 0 1000\nwait 5s", "(error) IOERR error or timeout writing to target instance", "1", "0"},
		{"cut in the middle", "a> MIGRATE b 6381 k 0 1000\nwait 90ms\nsever a b\nwait 5s",
			"(error) IOERR error or timeout writing to target instance", "1", "0"},
		{"cut behind the middle", "a> MIGRATE b 6381 k 0 1000\nwait 130ms\nsever a b\nwait 5s",
			"(error) IOERR error or timeout writing to target instance", "1", "1"},
		{"silence before", "blackhole a b\na> MIGRATE b 6381 k 0 1000\nwait 5s", "(error) IOERR error or timeout connecting to the client", "1", "0"},
		{"silence in the middle", "a> MIGRATE b 6381 k 0 1000\nwait 130ms\nblackhole a b\nwait 5s",
			"(error) IOERR error or timeout reading to target instance", "1", "1"},
		{"the target stands still", "freeze b\na> MIGRATE b 6381 k 0 1000\nwait 5s\nthaw b\nwait 1s",
			"(error) IOERR error or timeout reading to target instance", "1", "1"},
		{"the target is killed", "a> MIGRATE b 6381 k 0 1000\nwait 100ms\nkill b\nwait 5s\nstart b",
			"(error) IOERR error or timeout writing to target instance", "1", "0"},
		{"the source stands still", "a> MIGRATE b 6381 k 0 1000\nwait 100ms\nfreeze a\nwait 5s\nthaw a\nwait 5s", "OK", "0", "1"},
		{"the source is killed", "a> MIGRATE b 6381 k 0 1000\nwait 100ms\nkill a\nwait 5s\nstart a", "Error: Server closed the connection", "0", "1"},
		{"nobody is there", "a> MIGRATE 10.0.0.77 6379 k 0 1000\nwait 5s", "(error) IOERR error or timeout writing to target instance", "1", "0"},
		{"to itself", "a> MIGRATE a 6379 k 0 1000\nwait 5s", "(error) IOERR error or timeout reading to target instance", "1", "0"},
	} {
		s := started(t, between+x.happens+"\nwait 100ms")
		if got := replies(s); !strings.HasSuffix(got, " "+x.reply) {
			t.Errorf("%s: the client is told %q", x.name, got)
		}
		for node, want := range map[string]string{"a": x.atA, "b": x.atB} {
			if v, err := s.World().Read(node, []string{"EXISTS", "k"}); err != nil || strconv.FormatInt(v.Int, 10) != want {
				t.Errorf("%s: the key at %s: %v %v, want %s", x.name, node, v, err, want)
			}
		}
	}
}

// A world that is cloned at any moment of a move shares nothing with its clone, which does the same.
func TestACloneInTheMiddleOfAMove(t *testing.T) {
	script := parse(t, between+`b> SET l 0
		a> MIGRATE b 6381 "" 0 1000 KEYS k l
		a> PING
		a/2> SET other 1
		wait 1s
		a/2> MIGRATE b 6381 l 0 1000 REPLACE
		wait 1s
		a> SET m 1
		freeze b
		a/2> MIGRATE b 6381 m 0 1000
		wait 3s
		thaw b
		wait 12s`)
	whole := NewSession(script)
	whole.World().Terse()
	must(t, finish(whole))
	s := NewSession(script)
	s.World().Terse()
	for !s.Done() {
		_, err := s.Advance(s.World().Now().Add(20*time.Millisecond), 1<<30)
		must(t, err)
		twin := s.Clone()
		if wrong := compareClone(s, s.Clone()); wrong != nil {
			t.Fatalf("at %s:\n%s", s.World().Now(), strings.Join(wrong, "\n"))
		}
		must(t, finish(twin))
		must(t, sameRun(whole.World(), twin.World()))
	}
}
