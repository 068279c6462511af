package node

import (
	"slices"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
	"resync/engine/store"
)

// Clients that wait: in a blocking command for a key, in WAIT for replicas (wait.go), or in a pause (pause.go). Nothing more of a waiting client's input is
// executed; it is kept, and goes on when the wait is over.
//
//	execute ── Call.Wait ──► parked ── key ready, time over, CLIENT UNBLOCK ──► resumed ── end of the turn ──► execute
//	   └────── pause ──────► held ──── pause over ────────────────────────────────┘
//
// Source: redis/src/blocked.c.

// parked is a client's wait in a blocking command.
type parked struct {
	cmd  *command.Command
	args [][]byte // to run again, of the client's own memory
	wait command.Wait
	acks *ackWait      // of WAIT, which waits for no key
	took time.Duration // to find out that it had to wait
}

// dbKey names a key of a database.
type dbKey struct {
	db  int
	key string
}

// blocking is what a node knows of the clients that wait for keys.
type blocking struct {
	byKey  map[dbKey][]*client // in the order in which they began to wait
	count  int                 // clients
	acks   []*client           // of them, those in WAIT, in the order in which they began to wait
	groups int                 // of them, those in XREADGROUP: they are told when their stream goes away
	first  engine.Instant      // no wait ends before; 0 = none ends by itself
	stale  bool                // first may be too early
	ready  []dbKey             // keys that have changed and are awaited, in the order in which they did
	marked map[dbKey]struct{}  // the same
}

func (b *blocking) clone(twin func(*client) *client) blocking {
	c := *b
	c.ready, c.marked = nil, nil
	c.acks = twins(b.acks, twin)
	c.byKey = make(map[dbKey][]*client, len(b.byKey))
	for key, list := range b.byKey {
		c.byKey[key] = twins(list, twin)
	}
	return c
}

func twins(list []*client, twin func(*client) *client) []*client {
	c := make([]*client, len(list))
	for i, old := range list {
		c[i] = twin(old)
	}
	return c
}

// waits reports whether the client's input has to stay where it is.
func (c *client) waits() bool { return c.parked != nil || c.postponed || c.held || c.ending }

// park makes a client wait as its command asked for.
func (n *Node) park(c *client, cmd *command.Command, args [][]byte, wait *command.Wait) {
	p := &parked{cmd: cmd, wait: *wait}
	if p.args = wait.Args; p.args == nil {
		p.args = args
	}
	p.args = copyArgs(p.args)
	p.wait.Args = nil
	p.wait.Keys = slices.Clone(wait.Keys)
	c.parked = p
	b := &n.blocks
	if b.byKey == nil {
		b.byKey = map[dbKey][]*client{}
	}
	for i, key := range p.wait.Keys {
		if !slices.Contains(p.wait.Keys[:i], key) { // BLPOP k k waits once
			k := dbKey{c.db, key}
			b.byKey[k] = append(b.byKey[k], c)
		}
	}
	b.count++
	if readsGroup(cmd) {
		b.groups++
	}
	if until := p.wait.Until; until != 0 && (b.first == 0 || until < b.first) {
		b.first = until
	}
}

// readsGroup reports whether the command waits for entries of a consumer group, which may be gone before they come.
func readsGroup(cmd *command.Command) bool { return cmd.Name == "XREADGROUP" }

// unpark ends a client's wait. Its input goes on at the end of the turn.
func (n *Node) unpark(c *client) {
	p := c.parked
	if p == nil {
		return
	}
	c.parked = nil
	b := &n.blocks
	for _, key := range p.wait.Keys {
		k := dbKey{c.db, key}
		list := b.byKey[k]
		if i := slices.Index(list, c); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) == 0 {
			delete(b.byKey, k)
		} else {
			b.byKey[k] = list
		}
	}
	b.count--
	if p.acks != nil {
		b.acks = without(b.acks, c)
	}
	if readsGroup(p.cmd) {
		b.groups--
	}
	b.stale = b.stale || p.wait.Until != 0 && p.wait.Until <= b.first
	n.muteReply(c, c.replyFrom)
	n.resume(c)
}

// resume lets a client's input go on at the end of the turn.
func (n *Node) resume(c *client) {
	c.touch(n)
	if !c.resumed {
		c.resumed = true
		n.resumed = append(n.resumed, c)
	}
}

