package model

import (
	"slices"
	"strings"
)

// What is pasted at a prompt runs line by line, as at any terminal: all lines at this moment, one behind the other. Behind one
// that waits, as WAIT does, the others wait on the same connection, as they do at a real server. Many take some frames, in which
// time stands still.

// What one paste may have, and how much of it is done in a usual frame: a line takes a millisecond or two.
const (
	mostPasted = 200 // lines, at all nodes together
	pasteSlice = 8   // lines; half as many again are done at once
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
		return m.toEnd(p.Node)
	}
	if m.opening {
		m.remark(p.Node, "nothing pasted was run", "The script is still running.")
		return m.toEnd(p.Node)
	}
	if len(lines) > 0 {
		m.pasteLines(p.Node, lines)
	}
	if left > 0 {
		m.remark(p.Node, plural(int64(left), "pasted line")+" without a prompt left out: others have one", "")
	}
	rest += p.Rest
	m.completion = Completion{Text: rest} // no list before what was printed
	return m.toEnd(p.Node, SetInput{PromptID(p.Node), rest})
}

// pasteLines begins with the lines: a few are done at once.
func (m *Model) pasteLines(node string, lines []string) {
	if m.file == nil || m.file.lines == nil {
		m.giveUpFile()
		m.keepWayBack()
		m.file = &fileWork{node: node}
	}
	f := m.file
	for _, line := range lines {
		f.lines = append(f.lines, Typed{node, line})
	}
	few := len(f.lines)-f.ran <= m.pasteSlice()*3/2
	for m.pasteOn(f); few && m.file == f; {
		m.workOnFile()
	}
}

// pasteSlice is how many lines are run in this frame.
func (m *Model) pasteSlice() int {
	if m.toAll {
		return max(1, m.slice(pasteSlice)/max(1, len(m.world().Names())))
	}
	return m.slice(pasteSlice)
}

// pasteOn runs the next lines. A line behind which more is to be done at this moment than fits is the last one in a frame; and
// whoever has gone to the past meanwhile wants no branch there for each of the others.
func (m *Model) pasteOn(f *fileWork) []Cmd {
	completion := m.completion
	for n := m.pasteSlice(); n > 0 && f.ran < len(f.lines) && !m.due; n-- {
		if line := f.lines[f.ran]; f.ran == 0 || !m.rewound() {
			m.enter(line.Node, line.Line)
			f.ran++
			continue
		}
		m.remark(f.node, plural(int64(len(f.lines)-f.ran), "pasted line")+" not run: the page has gone to the past", "")
		f.ran = len(f.lines)
	}
	if m.completion = completion; f.ran == len(f.lines) && !m.due {
		m.file, m.left = nil, nil
	}
	return m.toEnd(f.node)
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
