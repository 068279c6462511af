package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
)

// RDB files: a snapshot is written, and read, a chunk at a time. The driver says when a chunk has been dealt with, and
// only then is the next one made, so the size of the dataset costs no memory.
//
//	SAVE, DEBUG RELOAD, SHUTDOWN   nobody is served until the file is done (WriteFile.Now, ReadFile.Now)
//	BGSAVE, save points, replicas  the others go on; the file holds the keys of the moment in which it was begun
//	start                          commands are answered with -LOADING until the file is read

// saveRetry is how long save points rest after a failure.
const saveRetry = 5 * time.Second

// persistence is how it stands with the RDB file.
type persistence struct {
	saving  *dump    // while nobody is served: SAVE, SHUTDOWN, DEBUG RELOAD, FLUSHALL; or nil
	child   *dump    // in the background: BGSAVE, save points, replicas; or nil
	loading *loading // a file being read, or nil
	lastJob int64
	again   bool // a BGSAVE waits for its turn
	plan    bool // a child has ended: replicas that came meanwhile may want another one

	failed   bool // the last save did: rdb_last_bgsave_status
	forSync  bool // the file was written for replicas alone: see rdb-del-sync-files
	lastTry  engine.Instant
	lastTook time.Duration // of the last child; negative before the first
	saves    int64
}

func (p persistence) clone() persistence {
	p.saving, p.child = p.saving.clone(), p.child.clone()
	p.loading = p.loading.clone()
	return p
}

// A saveEnd is what follows when a file is written.
type saveEnd uint8

const (
	thenRest  saveEnd = iota // nothing but what waits for a child: it was in the background
	thenGoOn                 // nothing, but nobody was served meanwhile
	thenReply                // SAVE is answered
	thenReload
	thenMerge // reload without emptying the databases first
	thenExit
)

// save writes the dataset into its file, and nobody is served meanwhile.
//
// Source: redis/src/rdb.c, rdbSave.
func (n *Node) save(then saveEnd, conn engine.ConnID) {
	s := n.newSnapshot(0)
	s.file = n.newFile(then, conn)
	n.disk.saving = s
	n.writePart(s)
}

// bgsave writes the dataset into its file while the others are served.
//
// Source: redis/src/rdb.c, rdbSaveBackground.
func (n *Node) bgsave() {
	s := n.newSnapshot(0)
	s.file = n.newFile(thenRest, 0)
	n.disk.saves++
	n.disk.lastTry = n.now
	n.beginChild(s, "Background saving started by pid ", "")
	n.writePart(s)
}

func (n *Node) newFile(then saveEnd, conn engine.ConnID) *savedFile {
	n.disk.lastJob++
	return &savedFile{
		job: n.disk.lastJob, name: n.cfg.DBFilename, dirty: n.stats.dirty,
		now: then != thenRest, then: then, conn: conn,
	}
}

// beginChild makes a snapshot the one in the background.
func (n *Node) beginChild(s *dump, says, to string) {
	n.disk.child = s
	n.stats.forks++
	n.log(engine.LogNotice, says+strconv.FormatInt(int64(n.pid)+n.stats.forks, 10)+to)
}

// writePart has the next part of a file written, when it is ready. A small file is one part. One that takes its time is
// there from the beginning; and where nobody is served meanwhile, it stands between two parts, so that whoever insists on
// the end of the process leaves nothing half done.
func (n *Node) writePart(s *dump) {
	f := s.file
	if s.part == nil {
		s.prepare(n.now, "", fileChunk)
		s.rested = false
	}
	switch wait := s.ready.Sub(n.now); {
	case s.asked:
	case wait > 0 && !f.now:
		if !s.begun {
			n.writeSome(s, nil, FirstPart)
		}
		// Deadline asks to be woken then
	case wait > 0 && !s.rested:
		s.rested = true
		if s.begun {
			n.writeSome(s, nil, NextPart)
		} else {
			n.writeSome(s, nil, FirstPart)
		}
		n.out.do(Sleep{For: wait})
	case s.last && !s.begun:
		n.writeSome(s, s.part, WholeFile)
	case s.last:
		n.writeSome(s, s.part, LastPart)
	case !s.begun:
		n.writeSome(s, s.part, FirstPart)
	default:
		n.writeSome(s, s.part, NextPart)
	}
}

