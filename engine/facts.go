package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The facts that nodes report. A fact that needs explaining carries the operands of the comparison that decided it.

// LogLevel is one of Redis's four, as its log marks them.
type LogLevel byte

// The levels of a log line, from the least to the most urgent.
const (
	LogDebug   LogLevel = '.'
	LogVerbose LogLevel = '-'
	LogNotice  LogLevel = '*'
	LogWarning LogLevel = '#'
)

// Log is one line of a node's log, in redis-server's own words.
type Log struct {
	Level LogLevel
	Text  string
}

func (Log) Kind() string { return "Log" }

// String prints the line behind its level mark, as the log does after the time.
func (f Log) String() string { return "log " + string(rune(f.Level)) + " " + f.Text }

// Propagated says that a master appended a unit of its own writes to its stream.
type Propagated struct {
	ID   ReplID // of the history that it was appended to
	Span Span
	Text string // the commands as a person would type them, shortened: "SELECT 0, SET k 1"
	By   Author
	Keys []string // that it is about; of an author's command only
}

func (*Propagated) Kind() string { return "Propagated" }

func (f *Propagated) String() string { return "propagate " + f.Span.String() + " " + f.Text }

// An Author is the client's command that made a write: its number among all commands of that connection, from 1, which
// is that of its reply as well. The zero Author is the node itself.
type Author struct {
	Conn    ConnID
	Command int64
}

// Unstreamed says that a master took a write of a client while it kept no backlog: its stream stands still, so nobody
// can be sent it but in a snapshot.
type Unstreamed struct {
	Text string // as in Propagated
	By   Author
	Keys []string
}

func (Unstreamed) Kind() string { return "Unstreamed" }

func (f Unstreamed) String() string { return "write " + f.Text }

// Applied says that a replica executed these bytes of its master's stream.
type Applied struct{ Span Span }

func (*Applied) Kind() string { return "Applied" }

func (f *Applied) String() string { return "apply " + f.Span.String() }

// Acked says that a master learned how far a replica has applied its stream.
type Acked struct {
	Replica string // as the log names it: ip:announced-port
	Offset  Offset
}

func (Acked) Kind() string { return "Acked" }

func (f Acked) String() string {
	return "ack " + f.Replica + " " + strconv.FormatInt(int64(f.Offset), 10)
}

// Waited says how a client's WAIT, or WAITAOF, stands: it began, or it was answered.
type Waited struct {
	Client int64  // its number, as CLIENT ID says it
	Offset Offset // to be acknowledged
	Want   int64  // by so many replicas
	Acked  int64  // by so many it was
	Synced bool   // as safe in an append-only file
	How    string // "answered at once", "begins to wait", "enough", "time is over"
}

func (Waited) Kind() string { return "Waited" }

func (f Waited) String() string {
	what := "wait"
	if f.Synced {
		what = "waitaof"
	}
	return fmt.Sprintf("%s client=%d offset=%d acked=%d/%d %s", what, f.Client, f.Offset, f.Acked, f.Want, f.How)
}

// LinkState is how far a replica has come on the way to its master.
type LinkState byte

// The states of a replica's link, in the order in which a first synchronization passes them.
const (
	LinkNone       LinkState = iota // a master: there is no link
	LinkConnect                     // will try at the next tick
	LinkConnecting                  // the TCP connect is pending
	LinkHandshake                   // PING to PSYNC
	LinkSync                        // waiting for the snapshot, receiving or loading it
	LinkConnected                   // streaming
)

// String gives ROLE's word for the state.
func (s LinkState) String() string {
	return [...]string{"none", "connect", "connecting", "handshake", "sync", "connected"}[s]
}

// LinkChanged says that a replica's link to its master went from one state to another.
type LinkChanged struct {
	From, To LinkState
	Why      string
}

func (LinkChanged) Kind() string { return "LinkChanged" }

func (f LinkChanged) String() string {
	return "link " + f.From.String() + " -> " + f.To.String() + because(f.Why)
}

// ChannelState is how far a replica has come with the second connection of a full resync over two, on which the
// snapshot comes.
type ChannelState byte

// The states of the second connection, in their order.
const (
	ChannelNone       ChannelState = iota // there is none
	ChannelConnecting                     // the TCP connect is pending
	ChannelHandshake                      // REPLCONF to $ENDOFF
	ChannelLoading                        // the snapshot is received or loaded
	ChannelLoaded                         // it is loaded; the connection is closed
)

