package script

import (
	"fmt"
	"time"

	"resync/engine/node"
	"resync/engine/resp"
	"resync/engine/sim"
)

// A World is what a script acts on and what its conditions ask: the simulated one, or real servers. Acts that name a
// node which does not exist, or that cannot be done as it stands, are errors and change nothing. What an act means is
// said at sim.World's method of the same name.
type World interface {
	AddNode(AddNode) error
	Link(a, b string) sim.LinkOptions // as they are; the default for two nodes that nobody has described
	SetLink(a, b string, o sim.LinkOptions) error
	Sever(a, b string) error
	Blackhole(a, b string, oneWay bool) error
	Heal(a, b string) error
	Isolate(name string, silent bool) error
	Rejoin(name string) error
	Freeze(name string) error
	Thaw(name string) error
	Kill(name string) error
	Shutdown(name, how string) error
	Start(name, era string) error // the era is "" for the one that it is of
	Wipe(name string) error
	Remove(name string) error
	Restore(name string, file []byte) error
	Skew(name string, by time.Duration) error
	Command(name string, client int, args []string) error
	StartLoad(name string, l sim.Load) error
	StopLoad(name string) error

	State(name string) string      // up, frozen or down; "" when there is no such node
	LastResync(name string) string // none, full or partial

	// These are asked of nodes that are up. An error says why there is no answer.
	Digest(name string) (string, error)
	Info(name string) (node.Info, error)
	Read(name string, args []string) (resp.Value, error)
}

// simulated is a sim.World as scripts see it.
type simulated struct{ *sim.World }

func (w simulated) AddNode(a AddNode) error {
	cfg, err := a.Config()
	if err != nil {
		return err
	}
	if a.Replicaof != "" {
		master := w.Node(a.Replicaof)
		if master.Name == "" {
			return fmt.Errorf("there is no node %q", a.Replicaof)
		}
		cfg.Replicaof = node.Address{Host: master.Name, Port: master.Port}
	}
	return w.World.AddNode(a.Name, cfg)
}

func (w simulated) Start(name, era string) error {
	if era == "" {
		return w.World.Start(name)
	}
	return w.StartAs(name, era)
}

func (w simulated) Link(a, b string) sim.LinkOptions {
	for _, l := range w.Links() {
		if l.A == a && l.B == b || l.A == b && l.B == a {
			return l.Options
		}
	}
	return sim.DefaultLink
}

func (w simulated) State(name string) string      { return w.Node(name).State }
func (w simulated) LastResync(name string) string { return w.Node(name).LastResync }

func (w simulated) Digest(name string) (string, error)  { return w.Node(name).Digest(), nil }
func (w simulated) Info(name string) (node.Info, error) { return w.Node(name).Info(), nil }
