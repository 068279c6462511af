package node

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/rdb"
	"resync/engine/resp"
)

// MIGRATE moves keys to another server. Redis stands still until it has the answer. A node cannot wait, so it holds
// everybody else's commands, as CLIENT PAUSE ALL does: no key changes or expires meanwhile, and nobody sees one that is
// in both places. What differs is that a held node goes on to ping, to acknowledge, and to end waits whose time is over.
//
//	MIGRATE ─► others held ─► connection ─► AUTH, SELECT, RESTORE … ─► a reply for each ─► keys that were taken: DEL
//	                 kept from the last time │                                                      ▲
//	                 or dialled              └── lost ─► once more, if no key was answered ─► or timeout
//
// In a transaction nobody can wait: MIGRATE is refused there.
//
// Source: redis/src/cluster.c, migrateCommand.
type migrating struct {
	command.Migration
	cmd      *command.Command
	args     [][]byte // as the client gave them
	by       caller
	author   engine.Author // whose it is, though the connection may be gone
	from     int           // the database that the keys are in
	began    engine.Instant
	until    engine.Instant // when the target has taken too long for what is next
	outdated bool           // the keys are of a dataset that was replaced
	again    bool           // a second connection was tried

	conn    engine.ConnID
	open    bool     // it is connected
	unsent  int      // bytes that have not left
	ahead   int      // replies that come in front of those about keys
	barred  string   // the first error among these
	sent    [][]byte // keys, in their order
	replied int      // of these
	moved   [][]byte // those that the target has taken
	refused string   // the target's first error
	in      []byte   // of a reply, not complete
}

// A target is a connection to a server that keys were moved to. It is kept for a while.
type target struct {
	host, port string
	conn       engine.ConnID
	db         int64 // that is selected there, or unknownDB
	used       engine.Instant
}

const (
	mostTargets = 64
	targetRest  = 10 * time.Second // how long one is kept that nobody uses
	unknownDB   = -1
)

func (m *migrating) clone() *migrating {
	if m == nil {
		return nil
	}
	c := *m
	c.sent, c.moved, c.in = slices.Clone(m.sent), slices.Clone(m.moved), slices.Clone(m.in)
	return &c
}

// migrate begins what a client's MIGRATE asks for.
func (n *Node) migrate(c *client, cmd *command.Command, args [][]byte, order *command.Migration) {
	n.migration = &migrating{
		Migration: *order, cmd: cmd, args: copyArgs(args), by: c.caller(),
		author: engine.Author{Conn: c.conn, Command: c.commands}, from: c.db, began: n.now,
	}
	c.held = true
	n.pauseFor(pausedByMigrate, pauseAll, forever)
	n.reachTarget(n.migration)
}

// reachTarget uses the connection that is kept, or dials.
//
// Source: redis/src/cluster.c, migrateGetSocket.
func (n *Node) reachTarget(m *migrating) {
	m.until = n.now.Add(m.Timeout)
	at := slices.IndexFunc(n.targets, func(t target) bool { return t.host == m.Host && t.port == m.Port })
	if at >= 0 {
		n.targets[at].used = n.now
		m.conn = n.targets[at].conn
		n.offer(m, n.targets[at].db)
		return
	}
	n.lastConn++
	m.conn, m.open = n.lastConn, false
	port, _ := strconv.Atoi(m.Port)
	n.out.do(Dial{Conn: m.conn, Host: m.Host, Port: port})
}

// targetDialed takes the end of a Dial, if it was that of a target. Redis sees that a connection was refused only when
// it writes; what fails at once is a name that cannot be resolved.
func (n *Node) targetDialed(in Dialed) bool {
	m := n.migration
	switch {
	case m == nil || in.Conn != m.conn:
		return false
	case in.Err == "":
		if len(n.targets) == mostTargets {
			n.hangUp(n.targets[0].conn, "too many connections to targets")
		}
		n.targets = append(n.targets, target{m.Host, m.Port, m.conn, unknownDB, n.now})
		n.offer(m, unknownDB)
	case strings.HasPrefix(in.Err, "Connection ") || in.Err == "No route to host":
		n.brokeOff(m, in.Err)
	default:
		n.migrated(m, "connecting to the client")
	}
	return true
}

// offer sends the keys, in one go. A time to live goes as what is left of it.
func (n *Node) offer(m *migrating, selected int64) {
	var b []byte
	var compressor rdb.Compressor
	m.open, m.ahead, m.barred, m.sent, m.in = true, 0, "", nil, nil
	if m.Auth != nil {
		b = resp.AppendCommand(b, append([]string{"AUTH"}, m.Auth...)...)
		m.ahead++
	}
	if m.DB != selected {
		b = resp.AppendCommand(b, "SELECT", strconv.FormatInt(m.DB, 10))
		m.ahead++
	}
	for _, key := range m.Keys {
		e := n.data.DB(m.from).Get(key)
		if e == nil || e.Expired(n.now.Millis()) {
			continue
		}
		left := int64(0)
		if e.ExpireAt != 0 {
			left = max(e.ExpireAt-n.now.Millis(), 1)
		}
		line := [][]byte{[]byte("RESTORE"), key, strconv.AppendInt(nil, left, 10), rdb.AppendDumpIn(nil, e.Value, n.era.RDBVersion, &compressor)}
		if m.Replace {
			line = append(line, []byte("REPLACE"))
		}
		b = resp.AppendCommandBytes(b, line)
		m.sent = append(m.sent, key)
	}
	m.until = n.now.Add(m.Timeout)
	if m.unsent = len(b); m.unsent == 0 {
		n.migrated(m, "") // the time of all of them was over in the meantime
		return
	}
	n.stats.netOut += int64(len(b))
	n.out.send(Send{Conn: m.conn, Data: b, Payload: engine.PayloadCommand, Shared: true})
}

