package model

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

// Everything that can go wrong is a row of the chosen node's or link's palette: what it does, whether it is so now, what
// it is called in a real network, and the line of the script that it is.

// TabFaults is the node column's tab with the palette.
const TabFaults = "faults"

// Faults is the palette of one node or one link.
type Faults struct {
	Title   string
	About   string
	Targets []Choice // what it could be about: the selected node, and its path to every other one
	List    []Fault
}

// A Fault is one thing to do.
type Fault struct {
	Key   string
	Group string // the heading before it, "" for none
	Act   string // what its button says
	State string // how that stands now
	On    bool   // it is in force: the button undoes it, where it can
	Idle  bool   // it cannot be done now, and State says why; who asks for it all the same is told by the language
	Twin  string // what one would type at a real machine
	Line  string // the line of the script
	Entry []Entry
	Error string // why the line was refused
}

// An Entry is a value that a fault takes.
type Entry struct {
	Name, Label, Unit string
	Value             string
	Hint              string // what it is when nothing is said
	Min, Max          string // of a number; both "" for text
	Choices           []Choice
}

// Choices that stand for none of the names: no node is called so. An option without a value would stand for its words.
const (
	ownFaults    = "."
	noOne        = "NO ONE"
	asConfigured = "configured"
)

// What a link has to have to be called slow: less than this is a usual network.
const slowLatency = 100 * time.Millisecond

// faults is the palette of the chosen link, or of the selected node.
func (m *Model) faults(s *scene) Faults {
	f := Faults{}
	if a, b, ok := s.pair(m.chosen); ok {
		f.Title, f.About = "Link "+a+" to "+b, s.pathWords(a, b)
		f.List = m.linkFaults(s, a, b)
	} else if n, ok := s.node(m.selected); ok {
		f.Title, f.About = "Node "+n.name, nodeWords(s, n)
		f.List = m.nodeFaults(s, n)
	} else {
		return f
	}
	for i := range f.List {
		if m.refused.key == m.draftKey(f.List[i].Key) {
			f.List[i].Error = m.refused.why
		}
	}
	f.Targets = m.faultTargets(s)
	return f
}

// faultTargets are the selected node and its paths; a path between others is there while it is chosen.
func (m *Model) faultTargets(s *scene) []Choice {
	list := []Choice{{Name: ownFaults, Label: "Node " + m.selected, On: m.chosen == ""}}
	found := m.chosen == ""
	for _, n := range s.nodes {
		if n.name == m.selected {
			continue
		}
		a, b := s.ends(m.selected, n.name)
		id := a + "-" + b
		list = append(list, Choice{Name: id, Label: "Link " + a + " to " + b, On: id == m.chosen})
		found = found || id == m.chosen
	}
	if a, b, ok := s.pair(m.chosen); ok && !found {
		list = append(list, Choice{Name: m.chosen, Label: "Link " + a + " to " + b, On: true})
	}
	return list
}

// ends puts two nodes in the order in which their link is named: the master first, or else the older one.
func (s *scene) ends(a, b string) (string, string) {
	for i, n := range s.nodes {
		if n.name != a && n.name != b {
			continue
		}
		other := b
		if n.name == b {
			other = a
		}
		if n.master >= 0 && s.nodes[n.master].name == other {
			return other, n.name
		}
		for _, o := range s.nodes {
			if o.name == other && o.master == i {
				return n.name, other
			}
		}
		return n.name, other
	}
	return a, b
}

// pair finds the two nodes that a link's name consists of.
func (s *scene) pair(link string) (a, b string, ok bool) {
	for _, n := range s.nodes {
		rest, found := strings.CutPrefix(link, n.name+"-")
		if _, known := s.node(rest); found && known && rest != n.name {
			return n.name, rest, true
		}
	}
	return "", "", false
}

// path is the path between two nodes, as it is when nobody has said anything of it.
func (s *scene) path(a, b string) sim.LinkView {
	if p, ok := s.between(a, b); ok {
		return p
	}
	return sim.LinkView{A: a, B: b, State: "up", Options: sim.DefaultLink}
}

// dark reports whether what one node sends to the other vanishes.
func (s *scene) dark(from, to string) bool {
	p := s.path(from, to)
	return p.Dark[0] && p.A == from || p.Dark[1] && p.B == from
}

