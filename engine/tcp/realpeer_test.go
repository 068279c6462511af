//go:build linux

package tcp

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
	"resync/engine/store"

	"resync/engine/rdb"
)

// Raw peers: a master or a replica that the test plays itself, so that both kinds of server can be compared byte for
// byte, and be told things that no proper peer would say.

// fakeMaster is a listener that a server under test is told to follow.
type fakeMaster struct {
	t testing.TB
	l net.Listener
}

func newFakeMaster(t testing.TB) *fakeMaster {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &fakeMaster{t, l}
}

func (m *fakeMaster) port() string { return strconv.Itoa(m.l.Addr().(*net.TCPAddr).Port) }

// accept takes the replica's next connection.
func (m *fakeMaster) accept() *client {
	m.t.Helper()
	c, err := m.l.Accept()
	if err != nil {
		m.t.Fatal(err)
	}
	return newClient(m.t, c)
}

// command reads a request.
func (c *client) command() []string {
	c.t.Helper()
	n, _ := strconv.Atoi(strings.TrimPrefix(c.status(), "*"))
	args := make([]string, n)
	for i := range args {
		size, _ := strconv.Atoi(strings.TrimPrefix(c.line(), "$"))
		args[i] = string(c.bytes(size + 2)[:size])
	}
	return args
}

// handshake answers a replica up to its PSYNC and returns what it said.
func (c *client) handshake() (said []string) {
	c.t.Helper()
	for {
		args := c.command()
		said = append(said, fmt.Sprint(args))
		switch args[0] {
		case "PING":
			c.send([]byte("+PONG\r\n"))
		case "PSYNC":
			return said
		default:
			c.send([]byte("+OK\r\n"))
		}
	}
}

const fakeID = "0123456789012345678901234567890123456789"

// fakeRDB is the snapshot of one key.
func fakeRDB(key, value string) []byte {
	data := store.New(16)
	data.DB(0).Set([]byte(key), store.StringValue([]byte(value)), 0)
	e := rdb.NewEncoder(data, nil, rdb.Options{Checksum: true})
	var b []byte
	for !e.Done() {
		b = e.Append(b, 1<<16)
	}
	return b
}

// give answers PSYNC with a snapshot that holds the stream up to offset.
func (c *client) give(offset int64, snapshot []byte) {
	c.t.Helper()
	c.send([]byte("+FULLRESYNC " + fakeID + " " + strconv.FormatInt(offset, 10) + "\r\n"))
	c.send([]byte("$" + strconv.Itoa(len(snapshot)) + "\r\n" + string(snapshot)))
}

func TestAReplicaIntroducesItselfLikeRedis(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options []string
	}{
		{"plain", nil},
		{"password", []string{"--masterauth", "secret"}},
		{"user and password", []string{"--masteruser", "u", "--masterauth", "secret"}},
		{"announced address", []string{"--replica-announce-ip", "10.0.0.1", "--replica-announce-port", "7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said := map[string]string{}
			both(t, func(t *testing.T, kind string) {
				m := newFakeMaster(t)
				s := start(t, kind, append(tt.options, "--replicaof", "127.0.0.1", m.port())...)
				first := m.accept()
				lines := first.handshake()
				first.send([]byte("\n\n")) // a master that takes its time
				first.give(1000, fakeRDB("k", "v"))
				s.linkUp()
				first.Close()
				second := m.accept() // the link is dialled again, and continued from the next byte
				lines = append(lines, second.handshake()...)
				second.send([]byte("+CONTINUE " + strings.Repeat("f", 40) + "\r\n"))
				s.linkUp()
				lines = append(lines, "replid2 "+s.info("master_replid2"), "replid "+s.info("master_replid"),
					"second "+s.info("second_repl_offset"), "offset "+s.info("master_repl_offset"))
				said[kind] = strings.ReplaceAll(strings.Join(lines, "\n"), strconv.Itoa(s.port), "PORT")
			})
			if said["redis"] != said["ours"] {
				t.Errorf("redis:\n%s\n\nours:\n%s", said["redis"], said["ours"])
			}
		})
	}
}

func TestAStandaloneServerAsksUnderItsOwnName(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		m, s := newFakeMaster(t), start(t, kind)
		id := s.info("master_replid")
		s.ok("REPLICAOF", "127.0.0.1", m.port())
		c := m.accept()
		said := c.handshake()
		if got, want := said[len(said)-1], "[PSYNC "+id+" 1]"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	})
}

