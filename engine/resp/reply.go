package resp

import (
	"bytes"
	"math"
	"strconv"
)

// A Kind is what a reply is. Its values are the bytes that introduce them on the wire, where there is one of its own.
type Kind byte

// The kinds of RESP2, and behind them those that RESP3 adds.
const (
	KindSimple    Kind = '+'
	KindError     Kind = '-'
	KindInt       Kind = ':'
	KindBulk      Kind = '$'
	KindArray     Kind = '*'
	KindNullBulk  Kind = 'n' // $-1
	KindNullArray Kind = 'a' // *-1

	KindNull      Kind = '_'
	KindBool      Kind = '#'
	KindDouble    Kind = ','
	KindBigNumber Kind = '('
	KindBulkError Kind = '!'
	KindVerbatim  Kind = '='
	KindMap       Kind = '%'
	KindSet       Kind = '~'
	KindPush      Kind = '>'
)

// A Value is a reply as a client sees it.
type Value struct {
	Kind Kind
	// Str is the text of a status or an error, the bytes of a string, the text of a double or big number. A verbatim
	// string begins with its type: "txt:".
	Str   string
	Int   int64   // of KindInt; 1 or 0 of KindBool
	Elems []Value // of an aggregate; keys and values of a map by turns
}

// IsNull reports whether the value is one of the ways to say "nothing".
func (v Value) IsNull() bool {
	return v.Kind == KindNull || v.Kind == KindNullBulk || v.Kind == KindNullArray
}

// IsError reports whether the value is an error.
func (v Value) IsError() bool { return v.Kind == KindError || v.Kind == KindBulkError }

// Append appends the value as RESP. ParseValue reads it back.
func (v Value) Append(dst []byte) []byte {
	switch v.Kind {
	case KindInt:
		dst = strconv.AppendInt(append(dst, ':'), v.Int, 10)
	case KindBool:
		dst = append(dst, '#', "ft"[v.Int&1])
	case KindNull:
		dst = append(dst, '_')
	case KindNullBulk:
		dst = append(dst, "$-1"...)
	case KindNullArray:
		dst = append(dst, "*-1"...)
	case KindBulk, KindVerbatim, KindBulkError:
		dst = append(appendHeader(dst, byte(v.Kind), len(v.Str)), v.Str...)
	case KindArray, KindSet, KindPush, KindMap:
		n := len(v.Elems)
		if v.Kind == KindMap {
			n /= 2
		}
		dst = appendHeader(dst, byte(v.Kind), n)
		for _, e := range v.Elems {
			dst = e.Append(dst)
		}
		return dst
	default:
		dst = append(append(dst, byte(v.Kind)), v.Str...)
	}
	return append(dst, '\r', '\n')
}

// A ReplyError says that what came is no reply, and where. The connection is lost.
type ReplyError struct {
	At   int // counted from the first byte of the reply
	What string
}

// Error returns `resp: bulk length "-7" at byte 41`.
func (e *ReplyError) Error() string { return "resp: " + e.What + " at byte " + strconv.Itoa(e.At) }

// ParseValue cuts one reply off the front of buf and returns it with the number of bytes it took; 0 without an error
// means that it is not complete. A caller that gets a long reply piece by piece is better off with a ReplyDecoder.
func ParseValue(buf []byte) (v Value, n int, err error) {
	var d ReplyDecoder
	return d.Next(buf)
}

// maxDepth bounds how deep aggregates stand in one another: a reply of COMMAND DOCS needs nine, a hostile one would
// take more than there is stack.
const maxDepth = 32

// maxReplyBytes bounds the announced length of one string, and the number of elements of one aggregate.
const maxReplyBytes = 1 << 32

// maxReplyLine bounds a status, an error and the digits of a number.
const maxReplyLine = 1 << 20

// A ReplyDecoder cuts replies off the bytes of one connection. Its zero value is ready, and it copies as a value.
// What was looked at is not looked at again until the reply is complete; only then are values made of it, so memory
// grows with what came and never with what was announced.
type ReplyDecoder struct {
	pos    int             // the first byte not yet understood, from the front of the reply
	looked int             // bytes from pos on where the end of the line was searched in vain
	depth  int             // aggregates that are open
	left   [maxDepth]int64 // elements still to come in each of them
}

// Next cuts one reply off the front of buf, which holds the bytes not consumed so far, as Decoder.Next does with
// commands. Attributes, which RESP3 may put in front of any value, are read and dropped.
func (d *ReplyDecoder) Next(buf []byte) (v Value, n int, err error) {
	for {
		header, next, more, err := d.header(buf)
		if err != nil || more {
			return Value{}, 0, err
		}
		end := next
		switch {
		case header.bytes >= 0:
			end += header.bytes + len("\r\n")
			if end > len(buf) {
				return Value{}, 0, nil
			}
			if buf[end-2] != '\r' || buf[end-1] != '\n' {
				return Value{}, 0, &ReplyError{At: end - 2, What: "no line end behind a string"}
			}
		case header.kind == '|':
			header.elems++ // the value that the attributes belong to
			fallthrough
		case header.elems > 0:
			if d.depth == maxDepth {
				return Value{}, 0, &ReplyError{At: d.pos, What: "aggregate too deep"}
			}
			d.left[d.depth] = header.elems
			d.depth++
			d.pos, d.looked = next, 0
			continue
		}
		d.pos, d.looked = end, 0
		for d.depth > 0 {
			if d.left[d.depth-1]--; d.left[d.depth-1] > 0 {
				break
			}
			d.depth--
		}
		if d.depth == 0 {
			n = d.pos
			*d = ReplyDecoder{}
			b := builder{buf: buf[:n]}
			return b.value(), n, nil
		}
	}
}

