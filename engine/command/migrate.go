package command

import (
	"math"
	"time"
)

var migrateCommands = []Command{
	{Name: "MIGRATE", Arity: -6, Flags: Write | MovableKeys, FindKeys: migrateKeys, ACL: CatKeyspace | CatDangerous, Do: migrate,
		Keys: []KeySpec{
			{Begin: 3, Step: 1, Flags: KeyRW | KeyAccess | KeyDelete},
			{Begin: -2, Keyword: "KEYS", Last: -1, Step: 1, Flags: KeyRW | KeyAccess | KeyDelete | KeyIncomplete},
		},
		Group: "generic", Since: "2.6.0", Complexity: "O(N), N being the size of the values, on both servers and on the way",
		Tips:    []string{"nondeterministic_output"},
		Summary: "Move keys to another server, each of them at once",
		Syntax:  "host port <key | \"\"> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key [key ...]]"},
}

// A Migration is what MIGRATE asks for. Nothing of it is the client's memory, and it is never changed.
type Migration struct {
	Host, Port    string // as the client wrote them
	DB            int64  // of the target
	Timeout       time.Duration
	Copy, Replace bool
	Auth          []string // the words behind AUTH; nil without a password
	Keys          [][]byte // those that there are
}

// ErrNoWait answers a MIGRATE where nobody can wait for its end.
const ErrNoWait = "ERR MIGRATE is not possible inside a transaction"

// migrateDefault is the timeout of a MIGRATE that gives none that is positive.
const migrateDefault = time.Second

// migrate implements MIGRATE host port <key | ""> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username
// password] [KEYS key ...], up to where the target comes in.
//
// Source: redis/src/cluster.c, migrateCommand.
func migrate(c *Call) {
	m := &Migration{Host: string(c.Args[1]), Port: string(c.Args[2])}
	keys, ok := c.parseMigrate(m)
	if !ok {
		return
	}
	timeout, ok := c.integer(5)
	if !ok {
		return
	}
	if m.DB, ok = c.integer(4); !ok {
		return
	}
	if m.Timeout = migrateDefault; timeout > 0 {
		m.Timeout = time.Duration(min(timeout, math.MaxInt64/int64(4*time.Millisecond))) * time.Millisecond
	}
	for _, key := range keys {
		if c.read(key) != nil {
			m.Keys = append(m.Keys, append([]byte(nil), key...))
		}
	}
	switch {
	case len(m.Keys) == 0:
		c.Reply.Simple("NOKEY")
	case !c.MayBlock:
		c.Reply.Error(ErrNoWait)
	default:
		c.Migration = m
	}
}

// parseMigrate reads the options and returns the keys that are meant. When the line is wrong it answers so and reports
// false.
func (c *Call) parseMigrate(m *Migration) (keys [][]byte, ok bool) {
	keys = c.Args[3:4]
	for i := 6; i < len(c.Args); i++ {
		word, more := c.Args[i], len(c.Args)-i-1
		switch {
		case is(word, "COPY"):
			m.Copy = true
		case is(word, "REPLACE"):
			m.Replace = true
		case is(word, "AUTH") && more >= 1:
			m.Auth = []string{string(c.Args[i+1])}
			i++
		case is(word, "AUTH2") && more >= 2:
			m.Auth = []string{string(c.Args[i+1]), string(c.Args[i+2])}
			i += 2
		case is(word, "KEYS") && len(c.Args[3]) > 0:
			c.Reply.Error(errMigrateKey)
			return nil, false
		case is(word, "KEYS"):
			return c.Args[i+1:], true
		default:
			c.Reply.Error(errSyntax)
			return nil, false
		}
	}
	return keys, true
}

// migrateKeys finds the keys of a line: those behind KEYS, which may be a password too.
//
// Source: redis/src/db.c, migrateGetKeys.
func migrateKeys(args [][]byte) (first, count int) {
	for i := 6; i < len(args); i++ {
		switch {
		case is(args[i], "AUTH"):
			i++
		case is(args[i], "AUTH2"):
			i += 2
		case is(args[i], "KEYS") && len(args[3]) > 0:
			return 0, 0
		case is(args[i], "KEYS"):
			return i + 1, len(args) - i - 1
		}
	}
	return 3, 1
}

// MigrateSecrets are the words of a MIGRATE that nobody is to see: from one position up to another.
func MigrateSecrets(args [][]byte) (from, to int) {
	for i := 6; i < len(args) && !is(args[i], "KEYS"); i++ {
		switch {
		case is(args[i], "AUTH"):
			return i + 1, min(i+2, len(args))
		case is(args[i], "AUTH2"):
			return i + 1, min(i+3, len(args))
		}
	}
	return 0, 0
}

// DeleteMoved deletes keys of the selected database that another server has taken, whether or not their time is over
// by now.
func (c *Call) DeleteMoved(keys [][]byte, lazy bool) {
	words := [][]byte{wordDel}
	for _, key := range keys {
		if lazy {
			c.freed(key)
		}
		c.db().Delete(key)
		c.changed(key)
		c.notify('g', "del", key)
		words = append(words, key)
	}
	c.propagateAs(words...)
}
