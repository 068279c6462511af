package node

import (
	"strconv"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/store"
)

// A loading is one RDB file being read.
type loading struct {
	job    int64
	name   string
	dec    *rdb.Decoder
	began  engine.Instant
	offset int64
	size   int64
	now    bool
	merge  bool          // the keys are added to those that there are
	conn   engine.ConnID // who is told, or 0 at the start of the process
}

// load begins to read the file, for DEBUG RELOAD.
func (n *Node) load(conn engine.ConnID, merge bool) {
	if !merge {
		n.replaceData(store.New(n.cfg.Databases)) // two datasets would need the memory of both
	}
	n.beginLoad(true, merge, conn)
}

// beginLoad begins to read the file. With now nobody is served until it is read.
func (n *Node) beginLoad(now, merge bool, conn engine.ConnID) {
	n.disk.lastJob++
	n.disk.loading = &loading{
		job: n.disk.lastJob, name: n.cfg.DBFilename, began: n.now, now: now, merge: merge, conn: conn,
		dec: rdb.NewDecoder(rdb.DecoderOptions{
			Databases: n.cfg.Databases, SkipExpired: !n.isReplica() && n.cfg.Replicaof.Host == "", NowMillis: n.now.Millis(),
			IgnoreChecksum: n.noChecksums || !n.cfg.RDBChecksum, Limits: &n.cfg.Limits,
		}),
	}
	n.readPart()
}

func (n *Node) readPart() {
	l := n.disk.loading
	n.out.do(ReadFile{Job: l.job, Name: l.name, Offset: l.offset, Max: fileChunk, Now: l.now})
}

// loaded takes the answer to a ReadFile.
//
// Source: redis/src/server.c, loadDataFromDisk; redis/src/rdb.c, rdbLoad.
func (n *Node) loaded(in FileLoaded) {
	if n.rewriteRead(in) {
		return
	}
	l := n.disk.loading
	if l == nil || l.job != in.Job {
		return
	}
	if in.Missing && l.conn == 0 {
		n.disk.loading = nil
		n.open()
		return
	}
	failure := in.Err
	if in.Missing {
		failure = "No such file or directory"
	}
	if failure == "" {
		l.offset += int64(len(in.Data))
		l.size = in.Size
		_, err := l.dec.Feed(in.Data)
		switch {
		case err != nil:
			failure = err.Error()
		case l.dec.Done():
		case in.More && len(in.Data) > 0:
			n.readPart()
			return
		default:
			failure = "rdb: the file ends in the middle at byte " + strconv.FormatInt(l.offset, 10)
		}
	}
	n.disk.loading = nil
	if failure != "" {
		n.loadFailed(l, failure)
		return
	}
	n.logSnapshot(l.dec)
	if l.merge {
		n.merge(l.dec.Store())
	} else {
		n.replaceData(l.dec.Store())
	}
	n.stats.keysLoaded, n.stats.loadedExpired = int64(countKeys(l.dec.Store())), int64(l.dec.Skipped())
	n.log(engine.LogNotice, "Done loading RDB, keys loaded: "+strconv.FormatInt(n.stats.keysLoaded, 10)+
		", keys expired: "+strconv.FormatInt(n.stats.loadedExpired, 10)+".")
	if l.conn == 0 {
		n.log(engine.LogNotice, "DB loaded from disk: "+strconv.FormatFloat(n.now.Sub(l.began).Seconds(), 'f', 3, 64)+" seconds")
		n.open()
		return
	}
	n.log(engine.LogWarning, "DB reloaded by DEBUG RELOAD")
	if c := n.byConn[l.conn]; c != nil {
		n.answer(c, c.w.OK)
	}
}

// loadFailed is the end of a file that is none. At the start the process ends with it.
func (n *Node) loadFailed(l *loading, failure string) {
	if l.conn == 0 {
		n.log(engine.LogWarning, "Fatal error loading the DB, check server logs. Exiting: "+failure)
		n.exited = true
		n.out.do(Exit{Code: 1})
		return
	}
	n.log(engine.LogWarning, "Error loading the RDB file: "+failure)
	if c := n.byConn[l.conn]; c != nil {
		n.answer(c, func() { c.w.Error("ERR Error trying to load the RDB dump") })
	}
}

// replaceData puts another dataset in the place of the node's own.
func (n *Node) replaceData(data *store.Store) {
	n.touchAll(n.data, data)
	n.data = data
	n.clock = 0 // it is told the time at the next command
}

// merge adds keys to those that there are, in place of any of the same name.
func (n *Node) merge(from *store.Store) {
	for i := range from.Databases() {
		for e := range from.DB(i).All() {
			n.data.DB(i).Set([]byte(e.Key), e.Value, e.ExpireAt)
		}
	}
}

// open lets clients in: the dataset is there.
func (n *Node) open() {
	if m := n.cfg.Replicaof; m.Host != "" {
		n.master.addr = m
		n.master.become(n, engine.LinkConnect, "")
	}
	n.log(engine.LogNotice, "Ready to accept connections")
}
