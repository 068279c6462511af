package model

import (
	"strings"
	"testing"
	"time"

	"resync/assets"
)

func playground() []Scenario { return []Scenario{Scenario(assets.Scenarios()[0])} }

func shown() Model { return New(playground(), Settings{Show: true}) }

// passFrames lets so much of the reader's time pass, as frames do.
func passFrames(m Model, d time.Duration) Model {
	for ; d > 0; d -= 20 * time.Millisecond {
		m, _ = Update(m, Frame{Elapsed: 20 * time.Millisecond})
	}
	return m
}

// Who touches nothing sees one partial resynchronization within half a minute, with its two checks, and then the page is theirs.
func TestTheFirstPageShowsAPartialResynchronization(t *testing.T) {
	m := shown()
	m = passFrames(m, 8*time.Second)
	p := m.Page()
	if p.Stage.Links[0].State != "severed" || !strings.Contains(p.Story.Where, "touch anything") {
		t.Errorf("after 8 seconds the link is %s, and the page says %q", p.Stage.Links[0].State, p.Story.Where)
	}
	m = passFrames(m, 22*time.Second)
	p = m.Page()
	if !p.Verdict.Shown || p.Verdict.Kind != "continue" || !strings.HasPrefix(p.Story.More, "Only the missing ") {
		t.Errorf("after 30 seconds the verdict is %q, and the story says %q", p.Verdict.Kind, p.Story.More)
	}
	m = passFrames(m, 30*time.Second)
	if m.showing.on || !m.pace.plain || m.Page().Story.Where != "One master, two replicas" {
		t.Error("the showing does not end")
	}
	for _, line := range []string{"sever m1 r1", "load m1 rate 20/s", "unload m1", "heal m1 r1"} {
		if !strings.Contains(m.Script(), "\n"+line+"\n") {
			t.Errorf("the script lacks %s", line)
		}
	}
}

// Whatever the reader does ends it; a guess, which the page asks for, does not.
func TestTheReaderTakesOver(t *testing.T) {
	for _, touch := range []Msg{Select{"r1"}, Typed{"m1", "PING"}, Run{"heal m1 r1"}, ToggleHelp{}, Play{}, TogglePace{}} {
		m, _ := Update(passFrames(shown(), 8*time.Second), touch)
		if m = passFrames(m, 20*time.Second); m.showing.on || strings.Count(m.Script(), "unload m1") > 1 {
			t.Errorf("after %T the page goes on by itself", touch)
		}
	}
	m, used, _ := PressKey(passFrames(shown(), 8*time.Second), Key{Key: "."})
	if m.showing.on || !used {
		t.Error("after a key the page goes on by itself")
	}
	m, _ = Update(passFrames(shown(), 8*time.Second), Guess{"r1", "continue"})
	if m = passFrames(m, 22*time.Second); !m.Page().Verdict.Shown || m.Page().Story.Lead != "It continues where it stopped." {
		t.Errorf("after a guess: %q", m.Page().Story.Lead)
	}
}

func TestNothingIsShownToWhoWantsStillness(t *testing.T) {
	for _, set := range []Settings{{}, {Show: true, ReducedMotion: true}} {
		m := passFrames(New(playground(), set), 10*time.Second)
		if m.showing.on || strings.Contains(m.Script(), "\nsever m1 r1\n") {
			t.Errorf("%+v: the page acts by itself", set)
		}
	}
}
