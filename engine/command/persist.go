package command

// The commands about files and memory are run by package node.

var memoryTips = []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}

var persistenceCommands = []Command{
	{Name: "BGSAVE", Arity: -1, Flags: Admin | NoScript | NoAsyncLoading,
		Group: "server", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Write the dataset to its file while others are served",
		Syntax:  "[SCHEDULE]"},
	{Name: "SAVE", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti,
		Group: "server", Since: "1.0.0", Complexity: "O(N), N being the number of keys in all databases",
		Summary: "Write the dataset to its file and serve nobody meanwhile"},
	{Name: "MEMORY", Arity: -2,
		Group: "server", Since: "4.0.0", Complexity: "that of the subcommand",
		Summary: "About the memory in use",
		Subs: []Command{
			{Name: "DOCTOR", Arity: 2, Tips: memoryTips,
				Group: "server", Since: "4.0.0", Complexity: "O(1)",
				Summary: "Report problems with memory"},
			{Name: "HELP", Arity: 2, Flags: Loading | Stale, Do: Help,
				Group: "server", Since: "4.0.0", Complexity: "O(1)",
				Summary: "List the subcommands"},
			{Name: "MALLOC-STATS", Arity: 2, Tips: memoryTips,
				Group: "server", Since: "4.0.0", Complexity: "O(1)",
				Summary: "Show what the allocator counts"},
			{Name: "PURGE", Arity: 2, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
				Group: "server", Since: "4.0.0", Complexity: "O(1)",
				Summary: "Give unused memory back"},
			{Name: "STATS", Arity: 2, Tips: memoryTips,
				Group: "server", Since: "4.0.0", Complexity: "O(1)",
				Summary: "Show where the memory goes"},
			{Name: "USAGE", Arity: -3, Flags: ReadOnly, ACL: CatRead,
				Keys:  []KeySpec{{Begin: 2, Step: 1, Flags: KeyRO}},
				Group: "server", Since: "4.0.0", Complexity: "O(N), N being the number of samples",
				Summary: "Estimate how many bytes a key takes",
				Syntax:  "key [SAMPLES count]"},
		}},
}
