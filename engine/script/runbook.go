package script

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine/node"
	"resync/engine/resp"
	"resync/engine/sim"
)

// A runbook repeats a script on real servers with nothing but a shell: what was seen here can be seen there.

// A RunbookFile is one file of it.
type RunbookFile struct {
	Name string // with slashes, relative to the runbook's folder
	Text string
	Run  bool // it is a program
}

//go:embed runbook/lib.sh
var runbookLib string

// runbookPort is the first of the ports that a runbook's servers and roads have.
const runbookPort = 17000

// runbookImages are the containers of each era.
var runbookImages = map[string]string{"2.6": "redis:2.6", "2.8": "redis:2.8", "4.0": "redis:4.0", "7.0": "redis:7.0", "8.0": "valkey/valkey:8.0"}

// runbook is one being written.
type runbook struct {
	nodes      []AddNode
	roads      [][2]string // from whom to whom a server may have to go
	conditions strings.Builder
	count      int // of conditions
	story      strings.Builder
	notes      []string  // what is not repeated
	upgrades   []AddNode // nodes as they are started in other eras than before
}

// Runbook writes the script as a folder that repeats it on real servers: a redis.conf for each, a shell script that does
// the statements and checks what is expected, docker-compose.yml for those who have no redis-server, and a README. What
// a shell cannot do to a server (delays of links, clocks that are off) is left out, and the README says so.
func (s *Script) Runbook() []RunbookFile {
	r := &runbook{}
	for _, st := range s.Statements {
		if a, ok := st.Act.(AddNode); ok {
			r.nodes = append(r.nodes, a)
		}
	}
	for _, st := range s.Statements {
		switch a := st.Act.(type) {
		case AddNode:
			r.road(a.Name, a.Replicaof)
		case Command:
			r.road(a.Node, r.newMaster(a))
		}
	}
	for _, st := range s.Statements {
		if st.Act != nil {
			r.act(st.Act)
		}
	}
	files := []RunbookFile{
		{Name: "README.md", Text: r.readme(s)},
		{Name: "run.sh", Text: r.program(s), Run: true},
		{Name: "docker-compose.yml", Text: r.compose()},
	}
	for _, n := range r.nodes {
		files = append(files, RunbookFile{Name: "conf/" + n.Name + ".conf", Text: runbookConfig(n)})
	}
	for _, n := range r.upgrades {
		name := n.Name + "-" + n.Era
		files = append(files,
			RunbookFile{Name: "docker-compose." + name + ".yml", Text: "# " + n.Name + " as another version. run.sh takes this beside docker-compose.yml.\nservices:\n" + r.container(n, name)},
			RunbookFile{Name: "conf/" + name + ".conf", Text: runbookConfig(n)})
	}
	return files
}

// upgrade notes the version that a node is started as, and reports whether one is said.
func (r *runbook) upgrade(a Start) bool {
	if a.Era == "" {
		return false
	}
	for _, u := range r.upgrades {
		if u.Name == a.Node && u.Era == a.Era {
			return true
		}
	}
	n := r.nodes[r.number(a.Node)]
	n.Era = a.Era
	r.upgrades = append(r.upgrades, n)
	return true
}

// number is that of a node, from 0, by which its ports are counted.
func (r *runbook) number(name string) int {
	for i, n := range r.nodes {
		if n.Name == name {
			return i
		}
	}
	return -1
}

// road makes sure that from can reach to, and the other way round: after a failover it has to.
func (r *runbook) road(from, to string) {
	if to == "" || from == to {
		return
	}
	for _, k := range r.roads {
		if k == [2]string{from, to} {
			return
		}
	}
	r.roads = append(r.roads, [2]string{from, to}, [2]string{to, from})
}

// newMaster is the node that a REPLICAOF or FAILOVER names, or "".
func (r *runbook) newMaster(a Command) string {
	if len(a.Args) == 0 {
		return ""
	}
	switch strings.ToLower(a.Args[0]) {
	case "replicaof", "slaveof":
		if len(a.Args) == 3 {
			return r.called(a.Args[1])
		}
	case "failover":
		for i := 1; i+1 < len(a.Args); i++ {
			if strings.EqualFold(a.Args[i], "to") {
				return r.called(a.Args[i+1])
			}
		}
	}
	return ""
}

