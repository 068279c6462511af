package sim

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/node"
)

// A NodeView is how a node stands at the moment it was asked for. Reading it changes nothing. The methods look at the
// world as it is when they are called, so they belong right behind World.Node.
type NodeView struct {
	Name, IP   string
	Port       int
	State      string         // up, frozen, down
	Since      engine.Instant // when it came to that state
	Keys       int            // in all databases; 0 while it is down
	LastResync string         // how its last synchronization went: none, full, partial
	Inputs     int64          // how many inputs it was ever given: while this stays, only time has changed the node
	Skew       time.Duration  // how far its clock runs ahead of the world's

	host *host
	now  engine.Instant
}

// Up reports whether there is a process, frozen or not.
func (v NodeView) Up() bool { return v.host != nil && v.host.node != nil }

// Digest is the digest of the dataset as DEBUG DIGEST prints it: forty hex characters, or "" while the node is down.
// It reads every key.
func (v NodeView) Digest() string {
	if !v.Up() {
		return ""
	}
	d := v.host.node.Store().Digest()
	return hex.EncodeToString(d[:])
}

// DataBytes is about how much memory the dataset takes, 0 while the node is down.
func (v NodeView) DataBytes() int64 {
	if !v.Up() {
		return 0
	}
	return v.host.node.Store().Bytes()
}

// Info is what INFO would say now; empty while the node is down.
func (v NodeView) Info() node.Info {
	if !v.Up() {
		return node.Info{}
	}
	return v.host.node.Info(v.now)
}

// Replication is how the node's replication stands now; the zero value while the node is down.
func (v NodeView) Replication() node.Replication {
	if !v.Up() {
		return node.Replication{}
	}
	return v.host.node.Replication(v.now)
}

// StreamBytes are the bytes of a span of the node's stream, as far as its backlog holds them: nil where it does not hold the first.
func (v NodeView) StreamBytes(span engine.Span) []byte {
	if !v.Up() {
		return nil
	}
	return v.host.node.StreamBytes(span)
}

// Waiting tells how long a client at the node's own prompt waits in a command that blocks, by the world's clock, and whether it does.
func (v NodeView) Waiting(client int) (node.Waiting, bool) {
	if !v.Up() {
		return node.Waiting{}, false
	}
	for _, c := range v.host.clients {
		if c.number == client && c.conn != 0 {
			w, ok := v.host.node.Waiting(c.conn)
			if w.Until != 0 {
				w.Until = w.Until.Add(-v.Skew)
			}
			return w, ok
		}
	}
	return node.Waiting{}, false
}

// Commands are the commands that the node knows; nil while it is down.
func (v NodeView) Commands() *command.Table {
	if !v.Up() {
		return nil
	}
	return v.host.node.Commands()
}

// Config is the node's configuration as it stands, or the one that it will start with while it is down.
func (v NodeView) Config() node.Config {
	if v.host == nil {
		return node.Config{}
	}
	if !v.Up() {
		return v.host.config
	}
	return v.host.node.Config()
}

// LinkOptions are the properties of the path between two nodes, the same both ways.
type LinkOptions struct {
	Latency   time.Duration // one way
	Jitter    time.Duration // added to it, evenly drawn between 0 and this; the order on a connection is kept
	Bandwidth int64         // bytes per second in each direction, shared by all connections; 0 = unlimited
}

// DefaultLink is the path between two nodes that nobody has described.
var DefaultLink = LinkOptions{Latency: time.Millisecond}

// A LinkView is how the path between two nodes stands.
type LinkView struct {
	A, B    string         // A is the older node
	State   string         // up, severed, blackhole
	Dark    [2]bool        // in a blackhole: packets from A, and from B, vanish
	Since   engine.Instant // when it came to that state
	Options LinkOptions
	Conns   int // connections on it now, those being opened included
}

// A Packet is bytes on their way from one node to another.
type Packet struct {
	ID       int64 // as in engine.Sent
	From, To string
	Payload  engine.Payload
	Span     engine.Span // for PayloadStream
	Bytes    int
	SentAt   engine.Instant
	Arrives  engine.Instant // 0 when it vanishes in a blackhole
	Text     fmt.Stringer   // decoded and shortened when it is asked for; nil in a terse world
}

// A Load is background writing by a client of its own. Zero fields take the defaults: 100 per second, 64 bytes,
// 1000 keys, mix "set".
type Load struct {
	Rate int    // commands per second
	Size int64  // bytes of a value
	Keys int    // names in use: key:0 to key:N-1, drawn evenly
	Mix  string // one of Mixes
}

// A Forecast is what a master would answer the next PSYNC of a replica if it were asked now.
type Forecast struct {
	Answer       engine.PsyncAnswered
	MissingBytes int64 // the stream bytes that the replica lacks, whatever the answer; -1 when it is not of this history
	TurnsIn      int64 // stream bytes until the answer turns from continue to full; -1 when it is full already

	Rate       int64         // bytes per second by which the master's stream grows, lately
	TurnsAfter time.Duration // until the answer turns, if it goes on to grow so; -1 when it does not turn, or nobody knows: it has not grown for a second yet
}

// Node is how a node stands now. The zero view, which is not Up, stands for a name that no node has.
func (w *World) Node(name string) NodeView {
	h := w.find(name)
	if h == nil {
		return NodeView{}
	}
	v := NodeView{
		Name: h.name, IP: h.ip, Port: h.config.Port, State: "down", Since: h.since,
		LastResync: h.lastResync, Inputs: h.inputs, Skew: h.skew, host: h, now: h.clock(w.now),
	}
	if h.node != nil {
		if v.State = "up"; h.frozen {
			v.State = "frozen"
		}
		for i, s := 0, h.node.Store(); i < s.Databases(); i++ {
			v.Keys += s.DB(i).Len()
		}
	}
	return v
}

// Links are the paths between all pairs that were ever named together or had a connection, by the age of their ends.
func (w *World) Links() []LinkView {
	views := make([]LinkView, 0, len(w.paths))
	for _, p := range w.paths {
		if p.a == p.b || w.hosts[p.a].gone || w.hosts[p.b].gone {
			continue
		}
		v := LinkView{
			A: w.hosts[p.a].name, B: w.hosts[p.b].name, State: "up", Dark: p.dark, Since: p.since, Options: p.options,
		}
		switch {
		case p.severed:
			v.State = "severed"
		case p.dark != [2]bool{}:
			v.State = "blackhole"
		}
		for _, c := range w.conns {
			a, b := c.ends[0].host, c.ends[1].host
			if min(a, b) == p.a && max(a, b) == p.b && !c.cut {
				v.Conns++
			}
		}
		views = append(views, v)
	}
	return views
}

// InFlight are the packets that are on their way, by their numbers.
func (w *World) InFlight() []Packet {
	var packets []Packet
	for i := range w.queue {
		a := &w.queue[i]
		p := a.packet
		if p == nil {
			continue
		}
		packets = append(packets, Packet{
			ID: p.ID, From: p.From, To: p.To, Payload: p.Payload, Span: p.Span, Bytes: p.Bytes, SentAt: a.sentAt,
			Arrives: p.Arrives, Text: p.Text,
		})
	}
	slices.SortFunc(packets, func(p, q Packet) int { return cmp.Compare(p.ID, q.ID) })
	return packets
}
