package engine

import "time"

// An Operands takes what a fact holds, one by one and always in the same order: the numbers and words that its String
// makes a sentence of. The names are those of the exported event log and stay as they are.
type Operands interface {
	Text(name, value string) // any bytes
	Int(name string, value int64)
	Bits(name string, value uint64) // a number that means nothing, and is best read in hex
	Bool(name string, value bool)
	Texts(name string, values []string)
	// Derived is what can be derived from what the fact says elsewhere, at some cost: it is no part of its identity.
	Derived(name string, value func() string)
}

// EachOperand hands the operands of a fact to whoever takes them.
func EachOperand(f Fact, to Operands) { f.operands(to) }

// Moments are nanoseconds since Epoch, and 0 where there is none; durations are nanoseconds.

func moment(to Operands, name string, t Instant) {
	if t != 0 && t != Forever {
		t -= Epoch
	}
	to.Int(name, int64(t))
}

func lasts(to Operands, name string, d time.Duration) { to.Int(name, int64(d)) }

func span(to Operands, s Span) {
	to.Int("first", int64(s.First))
	to.Int("last", int64(s.Last))
}

func (f Log) operands(to Operands) {
	to.Text("level", string(rune(f.Level)))
	to.Text("line", f.Text)
}

func (f *Propagated) operands(to Operands) {
	to.Text("id", string(f.ID))
	span(to, f.Span)
	to.Text("commands", f.Text)
	author(to, f.By)
	to.Texts("keys", f.Keys)
}

func author(to Operands, by Author) {
	to.Int("by_conn", int64(by.Conn))
	to.Int("by_command", by.Command)
}

func (f Unstreamed) operands(to Operands) {
	to.Text("commands", f.Text)
	author(to, f.By)
	to.Texts("keys", f.Keys)
}

func (f *Applied) operands(to Operands) { span(to, f.Span) }

func (f Acked) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Int("offset", int64(f.Offset))
}

func (f Waited) operands(to Operands) {
	to.Int("client", f.Client)
	to.Int("offset", int64(f.Offset))
	to.Int("want", f.Want)
	to.Int("acked", f.Acked)
	to.Bool("synced", f.Synced)
	to.Text("how", f.How)
}

func (f LinkChanged) operands(to Operands) {
	to.Text("from", f.From.String())
	to.Text("to", f.To.String())
	to.Text("why", f.Why)
}

func (f ChannelChanged) operands(to Operands) {
	to.Text("from", f.From.String())
	to.Text("to", f.To.String())
	to.Text("why", f.Why)
}

func (f SecondChannelOffered) operands(to Operands) { to.Text("replica", f.Replica) }

func (f SnapshotAnnounced) operands(to Operands) {
	to.Text("id", string(f.ID))
	to.Int("offset", int64(f.Offset))
	to.Int("db", int64(f.DB))
	to.Int("client", f.Client)
}

func (f SnapshotLoaded) operands(to Operands) {
	to.Text("id", string(f.ID))
	to.Int("offset", int64(f.Offset))
}

func (f StreamBufferFull) operands(to Operands) {
	to.Int("size", f.Size)
	to.Int("limit", f.Limit)
}

func (f StreamBufferApplied) operands(to Operands) {
	to.Int("bytes", f.Bytes)
	to.Int("offset", int64(f.Offset))
}

func (f StreamAwaited) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Int("client", f.Client)
	to.Int("from", int64(f.From))
}

func (f StreamReleased) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Int("client", f.Client)
	to.Text("why", f.Why)
	lasts(to, "waited", f.Waited)
	lasts(to, "grace", f.Grace)
}

func (f PsyncAsked) operands(to Operands) {
	to.Text("master", f.Master)
	to.Text("id", string(f.ID))
	to.Int("want", int64(f.Want))
}

func (f PsyncAnswered) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Int("conn", int64(f.Conn))
	to.Text("asked", string(f.Asked))
	to.Int("want", int64(f.Want))
	to.Text("replid", string(f.ReplID))
	to.Text("replid2", string(f.ReplID2))
	to.Int("second_offset", int64(f.SecondOffset))
	to.Bool("backlog", f.Backlog)
	to.Int("first", int64(f.First))
	to.Int("next", int64(f.Next))
	to.Text("reason", f.Reason.String())
	to.Int("bytes", f.Bytes)
}

func (f FullSyncStarted) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Text("id", string(f.ID))
	to.Int("offset", int64(f.Offset))
	to.Int("keys", int64(f.Keys))
}

func (f SnapshotStarted) operands(to Operands) {
	to.Bool("streamed", f.Streamed)
	to.Int("offset", int64(f.Offset))
	to.Int("keys", int64(f.Keys))
	to.Texts("replicas", f.Replicas)
}

func (f SnapshotJoined) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Text("with", f.With)
	to.Int("offset", int64(f.Offset))
}