// called is the node that a host name or an address of the simulation stands for, or "".
func (r *runbook) called(host string) string {
	for i, n := range r.nodes {
		if strings.EqualFold(host, n.Name) || host == "10.0.0."+strconv.Itoa(i+1) {
			return n.Name
		}
	}
	return ""
}

func (r *runbook) act(act Act) {
	switch a := act.(type) {
	case AddNode:
		r.do("start", a.Name)
	case Link:
		r.note("delays, jitter and bandwidth of links (`" + a.String() + "`)")
	case Command:
		r.command(a)
	case Wait:
		r.do("sleep", seconds(a.For))
	case Until:
		r.do("until_true", seconds(a.Within), r.condition(a.Condition), a.Condition.String())
	case Expect:
		r.do("expect", r.condition(a.Condition), a.Condition.String())
	case Sever:
		r.do("sever", a.A, a.B)
	case Blackhole:
		if a.OneWay {
			r.note("a silence in one direction only (`" + a.String() + "`): both directions are silent")
		}
		r.do("blackhole", a.A, a.B)
	case Heal:
		r.do("heal", a.A, a.B)
	case Isolate:
		if a.Silent {
			r.do("isolate_silently", a.Node)
		} else {
			r.do("isolate", a.Node)
		}
	case Rejoin:
		r.do("rejoin", a.Node)
	case Freeze:
		r.do("freeze", a.Node)
	case Thaw:
		r.do("thaw", a.Node)
	case Kill:
		r.do("kill_node", a.Node)
	case Shutdown:
		r.do("shutdown_node", a.Node, a.How)
	case Start:
		if r.upgrade(a) {
			r.do("start_as", a.Node, a.Era)
		} else {
			r.do("start", a.Node)
		}
	case Wipe:
		r.do("wipe", a.Node)
	case Remove:
		r.do("remove_node", a.Node)
	case Restore:
		r.do("restore", a.Node, a.File)
	case Skew:
		r.note("clocks that are off (`" + a.String() + "`): all servers have the machine's clock")
	case Load:
		if l, err := a.Load.Complete(); err == nil {
			if l.Mix == "all" {
				r.note("the commands of the mix `all`: lists are written instead")
			}
			r.do("load", a.Node, strconv.Itoa(l.Rate), strconv.FormatInt(l.Size, 10), strconv.Itoa(l.Keys), l.Mix)
		}
	case Unload:
		r.do("unload", a.Node)
	case Step:
		r.story.WriteString("\necho\n")
		r.do("tell", "== "+a.Heading)
	case Say:
		r.do("tell", a.Text)
	}
}

// do writes a line of the story.
func (r *runbook) do(name string, args ...string) {
	r.story.WriteString(name)
	for _, a := range args {
		r.story.WriteString(" " + shell(a))
	}
	r.story.WriteByte('\n')
}

// command writes a client's command. The hosts in it are those of the simulation: they become the ways that there are.
func (r *runbook) command(a Command) {
	r.do("tell", a.String())
	client := strconv.Itoa(a.Client)
	to := r.newMaster(a)
	switch {
	case to == "":
		r.do("command_at", a.Node, client, sim.Words(a.Args))
	case strings.EqualFold(a.Args[0], "failover"):
		at := slices.IndexFunc(a.Args, func(w string) bool { return strings.EqualFold(w, "to") })
		line := shell(sim.Words(a.Args[:at+1])+" ") + `"$(way ` + a.Node + " " + to + `)"`
		if rest := a.Args[min(at+3, len(a.Args)):]; len(rest) > 0 {
			line += shell(" " + sim.Words(rest))
		}
		r.story.WriteString("command_at " + a.Node + " " + client + " " + line + "\n")
	default:
		r.do("follow", a.Node, client, to)
	}
}

