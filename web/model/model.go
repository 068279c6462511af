package model

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/script"
	"resync/engine/sim"
)

// A Model is the whole state of the page. Its values are small; the session behind it is the engine, which has one
// owner: whoever holds the latest Model. An older one is not to be used again.
type Model struct {
	scenarios []Scenario
	scenario  string
	line      *script.Timeline
	past      chronicle
	before    []chronicle // as it was every so many events, for going back
	marks     timeMarks
	known     map[string]followed // what the nodes' masters were, for those that are down

	script   *script.Script
	chapters int // of the lesson, 0 for free play
	tale     tale
	problem  string
	opening  bool           // the opening is on its way
	opened   engine.Instant // when it was over
	left     *Model         // what was there before a long opening, to go back to
	pace     pace
	showing  showing
	gallery  gallery
	editor   editor
	share    share
	goal     goal   // of the opening, where a link gave one
	profile  string // the era that a link wants for all nodes, "" for what the script says
	notice   Notice // what is to be said of a link, until it is put away

	playing     bool
	speed       int     // index into speeds
	asked       float64 // the speed that the script asked for last
	lag         int64
	work        int           // that a frame may do, of Timeline.Worked
	breathe     func()        // while the first scenario is opened, else nil
	quiet       time.Duration // of the reader's time since the narrator spoke
	interrupted bool          // what the narrator said last was a verdict, which the next one does not interrupt
	status      string
	stepped     string // the event that the latest step stopped at
	spoken      int64  // the event that status is about
	revision    uint64

	zoom       int             // how close the tape is looked at
	zoomAt     engine.Offset   // the last byte of a closer look, 0 to follow the head
	wireSpan   int             // index into wireSpans
	wireHides  map[string]bool // by kind
	wireSet    int             // the height that the reader chose, 0 for none
	packet     packet
	completion Completion
	dataShown  dataView

	file     *fileWork // the file that is being loaded or written
	fileNote string    // what became of the latest file
	due      bool      // what is due at this instant, since the reader did something, was too much for a frame

	digests digests

	panels panels // the audit, the comparison and the others

	selected      string
	chosen        string // ID of the selected link, "" for the selected node's own
	tab           string
	typed         map[string]typing
	client        map[string]int               // the client whose terminal is shown, by node; 1 where none is named
	toAll         bool                         // what is typed goes to every node
	drafts        map[string]map[string]string // what was put into the entries of a fault, by target and fault
	refused       refusal
	dragged       string // the node that is being dragged, "" for none
	guess         map[string]guess
	closedVerdict int64

	theme  string
	table  bool
	help   bool
	keys   bool
	muted  bool // of what happens, the narrator tells verdicts only
	width  float64
	height float64
	plot   float64
	track  float64

	wireNow, stageNow float64 // how high they are
	waited            bool    // the selected prompt waited for a reply when the page was last followed
}

// A Scenario is a script that can be opened. Those of a group come one after the other.
type Scenario struct{ Name, Group, Text string }

// Settings are what was kept from an earlier visit, and what the reader's system asks for.
type Settings struct {
	Theme         string // light, dark, or ""
	Wire          string // how high the wire is, or ""
	NoKeys        bool   // single-key shortcuts were switched off
	Muted         bool   // the narrator was
	ReducedMotion bool   // nothing plays by itself
	Show          bool   // the first page shows what it is for to a reader who touches nothing
	Breathe       func() // is called again and again while the first scenario is opened, may be nil
}

// How far a frame may go.
const (
	frameMax  = 100 * time.Millisecond // of the reader's time: what is longer was a pause of the browser
	usualWork = 1500                   // of Timeline.Worked, unless the frame says otherwise
	openTurns = 50_000                 // of the session, for a scenario of the library
	speakGap  = 1500 * time.Millisecond
	loadRate  = 20 // writes a second of the button on a master
)

