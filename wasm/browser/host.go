//go:build js && wasm

package browser

import (
	"fmt"
	"time"
	"unicode/utf16"

	"github.com/hack-pad/safejs"

	"resync/web/view"
)

// A Host is the browser's window. Its methods belong to the one goroutine that go-app draws in or to the callbacks of
// OnFrame and OnKey; JavaScript runs one of them at a time.
type Host struct {
	window, document, root safejs.Value // root is <html>
	boot                   safejs.Value // resyncBoot of assets/boot.js
	reflect                safejs.Value

	memory map[string]string // what Store kept where the browser keeps nothing
	frames frames
	keys   bool // a listener is attached
	onKey  func(key string, shift bool) bool
	onFile func(name string, data []byte, on string)
	ended  bool // Fail was called
	breath breath

	kept       string    // the script that the error panel has
	keepFrom   time.Time // when it may be asked for again
	downloaded string    // the address of the latest download's data
}

var _ view.Host = (*Host)(nil)

// New finds what the page offers. It fails only in a page that lacks our scripts.
func New() (*Host, error) {
	h := &Host{window: safejs.Global(), memory: make(map[string]string)}
	for _, part := range []struct {
		name string
		from *safejs.Value
		into *safejs.Value
	}{
		{"document", &h.window, &h.document},
		{"documentElement", &h.document, &h.root},
		{"Reflect", &h.window, &h.reflect},
		{"resyncBoot", &h.window, &h.boot},
	} {
		v, err := part.from.Get(part.name)
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", part.name, err)
		}
		if v.IsUndefined() || v.IsNull() {
			return nil, fmt.Errorf("the page has no %s: is assets/boot.js loaded?", part.name)
		}
		*part.into = v
	}
	if err := h.frames.init(h.window); err != nil {
		return nil, err
	}
	h.breath.init(h.boot)
	return h, nil
}

// Ready implements view.Host.
func (h *Host) Ready() {
	h.breath.over = true
	_, _ = h.boot.Call("ready")
}

// Fail implements view.Host. No frame and no key reaches the page afterwards.
func (h *Host) Fail(what string) {
	h.ended = true
	h.frames.cancel()
	_, _ = h.boot.Call("fail", what)
}

// Keep implements view.Host. A script of ten thousand lines takes some milliseconds to print: at most one part in fifty of
// the time goes into it, and what comes in between is not kept.
func (h *Host) Keep(script func() string, urgent bool) (kept bool) {
	begun := time.Now()
	if h.ended || !urgent && begun.Before(h.keepFrom) {
		return false
	}
	if s := script(); s != h.kept {
		h.kept = s
		_, _ = h.boot.Call("keep", s)
	}
	h.keepFrom = time.Now().Add(50 * time.Since(begun))
	return true
}

// settingsPrefix keeps our settings apart from those of other pages of the same origin (user.github.io has many).
const settingsPrefix = "resync:"

// Load implements view.Host.
func (h *Host) Load(key string) string {
	if storage, ok := h.read(h.window, "localStorage"); ok {
		if v, err := storage.Call("getItem", settingsPrefix+key); err == nil && v.Type() == safejs.TypeString {
			return text(v)
		}
	}
	return h.memory[key]
}

// Store implements view.Host.
func (h *Host) Store(key, value string) {
	h.memory[key] = value
	if storage, ok := h.read(h.window, "localStorage"); ok {
		_, _ = storage.Call("setItem", settingsPrefix+key, value) // full or forbidden: memory has it
	}
}

// Copy implements view.Host. Where there is no clipboard, or it refuses (an insecure origin, a frame without the
// permission), the text is copied as a selection, which needs no permission.
func (h *Host) Copy(s string) {
	var release []safejs.Func
	done := func() {
		for _, f := range release {
			f.Release()
		}
	}
	answer := func(f func()) safejs.Func {
		fn, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any {
			f()
			done()
			return nil
		})
		if err == nil {
			release = append(release, fn)
		}
		return fn
	}
	if navigator, ok := h.read(h.window, "navigator"); ok {
		if clipboard, ok := h.read(navigator, "clipboard"); ok {
			if promise, err := clipboard.Call("writeText", s); err == nil {
				copied := answer(func() {})
				refused := answer(func() { h.copySelection(s) })
				if _, err := promise.Call("then", copied.Value(), refused.Value()); err == nil {
					return
				}
				done()
			}
		}
	}
	h.copySelection(s)
}