// faulty reports whether there is something to heal between two nodes.
func (s *scene) faulty(a, b string) bool { return s.path(a, b).State != "up" }

// isolated reports whether a node is cut off from all others, silently or not.
func (s *scene) isolated(name string) (cut, silent bool) {
	others := 0
	for _, n := range s.nodes {
		if n.name == name {
			continue
		}
		others++
		switch {
		case s.path(name, n.name).State == "severed":
		case s.dark(name, n.name) && s.dark(n.name, name):
			silent = true
		default:
			return false, false
		}
	}
	return others > 0, silent
}

// darkWords says which packets vanish on a path, "" for none.
func (s *scene) darkWords(a, b string) string {
	switch from, back := s.dark(a, b), s.dark(b, a); {
	case from && back:
		return "both ways"
	case from:
		return a + " to " + b
	case back:
		return b + " to " + a
	}
	return ""
}

// pathWords says how a path stands.
func (s *scene) pathWords(a, b string) string {
	p := s.path(a, b)
	words := "whole, "
	switch {
	case p.State == "severed":
		words = "severed " + ago(s.age(p.Since)) + "; "
	case p.State == "blackhole":
		words = "a blackhole " + s.darkWords(a, b) + ", since " + clock(p.Since) + " s; "
	}
	words += shortly(p.Options.Latency) + " each way"
	if p.Options.Jitter > 0 {
		words += ", up to " + shortly(p.Options.Jitter) + " of jitter"
	}
	if p.Options.Bandwidth > 0 {
		words += ", " + size(p.Options.Bandwidth) + "/s"
	}
	return sentence(words)
}

func nodeWords(s *scene, n standing) string {
	words := n.state + " since " + clock(n.since) + " s"
	for _, b := range badges(s, n) {
		if b.Kind != "frozen" {
			words += "; " + b.Word
		}
	}
	return sentence(words)
}

// sentence begins words with a capital and ends them with a full stop.
func sentence(words string) string { return strings.ToUpper(words[:1]) + words[1:] + "." }

func (m *Model) linkFaults(s *scene, a, b string) []Fault {
	p := s.path(a, b)
	severed := p.State == "severed"
	heal, healthy := "heal "+a+" "+b, p.State == "up"
	since := "in force since " + clock(p.Since) + " s"
	cut := func(key, group, name, line, twin string, on bool) Fault {
		f := Fault{Key: key, Group: group, Act: name, Line: line, Twin: twin, On: on}
		if on {
			f.State = since
		}
		return f
	}
	from, back := s.dark(a, b), s.dark(b, a)
	list := []Fault{
		cut("sever", "Connections", "Sever", "sever "+a+" "+b, "CLIENT KILL TYPE replica, then iptables -j REJECT --reject-with tcp-reset", severed),
		cut("blackhole", "", "Blackhole", "blackhole "+a+" "+b, "iptables -j DROP, both ways", from && back),
		cut("dark-from", "", "Drop "+a+" → "+b, "blackhole "+a+" > "+b, "on "+b+": iptables -A INPUT -s "+a+" -j DROP", from),
		cut("dark-back", "", "Drop "+b+" → "+a, "blackhole "+b+" > "+a, "on "+a+": iptables -A INPUT -s "+b+" -j DROP", back),
		{Key: "heal", Act: "Heal", Line: heal, Twin: "iptables -F", Idle: healthy},
	}
	if healthy {
		list[4].State = "nothing to heal"
	}
	latency := m.draft("latency", "latency", millis(p.Options.Latency))
	jitter := m.draft("jitter", "jitter", millis(p.Options.Jitter))
	bandwidth := m.draft("bandwidth", "bandwidth", kib(p.Options.Bandwidth))
	hour := millis(time.Hour)
	return append(list,
		Fault{Key: "latency", Group: "Quality", Act: "Set latency", State: "now " + shortly(p.Options.Latency) + " each way",
			Line: "link " + a + " " + b + " latency " + latency + "ms", Twin: "tc qdisc … netem delay " + latency + "ms",
			On: p.Options.Latency >= slowLatency, Entry: []Entry{{Name: "latency", Label: "Latency", Unit: "ms", Value: latency, Min: "0", Max: hour}}},
		Fault{Key: "jitter", Act: "Set jitter", State: jitterWords(p.Options.Jitter), Line: "link " + a + " " + b + " jitter " + jitter + "ms",
			Twin: "tc qdisc … netem delay " + millis(p.Options.Latency) + "ms " + jitter + "ms", On: p.Options.Jitter > 0,
			Entry: []Entry{{Name: "jitter", Label: "Jitter, up to", Unit: "ms", Value: jitter, Min: "0", Max: hour}}},
		Fault{Key: "bandwidth", Act: "Set bandwidth", State: bandwidthWords(p.Options.Bandwidth),
			Line: "link " + a + " " + b + " bandwidth " + bytesOf(bandwidth) + "/s", Twin: "tc qdisc … tbf rate " + bandwidth + "kibps",
			On: p.Options.Bandwidth > 0, Entry: []Entry{{Name: "bandwidth", Label: "Bandwidth, 0 for any", Unit: "KiB/s", Value: bandwidth, Min: "0", Max: plain(math.MaxInt32)}}},
	)
}

