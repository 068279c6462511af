package view

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A room is a Host without a browser: it remembers what it was asked to do.
type room struct {
	stored   map[string]string
	values   map[string]string
	theme    string
	copied   string
	focused  string
	fragment string
	packed   string
	linked   func()
	queries  map[string]bool
	frame    func(time.Duration)
	key      func(string, bool) bool
	file     func(string, []byte, string)
	saved    map[string]string // by name
	exposed  map[string]func([]string) string
	drawn    [][]float32
	ready    bool
	failed   string
	kept     string
	painted  string
	broken   bool
	width    int
	embedded bool
	breaths  int
	reads    int
	looks    func() // what happens whenever the page looks at the clock
}

func newRoom() *room {
	return &room{stored: map[string]string{}, values: map[string]string{}, queries: map[string]bool{}, saved: map[string]string{}, width: 1440}
}

func (r *room) Ready()                                 { r.ready = true }
func (r *room) Fail(what string)                       { r.failed = what }
func (r *room) Keep(script func() string, _ bool) bool { r.kept = script(); return true }
func (r *room) Load(key string) string                 { return r.stored[key] }
func (r *room) Store(key, value string)                { r.stored[key] = value }
func (r *room) Copy(text string) {
	if r.broken {
		panic("a broken clipboard")
	}
	r.copied = text
}
func (r *room) Fragment() string                { return r.fragment }
func (r *room) SetFragment(s string)            { r.fragment = s }
func (r *room) Address() string                 { return "https://example.org/" }
func (r *room) OnFragment(f func())             { r.linked = f }
func (r *room) Value(id string) string          { r.reads++; return r.values[id] }
func (r *room) SetValue(id, value string)       { r.values[id] = value }
func (r *room) Focus(id string)                 { r.focused = id }
func (r *room) Reveal(string)                   {}
func (r *room) RevealIn(box, id string)         {}
func (r *room) ScrollToStart(string)            {}
func (r *room) ScrollToEnd(string)              {}
func (r *room) Mark(id string, _, _ int)        { r.focused = id }
func (r *room) Theme(name string)               { r.theme = name }
func (r *room) Matches(query string) bool       { return r.queries[query] }
func (r *room) Embedded() bool                  { return r.embedded }
func (r *room) Size() (int, int)                { return r.width, 900 }
func (r *room) Box(string) (x, y, w, h float64) { return 10, 20, 200, 30 }
func (r *room) Breathe()                        { r.breaths++ }
func (r *room) OnFrame(f func(time.Duration))   { r.frame = f }
func (r *room) Now() time.Duration {
	if r.looks != nil {
		looks := r.looks
		r.looks = nil // not while go-app draws
		looks()
		r.looks = looks
	}
	return 0
}
func (r *room) Draw(_ string, marks []float32) {
	r.drawn = append(r.drawn, append([]float32(nil), marks...))
}
func (r *room) Pack(text string, f func(string, bool)) {
	r.packed = text
	f("packed", true)
}
func (r *room) Paint(svg string, width, height int, f func([]byte, bool)) {
	r.painted = svg
	f([]byte("PNG"), !r.broken)
}
func (r *room) Unpack(packed string, _ int, f func(string, bool)) { f(r.packed, packed == "packed") }
func (r *room) OnKey(f func(string, bool) bool)                   { r.key = f }
func (r *room) OnFile(f func(string, []byte, string))             { r.file = f }
func (r *room) Download(name, _ string, data []byte)              { r.saved[name] = string(data) }
func (r *room) Expose(f map[string]func([]string) string)         { r.exposed = f }

// moved is a page that has been drawn once.
func moved(t *testing.T, r *room) (*page, app.TestEngine) {
	t.Helper()
	p := New(r).(*page)
	e := app.NewTestEngine()
	if err := e.Load(p); err != nil {
		t.Fatal(err)
	}
	e.ConsumeAll()
	return p, e
}

// The browser has its turn between the panels, and in the middle of the larger ones.
func TestTheFirstDrawingLetsTheBrowserBreathe(t *testing.T) {
	r := newRoom()
	moved(t, r)
	if r.breaths < 40 {
		t.Errorf("it did %d times", r.breaths)
	}
}

