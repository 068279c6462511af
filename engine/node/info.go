package node

import (
	"strconv"
	"strings"
	"time"

	"resync/engine"
	"resync/engine/repl"
	"resync/engine/store"
)

// defaultSections are what INFO shows when asked for nothing in particular.
var defaultSections = []string{"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "errorstats", "cluster", "keyspace"}

// text prints the sections that were asked for as INFO replies them: all the usual ones when none was.
//
// Source: redis/src/server.c, genInfoSectionDict and genRedisInfoString.
func (i Info) text(wanted []string) string {
	show := map[string]bool{}
	add := func(names ...string) {
		for _, name := range names {
			show[name] = true
		}
	}
	if len(wanted) == 0 {
		add(defaultSections...)
	}
	for _, name := range wanted {
		switch name {
		case "default":
			add(defaultSections...)
		case "all", "everything":
			add(defaultSections...)
			add("commandstats", "latencystats")
		default:
			add(name)
		}
	}
	var b strings.Builder
	for _, s := range i.Sections {
		if !show[strings.ToLower(s.Name)] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + s.Name + "\r\n")
		for _, f := range s.Fields {
			b.WriteString(f.Name + ":" + f.Value + "\r\n")
		}
	}
	return b.String()
}

// section gathers the fields of one section.
type section struct {
	era    *repl.Era
	fields []InfoField
}

// text adds a field, where the era has it.
//
//go:noinline
func (s *section) text(name, value string) {
	if s.era.Has(name) {
		s.fields = append(s.fields, InfoField{name, value})
	}
}

//go:noinline
func (s *section) int(name string, n int64) { s.text(name, strconv.FormatInt(n, 10)) }

// zeros are fields that monitors read, of what this server has not.
func (s *section) zeros(names ...string) {
	for _, name := range names {
		s.int(name, 0)
	}
}

//go:noinline
func (s *section) flag(name string, on bool) {
	if on {
		s.int(name, 1)
	} else {
		s.int(name, 0)
	}
}

// Info is what INFO would say at now.
//
// Source: redis/src/server.c, genRedisInfoString.
func (n *Node) Info(now engine.Instant) Info {
	var info Info
	add := func(name string, fill func(*section)) {
		s := section{era: n.era}
		fill(&s)
		info.Sections = append(info.Sections, InfoSection{Name: name, Fields: s.fields})
	}
	add("Server", func(s *section) { n.infoServer(now, s) })
	add("Clients", n.infoClients)
	add("Memory", n.infoMemory)
	add("Persistence", func(s *section) { n.infoPersistence(now, s) })
	add("Stats", n.infoStats)
	add("Replication", func(s *section) { n.infoReplication(now, s) })
	add("CPU", n.infoCPU)
	add("Modules", func(*section) {})
	add("Commandstats", n.infoCommandStats)
	add("Errorstats", n.infoErrorStats)
	add("Latencystats", n.infoLatencyStats)
	add("Cluster", func(s *section) { s.int("cluster_enabled", 0) })
	add("Keyspace", func(s *section) { n.infoKeyspace(now, s) })
	return info
}

func (n *Node) infoServer(now engine.Instant, s *section) {
	up := now.Sub(n.started)
	s.text("redis_version", n.era.Version)
	s.text("server_name", n.serverName())
	s.text("valkey_version", n.era.Valkey)
	s.text("redis_git_sha1", "00000000")
	s.int("redis_git_dirty", 0)
	s.text("redis_build_id", "0000000000000000")
	s.text("redis_mode", "standalone")
	s.text("os", "resync")
	s.int("arch_bits", 64)
	s.text("monotonic_clock", "POSIX clock_gettime")
	s.text("multiplexing_api", "epoll")
	s.text("atomicvar_api", "go")
	s.text("gcc_version", "0.0.0")
	s.int("process_id", int64(n.pid))
	s.text("process_supervised", "no")
	s.text("run_id", string(n.runID))
	s.int("tcp_port", int64(n.cfg.Port))
	s.int("server_time_usec", int64(now)/int64(time.Microsecond))
	s.int("uptime_in_seconds", int64(up/time.Second))
	s.int("uptime_in_days", int64(up/(24*time.Hour)))
	s.int("hz", int64(n.cfg.Hz))
	s.int("configured_hz", int64(n.cfg.Hz))
	s.int("lru_clock", int64(store.LRUStamp(now.Seconds())))
	s.text("executable", "")
	s.text("config_file", n.cfg.ConfigFile)
	s.int("io_threads_active", 0)
	if n.shut.until != 0 {
		s.int("shutdown_in_milliseconds", n.shut.until.Millis()-now.Millis())
	}
}

