package view

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A pin is in the legend, where there is one.
func TestTheLegendHasAWordForPins(t *testing.T) {
	p, _ := moved(t, newRoom())
	for _, pinned := range []bool{false, true} {
		k := p.page.Tape
		k.Blocks = []model.TapeBlock{{W: .5, Pinned: pinned}}
		html := app.HTMLString((&tape{Tape: k, Up: p.up}).Render())
		if got := strings.Contains(html, "kept for a slow replica"); got != pinned {
			t.Errorf("pinned: %t, in the legend: %t", pinned, got)
		}
	}
}

// The table stands in the drawing's place, and is read with its heads.
func TestTheTapeIsATableToo(t *testing.T) {
	p, _ := moved(t, newRoom())
	p.take(model.Run{Line: "m1> SET a 1"})
	p.take(model.Tick{Elapsed: time.Second})
	p.take(model.ToggleTable{})
	html := app.HTMLString(p.Render())
	for _, want := range []string{"What is held", "block 1 of 2", "acknowledged", "in step"} {
		if !strings.Contains(html, want) {
			t.Errorf("there is no %q in %s", want, html)
		}
	}
	if strings.Contains(html, "tape__plot\"") {
		t.Error("the drawing is there, too")
	}
}

// A mark of the axis ends above the digits of its number, on a phone as well.
func TestMarksOfTheAxisKeepClearOfTheirNumbers(t *testing.T) {
	// The attributes of an element come in any order.
	marks := regexp.MustCompile(`<path (?:class="l" )?d="M[\d.]+ (-?[\d.]+)v(\d+)[^"]*"(?: class="l")?>`)
	numbers := regexp.MustCompile(`<text (?:[^>]* )?y="([\d.]+)"[^>]*>[\d,]+<`)
	p, _ := moved(t, newRoom())
	for _, compact := range []bool{false, true} {
		k := p.page.Tape
		k.Compact = compact
		plot, _ := (&tape{Tape: k, Up: p.up}).plot()
		html := app.HTMLString(plot.ui())
		mark, number := marks.FindStringSubmatch(html), numbers.FindAllStringSubmatch(html, -1)
		if mark == nil || number == nil {
			t.Fatalf("there is no axis in %s", html)
		}
		at := func(text string) float64 { n, _ := strconv.ParseFloat(text, 64); return n }
		if end, base := at(mark[1])+at(mark[2]), at(number[len(number)-1][1]); end > base-10 {
			t.Errorf("compact: %t: the mark ends at %v, the number stands on %v", compact, end, base)
		}
	}
}
