package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine/node"
	"resync/engine/resp"
	"resync/engine/sim"
)

// AddNode is `node NAME [era ERA] [replicaof NAME] [CONFIG=VALUE …]`.
type AddNode struct {
	Name      string
	Era       string // the generation of Redis; "" for 7.0
	Replicaof string // "" for a master
	Settings  []Setting
}

// A Setting is one configuration name with its value, as redis.conf would have them on a line.
type Setting struct{ Name, Value string }

func (a AddNode) String() string {
	s := "node " + a.Name
	if a.Era != "" {
		s += " era " + a.Era
	}
	if a.Replicaof != "" {
		s += " replicaof " + a.Replicaof
	}
	for _, c := range a.Settings {
		s += " " + c.Name + "=" + word(c.Value)
	}
	return s
}

func (a AddNode) run(s *Session) error {
	cfg, err := node.DefaultConfigOf(a.Era)
	if err != nil {
		return err
	}
	cfg.Port = 0 // the world gives every node one of its own
	for _, c := range a.Settings {
		if err := c.apply(&cfg); err != nil {
			return err
		}
	}
	if a.Replicaof != "" {
		master := s.world.Node(a.Replicaof)
		if master.Name == "" {
			return fmt.Errorf("there is no node %q", a.Replicaof)
		}
		cfg.Replicaof = node.Address{Host: master.Name, Port: master.Port}
	}
	return s.world.AddNode(a.Name, cfg)
}

// apply puts the setting into a configuration. The value is split into words as on a line of redis.conf.
func (c Setting) apply(cfg *node.Config) error {
	if c.Name == "replicaof" || c.Name == "slaveof" {
		return fmt.Errorf("a node's master is said as 'replicaof NAME'")
	}
	args, err := resp.SplitArgs(c.Value)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	if len(args) == 0 {
		args = []string{""}
	}
	if err := cfg.Set(c.Name, args...); err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return nil
}

// Link is `link A B [latency D] [jitter D] [bandwidth SIZE/s]`. What is not said stays as it is.
type Link struct {
	A, B            string
	Latency, Jitter time.Duration // -1 when not said
	Bandwidth       int64         // bytes per second; 0 is unlimited, -1 when not said
}

func (a Link) String() string {
	s := "link " + a.A + " " + a.B
	if a.Latency >= 0 {
		s += " latency " + duration(a.Latency)
	}
	if a.Jitter >= 0 {
		s += " jitter " + duration(a.Jitter)
	}
	if a.Bandwidth >= 0 {
		s += " bandwidth " + size(a.Bandwidth) + "/s"
	}
	return s
}

func (a Link) run(s *Session) error {
	o := sim.DefaultLink
	for _, l := range s.world.Links() {
		if l.A == a.A && l.B == a.B || l.A == a.B && l.B == a.A {
			o = l.Options
		}
	}
	if a.Latency >= 0 {
		o.Latency = a.Latency
	}
	if a.Jitter >= 0 {
		o.Jitter = a.Jitter
	}
	if a.Bandwidth >= 0 {
		o.Bandwidth = a.Bandwidth
	}
	return s.world.SetLink(a.A, a.B, o)
}

// Command is `NAME> COMMAND …`, or `NAME/K> COMMAND …` for the node's client K.
type Command struct {
	Node   string
	Client int
	Args   []string
}

func (a Command) String() string { return sim.CommandText(a.Node, a.Client, a.Args) }

func (a Command) run(s *Session) error { return s.world.Command(a.Node, a.Client, a.Args) }

// Wait is `wait D`.
type Wait struct{ For time.Duration }

func (a Wait) String() string { return "wait " + duration(a.For) }

func (a Wait) run(*Session) error { return nil }

// Until is `until CONDITION [within D]`.
type Until struct {
	Condition Condition
	Within    time.Duration
}

func (a Until) String() string {
	s := "until " + a.Condition.String()
	if a.Within != DefaultWithin {
		s += " within " + duration(a.Within)
	}
	return s
}

