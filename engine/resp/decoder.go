package resp

import (
	"bytes"
	"math"
)

// Limits bound what a Decoder accepts. Fields that are zero mean Redis's own limits.
//
// Source: redis/src/networking.c, processInlineBuffer and processMultibulkBuffer.
type Limits struct {
	MaxInline       int   // bytes of an inline command, or of the line that tells a count or a length; 64 KiB
	MaxArgs         int   // arguments of one command; 2147483647
	MaxBulk         int64 // bytes of one argument, proto-max-bulk-len; 512 MiB
	Unauthenticated bool  // the client owes a password: 10 arguments of 16384 bytes at most
}

// What Limits mean when they say nothing, and what a client may send before it has given its password.
const (
	DefaultMaxInline = 64 << 10
	DefaultMaxArgs   = math.MaxInt32
	DefaultMaxBulk   = 512 << 20

	maxArgsUnauthenticated = 10
	maxBulkUnauthenticated = 16384
)

// Unauthenticated is the limits of a client that has not given its password yet.
var Unauthenticated = Limits{Unauthenticated: true}

// A ProtocolError says what a client did wrong. Redis answers it with "-ERR " and the text, and closes the connection.
type ProtocolError struct {
	Text string
	At   int // the byte, counted from the front of the buffer, from which on it was not understood
}

// Error returns the text, as Redis words it: "Protocol error: invalid bulk length".
func (e *ProtocolError) Error() string { return e.Text }

// A Decoder cuts the commands of one connection off its bytes: arrays of bulk strings, and inline commands. Its zero
// value is ready. It keeps no bytes of its own: the caller keeps what was not consumed and passes it again, grown.
//
// A Decoder is a value: a copy of it goes on from the same place by itself.
type Decoder struct {
	Limits Limits

	// Where the command at the front of the buffer stands. All positions count from the front.
	pos    int   // the first byte not yet understood
	looked int   // bytes from pos on where the end of a line was searched in vain
	left   int   // arguments still to come; 0 before the count is known
	bulk   int64 // the length of the argument at pos, plus 1; 0 while its length line is still to come
	inline bool

	// What the last command was handed out in. Its owner is this very Decoder, or else the one that this is a copy
	// of, which may still be using it.
	args  [][]byte
	owner *Decoder
}

// Inline reports whether the last command that Next returned was an inline one, a line of text. A master never sends
// such to its replicas, and an empty one from a replica is a sign of life.
func (d *Decoder) Inline() bool { return d.inline }

// Need returns how many bytes the buffer has to hold before Next can get any further, counted from its front, or 0
// when that is not known. Inside a large argument it saves both the calls in between and the growing in steps.
func (d *Decoder) Need() int {
	if d.bulk == 0 {
		return 0
	}
	return d.pos + d.bulkLen() + len("\r\n")
}

// Understood returns how many bytes at the front of the buffer were understood, of a command that is not complete.
func (d *Decoder) Understood() int { return d.pos }

func (d *Decoder) bulkLen() int { return int(d.bulk - 1) }

// Next cuts one command off the front of buf, which holds the bytes of a connection not consumed so far. It returns
// the arguments, which point into buf, and the number of bytes they took:
//
//   - n == 0 and no error: the command is not complete. Call again when buf has grown; it may have moved.
//   - n > 0 and no arguments: something that says nothing, an empty line or "*0". Drop n bytes and call again.
//   - an error, a *ProtocolError: nothing of what follows can be understood. The connection is lost.
//
// The arguments are valid until buf changes or Next is called again. What was looked at is not looked at again, so
// a command that comes byte by byte costs no more than linear time, and memory grows with what came, never with what
// was announced.
//
// Like Redis, it takes a NUL byte for the end of what has arrived while it searches for the end of a line, so such a
// line never ends; and it does not check the two bytes behind an argument.
func (d *Decoder) Next(buf []byte) (args [][]byte, n int, err error) {
	if d.owner != d || cap(d.args) > keepArgs {
		d.owner, d.args = d, nil
	}
	switch {
	case len(buf) == 0:
		return nil, 0, nil
	case buf[0] == '*':
		args, n, err = d.array(buf)
	default:
		args, n, err = d.line(buf)
	}
	if n > 0 {
		d.inline = buf[0] != '*'
		d.pos, d.looked, d.left, d.bulk = 0, 0, 0, 0
	}
	return args, n, err
}

// keepArgs is the number of arguments up to which the slice that holds them is used again.
const keepArgs = 1024

