package script

import (
	"cmp"
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine/node"
	"resync/engine/sim"
)

// MixedEras is the word for worlds whose nodes are of several eras.
const MixedEras = "mixed"

// RandomScript is the script of a seed: the same on every machine. Its acts are drawn without a look at what becomes
// of them, so some cannot be done. All its nodes are of one era, or of several where that is MixedEras; "" leaves it to
// the seed whether they are of several or all of the usual one.
func RandomScript(seed uint64, era string) *Script {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x5eed)), script: &Script{Seed: seed}}
	if mixed := g.chance(1, 2); era == "" && mixed {
		era = MixedEras
	}
	g.era = g.drawsEras(era)
	g.saves = g.chance(1, 2)
	g.topology()
	if g.chance(3, 4) {
		g.wait(1500, 9000) // most stories begin in step
	}
	for range 5 + g.IntN(25) {
		g.act()
		g.pause()
	}
	if seed%6 == 0 {
		g.renew()
	}
	return g.script
}

// generator draws a script.
type generator struct {
	*rand.Rand
	script *Script
	era    func() string // draws that of a node
	nodes  []string
	eras   []string // of the nodes
	down   []bool   // as far as the script knows
	frozen []bool
	loaded []bool
	saves  bool // by save points
	cut    [][2]int
	pairs  [][2]int
}

// chance is true with a probability of n in m.
func (g *generator) chance(n, m int) bool { return g.IntN(m) < n }

// pick draws one of several.
func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) add(a Act) { g.script.Statements = append(g.script.Statements, Statement{Act: a}) }

// drawsEras decides what eras the nodes of a world are of. Where they are of several, most worlds are such that files
// can be read: who comes later is as new as the first or newer.
func (g *generator) drawsEras(era string) func() string {
	if era != MixedEras {
		return func() string { return era }
	}
	all := node.Eras()
	oldest := g.IntN(len(all))
	newest := oldest + g.IntN(len(all)-oldest)
	first := true
	switch g.IntN(5) {
	case 0:
		return func() string { return all[oldest] } // of one that need not be the usual one
	case 1:
		return func() string { return pick(g, all...) }
	case 2:
		return func() string { return pick(g, all[oldest], all[newest]) }
	}
	return func() string {
		if first {
			first = false
			return all[oldest]
		}
		return all[oldest+g.IntN(newest-oldest+1)]
	}
}

// several reports whether the nodes are of several eras.
func (g *generator) several() bool {
	for _, era := range g.eras {
		if era != g.eras[0] {
			return true
		}
	}
	return false
}

// topology makes two to nine nodes, mostly few: a star, a chain, or something between.
func (g *generator) topology() {
	count := 2 + g.IntN(3)
	if g.chance(1, 6) {
		count = 5 + g.IntN(5)
	}
	chain := g.IntN(4) // of four, how many follow the one before
	for i := range count {
		era := g.era()
		if era == node.DefaultConfig().Era {
			era = "" // which goes without saying
		}
		a := AddNode{Name: "n" + strconv.Itoa(i+1), Era: era, Settings: g.settings(era)}
		switch {
		case i == 0 || g.chance(1, 8):
		case g.chance(1, 8):
			a.Replicaof = pick(g, g.nodes...)
		case g.chance(chain, 4):
			a.Replicaof = g.nodes[i-1]
		default:
			a.Replicaof = g.nodes[0]
		}
		for k := range g.nodes {
			g.pairs = append(g.pairs, [2]int{k, i})
		}
		g.nodes, g.eras = append(g.nodes, a.Name), append(g.eras, era)
		g.down, g.loaded, g.frozen = append(g.down, false), append(g.loaded, false), append(g.frozen, false)
		g.add(a)
	}
	for _, p := range g.pairs {
		if g.several() || g.chance(2, 3) {
			g.add(g.link(p))
		}
	}
}

