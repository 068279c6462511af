package model

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// A card says what DEBUG DIGEST of its node begins with, at any moment: while bytes are on their way, when a write was lost,
// in the past and on a branch.
func TestACardHasTheDigestOfItsData(t *testing.T) {
	m := opened(t, "")
	shown := func(when string, differ ...string) {
		t.Helper()
		var differs []string
		for _, c := range m.Page().Stage.Cards {
			want := m.world().Node(c.Name).Digest()
			if want != "" {
				want = want[:digestShown]
			}
			if c.Digest != want {
				t.Errorf("%s: %s has %q, DEBUG DIGEST says %q", when, c.Name, c.Digest, want)
			}
			if c.Differs {
				differs = append(differs, c.Name)
			}
		}
		if strings.Join(differs, " ") != strings.Join(differ, " ") {
			t.Errorf("%s: %v differ, not %v", when, differs, differ)
		}
	}
	shown("opened")
	do(m, Typed{"m1", "SET a 1"})
	shown("a write on its way", "r1", "r2")
	do(m, Tick{time.Second})
	shown("it has come")
	do(m, Run{"sever m1 r1"}, Typed{"m1", "SET a 2"}, Tick{time.Second})
	shown("r1 has lost a write", "r1")
	lost := m.world().Events().Len()
	do(m, Run{"kill m1"}, Tick{time.Second})
	shown("m1 is down")
	do(m, Run{"start m1"}, Run{"heal m1 r1"}, Tick{3 * time.Second})
	shown("all have what m1 came back with")
	do(m, SeekEvent{Event: lost, AtOnce: true})
	shown("in the past", "r1")
	do(m, Run{"heal m1 r1"}, Typed{"m1", "SET a 3"}, Play{}, Tick{3 * time.Second})
	shown("on a branch")
	do(m, Run{"isolate m1"}, Typed{"m1", "SET a 4"})
	shown("on a branch, cut off", "r1", "r2")
	do(m, PickBranch{Branch: 0})
	shown("on the first branch")
}

// To work digests out costs: twice a second at most while time passes, and not of much data.
func TestDigestsAreNotWorkedOutOften(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"load m1 rate 1000/s keys 20"}, Tick{time.Second})
	seen, last := 0, ""
	for range 100 {
		do(m, Frame{Elapsed: 20 * time.Millisecond})
		if now := m.Page().Stage.Cards[0].Digest; now != last {
			seen, last = seen+1, now
		}
	}
	if seen < 3 || seen > 5 {
		t.Errorf("%d digests in two seconds", seen)
	}
	m = opened(t, "")
	do(m, Run{"node r3 replicaof m1"})
	for loaded := false; !loaded; { // but a node that has data is not said to have none
		do(m, Frame{Elapsed: time.Millisecond})
		i := len(m.Page().Stage.Cards) - 1
		c := m.Page().Stage.Cards[i]
		if loaded = m.world().Node("r3").Keys > 0; loaded == (c.Digest == noData) {
			t.Fatalf("r3 has %d keys and the digest %s", m.world().Node("r3").Keys, c.Digest)
		}
	}
	m = opened(t, "")
	do(m, Frame{Elapsed: time.Second}, Run{"m1> SET greeting hi"})
	behind := 0
	for range 200 { // nor one that has everything to have other data
		do(m, Frame{Elapsed: time.Millisecond})
		c, r := m.Page().Stage.Cards[1], m.world().Node("r1").Replication()
		if c.Differs {
			behind++
		}
		if c.Differs && c.Master != "m1" {
			t.Fatalf("r1's data differ from those of %q", c.Master)
		}
		if c.Differs && r.Applied == m.world().Node("m1").Replication().Offset {
			t.Fatalf("r1 has all up to %d and its data is said to differ", r.Applied)
		}
	}
	if behind == 0 {
		t.Fatal("r1 never lacked the write")
	}
	m = opened(t, "")
	if c := m.Page().Stage.Cards[0]; c.Digest == "" {
		t.Error("no digest of a few keys")
	}
	do(m, Typed{"m1", "SETRANGE large 1000000 x"}, Tick{time.Second})
	if c := m.Page().Stage.Cards[0]; c.Digest != "" {
		t.Errorf("a digest of %d bytes", m.world().Node("m1").DataBytes())
	}
	do(m, Typed{"m1", "DEL large"}, Tick{time.Second})
	var line strings.Builder
	for i := range mostDigestKeys {
		line.WriteString(" key:" + strconv.Itoa(i) + " 1")
	}
	do(m, Typed{"m1", "MSET" + line.String()}, Tick{time.Second})
	if c := m.Page().Stage.Cards[0]; c.Digest != "" {
		t.Errorf("a digest of %d keys", m.world().Node("m1").Keys)
	}
}

// What is too much for one turn is worked out over several, and holds for all nodes at one moment: never while it changes.
func TestDigestsOfManyKeysTakeSeveralTurns(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"load m1 rate 4/s keys 100000 size 8"}, Tick{30 * time.Second})
	turns, fresh := 0, 0
	for i := range 400 {
		if i == 300 {
			do(m, Run{"unload m1"})
		}
		do(m, Frame{Elapsed: 20 * time.Millisecond})
		cards := m.Page().Stage.Cards
		if m.digests.next != nil {
			turns++
		}
		if m.digests.left < digestGap {
			continue // they are of a moment ago
		}
		for _, c := range cards {
			if want := m.world().Node(c.Name).Digest()[:digestShown]; c.Digest != want {
				t.Fatalf("frame %d: %s has the digest %q, want %q", i, c.Name, c.Digest, want)
			}
			fresh++
		}
	}
	if turns == 0 || fresh == 0 {
		t.Errorf("%d turns were too short, %d digests were new", turns, fresh)
	}
	for _, c := range m.Page().Stage.Cards {
		if want := m.world().Node(c.Name).Digest()[:digestShown]; c.Digest != want || c.Differs {
			t.Errorf("%s has the digest %q, want %q", c.Name, c.Digest, want)
		}
	}
}
