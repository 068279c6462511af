package command

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An Edition says which version of Redis a table is for, and how that version words what it does not know.
type Edition struct {
	Version string // commands and options that came later do not exist
	// RunsStale, unless nil, says whether a command runs on a replica without its master, where the row says listed.
	RunsStale func(name string, listed bool) bool
	// NamesArguments says that the error for an unknown command quotes its arguments; Backquotes, that it does so between
	// backquotes, and the name too. An edition without names of arguments has a text for each unknown subcommand.
	NamesArguments, Backquotes bool
}

// A Table is the commands of one edition: its rows by name. It is shared and never changed.
type Table struct {
	rows    []*Command
	byName  map[string]*Command // in capitals
	longest int                 // bytes of a name
	edition Edition
}

// standard is the edition of the package's own Find, Lookup and All.
var standard = Edition{Version: "7.0.15", NamesArguments: true}

// TableOf returns the table of an edition. A row in which the edition differs from the standard is a copy, with the ID
// of the original.
func TableOf(e Edition) *Table {
	if e.standard() {
		return &current
	}
	t := &Table{edition: e, byName: make(map[string]*Command, len(every))}
	for _, c := range every {
		if c = c.in(&e); c != nil {
			t.add(c)
		}
	}
	return t
}

// standard reports whether an edition has every row as it is written.
func (e *Edition) standard() bool { return e.Version == standard.Version && e.RunsStale == nil }

func (t *Table) add(c *Command) {
	t.rows = append(t.rows, c)
	t.byName[c.Name] = c
	t.longest = max(t.longest, len(c.Name))
}

// Rename returns a table in which a command answers to another name, or to none where that is empty. Its row stays as it
// is, and so does what COMMAND and INFO call it. The error is in Redis's words.
//
// Source: redis/src/config.c, loadServerConfigFromString.
func (t *Table) Rename(from, to string) (*Table, error) {
	from, to = strings.ToUpper(from), strings.ToUpper(to)
	row := t.byName[from]
	if row == nil {
		return nil, errors.New("No such command in rename-command")
	}
	renamed := *t
	renamed.byName = maps.Clone(t.byName)
	delete(renamed.byName, from)
	switch {
	case to == "":
		renamed.rows = slices.DeleteFunc(slices.Clone(t.rows), func(c *Command) bool { return c == row })
	case renamed.byName[to] != nil:
		return nil, errors.New("Target command name already exists")
	default:
		renamed.byName[to] = row
		renamed.longest = max(t.longest, len(to))
	}
	return &renamed, nil
}

// All returns the commands of the edition by name. It is shared; do not change it.
func (t *Table) All() []*Command { return t.rows }

// Lookup returns the command of that name in any case, or nil. It allocates nothing, but for names longer than Redis
// gives any.
func (t *Table) Lookup(name []byte) *Command {
	if len(name) > t.longest {
		return nil
	}
	var space [20]byte
	upper := space[:]
	if len(name) > len(space) {
		upper = make([]byte, len(name))
	}
	for i, b := range name {
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		upper[i] = b
	}
	return t.byName[string(upper[:len(name)])]
}

// Find returns the command, or the subcommand, that a command line calls. When there is none, or when the line has
// too few or too many words for it, cmd is nil and refusal is the error to answer with.
//
// Source: redis/src/server.c, processCommand, commandCheckExistence and commandCheckArity.
func (t *Table) Find(args [][]byte) (cmd *Command, refusal string) {
	cmd = t.Lookup(args[0])
	if cmd == nil {
		return nil, t.unknown(args)
	}
	if len(cmd.Subs) > 0 && len(args) > 1 {
		sub := cmd.Sub(args[1])
		if sub == nil || t.edition.old() && !sub.Accepts(len(args)) {
			return nil, t.unknownSub(cmd, args[1])
		}
		cmd = sub
	}
	if !cmd.Accepts(len(args)) {
		return nil, WrongArity(cmd)
	}
	return cmd, ""
}

// old reports whether a container is still one command, which takes its second word as it likes.
func (e *Edition) old() bool { return !e.NamesArguments || e.Backquotes }

// unknown returns the error for a command line whose first word is no command.
func (t *Table) unknown(args [][]byte) string {
	switch e := &t.edition; {
	case !e.NamesArguments:
		return "ERR unknown command '" + string(cString(args[0], len(args[0]))) + "'"
	case e.Backquotes:
		return unknownCommand(args, len(args[0]), "`", "`, ")
	}
	return UnknownCommand(args)
}

// unknownSub returns the error for a container called with a word that is no subcommand of it, or with too few or too
// many behind that.
func (t *Table) unknownSub(c *Command, name []byte) string {
	if !t.edition.old() {
		return UnknownSubcommand(c, name)
	}
	switch c.Name {
	case "CLIENT":
		if t.edition.NamesArguments {
			return "ERR Syntax error, try CLIENT (LIST | KILL | GETNAME | SETNAME | PAUSE | REPLY)"
		}
		return "ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)"
	case "CONFIG":
		if sub := c.Sub(name); sub != nil {
			return "ERR Wrong number of arguments for CONFIG " + string(name)
		}
		return "ERR CONFIG subcommand must be one of GET, SET, RESETSTAT, REWRITE"
	case "COMMAND":
		return "ERR Unknown subcommand or wrong number of arguments."
	case "PUBSUB":
		return "ERR Unknown PUBSUB subcommand or wrong number of arguments for '" + string(name) + "'"
	case "OBJECT":
		return "ERR Syntax error. Try OBJECT (refcount|encoding|idletime)"
	case "SLOWLOG":
		return "ERR Unknown SLOWLOG subcommand or wrong # of args. Try GET, RESET, LEN."
	}
	return errSyntax
}