func jitterWords(d time.Duration) string {
	if d == 0 {
		return "none now"
	}
	return "now up to " + shortly(d)
}

func bandwidthWords(perSecond int64) string {
	if perSecond == 0 {
		return "unlimited now"
	}
	return "now " + size(perSecond) + "/s"
}

// nodeFaults are what can be done to a process, its machine and its place among the others.
func (m *Model) nodeFaults(s *scene, n standing) []Fault {
	name := n.name
	up, frozen := n.up, n.state == "frozen"
	when := func(key, act, line, twin string, possible bool, otherwise string) Fault {
		f := Fault{Key: key, Act: act, Line: line + " " + name, Twin: twin, Idle: !possible}
		if !possible {
			f.State = otherwise
		}
		return f
	}
	down := "it is down"
	freeze := when("freeze", "Freeze", "freeze", "kill -STOP, or DEBUG SLEEP", up && !frozen, down)
	if freeze.On = frozen; frozen {
		freeze.State, freeze.Idle = "in force since "+clock(n.since)+" s", false
	}
	how := m.draft("shutdown", "how", "save")
	shutdown := when("shutdown", "Shut down", "shutdown", "kill -TERM", up, down)
	if how != asConfigured {
		shutdown.Line += " " + how
		shutdown.Twin = "redis-cli SHUTDOWN " + strings.ToUpper(how)
	}
	shutdown.Entry = []Entry{{Name: "how", Label: "RDB", Value: how, Choices: choose(how,
		Choice{Name: "save", Label: "save it"}, Choice{Name: "nosave", Label: "do not save"}, Choice{Name: asConfigured, Label: "as configured"})}}
	const whileDown = "only while it is down"
	start := when("start", "Start", "start", "redis-server redis.conf", !up, "it is up")
	now := cmp.Or(n.era, usualEra)
	era := m.draft("start", "era", now)
	if era != now {
		start.Line += " era " + era
		start.Twin = "install " + eraName(era) + " over it: the same redis.conf and dump.rdb"
	}
	start.Entry = []Entry{{Name: "era", Label: "As", Value: era, Choices: choose(era, eraChoices()...)}}
	wipe := when("wipe", "Wipe files", "wipe", "rm dump.rdb", !up, whileDown)
	remove := when("remove", "Remove", "remove", "the machine is given up: nothing answers at its address", !up, whileDown)
	running := []Fault{freeze, when("thaw", "Thaw", "thaw", "kill -CONT", frozen, "it is not frozen"), when("kill", "Kill", "kill", "kill -9", up, down), shutdown}
	stopped := []Fault{start, wipe, remove}
	list := slices.Concat(running, stopped)
	if !up { // what can be done comes first
		list = slices.Concat(stopped, running)
	}
	list[0].Group = "Process"

	cut, silent := s.isolated(name)
	isolate := Fault{Key: "isolate", Group: "Network", Act: "Isolate", Line: "isolate " + name, Twin: "iptables -j REJECT --reject-with tcp-reset, for every peer", On: cut && !silent}
	vanish := Fault{Key: "isolate-blackhole", Act: "Isolate, silent", Line: "isolate " + name + " blackhole", Twin: "the cable is pulled: iptables -P INPUT DROP", On: cut && silent}
	rejoin := Fault{Key: "rejoin", Act: "Rejoin", Line: "rejoin " + name, Twin: "iptables -F", Idle: true, State: "every path is whole"}
	for _, f := range []*Fault{&isolate, &vanish} {
		if f.On {
			f.State = "in force"
		}
		if len(s.nodes) == 1 {
			f.Idle, f.State = true, "there is no other node"
		}
	}
	for _, o := range s.nodes {
		if o.name != name && s.faulty(name, o.name) {
			rejoin.Idle, rejoin.State = false, ""
		}
	}
	list = append(list, isolate, vanish, rejoin, m.skewFault(n))
	list = append(list, m.loadFaults(n)...)
	return append(list, m.followFault(s, n))
}

