//go:build linux

package tcp

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine/resp"
)

// MIGRATE between servers of both kinds: whoever gives and whoever takes, what is said, streamed and left has to be the
// same. What Redis's own suite checks in unit/dump.tcl is checked here too, in words of our own.

// A move is a source and a target of keys, and what they said.
type move struct {
	t              *testing.T
	source, target *server
	lines          []string
}

// moves tells a story with each pair of kinds, and compares it with that of redis-server alone.
func moves(t *testing.T, story func(m *move)) {
	t.Helper()
	var want string
	for _, kinds := range [][2]string{{"redis", "redis"}, {"redis", "ours"}, {"ours", "redis"}, {"ours", "ours"}} {
		t.Run(kinds[0]+" to "+kinds[1], func(t *testing.T) {
			m := &move{t: t, source: start(t, kinds[0]), target: start(t, kinds[1])}
			story(m)
			got := strings.Join(m.lines, "\n")
			got = strings.NewReplacer(m.source.portText(), "SOURCE", m.target.portText(), "TARGET").Replace(got)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("got, where it begins to differ:\n%s\n\nredis-server alone:\n%s", firstDifference(got, want), firstDifference(want, got))
			}
		})
	}
}

// says gives a command line to a server and notes the reply.
func (m *move) says(s *server, line string) {
	m.t.Helper()
	args, err := resp.SplitArgs(strings.ReplaceAll(line, "TARGET", "127.0.0.1 "+m.target.portText()))
	if err != nil {
		m.t.Fatal(err)
	}
	m.note(line + ": " + shown(s.do(args...)))
}

// gives and takes tell the source and the target what to do, a line at a time.
func (m *move) gives(lines string) { m.t.Helper(); m.each(m.source, lines) }
func (m *move) takes(lines string) { m.t.Helper(); m.each(m.target, lines) }

func (m *move) each(s *server, lines string) {
	m.t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		m.says(s, strings.TrimSpace(line))
	}
}

func (m *move) note(line string) { m.lines = append(m.lines, line) }

func TestMigrateMovesKeys(t *testing.T) {
	moves(t, func(m *move) {
		r := dialRaw(t, m.source.addr())
		r.fullSync(m.source, "eof", "psync2")
		r.ack(0)
		m.source.online()
		m.gives(`
			CONFIG SET notify-keyspace-events AKE
			MIGRATE TARGET none 0 1000
			SET a 1
			MIGRATE TARGET a 9 1000
			GET a
			MIGRATE TARGET a 9 1000
			SET a 2
			MIGRATE TARGET a 9 1000
			MIGRATE TARGET a 9 1000 COPY REPLACE
			GET a
			MIGRATE TARGET a 3 1000 copy
			MIGRATE TARGET a 9 1000 replace
			EXISTS a
			SET b 1
			SET d 1
			RPUSH l 1 2 3
			MIGRATE TARGET "" 9 1000 KEYS b c d
			MIGRATE TARGET "" 9 1000 KEYS c
			MIGRATE TARGET "" 9 1000 KEYS
			MSET b 2 d 2 e 2 f 2
			MIGRATE TARGET "" 9 1000 KEYS b e d f
			MIGRATE TARGET "" 9 1000 REPLACE KEYS b b
			MIGRATE TARGET "" 9 1000 COPY KEYS l
			SELECT 5
			SADD s 1 2 3
			MIGRATE TARGET s -1 1000
			SELECT 0
			DBSIZE
			SET "" empty
			MIGRATE TARGET "" 9 1000
			DEBUG SET-ACTIVE-EXPIRE 0
			SET gone 1 PX 1
			DEBUG SLEEP 0.01
			MIGRATE TARGET gone 9 1000
			SET last 1`)
		m.takes(`
			SELECT 9
			MGET a b d e f ""
			LRANGE l 0 -1
			SELECT 3
			GET a
			SELECT 0
			SMEMBERS s`)
		for stream, args := "", []string(nil); !strings.HasSuffix(stream, "last 1"); m.note(stream) {
			args = r.command()
			stream = entryTime.ReplaceAllString(strings.Join(args, " "), "MS")
		}
		for _, field := range []string{"migrate_cached_sockets", "total_error_replies", "keyspace_hits", "keyspace_misses", "expired_keys"} {
			m.note(field + " " + m.source.info(field))
		}
		m.note("changes " + m.source.info("rdb_changes_since_last_save"))
	})
}

