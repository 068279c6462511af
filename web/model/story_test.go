package model

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/assets"
	"resync/engine/script"
)

// opened is the page as a reader first sees it, with a scenario's name or "" for the first one.
func opened(t *testing.T, scenario string) *Model {
	t.Helper()
	var list []Scenario
	for _, s := range assets.Scenarios() {
		list = append(list, Scenario(s))
	}
	m := New(list, Settings{})
	r := &m
	if scenario != "" {
		do(r, Pick{scenario})
	}
	if r.problem != "" {
		t.Fatalf("opening %q: %s", scenario, r.problem)
	}
	return r
}

// do sends messages, one after the other.
func do(m *Model, msgs ...Msg) (cmds []Cmd) {
	for _, msg := range msgs {
		var more []Cmd
		*m, more = Update(*m, msg)
		cmds = append(cmds, more...)
	}
	return cmds
}

// press presses keys outside text fields.
func press(m *Model, keys ...string) (used bool) {
	for _, k := range keys {
		*m, used, _ = PressKey(*m, Key{Key: k})
	}
	return used
}

func wait(m *Model, d time.Duration) { do(m, Tick{d}) }

// lastTurn is what a node's terminal shows last.
func lastTurn(t *testing.T, m *Model, node string) Turn {
	t.Helper()
	turns := m.past.turns[node]
	if len(turns) == 0 {
		t.Fatalf("nothing at %s", node)
	}
	return turns[len(turns)-1]
}

