package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// go-app has no elements of SVG, and a child does not inherit its parent's namespace: these few helpers set it.

const svgNamespace = "http://www.w3.org/2000/svg"

// drawn makes an SVG element. Its attributes come as names and values in turn; an empty value leaves one out.
func drawn(tag, class string, attributes ...string) app.HTMLElem {
	e := app.Elem(tag).XMLNS(svgNamespace)
	if class != "" {
		e = e.Class(class)
	}
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			e = e.Attr(attributes[i], attributes[i+1])
		}
	}
	return e
}

// box is a rectangle in CSS pixels; one without a width is nothing.
func box(class string, x, y, w, h, radius float64) app.UI {
	if w <= 0 || h <= 0 {
		return nil
	}
	e := drawn("rect", class, "x", px(x), "y", px(y), "width", px(w), "height", px(h))
	if radius > 0 {
		e = e.Attr("rx", px(radius))
	}
	return e
}

func path(class, d string) app.UI { return drawn("path", class, "d", d) }

// icon is a small drawing that says nothing to those who cannot see it: a word beside it does.
func icon(class string, width, height int, shapes ...app.UI) app.UI {
	w, h := strconv.Itoa(width), strconv.Itoa(height)
	return drawn("svg", class, "width", w, "height", h, "viewBox", "0 0 "+w+" "+h).Aria("hidden", true).Body(shapes...)
}

// roleIcon is a role's shape: a master is a diamond, a replica is a disc.
func roleIcon(role string) app.UI {
	if role == "replica" {
		return icon("icon-role", 12, 12, drawn("circle", "f-replica", "cx", "6", "cy", "6", "r", "5.5"))
	}
	return icon("icon-role", 12, 12, path("f-master", "M6 0l6 6-6 6-6-6z"))
}

// historyIcon is a history's colour with its pattern: the first is solid, the second dashed, and so on.
func historyIcon(lineage int) app.UI {
	switch {
	case lineage < 0:
		return icon("", 14, 10, drawn("rect", "l", "x", ".5", "y", ".5", "width", "13", "height", "9", "rx", "2"))
	case lineage == 0:
		return icon("", 14, 10, drawn("rect", "f-master", "width", "14", "height", "10", "rx", "2"))
	}
	class := [...]string{"second", "full", "replica"}[(lineage-1)%3]
	pattern := [...]string{"M0 5h5M8 5h6", "M0 10L8 0M6 10L14 0", "M2 3h1M6 3h1M10 3h1M4 7h1M8 7h1M12 7h1"}[(lineage-1)%3]
	return icon("", 14, 10,
		drawn("rect", "f-"+class+"-tint", "width", "14", "height", "10", "rx", "2"),
		path("l-"+class+" w2", pattern),
	)
}

// patterns are the fills that several drawings share: hatching for bytes that are gone, cross-hatching for what is
// lost.
func patterns() app.UI {
	return drawn("svg", "patterns", "width", "0", "height", "0").Aria("hidden", true).Body(drawn("defs", "").Body(
		drawn("pattern", "", "id", "gone", "width", "6", "height", "6", "patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)").Body(
			drawn("rect", "f-bg", "width", "6", "height", "6"), drawn("rect", "f-hatch", "width", "1.6", "height", "6")),
		drawn("pattern", "", "id", "lost", "width", "7", "height", "7", "patternUnits", "userSpaceOnUse", "patternTransform", "rotate(45)").Body(
			drawn("rect", "f-bg", "width", "7", "height", "7"), path("l-lost", "M0 0h7M0 0v7")),
	))
}

// px prints a length with one decimal: finer would only make strings differ.
func px(v float64) string { return strconv.FormatFloat(float64(int64(v*10+0.5))/10, 'f', -1, 64) }
