package node

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/repl"
	"resync/engine/resp"
	"resync/engine/store"
)

const (
	cronPeriod   = time.Second            // replication's own tick
	hurryPeriod  = 100 * time.Millisecond // the same during a failover
	expiryPeriod = 100 * time.Millisecond // how often due keys are removed, at the most
	expiryBatch  = 1000                   // keys removed in one go
)

// Node is one server.
type Node struct {
	cfg  Config
	era  *repl.Era // how this generation of Redis behaves
	cmds *command.Table
	rand rand.PCG
	now  engine.Instant

	started    engine.Instant
	nextCron   engine.Instant
	firstTick  engine.Instant // what the ticks are counted from
	nextExpiry engine.Instant // not before
	ticks      int64          // of the replication cron
	pid        int
	runID      engine.ReplID // names this process, not its history
	exited     bool

	data *store.Store
	hist repl.History

	byConn   map[engine.ConnID]*client
	clients  []*client           // all connections that others made, by id
	replicas []*client           // those of them that asked to be replicas, in the order in which they asked
	touched  []*client           // those that this step may owe bytes, a close or both
	watching map[dbKey][]*client // who watches a key
	lastID   int64               // of clients
	lastConn engine.ConnID
	lastGone engine.Instant // when the last replica left: the clock of repl-backlog-ttl

	clientsLimit int64 // of what clients take: maxmemory-clients in bytes, or 0
	clientMemory int64 // what they take, where that or all memory is limited
	replyTending replyTending

	good      int            // replicas, as min-replicas-to-write counts them
	pumped    engine.Offset  // the stream's end when replicas were last sent some of it
	lastBlock engine.Offset  // its last block when limits were last looked at
	softDue   engine.Instant // when a client has been above its soft limit for too long, or 0
	grace     time.Duration  // how long an awaited connection may linger
	graceDue  engine.Instant // when the first of them will have for too long, or 0
	repin     bool           // a replica that may have kept the oldest block has gone

	blocks    blocking         // clients that wait for keys
	resumed   []*client        // clients whose wait is over, in this order
	postponed []*client        // clients whose command waits for the end of the pause, in this order
	wantAcks  bool             // the replicas are to be asked how far they are, at the end of the turn
	pause     pause            //
	failover  failover         //
	shut      shutdown         // one that waits for replicas
	channels  [spaces]channels // who listens to what
	monitors  []*client        // those who are shown every command
	executing *client          // whose command is looked at or executed
	author    engine.Author    // whose command is being streamed
	label     []byte           // what it says, being written
	line      [][]byte         // that command
	calling   bool             // its command is executed: what it is told of meanwhile comes behind the reply
	tracking  tracking
	hooks     hooks
	slow      slowlog
	latency   latencyEvents

	user       defaultUser
	deniedAuth []deniedAuth // the latest last

	master link
	local  localTTL
	stats  stats
	rates  rates

	disk        persistence
	clock       uint32 // the access clock that the keyspace was last told
	noChecksums bool   // of RDB files (DEBUG SET-SKIP-CHECKSUM-VALIDATION)
	peak        int64  // bytes that were in use
	cronPaused  bool   // DEBUG PAUSE-CRON
	rewriting   *rewriting
	changing    *reconfiguring // never changed in place
	usage       usage
	migration   *migrating // or nil
	targets     []target   // of migrations, in the order in which they were reached
	shrinks     bool       // maxmemory was changed: keys may have to go at the end of the turn
	tally       tally

	active bool // keys are removed when they are due (DEBUG SET-ACTIVE-EXPIRE)

	// What one step works with, kept for its memory.
	call    command.Call
	out     *Output
	sets    command.Settings
	trace   bool
	unit    unit
	stepped engine.Instant // when the step began
	stood   time.Duration  // how long the driver was told to stand still in it
	lap     time.Duration  // how far it was when the last command ended: where the next one begins
	spare   []byte         // a large reply buffer that was flushed, for the next client without one
	discard resp.Writer    // takes the replies that a master is not given
}