func TestMigrateIsWrong(t *testing.T) {
	moves(t, func(m *move) {
		nobody := strconv.Itoa(freePort(t))
		m.gives(`
			MIGRATE
			MIGRATE TARGET a 9
			SET a 1
			MIGRATE TARGET a x 1000
			MIGRATE TARGET a 0 x
			MIGRATE TARGET a x x KEYS b
			MIGRATE TARGET a 0 1000 COPY KEYS b
			MIGRATE TARGET a 0 1000 KEYS
			MIGRATE TARGET a 0 1000 AUTH
			MIGRATE TARGET a 0 1000 AUTH2 u
			MIGRATE TARGET a 0 1000 REPLACE what
			MIGRATE TARGET none 99 1000
			MIGRATE TARGET a 99 1000
			MIGRATE TARGET a -2 1000 REPLACE
			MIGRATE TARGET a -1 1000
			MIGRATE TARGET a 0 0 AUTH pw
			GET a`)
		m.says(m.source, "MIGRATE 127.0.0.1 0 a 0 1000")
		m.says(m.source, "MIGRATE 127.0.0.1 x a 0 1000")
		m.says(m.source, "MIGRATE 127.0.0.1 -5 a 0 1000")
		m.says(m.source, "MIGRATE no.such.host.invalid 7 a 0 1000")
		m.says(m.source, "GET a")
		for _, line := range []string{"a 0 1000", "a 0 1000 COPY"} {
			m.note(shown(m.source.do(append([]string{"MIGRATE", "127.0.0.1", nobody}, strings.Fields(line)...)...)))
		}
		m.gives("GET a\nINFO errorstats")
		calls := strings.Join(m.source.infoLines("commandstats"), "\n")
		_, calls, _ = strings.Cut(calls, "cmdstat_migrate:")
		m.note(word(calls, "calls=")[:8] + calls[strings.Index(calls, "rejected_calls="):strings.Index(calls, "rejected_calls=")+32])
	})
}

func TestMigrateGivesThePassword(t *testing.T) {
	moves(t, func(m *move) {
		m.takes("CONFIG SET requirepass pw")
		m.gives(`
			CONFIG SET slowlog-log-slower-than 0
			MSET a 1 b 2 c 3
			MIGRATE TARGET a 9 1000
			MIGRATE TARGET a 9 1000 AUTH wrong
			MIGRATE TARGET a 9 1000 AUTH2 who pw
			MIGRATE TARGET "" 9 1000 AUTH2 default wrong KEYS a b
			MIGRATE TARGET a 9 1000 AUTH pw
			MIGRATE TARGET b 9 1000 AUTH2 default pw
			MIGRATE TARGET "" 9 1000 COPY AUTH pw KEYS c auth
			MIGRATE TARGET c 9 1000
			MIGRATE TARGET c 9 1000 AUTH wrong REPLACE
			MIGRATE TARGET c 9 1000 REPLACE
			DBSIZE
			SLOWLOG GET 13`)
		c := dialRaw(t, m.target.addr())
		for _, line := range []string{"AUTH pw", "SELECT 9", "MGET a b c"} {
			m.note(shown(c.do(strings.Fields(line)...)))
		}
	})
}

func TestMigrateKeepsTheTimeToLive(t *testing.T) {
	moves(t, func(m *move) {
		m.gives("SET a 1 PX 100000\nSET b 2\nMIGRATE TARGET \"\" 9 1000 KEYS a b")
		m.target.ok("SELECT", "9")
		if left := m.target.do("PTTL", "a").Int; left < 90_000 || left > 100_000 {
			m.t.Errorf("%d ms are left of 100 s", left)
		}
		m.says(m.target, "PTTL b")
	})
}

// Large values of every kind, with a time limit that the slowest machine keeps.
func TestMigrateMovesEveryKind(t *testing.T) {
	moves(t, func(m *move) {
		m.source.kinds()
		var b []byte
		for i := range 40_000 {
			b = resp.AppendCommand(b, "RPUSH", "long", "item "+strconv.Itoa(i))
		}
		b = resp.AppendCommand(b, "SET", "huge", strings.Repeat("no two parts are \x00 alike ", 200_000))
		m.source.c.pipeline(b, 40_001)
		var keys []string
		for _, k := range m.source.do("KEYS", "*").Elems {
			keys = append(keys, k.Str)
		}
		values := append([]string{"DEBUG", "DIGEST-VALUE"}, keys...)
		digests := shown(m.source.do(values...))
		m.note(shown(m.source.do(append([]string{"MIGRATE", "127.0.0.1", m.target.portText(), "", "0", "20000", "KEYS"}, keys...)...)))
		m.says(m.source, "DBSIZE")
		if got := shown(m.target.do(values...)); got != digests {
			m.t.Errorf("the target has\n%s\nand the source had\n%s", got, digests)
		}
	})
}

