package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A scriptTab shows what was done as a script, and lets the reader change it into one of their own.
type scriptTab struct {
	app.Compo
	Editor model.Editor
	Node   string
	Host   Host // reads the text area: go-app does not own what was typed
	Up     *mailbox
}

func (s *scriptTab) Render() app.UI {
	if s.Editor.Open {
		return s.editor()
	}
	return app.Div().ID(model.OutputID(s.Node)).Class("cli cli--log").Role("region").Aria("label", "Script so far").TabIndex(0).
		DataSet("testid", "script").Body(
		app.P().Class("editor__about").Text("Everything so far, to run again here or with bin/resync run."),
		app.Div().Class("editor__bar").Body(
			button("edit", "Edit", s.edit).ID(model.EditID), button("copy", "Copy", s.copy), button("save", "Save", s.save),
			app.Label().Class("btn btn--tiny editor__file").Body(
				app.Input().Class("editor__input").Type("file").Accept(".resync,text/plain").DataSet("testid", "script-file"), app.Text("Open a file"))),
		app.Pre().Class("cli__script").Text(s.Editor.Script),
	)
}

func (s *scriptTab) editor() app.UI {
	e := &s.Editor
	label := "Your script"
	if e.File != "" {
		label = e.File
	}
	wrong := len(e.Errors) > 0
	area := app.Textarea().ID(model.EditorID).Class("editor__text").DataSet("testid", "editor").Wrap("off").Spellcheck(false).
		Attr("autocapitalize", "off").Attr("autocorrect", "off").Aria("invalid", wrong).OnInput(s.changed).OnKeyDown(s.key).Text(e.Text)
	if wrong {
		area = area.Aria("describedby", "editor-note")
	}
	return app.Div().Class("cli editor").Body(
		app.Div().Class("editor__head").Body(app.Label().Class("editor__about").For(model.EditorID).Text(label),
			app.Div().Class("editor__bar").Body(
				app.Button().Class("btn btn--tiny btn--first").Type("button").DataSet("testid", "editor-run").Title("Run (Ctrl+Enter)").OnClick(s.run).Text("Run"),
				button("editor-discard", "Discard", s.discard), button("editor-save", "Save", s.save))),
		area,
		app.Div().Class("editor__errors").Role("region").Aria("label", "Errors").Aria("live", "polite").DataSet("testid", "editor-errors").Body(
			app.P().ID("editor-note").Class("editor__note").DataSet("wrong", wrong).Text(e.Note),
			app.Ul().Body(app.Range(e.Errors).Slice(func(i int) app.UI {
				k := e.Errors[i]
				return app.Li().Body(app.Button().Class("editor__error").Type("button").DataSet("testid", "editor-error-"+strconv.Itoa(i)).
					OnClick(func(app.Context, app.Event) {
						s.Up.send(model.ShowError{Text: s.text(), Line: k.Line, Column: k.Column})
					}, app.EventScope(k.Place)).Body(
					app.Span().Class("editor__place").Text(k.Place), app.Text(" "+k.Text)))
			})),
			app.If(e.More != "", func() app.UI { return app.P().Class("editor__note").Text(e.More) }),
		),
	)
}

func button(id, label string, do func(app.Context, app.Event)) app.HTMLButton {
	return app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", id).OnClick(do).Text(label)
}

func (s *scriptTab) text() string { return s.Host.Value(model.EditorID) }

func (s *scriptTab) edit(app.Context, app.Event)    { s.Up.send(model.EditScript{}) }
func (s *scriptTab) copy(app.Context, app.Event)    { s.Up.send(model.CopyScript{}) }
func (s *scriptTab) discard(app.Context, app.Event) { s.Up.send(model.DiscardScript{}) }
func (s *scriptTab) run(app.Context, app.Event)     { s.Up.send(model.RunScript{Text: s.text()}) }
func (s *scriptTab) save(app.Context, app.Event)    { s.Up.send(model.SaveScript{Text: s.text()}) }

func (s *scriptTab) changed(ctx app.Context, _ app.Event) {
	s.Up.drafted()
	ctx.PreventUpdate()
}

func (s *scriptTab) key(ctx app.Context, e app.Event) {
	if e.Get("key").String() == "Enter" && (e.Get("ctrlKey").Truthy() || e.Get("metaKey").Truthy()) {
		e.PreventDefault()
		s.run(ctx, e)
		return
	}
	ctx.PreventUpdate()
}

// An opening says how far a script that is long to run has come, and can be given up.
type opening struct {
	app.Compo
	Text string
	Up   *mailbox
}

func (o *opening) Render() app.UI {
	return app.Div().Class("opening").DataSet("testid", "opening").Body(
		app.Span().Text(o.Text),
		app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "opening-cancel").OnClick(o.cancel).Text("Cancel"))
}

func (o *opening) cancel(app.Context, app.Event) { o.Up.send(model.CancelOpening{}) }
