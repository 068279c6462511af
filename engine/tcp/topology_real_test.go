//go:build linux

package tcp

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"resync/engine/resp"
)

// Random trees of servers, redis-server's and ours in any mixture, that are cut, killed, restarted, re-pointed,
// promoted and failed over while they are written to. Between two acts the tree comes to rest. Then all have the same
// data, the same history and the same offset, and every node has answered exactly as many full and partial resyncs
// as in a tree of nothing but redis-server.
//
//	go test ./engine/tcp -run TestTopologies -seeds 100 -from 1

var (
	topologySeeds = flag.Int("seeds", 3, "how many random topologies are played")
	topologyFrom  = flag.Int("from", 1, "the first seed of a topology")
)

func TestTopologies(t *testing.T) {
	for seed := *topologyFrom; seed < *topologyFrom+*topologySeeds; seed++ {
		t.Run("seed "+strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel() // they wait for ticks more than they work
			p := makePlan(uint64(seed))
			states := map[string][]string{}
			var mu sync.Mutex
			t.Run("with", func(t *testing.T) {
				for name, kinds := range p.lineups() {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						told := p.play(t, kinds)
						mu.Lock()
						defer mu.Unlock()
						states[name] = told
					})
				}
			})
			for _, name := range []string{"a mixture", "the other mixture", "ours alone"} {
				p.compare(t, name, states[name], states["redis-server alone"])
			}
		})
	}
}

// A plan is a tree and what happens to it. It is made before anything is started, so that it can be played again with
// other kinds of servers.
type plan struct {
	seed    uint64
	first   []int      // the parent of each node; the first node is the top
	options [][]string // of each node
	acts    []act
}

// An act begins at rest and leads to rest.
type act struct {
	what           string
	x, y           int // nodes; y is -1 where there is no second
	top            int // when the act begins
	writes, size   int // at the top, in the middle of the act
	elsewhere      int // writes to a top that is not one any more
	parents, older []int
}

func (a act) String() string {
	s := a.what + " " + nodeName(a.x)
	if a.y >= 0 {
		s += " " + nodeName(a.y)
	}
	return fmt.Sprintf("%-28s (%d writes of %d bytes, %d to the old top)", s, a.writes, a.size, a.elsewhere)
}

func nodeName(i int) string { return string(rune('a' + i)) }

const topologyBacklog = 64 << 10

func makePlan(seed uint64) *plan {
	r := rand.New(rand.NewPCG(seed, 1))
	n := 3 + r.IntN(4)
	p := &plan{seed: seed, first: []int{-1}}
	for i := 1; i < n; i++ {
		p.first = append(p.first, r.IntN(i))
	}
	for range n {
		p.options = append(p.options, []string{
			"--repl-backlog-size", strconv.Itoa(topologyBacklog),
			"--repl-diskless-sync", []string{"yes", "no"}[r.IntN(2)],
			"--repl-diskless-load", []string{"disabled", "swapdb", "on-empty-db"}[r.IntN(3)],
		})
	}
	parents := slices.Clone(p.first)
	for len(p.acts) < 8 {
		a := act{
			what: []string{"repoint", "cut", "cut for long", "drop the link of", "kill", "restart", "promote", "fail over to", "lose the top, promote", "write to"}[r.IntN(10)],
			y:    -1, writes: r.IntN(40), size: 1 + r.IntN(200), older: slices.Clone(parents),
		}
		a.top = slices.Index(parents, -1)
		a.x = r.IntN(n)
		if !a.choose(r, parents) {
			continue
		}
		a.parents = slices.Clone(parents)
		p.acts = append(p.acts, a)
	}
	return p
}

