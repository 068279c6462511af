package view

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"resync/assets"
	"resync/web/model"
)

// A picture is one SVG that needs nothing else: for a README, where neither scripts nor frames run, and for a talk. Tape,
// links and icons are the page's own; cards and answers, which are HTML there, are drawn here.

// Picture draws a moment. Theme is "light", "dark", or "" for one that follows whoever looks at it, also where it is shown as an
// image. The same moment gives the same bytes. Width and height are in CSS pixels.
func Picture(p *model.Picture, theme string) (svg string, width, height int) {
	d := drawing{p: p}
	if p.Only != "" && p.Only != "story" { // which is the head
		d.line()
	}
	for _, part := range []struct {
		name string
		draw func()
	}{{"story", d.head}, {"stage", d.stage}, {"stream", d.stream}, {"answers", d.answers}, {"wire", d.wire}, {"time", d.time}} {
		if p.Only == part.name || p.Only == "" && part.name != "wire" && part.name != "time" {
			part.draw()
		}
	}
	for i := range p.Tables {
		d.table(&p.Tables[i])
	}
	sheet := pictureSheet
	if p.Only != "" {
		sheet += panelSheet
	}
	width, height = model.PictureWidth, int(d.y)
	w, h := strconv.Itoa(width), strconv.Itoa(height)
	root := draw("svg", "", "xmlns", svgNamespace, "width", w, "height", h, "viewBox", "0 0 "+w+" "+h, "role", "img", "aria-labelledby", "title told").with(
		&shape{tag: "title", attributes: []string{"id", "title"}, words: p.Title + ": " + p.Lead},
		&shape{tag: "desc", attributes: []string{"id", "told"}, words: p.Told},
		&shape{tag: "style", words: ink(theme, sheet)},
		fills(),
		rect("f-bg", 0, 0, float64(width), d.y, 0),
	).with(d.shapes...).with(draw("rect", "l-hair", "x", ".5", "y", ".5", "width", px(float64(width)-1), "height", px(d.y-1)))
	var out strings.Builder
	root.print(&out)
	return out.String() + "\n", width, height
}

// KeyPicture draws a scenario at the moment that explains most, see model.KeyFrame.
func KeyPicture(s assets.Scenario, theme string) string {
	m := model.New([]model.Scenario{model.Scenario(s)}, model.Settings{})
	m.KeyFrame()
	p := m.Picture()
	svg, _, _ := Picture(&p, theme)
	return svg
}

// print writes the shape as XML. What only a page's programs and styles ask for is left out.
func (s *shape) print(out *strings.Builder) {
	if s == nil {
		return
	}
	out.WriteString("<" + s.tag)
	if s.class != "" {
		out.WriteString(` class="` + s.class + `"`)
	}
	for i := 0; i+1 < len(s.attributes); i += 2 {
		if name, value := s.attributes[i], s.attributes[i+1]; value != "" && !strings.HasPrefix(name, "data-") {
			out.WriteString(" " + name + `="` + printable(value) + `"`)
		}
	}
	if s.words == "" && len(s.inside) == 0 {
		out.WriteString("/>")
		return
	}
	out.WriteString(">" + printable(s.words))
	for _, inner := range s.inside {
		inner.print(out)
	}
	out.WriteString("</" + s.tag + ">")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// printable is text as XML may hold it: of control characters that is next to none, however they are written.
func printable(s string) string {
	return escaper.Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return '·'
		}
		return r
	}, s))
}

// ink is a picture's sheet, spelled out: the vocabulary of all drawings, with the colours themselves where the page has names for them.
func ink(theme, sheet string) string {
	tokens := assets.Sheet("tokens")
	light := declared(tokens, ":root {")
	dark := declared(tokens, `:root[data-theme="dark"] {`)
	for name, value := range light {
		if _, ok := dark[name]; !ok {
			dark[name] = value
		}
	}
	var plain, other strings.Builder
	for rule := range strings.SplitAfterSeq(bare(assets.Sheet("drawing")+sheet), "}") {
		rule = strings.TrimSpace(rule)
		day, night := spelled(rule, light), spelled(rule, dark)
		if theme == "dark" {
			day = night
		}
		plain.WriteString(day)
		if theme == "" && night != day {
			other.WriteString(night)
		}
	}
	if other.Len() > 0 {
		plain.WriteString("@media (prefers-color-scheme:dark){" + other.String() + "}")
	}
	return plain.String()
}

