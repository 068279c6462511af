package model

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"resync/engine"
	"resync/engine/script"
)

// A tale is what the page knows of the telling of a lesson, beyond what the session says: how long the reader still needs,
// and what the story has stopped for.
type tale struct {
	starts  []chapterStart // of the chapters that have begun on this branch
	reading time.Duration  // of the reader's time, until the latest sentence is read
	halted  bool           // at a chapter's beginning or a question: the reader says when it goes on
	hurry   bool           // on to the next sentence, as fast as can be
	aim     int            // the chapter that the page is on its way back to, from 1; 0 for none
	question
}

// A question is what a lesson asks before the master answers.
type question struct {
	replica string
	text    string
	after   int  // events that had happened when it was asked: the answer comes later
	open    bool // the reader has said nothing yet, and the story waits
}

// A guess is what the reader said, continue or fullresync, behind so many events: it is about the first answer after those.
type guess struct {
	kind  string
	after int
}

// A chapterStart is where a chapter begins: behind so many events, and when.
type chapterStart struct {
	events int
	at     engine.Instant
}

// How long a sentence is on the screen at least.
const (
	readLetter = 60 * time.Millisecond
	readLeast  = 2 * time.Second
)

func readingTime(text string) time.Duration {
	return max(readLeast, time.Duration(utf8.RuneCountInString(text))*readLetter)
}

// turn lets at most one thing happen, up to the moment given, and reports whether that moment was reached. What the script
// does to the telling is taken up.
func (m *Model) turn(to engine.Instant) (reached bool) {
	s := m.session()
	act, left := s.Next(), s.Left()
	reached, err := m.line.Advance(to, 1)
	if err != nil {
		m.ends(err)
		return true
	}
	if m.chapters > 0 && m.session().Left() < left {
		m.told(act)
	}
	return reached
}

// told is what a statement that has just run means for the telling.
func (m *Model) told(act script.Act) {
	t := &m.tale
	switch a := act.(type) {
	case script.Step:
		t.begins(m.session().Chapter(), chapterStart{m.world().Events().Len(), m.world().Now()})
		t.halted, t.hurry, t.reading, t.question = true, false, 0, question{}
		m.playing, m.status = false, a.Heading
		if m.session().Chapter() > 1 { // the first begins with what the lesson is about
			m.opensChapter()
		}
	case script.Say:
		t.hurry, t.reading = false, readingTime(a.Text)
		m.status, m.quiet = a.Text, 0
	case script.Predict:
		t.question = question{a.Node, m.questionText(a.Node), m.world().Events().Len(), true}
		t.halted, t.hurry = true, false
		delete(m.guess, a.Node)
		m.playing, m.status = false, t.question.text
	default:
		return
	}
	m.revision++
}

// opensChapter goes on from a chapter's heading to the sentence that stands directly behind it, and to the question directly
// behind that, so that the story stops where there is something to read. That takes no time.
func (m *Model) opensChapter() {
	status := m.status + "."
	said := func() {
		m.turn(m.world().Now())
		status += " " + m.status
	}
	if _, ok := m.session().Next().(script.Say); ok {
		said()
	}
	if _, ok := m.session().Next().(script.Predict); ok {
		said()
	}
	m.status = status
}

func (t *tale) begins(chapter int, at chapterStart) {
	if chapter <= len(t.starts) {
		t.starts[chapter-1] = at
	} else {
		t.starts = append(t.starts, at)
	}
}

// tell lets a lesson go on to the moment given, turn by turn, for the telling can stop it at any statement. seen, if there
// is one, is asked after every turn and can stop it as well.
//
// While a sentence is being read, what was begun goes on, and nothing new is begun: the story waits before its next act,
// be that a cut, a command or another sentence.
func (m *Model) tell(to engine.Instant, steps int, seen func() bool) (used int) {
	for used < steps {
		if m.tale.reading > 0 && holds(m.session().Next()) || m.lastWords() {
			return used
		}
		begun, lesson, work := m.session().Left(), m.lesson(), m.session().Work()
		reached := m.turn(to)
		used += max(1, int(m.session().Work()-work))
		if reached || m.tale.halted && m.session().Left() < begun || lesson != m.lesson() || seen != nil && seen() {
			return used
		}
	}
	return used
}

