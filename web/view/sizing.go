package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A sizing is the calculator of repl-backlog-size.
type sizing struct {
	app.Compo
	Sizing model.Sizing
	Host   Host
	Up     *mailbox
}

func (s *sizing) Render() app.UI {
	k := &s.Sizing
	return app.Div().ID("takeaway").Class("panel sizing").Role("group").Aria("label", k.Label).DataSet("testid", "sizing").Body(
		panelHead(s.Up, model.PanelSizing, k.Label, "",
			choose("sizing-of", "master", k.Masters, func(v string) { s.Up.send(model.SizingOf{Node: v}) })),
		app.Div().Class("sizing__two").Body(app.Div().Class("sizing__sums").Body(
			app.Div().Class("sizing__sum").Body(
				s.field(model.FieldRate, "written, bytes a second", k.Rate),
				app.Span().Class("sizing__sign").Aria("hidden", true).Text("×"),
				s.field(model.FieldOutage, "outage, seconds", k.Outage),
				app.Span().Class("sizing__sign").Aria("hidden", true).Text("→"),
				app.Div().Class("sizing__answer").Body(
					app.Span().Text("repl-backlog-size"),
					app.Elem("output").DataSet("testid", "sizing-answer").Text(or(k.Answer, "?"))),
				app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "sizing-set").Disabled(k.Line == "" || k.Already).
					Title(k.Line).OnClick(s.set).Text("Set it on "+k.Node),
			),
			app.Div().Class("sizing__sum").Body(
				s.field(model.FieldSize, "repl-backlog-size", k.Size),
				app.Span().Class("sizing__sign").Aria("hidden", true).Text("→"),
				app.Div().Class("sizing__answer").Body(
					app.Span().Text("survives an outage of"),
					app.Elem("output").DataSet("testid", "sizing-lasts").Text(or(k.Lasts, "?"))),
				app.P().Class("sizing__now").DataSet("testid", "sizing-now").Text(k.Now),
			),
		), app.Elem("ul").Class("sizing__notes").Body(app.Range(k.Notes).Slice(func(i int) app.UI { return app.Li().Text(k.Notes[i]) }))),
	)
}

func or(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// field is a text input: Redis takes units, which a number input does not.
func (s *sizing) field(name, label string, f model.SizingField) app.UI {
	id := "sizing-" + name
	return app.Div().Class("sizing__field").Body(
		app.Label().For(id).Text(label),
		app.Input().ID(id).Type("text").DataSet("testid", id).Attr("inputmode", "text").AutoComplete(false).Spellcheck(false).
			Aria("invalid", f.Problem != "").Aria("describedby", id+"-problem").Value(f.Text).
			OnInput(func(app.Context, app.Event) {
				s.Up.send(model.SizingInput{Field: name, Text: s.Host.Value(id)})
			}, app.EventScope(name)),
		app.Span().ID(id+"-problem").Class("sizing__problem").DataSet("tone", "lost").Text(f.Problem),
	)
}

func (s *sizing) set(app.Context, app.Event) { s.Up.send(model.SizingSet{}) }
