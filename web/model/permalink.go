package model

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/script"
)

// A Permalink is a moment of a run as the fragment of an address, what stands behind its '#': nothing of it reaches a
// server. Everything but the version may be missing.
//
//	v=1&s=short-outage&t=2431    a scenario of the library, at 2.431 s
//	v=1&a=…                      a script of its own, packed as Host.Pack packs it
//
// A link that was given away once has to work for ever: the meaning of version 1 stays.
type Permalink struct {
	Scenario string // s: of the library
	Packed   string // a: a whole script, which then is the scenario
	Seed     uint64 // seed: another one than the script's, 0 for none
	Moment   int64  // t: milliseconds of simulated time, -1 for none
	Chapter  int    // step: the chapter of a lesson, from 1; 0 for none
	Node     string // node: the one that is selected
	Theme    string // theme: light or dark
	Profile  string // profile: the era of nodes that the script says none of
}

// permalinkVersion is the one that is written, and the latest that is read.
const permalinkVersion = "1"

// LongLink is how many characters an address may have before some places (mails, chats, old servers) cut it.
const LongLink = 2000

// String is the fragment, without '#'.
func (l Permalink) String() string {
	b := "v=" + permalinkVersion
	add := func(key, value string) {
		if value != "" {
			b += "&" + key + "=" + value
		}
	}
	add("s", l.Scenario)
	if l.Seed != 0 {
		add("seed", strconv.FormatUint(l.Seed, 10))
	}
	if l.Chapter > 0 {
		add("step", plain(int64(l.Chapter)))
	}
	if l.Moment >= 0 {
		add("t", strconv.FormatInt(l.Moment, 10))
	}
	add("profile", l.Profile)
	add("node", l.Node)
	add("theme", l.Theme)
	add("a", l.Packed)
	return b
}

// ParsePermalink reads a fragment. What is wrong with it is left out and said in notices; ok is false for one of
// another version, of which nothing is known, and for a fragment that is no permalink.
func ParsePermalink(fragment string) (l Permalink, notices []string, ok bool) {
	l = Permalink{Moment: -1}
	said := false
	for part := range strings.SplitSeq(fragment, "&") {
		key, value, _ := strings.Cut(part, "=")
		good := true
		switch key {
		case "":
		case "v":
			if said = true; value != permalinkVersion {
				return l, []string{"This link is of version " + strconv.Quote(value) + ", and this page reads version " + permalinkVersion + ". A newer page may open it."}, false
			}
		case "s", "scenario": // as the element calls it
			if good = isWord(value); good {
				l.Scenario = value
			}
		case "a":
			if good = isWord(value); good {
				l.Packed = value
			}
		case "seed":
			n, err := strconv.ParseUint(value, 10, 64)
			if good = err == nil && n > 0; good {
				l.Seed = n
			}
		case "t":
			n, err := strconv.ParseInt(value, 10, 64)
			if good = err == nil && n >= 0 && n <= script.MaxTime.Milliseconds(); good {
				l.Moment = n
			}
		case "step":
			n, err := strconv.Atoi(value)
			if good = err == nil && n > 0 && n <= script.MaxStatements; good {
				l.Chapter = n
			}
		case "node":
			if good = isWord(value); good {
				l.Node = value
			}
		case "profile":
			if good = slices.Contains(node.Eras(), value); good {
				l.Profile = value
			}
		case "theme":
			if good = value == "light" || value == "dark" || value == "auto"; good && value != "auto" {
				l.Theme = value
			}
		case "view", "test", "embed", "controls", "pace", "speed", "motion", "keys", "lang", "readonly", "height", "autoplay", "program",
			"lazy", "group", "title", "min-height", "max-height", "trusted":
			// They are the host page's business.
		default:
			notices = append(notices, "The link says "+strconv.Quote(cut(part, 40))+", which means nothing here.")
		}
		if !good {
			notices = append(notices, "The link says "+strconv.Quote(cut(part, 40))+", which is no "+permalinkWords[key]+".")
		}
	}
	return l, notices, said || l.Scenario != "" || l.Packed != ""
}

// permalinkWords are what the values of a permalink are called.
var permalinkWords = map[string]string{
	"s": "scenario", "scenario": "scenario", "a": "script", "seed": "seed", "t": "moment in milliseconds", "step": "chapter", "node": "node", "profile": "Redis that is known here (" + strings.Join(node.Eras(), ", ") + ")", "theme": "theme (light, dark or auto)",
}

