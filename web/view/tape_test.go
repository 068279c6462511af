package view

import (
	"strings"
	"testing"

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
