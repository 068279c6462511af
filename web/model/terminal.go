package model

import (
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/script"
)

// The tabs of the node column.
const (
	TabCLI    = "cli"
	TabLedger = "ledger"
	TabData   = "data"
	TabConfig = "config"
	TabLog    = "log"
	TabScript = "script" // what was done so far, on all nodes
	TabWire   = "wire"   // the diagram of packets, where it has no place of its own
)

// tabs are what the column can show, in the order in which they are needed: on a narrow page the wire is one of them, and
// what is beyond a phone's edge is needed least.
func (m *Model) tabs() (list []Choice) {
	order := []string{TabCLI, TabLedger, TabData, TabConfig, TabFaults, TabLog, TabScript}
	if m.narrow() {
		order = []string{TabCLI, TabWire, TabLedger, TabFaults, TabData, TabConfig, TabLog, TabScript}
	}
	words := map[string]string{TabCLI: "CLI", TabWire: "Wire", TabLedger: "Ledger", TabData: "Data", TabConfig: "Config",
		TabFaults: "Faults", TabLog: "Log", TabScript: "Script"}
	for _, name := range order {
		list = append(list, Choice{name, words[name], name == m.tab})
	}
	return list
}

// shownTurns and shownLog are how many rows the column draws: the newest ones.
const (
	shownTurns = 40
	shownLog   = 60
	historyMax = 200
)

// A typing is what the page remembers of a node's prompt: the lines given there, and how far back the reader has gone.
type typing struct {
	lines []string
	back  int    // 0 = the line being typed
	draft string // that line, while an older one is shown
}

// older and newer walk the history as readline does; ok is false at either end.
func (t *typing) older(current string) (string, bool) {
	if t.back >= len(t.lines) {
		return "", false
	}
	if t.back == 0 {
		t.draft = current
	}
	t.back++
	return t.lines[len(t.lines)-t.back], true
}

func (t *typing) newer() (string, bool) {
	if t.back == 0 {
		return "", false
	}
	t.back--
	if t.back == 0 {
		return t.draft, true
	}
	return t.lines[len(t.lines)-t.back], true
}

func (t *typing) enter(line string) {
	t.back, t.draft = 0, ""
	if n := len(t.lines); n == 0 || t.lines[n-1] != line {
		t.lines = keep(t.lines, line, historyMax)
	}
}

// A node's clients are terminals beside each other: each has a connection of its own, so that one may wait while another goes on.
const (
	mostClients = 9
	unblocker   = 98 // the client that gives CLIENT UNBLOCK: none whose own command may be waiting
)

// turnsOf is under which key the turns of a client are kept: the name of its prompt in the script.
func turnsOf(node string, client int) string {
	if client == 1 {
		return node
	}
	return node + "/" + strconv.Itoa(client)
}

// withClient is a prompt that tells the second terminal from the first.
func withClient(prompt string, client int) string {
	if client == 1 {
		return prompt
	}
	return strings.TrimSuffix(prompt, ">") + " (" + strconv.Itoa(client) + ")>"
}

// clientOf is the client whose terminal is shown at a node.
func (m *Model) clientOf(node string) int { return max(1, m.client[node]) }

// turnsHere is where the turns of the terminal that is shown are kept.
func (m *Model) turnsHere(node string) string { return turnsOf(node, m.clientOf(node)) }

// clients are the terminals of a node: those that were used, the one that is shown, and always a second one to go to.
func (m *Model) clients(node string) (list []Choice) {
	last := max(2, m.clientOf(node))
	for k := range mostClients {
		if len(m.past.turns[turnsOf(node, k+1)]) > 0 {
			last = max(last, min(k+2, mostClients))
		}
	}
	for k := 1; k <= last; k++ {
		list = append(list, Choice{strconv.Itoa(k), strconv.Itoa(k), k == m.clientOf(node)})
	}
	return list
}

// blocked says what the terminal that is shown waits for, and for how long yet: "" for nothing.
func (m *Model) blocked(node string) string {
	v := m.world().Node(node)
	w, parked := v.Waiting(m.clientOf(node))
	behind, asked := -1, engine.Instant(0)
	for _, t := range m.past.turns[m.turnsHere(node)] {
		if t.Waiting {
			if behind++; behind == 0 {
				asked = t.at
			}
		}
	}
	word := ""
	switch since := shortly(m.world().Now().Sub(asked)); {
	case behind >= 0 && v.State == "frozen":
		word = node + " stands still and does not answer, " + since
	case parked && w.Until != 0:
		word = "waits, " + clock(engine.Epoch.Add(max(0, w.Until.Sub(m.world().Now())))) + " s left"
	case parked:
		word = "waits without end"
	case behind >= 0:
		word = node + " does not answer yet, " + since
	default:
		return ""
	}
	if behind > 0 {
		word += ", " + plural(int64(behind), "line") + " behind it"
	}
	return word
}

