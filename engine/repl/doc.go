// Package repl is the protocol of replication without I/O: the names of histories, the stream with its backlog, what
// a master answers a PSYNC and why, what a master knows of a replica, and a replica's way through the handshake.
//
// A history is a byte stream with a name (a replid). A master appends to it; a replica applies it; both count the
// bytes in one offset. The latest bytes stay in the backlog, so that a replica which lost its link can continue.
//
// What differs from one generation of Redis to the next is in Era, a switch for each difference.
package repl
