package view

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// An audit says which writes are lost: a bar of kept and lost for each branch, what each losing node had taken, and the
// writes one by one.
type audit struct {
	app.Compo
	Audit model.Audit
	Loss  string
	Up    *mailbox
}

func (a *audit) Render() app.UI {
	k := &a.Audit
	return app.Div().ID("takeaway").Class("panel audit").Role("group").Aria("label", "Lost-write audit").DataSet("testid", "audit").Body(
		panelHead(a.Up, model.PanelAudit, "Lost-write audit", k.About,
			choose("audit-of", "in the data of", k.Nodes, func(v string) { a.Up.send(model.AuditOf{Node: v}) })),
		app.If(k.Problem != "", func() app.UI { return app.P().Class("panel__problem").Text(k.Problem) }),
		app.If(k.Reading != "", func() app.UI { return reading(k.Reading) }),
		app.P().Class("sr").Text(k.Label),
		app.If(len(k.Rows) > 0, func() app.UI {
			return app.Div().Class("audit__bars").Body(app.Range(k.Rows).Slice(func(i int) app.UI { return a.bar(&k.Rows[i]) }))
		}),
		app.If(len(k.Losers) > 0, func() app.UI {
			return app.Elem("ul").Class("audit__losers").Body(app.Range(k.Losers).Slice(func(i int) app.UI {
				l := k.Losers[i]
				return app.Li().DataSet("testid", "loser-"+l.Node).Body(
					app.B().Text(l.Node+": "), app.Text(l.Taken+" lost, "), app.Span().DataSet("tone", "lost").Class("audit__told").Text(l.Told),
					app.Text("; "+l.Span+"; "+l.When+"; "+l.Keys))
			}))
		}).ElseIf(k.Problem == "" && k.Reading == "", func() app.UI {
			return app.P().Class("audit__losers").DataSet("testid", "audit-none").Text("Nothing is lost: " + k.Winner + " has every write that any node took.")
		}),
		writeList("Lost writes", -1, k.Writes, k.More, a.Up),
	)
}

// reading is how far a panel is that has not read enough to say something.
func reading(words string) app.UI {
	return app.P().Class("panel__problem").DataSet("testid", "reading").Text(words)
}

// bar is one branch: of the writes that clients were told were done, those that are kept and those that are lost.
func (a *audit) bar(r *model.AuditRow) app.UI {
	kept := r.Part * 100
	return app.Div().Class("audit__row").DataSet("testid", "audit-row"+r.Branch).DataSet("lost", r.LostN).DataSet("kept", r.KeptN).Body(
		app.Span().Class("audit__who").Body(
			app.If(r.Branch != "", func() app.UI { return app.B().Class("mono").Text(r.Branch + " ") }),
			app.Text(r.Winner)),
		drawn("svg", "audit__bar", "width", "100%", "height", "18").Aria("hidden", true).Body(
			drawn("rect", "f-master", "width", px(kept)+"%", "height", "18"),
			drawn("rect", "f-lost-hatch", "x", px(kept)+"%", "width", px(100-kept)+"%", "height", "18"),
			app.If(r.LostN > 0, func() app.UI {
				return drawn("rect", "l-lost", "x", px(kept)+"%", "y", ".75", "width", px(100-kept)+"%", "height", "16.5")
			}),
		),
		app.Span().Class("audit__kept").Text(r.Kept+" kept"),
		app.Span().Class("audit__lost").DataSet("tone", string(r.Tone)).Text(r.Lost+" lost"),
		app.Span().Class("audit__digest").Title("DEBUG DIGEST of "+r.Winner).Text("digest "+r.Digest),
	)
}