// String gives a word for the state.
func (s ChannelState) String() string {
	return [...]string{"none", "connecting", "handshake", "loading", "loaded"}[s]
}

// ChannelChanged says that the second connection of a full resync went from one state to another.
type ChannelChanged struct {
	From, To ChannelState
	Why      string
}

func (ChannelChanged) Kind() string { return "ChannelChanged" }

func (f ChannelChanged) String() string {
	return "second connection " + f.From.String() + " -> " + f.To.String() + because(f.Why)
}

// SecondChannelOffered says that a master answers a PSYNC which it cannot continue with +DUALCHANNELSYNC: it wants full
// resyncs over two connections, and so does the replica.
type SecondChannelOffered struct{ Replica string }

func (SecondChannelOffered) Kind() string { return "SecondChannelOffered" }

func (f SecondChannelOffered) String() string {
	return "second connection offered to " + f.Replica
}

// SnapshotAnnounced says what a replica was told in front of a snapshot on a second connection: it holds bytes
// 1..Offset, and its stream goes on in DB for whoever names Client.
type SnapshotAnnounced struct {
	ID     ReplID
	Offset Offset
	DB     int
	Client int64
}

func (SnapshotAnnounced) Kind() string { return "SnapshotAnnounced" }

func (f SnapshotAnnounced) String() string {
	return fmt.Sprintf("snapshot announced id=%s offset=%d db=%d client=%d", f.ID.Short(), f.Offset, f.DB, f.Client)
}

// SnapshotLoaded says that a replica has loaded a snapshot that came on a second connection, and stands at its offset.
type SnapshotLoaded struct {
	ID     ReplID
	Offset Offset
}

func (SnapshotLoaded) Kind() string { return "SnapshotLoaded" }

func (f SnapshotLoaded) String() string {
	return fmt.Sprintf("snapshot loaded id=%s offset=%d", f.ID.Short(), f.Offset)
}

// StreamBufferFull says that a replica reads no more of the stream until its snapshot is loaded: what it keeps takes
// more than Limit, the hard limit of client-output-buffer-limit for replicas.
type StreamBufferFull struct{ Size, Limit int64 } // bytes

func (StreamBufferFull) Kind() string { return "StreamBufferFull" }

func (f StreamBufferFull) String() string {
	return fmt.Sprintf("keeps no more of the stream: %d bytes of more than %d", f.Size, f.Limit)
}

// StreamBufferApplied says that a replica has applied what it had kept of the stream, and stands at Offset now.
type StreamBufferApplied struct {
	Bytes  int64
	Offset Offset
}

func (StreamBufferApplied) Kind() string { return "StreamBufferApplied" }

func (f StreamBufferApplied) String() string {
	return fmt.Sprintf("kept stream applied: %d bytes up to %d", f.Bytes, f.Offset)
}

// StreamAwaited says that a master keeps its stream from From on for a replica whose snapshot goes out on a connection of
// its own, until another one of its connections asks for the stream.
type StreamAwaited struct {
	Replica string
	Client  int64 // the number of the snapshot's connection
	From    Offset
}

func (StreamAwaited) Kind() string { return "StreamAwaited" }

func (f StreamAwaited) String() string {
	return fmt.Sprintf("stream kept for %s client=%d from=%d", f.Replica, f.Client, f.From)
}

// StreamReleased says that a stream is not kept any longer for the connection of a snapshot. Where nobody came for it,
// Waited and Grace say for how long it was kept behind the end of that connection.
type StreamReleased struct {
	Replica       string
	Client        int64
	Why           string
	Waited, Grace time.Duration
}

func (StreamReleased) Kind() string { return "StreamReleased" }

func (f StreamReleased) String() string {
	text := fmt.Sprintf("stream released for %s client=%d: %s", f.Replica, f.Client, f.Why)
	if f.Waited > 0 {
		text += fmt.Sprintf(", after %s, more than %s", f.Waited, f.Grace)
	}
	return text
}

// PsyncAsked says what a replica asked its master for.
type PsyncAsked struct {
	Master string // host:port
	ID     ReplID // the history it knows, or "?" when it knows none
	Want   Offset // the first byte it lacks, or -1
}

func (PsyncAsked) Kind() string { return "PsyncAsked" }

func (f PsyncAsked) String() string {
	return "psync " + string(f.ID) + " " + strconv.FormatInt(int64(f.Want), 10) + " to " + f.Master
}

// PsyncReason is the comparison that decided a PSYNC.
type PsyncReason byte

