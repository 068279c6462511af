package view

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/web/model"
)

// A nodeColumn is the chosen node: its prompt and its log.
type nodeColumn struct {
	app.Compo
	Terminal model.Terminal
	Host     Host // reads what was typed: go-app does not own an input's value
	Up       *mailbox
}

func (n *nodeColumn) Render() app.UI {
	n.Up.breathe()
	t := &n.Terminal
	return app.Section().Class("node").DataSet("tab", t.Tab).Aria("label", "Node "+t.Name).Body(
		app.Div().Class("node__nodes").Role("group").Aria("label", "Choose a node").Body(
			app.Range(t.Nodes).Slice(func(i int) app.UI {
				c := t.Nodes[i]
				return app.Button().Class("node__pick").Type("button").DataSet("testid", "pick-"+c.Name).Aria("pressed", c.On).Text(c.Label).
					OnClick(func(app.Context, app.Event) { n.Up.send(model.Select{Node: c.Name}) }, app.EventScope(c.Name))
			}),
			addNode(n.Up, t.Tab == model.TabAdd),
		),
		app.P().Class("node__who").Body(roleIcon(t.Role), app.B().Text(t.Name), app.Span().Text(t.About)),
		&nodeTabs{Tabs: t.Tabs, Up: n.Up},
		app.If(t.Tab == model.TabLog, n.log).ElseIf(t.Tab == model.TabScript, n.script).ElseIf(t.Tab == model.TabLedger, n.ledger).
			ElseIf(t.Tab == model.TabData, n.data).ElseIf(t.Tab == model.TabConfig, n.config).
			ElseIf(t.Tab == model.TabFaults, n.faults).ElseIf(t.Tab == model.TabAdd, n.add).
			ElseIf(t.Tab != model.TabWire, n.output),
		app.If(t.Tab == model.TabCLI && len(t.Clients) > 0, n.terminals),
		&nodeChips{Node: t.Name, Chips: t.Chips, Host: n.Host, Up: n.Up},
		app.Range(t.Nodes).Slice(func(i int) app.UI {
			p := &prompt{Name: t.Nodes[i].Name, Shown: t.Nodes[i].On && !t.Editor.Open, Host: n.Host, Up: n.Up} // one text at a time
			if p.Shown {
				p.Prompt, p.Past, p.Hint, p.Completion, p.Blocked = t.Prompt, t.Past, t.Hint, t.Completion, t.Blocked != ""
			}
			return p
		}),
	)
}

// nodeTabs are what there is to see of a node.
type nodeTabs struct {
	app.Compo
	Tabs []model.Choice
	Up   *mailbox
}

func (n *nodeTabs) Render() app.UI {
	n.Up.breathe()
	return app.Div().Class("tabs").Role("group").Aria("label", "What to show").Body(app.Range(n.Tabs).Slice(func(i int) app.UI {
		c := n.Tabs[i]
		return app.Button().ID(model.TabID(c.Name)).Class("tabs__tab").Type("button").DataSet("testid", "tab-"+c.Name).Aria("pressed", c.On).Text(c.Label).
			OnClick(func(app.Context, app.Event) { n.Up.send(model.SelectTab{Tab: c.Name}) }, app.EventScope(c.Name))
	}))
}

// nodeChips are what is slow to type on a phone, over its keyboard: the words that begin a command, the way back through what was
// given here, and the end of the line.
type nodeChips struct {
	app.Compo
	Node  string
	Chips [4]model.Choice
	Host  Host
	Up    *mailbox
}

func (n *nodeChips) Render() app.UI {
	n.Up.breathe()
	id := model.PromptID(n.Node)
	chip := func(sign, name string, act func()) app.UI {
		return app.Button().Class("node__chip").Type("button").DataSet("testid", "chip-"+sign).Aria("label", name).Text(sign).
			OnMouseDown(func(_ app.Context, e app.Event) { e.PreventDefault() }). // the focus stays where the reader types, and so does the keyboard
			OnClick(func(app.Context, app.Event) {
				act()
				n.Host.Focus(id)
			}, app.EventScope(n.Node, sign))
	}
	return app.Div().Class("node__chips").Role("group").Aria("label", "Keys for the prompt").Body(
		app.Range(n.Chips[:]).Slice(func(i int) app.UI {
			k := n.Chips[i]
			return chip(k.Label, strings.TrimSpace(k.Name), func() {
				n.Host.SetValue(id, k.Name)
				n.Up.send(model.Edited{Node: n.Node, Text: k.Name})
			})
		}),
		chip("↑", "The line before", func() { n.Up.send(model.Older{Node: n.Node, Current: n.Host.Value(id)}) }),
		chip("⏎", "Run the line", func() { n.Up.send(model.Typed{Node: n.Node, Line: n.Host.Value(id)}) }),
	)
}