// choose completes an act and changes parents as the act does. It reports false where the act makes no sense now.
func (a *act) choose(r *rand.Rand, parents []int) bool {
	n := len(parents)
	switch a.what {
	case "repoint":
		a.y = r.IntN(n)
		if a.x == a.top || a.y == parents[a.x] || below(parents, a.x, a.y) {
			return false
		}
		parents[a.x] = a.y
	case "cut", "cut for long":
		if !slices.Contains(parents, a.x) {
			return false
		}
		if a.what == "cut for long" {
			a.writes, a.size = 60, topologyBacklog/20
		}
	case "drop the link of":
		return a.x != a.top
	case "promote":
		if a.x == a.top {
			return false
		}
		a.elsewhere = max(r.IntN(20)-9, 0)
		parents[a.x], parents[a.top] = -1, a.x
	case "fail over to":
		if parents[a.x] != a.top {
			return false
		}
		parents[a.x], parents[a.top] = -1, a.x
	case "lose the top, promote":
		if parents[a.x] != a.top {
			return false
		}
		for i := range parents {
			if parents[i] == a.top {
				parents[i] = a.x
			}
		}
		parents[a.x], parents[a.top] = -1, a.x
	case "write to":
		a.x = a.top
	}
	return true
}

// below reports whether y is x or replicates from it, directly or not.
func below(parents []int, x, y int) bool {
	for ; y >= 0; y = parents[y] {
		if x == y {
			return true
		}
	}
	return false
}

// lineups says which kinds of servers play the plan.
func (p *plan) lineups() map[string][]string {
	all := map[string][]string{}
	for i := range p.first {
		all["redis-server alone"] = append(all["redis-server alone"], "redis")
		all["ours alone"] = append(all["ours alone"], *against)
		all["a mixture"] = append(all["a mixture"], []string{"redis", *against}[i%2])
		all["the other mixture"] = append(all["the other mixture"], []string{*against, "redis"}[i%2])
	}
	return all
}

// String is everything that is needed to play the plan by hand.
func (p *plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\n", p.seed)
	for i, parent := range p.first {
		fmt.Fprintf(&b, "%s", nodeName(i))
		if parent >= 0 {
			fmt.Fprintf(&b, " replicates from %s", nodeName(parent))
		}
		fmt.Fprintf(&b, "  %s\n", strings.Join(p.options[i], " "))
	}
	for i, a := range p.acts {
		fmt.Fprintf(&b, "%d %v\n", i+1, a)
	}
	return b.String()
}

// compare looks for the first act after which two trees differ.
func (p *plan) compare(t *testing.T, name string, got, want []string) {
	t.Helper()
	if len(got) != len(p.acts)+1 || len(want) != len(p.acts)+1 {
		t.Errorf("not played to the end with %s\n%v", name, p)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("after act %d with %s:\n%s\nwith redis-server alone:\n%s\n%v", i, name, got[i], want[i], p)
			return
		}
	}
}

// A tree is a plan being played.
type tree struct {
	t       *testing.T
	plan    *plan
	nodes   []*member
	parents []int
	ids     []string // the histories that were seen
	turn    int      // of the keys that are written
}

// A member is one node of a tree. Whoever replicates from it comes through its front, which can be severed, and keeps
// its port while the node is down.
type member struct {
	name    string
	kind    string
	options []string
	port    int
	front   *proxy
	s       *server
	before  [3]int64 // resyncs that it has answered before it was last started
}

// play starts the tree, leads it through the acts, and says how it stood at each rest.
func (p *plan) play(t *testing.T, kinds []string) (states []string) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("after %d acts of %v\n%v", len(states)-1, kinds, p)
		}
	})
	tr := &tree{t: t, plan: p, parents: slices.Clone(p.first)}
	for i, kind := range kinds {
		m := &member{name: nodeName(i), kind: kind, port: freePort(t)}
		m.front = newProxy(t, "127.0.0.1:"+strconv.Itoa(m.port))
		m.options = append([]string{"--dir", t.TempDir(), "--replica-announce-port", strconv.Itoa(m.front.port())}, p.options[i]...)
		tr.nodes = append(tr.nodes, m)
		m.front.sever()
		tr.launch(i)
		m.front.heal()
		tr.restOf(i + 1) // one at a time: whose snapshot is shared by whom would depend on luck
	}
	states = append(states, tr.rest())
	for _, a := range p.acts {
		tr.perform(a)
		tr.parents = slices.Clone(a.parents)
		states = append(states, tr.rest())
	}
	return states
}

