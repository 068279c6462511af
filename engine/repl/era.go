package repl

import "strings"

// An Era is a generation of Redis, as the switches in which its replication and what clients see of it differ from the
// others. Nobody else asks for a name or a version: who behaves differently asks for the switch.
//
// The servers measured are Redis 2.6.17, 2.8.24, 4.0.14, 7.0.15 and Valkey 8.0.1. The numbers in brackets are the
// sections of the reference of eras whose rows the switches are.
type Era struct {
	Name    string // as a configuration and a script spell it: "2.8"
	Version string // redis_version: commands and options that came later do not exist [7]
	Valkey  string // valkey_version, or "" for Redis [6]
	order   int    // among the eras, from 0

	// A replica on the way to its master [2.1].

	Psync          bool     // it knows PSYNC: offsets, acknowledgements, partial resyncs. Else it says SYNC
	Pipelined      bool     // requests are RESP arrays, written together behind PING; else lines of text, one at a time
	NoPermPong     bool     // -NOPERM to PING does not end the handshake
	MasterUser     bool     // AUTH may carry a user
	AnnouncesIP    bool     // REPLCONF ip-address
	Capabilities   []string // what REPLCONF capa says, in order; nothing is said when there are none
	TellsVersion   bool     // REPLCONF version, written together with capa
	DualChannel    bool     // in both roles: knows +DUALCHANNELSYNC, and what follows it on two connections [11]
	AsksAsItself   bool     // REPLICAOF keeps the history: the next PSYNC asks for it. Else it is ? -1
	ResumesReplica bool     // a replica that starts continues at the history in its file
	ResumesMaster  bool     // a master that starts serves the history in its file under replid2
	PassingRefusal bool     // -NOMASTERLINK and -LOADING are said, and understood, as a refusal for now
	KeepsUntilLoad bool     // old history, sub-replicas and backlog last until a snapshot is loaded, not until the answer to PSYNC
	CutsWithLink   bool     // sub-replicas are cut whenever the own link is lost
	KeepsBelow     bool     // REPLICAOF to another master keeps the sub-replicas
	ConnectsAtOnce bool     // after REPLICAOF, a lost link or a failed transfer; else at the next tick
	LFLoading      bool     // newlines go to the master while old data is flushed and the snapshot is loaded
	AcksStreamed   bool     // a loaded snapshot without length is acknowledged at once
	AcksLoad       bool     // every loaded snapshot is, even to a master that does not know REPLCONF ACK
	ChecksPort     bool     // REPLICAOF refuses a port that is none

	// A master [2.2].

	Replconf        []string // the options of REPLCONF that are known
	RefusesOffset   bool     // PSYNC with an offset that is no number is an error and nothing else
	LFEveryTick     bool     // newlines to replicas that wait; else every ping period
	Ping            string   // the word, as it is spelled in the stream
	PingsFromMiddle bool     // every node with a backlog sends PING, whether a replica is there or not
	StreamsApart    bool     // every replica has a stream of its own: "select n" as text and a PING for it alone
	DropsSilent     bool     // an online replica that does not acknowledge for repl-timeout is dropped
	DropsTalkers    bool     // a replica that says anything but REPLCONF ACK is dropped; else it is answered, in its stream
	Diskless        bool     // snapshots can be streamed
	DelayReached    bool     // repl-diskless-sync-delay is over when it is reached; else when it is exceeded
	FACK            bool     // REPLCONF ACK may carry what is safe in the append-only file
	ShutdownWaits   bool     // SHUTDOWN waits for replicas that lag

	// Ids, offsets, backlog [2.3].

	RunIDs          bool // the history's name is the process's: it never changes and no replica shares it
	Shared          bool // PSYNC2: a replica forwards its master's bytes, and shares its names and its offset; else it streams what it executes
	CreationCounts  bool // a backlog begins one byte behind the offset at which it is created
	Ring            bool // a backlog of exactly its size, emptied by a change of it, whose last numbers INFO goes on showing when it is freed
	ReplicaFrees    bool // a replica frees its backlog after repl-backlog-ttl too
	CountsReceived  bool // the offset of a replica counts what came, half commands and open transactions too
	ObeysInline     bool // a master's command may be a line of text
	QuietErrors     bool // what a replica answers its master is logged only where it was put into words for this one time
	PromotionStays  bool // REPLICAOF NO ONE keeps the sub-replicas
	OffsetFollowsIt bool // and, without any, the own offset becomes the applied one and the backlog is freed

	// The stream of a master [3].

	RelativeTTL   bool // times to live go out as they came
	WrapsEffects  bool // several effects of one command go out in MULTI and EXEC
	PairsExec     bool // EXEC goes out as MULTI, the writes and the client's own EXEC, however few they are
	KeepTTLWord   bool // INCRBYFLOAT goes out with KEEPTTL
	SetForGetset  bool // GETSET goes out as SET
	OneSrem       bool // the members that SPOP took go out in one SREM
	UnlinkForSpop bool // a set that SPOP took whole goes out as UNLINK, where lazyfree-lazy-server-del says so
	DelForGetdel  bool // GETDEL goes out as DEL whatever lazyfree-lazy-user-del says
	ServedAsOne   bool // a served BRPOPLPUSH goes out as RPOPLPUSH; else as RPOP and LPUSH
	EmptyFlushdb  bool // FLUSHDB of an empty database goes out

	// RDB files [4].

	RDBVersion int    // the version written, which is the highest that is read
	AuxVersion string // the name of the version in a file; "" when files say nothing of themselves, nor of the history
	AuxLast    string // the last fact in a file

	// What clients see [5].

	HidesExpired   bool   // reads on a replica do not find expired keys
	TracksLocalTTL bool   // keys that a writable replica's clients gave a time to live expire
	TTLOfMissing   bool   // TTL of a key that there is not is -2; else -1, and so is that of a key whose time is over
	SpoilsMulti    bool   // a write that a read-only replica refuses spoils its transaction
	Stale          string // the commands that run on a replica without its master, between spaces; "" for those of the table
	Unblocks       bool   // clients that wait are sent away when a master becomes a replica
	SlaveWords     bool   // texts and configuration names say slave
	PrimaryWords   bool   // the log says primary
	NamesArguments bool   // the error for an unknown command quotes its arguments
	Backquotes     bool   // and between backquotes
	OwnClients     int64  // that the server has made for its scripts before the first one connects: they have taken their ids

	// INFO and ROLE [6].

	ShortSlaves   bool // slave0:ip,port,state
	SlaveTypes    bool // slave0:...,type=replica
	DownSinceUnix bool // master_link_down_since_seconds is a Unix time while the link never was up

	// Configuration [7]: the defaults, and how a change is refused.

	BacklogSize     int64 // repl-backlog-size, in bytes
	DisklessSync    bool  // repl-diskless-sync
	SavePoints      bool  // there are some where the file has none
	LazyFree        bool  // lazyfree-lazy-*
	IgnoreMaxMemory bool  // a replica leaves eviction to its master
	OldConfigErrors bool  // CONFIG SET: Unsupported CONFIG parameter, Invalid argument
}

