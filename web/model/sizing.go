package model

import (
	"math"
	"strconv"
	"strings"
	"time"

	"resync/engine/sim"
)

// A Sizing is the calculator of repl-backlog-size: of a rate and an outage it makes a size, and of a size the outage that
// it survives.
type Sizing struct {
	Node    string
	Masters []Choice
	Rate    SizingField // bytes a second
	Outage  SizingField // seconds
	Size    SizingField // as CONFIG SET takes it
	Answer  string      // the size that is needed, "" where a field makes no sense
	Line    string      // the statement that sets it
	Now     string      // what is set, and what that survives
	Already bool        // what is set is enough
	Lasts   string      // what Size survives
	Notes   []string
	Label   string
}

// A SizingField is an input: what stands in it and what is wrong with that.
type SizingField struct{ Text, Problem string }

// A sizingForm is what was typed, as it was typed.
type sizingForm struct {
	node               string
	rate, outage, size string
	measured           int64
}

// The fields of the form.
const (
	FieldRate   = "rate"
	FieldOutage = "outage"
	FieldSize   = "size"
)

func (f *sizingForm) input(field, text string) {
	if len(text) > 40 {
		text = text[:40]
	}
	switch field {
	case FieldRate:
		f.rate = text
	case FieldOutage:
		f.outage = text
	case FieldSize:
		f.size = text
	}
}

// beginSizing fills the form for a master: without a name it is the one that the tape shows.
func (m *Model) beginSizing(of string) {
	s := observe(m.world(), m.known)
	name := of
	if i := s.lead(m.selected); name == "" && i >= 0 {
		name = s.nodes[i].name
	}
	if i := s.indexOf(name); i >= 0 {
		name = s.nodes[s.top(i)].name
	}
	old := m.panels.sizing
	f := sizingForm{node: name, measured: m.world().WriteRate(name), outage: "60"}
	if old.outage != "" {
		f.outage = old.outage
	}
	f.rate = plain(f.measured)
	if v := m.world().Node(name); v.Name != "" {
		f.size = size(v.Config().ReplBacklogSize)
	}
	m.panels.sizing = f
}

func (s *scene) indexOf(name string) int {
	for i, n := range s.nodes {
		if n.name == name {
			return i
		}
	}
	return -1
}

func (m *Model) sizingNow() Sizing {
	f := &m.panels.sizing
	w := m.world()
	out := Sizing{Node: f.node, Rate: SizingField{Text: f.rate}, Outage: SizingField{Text: f.outage}, Size: SizingField{Text: f.size}}
	for _, name := range w.Names() {
		if v := w.Node(name); v.Up() && !v.Replication().Replica {
			out.Masters = append(out.Masters, Choice{Name: name, Label: name, On: name == f.node})
		}
	}
	view := w.Node(f.node)
	cfg := view.Config()
	z := sim.Sizing{Ring: view.Replication().Ring, Ping: cfg.ReplPingPeriod}
	rate, err := byteSize(f.rate)
	if err != "" {
		out.Rate.Problem = err
	}
	z.Rate = rate
	outage, err := wholeOutage(f.outage)
	if err != "" {
		out.Outage.Problem = err
	}
	wanted, err := byteSize(f.size)
	if err != "" {
		out.Size.Problem = err
	}
	ok := out.Rate.Problem == ""
	if ok && out.Outage.Problem == "" {
		need := z.Size(outage)
		out.Answer, out.Line = byteCount(need), "CONFIG SET repl-backlog-size "+plain(need)
		if view.Up() {
			out.Already = cfg.ReplBacklogSize >= need
			sure, _ := z.Survives(cfg.ReplBacklogSize)
			out.Now = f.node + " has " + sized(cfg.ReplBacklogSize) + ", which survives " + lasting(sure) + " for sure."
			if out.Already {
				out.Now += " That is enough."
			}
		}
	}
	if ok && out.Size.Problem == "" {
		sure, most := z.Survives(wanted)
		out.Lasts = lasting(sure) + " for sure"
		if most != math.MaxInt64 && lasting(most) != lasting(sure) {
			out.Lasts += ", up to " + lasting(most) + " with luck"
		}
	}
	out.Notes = sizingNotes(f, cfg.ReplPingPeriod, z.Ring)
	out.Label = "How large must repl-backlog-size be?"
	return out
}

func sizingNotes(f *sizingForm, ping time.Duration, ring bool) []string {
	notes := []string{"Measured at " + f.node + ": " + commas(f.measured) + " B of stream a second, over the last 5 s or since the writing began."}
	if f.node == "" {
		notes = nil
	}
	if ring {
		notes = append(notes, "Before 7.0 the backlog is a ring of exactly this size.")
	} else {
		notes = append(notes, "The backlog lets go of a whole block (16 KiB or more) at a time, and only when more than its size remains: so it holds a little more, never less.")
	}
	if ping > 0 {
		notes = append(notes, "A PING adds 14 B every "+plain(int64(ping/time.Second))+" s (repl-ping-replica-period).")
	}
	return append(notes, "An outage counts from the last byte that the replica applied to the answer to its PSYNC.")
}

// setSizing sets what was worked out, at the master's prompt.
func (m *Model) setSizing() []Cmd {
	s := m.sizingNow()
	if s.Line == "" || !m.world().Node(s.Node).Up() {
		return nil
	}
	cmds := m.enter(s.Node, s.Line)
	m.panels.sizing.size = size(m.world().Node(s.Node).Config().ReplBacklogSize) // and what that survives
	return cmds
}

// byteSize reads a number of bytes with one of Redis's units: 1k is 1000, 1kb is 1024.
//
// Source: redis/src/util.c, memtoull.
func byteSize(text string) (n int64, problem string) {
	t := strings.ToLower(strings.TrimSpace(text))
	digits := strings.TrimRight(t, "abcdefghijklmnopqrstuvwxyz ")
	unit, known := map[string]int64{
		"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1e6, "mb": 1 << 20, "g": 1e9, "gb": 1 << 30,
	}[strings.TrimSpace(t[len(digits):])]
	n, err := strconv.ParseInt(strings.ReplaceAll(digits, ",", ""), 10, 64)
	switch {
	case t == "":
		return 0, "a number of bytes is missing"
	case !known || err != nil || n < 0:
		return 0, "not a number of bytes, such as 2000 or 1mb"
	case n > math.MaxInt64/4/unit:
		return 0, "too large"
	}
	return n * unit, ""
}

// wholeOutage reads a length of time: seconds, or with one of the units ms, s, m, h.
func wholeOutage(text string) (d time.Duration, problem string) {
	const bad = "not a length of time, such as 60 or 5m"
	t := strings.TrimSpace(text)
	if t == "" {
		return 0, "a length of time is missing"
	}
	if v, err := strconv.ParseFloat(t, 64); err == nil {
		if v > 1e9 {
			return 0, "longer than thirty years"
		}
		t = strconv.FormatFloat(v, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(strings.ReplaceAll(t, " ", ""))
	if err != nil || d < 0 {
		return 0, bad
	}
	return d, ""
}

// lasting prints how long something is survived.
func lasting(d time.Duration) string {
	switch {
	case d == math.MaxInt64:
		return "any time"
	case d >= 48*time.Hour:
		return commas(int64(d/(24*time.Hour))) + " days"
	case d >= 2*time.Hour:
		return commas(int64(d/time.Hour)) + " h"
	case d >= 10*time.Minute:
		return commas(int64(d/time.Minute)) + " min"
	}
	return seconds(d)
}
