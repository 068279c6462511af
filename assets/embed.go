// Package assets holds what is shipped as it is. The scenarios are compiled into the page as well, so that it can open
// them without asking anybody, and the sheets that pictures are drawn by; everything else here is for the site's builder.
package assets

import "embed"

//go:embed scenarios/*.resync css/tokens.css css/drawing.css
var files embed.FS

// A Scenario is a script by its name: that of its file, without the ending. Group is the shelf that it stands on.
type Scenario struct{ Name, Group, Text string }

// library is every scenario, by group, in the order in which they are offered and may be read.
var library = []struct {
	group string
	names []string
}{
	{"Start here", []string{"playground", "short-outage", "backlog-overflow"}},
	{"Links and time", []string{"reset-or-silence", "backlog-ttl"}},
	{"Restarts", []string{"replica-restart", "master-restart"}},
	{"Failover", []string{"planned-failover", "failback-ping", "split-brain"}},
	{"Trees, names and offsets", []string{"chained-replicas", "wrong-run-id", "offset-from-the-future"}},
	{"What clients see", []string{"acknowledged-not-durable", "expiry-on-replicas"}},
	{"Full resyncs", []string{"one-snapshot", "psync-during-save", "slow-full-resync", "output-buffer-loop", "dual-channel"}},
	{"Then and now", []string{"same-outage-three-eras", "restart-two-eras", "expiring-read"}},
}

// Scenarios returns every scenario, the one to open first in front, and those of a group together.
func Scenarios() []Scenario {
	var list []Scenario
	for _, shelf := range library {
		for _, name := range shelf.names {
			text, err := files.ReadFile("scenarios/" + name + ".resync")
			if err != nil {
				panic("assets: " + name + " is in the library and was not compiled in: " + err.Error())
			}
			list = append(list, Scenario{name, shelf.group, string(text)})
		}
	}
	return list
}

// Sheet returns one of the sheets that drawings need, tokens or drawing.
func Sheet(name string) string {
	text, err := files.ReadFile("css/" + name + ".css")
	if err != nil {
		panic("assets: the sheet " + name + " was not compiled in: " + err.Error())
	}
	return string(text)
}
