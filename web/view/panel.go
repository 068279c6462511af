package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// The buttons that open a panel, and the panel that is open: it stands where forecasts and verdicts do. The buttons stay
// where they are, so that the focus does, and the one whose panel is open closes it.
func (j *judgement) tools() app.UI {
	t := &j.Takeaway
	lost, size := "Lost writes?", "Backlog size"
	if t.Found {
		lost = "Lost writes"
	} else if t.Lost {
		lost = "What was lost?"
	}
	if t.TooLate {
		size = "How large must the backlog be?"
	}
	return app.Div().Class("tools").Role("group").Aria("label", "More about it").Body(
		j.tool(model.PanelAudit, lost, t.Loss != "" || t.Compares || t.Open == model.PanelAudit, t.Lost),
		j.tool(model.PanelSizing, size, true, t.TooLate),
		j.tool(model.PanelTopology, "Your INFO", true, false),
	)
}

// tool is one of them. One that the verdict on show asks for stands out.
func (j *judgement) tool(panel, label string, shown, asked bool) app.UI {
	sign, tone := "", ""
	if panel == model.PanelAudit && j.Takeaway.Found {
		sign, tone = "✕ ", "lost"
	}
	return app.Button().ID(model.OpenerID(panel)).Class("tools__tool").Type("button").DataSet("testid", panel+"-open").DataSet("asked", asked).DataSet("tone", tone).Hidden(!shown).
		Aria("expanded", j.Takeaway.Open == panel).
		OnClick(func(app.Context, app.Event) { j.Up.send(model.OpenPanel{Panel: panel}) }, app.EventScope(panel)).Body(
		app.Span().Aria("hidden", true).Text(sign), app.Text(label))
}

// panel is the one that is open.
func (j *judgement) panel() app.UI {
	t := &j.Takeaway
	switch t.Open {
	case model.PanelAudit:
		return &audit{Audit: t.Audit, Loss: t.Loss, Up: j.Up}
	case model.PanelCompare:
		return &compare{Compare: t.Compare, Up: j.Up}
	case model.PanelSizing:
		return &sizing{Sizing: t.Sizing, Host: j.Host, Up: j.Up}
	case model.PanelMoments:
		return &moments{Moments: t.Moments, Up: j.Up}
	}
	return &topology{Topology: t.Topology, Host: j.Host, Up: j.Up}
}

// panelHead is a panel's name, what it says in a sentence, and how to close it.
func panelHead(up *mailbox, panel, title, about string, extra ...app.UI) app.UI {
	return app.Div().Class("panel__head").Body(
		app.H2().Text(title),
		app.P().Class("panel__about").Text(about),
		app.Div().Class("panel__extra").Body(extra...),
		app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", panel+"-close").Text("Close").
			OnClick(func(app.Context, app.Event) { up.send(model.OpenPanel{Panel: panel, Back: true}) }, app.EventScope(panel)),
	)
}

// choose is a native select with a label.
func choose(id, label string, choices []model.Choice, f func(value string)) app.UI {
	return app.Label().Class("panel__choose").Body(
		app.Span().Text(label),
		app.Select().DataSet("testid", id).OnChange(func(ctx app.Context, _ app.Event) { f(ctx.JSSrc().Get("value").String()) }).Body(
			app.Range(choices).Slice(func(i int) app.UI {
				c := choices[i]
				return app.Option().Value(c.Name).Selected(c.On).Text(c.Label)
			}),
		),
	)
}

// writeList is a table of writes, each of which leads to its moment.
func writeList(label string, branch int, writes []model.AuditWrite, more string, up *mailbox) app.UI {
	if len(writes) == 0 {
		return nil
	}
	heads := []string{"time", "taken by", "client was told", "bytes", "command"}
	return app.Div().Class("panel__scroll").TabIndex(0).Role("region").Aria("label", label).Body(
		app.Table().Class("writes").Body(
			app.THead().Body(app.Tr().Body(app.Range(heads).Slice(func(i int) app.UI { return app.Th().Scope("col").Text(heads[i]) }))),
			app.TBody().Body(app.Range(writes).Slice(func(i int) app.UI {
				w := &writes[i]
				return app.Tr().Body(
					app.Td().Body(moment(w.Clock+" s", branch, w.Event, up)),
					app.Td().Text(w.Node+", "+w.Client),
					app.Td().DataSet("tone", string(w.Tone)).Text(w.Told),
					app.Td().Class("writes__bytes").Text(w.Span),
					app.Td().Class("writes__command").Text(w.Commands))
			})),
		),
		app.If(more != "", func() app.UI { return app.P().Class("panel__about").Text(more) }),
	)
}

// A moments is the line of time as a table, each row of which leads to its moment.
type moments struct {
	app.Compo
	Moments model.Moments
	Up      *mailbox
}

func (m *moments) Render() app.UI {
	heads := [...]string{"time", "what happened"}
	return app.Div().ID("takeaway").Class("panel").Role("group").Aria("label", "Moments").DataSet("testid", "moments").Body(
		panelHead(m.Up, model.PanelMoments, "Moments", m.Moments.About),
		app.Div().Class("panel__scroll").TabIndex(0).Role("region").Aria("label", "Moments as a table").Body(
			app.Table().Class("writes").Body(
				app.THead().Body(app.Tr().Body(app.Range(heads[:]).Slice(func(i int) app.UI { return app.Th().Scope("col").Text(heads[i]) }))),
				app.TBody().Body(app.Range(m.Moments.List).Slice(func(i int) app.UI {
					k := &m.Moments.List[i]
					return app.Tr().Aria("current", k.On).Body(
						app.Td().Body(moment(k.Clock+" s", -1, k.Event, m.Up)),
						app.Td().Class("moments__what").DataSet("tone", string(k.Tone)).Text(k.Told))
				})),
			),
		),
	)
}

// moment is a button that leads to a moment of a branch; of the one that is looked at for a branch below 0.
func moment(text string, branch, event int, up *mailbox) app.UI {
	return app.Button().Class("moment").Type("button").Title("Go to this moment").Text(text).
		OnClick(func(app.Context, app.Event) {
			if branch < 0 {
				up.send(model.SeekEvent{Event: event})
				return
			}
			up.send(model.GoTo{Branch: branch, Event: event})
		}, app.EventScope(branch, event))
}
