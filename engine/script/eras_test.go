package script

import (
	"strings"
	"testing"

	"resync/engine"
	"resync/engine/repl"
)

// dual is 8.0 with full resyncs over two connections.
const dual = "8.0+dual"

// The servers of an era in a test: "node m@2.8" is one with a small backlog and no wait before a snapshot.
func inEra(text, era string) string {
	settings := map[string]string{
		"2.6": "",
		"2.8": " repl-backlog-size=16kb",
		"4.0": " repl-backlog-size=16kb",
		"7.0": " repl-backlog-size=16kb repl-diskless-sync-delay=0",
		"8.0": " repl-backlog-size=16kb repl-diskless-sync-delay=0",
		dual:  " repl-backlog-size=16kb repl-diskless-sync-delay=0 dual-channel-replication-enabled=yes",
	}
	text = strings.ReplaceAll(text, "@ERA", "@"+era)
	backlog := "repl-backlog-size=1mb" // a large one
	if era == "2.6" {
		backlog = ""
	}
	text = strings.ReplaceAll(text, "BACKLOG", backlog)
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "node "); ok {
			name, rest, _ := strings.Cut(rest, "@")
			era, rest, _ := strings.Cut(rest, " ")
			of := ""
			if after, ok := strings.CutPrefix(rest, "replicaof "); ok {
				of, rest, _ = strings.Cut(after, " ")
				of = " replicaof " + of
			}
			line = "node " + name + " era " + strings.TrimSuffix(era, "+dual") + of + settings[era] + " " + rest
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// resyncs are those of a node since its birth: F for a full one, P for a partial one.
func resyncs(s *Session, name string) string {
	var all strings.Builder
	for _, e := range s.World().Events().All() {
		if f, ok := e.Fact.(engine.SyncFinished); ok && e.Node == name {
			if f.Partial {
				all.WriteByte('P')
			} else {
				all.WriteByte('F')
			}
		}
	}
	return all.String()
}

// two is a master and a replica that have something in common.
const two = `node m@ERA
	node r@ERA replicaof m
	until r.master_link_status = up
	m> SET k v
	wait 1500ms
	`

// chain is a master, a replica, and a replica of that.
const chain = `node m@ERA
	node a@ERA replicaof m
	until a.master_link_status = up
	m> SET k v
	wait 1500ms
	node b@ERA replicaof a
	until b.master_link_status = up
	m> SET k w
	wait 1500ms
	`

// The end of a story: who was away has everything again.
const (
	rIsUp = "until r.master_link_status = up\nwait 1500ms\nexpect r.digest = m.digest\n"
	bIsUp = "until b.master_link_status = up\nwait 1500ms\nexpect b.digest = a.digest\n"
)

// What happens, and how each generation of Redis comes back from it: every resync of one node since its birth. 8.0 does
// what 7.0 does, over two connections too.
func TestEveryEraComesBackInItsOwnWay(t *testing.T) {
	for _, row := range []struct {
		event string
		who   string
		text  string
		want  [4]string // of 2.6, 2.8, 4.0, and 7.0 and 8.0; "-" where the event is none
	}{
		{"a short cut", "r", two + `sever m r
			m> SET a 1
			wait 2s
			heal m r
			` + rIsUp, [4]string{"FF", "FP", "FP", "FP"}},
		{"a cut longer than the backlog", "r", two + `sever m r
			load m rate 200/s size 64 keys 100
			wait 4s
			unload m
			heal m r
			` + rIsUp, [4]string{"FF", "FF", "FF", "FF"}},
		{"a cut inside a command", "r", two + `link m r bandwidth 1kb/s
			m> SET a ` + strings.Repeat("x", 4000) + `
			wait 2s
			sever m r
			link m r bandwidth 0/s
			heal m r
			` + rIsUp + "expect `r> STRLEN a` = 4000\n", [4]string{"FF", "FP", "FP", "FP"}},
		{"a cut inside a transaction", "r", two + `link m r bandwidth 1kb/s
			m> MULTI
			m> SET a 1
			m> SET b ` + strings.Repeat("x", 4000) + `
			m> INCR a
			m> EXEC
			wait 2s
			sever m r
			link m r bandwidth 0/s
			heal m r
			` + rIsUp + "expect `r> GET a` = 2\n", [4]string{"FF", "FP", "FP", "FP"}},
		{"the replica restarts with its own RDB", "r", two + `shutdown r save
			wait 1s
			m> SET a 1
			start r
			` + rIsUp, [4]string{"FF", "FF", "FP", "FP"}},
		{"the replica is killed, and has the RDB of its last full resync", "r", two + `kill r
			wait 1s
			m> SET a 1
			start r
			` + rIsUp, [4]string{"FF", "FF", "FP", "FP"}},
		{"the replica starts without a file", "r", two + `kill r
			wipe r
			start r
			` + rIsUp, [4]string{"FF", "FF", "FF", "FF"}},
		{"the master restarts", "r", two + `shutdown m save
			wait 3s
			start m
			` + rIsUp, [4]string{"FF", "FF", "FF", "FP"}},
		{"the master is killed, and its file is older than the replica", "r", two + `m> SAVE
			m> SET a 1
			wait 1s
			kill m
			wait 1s
			start m
			` + rIsUp, [4]string{"FF", "FF", "FF", "FF"}},
		{"one replica is promoted, the other is pointed to it", "s", two + `node s@ERA replicaof m
			until s.master_link_status = up
			m> SET a 1
			wait 1500ms
			r> SLAVEOF NO ONE
			s> SLAVEOF r 6380
			until s.master_link_status = up
			r> SET b 1
			wait 1500ms
			expect s.digest = r.digest`, [4]string{"FF", "FF", "FP", "FP"}},
		{"the one in the middle is promoted", "b", chain + `a> SLAVEOF NO ONE
			wait 3s
			a> SET a 1
			` + bIsUp, [4]string{"F", "F", "FP", "FP"}},
		{"the old master joins the new one, and has written nothing since", "m", two + `m> SET a 1
			wait 1500ms
			r> SLAVEOF NO ONE
			m> SLAVEOF r 6380
			until m.master_link_status = up
			r> SET a 2
			wait 1500ms
			expect r.digest = m.digest`, [4]string{"F", "F", "P", "P"}},
		{"the old master joins the new one, and has written", "m", two + `sever m r
			m> SET lost 1
			r> SLAVEOF NO ONE
			heal m r
			m> SLAVEOF r 6380
			until m.master_link_status = up
			wait 1500ms
			expect r.digest = m.digest`, [4]string{"F", "F", "F", "F"}},
		{"the old master starts again with its file, below the new one", "m", `node r@ERA
			node m@ERA replicaof r
			until m.master_link_status = up
			m> SLAVEOF NO ONE
			r> SLAVEOF m 6380
			until r.master_link_status = up
			m> SET k v
			wait 1500ms
			shutdown m save
			wait 2s
			r> SLAVEOF NO ONE
			r> SET a 1
			start m
			until m.master_link_status = up
			wait 1500ms
			expect r.digest = m.digest`, [4]string{"FF", "FF", "FP", "FP"}},
		{"a full resync that does not come to its end, and one who has what was asked for before", "r", two + `node s@ERA replicaof m BACKLOG
			until s.master_link_status = up
			wait 1500ms
			sever m r
			load m rate 200/s size 64 keys 100
			wait 4s
			unload m
			link m r bandwidth 1kb/s
			heal m r
			until m.connected_slaves = 2
			wait 1s
			r> SLAVEOF s 6381
			` + rIsUp, [4]string{"FF", "FF", "FF", "FP"}},
		{"the one beside the middle is pointed to it", "c", chain + `node c@ERA replicaof m
			until c.master_link_status = up
			m> SET a 1
			wait 1500ms
			c> SLAVEOF a 6380
			until c.master_link_status = up
			m> SET a 2
			wait 1500ms
			expect c.digest = m.digest`, [4]string{"FF", "FF", "FP", "FP"}},
		{"promoted, and back to the same master", "r", two + `r> SLAVEOF NO ONE
			r> SLAVEOF m 6379
			` + rIsUp, [4]string{"FF", "FF", "FF", "FF"}},
		{"a short cut above the one in the middle", "a", chain + `sever m a
			wait 2s
			heal m a
			until a.master_link_status = up
			m> SET a 1
			` + bIsUp, [4]string{"FF", "FP", "FP", "FP"}},
		{"what the one below sees of that", "b", chain + `sever m a
			wait 2s
			heal m a
			until a.master_link_status = up
			m> SET a 1
			` + bIsUp, [4]string{"FF", "F", "F", "F"}},
		{"a cut above the one in the middle, longer than the patience of the one below", "b", `node m@ERA
			node a@ERA replicaof m
			until a.master_link_status = up
			node b@ERA replicaof a repl-timeout=15
			until b.master_link_status = up
			m> SET k v
			wait 1500ms
			sever m a
			wait 30s
			heal m a
			until a.master_link_status = up
			m> SET a 1
			wait 3s
			` + bIsUp, [4]string{"FF", "F", "FP", "FP"}},
		{"a cut above the one in the middle, while the one below reconnects", "b", chain + `sever m a
			wait 2s
			sever a b
			heal a b
			wait 3s
			heal m a
			until a.master_link_status = up
			m> SET a 1
			wait 3s
			` + bIsUp, [4]string{"FF", "FF", "FP", "FP"}},
		{"a long cut above the one in the middle", "b", chain + `sever m a
			load m rate 200/s size 64 keys 100
			wait 4s
			unload m
			heal m a
			until a.master_link_status = up
			wait 3s
			` + bIsUp, [4]string{"FF", "FF", "FF", "FF"}},
		{"the one in the middle is pointed to another one of the tree", "a", chain + `node c@ERA replicaof m
			until c.master_link_status = up
			m> SET a 1
			wait 1500ms
			a> SLAVEOF c 6382
			until a.master_link_status = up
			m> SET a 2
			wait 3s
			` + bIsUp, [4]string{"FF", "FF", "FP", "FP"}},
		{"what the one below sees of that", "b", chain + `node c@ERA replicaof m
			until c.master_link_status = up
			m> SET a 1
			wait 1500ms
			a> SLAVEOF c 6382
			until a.master_link_status = up
			m> SET a 2
			wait 3s
			` + bIsUp, [4]string{"FF", "FF", "FP", "F"}},
		{"the one below is pointed to the top", "b", chain + `b> SLAVEOF m 6379
			until b.master_link_status = up
			m> SET a 1
			wait 1500ms
			expect b.digest = m.digest`, [4]string{"FF", "FF", "FP", "FP"}},
		{"the backlog changes its size meanwhile", "r", two + `sever m r
			m> SET a 1
			m> CONFIG SET repl-backlog-size 65536
			wait 2s
			heal m r
			` + rIsUp, [4]string{"-", "FF", "FF", "FP"}},
		{"the backlog's time is over, and something was written", "r", `node m@ERA repl-backlog-ttl=1
			node r@ERA replicaof m
			until r.master_link_status = up
			sever m r
			wait 5s
			m> SET a 1
			heal m r
			` + rIsUp, [4]string{"-", "FF", "FF", "FF"}},
	} {
		for i, era := range append(repl.EraNames(), dual) {
			want := row.want[min(i, 3)]
			if want == "-" {
				continue
			}
			t.Run(row.event+", "+era, func(t *testing.T) {
				s := NewSession(parse(t, inEra(row.text, era)))
				if err := finish(s); err != nil {
					t.Fatalf("%v\n%s", err, strings.Join(events(s.World()), "\n"))
				}
				if err := Check(parse(t, inEra(row.text, era))); err != nil {
					t.Error(err)
				}
				if got := resyncs(s, row.who); got != want {
					t.Errorf("got %s, want %s\n%s", got, want, strings.Join(events(s.World()), "\n"))
				}
			})
		}
	}
}

// A replica of each era below a master of each: what happens first, and after a short cut.
func TestErasThatMeet(t *testing.T) {
	const (
		refused = "its RDB is too new"
		frozen  = "the first database that is announced is the end of it"
		deaf    = "the first reply in the stream is the end of it"
	)
	for _, row := range []struct {
		master string
		want   [5]string // by the era of the replica
	}{
		{"2.6", [5]string{"FF", "FF", "FF", frozen, deaf}},
		{"2.8", [5]string{"FF", "FP", "FP", "FP", "FP"}},
		{"4.0", [5]string{refused, refused, "FP", "FP", "FP"}},
		{"7.0", [5]string{refused, refused, refused, "FP", "FP"}},
		{"8.0", [5]string{refused, refused, refused, refused, "FP"}},
	} {
		for i, era := range repl.EraNames() {
			t.Run(era+" below "+row.master, func(t *testing.T) {
				pair := "node m@" + row.master + "\nm> SET k v\nnode r@" + era + " replicaof m\n"
				text := pair + "until r.master_link_status = up\nm> SET a 1\nwait 2500ms\nsever m r\nm> SET a 2\nwait 2s\nheal m r\n" + rIsUp
				want := row.want[i]
				switch want {
				case refused:
					want, text = "", pair+"wait 5s\nexpect r.master_link_status = down\nexpect `r> DBSIZE` = 0\nkill r\nstart r\nexpect r.state = down\n"
				case frozen, deaf:
					first := "1"
					if want == deaf {
						first = "0"
					}
					want, text = "F", pair+"until r.master_link_status = up\nwait 1500ms\nm> SET a 1\nwait 2s\nexpect `r> EXISTS a` = "+first+
						"\nm> SELECT 1\nm> SET b 1\nm> SELECT 0\nm> SET c 1\nwait 30s\nexpect r.master_link_status = up\nexpect `r> EXISTS c` = 0\n"
				}
				s := NewSession(parse(t, inEra(text, "")))
				err := finish(s)
				if got := resyncs(s, "r"); got != want || err != nil {
					t.Errorf("got %q, want %q: %v\n%s", got, want, err, strings.Join(events(s.World()), "\n"))
				}
			})
		}
	}
}

// Down a chain everybody counts the same bytes since PSYNC2. Before, everybody had a stream of its own.
func TestOffsetsDownAChain(t *testing.T) {
	for era, shared := range map[string]bool{"2.8": false, "4.0": true, "7.0": true, "8.0": true} {
		text := chain + "wait 25s\nm> SET a 1\nwait 3s\n" +
			"expect a.slave_repl_offset = m.master_repl_offset\nexpect b.slave_repl_offset = a.master_repl_offset\nexpect b.digest = m.digest\n"
		if shared {
			text += "expect a.master_repl_offset = m.master_repl_offset\nexpect b.master_repl_offset = m.master_repl_offset\n"
		} else {
			text += "expect a.master_repl_offset != m.master_repl_offset\nexpect b.master_repl_offset = 0\n"
		}
		s := NewSession(parse(t, inEra(text, era)))
		if err := finish(s); err != nil {
			t.Errorf("%s: %v\n%s", era, err, strings.Join(events(s.World()), "\n"))
		}
	}
}

// An old master that continues below a promoted 7.0 replica is told what it does not understand. What of that it says
// nothing about is lost without a word.
func TestAnOldMasterContinuesBelowANewOne(t *testing.T) {
	s := started(t, inEra(`node m@4.0
		node r@7.0 replicaof m
		until r.master_link_status = up
		m> SET k v
		wait 1500ms
		r> REPLICAOF NO ONE
		m> SLAVEOF r 6380
		until m.master_link_status = up
		r> SET lost v EX 100
		r> SET kept v
		r> COPY kept copy
		wait 2s
		expect m.slave_repl_offset = r.master_repl_offset
		expect m.master_link_status = up
		`+"expect `m> EXISTS lost` = 0\nexpect `m> EXISTS kept` = 1\n", ""))
	if got := resyncs(s, "m"); got != "P" {
		t.Errorf("the old master resyncs %q", got)
	}
	var complaints []string
	for _, e := range events(s.World()) {
		if strings.Contains(e, "== CRITICAL ==") {
			complaints = append(complaints, e)
		}
	}
	if len(complaints) != 1 || !strings.Contains(complaints[0], "This slave is sending an error to its master: 'unknown command `COPY`") {
		t.Errorf("it complains: %q", complaints)
	}
}

// In 2.6 every replica has a stream of its own. One that joins a snapshot which was begun for another gets what that
// one's stream has had since.
func TestWhoJoinsASnapshotGetsWhatWasWrittenSince(t *testing.T) {
	s := NewSession(parse(t, `node m era 2.6 rdb-key-save-delay=200000
		m> MSET a 1 b 1 c 1 d 1 e 1
		node r era 2.6 replicaof m
		until m.rdb_bgsave_in_progress = 1
		m> SELECT 3
		m> SET a 2
		node s era 2.6 replicaof m
		until m.connected_slaves = 2
		m> SET b 2
		m> SELECT 0
		m> SET c 2
		until r.master_link_status = up
		until s.master_link_status = up
		wait 1s
		expect r.digest = m.digest
		expect s.digest = m.digest`))
	if err := finish(s); err != nil {
		t.Errorf("%v\n%s", err, strings.Join(events(s.World()), "\n"))
	}
	if text := strings.Join(events(s.World()), "\n"); !strings.Contains(text, "shared with") {
		t.Error("nobody joins anybody")
	}
}

// An upgrade, one node after the other: the replica first, as one does. Each comes back with its files, at its place in the
// history, and goes on from there; the last one as a replica's master that has been another version before.
func TestAnUpgradeContinues(t *testing.T) {
	text := inEra(`node m@4.0 slave-priority=7
		node r@4.0 replicaof m
		until r.master_link_status = up
		m> SET k v
		wait 1500ms
		shutdown r save
		m> SET a 1
		wait 500ms
		start r era 7.0
		until r.master_link_status = up
		expect r.redis_version = 7.0.15 and m.redis_version = 4.0.14
		wait 1500ms
		shutdown m save
		wait 500ms
		start m era 7.0
		until r.master_link_status = up
		m> SET b 1
		wait 1500ms
		expect r.digest = m.digest
		expect m.redis_version = 7.0.15
		kill m
		start m
		expect m.redis_version = 7.0.15
		`+"expect `m> CONFIG GET replica-priority` = \"1) \\\"replica-priority\\\"\\n2) \\\"7\\\"\"\nuntil m.sync_full = 1 and r.master_link_status = up\n", "")
	s := NewSession(parse(t, text))
	if err := finish(s); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(events(s.World()), "\n"))
	}
	if got := resyncs(s, "r"); got != "FPPF" { // and at last from a file that is older than the replica
		t.Errorf("r resyncs %s\n%s", got, strings.Join(events(s.World()), "\n"))
	}
	if err := Check(parse(t, text)); err != nil {
		t.Error(err)
	}
}

// The way back is closed: an older server does not read the files of a newer one. It ends, and stays the older one until it is
// started as another.
func TestADowngradeCannotReadTheFiles(t *testing.T) {
	s := started(t, `node m
		m> SET k v
		shutdown m save
		start m era 4.0
		wait 1s
		expect m.state = down
		start m
		wait 1s
		expect m.state = down
		start m era 7.0
		wait 1s
		expect `+"`m> GET k` = v\n")
	text := strings.Join(events(s.World()), "\n")
	if n := strings.Count(text, "m log # Can't handle RDB format version 10"); n != 2 {
		t.Errorf("it was refused %d times:\n%s", n, text)
	}
	if got := s.World().Node("m").Config().Era; got != "7.0" {
		t.Errorf("it is a %s", got)
	}
}
