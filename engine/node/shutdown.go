package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
)

// The end of a process. A master that is asked to end lets its replicas have all that it has written first, since a
// write that nobody else has would be lost with it: it asks them how far they are, holds the writers, and waits.
//
//	SHUTDOWN, SIGTERM ─► wait for the replicas ─► save ─► exit
//	       NOW, or all are in step ──────┘          └─ cannot save: go on as before
//	            ABORT: go on as before
//
// Source: redis/src/server.c, prepareForShutdown and finishShutdown.
type shutdown struct {
	how      shutdownHow
	until    engine.Instant // when the wait for replicas ends; 0 while no shutdown waits
	signaled bool           // a signal asked for it: SIGINT insists now
	asked    string         // the signal that asked, while nothing comes of it yet (DEBUG PAUSE-CRON)
}

// shutdownHow is how a process is asked to end: the words of SHUTDOWN.
type shutdownHow struct{ save, nosave, now, force bool }

// set notes a word, and reports whether it is one.
func (h *shutdownHow) set(word string) bool {
	switch word {
	case "save":
		h.save = true
	case "nosave":
		h.nosave = true
	case "now":
		h.now = true
	case "force":
		h.force = true
	default:
		return false
	}
	return true
}

// shutdownCommand serves SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]. Whoever asks waits without a reply: the end of
// the connection is one.
//
// Source: redis/src/db.c, shutdownCommand.
func (n *Node) shutdownCommand(c *client, args [][]byte) {
	var how shutdownHow
	abort := false
	for _, a := range args[1:] {
		word := strings.ToLower(string(a))
		if word == "abort" {
			abort = true
		} else if !how.set(word) {
			c.w.Error("ERR syntax error")
			return
		}
	}
	switch {
	case abort && how != (shutdownHow{}), how.save && how.nosave:
		c.w.Error("ERR syntax error")
	case abort && n.shut.until == 0 && n.shut.asked == "":
		c.w.Error("ERR No shutdown in progress.")
	case abort:
		n.cancelShutdown("SHUTDOWN ABORT")
		n.log(engine.LogNotice, "Shutdown manually aborted.")
		c.w.OK()
	default:
		c.ending = true
		n.beginShutdown(how)
	}
}

// signaled takes a signal as SHUTDOWN with the words that the configuration has for it. The second SIGINT is of
// somebody who does not want to wait.
//
// Source: redis/src/server.c, sigShutdownHandler.
func (n *Node) signaled(name string) {
	switch {
	case name == "SIGINT" && n.shut.signaled:
		n.log(engine.LogWarning, "You insist... exiting now.")
		n.exitWith(1)
		return
	case n.disk.loading != nil:
		n.log(engine.LogWarning, "Received shutdown signal during loading, scheduling shutdown.")
	default:
		n.log(engine.LogWarning, "Received "+name+" scheduling shutdown...")
	}
	n.shut.signaled, n.shut.asked = true, name
	if !n.cronPaused {
		n.beginSignaled()
	}
}

// beginSignaled begins the shutdown that a signal asked for. That is a part of the periodic work.
func (n *Node) beginSignaled() {
	words := n.cfg.ShutdownOnSIGTERM
	if n.shut.asked == "SIGINT" {
		words = n.cfg.ShutdownOnSIGINT
	}
	n.shut.asked = ""
	var how shutdownHow
	for word := range strings.FieldsSeq(words) {
		how.set(word)
	}
	n.beginShutdown(how)
}

// beginShutdown ends the process, or lets it wait for replicas that are behind. One that waits already goes on waiting.
func (n *Node) beginShutdown(how shutdownHow) {
	if n.shut.until != 0 {
		return
	}
	if n.disk.loading != nil {
		how.save, how.nosave = false, true // half a dataset must not take the place of a whole one
	}
	n.shut.how = how
	n.log(engine.LogWarning, "User requested shutdown...")
	if how.now || n.cfg.ShutdownTimeout == 0 || n.inStep() == len(n.replicas) {
		n.finishShutdown("nobody is behind")
		return
	}
	n.getack()
	n.shut.until = n.now.Add(n.cfg.ShutdownTimeout)
	n.pauseFor(pausedByShutdown, pauseWrites, forever)
	n.log(engine.LogNotice, "Waiting for replicas before shutting down.")
	n.shutdownChanged("waits", "replicas are behind")
}

