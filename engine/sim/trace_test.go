package sim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// told is a story with a bit of everything: writes, a cut, a partial resync, a dead master.
func told(t *testing.T, terse bool) *World {
	t.Helper()
	w := pair(t)
	if terse {
		w.Terse()
	}
	say(t, w, "m1", "SET k v")
	must(t, w.StartLoad("m1", Load{Rate: 50}))
	w.RunUntil(w.Now().Add(time.Second))
	must(t, w.Sever("m1", "r1"))
	w.RunUntil(w.Now().Add(time.Second))
	must(t, w.Heal("m1", "r1"))
	w.RunUntil(w.Now().Add(2 * time.Second))
	must(t, w.Kill("m1"))
	say(t, w, "r1", "REPLICAOF NO ONE")
	w.RunUntil(w.Now().Add(time.Second))
	return w
}

func TestAFilterChoosesEvents(t *testing.T) {
	w := told(t, false)
	for _, c := range []struct {
		name string
		f    Filter
		want func(engine.Event) bool
	}{
		{"everything", Filter{}, func(engine.Event) bool { return true }},
		{"a kind", Filter{Kinds: []string{"PsyncAnswered", "Act"}}, func(e engine.Event) bool {
			return e.Fact.Kind() == "PsyncAnswered" || e.Fact.Kind() == "Act"
		}},
		{"a payload", Filter{Payloads: []engine.Payload{engine.PayloadAck}}, func(e engine.Event) bool {
			s, isSent := e.Fact.(*engine.Sent)
			a, isArrived := e.Fact.(engine.Arrived)
			return isSent && s.Payload == engine.PayloadAck || isArrived && a.Packet.Payload == engine.PayloadAck
		}},
		{"a time", Filter{From: engine.Epoch.Add(3 * time.Second), To: engine.Epoch.Add(4 * time.Second)}, func(e engine.Event) bool {
			return e.At.String() >= "3.000000" && e.At.String() <= "4.000000"
		}},
		{"a text", Filter{Text: "SEVER M1"}, func(e engine.Event) bool { return e.Fact.String() == "do sever m1 r1" }},
		{"the world", Filter{Nodes: []string{""}}, func(e engine.Event) bool { return e.Node == "" }},
		{"a node", Filter{Nodes: []string{"r1"}, Kinds: []string{"Act", "ConnChanged", "RoleChanged"}}, func(e engine.Event) bool {
			role := e.Fact.Kind() == "RoleChanged"
			return role && e.Node == "r1" || e.Node == "" && !role && strings.Contains(e.Fact.String(), "r1")
		}},
		{"two things", Filter{Nodes: []string{"m1"}, Kinds: []string{"Act"}, Text: "set"}, func(e engine.Event) bool {
			return e.Fact.String() == "do m1> SET k v" || strings.HasPrefix(e.Fact.String(), "do load m1")
		}},
	} {
		got := slices.Collect(c.f.All(w.Events()))
		var want []engine.Event
		for _, e := range w.Events().All() {
			if c.want(e) {
				want = append(want, e)
			}
		}
		if len(want) == 0 || len(got) != len(want) {
			t.Errorf("%s: %d events, want %d", c.name, len(got), len(want))
			continue
		}
		for i := range got {
			if got[i].Seq != want[i].Seq {
				t.Errorf("%s: number %d is %s, want %s", c.name, i, got[i], want[i])
				break
			}
		}
	}
}

// What a program reads from the exported log is what the facts hold, bytes that are no text included.
func TestEventsAsJSON(t *testing.T) {
	w := pair(t)
	must(t, w.Command("m1", 1, []string{"SET", "k", "\xff\x00\"\\é\n"}))
	must(t, w.Command("m1", 1, []string{"GET", "k"}))
	must(t, w.Command("m1", 1, []string{"SET", "\xfe", "v"}))
	w.RunUntil(w.Now().Add(time.Second))
	kinds := map[string]bool{}
	for _, e := range w.Events().All() {
		line := AppendJSON(nil, e)
		var got map[string]any
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		check := jsonCheck{t, string(line), got}
		check.Text("time", e.At.String())
		check.Int("nanos", int64(e.At-engine.Epoch))
		check.Int("seq", e.Seq)
		check.Text("node", e.Node)
		check.Text("fact", e.Fact.Kind())
		check.Text("text", e.Fact.String())
		engine.EachOperand(e.Fact, check)
		kinds[e.Fact.Kind()] = true
	}
	if len(kinds) < 12 {
		t.Errorf("only %d kinds of facts were seen", len(kinds))
	}
	sent := engine.Event{Seq: 5, At: engine.Epoch.Add(1500 * time.Millisecond), Node: "m1", Fact: &engine.Propagated{
		ID: "ab", Span: engine.Span{First: 1, Last: 9}, Text: "SET k", By: engine.Author{Conn: 3, Command: 2}, Keys: []string{"k", "\xff"},
	}}
	want := `{"time":"1.500000","nanos":1500000000,"seq":5,"node":"m1","fact":"Propagated","text":"propagate [1..9] SET k",` +
		`"id":"ab","first":1,"last":9,"commands":"SET k","by_conn":3,"by_command":2,"keys":["k",{"base64":"/w=="}]}`
	if got := string(AppendJSON(nil, sent)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// jsonCheck compares what was read from JSON with what was written.
type jsonCheck struct {
	t    *testing.T
	line string
	got  map[string]any
}

func (c jsonCheck) is(name string, got, want any) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("%s is %v, want %v in %s", name, got, want, c.line)
	}
}

