package view

import (
	"strconv"

	"resync/web/model"
)

// The stage of a picture: cards by depth from left to right, each beside its replicas, and links in the room between.

const (
	cardHigh, laneGap = 112.0, 16.0
	badgeHigh         = 20.0
	depthsMost        = 5 // more could not be read
	lanesMost         = 8
)

// A grid is where cards and links are.
type grid struct {
	card, link, lane float64 // the widths of both, and how high a lane is with its gap
}

func (g *grid) at(c *model.Card) (x, y, w, h float64) {
	return float64(c.Depth) * (g.card + g.link), float64(c.Lane) * g.lane, g.card, float64(c.Span)*g.lane - laneGap
}

func (d *drawing) stage() {
	s := &d.p.Stage
	top := d.y
	if len(s.Cards) == 0 {
		d.y += 48
		d.add(band(top, d.y), words("m", margin, top+29, "", "No server yet."))
		return
	}
	var cards []model.Card
	depths, lanes, shown := 0, 0, make(map[string]bool)
	g := grid{lane: cardHigh + laneGap}
	for _, c := range s.Cards {
		if c.Depth >= depthsMost || c.Lane >= lanesMost {
			continue
		}
		cards, shown[c.Name] = append(cards, c), true
		depths, lanes = max(depths, c.Depth+1), max(lanes, c.Lane+1)
		if len(c.Badges) > 0 {
			g.lane = cardHigh + laneGap + badgeHigh
		}
	}
	more := len(s.Cards) - len(cards)
	switch depths {
	case 1, 2:
		g.card = 262
	case 3:
		g.card = 204
	default:
		g.card = 190
	}
	if depths > 1 {
		g.link = max(112, (inner-float64(depths)*g.card)/float64(depths-1))
	}
	wide, high := float64(depths)*g.card+float64(depths-1)*g.link, float64(lanes)*g.lane-laneGap
	scale := min(1, inner/wide)
	all := draw("g", "", "transform", "translate("+px(margin+(inner-wide*scale)/2)+" "+px(top+22)+")"+scaled(scale))
	for i := range s.Links {
		if l := &s.Links[i]; shown[l.Master] && shown[l.Replica] {
			all.with(g.drawLink(l))
		}
	}
	for i := range cards {
		c := &cards[i]
		c.Span = min(c.Span, max(1, lanes-c.Lane)) // of those that are shown
		all.with(g.drawCard(c))
	}
	d.y = top + 22 + high*scale + 22
	if more > 0 {
		d.y += 20
	}
	d.add(band(top, d.y), all)
	if more > 0 {
		d.add(words("m", right, d.y-14, "end", strconv.Itoa(more)+" more nodes are not drawn"))
	}
}

func scaled(k float64) string {
	if k == 1 {
		return ""
	}
	return " scale(" + strconv.FormatFloat(k, 'f', 3, 64) + ")"
}

func (g *grid) drawCard(c *model.Card) *shape {
	x, y, w, h := g.at(c)
	const pad = 14.0
	class, ink := "p-card", ""
	if !c.Up {
		class, ink = "p-card p-card--down", "p-struck "
	}
	right := x + w - pad
	room := w - 2*pad - 20
	word := cutTo(c.Word, mono(12), room/2)
	if word != "" {
		room -= mono(12).width(word) + 8
	}
	name := cutTo(c.Name, face{size: 15, bold: true}, room)
	all := group(rect(class, x+.5, y+.5, w-1, h-1, 8), roleShape(c.Role).set("x", px(x+pad), "y", px(y+14)),
		words(ink+"p-name", x+pad+20, y+25, "", name))
	after := bold15.width(name) + 8
	if small12.width(c.Role) <= room-after {
		all.with(words("m", x+pad+20+after, y+25, "", c.Role))
	}
	if word != "" {
		all.with(words("p-word t-"+string(c.WordTone), right, y+25, "end", word))
	}
	all.with(words(ink+"p-figure", x+pad, y+53, "", c.Figure), words("m mono", x+pad, y+70, "", c.Caption))
	at := y + 80
	if len(c.Badges) > 0 {
		bx := x + pad
		for i, b := range c.Badges {
			text := cutTo(b.Word, small12, right-bx-16)
			if i > 0 && right-bx < 60 {
				break
			}
			tone := map[string]string{"isolated": " t-lost", "frozen": " t-full"}[b.Kind]
			all.with(badgeShape(b.Kind).set("x", px(bx), "y", px(at)), words("b"+tone, bx+17, at+10, "", text))
			bx += 17 + bold12.width(text) + 12
		}
		at += badgeHigh
	}
	if c.Backlog.Shown && h >= 2*cardHigh {
		all.with(cardBacklog(c, x+pad, at+4, w-2*pad))
	}
	bottom := y + h - 14
	fact := fitted(words("m", right, bottom, "end", c.Fact), small12, w-2*pad-26-mono(12).width(c.History))
	history := words("mono", x+pad+20, bottom, "", c.History)
	if c.Lineage < 0 {
		history.class = "m"
	}
	return all.with(historyShape(c.Lineage).set("x", px(x+pad), "y", px(bottom-9)), history, fact)
}

// cardBacklog is what a master holds, block by block, where a card is high enough.
func cardBacklog(c *model.Card, x, y, w float64) *shape {
	b := &c.Backlog
	all := group(stroke("l-hair", "M"+px(x)+" "+px(y)+"h"+px(w)),
		words("b", x, y+20, "", "Backlog"), words("mono", x+w, y+20, "end", b.Held))
	all.with(blocksShape(b, x, y+29, w))
	for i, f := range c.Fields {
		all.with(words("m mono", x, y+63+float64(i)*17, "", f.Name), words("mono p-strong", x+w, y+63+float64(i)*17, "end", f.Value))
	}
	return all
}

// drawLink is a link with its words above and below.
func (g *grid) drawLink(l *model.Link) *shape {
	const pad = 10.0
	x := float64(l.Depth)*(g.card+g.link) - g.link
	middle := float64(l.Lane)*g.lane + (float64(l.Span)*g.lane-laneGap)/2
	w, centre := g.link-2*pad, x+g.link/2
	all := group(lanes(l).set("x", px(x+pad), "y", px(middle-15), "width", px(w), "height", "30"))
	above := middle - 24
	if l.Note != "" && bold12.width(l.State)+small12.width(" "+l.Note) <= w {
		line := words("m", centre, above, "middle", "").with(&shape{tag: "tspan", class: "figure", words: l.State}, span("", " "+l.Note))
		all.with(line)
	} else {
		notes := wrapped(l.Note, small12, w, 2)
		for i, note := range notes {
			all.with(words("m", centre, above-float64(len(notes)-1-i)*15, "middle", note))
		}
		all.with(words("b", centre, above-float64(len(notes))*15, "middle", cutTo(l.State, bold12, w)))
	}
	below := middle + 34
	if len(l.Badges) > 0 {
		text := ""
		for i, b := range l.Badges {
			if i > 0 {
				text += ", "
			}
			text += b.Word
		}
		text = cutTo(text, small12, w-18)
		wide := 17 + bold12.width(text)
		all.with(badgeShape(l.Badges[0].Kind).set("x", px(centre-wide/2), "y", px(below-10)), words("b", centre-wide/2+17, below, "", text))
		below += 15
	}
	for i, line := range wrapped(l.Figure, small12, w, 2) {
		all.with(words("m", centre, below+float64(i)*15, "middle", line))
	}
	if l.Queue.Word != "" {
		all.with(queueShape(l).set("x", px(x+pad+12), "y", px(middle-4)))
	}
	return all
}
