package model

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What is typed shows its end where it is printed. The other tabs are in the same element, and stay where the reader is.
func TestOnlyTheTerminalGoesToItsEnd(t *testing.T) {
	for _, tab := range []string{TabConfig, TabLedger, TabData} {
		for _, msg := range []Msg{Typed{"m1", "PING"}, Configure{"m1", "repl-timeout", "30"}, PastedLines{Node: "m1", Text: "PING\nPING\n"}, PastedLines{Node: "m1", Longer: true}} {
			m := opened(t, "")
			do(m, Select{"m1"}, SelectTab{tab})
			for _, c := range do(m, msg) {
				if _, end := c.(ScrollToEnd); end {
					t.Errorf("%T moves %s to its end", msg, tab)
				}
			}
		}
	}
}

// A field shows what CONFIG GET says, and says why it is not what was given.
func TestAKnobShowsWhatTheNodeTook(t *testing.T) {
	for _, c := range []struct {
		before, knob, value string
		shows, says         string
		off                 bool
	}{
		{"", "repl-timeout", "30", "30", "", false},
		{"", "repl-backlog-size", "2mb", "2097152", "", false},
		{"", "masterauth", "", "", "", false},
		{"", "repl-timeout", "abc", "60", `"abc": (error) ERR CONFIG SET failed`, false},
		{"kill m1", "repl-timeout", "30", "60", `"30": Could not connect`, true},
		{"freeze m1", "repl-timeout", "30", "60", "m1 stands still and does not answer", false},
	} {
		m := opened(t, "")
		do(m, Select{"m1"}, SelectTab{TabConfig})
		if c.before != "" {
			do(m, Run{c.before})
		}
		cmds := do(m, Configure{"m1", "repl-timeout", "nonsense"}, Configure{"m1", c.knob, c.value})
		if last := cmds[len(cmds)-1]; last != (SetInput{KnobID(c.knob), c.shows}) {
			t.Errorf("%s %s: %v", c.knob, c.value, last)
		}
		for _, k := range m.Page().Terminal.Knobs {
			says := c.says
			if k.Name != c.knob {
				says = ""
			} else if k.Value != c.shows {
				t.Errorf("%s %s: it is %q", c.knob, c.value, k.Value)
			}
			if !strings.HasPrefix(k.Error, says) || says == "" && k.Error != "" || k.Off != c.off {
				t.Errorf("%s, %s %s: %s is off: %t, and says %q", c.before, c.knob, c.value, k.Name, k.Off, k.Error)
			}
		}
		if c.says != "" && c.before == "" && !strings.HasPrefix(m.status, c.says) {
			t.Errorf("the narrator says %q", m.status)
		}
	}
	m := opened(t, "")
	do(m, SelectTab{TabConfig}, Run{"freeze m1"}, Configure{"m1", "repl-timeout", "30"}, Run{"thaw m1"})
	for _, k := range m.Page().Terminal.Knobs {
		if k.Error != "" || k.Name == "repl-timeout" && k.Value != "30" {
			t.Errorf("once it goes on, %s is %s and says %q", k.Name, k.Value, k.Error)
		}
	}
}

// The ledger says how long each replica has been silent, and whether writes depend on it: by the name of the configuration where
// they do not.
func TestTheLedgerSaysHowFreshReplicasAre(t *testing.T) {
	m := opened(t, "")
	field := func(name string) LedgerField {
		for _, f := range m.Page().Terminal.Ledger.Fields {
			if f.Name == name {
				return f
			}
		}
		return LedgerField{}
	}
	do(m, Select{"m1"}, SelectTab{TabLedger}, TogglePace{}, Tick{2 * time.Second})
	if f := field("slave1 lag"); f.Value != "0" && f.Value != "1" || !strings.HasPrefix(f.Means, "r2, online") {
		t.Errorf("%+v", f)
	}
	if f := field("min-replicas-to-write"); f.Value != "0" || !strings.HasPrefix(f.Means, "off") || field("min_slaves_good_slaves").Name != "" {
		t.Errorf("%+v", f)
	}
	do(m, Typed{"m1", "CONFIG SET min-replicas-to-write 2 min-replicas-max-lag 0"})
	if f := field("min-replicas-max-lag"); f.Value != "0" || !strings.HasPrefix(f.Means, "off") {
		t.Errorf("%+v", f)
	}
	do(m, Typed{"m1", "CONFIG SET min-replicas-max-lag 3"})
	if f := field("min_slaves_good_slaves"); f.Value != "2" || f.Means != "fresh ones; min-replicas-to-write is 2: writes are taken" {
		t.Errorf("%+v", f)
	}
	do(m, Run{"blackhole m1 r2"}, Tick{8 * time.Second})
	if f := field("min_slaves_good_slaves"); f.Value != "1" || !strings.HasSuffix(f.Means, "writes are refused") {
		t.Errorf("%+v", f)
	}
	if lag, _ := strconv.Atoi(field("slave1 lag").Value); lag < 7 {
		t.Errorf("lag is %d", lag)
	}
	// Silence is no change; that one replica is too late now is one.
	var fresh []string
	for _, r := range m.Page().Terminal.Ledger.History {
		if strings.Contains(r.What, "fresh") {
			fresh = append(fresh, r.What+", "+r.Why)
		}
	}
	if want := []string{"fresh replicas 2 → 1, of 2 wanted, within 3.0 s", "fresh replicas 0 → 2, of 2 wanted, within 3.0 s"}; !slices.Equal(fresh, want) {
		t.Errorf("%q", fresh)
	}
}

// A row of the history says what was, and what is now.
func TestTheLedgerSaysWhatWas(t *testing.T) {
	m := opened(t, "")
	do(m, TogglePace{}, Tick{time.Second}, Run{"load m1 rate 2000/s"}, Tick{time.Second}, Run{"kill m1"}, Tick{time.Second}, Typed{"r1", "REPLICAOF NO ONE"}, Typed{"r2", "REPLICAOF r1 6380"},
		Tick{time.Second}, Typed{"r2", "REPLICAOF NO ONE"}, Typed{"r2", "CONFIG SET repl-backlog-ttl 1"}, Run{"start m1"}, Typed{"m1", "REPLICAOF r1 6380"}, Tick{3 * time.Second})
	for name, want := range map[string][]string{
		"m1": {"backlog none → from byte 1", "backlog from byte 1 → from byte 20,441", "role master → replica of r1"},
		"r1": {"link connected → connect", "role replica of m1 → master"},
		"r2": {"role replica of m1 → replica of r1", "role replica of r1 → master", "link sync → connected"},
	} {
		var rows []string
		for _, r := range m.past.ledger[name] {
			rows = append(rows, r.What)
		}
		for _, w := range want {
			if !slices.Contains(rows, w) {
				t.Errorf("%s has no row %q: %q", name, w, rows)
			}
		}
	}
}
