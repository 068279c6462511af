//go:build linux

package tcp

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine/resp"
)

// The replica's side beside redis-server: full resyncs by every way, restarts of both sides, and what is broken.

// ends ends the process: in order, with its data saved, or as SIGKILL does.
func (s *server) ends(inOrder bool, words ...string) {
	s.t.Helper()
	if inOrder {
		s.c.send(resp.AppendCommand(nil, append([]string{"SHUTDOWN"}, words...)...))
		if said := s.c.ended(); said != "" {
			s.t.Errorf("%s: SHUTDOWN answers %q", s.kind, said)
		}
	}
	s.stop()
}

// A replica continues where its file says that it was: the one that it saved, or, when it was killed, that of its last
// full resync.
func TestARestartedReplicaContinues(t *testing.T) {
	for _, how := range []string{"SHUTDOWN SAVE", "killed", "killed after a streamed snapshot", "killed, with a file that is removed"} {
		t.Run(how, func(t *testing.T) {
			forPairs(t, func(t *testing.T, mk, rk string) {
				diskless, del := "no", "no"
				if strings.Contains(how, "streamed") {
					diskless = "yes"
				}
				if strings.Contains(how, "removed") {
					del = "yes"
				}
				dir := t.TempDir()
				master := start(t, mk, "--repl-diskless-sync", diskless)
				replica := start(t, rk, "--dir", dir, "--rdb-del-sync-files", del)
				master.fill()
				replica.follow(master.port)
				inStep(t, master, replica)
				master.write("before:", 100, 100)
				inStep(t, master, replica)
				replica.ends(how == "SHUTDOWN SAVE", "SAVE")
				master.write("during:", 100, 100)
				replica = start(t, rk, "--dir", dir, "--replicaof", "127.0.0.1", strconv.Itoa(master.port))
				replica.linkUp()
				inStep(t, master, replica)
				if del == "yes" {
					master.syncs(2, 0)
				} else {
					master.syncs(1, 1)
				}
				master.ok("SELECT", "9")
				master.ok("SET", "after", "1")
				inStep(t, master, replica)
			})
		})
	}
}

// The replicas of a master continue when it has started again, and learn which keys have expired meanwhile. Without a
// file, or ahead of it, they cannot.
func TestARestartedMasterIsContinued(t *testing.T) {
	for _, how := range []string{"SHUTDOWN SAVE", "SHUTDOWN NOSAVE", "killed behind the replica", "nothing"} {
		t.Run(how, func(t *testing.T) {
			forPairs(t, func(t *testing.T, mk, rk string) {
				dir := t.TempDir()
				master, replica := start(t, mk, "--dir", dir), start(t, rk)
				p := newProxy(t, master.addr())
				master.fill()
				replica.follow(p.port())
				inStep(t, master, replica)
				id := master.info("master_replid")
				const lives = 2 * time.Second // more than it takes to get to the end of the process
				master.ok("SET", "soon", "v", "PX", strconv.FormatInt(lives.Milliseconds(), 10))
				master.ok("SELECT", "3")
				master.ok("SET", "soon", "v", "PX", strconv.FormatInt(lives.Milliseconds(), 10))
				master.ok("SELECT", "0")
				inOrder := strings.HasPrefix(how, "SHUTDOWN")
				if !inOrder {
					master.ok("SAVE")
				}
				if how == "killed behind the replica" {
					master.ok("SET", "lost", "1")
				}
				inStep(t, master, replica)
				p.sever()
				// A master that believes in its replica would ask it for its offset before it ends: 37 bytes more.
				master.eventually("it has lost its replica", func() bool { return master.number("connected_slaves") == 0 })
				if words := strings.Fields(how); inOrder {
					master.ends(true, words[1:]...)
				} else {
					master.ends(false)
				}
				time.Sleep(lives) // the only clock that both kinds share
				master = start(t, mk, "--dir", dir)
				p.mu.Lock()
				p.target = master.addr()
				p.mu.Unlock()
				p.heal()
				replica.eventually("its master is another one", func() bool { return replica.info("master_replid") != id })
				inStep(t, master, replica)
				if how == "SHUTDOWN SAVE" || how == "nothing" {
					master.syncs(0, 1)
					if got := master.info("master_replid2"); got != id {
						t.Errorf("%s: replid2 %s, want %s", mk, got, id)
					}
					if got := master.number("rdb_last_load_keys_expired"); got != 2 {
						t.Errorf("%s: %d keys had expired, want 2", mk, got)
					}
					if got := replica.info("master_replid2"); got != id {
						t.Errorf("%s: replid2 %s, want %s", rk, got, id)
					}
				} else {
					master.syncs(1, 0)
				}
			})
		})
	}
}

