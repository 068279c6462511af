package model

import "resync/engine/command"

// A Claim is one thing that the page says about itself: what is as in the real server, what is simpler here, or what is not
// here at all; and where that can be checked.
type Claim struct {
	What  string
	Proof string // a test of this repository; "" for a line of a list
}

// A Sheet is the claims of one kind.
type Sheet struct {
	Title, About string
	Claims       []Claim
}

// leftOut are the commands of Redis 7.0 that no node here has.
const leftOut = "ASKING BGREWRITEAOF CLUSTER EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO FUNCTION LOLWUT MODULE READONLY READWRITE SCRIPT"

// Fidelity is what is exact, what is simplified and what is missing. Every test that it names exists (fidelity_test.go).
var Fidelity = []Sheet{
	{"Exact", "Compared with redis-server 7.0.15 by the tests that stand below each line.", []Claim{
		{"The answer to PSYNC at every border of the backlog, on both sides.", "TestTheBordersOfTheBacklog"},
		{"The backlog as blocks, trimmed a whole block at a time: the same stream leaves the same first byte and histlen.", "TestTheSameStreamLeavesTheSameBacklog"},
		{"What a master says to a replica, and a replica to a master, packet by packet.", "TestAMasterSaysTheSame"},
		{"Offsets, replid and replid2 after a promotion, and that an old master which wrote on needs everything.", "TestAnOldMasterThatWroteOnNeedsAFullResync"},
		{"Random trees of servers, ours and real ones, need the same full resyncs.", "TestTopologies"},
		{"Replies, stream, dataset and encodings of random commands.", "TestRandomCommandsAnswerAndPropagateAsRedisDoes"},
		{"INFO replication and ROLE, field by field.", "TestInfoReplicationIsRedis"},
		{"RDB files: each server loads the other's.", "TestEachLoadsTheFileOfTheOther"},
		{"WAIT, FAILOVER and a shutdown that waits for its replicas.", "TestWaitIsAnsweredByReplicas"},
		{"A run repeats: the same script gives the same events and the same hash, natively and in WebAssembly.", "TestTheScenariosTellTheirStories"},
	}},
	{"Simplified", "Simulated, so that a run can be repeated and gone back in.", []Claim{
		{"The network: paths with latency, jitter, bandwidth, resets and blackholes. The bytes of a live connection are never lost alone, changed or reordered.", "TestNothingIsLostOrReorderedInABlackhole"},
		{"The kernel’s socket buffers hold nothing back: output waits at the sender as soon as the path is full. Real kernels take about a megabyte first.", "TestTheWindowBoundsWhatIsOnItsWay"},
		{"A command takes no time, unless it is told to (DEBUG SLEEP); the clock is the world’s, and a node’s may be ahead of it.", "TestDebugSleepServesNobody"},
		{"BGSAVE is a copy-on-write snapshot instead of a fork; how long it takes is rdb-key-save-delay.", "TestBgsaveHoldsTheKeysOfItsBeginning"},
		{"Disks are files in memory: they keep what a killed process left, and never fail.", "TestShutdownWithAndWithoutFiles"},
		{"A node that was removed answers nobody: who dials it is never refused, and gives up by its own timeout.", "TestARemovedNodeAnswersNobody"},
		{"The prompt of a node sits on the same machine: what it says and hears takes no time.", "TestClientsAreTerminalsOfTheirOwn"},
		{"Forecasts are asked of a copy of the world: asking changes nothing, and what they say comes true.", "TestTheForecastComesTrue"},
		{"Redis 2.6, 2.8, 4.0 and Valkey 8.0 are tables of what each era knows and says; only 7.0 and Valkey 8.0.1 are compared with the programs themselves.", "TestWhatOldServersSay"},
	}},
	{"Not here", "Such commands answer as Redis does, with an error.", []Claim{
		{"Append-only files, Lua and functions, cluster, Sentinel, modules: " + leftOut + ".", "TestWhatIsLeftOutIsNotThere"},
		{"ACL users other than default, and rules for it.", "TestACLRefusesWhatThereIsNot"},
	}},
}

// Supported are the commands of a node of Redis 7.0, a line for each of Redis's groups, and what is said of all of them.
func Supported() Sheet {
	sheet := Sheet{Title: "Commands", About: "With the arguments and options of 7.0, as COMMAND DOCS lists them. Nodes of other eras know those of their own."}
	at := map[string]int{}
	for _, c := range command.All() {
		i, known := at[c.Group]
		if !known {
			i = len(sheet.Claims)
			at[c.Group] = i
			sheet.Claims = append(sheet.Claims, Claim{What: c.Group + ":"})
		}
		sheet.Claims[i].What += " " + c.Name
	}
	sheet.Claims = append(sheet.Claims,
		Claim{"Each is compared with redis-server’s own row: arguments, groups, versions.", "TestDocsAgreeInWhatIsNoProse"},
		Claim{"So is each name of the configuration; those that mean nothing here are kept, and the log says so.", "TestConfigGetAnswersLikeRedis"})
	return sheet
}
