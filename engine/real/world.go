//go:build linux

package real

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"resync/engine"
	"resync/engine/script"
	"resync/engine/sim"
)

// A World is a number of redis-server processes with everything around them. It does what sim.World does, as far as
// the real thing can: it is a script.LiveWorld. Close ends it.
type World struct {
	ctx    context.Context
	binary string
	dir    string
	net    subnet
	claim  net.Listener // holds the net
	start  time.Time
	random *rand.PCG
	names  []string // of all nodes that there will be
	paths  map[[2]int]*path

	mu      sync.Mutex
	servers []*server
	events  engine.EventLog
}

// New returns an empty world for nodes of these names. It ends, as far as scripts are concerned, with the context.
func New(ctx context.Context, binary string, seed uint64, names []string) (*World, error) {
	w := &World{
		ctx: ctx, binary: binary, start: time.Now(), random: rand.NewPCG(seed, 0x9e3779b97f4a7c15), names: names,
		paths: map[[2]int]*path{},
	}
	if err := w.claimNet(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "resync-real-")
	if err != nil {
		w.claim.Close()
		return nil, err
	}
	w.dir = dir
	return w, nil
}

// claimPort is the port at which a world holds its net against others.
const claimPort = "6378"

// claimNet takes a net that no other world has. Which one it is has no effect on anything, so chance decides.
func (w *World) claimNet() error {
	var failed error
	for _, i := range rand.Perm(254) {
		n := subnet("127." + strconv.Itoa(i+1) + ".")
		l, err := net.Listen("tcp", string(n)+"0.1:"+claimPort)
		if err == nil {
			w.net, w.claim = n, l
			return nil
		}
		failed = err
	}
	return fmt.Errorf("no part of the loopback network 127.0.0.0/8 can be had: %w", failed)
}

// Close kills all processes, ends all connections and removes all files.
func (w *World) Close() error {
	w.mu.Lock()
	servers := slices.Clone(w.servers)
	w.mu.Unlock()
	for _, s := range servers {
		if state, cmd, ended := s.is(); state != "down" {
			signal(cmd, syscall.SIGKILL)
			<-ended
		}
		if s.load != nil {
			s.load.end()
			s.load = nil
		}
		for _, c := range s.clients {
			c.link.Close()
		}
		s.control.close()
	}
	for _, p := range w.paths {
		p.close()
	}
	w.claim.Close()
	return os.RemoveAll(w.dir)
}

// Now is the time that has passed since the world was made, behind engine.Epoch.
func (w *World) Now() engine.Instant { return w.instant(time.Now()) }

func (w *World) instant(t time.Time) engine.Instant {
	// The log has milliseconds, so a line may seem to be older than the world.
	return engine.Epoch.Add(max(0, t.Sub(w.start)))
}

// Pass lets time pass.
func (w *World) Pass(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.ctx.Done():
		return script.ErrEnded
	}
}

// Events is what has happened so far, as far as it is known: replies, acts and the lines of the logs. A line of a log
// has the time that the server gave it, or that of the event before it where this is later.
func (w *World) Events() engine.Events {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		s.readLog()
	}
	return w.events.Events
}

// note adds an event that has just happened.
func (w *World) note(name string, f engine.Fact) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noteAt(w.Now(), name, f)
}

// noteAt adds an event; time does not go back. The caller holds the lock.
func (w *World) noteAt(at engine.Instant, name string, f engine.Fact) {
	if n := w.events.Len(); n > 0 {
		at = max(at, w.events.At(n-1).At)
	}
	w.events.Append(at, name, f)
}

func (w *World) act(text string) { w.note("", engine.Act{Text: text}) }

func (w *World) find(name string) *server {
	if s := w.called(name); s != nil && !s.gone {
		return s
	}
	return nil
}

