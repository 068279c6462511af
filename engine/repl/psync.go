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

// Answer says what a master with this history answers the request and which comparison decides. It changes nothing,
// so it is the forecast too. The caller adds who asked.
//
// Two questions are asked in order. Is it the same history: the id is ours, or it is the one before ours and the
// byte is not past the point where ours began. Is the byte still held.
//
// Source: redis/src/replication.c, masterTryPartialResynchronization.
func (h *History) Answer(r Request) engine.PsyncAnswered {
	a := engine.PsyncAnswered{
		Asked: r.ID, Want: r.Want,
		ReplID: h.ID, ReplID2: h.ID2, SecondOffset: h.Second,
		Backlog: h.Active(), First: h.First(), Next: h.Next(),
	}
	switch {
	case strings.EqualFold(string(r.ID), string(h.ID)):
	case !h.era.Shared || !strings.EqualFold(string(r.ID), string(h.ID2)):
		a.Reason = engine.PsyncUnknownID
		if strings.HasPrefix(string(r.ID), "?") {
			a.Reason = engine.PsyncNoHistory
		}
		return a
	case r.Want > h.Second:
		a.Reason = engine.PsyncBeyondSecond
		return a
	}
	switch {
	case !h.Active():
		a.Reason = engine.PsyncNoBacklog
	case r.Want < h.First():
		a.Reason = engine.PsyncTooLate
	case r.Want > h.Next():
		a.Reason = engine.PsyncFuture
	default:
		a.Bytes = int64(h.Next() - r.Want)
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
