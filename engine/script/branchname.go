package script

// BranchName is what the branch with this number is called, also before there is one: A, B, … Z, AA, …
func BranchName(i int) string { return branchName(i) }
