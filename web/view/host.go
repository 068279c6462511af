// Package view draws the page with go-app. It only places things: what is shown and how it changes is decided in
// package model, and everything that a browser must do goes through a Host.
package view

import "time"

// A Host is the browser as the page needs it. Package wasm/browser implements it; tests use a plain one.
// Nothing here fails: what a sandbox forbids (storage, clipboard) is replaced by the nearest thing that works.
type Host interface {
	// Ready says that the first render is done: the loading state ends.
	Ready()
	// Fail shows the error panel with what went wrong and ends the page's work.
	Fail(what string)
	// Keep takes down the script that leads to this moment, for the error panel: once the program has ended it can be
	// asked nothing. It is asked for now if that is urgent, and otherwise as often as costs little: kept reports whether it was.
	Keep(script func() string, urgent bool) (kept bool)

	// Load and Store keep small settings: in localStorage, or in memory where there is none.
	Load(key string) string
	Store(key, value string)
	// Copy puts text on the clipboard.
	Copy(text string)
	// Address is that of the page, up to '#'. Fragment is what stands behind it; SetFragment replaces that without a
	// navigation, and OnFragment calls f whenever somebody else has.
	Address() string
	Fragment() string
	SetFragment(s string)
	OnFragment(f func())
	// Pack makes a word for an address out of text, and Unpack takes it out again: deflate (RFC 1951) in base64url. f hears of
	// it later; ok is false when it cannot be done, as for a word that is broken or one that holds more than so many bytes.
	Pack(text string, f func(packed string, ok bool))
	Unpack(packed string, most int, f func(text string, ok bool))

	// Value and SetValue read and write the value of an input, by its id: go-app does not own what was typed.
	Value(id string) string
	SetValue(id, value string)
	// Focus moves the focus without scrolling. Reveal scrolls as little as it takes to see an element; RevealIn scrolls nothing
	// but a box for it. ScrollToStart and ScrollToEnd show the first and the last line of a scrolling element.
	Focus(id string)
	Reveal(id string)
	RevealIn(box, id string)
	ScrollToStart(id string)
	ScrollToEnd(id string)
	// Mark selects a part of a text area, counted in UTF-16 units, gives it the focus and brings it into its view.
	Mark(id string, from, to int)

	// Theme sets data-theme on the document: "light", "dark" or "" for the system's choice.
	Theme(name string)
	// Matches reports whether a media query holds, such as "(prefers-reduced-motion: reduce)".
	Matches(query string) bool
	// Embedded reports whether this is embed.html, which stands in a frame of another page.
	Embedded() bool
	// Size is the viewport in CSS pixels.
	Size() (width, height int)

	// Box is where an element is in the viewport, in CSS pixels; zeros for one that is not there. It makes the browser lay
	// the page out.
	Box(id string) (x, y, width, height float64)

	// Breathe lets the browser draw and listen if the program has been busy for long. It waits for that, and so belongs to what
	// the page does until it is ready: nobody else may do anything with it meanwhile. Afterwards it does nothing.
	Breathe()
	// Now is the time since the page began, to the precision that the browser gives: how long something took.
	Now() time.Duration
	// OnFrame calls f once, on the next animation frame, with the time since the page began. It never does while the
	// page is hidden.
	OnFrame(f func(now time.Duration))
	// Draw replaces what the canvas with this id shows. Marks are packed, eight numbers each:
	// kind, x, y, width, height, colour (an index into the canvas's palette), progress 0..1, reserved.
	// Kinds: 0 a bar with round ends, 1 a hatched bar.
	Draw(canvas string, marks []float32)

	// OnKey calls f for every key pressed while the focus is not in a text field; f says whether it used the key.
	OnKey(f func(key string, shift bool) bool)
	// OnFile calls f for every file that is dropped on the page or chosen in one of its file inputs, once it is read. Of a
	// file that is larger than MostFile only the first MostFile+1 bytes are read. on is the data-testid of what it was dropped
	// on, if that is a node, such as "node-m1", or "".
	OnFile(f func(name string, data []byte, on string))
	// Paint makes a PNG of so many pixels out of an SVG. f hears of it later; ok is false where the browser does not.
	Paint(svg string, width, height int, f func(png []byte, ok bool))
	// Download has the browser save data as a file.
	Download(name, mime string, data []byte)
	// Expose makes functions callable from JavaScript as properties of window.__resync, for tests and hosts.
	Expose(functions map[string]func(args []string) string)
}

// MostFile is the size of the largest file that is read whole, in bytes.
const MostFile = 64 << 20