// New opens the first of the scenarios.
func New(scenarios []Scenario, set Settings) Model {
	m := Model{work: usualWork, wireSpan: wireSpan, wireSet: wireWas(set.Wire), wireHides: map[string]bool{}, scenarios: scenarios, speed: realSpeed, theme: set.Theme, keys: !set.NoKeys, muted: set.Muted, tab: TabCLI, width: 1440, height: 900}
	if len(scenarios) > 0 {
		m.breathe = set.Breathe
		m.open(scenarios[0].Name)
		seen := observe(m.world(), m.known)
		m.pause()
		m.digestsAt(&seen) // at the first drawing they are there
		m.breathe = nil
	}
	m.playing = m.playing && !set.ReducedMotion
	if set.Show && m.playing && m.chapters == 0 {
		m.show()
	}
	return m
}

// open begins a scenario from its start. One without chapters is a playground: its opening runs at once, so that the
// page begins where there is something to do. A lesson stops at its first chapter.
func (m *Model) open(name string) {
	parsed, err := script.Parse(name+".resync", m.textOf(name))
	if err != nil {
		m.begin(name, &script.Script{Title: name, Seed: 1})
		m.rush(openTurns)
		m.problem = reason(err)
		return
	}
	m.profiled(parsed)
	m.pause()
	m.begin(name, parsed)
	m.rush(openTurns)
}

// pause is where the opening of the first scenario may stop for a moment.
func (m *Model) pause() {
	if m.breathe != nil {
		m.breathe()
	}
}

// begin puts a scenario in the place of the one that is shown. Nothing of it has run yet.
func (m *Model) begin(name string, s *script.Script) {
	if m.file != nil {
		m.file, m.left = nil, nil
	}
	m.scenario, m.script, m.goal, m.due = name, s, goal{}, false
	m.line = script.NewTimeline(s)
	m.past, m.before, m.marks = newChronicle(), nil, timeMarks{}
	m.known = map[string]followed{}
	m.client, m.toAll = map[string]int{}, false
	m.typed, m.guess = map[string]typing{}, map[string]guess{}
	m.selected, m.chosen, m.closedVerdict, m.spoken = "", "", -1, -1
	m.packet, m.dataShown, m.zoomAt = packet{}, dataView{}, 0
	m.panels, m.fileNote = panels{topology: m.panels.topology}, ""
	m.drafts, m.refused, m.dragged = map[string]map[string]string{}, refusal{}, ""
	m.chapters, m.tale = chapterCount(s), tale{}
	m.pace, m.showing = pace{plain: m.chapters == 0}, showing{}
	m.status, m.stepped, m.problem = "", "", ""
	m.playing, m.asked, m.opening = true, 1, true
}

// rush goes on with the opening for so many turns: all of a playground's script, a lesson up to its first chapter, or to
// where a link leads.
func (m *Model) rush(turns int) {
	to := sim.Never - 1
	if m.goal.set && m.goal.at >= 0 {
		to = m.goal.at
	}
	for reached := false; turns > 0 && m.opening; {
		if m.problem != "" || m.arrives(reached) {
			m.landed()
			break
		}
		begun := m.session().Work()
		reached = m.turn(to)
		turns -= max(1, int(m.session().Work()-begun))
		m.pause()
	}
	m.sync()
	m.pause()
	m.follows()
	m.pause()
	m.revision++
	if names := m.world().Names(); m.selected == "" && len(names) > 0 {
		m.selected = names[0]
	}
	if m.opening {
		return
	}
	m.opened = m.world().Now()
	if m.chapters == 0 {
		// How the nodes first met is no news: the page begins with what the reader does.
		if v, ok := m.past.verdict(); ok {
			m.closedVerdict = v.seq
		}
		m.status, m.spoken = "Ready. "+m.script.Title+".", m.past.saidSeq
	}
}

// Update is the page's only way to change: one thing happened, and here is the model after it, with what the browser
// has to do.
func Update(m Model, msg Msg) (Model, []Cmd) {
	cmds := m.update(msg)
	return m, cmds
}

// PressKey is Update for a key pressed outside text fields. used says whether the key stands for anything here: the browser
// does with the others what it always does.
func PressKey(m Model, k Key) (next Model, used bool, cmds []Cmd) {
	m.revision++
	m.endShowing()
	m.digests = digests{}
	cmds, used = m.key(k)
	return m, used, m.follow(cmds)
}

