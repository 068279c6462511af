package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// faults is what can go wrong with the chosen node or link.
func (n *nodeColumn) faults() app.UI {
	f := &n.Terminal.Faults
	return n.panel("Faults", "faults").Aria("label", "Faults: "+f.Title).Body(
		app.Label().Class("faults__target").Body(
			app.Span().Text("Faults of"),
			app.Select().DataSet("testid", "fault-target").OnChange(n.pickTarget).Body(app.Range(f.Targets).Slice(func(i int) app.UI {
				c := f.Targets[i]
				return app.Option().Value(c.Name).Selected(c.On).Text(c.Label)
			}))),
		app.P().Class("inspector__about").DataSet("testid", "fault-about").Text(f.About),
		app.Range(f.List).Slice(func(i int) app.UI { return &fault{Fault: f.List[i], Up: n.Up} }),
	)
}

func (n *nodeColumn) pickTarget(ctx app.Context, _ app.Event) {
	n.Up.send(model.PickLink{ID: ctx.JSSrc().Get("value").String()})
}

// A fault is one row: its button, how that stands, what it takes, and what it is called elsewhere.
type fault struct {
	app.Compo
	Fault model.Fault
	Up    *mailbox
}

func (f *fault) Render() app.UI {
	k := &f.Fault
	act := app.Button().Class("btn btn--tiny fault__act").Type("button").DataSet("testid", "fault-"+k.Key).
		Aria("disabled", k.Idle).Aria("describedby", f.id("line")+" "+f.id("error")).OnClick(f.act).Text(k.Act)
	if k.On && len(k.Entry) == 0 {
		act = act.Aria("pressed", true)
	}
	return app.Div().Class("fault").DataSet("testid", "fault-row-"+k.Key).DataSet("on", k.On).DataSet("idle", k.Idle).Body(
		app.If(k.Group != "", func() app.UI { return app.H3().Class("inspector__title").Text(k.Group) }),
		app.If(len(k.Entry) > 0, func() app.UI {
			return app.Div().Class("fault__entries").Body(app.Range(k.Entry).Slice(func(i int) app.UI {
				return &entry{Fault: k.Key, Entry: k.Entry[i], Wrong: k.Error != "" && len(k.Entry) == 1, Up: f.Up}
			}))
		}),
		app.Div().Class("fault__row").Body(
			act,
			app.Div().Class("fault__what").Body(
				app.If(k.State != "", func() app.UI { return app.P().Class("fault__state").Text(k.State) }),
				app.P().ID(f.id("line")).Class("fault__line").Body(app.Code().DataSet("testid", "fault-line-"+k.Key).Text(k.Line)),
				app.P().Class("fault__twin").Text(k.Twin)),
		),
		app.P().ID(f.id("error")).Class("fault__error").DataSet("tone", "lost").DataSet("testid", "fault-error-"+k.Key).Hidden(k.Error == "").Text(k.Error),
	)
}

func (f *fault) id(part string) string { return "fault-" + part + "-" + f.Fault.Key }

func (f *fault) act(app.Context, app.Event) { f.Up.send(model.DoFault{Fault: f.Fault.Key}) }

// An entry is one value that a fault takes.
type entry struct {
	app.Compo
	Fault string
	Entry model.Entry
	Wrong bool
	Up    *mailbox
}

func (e *entry) Render() app.UI {
	k := &e.Entry
	id := "entry-" + e.Fault + "-" + k.Name
	return app.Div().Class("entry").DataSet("wide", k.Name == "more").Body(
		app.Label().Class("entry__name").For(id).Text(k.Label),
		app.If(k.Choices != nil, func() app.UI {
			return app.Select().ID(id).DataSet("testid", id).OnChange(e.enter).Body(app.Range(k.Choices).Slice(func(i int) app.UI {
				c := k.Choices[i]
				return app.Option().Value(c.Name).Selected(c.On).Text(c.Label)
			}))
		}).Else(func() app.UI {
			in := app.Input().ID(id).DataSet("testid", id).Value(k.Value).Placeholder(k.Hint).AutoComplete(false).Spellcheck(false).
				Attr("autocapitalize", "off").Aria("describedby", "fault-error-"+e.Fault).OnInput(e.enter).OnKeyDown(e.key)
			if e.Wrong {
				in = in.Aria("invalid", true)
			}
			if k.Max == "" {
				return in.Type("text")
			}
			return in.Type("number").Min(k.Min).Max(k.Max).Attr("step", "any")
		}),
		app.If(k.Unit != "", func() app.UI { return app.Span().Class("entry__unit").Text(k.Unit) }),
	)
}

func (e *entry) enter(ctx app.Context, _ app.Event) {
	e.Up.send(model.EnterFault{Fault: e.Fault, Entry: e.Entry.Name, Value: ctx.JSSrc().Get("value").String()})
}

func (e *entry) key(ctx app.Context, ev app.Event) {
	if ev.Get("key").String() != "Enter" {
		ctx.PreventUpdate()
		return
	}
	ev.PreventDefault()
	e.Up.send(model.DoFault{Fault: e.Fault})
}

// badgeIcon is a state's shape.
func badgeIcon(kind string) app.UI { return badgeShape(kind).ui().Aria("hidden", true) }

func badgeShape(kind string) *shape {
	switch kind {
	case "frozen":
		return small("", 12, 12, stroke("f-text fill", "M2 1h3v10H2zM7 1h3v10H7z"))
	case "isolated":
		return small("", 12, 12, draw("circle", "l-text", "cx", "6", "cy", "6", "r", "5"), stroke("l-text", "M2.500 9.500l7-7"))
	case "clock":
		return small("", 12, 12, draw("circle", "l-text", "cx", "6", "cy", "6", "r", "5"), stroke("l-text", "M6 3v3l2 1.500"))
	case "narrow":
		return small("", 12, 12, stroke("l-text", "M0 2q4 0 6 2.500q2-2.500 6-2.500M0 10q4 0 6-2.500q2 2.500 6 2.500"))
	case "ring":
		return small("", 12, 12, stroke("l-text", "M10.500 6a4.500 4.500 0 1 1-1.500-3.400M9.500 0v3h-3"))
	}
	return small("", 12, 12, stroke("l-text", "M1 1h5l5 5-5 5-5-5z"))
}

func badges(list []model.Badge) app.UI {
	return app.Range(list).Slice(func(i int) app.UI {
		return app.Span().Class("badge").DataSet("kind", list[i].Kind).Body(badgeIcon(list[i].Kind), app.Span().Text(list[i].Word))
	})
}
