package script

import (
	"strings"

	"resync/engine/resp"
)

// A token is a word of a statement with the column, from 1, where it begins.
type token struct {
	kind tokenKind
	text string // quotes are resolved
	col  int
}

type tokenKind byte

const (
	tokenWord   tokenKind = iota // a bare word; a quoted part may end it, as in save="60 1"
	tokenString                  // between quotes
	tokenRead                    // between backquotes: a command at a node
	tokenOp                      // = != < <= > >=, in conditions only
)

// describe names the token in an error.
func (t token) describe() string {
	switch t.kind {
	case tokenString:
		return "the string \"" + t.text + "\""
	case tokenRead:
		return "`" + t.text + "`"
	}
	return "'" + t.text + "'"
}

const (
	blanks      = " \t\r"
	operators   = "=!<>"
	endOfBare   = blanks + "\"'`"
	endOfInCond = endOfBare + operators
)

// lex takes a line apart. What follows a '#' that begins a word is the comment. With condition set, operators are
// words of their own without blanks around them. An error says what and in which column.
func lex(line string, condition bool) (tokens []token, comment string, col int, wrong string) {
	stops := endOfBare
	for i := 0; ; {
		for i < len(line) && strings.IndexByte(blanks, line[i]) >= 0 {
			i++
		}
		if i == len(line) {
			return tokens, "", 0, ""
		}
		start := i
		switch c := line[i]; {
		case c == '#':
			return tokens, strings.Trim(line[i+1:], blanks), 0, ""
		case c == '`':
			end := strings.IndexByte(line[i+1:], '`')
			if end < 0 {
				return nil, "", start + 1, "the backquote is not closed"
			}
			i += end + 2
			tokens = append(tokens, token{tokenRead, line[start+1 : i-1], start + 1})
		case c == '"' || c == '\'':
			text, n, wrong := quoted(line[i:])
			if wrong != "" {
				return nil, "", start + 1, wrong
			}
			i += n
			tokens = append(tokens, token{tokenString, text, start + 1})
		case condition && strings.IndexByte(operators, c) >= 0:
			i++
			if i < len(line) && line[i] == '=' && c != '=' {
				i++
			}
			tokens = append(tokens, token{tokenOp, line[start:i], start + 1})
		default:
			if condition && len(tokens) > 0 {
				stops = endOfInCond
			}
			for i < len(line) && strings.IndexByte(stops, line[i]) < 0 {
				i++
			}
			text := line[start:i]
			if !condition && i < len(line) && (line[i] == '"' || line[i] == '\'') && line[i-1] == '=' {
				value, n, wrong := quoted(line[i:])
				if wrong != "" {
					return nil, "", i + 1, wrong
				}
				text += value
				i += n
			}
			tokens = append(tokens, token{tokenWord, text, start + 1})
		}
		if i < len(line) && !condition && strings.IndexByte(blanks, line[i]) < 0 {
			return nil, "", i + 1, "expected a blank here"
		}
	}
}

// quoted reads a string between quotes as redis-cli does, and says how many bytes it took.
func quoted(s string) (text string, n int, wrong string) {
	quote := s[0]
	if end := strings.IndexByte(s[1:], quote); end >= 0 && strings.IndexByte(s[1:end+1], '\\') < 0 {
		return s[1 : end+1], end + 2, "" // a file in base64 is long
	}
	for n = 1; n < len(s) && s[n] != quote; n++ {
		if s[n] == '\\' && (quote == '"' || n+1 < len(s) && s[n+1] == '\'') {
			n++
		}
	}
	if n >= len(s) {
		return "", 0, "the quote is not closed"
	}
	n++
	args, err := resp.SplitArgs(s[:n])
	if err != nil || len(args) != 1 {
		return "", 0, "the quote is not closed"
	}
	return args[0], n, ""
}