// holds reports whether an act waits until what was said before it is read.
func holds(act script.Act) bool {
	switch act.(type) {
	case nil, script.Wait, script.Until, script.Expect, script.Speed:
		return false
	}
	return true
}

// lastWords reports whether the lesson stands at its very end while its last sentence is still being read.
func (m *Model) lastWords() bool { return m.tale.reading > 0 && m.session().Done() }

// settle lets happen what is due at this instant, as far as a frame may go. In a lesson no statement begins: the reader has
// done something while the story stands or goes on, and it is not to jump ahead for that.
func (m *Model) settle() {
	w := m.world
	if m.chapters == 0 {
		m.advance(w().Now(), m.work)
	}
	for end := m.session().Work() + int64(m.work); m.chapters > 0 && m.isDue() && m.session().Work() < end; {
		m.turn(w().Now())
	}
	m.due = m.isDue()
	m.sync()
}

func (m *Model) isDue() bool { return m.world().Next() <= m.world().Now() && m.problem == "" }

// goOn clears what the story waits for: the reader has said that it may go on.
func (t *tale) goOn() { t.reading, t.halted, t.hurry, t.open = 0, false, false, false }

// next is the reader's Next: on from a chapter's beginning or past a question, or else on to the next sentence.
func (m *Model) next() {
	hurry := !m.tale.halted
	m.tale.goOn()
	m.tale.hurry = hurry && m.lesson()
	m.playing = true
}

// answer keeps what the reader says, and goes on where the story has stopped to ask. What has been judged stays as it is.
func (m *Model) answer(replica, kind string) {
	s := observe(m.world(), m.known)
	if a := m.ask(&s); a.Replica == replica && a.Truth != "" {
		return
	}
	m.guess[replica] = guess{kind, m.world().Events().Len()}
	if m.tale.open && m.tale.replica == replica {
		m.tale.goOn()
		m.playing = true
	}
}

// chapterBefore goes to the beginning of the chapter before; from free play, to that of the last one.
func (m *Model) chapterBefore() {
	chapter := m.session().Chapter() - 1
	if m.session().Done() {
		chapter++
	}
	chapter = max(1, chapter)
	if chapter > len(m.tale.starts) {
		return
	}
	m.seekEvent(m.tale.starts[chapter-1].events)
	if _, on := m.line.Seeking(); on {
		m.tale.aim = chapter
	} else {
		m.reachChapter(chapter)
	}
}

// reachChapter takes the last steps to a chapter's beginning: the timeline stops behind an event, and some waiting and the
// heading come behind that.
func (m *Model) reachChapter(chapter int) {
	to := m.tale.starts[chapter-1].at
	for m.session().Chapter() < chapter && !m.session().Done() && m.problem == "" && m.world().Now() <= to {
		if m.turn(to) {
			break
		}
	}
	m.sync()
}

// arrived is for a page that has gone to another moment, behind so many events: nothing is being told there.
func (t *tale) arrived(m *Model, events int) {
	aim := t.aim
	t.goOn()
	if t.aim = 0; t.after > events {
		t.question = question{}
	}
	if aim > 0 {
		m.reachChapter(aim)
	}
}

// forget drops the beginnings of chapters that have not begun on a branch which has only so many events in common with the
// one before.
func (t *tale) forget(common int) {
	for n := len(t.starts); n > 0 && t.starts[n-1].events > common; n-- {
		t.starts = t.starts[:n-1]
	}
}

// story says what has just happened, why it matters and what to try. The question comes before the answer: while a
// replica is away, the reader is asked what its master will say.
func (m *Model) story(s *scene) Story {
	st := m.telling(s)
	room := m.width - 64
	if !m.compact() { // the buttons are beside it
		room = m.width / 2
	}
	st.Folds = m.narrow() && !st.Telling && textWidth(st.More) > room
	return st
}