// The outcomes of a PSYNC, by the check that decided.
const (
	PsyncOK           PsyncReason = iota // both checks passed: the master continues
	PsyncNoHistory                       // the replica asked with "?": it has no history to continue
	PsyncUnknownID                       // the asked id is neither replid nor replid2
	PsyncBeyondSecond                    // the id is replid2, but the byte is past its end
	PsyncNoBacklog                       // the master keeps no backlog
	PsyncTooLate                         // the byte is before the first one held
	PsyncFuture                          // the byte is after the next one to be written
)

// String names the reason in a few words.
func (r PsyncReason) String() string {
	return [...]string{"held", "no history", "unknown replid", "beyond the second replid's end", "no backlog",
		"too late", "from the future"}[r]
}

// PsyncAnswered is a master's answer to a PSYNC with both its comparisons: is the history known, is the byte held.
type PsyncAnswered struct {
	Replica      string // as the log names it: ip:announced-port
	Conn         ConnID // the connection it asked on, at the master
	Asked        ReplID
	Want         Offset
	ReplID       ReplID // the master's own ids at that moment
	ReplID2      ReplID
	SecondOffset Offset // the highest byte that may be asked for under ReplID2, or -1
	Backlog      bool
	First, Next  Offset // the first byte held, and the next one to be written: the answer is yes from First to Next
	Reason       PsyncReason
	Bytes        int64 // sent from the backlog when continued
}

func (PsyncAnswered) Kind() string { return "PsyncAnswered" }

// Continued reports whether the answer was +CONTINUE.
func (f PsyncAnswered) Continued() bool { return f.Reason == PsyncOK }

func (f PsyncAnswered) String() string {
	if f.Continued() {
		return fmt.Sprintf("continue %s want=%d backlog=[%d..%d] sends %d bytes", f.Replica, f.Want, f.First, f.Next-1, f.Bytes)
	}
	return fmt.Sprintf("fullresync %s asked=%s want=%d have=%s,%s until %d backlog=[%d..%d]: %s",
		f.Replica, f.Asked.Short(), f.Want, f.ReplID.Short(), f.ReplID2.Short(), f.SecondOffset, f.First, f.Next-1, f.Reason)
}

// FullSyncStarted says that a master took the snapshot for a replica; the snapshot holds bytes 1..Offset.
type FullSyncStarted struct {
	Replica string
	ID      ReplID
	Offset  Offset
	Keys    int
}

func (FullSyncStarted) Kind() string { return "FullSyncStarted" }

func (f FullSyncStarted) String() string {
	return fmt.Sprintf("snapshot for %s offset=%d keys=%d", f.Replica, f.Offset, f.Keys)
}

// SnapshotStarted says that a master began a snapshot for replicas.
type SnapshotStarted struct {
	Streamed bool // straight to them; else into a file first
	Offset   Offset
	Keys     int
	Replicas []string // who share it, as the log names them
}

func (SnapshotStarted) Kind() string { return "SnapshotStarted" }

func (f SnapshotStarted) String() string {
	return fmt.Sprintf("snapshot begins %s offset=%d keys=%d for %s", snapshotTarget(f.Streamed), f.Offset, f.Keys, strings.Join(f.Replicas, ", "))
}

func snapshotTarget(streamed bool) string {
	if streamed {
		return "streamed"
	}
	return "into a file"
}

// SnapshotJoined says that a replica shares a snapshot that was begun for another, and that other's offset with it.
type SnapshotJoined struct {
	Replica string
	With    string
	Offset  Offset
}

func (SnapshotJoined) Kind() string { return "SnapshotJoined" }

func (f SnapshotJoined) String() string {
	return fmt.Sprintf("snapshot for %s offset=%d shared with %s", f.Replica, f.Offset, f.With)
}

// SnapshotEnded says that a snapshot in the background has ended, well unless it says why not.
type SnapshotEnded struct {
	Streamed bool
	Offset   Offset
	Bytes    int64 // written, or handed to each replica
	Took     time.Duration
	Failure  string // as errno says it
	Killed   string // for what reason
}

func (SnapshotEnded) Kind() string { return "SnapshotEnded" }

func (f SnapshotEnded) String() string {
	how := "complete"
	if f.Killed != "" {
		how = "killed" + because(f.Killed)
	} else if f.Failure != "" {
		how = "failed" + because(f.Failure)
	}
	return fmt.Sprintf("snapshot ends %s offset=%d %d bytes in %s: %s", snapshotTarget(f.Streamed), f.Offset, f.Bytes, f.Took, how)
}

