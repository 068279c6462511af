package command

// always are the flags of what a client may do whatever the state of the server.
const always = NoScript | Loading | Stale

var connectionCommands = []Command{
	{Name: "PING", Arity: -1, Flags: Fast, ACL: CatConnection, Do: ping,
		Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Tips:    []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Summary: "Ask for a sign of life",
		Syntax:  "[message]"},
	{Name: "ECHO", Arity: 2, Flags: Loading | Stale | Fast, ACL: CatConnection, Do: echo,
		Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Get a message back",
		Syntax:  "message"},
	{Name: "SELECT", Arity: 2, Flags: Loading | Stale | Fast, ACL: CatConnection, Do: selectDB,
		Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Use another database from now on",
		Syntax:  "index"},
	{Name: "AUTH", Arity: -2, Flags: always | Fast | NoAuth | AllowBusy, ACL: CatConnection,
		Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Give the password",
		Syntax:  "[username] password"},
	{Name: "HELLO", Arity: -1, Flags: always | Fast | NoAuth | AllowBusy, ACL: CatConnection,
		Group: "connection", Since: "6.0.0", Complexity: "O(1)",
		Summary: "Choose the version of the protocol",
		Syntax:  "[protover [AUTH username password] [SETNAME clientname]]"},
	{Name: "QUIT", Arity: -1, Flags: always | Fast | NoAuth | AllowBusy, ACL: CatConnection,
		Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Close the connection"},
	{Name: "RESET", Arity: 1, Flags: always | Fast | NoAuth | AllowBusy, ACL: CatConnection,
		Group: "connection", Since: "6.2.0", Complexity: "O(1)",
		Summary: "Make the connection as good as new"},
	{Name: "CLIENT", Arity: -2,
		Group: "connection", Since: "2.4.0", Complexity: "that of the subcommand",
		Summary: "About this and other connections",
		Subs: []Command{
			{Name: "CACHING", Arity: 3, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "6.0.0", Complexity: "O(1)",
				Summary: "Say whether the keys of the next command are tracked",
				Syntax:  "YES | NO"},
			{Name: "GETNAME", Arity: 2, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "2.6.9", Complexity: "O(1)",
				Summary: "Get the name of this connection"},
			{Name: "GETREDIR", Arity: 2, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "6.0.0", Complexity: "O(1)",
				Summary: "Get the number of the connection that is told of changed keys instead of this one"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, ACL: CatConnection, Do: Help,
				Group: "connection", Since: "5.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "ID", Arity: 2, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "5.0.0", Complexity: "O(1)",
				Summary: "Get the number of this connection"},
			{Name: "INFO", Arity: 2, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "6.2.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
				Summary: "Describe this connection"},
			{Name: "KILL", Arity: -3, Flags: always | Admin, ACL: CatConnection,
				Group: "connection", Since: "2.4.0", Complexity: "O(N), N being the number of connections",
				Summary: "Close connections",
				Syntax:  "ip:port | [ID client-id] [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [USER username] [ADDR ip:port] [LADDR ip:port] [SKIPME YES | NO]"},
			{Name: "LIST", Arity: -2, Flags: always | Admin, ACL: CatConnection,
				Group: "connection", Since: "2.4.0", Complexity: "O(N), N being the number of connections", Tips: []string{"nondeterministic_output"},
				Summary: "Describe the connections",
				Syntax:  "[TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id [client-id ...]]"},
			{Name: "NO-EVICT", Arity: 3, Flags: always | Admin, ACL: CatConnection,
				Group: "connection", Since: "7.0.0", Complexity: "O(1)",
				Summary: "Spare this connection when memory for clients is short",
				Syntax:  "ON | OFF"},
			{Name: "PAUSE", Arity: -3, Flags: always | Admin, ACL: CatConnection,
				Group: "connection", Since: "2.9.50", Complexity: "O(1)",
				Summary: "Let the commands of all clients wait for some milliseconds, or those that write",
				Syntax:  "timeout [WRITE | ALL]"},
			{Name: "REPLY", Arity: 3, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "3.2.0", Complexity: "O(1)",
				Summary: "Say whether this connection wants replies",
				Syntax:  "ON | OFF | SKIP"},
			{Name: "SETNAME", Arity: 3, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "2.6.9", Complexity: "O(1)",
				Summary: "Name this connection",
				Syntax:  "connection-name"},
			{Name: "TRACKING", Arity: -3, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "6.0.0", Complexity: "O(1)",
				Summary: "Say whether this connection is told of changes to the keys that it has read",
				Syntax:  "ON | OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]"},
			{Name: "TRACKINGINFO", Arity: 2, Flags: always, ACL: CatConnection,
				Group: "connection", Since: "6.2.0", Complexity: "O(1)",
				Summary: "Describe the tracking of this connection"},
			{Name: "UNBLOCK", Arity: -3, Flags: always | Admin, ACL: CatConnection,
				Group: "connection", Since: "5.0.0", Complexity: "O(log N), N being the number of connections",
				Summary: "End the wait of a connection in a blocking command",
				Syntax:  "client-id [TIMEOUT | ERROR]"},
			{Name: "UNPAUSE", Arity: 2, Flags: always | Admin, ACL: CatConnection,
				Group: "connection", Since: "6.2.0", Complexity: "O(N), N being the number of connections that wait",
				Summary: "End a pause"},
		}},
}

// ping implements PING [message]. A client in RESP2 that has subscribed gets an array instead, which is the business
// of package node.
func ping(c *Call) {
	switch len(c.Args) {
	case 1:
		c.Reply.Simple("PONG")
	case 2:
		c.Reply.Bulk(c.Args[1])
	default:
		c.Reply.Error(WrongArity(c.Cmd))
	}
}

// echo implements ECHO message.
func echo(c *Call) { c.Reply.Bulk(c.Args[1]) }

// selectDB implements SELECT index.
//
// Source: redis/src/db.c, selectCommand.
func selectDB(c *Call) {
	n, ok := c.integer(1)
	if !ok {
		return
	}
	if n != int64(int32(n)) {
		c.Reply.Error(errIntRange)
		return
	}
	if n < 0 || n >= int64(c.Store.Databases()) {
		c.Reply.Error(errDBIndex)
		return
	}
	c.DB = int(n)
	c.Reply.OK()
}
