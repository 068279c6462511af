package model

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"resync/assets"
	"resync/engine/script"
	"resync/engine/sim"
)

func library() []Scenario {
	var list []Scenario
	for _, s := range assets.Scenarios() {
		list = append(list, Scenario(s))
	}
	return list
}

// Published are links that were given away. They have to mean the same for ever: lines are added here, never changed.
var published = map[string]Permalink{
	"v=1&s=short-outage":                                {Scenario: "short-outage", Moment: -1},
	"v=1&s=short-outage&t=2431":                         {Scenario: "short-outage", Moment: 2431},
	"v=1&s=split-brain&seed=7&step=2&node=r1":           {Scenario: "split-brain", Seed: 7, Chapter: 2, Node: "r1", Moment: -1},
	"v=1&theme=dark&a=UyjJSFXQMFQoVwQA":                 {Theme: "dark", Packed: "UyjJSFXQMFQoVwQA", Moment: -1},
	"v=1&s=playground&profile=2.8":                      {Scenario: "playground", Profile: "2.8", Moment: -1},
	"s=short-outage":                                    {Scenario: "short-outage", Moment: -1},
	"v=1&s=short-outage&view=tape&controls=none&test=1": {Scenario: "short-outage", Moment: -1},
}

func TestPublishedPermalinksMeanWhatTheyMeant(t *testing.T) {
	for fragment, want := range published {
		got, notices, ok := ParsePermalink(fragment)
		if got != want || len(notices) > 0 || !ok {
			t.Errorf("%s is %+v, %q, %v; want %+v", fragment, got, notices, ok, want)
		}
	}
}

func TestAPermalinkIsReadAsItIsWritten(t *testing.T) {
	for _, want := range published {
		if got, notices, ok := ParsePermalink(want.String()); got != want || notices != nil || !ok {
			t.Errorf("%s is read as %+v, %q", want, got, notices)
		}
	}
}

func TestWhatIsWrongWithAPermalinkIsSaid(t *testing.T) {
	for _, k := range []struct {
		fragment, notice string
		ok               bool
	}{
		{"v=2&s=short-outage", `version "2"`, false},
		{"v=1&s=short-outage&t=-1", `"t=-1", which is no moment`, true},
		{"v=1&s=short-outage&t=99999999999999", "no moment", true},
		{"v=1&s=<script>alert(1)</script>", "no scenario", true},
		{"v=1&seed=0", "no seed", true},
		{"v=1&step=x", "no chapter", true},
		{"v=1&theme=blue", "no theme", true},
		{"v=1&colour=blue", `"colour=blue", which means nothing`, true},
		{"v=1&a=%3Cb%3E", "no script", true},
		{"", "", false},
		{"test=1", "", false},
		{strings.Repeat("x", 1<<20), "…", false},
	} {
		_, notices, ok := ParsePermalink(k.fragment)
		all := strings.Join(notices, " ")
		if ok != k.ok || !strings.Contains(all, k.notice) || k.notice == "" && all != "" || len(all) > 300 {
			t.Errorf("%.60s: %v %q", k.fragment, ok, all)
		}
	}
}

// linkedTo is a page that was opened by a link; packed stands for what the browser does with a script.
func linkedTo(fragment, packed string) Model {
	l, notices, _ := ParsePermalink(fragment)
	m := New(library(), Settings{})
	m, _ = Update(m, Linked{Link: l, Script: packed, Notices: notices})
	for m.opening {
		m, _ = Update(m, Frame{Elapsed: 16e6})
	}
	return m
}

func TestALinkLeadsToAMoment(t *testing.T) {
	for _, s := range library() {
		for _, millis := range []string{"0", "2431", "20000"} {
			m := linkedTo("v=1&s="+s.Name+"&t="+millis, "")
			if got := clock(m.world().Now()); got != map[string]string{"0": "0.000", "2431": "2.431", "20000": "20.000"}[millis] || m.playing || m.notice.Text != "" {
				t.Errorf("%s: at %s instead of %s ms, playing %v, %q", s.Name, got, millis, m.playing, m.notice)
			}
		}
	}
}

func TestALinkLeadsToAChapter(t *testing.T) {
	m := linkedTo("v=1&s=short-outage&step=3&node=r1", "")
	if got := m.session().Chapter(); got != 3 || m.selected != "r1" {
		t.Errorf("chapter %d, %s", got, m.selected)
	}
	m, _ = Update(m, StoryNext{})
	for range 20_000 {
		m, _ = Update(m, Frame{Elapsed: 16e6})
	}
	if m.problem != "" || m.session().Chapter() < 3 {
		t.Errorf("it does not go on: %q", m.problem)
	}
}

