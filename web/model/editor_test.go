package model

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

func TestAScriptOfOnesOwn(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", "SET mine 1"}, Tick{time.Second}, SelectTab{TabScript}, EditScript{})
	e := m.Page().Terminal.Editor
	if !e.Open || !strings.Contains(e.Text, "m1> SET mine 1") || e.Text != m.Script() || len(e.Errors) != 0 || e.Note != "" {
		t.Fatalf("the editor begins with %+v", e)
	}
	text := strings.Replace(e.Text, "SET mine 1", "SET mine 2", 1)
	do(m, CheckScript{"nonsense"}) // nobody is corrected in the middle of a word
	if e := m.Page().Terminal.Editor; len(e.Errors) != 0 {
		t.Errorf("errors before it was run: %+v", e.Errors)
	}
	do(m, RunScript{text})
	if m.editor.open || m.scenario != ownScenario || m.problem != "" {
		t.Fatalf("running it: editor %t, scenario %s, problem %q", m.editor.open, m.scenario, m.problem)
	}
	do(m, Typed{"m1", "GET mine"})
	if got := lastTurn(t, m, "m1").Text; got != `"2"` {
		t.Errorf("m1 has %s", got)
	}
	shelf := m.Page().Bar.Scenarios[len(m.Page().Bar.Scenarios)-1]
	if shelf.Label != ownGroup || len(shelf.Choices) != 1 || !shelf.Choices[0].On {
		t.Errorf("it stands on %+v", shelf)
	}
	do(m, RunScript{"node a\n"}, Restart{})
	if got := m.world().Names(); len(got) != 1 || got[0] != "a" || len(m.Page().Bar.Scenarios) != len(opened(t, "").Page().Bar.Scenarios)+1 {
		t.Errorf("run again and restarted: %v", got)
	}
}

func TestAWrongScriptChangesNothing(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", "SET mine 1"}, SelectTab{TabScript}, EditScript{})
	trace, before := m.Trace(), look(m)
	text := "node m1\nserver m1 r1\nnode ü replicof m1\n"
	do(m, RunScript{text})
	after := look(m)
	e := after.Terminal.Editor
	if len(e.Errors) < 2 || !strings.HasPrefix(e.Note, "It was not run, and nothing has changed.") || e.Text != text {
		t.Fatalf("%+v", e)
	}
	if k := e.Errors[0]; k.Line != 2 || k.Column != 1 || k.Place != "line 2, column 1" || !strings.Contains(k.Text, "did you mean 'sever'?") {
		t.Errorf("%+v", k)
	}
	after.Terminal.Editor, before.Terminal.Editor = Editor{}, Editor{}
	if m.Trace() != trace || !reflect.DeepEqual(after, before) {
		t.Errorf("the page changed:\n%+v\n%+v", before, after)
	}
	for _, c := range []struct {
		error ScriptError
		want  string
	}{{e.Errors[0], "server"}, {ScriptError{Line: 1}, "node m1"}, {ScriptError{Line: 3, Column: 9}, "replicof"}, {ScriptError{Line: 9, Column: 9}, ""}} {
		cmds := do(m, ShowError{text, c.error.Line, c.error.Column})
		k := cmds[0].(Mark)
		if got := string([]rune(text)[k.From:k.To]); got != c.want || k.ID != EditorID {
			t.Errorf("line %d, column %d shows %q, want %q", c.error.Line, c.error.Column, got, c.want)
		}
	}
	do(m, CheckScript{"node m1\nsever m1 r1\n"})
	if e := m.Page().Terminal.Editor; len(e.Errors) != 1 {
		t.Errorf("one is corrected: %+v", e.Errors)
	}
	do(m, CheckScript{"node m1\n"})
	if e := m.Page().Terminal.Editor; len(e.Errors) != 0 || e.Note != "Nothing is wrong with it." {
		t.Errorf("all are corrected: %+v", e)
	}
	do(m, RunScript{strings.Repeat("x\n", 50)})
	if e := m.Page().Terminal.Editor; len(e.Errors) > shownErrors || len(e.Errors) == 0 {
		t.Errorf("%d errors are shown", len(e.Errors))
	}
	do(m, DiscardScript{})
	if e := m.Page().Terminal.Editor; e.Open || !strings.Contains(e.Script, "m1> SET mine 1") || m.Trace() != trace {
		t.Errorf("discarded: %+v", e)
	}
}

