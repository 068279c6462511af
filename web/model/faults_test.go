package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine/script"
)

// palette is what the column offers for a node, or for a link by its name.
func palette(m *Model, target string) []Fault {
	if strings.Contains(target, "-") {
		do(m, PickLink{target})
	} else {
		do(m, PickFaults{target})
	}
	return m.Page().Terminal.Faults.List
}

func row(t *testing.T, list []Fault, key string) Fault {
	t.Helper()
	i := slices.IndexFunc(list, func(f Fault) bool { return f.Key == key })
	if i < 0 {
		t.Fatalf("there is no %s in %+v", key, list)
	}
	return list[i]
}

// Every row is a line that the language takes, and names its twin; together they are every fault that there is.
func TestThePaletteOffersEveryFaultOfTheLanguage(t *testing.T) {
	m := opened(t, "")
	offered := map[string]bool{}
	for _, target := range []string{"m1-r1", "r1"} {
		for _, f := range palette(m, target) {
			if _, err := script.Parse("", "node m1\nnode r1\nnode r2\n"+f.Line); err != nil {
				t.Errorf("%s: %v", f.Key, err)
			}
			if f.Act == "" || f.Twin == "" {
				t.Errorf("%+v lacks a name", f)
			}
			offered[strings.Fields(f.Line)[0]] = true
		}
	}
	elsewhere := []string{"title", "about", "seed", "node", "wait", "until", "speed", "step", "say", "predict", "expect",
		"restore"} // a file that is dropped
	for _, word := range script.Words() {
		if !offered[word] && !slices.Contains(elsewhere, word) {
			t.Errorf("%s is not offered", word)
		}
	}
}

// Doing what a row says puts it into force, here and in the world; doing it again undoes what can be undone.
func TestARowIsDoneAndUndone(t *testing.T) {
	for _, c := range []struct {
		target, key string
		line, undo  string
		state       func(*Model) string
		before, on  string
	}{
		{"m1-r1", "sever", "sever m1 r1", "heal m1 r1", linkState, "up", "severed"},
		{"m1-r1", "blackhole", "blackhole m1 r1", "heal m1 r1", linkState, "up", "blackhole both ways"},
		{"m1-r1", "dark-from", "blackhole m1 > r1", "heal m1 r1", linkState, "up", "blackhole m1 to r1"},
		{"m1-r1", "dark-back", "blackhole r1 > m1", "heal m1 r1", linkState, "up", "blackhole r1 to m1"},
		{"r1", "freeze", "freeze r1", "thaw r1", nodeState, "up ", "frozen frozen"},
		{"r1", "isolate", "isolate r1", "rejoin r1", nodeState, "up ", "up isolated"},
		{"r1", "isolate-blackhole", "isolate r1 blackhole", "rejoin r1", nodeState, "up ", "up isolated, silent"},
	} {
		m := opened(t, "")
		if f := row(t, palette(m, c.target), c.key); f.On || f.Line != c.line || c.state(m) != c.before {
			t.Errorf("%s at first: %+v, %s", c.key, f, c.state(m))
		}
		do(m, DoFault{c.key})
		if f := row(t, palette(m, c.target), c.key); !f.On || !strings.HasPrefix(f.State, "in force") || c.state(m) != c.on {
			t.Errorf("%s done: %+v, %s", c.key, f, c.state(m))
		}
		do(m, DoFault{c.key})
		wait(m, 3*time.Second) // what was reset connects again
		if f := row(t, palette(m, c.target), c.key); f.On || c.state(m) != c.before {
			t.Errorf("%s undone: %+v, %s", c.key, f, c.state(m))
		}
		if want := c.line + "\n" + c.undo + "\n"; !strings.Contains(m.Script(), want) {
			t.Errorf("%s: the script is %s", c.key, m.Script())
		}
	}
}

// linkState and nodeState are how the stage shows m1–r1 and r1.
func linkState(m *Model) string {
	l := m.Page().Stage.Links[0]
	if l.Path == "blackhole" {
		return l.Path + " " + l.Note
	}
	return l.Path
}

func nodeState(m *Model) string {
	c := cardOf(m, "r1")
	return c.State + " " + strings.TrimPrefix(badgeWords(c.Badges), ", ")
}

func cardOf(m *Model, name string) Card {
	for _, c := range m.Page().Stage.Cards {
		if c.Name == name {
			return c
		}
	}
	return Card{}
}

