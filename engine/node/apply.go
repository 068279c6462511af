package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// The stream of the master. What was executed of it is our history too, and goes on verbatim to those who replicate
// from us, in whole applied units. Before PSYNC2 a replica had a stream of its own, which told what it executed.

// transaction is one of the master's, from its MULTI on. Until it is executed as a whole none of its bytes are applied,
// so a cut in the middle of it asks for it again from the beginning.
type transaction struct {
	bytes  []byte        // of all its commands, MULTI included
	flags  command.Flags // of what is queued
	broken bool          // a command was refused: nothing of it is executed
}

func (t *transaction) clone() *transaction {
	if t == nil {
		return nil
	}
	c := *t
	c.bytes = append([]byte(nil), t.bytes...)
	return &c
}

// size is how many bytes are queued.
func (t *transaction) size() int {
	if t == nil {
		return 0
	}
	return len(t.bytes)
}

// streamLimits are those of the stream: the master's word is law.
var streamLimits = resp.Limits{MaxBulk: 1 << 40, MaxArgs: 1 << 30}

// stream takes bytes of the stream and executes what is complete.
//
// Source: redis/src/networking.c, readQueryFromClient and commandProcessed.
func (l *link) stream(n *Node, data []byte) {
	if l.doomed != "" {
		l.wasted += int64(len(data))
		return
	}
	first := l.at(n) + 1
	if !n.era.Shared {
		l.offset += engine.Offset(len(data))
	}
	if len(l.half) > 0 {
		l.in, l.half = append(l.half, l.in...), nil
	}
	buf := data
	if len(l.in) > 0 {
		l.in = append(l.in, data...)
		buf = l.in
	}
	l.dec.Limits = streamLimits
	life := l.clientID
	done := 0 // executed and part of the history
	at := 0   // decoded
	for at < len(buf) && !l.held {
		args, used, err := l.dec.Next(buf[at:])
		if err != nil {
			n.applyFailed(nil, err.Error())
			broken := err.(*resp.ProtocolError)
			l.doom(n, protocolErrorWord(broken), buf[at+broken.At:])
			break
		}
		if used == 0 {
			break
		}
		if len(args) > 0 && l.dec.Inline() && !n.era.ObeysInline {
			n.log(engine.LogWarning, "WARNING: Receiving inline protocol from master, master stream corruption? Closing the master connection and discarding the cached master.")
			l.doom(n, "Master using the inline protocol. Desync?", buf[at:])
			break
		}
		if len(args) > 0 && n.paused() && l.mustWait(n, args) {
			l.held, l.dec = true, resp.Decoder{}
			break
		}
		at += used
		if len(args) == 0 {
			continue // a newline: it counts with the next command
		}
		if raw := l.execute(n, args, buf[done:at]); n.era.Shared {
			n.hist.Append(raw)
		}
		done = at
		if l.multi == nil {
			n.serveReady()
		}
		if l.clientID != life || l.state != engine.LinkConnected || n.exited {
			return // the command ended this link
		}
	}
	if l.doomed != "" {
		l.wasted, l.in = int64(len(buf)-done), nil
	} else {
		l.in = append(l.in[:0], buf[done:]...)
	}
	if at > done {
		l.dec = resp.Decoder{} // newlines that wait for the next command are read again
	}
	if n.trace && l.at(n) >= first {
		f := n.out.applied.New()
		f.Span = engine.Span{First: first, Last: l.at(n)}
		n.out.fact(f)
	}
}

// doom is the end of a stream that makes no sense any more. Redis only marks the link then: it is closed when
// something is to be written to the master, and to one that nobody acknowledges nothing ever is.
//
// Source: redis/src/networking.c, setProtocolError.
func (l *link) doom(n *Node, why string, buf []byte) {
	n.log(engine.LogWarning, protocolErrorLine(why, n.masterLine(), buf))
	l.doomed = "protocol error: " + why
}

// protocolErrorLine is what the log says of a broken request; buf is the input from there on.
//
//go:noinline
func protocolErrorLine(why, client string, buf []byte) string {
	const shown = 128
	text := "'" + printable(buf)
	if len(buf) >= shown {
		text = "'" + printable(buf[:shown/2]) + "' (... more " + strconv.Itoa(len(buf)-shown) + " bytes ...) '" + printable(buf[len(buf)-shown/2:])
	}
	return "Protocol error (" + why + ") from client: " + client + ". Query buffer during protocol error: " + text + "'"
}

