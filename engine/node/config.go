package node

import (
	"time"

	"resync/engine/repl"
	"resync/engine/store"
)

// Config is everything about a server that redis.conf says. Its names, aliases, defaults, ranges and mutability are
// one table (settings, in configtable.go). A Config is a value: copying it copies the configuration, and its slices
// are replaced, never changed in place. The zero Config is not usable: begin with DefaultConfig.
type Config struct {
	// Era is the generation of Redis: 2.6, 2.8, 4.0, 7.0 or 8.0; "" is 7.0. It is no setting.
	Era string

	// How others reach this node.
	Port           int
	Bind           []string
	UnixSocket     string
	UnixSocketPerm int    // mode bits; 0 leaves the mode to the umask
	BindSourceAddr string // local address of connections that the node makes; "" for any
	ProtectedMode  bool
	TCPBacklog     int
	TCPKeepalive   time.Duration // 0 = off
	Replicaof      Address       // zero for none

	Dir               string
	Daemonize         bool
	PidFile           string
	OOMScoreAdj       string // no, yes (relative to what it was), absolute: how gladly the kernel is to kill the process
	OOMScoreAdjValues string // of a master, of a replica, and of a child, which there is none of
	AlwaysShowLogo    bool   // the banner at start-up even where the log is no terminal
	CrashLog          bool   // a signal that kills the process leaves a report in the log

	Databases int
	Hz        int // 1..500, ticks a second

	ReplBacklogSize         int64         // bytes, at least 16384
	ReplBacklogTTL          time.Duration // 0 = never
	ReplTimeout             time.Duration
	ReplPingPeriod          time.Duration
	ReplDisklessSync        bool
	DualChannelReplication  bool // full resyncs over two connections, where master and replica want it
	ReplDisklessSyncDelay   time.Duration
	ReplDisklessMaxReplicas int    // 0 = wait the whole delay
	ReplDisklessLoad        string // disabled, on-empty-db, swapdb
	ReplDisableTCPNodelay   bool
	ReplicaAnnounceIP       string
	ReplicaAnnouncePort     int
	ReplicaAnnounced        bool
	ReplicaPriority         int
	ReplicaReadOnly         bool
	ReplicaServeStaleData   bool
	MasterAuth, MasterUser  string
	RequirePass             string
	MinReplicasToWrite      int
	MinReplicasMaxLag       time.Duration
	OutputLimit             [3]OutputLimit // normal, replica, pubsub
	ProtoMaxBulkLen         int64          // bytes
	ClientQueryBufferLimit  int64          // bytes
	Timeout                 time.Duration  // idle clients; 0 = never
	MaxClients              int
	ShutdownTimeout         time.Duration // how long a shutdown waits for lagging replicas; 0 = not at all
	DBFilename              string
	RDBCompression          bool
	RDBChecksum             bool
	Save                    []SavePoint
	EnableDebugCommand      string // no, yes, local
	EnableProtectedConfigs  string // no, yes, local
	StopWritesOnBgsaveError bool

	RDBDelSyncFiles              bool   // remove the file of a full resync when nothing else asks for it
	RDBKeySaveDelay              int    // microseconds per key that a snapshot takes; negative = 1 for so many keys
	KeyLoadDelay                 int    // the same of loading
	LoadingEventsBytes           int64  // of an RDB file that are loaded between two looks at the clients
	ReplicaLazyFlush             bool   // the dataset that a full resync replaces goes in the background
	ReplicaIgnoreDiskWriteErrors bool   // a replica goes on applying its stream when it cannot save
	PropagationErrorBehavior     string // ignore, panic, panic-on-replicas

	ShutdownOnSIGINT  string // words of SHUTDOWN, or default
	ShutdownOnSIGTERM string
	LogLevel          string // debug, verbose, notice, warning
	LogFile           string // "" for standard output

	MaxMemory              uint64 // bytes; 0 = no limit
	MaxMemoryClients       string // bytes, or a percentage of MaxMemory; 0 = no limit
	MaxMemoryPolicy        string // noeviction, or allkeys- or volatile- and lru, lfu, random or ttl
	MaxMemorySamples       int    // keys looked at for each one evicted
	ReplicaIgnoreMaxMemory bool
	LFULogFactor           int
	LFUDecayTime           int // minutes
	LazyEviction           bool
	LazyExpire             bool
	LazyUserDel            bool
	LazyServerDel          bool // matters to the stream of 8.0 alone
	Limits                 store.Limits

	NotifyKeyspaceEvents    string // classes in Redis's order; "" = none
	SlowlogLogSlowerThan    int64  // microseconds; negative = nothing is logged
	SlowlogMaxLen           int64
	ACLLogMaxLen            int64
	LatencyMonitorThreshold int64  // milliseconds; 0 = off
	LatencyTracking         bool   // keep how long each call of a command took
	LatencyPercentiles      string // that INFO latencystats shows, as CONFIG GET does
	TrackingTableMaxKeys    int64  // that clients may have in their caches; 0 = any number

	// Renames are the commands that rename-command gave another name, "" for none, in the order in which it did. It is no
	// setting.
	Renames [][2]string

	// ConfigFile is the redis.conf that CONFIG REWRITE writes to, or "" for none. It is no setting.
	ConfigFile string

	// others are the names that Redis knows and that mean nothing here, where they were given a value: sorted by
	// name, replaced as a whole.
	others    []otherSetting
	given     []Directive // all that Set was told, in its order
	saveGiven bool        // a save directive has replaced the default save points
	dirAt     Directive   // the one that gave the directory, in its file
}

