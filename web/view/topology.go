package view

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// add is the form for another node.
func (n *nodeColumn) add() app.UI {
	return n.panel("Another node", "add").Body(
		app.P().Class("inspector__about").Text("A server of its own, started at this moment. A replica copies everything first."),
		&fault{Fault: n.Terminal.Add, Up: n.Up},
	)
}

// addNode is the button that opens the form.
func addNode(up *mailbox, pressed bool) app.UI { return &nodeAdder{Pressed: pressed, Up: up} }

type nodeAdder struct {
	app.Compo
	Pressed bool
	Up      *mailbox
}

func (a *nodeAdder) Render() app.UI {
	return app.Button().Class("node__pick").Type("button").DataSet("testid", "add-node").Aria("pressed", a.Pressed).Aria("label", "Add a node").
		Title("Add a node").OnClick(a.open).Text("+")
}

func (a *nodeAdder) open(app.Context, app.Event) { a.Up.send(model.SelectTab{Tab: model.TabAdd}) }

// An emptySlot is where the first replica would be.
type emptySlot struct {
	app.Compo
	Slot model.Slot
	Up   *mailbox
}

func (e *emptySlot) Render() app.UI {
	return app.Div().Class("slot card span-"+strconv.Itoa(e.Slot.Span)+" "+at(e.Slot.Depth, e.Slot.Lane)).DataSet("testid", "slot").DataSet("large", false).Body(
		app.P().Text(e.Slot.Text),
		app.If(e.Slot.Command != "", func() app.UI { return app.Code().Text(e.Slot.Command) }),
		app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "slot-add").OnClick(e.open).Text("Add a node"),
	)
}

func (e *emptySlot) open(app.Context, app.Event) { e.Up.send(model.SelectTab{Tab: model.TabAdd}) }

// arrows lets the arrow keys walk over the stage, from a card or a link.
func arrows(ctx app.Context, e app.Event, from string, up *mailbox) {
	way := e.Get("key").String()
	switch way {
	case "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown":
		if !e.Get("ctrlKey").Truthy() && !e.Get("altKey").Truthy() && !e.Get("metaKey").Truthy() && !e.Get("shiftKey").Truthy() {
			e.PreventDefault()
			up.send(model.Stride{From: from, Way: way})
			return
		}
	}
	ctx.PreventUpdate()
}

// pickUp begins to drag a node, by its card or by its end of a link.
func pickUp(e app.Event, node string, up *mailbox) {
	e.Call("stopPropagation")
	data := e.Get("dataTransfer")
	data.Set("effectAllowed", "move")
	data.Call("setData", "text/plain", node)
	up.send(model.Drag{Node: node})
}

func (c *card) pickUp(_ app.Context, e app.Event) { pickUp(e, c.Card.Name, c.Up) }
func (c *card) letGo(app.Context, app.Event)      { c.Up.send(model.Drag{}) }

// over says whether a node may be let go here; a file is none of its business. The model is asked, since a drag can be
// quicker than the next drawing.
func (c *card) over(ctx app.Context, e app.Event) {
	if c.Up.page.model.Dragging() {
		e.PreventDefault()
	}
	ctx.PreventUpdate()
}

func (c *card) drop(ctx app.Context, e app.Event) {
	if !c.Up.page.model.Dragging() {
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault()
	e.Call("stopPropagation")
	c.Up.send(model.Drop{On: c.Card.Name})
}

func (c *card) key(ctx app.Context, e app.Event) { arrows(ctx, e, c.Card.Name, c.Up) }

func (l *link) pickUp(_ app.Context, e app.Event) { pickUp(e, l.Link.Replica, l.Up) }
func (l *link) letGo(app.Context, app.Event)      { l.Up.send(model.Drag{}) }
func (l *link) key(ctx app.Context, e app.Event)  { arrows(ctx, e, l.Link.ID, l.Up) }
func (l *link) faults(_ app.Context, _ app.Event) { l.Up.send(model.PickLink{ID: l.Link.ID}) }