func TestGetackIsAnsweredAndCounted(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		m := newFakeMaster(t)
		s := start(t, kind, "--replicaof", "127.0.0.1", m.port())
		c := m.accept()
		c.handshake()
		c.give(1000, fakeRDB("k", "v"))
		s.linkUp()
		acks := func(want int64) {
			t.Helper()
			// Periodic acknowledgements come in between and repeat what is known.
			for {
				args := c.command()
				if len(args) != 3 || args[0] != "REPLCONF" || args[1] != "ACK" {
					t.Fatalf("the replica says %q", args)
				}
				if args[2] == strconv.FormatInt(want, 10) {
					return
				}
			}
		}
		getack := resp.AppendCommand(nil, "REPLCONF", "GETACK", "*")
		c.send(getack)
		acks(1000) // itself is not counted yet
		set := resp.AppendCommand(resp.AppendCommand(nil, "SELECT", "3"), "SET", "k", "w")
		c.send(append(set, getack...))
		acks(int64(1000 + len(getack) + len(set)))
		c.send([]byte("*1\r\n$4\r\nping\r\n"))
		acks(int64(1000 + 2*len(getack) + len(set) + 14))

		// Within a transaction the offset stands still until EXEC, so a cut in the middle loses nothing.
		at := int64(1000 + 2*len(getack) + len(set) + 14)
		c.send(resp.AppendCommand(resp.AppendCommand(nil, "MULTI"), "SET", "k", "half"))
		c.Close()
		again := m.accept()
		said := again.handshake()
		if got, want := said[len(said)-1], fmt.Sprintf("[PSYNC %s %d]", fakeID, at+1); got != want {
			t.Errorf("after half a transaction it asks %s, want %s", got, want)
		}
		again.send([]byte("+CONTINUE\r\n"))
		s.linkUp()
		// The stream's database is kept across the cut: no SELECT is repeated.
		again.send(resp.AppendCommand(resp.AppendCommand(resp.AppendCommand(nil, "MULTI"), "SET", "k", "whole"), "EXEC"))
		s.eventually("the transaction is applied", func() bool {
			v := s.c.transaction("3", "GET", "k")
			return string(v.Str) == "whole"
		})
	})
}

// transaction runs a command in another database, atomically for the test's connection.
func (c *client) transaction(db string, args ...string) resp.Value {
	c.t.Helper()
	c.do("SELECT", db)
	v := c.do(args...)
	c.do("SELECT", "0")
	return v
}

func TestASilentMasterIsLeft(t *testing.T) {
	for _, silent := range []string{"at once", "in the handshake", "before the snapshot", "in the snapshot", "when streaming"} {
		t.Run(silent, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, kind string) {
				t.Parallel() // it waits more than it works
				m := newFakeMaster(t)
				s := start(t, kind, "--repl-timeout", "1", "--replicaof", "127.0.0.1", m.port())
				c := m.accept()
				switch silent {
				case "in the handshake":
					c.command()
					c.send([]byte("+PONG\r\n"))
				case "before the snapshot":
					c.handshake()
					c.send([]byte("+FULLRESYNC " + fakeID + " 0\r\n"))
				case "in the snapshot":
					c.handshake()
					c.send([]byte("+FULLRESYNC " + fakeID + " 0\r\n$1000\r\nREDIS0010"))
				case "when streaming":
					c.handshake()
					c.give(0, fakeRDB("k", "v"))
					s.linkUp()
				}
				m.accept().command() // it tries again
				c.ended()
			})
		})
	}
}

func TestASilentReplicaIsDropped(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		t.Parallel()
		s := start(t, kind, "--repl-timeout", "1")
		c := dialRaw(t, s.addr())
		c.fullSync(s, "eof", "psync2")
		if got := s.info("connected_slaves"); got != "1" {
			t.Errorf("connected_slaves:%s", got)
		}
		c.ended()
		s.eventually("it has no replica", func() bool { return s.info("connected_slaves") == "0" })
		s.logs("Disconnecting timedout replica (streaming sync): 127.0.0.1:1")
	})
}

// TestABrokenSnapshotChangesNothingForOthers: redis-server leaves the process on some of these, so only ours is asked.

