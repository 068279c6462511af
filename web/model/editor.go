package model

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"resync/engine"
	"resync/engine/script"
)

// An Editor is the script of what was done, and the same as a text that can be changed and run.
type Editor struct {
	Script string // what was done so far; not while Open
	Open   bool
	Text   string // what the text area begins with
	Errors []ScriptError
	More   string // how many errors are not listed
	File   string // the file that the text comes from, or ""
	Note   string
}

// A ScriptError is one thing that is wrong with the text. A column of 0 means the whole line.
type ScriptError struct {
	Line, Column int
	Place, Text  string
}

type editor struct {
	open   bool
	text   string
	file   string
	errors []ScriptError
	more   int
	tried  bool // it has been run: from then on errors are shown while they are corrected
}

// EditorID is the id of the text area, EditID that of the button that opens it.
const (
	EditorID = "script-text"
	EditID   = "script-edit"
)

const (
	shownErrors = 20
	ownScenario = "your-script"
	ownTitle    = "Your script"
	ownGroup    = "Yours"
)

func (m *Model) edited() Editor {
	e := &m.editor
	if !e.open {
		return Editor{Script: m.shownScript()}
	}
	d := Editor{Open: true, Text: e.text, Errors: e.errors, File: e.file}
	if e.more > 0 {
		d.More = "and " + plain(int64(e.more)) + " more"
	}
	if e.tried && len(e.errors) == 0 {
		d.Note = "Nothing is wrong with it."
	} else if len(e.errors) > 0 {
		d.Note = "It was not run, and nothing has changed. " + plural(int64(len(e.errors)+e.more), "error") + ":"
	}
	return d
}

// shownScript is what was done so far, as far as it can be read while it goes on: the latest lines, and of those that carry a
// file the ends. To print and lay out ten thousand lines takes a quarter of a second, and they are drawn with every write.
func (m *Model) shownScript() string {
	const lines, long, ends = 400, 4096, 64
	r := m.session().Script()
	var b strings.Builder
	if n := len(r.Statements) - lines; n > 0 {
		b.WriteString("# … " + plural(int64(n), "line") + " before these; to copy, save or edit takes all\n")
		r = &script.Script{Seed: script.DefaultSeed, Statements: r.Statements[n:]}
	}
	for line := range strings.Lines(r.String()) {
		if n := len(line); n > long {
			line = strings.ToValidUTF8(line[:ends], "") + "… " + byteCount(int64(n-2*ends)) + " …" + strings.ToValidUTF8(line[n-ends:], "")
		}
		b.WriteString(line)
	}
	return b.String()
}

// check keeps the text as it stands, for when the reader comes back from elsewhere, and once they have been told of errors reads it.
func (m *Model) check(text string) {
	e := &m.editor
	if e.open {
		e.text = text
	}
	if e.tried && len(text) <= 1<<16 {
		_, err := script.Parse(ownScenario+".resync", text)
		e.errors, e.more = scriptErrors(err)
	}
}

// runScript opens the text as a scenario of its own, in the reader's group of the library; name is that of its file, if it
// comes from one. One that is wrong changes nothing but the list of errors.
func (m *Model) runScript(name, text string) []Cmd {
	m.giveUpFile()
	f := &fileWork{name: name, parse: script.NewReader(ownScenario+".resync", text), data: []byte(text)}
	return m.beginFile(f, len(text) <= parseSlice)
}

// scriptRead goes on with a script that was read to its end.
func (m *Model) scriptRead(f *fileWork) []Cmd {
	text := string(f.data)
	parsed, err := f.parse.Script()
	if m.file = nil; err == nil {
		var cmds []Cmd
		if m.editor.open { // its buttons go with it
			cmds = []Cmd{Focus{EditID}}
		}
		if m.openOwn(parsed, text); f.name != "" {
			m.status = f.name + " is open. " + m.status
		}
		return cmds
	}
	e := &m.editor
	e.open, e.text, e.tried = true, text, true
	e.errors, e.more = scriptErrors(err)
	first := e.errors[0]
	m.status = plural(int64(len(e.errors)+e.more), "error") + ". " + first.Place + ": " + first.Text
	if f.name == "" {
		return nil
	}
	e.file, m.tab = f.name, TabScript
	return []Cmd{SetInput{EditorID, text}}
}

