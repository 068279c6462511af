package engine

import (
	"fmt"
	"strconv"
	"strings"
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

func (Log) isFact() {}

// String prints the line behind its level mark, as the log does after the time.
func (f Log) String() string { return "log " + string(rune(f.Level)) + " " + f.Text }

// Propagated says that a master appended a unit of its own writes to its stream.
type Propagated struct {
	Span Span
	Text string // the commands as a person would type them, shortened: "SELECT 0, SET k 1"
}

func (Propagated) isFact() {}

func (f Propagated) String() string { return "propagate " + f.Span.String() + " " + f.Text }

// Applied says that a replica executed these bytes of its master's stream.
type Applied struct{ Span Span }

func (Applied) isFact() {}

func (f Applied) String() string { return "apply " + f.Span.String() }

// Acked says that a master learned how far a replica has applied its stream.
type Acked struct {
	Replica string // as the log names it: ip:announced-port
	Offset  Offset
}

func (Acked) isFact() {}

func (f Acked) String() string {
	return "ack " + f.Replica + " " + strconv.FormatInt(int64(f.Offset), 10)
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

func (LinkChanged) isFact() {}

func (f LinkChanged) String() string {
	return "link " + f.From.String() + " -> " + f.To.String() + because(f.Why)
}

// PsyncAsked says what a replica asked its master for.
type PsyncAsked struct {
	Master string // host:port
	ID     ReplID // the history it knows, or "?" when it knows none
	Want   Offset // the first byte it lacks, or -1
}

func (PsyncAsked) isFact() {}

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

func (PsyncAnswered) isFact() {}

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

func (FullSyncStarted) isFact() {}

func (f FullSyncStarted) String() string {
	return fmt.Sprintf("snapshot for %s offset=%d keys=%d", f.Replica, f.Offset, f.Keys)
}

// SyncFinished says that a replica is in step with its master again, and how.
type SyncFinished struct {
	Partial bool
	ID      ReplID
	Offset  Offset // applied when it finished
	Bytes   int64  // of the snapshot, when not partial
}

func (SyncFinished) isFact() {}

func (f SyncFinished) String() string {
	if f.Partial {
		return fmt.Sprintf("partial resync done id=%s offset=%d", f.ID.Short(), f.Offset)
	}
	return fmt.Sprintf("full resync done id=%s offset=%d snapshot=%d bytes", f.ID.Short(), f.Offset, f.Bytes)
}

// ReplicaOnline says that a replica began to receive the stream of a master.
type ReplicaOnline struct {
	Replica string
	From    Offset // the first byte that it is sent
}

func (ReplicaOnline) isFact() {}

func (f ReplicaOnline) String() string { return fmt.Sprintf("online %s from %d", f.Replica, f.From) }

// ReplicaGone says that a master lost a replica.
type ReplicaGone struct {
	Replica string
	Why     string
}

func (ReplicaGone) isFact() {}

func (f ReplicaGone) String() string { return "lost " + f.Replica + because(f.Why) }

// HistoryChanged says that a node's history got another name, and why.
type HistoryChanged struct {
	ID, ID2      ReplID
	SecondOffset Offset
	Why          string
}

func (HistoryChanged) isFact() {}

func (f HistoryChanged) String() string {
	return fmt.Sprintf("history %s, before %s until %d%s", f.ID.Short(), f.ID2.Short(), f.SecondOffset, because(f.Why))
}

// BacklogTrimmed says that a backlog let go of its oldest block.
type BacklogTrimmed struct{ Gone Span }

func (BacklogTrimmed) isFact() {}

func (f BacklogTrimmed) String() string { return "trim " + f.Gone.String() }

// RoleChanged says that a node became a master or a replica of another master.
type RoleChanged struct {
	Master string // host:port, or "" when it is a master now
	Why    string
}

func (RoleChanged) isFact() {}

func (f RoleChanged) String() string {
	if f.Master == "" {
		return "role master" + because(f.Why)
	}
	return "role replica of " + f.Master + because(f.Why)
}

// The facts that the simulated world itself reports.

// Act is a statement of the script or of the user that changed the world: a fault, a repair, a command.
type Act struct{ Text string }

func (Act) isFact() {}

func (f Act) String() string { return "do " + f.Text }

// Replied says that a simulated client got the reply to a command.
type Replied struct {
	Client  int // the number of the client at that node, from 1
	Command string
	Reply   []byte // RESP, whole
	Text    string // as redis-cli would print it
}

func (Replied) isFact() {}

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
	ID      int64 // names this packet in the world, from 1
	To      string
	Payload Payload
	Bytes   int
	Span    Span    // for PayloadStream
	Text    string  // decoded and shortened: "PSYNC 8f3a… 50004", "+CONTINUE", "SET k v"
	Arrives Instant // when, unless the connection is cut before
}

func (Sent) isFact() {}

func (f Sent) String() string {
	s := fmt.Sprintf("send #%d to %s %s %dB", f.ID, f.To, f.Payload, f.Bytes)
	if f.Payload == PayloadStream {
		s += " " + f.Span.String()
	}
	return s + " " + f.Text
}

// ConnChanged says what became of a TCP connection between two nodes.
type ConnChanged struct {
	A, B string // A dialled B
	What string // "opened", "refused", "reset", "closed"
}

func (ConnChanged) isFact() {}

func (f ConnChanged) String() string { return "conn " + f.A + "-" + f.B + " " + f.What }

func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}