// A process ends, loses its files and starts again; what cannot be done now says so, and is refused in the language's words.
func TestAProcessEndsAndStarts(t *testing.T) {
	m := opened(t, "")
	for _, c := range []struct {
		key, enter, value string
		state, word       string
		refused           string
	}{
		{key: "wipe", state: "up", word: "up", refused: "r1 is up: only the files of a node that is down can be removed"},
		{key: "start", state: "up", word: "up", refused: "r1 is up already"},
		{key: "thaw", state: "up", word: "up", refused: "r1 is not frozen"},
		{key: "unload", state: "up", word: "up", refused: "there is no load on r1"},
		{key: "kill", state: "down", word: "✕ killed"},
		{key: "kill", state: "down", word: "✕ killed", refused: "r1 is down already"},
		{key: "wipe", state: "down", word: "✕ killed"},
		{key: "start", state: "up", word: "✕ down"},
		{key: "shutdown", enter: "how", value: "nosave", state: "down", word: "✕ shut down"},
	} {
		f := row(t, palette(m, "r1"), c.key)
		if f.Idle != (c.refused != "") {
			t.Errorf("%s: idle %t", c.key, f.Idle)
		}
		if c.enter != "" {
			do(m, EnterFault{c.key, c.enter, c.value})
		}
		do(m, DoFault{c.key})
		if got := cardOf(m, "r1"); got.State != c.state || got.Word != c.word {
			t.Errorf("after %s: %s %s, want %s %s", c.key, got.State, got.Word, c.state, c.word)
		}
		if got := row(t, palette(m, "r1"), c.key).Error; got != c.refused {
			t.Errorf("%s is refused with %q, want %q", c.key, got, c.refused)
		}
		if c.refused != "" && m.Page().Status != c.refused {
			t.Errorf("the narrator says %q", m.Page().Status)
		}
		if first := palette(m, "r1")[0]; first.Idle || first.Group != "Process" {
			t.Errorf("after %s the palette begins with %+v", c.key, first)
		}
	}
	if !strings.Contains(m.Script(), "shutdown r1 nosave") {
		t.Error(m.Script())
	}
}

// Numbers are put into inputs, shown in the line, and end in the world or in the language's refusal.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		target, key, entry, value string
		line, state, refused      string
	}{
		{"m1-r1", "latency", "latency", "250", "link m1 r1 latency 250ms", "now 250 ms each way", ""},
		{"m1-r1", "latency", "latency", "0.5", "link m1 r1 latency 0.5ms", "", ""},
		{"m1-r1", "latency", "latency", "3600001", "link m1 r1 latency 3600001ms", "", "a link's latency and jitter are an hour each at most"},
		{"m1-r1", "latency", "latency", "-1", "link m1 r1 latency -1ms", "", "a duration is not negative here"},
		{"m1-r1", "latency", "latency", "", "link m1 r1 latency ms", "", "'ms' is no duration; write 250ms, 1.5s or 2m"},
		{"m1-r1", "jitter", "jitter", "20", "link m1 r1 jitter 20ms", "now up to 20 ms", ""},
		{"m1-r1", "bandwidth", "bandwidth", "64", "link m1 r1 bandwidth 64kb/s", "now 64kb/s", ""},
		{"m1-r1", "bandwidth", "bandwidth", "1.5", "link m1 r1 bandwidth 1536/s", "now 1536/s", ""},
		{"m1-r1", "bandwidth", "bandwidth", "-2", "link m1 r1 bandwidth -2kb/s", "", "'-2kb/s' is no bandwidth; write 100kb/s, or 0/s for unlimited"},
		{"r1", "skew", "by", "-2", "skew r1 -2s", "now −2.0 s", ""},
		{"r1", "skew", "by", "86401", "skew r1 86401s", "", "a clock is 24h wrong at most"},
		{"m1", "load", "rate", "50", "load m1 rate 50/s size 64 keys 1000 mix set", "now 50/s of 64 B", ""},
		{"m1", "load", "mix", "all", "load m1 rate 20/s size 64 keys 1000 mix all", "now 20/s of 64 B", ""},
		{"m1", "load", "keys", "0", "load m1 rate 20/s size 64 keys 0 mix set", "", "'0' is not a number from 1 to 1073741824"},
	} {
		m := opened(t, "")
		do(m, Typed{"m1", "PING"}) // whatever the opening did, the load is over
		if m.past.loads["m1"] {
			do(m, Run{"unload m1"})
		}
		palette(m, c.target)
		do(m, EnterFault{c.key, c.entry, c.value})
		if f := row(t, palette(m, c.target), c.key); f.Line != c.line {
			t.Errorf("%s %q: the line is %q, want %q", c.key, c.value, f.Line, c.line)
		}
		do(m, DoFault{c.key})
		f := row(t, palette(m, c.target), c.key)
		if f.Error != c.refused || c.state != "" && f.State != c.state {
			t.Errorf("%s %q: %q, refused with %q; want %q, %q", c.key, c.value, f.State, f.Error, c.state, c.refused)
		}
		do(m, EnterFault{c.key, c.entry, "1"})
		if f := row(t, palette(m, c.target), c.key); f.Error != "" {
			t.Errorf("%s: %q is still there when another value is put in", c.key, f.Error)
		}
	}
}

