package node

import (
	"maps"
	"slices"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
)

// handlers run the commands that are about the server and not about its data. Their rows, with arity, flags and
// documentation, are in the table of package command, under the same names.
var handlers = map[string]func(n *Node, c *client, args [][]byte){}

// addHandlers is how each file says which commands it serves.
func addHandlers(more map[string]func(n *Node, c *client, args [][]byte)) { maps.Copy(handlers, more) }

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"auth":           (*Node).authCommand,
		"client|getname": (*Node).clientGetName,
		"client|id":      (*Node).clientID,
		"client|info":    (*Node).clientInfo,
		"client|kill":    (*Node).clientKill,
		"client|list":    (*Node).clientList,
		"client|reply":   (*Node).clientReply,
		"client|setname": (*Node).clientSetName,
		"config|get":     (*Node).configGet,
		"config|resetstat": func(n *Node, c *client, _ [][]byte) {
			n.stats = stats{dirty: n.stats.dirty, lastSave: n.stats.lastSave}
			n.tally = tally{}
			c.w.OK()
		},
		"config|set": (*Node).configSet,
		"discard":    (*Node).discardCommand,
		"exec":       (*Node).execCommand,
		"hello":      (*Node).helloCommand,
		"info":       (*Node).infoCommand,
		"lastsave":   func(n *Node, c *client, _ [][]byte) { c.w.Int(n.stats.lastSave.Seconds()) },
		"multi":      (*Node).multiCommand,
		"psync":      (*Node).psync,
		"quit":       func(n *Node, c *client, _ [][]byte) { c.w.OK(); c.close(n, "quit") },
		"replconf":   (*Node).replconf,
		"replicaof":  (*Node).replicaofCommand,
		"reset":      (*Node).resetCommand,
		"role":       (*Node).roleCommand,
		"shutdown":   (*Node).shutdownCommand,
		"slaveof":    (*Node).replicaofCommand,
		"sync":       (*Node).psync,
		"time":       (*Node).timeCommand,
		"unwatch":    (*Node).unwatchCommand,
		"watch":      (*Node).watchCommand,
	})
}

// serve runs a command about the server.
func (n *Node) serve(c *client, cmd *command.Command, args [][]byte) {
	if cmd.TooNew(args) {
		c.w.Error("ERR syntax error")
		return
	}
	h := handlers[cmd.FullName()]
	if h == nil {
		panic("node: no handler for the command " + cmd.FullName())
	}
	h(n, c, args)
}

// replicaofCommand serves REPLICAOF and SLAVEOF.
//
// Source: redis/src/replication.c, replicaofCommand.
func (n *Node) replicaofCommand(c *client, args [][]byte) {
	if n.failingOver() {
		c.w.Error("ERR REPLICAOF not allowed while failing over.")
		return
	}
	host := string(args[1])
	if strings.EqualFold(host, "no") && strings.EqualFold(string(args[2]), "one") {
		n.replicaof(Address{}, c.String(n))
		c.w.OK()
		return
	}
	if c.replica != nil {
		c.w.Error("ERR Command is not valid when client is a replica.")
		return
	}
	port, ok := resp.ParseInt64(args[2])
	switch {
	case !n.era.ChecksPort && !ok:
		c.w.Error("ERR value is not an integer or out of range")
		return
	case n.era.ChecksPort && (!ok || port < 0 || port > 65535):
		c.w.Error("ERR Invalid master port")
		return
	}
	if n.isReplica() && strings.EqualFold(n.master.addr.Host, host) && n.master.addr.Port == int(port) {
		n.log(engine.LogNotice, "REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.")
		c.w.Simple("OK Already connected to specified master")
		return
	}
	n.replicaof(Address{Host: host, Port: int(port)}, c.String(n))
	c.w.OK()
}

// roleCommand serves ROLE.
//
// Source: redis/src/replication.c, roleCommand.
func (n *Node) roleCommand(c *client, _ [][]byte) {
	w := &c.w
	if n.isReplica() {
		w.Array(5)
		w.BulkString("slave")
		w.BulkString(n.master.addr.Host)
		w.Int(int64(n.master.addr.Port))
		w.BulkString(n.master.state.String())
		if n.master.state == engine.LinkConnected {
			w.Int(int64(n.master.at(n)))
		} else {
			w.Int(-1)
		}
		return
	}
	online := n.onlineReplicas()
	w.Array(3)
	w.BulkString("master")
	w.Int(int64(n.hist.Offset()))
	w.Array(len(online))
	for _, r := range online {
		w.Array(3)
		w.BulkString(r.IP)
		w.BulkInt(int64(r.Port))
		w.BulkInt(int64(r.Acked))
	}
}