func (f SnapshotEnded) operands(to Operands) {
	to.Bool("streamed", f.Streamed)
	to.Int("offset", int64(f.Offset))
	to.Int("bytes", f.Bytes)
	lasts(to, "took", f.Took)
	to.Text("failure", f.Failure)
	to.Text("killed", f.Killed)
}

func (f OutputLimited) operands(to Operands) {
	to.Int("client", f.Client)
	to.Text("replica", f.Replica)
	to.Text("class", f.Class)
	to.Int("held", f.Held)
	to.Int("limit", f.Limit)
	moment(to, "since", f.Since)
	lasts(to, "for", f.For)
}

func (f BacklogCreated) operands(to Operands) {
	to.Int("first", int64(f.First))
	to.Int("size", f.Size)
}

func (f BacklogFreed) operands(to Operands) {
	span(to, f.Held)
	lasts(to, "idle", f.Idle)
	lasts(to, "ttl", f.TTL)
}

func (f SyncFinished) operands(to Operands) {
	to.Bool("partial", f.Partial)
	to.Text("id", string(f.ID))
	to.Int("offset", int64(f.Offset))
	to.Int("bytes", f.Bytes)
}

func (f SnapshotSpooled) operands(to Operands) {
	to.Text("file", f.File)
	to.Int("bytes", f.Bytes)
}

func (f LoadBegan) operands(to Operands) {
	to.Text("from", f.From)
	to.Bool("beside", f.Beside)
}

func (f LoadEnded) operands(to Operands) {
	to.Int("keys", int64(f.Keys))
	to.Int("expired", int64(f.Expired))
	lasts(to, "took", f.Took)
	to.Text("why", f.Why)
}

func (f PositionTaken) operands(to Operands) {
	to.Text("id", string(f.ID))
	to.Int("offset", int64(f.Offset))
	to.Int("db", int64(f.DB))
	to.Bool("master", f.Master)
	to.Int("expired", int64(f.Expired))
}

func (f PositionDiscarded) operands(to Operands) {
	to.Text("id", string(f.ID))
	to.Int("offset", int64(f.Offset))
	to.Text("why", f.Why)
}

func (f ReplicaOnline) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Int("from", int64(f.From))
}

func (f ReplicaGone) operands(to Operands) {
	to.Text("replica", f.Replica)
	to.Text("why", f.Why)
}

func (f GoodReplicasChanged) operands(to Operands) {
	to.Int("from", int64(f.From))
	to.Int("to", int64(f.To))
	to.Int("want", int64(f.Want))
	lasts(to, "max_lag", f.MaxLag)
}

func (f HistoryChanged) operands(to Operands) {
	to.Text("id", string(f.ID))
	to.Text("id2", string(f.ID2))
	to.Int("second_offset", int64(f.SecondOffset))
	to.Text("why", f.Why)
}

func (f BacklogTrimmed) operands(to Operands) { span(to, f.Gone) }

func (f RoleChanged) operands(to Operands) {
	to.Text("master", f.Master)
	to.Text("why", f.Why)
}

func (f FailoverChanged) operands(to Operands) {
	to.Text("from", f.From.String())
	to.Text("to", f.To.String())
	to.Text("target", f.Target)
	to.Int("offset", int64(f.Offset))
	to.Int("acked", int64(f.Acked))
	to.Text("why", f.Why)
}

func (f PauseChanged) operands(to Operands) {
	to.Text("holds", f.Holds)
	moment(to, "until", f.Until)
}

func (f ShutdownChanged) operands(to Operands) {
	to.Text("what", f.What)
	to.Int("replicas", int64(f.Replicas))
	to.Int("in_step", int64(f.InStep))
	to.Int("offset", int64(f.Offset))
	moment(to, "until", f.Until)
	to.Text("why", f.Why)
}

func (f Act) operands(to Operands) { to.Text("statement", f.Text) }

func (f ClientConnected) operands(to Operands) {
	to.Int("client", int64(f.Client))
	to.Int("conn", int64(f.Conn))
	to.Bool("load", f.Load)
}

func (f Replied) operands(to Operands) {
	to.Int("client", int64(f.Client))
	to.Text("command", f.Command)
	to.Text("reply", string(f.Reply))
	to.Text("printed", f.Text)
}

func (f *Sent) operands(to Operands) {
	to.Int("packet", f.ID)
	to.Text("to", f.To)
	to.Text("payload", f.Payload.String())
	to.Int("bytes", int64(f.Bytes))
	to.Bits("sum", f.Sum)
	span(to, f.Span)
	moment(to, "arrives", f.Arrives)
	to.Derived("says", f.says)
}

func (f Arrived) operands(to Operands) {
	to.Int("packet", f.Packet.ID)
	to.Text("from", f.Packet.From)
	to.Text("payload", f.Packet.Payload.String())
}

func (f ConnChanged) operands(to Operands) {
	to.Text("a", f.A)
	to.Text("b", f.B)
	to.Text("what", f.What)
}