func (m *Model) update(msg Msg) []Cmd {
	if f, ok := msg.(Frame); ok {
		if m.work = f.Work; m.work == 0 {
			m.work = usualWork
		}
		return m.follow(m.frame(f.Elapsed))
	}
	m.revision++
	switch msg.(type) {
	case Tick, Resized, Guess:
	default:
		m.endShowing()
	}
	switch msg.(type) {
	case Tick, Resized, Edited, CompleteNext, CloseCompletion:
	default: // it may be another world, and who did something does not wait to see it
		m.digests = digests{}
	}
	switch msg := msg.(type) {
	case Tick:
		var cmds []Cmd
		for left := msg.Elapsed; left > 0; left -= frameMax / 4 {
			cmds = append(cmds, m.frame(min(left, frameMax/4))...)
		}
		return m.follow(cmds)
	case Resized:
		m.width, m.height, m.plot, m.track = msg.Width, msg.Height, msg.Plot, msg.Track
		m.wireNow, m.stageNow = msg.Wire, msg.Stage
		if m.tab == TabWire && !m.narrow() { // it has a place of its own now
			m.tab = TabCLI
		}
	case Typed:
		if m.file != nil && m.file.lines != nil { // behind what was pasted
			m.file.lines = append(m.file.lines, msg)
			return []Cmd{SetInput{PromptID(msg.Node), ""}}
		}
		return m.enter(msg.Node, msg.Line)
	case PastedLines:
		return m.paste(msg)
	case Edited:
		m.completion = m.complete(msg.Node, msg.Text)
	case CompleteNext:
		m.completion.At = (m.completion.At + msg.By + len(m.completion.Items)) % max(1, len(m.completion.Items))
	case Complete:
		text := m.completion.accept()
		m.completion = m.complete(msg.Node, text)
		return []Cmd{SetInput{PromptID(msg.Node), text}}
	case CloseCompletion:
		m.completion.Items = nil
	case Older:
		t := m.typed[msg.Node]
		line, ok := t.older(msg.Current)
		m.typed[msg.Node] = t
		return m.inputIf(ok, msg.Node, line)
	case Newer:
		t := m.typed[msg.Node]
		line, ok := t.newer()
		m.typed[msg.Node] = t
		return m.inputIf(ok, msg.Node, line)
	case PickClient:
		m.client[msg.Node] = min(max(1, msg.Client), mostClients)
		return m.appears()
	case ToggleToAll:
		m.toAll = !m.toAll
	case Unblock:
		return m.unblock(msg.Node)
	case Configure:
		return m.configure(msg)
	case Run:
		return m.run(msg.Line)
	case Select:
		return m.pickNode(msg.Node)
	case SelectTab:
		m.tab = msg.Tab
		return m.appears()
	case PickLink:
		m.chosen, m.tab = msg.ID, TabFaults
		if msg.ID == ownFaults {
			m.chosen = ""
		}
		return append(m.appears(), Reveal{OutputID(m.selected)})
	case PickFaults:
		m.pickNode(msg.Node)
		m.tab = TabFaults
		return append(m.appears(), Reveal{OutputID(m.selected)})
	case EnterFault:
		m.setDraft(msg.Fault, msg.Entry, msg.Value)
	case DoFault:
		return m.fault(msg.Fault)
	case Drag:
		m.dragged = msg.Node
	case Drop:
		m.drop(msg.On)
	case Stride:
		return m.stride(msg.From, msg.Way)
	case ToggleLoad:
		return m.toggleLoad(msg.Node)
	case Power:
		return m.power(msg.Node)
	case Play:
		m.toggle()
	case Step:
		m.step(anyEvent)
	case NextEvent:
		m.step(worthALook)
	case Back:
		m.back(anyEvent)
	case PreviousEvent:
		m.back(worthALook)
	case SeekTo:
		m.seekTo(engine.Epoch.Add(m.horizon().Sub(engine.Epoch) / DeckParts * time.Duration(msg.Part)))
	case SeekEvent:
		if m.seekEvent(msg.Event); msg.AtOnce {
			m.arrive()
		}
	case StayHere:
		m.line.Stay()
	case PickBranch:
		m.pickBranch(msg.Branch)
	case PickPacket:
		m.pickPacket(msg.ID)
		m.lookAt(m.packet.span)
	case TapeZoomed:
		m.zoomTo(msg.By)
	case TapePan:
		m.pan(msg.By)
	case ToggleWire:
		m.wireHides[msg.Kind] = !m.wireHides[msg.Kind]
	case WireSized:
		return m.sizeWire(msg.Height)
	case WireSpan:
		m.wireSpan = min(max(0, m.wireSpan+msg.By), len(wireSpans)-1)
	case Faster:
		m.speed = min(m.speed+1, len(speeds)-1)
	case Slower:
		m.speed = max(m.speed-1, 0)
	case Guess:
		m.answer(msg.Replica, msg.Kind)
	case StoryNext:
		m.next()
	case StoryBack:
		m.chapterBefore()
	case TogglePace:
		m.pace = pace{plain: !m.pace.plain}
	case ToggleGallery:
		return m.toggleGallery()
	case Search:
		m.gallery.words = msg.Words
	case EditScript:
		m.editor = editor{open: true, text: m.scriptText()}
		return []Cmd{Focus{EditorID}}
	case DiscardScript:
		m.editor = editor{}
		return []Cmd{Focus{EditID}}
	case CheckScript:
		m.check(msg.Text)
	case RunScript:
		return m.follow(m.runScript("", msg.Text))
	case CancelOpening:
		if m.file != nil && !m.opening {
			m.giveUpFile()
		} else {
			m.cancelOpening()
		}
		if m.editor.open {
			return []Cmd{Focus{EditorID}}
		}
		return []Cmd{Focus{TabID(m.tab)}}
	case ShowError:
		return []Cmd{markError(msg)}
	case SaveScript:
		return []Cmd{m.save(msg.Text)}
	case FileGiven:
		return m.follow(m.takeFile(msg))
	case Restart:
		m.open(m.scenario)
	case Pick:
		m.gallery.open, m.profile = false, ""
		m.open(msg.Scenario)
	case Linked:
		return m.follow(m.linked(msg))
	case DismissNotice:
		m.notice = Notice{}
	case ToggleShare:
		return m.toggleShare()
	case Packed:
		if m.share.open {
			m.share.page, m.share.fragment = msg.Page, msg.Fragment
		}
	case CopyText:
		m.status = msg.What + " is on the clipboard."
		return []Cmd{Copy{msg.Text}}
	case SaveAs:
		return m.saveAs(msg.Form)
	case PictureRefused:
		m.status = "This browser makes no PNG out of a picture here. The poster as SVG says the same, and other programs make pixels of it."
		m.notice = Notice{Text: m.status}
	case CloseVerdict:
		if v, ok := m.past.verdict(); ok {
			m.closedVerdict = v.seq
		}
	case ShowAnswer:
		return m.follow(m.showAnswer())
	case OpenPanel, AuditOf, CompareWith, GoTo, SizingOf, SizingInput, SizingSet, Pasted, PlayPasted:
		return m.follow(m.inPanel(msg))
	case SaveRDB:
		return m.follow(m.saveFile())
	case SetPlaying, SetSpeed, SetPace, SeekMoment, Perform, Themed, KeysWanted:
		return m.hosted(msg)
	case NextTheme:
		m.theme = map[string]string{"": "light", "light": "dark", "dark": ""}[m.theme]
		return []Cmd{SetTheme{m.theme}, Store{"theme", m.theme}}
	case ToggleTable:
		m.table = !m.table
	case ToggleHelp:
		return m.toggleHelp()
	case ToggleKeys:
		m.keys = !m.keys
		kept := ""
		if !m.keys {
			kept = "off"
		}
		return []Cmd{Store{"keys", kept}}
	case ToggleMute:
		m.muted = !m.muted
		kept := ""
		if m.muted {
			kept = "off"
		}
		return []Cmd{Store{"narrator", kept}}
	case CopyScript:
		m.status = "The script is on the clipboard."
		return []Cmd{Copy{m.scriptText()}}
	}
	return m.follow(nil)
}

