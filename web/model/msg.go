package model

import "time"

// A Msg is one thing that happened to the page.
type Msg interface{ isMsg() }

type (
	// Frame is one animation frame: so much of the reader's time has passed since the one before, and so much work may be done
	// in it, as Model.Worked counts it; 0 stands for what a usual machine does in a frame.
	Frame struct {
		Elapsed time.Duration
		Work    int
	}
	// Tick lets exactly so much of the reader's time pass, in pieces as small as frames are. Tests use it.
	Tick struct{ Elapsed time.Duration }
	// Resized says how large the window is, how wide the drawing areas of tape and time line are in it, and how high wire and
	// stage, in CSS pixels; what could not be measured is 0.
	Resized struct{ Width, Height, Plot, Track, Wire, Stage float64 }

	// Typed is a line given at a node's prompt. Older and Newer ask for lines given there before.
	Typed struct{ Node, Line string }
	Older struct{ Node, Current string }
	Newer struct{ Node string }
	// PastedLines is a text with line ends that was pasted at a prompt: what stood before the cursor and the text, and what stood
	// behind it. Longer says that this is not all of it.
	PastedLines struct {
		Node, Text, Rest string
		Longer           bool
	}

	// Edited is what stands at a prompt now. Complete takes the chosen suggestion, CompleteNext chooses another one, and
	// CloseCompletion wants none.
	Edited          struct{ Node, Text string }
	Complete        struct{ Node string }
	CompleteNext    struct{ By int }
	CloseCompletion struct{}

	// PickClient shows another terminal of a node. ToggleToAll has what is typed go to every node, or not. Unblock gives up what
	// the shown terminal waits for.
	PickClient struct {
		Node   string
		Client int
	}
	ToggleToAll struct{}
	Unblock     struct{ Node string }

	// Configure sets a name of a node's configuration, as if typed at its prompt.
	Configure struct{ Node, Name, Value string }

	// Run is one line of the script, as if clicked. Do is the same for the buttons of the story.
	Run struct{ Line string }

	// Select chooses a node; SelectTab what its column shows.
	Select    struct{ Node string }
	SelectTab struct{ Tab string }
	// PickLink chooses a link, or the selected node's own faults with ".", and shows what can be done to it; PickFaults
	// does so for a node.
	PickLink   struct{ ID string }
	PickFaults struct{ Node string }
	// EnterFault puts a value into an entry of the palette, or of the form for another node; DoFault does what the row says.
	EnterFault struct{ Fault, Entry, Value string }
	DoFault    struct{ Fault string }
	// Drag picks a node up, "" lets it go; Drop lets it go over another one, which it follows then.
	Drag struct{ Node string }
	Drop struct{ On string }
	// Stride goes from a node or link of the stage into a direction: ArrowLeft, ArrowRight, ArrowUp, ArrowDown.
	Stride struct{ From, Way string }
	// ToggleLoad starts or ends background writing at a master.
	ToggleLoad struct{ Node string }
	// Power kills the node that runs and starts the one that does not.
	Power struct{ Node string }

	// Play starts or stops the clock. Step goes on by one event, NextEvent to the next one worth a look.
	Play      struct{}
	Step      struct{}
	NextEvent struct{}
	Faster    struct{}
	Slower    struct{}

	// Back goes to the event before, PreviousEvent to the latest one before that is worth a look. SeekTo goes to a part of
	// the time that was lived, of DeckParts; SeekEvent behind so many events, at once however far that is when a test asks.
	// StayHere gives a long way up. PickBranch looks at another branch.
	Back          struct{}
	PreviousEvent struct{}
	SeekTo        struct{ Part int64 }
	SeekEvent     struct {
		Event  int
		AtOnce bool
	}
	StayHere   struct{}
	PickBranch struct{ Branch int }

	// PickPacket chooses a packet on the wire; ToggleWire shows or hides a kind of them; WireSpan shows more time, or less.
	PickPacket struct{ ID int64 }
	ToggleWire struct{ Kind string }
	WireSpan   struct{ By int }
	// TapeZoomed looks closer at the stream, or wider; TapePan goes along it, back for a negative number.
	TapeZoomed struct{ By int }
	TapePan    struct{ By int }

	// Guess is the reader's answer to the story's question: continue or fullresync.
	Guess struct{ Replica, Kind string }
	// StoryNext goes on with a lesson, to the next sentence if one is being told; StoryBack goes to the beginning of the
	// chapter before. Restart begins the scenario again; Pick begins another one.
	StoryNext struct{}
	StoryBack struct{}
	Restart   struct{}
	Pick      struct{ Scenario string }

	// TogglePace goes from story pace to true pace and back.
	TogglePace struct{}
	// ToggleGallery opens and closes the library; Search looks for words in it.
	ToggleGallery struct{}
	Search        struct{ Words string }
	// EditScript opens what was done as a text that can be changed; DiscardScript closes it. CheckScript reads the text as
	// it stands, RunScript runs it as a scenario of its own, and CancelOpening gives that up while it is on its way.
	// ShowError goes to the place of an error in the text. SaveScript saves the text, or what was done for "".
	EditScript    struct{}
	DiscardScript struct{}
	CheckScript   struct{ Text string }
	RunScript     struct{ Text string }
	CancelOpening struct{}
	ShowError     struct {
		Text         string
		Line, Column int
	}
	SaveScript struct{ Text string }
	// FileGiven is a file that the reader dropped on the page or chose; Node is the one it was dropped on, or "".
	FileGiven struct {
		Name string
		Data []byte
		Node string
	}

	// CloseVerdict puts the latest verdict away. ShowAnswer shows the packet with its answer on the wire.
	CloseVerdict struct{}
	ShowAnswer   struct{}
	// NextTheme goes from the system's theme to light, dark and back. ToggleTable and ToggleHelp open and close.
	NextTheme   struct{}
	ToggleTable struct{}
	ToggleHelp  struct{}
	ToggleKeys  struct{}
	ToggleMute  struct{} // the narrator: of what happens, it tells verdicts only
	// CopyScript puts what was done on the clipboard, as a script.
	CopyScript struct{}
)

