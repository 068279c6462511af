package model

import (
	"strings"
	"testing"
)

// What would hold the page or take the browser's memory is refused at the prompt, with the limit; all else goes to the server.
func TestWhatOneLineMayMakeAtAPrompt(t *testing.T) {
	for _, c := range []struct{ line, says string }{
		{"DEBUG POPULATE 10000", ""},
		{"debug populate 10001", "10,000 keys"},
		{"DEBUG POPULATE 99999999999999999999", "10,000 keys"},
		{"DEBUG POPULATE 4 k 1048576", ""},
		{"DEBUG POPULATE 5 k 1048576", "4,194,304 B in all"},
		{"DEBUG POPULATE 1 k 1048577", "values of 1,048,576 B"},
		{"DEBUG POPULATE 1 k 500000000", "values of 1,048,576 B"},
		{"DEBUG POPULATE -1 k -1", ""},
		{"DEBUG SLEEP 500000000", ""},
		{"SETRANGE k 1048576 x", ""},
		{"SETRANGE k 1048577 x", "values of 1,048,576 B"},
		{"setrange k 500000000 x", "values of 1,048,576 B"},
		{"SETBIT k 4294967295 1", "values of 1,048,576 B"},
		{"SETBIT k 100 1", ""},
		{"BITFIELD k SET u8 4294967295 1", "values of 1,048,576 B"},
		{"BITFIELD k GET u8 4294967295 INCRBY u8 #67108864 1", "values of 1,048,576 B"},
		{"BITFIELD k GET u8 4294967295 INCRBY u8 #8 1", ""},
		{"SET k 500000000", ""},
		{`SETRANGE "k 500000000 x`, ""},
	} {
		m := opened(t, "")
		script := m.Script()
		do(m, Typed{"m1", c.line})
		turns := m.Page().Terminal.Turns
		last := turns[len(turns)-1]
		if refused := strings.HasPrefix(last.Text, "Not sent: "); refused != (c.says != "") || !strings.Contains(last.Text, c.says) ||
			refused && (!last.Error || m.Script() != script) {
			t.Errorf("%s: %s", c.line, last.Text)
		}
	}
}
