package view

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/assets"
	"resync/web/model"
)

var rewrite = flag.Bool("rewrite", false, "write what the picture in testdata now is")

func TestThePictureOfTheShortOutage(t *testing.T) {
	const golden = "testdata/short-outage.svg"
	got := KeyPicture(scenario(t, "short-outage"), "")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("another picture: look at it, then go test ./web/view -run ThePicture -rewrite\n%s", got)
	}
}

func scenario(t *testing.T, name string) assets.Scenario {
	t.Helper()
	for _, s := range assets.Scenarios() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no scenario %s", name)
	return assets.Scenario{}
}

// Every scenario has a picture that stands alone, in light, in dark and in both, and the same one each time.
func TestEveryScenarioHasItsPicture(t *testing.T) {
	for _, s := range assets.Scenarios() {
		m := model.New([]model.Scenario{model.Scenario(s)}, model.Settings{})
		m.KeyFrame()
		p := m.Picture()
		for _, theme := range []string{"", "light", "dark"} {
			svg, _, _ := Picture(&p, theme)
			said := alone(t, s.Name, svg)
			if theme == "" && KeyPicture(s, theme) != svg {
				t.Errorf("%s: another picture the second time", s.Name)
			}
			if follows := strings.Contains(svg, "prefers-color-scheme"); follows != (theme == "") {
				t.Errorf("%s, %q: it follows the reader's colours: %t", s.Name, theme, follows)
			}
			if dark := strings.Contains(svg, ".f-bg { fill: #0D1117"); dark == (theme == "light") {
				t.Errorf("%s, %q: it has dark colours: %t", s.Name, theme, dark)
			}
			for _, word := range []string{"Resync", "The stream", " asks"} {
				if !strings.Contains(said, word) && !(word == " asks" && s.Name == "playground") {
					t.Errorf("%s: %q is not there:\n%s", s.Name, word, said)
				}
			}
		}
	}
}

// alone checks that a picture is well-formed, small, and needs and does nothing; it returns its words.
func alone(t *testing.T, name, svg string) (said string) {
	t.Helper()
	if len(svg) > 60_000 {
		t.Errorf("%s: %d bytes", name, len(svg))
	}
	known := strings.Fields("svg title desc style defs pattern rect path g text tspan circle line marker clipPath")
	var words strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(svg))
	depth := 0
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch token := token.(type) {
		case xml.CharData:
			words.Write(append(bytes.TrimSpace(token), '\n'))
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth++; depth == 1 && (token.Name.Local != "svg" || token.Name.Space != svgNamespace) {
				t.Errorf("%s: it begins with %v", name, token.Name)
			}
			if !slices.Contains(known, token.Name.Local) {
				t.Errorf("%s: <%s>", name, token.Name.Local)
			}
			for _, a := range token.Attr {
				n := a.Name.Local
				if strings.HasPrefix(n, "on") || n == "href" || n == "style" || strings.HasPrefix(n, "data") ||
					n != "xmlns" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") || strings.Contains(a.Value, "://")) {
					t.Errorf("%s: <%s %s=%q>", name, token.Name.Local, n, a.Value)
				}
			}
		case xml.ProcInst, xml.Directive, xml.Comment:
			t.Errorf("%s: %v", name, token)
		}
	}
	said = words.String()
	if strings.Contains(strings.NewReplacer("url(#gone)", "", "url(#lost)", "").Replace(said), "url(") || strings.Contains(said, "var(") {
		t.Errorf("%s: its sheet asks for something", name)
	}
	return said
}

// A picture can be taken at any moment: of a lesson, of free play, of a world that has just begun.
func TestAPictureOfAnyMoment(t *testing.T) {
	for _, name := range []string{"playground", "reset-or-silence", "split-brain", "same-outage-three-eras", "output-buffer-loop"} {
		m := model.New([]model.Scenario{model.Scenario(scenario(t, name))}, model.Settings{})
		for i := range 20 {
			p := m.Picture()
			svg, width, height := Picture(&p, "")
			alone(t, fmt.Sprintf("%s, moment %d", name, i), svg)
			if !strings.Contains(svg, fmt.Sprintf(`width="%d" height="%d" viewBox="0 0 %d %d"`, width, height, width, height)) || height < 300 || height > 2000 {
				t.Errorf("%s, moment %d: %d × %d", name, i, width, height)
			}
			m, _ = model.Update(m, model.StoryNext{})
			if name == "playground" && i == 5 {
				m, _ = model.Update(m, model.Run{Line: "kill r1"})
			}
			m, _ = model.Update(m, model.Tick{Elapsed: 4 * time.Second})
		}
	}
	empty := model.New([]model.Scenario{{Name: "empty", Text: "title \"Nothing\"\n"}}, model.Settings{})
	p := empty.Picture()
	svg, _, _ := Picture(&p, "dark")
	if said := alone(t, "empty", svg); !strings.Contains(said, "No server yet.") {
		t.Error(said)
	}
}

