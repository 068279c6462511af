package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A link is the path between a master and a replica: the stream in one lane, its acknowledgements in the other.
type link struct {
	app.Compo
	Link model.Link
	Up   *mailbox
}

func (l *link) Render() app.UI {
	k := &l.Link
	id := "cut-" + k.ID
	if k.Cut {
		id = "heal-" + k.ID
	}
	return app.Div().Class("link "+at(k.Depth, k.Lane)).DataSet("testid", "link-"+k.ID).DataSet("state", k.Path).
		DataSet("selected", k.Selected).DataSet("said", k.Said).Role("group").Aria("label", k.Label).Body(
		app.P().Class("link__state").Body(app.B().Text(k.State), app.Span().Text(" "+k.Note)),
		lanes(k),
		app.P().Class("link__figure").Text(k.Figure),
		app.Button().Class("btn btn--tiny link__act").Type("button").DataSet("testid", id).
			Aria("label", k.Action+" the link of "+k.Master+" and "+k.Replica).OnClick(l.act).Text(k.Action),
	)
}

func (l *link) act(app.Context, app.Event) { l.Up.send(model.Run{Line: l.Link.Line}) }

func lanesID(link string) string { return "lanes-" + link }

// lanes draws a link of any length: percentages for the lines, and small drawings of their own for the ends, since a path
// knows no percentages.
func lanes(k *model.Link) app.UI {
	broken := k.Cut || k.Dead
	s := drawn("svg", "link__lanes").ID(lanesID(k.ID)).Aria("hidden", true)
	if k.Vertical {
		if broken {
			return s.Body(cutLine("6", "6"), cutLine("24", "24"), crossAt(k, "15", "50%"))
		}
		return s.Body(
			drawn("line", "l", "x1", "6", "y1", "0", "x2", "6", "y2", "100%"),
			drawn("line", "l", "x1", "24", "y1", "0", "x2", "24", "y2", "100%"),
			end("6", "100%", "M0 0l-4-8h8z"), end("24", "0", "M0 0l-4 8h8z"),
		)
	}
	if broken {
		return s.Body(cutRow("6"), cutRow("24"), crossAt(k, "50%", "15"))
	}
	return s.Body(
		drawn("line", "l", "x1", "0", "y1", "6", "x2", "100%", "y2", "6"),
		drawn("line", "l", "x1", "0", "y1", "24", "x2", "100%", "y2", "24"),
		end("100%", "6", "M0 0l-8-4v8z"), end("0", "24", "M0 0l8-4v8z"),
	)
}

// cutRow and cutLine are a broken lane: two dashed pieces with a gap between them.
func cutRow(y string) app.UI {
	return drawn("g", "l dash").Body(
		drawn("line", "", "x1", "0", "y1", y, "x2", "36%", "y2", y), drawn("line", "", "x1", "64%", "y1", y, "x2", "100%", "y2", y))
}

func cutLine(x, _ string) app.UI {
	return drawn("g", "l dash").Body(
		drawn("line", "", "x1", x, "y1", "0", "x2", x, "y2", "28%"), drawn("line", "", "x1", x, "y1", "72%", "x2", x, "y2", "100%"))
}

func end(x, y, d string) app.UI {
	return drawn("svg", "ends", "x", x, "y", y).Body(path("f-line", d))
}

// crossAt marks a cut in red. A node that is down leaves the gap without it: the link itself is whole.
func crossAt(k *model.Link, x, y string) app.UI {
	if !k.Cut {
		return nil
	}
	return drawn("svg", "ends", "x", x, "y", y).Body(
		drawn("circle", "f-surface", "r", "11"), drawn("circle", "l-lost", "r", "11"), path("l-lost w2", "M-4 -4l8 8m0 -8l-8 8"))
}