// follow adds that the selected node's output shows its end whenever it has grown.
func (m *Model) follow(cmds []Cmd) []Cmd {
	if waiting := m.terminalWaits(); waiting != m.waited {
		m.waited = waiting
		return m.toEnd(m.selected, cmds...)
	}
	return cmds
}

// toEnd adds that a node's output shows its end. The other tabs are in the same element, and stay where they are.
func (m *Model) toEnd(node string, cmds ...Cmd) []Cmd {
	if m.tab == TabCLI {
		cmds = append(cmds, ScrollToEnd{OutputID(node)})
	}
	return cmds
}

func (m *Model) terminalWaits() bool {
	turns := m.past.turns[m.turnsHere(m.selected)]
	return len(turns) > 0 && turns[len(turns)-1].Waiting
}

// appears is for a column that has just appeared, in the element that held another one: what grows at its end is shown
// there, the rest from the top.
func (m *Model) appears() []Cmd {
	switch m.tab {
	case TabCLI, TabLog, TabScript:
		return []Cmd{ScrollToEnd{OutputID(m.selected)}}
	}
	return []Cmd{ScrollToStart{OutputID(m.selected)}}
}

func (m *Model) inputIf(ok bool, node, line string) []Cmd {
	if !ok {
		return nil
	}
	m.completion = Completion{Text: line}
	return []Cmd{SetInput{PromptID(node), line}}
}

