package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// files are the ways of real data into a node and out of it. The input has no handler of its own: the host hears every
// file that is chosen or dropped.
func (n *nodeColumn) files() app.UI {
	const id = "rdb-file"
	t := &n.Terminal
	return app.Div().Class("files").Body(
		app.Div().Class("files__row").Body(
			app.Label().For(id).Text("Load a dump.rdb"),
			app.Input().ID(id).Class("files__pick").Type("file").Accept(".rdb").DataSet("testid", id).Aria("describedby", id+"-note"),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "rdb-save").OnClick(n.saveRDB).Text("Download RDB"),
		),
		app.P().ID(id+"-note").Class("inspector__about").DataSet("testid", "rdb-note").Text(or(t.FileNote,
			"Chosen here or dropped on the page: "+t.Name+" is killed and starts with it, as the script says.")),
	)
}

func (n *nodeColumn) saveRDB(app.Context, app.Event) { n.Up.send(model.SaveRDB{}) }
