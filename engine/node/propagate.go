package node

import (
	"slices"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// A unit is what is propagated together: the effects of one command, or of one EXEC. One effect goes into the stream
// bare, two or more go wrapped in MULTI and EXEC, so that a replica never shows half of them. Before 6.2 all went bare.
//
// Source: redis/src/server.c, propagatePendingCommands.
type unit struct {
	open  bool // an EXEC is running: its commands' effects are gathered
	loose bool // the effects have nothing to do with one another: keys that SCAN found expired
	ops   []command.Op
}

var (
	opMulti = [][]byte{[]byte("MULTI")}
	opExec  = [][]byte{[]byte("EXEC")}
)

// add gathers the effects of one command. Outside an EXEC they are used at once and need no copy.
func (u *unit) add(call *command.Call) {
	if !u.open {
		u.ops, u.loose = call.Ops(), call.Cmd.Flags&command.ArbitraryKeys != 0
		return
	}
	u.loose = false
	for _, op := range call.Ops() {
		u.ops = append(u.ops, command.Op{DB: op.DB, Args: copyArgs(op.Args)})
	}
}

// addLine gathers a command that goes into the stream as it was given, although it changed no data.
func (u *unit) addLine(db int, args [][]byte) {
	if u.open {
		args = copyArgs(args)
	}
	u.loose = false
	u.ops = append(u.ops, command.Op{DB: db, Args: args})
}

// end streams what was gathered.
func (u *unit) end(n *Node) {
	ops := u.ops
	u.ops = nil
	if len(ops) < 2 || u.loose || !n.era.WrapsEffects {
		n.feedBare(ops)
	} else {
		n.feed(ops, true)
	}
}

// feedBare streams operations one by one.
func (n *Node) feedBare(ops []command.Op) {
	for i := range ops {
		n.feed(ops[i:i+1], false)
	}
}

// anyDB is the database of an operation that is about none: it is announced no database.
const anyDB = -1

// feed appends one unit of operations to the stream, announcing the database where it differs from the last one.
// Only a master does, and only while a backlog exists: without one the offset stands still. A replica's stream is its
// master's, byte for byte, but for one with a stream of its own, which says what it executes itself.
func (n *Node) feed(ops []command.Op, wrapped bool) {
	switch {
	case n.era.StreamsApart:
		n.feedApart(ops)
		return
	case n.isReplica() && n.era.Shared:
		return
	case !n.hist.Active():
		n.unstreamed(ops)
		return
	}
	text := n.label[:0]
	first := n.hist.Next()
	for i, op := range ops {
		if op.DB != n.hist.DB && op.DB != anyDB {
			n.hist.DB = op.DB
			n.hist.AppendCommand([][]byte{[]byte("SELECT"), strconv.AppendInt(nil, int64(op.DB), 10)})
			if n.trace {
				text = describe(text, [][]byte{[]byte("SELECT"), strconv.AppendInt(nil, int64(op.DB), 10)})
			}
		}
		if wrapped && i == 0 {
			n.hist.AppendCommand(opMulti)
		}
		n.hist.AppendCommand(op.Args)
		if n.trace {
			text = describe(text, op.Args)
		}
	}
	if wrapped {
		n.hist.AppendCommand(opExec)
	}
	n.label = text
	n.propagated(first, string(text), ops)
}

// propagated reports that the stream has grown. The operations are those of a client's command, if it was one.
func (n *Node) propagated(first engine.Offset, text string, ops []command.Op) {
	n.limitReplicas()
	if n.trace {
		f := n.out.propagated.New()
		f.ID, f.Span, f.Text = n.hist.ID, engine.Span{First: first, Last: n.hist.Offset()}, text
		if n.author != (engine.Author{}) && !(len(ops) == 1 && isBracket(ops[0].Args)) {
			f.By, f.Keys = n.author, n.keysWritten(ops)
		}
		n.out.fact(f)
	}
}

// isBracket reports whether a command begins or ends a transaction: by itself, as it went before 6.2, it writes nothing.
func isBracket(args [][]byte) bool {
	return len(args) == 1 && (strings.EqualFold(string(args[0]), "MULTI") || strings.EqualFold(string(args[0]), "EXEC"))
}

// unstreamed reports operations for which there is no stream.
func (n *Node) unstreamed(ops []command.Op) {
	if !n.trace || n.author == (engine.Author{}) || len(ops) == 0 || len(ops) == 1 && isBracket(ops[0].Args) {
		return
	}
	text := n.label[:0]
	for _, op := range ops {
		text = describe(text, op.Args)
	}
	n.label = text
	n.out.fact(engine.Unstreamed{Text: string(text), By: n.author, Keys: n.keysWritten(ops)})
}

// endUnit streams what a client's command has done.
func (n *Node) endUnit(c *client, cmd *command.Command) {
	if cmd.Flags&command.Write != 0 || cmd.Name == "EXEC" {
		n.author = engine.Author{Conn: c.conn, Command: c.commands}
	}
	n.unit.end(n)
	n.author = engine.Author{}
}

// keysWritten are the keys that operations of a client are about, each once.
func (n *Node) keysWritten(ops []command.Op) (keys []string) {
	for i := range ops {
		cmd, _ := n.cmds.Find(ops[i].Args)
		if cmd == nil {
			continue
		}
		for key := range cmd.KeysOf(ops[i].Args) {
			if !slices.Contains(keys, string(key)) {
				keys = append(keys, string(key))
			}
		}
	}
	return keys
}

// describe appends a command as a person would type it, shortened to what fits a label.
func describe(text []byte, args [][]byte) []byte {
	const most, longest = 60, 20
	if len(text) > most {
		return text
	}
	if len(text) > 0 {
		text = append(text, ", "...)
	}
	for i, a := range args {
		if i > 0 {
			text = append(text, ' ')
		}
		more := ""
		if len(a) > longest {
			a, more = a[:longest-2], "…"
		}
		if plain(a) {
			text = append(append(text, a...), more...)
		} else {
			text = append(text, resp.Quote(append(append([]byte(nil), a...), more...))...)
		}
	}
	return text
}

func plain(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c == '"' || c == '\'' || c == '\\' || c == 0x7f {
			return false
		}
	}
	return len(b) > 0
}
