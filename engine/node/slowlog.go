package node

import (
	"strconv"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// A slowlog keeps the commands that took long.
type slowlog struct {
	entries []slowEntry // oldest first; appended to and cut, never changed in place
	last    int64       // the number of the latest entry; it goes on after SLOWLOG RESET
}

// slowEntry is one command in the slow log.
type slowEntry struct {
	id         int64
	at         engine.Instant // when it had run
	took       time.Duration
	args       []string
	addr, name string
}

// What is kept of a command line.
const (
	slowlogArgs  = 32  // words
	slowlogBytes = 128 // of a word
)

// logSlow adds a command that took so long to the slow log, where that is asked for.
//
// Source: redis/src/slowlog.c, slowlogCreateEntry and slowlogPushEntryIfNeeded.
func (n *Node) logSlow(cmd *command.Command, addr, name string, args [][]byte, took time.Duration) {
	if n.cfg.SlowlogLogSlowerThan < 0 || took.Microseconds() < n.cfg.SlowlogLogSlowerThan || cmd.Flags&command.SkipSlowlog != 0 {
		return
	}
	args = redacted(cmd, args)
	var kept []string
	for i, a := range args {
		if i == slowlogArgs-1 && len(args) > slowlogArgs {
			kept = append(kept, "... ("+strconv.Itoa(len(args)-slowlogArgs+1)+" more arguments)")
			break
		}
		if len(a) > slowlogBytes {
			kept = append(kept, string(a[:slowlogBytes])+"... ("+strconv.Itoa(len(a)-slowlogBytes)+" more bytes)")
			continue
		}
		kept = append(kept, string(a))
	}
	s := &n.slow
	s.entries = append(s.entries, slowEntry{s.last, n.present(), took, kept, addr, name})
	s.last++
	s.trim(n.cfg.SlowlogMaxLen)
}

// trim lets the oldest entries go. The array behind them is copied now and then, so that it does not keep them.
func (s *slowlog) trim(most int64) {
	if extra := len(s.entries) - int(min(most, int64(len(s.entries)))); extra > 0 {
		s.entries = s.entries[extra:]
		if cap(s.entries) < 2*len(s.entries) {
			s.entries = append([]slowEntry(nil), s.entries...)
		}
	}
}

// slowlogGet serves SLOWLOG GET [count]: the latest first, ten of them unless told otherwise, all with -1.
func (n *Node) slowlogGet(c *client, args [][]byte) {
	count := int64(10)
	if len(args) > 3 {
		c.wrongSubcommand(args)
		return
	}
	if len(args) == 3 {
		var ok bool
		if count, ok = resp.ParseInt64(args[2]); !ok || count < -1 {
			c.w.Error("ERR count should be greater than or equal to -1")
			return
		}
	}
	entries := n.slow.entries
	if count == -1 || count > int64(len(entries)) {
		count = int64(len(entries))
	}
	w := &c.w
	w.Array(int(count))
	for i := range int(count) {
		e := &entries[len(entries)-1-i]
		w.Array(6)
		w.Int(e.id)
		w.Int(e.at.Seconds())
		w.Int(e.took.Microseconds())
		w.Array(len(e.args))
		for _, a := range e.args {
			w.BulkString(a)
		}
		w.BulkString(e.addr)
		w.BulkString(e.name)
	}
}

func (n *Node) slowlogLen(c *client, _ [][]byte) { c.w.Int(int64(len(n.slow.entries))) }

func (n *Node) slowlogReset(c *client, _ [][]byte) {
	n.slow.entries = nil
	c.w.OK()
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"slowlog|get":   (*Node).slowlogGet,
		"slowlog|len":   (*Node).slowlogLen,
		"slowlog|reset": (*Node).slowlogReset,
	})
}