// Only at the end of an opening it is known whether what a link asks for is there.
func TestALinkThatAsksForWhatIsNotThereSaysSo(t *testing.T) {
	for fragment, want := range map[string]string{
		"v=1&s=short-outage&step=9":            `The link says "step=9", and this has 5 chapters.`,
		"v=1&s=playground&step=1":              `The link says "step=1", and this has 0 chapters.`,
		"v=1&s=short-outage&node=m2":           `node is one that is there, and not "m2".`,
		"v=1&s=short-outage&step=4&node=r1":    "",
		"v=1&s=psync-during-save&t=0&node=r1":  "",
		"v=1&s=psync-during-save&t=0&node=r3":  `node is one that is there, and not "r3".`,
		"v=1&s=nowhere&node=m2&step=2&theme=x": `The link says "theme=x", which is no theme (light, dark or auto). There is no scenario "nowhere" in the library: here is the first one. node is one that is there, and not "m2". The link says "step=2", and this has 0 chapters.`,
	} {
		m := linkedTo(fragment, "")
		if got := m.Notice().String(); got != want {
			t.Errorf("%s: %q, want %q", fragment, got, want)
		}
		if m.selected == "" {
			t.Errorf("%s: no node is selected", fragment)
		}
	}
}

// What is shared and opened again is the same run: the same events, byte for byte.
func TestASharedRunIsTheSameRun(t *testing.T) {
	m := New(library(), Settings{})
	for _, line := range []string{"m1> SET a 1", "sever m1 r1", "m1> INCR b", "wait 700ms", "heal m1 r1", "wait 3s"} {
		m, _ = Update(m, Run{line})
		m, _ = Update(m, Tick{Elapsed: 300e6})
	}
	l, text := m.permalink()
	if text == "" || l.Scenario != "" {
		t.Fatalf("%+v says nothing of what was done", l)
	}
	l.Packed = "x"
	again := linkedTo(l.String(), text)
	if a, b := m.world().HashText(), again.world().HashText(); a != b || m.world().Now() != again.world().Now() {
		t.Errorf("at %s the trace is %s; it was %s at %s", clock(again.world().Now()), b, a, clock(m.world().Now()))
	}
	untouched := linkedTo("v=1&s=backlog-overflow&t=9000", "")
	if l, text := untouched.permalink(); text != "" || l.Scenario != "backlog-overflow" || l.Moment != 9000 {
		t.Errorf("a story as it stands is %+v with %d bytes of script", l, len(text))
	}
}

// A script that is wrong runs up to its first error, and all of it can be corrected.
func TestALinkWithAWrongScriptRunsWhatIsRight(t *testing.T) {
	m := linkedTo("v=1&a=x", "node m1\nwait 1s\nsevr m1 r1\nwait 9s\n")
	if got := clock(m.world().Now()); got != "1.000" || len(m.world().Names()) != 1 {
		t.Errorf("it is %s, nodes %v", got, m.world().Names())
	}
	if !strings.Contains(m.notice.Text, "line 3") || !m.editor.open || m.tab != TabScript || len(m.editor.errors) == 0 {
		t.Errorf("notice %q, editor %+v", m.notice, m.editor)
	}
	m = linkedTo("v=1&a=x", "node m1\nsevr m1 r1\n  wait soon\nnode m1\n")
	const all = `The script of this link is wrong from line 2, column 1 on: unknown statement 'sevr': did you mean 'sever'? What stands before was run.
line 3, column 8: 'soon' is no duration; write 250ms, 1.5s or 2m
line 4, column 6: there is a node m1 already`
	if got := m.Page().Notice.String(); got != all {
		t.Error(got)
	}
	m, _ = Update(m, DismissNotice{})
	if m.Page().Notice.Text != "" {
		t.Error("the notice stays")
	}
	if m = linkedTo("v=1&s=nowhere", ""); !strings.Contains(m.notice.Text, `no scenario "nowhere"`) || len(m.world().Names()) == 0 {
		t.Errorf("notice %q", m.notice)
	}
}

// A runbook repeats the whole story, wherever in it the reader is.
func TestARunbookHoldsWhatIsStillToCome(t *testing.T) {
	m := linkedTo("v=1&s=short-outage&t=0", "")
	if m.session().Done() {
		t.Fatal("the story is over at its beginning")
	}
	_, cmds := Update(m, SaveAs{"runbook"})
	for _, line := range []string{"\nsever m1 r1\n", "\nheal m1 r1\n", "tell '== In production'\n"} {
		if !strings.Contains(cmds[0].(Download).Data, line) { // the archive keeps its files as they are
			t.Errorf("it lacks %q", line)
		}
	}
}