// stats are the counters of INFO; CONFIG RESETSTAT zeroes them.
type stats struct {
	connections, rejected     int64
	commands                  int64
	netIn, netOut             int64
	replIn, replOut           int64
	forks                     int64
	syncFull                  int64
	partialOK, partialErr     int64
	expired, evicted          int64
	hits, misses              int64
	unexpectedErrors          int64
	evictedClients            int64
	freed                     int64 // in the background
	dirty                     int64 // changes since the last save
	lastSave                  engine.Instant
	keysLoaded, loadedExpired int64
}

// New returns a server that has not started yet: its first input is Started. Two nodes made with the same
// configuration and seed, given the same inputs, do the same. The error says which directive is wrong.
func New(cfg Config, seed uint64) (*Node, error) {
	if cfg.Databases < 1 || cfg.ReplPingPeriod < time.Second {
		return nil, errors.New("node: the configuration is empty: begin with DefaultConfig")
	}
	era, ok := repl.EraNamed(cfg.Era)
	if !ok {
		return nil, errNoEra(cfg.Era)
	}
	cmds, err := commandsOf(era, cfg.Renames)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg:      cfg,
		era:      era,
		cmds:     cmds,
		rand:     *rand.NewPCG(seed, 0x9e3779b97f4a7c15),
		data:     store.New(cfg.Databases),
		byConn:   map[engine.ConnID]*client{},
		lastConn: engine.OutgoingConn,
		lastID:   era.OwnClients,
		active:   true,
		grace:    mainGrace,

		replyTending: usualTending,
	}
	n.applyConfig()
	n.runID = repl.NewReplID(n.random())
	n.hist = repl.NewHistory(era, n.random(), cfg.ReplBacklogSize)
	if era.RunIDs {
		n.hist.ID = n.runID
	}
	return n, nil
}

// random is the node's own source, whose state clones with the node.
func (n *Node) random() *rand.Rand { return rand.New(&n.rand) }

// Step tells the node one thing that happened at now and appends to out what the node wants done. It reads no clock,
// opens no socket and starts no goroutine: equal nodes given equal inputs stay equal.
func (n *Node) Step(now engine.Instant, in Input, out *Output) {
	if n.exited {
		return
	}
	if now < n.now {
		n.setBack(now)
	}
	n.now, n.out, n.trace = now, out, out.Trace
	n.stepped, n.stood, n.lap = now, 0, 0
	switch in := in.(type) {
	case *Received:
		n.received(in)
	case *Drained:
		n.drained(in)
	case Woken:
		n.cron()
	case Accepted:
		n.accept(in)
	case Dialed:
		n.dialed(in)
	case Closed:
		n.closed(in)
	case Started:
		n.start(in)
	case Signaled:
		n.signaled(in.Name)
	case FileLoaded:
		if !n.sentFile(in) {
			n.loaded(in)
		}
	case Reconfigured:
		n.reconfigured(in)
	case FileWritten:
		n.written(in)
	}
	n.endTurn()
	n.out = nil
}

func (n *Node) start(in Started) {
	n.pid = in.PID
	n.started, n.lastGone = n.now, n.now
	n.stats.lastSave = n.now
	n.nextCron, n.firstTick = n.now.Add(cronPeriod), n.now
	n.nextExpiry = n.now.Add(expiryPeriod)
	n.log(engine.LogWarning, "Server initialized")
	n.disk.lastTook = -1
	n.master.addr = n.cfg.Replicaof
	n.scoreRole()
	n.loadFile(&loading{then: loadOpens})
}

// setBack takes a clock that was set back. Ticks go on, as redis-server's do, whose timers run by a clock that nobody
// sets; what is counted from a moment takes longer.
func (n *Node) setBack(now engine.Instant) {
	for _, c := range n.clients {
		n.tend(c) // what was due by the clock as it was, seen or not
	}
	n.nextCron = min(n.nextCron, now.Add(cronPeriod))
	n.nextExpiry = min(n.nextExpiry, now.Add(expiryPeriod))
	n.tracking.nextTrim = min(n.tracking.nextTrim, now.Add(trimPeriod))
	if l := n.disk.loading; l != nil && l.until != 0 {
		l.until = now.Add(l.until.Sub(n.now))
	}
	if s := n.disk.child; s != nil && s.ready > n.now {
		s.ready = now.Add(s.ready.Sub(n.now))
	}
}

