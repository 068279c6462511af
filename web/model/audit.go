package model

import (
	"slices"
	"strings"
	"unicode"

	"resync/engine"
	"resync/engine/sim"
)

// An Audit says which writes are not in the data of the node that won, and which of them a client was told were done.
type Audit struct {
	Winner  string
	Nodes   []Choice // who can be asked about; the first one is "the master that won"
	About   string
	Problem string // why there is none
	Reading string // how far the log is read, before there is one
	Rows    []AuditRow
	Losers  []AuditLoser
	Writes  []AuditWrite
	More    string // what of the list is left out
	Label   string // the whole in a sentence
}

// An AuditRow is a bar: of the writes that clients were told were done, how many are there and how many are not.
type AuditRow struct {
	Branch       string // "" while there is only one
	Winner       string
	Kept, Lost   string // counts
	Part         float64
	Tone         Tone
	Digest       string
	KeptN, LostN int
}

// An AuditLoser sums up what was lost of one node's writes.
type AuditLoser struct {
	Node, Taken, Told, Span, When, Keys string
}

// An AuditWrite is one write that was lost. Event is how many events had happened with it.
type AuditWrite struct {
	Event                                     int
	Clock, Node, Client, Span, Told, Commands string
	Keys                                      string
	Tone                                      Tone
}

// whoWon is the choice of no node in particular: no node has such a name.
const whoWon = "(won)"

// Bounds of what the panel lists.
const (
	auditWrites   = 100
	auditBranches = 4
	auditKeys     = 6
)

// An auditKey is what an audit depends on. An audit reads the whole log, so while time passes only what turns the
// result, and not every write, is a reason for another one.
type auditKey struct {
	done             bool
	branch, branches int
	events           int
	turning          int64
	winner           string
}

func (m *Model) auditNow() Audit {
	key := auditKey{true, m.line.Current(), m.line.Count(), m.world().Events().Len(), m.past.turning, m.panels.winner}
	if m.playing && m.panels.audited.done && m.panels.audited.events <= key.events {
		key.events = m.panels.audited.events
	}
	if key == m.panels.audited {
		return m.panels.audit
	}
	a := Audit{Nodes: m.auditChoices(), Reading: m.readLogs(m.auditLogs())}
	if a.Reading == "" {
		a = m.auditOf(m.panels.winner)
		m.panels.audited, m.panels.audit = key, a
	}
	return a
}

// auditLogs are those that an audit counts in: that of the moment that is looked at, and those of the other branches.
func (m *Model) auditLogs() []logOf {
	here := m.line.Current()
	all := []logOf{{here, m.world()}}
	for i := range min(auditBranches, m.line.Count()) {
		if i != here {
			all = append(all, logOf{i, m.line.EndOf(i)})
		}
	}
	return all
}

func (m *Model) auditChoices() []Choice {
	winner, w := m.panels.winner, m.world()
	nodes := []Choice{{Name: whoWon, Label: "the master that won", On: winner == ""}}
	for _, name := range w.Names() {
		if w.Node(name).Up() {
			nodes = append(nodes, Choice{Name: name, Label: name, On: name == winner})
		}
	}
	return nodes
}

func (m *Model) auditOf(winner string) Audit {
	w := m.world()
	a := Audit{Nodes: m.auditChoices()}
	found, err := m.auditor(logOf{m.line.Current(), w}).Audit(w, winner)
	if err != nil {
		a.Problem = "Nothing can be said: " + reason(err) + "."
		a.Label = a.Problem
		return a
	}
	a.Winner = found.Winner
	told := found.Acked()
	a.About = "Writes that were taken from clients, against what " + a.Winner + " has, at " + clock(w.Now()) + " s."
	if m.playing {
		a.About += " Stop the clock to count again."
	}
	a.Rows = m.auditRows(found)
	a.Losers = auditLosers(found.Lost)
	for _, lost := range found.Lost[:min(auditWrites, len(found.Lost))] {
		a.Writes = append(a.Writes, auditWrite(lost))
	}
	if left := len(found.Lost) - len(a.Writes); left > 0 {
		a.More = "And " + plural(int64(left), "later write") + "."
	}
	a.Label = a.Winner + " lacks " + commas(int64(len(told))) + " of " + plural(int64(found.Told), "write") + " that clients were told were done."
	return a
}

// auditRows are the bars: of the branch that is looked at, at this moment, and of the others at their ends.
func (m *Model) auditRows(here *sim.Audit) []AuditRow {
	branches := m.line.Branches()
	if len(branches) == 1 {
		return []AuditRow{auditRow("", m.world(), here)}
	}
	var rows []AuditRow
	for i, b := range branches[:min(auditBranches, len(branches))] {
		w, found := m.world(), here
		if i != m.line.Current() {
			w = m.line.EndOf(i)
			var err error
			if found, err = m.auditor(logOf{i, w}).Audit(w, ""); err != nil {
				continue
			}
		}
		rows = append(rows, auditRow(b.Name, w, found))
	}
	return rows
}

func auditRow(branch string, w *sim.World, a *sim.Audit) AuditRow {
	lost := len(a.Acked())
	r := AuditRow{Branch: branch, Winner: a.Winner, Kept: commas(int64(a.Told - lost)), Lost: commas(int64(lost)), Tone: ToneOK,
		Digest: shortDigest(w.Node(a.Winner).Digest()), KeptN: a.Told - lost, LostN: lost, Part: 1}
	if a.Told > 0 {
		r.Part = float64(r.KeptN) / float64(a.Told)
	}
	if lost > 0 {
		r.Tone = ToneLost
	}
	return r
}

