package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A compare says what two branches have not in common.
type compare struct {
	app.Compo
	Compare model.Compare
	Up      *mailbox
}

func (c *compare) Render() app.UI {
	k := &c.Compare
	return app.Div().ID("takeaway").Class("panel compare").Role("group").Aria("label", "Branches compared").DataSet("testid", "compare").Body(
		panelHead(c.Up, model.PanelCompare, "Branches compared", k.Same,
			choose("compare-left", "compare", k.Left, func(v string) { c.choose(v, "") }),
			choose("compare-right", "with", k.Right, func(v string) { c.choose("", v) })),
		app.If(k.Reading != "", func() app.UI { return reading(k.Reading) }),
		app.If(len(k.Nodes) > 0, func() app.UI {
			return app.Div().Class("panel__scroll").TabIndex(0).Role("region").Aria("label", "Where they differ").Body(
				app.H3().Text("First event that differs"),
				app.Range(k.First[:]).Slice(func(i int) app.UI { return c.first(k.First[i]) }),
				app.H3().Text("At their ends"),
				c.nodes(),
				c.missing(&k.Missing[0]), c.missing(&k.Missing[1]),
			)
		}),
	)
}

func (c *compare) first(e model.CompareEvent) app.UI {
	return app.P().Class("compare__first").DataSet("testid", "first-"+e.Name).Body(
		app.B().Class("mono").Text(e.Name+" "),
		app.If(e.Is, func() app.UI { return moment(e.Clock+" s", e.Branch, e.Event, c.Up) }).Else(func() app.UI { return app.Span().Text(e.Clock + " s") }),
		app.Code().Text(e.Text))
}

func (c *compare) nodes() app.UI {
	k := &c.Compare
	heads := []string{"node", "offset in " + k.Names[0], "offset in " + k.Names[1], "digest in " + k.Names[0], "digest in " + k.Names[1], "data"}
	return app.Table().Class("writes").Body(
		app.THead().Body(app.Tr().Body(app.Range(heads).Slice(func(i int) app.UI {
			return app.Th().Scope("col").Text(heads[i])
		}))),
		app.TBody().Body(app.Range(k.Nodes).Slice(func(i int) app.UI {
			n := k.Nodes[i]
			tone := "full"
			if n.SameData {
				tone = "continue"
			}
			return app.Tr().DataSet("testid", "compare-"+n.Name).Body(
				app.Th().Scope("row").Text(n.Name), app.Td().Text(n.Offsets[0]), app.Td().Text(n.Offsets[1]),
				app.Td().Text(n.Digests[0]), app.Td().Text(n.Digests[1]), app.Td().DataSet("tone", tone).Text(n.Word))
		})),
	)
}

func (c *compare) missing(l *model.CompareMissing) app.UI {
	return app.Div().DataSet("testid", "missing-"+strconv.Itoa(l.Branch)).Body(
		app.H3().Text(l.Title),
		app.If(l.Problem != "", func() app.UI { return app.P().Class("panel__problem").Text(l.Problem) }),
		app.Table().Class("writes").Hidden(len(l.Writes) == 0).Body(app.TBody().Body(app.Range(l.Writes).Slice(func(i int) app.UI {
			w := &l.Writes[i]
			return app.Tr().Body(
				app.Td().Body(moment(w.Clock+" s", l.Branch, w.Event, c.Up)),
				app.Td().Text(w.Node+", "+w.Client), app.Td().DataSet("tone", string(w.Tone)).Text(w.Told),
				app.Td().Class("writes__bytes").Text(w.Span), app.Td().Class("writes__command").Text(w.Commands))
		}))),
		app.If(l.More != "", func() app.UI { return app.P().Class("panel__about").Text(l.More) }),
	)
}

// choose keeps the other side as it is.
func (c *compare) choose(left, right string) {
	for _, side := range []struct {
		value *string
		list  []model.Choice
	}{{&left, c.Compare.Left}, {&right, c.Compare.Right}} {
		for _, choice := range side.list {
			if *side.value == "" && choice.On {
				*side.value = choice.Name
			}
		}
	}
	l, err1 := strconv.Atoi(left)
	r, err2 := strconv.Atoi(right)
	if err1 == nil && err2 == nil {
		c.Up.send(model.CompareWith{Left: l, Right: r})
	}
}
