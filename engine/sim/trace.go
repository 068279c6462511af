package sim

import (
	"encoding/base64"
	"encoding/hex"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"resync/engine"
)

// What can be made of an event log: a choice of events, a text for other programs, and a number that names the run.

// A Filter chooses events. What is not said chooses everything; an event has to fit all that is said.
type Filter struct {
	Nodes    []string         // about one of these; "" is the world itself
	Kinds    []string         // of one of these: "Sent", "PsyncAnswered"
	Payloads []engine.Payload // about a packet of one of these
	From, To engine.Instant   // not before, and not after; To 0 has no end
	Text     string           // that its line, as a transcript has it, holds, in capitals or not
}

// Match reports whether the filter chooses an event.
func (f *Filter) Match(e *engine.Event) bool {
	switch {
	case e.At < f.From || f.To != 0 && e.At > f.To,
		len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Fact.Kind()),
		len(f.Nodes) > 0 && !slices.ContainsFunc(f.Nodes, func(name string) bool { return about(e, name) }),
		len(f.Payloads) > 0 && !f.carries(e.Fact):
		return false
	}
	return f.Text == "" || strings.Contains(strings.ToLower(e.String()), strings.ToLower(f.Text))
}

// All are the chosen ones of some events, oldest first.
func (f *Filter) All(events engine.Events) iter.Seq[engine.Event] {
	return func(yield func(engine.Event) bool) {
		for _, e := range events.All() {
			if f.Match(&e) && !yield(e) {
				return
			}
		}
	}
}

// about reports whether an event is about a node: it reported it, or the world did of something that concerns it.
func about(e *engine.Event, name string) bool {
	if e.Node == name {
		return true
	}
	switch f := e.Fact.(type) {
	case engine.ConnChanged:
		return f.A == name || f.B == name
	case engine.Act:
		words, _, _ := strings.Cut(f.Text, "> ")
		return slices.Contains(strings.FieldsFunc(words, func(r rune) bool { return r == ' ' || r == '/' }), name)
	}
	return false
}

func (f *Filter) carries(fact engine.Fact) bool {
	switch p := fact.(type) {
	case *engine.Sent:
		return slices.Contains(f.Payloads, p.Payload)
	case engine.Arrived:
		return slices.Contains(f.Payloads, p.Packet.Payload)
	}
	return false
}

// AppendJSON appends an event as a JSON object, without a line end. Every event has
//
//	time   seconds since the world began, as transcripts print them: "1.040000"
//	nanos  the same, exactly
//	seq    its number, from 0 and without gaps
//	node   who reported it; "" is the world
//	fact   what kind of a fact it is: "PsyncAnswered"
//	text   the line of a transcript
//
// and then everything that the fact holds (engine/operands.go), each in a field of its own; moments and durations are in
// nanoseconds. A string that is not UTF-8 is the object {"base64": "…"} instead, here and in lists.
func AppendJSON(b []byte, e engine.Event) []byte {
	b = append(b, `{"time":"`...)
	b = append(b, e.At.String()...)
	b = append(b, `","nanos":`...)
	b = strconv.AppendInt(b, int64(e.At-engine.Epoch), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, e.Seq, 10)
	j := jsonFields{b}
	j.Text("node", e.Node)
	j.Text("fact", e.Fact.Kind())
	j.Text("text", e.Fact.String())
	engine.EachOperand(e.Fact, &j)
	return append(j.b, '}')
}

// jsonFields are the fields of an object that has some already.
type jsonFields struct{ b []byte }

func (j *jsonFields) name(name string) {
	j.b = append(j.b, ',', '"')
	j.b = append(j.b, name...)
	j.b = append(j.b, '"', ':')
}

func (j *jsonFields) Text(name, value string) {
	j.name(name)
	j.b = AppendJSONString(j.b, value)
}

func (j *jsonFields) Int(name string, value int64) {
	j.name(name)
	j.b = strconv.AppendInt(j.b, value, 10)
}

func (j *jsonFields) Bits(name string, value uint64) { j.Text(name, hex64(value)) }

func (j *jsonFields) Bool(name string, value bool) {
	j.name(name)
	j.b = strconv.AppendBool(j.b, value)
}

func (j *jsonFields) Texts(name string, values []string) {
	j.name(name)
	j.b = append(j.b, '[')
	for i, v := range values {
		if i > 0 {
			j.b = append(j.b, ',')
		}
		j.b = AppendJSONString(j.b, v)
	}
	j.b = append(j.b, ']')
}

func (j *jsonFields) Derived(name string, value func() string) { j.Text(name, value()) }

