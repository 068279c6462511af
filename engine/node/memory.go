package node

import (
	"strconv"
	"strings"

	"resync/engine/resp"
)

// MEMORY, and what INFO says of it. The numbers are sums over what is stored, so equal histories give equal numbers.

// baseMemory is what a server takes that holds nothing, about: INFO used_memory_startup.
const baseMemory = 1 << 20

// memoryUse is where the memory goes, in bytes. The blocks of the stream are shared by the backlog and all replicas:
// up to the backlog's size they are its own, and what is above is kept for replicas.
type memoryUse struct {
	total, data, clients int64
	buffers              int64 // the stream's blocks
	backlog, replicas    int64 // the parts of them, with what finding a block takes
	uncounted            int64 // of them, for maxmemory: else keys would go because replicas are slow
	keys                 int64
	dataset              int64 // the keys without what finding them takes
	peak                 int64
}

// usedMemory is INFO's used_memory.
func (n *Node) usedMemory() int64 { return n.memoryUse().total }

// Source: redis/src/object.c, getMemoryOverheadData; redis/src/evict.c, freeMemoryGetNotCountedMemory.
func (n *Node) memoryUse() memoryUse {
	u := memoryUse{data: n.data.Bytes(), buffers: n.hist.Memory(), keys: int64(countKeys(n.data))}
	u.backlog = u.buffers
	if len(n.replicas) > 0 && u.buffers > n.hist.Size {
		u.backlog, u.replicas = n.hist.Size, u.buffers-n.hist.Size
	}
	u.backlog += n.hist.IndexMemory()
	u.uncounted = n.hist.Excess()
	for _, c := range n.clients {
		if c.replica == nil {
			u.clients += n.sizes(c).total
		}
	}
	u.total = baseMemory + u.data + u.backlog + u.replicas + u.clients
	const perKey = 32 // of the entry and the nodes above it, without its key
	u.dataset = u.total - baseMemory - u.backlog - u.replicas - u.clients - u.keys*perKey
	u.peak = max(n.peak, u.total)
	return u
}

func (n *Node) infoMemory(s *section) {
	u := n.memoryUse()
	overhead := u.total - u.dataset
	s.int("used_memory", u.total)
	s.text("used_memory_human", humanBytes(u.total))
	s.int("used_memory_rss", u.total)
	s.text("used_memory_rss_human", humanBytes(u.total))
	s.int("used_memory_peak", u.peak)
	s.text("used_memory_peak_human", humanBytes(u.peak))
	s.text("used_memory_peak_perc", percent(u.total, u.peak))
	s.int("used_memory_overhead", overhead)
	s.int("used_memory_startup", baseMemory)
	s.int("used_memory_dataset", u.dataset)
	s.text("used_memory_dataset_perc", percent(u.dataset, u.total-baseMemory))
	for _, name := range [...]string{"allocated", "active", "resident"} {
		s.int("allocator_"+name, u.total)
	}
	s.int("total_system_memory", 0) // not the node's to know
	s.text("total_system_memory_human", "0B")
	s.zeros("used_memory_lua", "used_memory_vm_eval") // there are no scripts
	s.text("used_memory_lua_human", "0B")
	s.zeros("used_memory_scripts_eval", "number_of_cached_scripts", "number_of_functions", "number_of_libraries",
		"used_memory_vm_functions", "used_memory_vm_total")
	s.text("used_memory_vm_total_human", "0B")
	s.zeros("used_memory_functions", "used_memory_scripts")
	s.text("used_memory_scripts_human", "0B")
	s.int("maxmemory", int64(n.cfg.MaxMemory))
	s.text("maxmemory_human", humanBytes(int64(n.cfg.MaxMemory)))
	s.text("maxmemory_policy", n.cfg.MaxMemoryPolicy)
	for _, name := range [...]string{"allocator_frag", "allocator_rss", "rss_overhead"} {
		s.text(name+"_ratio", "1.00")
		s.int(name+"_bytes", 0)
	}
	s.text("mem_fragmentation_ratio", "1.00")
	s.int("mem_fragmentation_bytes", 0)
	s.int("mem_not_counted_for_evict", u.uncounted)
	s.int("mem_replication_backlog", u.backlog)
	s.int("mem_total_replication_buffers", u.buffers)
	s.int("mem_clients_slaves", u.replicas)
	s.int("mem_clients_normal", u.clients)
	s.zeros("mem_cluster_links", "mem_aof_buffer")
	s.text("mem_allocator", "go")
	s.zeros("active_defrag_running", "lazyfree_pending_objects")
	s.int("lazyfreed_objects", n.stats.freed)
}