func (m *Model) skewFault(n standing) Fault {
	by := m.draft("skew", "by", decimal(n.skew.Seconds()))
	f := Fault{Key: "skew", Group: "Clock", Act: "Set clock", Line: "skew " + n.name + " " + by + "s", Twin: "date -s '" + by + " seconds'", State: "right now"}
	if f.On = n.skew != 0; f.On {
		f.State = "now " + skewWords(n.skew)
	}
	day := decimal(sim.MaxSkew.Seconds())
	f.Entry = []Entry{{Name: "by", Label: "Ahead by", Unit: "s", Value: by, Min: "-" + day, Max: day}}
	return f
}

func skewWords(d time.Duration) string {
	sign, d := "+", d
	if d < 0 {
		sign, d = "−", -d
	}
	return sign + shortly(d)
}

func (m *Model) loadFaults(n standing) []Fault {
	now, on := m.world().Load(n.name)
	usual := sim.Load{Rate: loadRate, Size: sim.DefaultSize, Keys: sim.DefaultKeys, Mix: sim.DefaultMix}
	if on {
		usual = now
	}
	rate := m.draft("load", "rate", plain(int64(usual.Rate)))
	bytes := m.draft("load", "size", plain(usual.Size))
	keys := m.draft("load", "keys", plain(int64(usual.Keys)))
	mix := m.draft("load", "mix", usual.Mix)
	load := Fault{Key: "load", Group: "Writes", Act: "Write", State: "quiet now", On: on,
		Line: "load " + n.name + " rate " + rate + "/s size " + bytes + " keys " + keys + " mix " + mix,
		Twin: "redis-benchmark -t set -d " + bytes + " -r " + keys,
		Entry: []Entry{
			{Name: "rate", Label: "Rate", Unit: "/s", Value: rate, Min: "1", Max: plain(sim.MaxLoadRate)},
			{Name: "size", Label: "Size", Unit: "B", Value: bytes, Min: "1", Max: plain(sim.MaxLoadSize)},
			{Name: "keys", Label: "Keys", Value: keys, Min: "1", Max: plain(sim.MaxLoadKeys)},
			{Name: "mix", Label: "Mix", Value: mix},
		}}
	for _, name := range sim.Mixes() {
		load.Entry[3].Choices = append(load.Entry[3].Choices, Choice{Name: name, Label: name, On: name == mix})
	}
	stop := Fault{Key: "unload", Act: "Stop writing", Line: "unload " + n.name, Twin: "Ctrl-C", Idle: !on, State: "nothing writes"}
	if on {
		load.State = "now " + commas(int64(now.Rate)) + "/s of " + byteCount(now.Size)
		stop.State = ""
	}
	return []Fault{load, stop}
}

func choose(name string, list ...Choice) []Choice {
	for i := range list {
		list[i].On = list[i].Name == name
	}
	return list
}

// draftKey tells the entries of one target from those of another.
func (m *Model) draftKey(fault string) string {
	if fault == addKey {
		return fault
	}
	if m.chosen != "" {
		return m.chosen + " " + fault
	}
	return m.selected + " " + fault
}

// draft is what was put into an entry and not used yet, or else what is so now.
func (m *Model) draft(fault, entry, now string) string {
	if v, ok := m.drafts[m.draftKey(fault)][entry]; ok {
		return v
	}
	return now
}