// awaited is how much more work than usual a frame does for a journey: nothing else moves, and the reader waits for it.
const awaited = 3

// frame lets the simulated time that belongs to a frame pass. What the world could not do within its budget is not
// caught up later: it only means that the reader's second was a little longer.
func (m *Model) frame(elapsed time.Duration) (cmds []Cmd) {
	elapsed = min(max(0, elapsed), frameMax)
	m.quiet += elapsed
	m.digests.left -= elapsed
	if _, on := m.line.Seeking(); on {
		m.travel(awaited * m.work)
	} else if m.panels.logs.behind {
		m.readOn()
	} else if m.opening {
		m.rush(m.work)
	} else if m.file != nil {
		cmds = m.workOnFile()
	} else if m.due {
		m.settle()
		m.revision++
	} else if m.playing {
		s := speeds[m.speed]
		m.showOn(elapsed)
		scaled := int64(elapsed)*s.numerator + m.lag
		m.lag = scaled % s.denominator
		m.pass(elapsed, time.Duration(scaled/s.denominator))
		m.revision++
	}
	m.narrate()
	return cmds
}

// advance runs the world and the script up to a moment, and stops the clock where a lesson wants it.
func (m *Model) advance(to engine.Instant, steps int) {
	if m.chapters > 0 {
		m.tell(to, steps, nil)
	} else if _, err := m.line.Advance(to, steps); err != nil {
		m.ends(err)
	}
	m.sync()
	m.follows()
}

// ends says what ended the script, once.
func (m *Model) ends(err error) {
	if m.problem == "" {
		m.problem, m.playing = reason(err), false
	}
}

// follows takes over a speed that the script asks for, when it asks: afterwards the reader may choose another.
func (m *Model) follows() {
	wanted := m.session().Speed()
	if wanted == m.asked {
		return
	}
	m.asked = wanted
	for i, s := range speeds {
		if float64(s.numerator)/float64(s.denominator) <= wanted*1.01 {
			m.speed = i
		}
	}
}

