package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

const deckTrackID = "deck-track"

// A deck is the control of time, with what has happened so far on a line.
type deck struct {
	app.Compo
	Deck model.Deck

	Comparing bool // the branches are compared in a panel
	Up        *mailbox

	open bool // on a phone: the second row is shown
}

// playFace is the name and the drawing of what starts and stops time.
func playFace(playing bool) (string, app.UI) {
	if playing {
		return "Pause", path("fill", "M2 0h3.500v14H2zM8.500 0H12v14H8.500z")
	}
	return "Play", path("fill", "M3 0v14l10-7z")
}

func (d *deck) Render() app.UI {
	d.Up.breathe()
	k := &d.Deck
	playName, playShape := playFace(k.Playing)
	return app.Section().Class("deck").Aria("label", "Time").DataSet("playing", k.Playing).DataSet("rewound", k.Rewound).DataSet("open", d.open).Body(
		app.Span().Class("deck__keys").Body(
			app.Button().Class("deck__key").Type("button").DataSet("testid", "step-back").Aria("label", "One event back").Title("One event back (,)").
				Disabled(k.At == 0).OnClick(d.back).Body(icon("", 14, 12, path("fill", "M12 0v12l-9-6zM0 0h2v12h-2z"))),
			app.Button().Class("deck__key deck__key--play").Type("button").DataSet("testid", "play").Aria("label", playName).Title(playName+" (Space)").
				OnClick(d.play).Body(icon("", 14, 14, playShape)),
			app.Button().Class("deck__key").Type("button").DataSet("testid", "step-fwd").Aria("label", "One event on").Title("One event on (.)").
				OnClick(d.step).Body(icon("", 14, 12, path("fill", "M2 0v12l9-6zM12 0h2v12h-2z"))),
			app.Button().Class("deck__key deck__key--next").Type("button").DataSet("testid", "next-event").Aria("label", "Next event worth a look").
				Title("Next event worth a look (>)").OnClick(d.next).Body(
				icon("", 20, 12, path("fill", "M0 0v12l7-6zM7 0v12l7-6z"), path("l-text", "M17.500 0v12"))),
		),
		app.Span().Class("deck__clock").DataSet("testid", "clock").Body(app.Text(k.Clock+" "), app.Span().Class("deck__state").Text(k.State),
			app.If(k.Going != "", func() app.UI {
				return app.Button().Class("deck__skipped deck__stay").Type("button").DataSet("testid", "stay").OnClick(d.stay).Text(k.Going + " Stop")
			}),
			app.If(k.Skipped != "", func() app.UI {
				return app.Span().Class("deck__skipped").DataSet("testid", "skipped").Text("» " + k.Skipped)
			})),
		app.Button().Class("deck__key deck__more").Type("button").DataSet("testid", "deck-more").Aria("label", "Speed and pace").
			Aria("expanded", d.open).OnClick(d.more).Body(menuIcon()),
		app.Div().ID(deckTrackID).Class("deck__track").Body(
			d.track(),
			app.Input().Class("deck__range").Type("range").DataSet("testid", "range").Aria("label", "Moment").Aria("valuetext", k.Moment).
				// The ends are those that a browser takes for granted: go-app sets attributes in any order, and one that is told a
				// value before a larger end cuts it off.
				Min(0).Max(100).Step(100./model.DeckParts).Value(float64(k.At)*100/model.DeckParts).OnInput(d.seek),
		),
		app.If(len(k.Branches) > 0, func() app.UI {
			return app.Label().Class("deck__branch").Body(
				app.Span().Text("branch"),
				app.Select().DataSet("testid", "branch").Aria("label", "Branch").OnChange(d.branch).Body(
					app.Range(k.Branches).Slice(func(i int) app.UI {
						b := k.Branches[i]
						return app.Option().Value(b.Name).Selected(b.On).Text(b.Label)
					}),
				),
			)
		}),
		app.If(len(k.Branches) > 0, func() app.UI {
			return app.Button().ID(model.OpenerID(model.PanelCompare)).Class("btn btn--tiny deck__compare").Type("button").DataSet("testid", "compare-open").
				Aria("expanded", d.Comparing).OnClick(d.compare).Text("Compare")
		}),
		app.Span().Class("deck__speed").Role("group").Aria("label", "Speed").Body(
			app.Button().Class("deck__key").Type("button").DataSet("testid", "slower").Aria("label", "Slower").Title("Slower ([)").Disabled(!k.Slower).OnClick(d.slower).Text("−"),
			app.Span().Class("deck__rate").DataSet("testid", "speed").Text(k.Speed),
			app.Button().Class("deck__key").Type("button").DataSet("testid", "faster").Aria("label", "Faster").Title("Faster (])").Disabled(!k.Faster).OnClick(d.faster).Text("+"),
		),
		app.Button().Class("deck__pace").Type("button").DataSet("testid", "pace").Aria("pressed", k.Story).OnClick(d.pace).
			Title("Story pace: every message can be seen, and silence is skipped. True pace: simulated time is your time.").Text("Story pace"),
		app.Span().Class("deck__option").Body(app.Text("seed "), app.B().Text(k.Seed)),
	)
}

