package model

import (
	"strings"
	"testing"
)

// What is typed shows its end where it is printed. The other tabs are in the same element, and stay where the reader is.
func TestOnlyTheTerminalGoesToItsEnd(t *testing.T) {
	for _, tab := range []string{TabConfig, TabLedger, TabData} {
		for _, msg := range []Msg{Typed{"m1", "PING"}, Configure{"m1", "repl-timeout", "30"}, PastedLines{Node: "m1", Text: "PING\nPING\n"}, PastedLines{Node: "m1", Longer: true}} {
			m := opened(t, "")
			do(m, Select{"m1"}, SelectTab{tab})
			for _, c := range do(m, msg) {
				if _, end := c.(ScrollToEnd); end {
					t.Errorf("%T moves %s to its end", msg, tab)
				}
			}
		}
	}
}

// A field shows what CONFIG GET says, and says why it is not what was given.
func TestAKnobShowsWhatTheNodeTook(t *testing.T) {
	for _, c := range []struct {
		before, knob, value string
		shows, says         string
		off                 bool
	}{
		{"", "repl-timeout", "30", "30", "", false},
		{"", "repl-backlog-size", "2mb", "2097152", "", false},
		{"", "masterauth", "", "", "", false},
		{"", "repl-timeout", "abc", "60", `"abc": (error) ERR CONFIG SET failed`, false},
		{"kill m1", "repl-timeout", "30", "60", `"30": Could not connect`, true},
		{"freeze m1", "repl-timeout", "30", "60", "m1 stands still and does not answer", false},
	} {
		m := opened(t, "")
		do(m, Select{"m1"}, SelectTab{TabConfig})
		if c.before != "" {
			do(m, Run{c.before})
		}
		cmds := do(m, Configure{"m1", "repl-timeout", "nonsense"}, Configure{"m1", c.knob, c.value})
		if last := cmds[len(cmds)-1]; last != (SetInput{KnobID(c.knob), c.shows}) {
			t.Errorf("%s %s: %v", c.knob, c.value, last)
		}
		for _, k := range m.Page().Terminal.Knobs {
			says := c.says
			if k.Name != c.knob {
				says = ""
			} else if k.Value != c.shows {
				t.Errorf("%s %s: it is %q", c.knob, c.value, k.Value)
			}
			if !strings.HasPrefix(k.Error, says) || says == "" && k.Error != "" || k.Off != c.off {
				t.Errorf("%s, %s %s: %s is off: %t, and says %q", c.before, c.knob, c.value, k.Name, k.Off, k.Error)
			}
		}
		if c.says != "" && c.before == "" && !strings.HasPrefix(m.status, c.says) {
			t.Errorf("the narrator says %q", m.status)
		}
	}
	m := opened(t, "")
	do(m, SelectTab{TabConfig}, Run{"freeze m1"}, Configure{"m1", "repl-timeout", "30"}, Run{"thaw m1"})
	for _, k := range m.Page().Terminal.Knobs {
		if k.Error != "" || k.Name == "repl-timeout" && k.Value != "30" {
			t.Errorf("once it goes on, %s is %s and says %q", k.Name, k.Value, k.Error)
		}
	}
}
