package model

import "resync/engine/sim"

// Panels that count writes need the whole log, which can be long: so a part of it is read in every frame, and what was read is
// kept for as long as such a panel is open.
type logs struct {
	read   map[int]*sim.Auditor // by branch
	behind bool                 // a panel waits for the rest
}

// logSlice is how many events are read in a usual frame.
const logSlice = 12_000

// A logOf is the log of a branch, up to where this world is.
type logOf struct {
	branch int
	world  *sim.World
}

// auditor is who reads a log. One that has read further, since the reader has gone back, is of no use for it.
func (m *Model) auditor(log logOf) *sim.Auditor {
	l := &m.panels.logs
	if l.read == nil {
		l.read = map[int]*sim.Auditor{}
	}
	a := l.read[log.branch]
	if a == nil || a.Seen() > log.world.Events().Len() {
		a = sim.NewAuditor()
		l.read[log.branch] = a
	}
	return a
}

// readLogs reads on, and says how far it has come unless that is the end of them all.
func (m *Model) readLogs(of []logOf) (reading string) {
	slice, seen, all := m.slice(logSlice), 0, 0
	for _, log := range of {
		a := m.auditor(log)
		before := a.Seen()
		a.Read(log.world, slice)
		slice -= a.Seen() - before
		seen, all = seen+a.Seen(), all+log.world.Events().Len()
	}
	if m.panels.logs.behind = seen < all; !m.panels.logs.behind {
		return ""
	}
	return "The log is being read: " + plain(int64(100*seen/all)) + " %."
}

// readOn is the part of a frame that a waiting panel has.
func (m *Model) readOn() {
	switch m.panels.open {
	case PanelAudit:
		m.readLogs(m.auditLogs())
	case PanelCompare:
		m.readLogs(m.compareLogs())
	default:
		m.panels.logs = logs{}
		return
	}
	m.revision++
}
