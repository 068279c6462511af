package node

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/resp"
	"resync/engine/store"
)

// A loading is one RDB being read, a part at a time, into a dataset of its own that takes the place of the old one when
// it is whole: from the node's file, or off the wire. Between two parts clients are answered with -LOADING.
type loading struct {
	job    int64        // of the file; 0 when it comes off the wire
	name   string       // of the file
	dec    *rdb.Decoder // of the file; off the wire the link has it
	began  engine.Instant
	offset int64 // bytes read
	size   int64 // of all; 0 when nobody knows
	now    bool  // nobody is served while a part of it is read
	async  bool  // the old dataset is served meanwhile
	then   loadEnd
	conn   engine.ConnID // who is told, or 0

	keys  int            // whose time has been counted: each may take some (key-load-delay)
	until engine.Instant // nothing more is read before; 0 when there is nothing to be waited for
	told  bool           // that it began: before, a file may turn out not to be there
	named bool           // the log has told where it came from
}

// A loadEnd is what follows when an RDB is loaded.
type loadEnd uint8

const (
	loadOpens   loadEnd = iota // the process has started, and lets clients in
	loadAnswers                // DEBUG RELOAD is answered
	loadAdds                   // the same, and the keys are added to those that there are
	loadFollows                // the stream of the master goes on from here
)

const loadChunk = 2 << 20 // the most that is read at a time, in bytes

func (l *loading) clone() *loading {
	if l == nil {
		return nil
	}
	c := *l
	if c.dec != nil {
		c.dec = l.dec.Clone()
	}
	return &c
}

// load begins to read the file, for DEBUG RELOAD.
func (n *Node) load(conn engine.ConnID, merge bool) {
	then := loadAdds
	if !merge {
		n.replaceData(store.New(n.cfg.Databases)) // two datasets would need the memory of both
		then = loadAnswers
	}
	n.loadFile(&loading{then: then, now: true, conn: conn})
}

// loadFile begins to read the file.
//
// Source: redis/src/rdb.c, rdbLoad.
func (n *Node) loadFile(l *loading) {
	n.disk.lastJob++
	options := n.readOptions()
	options.SkipExpired = !n.isReplica()
	l.job, l.name, l.dec = n.disk.lastJob, n.cfg.DBFilename, rdb.NewDecoder(options)
	l.began, n.disk.loading = n.now, l
	n.readPart()
}

// toldLoad reports that an RDB is there, and begins to be loaded.
func (n *Node) toldLoad(l *loading) {
	l.told = true
	f := engine.LoadBegan{Beside: l.async}
	if f.From = l.name; l.job == 0 {
		f.From = "the wire"
	}
	n.out.fact(f)
}

func (n *Node) readPart() {
	l := n.disk.loading
	n.out.do(ReadFile{Job: l.job, Name: l.name, Offset: l.offset, Max: int(min(n.cfg.LoadingEventsBytes, loadChunk)), Now: l.now})
}

// decoder is what reads the RDB.
func (n *Node) decoder(l *loading) *rdb.Decoder {
	if l.dec == nil {
		return n.master.full.rx.Decoder()
	}
	return l.dec
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
	if in.Missing && l.then == loadOpens {
		n.disk.loading = nil
		n.open(nil)
		return
	}
	err := error(nil)
	switch {
	case in.Missing:
		err = errors.New("No such file or directory")
	case in.Err != "":
		err = errors.New(in.Err)
	default:
		if !l.told {
			n.toldLoad(l)
		}
		l.offset += int64(len(in.Data))
		l.size = in.Size
		_, err = l.dec.Feed(in.Data)
		if err == nil && !l.dec.Done() && (!in.More || len(in.Data) == 0) {
			err = l.dec.Cut("the file ends in the middle")
		}
	}
	n.logSnapshot(l, err != nil)
	if err != nil {
		if in.More {
			n.out.do(ReadFile{Job: l.job, Name: l.name}) // that was enough of it
		}
		n.loadFailed(l, err)
		return
	}
	n.loadPart(l)
}

// loadPart goes on behind a part that was read, once its keys have taken their time.
func (n *Node) loadPart(l *loading) {
	keys := n.decoder(l).Keys() + n.decoder(l).Skipped()
	wait := keysTake(n.cfg.KeyLoadDelay, keys-l.keys)
	l.keys = keys
	switch {
	case l.now:
		if wait > 0 {
			n.out.do(Sleep{For: wait})
		}
		if l.dec.Done() {
			n.loadOn(l)
		} else {
			l.until = n.now // between two parts there is one turn for whoever asks meanwhile
		}
	case wait > 0 || l.job != 0 && !l.dec.Done():
		l.until = n.now.Add(wait) // between two parts of a file there is a turn for everybody else, as in Redis
		n.master.tellAlive(n)
	default:
		n.loadOn(l)
	}
}