// track is the line of time: its right end is as far as the branch was lived, and what lies ahead of the moment that is
// looked at is pale.
func (d *deck) track() app.UI {
	return drawn("svg", "deck__line", "width", "100%", "height", "54", "aria-hidden", "true").Body(
		drawn("rect", "deck__ahead", "x", "0", "y", "27", "width", percent(d.Deck.Lived), "height", "4", "rx", "2"),
		drawn("rect", "f-text", "x", "0", "y", "27", "width", percent(d.Deck.Part), "height", "4", "rx", "2"),
		app.If(d.Deck.Event != "", func() app.UI {
			return drawn("text", "m mono", "x", "0", "y", "49").Text(d.Deck.Event)
		}),
		app.If(d.Deck.Ghost.Shown, func() app.UI { return ghost(d.Deck.Ghost) }),
		app.Range(d.Deck.Marks).Slice(func(i int) app.UI {
			k := d.Deck.Marks[i]
			x := percent(k.X)
			tone := string(k.Tone)
			if tone == "" {
				tone = "text"
			}
			return drawn("g", "").Body(
				drawn("line", "l-"+tone+" w2", "x1", x, "x2", x, "y1", "21", "y2", "37"),
				app.If(k.Text != "", func() app.UI { return drawn("text", "m", "x", x, "y", "16", "text-anchor", k.Anchor).Text(k.Text) }))
		}),
	)
}

// ghost is the other branch, dashed, from where the ways part.
func ghost(g model.Ghost) app.UI {
	from, to := percent(g.From), percent(g.To)
	label := drawn("text", "m halo", "x", to, "y", "45", "dx", "5").Text(g.Name)
	if g.To > .96 { // no room behind it
		label = drawn("text", "m halo", "x", to, "y", "51", "text-anchor", "end").Text(g.Name)
	}
	return drawn("g", "deck__ghost").Body(
		drawn("line", "l dash w2", "x1", from, "x2", to, "y1", "41", "y2", "41"),
		drawn("line", "l dash", "x1", from, "x2", from, "y1", "31", "y2", "41"), label)
}

func percent(v float64) string { return px(v*100) + "%" }

func (d *deck) seek(ctx app.Context, _ app.Event) {
	if percent, err := strconv.ParseFloat(ctx.JSSrc().Get("value").String(), 64); err == nil {
		d.Up.send(model.SeekTo{Part: int64(percent*model.DeckParts/100 + .5)})
	}
}

func (d *deck) branch(ctx app.Context, _ app.Event) {
	if i, err := strconv.Atoi(ctx.JSSrc().Get("value").String()); err == nil {
		d.Up.send(model.PickBranch{Branch: i})
	}
}

func (d *deck) compare(app.Context, app.Event) {
	d.Up.send(model.OpenPanel{Panel: model.PanelCompare})
}

func (d *deck) more(app.Context, app.Event)   { d.open = !d.open }
func (d *deck) stay(app.Context, app.Event)   { d.Up.send(model.StayHere{}) }
func (d *deck) back(app.Context, app.Event)   { d.Up.send(model.Back{}) }
func (d *deck) play(app.Context, app.Event)   { d.Up.send(model.Play{}) }
func (d *deck) step(app.Context, app.Event)   { d.Up.send(model.Step{}) }
func (d *deck) next(app.Context, app.Event)   { d.Up.send(model.NextEvent{}) }
func (d *deck) slower(app.Context, app.Event) { d.Up.send(model.Slower{}) }
func (d *deck) pace(app.Context, app.Event)   { d.Up.send(model.TogglePace{}) }
func (d *deck) faster(app.Context, app.Event) { d.Up.send(model.Faster{}) }
