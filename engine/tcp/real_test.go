//go:build linux

package tcp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

// The engine beside redis-server: as its master, as its replica, and, asked by a raw socket, in its place.

// pairs are the kinds of master and replica that are tested together.
var pairs = []struct{ master, replica string }{{"redis", "ours"}, {"ours", "redis"}, {"ours", "ours"}}

// forPairs runs a test for each pair.
func forPairs(t *testing.T, f func(t *testing.T, master, replica string)) {
	for _, p := range pairs {
		t.Run(p.replica+" follows "+p.master, func(t *testing.T) {
			t.Parallel() // they wait for ticks more than they work
			f(t, p.master, p.replica)
		})
	}
}

// both runs a test for each kind of server.
func both(t *testing.T, f func(t *testing.T, kind string)) {
	for _, kind := range []string{"redis", "ours"} {
		t.Run(kind, func(t *testing.T) { f(t, kind) })
	}
}

func TestAFullResyncCopiesEverything(t *testing.T) {
	for _, diskless := range []string{"yes", "no"} {
		for _, load := range []string{"disabled", "swapdb"} {
			t.Run("diskless-sync "+diskless+", diskless-load "+load, func(t *testing.T) {
				forPairs(t, func(t *testing.T, mk, rk string) {
					master := start(t, mk, "--repl-diskless-sync", diskless)
					replica := start(t, rk, "--repl-diskless-load", load)
					master.fill()
					replica.ok("SET", "old", "gone after the resync")
					replica.follow(master.port)
					inStep(t, master, replica)
					master.syncs(1, 0)
					if got := replica.ok("DBSIZE").Int; got != 9000 {
						t.Errorf("database 0 of the replica holds %d keys", got)
					}
					// The stream goes on behind the snapshot, in the database that it selects.
					master.ok("SET", "after", "1")
					master.c.pipeline(resp.AppendCommand(resp.AppendCommand(resp.AppendCommand(nil, "SELECT", "9"), "INCR", "after"), "SELECT", "0"), 3)
					inStep(t, master, replica)
				})
			})
		}
	}
}

func TestACutLinkContinues(t *testing.T) {
	cuts := map[string]func(master, replica *server, p *proxy){
		"network": func(master, replica *server, p *proxy) {
			p.sever()
			replica.eventually("it notices", func() bool { return replica.info("master_link_status") == "down" })
		},
		"CLIENT KILL at the master": func(master, replica *server, p *proxy) {
			if n := master.ok("CLIENT", "KILL", "TYPE", "replica").Int; n != 1 {
				master.t.Errorf("CLIENT KILL TYPE replica killed %d", n)
			}
		},
		"CLIENT KILL at the replica": func(master, replica *server, p *proxy) {
			if n := replica.ok("CLIENT", "KILL", "TYPE", "master").Int; n != 1 {
				master.t.Errorf("CLIENT KILL TYPE master killed %d", n)
			}
		},
	}
	for _, how := range []string{"network", "CLIENT KILL at the master", "CLIENT KILL at the replica"} {
		t.Run(how, func(t *testing.T) {
			forPairs(t, func(t *testing.T, mk, rk string) {
				master, replica := start(t, mk), start(t, rk)
				p := newProxy(t, master.addr())
				master.write("before:", 100, 100)
				replica.follow(p.port())
				inStep(t, master, replica)
				cuts[how](master, replica, p)
				master.write("during:", 1000, 100)
				master.ok("SET", "volatile", "x", "EX", "1000")
				p.heal()
				inStep(t, master, replica)
				master.syncs(1, 1)
			})
		})
	}
}

func TestAnOverflowedBacklogMeansAFullResync(t *testing.T) {
	forPairs(t, func(t *testing.T, mk, rk string) {
		master := start(t, mk, "--repl-backlog-size", "16kb")
		replica := start(t, rk)
		p := newProxy(t, master.addr())
		replica.follow(p.port())
		inStep(t, master, replica)
		p.sever()
		master.write("during:", 1000, 100)
		p.heal()
		inStep(t, master, replica)
		master.syncs(2, 0)
	})
}

