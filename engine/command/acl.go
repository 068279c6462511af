package command

// aclCommands are about who may do what. There is one user, default, who may do everything: package node knows how it
// proves who it is, and what depends on the table alone is here.
var aclCommands = []Command{
	{Name: "ACL", Arity: -2,
		Group: "server", Since: "6.0.0", Complexity: "that of the subcommand",
		Summary: "About users and what they may do",
		Subs: []Command{
			{Name: "CAT", Arity: -2, Flags: always, Do: aclCat,
				Group: "server", Since: "6.0.0", Complexity: "O(1), since the commands are always the same",
				Summary: "List the categories of commands, or the commands of one",
				Syntax:  "[category]"},
			{Name: "DELUSER", Arity: -3, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of names",
				Summary: "Remove users",
				Syntax:  "username [username ...]"},
			{Name: "DRYRUN", Arity: -4, Flags: always | Admin, Do: aclDryRun,
				Group: "server", Since: "7.0.0", Complexity: "O(1)",
				Summary: "Ask whether a user may run a command, without running it",
				Syntax:  "username command [arg ...]"},
			{Name: "GENPASS", Arity: -2, Flags: always,
				Group: "server", Since: "6.0.0", Complexity: "O(1)",
				Summary: "Draw a random password of so many bits, 256 unless told otherwise, in hexadecimal digits",
				Syntax:  "[bits]"},
			{Name: "GETUSER", Arity: 3, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of rules and passwords of the user",
				Summary: "Describe a user to programs",
				Syntax:  "username"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, Do: Help,
				Group: "server", Since: "6.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "LIST", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of users",
				Summary: "List the users, each as a line of a configuration file"},
			{Name: "LOAD", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of users",
				Summary: "Read the users from their file again"},
			{Name: "LOG", Arity: -2, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of entries",
				Summary: "List who was turned away lately, ten entries unless told otherwise, or forget them",
				Syntax:  "[count | RESET]"},
			{Name: "SAVE", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of users",
				Summary: "Write the users into their file"},
			{Name: "SETUSER", Arity: -3, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of rules",
				Summary: "Change the passwords of the user default",
				Syntax:  "username [rule [rule ...]]"},
			{Name: "USERS", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "6.0.0", Complexity: "O(N), N being the number of users",
				Summary: "List the names of the users"},
			{Name: "WHOAMI", Arity: 2, Flags: always,
				Group: "server", Since: "6.0.0", Complexity: "O(1)",
				Summary: "Get the name of the user of this connection"},
		}},
}

// aclCat implements ACL CAT [category]. Redis lists the commands in the order of a hash table; here it is theirs by name.
// A command that was renamed, even to nothing, is listed under the name that it had.
//
// Source: redis/src/acl.c, aclCommand and aclCatWithFlags.
func aclCat(c *Call) {
	w := c.Reply
	switch len(c.Args) {
	case 2:
		w.Array(len(categoryNames))
		for _, name := range categoryNames {
			w.BulkString(name)
		}
		return
	case 3:
	default:
		c.wrongSubcommand()
		return
	}
	cat := categoryOf(c.Args[2])
	if cat == 0 {
		w.Error("ERR Unknown category '" + string(cString(c.Args[2], len(c.Args[2]))) + "'")
		return
	}
	start, n := len(w.Buf), 0
	list := func(cmd *Command) {
		if cmd.Categories()&cat != 0 {
			w.BulkString(cmd.FullName())
			n++
		}
	}
	for _, cmd := range TableOf(c.table().edition).rows {
		list(cmd)
		for i := range cmd.Subs {
			list(&cmd.Subs[i])
		}
	}
	w.ArrayFrom(start, n)
}

// aclDryRun implements ACL DRYRUN username command [arg ...]. The only user may do whatever is a command line.
//
// Source: redis/src/acl.c, aclCommand.
func aclDryRun(c *Call) {
	user, line := string(cString(c.Args[2], len(c.Args[2]))), c.Args[3:]
	if string(c.Args[2]) != "default" {
		c.Reply.Error("ERR User '" + user + "' not found")
		return
	}
	cmd := c.table().Lookup(line[0])
	if cmd != nil && len(cmd.Subs) > 0 && len(line) > 1 {
		cmd = cmd.Sub(line[1])
	}
	switch {
	case cmd == nil:
		c.Reply.Error("ERR Command '" + string(cString(line[0], len(line[0]))) + "' not found")
	case !cmd.Accepts(len(line)):
		c.Reply.Error(WrongArity(cmd))
	default:
		c.Reply.OK()
	}
}
