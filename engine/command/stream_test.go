package command

import (
	"strings"
	"testing"

	"resync/engine"
	"resync/engine/store"
)

// Who waits for what is new waits for what comes behind the entry that was the last one when the wait began.
func TestXreadWaitsBehindTheLastEntryOfItsBeginning(t *testing.T) {
	s := newServer(16)
	s.say("XADD a 5-1 f v")
	s.call.MayBlock, s.call.Now = true, engine.At(1000)
	if got := string(s.do("XREAD", "BLOCK", "250", "STREAMS", "a", "b", "$", "$")); got != "" {
		t.Fatalf("answered %q, want nothing yet", got)
	}
	w := s.call.Wait
	if w == nil || w.Until != engine.At(1250) || w.Kind != store.Stream || strings.Join(w.Keys, " ") != "a b" {
		t.Fatalf("wait %+v", w)
	}
	again := strings.Join(texts(w.Args), " ")
	if want := "XREAD BLOCK 250 STREAMS a b 5-1 0-0"; again != want {
		t.Errorf("to run again: %s, want %s", again, want)
	}
	s.say("XADD b 7-7 f v")
	s.call.Served = true
	if got, want := string(s.do("XREAD", "BLOCK", "250", "STREAMS", "b", "0-0")), "*1\r\n*2\r\n$1\r\nb\r\n*1\r\n*2\r\n$3\r\n7-7\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"; got != want {
		t.Errorf("served with %q, want %q", got, want)
	}
}

func TestXreadThatMayNotWaitAnswersAtOnce(t *testing.T) {
	s := newServer(16)
	for _, line := range []string{"XREAD BLOCK 0 STREAMS a $", "XREAD STREAMS a 0"} {
		if got := s.say(line); got != "(nil)" || s.call.Wait != nil {
			t.Errorf("%s: %s, wait %v", line, got, s.call.Wait)
		}
	}
}

// What a group gives out is told to replicas entry by entry; without acknowledgements it is told how far the group is.
func TestReadingOfGroupsIsToldToReplicas(t *testing.T) {
	s := newServer(16)
	s.call.Now = engine.At(77)
	s.say("XADD s 1-1 f v")
	s.say("XADD s 2-0 f v")
	s.say("XGROUP CREATE s g 0")
	s.sent()
	for _, x := range []struct{ line, want string }{
		{"XREADGROUP GROUP g c COUNT 1 STREAMS s >", "XCLAIM s g c 0 1-1 TIME 77 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1"},
		{"XREADGROUP GROUP g c STREAMS s 0", ""},
		{"XREADGROUP GROUP g d NOACK STREAMS s >", "MULTI, XGROUP CREATECONSUMER s g d, XGROUP SETID s g 2-0 ENTRIESREAD 2, EXEC"},
		{"XREADGROUP GROUP g e STREAMS s >", ""},
		{"XCLAIM s g d 0 1 JUSTID", ""},
		{"XCLAIM s g d 0 1-1 JUSTID", "XCLAIM s g d 0 1-1 TIME 77 RETRYCOUNT 2 FORCE JUSTID LASTID 2-0"},
		{"xack s g 1-1", "xack s g 1-1"},
		{"XACK s g 1-1", ""},
		{"XADD s maxlen ~ 1 * f v", "XADD s maxlen = 3 77-0 f v"},
		{"XTRIM s MINID ~ 2 LIMIT 7", ""},
	} {
		s.say(x.line)
		if got := strings.TrimSpace(s.sent()); got != x.want {
			t.Errorf("%s goes out as\n%s\nwant\n%s", x.line, got, x.want)
		}
	}
}

// A served reader with a key that runs dry is told so by an empty list, as redis-server does.
func TestServedReaderOfWhatIsGoneGetsNothingOfIt(t *testing.T) {
	s := newServer(16)
	s.say("XADD s 1-1 f v")
	s.say("XDEL s 1-1")
	s.call.Served, s.call.MayBlock = true, true
	if got, want := string(s.do("XREAD", "BLOCK", "0", "STREAMS", "s", "0-0")), "*1\r\n*2\r\n$1\r\ns\r\n*0\r\n"; got != want {
		t.Errorf("served with %q, want %q", got, want)
	}
}