// Deadline is when the node wants to be Woken, at the latest.
func (n *Node) Deadline() (engine.Instant, bool) {
	if n.exited || n.started == 0 {
		return 0, false
	}
	at := n.nextCron
	if over, ok := n.nextTimeout(); ok {
		at = min(at, over)
	}
	if n.paused() {
		at = min(at, n.pause.until)
	}
	if until, ok := n.loadsUntil(); ok {
		at = min(at, until)
	}
	if n.shut.until != 0 {
		at = min(at, n.shut.until)
	}
	if n.failover.state == engine.FailoverWaiting && n.failover.until != 0 {
		at = min(at, n.failover.until)
	}
	if due, ok := n.firstExpiry(); ok {
		at = min(at, max(due, n.nextExpiry))
	}
	if n.softDue != 0 {
		at = min(at, n.softDue)
	}
	if n.crowded() && !n.cronPaused {
		at = min(at, n.tracking.nextTrim)
	}
	if n.graceDue != 0 {
		at = min(at, n.graceDue)
	}
	if n.migration != nil {
		at = min(at, n.migration.until)
	}
	if n.partWaits() {
		at = min(at, n.disk.child.ready)
	}
	return at, true
}

// firstExpiry is when the first key is due, where this node removes keys at all: on a replica only its master does, but for
// those that are the replica's own.
func (n *Node) firstExpiry() (engine.Instant, bool) {
	if n.isReplica() {
		return n.firstLocalExpiry()
	}
	if !n.active || n.paused() {
		return 0, false
	}
	first, found := int64(0), false
	for i := range n.data.Databases() {
		if at, ok := n.data.DB(i).NextExpiry(); ok && (!found || at < first) {
			first, found = at, true
		}
	}
	return engine.At(first + 1), found // a key is due when now is past its moment
}

// cron does what is due: the end of waits, the replication tick, in the order of redis/src/replication.c, replicationCron, and expiry.
func (n *Node) cron() {
	if n.paused() && n.now >= n.pause.until {
		n.updatePause()
	}
	n.endWaits()
	n.migrationLate()
	if due, ok := n.firstExpiry(); ok && n.now >= max(due, n.nextExpiry) {
		n.nextExpiry = n.now.Add(expiryPeriod)
		n.expireDue()
	}
	n.goOn()
	if n.crowded() && n.now >= n.tracking.nextTrim && !n.cronPaused {
		n.tracking.nextTrim = n.now.Add(trimPeriod)
		n.trimTracking()
	}
	if n.softDue != 0 && n.now >= n.softDue {
		n.limitOutputs()
	}
	n.endGrace()
	n.loadCron()
	if n.now < n.nextCron {
		return
	}
	n.planTick()
	if n.disk.loading != nil || n.cronPaused {
		return
	}
	n.driveFailover()
	n.master.cron(n)
	n.masterCron()
	n.limitOutputs()
	n.rates.look(n.now, &n.stats)
	n.saveCron()
	n.dropIdleTargets()
	n.peak = max(n.peak, n.usedMemory())
	n.ticks++
}

// planTick sets the moment of the next tick, counted from the first one. A failover has more of them.
func (n *Node) planTick() {
	period := cronPeriod
	if n.failingOver() {
		period = hurryPeriod
	}
	n.nextCron = n.firstTick.Add((n.now.Sub(n.firstTick)/period + 1) * period)
}

// expireDue removes keys that are due and streams their DELs, each bare.
func (n *Node) expireDue() {
	if n.isReplica() {
		n.expireLocal()
		return
	}
	for i := range n.data.Databases() {
		if at, ok := n.data.DB(i).NextExpiry(); !ok || at >= n.now.Millis() {
			continue
		}
		began := n.spent()
		c := n.begin(nil, nil, i, command.ExpireRemoves)
		n.stats.expired += int64(c.ExpireDue(expiryBatch))
		n.feedBare(c.Ops())
		n.event("expire-cycle", n.spent()-began)
	}
}

