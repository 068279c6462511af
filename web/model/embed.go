package model

import (
	"encoding/json"
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

// ParseEmbed reads them. What is wrong is left as it was.
func ParseEmbed(fragment string) Embed {
	e := Embed{Controls: "minimal"}
	for part := range strings.SplitSeq(fragment, "&") {
		key, value, _ := strings.Cut(part, "=")
		e.Set(key, value)
	}
	return e
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
		*into = value == on
		return value == on || value == off
	}
	switch key {
	case "view":
		return among(&e.View, "", "stage", "tape", "wire", "cli")
	case "controls":
		return among(&e.Controls, "minimal", "none", "full")
	case "readonly":
		e.ReadOnly = value == "" || value == "1" || value == "true"
		return e.ReadOnly || value == "0" || value == "false"
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
		e.Story = value == "story"
		return either(&e.True, "true", "story")
	case "speed":
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || !(n > 0) {
			return false
		}
		e.Speed = n
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
		Restart, Select, SelectTab, PickPacket, ToggleWire, WireSpan, CloseVerdict, ToggleTable, DismissNotice, PickBranch,
		NextTheme, ToggleHelp, ToggleKeys, ToggleShare, CopyText, CopyScript, SaveAs:
		return true
	}
	return false
}

// AllowsKey is the same for a key.
func (e *Embed) AllowsKey(key string) bool {
	return !e.ReadOnly || strings.Contains(" .,<>[]?tTsS123456789", key) || key == "Home" || key == "End" || key == "Escape"
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
		for i, s := range speeds {
			if float64(s.numerator)/float64(s.denominator) <= msg.Times*1.01 {
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
	if m.world().Node(p.Node).Name == "" {
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

// Opening reports whether the opening is still on its way, or a journey through time.
func (m *Model) Opening() bool {
	_, seeking := m.line.Seeking()
	return m.opening || seeking
}

// Happened is how many events have happened at the moment that is looked at.
func (m *Model) Happened() int { return m.world().Events().Len() }

// Permalink is the link to this moment, and the text that has to be packed into it, if any.
func (m *Model) Permalink() (Permalink, string) { return m.permalink() }

// HasScenario reports whether the library holds one of that name.
func (m *Model) HasScenario(name string) bool { return m.textOf(name) != "" }

// News is what a host is told now and then, as JSON: the state, and of what happened after so many events the commands and
// the verdicts, and the packets where they are wanted.
func (m *Model) News(seen int, wire bool) string {
	type step struct {
		ID      int    `json:"id"`
		Heading string `json:"heading"`
		Passed  bool   `json:"passed"`
	}
	type command struct {
		Node  string `json:"node"`
		Line  string `json:"line"`
		Reply string `json:"reply"`
		Error bool   `json:"error"`
	}
	type verdict struct {
		Replica string            `json:"replica"`
		Master  string            `json:"master"`
		Ask     int64             `json:"ask"`
		First   int64             `json:"first"`
		Next    int64             `json:"next"`
		Histlen int64             `json:"histlen"`
		IDs     map[string]string `json:"ids"`
		Reply   string            `json:"reply"`
		Reason  string            `json:"reason"`
		Bytes   int64             `json:"bytes"`
	}
	type happening struct {
		Type string `json:"type"`
		Data any    `json:"data"`
	}
	w := m.world()
	branches := m.line.Branches()
	var news struct {
		State struct {
			T        int64   `json:"t"`
			Event    int     `json:"event"`
			Playing  bool    `json:"playing"`
			Branch   string  `json:"branch"`
			Speed    float64 `json:"speed"`
			Scenario string  `json:"scenario"`
			Opening  bool    `json:"opening"`
			Problem  string  `json:"problem,omitempty"`
		} `json:"state"`
		Step   *step       `json:"step,omitempty"`
		Events []happening `json:"events"`
	}
	s := &news.State
	s.T, s.Event, s.Playing = w.Now().Sub(engine.Epoch).Milliseconds(), w.Events().Len(), m.playing
	s.Branch, s.Scenario, s.Opening, s.Problem = branches[m.line.Current()].Name, m.scenario, m.Opening(), m.problem
	s.Speed = float64(speeds[m.speed].numerator) / float64(speeds[m.speed].denominator)
	for i, k := range m.chapterList() {
		if k.State != "ahead" {
			news.Step = &step{i + 1, k.Heading, k.Held}
		}
	}
	const most = 200 // of a flood: the newest
	news.Events = []happening{}
	scene := observe(w, m.known)
	for _, e := range w.Events().From(min(seen, w.Events().Len())) {
		switch f := e.Fact.(type) {
		case engine.Replied:
			news.Events = append(news.Events, happening{"command", command{e.Node, f.Command, printed(f), len(f.Reply) > 0 && f.Reply[0] == '-'}})
		case engine.PsyncAnswered:
			reply := answerFull.Word
			if f.Continued() {
				reply = answerContinue.Word
			}
			news.Events = append(news.Events, happening{"verdict", verdict{
				Replica: scene.named(f.Replica), Master: e.Node, Ask: int64(f.Want), First: int64(f.First), Next: int64(f.Next),
				Histlen: int64(f.Next - f.First), Reply: reply, Reason: f.Reason.String(), Bytes: f.Bytes,
				IDs: map[string]string{"asked": string(f.Asked), "replid": string(f.ReplID), "replid2": string(f.ReplID2)},
			}})
		case *engine.Sent:
			if wire {
				news.Events = append(news.Events, happening{"wire", json.RawMessage(sim.AppendJSON(nil, e))})
			}
		}
	}
	news.Events = tail(news.Events, most)
	if news.Events == nil {
		news.Events = []happening{}
	}
	text, err := json.Marshal(news)
	if err != nil {
		panic("model: news of strings and numbers did not marshal: " + err.Error())
	}
	return string(text)
}
