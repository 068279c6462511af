package model

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

// What the page claims about itself is proved by tests that exist.
func TestClaimsNameTestsThatExist(t *testing.T) {
	known := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../../engine"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile("../../engine/" + path)
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
	for _, sheet := range Fidelity {
		for _, c := range sheet.Claims {
			if c.Proof != "" && !known[c.Proof] {
				t.Errorf("%q is proved by %s, which does not exist", c.What, c.Proof)
			}
		}
	}
}