func (n *Node) infoClients(s *section) {
	var in, out, blocked, timed int64
	for _, c := range n.clients {
		sizes := n.sizes(c)
		in, out = max(in, int64(c.size.query)+sizes.words), max(out, sizes.output)
		if c.waits() {
			blocked++
		}
		if c.parked != nil && c.parked.wait.Until != 0 {
			timed++
		}
	}
	if n.master.held {
		blocked++
	}
	s.int("connected_clients", int64(len(n.clients)-len(n.replicas)))
	s.int("cluster_connections", 0)
	s.int("maxclients", int64(n.cfg.MaxClients))
	s.int("client_recent_max_input_buffer", in)
	s.int("client_recent_max_output_buffer", out)
	s.int("blocked_clients", blocked)
	s.int("tracking_clients", int64(n.tracking.clients))
	s.int("clients_in_timeout_table", timed)
}

func (n *Node) infoPersistence(now engine.Instant, s *section) {
	d := &n.disk
	s.flag("loading", d.loading != nil && !d.loading.async)
	s.flag("async_loading", d.loading != nil && d.loading.async)
	s.int("current_cow_peak", 0)
	s.int("current_cow_size", 0)
	s.int("current_cow_size_age", 0)
	total, processed := d.child.progress(now)
	s.text("current_fork_perc", strconv.FormatFloat(float64(processed)/float64(max(total, 1))*100, 'f', 2, 64))
	s.int("current_save_keys_processed", int64(processed))
	s.int("current_save_keys_total", int64(total))
	s.int("rdb_changes_since_last_save", n.stats.dirty)
	s.flag("rdb_bgsave_in_progress", n.savingInBackground())
	s.int("rdb_last_save_time", n.stats.lastSave.Seconds())
	s.text("rdb_last_bgsave_status", okOrErr(!d.failed))
	s.int("rdb_last_bgsave_time_sec", secondsOrNone(d.lastTook))
	current := time.Duration(-1)
	if d.child != nil {
		current = wholeSince(d.child.began, now)
	}
	s.int("rdb_current_bgsave_time_sec", secondsOrNone(current))
	s.int("rdb_saves", d.saves)
	s.int("rdb_last_cow_size", 0)
	s.int("rdb_last_load_keys_expired", n.stats.loadedExpired)
	s.int("rdb_last_load_keys_loaded", n.stats.keysLoaded)
	s.flag("aof_enabled", false)
	s.flag("aof_rewrite_in_progress", false)
	s.flag("aof_rewrite_scheduled", false)
	s.int("aof_last_rewrite_time_sec", -1)
	s.int("aof_current_rewrite_time_sec", -1)
	s.text("aof_last_bgrewrite_status", "ok")
	s.int("aof_rewrites", 0)
	s.int("aof_rewrites_consecutive_failures", 0)
	s.text("aof_last_write_status", "ok")
	s.int("aof_last_cow_size", 0)
	s.flag("module_fork_in_progress", false)
	s.int("module_fork_last_cow_size", 0)
	if l := d.loading; l != nil {
		s.int("loading_start_time", l.began.Seconds())
		s.int("loading_total_bytes", l.size)
		s.int("loading_rdb_used_mem", 0)
		s.int("loading_loaded_bytes", l.offset)
		share, eta := l.loadedShare(now)
		s.text("loading_loaded_perc", strconv.FormatFloat(share, 'f', 2, 64))
		s.int("loading_eta_seconds", eta)
	}
}

