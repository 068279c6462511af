package node

import "math"

// settings is every configuration name of redis-server 7.0.15, and what Valkey 8.0's own file says besides. A row with
// a field is ours: the value lives in the Config. A row without one means nothing here: Redis knows it, so a redis.conf
// may hold it and CONFIG answers for it, and its value is kept as text.
//
// Source: redis/src/config.c, static_configs; names, defaults, ranges and error texts measured on 7.0.15.
var settings = []setting{
	// Network.
	{name: "port", kind: integer(0, 65535), field: func(c *Config) any { return &c.Port }},
	{name: "bind", flags: multiArg, kind: addresses{}, field: func(c *Config) any { return &c.Bind }},
	{name: "bind-source-addr", kind: text, field: func(c *Config) any { return &c.BindSourceAddr }},
	{name: "unixsocket", flags: immutable, kind: text, field: func(c *Config) any { return &c.UnixSocket }},
	{name: "unixsocketperm", flags: immutable, kind: octal{0777}, field: func(c *Config) any { return &c.UnixSocketPerm }},
	{name: "protected-mode", kind: yesNo, field: func(c *Config) any { return &c.ProtectedMode }},
	{name: "tcp-backlog", flags: immutable, kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.TCPBacklog }},
	{name: "tcp-keepalive", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.TCPKeepalive }},
	{name: "timeout", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.Timeout }},
	{name: "maxclients", kind: integer(1, math.MaxUint32), field: func(c *Config) any { return &c.MaxClients }},
	{name: "socket-mark-id", flags: immutable, kind: integer(0, math.MaxUint32), def: "0"},

	// General.
	{name: "locale-collate", kind: text},
	{name: "hide-user-data-from-log", kind: yesNo, def: "yes"},
	{name: "daemonize", flags: immutable, kind: yesNo, field: func(c *Config) any { return &c.Daemonize }},
	{name: "pidfile", flags: immutable, kind: text, field: func(c *Config) any { return &c.PidFile }},
	{name: "loglevel", kind: enum("debug", "verbose", "notice", "warning"), field: func(c *Config) any { return &c.LogLevel }},
	{name: "logfile", flags: immutable, kind: text, field: func(c *Config) any { return &c.LogFile }},
	{name: "databases", flags: immutable, kind: integer(1, math.MaxInt32), field: func(c *Config) any { return &c.Databases }},
	{name: "hz", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.Hz }},
	{name: "dynamic-hz", kind: yesNo, def: "yes"},
	{name: "always-show-logo", flags: immutable, kind: yesNo, field: func(c *Config) any { return &c.AlwaysShowLogo }},
	{name: "set-proc-title", flags: immutable, kind: yesNo, def: "yes"},
	{name: "proc-title-template", kind: processTitle{}, def: "{title} {listen-addr} {server-mode}"},
	{name: "supervised", flags: immutable, kind: enum("upstart", "systemd", "auto", "no"), def: "no"},
	{name: "syslog-enabled", flags: immutable, kind: yesNo, def: "no"},
	{name: "syslog-ident", flags: immutable, kind: text, def: "redis"},
	{name: "syslog-facility", flags: immutable, kind: enum("user", "local0", "local1", "local2", "local3", "local4", "local5",
		"local6", "local7"), def: "local0"},
	{name: "crash-log-enabled", kind: yesNo, field: func(c *Config) any { return &c.CrashLog }},
	{name: "crash-memcheck-enabled", kind: yesNo, def: "yes"},
	{name: "use-exit-on-panic", flags: hidden, kind: yesNo, def: "no"},
	{name: "watchdog-period", flags: hidden, kind: integer(0, math.MaxInt32), def: "0"},
	{name: "ignore-warnings", kind: text, def: ""},
	{name: "disable-thp", flags: immutable, kind: yesNo, def: "yes"},
	{name: "jemalloc-bg-thread", kind: yesNo, def: "yes"},
	{name: "activerehashing", kind: yesNo, def: "yes"},
	{name: "io-threads", flags: immutable, kind: integer(1, 128), def: "1"},
	{name: "io-threads-do-reads", flags: immutable, kind: yesNo, def: "no"},
	{name: "server_cpulist", flags: immutable, kind: text, def: ""},
	{name: "bio_cpulist", flags: immutable, kind: text, def: ""},
	{name: "aof_rewrite_cpulist", flags: immutable, kind: text, def: ""},
	{name: "bgsave_cpulist", flags: immutable, kind: text, def: ""},
	{name: "oom-score-adj", kind: enum("no", "yes", "relative=yes", "absolute"), field: func(c *Config) any { return &c.OOMScoreAdj }},
	{name: "oom-score-adj-values", flags: multiArg, kind: oomScores{}, field: func(c *Config) any { return &c.OOMScoreAdjValues }},

	// Security.
	{name: "requirepass", kind: text, field: func(c *Config) any { return &c.RequirePass }},
	{name: "enable-protected-configs", flags: immutable, kind: enum("no", "yes", "local"),
		field: func(c *Config) any { return &c.EnableProtectedConfigs }},
	{name: "enable-debug-command", flags: immutable, kind: enum("no", "yes", "local"),
		field: func(c *Config) any { return &c.EnableDebugCommand }},
	{name: "enable-module-command", flags: immutable, kind: enum("no", "yes", "local"), def: "no"},
	{name: "aclfile", flags: immutable, kind: text, def: ""},
	{name: "acllog-max-len", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.ACLLogMaxLen }},
	{name: "acl-pubsub-default", kind: enum("allchannels", "resetchannels"), def: "resetchannels"},

	// Snapshots.
	{name: "save", flags: multiArg, kind: savePoints{}, field: func(c *Config) any { return &c.Save }},
	{name: "dir", flags: protected, kind: directory{}, field: func(c *Config) any { return &c.Dir }},
	{name: "dbfilename", flags: protected, kind: baseName("dbfilename can't be a path, just a filename", ""),
		field: func(c *Config) any { return &c.DBFilename }},
	{name: "rdbcompression", kind: yesNo, field: func(c *Config) any { return &c.RDBCompression }},
	{name: "rdbchecksum", flags: immutable, kind: yesNo, field: func(c *Config) any { return &c.RDBChecksum }},
	{name: "rdb-del-sync-files", kind: yesNo, field: func(c *Config) any { return &c.RDBDelSyncFiles }},
	{name: "rdb-save-incremental-fsync", kind: yesNo, def: "yes"},
	{name: "rdb-key-save-delay", flags: hidden, kind: integer(math.MinInt32, math.MaxInt32), field: func(c *Config) any { return &c.RDBKeySaveDelay }},
	{name: "key-load-delay", flags: hidden, kind: integer(math.MinInt32, math.MaxInt32), field: func(c *Config) any { return &c.KeyLoadDelay }},
	{name: "loading-process-events-interval-bytes", flags: hidden, kind: integer(1024, math.MaxInt32),
		field: func(c *Config) any { return &c.LoadingEventsBytes }},
	{name: "stop-writes-on-bgsave-error", kind: yesNo, field: func(c *Config) any { return &c.StopWritesOnBgsaveError }},
	{name: "sanitize-dump-payload", kind: enum("no", "yes", "clients"), def: "no"},

	// Replication.
	{name: "replicaof", alias: "slaveof", flags: immutable | multiArg, kind: master{}, field: func(c *Config) any { return &c.Replicaof }},
	{name: "primaryauth", alias: "masterauth", kind: text, field: func(c *Config) any { return &c.MasterAuth }},
	{name: "primaryuser", alias: "masteruser", kind: text, field: func(c *Config) any { return &c.MasterUser }},
	{name: "replica-serve-stale-data", alias: "slave-serve-stale-data", kind: yesNo,
		field: func(c *Config) any { return &c.ReplicaServeStaleData }},
	{name: "replica-read-only", alias: "slave-read-only", kind: yesNo, field: func(c *Config) any { return &c.ReplicaReadOnly }},
	{name: "replica-announce-ip", alias: "slave-announce-ip", kind: text, field: func(c *Config) any { return &c.ReplicaAnnounceIP }},
	{name: "replica-announce-port", alias: "slave-announce-port", kind: integer(0, 65535),
		field: func(c *Config) any { return &c.ReplicaAnnouncePort }},
	{name: "replica-announced", kind: yesNo, field: func(c *Config) any { return &c.ReplicaAnnounced }},
	{name: "replica-priority", alias: "slave-priority", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.ReplicaPriority }},
	{name: "replica-ignore-maxmemory", alias: "slave-ignore-maxmemory", kind: yesNo, field: func(c *Config) any { return &c.ReplicaIgnoreMaxMemory }},
	{name: "replica-lazy-flush", alias: "slave-lazy-flush", kind: yesNo, field: func(c *Config) any { return &c.ReplicaLazyFlush }},
	{name: "replica-ignore-disk-write-errors", kind: yesNo, field: func(c *Config) any { return &c.ReplicaIgnoreDiskWriteErrors }},
	{name: "propagation-error-behavior", kind: enum("ignore", "panic", "panic-on-replicas"),
		field: func(c *Config) any { return &c.PropagationErrorBehavior }},
	{name: "repl-backlog-size", kind: memory(1, math.MaxInt64), field: func(c *Config) any { return &c.ReplBacklogSize }},
	{name: "repl-backlog-ttl", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.ReplBacklogTTL }},
	{name: "repl-timeout", kind: integer(1, math.MaxInt32), field: func(c *Config) any { return &c.ReplTimeout }},
	{name: "repl-ping-replica-period", alias: "repl-ping-slave-period", kind: integer(1, math.MaxInt32),
		field: func(c *Config) any { return &c.ReplPingPeriod }},
	{name: "repl-diskless-sync", kind: yesNo, field: func(c *Config) any { return &c.ReplDisklessSync }},
	{name: "repl-diskless-sync-delay", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.ReplDisklessSyncDelay }},
	{name: "repl-diskless-sync-max-replicas", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.ReplDisklessMaxReplicas }},
	{name: "dual-channel-replication-enabled", kind: yesNo, field: func(c *Config) any { return &c.DualChannelReplication }},
	{name: "repl-diskless-load", kind: enum("disabled", "on-empty-db", "swapdb"), field: func(c *Config) any { return &c.ReplDisklessLoad }},
	{name: "repl-disable-tcp-nodelay", kind: yesNo, field: func(c *Config) any { return &c.ReplDisableTCPNodelay }},
	{name: "min-replicas-to-write", alias: "min-slaves-to-write", kind: integer(0, math.MaxInt32),
		field: func(c *Config) any { return &c.MinReplicasToWrite }},
	{name: "min-replicas-max-lag", alias: "min-slaves-max-lag", kind: integer(0, math.MaxInt32),
		field: func(c *Config) any { return &c.MinReplicasMaxLag }},
	{name: "shutdown-timeout", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.ShutdownTimeout }},
	{name: "shutdown-on-sigint", flags: multiArg, kind: shutdownFlags{}, field: func(c *Config) any { return &c.ShutdownOnSIGINT }},
	{name: "shutdown-on-sigterm", flags: multiArg, kind: shutdownFlags{}, field: func(c *Config) any { return &c.ShutdownOnSIGTERM }},

	// Clients and the protocol.
	{name: "client-output-buffer-limit", flags: multiArg, kind: outputLimits{}, field: func(c *Config) any { return &c.OutputLimit }},
	{name: "client-query-buffer-limit", kind: memory(1<<20, math.MaxInt64), field: func(c *Config) any { return &c.ClientQueryBufferLimit }},
	{name: "proto-max-bulk-len", kind: memory(1<<20, math.MaxInt64), field: func(c *Config) any { return &c.ProtoMaxBulkLen }},
	{name: "tracking-table-max-keys", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.TrackingTableMaxKeys }},
	{name: "notify-keyspace-events", kind: eventClasses{}, field: func(c *Config) any { return &c.NotifyKeyspaceEvents }},
	{name: "busy-reply-threshold", alias: "lua-time-limit", kind: integer(0, math.MaxInt64), def: "5000"},

	// Memory.
	{name: "maxmemory", kind: anyMemory{}, field: func(c *Config) any { return &c.MaxMemory }},
	{name: "maxmemory-clients", kind: memoryOrPercent{}, field: func(c *Config) any { return &c.MaxMemoryClients }},
	{name: "maxmemory-policy", kind: enum("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru",
		"allkeys-lfu", "allkeys-random", "noeviction"), field: func(c *Config) any { return &c.MaxMemoryPolicy }},
	{name: "maxmemory-samples", kind: integer(1, math.MaxInt32), field: func(c *Config) any { return &c.MaxMemorySamples }},
	{name: "maxmemory-eviction-tenacity", kind: integer(0, 100), def: "10"},
	{name: "lfu-log-factor", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.LFULogFactor }},
	{name: "lfu-decay-time", kind: integer(0, math.MaxInt32), field: func(c *Config) any { return &c.LFUDecayTime }},
	{name: "active-expire-effort", kind: integer(1, 10), def: "1"},
	{name: "lazyfree-lazy-eviction", kind: yesNo, field: func(c *Config) any { return &c.LazyEviction }},
	{name: "lazyfree-lazy-expire", kind: yesNo, field: func(c *Config) any { return &c.LazyExpire }},
	{name: "lazyfree-lazy-server-del", kind: yesNo, field: func(c *Config) any { return &c.LazyServerDel }},
	{name: "lazyfree-lazy-user-del", kind: yesNo, field: func(c *Config) any { return &c.LazyUserDel }},
	{name: "lazyfree-lazy-user-flush", kind: yesNo, def: "no"},
	{name: "activedefrag", kind: noDefrag{}, def: "no"},
	{name: "active-defrag-cycle-min", kind: integer(1, 99), def: "1"},
	{name: "active-defrag-cycle-max", kind: integer(1, 99), def: "25"},
	{name: "active-defrag-threshold-lower", kind: integer(0, 1000), def: "10"},
	{name: "active-defrag-threshold-upper", kind: integer(0, 1000), def: "100"},
	{name: "active-defrag-max-scan-fields", kind: integer(1, math.MaxInt64), def: "1000"},
	{name: "active-defrag-ignore-bytes", kind: memory(1, math.MaxInt64), def: "104857600"},
	{name: "hash-max-listpack-entries", alias: "hash-max-ziplist-entries", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.HashListpackEntries }},
	{name: "hash-max-listpack-value", alias: "hash-max-ziplist-value", kind: memory(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.HashListpackValue }},
	{name: "list-max-listpack-size", alias: "list-max-ziplist-size", kind: integer(math.MinInt32, math.MaxInt32), field: func(c *Config) any { return &c.Limits.ListListpackSize }},
	{name: "list-compress-depth", kind: integer(0, math.MaxInt32), def: "0"},
	{name: "set-max-listpack-entries", kind: integer(0, math.MaxInt64), def: "128"},
	{name: "set-max-listpack-value", kind: integer(0, math.MaxInt64), def: "64"},
	{name: "set-max-intset-entries", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.SetIntsetEntries }},
	{name: "zset-max-listpack-entries", alias: "zset-max-ziplist-entries", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.ZSetListpackEntries }},
	{name: "zset-max-listpack-value", alias: "zset-max-ziplist-value", kind: memory(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.ZSetListpackValue }},
	{name: "hll-sparse-max-bytes", kind: memory(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.HLLSparseBytes }},
	{name: "stream-node-max-bytes", kind: memory(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.StreamNodeBytes }},
	{name: "stream-node-max-entries", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.Limits.StreamNodeEntries }},

	// Slow log and latency.
	{name: "slowlog-log-slower-than", kind: integer(-1, math.MaxInt64), field: func(c *Config) any { return &c.SlowlogLogSlowerThan }},
	{name: "slowlog-max-len", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.SlowlogMaxLen }},
	{name: "latency-monitor-threshold", kind: integer(0, math.MaxInt64), field: func(c *Config) any { return &c.LatencyMonitorThreshold }},
	{name: "latency-tracking", kind: yesNo, field: func(c *Config) any { return &c.LatencyTracking }},
	{name: "latency-tracking-info-percentiles", flags: multiArg, kind: percentiles{}, field: func(c *Config) any { return &c.LatencyPercentiles }},

	// Append only file.
	{name: "appendonly", kind: yesNo, def: "no"},
	{name: "appendfilename", flags: immutable, kind: baseName("appendfilename can't be a path, just a filename",
		"appendfilename can't be empty"), def: "appendonly.aof"},
	{name: "appenddirname", flags: immutable, kind: baseName("appenddirname can't be a path, just a dirname",
		"appenddirname can't be empty"), def: "appendonlydir"},
	{name: "appendfsync", kind: enum("everysec", "always", "no"), def: "everysec"},
	{name: "no-appendfsync-on-rewrite", kind: yesNo, def: "no"},
	{name: "auto-aof-rewrite-percentage", kind: integer(0, math.MaxInt32), def: "100"},
	{name: "auto-aof-rewrite-min-size", kind: memory(0, math.MaxInt64), def: "67108864"},
	{name: "aof-load-truncated", kind: yesNo, def: "yes"},
	{name: "aof-use-rdb-preamble", kind: yesNo, def: "yes"},
	{name: "aof-timestamp-enabled", kind: yesNo, def: "no"},
	{name: "aof-rewrite-incremental-fsync", kind: yesNo, def: "yes"},
	{name: "aof-disable-auto-gc", kind: yesNo, def: "no"},

	// Cluster.
	{name: "cluster-enabled", flags: immutable, kind: yesNo, def: "no"},
	{name: "cluster-config-file", flags: immutable, kind: text, def: "nodes.conf"},
	{name: "cluster-node-timeout", kind: integer(0, math.MaxInt64), def: "15000"},
	{name: "cluster-port", flags: immutable, kind: integer(0, 65535), def: "0"},
	{name: "cluster-replica-validity-factor", alias: "cluster-slave-validity-factor", kind: integer(0, math.MaxInt32), def: "10"},
	{name: "cluster-migration-barrier", kind: integer(0, math.MaxInt32), def: "1"},
	{name: "cluster-allow-replica-migration", kind: yesNo, def: "yes"},
	{name: "cluster-require-full-coverage", kind: yesNo, def: "yes"},
	{name: "cluster-replica-no-failover", alias: "cluster-slave-no-failover", kind: yesNo, def: "no"},
	{name: "cluster-allow-reads-when-down", kind: yesNo, def: "no"},
	{name: "cluster-allow-pubsubshard-when-down", kind: yesNo, def: "yes"},
	{name: "cluster-link-sendbuf-limit", kind: anyMemory{}, def: "0"},
	{name: "cluster-announce-hostname", kind: hostname{}, def: ""},
	{name: "cluster-announce-ip", kind: text, def: ""},
	{name: "cluster-announce-port", kind: integer(0, 65535), def: "0"},
	{name: "cluster-announce-bus-port", kind: integer(0, 65535), def: "0"},
	{name: "cluster-announce-tls-port", kind: integer(0, 65535), def: "0"},
	{name: "cluster-preferred-endpoint-type", kind: enum("ip", "hostname", "unknown-endpoint"), def: "ip"},

	// TLS.
	{name: "tls-port", kind: integer(0, 65535), def: "0"},
	{name: "tls-replication", kind: noTLS{}, def: "no"},
	{name: "tls-cluster", kind: yesNo, def: "no"},
	{name: "tls-auth-clients", kind: enum("no", "yes", "optional"), def: "yes"},
	{name: "tls-prefer-server-ciphers", kind: yesNo, def: "no"},
	{name: "tls-session-caching", kind: yesNo, def: "yes"},
	{name: "tls-session-cache-size", kind: integer(0, math.MaxInt32), def: "20480"},
	{name: "tls-session-cache-timeout", kind: integer(0, math.MaxInt32), def: "300"},
	{name: "tls-cert-file", kind: text, def: ""},
	{name: "tls-key-file", kind: text, def: ""},
	{name: "tls-key-file-pass", kind: text, def: ""},
	{name: "tls-client-cert-file", kind: text, def: ""},
	{name: "tls-client-key-file", kind: text, def: ""},
	{name: "tls-client-key-file-pass", kind: text, def: ""},
	{name: "tls-dh-params-file", kind: text, def: ""},
	{name: "tls-ca-cert-file", kind: text, def: ""},
	{name: "tls-ca-cert-dir", kind: text, def: ""},
	{name: "tls-protocols", kind: text, def: ""},
	{name: "tls-ciphers", kind: text, def: ""},
	{name: "tls-ciphersuites", kind: text, def: ""},
}

// A setting is one row of the table.
type setting struct {
	name, alias string
	flags       settingFlags
	kind        kind
	field       func(*Config) any // where the value lives; nil for a name that is only kept
	def         string            // of a name that is only kept
}

// settingFlags say how a name may be set.
type settingFlags uint8

const (
	immutable settingFlags = 1 << iota // at start-up only
	protected                          // by CONFIG SET only as enable-protected-configs allows
	multiArg                           // takes several words; CONFIG SET splits its value at single spaces
	hidden                             // answers to its exact name only, never to a pattern
)
