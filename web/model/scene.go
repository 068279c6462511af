package model

import (
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/sim"
)

// A scene is how a world stands at one moment: everything that the panels are drawn from, read once per drawing.
// It is plain data, so a test can write one by hand.
type scene struct {
	now       engine.Instant
	nodes     []standing // in order of birth
	links     []sim.LinkView
	flying    []sim.Packet
	forecasts map[string]sim.Forecast // by replica, only of those that are not connected; looked up, never walked
}

// A standing is one node of a scene.
type standing struct {
	name     string
	ip       string
	port     int
	up       bool
	state    string         // up, frozen, down
	since    engine.Instant // when it came to that state
	skew     time.Duration  // how far its clock is ahead
	era      string
	output   int64 // the hard limit of what may wait for a replica, in bytes; 0 for none
	keys     int
	repl     node.Replication
	severed  bool // the path to its master is cut, whether it has learned so or not
	master   int  // index of its configured master in the scene, -1 for none or one outside this world
	followed int  // number of nodes of this scene that have it as their master
}

// observe reads a scene from a world. It changes nothing there. known is what the page remembers of the nodes' masters:
// a process that was killed has forgotten its own, but its place on the stage stays.
func observe(w *sim.World, known map[string]followed) scene {
	s := scene{now: w.Now(), links: w.Links(), flying: w.InFlight(), forecasts: map[string]sim.Forecast{}}
	names := w.Names()
	s.nodes = make([]standing, 0, len(names))
	for _, name := range names {
		v := w.Node(name)
		cfg := v.Config()
		n := standing{name: name, output: cfg.OutputLimit[node.OutputReplica].Hard, ip: v.IP, port: v.Port, up: v.Up(), state: v.State, since: v.Since, skew: v.Skew, era: cfg.Era, keys: v.Keys, master: -1}
		if n.up {
			n.repl = v.Replication()
			known[name] = followed{n.repl.Replica, n.repl.Master}
		} else {
			n.repl.Replica, n.repl.Master = known[name].replica, known[name].master
		}
		s.nodes = append(s.nodes, n)
	}
	s.connectMasters()
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.master >= 0 {
			path, ok := s.between(s.nodes[n.master].name, n.name)
			n.severed = ok && path.State == "severed"
		}
		if n.up && n.master >= 0 && !n.connected() {
			if f, ok := w.Forecast(n.name); ok {
				s.forecasts[n.name] = f
			}
		}
	}
	return s
}

// A followed is what the page remembers of a node's role.
type followed struct {
	replica bool
	master  node.Address
}

// connectMasters finds each replica's master among the nodes.
func (s *scene) connectMasters() {
	for i := range s.nodes {
		n := &s.nodes[i]
		n.master = -1
		if n.repl.Replica {
			n.master = s.find(n.repl.Master)
		}
	}
	for i := range s.nodes {
		s.nodes[i].followed = 0
	}
	for _, n := range s.nodes {
		if n.master >= 0 {
			s.nodes[n.master].followed++
		}
	}
}

// find returns the index of the node that listens at an address, or -1.
func (s *scene) find(a node.Address) int {
	for i, n := range s.nodes {
		if n.port == a.Port && (n.name == a.Host || n.ip == a.Host) {
			return i
		}
	}
	return -1
}

// node returns the node of that name and whether there is one.
func (s *scene) node(name string) (standing, bool) {
	for _, n := range s.nodes {
		if n.name == name {
			return n, true
		}
	}
	return standing{}, false
}

// named returns the name of the node that a master's log calls ip:port, or that address when there is none.
func (s *scene) named(address string) string {
	for _, n := range s.nodes {
		if n.address() == address {
			return n.name
		}
	}
	return address
}

// seenBy returns what a master knows of a replica, and whether it knows it at all.
func (s *scene) seenBy(master, replica standing) (node.ReplicaView, bool) {
	for _, v := range master.repl.Replicas {
		if v.Name == replica.address() || (v.IP == replica.ip && v.Port == replica.port) {
			return v, true
		}
	}
	return node.ReplicaView{}, false
}

