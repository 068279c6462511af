package model

import "resync/engine"

// A Page is everything that is drawn, in the order of the panels. Its parts are values: two pages that look the same
// compare equal, so that a component whose part did not change is left alone.
type Page struct {
	Bar      Bar
	Story    Story
	Stage    Stage
	Terminal Terminal
	Tape     Tape
	Wire     Wire
	Forecast []ForecastRow
	Verdict  Verdict
	Calm     string // said where neither a forecast nor a verdict is to be shown
	Takeaway Takeaway
	Deck     Deck
	Table    []TableRow // of the table view
	ShowHelp bool
	Gallery  Gallery
	Share    Share
	Notice   Notice // what is to be said of the link that was followed
	Opening  string // how far a long opening has come, "" when none is on its way
	Keys     bool   // single-key shortcuts are on
	Muted    bool   // the narrator tells verdicts only
	Status   string // what the narrator says
	Problem  string // why the script ended, or ""
}

// Parts are some of a page's parts. Each but tape and wire, which take longer, takes about as long to draw as any other.
type Parts uint8

// The parts of a page: the first, third and so on of the stage's nodes and the table in their place, the other nodes, the links,
// the tape, the wire, the column of the selected node, and everything else.
const (
	PartCards Parts = 1 << iota
	PartMoreCards
	PartLinks
	PartTape
	PartWire
	PartColumn
	PartRest

	PartCount = iota
	AllParts  = Parts(1<<PartCount - 1)
)

// Tone is a meaning, each with one colour: never the only sign of it.
type Tone string

// The meanings that have a colour.
const (
	Plain       Tone = ""
	ToneMuted   Tone = "muted"
	ToneMaster  Tone = "master"
	ToneReplica Tone = "replica"
	ToneOK      Tone = "continue"
	ToneFull    Tone = "full"
	ToneLost    Tone = "lost"
)

// A Bar is the top line.
type Bar struct {
	Title     string
	Facts     [3]string
	Scenarios []Shelf
	Theme     string // light, dark, or "" for the system's
	Table     bool   // the table stands in for the drawing
}

// A Shelf is a group of choices.
type Shelf struct {
	Label   string
	Choices []Choice
}

// A Choice is one of several, to be picked.
type Choice struct {
	Name, Label string
	On          bool
}

// A Story is the rail on the left: what has just happened, why, and what to try next.
type Story struct {
	Where    string // the scenario, or "Free play"
	Progress string // "Step 2 of 4", or ""
	Done     int    // chapters passed, and how many there are
	Chapters int
	Steps    []StoryStep
	Lead     string
	More     string
	Ask      Ask
	Try      []Try
	Next     string // what the button says that goes on with a lesson, "" when there is none
	Back     bool   // there is a way back to a chapter
	Restart  bool   // a button to begin again belongs here
	Folds    bool   // More is longer than the line that a narrow page has for it
	Telling  bool   // a lesson is being told: what it says is not folded
}

// About is what a story is about at the moment: in a lesson its sentence. In free play the numbers of the heading change with every
// write, and what there is to try only when something else has happened.
func (s *Story) About() string {
	if s.Telling || len(s.Try) == 0 {
		return s.Lead + s.More
	}
	return s.Try[0].Label
}

// A StoryStep is one chapter of a lesson.
type StoryStep struct {
	Heading string
	State   string // done, now, ahead
	Held    bool   // everything that it expects has come true
}

// An Ask is a question with two answers, asked before the page says which is right.
type Ask struct {
	Replica  string // who it is about, "" for no question
	Question string
	Said     string // what the reader said: continue, fullresync, or ""
	Truth    string // what it came to, once it is known
	Comment  string
}

// Open reports whether the reader has not answered yet.
func (a *Ask) Open() bool { return a.Replica != "" && a.Said == "" }

// A Try is something to do next: a line of the script behind a button.
type Try struct{ Label, Line string }

// A Stage is the drawing of nodes and links.
type Stage struct {
	Depths, Lanes int // how many columns of cards, and how many rows
	Vertical      bool
	Dense         bool // the cards are small, since there are many
	Cards         []Card
	Links         []Link
	Slot          Slot
	Sought        [3]string // the nodes that are to be in sight: the one that is selected, that is told of, that a question is about
	Label         string    // for those who cannot see it
}

