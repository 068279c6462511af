package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/assets"
	"resync/engine/script"
	"resync/web/model"
)

// New returns the page. A page lives in one Host; go-app asks for a new one for every navigation.
func New(h Host) app.Composer { return &page{host: h} }

// A page is the root component and the model's one owner. Everything that happens reaches it in one of two ways: a
// frame of the browser, or a message that a component put into its mailbox. Both run on the one thread that a page has,
// and neither waits for anything, so no lock is needed.
type page struct {
	app.Compo
	host Host
	up   *mailbox

	model  model.Model
	page   model.Page // what is drawn
	ctx    app.Context
	frozen bool // a test owns the time

	shown        shown
	rhythm       rhythm
	drawnAt      time.Duration // when go-app began to draw last
	effort       effort
	keptRevision uint64
	first        uint64   // the revision that is mounted, 0 before there is one
	later        []func() // what waits for that, or for the drawing of what is stale
	stale        bool     // what a host asked for is not looked at yet: the next frame draws it all
	lastFrame    time.Duration
	due          time.Duration // has passed for the reader and not yet in the world
	drafted      bool          // the editor has a text that the model has not seen,
	draftedAt    time.Duration // since the frame before that
	size         extent
	measureAt    time.Duration
	still        bool // nothing may move by itself

	lanes      map[string]lane // where the links are on the canvas, by ID
	lanesAt    time.Duration
	marks      []float32
	emptyDrawn bool
	sought     [3]string // what the stage has brought into sight,
	judged     string    // and the wire

	embed embedding // in a frame of somebody else's page
}

// A mailbox is how a component tells the page what happened. It is a pointer, so that go-app, which compares the fields of
// components, finds it always equal.
type mailbox struct{ page *page }

// send hands a message to the model and does what the model wants done. go-app redraws the page after every handled event.
func (b *mailbox) send(msg model.Msg) {
	if b.page.embed.Allows(msg) {
		b.page.embed.acts(msg)
		b.page.take(msg)
	}
}

// drafted says that the text of the editor is another one. It can be a megabyte, so not every key has it read.
func (b *mailbox) drafted() { b.page.drafted, b.page.draftedAt = true, b.page.lastFrame }

// takeDraft reads it: when the reader pauses, and before anything happens that may take the editor away.
func (p *page) takeDraft() {
	if p.drafted {
		p.drafted = false
		p.model, _ = model.Update(p.model, model.CheckScript{Text: p.host.Value(model.EditorID)})
	}
}

// draftPause is how long nobody types in a pause.
const draftPause = 300 * time.Millisecond

// breathe is for the first drawing, which go-app makes in one go, out of sight: it is longer than the browser should wait.
func (b *mailbox) breathe() {
	if b != nil { // a test draws parts without a page
		b.page.host.Breathe()
	}
}

// measureEvery is how often the links are looked up for what moves on them.
const measureEvery = 300 * time.Millisecond

// OnInit opens the first scenario, before anything is drawn.
func (p *page) OnInit() {
	p.host.Breathe()
	p.up = &mailbox{p}
	p.still = p.host.Matches("(prefers-reduced-motion: reduce)")
	settings := model.Settings{Theme: p.host.Load("theme"), Wire: p.host.Load("wire"), NoKeys: p.host.Load("keys") == "off", Muted: p.host.Load("narrator") == "off", ReducedMotion: p.still}
	if settings.Theme != "light" && settings.Theme != "dark" {
		settings.Theme = ""
	}
	p.beginEmbed(&settings)
	p.host.Theme(settings.Theme)
	p.frozen = hasFlag(p.host.Fragment(), "test=1") // a link that comes later does not change whose the time is
	settings.Show, settings.Breathe = !p.embed.on && !p.frozen, p.host.Breathe
	width, height := p.host.Size()
	var scenarios []model.Scenario
	for _, s := range assets.Scenarios() {
		scenarios = append(scenarios, model.Scenario(s))
	}
	p.model = model.New(scenarios, settings)
	p.model, _ = model.Update(p.model, model.Resized{Width: p.widthOf(width), Height: float64(height)})
	p.host.Breathe()
	p.followLink()
	p.paced()
	p.viewed()
	for part := model.Parts(1); part < model.AllParts; part <<= 1 {
		p.host.Breathe()
		p.lookAt(part)
	}
	p.first = p.model.Revision()
}

