package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A sharePanel gives the run away: as a link, a piece of a page, or a file. It lies over the stage, and the world goes on
// behind it.
type sharePanel struct {
	app.Compo
	Share model.Share
	Up    *mailbox
}

func (s *sharePanel) Render() app.UI {
	link := s.Share.Link
	if link == "" {
		link = "…"
	}
	return app.Aside().Class("help share").Aria("label", "Share").DataSet("testid", "share-panel").Body(
		app.Div().Class("help__head").Body(
			app.H2().Text("This moment as a link"),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "share-close").OnClick(s.close).Text("Close"),
		),
		app.P().Text("Everything is in the link itself, behind its #, which no server is sent."),
		app.Div().Class("share__row").Body(
			app.Output().ID(model.ShareLinkID).Class("share__text").TabIndex(0).DataSet("testid", "share-link").Aria("label", "Link").Text(link),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "share-copy").Disabled(s.Share.Link == "").OnClick(s.copyLink).Text("Copy"),
		),
		app.If(s.Share.Note != "", func() app.UI { return app.P().Class("share__note").Text(s.Share.Note) }),
		app.H2().Text("In a page of yours"),
		app.Div().Class("share__row").Body(
			app.Output().Class("share__text share__text--code").TabIndex(0).DataSet("testid", "share-embed").Aria("label", "What to paste into a page").Text(s.Share.Embed),
			app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "share-copy-embed").Disabled(s.Share.Link == "").OnClick(s.copyEmbed).Text("Copy"),
		),
		app.H2().Text("As a file"),
		app.Ul().Class("share__forms").Body(app.Range(model.Forms).Slice(func(i int) app.UI {
			return app.Li().Body(&shareForm{Form: model.Forms[i], Up: s.Up})
		})),
		app.H2().Text("One panel as a picture (SVG)"),
		app.Div().Class("share__panels").Role("group").Aria("label", "One panel as a picture").Body(app.Range(model.Panels).Slice(func(i int) app.UI {
			f := model.Panels[i]
			return app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "save-"+f.Name).Text(f.Label).
				OnClick(func(app.Context, app.Event) { s.Up.send(model.SaveAs{Form: f.Name}) }, app.EventScope(f.Name))
		})),
	)
}

func (s *sharePanel) close(app.Context, app.Event) { s.Up.send(model.ToggleShare{}) }
func (s *sharePanel) copyLink(app.Context, app.Event) {
	s.Up.send(model.CopyText{What: "The link", Text: s.Share.Link})
}
func (s *sharePanel) copyEmbed(app.Context, app.Event) {
	s.Up.send(model.CopyText{What: "The piece of a page", Text: s.Share.Embed})
}

// A shareForm is one form that a run can be saved in.
type shareForm struct {
	app.Compo
	Form model.Form
	Up   *mailbox
}

func (f *shareForm) Render() app.UI {
	about := "share-" + f.Form.Name
	return app.Div().Class("share__form").Body(
		app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "save-"+f.Form.Name).Aria("describedby", about).OnClick(f.save).Text(f.Form.Label),
		app.P().ID(about).Text(f.Form.About),
	)
}

func (f *shareForm) save(app.Context, app.Event) { f.Up.send(model.SaveAs{Form: f.Form.Name}) }

// A notice is what is to be said of the link that was followed.
type notice struct {
	app.Compo
	Notice model.Notice
	Up     *mailbox
}

func (n *notice) Render() app.UI {
	rest := n.Notice.Rest
	return app.Div().Class("notice").Role("status").DataSet("testid", "notice").Body(
		app.Div().Body(
			app.P().Text(n.Notice.Text),
			app.If(len(rest) > 0, func() app.UI {
				return app.Details().DataSet("testid", "notice-rest").Body(
					app.Summary().Text("More that is wrong"),
					app.Ul().Body(app.Range(rest).Slice(func(i int) app.UI { return app.Li().Text(rest[i]) })))
			}),
		),
		app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "notice-close").OnClick(n.close).Text("Close"),
	)
}

func (n *notice) close(app.Context, app.Event) { n.Up.send(model.DismissNotice{}) }
