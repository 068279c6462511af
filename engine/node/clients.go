package node

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/resp"
)

// String is how the log and CLIENT LIST show a client.
//
// Source: redis/src/networking.c, catClientInfoString.
func (c *client) String(n *Node) string {
	queued := -1
	if c.multi != nil {
		queued = len(c.multi.queue)
	}
	cmd := "NULL"
	if c.lastCmd != nil {
		cmd = c.lastCmd.FullName()
	}
	return clientLine(n, clientFields{
		id: c.id, addr: c.addr, laddr: c.laddr, name: c.name, since: c.since, used: c.used, flags: c.flags(),
		db: c.db, subs: [spaces]int{len(c.subs[byChannel].names), len(c.subs[byPattern].names), len(c.subs[byShard].names)},
		multi: queued, sizes: n.sizes(c), cmd: cmd, user: "default", proto: max(c.w.Proto, 2), redir: c.redirection(),
	})
}

// flags are the letters that CLIENT LIST shows.
//
// Source: redis/src/networking.c, catClientInfoString.
func (c *client) flags() string {
	var letters []byte
	for _, f := range [...]struct {
		is     bool
		letter byte
	}{
		{c.monitor, 'O'},
		{c.replica != nil, 'S'},
		{c.listens(), 'P'},
		{c.multi != nil, 'x'},
		{c.waits(), 'b'},
		{c.track != nil, 't'},
		{c.track != nil && c.track.broken, 'R'},
		{c.track != nil && c.track.bcast, 'B'},
		{c.dirty, 'd'},
		{c.closing != "", 'c'},
		{c.linger.since != 0, 'A'},
		{strings.HasPrefix(c.addr, "/"), 'U'},
		{c.noEvict, 'e'},
	} {
		if f.is {
			letters = append(letters, f.letter)
		}
	}
	if len(letters) == 0 {
		return "N"
	}
	return string(letters)
}

// clientFields are the parts of a line of CLIENT LIST.
type clientFields struct {
	id, redir                           int64
	addr, laddr, name, flags, cmd, user string
	since, used                         engine.Instant
	db, multi, proto                    int
	subs                                [spaces]int
	sizes                               clientSizes
}

func clientLine(n *Node, f clientFields) string {
	age := strconv.FormatInt(int64(n.now.Sub(f.since)/time.Second), 10)
	idle := strconv.FormatInt(int64(n.now.Sub(f.used)/time.Second), 10)
	return "id=" + strconv.FormatInt(f.id, 10) + " addr=" + f.addr + " laddr=" + f.laddr + " fd=" + strconv.FormatInt(f.id+7, 10) +
		" name=" + f.name + " age=" + age + " idle=" + idle + " flags=" + f.flags + " db=" + strconv.Itoa(f.db) +
		" sub=" + strconv.Itoa(f.subs[byChannel]) + " psub=" + strconv.Itoa(f.subs[byPattern]) + " ssub=" + strconv.Itoa(f.subs[byShard]) + " multi=" +
		strconv.Itoa(f.multi) + f.sizes.String() + " events=r cmd=" + f.cmd + " user=" + f.user + " redir=" + strconv.FormatInt(f.redir, 10) +
		" resp=" + strconv.Itoa(f.proto)
}

// masterLine is how CLIENT LIST shows the link to the master.
func (n *Node) masterLine() string {
	l := &n.master
	return clientLine(n, clientFields{
		id: l.clientID, addr: l.peer, laddr: l.local, since: l.upAt, used: l.lastIO, flags: "M", db: l.db, multi: -1,
		sizes: l.sizes(), cmd: l.lastName(), user: "(superuser)", proto: 2, redir: -1,
	})
}

func (n *Node) clientID(c *client, _ [][]byte) { c.w.Int(c.id) }

func (n *Node) clientInfo(c *client, _ [][]byte) { c.w.Verbatim("txt", c.String(n)+"\n") }

func (n *Node) clientGetName(c *client, _ [][]byte) {
	if c.name == "" {
		c.w.Null()
		return
	}
	c.w.BulkString(c.name)
}

func (n *Node) clientSetName(c *client, args [][]byte) {
	if !validClientName(args[2]) {
		c.w.Error("ERR Client names cannot contain spaces, newlines or special characters.")
		return
	}
	c.name = string(args[2])
	c.w.OK()
}

