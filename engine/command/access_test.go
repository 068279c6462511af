package command

import "testing"

// While a snapshot is being written access clocks stand still: what is used looks unused, but nothing looks new.
func TestIdleTimeIsToldWhileAccessClocksStandStill(t *testing.T) {
	s := newServer(1)
	s.store.SetClock(900, false)
	s.do("SET", "k", "v")
	for _, c := range []struct {
		running bool
		want    string
	}{{false, ":100\r\n"}, {false, ":100\r\n"}, {true, ":100\r\n"}, {true, ":0\r\n"}} {
		s.call.Settings.Access = AccessClock{Running: c.running, Seconds: 1000}
		if got := string(s.do("OBJECT", "IDLETIME", "k")); got != c.want {
			t.Errorf("running %v: idle for %q, want %q", c.running, got, c.want)
		}
		s.do("GET", "k")
	}
}
