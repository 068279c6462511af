package view

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// The page in a frame of somebody else's page: embed.html. It is the same program with less around it, and
// assets/frame.js lets the host page speak to it through what is exposed here.

// An embedding is what a page in a frame has beside the page.
type embedding struct {
	on bool
	model.Embed
	asleep  bool     // out of sight: no time passes
	seen    int      // events that the host has been told of
	wire    bool     // the host wants packets
	pending bool     // autoplay waits for the opening
	unpacks int      // scripts of links that are being unpacked: they open soon
	wrong   []string // what the host asked for and does not get, until it is said
	noticed string   // the page's notice that it was told of
	held    bool     // a reader stopped a frame that has no controls
	acted   bool     // something was done that the last link does not hold
	links   int      // how many links were asked for,
	made    int      // which of them was made last,
	link    string
}

// narrowest is the width that a frame claims at least: its nodes stand side by side, however narrow it is.
const narrowest = 600

// begin reads how the frame is to look, before the page is drawn first.
func (p *page) beginEmbed(settings *model.Settings) {
	if p.embed.on = p.host.Embedded(); !p.embed.on {
		return
	}
	p.embed.Embed, p.embed.wrong = model.ParseEmbed(p.host.Fragment())
	p.embed.pending = p.embed.Play != ""
	p.still = p.still || p.embed.Still
	*settings = model.Settings{NoKeys: p.embed.NoKeys, ReducedMotion: p.still} // what was chosen elsewhere is not this frame's
}

// viewed has the model draw the wire where that is to be seen: it is one of the column's tabs on a page as narrow as this.
func (p *page) viewed() {
	if p.embed.on && p.embed.View == "wire" {
		p.take(model.SelectTab{Tab: model.TabWire})
	} else if p.embed.bare() {
		p.take(model.SelectTab{Tab: model.TabCLI})
	}
}

// Allows and AllowsKey leave out what would open a panel that is not there.
func (e *embedding) Allows(msg model.Msg) bool {
	switch msg.(type) {
	case model.PickLink, model.PickFaults:
		if e.bare() && e.View != "cli" {
			return false
		}
	}
	return e.Embed.Allows(msg)
}

func (e *embedding) AllowsKey(key string) bool {
	return !(e.bare() && len(key) == 1 && strings.Contains("?sSfFwW", key)) && e.Embed.AllowsKey(key)
}

// reader is who may look and change nothing.
var reader = model.Embed{ReadOnly: true}

// acts notes what the host should have a link to at once, since it may take the frame away at any moment.
func (e *embedding) acts(msg model.Msg) {
	switch msg.(type) {
	case model.Edited, model.Complete, model.CompleteNext, model.CloseCompletion, model.Older, model.Newer:
		return // what stands at a prompt is in no link
	}
	e.acted = e.acted || e.on && !reader.Allows(msg)
}

// bare reports whether the page has the layout of a frame.
func (e *embedding) bare() bool { return e.on && e.Controls != "full" }

// paced gives time the pace and the speed that the fragment asks for.
func (p *page) paced() {
	if e := &p.embed; e.on {
		if e.True || e.Story {
			p.take(model.SetPace{True: e.True})
		}
		if e.Speed > 0 {
			p.take(model.SetSpeed{Times: e.Speed})
		}
	}
}

// width is the viewport's for the model.
func (p *page) widthOf(w int) float64 {
	if p.embed.bare() {
		return float64(max(w, narrowest))
	}
	return float64(w)
}

// opening reports whether something is still on its way: from when a link was read, which may have a script to unpack.
func (p *page) opening() bool { return p.embed.unpacks > 0 || p.model.Opening() }

// embedFrame is a frame's part of an animation frame.
func (p *page) embedFrame() {
	e := &p.embed
	if !e.on || p.opening() {
		return
	}
	if e.pending {
		e.pending = false
		p.take(model.SetPlaying{On: e.Play == "once" && !p.still})
	}
	if e.acted {
		p.packLink()
	}
}