// A row that is about one thing says nothing of another: drafts and refusals belong to their target.
func TestDraftsBelongToTheirTarget(t *testing.T) {
	m := opened(t, "")
	palette(m, "m1-r1")
	do(m, EnterFault{"latency", "latency", "x"}, DoFault{"latency"})
	if f := row(t, palette(m, "m1-r2"), "latency"); f.Error != "" || f.Entry[0].Value != "40" {
		t.Errorf("m1-r2 shows %+v", f)
	}
	if f := row(t, palette(m, "m1-r1"), "latency"); f.Error == "" || f.Entry[0].Value != "x" {
		t.Errorf("m1-r1 shows %+v", f)
	}
}

// What is slow, skewed or of another time has a word on the stage and in the table; what is usual has none.
func TestUnusualStatesHaveWords(t *testing.T) {
	m := opened(t, "")
	do(m, ToggleTable{})
	for _, c := range []struct {
		line, node, link string
		table            func(TableRow) string
		row              string
	}{
		{"skew r1 1.5s", "clock +1.5 s", "", func(r TableRow) string { return r.State }, "up, clock +1.5 s"},
		{"freeze r1", "frozen, clock +1.5 s", "", func(r TableRow) string { return r.State }, "frozen, clock +1.5 s"},
		{"link m1 r1 latency 200ms jitter 50ms", "frozen, clock +1.5 s", "200 ms to 250 ms", func(r TableRow) string { return r.Link }, "connected, 200 ms to 250 ms"},
		{"link m1 r1 latency 99ms jitter 0s bandwidth 64kb/s", "frozen, clock +1.5 s", "64kb/s", func(r TableRow) string { return r.Link }, "connected, 64kb/s"},
		{"blackhole r1 > m1", "frozen, clock +1.5 s", "64kb/s", func(r TableRow) string { return r.Link }, "connected, blackhole r1 to m1, 64kb/s"},
	} {
		do(m, Run{c.line})
		p := m.Page()
		card, link := cardOf(m, "r1"), p.Stage.Links[0]
		if got := strings.TrimPrefix(badgeWords(card.Badges), ", "); got != c.node || !strings.Contains(card.Label, c.node) {
			t.Errorf("%s: r1 shows %q, label %q, want %q", c.line, got, card.Label, c.node)
		}
		if got := strings.TrimPrefix(badgeWords(link.Badges), ", "); got != c.link || !strings.Contains(link.Label, c.link) {
			t.Errorf("%s: the link shows %q, label %q, want %q", c.line, got, link.Label, c.link)
		}
		if got := c.table(p.Table[1]); got != c.row {
			t.Errorf("%s: the table says %q, want %q", c.line, got, c.row)
		}
	}
	if l := m.Page().Stage.Links[0]; l.Dark != [2]bool{false, true} || l.Figure != "r1 still says up" || l.Line != "heal m1 r1" || l.Action != "Heal" {
		t.Errorf("a blackhole from r1: %+v", l)
	}
	for _, c := range []struct{ era, word string }{{"2.6", "Redis 2.6"}, {"4.0", "Redis 4.0"}, {"7.0", ""}, {"8.0", "Valkey 8.0"}} {
		name := "x" + c.era[:1]
		do(m, Run{"node " + name + " era " + c.era})
		if got := strings.TrimPrefix(badgeWords(cardOf(m, name).Badges), ", "); got != c.word {
			t.Errorf("era %s: %q, want %q", c.era, got, c.word)
		}
	}
}