func TestTheSharePanel(t *testing.T) {
	m := linkedTo("v=1&s=short-outage&t=20000", "")
	m, cmds := Update(m, ToggleShare{})
	pack, ok := cmds[0].(Pack)
	if !ok || pack.Text != "" || m.Page().Share.Link != "" {
		t.Fatalf("%+v, %+v", cmds, m.Page().Share)
	}
	m, _ = Update(m, Packed{Page: "https://example.org/docs/index.html", Fragment: pack.Link.String()})
	s := m.Page().Share
	if s.Link != "https://example.org/docs/index.html#v=1&s=short-outage&t=20000" || s.Note != "" ||
		!strings.Contains(s.Embed, `src="https://example.org/docs/v1/embed.js"`) || !strings.Contains(s.Embed, "#v=1&amp;s=") {
		t.Errorf("%+v", s)
	}
	m, _ = Update(m, Packed{Page: "https://example.org/", Fragment: "v=1&a=" + strings.Repeat("x", 3000)})
	if s := m.Page().Share; !strings.Contains(s.Note, "3,02") {
		t.Errorf("a long link: %q", s.Note)
	}
	if ask := m.Page().Story.Ask; ask != (Ask{}) {
		t.Errorf("the link led past a question, and the reader is judged: %+v", ask)
	}
	for _, f := range Forms {
		_, cmds := Update(m, SaveAs{f.Name})
		if save, ok := cmds[0].(SavePicture); ok {
			if png := f.Name == "poster-png"; save.PNG != png || strings.HasSuffix(save.Name, ".png") != png || !strings.HasPrefix(save.Name, "short-outage.") {
				t.Errorf("%s: %+v", f.Name, save)
			}
			if p := save.Picture; p.Question != "" || !strings.HasSuffix(p.Facts, "at 20.000 s") {
				t.Errorf("a question that has been answered is asked: %q, %s", p.Question, p.Facts)
			}
			continue
		}
		d, ok := cmds[0].(Download)
		if !ok || d.Data == "" {
			t.Errorf("%s: %+v", f.Name, cmds)
			continue
		}
		switch f.Name {
		case "script":
			if _, err := script.Parse("", d.Data); err != nil {
				t.Error(err)
			}
		case "trace":
			if n := strings.Count(d.Data, "\n"); n != m.world().Events().Len() {
				t.Errorf("%d lines for %d events", n, m.world().Events().Len())
			}
		case "runbook":
			r, err := zip.NewReader(bytes.NewReader([]byte(d.Data)), int64(len(d.Data)))
			if err != nil {
				t.Fatal(err)
			}
			want := m.session().Whole(0).Runbook()
			if len(r.File) != len(want) {
				t.Fatalf("%d files, want %d", len(r.File), len(want))
			}
			for i, f := range r.File {
				content, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(content) // checks the sum, too
				if err != nil || string(text) != want[i].Text || f.Name != "short-outage/"+want[i].Name || f.Mode()&0o100 != 0 != want[i].Run {
					t.Errorf("%s, mode %s: %v", f.Name, f.Mode(), err)
				}
			}
		}
	}
	if m, cmds = Update(m, ToggleShare{}); m.Page().Share.Open || cmds[0] != (Focus{ShareID}) {
		t.Errorf("it stays open: %+v", cmds)
	}
}

// A link may ask for another era where the script names none: that is one word in front of every node's settings, and stays so
// when the run is begun again or given away.
func TestALinkAsksForAnEra(t *testing.T) {
	m := linkedTo("v=1&s=playground&profile=4.0", "")
	p := m.Page()
	if m.problem != "" || m.notice.Text != "" || len(p.Stage.Cards[0].Badges) != 1 || p.Stage.Cards[0].Badges[0].Word != "Redis 4.0" || p.Bar.Facts[0] != "Redis 4.0" {
		t.Fatalf("%q %q %+v %v", m.problem, m.notice, p.Stage.Cards[0], p.Bar.Facts)
	}
	do(&m, Restart{})
	if link, text := m.permalink(); link.Profile != "4.0" || link.Scenario != "playground" || text != "" {
		t.Errorf("%+v %q", link, text)
	}
	do(&m, Run{"sever m1 r1"})
	if link, text := m.permalink(); link.Profile != "" || !strings.Contains(text, "node m1 era 4.0") {
		t.Errorf("%+v %q", link, text)
	}
	do(&m, Pick{"short-outage"})
	if link, _ := m.permalink(); link.Profile != "" || m.Page().Bar.Facts[0] != "Redis 7.0" {
		t.Errorf("the era stays: %+v", link)
	}
}

