package model

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestWhatOfAPasteIsACommand(t *testing.T) {
	for _, c := range []struct {
		name, text string
		lines      []string
		rest       string
		left       int
	}{
		{"two lines", "SET a 1\nGET a\n", []string{"SET a 1", "GET a"}, "", 0},
		{"the last one has not ended", "SET a 1\r\nGET a", []string{"SET a 1"}, "GET a", 0},
		{"blank lines, old line ends and a comment", "SET a 1\r\r  \t\r# then\r\rGET a\r", []string{"SET a 1", "GET a"}, "", 0},
		{"one line with its end", "  SET a 1 \n", []string{"SET a 1 "}, "", 0},
		{"a page of documentation", "> SET bike:1 Deimos\nOK\n> GET bike:1\n\"Deimos\"\n", []string{"SET bike:1 Deimos", "GET bike:1"}, "", 2},
		{"a session of redis-cli", "127.0.0.1:6379> SELECT 1\nOK\n127.0.0.1:6379[1]> MULTI\nOK\n127.0.0.1:6379[1](TX)> SET a 1\nQUEUED\n127.0.0.1:6379[1](TX)> ",
			[]string{"SELECT 1", "MULTI", "SET a 1"}, "", 3},
		{"of an old one", "redis> SET a 1\nredis 127.0.0.1:6379> GET a\n", []string{"SET a 1", "GET a"}, "", 0},
		{"of this page", "m1:6379> SET a 1\nOK\nm1:6379 (2)> GET a\n\"1\"\nnot connected> ROLE\n", []string{"SET a 1", "GET a", "ROLE"}, "", 2},
		{"replies and no line end", "redis> GET a\n\"1\"", []string{"GET a"}, "", 1},
		{"prompts that are words", "SET a> b\nECHO \"x> y\"\n\"x> y\nEVAL a b> c\n", []string{"SET a> b", "ECHO \"x> y\"", "\"x> y", "EVAL a b> c"}, "", 0},
	} {
		lines, rest, left := pastedLines(c.text)
		if !slices.Equal(lines, c.lines) || rest != c.rest || left != c.left {
			t.Errorf("%s: %q, %q, %d left out", c.name, lines, rest, left)
		}
	}
}

// What is pasted does what typing does: the same script, the same terminal, the same history of the prompt.
func TestPastedLinesRunAsIfTyped(t *testing.T) {
	lines := []string{"SET a 1", "INCR a", "NONSENSE", `SET b "un`, "help", "GET a"}
	typed, pasted := opened(t, ""), opened(t, "")
	for _, line := range lines {
		do(typed, Typed{"m1", line})
	}
	cmds := do(pasted, PastedLines{Node: "m1", Text: strings.Join(lines, "\n") + "\nGET", Rest: " b"})
	if typed.scriptText() != pasted.scriptText() {
		t.Errorf("the script is\n%s\nwant\n%s", pasted.scriptText(), typed.scriptText())
	}
	if a, b := typed.Page().Terminal.Turns, pasted.Page().Terminal.Turns; !reflect.DeepEqual(a, b) {
		t.Errorf("the terminal has %v, want %v", b, a)
	}
	if !slices.Equal(typed.typed["m1"].lines, pasted.typed["m1"].lines) {
		t.Errorf("↑ finds %q", pasted.typed["m1"].lines)
	}
	if !slices.Contains(cmds, Cmd(SetInput{PromptID("m1"), "GET b"})) || pasted.completion.Text != "GET b" {
		t.Errorf("the prompt has not what is left: %v", cmds)
	}
}

// Behind a command that waits the others wait, as many as a paste may have, and each gets the reply that is its own.
func TestPastedLinesWaitBehindOneThatWaits(t *testing.T) {
	m := opened(t, "")
	text := "BLPOP queue 2\n"
	for i := range mostPasted - 1 {
		text += "SET k " + strconv.Itoa(i) + "\n"
	}
	do(m, PastedLines{Node: "m1", Text: text})
	runPasted(m)
	if got := m.Page().Terminal.Blocked; got != "waits, 2.000 s left, 199 lines behind it" {
		t.Errorf("shown is %q", got)
	}
	do(m, Tick{2100 * time.Millisecond})
	turns := m.past.turns["m1"]
	for _, turn := range turns {
		if want := map[bool]string{true: "(nil)", false: "OK"}[turn.Command == "BLPOP queue 2"]; turn.Text != want && strings.Contains(text, turn.Command+"\n") {
			t.Errorf("%s: %q", turn.Command, turn.Text)
		}
	}
	do(m, Typed{"m1", "GET k"})
	if turns = m.past.turns["m1"]; len(turns) != keptTurns || turns[len(turns)-1].Text != `"198"` {
		t.Errorf("%d turns, the last one says %q", len(turns), turns[len(turns)-1].Text)
	}

	do(m, PastedLines{Node: "m1", Text: "BLPOP queue 0\nGET k\n"}, Unblock{"m1"})
	if got := m.Page().Terminal; got.Blocked != "" || got.Turns[len(got.Turns)-1].Text != `"198"` {
		t.Errorf("given up: %q, %v", got.Blocked, got.Turns[len(got.Turns)-1])
	}
}

