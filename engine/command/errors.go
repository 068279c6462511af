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
	errLCSKeys        = "ERR The specified keys must contain string values"
	errLCSBoth        = "ERR If you want both the length and indexes, please just use IDX."
	errLCSMemory      = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
	errBitOffset      = "ERR bit offset is not an integer or out of range"
	errBit            = "ERR bit is not an integer or out of range"
	errBitArgument    = "ERR The bit argument must be 1 or 0."
	errBitopNot       = "ERR BITOP NOT must be called with a single source key."
	errOverflowType   = "ERR Invalid OVERFLOW type specified"
	errBitfieldType   = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
	errBitfieldRO     = "ERR BITFIELD_RO only supports the GET subcommand"
	errNotHLL         = "WRONGTYPE Key is not a valid HyperLogLog string value."
	errCorruptHLL     = "INVALIDOBJ Corrupted HLL object detected"
	errNoSuchHLL      = "ERR The specified key does not exist"
	errHLLDense       = "ERR HLL encoding is not sparse"
	errSameObject     = "ERR source and destination objects are the same"
	errBusyKey        = "BUSYKEY Target key name already exists."
	errFirstDB        = "ERR invalid first DB index"
	errSecondDB       = "ERR invalid second DB index"
	errIdleLFU        = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
	errFreqLRU        = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
	errIdleTime       = "ERR Invalid IDLETIME value, must be >= 0"
	errFrequency      = "ERR Invalid FREQ value, must be >= 0 and <= 255"
	errMigrateKey     = "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"
	errTTL            = "ERR Invalid TTL value, must be >= 0"
	errSortScores     = "ERR One or more scores can't be converted into double"
	errHashNotInteger = "ERR hash value is not an integer"
	errHashNotFloat   = "ERR hash value is not a float"
	errInfinite       = "ERR value is NaN or Infinity"
	errOutOfRange     = "ERR value is out of range"
	errCountRange     = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
	errNotPositive    = "ERR value is out of range, must be positive"
	errNumKeys        = "ERR numkeys should be greater than 0"
	errManyKeys       = "ERR Number of keys can't be greater than number of args"
	errLimit          = "ERR LIMIT can't be negative"
	errIndexRange     = "ERR index out of range"
	errCountZero      = "ERR count should be greater than 0"
	errCountNegative  = "ERR COUNT can't be negative"
	errMaxLenNegative = "ERR MAXLEN can't be negative"
	errRankZero       = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"
	errTimeout        = "ERR timeout is not a float or out of range"
	errTimeoutBelow   = "ERR timeout is negative"
	errNoCommand      = "ERR Invalid command specified"
	errNoKeyArguments = "ERR The command has no key arguments"
	errNoKeysFound    = "ERR Invalid arguments specified for command"
	errWordCount      = "ERR Invalid number of arguments specified for command"
)

// UnknownCommand returns the error for a command line whose first word is no command. It quotes the beginnings of
// the arguments.
func UnknownCommand(args [][]byte) string { return unknownCommand(args, 128, "'", "' ") }

// unknownCommand quotes up to so many bytes of the name, between marks, and the arguments between those and what ends
// each.
func unknownCommand(args [][]byte, name int, mark, end string) string {
	const most = 128
	text := append([]byte("ERR unknown command "+mark), cString(args[0], name)...)
	text = append(text, mark+", with args beginning with: "...)
	preview := len(text)
	for _, a := range args[1:] {
		if len(text)-preview >= most {
			break
		}
		text = append(text, mark...)
		text = append(text, cString(a, most-(len(text)-1-preview))...)
		text = append(text, end...)
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
