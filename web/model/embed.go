package model

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

// An Embed is how a page that stands in another one is to look: the parts of its fragment that a whole page passes over.
type Embed struct {
	View     string // stage, tape, wire, cli: only that panel; "" for all that has room
	Controls string // minimal, none, full
	ReadOnly bool   // the reader may look and go through time, and change nothing
	Still    bool   // motion=off: nothing moves by itself
	NoKeys   bool   // keys=off: single keys are the host's
	Fit      bool   // height=auto: the host makes room for what is shown
	Play     string // autoplay: once, off, or "" for the scenario's own way
	True     bool   // pace=true
	Story    bool   // pace=story
	Speed    float64
}

// embedWords say what the values may be. The first two a permalink has as well.
var embedWords = [...][2]string{
	{"theme", "light, dark or auto"}, {"node", "one that is there"}, {"view", "stage, tape, wire or cli"}, {"controls", "minimal, none or full"},
	{"motion", "auto or off"}, {"keys", "on or off"}, {"autoplay", "once or off"}, {"pace", "story or true"}, {"speed", "a number from 0.02 to 20"},
	{"lazy", "visible, click or eager"},
}

// ParseEmbed reads them. What is wrong is left as it was, and said in notices.
func ParseEmbed(fragment string) (e Embed, notices []string) {
	e.Controls = "minimal"
	for _, part := range strings.Split(fragment, "&") {
		key, value, _ := strings.Cut(part, "=")
		if e.Set(key, value) {
			continue
		}
		for _, w := range embedWords[2:] {
			if w[0] == key {
				notices = append(notices, NoSetting(key, value))
			}
		}
	}
	return e, notices
}

// NoSetting says that there is no such setting, or what its values are.
func NoSetting(key, value string) string {
	for _, w := range embedWords {
		if w[0] == key {
			return key + " is " + w[1] + ", and not " + strconv.Quote(cut(value, 40)) + "."
		}
	}
	return "There is no setting " + strconv.Quote(cut(key, 40)) + "."
}

// Set changes one of them, and reports whether there is such a one with such a value.
func (e *Embed) Set(key, value string) bool {
	among := func(into *string, values ...string) bool {
		for _, v := range values {
			if v == value {
				*into = v
				return true
			}
		}
		return false
	}
	either := func(into *bool, on, off string) bool {
		if value == on || value == off {
			*into = value == on
			return true
		}
		return false
	}
	switch key {
	case "view":
		return among(&e.View, "", "stage", "tape", "wire", "cli")
	case "controls":
		return among(&e.Controls, "minimal", "none", "full")
	case "readonly":
		e.ReadOnly = value != "0" && value != "false" // HTML's readonly="readonly" among them
		return true
	case "motion":
		return either(&e.Still, "off", "auto")
	case "keys":
		return either(&e.NoKeys, "off", "on")
	case "height":
		e.Fit = value == "auto"
		return true
	case "autoplay":
		return among(&e.Play, "once", "off")
	case "pace":
		return either(&e.True, "true", "story") && either(&e.Story, "story", "true")
	case "speed":
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || !(n >= times(0) && n <= times(len(speeds)-1)) {
			return false
		}
		e.Speed = n
		return true
	case "lazy":
		return among(new(string), "visible", "click", "eager") // which the host does
	case "min-height", "max-height":
		return true
	}
	return false
}

// Allows reports whether a reader's message may pass. A host's own are never asked about.
func (e *Embed) Allows(msg Msg) bool {
	if !e.ReadOnly {
		return true
	}
	switch msg.(type) {
	case Play, Step, NextEvent, Back, PreviousEvent, SeekTo, StayHere, Faster, Slower, TogglePace, StoryNext, StoryBack, Guess,
		Restart, Select, SelectTab, PickPacket, ToggleWire, WireSpan, WireSized, TapeZoomed, TapePan,
		CloseVerdict, ToggleTable, DismissNotice, PickBranch, NextTheme, ToggleHelp, ToggleKeys, ToggleMute, ToggleShare, CopyText, CopyScript, SaveAs:
		return true
	}
	return false
}

