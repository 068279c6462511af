package model

import (
	"strings"
	"testing"
	"time"
)

// What is suggested, and how the line goes on.
func TestCompletion(t *testing.T) {
	m := opened(t, "")
	for _, c := range []struct{ typed, ghost, items, accepted string }{
		{"", "", "", ""},
		{"ge", "t key", "GET GETEX GETDEL GETBIT GETSET", "get "},
		{"GE", "T key", "GET", "GET "},
		{"GET", " key", "GET GETEX", "GET "},
		{"GET ", "key", "", "GET "},
		{"GET k", "", "", "GET k"},
		{"SET k", " value [NX | XX] [GET] [", "", "SET k"},
		{"SET k v ", "[NX | XX] [GET] [", "", "SET k v "},
		{"CONFIG SE", "T parameter value", "SET", "CONFIG SET "},
		{"config set repl-t", "", "repl-timeout", "config set repl-timeout "},
		{"REPLICAOF ", "host port", "NO ONE,m1 6379,r1 6380", "REPLICAOF NO ONE "},
		{"REPLICAOF n", " port", "NO ONE", "REPLICAOF NO ONE "},
		{"INFO repl", "", "replication", "INFO replication "},
		{"nonsense ", "", "", "nonsense "},
		{"zz", "", "", "zz"},
	} {
		do(m, Edited{"m1", c.typed})
		k := m.completion
		if !strings.HasPrefix(k.Ghost, c.ghost) || c.ghost == "" && k.Ghost != "" && c.items == "" {
			t.Errorf("%q goes on with %q, want %q", c.typed, k.Ghost, c.ghost)
		}
		var words []string
		for _, i := range k.Items {
			words = append(words, i.Word)
		}
		for _, want := range strings.FieldsFunc(c.items, func(r rune) bool {
			return r == ',' || r == ' ' && !strings.Contains(c.items, ",") && c.items != "NO ONE"
		}) {
			if !strings.Contains(strings.Join(words, ","), want) {
				t.Errorf("%q suggests %q, not %q", c.typed, words, want)
			}
		}
		if c.items == "" && len(words) > 0 {
			t.Errorf("%q suggests %q", c.typed, words)
		}
		if got := k.accept(); got != c.accepted {
			t.Errorf("%q becomes %q, want %q", c.typed, got, c.accepted)
		}
	}
	do(m, Edited{"m1", "ge"}, CompleteNext{-1})
	if k := m.completion; k.At != len(k.Items)-1 {
		t.Errorf("up from the first is the last: %d of %d", k.At, len(k.Items))
	}
	do(m, CompleteNext{1}, CompleteNext{1})
	if cmds := do(m, Complete{"m1"}); len(cmds) == 0 || cmds[0] != (SetInput{PromptID("m1"), strings.ToLower(m.completion.Text)}) {
		t.Errorf("%v", cmds)
	}
	do(m, Edited{"m1", "ge"}, CloseCompletion{})
	if len(m.completion.Items) > 0 || m.completion.Ghost == "" {
		t.Error("a closed list leaves the ghost")
	}
	do(m, Typed{"m1", "GET k"})
	if m.completion.Text != "" {
		t.Error("a line that was sent is over")
	}
	do(m, Run{"kill m1"}, Tick{time.Second}, Edited{"m1", "ge"})
	if len(m.completion.Items) > 0 {
		t.Error("nobody is there to take commands")
	}
}
