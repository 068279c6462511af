package repl

import (
	"strconv"
	"strings"

	"resync/engine"
)

// A Request is what a replica asks with PSYNC.
type Request struct {
	ID   engine.ReplID // "?" when it knows no history
	Want engine.Offset // the first byte it lacks, or -1
	// Failover asks the master, which is a replica still, to take over: both have the same bytes.
	Failover bool
}

// A Ground is what a master answers a PSYNC from: the numbers that INFO replication shows.
type Ground struct {
	ID, ID2     engine.ReplID
	Second      engine.Offset // the highest byte that may be asked for under ID2, or -1
	Backlog     bool          // the stream is kept
	First, Next engine.Offset // the first byte that is held, and the next one to be written
	Shared      bool          // ID2 counts: since 4.0
}

// Answer says what a master with this history answers the request and which comparison decides. It changes nothing,
// so it is the forecast too. The caller adds who asked.
func (h *History) Answer(r Request) engine.PsyncAnswered {
	g := Ground{h.ID, h.ID2, h.Second, h.Active(), h.First(), h.Next(), h.era.Shared}
	return g.Answer(r)
}

// Answer asks two questions in order. Is it the same history: the id is ours, or it is the one before ours and the
// byte is not past the point where ours began. Is the byte still held.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func (g Ground) Answer(r Request) engine.PsyncAnswered {
	a := engine.PsyncAnswered{
		Asked: r.ID, Want: r.Want,
		ReplID: g.ID, ReplID2: g.ID2, SecondOffset: g.Second,
		Backlog: g.Backlog, First: g.First, Next: g.Next,
	}
	switch {
	case strings.EqualFold(string(r.ID), string(g.ID)):
	case !g.Shared || !strings.EqualFold(string(r.ID), string(g.ID2)):
		a.Reason = engine.PsyncUnknownID
		if strings.HasPrefix(string(r.ID), "?") {
			a.Reason = engine.PsyncNoHistory
		}
		return a
	case r.Want > g.Second:
		a.Reason = engine.PsyncBeyondSecond
		return a
	}
	switch {
	case !g.Backlog:
		a.Reason = engine.PsyncNoBacklog
	case r.Want < g.First:
		a.Reason = engine.PsyncTooLate
	case r.Want > g.Next:
		a.Reason = engine.PsyncFuture
	default:
		a.Bytes = int64(g.Next - r.Want)
	}
	return a
}

// RefusalLog is the line that redis-server logs when it answers with a full resync, and a second one where it logs
// two, in the words of 7.0 but for the operands of an era.
func (e *Era) RefusalLog(a engine.PsyncAnswered) []string {
	want := strconv.FormatInt(int64(a.Want), 10)
	switch a.Reason {
	case engine.PsyncOK:
		return nil
	case engine.PsyncNoHistory:
		return []string{"Full resync requested by replica " + a.Replica}
	case engine.PsyncUnknownID:
		if !e.Shared {
			return []string{"Partial resynchronization not accepted: Runid mismatch (Client asked for '" +
				string(a.Asked) + "', I'm '" + string(a.ReplID) + "')"}
		}
		return []string{"Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '" +
			string(a.Asked) + "', my replication IDs are '" + string(a.ReplID) + "' and '" + string(a.ReplID2) + "')"}
	case engine.PsyncBeyondSecond:
		return []string{"Partial resynchronization not accepted: Requested offset for second ID was " + want +
			", but I can reply up to " + strconv.FormatInt(int64(a.SecondOffset), 10)}
	}
	lines := []string{"Unable to partial resync with replica " + a.Replica +
		" for lack of backlog (Replica request was: " + want + ")."}
	if a.Want > a.Next-1 {
		lines = append(lines, "Warning: replica "+a.Replica+" tried to PSYNC with an offset that is greater than the master replication offset.")
	}
	return lines
}