// settings draws what makes a difference to replication. Each row is a chance, in n of m, and the values to draw from.
func (g *generator) settings(era string) []Setting {
	s := []Setting{{"repl-backlog-size", "16kb"}, {"enable-debug-command", "yes"}}
	if g.chance(1, 4) {
		s[0].Value = pick(g, "20kb", "64kb", "1mb")
	}
	if !g.saves {
		s = append(s, Setting{"save", ""})
	} else if g.chance(1, 3) {
		s = append(s, Setting{"save", "1 1"})
	}
	for _, row := range []struct {
		n, m   int
		name   string
		values []string
	}{
		{3, 4, "repl-diskless-sync-delay", []string{"0"}},
		{1, 3, "repl-diskless-sync", []string{"no"}},
		{1, 4, "repl-diskless-load", []string{"swapdb", "on-empty-db"}},
		{1, 4, "repl-ping-replica-period", []string{"1", "3"}},
		{1, 6, "repl-timeout", []string{"5", "12"}},
		{1, 10, "repl-backlog-ttl", []string{"1", "5"}},
		{1, 10, "rdb-key-save-delay", []string{"1000", "20000", "200000"}},
		{1, 10, "key-load-delay", []string{"1000", "20000"}},
		{1, 12, "client-output-buffer-limit", []string{"slave 20kb 0 0", "slave 100kb 30kb 2"}},
		{1, 12, "replica-read-only", []string{"no"}},
		{1, 12, "min-replicas-to-write", []string{"1", "2"}},
		{1, 10, "shutdown-timeout", []string{"0", "2"}},
		{1, 10, "rdb-del-sync-files", []string{"yes"}},
		{1, 10, "replica-serve-stale-data", []string{"no"}},
		{1, 10, "repl-diskless-sync-max-replicas", []string{"1", "2"}},
		{3, 4, "dual-channel-replication-enabled", []string{"yes"}},
	} {
		if g.chance(row.n, row.m) {
			s = append(s, Setting{row.name, pick(g, row.values...)})
		}
	}
	var known []Setting
	for _, c := range s {
		if c.Name = nameIn(era, c); c.Name != "" {
			known = append(known, c)
		}
	}
	return known
}

// nameIn is what an era calls a setting, or "" where it does not have it.
func nameIn(era string, c Setting) string {
	for _, name := range [...]string{c.Name, strings.Replace(c.Name, "replica", "slave", 1)} {
		cfg, err := node.DefaultConfigOf(era)
		if err == nil && (Setting{name, c.Value}).apply(&cfg) == nil {
			return name
		}
	}
	return ""
}

func (g *generator) link(p [2]int) Link {
	l := Link{A: g.nodes[p[0]], B: g.nodes[p[1]], Latency: -1, Jitter: -1, Bandwidth: -1}
	l.Latency = pick(g, 0, time.Millisecond, 5*time.Millisecond, 40*time.Millisecond, 300*time.Millisecond)
	if g.several() {
		// A new replica whose old master refuses it in words that it takes for an error tries again at once, for as long
		// as that lasts: the time between is all that the path takes.
		l.Latency = max(l.Latency, 5*time.Millisecond)
	}
	if g.chance(1, 3) {
		l.Jitter = pick(g, time.Millisecond, 30*time.Millisecond)
	}
	if g.chance(1, 4) {
		l.Bandwidth = pick[int64](g, 20_000, 100_000, 1_000_000)
	}
	return l
}

