package command

import (
	"slices"
	"strings"

	"resync/engine/resp"
)

// argumentsOf returns the notation of a command's arguments, or "" for one without any.
func argumentsOf(fullName string) string {
	_, line, found := strings.Cut(argumentDocs, "\n"+fullName+" ")
	if !found {
		return ""
	}
	line, _, _ = strings.Cut(line, "\n")
	return line
}

// An argument is one of those of a command, or a part of one.
type argument struct {
	name, kind, keySpec, token, since, deprecated string
	hasToken                                      bool
	flags                                         []string
	parts                                         string // the notation of its own arguments
}

// argumentKinds are the types by their letters.
var argumentKinds = map[byte]string{
	'i': "integer", 'd': "double", 'k': "key", 'p': "pattern", 'u': "unix-time", 't': "pure-token", 'o': "oneof", 'b': "block",
}

// nextArgument reads one argument off the notation and returns what is behind it.
func nextArgument(text string) (a argument, rest string) {
	a.kind = "string"
	word := func() (w string) {
		end := strings.IndexAny(text, " ~#=@!?*+()")
		if end < 0 {
			end = len(text)
		}
		w, text = text[:end], text[end:]
		return w
	}
	a.name = word()
	for text != "" && text[0] != ' ' {
		mark := text[0]
		text = text[1:]
		switch mark {
		case '~':
			a.kind = argumentKinds[text[0]]
			text = text[1:]
			if a.kind == "pure-token" {
				a.token, a.hasToken = strings.ToUpper(a.name), true
			}
		case '#':
			a.keySpec = word()
		case '=':
			a.hasToken = true
			if strings.HasPrefix(text, "<") {
				a.token, text, _ = strings.Cut(text[1:], ">")
			} else {
				a.token = word()
			}
		case '@':
			a.since = word()
		case '!':
			a.deprecated = word()
		case '?':
			a.flags = append(a.flags, "optional")
		case '*':
			a.flags = append(a.flags, "multiple")
		case '+':
			a.flags = append(a.flags, "multiple_token")
		case '(':
			depth, end := 1, 0
			for ; depth > 0; end++ {
				switch {
				case text[end] == '<':
					end += strings.IndexByte(text[end:], '>') // a token may be a bracket
				case text[end] == '(':
					depth++
				case text[end] == ')':
					depth--
				}
			}
			a.parts, text = text[:end-1], text[end:]
		}
	}
	return a, strings.TrimPrefix(text, " ")
}

// replyArguments appends the list of arguments that the notation stands for.
//
// Source: redis/src/server.c, addReplyCommandArgList.
func replyArguments(w *resp.Writer, text string) {
	start, n := len(w.Buf), 0
	for text != "" {
		var a argument
		a, text = nextArgument(text)
		replyArgument(w, &a)
		n++
	}
	w.ArrayFrom(start, n)
}

func replyArgument(w *resp.Writer, a *argument) {
	fields := 2
	for _, has := range [...]bool{a.keySpec != "", a.hasToken, a.since != "", a.deprecated != "", a.flags != nil, a.parts != ""} {
		if has {
			fields++
		}
	}
	w.Map(fields)
	w.BulkString("name")
	w.BulkString(a.name)
	w.BulkString("type")
	w.BulkString(a.kind)
	if a.keySpec != "" {
		w.BulkString("key_spec_index")
		w.Int(int64(a.keySpec[0] - '0'))
	}
	if a.hasToken {
		w.BulkString("token")
		w.BulkString(a.token)
	}
	if a.since != "" {
		w.BulkString("since")
		w.BulkString(a.since)
	}
	if a.deprecated != "" {
		w.BulkString("deprecated_since")
		w.BulkString(a.deprecated)
	}
	if a.flags != nil {
		w.BulkString("flags")
		w.Set(len(a.flags))
		for _, f := range a.flags {
			w.Simple(f)
		}
	}
	if a.parts != "" {
		w.BulkString("arguments")
		replyArguments(w, a.parts)
	}
}

// An Argument is one of those of a command, or a part of one, as COMMAND DOCS describes it.
type Argument struct {
	Name, Kind    string
	Token         string // the word that it begins with, or that it is alone
	Optional      bool
	Multiple      bool // it may come several times
	MultipleToken bool // and each time begins with Token
	Parts         []Argument
}

// Arguments are those that a command of the table takes.
func (t *Table) Arguments(c *Command) []Argument {
	return t.edition.arguments(argumentsOf(c.FullName()))
}

func (e *Edition) arguments(text string) (list []Argument) {
	for a := (argument{}); text != ""; {
		if a, text = nextArgument(text); e.lacks(&a) {
			continue
		}
		has := func(flag string) bool { return slices.Contains(a.flags, flag) }
		list = append(list, Argument{a.name, a.kind, a.token, has("optional"), has("multiple"), has("multiple_token"), e.arguments(a.parts)})
	}
	return list
}