// followLink opens what the address says.
func (p *page) followLink() { p.follow(p.host.Fragment()) }

func (p *page) follow(fragment string) {
	link, notices, ok := model.ParsePermalink(fragment)
	notices, p.embed.wrong = append(notices, p.embed.wrong...), nil
	if !ok {
		if len(notices) > 0 {
			p.take(model.Linked{Link: model.Permalink{Moment: -1}, Notices: notices})
		}
		return
	}
	if link.Packed == "" {
		p.take(model.Linked{Link: link, Notices: notices})
		return
	}
	p.embed.unpacks++
	p.host.Unpack(link.Packed, script.MaxText, func(text string, ok bool) {
		p.embed.unpacks--
		if !ok {
			link.Packed = ""
			notices = append(notices, "The script in this link cannot be unpacked: it is broken, it is longer than "+strconv.Itoa(script.MaxText)+" bytes, or this browser is too old for it. Was the whole link copied?")
		}
		p.take(model.Linked{Link: link, Script: text, Notices: notices})
		p.show()
	})
}

// hasFlag looks for one of the fragment's parts, as in "v=1&test=1".
func hasFlag(fragment, flag string) bool {
	for part := range strings.SplitSeq(fragment, "&") {
		if part == flag {
			return true
		}
	}
	return false
}

// OnMount starts the frames and tells the host that the page can be used.
func (p *page) OnMount(ctx app.Context) {
	p.ctx = ctx
	if p.model.Revision() == p.first {
		ctx.PreventUpdate() // go-app would draw the page a second time
	}
	p.doLater()
	p.host.Breathe()
	p.measure(0) // here the browser lays the page out, which takes it as long as the program's whole first frame
	p.host.Breathe()
	p.host.OnKey(func(key string, shift bool) (used bool) {
		if !p.embed.AllowsKey(key) {
			return false
		}
		p.watch(func() {
			p.takeDraft()
			m, ok, cmds := model.PressKey(p.model, model.Key{Key: key, Shift: shift})
			p.model, used = m, ok
			if used {
				p.embed.acted = p.embed.acted || !reader.AllowsKey(key)
				p.obey(cmds)
				p.redraw()
			}
		})
		return used
	})
	p.host.OnFile(func(name string, data []byte, on string) {
		p.take(model.FileGiven{Name: name, Data: data, Node: strings.TrimPrefix(on, "node-")})
		p.show()
	})
	p.host.OnFragment(func() {
		p.followLink()
		p.redraw()
	})
	if p.frozen {
		p.expose()
	}
	p.embedFrame() // before anybody asks how it stands: whether it plays is the host's to say
	p.exposeEmbed()
	p.host.OnFrame(p.frame)
	p.host.Ready()
}

// take is the way of every message.
func (p *page) take(msg model.Msg) {
	p.watch(func() {
		p.takeDraft()
		m, cmds := model.Update(p.model, msg)
		p.model = m
		if !p.stale {
			p.lookAt(model.AllParts)
			p.keep()
		}
		p.obey(cmds)
	})
}

// watch does what may panic. A panic ends the program, as it must, since nobody knows what holds after it; but the script
// that leads there is kept first. What panics while go-app draws finds the one that was kept when that was asked for.
func (p *page) watch(f func()) {
	whole := false
	defer func() {
		if !whole {
			p.host.Keep(p.model.Script, true)
		}
	}()
	f()
	whole = true
}

// keep gives the host the script, unless it has it. The host may be busy with others, so every frame tries.
func (p *page) keep() {
	if r := p.model.Revision(); r != p.keptRevision && p.host.Keep(p.model.Script, false) {
		p.keptRevision = r
	}
}