// AllowsKey is the same for a key.
func (e *Embed) AllowsKey(key string) bool {
	return !e.ReadOnly || strings.Contains(" .,<>[]?tTvVwWsS123456789", key) || key == "Home" || key == "End" || key == "Escape"
}

// What a host may ask for. SetPlaying, SetSpeed and SetPace say how time goes by, SeekMoment goes to a moment. Perform does a
// line of the script, or one at a node's prompt, and tells what became of it with a Performed. Themed and KeysWanted are
// NextTheme and ToggleKeys without being kept.
type (
	SetPlaying struct{ On bool }
	SetSpeed   struct{ Times float64 }
	SetPace    struct{ True bool }
	SeekMoment struct{ Millis int64 }
	Perform    struct{ Node, Line string }
	Themed     struct{ Name string }
	KeysWanted struct{ On bool }
)

func (SetPlaying) isMsg() {}
func (SetSpeed) isMsg()   {}
func (SetPace) isMsg()    {}
func (SeekMoment) isMsg() {}
func (Perform) isMsg()    {}
func (Themed) isMsg()     {}
func (KeysWanted) isMsg() {}

// Performed is what became of it: why it was refused, or a command's reply. Waiting is for a command that has none yet.
type Performed struct {
	Refused string
	Turn    Turn
}

func (Performed) isCmd() {}

func (m *Model) hosted(msg Msg) []Cmd {
	switch msg := msg.(type) {
	case SetPlaying:
		if m.playing != msg.On {
			m.toggle()
		}
	case SetSpeed:
		m.speed = 0
		for i := range speeds {
			if times(i) <= msg.Times*1.01 {
				m.speed = i
			}
		}
	case SetPace:
		if m.pace.plain != msg.True {
			m.pace = pace{plain: msg.True}
		}
	case SeekMoment:
		m.seekTo(min(engine.Epoch.Add(time.Duration(msg.Millis)*time.Millisecond), m.line.End()))
		m.arrive()
	case Themed:
		m.theme = msg.Name
		return []Cmd{SetTheme{m.theme}}
	case KeysWanted:
		m.keys = msg.On
	case Perform:
		return m.follow(m.perform(msg))
	}
	return m.follow(nil)
}

func (m *Model) perform(p Perform) []Cmd {
	if p.Node == "" {
		if err := m.act(p.Line); err != nil {
			return []Cmd{Performed{Refused: reason(err)}}
		}
		return []Cmd{Performed{}}
	}
	if !m.HasNode(p.Node) {
		return []Cmd{Performed{Refused: "there is no node " + strconv.Quote(cut(p.Node, 40))}}
	}
	cmds := m.pickNode(p.Node)
	if m.tab != TabWire { // that has no column, where it is all that is shown
		m.tab = TabCLI
	}
	cmds = append(cmds, m.enter(p.Node, p.Line)...)
	var done Performed
	if turns := m.past.turns[m.turnsHere(p.Node)]; len(turns) > 0 {
		done.Turn = turns[len(turns)-1]
	}
	return append(cmds, done)
}

// Tab is what the column of a node shows.
func (m *Model) Tab() string { return m.tab }

// Opening reports whether the opening is still on its way, a journey through time, or a file.
func (m *Model) Opening() bool {
	_, seeking := m.line.Seeking()
	return m.opening || seeking || m.file != nil
}

// Happened is how many events have happened at the moment that is looked at.
func (m *Model) Happened() int { return m.world().Events().Len() }

// Permalink is the link to this moment, and the text that has to be packed into it, if any.
func (m *Model) Permalink() (Permalink, string) { return m.permalink() }

// HasScenario reports whether the library holds one of that name.
func (m *Model) HasScenario(name string) bool { return m.textOf(name) != "" }

// HasNode reports whether there is a node of that name now.
func (m *Model) HasNode(name string) bool { return m.world().Node(name).Name != "" }

