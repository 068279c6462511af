package model

import (
	"strings"

	"resync/engine"
)

// story says what has just happened, why it matters and what to try. The question comes before the answer: while a
// replica is away, the reader is asked what its master will say.
func (m *Model) story(s *scene) Story {
	st := Story{Where: m.title, Ask: m.ask(s)}
	st.Lead, st.More, st.Try = m.moment(s)
	if step, say, _ := m.session().Narration(); m.lesson() && step != "" {
		st.Where, st.Lead, st.More = m.title, step, say
		if say == "" {
			st.More = m.about
		}
		st.Chapters = m.chapters
		st.Done = min(m.session().Chapter(), m.chapters)
		st.Progress = "Step " + plain(int64(st.Done)) + " of " + plain(int64(m.chapters))
		st.Try = nil
	}
	st.Restart = m.lesson() || m.problem != ""
	if m.lesson() {
		st.Next = "Next"
		if m.playing {
			st.Next = "Playing on…"
		}
	}
	return st
}

// lesson reports whether chapters of a script are still to come.
func (m *Model) lesson() bool {
	return m.chapters > 0 && !m.session().Done() && m.session().Err() == nil
}

// moment finds the words for how things stand in free play, the most pressing first.
func (m *Model) moment(s *scene) (lead, more string, try []Try) {
	top := s.lead(m.selected)
	if top < 0 {
		return "No server yet.", "", nil
	}
	for _, n := range s.nodes {
		if !n.up {
			return m.afterKill(s, n)
		}
	}
	for _, n := range s.nodes {
		if n.master < 0 || n.connected() {
			continue
		}
		master := s.nodes[n.master]
		if n.repl.Link == engine.LinkSync {
			return n.name + " copies everything.",
				master.name + " wrote its whole dataset down as of one moment, and " + n.name + " loads it. The writes since then wait behind it.",
				nil
		}
		if path, ok := s.between(master.name, n.name); ok && path.State == "severed" {
			return m.whileCut(s, master, n)
		}
		return n.name + " connects.", "It shakes hands with " + master.name + ", then asks for the bytes that it lacks: PSYNC.", nil
	}
	if v, ok := m.shownVerdict(s); ok {
		return m.afterVerdict(s, v)
	}
	return m.inStep(s, s.nodes[top])
}

func (m *Model) inStep(s *scene, master standing) (lead, more string, try []Try) {
	var names []string
	behind := false
	for _, n := range s.nodes {
		if n.master >= 0 && s.nodes[n.master].name == master.name {
			names = append(names, n.name)
			behind = behind || n.repl.Applied < master.repl.Offset
		}
	}
	if len(names) == 0 {
		return master.name + " stands alone.", "A server becomes a replica with one command, and copies everything first.", nil
	}
	cut := Try{"Cut " + master.name + "–" + names[0], "sever " + master.name + " " + names[0]}
	w, ok := m.past.wrote[master.name]
	if !ok || w.at <= m.opened {
		more = "Every write on " + master.name + " becomes bytes of one stream, numbered from 1. Each replica runs the same bytes in the same order."
		if _, say, _ := m.session().Narration(); say != "" {
			more += " " + say
		}
		return list(names) + " follow" + single(names) + " " + master.name + ", byte for byte.", more,
			[]Try{{`SET greeting "hello"`, master.name + `> SET greeting "hello"`}, cut}
	}
	if behind {
		return "Bytes " + at(w.span.First) + " to " + at(w.span.Last) + " are on their way.",
			w.text + ". The write is answered at once: " + master.name + " does not wait for its replicas.", []Try{cut}
	}
	return list(names) + " " + has(names) + " every byte up to " + at(master.repl.Offset) + ".",
		"The offsets are equal, and so are the datasets. What if " + names[0] + " is away while " + master.name + " writes on?",
		[]Try{cut, {`GET greeting at ` + names[0], names[0] + "> GET greeting"}}
}

func (m *Model) whileCut(s *scene, master, n standing) (lead, more string, try []Try) {
	heal := Try{"Heal " + master.name + "–" + n.name, "heal " + master.name + " " + n.name}
	missing := master.repl.Offset - n.repl.Applied
	f, known := s.forecasts[n.name]
	switch {
	case missing <= 0:
		return n.name + " is cut off, and lacks nothing yet.",
			"Write something at " + master.name + ": the bytes wait in its backlog.",
			[]Try{{`SET greeting "hello again"`, master.name + `> SET greeting "hello again"`},
				m.loadTry(master.name), heal}
	case known && f.Answer.Reason == engine.PsyncTooLate && m.guess[n.name] == "": // the question comes before the answer
		first, _, _ := master.held()
		return n.name + " is still away, and a block has gone.",
			master.name + " let its oldest block go as one: what it holds begins at byte " + at(first) + " now. Will " + n.name +
				" find what it needs?", []Try{heal}
	case known && !f.Answer.Continued():
		first, _, _ := master.held()
		return "Too late for " + n.name + ": its next byte is gone.",
			"It would ask for byte " + at(n.repl.Ask.Want) + ", and " + master.name + " holds nothing before " + at(first) +
				". Its whole dataset will be sent instead.", []Try{heal}
	}
	more = master.name + " keeps the newest part of its stream. Once writing passes the drop line, the oldest block goes as one"
	if first, _, ok := master.held(); ok && n.repl.Ask.Want >= first && len(master.repl.Blocks) > 0 && n.repl.Ask.Want <= first+engine.Offset(master.repl.Blocks[0].Size) {
		more += ", and byte " + at(n.repl.Ask.Want) + " goes with it"
	}
	try = []Try{m.loadTry(master.name), heal}
	if m.past.loads[master.name] {
		try = []Try{heal, m.loadTry(master.name)}
	}
	return n.name + " is cut off. The writes go on without it.", more + ".", try
}

