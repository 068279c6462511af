package script

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// Random worlds of two to nine nodes: anything fails, then everything is healed and has to come to rest with equal
// data. A failure prints the seed and the script; `bin/resync swarm --seeds 1 --from SEED` runs it again. More of them are
// run by engine/cmd/resync, which has to find mistakes in the same way.
func TestSwarm(t *testing.T) {
	const seeds = 60
	for seed := uint64(1); seed <= seeds; seed++ {
		if err := Swarm(seed, "", true); err != nil {
			t.Fatal(err)
		}
	}
}

// Every statement that does something is in some random world, in every form that changes what happens.
func TestRandomWorldsHaveEverything(t *testing.T) {
	var all strings.Builder
	for seed := uint64(1); seed <= 400; seed++ {
		all.WriteString(RandomScript(seed, "").String())
	}
	text := all.String()
	for _, k := range statementKinds {
		switch k.word {
		case "title", "about", "seed", "until", "speed", "step", "say", "predict", "expect": // which change nothing
		case "rejoin", "heal", "thaw": // which come only behind what they undo
		default:
			if !strings.Contains(text, "\n"+k.word+" ") {
				t.Errorf("no world has a %s", k.word)
			}
		}
	}
	for _, words := range []string{
		" blackhole\n", " > n", "shutdown n1 save\n", "node n9", "mix set", "mix incr", "mix expire", "mix list", "mix all",
		" jitter ", " bandwidth ", "SLAVEOF n1 6379", "SLAVEOF NO ONE", "era 2.6", "era 2.8", "era 4.0", "era 8.0", "replica-read-only=no", "slave-read-only=no",
		"slave-read-only no", "FAILOVER TO", "FORCE", "WAIT", "MULTI",
		" era 4.0\nwait", "CLIENT PAUSE", "CLIENT KILL", "DEBUG SLEEP", "BGSAVE", "FLUSHALL", "SWAPDB", "SELECT", "BLPOP", "SADD", "ZADD", "HSET", "XADD", "LMOVE", "PFADD",
		"repl-diskless-load=swapdb", "repl-diskless-sync=no", "rdb-key-save-delay=", "client-output-buffer-limit=", "min-replicas-to-write=", "repl-backlog-ttl=",
	} {
		if !strings.Contains(text, words) {
			t.Errorf("no world has %q", words)
		}
	}
}

// What a master streams and has not executed is found out, and of all that happened around it little is left to tell.
func TestAFailureIsMadeShort(t *testing.T) {
	s := RandomScript(7, "")
	own := []Act{
		AddNode{Name: "z1", Settings: []Setting{{"repl-diskless-sync-delay", "0"}, {"enable-debug-command", "yes"}}},
		AddNode{Name: "z2", Replicaof: "z1"},
		Wait{4 * time.Second},
		Command{Node: "z1", Client: 1, Args: []string{"DEBUG", "REPLICATE", "SET", "own", "secret"}},
		Wait{2 * time.Second},
	}
	at := len(s.Statements) / 2
	for i, a := range own {
		s.Statements = slices.Insert(s.Statements, at+i, Statement{Act: a})
	}
	failed := try(s)
	if failed.failed == nil {
		t.Fatal("nothing was found")
	}
	if got := kind(failed.failed); got != "at offset" {
		t.Errorf("a failure of the kind %q: %v", got, failed.failed)
	}
	short := shrink(s, failed)
	text := short.session.Script().String()
	if got := kind(short.failed); got != "at offset" || !strings.Contains(text, "z1> DEBUG REPLICATE SET own secret") {
		t.Errorf("%v\n%s", short.failed, text)
	}
	if n := len(short.session.Script().Statements); n > 8 || n >= len(s.Statements) {
		t.Errorf("%d statements of %d are left:\n%s", n, len(s.Statements), text)
	}
	// What is printed does it again.
	again := try(parse(t, text))
	if again.failed == nil || kind(again.failed) != "at offset" {
		t.Errorf("the script that was printed ends with %v", again.failed)
	}
	if err := Check(parse(t, replay(7, MixedEras)+text)); err == nil || kind(err) != "at offset" {
		t.Errorf("checked, it ends with %v", err)
	}
}