// TestTheBordersOfTheBacklog asks for the bytes around both ends of the backlog. The stream is the same, so the
// answers of both kinds have to be the same too, to the byte.
func TestTheBordersOfTheBacklog(t *testing.T) {
	answers := map[string][]string{}
	both(t, func(t *testing.T, kind string) {
		s := start(t, kind, "--repl-backlog-size", "16kb")
		keep := dialRaw(t, s.addr())
		id, _ := keep.fullSync(s, "eof", "psync2")
		s.write("k:", 2000, 64)
		keep.bytes(int(s.number("master_repl_offset"))) // what it has not been sent would be held for it
		s.ok("PING")
		s.ok("PING")
		first, length := s.number("repl_backlog_first_byte_offset"), s.number("repl_backlog_histlen")
		offset := s.number("master_repl_offset")
		if first <= 1 || first+length != offset+1 {
			t.Fatalf("backlog [%d, +%d), offset %d", first, length, offset)
		}
		for _, ask := range []struct {
			name string
			want int64
			held bool
		}{
			{"just trimmed", first - 1, false},
			{"oldest held", first, true},
			{"in the middle", first + length/2, true},
			{"last written", first + length - 1, true},
			{"lacks nothing", first + length, true},
			{"from the future", first + length + 1, false},
			{"nothing at all", 1, false},
			{"zero", 0, false},
			{"minus one", -1, false},
		} {
			c := dialRaw(t, s.addr())
			answer := c.psync(strings.ToUpper(id), ask.want, "eof", "psync2")
			answer = strings.ReplaceAll(answer, id, "ID")
			if want := map[bool]string{true: "+CONTINUE ID", false: fmt.Sprintf("+FULLRESYNC ID %d", offset)}[ask.held]; answer != want {
				t.Errorf("%s (%d of [%d..%d]): %s, want %s", ask.name, ask.want, first, first+length-1, answer, want)
			}
			answers[kind] = append(answers[kind], fmt.Sprint(ask.name, " ", ask.want, " ", answer))
			if ask.held {
				c.bytes(int(first + length - ask.want))
			}
			c.Close()
		}
		// The id counts too, and a peer without psync2 is not told it.
		c := dialRaw(t, s.addr())
		if answer := c.psync(strings.Repeat("0", 40), first, "psync2"); !strings.HasPrefix(answer, "+FULLRESYNC "+id) {
			t.Errorf("with an unknown id: %s", answer)
		}
		c.Close()
		if answer := dialRaw(t, s.addr()).psync(id, first); answer != "+CONTINUE" {
			t.Errorf("without capa psync2: %s", answer)
		}
	})
	if a, b := fmt.Sprint(answers["redis"]), fmt.Sprint(answers["ours"]); a != b {
		t.Errorf("redis answers %s\nours answers  %s", a, b)
	}
}

// TestTheSameStreamLeavesTheSameBacklog gives both kinds the same commands and compares what they hold after each.
func TestTheSameStreamLeavesTheSameBacklog(t *testing.T) {
	for _, size := range []string{"16kb", "100kb", "1mb"} {
		t.Run(size, func(t *testing.T) {
			held := map[string][]string{}
			both(t, func(t *testing.T, kind string) {
				s := start(t, kind, "--repl-backlog-size", size)
				keep := dialRaw(t, s.addr())
				_, offset := keep.fullSync(s, "eof", "psync2")
				for round, n := range []struct{ keys, size int }{{1, 10}, {100, 10}, {400, 40}, {1000, 100}, {3, 20_000}, {1, 300_000}, {50, 1}, {1, 20_440}, {500, 500}} {
					s.write(fmt.Sprint("round", round, ":"), n.keys, n.size)
					// A replica that has not been sent everything pins blocks: read all before looking.
					now := s.number("master_repl_offset")
					keep.bytes(int(now - offset))
					offset = now
					keep.ack(offset)
					s.ok("PING") // one more turn of the event loop, in which what is not pinned any more is trimmed
					s.ok("PING")
					held[kind] = append(held[kind], fmt.Sprintf("round %d: first %s, %s bytes, offset %d", round,
						s.info("repl_backlog_first_byte_offset"), s.info("repl_backlog_histlen"), offset))
				}
			})
			for i := range held["redis"] {
				if a, b := held["redis"][i], held["ours"][i]; a != b {
					t.Errorf("redis: %s\nours:  %s", a, b)
				}
			}
		})
	}
}

func TestPromotionKeepsTheHistory(t *testing.T) {
	for _, kinds := range [][3]string{{"redis", "ours", "redis"}, {"ours", "redis", "ours"}, {"ours", "ours", "ours"}} {
		t.Run(strings.Join(kinds[:], " "), func(t *testing.T) {
			t.Parallel()
			a, b, c := start(t, kinds[0]), start(t, kinds[1]), start(t, kinds[2])
			a.write("k:", 100, 10)
			b.follow(a.port)
			c.follow(a.port)
			inStep(t, a, b, c)
			before, offset := a.info("master_replid"), a.number("master_repl_offset")
			b.ok("REPLICAOF", "NO", "ONE")
			if got := b.info("master_replid2"); got != before {
				t.Errorf("replid2 of the promoted is %s, want %s", got, before)
			}
			if got := b.number("second_repl_offset"); got != offset+1 {
				t.Errorf("second_repl_offset is %d, want %d", got, offset+1)
			}
			b.ok("SET", "written", "by the new master")
			c.follow(b.port)
			a.follow(b.port) // the old master wrote nothing more, so it continues too
			inStep(t, b, a, c)
			b.syncs(0, 2)
		})
	}
}

