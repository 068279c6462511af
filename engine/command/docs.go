package command

import "strings"

// commandInfo implements COMMAND and COMMAND INFO [name ...].
//
// Source: redis/src/server.c, addReplyCommandInfo.
func commandInfo(c *Call) {
	if len(c.Args) <= 2 {
		c.Reply.Array(len(c.table().rows))
		for _, cmd := range c.table().rows {
			c.replyInfo(cmd)
		}
		return
	}
	names := c.Args[2:]
	c.Reply.Array(len(names))
	for _, name := range names {
		if cmd := c.table().byFullName(name); cmd != nil {
			c.replyInfo(cmd)
		} else {
			c.Reply.Null()
		}
	}
}

// byFullName finds "get" and "config|get".
func (t *Table) byFullName(name []byte) *Command {
	first, second, sub := strings.Cut(string(name), "|")
	cmd := t.Lookup([]byte(first))
	if cmd != nil && sub {
		return cmd.Sub([]byte(second))
	}
	return cmd
}

func (c *Call) replyInfo(cmd *Command) {
	w := c.Reply
	w.Array(10)
	w.BulkString(cmd.FullName())
	w.Int(int64(cmd.Arity))
	c.replyStatusSet(cmd.Flags.Names(), "")
	w.Int(int64(cmd.First))
	w.Int(int64(cmd.Last))
	w.Int(int64(cmd.Step))
	c.replyStatusSet(cmd.Categories().Names(), "@")
	w.Set(len(cmd.Tips))
	for _, tip := range cmd.Tips {
		w.BulkString(tip)
	}
	w.Set(len(cmd.Keys))
	for _, s := range cmd.Keys {
		c.replyKeySpec(s)
	}
	if len(cmd.Subs) == 0 {
		w.Set(0)
	} else {
		w.Array(len(cmd.Subs))
	}
	for i := range cmd.Subs {
		c.replyInfo(&cmd.Subs[i])
	}
}

func (c *Call) replyStatusSet(names []string, prefix string) {
	c.Reply.Set(len(names))
	for _, name := range names {
		c.Reply.Simple(prefix + name)
	}
}

// replyKeySpec describes where keys begin and how the others are found from there.
//
// Source: redis/src/server.c, addReplyCommandKeySpecs.
func (c *Call) replyKeySpec(s KeySpec) {
	w := c.Reply
	w.Map(3)
	w.BulkString("flags")
	c.replyStatusSet(s.Flags.Names(), "")
	w.BulkString("begin_search")
	if s.Where != nil {
		c.replySpec("unknown", 0)
		w.BulkString("find_keys")
		c.replySpec("unknown", 0)
		return
	}
	if s.Keyword != "" {
		c.replySpec("keyword", 2)
		w.BulkString("keyword")
		w.BulkString(s.Keyword)
		w.BulkString("startfrom")
	} else {
		c.replySpec("index", 1)
		w.BulkString("index")
	}
	w.Int(int64(s.Begin))
	w.BulkString("find_keys")
	numbers := [...]struct {
		name string
		n    int
	}{{"lastkey", s.Last}, {"keystep", s.Step}, {"limit", s.Limit}}
	if s.Counted {
		numbers[0].name, numbers[0].n = "keynumidx", 0
		numbers[1].name, numbers[1].n = "firstkey", 1
		numbers[2].name, numbers[2].n = "keystep", s.Step
		c.replySpec("keynum", 3)
	} else {
		c.replySpec("range", 3)
	}
	for _, x := range numbers {
		w.BulkString(x.name)
		w.Int(int64(x.n))
	}
}

// replySpec begins a half of a key spec, which has so many fields.
func (c *Call) replySpec(kind string, fields int) {
	w := c.Reply
	w.Map(2)
	w.BulkString("type")
	w.BulkString(kind)
	w.BulkString("spec")
	w.Map(fields)
}