// isWord reports whether a value has only what base64url and names have, and something of it.
func isWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_')
	}) < 0
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// Linked opens what a permalink says. Script is what its packed part holds.
type Linked struct {
	Link    Permalink
	Script  string
	Notices []string
}

func (Linked) isMsg() {}

// A Notice is what is to be said of the link that was followed; Rest are the further lines of its script that are wrong.
type Notice struct {
	Text string
	Rest []string
}

// String is all of it, line by line.
func (n Notice) String() string { return strings.Join(append([]string{n.Text}, n.Rest...), "\n") }

// Notice is what is to be said now: nothing, mostly.
func (m *Model) Notice() Notice { return m.notice }

// DismissNotice puts away what was said of a link.
type DismissNotice struct{}

func (DismissNotice) isMsg() {}

// A goal is where an opening goes beside the usual: to a moment, or to the beginning of a chapter. There a node is selected.
type goal struct {
	set     bool
	at      engine.Instant
	chapter int
	node    string
}

// linked opens a permalink. Of a script that is wrong the lines before the first error are run; all of it is in the
// editor, with its errors. A long one is read over some frames, as a file is.
func (m *Model) linked(l Linked) []Cmd {
	name, text := l.Link.Scenario, ""
	if l.Link.Packed != "" {
		name, text = ownScenario, l.Script
	} else {
		if name == "" && len(m.scenarios) > 0 {
			name = m.scenarios[0].Name
		}
		if text = m.textOf(name); text == "" {
			l.Notices = append(l.Notices, "There is no scenario "+strconv.Quote(name)+" in the library: here is the first one.")
			name = m.scenarios[0].Name
			text = m.scenarios[0].Text
		}
	}
	m.giveUpFile()
	f := &fileWork{parse: script.NewReader(name+".resync", text), data: []byte(text), link: &linkWork{Linked: l, name: name, text: text}}
	return m.beginFile(f, len(text) <= parseSlice)
}

// A linkWork is the script of a link that is being read: all of it, and then, where it is wrong, what stands before that.
type linkWork struct {
	Linked
	name, text string
	errors     []ScriptError
	more       int
}

// linkRead goes on with the script of a link that was read to its end.
func (m *Model) linkRead(f *fileWork) (cmds []Cmd) {
	l := f.link
	parsed, err := f.parse.Script()
	if err != nil && len(l.errors) == 0 {
		l.errors, l.more = scriptErrors(err)
		l.Notices = append(l.Notices, "The script of this link is wrong from "+l.errors[0].Place+" on: "+l.errors[0].Text+" What stands before was run.")
		f.data = []byte(linesBefore(l.text, l.errors[0].Line))
		f.parse = script.NewReader(l.name+".resync", string(f.data))
		return nil
	}
	if err != nil || len(l.errors) > 0 && len(f.data) == 0 {
		parsed = &script.Script{Title: "A link", Seed: script.DefaultSeed}
	}
	if l.Link.Seed != 0 {
		parsed.Seed = l.Link.Seed
	}
	m.file = nil
	before := *m
	m.profile = l.Link.Profile
	l.Notices = append(l.Notices, m.profiled(parsed)...)
	var g goal
	switch {
	case l.Link.Moment >= 0:
		g = goal{set: true, at: engine.Epoch.Add(time.Duration(l.Link.Moment) * time.Millisecond)}
	case l.Link.Chapter > 0:
		g = goal{set: true, at: -1, chapter: l.Link.Chapter}
	}
	if l.Link.Packed != "" {
		m.adopt(parsed, l.text)
	} else {
		m.gallery, m.editor = gallery{}, editor{}
		m.begin(l.name, parsed)
	}
	g.node = l.Link.Node
	m.goal, m.left = g, &before
	m.notice = Notice{Text: strings.Join(l.Notices, " ")}
	for _, e := range l.errors[min(1, len(l.errors)):] {
		m.notice.Rest = append(m.notice.Rest, e.Place+": "+e.Text)
	}
	m.rush(m.work)
	if len(l.errors) > 0 {
		m.editor = editor{open: true, text: l.text, tried: true, errors: l.errors, more: l.more}
		m.tab = TabScript
		cmds = append(cmds, SetInput{EditorID, l.text})
	}
	if l.Link.Theme != "" {
		m.theme = l.Link.Theme
		cmds = append(cmds, SetTheme{m.theme})
	}
	return cmds
}

