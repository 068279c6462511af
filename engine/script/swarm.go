package script

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

// The swarm is the random one: every number is the seed of a script of writes, cuts, heals, kills, starts and changes
// of master, at random moments. First anything may fail; then everything is healed and started, all follow the first
// node, and the world has to come to rest. It lives here and not beside the checkers because its worlds are scripts:
// a failure prints one, which can be run, shortened and kept.

// settleTime is how long a healed world may take to come to rest: longer than every timeout of a node together.
const settleTime = 5 * time.Minute

// Swarm runs the random world of a seed. The error tells what went wrong, the seed and the script.
func Swarm(seed uint64) error {
	s := RandomScript(seed)
	if err := Check(s); err != nil {
		return fmt.Errorf("seed %d: %w\n%s", seed, err, s)
	}
	return nil
}

// Check runs a script under the eyes of a sim.Checker and then lets its world come to rest, so a script that is to
// pass heals what it cuts and starts what it kills. For one seed in eight the session is cloned on its way, and the
// clone has to do what the original does. The error tells the first thing that is wrong.
func Check(s *Script) error {
	session := NewSession(s)
	check := sim.NewChecker(session.World())
	var twin *Session
	for steps := 0; !session.Done(); steps++ {
		if steps == 500 && s.Seed%8 == 0 {
			twin = session.Clone()
		}
		if _, err := session.advance(sim.Never-1, 1, true); err != nil {
			return err
		}
		if err := check.Observe(); err != nil {
			return err
		}
	}
	w := session.World()
	if twin != nil {
		for !twin.Done() {
			if _, err := twin.advance(sim.Never-1, 1000, true); err != nil {
				return fmt.Errorf("only the clone: %w", err)
			}
		}
		if err := sameEvents(w.Events(), twin.World().Events()); err != nil {
			return fmt.Errorf("the clone went another way: %w", err)
		}
	}
	end := w.Now().Add(settleTime)
	for {
		err := w.AtRest()
		if err == nil {
			return nil
		}
		if w.Now() >= end {
			return fmt.Errorf("no rest after %s: %w", duration(settleTime), err)
		}
		for next := w.Now().Add(100 * time.Millisecond); w.Now() < next; {
			if w.Next() > next {
				w.RunUntil(next)
			} else {
				w.Step()
			}
			if err := check.Observe(); err != nil {
				return err
			}
		}
	}
}

// sameEvents compares two logs as they print.
func sameEvents(a, b []engine.Event) error {
	for i := range min(len(a), len(b)) {
		if a[i].String() != b[i].String() {
			return fmt.Errorf("event %d is %q and %q", i, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Errorf("%d events and %d", len(a), len(b))
	}
	return nil
}

// RandomScript is the script of a seed: the same on every machine.
func RandomScript(seed uint64) *Script {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x5eed)), script: &Script{Seed: seed}}
	g.topology()
	if g.chance(3, 4) {
		g.wait(1500, 9000) // most stories begin in step
	}
	for range 5 + g.IntN(25) {
		g.act()
		g.pause()
	}
	g.repair()
	return g.script
}

// generator draws a script.
type generator struct {
	*rand.Rand
	script *Script
	nodes  []string
	down   []bool
	loaded []bool
	cut    [][2]int
	pairs  [][2]int
}

// chance is true with a probability of n in m.
func (g *generator) chance(n, m int) bool { return g.IntN(m) < n }

// pick draws one of several.
func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) add(a Act) { g.script.Statements = append(g.script.Statements, Statement{Act: a}) }

// topology makes two to five nodes: stars and chains.
func (g *generator) topology() {
	for i := range 2 + g.IntN(3) + g.IntN(2) {
		a := AddNode{Name: "n" + strconv.Itoa(i+1), Settings: g.settings()}
		if i > 0 && g.chance(7, 8) {
			a.Replicaof = g.nodes[0]
			if g.chance(1, 4) {
				a.Replicaof = pick(g, g.nodes...)
			}
		}
		for k := range g.nodes {
			g.pairs = append(g.pairs, [2]int{k, i})
		}
		g.nodes = append(g.nodes, a.Name)
		g.down, g.loaded = append(g.down, false), append(g.loaded, false)
		g.add(a)
	}
	for _, p := range g.pairs {
		if g.chance(2, 3) {
			g.add(g.link(p))
		}
	}
}