// A Card is one node.
type Card struct {
	Name, Role   string // role: master, replica
	State        string // up, frozen, down
	Badges       []Badge
	Drop         string // what letting go of the dragged node here would do, "" for nothing
	Depth        int    // how many masters are above it
	Lane, Span   int    // the first lane that it takes, and how many
	Up, Selected bool
	Word         string
	WordTone     Tone
	Figure       string // its offset
	Caption      string // INFO's name for the figure
	History      string // its replid, short
	Lineage      int    // the history's colour
	Fact         string
	Digest       string // what DEBUG DIGEST begins with, "" where it is not worked out
	Master       string // whose data these should be,
	Differs      bool   // and are not
	Backlog      CardBacklog
	Load         string // what the load button says, "" for no button
	Loading      bool
	Fields       [2]Field
	Label        string
	Said         bool // the narration speaks of it
}

// A CardBacklog is the small picture of a master's backlog.
type CardBacklog struct {
	Shown  bool
	Held   string
	Note   string
	Blocks []CardBlock
	Limit  float64 // where in the room the limit is that it has grown beyond; 0 while it is within it
}

// A CardBlock is one block of it; X, W and Full are parts of the whole width.
type CardBlock struct {
	X, W, Full float64
	NextToGo   bool
}

// A Field is a name and value of INFO.
type Field struct{ Name, Value string }

// A Link is the path between a replica and its master.
type Link struct {
	ID              string // "m1-r1"
	Master, Replica string
	Depth, Lane     int // where it stands: to the left of (above) the replica's card
	Span            int
	Rail            bool // it begins at a line, since its master's card does not stand beside it
	Cut, Dead       bool
	Dark            [2]bool // in a blackhole: what the master sends vanishes, and what the replica sends
	Badges          []Badge
	Vertical        bool
	State, Note     string // "severed", "14.7 s ago"
	Figure          string
	Queue           Queue
	Action          string // Cut or Heal
	Line            string // what the button does
	Selected        bool
	Label           string
	Path            string // up, down, severed, blackhole: for styles and tests
	Said            bool   // the narration speaks of it
}

// A Queue is what waits in the master's output buffer for a replica, beside the limit at which the master drops it.
type Queue struct {
	Part float64 // of the limit, 0 to 1; 0 without a limit
	Word string  // "12,345 B of 65,536 B wait at m1", "" for nothing
}

// A Terminal is the column of the selected node.
type Terminal struct {
	Nodes      []Choice
	Name       string
	Role       string
	About      string
	Tab        string // cli, ledger, data, config, faults, add, log, script, wire
	Tabs       []Choice
	Ledger     Ledger
	Data       Data
	FileNote   string // what became of the file that was loaded or saved last
	Knobs      []Knob
	Faults     Faults
	Add        Fault
	Prompt     string
	Past       string   // what giving a command does while the page looks at the past, else ""
	Clients    []Choice // the terminals of this node
	ToAll      bool     // what is typed goes to every node
	Blocked    string   // what the shown terminal waits for, "" for nothing
	Turns      []Turn
	Log        []LogLine
	Editor     Editor
	Hint       string
	Completion Completion
	Chips      [4]Choice // what the keys over a phone's keyboard write: Name, and what stands on them
}

// WireID is the id of what shows the wire, drawn or as a table: what has the focus when the reader goes to it.
const WireID = "wire-shown"

// A Turn is one command with its reply.
type Turn struct {
	ID      int
	Prompt  string
	Command string
	Text    string
	Error   bool
	Waiting bool
	Note    string // what the page has to say of an error, or of a long reply; no part of it
	advised bool
	at      engine.Instant // when it was given
}

// A LogLine is one line of a node's log.
type LogLine struct {
	Clock, Level, Text string
	at                 engine.Instant
}

// A TableRow is one node in the table view, with its link to its master where it has one here.
type TableRow struct {
	Name, Role, State, Master, Link, Offset, Behind, Keys, History string

	Selected bool
	LinkID   string // "m1-r1", "" for none
	Chosen   bool   // the link is
	Action   string // Cut or Heal
	Line     string // what the button does
}