func TestAnEraThatCannotBeIsRefused(t *testing.T) {
	for fragment, why := range map[string]string{
		"v=1&s=same-outage-three-eras&profile=4.0": "says itself that m26 is a Redis 2.6. It is shown as it was written.",
		"v=1&s=short-outage&profile=2.6":           "m1 cannot be one: ",
		"v=1&s=short-outage&profile=3.2":           `"profile=3.2", which is no Redis that is known here (2.6, 2.8, 4.0, 7.0, 8.0)`,
	} {
		m := linkedTo(fragment, "")
		link, _, _ := ParsePermalink(fragment)
		plain := linkedTo("v=1&s="+link.Scenario, "")
		if !strings.Contains(m.notice.Text, why) || m.problem != "" || m.Trace() != plain.Trace() {
			t.Errorf("%s: %q, %q", fragment, m.notice, m.problem)
		}
		if again, _ := m.permalink(); again.Profile != "" {
			t.Errorf("%s: the link still says %s", fragment, again.Profile)
		}
	}
}

// What the stories tell of 7.0 holds in Valkey 8.0, too.
func TestTheStoriesHoldInValkey(t *testing.T) {
	for _, s := range library() {
		m := linkedTo("v=1&s="+s.Name+"&profile=8.0", "")
		if strings.Contains(m.notice.Text, "says itself") != strings.Contains(s.Text, " era ") || m.profile == "" && m.notice.Text == "" {
			t.Errorf("%s: %q", s.Name, m.notice)
			continue
		}
		for m.lesson() && m.problem == "" {
			m.tale.goOn()
			m.turn(sim.Never - 1)
		}
		if m.problem != "" {
			t.Errorf("%s: %s", s.Name, m.problem)
		}
	}
}

// A long script in a link is read and run over many frames, also the part of one that is wrong; given up in any of them, the
// page is as it was before the link came.
func TestALongLinkIsReadInSlicesAndCanBeGivenUp(t *testing.T) {
	right := "node m1\n" + strings.Repeat("m1> SET key \"a value that is somewhat long, so that the whole is long as well\"\n", 4000)
	for _, c := range []struct {
		name, text, notice string
		passes             int
	}{
		{"right", right, "", 1},
		{"wrong at its end", right + "nonsense\n", "The script of this link is wrong from line 4002", 2},
	} {
		m := opened(t, "")
		do(m, Typed{"m1", "SET own key"})
		want := m.Script()
		link, _, _ := ParsePermalink("v=1&a=x")
		for frames := 0; ; frames++ {
			do(m, Linked{Link: link, Script: c.text})
			for range frames {
				do(m, Frame{Elapsed: 16 * time.Millisecond})
			}
			opening := m.Page().Opening
			if opening == "" {
				break
			}
			if reading := frames < c.passes*(len(c.text)/parseSlice+1)-1; reading != strings.HasPrefix(opening, "Reading the script… ") {
				t.Fatalf("%s, in frame %d: %s", c.name, frames, opening)
			}
			do(m, CancelOpening{})
			if m.Page().Opening != "" || m.Script() != want || m.scenario == ownScenario || m.notice.Text != "" {
				t.Fatalf("%s, given up after %d frames: %s %s", c.name, frames, m.status, m.notice)
			}
		}
		if n := len(m.session().Script().Statements); m.scenario != ownScenario || n < 4001 || !strings.HasPrefix(m.notice.Text, c.notice) {
			t.Errorf("%s: %s with %d statements, %q", c.name, m.scenario, n, m.notice)
		}
	}
}

// A link out of the middle of a lesson, in which the reader has done something, leads there: to what was done, and to the chapters
// that are still to come.
func TestALinkIntoATouchedLesson(t *testing.T) {
	m := opened(t, "short-outage")
	for m.session().Chapter() < 2 {
		do(m, StoryNext{}, Guess{"r1", "continue"}, Tick{100 * time.Millisecond})
	}
	do(m, Frame{Elapsed: 33 * time.Millisecond}, Run{"m1> SET mine 1"}, Run{"node r9 replicaof m1"})
	link, text := m.Permalink()
	again := linkedTo(Permalink{Packed: "a", Moment: link.Moment}.String(), text)
	if ahead := again.world().Now().Sub(m.world().Now()); ahead < 0 || ahead > time.Millisecond {
		t.Errorf("it opens %v behind what was shown", ahead)
	}
	if keys := again.world().Node("m1").Keys; keys != m.world().Node("m1").Keys {
		t.Errorf("m1 has %d keys, not %d", keys, m.world().Node("m1").Keys)
	}
	if !again.HasNode("r9") {
		t.Error("it lacks a node")
	}
	if got, want := chapterCount(again.script), chapterCount(m.script); got != want || again.session().Done() || again.session().Chapter() != m.session().Chapter() {
		t.Errorf("it has %d chapters of %d", got, want)
	}
}
