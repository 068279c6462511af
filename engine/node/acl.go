package node

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/resp"
)

// The only user, default, may do everything. How it proves who it is can be changed, by requirepass and by ACL SETUSER;
// who could not is in ACL LOG.

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"acl|deluser": (*Node).aclDelUser,
		"acl|genpass": (*Node).aclGenPass,
		"acl|getuser": (*Node).aclGetUser,
		"acl|list":    func(n *Node, c *client, _ [][]byte) { c.w.Array(1); c.w.BulkString(n.user.String()) },
		"acl|load":    (*Node).aclNoFile,
		"acl|log":     (*Node).aclLog,
		"acl|save":    (*Node).aclNoFile,
		"acl|setuser": (*Node).aclSetUser,
		"acl|users":   func(n *Node, c *client, _ [][]byte) { c.w.Array(1); c.w.BulkString("default") },
		"acl|whoami":  func(n *Node, c *client, _ [][]byte) { c.w.BulkString("default") },
	})
}

// defaultUser is how the only user proves who it is. The zero value lets everybody in.
type defaultUser struct {
	closed bool     // it has to give a password, one of these: without any, nobody comes in
	hashes []string // SHA-256 in hexadecimal digits, in the order in which they came. Replaced, never changed in place.
	given  string   // the requirepass that was taken over last
}

// userWith is the user as requirepass makes it, whatever it was before.
//
// Source: redis/src/acl.c, ACLUpdateDefaultUserPassword.
func userWith(requirepass string) defaultUser {
	if requirepass == "" {
		return defaultUser{}
	}
	return defaultUser{closed: true, hashes: []string{passwordHash([]byte(requirepass))}, given: requirepass}
}

func passwordHash(password []byte) string {
	sum := sha256(password)
	return hex.EncodeToString(sum[:])
}

// accepts reports whether a password is right.
func (u *defaultUser) accepts(password []byte) bool {
	return !u.closed || slices.Contains(u.hashes, passwordHash(password))
}

// String is the line of ACL LIST.
//
// Source: redis/src/acl.c, ACLDescribeUser.
func (u *defaultUser) String() string {
	line := "user default on"
	if !u.closed {
		line += " nopass"
	}
	for _, h := range u.hashes {
		line += " #" + h
	}
	return line + " ~* &* +@all"
}

// change does what a rule of ACL SETUSER says, or returns why it cannot. Rules that allow what the user may do anyway
// change nothing.
//
// Source: redis/src/acl.c, ACLSetUser.
func (u *defaultUser) change(rule string) (refused string) {
	switch strings.ToLower(rule) {
	case "nopass":
		u.closed, u.hashes = false, nil
		return ""
	case "resetpass":
		u.closed, u.hashes = true, nil
		return ""
	case "", "on", "allkeys", "~*", "allchannels", "&*", "allcommands", "+@all", "clearselectors":
		return ""
	case "off", "reset", "resetkeys", "resetchannels", "nocommands", "sanitize-payload", "skip-sanitize-payload":
		return errRuleMissing
	}
	hash := rule[1:]
	switch rule[0] {
	case '>', '<':
		hash = passwordHash([]byte(hash))
	case '#', '!':
		if len(hash) != 2*sha256Size || strings.Trim(hash, "0123456789abcdef") != "" {
			return "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
		}
	case '+', '-', '~', '%', '&', '(':
		return errRuleMissing
	default:
		return "Syntax error"
	}
	at := slices.Index(u.hashes, hash)
	switch adds := rule[0] == '>' || rule[0] == '#'; {
	case adds && at < 0:
		u.hashes = append(slices.Clip(u.hashes), hash)
	case !adds && at < 0:
		return "The password you are trying to remove from the user does not exist"
	case !adds:
		u.hashes = slices.Delete(slices.Clone(u.hashes), at, at+1)
		return ""
	}
	u.closed = true
	return ""
}

const (
	errWrongPass   = "WRONGPASS invalid username-password pair or user is disabled."
	errRuleMissing = "this rule is not supported here: the user 'default' may do everything, and only its passwords can be changed"
)

// AsksPassword reports whether a new client has to give a password.
func (n *Node) AsksPassword() bool { return n.user.closed }

// isStranger reports whether a client still has to give a password.
//
// Source: redis/src/networking.c, authRequired.
func (n *Node) isStranger(c *client) bool { return n.user.closed && !c.authed }

// authenticates reports whether a user and a password, given with AUTH or HELLO, are right. Where they are not, that is
// noted.
//
// Source: redis/src/acl.c, ACLAuthenticateUser.
func (n *Node) authenticates(c *client, command []byte, user string, password []byte) bool {
	if user == "default" && n.user.accepts(password) {
		return true
	}
	n.denied(c, string(command), user)
	return false
}

// deniedAuth is an entry of ACL LOG: attempts to authenticate that failed in the same way, shortly after one another.
type deniedAuth struct {
	count         int64
	command, user string // as they were spelled
	multi         bool   // it was in a transaction
	at            engine.Instant
	client        string // as CLIENT LIST showed it
}

// Attempts are one entry when they are no further apart, and among the latest.
const (
	deniedApart  = time.Minute
	deniedLatest = 10 // entries
)

