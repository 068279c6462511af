package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"resync/engine"
	"resync/engine/node"
)

// Never is the Next of a world in which nothing will happen any more by itself.
const Never engine.Instant = math.MaxInt64

// MaxNodes is how many nodes a world can hold.
const MaxNodes = 128

// maxStill is how many things may happen at one instant. More means that two of them cause each other for ever.
const maxStill = 1_000_000

// A World is a number of servers with everything around them. Make one with New.
type World struct {
	now    engine.Instant
	seq    int64 // of the next thing to be scheduled: what was scheduled first happens first
	queue  schedule
	turns  []int32 // hosts: a heap by their turns (turns.go)
	random rand.PCG
	hosts  []*host // in order of birth; an index into it names a host everywhere, so that those that were removed stay
	paths  []*path // by their two hosts
	conns  []*conn // by id

	lastConn   int64
	lastPacket int64
	bytesRead  int64 // of files

	log    *engine.EventLog // a world shares it with its clones; see note
	logged int              // events of the log that are of this world; more may be of another clone
	ahead  int              // events of the log that will be of this world, since it retraces what another has done
	terse  bool             // packets are not described
	trace  traceHash

	still   int // things done since the clock last moved
	pending []pendingInput
	feeding bool
	atOnce  []node.Input // answers that the node that is being stepped takes before anything else
	dirty   []drain
	round   int64 // how often it was emptied
	out     node.Output
	scratch []byte
	packets engine.Slab[packet]

	received node.Received // what a node is being told
	drainage node.Drained
}

// New returns an empty world at engine.Epoch. All its chances are drawn from the seed.
func New(seed uint64) *World {
	w := &World{now: engine.Epoch, log: &engine.EventLog{}, random: *rand.NewPCG(seed, 0x9e3779b97f4a7c15)}
	w.out.Trace = true
	return w
}

// Terse leaves out what is said of the contents of packets from now on, for worlds that nobody looks at.
func (w *World) Terse() { w.terse = true }

// Clone returns a world that goes on by itself: given the same acts it does the same as the original, event for
// event. It shares what never changes, so it costs neither the keys nor the bytes of the streams.
func (w *World) Clone() *World {
	c := *w
	c.queue, c.turns = slices.Clone(w.queue), slices.Clone(w.turns)
	c.hosts = make([]*host, len(w.hosts))
	for i, h := range w.hosts {
		c.hosts[i] = h.clone()
	}
	c.paths = make([]*path, len(w.paths))
	for i, p := range w.paths {
		copied := *p
		c.paths[i] = &copied
	}
	c.conns = make([]*conn, len(w.conns))
	for i, k := range w.conns {
		c.conns[i] = k.clone()
	}
	c.pending, c.dirty, c.scratch, c.atOnce = nil, nil, nil, nil
	c.received, c.drainage, c.packets = node.Received{}, node.Drained{}, engine.Slab[packet]{}
	c.out = node.Output{Trace: w.out.Trace}
	return &c
}

// sharedLeaves is how many leaves of a replica's dataset Share looks at, of some twenty keys each.
const sharedLeaves = 1024

// Share has replicas hold with the master at the top of their chain what is the same, once. Nothing can be told from it but how
// much memory there is: a world that is kept with every node's keys and stream should not keep them for every node. One that stays
// as it is, since others go on from clones of it, shares the last of the stream too.
func (w *World) Share(stays bool) {
	for _, h := range w.hosts {
		if m := w.above(h); m != nil && m != h {
			h.node.Share(m.node, sharedLeaves, stays)
		}
	}
}

// above is the node that is furthest up the chain that a node is in, as far as they are up; nil for one that is down.
func (w *World) above(h *host) (top *host) {
	for range w.hosts {
		if h == nil || h.node == nil {
			break
		}
		top = h
		master := h.node.Master().Host
		if master == "" {
			break
		}
		h = w.resolve(h, master)
	}
	return top
}

// Now is the world's clock.
func (w *World) Now() engine.Instant { return w.now }

// Next is when the next thing happens: a node's deadline, a delivery, a load. It is never before Now; Never when
// nothing is left to happen.
func (w *World) Next() engine.Instant {
	at, _ := w.next()
	return at
}

// Step does the next thing, moving the clock to it, and everything that the nodes concerned want done at once. It
// reports false when nothing is left to happen.
func (w *World) Step() bool {
	at, h := w.next()
	if at == Never {
		return false
	}
	w.moveTo(at)
	if w.still++; w.still > maxStill {
		panic("sim: the world stands still at " + w.now.String())
	}
	switch {
	case h == nil:
		w.arrive()
	case h.turn.load:
		w.tick(h)
	case h.asleep != 0:
		w.wake(h)
	default:
		h.armed = false
		w.feed(h, node.Woken{})
	}
	w.settle()
	return true
}

// BytesRead is how many bytes of their files all nodes have read so far.
func (w *World) BytesRead() int64 { return w.bytesRead }

// RunUntil does everything up to and including t; the clock ends at t. A t in the past changes nothing.
func (w *World) RunUntil(t engine.Instant) {
	for w.Next() <= t && w.Step() {
	}
	w.moveTo(t)
}