// loadOn reads the next part, or ends what is whole.
func (n *Node) loadOn(l *loading) {
	l.until = 0
	switch {
	case l.job == 0:
		n.master.parsed(n)
	case l.dec.Done():
		n.loadDone(l)
	default:
		n.master.tellAlive(n)
		n.readPart()
	}
}

// loadCron is what of the periodic work is done while an RDB is loaded, where Redis's clock stands still but for that.
func (n *Node) loadCron() {
	l := n.disk.loading
	if l == nil {
		return
	}
	switch {
	case l.until != 0 && n.now >= l.until:
		n.loadOn(l)
	case l.until != 0:
		n.master.tellAlive(n)
	case l.job == 0 && n.now.Sub(n.master.lastIO) > n.cfg.ReplTimeout:
		n.master.parseFailed(n, &rdb.Error{Offset: l.offset, What: "nothing came for repl-timeout", Kind: rdb.Cut}, "timeout")
	}
}

// loadDone takes a dataset that is whole.
func (n *Node) loadDone(l *loading) {
	dec := n.decoder(l)
	n.stats.keysLoaded, n.stats.loadedExpired = int64(countKeys(dec.Store())), int64(dec.Skipped())
	n.logLoaded(dec)
	n.endLoad(l, nil)
	switch l.then {
	case loadOpens:
		n.replaceData(dec.Store())
		n.log(engine.LogNotice, "DB loaded from disk: "+strconv.FormatFloat(n.now.Sub(l.began).Seconds(), 'f', 3, 64)+" seconds")
		n.open(dec)
	case loadFollows:
		n.master.loadedFull(n, dec)
	case loadAdds:
		n.merge(dec.Store())
		n.reloaded(l)
	default:
		n.replaceData(dec.Store())
		n.reloaded(l)
	}
}

func (n *Node) reloaded(l *loading) {
	n.log(engine.LogWarning, "DB reloaded by DEBUG RELOAD")
	if c := n.byConn[l.conn]; c != nil {
		n.answer(c, c.w.OK)
	}
}

// endLoad is the end of a loading, of whatever kind.
func (n *Node) endLoad(l *loading, failure error) {
	f := engine.LoadEnded{Took: n.now.Sub(l.began)}
	if failure != nil {
		f.Why = failure.Error()
	} else if dec := n.decoder(l); dec != nil {
		f.Keys, f.Expired = countKeys(dec.Store()), dec.Skipped()
	}
	if l.told {
		n.out.fact(f)
	}
	n.disk.loading = nil
}

// loadFailed is the end of a file that is none.
func (n *Node) loadFailed(l *loading, failure error) {
	n.endLoad(l, failure)
	if !n.survives(failure, "") {
		return
	}
	switch l.then {
	case loadOpens:
		n.log(engine.LogWarning, "Fatal error loading the DB: "+errnoOf(failure)+". Exiting.")
		n.exitWith(1)
	case loadFollows:
		n.master.loadFailed(n, failure)
	default:
		if c := n.byConn[l.conn]; c != nil {
			n.answer(c, func() { c.w.Error("ERR Error trying to load the RDB dump") })
		}
	}
}

// survives logs what is wrong with an RDB and reports whether the process goes on. Redis ends it where the file is
// broken, since nobody knows what of it could be trusted: but what comes off the wire may just have been cut off.
//
// Source: redis/src/rdb.c, rdbReportError and rdbLoadRioWithLoadingCtx.
func (n *Node) survives(failure error, wire string) bool {
	var e *rdb.Error
	if !errors.As(failure, &e) {
		return true
	}
	switch e.Kind {
	case rdb.Foreign:
		if e.Version < 0 {
			n.log(engine.LogWarning, "Wrong signature trying to load DB from file")
		} else {
			n.log(engine.LogWarning, "Can't handle RDB format version "+strconv.Itoa(e.Version))
		}
		return true
	case rdb.Duplicate:
		n.log(engine.LogWarning, "RDB has "+e.What)
		n.crash("Duplicated key found in RDB file")
		return false
	case rdb.Checksum:
		n.log(engine.LogWarning, "Wrong RDB checksum "+strings.TrimPrefix(e.What, "wrong checksum, ")+". Aborting now.")
		e = &rdb.Error{Offset: e.Offset, What: "RDB CRC error"}
	case rdb.Cut:
		n.log(engine.LogWarning, "Short read or OOM loading DB. Unrecoverable error, aborting now.")
	}
	text := corruptLine(e.Offset, e.What)
	if wire != "" {
		text += ". Failure loading rdb format"
		if e.Kind == rdb.Cut {
			n.log(engine.LogWarning, text+" from socket, assuming connection error, resuming operation.")
			return true
		}
	}
	n.log(engine.LogWarning, text)
	n.log(engine.LogWarning, "Terminating server after rdb file reading failure.")
	n.exitWith(1)
	return false
}

