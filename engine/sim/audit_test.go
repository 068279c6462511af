package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/resp"
)

// audited compares an audit with the table that is wanted.
func audited(t *testing.T, w *World, winner, want string) {
	t.Helper()
	a, err := w.Audit(winner)
	must(t, err)
	if got := a.String(); got != strings.TrimLeft(want, "\n") {
		t.Errorf("got\n%swant%s", got, want)
	}
}

// pass lets time pass.
func pass(w *World, d time.Duration) { w.RunUntil(w.Now().Add(d)) }

func TestASplitBrainLosesWhatTheOldMasterTook(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET both 1")
	say(t, w, "m1", "WAIT 1 0")
	pass(w, time.Second)
	must(t, w.Sever("m1", "r1"))
	pass(w, 100*time.Millisecond)
	say(t, w, "r1", "REPLICAOF NO ONE")
	say(t, w, "m1", "SET mine 1")
	say(t, w, "m1", "INCRBY mine x") // an error is no write
	must(t, w.Command("m1", 2, []string{"MSET", "a key", "1", "b", "2"}))
	must(t, w.Command("m1", 2, []string{"WAIT", "1", "100"}))
	say(t, w, "r1", "SET yours 1")
	pass(w, time.Second)
	audited(t, w, "r1", `
r1 lacks 2 of 4 writes, 76 bytes of stream; of 2 a client was told that they are done
time      node  client  span        acked     wait  held by  keys       commands
3.100000  m1    1       [91..120]   3.100000  -     m1       mine       SET mine 1
3.100000  m1    2       [121..166]  3.100000  -     m1       "a key" b  MSET "a key" 1 b 2
`)
	audited(t, w, "m1", `
m1 lacks 1 of 4 writes, 54 bytes of stream; of 1 a client was told that they are done
time      node  client  span       acked     wait  held by  keys   commands
3.100000  r1    1       [91..144]  3.100000  -     r1       yours  SELECT 0, SET yours 1
`)
	// The link is whole again and the old master follows: a full resync takes what it alone had.
	must(t, w.Heal("m1", "r1"))
	say(t, w, "m1", "REPLICAOF r1 6380")
	pass(w, 3*time.Second)
	must(t, w.AtRest())
	audited(t, w, "", `
r1 lacks 2 of 4 writes, 76 bytes of stream; of 2 a client was told that they are done
time      node  client  span        acked     wait  held by  keys       commands
3.100000  m1    1       [91..120]   3.100000  -     -        mine       SET mine 1
3.100000  m1    2       [121..166]  3.100000  -     -        "a key" b  MSET "a key" 1 b 2
`)
}

func TestADeadMasterTakesWhatItHasNotSent(t *testing.T) {
	w := pair(t)
	must(t, w.StartLoad("m1", Load{Rate: 100, Size: 3, Keys: 3}))
	pass(w, time.Second)
	must(t, w.Kill("m1")) // the last four writes are on their way, 40 ms long, and arrive
	must(t, w.StopLoad("m1"))
	pass(w, time.Second)
	say(t, w, "r1", "REPLICAOF NO ONE")
	audited(t, w, "", "r1 lacks 0 of 100 writes, 0 bytes of stream; of 0 a client was told that they are done\n")
	must(t, w.Start("m1"))
	pass(w, time.Second)
	if a, err := w.Audit("m1"); err != nil || len(a.Lost) != 100 {
		t.Errorf("m1 has begun anew, and lacks %d of 100: %v", len(a.Lost), err)
	}
	// Now r1 is slow: what the network still has of it when it is cut is lost.
	say(t, w, "m1", "REPLICAOF r1 6380")
	pass(w, 3*time.Second)
	must(t, w.AtRest())
	say(t, w, "r1", "SET k sent")
	pass(w, 20*time.Millisecond)
	must(t, w.Sever("m1", "r1"))
	must(t, w.Kill("r1"))
	say(t, w, "m1", "REPLICAOF NO ONE")
	audited(t, w, "", `
m1 lacks 1 of 101 writes, 53 bytes of stream; of 1 a client was told that they are done
time      node  client  span          acked     wait  held by  keys  commands
8.000000  r1    1       [3324..3376]  8.000000  -     -        k     SELECT 0, SET k sent
`)
	if _, err := w.Audit("r1"); err == nil {
		t.Error("the data of a dead node was audited")
	}
	if _, err := w.Audit("r7"); err == nil {
		t.Error("the data of nobody was audited")
	}
}

