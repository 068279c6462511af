package view

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A poster is the page that the program draws first, well-formed, the same each time, and small.
func TestThePosterIsThePage(t *testing.T) {
	for _, width := range []int{1280, 375} {
		poster, err := Poster(width, 800)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if again, err := Poster(width, 800); err != nil || again != poster {
				t.Fatalf("%d: another poster, %v", width, err)
			}
		}
		if len(poster) > 30_000 {
			t.Errorf("%d: it has %d bytes", width, len(poster))
		}
		var words strings.Builder
		classes := make(map[string]int)
		decoder := xml.NewDecoder(strings.NewReader(strings.NewReplacer(`<input`, `<input x=""`, `&nbsp;`, ` `).Replace(poster)))
		decoder.Strict, decoder.AutoClose = false, void
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%d: %v", width, err)
			}
			switch token := token.(type) {
			case xml.CharData:
				words.Write(token)
			case xml.StartElement:
				for _, a := range token.Attr {
					if a.Name.Local == "class" {
						classes[a.Value]++
					}
					if a.Name.Local == "id" || a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
						t.Errorf("%d: <%s %s=%q>", width, token.Name.Local, a.Name.Local, a.Value)
					}
				}
			}
		}
		r := newRoom()
		r.width = width
		p, _ := moved(t, r)
		for _, c := range p.page.Stage.Cards {
			if !strings.Contains(words.String(), c.Name) || !strings.Contains(words.String(), c.Figure) || c.Figure == "" {
				t.Errorf("%d: card %s with %s is not there", width, c.Name, c.Figure)
			}
		}
		if classes["app"] != 1 || classes["tape"] != 1 || classes["patterns"] != 0 {
			t.Errorf("%d: %v", width, classes)
		}
	}
}

func TestPrintedHTMLBecomesWhatABrowserHas(t *testing.T) {
	ui := app.P().Class("a b").Aria("hidden", true).DataSet("state", "x\"<é").ID("gone").Body(
		app.Text("one"), app.Text(" two &\n"), app.B().Text("three\n  lines"), app.Text("end"),
		app.Input().Class("i"), app.Select().Body(app.Option().Selected(true).Text("yes"), app.Option().Text("no")))
	want := `<p aria-hidden="true" class="a b" data-state="x&#34;&lt;é">one two &amp;` + "\n" + `<b>three` + "\n" + `  lines</b>end<input class="i"><select><option selected="true">yes</option><option>no</option></select></p>`
	for range 5 {
		if got, err := canonical(app.HTMLString(ui)); err != nil || got != want {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
	}
	for _, bad := range []string{"", "<p", "<p>text", "<p>\nno inset\n</p>", "<p a=b></p>", "<p></b>"} {
		if got, err := canonical(bad); err == nil {
			t.Errorf("%q gave %q", bad, got)
		}
	}
}