// answerParked ends a client's wait with an answer. An empty error is that of a wait whose time is over.
func (n *Node) answerParked(c *client, refused string) {
	c.replyFrom = len(c.w.Buf)
	switch {
	case refused != "":
		c.w.Error(refused)
		n.tally.served(c.parked.cmd, c.w.Buf[c.replyFrom:], 0)
	case c.parked.acks != nil:
		n.waited(c, *c.parked.acks, n.countAcks(*c.parked.acks), "time is over")
	default:
		c.w.NullArray()
	}
	n.unpark(c)
}

// nextTimeout is when the first wait is over by itself.
func (n *Node) nextTimeout() (engine.Instant, bool) {
	b := &n.blocks
	if b.stale {
		b.first, b.stale = 0, false
		for _, c := range n.clients {
			if c.parked != nil && c.parked.wait.Until != 0 && (b.first == 0 || c.parked.wait.Until < b.first) {
				b.first = c.parked.wait.Until
			}
		}
	}
	return b.first, b.first != 0
}

// endWaits answers those whose time is over, in the order of their moments.
//
// Source: redis/src/timeout.c, handleBlockedClientsTimeout.
func (n *Node) endWaits() {
	at, ok := n.nextTimeout()
	if !ok || n.now < at {
		return
	}
	var over []*client
	for _, c := range n.clients {
		if c.parked != nil && c.parked.wait.Until != 0 && c.parked.wait.Until <= n.now {
			over = append(over, c)
		}
	}
	slices.SortStableFunc(over, func(a, b *client) int { return int(min(max(a.parked.wait.Until-b.parked.wait.Until, -1), 1)) })
	for _, c := range over {
		n.answerParked(c, "")
	}
}

// markReady notes that a key may be what somebody waits for. What it holds is looked at later, when the unit that
// changed it has ended.
func (n *Node) markReady(db int, key []byte, _ store.Kind) {
	b := &n.blocks
	if _, awaited := b.byKey[dbKey{db, string(key)}]; !awaited {
		return
	}
	b.mark(dbKey{db, string(key)})
}

func (b *blocking) mark(k dbKey) {
	if _, known := b.marked[k]; known {
		return
	}
	if b.marked == nil {
		b.marked = map[dbKey]struct{}{}
	}
	b.marked[k] = struct{}{}
	b.ready = append(b.ready, k)
}