// profiled gives the nodes that a script adds the era that a link wants, and says why not where it does not: then all of it
// stays as it is.
func (m *Model) profiled(s *script.Script) (notices []string) {
	if m.profile == "" {
		return nil
	}
	statements := slices.Clone(s.Statements)
	for i, st := range statements {
		add, ok := st.Act.(script.AddNode)
		if !ok {
			continue
		}
		why := ""
		if add.Era != "" {
			why = "this scenario says itself that " + add.Name + " is a " + eraName(add.Era)
		}
		add.Era = m.profile
		if _, err := add.Config(); err != nil {
			why = add.Name + " cannot be one: " + err.Error()
		}
		if why != "" {
			wanted := eraName(m.profile)
			m.profile = ""
			return []string{"The link wants every node to be a " + wanted + ", and " + why + ". It is shown as it was written."}
		}
		statements[i].Act = add
	}
	s.Statements = statements
	return nil
}

// linesBefore is what stands before a line, from 1.
func linesBefore(text string, line int) string {
	end := 0
	for ; line > 1; line-- {
		end += strings.IndexByte(text[end:], '\n') + 1
	}
	return text[:end]
}

func (m *Model) textOf(scenario string) string {
	for _, s := range m.scenarios {
		if s.Name == scenario {
			return s.Text
		}
	}
	return ""
}

// arrives reports whether an opening is where it is to go.
func (m *Model) arrives(reached bool) bool {
	s := m.session()
	switch {
	case !m.goal.set:
		return s.Done() || s.Chapter() > 0
	case m.goal.at >= 0:
		return reached
	}
	return s.Done() || s.Chapter() >= m.goal.chapter
}

// landed ends an opening: only now it is known whether what a link asks for is there.
func (m *Model) landed() {
	m.opening, m.left = false, nil
	g := m.goal
	m.playing = m.playing && !g.set
	if g.node != "" && m.HasNode(g.node) {
		m.selected = g.node
	} else if g.node != "" {
		m.notice.add(NoSetting("node", g.node))
	}
	if g.chapter > m.chapters {
		m.notice.add("The link says \"step=" + plain(int64(g.chapter)) + "\", and this has " + plural(int64(m.chapters), "chapter") + ".")
	}
}

func (n *Notice) add(text string) { n.Text = strings.TrimSpace(n.Text + " " + text) }

// permalink is the link to what is shown now. text is what has to be packed into it, "" for a scenario of the library
// in which nobody has done anything: what has happened, and what a lesson has still to tell.
func (m *Model) permalink() (l Permalink, text string) {
	l = Permalink{Moment: m.world().Now().Sub(engine.Epoch).Milliseconds()}
	if m.selected != "" && len(m.world().Names()) > 0 && m.selected != m.world().Names()[0] {
		l.Node = m.selected
	}
	if m.untouched() {
		l.Scenario, l.Profile = m.scenario, m.profile
		if original, err := script.Parse("", m.textOf(m.scenario)); err == nil && original.Seed != m.script.Seed {
			l.Seed = m.script.Seed
		}
		return l, ""
	}
	if s := m.session(); s.Done() && s.Chapter() == 0 {
		l.Moment = -1 // the script ends there
	} else if now := m.world().Now().Sub(engine.Epoch); now > time.Duration(l.Moment)*time.Millisecond {
		l.Moment++ // what was done at this very moment is to be in it, and what comes next is not
	}
	return l, m.session().Whole(time.Millisecond).String()
}

// untouched reports whether all that has happened is what a scenario of the library says.
func (m *Model) untouched() bool {
	if m.scenario == ownScenario || m.line.Count() > 1 {
		return false
	}
	var said []string
	for _, st := range m.script.Statements {
		if st.Act != nil {
			said = append(said, st.Act.String())
		}
	}
	did := 0
	for _, st := range m.session().Script().Statements {
		if st.Act == nil {
			continue
		}
		if _, waits := st.Act.(script.Wait); waits {
			continue
		}
		for did < len(said) && said[did] != st.Act.String() {
			if !strings.HasPrefix(said[did], "wait ") {
				return false
			}
			did++
		}
		if did == len(said) {
			return false
		}
		did++
	}
	return true
}
