package model

import (
	"slices"
	"strconv"

	"resync/engine"
	"resync/engine/sim"
)

// A ForecastRow says what a replica without a link would be answered if it asked now, and what that turns into.
type ForecastRow struct {
	Replica string
	Lead    string // "If healed", or "If it asks" once the way is free
	Answer  Answer
	Cost    string
	Brief   string // instead of it where a phone has no line for it
	When    string // "after 3,049 B more, in about 1.6 s"
	Then    Answer
	ThenIs  string
	Label   string

	Question string // the same as a question, which the story asks
}

// An Answer is CONTINUE or FULLRESYNC with its shape and colour; "" for none.
type Answer struct {
	Word string
	Tone Tone
}

var (
	answerContinue = Answer{"CONTINUE", ToneOK}
	answerFull     = Answer{"FULLRESYNC", ToneFull}
)

// A Verdict is a PSYNC's answer with both its comparisons.
type Verdict struct {
	Shown    bool
	Kind     string // continue, fullresync
	Replica  string
	Master   string
	Asked    string // "PSYNC 8f3a… 50046"
	History  Check
	Held     Check
	Mini     Mini
	Answer   string // "+CONTINUE"
	AnswerID string
	Cost     string
	Brief    string // what it costs, and why, in half a line
	Tone     Tone
	Log      string
	Label    string
}

// A Check is one comparison: its operands in one line, what they are, and how it went.
type Check struct {
	Result            string // "✓ yes", "✗ no, …", "not reached"
	Tone              Tone
	Left, Mid, Right  string // Mid is the operand that was asked for
	Op1, Op2          string
	Note, NoteMono    string
	Reached, Accepted bool
}

// A Mini is the little tape of a verdict: parts of its width.
type Mini struct {
	Shown bool
	Gone  float64
	Flag  float64
}

// forecastRows has a row for every replica that is up, has no link and waits for no answer that was given.
func (m *Model) forecastRows(s *scene) []ForecastRow {
	var rows []ForecastRow
	for _, n := range s.nodes {
		if !n.up || n.master < 0 || n.connected() || n.repl.Link == engine.LinkSync {
			continue
		}
		master := s.nodes[n.master]
		if !master.up {
			rows = m.unanswered(rows, n.name, master.name)
			continue
		}
		if _, ok := m.underWay(s, n); ok {
			continue
		}
		if f, ok := s.forecasts[n.name]; ok {
			rows = append(rows, m.forecastRow(s, master, n, f))
		}
	}
	return rows
}

// unanswered says that a master is down, in one row for all who ask it.
func (m *Model) unanswered(rows []ForecastRow, replica, master string) []ForecastRow {
	down := master + " is " + m.past.downWord(master)
	row := ForecastRow{Replica: replica, Lead: "If it asks", Cost: down + ": nobody answers"}
	k := slices.IndexFunc(rows, func(r ForecastRow) bool { return r.Cost == row.Cost })
	if k < 0 {
		k, rows = len(rows), append(rows, row)
	} else {
		rows[k].Replica += ", " + replica
	}
	rows[k].Label = rows[k].Replica + ": " + down + ", nobody answers"
	return rows
}

func (m *Model) forecastRow(s *scene, master, n standing, f sim.Forecast) ForecastRow {
	a := f.Answer
	row := ForecastRow{Replica: n.name, Lead: "If healed", Answer: answerFull,
		Question: "If it healed now, " + master.name + " would say"}
	if path, ok := s.between(master.name, n.name); !ok || path.State != "severed" {
		row.Lead, row.Question = "If it asks", n.name+" will ask. What will "+master.name+" say?"
	}
	switch a.Reason {
	case engine.PsyncOK:
		row.Answer = answerContinue
		row.Brief = byteCount(f.MissingBytes)
		row.Cost = master.name + " sends the missing " + row.Brief
		if f.MissingBytes == 0 {
			row.Cost, row.Brief = n.name+" lacks nothing", "lacks nothing"
		}
		if f.TurnsIn >= 0 {
			row.When = "after " + byteCount(f.TurnsIn) + " more"
			if f.TurnsAfter >= 0 && m.past.loads[master.name] {
				left := seconds(f.TurnsAfter)
				row.When += ", in about " + left
				if m.compact() {
					row.When = "in " + left
				}
			}
			row.Then, row.ThenIs = answerFull, master.name+" sends everything"
		}
	case engine.PsyncTooLate:
		row.Brief = byteCount(int64(a.First-a.Want)) + " too late"
		row.Cost = "it wants byte " + at(a.Want) + ", the first one held is " + at(a.First) + ": " + row.Brief
	case engine.PsyncNoHistory:
		row.Cost = n.name + " has no history to continue"
	case engine.PsyncUnknownID:
		row.Cost = master.name + " does not know its history " + a.Asked.Short()
	case engine.PsyncBeyondSecond:
		row.Cost = "it wants byte " + at(a.Want) + " of a history that " + master.name + " shares up to " + at(a.SecondOffset)
	case engine.PsyncNoBacklog:
		row.Cost = master.name + " keeps no backlog"
	case engine.PsyncFuture:
		row.Cost = "it wants byte " + at(a.Want) + ", and the next one to be written is " + at(a.Next)
	}
	row.Label = row.Lead + ", " + n.name + " is answered " + row.Answer.Word + ": " + row.Cost
	return row
}

