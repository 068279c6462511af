package node

import (
	"time"

	"resync/engine"
)

// An Input is one thing that happened to a node.
type Input interface{ isInput() }

// Started is a node's first input: its process has come up.
type Started struct {
	PID int // the process id, as the log and INFO tell it
}

// Accepted says that somebody connected. Remote and Local are "ip:port".
type Accepted struct {
	Conn          engine.ConnID
	Remote, Local string
}

// Dialed is the end of a Dial: connected, or Err says why not ("Connection refused").
type Dialed struct {
	Conn          engine.ConnID
	Remote, Local string
	Err           string
}

// Received is bytes from a peer, cut wherever the network cut them. The node keeps no reference to Data nor to the
// input, which is passed by pointer so that a driver under load can use one again and again.
type Received struct {
	Conn engine.ConnID
	Data []byte
}

// Drained says that this many more bytes of what the node sent on the connection have left the driver: for a socket
// they were accepted by the kernel, in the simulation by the send window. It is what makes pacing possible.
type Drained struct {
	Conn  engine.ConnID
	Bytes int
}

// Closed says that the connection is gone, by the peer or the network. The node does not answer it with a Close,
// and a driver does not answer a Close with a Closed.
type Closed struct {
	Conn engine.ConnID
	Why  string // "" for an orderly end, else as errno says it: "Connection reset by peer"
}

// Woken says that the Deadline that the node asked for has come. Being woken early does no harm.
type Woken struct{}

// FileLoaded is the answer to a ReadFile: the bytes that it asked for, or why there are none. The node keeps no
// reference to Data.
type FileLoaded struct {
	Job     int64
	Data    []byte
	More    bool  // the file goes on behind Data
	Size    int64 // of the whole file, in bytes
	Missing bool
	Err     string // as errno says it
}

// FileWritten is the answer to a WriteFile, but for one that drops the file: the part is written and, where it was
// the last one, the file is in its place; or Err says why not, and the file is dropped.
type FileWritten struct {
	Job  int64
	Err  string
	Step FileStep // that failed
}

// A FileStep is what is done with a file while it is written.
type FileStep uint8

const (
	FileFilled FileStep = iota
	FileOpened
	FilePlaced
)

// Reconfigured is the answer to a Reconfigure: where the files are now, or which setting could not be changed and why.
type Reconfigured struct {
	Job     int64
	Dir     string // in full
	Setting string // that was refused; "" when all is as asked
	Why     string // in Redis's words
}

// Signaled is SIGTERM or SIGINT: the node shuts down as SHUTDOWN does.
type Signaled struct{ Name string }

func (Started) isInput()      {}
func (Accepted) isInput()     {}
func (Dialed) isInput()       {}
func (*Received) isInput()    {}
func (*Drained) isInput()     {}
func (Closed) isInput()       {}
func (Woken) isInput()        {}
func (FileLoaded) isInput()   {}
func (FileWritten) isInput()  {}
func (Signaled) isInput()     {}
func (Reconfigured) isInput() {}

// An Effect is one thing that a node wants done. Effects are done in their order.
type Effect interface{ isEffect() }

// Dial asks for a connection; the answer is a Dialed with the same Conn. From is the local address to use, or "".
type Dial struct {
	Conn engine.ConnID
	Host string
	Port int
	From string
}

// Send asks for bytes to be sent. Data is valid until the node's next Step, unless Shared says that it is part of
// the stream's append-only blocks and never changes. It comes as a pointer into the Output, which is used again.
type Send struct {
	Conn    engine.ConnID
	Data    []byte
	Payload engine.Payload
	Span    engine.Span // of a PayloadStream
	Shared  bool
}

// Close asks for an orderly close after everything sent before has gone out.
type Close struct {
	Conn engine.ConnID
	Why  string
}

// Hold asks for a connection not to be read any more, or to be read again: what comes meanwhile stays with the kernel,
// which lets the peer wait when it has taken as much as it takes. What was read before may still come, and so may the
// end of the connection where the kernel tells it.
type Hold struct {
	Conn engine.ConnID
	On   bool
}

