package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// The tabs of the node column that are no terminal: what a PSYNC would be answered from, the data, the configuration.

func (n *nodeColumn) panel(label, id string) app.HTMLDiv {
	return app.Div().ID(model.OutputID(n.Terminal.Name)).Class("cli inspector").Role("region").Aria("label", label+" of "+n.Terminal.Name).
		TabIndex(0).DataSet("testid", id+"-"+n.Terminal.Name)
}

func (n *nodeColumn) ledger() app.UI {
	l := &n.Terminal.Ledger
	return n.panel("Ledger", "ledger").Body(
		app.If(len(l.Fields) == 0, func() app.UI {
			return app.P().Class("inspector__about").Text("The process is down: nothing is left but its files.")
		}),
		app.Dl().Class("fields").Body(app.Range(l.Fields).Slice(func(i int) app.UI {
			f := l.Fields[i]
			return app.Div().Class("fields__row").Body(
				app.Dt().Body(app.Code().Text(f.Name), app.Span().Class("fields__means").Text(f.Means)),
				app.Dd().DataSet("field", f.Name).Text(f.Value))
		})),
		app.H3().Class("inspector__title").Text("How it came about"),
		app.If(len(l.History) == 0, func() app.UI { return app.P().Class("inspector__about").Text("Nothing has changed it yet.") }),
		app.Ol().Class("changes").Body(app.Range(l.History).Slice(func(i int) app.UI {
			r := l.History[i]
			return app.Li().Body(app.Button().Class("changes__row").Type("button").Title("Go to this moment").
				OnClick(func(app.Context, app.Event) { n.Up.send(model.SeekEvent{Event: r.Event}) }, app.EventScope(strconv.Itoa(r.Event))).Body(
				app.Span().Class("changes__clock").Text(r.Clock),
				app.Span().DataSet("tone", string(r.Tone)).Text(r.What),
				app.If(r.Why != "", func() app.UI { return app.Span().Class("changes__why").Text(r.Why) })))
		})),
	)
}

func (n *nodeColumn) data() app.UI {
	d := &n.Terminal.Data
	heads := []string{"key", "type", "value", "lives", ""}
	return n.panel("Data", "data").Body(
		app.P().Class("inspector__about").Text(d.About),
		app.Div().Body(app.If(len(d.Rows) > 0, func() app.UI { // a place of its own: what stands below stays the same element
			return app.Table().Class("keys").Body(
				app.THead().Body(app.Tr().Body(app.Range(heads).Slice(func(i int) app.UI {
					if heads[i] == "" {
						return app.Th().Scope("col").Body(app.Span().Class("sr").Text("beside the master's"))
					}
					return app.Th().Scope("col").Text(heads[i])
				}))),
				app.TBody().Body(app.Range(d.Rows).Slice(func(i int) app.UI {
					r := &d.Rows[i]
					key := r.Key
					if r.DB != "0" {
						key = r.DB + ": " + key
					}
					return app.Tr().DataSet("state", r.State).Body(
						app.Th().Scope("row").Text(key), app.Td().Text(r.Type), app.Td().Class("keys__value").Text(r.Value), app.Td().Text(r.Lives),
						app.Td().DataSet("tone", string(r.Tone)).Text(r.State))
				})),
			)
		})),
		n.files(),
	)
}

func (n *nodeColumn) config() app.UI {
	knobs := n.Terminal.Knobs
	return n.panel("Configuration", "config").Body(
		app.P().Class("inspector__about").Text("What replication depends on. A change is a CONFIG SET at the node's prompt."),
		app.Button().ID(model.ConfigSizeID).Class("btn btn--tiny").Type("button").DataSet("testid", "config-size").OnClick(n.size).Text("How large must repl-backlog-size be?"),
		app.Range(knobs).Slice(func(i int) app.UI { return &knob{Node: n.Terminal.Name, Knob: knobs[i], Up: n.Up} }),
	)
}

func (n *nodeColumn) size(app.Context, app.Event) {
	n.Up.send(model.OpenPanel{Panel: model.PanelSizing, Of: n.Terminal.Name})
}

// A knob is one name of the configuration with its value.
type knob struct {
	app.Compo
	Node string
	Knob model.Knob
	Up   *mailbox
}

func (k *knob) Render() app.UI {
	id := model.KnobID(k.Knob.Name)
	return app.Div().Class("knob").DataSet("changed", k.Knob.Value != k.Knob.Default).Body(
		app.Label().Class("knob__name").For(id).Text(k.Knob.Name),
		app.Input().ID(id).Class("knob__value").Type("text").DataSet("testid", id).Value(k.Knob.Value).AutoComplete(false).Spellcheck(false).
			Disabled(k.Knob.Off).Aria("invalid", k.Knob.Error != "").Aria("describedby", id+"-error").OnChange(k.set),
		app.P().ID(id+"-error").Class("fault__error").DataSet("tone", "lost").DataSet("testid", id+"-error").Hidden(k.Knob.Error == "").Text(k.Knob.Error),
		app.P().Class("knob__does").Text(k.Knob.Does+k.usual()),
	)
}

func (k *knob) usual() string {
	if k.Knob.Default == "" {
		return " Usually empty."
	}
	return " Usually " + k.Knob.Default + "."
}

func (k *knob) set(ctx app.Context, _ app.Event) {
	k.Up.send(model.Configure{Node: k.Node, Name: k.Knob.Name, Value: ctx.JSSrc().Get("value").String()})
}