// Both kinds, started on the same file, stand at the same place in the history.
func TestBothTakeTheSamePlaceFromAFile(t *testing.T) {
	from := start(t, "redis")
	dialRaw(t, from.addr()).fullSync(from, "eof")
	from.ok("SELECT", "3")
	from.ok("SET", "k", "v")
	from.ok("SET", "gone", "v", "PX", "1")
	from.ok("SAVE")
	file := filepath.Join(from.directory(), "dump.rdb")
	fields := []string{"role", "master_replid2", "second_repl_offset", "master_repl_offset", "repl_backlog_active",
		"repl_backlog_first_byte_offset", "repl_backlog_histlen", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded",
		"slave_repl_offset", "slave_read_repl_offset", "master_link_down_since_seconds"}
	for _, as := range []string{"no one", "127.0.0.1 1"} {
		said := map[string]string{}
		both(t, func(t *testing.T, kind string) {
			dir := t.TempDir()
			copyFile(t, file, filepath.Join(dir, "dump.rdb"))
			s := start(t, kind, append([]string{"--dir", dir, "--replicaof"}, strings.Fields(as)...)...)
			for _, f := range fields {
				said[kind] += f + ":" + s.info(f) + "\n"
			}
			if as != "no one" {
				said[kind] += "replid:" + s.info("master_replid")
			}
		})
		if said["redis"] != said["ours"] {
			t.Errorf("replicaof %s: redis\n%s\nours\n%s", as, said["redis"], said["ours"])
		}
	}
}

// What a snapshot that is none does to both kinds: whether the process goes on, with which keys, and what it asks for
// next.
func TestBrokenSnapshotsAreTakenLikeRedis(t *testing.T) {
	good := string(fakeRDB("k", "v"))
	whole := func(rdb string) string { return "$" + strconv.Itoa(len(rdb)) + "\r\n" + rdb }
	const tail = "\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, tt := range []struct{ name, payload string }{
		{"garbage", "+what\r\n"},
		{"an error instead", "-ERR no snapshot today\r\n"},
		{"a negative length", "$-5\r\n"},
		{"a length that is none", "$12x\r\n"},
		{"cut short", whole(good)[:len(good)-12]},
		{"a file that is cut short", whole(good[:len(good)-12])},
		{"bad checksum", whole(good[:len(good)-1] + "\x00")},
		{"no RDB", whole("0123456789 and so on")},
		{"a future version", whole("REDIS0099" + tail)},
		{"a version just ahead", whole("REDIS0011" + tail)},
		{"an unknown type", whole("REDIS0010\xfe\x00\x3f\x01k\x01v" + tail)},
		{"a database too many", whole("REDIS0010\xfe\x20\x00\x01k\x01v" + tail)},
		{"a key twice", whole("REDIS0010\xfe\x00\x00\x01k\x01v\x00\x01k\x01v" + tail)},
		{"a list that is none", whole("REDIS0010\xfe\x00\x12\x01k\x01\x02\x05abcde" + tail)},
		{"an enormous string", whole("REDIS0010\x00\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff" + strings.Repeat("x", 79))},
	} {
		for _, way := range []string{"disabled", "swapdb"} {
			t.Run(way+", "+tt.name, func(t *testing.T) {
				t.Parallel()
				said := map[string]string{}
				for _, kind := range []string{"redis", "ours"} {
					m := newFakeMaster(t)
					s := start(t, kind, "--repl-diskless-load", way)
					s.ok("SET", "old", "1")
					s.ok("REPLICAOF", "127.0.0.1", m.port())
					c := m.accept()
					c.handshake()
					c.send([]byte("+FULLRESYNC " + fakeID + " 0\r\n" + tt.payload))
					c.Conn.(*net.TCPConn).CloseWrite()
					next := m.acceptUnlessDead(s)
					if next == nil {
						said[kind] = "the process is gone"
						continue
					}
					keys := fmt.Sprint(s.ok("DBSIZE").Int)
					asks := next.handshake()
					said[kind] = strings.ReplaceAll(keys+" keys, "+asks[len(asks)-1], s.info("master_replid"), "OWN")
					next.give(7, []byte(good)) // and this time it works
					s.linkUp()
					if v := s.ok("GET", "k"); string(v.Str) != "v" {
						t.Errorf("%s: GET k: %s", kind, resp.Format(v))
					}
				}
				if said["redis"] != said["ours"] {
					t.Errorf("redis: %s\nours:  %s", said["redis"], said["ours"])
				}
			})
		}
	}
}