// renew brings a node back as another version, mostly a newer one, takes the youngest away for good, and goes on for a while
// with those that are left.
func (g *generator) renew() {
	all := node.Eras()
	i := g.IntN(len(g.nodes))
	oldest := slices.Index(all, cmp.Or(g.eras[i], node.DefaultConfig().Era))
	if g.chance(1, 4) {
		oldest = 0
	}
	g.eras[i], g.down[i], g.frozen[i] = all[oldest+g.IntN(len(all)-oldest)], false, false
	g.add(pick[Act](g, Kill{g.nodes[i]}, Shutdown{g.nodes[i], "save"}))
	g.wait(0, 12_000)
	for _, p := range g.pairs {
		g.add(g.link(p)) // as it is between eras
	}
	g.add(Start{g.nodes[i], g.eras[i]})
	g.pause()

	last := len(g.nodes) - 1
	g.add(Kill{g.nodes[last]})
	g.pause()
	g.add(Remove{g.nodes[last]})
	g.pause()
	its := func(p [2]int) bool { return p[0] == last || p[1] == last }
	g.nodes, g.pairs, g.cut = g.nodes[:last], slices.DeleteFunc(g.pairs, its), slices.DeleteFunc(g.cut, its)
	for range g.IntN(1 + 4*len(g.pairs)) { // none for one that is alone
		g.act()
		g.pause()
	}
}

// act draws one thing that happens, by weight.
func (g *generator) act() {
	i := g.IntN(len(g.nodes))
	name := g.nodes[i]
	n := g.IntN(118)
	for _, row := range []struct {
		weight int
		do     func()
	}{
		{18, func() { g.writes(pick(g, g.nodes[0], name)) }},
		{20, g.outage},
		{6, func() { g.promote(i) }},
		{4, func() { g.failover(i) }},
		{6, g.break_},
		{8, g.mend},
		{6, func() { g.process(i) }},
		{5, func() { g.freeze(i) }},
		{8, func() { g.load(i) }},
		{5, func() { g.command(name, "SLAVEOF", "NO", "ONE") }},
		{6, func() { g.follow(i, g.IntN(len(g.nodes))) }}, // itself, too
		{3, func() { g.add(g.link(pick(g, g.pairs...))) }},
		{3, func() { g.command(name, "CLIENT", "KILL", "TYPE", pick(g, "slave", "master")) }},
		{5, func() { g.configure(i) }},
		{5, func() { g.waits(pick(g, g.nodes[0], name)) }},
		{3, func() { g.command(name, pick(g, "BGSAVE", "SAVE")) }},
		{2, func() { g.add(Skew{name, pick(g, -time.Hour, -3*time.Second, 0, 2*time.Second, 90*time.Second)}) }},
		{2, func() {
			g.add(Command{Node: name, Client: 8, Args: []string{"CLIENT", "PAUSE", strconv.Itoa(g.IntN(4000)), pick(g, "WRITE", "ALL")}})
		}},
		{3, func() { g.sleep(name) }},
	} {
		if n -= row.weight; n < 0 {
			row.do()
			return
		}
	}
}

// outage breaks a link, goes on writing and mends it: for less than the backlog keeps, or for more.
func (g *generator) outage() {
	p := pick(g, g.pairs...)
	a, b := g.nodes[p[0]], g.nodes[p[1]]
	writer := pick(g, g.nodes[0], a, b)
	if g.chance(1, 3) { // some of it is on its way
		if g.chance(2, 3) {
			g.add(Link{A: a, B: b, Latency: -1, Jitter: -1, Bandwidth: pick[int64](g, 20_000, 50_000)})
		}
		g.big(writer)
		g.wait(0, 900)
	}
	fault := g.fault(a, b)
	g.add(fault)
	switch g.IntN(4) {
	case 0: // nothing is missed
	case 1:
		g.big(writer)
	default:
		g.writes(writer)
	}
	g.wait(0, pick(g, 50, 2500, 20_000))
	if f, ok := fault.(Isolate); ok {
		g.add(Rejoin{f.Node})
	} else {
		g.add(Heal{a, b})
	}
	g.wait(0, 2500)
}

// fault draws a way to break a link.
func (g *generator) fault(a, b string) Act {
	switch g.IntN(8) {
	case 0:
		return Blackhole{A: a, B: b}
	case 1:
		return Blackhole{A: a, B: b, OneWay: true}
	case 2:
		return Blackhole{A: b, B: a, OneWay: true}
	case 3:
		return Isolate{a, g.chance(1, 2)}
	}
	return Sever{a, b}
}