// A target that stands still costs the time that was given, and no key. What it was sent it does when it goes on.
func TestMigrateGivesUp(t *testing.T) {
	moves(t, func(m *move) {
		m.gives("SET a 1\nSET b 1\nMIGRATE TARGET b 0 1000")
		c := dialRaw(t, m.target.addr())
		c.send(resp.AppendCommand(nil, "DEBUG", "SLEEP", "1.2"))
		time.Sleep(200 * time.Millisecond)
		other := dialRaw(t, m.source.addr())
		began := time.Now()
		m.source.c.send(resp.AppendCommand(resp.AppendCommand(nil, "MIGRATE", "127.0.0.1", m.target.portText(), "a", "0", "500"), "PING"))
		time.Sleep(100 * time.Millisecond)
		other.send(resp.AppendCommand(nil, "SET", "a", "2")) // is held until then
		m.note(shown(m.source.c.reply()))
		if took := time.Since(began); took < 490*time.Millisecond || took > 900*time.Millisecond {
			m.t.Errorf("it took %v to give up after 500 ms", took)
		}
		m.note(shown(m.source.c.reply()) + shown(other.reply()))
		m.note("sockets " + m.source.info("migrate_cached_sockets"))
		m.gives("GET a")
		c.reply()
		m.takes("GET a")
		m.gives("MIGRATE TARGET a 0 1000\nMIGRATE TARGET a 0 1000 REPLACE")
	})
}

// One that a kept connection does not lead to any more is dialled again.
func TestMigrateFindsATargetThatWasStartedAnew(t *testing.T) {
	moves(t, func(m *move) {
		m.gives("SET a 1\nSET b 1\nMIGRATE TARGET a 0 1000")
		m.target.stop()
		anew := startOn(t, m.target.kind, m.target.port)
		m.gives("MIGRATE TARGET b 0 1000")
		m.note(shown(anew.do("MGET", "a", "b")))
		anew.stop()
		m.gives("SET c 1\nMIGRATE TARGET c 0 1000\nGET c")
		m.note("sockets " + m.source.info("migrate_cached_sockets"))
	})
}

// A server that moves a key to itself waits for nobody but itself.
func TestMigrateToItself(t *testing.T) {
	moves(t, func(m *move) {
		m.gives("SET a 1")
		m.note(shown(m.source.do("MIGRATE", "127.0.0.1", m.source.portText(), "a", "1", "200")))
		m.gives("GET a\nSELECT 1")
		m.source.eventually("what it sent itself is done", func() bool { return m.source.do("GET", "a").Str == "1" })
	})
}

// A kept connection is closed when nobody uses it for ten seconds.
func TestMigrateKeepsItsConnectionForAWhile(t *testing.T) {
	for _, kind := range []string{"redis", "ours"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // it waits more than it works
			s, target := start(t, kind), start(t, "ours")
			s.ok("SET", "a", "1")
			s.ok("MIGRATE", "127.0.0.1", target.portText(), "a", "0", "1000")
			time.Sleep(9 * time.Second)
			if got := s.info("migrate_cached_sockets"); got != "1" {
				t.Errorf("after nine seconds %s connections are kept", got)
			}
			s.eventually("it is closed", func() bool { return s.info("migrate_cached_sockets") == "0" })
		})
	}
}

// Keys come and go between two servers while clients change them: at any time each is in one place.
func TestMigrateUnderStress(t *testing.T) {
	moves(t, func(m *move) {
		const rounds = 200
		load := dialRaw(t, m.source.addr())
		var b []byte
		for i := range rounds * 10 {
			b = resp.AppendCommand(b, "INCR", "n"+strconv.Itoa(i%10))
		}
		done := make(chan struct{})
		go func() { defer close(done); load.pipeline(b, rounds*10) }()
		for i := range rounds {
			line := []string{"MIGRATE", "127.0.0.1", m.target.portText(), "", "9", "5000", "REPLACE", "KEYS", "none"}
			for k := i % 3; k < 10; k += 3 {
				line = append(line, "k"+strconv.Itoa(k))
				m.source.ok("SET", "k"+strconv.Itoa(k), strconv.Itoa(i))
			}
			if got := m.source.do(line...); got.Str != "OK" {
				m.t.Fatalf("round %d: %s", i, shown(got))
			}
		}
		<-done
		m.gives("DBSIZE\nMGET n0 n1 n2 n3 n4 n5 n6 n7 n8 n9")
		m.takes("SELECT 9\nDBSIZE\nMGET k0 k1 k2 k3 k4 k5 k6 k7 k8 k9")
	})
}