// condition writes a condition as a function of the shell and returns its name.
func (r *runbook) condition(c Condition) string {
	r.count++
	name := "condition_" + strconv.Itoa(r.count)
	parts := make([]string, len(c))
	for i, k := range c {
		parts[i] = "is " + k.Left.shell() + " " + shell(k.Op) + " " + k.Right.shell()
	}
	r.conditions.WriteString(name + "() { " + strings.Join(parts, " && ") + "; }\n")
	return name
}

// shell is the operand as a word of the shell.
func (o Operand) shell() string {
	switch o.Kind {
	case OperandField:
		return `"$(field ` + o.Node + " " + shell(o.Field) + `)"`
	case OperandRead:
		words := make([]string, len(o.Args))
		for i, a := range o.Args {
			words[i] = shell(a)
		}
		return `"$(reply ` + o.Node + " " + strings.Join(words, " ") + `)"`
	case OperandBare:
		if _, ok := parseDecimal(o.Text); ok {
			break
		}
		if n, ok := parseSize(o.Text); ok {
			return strconv.FormatInt(n, 10)
		}
		if d, err := time.ParseDuration(o.Text); err == nil {
			return seconds(d)
		}
	}
	return shell(o.Text)
}

func (r *runbook) note(text string) {
	for _, n := range r.notes {
		if n == text {
			return
		}
	}
	r.notes = append(r.notes, text)
}

// program is run.sh.
func (r *runbook) program(s *Script) string {
	var b strings.Builder
	b.WriteString("#!/usr/bin/env bash\n# " + oneLine(s.title()) + "\n#\n")
	b.WriteString("# Repeats a run of Resync on real servers; README.md says how. The story is at the end of this file.\n\nset -u\n\n")
	b.WriteString("NODES=(")
	for i, n := range r.nodes {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(n.Name)
	}
	b.WriteString(")\ndeclare -A PORT ROAD FOLLOWS PASSWORD\n")
	for i, n := range r.nodes {
		fmt.Fprintf(&b, "PORT[%s]=$((${RESYNC_PORT:-%d} + %d))\n", n.Name, runbookPort, i)
		if n.Replicaof != "" {
			fmt.Fprintf(&b, "FOLLOWS[%s]=%s\n", n.Name, n.Replicaof)
		}
		for _, c := range n.Settings {
			if c.Name == "requirepass" {
				fmt.Fprintf(&b, "PASSWORD[%s]=%s\n", n.Name, shell(c.Value))
			}
		}
	}
	for i, k := range r.roads {
		fmt.Fprintf(&b, "ROAD[%s:%s]=$((${RESYNC_PORT:-%d} + %d))\n", k[0], k[1], runbookPort, len(r.nodes)+i)
	}
	if eras := r.otherEras(); eras != "" {
		b.WriteString("ERAS=" + shell(eras) + "\n")
	}
	b.WriteByte('\n')
	b.WriteString(runbookLib)
	b.WriteString("\n# ---- What is waited for and expected. ----\n\n")
	b.WriteString(r.conditions.String())
	b.WriteString("\n# ---- The story. ----\n\nbegin_roads\n")
	b.WriteString(r.story.String())
	b.WriteString("\nverdicts\n")
	return b.String()
}

// otherEras are the eras of the nodes other than the usual one, for the refusal to run them with the machine's own
// redis-server.
func (r *runbook) otherEras() string {
	var eras []string
	for _, n := range append(slices.Clip(r.nodes), r.upgrades...) {
		if e := n.EraName(); e != node.DefaultConfig().Era && !strings.Contains(strings.Join(eras, " "), e) {
			eras = append(eras, e)
		}
	}
	return strings.Join(eras, " ")
}

// compose is docker-compose.yml. Nothing in it starts by itself: run.sh starts what the story has.
func (r *runbook) compose() string {
	var b strings.Builder
	b.WriteString("# The servers and the roads between them. run.sh starts and stops them: ./run.sh docker\nservices:\n")
	for _, n := range r.nodes {
		b.WriteString(r.container(n, n.Name) + "    working_dir: /data\n    volumes: [\"./conf:/conf:ro\", \"/data\"]\n")
	}
	for i, k := range r.roads {
		port := len(r.nodes) + i + runbookPort
		to := runbookPort + r.number(k[1])
		fmt.Fprintf(&b, "  %s-to-%s:\n    image: alpine/socat\n    command: [\"TCP-LISTEN:%d,reuseaddr,fork\", \"TCP:%s:%d\"]\n", k[0], k[1], port, k[1], to)
	}
	return b.String()
}

