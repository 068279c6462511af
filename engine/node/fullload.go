package node

import (
	"errors"
	"strconv"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/store"
)

// A full resync, from +FULLRESYNC to the stream. There are three ways in (repl-diskless-load):
//
//	disabled      spool to the file ─► the file is whole ─► old data goes ─► load the file ─────────► follow
//	on-empty-db   there is no old data ───────────────────► load off the wire ──────────────────────► follow
//	swapdb        load off the wire, beside the old data ─► the new data takes the place of the old ► follow
//
// Until the old data goes, or is replaced, everything stays as it was: it is served, the position in the stream is
// kept, and so are the replicas below. So a resync that fails before can still become a partial one.
//
// Source: redis/src/replication.c, readSyncBulkPayload.
type fullSync struct {
	id     engine.ReplID // what the history will be called, "" when the master told nothing
	offset engine.Offset // that the snapshot holds; -1 then
	way    loadWay
	frame  *rdb.Framer   // of throughFile
	rx     *rdb.Receiver // of the others
	said   bool          // the log has told its size

	job     int64 // of the file being written
	writing int   // parts of it that are under way
	written bool  // one is written
	placing bool  // the last one is under way, and the file goes into its place
	placed  bool

	ended bool // the connection did, behind the payload
	why   string
}

// A loadWay is how the snapshot of a full resync comes in.
type loadWay uint8

const (
	throughFile loadWay = iota
	whileEmpty
	besideOld
)

func (f *fullSync) clone() *fullSync {
	if f == nil {
		return nil
	}
	c := *f
	if f.frame != nil {
		c.frame = f.frame.Clone()
	}
	if f.rx != nil {
		c.rx = f.rx.Clone()
	}
	return &c
}

// payload is what is known of the bytes on the wire.
func (f *fullSync) payload() rdb.Payload {
	if f.frame != nil {
		return f.frame
	}
	return f.rx
}

// whole reports whether all of the snapshot has come.
func (f *fullSync) whole() bool { return f.payload().Done() }

// partial reports whether the line in front of the snapshot has begun and is not complete.
func (f *fullSync) partial() bool { return f.payload().InLine() }

// beginFull waits for the snapshot that the master has announced.
func (l *link) beginFull(n *Node, id engine.ReplID, offset engine.Offset) {
	l.expect(n, id, offset)
	l.become(n, engine.LinkSync, "")
	if !n.era.KeepsUntilLoad {
		l.letGo(n)
	}
}

// expect readies what the snapshot needs that comes next.
func (l *link) expect(n *Node, id engine.ReplID, offset engine.Offset) {
	f := &fullSync{id: id, offset: offset}
	switch {
	case n.cfg.ReplDisklessLoad == "swapdb":
		f.way = besideOld
	case n.cfg.ReplDisklessLoad == "on-empty-db" && countKeys(n.data) == 0:
		f.way = whileEmpty
	}
	if f.way == throughFile {
		f.frame = rdb.NewFramer()
		n.disk.lastJob++
		f.job = n.disk.lastJob
	} else {
		f.rx = rdb.NewReceiver(n.readOptions())
	}
	l.full = f
	l.carrier().lineAt = n.now
}

// receiveFull takes bytes of the snapshot. What comes behind it is stream, and waits until it is loaded: the driver
// keeps that, so it takes no memory of ours but what was on its way already.
func (l *link) receiveFull(n *Node, data []byte) {
	f, w := l.full, l.carrier()
	_, waits := n.loadsUntil()
	if waits || f.whole() {
		w.in = append(w.in, data...)
		w.stop(n, true)
		return
	}
	if !f.payload().InLine() {
		w.lineAt = n.now
	}
	if f.way == throughFile {
		l.spool(n, data)
	} else {
		l.parse(n, data)
	}
}

// announce tells the log what is coming, when the line in front of it has come.
func (l *link) announce(n *Node) {
	f := l.full
	p := f.payload()
	if f.said || p.Total() < 0 {
		return
	}
	f.said = true
	to := "to disk"
	if f.way != throughFile {
		to = "to parser"
	}
	if p.Streamed() {
		n.log(engine.LogNotice, "MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF "+to)
	} else {
		n.log(engine.LogNotice, "MASTER <-> REPLICA sync: receiving "+strconv.FormatInt(p.Total(), 10)+" bytes from master "+to)
	}
}

