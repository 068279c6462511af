//go:build js && wasm

// Main is the program of the page: it gives the page a browser to live in and lets go-app draw it.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"resync/wasm/browser"
	"resync/web/view"
)

func main() {
	collectInTime()
	host, err := browser.New()
	if err != nil {
		os.Stderr.WriteString("resync: " + err.Error() + "\n")
		os.Exit(1)
	}
	host.Breathe() // what came before took long: Go's runtime and all packages begin
	// One root for every address: the page works from any folder of any host, under any name, with any query.
	// go-app asks for a new component each time.
	app.RouteWithRegexp(".*", func() app.Composer { return view.New(host) })
	app.RunWhenOnBrowser()
}

// collectInTime sets after each collection, and now, when the next one is due.
func collectInTime() {
	began, made := time.Now(), uint64(0)
	percent := atFirst
	debug.SetGCPercent(percent)
	var collected func(struct{})
	again := func() { runtime.AddCleanup(new([16]*byte), collected, struct{}{}) }
	collected = func(struct{}) {
		var heap runtime.MemStats
		runtime.ReadMemStats(&heap)
		now := time.Now()
		live := heap.NextGC * 100 / uint64(100+percent)
		percent = garbage(live, heap.TotalAlloc-made, now.Sub(began))
		debug.SetGCPercent(percent)
		began, made = now, heap.TotalAlloc
		again()
	}
	again()
}
