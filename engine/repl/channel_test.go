package repl

import (
	"strings"
	"testing"

	"resync/engine"
)

func TestEndOff(t *testing.T) {
	id := strings.Repeat("ab", 20)
	e := EndOff{Offset: 100, ID: engine.ReplID(id), DB: 3, Client: 77}
	line := string(e.AppendLine(nil))
	if want := "$ENDOFF:100 " + id + " 3 77\r\n"; line != want {
		t.Errorf("it is said %q, want %q", line, want)
	}
	if got, ok := parseEndOff([]byte(strings.TrimSpace(line))); !ok || got != e {
		t.Errorf("it is read as %+v, %v", got, ok)
	}
	for _, bad := range []string{"", "$", "$EOF:" + id, "+FULLRESYNC " + id + " 100", "$ENDOFF:", "$ENDOFF:100 " + id, "$ENDOFF:100 " + id + " 3",
		"$ENDOFF:x " + id + " 3 77", "$ENDOFF:100 " + id + " x 77", "$ENDOFF:100 " + id + " 3 x", "$ENDOFF:100 " + id + "f 3 77"} {
		if got, ok := parseEndOff([]byte(bad)); ok {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

// The blocks of what a replica keeps of the stream, at both sides of every border.
func TestStreamBuffer(t *testing.T) {
	const block = 20464 // measured on Valkey 8.0.1
	for _, x := range []struct {
		what  string
		adds  []int
		limit int64
		size  int64
		bytes int
		full  bool
	}{
		{"nothing", []int{0}, 1, 0, 0, false},
		{"a byte", []int{1}, 1, block, 1, false},
		{"a whole block", []int{block}, 1, block, block, false},
		{"a byte more, in the limit", []int{block, 1}, block, 2 * block, block + 1, false},
		{"a byte more, beyond it", []int{block, 1}, block - 1, block, block, true},
		{"at once", []int{5 * block}, block, 2 * block, 2 * block, true},
		{"without a limit", []int{block, 9 * block}, 0, 10 * block, 10 * block, false},
		{"100000 bytes", []int{60000, 60000}, 100000, 102320, 102320, true},
	} {
		var b StreamBuffer
		full := false
		for _, n := range x.adds {
			full = b.Add(n, x.limit)
		}
		if b.Size != x.size || b.Bytes != x.bytes || full != x.full {
			t.Errorf("%s: size %d, bytes %d, full %v; want %d, %d, %v", x.what, b.Size, b.Bytes, full, x.size, x.bytes, x.full)
		}
	}
}
