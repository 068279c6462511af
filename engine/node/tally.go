package node

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine/command"
)

// tally is how often each command was called and how long that took, and how often each kind of error was answered: INFO
// commandstats, latencystats and errorstats.
type tally struct {
	places []uint16    // of the commands in calls, by command.Command.ID and from 1: a node is cloned often, and knows few of all commands
	calls  []callCount // of those that were called
	errors []errorCount
	failed int64 // errors in all
}

type callCount struct {
	calls, rejected, failed int64
	took                    time.Duration // all calls
	times                   histogram     // of one call
}

type errorCount struct {
	prefix string // "ERR", "WRONGTYPE", …
	count  int64
}

// maxErrorKinds bounds what peers can make us remember.
const maxErrorKinds = 128

func (t tally) clone() tally {
	t.places, t.calls, t.errors = slices.Clone(t.places), slices.Clone(t.calls), slices.Clone(t.errors)
	for i := range t.calls {
		t.calls[i].times = slices.Clone(t.calls[i].times)
	}
	return t
}

// of returns the counts of a command.
func (t *tally) of(cmd *command.Command) *callCount {
	if cmd.ID >= len(t.places) {
		t.places = append(t.places, make([]uint16, cmd.ID+1-len(t.places))...)
	}
	if t.places[cmd.ID] == 0 {
		t.calls = append(t.calls, callCount{})
		t.places[cmd.ID] = uint16(len(t.calls))
	}
	return &t.calls[t.places[cmd.ID]-1]
}

// called counts a command that was executed, in that time, and answered so.
func (t *tally) called(cmd *command.Command, reply []byte, took time.Duration) {
	t.of(cmd).calls++
	t.served(cmd, reply, took)
}

// served counts what became of a command that was answered so, at once or when its wait was over, and the time that it
// took until then, or after the wait.
//
// Source: redis/src/blocked.c, updateStatsOnUnblock.
func (t *tally) served(cmd *command.Command, reply []byte, took time.Duration) {
	count := t.of(cmd)
	count.took += took
	if t.errorIn(reply) {
		count.failed++
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
	n.eachCalled(func(cmd *command.Command, c *callCount) {
		micros := c.took.Microseconds()
		each := float64(micros) / float64(max(c.calls, 1))
		s.text("cmdstat_"+cmd.FullName(), "calls="+strconv.FormatInt(c.calls, 10)+",usec="+strconv.FormatInt(micros, 10)+
			",usec_per_call="+strconv.FormatFloat(each, 'f', 2, 64)+",rejected_calls="+
			strconv.FormatInt(c.rejected, 10)+",failed_calls="+strconv.FormatInt(c.failed, 10))
	})
}

// eachCalled visits the commands and subcommands that anything is counted of.
func (n *Node) eachCalled(visit func(cmd *command.Command, c *callCount)) {
	one := func(cmd *command.Command) {
		if cmd.ID < len(n.tally.places) && n.tally.places[cmd.ID] > 0 {
			if c := n.tally.of(cmd); c.calls+c.rejected+c.failed > 0 {
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

func (n *Node) infoErrorStats(s *section) {
	sorted := slices.Clone(n.tally.errors)
	slices.SortFunc(sorted, func(a, b errorCount) int { return strings.Compare(a.prefix, b.prefix) })
	for _, e := range sorted {
		s.text("errorstat_"+e.prefix, "count="+strconv.FormatInt(e.count, 10))
	}
}
