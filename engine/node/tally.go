package node

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"resync/engine/command"
)

// tally is how often each command was called, and how often each kind of error was answered: INFO commandstats and
// errorstats. Nothing is timed, since the node has no clock that goes on while it works.
type tally struct {
	calls  []callCount // by command.Command.ID
	errors []errorCount
	failed int64 // errors in all
}

type callCount struct{ calls, rejected, failed int64 }

type errorCount struct {
	prefix string // "ERR", "WRONGTYPE", …
	count  int64
}

// maxErrorKinds bounds what peers can make us remember.
const maxErrorKinds = 128

func (t tally) clone() tally {
	t.calls, t.errors = slices.Clone(t.calls), slices.Clone(t.errors)
	return t
}

// of returns the counts of a command.
func (t *tally) of(cmd *command.Command) *callCount {
	if cmd.ID >= len(t.calls) {
		t.calls = append(t.calls, make([]callCount, cmd.ID+1-len(t.calls))...)
	}
	return &t.calls[cmd.ID]
}

// called counts a command that was executed and answered so.
func (t *tally) called(cmd *command.Command, reply []byte) {
	t.of(cmd).calls++
	t.ended(cmd, reply)
}

// ended counts what became of a command that was answered so, at once or when its wait was over.
func (t *tally) ended(cmd *command.Command, reply []byte) {
	if t.errorIn(reply) {
		t.of(cmd).failed++
	}
}

// rejected counts a command line that was refused with an error; cmd is nil where its first word is no command.
func (t *tally) rejected(cmd *command.Command, args [][]byte, reply []byte) {
	if cmd != nil {
		if len(args) > 1 {
			if sub := cmd.Sub(args[1]); sub != nil {
				cmd = sub
			}
		}
		t.of(cmd).rejected++
	}
	t.errorIn(reply)
}

// errorIn counts the error that a reply is, if it is one.
func (t *tally) errorIn(reply []byte) bool {
	if len(reply) == 0 || reply[0] != '-' {
		return false
	}
	t.failed++
	end := bytes.IndexAny(reply, " \r")
	if end < 0 {
		end = len(reply)
	}
	for i := range t.errors {
		if t.errors[i].prefix == string(reply[1:end]) {
			t.errors[i].count++
			return true
		}
	}
	if len(t.errors) < maxErrorKinds {
		t.errors = append(t.errors, errorCount{string(reply[1:end]), 1})
	}
	return true
}

// infoCommandStats and infoErrorStats are the sections of those names.
//
// Source: redis/src/server.c, genRedisInfoStringCommandStats.
func (n *Node) infoCommandStats(s *section) {
	n.eachCalled(func(cmd *command.Command, c callCount) {
		s.text("cmdstat_"+cmd.FullName(), "calls="+strconv.FormatInt(c.calls, 10)+",usec=0,usec_per_call=0.00,rejected_calls="+
			strconv.FormatInt(c.rejected, 10)+",failed_calls="+strconv.FormatInt(c.failed, 10))
	})
}

// eachCalled visits the commands and subcommands that anything is counted of.
func (n *Node) eachCalled(visit func(cmd *command.Command, c callCount)) {
	one := func(cmd *command.Command) {
		if cmd.ID < len(n.tally.calls) {
			if c := n.tally.calls[cmd.ID]; c != (callCount{}) {
				visit(cmd, c)
			}
		}
	}
	for _, cmd := range n.cmds.All() {
		one(cmd)
		for i := range cmd.Subs {
			one(&cmd.Subs[i])
		}
	}
}

// infoLatencyStats is the section of that name: every command has taken the shortest time that Redis can tell.
//
// Source: redis/src/server.c, genRedisInfoStringLatencyStats.
func (n *Node) infoLatencyStats(s *section) {
	if n.cfg.kept("latency-tracking") == "no" {
		return
	}
	var shown []string
	for p := range strings.FieldsSeq(n.cfg.kept("latency-tracking-info-percentiles")) {
		shown = append(shown, "p"+p+"=1.003")
	}
	n.eachCalled(func(cmd *command.Command, c callCount) {
		if c.calls > 0 {
			s.text("latency_percentiles_usec_"+cmd.FullName(), strings.Join(shown, ","))
		}
	})
}

func (n *Node) infoErrorStats(s *section) {
	sorted := slices.Clone(n.tally.errors)
	slices.SortFunc(sorted, func(a, b errorCount) int { return strings.Compare(a.prefix, b.prefix) })
	for _, e := range sorted {
		s.text("errorstat_"+e.prefix, "count="+strconv.FormatInt(e.count, 10))
	}
}
