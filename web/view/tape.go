package view

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

const tapePlotID = "tape-plot"

// A tape is the stream as a line of byte numbers, with a rail for each replica below the master's ribbon.
type tape struct {
	app.Compo
	Tape  model.Tape
	Small bool // in a frame: no more than the ribbon, the flags and the rails
	// AsTable has rows in the place of the drawing.
	AsTable bool
	Up      *mailbox

	zooming model.Zooming
}

// Where things are from the top of the drawing, in CSS pixels.
type tapeRows struct {
	words, ribbon, ribbonHigh, rail, railApart, railHigh float64
	numbers                                              float64 // below the last rail
}

func (t *tape) rows() tapeRows {
	if t.Small {
		return tapeRows{words: 14, ribbon: 19, ribbonHigh: 16, rail: 39, railApart: 12, railHigh: 5}
	}
	if t.Tape.Compact {
		return tapeRows{words: 12, ribbon: 20, ribbonHigh: 16, rail: 44, railApart: 12, railHigh: 5, numbers: 14}
	}
	rows := tapeRows{words: 16, ribbon: 24, ribbonHigh: 26, rail: 74, railApart: 26, railHigh: 8, numbers: 20}
	if t.Tape.Dense {
		rows.rail, rows.railApart = 66, 16
	}
	if len(t.Tape.Rails) > manyRails {
		rows.railApart, rows.railHigh = 13, 6
	}
	return rows
}

// manyRails is how many rails can be that far apart.
const manyRails = 7

func (r tapeRows) railY(i int) float64 { return r.rail + float64(i)*r.railApart }

func (t *tape) Render() app.UI {
	t.Up.breathe()
	k := &t.Tape
	return app.Section().Class("tape").Aria("label", "Stream").DataSet("testid", "tape").Body(
		app.Div().Class("tape__head").Body(
			app.H2().Text("The stream"),
			app.P().Class("tape__about").Text(k.About),
			app.If(k.Empty == "", func() app.UI {
				z := &k.Zoom
				return &tapeZoom{Word: z.Word, Wider: z.Wider, Closer: z.Closer, Moves: z.Moves, Back: z.Back, On: z.On, Up: t.Up}
			}),
			&tapeLegend{Own: t.hasOwn(), Kept: t.hasPin()},
		),
		app.Div().Class("tape__body").DataSet("zooms", t.zooms()).
			On("touchstart", t.pinch, app.PassiveEvent()).On("touchmove", t.pinch, app.PassiveEvent()).
			On("touchend", t.pinch, app.PassiveEvent()).On("touchcancel", t.pinch, app.PassiveEvent()).OnWheel(t.wheel).Body(
			app.Div().ID(tapePlotID).Class("tape__measure").Aria("hidden", true),
			app.If(k.Empty != "", func() app.UI { return app.P().Class("tape__empty").Text(k.Empty) }).
				ElseIf(t.AsTable, t.table).Else(t.drawing),
		),
	)
}

// A tapeLegend is what the colours mean.
type tapeLegend struct {
	app.Compo
	Own  bool // there is something that only a replica has
	Kept bool // there is a block that only a slow replica keeps
}

func (t *tapeLegend) Render() app.UI {
	return app.Div().Class("tape__legend").Aria("hidden", true).Body(
		legend("gone", drawn("rect", "f-gone", "width", "18", "height", "12")),
		legend("held", drawn("rect", "f-master", "width", "18", "height", "12", "rx", "1")),
		app.If(t.Own, func() app.UI { return legend("lost", drawn("rect", "f-lost-hatch", "width", "18", "height", "12")) }),
		legend("next to go", drawn("rect", "f-master-tint", "width", "18", "height", "12"),
			drawn("rect", "l-full", "x", ".75", "y", ".75", "width", "16.5", "height", "10.5")),
		app.If(t.Kept, func() app.UI {
			return legend("kept for a slow replica", pin("M9 11v-4a3.500 3.500 0 1 1 .1 0z").ui())
		}),
	)
}

// A tapeZoom is how close the stream is looked at, and the way along it.
type tapeZoom struct {
	app.Compo
	Word                           string
	Wider, Closer, Moves, Back, On bool
	Up                             *mailbox
}

