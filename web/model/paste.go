package model

import (
	"slices"
	"strings"
)

// What is pasted at a prompt runs line by line, as at any terminal: all lines at this moment, one behind the other. Behind one
// that waits, as WAIT does, the others wait on the same connection, as they do at a real server.

// What one paste may have: the page stands still while it runs.
const (
	mostPasted = 200 // lines, at all nodes together
	// MostPastedText is how much of a paste is looked at, in UTF-16 units.
	MostPastedText = 64 << 10
)

// paste runs the lines that have an end. What the last one has without, and what stood behind the cursor, is at the prompt
// afterwards.
func (m *Model) paste(p PastedLines) []Cmd {
	lines, rest, left := pastedLines(p.Text)
	most := mostPasted
	if m.toAll {
		most /= max(1, len(m.world().Names()))
	}
	if p.Longer || len(lines) > most {
		what := "more than " + commas(MostPastedText) + " characters"
		if !p.Longer {
			what = commas(int64(len(lines))) + " lines"
		}
		m.remark(p.Node, "nothing pasted was run", "It has "+what+", and "+commas(int64(most))+" lines or "+
			commas(MostPastedText)+" characters are the most at once.")
		return []Cmd{ScrollToEnd{ID: OutputID(p.Node)}}
	}
	for _, line := range lines {
		m.enter(p.Node, line)
	}
	if left > 0 {
		m.remark(p.Node, plural(int64(left), "pasted line")+" without a prompt left out: others have one", "")
	}
	rest += p.Rest
	m.completion = Completion{Text: rest} // no list before what was printed
	return []Cmd{SetInput{PromptID(p.Node), rest}, ScrollToEnd{OutputID(p.Node)}}
}

// remark says at a prompt what no server has said, and what is wrong, if anything is.
func (m *Model) remark(node, what, wrong string) {
	m.past.addTurn(m.turnsHere(node), Turn{Prompt: "#", Command: what, Text: wrong, Error: wrong != ""})
	m.status = strings.TrimSpace("At " + node + ": " + what + ". " + wrong)
}

// pastedLines are the commands of a text, and what its last line has that did not end. Pages of documentation show commands
// behind a prompt and replies without one: where any line has a prompt, those without are no commands. left counts them.
func pastedLines(text string) (lines []string, rest string, left int) {
	all := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	shown := slices.ContainsFunc(all, func(line string) bool {
		_, ok := afterPrompt(line)
		return ok
	})
	for i, line := range all {
		command, ok := afterPrompt(line)
		switch {
		case strings.TrimSpace(line) == "":
		case shown && !ok:
			left++
		case i == len(all)-1:
			rest = command
		case command != "" && command[0] != '#':
			lines = append(lines, command)
		}
	}
	return lines, rest, left
}

// afterPrompt is what stands behind a prompt such as "127.0.0.1:6379[1]>", "redis>", "m1:6379 (2)>" or a mere ">". No command
// has a first word that ends so.
func afterPrompt(line string) (command string, ok bool) {
	line = strings.TrimLeft(line, " \t\u00a0")
	before, behind, ok := strings.Cut(line+" ", "> ")
	if !ok || strings.ContainsAny(before, `"'`) {
		return line, false
	}
	switch words := strings.Fields(before); len(words) {
	case 0, 1:
	case 2: // "redis 127.0.0.1:6379>", "not connected>" and our own second terminal
		if words[0] != "redis" && before != "not connected" && words[1][0] != '(' {
			return line, false
		}
	default:
		return line, false
	}
	return strings.TrimSpace(behind), true
}
