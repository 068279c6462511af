package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A topology is what real servers would answer each other, from the output of their INFO replication. The browser owns
// what was pasted.
type topology struct {
	app.Compo
	Topology model.Topology
	Host     Host
	Up       *mailbox
}

const pasteID = "topology-paste"

func (t *topology) Render() app.UI {
	k := &t.Topology
	return app.Div().ID("takeaway").Class("panel servers").Role("group").Aria("label", "Your own servers").DataSet("testid", "topology").Body(
		panelHead(t.Up, model.PanelTopology, "Your own servers",
			"Paste the output of INFO replication of each server, one below the other. An address or a prompt above a block names it. It does not leave this page."),
		app.Div().Class("servers__two").Body(
			app.Div().Class("servers__in").Body(
				app.Label().Class("sr").For(pasteID).Text("Output of INFO replication"),
				app.Elem("textarea").ID(pasteID).DataSet("testid", pasteID).Attr("rows", 6).Attr("maxlength", model.PasteMost+1).Spellcheck(false).
					Attr("autocomplete", "off").Attr("placeholder", "10.0.0.1:6379\n# Replication\nrole:master\n…").On("input", t.pasted),
			),
			app.Div().Class("panel__scroll servers__out").TabIndex(0).Role("region").Aria("label", "What they would answer").Aria("live", "polite").Body(
				app.Range(k.Problems).Slice(func(i int) app.UI {
					return app.P().Class("panel__problem").DataSet("testid", "topology-problem").Text(k.Problems[i])
				}),
				t.answers(), t.rebuilt(), t.nodes(),
				app.If(k.Note != "", func() app.UI { return app.P().Class("panel__about").Text(k.Note) }),
			),
		),
	)
}

func (t *topology) answers() app.UI {
	rows := t.Topology.Rows
	return app.Elem("ul").Class("servers__answers").Hidden(len(rows) == 0).Body(app.Range(rows).Slice(func(i int) app.UI {
		r := rows[i]
		return app.Li().DataSet("testid", "topology-answer").DataSet("answer", r.Answer.Word).Body(
			app.Span().Class("servers__who").Body(app.B().Text(r.Replica), app.Text(" asks "), app.B().Text(r.Master)),
			app.Code().Text(r.Asks), answer(r.Answer),
			app.Span().Class("servers__why").Text(r.Why+or2(", ", r.Left)+" ("+r.When+")."))
	}))
}

// or2 puts a sign in front of words, if there are any.
func or2(sign, words string) string {
	if words == "" {
		return ""
	}
	return sign + words
}

func (t *topology) nodes() app.UI {
	nodes := t.Topology.Nodes
	heads := []string{"server", "role", "offset", "replid", "replid2", "backlog"}
	return app.Table().Class("writes").Hidden(len(nodes) == 0).Body(
		app.THead().Body(app.Tr().Body(app.Range(heads).Slice(func(i int) app.UI { return app.Th().Scope("col").Text(heads[i]) }))),
		app.TBody().Body(app.Range(nodes).Slice(func(i int) app.UI {
			n := nodes[i]
			return app.Tr().DataSet("testid", "topology-node").Body(
				app.Th().Scope("row").Text(n.Name), app.Td().DataSet("tone", string(n.Tone)).Text(n.Role), app.Td().Text(n.Offset),
				app.Td().Text(n.History), app.Td().Text(n.Second), app.Td().Text(n.Backlog))
		})),
	)
}

// rebuilt offers a playground of these servers, and says what it has of them.
func (t *topology) rebuilt() app.UI {
	r := &t.Topology.Rebuilt
	return app.Div().Class("servers__play").DataSet("testid", "topology-rebuilt").Hidden(r.Script == "" && len(r.Left) == 0).Body(
		app.P().Text(r.About+or2(" ", r.Names)),
		app.Ul().Hidden(len(r.Left) == 0).Body(app.Range(r.Left).Slice(func(i int) app.UI { return app.Li().Text(r.Left[i]) })),
		app.Button().Class("btn btn--first").Type("button").DataSet("testid", "topology-play").Hidden(r.Script == "").OnClick(t.play).Text("Open as playground"),
	)
}

func (t *topology) play(app.Context, app.Event) { t.Up.send(model.PlayPasted{}) }

func (t *topology) pasted(app.Context, app.Event) {
	t.Up.send(model.Pasted{Text: t.Host.Value(pasteID)})
}
