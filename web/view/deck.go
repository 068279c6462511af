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

	Panel string // the one that is open
	Up    *mailbox

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
	return app.Section().Class("deck").Aria("label", "Time").DataSet("playing", k.Playing).DataSet("rewound", k.Rewound).DataSet("open", d.open).Body(
		&deckKeys{First: k.At == 0, Playing: k.Playing, Up: d.Up},
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
			deckLine(k, "100%").ui(),
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
			return d.opener(model.PanelCompare, "btn btn--tiny deck__compare").Text("Compare")
		}),
		d.opener(model.PanelMoments, "deck__key deck__moments").Aria("label", "Moments").Title("What the line of time shows, as a table").Body(
			icon("", 14, 12, path("l-text", "M0 1h2m2 0h10M0 6h2m2 0h10M0 11h2m2 0h10"))),
		&deckSpeed{Speed: k.Speed, Slower: k.Slower, Faster: k.Faster, Up: d.Up},
		app.Button().Class("deck__pace").Type("button").DataSet("testid", "pace").Aria("pressed", k.Story).OnClick(d.pace).
			Title("Story pace: every message can be seen, and silence is skipped. True pace: simulated time is your time.").Text("Story pace"),
		app.Span().Class("deck__option").Body(app.Text("seed "), app.B().Text(k.Seed)),
	)
}

// deckKeys start and stop time, and go from event to event.
type deckKeys struct {
	app.Compo
	First   bool // nothing has happened yet at the moment that is shown
	Playing bool
	Up      *mailbox
}

func (d *deckKeys) Render() app.UI {
	d.Up.breathe()
	playName, playShape := playFace(d.Playing)
	return app.Span().Class("deck__keys").Body(
		app.Button().Class("deck__key").Type("button").DataSet("testid", "step-back").Aria("label", "One event back").Title("One event back (,)").
			Disabled(d.First).OnClick(d.back).Body(icon("", 14, 12, path("fill", "M12 0v12l-9-6zM0 0h2v12h-2z"))),
		app.Button().Class("deck__key deck__key--play").Type("button").DataSet("testid", "play").Aria("label", playName).Title(playName+" (Space)").
			OnClick(d.play).Body(icon("", 14, 14, playShape)),
		app.Button().Class("deck__key").Type("button").DataSet("testid", "step-fwd").Aria("label", "One event on").Title("One event on (.)").
			OnClick(d.step).Body(icon("", 14, 12, path("fill", "M2 0v12l9-6zM12 0h2v12h-2z"))),
		app.Button().Class("deck__key deck__key--next").Type("button").DataSet("testid", "next-event").Aria("label", "Next event worth a look").
			Title("Next event worth a look (>)").OnClick(d.next).Body(
			icon("", 20, 12, path("fill", "M0 0v12l7-6zM7 0v12l7-6z"), path("l-text", "M17.500 0v12"))),
	)
}

// A deckSpeed is how fast time passes.
type deckSpeed struct {
	app.Compo
	Speed          string
	Slower, Faster bool // it can be
	Up             *mailbox
}

func (d *deckSpeed) Render() app.UI {
	d.Up.breathe()
	return app.Span().Class("deck__speed").Role("group").Aria("label", "Speed").Body(
		app.Button().Class("deck__key").Type("button").DataSet("testid", "slower").Aria("label", "Slower").Title("Slower ([)").Disabled(!d.Slower).OnClick(d.slower).Text("−"),
		app.Span().Class("deck__rate").DataSet("testid", "speed").Text(d.Speed),
		app.Button().Class("deck__key").Type("button").DataSet("testid", "faster").Aria("label", "Faster").Title("Faster (])").Disabled(!d.Faster).OnClick(d.faster).Text("+"),
	)
}

// deckHigh is how high the line of time is, in CSS pixels.
const deckHigh = 54

// deckLine is the line of time: its right end is as far as the branch was lived, and what lies ahead of the moment that is
// looked at is pale.
func deckLine(k *model.Deck, width string) *shape {
	all := draw("svg", "deck__line", "width", width, "height", strconv.Itoa(deckHigh), "aria-hidden", "true").with(
		draw("rect", "deck__ahead", "y", "27", "width", percent(k.Lived), "height", "4", "rx", "2"),
		draw("rect", "f-text", "y", "27", "width", percent(k.Part), "height", "4", "rx", "2"))
	say := func(class, x, y, anchor, text string) *shape {
		s := draw("text", class, "x", x, "y", y, "text-anchor", anchor)
		s.words = text
		return s
	}
	upright := func(class, x, from, to string) *shape {
		return draw("line", class, "x1", x, "x2", x, "y1", from, "y2", to)
	}
	if k.Event != "" {
		all.with(say("m mono", "0", "49", "", k.Event))
	}
	if g := &k.Ghost; g.Shown { // another branch, dashed, from where the ways part
		from, to := percent(g.From), percent(g.To)
		label := say("m halo", to, "45", "", g.Name).set("dx", "5")
		if g.To > .96 { // no room behind it
			label = say("m halo", to, "51", "end", g.Name)
		}
		all.with(draw("g", "deck__ghost").with(draw("line", "l dash w2", "x1", from, "x2", to, "y1", "41", "y2", "41"), upright("l dash", from, "31", "41"), label))
	}
	for _, x := range k.Commands {
		all.with(upright("l", percent(x), "33", "38"))
	}
	for i := range k.Marks {
		mark := &k.Marks[i]
		x, tone := percent(mark.X), or(string(mark.Tone), "text")
		all.with(upright("l-"+tone+" w2", x, "21", "37"))
		if mark.Text != "" {
			all.with(say("m", x, "16", mark.Anchor, mark.Text))
		}
	}
	return all
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

// opener is a button that opens a panel, and closes it.
func (d *deck) opener(panel, class string) app.HTMLButton {
	return app.Button().ID(model.OpenerID(panel)).Class(class).Type("button").DataSet("testid", panel+"-open").Aria("expanded", d.Panel == panel).
		OnClick(func(app.Context, app.Event) { d.Up.send(model.OpenPanel{Panel: panel}) }, app.EventScope(panel))
}

func (d *deck) more(app.Context, app.Event)        { d.open = !d.open }
func (d *deck) stay(app.Context, app.Event)        { d.Up.send(model.StayHere{}) }
func (d *deckKeys) back(app.Context, app.Event)    { d.Up.send(model.Back{}) }
func (d *deckKeys) play(app.Context, app.Event)    { d.Up.send(model.Play{}) }
func (d *deckKeys) step(app.Context, app.Event)    { d.Up.send(model.Step{}) }
func (d *deckKeys) next(app.Context, app.Event)    { d.Up.send(model.NextEvent{}) }
func (d *deckSpeed) slower(app.Context, app.Event) { d.Up.send(model.Slower{}) }
func (d *deck) pace(app.Context, app.Event)        { d.Up.send(model.TogglePace{}) }
func (d *deckSpeed) faster(app.Context, app.Event) { d.Up.send(model.Faster{}) }
