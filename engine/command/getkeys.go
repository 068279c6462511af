package command

import (
	"iter"

	"resync/engine/resp"
)

// Which words of a command line are its keys: COMMAND GETKEYS and GETKEYSANDFLAGS. The key specs of the row tell, as
// long as they make sense for the line. Where a number of keys does not, it is read again in C's more forgiving way.

// A keyAt is a key of a command line: its position, and what becomes of it, 0 for not known.
type keyAt struct {
	at    int
	flags KeyFlags
}

// commandGetKeys implements COMMAND GETKEYS command [arg ...], and commandGetKeysAndFlags the one that tells the
// flags too.
//
// Source: redis/src/server.c, getKeysSubcommandImpl.
func commandGetKeys(c *Call) {
	line, keys := c.keysOfLine()
	if line == nil {
		return
	}
	c.Reply.Array(len(keys))
	for _, k := range keys {
		c.Reply.Bulk(line[k.at])
	}
}

func commandGetKeysAndFlags(c *Call) {
	line, keys := c.keysOfLine()
	if line == nil {
		return
	}
	c.Reply.Array(len(keys))
	for _, k := range keys {
		c.Reply.Array(2)
		c.Reply.Bulk(line[k.at])
		c.replyStatusSet(k.flags.Names(), "")
	}
}

// keysOfLine returns the command line inside a command line, and its keys. When it has none it answers so, and returns
// no line.
func (c *Call) keysOfLine() (line [][]byte, keys []keyAt) {
	line = c.Args[2:]
	cmd := c.table().Lookup(line[0])
	if cmd != nil && len(cmd.Subs) > 0 && len(line) > 1 {
		cmd = cmd.Sub(line[1])
	}
	switch {
	case cmd == nil:
		c.Reply.Error(errNoCommand)
	case !cmd.hasKeys():
		c.Reply.Error(errNoKeyArguments)
	case !cmd.Accepts(len(line)):
		c.Reply.Error(errWordCount)
	default:
		if keys = cmd.keysOf(line); len(keys) > 0 || cmd.Flags&NoMandatoryKeys != 0 {
			return line, keys
		}
		c.Reply.Error(errNoKeysFound)
	}
	return nil, nil
}

// KeysOf are the keys of a command line, in its order; channels of a cluster are none.
func (c *Command) KeysOf(args [][]byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if !c.hasKeys() || !c.Accepts(len(args)) {
			return
		}
		if c.First > 0 && c.First == c.Last && c.Flags&MovableKeys == 0 {
			yield(args[c.First]) // nearly all have one
			return
		}
		for _, k := range c.keysOf(args) {
			if !yield(args[k.at]) {
				return
			}
		}
	}
}

// hasKeys reports whether the command can have keys; channels of a cluster are none.
func (c *Command) hasKeys() bool {
	for i := range c.Keys {
		if c.Keys[i].Flags&KeyNotKey == 0 {
			return true
		}
	}
	return false
}

// keysOf returns the keys of a line that fits the arity.
//
// Source: redis/src/db.c, getKeysFromCommandWithSpecs and getKeysUsingKeySpecs.
func (c *Command) keysOf(args [][]byte) (keys []keyAt) {
	for i := range c.Keys {
		s := &c.Keys[i]
		first, last, ok := s.find(args)
		if !ok {
			return c.keysRead(args)
		}
		if first == 0 {
			continue
		}
		flags := s.Flags
		if flags&KeyVariable != 0 {
			flags = c.KeyFlags(args)
		}
		for at := first; at <= last; at += s.Step {
			keys = append(keys, keyAt{at, flags})
		}
	}
	return keys
}

// KeysIn returns the keys of a command line that fits the arity.
func (c *Command) KeysIn(args [][]byte) [][]byte {
	var keys [][]byte
	for _, k := range c.keysOf(args) {
		keys = append(keys, args[k.at])
	}
	return keys
}

// find returns the positions of the first and the last key in a line, 0 where the line has none of this spec, and whether
// the spec makes sense for it.
func (s *KeySpec) find(args [][]byte) (first, last int, ok bool) {
	if s.Where != nil {
		first = s.Where(args)
		return first, first, true
	}
	first = s.Begin
	if s.Begin < 0 {
		for first = len(args) + s.Begin; first > 1 && !is(args[first], s.Keyword); {
			first--
		}
		return 0, 0, first <= 1 // there is one, so that only the command itself can tell
	}
	if s.Keyword != "" {
		// Nothing can follow the last word.
		for first < len(args)-1 && !is(args[first], s.Keyword) {
			first++
		}
		if first >= len(args)-1 {
			return 0, 0, true
		}
		first++
	}
	switch {
	case s.Counted:
		n, isNumber := resp.ParseInt64(args[first])
		if !isNumber || n < 0 {
			return 0, 0, false
		}
		first++
		last = first + int(int32(n)) - 1
	case s.Limit > 1:
		last = first + (len(args)-first)/s.Limit + s.Last
	case s.Last < 0:
		last = len(args) + s.Last
	default:
		last = first + s.Last
	}
	return first, last, first <= last && last < len(args)
}

// keysRead returns the keys of a line for which the specs make no sense. What becomes of them is not known then, unless
// the command finds them itself.
//
// Source: redis/src/db.c, genericGetKeys.
func (c *Command) keysRead(args [][]byte) (keys []keyAt) {
	if c.FindKeys != nil {
		first, count := c.FindKeys(args)
		for at := first; at < first+count; at++ {
			keys = append(keys, keyAt{at, c.Keys[0].Flags})
		}
		return keys
	}
	last := &c.Keys[len(c.Keys)-1]
	if !last.Counted {
		return nil
	}
	n, first := leadingInt(args[last.Begin]), last.Begin+1
	if n < 1 || n > int64(len(args)-first) {
		return nil
	}
	for at := first; at < first+int(n); at++ {
		keys = append(keys, keyAt{at: at})
	}
	if len(c.Keys) > 1 { // the one where the result goes
		keys = append(keys, keyAt{at: c.Keys[0].Begin})
	}
	return keys
}

// leadingInt reads what C's atoi does: the number that a text begins with, in 32 bits.
func leadingInt(b []byte) int64 {
	end := 0
	for end < len(b) && (isDigit(b[end], 10) || end == 0 && (b[0] == '-' || b[0] == '+')) {
		end++
	}
	digits := b[:end]
	if len(digits) > 0 && digits[0] == '+' {
		digits = digits[1:]
	}
	n, ok := resp.ParseInt64(digits)
	if !ok {
		return 0
	}
	return int64(int32(n))
}
