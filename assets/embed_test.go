package assets

import (
	"slices"
	"strings"
	"testing"
)

// The library names every file once, and the page opens with the playground.
func TestTheLibraryIsComplete(t *testing.T) {
	entries, err := files.ReadDir("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	var there, offered []string
	for _, e := range entries {
		there = append(there, strings.TrimSuffix(e.Name(), ".resync"))
	}
	groups := map[string]string{} // the last scenario of each
	for _, s := range Scenarios() {
		if before := groups[s.Group]; before != "" && before != offered[len(offered)-1] {
			t.Errorf("%s: %s does not stand beside %s", s.Group, s.Name, before)
		}
		groups[s.Group] = s.Name
		offered = append(offered, s.Name)
	}
	if offered[0] != "playground" {
		t.Errorf("the page opens with %s", offered[0])
	}
	slices.Sort(offered)
	if !slices.Equal(offered, there) {
		t.Errorf("the library has\n%v\nand there are\n%v", offered, there)
	}
}
