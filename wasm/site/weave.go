package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var errDrawn = errors.New("the page is drawn in another way than its poster is made of")

// woven are the elements, by their first class, whose children are compared one by one. Within others no selector has to
// know that an element may stand there more than once.
var woven = []string{"app", "app__main", "app__panels"}

// weave writes drawings of the same page for the windows into one: what is the same in all is there once, and what is not
// says which windows it is for, as data-for="768 600". The first drawing has all that any has.
func weave(out *strings.Builder, drawings []string) error {
	if !slices.ContainsFunc(drawings, func(d string) bool { return d != drawings[0] }) {
		out.WriteString(drawings[0])
		return nil
	}
	start := startOf(drawings[0])
	alike := !slices.ContainsFunc(drawings, func(d string) bool { return startOf(d) != start })
	if !alike || !slices.Contains(woven, nameOf(start)) {
		versions(out, drawings)
		return nil
	}
	children := make([][]string, len(drawings))
	for i, d := range drawings {
		var err error
		if children[i], err = childrenOf(d); err != nil {
			return err
		}
	}
	out.WriteString(start)
	for _, first := range children[0] {
		same := make([]string, len(drawings)) // the same element of each drawing, "" where it is not in it
		for i, list := range children {
			if len(list) > 0 && nameOf(startOf(list[0])) == nameOf(startOf(first)) {
				same[i], children[i] = list[0], list[1:]
			}
		}
		if err := weave(out, same); err != nil {
			return err
		}
	}
	for _, list := range children {
		if len(list) > 0 {
			return fmt.Errorf("%w: %s is not where the wide window has it", errDrawn, startOf(list[0]))
		}
	}
	_, err := out.WriteString(drawings[0][strings.LastIndex(drawings[0], "</"):])
	return err
}

// versions writes each version of an element once, with the windows that it is for.
func versions(out *strings.Builder, drawings []string) {
	for i, d := range drawings {
		if d == "" || slices.Contains(drawings[:i], d) {
			continue
		}
		var widths []string
		for j, other := range drawings {
			if other == d {
				widths = append(widths, strconv.Itoa(windows[j].width))
			}
		}
		end := strings.IndexAny(d, " >")
		fmt.Fprintf(out, `%s data-for="%s"%s`, d[:end], strings.Join(widths, " "), d[end:])
	}
}

// startOf is an element's first tag.
func startOf(element string) string { return element[:strings.IndexByte(element, '>')+1] }

var firstClass = regexp.MustCompile(` class="([\w-]+)`)

// nameOf is an element's first class, and where it has none, its start.
func nameOf(start string) string {
	if found := firstClass.FindStringSubmatch(start); found != nil {
		return found[1]
	}
	return start
}

var tags = regexp.MustCompile(`<(/?)([a-z0-9A-Z]+)[^>]*>`)

// childrenOf are the elements within an element, which has no text of its own. Package view writes no bare '>'.
func childrenOf(element string) (list []string, err error) {
	depth, from := 0, 0
	for _, tag := range tags.FindAllStringSubmatchIndex(element, -1) {
		switch name := element[tag[4]:tag[5]]; {
		case tag[3] > tag[2]:
			depth--
		case name == "input" || name == "br" || name == "hr" || name == "img":
			if depth > 1 {
				continue
			}
			return nil, errDrawn
		default:
			if depth++; depth == 2 {
				from = tag[0]
			}
			continue
		}
		switch depth {
		case 1:
			list = append(list, element[from:tag[1]])
		case 0:
			if strings.Join(list, "") != element[len(startOf(element)):tag[0]] || tag[1] != len(element) {
				return nil, errDrawn
			}
			return list, nil
		}
	}
	return nil, errDrawn
}

// plots are the drawings that are as wide as the window leaves them: lines of byte numbers and of time.
var plots = []string{"tape__plot", "wire__plot"}

var (
	high    = regexp.MustCompile(` height="(\d+)"`)
	written = regexp.MustCompile(`(?s)<text[^>]*>.*?</text>`)
	textAt  = regexp.MustCompile(` x="(-?[\d.]+)"`)
)

// stretch makes a plot of a drawing, which was drawn for so many CSS pixels, as wide as there is room: its shapes stretch, and
// its words, which come last now, stay as they are and move along.
func stretch(drawing, class string, wide int) (string, error) {
	at := strings.Index(drawing, ` class="`+class+`"`)
	if at < 0 {
		return drawing, nil // this window has none
	}
	from := at + strings.IndexByte(drawing[at:], '>') + 1
	to := from + strings.Index(drawing[from:], "</svg>")
	height := high.FindStringSubmatch(drawing[at:from])
	if to < from || height == nil || strings.Contains(drawing[from:to], "<svg") {
		return "", fmt.Errorf("%w: %s", errDrawn, class)
	}
	var words strings.Builder
	shapes := written.ReplaceAllStringFunc(drawing[from:to], func(text string) string {
		start := textAt.ReplaceAllStringFunc(startOf(text), func(at string) string {
			x, _ := strconv.ParseFloat(textAt.FindStringSubmatch(at)[1], 64)
			return ` x="` + strconv.FormatFloat(math.Round(x/float64(wide)*1e5)/1e3, 'f', -1, 64) + `%"`
		})
		words.WriteString(start + text[len(startOf(text)):])
		return ""
	})
	return fmt.Sprintf(`%s<svg preserveAspectRatio="none" viewBox="0 0 %d %s">%s</svg>%s%s`,
		drawing[:from], wide, height[1], shapes, words.String(), drawing[to:]), nil
}
