package model

import (
	"math"
	"slices"
	"strings"

	"resync/engine/node"
)

// Nodes are added, follow each other, and are walked to with the arrow keys.

// TabAdd is the node column's tab with the form for another node.
const TabAdd = "add"

const (
	addKey   = "add"
	usualEra = "7.0"
)

// eraName is an era as the server of that time called itself.
func eraName(era string) string {
	if era == "8.0" {
		return "Valkey 8.0"
	}
	return "Redis " + era
}

// eraChoices are all eras to choose from.
func eraChoices() (list []Choice) {
	for _, e := range node.Eras() {
		list = append(list, Choice{Name: e, Label: eraName(e)})
	}
	return list
}

// A Slot is the empty place that a stage without replicas has.
type Slot struct {
	Shown       bool
	Depth, Lane int
	Span        int
	Command     string // that makes a replica
	Text        string
}

func slot(s *scene) Slot {
	for _, n := range s.nodes {
		if n.repl.Replica {
			return Slot{}
		}
	}
	if len(s.nodes) == 0 {
		return Slot{Shown: true, Text: "No server yet."}
	}
	m := s.nodes[0]
	return Slot{Shown: true, Command: "REPLICAOF " + m.name + " " + plain(int64(m.port)), Text: "No replica yet. At another node’s prompt:"}
}

// addForm is the form for another node: a fault of sorts, which comes to a line as those do.
func (m *Model) addForm(s *scene) Fault {
	lead := noOne
	if i := s.lead(m.selected); i >= 0 {
		lead = s.nodes[i].name
	}
	master := m.draft(addKey, "master", lead)
	name := m.draft(addKey, "name", m.freeName(s, master != noOne))
	era := m.draft(addKey, "era", usualEra)
	backlog, timeout, more := m.draft(addKey, "backlog", ""), m.draft(addKey, "timeout", ""), m.draft(addKey, "more", "")

	line := "node " + name
	if era != usualEra {
		line += " era " + era
	}
	if master != noOne {
		line += " replicaof " + master
	}
	for _, c := range [][2]string{{" repl-backlog-size=", backlog}, {" repl-timeout=", timeout}, {" ", strings.TrimSpace(more)}} {
		if c[1] != "" {
			line += c[0] + c[1]
		}
	}
	masters := []Choice{{Name: noOne, Label: "no one: a master"}}
	for _, n := range s.nodes {
		masters = append(masters, Choice{Name: n.name, Label: n.name})
	}
	f := Fault{Key: addKey, Act: "Add " + name, Line: line, Twin: "redis-server --port … --replicaof …", Entry: []Entry{
		{Name: "name", Label: "Name", Value: name},
		{Name: "era", Label: "Server", Value: era, Choices: choose(era, eraChoices()...)},
		{Name: "master", Label: "Replica of", Value: master, Choices: choose(master, masters...)},
		{Name: "backlog", Label: "repl-backlog-size", Value: backlog, Hint: "1mb"},
		{Name: "timeout", Label: "repl-timeout", Unit: "s", Value: timeout, Hint: "60", Min: "1", Max: plain(math.MaxInt32)},
		{Name: "more", Label: "Further settings", Value: more, Hint: "repl-diskless-sync=no"},
	}}
	if m.refused.key == addKey {
		f.Error = m.refused.why
	}
	return f
}

// freeName suggests what the next node could be called: r3 after r1 and r2, also where r2 was removed.
func (m *Model) freeName(s *scene, replica bool) string {
	letter := "m"
	if replica {
		letter = "r"
	}
	for i := int64(1); ; i++ {
		name := letter + plain(i)
		if _, taken := s.node(name); !taken && !slices.Contains(m.world().Removed(), name) {
			return name
		}
	}
}

// added looks at the node that has come.
func (m *Model) added(line string) {
	words := strings.Fields(line)
	m.selected, m.chosen, m.completion = words[1], "", Completion{}
}

// followFault makes a node the replica of another one, or of nobody.
func (m *Model) followFault(s *scene, n standing) Fault {
	now := noOne
	if n.master >= 0 {
		now = s.nodes[n.master].name
	}
	master := m.draft("follow", "master", now)
	choices := []Choice{{Name: noOne, Label: "no one: a master"}}
	for _, o := range s.nodes {
		if o.name != n.name {
			choices = append(choices, Choice{Name: o.name, Label: o.name})
		}
	}
	f := Fault{Key: "follow", Group: "Role", Act: "Follow", Line: m.followLine(n.name, master), State: "a master now", Twin: "redis-cli -h " + n.name + " REPLICAOF",
		Entry: []Entry{{Name: "master", Label: "Replica of", Value: master, Choices: choose(master, choices...)}}}
	if master == noOne {
		f.Act = "Promote"
	}
	if n.repl.Replica {
		f.State = "replica of " + masterName(s, n) + " now"
	}
	if !n.up {
		f.Idle, f.State = true, "it is down"
	}
	return f
}

// followLine is the command by which a node follows another one: a server before 5.0 knows it by its old name only.
func (m *Model) followLine(name, master string) string {
	word := m.followWord(name)
	if master == noOne {
		return name + "> " + word + " " + noOne
	}
	return name + "> " + word + " " + master + " " + plain(int64(m.world().Node(master).Port))
}

// followWord is the command by which a node follows another, as its version calls it.
func (m *Model) followWord(name string) string {
	if table := m.world().Node(name).Commands(); table != nil && table.Lookup([]byte("replicaof")) == nil {
		return "SLAVEOF"
	}
	return "REPLICAOF"
}

// Dragging reports whether a node is being dragged.
func (m *Model) Dragging() bool { return m.dragged != "" }

// drop lets the node that is dragged follow the one that it was let go over.
func (m *Model) drop(on string) {
	name := m.dragged
	m.dragged = ""
	if name == "" || name == on {
		return
	}
	line := m.followLine(name, on)
	if err := m.act(line); err != nil {
		m.speak(reason(err))
		return
	}
	m.selected, m.chosen = name, ""
	m.speak(line)
	if why := m.refusedBy(name); why != "" {
		m.speak(why)
	}
}

// stride chooses the node that lies in that direction of a node or of a link on the stage, and moves the focus there.
func (m *Model) stride(from, way string) []Cmd {
	s := observe(m.world(), m.known)
	st := m.stage(&s)
	x, y, ok := spot(st, from)
	if !ok {
		return nil
	}
	best, least := "", math.Inf(1)
	for _, c := range st.Cards {
		cx, cy, _ := spot(st, c.Name)
		along, across := cx-x, math.Abs(cy-y)
		switch way {
		case "ArrowLeft":
			along = x - cx
		case "ArrowDown":
			along, across = cy-y, math.Abs(cx-x)
		case "ArrowUp":
			along, across = y-cy, math.Abs(cx-x)
		}
		if cost := along + 2*across; along > 0 && cost < least {
			best, least = c.Name, cost
		}
	}
	if best == "" {
		return nil
	}
	return append(m.pickNode(best), Focus{"node-" + best})
}

// spot is where the middle of a card or a link is, in columns and rows; a column counts double.
func spot(st Stage, name string) (x, y float64, ok bool) {
	for _, c := range st.Cards {
		if c.Name == name {
			x, y, ok = 2*float64(c.Depth), float64(c.Lane)+float64(c.Span)/2, true
		}
	}
	for _, l := range st.Links {
		if l.ID == name {
			x, y, ok = 2*float64(l.Depth)-1, float64(l.Lane)+.5, true
		}
	}
	if st.Vertical {
		x, y = y, x
	}
	return x, y, ok
}
