package model

import (
	"reflect"
	"strings"
	"testing"

	"resync/assets"
)

// The picture of every story is an answer to a question that it asks, with something to send, where there is one.
func TestThePictureOfAStoryIsAnAnswer(t *testing.T) {
	for _, s := range assets.Scenarios() {
		m := New([]Scenario{Scenario(s)}, Settings{})
		m.KeyFrame()
		p := m.Picture()
		if m.problem != "" || p.Title == "" || p.Lead == "" || p.Question != "" {
			t.Errorf("%s: %q, %q, %q, %q", s.Name, m.problem, p.Title, p.Lead, p.Question)
		}
		if s.Name == "playground" {
			if p.Verdict.Shown || p.Where != "" {
				t.Errorf("a playground tells nothing: %+v", p)
			}
			continue
		}
		v, _ := m.past.verdict()
		if !p.Verdict.Shown || p.Verdict.Replica != m.tale.replica || m.selected != m.tale.replica {
			t.Errorf("%s: %+v, asked about %s, %s is selected", s.Name, p.Verdict, m.tale.replica, m.selected)
		}
		if lacksNothing := v.answer.Continued() && v.answer.Bytes == 0; lacksNothing != (s.Name == "planned-failover") {
			t.Errorf("%s: nothing to send: %t", s.Name, lacksNothing)
		}
		if !strings.HasPrefix(p.Where, "Step ") {
			t.Errorf("%s: %q", s.Name, p.Where)
		}
		for _, word := range []string{p.Title, p.Facts, p.Lead, p.Verdict.Label, p.Tape.Label, p.Stage.Cards[0].Name} {
			if !strings.Contains(p.Told, word) {
				t.Errorf("%s: it is not told of %q:\n%s", s.Name, word, p.Told)
			}
		}
		for _, c := range p.Stage.Cards { // what a killed node was is remembered
			if s.Name == "replica-restart" && (c.Role == "master") != (c.Name == "m1") {
				t.Errorf("%s is a %s", c.Name, c.Role)
			}
		}
	}
}

// Looking at a moment for a picture changes nothing of the page, however closely that looks at the stream.
func TestTakingAPictureChangesNothing(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"sever m1 r1"}, Typed{"m1", "SET k v"}, TapeZoomed{1})
	before, revision := m.Page(), m.revision
	p := m.Picture()
	if after := m.Page(); !reflect.DeepEqual(after, before) || m.revision != revision {
		t.Error("the page is another one")
	}
	if p.Tape.Width != PicturePlot || p.Tape.Zoom.Closer == before.Tape.Zoom.Closer && len(p.Tape.Zoom.Chips) > 0 || p.Tape.Compact {
		t.Errorf("the stream is looked at as on the page: %+v", p.Tape.Zoom)
	}
	if again := m.Picture(); !reflect.DeepEqual(again, p) {
		t.Error("the second picture is another one")
	}
	if len(p.Forecast) != 1 || p.Forecast[0].Answer != answerContinue || p.Facts != "Redis 7.0, at "+m.Page().Deck.Clock {
		t.Errorf("%+v, %s", p.Forecast, p.Facts)
	}
}

// Words at the drop line give way to a flag that stands there.
func TestTheDropLineGivesWayToAFlag(t *testing.T) {
	for _, applied := range []int{100, 700, 860, 930} {
		tape := Tape{Width: 756, Drop: -1, Head: .5}
		tape.flag(window{0, 1000}, Flag{Name: "r1"}, 0, "r1 will ask for")
		tape.Flags[0].X, tape.Flags[0].Text.X = float64(applied)/1000, float64(applied)/1000
		if applied > 700 {
			tape.Flags[0].Text.Anchor = "end"
		}
		tape.headText(window{0, 1000}, standing{}, 500, 40_000, true)
		for _, f := range tape.Flags {
			if tape.DropAt.Shown && overlap(f.Text, tape.DropAt, tape.Width) {
				t.Errorf("a flag at %d stands in the words at the drop line", applied)
			}
			if lo, hi := extent(tape.DropIn, tape.Width); tape.DropIn.Shown && f.X*tape.Width > lo && f.X*tape.Width < hi {
				t.Errorf("a flag at %d goes through the figure at the drop line", applied)
			}
		}
		if (applied < 700) != (tape.DropAt.Shown && tape.DropIn.Shown) {
			t.Errorf("a flag at %d: %+v %+v", applied, tape.DropAt, tape.DropIn)
		}
	}
}

// Before 4.0 a replica keeps its own run id beside that of the history it asks for: its bytes are the master's all the same.
func TestAnOldReplicaIsOnItsMastersStream(t *testing.T) {
	held := blocks(1, 20440, 20000)
	r1 := away(5000)
	s := aScene(held, r1)
	s.nodes[1].repl.ReplID = "0123456789012345678901234567890123456789"
	tape := aModel().tape(s)
	if len(tape.Flags) != 1 || tape.Rails[0].Acked.W <= 0 {
		t.Errorf("%+v", tape.Rails[0])
	}
	s.nodes[1].repl.Ask.ID = "0123456789012345678901234567890123456789"
	if tape := aModel().tape(s); len(tape.Flags) != 0 || tape.Rails[0].Acked.W > 0 {
		t.Errorf("another history: %+v", tape.Rails[0])
	}
}
