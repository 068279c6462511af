package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A stage shows the nodes and the links between them, or the same as a table.
type stage struct {
	app.Compo
	Stage   model.Stage
	Table   []model.TableRow
	AsTable bool
	Up      *mailbox
}

const stageID = "stage"

func cardID(node string) string { return "card-" + node }

// seek brings a node into sight when it is another one that is selected, told of or asked about than before. Only the stage is
// scrolled, and the wire: the page and the focus stay where they are.
func (p *page) seek() {
	for i, name := range p.page.Stage.Sought {
		if name != p.sought[i] && name != "" {
			p.afterDrawing(func() { p.host.RevealIn(stageID, cardID(name)) })
		}
	}
	p.sought = p.page.Stage.Sought
	// The two that a new verdict is about are to be seen on the wire, and stay so when its rows move together.
	if v := &p.page.Verdict; !v.Shown {
		p.judged = ""
	} else if judged := v.Log + px(p.page.Wire.Apart); judged != p.judged {
		p.judged = judged
		p.afterDrawing(func() {
			p.host.RevealIn(model.WireID, wireRowID(v.Master))
			p.host.RevealIn(model.WireID, wireRowID(v.Replica))
		})
	}
}

func (s *stage) Render() app.UI {
	s.Up.breathe()
	way := "across"
	if s.Stage.Vertical {
		way = "down"
	}
	return app.Section().ID(stageID).Class("stage").Aria("label", "Stage").DataSet("testid", "stage").Body(
		app.If(s.AsTable, func() app.UI { return nodeTable(s.Table, s.Up) }).Else(func() app.UI {
			return app.Div().Class("world").DataSet("way", way).DataSet("depths", s.Stage.Depths).DataSet("lanes", s.Stage.Lanes).
				DataSet("dense", s.Stage.Dense).Body(
				app.Range(s.Stage.Cards).Slice(func(i int) app.UI { return &card{Card: s.Stage.Cards[i], Up: s.Up} }),
				app.Range(s.Stage.Links).Slice(func(i int) app.UI { return &link{Link: s.Stage.Links[i], Up: s.Up} }),
				app.If(s.Stage.Slot.Shown, func() app.UI { return &emptySlot{Slot: s.Stage.Slot, Up: s.Up} }),
				app.Canvas().ID(flightsID).Class("world__flights").Aria("hidden", true).
					DataSet("palette", "--master --replica --full --text"),
			)
		}),
	)
}

// at is the class that puts something in its place on the stage's grid: a strict policy allows no inline style.
func at(depth, lane int) string {
	return "depth-" + strconv.Itoa(depth) + " lane-" + strconv.Itoa(lane)
}

// A card is one node as it stands.
type card struct {
	app.Compo
	Card model.Card
	Up   *mailbox
}

func (c *card) Render() app.UI {
	c.Up.breathe()
	k := &c.Card
	return app.Article().ID(cardID(k.Name)).Class("card "+at(k.Depth, k.Lane)+" span-"+strconv.Itoa(k.Span)).
		DataSet("testid", "node-"+k.Name).DataSet("role", k.Role).DataSet("state", k.State).DataSet("selected", k.Selected).DataSet("said", k.Said).
		DataSet("large", k.Backlog.Shown).Attr("draggable", "true").OnClick(c.pick).OnKeyDown(c.key).
		OnDragStart(c.pickUp).OnDragEnd(c.letGo).OnDragOver(c.over).OnDragEnter(c.over).OnDrop(c.drop).Body(
		&cardHead{Name: k.Name, Role: k.Role, Label: k.Label, Word: k.Word, Tone: k.WordTone, Selected: k.Selected, Alive: k.Up, Up: c.Up},
		app.Div().Class("card__figures").Body(app.P().Class("card__figure").Title(k.Caption).Text(k.Figure),
			app.If(k.Digest != "", c.digest)),
		app.P().Class("card__caption").Text(k.Caption),
		app.If(len(k.Badges) > 0, func() app.UI { return app.P().Class("card__badges").Body(badges(k.Badges)) }),
		app.If(k.Backlog.Shown, c.backlog),
		app.If(k.Fields[0].Name != "" && k.Backlog.Shown, func() app.UI {
			return app.Dl().Class("card__fields").Body(app.Range(k.Fields[:]).Slice(func(i int) app.UI {
				return app.Div().Body(app.Dt().Text(k.Fields[i].Name), app.Dd().Text(k.Fields[i].Value))
			}))
		}),
		app.If(k.Load != "", func() app.UI {
			return app.Button().Class("btn btn--tiny card__load").Type("button").DataSet("testid", "load-"+k.Name).
				Aria("pressed", k.Loading).Title(k.Load).OnClick(c.load).Body(writeIcon(k.Loading), app.Span().Text(k.Load))
		}),
		app.P().Class("card__row").Body(
			&historyChip{History: k.History, Lineage: k.Lineage},
			app.Span().Class("card__fact").Text(k.Fact),
		),
		app.If(k.Drop != "", func() app.UI { return app.P().Class("card__drop").Aria("hidden", true).Body(app.Code().Text(k.Drop)) }),
	)
}

