package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A topBar says what is shown, in which scenario, and has the page's own switches.
type topBar struct {
	app.Compo
	Bar     model.Bar
	Help    bool
	Library bool // the library is open
	Share   bool // the panel with the link is
	Up      *mailbox
}

func (b *topBar) Render() app.UI {
	b.Up.breathe()
	return app.Header().Class("bar").Body(
		app.Span().Class("bar__brand").Body(mark(), app.Span().Text("Resync")),
		app.Label().Class("bar__pick").Body(
			app.Span().Class("sr").Text("Scenario"),
			app.Select().DataSet("testid", "scenario").OnChange(b.pick).Body(
				app.Range(b.Bar.Scenarios).Slice(func(i int) app.UI { return &scenarioShelf{Shelf: b.Bar.Scenarios[i], Up: b.Up} }),
			),
		),
		app.Button().ID(model.GalleryID).Class("ghost bar__library").Type("button").DataSet("testid", "gallery-open").Aria("expanded", b.Library).
			OnClick(b.library).Body(shelfIcon(), app.Span().Class("bar__word").Text("Library"), app.Span().Class("sr bar__only-narrow").Text("Library")),
		app.Span().Class("bar__facts").Body(
			app.Range(b.Bar.Facts[:]).Slice(func(i int) app.UI { return app.Span().Text(b.Bar.Facts[i]) }),
		),
		&barEnd{Theme: b.Bar.Theme, Table: b.Bar.Table, Share: b.Share, Help: b.Help, Up: b.Up},
	)
}

// A scenarioShelf is the scenarios of one kind.
type scenarioShelf struct {
	app.Compo
	model.Shelf
	Up *mailbox
}

func (s *scenarioShelf) Render() app.UI {
	s.Up.breathe()
	return app.OptGroup().Label(s.Label).Body(app.Range(s.Choices).Slice(func(i int) app.UI {
		c := s.Choices[i]
		return app.Option().Value(c.Name).Selected(c.On).Text(c.Label)
	}))
}

// A barEnd is the page's own switches.
type barEnd struct {
	app.Compo
	Theme string
	Table bool
	Share bool
	Help  bool
	Up    *mailbox
}

func (b *barEnd) Render() app.UI {
	b.Up.breathe()
	theme := map[string]string{"": "system", "light": "light", "dark": "dark"}[b.Theme]
	return app.Span().Class("bar__end").Body(
		app.Button().Class("ghost bar__wide").Type("button").DataSet("testid", "table-view").Aria("pressed", b.Table).
			OnClick(b.table).Text("Table view"),
		app.Button().Class("ghost").Type("button").DataSet("testid", "theme").Aria("label", "Theme: "+theme).OnClick(b.theme).Body(
			themeIcon(b.Theme), app.Span().Class("bar__word").Text("Theme: "+theme),
		),
		app.Button().ID(model.ShareID).Class("ghost").Type("button").DataSet("testid", "share").Aria("expanded", b.Share).OnClick(b.share).Body(
			shareIcon(), app.Span().Class("bar__word").Text("Share"), app.Span().Class("sr bar__only-narrow").Text("Share"),
		),
		app.Button().ID(model.HelpID).Class("ghost").Type("button").DataSet("testid", "help").Aria("expanded", b.Help).OnClick(b.help).Body(
			app.Span().Aria("hidden", true).Class("bar__sign").Text("?"), app.Span().Class("bar__word").Text("Help"),
			app.Span().Class("sr bar__only-narrow").Text("Help"),
		),
	)
}

func (b *topBar) pick(ctx app.Context, _ app.Event) {
	b.Up.send(model.Pick{Scenario: ctx.JSSrc().Get("value").String()})
}
func (b *topBar) library(app.Context, app.Event) {
	b.Up.send(model.ToggleGallery{})
}
func (b *barEnd) table(app.Context, app.Event) { b.Up.send(model.ToggleTable{}) }
func (b *barEnd) theme(app.Context, app.Event) { b.Up.send(model.NextTheme{}) }
func (b *barEnd) share(app.Context, app.Event) { b.Up.send(model.ToggleShare{}) }
func (b *barEnd) help(app.Context, app.Event)  { b.Up.send(model.ToggleHelp{}) }

// mark is the sign of Resync: what is gone, the edge, what is held.
func mark() app.UI { return markShape().ui().Aria("hidden", true) }

func markShape() *shape {
	return small("bar__mark", 20, 20,
		draw("rect", "mark__gone", "x", "1", "y", "7", "width", "6", "height", "6", "rx", "1"),
		draw("rect", "mark__held", "x", "8.5", "y", "7", "width", "10.5", "height", "6", "rx", "1"),
		stroke("mark__edge", "M8.5 1.5v4M8.5 14.5v4"),
	)
}

// shelfIcon is four cards.
func shelfIcon() app.UI {
	return icon("", 16, 16, path("l-text", "M2 2h5v5h-5zM9 2h5v5h-5zM2 9h5v5h-5zM9 9h5v5h-5z"))
}

// shareIcon is an arrow that leaves a box.
func shareIcon() app.UI {
	return icon("", 16, 16, path("l-text", "M5 7H3v7h10V7h-2M8 10V2M5 4.500L8 1.500L11 4.500"))
}

func themeIcon(theme string) app.UI {
	switch theme {
	case "light":
		return icon("", 16, 16, drawn("circle", "l-text", "cx", "8", "cy", "8", "r", "3"),
			path("l-text", "M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6L13 13M13 3l-1.4 1.4M4.4 11.6L3 13"))
	case "dark":
		return icon("", 16, 16, path("l-text", "M13.5 9.5A6 6 0 0 1 6.5 2.5 6 6 0 1 0 13.500 9.500z"))
	}
	return icon("", 16, 16, drawn("circle", "l-text", "cx", "8", "cy", "8", "r", "6"), path("f-text", "M8 2a6 6 0 0 1 0 12z"))
}
