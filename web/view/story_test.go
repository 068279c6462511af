package view

import (
	"regexp"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// What a reader has answered keeps its elements, and with them the focus, until the next question: go-app replaces what changes
// its place. Judged, the answers are no buttons any more.
func TestAnAnswerKeepsItsElements(t *testing.T) {
	attributes := regexp.MustCompile(`<(\w+)[^>]*>[^<]*`)
	foot := func(s model.Story) string {
		html := app.HTMLString((&storyRail{Story: s}).Render())
		_, foot, found := strings.Cut(html, `class="story__foot"`)
		if !found {
			t.Fatalf("there is no foot: %s", html)
		}
		if got, want := strings.Count(foot, "aria-disabled")-strings.Count(foot, `aria-disabled="false"`), map[bool]int{true: 2}[s.Ask.Truth != ""]; got != want {
			t.Errorf("%+v: %d answers are off, want %d", s.Ask, got, want)
		}
		return attributes.ReplaceAllString(foot, "$1 ")
	}
	s := model.Story{Telling: true, Steps: make([]model.StoryStep, 2), Next: "Skip the question", Ask: model.Ask{Replica: "r1", Question: "What will it say?"}}
	asked := foot(s)
	s.Next, s.Ask.Said, s.Ask.Comment = "Next", "continue", "You said CONTINUE."
	if said := foot(s); said != asked {
		t.Errorf("answered, it is\n%s\nand was\n%s", said, asked)
	}
	s.Ask.Truth, s.Folds = "fullresync", true
	if told := foot(s); told != asked {
		t.Errorf("judged, it is\n%s\nand was\n%s", told, asked)
	}
}
