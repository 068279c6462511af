package script

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/sim"
)

// The swarm is the random one: every number is the seed of a script of writes, faults, restarts and changes of master,
// at random moments (generate.go). First anything may fail; then everything is healed and started, all follow one
// node, and the world has to come to rest. It lives here and not beside the checkers because its worlds are
// scripts: a failure prints one, made as short as it goes (shrink.go), which can be run and kept.

// settleTime is how long a healed world may take to come to rest: longer than every timeout of a node together.
const settleTime = 5 * time.Minute

// Swarm runs the random world of a seed, with nodes of the era or eras that RandomScript says. The error tells what went
// wrong, how to see it again, and a script that does it: with short, one from which what does not matter is left out,
// and that takes some hundred worlds more.
func Swarm(seed uint64, era string, short bool) error {
	acts := RandomScript(seed, era)
	t := try(acts)
	if t.failed == nil {
		return nil
	}
	if short {
		t = shrink(acts, t)
	}
	return fmt.Errorf("seed %d: %w\n%s%s", seed, t.failed, replay(seed, era), t.session.Script())
}

// replay says how to see a failure again: the whole world, or the script that follows.
func replay(seed uint64, era string) string {
	if era != "" {
		era = " --era " + era
	}
	return fmt.Sprintf("# The whole world: resync swarm%s --seeds 1 --from %d\n# This, in a file: resync run --check FILE\n", era, seed)
}

// Check runs a script under the eyes of a sim.Checker and then lets its world come to rest, so a script that is to
// pass heals what it cuts and starts what it kills. The error tells the first thing that is wrong.
func Check(s *Script) error {
	t := newTrial(s)
	for !t.session.Done() {
		if _, err := t.session.advance(sim.Never-1, 1, true); err != nil {
			return err
		}
		if err := t.check.Observe(); err != nil {
			return err
		}
	}
	return t.rest(func() {})
}

// A trial is a world under watch.
type trial struct {
	session *Session
	check   *sim.Checker
	failed  error // what went wrong
}

func newTrial(s *Script) *trial {
	t := &trial{session: NewSession(s)}
	t.session.world.Terse()
	t.check = sim.NewChecker(t.session.world)
	return t
}

// What can go wrong, besides what the checker finds.
var (
	errUnrest = errors.New("no rest")
	errBranch = errors.New("not the same again")
	errPanic  = errors.New("panic")
)

// try does the acts of a script one by one, whatever is in their way, heals the world and waits for it to come to
// rest. For one seed in eight the world is cloned in the middle, and the clone has to do what the original does, which
// shares memory among its nodes from then on; for another one the record of it all is run as a script, which has to do it again.
func try(s *Script) (t *trial) {
	t = newTrial(s)
	defer func() {
		if r := recover(); r != nil {
			t.failed = fmt.Errorf("%w: %v%s", errPanic, r, ours(debug.Stack()))
		}
	}()
	var twin *trial
	half := len(s.Statements) / 2
	for i, st := range s.Statements {
		if i == half && s.Seed%8 == 0 {
			twin = &trial{session: t.session.Clone()}
		}
		if t.failed = t.do(st.Act); t.failed != nil {
			return t
		}
		if twin != nil {
			t.session.world.Share(i%2 == 0)
		}
	}
	if twin != nil {
		for _, st := range s.Statements[half:] {
			_ = twin.do(st.Act) // which is watched by nobody
		}
		if err := sameRun(t.session.world, twin.session.world); err != nil {
			t.failed = fmt.Errorf("%w: a clone: %w", errBranch, err)
			return t
		}
	}
	if len(t.session.world.Names()) == 0 {
		return t
	}
	h := &healer{trial: t, root: t.root(), washed: map[string]bool{}}
	if h.heal(); t.failed != nil {
		return t
	}
	if t.failed = t.rest(h.tend); t.failed != nil {
		return t
	}
	// And the stream flows: one more write reaches everybody.
	if t.command(h.root, "SET", "last", "words"); t.failed != nil {
		return t
	}
	if t.failed = t.rest(h.tend); t.failed == nil && s.Seed%8 == 4 {
		t.failed = t.again()
	}
	return t
}

