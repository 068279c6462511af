package model

import (
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/sim"
)

// StateJSON is how everything stands, for tests and for pages that embed this one: time, nodes with their offsets,
// links, forecasts and the verdict on show.
func (m *Model) StateJSON() string {
	s := observe(m.world(), m.known)
	o := object("{")
	o.text("time", clock(s.now))
	o.number("nanos", int64(s.now.Sub(engine.Epoch)))
	o.number("events", int64(m.world().Events().Len()))
	o.truth("playing", m.playing)
	o.text("selected", m.selected)
	o.optional("problem", m.problem)
	o.name("nodes")
	o = append(o, '[')
	var forecasts object
	for _, n := range s.nodes {
		o.next('{')
		o.text("name", n.name)
		o.truth("up", n.up)
		role, offset := "master", n.repl.Offset
		if n.repl.Replica {
			role, offset = "replica", n.repl.Applied
		}
		o.text("role", role)
		if n.repl.Replica {
			o.optional("master", masterName(&s, n))
			o.optional("link", n.repl.Link.String())
		}
		o.text("replid", string(n.repl.ReplID))
		o.text("replid2", string(n.repl.ReplID2))
		o.number("offset", int64(offset))
		o.number("keys", int64(n.keys))
		o = append(o, '}')
		if f, ok := s.forecasts[n.name]; ok {
			forecasts.next('{')
			forecasts.text("replica", n.name)
			forecasts.text("answer", answerName(f.Answer))
			forecasts.number("missing", f.MissingBytes)
			forecasts.number("turnsIn", f.TurnsIn)
			forecasts = append(forecasts, '}')
		}
	}
	o = append(o, ']')
	o.name("links")
	o = append(o, '[')
	for _, l := range s.links {
		o.next('{')
		o.text("a", l.A)
		o.text("b", l.B)
		o.text("state", l.State)
		o = append(o, '}')
	}
	o = append(o, ']')
	o.name("forecasts")
	o = append(append(append(o, '['), forecasts...), ']')
	if v, ok := m.shownVerdict(&s); ok {
		a := v.answer
		o.name("verdict")
		o = append(o, '{')
		o.text("replica", s.named(a.Replica))
		o.text("kind", answerName(a))
		o.number("want", int64(a.Want))
		o.number("first", int64(a.First))
		o.number("next", int64(a.Next))
		o.number("bytes", a.Bytes)
		o = append(o, '}')
	}
	return string(append(o, '}'))
}

// An object is JSON that is being written. Package encoding/json would be a twentieth of what a reader downloads.
type object []byte

// next begins a value of a list.
func (o *object) next(c byte) {
	if n := len(*o); n > 0 && (*o)[n-1] != '[' && (*o)[n-1] != '{' {
		*o = append(*o, ',')
	}
	*o = append(*o, c)
}

func (o *object) name(name string) {
	o.next('"')
	*o = append(append(*o, name...), '"', ':')
}

func (o *object) text(name, value string) {
	o.name(name)
	*o = sim.AppendJSONString(*o, value)
}

// optional leaves a field out that says nothing.
func (o *object) optional(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) number(name string, value int64) {
	o.name(name)
	*o = strconv.AppendInt(*o, value, 10)
}

func (o *object) truth(name string, value bool) {
	o.name(name)
	*o = strconv.AppendBool(*o, value)
}

func answerName(a engine.PsyncAnswered) string {
	if a.Continued() {
		return "continue"
	}
	return "fullresync"
}

// Trace is the event log as text, one line an event.
func (m *Model) Trace() string {
	var b strings.Builder
	for _, e := range m.world().Events().All() {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Script is what has been run and recorded so far.
func (m *Model) Script() string { return m.scriptText() }
