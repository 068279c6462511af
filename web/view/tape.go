package view

import (
	"math"
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
	Up    *mailbox

	zooming model.Zooming
}

// Where things are from the top of the drawing, in CSS pixels.
type tapeRows struct {
	words, ribbon, ribbonHigh, rail, railApart, railHigh float64
}

func (t *tape) rows() tapeRows {
	if t.Small {
		return tapeRows{words: 14, ribbon: 19, ribbonHigh: 16, rail: 39, railApart: 12, railHigh: 5}
	}
	if t.Tape.Compact {
		return tapeRows{words: 14, ribbon: 22, ribbonHigh: 22, rail: 58, railApart: 14, railHigh: 5}
	}
	apart := 26.0
	if t.Tape.Dense {
		apart = 16
	}
	return tapeRows{words: 16, ribbon: 24, ribbonHigh: 26, rail: 74, railApart: apart, railHigh: 8}
}

func (r tapeRows) railY(i int) float64 { return r.rail + float64(i)*r.railApart }

func (t *tape) Render() app.UI {
	k := &t.Tape
	return app.Section().Class("tape").Aria("label", "Stream").DataSet("testid", "tape").Body(
		app.Div().Class("tape__head").Body(
			app.H2().Text("The stream"),
			app.P().Class("tape__about").Text(k.About),
			app.If(k.Empty == "", t.zoom),
			app.Div().Class("tape__legend").Aria("hidden", true).Body(
				legend("gone", drawn("rect", "f-gone", "width", "18", "height", "12")),
				legend("held", drawn("rect", "f-master", "width", "18", "height", "12", "rx", "1")),
				app.If(t.hasOwn(), func() app.UI { return legend("lost", drawn("rect", "f-lost-hatch", "width", "18", "height", "12")) }),
				legend("next to go", drawn("rect", "f-master-tint", "width", "18", "height", "12"),
					drawn("rect", "l-full", "x", ".75", "y", ".75", "width", "16.5", "height", "10.5")),
			),
		),
		app.Div().Class("tape__body").DataSet("zooms", t.zooms()).
			On("touchstart", t.pinch, app.PassiveEvent()).On("touchmove", t.pinch, app.PassiveEvent()).
			On("touchend", t.pinch, app.PassiveEvent()).On("touchcancel", t.pinch, app.PassiveEvent()).OnWheel(t.wheel).Body(
			app.Div().ID(tapePlotID).Class("tape__measure").Aria("hidden", true),
			app.If(k.Empty != "", func() app.UI { return app.P().Class("tape__empty").Text(k.Empty) }).Else(t.drawing),
		),
	)
}

