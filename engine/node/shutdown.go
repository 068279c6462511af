package node

import (
	"strings"

	"resync/engine"
)

// shutdownCommand serves SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT].
//
// Source: redis/src/db.c, shutdownCommand.
func (n *Node) shutdownCommand(c *client, args [][]byte) {
	var how shutdown
	abort := false
	for _, a := range args[1:] {
		switch strings.ToLower(string(a)) {
		case "nosave":
			how.nosave = true
		case "save":
			how.save = true
		case "now":
			how.now = true
		case "force":
			how.force = true
		case "abort":
			abort = true
		default:
			c.w.Error("ERR syntax error")
			return
		}
	}
	switch {
	case abort && how != (shutdown{}), how.save && how.nosave:
		c.w.Error("ERR syntax error")
	case abort:
		c.w.Error("ERR No shutdown in progress.")
	default:
		c.held = true
		n.log(engine.LogWarning, "User requested shutdown...")
		n.shutdown(how, c.conn)
	}
}

// shutdown is how a process is asked to end.
type shutdown struct{ save, nosave, now, force bool }

// shutdown ends the process, and saves the dataset first where it was asked to or has save points.
//
// Source: redis/src/server.c, finishShutdown.
func (n *Node) shutdown(how shutdown, conn engine.ConnID) {
	if n.disk.saving != nil {
		n.log(engine.LogWarning, "There is a child saving an .rdb. Killing it!")
		n.dropSave()
	}
	if n.disk.loading != nil || how.nosave || len(n.cfg.Save) == 0 && !how.save {
		n.exit()
		return
	}
	n.log(engine.LogNotice, "Saving the final RDB snapshot before exiting.")
	if how.force {
		n.save(thenExitAnyway, conn)
	} else {
		n.save(thenExit, conn)
	}
}

// signaled takes a signal as SHUTDOWN with the words that the configuration has for it.
func (n *Node) signaled(name string) {
	words := n.cfg.ShutdownOnSIGTERM
	if name == "SIGINT" {
		words = n.cfg.ShutdownOnSIGINT
	}
	n.log(engine.LogWarning, "Received "+name+" scheduling shutdown...")
	n.log(engine.LogWarning, "User requested shutdown...")
	var how shutdown
	for w := range strings.FieldsSeq(words) {
		switch w {
		case "save":
			how.save = true
		case "nosave":
			how.nosave = true
		case "now":
			how.now = true
		case "force":
			how.force = true
		}
	}
	n.shutdown(how, 0)
}