// A cardHead is what seldom changes on a card, while its figures do many times a second.
type cardHead struct {
	app.Compo
	Name, Role, Label, Word string
	Tone                    model.Tone
	Selected, Alive         bool
	Up                      *mailbox
}

func (c *cardHead) Render() app.UI {
	c.Up.breathe()
	power := "Kill " + c.Name
	if !c.Alive {
		power = "Start " + c.Name
	}
	return app.Header().Class("card__head").Body(
		roleIcon(c.Role),
		app.H2().Class("card__title").Body(
			app.Button().Class("card__name").Type("button").ID("node-"+c.Name).Aria("pressed", c.Selected).
				Aria("label", c.Label).OnClick(c.pick).Text(c.Name),
		),
		app.Span().Class("card__role").Text(c.Role),
		app.Span().Class("card__word").DataSet("tone", string(c.Tone)).Text(c.Word),
		app.Button().Class("card__power card__menu").Type("button").DataSet("testid", "menu-"+c.Name).Aria("label", "Faults of "+c.Name).
			Title("Faults of "+c.Name).OnClick(c.faults).Body(menuIcon()),
		app.Button().Class("card__power").Type("button").DataSet("testid", "power-"+c.Name).Aria("label", power).
			Title(power).OnClick(c.power).Body(powerIcon()),
	)
}

func (c *card) backlog() app.UI {
	b := &c.Card.Backlog
	const width = 188.0
	return app.Div().Class("card__backlog").Title(b.Note).Body( // where the window is low, the note is nowhere else
		app.P().Class("card__held").Body(app.B().Text("Backlog"), app.Span().Text(b.Held)),
		drawn("svg", "card__blocks", "viewBox", "0 0 188 14", "preserveAspectRatio", "none").Aria("hidden", true).Body(blocksShape(b, 0, 0, width).ui()),
		app.P().Class("card__note").Text(b.Note),
	)
}

// blocksShape is what a backlog holds, block by block, in the outline of its room. What is over its limit is a full bar that a
// mark stands in.
func blocksShape(b *model.CardBacklog, x, y, width float64) *shape {
	const high, gap = 14.0, 3.0
	all := group(rect("l", x+.5, y+.5, width-1, high-1, 2))
	for _, k := range b.Blocks {
		bx, w := x+k.X*width, max(2, k.W*width-gap)
		if k.X+k.W > .999 {
			w = k.W * width
		}
		if k.NextToGo {
			all.with(rect("f-master-tint", bx, y, w, high, 2), rect("l-full", bx+.75, y+.75, max(.5, w-1.5), high-1.5, 2))
			continue
		}
		all.with(rect("f-bg", bx, y, w, high, 2), rect("l", bx+.5, y+.5, w-1, high-1, 2), rect("f-master", bx, y, min(k.Full*width, w), high, 2))
	}
	if b.Limit > 0 {
		at := px(x + b.Limit*width)
		all.with(stroke("flag__gap", "M"+at+" "+px(y-3)+"v20"), stroke("l-lost w2", "M"+at+" "+px(y-3)+"v20"))
	}
	return all
}

