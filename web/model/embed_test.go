package model

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWhatAFragmentSaysOfTheFrame(t *testing.T) {
	for _, c := range []struct {
		fragment string
		want     Embed
	}{
		{"", Embed{Controls: "minimal"}},
		{"v=1&s=short-outage&a=x", Embed{Controls: "minimal"}},
		{"view=wire&controls=none&readonly", Embed{View: "wire", Controls: "none", ReadOnly: true}},
		{"readonly=1&motion=off&keys=off&height=auto", Embed{Controls: "minimal", ReadOnly: true, Still: true, NoKeys: true, Fit: true}},
		{"readonly=false&motion=auto&keys=on&height=420", Embed{Controls: "minimal"}},
		{"autoplay=once&pace=true&speed=0.5", Embed{Controls: "minimal", Play: "once", True: true, Speed: .5}},
		{"speed=0.02&lazy=click&min-height=10rem&max-height=none", Embed{Controls: "minimal", Speed: .02}},
		{"speed=20", Embed{Controls: "minimal", Speed: 20}},
		{"pace=story&autoplay=off", Embed{Controls: "minimal", Play: "off", Story: true}},
		{"view=all&controls=many&speed=-1&speed=fast&speed=NaN&autoplay=always", Embed{Controls: "minimal"}},
	} {
		got, notices := ParseEmbed(c.fragment)
		if got != c.want {
			t.Errorf("%q: %+v, want %+v", c.fragment, got, c.want)
		}
		if wrong := strings.Contains(c.fragment, "many"); wrong != (len(notices) > 0) {
			t.Errorf("%q: %q", c.fragment, notices)
		}
	}
}

// What an author wrote and does not get is said, with what would have done; the rest is as if it were not there.
func TestAWrongSettingIsNamed(t *testing.T) {
	got, notices := ParseEmbed("v=1&readonly=readonly&view=bogus&speed=abc&motion=never&keys=&pace=fast&theme=purple&node=nobody&lazy=often&speed=21")
	if want := (Embed{Controls: "minimal", ReadOnly: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	const want = `view is stage, tape, wire or cli, and not "bogus". speed is a number from 0.02 to 20, and not "abc". motion is auto or off, and not "never". ` +
		`keys is on or off, and not "". pace is story or true, and not "fast". lazy is visible, click or eager, and not "often". speed is a number from 0.02 to 20, and not "21".`
	if strings.Join(notices, " ") != want {
		t.Errorf("%q", notices)
	}
	still := Embed{Still: true, NoKeys: true, True: true}
	for _, key := range []string{"motion", "keys", "pace"} {
		if before := still; still.Set(key, "bogus") || still != before {
			t.Errorf("%s=bogus leaves %+v", key, still)
		}
	}
	if got := NoSetting("location", "x"); got != `There is no setting "location".` {
		t.Error(got)
	}
}

// A piece of a page has the scenario's title and picture and a way to the whole page, whatever is in the title, and leads out of
// a frame.
func TestWhatAnAuthorPastes(t *testing.T) {
	share := func(m Model, page, fragment string) Share {
		m, _ = Update(m, ToggleShare{})
		m, _ = Update(m, Packed{Page: page, Fragment: fragment})
		return m.Page().Share
	}
	m := linkedTo("v=1&s=short-outage&t=20000", "")
	for _, page := range []string{"https://host/a/embed.html", "https://host/a/embed", "https://host/a/index.html"} {
		got := share(m, page, "v=1&s=short-outage&t=20000")
		const link = "https://host/a/index.html#v=1&amp;s=short-outage&amp;t=20000"
		want := `<script type="module" src="https://host/a/v1/embed.js"></script>
<resync-playground src="` + link + `" title="A short outage" height="420">
  <img src="https://host/a/posters/short-outage.svg" alt="A short outage">
  <a href="` + link + `">A short outage</a>
</resync-playground>`
		if got.Embed != want || escaped(got.Link) != link {
			t.Errorf("%s: %s\n%s", page, got.Link, got.Embed)
		}
	}
	m = linkedTo("v=1&a=x", `title "<b>\"&"`+"\nnode m1\n")
	if got := share(m, `https://host/?"><script>`, "v=1&a=x").Embed; strings.Count(got, "<") != 6 || strings.Contains(got, "<img") || !strings.Contains(got, `title="&lt;b&gt;&quot;&amp;"`) {
		t.Error(got)
	}
}

// Whoever may only read can go anywhere in time, and do nothing to the world.
func TestReadingChangesNothing(t *testing.T) {
	reader := Embed{ReadOnly: true}
	for _, msg := range []Msg{Play{}, Step{}, SeekTo{}, Select{}, Guess{}, StoryNext{}} {
		if !reader.Allows(msg) {
			t.Errorf("%T is not allowed", msg)
		}
	}
	for _, msg := range []Msg{Typed{}, Run{}, Power{}, ToggleLoad{}, DoFault{}, Drop{}, RunScript{}, FileGiven{}, Configure{}, Perform{}, Pick{}} {
		if reader.Allows(msg) {
			t.Errorf("%T is allowed", msg)
		}
		if every := (Embed{}); !every.Allows(msg) {
			t.Errorf("%T is not allowed to everybody", msg)
		}
	}
	for _, key := range []string{"x", "b", "h", "k", "p", "r", "R", "g", "f", "/"} {
		if reader.AllowsKey(key) {
			t.Errorf("the key %q is allowed", key)
		}
	}
	for _, key := range []string{" ", ".", ",", "Home", "Escape", "?", "1", "t", "T", "v", "w"} {
		if !reader.AllowsKey(key) {
			t.Errorf("the key %q is not allowed", key)
		}
	}
}

// What a host is told is JSON, whatever the strings in it are.
func TestNewsAreJSON(t *testing.T) {
	m := linkedTo("v=1&s=short-outage&t=20000", "")
	m, _ = Update(m, Run{Line: `m1> SET "a\"b\x01" "\xff<\n"`})
	m, _ = Update(m, Tick{Elapsed: 100e6})
	for seen, want := range map[int][]string{0: {"command", "verdict", "wire"}, m.Happened(): {}} {
		var news struct {
			State struct {
				T, Event int
				Speed    float64
				Scenario string
			}
			Step *struct {
				ID      int
				Heading string
			}
			Events []struct {
				Type string
				Data map[string]any
			}
		}
		text := m.News(seen, true, false, "a \"quoted\" notice")
		if err := json.Unmarshal([]byte(text), &news); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if news.State.T < 20000 || news.State.Event != m.Happened() || news.State.Scenario != "short-outage" || news.State.Speed != 1 ||
			news.Step == nil || news.Step.ID == 0 || news.Step.Heading == "" {
			t.Errorf("%+v, %+v", news.State, news.Step)
		}
		found := map[string]bool{}
		for _, e := range news.Events {
			found[e.Type] = len(e.Data) > 0
		}
		if len(found) != len(want) {
			t.Errorf("since %d: %v", seen, found)
		}
		for _, kind := range want {
			if !found[kind] {
				t.Errorf("no %s in %s", kind, text)
			}
		}
	}
	for _, text := range []string{Outcome("null"), Outcome(m.StateJSON()), Refusal("a", "\"<b>\n"), Turn{Text: "\x00\xff\""}.JSON()} {
		if !json.Valid([]byte(text)) {
			t.Errorf("not JSON: %s", text)
		}
	}
}