// settings draws what makes a difference to replication.
func (g *generator) settings() []Setting {
	s := []Setting{{"repl-backlog-size", "16kb"}}
	if g.chance(1, 4) {
		s[0].Value = pick(g, "20kb", "64kb", "1mb")
	}
	if g.chance(3, 4) {
		s = append(s, Setting{"repl-diskless-sync-delay", "0"})
	}
	if g.chance(1, 3) {
		s = append(s, Setting{"repl-diskless-sync", "no"})
	}
	if g.chance(1, 4) {
		s = append(s, Setting{"repl-ping-replica-period", pick(g, "1", "3")})
	}
	if g.chance(1, 6) {
		s = append(s, Setting{"repl-timeout", pick(g, "5", "12")})
	}
	if g.chance(1, 10) {
		s = append(s, Setting{"repl-backlog-ttl", pick(g, "1", "5")})
	}
	return s
}

func (g *generator) link(p [2]int) Link {
	l := Link{A: g.nodes[p[0]], B: g.nodes[p[1]], Latency: -1, Jitter: -1, Bandwidth: -1}
	l.Latency = pick(g, 0, time.Millisecond, 5*time.Millisecond, 40*time.Millisecond, 300*time.Millisecond)
	if g.chance(1, 3) {
		l.Jitter = pick(g, time.Millisecond, 30*time.Millisecond)
	}
	if g.chance(1, 4) {
		l.Bandwidth = pick[int64](g, 20_000, 100_000, 1_000_000)
	}
	return l
}

// act draws one thing that happens.
func (g *generator) act() {
	i := g.IntN(len(g.nodes))
	name := g.nodes[i]
	switch n := g.IntN(100); {
	case n < 20:
		g.writes(pick(g, g.nodes[0], name))
	case n < 45:
		g.outage()
	case n < 51:
		g.failover(i)
	case n < 58:
		p := pick(g, g.pairs...)
		g.cut = append(g.cut, p)
		g.add(Sever{g.nodes[p[0]], g.nodes[p[1]]})
	case n < 66 && len(g.cut) > 0:
		k := g.IntN(len(g.cut))
		g.add(Heal{g.nodes[g.cut[k][0]], g.nodes[g.cut[k][1]]})
		g.cut = append(g.cut[:k], g.cut[k+1:]...)
	case n < 72:
		if g.down[i] {
			g.add(Start{name})
		} else {
			g.add(Kill{name})
		}
		g.down[i] = !g.down[i]
	case n < 80:
		if g.loaded[i] {
			g.add(Unload{name})
		} else {
			g.add(Load{name, sim.Load{
				Rate: pick(g, 10, 50, 200), Size: pick[int64](g, 10, 64, 1000), Keys: pick(g, 1, 20, 200),
				Mix: pick(g, sim.Mixes()...),
			}})
		}
		g.loaded[i] = !g.loaded[i]
	case n < 86:
		g.command(name, "REPLICAOF", "NO", "ONE")
	case n < 92:
		g.follow(i, g.IntN(len(g.nodes))) // itself, too
	case n < 95:
		g.add(g.link(pick(g, g.pairs...)))
	case n < 97:
		g.command(name, "CLIENT", "KILL", "TYPE", pick(g, "replica", "master"))
	default:
		g.command(name, "CONFIG", "SET", "repl-backlog-size", pick(g, "16kb", "40kb"))
	}
}