func (m *Model) telling(s *scene) Story {
	st := Story{Where: m.script.Title, Ask: m.ask(s)}
	st.Lead, st.More, st.Try = m.moment(s)
	if st.Restart = m.problem != ""; st.Restart {
		st.Lead = "The script stopped here."
		st.More = "What has happened until now can be looked at, and you can go on by hand."
	}
	if m.showing.begun {
		st.Where = "Watch, or touch anything."
	}
	if m.chapters == 0 {
		return st
	}
	st.Steps, st.Progress = m.chapterList(), "Free play"
	chapter := m.session().Chapter()
	st.Back = chapter > 1 || m.session().Done()
	if !m.lesson() && m.tale.reading == 0 {
		if m.rewound() || m.problem != "" {
			return st
		}
		st.Done, st.Chapters = m.chapters, m.chapters
		st.Where = m.script.Title + ", told"
		return st
	}
	step, say, _ := m.session().Narration()
	st.Lead, st.More, st.Try = step, say, nil
	if say == "" && chapter == 1 {
		st.More = m.script.About
	}
	st.Telling = true
	st.Chapters, st.Done = m.chapters, min(chapter, m.chapters)
	st.Progress = "Step " + plain(int64(st.Done)) + " of " + plain(int64(m.chapters))
	st.Next = "Next"
	if m.tale.open {
		st.Next = "Skip the question"
	}
	return st
}

// lesson reports whether chapters of a script are still to come.
func (m *Model) lesson() bool {
	return m.chapters > 0 && !m.session().Done() && m.session().Err() == nil
}

// chapterList is how far the lesson has come, chapter by chapter. A chapter is held when all that it expects has come true:
// an expectation that fails ends the script.
func (m *Model) chapterList() (list []StoryStep) {
	chapter, position := m.session().Chapter(), len(m.script.Statements)-m.session().Left()
	failed := m.session().Err() != nil
	open := 0 // expectations of the chapter that are still to come
	for i, st := range m.script.Statements {
		switch a := st.Act.(type) {
		case script.Step:
			k := StoryStep{Heading: a.Heading, State: "ahead"}
			switch n := len(list) + 1; {
			case n < chapter || m.session().Done() && !failed:
				k.State = "done"
			case n == chapter:
				k.State = "now"
			}
			list, open = append(list, k), 0
		case script.Expect:
			if len(list) == 0 {
				continue
			}
			if i >= position {
				open++
			}
			k := &list[len(list)-1]
			k.Held = open == 0 && k.State != "ahead" && !(failed && k.State == "now")
		}
	}
	return list
}

// moment finds the words for how things stand in free play, the most pressing first.
func (m *Model) moment(s *scene) (lead, more string, try []Try) {
	top := s.lead(m.selected)
	if top < 0 {
		name := m.freeName(s, false)
		return "No server yet.", "A server is one line of the script. The next one can follow it.", []Try{{"Add " + name, "node " + name}}
	}
	for _, n := range s.nodes {
		if !n.up {
			return m.afterKill(s, n)
		}
	}
	for _, n := range s.nodes {
		if n.frozen() {
			return whileFrozen(s, n)
		}
	}
	for _, n := range s.nodes {
		if n.calls() {
			return m.withoutMaster(s, n)
		}
		if n.master < 0 {
			continue
		}
		master := s.nodes[n.master]
		if s.vanishes(n) != "" {
			return whileDark(s, master, n)
		}
		if n.connected() {
			continue
		}
		if n.repl.Link == engine.LinkSync {
			return n.name + " copies everything.",
				master.name + " wrote its whole dataset down as of one moment, and " + n.name + " loads it. The writes since then wait behind it.",
				nil
		}
		if path, ok := s.between(master.name, n.name); ok && path.State == "severed" {
			return m.whileCut(s, master, n)
		}
		if v, ok := m.underWay(s, n); ok {
			return onTheWay(master.name, n.name, v)
		}
		return n.name + " connects.", "It shakes hands with " + master.name + ", then asks for the bytes that it lacks: PSYNC.", nil
	}
	if v, ok := m.shownVerdict(s); ok {
		return m.afterVerdict(s, v)
	}
	return m.inStep(s, s.nodes[top])
}

// withoutMaster is about a replica whose master there is not, or not any more.
func (m *Model) withoutMaster(s *scene, n standing) (lead, more string, try []Try) {
	try = []Try{{"Promote " + n.name, m.followLine(n.name, noOne)}}
	for _, o := range s.nodes {
		if o.up && !o.repl.Replica {
			try = append(try, Try{"Have it follow " + o.name, m.followLine(n.name, o.name)})
			break
		}
	}
	return n.name + " dials " + masterName(s, n) + ", and nobody answers.",
		"It will try for ever, and keeps what it has: its data, and its place in the history. Who is pointed to a replica that took over can go on from there.", try
}