// acceptUnlessDead takes the replica's next connection, or returns nil when its process has ended.
func (m *fakeMaster) acceptUnlessDead(s *server) (c *client) {
	m.t.Helper()
	s.eventually("it connects again, or is gone", func() bool {
		m.l.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Millisecond))
		conn, err := m.l.Accept()
		if err == nil {
			c = newClient(m.t, conn)
			return true
		}
		probe, err := net.Dial("tcp", s.addr())
		if err == nil {
			probe.Close()
		}
		return err != nil
	})
	m.l.(*net.TCPListener).SetDeadline(time.Time{})
	return c
}

// While the dataset loads nobody is served, the master is told each second that the replica is alive, and INFO says how
// far it is. Then it is acknowledged.
func TestLoadingTakesItsTimeLikeRedis(t *testing.T) {
	said := map[string]string{}
	both(t, func(t *testing.T, kind string) {
		master := start(t, "redis", "--repl-diskless-sync", "no", "--rdbcompression", "no")
		master.write("k", 30, 1000)
		p := newSniffer(t, master.addr())
		s := start(t, kind, "--key-load-delay", "100000", "--loading-process-events-interval-bytes", "1024")
		s.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(p.port()))
		s.eventually("it loads", func() bool { return s.info("loading") == "1" && s.number("loading_loaded_bytes") > 0 })
		var lines []string
		for _, command := range []string{"GET k1", "PING", "REPLICAOF NO ONE", "SAVE", "CONFIG SET repl-diskless-load swapdb", "SELECT 1", "ROLE"} {
			lines = append(lines, command+" "+strings.ReplaceAll(resp.Format(s.do(strings.Fields(command)...)), strconv.Itoa(p.port()), "PORT"))
		}
		for _, f := range []string{"async_loading", "master_link_status", "master_sync_in_progress", "master_sync_left_bytes", "master_sync_perc", "slave_repl_offset"} {
			lines = append(lines, f+" "+s.info(f))
		}
		s.linkUp()
		inStep(t, master, s)
		if got := p.newlines(); got < 2 || got > 5 {
			t.Errorf("%s: %d newlines in three seconds of loading", kind, got)
		}
		said[kind] = strings.Join(lines, "\n")
	})
	if said["redis"] != said["ours"] {
		t.Errorf("redis:\n%s\nours:\n%s", said["redis"], said["ours"])
	}
}

// A sniffer is a proxy that keeps what the replica says.
type sniffer struct {
	*proxy
	heard *logBuffer
}