// An Address is where a node listens.
type Address struct {
	Host string
	Port int
}

// An OutputLimit is one class of client-output-buffer-limit; zeros mean no limit.
type OutputLimit struct {
	Hard, Soft int64 // bytes
	SoftFor    time.Duration
}

// The classes of clients that client-output-buffer-limit tells apart: indices of Config.OutputLimit.
const (
	OutputNormal = iota
	OutputReplica
	OutputPubsub
)

// A SavePoint is one pair of the save directive.
type SavePoint struct {
	After   time.Duration
	Changes int
}

// otherSetting is the value of a name that is only kept.
type otherSetting struct{ name, value string }

// DefaultConfig returns the configuration of a redis-server 7.0.15 that was told nothing.
//
// Source: redis/src/config.c, static_configs; checked against CONFIG GET * of a running server.
func DefaultConfig() Config {
	return Config{
		Era:           repl.DefaultEra,
		Port:          6379,
		Bind:          []string{"*", "-::*"},
		ProtectedMode: true,
		TCPBacklog:    511,
		TCPKeepalive:  300 * time.Second,

		Dir:               ".",
		CrashLog:          true,
		OOMScoreAdj:       "no",
		OOMScoreAdjValues: "0 200 800",

		Databases: 16,
		Hz:        10,

		ReplBacklogSize:        1 << 20,
		ReplBacklogTTL:         time.Hour,
		ReplTimeout:            time.Minute,
		ReplPingPeriod:         10 * time.Second,
		ReplDisklessSync:       true,
		ReplDisklessSyncDelay:  5 * time.Second,
		ReplDisklessLoad:       "disabled",
		ReplicaAnnounced:       true,
		ReplicaPriority:        100,
		ReplicaReadOnly:        true,
		ReplicaServeStaleData:  true,
		MinReplicasMaxLag:      10 * time.Second,
		OutputLimit:            [3]OutputLimit{{}, {256 << 20, 64 << 20, time.Minute}, {32 << 20, 8 << 20, time.Minute}},
		ProtoMaxBulkLen:        512 << 20,
		ClientQueryBufferLimit: 1 << 30,
		MaxClients:             10000,
		ShutdownTimeout:        10 * time.Second,
		DBFilename:             "dump.rdb",
		RDBCompression:         true,
		RDBChecksum:            true,
		Save:                   []SavePoint{{time.Hour, 1}, {5 * time.Minute, 100}, {time.Minute, 10000}},
		EnableDebugCommand:     "no",
		EnableProtectedConfigs: "no",
		LogLevel:               "notice",

		StopWritesOnBgsaveError: true,

		LoadingEventsBytes:       2 << 20,
		PropagationErrorBehavior: "ignore",

		ShutdownOnSIGINT:       "default",
		ShutdownOnSIGTERM:      "default",
		MaxMemoryClients:       "0",
		MaxMemoryPolicy:        "noeviction",
		MaxMemorySamples:       5,
		ReplicaIgnoreMaxMemory: true,
		LFULogFactor:           10,
		LFUDecayTime:           1,
		Limits:                 store.DefaultLimits(),
		SlowlogLogSlowerThan:   10000,
		SlowlogMaxLen:          128,
		ACLLogMaxLen:           128,
		TrackingTableMaxKeys:   1000000,
		LatencyTracking:        true,
		LatencyPercentiles:     "50 99 99.9",
	}
}