// targetDrained hears that bytes have left.
func (n *Node) targetDrained(in *Drained) {
	if m := n.migration; m != nil && m.conn == in.Conn {
		m.unsent -= in.Bytes
		m.until = n.now.Add(m.Timeout)
	}
}

// targetReplied takes bytes of a target.
func (n *Node) targetReplied(conn engine.ConnID, data []byte) {
	m := n.migration
	if m == nil || m.conn != conn {
		return // nobody has asked it anything
	}
	m.in = append(m.in, data...)
	m.until = n.now.Add(m.Timeout)
	for {
		line, rest, whole := bytes.Cut(m.in, []byte("\n"))
		if !whole {
			return
		}
		m.reply(string(bytes.TrimSuffix(line, []byte("\r"))))
		if m.in = rest; m.ahead == 0 && m.replied == len(m.sent) {
			n.migrated(m, "")
			return
		}
	}
}

// reply takes one reply of the target. Where it does not let us in or has no such database, no key counts as taken,
// whatever it says of it.
func (m *migrating) reply(line string) {
	failure, failed := strings.CutPrefix(line, "-")
	if m.ahead > 0 {
		m.ahead--
		if failed && m.barred == "" {
			m.barred = failure
		}
		return
	}
	key := m.sent[m.replied]
	m.replied++
	if m.barred != "" {
		failure, failed = m.barred, true
	}
	switch {
	case failed && m.refused == "":
		m.refused = failure
	case !failed && !m.Copy:
		m.moved = append(m.moved, key)
	}
}

// targetLost takes the end of a connection to a target.
func (n *Node) targetLost(conn engine.ConnID, why string) {
	n.forgetTarget(conn)
	if m := n.migration; m != nil && m.conn == conn {
		n.brokeOff(m, why)
	}
}

// brokeOff goes on when the connection is lost: with a new one if no key was answered, since it may be that it was lost
// long ago.
func (n *Node) brokeOff(m *migrating, why string) {
	if !m.again && m.replied == 0 && why != "Connection timed out" {
		m.again = true
		n.reachTarget(m)
		return
	}
	n.migrated(m, m.doing())
}

// doing is what cannot go on.
func (m *migrating) doing() string {
	if !m.open || m.unsent > 0 {
		return "writing to target instance"
	}
	return "reading to target instance"
}

// migrationLate gives up a target that takes too long.
func (n *Node) migrationLate() {
	m := n.migration
	if m == nil || n.now < m.until {
		return
	}
	n.hangUp(m.conn, "timeout")
	if m.open {
		n.migrated(m, m.doing())
	} else {
		n.migrated(m, "connecting to the client")
	}
}

// migrated ends a MIGRATE: keys that the target has taken are deleted, the client is answered, and the others go on.
func (n *Node) migrated(m *migrating, failure string) {
	n.migration = nil
	var w resp.Writer
	db := int64(unknownDB)
	switch {
	case m.refused != "":
		w.Error("ERR Target instance replied with error: " + m.refused)
	case failure != "":
		w.Error("IOERR error or timeout " + failure)
	default:
		db = m.DB
		w.OK()
	}
	for i := range n.targets {
		if t := &n.targets[i]; t.conn == m.conn {
			t.db = db
		}
	}
	c, took := n.byConn[m.author.Conn], n.now.Sub(m.began)
	if len(m.moved) > 0 && !m.outdated {
		n.executing, n.line, n.calling = c, m.args, c != nil
		n.deleteMoved(m)
		n.executing, n.line, n.calling = nil, nil, false
	}
	n.tally.served(m.cmd, w.Buf, took)
	n.timedCommand(m.by, m.cmd, m.args, took)
	n.event("command", took)
	if c != nil {
		c.wrote = n.hist.Offset()
		n.answer(c, func() { c.w.Raw(w.Buf) })
		n.tellPending(c)
	}
	n.unpause(pausedByMigrate)
}

// deleteMoved deletes the keys that the target has taken, here and in the stream.
func (n *Node) deleteMoved(m *migrating) {
	call := n.begin(m.cmd, m.args, m.from, n.expiry())
	call.DeleteMoved(m.moved, n.cfg.LazyServerDel)
	n.count(call)
	n.unit.add(call)
	n.author = m.author
	n.unit.end(n)
	n.author = engine.Author{}
}

// dropIdleTargets closes connections that nobody uses any more.
//
// Source: redis/src/cluster.c, migrateCloseTimedoutSockets.
func (n *Node) dropIdleTargets() {
	for _, t := range slices.Clone(n.targets) {
		if wholeSince(t.used, n.now) > targetRest && (n.migration == nil || n.migration.conn != t.conn) {
			n.hangUp(t.conn, "idle")
		}
	}
}

// hangUp closes a connection to a target.
func (n *Node) hangUp(conn engine.ConnID, why string) {
	n.out.do(Close{Conn: conn, Why: why})
	n.forgetTarget(conn)
}

func (n *Node) forgetTarget(conn engine.ConnID) {
	n.targets = slices.DeleteFunc(n.targets, func(t target) bool { return t.conn == conn })
}