// ReadFile asks for up to Max bytes of a file of the node's own directory, from Offset on; the answer is a FileLoaded
// with the same Job. The parts of one job are of one file, as it was at the first of them, whatever takes its place
// meanwhile. A job ends with its last part, an error, or a Max of 0, which has no answer. With Now the answer comes
// before anything else is told to the node: nobody is served meanwhile.
type ReadFile struct {
	Job    int64
	Name   string
	Offset int64
	Max    int
	Now    bool
}

// WriteFile asks for a part of a file of the node's own directory to be written; the answer is a FileWritten with the
// same Job, and Data stays as it is until then. The parts go into a temporary file that takes the place of the named
// one after the last part, at once and whole. Now is as for a ReadFile.
type WriteFile struct {
	Job  int64
	Name string
	Data []byte
	Part FilePart
	Now  bool
}

// A FilePart says which part of a file is written.
type FilePart uint8

// The parts of a file.
const (
	WholeFile FilePart = iota // the only one
	FirstPart
	NextPart
	LastPart
	DropFile // no more of it is written, and what was is forgotten; there is no answer
)

// RemoveFile removes a file of the node's own directory; that there is none is no error. There is no answer.
type RemoveFile struct{ Name string }

// Reconfigure asks the driver to take over new values of the settings that are its own: where it listens, and the
// directory of the node's files. Afterwards all is as asked, or nothing has changed. The answer, a Reconfigured with
// the same Job, comes before anything else is told to the node.
type Reconfigure struct {
	Job  int64
	Port int
	Bind []string
	Dir  string

	LogLevel string
	OOMScore OOMScore
}

// OOMScore is how gladly the kernel is to kill the process when memory is short.
type OOMScore struct {
	Mode  string // oom-score-adj
	Value int    // -1000 to 1000 in the end
}

// Sleep makes the whole process stand still, which only a real clock notices.
type Sleep struct{ For time.Duration }

// Exit ends the process; nothing after it is done.
type Exit struct{ Code int }

func (Dial) isEffect()        {}
func (*Send) isEffect()       {}
func (Close) isEffect()       {}
func (Hold) isEffect()        {}
func (ReadFile) isEffect()    {}
func (WriteFile) isEffect()   {}
func (RemoveFile) isEffect()  {}
func (Reconfigure) isEffect() {}
func (Sleep) isEffect()       {}
func (Exit) isEffect()        {}

// Output collects what a Step wants done and what happened in it. The driver resets it and uses it again.
type Output struct {
	Effects []Effect
	Facts   []engine.Fact
	// Trace asks for the facts of every single write (Propagated, Applied, Acked) too. A simulation wants them; a
	// server under load would only throw them away.
	Trace bool
	// Stopwatch, unless nil, tells how long the Step has taken so far. It is for figures alone: INFO commandstats and
	// latencystats, SLOWLOG and LATENCY. Without it a Step takes no time, as in a simulation, and equal inputs give
	// equal outputs.
	Stopwatch func() time.Duration

	sends      []Send // what the *Send effects point into
	applied    engine.Slab[engine.Applied]
	propagated engine.Slab[engine.Propagated]
}

// Reset empties the output and keeps its memory.
func (o *Output) Reset() {
	clear(o.Effects)
	clear(o.Facts)
	clear(o.sends)
	o.Effects, o.Facts, o.sends = o.Effects[:0], o.Facts[:0], o.sends[:0]
}

// send adds a Send without an allocation of its own. When sends grows, effects already given out keep pointing to
// the old array, whose contents stay as they are.
func (o *Output) send(s Send) {
	o.sends = append(o.sends, s)
	o.Effects = append(o.Effects, &o.sends[len(o.sends)-1])
}

// do, fact and log are how the package fills an output.
func (o *Output) do(e Effect) { o.Effects = append(o.Effects, e) }

func (o *Output) fact(f engine.Fact) { o.Facts = append(o.Facts, f) }

//go:noinline
func (o *Output) log(level engine.LogLevel, text string) {
	o.Facts = append(o.Facts, engine.Log{Level: level, Text: text})
}