// copySelection copies by selecting s in a text area that nobody sees, and puts the focus back.
func (h *Host) copySelection(s string) {
	area, err := h.document.Call("createElement", "textarea")
	if err != nil {
		return
	}
	focused, _ := h.document.Get("activeElement")
	_, _ = area.Call("setAttribute", "class", "sr")
	_, _ = area.Call("setAttribute", "readonly", "")
	_ = area.Set("value", s)
	body, err := h.document.Get("body")
	if err != nil {
		return
	}
	if _, err := body.Call("append", area); err != nil {
		return
	}
	_, _ = area.Call("select")
	_, _ = h.document.Call("execCommand", "copy")
	_, _ = area.Call("remove")
	focus(focused)
}

// Value implements view.Host. It is "" for an element that is not there.
func (h *Host) Value(id string) string {
	if e, ok := h.element(id); ok {
		if v, err := e.Get("value"); err == nil && v.Type() == safejs.TypeString {
			return text(v)
		}
	}
	return ""
}

// SetValue implements view.Host.
func (h *Host) SetValue(id, value string) {
	if e, ok := h.element(id); ok {
		_ = e.Set("value", value)
	}
}

// Focus implements view.Host.
func (h *Host) Focus(id string) {
	if e, ok := h.element(id); ok {
		focus(e)
	}
}

// focus moves the focus and not the page: an embedded page must not scroll its host.
func focus(e safejs.Value) {
	if e.IsNull() || e.IsUndefined() {
		return
	}
	_, _ = e.Call("focus", map[string]any{"preventScroll": true})
}

// Reveal implements view.Host.
func (h *Host) Reveal(id string) {
	if e, ok := h.element(id); ok {
		_, _ = e.Call("scrollIntoView", map[string]any{"block": "nearest"})
	}
}

// RevealIn implements view.Host. What is larger than the box begins where the box does.
func (h *Host) RevealIn(box, id string) {
	b, ok := h.element(box)
	left, top, _, _ := h.Box(box)
	x, y, width, height := h.Box(id)
	if !ok || width == 0 {
		return
	}
	const edge = 8 // what the mark of a chosen one takes around it
	scroll := func(side, room string, from, size float64) {
		by := max(0, from+size+edge-number(b, room))
		_ = b.Set(side, number(b, side)+min(by, from-edge))
	}
	scroll("scrollLeft", "clientWidth", x-left, width)
	scroll("scrollTop", "clientHeight", y-top, height)
}

// ScrollToStart implements view.Host.
func (h *Host) ScrollToStart(id string) {
	if e, ok := h.element(id); ok {
		_ = e.Set("scrollTop", 0)
	}
}

// ScrollToEnd implements view.Host.
func (h *Host) ScrollToEnd(id string) {
	if e, ok := h.element(id); ok {
		if height, err := e.Get("scrollHeight"); err == nil {
			_ = e.Set("scrollTop", height)
		}
	}
}

// Mark implements view.Host. The lines of such a text area do not wrap, so all have the same height.
func (h *Host) Mark(id string, from, to int) {
	e, ok := h.element(id)
	if !ok {
		return
	}
	value := utf16.Encode([]rune(h.Value(id)))
	above, all := 0, 1
	for i, c := range value {
		if c != '\n' {
			continue
		}
		all++
		if i < from {
			above++
		}
	}
	focus(e)
	_, _ = e.Call("setSelectionRange", from, to)
	_ = e.Set("scrollTop", number(e, "scrollHeight")*float64(above)/float64(all)-number(e, "clientHeight")/2)
}

// Theme implements view.Host.
func (h *Host) Theme(name string) {
	if name == "" {
		_, _ = h.root.Call("removeAttribute", "data-theme")
		return
	}
	_, _ = h.root.Call("setAttribute", "data-theme", name)
}

// Matches implements view.Host. A query that the browser does not understand does not hold.
func (h *Host) Matches(query string) bool {
	list, err := h.window.Call("matchMedia", query)
	if err != nil {
		return false
	}
	matches, ok := h.read(list, "matches")
	if !ok {
		return false
	}
	b, _ := matches.Bool()
	return b
}

// Size implements view.Host.
func (h *Host) Size() (width, height int) {
	return int(number(h.window, "innerWidth")), int(number(h.window, "innerHeight"))
}

// Box implements view.Host.
func (h *Host) Box(id string) (x, y, width, height float64) {
	e, ok := h.element(id)
	if !ok {
		return 0, 0, 0, 0
	}
	box, err := e.Call("getBoundingClientRect")
	if err != nil {
		return 0, 0, 0, 0
	}
	return number(box, "x"), number(box, "y"), number(box, "width"), number(box, "height")
}