// do does one act under watch. An act that cannot be done is left out.
func (t *trial) do(a Act) error {
	if w, ok := a.(Wait); ok {
		return t.pass(w.For)
	}
	if err := t.session.limits(); err != nil {
		return err
	}
	if t.session.do(Statement{Act: a}) != nil {
		return nil
	}
	return t.observe()
}

func (t *trial) observe() error {
	if t.check == nil {
		return nil
	}
	return t.check.Observe()
}

// pass lets time pass, up to and including what happens at its end: the next act may begin another life of a node, and what the
// one before told is to be judged before that.
func (t *trial) pass(d time.Duration) error {
	w := t.session.world
	for end := w.Now().Add(d); ; {
		more := w.Next() <= end
		if more {
			w.Step()
		} else {
			w.RunUntil(end)
		}
		if err := t.observe(); err != nil || !more {
			return err
		}
	}
}

// rest waits until the world is at rest; tend is called every now and then.
func (t *trial) rest(tend func()) error {
	w := t.session.world
	for end, late := w.Now().Add(settleTime), w.Now(); ; {
		err := w.AtRest()
		if err == nil {
			return nil
		}
		if w.Now() >= end {
			return fmt.Errorf("%w after %s: %w", errUnrest, duration(settleTime), err)
		}
		if w.Now() >= late {
			if tend(); t.failed != nil {
				return t.failed
			}
			late = w.Now().Add(2 * time.Second)
		}
		if err := t.pass(100 * time.Millisecond); err != nil {
			return err
		}
	}
}

// again runs the record of the session as a script.
func (t *trial) again() error {
	record := t.session.Script()
	parsed, err := Parse("", record.String())
	if err != nil {
		return fmt.Errorf("%w: the record does not parse: %w", errBranch, err)
	}
	s := NewSession(parsed)
	s.world.Terse()
	for !s.Done() {
		if _, err := s.advance(sim.Never-1, 1000, true); err != nil {
			return fmt.Errorf("%w: the record fails: %w", errBranch, err)
		}
	}
	for _, w := range []*sim.World{t.session.world, s.world} {
		w.RunUntil(w.Now()) // all that happens at the last instant
	}
	if err := sameRun(t.session.world, s.world); err != nil {
		return fmt.Errorf("%w: the record: %w", errBranch, err)
	}
	return nil
}

// sameRun compares what happened in two worlds, down to the bytes of the packets.
func sameRun(a, b *sim.World) error {
	if a.Hash() == b.Hash() {
		return nil
	}
	if err := sameEvents(a.Events(), b.Events()); err != nil {
		return err
	}
	return fmt.Errorf("the events print alike, but their hashes are %s and %s", a.HashText(), b.HashText())
}

// sameEvents compares two logs as they print.
func sameEvents(a, b engine.Events) error {
	for i := range min(a.Len(), b.Len()) {
		if a.At(i).String() != b.At(i).String() {
			return fmt.Errorf("event %d is %q and %q", i, a.At(i), b.At(i))
		}
	}
	if a.Len() != b.Len() {
		return fmt.Errorf("%d events and %d", a.Len(), b.Len())
	}
	return nil
}

// administrator is the client that puts things right: none that another command may keep busy.
const administrator = 9

func (t *trial) command(node string, args ...string) {
	t.act(Command{Node: node, Client: administrator, Args: args})
}

func (t *trial) act(a Act) {
	if t.failed == nil {
		t.failed = t.do(a)
	}
}

// A healer makes a world whole: it looks at how the world stands, and not at what was done to it.
type healer struct {
	*trial
	root   string          // whom all are to follow
	washed map[string]bool // who was given other data since, because the root's are not what they seem
}

// root decides whom all follow in the end: the first node or, every other time, the first of the oldest, whose files
// everybody can read.
func (t *trial) root() string {
	w := t.session.world
	root := w.Names()[0]
	if t.session.script.Seed%2 == 0 {
		return root
	}
	age := func(name string) int { return slices.Index(node.Eras(), w.Node(name).Config().Era) }
	for _, name := range w.Names() {
		if age(name) < age(root) {
			root = name
		}
	}
	return root
}

