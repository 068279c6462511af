package node

import (
	"strings"

	"resync/engine/rdb"
)

// What the configuration says about reading RDB files, whether from a disk or from a master, and about what they tell of
// the use of keys.

// readOptions are those for reading a file.
func (n *Node) readOptions() rdb.DecoderOptions {
	limits := n.cfg.Limits // the reader's own: a clone of the node shares it
	return rdb.DecoderOptions{
		Databases: n.cfg.Databases, NowMillis: n.now.Millis(), LFU: n.countsUses(),
		IgnoreChecksum: n.noChecksums || !n.cfg.RDBChecksum, Limits: &limits, Newest: n.era.RDBVersion,
	}
}

// usageTold is what files tell about how keys were used.
func (n *Node) usageTold() rdb.Usage {
	return rdb.Usage{
		Idle: strings.HasSuffix(n.cfg.MaxMemoryPolicy, "lru"), Frequency: n.countsUses(),
		NowSeconds: n.now.Seconds(), DecayMinutes: n.cfg.LFUDecayTime,
	}
}

// countsUses reports whether access clocks count uses instead of telling the time.
func (n *Node) countsUses() bool { return strings.HasSuffix(n.cfg.MaxMemoryPolicy, "lfu") }
