package model

import "time"

// A showing is what the first page does by itself for a reader who has touched nothing yet: a link is cut, the master
// writes on, the link heals, and the replica continues where it stopped. Each of its acts is a line of the script, as if
// clicked. Whatever the reader does ends it, and the world stays as it is; a guess alone does not, since it is asked for.
type showing struct {
	on    bool
	begun bool // its first act is done
	acts  []showAct
	wait  time.Duration // of the reader's time, until the next act, or until it is over
}

// A showAct is a line of the script, and how long its consequences are looked at.
type showAct struct {
	line string
	look time.Duration
}

// show begins the showing, where there is a master with a replica.
func (m *Model) show() {
	s := observe(m.world(), m.known)
	for _, n := range s.nodes {
		if n.master < 0 || !n.connected() {
			continue
		}
		master := s.nodes[n.master].name
		m.showing = showing{on: true, wait: 4 * time.Second, acts: []showAct{
			{"sever " + master + " " + n.name, 1500 * time.Millisecond},
			{loadLine(master), 5 * time.Second},
			{"unload " + master, 4 * time.Second},
			{"heal " + master + " " + n.name, 20 * time.Second}, // in which the answer is read
		}}
		return
	}
}

// showOn lets so much of the reader's time pass for the showing.
func (m *Model) showOn(elapsed time.Duration) {
	s := &m.showing
	if s.wait -= elapsed; !s.on || s.wait > 0 {
		return
	}
	if len(s.acts) == 0 || m.act(s.acts[0].line) != nil {
		m.endShowing()
		return
	}
	m.pace.plain = false // every message of it is to be seen
	s.begun, s.wait, s.acts = true, s.acts[0].look, s.acts[1:]
}

// endShowing leaves everything as it is.
func (m *Model) endShowing() {
	if m.showing.begun {
		m.pace = pace{plain: true}
	}
	m.showing = showing{}
}
