package model

import (
	"strings"

	"resync/engine/sim"
)

// A Picture is the present moment as it is drawn to stand alone: in a README, a chat, a talk. It has the words and numbers of
// the page and nothing that a reader could press.
type Picture struct {
	Title    string
	Facts    string // "Redis 7.0, at 12.345 s"
	Where    string // "Step 4 of 5", "" in free play
	Lead     string
	More     string
	Question string // one that the reader has not answered yet: the picture does not answer it either
	Stage    Stage
	Tape     Tape
	Forecast []ForecastRow
	Verdict  Verdict
	Calm     string // said where there is neither, if there is a replica
	Wire     Wire
	Deck     Deck
	Tables   []PictureTable // of a panel that is made of them
	Only     string         // a picture of one of Panels alone; "" for what a poster has
	Told     string         // all of it in words, for those who cannot see it
}

// The width of a picture and of the stream in it, in CSS pixels.
const (
	PictureWidth = 900
	PicturePlot  = 756
	PictureLine  = 844 // that of time
)

// Picture is the moment that is shown now.
func (m *Model) Picture() Picture {
	c := *m // as it would stand in a window of that size, looked at from no closer
	c.width, c.plot, c.track, c.table = PictureWidth, PicturePlot, PictureLine, false
	c.zoom, c.zoomAt, c.packet, c.dragged, c.tab = 0, 0, packet{}, "", TabWire
	page := c.Page()
	p := Picture{Title: m.script.Title, Lead: page.Story.Lead, More: page.Story.More, Stage: page.Stage, Tape: page.Tape, Wire: page.Wire, Deck: page.Deck, Verdict: page.Verdict}
	s := observe(m.world(), m.known)
	var eras []string
	for _, n := range s.nodes {
		eras = appendNew(eras, eraName(n.era))
	}
	p.Facts = strings.Join(append(eras, "at "+clock(s.now)+" s"), ", ")
	if page.Story.Telling {
		p.Where = page.Story.Progress
		if v, ok := m.shownVerdict(&s); ok && p.More == "" {
			p.More = because(p.Verdict.Replica, v)
		}
	}
	if m.tale.open { // in free play the forecast is the answer, and it is shown
		p.Question = page.Story.Ask.Question
	}
	for _, row := range page.Forecast {
		switch {
		case p.Verdict.Shown && row.Replica == p.Verdict.Replica: // it has asked
		case m.tale.open && row.Replica == m.tale.replica: // the question is that
		default:
			p.Forecast = append(p.Forecast, row)
		}
	}
	if len(p.Stage.Links) > 0 {
		calm, _, _ := strings.Cut(page.Calm, ". ")
		p.Calm = strings.TrimSuffix(calm, ".") + "."
	}
	p.Told = p.tell()
	return p
}

// PictureOf is the present moment of one panel alone.
func (m *Model) PictureOf(panel string) Picture {
	p := m.Picture()
	p.Only, p.Tables = panel, m.pictured(panel)
	return p
}

// tell is the picture in words.
func (p *Picture) tell() string {
	said := []string{p.Title + ".", p.Facts + ".", p.Lead, p.More}
	for i := range p.Stage.Cards {
		c := &p.Stage.Cards[i]
		line := c.Label
		if c.Up {
			line += ", " + c.Caption + " " + c.Figure + ", history " + c.History
		}
		said = append(said, line+", "+c.Fact+".")
	}
	for i := range p.Stage.Links {
		said = append(said, strings.TrimSuffix(p.Stage.Links[i].Label+", "+p.Stage.Links[i].Figure, ", ")+".")
	}
	said = append(said, p.Tape.Label, p.Tape.Empty, p.Question)
	for _, row := range p.Forecast {
		said = append(said, row.Label+".")
	}
	if p.Verdict.Shown {
		said = append(said, p.Verdict.Label)
	}
	var b strings.Builder
	for _, s := range said {
		if s != "" {
			b.WriteString(strings.TrimSpace(s) + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// KeyFrame goes to the moment of a scenario that is its picture, by one rule for all: when a question that the script asks is
// first answered, and there is something to send. At that instant nothing of it has been sent yet, so that what the replica lacks
// can still be seen, and beside it the two comparisons. Where it lacks nothing whenever it asks, the first answer counts; where
// the script asks nothing, that is where the page opens.
func (m *Model) KeyFrame() {
	if m.reachAnswer(true) {
		return
	}
	m.open(m.scenario)
	if m.lesson() && !m.reachAnswer(false) {
		m.open(m.scenario)
	}
}

// reachAnswer lets a lesson go on to an answer, and reports whether there was one.
func (m *Model) reachAnswer(toSend bool) bool {
	for m.lesson() {
		m.tale.goOn()
		if m.session().Next() != nil {
			observe(m.world(), m.known) // a node that this kills keeps its place
		}
		m.turn(sim.Never - 1)
		if m.world().Events().Len() == m.past.seen {
			continue
		}
		m.sync()
		q := m.tale.question
		v, ok := m.past.verdict()
		if !ok || q.replica == "" || int(v.seq) < q.after || toSend && v.answer.Continued() && v.answer.Bytes == 0 {
			continue
		}
		if s := observe(m.world(), m.known); s.named(v.answer.Replica) == q.replica {
			m.selected = q.replica
			return true
		}
	}
	return false
}