// obey does what only the browser can. What depends on elements that are not drawn yet waits until they are.
func (p *page) obey(cmds []model.Cmd) {
	for _, c := range cmds {
		switch c := c.(type) {
		case model.SetInput:
			p.host.SetValue(c.ID, c.Value)
		case model.SetTheme:
			p.host.Theme(c.Name)
		case model.Store:
			p.host.Store(c.Key, c.Value)
		case model.Copy:
			p.host.Copy(c.Text)
		case model.Focus:
			p.host.Focus(c.ID) // at once where it can be: the next key is on its way
			p.afterDrawing(func() { p.host.Focus(c.ID) })
		case model.Mark:
			p.host.Mark(c.ID, c.From, c.To)
		case model.Download:
			p.host.Download(c.Name, c.Mime, []byte(c.Data))
		case model.SavePicture:
			p.savePicture(&c)
		case model.Pack:
			p.pack(c)
		case model.Reveal:
			p.afterDrawing(func() { p.host.Reveal(c.ID) })
		case model.ScrollToStart:
			p.afterDrawing(func() { p.host.ScrollToStart(c.ID) })
		case model.ScrollToEnd:
			p.afterDrawing(func() { p.host.ScrollToEnd(c.ID) })
		}
	}
}

// pack makes a link, and puts it into the address as well.
func (p *page) pack(c model.Pack) {
	made := func(packed string, ok bool) {
		if !ok {
			return
		}
		c.Link.Packed = packed
		fragment := c.Link.String()
		if !p.frozen {
			p.host.SetFragment(fragment)
		}
		p.take(model.Packed{Page: p.host.Address(), Fragment: fragment})
		p.show()
	}
	if c.Text == "" {
		made("", true)
		return
	}
	p.host.Pack(c.Text, made)
}

// savePicture draws a moment and has the browser save it. Pixels cannot follow whoever looks at them: they are as the page is.
func (p *page) savePicture(c *model.SavePicture) {
	if !c.PNG {
		svg, _, _ := Picture(&c.Picture, "")
		p.host.Download(c.Name, "image/svg+xml", []byte(svg))
		return
	}
	theme := p.page.Bar.Theme
	if theme == "" && p.host.Matches("(prefers-color-scheme: dark)") {
		theme = "dark"
	}
	svg, width, height := Picture(&c.Picture, or(theme, "light"))
	p.host.Paint(svg, 2*width, 2*height, func(png []byte, ok bool) {
		if ok {
			p.host.Download(c.Name, "image/png", png)
			return
		}
		p.take(model.PictureRefused{})
		p.show()
	})
}

// afterDrawing has f done once go-app has drawn what it was told to.
func (p *page) afterDrawing(f func()) {
	switch {
	case p.stale || p.ctx.Context == nil && p.first != 0: // it is being drawn, and what a link holds came meanwhile
		p.later = append(p.later, f)
	case p.ctx.Context != nil:
		p.drawThen(f)
	}
}

// drawThen has go-app draw the page, and then do f. go-app does what is deferred after its next drawing, whichever that is: so f is
// deferred by the message that causes the drawing. Deferred here, it could come just after that drawing, and wait for one that
// never comes.
func (p *page) drawThen(f func()) {
	p.ctx.Dispatch(func(ctx app.Context) { ctx.Defer(func(app.Context) { f() }) })
}

// doLater does what has waited, once go-app has drawn what it was told to.
func (p *page) doLater() {
	waited := p.later
	p.later = nil
	for _, f := range waited {
		p.afterDrawing(f)
	}
}

// show has go-app draw the page as it was looked at last, behind a message for instance. go-app does so itself behind an event
// that it handles.
func (p *page) show() {
	if p.ctx.Context != nil {
		p.ctx.Dispatch(nil)
	}
}

// redraw has it draw the page as the model stands now.
func (p *page) redraw() {
	p.keep()
	p.lookAt(model.AllParts)
	p.show()
}

