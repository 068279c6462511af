package store

// Limits are the sizes up to which values keep their compact encodings, as the configuration says. They decide what
// OBJECT ENCODING shows, in which order small values are walked, and where streams may be trimmed.
type Limits struct {
	HashListpackEntries int    // hash-max-listpack-entries
	HashListpackValue   int    // hash-max-listpack-value, bytes
	SetIntsetEntries    int    // set-max-intset-entries
	ZSetListpackEntries int    // zset-max-listpack-entries
	ZSetListpackValue   int    // zset-max-listpack-value, bytes
	ListListpackSize    int    // list-max-listpack-size: entries, or -1..-5 for 4, 8, 16, 32, 64 KiB
	ListPlainSize       uint32 // DEBUG QUICKLIST-PACKED-THRESHOLD, bytes; 0 = 1 GiB
	StreamNodeBytes     int    // stream-node-max-bytes; 0 = no limit
	StreamNodeEntries   int    // stream-node-max-entries; 0 = no limit
	HLLSparseBytes      int    // hll-sparse-max-bytes
}

// DefaultLimits returns what redis-server 7.0 has when it was told nothing.
func DefaultLimits() Limits {
	return Limits{
		HashListpackEntries: 512, HashListpackValue: 64,
		SetIntsetEntries:    512,
		ZSetListpackEntries: 128, ZSetListpackValue: 64,
		ListListpackSize: -2,
		StreamNodeBytes:  4096, StreamNodeEntries: 100,
		HLLSparseBytes: 3000,
	}
}