func (a Until) run(*Session) error { return nil }

// Load is `load A [rate N/s] [size SIZE] [keys N] [mix NAME]`.
type Load struct {
	Node string
	Load sim.Load
}

func (a Load) String() string {
	s := "load " + a.Node
	if a.Load.Rate != 0 {
		s += " rate " + strconv.Itoa(a.Load.Rate) + "/s"
	}
	if a.Load.Size != 0 {
		s += " size " + size(a.Load.Size)
	}
	if a.Load.Keys != 0 {
		s += " keys " + strconv.Itoa(a.Load.Keys)
	}
	if a.Load.Mix != "" {
		s += " mix " + a.Load.Mix
	}
	return s
}

func (a Load) run(s *Session) error { return s.world.StartLoad(a.Node, a.Load) }

// Unload is `unload A`.
type Unload struct{ Node string }

func (a Unload) String() string { return "unload " + a.Node }

func (a Unload) run(s *Session) error { return s.world.StopLoad(a.Node) }

// Speed is `speed X`.
type Speed struct{ Factor float64 }

func (a Speed) String() string { return "speed " + strconv.FormatFloat(a.Factor, 'f', -1, 64) }

func (a Speed) run(s *Session) error { s.speed = a.Factor; return nil }

// Step is `step "heading"`.
type Step struct{ Heading string }

func (a Step) String() string { return "step " + sim.Quote(a.Heading) }

func (a Step) run(s *Session) error {
	s.chapters++
	s.step, s.say, s.at, s.predict = a.Heading, "", nil, ""
	return nil
}

// Say is `say "text"`, `say at NAME "text"` or `say at A B "text"`.
type Say struct {
	At   []string // what it points at: nothing, a node, or the two ends of a link
	Text string
}

func (a Say) String() string {
	s := "say "
	if len(a.At) > 0 {
		s += "at " + strings.Join(a.At, " ") + " "
	}
	return s + sim.Quote(a.Text)
}

func (a Say) run(s *Session) error {
	s.say, s.at = a.Text, a.At
	return nil
}

// Predict is `predict NAME`.
type Predict struct{ Node string }

func (a Predict) String() string { return "predict " + a.Node }

func (a Predict) run(s *Session) error { s.predict = a.Node; return nil }

// Expect is `expect CONDITION`.
type Expect struct{ Condition Condition }

func (a Expect) String() string { return "expect " + a.Condition.String() }

func (a Expect) run(s *Session) error {
	holds, found := a.Condition.holds(s.world)
	if !holds {
		return &ExpectError{Text: "expected " + a.Condition.String() + ", but " + found}
	}
	return nil
}

// word prints a value so that it stays one word of a statement.
func word(v string) string {
	if v != "" && !strings.ContainsAny(v, blanks+"\"'`#") && printable(v) {
		return v
	}
	return sim.Quote(v)
}

func printable(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < ' ' || c > '~' })
}

// duration prints a duration without the zeros that say nothing: "2m", not "2m0s".
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// sizeUnits are Redis's units, in bytes. The larger ones come first among those of a kind.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"gb", 1 << 30}, {"mb", 1 << 20}, {"kb", 1 << 10}, {"g", 1_000_000_000}, {"m", 1_000_000}, {"k", 1000}, {"b", 1}}

// size prints a number of bytes in the largest of the binary units that divides it.
func size(n int64) string {
	for _, u := range sizeUnits[:3] {
		if n > 0 && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// parseSize reads a number of bytes in Redis's units: 16kb, 1mb, 1k (1000), 512.
//
// Source: redis/src/util.c, memtoull.
func parseSize(s string) (int64, bool) {
	lower, factor := strings.ToLower(s), int64(1)
	for _, u := range sizeUnits {
		if digits, ok := strings.CutSuffix(lower, u.name); ok {
			lower, factor = digits, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(lower, 10, 62)
	if err != nil || int64(n) > (1<<62)/factor {
		return 0, false
	}
	return int64(n) * factor, true
}