// endTurn is the end of a turn of the event loop: replies, streams and closes go out, and the backlog is trimmed.
func (n *Node) endTurn() {
	n.endAckWaits()
	for again := true; again; again = len(n.resumed) > 0 { // a failover or shutdown that ends lets go of whom it held
		n.settle()
		n.requestAcks()
		n.driveFailover()
		n.driveShutdown()
	}
	if n.shrinks {
		n.shrinks = false
		n.makeRoom()
	}
	n.broadcast()
	for {
		n.startPending()
		n.pumpReplicas()
		if len(n.touched) == 0 {
			break
		}
		for i := 0; i < len(n.touched); i++ { // the end of one may touch another
			c := n.touched[i]
			c.touched = false
			c.flush(n)
			if c.replica != nil {
				n.pump(c)
			}
			n.weigh(c)
			n.touched[i] = nil
		}
		n.touched = n.touched[:0]
	}
	n.trimBacklog()
	n.evictClients()
}

// isReplica reports whether the node has a master.
func (n *Node) isReplica() bool { return n.master.addr.Host != "" }

// Master is the address that the node follows, whose Host is "" for a master.
func (n *Node) Master() Address { return n.master.addr }

// Clone returns an independent copy of the node, in constant time in the number of keys and of stream bytes.
func (n *Node) Clone() *Node {
	c := *n
	c.data = n.data.Snapshot()
	c.hist = n.hist.Clone()
	c.byConn = make(map[engine.ConnID]*client, len(n.byConn))
	c.clients = make([]*client, len(n.clients))
	for i, old := range n.clients {
		c.clients[i] = old.clone()
		c.byConn[old.conn] = c.clients[i]
	}
	c.replicas = make([]*client, len(n.replicas))
	for i, old := range n.replicas {
		c.replicas[i] = c.byConn[old.conn]
	}
	c.master = n.master.clone()
	c.disk = n.disk.clone()
	c.rewriting = n.rewriting.clone()
	c.usage = n.usage.clone()
	c.tally = n.tally.clone()
	c.local = n.local.clone()
	c.migration, c.targets = n.migration.clone(), slices.Clone(n.targets)
	twin := func(old *client) *client { return c.byConn[old.conn] }
	c.blocks = n.blocks.clone(twin)
	c.touched, c.resumed, c.postponed = twins(n.touched, twin), twins(n.resumed, twin), twins(n.postponed, twin)
	c.monitors = twins(n.monitors, twin)
	for in := range c.channels {
		c.channels[in] = n.channels[in].clone(twin)
	}
	c.watching = make(map[dbKey][]*client, len(n.watching))
	for key, list := range n.watching {
		c.watching[key] = twins(list, twin)
	}
	c.tracking = n.tracking.clone(twin)
	c.slow.entries = slices.Clone(n.slow.entries)
	c.deniedAuth = slices.Clone(n.deniedAuth)
	c.hooks, c.executing, c.line = hooks{}, nil, nil
	c.call = command.Call{}
	c.unit, c.spare, c.label, c.discard.Buf = unit{}, nil, nil, nil
	c.out = nil
	return &c
}

// Share has two nodes hold once what both of them hold, without a change to either: of the keys that this one has written since
// it was cloned last at most those of so many leaves, and of the stream the blocks that are full, or all where last says that this
// node does not go on.
func (n *Node) Share(with *Node, leaves int, last bool) {
	n.data.Share(with.data, leaves)
	n.hist.Share(&with.hist.Backlog, last)
}

// Config returns the configuration as it stands.
func (n *Node) Config() Config { return n.cfg }

// Commands are the commands that the node knows, those of its era.
func (n *Node) Commands() *command.Table { return n.cmds }

// Store is the keyspace, for reading only.
func (n *Node) Store() *store.Store { return n.data }