func (n *Node) infoCommand(c *client, args [][]byte) {
	var wanted []string
	for _, a := range args[1:] {
		wanted = append(wanted, strings.ToLower(string(a)))
	}
	c.w.Verbatim("txt", n.Info(n.now).text(wanted))
}

func (n *Node) configGet(c *client, args [][]byte) {
	patterns := make([]string, 0, len(args)-2)
	for _, a := range args[2:] {
		patterns = append(patterns, string(a))
	}
	cfg := n.cfg
	cfg.Replicaof = n.master.addr
	pairs := cfg.Get(patterns...)
	c.w.Map(len(pairs))
	for _, p := range pairs {
		c.w.BulkString(p[0])
		c.w.BulkString(p[1])
	}
}

func (n *Node) configSet(c *client, args [][]byte) {
	if len(args)%2 != 0 {
		c.w.Error("ERR syntax error")
		return
	}
	var pairs [][2]string
	for i := 2; i < len(args); i += 2 {
		pairs = append(pairs, [2]string{string(args[i]), string(args[i+1])})
	}
	if n.disk.loading != nil && slices.ContainsFunc(pairs, func(p [2]string) bool { return waitsForLoading(p[0]) }) {
		c.w.Error("LOADING Redis is loading the dataset in memory")
		return
	}
	next := n.cfg
	change := next.Change
	if c.isLocal() {
		change = next.ChangeLocally
	}
	if err := change(pairs); err != nil {
		c.w.Error("ERR " + err.Error())
		return
	}
	n.reconfigure(c, next)
}

// waitsForLoading reports whether a setting cannot be changed in the middle of a load.
func waitsForLoading(name string) bool {
	switch strings.ToLower(name) {
	case "dir", "appendonly", "repl-diskless-load":
		return true
	}
	return false
}

// reconfiguring is a CONFIG SET that the driver has a part in.
type reconfiguring struct {
	job    int64
	conn   engine.ConnID // who is told
	before Config
}

// reconfigure takes over a configuration. Where a part of it is the driver's, that has to agree.
func (n *Node) reconfigure(c *client, next Config) {
	before := n.cfg
	n.cfg = next
	n.applyConfig()
	n.shrinkTo(before.MaxMemory)
	if before.Port == next.Port && before.Dir == next.Dir && before.LogLevel == next.LogLevel && slices.Equal(before.Bind, next.Bind) &&
		n.oomScore(&before) == n.oomScore(&next) {
		c.w.OK()
		return
	}
	n.disk.lastJob++
	r := &reconfiguring{job: n.disk.lastJob, before: before}
	if n.unit.open {
		c.w.OK() // in a transaction nobody can wait
	} else {
		r.conn, c.held = c.conn, true
	}
	n.changing = r
	n.tellDriver(r.job)
}

// tellDriver has the driver take over what of the configuration is its own.
func (n *Node) tellDriver(job int64) {
	c := &n.cfg
	n.out.do(Reconfigure{Job: job, Port: c.Port, Bind: c.Bind, Dir: c.Dir, LogLevel: c.LogLevel, OOMScore: n.oomScore(c)})
}

// oomScore is what a configuration asks for in the role that the node has.
//
// Source: redis/src/server.c, setOOMScoreAdj.
func (n *Node) oomScore(c *Config) OOMScore {
	if c.OOMScoreAdj == "no" {
		return OOMScore{Mode: "no"}
	}
	values := strings.Fields(c.OOMScoreAdjValues)
	value := values[0]
	if n.isReplica() {
		value = values[1]
	}
	v, _ := resp.ParseInt64String(value)
	return OOMScore{c.OOMScoreAdj, int(v)}
}

// scoreRole takes over the score of another role.
func (n *Node) scoreRole() {
	if n.cfg.OOMScoreAdj != "no" {
		n.tellDriver(0)
	}
}

// reconfigured takes the driver's answer. When it refuses, all is as it was before.
//
// Source: redis/src/config.c, configSetCommand.
func (n *Node) reconfigured(in Reconfigured) {
	r := n.changing
	if r == nil || r.job != in.Job {
		return // nobody waits for it
	}
	n.changing = nil
	c := n.byConn[r.conn]
	if in.Setting == "" {
		n.cfg.Dir = in.Dir
		n.answer(c, func() { c.w.OK() })
		return
	}
	n.cfg = r.before
	n.applyConfig()
	if in.Setting != "dir" {
		n.log(engine.LogWarning, "Failed applying new configuration. Possibly related to new "+in.Setting+" setting. Restoring previous settings.")
	}
	n.answer(c, func() { c.w.Error("ERR " + changeError(in.Setting, in.Why).Error()) })
}