// big writes more at once than a packet holds.
func (g *generator) big(name string) {
	if g.chance(1, 2) {
		g.command(name, "SET", "big", strings.Repeat("x", 1+g.IntN(60_000)))
		return
	}
	g.command(name, "MULTI")
	for i := range 2 + g.IntN(5) {
		g.command(name, "SET", "big"+strconv.Itoa(i), strings.Repeat("y", 1+g.IntN(12_000)))
		g.command(name, "INCR", "counter")
	}
	g.command(name, "EXEC")
}

// promote makes a node a master, lets the others follow it, and sometimes lets the two sides write apart before.
func (g *generator) promote(i int) {
	g.command(g.nodes[i], "SLAVEOF", "NO", "ONE")
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

// failover hands the place of a master to a replica, or tries to.
func (g *generator) failover(to int) {
	args := []string{"FAILOVER"}
	if g.chance(1, 2) {
		args = append(args, "TO", g.address(to), strconv.Itoa(6379+to))
		if g.chance(1, 3) {
			args = append(args, "FORCE")
		}
	}
	if g.chance(1, 2) {
		args = append(args, "TIMEOUT", strconv.Itoa(1+g.IntN(3000)))
	}
	name := pick(g, g.nodes[0], pick(g, g.nodes...))
	if g.chance(1, 2) {
		g.writes(name)
	}
	g.command(name, args...)
	g.wait(0, 1500)
	if g.chance(1, 3) {
		g.command(name, "FAILOVER", "ABORT")
	}
}

func (g *generator) break_() {
	p := pick(g, g.pairs...)
	g.cut = append(g.cut, p)
	g.add(g.fault(g.nodes[p[0]], g.nodes[p[1]]))
}

func (g *generator) mend() {
	if len(g.cut) == 0 {
		g.writes(pick(g, g.nodes...))
		return
	}
	k := g.IntN(len(g.cut))
	g.add(Heal{g.nodes[g.cut[k][0]], g.nodes[g.cut[k][1]]})
	g.cut = append(g.cut[:k], g.cut[k+1:]...)
}

// emptyRDB is a file without keys that every era reads. A checksum of 0 is not checked.
const emptyRDB = "REDIS0006\xff\x00\x00\x00\x00\x00\x00\x00\x00"

// process ends a node's process or starts it again.
func (g *generator) process(i int) {
	name := g.nodes[i]
	switch {
	case g.down[i]:
		if g.chance(1, 5) {
			g.add(Wipe{name})
			if g.chance(1, 3) {
				g.add(Restore{name, base64.StdEncoding.EncodeToString([]byte(emptyRDB))})
			}
		}
		g.add(Start{Node: name})
	case g.chance(1, 3):
		g.add(Shutdown{name, pick(g, "", "save", "save", "nosave")})
	default:
		g.add(Kill{name})
	}
	g.down[i], g.frozen[i] = !g.down[i], false
	if g.down[i] && g.chance(1, 2) {
		g.wait(0, pick(g, 1000, 12_000))
		g.add(Start{Node: name})
		g.down[i] = false
	}
}

func (g *generator) freeze(i int) {
	if g.frozen[i] {
		g.add(Thaw{g.nodes[i]})
		g.frozen[i] = false
		return
	}
	g.add(Freeze{g.nodes[i]})
	g.frozen[i] = true
	if g.chance(2, 3) {
		g.wait(0, pick(g, 1000, 12_000, 80_000))
		g.add(Thaw{g.nodes[i]})
		g.frozen[i] = false
	}
}

func (g *generator) load(i int) {
	if g.loaded[i] {
		g.add(Unload{g.nodes[i]})
	} else {
		g.add(Load{g.nodes[i], sim.Load{
			Rate: pick(g, 10, 50, 200), Size: pick[int64](g, 10, 64, 1000), Keys: pick(g, 1, 5, 20), Mix: pick(g, sim.Mixes()...),
		}})
	}
	g.loaded[i] = !g.loaded[i]
}

func (g *generator) configure(i int) {
	c := pick(g, Setting{"repl-backlog-size", "16kb"}, Setting{"repl-backlog-size", "40kb"}, Setting{"repl-diskless-sync", "no"},
		Setting{"repl-diskless-sync", "yes"}, Setting{"repl-diskless-load", "disabled"}, Setting{"repl-diskless-load", "swapdb"},
		Setting{"client-output-buffer-limit", "slave 30kb 0 0"}, Setting{"repl-backlog-ttl", "2"}, Setting{"repl-timeout", "6"},
		Setting{"rdb-key-save-delay", "30000"}, Setting{"save", ""}, Setting{"min-replicas-to-write", "1"}, Setting{"min-replicas-to-write", "0"},
		Setting{"replica-read-only", "no"}, Setting{"replica-read-only", "yes"})
	if known := nameIn(g.eras[i], c); known != "" {
		c.Name = known
	}
	g.command(g.nodes[i], "CONFIG", "SET", c.Name, c.Value)
}

// waits lets a client write and wait for replicas.
func (g *generator) waits(name string) {
	for range 1 + g.IntN(3) {
		if g.chance(3, 4) {
			g.write(name)
		}
		g.command(name, "WAIT", strconv.Itoa(g.IntN(4)), strconv.Itoa(1+g.IntN(3000)))
		g.wait(0, 400)
	}
}

func (g *generator) sleep(name string) {
	args := []string{"DEBUG", "SLEEP", "0." + strconv.Itoa(g.IntN(10))}
	if g.chance(1, 6) {
		args[2] = "7"
	}
	g.add(Command{Node: name, Client: 8, Args: args})
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
	switch n := g.IntN(24); {
	case n < 8:
		g.command(name, sim.Draw(g.Rand, "all", 3, 20)...)
	case n < 10:
		g.command(name, "INCR", "counter")
	case n < 12:
		g.command(name, "MULTI")
		for range 1 + g.IntN(3) {
			g.command(name, sim.Draw(g.Rand, "all", 3, 20)...)
		}
		g.command(name, "SET", key, "together")
		g.command(name, pick(g, "EXEC", "EXEC", "DISCARD"))
	case n < 13:
		g.command(name, "PEXPIRE", key, strconv.Itoa(g.IntN(3000)-500))
	case n < 14 && g.chance(1, 4):
		// With save points FLUSHALL saves its empty dataset at the place in front of itself, as redis-server does: a
		// process that starts with it claims what is not so.
		g.command(name, map[bool]string{false: "FLUSHALL", true: "FLUSHDB"}[g.saves])
	case n < 15:
		g.command(name, "SELECT", strconv.Itoa(g.IntN(3)))
	case n < 16 && g.chance(1, 3):
		g.command(name, "SWAPDB", "0", "1")
	case n < 18:
		g.command(name, "SET", key, "brief", "PX", strconv.Itoa(1+g.IntN(5000)))
	case n < 19:
		g.add(Command{Node: name, Client: 3, Args: []string{"BLPOP", "list:0", "list:1", "2"}})
	case n < 20:
		g.command(name, "GET", key)
	default:
		g.command(name, "SET", key, strconv.Itoa(g.Int()))
	}
}

func (g *generator) command(name string, args ...string) {
	g.add(Command{Node: name, Client: 1, Args: args})
}

// address is how a node is known to its master.
func (g *generator) address(i int) string { return "10.0.0." + strconv.Itoa(i+1) }

// follow makes one node a replica of another.
func (g *generator) follow(i, master int) {
	g.command(g.nodes[i], "SLAVEOF", g.nodes[master], strconv.Itoa(6379+master))
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
