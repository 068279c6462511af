package view

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A file and a text go from the host into the model, and what is saved goes out.
func TestFilesGoInAndOut(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	p.OnMount(app.Context{})
	r.file("two.resync", []byte("title \"Two\"\nnode a\nnode b replicaof a\n"), "")
	if p.page.Bar.Title != "Two" || len(p.page.Stage.Cards) != 2 {
		t.Fatalf("a file opens as %q with %d cards", p.page.Bar.Title, len(p.page.Stage.Cards))
	}
	p.up.send(model.SelectTab{Tab: model.TabScript})
	tab := func() *scriptTab {
		return &scriptTab{Editor: p.page.Terminal.Editor, Node: "a", Host: r, Up: p.up}
	}
	tab().save(app.Context{}, app.Event{})
	if got := r.saved["your-script.resync"]; !strings.Contains(got, "node b replicaof a") {
		t.Errorf("saved %q", got)
	}
	tab().edit(app.Context{}, app.Event{})
	r.values[model.EditorID] = "nod c\n"
	tab().run(app.Context{}, app.Event{})
	if !p.page.Terminal.Editor.Open || !strings.Contains(app.HTMLString(tab().Render()), "line 1, column 1") {
		t.Errorf("a wrong script shows %+v", p.page.Terminal.Editor)
	}
	p.up.send(model.ShowError{Text: "nod c\n", Line: 1, Column: 1})
	if r.focused != model.EditorID {
		t.Errorf("the focus is on %q", r.focused)
	}
}

// A text of a megabyte is not read with every key: it is when the reader pauses, and before anything that may take it away.
func TestADraftIsReadWhenItMustBe(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	p.OnMount(app.Context{})
	p.up.send(model.SelectTab{Tab: model.TabScript})
	p.up.send(model.EditScript{})
	tab := &scriptTab{Node: "m1", Host: r, Up: p.up}
	text := func() string { return p.model.Page().Terminal.Editor.Text }
	r.frame(time.Second)
	r.reads = 0
	for i := range 50 {
		r.values[model.EditorID] = "node a" + strconv.Itoa(i) + "\n"
		tab.changed(app.Context{}, app.Event{})
		r.frame(time.Second + time.Duration(i)*16*time.Millisecond)
	}
	if r.reads != 0 {
		t.Errorf("read %d times while it was typed", r.reads)
	}
	r.frame(3 * time.Second)
	r.frame(4 * time.Second)
	if text() != "node a49\n" || r.reads != 1 {
		t.Errorf("behind a pause it is %q, read %d times", text(), r.reads)
	}
	for name, leave := range map[string]func(){
		"another tab": func() { p.up.send(model.SelectTab{Tab: model.TabCLI}) },
		"a key":       func() { r.key("2", false) },
		"a host":      func() { p.take(model.Select{Node: "r1"}) },
	} {
		r.values[model.EditorID] = name
		tab.changed(app.Context{}, app.Event{})
		leave()
		p.up.send(model.SelectTab{Tab: model.TabScript})
		if r.values[model.EditorID] = "gone with its element"; text() != name {
			t.Errorf("behind %s it is %q", name, text())
		}
	}
}