// A Key is a key pressed outside text fields, by the browser's name for it: "x", ">", "Escape".
type Key struct {
	Key   string
	Shift bool
}

func (Frame) isMsg()           {}
func (Tick) isMsg()            {}
func (Resized) isMsg()         {}
func (Typed) isMsg()           {}
func (Older) isMsg()           {}
func (Newer) isMsg()           {}
func (PastedLines) isMsg()     {}
func (Edited) isMsg()          {}
func (Complete) isMsg()        {}
func (CompleteNext) isMsg()    {}
func (CloseCompletion) isMsg() {}
func (PickClient) isMsg()      {}
func (ToggleToAll) isMsg()     {}
func (Unblock) isMsg()         {}
func (Configure) isMsg()       {}
func (Run) isMsg()             {}
func (Select) isMsg()          {}
func (SelectTab) isMsg()       {}
func (PickLink) isMsg()        {}
func (PickFaults) isMsg()      {}
func (EnterFault) isMsg()      {}
func (DoFault) isMsg()         {}
func (Drag) isMsg()            {}
func (Drop) isMsg()            {}
func (Stride) isMsg()          {}
func (ToggleLoad) isMsg()      {}
func (Power) isMsg()           {}
func (Play) isMsg()            {}
func (Step) isMsg()            {}
func (NextEvent) isMsg()       {}
func (Faster) isMsg()          {}
func (Slower) isMsg()          {}
func (Back) isMsg()            {}
func (PreviousEvent) isMsg()   {}
func (SeekTo) isMsg()          {}
func (SeekEvent) isMsg()       {}
func (StayHere) isMsg()        {}
func (PickBranch) isMsg()      {}
func (PickPacket) isMsg()      {}
func (ToggleWire) isMsg()      {}
func (WireSpan) isMsg()        {}
func (TapeZoomed) isMsg()      {}
func (TapePan) isMsg()         {}
func (Guess) isMsg()           {}
func (StoryNext) isMsg()       {}
func (StoryBack) isMsg()       {}
func (TogglePace) isMsg()      {}
func (ToggleGallery) isMsg()   {}
func (Search) isMsg()          {}
func (EditScript) isMsg()      {}
func (DiscardScript) isMsg()   {}
func (CheckScript) isMsg()     {}
func (RunScript) isMsg()       {}
func (CancelOpening) isMsg()   {}
func (ShowError) isMsg()       {}
func (SaveScript) isMsg()      {}
func (FileGiven) isMsg()       {}
func (Restart) isMsg()         {}
func (Pick) isMsg()            {}
func (CloseVerdict) isMsg()    {}
func (ShowAnswer) isMsg()      {}
func (NextTheme) isMsg()       {}
func (ToggleTable) isMsg()     {}
func (ToggleHelp) isMsg()      {}
func (ToggleKeys) isMsg()      {}
func (ToggleMute) isMsg()      {}
func (CopyScript) isMsg()      {}

// A Cmd is one thing that only the browser can do.
type Cmd interface{ isCmd() }

type (
	// SetInput replaces what an input shows.
	SetInput struct{ ID, Value string }
	// Focus moves the focus; Reveal scrolls until an element can be seen; ScrollToStart and ScrollToEnd show an element's
	// first line and its last.
	Focus         struct{ ID string }
	Reveal        struct{ ID string }
	ScrollToStart struct{ ID string }
	ScrollToEnd   struct{ ID string }
	// Mark selects a part of a text area and shows it; positions count UTF-16 units, as the browser does.
	Mark struct {
		ID       string
		From, To int
	}
	// Download saves a file.
	Download struct {
		Name, Mime string
		Data       string
	}
	// SetTheme is "light", "dark" or "" for the system's choice.
	SetTheme struct{ Name string }
	// Store keeps a setting, Copy puts text on the clipboard.
	Store struct{ Key, Value string }
	Copy  struct{ Text string }
)

func (SetInput) isCmd()      {}
func (Focus) isCmd()         {}
func (Reveal) isCmd()        {}
func (ScrollToStart) isCmd() {}
func (ScrollToEnd) isCmd()   {}
func (Mark) isCmd()          {}
func (Download) isCmd()      {}
func (SetTheme) isCmd()      {}
func (Store) isCmd()         {}
func (Copy) isCmd()          {}