func TestAnOldMasterThatWroteOnNeedsAFullResync(t *testing.T) {
	forPairs(t, func(t *testing.T, ak, bk string) {
		a, b := start(t, ak), start(t, bk)
		b.follow(a.port)
		a.ok("SET", "k", "1")
		inStep(t, a, b)
		b.ok("REPLICAOF", "NO", "ONE")
		a.ok("SET", "lost", "1")
		b.ok("SET", "k", "2")
		a.follow(b.port)
		inStep(t, b, a)
		b.syncs(1, 0)
	})
}

func TestAChainSharesOneHistory(t *testing.T) {
	for _, kinds := range [][3]string{{"redis", "ours", "redis"}, {"ours", "redis", "ours"}} {
		t.Run(strings.Join(kinds[:], " "), func(t *testing.T) {
			t.Parallel()
			a, b, c := start(t, kinds[0]), start(t, kinds[1]), start(t, kinds[2])
			b.follow(a.port)
			c.follow(b.port)
			a.write("k:", 100, 100)
			inStep(t, a, b, c)
			// The one in the middle loses its master for a while; the end of the chain does not notice.
			b.ok("CLIENT", "KILL", "TYPE", "master")
			a.write("l:", 100, 100)
			inStep(t, a, b, c)
			// The end of the chain goes to the top: same history, same offsets, nothing to copy.
			c.follow(a.port)
			a.ok("SET", "m", "1")
			inStep(t, a, b, c)
			a.syncs(1, 2)
			b.syncs(1, 0)
		})
	}
}

func TestTheFramingOfASnapshot(t *testing.T) {
	for _, tt := range []struct {
		name, diskless string
		capa           []string
		streamed       bool
	}{
		{"diskless, eof announced", "yes", []string{"eof", "psync2"}, true},
		{"diskless, eof withheld", "yes", []string{"psync2"}, false},
		{"disk", "no", []string{"eof", "psync2"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			both(t, func(t *testing.T, kind string) {
				s := start(t, kind, "--repl-diskless-sync", tt.diskless)
				s.ok("SET", "k", "v")
				c := dialRaw(t, s.addr())
				answer := c.psync("?", -1, tt.capa...)
				if want := "+FULLRESYNC " + s.info("master_replid") + " 0"; answer != want {
					t.Errorf("answer %q, want %q", answer, want)
				}
				rdb, header := c.snapshot()
				if got := strings.HasPrefix(header, "$EOF:"); got != tt.streamed {
					t.Errorf("payload begins with %q", header)
				}
				if !strings.HasPrefix(string(rdb), "REDIS0010") {
					t.Errorf("the snapshot begins with %q", rdb[:9])
				}
				s.ok("SET", "k", "w")
				stream := resp.AppendCommand(resp.AppendCommand(nil, "SELECT", "0"), "SET", "k", "w")
				if tt.streamed {
					s.online()
					c.ack(0) // the stream must not begin before: it would be taken for the snapshot's end
				}
				if got := c.bytes(len(stream)); string(got) != string(stream) {
					t.Errorf("the stream begins with %q, want %q", got, stream)
				}
			})
		})
	}
}

func TestTwoReplicasShareOneSnapshot(t *testing.T) {
	forPairs(t, func(t *testing.T, mk, rk string) {
		master := start(t, mk, "--repl-diskless-sync-delay", "1")
		master.fill()
		a, b := start(t, rk), start(t, "redis")
		a.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
		b.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
		a.linkUp()
		b.linkUp()
		inStep(t, master, a, b)
		master.syncs(2, 0)
	})
}

func TestInfoAndRoleAgree(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		master, replica := start(t, kind), start(t, "ours")
		replica.follow(master.port)
		master.ok("SET", "k", "v")
		inStep(t, master, replica)
		master.eventually("the replica has acknowledged all", func() bool {
			return strings.Contains(master.info("slave0"), fmt.Sprintf("ip=127.0.0.1,port=%d,state=online,offset=%d,lag=", replica.port, master.number("master_repl_offset")))
		})
		offset := master.info("master_repl_offset")
		want := "1) \"master\"\n2) (integer) " + offset + "\n3) 1) 1) \"127.0.0.1\"\n      2) \"" + strconv.Itoa(replica.port) + "\"\n      3) \"" + offset + "\""
		if got := strings.TrimRight(resp.Format(master.ok("ROLE")), "\n"); got != want {
			t.Errorf("ROLE of the master:\n%s\nwant:\n%s", got, want)
		}
		want = "1) \"slave\"\n2) \"127.0.0.1\"\n3) (integer) " + strconv.Itoa(master.port) + "\n4) \"connected\"\n5) (integer) " + offset
		if got := strings.TrimRight(resp.Format(replica.ok("ROLE")), "\n"); got != want {
			t.Errorf("ROLE of the replica:\n%s\nwant:\n%s", got, want)
		}
	})
}