// unblock gives the waiting command up, as Ctrl+C does at a terminal. A node that can hear is told with a command of its own, so
// that the script knows it and a real server would do the same. One that stands still hears nothing: what was sent to it is
// with the kernel and will be run, so all that is left is another connection.
func (m *Model) unblock(node string) []Cmd {
	v := m.world().Node(node)
	w, parked := v.Waiting(m.clientOf(node))
	if v.State == "frozen" || !parked {
		return m.leaveTerminal(node)
	}
	if err := m.do(turnsOf(node, unblocker) + "> CLIENT UNBLOCK " + strconv.FormatInt(w.ID, 10) + " ERROR"); err != nil {
		m.status = reason(err)
	}
	return m.follow([]Cmd{Focus{PromptID(node)}}) // the button goes with what it ended
}

// leaveTerminal goes to a terminal that waits for nothing.
func (m *Model) leaveTerminal(node string) []Cmd {
	left := m.clientOf(node)
	if m.blocked(node) == "" {
		return nil
	}
	for k := 1; k <= mostClients; k++ {
		if turns := m.past.turns[turnsOf(node, k)]; k == left || len(turns) > 0 && turns[len(turns)-1].Waiting {
			continue
		}
		m.client[node] = k
		text := "Its command has been sent: " + node + " runs it once it goes on, and the reply stands there. This is another connection."
		m.past.addTurn(m.turnsHere(node), Turn{Prompt: withClient(m.prompt(node), k), Command: "# terminal " + strconv.Itoa(left) + " is left waiting", Text: text})
		m.status = "Given up. " + text
		return append(m.appears(), Focus{PromptID(node)})
	}
	m.status = "Each of the " + strconv.Itoa(mostClients) + " terminals of " + node + " waits."
	return nil
}

// toEverybody gives a line to every other node that is up, after the one where it was typed.
func (m *Model) toEverybody(from, line string) {
	for _, name := range m.world().Names() {
		if name != from && m.world().Node(name).Up() {
			if err := m.do(turnsOf(name, m.clientOf(name)) + "> " + line); err != nil {
				return // it was told where it was typed
			}
		}
	}
}

// enter runs one line typed at a node's prompt. What redis-cli does by itself is done here; the rest is a line of the
// script, so that it is recorded.
func (m *Model) enter(name, line string) []Cmd {
	line = strings.TrimSpace(line)
	cmds := m.toEnd(name, SetInput{ID: PromptID(name), Value: ""})
	if line == "" {
		return cmds
	}
	t := m.typed[name]
	t.enter(line)
	m.typed[name] = t
	m.completion = Completion{}
	prompt, here := withClient(m.prompt(name), m.clientOf(name)), m.turnsHere(name)
	switch strings.ToLower(line) {
	case "clear":
		m.past.turns[here] = nil
		return cmds
	case "quit", "exit":
		m.past.addTurn(here, Turn{Prompt: prompt, Command: line, Text: "This prompt stays open."})
		return cmds
	case "help", "?":
		m.past.addTurn(here, Turn{Prompt: prompt, Command: line, Text: helpText})
		return cmds
	}
	if v := m.world().Node(name); !v.Up() {
		m.past.addTurn(here, Turn{Prompt: prompt, Command: line, Error: true,
			Text: "Could not connect to Redis at " + v.IP + ":" + strconv.Itoa(v.Port) + ": Connection refused"})
		return cmds
	}
	if why := tooMuch(line); why != "" {
		m.past.addTurn(here, Turn{Prompt: prompt, Command: line, Error: true, Text: why})
		return cmds
	}
	if err := m.do(here + "> " + line); err != nil { // it could not even be sent
		m.past.addTurn(here, Turn{Prompt: prompt, Command: line, Error: true, Text: reason(err)})
	} else if m.toAll {
		m.toEverybody(name, line)
	}
	return cmds
}