// protocolErrorWord is what the log calls a broken request. The reply says it in other words.
func protocolErrorWord(err *resp.ProtocolError) string {
	switch word := strings.TrimPrefix(err.Text, "Protocol error: "); word {
	case "invalid multibulk length":
		return "invalid mbulk count"
	case "unauthenticated multibulk length":
		return "unauth mbulk count"
	case "unauthenticated bulk length":
		return "unauth bulk length"
	case "unbalanced quotes in request":
		return "unbalanced quotes in inline request"
	default:
		if strings.HasPrefix(word, "expected '$'") {
			return "expected $ but got something else"
		}
		return word
	}
}

// printable shows bytes in a log line, a dot for what is no character.
func printable(b []byte) string {
	text := append([]byte(nil), b...)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return string(text)
}

// mustWait reports whether a pause holds a command of the master. EXEC counts as what it would run.
//
// Source: redis/src/server.c, processCommand.
func (l *link) mustWait(n *Node, args [][]byte) bool {
	cmd, _ := n.cmds.Find(args)
	if cmd == nil {
		return false // it is refused before anybody waits
	}
	flags := cmd.Flags
	if l.multi != nil && cmd.Name == "EXEC" {
		flags |= l.multi.flags
	}
	return n.holds(flags)
}

// execute runs a command of the master, or queues it, and returns the bytes that are applied by it.
func (l *link) execute(n *Node, args [][]byte, raw []byte) (applied []byte) {
	if l.multi == nil {
		if strings.EqualFold(string(args[0]), "MULTI") && len(args) == 1 && n.cmds.Lookup(args[0]) != nil {
			l.multi = &transaction{bytes: append([]byte(nil), raw...)}
			return nil
		}
		n.apply(l, args)
		return raw
	}
	t := l.multi
	t.bytes = append(t.bytes, raw...)
	cmd, refused := n.cmds.Find(args)
	switch {
	case cmd == nil || refused != "":
		t.broken = true
		n.applyFailed(args, refused)
	case cmd.Name == "EXEC":
		l.multi = nil
		if t.broken {
			n.applyFailed(args, "-EXECABORT Transaction discarded because of previous errors.")
		} else {
			l.executeAll(n, t.bytes)
		}
		return t.bytes
	case cmd.Name == "DISCARD":
		l.multi = nil
		return t.bytes
	case cmd.Name == "MULTI":
		n.applyFailed(args, "MULTI calls can not be nested")
	default:
		t.flags |= cmd.Flags
	}
	return nil
}

// executeAll runs the commands of a transaction. A replica with a stream of its own says them there as a master would.
func (l *link) executeAll(n *Node, queued []byte) {
	var dec resp.Decoder
	dec.Limits = streamLimits
	paired := false
	n.unit.open = !n.era.Shared
	began := n.lap
	for len(queued) > 0 && !n.exited {
		args, used, err := dec.Next(queued)
		if err != nil || used == 0 {
			panic("node: a transaction that was decoded once does not decode again")
		}
		queued = queued[used:]
		if len(args) == 0 {
			continue
		}
		cmd, _ := n.cmds.Find(args)
		switch cmd.Name {
		case "MULTI": // is about no data
			l.executed(n, cmd, args, nil, n.lap)
		case "EXEC":
			l.executed(n, cmd, args, nil, began)
			if paired {
				n.unit.addLine(l.db, args)
			}
		default:
			if n.unit.open && !paired && cmd.Flags&command.Write != 0 {
				paired = true
				n.unit.addLine(l.db, opMulti)
			}
			n.apply(l, args)
		}
	}
	if n.unit.open {
		n.unit.open = false
		n.unit.end(n)
	}
}