// zoom is how close the stream is looked at, and the way along it.
func (t *tape) zoom() app.UI {
	z := &t.Tape.Zoom
	key := func(id, label, sign string, on bool, msg model.Msg) app.UI {
		return app.Button().Class("deck__key").Type("button").DataSet("testid", id).Aria("label", label).Title(label).Disabled(!on).Text(sign).
			OnClick(func(app.Context, app.Event) { t.Up.send(msg) }, app.EventScope(id))
	}
	return app.Div().Class("tape__zoom").Role("group").Aria("label", "How close the stream is looked at").Body(
		key("tape-wider", "Show more of the stream", "−", z.Wider, model.TapeZoomed{By: -1}),
		app.Span().Class("deck__rate").DataSet("testid", "tape-zoom").Text(z.Word),
		key("tape-closer", "Look closer at the stream", "+", z.Closer, model.TapeZoomed{By: 1}),
		app.If(z.Moves, func() app.UI {
			return app.Span().Class("tape__pan").Body(
				key("tape-back", "Earlier bytes", "◂", z.Back, model.TapePan{By: -1}), key("tape-on", "Later bytes", "▸", z.On, model.TapePan{By: 1}))
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
func (t *tape) chips(r tapeRows) app.UI {
	z, w := &t.Tape.Zoom, t.Tape.Width
	middle := r.ribbon + r.ribbonHigh/2 + 4
	return drawn("g", "").Body(
		app.Range(z.Chips).Slice(func(i int) app.UI {
			c := &z.Chips[i]
			class := "chip__box"
			if c.Dim {
				class += " chip__box--dim"
			}
			return drawn("g", "tape__chip").DataSet("gone", c.Gone).Body(
				app.If(!c.Gone, func() app.UI { return box(class, c.X*w+.5, r.ribbon+.5, c.W*w-1, r.ribbonHigh-1, 3) }),
				app.If(c.Text != "" && !z.Bytes, func() app.UI {
					return drawn("text", "mono chip__text", "x", px(c.X*w+8), "y", px(middle)).Text(c.Text)
				}))
		}),
		app.Range(z.Cells).Slice(func(i int) app.UI {
			c := &z.Cells[i]
			class, x := "mono chip__text", px(c.X*w+9)
			if c.Quiet {
				class += " chip__text--quiet"
			}
			return drawn("g", "tape__cell").Body(
				drawn("text", class, "x", x, "y", px(middle), "text-anchor", "middle").Text(c.Char),
				app.If(!t.Tape.Compact, func() app.UI {
					return drawn("text", "m hex", "x", x, "y", px(r.ribbon+r.ribbonHigh+13), "text-anchor", "middle").Text(c.Hex)
				}))
		}),
	)
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

func (t *tape) drawing() app.UI {
	k, r := &t.Tape, t.rows()
	bottom := r.railY(len(k.Rails)-1) + r.railHigh
	if len(k.Rails) == 0 {
		bottom = r.ribbon + r.ribbonHigh + 10
	}
	high := bottom + 24
	if t.Small {
		high = bottom + 4
	}
	height := strconv.Itoa(int(high))
	return app.Div().Class("tape__drawing").Body(
		drawn("svg", "tape__names", "height", height).Aria("hidden", true).Body(
			t.name(r.ribbon+r.ribbonHigh/2, k.Master, "master"),
			app.Range(k.Rails).Slice(func(i int) app.UI { return t.name(r.railY(i)+r.railHigh/2, k.Rails[i].Name, k.Rails[i].Role) }),
		),
		drawn("svg", "tape__plot", "height", height).Role("img").Aria("label", k.Label).Body(
			t.ribbon(r),
			app.Range(k.Rails).Slice(func(i int) app.UI { return t.rail(r, i) }),
			app.Range(k.Flags).Slice(func(i int) app.UI { return t.flag(r, k.Flags[i]) }),
			app.Range(k.Ticks).Slice(func(i int) app.UI {
				if t.Small {
					return nil
				}
				x := k.Ticks[i].X * k.Width
				return drawn("g", "").Body(
					path("l", "M"+px(x)+" "+px(bottom+5)+"v4"),
					drawn("text", "m mono", "x", px(x), "y", px(bottom+20), "text-anchor", "middle").Text(k.Ticks[i].Text))
			}),
		),
	)
}

func (t *tape) name(y float64, name, role string) app.UI {
	if t.Tape.Compact {
		return drawn("text", "b", "x", "0", "y", px(y+4)).Text(name)
	}
	shape := drawn("circle", "f-replica", "cx", "6", "cy", px(y), "r", "5.5")
	if role == "master" {
		shape = drawn("path", "f-master", "d", "M6 "+px(y-6)+"l6 6-6 6-6-6z")
	}
	return drawn("g", "").Body(shape, drawn("text", "b name", "x", "18", "y", px(y+4)).Text(name))
}

// ribbon is the master's line: gone, held block by block, room left, and the drop line.
func (t *tape) ribbon(r tapeRows) app.UI {
	k := &t.Tape
	w := k.Width
	y, h := r.ribbon, r.ribbonHigh
	middle := y + h/2 + 4
	goneX, goneW := k.Gone.X*w, k.Gone.W*w
	return drawn("g", "").Body(
		box("f-gone", goneX, y, goneW, h, 0),
		app.If(goneW > 70, func() app.UI {
			return drawn("g", "").Body(
				box("f-bg", goneX+goneW/2-21, y+4, 42, h-8, 3),
				drawn("text", "", "x", px(goneX+goneW/2), "y", px(middle), "text-anchor", "middle").Text("gone"))
		}),
		app.Range(k.Blocks).Slice(func(i int) app.UI {
			b := k.Blocks[i]
			x, bw := b.X*w, b.W*w
			class := "on-master"
			shapes := drawn("g", "")
			if b.NextToGo {
				class = "b t-full"
				return shapes.Body(box("f-master-tint", x, y, bw, h, 0), box("l-full", x+.75, y+.75, bw-1.5, h-1.5, 0),
					drawn("text", class, "x", px(b.TextX*w), "y", px(middle), "text-anchor", "middle").Text(b.Text))
			}
			gap := 0.0
			if i > 0 && bw > 4 {
				gap = 2
			}
			return shapes.Body(box("f-master", x+gap, y, max(1, bw-gap), h, 0),
				drawn("text", class, "x", px(b.TextX*w), "y", px(middle), "text-anchor", "middle").Text(b.Text))
		}),
		app.If(len(k.Zoom.Chips) > 0, func() app.UI { return t.chips(r) }),
		box("l dash", k.Room.X*w+.5, y+.5, k.Room.W*w-1, h-1, 0),
		box("l-text w2", k.Chosen.X*w, y-3, max(k.Chosen.W*w, 3*min(1, k.Chosen.W*1e9)), h+6, 2),
		app.If(k.Head >= 0, func() app.UI { return path("l-text w2", "M"+px(k.Head*w)+" "+px(y-4)+"v"+px(h+8)) }),
		label(k.HeadAt, "halo", w, r.words, -1),
		app.If(k.Drop >= 0, func() app.UI {
			return drawn("g", "").Body(
				path("l-full w2", "M"+px(k.Drop*w)+" "+px(y-16)+"v"+px(h+20)))
		}),
		label(k.DropAt, "halo", w, r.words, 9),
		label(k.DropIn, "halo", w, t.dropInY(r), t.dropInX()),
	)
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
func (t *tape) rail(r tapeRows, i int) app.UI {
	k := &t.Tape
	rail, w := &k.Rails[i], k.Width
	y, h := r.railY(i), r.railHigh
	middle := y + h/2
	tone := "continue"
	if rail.Late {
		tone = "full"
	}
	dots := func(class string, b model.Piece) app.UI {
		if b.W*w < 4 {
			return nil
		}
		return path(class+" w2 dot", "M"+px(b.X*w+4)+" "+px(middle)+"H"+px((b.X+b.W)*w))
	}
	rest := model.Piece{X: rail.Lost.X + rail.Lost.W, W: max(0, rail.Missing.W-rail.Lost.W)}
	return drawn("g", "cursor").DataSet("testid", "cursor-"+rail.Name).DataSet("offset", rail.Offset).DataSet("own", rail.OwnSize).DataSet("gone", rail.Late).Body(
		path("l-hair", "M0 "+px(middle)+"H"+px(w)),
		box("f-replica", rail.Acked.X*w, y, rail.Acked.W*w, h, 0),
		box("f-bg", rail.Applied.X*w, y, (rail.Applied.W+rail.Sent.W)*w, h, 0),
		box("f-replica faint", rail.Applied.X*w, y, rail.Applied.W*w, h, 0),
		app.If((rail.Applied.W+rail.Sent.W)*w > 2, func() app.UI {
			return box("l-replica", rail.Applied.X*w, y+.75, (rail.Applied.W+rail.Sent.W)*w, h-1.5, 0)
		}),
		app.If(rail.OwnSize > 0, func() app.UI { // a few bytes are to be seen, too
			x, wide := rail.Own.X*w, max(7, rail.Own.W*w)
			return drawn("g", "").Body(box("f-lost-hatch", x, y-2, wide, h+4, 0), box("l-lost", x, y-2, wide, h+4, 0))
		}),
		// What the master no longer holds is hatched here as it is there.
		app.If(rail.Late, func() app.UI {
			return drawn("g", "").Body(box("f-gone", rail.Lost.X*w+4, y-1, rail.Lost.W*w-4, h+2, 0), dots("l", rest))
		}).
			ElseIf(rail.Cut, func() app.UI { return drawn("g", "").Body(dots("l-"+tone, rail.Missing)) }).
			Else(func() app.UI { return drawn("g", "").Body(dots("l", rail.Missing)) }),
		app.Range(rail.Texts).Slice(func(j int) app.UI {
			text := rail.Texts[j]
			if rail.Cut && rail.OwnSize > 0 { // beside what is hatched
				return label(text, "halo", w, middle+4, 8)
			}
			if rail.Cut { // on the dotted line, which it interrupts
				return label(text, "halo halo--wide", w, middle+4, 0)
			}
			if k.Dense { // on its own line, behind the head
				return label(text, "halo", w, middle+4, 0)
			}
			return label(text, "", w, y-4, -8)
		}),
	)
}

// flag stands on a byte and reaches through the ribbon down to its replica's rail: where it pierces the ribbon is the answer.
func (t *tape) flag(r tapeRows, f model.Flag) app.UI {
	x, top, bottom := f.X*t.Tape.Width, r.words-12, r.railY(f.Rail)+r.railHigh+1
	tone := "continue"
	if f.Late {
		tone = "full"
	}
	d := "M" + px(x) + " " + px(top) + "V" + px(bottom)
	cloth := "M" + px(x) + " " + px(top) + "h13l-4 5l4 5h-13z"
	if f.Text.Anchor == "end" {
		cloth = "M" + px(x) + " " + px(top) + "h-13l4 5l-4 5h13z"
	}
	return drawn("g", "flag").DataSet("testid", "flag-"+f.Name).DataSet("late", f.Late).Body(
		path("flag__gap", d), path("l-"+tone+" w2", d), path("f-"+tone, cloth), label(f.Text, "halo", t.Tape.Width, r.words, 20))
}

// label places a text with its figure. A halo keeps what is behind it away. Shift moves it away from its x, in the direction in which it runs.
func label(t model.TapeText, halo string, width, y, shift float64) app.UI {
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
	return drawn("text", strings.TrimSpace(class+" "+halo), "x", px(x+shift), "y", px(y), "text-anchor", t.Anchor).Body(
		app.Text(text),
		app.If(t.Bold != "", func() app.UI { return drawn("tspan", boldClass).Text(t.Bold) }),
	)
}
