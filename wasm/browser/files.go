//go:build js && wasm

package browser

import (
	"github.com/hack-pad/safejs"

	"resync/web/view"
)

// OnFile implements view.Host. One listener on the document hears every file input, also those that are drawn later:
// change bubbles. A page that takes files must say so while they are dragged over it, or the browser opens them instead.
func (h *Host) OnFile(f func(name string, data []byte, on string)) {
	listening := h.onFile != nil
	h.onFile = f
	if listening {
		return
	}
	h.listen("change", func(event safejs.Value) {
		input, err := event.Get("target")
		if err != nil {
			return
		}
		h.readFiles(input, "")
		if kind, err := input.Get("type"); err == nil && text(kind) == "file" {
			_ = input.Set("value", "") // the same file may be chosen again
		}
	})
	h.listen("dragover", func(event safejs.Value) {
		if transfer, ok := h.carriesFiles(event); ok {
			_ = transfer.Set("dropEffect", "copy")
			_, _ = event.Call("preventDefault")
		}
	})
	h.listen("drop", func(event safejs.Value) {
		if transfer, ok := h.carriesFiles(event); ok {
			_, _ = event.Call("preventDefault")
			h.readFiles(transfer, nodeUnder(event))
		}
	})
}

// nodeUnder is the data-testid of the node that the event happened at.
func nodeUnder(event safejs.Value) string {
	target, err := event.Get("target")
	if err != nil {
		return ""
	}
	node, err := target.Call("closest", `[data-testid^="node-"]`)
	if err != nil || node.IsNull() {
		return ""
	}
	id, _ := node.Call("getAttribute", "data-testid")
	return text(id)
}

// listen hears an event of the document for as long as the page lives.
func (h *Host) listen(event string, f func(safejs.Value)) {
	listener, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		if len(args) == 1 && !h.ended {
			f(args[0])
		}
		return nil
	})
	if err == nil {
		_, _ = h.document.Call("addEventListener", event, listener.Value())
	}
}

// carriesFiles tells a file that is dragged from a piece of text.
func (h *Host) carriesFiles(event safejs.Value) (transfer safejs.Value, ok bool) {
	transfer, ok = h.read(event, "dataTransfer")
	if !ok {
		return transfer, false
	}
	types, ok := h.read(transfer, "types")
	if !ok {
		return transfer, false
	}
	found, err := types.Call("includes", "Files")
	if err != nil {
		return transfer, false
	}
	ok, _ = found.Truthy()
	return transfer, ok
}

// readFiles reads the files of a file input or of a drop, one after the other.
func (h *Host) readFiles(from safejs.Value, on string) {
	files, ok := h.read(from, "files") // another input has none
	if !ok {
		return
	}
	for i := range int(number(files, "length")) {
		if file, err := files.Index(i); err == nil {
			h.readFile(file, on)
		}
	}
}

// readFile hands a file over once the browser has read it. One that cannot be read (a folder, a file that is gone) is
// left alone.
func (h *Host) readFile(file safejs.Value, on string) {
	name, err := file.Get("name")
	if err != nil {
		return
	}
	part, err := file.Call("slice", 0, view.MostFile+1)
	if err != nil {
		return
	}
	promise, err := part.Call("arrayBuffer")
	if err != nil {
		return
	}
	var release []safejs.Func
	settled := func(f func(args []safejs.Value)) safejs.Value {
		fn, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
			for _, r := range release {
				r.Release()
			}
			f(args)
			return nil
		})
		if err != nil {
			return safejs.Undefined()
		}
		release = append(release, fn)
		return fn.Value()
	}
	read := settled(func(args []safejs.Value) {
		if len(args) != 1 || h.ended {
			return
		}
		if bytes, err := h.construct("Uint8Array", args[0]); err == nil {
			data := make([]byte, int(number(bytes, "length")))
			if _, err := safejs.CopyBytesToGo(data, bytes); err == nil {
				h.onFile(text(name), data, on)
			}
		}
	})
	_, _ = promise.Call("then", read, settled(func([]safejs.Value) {}))
}

// Paint implements view.Host.
func (h *Host) Paint(svg string, width, height int, f func(png []byte, ok bool)) {
	h.settle(func(v safejs.Value, ok bool) {
		var png []byte
		if ok {
			png = make([]byte, int(number(v, "length")))
			_, err := safejs.CopyBytesToGo(png, v)
			ok = err == nil
		}
		f(png, ok)
	}, "resyncPaint", svg, width, height)
}

// Download implements view.Host. A frame without allow-downloads does nothing: there the text can be copied.
func (h *Host) Download(name, mime string, data []byte) {
	bytes, err := h.construct("Uint8Array", len(data))
	if err != nil {
		return
	}
	if _, err := safejs.CopyBytesToJS(bytes, data); err != nil {
		return
	}
	blob, err := h.construct("Blob", []any{safejs.Unsafe(bytes)}, map[string]any{"type": mime})
	if err != nil {
		return
	}
	maker, ok := h.read(h.window, "URL")
	if !ok {
		return
	}
	address, err := maker.Call("createObjectURL", blob)
	if err != nil {
		return
	}
	anchor, err := h.document.Call("createElement", "a")
	if err != nil {
		return
	}
	_ = anchor.Set("href", address)
	_ = anchor.Set("download", name)
	_, _ = anchor.Call("click")
	// The browser reads the data some time after the click: it is let go when the next one comes.
	if h.downloaded != "" {
		_, _ = maker.Call("revokeObjectURL", h.downloaded)
	}
	h.downloaded = text(address)
}

// construct makes an object of one of the browser's classes.
func (h *Host) construct(class string, args ...any) (safejs.Value, error) {
	c, err := h.window.Get(class)
	if err != nil {
		return c, err
	}
	return c.New(args...)
}