func newSniffer(t testing.TB, target string) *sniffer {
	t.Helper()
	s := &sniffer{heard: &logBuffer{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s.proxy = &proxy{t: t, l: l, target: target}
	go func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", target)
			if err != nil {
				a.Close()
				continue
			}
			go pass(a, b)
			go func() {
				buf := make([]byte, 4096)
				for {
					n, err := a.Read(buf)
					if err != nil {
						b.Close()
						return
					}
					s.heard.Write(buf[:n])
					b.Write(buf[:n])
				}
			}()
		}
	}()
	return s
}

// newlines counts those behind PSYNC, up to the first acknowledgement.
func (s *sniffer) newlines() int {
	_, rest, _ := strings.Cut(s.heard.String(), "PSYNC")
	rest, _, _ = strings.Cut(rest, "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK")
	n := 0
	for i := range rest {
		if rest[i] == '\n' && (i == 0 || rest[i-1] != '\r') {
			n++
		}
	}
	return n
}

// Beside the old data of the same history reads go on while the new is loaded.
func TestAsyncLoadingIsLikeRedis(t *testing.T) {
	said := map[string]string{}
	both(t, func(t *testing.T, kind string) {
		master := start(t, "redis", "--repl-backlog-size", "16kb", "--rdbcompression", "no")
		master.write("k", 20, 1000)
		p := newProxy(t, master.addr())
		s := start(t, kind, "--repl-diskless-load", "swapdb", "--loading-process-events-interval-bytes", "1024")
		sub := start(t, "redis")
		s.follow(p.port())
		sub.follow(s.port)
		s.ok("CONFIG", "SET", "key-load-delay", "20000")
		p.sever()
		master.write("l", 100, 1000) // more than the backlog holds
		p.heal()
		s.eventually("it loads beside its data", func() bool { return s.info("async_loading") == "1" })
		var lines []string
		for _, command := range []string{"EXISTS k1 l1", "SET a 1", "DBSIZE", "REPLICAOF NO ONE", "SAVE", "BGSAVE", "PSYNC ? -1", "CONFIG SET repl-diskless-load disabled", "CONFIG SET hz 11"} {
			lines = append(lines, command+" "+resp.Format(s.do(strings.Fields(command)...)))
		}
		for _, f := range []string{"loading", "master_sync_in_progress", "connected_slaves"} {
			lines = append(lines, f+" "+s.info(f))
		}
		s.linkUp()
		inStep(t, master, s)
		sub.linkUp()
		inStep(t, s, sub)
		said[kind] = strings.Join(lines, "\n")
	})
	if said["redis"] != said["ours"] {
		t.Errorf("redis:\n%s\nours:\n%s", said["redis"], said["ours"])
	}
}

// A writable replica removes the keys that its own clients gave a time to live, and keeps all of it to itself.
func TestAWritableReplicaIsLikeRedis(t *testing.T) {
	said := map[string]string{}
	both(t, func(t *testing.T, kind string) {
		master := start(t, "redis")
		master.ok("SET", "theirs", "1")
		s := start(t, kind, "--replica-read-only", "no")
		s.follow(master.port)
		var lines []string
		for _, command := range []string{"SET a 1 PX 200", "SETEX b 100 1", "EXPIRE theirs 100", "SET c 1", "PEXPIRE c 200", "COPY a copy", "RENAME b bb", "GETEX c PX 150",
			"SELECT 3", "SET a 1 PX 200", "SELECT 0", "PERSIST theirs"} {
			lines = append(lines, command+" "+resp.Format(s.do(strings.Fields(command)...)))
		}
		lines = append(lines, "tracked "+s.info("slave_expires_tracked_keys"), "offset "+strconv.FormatBool(s.number("master_repl_offset") == master.number("master_repl_offset")))
		s.eventually("they are gone", func() bool { return s.ok("DBSIZE").Int == 2 })
		s.eventually("elsewhere too", func() bool { return !strings.Contains(string(s.ok("INFO", "keyspace").Str), "db3") })
		keys := s.ok("KEYS", "*").Elems
		var names []string
		for _, k := range keys {
			names = append(names, string(k.Str))
		}
		slices.Sort(names)
		lines = append(lines, strings.Join(names, " "), "expired "+s.info("expired_keys"))
		said[kind] = strings.Join(lines, "\n")
	})
	if said["redis"] != said["ours"] {
		t.Errorf("redis:\n%s\nours:\n%s", said["redis"], said["ours"])
	}
}