// OutputLimited says that a client is closed because more waits for it than client-output-buffer-limit allows: Held
// reached Limit or, with a soft limit, has not been below it since Since for more than For.
type OutputLimited struct {
	Client  int64  // its number, as CLIENT ID says it
	Replica string // its name, where it is one
	Class   string // whose limit: normal, replica, pubsub
	Held    int64  // bytes
	Limit   int64
	Since   Instant // 0 with a hard limit
	For     time.Duration
}

func (OutputLimited) Kind() string { return "OutputLimited" }

func (f OutputLimited) String() string {
	s := fmt.Sprintf("limit %s client=%d %s holds %d of %d bytes", f.Class, f.Client, f.Replica, f.Held, f.Limit)
	if f.Since != 0 {
		s += fmt.Sprintf(" for more than %s, since %s", f.For, f.Since)
	}
	return s
}

// BacklogCreated says that a master begins to keep its stream, and to count it.
type BacklogCreated struct {
	First Offset // the first byte that it will hold
	Size  int64
}

func (BacklogCreated) Kind() string { return "BacklogCreated" }

func (f BacklogCreated) String() string {
	return fmt.Sprintf("backlog created first=%d size=%d", f.First, f.Size)
}

// BacklogFreed says that a master keeps its stream no longer: it had no replica for longer than repl-backlog-ttl.
type BacklogFreed struct {
	Held      Span
	Idle, TTL time.Duration
}

func (BacklogFreed) Kind() string { return "BacklogFreed" }

func (f BacklogFreed) String() string {
	return fmt.Sprintf("backlog freed %s: no replica for %s, more than %s", f.Held, f.Idle, f.TTL)
}

// SyncFinished says that a replica is in step with its master again, and how.
type SyncFinished struct {
	Partial bool
	ID      ReplID
	Offset  Offset // applied when it finished
	Bytes   int64  // of the snapshot, when not partial
}

func (SyncFinished) Kind() string { return "SyncFinished" }

func (f SyncFinished) String() string {
	if f.Partial {
		return fmt.Sprintf("partial resync done id=%s offset=%d", f.ID.Short(), f.Offset)
	}
	return fmt.Sprintf("full resync done id=%s offset=%d snapshot=%d bytes", f.ID.Short(), f.Offset, f.Bytes)
}

// SnapshotSpooled says that a replica has written the snapshot of a full resync to its file, whole, before it loads it.
type SnapshotSpooled struct {
	File  string
	Bytes int64
}

func (SnapshotSpooled) Kind() string { return "SnapshotSpooled" }

func (f SnapshotSpooled) String() string { return fmt.Sprintf("spooled %s %d bytes", f.File, f.Bytes) }

// LoadBegan says that a node began to load an RDB.
type LoadBegan struct {
	From   string // the file's name, or "the wire"
	Beside bool   // the old dataset is served meanwhile
}

func (LoadBegan) Kind() string { return "LoadBegan" }

func (f LoadBegan) String() string {
	if f.Beside {
		return "load " + f.From + " beside the old data"
	}
	return "load " + f.From
}

// LoadEnded says how the loading of an RDB ended: well, unless Why says otherwise.
type LoadEnded struct {
	Keys, Expired int
	Took          time.Duration
	Why           string
}

func (LoadEnded) Kind() string { return "LoadEnded" }

func (f LoadEnded) String() string {
	if f.Why != "" {
		return fmt.Sprintf("load failed after %s%s", f.Took, because(f.Why))
	}
	return fmt.Sprintf("loaded %d keys, %d had expired, in %s", f.Keys, f.Expired, f.Took)
}

// PositionTaken says that a process that started took its place in a history from its RDB file: a replica to continue
// from there, a master to let the replicas of the process before continue.
type PositionTaken struct {
	ID      ReplID
	Offset  Offset // of the file
	DB      int    // that the stream had selected
	Master  bool
	Expired int // keys that had expired meanwhile, whose removal is the first of a master's new history
}

func (PositionTaken) Kind() string { return "PositionTaken" }

func (f PositionTaken) String() string {
	as := "replica"
	if f.Master {
		as = "master"
	}
	return fmt.Sprintf("position %s:%d db=%d taken as %s expired=%d", f.ID.Short(), f.Offset, f.DB, as, f.Expired)
}