// refused takes a line in front of the snapshot that announces none.
func (l *link) refused(n *Node, err error) {
	var abort *rdb.AbortError
	var line *rdb.LineError
	switch {
	case errors.As(err, &abort):
		n.log(engine.LogWarning, "MASTER aborted replication with an error: "+abort.Text)
	case errors.As(err, &line):
		n.log(engine.LogWarning, "Bad protocol from MASTER, the first byte is not '$' (we received '"+line.Line+"'), are you sure the host and port are right?")
	}
	l.fail(n, err.Error())
}

// spool writes what has come of the snapshot to the file. It is written before anything else happens, so no more of it
// is held than came at once.
func (l *link) spool(n *Node, data []byte) {
	f := l.full
	for len(data) > 0 && !f.frame.Done() {
		part, used, err := f.frame.Next(data)
		l.announce(n)
		if err != nil {
			l.refused(n, err)
			return
		}
		if data = data[used:]; len(part) > 0 {
			l.write(n, part)
		}
	}
	w := l.carrier()
	w.in = append(w.in, data...)
	l.place(n)
}

// write has a part of the file written.
func (l *link) write(n *Node, part []byte) {
	f := l.full
	at := NextPart
	switch first := !f.written && f.writing == 0; {
	case f.placing && first:
		at = WholeFile
	case f.placing:
		at = LastPart
	case first:
		at = FirstPart
	}
	f.writing++
	n.out.do(WriteFile{Job: f.job, Name: n.cfg.DBFilename, Data: part, Part: at, Now: true})
}

// place puts the file into its place once all of it is written, and once nobody else can put another one there.
func (l *link) place(n *Node) {
	if f := l.full; f.whole() && f.writing == 0 && !f.placing {
		f.placing = true
		l.carrier().stop(n, true)
		l.stopChild(n)
		l.write(n, nil)
	}
}

// spooled takes the answer to a WriteFile, and reports whether it was one of the snapshot's.
func (l *link) spooled(n *Node, in FileWritten) bool {
	f := l.full
	if f == nil || f.job == 0 || f.job != in.Job {
		return false
	}
	first := !f.written
	f.writing--
	f.written = true
	switch {
	case in.Err != "" && f.placing:
		n.log(engine.LogWarning, "Failed trying to rename the temp DB into "+n.cfg.DBFilename+" in MASTER <-> REPLICA synchronization: "+in.Err)
		l.fail(n, in.Err)
	case in.Err != "" && first:
		n.log(engine.LogWarning, "Opening the temp file needed for MASTER <-> REPLICA synchronization: "+in.Err)
		l.giveUp(n, in.Err)
	case in.Err != "":
		n.log(engine.LogWarning, "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA synchronization: "+in.Err)
		l.fail(n, in.Err)
	case f.placing:
		f.placed = true
		n.out.fact(engine.SnapshotSpooled{File: n.cfg.DBFilename, Bytes: f.frame.FileBytes()})
		l.loadSpooled(n)
	default:
		l.place(n)
	}
	return true
}

// loadSpooled loads the file that the snapshot was written to.
func (l *link) loadSpooled(n *Node) {
	l.empty(n)
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Loading DB in memory")
	n.loadFile(&loading{then: loadFollows})
}

// stopChild ends the snapshot in the background: its file must not take the place of the master's.
func (l *link) stopChild(n *Node) {
	if n.disk.child != nil && l.full.way == throughFile {
		n.log(engine.LogNotice, "Replica is about to load the RDB file received from the master, but there is a pending RDB child running. Killing process "+
			strconv.FormatInt(int64(n.pid)+n.stats.forks, 10)+" and removing its temp file to avoid any race")
	}
	n.killChild("the master's dataset is loaded")
}