// Now implements view.Host.
func (h *Host) Now() time.Duration { return time.Since(began) }

// began is when the program did.
var began = time.Now()

// OnFrame implements view.Host: the browser draws no frames of a hidden page, so time must be taken from now, and
// the step after a pause clamped.
func (h *Host) OnFrame(f func(now time.Duration)) {
	if !h.ended {
		h.frames.request(f)
	}
}

// Draw implements view.Host. What the numbers mean is written in assets/draw.js.
func (h *Host) Draw(canvas string, marks []float32) { h.frames.draw(canvas, marks) }

// editable matches what takes letters itself.
const editable = `textarea, select, [contenteditable], input:not([type="range"], [type="checkbox"], [type="radio"], [type="button"])`

// pressable and slidable match what takes some keys itself.
const (
	pressable = `button, summary, a[href], [role="button"], input`
	slidable  = `input[type="range"], input[type="radio"], [role="tab"], [role="slider"], [role="listbox"]`
)

// OnKey implements view.Host. The last f holds. Keys that the focused element understands stay with it: all of them
// in a text field, Space and Enter on a button, arrows and the like on a slider. Ctrl, Alt and Meta belong to the
// browser.
func (h *Host) OnKey(f func(key string, shift bool) bool) {
	h.onKey = f
	if h.keys {
		return
	}
	listener, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		if len(args) == 1 {
			h.keyDown(args[0])
		}
		return nil
	})
	if err != nil {
		return
	}
	_, err = h.document.Call("addEventListener", "keydown", listener.Value())
	h.keys = err == nil
}

func (h *Host) keyDown(event safejs.Value) {
	if h.ended || h.onKey == nil {
		return
	}
	for _, modifier := range [...]string{"ctrlKey", "altKey", "metaKey", "isComposing", "defaultPrevented"} {
		if flag(event, modifier) {
			return
		}
	}
	v, err := event.Get("key")
	if err != nil || v.Type() != safejs.TypeString {
		return // autofill sends keydown events without a key
	}
	key := text(v)
	if within(event, editable) {
		return
	}
	switch key {
	case " ", "Enter":
		if within(event, pressable) {
			return
		}
	case "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown":
		if within(event, slidable) {
			return
		}
	}
	if h.onKey(key, flag(event, "shiftKey")) {
		_, _ = event.Call("preventDefault")
	}
}

// within reports whether the event's target is in an element that matches the selector.
func within(event safejs.Value, selector string) bool {
	target, err := event.Get("target")
	if err != nil {
		return false
	}
	found, err := target.Call("closest", selector)
	return err == nil && !found.IsNull()
}

func flag(event safejs.Value, property string) bool {
	v, err := event.Get(property)
	if err != nil {
		return false
	}
	b, _ := v.Truthy()
	return b
}

// Expose implements view.Host. Arguments arrive as String(argument) prints them.
func (h *Host) Expose(functions map[string]func(args []string) string) {
	door, err := h.window.Get("__resync")
	if err != nil || door.IsUndefined() {
		door, err = safejs.ValueOf(map[string]any{})
		if err != nil || h.window.Set("__resync", door) != nil {
			return
		}
	}
	toString, err := h.window.Get("String")
	if err != nil {
		return
	}
	for name, f := range functions {
		fn, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
			words := make([]string, len(args))
			for i, a := range args {
				if s, err := toString.Invoke(a); err == nil {
					words[i] = text(s)
				}
			}
			return f(words)
		})
		if err == nil {
			_ = door.Set(name, fn.Value())
		}
	}
}

// element finds an element by its id.
func (h *Host) element(id string) (safejs.Value, bool) {
	e, err := h.document.Call("getElementById", id)
	return e, err == nil && !e.IsNull()
}

// read reads a property whose getter may throw, as those of a sandboxed window do.
func (h *Host) read(object safejs.Value, property string) (safejs.Value, bool) {
	v, err := h.reflect.Call("get", object, property)
	return v, err == nil && !v.IsUndefined() && !v.IsNull()
}

// number reads a number that is always there.
func number(object safejs.Value, property string) float64 {
	v, err := object.Get(property)
	if err != nil {
		return 0
	}
	n, _ := v.Float()
	return n
}

// text is v as a Go string.
func text(v safejs.Value) string {
	s, _ := v.String()
	return s
}
