package script

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// Full resyncs over two connections: what goes on at once, what fails, and who comes back from it how.
func TestFullResyncsOverTwoConnections(t *testing.T) {
	const (
		begin = `node m@8.0+dual enable-debug-command=yes rdb-key-save-delay=20000
			node r@8.0+dual
			m> DEBUG POPULATE 100 key 20
			r> SET old 1
			r> REPLICAOF m 6379
			`
		both = `until m.slave1 = "ip=10.0.0.2,port=6380,state=bg_transfer,offset=0,lag=0,type=main-channel"
			expect m.slave0 = "ip=10.0.0.2,port=6380,state=wait_bgsave,offset=0,lag=0,type=rdb-channel"
			m> SET during 1
			until r.replicas_repl_buffer_size = 20464
			expect r.master_link_status = down
			expect ` + "`r> GET old` = 1\n"
		end = rIsUp + "expect `r> EXISTS old` = 0\nexpect m.connected_slaves = 1\n"
	)
	for _, row := range []struct{ event, text, want string }{
		{"all is well", begin + both + end + `expect m.sync_full = 1
			expect m.sync_partial_ok = 1
			expect r.replicas_repl_buffer_peak = 20464
			expect m.replicas_waiting_psync = 0`, "F"},
		{"both connections are cut", begin + both + "sever m r\nwait 1s\nheal m r\n" + end + "expect m.sync_full = 2\n", "F"},
		{"they vanish into the dark for a while", begin + both + "blackhole m r\nwait 1s\nheal m r\n" + end + "expect m.sync_full = 1\n", "F"},
		{"for longer than anybody waits", begin + `m> CONFIG SET repl-timeout 5
			r> CONFIG SET repl-timeout 5
			` + both + "blackhole m r\nwait 20s\nheal m r\n" + rIsUp, "F"}, // the master keeps what it has of the old ones
		{"the replica dies", begin + both + "kill r\nwait 1s\nstart r\nr> REPLICAOF m 6379\n" + end, "F"},
		{"the master dies", begin + both + "kill m\nwait 1s\nstart m\n" + rIsUp, "F"},
		{"the replica changes its mind", begin + both + "r> REPLICAOF NO ONE\nwait 1s\nexpect `r> GET old` = 1\nr> REPLICAOF m 6379\n" + end, "F"},
		{"the snapshot fails", begin + both + "m> FLUSHALL\n" + rIsUp, "F"},
		{"the master is promoted in the middle", `node m@8.0+dual
			node a@8.0+dual replicaof m rdb-key-save-delay=20000
			until a.master_link_status = up
			m> SELECT 3
			m> SET k v
			m> SELECT 0
			m> SET k v
			wait 1s
			m> SELECT 3
			m> SET k w
			wait 1s
			node r@8.0+dual replicaof a
			until a.replicas_waiting_psync = 1
			a> REPLICAOF NO ONE
			a> SET after 1
			until r.master_link_status = up
			wait 1500ms
			expect r.digest = a.digest
			expect r.master_replid = a.master_replid`, "F"},
		{"below one in the middle, in another database", `node m@8.0+dual
			node a@8.0+dual replicaof m
			until a.master_link_status = up
			m> SELECT 5
			m> SET x 1
			wait 1s
			node r@8.0+dual replicaof a
			until r.master_link_status = up
			m> SET after 1
			wait 1500ms
			expect r.digest = m.digest`, "F"},
		{"the master has it off", strings.Replace(begin, "rdb-key", "dual-channel-replication-enabled=no rdb-key", 1) + `until m.slave0 = "ip=10.0.0.2,port=6380,state=wait_bgsave,offset=0,lag=0,type=replica"
			` + end + "expect m.sync_partial_ok = 0\n", "F"},
		{"several at once", begin + `node s@8.0+dual replicaof m
			until s.master_link_status = up
			` + rIsUp + "expect s.digest = m.digest\nexpect m.total_forks = 2\nexpect m.sync_full = 2\n", "F"},
		{"a short cut afterwards is continued", begin + both + rIsUp + "sever m r\nm> SET a 1\nheal m r\n" + end + "expect m.sync_partial_ok = 2\n", "FP"},
	} {
		t.Run(row.event, func(t *testing.T) {
			text := inEra(row.text, "")
			s := NewSession(parse(t, text))
			if err := finish(s); err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(events(s.World()), "\n"))
			}
			if err := Check(parse(t, text)); err != nil {
				t.Error(err)
			}
			if got := resyncs(s, "r"); got != row.want {
				t.Errorf("got %s, want %s\n%s", got, row.want, strings.Join(events(s.World()), "\n"))
			}
		})
	}
}

// A branch in the middle of a resync over two connections goes on as its origin does.
func TestABranchInAResyncOverTwoConnections(t *testing.T) {
	s := started(t, inEra(`node m@8.0+dual enable-debug-command=yes rdb-key-save-delay=20000
		m> DEBUG POPULATE 100 key 20
		node r@8.0+dual replicaof m
		until r.master_sync_in_progress = 1
		m> SET during 1
		wait 500ms`, ""))
	twin := s.Clone()
	for _, s := range []*Session{s, twin} {
		s.World().RunUntil(s.World().Now().Add(5 * time.Second))
	}
	if err := sameEvents(s.World().Events(), twin.World().Events()); err != nil {
		t.Error(err)
	}
	kept := false
	for _, e := range twin.World().Events().All() {
		_, ok := e.Fact.(engine.StreamBufferApplied)
		kept = kept || ok
	}
	if !kept {
		t.Error("nothing of the stream was kept")
	}
}
