//go:build js && wasm

// Probe is a page that does nothing but call its Host, for the browser tests of package browser: each of its
// functions is one call, exposed to JavaScript.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/wasm/browser"
	"resync/web/view"
)

type probe struct {
	app.Compo
	host    view.Host
	clicks  int
	pressed []string
	files   []string
}

func (p *probe) OnMount(ctx app.Context) {
	p.host.OnKey(func(key string, shift bool) bool {
		p.pressed = append(p.pressed, key+" "+strconv.FormatBool(shift))
		return key == "/"
	})
	p.host.OnFile(func(name string, data []byte, _ string) {
		p.files = append(p.files, fmt.Sprintf("%s %d %q", name, len(data), data[:min(len(data), 10)]))
		p.host.SetValue("times", strings.Join(p.files, ", "))
	})
	p.host.Expose(map[string]func(args []string) string{
		"load":          func(a []string) string { return p.host.Load(a[0]) },
		"store":         func(a []string) string { p.host.Store(a[0], a[1]); return "" },
		"copy":          func(a []string) string { p.host.Copy(a[0]); return "" },
		"fragment":      func([]string) string { return p.host.Fragment() },
		"setFragment":   func(a []string) string { p.host.SetFragment(a[0]); return "" },
		"value":         func(a []string) string { return p.host.Value(a[0]) },
		"setValue":      func(a []string) string { p.host.SetValue(a[0], a[1]); return "" },
		"focus":         func(a []string) string { p.host.Focus(a[0]); return "" },
		"revealIn":      func(a []string) string { p.host.RevealIn(a[0], a[1]); return "" },
		"reveal":        func(a []string) string { p.host.Reveal(a[0]); return "" },
		"scrollToStart": func(a []string) string { p.host.ScrollToStart(a[0]); return "" },
		"scrollToEnd":   func(a []string) string { p.host.ScrollToEnd(a[0]); return "" },
		"mark": func(a []string) string {
			from, _ := strconv.Atoi(a[1])
			to, _ := strconv.Atoi(a[2])
			p.host.Mark(a[0], from, to)
			return ""
		},
		"theme":    func(a []string) string { p.host.Theme(a[0]); return "" },
		"matches":  func(a []string) string { return strconv.FormatBool(p.host.Matches(a[0])) },
		"size":     func([]string) string { w, h := p.host.Size(); return strconv.Itoa(w) + "x" + strconv.Itoa(h) },
		"box":      p.box,
		"pressed":  func([]string) string { return strings.Join(p.pressed, ", ") },
		"echo":     func(a []string) string { return strings.Join(a, "|") },
		"frames":   p.frames,
		"draw":     p.draw,
		"download": func(a []string) string { p.host.Download(a[0], a[1], []byte(a[2])); return "" },
		"fail":     func(a []string) string { p.host.Fail(a[0]); return "" },
		"panic":    func(a []string) string { panic(a[0]) },
		"exit":     func([]string) string { os.Exit(0); return "" },
	})
	p.host.Ready()
}

// box prints where an element is, in whole pixels.
func (p *probe) box(args []string) string {
	x, y, w, h := p.host.Box(args[0])
	return fmt.Sprintf("%.0f %.0f %.0f %.0f", x, y, w, h)
}

// frames asks for n frames, one after the other, and writes their times in milliseconds into the element "times".
func (p *probe) frames(args []string) string {
	n, _ := strconv.Atoi(args[0])
	var times []string
	var next func(now time.Duration)
	next = func(now time.Duration) {
		times = append(times, strconv.FormatFloat(now.Seconds()*1000, 'f', 3, 64))
		if len(times) < n {
			p.host.OnFrame(next)
			return
		}
		p.host.SetValue("times", strings.Join(times, " "))
	}
	p.host.OnFrame(next)
	return ""
}

// draw draws the numbers on the canvas.
func (p *probe) draw(args []string) string {
	var marks []float32
	for _, word := range args {
		f, _ := strconv.ParseFloat(word, 32)
		marks = append(marks, float32(f))
	}
	p.host.Draw("board", marks)
	return ""
}

func (p *probe) Render() app.UI {
	return app.Main().ID("app").Body(
		app.H1().Text("Probe"),
		app.Button().ID("button").Text("clicked "+strconv.Itoa(p.clicks)).OnClick(func(app.Context, app.Event) { p.clicks++ }),
		app.A().ID("link").Href("#there").Text("a link of the page"),
		app.Label().For("field").Text("Field"),
		app.Input().ID("field"),
		app.Label().For("text").Text("Text"),
		app.Textarea().ID("text").Wrap("off").Rows(5),
		app.Label().For("file").Text("File"),
		app.Input().ID("file").Type("file").Multiple(true),
		app.Label().For("times").Text("Times"),
		app.Input().ID("times"),
		app.Canvas().ID("board").Width(40).Height(20).DataSet("palette", "--lost --continue").Aria("hidden", "true"),
		app.Pre().ID("lines").TabIndex(0).Text(strings.Repeat("line\n", 500)),
	)
}

func main() {
	host, err := browser.New()
	if err != nil {
		panic(err)
	}
	app.RouteWithRegexp(".*", func() app.Composer { return &probe{host: host} })
	app.RunWhenOnBrowser()
}