// The keys: each is a line, on what is chosen, and none records what would change nothing.
func TestFaultKeys(t *testing.T) {
	m := opened(t, "")
	steps := []struct {
		key   string
		shift bool
		lines []string
	}{
		{"h", false, nil},
		{"2", false, nil},
		{"b", false, []string{"blackhole m1 r1"}},
		{"b", false, nil}, // it is one already
		{"h", false, []string{"heal m1 r1"}},
		{"x", false, []string{"sever m1 r1"}},
		{"H", true, []string{"heal m1 r1"}},
		{"l", false, nil},
		{"l", false, nil}, // m1-r2
		{"x", false, []string{"sever m1 r2"}},
		{"h", false, []string{"heal m1 r2"}},
		{"L", true, nil}, // m1-r1
		{"b", false, []string{"blackhole m1 r1"}},
		{"h", false, []string{"heal m1 r1"}},
		{"2", false, nil},
		{"p", false, []string{"freeze r1"}},
		{"p", false, []string{"thaw r1"}},
		{"R", true, []string{"kill r1", "wipe r1", "start r1"}},
		{"r", false, []string{"shutdown r1 save", "start r1"}},
		{"k", false, []string{"kill r1"}},
		{"k", false, nil},
		{"p", false, nil},
		{"R", true, []string{"wipe r1", "start r1"}},
		{"k", false, []string{"kill r1"}},
		{"r", false, []string{"start r1"}},
	}
	for i, c := range steps {
		before := m.Script()
		*m, _, _ = PressKey(*m, Key{Key: c.key, Shift: c.shift})
		got := strings.Split(strings.TrimSpace(strings.TrimPrefix(m.Script(), before)), "\n")
		if got[0] == "" {
			got = nil
		}
		if !slices.Equal(got, c.lines) {
			t.Fatalf("step %d, %s: %q, want %q", i, c.key, got, c.lines)
		}
		wait(m, 2*time.Second)
	}
	*m, _, _ = PressKey(*m, Key{Key: "f"})
	if p := m.Page(); p.Terminal.Tab != TabFaults || p.Terminal.Faults.Title != "Node r1" {
		t.Errorf("F shows %+v", p.Terminal.Faults)
	}
}

// Going back to before a fault, and on again, shows it as it was: nothing of it is kept outside the world.
func TestAFaultIsRewound(t *testing.T) {
	m := opened(t, "")
	before := m.world().Events().Len()
	do(m, Run{"shutdown r1 nosave"}, Run{"isolate r2"})
	wait(m, time.Second)
	end := m.world().Events().Len()
	do(m, SeekEvent{Event: before, AtOnce: true})
	if r1, r2 := cardOf(m, "r1"), cardOf(m, "r2"); r1.State != "up" || len(r2.Badges) != 0 {
		t.Errorf("before: %+v %+v", r1, r2)
	}
	do(m, SeekEvent{Event: end, AtOnce: true})
	if r1, r2 := cardOf(m, "r1"), cardOf(m, "r2"); r1.Word != "✕ shut down" || len(r2.Badges) != 1 {
		t.Errorf("after: %+v %+v", r1, r2)
	}
}

// A chronicle that is kept for going back does not learn how a node ended later.
func TestHowANodeEndedIsOfItsTime(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"kill r1"})
	kept := m.past.clone()
	do(m, Run{"start r1"}, Run{"shutdown r1 nosave"})
	if got, now := kept.downWord("r1"), m.past.downWord("r1"); got != "killed" || now != "shut down" {
		t.Errorf("then %q, now %q", got, now)
	}
}

// A button that is clicked twice does what it says once, and the script has it once.
func TestWhatIsInForceIsNotDoneAgain(t *testing.T) {
	m := opened(t, "")
	for _, line := range []string{"sever m1 r1", "heal m1 r1", "blackhole m1 r1", "heal r1 m1"} {
		events := m.line.Events().Len()
		do(m, Run{line})
		if m.line.Events().Len() == events {
			t.Errorf("%s did nothing", line)
		}
		events = m.line.Events().Len()
		do(m, Run{line})
		if m.line.Events().Len() != events {
			t.Errorf("%s was done twice", line)
		}
		if got := strings.Count(m.scriptText(), "\n"+line+"\n"); got != 1 {
			t.Errorf("the script has %s %d times", line, got)
		}
	}
	do(m, Run{"sever m1 nobody"})
	if !strings.Contains(m.status, "nobody") {
		t.Errorf("a mistake is not told: %q", m.status)
	}
}

// What was shut down in good order is nowhere said to be killed: whether its file was written is what a start depends on.
func TestAShutdownIsNoKill(t *testing.T) {
	for _, name := range []string{"m1", "r1"} {
		m := opened(t, "")
		do(m, Run{"shutdown " + name + " save"}, Tick{time.Second})
		if page := fmt.Sprintf("%+v", m.Page()); strings.Contains(page, name+" is killed") || strings.Contains(page, "Text:killed") || !strings.Contains(page, name+" is shut down") {
			t.Errorf("%s: the page says that it is killed, or not that it is shut down", name)
		}
	}
}

// A path that drops both ways and is to drop only one of them goes on dropping the other.
func TestOneWayOfABlackholeIsHealed(t *testing.T) {
	for key, want := range map[string][2]bool{"dark-from": {false, true}, "dark-back": {true, false}} {
		m := opened(t, "")
		do(m, Run{"blackhole m1 r1"}, PickLink{"m1-r1"}, DoFault{key})
		if got := m.Page().Stage.Links[0].Dark; got != want {
			t.Errorf("%s: dark is %v, want %v", key, got, want)
		}
	}
}