// WAIT had counted it, and it is lost all the same: another replica than the one that had it was promoted. The other
// one follows through a chain, and loses it too.
func TestAWriteThatWaitHadCountedIsLost(t *testing.T) {
	w := New(1)
	must(t, w.AddNode("m1", config("", 0)))
	must(t, w.AddNode("r1", config("m1", 6379)))
	must(t, w.AddNode("r2", config("m1", 6379)))
	must(t, w.AddNode("s1", config("r1", 6380)))
	pass(w, 4*time.Second)
	must(t, w.AtRest())
	must(t, w.Sever("m1", "r1"))
	say(t, w, "m1", "SET a 1")
	say(t, w, "m1", "SET b 1")
	must(t, w.Command("m1", 1, []string{"WAIT", "1", "0"}))
	say(t, w, "m1", "SET c 1")
	pass(w, time.Second)
	say(t, w, "r1", "REPLICAOF NO ONE")
	say(t, w, "r1", "SET d 1")
	pass(w, time.Second)
	audited(t, w, "s1", `
s1 lacks 3 of 4 writes, 104 bytes of stream; of 3 a client was told that they are done
time      node  client  span        acked     wait  held by  keys  commands
4.000000  m1    1       [1..50]     4.000000  1     m1,r2    a     SELECT 0, SET a 1
4.000000  m1    1       [51..77]    4.000000  1     m1,r2    b     SET b 1
4.002000  m1    1       [115..141]  4.002000  -     m1,r2    c     SET c 1
`)
	// A second promotion, of the sub-replica, which is cut off from what r1 took last.
	must(t, w.Sever("r1", "s1"))
	pass(w, 10*time.Millisecond)
	say(t, w, "s1", "REPLICAOF NO ONE")
	say(t, w, "r1", "SET e 1")
	say(t, w, "r2", "REPLICAOF s1 6382")
	say(t, w, "m1", "REPLICAOF s1 6382")
	pass(w, 3*time.Second)
	audited(t, w, "", `
s1 lacks 4 of 5 writes, 131 bytes of stream; of 4 a client was told that they are done
time      node  client  span        acked     wait  held by  keys  commands
4.000000  m1    1       [1..50]     4.000000  1     -        a     SELECT 0, SET a 1
4.000000  m1    1       [51..77]    4.000000  1     -        b     SET b 1
4.002000  m1    1       [115..141]  4.002000  -     -        c     SET c 1
6.010000  r1    1       [51..77]    6.010000  -     r1       e     SET e 1
`)
}

// What is written while a file is being saved is not in it. Nobody follows, so none of it is in a stream either.
func TestAFileHoldsWhatWasThereWhenItWasBegun(t *testing.T) {
	w := New(1)
	c := config("", 0)
	must(t, c.Set("rdb-key-save-delay", "100000"))
	must(t, w.AddNode("m1", c))
	say(t, w, "m1", "SET a 1")
	say(t, w, "m1", "BGSAVE")
	say(t, w, "m1", "SET b 1")
	pass(w, 10*time.Second)
	must(t, w.Kill("m1"))
	must(t, w.Start("m1"))
	pass(w, time.Second)
	audited(t, w, "m1", `
m1 lacks 1 of 2 writes, 0 bytes of stream; of 1 a client was told that they are done
time      node  client  span  acked     wait  held by  keys  commands
0.000000  m1    1       -     0.000000  -     -        b     SET b 1
`)
}

