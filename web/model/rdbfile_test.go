package model

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"resync/engine/rdb"
	"resync/engine/script"
	"resync/engine/store"
)

// What one node has becomes another one's, by lines of the script that do it again.
func TestAFileGoesOutOfANodeAndIntoAnother(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"unload m1"}, Run{"node x"}, Typed{"m1", "SET real data"}, Tick{time.Second}, Select{"m1"})
	want := m.world().Node("m1").Digest()
	cmds := do(m, SaveRDB{})
	if len(cmds) == 0 {
		t.Fatal("nothing to save")
	}
	file := cmds[len(cmds)-1].(Download)
	if file.Name != "m1.rdb" || !IsRDB([]byte(file.Data)) {
		t.Fatalf("%s with %q", file.Name, file.Data[:20])
	}
	do(m, Select{"x"}, FileGiven{Name: "dump.rdb", Data: []byte(file.Data)}, Tick{time.Second})
	if got := m.world().Node("x").Digest(); got != want {
		t.Errorf("x has %s, m1 had %s; %s", got, want, m.fileNote)
	}
	if note := m.Page().Terminal.FileNote; !strings.HasPrefix(note, `✓ x starts with "dump.rdb": `) {
		t.Error(note)
	}
	again, err := script.Parse("again.resync", m.Script())
	if err != nil {
		t.Fatal(err)
	}
	line := script.NewTimeline(again)
	if _, err := line.Advance(m.world().Now(), 1<<30); err != nil {
		t.Fatal(err)
	}
	if got := line.World().Node("x").Digest(); got != want {
		t.Errorf("the script makes %s of x", got)
	}
}

// A file that is dropped on a node is that node's, whichever is selected; one that is dropped beside them is the selected one's.
func TestAFileIsForTheNodeUnderTheDrop(t *testing.T) {
	for on, want := range map[string]string{"": "m1", "r1": "r1", "gone": ""} {
		m := opened(t, "")
		do(m, Select{"m1"}, FileGiven{"dump.rdb", largeFile(3), on})
		what := "✕ There is no node to load "
		if want != "" {
			what = "✓ " + want + " starts with "
		}
		if !strings.HasPrefix(m.fileNote, what) || m.selected != "m1" {
			t.Errorf("on %q: %s", on, m.fileNote)
		}
	}
}

// largeFile is a file of the smallest keys that takes many frames.
func largeFile(keys int) []byte {
	s := store.New(1)
	for i := range keys {
		s.DB(0).Set(fmt.Appendf(nil, "%05x", i), store.StringValue([]byte("v")), 0)
	}
	return rdb.NewEncoder(s, nil, rdb.Options{Checksum: true}).Append(nil, 1<<30)
}

// A large file takes many frames, whatever else the page does; until the last of them nothing has happened that cannot be
// given up, also where time stands still.
func TestALargeFileIsLoadedInSlicesAndCanBeGivenUp(t *testing.T) {
	const keys = 20_000
	file := largeFile(keys)
	m := opened(t, "")
	do(m, Run{"unload m1"}, Run{"node x"}, Typed{"x", "SET own key"}, Tick{time.Second}, Select{"x"}, Play{})
	type stand struct{ page, script, trace, state string }
	now := func() stand {
		p := m.Page()
		p.Status, p.Terminal.FileNote, p.Terminal.Editor = "", "", Editor{}
		return stand{fmt.Sprintf("%+v", p), m.Script(), m.Trace(), m.StateJSON()}
	}
	before := now()
	for given := 0; ; given++ {
		do(m, FileGiven{Name: "dump.rdb", Data: file})
		for frame := 0; frame < given && m.file != nil; frame++ {
			if text := m.Page().Opening; !strings.HasPrefix(text, `Loading "dump.rdb"… `) || m.Page().Terminal.FileNote != text || !m.Opening() {
				t.Fatalf("in frame %d: %q", frame, text)
			}
			do(m, Frame{Elapsed: 16 * time.Millisecond})
		}
		if m.file == nil {
			if given < 2*len(file)/checkSlice {
				t.Errorf("it took only %d frames", given)
			}
			break
		}
		do(m, CancelOpening{})
		if got := now(); got != before {
			t.Fatalf("given up after %d frames: %+v\nwant %+v", given, got, before)
		}
	}
	if !strings.HasPrefix(m.fileNote, `✓ x starts with "dump.rdb": 20,000 keys`) || m.world().Node("x").Keys != keys {
		t.Errorf("%s: %d keys", m.fileNote, m.world().Node("x").Keys)
	}
	do(m, SaveRDB{})
	var cmds []Cmd
	for frames := 0; m.file != nil; frames++ {
		cmds = do(m, Frame{Elapsed: 16 * time.Millisecond})
	}
	if data := cmds[0].(Download).Data; len(data) < len(file) {
		t.Errorf("%d bytes", len(data))
	}
}

