//go:build linux

package tcp

import "testing"

// TestAMasterSaysTheSame plays replicas of every kind to a master.
func TestAMasterSaysTheSame(t *testing.T) { playScenes(t, masterScenes) }

var masterScenes = []scene{
	{"the first sync, streamed", "", `
		r: PING
		r> REPLCONF listening-port 7103 ;; REPLCONF capa eof capa psync2
		r< reply 2
		r: PSYNC ? -1
		r< rdb
		online
		? role connected_slaves slave0 sync_full sync_partial_ok sync_partial_err master_repl_offset second_repl_offset repl_backlog_active repl_backlog_first_byte_offset repl_backlog_histlen
		w: SET a 1
		# the stream waits for the replica's first word, and there is no newline for it any more
		r< nothing
		? slave0
		r> REPLCONF ACK 0
		r< stream
		r> REPLCONF ACK @offset
		r< nothing
		? slave0
		# and whoever asks now is continued from where it says
		s: REPLCONF capa psync2
		s: PSYNC @id 1
		s< stream
		t: PSYNC @id 51
		t< stream
		t< nothing
		u: PSYNC @id 52
		? sync_full sync_partial_ok sync_partial_err connected_slaves`},

	{"the first sync, from disk", "--repl-diskless-sync no", `
		w: SET before 1
		r: REPLCONF capa eof capa psync2 listening-port 7
		r: PSYNC ? -1
		r< rdb
		online
		w: SET a 1
		r< stream
		? slave0
		r> REPLCONF ACK 50
		r< nothing
		? slave0`},

	{"a replica without capa eof gets a length though others would be streamed to", "", `
		r: REPLCONF capa psync2
		r: PSYNC ? -1
		r< rdb
		w: SET a 1
		r< stream`},

	{"the old SYNC", "", `
		w: SET before 1
		r> SYNC
		r< rdb
		online
		w: SET a 1
		r< stream
		? slave0 sync_full sync_partial_ok sync_partial_err
		r> SYNC
		r> PSYNC ? -1
		r< nothing
		r> REPLCONF ACK 20
		r< nothing
		? slave0`},

	{"SYNC inline, and streamed to where the capability was announced", "", `
		r: REPLCONF capa eof
		r= "SYNC\r\n"
		r< rdb
		online
		w: SET a 1
		r< nothing
		r> REPLCONF ACK 0
		r< stream`},

	{"REPLCONF and its errors", "", `
		r: REPLCONF
		r: REPLCONF x
		r: REPLCONF x y
		r: REPLCONF x y z
		r: REPLCONF LISTENING-PORT 7
		r: REPLCONF listening-port x
		r: REPLCONF listening-port ""
		r: REPLCONF listening-port 9223372036854775808
		r: REPLCONF listening-port -1
		r: REPLCONF listening-port 70000
		r: REPLCONF ip-address ""
		r: REPLCONF ip-address aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
		r: REPLCONF ip-address aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
		r: REPLCONF capa unheard-of
		r: REPLCONF capa EOF CAPA Psync2
		r: REPLCONF rdb-only 2
		r: REPLCONF rdb-only x
		r: REPLCONF rdb-only 1 rdb-only 0
		r: REPLCONF rdb-filter-only functions
		r: REPLCONF rdb-filter-only "functions data"
		r: REPLCONF rdb-filter-only data
		r: REPLCONF rdb-filter-only ""
		r: REPLCONF rdb-filter-only "\"unbalanced"
		r: REPLCONF version 8.0.0
		# the first is taken though the second is wrong
		r: REPLCONF listening-port 9 nosuch 1
		# never a reply to these, whoever sends them
		r> REPLCONF ACK 5
		r> REPLCONF ack x
		r> REPLCONF GETACK *
		r> REPLCONF getack 1 nosuch 1
		r< nothing
		r: REPLCONF ip-address 10.1.2.3 listening-port 77 capa eof rdb-filter-only functions
		r: ECHO "still here"
		? connected_slaves`},

	{"what was announced is what INFO and the log tell", "", `
		r: REPLCONF ip-address 10.1.2.3 listening-port 77
		r: PSYNC ? -1
		r< rdb
		online
		? slave0
		log Replica 10.1.2.3:77 asks for synchronization
		log Full resync requested by replica 10.1.2.3:77
		log Synchronization with replica 10.1.2.3:77 succeeded
		s: REPLCONF ip-address host.name
		s: PSYNC @a 1
		log Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '@a', my replication IDs are '@id' and '@0')
		log Replica host.name:<unknown-replica-port> asks for synchronization
		r.
		log Connection with replica 10.1.2.3:77 lost.`},

	{"PSYNC and SYNC where they are not allowed", "", `
		r: PSYNC
		r: PSYNC ?
		r: SYNC x
		r: PSYNC ? x
		r: PSYNC ? 1x
		r: PSYNC ? 9223372036854775808
		r: PSYNC ? ""
		r: MULTI
		r: PSYNC ? -1
		r: SYNC
		r: EXEC
		r> PING ;; PSYNC ? -1
		r< reply 2
		r> PING ;; SYNC
		r< reply 2
		r: PSYNC @a 1 FAILOVER
		r: PSYNC ? -1 FAILOVER
		? connected_slaves sync_full sync_partial_ok sync_partial_err`},

	{"an unknown fourth word of PSYNC is passed over", "", `
		r: PSYNC ? -1 whatever
		r< rdb
		online
		s: REPLCONF capa psync2
		s: PSYNC @id 1 x y z`},

	{"PSYNC inline", "", `
		r= "psync ? -1\r\n"
		r< reply
		r< rdb`},

	{"a transaction that is watched or queued does not become a replica by halves", "", `
		r: WATCH k
		r: PSYNC ? -1
		r< rdb
		w: SET k 1
		r< stream`},

	{"a subscriber that asks to be a replica", "", `
		r: SUBSCRIBE c
		r: PSYNC ? -1
		r: SYNC`},

	{"no backlog, no continuation, though id and offset are right", "", `
		r: REPLCONF capa psync2
		r: PSYNC @id 1
		? sync_full sync_partial_ok sync_partial_err repl_backlog_active`},

	{"the first replica of all names the history anew", "", `
		? master_replid
		r: PSYNC ? -1
		? master_replid master_replid2 second_repl_offset
		r< rdb
		online
		log Replication backlog created, my new replication IDs are '@id' and '@0'`},

	{"the borders of the backlog", "--repl-backlog-size 16kb", `
		k: REPLCONF capa psync2
		k: PSYNC ? -1
		k< rdb
		online
		w: DEBUG REPLICATE SET x 1
		w: SETRANGE a 9000 x
		w: SET b xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
		k< stream
		a: PSYNC @id @offset+1
		a< stream
		a.
		b: PSYNC @ID @first
		b< stream
		b.
		c: PSYNC @id @first-1
		c.
		d: PSYNC @id @offset+2
		d.
		e: PSYNC @id 0
		e.
		f: PSYNC @id -1
		f.
		g: PSYNC @id -9223372036854775808
		g.
		h: PSYNC @id 9223372036854775807
		h.
		i: PSYNC @a @offset+1
		i.
		j: PSYNC @0 @offset+1
		j.
		l: PSYNC ?anything @offset+1
		l.
		m: PSYNC "" @offset+1
		m.
		n: PSYNC "@id " @offset+1
		? sync_partial_ok sync_partial_err sync_full`},

	{"the borders of the history before this one", "--replicaof 127.0.0.1 @port", `
		M+
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		M$ len k v
		?= master_link_status up
		M= "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
		M< ack 1050
		# as a replica it continues others under the id that it shares
		a: REPLCONF capa psync2
		a: PSYNC @id 1001
		a< stream
		w: REPLICAOF NO ONE
		M< end
		a< end
		? role master_replid2 second_repl_offset master_repl_offset repl_backlog_first_byte_offset repl_backlog_histlen connected_slaves
		b: REPLCONF capa psync2
		b: PSYNC @id2 @second
		c: REPLCONF capa psync2
		c: PSYNC @id2 @second-1
		c< stream
		d: PSYNC @id2 1001
		d< stream
		w: SET b 2
		b< stream
		c< stream
		d< stream
		e: PSYNC @id2 @second
		e< stream
		f: PSYNC @id2 @second+1
		f.
		g: PSYNC @id2 @offset+1
		g.
		h: PSYNC @id2 1000
		h.
		i: PSYNC @id @second+1
		i< stream
		j: PSYNC @id 1001
		j< stream
		log Requested offset for second ID was 1052, but I can reply up to 1051
		log Setting secondary replication ID to 0123456789012345678901234567890123456789, valid up to offset: 1051. New replication ID is @id
		? sync_full sync_partial_ok sync_partial_err`},

	{"a server that was promoted twice knows the last history only", "--replicaof 127.0.0.1 @port", `
		M+
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		M$ len k v
		?= master_link_status up
		w: REPLICAOF NO ONE
		w: REPLICAOF 127.0.0.1 @port
		M+
		M hello
		? master_replid2 second_repl_offset
		w: REPLICAOF NO ONE
		? master_replid2 second_repl_offset
		r: PSYNC 0123456789012345678901234567890123456789 1001
		w: REPLICAOF NO ONE
		w: SLAVEOF no one
		? master_replid2 second_repl_offset sync_full`},

	{"a promoted replica announces its database again", "--replicaof 127.0.0.1 @port", `
		M+
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 0\r\n"
		M$ len k v
		?= master_link_status up
		M= "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
		M< ack 50
		w: REPLICAOF NO ONE
		w: SET b 1
		r: PSYNC @id2 51
		r< stream`},

	{"a replica that failed over, and one that must not", "--replicaof 127.0.0.1 @port", `
		M+
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		M$ len k v
		?= master_link_status up
		r: PSYNC @a 1001 FAILOVER
		s: REPLCONF capa psync2
		s: PSYNC 0123456789012345678901234567890123456789 1001 failover
		s< nothing
		M< end
		? role master_replid master_replid2 second_repl_offset
		w: SET k w
		s< stream
		t: PSYNC @id2 1001 FAILOVER`},

	{"a replica that fails over has done so before it reads the offset", "--replicaof 127.0.0.1 @port", `
		M+
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		M$ len k v
		?= master_link_status up
		r: PSYNC @id x FAILOVER
		? role master_replid master_replid2 second_repl_offset sync_full
		r: PING`},

	{"SYNC on a replica whose link is down", "--replicaof 127.0.0.1 @port", `
		M+
		r: PSYNC ? -1
		r: SYNC
		r: PSYNC @id 1
		M hello
		r: PSYNC ? -1
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		r: PSYNC 0123456789012345678901234567890123456789 1001
		r: PSYNC @id 1 FAILOVER
		? role connected_slaves sync_full sync_partial_ok sync_partial_err`},

	{"SYNC on a replica that hides stale data", "--replica-serve-stale-data no --replicaof 127.0.0.1 @port", `
		M+
		r: PING
		r: REPLCONF listening-port 7
		r: PSYNC ? -1
		r: SYNC
		r: GET k
		r: SET k v
		r: PUBLISH c m
		r: WAIT 0 0
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		M$ len k v
		?= master_link_status up
		r: PING
		r: GET k
		r: PSYNC ? -1`},

	{"SYNC while a file is loaded", "--key-load-delay 1000 --loading-process-events-interval-bytes 1024", `
		w: DEBUG POPULATE 1000 key 100
		w> DEBUG RELOAD
		?= loading 1
		r: PSYNC ? -1
		r: SYNC
		r: REPLCONF listening-port 7
		r: GET k
		r: REPLICAOF no one
		r: PING
		w< reply
		? connected_slaves sync_full`},

	{"only the snapshot is wanted", "", `
		w: SET k v
		r: REPLCONF capa eof rdb-only 1
		r> SYNC
		r< rdb
		r< end
		s: REPLCONF rdb-only 1
		s: PSYNC ? -1
		s< rdb
		s< end
		? connected_slaves sync_full`},

	{"only the functions are wanted, then nothing", "", `
		w: SET k v
		r: REPLCONF rdb-filter-only functions
		r: SYNC
		r: PSYNC ? -1
		r: REPLCONF capa eof
		r: PSYNC ? -1
		r< rdb
		online
		s: REPLCONF capa eof rdb-only 1 rdb-filter-only ""
		s> SYNC
		s< rdb
		s< end
		? connected_slaves sync_full`},

	{"filters and whole snapshots do not share one", "--repl-diskless-sync-delay 2", `
		w: SET k v
		a: REPLCONF capa eof
		a> PSYNC ? -1
		b: REPLCONF capa eof rdb-filter-only functions
		b> PSYNC ? -1
		c: REPLCONF capa eof
		c> PSYNC ? -1
		a< lf
		a< reply
		a< rdb
		c< reply
		c< rdb
		b< reply
		b< rdb
		? connected_slaves sync_full`},

	{"newlines until the snapshot begins", "--repl-diskless-sync-delay 3", `
		r: REPLCONF capa eof
		r> PSYNC ? -1
		r< lf
		r< lf
		? slave0
		log Delay next BGSAVE for diskless SYNC
		# writes before the snapshot are in it, and it begins where they end
		w: SET k v
		r< reply
		r< rdb`},

	{"enough replicas need no delay", "--repl-diskless-sync-delay 60 --repl-diskless-sync-max-replicas 2", `
		a: REPLCONF capa eof
		a> PSYNC ? -1
		a< lf
		a< lf
		b: REPLCONF capa eof
		b> PSYNC ? -1
		a< reply
		b< reply
		a< rdb
		b< rdb`},

	{"who wants no replies hears the answer to PSYNC all the same", "", `
		r> CLIENT REPLY OFF
		r> PSYNC ? -1
		r< line
		r< rdb
		online
		s> REPLCONF capa psync2
		s< reply
		s> CLIENT REPLY SKIP
		s> PSYNC @id 1
		s< line
		w: SET k v
		s< stream`},

	{"a running snapshot on disk is shared, at its old offset", "--repl-diskless-sync no --rdb-key-save-delay 2000", `
		w: DEBUG POPULATE 1000 key 10
		a: REPLCONF capa eof capa psync2
		a: PSYNC ? -1
		? slave0
		w: SET k during
		b: REPLCONF capa eof capa psync2
		b: PSYNC ? -1
		w: SET l during
		# it can do less than those before it: what they are sent may not be for it
		c> PSYNC ? -1
		log Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC
		? connected_slaves rdb_bgsave_in_progress sync_full
		w: CONFIG SET rdb-key-save-delay 0
		a< lf
		c< lf
		a< rdb
		a< stream
		b< rdb
		b< stream
		c< reply
		c< rdb
		c< stream`},

	{"a snapshot that the user asked for is not shared", "--repl-diskless-sync no --rdb-key-save-delay 1000", `
		w: DEBUG POPULATE 1000 key 10
		w: BGSAVE
		w: CONFIG SET rdb-key-save-delay 0
		a> PSYNC ? -1
		log Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC
		w: BGSAVE
		w: SET k v
		a< lf
		a< reply
		a< rdb`},

	{"a streamed snapshot is not shared", "--rdb-key-save-delay 1000", `
		w: DEBUG POPULATE 1000 key 10
		a: REPLCONF capa eof
		a: PSYNC ? -1
		w: CONFIG SET rdb-key-save-delay 0
		b: REPLCONF capa eof
		b> PSYNC ? -1
		log Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC
		? rdb_bgsave_in_progress
		w: BGSAVE
		w: BGSAVE SCHEDULE
		w: SAVE
		w: SET k v
		a< rdb
		b< reply
		b< rdb`},

	{"a snapshot that nobody waits for any more is ended", "--rdb-key-save-delay 2000 --rdbcompression no", `
		w: DEBUG POPULATE 1000 key 1000
		a: REPLCONF capa eof
		a: PSYNC ? -1
		?= rdb_bgsave_in_progress 1
		a.
		log Diskless rdb transfer, last replica dropped, killing fork child.
		?= rdb_bgsave_in_progress 0
		w: CONFIG SET rdb-key-save-delay 100000
		b: PSYNC ? -1
		?= rdb_bgsave_in_progress 1
		b.
		?= rdb_bgsave_in_progress 0
		? connected_slaves`},

	{"FLUSHALL ends a snapshot", "--rdb-key-save-delay 100000 --repl-diskless-sync no", `
		w: DEBUG POPULATE 1000 key 10
		a: PSYNC ? -1
		?= rdb_bgsave_in_progress 1
		w: CONFIG SET rdb-key-save-delay 0
		w: FLUSHALL
		a< end
		?= rdb_bgsave_in_progress 0
		? connected_slaves`},

	{"writes of every family", "", `
		w: DEBUG SET-ACTIVE-EXPIRE 0
		r: PSYNC ? -1
		r< rdb
		w: SET s v
		w: set lower v
		w: SET s v EX 100
		w: SET s v PX 1000000 GET
		w: SET s v NX
		w: SETEX s 100 v
		w: GETSET s 5
		w: INCRBYFLOAT s 0.5
		w: GETEX s PERSIST
		w: GETEX s EX 100
		w: GETEX s
		w: GETDEL s
		w: GETDEL s
		w: EXPIRE lower 100
		w: EXPIRE lower 100 NX
		w: EXPIRE lower -1
		w: DEL nosuch
		w: UNLINK nosuch
		w: MSET a 1 b 2
		w: SETNX a 1
		w: APPEND a 2
		w: SETBIT bits 7 1
		w: SETBIT bits 7 1
		w: HSET h f 1
		w: HSET h f 1
		w: HINCRBYFLOAT h f 1.5
		w: HDEL h nosuch
		w: RPUSH l 1 2 3
		w: LPOP l
		w: LMPOP 2 nosuch l LEFT COUNT 5
		w: SADD set m
		w: SADD set m
		w: SPOP set
		w: SADD set x
		w: SPOP set 5
		w: ZADD z 1 a 2 b 3 c
		w: ZMPOP 1 z MIN COUNT 2
		w: BZPOPMAX z 0
		w: GEOADD g 1 2 home
		w: XADD x * f v
		w: XADD x MAXLEN ~ 1000 5-* f v
		w: XGROUP CREATE x grp 0
		w: PFADD p a
		w: PFADD p a
		w: PFCOUNT p
		w: PUBLISH c m
		w: SELECT 11
		w: SET s v
		w: SELECT 3
		w: GET s
		w: MOVE s 4
		w: SWAPDB 3 11
		w: COPY s t
		w: RENAME t u
		w: FLUSHDB
		w: FLUSHALL ASYNC
		w: DEBUG REPLICATE some words
		w: SET s v
		w: CONFIG SET hz 10
		r< stream`},

	{"transactions", "", `
		r: PSYNC ? -1
		r< rdb
		w: MULTI
		w: SET a 1
		w: GET a
		w: SET b 2
		w: EXEC
		w: MULTI
		w: SET a 2
		w: EXEC
		w: MULTI
		w: GET a
		w: EXEC
		w: MULTI
		w: SELECT 2
		w: SET a 3
		w: SELECT 5
		w: SET a 3
		w: EXEC
		w: MULTI
		w: SET a 4
		w: INCR nosuch x
		w: EXEC
		w: MULTI
		w: SET s word
		w: INCR s
		w: SET t 1
		w: EXEC
		w: MULTI
		w: SET s 1
		w: DISCARD
		r< stream
		w: SELECT 0
		# a transaction that blocked clients wait for
		b> BLPOP list 0
		?= blocked_clients 1
		w: MULTI
		w: RPUSH list 1 2
		w: SET s 1
		w: EXEC
		b< reply
		r< stream`},

	{"keys that expire", "", `
		w: DEBUG SET-ACTIVE-EXPIRE 0
		r: PSYNC ? -1
		r< rdb
		w: SET a 1 PX 1
		w: SET b 1 PX 1
		w: SET c 1 PX 1
		w: SET d 1 PX 1
		w: SET e 1 PX 1
		w: SET k 1
		w: DEBUG SLEEP 0.01
		r< stream
		w: GET a
		w: SET b 2
		w: MGET c d
		w: EXISTS e k
		w: GET a
		w: PEXPIREAT k 1
		r< stream`},

	{"WAIT asks for acknowledgements in the stream", "", `
		w: WAIT 0 0
		w: WAIT 1 10
		w: WAIT x 0
		w: WAIT 1 x
		w: WAIT 1 -1
		w: WAIT -1 0
		r: PSYNC ? -1
		r< rdb
		online
		w: SET a 1
		r< stream
		w> WAIT 1 0
		?= blocked_clients 1
		r< stream
		r> REPLCONF ACK 49
		?= blocked_clients 1
		r> REPLCONF ACK 50
		w< reply
		w: WAIT 1 0
		r< nothing
		w: GET a
		r> REPLCONF ACK @offset
		w: WAIT 1 0
		w: WAIT 2 50
		r< stream
		w: MULTI
		w: SET a 2
		w: WAIT 1 0
		w: EXEC
		r< stream`},

	{"the master's own words", "--repl-ping-replica-period 1", `
		r: PSYNC ? -1
		r< rdb
		r< bytes 14
		r< bytes 14
		w: SET a 1
		? repl_backlog_first_byte_offset`},

	{"what a replica must not say: a command with a reply", "", `
		r: PSYNC ? -1
		r< rdb
		online
		r> PING
		r< end
		log Replica generated a reply to command 'ping', disconnecting it
		s: PSYNC @id 1
		s> GET k
		s< end
		t: PSYNC @id 1
		t> SET k v
		t< end
		u: PSYNC @id 1
		u> nosuch
		u< end
		v: PSYNC @id 1
		v> REPLCONF listening-port 5
		v< end
		w: PSYNC @id 1
		w> REPLICAOF no one
		w< end
		x: PSYNC @id 1
		x= "*x\r\n"
		x< end
		log Replica generated a reply to command 'psync', disconnecting it: 
		log == CRITICAL == This master is sending an error to its replica: 'Protocol error: invalid multibulk length' after processing the command 'psync'
		log Protocol error (invalid mbulk count) from client: 
		y: PSYNC @id 1
		y> QUIT
		y< end
		z: PSYNC @id 1
		z> RESET
		z< end
		? connected_slaves role`},

	{"what a replica may say", "", `
		r: PSYNC ? -1
		r< rdb
		online
		r= "\n\n\r\n"
		r> REPLCONF ACK 0
		r> REPLCONF ack notanumber
		r> REPLCONF GETACK *
		r< nothing
		w: SET k v
		r< stream
		? connected_slaves`},

	{"acknowledgements only rise", "", `
		r: PSYNC ? -1
		r< rdb
		online
		w: SET k v
		r> REPLCONF ACK 40
		r< stream
		r> REPLCONF ACK 50
		r< nothing
		? slave0
		r> REPLCONF ACK 30
		r< nothing
		? slave0
		r> REPLCONF ACK 5000
		r< nothing
		? slave0`},

	{"too few good replicas", "--min-replicas-to-write 1 --min-replicas-max-lag 2", `
		? min_slaves_good_slaves
		w: SET k v
		w: MULTI
		w: SET k v
		w: EXEC
		w: GET k
		r: PSYNC ? -1
		r< rdb
		online
		w: SET k v
		? min_slaves_good_slaves
		r.
		?= connected_slaves 0
		w: SET k v
		w: CONFIG SET min-replicas-to-write 0
		w: SET k v`},

	{"the backlog goes when nobody wanted it for long enough", "--repl-backlog-ttl 1", `
		r: PSYNC ? -1
		r< rdb
		r.
		w: SET k v
		? master_repl_offset master_replid
		log Replication backlog freed after 1 seconds without connected replicas.
		? master_repl_offset master_replid master_replid2 second_repl_offset repl_backlog_active repl_backlog_first_byte_offset repl_backlog_histlen
		w: SET k v
		? master_repl_offset
		s: PSYNC ? -1
		s< rdb
		? master_repl_offset master_replid repl_backlog_first_byte_offset`},

	{"the smallest backlog, and one that is made larger", "--repl-backlog-size 1", `
		? repl_backlog_size
		w: CONFIG GET repl-backlog-size
		r: PSYNC ? -1
		r< rdb
		w: SET k v
		w: CONFIG SET repl-backlog-size 1
		w: CONFIG SET repl-backlog-size 20000
		r< stream
		? repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen
		s: PSYNC @id 1
		s< stream`},

	{"another name on demand", "", `
		r: PSYNC ? -1
		r< rdb
		online
		? master_replid
		w: DEBUG CHANGE-REPL-ID
		? master_replid master_replid2 connected_slaves
		w: SET k v
		r< stream
		s: PSYNC @id 1
		s< stream`},

	{"a pause of writes holds no replica", "", `
		w: CLIENT PAUSE 600 WRITE
		r: PSYNC ? -1
		r< rdb
		online
		x> SET k v
		?= blocked_clients 1
		x< reply
		r< stream
		w: CLIENT PAUSE 600 ALL
		w> WAIT 1 100
		r> REPLCONF ACK 1
		pause 0.7
		w< reply
		r< stream`},

	{"authentication comes first", "", `
		w: CONFIG SET requirepass secret
		r: PING
		r: REPLCONF capa eof
		r: PSYNC ? -1
		r: SYNC
		r: AUTH wrong
		r: AUTH default secret
		r: PING`},

	{"who is listed and who is killed", "", `
		r: PSYNC ? -1
		r< rdb
		online
		w: CLIENT KILL TYPE nosuch
		w: CLIENT KILL TYPE master
		w: CLIENT KILL TYPE slave
		r< end
		log Connection with replica 127.0.0.1:<unknown-replica-port> lost.
		?= connected_slaves 0`},

	{"ROLE and INFO while nobody is online yet", "--repl-diskless-sync-delay 60", `
		w: ROLE
		r: REPLCONF capa eof listening-port 7
		r> PSYNC ? -1
		r< lf
		w: ROLE
		? connected_slaves slave0
		r.
		?= connected_slaves 0
		w: ROLE`},

	{"a master that becomes a replica keeps those below it until it has another history", "", `
		r: REPLCONF capa psync2
		r: PSYNC ? -1
		r< rdb
		online
		w: SET k v
		r< stream
		w: REPLICAOF 127.0.0.1 @port
		M+
		M hello
		r< nothing
		? connected_slaves role
		s: PSYNC ? -1
		M= "+CONTINUE 0123456789012345678901234567890123456789\r\n"
		?= master_link_status up
		r< end
		? master_replid master_replid2 second_repl_offset
		s: REPLCONF capa psync2
		s: PSYNC @id2 51
		M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
		?= master_repl_offset 77
		s< stream
		t: PSYNC 0123456789012345678901234567890123456789 51
		t< stream`},
}
