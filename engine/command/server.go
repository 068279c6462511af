package command

var serverCommands = []Command{
	{Name: "DBSIZE", Arity: 1, Flags: ReadOnly | Fast, ACL: CatKeyspace, Do: dbsize,
		Group: "server", Since: "1.0.0", Complexity: "O(1)",
		Tips:    []string{"request_policy:all_shards", "response_policy:agg_sum"},
		Summary: "Count the keys of the database"},
	{Name: "FLUSHALL", Arity: -1, Flags: Write, ACL: CatKeyspace | CatDangerous, Do: flushAll,
		Group: "server", Since: "1.0.0", Complexity: "O(N), N being the number of keys in all databases",
		Tips:    []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Summary: "Delete the keys of all databases",
		Syntax:  "[ASYNC | SYNC]"},
	{Name: "FLUSHDB", Arity: -1, Flags: Write, ACL: CatKeyspace | CatDangerous, Do: flushDB,
		Group: "server", Since: "1.0.0", Complexity: "O(N), N being the number of keys in the database",
		Tips:    []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Summary: "Delete the keys of the database",
		Syntax:  "[ASYNC | SYNC]"},
	{Name: "COMMAND", Arity: -1, Flags: Loading | Stale, ACL: CatConnection, Do: commandInfo,
		Group: "server", Since: "2.8.13", Complexity: "O(N), N being the number of commands",
		Tips:    []string{"nondeterministic_output_order"},
		Summary: "About the commands of the server",
		Subs: []Command{
			{Name: "COUNT", Arity: 2, Flags: Loading | Stale, ACL: CatConnection, Do: commandCount,
				Group: "server", Since: "2.8.13", Complexity: "O(1)",
				Summary: "Count the commands"},
			{Name: "DOCS", Arity: -2, Flags: Loading | Stale, ACL: CatConnection, Do: commandDocs,
				Group: "server", Since: "7.0.0", Complexity: "O(N), N being the number of commands asked for",
				Tips:    []string{"nondeterministic_output_order"},
				Summary: "Explain commands",
				Syntax:  "[command-name [command-name ...]]"},
			{Name: "GETKEYS", Arity: -4, Flags: Loading | Stale, ACL: CatConnection, Do: commandGetKeys,
				Group: "server", Since: "2.8.13", Complexity: "O(N), N being the number of arguments",
				Summary: "List the keys in a command line",
				Syntax:  "command [arg ...]"},
			{Name: "GETKEYSANDFLAGS", Arity: -4, Flags: Loading | Stale, ACL: CatConnection, Do: commandGetKeysAndFlags,
				Group: "server", Since: "7.0.0", Complexity: "O(N), N being the number of arguments",
				Summary: "List the keys in a command line and what becomes of them",
				Syntax:  "command [arg ...]"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, ACL: CatConnection, Do: Help,
				Group: "server", Since: "5.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "INFO", Arity: -2, Flags: Loading | Stale, ACL: CatConnection, Do: commandInfo,
				Group: "server", Since: "2.8.13", Complexity: "O(N), N being the number of commands asked for",
				Tips:    []string{"nondeterministic_output_order"},
				Summary: "Describe commands to programs",
				Syntax:  "[command-name [command-name ...]]"},
			{Name: "LIST", Arity: -2, Flags: Loading | Stale, ACL: CatConnection, Do: commandList,
				Group: "server", Since: "7.0.0", Complexity: "O(N), N being the number of commands",
				Tips:    []string{"nondeterministic_output_order"},
				Summary: "List the names of commands",
				Syntax:  "[FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]"},
		}},
	{Name: "INFO", Arity: -1, Flags: Loading | Stale, ACL: CatDangerous,
		Group: "server", Since: "1.0.0", Complexity: "O(1)",
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Summary: "Describe the server and count what it has done",
		Syntax:  "[section [section ...]]"},
	{Name: "CONFIG", Arity: -2,
		Group: "server", Since: "2.0.0", Complexity: "that of the subcommand",
		Summary: "About the configuration",
		Subs: []Command{
			{Name: "GET", Arity: -3, Flags: always | Admin,
				Group: "server", Since: "2.0.0", Complexity: "O(N), N being the number of patterns",
				Summary: "Get the settings whose names match patterns",
				Syntax:  "parameter [parameter ...]"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, Do: Help,
				Group: "server", Since: "5.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "RESETSTAT", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "2.0.0", Complexity: "O(1)",
				Summary: "Set the counters of INFO back to zero"},
			{Name: "REWRITE", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "2.8.0", Complexity: "O(1)",
				Summary: "Write the settings into the file that they came from"},
			{Name: "SET", Arity: -4, Flags: always | Admin,
				Group: "server", Since: "2.0.0", Complexity: "O(N), N being the number of settings",
				Tips:    []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
				Summary: "Change settings, all of them or none",
				Syntax:  "parameter value [parameter value ...]"},
		}},
	{Name: "SHUTDOWN", Arity: -1, Flags: always | Admin | NoMulti | AllowBusy,
		Group: "server", Since: "1.0.0", Complexity: "O(N) when saving, N being the number of keys in all databases, else O(1)",
		Summary: "Save the dataset, wait for the replicas, and end the process",
		Syntax:  "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]"},
	{Name: "DEBUG", Arity: -2, Flags: always | Admin | Protected,
		Group: "server", Since: "1.0.0", Complexity: "that of the subcommand",
		Summary: "Tools for tests of the server itself"},
	{Name: "LASTSAVE", Arity: 1, Flags: Loading | Stale | Fast, ACL: CatAdmin | CatDangerous,
		Group: "server", Since: "1.0.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
		Summary: "Get the Unix time of the last RDB file"},
	{Name: "LATENCY", Arity: -2,
		Group: "server", Since: "2.8.13", Complexity: "that of the subcommand",
		Summary: "About what took long",
		Subs: []Command{
			{Name: "DOCTOR", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "2.8.13", Complexity: "O(1)", Tips: latencyTips,
				Summary: "Explain what took long"},
			{Name: "GRAPH", Arity: 3, Flags: always | Admin,
				Group: "server", Since: "2.8.13", Complexity: "O(1)", Tips: latencyTips,
				Summary: "Draw how long an event took",
				Syntax:  "event"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, Do: Help,
				Group: "server", Since: "2.8.13", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "HISTOGRAM", Arity: -2, Flags: always | Admin,
				Group: "server", Since: "7.0.0", Complexity: "O(N), N being the number of commands that were called", Tips: latencyTips,
				Summary: "Count how long commands took",
				Syntax:  "[command [command ...]]"},
			{Name: "HISTORY", Arity: 3, Flags: always | Admin,
				Group: "server", Since: "2.8.13", Complexity: "O(1)", Tips: latencyTips,
				Summary: "List how long an event took",
				Syntax:  "event"},
			{Name: "LATEST", Arity: 2, Flags: always | Admin,
				Group: "server", Since: "2.8.13", Complexity: "O(1)", Tips: latencyTips,
				Summary: "List the last time that each event took long"},
			{Name: "RESET", Arity: -2, Flags: always | Admin,
				Group: "server", Since: "2.8.13", Complexity: "O(1)",
				Tips:    []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
				Summary: "Forget what took long",
				Syntax:  "[event [event ...]]"},
		}},
	{Name: "MONITOR", Arity: 1, Flags: always | Admin,
		Group: "server", Since: "1.0.0",
		Summary: "Show every command as it is executed"},
	{Name: "SLOWLOG", Arity: -2,
		Group: "server", Since: "2.2.12", Complexity: "that of the subcommand",
		Summary: "About the commands that took longest",
		Subs: []Command{
			{Name: "GET", Arity: -2, Flags: Admin | Loading | Stale,
				Group: "server", Since: "2.2.12", Complexity: "O(N), N being the number of entries",
				Tips:    []string{"request_policy:all_nodes", "nondeterministic_output"},
				Summary: "List the latest slow commands",
				Syntax:  "[count]"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, Do: Help,
				Group: "server", Since: "6.2.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "LEN", Arity: 2, Flags: Admin | Loading | Stale,
				Group: "server", Since: "2.2.12", Complexity: "O(1)",
				Tips:    []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
				Summary: "Count the slow commands that are kept"},
			{Name: "RESET", Arity: 2, Flags: Admin | Loading | Stale,
				Group: "server", Since: "2.2.12", Complexity: "O(N), N being the number of entries",
				Tips:    []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
				Summary: "Forget the slow commands"},
		}},
	{Name: "TIME", Arity: 1, Flags: Loading | Stale | Fast,
		Group: "server", Since: "2.6.0", Complexity: "O(1)", Tips: []string{"nondeterministic_output"},
		Summary: "Get the server's clock, in seconds and microseconds"},
}

