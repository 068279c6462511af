package node

import (
	"strconv"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/repl"
	"resync/engine/resp"
)

// apart is a stream for one replica alone, as it was before there was a backlog: nobody counts its bytes, and what was
// sent is gone.
type apart struct {
	out []byte // not sent yet
	db  int    // that the replica has selected
}

func (a apart) clone() apart {
	a.out = append([]byte(nil), a.out...)
	return a
}

// command appends a command.
func (a *apart) command(args [][]byte) {
	words := make([]string, len(args))
	for i, w := range args {
		words[i] = string(w)
	}
	a.out = resp.AppendCommand(a.out, words...)
}

// feedApart appends operations to the stream of every replica that waits for its snapshot or has it. The database is
// announced as a line of text.
//
// Source: redis/src/replication.c of 2.6, replicationFeedSlaves.
func (n *Node) feedApart(ops []command.Op) {
	for _, c := range n.replicas {
		if c.replica.State == repl.WaitStart {
			continue
		}
		for _, op := range ops {
			if op.DB != c.apart.db && op.DB != anyDB {
				c.apart.db = op.DB
				c.apart.out = append(append(append(c.apart.out, "select "...), strconv.Itoa(op.DB)...), '\r', '\n')
			}
			c.apart.command(op.Args)
		}
		c.touch(n)
		n.limitOutput(c, true)
	}
}

// pumpApart sends a replica what its own stream has for it.
func (n *Node) pumpApart(c *client) {
	if a := &c.apart; c.replica.Streams() && c.closing == "" && len(a.out) > 0 {
		n.send(c, Send{Conn: c.conn, Data: a.out, Payload: engine.PayloadStream})
		a.out = nil
	}
}
