package node

import (
	"math"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// A pause holds the commands of ordinary clients and of the link to the master: all of them, or those that may go into
// the stream. While it lasts no key expires or is evicted and no acknowledgement is asked for either, so the stream
// stands still. It may be wanted for several purposes at once, each with a mode and an end of its own: what holds is
// the strictest mode of them, until the last end among those that ask for it.
//
// Source: redis/src/networking.c, pauseClients and updateClientPauseTypeAndEndTime.
type pause struct {
	mode  pauseMode
	until engine.Instant
	asked [pausePurposes]pauseAsked
}

// pauseAsked is a pause as one purpose wants it.
type pauseAsked struct {
	mode  pauseMode
	until engine.Instant
}

// A pauseMode says what is held.
type pauseMode byte

// The modes, the stricter ones last.
const (
	pauseOff pauseMode = iota
	pauseWrites
	pauseAll
)

// String says what is held, in the words of CLIENT PAUSE.
func (m pauseMode) String() string { return [...]string{"nothing", "write", "all"}[m] }

// A pausePurpose is who wants a pause.
type pausePurpose byte

const (
	pausedByClient pausePurpose = iota // CLIENT PAUSE
	pausedByShutdown
	pausedByFailover
	pausedByMigrate
	pausePurposes
)

// forever is the end of a pause that has none.
const forever = engine.Forever

// paused reports whether a pause is on.
func (n *Node) paused() bool { return n.pause.mode != pauseOff }

// holds reports whether a command has to wait for the end of the pause.
func (n *Node) holds(flags command.Flags) bool {
	return n.pause.mode == pauseAll ||
		n.pause.mode == pauseWrites && flags&(command.Write|command.MayReplicate) != 0
}

// pauseFor begins a pause for a purpose. One that it wants already only becomes longer or stricter.
func (n *Node) pauseFor(who pausePurpose, mode pauseMode, until engine.Instant) {
	p := &n.pause.asked[who]
	p.mode, p.until = max(p.mode, mode), max(p.until, until)
	n.updatePause()
}

// unpause ends the pause that a purpose wants. Another purpose may go on with its own.
func (n *Node) unpause(who pausePurpose) {
	n.pause.asked[who] = pauseAsked{}
	n.updatePause()
}

// updatePause takes the mode and the end from those that the purposes ask for and whose time is not over. When less
// is held than before, what was held is executed from scratch, in the order in which it came; it may be held again.
func (n *Node) updatePause() {
	p := &n.pause
	before, end := p.mode, p.until
	p.mode, p.until = pauseOff, 0
	for i := range p.asked {
		a := &p.asked[i]
		if a.until <= n.now {
			*a = pauseAsked{}
		}
		switch {
		case a.mode > p.mode:
			p.mode, p.until = a.mode, a.until
		case a.mode == p.mode:
			p.until = max(p.until, a.until)
		}
	}
	if p.mode != before || p.until != end {
		n.out.fact(engine.PauseChanged{Holds: p.mode.String(), Until: p.until})
	}
	if p.mode < before {
		n.releaseHeld()
	}
}

func (n *Node) releaseHeld() {
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

// clientPause serves CLIENT PAUSE timeout [WRITE|ALL].
func (n *Node) clientPause(c *client, args [][]byte) {
	if len(args) > 4 {
		c.wrongSubcommand(args)
		return
	}
	mode := pauseAll
	if len(args) == 4 {
		switch strings.ToUpper(string(args[3])) {
		case "WRITE":
			mode = pauseWrites
		case "ALL":
		default:
			c.w.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
			return
		}
	}
	until, ok := n.timeout(c, args[2])
	if !ok {
		return
	}
	if ms, _ := resp.ParseInt64(args[2]); ms > math.MaxInt64-n.now.Millis() {
		until = 0 // so far away that it lies in the past, for Redis
	}
	n.pauseFor(pausedByClient, mode, until)
	c.w.OK()
}

func (n *Node) clientUnpause(c *client, _ [][]byte) {
	n.unpause(pausedByClient)
	c.w.OK()
}

// timeout reads a number of milliseconds from now on: the moment when they are over, or 0 for none of them. When it
// is no such number it answers so and reports false.
//
// Source: redis/src/timeout.c, getTimeoutFromObjectOrReply.
func (n *Node) timeout(c *client, arg []byte) (until engine.Instant, ok bool) {
	ms, ok := resp.ParseInt64(arg)
	switch {
	case !ok:
		c.w.Error("ERR timeout is not an integer or out of range")
		return 0, false
	case ms < 0:
		c.w.Error("ERR timeout is negative")
		return 0, false
	case ms == 0:
		return 0, true
	}
	const longest = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
	return n.now.Add(time.Duration(min(ms, longest)) * time.Millisecond), true
}