// parse loads what has come of the snapshot.
func (l *link) parse(n *Node, data []byte) {
	f := l.full
	used, err := f.rx.Feed(data)
	l.announce(n)
	switch {
	case !f.said && err != nil:
		l.refused(n, err)
		return
	case err == nil && f.rx.Read() == 0:
		return // the line in front alone, at the most
	}
	if n.disk.loading == nil {
		l.beginParse(n)
	}
	ld := n.disk.loading
	ld.offset, ld.size = f.rx.Decoder().Offset(), f.rx.Total()
	n.logSnapshot(ld, err != nil)
	if err != nil {
		l.parseFailed(n, err, err.Error())
		return
	}
	w := l.carrier()
	w.in = append(w.in, data[used:]...)
	n.loadPart(ld)
}

// beginParse is the beginning of loading off the wire.
func (l *link) beginParse(n *Node) {
	f := l.full
	l.stopChild(n)
	if f.way == whileEmpty {
		l.empty(n)
	}
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Loading DB in memory")
	// What is kept is an earlier state of the same data, so it may be served: not so that of another history.
	ld := &loading{then: loadFollows, began: n.now, async: f.way == besideOld && f.id == n.hist.ID}
	n.disk.loading = ld
	n.toldLoad(ld)
}

// parsed goes on with what has come off the wire meanwhile, or ends what is whole.
func (l *link) parsed(n *Node) {
	if l.full.whole() {
		n.loadDone(n.disk.loading)
		return
	}
	w := l.carrier()
	data := w.in
	w.in = nil
	w.stop(n, false)
	if len(data) > 0 {
		l.parse(n, data)
	}
}

// parseFailed is the end of a snapshot off the wire that cannot be loaded.
func (l *link) parseFailed(n *Node, failure error, why string) {
	n.endLoad(n.disk.loading, failure)
	if !n.survives(failure, "from socket") {
		return
	}
	n.log(engine.LogWarning, "Failed trying to load the MASTER synchronization DB from socket: "+errnoOf(failure))
	beside := l.full.way == besideOld
	l.fail(n, why)
	if beside {
		n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Discarding temporary DB in background")
	}
}

// errnoOf is what strerror says behind a failure: a file that is none is EINVAL.
func errnoOf(failure error) string {
	var e *rdb.Error
	switch {
	case !errors.As(failure, &e):
		return failure.Error()
	case e.Kind == rdb.Foreign:
		return "Invalid argument"
	}
	return "Success"
}

// loadFailed is the end of a snapshot in the file that cannot be loaded. The old data is gone already.
func (l *link) loadFailed(n *Node, failure error) {
	n.log(engine.LogWarning, "Failed trying to load the MASTER synchronization DB from disk: "+errnoOf(failure))
	l.fail(n, failure.Error())
	l.removeSpooled(n)
}

// removeSpooled removes the file where nobody asked for files.
func (l *link) removeSpooled(n *Node) {
	if n.cfg.RDBDelSyncFiles && len(n.cfg.Save) == 0 {
		n.log(engine.LogNotice, "Removing the RDB file obtained from the master. This replica has persistence disabled")
		n.out.do(RemoveFile{Name: n.cfg.DBFilename})
	}
}

// empty makes room for a dataset.
func (l *link) empty(n *Node) {
	l.letGo(n)
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Flushing old data")
	if countKeys(n.data) > 0 && !n.cfg.ReplicaLazyFlush {
		l.tellAlive(n)
	}
	n.replaceData(store.New(n.cfg.Databases))
	n.local.forget()
}

// letGo lets everything go that belongs to the old history: the position in it, those who replicate from us, and the
// bytes that they could have continued from.
//
// Source: redis/src/replication.c, replicationAttachToNewMaster.
func (l *link) letGo(n *Node) {
	l.discard(n, "another dataset is loaded")
	for _, c := range n.replicas {
		n.release(c, "its master loads another dataset", 0)
	}
	n.dropReplicas("its master loads another dataset")
	n.hist.Free()
}

