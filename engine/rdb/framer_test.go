package rdb

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// frameIn feeds a framer the bytes in two pieces and returns the file, what was left, and the error.
func frameIn(wire string, cut int) (file, rest string, f *Framer, err error) {
	f = NewFramer()
	for _, piece := range []string{wire[:cut], wire[cut:]} {
		p := []byte(piece)
		for len(p) > 0 && !f.Done() {
			part, used, wrong := f.Next(p)
			if wrong != nil {
				return file, rest, f, wrong
			}
			file += string(part)
			p = p[used:]
		}
		rest += string(p)
	}
	return file, rest, f, nil
}

// A framer hands out the file and nothing else, however the wire cuts it: also where the file has what could be the
// mark, and where the mark begins with what it ends with.
func TestFramer(t *testing.T) {
	plain := strings.Repeat("0123456789", 4)
	same := strings.Repeat("a", MarkSize)
	turns := strings.Repeat("ab", MarkSize/2)
	for _, x := range []struct{ what, mark, file string }{
		{"nothing", plain, ""},
		{"a file", plain, "REDIS0010 and so on"},
		{"the mark begins", plain, "x" + plain[:39] + "y"},
		{"and begins again", plain, plain[:12] + "x" + plain[:39] + plain[:5]},
		{"a mark of one letter", same, strings.Repeat("a", 39) + "b" + strings.Repeat("a", 20) + "b"},
		{"a mark of two", turns, turns[:38] + "b" + turns[:39] + "c"},
	} {
		for _, stream := range []string{"", "\n*1\r\n$4\r\nping\r\n"} {
			wires := []string{"\n\r\n$EOF:" + x.mark + "\r\n" + x.file + x.mark + stream}
			if x.file != "" {
				wires = append(wires, "\n$"+strconv.Itoa(len(x.file))+"\r\n"+x.file+stream)
			}
			for kind, wire := range wires {
				for cut := range len(wire) + 1 {
					file, rest, f, err := frameIn(wire, cut)
					if err != nil || !f.Done() || file != x.file || rest != stream || f.FileBytes() != int64(len(file)) || f.Streamed() != (kind == 0) {
						t.Fatalf("%s, kind %d, cut at %d: %v, done %v, streamed %v\nfile %q\nwant %q\nrest %q", x.what, kind, cut, err, f.Done(), f.Streamed(), file, x.file, rest)
					}
				}
			}
		}
	}
}

func TestFramerRefuses(t *testing.T) {
	for _, x := range []struct {
		line  string
		abort bool
	}{{"-ERR no\r\n", true}, {"foo\r\n", false}, {"$x\r\n", false}, {"$0\r\n", false}, {"$EOF:short\r\n", false}, {strings.Repeat("x", 2000), false}} {
		for cut := range len(x.line) {
			_, _, f, err := frameIn(x.line, cut)
			var abort *AbortError
			var line *LineError
			if x.abort != errors.As(err, &abort) || x.abort == errors.As(err, &line) {
				t.Fatalf("%.20q cut at %d: %v", x.line, cut, err)
			}
			if _, _, again := f.Next([]byte("$5\r\n")); again != err {
				t.Errorf("%.20q: the error does not stay: %v", x.line, again)
			}
		}
	}
}

// A clone goes on by itself.
func TestFramerClone(t *testing.T) {
	mark := strings.Repeat("0123456789", 4)
	file := "file" + mark[:5] + "file"
	wire := "$EOF:" + mark + "\r\n" + file + mark
	for cut := range wire {
		got, _, f, _ := frameIn(wire[:cut], cut)
		twin := f.Clone()
		f.Next([]byte("something else"))
		for p := []byte(wire[cut:]); len(p) > 0 && !twin.Done(); {
			part, used, _ := twin.Next(p)
			got += string(part)
			p = p[used:]
		}
		if got != file || !twin.Done() {
			t.Fatalf("cut at %d: %q, done %v", cut, got, twin.Done())
		}
	}
}
