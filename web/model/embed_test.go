package model

import (
	"encoding/json"
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
		{"pace=story&autoplay=off", Embed{Controls: "minimal", Play: "off", Story: true}},
		{"view=all&controls=many&speed=-1&speed=fast&speed=NaN&autoplay=always", Embed{Controls: "minimal"}},
	} {
		if got := ParseEmbed(c.fragment); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.fragment, got, c.want)
		}
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
		text := m.News(seen, true)
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
