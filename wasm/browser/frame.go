//go:build js && wasm

package browser

import (
	"fmt"
	"syscall/js"
	"time"
	"unsafe"

	"github.com/hack-pad/safejs"
)

// frames is what happens sixty times a second. It uses bare js.Values, kept from the start, because the same calls through
// safejs cost some 500 ns and a wrapper for the collector more, and because nothing here can throw: requestAnimationFrame
// takes our own function, and resyncCanvas leaves out what it cannot draw.
type frames struct {
	requestFrame js.Value // requestAnimationFrame, bound to the window
	callback     js.Func
	next         func(now time.Duration)

	open     js.Value            // resyncCanvas: (id) => (count) => void
	canvases map[string]js.Value // by id: asking by name each time would convert a string
	buffer   js.Value            // resyncCanvas.buffer(bytes): the Uint8Array that draw.js reads marks from
	capacity int                 // of buffer, in bytes
}

func (f *frames) init(window safejs.Value) error {
	global := safejs.Unsafe(window)
	f.open = global.Get("resyncCanvas")
	if f.open.Type() != js.TypeFunction {
		return fmt.Errorf("the page has no resyncCanvas: is assets/draw.js loaded?")
	}
	f.canvases = make(map[string]js.Value)
	f.requestFrame = global.Get("requestAnimationFrame").Call("bind", global)
	f.callback = js.FuncOf(func(_ js.Value, args []js.Value) any {
		next := f.next
		f.next = nil
		if next == nil { // cancelled
			return nil
		}
		next(time.Duration(args[0].Float() * float64(time.Millisecond)))
		return nil
	})
	return nil
}

// request has the browser call next once. A second request before that frame replaces the first.
func (f *frames) request(next func(now time.Duration)) {
	waiting := f.next != nil
	f.next = next
	if !waiting {
		f.requestFrame.Invoke(f.callback)
	}
}

// cancel forgets the frame that was asked for.
func (f *frames) cancel() { f.next = nil }

// draw copies the marks in one piece and has draw.js paint them.
func (f *frames) draw(id string, marks []float32) {
	canvas, ok := f.canvases[id]
	if !ok {
		canvas = f.open.Invoke(id)
		f.canvases[id] = canvas
	}
	if len(marks) > 0 {
		// WebAssembly and the typed arrays of every browser are little-endian: the bytes are the numbers.
		bytes := unsafe.Slice((*byte)(unsafe.Pointer(&marks[0])), len(marks)*4)
		if len(bytes) > f.capacity {
			f.capacity = 2 * len(bytes)
			f.buffer = f.open.Call("buffer", f.capacity)
		}
		js.CopyBytesToJS(f.buffer, bytes)
	}
	canvas.Invoke(len(marks))
}