func (m *Model) setDraft(fault, entry, value string) {
	key := m.draftKey(fault)
	if m.drafts[key] == nil {
		m.drafts[key] = map[string]string{}
	}
	m.drafts[key][entry] = value
	if m.refused.key == key {
		m.refused = refusal{}
	}
}

// A refusal is why the language did not take a line, and which row gave it.
type refusal struct{ key, why string }

// fault does what a row of the palette says; one that is in force and has an opposite is undone.
func (m *Model) fault(key string) []Cmd {
	s := observe(m.world(), m.known)
	list := m.faults(&s).List
	if key == addKey {
		list = []Fault{m.addForm(&s)}
	}
	for _, f := range list {
		if f.Key != key {
			continue
		}
		line, more := f.Line, ""
		if f.On {
			line, more = m.opposite(&s, f)
		}
		m.refused = refusal{}
		err := m.act(line)
		if err == nil && more != "" {
			err = m.act(more)
		}
		if err != nil {
			m.refused = refusal{m.draftKey(key), reason(err)}
			m.speak(reason(err))
			return nil
		}
		delete(m.drafts, m.draftKey(key))
		if name, _, typed := strings.Cut(line, "> "); typed {
			if why := m.refusedBy(name); why != "" {
				m.refused = refusal{m.draftKey(key), why}
				m.speak(why)
			}
		}
		switch key {
		case addKey:
			m.added(line)
		case "start":
			if why := m.endedAgain(m.selected); why != "" {
				m.refused = refusal{m.draftKey(key), why}
				m.speak(why)
			}
		case "remove": // with its button: another click there would be about the next node
			m.tab = TabCLI
			return append(m.appears(), Focus{"node-" + m.selected})
		}
	}
	return nil
}

// endedAgain is why a process that was started at this moment is gone again, in the words of its log: "" where it is not.
func (m *Model) endedAgain(name string) string {
	if m.world().Node(name).Up() {
		return ""
	}
	why := ""
	for _, l := range m.past.logs[name] {
		switch {
		case l.Text == "Server initialized":
			why = "" // that was the process before
		case why == "" && l.Level == string(rune(engine.LogWarning)):
			why = ": " + l.Text
		}
	}
	return name + " has ended again" + why
}

// opposite is the line that ends what is in force. A path heals both ways: what is dropped the other way needs one more to stay so.
func (m *Model) opposite(s *scene, f Fault) (line, more string) {
	switch f.Key {
	case "freeze":
		return "thaw " + m.selected, ""
	case "isolate", "isolate-blackhole":
		return "rejoin " + m.selected, ""
	case "sever", "blackhole", "dark-from", "dark-back":
		a, b, _ := s.pair(m.chosen)
		switch {
		case f.Key == "dark-from" && s.dark(b, a):
			more = "blackhole " + b + " > " + a
		case f.Key == "dark-back" && s.dark(a, b):
			more = "blackhole " + a + " > " + b
		}
		return "heal " + a + " " + b, more
	}
	return f.Line, "" // a number is set again
}

// refusedBy is why a node did not do the command that it was just given, "" when it did or has not answered yet.
func (m *Model) refusedBy(node string) string {
	turns := m.past.turns[node]
	if n := len(turns); n > 0 && (turns[n-1].Error || !m.world().Node(node).Up()) {
		return turns[n-1].Text
	}
	return ""
}

// speak has the narrator say something that is no event.
func (m *Model) speak(what string) {
	m.status = m.again(what)
	m.past.said, m.spoken = what, m.past.saidSeq
}

// act runs one line, and ends the question that a new fault makes void. What is so already is not done again, and not written
// into the script twice: a button may be clicked twice.
func (m *Model) act(line string) error {
	if m.inForce(line) {
		return nil
	}
	if err := m.do(line); err != nil {
		return err
	}
	words := strings.Fields(line)
	switch words[0] {
	case "sever", "blackhole", "isolate":
		for _, w := range words[1:] {
			delete(m.guess, w)
		}
	}
	return nil
}