// writeSome has bytes written; without any, the part that is to come still is.
func (n *Node) writeSome(s *dump, data []byte, part FilePart) {
	f := s.file
	s.asked, s.begun, s.empty = true, true, data == nil
	s.bytes += int64(len(data))
	n.out.do(WriteFile{Job: f.job, Name: f.name, Data: data, Part: part, Now: f.now})
}

// written takes the answer to a WriteFile.
func (n *Node) written(in FileWritten) {
	if n.rewritten(in) || n.master.spooled(n, in) {
		return
	}
	for _, s := range [...]*dump{n.disk.saving, n.disk.child} {
		if s == nil || s.file == nil || s.file.job != in.Job || s.killed != "" {
			continue // else it was dropped in the meantime
		}
		if s.asked = false; !s.empty {
			s.part = nil
		}
		if in.Err == "" && (s.empty || !s.last) {
			n.writePart(s)
			return
		}
		n.saved(s, in)
	}
}

// saved is the end of a file, and goes on with what it was written for.
//
// Source: redis/src/rdb.c, rdbSave; redis/src/server.c, finishShutdown.
func (n *Node) saved(s *dump, in FileWritten) {
	d, f := &n.disk, s.file
	failed := in.Err != ""
	// Only one in the background makes save points and writes wait: whoever asks for SAVE or SHUTDOWN sees the error.
	if !failed || f.then == thenRest {
		d.failed = failed
	}
	if failed {
		n.log(engine.LogWarning, n.saveFailure(s, in))
	} else {
		n.log(engine.LogNotice, "DB saved on disk")
		n.stats.dirty -= f.dirty
		n.stats.lastSave = n.now
	}
	if f.then == thenRest {
		n.endChild(in.Err)
		return
	}
	d.saving = nil
	c := n.byConn[f.conn]
	switch f.then {
	case thenExit:
		n.shutdownSaved(failed)
	case thenReload, thenMerge:
		if failed {
			n.answer(c, func() { c.w.Error("ERR") })
			return
		}
		n.load(f.conn, f.then == thenMerge)
	case thenReply:
		n.answer(c, func() {
			if failed {
				c.w.Error("ERR")
			} else {
				c.w.OK()
			}
		})
	}
}

// saveFailure is what the log says of a file that could not be written.
//
// Source: redis/src/rdb.c, rdbSave.
func (n *Node) saveFailure(s *dump, in FileWritten) string {
	pid := int64(n.pid)
	if s == n.disk.child {
		pid += n.stats.forks
	}
	temp, where := "temp-"+strconv.FormatInt(pid, 10)+".rdb", " (in server root dir "+n.cfg.Dir+")"
	switch in.Step {
	case FileOpened:
		return "Failed opening the temp RDB file " + temp + where + " for saving: " + in.Err
	case FilePlaced:
		return "Error moving temp DB file " + temp + " on the final destination " + s.file.name + where + ": " + in.Err
	}
	return "Write error saving DB on disk(rdbSaveRio): " + in.Err
}

// endChild is the end of the snapshot in the background: it failed, it was killed, or it is complete. Replicas that
// waited for it go on, or are dropped; those that came meanwhile may have their own at the end of the turn.
//
// Source: redis/src/rdb.c, backgroundSaveDoneHandler.
func (n *Node) endChild(failure string) {
	d, s := &n.disk, n.disk.child
	d.child, d.plan = nil, true
	d.lastTook = wholeSince(s.began, n.now)
	n.clock = 0
	what, ill := "Background saving", "Background saving error"
	if s.streamed() {
		what, ill = "Background RDB transfer", "Background transfer error"
	}
	switch {
	case s.killed != "":
		n.log(engine.LogWarning, strings.Replace(what, " RDB", "", 1)+" terminated by signal 10")
	case failure != "":
		n.log(engine.LogWarning, ill)
	default:
		n.log(engine.LogNotice, what+" terminated with success")
	}
	n.out.fact(engine.SnapshotEnded{
		Streamed: s.streamed(), Offset: s.offset, Bytes: s.bytes, Took: n.now.Sub(s.began), Failure: failure, Killed: s.killed,
	})
	n.endWaitForChild(s, failure == "" && s.killed == "")
}

// wholeSince is the time between two moments in whole seconds of the clock, as time(2) tells them.
func wholeSince(from, to engine.Instant) time.Duration {
	return time.Duration(to.Seconds()-from.Seconds()) * time.Second
}

