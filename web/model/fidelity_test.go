package model

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"resync/engine/command"
)

// What the page claims about itself is proved by tests that exist.
func TestClaimsNameTestsThatExist(t *testing.T) {
	known := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile("../../" + path)
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "func Test"); ok {
				name, _, _ = strings.Cut(name, "(")
				known["Test"+name] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sheet := range append(Fidelity, Supported()) {
		for _, c := range sheet.Claims {
			isList := sheet.Title == "Commands" && strings.Contains(c.What, ": ") && c.Proof == "" && strings.ToLower(c.What[:3]) == c.What[:3]
			if !isList && !known[c.Proof] {
				t.Errorf("%q is proved by %q, which does not exist", c.What, c.Proof)
			}
		}
	}
}

// The sheet lists every command, each in its group.
func TestTheSheetListsEveryCommand(t *testing.T) {
	listed := 0
	for _, c := range Supported().Claims {
		if group, names, ok := strings.Cut(c.What, ": "); ok && c.Proof == "" {
			for _, name := range strings.Fields(names) {
				if cmd := command.Lookup([]byte(name)); cmd == nil || cmd.Group != group {
					t.Errorf("%s is listed among %s", name, group)
				}
				listed++
			}
		}
	}
	if listed != len(command.All()) || listed < 200 {
		t.Errorf("%d of %d commands are listed", listed, len(command.All()))
	}
}
