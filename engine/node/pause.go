package node

import (
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// A pause holds the commands of ordinary clients and of the link to the master: all of them, or those that may go into
// the stream. While it lasts no key expires or is evicted either, so the stream stands still.
//
// Source: redis/src/networking.c, pauseClients.
type pause struct {
	until engine.Instant // 0 = none
	all   bool
}

// paused reports whether a pause is on.
func (n *Node) paused() bool { return n.pause.until != 0 }

// holds reports whether a command has to wait for the end of the pause.
func (n *Node) holds(flags command.Flags) bool {
	return n.paused() && (n.pause.all || flags&(command.Write|command.MayReplicate) != 0)
}

// endPause ends the pause, when it is due or asked for. What it held is executed from scratch, in the order in which
// it came.
func (n *Node) endPause() {
	n.pause = pause{}
	held := n.postponed
	n.postponed = nil
	for _, c := range held {
		c.postponed = false
		n.resume(c)
	}
	if l := &n.master; l.held {
		l.held = false
		if l.state == engine.LinkConnected {
			l.stream(n, nil)
		}
	}
}

// postpone keeps a client's command, which is still the first of its input, until the end of the pause.
func (n *Node) postpone(c *client) {
	c.postponed = true
	n.executing = nil
	n.postponed = append(n.postponed, c)
}

// clientPause serves CLIENT PAUSE timeout [WRITE|ALL]. A second pause only makes the first one longer or stricter.
func (n *Node) clientPause(c *client, args [][]byte) {
	if len(args) > 4 {
		c.wrongSubcommand(args)
		return
	}
	all := true
	if len(args) == 4 {
		switch strings.ToUpper(string(args[3])) {
		case "WRITE":
			all = false
		case "ALL":
		default:
			c.w.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
			return
		}
	}
	ms, ok := resp.ParseInt64(args[2])
	switch {
	case !ok:
		c.w.Error("ERR timeout is not an integer or out of range")
		return
	case ms < 0:
		c.w.Error("ERR timeout is negative")
		return
	}
	const longest = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
	until := n.now.Add(time.Duration(min(ms, longest)) * time.Millisecond)
	n.pause = pause{until: max(n.pause.until, until), all: n.pause.all || all}
	c.w.OK()
}

func (n *Node) clientUnpause(c *client, _ [][]byte) {
	n.endPause()
	c.w.OK()
}