// DefaultEra is the era of a node that was told none.
const DefaultEra = "7.0"

// eras are all of them, oldest first. Each is the one before it with what has changed since.
var eras = func() [5]Era {
	v26 := Era{
		Name: "2.6", Version: "2.6.17",
		CutsWithLink: true, Replconf: []string{"listening-port"}, Ping: "PING", StreamsApart: true,
		ObeysInline: true, QuietErrors: true, PromotionStays: true,
		RelativeTTL: true, PairsExec: true, RDBVersion: 6,
		Stale:      " PING INFO SLAVEOF AUTH PUBLISH SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE QUIT ",
		SlaveWords: true, OwnClients: 1, ShortSlaves: true, DownSinceUnix: true, OldConfigErrors: true,
	}

	v28 := v26 // partial resyncs with the same process
	v28.Name, v28.Version, v28.order = "2.8", "2.8.24", 1
	v28.Psync, v28.Capabilities = true, []string{"eof"}
	v28.CutsWithLink, v28.LFLoading = false, true
	v28.Replconf = []string{"listening-port", "capa", "ack"}
	v28.LFEveryTick, v28.PingsFromMiddle, v28.StreamsApart, v28.DropsSilent = true, true, false, true
	v28.Diskless = true
	v28.RunIDs, v28.CreationCounts, v28.Ring, v28.ReplicaFrees, v28.CountsReceived, v28.OffsetFollowsIt = true, true, true, true, true, true
	v28.TTLOfMissing, v28.Unblocks = true, true
	v28.Stale = " PING INFO SLAVEOF AUTH PUBLISH SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE PUBSUB QUIT CONFIG REPLCONF ROLE SHUTDOWN COMMAND LATENCY "
	v28.ShortSlaves = false
	v28.BacklogSize = 1 << 20

	v40 := v28 // partial resyncs with the same history
	v40.Name, v40.Version, v40.order = "4.0", "4.0.14", 2
	v40.AnnouncesIP, v40.Capabilities, v40.AsksAsItself = true, []string{"eof", "psync2"}, true
	v40.ResumesReplica, v40.PassingRefusal = true, true
	v40.Replconf = []string{"listening-port", "ip-address", "capa", "ack", "getack"}
	v40.PingsFromMiddle = false
	v40.RunIDs, v40.Shared, v40.CreationCounts, v40.ReplicaFrees, v40.CountsReceived = false, true, false, false, false
	v40.PromotionStays, v40.OffsetFollowsIt = false, false
	v40.RDBVersion, v40.AuxVersion, v40.AuxLast = 8, "redis-ver", "aof-preamble"
	v40.HidesExpired, v40.TracksLocalTTL = true, true
	v40.NamesArguments, v40.Backquotes = true, true

	v70 := v40 // a restart of the master is cheap too; streams say moments and effects
	v70.Name, v70.Version, v70.order = "7.0", "7.0.15", 3
	v70.Pipelined, v70.NoPermPong, v70.MasterUser, v70.ResumesMaster = true, true, true, true
	v70.KeepsUntilLoad, v70.KeepsBelow, v70.ConnectsAtOnce, v70.AcksStreamed, v70.ChecksPort = true, true, true, true, true
	v70.Replconf = []string{"listening-port", "ip-address", "capa", "ack", "getack", "rdb-only", "rdb-filter-only"}
	v70.RefusesOffset, v70.Ping, v70.DropsTalkers, v70.DelayReached, v70.ShutdownWaits = true, "ping", true, true, true
	v70.Ring, v70.ObeysInline, v70.QuietErrors = false, false, false
	v70.RelativeTTL, v70.PairsExec = false, false
	v70.WrapsEffects, v70.KeepTTLWord, v70.SetForGetset, v70.ServedAsOne, v70.EmptyFlushdb = true, true, true, true, true
	v70.RDBVersion, v70.AuxLast = 10, "aof-base"
	v70.SpoilsMulti, v70.Stale, v70.SlaveWords, v70.Backquotes, v70.OwnClients = true, "", false, false, 2
	v70.DownSinceUnix, v70.OldConfigErrors = false, false
	v70.DisklessSync, v70.SavePoints, v70.IgnoreMaxMemory = true, true, true

	v80 := v70 // Valkey
	v80.Name, v80.Version, v80.Valkey, v80.order = "8.0", "7.2.4", "8.0.1", 4
	v80.TellsVersion, v80.DualChannel, v80.AcksLoad, v80.FACK = true, true, true, true
	v80.Replconf = []string{"listening-port", "ip-address", "capa", "ack", "getack", "rdb-only", "rdb-filter-only",
		"version", "rdb-channel", "set-rdb-client-id"}
	v80.OneSrem, v80.UnlinkForSpop, v80.DelForGetdel = true, true, true
	v80.RDBVersion, v80.AuxVersion = 11, "valkey-ver"
	v80.PrimaryWords, v80.SlaveTypes = true, true
	v80.BacklogSize, v80.LazyFree = 10<<20, true

	return [5]Era{v26, v28, v40, v70, v80}
}()

