//go:build js && wasm

// Package first gives the browser a turn in the middle of what a Go program does before main: its runtime and the standard
// library have begun then, and our own packages have not. Both together are a task that a slow phone feels.
//
// Go begins the packages in the order of their paths, so far as what they import allows it: this one needs a path before engine's.
package first

import "time"

// Less than a millisecond would be over before Go asks the browser for a timer.
func init() { time.Sleep(time.Millisecond) }
