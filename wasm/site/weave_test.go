package main

import (
	"errors"
	"strings"
	"testing"
)

// The posters of all windows are one: what is the same in all is there once, and a window shows all that is its own.
func TestWhatAllWindowsShowIsThereOnce(t *testing.T) {
	page := func(panels ...string) string {
		return `<div class="app" data-x="1"><header class="bar"><input class="i">top</header><main class="app__main"><div class="app__panels">` + strings.Join(panels, "") + `</div><p>foot</p></main></div>`
	}
	const story, wide, narrow, wire = `<section class="story"><p>a</p>&gt;</section>`, `<section class="tape">wide</section>`, `<section class="tape">narrow</section>`, `<section class="wire"><svg></svg></section>`
	for _, c := range []struct {
		drawings []string
		want     string
	}{
		{[]string{page(story, wide), page(story, wide)}, page(story, wide)},
		{
			[]string{page(story, wide, wire), page(story, narrow), page(story, wide), page(story, narrow)},
			page(story, `<section data-for="1280 600" class="tape">wide</section><section data-for="768 375" class="tape">narrow</section>`,
				`<section data-for="1280" class="wire"><svg></svg></section>`),
		},
		{[]string{`<div class="app"></div>`, `<div class="app" id="x"></div>`}, `<div data-for="1280" class="app"></div><div data-for="768" class="app" id="x"></div>`},
	} {
		var out strings.Builder
		if err := weave(&out, c.drawings); err != nil || out.String() != c.want {
			t.Errorf("%v\n got %s\nwant %s", err, out.String(), c.want)
		}
	}
	for _, bad := range [][]string{
		{page(story, wide), page(wide, story)},
		{page(story), page(story, wide)},
		{page("words" + story), page(wide)},
		{`<div class="app"><p>`, `<div class="app"><b>`},
	} {
		if err := weave(new(strings.Builder), bad); !errors.Is(err, errDrawn) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestPlotsStretchAndTheirWordsDoNot(t *testing.T) {
	got, err := stretch(`<p><svg aria-hidden="true" class="tape__plot" height="101"><path d="M0 1H200"></path><g><text class="m" x="50" y="9">a <tspan>b</tspan></text><rect x="3"></rect></g></svg></p>`, "tape__plot", 200)
	const want = `<p><svg aria-hidden="true" class="tape__plot" height="101"><svg preserveAspectRatio="none" viewBox="0 0 200 101"><path d="M0 1H200"></path><g><rect x="3"></rect></g></svg><text class="m" x="25%" y="9">a <tspan>b</tspan></text></svg></p>`
	if err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	if got, err := stretch(`<p>none</p>`, "tape__plot", 200); err != nil || got != `<p>none</p>` {
		t.Errorf("%v, %s", err, got)
	}
	for _, bad := range []string{`<svg class="tape__plot"></svg>`, `<svg class="tape__plot" height="1">`, `<svg class="tape__plot" height="1"><svg></svg></svg>`} {
		if _, err := stretch(bad, "tape__plot", 200); !errors.Is(err, errDrawn) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// Every window's poster shows the whole page.
func TestThePosterHasAllWindows(t *testing.T) {
	parts, err := posters()
	if err != nil {
		t.Fatal(err)
	}
	poster := string(parts["<!--poster-->"])
	for part, want := range map[string]int{`class="app"`: 1, `class="bar"`: 1, `class="judgement"`: 1, `class="wire"`: 1, `class="tape"`: len(windows)} {
		if n := strings.Count(poster, part); n != want {
			t.Errorf("%s is there %d times, not %d", part, n, want)
		}
	}
}