func (m *Model) loadTry(master string) Try {
	if m.past.loads[master] {
		return Try{"Stop writing", "unload " + master}
	}
	return Try{"Write " + plain(loadRate) + " a second", loadLine(master)}
}

func (m *Model) afterVerdict(s *scene, v judged) (lead, more string, try []Try) {
	name, a := s.named(v.answer.Replica), v.answer
	again := Try{"Cut " + v.master + "–" + name, "sever " + v.master + " " + name}
	compare := Try{"INFO replication at " + name, name + "> INFO replication"}
	if a.Continued() && a.Bytes == 0 {
		return "It continues, and lacked nothing.",
			"Both checks passed, and " + at(a.Want) + " is the next byte to be written: there was nothing to send.", []Try{compare, again}
	}
	if a.Continued() {
		return "It continues where it stopped.",
			"Only the missing " + byteCount(a.Bytes) + " were sent. Both checks passed: the same history, and every byte from " + at(a.Want) +
				" on was still held.", []Try{compare, again}
	}
	why := map[engine.PsyncReason]string{
		engine.PsyncTooLate:      "Byte " + at(a.Want) + " had gone: the first one held was " + at(a.First) + ". A larger repl-backlog-size holds more.",
		engine.PsyncNoHistory:    name + " had no history to continue, as at every first meeting.",
		engine.PsyncUnknownID:    v.master + " does not know the history that " + name + " asked for.",
		engine.PsyncBeyondSecond: name + " had gone on alone, past the end of the history that both share.",
		engine.PsyncNoBacklog:    v.master + " kept no backlog.",
		engine.PsyncFuture:       name + " asked for bytes that " + v.master + " never wrote.",
	}[a.Reason]
	lead = "Everything was sent again."
	if a.Reason == engine.PsyncNoHistory {
		lead = "The first meeting: everything is sent."
	}
	return lead, why, []Try{compare, again}
}

func (m *Model) afterKill(s *scene, n standing) (lead, more string, try []Try) {
	start := Try{"Start " + n.name, "start " + n.name}
	if n.followed > 0 {
		for _, r := range s.nodes {
			if r.master >= 0 && s.nodes[r.master].name == n.name && r.up {
				return n.name + " is killed. Its replicas keep what they have.",
					"The stream and the name of its history were in memory. A replica can take over and keep both names of its history.",
					[]Try{{"Promote " + r.name, r.name + "> REPLICAOF NO ONE"}, start}
			}
		}
	}
	return n.name + " is killed: its memory is gone.",
		"When it starts again, it knows only what it had written to its disk. What will its master say?", []Try{start}
}

// ask is the question about the first replica that is away: what would its master answer? The reader's guess is kept until
// the master has spoken.
func (m *Model) ask(s *scene) Ask {
	for _, row := range m.forecastRows(s) {
		if row.Answer.Word == "" {
			continue
		}
		a := Ask{Replica: row.Replica, Question: row.Question, Said: m.guess[row.Replica]}
		if a.Said != "" {
			a.Truth = kindOf(row.Answer)
			a.Comment = row.Cost + "."
		}
		return a
	}
	if v, ok := m.shownVerdict(s); ok {
		name := s.named(v.answer.Replica)
		if said := m.guess[name]; said != "" {
			a := Ask{Replica: name, Said: said, Truth: "fullresync"}
			if v.answer.Continued() {
				a.Truth = "continue"
			}
			a.Question = v.master + " said, and so did you"
			if said != a.Truth {
				a.Question = v.master + " said otherwise"
			}
			return a
		}
	}
	return Ask{}
}

func kindOf(a Answer) string {
	if a.Word == answerContinue.Word {
		return "continue"
	}
	return "fullresync"
}

// list joins names: "r1", "r1 and r2", "r1, r2 and r3".
func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func single(names []string) string {
	if len(names) == 1 {
		return "s"
	}
	return ""
}

func has(names []string) string {
	if len(names) == 1 {
		return "has"
	}
	return "have"
}