// AppendJSONString appends a string as JSON has it, or the object {"base64": "…"} when it is not UTF-8.
func AppendJSONString(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		b = append(b, `{"base64":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(s))
		return append(b, '"', '}')
	}
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// worldName is what the world itself is called where every event needs a host.
const worldName = "world"

// AppendShiViz appends events in the form that ShiViz reads (https://bestchai.bitbucket.io/shiviz/): the expression that
// takes an entry apart, an empty line, since there is one run only, and for every event its host with a vector clock and
// what happened. The clocks come from the packets: what happens behind the arrival of one happens after it was sent.
//
// A filter leaves events out, and the order between those that stay remains: events has to be a whole log.
func AppendShiViz(b []byte, events engine.Events, f *Filter) []byte {
	b = append(b, "(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)\n\n"...)
	var hosts []string
	var clocks []vectorClock
	sent := map[int64]vectorClock{} // by packet
	for _, e := range events.All() {
		name := e.Node
		if name == "" {
			name = worldName
		}
		h := slices.Index(hosts, name)
		if h < 0 {
			h = len(hosts)
			hosts, clocks = append(hosts, name), append(clocks, nil)
		}
		if a, ok := e.Fact.(engine.Arrived); ok {
			clocks[h] = clocks[h].merge(sent[a.Packet.ID])
			delete(sent, a.Packet.ID)
		}
		chosen := f.Match(&e)
		if chosen {
			clocks[h] = clocks[h].tick(h)
		}
		if s, ok := e.Fact.(*engine.Sent); ok && s.Arrives != 0 {
			sent[s.ID] = slices.Clone(clocks[h])
		}
		if chosen {
			b = append(append(b, name...), ' ')
			b = clocks[h].append(b, hosts)
			b = append(append(append(b, '\n'), e.At.String()...), ' ')
			b = append(append(b, oneLine(e.Fact.String())...), '\n')
		}
	}
	return b
}

// vectorClock is how many events of each host came before; hosts that are not there yet have none.
type vectorClock []int64

func (c vectorClock) tick(host int) vectorClock {
	for len(c) <= host {
		c = append(c, 0)
	}
	c[host]++
	return c
}

func (c vectorClock) merge(other vectorClock) vectorClock {
	for len(c) < len(other) {
		c = append(c, 0)
	}
	for i, n := range other {
		c[i] = max(c[i], n)
	}
	return c
}

func (c vectorClock) append(b []byte, hosts []string) []byte {
	b = append(b, '{')
	first := true
	for i, n := range c {
		if n == 0 {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(AppendJSONString(b, hosts[i]), ':')
		b = strconv.AppendInt(b, n, 10)
	}
	return append(b, '}')
}

// oneLine makes a line of text of anything.
func oneLine(s string) string {
	return strings.ToValidUTF8(strings.NewReplacer("\r", " ", "\n", " ").Replace(s), "\uFFFD")
}

// Hash names what has happened so far: worlds with the same events have the same hash, and others, but for one in 2^64,
// another one. It covers everything that every event holds, and of the packets their bytes; whether the world is terse
// makes no difference. It only has to read what is new since it was last asked for.
func (w *World) Hash() uint64 {
	w.trace.read(w.Events())
	return uint64(w.trace.sum.end())
}

// HashText is the hash as it is printed: sixteen hex digits.
func (w *World) HashText() string { return hex64(w.Hash()) }

func hex64(n uint64) string {
	var b [8]byte
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
	return hex.EncodeToString(b[:])
}

// traceHash is a hash of the events that have been read.
type traceHash struct {
	sum  hasher
	seen int
}

func (t *traceHash) read(events engine.Events) {
	for _, e := range events.From(t.seen) {
		t.sum = t.sum.num(uint64(e.At)).str(e.Node).str(e.Fact.Kind())
		engine.EachOperand(e.Fact, t)
	}
	t.seen = events.Len()
}

func (t *traceHash) Text(_, value string)              { t.sum = t.sum.str(value) }
func (t *traceHash) Int(_ string, value int64)         { t.sum = t.sum.num(uint64(value)) }
func (t *traceHash) Bits(_ string, value uint64)       { t.sum = t.sum.num(value) }
func (t *traceHash) Derived(_ string, _ func() string) {}

func (t *traceHash) Bool(_ string, value bool) {
	if value {
		t.sum = t.sum.num(1)
	} else {
		t.sum = t.sum.num(0)
	}
}

func (t *traceHash) Texts(_ string, values []string) {
	t.sum = t.sum.num(uint64(len(values)))
	for _, v := range values {
		t.sum = t.sum.str(v)
	}
}
