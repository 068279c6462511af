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
	t := &transcript{w: w, options: o, session: NewSession(s)}
	t.session.began = t.statement
	t.begin(s)
	var err error
	for err == nil && !t.session.Done() && t.err == nil {
		_, err = t.session.advance(sim.Never-1, 1000, true)
		t.events()
	}
	t.finish(err)
	return errors.Join(err, t.err)
}

// transcript writes what happens in a session, in order.
type transcript struct {
	w       io.Writer
	options RunOptions
	session *Session
	written int // events written so far
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

// statement writes a statement behind everything that happened before it.
func (t *transcript) statement(s Statement) {
	t.events()
	now := t.session.World().Now().String()
	switch {
	case s.Act == nil:
	case t.options.JSON:
		t.json("time", now, "line", s.Line, "statement", s.Act.String())
	default:
		if _, ok := s.Act.(Step); ok {
			t.line("")
		}
		t.line(pad(now, 11) + "  " + s.Act.String())
	}
}

// events writes what happened since the last time.
func (t *transcript) events() {
	all := t.session.World().Events()
	for _, e := range all[t.written:] {
		if !t.options.Trace && !tells(e.Fact) {
			continue
		}
		if t.options.JSON {
			t.write(append(sim.AppendJSON(t.buf[:0], e), '\n'))
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

func (t *transcript) finish(err error) {
	w := t.session.World()
	now, hash, events := w.Now().String(), w.HashText(), len(w.Events())
	switch {
	case t.options.JSON && err != nil:
		t.json("time", now, "error", err.Error(), "events", events, "hash", hash)
	case t.options.JSON:
		t.json("time", now, "ok", true, "events", events, "hash", hash)
	case err != nil:
		t.line("\nFAILED " + err.Error())
	default:
		t.line("\nok: every expectation holds at " + now)
	}
	if !t.options.JSON {
		t.line("# trace " + hash + " of " + strconv.Itoa(events) + " events")
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
		b = append(sim.AppendJSONString(b, pairs[i].(string)), ':')
		switch v := pairs[i+1].(type) {
		case string:
			b = sim.AppendJSONString(b, v)
		default:
			b = fmt.Append(b, v)
		}
	}
	t.write(append(b, '}', '\n'))
}

func pad(s string, width int) string { return strings.Repeat(" ", max(0, width-len(s))) + s }
