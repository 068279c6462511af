package view

import (
	"errors"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Poster is the page as it stands when it opens, in a window of that size, as HTML without white space between its
// elements. The site's builder puts it into index.html: a reader sees the page before the program has come, which then
// draws the same in its place.
func Poster(width, height int) (string, error) {
	p := New(&nobody{width: width, height: height}).(*page)
	p.OnInit()
	return canonical(app.HTMLString(p.Render()))
}

// PosterPatterns are the fills that every poster of a document shares.
func PosterPatterns() (string, error) { return canonical(app.HTMLString((&patterns{}).Render())) }

// nobody is the Host of a page that is only looked at. What a first drawing does not ask for is not there.
type nobody struct {
	Host
	width, height int
}

func (*nobody) Matches(string) bool { return false }
func (*nobody) Load(string) string  { return "" }
func (*nobody) Theme(string)        {}
func (*nobody) Embedded() bool      { return false }
func (*nobody) Breathe()            {}
func (*nobody) Now() time.Duration  { return 0 }
func (*nobody) Fragment() string    { return "" }
func (n *nobody) Size() (int, int)  { return n.width, n.height }

// canonical makes of what go-app prints what a browser would have after go-app has drawn it, and the same each time. go-app
// prints every child on a line of its own, so that words get spaces that are not theirs; attributes in any order; values
// quoted as in Go; and a bare name for "true". What only programs and tests look for is left out: ids, those of patterns
// excepted, names and roles.
func canonical(printed string) (string, error) {
	c := &canon{rest: printed}
	if err := c.element(0); err != nil {
		return "", err
	}
	return c.out.String(), nil
}

type canon struct {
	rest string
	out  strings.Builder
}

var errPrinted = errors.New("view: go-app prints HTML in another way")

// void are the elements that end with their start.
var void = []string{"input", "br", "hr", "img", "meta", "link"}

// element reads one from its '<' on and writes it.
func (c *canon) element(depth int) error {
	rest, ok := strings.CutPrefix(c.rest, "<")
	if !ok {
		return errPrinted
	}
	end := strings.IndexAny(rest, " >")
	if end < 0 {
		return errPrinted
	}
	tag := rest[:end]
	c.rest = rest[end:]
	attributes, err := c.attributes()
	if err != nil {
		return err
	}
	silent := tag == "svg" && slices.Contains(attributes, ` class="patterns"`) && depth > 0 // a document has them once
	before := c.out.String()
	c.out.WriteString("<" + tag)
	for _, a := range attributes {
		if !dropped(tag, a) {
			c.out.WriteString(a)
		}
	}
	c.out.WriteByte('>')
	if !slices.Contains(void, tag) {
		if err := c.children(depth); err != nil {
			return err
		}
		after, ok := strings.CutPrefix(c.rest, "</"+tag+">")
		if !ok {
			return errPrinted
		}
		c.rest = after
		c.out.WriteString("</" + tag + ">")
	}
	if silent {
		c.out.Reset()
		c.out.WriteString(before)
	}
	return nil
}

// attributes reads up to the start's '>' and returns them in order, each with a space in front.
func (c *canon) attributes() (list []string, err error) {
	for {
		if rest, ok := strings.CutPrefix(c.rest, ">"); ok {
			c.rest = rest
			slices.Sort(list)
			return list, nil
		}
		end := 1
		for end < len(c.rest) && !strings.ContainsRune(" =>", rune(c.rest[end])) {
			end++
		}
		if !strings.HasPrefix(c.rest, " ") || end == len(c.rest) {
			return nil, errPrinted
		}
		name, value := c.rest[:end], "true"
		c.rest = c.rest[end:]
		if rest, ok := strings.CutPrefix(c.rest, "="); ok {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, errPrinted
			}
			if value, err = strconv.Unquote(quoted); err != nil {
				return nil, errPrinted
			}
			c.rest = rest[len(quoted):]
		}
		list = append(list, name+`="`+html.EscapeString(value)+`"`)
	}
}

// dropped says of an attribute, as written, whether a poster does without it.
func dropped(tag, attribute string) bool {
	name, value, _ := strings.Cut(attribute[1:], "=")
	switch name {
	case "id", "for", "name", "role":
		return tag != "pattern"
	case "data-testid", "data-packet", "title", "draggable", "data-palette", "value", "type", "autocomplete", "spellcheck":
		return tag != "input" || name == "data-testid"
	case "selected", "disabled", "checked", "hidden", "open", "readonly", "multiple":
		return value == `"false"` // there it would count as true
	}
	return strings.HasPrefix(name, "aria-") && !strings.Contains(styled, name)
}

// styled are the names that the style sheet asks for.
const styled = "aria-pressed aria-expanded aria-selected aria-checked aria-current aria-hidden aria-disabled"

// children reads what stands before an element's end: nothing, one text, or one child a line.
func (c *canon) children(depth int) error {
	if strings.HasPrefix(c.rest, "</") {
		return nil
	}
	if !strings.HasPrefix(c.rest, "\n") {
		return c.text("")
	}
	inset, own := strings.Repeat("  ", depth+1), strings.Repeat("  ", depth)
	c.rest = c.rest[1:]
	for {
		switch {
		case strings.HasPrefix(c.rest, own+"</"):
			c.rest = c.rest[len(own):]
			return nil
		case strings.HasPrefix(c.rest, inset+"<"):
			c.rest = c.rest[len(inset):]
			if err := c.element(depth + 1); err != nil {
				return err
			}
			if !strings.HasPrefix(c.rest, "\n") {
				return errPrinted
			}
			c.rest = c.rest[1:]
		case strings.HasPrefix(c.rest, "\n"): // an empty text
			c.rest = c.rest[1:]
		case strings.HasPrefix(c.rest, inset):
			if err := c.text(inset); err != nil {
				return err
			}
		default:
			return errPrinted
		}
	}
}

// text reads a text: the one of an element, or one of several, which stands on a line behind an inset.
func (c *canon) text(inset string) error {
	end := strings.IndexByte(c.rest, '<')
	if end < 0 {
		return errPrinted
	}
	text := c.rest[:end]
	if inset != "" {
		last := strings.LastIndexByte(text, '\n') + 1 // what follows is the inset of the element that comes next
		if last == 0 {
			return errPrinted
		}
		end, text = last, text[:last]
		var joined strings.Builder
		for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			own, ok := strings.CutPrefix(line, inset)
			if !ok && i > 0 {
				joined.WriteByte('\n') // of the text itself
			}
			joined.WriteString(own)
		}
		text = joined.String()
	}
	c.rest = c.rest[end:]
	c.out.WriteString(text)
	return nil
}