// An open question is asked on the picture and not answered.
func TestAPictureKeepsTheQuestionOpen(t *testing.T) {
	m := model.New([]model.Scenario{model.Scenario(scenario(t, "short-outage"))}, model.Settings{})
	for range 200 {
		if p := m.Picture(); p.Question != "" {
			svg, _, _ := Picture(&p, "")
			said := alone(t, "short-outage", svg)
			if !strings.Contains(said, "What will its master say?\n▸ CONTINUE\nor\n▣ FULLRESYNC") || strings.Contains(said, "If healed") || len(p.Forecast) > 0 {
				t.Error(said)
			}
			return
		}
		m, _ = model.Update(m, model.StoryNext{})
		m, _ = model.Update(m, model.Tick{Elapsed: time.Second})
	}
	t.Error("nothing was asked")
}

// Whatever a script has for titles, words and data, it stays text.
func TestAPictureShowsMarkupAsText(t *testing.T) {
	evil := `</text></style><script>alert(1)</script><image href="//x" onload='x'/>]]>&amp;&#0;<!--` + "\x01\x7f\u202e\ufffe\xff"
	said := strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffe {
			return -1
		}
		return r
	}, evil), "")
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(said) + `"`
	text := "title " + quoted + "\nabout " + quoted + "\nnode m1\nnode r1 replicaof m1\nwait 6s\nm1> SET " + quoted + " " + quoted +
		"\nstep " + quoted + "\nsay at m1 " + quoted + "\nwait 1s\n"
	m := model.New([]model.Scenario{{Name: "evil", Text: text}}, model.Settings{})
	for range 4 {
		p := m.Picture()
		svg, _, _ := Picture(&p, "")
		if words := alone(t, "evil", svg); !strings.Contains(words, `<script>alert(1)</script>`) {
			t.Error(words)
		}
		m, _ = model.Update(m, model.StoryNext{})
		m, _ = model.Update(m, model.Tick{Elapsed: 3 * time.Second})
	}
	p := m.Picture()
	for _, s := range []*string{&p.Title, &p.Facts, &p.Lead, &p.More, &p.Told, &p.Tape.Label, &p.Tape.About, &p.Tape.Master, &p.Calm} {
		*s = evil
	}
	for i := range p.Stage.Cards {
		c := &p.Stage.Cards[i]
		c.Name, c.Role, c.Word, c.WordTone, c.Figure, c.Caption, c.History, c.Fact = evil, evil, evil, model.ToneLost, evil, evil, evil, evil
		c.Badges = []model.Badge{{Kind: evil, Word: evil}}
	}
	for i := range p.Stage.Links {
		l := &p.Stage.Links[i]
		l.State, l.Note, l.Figure, l.Queue.Word = evil, evil, evil, evil
		l.Badges = []model.Badge{{Kind: evil, Word: evil}}
	}
	for i := range p.Tape.Rails {
		p.Tape.Rails[i].Name, p.Tape.Rails[i].Offset = evil, evil
	}
	p.Forecast = []model.ForecastRow{{Replica: evil, Lead: evil, Cost: evil, When: evil, ThenIs: evil, Answer: model.Answer{Word: evil}, Then: model.Answer{Word: evil}}}
	check := model.Check{Result: evil, Left: evil, Mid: evil, Right: evil, Op1: evil, Op2: evil, Note: evil, NoteMono: evil, Reached: true}
	p.Verdict = model.Verdict{Shown: true, Replica: evil, Master: evil, Asked: evil, History: check, Held: check, Answer: evil, AnswerID: evil, Cost: evil, Log: evil, Tone: model.ToneOK}
	svg, _, _ := Picture(&p, "")
	alone(t, "all evil", svg)
}

// A world of 64 nodes, side by side or in a chain, is drawn as far as it can be read, and what is left out is said.
func TestAPictureOfALargeWorld(t *testing.T) {
	for chain, left := range map[bool]string{false: "51 more nodes", true: "55 more nodes"} {
		text := "title \"Large\"\nnode m1\n"
		for i := 2; i <= 60; i++ {
			master := 1
			if chain {
				master = i - 1
			}
			text += fmt.Sprintf("node m%d replicaof m%d\n", i, master)
		}
		m := model.New([]model.Scenario{{Name: "large", Text: text + "wait 30s\nsever m1 m2\nwait 3s\n"}}, model.Settings{})
		p := m.Picture()
		svg, width, height := Picture(&p, "")
		said := alone(t, "large", svg)
		if width != model.PictureWidth || height > 2000 || !strings.Contains(said, left+" are not drawn") || !strings.Contains(said, "more replicas are not drawn") {
			t.Errorf("chain %t: %d × %d\n%s", chain, width, height, said)
		}
	}
}

