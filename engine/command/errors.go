package command

import (
	"bytes"
	"strings"
)

// What commands answer when the user is wrong, in Redis's words.
//
// Source: redis/src/server.c, createSharedObjects, and where the commands are.
const (
	errWrongType      = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errSyntax         = "ERR syntax error"
	errNotInteger     = "ERR value is not an integer or out of range"
	errIntRange       = "ERR value is out of range, value must between -2147483648 and 2147483647"
	errNotFloat       = "ERR value is not a valid float"
	errNotFinite      = "ERR increment would produce NaN or Infinity"
	errOverflow       = "ERR increment or decrement would overflow"
	errDecrOverflow   = "ERR decrement would overflow"
	errOffset         = "ERR offset is out of range"
	errTooLong        = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	errNoSuchKey      = "ERR no such key"
	errDBIndex        = "ERR DB index is out of range"
	errCursor         = "ERR invalid cursor"
	errExpireNX       = "ERR NX and XX, GT or LT options at the same time are not compatible"
	errExpireGTLT     = "ERR GT and LT options at the same time are not compatible"
	errNoCommand      = "ERR Invalid command specified"
	errNoKeyArguments = "ERR The command has no key arguments"
	errWordCount      = "ERR Invalid number of arguments specified for command"
)

// UnknownCommand returns the error for a command line whose first word is no command. It quotes the beginnings of
// the arguments.
func UnknownCommand(args [][]byte) string {
	const most = 128
	text := append([]byte("ERR unknown command '"), cString(args[0], most)...)
	text = append(text, "', with args beginning with: "...)
	preview := len(text)
	for _, a := range args[1:] {
		if len(text)-preview >= most {
			break
		}
		text = append(text, '\'')
		text = append(text, cString(a, most-(len(text)-1-preview))...)
		text = append(text, '\'', ' ')
	}
	return string(text)
}

// UnknownSubcommand returns the error for a container called with a word that is no subcommand of it.
func UnknownSubcommand(c *Command, name []byte) string {
	return "ERR unknown subcommand '" + string(cString(name, 128)) + "'. Try " + c.Name + " HELP."
}

// WrongArity returns the error for too few or too many words.
func WrongArity(c *Command) string {
	return "ERR wrong number of arguments for '" + c.FullName() + "' command"
}

// cString returns what C's printf would show of b with a precision: at most that many bytes, and none behind a NUL.
func cString(b []byte, most int) []byte {
	b = b[:min(len(b), most)]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return b
}

func errExpireTime(c *Command) string {
	return "ERR invalid expire time in '" + c.FullName() + "' command"
}

// is reports whether b is the word, which is given in capitals, in any case. What stands behind a NUL byte does not
// count, since Redis compares such words as C strings.
func is(b []byte, word string) bool {
	if len(b) > len(word) && b[len(word)] == 0 {
		b = b[:len(word)]
	}
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// usage returns the lines of a container's HELP, made of its rows.
func usage(c *Command) []string {
	lines := []string{c.Name + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for i := range c.Subs {
		s := &c.Subs[i]
		lines = append(lines, strings.TrimRight(s.Name+" "+s.Syntax, " "), "    "+s.Summary)
	}
	return lines
}

// Help answers HELP of a container. Package node uses it for its own.
func Help(c *Call) {
	lines := usage(c.Cmd.Parent)
	c.Reply.Array(len(lines))
	for _, l := range lines {
		c.Reply.Simple(l)
	}
}