// briefly leaves of the rows what a phone has a line for: its tape, right below, shows the bytes.
func (m *Model) briefly(rows []ForecastRow) []ForecastRow {
	for i := range rows {
		if r := &rows[i]; m.compact() && r.Brief != "" {
			r.Cost = r.Brief
		}
	}
	return rows
}

// shownVerdict is the latest answer while it is the newest thing to know: until a link is cut again or the reader
// closed it, or one of the two was removed.
func (m *Model) shownVerdict(s *scene) (judged, bool) {
	v, ok := m.past.verdict()
	gone := m.world().Removed()
	if !ok || v.seq <= m.closedVerdict || m.past.cut.seq > v.seq || slices.Contains(gone, v.master) || slices.Contains(gone, v.to) {
		return judged{}, false
	}
	return v, true
}

// underWay is the answer that a replica's master has given and the replica has not heard yet.
func (m *Model) underWay(s *scene, n standing) (judged, bool) {
	v, ok := m.shownVerdict(s)
	return v, ok && n.repl.Link == engine.LinkHandshake && s.named(v.answer.Replica) == n.name
}

func (m *Model) verdict(s *scene) Verdict {
	v, ok := m.shownVerdict(s)
	if !ok {
		return Verdict{}
	}
	a := v.answer
	d := Verdict{
		Shown: true, Kind: "fullresync", Master: v.master, Replica: s.named(a.Replica), Tone: ToneFull,
		Answer: "+FULLRESYNC", AnswerID: v.id, Cost: "and sends the whole dataset",
		Asked: "PSYNC " + startOf(a.Asked) + " " + plain(int64(a.Want)),
	}
	if v.bytes > 0 {
		d.Cost = "and sent the whole dataset, " + byteCount(v.bytes)
	}
	if a.Continued() {
		d.Kind, d.Tone, d.Answer = "continue", ToneOK, "+CONTINUE"
		d.Cost = "and sends " + byteCount(a.Bytes) + " instead of everything"
		if a.Bytes == 0 {
			d.Cost = "and has nothing to send: no byte is missing"
		}
	}
	d.Brief = brief(v)
	d.History = historyCheck(v.master, a)
	d.Held = heldCheck(v.master, a, d.History.Accepted)
	d.Mini = mini(a)
	if v.log.Text != "" {
		d.Log = v.log.Clock + " " + v.log.Level + " " + v.log.Text
	}
	d.Label = d.Master + " answered " + trimPlus(d.Answer) + " to " + d.Replica + ". Same history: " + trimTick(d.History.Result) +
		". Still held: " + trimTick(d.Held.Result) + "."
	return d
}

// brief is what an answer costs and what decided it, for a line of a phone, where the two comparisons are out of sight.
func brief(v judged) string {
	a := v.answer
	if a.Continued() && a.Bytes == 0 {
		return "sends nothing: " + at(a.Want) + " is its next byte, too"
	}
	if a.Continued() {
		return "sends " + byteCount(a.Bytes) + ": same history, " + at(a.Want) + " held"
	}
	size := "sends everything: "
	if v.bytes > 0 {
		size = "sent everything, " + byteCount(v.bytes) + ": "
	}
	return size + map[engine.PsyncReason]string{
		engine.PsyncTooLate:      at(a.Want) + " is gone",
		engine.PsyncNoHistory:    "no history yet",
		engine.PsyncUnknownID:    "another history",
		engine.PsyncBeyondSecond: "other bytes since",
		engine.PsyncNoBacklog:    "no backlog",
		engine.PsyncFuture:       "no byte " + at(a.Want),
	}[a.Reason]
}

