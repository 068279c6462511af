package rdb

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// MarkSize is the length of the mark that ends a streamed payload, in bytes.
const MarkSize = 40

// lineMax is the longest first line that is read, in bytes. Redis reads as much.
const lineMax = 1024

// AppendSized appends the line in front of an RDB file of n bytes. Nothing stands between the file and the stream
// that follows it.
func AppendSized(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, '$'), n, 10), '\r', '\n')
}

// AppendStreamed appends the line in front of an RDB file whose length is not known: the file is followed by the mark
// once more. The stream may follow only when the replica has acknowledged.
func AppendStreamed(dst []byte, mark [MarkSize]byte) []byte {
	return append(append(append(dst, "$EOF:"...), mark[:]...), '\r', '\n')
}

// An AbortError is what a master says instead of sending its payload.
type AbortError struct{ Text string } // without the "-": "ERR Unable to perform background save"

func (e *AbortError) Error() string { return "master aborted the synchronization: " + e.Text }

// A LineError is a first line that announces no payload.
type LineError struct {
	Line string
	What string
}

func (e *LineError) Error() string {
	return "rdb: " + e.What + " in the line " + quote([]byte(e.Line)) + " in front of the payload"
}

// frame is how the payload of a full resync is delimited on the wire:
//
//	empty lines ─► "$<bytes>\r\n" ─► the file ─► bytes behind it, within the number ─► done
//	            └► "$EOF:<mark>\r\n" ─► the file ─► the mark ─► done
type frame struct {
	state  frameState
	line   []byte
	mark   [MarkSize]byte
	marked int // bytes of the mark that came, and may be the file's all the same
	total  int64
	read   int64
	err    error
}

type frameState uint8

const (
	frameLine frameState = iota
	frameSized
	frameStreamed
	frameMark
	frameDone
)

// A Payload is how far the payload of a full resync has come: of a Framer or a Receiver.
type Payload interface {
	InLine() bool
	Done() bool
	Streamed() bool
	Total() int64
	Read() int64
}

// InLine reports whether the line in front of the payload has begun and is not complete.
func (f *frame) InLine() bool { return f.state == frameLine && len(f.line) > 0 }

// Done reports whether the payload is complete, and right.
func (f *frame) Done() bool { return f.state == frameDone && f.err == nil }

// Streamed reports whether the payload ends with a mark rather than after a number of bytes.
func (f *frame) Streamed() bool { return f.state >= frameStreamed && f.total == 0 }

// Total returns the announced length of the payload in bytes: -1 before the line that says it, 0 when streamed.
func (f *frame) Total() int64 { return f.total }

// Read returns how many bytes of the payload came, the line in front not counted, the mark behind counted.
func (f *frame) Read() int64 { return f.read }

func (f *frame) feedLine(p []byte) (int, error) {
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		f.line = append(f.line, p[:min(len(p), lineMax+1-len(f.line))]...)
		if len(f.line) > lineMax {
			return 0, &LineError{string(f.line), "more than " + strconv.Itoa(lineMax) + " bytes"}
		}
		return len(p), nil
	}
	if len(f.line)+end > lineMax {
		return 0, &LineError{string(f.line) + string(p[:min(end, lineMax)]), "more than " + strconv.Itoa(lineMax) + " bytes"}
	}
	line := strings.TrimSuffix(string(f.line)+string(p[:end]), "\r")
	f.line = nil
	return end + 1, f.takeLine(line)
}

func (f *frame) takeLine(line string) error {
	switch {
	case line == "":
		return nil // the master says that it is alive while it prepares the payload
	case line[0] == '-':
		return &AbortError{line[1:]}
	case line[0] != '$':
		return &LineError{line, "no '$'"}
	}
	if mark, ok := strings.CutPrefix(line, "$EOF:"); ok {
		if len(mark) != MarkSize {
			return &LineError{line, "a mark of " + strconv.Itoa(len(mark)) + " bytes"}
		}
		copy(f.mark[:], mark)
		f.total, f.state = 0, frameStreamed
		return nil
	}
	n, err := strconv.ParseUint(line[1:], 10, 63)
	if err != nil || n == 0 {
		return &LineError{line, "no length"}
	}
	f.total, f.state = int64(n), frameSized
	return nil
}

// A Framer finds the file of a full resync in what a master sends, in pieces of any size, and looks at nothing in it.
//
// Source: redis/src/replication.c, readSyncBulkPayload.
type Framer struct{ frame }

// NewFramer returns a framer that waits for the first line.
func NewFramer() *Framer { return &Framer{frame{total: -1}} }

// FileBytes returns how many bytes of the file came.
func (f *Framer) FileBytes() int64 { return f.read - int64(f.marked) }