// A long script runs over frames, says how far it is, and can be given up.
func TestALongScriptCanBeGivenUp(t *testing.T) {
	m := opened(t, "")
	do(m, Typed{"m1", "SET mine 1"})
	trace := m.Trace()
	long := "node m1\nload m1 rate 1000/s\nwait 1m\nunload m1\nm1> SET done 1\n"
	do(m, RunScript{long})
	p := m.Page()
	if !strings.HasPrefix(p.Opening, "Running the script… ") || len(m.world().Names()) != 1 {
		t.Fatalf("%q", p.Opening)
	}
	for range 5 {
		before := m.world().Now()
		do(m, Frame{Elapsed: 16 * time.Millisecond})
		if m.world().Now() == before {
			t.Error("a frame without progress")
		}
	}
	do(m, CancelOpening{})
	if m.Trace() != trace || m.scenario == ownScenario || m.Page().Opening != "" {
		t.Error("given up, it is not as it was")
	}
	do(m, RunScript{long})
	for n := 0; m.Page().Opening != ""; n++ {
		do(m, Frame{Elapsed: 16 * time.Millisecond})
		if n > 10_000 {
			t.Fatal("it does not end")
		}
	}
	do(m, CancelOpening{}) // too late
	do(m, Typed{"m1", "GET done"})
	if got := lastTurn(t, m, "m1").Text; got != `"1"` {
		t.Errorf("in the end m1 has %s", got)
	}
}

func TestFiles(t *testing.T) {
	m := opened(t, "")
	trace := m.Trace()
	for name, data := range map[string]string{"zero": "node m1\x00", "empty": " \r\n"} {
		do(m, FileGiven{Name: name, Data: []byte(data)})
		if m.Trace() != trace || m.editor.open || !strings.HasPrefix(m.status, name+" is no script") {
			t.Errorf("%s: status %q", name, m.status)
		}
	}
	cmds := do(m, FileGiven{Name: "bad.resync", Data: []byte("nod m1\r\n")})
	if e := m.Page().Terminal.Editor; m.Trace() != trace || !e.Open || e.File != "bad.resync" || len(e.Errors) != 1 || len(cmds) != 1 || cmds[0] != (SetInput{EditorID, "nod m1\n"}) {
		t.Errorf("a wrong script: %+v, %v", e, cmds)
	}
	do(m, FileGiven{Name: "good.resync", Data: []byte("title \"Good\"\r\nnode a\r\n")})
	if m.editor.open || m.script.Title != "Good" || !strings.HasPrefix(m.status, "good.resync is open.") {
		t.Errorf("a script: status %q", m.status)
	}
	saved := do(m, SaveScript{})[0].(Download)
	if saved.Data != m.Script() || saved.Name != "your-script.resync" {
		t.Errorf("saved %+v", saved)
	}
	if saved := do(m, SaveScript{"# as it stands\n"})[0].(Download); saved.Data != "# as it stands\n" {
		t.Errorf("saved %+v", saved)
	}
}

// A script that has only to wait any longer is not at its end.
func TestALongWaitIsMostOfALongScript(t *testing.T) {
	m := opened(t, "")
	do(m, RunScript{"node m1\nm1> PING\nwait 10m\nload m1 rate 1000/s\nwait 1h\n"})
	last := 0
	for n := 0; m.opening && n < 200; n++ {
		do(m, Frame{Elapsed: 16 * time.Millisecond})
		part := 0
		for _, r := range strings.TrimPrefix(m.openingText(), "Running the script… ") {
			if r < '0' || r > '9' {
				break
			}
			part = part*10 + int(r-'0')
		}
		if whole := int(m.world().Now().Sub(engine.Epoch)/time.Second) * 100 / 4200; part > whole+1 || part < last {
			t.Fatalf("at %s s it is %q, behind %d %%", clock(m.world().Now()), m.openingText(), last)
		}
		last = part
	}
	if !m.opening || last < 14 {
		t.Errorf("%d %%, and opening: %t", last, m.opening)
	}
}

// What was typed and not run yet is there when the reader comes back from another tab.
func TestADraftIsKept(t *testing.T) {
	m := opened(t, "")
	do(m, SelectTab{TabScript}, EditScript{}, CheckScript{"node a\n"}, SelectTab{TabCLI}, SelectTab{TabScript})
	if e := m.Page().Terminal.Editor; !e.Open || e.Text != "node a\n" {
		t.Errorf("%+v", e)
	}
}

// A script that an expectation ends keeps what stands behind it: to edit, to save and to run again is to have all of it.
func TestWhatAnErrorKeptFromRunningIsNotLost(t *testing.T) {
	const text = "node m1\nnode r1 replicaof m1\nwait 2s\nm1> SET a 1\nexpect m1.role = slave\nm1> SET b 2\nwait 1s\n"
	m := opened(t, "")
	do(m, RunScript{text})
	for m.problem == "" {
		do(m, Frame{Elapsed: 16 * time.Millisecond})
	}
	do(m, EditScript{})
	if got := m.editor.text; !strings.HasSuffix(got, text) {
		t.Errorf("to edit there is\n%s", got)
	}
	do(m, RunScript{m.editor.text})
	for m.problem == "" {
		do(m, Frame{Elapsed: 16 * time.Millisecond})
	}
	if !strings.HasSuffix(m.scriptText(), text) {
		t.Errorf("run again it is\n%s", m.scriptText())
	}
}