// However a world is left, it is healed by what can be seen of it.
func TestAWorldIsHealed(t *testing.T) {
	const nodes = "node n1 repl-diskless-sync-delay=0\nnode n2 replicaof n1 repl-diskless-sync-delay=0\nnode n3 replicaof n2\nwait 3s\n"
	for _, left := range []string{
		"kill n1", "shutdown n2 nosave", "freeze n3", "sever n1 n2", "blackhole n2 > n3", "isolate n1 blackhole", "skew n2 -1h",
		"load n1 mix all", "link n1 n2 latency 1s bandwidth 100/s", "n2> REPLICAOF NO ONE", "n1> REPLICAOF n3 6381", "n1> FAILOVER",
	} {
		s := parse(t, nodes+left+"\nwait 1s\n")
		if got := try(s); got.failed != nil {
			t.Errorf("%s: %v", left, got.failed)
		}
	}
}

func TestKindsOfFailures(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("%w after 5m: n2 is down", errUnrest), "no rest"},
		{fmt.Errorf("%w: a clone: event 7 is", errBranch), "not the same again"},
		{fmt.Errorf("%w: repl: byte 7 is not held", errPanic), "byte 7"},
		{fmt.Errorf("12.000000 n1: at offset 7 of a it holds"), "at offset"},
	} {
		if got := kind(c.err); got != c.want {
			t.Errorf("%v is %q, want %q", c.err, got, c.want)
		}
	}
	stack := "goroutine 1\nmain.main()\n\t/src/engine/repl/backlog.go:12 +0x1\n\t/go/src/runtime/panic.go:1 +0x2\n\t/src/engine/node/node.go:3 +0x4\n"
	if got, want := ours([]byte(stack)), "\n\tat engine/repl/backlog.go:12\n\tat engine/node/node.go:3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkSwarm is one random world after the other, checks included.
func BenchmarkSwarm(b *testing.B) {
	b.ReportAllocs()
	for seed := uint64(1); b.Loop(); seed++ {
		if err := Swarm(seed, "", false); err != nil {
			b.Fatal(err)
		}
	}
}

// A master that waits for its replica to shut down and is started at the very moment when that has come: what it was told then is
// of the life that ends.
func TestALifeIsJudgedBeforeTheNextBegins(t *testing.T) {
	s, err := Parse("x.resync", `seed 7006558
node n1 repl-backlog-size=16kb enable-debug-command=yes save="1 1"
node n2 repl-backlog-size=16kb enable-debug-command=yes save="1 1" repl-diskless-sync-delay=0
wait 3.187s
n2> SET k5 3725231093836140412
wait 6.179s
n2> SLAVEOF n1 6379
wait 3.71s
shutdown n1 nosave
wait 926ms
start n1
`)
	if err != nil {
		t.Fatal(err)
	}
	trial := try(s)
	if trial.failed != nil {
		t.Error(trial.failed)
	}
	ended, started := engine.Instant(-1), engine.Instant(-2)
	for _, e := range trial.session.world.Events().All() {
		switch f := e.Fact.(type) {
		case engine.ShutdownChanged:
			ended = e.At
		case engine.Act:
			if f.Text == "start n1" {
				started = e.At
			}
		}
	}
	if ended != started {
		t.Errorf("it ended at %s and was started at %s", ended, started)
	}
}