// commandCount implements COMMAND COUNT.
func commandCount(c *Call) { c.Reply.Int(int64(len(c.table().rows))) }

// commandDocs implements COMMAND DOCS [name ...]. Names that are no commands are left out.
//
// Source: redis/src/server.c, commandDocsCommand.
func commandDocs(c *Call) {
	asked := c.table().rows
	if len(c.Args) > 2 {
		asked = nil
		for _, name := range c.Args[2:] {
			if cmd := c.table().byFullName(name); cmd != nil {
				asked = append(asked, cmd)
			}
		}
	}
	c.Reply.Map(len(asked))
	for _, cmd := range asked {
		c.replyDocs(cmd)
	}
}

// replyDocs describes a command to people, under its name.
func (c *Call) replyDocs(cmd *Command) {
	w := c.Reply
	w.BulkString(cmd.FullName())
	fields := [...]struct{ name, text string }{
		{"summary", cmd.Summary},
		{"since", cmd.Since},
		{"group", cmd.Group},
		{"complexity", cmd.Complexity},
	}
	n := 0
	for _, f := range fields {
		if f.text != "" {
			n++
		}
	}
	if cmd.Deprecated != "" {
		n += 3
	}
	if len(cmd.Subs) > 0 {
		n++
	}
	arguments := argumentsOf(cmd.FullName())
	if arguments != "" {
		n++
	}
	w.Map(n)
	for _, f := range fields {
		if f.text != "" {
			w.BulkString(f.name)
			w.BulkString(f.text)
		}
	}
	if cmd.Deprecated != "" {
		w.BulkString("doc_flags")
		w.Set(1)
		w.Simple("deprecated")
		w.BulkString("deprecated_since")
		w.BulkString(cmd.Deprecated)
		w.BulkString("replaced_by")
		w.BulkString(cmd.ReplacedBy)
	}
	if arguments != "" {
		w.BulkString("arguments")
		replyArguments(w, arguments)
	}
	if len(cmd.Subs) > 0 {
		w.BulkString("subcommands")
		w.Map(len(cmd.Subs))
		for i := range cmd.Subs {
			c.replyDocs(&cmd.Subs[i])
		}
	}
}

// commandList implements COMMAND LIST [FILTERBY MODULE name|ACLCAT category|PATTERN pattern].
//
// Source: redis/src/server.c, commandListCommand.
func commandList(c *Call) {
	want := func(*Command) bool { return true }
	if len(c.Args) > 2 {
		if len(c.Args) != 5 || !is(c.Args[2], "FILTERBY") {
			c.Reply.Error(errSyntax)
			return
		}
		value := c.Args[4]
		switch {
		case is(c.Args[3], "MODULE"):
			want = func(*Command) bool { return false } // there are no modules
		case is(c.Args[3], "ACLCAT"):
			cat := categoryOf(value)
			want = func(cmd *Command) bool { return cmd.Categories()&cat != 0 }
		case is(c.Args[3], "PATTERN"):
			want = func(cmd *Command) bool { return globAnyCase(value, cmd.FullName()) }
		default:
			c.Reply.Error(errSyntax)
			return
		}
	}
	start, n := len(c.Reply.Buf), 0
	list := func(cmd *Command) {
		if want(cmd) {
			c.Reply.BulkString(cmd.FullName())
			n++
		}
	}
	for _, cmd := range c.table().rows {
		list(cmd)
		for i := range cmd.Subs {
			list(&cmd.Subs[i])
		}
	}
	c.Reply.ArrayFrom(start, n)
}

// categoryOf returns the category of that name in any case, or 0.
func categoryOf(name []byte) Category {
	for i, n := range categoryNames {
		if strings.EqualFold(n, string(cString(name, len(name)))) {
			return 1 << i
		}
	}
	return 0
}

// globAnyCase is glob without regard to case. name is in lower case.
func globAnyCase(pattern []byte, name string) bool {
	return glob([]byte(strings.ToLower(string(pattern))), name)
}