// PositionDiscarded says that a replica let go of its place in its master's stream: the next PSYNC asks for everything.
type PositionDiscarded struct {
	ID     ReplID
	Offset Offset
	Why    string
}

func (PositionDiscarded) Kind() string { return "PositionDiscarded" }

func (f PositionDiscarded) String() string {
	return fmt.Sprintf("discard position %s:%d%s", f.ID.Short(), f.Offset, because(f.Why))
}

// ReplicaOnline says that a replica began to receive the stream of a master.
type ReplicaOnline struct {
	Replica string
	From    Offset // the first byte that it is sent
}

func (ReplicaOnline) Kind() string { return "ReplicaOnline" }

func (f ReplicaOnline) String() string { return fmt.Sprintf("online %s from %d", f.Replica, f.From) }

// ReplicaGone says that a master lost a replica.
type ReplicaGone struct {
	Replica string
	Why     string
}

func (ReplicaGone) Kind() string { return "ReplicaGone" }

func (f ReplicaGone) String() string { return "lost " + f.Replica + because(f.Why) }

// GoodReplicasChanged says that a master has more replicas than before that are fresh, or fewer: whether it takes writes depends
// on them.
type GoodReplicasChanged struct {
	From, To int
	Want     int           // min-replicas-to-write
	MaxLag   time.Duration // min-replicas-max-lag: who has acknowledged within it is fresh
}

func (GoodReplicasChanged) Kind() string { return "GoodReplicasChanged" }

func (f GoodReplicasChanged) String() string {
	return fmt.Sprintf("good replicas %d -> %d of %d, within %s", f.From, f.To, f.Want, f.MaxLag)
}

// HistoryChanged says that a node's history got another name, and why.
type HistoryChanged struct {
	ID, ID2      ReplID
	SecondOffset Offset
	Why          string
}

func (HistoryChanged) Kind() string { return "HistoryChanged" }

func (f HistoryChanged) String() string {
	return fmt.Sprintf("history %s, before %s until %d%s", f.ID.Short(), f.ID2.Short(), f.SecondOffset, because(f.Why))
}

// BacklogTrimmed says that a backlog let go of its oldest block.
type BacklogTrimmed struct{ Gone Span }

func (BacklogTrimmed) Kind() string { return "BacklogTrimmed" }

func (f BacklogTrimmed) String() string { return "trim " + f.Gone.String() }

// RoleChanged says that a node became a master or a replica of another master.
type RoleChanged struct {
	Master string // host:port, or "" when it is a master now
	Why    string
}

func (RoleChanged) Kind() string { return "RoleChanged" }

func (f RoleChanged) String() string {
	if f.Master == "" {
		return "role master" + because(f.Why)
	}
	return "role replica of " + f.Master + because(f.Why)
}

// FailoverState is how far a master has come with handing its place to a replica.
type FailoverState byte

// The states of a failover, in their order.
const (
	FailoverNone       FailoverState = iota
	FailoverWaiting                  // writers are held until the replica has the whole stream
	FailoverInProgress               // a replica of the target already, which has not taken over yet
)

// String gives INFO's word for the state.
func (s FailoverState) String() string {
	return [...]string{"no-failover", "waiting-for-sync", "failover-in-progress"}[s]
}

// FailoverChanged says that a failover went from one state to another. It goes on when Acked is Offset.
type FailoverChanged struct {
	From, To FailoverState
	Target   string // host:port, or "" while any replica will do
	Offset   Offset // of the master's stream
	Acked    Offset // by the target; -1 when there is none, or it is no replica any more
	Why      string
}

func (FailoverChanged) Kind() string { return "FailoverChanged" }

func (f FailoverChanged) String() string {
	s := "failover " + f.From.String() + " -> " + f.To.String()
	if f.Target != "" {
		s += " to " + f.Target
	}
	return fmt.Sprintf("%s acked=%d offset=%d%s", s, f.Acked, f.Offset, because(f.Why))
}

// Forever is the end of what has none.
const Forever = Instant(1<<63 - 1)

// PauseChanged says which commands of clients have to wait from now on, and until when.
type PauseChanged struct {
	Holds string  // "nothing", "write", "all"
	Until Instant // Forever when something else will end it
}

func (PauseChanged) Kind() string { return "PauseChanged" }

func (f PauseChanged) String() string {
	switch {
	case f.Holds == "nothing":
		return "pause ends"
	case f.Until == Forever:
		return "pause holds " + f.Holds
	}
	return "pause holds " + f.Holds + " until " + f.Until.String()
}