func (c *card) pick(app.Context, app.Event)     { c.Up.send(model.Select{Node: c.Card.Name}) }
func (c *cardHead) pick(app.Context, app.Event) { c.Up.send(model.Select{Node: c.Name}) }
func (c *card) load(_ app.Context, e app.Event) {
	e.Call("stopPropagation")
	c.Up.send(model.ToggleLoad{Node: c.Card.Name})
}

func (c *cardHead) power(_ app.Context, e app.Event) {
	e.Call("stopPropagation")
	c.Up.send(model.Power{Node: c.Name})
}

func (c *cardHead) faults(_ app.Context, e app.Event) {
	e.Call("stopPropagation")
	c.Up.send(model.PickFaults{Node: c.Name})
}

// A historyChip is which history a node has the data of.
type historyChip struct {
	app.Compo
	History string
	Lineage int
}

func (c *historyChip) Render() app.UI {
	return app.Span().Class("chip").Title("master_replid").Body(historyIcon(c.Lineage), app.Span().Text(c.History))
}

// digest says by a few digits what data a node has: where they are the same, it is the same.
func (c *card) digest() app.UI {
	digits, title := c.Card.Digest, "DEBUG DIGEST: the same data has the same"
	if c.Card.Differs {
		digits, title = "≠ "+c.Card.Master, "DEBUG DIGEST "+digits+": not the data of "+c.Card.Master
	}
	return app.P().Class("card__digest").DataSet("testid", "digest-"+c.Card.Name).DataSet("differs", c.Card.Differs).Title(title).Text(digits)
}

// menuIcon is three dots.
func menuIcon() app.UI {
	return icon("", 14, 14, path("f-text fill", "M.5 7a1.5 1.5 0 1 0 0-.1zm5 0a1.5 1.5 0 1 0 0-.1zm5 0a1.5 1.5 0 1 0 0-.1z"))
}

func powerIcon() app.UI {
	return icon("", 14, 14, path("l-text", "M7 1v6M3.700 3.200a5 5 0 1 0 6.600 0"))
}

func writeIcon(on bool) app.UI {
	if on {
		return icon("", 10, 10, drawn("rect", "f-text", "width", "10", "height", "10", "rx", "1"))
	}
	return icon("", 10, 10, path("f-text", "M1 0l9 5-9 5z"))
}

// nodeTable is the stage for those who read rather than look: what can be chosen and cut there can be here.
func nodeTable(rows []model.TableRow, up *mailbox) app.UI {
	head := []string{"Node", "Role", "Link", "", "Process", "Offset", "Behind", "Keys", "History"}
	choose := func(id, text string, on bool, msg model.Msg) app.UI {
		return app.Button().ID(id).Class("nodes__choose").Type("button").DataSet("testid", id).Aria("pressed", on).Text(text).
			OnClick(func(app.Context, app.Event) { up.send(msg) }, app.EventScope(id))
	}
	return app.Div().Class("nodes").TabIndex(0).Role("region").Aria("label", "Nodes as a table").Body(app.Table().Body(
		app.THead().Body(app.Tr().Body(app.Range(head).Slice(func(i int) app.UI {
			if head[i] == "" {
				return app.Th().Scope("col").Body(app.Span().Class("sr").Text("Cut or heal"))
			}
			return app.Th().Scope("col").Text(head[i])
		}))),
		app.TBody().Body(app.Range(rows).Slice(func(i int) app.UI {
			r := rows[i]
			role := r.Role
			if role == "replica" {
				role += " of " + r.Master
			}
			var link, act app.UI = app.Text(r.Link), nil
			if r.LinkID != "" {
				link = choose("faults-"+r.LinkID, r.Link, r.Chosen, model.PickLink{ID: r.LinkID})
				act = &linkAct{ID: r.LinkID, Action: r.Action, Line: r.Line, Master: r.Master, Replica: r.Name, Up: up}
			}
			return app.Tr().Body(app.Th().Scope("row").Body(choose("node-"+r.Name, r.Name, r.Selected, model.Select{Node: r.Name})),
				app.Td().Text(role), app.Td().Body(link), app.Td().Body(act), app.Td().Text(r.State),
				app.Td().Class("num").Text(r.Offset), app.Td().Class("num").Text(r.Behind),
				app.Td().Class("num").Text(r.Keys), app.Td().Class("num").Text(r.History))
		})),
	))
}
