//go:build js && wasm

// Package first gives the browser a turn in the middle of what a Go program does before main: its runtime and the standard
// library have begun then, and our own packages have not. Both together are a task that a slow phone feels.
//
// Go begins the packages in the order of their paths, so far as what they import allows it: this one needs a path before engine's.
package first

import "syscall/js"

func init() {
	boot := js.Global().Get("resyncBoot")
	if boot.IsUndefined() {
		return // package wasm/browser says what is missing
	}
	turn := make(chan struct{}, 1)
	taken := js.FuncOf(func(js.Value, []js.Value) any {
		turn <- struct{}{}
		return nil
	})
	boot.Call("breathe", taken)
	<-turn
	taken.Release()
}