// info types INFO replication at a node and returns its fields.
func info(t *testing.T, m *Model, node string) map[string]string {
	t.Helper()
	do(m, Typed{node, "INFO replication"})
	fields := map[string]string{}
	for line := range strings.Lines(lastTurn(t, m, node).Text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	if fields["role"] == "" {
		t.Fatalf("%s> INFO replication shows no role: %q", node, lastTurn(t, m, node).Text)
	}
	return fields
}

// digits takes the commas out of a drawing's number.
func digits(s string) string { return strings.ReplaceAll(s, ",", "") }

// A write is seen at the replica; the link is cut; what is written meanwhile is missing there and forecast; after the
// repair the master continues, and every number on the page is the one that INFO tells.
func TestACutReplicaContinuesWhereItStopped(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", `SET color blue`})
	if got := lastTurn(t, m, "m1"); got.Text != "OK" || got.Waiting {
		t.Fatalf("m1 answers %+v", got)
	}
	wait(m, 500*time.Millisecond)
	do(m, Select{"r1"}, Typed{"r1", "GET color"})
	if got := lastTurn(t, m, "r1").Text; got != `"blue"` {
		t.Fatalf("r1 reads %s", got)
	}
	wait(m, 2*time.Second)
	applied := info(t, m, "r1")["slave_repl_offset"]

	do(m, Run{"sever m1 r1"}, Typed{"m1", "SET color green"}, Typed{"m1", "INCR visits"})
	p := m.Page()
	head, err := strconv.Atoi(info(t, m, "m1")["master_repl_offset"])
	if err != nil {
		t.Fatal(err)
	}
	stopped, _ := strconv.Atoi(applied)
	missing := commas(int64(head-stopped)) + " B"
	if len(p.Forecast) != 1 || p.Forecast[0].Replica != "r1" || p.Forecast[0].Answer.Word != "CONTINUE" ||
		p.Forecast[0].Cost != "m1 sends the missing "+missing {
		t.Fatalf("forecast %+v, want CONTINUE with %s", p.Forecast, missing)
	}
	if !p.Stage.Links[0].Cut || p.Stage.Links[0].Line != "heal m1 r1" {
		t.Errorf("the link shows %+v", p.Stage.Links[0])
	}
	if flag := p.Tape.Flags; len(flag) != 1 || flag[0].Late || digits(flag[0].Text.Bold) != strconv.Itoa(stopped+1) {
		t.Errorf("flags %+v, want one on byte %d", flag, stopped+1)
	}

	do(m, Guess{"r1", "continue"}, Run{"heal m1 r1"})
	wait(m, 2*time.Second)
	v := m.Page().Verdict
	want := Verdict{Kind: "continue", Replica: "r1", Master: "m1", Answer: "+CONTINUE", Cost: "and sends " + missing + " instead of everything"}
	if !v.Shown || v.Kind != want.Kind || v.Replica != want.Replica || v.Master != want.Master || v.Answer != want.Answer || v.Cost != want.Cost {
		t.Fatalf("verdict %+v", v)
	}
	if want := "sends " + missing + ": same history, " + commas(int64(stopped+1)) + " held"; v.Brief != want {
		t.Errorf("in brief it is %q, want %q", v.Brief, want)
	}
	if !v.History.Accepted || !v.Held.Accepted {
		t.Errorf("checks %+v, %+v", v.History, v.Held)
	}
	if digits(v.Held.Mid) != strconv.Itoa(stopped+1) || digits(v.Held.Right) != strconv.Itoa(head+1) {
		t.Errorf("compared %s ≤ %s ≤ %s, want %d ≤ %d", v.Held.Left, v.Held.Mid, v.Held.Right, stopped+1, head+1)
	}
	wantLog := "Partial resynchronization request from 10.0.0.2:6380 accepted. Sending " + strconv.Itoa(head-stopped) +
		" bytes of backlog starting from offset " + strconv.Itoa(stopped+1) + "."
	if !strings.HasSuffix(v.Log, wantLog) {
		t.Errorf("log %q", v.Log)
	}
	if a := m.Page().Story.Ask; a.Truth != "continue" || a.Said != "continue" || !strings.HasPrefix(a.Question, "You were right: CONTINUE.") {
		t.Errorf("the question ends as %+v", a)
	}

	wait(m, 2*time.Second)
	master, replica := info(t, m, "m1"), info(t, m, "r1")
	cards := m.Page().Stage.Cards
	if digits(cards[0].Figure) != master["master_repl_offset"] || digits(cards[1].Figure) != replica["slave_repl_offset"] ||
		replica["slave_repl_offset"] != master["master_repl_offset"] {
		t.Errorf("cards show %s and %s, INFO says %s and %s", cards[0].Figure, cards[1].Figure, master["master_repl_offset"], replica["slave_repl_offset"])
	}
	if cards[0].Fields[1] != (Field{"sync_partial_ok", "1"}) {
		t.Errorf("the master's card counts %+v", cards[0].Fields)
	}
}

// A guess is about one outage: judged, it stays as it is, and the next outage asks anew, whatever has caused it.
func TestAGuessIsJudgedOnce(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Guess{"r1", "fullresync"})
	if a := m.Page().Story.Ask; a.Said != "fullresync" || a.Truth != "continue" {
		t.Fatalf("the guess is judged as %+v", a)
	}
	do(m, Guess{"r1", "continue"})
	if a := m.Page().Story.Ask; a.Said != "fullresync" {
		t.Errorf("the guess became %+v", a)
	}
	do(m, Run{"heal m1 r1"})
	wait(m, 3*time.Second)
	do(m, Guess{"r1", "continue"})
	if a := m.Page().Story.Ask; a.Said != "fullresync" || a.Question != "Not this time: CONTINUE." {
		t.Errorf("behind the verdict the guess became %+v", a)
	}
	do(m, Run{"kill r1"}, Run{"start r1"})
	if a := m.Page().Story.Ask; a.Replica != "r1" || a.Said != "" || a.Truth != "" {
		t.Fatalf("after a restart the question is %+v", a)
	}
	do(m, Guess{"r1", "continue"})
	if a := m.Page().Story.Ask; a.Said != "continue" || a.Truth == "" {
		t.Errorf("the second guess is judged as %+v", a)
	}
}

