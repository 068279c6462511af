package view

import (
	"strconv"

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
	l.Up.breathe()
	k := &l.Link
	return app.Div().Class("link span-"+strconv.Itoa(k.Span)+" "+at(k.Depth, k.Lane)).DataSet("testid", "link-"+k.ID).DataSet("state", k.Path).
		DataSet("selected", k.Selected).DataSet("said", k.Said).DataSet("rail", k.Rail).Role("group").Aria("label", k.Label).
		Attr("draggable", "true").OnDragStart(l.pickUp).OnDragEnd(l.letGo).OnKeyDown(l.key).Body(
		app.Button().Class("link__state").Type("button").DataSet("testid", "faults-"+k.ID).Aria("pressed", k.Selected).OnClick(l.faults).Body(
			app.Span().Class("sr").Text("Faults of the link "+k.Master+" to "+k.Replica+": "), app.B().Text(k.State), app.Text(" "), app.Span().Class("link__note").Text(k.Note)),
		app.Div().Class("link__path").OnClick(l.faults).Body(&linkLanes{ID: k.ID, Path: k.Path, Vertical: k.Vertical, Cut: k.Cut, Dead: k.Dead, Dark: k.Dark}, app.If(k.Queue.Word != "", func() app.UI { return queue(k) })),
		app.P().Class("link__figure").Body(badges(k.Badges), app.Span().Text(k.Figure)),
		&linkAct{ID: k.ID, Action: k.Action, Line: k.Line, Master: k.Master, Replica: k.Replica, Up: l.Up},
	)
}

// A linkAct is the button that cuts a link, or heals it.
type linkAct struct {
	app.Compo
	ID, Action, Line, Master, Replica string
	Up                                *mailbox
}

func (l *linkAct) Render() app.UI {
	id := "cut-" + l.ID
	if l.Action == "Heal" {
		id = "heal-" + l.ID
	}
	return app.Button().Class("btn btn--tiny link__act").Type("button").DataSet("testid", id).
		Aria("label", l.Action+" the link of "+l.Master+" and "+l.Replica).OnClick(l.act).Text(l.Action)
}

func (l *linkAct) act(app.Context, app.Event) { l.Up.send(model.Run{Line: l.Line}) }

// queue is how full the master's output buffer is for this replica, at the end of the link where it stands.
func queue(k *model.Link) app.UI {
	s := queueShape(k)
	s.inside = append([]*shape{{tag: "title", words: k.Queue.Word}}, s.inside...)
	return s.set("data-testid", "queue-"+k.ID, "data-part", px(k.Queue.Part*1000)).ui().Aria("hidden", true)
}

func queueShape(k *model.Link) *shape {
	const long, high = 44.0, 8.0
	tone := "f-master"
	if k.Queue.Part > .75 {
		tone = "f-lost"
	}
	frame, full := rect("queue__room", .5, .5, long-1, high-1, 2), rect(tone, 1, 1, max(1, (long-2)*k.Queue.Part), high-2, 1)
	width, height := long, high
	if k.Vertical {
		width, height = high, long
		frame, full = rect("queue__room", .5, .5, high-1, long-1, 2), rect(tone, 1, 1, high-2, max(1, (long-2)*k.Queue.Part), 1)
	}
	return draw("svg", "link__queue", "width", px(width), "height", px(height)).with(frame, full)
}

func lanesID(link string) string { return "lanes-" + link }

// A linkLanes is the drawing of a link, which changes only with its state.
type linkLanes struct {
	app.Compo
	ID, Path            string
	Vertical, Cut, Dead bool
	Dark                [2]bool
}

func (l *linkLanes) Render() app.UI {
	return lanes(&model.Link{Path: l.Path, Vertical: l.Vertical, Cut: l.Cut, Dead: l.Dead, Dark: l.Dark}).ui().ID(lanesID(l.ID)).Aria("hidden", true)
}

// lanes draws a link of any length: percentages for the lines, and small drawings of their own for the ends, since a path
// knows no percentages.
func lanes(k *model.Link) *shape {
	broken := k.Cut || k.Dead
	s := draw("svg", "link__lanes")
	if k.Path == "blackhole" {
		return s.with(hole(k, 0), hole(k, 1))
	}
	if k.Vertical {
		if broken {
			return s.with(cutLine("6"), cutLine("24"), crossAt(k, "15", "50%"))
		}
		return s.with(
			draw("line", "l", "x1", "6", "y1", "0", "x2", "6", "y2", "100%"),
			draw("line", "l", "x1", "24", "y1", "0", "x2", "24", "y2", "100%"),
			end("6", "100%", "M0 0l-4-8h8z"), end("24", "0", "M0 0l-4 8h8z"),
		)
	}
	if broken {
		return s.with(cutRow("6"), cutRow("24"), crossAt(k, "50%", "15"))
	}
	return s.with(
		draw("line", "l", "x1", "0", "y1", "6", "x2", "100%", "y2", "6"),
		draw("line", "l", "x1", "0", "y1", "24", "x2", "100%", "y2", "24"),
		end("100%", "6", "M0 0l-8-4v8z"), end("0", "24", "M0 0l8-4v8z"),
	)
}

// hole draws one lane of a link in a blackhole: what the sender of that lane says goes as far as the hole and no further.
// The other lane may be whole.
func hole(k *model.Link, lane int) *shape {
	side, from, to, arrow := [2]string{"6", "24"}[lane], "0", "100%", [2]string{"M0 0l-8-4v8z", "M0 0l8-4v8z"}[lane]
	if lane == 1 {
		from, to = to, from
	}
	line := func(class, a, b string) *shape { return draw("line", class, "x1", a, "y1", side, "x2", b, "y2", side) }
	spot := func(at, class, d string) *shape {
		return draw("svg", "ends", "x", at, "y", side).with(stroke(class, d))
	}
	if k.Vertical {
		line = func(class, a, b string) *shape { return draw("line", class, "x1", side, "y1", a, "x2", side, "y2", b) }
		spot = func(at, class, d string) *shape {
			return draw("svg", "ends", "x", side, "y", at).with(stroke(class, d))
		}
		arrow = [2]string{"M0 0l-4-8h8z", "M0 0l-4 8h8z"}[lane]
	}
	if !k.Dark[lane] {
		return group(line("l", from, to), spot(to, "f-line", arrow))
	}
	return group(line("l", from, "50%"), line("l dot", "50%", to), spot("50%", "f-text", "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0"))
}

// cutRow and cutLine are a broken lane: two dashed pieces with a gap between them.
func cutRow(y string) *shape {
	return draw("g", "l dash").with(
		draw("line", "", "x1", "0", "y1", y, "x2", "36%", "y2", y), draw("line", "", "x1", "64%", "y1", y, "x2", "100%", "y2", y))
}

func cutLine(x string) *shape {
	return draw("g", "l dash").with(
		draw("line", "", "x1", x, "y1", "0", "x2", x, "y2", "28%"), draw("line", "", "x1", x, "y1", "72%", "x2", x, "y2", "100%"))
}

func end(x, y, d string) *shape {
	return draw("svg", "ends", "x", x, "y", y).with(stroke("f-line", d))
}

// crossAt marks a cut in red. A node that is down leaves the gap without it: the link itself is whole.
func crossAt(k *model.Link, x, y string) *shape {
	if !k.Cut {
		return nil
	}
	return draw("svg", "ends", "x", x, "y", y).with(
		draw("circle", "f-surface", "r", "11"), draw("circle", "l-lost", "r", "11"), stroke("l-lost w2", "M-4 -4l8 8m0 -8l-8 8"))
}
