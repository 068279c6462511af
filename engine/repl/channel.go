package repl

import (
	"bytes"
	"strconv"

	"resync/engine"
	"resync/engine/resp"
)

// A full resync over two connections, since Valkey 8: the snapshot comes on one of its own, and at the same time the
// stream behind it on the first one. Here is what the replica says on both; what it does with that is the node's.
//
//	main                                        of the snapshot
//	PSYNC ─► +DUALCHANNELSYNC                   (connect)
//	                                            AUTH*, REPLCONF ─► +OK ─► SYNC ─► $ENDOFF ─► $EOF, the snapshot
//	REPLCONF set-rdb-client-id ─► +OK ─► PSYNC ─► +CONTINUE, the stream
//
// Source: valkey/src/replication.c, dualChannelFullSyncWithPrimary and dualChannelSetupMainConnForPsync.

// An EndOff is what a master announces in front of a snapshot on a connection of its own: where in its stream the
// snapshot stands, and by which number it knows the one who gets it.
type EndOff struct {
	Offset engine.Offset // of the last byte that the snapshot holds
	ID     engine.ReplID
	DB     int   // that the stream has selected there
	Client int64 // the number of the connection, as CLIENT LIST shows it
}

const endOffMark = "$ENDOFF:"

// AppendLine appends the announcement as it goes over the wire.
func (e EndOff) AppendLine(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, endOffMark...), int64(e.Offset), 10)
	dst = append(append(append(dst, ' '), e.ID...), ' ')
	dst = strconv.AppendInt(dst, int64(e.DB), 10)
	dst = strconv.AppendInt(append(dst, ' '), e.Client, 10)
	return append(dst, '\r', '\n')
}

// parseEndOff reads an announcement without its line end, and reports whether it is one.
func parseEndOff(line []byte) (e EndOff, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(endOffMark))
	words := bytes.Fields(rest)
	if !ok || len(words) < 4 || len(words[1]) > 40 {
		return EndOff{}, false
	}
	offset, ok1 := resp.ParseInt64(words[0])
	db, ok2 := resp.ParseInt64(words[2])
	client, ok3 := resp.ParseInt64(words[3])
	return EndOff{engine.Offset(offset), engine.ReplID(words[1]), int(db), client}, ok1 && ok2 && ok3
}

// A SnapshotShake is a replica's way from a second connection to the announcement of a snapshot on it.
type SnapshotShake struct {
	era  *Era
	auth bool // the reply to AUTH is still to come
	sync bool // SYNC has been sent
}

// Begin returns the first bytes on the connection: AUTH, where there is a password, and what it is for.
func (s *SnapshotShake) Begin(e *Era, g Greeting) (out []byte) {
	*s = SnapshotShake{era: e, auth: g.Password != ""}
	if s.auth && g.User != "" {
		out = resp.AppendCommand(out, "AUTH", g.User, g.Password)
	} else if s.auth {
		out = resp.AppendCommand(out, "AUTH", g.Password)
	}
	return resp.AppendCommand(out, "REPLCONF", "capa", "eof", "rdb-only", "1", "rdb-channel", "1",
		"listening-port", strconv.Itoa(g.Port))
}

// Waits names the reply that is waited for, as the log does when none comes; "" once that is the announcement.
func (s *SnapshotShake) Waits() string {
	switch {
	case s.auth:
		return "auth"
	case !s.sync:
		return "replconf"
	}
	return ""
}

// Line takes one line of the master, without its line end. Announced is the outcome of the announcement. An empty line
// in front of that is a sign of life.
func (s *SnapshotShake) Line(line []byte) (r Reaction) {
	refused := hasAny(line, "-")
	switch {
	case s.auth && refused:
		r.Outcome = GiveUp
		r.log(s.era, engine.LogWarning, "Unable to AUTH to Primary: "+string(line))
	case s.auth:
		s.auth = false
	case !s.sync && refused:
		r.Outcome = GiveUp
		r.log(s.era, engine.LogNotice, "Server does not support sync with offset, dual channel sync approach cannot be used: "+string(line))
	case !s.sync:
		s.sync, r.Send = true, []byte("SYNC\r\n")
	case len(line) == 0:
		r.log(s.era, engine.LogDebug, "Received empty $ENDOFF response")
	default:
		var ok bool
		if r.EndOff, ok = parseEndOff(line); ok {
			r.Outcome = Announced
			break
		}
		r.Outcome = GiveUp
		r.log(s.era, engine.LogWarning, "Received unexpected $ENDOFF response: "+string(line))
	}
	return r
}