func (t *tapeZoom) Render() app.UI {
	t.Up.breathe()
	key := func(id, label, sign string, on bool, msg model.Msg) app.UI {
		return app.Button().Class("deck__key").Type("button").DataSet("testid", id).Aria("label", label).Title(label).Disabled(!on).Text(sign).
			OnClick(func(app.Context, app.Event) { t.Up.send(msg) }, app.EventScope(id))
	}
	return app.Div().Class("tape__zoom").Role("group").Aria("label", "How close the stream is looked at").Body(
		key("tape-wider", "Show more of the stream", "−", t.Wider, model.TapeZoomed{By: -1}),
		app.Span().Class("deck__rate").DataSet("testid", "tape-zoom").Text(t.Word),
		key("tape-closer", "Look closer at the stream", "+", t.Closer, model.TapeZoomed{By: 1}),
		app.If(t.Moves, func() app.UI {
			return app.Span().Class("tape__pan").Body(
				key("tape-back", "Earlier bytes", "◂", t.Back, model.TapePan{By: -1}), key("tape-on", "Later bytes", "▸", t.On, model.TapePan{By: 1}))
		}),
	)
}

// zooms reports whether hands may zoom: not where it is not said how close the stream is.
func (t *tape) zooms() bool { return t.Tape.Empty == "" && !t.Small }

// pinch follows two fingers on the drawing, which the style sheet keeps from the browser (touch-action). Everything else, one
// finger or one of two beside it, stays the browser's.
func (t *tape) pinch(ctx app.Context, e app.Event) {
	apart, fingers := 0.0, e.Get("touches")
	if t.zooms() && fingers.Length() == 2 {
		a, b := fingers.Index(0), fingers.Index(1)
		if ctx.JSSrc().Call("contains", a.Get("target")).Bool() && ctx.JSSrc().Call("contains", b.Get("target")).Bool() {
			apart = max(1, math.Hypot(a.Get("clientX").Float()-b.Get("clientX").Float(), a.Get("clientY").Float()-b.Get("clientY").Float()))
		}
	}
	t.zoomed(ctx, t.zooming.Pinch(apart))
}

// wheel zooms with Ctrl or Cmd, which is also what a browser makes of two fingers on a trackpad. Without them it scrolls.
func (t *tape) wheel(ctx app.Context, e app.Event) {
	by := 0
	if t.zooms() && (e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool()) {
		e.PreventDefault()
		unit := [...]float64{1, 16, 400}[e.Get("deltaMode").Int()] // CSS pixels, lines or pages
		by = t.zooming.Wheel(e.Get("deltaY").Float()*unit, e.Get("timeStamp").Float())
	}
	t.zoomed(ctx, by)
}

func (t *tape) zoomed(ctx app.Context, by int) {
	if by == 0 {
		ctx.PreventUpdate()
		return
	}
	t.Up.send(model.TapeZoomed{By: by})
}

// chips are the commands of a closer look, over the ribbon; cells are its bytes, with their hex below.
func (t *tape) chips(r tapeRows) *shape {
	z, w, all := &t.Tape.Zoom, t.Tape.Width, draw("g", "")
	middle := r.ribbon + r.ribbonHigh/2 + 4
	for i := range z.Chips {
		c := &z.Chips[i]
		class := "chip__box"
		if c.Dim {
			class += " chip__box--dim"
		}
		chip := draw("g", "tape__chip", "data-gone", strconv.FormatBool(c.Gone))
		if !c.Gone {
			chip.with(rect(class, c.X*w+.5, r.ribbon+.5, c.W*w-1, r.ribbonHigh-1, 3))
		}
		if c.Text != "" && !z.Bytes {
			chip.with(words("mono chip__text", c.X*w+8, middle, "", c.Text))
		}
		all.with(chip)
	}
	for i := range z.Cells {
		c := &z.Cells[i]
		class, x := "mono chip__text", c.X*w+9
		if c.Quiet {
			class += " chip__text--quiet"
		}
		cell := draw("g", "tape__cell")
		if c.Char == " " { // few fonts have a sign for it
			cell.with(stroke("l", "M"+px(x-3)+" "+px(middle-3)+"v3h6v-3"))
		} else {
			cell.with(words(class, x, middle, "middle", c.Char))
		}
		if !t.Tape.Compact {
			cell.with(words("m hex", x, r.ribbon+r.ribbonHigh+13, "middle", c.Hex))
		}
		all.with(cell)
	}
	return all
}

// pin is what holds a block in its place.
func pin(d string) *shape { return group(stroke("f-full", d), stroke("l-full w2", d)) }

// pinned reports whether a block has one: there must be room for it.
func (t *tape) pinned(b model.TapeBlock) bool { return b.Pinned && b.W*t.Tape.Width > 8 }

func (t *tape) hasPin() bool {
	return slices.ContainsFunc(t.Tape.Blocks, t.pinned)
}