// between returns the link of two nodes, and whether the world has one.
func (s *scene) between(a, b string) (sim.LinkView, bool) {
	for _, l := range s.links {
		if (l.A == a && l.B == b) || (l.A == b && l.B == a) {
			return l, true
		}
	}
	return sim.LinkView{}, false
}

// flyingBytes counts the bytes of one kind that are on their way from one node to another.
func (s *scene) flyingBytes(from, to string, what engine.Payload) int64 {
	total := int64(0)
	for _, p := range s.flying {
		if p.From == from && p.To == to && p.Payload == what {
			total += int64(p.Bytes)
		}
	}
	return total
}

// lead returns the index of the master whose stream the tape shows: that of the selected node's chain, up to the
// first node without a master here; -1 in an empty world.
func (s *scene) lead(selected string) int {
	for i, n := range s.nodes {
		if n.name == selected {
			return s.top(i)
		}
	}
	for i := range s.nodes {
		if s.nodes[i].followed > 0 {
			return s.top(i)
		}
	}
	if len(s.nodes) == 0 {
		return -1
	}
	return 0
}

// top climbs from a node to the first one without a master in this world. A ring of replicas ends where it began.
func (s *scene) top(i int) int {
	for range s.nodes {
		if s.nodes[i].master < 0 {
			return i
		}
		i = s.nodes[i].master
	}
	return i
}

func (n standing) address() string { return n.ip + ":" + strconv.Itoa(n.port) }

// connected reports whether the node is a replica in step with its master. Who is cut off is not, although it learns of
// the cut a little later.
func (n standing) connected() bool {
	return n.up && n.repl.Replica && n.repl.Link == engine.LinkConnected && !n.severed
}

// calls reports whether the node is a replica whose master is nobody of this world.
func (n standing) calls() bool { return n.up && n.repl.Replica && n.master < 0 }

// frozen reports whether the process is there and does nothing.
func (n standing) frozen() bool { return n.state == "frozen" }

// vanishes says what gets lost on the way between a replica and its master without a word to either, "" for nothing.
func (s *scene) vanishes(n standing) string {
	if n.master < 0 || !n.up {
		return ""
	}
	master := s.nodes[n.master].name
	switch down, up := s.dark(master, n.name), s.dark(n.name, master); {
	case down && up:
		return "Between " + master + " and " + n.name + " every byte vanishes"
	case down:
		return "What " + master + " sends to " + n.name + " vanishes"
	case up:
		return "What " + n.name + " sends to " + master + " vanishes"
	}
	return ""
}

// first and next are the borders of what the node's backlog holds, which are the same while it is empty; ok is false
// without a backlog.
func (n standing) held() (first, next engine.Offset, ok bool) {
	next = n.repl.Offset + 1
	if !n.repl.BacklogActive || len(n.repl.Blocks) == 0 {
		return next, next, n.repl.BacklogActive
	}
	return n.repl.Blocks[0].Span.First, next, true
}

// dropLine is the last offset that can be written before the oldest block goes: what remains without it may not fall
// below the configured size, so it goes once the stream is longer than block and backlog together. There is none
// without a backlog, or while a slow replica pins the block.
//
// Source: redis/src/replication.c, incrementalTrimReplicationBacklog.
func (n standing) dropLine() (engine.Offset, bool) {
	blocks := n.repl.Blocks
	if !n.repl.BacklogActive || len(blocks) == 0 || blocks[0].Pinned {
		return 0, false
	}
	oldest := blocks[0].Span.Len()
	if len(blocks) == 1 {
		oldest = max(oldest, blocks[0].Size)
	}
	return blocks[0].Span.First - 1 + engine.Offset(oldest+n.repl.BacklogSize), true
}

// age is how long ago a moment was, never negative.
func (s *scene) age(t engine.Instant) time.Duration { return max(0, s.now.Sub(t)) }