func (c jsonCheck) text(name string, value any, want string) {
	if in, ok := value.(map[string]any); ok {
		data, err := base64.StdEncoding.DecodeString(in["base64"].(string))
		must(c.t, err)
		value = string(data)
	}
	c.is(name, value, want)
}

func (c jsonCheck) Text(name, want string)      { c.text(name, c.got[name], want) }
func (c jsonCheck) Int(name string, want int64) { c.is(name, int64(c.got[name].(float64)), want) }
func (c jsonCheck) Bits(name string, want uint64) {
	c.is(name, c.got[name], fmt.Sprintf("%016x", want))
}
func (c jsonCheck) Bool(name string, want bool)             { c.is(name, c.got[name], want) }
func (c jsonCheck) Derived(name string, want func() string) { c.Text(name, want()) }

func (c jsonCheck) Texts(name string, want []string) {
	list := c.got[name].([]any)
	c.is(name, len(list), len(want))
	for i := range list {
		c.text(name, list[i], want[i])
	}
}

// A log for ShiViz is what its parser wants: the expression takes it apart without a rest, every host counts its own
// events one by one, no clock goes back, and whatever arrives knows what its sender knew.
func TestTheLogForShiViz(t *testing.T) {
	w := told(t, false)
	for name, f := range map[string]Filter{"all": {}, "some": {Kinds: []string{"Propagated", "Applied", "PsyncAnswered"}}} {
		text := string(AppendShiViz(nil, w.Events(), &f))
		header, rest, _ := strings.Cut(text, "\n\n")
		expression := regexp.MustCompile(strings.ReplaceAll(header, "(?<", "(?P<"))
		entries := expression.FindAllStringSubmatch(rest, -1)
		chosen := slices.Collect(f.All(w.Events()))
		if len(entries) != len(chosen) || len(entries) == 0 {
			t.Fatalf("%s: %d entries of %d events", name, len(entries), len(chosen))
		}
		taken := 0
		last := map[string]map[string]int{}
		sent := map[int64]map[string]int{} // by packet
		arrived := 0
		for i, m := range entries {
			taken += len(m[0]) + 1
			host, clock := m[1], map[string]int{}
			must(t, json.Unmarshal([]byte(m[2]), &clock))
			if clock[host] != last[host][host]+1 {
				t.Fatalf("%s: %s counts %d after %d", name, host, clock[host], last[host][host])
			}
			for other, n := range last[host] {
				if clock[other] < n {
					t.Fatalf("%s: the clock goes back: %s", name, m[0])
				}
			}
			switch p := chosen[i].Fact.(type) {
			case *engine.Sent:
				sent[p.ID] = clock
			case engine.Arrived:
				arrived++
				for other, n := range sent[p.Packet.ID] {
					if clock[other] < n {
						t.Fatalf("%s: what its sender knew is not known: %s", name, m[0])
					}
				}
				if sent[p.Packet.ID][p.Packet.From] == 0 || last[host][p.Packet.From] >= clock[p.Packet.From] {
					t.Fatalf("%s: nothing was learned from a packet: %s", name, m[0])
				}
			case *engine.Applied:
				if clock["m1"] == 0 || clock["m1"] > last["m1"]["m1"] {
					t.Fatalf("%s: applied before it was written: %s", name, m[0])
				}
			}
			last[host] = clock
		}
		if taken != len(rest) {
			t.Errorf("%s: %d bytes of %d are entries", name, taken, len(rest))
		}
		if name == "all" && arrived == 0 {
			t.Error("nothing arrived")
		}
	}
}

// Every packet that arrives is told once, at the moment that was promised unless the process did not take it in.
func TestArrivals(t *testing.T) {
	w := told(t, false)
	promised := map[int64]engine.Instant{}
	arrived := 0
	for _, e := range w.Events().All() {
		switch f := e.Fact.(type) {
		case *engine.Sent:
			promised[f.ID] = f.Arrives
		case engine.Arrived:
			arrived++
			if promised[f.Packet.ID] != e.At {
				t.Errorf("%s: was promised for %s", e, promised[f.Packet.ID])
			}
			delete(promised, f.Packet.ID)
		}
	}
	if arrived < 100 || len(promised) > 20 { // what was on its way at the cut and at the death
		t.Errorf("%d packets arrived, %d did not", arrived, len(promised))
	}
}

func TestTheHashNamesARun(t *testing.T) {
	w := told(t, false)
	if other := told(t, true); other.Hash() != w.Hash() {
		t.Error("a terse world has another hash")
	}
	// Asked on the way or not, cloned or not: it is the same.
	v := pair(t)
	v.Hash()
	again := v.Clone()
	say(t, v, "m1", "SET k v")
	v.Hash()
	say(t, again, "m1", "SET k v")
	if v.Hash() != again.Hash() {
		t.Error("a clone that did the same has another hash")
	}
	before := v.Hash()
	if v.RunUntil(v.Now().Add(time.Second)); v.Hash() == before {
		t.Error("more has happened, and the hash is the same")
	}
	say(t, again, "m1", "SET k w")
	again.RunUntil(v.Now())
	if v.Hash() == again.Hash() {
		t.Error("something else has happened, and the hash is the same")
	}
	if got := w.HashText(); len(got) != 16 || fmt.Sprintf("%016x", w.Hash()) != got {
		t.Errorf("the hash prints as %s", got)
	}
}