// What nobody is told of, the story tells, and what stands where answers are shown says the same; and each has a way on.
func TestTheStoryTellsWhatIsSo(t *testing.T) {
	for _, c := range []struct {
		scenario         string // a script, or "" for the playground
		line             string
		lead, calm, next string
	}{
		{"", "blackhole m1 r1", "Between m1 and r1 every byte vanishes.", "Between m1 and r1 every byte vanishes, and both ends", `m1> SET greeting "hello again"`},
		{"", "blackhole m1 > r2", "What m1 sends to r2 vanishes.", "What m1 sends to r2 vanishes, and both ends", `m1> SET greeting "hello again"`},
		{"", "blackhole r2 > m1", "What r2 sends to m1 vanishes.", "What r2 sends to m1 vanishes, and both ends", "heal m1 r2"},
		{"", "freeze r1", "r1 stands still, and answers nobody.", "r1 stands still: ", "thaw r1"},
		{"", "freeze m1", "m1 stands still, and answers nobody.", "m1 stands still: ", "thaw m1"},
		{"seed 1\n", "", "No server yet.", "No server yet. Add one", "node m1"},
		{"node m1\n", "", "m1 stands alone.", "No server follows another.", "node r1 replicaof m1"},
		{"node m1\nnode m2\n", "", "m1 stands alone.", "No server follows another.", "m2> REPLICAOF m1 6379"},
	} {
		m := opened(t, "")
		if c.scenario != "" {
			other := New([]Scenario{{Name: "other", Text: c.scenario}}, Settings{})
			m = &other
		}
		if c.line != "" {
			do(m, Run{c.line})
		}
		p := m.Page()
		if p.Story.Lead != c.lead || !strings.HasPrefix(p.Calm, c.calm) || len(p.Story.Try) == 0 || p.Story.Try[0].Line != c.next {
			t.Errorf("%s%s: %q, %q, %+v", c.scenario, c.line, p.Story.Lead, p.Calm, p.Story.Try)
			continue
		}
		for _, try := range p.Story.Try {
			do(m, Run{try.Line})
		}
		wait(m, 8*time.Second)
		if got := m.Page(); m.problem != "" || got.Story.Lead == c.lead && c.line != "" || m.selected == "" {
			t.Errorf("%s%s: tried, it is %q, problem %q, selected %q", c.scenario, c.line, got.Story.Lead, m.problem, m.selected)
		}
	}

	m := opened(t, "")
	do(m, Run{"blackhole m1 r1"})
	wait(m, 130*time.Second)
	if st := m.Page().Story; !strings.HasPrefix(st.More, "So r1 tries to connect in vain.") {
		t.Errorf("after the timeouts: %+v", st)
	}
}

// Once the master has decided, nobody is asked what it will say, and no forecast says it.
func TestNoForecastOfAnAnswerThatWasGiven(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"})
	wait(m, 2*time.Second)
	if p := m.Page(); len(p.Forecast) != 1 || p.Story.Ask.Replica != "r1" {
		t.Fatalf("cut: forecast %+v, question %+v", p.Forecast, p.Story.Ask)
	}
	do(m, Run{"heal m1 r1"})
	for end := time.Duration(0); !m.Page().Verdict.Shown; end += 5 * time.Millisecond {
		if end > 5*time.Second {
			t.Fatal("r1 is never answered")
		}
		wait(m, 5*time.Millisecond)
	}
	p := m.Page()
	if len(p.Forecast) != 0 || p.Story.Ask.Replica != "" || p.Story.Lead != "m1 has decided." || !strings.HasPrefix(p.Story.More, "+CONTINUE is on its way to r1") {
		t.Errorf("answered: forecast %+v, question %+v, %q %q", p.Forecast, p.Story.Ask, p.Story.Lead, p.Story.More)
	}
	if f := p.Tape.Flags; len(f) != 1 || f[0].Text.Text != "r1 asked for" {
		t.Errorf("answered: flags %+v", f)
	}
	wait(m, time.Second)
	if p := m.Page(); !p.Verdict.Shown || p.Story.Lead == "m1 has decided." {
		t.Errorf("heard: %q", p.Story.Lead)
	}
}

// The same by keys alone: choose r1, cut, write at m1, heal.
func TestTheSameStoryByKeysAlone(t *testing.T) {
	m := opened(t, "")
	if !press(m, "2", "x") {
		t.Fatal("x is not used")
	}
	if !m.Page().Stage.Links[0].Cut {
		t.Fatal("2 x did not cut the link of r1")
	}
	press(m, "1")
	if _, _, cmds := PressKey(*m, Key{Key: "/"}); len(cmds) != 2 || cmds[1] != (Focus{PromptID("m1")}) {
		t.Fatalf("/ asks for %v", cmds)
	}
	do(m, Typed{"m1", "SET a 1"})
	press(m, "2", "h")
	wait(m, 2*time.Second)
	if v := m.Page().Verdict; v.Kind != "continue" {
		t.Fatalf("verdict %+v", v)
	}
}