// A long script is read and then run over many frames; given up in any of them, it has changed nothing.
func TestALongScriptIsReadInSlicesAndCanBeGivenUp(t *testing.T) {
	text := "node m1\n" + strings.Repeat("m1> SET key \"a value that is somewhat long, so that the whole is long as well\"\n", 4000)
	m := opened(t, "")
	want := m.Script()
	for frames := 0; ; frames++ {
		do(m, FileGiven{Name: "long.resync", Data: []byte(text)})
		for range frames {
			do(m, Frame{Elapsed: 16 * time.Millisecond})
		}
		opening := m.Page().Opening
		if opening == "" {
			break
		}
		if reading := frames < len(text)/parseSlice; reading != strings.HasPrefix(opening, "Reading long.resync… ") {
			t.Fatalf("in frame %d: %s", frames, opening)
		}
		do(m, CancelOpening{})
		if m.Page().Opening != "" || m.Script() != want || m.scenario == ownScenario {
			t.Fatalf("given up after %d frames: %s", frames, m.status)
		}
	}
	if m.scenario != ownScenario || len(m.session().Script().Statements) < 4001 {
		t.Errorf("%s with %d statements", m.scenario, len(m.session().Script().Statements))
	}
	if shown := m.shownScript(); len(shown) > 100_000 || !strings.HasPrefix(shown, "# … 3,6") {
		t.Errorf("%d bytes are shown: %.80s", len(shown), shown)
	}
}

// A node that a click starts loads its file over several frames as well, also in a lesson that stands.
func TestAStartWithALargeFileTakesFrames(t *testing.T) {
	for _, scenario := range []string{"", "short-outage"} {
		m := opened(t, scenario)
		do(m, FileGiven{Name: "dump.rdb", Data: largeFile(20_000)})
		for m.file != nil {
			do(m, Frame{Elapsed: 16 * time.Millisecond})
		}
		at := m.world().Now()
		do(m, Run{"kill " + m.selected}, Run{"start " + m.selected})
		for frames := 0; m.world().Node(m.selected).Keys != 20_000; frames++ {
			if do(m, Frame{Elapsed: time.Nanosecond}); frames > 100 {
				t.Fatalf("%s: %d keys", scenario, m.world().Node(m.selected).Keys)
			}
		}
		if passed := m.world().Now().Sub(at); passed > time.Microsecond {
			t.Errorf("%s: that took %s of the world's time", scenario, passed)
		}
	}
}

func TestAFileThatCannotBeLoadedEndsNothing(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"notes.rdb", "hello", `✕ "notes.rdb" is no RDB file: it does not begin with REDIS.`},
		{"big.rdb", "REDIS0011" + strings.Repeat("x", FileMost), `✕ "big.rdb" is larger than 512kb, which is the most that can be loaded here`},
		{"broken.rdb", "REDIS0011\xfe\x00\x00\x01k", `✕ "broken.rdb" cannot be loaded: `},
		{"<img src=x>.rdb", "REDIS9999\xff", `✕ "<img src=x>.rdb" cannot be loaded: `},
		{"empty.rdb", "", `✕ "empty.rdb" is no RDB file`},
	} {
		m := opened(t, "")
		events := m.world().Events().Len()
		do(m, FileGiven{Name: c.name, Data: []byte(c.data)})
		if got := m.Page().Terminal.FileNote; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
		if m.world().Events().Len() != events {
			t.Errorf("%s: something has happened", c.name)
		}
	}
	m := opened(t, "")
	if do(m, Run{"kill m1"}, Select{"m1"}); len(do(m, SaveRDB{})) > 0 || !strings.Contains(m.fileNote, "is down") {
		t.Error(m.fileNote)
	}
}
