package command

import (
	"slices"
	"strings"
)

// A Command is one row of the table: what COMMAND INFO and COMMAND DOCS say, and what it does.
type Command struct {
	Name  string // upper case; of a subcommand its own word alone: "GET" of CONFIG GET
	Arity int    // words with the name; -n means n or more. A subcommand counts its container's name too.
	Flags Flags
	Keys  []KeySpec
	ACL   Category    // beyond those that follow from Flags
	Do    func(*Call) // nil when package node runs it
	// KeyFlags, where a key spec has KeyVariable, says what becomes of the keys of one command line.
	KeyFlags func(args [][]byte) KeyFlags
	// FindKeys, where a key spec is KeyIncomplete, says where the keys of a line begin, and how many they are.
	FindKeys func(args [][]byte) (first, count int)
	Subs     []Command // by name

	Group, Since, Summary, Complexity string
	Syntax                            string   // the arguments, as a usage line shows them
	Tips                              []string // for clients of clusters
	Deprecated, ReplacedBy            string   // the version since which another should be used, and which; or ""

	// What follows from the rest.
	First, Last, Step int      // the words that are keys, as COMMAND INFO says it: from, to (-1: the last word), every
	Parent            *Command // the container of a subcommand
	options           *options // where the table's edition lacks any
	ID                int      // from 0, without gaps: for what is kept beside the table
}

// FullName returns the name as COMMAND INFO and error replies spell it: "get", "config|get".
func (c *Command) FullName() string {
	if c.Parent != nil {
		return strings.ToLower(c.Parent.Name + "|" + c.Name)
	}
	return strings.ToLower(c.Name)
}

// Sub returns the subcommand of that name in any case, or nil.
func (c *Command) Sub(name []byte) *Command {
	for i := range c.Subs {
		if is(name, c.Subs[i].Name) {
			return &c.Subs[i]
		}
	}
	return nil
}

// Accepts reports whether a command line of that many words fits the arity.
func (c *Command) Accepts(words int) bool {
	if c.Arity < 0 {
		return words >= -c.Arity
	}
	return words == c.Arity
}

// Flags say how a command behaves, for whoever decides whether it may run.
//
// Source: redis/src/server.h, CMD_WRITE and following.
type Flags uint32

// The flags, in the order in which COMMAND INFO lists them.
const (
	Write           Flags = 1 << iota // may change the keyspace
	ReadOnly                          // reads keys only
	DenyOOM                           // refused when memory is short
	Module                            // comes from a module
	Admin                             // about the server itself
	PubSub                            // about channels
	NoScript                          // refused in scripts
	Blocking                          // may wait
	Loading                           // runs while the dataset is loading
	Stale                             // runs on a replica without its master
	SkipMonitor                       // not shown by MONITOR
	SkipSlowlog                       // not logged as slow
	Asking                            // cluster: implies ASKING
	Fast                              // takes constant or logarithmic time
	NoAuth                            // runs before a password is given
	MayReplicate                      // may go into the stream without being a write. Not listed.
	NoMandatoryKeys                   // may be called without keys
	NoAsyncLoading                    // refused while a replica loads beside its old data
	NoMulti                           // refused in a transaction
	MovableKeys                       // its keys are found by reading its arguments only
	AllowBusy                         // runs while a script does
	ArbitraryKeys                     // removes expired keys it was not asked for: their DELs are never wrapped. Not listed.
	Protected                         // needs enable-debug-command or the like. Not listed.
	lastFlag        = iota
	firstUnlisted   = lastFlag - 2
)

var flagNames = [firstUnlisted]string{
	"write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale",
	"skip_monitor", "skip_slowlog", "asking", "fast", "no_auth", "", "no_mandatory_keys",
	"no_async_loading", "no_multi", "movablekeys", "allow_busy",
}

// Names returns the flags as COMMAND INFO lists them.
func (f Flags) Names() []string { return bitNames(uint32(f), flagNames[:]) }

// A Category is a set of ACL categories.
//
// Source: redis/src/acl.c, ACLCommandCategories.
type Category uint32

// The categories, in the order in which COMMAND INFO lists them.
const (
	CatKeyspace Category = 1 << iota
	CatRead
	CatWrite
	CatSet
	CatSortedSet
	CatList
	CatHash
	CatString
	CatBitmap
	CatHyperLogLog
	CatGeo
	CatStream
	CatPubSub
	CatAdmin
	CatFast
	CatSlow
	CatBlocking
	CatDangerous
	CatConnection
	CatTransaction
	CatScripting
)

var categoryNames = [...]string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream",
	"pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// Categories returns the ACL categories of the command: those of its row, and those that its flags imply.
//
// Source: redis/src/server.c, setImplicitACLCategories.
func (c *Command) Categories() Category {
	cats := c.ACL
	for _, rule := range [...]struct {
		flag Flags
		cat  Category
	}{
		{Write, CatWrite},
		{ReadOnly, CatRead},
		{Admin, CatAdmin | CatDangerous},
		{PubSub, CatPubSub},
		{Blocking, CatBlocking},
	} {
		if c.Flags&rule.flag != 0 {
			cats |= rule.cat
		}
	}
	if c.Flags&Fast != 0 {
		return cats | CatFast
	}
	return cats | CatSlow
}