// When the writes pass the drop line, the flag turns amber and the forecast turns at that very byte; healed, the master
// sends everything.
func TestWhenTheBacklogOverflowsEverythingIsSentAgain(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, ToggleLoad{"m1"}, Faster{}, Faster{})
	sawContinue := false
	for range 400 {
		wait(m, 100*time.Millisecond)
		p := m.Page()
		row, flag := p.Forecast[0], p.Tape.Flags[0]
		if late := row.Answer.Word == "FULLRESYNC"; late != flag.Late {
			t.Fatalf("the forecast says %s, the flag's lateness is %t", row.Answer.Word, flag.Late)
		} else if late {
			break
		}
		sawContinue = true
	}
	p := m.Page()
	if !sawContinue || !strings.Contains(p.Forecast[0].Cost, "too late") {
		t.Fatalf("forecast %+v", p.Forecast[0])
	}
	do(m, Resized{Width: 375, Height: 667}) // a phone has one line for it
	if row := m.Page().Forecast[0]; !strings.HasSuffix(p.Forecast[0].Cost, ": "+row.Cost) || row.Label != p.Forecast[0].Label || !strings.HasSuffix(row.Cost, " B too late") {
		t.Errorf("on a phone %+v, elsewhere %+v", row, p.Forecast[0])
	}
	do(m, Resized{Width: 1440, Height: 900})
	do(m, ToggleLoad{"m1"}, Run{"heal m1 r1"})
	wait(m, 3*time.Second)
	v := m.Page().Verdict
	if v.Kind != "fullresync" || !v.History.Accepted || v.Held.Accepted || v.Held.Op1 != ">" {
		t.Fatalf("verdict %+v", v)
	}
	if !strings.Contains(v.Log, "Unable to partial resync with replica 10.0.0.2:6380 for lack of backlog (Replica request was: ") {
		t.Errorf("log %q", v.Log)
	}
	if got := info(t, m, "m1"); got["master_repl_offset"] != info(t, m, "r1")["slave_repl_offset"] {
		t.Errorf("the offsets differ afterwards")
	}
}

// What was done is a script, and running it again gives the same events, byte for byte.
func TestWhatWasDoneIsAScript(t *testing.T) {
	m := opened(t, "")
	wait(m, 330*time.Millisecond)
	do(m, Typed{"m1", `SET "a b" "\x00"`}, Run{"sever m1 r2"})
	wait(m, 1700*time.Millisecond)
	do(m, ToggleLoad{"m1"})
	wait(m, 900*time.Millisecond)
	do(m, Run{"heal m1 r2"}, ToggleLoad{"m1"})
	wait(m, 2*time.Second)

	parsed, err := script.Parse("again.resync", m.Script())
	if err != nil {
		t.Fatalf("%v\n%s", err, m.Script())
	}
	again := script.NewSession(parsed)
	if _, err := again.Advance(m.world().Now(), 1<<30); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range again.World().Events().All() {
		b.WriteString(e.String() + "\n")
	}
	if got := b.String(); got != m.Trace() {
		t.Errorf("the second run differs, from here on:\n%s", firstDifference(m.Trace(), got))
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "line " + strconv.Itoa(i+1) + "\n" + x[i] + "\n" + y[i]
		}
	}
	return "one is longer: " + strconv.Itoa(len(x)) + " and " + strconv.Itoa(len(y)) + " lines"
}

// How often the browser draws changes nothing in the world.
func TestFrameRateLeavesNoTrace(t *testing.T) {
	slow, fast := opened(t, ""), opened(t, "")
	do(slow, ToggleLoad{"m1"})
	do(fast, ToggleLoad{"m1"})
	for range 20 {
		do(slow, Frame{Elapsed: 50 * time.Millisecond})
	}
	for range 250 {
		do(fast, Frame{Elapsed: 4 * time.Millisecond})
	}
	if slow.Trace() != fast.Trace() {
		t.Errorf("20 and 250 frames differ:\n%s", firstDifference(slow.Trace(), fast.Trace()))
	}
}