// What the log says of a replica's life, line by line.
func TestAReplicaLogsLikeRedis(t *testing.T) {
	said := map[string][]string{}
	both(t, func(t *testing.T, kind string) {
		m := newFakeMaster(t)
		s := start(t, kind, "--masterauth", "pw", "--repl-timeout", "2")
		s.ok("SET", "old", "1")
		s.ok("REPLICAOF", "127.0.0.1", m.port())
		c := m.accept() // a first sync
		c.handshake()
		c.give(100, fakeRDB("k", "v"))
		s.linkUp()
		c.Close()
		c = m.accept() // a partial one
		c.handshake()
		c.send([]byte("+CONTINUE " + strings.Repeat("f", 40) + "\r\n"))
		s.linkUp()
		c.Close()
		c = m.accept() // a transfer that fails
		c.handshake()
		c.send([]byte("+FULLRESYNC " + fakeID + " 200\r\n$1000\r\nabc"))
		s.logs("receiving 1000 bytes")
		c.Close()
		c = m.accept() // a wrong password
		c.command()
		c.send([]byte("-NOAUTH x\r\n"))
		c.command()
		c.send([]byte("-WRONGPASS no\r\n"))
		c = m.accept() // a timeout
		c.handshake()
		c.send([]byte("+CONTINUE\r\n"))
		s.linkUp()
		c = m.accept()
		c.handshake()
		m.l.Close() // the master is gone
		c.Close()
		s.logs("Error condition on socket for SYNC: Connection refused")
		s.ok("REPLICAOF", "NO", "ONE")
		s.logs("MASTER MODE enabled")
		said[kind] = replicationLog(s.log.String(), m.port(), s.port)
	})
	if a, b := said["redis"], said["ours"]; !slices.Equal(a, b) {
		t.Errorf("redis, and ours where it differs:\n%s", beside(strings.Join(a, "\n"), strings.Join(b, "\n")))
	}
}

// replicationLog is a log without what differs from one process to the next.
func replicationLog(log, port string, own int) (lines []string) {
	for l := range strings.Lines(log) {
		parts := strings.SplitN(strings.TrimSpace(l), " ", 7)
		if len(parts) < 7 {
			continue
		}
		text := parts[5] + " " + parts[6]
		if i := strings.Index(text, "(user request from"); i >= 0 {
			text = text[:i]
		}
		for _, dull := range []string{"Accepted", "Ready to", "Server init", "- DB ", "clients connected", "Reading from client", "monotonic", "Running mode", "Configuration", "oO0", "Redis version", "WARNING Mem", "overcommit", "Client closed"} {
			if strings.Contains(text, dull) {
				text = ""
				break
			}
		}
		if text == "" {
			continue
		}
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" :,().", r) }) {
			if len(w) == 40 && w != fakeID && w != strings.Repeat("f", 40) {
				text = strings.ReplaceAll(text, w, "ID")
			}
		}
		lines = append(lines, strings.ReplaceAll(text, port, "PORT"))
	}
	return lines
}

// A replica's disk that takes nothing costs attempts and nothing else.
func TestADiskThatTakesNoSnapshot(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		dir := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		master := start(t, "redis")
		master.write("k", 10, 10)
		s := start(t, kind, "--dir", dir)
		s.ok("SET", "old", "1")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		s.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
		s.logs("Opening the temp file needed for MASTER <-> REPLICA synchronization: No such file or directory")
		if v := s.do("GET", "old"); string(v.Str) != "1" {
			t.Errorf("%s: GET old: %s", kind, resp.Format(v))
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if kind == "redis" {
			return // it has lost its working directory for good
		}
		s.linkUp()
		inStep(t, master, s)
	})
}