// A Rejoin is the way of the first connection to the stream behind a snapshot that has been announced on the second.
type Rejoin struct {
	shake Handshake
	end   EndOff
}

// Begin tells the master which snapshot this connection belongs to.
func (j *Rejoin) Begin(e *Era, end EndOff) []byte {
	*j = Rejoin{shake: Handshake{era: e, step: stepConf}, end: end}
	return resp.AppendCommand(nil, "REPLCONF", "set-rdb-client-id", strconv.FormatInt(end.Client, 10))
}

// Asked reports whether PSYNC has been sent.
func (j *Rejoin) Asked() bool { return j.shake.Asked() }

// Ask is what PSYNC asks: to continue behind the snapshot.
func (j *Rejoin) Ask() Request { return Request{ID: j.end.ID, Want: j.end.Offset + 1} }

// Line takes one line of the master, without its line end. Whatever comes but +CONTINUE is the end of the resync; code
// is the number that the log gives to it.
func (j *Rejoin) Line(line []byte) (r Reaction, code int) {
	h := &j.shake
	switch {
	case !h.Asked() && hasAny(line, "-"):
		r.Outcome = GiveUp
		r.log(h.era, engine.LogNotice, "Primary does not understand REPLCONF identify: "+string(line))
		return r, ResultRefused
	case !h.Asked():
		want := strconv.FormatInt(int64(j.end.Offset)+1, 10)
		r.log(h.era, engine.LogNotice, "Trying a partial resynchronization using main channel (request "+string(j.end.ID)+":"+want+").")
		h.step = stepPsync
		r.Send = resp.AppendCommand(nil, "PSYNC", string(j.end.ID), want)
		return r, 0
	case bytes.HasPrefix(line, []byte("+CONTINUE")):
		r.Outcome, r.ID = Continue, continuedID(line)
		return r, 0
	case len(line) == 0:
		return r, 0
	}
	r = h.answer(line, Greeting{Ask: Request{Failover: true}}) // which never falls back to SYNC
	code = map[Outcome]int{Full: 3, Fallback: 4, Transient: ResultTransient, SecondChannel: 6}[r.Outcome]
	r.Outcome = GiveUp
	return r, code
}

// The numbers that the log gives to what ends a resync over two connections before +CONTINUE: PSYNC never came about,
// or its answer was that it may later, or none.
const (
	ResultRefused   = -1
	ResultTransient = 5
)

// A StreamBuffer counts what a replica keeps of the stream until the snapshot is loaded, in the blocks in which Valkey
// keeps it. The bytes themselves are with the connection.
//
// Source: valkey/src/replication.c, bufferReplData.
type StreamBuffer struct {
	Size  int64 // of all blocks, room included
	Bytes int   // in them
	room  int64 // in the last one
}

// bufferBlockBytes is the room in a block, as jemalloc hands it out; measured on Valkey 8.0.1.
var bufferBlockBytes = int64(allocated(blockMinBytes+bufferHeaderBytes) - bufferHeaderBytes)

const bufferHeaderBytes = 16 // what Valkey keeps in front of a block's bytes (replDataBufBlock on 64 bits)

// Add takes in bytes. It reports whether another block would be begun beyond the limit, 0 for none: then nothing more
// is to be read, and the rest of what has been read is not of the buffer.
func (b *StreamBuffer) Add(bytes int, limit int64) (full bool) {
	for rest := int64(bytes); ; {
		taken := min(rest, b.room)
		b.room -= taken
		b.Bytes += int(taken)
		if rest -= taken; rest == 0 {
			return false
		}
		if limit > 0 && b.Size > limit {
			return true
		}
		b.Size += bufferBlockBytes
		b.room = bufferBlockBytes
	}
}