// called is the server that has or had a name.
func (w *World) called(name string) *server {
	for _, s := range w.servers {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (w *World) server(name string) (*server, error) {
	switch s := w.called(name); {
	case s == nil:
		return nil, fmt.Errorf("there is no node %q", name)
	case s.gone:
		return nil, fmt.Errorf("the node %s was removed", name)
	default:
		return s, nil
	}
}

// setUp says on all paths of a server whether it takes connections.
func (w *World) setUp(s *server, up bool) error {
	return w.around(s, func(p *path, end int) error { return p.setUp(end, up) })
}

// around does something to all paths of a server to others that there still are.
func (w *World) around(s *server, do func(p *path, end int) error) error {
	w.mu.Lock()
	var paths []*path
	var ends []int
	for x, other := range w.servers {
		if x != s.index && !other.gone {
			p, end := w.path(s.index, x)
			paths, ends = append(paths, p), append(ends, end)
		}
	}
	w.mu.Unlock()
	var all []error
	for i, p := range paths {
		all = append(all, do(p, ends[i]))
	}
	return errors.Join(all...)
}

// path is the path between two servers, and which of its ends the first one is.
func (w *World) path(a, b int) (p *path, end int) {
	if a < b {
		return w.paths[[2]int{a, b}], 0
	}
	return w.paths[[2]int{b, a}], 1
}

// pathOf is the path between two named nodes.
func (w *World) pathOf(a, b string) (p *path, end int, err error) {
	sa, err := w.server(a)
	if err != nil {
		return nil, 0, err
	}
	sb, err := w.server(b)
	if err != nil {
		return nil, 0, err
	}
	if sa == sb {
		return nil, 0, errors.New("a link has two different ends")
	}
	p, end = w.path(sa.index, sb.index)
	return p, end, nil
}

// Link is how the path between two nodes is.
func (w *World) Link(a, b string) sim.LinkOptions {
	p, _, err := w.pathOf(a, b)
	if err != nil {
		return sim.DefaultLink
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.options
}

// SetLink sets the properties of the path between two nodes.
func (w *World) SetLink(a, b string, o sim.LinkOptions) error {
	p, _, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act(fmt.Sprintf("link %s %s latency %s jitter %s bandwidth %d/s", a, b, o.Latency, o.Jitter, o.Bandwidth))
	return p.set(o)
}

// Sever resets the connections between two nodes and refuses new ones. Both have noticed when it returns.
func (w *World) Sever(a, b string) error {
	p, _, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act("sever " + a + " " + b)
	err = p.sever()
	w.find(a).notice()
	w.find(b).notice()
	return err
}

// Blackhole makes what is sent between two nodes vanish, or only what the first sends.
func (w *World) Blackhole(a, b string, oneWay bool) error {
	p, end, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	dark, text := [2]bool{true, true}, "blackhole "+a+" "+b
	if oneWay {
		dark, text = [2]bool{}, "blackhole "+a+" > "+b
		dark[end] = true
	}
	w.act(text)
	return p.darken(dark)
}

// Heal ends what Sever or Blackhole began.
func (w *World) Heal(a, b string) error {
	p, _, err := w.pathOf(a, b)
	if err != nil {
		return err
	}
	w.act("heal " + a + " " + b)
	return p.heal()
}

// Isolate severs all paths of a node or, with silent, makes them blackholes.
func (w *World) Isolate(name string, silent bool) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	w.act("isolate " + name)
	err = w.around(s, func(p *path, _ int) error {
		if silent {
			return p.darken([2]bool{true, true})
		}
		return p.sever()
	})
	if !silent {
		for _, s := range w.servers {
			s.notice()
		}
	}
	return err
}

// Rejoin heals all paths of a node.
func (w *World) Rejoin(name string) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	w.act("rejoin " + name)
	return w.around(s, func(p *path, _ int) error { return p.heal() })
}

// Find finds redis-server and the era that it is of.
func Find() (binary, version, era string, err error) {
	binary, err = exec.LookPath("redis-server")
	if err != nil {
		return "", "", "", errors.New("there is no redis-server on this machine's PATH: on Debian, apt-get install redis-server")
	}
	out, err := exec.Command(binary, "--version").Output()
	if err != nil {
		return "", "", "", fmt.Errorf("%s --version: %w", binary, err)
	}
	version, era = parseVersion(string(out))
	return binary, version, era, nil
}
