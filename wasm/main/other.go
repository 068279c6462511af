//go:build !(js && wasm)

package main

import "os"

// main exists so that go vet ./... and editors see a whole package everywhere.
func main() {
	os.Stderr.WriteString("This program runs in a browser. Build and serve its page with: make run\n")
	os.Exit(2)
}
