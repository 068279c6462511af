package node

import (
	"strconv"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/rdb"
)

// What a process that starts takes from its RDB file: the keys, and where in which history they are from.

// position is what an RDB says about its place in a history.
type position struct {
	id     engine.ReplID
	offset engine.Offset
	db     int
}

// positionIn returns the position that an RDB tells; ok is false where it tells none, or a part of one.
//
// Source: redis/src/rdb.c, rdbLoadRioWithLoadingCtx; redis/src/server.c, loadDataFromDisk.
func positionIn(dec *rdb.Decoder) (p position, ok bool) {
	id, _ := dec.Aux("repl-id")
	offset, counted := auxNumber(dec, "repl-offset")
	db, selected := auxNumber(dec, "repl-stream-db")
	ok = len(id) == 40 && counted && offset != -1 && selected && db != -1
	return position{engine.ReplID(id), engine.Offset(offset), int(db)}, ok
}

// open lets clients in: the dataset is there. dec read it, unless there was no file.
//
// Source: redis/src/server.c, loadDataFromDisk.
func (n *Node) open(dec *rdb.Decoder) {
	var p position
	told := false
	var gone []rdb.SkippedKey
	if dec != nil {
		p, told = positionIn(dec)
		gone = dec.TakeSkipped()
	}
	switch {
	case n.isReplica() && told && n.era.ResumesReplica:
		n.resumeReplica(p)
	case !n.isReplica() && n.era.ResumesMaster:
		n.resumeMaster(p, told, gone)
	}
	if n.isReplica() {
		n.master.become(n, engine.LinkConnect, "")
	}
	n.firstTick, n.nextCron = n.now, n.now
	if n.cfg.Port != 0 {
		n.log(engine.LogNotice, "Ready to accept connections")
	}
	if n.cfg.UnixSocket != "" {
		n.log(engine.LogNotice, "The server is now ready to accept connections at "+n.cfg.UnixSocket)
	}
}

// resumeReplica takes the position as the one to continue from.
func (n *Node) resumeReplica(p position) {
	n.hist.ID = p.id
	n.hist.SetOffset(p.offset)
	l := &n.master
	n.log(engine.LogNotice, "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.")
	l.cached, l.id, l.old = true, p.id, p.offset < 0
	l.enlist(n)
	if p.db < n.cfg.Databases {
		l.db = p.db
	}
	n.out.fact(engine.PositionTaken{ID: p.id, Offset: p.offset, DB: p.db})
}

// resumeMaster takes the position as the end of the history before this process's own, so that the replicas of the
// process before may continue. The keys that had expired are gone since: they are told so. Without a position nobody
// could continue, and nothing is kept for that; the offset has moved all the same.
func (n *Node) resumeMaster(p position, told bool, gone []rdb.SkippedKey) {
	if !told && len(gone) == 0 {
		return
	}
	if told {
		n.hist.Create(p.offset)
		n.hist.ID2, n.hist.Second = p.id, p.offset+1
		n.lastGone = n.now
		n.out.fact(engine.PositionTaken{ID: p.id, Offset: p.offset, DB: p.db, Master: true, Expired: len(gone)})
		n.renamed("restart at " + p.id.Short() + ":" + strconv.FormatInt(int64(p.offset), 10))
	} else {
		n.hist.Create(0)
		defer func(trace bool) { n.trace = trace }(n.trace)
		n.trace = false // what nobody can ever be sent is no stream
	}
	word := "DEL"
	if n.cfg.LazyExpire {
		word = "UNLINK"
	}
	for _, k := range gone {
		n.feed([]command.Op{{DB: k.DB, Args: [][]byte{[]byte(word), []byte(k.Key)}}}, false)
	}
	if !told {
		n.hist.Free()
	}
}