// historyCheck is the first comparison: does the master know the history that it was asked to continue?
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func historyCheck(master string, a engine.PsyncAnswered) Check {
	c := Check{Reached: true, Mid: a.Asked.Short(), Op2: "=", Right: a.ReplID.Short(), Tone: ToneOK, Result: "✓ yes", Accepted: true,
		Note: "asked replid = " + master + "’s", NoteMono: "master_replid"}
	switch {
	case a.Reason == engine.PsyncNoHistory || a.Asked == "?":
		c.Mid, c.Op2 = "?", "≠"
		c.Note, c.NoteMono = "it has no history yet:", "PSYNC ? -1"
		c.refuse("✗ none")
	case a.Reason == engine.PsyncUnknownID:
		c.Op2 = "≠"
		c.Note, c.NoteMono = "is neither of", "master_replid, master_replid2"
		c.refuse("✗ no")
	case a.Reason == engine.PsyncBeyondSecond:
		c.Mid, c.Op2, c.Right = at(a.Want), ">", at(a.SecondOffset)
		c.Note, c.NoteMono = "past the end of", "master_replid2"
		c.refuse("✗ only up to there")
	case a.Asked != a.ReplID && a.Asked == a.ReplID2:
		c.Right = a.ReplID2.Short()
		c.NoteMono = "master_replid2"
		c.Result = "✓ yes, up to " + at(a.SecondOffset)
	}
	return c
}

func (c *Check) refuse(result string) { c.Result, c.Tone, c.Accepted = result, ToneFull, false }

// heldCheck is the second comparison: does the backlog hold every byte from the one asked for?
func heldCheck(master string, a engine.PsyncAnswered, reached bool) Check {
	c := Check{Reached: reached, Left: at(a.First), Op1: "≤", Mid: at(a.Want), Op2: "≤", Right: at(a.Next),
		Note: "first held ≤ asked for ≤ next written", Tone: ToneOK, Accepted: true}
	if !reached {
		c.Result, c.Tone, c.Accepted = "not reached", ToneMuted, false
		if a.Want < 0 {
			c.Mid = "?"
			return c
		}
		if a.First > a.Want {
			c.Op1 = ">"
		}
		if a.Want > a.Next {
			c.Op2 = ">"
		}
		return c
	}
	switch a.Reason {
	case engine.PsyncNoBacklog:
		c.Left, c.Op1, c.Mid, c.Op2, c.Right = "", "", at(a.Want), "", ""
		c.Note = master + " keeps no backlog"
		c.refuse("✗ no backlog")
	case engine.PsyncTooLate:
		c.Op1, c.Op2, c.Right = ">", "", ""
		c.Note = "first held > asked for"
		c.refuse("✗ no, " + byteCount(int64(a.First-a.Want)) + " too late")
	case engine.PsyncFuture:
		c.Left, c.Op1, c.Op2 = "", "", ">"
		c.Note = "asked for > next written"
		c.refuse("✗ no, " + byteCount(int64(a.Want-a.Next)) + " ahead")
	default:
		c.Result = "✓ yes, " + byteCount(int64(a.Want-a.First)) + " to spare"
	}
	return c
}

func mini(a engine.PsyncAnswered) Mini {
	if !a.Backlog || a.Want < 0 {
		return Mini{}
	}
	lo, hi := float64(min(a.First, a.Want)), float64(max(a.Next, a.Want+1))
	if a.First > 1 {
		lo -= 0.15 * (hi - lo)
	}
	d := Mini{Shown: true, Gone: (float64(a.First) - lo) / (hi - lo), Flag: (float64(a.Want) - lo) / (hi - lo)}
	if a.Want < a.Next {
		d.Flag = min(d.Flag, 0.96) // of what is held, some is to be seen behind it
	}
	return d
}

// startOf is how a verdict prints the history in a PSYNC line, where its end does not matter: "8f3a…".
func startOf(id engine.ReplID) string {
	if len(id) < 12 {
		return string(id)
	}
	return string(id[:4]) + "…"
}

func plain(n int64) string { return strconv.FormatInt(n, 10) }

func trimPlus(s string) string {
	if len(s) > 0 && s[0] == '+' {
		return s[1:]
	}
	return s
}

// trimTick takes the sign off a result, for those who hear it.
func trimTick(s string) string {
	for _, sign := range []string{"✓ ", "✗ "} {
		if len(s) > len(sign) && s[:len(sign)] == sign {
			return s[len(sign):]
		}
	}
	return s
}