// Of two branches, the one in which the link was cut lacks what the other one has.
func TestWhatOneBranchLacks(t *testing.T) {
	a := pair(t)
	say(t, a, "m1", "SET both 1")
	pass(a, time.Second)
	b := a.Clone()
	must(t, b.Sever("m1", "r1"))
	for _, w := range []*World{a, b} {
		say(t, w, "m1", "SET k same")
		pass(w, time.Second)
		must(t, w.Kill("m1"))
		pass(w, time.Second)
		say(t, w, "r1", "REPLICAOF NO ONE")
		say(t, w, "r1", "SET after 1")
	}
	lacks := func(of, in *World, want string) {
		t.Helper()
		m, err := of.Missing(in, "")
		must(t, err)
		if got := m.String(); got != strings.TrimLeft(want, "\n") {
			t.Errorf("got\n%swant%s", got, want)
		}
	}
	lacks(a, b, `
r1 lacks 2 of 3 writes, 84 bytes of stream; of 2 a client was told that they are done
time      node  client  span       acked     wait  held by  keys   commands
3.000000  m1    1       [54..83]   3.000000  -     r1       k      SET k same
5.000000  r1    1       [84..137]  5.000000  -     r1       after  SELECT 0, SET after 1
`)
	lacks(b, a, `
r1 lacks 1 of 3 writes, 54 bytes of stream; of 1 a client was told that they are done
time      node  client  span       acked     wait  held by  keys   commands
5.000000  r1    1       [54..107]  5.000000  -     r1       after  SELECT 0, SET after 1
`)
	lacks(a, a, `
r1 lacks 0 of 3 writes, 0 bytes of stream; of 0 a client was told that they are done
`)
}

// A random world in which every write has a key of its own, which nobody ever deletes: a write is lost to a node if and
// only if the node has no such key, and it was acknowledged if and only if the client read OK. Whoever the node is, and
// whatever was cut, killed, promoted, saved, wiped and copied before.
func TestWhatIsSaidToBeLostIsNotThere(t *testing.T) {
	worlds := 60
	if testing.Short() {
		worlds = 10
	}
	lost, kept := 0, 0
	for seed := range uint64(worlds) {
		g := &gambler{t: t, r: rand.New(rand.NewPCG(seed, 5)), w: New(seed)}
		g.begin()
		for range 60 {
			g.act()
		}
		l, k := g.judge()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		lost, kept = lost+l, kept+k
	}
	if lost < 8*worlds || kept < 8*worlds {
		t.Errorf("%d writes were lost and %d kept: the worlds are too tame", lost, kept)
	}
}

// gambler does random things to a world of four nodes.
type gambler struct {
	t    *testing.T
	r    *rand.Rand
	w    *World
	keys int
}

var gamblers = []string{"a", "b", "c", "d"}

func (g *gambler) begin() {
	era := []string{"", "8.0", "2.8", "2.8", "4.0"}[g.r.IntN(5)] // in 2.8 a replica has offsets of its own
	for i, name := range gamblers {
		c, err := node.DefaultConfigOf(era)
		must(g.t, err)
		c.Port = 0
		if i > 0 {
			c.Replicaof.Host = gamblers[g.r.IntN(i)]
			c.Replicaof.Port = 6379 + slices.Index(gamblers, c.Replicaof.Host)
		}
		must(g.t, c.Set("repl-backlog-size", "16kb"))
		if era == "" || era == "8.0" {
			must(g.t, c.Set("repl-diskless-sync", []string{"yes", "no"}[g.r.IntN(2)]))
			must(g.t, c.Set("repl-diskless-load", []string{"disabled", "on-empty-db", "swapdb"}[g.r.IntN(3)]))
			must(g.t, c.Set("repl-diskless-sync-delay", "0"))
			if g.r.IntN(2) == 0 { // there is time for something to come between
				must(g.t, c.Set("rdb-key-save-delay", "30000"))
				must(g.t, c.Set("key-load-delay", "30000"))
			}
		}
		if g.r.IntN(2) == 0 {
			c.Save = nil
		}
		must(g.t, g.w.AddNode(name, c))
		if g.r.IntN(3) == 0 {
			g.write(name) // into no stream
		}
	}
	pass(g.w, 3*time.Second)
}

func (g *gambler) two() (string, string) {
	a := g.r.IntN(len(gamblers))
	return gamblers[a], gamblers[(a+1+g.r.IntN(len(gamblers)-1))%len(gamblers)]
}