// runPasted lets as many frames pass as a paste takes: no time of the world's does.
func runPasted(m *Model) (frames int) {
	for ; m.file != nil; frames++ {
		do(m, Frame{Elapsed: 16 * time.Millisecond})
	}
	return frames
}

// A long paste is run a few lines a frame, what is typed meanwhile behind it; given up in any frame, it has changed nothing.
func TestALongPasteIsRunInSlicesAndCanBeGivenUp(t *testing.T) {
	text := ""
	for i := range mostPasted {
		text += "SET k " + strconv.Itoa(i) + "\n"
	}
	m := opened(t, "")
	do(m, Typed{"m1", "SET own key"}, Tick{time.Second})
	now := func() string {
		p := m.Page()
		p.Status, p.Terminal.FileNote = "", ""
		return fmt.Sprintf("%+v\n%s\n%s\n%s\n%q", p, m.Script(), m.Trace(), m.StateJSON(), m.typed["m1"].lines)
	}
	before, at := now(), m.world().Now()
	for given := 0; ; given++ {
		do(m, PastedLines{Node: "m1", Text: text})
		for frame := 0; frame < given && m.file != nil; frame++ {
			if text := m.Page().Opening; !strings.HasPrefix(text, "Running the pasted lines… ") || !m.Opening() {
				t.Fatalf("in frame %d: %q", frame, text)
			}
			ran := m.file.ran
			if do(m, Frame{Elapsed: 16 * time.Millisecond}); m.file != nil && m.file.ran > ran+pasteSlice {
				t.Fatalf("frame %d ran %d lines", frame, m.file.ran-ran)
			}
		}
		if m.file == nil {
			if given < mostPasted/pasteSlice-2 {
				t.Errorf("it took only %d frames", given)
			}
			break
		}
		do(m, CancelOpening{})
		if got := now(); got != before {
			t.Fatalf("given up after %d frames:\n%s\nwant\n%s", given, got, before)
		}
	}
	do(m, PastedLines{Node: "m1", Text: text}, Typed{"m1", "GET k"}, PastedLines{Node: "m1", Text: "SET k 1\nGET k\n"})
	runPasted(m)
	turns := m.past.turns["m1"]
	if n := len(turns); turns[n-3].Text != `"199"` || turns[n-1].Text != `"1"` || m.world().Now() != at || m.left != nil {
		t.Errorf("it ends with %v at %s", turns[n-3:], clock(m.world().Now()))
	}
	do(m, PastedLines{Node: "m1", Text: text}, SeekEvent{Event: 10})
	runPasted(m)
	if m.line.Count() != 1 || !strings.Contains(m.status, "pasted lines not run: the page has gone to the past") {
		t.Errorf("%d branches, and %s", m.line.Count(), m.status)
	}
}

func TestAPasteThatIsTooLongDoesNothingAndSaysSo(t *testing.T) {
	for _, c := range []struct {
		all  bool
		text PastedLines
		says string
	}{
		{false, PastedLines{Node: "m1", Text: strings.Repeat("SET a 1\n", mostPasted+1)}, "has 201 lines, and 200 lines"},
		{false, PastedLines{Node: "m1", Text: "SET a 1\nSET", Longer: true}, "more than 65,536 characters, and 200 lines"},
		{true, PastedLines{Node: "m1", Text: strings.Repeat("SET a 1\n", 67)}, "has 67 lines, and 66 lines"}, // at three nodes
	} {
		m := opened(t, "")
		m.toAll = c.all
		script := m.scriptText()
		cmds := do(m, c.text)
		turns := m.Page().Terminal.Turns
		if last := turns[len(turns)-1]; m.scriptText() != script || !last.Error || !strings.Contains(last.Text, c.says) || !strings.HasSuffix(m.status, last.Text) {
			t.Errorf("it says %q", last.Text)
		}
		if !reflect.DeepEqual(cmds, []Cmd{ScrollToEnd{OutputID("m1")}}) { // the prompt keeps what it has
			t.Errorf("%v", cmds)
		}
	}
}
