package model

import (
	"strings"
	"time"

	"resync/engine"
	"resync/engine/script"
	"resync/engine/sim"
)

// Going back and forth. The timeline holds the worlds; here is what the page does with them: it seeks a little in every
// frame, takes its chronicle along, and says where it stands.

// chronicleEvery is how many events lie between the chronicles that are kept for going back. Reading an event again
// takes well under a microsecond.
const chronicleEvery = 4096

// session is the script's state at the moment that is looked at, and world its world.
func (m *Model) session() *script.Session { return m.line.Session() }
func (m *Model) world() *sim.World        { return m.line.World() }

// rewound reports whether the page looks at the past.
func (m *Model) rewound() bool { return !m.line.Live() }

// seekTo and seekEvent go to a moment of the current branch: at once where it is near, else over the next frames.
func (m *Model) seekTo(at engine.Instant) {
	m.playing = false
	m.tale.aim = 0
	m.line.SeekTo(at)
	m.travel(m.work)
}

func (m *Model) seekEvent(n int) {
	m.playing = false
	m.tale.aim = 0
	m.line.SeekEvent(n)
	m.travel(m.work)
}

// travel goes on with what was set out for, and takes the page along on arrival.
func (m *Model) travel(turns int) {
	m.revision++
	if !m.line.Go(turns) {
		return
	}
	m.arrived()
}

// arrive ends a journey at once, however long it is: for tests, and for pages that embed this one.
func (m *Model) arrive() {
	for !m.line.Go(m.work) {
	}
	m.arrived()
}

// arrived takes the chronicle to the moment that is looked at now.
func (m *Model) arrived() {
	seen := m.world().Events().Len()
	m.reread(seen)
	m.sync()
	m.tale.arrived(m, seen)
	m.spoken = m.past.saidSeq
	m.stepped, m.due, m.digests = "", false, digests{}
	if events := m.world().Events(); events.Len() > 0 {
		m.stepped = eventText(m.world(), events.At(events.Len()-1))
	}
	if !m.muted {
		m.status = clock(m.world().Now()) + " s. " + m.stepped
	}
	m.revision++
}

// reread begins with the latest chronicle that knows no more than so many events, unless the one at hand is as good. Histories
// keep their colours.
func (m *Model) reread(events int) {
	kept := len(m.before)
	for kept > 0 && m.before[kept-1].seen > events {
		kept--
	}
	if m.past.seen <= events && (kept == 0 || m.before[kept-1].seen <= m.past.seen) {
		return
	}
	ids := m.past.ids
	if m.past = newChronicle(); kept > 0 {
		m.past = m.before[kept-1].clone()
	}
	m.past.ids = ids
}

// forget drops the chronicles of what has not happened on the current branch: it has only so many events in common
// with the one before.
func (m *Model) forget(common int) {
	for n := len(m.before); n > 0 && m.before[n-1].seen > common; n-- {
		m.before = m.before[:n-1]
	}
	if m.past.seen > common {
		m.reread(common)
	}
	m.marks = timeMarks{}
	m.tale.forget(common)
}

// forked says that acting in the past has begun a branch.
func (m *Model) forked(from int) {
	branches := m.line.Branches()
	m.forget(branches[m.line.Current()].Shared)
	m.status = "Branch " + branches[m.line.Current()].Name + " begins here. " + branches[from].Name + " keeps what happened next."
	m.past.loud = true
}

// pickBranch looks at the end of another branch.
func (m *Model) pickBranch(i int) {
	from := m.line.Current()
	if i == from || i < 0 || i >= len(m.line.Branches()) {
		return
	}
	m.playing = false
	m.line.Switch(i)
	m.forget(m.line.Common(from, i))
	m.arrived()
	m.status = "Branch " + m.line.Branches()[i].Name + ", at its end: " + clock(m.world().Now()) + " s."
}

// step goes on to the next event of the wanted kind, and stops the clock there. In the past it is one that has happened
// already; at the end of the branch the world is lived on until there is one, where one is near.
func (m *Model) step(wanted func(engine.Event) bool) {
	m.playing, m.due = false, false
	m.tale.goOn()
	if m.rewound() && m.line.SeekNext(wanted) {
		m.travel(m.work)
		return
	}
	if m.rewound() {
		m.line.SeekTo(m.line.End())
		m.arrive()
	}
	w := m.world()
	const (
		near = time.Minute
		most = 6000 // things that happen until then
	)
	if until, found := m.session().Ahead(wanted, w.Now().Add(near), most); !found {
		m.stepped = "Nothing but writes and heartbeats for " + shortly(until.Sub(w.Now())) + "."
		m.status = m.stepped
		return
	}
	for range most {
		before := w.Events().Len()
		m.advance(max(w.Next(), w.Now()), 1)
		if m.tale.halted { // at a chapter or a question
			return
		}
		for _, e := range w.Events().From(before) {
			if wanted(e) {
				m.narrate()
				m.stepped = eventText(w, &e)
				if m.spoken != e.Seq && !m.muted {
					m.status = m.stepped
				}
				return
			}
		}
		if w.Next() < w.Now() { // nothing is left to happen
			return
		}
	}
}

// back goes to the latest event of the wanted kind before the moment that is looked at.
func (m *Model) back(wanted func(engine.Event) bool) {
	m.playing = false
	m.tale.aim = 0
	m.line.SeekLast(wanted)
	m.travel(m.work)
}

// A timeMarks is what the line of time shows of the whole branch, what lies ahead of the reader included. It reads each
// event once. Commands are those that somebody gave at a node: what writes in the background gives none.
type timeMarks struct {
	seen     int
	list     []timeMark
	commands []timeMark
}

// A timeMark is one of them, with the words for it.
type timeMark struct {
	happened
	told string
}

// How many faults and answers are kept, and how many commands.
const (
	keptMarks    = 64
	keptCommands = 256
)

func (t *timeMarks) read(events engine.Events, w *sim.World) {
	for _, e := range events.From(t.seen) {
		h := happened{seq: e.Seq, at: e.At}
		switch f := e.Fact.(type) {
		case engine.PsyncAnswered:
			if h.kind = "full"; f.Continued() {
				h.kind = "continue"
			}
			h.a = e.Node
		case engine.Act:
			if prompt, _, ok := strings.Cut(f.Text, "> "); ok && !strings.Contains(prompt, " ") {
				h.kind = "command"
				t.commands = keep(t.commands, timeMark{h, eventText(w, &e)}, keptCommands)
				continue
			}
			words := strings.Fields(f.Text)
			if len(words) < 2 || !marked[words[0]] {
				continue
			}
			h.kind, h.a = words[0], words[1]
		default:
			continue
		}
		t.list = keep(t.list, timeMark{h, eventText(w, &e)}, keptMarks)
	}
	t.seen = events.Len()
}

// marked are the acts that the line of time shows.
var marked = map[string]bool{"sever": true, "blackhole": true, "heal": true, "isolate": true, "rejoin": true, "freeze": true, "thaw": true,
	"kill": true, "shutdown": true, "start": true, "remove": true}