// FirstNode is the node that is selected where nobody says another, "" where there is none.
func (m *Model) FirstNode() string {
	for _, name := range m.world().Names() {
		return name
	}
	return ""
}

// News is what a host is told now and then, as JSON: the state, what is wrong with what it asked for, and of what happened
// after so many events the commands and the verdicts, and the packets where they are wanted. While something is opening the
// rest is not worth telling.
func (m *Model) News(seen int, wire, opening bool, notice string) string {
	w := m.world()
	o := object("{")
	o.name("state")
	o = append(o, '{')
	o.number("t", w.Now().Sub(engine.Epoch).Milliseconds())
	o.number("event", int64(w.Events().Len()))
	o.truth("playing", m.playing)
	o.text("branch", m.line.Branches()[m.line.Current()].Name)
	o.name("speed")
	o = strconv.AppendFloat(o, times(m.speed), 'g', -1, 64)
	o.text("scenario", m.scenario)
	o.truth("opening", opening)
	o.optional("problem", m.problem)
	o = append(o, '}')
	o.optional("notice", notice)
	reached := 0
	chapters := m.chapterList()
	for i, k := range chapters {
		if k.State != "ahead" {
			reached = i + 1
		}
	}
	if reached > 0 {
		o.name("step")
		o = append(o, '{')
		o.number("id", int64(reached))
		o.text("heading", chapters[reached-1].Heading)
		o.truth("passed", chapters[reached-1].Held)
		o = append(o, '}')
	}
	const most = 200 // of a flood: the newest
	var events []object
	scene := observe(w, m.known)
	for _, e := range w.Events().From(min(seen, w.Events().Len())) {
		if kind, data := happening(e, &scene, wire); kind != "" {
			h := object("{")
			h.text("type", kind)
			h.name("data")
			events = append(events, append(append(h, data...), '}'))
		}
	}
	o.name("events")
	o = append(o, '[')
	for _, h := range tail(events, most) {
		o.next('{')
		o = append(o, h[1:]...)
	}
	return string(append(o, ']', '}'))
}

// happening is what a host hears of an event: a command, a verdict, or a packet. Most are not told.
func happening(e engine.Event, s *scene, wire bool) (kind string, data object) {
	o := object("{")
	switch f := e.Fact.(type) {
	case engine.Replied:
		kind = "command"
		o.text("node", e.Node)
		o.text("line", f.Command)
		o.text("reply", printed(f))
		o.truth("error", len(f.Reply) > 0 && f.Reply[0] == '-')
	case engine.PsyncAnswered:
		kind = "verdict"
		reply := answerFull.Word
		if f.Continued() {
			reply = answerContinue.Word
		}
		o.text("replica", s.named(f.Replica))
		o.text("master", e.Node)
		o.number("ask", int64(f.Want))
		o.number("first", int64(f.First))
		o.number("next", int64(f.Next))
		o.number("histlen", int64(f.Next-f.First))
		o.name("ids")
		o = append(o, '{')
		o.text("asked", string(f.Asked))
		o.text("replid", string(f.ReplID))
		o.text("replid2", string(f.ReplID2))
		o = append(o, '}')
		o.text("reply", reply)
		o.text("reason", f.Reason.String())
		o.number("bytes", f.Bytes)
	case *engine.Sent:
		if wire {
			return "wire", sim.AppendJSON(nil, e)
		}
	}
	return kind, append(o, '}')
}

// Outcome is what a host's request came to. The result is JSON itself.
func Outcome(result string) string { return `{"result":` + result + "}" }

// Refusal is why a request was not done: a word for programs, and a sentence.
func Refusal(code, message string) string {
	o := object("{")
	o.text("code", code)
	o.text("message", message)
	return string(append(o, '}'))
}

// JSON is what a host is told of a command that it gave.
func (t Turn) JSON() string {
	o := object("{")
	o.text("reply", t.Text)
	o.truth("error", t.Error)
	o.truth("waiting", t.Waiting)
	return string(append(o, '}'))
}
