package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/rdb"
)

// RDB files: a snapshot is written, and read, a chunk at a time. The driver says when a chunk has been dealt with, and
// only then is the next one made, so the size of the dataset costs no memory.
//
//	SAVE, DEBUG RELOAD, SHUTDOWN   nobody is served until the file is done (WriteFile.Now, ReadFile.Now)
//	BGSAVE, save points            the others go on; the file holds the keys of the moment in which it was begun
//	start                          commands are answered with -LOADING until the file is read

const (
	fileChunk = 256 << 10       // bytes of a file written or read at a time
	saveRetry = 5 * time.Second // how long save points rest after a failure
)

// persistence is how it stands with the RDB file.
type persistence struct {
	saving  *saving  // a file being written, or nil
	loading *loading // a file being read, or nil
	lastJob int64
	again   bool // BGSAVE SCHEDULE is waiting for the one under way

	failed   bool // the last save did: rdb_last_bgsave_status
	lastTry  engine.Instant
	lastTook time.Duration // of the last BGSAVE; negative before the first
	saves    int64
}

func (p persistence) clone() persistence {
	if p.saving != nil {
		s := *p.saving
		s.enc, s.chunk = s.enc.Clone(), nil
		p.saving = &s
	}
	if p.loading != nil {
		l := *p.loading
		l.dec = l.dec.Clone()
		p.loading = &l
	}
	return p
}

// A saving is one RDB file being written.
type saving struct {
	job   int64
	name  string
	enc   *rdb.Encoder
	chunk []byte
	last  bool // the part under way is the last one
	now   bool
	began engine.Instant
	dirty int64 // changes that the file holds
	then  saveEnd
	conn  engine.ConnID // who is told, or 0
}

// A saveEnd is what follows when a file is written.
type saveEnd uint8

const (
	thenRest  saveEnd = iota // nothing: it was a BGSAVE
	thenGoOn                 // nothing either, but nobody was served meanwhile
	thenReply                // SAVE is answered
	thenReload
	thenMerge // reload without emptying the databases first
	thenExit
	thenExitAnyway // SHUTDOWN FORCE: also when the file could not be written
)

// save begins to write the dataset into its file.
//
// Source: redis/src/rdb.c, rdbSave and rdbSaveBackground.
func (n *Node) save(then saveEnd, conn engine.ConnID) {
	n.disk.lastJob++
	s := &saving{
		job: n.disk.lastJob, name: n.cfg.DBFilename, now: then != thenRest,
		began: n.now, dirty: n.stats.dirty, then: then, conn: conn,
		enc: rdb.NewEncoder(n.data.Snapshot(), n.snapshotAux(), rdb.Options{Compress: n.cfg.RDBCompression, Checksum: n.cfg.RDBChecksum}),
	}
	n.disk.saving = s
	n.clock = 0 // access clocks stand still meanwhile
	if !s.now {
		n.disk.lastTry = n.now
		n.log(engine.LogNotice, "Background saving started by pid "+strconv.Itoa(n.pid))
	}
	n.writePart(FirstPart)
}

// writePart has the next part of the file written. A small file is one part.
func (n *Node) writePart(part FilePart) {
	s := n.disk.saving
	s.chunk = s.enc.Append(s.chunk[:0], fileChunk)
	if s.last = s.enc.Done(); s.last {
		if part == FirstPart {
			part = WholeFile
		} else {
			part = LastPart
		}
	}
	n.out.do(WriteFile{Job: s.job, Name: s.name, Data: s.chunk, Part: part, Now: s.now})
}

// written takes the answer to a WriteFile.
func (n *Node) written(in FileWritten) {
	if n.rewritten(in) {
		return
	}
	s := n.disk.saving
	switch {
	case s == nil || s.job != in.Job:
		// It was dropped in the meantime.
	case in.Err == "" && !s.last:
		n.writePart(NextPart)
	default:
		n.saved(s, in.Err)
	}
}

// saved is the end of a file, and goes on with what it was written for.
//
// Source: redis/src/rdb.c, backgroundSaveDoneHandlerDisk; redis/src/server.c, finishShutdown.
func (n *Node) saved(s *saving, failure string) {
	d := &n.disk
	d.saving = nil
	failed := failure != ""
	// Only one in the background makes save points and writes wait: whoever asks for SAVE or SHUTDOWN sees the error.
	if !failed || s.then == thenRest {
		d.failed = failed
	}
	if failed {
		n.log(engine.LogWarning, "Write error saving DB on disk("+s.name+"): "+failure)
	} else {
		n.log(engine.LogNotice, "DB saved on disk")
		n.stats.dirty -= s.dirty
		n.stats.lastSave = n.now
		d.saves++
	}
	c := n.byConn[s.conn]
	switch s.then {
	case thenRest:
		d.lastTook = n.now.Sub(s.began)
		if failed {
			n.log(engine.LogWarning, "Background saving error")
		} else {
			n.log(engine.LogNotice, "Background saving terminated with success")
		}
		if d.again {
			d.again = false
			n.save(thenRest, 0)
		}
	case thenExit, thenExitAnyway:
		if failed && s.then == thenExit {
			n.log(engine.LogWarning, "Error trying to save the DB, can't exit.")
			n.answer(c, func() { c.w.Error("ERR Errors trying to SHUTDOWN. Check logs.") })
			return
		}
		n.exit()
	case thenReload, thenMerge:
		if failed {
			n.answer(c, func() { c.w.Error("ERR") })
			return
		}
		n.load(s.conn, s.then == thenMerge)
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

// dropSave gives up the BGSAVE under way: its keys are gone, or the process ends.
func (n *Node) dropSave() {
	if s := n.disk.saving; s != nil {
		n.out.do(WriteFile{Job: s.job, Name: s.name, Part: DropFile})
		n.disk.saving = nil
	}
}

// flushedAll is told that FLUSHALL has run: a snapshot under way holds what nobody wants any more, and the file is
// replaced by one without keys.
//
// Source: redis/src/db.c, flushAllDataAndResetRDB.
func (n *Node) flushedAll() {
	if s := n.disk.saving; s != nil && !s.now {
		n.dropSave()
	}
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
	if d.saving != nil || d.loading != nil {
		return
	}
	for _, p := range n.cfg.Save {
		if n.stats.dirty >= int64(p.Changes) && n.now.Seconds()-n.stats.lastSave.Seconds() > wholeSeconds(p.After) &&
			(!d.failed || n.now.Sub(d.lastTry) > saveRetry) {
			n.log(engine.LogNotice, strconv.Itoa(p.Changes)+" changes in "+strconv.FormatInt(wholeSeconds(p.After), 10)+" seconds. Saving...")
			n.save(thenRest, 0)
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
func (n *Node) savingInBackground() bool {
	if n.disk.saving != nil {
		return true
	}
	for _, c := range n.replicas {
		if c.full != nil && c.full.streamed {
			return true
		}
	}
	return false
}

// saveCommand serves SAVE.
//
// Source: redis/src/rdb.c, saveCommand.
func (n *Node) saveCommand(c *client, _ [][]byte) {
	if n.savingInBackground() {
		c.w.Error("ERR Background save already in progress")
		return
	}
	c.held = true
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
	default:
		n.save(thenRest, 0)
		c.w.Simple("Background saving started")
	}
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"save":   (*Node).saveCommand,
		"bgsave": (*Node).bgsaveCommand,
	})
}