// Names returns the categories without their @, in order.
func (cat Category) Names() []string { return bitNames(uint32(cat), categoryNames[:]) }

func bitNames(bits uint32, all []string) []string {
	var names []string
	for i, name := range all {
		if bits&(1<<i) != 0 && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// A KeySpec says which words of a command line are keys, and what becomes of them.
type KeySpec struct {
	Begin int // the first one; the name of the command is word 0
	Last  int // the last one, counted from Begin; -1 means the last word of the line, -2 the one in front of it
	Step  int // from one to the next
	Flags KeyFlags
	// Counted says that the word at Begin is the number of the keys, which follow it.
	Counted bool
	// Keyword, unless empty, is searched for from the word at Begin on: the first key stands behind it. Where Begin is
	// negative it is counted from the end of the line, and the search goes towards the name.
	Keyword string
	// Limit, when it is 2, says that only the first half of the words up to Last are keys.
	Limit int
	// Where, unless nil, finds the position of the only key, or 0, and nothing else in the spec says it: clients are told
	// that it is unknown.
	Where func(args [][]byte) int
}

// KeyFlags say what a command does with a key, in two ways: to the key as a whole (read, overwrite, …) and to the
// user's data in it.
//
// Source: redis/src/server.h, CMD_KEY_RO and following.
type KeyFlags uint16

// The key flags, in the order in which COMMAND INFO lists them.
const (
	KeyRO KeyFlags = 1 << iota
	KeyRW
	KeyOW
	KeyRM
	KeyAccess
	KeyUpdate
	KeyInsert
	KeyDelete
	KeyNotKey
	KeyIncomplete
	KeyVariable
)

var keyFlagNames = [...]string{
	"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
}

// Names returns the flags as COMMAND INFO lists them.
func (f KeyFlags) Names() []string { return bitNames(uint32(f), keyFlagNames[:]) }

// oneKey, allKeys and keyPairs are the shapes that most commands have.
func oneKey(f KeyFlags) []KeySpec   { return []KeySpec{{Begin: 1, Step: 1, Flags: f}} }
func allKeys(f KeyFlags) []KeySpec  { return []KeySpec{{Begin: 1, Last: -1, Step: 1, Flags: f}} }
func keyPairs(f KeyFlags) []KeySpec { return []KeySpec{{Begin: 1, Last: -1, Step: 2, Flags: f}} }

// countedKeys is the shape of commands whose word begin says how many keys follow.
func countedKeys(begin int, f KeyFlags) []KeySpec {
	return []KeySpec{{Begin: begin, Step: 1, Counted: true, Flags: f}}
}

// Every row of every edition by name, and the table of the standard one. They are filled once, when the program starts,
// and never changed.
var (
	every    []*Command
	current  Table
	commands int // subcommands counted too
)

// Rows come from one list per group; a new group is one more line here.
func init() {
	groups := [][]Command{
		stringCommands,
		bitCommands,
		hllCommands,
		sortCommands,
		hashCommands,
		setCommands,
		keyCommands,
		keyspaceCommands,
		dumpCommands,
		migrateCommands,
		expireCommands,
		connectionCommands,
		transactionCommands,
		serverCommands,
		aclCommands,
		persistenceCommands,
		replicationCommands,
		pubsubCommands,
		zsetCommands,
		geoCommands,
		listCommands,
		streamCommands,
	}
	for _, rows := range groups {
		for i := range rows {
			c := &rows[i]
			c.complete(nil)
			every = append(every, c)
		}
	}
	slices.SortFunc(every, func(a, b *Command) int { return strings.Compare(a.Name, b.Name) })
	current = Table{edition: standard, byName: make(map[string]*Command, len(every))}
	for _, c := range every {
		if c = c.in(&standard); c != nil {
			current.add(c)
		}
	}
}

// complete fills in what follows from the row.
func (c *Command) complete(parent *Command) {
	c.Parent, c.ID = parent, commands
	commands++
	for i, s := range c.Keys {
		if s.Counted || s.Keyword != "" || s.Where != nil {
			continue // where these are depends on the line
		}
		last := s.Last
		if last >= 0 {
			last += s.Begin
		}
		if i == 0 {
			c.First, c.Last, c.Step = s.Begin, last, s.Step
		} else if last < 0 || c.Last >= 0 && last > c.Last {
			c.Last = last // neighbours, such as the two keys of RENAME, read as one range
		}
	}
	for i := range c.Subs {
		c.Subs[i].complete(c)
	}
}

// All returns every command of the standard edition by name. It is shared; do not change it.
func All() []*Command { return current.All() }

// Lookup returns the command of that name in any case, or nil, in the standard edition. It allocates nothing.
func Lookup(name []byte) *Command { return current.Lookup(name) }

// Find returns the command, or the subcommand, that a command line calls in the standard edition, or why there is none.
func Find(args [][]byte) (cmd *Command, refusal string) { return current.Find(args) }