func validClientName(name []byte) bool {
	for _, b := range name {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

// clientNoEvict serves CLIENT NO-EVICT.
func (n *Node) clientNoEvict(c *client, args [][]byte) {
	switch strings.ToUpper(string(args[2])) {
	case "ON":
		c.noEvict = true
	case "OFF":
		c.noEvict = false
	default:
		c.w.Error("ERR syntax error")
		return
	}
	c.w.OK()
}

// clientByID returns the client with a number, or nil.
func (n *Node) clientByID(id int64) *client {
	i, known := slices.BinarySearchFunc(n.clients, id, func(c *client, id int64) int { return cmp.Compare(c.id, id) })
	if !known {
		return nil
	}
	return n.clients[i]
}

func clientHandlers() map[string]func(n *Node, c *client, args [][]byte) {
	return map[string]func(n *Node, c *client, args [][]byte){
		"client|no-evict": (*Node).clientNoEvict,
		"client|pause":    (*Node).clientPause,
		"client|unblock":  (*Node).clientUnblock,
		"client|unpause":  (*Node).clientUnpause,
	}
}

func (n *Node) clientReply(c *client, args [][]byte) {
	switch strings.ToUpper(string(args[2])) {
	case "ON":
		c.silence = replyOn
		c.w.OK()
	case "OFF":
		c.silence = replyOff
	case "SKIP":
		if c.silence != replyOff {
			c.silence = replySkipNext
		}
	default:
		c.w.Error("ERR syntax error")
	}
}

// clientKinds are what CLIENT LIST TYPE and CLIENT KILL TYPE know, as one word each.
func clientKind(name string) (string, bool) {
	switch strings.ToLower(name) {
	case "normal", "pubsub", "master", "replica":
		return strings.ToLower(name), true
	case "slave":
		return "replica", true
	}
	return "", false
}

func (c *client) kind() string {
	switch {
	case c.replica != nil:
		return "replica"
	case c.listens():
		return "pubsub"
	}
	return "normal"
}

// clientList serves CLIENT LIST [TYPE type] [ID id…].
func (n *Node) clientList(c *client, args [][]byte) {
	kind := ""
	var ids []int64
	switch {
	case len(args) == 4 && strings.EqualFold(string(args[2]), "type"):
		var ok bool
		if kind, ok = clientKind(string(args[3])); !ok {
			c.w.Error("ERR Unknown client type '" + string(args[3]) + "'")
			return
		}
	case len(args) > 3 && strings.EqualFold(string(args[2]), "id"):
		for _, a := range args[3:] {
			id, ok := resp.ParseInt64(a)
			if !ok {
				c.w.Error("ERR Invalid client ID")
				return
			}
			ids = append(ids, id)
		}
	case len(args) != 2:
		c.w.Error("ERR syntax error")
		return
	}
	var b strings.Builder
	for _, other := range n.clients {
		if kind != "" && other.kind() != kind || ids != nil && !contains(ids, other.id) {
			continue
		}
		b.WriteString(other.String(n) + "\n")
	}
	if n.master.state == engine.LinkConnected && (kind == "" && ids == nil || kind == "master" || contains(ids, n.master.clientID)) {
		b.WriteString(n.masterLine() + "\n")
	}
	c.w.Verbatim("txt", b.String())
}

func contains(ids []int64, id int64) bool {
	for _, other := range ids {
		if other == id {
			return true
		}
	}
	return false
}

// killFilter is what CLIENT KILL was asked for.
type killFilter struct {
	addr, laddr, kind string
	id                int64
	sparesMe          bool
}

// clientKill serves CLIENT KILL addr:port and CLIENT KILL [ID id] [TYPE type] [ADDR a] [LADDR a] [SKIPME yes|no].
//
// Source: redis/src/networking.c, clientKillCommand.
func (n *Node) clientKill(c *client, args [][]byte) {
	f, old := killFilter{sparesMe: true}, len(args) == 3
	if old {
		f.addr, f.sparesMe = string(args[2]), false
	} else if refused := f.parse(args[2:]); refused != "" {
		c.w.Error(refused)
		return
	}
	killed := int64(0)
	for _, other := range n.clients {
		if f.addr != "" && other.addr != f.addr || f.laddr != "" && other.laddr != f.laddr ||
			f.kind != "" && other.kind() != f.kind || f.id != 0 && other.id != f.id || f.sparesMe && other == c {
			continue
		}
		killed++
		other.close(n, "CLIENT KILL")
	}
	if l := &n.master; l.state == engine.LinkConnected && (f.addr == "" || f.addr == l.peer) && f.laddr == "" &&
		(f.kind == "" || f.kind == "master") && (f.id == 0 || f.id == l.clientID) {
		killed++
		n.out.do(Close{Conn: l.conn, Why: "CLIENT KILL"})
		l.lost(n, l.conn, "CLIENT KILL")
	}
	switch {
	case !old:
		c.w.Int(killed)
	case killed == 0:
		c.w.Error("ERR No such client")
	default:
		c.w.OK()
	}
}

func (f *killFilter) parse(args [][]byte) (refused string) {
	if len(args)%2 != 0 {
		return "ERR syntax error"
	}
	for i := 0; i < len(args); i += 2 {
		value := string(args[i+1])
		switch strings.ToUpper(string(args[i])) {
		case "ID":
			id, ok := resp.ParseInt64(args[i+1])
			if !ok || id < 1 {
				return "ERR client-id should be greater than 0"
			}
			f.id = id
		case "TYPE":
			kind, ok := clientKind(value)
			if !ok {
				return "ERR Unknown client type '" + value + "'"
			}
			f.kind = kind
		case "ADDR":
			f.addr = value
		case "LADDR":
			f.laddr = value
		case "USER":
			if value != "default" {
				return "ERR No such user '" + value + "'"
			}
		case "SKIPME":
			switch strings.ToLower(value) {
			case "yes":
				f.sparesMe = true
			case "no":
				f.sparesMe = false
			default:
				return "ERR syntax error"
			}
		default:
			return "ERR syntax error"
		}
	}
	return ""
}

func init() { addHandlers(clientHandlers()) }