// loadedFull takes the dataset in the place of the old one, and with it the master's history in the place of ours.
func (l *link) loadedFull(n *Node, dec *rdb.Decoder) {
	f := l.full
	switch f.way {
	case besideOld:
		l.letGo(n)
		n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Swapping active DB with loaded DB")
		n.replaceData(dec.Store())
		n.local.forget()
		n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Discarding old DB in background")
	default:
		n.data, n.clock = dec.Store(), 0
	}
	if f.way == throughFile {
		l.removeSpooled(n)
	} else {
		n.stats.dirty++ // there is no file of it
	}
	if l.dual != nil {
		l.secondLoaded(n)
		return
	}
	l.follow(n, dec)
}

// follow begins with the stream behind a dataset.
func (l *link) follow(n *Node, dec *rdb.Decoder) {
	f := l.full
	streamed, rest := f.payload().Streamed(), l.in
	l.full, l.in = nil, nil
	l.id, l.db, l.old = f.id, 0, f.offset < 0
	if db, ok := auxNumber(dec, "repl-stream-db"); ok && 0 <= db && db < int64(n.cfg.Databases) {
		l.db = int(db)
	}
	l.offset, l.half, l.multi = f.offset, nil, nil
	if n.era.Shared {
		n.hist.Adopt(f.id, f.offset)
	}
	l.enlist(n)
	l.up(n)
	if n.era.Shared {
		n.renamed("full resync")
	}
	n.out.fact(engine.SyncFinished{ID: f.id, Offset: f.offset, Bytes: f.payload().Read()})
	n.log(engine.LogNotice, "MASTER <-> REPLICA sync: Finished with success")
	if n.era.AcksLoad || streamed && n.era.AcksStreamed {
		l.ack(n) // the master waits for it before it streams
	}
	if len(rest) > 0 {
		l.stream(n, rest)
	}
	if l.stop(n, false); f.ended && l.state == engine.LinkConnected {
		l.lost(n, l.conn, f.why)
	}
}

// lostFull takes the end of the connection during a full resync. Behind the snapshot it is noticed when that is loaded.
func (l *link) lostFull(n *Node, why string) {
	f := l.full
	switch {
	case f.whole():
		f.ended, f.why = true, why
		return
	case n.disk.loading != nil:
		l.parseFailed(n, &rdb.Error{Offset: n.disk.loading.offset, What: "the connection ended", Kind: rdb.Cut}, why)
		return
	case f.payload().Total() < 0:
		n.log(engine.LogWarning, "I/O error reading bulk count from MASTER: "+errnoText(why))
	case why == "":
		n.log(engine.LogWarning, "I/O error trying to sync with MASTER: connection lost")
	default:
		n.log(engine.LogWarning, "I/O error trying to sync with MASTER: "+why)
	}
	l.fail(n, why)
}

// dropFull forgets a full resync that has not come to its end.
//
// Source: redis/src/replication.c, replicationAbortSyncTransfer.
func (l *link) dropFull(n *Node) {
	f := l.full
	if f == nil {
		return
	}
	if f.way == throughFile && !f.placed {
		n.out.do(WriteFile{Job: f.job, Name: n.cfg.DBFilename, Part: DropFile})
	}
	if ld := n.disk.loading; ld != nil && ld.then == loadFollows {
		if ld.job != 0 {
			n.out.do(ReadFile{Job: ld.job, Name: ld.name})
		}
		n.endLoad(ld, errors.New("given up"))
	}
	l.full = nil
}

// tellAlive sends the master a newline, at most once a second, while it hears nothing else.
//
// Source: redis/src/replication.c, replicationSendNewlineToMaster.
func (l *link) tellAlive(n *Node) {
	if l.state != engine.LinkSync || l.conn == 0 || !n.era.LFLoading || l.toldAt == n.now.Seconds() {
		return
	}
	l.toldAt = n.now.Seconds()
	l.send(n, newline, engine.PayloadKeepalive)
}

// linkOffsets are what this replica has received and applied of its master's stream; 1 and 1 when it knows no stream.
func (n *Node) linkOffsets() (read, applied engine.Offset) {
	l := &n.master
	if !l.cached {
		return 1, 1
	}
	if applied = l.at(n); !n.era.Shared {
		return applied, applied
	}
	return applied + engine.Offset(int64(len(l.in)+l.multi.size())+l.wasted), applied
}