// denied notes an attempt that failed.
//
// Source: redis/src/acl.c, addACLLogEntry and ACLLogMatchEntry.
func (n *Node) denied(c *client, command, user string) {
	e := deniedAuth{count: 1, command: command, user: user, multi: n.unit.open, at: n.present(), client: c.String(n)}
	log := n.deniedAuth
	for i := len(log) - 1; i >= max(len(log)-deniedLatest, 0); i-- {
		if old := &log[i]; old.command == command && old.user == user && old.multi == e.multi && e.at.Sub(old.at).Abs() <= deniedApart {
			e.count += old.count
			n.deniedAuth = append(slices.Delete(log, i, i+1), e)
			return
		}
	}
	log = append(log, e)
	n.deniedAuth = slices.Delete(log, 0, len(log)-int(min(n.cfg.ACLLogMaxLen, int64(len(log)))))
}

// aclLog serves ACL LOG [count|RESET]: the latest first.
func (n *Node) aclLog(c *client, args [][]byte) {
	count := int64(10)
	switch {
	case len(args) > 3:
		c.wrongSubcommand(args)
		return
	case len(args) == 3 && strings.EqualFold(string(args[2]), "reset"):
		n.deniedAuth = nil
		c.w.OK()
		return
	case len(args) == 3:
		var ok bool
		if count, ok = resp.ParseInt64(args[2]); !ok {
			c.w.Error("ERR value is not an integer or out of range")
			return
		}
	}
	w, last := &c.w, len(n.deniedAuth)-1
	count = min(max(count, 0), int64(last+1))
	w.Array(int(count))
	for i := range int(count) {
		e := &n.deniedAuth[last-i]
		w.Map(7)
		w.BulkString("count")
		w.Int(e.count)
		for _, field := range [...][2]string{{"reason", "auth"}, {"context", e.context()}, {"object", e.command}, {"username", e.user}} {
			w.BulkString(field[0])
			w.BulkString(field[1])
		}
		w.BulkString("age-seconds")
		w.Double(float64(n.present().Millis()-e.at.Millis()) / 1000)
		w.BulkString("client-info")
		w.BulkString(e.client)
	}
}

func (e *deniedAuth) context() string {
	if e.multi {
		return "multi"
	}
	return "toplevel"
}

// aclGetUser serves ACL GETUSER username.
func (n *Node) aclGetUser(c *client, args [][]byte) {
	w := &c.w
	if string(args[2]) != "default" {
		w.Null()
		return
	}
	flags := []string{"on"}
	if !n.user.closed {
		flags = append(flags, "nopass")
	}
	w.Map(6)
	w.BulkString("flags")
	w.Set(len(flags))
	for _, f := range flags {
		w.BulkString(f)
	}
	w.BulkString("passwords")
	w.Array(len(n.user.hashes))
	for _, h := range n.user.hashes {
		w.BulkString(h)
	}
	for _, field := range [...][2]string{{"commands", "+@all"}, {"keys", "~*"}, {"channels", "&*"}} {
		w.BulkString(field[0])
		w.BulkString(field[1])
	}
	w.BulkString("selectors")
	w.Array(0)
}

// aclSetUser serves ACL SETUSER username [rule ...]: all rules or none. Who is connected stays so.
func (n *Node) aclSetUser(c *client, args [][]byte) {
	switch name := string(args[2]); {
	case strings.ContainsAny(name, " \t\n\v\f\r\x00"):
		c.w.Error("ERR Usernames can't contain spaces or null characters")
		return
	case name != "default":
		c.w.Error("ERR Users other than 'default' are not supported here")
		return
	}
	next := n.user
	for _, a := range args[3:] {
		rule := string(a)
		if refused := next.change(rule); refused != "" {
			shown, _, _ := strings.Cut(rule, "\x00")
			c.w.Error("ERR Error in ACL SETUSER modifier '" + shown + "': " + refused)
			return
		}
	}
	n.user = next
	c.w.OK()
}

// aclDelUser serves ACL DELUSER username [username ...]: there is nobody who could be removed.
func (n *Node) aclDelUser(c *client, args [][]byte) {
	for _, name := range args[2:] {
		if string(name) == "default" {
			c.w.Error("ERR The 'default' user cannot be removed")
			return
		}
	}
	c.w.Int(0)
}

// aclGenPass serves ACL GENPASS [bits]. The node's generator is no secret source: whoever knows the seed knows the
// password.
func (n *Node) aclGenPass(c *client, args [][]byte) {
	bits := int64(256)
	if len(args) > 3 {
		c.wrongSubcommand(args)
		return
	}
	if len(args) == 3 {
		var ok bool
		if bits, ok = resp.ParseInt64(args[2]); !ok {
			c.w.Error("ERR value is not an integer or out of range")
			return
		}
	}
	if bits <= 0 || bits > 4096 {
		c.w.Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
		return
	}
	r, password := n.random(), make([]byte, (bits+3)/4)
	for i := range password {
		password[i] = "0123456789abcdef"[r.IntN(16)]
	}
	c.w.Bulk(password)
}

// aclNoFile serves ACL LOAD and ACL SAVE: users come from requirepass and from ACL SETUSER, never from a file.
func (n *Node) aclNoFile(c *client, _ [][]byte) {
	c.w.Error("ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.")
}
