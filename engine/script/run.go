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
	Trace  bool // every event, not only those that explain the outcome
	JSON   bool // a JSON object a line instead of text
	ShiViz bool // nothing but the whole event log as ShiViz reads it
	Audit  bool // at the end, which writes the master that won does not have
}

// Run runs a whole script without a page and writes what happens: the statements, the replies, and every decision
// about a resync with its reason. The error is an *ExpectError when an expectation fails, an *Error when an act cannot
// be done, or what the writer says.
func Run(s *Script, w io.Writer, o RunOptions) error {
	session := NewSession(s)
	if o.ShiViz {
		err := session.finishScript(func() bool { return true })
		_, failed := w.Write(sim.AppendShiViz(nil, session.world.Events(), &sim.Filter{}))
		return errors.Join(err, failed)
	}
	t := &transcript{w: w, options: o, tells: tells}
	t.begin(s)
	session.began = func(st Statement) {
		t.events(session.world.Events())
		t.statement(session.world.Now(), st)
	}
	err := session.finishScript(func() bool {
		t.events(session.world.Events())
		return t.err == nil
	})
	if o.Audit {
		t.audit(session.world)
	}
	t.finish(session.world.Now(), err, session.world.HashText())
	return errors.Join(err, t.err)
}

// finishScript runs the rest of the script while the function, called every now and then, says that it is wanted.
func (s *Session) finishScript(wanted func() bool) (err error) {
	for err == nil && !s.Done() && wanted() {
		_, err = s.advance(sim.Never-1, 1000, true)
	}
	wanted()
	return err
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
func (t *transcript) events(all engine.Events) {
	for _, e := range all.From(t.written) {
		if !t.options.Trace && !t.tells(e.Fact) {
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
	t.written = all.Len()
}

// audit writes which writes were lost, where somebody won.
func (t *transcript) audit(w *sim.World) {
	a, err := w.Audit("")
	switch {
	case err != nil && t.options.JSON:
		t.json("audit", err.Error())
	case err != nil:
		t.line("\n" + err.Error())
	case t.options.JSON:
		t.json("audit", a.Winner, "writes", a.Writes, "lost", len(a.Lost), "acknowledged", len(a.Acked()), "bytes", a.Bytes())
		for _, w := range a.Lost {
			t.write(append(w.AppendJSON(t.buf[:0]), '\n'))
		}
	default:
		t.line("\n" + strings.TrimSuffix(a.String(), "\n"))
	}
}

// finish writes how it ended. A run that can be had again has a hash.
func (t *transcript) finish(at engine.Instant, err error, hash string) {
	now := at.String()
	switch {
	case t.options.JSON:
		pairs := []any{"time", now, "ok", true}
		if err != nil {
			pairs = []any{"time", now, "error", err.Error()}
		}
		if hash != "" {
			pairs = append(pairs, "events", t.written, "hash", hash)
		}
		t.json(pairs...)
		return
	case err != nil:
		t.line("\nFAILED " + err.Error())
	default:
		t.line("\nok: every expectation holds at " + now)
	}
	if hash != "" {
		t.line("# trace " + hash + " of " + strconv.Itoa(t.written) + " events")
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