func okOrErr(ok bool) string {
	if ok {
		return "ok"
	}
	return "err"
}

// secondsOrNone is whole seconds, or -1 for a negative duration.
func secondsOrNone(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d / time.Second)
}

func (n *Node) infoStats(s *section) {
	st := &n.stats
	s.int("total_connections_received", st.connections)
	s.int("total_commands_processed", st.commands)
	s.int("instantaneous_ops_per_sec", n.rates.per[rateCommands])
	s.int("total_net_input_bytes", st.netIn)
	s.int("total_net_output_bytes", st.netOut)
	s.int("total_net_repl_input_bytes", st.replIn)
	s.int("total_net_repl_output_bytes", st.replOut)
	n.rates.info(s)
	s.int("rejected_connections", st.rejected)
	s.int("sync_full", st.syncFull)
	s.int("sync_partial_ok", st.partialOK)
	s.int("sync_partial_err", st.partialErr)
	s.int("expired_keys", st.expired)
	s.text("expired_stale_perc", "0.00")
	s.zeros("expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds")
	s.int("evicted_keys", st.evicted)
	s.int("evicted_clients", st.evictedClients)
	s.zeros("total_eviction_exceeded_time", "current_eviction_exceeded_time")
	s.int("keyspace_hits", st.hits)
	s.int("keyspace_misses", st.misses)
	s.int("pubsub_channels", int64(len(n.channels[byChannel].listeners)))
	s.int("pubsub_patterns", int64(len(n.channels[byPattern].listeners)))
	s.int("pubsubshard_channels", int64(len(n.channels[byShard].listeners)))
	s.int("latest_fork_usec", 0)
	s.int("total_forks", st.forks)
	s.int("migrate_cached_sockets", int64(len(n.targets)))
	s.int("slave_expires_tracked_keys", int64(len(n.local.dbs)))
	s.zeros("active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
		"total_active_defrag_time", "current_active_defrag_time")
	s.int("tracking_total_keys", int64(len(n.tracking.keys)))
	s.int("tracking_total_items", int64(n.tracking.readers))
	s.int("tracking_total_prefixes", int64(len(n.tracking.prefixes)))
	s.int("unexpected_error_replies", st.unexpectedErrors)
	s.int("total_error_replies", n.tally.failed)
	s.zeros("dump_payload_sanitizations", "total_reads_processed", "total_writes_processed", "io_threaded_reads_processed",
		"io_threaded_writes_processed", "reply_buffer_shrinks", "reply_buffer_expands")
}