// exposeEmbed lets assets/frame.js act for the host. embed(verb, arguments…) answers with JSON, {"result": …} or
// {"code": …, "message": …}; news() with what is to be told, or "" for nothing.
func (p *page) exposeEmbed() {
	e := &p.embed
	if !e.on {
		return
	}
	p.host.Expose(map[string]func([]string) string{
		"embed": func(args []string) string {
			if len(args) == 0 {
				return model.Refusal("unsupported", "nothing was asked")
			}
			p.stale = true // a host may ask for more in one frame than can be drawn in it
			return p.serve(args[0], append(args[1:], "", ""))
		},
		"news": func([]string) string {
			if p.opening() || e.seen < 0 || e.seen > p.model.Happened() {
				e.seen = p.model.Happened() // a leap is no news
			}
			said := ""
			if now := p.model.Notice().String(); !p.opening() && now != e.noticed {
				said, e.noticed = now, now
			}
			news := p.model.News(e.seen, e.wire, p.opening(), said)
			e.seen = p.model.Happened()
			return news
		},
		"link": func([]string) string { return strconv.Itoa(e.made) + " " + e.link },
	})
}

// serve does what the host asks for.
func (p *page) serve(verb string, args []string) string {
	e := &p.embed
	number, err := strconv.ParseFloat(args[0], 64)
	switch verb {
	case "play", "pause":
		e.pending = false
		p.take(model.SetPlaying{On: verb == "play"})
	case "seek":
		to, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil || to < 0 {
			return model.Refusal("invalid", "seek wants t in milliseconds, or an event")
		}
		if e.seen = -1; args[0] == "event" {
			p.take(model.SeekEvent{Event: int(min(to, 1<<30)), AtOnce: true})
		} else {
			p.take(model.SeekMoment{Millis: min(to, 1<<40)})
		}
	case "step":
		const most = 1000
		if err != nil || number < -most || number > most {
			return model.Refusal("invalid", "step wants a number of events, at most "+strconv.Itoa(most))
		}
		for range int(number) {
			p.take(model.Step{})
		}
		for range -int(number) {
			p.take(model.Back{})
		}
	case "speed":
		return p.set("speed", args[0])
	case "exec":
		return p.perform(model.Perform{Node: args[0], Line: args[1]})
	case "run":
		return p.perform(model.Perform{Line: args[0]})
	case "load":
		return p.load(args[0])
	case "set":
		return p.set(args[0], args[1])
	case "wire":
		e.wire = args[0] == "true"
	case "sleep":
		e.asleep = args[0] == "true"
	case "link":
		return p.packLink()
	case "state":
		return model.Outcome(p.model.StateJSON())
	default:
		return model.Refusal("unsupported", "there is no "+strconv.Quote(verb))
	}
	return model.Outcome("null")
}

// perform does a line and tells what became of it.
func (p *page) perform(msg model.Perform) string {
	m, cmds := model.Update(p.model, msg)
	p.model = m
	p.obey(cmds)
	p.packLink()
	answer := model.Outcome("null")
	for _, c := range cmds {
		done, ok := c.(model.Performed)
		switch {
		case !ok:
		case done.Refused != "":
			return model.Refusal("refused", done.Refused)
		case msg.Node != "":
			answer = model.Outcome(done.Turn.JSON())
		}
	}
	return answer
}

// load opens what a fragment says, as if it stood in the address.
func (p *page) load(fragment string) string {
	link, _, ok := model.ParsePermalink(fragment)
	if !ok {
		return model.Refusal("invalid", "that is no link to a run")
	}
	if link.Packed == "" && link.Scenario != "" && !p.model.HasScenario(link.Scenario) {
		return model.Refusal("unknown", "there is no scenario "+strconv.Quote(link.Scenario))
	}
	p.embed.seen = -1
	p.follow(fragment)
	p.paced()
	return model.Outcome("null")
}