func TestSimulatedTime(t *testing.T) {
	for _, c := range []struct {
		name string
		msgs []Msg
		want time.Duration
	}{
		{"a second is a second", []Msg{Tick{time.Second}}, time.Second},
		{"twice as fast", []Msg{Faster{}, Tick{time.Second}}, 2 * time.Second},
		{"half as fast", []Msg{Slower{}, Tick{time.Second}}, time.Second / 2},
		{"nothing is lost to rounding", []Msg{Slower{}, Frame{Elapsed: 1}, Frame{Elapsed: 1}, Frame{Elapsed: 1}, Frame{Elapsed: 1}}, 2},
		{"paused", []Msg{Play{}, Tick{time.Second}}, 0},
		{"a long frame was a pause of the browser", []Msg{Frame{Elapsed: time.Hour}}, 100 * time.Millisecond},
		{"a clock that went back", []Msg{Frame{Elapsed: -time.Second}}, 0},
	} {
		m := opened(t, "")
		before := m.world().Now()
		do(m, c.msgs...)
		if got := m.world().Now().Sub(before); got != c.want {
			t.Errorf("%s: %v passed, want %v", c.name, got, c.want)
		}
	}
}

func TestSteppingStopsAtTheNextEvent(t *testing.T) {
	m := opened(t, "")
	before := m.world().Events().Len()
	do(m, Step{})
	if got := m.world().Events().Len(); got <= before || m.playing {
		t.Errorf("a step: %d events more, playing %t", got-before, m.playing)
	}
	do(m, Run{"sever m1 r1"}, Run{"heal m1 r1"}, NextEvent{})
	events := m.world().Events()
	if last := *events.At(events.Len() - 1); !worthALook(last) && m.past.saidSeq < 0 {
		t.Errorf("stopped at %s", last)
	}
}

func TestAKilledNodeKeepsItsPlace(t *testing.T) {
	m := opened(t, "")
	do(m, Power{"r1"})
	c := m.Page().Stage.Cards[1]
	if c.Up || c.Role != "replica" || c.Depth != 1 || c.Word != "✕ killed" {
		t.Errorf("a killed replica: %+v", c)
	}
	do(m, Typed{"r1", "PING"})
	if got := lastTurn(t, m, "r1"); !got.Error || got.Text != "Could not connect to Redis at 10.0.0.2:6380: Connection refused" {
		t.Errorf("its prompt says %+v", got)
	}
	if got := m.Page().Terminal; m.selected == "r1" && got.Prompt != "not connected>" {
		t.Errorf("prompt %q", got.Prompt)
	}
	do(m, Power{"r1"})
	wait(m, 3*time.Second)
	if c := m.Page().Stage.Cards[1]; !c.Up || c.Word != "up" {
		t.Errorf("started again: %+v", c)
	}
}

func TestWhatThePromptDoesByItself(t *testing.T) {
	m := opened(t, "")
	before := m.world().Events().Len()
	cmds := do(m, Typed{"m1", "   "})
	if len(m.past.turns["m1"]) != 1 || len(cmds) == 0 || cmds[0] != (SetInput{PromptID("m1"), ""}) {
		t.Errorf("an empty line: %v", cmds)
	}
	do(m, Typed{"m1", "help"}, Typed{"m1", "exit"}, Typed{"m1", "clear"})
	if len(m.past.turns["m1"]) != 0 {
		t.Errorf("clear leaves %v", m.past.turns["m1"])
	}
	do(m, Typed{"m1", `SET a "unbalanced`})
	if got := lastTurn(t, m, "m1"); !got.Error || got.Waiting {
		t.Errorf("unbalanced quotes: %+v", got)
	}
	if got := m.world().Events().Len(); got != before {
		t.Errorf("none of it is the server's business, and yet %d events", got-before)
	}
	do(m, Typed{"m1", "NOSUCH thing"})
	if got := lastTurn(t, m, "m1"); !got.Error || !strings.HasPrefix(got.Text, "(error) ERR unknown command 'NOSUCH'") {
		t.Errorf("an unknown command: %+v", got)
	}
	do(m, Typed{"r1", "SET a 1"})
	if got := lastTurn(t, m, "r1"); !got.Error || got.Text != "(error) READONLY You can't write against a read only replica." {
		t.Errorf("a write at a replica: %+v", got)
	}
}

