package view

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A storyRail tells what has just happened and what to try next, and asks before it answers. What can be answered and pressed is
// its foot, which stays in sight where the rest scrolls.
type storyRail struct {
	app.Compo
	Story   model.Story
	Problem string
	Host    Host
	Up      *mailbox

	open bool   // what a narrow page folds is unfolded
	told string // what the rail was about when it was updated last
	asks bool   // and whether it asked
}

const (
	storyID = "story"
	askID   = "story-ask"
	leadID  = "story-lead"
)

// OnUpdate shows what is new from its beginning, and a question that has just been asked wherever the reader has scrolled to. Where
// what had the focus has gone, as the story went on by itself, the heading has it.
func (r *storyRail) OnUpdate(ctx app.Context) {
	if focus := app.Window().Get("document").Get("activeElement"); focus.Truthy() && focus.Call("closest", "#"+storyID).Truthy() {
		ctx.Defer(func(app.Context) {
			if !focus.Get("isConnected").Bool() {
				r.Host.Focus(leadID)
			}
		})
	}
	told, asks := r.Story.About(), r.Story.Telling && r.Story.Ask.Open()
	if told != r.told {
		r.Host.ScrollToStart(storyID)
	}
	if asks && (!r.asks || told != r.told) {
		ctx.Defer(func(app.Context) { r.Host.Reveal(askID) }) // once it is drawn
	}
	r.told, r.asks = told, asks
}

func (r *storyRail) Render() app.UI {
	r.Up.breathe()
	s := &r.Story
	return app.Section().ID(storyID).Class("story").DataSet("telling", s.Telling).Aria("label", "Story").DataSet("open", r.open || s.Telling).Body(
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
		app.H1().ID(leadID).TabIndex(-1).Class("story__lead").DataSet("testid", "lead").Text(s.Lead),
		app.If(r.Problem != "", func() app.UI {
			return app.P().Class("story__problem").DataSet("testid", "problem").Text("✕ " + r.Problem)
		}),
		app.P().Class("story__more").Text(s.More),
		r.fold(),
		// Each part of the foot keeps its place, and so does what is in it: what has the focus keeps that, too.
		app.Div().Class("story__foot").Body(
			app.Div().ID(askID).Class("story__ask").Hidden(s.Ask.Replica == "").Body(app.If(s.Ask.Replica != "", r.ask)),
			app.Div().Class("story__try").Hidden(len(s.Try) == 0).Body(
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
			),
			app.Div().Class("story__nav").Hidden(!s.Restart && !s.Back && s.Next == "").Body(
				app.If(s.Restart, func() app.UI {
					return app.Button().Class("btn").Type("button").DataSet("testid", "restart").OnClick(r.restart).Text("Restart")
				}),
				app.If(len(s.Steps) > 0, func() app.UI {
					return app.Button().Class("btn").Type("button").DataSet("testid", "story-back").Disabled(!s.Back).OnClick(r.back).Text("Back")
				}),
				app.If(s.Next != "", func() app.UI {
					class := "btn btn--first"
					if s.Ask.Open() { // an answer comes first
						class = "btn"
					}
					word, rest := s.Next, ""
					if i := strings.IndexByte(word, ' '); i > 0 { // beside the answers there is no room for more than a word
						word, rest = word[:i], word[i:]
					}
					return app.Button().Class(class).Type("button").DataSet("testid", "story-next").OnClick(r.next).Body(app.Span().Body(app.Text(word), app.Span().Class("story__rest").Text(rest)))
				}),
			),
		),
	)
}

// fold is the button that unfolds what a narrow page has folded.
func (r *storyRail) fold() app.UI {
	word := "More"
	if r.open {
		word = "Less"
	}
	return app.Button().Class("story__fold").Type("button").DataSet("testid", "story-fold").Aria("expanded", r.open).
		Hidden(!r.Story.Folds).OnClick(r.unfold).Text(word)
}

// ask is the question with its two answers. Once the reader has said something, the right one is marked with a tick; then the
// answers are no buttons any more, but they keep the focus.
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
			DataSet("kind", kind).Aria("pressed", a.Said == kind).Aria("disabled", a.Truth != "").Text(mark+label).
			OnClick(func(app.Context, app.Event) { r.Up.send(model.Guess{Replica: a.Replica, Kind: kind}) },
				app.EventScope(a.Replica, kind))
	}
	return app.Div().Body(
		app.P().Class("story__label").Text(a.Question),
		app.P().Class("story__comment").Hidden(a.Comment == "").Text(a.Comment),
		app.Div().Class("story__choices").Body(choice("continue", "CONTINUE"), choice("fullresync", "FULLRESYNC")),
	)
}

func (r *storyRail) unfold(app.Context, app.Event)  { r.open = !r.open }
func (r *storyRail) next(app.Context, app.Event)    { r.Up.send(model.StoryNext{}) }
func (r *storyRail) back(app.Context, app.Event)    { r.Up.send(model.StoryBack{}) }
func (r *storyRail) restart(app.Context, app.Event) { r.Up.send(model.Restart{}) }
