package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A help panel lists the keys and says what is real here. It covers the stage only, and the world goes on behind it.
type help struct {
	app.Compo
	Keys bool
	Up   *mailbox
}

func (h *help) Render() app.UI {
	return app.Aside().Class("help").Aria("label", "Help").DataSet("testid", "help-panel").Body(
		app.Div().Class("help__head").Body(
			app.H2().Text("Keys"),
			app.Button().Class("btn btn--tiny").Type("button").OnClick(h.close).Text("Close"),
		),
		app.Dl().Class("help__keys").Body(app.Range(model.KeyHelp).Slice(func(i int) app.UI {
			return app.Div().Body(app.Dt().Body(app.Kbd().Text(model.KeyHelp[i][0])), app.Dd().Text(model.KeyHelp[i][1]))
		})),
		app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "keys").Aria("pressed", h.Keys).OnClick(h.toggle).Text("Single keys are on"),
		app.H2().Text("What is real here"),
		app.P().Text("Every node runs the complete replication code of this project, which also speaks to real redis-server 7.0 over TCP. "+
			"Only the network and the clock are simulated. Every number is one that INFO, ROLE or the wire would show."),
	)
}

func (h *help) close(app.Context, app.Event)  { h.Up.send(model.ToggleHelp{}) }
func (h *help) toggle(app.Context, app.Event) { h.Up.send(model.ToggleKeys{}) }
