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

// A Receiver reads the payload of a full resync off the wire, in pieces of any size:
//
//	empty lines ─► "$<bytes>\r\n" ─► the file ─► bytes behind it, within the number ─► done
//	            └► "$EOF:<mark>\r\n" ─► the file ─► the mark ─► done
//
// Source: redis/src/replication.c, readSyncBulkPayload.
type Receiver struct {
	decoder *Decoder
	state   receiverState
	line    []byte
	mark    [MarkSize]byte
	marked  int // bytes of the mark that came
	total   int64
	read    int64
	err     error
}

type receiverState uint8

const (
	receiveLine receiverState = iota
	receiveSized
	receiveStreamed
	receiveMark
	receiveDone
)

// NewReceiver returns a receiver that waits for the first line.
func NewReceiver(o DecoderOptions) *Receiver { return &Receiver{decoder: NewDecoder(o), total: -1} }

// Feed reads the next bytes and returns how many of p belong to the payload: those behind are stream. An error is an
// *AbortError, a *LineError or an *Error, and stays; then the connection is of no use any more.
func (r *Receiver) Feed(p []byte) (n int, err error) {
	for r.err == nil && r.state != receiveDone && n < len(p) {
		var used int
		switch r.state {
		case receiveLine:
			used, r.err = r.feedLine(p[n:])
		case receiveSized:
			used, r.err = r.feedSized(p[n:])
		case receiveStreamed:
			used, r.err = r.feedStreamed(p[n:])
		case receiveMark:
			used, r.err = r.feedMark(p[n:])
		}
		n += used
	}
	return n, r.err
}

// Done reports whether the payload is complete, and right.
func (r *Receiver) Done() bool { return r.state == receiveDone && r.err == nil }

// Streamed reports whether the payload ends with a mark rather than after a number of bytes.
func (r *Receiver) Streamed() bool { return r.state >= receiveStreamed && r.total == 0 }

// Total returns the announced length of the payload in bytes: -1 before the line that says it, 0 when streamed.
func (r *Receiver) Total() int64 { return r.total }

// Read returns how many bytes of the payload came, the line in front not counted, the mark behind counted.
func (r *Receiver) Read() int64 { return r.read }

// Decoder returns what reads the file.
func (r *Receiver) Decoder() *Decoder { return r.decoder }

// Clone returns a receiver that goes on from the same place, independently.
func (r *Receiver) Clone() *Receiver {
	twin := *r
	twin.decoder = r.decoder.Clone()
	twin.line = slices.Clone(r.line)
	return &twin
}

func (r *Receiver) feedLine(p []byte) (int, error) {
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		r.line = append(r.line, p[:min(len(p), lineMax+1-len(r.line))]...)
		if len(r.line) > lineMax {
			return 0, &LineError{string(r.line), "more than " + strconv.Itoa(lineMax) + " bytes"}
		}
		return len(p), nil
	}
	if len(r.line)+end > lineMax {
		return 0, &LineError{string(r.line) + string(p[:min(end, lineMax)]), "more than " + strconv.Itoa(lineMax) + " bytes"}
	}
	line := strings.TrimSuffix(string(r.line)+string(p[:end]), "\r")
	r.line = nil
	return end + 1, r.takeLine(line)
}

func (r *Receiver) takeLine(line string) error {
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
		copy(r.mark[:], mark)
		r.total, r.state = 0, receiveStreamed
		return nil
	}
	n, err := strconv.ParseUint(line[1:], 10, 63)
	if err != nil || n == 0 {
		return &LineError{line, "no length"}
	}
	r.total, r.state = int64(n), receiveSized
	return nil
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
			return len(p), &Error{Offset: r.decoder.Offset(), What: "the payload ends in the middle of the file"}
		}
		r.state = receiveDone
	}
	return len(p), nil
}

func (r *Receiver) feedStreamed(p []byte) (int, error) {
	n, err := r.decoder.Feed(p)
	r.read += int64(n)
	if err == nil && r.decoder.Done() {
		r.state = receiveMark
	}
	return n, err
}

func (r *Receiver) feedMark(p []byte) (int, error) {
	n := min(MarkSize-r.marked, len(p))
	if string(p[:n]) != string(r.mark[r.marked:r.marked+n]) {
		return 0, &Error{Offset: r.decoder.Offset(), What: "no end mark but " + quote(p[:n])}
	}
	r.marked += n
	r.read += int64(n)
	if r.marked == MarkSize {
		r.state = receiveDone
	}
	return n, nil
}