func (t *tape) hasOwn() bool {
	for i := range t.Tape.Rails {
		if t.Tape.Rails[i].OwnSize > 0 {
			return true
		}
	}
	return false
}

func legend(word string, shapes ...app.UI) app.UI {
	return app.Span().Body(icon("", 18, 12, shapes...), app.Span().Text(word))
}

// table is the drawing as rows.
func (t *tape) table() app.UI {
	k := &t.Tape.Table
	lines := func(label, what, note string, list []model.TapeLine) app.UI {
		rows := make([][]string, len(list))
		for i, l := range list {
			rows[i] = []string{l.What, l.First, l.Last, l.Bytes, l.Note}
		}
		return tapeRowsOf(label, []string{what, "first byte", "last byte", "bytes", note}, rows)
	}
	places := make([][]string, len(k.Places))
	for i, p := range k.Places {
		places[i] = []string{p.Name, p.Acked, p.Sent, p.Applied, p.Next, p.Note}
	}
	return app.Div().Class("tape__table").TabIndex(0).Role("region").Aria("label", "The stream of "+t.Tape.Master+" as tables").Body(
		lines("Bytes in sight", "text", "hex", k.Bytes),
		lines("Commands in sight", "command", "", k.Commands),
		lines("What is held", "piece", "", k.Pieces),
		tapeRowsOf("How far the replicas have come", []string{"replica", "acknowledged", "sent", "applied", "asks for next", ""}, places),
	)
}

// tapeRowsOf is one table of it; one without rows is nothing.
func tapeRowsOf(label string, heads []string, rows [][]string) app.UI {
	return app.Table().Class("writes").Aria("label", label).Hidden(len(rows) == 0).Body(
		app.THead().Body(app.Tr().Body(app.Range(heads).Slice(func(i int) app.UI {
			if heads[i] == "" {
				return app.Th().Scope("col").Body(app.Span().Class("sr").Text("how it is"))
			}
			return app.Th().Scope("col").Text(heads[i])
		}))),
		app.TBody().Body(app.Range(rows).Slice(func(i int) app.UI {
			row := rows[i]
			return app.Tr().Body(app.Th().Scope("row").Text(row[0]), app.Range(row[1:]).Slice(func(i int) app.UI { return app.Td().Text(row[1+i]) }))
		})),
	)
}

func (t *tape) drawing() app.UI {
	plot, high := t.plot()
	return app.Div().Class("tape__drawing").Body(
		&tapeNames{Names: t.names(), High: high, Compact: t.Tape.Compact},
		plot.ui().Role("img").Aria("label", t.Tape.Label),
	)
}

// plot is the drawing of the stream, and how high it is.
func (t *tape) plot() (plot *shape, high float64) {
	k, r := &t.Tape, t.rows()
	bottom := r.railY(len(k.Rails)-1) + r.railHigh
	if len(k.Rails) == 0 {
		bottom = r.ribbon + r.ribbonHigh + 10
	}
	high = bottom + r.numbers + 4
	plot = draw("svg", "tape__plot", "height", strconv.Itoa(int(high)), "data-many", strconv.FormatBool(len(k.Rails) > manyRails)).with(t.ribbon(r))
	hairs := ""
	for i := range k.Rails {
		hairs += "M0 " + px(r.railY(i)+r.railHigh/2) + "H" + px(k.Width)
	}
	plot.with(stroke("l-hair", hairs))
	for i := range k.Rails {
		plot.with(t.rail(r, i))
	}
	for _, f := range k.Flags {
		plot.with(t.flag(r, f))
	}
	if t.Small {
		return plot, high
	}
	marks := ""
	for _, tick := range k.Ticks {
		x := tick.X * k.Width
		marks += "M" + px(x) + " " + px(bottom+r.numbers-15) + "v4" // above the digits
		plot.with(words("m mono", x, bottom+r.numbers, "middle", tick.Text))
	}
	return plot.with(stroke("l", marks)), high
}

// A rowName is the name of a node where its row is, in CSS pixels from the top.
type rowName struct {
	Name, Role string
	Y          float64
}

// names are those of the master and the replicas, beside the plot.
func (t *tape) names() []rowName {
	k, r := &t.Tape, t.rows()
	names := []rowName{{k.Master, "master", r.ribbon + r.ribbonHigh/2}}
	for i := range k.Rails {
		names = append(names, rowName{k.Rails[i].Name, k.Rails[i].Role, r.railY(i) + r.railHigh/2})
	}
	return names
}

// A tapeNames draws them.
type tapeNames struct {
	app.Compo
	Names   []rowName
	High    float64
	Compact bool
}