// EraNamed returns the era of that name; "" is that of 7.0. It is shared: do not change it.
func EraNamed(name string) (*Era, bool) {
	if name == "" {
		name = DefaultEra
	}
	for i := range eras {
		if eras[i].Name == name {
			return &eras[i], true
		}
	}
	return nil, false
}

// EraNames returns the names of all eras, oldest first.
func EraNames() []string {
	names := make([]string, len(eras))
	for i := range eras {
		names[i] = eras[i].Name
	}
	return names
}

// OwnVersion is the version of the server by its own name: Valkey's, not that of the Redis that it stands for.
func (e *Era) OwnVersion() string {
	if e.Valkey != "" {
		return e.Valkey
	}
	return e.Version
}

// KnowsReplconf reports whether REPLCONF knows an option, which is in lower case.
func (e *Era) KnowsReplconf(option string) bool {
	for _, o := range e.Replconf {
		if o == option {
			return true
		}
	}
	return false
}

// KnowsCapability reports whether a master of the era understands what a replica says it can do. What it does not know
// it ignores [2.2].
func (e *Era) KnowsCapability(name string) bool {
	switch name {
	case "eof":
		return e.Diskless
	case "psync2":
		return e.Shared
	case "dual-channel":
		return e.DualChannel
	}
	return false
}