// line reads an inline command.
func (d *Decoder) line(buf []byte) ([][]byte, int, error) {
	max := orDefault(d.Limits.MaxInline, DefaultMaxInline)
	end := d.find(buf, '\n')
	if end < 0 {
		if len(buf) > max {
			return nil, 0, d.wrong("too big inline request")
		}
		return nil, 0, nil
	}
	if end > max {
		return nil, 0, d.wrong("too big inline request")
	}
	line := buf[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	args, ok := splitLine(line, d.args[:0])
	if !ok {
		return nil, 0, d.wrong("unbalanced quotes in request")
	}
	d.args = args
	return args, end + 1, nil
}

// array reads "*<count>\r\n" and count times "$<length>\r\n<bytes>\r\n".
//
// Arguments are collected only while one call sees the whole command. When it was cut, only positions are kept, and
// the last call reads the length lines once more: so a half command costs no memory, and a Decoder copies.
func (d *Decoder) array(buf []byte) ([][]byte, int, error) {
	collect := d.pos == 0
	if d.left == 0 {
		count, ok, err := d.number(buf, "too big mbulk count string", "invalid multibulk length")
		if !ok {
			return nil, 0, err
		}
		if count > int64(orDefault(d.Limits.MaxArgs, DefaultMaxArgs)) {
			return nil, 0, d.wrong("invalid multibulk length")
		}
		if d.Limits.Unauthenticated && count > maxArgsUnauthenticated {
			return nil, 0, d.wrong("unauthenticated multibulk length")
		}
		if count <= 0 {
			return nil, d.pos, nil
		}
		d.left = int(count)
	}
	if collect {
		d.args = d.args[:0]
	}
	for d.left > 0 {
		if d.bulk == 0 {
			n, ok, err := d.number(buf, "too big bulk count string", "invalid bulk length")
			if !ok {
				return nil, 0, err
			}
			if n < 0 || n > int64(orDefault(d.Limits.MaxBulk, DefaultMaxBulk)) {
				return nil, 0, d.wrong("invalid bulk length")
			}
			if d.Limits.Unauthenticated && n > maxBulkUnauthenticated {
				return nil, 0, d.wrong("unauthenticated bulk length")
			}
			if n > math.MaxInt-int64(d.pos)-int64(len("\r\n")) {
				return nil, 0, d.wrong("invalid bulk length")
			}
			d.bulk = n + 1
		}
		end := d.pos + d.bulkLen()
		if end+len("\r\n") > len(buf) {
			return nil, 0, nil
		}
		if collect {
			d.args = append(d.args, buf[d.pos:end:end])
		}
		d.pos, d.bulk = end+len("\r\n"), 0
		d.left--
	}
	if !collect {
		d.args = againArgs(buf[:d.pos], d.args[:0])
	}
	return d.args, d.pos, nil
}

// againArgs collects the arguments of a command that is known to be whole and well-formed.
func againArgs(buf []byte, args [][]byte) [][]byte {
	pos := bytes.IndexByte(buf, '\r') + len("\r\n")
	for pos < len(buf) {
		eol := pos + bytes.IndexByte(buf[pos:], '\r')
		n, _ := ParseInt64(buf[pos+1 : eol])
		start := eol + len("\r\n")
		pos = start + int(n) + len("\r\n")
		args = append(args, buf[start:pos-2:pos-2])
	}
	return args
}

// number reads the line at pos, a type byte and a number. It reports false without an error when the line is not
// complete.
func (d *Decoder) number(buf []byte, tooBig, invalid string) (int64, bool, error) {
	end := d.find(buf, '\r')
	if end < 0 {
		if len(buf)-d.pos > orDefault(d.Limits.MaxInline, DefaultMaxInline) {
			return 0, false, d.wrong(tooBig)
		}
		return 0, false, nil
	}
	if end-d.pos > orDefault(d.Limits.MaxInline, DefaultMaxInline) {
		return 0, false, d.wrong(tooBig)
	}
	if end+1 == len(buf) {
		d.looked-- // the \r itself, to be found again
		return 0, false, nil
	}
	if c := buf[d.pos]; c != '$' && d.left > 0 {
		return 0, false, d.wrong("expected '$', got '" + string([]byte{c}) + "'")
	}
	n, ok := ParseInt64(buf[min(d.pos+1, end):end])
	if !ok {
		return 0, false, d.wrong(invalid)
	}
	d.pos, d.looked = end+len("\r\n"), 0
	return n, true, nil
}

func (d *Decoder) wrong(what string) error {
	return &ProtocolError{Text: "Protocol error: " + what, At: d.pos}
}

// find returns the position of the first c at or behind pos, or -1. It never sees behind a NUL byte, since Redis
// searches with strchr.
func (d *Decoder) find(buf []byte, c byte) int {
	for i := d.pos + d.looked; i < len(buf); i++ {
		switch buf[i] {
		case c:
			d.looked = i + 1 - d.pos
			return i
		case 0:
			d.looked = i - d.pos
			return -1
		}
	}
	d.looked = len(buf) - d.pos
	return -1
}

func orDefault[T int | int64](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}