// inStep counts the replicas, in whatever state, that have acknowledged the whole stream.
func (n *Node) inStep() (count int) {
	for _, c := range n.replicas {
		if c.replica.Acked == n.hist.Offset() {
			count++
		}
	}
	return count
}

// driveShutdown is looked at in every turn: all replicas may have caught up by now, or the time may be over.
func (n *Node) driveShutdown() {
	switch {
	case n.shut.until == 0 || n.exited || n.disk.saving != nil:
	case n.inStep() == len(n.replicas):
		n.finishShutdown("all replicas have the whole stream")
	case n.now >= n.shut.until:
		n.finishShutdown("the time is over")
	}
}

// finishShutdown saves the dataset, where it was asked to or has save points, and ends the process.
func (n *Node) finishShutdown(why string) {
	n.shutdownChanged("goes on", why)
	for _, c := range n.replicas {
		if r := c.replica; r.Acked != n.hist.Offset() {
			n.log(engine.LogWarning, "Lagging replica "+r.Name()+" reported offset "+strconv.FormatInt(int64(n.hist.Offset()-r.Acked), 10)+
				" behind master, lag="+strconv.FormatInt(int64(r.Lag(n.now)/time.Second), 10)+", state="+r.State.String()+".")
		}
	}
	if all := len(n.replicas); all > 0 {
		n.log(engine.LogNotice, strconv.Itoa(n.inStep())+" of "+strconv.Itoa(all)+" replicas are in sync when shutting down.")
	}
	if n.disk.child != nil {
		n.log(engine.LogWarning, "There is a child saving an .rdb. Killing it!")
		n.killChild("SHUTDOWN")
	}
	if how := n.shut.how; !how.save && (how.nosave || len(n.cfg.Save) == 0) {
		n.exit()
		return
	}
	n.log(engine.LogNotice, "Saving the final RDB snapshot before exiting.")
	n.save(thenExit, 0)
}

// shutdownSaved takes the end of the file that a shutdown writes.
func (n *Node) shutdownSaved(failed bool) {
	switch {
	case !failed:
	case n.shut.how.force:
		n.log(engine.LogWarning, "Error trying to save the DB. Exit anyway.")
	default:
		n.log(engine.LogWarning, "Error trying to save the DB, can't exit.")
		n.log(engine.LogWarning, "Errors trying to shut down the server. Check the logs for more information.")
		n.cancelShutdown("the dataset cannot be saved")
		return
	}
	n.exit()
}

// cancelShutdown goes on as if nobody had asked.
//
// Source: redis/src/server.c, cancelShutdown.
func (n *Node) cancelShutdown(why string) {
	n.shut = shutdown{}
	for _, c := range n.clients {
		if c.ending {
			n.shutdownOver(c, "ERR Errors trying to SHUTDOWN. Check logs.")
		}
	}
	n.unpause(pausedByShutdown)
	n.shutdownChanged("is given up", why)
}

// shutdownOver answers a client that waits in SHUTDOWN and lets it go on.
func (n *Node) shutdownOver(c *client, refused string) {
	c.ending = false
	start := len(c.w.Buf)
	c.w.Error(refused)
	n.muteReply(c, start)
	n.resume(c)
}

func (n *Node) shutdownChanged(what, why string) {
	n.out.fact(engine.ShutdownChanged{What: what, Replicas: len(n.replicas), InStep: n.inStep(), Offset: n.hist.Offset(), Until: n.shut.until, Why: why})
}

// exit ends the process. What replicas still have to be sent is sent, as far as it goes at once.
func (n *Node) exit() {
	if n.cfg.PidFile != "" || n.cfg.Daemonize {
		n.log(engine.LogNotice, "Removing the pid file.")
	}
	n.pumpReplicas()
	if n.cfg.UnixSocket != "" {
		n.log(engine.LogNotice, "Removing the unix socket file.")
	}
	n.log(engine.LogWarning, "Redis is now ready to exit, bye bye...")
	n.exitWith(0)
}

func (n *Node) exitWith(code int) {
	n.exited = true
	n.out.do(Exit{Code: code})
}
