package view

import (
	"math"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A wire is the space-time diagram: a line for every node, time to the right, an arrow for every packet.
type wire struct {
	app.Compo
	Wire    model.Wire
	AsTable bool
	Up      *mailbox

	dragged bool // by its upper edge
	from    float64
	height  int // what it was dragged to last
}

const wireID = "wire"

// Where things are from the top of the drawing, in CSS pixels.
const (
	wireTop  = 38.0
	wireFoot = 20.0
)

func (w *wire) y(row int) float64 { return wireTop + float64(row)*w.Wire.Apart }

func (w *wire) Render() app.UI {
	k := &w.Wire
	return app.Section().ID(wireID).Class("wire").Aria("label", "Wire").DataSet("testid", "wire").Body(
		w.edge(),
		&wireHead{About: k.About, Span: k.Span, Filters: k.Filters, Closer: k.Closer, Wider: k.Wider, Up: w.Up},
		app.If(k.Empty != "", func() app.UI { return app.P().Class("tape__empty").Text(k.Empty) }).
			ElseIf(w.AsTable, w.table).
			Else(w.drawing),
		app.If(k.Detail != "", func() app.UI { return app.P().Class("wire__detail").DataSet("testid", "wire-detail").Text(k.Detail) }),
	)
}

// A wireHead is what stands above the drawing, and seldom changes.
type wireHead struct {
	app.Compo
	About, Span   string
	Filters       []model.Choice
	Closer, Wider bool
	Up            *mailbox
}

func (h *wireHead) Render() app.UI {
	return app.Div().Class("wire__head").Body(
		app.H2().Text("The wire"),
		app.P().Class("wire__about").Text(h.About),
		app.Div().Class("wire__chips").Role("group").Aria("label", "What is shown").Body(
			app.Range(h.Filters).Slice(func(i int) app.UI {
				f := h.Filters[i]
				return app.Button().Class("wire__chip").Type("button").DataSet("kind", f.Name).DataSet("testid", "wire-"+f.Name).
					Aria("pressed", f.On).OnClick(h.toggle).Text(f.Label)
			}),
		),
		app.Div().Class("wire__span").Role("group").Aria("label", "Time shown").Body(
			app.Button().Class("deck__key").Type("button").DataSet("testid", "wire-wider").Aria("label", "Show more time").Disabled(!h.Wider).OnClick(h.wider).Text("−"),
			app.Span().Class("deck__rate").Text(h.Span),
			app.Button().Class("deck__key").Type("button").DataSet("testid", "wire-closer").Aria("label", "Show less time").Disabled(!h.Closer).OnClick(h.closer).Text("+"),
		),
	)
}

func (w *wire) drawing() app.UI {
	k := &w.Wire
	high := w.y(len(k.Rows)-1) + wireFoot
	height := strconv.Itoa(int(high))
	now := k.Now * k.Width
	lines := ""
	for _, tick := range k.Ticks {
		lines += "M" + px(tick.X*k.Width) + " " + px(wireTop-12) + "V" + px(high)
	}
	past, ahead, dead := w.lines(now)
	return app.Div().ID(model.WireID).Class("wire__body").TabIndex(0).Role("group").Aria("label", "Drawing of the wire; the table view has the same as rows").Body(
		&wireNames{Names: w.names(), High: high},
		drawn("svg", "wire__plot", "height", height).Aria("hidden", true).OnClick(w.pick).Body(
			&arrowHeads{},
			path("l-hair", lines),
			app.Range(k.Ticks).Slice(func(i int) app.UI {
				if k.Ticks[i].Text == "" {
					return drawn("text", "")
				}
				return drawn("text", "m mono", "x", px(k.Ticks[i].X*k.Width), "y", "14", "text-anchor", "middle").Text(k.Ticks[i].Text)
			}),
			box("f-surface", now, wireTop-14, k.Width-now, high-wireTop+14, 0),
			path("l", past),
			path("l dash", ahead),
			app.If(dead != "", func() app.UI { return drawn("g", "").Body(path("wire__gap", dead), path("l-lost dot", dead)) }),
			// What has not happened yet is not to be seen.
			drawn("clipPath", "", "id", "wire-past").Body(box("", 0, 0, now, high, 0)),
			drawn("g", "", "clip-path", "url(#wire-past)").Body(
				app.Range(k.Arrows).Slice(func(i int) app.UI { return w.arrow(&k.Arrows[i]) })),
			app.Range(k.Marks).Slice(func(i int) app.UI { return w.mark(&k.Marks[i]) }),
			path("l-text w2", "M"+px(now)+" "+px(wireTop-16)+"V"+px(high)),
			drawn("text", "b halo", "x", px(now+6), "y", px(wireTop-6)).Text(k.NowWord),
		),
	)
}

// lines are the nodes' lines: solid while time has passed, dotted ahead, and in the colour of what is lost while there is no
// process.
func (w *wire) lines(now float64) (past, ahead, dead string) {
	k := &w.Wire
	for i := range k.Rows {
		y := px(w.y(i))
		past += "M0 " + y + "H" + px(now)
		ahead += "M" + px(now) + " " + y + "H" + px(k.Width)
		for _, d := range k.Rows[i].Dead {
			dead += "M" + px(d.X*k.Width) + " " + y + "h" + px(d.W*k.Width)
		}
	}
	return past, ahead, dead
}

func (w *wire) names() []rowName {
	names := make([]rowName, len(w.Wire.Rows))
	for i, row := range w.Wire.Rows {
		names[i] = rowName{row.Name, row.Role, w.y(i)}
	}
	return names
}

// A wireNames is the names of the nodes at the left of the drawing.
type wireNames struct {
	app.Compo
	Names []rowName
	High  float64
}

func (w *wireNames) Render() app.UI {
	all := draw("svg", "wire__names", "height", strconv.Itoa(int(w.High)))
	for _, n := range w.Names {
		all.with(n.sign(), words("b name", 18, n.Y+4, "", n.Name))
	}
	return all.ui().Aria("hidden", true)
}

// wireTone is the colour of what a packet is.
var wireTone = map[string]string{"handshake": "text", "stream": "master", "ack": "replica", "rdb": "full"}

func (w *wire) arrow(a *model.WireArrow) app.UI {
	k := &w.Wire
	tone := wireTone[a.Kind]
	from, to := w.y(a.From), w.y(a.To)
	y2 := from + (to-from)*a.Y2
	x1, x2, until := a.X1*k.Width, a.X2*k.Width, a.Until*k.Width
	class := "wire__arrow"
	if a.Chosen {
		class += " wire__arrow--chosen"
	}
	line := path("l-"+tone+" wire__line", "M"+px(x1)+" "+px(from)+"L"+px(x2)+" "+px(y2))
	if a.Y2 == 1 && !a.Lost {
		line = line.(app.HTMLElem).Attr("marker-end", "url(#to-"+tone+")")
	}
	shapes := []app.UI{line}
	lean := x2 - x1
	if a.Lost {
		tone = "lost"
		shapes[0] = path("l-lost dash wire__line", "M"+px(x1)+" "+px(from)+"L"+px(x2)+" "+px(y2))
	}
	if until > x1 { // several: what lies between the first and the last
		fill := "f-" + tone + " wire__band"
		if a.Lost {
			fill = "f-lost-hatch"
		}
		shapes = []app.UI{
			path(fill, "M"+px(x1)+" "+px(from)+"H"+px(until)+"l"+px(lean)+" "+px(y2-from)+"H"+px(x2)+"z"),
			path("l-"+tone, "M"+px(x1)+" "+px(from)+"L"+px(x2)+" "+px(y2)+"M"+px(until)+" "+px(from)+"l"+px(lean)+" "+px(y2-from)),
		}
	}
	if a.Lost {
		shapes = append(shapes, cross(x2, y2))
	}
	return drawn("g", class).DataSet("packet", a.ID).DataSet("testid", "wire-"+strconv.FormatInt(a.ID, 10)).DataSet("kind", a.Kind).DataSet("lost", a.Lost).Body(
		app.Range(shapes).Slice(func(i int) app.UI { return shapes[i] }),
		// Something to hit: the line is thin.
		path("wire__hit", "M"+px(x1)+" "+px(from)+"L"+px(x2)+" "+px(y2)),
		app.If(a.Label != "", func() app.UI {
			return drawn("text", "halo", "x", px(a.LabelX*k.Width), "y", px(from+(to-from)*model.WordsAt+4), "text-anchor", a.Anchor).Body(
				drawn("tspan", "figure").Text(a.Label+" "),
				app.If(a.More != "", func() app.UI { return drawn("tspan", "m").Text(a.More) }),
			)
		}),
	)
}

func cross(x, y float64) app.UI {
	return path("l-lost w2", "M"+px(x-4)+" "+px(y-4)+"l8 8M"+px(x-4)+" "+px(y+4)+"l8-8")
}

// mark is what happened at a node, or between two.
func (w *wire) mark(k *model.WireMark) app.UI {
	x, y := k.X*w.Wire.Width, w.y(k.Row)
	tone := string(k.Tone)
	if tone == "" {
		tone = "text"
	}
	var shape app.UI
	switch {
	case k.Kind == "refused":
		end := y + (w.y(k.To)-y)*model.RefusedAt
		shape = drawn("g", "").Body(path("l-lost", "M"+px(x)+" "+px(y)+"L"+px(x+6)+" "+px(end)), cross(x+6, end))
		x, y = x+6, end
	case k.To >= 0:
		other := w.y(k.To)
		shape = path("l-"+tone+" w2 dash", "M"+px(x)+" "+px(y)+"V"+px(other))
		y = (y + other) / 2
	default:
		shape = drawn("path", "l-"+tone+" wire__diamond", "d", "M"+px(x)+" "+px(y-5)+"l5 5-5 5-5-5z")
		y -= model.CommandAbove
	}
	shift := 10.0
	if k.Anchor == "end" {
		shift = -10
	}
	return drawn("g", "").Body(shape, app.If(k.Label != "", func() app.UI {
		return drawn("text", "halo t-"+tone, "x", px(x+shift), "y", px(y+4), "text-anchor", k.Anchor).Text(k.Label)
	}))
}

// arrowHeads are the ends of arrows, one for each colour: a marker does not take its line's.
type arrowHeads struct{ app.Compo }

func (*arrowHeads) Render() app.UI {
	tones := []string{"text", "master", "replica", "full"}
	return drawn("defs", "").Body(app.Range(tones).Slice(func(i int) app.UI {
		return drawn("marker", "", "id", "to-"+tones[i], "viewBox", "0 0 8 8", "refX", "7", "refY", "4", "markerWidth", "8", "markerHeight", "8",
			"orient", "auto-start-reverse", "markerUnits", "userSpaceOnUse").Body(path("f-"+tones[i], "M0 0.500L8 4 0 7.500z"))
	}))
}

func (w *wire) table() app.UI {
	lines := w.Wire.Table
	return app.Div().ID(model.WireID).Class("wire__table").TabIndex(0).Role("region").Aria("label", "Packets").Body(
		app.Table().Body(
			app.THead().Body(app.Tr().Body(
				app.Range([]string{"sent", "from", "to", "kind", "what", "arrives"}).Slice(func(i int) app.UI {
					return app.Th().Scope("col").Text([]string{"sent", "from", "to", "kind", "what", "arrives"}[i])
				}),
			)),
			app.TBody().OnClick(w.pick).Body(app.Range(lines).Slice(func(i int) app.UI {
				l := &lines[i]
				return app.Tr().DataSet("packet", l.ID).Body(
					app.Td().Class("num").Body(app.Button().Class("wire__choose").Type("button").Aria("pressed", l.Chosen).
						Aria("label", "Choose the packet of "+l.Time+" s").Text(l.Time)),
					app.Td().Text(l.From), app.Td().Text(l.To), app.Td().Text(l.Kind), app.Td().Class("wire__what").Text(l.Text),
					app.Td().Class("num").Text(l.End))
			})),
		),
	)
}

// pick finds the packet under the click.
func (w *wire) pick(_ app.Context, e app.Event) {
	hit := e.Get("target").Call("closest", "[data-packet]")
	if hit.IsNull() || hit.IsUndefined() {
		return
	}
	if id, err := strconv.ParseInt(hit.Call("getAttribute", "data-packet").String(), 10, 64); err == nil {
		w.Up.send(model.PickPacket{ID: id})
	}
}

func (h *wireHead) toggle(ctx app.Context, _ app.Event) {
	h.Up.send(model.ToggleWire{Kind: ctx.JSSrc().Call("getAttribute", "data-kind").String()})
}

func (h *wireHead) closer(app.Context, app.Event) { h.Up.send(model.WireSpan{By: -1}) }
func (h *wireHead) wider(app.Context, app.Event)  { h.Up.send(model.WireSpan{By: 1}) }

// edge is the wire's upper edge, by which its height is dragged.
func (w *wire) edge() app.UI {
	h := w.Wire.Height
	return app.Div().Class("wire__edge").DataSet("testid", "wire-edge").Role("separator").TabIndex(0).Aria("label", "Height of the wire").
		Aria("orientation", "horizontal").Aria("controls", wireID).
		Aria("valuenow", h.Now).Aria("valuemin", h.Low).Aria("valuemax", h.Up).Aria("valuetext", strconv.Itoa(h.Now)+" pixels").
		Title("Drag it, or use the arrow keys; a double click or Enter gives the height back").
		On("pointerdown", w.grip).On("pointermove", w.drag).On("pointerup", w.letGo).On("pointercancel", w.letGo).OnDblClick(w.unset).OnKeyDown(w.edgeKey)
}

// grip begins a drag. The pointer is captured: it may leave the edge, which follows in steps.
func (w *wire) grip(ctx app.Context, e app.Event) {
	ctx.PreventUpdate()
	if e.Get("button").Int() != 0 {
		return
	}
	e.Get("target").Call("setPointerCapture", e.Get("pointerId"))
	w.dragged, w.height = true, w.now().Now
	w.from = e.Get("clientY").Float() + float64(w.height)
}

func (w *wire) drag(ctx app.Context, e app.Event) {
	to := w.from - e.Get("clientY").Float()
	if !w.dragged || math.Abs(to-float64(w.height)) < model.WireStep/2 {
		ctx.PreventUpdate()
		return
	}
	w.size(to)
	w.height = w.now().Now
}

func (w *wire) letGo(ctx app.Context, _ app.Event) {
	ctx.PreventUpdate()
	w.dragged = false
}

func (w *wire) unset(app.Context, app.Event) { w.size(0) }

// now is the height as the model has it: keys and pointers may be faster than the drawing.
func (w *wire) now() model.WireHeight { return w.Up.page.page.Wire.Height }

func (w *wire) size(height float64) { w.Up.send(model.WireSized{Height: height}) }

func (w *wire) edgeKey(ctx app.Context, e app.Event) {
	h := w.now()
	to, ok := map[string]int{"ArrowUp": h.Now + model.WireStep, "ArrowDown": h.Now - model.WireStep, "Home": h.Low, "End": h.Up, "Enter": 0}[e.Get("key").String()]
	if !ok {
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault()
	w.size(float64(to))
}