// lookAt takes what is to be drawn from the model.
func (p *page) lookAt(parts model.Parts) {
	if p.embed.bare() && p.model.Tab() == model.TabScript {
		p.viewed() // a script that is wrong opens its editor, which has no place in a frame, and is not to be seen for a moment either
	}
	p.model.Draw(&p.page, parts)
	p.shown.note(parts, p.model.Revision(), p.lastFrame)
	p.seek()
}

// frame is one animation frame: time passes, what moves is drawn, and the panels follow a few times a second. go-app draws in a
// task of its own, a little later. On a slow machine the next frame, in which the browser lays that out, is asked for when it
// has: one that came before would have to do both.
func (p *page) frame(now time.Duration) {
	begun, drawing := p.host.Now(), false
	p.watch(func() { drawing = p.oneFrame(now) })
	if drawing && p.rhythm.slow() && p.ctx.Context != nil {
		worked := p.host.Now() - begun
		p.drawThen(func() {
			p.rhythm.took = worked + p.host.Now() - p.drawnAt
			p.host.OnFrame(p.frame)
		})
		return
	}
	if drawing {
		p.show()
	}
	p.host.OnFrame(p.frame)
}

// oneFrame reports whether go-app is to draw behind it.
func (p *page) oneFrame(now time.Duration) (drawing bool) {
	p.rhythm.frame(now - p.lastFrame)
	if now-p.draftedAt >= draftPause {
		p.takeDraft()
	}
	part := p.shown.next(p.model.Revision(), now, p.rhythm.every)
	moving := !p.still && p.rhythm.moves(part != 0)
	if p.lastFrame > 0 && !p.frozen && !p.embed.asleep {
		p.due += now - p.lastFrame
		if long := p.rhythm.world(part != 0, moving && !p.emptyDrawn); long > 0 {
			p.obey(p.pass(p.due, long))
			p.due = 0
		}
	}
	p.lastFrame = now
	p.embedFrame()
	if p.measure(now) || p.stale {
		part = model.AllParts
	}
	p.keep()
	if moving {
		p.draw(now)
	}
	if part != 0 {
		p.lookAt(part)
	}
	if p.stale {
		p.stale = false
		p.doLater()
	}
	return part != 0
}

// pass lets time pass in the world, as far as it gets in so much of the frame.
func (p *page) pass(elapsed, long time.Duration) (cmds []model.Cmd) {
	before, begun := p.model.Worked(), p.host.Now()
	p.model, cmds = model.Update(p.model, model.Frame{Elapsed: elapsed, Work: p.effort.work(long)})
	p.effort.took(p.model.Worked()-before, p.host.Now()-begun)
	return cmds
}

// measure tells the model how large things are: at once when the window has changed, and now and then, since a scroll bar
// or a font that came late changes it too. It makes the browser lay the page out, so it is not done in every frame. It reports
// whether the window has changed, behind which nothing is where it was.
func (p *page) measure(now time.Duration) (resized bool) {
	w, h := p.host.Size()
	resized = w != p.size.w || h != p.size.h
	if !resized && now < p.measureAt {
		return false
	}
	if p.measureAt = now + measureEvery; resized {
		p.measureAt = now // again in the next frame: what is drawn for the new size has another one itself
	}
	_, _, plot, _ := p.host.Box(tapePlotID)
	_, _, track, _ := p.host.Box(deckTrackID)
	_, _, _, wire := p.host.Box(wireID)
	_, _, _, stage := p.host.Box(stageID)
	if size := (extent{w, h, plot, track, wire, stage}); size != p.size {
		p.size, p.lanes = size, nil
		p.model, _ = model.Update(p.model, model.Resized{Width: p.widthOf(w), Height: float64(h), Plot: plot, Track: track, Wire: wire, Stage: stage})
	}
	return resized
}

// An extent is how large the window is, how wide the drawing areas of the tape and of the line of time, and how high wire and stage.
type extent struct {
	w, h        int
	plot, track float64
	wire, stage float64
}

