package model

import (
	"strings"
	"testing"
)

// A button that goes with what it closes leaves the focus where the reader came from, and not nowhere.
func TestTheFocusOutlivesItsButton(t *testing.T) {
	for name, c := range map[string]struct {
		before []Msg
		act    Msg
		to     string
	}{
		"help opens":       {nil, ToggleHelp{}, ""},
		"help closes":      {[]Msg{ToggleHelp{}}, ToggleHelp{}, HelpID},
		"edit":             {nil, EditScript{}, EditorID},
		"discard":          {[]Msg{EditScript{}}, DiscardScript{}, EditID},
		"run":              {[]Msg{EditScript{}}, RunScript{"node m1\n"}, EditID},
		"run what is bad":  {[]Msg{EditScript{}}, RunScript{"nod m1\n"}, ""},
		"cancel a script":  {[]Msg{EditScript{}, RunScript{strings.Repeat("node m1\nkill m1\n", 10_000)}}, CancelOpening{}, EditorID},
		"cancel a file":    {[]Msg{SelectTab{TabData}, FileGiven{Name: "dump.rdb", Data: largeFile(20_000)}}, CancelOpening{}, TabID(TabData)},
		"give up":          {[]Msg{Typed{"m1", "BLPOP nothing 0"}}, Unblock{"m1"}, PromptID("m1")},
		"give up a frozen": {[]Msg{Run{"freeze m1"}, Typed{"m1", "PING"}}, Unblock{"m1"}, PromptID("m1")},
		"nothing to end":   {nil, Unblock{"m1"}, ""},
	} {
		m := opened(t, "")
		do(m, Select{"m1"}, SelectTab{TabScript})
		do(m, c.before...)
		to := ""
		for _, cmd := range do(m, c.act) {
			if f, ok := cmd.(Focus); ok {
				to = f.ID
			}
		}
		if to != c.to {
			t.Errorf("%s: the focus goes to %q, want %q", name, to, c.to)
		}
	}
	for _, k := range []string{"?", "Escape"} {
		m := opened(t, "")
		do(m, ToggleHelp{})
		if _, used, cmds := PressKey(*m, Key{Key: k}); !used || len(cmds) != 1 || cmds[0] != (Focus{HelpID}) {
			t.Errorf("%s: %v", k, cmds)
		}
	}
}
