package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A help panel lists the keys, and says what is exact here and what is not. It covers the stage only, and the world goes on behind it.
type help struct {
	app.Compo
	Keys  bool
	Muted bool
	Table bool
	Up    *mailbox

	sheet     bool // the fidelity sheet is shown
	supported model.Sheet
}

func (h *help) Render() app.UI {
	return app.Aside().Class("help").Aria("label", "Help").DataSet("testid", "help-panel").Body(
		app.Div().Class("help__head").Body(
			app.Div().Class("help__tabs").Role("group").Aria("label", "What to show").Body(
				app.Button().Class("tabs__tab").Type("button").DataSet("testid", "help-keys").Aria("pressed", !h.sheet).OnClick(h.showKeys).Text("Keys"),
				app.Button().Class("tabs__tab").Type("button").DataSet("testid", "help-real").Aria("pressed", h.sheet).OnClick(h.showSheet).Text("What is real here"),
			),
			app.Button().Class("btn btn--tiny").Type("button").OnClick(h.close).Text("Close"),
		),
		app.If(h.sheet, h.fidelity).Else(h.keys),
	)
}

func (h *help) keys() app.UI {
	return app.Div().Body(
		app.H2().Class("sr").Text("Keys"),
		app.Div().Class("help__switches").Body(
			// On a phone this is the only place for it.
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "help-table").Aria("pressed", h.Table).OnClick(h.table).Text("Table view"),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "keys").Aria("pressed", h.Keys).OnClick(h.toggle).Text("Single keys are on"),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "mute").Aria("pressed", h.Muted).OnClick(h.mute).
				Title("For screen readers: of what happens, only the answers to PSYNC are spoken").Text("Narrator is muted but for verdicts"),
		),
		app.Dl().Class("help__keys").Body(app.Range(model.KeyHelp).Slice(func(i int) app.UI {
			return app.Div().Body(app.Dt().Body(app.Kbd().Text(model.KeyHelp[i][0])), app.Dd().Text(model.KeyHelp[i][1]))
		})),
	)
}

func (h *help) fidelity() app.UI {
	return app.Div().DataSet("testid", "fidelity").Body(
		app.P().Text("Every node runs the complete replication code of this project, which also speaks to real redis-server over TCP. "+
			"Every number is one that INFO, ROLE or the wire would show."),
		app.Range(model.Fidelity).Slice(func(i int) app.UI { return claims(&model.Fidelity[i]) }),
		claims(&h.supported),
	)
}

func claims(sheet *model.Sheet) app.UI {
	return app.Div().Class("help__sheet").Body(
		app.H2().Text(sheet.Title),
		app.P().Text(sheet.About),
		app.Ul().Body(app.Range(sheet.Claims).Slice(func(j int) app.UI {
			c := &sheet.Claims[j]
			if c.Proof == "" {
				return app.Li().Class("help__list").Text(c.What)
			}
			return app.Li().Body(app.Text(c.What), app.Code().Text(c.Proof))
		})),
	)
}

func (h *help) showKeys(app.Context, app.Event)  { h.sheet = false }
func (h *help) showSheet(app.Context, app.Event) { h.sheet, h.supported = true, model.Supported() }
func (h *help) close(app.Context, app.Event)     { h.Up.send(model.ToggleHelp{}) }
func (h *help) mute(app.Context, app.Event)      { h.Up.send(model.ToggleMute{}) }
func (h *help) table(app.Context, app.Event)     { h.Up.send(model.ToggleTable{}) }
func (h *help) toggle(app.Context, app.Event)    { h.Up.send(model.ToggleKeys{}) }
