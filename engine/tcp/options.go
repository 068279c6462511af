package tcp

import "resync/engine/node"

// Options are what a server is made of.
type Options struct {
	Config  node.Config
	AnyPort bool   // listen on a free port instead of Config.Port
	Seed    uint64 // of the node's own generator; every start wants another one
	Log     *Logger
	PID     int // as INFO and the log tell it
}

// A ListenError says which address could not be listened on, and why.
type ListenError struct {
	Address string // host:port, as Redis's log names it
	Call    string // the call that failed: socket, bind, listen
	Err     error
}

func (e *ListenError) Error() string { return e.Call + ": " + Errno(e.Err) }

func (e *ListenError) Unwrap() error { return e.Err }
