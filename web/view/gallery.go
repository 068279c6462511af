package view

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A gallery is the library as cards. It lies over the page and covers neither the bar nor the deck; the world goes on.
type gallery struct {
	app.Compo
	Gallery model.Gallery
	Host    Host
	Up      *mailbox
}

func (g *gallery) Render() app.UI {
	return app.Section().Class("gallery").Aria("label", "Library").DataSet("testid", "gallery").OnKeyDown(g.key).Body(
		app.Div().Class("gallery__head").Body(
			app.H2().Text("Library"),
			app.Label().Class("gallery__search").Body(
				app.Span().Class("sr").Text("Search the scenarios"),
				app.Input().ID(model.GallerySearchID).Type("search").DataSet("testid", "gallery-search").Placeholder("Search: failover, WAIT, 2.8 …").
					AutoComplete(false).Spellcheck(false).OnInput(g.search),
			),
			app.P().Class("gallery__found").Role("status").Text(g.Gallery.Found),
			app.Label().Class("btn btn--tiny gallery__file").Body(
				app.Input().Class("gallery__input").Type("file").Accept(".resync,text/plain").DataSet("testid", "gallery-file"),
				app.Text("Open a file"),
			),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "gallery-close").OnClick(g.close).Text("Close"),
		),
		app.Div().Class("gallery__shelves").Body(app.Range(g.Gallery.Shelves).Slice(func(i int) app.UI {
			shelf := g.Gallery.Shelves[i]
			return app.Section().Class("gallery__shelf").Body(
				app.H3().Text(shelf.Label),
				app.Ul().Class("gallery__cards").Body(app.Range(shelf.Cards).Slice(func(i int) app.UI {
					return app.Li().Body(&galleryCard{Card: shelf.Cards[i], Up: g.Up})
				})),
			)
		})),
	)
}

func (g *gallery) search(app.Context, app.Event) {
	g.Up.send(model.Search{Words: g.Host.Value(model.GallerySearchID)})
}
func (g *gallery) close(app.Context, app.Event) { g.Up.send(model.ToggleGallery{}) }

// key is for Escape in the search: elsewhere the page hears it itself.
func (g *gallery) key(ctx app.Context, e app.Event) {
	inSearch := e.Get("target").Get("id").String() == model.GallerySearchID
	if e.Get("key").String() != "Escape" || !inSearch || g.Host.Value(model.GallerySearchID) != "" {
		ctx.PreventUpdate() // the browser empties a search that has words
		return
	}
	g.close(ctx, e)
}

// A galleryCard is one scenario: a button, since it is opened by a press anywhere on it.
type galleryCard struct {
	app.Compo
	Card model.GalleryCard
	Up   *mailbox
}

func (g *galleryCard) Render() app.UI {
	c := &g.Card
	facts := c.Length
	if c.Eras != "" {
		facts += " · " + c.Eras
	}
	b := app.Button().Class("gallery__card").Type("button").DataSet("testid", "scenario-"+c.Name).OnClick(g.pick)
	if c.On {
		b = b.Aria("current", true)
	}
	return b.Body(
		app.Span().Class("gallery__title").Text(c.Title),
		app.Span().Class("gallery__about").Text(c.About),
		app.Span().Class("gallery__facts").Text(facts),
		app.If(len(c.Settings) > 0, func() app.UI {
			return app.Span().Class("gallery__settings").Text(strings.Join(c.Settings, "\n"))
		}),
	)
}

func (g *galleryCard) pick(app.Context, app.Event) { g.Up.send(model.Pick{Scenario: g.Card.Name}) }