func TestBrokenRequestsAreAnsweredLikeRedis(t *testing.T) {
	requests := []struct{ name, bytes string }{
		{"not a number of arguments", "*x\r\n"},
		{"too many arguments", "*2147483648\r\n"},
		{"an array of something else", "*1\r\n:1\r\n"},
		{"a negative bulk length", "*1\r\n$-1\r\n"},
		{"an oversized bulk length", "*1\r\n$536870913\r\n"},
		{"a bulk length that is none", "*1\r\n$1x\r\n"},
		{"an endless number of arguments", "*" + strings.Repeat("1", 70_000)},
		{"an endless bulk length", "*1\r\n$" + strings.Repeat("1", 70_000)},
		{"an endless inline request", strings.Repeat("x", 70_000)},
		{"open quotes", "GET \"x\r\n"},
		{"a good request before it", "PING\r\n*x\r\n"},
		{"QUIT", "QUIT\r\nPING\r\n"},
	}
	said := map[string][]string{}
	both(t, func(t *testing.T, kind string) {
		s := start(t, kind)
		bystander := dialRaw(t, s.addr())
		for _, r := range requests {
			c := dialRaw(t, s.addr())
			c.send([]byte(r.bytes))
			said[kind] = append(said[kind], c.ended())
		}
		if v := bystander.do("PING"); string(v.Str) != "PONG" {
			t.Errorf("PING on another connection: %s", resp.Format(v))
		}
	})
	for i, r := range requests {
		if a, b := said["redis"][i], said["ours"][i]; a != b {
			t.Errorf("%s\nredis: %q\nours:  %q", r.name, a, b)
		}
	}
}

func TestRefusedRequestsKeepTheConnection(t *testing.T) {
	redis, ours := start(t, "redis"), start(t, "ours")
	for _, args := range [][]string{
		{"GET"}, {"SET", "k"}, {"GET", "a", "b"}, {"nosuch", "a", "b"}, {strings.Repeat("x", 200), strings.Repeat("y", 200)},
		{"PSYNC"}, {"PSYNC", "?", "x"}, {"SYNC", "x"}, {"REPLCONF"}, {"REPLCONF", "x"}, {"REPLCONF", "x", "y"}, {"REPLCONF", "listening-port", "x"},
		{"REPLCONF", "capa", "unheard-of"}, {"REPLICAOF", "h"}, {"REPLICAOF", "h", "x"}, {"REPLICAOF", "h", "65536"}, {"REPLICAOF", "no", "one"},
		{"CONFIG"}, {"CONFIG", "NOSUCH"}, {"CONFIG", "GET"}, {"ROLE", "x"}, {"CLIENT", "KILL", "TYPE", "x"}, {"CLIENT", "KILL", "1.1.1.1:1"},
		{"CLIENT", "KILL", "TYPE", "replica"}, {"SELECT", "16"}, {"SELECT", "x"}, {"SET", "k", "v", "EX", "0"}, {"INCR", "s"}, {"INFO", "nosuch"},
	} {
		a, b := resp.Format(redis.do(args...)), resp.Format(ours.do(args...))
		if a != b {
			t.Errorf("%q\nredis: %s\nours:  %s", args, a, b)
		}
	}
}

func TestAMasterThatCannotBeReachedIsTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		t.Parallel()
		s := start(t, kind)
		port := freePort(t)
		s.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(port))
		s.logs("Error condition on socket for SYNC: Connection refused")
		if got := s.info("master_link_status"); got != "down" {
			t.Errorf("master_link_status:%s", got)
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c := (&fakeMaster{t, l}).accept()
		c.handshake()
		c.give(0, fakeRDB("k", "v"))
		s.linkUp()
		s.ok("REPLICAOF", "no.such.host.invalid", "1")
		s.ok("PING") // resolving a name holds up nobody
		s.ok("REPLICAOF", "NO", "ONE")
	})
}

// TestAReplicaThatDoesNotReadIsDropped: what it has not been sent is kept once, for all, and the limit of its
// output buffer ends it.
func TestAReplicaThatDoesNotReadIsDropped(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		s := start(t, kind, "--client-output-buffer-limit", "replica", "8mb", "0", "0", "--repl-backlog-size", "1mb")
		lazy := dialRaw(t, s.addr())
		lazy.fullSync(s, "eof", "psync2")
		for round := range 200 {
			s.write(fmt.Sprint("round", round, ":"), 10, 20_000)
			if s.info("connected_slaves") == "0" {
				break
			}
		}
		s.eventually("the replica is gone", func() bool { return s.info("connected_slaves") == "0" })
		s.logs("scheduled to be closed ASAP for overcoming of output buffer limits.")
		s.eventually("the backlog is back at its size", func() bool {
			s.write("more", 10, 10_000)
			return s.number("repl_backlog_histlen") < 2<<20
		})
	})
}

func TestWritesDuringASnapshotFollowIt(t *testing.T) {
	forPairs(t, func(t *testing.T, mk, rk string) {
		master, replica := start(t, mk, "--rdbcompression", "no"), start(t, rk)
		for i := range 10 {
			master.write(fmt.Sprint("k", i, ":"), 100, 20_000)
		}
		replica.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
		for i := range 50 {
			master.write(fmt.Sprint("w", i, ":"), 20, 1000)
			master.ok("INCR", "counter")
			master.ok("DEL", "k0:"+strconv.Itoa(i))
		}
		replica.linkUp()
		inStep(t, master, replica)
		master.syncs(1, 0)
	})
}
