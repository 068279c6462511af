// Package engine holds the words that every other package shares: moments, stream offsets, the names of
// histories, and what is reported about them. It imports nothing of ours, so everything may import it.
//
// The engine itself is in the packages below this one. Two ideas carry them:
//
//   - The core (resp, store, rdb, command, repl, node) reads no clock, opens no socket and starts no goroutine.
//     It is told what happened and when, and answers with what it wants done. Equal nodes given equal inputs stay
//     equal, natively and in WebAssembly.
//   - Everything large is shared and never changed in place: the keyspace is copy-on-write and the replication
//     stream is a list of append-only blocks. So a snapshot, a checkpoint or a partial resync copies nothing.
package engine
