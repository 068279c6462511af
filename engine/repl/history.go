package repl

import (
	"math/rand/v2"

	"resync/engine"
)

// A History is the stream that a node's data comes from: its names, and its latest bytes. One offset serves both
// roles: a replica's follows what it applied, so after a promotion it just goes on counting.
//
// Before PSYNC2 the name is that of the process: it never changes, and a replica has a history of its own.
type History struct {
	ID     engine.ReplID // master_replid
	ID2    engine.ReplID // master_replid2: the history before, or NoReplID
	Second engine.Offset // second_repl_offset: the highest byte that may be asked for under ID2, or -1
	DB     int           // the database last announced in the stream by SELECT, or -1: announce before the next command
	Backlog
	era *Era
}

// NewHistory returns a history of no bytes, with an id drawn from r.
func NewHistory(e *Era, r *rand.Rand, size int64) History {
	h := History{DB: -1, Backlog: Backlog{Size: size, ring: e.Ring}, era: e}
	h.Rename(r)
	return h
}

// NewReplID draws an id.
func NewReplID(r *rand.Rand) engine.ReplID {
	const hex = "0123456789abcdef"
	var id [40]byte
	for i := 0; i < len(id); i += 8 {
		for j, bits := 0, r.Uint32(); j < 8; j, bits = j+1, bits>>4 {
			id[i+j] = hex[bits&15]
		}
	}
	return engine.ReplID(id[:])
}

// Rename gives the history a new name and forgets the one before: nothing that was streamed under it can be
// continued. That is needed whenever writes were made that the offset did not count.
//
// Source: redis/src/replication.c, changeReplicationId and clearReplicationId2.
func (h *History) Rename(r *rand.Rand) {
	h.ID = NewReplID(r)
	h.ForgetSecond()
}

// Open creates the backlog for the first replica that needs one, and reports whether the history has another name
// since: what was written until now did not move the offset.
//
// Source: redis/src/replication.c, syncCommand and createReplicationBacklog.
func (h *History) Open(r *rand.Rand) (renamed bool) {
	offset := h.Offset()
	if h.era.CreationCounts {
		offset++ // so that who asks for an offset of before, under a name that has not changed, asks for too early a byte
	}
	if h.era.Shared {
		h.Rename(r)
	}
	h.Create(offset)
	return h.era.Shared
}

// Close frees the backlog, and reports whether the history has another name since: the offset stands still from now on.
//
// Source: redis/src/replication.c, replicationCron.
func (h *History) Close(r *rand.Rand) (renamed bool) {
	if h.era.Shared {
		h.Rename(r)
	}
	h.Free()
	return h.era.Shared
}

// ForgetSecond clears replid2.
func (h *History) ForgetSecond() { h.ID2, h.Second = engine.NoReplID, -1 }

// Shift is what a promoted replica does: the history it applied until now stays known as ID2, valid until the next
// byte, and what it writes from now on has a new name. A replica that lacks nothing asks for offset+1, which is
// still the old history's: hence the plus one.
//
// Source: redis/src/replication.c, shiftReplicationId.
func (h *History) Shift(r *rand.Rand) {
	h.ID2, h.Second = h.ID, h.Offset()+1
	h.ID = NewReplID(r)
}

// Follow is what a replica does when its master continues under another name: same bytes, new name.
func (h *History) Follow(id engine.ReplID) {
	h.ID2, h.Second = h.ID, h.Offset()+1
	h.ID = id
}

// Adopt is what a replica does after a full resync: the master's name, at the snapshot's offset, with an empty
// backlog of its own.
func (h *History) Adopt(id engine.ReplID, offset engine.Offset) {
	h.ID = id
	h.ForgetSecond()
	h.Create(offset)
}

// Clone returns an independent history that shares the bytes held.
func (h *History) Clone() History {
	c := *h
	c.Backlog = h.Backlog.Clone()
	return c
}