// sync reads what is new in the event log.
func (m *Model) sync() {
	w := m.world()
	named := namedIn(w)
	for _, name := range w.Names() {
		m.past.prompts[name] = m.prompt(name)
	}
	m.pause()
	for events := w.Events(); m.past.seen < events.Len(); {
		next := (m.past.seen/chronicleEvery + 1) * chronicleEvery
		m.past.read(events.First(next), named)
		if n := len(m.before); m.past.seen == next && (n == 0 || m.before[n-1].seen < next) {
			m.before = append(m.before, m.past.clone())
		}
	}
	m.pause()
	m.marks.read(m.line.Events(), w)
	if slices.Contains(w.Removed(), m.selected) {
		m.selected, m.chosen, m.completion, m.fileNote = m.FirstNode(), "", Completion{}, ""
	}
}

// narrate speaks of what was new, not more often than one can listen to. A verdict does not wait for what is less than one to
// be heard, but it does for the verdict before it: where one follows the other, as in a loop of resyncs, the newest is told.
func (m *Model) narrate() {
	if m.playing && m.quiet < speakGap && (!m.past.loud || m.interrupted) {
		return
	}
	m.tellNow()
}

// tellNow speaks at once: of the reader's own act.
func (m *Model) tellNow() {
	said, seq := m.past.said, m.past.saidSeq
	if m.muted {
		said, seq = m.past.ruled, m.past.ruledSeq
	}
	if seq == m.spoken || seq < m.spoken && m.muted || said == "" {
		return
	}
	m.status, m.spoken, m.quiet, m.interrupted = m.again(said), seq, 0, m.past.loud || m.muted
	m.revision++
}

// again is what the narrator says. A screen reader says only what changes, so what was said last has a space behind it when it
// is said again.
func (m *Model) again(text string) string {
	if m.status == text {
		return text + "\u00a0"
	}
	return text
}

// toggle starts or stops the clock. Going on passes over a question that the story has stopped for.
func (m *Model) toggle() {
	m.playing, m.stepped = !m.playing, ""
	m.tale.goOn()
}

// anyEvent and worthALook say where a step ends: at whatever happens, or at what changes what the page says and not only
// its numbers.
func anyEvent(engine.Event) bool { return true }

func worthALook(e engine.Event) bool {
	switch e.Fact.(type) {
	case engine.PsyncAsked, engine.PsyncAnswered, engine.SyncFinished, engine.RoleChanged, engine.HistoryChanged,
		engine.BacklogTrimmed, engine.LinkChanged, engine.Replied, engine.Act, engine.FullSyncStarted:
		return true
	}
	return false
}

// do runs one statement at this instant, with everything that follows from it without time passing.
func (m *Model) do(line string) error { return m.doing(func() error { return m.line.Do(line) }) }

func (m *Model) doing(act func() error) error {
	observe(m.world(), m.known) // a node that this kills keeps its place
	branches := m.line.Current()
	if err := act(); err != nil {
		return err
	}
	m.stepped = "" // it is not the latest any more
	if m.line.Current() != branches {
		m.forked(branches)
	}
	m.settle()
	m.tellNow()
	return nil
}

// run does a line that a button or a test gave. One for a prompt is shown there.
func (m *Model) run(line string) []Cmd {
	if name, command, ok := strings.Cut(line, "> "); ok && !strings.ContainsAny(name, " /") {
		cmds := m.pickNode(name)
		m.tab = TabCLI
		return append(cmds, m.enter(name, command)...)
	}
	if err := m.act(line); err != nil {
		m.speak(reason(err))
	} else if names := m.world().Names(); m.selected == "" && len(names) > 0 { // the first server of an empty world
		return m.pickNode(names[0])
	}
	return nil
}

func (m *Model) toggleLoad(node string) []Cmd {
	if m.past.loads[node] {
		return m.run("unload " + node)
	}
	return m.run(loadLine(node))
}

func loadLine(node string) string { return "load " + node + " rate " + plain(loadRate) + "/s" }

func (m *Model) power(node string) []Cmd {
	if m.world().Node(node).Up() {
		return m.run("kill " + node)
	}
	return m.run("start " + node)
}

func (m *Model) pickNode(name string) []Cmd {
	for _, known := range m.world().Names() {
		if known == name {
			m.selected, m.chosen, m.completion, m.fileNote = name, "", Completion{}, ""
			return m.appears()
		}
	}
	return nil
}