func TestThePageShowsTheFirstScenario(t *testing.T) {
	p, _ := moved(t, newRoom())
	html := app.HTMLString(p.Render())
	for _, id := range []string{"app", "status"} {
		if !strings.Contains(html, `data-testid="`+id+`"`) {
			t.Errorf("there is no %s", id)
		}
	}
	if got := len(p.page.Stage.Cards); got != 3 {
		t.Errorf("%d cards, want a master and two replicas", got)
	}
}

// A click goes from a component through the mailbox into the model, and what the model wants of the browser is done.
func TestAMessageGoesUpAndItsCommandsGoOut(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	r.values[model.PromptID("m1")] = "SET a 1"
	(&prompt{Name: "m1", Host: r, Up: p.up}).send(app.Context{}, app.Event{})
	if r.values[model.PromptID("m1")] != "" {
		t.Error("the input was not cleared")
	}
	turns := p.page.Terminal.Turns
	if n := len(turns); n == 0 || turns[n-1].Text != "OK" {
		t.Errorf("the terminal shows %+v", turns)
	}
	(&barEnd{Up: p.up}).theme(app.Context{}, app.Event{})
	if r.theme != "light" || r.stored["theme"] != "light" {
		t.Errorf("theme %q, stored %q", r.theme, r.stored["theme"])
	}
	p.up.send(model.CopyScript{})
	if !strings.Contains(r.copied, "m1> SET a 1") {
		t.Errorf("copied %q", r.copied)
	}
	(&linkAct{Line: p.page.Stage.Links[0].Line, Up: p.up}).act(app.Context{}, app.Event{})
	if !p.page.Stage.Links[0].Cut || len(p.page.Forecast) != 1 {
		t.Errorf("after Cut: %+v, forecast %+v", p.page.Stage.Links[0], p.page.Forecast)
	}
}

// A link's name opens its palette, and a row of that is done.
func TestALinkOpensItsPalette(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	p.up.send(model.Select{Node: "m1"})
	(&link{Link: p.page.Stage.Links[0], Up: p.up}).faults(app.Context{}, app.Event{})
	if got := p.page.Terminal.Faults.Title; got != "Link m1 to r1" {
		t.Errorf("the palette of %q", got)
	}
	(&fault{Fault: model.Fault{Key: "sever"}, Up: p.up}).act(app.Context{}, app.Event{})
	if !p.page.Stage.Links[0].Cut {
		t.Error("the link is not cut")
	}
}

// Simulated time passes with frames, and not by itself: never while a test owns the time.
func TestFrames(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	run := func() string {
		before := p.model.Page().Deck.Clock
		for i := range 40 {
			p.frame(time.Second + time.Duration(i)*16*time.Millisecond)
		}
		if after := p.model.Page().Deck.Clock; after != before {
			return "moved"
		}
		return "stood"
	}
	if got := run(); got != "moved" {
		t.Error("time", got, "while playing")
	}
	p.frozen = true
	if got := run(); got != "stood" {
		t.Error("time", got, "in a test")
	}
}

// A prerendered page begins its frames outside of a browser too, where go-app mounts nothing.
type prerendered struct{ page }

func (p *prerendered) OnPreRender(ctx app.Context) { p.OnMount(ctx) }

// On a slow machine, a frame behind which go-app draws has no next one before it has: laying that out is enough for one. And it has
// one however soon go-app draws: the frame gives way to it whenever it looks at the clock.
func TestTheNextFrameOfASlowMachineWaitsForTheDrawing(t *testing.T) {
	r := newRoom()
	root := &prerendered{page{host: r}}
	p, e := &root.page, app.NewTestEngine()
	if err := e.Load(root); err != nil {
		t.Fatal(err)
	}
	e.ConsumeAll()
	now := time.Second
	waited := func(every time.Duration) (n int) {
		p.rhythm.every, p.rhythm.usual = every, 16*time.Millisecond
		for range 120 {
			next := r.frame
			if r.frame = nil; next == nil {
				t.Fatal("the frames have ended")
			}
			now += 16 * time.Millisecond
			r.looks = e.ConsumeAll
			next(now)
			if r.looks = nil; r.frame != nil {
				continue
			}
			n++
			p.rhythm.drawn = false
			if e.ConsumeAll(); !p.rhythm.drawn {
				t.Fatal("a frame waited for nothing")
			}
		}
		return n
	}
	if n := waited(drawSoonest); n > 0 {
		t.Errorf("on a fast machine %d of 120 frames waited", n)
	}
	if n := waited(drawLatest); n < 5 || n > 30 {
		t.Errorf("on a slow machine %d of 120 frames waited", n)
	}
}