// moveTo moves the clock, never back.
func (w *World) moveTo(t engine.Instant) {
	if t > w.now {
		w.now, w.still = t, 0
	}
}

// Events is what happened from the birth of the world on.
func (w *World) Events() engine.Events { return w.log.First(w.logged) }

// Retrace says that the world is going to do what a clone of it has done already, since it will be given the same acts
// at the same moments. Then the events of the two are the same, and so is their log: a moment of the past costs no log
// of its own. A world that goes another way panics at the first event that shows it. A nil world ends this.
func (w *World) Retrace(other *World) {
	if w.ahead = 0; other != nil {
		w.log, w.ahead = other.log, other.logged
	}
}

// note adds an event to the log. An empty name is the world itself. Of a world and its clones, whoever has seen all of
// the log they share appends to it; another one branches off.
func (w *World) note(name string, f engine.Fact) {
	switch {
	case w.logged < w.ahead:
		if e := w.log.At(w.logged); e.At != w.now || e.Node != name {
			panic(fmt.Sprintf("sim: what happened as %q happens otherwise at %s: %s %s", *e, w.now, name, f))
		}
		w.logged++
		return
	case w.logged < w.log.Len():
		w.log = w.log.Branch(w.logged)
	}
	w.log.Append(w.now, name, f)
	w.logged++
}

// act notes what somebody did to the world.
func (w *World) act(text string) { w.note("", engine.Act{Text: text}) }

// AddNode adds a server and starts it. The i-th node, from 0, gets the address 10.0.0.(i+1), and port 6379+i unless
// cfg.Port is set. Others reach it by its name or its address. The error says what is wrong with the name or the
// configuration, and then nothing has changed.
func (w *World) AddNode(name string, cfg node.Config) error {
	if !ValidName(name) {
		return fmt.Errorf("a node cannot be called %q: a name is a small letter followed by up to 15 small letters, digits and hyphens", name)
	}
	if h := w.called(name); h != nil && h.gone {
		return fmt.Errorf("%s was the name of a node that was removed: give this one another", name)
	} else if h != nil {
		return fmt.Errorf("there is a node %s already", name)
	}
	if len(w.hosts) == MaxNodes {
		return fmt.Errorf("a world holds %d nodes at most, those that were removed included", MaxNodes)
	}
	i := len(w.hosts)
	if cfg.Port == 0 {
		cfg.Port = 6379 + i
	}
	h := &host{
		index: i, name: name, ip: "10.0.0." + strconv.Itoa(i+1), config: cfg,
		place: -1, since: w.now, files: map[string][]byte{}, writing: map[int64][][]byte{}, reading: map[int64][]byte{}, lastPort: 50000, lastResync: "none",
	}
	n, err := w.newNode(cfg)
	if err != nil {
		return err
	}
	w.hosts = append(w.hosts, h)
	text := "node " + name
	if cfg.Replicaof != (node.Address{}) {
		text += " replicaof " + cfg.Replicaof.Host + " " + strconv.Itoa(cfg.Replicaof.Port)
	}
	w.act(text)
	w.boot(h, n)
	return nil
}

// newNode makes a process with a seed of its own. An error leaves the world's chances as they were.
func (w *World) newNode(cfg node.Config) (*node.Node, error) {
	random := w.random
	n, err := node.New(cfg, random.Uint64())
	if err == nil {
		w.random = random
	}
	return n, err
}

// Names are the nodes in order of birth, without those that were removed.
func (w *World) Names() []string {
	names := make([]string, 0, len(w.hosts))
	for _, h := range w.hosts {
		if !h.gone {
			names = append(names, h.name)
		}
	}
	return names
}

// Removed are the nodes that were removed, in order of birth.
func (w *World) Removed() (names []string) {
	for _, h := range w.hosts {
		if h.gone {
			names = append(names, h.name)
		}
	}
	return names
}

// NameAt is the node that listens at ip:port or name:port, or did before it was removed; "" for none.
func (w *World) NameAt(address string) string {
	for _, h := range w.hosts {
		if h.listens() == address || h.name+":"+strconv.Itoa(h.config.Port) == address {
			return h.name
		}
	}
	return ""
}

// ValidName reports whether a node may be called that: [a-z][a-z0-9-]{0,15}.
func ValidName(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// host returns the node of that name, or an error that says why there is none.
func (w *World) host(name string) (*host, error) {
	switch h := w.called(name); {
	case h == nil:
		return nil, fmt.Errorf("there is no node %q", name)
	case h.gone:
		return nil, fmt.Errorf("the node %s was removed", name)
	default:
		return h, nil
	}
}

func (w *World) find(name string) *host {
	if h := w.called(name); h != nil && !h.gone {
		return h
	}
	return nil
}

// called is the node that has or had a name.
func (w *World) called(name string) *host {
	for _, h := range w.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// resolve finds whom from means by a host name: a node's name or address, or itself. One that was removed is still meant by
// them, and down for ever.
func (w *World) resolve(from *host, name string) *host {
	if name == "localhost" || name == "127.0.0.1" {
		return from
	}
	for _, h := range w.hosts {
		if h.name == name || h.ip == name {
			return h
		}
	}
	return nil
}

// below draws a number from 0 to n-1.
func (w *World) below(n uint64) uint64 { return rand.New(&w.random).Uint64N(n) }
