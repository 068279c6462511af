// Package assets holds what is shipped as it is. The scenarios are compiled into the page as well, so that it can open
// them without asking anybody; everything else here is for the site's builder.
package assets

import (
	"embed"
	"slices"
	"strings"
)

//go:embed scenarios/*.resync
var files embed.FS

// A Scenario is a script by its name: that of its file, without the ending.
type Scenario struct{ Name, Text string }

// offered is how scenarios are listed; those that it does not name follow by name.
var offered = []string{"playground", "short-outage", "backlog-overflow"}

// Scenarios returns every scenario, the one to open first in front.
func Scenarios() []Scenario {
	entries, err := files.ReadDir("scenarios")
	if err != nil {
		panic("assets: the scenarios were compiled in and cannot be read: " + err.Error())
	}
	var list []Scenario
	for _, e := range entries {
		text, err := files.ReadFile("scenarios/" + e.Name())
		if err != nil {
			panic("assets: " + e.Name() + " was compiled in and cannot be read: " + err.Error())
		}
		list = append(list, Scenario{strings.TrimSuffix(e.Name(), ".resync"), string(text)})
	}
	rank := func(s Scenario) int {
		if i := slices.Index(offered, s.Name); i >= 0 {
			return i
		}
		return len(offered)
	}
	slices.SortStableFunc(list, func(a, b Scenario) int { return rank(a) - rank(b) })
	return list
}