func (g *gambler) write(name string) {
	g.keys++
	key, size := fmt.Sprintf("key:%d", g.keys), 1
	if g.r.IntN(6) == 0 {
		size = 9000 // the backlog is soon too small
	}
	args := []string{"SET", key, strings.Repeat("v", size)}
	switch g.r.IntN(6) {
	case 0:
		for _, args := range [][]string{{"MULTI"}, args, {"EXEC"}} {
			must(g.t, g.w.Command(name, 2, args))
		}
	case 1:
		// One that waits until another one gives it something.
		must(g.t, g.w.Command(name, 3, []string{"BLMOVE", "list:" + key, key, "LEFT", "LEFT", "0"}))
		must(g.t, g.w.Command(name, 1, []string{"RPUSH", "list:" + key, "v"}))
	default:
		must(g.t, g.w.Command(name, 1, args))
	}
	if g.r.IntN(4) == 0 {
		must(g.t, g.w.Command(name, 1, []string{"WAIT", "1", "50"}))
	}
}

func (g *gambler) act() {
	a, b := g.two()
	w := g.w
	switch g.r.IntN(16) {
	case 0:
		must(g.t, w.Sever(a, b))
	case 1, 2:
		must(g.t, w.Heal(a, b))
	case 3:
		must(g.t, w.Blackhole(a, b, g.r.IntN(2) == 0))
	case 4:
		_ = w.Kill(a) // it may be down
		if g.r.IntN(4) == 0 {
			must(g.t, w.Wipe(a))
		}
	case 5, 6:
		for _, name := range gamblers {
			_ = w.Start(name)
		}
	case 7:
		must(g.t, w.Command(a, 9, []string{"REPLICAOF", "NO", "ONE"}))
	case 8:
		must(g.t, w.Command(a, 9, []string{"REPLICAOF", b, fmt.Sprint(w.Node(b).Port)}))
	case 9:
		must(g.t, w.Command(a, 9, []string{[]string{"SAVE", "BGSAVE"}[g.r.IntN(2)]}))
	case 10:
		must(g.t, w.Command(a, 9, []string{"SHUTDOWN", []string{"SAVE", "NOSAVE"}[g.r.IntN(2)]}))
	default:
		for range 1 + g.r.IntN(3) {
			g.write(a)
		}
	}
	pass(w, time.Duration(g.r.IntN(1500))*time.Millisecond)
}

// judge asks every node for every write.
func (g *gambler) judge() (lost, kept int) {
	l := NewAuditor()
	for !l.Read(g.w, 37) { // in parts it is the same
	}
	told := map[string]bool{} // keys for which a client read that its write is done
	for _, e := range g.w.Events().All() {
		if f, ok := e.Fact.(engine.Replied); ok && f.Text == "OK" {
			if words := strings.Fields(f.Command); words[0] == "SET" {
				told[words[1]] = true
			}
		}
	}
	for _, x := range l.writes {
		if in := l.write(g.w, x); in.Client == 1 && len(in.Keys) > 0 && strings.HasPrefix(in.Keys[0], "key:") && (in.Acked != 0) != told[in.Keys[0]] {
			g.t.Errorf("%s %s: acknowledged at %s, but a client was told: %v", in.Node, in.Commands, in.Acked, told[in.Keys[0]])
		}
	}
	for _, name := range gamblers {
		v := g.w.Node(name)
		if !v.Up() || v.Replication().Link == engine.LinkSync {
			continue // nobody can say what is half loaded
		}
		a, err := l.Audit(g.w, name)
		must(g.t, err)
		missing := map[int64]bool{}
		for _, x := range a.Lost {
			missing[x.Seq] = true
			if slices.Contains(x.Holders, name) {
				g.t.Errorf("%s lacks %s and holds it", name, x.Commands)
			}
		}
		for _, v := range l.writes {
			x := l.write(g.w, v)
			if len(x.Keys) == 0 {
				g.t.Fatalf("a write without a key: %+v", x)
			}
			key := x.Keys[len(x.Keys)-1]
			if strings.HasPrefix(key, "list:") {
				continue // moved on at once
			}
			got, err := g.w.Read(name, []string{"EXISTS", key})
			if err != nil || got.Kind != resp.KindInt {
				continue // frozen, or loading
			}
			if (got.Int == 0) != missing[x.Seq] {
				g.t.Errorf("%s has %d of %s, but lost is %v: written by %s at %s %s", name, got.Int, key, missing[x.Seq],
					x.Node, x.At, x.Span)
			}
			if got.Int == 0 {
				lost++
			} else {
				kept++
			}
		}
	}
	return lost, kept
}