// terminals are the clients of the node, whether all nodes are told what is typed, and what the shown one waits for.
func (n *nodeColumn) terminals() app.UI {
	t := &n.Terminal
	return app.Div().Class("terminals").Body(
		app.Div().Class("terminals__list").Role("group").Aria("label", "Terminals at "+t.Name).Body(app.Range(t.Clients).Slice(func(i int) app.UI {
			c := t.Clients[i]
			return app.Button().Class("terminals__one").Type("button").DataSet("testid", "client-"+c.Name).Aria("pressed", c.On).
				Aria("label", "Client "+c.Label).Title("A connection of its own").Text(c.Label).
				OnClick(func(app.Context, app.Event) {
					k, _ := strconv.Atoi(c.Name)
					n.Up.send(model.PickClient{Node: n.Terminal.Name, Client: k})
				}, app.EventScope(t.Name, c.Name))
		})),
		app.Button().Class("terminals__all").Type("button").DataSet("testid", "to-all").Aria("pressed", t.ToAll).
			Title("What is typed goes to every node").OnClick(n.toAll).Text("to all nodes"),
		app.If(t.Blocked != "", func() app.UI {
			return app.Span().Class("terminals__wait").Body(
				app.Span().DataSet("testid", "blocked").Text("◷ "+t.Blocked),
				app.Button().Class("btn btn--tiny").Type("button").DataSet("testid", "unblock").Title("As Ctrl+C does").OnClick(n.unblock).Text("Give up"))
		}),
	)
}

func (n *nodeColumn) toAll(app.Context, app.Event)   { n.Up.send(model.ToggleToAll{}) }
func (n *nodeColumn) unblock(app.Context, app.Event) { n.Up.send(model.Unblock{Node: n.Terminal.Name}) }

func (n *nodeColumn) output() app.UI {
	t := &n.Terminal
	return app.Div().ID(model.OutputID(t.Name)).Class("cli cli--end").Role("log").Aria("label", "Output of "+t.Name).TabIndex(0).
		DataSet("testid", "cli-output-"+t.Name).Body(app.Div().Body(
		app.Range(t.Turns).Slice(func(i int) app.UI {
			k := t.Turns[i]
			class := "cli__reply"
			if k.Error {
				class = "cli__reply cli__reply--error"
			}
			prompt := k.Prompt
			if prompt == "" {
				prompt = t.Prompt
			}
			return app.Pre().Class("cli__turn").Body(
				app.Span().Class("cli__prompt").Text(prompt+" "), app.Span().Class("cli__typed").Text(k.Command), app.Text("\n"),
				app.Span().Class(class).Text(k.Text),
				app.If(k.Note != "", func() app.UI { return app.Span().Class("cli__note").DataSet("testid", "note").Text(k.Note) }))
		}),
	))
}

func (n *nodeColumn) log() app.UI {
	t := &n.Terminal
	return app.Div().ID(model.OutputID(t.Name)).Class("cli cli--end cli--log").Role("log").Aria("label", "Log of "+t.Name).TabIndex(0).
		DataSet("testid", "log-"+t.Name).Body(app.Div().Body(
		app.Range(t.Log).Slice(func(i int) app.UI {
			l := t.Log[i]
			return app.P().Class("cli__log").DataSet("level", l.Level).Body(
				app.Span().Class("cli__prompt").Text(l.Clock+" "+l.Level+" "), app.Text(l.Text))
		}),
	))
}

func (n *nodeColumn) script() app.UI {
	return &scriptTab{Editor: n.Terminal.Editor, Node: n.Terminal.Name, Host: n.Host, Up: n.Up}
}

// A prompt is one node's input. Each node has its own, so that a line begun at one is still there after a look at
// another. The browser owns what was typed: go-app could not clear it (an empty value is no attribute to it).
type prompt struct {
	app.Compo
	Name    string
	Shown   bool
	Prompt  string
	Hint    string
	Past    string // what a command does while the page looks at the past, else ""
	Blocked bool   // a command waits

	Completion model.Completion
	Host       Host
	Up         *mailbox
}

