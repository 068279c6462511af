// Package command is what Redis's commands do: the table of them, how their arguments are read, what they answer,
// how they change the keyspace, and what goes into the replication stream for it.
//
// A command is a row, a function and a story. The row says what a caller has to know before it runs: arity, flags,
// keys. Whoever runs one, a client's or a master's, does the same:
//
//	cmd, refusal := command.Find(args)
//	if cmd == nil {
//		reply.Error(refusal)
//		return
//	}
//	call.Cmd, call.Args = cmd, args
//	call.Begin()
//	cmd.Do(&call)
//	for _, op := range call.Ops() {
//		propagate(op)
//	}
//
// Rows without a Do are commands about the server itself, its clients and its links: package node runs those.
package command
