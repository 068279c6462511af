package command

var transactionCommands = []Command{
	{Name: "MULTI", Arity: 1, Flags: always | Fast | AllowBusy, ACL: CatTransaction,
		Group: "transactions", Since: "1.2.0", Complexity: "O(1)",
		Summary: "Begin a transaction: collect the commands that follow"},
	{Name: "EXEC", Arity: 1, Flags: always | SkipSlowlog, ACL: CatTransaction,
		Group: "transactions", Since: "1.2.0", Complexity: "that of the commands in the transaction",
		Summary: "Run the commands of the transaction with nothing in between"},
	{Name: "DISCARD", Arity: 1, Flags: always | Fast | AllowBusy, ACL: CatTransaction,
		Group: "transactions", Since: "2.0.0", Complexity: "O(N), N being the number of commands in the transaction",
		Summary: "Forget the transaction"},
	{Name: "WATCH", Arity: -2, Flags: always | Fast | AllowBusy, Keys: allKeys(KeyRO), ACL: CatTransaction,
		Group: "transactions", Since: "2.2.0", Complexity: "O(1) for every key",
		Summary: "Let the next transaction fail if one of the keys changes before it",
		Syntax:  "key [key ...]"},
	{Name: "UNWATCH", Arity: 1, Flags: always | Fast | AllowBusy, ACL: CatTransaction,
		Group: "transactions", Since: "2.2.0", Complexity: "O(1)",
		Summary: "Forget the keys that are watched"},
}