func (p *prompt) Render() app.UI {
	p.Up.breathe()
	id, k := model.PromptID(p.Name), &p.Completion
	open := len(k.Items) > 0
	input := app.Input().Type("text").ID(id).DataSet("testid", "cli-"+p.Name).Placeholder(p.Hint).AutoComplete(false).
		Attr("autocapitalize", "off").Attr("autocorrect", "off").Spellcheck(false).Attr("enterkeyhint", "send").
		Role("combobox").Aria("autocomplete", "list").Aria("expanded", open).Aria("controls", p.listID()).OnKeyDown(p.key).OnInput(p.edited).OnPaste(p.paste)
	if open {
		input = input.Aria("activedescendant", p.itemID(k.At))
	}
	if p.Past != "" {
		input = input.Aria("describedby", id+"-past")
	}
	return app.Div().Class("prompt").Hidden(!p.Shown).Body(
		app.If(p.Past != "", func() app.UI {
			return app.Span().ID(id+"-past").Class("prompt__past").DataSet("testid", "prompt-past").Text(p.Past)
		}),
		app.Div().ID(p.listID()).Class("suggest").Role("listbox").Aria("label", "How it may go on").Hidden(!open).Body(
			app.Range(k.Items).Slice(func(i int) app.UI {
				s := k.Items[i]
				return app.Div().ID(p.itemID(i)).Class("suggest__item").Role("option").Aria("selected", i == k.At).
					OnMouseDown(func(_ app.Context, e app.Event) {
						e.PreventDefault() // the focus stays where the reader types
						p.Up.send(model.CompleteNext{By: i - p.Completion.At})
						p.Up.send(model.Complete{Node: p.Name})
					}, app.EventScope(p.Name, s.Word)).Body(
					app.Span().Class("suggest__word").Text(s.Word),
					app.If(s.Syntax != "", func() app.UI { return app.Span().Class("suggest__syntax").Text(" " + s.Syntax) }),
					app.If(s.About != "", func() app.UI { return app.Span().Class("suggest__about").Text(s.About) }))
			}),
		),
		app.Label().Class("prompt__name").For(id).Body(app.Span().Class("sr").Text("Command for "), app.Text(p.Prompt)),
		app.Span().Class("prompt__line").Body(
			input,
			app.Span().Class("prompt__ghost").Aria("hidden", true).Body(app.Span().Class("prompt__typed").Text(k.Text), app.Text(k.Ghost)),
		),
		app.If(open, func() app.UI { return app.Span().Class("prompt__tab").Aria("hidden", true).Text("Tab") }),
		app.Button().Class("prompt__send").Type("button").Aria("label", "Run").OnClick(p.send).Text("⏎"),
	)
}

func (p *prompt) listID() string      { return "suggest-" + p.Name }
func (p *prompt) itemID(i int) string { return p.listID() + "-" + strconv.Itoa(i) }

func (p *prompt) edited(app.Context, app.Event) {
	p.Up.send(model.Edited{Node: p.Name, Text: p.Host.Value(model.PromptID(p.Name))})
}

// paste takes a text of several lines; one without a line end is left to the browser. The text stays in the browser until its
// length is known.
func (p *prompt) paste(ctx app.Context, e app.Event) {
	text := app.Window().Get("Object").New(e.Get("clipboardData").Call("getData", "text"))
	if text.Call("search", "[\\r\\n]").Int() < 0 {
		ctx.PreventUpdate()
		return
	}
	e.PreventDefault()
	input, value := e.Get("target"), utf16.Encode([]rune(p.Host.Value(model.PromptID(p.Name))))
	from, to := min(input.Get("selectionStart").Int(), len(value)), min(input.Get("selectionEnd").Int(), len(value))
	p.Up.send(model.PastedLines{
		Node:   p.Name,
		Text:   string(utf16.Decode(value[:from])) + text.Call("slice", 0, model.MostPastedText).String(),
		Rest:   string(utf16.Decode(value[to:])),
		Longer: text.Get("length").Int() > model.MostPastedText,
	})
}

func (p *prompt) send(app.Context, app.Event) {
	p.Up.send(model.Typed{Node: p.Name, Line: p.Host.Value(model.PromptID(p.Name))})
}

func (p *prompt) key(ctx app.Context, e app.Event) {
	id := model.PromptID(p.Name)
	switch key := e.Get("key").String(); {
	case e.Get("isComposing").Truthy():
		ctx.PreventUpdate()
	case key == "Enter":
		e.PreventDefault()
		p.send(ctx, e)
	case len(p.Completion.Items) > 0 && key == "Tab" && !e.Get("shiftKey").Truthy():
		e.PreventDefault()
		p.Up.send(model.Complete{Node: p.Name})
	case len(p.Completion.Items) > 0 && (key == "ArrowUp" || key == "ArrowDown"):
		e.PreventDefault()
		by := 1
		if key == "ArrowUp" {
			by = -1
		}
		p.Up.send(model.CompleteNext{By: by})
	case len(p.Completion.Items) > 0 && key == "Escape":
		p.Up.send(model.CloseCompletion{})
	case key == "ArrowUp":
		e.PreventDefault()
		p.Up.send(model.Older{Node: p.Name, Current: p.Host.Value(id)})
	case key == "ArrowDown":
		e.PreventDefault()
		p.Up.send(model.Newer{Node: p.Name})
	case key == "Escape":
		p.Host.Focus("node-" + p.Name)
	case key == "c" && e.Get("ctrlKey").Truthy() && p.Blocked && e.Get("target").Get("selectionStart").Int() == e.Get("target").Get("selectionEnd").Int():
		e.PreventDefault() // nothing is selected that could be copied
		p.Up.send(model.Unblock{Node: p.Name})
	case key == "l" && e.Get("ctrlKey").Truthy():
		e.PreventDefault()
		p.Up.send(model.Typed{Node: p.Name, Line: "clear"})
	default:
		ctx.PreventUpdate()
	}
}
