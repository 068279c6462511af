package model

import (
	"cmp"

	"resync/engine/node"
	"resync/engine/sim"
)

// A Knob is a name of the configuration that replication depends on: what it is set to, what it would be, what it does, and
// why it was not set just now. One that is Off is of a node that nobody can tell anything.
type Knob struct {
	Name, Value, Default, Does string
	Error                      string
	Off                        bool
}

// KnobID is the id of a knob's field.
func KnobID(name string) string { return "knob-" + name }

// knobs are the names worth turning, each with what it does.
var knobs = []struct{ name, does string }{
	{"repl-backlog-size", "How many bytes of the stream are kept for replicas that come back. Too few, and an outage costs the whole dataset."},
	{"repl-backlog-ttl", "After so many seconds without any replica the stream is let go, and the history gets another name. 0 keeps it."},
	{"repl-timeout", "Seconds of silence after which either side gives the link up."},
	{"repl-ping-replica-period", "A PING goes into the stream every so many seconds: 14 bytes that move the offset."},
	{"repl-diskless-sync", "Snapshots go straight to the replicas, and not to a file first."},
	{"repl-diskless-sync-delay", "So many seconds a snapshot waits for further replicas to share it."},
	{"repl-diskless-load", "How a replica loads: from a file, off the wire, or beside its old data."},
	{"dual-channel-replication-enabled", "The snapshot comes on a connection of its own, and the stream is kept at the replica."},
	{"client-output-buffer-limit", "How many bytes may wait for a client: ever, and for so many seconds. A replica that is slower is cut off, and starts over."},
	{"replica-read-only", "A replica refuses writes of its own."},
	{"replica-serve-stale-data", "Without its master a replica answers with what it has."},
	{"min-replicas-to-write", "Writes are refused with fewer replicas than this that are fresh. 0 is off."},
	{"min-replicas-max-lag", "A replica is fresh when it has acknowledged within so many seconds."},
	{"replica-priority", "Whom Sentinel prefers when a master is lost. 0 is nobody's choice."},
	{"shutdown-timeout", "How many seconds a shutdown waits for replicas that lag."},
	{"rdb-key-save-delay", "Microseconds that each key delays a snapshot: slow disks, here to be chosen."},
	{"save", "After so many seconds with so many changes the dataset is saved."},
	{"masterauth", "The password that a replica gives to its master."},
	{"requirepass", "The password that clients have to give."},
}

// knobsOf are the knobs that a node has; an older era has fewer.
func (m *Model) knobsOf(name string) (list []Knob) {
	v := m.world().Node(name)
	cfg := v.Config()
	usual, err := node.DefaultConfigOf(cfg.Era)
	if err != nil {
		usual = node.DefaultConfig()
	}
	for _, k := range knobs {
		value := cfg.Get(k.name)
		if len(value) == 0 {
			continue
		}
		row := Knob{Name: k.name, Value: value[0][1], Does: k.does, Off: !v.Up()}
		if m.refused.key == knobKey(name, k.name) {
			row.Error = cmp.Or(m.refused.why, m.blocked(name))
		}
		if old := usual.Get(k.name); len(old) > 0 {
			row.Default = old[0][1]
		}
		list = append(list, row)
	}
	return list
}

func knobKey(node, knob string) string { return node + " " + KnobID(knob) }

// configure turns a knob. Its field then shows what CONFIG GET says, which is what was typed only if the node took it so; what
// is begun at the prompt stays there.
func (m *Model) configure(c Configure) []Cmd {
	m.enter(c.Node, sim.Words([]string{"CONFIG", "SET", c.Name, c.Value}))
	m.refused = refusal{key: knobKey(c.Node, c.Name)}
	if turns := m.past.turns[m.turnsHere(c.Node)]; len(turns) > 0 && turns[len(turns)-1].Error {
		m.refused.why = quoted(c.Value) + ": " + turns[len(turns)-1].Text
		m.speak(m.refused.why)
	}
	value, cfg := "", m.world().Node(c.Node).Config()
	if now := cfg.Get(c.Name); len(now) > 0 {
		value = now[0][1]
	}
	return m.follow([]Cmd{SetInput{KnobID(c.Name), value}})
}