// expose gives tests the page's inside, under window.__resync.
func (p *page) expose() {
	p.host.Expose(map[string]func([]string) string{
		"tick": func(args []string) string {
			millis := 16
			if len(args) > 0 {
				if n, err := strconv.Atoi(args[0]); err == nil {
					millis = n
				}
			}
			p.take(model.Tick{Elapsed: time.Duration(millis) * time.Millisecond})
			p.show()
			return p.model.StateJSON()
		},
		"run": func(args []string) string {
			if len(args) > 0 {
				p.take(model.Run{Line: args[0]})
				p.show()
			}
			return p.model.StateJSON()
		},
		"seek": func(args []string) string {
			if len(args) > 0 {
				if n, err := strconv.Atoi(args[0]); err == nil {
					p.take(model.SeekEvent{Event: n, AtOnce: true})
					p.show()
				}
			}
			return p.model.StateJSON()
		},
		"state":  func([]string) string { return p.model.StateJSON() },
		"trace":  func([]string) string { return p.model.Trace() },
		"script": func([]string) string { return p.model.Script() },
	})
}

// Render places the panels. Their order is that of reading; layout.css puts them on the grid. What comes and goes in front of
// the others has a place of its own: go-app compares children by their number, and would make all that follow anew.
func (p *page) Render() app.UI {
	p.rhythm.drawn, p.drawnAt = true, p.host.Now()
	p.host.Breathe()
	if p.embed.bare() {
		return p.renderEmbed()
	}
	v := &p.page
	state := "ready"
	if v.Problem != "" {
		state = "stopped"
	}
	return app.Div().ID("app").Class("app").DataSet("testid", "app").DataSet("state", state).
		DataSet("judged", v.Verdict.Shown).DataSet("panel", or(v.Takeaway.Open, "none")).DataSet("library", v.Gallery.Open).
		DataSet("tab", v.Terminal.Tab).DataSet("wire", v.Wire.Height.Set).Body(
		&patterns{},
		&topBar{Bar: v.Bar, Help: v.ShowHelp, Share: v.Share.Open, Library: v.Gallery.Open, Up: p.up},
		app.Div().Class("over").Body(
			app.If(v.Notice.Text != "", func() app.UI { return &notice{Notice: model.Notice{Text: v.Notice.Text}, Up: p.up} }), // the editor has the rest
			app.If(v.Gallery.Open, func() app.UI { return &gallery{Gallery: v.Gallery, Host: p.host, Up: p.up} }),
			app.If(v.Opening != "", func() app.UI { return &opening{Text: v.Opening, Up: p.up} }),
		),
		app.Main().Class("app__main").Body(app.Div().Class("app__panels").Body(
			&storyRail{Story: v.Story, Problem: v.Problem, Host: p.host, Up: p.up},
			&stage{Stage: v.Stage, Table: v.Table, AsTable: v.Bar.Table, Up: p.up},
			&nodeColumn{Terminal: v.Terminal, Host: p.host, Up: p.up},
			&tape{Tape: v.Tape, AsTable: v.Bar.Table, Up: p.up},
			&judgement{Rows: v.Forecast, Verdict: v.Verdict, Calm: v.Calm, Takeaway: v.Takeaway, Host: p.host, Up: p.up},
			app.If(v.Wire.Shown, func() app.UI { return &wire{Wire: v.Wire, AsTable: v.Bar.Table, Up: p.up} })),
			&deck{Deck: v.Deck, Panel: v.Takeaway.Open, Up: p.up},
		),
		app.P().Class("sr").Role("status").DataSet("testid", "status").Text(v.Status),
		app.If(v.Share.Open, func() app.UI { return &sharePanel{Share: v.Share, Up: p.up} }),
		app.If(v.ShowHelp, func() app.UI { return &help{Keys: v.Keys, Muted: v.Muted, Table: v.Bar.Table, Up: p.up} }),
	)
}
