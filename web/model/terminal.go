package model

import (
	"strconv"
	"strings"

	"resync/engine"
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

// enter runs one line typed at a node's prompt. What redis-cli does by itself is done here; the rest is a line of the
// script, so that it is recorded.
func (m *Model) enter(name, line string) []Cmd {
	line = strings.TrimSpace(line)
	cmds := []Cmd{SetInput{ID: PromptID(name), Value: ""}, ScrollToEnd{ID: OutputID(name)}}
	if line == "" {
		return cmds
	}
	t := m.typed[name]
	t.enter(line)
	m.typed[name] = t
	m.completion = Completion{}
	prompt := m.prompt(name)
	switch strings.ToLower(line) {
	case "clear":
		m.past.turns[name] = nil
		return cmds
	case "quit", "exit":
		m.past.addTurn(name, Turn{Prompt: prompt, Command: line, Text: "This prompt stays open."})
		return cmds
	case "help", "?":
		m.past.addTurn(name, Turn{Prompt: prompt, Command: line, Text: helpText})
		return cmds
	}
	if v := m.world().Node(name); !v.Up() {
		m.past.addTurn(name, Turn{Prompt: prompt, Command: line, Error: true,
			Text: "Could not connect to Redis at " + v.IP + ":" + strconv.Itoa(v.Port) + ": Connection refused"})
		return cmds
	}
	if err := m.do(name + "> " + line); err != nil { // it could not even be sent
		m.past.addTurn(name, Turn{Prompt: prompt, Command: line, Error: true, Text: reason(err)})
	}
	return cmds
}

const helpText = "Every line goes to the server, as with redis-cli. Try SET, GET, INCR, EXPIRE, INFO replication, ROLE,\n" +
	"REPLICAOF NO ONE. Here, too: clear. Up and down walk through what was typed."

// prompt is what stands before a node's input, as redis-cli prints it.
func (m *Model) prompt(name string) string {
	v := m.world().Node(name)
	if !v.Up() {
		return "not connected>"
	}
	return name + ":" + strconv.Itoa(v.Port) + ">"
}

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
	t.Role, t.Prompt = "master", m.prompt(n.name)
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
		t.Turns = tail(m.past.turns[n.name], shownTurns)
	}
	t.Completion, t.FileNote = m.completion, m.fileNote
	t.Hint = "INFO replication"
	if len(m.past.turns[n.name]) == 0 && !n.repl.Replica {
		t.Hint = `SET greeting "hello"`
	} else if len(m.past.turns[n.name]) == 0 {
		t.Hint = "GET greeting"
	}
	t.Chips = [4]string{"SET greeting hello", "GET greeting", "INFO replication", "ROLE"}
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