// ShutdownChanged says how it stands with the end of a process. Nobody is waited for when InStep is Replicas.
type ShutdownChanged struct {
	What     string // "waits", "goes on", "is given up"
	Replicas int
	InStep   int     // of them, those that have acknowledged the whole stream
	Offset   Offset  // of the stream
	Until    Instant // the wait lasts so long at the most; 0 for none
	Why      string
}

func (ShutdownChanged) Kind() string { return "ShutdownChanged" }

func (f ShutdownChanged) String() string {
	return fmt.Sprintf("shutdown %s in step=%d/%d offset=%d%s", f.What, f.InStep, f.Replicas, f.Offset, because(f.Why))
}

// The facts that the simulated world itself reports.

// Act is a statement of the script or of the user that changed the world: a fault, a repair, a command.
type Act struct{ Text string }

func (Act) Kind() string { return "Act" }

func (f Act) String() string { return "do " + f.Text }

// ClientConnected says that a simulated client connected to its node: a terminal, or background writing.
type ClientConnected struct {
	Client int // its number at that node; 0 for background writing
	Conn   ConnID
	Load   bool // it is background writing, whose replies are not told one by one
}

func (ClientConnected) Kind() string { return "ClientConnected" }

func (f ClientConnected) String() string {
	if f.Load {
		return fmt.Sprintf("client connected conn=%d load", f.Conn)
	}
	return fmt.Sprintf("client connected conn=%d number=%d", f.Conn, f.Client)
}

// Replied says that a simulated client got the reply to a command.
type Replied struct {
	Client  int // the number of the client at that node, from 1
	Command string
	Reply   []byte // RESP, whole
	Text    string // as redis-cli would print it
}

func (Replied) Kind() string { return "Replied" }

func (f Replied) String() string {
	return fmt.Sprintf("reply %d %s: %s", f.Client, f.Command, strings.ReplaceAll(f.Text, "\n", " | "))
}

// Payload says what the bytes of a Send are, so that nobody has to guess from the bytes.
type Payload byte

// What is sent between nodes and clients.
const (
	PayloadReply     Payload = iota // a reply to an ordinary client
	PayloadHandshake                // a replica's request, or a master's answer, up to +CONTINUE or +FULLRESYNC
	PayloadStream                   // bytes of the replication stream
	PayloadSnapshot                 // bytes of an RDB, framing included
	PayloadAck                      // REPLCONF ACK
	PayloadKeepalive                // a bare newline
	PayloadCommand                  // a client's command
)

// String names the payload as the page's filters do.
func (p Payload) String() string {
	return [...]string{"reply", "handshake", "stream", "rdb", "ack", "keepalive", "command"}[p]
}

// Sent says that bytes left a node for another one.
type Sent struct {
	ID      int64  // names this packet in the world, from 1
	From    string // the node that reports it
	To      string
	Payload Payload
	Bytes   int
	Sum     uint64       // of the bytes: packets of other bytes have, but for one in 2^64, another one
	Span    Span         // for PayloadStream
	Text    fmt.Stringer // decoded and shortened when it is asked for: "PSYNC 8f3a… 50004", "SET k v"; nil in a terse world
	Arrives Instant      // when, unless the connection is cut before; 0 when it vanishes in a blackhole
}

func (*Sent) Kind() string { return "Sent" }

func (f *Sent) String() string {
	s := fmt.Sprintf("send #%d to %s %s %dB", f.ID, f.To, f.Payload, f.Bytes)
	if f.Payload == PayloadStream {
		s += " " + f.Span.String()
	}
	if f.Arrives == 0 {
		s += " lost"
	}
	return s + " " + f.says()
}

func (f *Sent) says() string {
	if f.Text == nil {
		return ""
	}
	return f.Text.String()
}

// Arrived says that a node took in the bytes of a packet: behind its way over the link, and behind the time for which
// the process stood still or did not want to read.
type Arrived struct{ Packet *Sent }

func (Arrived) Kind() string { return "Arrived" }

func (f Arrived) String() string {
	return fmt.Sprintf("arrive #%d from %s %s", f.Packet.ID, f.Packet.From, f.Packet.Payload)
}

// ConnChanged says what became of a TCP connection between two nodes.
type ConnChanged struct {
	A, B string // A dialled B
	What string // "opened", "refused", "reset", "closed"
}

func (ConnChanged) Kind() string { return "ConnChanged" }

func (f ConnChanged) String() string { return "conn " + f.A + "-" + f.B + " " + f.What }

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}
