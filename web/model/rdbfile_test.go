package model

import (
	"strings"
	"testing"
	"time"

	"resync/engine/script"
)

// What one node has becomes another one's, by lines of the script that do it again.
func TestAFileGoesOutOfANodeAndIntoAnother(t *testing.T) {
	m := opened(t, "")
	do(m, Run{"unload m1"}, Run{"node x"}, Typed{"m1", "SET real data"}, Tick{time.Second}, Select{"m1"})
	want := m.world().Node("m1").Digest()
	cmds := do(m, SaveRDB{})
	if len(cmds) == 0 {
		t.Fatal("nothing to save")
	}
	file := cmds[len(cmds)-1].(Download)
	if file.Name != "m1.rdb" || !IsRDB([]byte(file.Data)) {
		t.Fatalf("%s with %q", file.Name, file.Data[:20])
	}
	do(m, Select{"x"}, FileGiven{"dump.rdb", []byte(file.Data)}, Tick{time.Second})
	if got := m.world().Node("x").Digest(); got != want {
		t.Errorf("x has %s, m1 had %s; %s", got, want, m.fileNote)
	}
	if note := m.Page().Terminal.FileNote; !strings.HasPrefix(note, `✓ x starts with "dump.rdb": `) {
		t.Error(note)
	}
	again, err := script.Parse("again.resync", m.Script())
	if err != nil {
		t.Fatal(err)
	}
	line := script.NewTimeline(again)
	if _, err := line.Advance(m.world().Now(), 1<<30); err != nil {
		t.Fatal(err)
	}
	if got := line.World().Node("x").Digest(); got != want {
		t.Errorf("the script makes %s of x", got)
	}
}

func TestAFileThatCannotBeLoadedEndsNothing(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"notes.rdb", "hello", `✕ "notes.rdb" is no RDB file: it does not begin with REDIS.`},
		{"big.rdb", "REDIS0011" + strings.Repeat("x", FileMost), `✕ "big.rdb" is larger than 512kb, which is the most that can be loaded here`},
		{"broken.rdb", "REDIS0011\xfe\x00\x00\x01k", `✕ "broken.rdb" cannot be loaded: `},
		{"<img src=x>.rdb", "REDIS9999\xff", `✕ "<img src=x>.rdb" cannot be loaded: `},
		{"empty.rdb", "", `✕ "empty.rdb" is no RDB file`},
	} {
		m := opened(t, "")
		events := m.world().Events().Len()
		do(m, FileGiven{c.name, []byte(c.data)})
		if got := m.Page().Terminal.FileNote; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
		if m.world().Events().Len() != events {
			t.Errorf("%s: something has happened", c.name)
		}
	}
	m := opened(t, "")
	if do(m, Run{"kill m1"}, Select{"m1"}); len(do(m, SaveRDB{})) > 0 || !strings.Contains(m.fileNote, "is down") {
		t.Error(m.fileNote)
	}
}
