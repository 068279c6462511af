package node

import (
	"math/bits"
	"strconv"
	"strings"

	"resync/engine/rdb"
	"resync/engine/resp"
	"resync/engine/store"
)

// The subcommands of DEBUG that look into values. Where Redis prints to its standard output, the reply alone is told.

const errDebugNoKey = "ERR no such key"

// debugLook returns the entry of a key that is there and has not expired. Else it has answered so.
//
// Source: redis/src/object.c, objectCommandLookupOrReply.
func (n *Node) debugLook(c *client, key []byte) *store.Entry {
	e := n.data.DB(c.db).Get(key)
	if e == nil || e.Expired(n.now.Millis()) {
		c.w.Error(errDebugNoKey)
		return nil
	}
	return e
}

// debugObject serves DEBUG OBJECT. It finds keys that have expired too.
func (n *Node) debugObject(c *client, args [][]byte) {
	e := n.data.DB(c.db).Get(args[2])
	if e == nil {
		c.w.Error(errDebugNoKey)
		return
	}
	v := e.Value
	text := "Value at:0x7f0000000000 refcount:" + strconv.FormatInt(n.call.References(v), 10) + " encoding:" + v.Encoding().String() +
		" serializedlength:" + strconv.Itoa(len(rdb.AppendDump(nil, v, new(rdb.Compressor)))-11) +
		" lru:" + strconv.FormatUint(uint64(v.Access()), 10) +
		" lru_seconds_idle:" + strconv.FormatInt(v.Idle(n.now.Seconds()), 10)
	if list := v.List(); list != nil {
		nodes, bytes := list.Nodes(), 0
		for k := range nodes {
			bytes += list.Node(k).Size()
		}
		text += " ql_nodes:" + strconv.Itoa(nodes) +
			" ql_avg_node:" + strconv.FormatFloat(float64(list.Len())/float64(nodes), 'f', 2, 64) +
			" ql_listpack_max:" + strconv.Itoa(list.Fill()) + " ql_compressed:0 ql_uncompressed_size:" + strconv.Itoa(bytes)
	}
	c.w.Simple(text)
}

// debugSDSLen serves DEBUG SDSLEN.
func (n *Node) debugSDSLen(c *client, args [][]byte) {
	e := n.data.DB(c.db).Get(args[2])
	switch {
	case e == nil:
		c.w.Error(errDebugNoKey)
	case e.Value.Kind() != store.String || e.Value.Encoding() == store.Int:
		c.w.Error("ERR Not an sds encoded string.")
	default:
		key, value := len(e.Key), e.Value.Len()
		c.w.Simple("key_sds_len:" + strconv.Itoa(key) + ", key_sds_avail:0, key_zmalloc: " + strconv.Itoa((key+9)&^7) +
			", val_sds_len:" + strconv.Itoa(value) + ", val_sds_avail:0, val_zmalloc: " + strconv.Itoa((value+17)&^7))
	}
}

// debugListpack serves DEBUG LISTPACK key.
func (n *Node) debugListpack(c *client, args [][]byte) {
	switch e := n.debugLook(c, args[2]); {
	case e == nil:
	case e.Value.Encoding() != store.Listpack:
		c.w.Error("ERR Not a listpack encoded object.")
	default:
		c.w.Simple("Listpack structure printed on stdout")
	}
}

// debugQuicklist serves DEBUG QUICKLIST key [0|1].
func (n *Node) debugQuicklist(c *client, args [][]byte) {
	if len(args) > 4 {
		c.w.Error(debugUnknown(string(args[1])))
		return
	}
	switch e := n.debugLook(c, args[2]); {
	case e == nil:
	case e.Value.Encoding() != store.QuickList:
		c.w.Error("ERR Not a quicklist encoded object.")
	default:
		c.w.Simple("Quicklist structure printed on stdout")
	}
}

// debugPackedThreshold serves DEBUG QUICKLIST-PACKED-THRESHOLD size. It counts for what is added from now on.
//
// Source: redis/src/quicklist.c, quicklistisSetPackedThreshold.
func (n *Node) debugPackedThreshold(c *client, args [][]byte) {
	size, ok := parseMemory(string(args[2]))
	if !ok || size > 1<<32-1<<20 {
		c.w.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
		return
	}
	n.cfg.Limits.ListPlainSize = uint32(size)
	n.applyConfig()
	c.w.OK()
}

// debugHTStats serves DEBUG HTSTATS dbid.
func (n *Node) debugHTStats(c *client, args [][]byte) {
	i, ok := resp.ParseInt64(args[2])
	switch {
	case !ok:
		c.w.Error("ERR value is not an integer or out of range")
	case i < 0 || i >= int64(n.data.Databases()):
		c.w.Error("ERR Out of range database")
	default:
		db := n.data.DB(int(i))
		var text strings.Builder
		text.WriteString("[Dictionary HT]\n")
		appendTableStats(&text, db.Len())
		text.WriteString("[Expires HT]\n")
		appendTableStats(&text, db.Volatile())
		c.w.Verbatim("txt", text.String())
	}
}

// debugHTStatsKey serves DEBUG HTSTATS-KEY key.
func (n *Node) debugHTStatsKey(c *client, args [][]byte) {
	e := n.debugLook(c, args[2])
	if e == nil {
		return
	}
	size := -1
	switch e.Value.Encoding() {
	case store.HashTable:
		if set := e.Value.Set(); set != nil {
			size = set.Len()
		} else {
			size = e.Value.Hash().Len()
		}
	case store.SkipList:
		size = e.Value.ZSet().Len()
	}
	if size < 0 {
		c.w.Error("ERR The value stored at the specified key is not represented using an hash table")
		return
	}
	var text strings.Builder
	appendTableStats(&text, size)
	c.w.Verbatim("txt", text.String())
}

// appendTableStats tells the size that Redis's table has for so many elements, one that has only grown. How they are
// spread over it is another matter here, where a table is a tree.
//
// Source: redis/src/dict.c, dictGetStats.
func appendTableStats(text *strings.Builder, elements int) {
	const smallest = 4
	text.WriteString("Hash table 0 stats (main hash table):\n")
	if elements == 0 {
		text.WriteString("No stats available for empty dictionaries\n")
		return
	}
	size := max(1<<bits.Len(uint(elements-1)), smallest)
	text.WriteString(" table size: " + strconv.Itoa(size) + "\n number of elements: " + strconv.Itoa(elements) + "\n")
}
