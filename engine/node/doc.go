// Package node is one server: it owns the clients, the keyspace, the replication link and the log, and is the one
// place that sees everything. It is a state machine: a driver tells it what happened and when (an Input), and it
// answers with what it wants done (Effects) and what happened (Facts). Two drivers exist: package sim, a simulated
// world, and package tcp, real sockets.
//
//	n, err := node.New(cfg, seed)
//	n.Step(now, node.Started{}, &out)
//	for _, e := range out.Effects { … }
//
// Inputs and effects are data: they print, compare and can be recorded.
package node
