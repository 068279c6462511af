package script

import (
	"encoding/base64"
	"time"
)

// What can go wrong, and how it is put right.

// Sever is `sever A B`.
type Sever struct{ A, B string }

func (a Sever) String() string { return "sever " + a.A + " " + a.B }

func (a Sever) run(w World) error { return w.Sever(a.A, a.B) }

// Blackhole is `blackhole A B`, or `blackhole A > B` for one way.
type Blackhole struct {
	A, B   string
	OneWay bool
}

func (a Blackhole) String() string {
	if a.OneWay {
		return "blackhole " + a.A + " > " + a.B
	}
	return "blackhole " + a.A + " " + a.B
}

func (a Blackhole) run(w World) error { return w.Blackhole(a.A, a.B, a.OneWay) }

// Heal is `heal A B`.
type Heal struct{ A, B string }

func (a Heal) String() string { return "heal " + a.A + " " + a.B }

func (a Heal) run(w World) error { return w.Heal(a.A, a.B) }

// Isolate is `isolate A [blackhole]`.
type Isolate struct {
	Node   string
	Silent bool
}

func (a Isolate) String() string {
	if a.Silent {
		return "isolate " + a.Node + " blackhole"
	}
	return "isolate " + a.Node
}

func (a Isolate) run(w World) error { return w.Isolate(a.Node, a.Silent) }

// Rejoin is `rejoin A`.
type Rejoin struct{ Node string }

func (a Rejoin) String() string { return "rejoin " + a.Node }

func (a Rejoin) run(w World) error { return w.Rejoin(a.Node) }

// Freeze is `freeze A`.
type Freeze struct{ Node string }

func (a Freeze) String() string { return "freeze " + a.Node }

func (a Freeze) run(w World) error { return w.Freeze(a.Node) }

// Thaw is `thaw A`.
type Thaw struct{ Node string }

func (a Thaw) String() string { return "thaw " + a.Node }

func (a Thaw) run(w World) error { return w.Thaw(a.Node) }

// Kill is `kill A`.
type Kill struct{ Node string }

func (a Kill) String() string { return "kill " + a.Node }

func (a Kill) run(w World) error { return w.Kill(a.Node) }

// Shutdown is `shutdown A [save|nosave]`.
type Shutdown struct {
	Node string
	How  string // save, nosave, or "" as the node is configured
}

func (a Shutdown) String() string {
	if a.How != "" {
		return "shutdown " + a.Node + " " + a.How
	}
	return "shutdown " + a.Node
}

func (a Shutdown) run(w World) error { return w.Shutdown(a.Node, a.How) }

// Start is `start A [era ERA]`.
type Start struct {
	Node string
	Era  string // that the node is of from then on, or "" for the one that it is of
}

func (a Start) String() string {
	if a.Era != "" {
		return "start " + a.Node + " era " + a.Era
	}
	return "start " + a.Node
}

func (a Start) run(w World) error { return w.Start(a.Node, a.Era) }

// Wipe is `wipe A`.
type Wipe struct{ Node string }

func (a Wipe) String() string { return "wipe " + a.Node }

func (a Wipe) run(w World) error { return w.Wipe(a.Node) }

// Remove is `remove A`.
type Remove struct{ Node string }

func (a Remove) String() string { return "remove " + a.Node }

func (a Remove) run(w World) error { return w.Remove(a.Node) }

// Restore is `restore A "BASE64"`: an RDB file for a node that is down.
type Restore struct {
	Node string
	File string // in base64, as it is printed again and again: a page does it with every look at the script
}

func (a Restore) String() string { return "restore " + a.Node + ` "` + a.File + `"` }

func (a Restore) run(w World) error {
	file, err := base64.StdEncoding.DecodeString(a.File)
	if err != nil {
		return err
	}
	return w.Restore(a.Node, file)
}

// Skew is `skew A D`.
type Skew struct {
	Node string
	By   time.Duration // ahead of the world's clock; negative behind it
}

func (a Skew) String() string { return "skew " + a.Node + " " + duration(a.By) }

func (a Skew) run(w World) error { return w.Skew(a.Node, a.By) }
