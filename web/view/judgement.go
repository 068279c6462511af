package view

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A judgement is what the tape leads to: for a replica that is away, what it would be answered; for one that came back,
// what it was answered, and the two comparisons that decided it.
type judgement struct {
	app.Compo
	Rows    []model.ForecastRow
	Verdict model.Verdict
	Calm    string

	Takeaway model.Takeaway
	Host     Host
	Up       *mailbox
}

func (j *judgement) Render() app.UI {
	j.Up.breathe()
	return app.Section().Class("judgement").Aria("label", "Answers").DataSet("empty", len(j.Rows) == 0 && !j.Verdict.Shown).
		DataSet("verdict", j.Verdict.Shown).DataSet("panel", or(j.Takeaway.Open, "none")).Body(
		j.tools(),
		app.If(j.Takeaway.Open != "", j.panel).Else(j.answers),
		app.If(j.Takeaway.Open == "" && j.Verdict.Shown, j.verdict),
	)
}

// answers are the forecasts, what a verdict comes to, or the words that stand where there is neither.
func (j *judgement) answers() app.UI {
	return app.Div().Class("judgement__answers").Body(
		app.Range(j.Rows).Slice(func(i int) app.UI { return forecast(j.Rows[i]) }),
		app.If(j.Verdict.Shown, j.short),
		app.If(len(j.Rows) == 0 && !j.Verdict.Shown, func() app.UI {
			return app.P().Class("judgement__calm").Text(j.Calm)
		}),
	)
}

func forecast(r model.ForecastRow) app.UI {
	return app.Div().Class("fore").DataSet("testid", "forecast-"+r.Replica).DataSet("answer", r.Answer.Word).Role("group").Aria("label", r.Label).Body(
		app.Span().Class("fore__lead").Text(r.Lead),
		app.B().Text(r.Replica),
		answer(r.Answer),
		app.Span().Class("fore__cost").Text(r.Cost),
		app.If(r.Then.Word != "", func() app.UI {
			return app.Span().Class("fore__then").Body(
				app.Span().Class("fore__when").Text(r.When), answer(r.Then), app.Span().Class("fore__cost").Text(r.ThenIs))
		}),
	)
}

// answer is CONTINUE or FULLRESYNC with its shape.
func answer(a model.Answer) app.UI {
	if a.Word == "" {
		return nil
	}
	shape := "▸ "
	if a.Tone == model.ToneFull {
		shape = "▣ "
	}
	return app.Span().Class("answer").DataSet("tone", string(a.Tone)).Body(
		app.Span().Aria("hidden", true).Text(shape), app.Text(a.Word))
}

// short is a verdict in a line, for a phone: there the tape comes next, and what decided stands below that.
func (j *judgement) short() app.UI {
	v := &j.Verdict
	return app.P().Class("fore fore--told").DataSet("testid", "verdict-short").Body(
		app.Span().Class("fore__lead").Text(v.Master+" answered"), app.B().Text(v.Replica), verdictAnswer(v), app.Span().Class("fore__cost").Text(v.Brief))
}

// verdictAnswer is the word that a verdict comes to, with its shape.
func verdictAnswer(v *model.Verdict) app.UI {
	return answer(model.Answer{Word: strings.ToUpper(v.Kind), Tone: v.Tone})
}

func (j *judgement) verdict() app.UI {
	v := &j.Verdict
	arrow := func() app.UI { return app.Span().Class("verdict__arrow").Aria("hidden", true).Text("→") }
	return app.Div().Class("verdict").DataSet("testid", "verdict").DataSet("verdict", v.Kind).Role("group").Aria("label", v.Label).Body(
		app.Div().Class("verdict__flow").Body(
			app.Div().Class("cell").Body(
				app.H3().Text(v.Replica+" asks"),
				app.P().Class("cell__line").Text(v.Asked),
				app.P().Class("cell__note").Text("its history and next byte")),
			arrow(),
			j.check("Same history?", "check-history", v.History, nil),
			arrow(),
			j.check("Still held?", "check-held", v.Held, miniTape(v)),
			arrow(),
			app.Div().Class("cell cell--end").DataSet("tone", string(v.Tone)).Body(
				app.H3().Text(v.Master+" answers"),
				app.Button().Class("cell__show").Type("button").DataSet("testid", "verdict-wire").OnClick(j.show).Text("show on the wire"),
				app.P().Class("cell__line").Body(app.Span().DataSet("tone", string(v.Tone)).Text(v.Answer), app.Text(" "+v.AnswerID)),
				app.P().Class("cell__note").DataSet("testid", "verdict-cost").Text(v.Cost)),
		),
		app.P().Class("verdict__log").Body(
			app.Span().DataSet("testid", "verdict-log").TabIndex(0).Title(v.Log).Text(v.Log), // where it is cut off, whoever comes to it sees all
			app.Button().Class("verdict__close").Type("button").DataSet("testid", "verdict-close").OnClick(j.close).Text("Close"),
		),
	)
}

func (j *judgement) close(app.Context, app.Event) { j.Up.send(model.CloseVerdict{}) }
func (j *judgement) show(app.Context, app.Event)  { j.Up.send(model.ShowAnswer{}) }

// check is one comparison, with its operands and the one that was asked for in the answer's colour.
func (j *judgement) check(title, id string, c model.Check, drawing app.UI) app.UI {
	return app.Div().Class("cell").DataSet("testid", id).DataSet("reached", c.Reached).DataSet("accepted", c.Accepted).Body(
		app.H3().Body(app.Text(title), app.Span().Class("cell__result").DataSet("tone", string(c.Tone)).Text(c.Result)),
		app.P().Class("cell__line").Body(
			operand(c.Left, " "+c.Op1+" "), app.Span().DataSet("tone", string(c.Tone)).Text(c.Mid), operand(" "+c.Op2+" ", c.Right)),
		app.P().Class("cell__note").Body(app.Text(c.Note+" "), app.If(c.NoteMono != "", func() app.UI { return app.Code().Text(c.NoteMono) })),
		drawing,
	)
}

// operand is one side of a comparison with its sign; nothing, where the comparison has one side only.
func operand(left, right string) app.UI {
	if left == "" || right == "" {
		return nil
	}
	return app.Text(left + right)
}

// miniTape is the tape at the moment of the answer, small: what was gone, what was held, and the flag.
func miniTape(v *model.Verdict) app.UI {
	m := v.Mini
	if !m.Shown || !v.Held.Reached {
		return nil
	}
	const w = 150.0
	flag := px(m.Flag * (w - 12))
	tone := string(v.Tone)
	return drawn("svg", "cell__tape", "width", "150", "height", "34", "viewBox", "0 0 150 34").Aria("hidden", true).Body(
		drawn("rect", "f-gone", "y", "14", "width", px(m.Gone*(w-12)), "height", "14"),
		box("f-master", m.Gone*(w-12), 14, w-12-m.Gone*(w-12), 14, 0),
		path("flag__gap", "M"+flag+" 2v30"), path("l-"+tone+" w2", "M"+flag+" 2v30"), path("f-"+tone, "M"+flag+" 2h10l-3 4l3 4h-10z"))
}
