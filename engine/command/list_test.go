package command

import (
	"slices"
	"testing"
	"time"

	"resync/engine"
)

// A client that may wait is told what for, and until when. The borders are those of redis-server.
func TestListCommandsWait(t *testing.T) {
	never := time.Duration(0)
	for _, c := range []struct {
		name  string
		line  []string
		keys  []string
		lasts time.Duration
	}{
		{"for ever", []string{"BLPOP", "a", "b", "0"}, []string{"a", "b"}, never},
		{"a second and a half", []string{"BRPOP", "a", "1.5"}, []string{"a"}, 1500 * time.Millisecond},
		{"a part of a millisecond is a whole one", []string{"BRPOP", "a", "0.0001"}, []string{"a"}, time.Millisecond},
		{"less than nothing by a part of a millisecond is for ever", []string{"BRPOP", "a", "-0.0001"}, []string{"a"}, never},
		{"hexadecimal", []string{"BRPOP", "a", "0x10"}, []string{"a"}, 16 * time.Second},
		{"as long as a node's clock goes", []string{"BRPOP", "a", "1000000000"}, []string{"a"}, 1_000_000_000 * time.Second},
		{"longer than it goes", []string{"BRPOP", "a", "9223372036854775.807"}, []string{"a"}, never},
		{"for a source", []string{"BLMOVE", "a", "b", "LEFT", "LEFT", "2"}, []string{"a"}, 2 * time.Second},
		{"for a source, of old", []string{"BRPOPLPUSH", "a", "b", "2"}, []string{"a"}, 2 * time.Second},
		{"for one of several", []string{"BLMPOP", "2", "2", "a", "b", "LEFT", "COUNT", "3"}, []string{"a", "b"}, 2 * time.Second},
	} {
		s := newServer(1)
		s.call.MayBlock = true
		reply := s.do(c.line...)
		w := s.call.Wait
		if w == nil || len(reply) > 0 {
			t.Errorf("%s: does not wait but says %q", c.name, reply)
			continue
		}
		until := engine.Instant(0)
		if c.lasts != never {
			until = s.call.Now.Add(c.lasts)
		}
		if !slices.Equal(w.Keys, c.keys) || w.Until != until {
			t.Errorf("%s: waits for %+v, want %q until %v", c.name, *w, c.keys, until)
		}
	}
}

// One that is served does not mind that another of its keys holds something else, and waits on when somebody was
// faster.
func TestServedListCommands(t *testing.T) {
	s := newServer(1)
	s.say("SET s v")
	s.say("RPUSH l a")
	s.call.MayBlock, s.call.Served = true, true
	if got := s.say("BLPOP s l 0"); got != "1) \"l\"\n2) \"a\"" {
		t.Errorf("got %s", got)
	}
	if s.do("BLPOP", "s", "l", "0"); s.call.Wait == nil {
		t.Error("does not wait on")
	}
	if s.do("BLMOVE", "l", "s", "LEFT", "LEFT", "0"); s.call.Wait == nil {
		t.Error("does not wait on")
	}
}

// Reading a list allocates nothing, and neither does taking elements of it.
func TestListCommandsAllocateLittle(t *testing.T) {
	s := newServer(1)
	s.say("RPUSH l a b c 1 2 3")
	for _, line := range [][]string{
		{"LRANGE", "l", "1", "2"}, {"LINDEX", "l", "1"}, {"LPOS", "l", "2"}, {"LPOS", "l", "2", "RANK", "-1", "COUNT", "0"}, {"LLEN", "l"},
		{"LPUSHX", "l", "x"}, {"RPOP", "l"}, {"LPUSHX", "l", "x"}, {"RPOP", "l", "1"}, {"LSET", "l", "0", "4000"},
	} {
		args := make([][]byte, len(line))
		for i, word := range line {
			args[i] = []byte(word)
		}
		cmd := Lookup(args[0])
		got := testing.AllocsPerRun(1, func() {
			s.reply.Buf = s.reply.Buf[:0]
			s.call.Begin()
			s.call.Cmd, s.call.Args = cmd, args
			cmd.Do(&s.call)
		})
		if got != 0 {
			t.Errorf("%q allocates %v times", line, got)
		}
	}
}