// Worked is how much work was done so far for what is shown: things that happened in the world, and what takes as long. A
// scenario that is opened begins at 0.
func (m *Model) Worked() int64 { return m.line.Worked() }

// Page is what is drawn now.
func (m *Model) Page() Page {
	var p Page
	m.Draw(&p, AllParts)
	return p
}

// Draw brings parts of a page to what is drawn now, and leaves the others as they are.
func (m *Model) Draw(p *Page, parts Parts) {
	s := observe(m.world(), m.known)
	for _, followers := range []bool{false, true} { // the histories of masters have the first colours
		for _, n := range s.nodes {
			if n.up && n.repl.Replica == followers {
				m.past.meet(n.repl.ReplID)
			}
		}
	}
	if parts&(PartCards|PartMoreCards|PartLinks) != 0 {
		st := m.stage(&s)
		if len(st.Cards) == len(p.Stage.Cards) && len(st.Links) == len(p.Stage.Links) { // else nothing is where it was
			for i := range st.Cards {
				if parts&(PartCards<<(i%2)) == 0 {
					st.Cards[i] = p.Stage.Cards[i]
				}
			}
			if parts&PartLinks == 0 {
				st.Links = p.Stage.Links
			}
		}
		p.Stage = st
	}
	if parts&PartCards != 0 {
		if p.Table = nil; m.table {
			p.Table = m.tableRows(&s)
		}
	}
	if parts&PartTape != 0 {
		p.Tape = m.tape(&s)
	}
	if parts&PartWire != 0 {
		p.Wire = m.wire(&s)
	}
	if parts&PartColumn != 0 {
		p.Terminal = m.terminal(&s)
	}
	if parts&PartRest != 0 {
		p.Bar, p.Story, p.Deck = m.bar(&s), m.story(&s), m.deck(&s)
		p.Forecast, p.Calm, p.Verdict = m.briefly(m.veil(m.forecastRows(&s))), m.calm(&s), m.verdict(&s)
		p.Takeaway = m.takeaway(&s, p.Verdict)
		p.Gallery, p.Opening = m.library(), m.openingText()
		p.Share, p.Notice = m.shared(), m.notice
		p.ShowHelp, p.Keys, p.Muted, p.Status, p.Problem = m.help, m.keys, m.muted, m.status, m.problem
	}
}

// calm is what stands where answers are shown while there is none to show.
func (m *Model) calm(s *scene) string {
	followed := false
	for _, n := range s.nodes {
		if n.frozen() {
			return n.name + " stands still: it asks nothing and answers nobody until it goes on."
		}
		if what := s.vanishes(n); what != "" && n.connected() {
			return what + ", and both ends still believe in the link. Nobody asks before a timeout is over."
		}
		if !n.up && n.master >= 0 {
			return n.name + " is " + m.past.downWord(n.name) + ". When it starts and asks, " + s.nodes[n.master].name + "’s answer is shown here."
		}
		if n.up && n.master >= 0 && !n.connected() {
			return n.name + " is on its way to " + s.nodes[n.master].name + "."
		}
		if n.calls() {
			return n.name + " dials " + masterName(s, n) + ", and nobody answers there."
		}
		followed = followed || n.master >= 0
	}
	if len(s.nodes) == 0 {
		return "No server yet. Add one and another that follows it, and this line says what its master would answer."
	}
	if !followed {
		return "No server follows another. Make one a replica with REPLICAOF, and cut its link: this line says what its master would answer."
	}
	return "Every replica has its link. Cut one, and this line says what its master would answer if it came back now."
}

// Revision changes whenever the page may have.
func (m *Model) Revision() uint64 { return m.revision }

// Playing reports whether time passes by itself.
func (m *Model) Playing() bool { return m.playing }

// Flights are the capsules that move on the links in this frame.
func (m *Model) Flights(links []Link) []Flight { return flights(m.world(), links) }