// declared are the names that a block of a sheet gives values.
func declared(sheet, block string) map[string]string {
	_, rest, _ := strings.Cut(bare(sheet), block)
	rest, _, _ = strings.Cut(rest, "}")
	names := make(map[string]string)
	for declaration := range strings.SplitSeq(rest, ";") {
		if name, value, ok := strings.Cut(declaration, ":"); ok {
			names[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return names
}

// bare is a sheet without its comments.
func bare(sheet string) string {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(sheet, "/*")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		_, sheet, _ = strings.Cut(after, "*/")
	}
}

// spelled is a rule with values in the place of names.
func spelled(rule string, values map[string]string) string {
	for {
		before, after, ok := strings.Cut(rule, "var(")
		if !ok {
			return rule
		}
		name, rest, _ := strings.Cut(after, ")")
		rule = before + values[name] + rest
	}
}

// pictureSheet is what only pictures have. A text's own class wins over that of all texts.
const pictureSheet = `
svg { color: var(--text); }
.tape__plot, .link__lanes { overflow: visible; }
.p-title { font: 600 22px var(--sans); } .p-lead { font: 600 15px var(--sans); } .p-more { font: 14px var(--sans); }
.p-name { font: 600 15px var(--sans); } .p-head { font: 600 13px var(--sans); } .p-line { font: 600 14px var(--mono); }
.p-figure { font: 600 20px var(--mono); letter-spacing: -.02em; }
svg text.p-word { font: 500 12px var(--mono); } svg text.p-strong { font-weight: 600; } svg text.p-struck { fill: var(--muted); }
svg .t-replica { fill: var(--replica); } svg .t-muted { fill: var(--muted); }
.p-card { fill: var(--bg); stroke: var(--line); } .p-card--down { fill: none; stroke-dasharray: 4 4; }
.p-cell { fill: var(--bg); stroke: var(--hair); } .p-cell--continue { stroke: var(--continue); stroke-width: 2; } .p-cell--full { stroke: var(--full); stroke-width: 2; }
.p-chip-continue { fill: var(--continue-tint); } .p-chip-full { fill: var(--full-tint); }
`

// panelSheet is what only pictures of one panel have.
const panelSheet = `
.deck__ahead { fill: var(--hair); }
.wire__band { opacity: .28; } .wire__gap { fill: none; stroke: var(--bg); stroke-width: 3; } .wire__diamond { fill: var(--bg); } .wire__hit { display: none; }
`

// A drawing grows downwards.
type drawing struct {
	p      *model.Picture
	y      float64
	shapes []*shape
}

func (d *drawing) add(shapes ...*shape) { d.shapes = append(d.shapes, shapes...) }

// Where things are, in CSS pixels.
const (
	margin = 28.0
	inner  = model.PictureWidth - 2*margin
	right  = model.PictureWidth - margin
)

// band is a strip of another ground, from one y to another.
func band(from, to float64) *shape {
	return group(rect("f-surface", 0, from, model.PictureWidth, to-from, 0),
		stroke("l-hair", "M0 "+px(from)+"H"+strconv.Itoa(model.PictureWidth)+"M0 "+px(to)+"H"+strconv.Itoa(model.PictureWidth)))
}

func (d *drawing) head() {
	p := d.p
	mark := markShape().set("x", px(margin), "y", "20")
	d.add(mark, words("p-head", margin+28, 35, "", "Resync"), words("m", right, 35, "end", cutTo(p.Facts, small12, 640)))
	d.y = 44
	for _, line := range wrapped(p.Title, bold22, inner, 2) {
		d.y += 28
		d.add(words("p-title", margin, d.y, "", line))
	}
	d.y += 8
	lead := p.Lead
	if p.Where != "" {
		lead = p.Where + ": " + lead
	}
	for _, line := range wrapped(lead, bold15, inner, 2) {
		d.y += 21
		d.add(words("p-lead", margin, d.y, "", line))
	}
	d.y += 3
	for _, line := range wrapped(p.More, sans14, inner, 5) {
		d.y += 20
		d.add(words("p-more", margin, d.y, "", line))
	}
	d.y += 20
}

// line is the head of a picture of one panel alone.
func (d *drawing) line() {
	d.add(words("p-head", margin, 28, "", cutTo(d.p.Title, bold13, 400)), words("m", right, 28, "end", cutTo(d.p.Facts, small12, inner-420)))
	d.y = 40
}

// wire is the space-time diagram as it is on the page.
func (d *drawing) wire() {
	w := &wire{Wire: d.p.Wire}
	if w.Wire.Empty != "" || len(w.Wire.Rows) == 0 {
		d.y += 20
		d.add(words("m", margin, d.y, "", w.Wire.Empty))
		d.y += 20
		return
	}
	plot, high := w.plot()
	width := strconv.Itoa(model.PicturePlot)
	d.add(heads(),
		(&wireNames{Names: w.names(), High: high}).shape().set("x", px(margin), "y", px(d.y), "width", "82"),
		draw("svg", "wire__plot", "height", strconv.Itoa(int(high)), "x", px(right-model.PicturePlot), "y", px(d.y), "width", width).with(plot))
	d.y += high + 12
}

// time is its line as it is on the page.
func (d *drawing) time() {
	k := &d.p.Deck
	d.y += 16
	d.add(words("p-head", margin, d.y, "", k.Clock), words("m", right, d.y, "end", k.State+", seed "+k.Seed))
	d.add(deckLine(k, strconv.Itoa(inner)).set("x", px(margin), "y", px(d.y)))
	d.y += deckHigh + 10
}

// table is what a panel has of words and numbers. Its columns are as wide as what is in them, and the last one has what is left.
func (d *drawing) table(t *model.PictureTable) {
	if len(t.Rows) == 0 && t.About == "" {
		return
	}
	d.y += 22
	title := cutTo(t.Title, bold13, inner)
	after := bold13.width(title) + 12
	d.add(words("p-head", margin, d.y, "", title), words("m", margin+after, d.y, "", cutTo(t.About, small12, inner-after)))
	d.y += 4
	var wide []float64
	for _, row := range append([][]string{t.Heads}, t.Rows...) {
		for i, cell := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], min(320, mono(12).width(cell)+18))
		}
	}
	line := func(class string, row []string) {
		d.y += 19
		x := margin
		for i, cell := range row {
			if i == len(row)-1 {
				wide[i] = right - x
			}
			if cell != "" {
				d.add(fitted(words(class, x, d.y, "", cell), mono(12), wide[i]-8))
			}
			x += wide[i]
		}
		d.add(stroke("l-hair", "M"+px(margin)+" "+px(d.y+6)+"H"+px(right)))
	}
	if len(t.Heads) > 0 && len(t.Rows) > 0 {
		line("m mono", t.Heads)
	}
	for _, row := range t.Rows {
		line("mono", row)
	}
	if t.More != "" {
		d.y += 20
		d.add(words("m", margin, d.y, "", t.More))
	}
	d.y += 14
}