// A header is what the first line of a value says.
type header struct {
	kind  byte
	text  []byte // the line without its type byte and end
	n     int64  // of an integer
	bytes int    // of the string that follows, or -1
	elems int64  // of the aggregate that follows, or -1; a map counts keys and values
}

// header reads the line at pos. more says that it is not complete; next is the position behind it.
func (d *ReplyDecoder) header(buf []byte) (h header, next int, more bool, err error) {
	from := d.pos + d.looked
	if from >= len(buf) {
		return h, 0, true, nil
	}
	i := bytes.IndexByte(buf[from:], '\n')
	if i < 0 {
		d.looked = len(buf) - d.pos
		if d.looked > maxReplyLine {
			return h, 0, false, &ReplyError{At: d.pos, What: "line too long"}
		}
		return h, 0, true, nil
	}
	end := from + i
	if end-d.pos < 2 || buf[end-1] != '\r' {
		return h, 0, false, &ReplyError{At: end, What: "line without \\r\\n"}
	}
	h, what := readHeader(buf[d.pos : end-1])
	if what != "" {
		return h, 0, false, &ReplyError{At: d.pos, What: what}
	}
	return h, end + 1, false, nil
}

// readHeader reads a line without its end. what says what is wrong with it.
func readHeader(line []byte) (h header, what string) {
	h = header{kind: line[0], text: line[1:], bytes: -1, elems: -1}
	number := func(name string, least, most int64) (int64, string) {
		n, ok := ParseInt64(h.text)
		if !ok || n < least || n > most {
			return 0, name + " " + Quote(h.text[:min(len(h.text), 32)])
		}
		return n, ""
	}
	var n int64
	switch h.kind {
	case '+', '-':
		// Any line will do.
	case ':':
		h.n, what = number("integer", math.MinInt64, math.MaxInt64)
	case '$', '=', '!':
		n, what = number("bulk length", -1, maxReplyBytes)
		h.bytes = int(n)
		switch {
		case h.kind != '$' && n < 0:
			what = "bulk length \"-1\""
		case h.kind == '=' && n < int64(len("txt:")):
			what = "verbatim string without a type"
		}
	case '*':
		h.elems, what = number("array length", -1, maxReplyBytes)
	case '~', '>':
		h.elems, what = number("array length", 0, maxReplyBytes)
	case '%', '|':
		h.elems, what = number("map length", 0, maxReplyBytes)
		h.elems *= 2
	case '_':
		if len(h.text) != 0 {
			what = "null with a text"
		}
	case '#':
		if s := string(h.text); s != "t" && s != "f" {
			what = "boolean " + Quote(h.text[:min(len(h.text), 32)])
		}
	case ',':
		if _, err := strconv.ParseFloat(string(h.text), 64); err != nil {
			what = "double " + Quote(h.text[:min(len(h.text), 32)])
		}
	case '(':
		if !isDecimal(h.text) {
			what = "big number " + Quote(h.text[:min(len(h.text), 32)])
		}
	default:
		what = "reply type " + Quote(line[:1])
	}
	return h, what
}

func isDecimal(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// A builder makes values of bytes that are known to be one whole, well-formed reply.
type builder struct {
	buf []byte
	pos int
}

func (b *builder) value() Value {
	end := b.pos + bytes.IndexByte(b.buf[b.pos:], '\n')
	h, _ := readHeader(b.buf[b.pos : end-1])
	b.pos = end + 1
	v := Value{Kind: Kind(h.kind)}
	switch {
	case h.kind == '|':
		for range h.elems {
			b.value()
		}
		return b.value()
	case h.kind == ':':
		v.Int = h.n
	case h.kind == '#':
		if h.text[0] == 't' {
			v.Int = 1
		}
	case h.kind == '$' && h.bytes < 0:
		v.Kind = KindNullBulk
	case h.kind == '*' && h.elems < 0:
		v.Kind = KindNullArray
	case h.bytes >= 0:
		v.Str = string(b.buf[b.pos : b.pos+h.bytes])
		b.pos += h.bytes + len("\r\n")
	case h.elems >= 0:
		v.Elems = make([]Value, h.elems)
		for i := range v.Elems {
			v.Elems[i] = b.value()
		}
	default:
		v.Str = string(h.text)
	}
	return v
}