func (m *Model) bar(s *scene) Bar {
	b := Bar{Title: m.script.Title, Theme: m.theme, Table: m.table, Facts: [3]string{eraName(cmp.Or(m.profile, usualEra))}}
	if lead := s.lead(m.selected); lead >= 0 && s.nodes[lead].up && s.nodes[lead].repl.BacklogSize > 0 {
		b.Facts[1] = "repl-backlog-size " + sized(s.nodes[lead].repl.BacklogSize)
	}
	if len(s.links) > 0 && s.links[0].Options.Latency > 0 {
		b.Facts[2] = shortly(s.links[0].Options.Latency) + " each way"
	}
	for _, c := range m.scenarios {
		if n := len(b.Scenarios); n == 0 || b.Scenarios[n-1].Label != c.Group {
			b.Scenarios = append(b.Scenarios, Shelf{Label: c.Group})
		}
		shelf := &b.Scenarios[len(b.Scenarios)-1]
		shelf.Choices = append(shelf.Choices, Choice{Name: c.Name, Label: scenarioTitle(c), On: c.Name == m.scenario})
	}
	return b
}

// scenarioTitle reads the title line of a scenario without parsing the rest.
func scenarioTitle(s Scenario) string {
	for line := range strings.Lines(s.Text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "title "); ok {
			return strings.Trim(rest, `"`)
		}
	}
	if s.Name == ownScenario {
		return ownTitle
	}
	return s.Name
}

// scriptText is what has been run and recorded so far.
// scriptText is what was done, and behind it what an error kept from running.
func (m *Model) scriptText() string {
	if s := m.session(); s.Err() != nil {
		return s.Whole(0).String()
	}
	return m.session().Script().String()
}

func chapterCount(s *script.Script) int {
	n := 0
	for _, st := range s.Statements {
		if _, ok := st.Act.(script.Step); ok {
			n++
		}
	}
	return n
}

// The ways in which the page is laid out; layout.css has the same borders.
func (m *Model) narrow() bool   { return m.width < 1280 }
func (m *Model) vertical() bool { return m.width < 600 }
func (m *Model) compact() bool  { return m.width < 768 }

func (m *Model) plotWidth() float64 {
	if m.plot > 0 {
		return m.plot
	}
	if m.compact() {
		return max(120, m.width-64)
	}
	return m.width - 136
}

func (m *Model) deckWidth() float64 {
	if m.track > 0 {
		return m.track
	}
	if m.compact() {
		return max(100, m.width-220)
	}
	return max(100, m.width-640)
}

// reason is an error in one line.
func reason(err error) string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		err = joined.Unwrap()[0]
	}
	var e *script.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return err.Error()
}

func (m *Model) tableRows(s *scene) []TableRow {
	var rows []TableRow
	for _, n := range s.nodes {
		r := TableRow{Name: n.name, Role: "master", State: n.state, Master: "–", Link: "–", Offset: at(n.repl.Offset), Behind: "–",
			Keys: commas(int64(n.keys)), History: n.repl.ReplID.Short(), Selected: n.name == m.selected}
		if n.repl.Replica {
			r.Role, r.Master, r.Offset = "replica", masterName(s, n), at(n.repl.Applied)
			r.Link = n.repl.Link.String()
			if n.master >= 0 {
				r.Link += pathNote(s, s.nodes[n.master].name, n.name)
			}
			if n.master >= 0 && s.nodes[n.master].up {
				r.Behind = byteCount(max(0, int64(s.nodes[n.master].repl.Offset-n.repl.Applied)))
			}
		}
		if !n.up {
			r.Offset, r.Behind, r.History = "–", "–", "–"
			if r.Link = "–"; n.master >= 0 {
				r.Link = "down" + pathNote(s, s.nodes[n.master].name, n.name)
			}
		}
		if n.master >= 0 {
			l := m.link(s, s.nodes[n.master], n)
			r.LinkID, r.Chosen, r.Action, r.Line = l.ID, l.Selected, l.Action, l.Line
		}
		for _, b := range badges(s, n) {
			if b.Kind != "frozen" {
				r.State += ", " + b.Word
			}
		}
		rows = append(rows, r)
	}
	return rows
}
