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
	wireFoot = 12.0
)

func (w *wire) y(row int) float64 { return wireTop + float64(row)*w.Wire.Apart }

func (w *wire) Render() app.UI {
	w.Up.breathe()
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
	h.Up.breathe()
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
	plot, high := w.plot()
	return app.Div().ID(model.WireID).Class("wire__body").TabIndex(0).Role("group").Aria("label", "Drawing of the wire; the table view has the same as rows").Body(
		&wireNames{Names: w.names(), High: high},
		drawn("svg", "wire__plot", "height", strconv.Itoa(int(high))).Aria("hidden", true).OnClick(w.pick).Body(&arrowHeads{}, plot.ui()),
	)
}

// plot is the drawing, but for the heads of its arrows, and how high it is.
func (w *wire) plot() (plot *shape, high float64) {
	k := &w.Wire
	high = w.y(len(k.Rows)-1) + wireFoot
	now := k.Now * k.Width
	ticks, times := "", group()
	for _, tick := range k.Ticks {
		x := tick.X * k.Width
		ticks += "M" + px(x) + " " + px(wireTop-12) + "V" + px(high)
		if tick.Text != "" {
			times.with(words("m mono", x, 14, "middle", tick.Text))
		}
	}
	past, ahead, dead := w.lines(now)
	// What has not happened yet is not to be seen. What is said of the arrows stands above them all, and above the line of now.
	arrows, said, marks := draw("g", "", "clip-path", "url(#wire-past)"), group(), group()
	for i := range k.Arrows {
		arrows.with(w.arrow(&k.Arrows[i]))
		if k.Arrows[i].Label != "" {
			said.with(w.label(&k.Arrows[i]))
		}
	}
	for i := range k.Marks {
		marks.with(w.mark(&k.Marks[i]))
	}
	return group(
		stroke("l-hair", ticks), times,
		rect("f-surface", now, wireTop-14, k.Width-now, high-wireTop+14, 0),
		stroke("l", past), stroke("l dash", ahead), stroke("wire__gap", dead), stroke("l-lost dot", dead),
		draw("clipPath", "", "id", "wire-past").with(rect("", 0, 0, now, high, 0)),
		arrows,
		stroke("l-text w2", "M"+px(now)+" "+px(wireTop-16)+"V"+px(high)),
		said, marks,
		words("b halo", now+6, wireTop-6, "", k.NowWord),
	), high
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

func wireRowID(node string) string { return "wire-row-" + node }

// A wireNames is the names of the nodes at the left of the drawing.
type wireNames struct {
	app.Compo
	Names []rowName
	High  float64
}

func (w *wireNames) Render() app.UI { return w.shape().ui().Aria("hidden", true) }

func (w *wireNames) shape() *shape {
	all := draw("svg", "wire__names", "height", strconv.Itoa(int(w.High)))
	for _, n := range w.Names {
		all.with(draw("g", "", "id", wireRowID(n.Name)).with(n.sign(), words("b name", 18, n.Y+4, "", n.Name)))
	}
	return all
}

// wireTone is the colour of what a packet is.
var wireTone = map[string]string{"handshake": "text", "stream": "master", "ack": "replica", "rdb": "full"}

func (w *wire) arrow(a *model.WireArrow) *shape {
	k := &w.Wire
	tone := wireTone[a.Kind]
	from, to := w.y(a.From), w.y(a.To)
	y2 := from + (to-from)*a.Y2
	x1, x2, until := a.X1*k.Width, a.X2*k.Width, a.Until*k.Width
	class := "wire__arrow"
	if a.Chosen {
		class += " wire__arrow--chosen"
	}
	way, lean := "M"+px(x1)+" "+px(from)+"L"+px(x2)+" "+px(y2), px(x2-x1)+" "+px(y2-from)
	all := draw("g", class, "data-packet", strconv.FormatInt(a.ID, 10), "data-testid", "wire-"+strconv.FormatInt(a.ID, 10), "data-kind", a.Kind, "data-lost", strconv.FormatBool(a.Lost))
	switch band := "M" + px(x1) + " " + px(from) + "H" + px(until) + "l" + lean + "H" + px(x2) + "z"; {
	case until > x1 && a.Lost: // several: what lies between the first and the last
		all.with(stroke("f-lost-hatch", band), stroke("l-lost", way+"M"+px(until)+" "+px(from)+"l"+lean))
	case until > x1:
		all.with(stroke("f-"+tone+" wire__band", band), stroke("l-"+tone, way+"M"+px(until)+" "+px(from)+"l"+lean))
	case a.Lost:
		all.with(stroke("l-lost dash wire__line", way))
	case a.Y2 == 1:
		all.with(stroke("l-"+tone+" wire__line", way).set("marker-end", "url(#to-"+tone+")"))
	default:
		all.with(stroke("l-"+tone+" wire__line", way))
	}
	if a.Lost {
		all.with(cross(x2, y2))
	}
	all.with(stroke("wire__hit", way)) // something to hit: the line is thin
	return all
}

// label is what is said of an arrow, which is chosen by it, too.
func (w *wire) label(a *model.WireArrow) *shape {
	label := words("halo wire__arrow", a.LabelX*w.Wire.Width, wireTop+a.LabelRow*w.Wire.Apart+4, a.Anchor, "").set("data-packet", strconv.FormatInt(a.ID, 10))
	said := draw("tspan", "figure")
	said.words = a.Label + " "
	if label.with(said); a.More != "" {
		more := draw("tspan", "m")
		more.words = a.More
		label.with(more)
	}
	return label
}

func cross(x, y float64) *shape {
	return stroke("l-lost w2", "M"+px(x-4)+" "+px(y-4)+"l8 8M"+px(x-4)+" "+px(y+4)+"l8-8")
}

// mark is what happened at a node, or between two.
func (w *wire) mark(k *model.WireMark) *shape {
	x, y := k.X*w.Wire.Width, w.y(k.Row)
	tone := string(k.Tone)
	if tone == "" {
		tone = "text"
	}
	all := group()
	switch {
	case k.Kind == "refused":
		end := y + (w.y(k.To)-y)*model.RefusedAt
		all.with(stroke("l-lost", "M"+px(x)+" "+px(y)+"L"+px(x+model.RefusedLean)+" "+px(end)), cross(x+model.RefusedLean, end))
		x, y = x+model.RefusedLean, end
	case k.To >= 0:
		other := w.y(k.To)
		all.with(stroke("l-"+tone+" w2 dash", "M"+px(x)+" "+px(y)+"V"+px(other)))
		y = (y + other) / 2
	default:
		all.with(stroke("l-"+tone+" wire__diamond", "M"+px(x)+" "+px(y-5)+"l5 5-5 5-5-5z"))
		y -= model.CommandAbove
	}
	shift := 10.0
	if k.Anchor == "end" {
		shift = -10
	}
	if k.Label != "" {
		all.with(words("halo t-"+tone, x+shift, y+4, k.Anchor, k.Label))
	}
	return all
}

// arrowHeads are the ends of arrows, one for each colour: a marker does not take its line's.
type arrowHeads struct{ app.Compo }

func (*arrowHeads) Render() app.UI { return heads().ui() }

func heads() *shape {
	all := draw("defs", "")
	for _, tone := range []string{"text", "master", "replica", "full"} {
		all.with(draw("marker", "", "id", "to-"+tone, "viewBox", "0 0 8 8", "refX", "7", "refY", "4", "markerWidth", "8", "markerHeight", "8",
			"orient", "auto-start-reverse", "markerUnits", "userSpaceOnUse").with(stroke("f-"+tone, "M0 0.500L8 4 0 7.500z")))
	}
	return all
}

var wireHeads = [...]string{"sent, s", "from", "to", "kind", "what", "arrives, s"}

func (w *wire) table() app.UI {
	lines := w.Wire.Table
	return app.Div().ID(model.WireID).Class("wire__table").TabIndex(0).Role("region").Aria("label", "Packets").Body(
		app.Table().Body(
			app.THead().Body(app.Tr().Body(
				app.Range(wireHeads[:]).Slice(func(i int) app.UI { return app.Th().Scope("col").Text(wireHeads[i]) }),
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
