package model

import "testing"

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
	for _, key := range []string{"x", "b", "h", "k", "p", "r", "R", "w", "f", "/"} {
		if reader.AllowsKey(key) {
			t.Errorf("the key %q is allowed", key)
		}
	}
	for _, key := range []string{" ", ".", ",", "Home", "Escape", "?", "1"} {
		if !reader.AllowsKey(key) {
			t.Errorf("the key %q is not allowed", key)
		}
	}
}