// apply runs one command of the master: it is answered nothing, sees no key as expired, and is refused nothing but what
// this server cannot do.
func (n *Node) apply(l *link, args [][]byte) {
	n.stats.commands++
	began := n.lap
	cmd, refused := n.cmds.Find(args)
	switch {
	case cmd == nil || refused != "":
		n.applyFailed(args, refused)
		return
	case cmd.Name == "REPLCONF" && len(args) == 3 && strings.EqualFold(string(args[1]), "GETACK"):
		l.ack(n) // tells what was applied before this command
		l.executed(n, cmd, args, nil, began)
		return
	case n.cfg.MaxMemory != 0 && !n.makeRoom() && cmd.Flags&command.DenyOOM != 0:
		n.applyFailed(args, "-"+outOfMemory)
		return
	case cmd.Flags&command.Write != 0 && n.diskRefuses() != "" && !n.cfg.ReplicaIgnoreDiskWriteErrors:
		n.crash("Replica was unable to write command to disk.")
		return
	}
	l.lastCmd = cmd
	if cmd.Do == nil {
		// A command about a server changes no data. A message is for those who listen here.
		if in, ok := publishSpace(cmd); ok {
			n.publish(in, args[1], args[2])
			if !n.era.Shared {
				n.unit.addLine(l.db, args)
				n.reemit()
			}
		}
		l.executed(n, cmd, args, nil, began)
		return
	}
	call := n.begin(cmd, args, l.db, command.ExpireIgnored)
	n.discard.Buf = n.discard.Buf[:0]
	call.Reply = &n.discard
	cmd.Do(call)
	l.db = call.DB
	if !n.era.Shared {
		n.unit.add(call)
		n.reemit()
	}
	n.count(call)
	l.executed(n, cmd, args, n.discard.Buf, began)
	if b := n.discard.Buf; len(b) > 0 && b[0] == '-' {
		if reply := firstLine(b); !n.era.QuietErrors || !keptReady(reply) {
			n.applyFailed(args, errorText(reply))
		}
	}
}

// executed notes a command of the master that began when the step had taken so long.
func (l *link) executed(n *Node, cmd *command.Command, args [][]byte, reply []byte, began time.Duration) {
	by := caller{addr: l.peer, db: l.db}
	n.timedCommand(by, cmd, args, n.executed(by, cmd, args, reply, began))
}

// reemit streams what a command of the master did here, under this node's own offsets, once its transaction is over.
//
// Source: redis/src/redis.c of 2.8, call.
func (n *Node) reemit() {
	if !n.unit.open {
		n.unit.end(n)
	}
}

// errorText is an error as the log quotes it: as the command gave it, which leaves the code out where it is the usual
// one, but for the few that Redis keeps ready in one piece.
//
// Source: redis/src/networking.c, addReplyErrorLength.
func errorText(reply string) string {
	if text, usual := strings.CutPrefix(reply, "-ERR "); usual && !keptReady(reply) {
		return text
	}
	return reply
}

// keptReady reports whether an error is one of the few that Redis keeps ready in one piece.
//
// Source: redis/src/server.c, createSharedObjects.
func keptReady(reply string) bool {
	switch reply {
	case "-ERR no such key", "-ERR syntax error", "-ERR source and destination objects are the same", "-ERR index out of range":
		return true
	}
	return strings.HasPrefix(reply, "-WRONGTYPE ")
}

// lastName is the command that the master sent last, as CLIENT LIST shows it.
func (l *link) lastName() string {
	if l.lastCmd == nil {
		return "NULL"
	}
	return l.lastCmd.FullName()
}

// applyFailed tells that this replica is not what its master is any more. The command is nil when it could not even be
// read.
//
// Source: redis/src/networking.c, afterErrorReply.
//
//go:noinline
func (n *Node) applyFailed(args [][]byte, problem string) {
	n.stats.unexpectedErrors++
	cmd := n.master.lastCmd
	if args != nil {
		cmd = n.cmds.Lookup(args[0])
		if cmd != nil && len(cmd.Subs) > 0 && len(args) > 1 {
			cmd = cmd.Sub(args[1])
		}
	}
	name := "<unknown>"
	if cmd != nil {
		name = cmd.FullName()
	}
	n.log(engine.LogWarning, "== CRITICAL == This replica is sending an error to its master: '"+
		strings.TrimPrefix(problem, "ERR ")+"' after processing the command '"+name+"'")
	n.logLatestBacklog()
	if n.cfg.PropagationErrorBehavior != "ignore" && n.cfg.ReplicaReadOnly {
		n.crash("This replica panicked sending an error to its master after processing the command '" + name + "'")
	}
}

// logLatestBacklog shows the last bytes that were applied, a block at a time.
//
// Source: redis/src/replication.c, showLatestBacklog.
func (n *Node) logLatestBacklog() {
	const shown = 256
	if !n.hist.Active() || n.hist.Len() == 0 {
		return
	}
	var text strings.Builder
	for at := n.hist.Next() - engine.Offset(min(shown, n.hist.Len())); at < n.hist.Next(); {
		part := n.hist.Bytes(at, shown)
		text.WriteString(resp.Quote(part))
		at += engine.Offset(len(part))
	}
	n.log(engine.LogWarning, "Latest backlog is: '"+text.String()+"'")
}