// outage cuts a link, goes on writing and heals it: for less than the backlog keeps, or for more.
func (g *generator) outage() {
	p := pick(g, g.pairs...)
	a, b := g.nodes[p[0]], g.nodes[p[1]]
	writer := pick(g, g.nodes[0], a, b)
	g.add(Sever{a, b})
	switch g.IntN(4) {
	case 0: // nothing is missed
	case 1:
		g.add(Command{Node: writer, Client: 2, Args: []string{"SET", "big", strings.Repeat("x", 1+g.IntN(60_000))}})
	default:
		g.writes(writer)
	}
	g.wait(0, pick(g, 50, 2500))
	g.add(Heal{a, b})
	g.wait(0, 2500)
}

// failover makes a node a master, lets the others follow it, and sometimes lets the two sides write apart before.
func (g *generator) failover(i int) {
	g.command(g.nodes[i], "REPLICAOF", "NO", "ONE")
	if g.chance(1, 2) {
		g.wait(0, 300)
		g.writes(g.nodes[i])
		g.writes(g.nodes[0])
	}
	for k := range g.nodes {
		if k != i && g.chance(4, 5) {
			g.follow(k, i)
		}
	}
	g.wait(0, 4000)
}

// wait lets a time of so many milliseconds pass.
func (g *generator) wait(least, most int) {
	g.add(Wait{time.Duration(least+g.IntN(most-least+1)) * time.Millisecond})
}

func (g *generator) writes(name string) {
	for range 1 + g.IntN(4) {
		g.write(name)
	}
}

// write draws a command that changes data, or tries to.
func (g *generator) write(name string) {
	key := "k" + strconv.Itoa(g.IntN(20))
	switch g.IntN(12) {
	case 0:
		g.command(name, "INCR", "counter")
	case 6:
		g.command(name, "MULTI")
		g.command(name, "INCR", "counter")
		g.command(name, "SET", key, "together")
		g.command(name, pick(g, "EXEC", "EXEC", "DISCARD"))
	case 7:
		g.command(name, "PEXPIRE", key, strconv.Itoa(g.IntN(3000)-500))
	case 8:
		if g.chance(1, 5) {
			g.command(name, "FLUSHALL")
		}
	case 1:
		g.command(name, "DEL", key)
	case 2:
		g.command(name, "APPEND", key, "more")
	case 3:
		g.command(name, "SET", key, "brief", "PX", strconv.Itoa(1+g.IntN(5000)))
	case 4:
		g.command(name, "SELECT", strconv.Itoa(g.IntN(3)))
	case 5:
		g.command(name, "MSET", key, "a", "k1", "b")
	default:
		g.command(name, "SET", key, strconv.Itoa(g.Int()))
	}
}

func (g *generator) command(name string, args ...string) {
	g.add(Command{Node: name, Client: 1, Args: args})
}

// follow makes one node a replica of another.
func (g *generator) follow(i, master int) {
	g.command(g.nodes[i], "REPLICAOF", g.nodes[master], strconv.Itoa(6379+master))
}

// pause lets time pass: mostly little, sometimes longer than a timeout.
func (g *generator) pause() {
	switch n := g.IntN(20); {
	case n < 4:
	case n < 16:
		g.wait(0, 1500)
	case n < 19:
		g.wait(0, 8000)
	default:
		g.wait(0, 70_000)
	}
}

// repair heals and starts everything, ends all writing and makes all nodes follow the first.
func (g *generator) repair() {
	for _, p := range g.pairs {
		g.add(Heal{g.nodes[p[0]], g.nodes[p[1]]})
		g.add(Link{A: g.nodes[p[0]], B: g.nodes[p[1]], Latency: time.Millisecond, Jitter: 0, Bandwidth: 0})
	}
	for i, name := range g.nodes {
		if g.down[i] {
			g.add(Start{name})
		}
		if g.loaded[i] {
			g.add(Unload{name})
		}
	}
	g.add(Wait{10 * time.Millisecond})
	g.command(g.nodes[0], "REPLICAOF", "NO", "ONE")
	for i := range g.nodes[1:] {
		g.follow(i+1, 0)
	}
}