// The share panel saves it: as SVG for either theme, as PNG in that of the page, or it says why not.
func TestThePanelSavesThePicture(t *testing.T) {
	r := newRoom()
	p, _ := moved(t, r)
	p.take(model.SaveAs{Form: "poster"})
	if svg := r.saved["playground.svg"]; !strings.HasPrefix(svg, "<svg ") || !strings.Contains(svg, "prefers-color-scheme") {
		t.Errorf("saved %.200q", svg)
	}
	for _, dark := range []bool{false, true} {
		r.queries["(prefers-color-scheme: dark)"] = dark
		p.take(model.SaveAs{Form: "poster-png"})
		if r.saved["playground.png"] != "PNG" || strings.Contains(r.painted, "prefers-color-scheme") || strings.Contains(r.painted, ".f-bg { fill: #0D1117") != dark {
			t.Errorf("dark %t: %q, painted %.300q", dark, r.saved["playground.png"], r.painted)
		}
	}
	r.broken = true
	p.take(model.SaveAs{Form: "poster-png"})
	if !strings.Contains(p.page.Notice.Text, "makes no PNG") {
		t.Errorf("nothing was said: %q", p.page.Notice)
	}
}

func TestTextsAreCutAndWrapped(t *testing.T) {
	for _, c := range []struct {
		text string
		room float64
		most int
		want []string
	}{
		{"", 100, 3, nil},
		{"one", 100, 3, []string{"one"}},
		{"one two three four", 75, 3, []string{"one two", "three four"}},
		{"one two three four", 75, 1, []string{"one two t…"}},
		{"incomprehensibilities are", 75, 3, []string{"incompre…", "are"}},
		{"  spaces \n and\tlines ", 500, 1, []string{"spaces and lines"}},
	} {
		got := wrapped(c.text, small12, c.room, c.most)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
		for _, line := range got {
			if small12.width(line) > c.room {
				t.Errorf("%q is %v wide, and %v is there", line, small12.width(line), c.room)
			}
		}
	}
}

// Every panel that is offered has a picture, alone in either theme, with its own words; whatever is in them stays text.
func TestEveryPanelHasItsPicture(t *testing.T) {
	p, _ := moved(t, newRoom())
	for _, line := range []string{"m1> SET a 1", "isolate m1", "m1> SET lost '</text><script>&'", "r1> REPLICAOF NO ONE", "r2> REPLICAOF r1 6380"} {
		p.take(model.Run{Line: line})
		p.take(model.Tick{Elapsed: 2 * time.Second})
	}
	p.take(model.Select{Node: "m1"})
	picture := func(panel string, want ...string) {
		moment := p.model.PictureOf(panel)
		for _, theme := range []string{"light", "dark"} {
			svg, _, height := Picture(&moment, theme)
			_, said, _ := strings.Cut(alone(t, panel, svg), "{") // behind what is told of the whole
			for _, w := range want {
				if !strings.Contains(said, w) {
					t.Errorf("%s: no %q in %s", panel, w, said)
				}
			}
			if height < 60 || height > 1400 {
				t.Errorf("%s is %d high", panel, height)
			}
		}
	}
	want := map[string][]string{
		"story": {"One master, two replicas"}, "stage": {"master_repl_offset"}, "stream": {"every byte m1 has sent"}, "answers": {"Still held?"}, "wire": {"now"},
		"time": {"isolate m1"}, "ledger": {"Ledger of m1", "min-replicas-to-write", "backlog none → from byte 1"},
		"audit": {"r1 lacks 1 of", "</text><script>&"}, "compare": {"There is one branch"},
	}
	for _, f := range model.Panels {
		if picture(f.Name, want[f.Name]...); want[f.Name] == nil {
			t.Errorf("nobody knows what %s shows", f.Name)
		}
	}
	p.take(model.SeekEvent{Event: 600, AtOnce: true})
	p.take(model.Run{Line: "m1> SET other 1"})
	picture("compare", "At their ends", "1 write answered OK in B", "SET other 1")
	picture("time", "A") // its ghost
}

// A picture of one panel has that panel and no other, in all themes, and is whole by itself.
func TestAPictureOfOnePanel(t *testing.T) {
	p, _ := moved(t, newRoom())
	for panel, want := range map[string]string{"stage": "p-card", "stream": "tape__plot", "answers": "p-line", "wire": "wire__plot"} {
		p.take(model.Run{Line: "sever m1 r1"})
		moment := p.model.PictureOf(panel)
		svg, width, height := Picture(&moment, "")
		for other, sign := range map[string]string{"stage": `class="p-card`, "stream": `class="tape__plot`, "wire": `class="wire__plot`} {
			if has := strings.Contains(svg, sign); has != (other == panel) {
				t.Errorf("%s in the picture of %s: %v", other, panel, has)
			}
		}
		if !strings.Contains(svg, want) || width != model.PictureWidth || height < 60 || height > 500 {
			t.Errorf("%s: %d x %d, with %s: %v", panel, width, height, want, strings.Contains(svg, want))
		}
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", panel, err)
			}
		}
		p.take(model.SaveAs{Form: panel})
		if name := "playground-" + panel + ".svg"; !strings.Contains(p.host.(*room).saved[name], want) {
			t.Errorf("%s was not saved", name)
		}
	}
}