// Next looks at the next bytes and returns the part of the file that they bring, which may be none, and how many of p
// it has used. The part is good until the next call. Call it again with what is left of p, until that is nothing or
// the payload is Done: then the rest is stream. An error is an *AbortError or a *LineError, and stays.
func (f *Framer) Next(p []byte) (file []byte, used int, err error) {
	switch {
	case f.err != nil:
		return nil, 0, f.err
	case f.state == frameLine:
		used, f.err = f.feedLine(p)
		return nil, used, f.err
	case f.state == frameSized:
		used = int(min(int64(len(p)), f.total-f.read))
		if f.read += int64(used); f.read == f.total {
			f.state = frameDone
		}
		return p[:used], used, nil
	case f.state == frameStreamed:
		file, used = f.untilMark(p)
		f.read += int64(used)
		if f.marked == MarkSize {
			f.state = frameDone
		}
	}
	return file, used, nil
}

// untilMark returns what of p is the file's for sure. Bytes at its end that may be the beginning of the mark wait for
// those that follow; when these are none of it, the file's part is in the mark itself, which has the same bytes.
func (f *Framer) untilMark(p []byte) (file []byte, used int) {
	mark := f.mark[:]
	if f.marked > 0 {
		n := min(MarkSize-f.marked, len(p))
		if string(p[:n]) == string(mark[f.marked:f.marked+n]) {
			f.marked += n
			return nil, n
		}
		held := f.marked
		for f.marked--; string(mark[:f.marked]) != string(mark[held-f.marked:held]); {
			f.marked--
		}
		return mark[:held-f.marked], 0
	}
	if i := bytes.Index(p, mark); i >= 0 {
		f.marked = MarkSize
		return p[:i], i + MarkSize
	}
	for n := min(MarkSize-1, len(p)); n > 0; n-- {
		if string(p[len(p)-n:]) == string(mark[:n]) {
			f.marked = n
			break
		}
	}
	return p[:len(p)-f.marked], len(p)
}

// Clone returns a framer that goes on from the same place, independently.
func (f *Framer) Clone() *Framer {
	twin := *f
	twin.line = slices.Clone(f.line)
	return &twin
}

// A Receiver reads the file of a full resync straight off the wire, in pieces of any size. The file says itself where
// it ends.
//
// Source: redis/src/replication.c, readSyncBulkPayload.
type Receiver struct {
	frame
	decoder *Decoder
}

// NewReceiver returns a receiver that waits for the first line.
func NewReceiver(o DecoderOptions) *Receiver {
	return &Receiver{frame: frame{total: -1}, decoder: NewDecoder(o)}
}

// Feed reads the next bytes and returns how many of p belong to the payload: those behind are stream. An error is an
// *AbortError, a *LineError or an *Error, and stays; then the connection is of no use any more.
func (r *Receiver) Feed(p []byte) (n int, err error) {
	for r.err == nil && r.state != frameDone && n < len(p) {
		var used int
		switch r.state {
		case frameLine:
			used, r.err = r.feedLine(p[n:])
		case frameSized:
			used, r.err = r.feedSized(p[n:])
		case frameStreamed:
			used, r.err = r.feedStreamed(p[n:])
		case frameMark:
			used, r.err = r.feedMark(p[n:])
		}
		n += used
	}
	return n, r.err
}

// Decoder returns what reads the file.
func (r *Receiver) Decoder() *Decoder { return r.decoder }

// Clone returns a receiver that goes on from the same place, independently.
func (r *Receiver) Clone() *Receiver {
	twin := *r
	twin.decoder = r.decoder.Clone()
	twin.line = slices.Clone(r.line)
	return &twin
}

func (r *Receiver) feedSized(p []byte) (int, error) {
	p = p[:min(int64(len(p)), r.total-r.read)]
	// Redis looks at nothing behind the end of the file, so a file with something behind is as good.
	n, err := r.decoder.Feed(p)
	if err != nil {
		return n, err
	}
	r.read += int64(len(p))
	if r.read == r.total {
		if !r.decoder.Done() {
			return len(p), r.decoder.Cut("the payload ends in the middle of the file")
		}
		r.state = frameDone
	}
	return len(p), nil
}

func (r *Receiver) feedStreamed(p []byte) (int, error) {
	n, err := r.decoder.Feed(p)
	r.read += int64(n)
	if err == nil && r.decoder.Done() {
		r.state = frameMark
	}
	return n, err
}

func (r *Receiver) feedMark(p []byte) (int, error) {
	n := min(MarkSize-r.marked, len(p))
	if string(p[:n]) != string(r.mark[r.marked:r.marked+n]) {
		return 0, &Error{Offset: r.decoder.Offset(), What: "no end mark but " + quote(p[:n]), Kind: Cut}
	}
	r.marked += n
	r.read += int64(n)
	if r.marked == MarkSize {
		r.state = frameDone
	}
	return n, nil
}