// stream is the tape as it is on the page.
func (d *drawing) stream() {
	k := d.p.Tape
	const mostRails = 12
	note := ""
	if n := len(k.Rails) - mostRails; n > 0 {
		note = "; " + strconv.Itoa(n) + " more replicas are not drawn"
		k.Rails = k.Rails[:mostRails]
		var flags []model.Flag
		for _, f := range k.Flags {
			if f.Rail < mostRails {
				flags = append(flags, f)
			}
		}
		k.Flags = flags
	}
	d.y += 30
	about := k.About + note
	if k.Empty != "" {
		about = k.Empty
	}
	d.add(words("p-head", margin, d.y, "", "The stream"), words("m", margin+94, d.y, "", cutTo(about, small12, inner-94)))
	if k.Empty != "" {
		d.y += 20
		return
	}
	d.y += 12
	t := &tape{Tape: k}
	plot, high := t.plot()
	d.add((&tapeNames{Names: t.names(), High: high}).shape().set("x", px(margin), "y", px(d.y), "width", "82"),
		plot.set("x", px(right-model.PicturePlot), "y", px(d.y), "width", strconv.Itoa(model.PicturePlot)))
	d.y += high + 16
}

// answers are what the master has said, and what it would say.
func (d *drawing) answers() {
	p, top, before := d.p, d.y, len(d.shapes)
	const mostRows = 6
	calm := p.Question == "" && !p.Verdict.Shown && len(p.Forecast) == 0
	if calm && p.Calm == "" {
		return
	}
	d.y += 12
	if p.Question != "" {
		d.y += 22
		d.add(words("p-lead", margin, d.y, "", cutTo(p.Question, bold15, inner-290)))
		d.answer(right-258, model.Answer{Word: "CONTINUE", Tone: model.ToneOK})
		d.add(words("m", right-132, d.y, "middle", "or"))
		d.answer(right-118, model.Answer{Word: "FULLRESYNC", Tone: model.ToneFull})
		d.y += 12
	}
	if p.Verdict.Shown {
		d.verdict()
	}
	for i := range p.Forecast {
		if i == mostRows {
			d.y += 22
			d.add(words("m", margin, d.y, "", "And "+strconv.Itoa(len(p.Forecast)-mostRows)+" more replicas are away."))
			d.y += 8
			break
		}
		d.forecast(&p.Forecast[i])
	}
	if calm {
		d.y += 16
		d.add(words("m", margin, d.y, "", cutTo(p.Calm, small12, inner)))
		d.y += 4
	}
	d.y += 16
	d.shapes = append(d.shapes[:before:before], append([]*shape{band(top, d.y)}, d.shapes[before:]...)...)
}

