package model

import (
	"cmp"
	"strings"

	"resync/engine/command"
)

// How a command line goes on is its arguments, as COMMAND DOCS describes them, less the words that are there: each word leaves
// the arguments that may stand behind it.

// An expected is an argument that may come next.
type expected struct {
	command.Argument
	again bool // it is not the first of its kind
}

// argumentsBehind are the arguments that may stand behind some words, as a usage line shows them; none where the words fit none.
func argumentsBehind(all []command.Argument, words []string) string {
	list := expect(all)
	for _, word := range words {
		rest, ok := behind(list, word, true)
		if !ok {
			rest, ok = behind(list, word, false)
		}
		if list = rest; !ok {
			return ""
		}
	}
	return usage(list)
}

func expect(all []command.Argument) []expected {
	list := make([]expected, len(all))
	for i, a := range all {
		list[i] = expected{Argument: a}
	}
	return list
}

// behind is what may stand behind a word, as a token or as anything else. It belongs to the first argument, or to one behind
// those that are optional. Where that is optional, too, those of them that begin with a token can still come.
func behind(list []expected, word string, token bool) (rest []expected, ok bool) {
	for i, a := range list {
		if own, ok := a.behind(word, token); ok {
			for _, passed := range list[:i] {
				if a.Optional && begins(passed.Argument) {
					own = append(own, passed)
				}
			}
			return append(own, list[i+1:]...), true
		}
		if !a.Optional {
			break
		}
	}
	return nil, false
}

// behind is what is left of an argument behind its first word.
func (a expected) behind(word string, token bool) (rest []expected, ok bool) {
	once := a.Argument
	once.Optional, once.Multiple = false, false
	switch {
	case a.Kind == "pure-token":
		ok = token && strings.EqualFold(word, a.Token)
	case a.Token != "":
		if ok = token && strings.EqualFold(word, a.Token); ok {
			once.Token = ""
			if !a.MultipleToken {
				once.Multiple = a.Multiple
				return []expected{{Argument: once}}, true
			}
			rest = []expected{{Argument: once}}
		}
	case a.Kind == "oneof":
		for _, part := range a.Parts {
			if rest, ok = (expected{Argument: part}).behind(word, token); ok {
				break
			}
		}
	case a.Kind == "block":
		rest, ok = behind(expect(a.Parts), word, token)
	default:
		ok = !token
	}
	if ok && a.Multiple {
		again := a.Argument
		again.Optional = true
		rest = append(rest, expected{again, true})
	}
	return rest, ok
}

// begins reports whether an argument begins with a token, whatever it is.
func begins(a command.Argument) bool {
	switch {
	case a.Token != "":
		return true
	case a.Kind == "block":
		return begins(a.Parts[0])
	case a.Kind != "oneof":
		return false
	}
	for _, part := range a.Parts {
		if !begins(part) {
			return false
		}
	}
	return true
}

// usage shows arguments as a line of documentation does: [what may be left out], <one | another>, and what comes [again ...].
func usage(list []expected) string {
	if len(list) == 1 && list[0].Kind == "oneof" && !list[0].Optional && !list[0].Multiple { // nothing that it could be mixed up with
		return list[0].choices()
	}
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.usage()
	}
	return strings.Join(words, " ")
}

func (a expected) usage() string {
	text := a.Name
	switch a.Kind {
	case "pure-token":
		text = cmp.Or(a.Token, `""`)
	case "block":
		text = usage(expect(a.Parts))
	case "oneof":
		if text = a.choices(); len(a.Parts) > 1 && (!a.Optional || a.Token != "" || a.again) {
			text = "<" + text + ">"
		}
	}
	whole := text
	if a.Token != "" && a.Kind != "pure-token" {
		if whole = a.Token + " " + text; a.MultipleToken {
			text = whole
		}
	}
	switch {
	case a.again:
		whole = text + " ..."
	case a.Multiple:
		whole += " [" + text + " ...]"
	}
	if a.Optional {
		whole = "[" + whole + "]"
	}
	return whole
}

func (a expected) choices() string {
	parts := make([]string, len(a.Parts))
	for i, p := range a.Parts {
		p.Optional = false // one of them it is
		parts[i] = expected{Argument: p}.usage()
	}
	return strings.Join(parts, " | ")
}