// touchBlocked looks at a changed key for those who have to know when their stream goes away; a nil key is a whole
// database, which was emptied or has become another one.
func (n *Node) touchBlocked(db int, key []byte) {
	b := &n.blocks
	if key != nil {
		// A change to a stream that is still one wakes nobody; what was added says so by itself.
		if cmd := n.call.Cmd; b.groups > 0 && (cmd == nil || cmd.Group != "stream" || cmd.Name == "DESTROY") {
			n.markReady(db, key, store.Stream)
		}
		return
	}
	var keys []string
	for k := range b.byKey {
		if k.db == db {
			keys = append(keys, k.key)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		b.mark(dbKey{db, k})
	}
}

// serveReady runs the commands that wait for keys that are ready, each as a unit of its own, until nothing is ready
// any more: what one of them does may be what another waits for.
//
// Source: redis/src/blocked.c, handleClientsBlockedOnKeys.
func (n *Node) serveReady() {
	b := &n.blocks
	for len(b.ready) > 0 {
		keys := b.ready
		b.ready = nil
		for _, k := range keys {
			delete(b.marked, k)
			n.serveKey(k)
		}
	}
}

// serveKey serves those who wait for a key, in the order in which they began to wait.
func (n *Node) serveKey(k dbKey) {
	b := &n.blocks
	for i := 0; i < len(b.byKey[k]); {
		c := b.byKey[k][i]
		p := c.parked
		e := n.data.DB(k.db).Get([]byte(k.key))
		if e != nil && e.Expired(n.now.Millis()) {
			n.expireAwaited(k)
			e = nil
		}
		switch {
		case e == nil && b.groups == 0:
			return
		case e != nil && e.Value.Kind() == p.wait.Kind:
			n.serveParked(c, k.key)
		case readsGroup(p.cmd):
			n.answerParked(c, "UNBLOCKED the stream key no longer exists")
		}
		if c.parked == p {
			i++
		}
	}
}

// expireAwaited removes a key that somebody waits for, and whose time was over when it came, where that is ours to do.
func (n *Node) expireAwaited(k dbKey) {
	if n.expiry() != command.ExpireRemoves {
		return
	}
	call := n.begin(nil, nil, k.db, command.ExpireRemoves)
	call.ExpireKey([]byte(k.key))
	n.count(call)
	n.feedBare(call.Ops())
}

// serveParked runs a parked client's command again. It may find that there is nothing for it after all.
func (n *Node) serveParked(c *client, key string) {
	p := c.parked
	start := len(c.w.Buf)
	c.replyFrom = start
	began := n.spent()
	n.executing, n.line, n.calling = c, p.args, true
	call := n.run(c, p.cmd, narrow(p, key), true)
	n.executing, n.line, n.calling = nil, nil, false
	if call.Wait == nil {
		if readsGroup(p.cmd) && strings.HasPrefix(string(c.w.Buf[start:]), "-NOGROUP ") {
			c.w.Buf = c.w.Buf[:start]
			c.w.Error("NOGROUP the consumer group this client was blocked on no longer exists")
		}
		took := n.spent() - began
		n.lap = began + took
		n.tally.served(p.cmd, c.w.Buf[start:], took)
		n.timedCommand(c.caller(), p.cmd, p.args, p.took+took)
		n.event("command-unblocking", took)
		n.unpark(c)
	}
	n.tellPending(c)
	n.endUnit(c, p.cmd)
}

// narrow returns the command line with the ready key as its only one: a served client gets what made it ready, even
// if another of its keys, which it names first, has become ready since.
func narrow(p *parked, key string) [][]byte {
	args, keys := p.args, len(p.wait.Keys)
	if keys < 2 {
		return args
	}
	at := slices.Index(p.wait.Keys, key)
	switch p.cmd.Name {
	case "BLPOP", "BRPOP", "BZPOPMIN", "BZPOPMAX": // name, keys, timeout
		return [][]byte{args[0], args[1+at], args[len(args)-1]}
	case "BLMPOP", "BZMPOP": // name, timeout, count, keys, options
		line := [][]byte{args[0], args[1], []byte("1"), args[3+at]}
		return append(line, args[3+keys:]...)
	case "XREAD", "XREADGROUP": // name, options, keys, ids
		first := len(args) - 2*keys
		return append(slices.Clone(args[:first]), args[first+at], args[first+keys+at])
	}
	return args
}

// clientUnblock serves CLIENT UNBLOCK client-id [TIMEOUT|ERROR].
//
// Source: redis/src/networking.c, clientCommand.
func (n *Node) clientUnblock(c *client, args [][]byte) {
	refused := ""
	if len(args) > 4 {
		c.wrongSubcommand(args)
		return
	}
	if len(args) == 4 {
		switch strings.ToUpper(string(args[3])) {
		case "TIMEOUT":
		case "ERROR":
			refused = "UNBLOCKED client unblocked via CLIENT UNBLOCK"
		default:
			c.w.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
			return
		}
	}
	id, ok := resp.ParseInt64(args[2])
	if !ok {
		c.w.Error("ERR value is not an integer or out of range")
		return
	}
	for _, other := range n.clients {
		if other.id == id && other.parked != nil {
			n.answerParked(other, refused)
			c.w.Int(1)
			return
		}
	}
	c.w.Int(0)
}

// dropParked ends every wait when a master becomes a replica: what it would be given is not its to give any more.
//
// Source: redis/src/blocked.c, disconnectAllBlockedClients.
func (n *Node) dropParked() {
	if !n.era.Unblocks {
		return
	}
	ended := n.era.Text("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
	for _, c := range n.clients {
		switch {
		case c.parked != nil:
			n.answerParked(c, ended)
		case c.ending:
			n.shutdownOver(c, ended)
		default:
			continue
		}
		c.close(n, "instance state changed")
	}
}

// settle serves who is ready and lets those go on whose wait is over, until all is still.
func (n *Node) settle() {
	for {
		n.serveReady()
		if len(n.resumed) == 0 {
			return
		}
		c := n.resumed[0]
		n.resumed = slices.Delete(n.resumed, 0, 1)
		c.resumed = false
		if n.byConn[c.conn] == c && len(c.in) > 0 && !c.waits() {
			n.consume(c, c.in)
		}
	}
}
