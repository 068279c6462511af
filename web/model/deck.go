package model

import (
	"resync/engine"
	"resync/engine/script"
)

// A Deck is the time control.
type Deck struct {
	Playing  bool
	Clock    string
	State    string // live, paused, rewound
	Going    string // how far a long way to another moment has come, or ""
	At       int64  // the moment that is looked at, in parts of DeckParts of the time that was lived
	Moment   string // the moment in words
	Rewound  bool
	Part     float64  // At as a part of the line
	Lived    float64  // how far this branch goes: 1, but for a ghost that goes further
	Branches []Choice // by their numbers; none while there is only one
	Speed    string   // "1×"
	Slower   bool     // there is a slower one, a faster one
	Faster   bool
	Marks    []DeckMark
	Commands []float64 // where somebody gave one, as parts of the line; one for several that could not be told apart
	Seed     string
	Event    string // what the latest step was, while the clock stands
	Story    bool   // story pace, not true pace
	Skipped  string // "skipped 59.2 s", or ""
	Ghost    Ghost  // another branch
}

// A DeckMark is something that happened, on the line of time; X is a part of the time so far.
type DeckMark struct {
	X      float64
	Kind   string
	Text   string // "" where it would meet another
	Anchor string // of the text, as SVG says it
	Tone   Tone
}

// DeckParts is how finely the line of time can be gone along: about as finely as it can be drawn. It stays the same while
// time passes, since a browser that is told a larger value before the larger end cuts it off.
const DeckParts = 1000

// speeds are simulated seconds for each second of the reader.
var speeds = [...]struct {
	text                   string
	numerator, denominator int64
}{{"0.02×", 1, 50}, {"0.05×", 1, 20}, {"0.1×", 1, 10}, {"0.2×", 1, 5}, {"0.5×", 1, 2}, {"1×", 1, 1}, {"2×", 2, 1}, {"5×", 5, 1}, {"10×", 10, 1}, {"20×", 20, 1}}

// times is one of them as a number.
func times(speed int) float64 {
	return float64(speeds[speed].numerator) / float64(speeds[speed].denominator)
}

// realSpeed is the index of 1×.
const realSpeed = 5

func (m *Model) deck(s *scene) Deck {
	d := Deck{
		Playing: m.playing, Clock: clock(s.now) + " s", State: "live", Speed: speeds[m.speed].text,
		Slower: m.speed > 0, Faster: m.speed < len(speeds)-1, Seed: plain(int64(m.script.Seed)),
	}
	if !m.playing {
		d.State, d.Event = "paused", m.stepped
	}
	d.Story, d.Skipped = !m.pace.plain, m.pace.sign
	d.when(m, s.now)
	d.Marks, d.Commands, d.Ghost = m.deckMarks(m.horizon()), m.deckCommands(m.horizon()), m.ghost()
	return d
}

// when says at which moment of which branch the page looks.
func (d *Deck) when(m *Model, now engine.Instant) {
	end, events := m.line.End(), m.world().Events().Len()
	d.Part = min(1, float64(now-engine.Epoch)/float64(max(1, m.horizon()-engine.Epoch)))
	d.Lived = float64(end-engine.Epoch) / float64(max(1, m.horizon()-engine.Epoch))
	d.At = int64(d.Part*DeckParts + 0.5)
	d.Moment = clock(now) + " s, event " + commas(int64(events)) + " of " + commas(int64(m.line.Events().Len()))
	if d.Event != "" {
		d.Moment += ", " + d.Event // others may have happened at the same moment
	} else if events > 0 {
		d.Moment += ", " + eventText(m.world(), m.world().Events().At(events-1))
	}
	var branches []script.Branch
	if m.line.Count() > 1 { // they bring their scripts, which may be long
		branches = m.line.Branches()
	}
	if d.Rewound = m.rewound(); d.Rewound {
		d.State = "viewing " + clock(now) + " of " + clock(end) + " s · branch " + m.branchName()
	}
	if part, on := m.line.Seeking(); on {
		d.Going = "going there… " + plain(int64(part*100)) + " %"
	}
	if len(branches) < 2 {
		return
	}
	for i, b := range branches {
		d.Branches = append(d.Branches, Choice{Name: plain(int64(i)), Label: b.Name, On: i == m.line.Current()})
	}
}