// heal ends every fault and everything else that keeps a world from its rest.
func (h *healer) heal() {
	w := h.session.world
	for _, name := range w.Names() {
		v := w.Node(name)
		if v.State == "frozen" {
			h.act(Thaw{name})
		}
		if v.Skew != 0 {
			h.act(Skew{name, 0})
		}
		if _, loaded := w.Load(name); loaded {
			h.act(Unload{name})
		}
	}
	for _, l := range w.Links() {
		if l.State != "up" {
			h.act(Heal{l.A, l.B})
		}
		if l.Options != sim.DefaultLink {
			h.act(Link{A: l.A, B: l.B, Latency: sim.DefaultLink.Latency, Jitter: 0, Bandwidth: 0})
		}
	}
}

// patient is a configuration that lets every full resync end.
var patient = [][2]string{
	{"rdb-key-save-delay", "0"}, {"key-load-delay", "0"}, {"repl-timeout", "60"},
	{"client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
}

// tend starts who is down and makes all nodes patient and follow the root, whatever they are up to. Who has data that
// its place in a history does not tell of is made a master for a moment, and so loads those of the root.
func (h *healer) tend() {
	w := h.session.world
	root := w.Node(h.root)
	for _, name := range w.Names() {
		v := w.Node(name)
		if !v.Up() {
			if h.cannotRead(name) {
				h.act(Wipe{name})
			}
			h.act(Start{Node: name})
			v = w.Node(name)
			h.washed[name] = false // it may have gone before it heard that it was to become a master
		}
		r := v.Replication()
		cfg := v.Config()
		for _, want := range patient {
			if is := cfg.Get(want[0]); len(is) > 0 && is[0] != want {
				h.command(name, "CONFIG", "SET", want[0], want[1])
			}
		}
		if state, known := v.Info().Field("master_failover_state"); known && state != "no-failover" {
			h.command(name, "FAILOVER", "ABORT") // it may wait for ever for a replica that it sends away
		}
		strange := h.check.Strange(name)
		if h.check.Strange(h.root) {
			strange = !h.washed[name]
		}
		switch {
		case name == h.root && r.Replica:
			h.command(name, "SLAVEOF", "NO", "ONE")
		case name == h.root:
		case r.Replica && strange && r.Link == engine.LinkConnected && !root.Replication().Replica: // else the root may come along
			h.washed[name] = true
			h.command(name, "SLAVEOF", "NO", "ONE")
		case !r.Replica || r.Master.Host != root.Name || r.Master.Port != root.Port:
			h.command(name, "SLAVEOF", root.Name, strconv.Itoa(root.Port))
		}
	}
}

// cannotRead reports whether a node ended when it was last started because its file, which came from a newer master, is
// one that its era cannot read.
func (h *healer) cannotRead(name string) bool {
	for _, e := range h.session.world.Events().Backward() {
		switch f := e.Fact.(type) {
		case engine.Act:
			if strings.HasPrefix(f.Text+" ", "start "+name+" ") {
				return false
			}
		case engine.Log:
			if e.Node == name && strings.HasPrefix(f.Text, "Can't handle RDB format version ") {
				return true
			}
		}
	}
	return false
}

// kind is what a failure has in common with others of its kind: a script that is made shorter has to fail as it did.
func kind(err error) string {
	for _, known := range []error{errUnrest, errBranch} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	words := strings.Fields(err.Error())
	if len(words) > 4 {
		words = words[2:4] // behind the time and the node, or the word panic
	}
	return strings.Join(words, " ")
}

// ours are the places of a stack that are the engine's, from the one where it happened.
func ours(stack []byte) string {
	var places strings.Builder
	for line := range strings.SplitSeq(string(stack), "\n") {
		if at := strings.Index(line, "/engine/"); at >= 0 && strings.HasPrefix(line, "\t") && places.Len() < 400 {
			where, _, _ := strings.Cut(line[at+1:], " ")
			places.WriteString("\n\tat " + where)
		}
	}
	return places.String()
}
