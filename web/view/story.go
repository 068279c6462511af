package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A storyRail tells what has just happened and what to try next, and asks before it answers.
type storyRail struct {
	app.Compo
	Story   model.Story
	Problem string
	Up      *mailbox

	open bool // what a narrow page folds is unfolded
}

func (r *storyRail) Render() app.UI {
	s := &r.Story
	return app.Section().Class("story").Aria("label", "Story").DataSet("open", r.open || s.Telling).Body(
		app.P().Class("story__where").Body(app.Span().Text(s.Where), app.Span().Text(s.Progress)),
		app.If(len(s.Steps) > 0, func() app.UI {
			return app.Ol().Class("story__steps").Aria("label", "Chapters").Body(app.Range(s.Steps).Slice(func(i int) app.UI {
				k := s.Steps[i]
				held, tick := "", ""
				if k.Held {
					held, tick = ", everything it expects holds", "✓"
				}
				li := app.Li().Class("story__step").DataSet("state", k.State).DataSet("held", k.Held).Title(k.Heading + held)
				if k.State == "now" {
					li = li.Aria("current", "step")
				}
				return li.Body(app.Span().Class("sr").Text(k.Heading+held), app.I().Aria("hidden", true).Text(tick))
			}))
		}),
		app.H1().Class("story__lead").DataSet("testid", "lead").Text(s.Lead),
		app.If(r.Problem != "", func() app.UI {
			return app.P().Class("story__problem").DataSet("testid", "problem").Text("✕ " + r.Problem)
		}),
		app.P().Class("story__more").Text(s.More),
		app.If(s.Folds, func() app.UI {
			word := "More"
			if r.open {
				word = "Less"
			}
			return app.Button().Class("story__fold").Type("button").DataSet("testid", "story-fold").Aria("expanded", r.open).OnClick(r.fold).Text(word)
		}),
		app.If(s.Ask.Replica != "", r.ask),
		app.If(len(s.Try) > 0, func() app.UI {
			return app.Div().Class("story__try").Body(
				app.P().Class("story__label").Text("Try"),
				app.Range(s.Try).Slice(func(i int) app.UI {
					t := s.Try[i]
					class := "btn"
					if i == 0 {
						class = "btn btn--first"
					}
					return app.Button().Class(class).Type("button").DataSet("testid", "try-"+strconv.Itoa(i)).Text(t.Label).
						OnClick(func(app.Context, app.Event) { r.Up.send(model.Run{Line: t.Line}) }, app.EventScope(t.Line))
				}),
			)
		}),
		app.If(s.Restart || s.Back || s.Next != "", func() app.UI {
			return app.Div().Class("story__nav").Body(
				app.If(s.Restart, func() app.UI {
					return app.Button().Class("btn").Type("button").DataSet("testid", "restart").OnClick(r.restart).Text("Restart")
				}),
				app.If(len(s.Steps) > 0, func() app.UI {
					return app.Button().Class("btn").Type("button").DataSet("testid", "story-back").Disabled(!s.Back).OnClick(r.back).Text("Back")
				}),
				app.If(s.Next != "", func() app.UI {
					class := "btn btn--first"
					if s.Ask.Replica != "" && s.Ask.Said == "" { // an answer comes first
						class = "btn"
					}
					return app.Button().Class(class).Type("button").DataSet("testid", "story-next").OnClick(r.next).Text(s.Next)
				}),
			)
		}),
	)
}

// ask is the question with its two answers. Once the reader has said something, the right one is marked with a tick.
func (r *storyRail) ask() app.UI {
	a := &r.Story.Ask
	choice := func(kind, label string) app.UI {
		mark := ""
		state := "open"
		if a.Truth != "" {
			state = "other"
			if a.Truth == kind {
				mark, state = "✓ ", "right"
			} else if a.Said == kind {
				mark, state = "✗ ", "wrong"
			}
		}
		return app.Button().Class("choice").Type("button").DataSet("testid", "guess-"+kind).DataSet("state", state).
			DataSet("kind", kind).Aria("pressed", a.Said == kind).Text(mark+label).
			OnClick(func(app.Context, app.Event) { r.Up.send(model.Guess{Replica: a.Replica, Kind: kind}) },
				app.EventScope(a.Replica, kind))
	}
	return app.Div().Class("story__ask").Body(
		app.P().Class("story__label").Text(a.Question),
		app.If(a.Comment != "", func() app.UI { return app.P().Class("story__comment").Text(a.Comment) }),
		app.Div().Class("story__choices").Body(choice("continue", "CONTINUE"), choice("fullresync", "FULLRESYNC")),
	)
}

func (r *storyRail) fold(app.Context, app.Event)    { r.open = !r.open }
func (r *storyRail) next(app.Context, app.Event)    { r.Up.send(model.StoryNext{}) }
func (r *storyRail) back(app.Context, app.Event)    { r.Up.send(model.StoryBack{}) }
func (r *storyRail) restart(app.Context, app.Event) { r.Up.send(model.Restart{}) }
