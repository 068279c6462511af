package script

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/sim"
)

// RunOptions say what the transcript of Run holds.
type RunOptions struct {
	Trace bool // every event, not only those that explain the outcome
	JSON  bool // a JSON object a line instead of text
}

// Run runs a whole script without a page and writes what happens: the statements, the replies, and every decision
// about a resync with its reason. The error is an *ExpectError when an expectation fails, an *Error when an act cannot
// be done, or what the writer says.
func Run(s *Script, w io.Writer, o RunOptions) error {
	t := &transcript{w: w, options: o, tells: tells}
	t.begin(s)
	session := NewSession(s)
	session.began = func(st Statement) {
		t.events(session.world.Events())
		t.statement(session.world.Now(), st)
	}
	var err error
	for err == nil && !session.Done() && t.err == nil {
		_, err = session.advance(sim.Never-1, 1000, true)
		t.events(session.world.Events())
	}
	t.finish(session.world.Now(), err)
	return errors.Join(err, t.err)
}

// transcript writes what happens while a script runs, in order.
type transcript struct {
	w       io.Writer
	options RunOptions
	tells   func(engine.Fact) bool // whether a fact belongs to the short form
	written int                    // events written so far
	buf     []byte
	err     error // of the writer
}

func (t *transcript) begin(s *Script) {
	if t.options.JSON {
		t.json("title", s.Title, "seed", s.Seed)
		return
	}
	if s.Title != "" {
		t.line("# " + s.Title)
	}
	t.line("# seed " + strconv.FormatUint(s.Seed, 10))
}

// statement writes a statement that is about to run.
func (t *transcript) statement(now engine.Instant, s Statement) {
	switch {
	case s.Act == nil:
	case t.options.JSON:
		t.json("time", now.String(), "line", s.Line, "statement", s.Act.String())
	default:
		if _, ok := s.Act.(Step); ok {
			t.line("")
		}
		t.line(pad(now.String(), 11) + "  " + s.Act.String())
	}
}

// events writes what happened since the last time, given everything that has happened.
func (t *transcript) events(all []engine.Event) {
	for _, e := range all[t.written:] {
		if !t.options.Trace && !t.tells(e.Fact) {
			continue
		}
		if t.options.JSON {
			t.json("time", e.At.String(), "seq", e.Seq, "node", e.Node, "fact", factName(e.Fact), "text", e.Fact.String())
			continue
		}
		name := e.Node
		if name == "" {
			name = "-"
		}
		t.line(pad(e.At.String(), 11) + "    " + name + " " + e.Fact.String())
	}
	t.written = len(all)
}

func (t *transcript) finish(at engine.Instant, err error) {
	now := at.String()
	switch {
	case t.options.JSON && err != nil:
		t.json("time", now, "error", err.Error())
	case t.options.JSON:
		t.json("time", now, "ok", true)
	case err != nil:
		t.line("\nFAILED " + err.Error())
	default:
		t.line("\nok: every expectation holds at " + now)
	}
}

// tells reports whether a fact belongs to the short transcript.
func tells(f engine.Fact) bool {
	switch f.(type) {
	case engine.Replied, engine.LinkChanged, engine.PsyncAsked, engine.PsyncAnswered, engine.FullSyncStarted,
		engine.SyncFinished, engine.ReplicaOnline, engine.ReplicaGone, engine.HistoryChanged, engine.BacklogTrimmed,
		engine.RoleChanged:
		return true
	}
	return false
}

func (t *transcript) line(s string) { t.write(append(append(t.buf[:0], s...), '\n')) }

func (t *transcript) write(line []byte) {
	t.buf = line
	if t.err == nil {
		_, t.err = t.w.Write(line)
	}
}

// json writes an object from names and values by turns.
func (t *transcript) json(pairs ...any) {
	b := t.buf[:0]
	for i := 0; i < len(pairs); i += 2 {
		b = append(b, "{,"[min(i, 1)])
		b = append(appendJSON(b, pairs[i].(string)), ':')
		switch v := pairs[i+1].(type) {
		case string:
			b = appendJSON(b, v)
		default:
			b = fmt.Append(b, v)
		}
	}
	t.write(append(b, '}', '\n'))
}

// appendJSON appends a string as JSON has it.
func appendJSON(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// factName is the name of a fact's type: "PsyncAnswered".
func factName(f engine.Fact) string { return strings.TrimPrefix(fmt.Sprintf("%T", f), "engine.") }

func pad(s string, width int) string { return strings.Repeat(" ", max(0, width-len(s))) + s }
