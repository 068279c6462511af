package resp

import "strconv"

// AppendCommand appends a command as clients, masters and replicas send it: an array of bulk strings.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = appendHeader(dst, '*', len(args))
	for _, a := range args {
		dst = appendHeader(dst, '$', len(a))
		dst = append(append(dst, a...), '\r', '\n')
	}
	return dst
}

// AppendCommandBytes is AppendCommand for arguments that are bytes.
func AppendCommandBytes(dst []byte, args [][]byte) []byte {
	dst = appendHeader(dst, '*', len(args))
	for _, a := range args {
		dst = appendHeader(dst, '$', len(a))
		dst = append(append(dst, a...), '\r', '\n')
	}
	return dst
}

// appendHeader appends a type byte, a count or length, and the end of the line.
func appendHeader(dst []byte, kind byte, n int) []byte {
	dst = append(dst, kind)
	if 0 <= n && n < 10 {
		return append(dst, '0'+byte(n), '\r', '\n')
	}
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '\r', '\n')
}

// A Writer appends replies to Buf in the protocol that the client chose. Its zero value writes RESP2. Methods that
// begin an aggregate take the number of its elements, which are written next.
//
// The methods that are called from a hundred places, and not by every GET and SET, are kept from being inlined: the
// copies would weigh on the page that downloads them.
//
// Source: redis/src/networking.c, the addReply family.
type Writer struct {
	Buf   []byte
	Proto int // 2 or 3; 0 means 2
}

func (w *Writer) resp3() bool { return w.Proto == 3 }

// Raw appends bytes that are RESP already.
func (w *Writer) Raw(b []byte) { w.Buf = append(w.Buf, b...) }

// OK appends +OK.
func (w *Writer) OK() { w.Buf = append(w.Buf, "+OK\r\n"...) }

// Simple appends a status. It has to be one line; line ends in it become blanks.
//
//go:noinline
func (w *Writer) Simple(s string) { w.oneLine('+', s) }

// Error appends an error. s begins with its code: "ERR syntax error". As Redis does, it drops line ends at the end
// and writes those inside as blanks, since the text may quote what the client sent.
//
// Source: redis/src/networking.c, addReplyErrorFormatInternal.
func (w *Writer) Error(s string) {
	for len(s) > 0 && (s[len(s)-1] == '\n' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	w.oneLine('-', s)
}

func (w *Writer) oneLine(kind byte, s string) {
	w.Buf = append(w.Buf, kind)
	start := len(w.Buf)
	w.Buf = append(w.Buf, s...)
	for i := start; i < len(w.Buf); i++ {
		if c := w.Buf[i]; c == '\r' || c == '\n' {
			w.Buf[i] = ' '
		}
	}
	w.Buf = append(w.Buf, '\r', '\n')
}

// Int appends an integer.
//
//go:noinline
func (w *Writer) Int(n int64) {
	w.Buf = append(w.Buf, ':')
	w.Buf = strconv.AppendInt(w.Buf, n, 10)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Bulk appends a string of any bytes. A nil slice is an empty string; Null is something else.
func (w *Writer) Bulk(b []byte) {
	w.Buf = appendHeader(w.Buf, '$', len(b))
	w.Buf = append(append(w.Buf, b...), '\r', '\n')
}

// BulkString is Bulk for a string.
//
//go:noinline
func (w *Writer) BulkString(s string) {
	w.Buf = appendHeader(w.Buf, '$', len(s))
	w.Buf = append(append(w.Buf, s...), '\r', '\n')
}

// BulkInt appends the decimal text of n as a bulk string.
//
//go:noinline
func (w *Writer) BulkInt(n int64) {
	var text [20]byte
	w.Bulk(strconv.AppendInt(text[:0], n, 10))
}

// Null appends the reply for something that is not there: a null bulk string in RESP2.
//
//go:noinline
func (w *Writer) Null() {
	if w.resp3() {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "$-1\r\n"...)
}

// NullArray appends the reply for an aggregate that is not there, as an aborted EXEC gives: a null array in RESP2.
func (w *Writer) NullArray() {
	if w.resp3() {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "*-1\r\n"...)
}

// Array begins an array of n elements.
//
//go:noinline
func (w *Writer) Array(n int) { w.Buf = appendHeader(w.Buf, '*', n) }

// Map begins n pairs of a key and a value: in RESP2 an array of twice as many.
//
//go:noinline
func (w *Writer) Map(n int) {
	if w.resp3() {
		w.Buf = appendHeader(w.Buf, '%', n)
		return
	}
	w.Array(2 * n)
}

// Set begins a set of n elements: in RESP2 an array.
func (w *Writer) Set(n int) {
	if w.resp3() {
		w.Buf = appendHeader(w.Buf, '~', n)
		return
	}
	w.Array(n)
}

// Push begins n elements that the client did not ask for: in RESP2 an array.
func (w *Writer) Push(n int) {
	if w.resp3() {
		w.Buf = appendHeader(w.Buf, '>', n)
		return
	}
	w.Array(n)
}

// Double appends a floating point number as AppendDouble writes it: in RESP2 as a bulk string.
func (w *Writer) Double(f float64) {
	if w.resp3() {
		w.Buf = AppendDouble(append(w.Buf, ','), f)
		w.Buf = append(w.Buf, '\r', '\n')
		return
	}
	var text [32]byte
	w.Bulk(AppendDouble(text[:0], f))
}

// Bool appends true or false: in RESP2 1 or 0.
func (w *Writer) Bool(b bool) {
	switch {
	case w.resp3() && b:
		w.Buf = append(w.Buf, "#t\r\n"...)
	case w.resp3():
		w.Buf = append(w.Buf, "#f\r\n"...)
	case b:
		w.Int(1)
	default:
		w.Int(0)
	}
}

// Verbatim appends a text that is to be shown as it is; ext, three letters, says what it is: "txt". In RESP2 it is
// a bulk string without ext.
func (w *Writer) Verbatim(ext, s string) {
	if !w.resp3() {
		w.BulkString(s)
		return
	}
	w.Buf = appendHeader(w.Buf, '=', len(ext)+1+len(s))
	w.Buf = append(append(append(w.Buf, ext...), ':'), s...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// BigNumber appends the decimal digits of a number of any size: in RESP2 as a bulk string.
func (w *Writer) BigNumber(digits string) {
	if !w.resp3() {
		w.BulkString(digits)
		return
	}
	w.Buf = append(append(append(w.Buf, '('), digits...), '\r', '\n')
}

// ArrayFrom makes an array of the n elements that were written since Buf had the length start. It is for aggregates
// whose number of elements is known only at their end.
func (w *Writer) ArrayFrom(start, n int) {
	written := len(w.Buf)
	w.Array(n)
	w.toFront(start, written)
}

// SetFrom is ArrayFrom for a set.
func (w *Writer) SetFrom(start, n int) {
	written := len(w.Buf)
	w.Set(n)
	w.toFront(start, written)
}

// BulkFrom puts a bulk string in front of what was written since Buf had the length start.
func (w *Writer) BulkFrom(start int, s string) {
	written := len(w.Buf)
	w.BulkString(s)
	w.toFront(start, written)
}

// toFront moves what stands in Buf from written on to start.
func (w *Writer) toFront(start, written int) {
	n := len(w.Buf) - written
	w.Buf = append(w.Buf, w.Buf[written:]...)
	copy(w.Buf[start+n:], w.Buf[start:written])
	copy(w.Buf[start:], w.Buf[len(w.Buf)-n:])
	w.Buf = w.Buf[:len(w.Buf)-n]
}