// launch starts a node as what it is in the tree. Its front is severed meanwhile: a replica that is there at its
// first tick would be sent a PING.
func (tr *tree) launch(i int) {
	tr.t.Helper()
	m := tr.nodes[i]
	options := m.options
	if parent := tr.parents[i]; parent >= 0 {
		options = append(slices.Clip(options), "--replicaof", "127.0.0.1", strconv.Itoa(tr.nodes[parent].front.port()))
	}
	m.s = startOn(tr.t, m.kind, m.port, options...)
}

// end ends a node: like the death of its process, or in order, with its data saved.
func (tr *tree) end(i int, inOrder bool) {
	tr.t.Helper()
	m := tr.nodes[i]
	for j, n := range m.counts() {
		m.before[j] = n
	}
	m.front.sever()
	if inOrder {
		m.s.c.send(resp.AppendCommand(nil, "SHUTDOWN", "SAVE"))
		if said := m.s.c.ended(); said != "" {
			tr.t.Errorf("%s: SHUTDOWN SAVE answers %q", m.name, said)
		}
	}
	m.s.stop()
}

// counts are sync_full, sync_partial_ok and sync_partial_err since the beginning.
func (m *member) counts() (n [3]int64) {
	info := m.s.fields()
	for i, field := range []string{"sync_full", "sync_partial_ok", "sync_partial_err"} {
		n[i], _ = strconv.ParseInt(info[field], 10, 64)
		n[i] += m.before[i]
	}
	return n
}

// fields are all of INFO.
func (s *server) fields() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	for l := range strings.SplitSeq(string(s.ok("INFO", "everything").Str), "\r\n") {
		if name, value, ok := strings.Cut(l, ":"); ok {
			all[name] = value
		}
	}
	return all
}

func (tr *tree) perform(a act) {
	tr.t.Helper()
	x, top := tr.nodes[a.x], tr.nodes[a.top]
	repoint := func(from, to int) {
		tr.nodes[from].s.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(tr.nodes[to].front.port()))
	}
	switch a.what {
	case "repoint":
		repoint(a.x, a.y)
		tr.write(top, a.writes, a.size)
	case "cut", "cut for long":
		x.front.sever()
		tr.until(x.name+" has lost its replicas", func() bool { return x.s.info("connected_slaves") == "0" })
		tr.write(top, a.writes, a.size)
		if a.x != a.top {
			tr.until(x.name+" has applied all", func() bool { return x.s.info("master_repl_offset") == top.s.info("master_repl_offset") })
		}
		x.front.heal()
	case "drop the link of":
		x.s.ok("CLIENT", "KILL", "TYPE", "master")
		tr.write(top, a.writes, a.size)
	case "kill", "restart":
		tr.end(a.x, a.what == "restart")
		if a.x != a.top {
			tr.write(top, a.writes, a.size)
		}
		tr.launch(a.x)
		x.front.heal()
	case "promote":
		x.s.ok("REPLICAOF", "NO", "ONE")
		tr.write(x, a.writes, a.size)
		tr.write(top, a.elsewhere, a.size)
		repoint(a.top, a.x)
	case "fail over to":
		top.s.ok("FAILOVER", "TO", "127.0.0.1", strconv.Itoa(x.front.port()))
		tr.until(x.name+" is the master", func() bool {
			return x.s.info("role") == "master" && top.s.info("master_failover_state") == "no-failover"
		})
		tr.write(x, a.writes, a.size)
	case "lose the top, promote":
		tr.end(a.top, false)
		x.s.ok("REPLICAOF", "NO", "ONE")
		tr.write(x, a.writes, a.size)
		for i := range a.parents {
			if a.older[i] == a.top && i != a.x {
				repoint(i, a.x)
			}
		}
		tr.parents = a.parents
		tr.launch(a.top)
		top.front.heal()
	case "write to":
		tr.write(x, a.writes, a.size)
	default:
		tr.t.Fatalf("no act is called %q", a.what)
	}
}