// inForce reports whether a path is already as a line of the script wants it.
func (m *Model) inForce(line string) bool {
	words := strings.Fields(line)
	if len(words) != 3 {
		return false
	}
	wanted := map[string]string{"sever": "severed", "blackhole": "blackhole", "heal": "up"}[words[0]]
	for _, l := range m.world().Links() {
		if l.A == words[1] && l.B == words[2] || l.A == words[2] && l.B == words[1] {
			return l.State == wanted && (wanted != "blackhole" || l.Dark == [2]bool{true, true})
		}
	}
	return false
}

// restart is an orderly one, whose RDB says where the node was; or the node comes back with nothing.
func (m *Model) restart(empty bool) []Cmd {
	name := m.selected
	lines := []string{"shutdown " + name + " save", "start " + name}
	if empty {
		lines = []string{"kill " + name, "wipe " + name, "start " + name}
	}
	for _, line := range lines {
		switch up := m.world().Node(name).Up(); {
		case strings.HasPrefix(line, "start") && up:
			m.speak(name + " is still up: it waits for its replicas before it shuts down.")
			return nil
		case !strings.HasPrefix(line, "start") && !strings.HasPrefix(line, "wipe") && !up:
			continue
		}
		if err := m.act(line); err != nil {
			m.speak(reason(err))
			return nil
		}
	}
	return nil
}

// A Badge is a state of a node or a link that is not the usual one: a shape and a word.
type Badge struct{ Kind, Word string }

// badges are what is unusual about a node.
func badges(s *scene, n standing) (list []Badge) {
	if n.state == "frozen" {
		list = append(list, Badge{"frozen", "frozen"})
	}
	if cut, silent := s.isolated(n.name); cut {
		word := "isolated"
		if silent {
			word = "isolated, silent"
		}
		list = append(list, Badge{"isolated", word})
	}
	if n.skew != 0 {
		list = append(list, Badge{"clock", "clock " + skewWords(n.skew)})
	}
	if n.era != "" && n.era != usualEra {
		list = append(list, Badge{"era", eraName(n.era)})
	}
	if n.repl.ShutdownAt != 0 {
		list = append(list, Badge{"clock", "shutting down"})
	}
	return list
}

// pathBadges are what is slow about a link.
func pathBadges(o sim.LinkOptions) (list []Badge) {
	if o.Latency >= slowLatency || o.Jitter > 0 {
		word := shortly(o.Latency)
		if o.Jitter > 0 {
			word += " to " + shortly(o.Latency+o.Jitter)
		}
		list = append(list, Badge{"clock", word})
	}
	if o.Bandwidth > 0 {
		list = append(list, Badge{"narrow", size(o.Bandwidth) + "/s"})
	}
	return list
}

func badgeWords(list []Badge) string {
	words := ""
	for _, b := range list {
		words += ", " + b.Word
	}
	return words
}

// downWord is how a process ended.
func (c *chronicle) downWord(node string) string {
	if c.ended[node] == "shutdown" {
		return "shut down"
	}
	return "killed"
}

// millis and kib print what an input for milliseconds, and for units of 1,024 bytes, shows.
func millis(d time.Duration) string { return decimal(float64(d) / float64(time.Millisecond)) }
func kib(n int64) string            { return decimal(float64(n) / 1024) }

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// bytesOf is a number of kibibytes as the language writes sizes; what is no number is left for the language to refuse.
func bytesOf(kib string) string {
	f, err := strconv.ParseFloat(kib, 64)
	if err != nil || f < 0 || f > math.MaxInt64/2048 {
		return kib + "kb"
	}
	return size(int64(math.Round(f * 1024)))
}

// unaware says what the ends make of a blackhole: they are not told.
func unaware(replica standing, now engine.Instant) string {
	if replica.repl.Link == engine.LinkConnected {
		return replica.name + " still says up"
	}
	return nextTry(replica, now)
}

// pathNote is what the table says of a path that is not whole.
func pathNote(s *scene, a, b string) string {
	note := ""
	switch p := s.path(a, b); p.State {
	case "severed":
		note = ", severed"
	case "blackhole":
		note = ", blackhole " + s.darkWords(a, b)
	}
	return note + badgeWords(pathBadges(s.path(a, b).Options))
}
