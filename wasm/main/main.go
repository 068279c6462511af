//go:build js && wasm

// Main is the program of the page: it gives the page a browser to live in and lets go-app draw it.
package main

import (
	"os"

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
