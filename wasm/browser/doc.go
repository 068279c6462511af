// Package browser is the page's only door to JavaScript. Its Host implements view.Host, so that everything else of
// the page is plain Go which builds and runs anywhere.
//
// Calls go through safejs, which turns what JavaScript throws into errors. Two things that it cannot do shape the code:
//
//   - A getter that throws ends the program, because reading a property is not guarded (Call and Invoke are). What a
//     sandbox may forbid is therefore read with Reflect.get, see Host.read.
//   - Its calls cost about 500 ns more than those of syscall/js. That is nothing for a click and too much for what
//     happens in every frame, so frame.go holds a few bare js.Values, with arguments that cannot throw.
//
// The page's own scripts provide the rest: assets/boot.js loads the program and owns the error panel (resyncBoot),
// assets/draw.js draws on canvases (resyncCanvas).
package browser