// container is what runs in the container of a node, with the configuration of that name.
func (r *runbook) container(n AddNode, config string) string {
	args := []string{"redis-server", "/conf/" + config + ".conf", "--port", strconv.Itoa(runbookPort + r.number(n.Name))}
	if n.EraName() == "8.0" {
		args[0] = "valkey-server"
	}
	if n.Replicaof != "" {
		args = append(args, "--slaveof", n.Name+"-to-"+n.Replicaof, strconv.Itoa(r.port(n.Name, n.Replicaof)))
		if e := n.EraName(); e != "2.6" && e != "2.8" {
			args = append(args, "--slave-announce-ip", n.Replicaof+"-to-"+n.Name, "--slave-announce-port", strconv.Itoa(r.port(n.Replicaof, n.Name)))
		}
	}
	return fmt.Sprintf("  %s:\n    image: %s\n    command: [%s]\n", n.Name, runbookImages[n.EraName()], `"`+strings.Join(args, `", "`)+`"`)
}

// port is that of the road between two nodes.
func (r *runbook) port(from, to string) int {
	for i, k := range r.roads {
		if k == [2]string{from, to} {
			return runbookPort + len(r.nodes) + i
		}
	}
	return 0
}

// runbookConfig is a node's redis.conf: the script's own settings, and what lets others in.
func runbookConfig(n AddNode) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", n.Name)
	for _, c := range n.Settings {
		words, err := resp.SplitArgs(c.Value)
		if err != nil || len(words) == 0 {
			words = []string{c.Value}
		}
		b.WriteString(c.Name + " " + sim.Words(words) + "\n")
	}
	switch n.EraName() {
	case "7.0", "8.0":
		b.WriteString("protected-mode no\nenable-debug-command yes\n")
	case "4.0":
		b.WriteString("protected-mode no\n")
	}
	return b.String()
}

func (r *runbook) readme(s *Script) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", oneLine(s.title()))
	if s.About != "" {
		b.WriteString(oneLine(s.About) + "\n\n")
	}
	b.WriteString("This folder repeats a run of Resync on real Redis servers.\n\n```\n")
	if r.otherEras() == "" {
		b.WriteString("./run.sh          # with this machine's redis-server, redis-cli and socat\n")
	}
	b.WriteString("./run.sh docker   # with Docker Compose\n```\n\n")
	b.WriteString("It tells the story as it happens, checks everything that the script expects, and at the end says how each replica came\n" +
		"back. Exit status: 0 all is well, 1 an expectation failed, 2 a tool is missing or somebody else has a port that it needs.\n" +
		"`RESYNC_PORT` is the first of its ports (" + strconv.Itoa(runbookPort) + "); without Docker only this machine reaches them. `KEEP=1` keeps the servers'\n" +
		"files and logs.\n\n")
	b.WriteString("Between two servers there is a relay (socat). A link is cut by ending it, so that connections end and new ones are refused;\n" +
		"it is silenced by stopping it (SIGSTOP), so that bytes go nowhere and nobody is told. A frozen server is stopped, a killed one\nis killed.\n")
	if len(r.notes) > 0 {
		b.WriteString("\nNot repeated:\n\n")
		for _, n := range r.notes {
			b.WriteString("- " + n + "\n")
		}
	}
	b.WriteString("\nThe script:\n\n```\n" + strings.ReplaceAll(s.String(), "```", "` ` `") + "```\n")
	return b.String()
}

// title is what the script is called, or that it has no name.
func (s *Script) title() string {
	if s.Title == "" {
		return "A run without a name"
	}
	return s.Title
}

// seconds prints a duration as sleep and awk read it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// oneLine keeps a text from ending the line, or the comment, that it stands in.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// shell quotes a word for a shell: whatever it holds, it stays one word and nothing in it is done.
func shell(s string) string {
	if s != "" && strings.IndexFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("_-.:/@%+,", c))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
