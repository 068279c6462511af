package view

import (
	"strings"
	"testing"

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