// killChild gives up the snapshot in the background, where there is one. Nothing more of it goes out; its end is noticed
// at the end of the turn, as that of a process would be.
//
// Source: redis/src/rdb.c, killRDBChild.
func (n *Node) killChild(why string) {
	s := n.disk.child
	if s == nil || s.killed != "" {
		return
	}
	s.killed, s.part = why, nil
	if s.file != nil {
		n.out.do(WriteFile{Job: s.file.job, Name: s.file.name, Part: DropFile})
	}
}

// startPending ends what was killed, and begins what had to wait for the end of another snapshot, or of a transaction.
// Replicas go first.
//
// Source: redis/src/server.c, checkChildrenDone and serverCron.
func (n *Node) startPending() {
	d := &n.disk
	if d.child != nil && d.child.killed != "" {
		n.endChild("")
	}
	if d.plan {
		d.plan = false
		n.planSnapshot()
	}
	if d.again && d.child == nil && (!d.failed || n.now.Sub(d.lastTry) > saveRetry) {
		d.again = false
		n.bgsave()
	}
}

// flushedAll is told that FLUSHALL has run: a snapshot under way holds what nobody wants any more, and the file is
// replaced by one without keys.
//
// Source: redis/src/db.c, flushAllDataAndResetRDB.
func (n *Node) flushedAll() {
	n.killChild("FLUSHALL")
	if len(n.cfg.Save) > 0 && n.disk.saving == nil {
		n.save(thenGoOn, 0)
	}
}

// answer replies to a client that was held back, and goes on with what it sent meanwhile.
func (n *Node) answer(c *client, reply func()) {
	if c == nil {
		return // it has gone
	}
	start := len(c.w.Buf)
	reply()
	n.muteReply(c, start)
	c.held = false
	n.resume(c)
}

// saveCron begins the save that a save point asks for.
//
// Source: redis/src/server.c, serverCron.
func (n *Node) saveCron() {
	d := &n.disk
	if d.child != nil || d.loading != nil {
		return
	}
	for _, p := range n.cfg.Save {
		if n.stats.dirty >= int64(p.Changes) && n.now.Seconds()-n.stats.lastSave.Seconds() > wholeSeconds(p.After) &&
			(!d.failed || n.now.Sub(d.lastTry) > saveRetry) {
			n.log(engine.LogNotice, strconv.Itoa(p.Changes)+" changes in "+strconv.FormatInt(wholeSeconds(p.After), 10)+" seconds. Saving...")
			n.bgsave()
			return
		}
	}
}

// diskRefuses is the error against writes while the last save has failed, or "".
//
// Source: redis/src/server.c, writeCommandsDeniedByDiskError.
func (n *Node) diskRefuses() string {
	if !n.disk.failed || !n.cfg.StopWritesOnBgsaveError || len(n.cfg.Save) == 0 {
		return ""
	}
	return "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
		"Commands that may modify the data set are disabled, because this instance is configured to report errors " +
		"during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs " +
		"for details about the RDB error."
}

// savingInBackground reports whether a snapshot is on its way to a file or to replicas' sockets.
func (n *Node) savingInBackground() bool { return n.disk.child != nil }

// saveCommand serves SAVE.
//
// Source: redis/src/rdb.c, saveCommand.
func (n *Node) saveCommand(c *client, _ [][]byte) {
	if n.savingInBackground() {
		c.w.Error("ERR Background save already in progress")
		return
	}
	c.held = true
	n.disk.saves++
	n.save(thenReply, c.conn)
}

// bgsaveCommand serves BGSAVE [SCHEDULE].
//
// Source: redis/src/rdb.c, bgsaveCommand.
func (n *Node) bgsaveCommand(c *client, args [][]byte) {
	switch {
	case len(args) > 2 || len(args) == 2 && !strings.EqualFold(string(args[1]), "schedule"):
		c.w.Error("ERR syntax error")
	case n.savingInBackground():
		c.w.Error("ERR Background save already in progress")
	case n.unit.open:
		n.disk.again = true // a transaction is one moment, and the file is of one too
		c.w.Simple("Background saving scheduled")
	default:
		n.bgsave()
		c.w.Simple("Background saving started")
	}
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"save":   (*Node).saveCommand,
		"bgsave": (*Node).bgsaveCommand,
	})
}