// infoReplication is the section that this project is about, field by field as section 9.1 of the protocol has it.
//
// Source: redis/src/server.c, genRedisInfoString.
func (n *Node) infoReplication(now engine.Instant, s *section) {
	l := &n.master
	if !n.isReplica() {
		s.text("role", "master")
	} else {
		up := l.state == engine.LinkConnected
		s.text("role", "slave")
		s.text("master_host", l.addr.Host)
		s.int("master_port", int64(l.addr.Port))
		if up {
			s.text("master_link_status", "up")
			s.int("master_last_io_seconds_ago", now.Seconds()-l.lastIO.Seconds())
		} else {
			s.text("master_link_status", "down")
			s.int("master_last_io_seconds_ago", -1)
		}
		s.flag("master_sync_in_progress", l.state == engine.LinkSync)
		read, applied := n.linkOffsets()
		s.int("slave_read_repl_offset", int64(read))
		s.int("slave_repl_offset", int64(applied))
		s.int("replicas_repl_buffer_size", l.keptBytes())
		s.int("replicas_repl_buffer_peak", l.peak)
		if l.state == engine.LinkSync {
			total, read := l.full.payload().Total(), l.full.payload().Read()
			s.int("master_sync_total_bytes", total)
			s.int("master_sync_read_bytes", read)
			s.int("master_sync_left_bytes", total-read)
			percent := 0.0
			if total != 0 { // before it is known: C prints a negative zero
				percent = float64(read) / float64(total) * 100
			}
			s.text("master_sync_perc", strconv.FormatFloat(percent, 'f', 2, 64))
			s.int("master_sync_last_io_seconds_ago", now.Seconds()-l.lastIO.Seconds())
		}
		if !up {
			down := int64(-1)
			if d := l.downFor(now); d >= 0 {
				down = int64(d / time.Second)
			}
			if down < 0 && n.era.DownSinceUnix {
				down = now.Seconds()
			}
			s.int("master_link_down_since_seconds", down)
		}
		s.int("slave_priority", int64(n.cfg.ReplicaPriority))
		s.flag("slave_read_only", n.cfg.ReplicaReadOnly)
		s.flag("replica_announced", n.cfg.ReplicaAnnounced)
	}
	s.int("connected_slaves", int64(len(n.replicas)))
	if n.cfg.MinReplicasToWrite != 0 && n.cfg.MinReplicasMaxLag != 0 {
		s.int("min_slaves_good_slaves", int64(n.good))
	}
	shown, awaited := 0, int64(0)
	for _, c := range n.replicas {
		r := c.replica
		if r.State.String() != "" {
			s.text("slave"+strconv.Itoa(shown), n.infoReplica(now, r))
			shown++
		}
		if r.Awaited {
			awaited++
		}
	}
	s.int("replicas_waiting_psync", awaited)
	s.text("master_failover_state", n.failover.state.String())
	s.text("master_replid", string(n.hist.ID))
	s.text("master_replid2", string(n.hist.ID2))
	s.int("master_repl_offset", int64(n.hist.Offset()))
	s.int("second_repl_offset", int64(n.hist.Second))
	s.flag("repl_backlog_active", n.hist.Active())
	s.int("repl_backlog_size", n.hist.Size)
	first, histlen := n.hist.Numbers()
	s.int("repl_backlog_first_byte_offset", int64(first))
	s.int("repl_backlog_histlen", histlen)
}

// infoReplica is the line of a replica.
func (n *Node) infoReplica(now engine.Instant, r *repl.Replica) string {
	if n.era.ShortSlaves {
		return r.IP + "," + strconv.Itoa(r.Port) + "," + r.State.String()
	}
	line := "ip=" + r.IP + ",port=" + strconv.Itoa(r.Port) + ",state=" + r.State.String() +
		",offset=" + strconv.FormatInt(int64(r.Acked), 10) + ",lag=" + strconv.FormatInt(int64(r.Lag(now)/time.Second), 10)
	if n.era.SlaveTypes {
		line += ",type=" + r.Type()
	}
	return line
}

// serverName is what the server calls itself.
func (n *Node) serverName() string {
	if n.era.Valkey != "" {
		return "valkey"
	}
	return "redis"
}

// infoCPU has the fields that monitors read. What they say is not the node's to know.
func (n *Node) infoCPU(s *section) {
	for _, name := range [...]string{"sys", "user", "sys_children", "user_children", "sys_main_thread", "user_main_thread"} {
		s.text("used_cpu_"+name, "0.000000")
	}
}

// avgTTL is how long the keys with an expiry have left, on average of some, in milliseconds.
func avgTTL(db *store.DB, nowMillis int64) int64 {
	const most = 20
	sum, seen := int64(0), int64(0)
	for e := range db.FromVolatile() {
		sum += max(0, e.ExpireAt-nowMillis)
		if seen++; seen == most {
			break
		}
	}
	return sum / max(seen, 1)
}

func (n *Node) infoKeyspace(now engine.Instant, s *section) {
	for i := range n.data.Databases() {
		db := n.data.DB(i)
		if db.Len() > 0 {
			s.text("db"+strconv.Itoa(i), "keys="+strconv.Itoa(db.Len())+",expires="+strconv.Itoa(db.Volatile())+
				",avg_ttl="+strconv.FormatInt(avgTTL(db, now.Millis()), 10))
		}
	}
}

// onlineReplicas are the replicas that ROLE lists.
func (n *Node) onlineReplicas() (online []*repl.Replica) {
	for _, c := range n.replicas {
		if c.replica.State == repl.Online {
			online = append(online, c.replica)
		}
	}
	return online
}

