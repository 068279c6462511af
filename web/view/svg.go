package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A shape is an element of a drawing. The page has go-app draw it; a picture that stands alone prints it, see picture.go. One that is
// nil is nothing.
type shape struct {
	tag, class string
	attributes []string // names and values in turn; an empty value leaves one out
	words      string   // they stand before what is inside
	inside     []*shape
}

func draw(tag, class string, attributes ...string) *shape {
	return &shape{tag: tag, class: class, attributes: attributes}
}

// rect is a rectangle in CSS pixels; one without a width is nothing.
func rect(class string, x, y, w, h, radius float64) *shape {
	if w <= 0 || h <= 0 {
		return nil
	}
	s := draw("rect", class, "x", px(x), "y", px(y), "width", px(w), "height", px(h))
	if radius > 0 {
		s.attributes = append(s.attributes, "rx", px(radius))
	}
	return s
}

func stroke(class, d string) *shape { return draw("path", class, "d", d) }

// words are a text that begins, ends or has its middle at x, as SVG's text-anchor says it; y is that of the line they stand on.
func words(class string, x, y float64, anchor, text string) *shape {
	s := draw("text", class, "x", px(x), "y", px(y), "text-anchor", anchor)
	s.words = text
	return s
}

func group(inside ...*shape) *shape { return draw("g", "").with(inside...) }

// with puts others inside the shape.
func (s *shape) with(inside ...*shape) *shape {
	s.inside = append(s.inside, inside...)
	return s
}

// set gives the shape further attributes.
func (s *shape) set(attributes ...string) *shape {
	s.attributes = append(s.attributes, attributes...)
	return s
}

const svgNamespace = "http://www.w3.org/2000/svg"

// ui is the shape for go-app, which has no elements of SVG, and whose children do not inherit their parent's namespace.
func (s *shape) ui() app.HTMLElem {
	e := app.Elem(s.tag).XMLNS(svgNamespace)
	if s.class != "" {
		e = e.Class(s.class)
	}
	for i := 0; i+1 < len(s.attributes); i += 2 {
		if s.attributes[i+1] != "" {
			e = e.Attr(s.attributes[i], s.attributes[i+1])
		}
	}
	if len(s.inside) == 0 {
		if s.words != "" {
			e = e.Text(s.words)
		}
		return e
	}
	body := make([]app.UI, 0, 1+len(s.inside))
	if s.words != "" {
		body = append(body, app.Text(s.words))
	}
	for _, inner := range s.inside {
		if inner != nil {
			body = append(body, inner.ui())
		}
	}
	return e.Body(body...)
}

// drawn, box and path are shapes of drawings that only the page has.
func drawn(tag, class string, attributes ...string) app.HTMLElem {
	return draw(tag, class, attributes...).ui()
}

func box(class string, x, y, w, h, radius float64) app.UI {
	s := rect(class, x, y, w, h, radius)
	if s == nil {
		return nil
	}
	return s.ui()
}

func path(class, d string) app.UI { return stroke(class, d).ui() }

// icon is a small drawing that says nothing to those who cannot see it: a word beside it does.
func icon(class string, width, height int, shapes ...app.UI) app.UI {
	return small(class, width, height).ui().Aria("hidden", true).Body(shapes...)
}

func small(class string, width, height int, shapes ...*shape) *shape {
	w, h := strconv.Itoa(width), strconv.Itoa(height)
	return draw("svg", class, "width", w, "height", h, "viewBox", "0 0 "+w+" "+h).with(shapes...)
}

// roleIcon is a role's shape: a master is a diamond, a replica is a disc.
func roleIcon(role string) app.UI { return roleShape(role).ui().Aria("hidden", true) }

func roleShape(role string) *shape {
	if role == "replica" {
		return small("icon-role", 12, 12, draw("circle", "f-replica", "cx", "6", "cy", "6", "r", "5.5"))
	}
	return small("icon-role", 12, 12, stroke("f-master", "M6 0l6 6-6 6-6-6z"))
}

// historyIcon is a history's colour with its pattern: the first is solid, the second dashed, and so on.
func historyIcon(lineage int) app.UI { return historyShape(lineage).ui().Aria("hidden", true) }

func historyShape(lineage int) *shape {
	switch {
	case lineage < 0:
		return small("", 14, 10, draw("rect", "l", "x", ".5", "y", ".5", "width", "13", "height", "9", "rx", "2"))
	case lineage == 0:
		return small("", 14, 10, draw("rect", "f-master", "width", "14", "height", "10", "rx", "2"))
	}
	class := [...]string{"second", "full", "replica"}[(lineage-1)%3]
	pattern := [...]string{"M0 5h5M8 5h6", "M0 10L8 0M6 10L14 0", "M2 3h1M6 3h1M10 3h1M4 7h1M8 7h1M12 7h1"}[(lineage-1)%3]
	return small("", 14, 10,
		draw("rect", "f-"+class+"-tint", "width", "14", "height", "10", "rx", "2"),
		stroke("l-"+class+" w2", pattern),
	)
}

// patterns are the fills that several drawings share: hatching for bytes that are gone, cross-hatching for what is
// lost.
type patterns struct{ app.Compo }

func (*patterns) Render() app.UI {
	return drawn("svg", "patterns", "width", "0", "height", "0").Aria("hidden", true).Body(fills().ui())
}

func fills() *shape {
	tile := func(id, side string, shapes ...*shape) *shape {
		return draw("pattern", "", "id", id, "width", side, "height", side, "patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)").with(shapes...)
	}
	return draw("defs", "").with(
		tile("gone", "6", draw("rect", "f-bg", "width", "6", "height", "6"), draw("rect", "f-hatch", "width", "1.6", "height", "6")),
		tile("lost", "7", draw("rect", "f-bg", "width", "7", "height", "7"), stroke("l-lost", "M0 0h7M0 0v7")),
	)
}

// px prints a length with one decimal: finer would only make strings differ.
func px(v float64) string { return strconv.FormatFloat(float64(int64(v*10+0.5))/10, 'f', -1, 64) }