func (t *tapeNames) Render() app.UI { return t.shape().ui().Aria("hidden", true) }

func (t *tapeNames) shape() *shape {
	all := draw("svg", "tape__names", "height", strconv.Itoa(int(t.High)))
	for _, n := range t.Names {
		if t.Compact {
			all.with(words("b", 0, n.Y+4, "", n.Name))
		} else {
			all.with(n.sign(), words("b name", 18, n.Y+4, "", cutTo(n.Name, bold13, 66)))
		}
	}
	return all
}

// sign is the shape of a role, at the left of a name.
func (n rowName) sign() *shape {
	if n.Role == "master" {
		return stroke("f-master", "M6 "+px(n.Y-6)+"l6 6-6 6-6-6z")
	}
	return draw("circle", "f-replica", "cx", "6", "cy", px(n.Y), "r", "5.5")
}

// ribbon is the master's line: gone, held block by block, room left, and the drop line.
func (t *tape) ribbon(r tapeRows) *shape {
	k := &t.Tape
	w := k.Width
	y, h := r.ribbon, r.ribbonHigh
	middle := y + h/2 + 4
	goneX, goneW := k.Gone.X*w, k.Gone.W*w
	all := group(rect("f-gone", goneX, y, goneW, h, 0))
	if goneW > 70 {
		all.with(group(
			rect("f-bg", goneX+goneW/2-21, y+4, 42, h-8, 3),
			words("", goneX+goneW/2, middle, "middle", "gone")))
	}
	held, pins, oldest, texts := "", "", group(), group()
	for i, b := range k.Blocks {
		x, bw := b.X*w, b.W*w
		text := words("on-master", b.TextX*w, middle, "middle", b.Text)
		if b.NextToGo {
			text.class = "b t-full"
			oldest.with(rect("f-master-tint", x, y, bw, h, 0), rect("l-full", x+.75, y+.75, bw-1.5, h-1.5, 0))
		} else {
			gap := 0.0
			if i > 0 && bw > 4 {
				gap = 2
			}
			held += "M" + px(x+gap) + " " + px(y) + "h" + px(max(1, bw-gap)) + "v" + px(h) + "H" + px(x+gap) + "z"
		}
		if b.Text != "" {
			texts.with(text)
		}
		if t.pinned(b) {
			pins += "M" + px(x+8) + " " + px(y+4) + "v-6a4 4 0 1 1 .1 0z"
		}
	}
	all.with(stroke("f-master", held), oldest, texts)
	if pins != "" {
		all.with(pin(pins))
	}
	if len(k.Zoom.Chips) > 0 {
		all.with(t.chips(r))
	}
	all.with(
		rect("l dash", k.Room.X*w+.5, y+.5, k.Room.W*w-1, h-1, 0),
		rect("l-text w2", k.Chosen.X*w, y-3, max(k.Chosen.W*w, 3*min(1, k.Chosen.W*1e9)), h+6, 2))
	if k.Head >= 0 {
		all.with(stroke("l-text w2", "M"+px(k.Head*w)+" "+px(y-4)+"v"+px(h+8)))
	}
	all.with(label(k.HeadAt, "halo", w, r.words, -1))
	if k.Drop >= 0 {
		all.with(group(stroke("l-full w2", "M"+px(k.Drop*w)+" "+px(y-16)+"v"+px(h+20))))
	}
	return all.with(
		label(k.DropAt, "halo", w, r.words, 9),
		label(k.DropIn, "halo", w, t.dropInY(r), t.dropInX()))
}

// On a phone the figure stands above the ribbon, elsewhere beside it under the words.
func (t *tape) dropInY(r tapeRows) float64 {
	if t.Tape.Compact {
		return r.words
	}
	return r.ribbon + r.ribbonHigh/2 + 4
}

func (t *tape) dropInX() float64 {
	if t.Tape.Compact {
		return 3
	}
	return 9
}