// write tells a node so many commands, the same to whoever is told them at this place of the plan.
func (tr *tree) write(m *member, n, size int) {
	tr.t.Helper()
	var b []byte
	sent := 0
	add := func(args ...string) { b = resp.AppendCommand(b, args...); sent++ }
	for range n {
		tr.turn++
		key := "k" + strconv.Itoa(tr.turn%97)
		switch tr.turn % 7 {
		case 0:
			add("DEL", key)
			add("RPUSH", key, "x", strings.Repeat("y", size))
		case 1:
			add("MULTI")
			add("SET", key, "m")
			add("SELECT", strconv.Itoa(tr.turn%3))
			add("INCR", "n"+key)
			add("EXEC")
		case 2:
			add("SET", key, strings.Repeat("v", size), "PXAT", "99999999999999")
		default:
			add("SET", key, strings.Repeat("w", size))
		}
	}
	m.s.c.pipeline(b, sent)
}

// until waits for what must happen.
func (tr *tree) until(what string, holds func() bool) {
	tr.t.Helper()
	eventually(tr.t, what, holds)
}

func (tr *tree) rest() string { return tr.restOf(len(tr.nodes)) }

// restOf waits until the first n nodes are at rest and says how each stands.
func (tr *tree) restOf(n int) string {
	tr.t.Helper()
	var state, why string
	for end := time.Now().Add(2 * patience); ; time.Sleep(20 * time.Millisecond) {
		if state, why = tr.state(n); why == "" {
			return state
		}
		if time.Now().After(end) {
			tr.t.Fatalf("never at rest: %s", why)
		}
	}
}

// state says how the nodes stand, or why they are not at rest.
func (tr *tree) state(n int) (state, why string) {
	tr.t.Helper()
	infos := make([]map[string]string, n)
	for i := range n {
		infos[i] = tr.nodes[i].s.fields()
	}
	top := slices.Index(tr.parents[:n], -1)
	offset := infos[top]["master_repl_offset"]
	for i, info := range infos {
		name := tr.nodes[i].name
		children := 0
		for _, parent := range tr.parents[:n] {
			if parent == i {
				children++
			}
		}
		switch {
		case info["loading"] != "0", info["async_loading"] != "0", info["rdb_bgsave_in_progress"] != "0":
			return "", name + " is at work"
		case i != top && info["master_link_status"] != "up":
			return "", name + " has no link to its master"
		case info["master_repl_offset"] != offset:
			return "", fmt.Sprintf("%s is at %s, the top at %s", name, info["master_repl_offset"], offset)
		case info["connected_slaves"] != strconv.Itoa(children):
			return "", fmt.Sprintf("%s has %s replicas and not %d", name, info["connected_slaves"], children)
		}
		for j := range children {
			if line := info["slave"+strconv.Itoa(j)]; !strings.Contains(line, "state=online,offset="+offset+",") {
				return "", fmt.Sprintf("%s is at %s and has slave%d:%s", name, offset, j, line)
			}
		}
	}
	var b strings.Builder
	digest := tr.nodes[top].s.digest()
	for i, info := range infos {
		m := tr.nodes[i]
		if got := m.s.digest(); got != digest {
			tr.t.Errorf("%s and the top %s hold different data", m.name, nodeName(top))
		}
		if info["master_replid"] != infos[top]["master_replid"] {
			tr.t.Errorf("%s and the top %s have different histories", m.name, nodeName(top))
		}
		n := m.counts()
		fmt.Fprintf(&b, "%s offset %s data %s history %s before %s up to %s; answered: full %d, partial %d, refused %d\n", m.name, info["master_repl_offset"], digest[:8],
			tr.id(info["master_replid"]), tr.id(info["master_replid2"]), info["second_repl_offset"], n[0], n[1], n[2])
	}
	if now := tr.nodes[top].s.info("master_repl_offset"); now != offset {
		return "", "the offset went on to " + now
	}
	return b.String(), ""
}

// id gives a history a name that all trees of a plan share.
func (tr *tree) id(id string) string {
	if strings.Trim(id, "0") == "" {
		return "-"
	}
	if !slices.Contains(tr.ids, id) {
		tr.ids = append(tr.ids, id)
	}
	return strconv.Itoa(slices.Index(tr.ids, id))
}
