package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// files are the ways of real data into a node and out of it. The input has no handler of its own: the host hears every
// file that is chosen or dropped.
func (n *nodeColumn) files() app.UI {
	t := &n.Terminal
	return app.Div().Class("files").Body(
		app.Div().Class("editor__bar").Body(
			app.Label().Class("btn btn--tiny editor__file").Body(
				app.Input().Class("editor__input").Type("file").Accept(".rdb").DataSet("testid", "rdb-file").Aria("describedby", "rdb-file-note"),
				app.Text("Load a dump.rdb")),
			button("rdb-save", "Download RDB", n.saveRDB)),
		app.P().ID("rdb-file-note").Class("inspector__about").DataSet("testid", "rdb-note").Text(or(t.FileNote,
			"Chosen here or dropped on the page: "+t.Name+" is killed and starts with it, as the script says.")),
	)
}

func (n *nodeColumn) saveRDB(app.Context, app.Event) { n.Up.send(model.SaveRDB{}) }
