package node

import (
	"time"

	"resync/engine"
	"resync/engine/repl"
)

// An Info is what INFO says, as data: sections in their order, fields in theirs.
type Info struct{ Sections []InfoSection }

// An InfoSection is one heading of INFO with its fields.
type InfoSection struct {
	Name   string // as INFO heads it: "Replication"
	Fields []InfoField
}

// An InfoField is one line of INFO.
type InfoField struct{ Name, Value string }

// Field returns the value of a field of any section.
func (i Info) Field(name string) (string, bool) {
	for _, s := range i.Sections {
		for _, f := range s.Fields {
			if f.Name == name {
				return f.Value, true
			}
		}
	}
	return "", false
}

// A Replication is how a node's replication stands, as values: what INFO replication and ROLE say, and the blocks
// and positions behind it, for the page. Reading it changes nothing.
type Replication struct {
	Replica      bool // it has a master
	ReplID       engine.ReplID
	ReplID2      engine.ReplID
	SecondOffset engine.Offset
	Offset       engine.Offset // master_repl_offset
	Shared       bool          // as a replica it shares name and offset with its master; else, before PSYNC2, it has its own

	// What clients are held for.
	Holds      string         // "nothing", "write" or "all": which of their commands wait
	HoldsUntil engine.Instant // engine.Forever when something else will end it
	Failover   engine.FailoverState
	FailoverTo Address        // no host while any replica will do
	ShutdownAt engine.Instant // when the wait for replicas ends at the latest; 0 while no shutdown waits

	// As master.
	BacklogActive                           bool
	BacklogSize                             int64
	Ring                                    bool          // exactly BacklogSize of the latest bytes are held, as before 7.0
	BacklogFirst                            engine.Offset // the first byte held, or the next one when none is
	Blocks                                  []Block       // oldest first; the last one is being filled
	Replicas                                []ReplicaView
	SyncFull, SyncPartialOK, SyncPartialErr int64

	// As replica.
	Master                      Address
	Link                        engine.LinkState
	LinkDownFor                 time.Duration       // since the link was lost; -1 while it is up or was never up
	Received                    engine.Offset       // slave_read_repl_offset
	Applied                     engine.Offset       // slave_repl_offset
	Ask                         Ask                 // what its next PSYNC would say
	SnapshotRead, SnapshotTotal int64               // bytes, while Link is LinkSync; Total is -1 before it is known, 0 when streamed
	Channel                     engine.ChannelState // of the second connection, on which the snapshot comes; none without one
	Kept                        int64               // bytes that the stream takes that waits for that snapshot, room included
	NextTry                     engine.Instant      // when Link is LinkConnect: the tick of the next attempt
}

// An Ask is the request that a replica's next PSYNC would make.
type Ask struct {
	ID   engine.ReplID // "?" when it knows no history
	Want engine.Offset // -1 with "?"
}

// A Block is one block of the stream: the backlog is trimmed a whole block at a time.
type Block = repl.Block

// A ReplicaView is what a master knows of one replica.
type ReplicaView struct {
	Conn         engine.ConnID
	Name         string // as the log names it: ip:announced-port
	IP           string
	Port         int
	State        string        // INFO's word: wait_bgsave, send_bulk, online, bg_transfer; "" for one that has no word
	Type         string        // INFO's word for the connection: replica, rdb-channel, main-channel
	Sent         engine.Offset // handed to the driver
	Acked        engine.Offset
	Lag          time.Duration // since the last acknowledgement
	Queued       int64         // bytes of the stream not yet sent
	Held         int64         // bytes that client-output-buffer-limit looks at, while something has not left yet
	SnapshotSent int64         // bytes of the snapshot, framing included
}