// Worlds in which once something was found.
func TestWorldsOfBefore(t *testing.T) {
	for what, seed := range map[string]uint64{
		"with shared memory, what is due is looked for when it was without":             7019872,
		"a backlog shares with one that is behind":                                      7009768,
		"a replica ends between spooling strange data of its master's and loading them": 8001466,
	} {
		if err := Swarm(seed, "", false); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A writable replica that writes and ends in one and the same step comes back with data of its own: nobody's mistake.
func TestAWritableReplicaEndsBehindAWrite(t *testing.T) {
	if err := Check(parse(t, `node n1 repl-diskless-sync-delay=0
		node n2 replicaof n1 replica-read-only=no
		wait 2s
		freeze n2
		n2> SET own secret
		shutdown n2 save
		thaw n2
		start n2
		wait 2s
		n2> SLAVEOF NO ONE
		n2> SLAVEOF n1 6379
		wait 2s`)); err != nil {
		t.Error(err)
	}
}

// Below a 2.6 no history has a name, and so any two of them are taken for the same: nor is that anybody's mistake.
func TestHistoriesWithoutANameAreMistaken(t *testing.T) {
	s := parse(t, `seed 420167
		node n1 era 2.6 repl-timeout=5
		node n2 replicaof n1 repl-backlog-size=16kb repl-diskless-sync-delay=0 repl-diskless-sync=no repl-timeout=5
		node n3 era 8.0 replicaof n2 repl-backlog-size=16kb repl-diskless-sync=no
		node n4 era 8.0 replicaof n3 repl-backlog-size=16kb repl-diskless-sync-delay=0
		link n2 n3 latency 40ms
		wait 3242ms
		isolate n1 blackhole
		wait 13304ms
		rejoin n1
		wait 620ms
		load n1 rate 10/s size 10 keys 20 mix set
		wait 2287ms
		n4> SLAVEOF NO ONE
		n2> SLAVEOF n4 6382
		wait 2s`)
	w := newTrial(s)
	for _, st := range s.Statements {
		if err := w.do(st.Act); err != nil {
			t.Fatal(err)
		}
	}
	if got := resyncs(w.session, "n2"); !strings.HasSuffix(got, "P") {
		t.Errorf("n2 resyncs %s: nothing is mistaken", got)
	}
}

// A 2.8 that follows another master, and then none, counts again from 0 under its old name: who comes back to it may go
// on in the middle of a command.
func TestANameThatOutlivesItsHistory(t *testing.T) {
	w := newTrial(parse(t, `node n1 era 2.8 repl-backlog-size=16kb repl-ping-slave-period=1
		node n2 replicaof n1 repl-backlog-size=16kb
		node n3 replicaof n2 repl-diskless-sync-delay=0
		wait 8174ms
		n1> SLAVEOF 10.0.0.9 6382
		load n1 rate 10/s size 10 keys 1 mix incr
		n1> SLAVEOF NO ONE
		wait 927ms
		unload n1
		n3> SLAVEOF n1 6379
		wait 3s`))
	for _, st := range w.session.script.Statements {
		if err := w.do(st.Act); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(strings.Join(events(w.session.world), "\n"), "Desync?") {
		t.Error("it goes on as if nothing had happened")
	}
}

// A 4.0 that continues below a promoted 7.0 is sent the end of the history that both know and then, in one piece, what
// it does not understand.
func TestAnOldReplicaMissesWhatIsNew(t *testing.T) {
	w := newTrial(parse(t, `node n1 era 4.0 repl-diskless-sync-delay=0
		node n3 era 4.0 replicaof n1 repl-diskless-sync-delay=0
		node n4 replicaof n1
		wait 4s
		n3> SLAVEOF NO ONE
		n1> SLAVEOF n3 6380
		n4> SLAVEOF n3 6380
		wait 4s
		sever n1 n3
		n3> SET old v
		wait 2s
		n4> SLAVEOF NO ONE
		n4> SET new v PX 4000
		n1> SLAVEOF n4 6381
		wait 3s`))
	for _, st := range w.session.script.Statements {
		if err := w.do(st.Act); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.check.Strange("n1"); !got {
		t.Error("nobody noticed")
	}
}