// rail is how far one replica has come: solid what it acknowledged, paler what it has applied, hollow what was sent,
// dotted what is missing.
func (t *tape) rail(r tapeRows, i int) *shape {
	k := &t.Tape
	rail, w := &k.Rails[i], k.Width
	y, h := r.railY(i), r.railHigh
	middle := y + h/2
	dots := func(class string, b model.Piece) *shape {
		if b.W*w < 4 {
			return nil
		}
		return stroke(class+" w2 dot", "M"+px(b.X*w+4)+" "+px(middle)+"H"+px((b.X+b.W)*w))
	}
	all := draw("g", "cursor", "data-testid", "cursor-"+rail.Name, "data-offset", rail.Offset, "data-own", strconv.FormatInt(rail.OwnSize, 10),
		"data-gone", strconv.FormatBool(rail.Late)).with(
		rect("f-replica", rail.Acked.X*w, y, rail.Acked.W*w, h, 0),
		rect("f-bg", rail.Applied.X*w, y, (rail.Applied.W+rail.Sent.W)*w, h, 0),
		rect("f-replica faint", rail.Applied.X*w, y, rail.Applied.W*w, h, 0))
	if wide := (rail.Applied.W + rail.Sent.W) * w; wide > 2 {
		all.with(rect("l-replica", rail.Applied.X*w, y+.75, wide, h-1.5, 0))
	}
	if rail.OwnSize > 0 { // a few bytes are to be seen, too
		x, wide := rail.Own.X*w, max(7, rail.Own.W*w)
		all.with(rect("f-lost-hatch", x, y-2, wide, h+4, 0), rect("l-lost", x, y-2, wide, h+4, 0))
	}
	switch {
	case rail.Late: // what the master no longer holds is hatched here as it is there
		rest := model.Piece{X: rail.Lost.X + rail.Lost.W, W: max(0, rail.Missing.W-rail.Lost.W)}
		all.with(rect("f-gone", rail.Lost.X*w+4, y-1, rail.Lost.W*w-4, h+2, 0), dots("l", rest))
	case rail.Cut:
		all.with(dots("l-continue", rail.Missing))
	default:
		all.with(dots("l", rail.Missing))
	}
	for _, text := range rail.Texts {
		switch {
		case rail.Cut && rail.OwnSize > 0 && text.Anchor == "end": // no room beside it
			all.with(label(text, "halo", w, y-4, 0))
		case rail.Cut && rail.OwnSize > 0: // beside what is hatched
			all.with(label(text, "halo", w, middle+4, 8))
		case rail.Cut: // on the dotted line, which it interrupts
			all.with(label(text, "halo halo--wide", w, middle+4, 0))
		case k.Dense: // on its own line, behind the head or on what is missing
			all.with(label(text, "halo halo--wide", w, middle+4, 0))
		default:
			all.with(label(text, "", w, y-4, -8))
		}
	}
	return all
}

// flag stands on a byte and reaches through the ribbon down to its replica's rail: where it pierces the ribbon is the answer.
func (t *tape) flag(r tapeRows, f model.Flag) *shape {
	x, top, bottom := f.X*t.Tape.Width, r.words-12, r.railY(f.Rail)+r.railHigh+1
	tone := "continue"
	if f.Late {
		tone = "full"
	}
	if f.Open {
		tone = "text"
	}
	d := "M" + px(x) + " " + px(top) + "V" + px(bottom)
	cloth := "M" + px(x) + " " + px(top) + "h13l-4 5l4 5h-13z"
	if f.Text.Anchor == "end" {
		cloth = "M" + px(x) + " " + px(top) + "h-13l4 5l-4 5h13z"
	}
	pole := "l-" + tone + " w2"
	if f.Beyond {
		pole += " dash"
	}
	return draw("g", "flag", "data-testid", "flag-"+f.Name, "data-late", strconv.FormatBool(f.Late), "data-beyond", strconv.FormatBool(f.Beyond)).with(
		stroke("flag__gap", d), stroke(pole, d), stroke("f-"+tone, cloth), label(f.Text, "halo", t.Tape.Width, r.words, 20))
}

// label places a text with its figure. A halo keeps what is behind it away. Shift moves it away from its x, in the direction in which it runs.
func label(t model.TapeText, halo string, width, y, shift float64) *shape {
	if !t.Shown {
		return nil
	}
	x := t.X * width
	if t.Anchor == "end" && shift > 0 {
		shift = -shift
	}
	if t.Anchor == "start" && shift < 0 {
		shift = -shift
	}
	class, boldClass := "", "figure"
	switch {
	case t.Bold == "" && t.Tone == model.ToneMuted:
		class = "m"
	case t.Bold == "" && t.Tone != "":
		class = "b t-" + string(t.Tone)
	case t.Tone != "":
		boldClass = "figure t-" + string(t.Tone)
	default:
		class = "m"
	}
	text := t.Text
	if text != "" && t.Bold != "" {
		text += " "
	}
	s := words(strings.TrimSpace(class+" "+halo), x+shift, y, t.Anchor, text)
	if t.Bold != "" {
		bold := draw("tspan", boldClass)
		bold.words = t.Bold
		s = s.with(bold)
	}
	return s
}
