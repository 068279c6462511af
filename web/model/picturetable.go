package model

// A PictureTable is what a picture has of a panel that is made of words and numbers.
type PictureTable struct {
	Title, About string
	Heads        []string // none where the rows speak for themselves
	Rows         [][]string
	More         string // what of the rows is left out
}

const pictureRows = 30

// add appends a row, unless there are as many as a picture has room for.
func (t *PictureTable) add(cells ...string) {
	if len(t.Rows) == pictureRows {
		t.More = "And more, which are not drawn."
		return
	}
	t.Rows = append(t.Rows, cells)
}

// pictured are the tables of a panel.
func (m *Model) pictured(panel string) []PictureTable {
	switch panel {
	case "ledger":
		return m.picturedLedger()
	case "audit":
		defer m.closeLogs()
		for m.readLogs(m.auditLogs()) != "" {
		}
		return picturedAudit(m.auditOf(m.panels.winner))
	case "compare":
		if m.line.Count() < 2 {
			return []PictureTable{{Title: "Branches compared", About: "There is one branch: nothing was done in the past."}}
		}
		defer m.closeLogs()
		if m.panels.left == m.panels.right {
			m.chooseBranches()
		}
		for m.readLogs(m.compareLogs()) != "" {
		}
		return picturedCompare(m.compareBranches(m.panels.left, m.panels.right))
	}
	return nil
}

// closeLogs lets go of what was read for a picture, unless a panel that is open needs it.
func (m *Model) closeLogs() {
	if m.panels.open != PanelAudit && m.panels.open != PanelCompare {
		m.panels.logs = logs{}
	}
}

func (m *Model) picturedLedger() []PictureTable {
	l := m.ledger(m.selected)
	fields := PictureTable{Title: "Ledger of " + m.selected}
	if len(l.Fields) == 0 {
		fields.About = "The process is down: nothing is left but its files."
	}
	for _, f := range l.Fields {
		fields.add(f.Name, f.Value, f.Means)
	}
	history := PictureTable{Title: "How it came about"}
	for _, r := range l.History {
		history.add(r.Clock+" s", r.What, r.Why)
	}
	return []PictureTable{fields, history}
}

func picturedAudit(a Audit) []PictureTable {
	counts := PictureTable{Title: "Lost-write audit", About: a.Label, Heads: []string{"in the data of", "kept", "lost", "digest"}}
	for _, r := range a.Rows {
		counts.add(r.Branch+" "+r.Winner, r.Kept, r.Lost, r.Digest)
	}
	losers := PictureTable{Title: "Who had taken them"}
	for _, l := range a.Losers {
		losers.add(l.Node, l.Taken+" lost", l.Told, l.When, l.Span)
	}
	return []PictureTable{counts, losers, picturedWrites("Lost writes", a.Writes)}
}

func picturedCompare(c Compare) []PictureTable {
	first := PictureTable{Title: "Branches compared", About: c.Same}
	for _, e := range c.First {
		first.add(e.Name, e.Clock+" s", e.Text)
	}
	ends := PictureTable{Title: "At their ends", Heads: []string{"node", "offset in " + c.Names[0], "offset in " + c.Names[1], "digest in " + c.Names[0], "digest in " + c.Names[1], "data"}}
	for _, n := range c.Nodes {
		ends.add(n.Name, n.Offsets[0], n.Offsets[1], n.Digests[0], n.Digests[1], n.Word)
	}
	list := []PictureTable{first, ends}
	for _, l := range c.Missing {
		t := picturedWrites(l.Title, l.Writes)
		t.About = l.Problem
		list = append(list, t)
	}
	return list
}

func picturedWrites(title string, writes []AuditWrite) PictureTable {
	t := PictureTable{Title: title}
	for _, w := range writes {
		t.add(w.Clock+" s", w.Node+", "+w.Client, w.Told, w.Span, w.Commands)
	}
	return t
}
