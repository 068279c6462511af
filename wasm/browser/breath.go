//go:build js && wasm

package browser

import (
	"syscall/js"
	"time"

	"github.com/hack-pad/safejs"
)

// longest is how long the program works without the browser having a turn, while it starts. On a phone that is four times as
// slow everything between two looks at the clock takes four times as long, and a reader notices what is longer than 50 ms.
const longest = 4 * time.Millisecond

// A breath is a pause of the program, so short that only the browser notices it.
type breath struct {
	breathe js.Value // resyncBoot.breathe
	taken   js.Func
	turn    chan struct{}
	since   time.Time // when the browser had its last turn, zero before the first
	over    bool      // the page is ready
}

func (b *breath) init(boot safejs.Value) {
	b.breathe = safejs.Unsafe(boot).Get("breathe")
	b.turn = make(chan struct{}, 1)
	b.taken = js.FuncOf(func(js.Value, []js.Value) any {
		b.turn <- struct{}{}
		return nil
	})
}

// Breathe implements view.Host.
func (h *Host) Breathe() {
	b := &h.breath
	if b.over || h.ended || time.Since(b.since) < longest {
		return
	}
	b.breathe.Invoke(b.taken)
	<-b.turn
	b.since = time.Now()
}
