package model

import "resync/engine"

// key does what a single key stands for. used says whether it stands for anything: the browser keeps the others.
func (m *Model) key(k Key) (cmds []Cmd, used bool) {
	if k.Key == "?" {
		return m.toggleHelp(), true
	}
	if k.Key == "Escape" {
		if _, on := m.line.Seeking(); on {
			m.line.Stay()
			return nil, true
		}
		if m.gallery.open {
			return m.toggleGallery(), true
		}
		if m.share.open {
			return m.toggleShare(), true
		}
		used = m.help || m.chosen != "" || m.panels.open != ""
		if m.chosen == "" && !m.help {
			m.panels.open = ""
		}
		if m.chosen = ""; m.help {
			cmds = m.toggleHelp()
		}
		return cmds, used
	}
	if !m.keys {
		return nil, false
	}
	if n := int(k.Key[0] - '1'); len(k.Key) == 1 && n >= 0 && n < 9 {
		names := m.world().Names()
		if n >= len(names) {
			return nil, false
		}
		return m.pickNode(names[n]), true
	}
	switch k.Key {
	case " ":
		m.toggle()
	case ".":
		m.step(anyEvent)
	case ",":
		m.back(anyEvent)
	case ">":
		m.step(worthALook)
	case "<":
		m.back(worthALook)
	case "Home":
		m.seekTo(engine.Epoch)
	case "End":
		m.seekTo(m.line.End())
	case "[":
		m.speed = max(m.speed-1, 0)
	case "]":
		m.speed = min(m.speed+1, len(speeds)-1)
	case "/":
		m.tab = TabCLI
		return append(m.appears(), Focus{PromptID(m.selected)}), true
	case "l", "L":
		m.cycleLink(k.Shift)
	case "s", "S":
		return m.toggleShare(), true
	case "x", "X":
		return m.onLink("sever")
	case "b", "B":
		return m.onLink("blackhole")
	case "h", "H":
		return m.onLink("heal")
	case "f", "F":
		m.tab = TabFaults
		return append(m.appears(), Focus{OutputID(m.selected)}), true
	case "k", "K":
		return m.onNode("kill")
	case "p", "P":
		if m.world().Node(m.selected).State == "frozen" {
			return m.onNode("thaw")
		}
		return m.onNode("freeze")
	case "r", "R":
		if m.selected == "" {
			return nil, false
		}
		return m.restart(k.Shift), true
	case "g", "G":
		return m.toggleLoad(m.leadName()), true
	case "w", "W":
		if m.narrow() {
			m.tab = TabWire
		}
		return []Cmd{Reveal{WireID}, Focus{WireID}}, true
	case "t", "T":
		switch {
		case k.Shift:
			m.zoomTo(-1)
		case m.zoom == zoomBytes:
			m.zoomTo(-zoomBytes)
		default:
			m.zoomTo(1)
		}
	case "v", "V":
		m.table = !m.table
	default:
		return nil, false
	}
	return nil, true
}

// HelpID is the id of the button that opens the help.
const HelpID = "help"

// toggleHelp opens or closes the help. What had the focus in it is gone then.
func (m *Model) toggleHelp() []Cmd {
	if m.help = !m.help; m.help {
		m.share.open, m.gallery.open = false, false // one at a time is in front
		return nil
	}
	return []Cmd{Focus{HelpID}}
}

// KeyHelp is what the help panel lists.
var KeyHelp = [][2]string{
	{"Space", "play or pause"},
	{",  .", "one event back, one on"},
	{"<  >", "to the event worth a look before, or the next one"},
	{"Home  End", "to the beginning, to the latest moment"},
	{"[  ]", "slower, faster"},
	{"1 – 9", "choose a node"},
	{"/", "type at its prompt (Esc leaves it)"},
	{"↑  ↓", "at a prompt: what was typed before"},
	{"arrows", "on the stage: to the node that lies there"},
	{"L  Shift+L", "choose the next link, the one before"},
	{"F", "what can go wrong with what is chosen"},
	{"X", "cut the chosen link, or the chosen node's"},
	{"B", "let its packets vanish"},
	{"H", "heal it"},
	{"G", "generate writes at the master, or no more"},
	{"K", "kill the chosen node"},
	{"P", "freeze it, let it go on"},
	{"R", "start it again, with its RDB"},
	{"Shift+R", "start it again, empty"},
	{"S", "give this run away: link, runbook, trace"},
	{"W", "to the wire"},
	{"T  Shift+T", "the stream closer: its commands, then its bytes; wider"},
	{"Ctrl+wheel", "over the stream: the same, as with two fingers"},
	{"V", "view the drawings as tables"},
	{"?", "this list"},
}

func (m *Model) onNode(word string) ([]Cmd, bool) {
	if m.selected == "" || !m.world().Node(m.selected).Up() {
		return nil, true
	}
	return m.run(word + " " + m.selected), true
}

// onLink cuts or heals the chosen link; where none is chosen, the chosen node's link to its master, or that of its first
// replica.
func (m *Model) onLink(word string) ([]Cmd, bool) {
	s := observe(m.world(), m.known)
	if a, b, ok := s.pair(m.chosen); ok {
		if word == "heal" && !s.faulty(a, b) {
			return nil, true
		}
		return m.run(word + " " + a + " " + b), true
	}
	links := m.stage(&s).Links
	var pick *Link
	for i, l := range links {
		own := l.Replica == m.selected || l.Master == m.selected
		if own && (pick == nil || l.Replica == m.selected) && s.faulty(l.Master, l.Replica) == (word == "heal") {
			pick = &links[i]
		}
	}
	if pick == nil {
		return nil, true
	}
	return m.run(word + " " + pick.Master + " " + pick.Replica), true
}

func (m *Model) cycleLink(back bool) {
	links := m.currentLinks()
	if len(links) == 0 {
		return
	}
	at := -1
	for i, l := range links {
		if l.ID == m.chosen {
			at = i
		}
	}
	step := 1
	if back {
		step = -1
		if at < 0 {
			at = 0
		}
	}
	l := links[(at+step+len(links))%len(links)]
	m.chosen, m.status = l.ID, l.Label
}

func (m *Model) currentLinks() []Link {
	s := observe(m.world(), m.known)
	return m.stage(&s).Links
}

func (m *Model) leadName() string {
	s := observe(m.world(), m.known)
	if i := s.lead(m.selected); i >= 0 {
		return s.nodes[i].name
	}
	return ""
}
