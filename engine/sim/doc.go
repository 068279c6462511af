// Package sim is a world of servers: the clock, the links between them, their disks, their clients and everything
// that can go wrong. Truth is seed and acts: the same calls on a world of the same seed give the same bytes and the
// same events, on every machine, natively and in WebAssembly.
//
//	w := sim.New(1)
//	w.AddNode("m1", cfg)
//	w.AddNode("r1", replica)
//	w.RunUntil(w.Now().Add(2 * time.Second))
//	w.Sever("m1", "r1")
//
// What happens next is decided by a heap ordered by (Instant, Seq). Links carry streams: the bytes of a live
// connection are never lost, changed or reordered. Faults of a link are delay, jitter, bandwidth, reset and refusal
// (path.go), and blackholes with the half-open connections that they leave (lost.go); faults of a node are the death of
// its process, a freeze, the loss of its files, its end for good and a wrong clock (process.go). What happened is the event log, and what can be made of it is in
// trace.go (filters, exports, the hash of a run) and audit.go (lost writes); how it stands are the views, and what comes of
// it are forecast.go and sizing.go. A Checker knows what no node may do (check.go). A world belongs to one goroutine, and so do all
// its clones together, since they share what never changes.
package sim
