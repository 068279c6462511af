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
// connection are never lost, changed or reordered. Faults are delay, jitter, bandwidth, reset, refusal and the death
// of a process. What happened is the event log; how it stands are the views. A world belongs to one goroutine, and so
// do all its clones together, since they share what never changes.
package sim