// onTheWay is about an answer that its replica has not heard yet.
func onTheWay(master, replica string, v judged) (lead, more string, try []Try) {
	lead = master + " has decided."
	switch a := v.answer; {
	case !a.Continued():
		more = replica + " hears +FULLRESYNC when a snapshot of the whole dataset begins, and then gets all of it."
	case a.Bytes == 0:
		more = "+CONTINUE is on its way to " + replica + ", which lacks nothing."
	default:
		more = "+CONTINUE is on its way to " + replica + ", and behind it the missing " + byteCount(a.Bytes) + "."
	}
	return lead, more, nil
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
		return master.name + " stands alone.", "A server becomes a replica with one command, and copies everything first.", m.followTry(s, master)
	}
	cut := Try{"Cut " + master.name + "–" + names[0], "sever " + master.name + " " + names[0]}
	w, ok := m.past.wrote[master.name]
	if !ok || w.at <= m.opened {
		more = master.name + " sends its writes on as one stream of bytes. An offset is the number of the last byte that a server has."
		if _, say, _ := m.session().Narration(); say != "" {
			more += " " + say
		}
		return list(names) + " follow" + single(names) + " " + master.name + ", byte for byte.", more,
			[]Try{{`SET greeting "hello"`, master.name + `> SET greeting "hello"`}, cut}
	}
	if behind {
		return "Bytes " + at(w.span.First) + " to " + at(w.span.Last) + " are on their way.",
			ended(w.text) + " The write is answered at once: " + master.name + " does not wait for its replicas.", []Try{cut}
	}
	return list(names) + " " + has(names) + " every byte up to " + at(master.repl.Offset) + ".",
		"The offsets are equal, and so are the datasets. What if " + names[0] + " is away while " + master.name + " writes on?",
		[]Try{cut, {`GET greeting at ` + names[0], names[0] + "> GET greeting"}}
}