// set changes how the frame looks.
func (p *page) set(key, value string) string {
	e := &p.embed
	switch {
	case key == "theme" && (value == "light" || value == "dark" || value == "auto"):
		p.take(model.Themed{Name: strings.TrimSuffix(value, "auto")})
		return model.Outcome("null")
	case key == "node" && (value == "" || p.model.HasNode(value)):
		p.take(model.Select{Node: or(value, p.model.FirstNode())})
		return model.Outcome("null")
	case !e.Set(key, value):
		return model.Refusal("invalid", model.NoSetting(key, value))
	}
	p.still = e.Still || p.host.Matches("(prefers-reduced-motion: reduce)")
	p.size = extent{} // measured again
	switch key {
	case "keys":
		p.take(model.KeysWanted{On: !e.NoKeys})
	case "pace", "speed":
		p.paced()
	case "view":
		p.viewed()
	case "autoplay":
		e.pending = true
		p.embedFrame()
	}
	return model.Outcome("null")
}

// packLink makes the link to this moment. The answer is its number: link() has it, behind its number, once it is made.
func (p *page) packLink() string {
	e := &p.embed
	e.acted = false
	e.links++
	n := e.links
	link, text := p.model.Permalink()
	made := func(packed string, ok bool) {
		if ok && n == e.links {
			link.Packed = packed
			e.made, e.link = n, link.String()
		}
	}
	if text == "" {
		made("", true)
	} else {
		p.host.Pack(text, made)
	}
	return model.Outcome(strconv.Itoa(n))
}

// shows reports whether a panel is in sight.
func (e *embedding) shows(panel string) bool { return e.View == "" || e.View == panel }

// renderEmbed places what a frame has room for.
func (p *page) renderEmbed() app.UI {
	v, e := &p.page, &p.embed
	state := "ready"
	if v.Problem != "" {
		state = "stopped"
	}
	controls := e.Controls != "none"
	return app.Div().ID("app").Class("app embed").DataSet("testid", "app").DataSet("state", state).DataSet("view", or(e.View, "all")).
		DataSet("controls", e.Controls).DataSet("readonly", e.ReadOnly).DataSet("fit", e.Fit).Body(
		&patterns{},
		app.If(controls, func() app.UI { return p.embedHead() }).Else(func() app.UI {
			return app.H1().Class("sr").Text(p.page.Bar.Title)
		}),
		app.Main().Class("embed__main").Body(
			app.Div().Class("over").Body(
				app.If(v.Notice.Text != "", func() app.UI { return &notice{Notice: v.Notice, Up: p.up} }),
				app.If(v.Opening != "", func() app.UI { return &opening{Text: v.Opening, Up: p.up} }),
			),
			app.If(e.shows("stage"), func() app.UI { return &stage{Stage: v.Stage, Table: v.Table, AsTable: v.Bar.Table, Up: p.up} }),
			app.If(e.shows("tape"), func() app.UI {
				return &tape{Tape: v.Tape, Small: e.View == "", AsTable: v.Bar.Table && e.View != "", Up: p.up}
			}),
			app.If(e.View == "wire" && v.Wire.Shown, func() app.UI { return &wire{Wire: v.Wire, AsTable: v.Bar.Table, Up: p.up} }),
			app.If(e.View == "", func() app.UI {
				return &saying{Story: v.Story, Rows: v.Forecast, Verdict: v.Verdict, Up: p.up}
			}),
			app.If(e.shows("cli") && controls && !e.ReadOnly, func() app.UI {
				return &nodeColumn{Terminal: v.Terminal, Host: p.host, Up: p.up}
			}),
		),
		app.If(controls, func() app.UI {
			return app.Div().Class("embed__deck").Body(&deck{Deck: v.Deck, Up: p.up}, p.act())
		}).ElseIf(v.Deck.Playing || e.held, func() app.UI { return p.hold() }),
		app.P().Class("sr").Role("status").DataSet("testid", "status").Text(v.Status),
	)
}

// embedHead names the scenario, and leads to the whole page at the same place.
func (p *page) embedHead() app.UI {
	full := "index.html#" + or(p.embed.link, p.host.Fragment())
	return app.Header().Class("embed__head").Body(
		mark(),
		app.H1().Class("embed__title").Text(p.page.Bar.Title),
		app.Span().Class("embed__fact").Text(p.page.Bar.Facts[0]),
		app.A().Class("embed__full").DataSet("testid", "open-full").Href(full).Target("_blank").Rel("noopener").
			On("pointerdown", p.freshLink).OnFocus(p.freshLink).Body(
			app.Text("Open full "), app.Span().Aria("hidden", true).Text("↗"), app.Span().Class("sr").Text("(new tab)")),
	)
}

