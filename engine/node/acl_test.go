package node

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// What ACL says beside redis-server is in engine/tcp. Here is what no two servers share, and what takes long.

func TestPasswordsAreDrawnFromTheSeed(t *testing.T) {
	a, b := start(t), start(t)
	ca, cb := a.connect(), b.connect()
	seen := map[string]bool{}
	for bits, digits := range map[string]string{"": "64", " 1": "1", " 4": "1", " 5": "2", " 4096": "1024"} {
		got := a.say(ca, "ACL GENPASS"+bits)
		if !regexp.MustCompile(`^\$` + digits + `\r\n[0-9a-f]+\r\n$`).MatchString(got) {
			t.Errorf("GENPASS%s: %q", bits, got)
		}
		b.want("the same seed", b.say(cb, "ACL GENPASS"+bits), got)
		seen[got] = true
	}
	long := a.say(ca, "ACL GENPASS")
	for _, digit := range "0123456789abcdef" {
		if text := a.say(ca, "ACL GENPASS 4096"); !strings.ContainsRune(text[7:], digit) {
			t.Errorf("of 1024 digits none is %c", digit)
		}
	}
	if a.say(ca, "ACL GENPASS") == long {
		t.Error("the same password twice")
	}
}

func TestFailedAttemptsOfAMinuteAreOneEntry(t *testing.T) {
	s := start(t, "requirepass", "pw")
	c := s.connect()
	s.say(c, "AUTH wrong")
	s.pass(time.Minute)
	s.say(c, "AUTH wrong")
	s.pass(time.Minute + time.Millisecond)
	s.say(c, "AUTH wrong")
	s.say(c, "AUTH pw")
	s.pass(1500 * time.Millisecond)
	got := s.say(c, "ACL LOG")
	var seen []string
	for _, m := range regexp.MustCompile(`count\r\n:(\d+)|age-seconds\r\n\$\d+\r\n([\d.]+)`).FindAllStringSubmatch(got, -1) {
		seen = append(seen, m[1]+m[2])
	}
	if want := "1 1.5 2 61.500999999999998"; strings.Join(seen, " ") != want {
		t.Errorf("counts and ages %q, want %s", seen, want)
	}
}

// A copy of a node goes its own way.
func TestPasswordsAndAttemptsAreCloned(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "ACL SETUSER default >a >b")
	s.say(c, "AUTH x")
	list, log := s.say(c, "ACL LIST"), s.say(c, "ACL LOG")
	twin := s.twin()
	twin.say(c, "ACL SETUSER default <a >c")
	twin.say(c, "AUTH x")
	twin.say(c, "AUTH default y")
	s.want("the list", s.say(c, "ACL LIST"), list)
	s.want("the log", s.say(c, "ACL LOG"), log)
}