// Replication is how the node's replication stands at now.
func (n *Node) Replication(now engine.Instant) Replication {
	l := &n.master
	read, applied := n.linkOffsets()
	ask := l.ask(n)
	if !n.isReplica() && n.era.AsksAsItself {
		ask = repl.Request{ID: n.hist.ID, Want: n.hist.Next()} // what it would ask if it were made a replica
	}
	v := Replication{
		Replica: n.isReplica(),
		ReplID:  n.hist.ID, ReplID2: n.hist.ID2, SecondOffset: n.hist.Second, Offset: n.hist.Offset(), Shared: n.era.Shared,
		BacklogActive: n.hist.Active(), BacklogSize: n.hist.Size, Ring: n.era.Ring,
		BacklogFirst: n.hist.First(), Blocks: n.hist.Blocks(nil),
		SyncFull: n.stats.syncFull, SyncPartialOK: n.stats.partialOK, SyncPartialErr: n.stats.partialErr,
		Holds: n.pause.mode.String(), HoldsUntil: n.pause.until,
		Failover: n.failover.state, FailoverTo: n.failover.target, ShutdownAt: n.shut.until,
		Master: l.addr, Link: l.state, LinkDownFor: l.downFor(now),
		Received: read, Applied: applied, Ask: Ask{ID: ask.ID, Want: ask.Want},
	}
	v.Kept = l.keptBytes()
	if l.dual != nil {
		v.Channel = l.dual.state
	}
	if l.full != nil {
		v.SnapshotRead, v.SnapshotTotal = l.full.payload().Read(), l.full.payload().Total()
	}
	if l.state == engine.LinkConnect {
		v.NextTry = n.nextCron
	}
	for _, c := range n.replicas {
		r := c.replica
		rv := ReplicaView{
			Conn: c.conn, Name: r.Name(), IP: r.IP, Port: r.Port, State: r.State.String(), Type: r.Type(),
			Sent: r.Sent, Acked: r.Acked, Lag: r.Lag(now),
		}
		if r.Buffers() {
			rv.Queued = int64(n.hist.Offset()-r.Sent) + int64(len(c.apart.out))
			if c.position() < n.hist.Offset() {
				_, rv.Held = n.held(c)
			}
		}
		rv.SnapshotSent = n.snapshotSent(c)
		v.Replicas = append(v.Replicas, rv)
	}
	return v
}

// Answer is what this node would answer a replica's PSYNC now. It changes nothing.
func (n *Node) Answer(ask Ask) engine.PsyncAnswered {
	return n.hist.Answer(repl.Request{ID: ask.ID, Want: ask.Want})
}

// countKeys counts the keys of all databases.
func countKeys(s *store.Store) (keys int) {
	for i := range s.Databases() {
		keys += s.DB(i).Len()
	}
	return keys
}

// StreamBytes are the bytes of a span of the node's stream, as far as its backlog holds them: nil where it does not hold the first.
func (n *Node) StreamBytes(span engine.Span) []byte {
	b := &n.hist
	if !b.Active() || span.First < b.First() || span.First >= b.Next() {
		return nil
	}
	last := min(span.Last, b.Offset())
	bytes := make([]byte, 0, last-span.First+1)
	for at := span.First; at <= last; at = span.First + engine.Offset(len(bytes)) {
		bytes = append(bytes, b.Bytes(at, int(last-at+1))...)
	}
	return bytes
}

// A Waiting is a client that a command keeps waiting.
type Waiting struct {
	ID    int64          // as CLIENT UNBLOCK takes it
	Until engine.Instant // when the wait ends by itself, by the node's own clock; 0 = never
}

// Waiting tells how long the client of a connection waits, and whether it does.
func (n *Node) Waiting(conn engine.ConnID) (Waiting, bool) {
	for _, c := range n.clients {
		if c.conn == conn && c.parked != nil {
			return Waiting{c.id, c.parked.wait.Until}, true
		}
	}
	return Waiting{}, false
}
