package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"resync/engine"
)

// path is everything between two hosts: what link, sever, blackhole and heal change. It has one fault at a time, the
// latest.
type path struct {
	a, b    int // a <= b
	options LinkOptions
	severed bool
	dark    [2]bool // packets from a, and from b, vanish
	since   engine.Instant
	free    [2]engine.Instant // when the wire from a, and from b, has carried what was put on it; with a bandwidth
}

// way is the index into dark and free of what leaves this host.
func (p *path) way(from int) int {
	if from == p.a {
		return 0
	}
	return 1
}

// SetLink sets the properties of the path between two nodes, both ways, from now on. What is on its way keeps its
// time of arrival, and nothing overtakes on a connection.
func (w *World) SetLink(a, b string, o LinkOptions) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	if o.Latency < 0 || o.Jitter < 0 || o.Bandwidth < 0 {
		return fmt.Errorf("the properties of a link are not negative")
	}
	if o.Latency > time.Hour || o.Jitter > time.Hour {
		return fmt.Errorf("a latency is an hour at most")
	}
	p.options = o
	p.free = [2]engine.Instant{}
	text := "link " + a + " " + b + " latency " + o.Latency.String()
	if o.Jitter > 0 {
		text += " jitter " + o.Jitter.String()
	}
	if o.Bandwidth > 0 {
		text += " bandwidth " + strconv.FormatInt(o.Bandwidth, 10) + "/s"
	}
	w.act(text)
	return nil
}

// Sever resets all connections between two nodes and refuses new ones until Heal. The cut is in the middle of the path:
// both ends learn of it half a latency later, behind what had come past it, and who dials is refused behind one latency,
// half the way and back. The rest of what was on its way is lost. Severing twice changes nothing.
func (w *World) Sever(a, b string) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act("sever " + a + " " + b)
	w.sever(p)
	w.settle()
	return nil
}

// Blackhole makes packets between two nodes vanish until Heal, both ways or, with oneWay, only those from a to b.
// Nobody is told: the nodes find out by their own timeouts. See lost.go for what becomes of a connection.
func (w *World) Blackhole(a, b string, oneWay bool) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	if oneWay {
		w.act("blackhole " + a + " > " + b)
		from := p.way(w.find(a).index)
		w.darken(p, from == 0, from == 1)
	} else {
		w.act("blackhole " + a + " " + b)
		w.darken(p, true, true)
	}
	w.settle()
	return nil
}

// Heal ends what Sever or Blackhole began. The nodes find out when they try again, or when TCP does.
func (w *World) Heal(a, b string) error {
	p, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act("heal " + a + " " + b)
	w.heal(p)
	w.settle()
	return nil
}

// Isolate severs the paths of a node to all others that there are or, with silent, makes them blackholes.
func (w *World) Isolate(name string, silent bool) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	text := "isolate " + name
	if silent {
		text += " blackhole"
	}
	w.act(text)
	w.around(h, func(p *path) {
		if silent {
			w.darken(p, true, true)
		} else {
			w.sever(p)
		}
	})
	w.settle()
	return nil
}

// Rejoin heals all paths of a node.
func (w *World) Rejoin(name string) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	w.act("rejoin " + name)
	w.around(h, w.heal)
	w.settle()
	return nil
}

// around does something to the paths of a host to all others.
func (w *World) around(h *host, do func(*path)) {
	for _, other := range w.hosts {
		if other != h && !other.gone {
			do(w.path(h.index, other.index))
		}
	}
}

func (w *World) sever(p *path) {
	if p.severed {
		return
	}
	p.severed, p.dark, p.since = true, [2]bool{}, w.now
	for _, c := range w.connsOn(p) {
		w.cut(c)
	}
}

func (w *World) darken(p *path, fromA, fromB bool) {
	p.severed = false
	fromA, fromB = fromA && !p.dark[0], fromB && !p.dark[1]
	if !fromA && !fromB {
		return
	}
	p.dark = [2]bool{p.dark[0] || fromA, p.dark[1] || fromB}
	p.since = w.now
	w.loseFlying(p, [2]bool{fromA, fromB})
}

func (w *World) heal(p *path) {
	if !p.severed && p.dark == [2]bool{} {
		return
	}
	p.severed, p.dark, p.since = false, [2]bool{}, w.now
	for _, c := range w.connsOn(p) {
		w.recover(c)
	}
}

// connsOn are the connections on a path, oldest first.
func (w *World) connsOn(p *path) []*conn {
	var on []*conn
	for _, c := range w.conns {
		if a, b := c.ends[0].host, c.ends[1].host; min(a, b) == p.a && max(a, b) == p.b {
			on = append(on, c)
		}
	}
	return on
}

// pathOf is the path between two named nodes.
func (w *World) pathOf(a, b string) (*path, error) {
	ha, err := w.host(a)
	if err != nil {
		return nil, err
	}
	hb, err := w.host(b)
	if err != nil {
		return nil, err
	}
	if ha == hb {
		return nil, fmt.Errorf("a link has two different ends")
	}
	return w.path(ha.index, hb.index), nil
}

// path is the path between two hosts, made when first asked for. There is one from every host to itself, too.
func (w *World) path(a, b int) *path {
	if a > b {
		a, b = b, a
	}
	i, ok := slices.BinarySearchFunc(w.paths, [2]int{a, b}, func(p *path, k [2]int) int {
		if p.a != k[0] {
			return p.a - k[0]
		}
		return p.b - k[1]
	})
	if !ok {
		w.paths = slices.Insert(w.paths, i, &path{
			a: a, b: b, options: DefaultLink, dark: [2]bool{w.hosts[b].gone, w.hosts[a].gone}, since: engine.Epoch,
		})
	}
	return w.paths[i]
}

// travel says when something sent now from one end of a connection reaches the other.
func (w *World) travel(c *conn, e, bytes int) engine.Instant {
	s := &c.ends[e]
	p := w.path(s.host, c.ends[1-e].host)
	at := w.now
	if p.options.Bandwidth > 0 && bytes > 0 {
		free := &p.free[p.way(s.host)]
		*free = max(*free, at).Add(serialisation(bytes, p.options.Bandwidth))
		at = *free
	}
	at = at.Add(p.options.Latency)
	if j := p.options.Jitter; j > 0 {
		at = at.Add(time.Duration(w.below(uint64(j) + 1)))
	}
	s.last = max(s.last, at)
	return s.last
}

// serialisation is how long it takes to put bytes on a wire of so many bytes per second.
func serialisation(bytes int, perSecond int64) time.Duration {
	return time.Duration(int64(bytes) * int64(time.Second) / perSecond)
}
