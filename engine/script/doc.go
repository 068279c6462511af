// Package script is the language for everything that happens in a world: what a user did is a script, a lesson is a
// script with narration, a test is a script with expectations, a bug report is a script with a seed.
//
//	title "A short outage"
//	node m1 repl-backlog-size=16kb
//	node r1 replicaof m1
//	until r1.master_link_status = up
//	m1> SET greeting "hello"
//	sever m1 r1
//	wait 2s
//	heal m1 r1
//	until r1.master_link_status = up
//	expect r1.last_resync = partial
//
// Parse reads it, String prints its canonical form, a Session runs it a bit at a time and records what is done on top
// of it, Run runs all of it and writes a transcript. A script is a pure function: the same script gives the same
// events, byte for byte, on every machine.
//
// A new statement is a row in the table of parse.go and a type in acts.go.
package script
