package script

import (
	"strconv"
	"strings"
	"time"

	"resync/engine/sim"
)

// The limits of a script and of what may come of it. Going beyond one is an error that names it.
const (
	MaxText       = 1 << 20            // bytes of a script
	MaxStatements = 10_000             // comments and blank lines included
	MaxNodes      = sim.MaxNodes       // in a world
	MaxDuration   = 24 * time.Hour     // in one statement
	MaxTime       = 7 * 24 * time.Hour // of simulated time in a session
	MaxEvents     = 1_000_000          // in a session
)

// DefaultSeed is the seed of a script that names none.
const DefaultSeed = 1

// DefaultWithin is how long until waits when it is not said.
const DefaultWithin = 2 * time.Minute

// A Script is what can happen in a world, in order.
type Script struct {
	File       string // for errors; may be empty
	Title      string
	About      string
	Seed       uint64
	Statements []Statement
}

// A Statement is one line of a script: something to be done, a comment, both or neither.
type Statement struct {
	Line    int    // from 1; 0 when it comes from no text
	Act     Act    // nil for a line that does nothing
	Comment string // without its '#' and the blanks around it
}

// An Act is what a statement does. Its String is the canonical form, which parses to the same act.
type Act interface {
	String() string
	run(World) error // at the current instant; Wait, Until and narration are the business of whoever runs the script
}

// String prints the statement in its canonical form, without a line end.
func (s Statement) String() string {
	switch {
	case s.Act == nil && s.Comment == "":
		return ""
	case s.Act == nil:
		return "# " + s.Comment
	case s.Comment == "":
		return s.Act.String()
	}
	return s.Act.String() + " # " + s.Comment
}

// String prints the script in its canonical form: what it is called and its seed, then its statements.
func (s *Script) String() string {
	var b strings.Builder
	if s.Title != "" {
		b.WriteString("title " + sim.Quote(s.Title) + "\n")
	}
	if s.About != "" {
		b.WriteString("about " + sim.Quote(s.About) + "\n")
	}
	if s.Seed != DefaultSeed {
		b.WriteString("seed " + strconv.FormatUint(s.Seed, 10) + "\n")
	}
	for _, st := range s.Statements {
		b.WriteString(st.String())
		b.WriteByte('\n')
	}
	return b.String()
}