// What flies is drawn where its link is, inside the canvas, and nothing is drawn for those who asked for less motion.
func TestFlightsStayOnTheirLinks(t *testing.T) {
	l := lane{x: 100, y: 50, w: 200, h: 30}
	for _, progress := range []float64{0, 0.5, 1} {
		for _, down := range []bool{true, false} {
			for _, length := range []float64{0, 0.05, 0.6} {
				mark := appendMark(nil, l, model.Flight{Down: down, Progress: progress, Length: length}, false)
				x, y, w, h := mark[1], mark[2], mark[3], mark[4]
				if x < l.x-.01 || x+w > l.x+l.w+.01 || y < l.y || y+h > l.y+l.h {
					t.Errorf("progress %v, down %t, length %v: %v", progress, down, length, mark)
				}
				down := appendMark(nil, lane{l.y, l.x, l.h, l.w}, model.Flight{Down: down, Progress: progress, Length: length}, true)
				if down[1] != y || down[2] != x || down[3] != h || down[4] != w {
					t.Errorf("across %v and down %v are not the same turned", mark, down)
				}
			}
		}
	}
	r := newRoom()
	r.queries["(prefers-reduced-motion: reduce)"] = true
	p, _ := moved(t, r)
	p.up.send(model.Typed{Node: "m1", Line: "SET a 1"})
	for i := range 10 {
		p.frame(time.Duration(i) * 16 * time.Millisecond)
	}
	if len(r.drawn) != 0 {
		t.Errorf("%d drawings with reduced motion", len(r.drawn))
	}
	if p.model.Playing() {
		t.Error("it plays by itself with reduced motion")
	}
}

// Under a strict policy an inline style is ignored, so nobody may write one.
func TestNoInlineStyle(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || f == "picture.go" { // a picture is a document of its own
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{".Style(", ".Styles(", `"style"`} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s uses %s", f, bad)
			}
		}
	}
}

// What is shared is in the address, and following that link leads to the same run.
func TestALinkIsMadeAndFollowed(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	p.up.send(model.Run{Line: "m1> SET a 1"})
	p.up.send(model.ToggleShare{})
	if p.page.Share.Link != "https://example.org/#v=1&a=packed" || r.fragment != "v=1&a=packed" || !strings.Contains(r.packed, "m1> SET a 1") {
		t.Fatalf("the link is %q, the address ends in #%s, and %q was packed", p.page.Share.Link, r.fragment, r.packed)
	}
	trace := p.model.Trace()
	again := New(r).(*page)
	e := app.NewTestEngine()
	if err := e.Load(again); err != nil {
		t.Fatal(err)
	}
	e.ConsumeAll()
	if again.model.Trace() != trace {
		t.Error("the link leads to another run")
	}
	r.fragment = "v=1&a=torn"
	again.followLink() // what OnFragment calls
	if !strings.Contains(again.page.Notice.Text, "Was the whole link copied?") || len(again.page.Stage.Cards) != 3 {
		t.Errorf("a torn link says %q", again.page.Notice)
	}
}

func TestAPanicLeavesTheScriptThatLedThere(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	p.take(model.Typed{Node: "m1", Line: "SET last words"})
	r.kept, r.broken = "", true
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		p.take(model.CopyScript{})
	}()
	if !strings.HasSuffix(r.kept, "m1> SET last words\n") {
		t.Errorf("the script that was kept ends with %q", r.kept[max(0, len(r.kept)-60):])
	}
}

// What a knob usually says is told also where it says that now.
func TestAKnobTellsItsDefaultAlways(t *testing.T) {
	for value, want := range map[string]string{"60": "Usually 60.", "5": "Usually 60."} {
		html := app.HTMLString((&knob{Node: "m1", Knob: model.Knob{Name: "repl-timeout", Value: value, Default: "60"}}).Render())
		if !strings.Contains(html, want) {
			t.Errorf("at %s: %s", value, html)
		}
	}
	if html := app.HTMLString((&knob{Knob: model.Knob{Name: "masterauth"}}).Render()); !strings.Contains(html, "Usually empty.") {
		t.Error(html)
	}
}