// logLoaded tells what a load has come to. Keys without elements, which no server of today writes, are named, the first
// ten of them.
//
// Source: redis/src/rdb.c, rdbLoadRioWithLoadingCtx.
func (n *Node) logLoaded(dec *rdb.Decoder) {
	text := "Done loading RDB, keys loaded: " + strconv.FormatInt(n.stats.keysLoaded, 10) +
		", keys expired: " + strconv.FormatInt(n.stats.loadedExpired, 10)
	if dec.Unchecked() {
		n.log(engine.LogWarning, "RDB file was saved with checksum disabled: no check performed.")
	}
	names, empty := dec.Empty()
	if empty == 0 {
		n.log(engine.LogNotice, text+".")
		return
	}
	for _, name := range names {
		n.log(engine.LogWarning, "rdbLoadObject skipping empty key: "+name)
	}
	n.log(engine.LogWarning, text+", empty keys skipped: "+strconv.Itoa(empty)+".")
}

// corruptLine is what the log says of bytes of an RDB, a file or a DUMP, that make no sense.
func corruptLine(offset int64, what string) string {
	return "Internal error in RDB reading offset " + strconv.FormatInt(offset, 10) + " -> " + what
}

// logSnapshot tells where a snapshot came from, once all has been read that it says of itself: keys follow, or the end.
//
// Source: redis/src/rdb.c, rdbLoadRioWithLoadingCtx.
func (n *Node) logSnapshot(l *loading, ends bool) {
	dec := n.decoder(l)
	if l.named || !ends && !dec.Done() && dec.Keys()+dec.Skipped() == 0 {
		return
	}
	l.named = true
	if version, ok := dec.Aux("redis-ver"); ok {
		n.log(engine.LogNotice, "Loading RDB produced by version "+version)
	} else if version, ok := dec.Aux("valkey-ver"); ok {
		n.log(engine.LogNotice, "Loading RDB produced by Valkey version "+version)
	}
	if made, ok := auxNumber(dec, "ctime"); ok {
		n.log(engine.LogNotice, "RDB age "+strconv.FormatInt(max(n.now.Seconds()-made, 0), 10)+" seconds")
	}
	if bytes, ok := auxNumber(dec, "used-mem"); ok {
		n.log(engine.LogNotice, "RDB memory usage when created "+strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 2, 64)+" Mb")
	}
}

// auxNumber is a number that an RDB says of itself.
func auxNumber(dec *rdb.Decoder, name string) (int64, bool) {
	s, _ := dec.Aux(name)
	return resp.ParseInt64String(s)
}

// replaceData puts another dataset in the place of the node's own.
func (n *Node) replaceData(data *store.Store) {
	n.touchAll(n.data, data)
	if n.migration != nil {
		n.migration.outdated = true
	}
	n.data = data
	n.invalidateAll()
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

// crash ends the process as a failed assertion of redis-server does.
//
// Source: redis/src/debug.c, _serverPanic.
func (n *Node) crash(why string) {
	n.log(engine.LogWarning, "------------------------------------------------")
	n.log(engine.LogWarning, "!!! Software Failure. Press left mouse button to continue")
	n.log(engine.LogWarning, "Guru Meditation: "+why)
	n.exitWith(crashCode)
}

// crashCode is what a shell calls the end of a process by SIGABRT.
const crashCode = 128 + 6

// loadsUntil is when a loading goes on by itself.
func (n *Node) loadsUntil() (at engine.Instant, ok bool) {
	if l := n.disk.loading; l != nil && l.until != 0 {
		return l.until, true
	}
	return 0, false
}

// loadedShare is how far a loading has come, in percent, and how many seconds it will take.
//
// Source: redis/src/server.c, genRedisInfoString.
func (l *loading) loadedShare(now engine.Instant) (share float64, eta int64) {
	if l.size > 0 {
		share = float64(l.offset) / float64(l.size) * 100
	}
	elapsed := int64(now.Sub(l.began) / time.Second)
	if elapsed == 0 {
		return share, 1
	}
	return share, elapsed * max(l.size-l.offset, 1) / (l.offset + 1)
}