// humanBytes writes a size as INFO's fields for people do.
//
// Source: redis/src/util.c, bytesToHuman.
func humanBytes(n int64) string {
	const units = "BKMGTP"
	f, unit := float64(n), 0
	for f >= 1024 && unit < len(units)-1 {
		f /= 1024
		unit++
	}
	if unit == 0 {
		return strconv.FormatInt(n, 10) + "B"
	}
	return strconv.FormatFloat(f, 'f', 2, 64) + units[unit:unit+1]
}

func percent(part, whole int64) string {
	if whole <= 0 {
		return "0.00%"
	}
	return strconv.FormatFloat(float64(part)/float64(whole)*100, 'f', 2, 64) + "%"
}

// memoryUsage serves MEMORY USAGE key [SAMPLES count].
//
// Source: redis/src/object.c, memoryCommand.
func (n *Node) memoryUsage(c *client, args [][]byte) {
	samples := 5
	for i := 3; i < len(args); i += 2 {
		if !strings.EqualFold(string(args[i]), "samples") || i+1 == len(args) {
			c.w.Error("ERR syntax error")
			return
		}
		v, ok := resp.ParseInt64(args[i+1])
		if !ok {
			c.w.Error("ERR value is not an integer or out of range")
			return
		}
		if v < 0 {
			c.w.Error("ERR syntax error")
			return
		}
		samples = int(v)
	}
	e := n.data.DB(c.db).Get(args[2])
	if e == nil || e.Expired(n.now.Millis()) {
		c.w.Null()
		return
	}
	c.w.Int(e.Bytes(samples))
}

// memoryStats serves MEMORY STATS.
func (n *Node) memoryStats(c *client, _ [][]byte) {
	u := n.memoryUse()
	w := &c.w
	start, fields := len(w.Buf), 0
	number := func(name string, v int64) { w.BulkString(name); w.Int(v); fields++ }
	double := func(name string, v float64) { w.BulkString(name); w.Double(v); fields++ }
	share := func(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) * 100 }
	number("peak.allocated", u.peak)
	number("total.allocated", u.total)
	number("startup.allocated", baseMemory)
	number("replication.backlog", u.backlog)
	number("clients.slaves", u.replicas)
	number("clients.normal", u.clients)
	number("cluster.links", 0)
	number("aof.buffer", 0)
	number("lua.caches", 0)
	number("functions.caches", 0)
	for i := range n.data.Databases() {
		if db := n.data.DB(i); db.Len() > 0 {
			w.BulkString("db." + strconv.Itoa(i))
			w.Map(3)
			w.BulkString("overhead.hashtable.main")
			w.Int(int64(db.Len()) * 32)
			w.BulkString("overhead.hashtable.expires")
			w.Int(0)
			w.BulkString("overhead.hashtable.slot-to-keys")
			w.Int(0)
			fields++
		}
	}
	number("overhead.total", u.total-u.dataset)
	number("keys.count", u.keys)
	number("keys.bytes-per-key", (u.total-baseMemory)/max(u.keys, 1))
	number("dataset.bytes", u.dataset)
	double("dataset.percentage", share(u.dataset, u.total-baseMemory))
	double("peak.percentage", share(u.total, u.peak))
	double("fragmentation", 1)
	number("fragmentation.bytes", 0)
	mapFrom(w, start, fields)
}

// mapFrom puts the head of a map in front of its fields, which were appended from start on.
func mapFrom(w *resp.Writer, start, fields int) {
	var head resp.Writer
	head.Proto = w.Proto
	head.Map(fields)
	w.Buf = append(w.Buf, head.Buf...)
	copy(w.Buf[start+len(head.Buf):], w.Buf[start:len(w.Buf)-len(head.Buf)])
	copy(w.Buf[start:], head.Buf)
}

// memoryDoctor serves MEMORY DOCTOR.
func (n *Node) memoryDoctor(c *client, _ [][]byte) {
	const small = 5 << 20
	if n.usedMemory() < small {
		c.w.Verbatim("txt", "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n")
		return
	}
	c.w.Verbatim("txt", "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n")
}

func init() {
	addHandlers(map[string]func(n *Node, c *client, args [][]byte){
		"memory|doctor": (*Node).memoryDoctor,
		"memory|malloc-stats": func(_ *Node, c *client, _ [][]byte) {
			c.w.Verbatim("txt", "Stats not supported for the current allocator")
		},
		"memory|purge": func(_ *Node, c *client, _ [][]byte) { c.w.OK() },
		"memory|stats": (*Node).memoryStats,
		"memory|usage": (*Node).memoryUsage,
	})
}