// answer is CONTINUE or FULLRESYNC with its shape, on the line at y; it returns where it ends.
func (d *drawing) answer(x float64, a model.Answer) float64 {
	word, tone := "▸ "+a.Word, "continue"
	if a.Tone == model.ToneFull {
		word, tone = "▣ "+a.Word, "full"
	}
	wide := mono(12).width(word) + 16
	d.add(rect("p-chip-"+tone, x, d.y-15, wide, 21, 4), words("p-word p-strong t-"+tone, x+8, d.y, "", word))
	return x + wide
}

func (d *drawing) forecast(r *model.ForecastRow) {
	d.y += 24
	d.add(words("m", margin, d.y, "", r.Lead))
	x := margin + 74
	name := cutTo(r.Replica, bold13, 90)
	d.add(words("b name", x, d.y, "", name))
	x += bold13.width(name) + 14
	from := x
	if r.Answer.Word != "" {
		x = d.answer(x, r.Answer) + 14
	}
	d.add(fitted(words("name", x, d.y, "", r.Cost), sans13, right-x))
	if r.Then.Word != "" {
		d.y += 26
		x = from
		d.add(words("m", x, d.y, "", r.When))
		x = d.answer(x+small12.width(r.When)+12, r.Then) + 14
		d.add(words("m", x, d.y, "", cutTo(r.ThenIs, small12, right-x)))
	}
	d.y += 8
}

// verdict is the question and its answer, with the two comparisons between them.
func (d *drawing) verdict() {
	v := &d.p.Verdict
	const high, gap = 104.0, 22.0
	wide := [4]float64{178, 206, 208, inner - 178 - 206 - 208 - 3*gap}
	y := d.y + 4
	tone := string(v.Tone)
	cell := func(i int, x float64, class, title string, line *shape, width float64, result string, resultTone model.Tone, note string) {
		d.add(rect("p-cell"+class, x, y, wide[i], high, 8), words("m b", x+13, y+21, "", cutTo(title, bold12, wide[i]-26)), fittedParts(line, x+13, y+44, width, wide[i]-26))
		at := y + 63
		if result != "" {
			d.add(fitted(words("b t-"+string(resultTone), x+13, at, "", result), bold12, wide[i]-26))
			at += 17
		}
		for _, text := range wrapped(note, small12, wide[i]-26, 2) {
			d.add(words("m", x+13, at, "", text))
			at += 15
		}
		if i < 3 {
			d.add(words("m", x+wide[i]+gap/2, y+high/2+4, "middle", "→"))
		}
	}
	x := margin
	cell(0, x, "", v.Replica+" asks", span("", v.Asked), mono(14).width(v.Asked), "", "", "its history and next byte")
	x += wide[0] + gap
	line, width := comparison(&v.History)
	cell(1, x, "", "Same history?", line, width, v.History.Result, v.History.Tone, v.History.Note+" "+v.History.NoteMono)
	x += wide[1] + gap
	line, width = comparison(&v.Held)
	cell(2, x, "", "Still held?", line, width, v.Held.Result, v.Held.Tone, v.Held.Note)
	x += wide[2] + gap
	answer := span("t-"+tone, v.Answer).with(span("t-text", " "+v.AnswerID))
	cell(3, x, " p-cell--"+tone, v.Master+" answers", answer, mono(14).width(v.Answer+" "+v.AnswerID), "", "", v.Cost)
	d.y = y + high
	if v.Log != "" {
		d.y += 6
		for _, line := range wrapped(v.Log, mono(12), inner, 3) {
			d.y += 16
			d.add(words("m mono", margin, d.y, "", line))
		}
	}
	d.y += 4
}

// span is a part of a line, and comparison those of one comparison, with their width.
func span(class, text string) *shape { return &shape{tag: "tspan", class: class, words: text} }

func comparison(c *model.Check) (*shape, float64) {
	left, end := "", ""
	if c.Left != "" {
		left = c.Left + " " + c.Op1 + " "
	}
	if c.Right != "" {
		end = " " + c.Op2 + " " + c.Right
	}
	s := span("", "").with(span("", left), span("t-"+string(c.Tone), c.Mid), span("", end))
	if !c.Reached {
		s = span("t-muted", left+c.Mid+end)
	}
	return s, mono(14).width(left + c.Mid + end)
}

// fittedParts sets a line of parts, narrower where it is too long for its room.
func fittedParts(line *shape, x, y, width, room float64) *shape {
	s := words("p-line", x, y, "", "").with(line)
	if width > room {
		s = s.set("textLength", px(room), "lengthAdjust", "spacingAndGlyphs")
	}
	return s
}

// fitted has a text that is a little too long for its room drawn narrower, and cuts one that is much too long.
func fitted(s *shape, f face, room float64) *shape {
	s.words = cutTo(s.words, f, room*1.2)
	if f.width(s.words) > room {
		return s.set("textLength", px(room), "lengthAdjust", "spacingAndGlyphs")
	}
	return s
}