// ended ends a text, unless it was cut short and says so.
func ended(text string) string {
	if strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// followTry gives a master without a replica one: another server that is alone as well, or a new one.
func (m *Model) followTry(s *scene, master standing) []Try {
	for _, n := range s.nodes {
		if n.name != master.name && n.up && !n.repl.Replica && n.followed == 0 {
			return []Try{{"Have " + n.name + " follow " + master.name, m.followLine(n.name, master.name)}}
		}
	}
	name := m.freeName(s, true)
	return []Try{{"Add a replica, " + name, "node " + name + " replicaof " + master.name}}
}

// whileFrozen and whileDark are for what nobody is told of: no connection ends before somebody's timeout is over.
func whileFrozen(s *scene, n standing) (lead, more string, try []Try) {
	thaw := Try{"Thaw " + n.name, "thaw " + n.name}
	lead = n.name + " stands still, and answers nobody."
	switch {
	case n.followed > 0:
		return lead, "Its process is frozen, and its connections stay: clients and replicas wait. A replica that hears nothing for repl-timeout, usually 60 seconds, gives its link up.",
			[]Try{thaw}
	case n.master >= 0:
		master := s.nodes[n.master].name
		return lead, "Its process is frozen, and its connections stay. What " + master + " sends is not applied. Without an acknowledgement for repl-timeout, usually 60 seconds, " +
			master + " drops it.", []Try{thaw, {`SET greeting "hello again"`, master + `> SET greeting "hello again"`}}
	}
	return lead, "Its process is frozen, and its connections stay: clients wait.", []Try{thaw}
}

func whileDark(s *scene, master, n standing) (lead, more string, try []Try) {
	heal := Try{"Heal " + master.name + "–" + n.name, "heal " + master.name + " " + n.name}
	set := Try{`SET greeting "hello again"`, master.name + `> SET greeting "hello again"`}
	switch lead = s.vanishes(n) + "."; {
	case !n.connected():
		return lead, "So " + n.name + " tries to connect in vain. The link has no reset and no refusal to tell: only timeouts.", []Try{heal, set}
	case !s.dark(master.name, n.name):
		return lead, "The stream still arrives, and its acknowledgements do not. Without one for repl-timeout, usually 60 seconds, " + master.name + " drops " + n.name + ".",
			[]Try{heal, set}
	}
	return lead, "No reset, no refusal: master_link_status still is up. Who hears nothing for repl-timeout, usually 60 seconds, gives the link up.",
		[]Try{set, heal}
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
	case known && f.Answer.Reason == engine.PsyncTooLate && m.guess[n.name].kind == "": // the question comes before the answer
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
	more = n.name + " has every byte up to " + at(n.repl.Applied) + ". When it is back it asks for the next one, " + at(n.repl.Ask.Want) +
		": PSYNC. " + master.name + " keeps the newest bytes in its backlog"
	if m.past.loads[master.name] {
		more = master.name + " keeps the newest bytes in its backlog. Once writing passes the drop line, the oldest block goes as one"
		if first, _, ok := master.held(); ok && n.repl.Ask.Want >= first && len(master.repl.Blocks) > 0 && n.repl.Ask.Want <= first+engine.Offset(master.repl.Blocks[0].Size) {
			more += ", and byte " + at(n.repl.Ask.Want) + " goes with it"
		} else if ok && n.repl.Ask.Want > first {
			more += ". Byte " + at(n.repl.Ask.Want) + " is in a later one"
		}
	}
	lead, try = n.name+" is cut off, and "+master.name+" has gone on.", []Try{m.loadTry(master.name), heal}
	if m.past.loads[master.name] {
		lead, try = n.name+" is cut off, and "+master.name+" writes on.", []Try{heal, m.loadTry(master.name)}
	}
	return lead, more + ".", try
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
			"Only the missing " + byteCount(a.Bytes) + " were sent: the history is the same, and every byte from " + at(a.Want) +
				" on was held. Cut it again and write for longer: then everything is sent.", []Try{compare, again}
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
				return n.name + " is " + m.past.downWord(n.name) + ". Its replicas keep what they have.",
					"The stream and the name of its history were in memory. A replica can take over and keep both names of its history.",
					[]Try{{"Promote " + r.name, r.name + "> REPLICAOF NO ONE"}, start}
			}
		}
	}
	return n.name + " is " + m.past.downWord(n.name) + ": its memory is gone.",
		"When it starts again, it knows only what it had written to its disk. What will its master say?", []Try{start}
}

// ask is the question of the moment. In a lesson it is the script that asks; in free play it is about the first replica
// that is away: what would its master answer? The reader's guess is kept until the master has spoken.
func (m *Model) ask(s *scene) Ask {
	if m.chapters > 0 && (m.lesson() || m.tale.reading > 0) {
		return m.lessonAsk(s)
	}
	for _, row := range m.forecastRows(s) {
		if row.Answer.Word == "" {
			continue
		}
		a := Ask{Replica: row.Replica, Question: row.Question}
		if g := m.guess[row.Replica]; !m.answered(s, row.Replica, g.after) { // or it was about another outage
			a.Said = g.kind
		}
		if a.Said != "" {
			a.Truth = kindOf(row.Answer)
			a.Comment = row.Cost + "."
		}
		return a
	}
	if v, ok := m.shownVerdict(s); ok {
		name := s.named(v.answer.Replica)
		if g := m.guess[name]; g.kind != "" && int(v.seq) >= g.after {
			a := judge(Ask{Replica: name, Said: g.kind}, s, v)
			a.Comment = "" // the story itself says why
			return a
		}
	}
	return Ask{}
}

// answered reports whether a replica was answered behind so many events.
func (m *Model) answered(s *scene, replica string, after int) bool {
	return slices.ContainsFunc(m.past.verdicts, func(v judged) bool {
		return int(v.seq) >= after && s.named(v.answer.Replica) == replica
	})
}

