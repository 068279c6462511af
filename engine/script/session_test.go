package script

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

const inStep = `node m1 repl-diskless-sync-delay=0
node r1 replicaof m1
until r1.master_link_status = up
`

// finish runs the script of a session to its end.
func finish(s *Session) error {
	_, err := s.advance(sim.Never-1, 1<<30, true)
	return err
}

func started(t *testing.T, text string) *Session {
	t.Helper()
	s := NewSession(parse(t, text))
	if err := finish(s); err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func events(w *sim.World) []string {
	var all []string
	for _, e := range w.Events().All() {
		all = append(all, e.String())
	}
	return all
}

func TestConditions(t *testing.T) {
	s := started(t, inStep+"m1> SET k \"a b\"\nm1> SET n 17\nwait 1s\n")
	for _, c := range []struct {
		condition string
		want      string // what was found instead; "" when it holds
	}{
		{"m1.role = master", ""},
		{"m1.role != slave", ""},
		{"m1.role = slave", "m1.role is master"},
		{"r1.state = up and r1.last_resync = full", ""},
		{"r1.digest = m1.digest", ""},
		{"r1.slave_repl_offset = m1.master_repl_offset", ""},
		{"r1.slave_repl_offset < m1.master_repl_offset", "r1.slave_repl_offset is 80 and m1.master_repl_offset is 80"},
		{"m1.repl_backlog_size = 1mb", ""},
		{"m1.repl_backlog_size >= 1m", ""},
		{"m1.repl_backlog_size < 1048575.5", "m1.repl_backlog_size is 1048576"},
		{"m1.sync_full = \"1\"", ""},
		{"m1.sync_full = 1.0", ""},
		{"m1.sync_full = \"1.0\"", "m1.sync_full is 1"},
		{"m1.second_repl_offset = -1", ""},
		{"r1.master_last_io_seconds_ago < 1500ms", ""},
		{"`r1> GET k` = \"a b\"", ""},
		{"`r1> GET k` = \"a  b\"", "`r1> GET k` is \"a b\""},
		{"`r1> GET n` > 16", ""},
		{"`r1> GET n` = `m1> GET n`", ""},
		{"`r1> GET none` = \"(nil)\"", ""},
		{"`r1> DBSIZE` = 2", ""},
		{"`r1> SET k v` = \"(error) READONLY You can't write against a read only replica.\"", ""},
		{"m1.role > 5", "there is no order between m1.role is master"},
		{"m1.rolle = master", "INFO of m1 shows no rolle: did you mean 'role'?"},
		{"5 = 6", "5 is not = 6"},
		{"2s = 2000ms", ""},
	} {
		e := parse(t, inStep+"expect "+c.condition).Statements[3].Act.(Expect)
		holds, found := e.Condition.holds(simulated{s.World()})
		if holds != (c.want == "") || found != c.want {
			t.Errorf("%s: got %v, %q, want %q", c.condition, holds, found, c.want)
		}
	}
}

func TestAnExpectationThatFailsEndsTheScriptAndNotTheWorld(t *testing.T) {
	s := NewSession(parse(t, inStep+"m1> SET k v\nexpect m1.role = slave\nkill m1\n"))
	err := finish(s)
	var failed *ExpectError
	if !errors.As(err, &failed) || err.Error() != "test.resync:5: expected m1.role = slave, but m1.role is master" {
		t.Fatalf("got %v", err)
	}
	if !s.Done() || s.Err() != err {
		t.Errorf("done %v, err %v", s.Done(), s.Err())
	}
	before := s.World().Now()
	if reached, err := s.Advance(before.Add(time.Second), 1<<20); !reached || err != nil {
		t.Errorf("the world does not go on: %v, %v", reached, err)
	}
	must(t, s.Do("m1> GET k"))
}

func TestUntilWaitsNoLongerThanItIsTold(t *testing.T) {
	s := NewSession(parse(t, "node m1\nwait 1s\nuntil m1.connected_slaves = 1 within 3s\n"))
	err := finish(s)
	want := "test.resync:3: waited 3s in vain for m1.connected_slaves = 1: m1.connected_slaves is 0"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if at := s.World().Now(); at != engine.Epoch.Add(4*time.Second) {
		t.Errorf("it ended at %s", at)
	}
}

func TestUntilSeesAtOnceWhatHolds(t *testing.T) {
	s := NewSession(parse(t, "node m1\nuntil m1.role = master\nuntil m1.state = up\nuntil m1.state = down\n"))
	if _, err := s.Advance(engine.Epoch.Add(1500*time.Millisecond), 1000); err != nil {
		t.Fatal(err)
	}
	must(t, s.Do("kill m1"))
	must(t, finish(s))
	// Two conditions held from the beginning; a dead node is given nothing, and its death is seen all the same.
	want := "node m1\nuntil m1.role = master\nuntil m1.state = up\nwait 1.5s\nkill m1\nuntil m1.state = down within 1m58.5s\n"
	if got := s.Script().String(); got != want || s.World().Now() != engine.Epoch.Add(1500*time.Millisecond) {
		t.Errorf("at %s the record is\n%s", s.World().Now(), got)
	}
}

func TestAnActThatCannotBeDoneIsAnErrorOfTheScript(t *testing.T) {
	for text, want := range map[string]string{
		"kill m1\nkill m1\n":                           "3: m1 is down already",
		"remove m1\n":                                  "2: m1 is up: kill it or shut it down first",
		"kill m1\nremove m1\nstart m1\n":               "4: the node m1 was removed",
		"kill m1\nremove m1\nm1> PING\n":               "4: the node m1 was removed",
		"start m1 era 4.0\n":                           "2: m1 is up already",
		"kill m1\nstart m1 era 4.0\n":                  "3: m1 does not start: replica-priority: Bad directive or wrong number of arguments",
		"kill m1\nremove m1\nexpect m1.state = down\n": "4: expected m1.state = down, but there is no node m1",
	} {
		err := finish(NewSession(parse(t, "node m1 replica-priority=7\n"+text)))
		if err == nil || err.Error() != "test.resync:"+want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// The pieces in which time passes change nothing: the page's frames, or all at once.
func TestTheSizeOfStepsChangesNothing(t *testing.T) {
	text := RandomScript(11, "").String()
	whole := NewSession(parse(t, text))
	must(t, finish(whole))
	end := whole.World().Now()
	pieces := NewSession(parse(t, text))
	for at := engine.Epoch; at < end; {
		at = min(at.Add(17*time.Millisecond), end)
		for reached := false; !reached; {
			var err error
			reached, err = pieces.Advance(at, 3)
			must(t, err)
		}
	}
	a, b := events(whole.World()), events(pieces.World())
	if !slices.Equal(a[:min(len(a), len(b))], b[:min(len(a), len(b))]) {
		t.Error("the same script gave other events")
	}
	if !pieces.Done() {
		t.Error("the script is not done at its end")
	}
}

// What a user did is a script that does it again: in free play, in the middle of a wait, and while until waits.
func TestTheRecordDoesItAgain(t *testing.T) {
	s := NewSession(parse(t, "title \"T\"\nseed 9\n"+inStep+"wait 5s\nuntil `r1> GET go` = yes within 1m\nm1> SET last 1\n"))
	at := engine.Epoch
	pass := func(d time.Duration) {
		at = at.Add(d)
		for {
			// Few steps at a time, so that acts also come in the middle of an instant.
			reached, err := s.Advance(at, 1)
			must(t, err)
			if reached {
				return
			}
		}
	}
	pass(1500 * time.Millisecond) // in the wait
	must(t, s.Do("m1> SET early 1"))
	must(t, s.Do("link m1 r1 latency 0s"))
	pass(7777777 * time.Nanosecond)
	must(t, s.Do("sever m1 r1"))
	pass(6 * time.Second) // in the until
	must(t, s.Do("heal m1 r1"))
	must(t, s.Do("load m1 rate 50/s"))
	pass(2 * time.Second)
	must(t, s.Do("m1> SET go yes"))
	pass(time.Second)
	must(t, s.Do("kill r1"))
	must(t, s.Do("# nothing is done"))
	must(t, s.Do("start r1"))
	pass(3 * time.Second)
	if !s.Done() {
		t.Fatal("the script has not ended")
	}

	record := s.Script().String()
	again := NewSession(parse(t, record))
	must(t, finish(again))
	a, b := events(s.World()), events(again.World())
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("event %d was %q and is %q, after\n%s", i, a[i], b[i], record)
		}
	}
	if len(a) != len(b) || s.World().Now() != again.World().Now() {
		t.Errorf("%d events until %s and %d until %s, after\n%s", len(a), s.World().Now(), len(b), again.World().Now(), record)
	}
	if twice := again.Script().String(); twice != record {
		t.Errorf("the record of the record is\n%s, not\n%s", twice, record)
	}
}

func TestConsecutiveWaitsMerge(t *testing.T) {
	s := started(t, "node m1\nwait 1s\nwait 500ms\n")
	must(t, s.Do("wait 250ms"))
	must(t, finish(s))
	if got, want := s.Script().String(), "node m1\nwait 1.75s\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDoRefusesWithoutATrace(t *testing.T) {
	s := started(t, "node m1\n")
	before := s.Script().String()
	for line, want := range map[string]string{
		"sevr m1":         "unknown statement 'sevr': did you mean 'sever'?",
		"title \"x\"":     "title stands before the first node",
		"kill m2":         "unknown node 'm2': did you mean 'm1'?",
		"start m1":        "m1 is up already",
		"expect 1 = 2":    "expected 1 = 2, but 1 is not = 2",
		"kill m1\nm1> GO": "one statement at a time",
		"# \xff":          "this is not UTF-8",
	} {
		if got := errorText(s.Do(line)); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
	if got := s.Script().String(); got != before {
		t.Errorf("the record is %q", got)
	}
}

func TestNarration(t *testing.T) {
	s := NewSession(parse(t, "node m1\nstep \"One\"\nsay at m1 \"Look.\"\npredict m1\nspeed 0.5\nwait 1s\nstep \"Two\"\n"))
	if _, err := s.Advance(engine.Epoch, 100); err != nil {
		t.Fatal(err)
	}
	step, say, at := s.Narration()
	if step != "One" || say != "Look." || !slices.Equal(at, []string{"m1"}) || s.Predict() != "m1" || s.Speed() != 0.5 {
		t.Errorf("got %q %q %q %q %v", step, say, at, s.Predict(), s.Speed())
	}
	must(t, finish(s))
	if step, say, at := s.Narration(); step != "Two" || say != "" || at != nil || s.Predict() != "" {
		t.Errorf("in the next chapter: %q %q %q %q", step, say, at, s.Predict())
	}
}

func TestASessionEndsAtItsLimits(t *testing.T) {
	s := started(t, "node m1\n")
	_, err := s.Advance(engine.Epoch.Add(MaxTime+time.Hour), 1<<30)
	var limit *LimitError
	if !errors.As(err, &limit) {
		t.Errorf("got %v", err)
	}
	if err == nil || !strings.Contains(err.Error(), "168h") {
		t.Errorf("the limit is told as %v", err)
	}
}

func TestACloneOfASessionGoesOnByItself(t *testing.T) {
	s := NewSession(parse(t, RandomScript(4, "").String()))
	for range 700 {
		if _, err := s.advance(sim.Never-1, 1, true); err != nil {
			t.Fatal(err)
		}
	}
	c := s.Clone()
	must(t, finish(c))
	must(t, c.Do("n1> FLUSHALL"))
	must(t, finish(s))
	a, b := events(s.World()), events(c.World())
	if !slices.Equal(a, b[:len(a)]) || len(b) == len(a) {
		t.Error("the clone and the original disturb each other")
	}
}