// openOwn puts a script of the reader's in the place of what is shown. A long one runs over as many frames as it takes;
// until it has, the way back is kept.
func (m *Model) openOwn(parsed *script.Script, text string) {
	before := *m
	m.profile = ""
	m.adopt(parsed, text)
	m.left = &before
	m.rush(m.work)
}

// adopt puts a script into the reader's group of the library and begins it.
func (m *Model) adopt(parsed *script.Script, text string) {
	if parsed.Title == "" {
		parsed.Title = ownTitle
	}
	own := Scenario{ownScenario, ownGroup, text}
	m.scenarios = append([]Scenario(nil), m.scenarios...)
	if n := len(m.scenarios); n > 0 && m.scenarios[n-1].Name == ownScenario {
		m.scenarios[n-1] = own
	} else {
		m.scenarios = append(m.scenarios, own)
	}
	m.gallery = gallery{}
	m.editor = editor{}
	m.begin(ownScenario, parsed)
}

// cancelOpening goes back to what was shown before a long opening.
func (m *Model) cancelOpening() {
	if m.left == nil {
		return
	}
	now := *m
	*m = *now.left
	m.revision, m.status = now.revision, "Given up: everything is as it was."
	m.width, m.height, m.plot, m.track, m.theme = now.width, now.height, now.plot, now.track, now.theme
}

// openingText says how far a long opening has come. To wait is most of what many scripts do, so a second of it counts as much as
// a few statements.
func (m *Model) openingText() string {
	if m.file != nil && !m.opening {
		return m.fileText()
	}
	if !m.opening {
		return ""
	}
	const statement = 100 * time.Millisecond
	whole, begun := time.Duration(1), len(m.script.Statements)-m.session().Left()
	var waits time.Duration // of those that have begun: time passes for conditions, too, of which nobody knows how long
	for i, s := range m.script.Statements {
		whole += statement
		if w, ok := s.Act.(script.Wait); ok {
			if whole += w.For; i < begun {
				waits += w.For
			}
		}
	}
	done := statement*time.Duration(begun) + min(waits, m.world().Now().Sub(engine.Epoch))
	return "Running the script… " + plain(int64(min(99, 100*float64(done)/float64(whole)))) + " %, " + clock(m.world().Now()) + " s"
}

func scriptErrors(err error) (list []ScriptError, more int) {
	if err == nil {
		return nil, 0
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var e *script.Error
		if !errors.As(err, &e) {
			e = &script.Error{Line: 1, Text: err.Error()}
		}
		k := ScriptError{Line: e.Line, Column: e.Column, Text: e.Text, Place: "line " + plain(int64(e.Line))}
		if e.Column > 0 {
			k.Place += ", column " + plain(int64(e.Column))
		}
		list = append(list, k)
	}
	if len(list) > shownErrors {
		list, more = list[:shownErrors], len(list)-shownErrors
	}
	return list, more
}

// markError selects what an error speaks of: the word at its column, or the line. The script counts bytes, the browser
// UTF-16 units.
func markError(e ShowError) Cmd {
	from, rest := 0, e.Text
	for n := 1; n < e.Line; n++ {
		line, after, ok := strings.Cut(rest, "\n")
		if !ok {
			break
		}
		from, rest = from+units(line)+1, after
	}
	line, _, _ := strings.Cut(rest, "\n")
	begin := min(max(0, e.Column-1), len(line))
	word := line[begin:]
	if e.Column > 0 {
		if end := strings.IndexAny(word, " \t"); end > 0 {
			word = word[:end]
		}
	}
	from += units(line[:begin])
	return Mark{ID: EditorID, From: from, To: from + units(word)}
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// save has the browser save the text, or what was done.
func (m *Model) save(text string) Cmd {
	if text == "" {
		text = m.scriptText()
	}
	m.status = "Saved as " + m.scenario + ".resync."
	return Download{Name: m.scenario + ".resync", Mime: "text/plain;charset=utf-8", Data: text}
}

// takeFile opens a file that the reader has given. A script that is wrong is shown with its errors, and nothing else
// changes.
func (m *Model) takeFile(file FileGiven) []Cmd {
	name, data := file.Name, file.Data
	if IsRDB(data) || strings.HasSuffix(name, ".rdb") {
		return m.loadFile(cmp.Or(file.Node, m.selected), name, data)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		m.status = name + " is no script: it is empty."
		return nil
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		m.status = name + " is no script: it is not text."
		return nil
	}
	text := strings.TrimPrefix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\ufeff")
	return m.runScript(name, text)
}
