// Package model decides what the page shows and how it changes, in plain Go: no markup, no browser, no clock.
//
// It has the shape of Elm, which is the engine's own shape again. A Model holds everything. Update is the only way to
// change it: it takes one Msg (a frame, a click, a key, a typed line) and answers with the next Model and with the few
// things that only a browser can do, as values (Cmd). Page is what the components draw: small comparable values with
// every number formatted, every word chosen and every position worked out, so that a table test sees the whole page
// but its markup.
//
// Two sources at one moment, and no third copy: what happened is read once from the world's event log (chronicle), how
// it stands is read from the world's views (scene).
package model