// freshLink makes the link before it is followed: time has passed since the last.
func (p *page) freshLink(app.Context, app.Event) { p.packLink() }

// hold stops what moves where there are no controls: whoever cannot read beside it must be able to (WCAG 2.2.2).
func (p *page) hold() app.UI {
	name, shape := playFace(p.page.Deck.Playing)
	return app.Button().Class("deck__key embed__hold").Type("button").DataSet("testid", "hold").Aria("label", name).
		OnClick(func(app.Context, app.Event) {
			p.embed.held = true
			p.up.send(model.Play{})
		}, app.EventScope("hold")).Body(icon("", 14, 14, shape))
}

// act is the one next thing to do: on with the lesson, or what the story would try.
func (p *page) act() app.UI {
	s := &p.page.Story
	if s.Next != "" {
		return app.Button().Class("btn btn--first embed__act").Type("button").DataSet("testid", "story-next").
			OnClick(p.storyNext, app.EventScope("next")).Text(s.Next)
	}
	if len(s.Try) > 0 && !p.embed.ReadOnly {
		line := s.Try[0].Line
		return app.Button().Class("btn embed__act").Type("button").DataSet("testid", "try-0").
			OnClick(func(app.Context, app.Event) { p.up.send(model.Run{Line: line}) }, app.EventScope("try", line)).Text(s.Try[0].Label)
	}
	return nil
}

func (p *page) storyNext(app.Context, app.Event) { p.up.send(model.StoryNext{}) }

// A saying is one line: what the story says or asks, and what the master would answer, or has answered.
type saying struct {
	app.Compo
	Story   model.Story
	Rows    []model.ForecastRow
	Verdict model.Verdict
	Up      *mailbox
}

func (s *saying) Render() app.UI {
	v := &s.Verdict
	words := s.Story.Lead
	if s.Story.More != "" && s.Story.Next != "" {
		words = s.Story.More // a lesson's sentence; its heading is the chapter's name
	}
	if s.Story.Ask.Replica != "" && s.Story.Ask.Comment != "" {
		words = s.Story.Ask.Comment
	} else if s.Story.Ask.Replica != "" {
		words = s.Story.Ask.Question
	}
	return app.Section().Class("saying").Aria("label", "Answers").Body(
		app.P().Class("saying__words").DataSet("testid", "lead").Title(words).Text(words),
		app.If(s.Story.Ask.Replica != "" && s.Story.Ask.Truth == "", func() app.UI {
			return app.Span().Class("saying__choices").Body(s.choice("continue", "CONTINUE"), s.choice("fullresync", "FULLRESYNC"))
		}).ElseIf(v.Shown, func() app.UI {
			return app.Span().Class("saying__answer").DataSet("testid", "verdict").DataSet("verdict", v.Kind).Role("group").Aria("label", v.Label).Body(
				app.Span().Text(v.Replica), verdictAnswer(v))
		}).ElseIf(len(s.Rows) > 0, func() app.UI {
			r := s.Rows[0]
			return app.Span().Class("saying__answer").DataSet("testid", "forecast-"+r.Replica).DataSet("answer", r.Answer.Word).Role("group").Aria("label", r.Label).Body(
				app.Span().Text(r.Lead+" "), app.B().Text(r.Replica), answer(r.Answer))
		}),
	)
}

func (s *saying) choice(kind, label string) app.UI {
	replica := s.Story.Ask.Replica
	return app.Button().Class("choice").Type("button").DataSet("testid", "guess-"+kind).Aria("pressed", s.Story.Ask.Said == kind).Text(label).
		OnClick(func(app.Context, app.Event) { s.Up.send(model.Guess{Replica: replica, Kind: kind}) }, app.EventScope(replica, kind))
}
