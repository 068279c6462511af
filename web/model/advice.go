package model

import (
	"strings"

	"resync/engine/command"
)

// advise adds to an error what Redis does not say and the page knows: the command that may have been meant, that this page
// leaves it out, or how a subscribed connection gets out. It is worked out when the turn is first drawn, and kept with it.
func (m *Model) advise(node string, t *Turn) {
	if !t.Error || t.advised {
		return
	}
	if table := m.world().Node(node).Commands(); table != nil {
		t.Note, t.advised = advice(table, t.Command, strings.ToLower(t.Text)), true
	}
}

func advice(table *command.Table, line, reply string) string {
	words := strings.Fields(line)
	if len(words) == 0 {
		return ""
	}
	switch name := strings.ToUpper(words[0]); {
	case strings.HasPrefix(reply, "(error) err unknown command"):
		if strings.Contains(" "+leftOut+" ", " "+name+" ") {
			return "Real Redis has " + name + "; this page leaves it out (see Help)."
		}
		return meant(name, "", table.All())
	case strings.HasPrefix(reply, "(error) err unknown subcommand") && len(words) > 1:
		if cmd := table.Lookup([]byte(name)); cmd != nil {
			return meant(strings.ToUpper(words[1]), cmd.Name+" ", pointers(cmd.Subs))
		}
	case strings.Contains(reply, "subscribe / "): // the list of what a subscribed connection may do
		if table.Lookup([]byte("RESET")) == nil {
			return "This connection is subscribed until it has unsubscribed from everything."
		}
		return "This connection is subscribed. RESET gets it out, and so does UNSUBSCRIBE from everything."
	}
	return ""
}

// meant asks for the name that is nearest to what was typed, if one is near.
func meant(typed, before string, all []*command.Command) string {
	best, least := "", 2*(1+len(typed)/5)+1
	for _, cmd := range all {
		n := 2 * distance(typed, cmd.Name)
		if cmd.Name[0] != typed[0] { // the first letter is rarely the wrong one
			n++
		}
		if n < least {
			best, least = cmd.Name, n
		}
	}
	if best == "" {
		return ""
	}
	return "Did you mean " + before + best + "?"
}

// distance is how many letters have to be put in, left out, changed or exchanged with the next one to make b of a.
func distance(a, b string) int {
	var before, above, row [32]int // rows of the table; no name is as long
	if len(a) >= len(row) || len(b) >= len(row) {
		return len(row)
	}
	for j := range b {
		row[j+1] = j + 1
	}
	for i := range a {
		before, above = above, row
		row[0] = i + 1
		for j := range b {
			changed := above[j]
			if a[i] != b[j] {
				changed++
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, changed)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
