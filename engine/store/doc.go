// Package store is the keyspace: numbered databases of keys with values and expiry times, whose snapshot is a few
// words to take, however many keys there are. It knows no commands and no wire.
//
// # Shape
//
// A database is a trie over the bits of a 64-bit hash of the key. Inner nodes have 16 slots; a leaf holds up to 32
// entries in the order of their hashes and fills 1 to 16 neighbouring slots of its parent, so that a full leaf is
// split in two halves, and two halves that emptied are merged again:
//
//	inner (4 bits)   slot  0000   0001   0010   0011   0100   ...
//	                       `- leaf 000 -'  leaf   inner  `- leaf 01 ...
//	                                       0010   `- 16 slots by the next 4 bits
//
// Every node names the writer that made it. A snapshot takes the roots and lets both sides forget that they were
// the writer, so the first change of either side copies the path from the root to one leaf, and later changes there
// are made in place. This is what carries BGSAVE, the full resync, time travel and branches.
//
// Everything is in the order of the hash, which is the same on every machine: [DB.All], [DB.Scan], [DB.Random],
// RDB files. The order depends on the keys alone, not on how they came in. A SCAN cursor is the next hash to visit,
// so a key that stays in the database during a scan is visited exactly once, whatever is split or merged meanwhile.
//
// Every node also carries a lower bound of the earliest expiry beneath it: [DB.Due] is a descent to the keys that
// are due, where Redis samples.
package store