// branchName is the name of the branch on show. To ask for names brings the scripts of all branches, which may be long.
func (m *Model) branchName() string {
	if m.line.Count() == 1 {
		return "A"
	}
	return m.line.Branches()[m.line.Current()].Name
}

// deckMarks puts what happened on the line of time. Where two labels would meet, the rarer kind keeps its words: an
// answer before a fault, a fault before a repair.
func (m *Model) deckMarks(now engine.Instant) []DeckMark {
	total := float64(now.Sub(engine.Epoch))
	if total <= 0 {
		return nil
	}
	width := m.deckWidth()
	list := make([]DeckMark, 0, len(m.marks.list))
	for _, h := range m.marks.list {
		k := DeckMark{X: float64(h.at.Sub(engine.Epoch)) / total, Kind: h.kind}
		k.Text, k.Tone = markWords(h.happened)
		list = append(list, k)
	}
	taken := make([]TapeText, 0, len(list))
	for _, rank := range []string{"continue", "full", "kill", "shutdown", "remove", "sever", "blackhole", "isolate", "freeze", "start", "heal", "rejoin", "thaw"} {
		for i := len(list) - 1; i >= 0; i-- {
			k := &list[i]
			if k.Kind != rank {
				continue
			}
			label := TapeText{X: k.X, Anchor: "middle", Text: k.Text}
			lo, hi := extent(label, width)
			if hi > width { // just now: the words end at the mark
				label.Anchor = "end"
				lo, hi = extent(label, width)
			}
			clear := lo >= 0 && hi <= width
			for _, t := range taken {
				clear = clear && !overlap(label, t, width)
			}
			if clear {
				taken = append(taken, label)
				k.Anchor = label.Anchor
			} else {
				k.Text = ""
			}
		}
	}
	return list
}

// commandsApart is how far the ticks of commands are from each other at least, in CSS pixels.
const commandsApart = 4

// deckCommands puts the commands on the line of time.
func (m *Model) deckCommands(now engine.Instant) (list []float64) {
	total, apart := float64(now.Sub(engine.Epoch)), commandsApart/m.deckWidth()
	for _, c := range m.marks.commands {
		if x := float64(c.at.Sub(engine.Epoch)) / max(1, total); len(list) == 0 || x-list[len(list)-1] >= apart {
			list = append(list, x)
		}
	}
	return list
}

// A Moment is a fault, an answer or a command of the line of time in words. Event is how many events had happened with it.
type Moment struct {
	Event       int
	Clock, Told string
	Tone        Tone
	On          bool // the latest one before what is looked at
}

// Moments are the line of time for those who read it, newest first.
type Moments struct {
	About string
	List  []Moment
}

const shownMoments = 100

func (m *Model) moments() Moments {
	marks, commands := m.marks.list, m.marks.commands
	k := Moments{About: "faults, answers and commands, newest first"}
	switch n := len(marks) + len(commands); {
	case n == 0:
		k.About = "nothing but writes and heartbeats yet"
	case n > shownMoments:
		k.About += ": the latest " + plain(shownMoments)
	}
	seen, found := m.world().Events().Len(), false
	for i, j := len(marks), len(commands); i+j > 0 && len(k.List) < shownMoments; {
		var row Moment
		if j == 0 || i > 0 && marks[i-1].seq > commands[j-1].seq {
			i--
			row = marks[i].row()
			_, row.Tone = markWords(marks[i].happened)
		} else {
			j--
			row = commands[j].row()
		}
		row.On = !found && row.Event <= seen
		found = found || row.On
		k.List = append(k.List, row)
	}
	return k
}

func (t *timeMark) row() Moment {
	return Moment{Event: int(t.seq) + 1, Clock: clock(t.at), Told: t.told}
}

func markWords(h happened) (string, Tone) {
	switch h.kind {
	case "continue":
		return "CONTINUE", ToneOK
	case "full":
		return "FULLRESYNC", ToneFull
	case "sever":
		return "cut", ToneLost
	case "blackhole":
		return "blackhole", ToneLost
	case "heal":
		return "heal", Plain
	case "kill", "shutdown", "remove", "isolate", "freeze":
		return h.kind + " " + h.a, ToneLost
	}
	return h.kind + " " + h.a, Plain
}