// shortDigest is the beginning and the end of a digest; "none" for a node that is down.
func shortDigest(d string) string {
	if len(d) < 12 {
		return "none"
	}
	return d[:4] + "…" + d[len(d)-4:]
}

// auditLosers sums up the lost writes of each node that took some.
func auditLosers(lost []sim.Write) []AuditLoser {
	var losers []AuditLoser
	var nodes []string
	of := map[string][]sim.Write{}
	for _, w := range lost {
		if of[w.Node] == nil {
			nodes = append(nodes, w.Node)
		}
		of[w.Node] = append(of[w.Node], w)
	}
	for _, name := range nodes {
		list := of[name]
		l := AuditLoser{Node: name, Taken: plural(int64(len(list)), "write"), Span: "in no stream"}
		told, bytes := 0, int64(0)
		var first, last engine.Offset
		var ids []engine.ReplID
		keys := map[string]int{}
		for _, w := range list {
			if w.Acked != 0 {
				told++
			}
			for _, k := range w.Keys {
				keys[k]++
			}
			if w.ID == "" {
				continue
			}
			if !slices.Contains(ids, w.ID) {
				ids = append(ids, w.ID)
			}
			if first == 0 {
				first = w.Span.First
			}
			last = w.Span.Last
			bytes += w.Span.Len()
		}
		l.Told = commas(int64(told)) + " answered OK"
		switch {
		case len(ids) == 1:
			l.Span = "bytes " + at(first) + " to " + at(last) + " of " + ids[0].Short() + ", " + byteCount(bytes)
		case len(ids) > 1:
			l.Span = byteCount(bytes) + " of " + plural(int64(len(ids)), "history")
			l.Span = strings.Replace(l.Span, "historys", "histories", 1)
		}
		l.When = clock(list[0].At) + " s"
		if end := clock(list[len(list)-1].At); len(list) > 1 && end != clock(list[0].At) {
			l.When = clock(list[0].At) + " to " + end + " s"
		}
		l.Keys = keyWords(keys)
		losers = append(losers, l)
	}
	return losers
}

// keyWords names the keys that were written most, and how many others there are.
func keyWords(counts map[string]int) string {
	names := make([]string, 0, len(counts))
	for k := range counts {
		names = append(names, k)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	shown := names[:min(auditKeys, len(names))]
	words := make([]string, len(shown))
	for i, k := range shown {
		words[i] = shorten(printable(k), 24)
		if counts[k] > 1 {
			words[i] += " ×" + commas(int64(counts[k]))
		}
	}
	text := plural(int64(len(names)), "key") + ": " + strings.Join(words, ", ")
	if len(names) > len(shown) {
		text += ", …"
	}
	return text
}

func auditWrite(w sim.Write) AuditWrite {
	a := AuditWrite{Event: int(w.Seq) + 1, Clock: clock(w.At), Node: w.Node, Client: "client " + plain(int64(w.Client)), Span: "no stream",
		Told: "no answer", Commands: shorten(printable(w.Commands), 80), Tone: ToneMuted}
	if w.Load {
		a.Client = "load"
	}
	if w.ID != "" {
		a.Span = at(w.Span.First) + " to " + at(w.Span.Last)
	}
	if w.Acked != 0 {
		a.Told, a.Tone = "OK at "+clock(w.Acked), ToneLost
	}
	keys := make([]string, len(w.Keys))
	for i, k := range w.Keys {
		keys[i] = printable(k)
	}
	a.Keys = shorten(strings.Join(keys, " "), 40)
	return a
}

// printable is a text without what could not be printed.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
}

// lossWords says what has happened by which writes can be lost.
func (c *chronicle) lossWords() string {
	switch c.loss.kind {
	case "promoted":
		return c.loss.a + " was promoted"
	case "killed":
		return c.loss.a + " was killed"
	case "thrown away":
		return c.loss.a + " had to take everything again"
	}
	return ""
}

// risk notes what writes can be lost by: a promotion, the death of a node that took some, a full resync of one that went
// another way. turning is the latest event that makes an audit come out differently but for further writes.
func (c *chronicle) risk(e engine.Event, named func(string) string) {
	kind, a := "", e.Node
	switch f := e.Fact.(type) {
	case *engine.Propagated:
		if f.By != (engine.Author{}) {
			c.took[e.Node] = true
		}
		return
	case engine.Unstreamed:
		if f.By != (engine.Author{}) {
			c.took[e.Node] = true
		}
		return
	case engine.RoleChanged:
		if f.Master == "" {
			kind = "promoted"
		}
	case engine.PsyncAnswered:
		if throwsAway(f) && len(c.took) > 0 {
			kind, a = "thrown away", named(f.Replica)
		}
	case engine.Act:
		words := strings.Fields(f.Text)
		if len(words) < 2 || strings.HasSuffix(words[0], ">") {
			return
		}
		if words[0] != "kill" && words[0] != "start" {
			return
		}
		if words[0] == "kill" && c.took[words[1]] {
			kind, a = "killed", words[1]
		}
	case engine.SyncFinished, engine.SnapshotLoaded, engine.LoadEnded:
	default:
		return
	}
	c.turning = e.Seq + 1
	if kind != "" {
		c.loss = happened{seq: e.Seq, at: e.At, kind: kind, a: a}
	}
}

// throwsAway reports whether an answer makes a replica give up bytes that its master does not have: it stands in another
// history, or further in this one.
func throwsAway(a engine.PsyncAnswered) bool {
	switch a.Reason {
	case engine.PsyncUnknownID, engine.PsyncBeyondSecond, engine.PsyncFuture:
		return true
	}
	return false
}