func TestHistoryAtAPrompt(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", "SET a 1"}, Typed{"m1", "GET a"}, Typed{"m1", "GET a"})
	for i, c := range []struct {
		msg  Msg
		want string // "" when nothing changes
	}{
		{Older{"m1", "half a li"}, "GET a"},
		{Older{"m1", "GET a"}, "SET a 1"},
		{Older{"m1", "SET a 1"}, ""},
		{Newer{"m1"}, "GET a"},
		{Newer{"m1"}, "half a li"},
		{Newer{"m1"}, ""},
		{Older{"r1", ""}, ""},
	} {
		cmds := do(m, c.msg)
		got := ""
		if len(cmds) == 1 {
			got = cmds[0].(SetInput).Value
		}
		if got != c.want {
			t.Errorf("step %d, %#v: %q, want %q", i, c.msg, got, c.want)
		}
	}
}

func TestTheNarratorSpeaksOfVerdictsAtOnce(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"})
	if got := m.Page().Status; got != "The link of m1 and r1 is cut." {
		t.Errorf("after a cut: %q", got)
	}
	do(m, Run{"heal m1 r1"})
	wait(m, 2*time.Second)
	if got := m.Page().Status; !strings.Contains(got, "CONTINUE") {
		t.Errorf("after the answer: %q", got)
	}
}

// What is said twice is to be heard twice: the text of the live region changes, though it reads the same.
func TestTheNarratorSaysTheSameAgain(t *testing.T) {
	m := opened(t, "")
	var said []string
	for range 3 {
		do(m, Run{"sever nobody m1"})
		said = append(said, m.Page().Status)
	}
	if said[0] == said[1] || said[1] == said[2] || strings.TrimSpace(said[0]) != strings.TrimSpace(said[1]) || said[0] == "" {
		t.Errorf("three errors: %q", said)
	}
}

func TestKeysCanBeSwitchedOff(t *testing.T) {
	m := opened(t, "")
	do(m, ToggleKeys{})
	if press(m, "x") || press(m, " ") || !m.playing {
		t.Error("single keys still do something")
	}
	if !press(m, "?") || !m.Page().ShowHelp || !press(m, "Escape") || m.Page().ShowHelp {
		t.Error("? and Esc open and close the help, whatever the switch says")
	}
	do(m, ToggleKeys{})
	for _, k := range []string{"q", "0", "9", "Tab", "Enter", "é"} {
		if press(m, k) {
			t.Errorf("%q is used, and the browser wanted it", k)
		}
	}
}

func TestStateForTestsIsJSON(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Typed{"m1", "SET a 1"})
	var state struct {
		Nodes     []struct{ Name, Role, Link string }
		Links     []struct{ A, B, State string }
		Forecasts []struct {
			Replica, Answer string
			Missing         int64
		}
	}
	if err := json.Unmarshal([]byte(m.StateJSON()), &state); err != nil {
		t.Fatal(err)
	}
	if len(state.Nodes) != 3 || state.Links[0].State != "severed" || state.Forecasts[0].Answer != "continue" || state.Forecasts[0].Missing <= 0 {
		t.Errorf("%+v", state)
	}
}

// A script that is wrong, and one whose expectation fails, are said on the page, which goes on.
func TestAWrongScriptIsSaid(t *testing.T) {
	for name, text := range map[string]string{
		"does not parse": "node m1\nserver m1 r1\n",
		"is refused":     "node m1\nexpect m1.connected_slaves = 7\n",
	} {
		m := New([]Scenario{{Name: name, Text: text}}, Settings{})
		p := m.Page()
		if p.Problem == "" {
			t.Errorf("%s: nothing is said", name)
		}
		do(&m, Tick{time.Second}, Play{}, Step{}, NextEvent{}, Typed{"m1", "PING"})
		m.Page()
	}
	empty := New(nil, Settings{})
	_ = empty
}

// A master that is killed answers none of its replicas: one row says so for all.
func TestAKilledMasterIsSaidOnceForAllWhoAskIt(t *testing.T) {
	m := New([]Scenario{{Name: "x", Text: "node m1\nnode r1 replicaof m1\nnode r2 replicaof m1\nwait 2s\n"}}, Settings{})
	do(&m, Tick{3 * time.Second}, Run{"kill m1"}, Tick{time.Second})
	rows := m.Page().Forecast
	if len(rows) != 1 || rows[0].Replica != "r1, r2" || rows[0].Label != "r1, r2: m1 is killed, nobody answers" {
		t.Errorf("%+v", rows)
	}
}
