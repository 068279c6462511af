package model

import "resync/engine"

// The panels that say what a reader takes away. One at a time stands where forecasts and verdicts do otherwise; it takes
// its room from stage and wire and covers nothing.
const (
	PanelAudit    = "audit"    // which writes were lost
	PanelCompare  = "compare"  // what two branches have not in common
	PanelSizing   = "sizing"   // how large repl-backlog-size must be
	PanelTopology = "topology" // what real servers would answer each other
	PanelMoments  = "moments"  // what the line of time shows, as a table
)

// A Takeaway is the panel that is open, and what opens one.
type Takeaway struct {
	Open     string // one of the panels, or ""
	Loss     string // why writes can have been lost, "" when nothing has happened that loses any
	Lost     bool   // the verdict on show is one that throws writes away
	TooLate  bool   // the verdict on show is one that a larger backlog would have turned
	Found    bool   // the latest audit found writes that are lost, and nothing has turned since
	Compares bool   // there are branches to compare
	Audit    Audit
	Compare  Compare
	Sizing   Sizing
	Topology Topology
	Moments  Moments
}

// Messages of the panels.
type (
	// OpenPanel opens a panel, or closes the one that is open when it is named again. Of is the node that it is about, "" for
	// the one that the panel thinks of. Back says that it was closed from within, so that the focus goes back to what opened it.
	OpenPanel struct {
		Panel, Of string
		Back      bool
	}
	// AuditOf chooses whose data is asked about.
	AuditOf struct{ Node string }
	// CompareWith chooses the two branches to compare.
	CompareWith struct{ Left, Right int }
	// GoTo looks at a branch, right behind so many events.
	GoTo struct{ Branch, Event int }
	// SizingOf chooses the master, SizingInput is what was typed into a field of the calculator.
	SizingOf    struct{ Node string }
	SizingInput struct{ Field, Text string }
	// SizingSet sets the size that was worked out.
	SizingSet struct{}
	// Pasted is the text of INFO replication of real servers.
	Pasted struct{ Text string }
	// PlayPasted opens the script that rebuilds them.
	PlayPasted struct{}
)

func (OpenPanel) isMsg()   {}
func (AuditOf) isMsg()     {}
func (CompareWith) isMsg() {}
func (GoTo) isMsg()        {}
func (SizingOf) isMsg()    {}
func (SizingInput) isMsg() {}
func (SizingSet) isMsg()   {}
func (Pasted) isMsg()      {}
func (PlayPasted) isMsg()  {}

// ConfigSizeID is the id of the button at a node's configuration that asks how large its backlog must be.
const ConfigSizeID = "config-size"

// OpenerID is the id of the button that opens a panel from the page itself.
func OpenerID(panel string) string { return panel + "-opener" }

// panels is what the model knows of its panels. What took long to work out is kept until something that changes it has
// happened.
type panels struct {
	open string
	of   string // the node that it was opened for, from the node's own column, or ""

	logs    logs
	winner  string
	audited auditKey
	audit   Audit

	left, right int
	compared    compareKey
	compare     Compare

	sizing   sizingForm
	topology Topology
}

// inPanel does what a message of a panel means.
func (m *Model) inPanel(msg Msg) []Cmd {
	p := &m.panels
	switch msg := msg.(type) {
	case OpenPanel:
		p.logs = logs{}
		if p.open == msg.Panel {
			p.open = ""
			switch {
			case !msg.Back:
				return nil
			case p.of != "" && m.tab == TabConfig:
				return []Cmd{Focus{ConfigSizeID}}
			}
			return []Cmd{Focus{OpenerID(msg.Panel)}}
		}
		p.open, p.of, p.audited, p.compared = msg.Panel, msg.Of, auditKey{}, compareKey{}
		switch msg.Panel {
		case PanelAudit:
			p.winner = msg.Of
		case PanelCompare:
			m.chooseBranches()
		case PanelSizing:
			m.beginSizing(msg.Of)
		}
	case AuditOf:
		if p.winner = msg.Node; msg.Node == whoWon {
			p.winner = ""
		}
	case CompareWith:
		p.left, p.right = msg.Left, msg.Right
	case GoTo:
		m.pickBranch(msg.Branch)
		m.seekEvent(msg.Event)
	case SizingOf:
		m.beginSizing(msg.Node)
	case SizingInput:
		p.sizing.input(msg.Field, msg.Text)
	case SizingSet:
		return m.setSizing()
	case Pasted:
		p.topology = readTopology(msg.Text)
	case PlayPasted:
		return append(m.runScript("", p.topology.Rebuilt.Script), Focus{OpenerID(PanelTopology)})
	}
	return nil
}

// takeaway is the open panel. The others cost nothing.
func (m *Model) takeaway(s *scene, v Verdict) Takeaway {
	t := Takeaway{Open: m.panels.open, Loss: m.past.lossWords(), Compares: m.line.Count() > 1}
	if answer, ok := m.past.verdict(); ok && v.Shown {
		t.Lost, t.TooLate = answer.seq == m.past.loss.seq, answer.answer.Reason == engine.PsyncTooLate
	}
	if t.Open == PanelCompare && !t.Compares {
		t.Open = ""
	}
	switch t.Open {
	case PanelAudit:
		t.Audit = m.auditNow()
	case PanelCompare:
		t.Compare = m.compareNow()
	case PanelSizing:
		t.Sizing = m.sizingNow()
	case PanelTopology:
		t.Topology = m.panels.topology
	case PanelMoments:
		t.Moments = m.moments()
	}
	// An audit reads the whole log, so none is made to colour a button: what can lose writes is a question until the reader asks.
	done := &m.panels.audited
	t.Found = done.done && done.branch == m.line.Current() && done.turning == m.past.turning && len(m.panels.audit.Losers) > 0
	return t
}