// lessonAsk is the question that the script has asked last in this chapter, and what came of it.
func (m *Model) lessonAsk(s *scene) Ask {
	q := m.tale.question
	a := Ask{Replica: q.replica, Said: m.guess[q.replica].kind, Question: q.text}
	if q.replica == "" || a.Said == "" && !q.open {
		return Ask{} // none was asked, or the reader passed over it
	}
	for _, v := range m.past.verdicts {
		if int(v.seq) >= q.after && s.named(v.answer.Replica) == q.replica {
			return onlyIfSaid(judge(a, s, v))
		}
	}
	if done, ok := m.past.copied[q.replica]; ok && int(done.seq) >= q.after {
		// Before PSYNC there was nothing to answer: SYNC is a full copy.
		a.Truth, a.Comment = "fullresync", "It asked with SYNC, which knows no other answer than the whole dataset."
		a.Question = rightOrWrong(a)
		return onlyIfSaid(a)
	}
	if a.Said != "" {
		a.Comment = "Watch what the master says."
	}
	return a
}

// onlyIfSaid leaves out the judgement of a reader who has said nothing: a link led past the question.
func onlyIfSaid(a Ask) Ask {
	if a.Said == "" {
		return Ask{}
	}
	return a
}

// questionText asks what a node will be answered, and says how it comes to ask.
func (m *Model) questionText(name string) string {
	will, whose := " will ask to go on.", "its"
	n := m.world().Node(name)
	switch r := n.Replication(); {
	case !n.Up():
		will = " will start and ask."
	case !r.Replica:
		will, whose = " will become a replica and ask to go on.", "its new"
	case r.Ask.ID == "?" && r.LinkDownFor < 0:
		will = " is new, and asks for the first time."
	case r.Ask.ID == "?": // before PSYNC
		will = " will ask again."
	}
	return name + will + " What will " + whose + " master say?"
}

// judge says whether the reader was right, and why, with the numbers that were compared.
func judge(a Ask, s *scene, v judged) Ask {
	a.Truth = answerName(v.answer)
	a.Question, a.Comment = rightOrWrong(a), because(s.named(v.answer.Replica), v)
	return a
}

func rightOrWrong(a Ask) string {
	if a.Said == a.Truth {
		return "You were right: " + words(a.Truth) + "."
	}
	return "Not this time: " + words(a.Truth) + "."
}

func words(kind string) string {
	if kind == "continue" {
		return answerContinue.Word
	}
	return answerFull.Word
}

// because is the comparison that decided, in one sentence.
func because(replica string, v judged) string {
	a := v.answer
	switch a.Reason {
	case engine.PsyncOK:
		if a.Bytes == 0 {
			return "Same history, and " + at(a.Want) + " is the next byte to be written: nothing was missing."
		}
		return "Same history, and " + at(a.First) + " ≤ " + at(a.Want) + " ≤ " + at(a.Next) + ": every byte from " + at(a.Want) + " on was held."
	case engine.PsyncTooLate:
		return "Same history, but " + at(a.First) + " > " + at(a.Want) + ": the byte that " + replica + " asked for was gone."
	case engine.PsyncNoHistory:
		return replica + " asked with PSYNC ? -1: it had no history to continue."
	case engine.PsyncUnknownID:
		return replica + " asked for history " + a.Asked.Short() + ", and " + v.master + " knows only " + knownNames(a) + "."
	case engine.PsyncBeyondSecond:
		return at(a.Want) + " > " + at(a.SecondOffset) + ": " + replica + " had gone on past the point where the two histories parted."
	case engine.PsyncNoBacklog:
		return v.master + " kept no backlog."
	case engine.PsyncFuture:
		return at(a.Want) + " > " + at(a.Next) + ": " + replica + " asked for bytes that " + v.master + " never wrote."
	}
	return ""
}

func knownNames(a engine.PsyncAnswered) string {
	if a.ReplID2 == "" || a.ReplID2 == engine.NoReplID {
		return a.ReplID.Short()
	}
	return a.ReplID.Short() + " and " + a.ReplID2.Short()
}

// veil keeps the forecast from answering a question that is still open.
func (m *Model) veil(rows []ForecastRow) []ForecastRow {
	if !m.tale.open {
		return rows
	}
	for i := range rows {
		if r := &rows[i]; r.Replica == m.tale.replica && r.Answer.Word != "" {
			*r = ForecastRow{Replica: r.Replica, Lead: r.Lead, Cost: "the answer is shown once you have said", Label: r.Replica + ": what do you think?"}
		}
	}
	return rows
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
