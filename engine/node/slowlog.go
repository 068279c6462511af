package node

import (
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// A slowlog keeps the commands that took long. The node's clock stands still while a command runs, so all of them take
// no time at all: with slowlog-log-slower-than 0 every one is kept, and else none.
type slowlog struct {
	entries []slowEntry // oldest first; appended to and cut, never changed in place
	last    int64       // the number of the latest entry; it goes on after SLOWLOG RESET
}

// slowEntry is one command in the slow log.
type slowEntry struct {
	id         int64
	at         engine.Instant
	args       []string
	addr, name string
}

// What is kept of a command line.
const (
	slowlogArgs  = 32  // words
	slowlogBytes = 128 // of a word
)

// logSlow adds a command to the slow log, where that is asked for.
//
// Source: redis/src/slowlog.c, slowlogCreateEntry and slowlogPushEntryIfNeeded.
func (n *Node) logSlow(cmd *command.Command, addr, name string, args [][]byte) {
	if n.cfg.SlowlogLogSlowerThan != 0 || cmd.Flags&command.SkipSlowlog != 0 {
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
	s.entries = append(s.entries, slowEntry{s.last, n.now, kept, addr, name})
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
		w.Int(0)
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

// Latency is what a clock that stands still while a command runs cannot measure: there are no events, and every command
// has taken the shortest time that can be told.
//
// Source: redis/src/latency.c, latencyCommand.
func latencyHandlers() map[string]func(n *Node, c *client, args [][]byte) {
	none := func(_ *Node, c *client, _ [][]byte) { c.w.Array(0) }
	return map[string]func(n *Node, c *client, args [][]byte){
		"latency|doctor": (*Node).latencyDoctor,
		"latency|graph": func(_ *Node, c *client, args [][]byte) {
			c.w.Error("ERR No samples available for event '" + string(args[2]) + "'")
		},
		"latency|histogram": (*Node).latencyHistogram,
		"latency|history":   none,
		"latency|latest":    none,
		"latency|reset":     func(_ *Node, c *client, _ [][]byte) { c.w.Int(0) },
		"slowlog|get":       (*Node).slowlogGet,
		"slowlog|len":       (*Node).slowlogLen,
		"slowlog|reset":     (*Node).slowlogReset,
	}
}

// latencyHistogram serves LATENCY HISTOGRAM [command ...]. A container's name stands for its subcommands.
//
// Source: redis/src/latency.c, latencySpecificCommandsFillCDF.
func (n *Node) latencyHistogram(c *client, args [][]byte) {
	const shortest = 1 // microsecond
	w := &c.w
	start, found := len(w.Buf), 0
	show := func(cmd *command.Command) {
		calls := n.tally.of(cmd).calls
		if calls == 0 {
			return
		}
		found++
		w.BulkString(cmd.FullName())
		w.Map(2)
		w.BulkString("calls")
		w.Int(calls)
		w.BulkString("histogram_usec")
		w.Map(1)
		w.Int(shortest)
		w.Int(calls)
	}
	asked := func(cmd *command.Command, name []byte) bool {
		return name == nil || strings.EqualFold(cmd.FullName(), string(name))
	}
	names := args[2:]
	if len(names) == 0 {
		names = [][]byte{nil}
	}
	for _, name := range names {
		for _, cmd := range n.cmds.All() {
			whole := asked(cmd, name)
			if whole {
				show(cmd)
			}
			for i := range cmd.Subs {
				if sub := &cmd.Subs[i]; whole || asked(sub, name) {
					show(sub)
				}
			}
		}
	}
	mapFrom(w, start, found)
}

func (n *Node) latencyDoctor(c *client, _ [][]byte) {
	var report strings.Builder
	if n.cfg.LatencyMonitorThreshold == 0 {
		report.WriteString("Latency monitoring is disabled: set latency-monitor-threshold to a number of milliseconds.\n")
	} else {
		report.WriteString("No event has taken as long as latency-monitor-threshold.\n")
	}
	c.w.Verbatim("txt", report.String())
}

func init() { addHandlers(latencyHandlers()) }