const helpText = "Every line goes to the server, as with redis-cli. Try SET, GET, INCR, EXPIRE, INFO replication, ROLE,\n" +
	"REPLICAOF NO ONE. Here, too: clear. Up and down walk through what was typed; pasted lines run one by one."

// prompt is what stands before a node's input, as redis-cli prints it.
func (m *Model) prompt(name string) string {
	v := m.world().Node(name)
	if !v.Up() {
		return "not connected>"
	}
	return name + ":" + strconv.Itoa(v.Port) + ">"
}

// TabID is the id of the button of a tab.
func TabID(tab string) string { return "tab-" + tab }

// PromptID and OutputID are the ids of a node's input and of what it printed.
func PromptID(name string) string { return "prompt-" + name }

// OutputID is the id of the element that holds a node's output.
func OutputID(name string) string { return "output-" + name }

func (m *Model) terminal(s *scene) Terminal {
	t := Terminal{Name: m.selected, Tab: m.tab, Tabs: m.tabs()}
	for _, n := range s.nodes {
		t.Nodes = append(t.Nodes, Choice{Name: n.name, Label: n.name, On: n.name == m.selected})
	}
	n, ok := s.node(m.selected)
	if !ok {
		if m.tab == TabAdd { // also in an empty world
			t.Add = m.addForm(s)
		}
		return t
	}
	t.Role, t.Prompt = "master", withClient(m.prompt(n.name), m.clientOf(n.name))
	t.Clients, t.ToAll, t.Blocked = m.clients(n.name), m.toAll, m.blocked(n.name)
	if m.rewound() {
		t.Past = "The past of " + m.branchName() + ": branch " + script.BranchName(m.line.Count()) + " begins here with the next command."
	}
	t.About = "master"
	if n.followed > 0 {
		t.About = "master of " + plural(int64(n.followed), "replica")
	}
	if n.repl.Replica {
		t.Role = "replica"
		t.About = "replica of " + masterName(s, n) + ", " + linkSentence(n)
	}
	if !n.up {
		t.About = m.past.downWord(n.name) + " " + ago(s.age(n.since))
	}
	switch m.tab {
	case TabLedger:
		t.Ledger = m.ledger(n.name)
	case TabData:
		t.Data = m.data(s, n)
	case TabConfig:
		t.Knobs = m.knobsOf(n.name)
	case TabFaults:
		t.Faults = m.faults(s)
	case TabAdd:
		t.Add = m.addForm(s)
	case TabLog:
		t.Log = tail(m.past.logs[n.name], shownLog)
	case TabScript:
		t.Editor = m.edited()
	case TabWire:
	default:
		turns := m.past.turns[m.turnsHere(n.name)]
		turns = turns[max(0, len(turns)-shownTurns):]
		for i := range turns {
			m.advise(n.name, &turns[i])
		}
		t.Turns = tail(turns, shownTurns)
	}
	t.Completion, t.FileNote = m.completion, m.fileNote
	if m.file != nil {
		t.FileNote = m.fileText()
	}
	t.Hint = "INFO replication"
	if len(m.past.turns[n.name]) == 0 && !n.repl.Replica {
		t.Hint = `SET greeting "hello"`
	} else if len(m.past.turns[n.name]) == 0 {
		t.Hint = "GET greeting"
	}
	follow := m.followWord(n.name)
	t.Chips = [4]Choice{{Name: follow + " ", Label: follow}, {Name: "SET ", Label: "SET"}, {Name: "INFO replication", Label: "INFO"}, {Name: "WAIT ", Label: "WAIT"}}
	return t
}

func masterName(s *scene, n standing) string {
	if n.master >= 0 {
		return s.nodes[n.master].name
	}
	return n.repl.Master.Host + ":" + strconv.Itoa(n.repl.Master.Port)
}

func linkSentence(n standing) string {
	switch {
	case n.repl.Link == engine.LinkConnected:
		return "link up"
	case n.repl.Link == engine.LinkSync:
		return "copying the dataset"
	case n.repl.LinkDownFor > 0:
		return "link down for " + seconds(n.repl.LinkDownFor)
	}
	return "link down"
}

// tail is the newest rows of a list, as a slice of its own: what is drawn must not change under the drawing.
func tail[T any](list []T, limit int) []T {
	if len(list) > limit {
		list = list[len(list)-limit:]
	}
	return append([]T(nil), list...)
}
