package sim

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// The forecast is what the master then answers, to the byte.
func TestTheForecastComesTrue(t *testing.T) {
	for _, c := range []struct {
		name   string
		acts   func(*World)
		reason engine.PsyncReason
		bytes  int64
		turns  int64
	}{
		{"nothing is missed", func(*World) {}, engine.PsyncOK, 0, 36_825},
		{"one write is missed", func(w *World) { say(t, w, "m1", "SET k v") }, engine.PsyncOK, 50, 36_775},
		{"all that the backlog keeps is missed", func(w *World) { fill(t, w, 20_440+16_384) }, engine.PsyncOK, 36_824, 1},
		{"one byte more", func(w *World) { fill(t, w, 20_440+16_384+1) }, engine.PsyncTooLate, 0, -1},
		{"the master has begun anew", func(w *World) {
			must(t, w.Kill("m1"))
			must(t, w.Start("m1"))
		}, engine.PsyncUnknownID, 0, -1},
		{"the replica has begun anew", func(w *World) {
			must(t, w.Kill("r1"))
			must(t, w.Wipe("r1"))
			must(t, w.Start("r1"))
		}, engine.PsyncNoHistory, 0, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := pair(t)
			must(t, w.Sever("m1", "r1"))
			c.acts(w)
			f, ok := w.Forecast("r1")
			if !ok || f.Answer.Reason != c.reason || f.Answer.Bytes != c.bytes || f.TurnsIn != c.turns {
				t.Fatalf("the forecast is %+v, %v", f, ok)
			}
			must(t, w.Heal("m1", "r1"))
			seen := w.Events().Len()
			w.RunUntil(w.Now().Add(1500 * time.Millisecond))
			for _, e := range w.Events().From(seen) {
				if a, ok := e.Fact.(engine.PsyncAnswered); ok {
					a.Conn = 0
					if a != f.Answer {
						t.Errorf("answered %+v\nforecast %+v", a, f.Answer)
					}
					return
				}
			}
			t.Error("nobody asked")
		})
	}
}

// fill writes until the stream has grown by exactly so many bytes since it began.
func fill(t *testing.T, w *World, bytes int) {
	t.Helper()
	for {
		left := bytes - int(w.Node("m1").Replication().Offset)
		switch {
		case left == 0:
			return
		case left > 3000:
			say(t, w, "m1", "SET k "+strings.Repeat("x", 1000))
		case left > 2000: // so that the last command has a value of one, two or three digits' length in plenty
			say(t, w, "m1", "SET k "+strings.Repeat("x", 500))
		default:
			// SET k with a value of n bytes is 25 bytes, the digits of n and n itself.
			for n := 1; ; n++ {
				if digits := len(itoa(n)); 25+digits+n == left {
					say(t, w, "m1", "SET k "+strings.Repeat("x", n))
					break
				} else if 25+digits+n > left {
					t.Fatalf("no command has %d bytes", left)
				}
			}
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// TurnsIn counts down to the very byte with which the answer turns.
func TestTheForecastKnowsWhenItTurns(t *testing.T) {
	for _, era := range []string{"7.0", "4.0"} { // a list of blocks, and a ring
		t.Run(era, func(t *testing.T) { turns(t, era) })
	}
}

func turns(t *testing.T, era string) {
	w := New(1)
	for i, master := range []string{"", "m1"} {
		c, err := node.DefaultConfigOf(era)
		must(t, err)
		c.Port, c.ReplBacklogSize, c.ReplDisklessSyncDelay = 0, 16<<10, 0
		if master != "" {
			c.Replicaof = node.Address{Host: master, Port: 6379}
		}
		must(t, w.AddNode([]string{"m1", "r1"}[i], c))
	}
	w.RunUntil(engine.Epoch.Add(2500 * time.Millisecond))
	must(t, w.AtRest())
	base := w.Node("m1").Replication().Offset
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(time.Second))
	must(t, w.Sever("m1", "r1"))
	f, _ := w.Forecast("r1")
	turn := f.Answer.Next - 1 + engine.Offset(f.TurnsIn)
	for f.Answer.Continued() {
		at := w.Node("m1").Replication().Offset
		if at >= turn || at+engine.Offset(f.TurnsIn) != turn {
			t.Fatalf("at offset %d it is said to turn in %d bytes, before at %d", at, f.TurnsIn, turn)
		}
		say(t, w, "m1", "APPEND k "+strings.Repeat("x", 31))
		f, _ = w.Forecast("r1")
	}
	if at := w.Node("m1").Replication().Offset; at < turn || f.TurnsIn != -1 || f.MissingBytes != int64(at-base)-50 {
		t.Errorf("it turned at offset %d, want %d: %+v", at, turn, f)
	}
}

func TestThereIsNoForecastWithoutAQuestion(t *testing.T) {
	w := pair(t)
	if _, ok := w.Forecast("m1"); ok {
		t.Error("for a master")
	}
	if _, ok := w.Forecast("nobody"); ok {
		t.Error("for nobody")
	}
	must(t, w.AddNode("r2", config("elsewhere", 6379)))
	if _, ok := w.Forecast("r2"); ok {
		t.Error("for a replica of somebody unknown")
	}
	must(t, w.AddNode("r3", config("r2", 6381)))
	if _, ok := w.Forecast("r3"); ok {
		t.Error("by a replica that has no link itself")
	}
	must(t, w.Kill("m1"))
	if _, ok := w.Forecast("r1"); ok {
		t.Error("of a dead master")
	}
}