// applyConfig takes over what other parts keep a copy of.
func (n *Node) applyConfig() {
	n.hist.Resize(n.cfg.ReplBacklogSize)
	n.sets = command.Settings{
		LazyExpire: n.cfg.LazyExpire, LazyUserDel: n.cfg.LazyUserDel,
		ProtoMaxBulkLen: n.cfg.ProtoMaxBulkLen, Limits: n.cfg.Limits, IgnoreChecksums: n.noChecksums,
		OwnIntegers: n.cfg.MaxMemory > 0 && n.cfg.ordersByUse(),
		Table:       n.cmds, Forms: n.forms(), RDBVersion: n.era.RDBVersion,
	}
	if n.cfg.RequirePass != n.user.given {
		n.user = userWith(n.cfg.RequirePass)
	}
	n.clock = 0
	n.countGood()
	n.limitClients()
}

func (n *Node) authCommand(c *client, args [][]byte) {
	user, password := "default", args[1]
	if len(args) == 3 {
		user, password = string(args[1]), args[2]
	}
	switch {
	case len(args) > 3:
		c.w.Error("ERR syntax error")
	case len(args) == 2 && !n.user.closed:
		c.w.Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	case n.authenticates(c, args[0], user, password):
		c.authed = true
		c.w.OK()
	default:
		c.w.Error(errWrongPass)
	}
}

// helloCommand serves HELLO [protover [AUTH username password] [SETNAME clientname]]. What stands in front of a word that
// is refused is done.
//
// Source: redis/src/networking.c, helloCommand.
func (n *Node) helloCommand(c *client, args [][]byte) {
	proto := max(c.w.Proto, 2)
	rest := args[1:]
	if len(rest) > 0 {
		v, ok := resp.ParseInt64(rest[0])
		if !ok {
			c.w.Error("ERR Protocol version is not an integer or out of range")
			return
		}
		if v != 2 && v != 3 {
			c.w.Error("NOPROTO unsupported protocol version")
			return
		}
		proto, rest = int(v), rest[1:]
	}
	for len(rest) > 0 {
		switch option := strings.ToUpper(string(rest[0])); {
		case option == "AUTH" && len(rest) >= 3:
			if !n.authenticates(c, args[0], string(rest[1]), rest[2]) {
				c.w.Error(errWrongPass)
				return
			}
			c.authed, rest = true, rest[3:]
		case option == "SETNAME" && len(rest) >= 2:
			if !validClientName(rest[1]) {
				c.w.Error("ERR Client names cannot contain spaces, newlines or special characters.")
				return
			}
			c.name, rest = string(rest[1]), rest[2:]
		default:
			c.w.Error("ERR Syntax error in HELLO option '" + string(rest[0]) + "'")
			return
		}
	}
	if !c.authed {
		c.w.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	c.w.Proto = proto
	w := &c.w
	w.Map(7)
	w.BulkString("server")
	w.BulkString(n.serverName())
	w.BulkString("version")
	w.BulkString(n.era.OwnVersion())
	w.BulkString("proto")
	w.Int(int64(proto))
	w.BulkString("id")
	w.Int(c.id)
	w.BulkString("mode")
	w.BulkString("standalone")
	w.BulkString("role")
	if n.isReplica() {
		w.BulkString("replica")
	} else {
		w.BulkString("master")
	}
	w.BulkString("modules")
	w.Array(0)
}

func (n *Node) resetCommand(c *client, _ [][]byte) {
	if c.replica != nil {
		c.w.Error("ERR can only reset normal client connections")
		return
	}
	n.discardMulti(c)
	n.unlistenAll(c)
	n.untrack(c)
	n.stopMonitor(c)
	c.db, c.name, c.silence, c.w.Proto = 0, "", replyOn, 2
	c.authed = !n.user.closed
	c.w.Simple("RESET")
}

func (n *Node) timeCommand(c *client, _ [][]byte) {
	c.w.Array(2)
	c.w.BulkInt(n.now.Seconds())
	c.w.BulkInt(int64(n.now) % int64(time.Second) / int64(time.Microsecond))
}
