package model

import (
	"slices"
	"strings"

	"resync/engine/command"
	"resync/engine/resp"
)

// A Completion is what the page knows of a line that is being typed: how it might go on.
type Completion struct {
	Text  string       // the line so far
	Ghost string       // how it goes on, shown behind the caret
	Items []Suggestion // at most mostItems; empty when there is nothing to choose from
	At    int          // the one that Tab accepts
	About string       // what the command does, in a sentence
}

// A Suggestion is a word to go on with.
type Suggestion struct{ Word, Syntax, About string }

const mostItems = 8

// complete looks at a line that ends where the caret is.
func (m *Model) complete(node, text string) Completion {
	c := Completion{Text: text}
	v := m.world().Node(node)
	if !v.Up() || strings.TrimLeft(text, " ") == "" {
		return c
	}
	words, err := resp.SplitArgs(text)
	if err != nil { // between quotes
		return c
	}
	typing := "" // the word at the caret, perhaps none yet
	if !strings.HasSuffix(text, " ") {
		typing, words = words[len(words)-1], words[:len(words)-1]
	}
	table := v.Commands()
	if len(words) == 0 {
		c.among(table.All(), typing)
		return c
	}
	cmd := table.Lookup([]byte(words[0]))
	if cmd == nil {
		return c
	}
	given := words[1:]
	if len(cmd.Subs) > 0 {
		if len(given) == 0 {
			c.among(pointers(cmd.Subs), typing)
			return c
		}
		if cmd = cmd.Sub([]byte(given[0])); cmd == nil {
			return c
		}
		given = given[1:]
	}
	c.About = cmd.Summary
	for _, word := range m.words(cmd, given) {
		if hasPrefixFold(word, typing) && len(word) > len(typing) && len(c.Items) < mostItems {
			c.Items = append(c.Items, Suggestion{Word: word})
		}
	}
	if typing != "" {
		given = append(given, typing)
	}
	c.Ghost = cmd.Syntax // of the few whose arguments have no description
	if all := table.Arguments(cmd); len(all) > 0 || len(given) > 0 {
		c.Ghost = argumentsBehind(all, given)
	}
	if c.Ghost != "" && typing != "" {
		c.Ghost = " " + c.Ghost
	}
	return c
}

// among suggests the commands that begin as typed. The first of them is the ghost.
func (c *Completion) among(all []*command.Command, typing string) {
	if typing == "" {
		return
	}
	var fits []*command.Command
	for _, cmd := range all {
		if hasPrefixFold(cmd.Name, typing) {
			fits = append(fits, cmd)
		}
	}
	// The shortest first: GET before GETBIT. What is typed to the end needs no list.
	slices.SortStableFunc(fits, func(a, b *command.Command) int { return len(a.Name) - len(b.Name) })
	for i, cmd := range fits {
		if i == mostItems {
			break
		}
		c.Items = append(c.Items, Suggestion{cmd.Name, cmd.Syntax, cmd.Summary})
	}
	if len(fits) == 0 {
		return
	}
	first := fits[0]
	c.About = first.Summary
	c.Ghost = first.Name[len(typing):]
	if strings.ToLower(typing) == typing {
		c.Ghost = strings.ToLower(c.Ghost)
	}
	if first.Syntax != "" {
		c.Ghost += " " + first.Syntax
	}
	if len(fits) == 1 && len(first.Name) == len(typing) {
		c.Items = nil
	}
}

// words are what could stand at the next place of some commands: the names of the configuration, and other nodes.
func (m *Model) words(cmd *command.Command, given []string) (words []string) {
	switch cmd.FullName() {
	case "config|set", "config|get":
		if cmd.Name == "GET" || len(given)%2 == 0 { // names and values take turns
			for _, k := range knobs {
				words = append(words, k.name)
			}
		}
	case "replicaof", "slaveof":
		if len(given) == 0 {
			words = append(words, "NO ONE")
			for _, name := range m.world().Names() {
				words = append(words, name+" "+plain(int64(m.world().Node(name).Port)))
			}
		}
	case "info":
		words = []string{"replication", "stats", "persistence", "memory", "keyspace", "server", "clients", "everything"}
	}
	return words
}

func pointers(list []command.Command) []*command.Command {
	all := make([]*command.Command, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// accept is the line with the chosen suggestion in place of the word that is being typed.
func (c *Completion) accept() string {
	if c.At >= len(c.Items) {
		return c.Text
	}
	head := c.Text[:strings.LastIndexByte(c.Text, ' ')+1]
	word := c.Items[c.At].Word
	if typed := c.Text[len(head):]; typed != "" && typed == strings.ToLower(typed) && c.Items[c.At].About != "" {
		word = strings.ToLower(word)
	}
	return head + word + " "
}
