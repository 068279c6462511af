package view

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// framed is the page in a frame, at a fragment.
func framed(t *testing.T, fragment string) (*page, *room) {
	t.Helper()
	r := newRoom()
	r.embedded, r.fragment, r.width = true, fragment, 360
	r.stored["theme"] = "dark"
	p, _ := moved(t, r)
	p.exposeEmbed()
	return p, r
}

// ask is what assets/frame.js does.
func ask(t *testing.T, r *room, words ...string) (result any, code string) {
	t.Helper()
	var answer struct {
		Result        any
		Code, Message string
	}
	if err := json.Unmarshal([]byte(r.exposed["embed"](words)), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Result, answer.Code
}

func TestAFrameShowsWhatItsFragmentAsksFor(t *testing.T) {
	all := []string{"stage", "tape", "lead", "cli-m1", "play", "open-full"}
	for _, c := range []struct {
		fragment string
		shown    []string
	}{
		{"v=1", all},
		{"v=1&view=stage", []string{"stage", "play", "open-full"}},
		{"v=1&view=tape", []string{"tape", "play", "open-full"}},
		{"v=1&view=wire", []string{"wire", "play", "open-full"}},
		{"v=1&view=cli", []string{"cli-m1", "play", "open-full"}},
		{"v=1&controls=none", []string{"stage", "tape", "lead"}},
		{"v=1&readonly", []string{"stage", "tape", "lead", "play", "open-full"}},
		{"v=1&controls=full", []string{"stage", "tape", "lead", "cli-m1", "play", "gallery-open"}},
		{"v=1&view=everything&controls=many", all},
	} {
		p, r := framed(t, c.fragment)
		html := app.HTMLString(p.Render())
		for _, id := range append(all, "wire", "gallery-open") {
			want := false
			for _, s := range c.shown {
				want = want || s == id
			}
			if got := strings.Contains(html, `data-testid="`+id+`"`); got != want {
				t.Errorf("%s: %s is shown: %t", c.fragment, id, got)
			}
		}
		if p.page.Stage.Vertical && !strings.Contains(c.fragment, "full") {
			t.Errorf("%s: the nodes do not stand side by side", c.fragment)
		}
		if r.theme != "" {
			t.Errorf("%s: the theme is %q: what was chosen elsewhere is not the frame's", c.fragment, r.theme)
		}
	}
}

func TestAFrameDoesWhatItsHostAsksFor(t *testing.T) {
	p, r := framed(t, "v=1&readonly=1&autoplay=off&speed=2")
	for i := range 3 {
		p.frame(time.Second + time.Duration(i)*16*time.Millisecond)
	}
	var news struct {
		State struct {
			T       int64
			Playing bool
			Speed   float64
		}
		Events []struct{ Type string }
	}
	look := func() {
		t.Helper()
		news.Events = nil
		if err := json.Unmarshal([]byte(r.exposed["news"](nil)), &news); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if news.State.Playing || news.State.Speed != 2 {
		t.Errorf("it begins with %+v", news.State)
	}
	if (&linkAct{Line: p.page.Stage.Links[0].Line, Up: p.up}).act(app.Context{}, app.Event{}); p.page.Stage.Links[0].Cut {
		t.Error("the reader cut a link of a frame that is for reading")
	}
	result, code := ask(t, r, "exec", "m1", "SET k v")
	if m, ok := result.(map[string]any); !ok || m["reply"] != "OK" || code != "" {
		t.Errorf("SET: %v %s", result, code)
	}
	if _, code := ask(t, r, "run", "sever m1 r1"); code != "" || p.page.Stage.Links[0].Cut {
		t.Errorf("sever: %s, looked at before the next frame: %t", code, p.page.Stage.Links[0].Cut)
	}
	if p.frame(time.Second + 48*time.Millisecond); !p.page.Stage.Links[0].Cut {
		t.Error("the next frame does not show that the link is cut")
	}
	look()
	if len(news.Events) != 1 || news.Events[0].Type != "command" {
		t.Errorf("news: %+v", news.Events)
	}
	for _, c := range []struct{ code, words string }{
		{"", "play"}, {"", "pause"}, {"", "step 2"}, {"", "step -1"}, {"", "seek t 5"}, {"", "seek event 3"}, {"", "speed 5"}, {"", "set theme dark"},
		{"", "set view tape"}, {"", "load v=1&s=short-outage"}, {"", "wire true"}, {"", "sleep true"}, {"", "link"}, {"", "state"},
		{"invalid", "step many"}, {"invalid", "step 1e9"}, {"invalid", "seek t -1"}, {"invalid", "speed 0"}, {"invalid", "speed NaN"}, {"invalid", "speed 21"}, {"", "set lazy eager"}, {"invalid", "set lazy often"}, {"", "set max-height 30rem"}, {"invalid", "set view all"}, {"invalid", "set theme purple"}, {"invalid", "set node nobody"}, {"", "set node r1"}, {"", "set node"}, {"", "set readonly readonly"},
		{"invalid", "set location x"}, {"invalid", "load v=2"}, {"unknown", "load v=1&s=nowhere"}, {"refused", "exec nobody PING"},
		{"refused", "run explode m1"}, {"unsupported", "navigate x"},
	} {
		if _, code := ask(t, r, strings.Fields(c.words)...); code != c.code {
			t.Errorf("%s: %q, want %q", c.words, code, c.code)
		}
	}
	if r.theme != "dark" || r.stored["theme"] != "dark" {
		t.Errorf("theme %q, stored %q", r.theme, r.stored["theme"])
	}
	if got := r.exposed["link"](nil); !strings.HasSuffix(strings.SplitN(got, "&t=", 2)[0], " v=1&s=short-outage") {
		t.Errorf("link %q", got)
	}
	at := p.model.Happened()
	p.embed.Play, p.embed.pending = "once", true
	for i := range 30 {
		p.frame(2*time.Second + time.Duration(i)*16*time.Millisecond)
	}
	if p.model.Happened() != at {
		t.Error("time passed out of sight")
	}
}

// told is what the host is told now beside the state.
func told(t *testing.T, r *room) (notice string) {
	t.Helper()
	var news struct{ Notice string }
	if err := json.Unmarshal([]byte(r.exposed["news"](nil)), &news); err != nil {
		t.Fatal(err)
	}
	return news.Notice
}

func TestAHostHearsOnceWhatIsWrongWithWhatItAskedFor(t *testing.T) {
	for fragment, want := range map[string]string{
		"v=1&s=short-outage":       "",
		"v=1&view=bogus":           `view is stage, tape, wire or cli, and not "bogus".`,
		"v=1&node=nobody&view=all": `view is stage, tape, wire or cli, and not "all". node is one that is there, and not "nobody".`,
		"v=1&theme=purple":         `The link says "theme=purple", which is no theme (light, dark or auto).`,
		"v=1&s=nowhere":            `There is no scenario "nowhere" in the library: here is the first one.`,
		"v=9":                      `This link is of version "9", and this page reads version 1. A newer page may open it.`,
		"v=1&node=r1&keys=on":      "",
		"v=1&readonly=readonly&t":  `The link says "t", which is no moment in milliseconds.`,
		"v=1&step=2&speed=100":     `speed is a number from 0.02 to 20, and not "100". The link says "step=2", and this has 0 chapters.`,
		// An iframe's own words, as the element's attributes are called.
		"v=1&scenario=split-brain&lazy=click&group=a&title=A%20b&min-height=10rem&max-height=none&trusted&lang=en": "",
	} {
		p, r := framed(t, fragment)
		for i := range 30 {
			p.frame(time.Second + time.Duration(i)*16*time.Millisecond)
		}
		if seen := p.page.Notice.String(); seen != want {
			t.Errorf("%s: who looks at it is told %q, want %q", fragment, seen, want)
		}
		if got := told(t, r); got != want {
			t.Errorf("%s: %q, want %q", fragment, got, want)
		}
		if again := told(t, r); again != "" {
			t.Errorf("%s: said again: %q", fragment, again)
		}
	}
}

// In a frame there is no editor that would list the lines of a script that are wrong. The notice does, and the host hears of all.
func TestAFrameTellsEveryLineThatIsWrong(t *testing.T) {
	for controls, want := range map[string]string{"minimal": "notice-rest", "full": "editor-error-2"} {
		r := newRoom()
		r.embedded, r.fragment, r.packed = true, "v=1&a=packed&controls="+controls, "node m1\nsevr m1 r1\n  wait soon\nheal m1\n"
		p, _ := moved(t, r)
		p.exposeEmbed()
		html := app.HTMLString(p.Render())
		for _, id := range []string{"notice-rest", "editor-error-2"} {
			if strings.Contains(html, `data-testid="`+id+`"`) != (id == want) {
				t.Errorf("%s: it has %s, or lacks it", controls, id)
			}
		}
		said := told(t, r)
		for _, place := range []string{"line 2, column 1", "line 3, column 8", "line 4, column 8"} {
			if !strings.Contains(html, place) || !strings.Contains(said, place) {
				t.Errorf("%s: %s is not told, or not to the host: %q", controls, place, said)
			}
		}
	}
}

// Where there are no tabs, the prompt stays in its place also when a script is wrong: in every drawing, however long its lines are
// read and what is right of them is run.
func TestAFrameWithAWrongScriptHasItsPrompt(t *testing.T) {
	r := newRoom()
	r.embedded, r.fragment = true, "v=1&a=packed"
	r.packed = "node m1\nload m1 rate 2000/s\n" + strings.Repeat("# It is read over many frames.\n", 4_000) + "wait 60s\nnonsense\n"
	p, _ := moved(t, r)
	running := 0
	for i, on := 0, true; on; i++ {
		on = p.model.Opening()
		p.frame(time.Second + time.Duration(i)*16*time.Millisecond)
		if p.model.Notice().Text != "" && on {
			running++
		}
		p.lookAt(model.AllParts)
		if html := app.HTMLString(p.Render()); p.model.HasNode("m1") && !strings.Contains(html, `data-testid="cli-m1"`) || strings.Contains(html, `data-testid="editor"`) {
			t.Fatal("there is an editor in its place, in frame ", i)
		}
	}
	if running == 0 {
		t.Error("what is right ran within a frame: nothing was seen of it")
	}
	r.packed = "node m1\nnonsense\n"
	p.follow(r.fragment) // as when the host loads another, and go-app draws before the next frame
	if strings.Contains(app.HTMLString(p.Render()), `data-testid="editor"`) {
		t.Error("between two frames there is an editor in its place")
	}
}

// A slowRoom takes its time to unpack a script, as browsers do.
type slowRoom struct {
	*room
	unpack func()
}

func (r *slowRoom) Unpack(packed string, _ int, f func(string, bool)) {
	r.unpack = func() { f(r.packed, true) }
}

// While a link's script is unpacked the host is told that something opens, and what is wanted of it waits for that.
func TestAFrameOpensFromWhenItsLinkWasRead(t *testing.T) {
	r := &slowRoom{room: newRoom()}
	r.embedded, r.fragment, r.packed = true, "v=1&a=packed&autoplay=off", "node m1\n"
	p := New(r).(*page)
	if err := app.NewTestEngine().Load(p); err != nil {
		t.Fatal(err)
	}
	p.exposeEmbed()
	look := func() (state struct{ Opening, Playing bool }) {
		for i := range 5 {
			p.frame(time.Second + time.Duration(i)*16*time.Millisecond)
		}
		news := struct{ State any }{&state}
		if err := json.Unmarshal([]byte(r.exposed["news"](nil)), &news); err != nil {
			t.Fatal(err)
		}
		return state
	}
	if before := look(); !before.Opening {
		t.Error("nothing opens")
	}
	r.unpack()
	if after := look(); after.Opening || after.Playing {
		t.Errorf("%+v: it opens, or does not do without playing", after)
	}
}

// Time has passed since the last link was made: who leaves for the whole page comes to what the frame shows.
func TestTheWayToTheWholePageLeadsToThisMoment(t *testing.T) {
	p, r := framed(t, "v=1&s=short-outage&autoplay=off&theme=dark")
	for _, moment := range []string{"200", "100"} {
		ask(t, r, "seek", "t", moment)
		p.freshLink(app.Context{}, app.Event{})
		if html := app.HTMLString(p.Render()); !strings.Contains(html, `href="index.html#v=1&s=short-outage&t=`+moment+`"`) {
			t.Errorf("at %s ms it leads elsewhere", moment)
		}
	}
}

// A host may take a frame away at any moment: it has a link to what was done without asking for one.
func TestWhatWasDoneIsLinkedAtOnce(t *testing.T) {
	p, r := framed(t, "v=1&autoplay=off")
	next := func() string {
		p.frame(time.Second)
		return r.exposed["link"](nil)
	}
	before := next()
	p.up.send(model.Step{})
	p.up.send(model.Edited{Node: "m1", Text: "SET"})
	if got := next(); got != before {
		t.Errorf("a look at another moment made the link %s", got)
	}
	(&linkAct{Line: p.page.Stage.Links[0].Line, Up: p.up}).act(app.Context{}, app.Event{})
	cut := next()
	if cut == before || !strings.Contains(cut, "&a=") {
		t.Errorf("a cut left the link %s", cut)
	}
	p.up.send(model.Typed{Node: "m1", Line: "SET typed 1"})
	typed := next()
	if typed == cut {
		t.Errorf("a line at the prompt left the link %s", typed)
	}
	cut = typed
	if ask(t, r, "exec", "m1", "SET k v"); r.exposed["link"](nil) == cut {
		t.Errorf("a command left the link %s", cut)
	}
}

// What begins by itself can be stopped where there are no controls, and only then is there something to stop it with.
func TestAFrameWithoutControlsCanBeStopped(t *testing.T) {
	p, r := framed(t, "v=1&controls=none&autoplay=off")
	shown := func() bool {
		p.frame(time.Second)
		p.lookAt(model.AllParts)
		return strings.Contains(app.HTMLString(p.Render()), `data-testid="hold"`)
	}
	if shown() {
		t.Error("there is a button for what stands still")
	}
	ask(t, r, "set", "autoplay", "once")
	if !shown() || !p.page.Deck.Playing {
		t.Errorf("playing %t, and no button", p.page.Deck.Playing)
	}
	p.embed.held = true
	p.up.send(model.Play{})
	if p.page.Deck.Playing || !shown() {
		t.Error("once stopped, there is no way on")
	}
}