// IsVersion reports whether a text is what REPLCONF version takes: three numbers up to 255 with dots between them.
//
// Source: valkey/src/util.c, version2num.
func IsVersion(text string) bool {
	part, dots := 0, 0
	for _, b := range []byte(text) {
		switch {
		case '0' <= b && b <= '9':
			if part = part*10 + int(b-'0'); part > 255 {
				return false
			}
		case b == '.':
			part, dots = 0, dots+1
		default:
			return false
		}
	}
	return dots == 2
}

// RunsStale reports whether a command runs on a replica without its master, where listed is what the command table of
// 7.0 says [5].
func (e *Era) RunsStale(name string, listed bool) bool {
	if e.Stale == "" {
		return listed
	}
	return strings.Contains(e.Stale, " "+name+" ")
}

// Has reports whether the era has a field of INFO [6], a name of the configuration [7] or a subcommand of DEBUG.
func (e *Era) Has(name string) bool {
	for i := e.order + 1; i < len(arrived); i++ {
		if strings.Contains(arrived[i], " "+name+" ") {
			return false
		}
	}
	return true
}

// arrived are the fields of INFO, the names of the configuration and the subcommands of DEBUG that came with each era,
// between spaces.
var arrived = [len(eras)]string{
	1: " slave_repl_offset min_slaves_good_slaves master_repl_offset repl_backlog_active repl_backlog_size" +
		" repl_backlog_first_byte_offset repl_backlog_histlen sync_full sync_partial_ok sync_partial_err" +
		" repl-backlog-size repl-backlog-ttl min-slaves-to-write min-slaves-max-lag repl-diskless-sync repl-diskless-sync-delay ",
	2: " master_replid master_replid2 second_repl_offset slave_expires_tracked_keys" +
		" slave-announce-ip slave-announce-port lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del" +
		" slave-lazy-flush protected-mode ",
	3: " slave_read_repl_offset replica_announced master_failover_state master_sync_total_bytes master_sync_read_bytes" +
		" master_sync_perc async_loading total_net_repl_input_bytes total_net_repl_output_bytes unexpected_error_replies" +
		" total_error_replies dump_payload_sanitizations total_forks rdb_saves rdb_last_load_keys_expired" +
		" rdb_last_load_keys_loaded pubsubshard_channels" +
		" repl-diskless-load repl-diskless-sync-max-replicas replica-announced replica-ignore-maxmemory slave-ignore-maxmemory" +
		" replica-ignore-disk-write-errors propagation-error-behavior shutdown-timeout shutdown-on-sigint shutdown-on-sigterm" +
		" masteruser bind-source-addr rdb-del-sync-files lazyfree-lazy-user-del lazyfree-lazy-user-flush" +
		" enable-debug-command enable-protected-configs enable-module-command maxmemory-clients latency-tracking" +
		" latency-tracking-info-percentiles ",
	4: " replicas_waiting_psync replicas_repl_buffer_size replicas_repl_buffer_peak server_name valkey_version" +
		" dual-channel-replication-enabled delay-rdb-client-free-seconds primaryauth primaryuser hide-user-data-from-log" +
		" locale-collate set-max-listpack-entries set-max-listpack-value ",
}