// in returns the row as an edition has it, or nil when it has none.
func (c *Command) in(e *Edition) *Command {
	if e.older(c.Since) && c.Name != "REPLCONF" { // older than the documentation says
		return nil
	}
	if e.standard() {
		return c
	}
	arity, options := c.Arity, c.optionsIn(e)
	if n, ok := e.arityOf(c); ok {
		arity = n
	}
	flags := c.Flags
	if e.RunsStale != nil && c.Parent == nil {
		flags &^= Stale
		if e.RunsStale(c.Name, c.Flags&Stale != 0) {
			flags |= Stale
		}
	}
	subs := make([]Command, 0, len(c.Subs))
	changed := arity != c.Arity || flags != c.Flags || options != nil
	for i := range c.Subs {
		sub := c.Subs[i].in(e)
		changed = changed || sub != &c.Subs[i]
		if sub != nil {
			subs = append(subs, *sub)
		}
	}
	if !changed {
		return c
	}
	row := *c
	row.Arity, row.Flags, row.Subs, row.options = arity, flags, subs, options
	for i := range row.Subs {
		row.Subs[i].Parent = &row
		row.Subs[i].Flags = row.Subs[i].Flags&^Stale | flags&Stale
	}
	if do := row.Do; do != nil && options != nil {
		row.Do = func(call *Call) {
			if row.TooNew(call.Args) {
				call.Reply.Error(errSyntax)
				return
			}
			do(call)
		}
	}
	return &row
}

// older reports whether the edition is older than a version.
func (e *Edition) older(version string) bool {
	var own, other string
	for rest := e.Version; version != ""; {
		own, rest, _ = strings.Cut(rest, ".")
		other, version, _ = strings.Cut(version, ".")
		a, _ := strconv.Atoi(own)
		if b, _ := strconv.Atoi(other); a != b {
			return a < b
		}
	}
	return false
}

// arities are those that have changed otherwise than by an option, by full name: until that version the command took so
// many words.
var arities = map[string]struct {
	until string
	words int
}{
	"ping": {"2.8.0", 1}, "exists": {"3.0.3", 2}, "lpushx": {"4.0.0", 3}, "rpushx": {"4.0.0", 3}, "hset": {"4.0.0", 4},
	"psync": {"6.2.0", 3}, "config|get": {"7.0.0", 3}, "config|set": {"7.0.0", 4},
}

// arityOf returns the arity of a command where it is another one in the edition: all that made it a variable one may have
// come later.
func (e *Edition) arityOf(c *Command) (int, bool) {
	if a, ok := arities[c.FullName()]; ok && e.older(a.until) {
		return a.words, true
	}
	if c.Arity > 0 || e.Version == standard.Version { // the documentation's own lacks nothing, see optionsIn
		return 0, false
	}
	text := argumentsOf(c.FullName())
	if text == "" {
		return 0, false
	}
	lost := false
	for a := (argument{}); text != ""; {
		a, text = nextArgument(text)
		switch {
		case e.lacks(&a):
			lost = true
		case len(a.flags) > 0, a.parts != "":
			return 0, false
		}
	}
	return -c.Arity, lost
}

// lacks reports whether an argument came later, or everything that it may be.
func (e *Edition) lacks(a *argument) bool {
	if a.since != "" && e.older(a.since) {
		return true
	}
	if a.kind != "oneof" {
		return false
	}
	for part, text := (argument{}), a.parts; text != ""; {
		if part, text = nextArgument(text); !e.lacks(&part) {
			return false
		}
	}
	return a.parts != ""
}

// options are the words that may stand among those of a command line, where the edition lacks any of them.
type options struct {
	words []option
	from  int  // the first word of a line that may be one
	lead  bool // they come in front of the rest, and end with the first word that is none
}

// An option is one of them.
type option struct {
	word  string // in capitals
	takes int    // words that belong to it
	newer bool   // than the edition
}

// optionsIn returns the options of a command, or nil where the edition lacks none.
func (c *Command) optionsIn(e *Edition) *options {
	if e.Version == standard.Version { // the documentation's own: it lacks nothing, and to read that of all commands takes a while
		return nil
	}
	o := &options{from: 1}
	if c.Parent != nil {
		o.from = 2
	}
	lacks, optional := false, false
	var walk func(text string, newer, top bool)
	walk = func(text string, newer, top bool) {
		for a := (argument{}); text != ""; {
			a, text = nextArgument(text)
			if top {
				required := !slices.Contains(a.flags, "optional")
				o.lead = o.lead || required && optional
				optional = optional || !required
				if !optional {
					o.from++
				}
			}
			late := newer || e.lacks(&a)
			if a.hasToken {
				takes := 0
				if a.kind != "pure-token" {
					takes = strings.Count(a.parts, " ") + 1
				}
				o.words = append(o.words, option{a.token, takes, late})
				lacks = lacks || late
			}
			if a.kind == "oneof" || a.kind == "block" && !a.hasToken {
				walk(a.parts, late, false)
			}
		}
	}
	walk(argumentsOf(c.FullName()), false, true)
	if !lacks {
		return nil
	}
	return o
}

// TooNew reports whether a command line that fits the arity has an option that came after the table's edition: to that
// it is no option at all, and the line is wrong.
func (c *Command) TooNew(args [][]byte) bool {
	if c.options == nil {
		return false
	}
	for i := c.options.from; i < len(args); i++ {
		at := slices.IndexFunc(c.options.words, func(o option) bool { return is(args[i], o.word) })
		switch {
		case at >= 0 && c.options.words[at].newer:
			return true
		case at >= 0:
			i += c.options.words[at].takes
		case c.options.lead:
			return false
		}
	}
	return false
}