// dbsize implements DBSIZE. Keys that have expired but are still there count.
func dbsize(c *Call) { c.Reply.Int(int64(c.db().Len())) }

// flushAll implements FLUSHALL [ASYNC|SYNC]. It goes into the stream even when there was nothing to delete, since it
// counts itself as a change.
//
// Source: redis/src/db.c, flushallCommand and flushAllDataAndResetRDB.
func flushAll(c *Call) {
	if !c.parseFlushOption() {
		return
	}
	for i := range c.Store.Databases() {
		c.emptied(i)
	}
	c.Store.FlushAll()
	c.Dirty++
	c.FlushedAll = true
	c.Reply.OK()
}

// flushDB implements FLUSHDB [ASYNC|SYNC]. It too goes into the stream in any case.
func flushDB(c *Call) {
	if !c.parseFlushOption() {
		return
	}
	c.emptied(c.DB)
	c.db().Clear()
	c.force = !c.Settings.Forms.SilentFlushdb
	c.Reply.OK()
}

func (c *Call) parseFlushOption() bool {
	if len(c.Args) > 2 || len(c.Args) == 2 && !is(c.Args[1], "ASYNC") && !is(c.Args[1], "SYNC") {
		c.Reply.Error(errSyntax)
		return false
	}
	return true
}

// emptied counts the keys of a database that is about to be emptied.
func (c *Call) emptied(db int) {
	c.Dirty += c.Store.DB(db).Len()
	c.Flushed = true
	if len(c.Args) == 2 && is(c.Args[1], "ASYNC") {
		c.Freed += c.Store.DB(db).Len()
	}
	if c.Touched != nil {
		c.Touched(db, nil, true)
	}
}

var latencyTips = []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
