package model

import (
	"encoding/json"
	"strings"

	"resync/engine"
)

// StateJSON is how everything stands, for tests and for pages that embed this one: time, nodes with their offsets,
// links, forecasts and the verdict on show.
func (m *Model) StateJSON() string {
	s := observe(m.world(), m.known)
	type nodeState struct {
		Name    string `json:"name"`
		Up      bool   `json:"up"`
		Role    string `json:"role"`
		Master  string `json:"master,omitempty"`
		Link    string `json:"link,omitempty"`
		ReplID  string `json:"replid"`
		ReplID2 string `json:"replid2"`
		Offset  int64  `json:"offset"`
		Keys    int    `json:"keys"`
	}
	type linkState struct {
		A     string `json:"a"`
		B     string `json:"b"`
		State string `json:"state"`
	}
	type forecastState struct {
		Replica string `json:"replica"`
		Answer  string `json:"answer"`
		Missing int64  `json:"missing"`
		TurnsIn int64  `json:"turnsIn"`
	}
	type verdictState struct {
		Replica string `json:"replica"`
		Kind    string `json:"kind"`
		Want    int64  `json:"want"`
		First   int64  `json:"first"`
		Next    int64  `json:"next"`
		Bytes   int64  `json:"bytes"`
	}
	state := struct {
		Time      string          `json:"time"`
		Nanos     int64           `json:"nanos"`
		Events    int             `json:"events"`
		Playing   bool            `json:"playing"`
		Selected  string          `json:"selected"`
		Problem   string          `json:"problem,omitempty"`
		Nodes     []nodeState     `json:"nodes"`
		Links     []linkState     `json:"links"`
		Forecasts []forecastState `json:"forecasts"`
		Verdict   *verdictState   `json:"verdict,omitempty"`
	}{
		Time: clock(s.now), Nanos: int64(s.now.Sub(engine.Epoch)), Events: m.world().Events().Len(),
		Playing: m.playing, Selected: m.selected, Problem: m.problem,
	}
	for _, n := range s.nodes {
		k := nodeState{Name: n.name, Up: n.up, Role: "master", ReplID: string(n.repl.ReplID), ReplID2: string(n.repl.ReplID2),
			Offset: int64(n.repl.Offset), Keys: n.keys}
		if n.repl.Replica {
			k.Role, k.Link, k.Offset, k.Master = "replica", n.repl.Link.String(), int64(n.repl.Applied), masterName(&s, n)
		}
		state.Nodes = append(state.Nodes, k)
		if f, ok := s.forecasts[n.name]; ok {
			state.Forecasts = append(state.Forecasts, forecastState{n.name, answerName(f.Answer), f.MissingBytes, f.TurnsIn})
		}
	}
	for _, l := range s.links {
		state.Links = append(state.Links, linkState{l.A, l.B, l.State})
	}
	if v, ok := m.shownVerdict(&s); ok {
		a := v.answer
		state.Verdict = &verdictState{s.named(a.Replica), answerName(a), int64(a.Want), int64(a.First), int64(a.Next), a.Bytes}
	}
	text, err := json.Marshal(state)
	if err != nil {
		panic("model: a state of strings and numbers did not marshal: " + err.Error())
	}
	return string(text)
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
