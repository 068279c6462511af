//go:build linux

package tcp

import (
	"strings"
	"testing"
)

// TestAReplicaSaysTheSame plays masters of every kind, proper and improper ones, to a replica.
func TestAReplicaSaysTheSame(t *testing.T) { playScenes(t, replicaScenes()) }

// up is the way to a link that streams, in database 0 at offset 1000.
const up = `
		M+
		M hello
		M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
		M$ len k v
		?= master_link_status up`

func replicaScenes() []scene {
	const follow = "--replicaof 127.0.0.1 @port"
	var all []scene
	// Each answer of a master at one step of the handshake, and what the replica does next.
	for _, step := range []struct {
		name, options, before, after string
		answers                      []string
	}{
		{
			name: "the reply to PING is", before: "M+\nM< request",
			// What the handshake goes on with comes in one piece, so nothing of it waits for an answer.
			after: "M< request\nM< request",
			answers: []string{`+PONG\r\n`, `+\r\n`, `+whatever\n`, `-NOAUTH Authentication required.\r\n`, `-NOPERM this user\r\n`,
				`-ERR operation not permitted\r\n`},
		},
		{
			name: "the reply to PING refuses:", before: "M+\nM< request", after: "M< end\nM+\nM< request",
			answers: []string{`-ERR whatever\r\n`, `-LOADING Redis is loading the dataset in memory\r\n`, `-MASTERDOWN Link with MASTER is down\r\n`,
				`-BUSY a script\r\n`, `-DENIED Redis is running in protected mode\r\n`, `-\r\n`, `-noauth\r\n`},
		},
		{
			name: "the reply to PING is none:", before: "M+\nM< request", after: "M< end\nM+\nM< request",
			answers: []string{`\n+PONG\r\n`, `PONG\r\n`, `:1\r\n`, `$4\r\nPONG\r\n`, `*1\r\n+PONG\r\n`},
		},
		{
			name: "the reply to AUTH is", options: "--masterauth secret", before: "M+\nM< request\nM= \"+PONG\\r\\n\"\nM< request\nM< request\nM< request",
			after:   "M= \"+OK\\r\\n+OK\\r\\n\"\nM< request",
			answers: []string{`+OK\r\n`, `+\r\n`, `\n+OK\r\n`, `what\r\n`, `:1\r\n`},
		},
		{
			name: "the reply to AUTH refuses:", options: "--masteruser u --masterauth secret", before: "M+\nM< request\nM= \"+PONG\\r\\n\"\nM< request\nM< request\nM< request",
			after:   "M< end\nM+\nM< request",
			answers: []string{`-ERR invalid password\r\n`, `-WRONGPASS invalid username-password pair or user is disabled.\r\n`, `-\r\n`},
		},
		{
			name: "the replies to REPLCONF are", options: "--replica-announce-ip 10.0.0.1", before: "M+\nM< request\nM= \"+PONG\\r\\n\"\nM< request\nM< request\nM< request",
			after:   "M< request",
			answers: []string{`+OK\r\n+OK\r\n+OK\r\n`, `-ERR unknown\r\n-ERR unknown\r\n-ERR unknown\r\n`, `what\r\n:1\r\n+OK\n`, `\n\n+OK\r\n\n+OK\r\n+OK\r\n`},
		},
		{
			name: "the reply to PSYNC puts off:", before: "M+\nM hello", after: "M< end\nM+\nM hello",
			answers: []string{`-NOMASTERLINK Can't SYNC while not connected with my master\r\n`, `-LOADING Redis is loading the dataset in memory\r\n`,
				`-NOMASTERLINK\r\n`, `\n\n-LOADING\r\n`},
		},
		{
			name: "the reply to PSYNC is not understood:", before: "M+\nM hello", after: "M< request\nM$ len k v\n?= master_link_status up\nw: GET k\n? slave_repl_offset master_repl_offset master_replid",
			answers: []string{`-ERR unknown command\r\n`, `-NOPERM this user\r\n`, `-MASTERDOWN Link with MASTER is down\r\n`, `+OK\r\n`, `what\r\n`,
				`-noMASTERLINK\r\n`, `+fullresync 0123456789012345678901234567890123456789 5\r\n`, `:1\r\n`},
		},
		{
			name: "the reply to PSYNC is a full resync:", before: "M+\nM hello",
			after: "M$ len k v\n?= master_link_status up\nw: GET k\n? slave_repl_offset master_repl_offset master_replid master_replid2 second_repl_offset repl_backlog_first_byte_offset repl_backlog_histlen",
			answers: []string{`+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n`, `\n\n+FULLRESYNC 0123456789012345678901234567890123456789 0\r\n\n`,
				`+FULLRESYNC 0123456789012345678901234567890123456789 1000\n`, `+FULLRESYNC 0123456789012345678901234567890123456789 7 more words\r\n`},
		},
		{
			name: "the reply to PSYNC is a broken full resync:", before: "M+\nM hello",
			after: "M$ len k v\n?= master_link_status up\nw: GET k\n? slave_repl_offset\nM.\nM+\nM hello",
			answers: []string{`+FULLRESYNC short 1000\r\n`, `+FULLRESYNC\r\n`, `+FULLRESYNC 0123456789012345678901234567890123456789\r\n`,
				`+FULLRESYNC 01234567890123456789012345678901234567890 1000\r\n`},
		},
		{
			name: "the payload is none:", before: "M+\nM hello\nM= \"+FULLRESYNC 0123456789012345678901234567890123456789 1000\\r\\n\"",
			after:   "M< end\nM+\nM hello\nM= \"+FULLRESYNC 0123456789012345678901234567890123456789 1000\\r\\n\"\nM$ len k v\n?= master_link_status up",
			answers: []string{`-ERR no snapshot today\r\n`, `what\r\n`, `+OK\r\n`, `:5\r\n`},
		},
	} {
		for _, answer := range step.answers {
			all = append(all, scene{step.name + " " + strings.NewReplacer(`\r\n`, " ", `\n`, " ", "/", "").Replace(answer), step.options + " " + follow,
				step.before + "\nM= \"" + answer + "\"\n" + step.after})
		}
	}
	// Snapshots that cannot be loaded, by how they come in: some cost the process, since nobody knows what of such a file
	// could be trusted.
	for _, load := range []string{"disabled", "on-empty-db", "swapdb"} {
		for _, bad := range []struct{ name, file, says, then string }{
			{"another checksum", `$18\r\nREDIS0010\xff\x01\x00\x00\x00\x00\x00\x00\x00`, "Wrong RDB checksum expected: (eb7ea789fe37fda9) but got (1). Aborting now.", "exits"},
			{"a key twice", `$28\r\nREDIS0010\x00\x01k\x01a\x00\x01k\x01b\xff\x00\x00\x00\x00\x00\x00\x00\x00`, "RDB has duplicated key 'k' in DB 0",
				"log Guru Meditation: Duplicated key found in RDB file"}, // the crash report of redis-server may crash itself
			{"an intset that is none", `$23\r\nREDIS0010\x0b\x01k\x01a\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00`, "Internal error in RDB reading offset", "exits"},
		} {
			all = append(all, scene{bad.name + " with repl-diskless-load " + load, "--repl-diskless-load " + load + " " + follow, `
				M+
				M hello
				M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
				M= "` + bad.file + `"
				log ` + bad.says + `
				` + bad.then})
		}
	}
	return append(all,
		scene{"a snapshot that cannot be begun", "--repl-diskless-sync-delay 3 " + follow, up + `
			r: REPLCONF capa eof capa psync2
			r> PSYNC ? -1
			s> SYNC
			s< rdb
			M= "PING\r\n"
			M< end
			M+
			r< lf
			r< line
			r< end
			log BGSAVE for replication: replication information not available, can't generate the RDB file right now. Try later.
			log BGSAVE for replication failed
			? connected_slaves sync_full rdb_bgsave_in_progress`},
		scene{"a snapshot without a checksum", follow, `
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n$18\r\nREDIS0010\xff\x00\x00\x00\x00\x00\x00\x00\x00"
			?= master_link_status up
			log RDB file was saved with checksum disabled: no check performed.`},
		scene{"no answer but the end, at every step", follow, `
			M+
			M.
			M+
			M< request
			M.
			M+
			M< request
			M= "+PONG\r\n"
			M< request
			M< request
			M.
			M+
			M hello
			M.
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M.
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M$ half k v
			M.
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M$ len k v
			?= master_link_status up
			w: GET k`},
		scene{"one attempt in a tick, while there is no answer", follow, `
			M~ 4`},
		scene{"a link that was up is dialled again at once", follow, up + `
			M.
			M~ 1
			M+
			M hello`},
		scene{"a full sync that failed is tried again at once", follow, `
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M$ half k v
			M.
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n-ERR no\r\n"
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\nwhat\r\n"
			M+
			M hello`},
		scene{"the payload by its end mark is acknowledged at once", follow, `
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M= "\n\n"
			M$ eof k v
			M< ack 1000
			w: GET k
			M= "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
			M< ack 1050`},
		scene{"the stream comes in the same piece as the snapshot", follow, `
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n\n$18\r\nREDIS0010\xff\x00\x00\x00\x00\x00\x00\x00\x00*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
			M< ack 1050
			w: GET a
			w: DBSIZE`},
		scene{"a snapshot from the future", follow, `
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M$ len k v
			?= master_link_status up
			w: REPLICAOF no one
			w: SET own 1
			w: REPLICAOF 127.0.0.1 @port
			M+
			M hello
			M= "+FULLRESYNC @a 5\r\n$18\r\nREDIS0011\xff\x00\x00\x00\x00\x00\x00\x00\x00"
			M+
			w: DBSIZE
			log Can't handle RDB format version 11
			M hello
			? master_replid`},
		scene{"an error instead of a snapshot leaves what was there", follow, up + `
			w: REPLICAOF no one
			w: SET own 1
			w: REPLICAOF 127.0.0.1 @port
			M+
			M hello
			M= "+FULLRESYNC @a 5\r\n-ERR no\r\n"
			M+
			w: MGET k own
			# the position it had is still good
			M hello`},
		scene{"the position survives the loss of the link", follow, up + `
			M= "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
			M< ack 1050
			# half a command does not count
			M= "*3\r\n$3\r\nSET\r\n$1\r\nb"
			M.
			M+
			M hello
			M= "+CONTINUE\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
			M< ack 1077
			w: SELECT 3
			w: MGET a b
			M!
			M+
			M hello
			M= "+CONTINUE 0123456789012345678901234567890123456789\r\n"
			?= master_link_status up
			? master_replid master_replid2 second_repl_offset`},
		scene{"a transaction counts as a whole", follow, up + `
			M= "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"
			pause 0.1
			w: GET a
			? master_repl_offset slave_repl_offset slave_read_repl_offset
			M= "*1\r\n$4\r\nEXEC\r\n"
			M< ack 1093
			w: GET a
			M= "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n"
			?= slave_read_repl_offset 1135
			M.
			M+
			M hello
			w: GET a
			M= "+CONTINUE\r\n*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n3\r\n*1\r\n$4\r\nEXEC\r\n"
			M< ack 1149
			w: GET a`},
		scene{"GETACK is answered with what was applied before it", follow, up + `
			M= "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"
			M< ack 1000
			M= "*1\r\n$4\r\nPING\r\n*3\r\n$8\r\nreplconf\r\n$6\r\ngetack\r\n$1\r\n*\r\n"
			M< ack 1051
			M< ack 1088`},
		scene{"newlines in the stream count with the next command", follow, up + `
			M= "\n\n"
			M= "*1\r\n$4\r\nping\r\n"
			M< ack 1016
			M= "\r\n*1\r\n$4\r\nping\r\n\n"
			M< ack 1032
			? slave_read_repl_offset slave_repl_offset`},
		scene{"an inline command in the stream ends the link and its position", follow, up + `
			M= "*1\r\n$4\r\nping\r\n"
			M< ack 1014
			M= "PING\r\n"
			M< end
			M+
			M hello`},
		scene{"garbage in the stream ends the link and its position", follow, up + `
			M= "*x\r\n"
			M< end
			M+
			M hello`},
		scene{"a negative bulk length in the stream", follow, up + `
			M= "*1\r\n$-1\r\n"
			M< end
			M+
			M hello`},
		scene{"commands that make no sense are passed over", follow, up + `
			M= "*1\r\n$6\r\nnosuch\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$3\r\nGET\r\n*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n"
			M< ack 1070
			M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n*2\r\n$6\r\nSELECT\r\n$2\r\n99\r\n*3\r\n$3\r\nset\r\n$1\r\nl\r\n$1\r\nw\r\n"
			M< ack 1148
			w: MGET k l
			log == CRITICAL == This replica is sending an error to its master: 'unknown command 'nosuch', with args beginning with: ' after processing the command '<unknown>'
			log == CRITICAL == This replica is sending an error to its master: 'value is not an integer or out of range' after processing the command 'incr'
			log == CRITICAL == This replica is sending an error to its master: 'DB index is out of range' after processing the command 'select'
			log Latest backlog is: '"*1\r\n$6\r\nnosuch\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$3\r\nGET\r\n"'
			? unexpected_error_replies`},
		scene{"old forms in the stream", follow, up + `
			M= "*7\r\n$4\r\nXADD\r\n$1\r\nx\r\n$6\r\nMAXLEN\r\n$1\r\n=\r\n$1\r\n5\r\n$5\r\nLIMIT\r\n$2\r\n10\r\n"
			M= "*9\r\n$4\r\nXADD\r\n$1\r\nx\r\n$6\r\nMAXLEN\r\n$1\r\n=\r\n$1\r\n5\r\n$5\r\nLIMIT\r\n$2\r\n10\r\n$3\r\n1-1\r\n$1\r\nf\r\n"
			M= "*10\r\n$4\r\nXADD\r\n$1\r\nx\r\n$6\r\nMAXLEN\r\n$1\r\n=\r\n$1\r\n5\r\n$5\r\nLIMIT\r\n$2\r\n10\r\n$3\r\n1-1\r\n$1\r\nf\r\n$1\r\nv\r\n"
			M= "*3\r\n$6\r\nexpire\r\n$1\r\nk\r\n$2\r\n-1\r\n"
			M= "*4\r\n$5\r\nsetex\r\n$1\r\ns\r\n$4\r\n1000\r\n$1\r\nv\r\n"
			M= "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$1\r\nm\r\n"
			M= "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"
			M< ack 1339
			w: XRANGE x - +
			w: GET k
			w: EXISTS k
			w: DBSIZE
			w: GET s`},
		scene{"a pause holds the stream", follow, up + `
			w: CLIENT PAUSE 1000 WRITE
			M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
			?= slave_read_repl_offset 1027
			? slave_repl_offset
			w: GET k
			M< ack 1027
			w: GET k`},
		scene{"a link that is lost while a pause holds it", follow, up + `
			w: CLIENT PAUSE 2000 WRITE
			M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
			?= slave_read_repl_offset 1027
			M.
			M+
			M hello
			w: GET k`},
		scene{"the master that it has already", follow, up + `
			w: REPLICAOF 127.0.0.1 @port
			w: SLAVEOF 127.0.0.1 @port
			w: REPLICAOF 127.0.0.1 x
			w: REPLICAOF 127.0.0.1 65536
			w: REPLICAOF 127.0.0.1 -1
			w: REPLICAOF 127.0.0.1
			w: REPLICAOF NO ONE x
			M< nothing
			w: ROLE
			? master_link_status`},
		scene{"another name for the same master", follow, up + `
			w: REPLICAOF localhost @port
			M< end
			M+
			M hello
			M= "+CONTINUE\r\n"
			?= master_link_status up
			w: REPLICAOF LOCALHOST @port
			M< nothing`},
		scene{"in and out of replication", "", `
			w: SET k v
			w: REPLICAOF 127.0.0.1 @port
			M+
			M< request
			w: REPLICAOF NO ONE
			M< end
			? role master_replid2 second_repl_offset
			w: REPLICAOF 127.0.0.1 @port
			M+
			M hello
			w: MULTI
			w: REPLICAOF NO ONE
			w: EXEC
			M< end
			? role master_repl_offset
			w: MULTI
			w: SET k x
			w: REPLICAOF 127.0.0.1 @port
			w: EXEC
			w: SET k y
			M+
			M hello`},
		scene{"who is blocked is let go", "", `
			a> BLPOP l 0
			b> XREAD BLOCK 0 STREAMS s $
			c> WAIT 1 0
			?= blocked_clients 3
			w: REPLICAOF 127.0.0.1 @port
			a< reply
			a< end
			b< reply
			b< end
			c< reply
			c< end
			M+
			w: WAIT 0 0
			w: PING`},
		scene{"a master that goes on under another name", follow, up + `
			r: REPLCONF capa psync2
			r: PSYNC 0123456789012345678901234567890123456789 1001
			M.
			M+
			M hello
			r< nothing
			M= "+CONTINUE @a\r\n"
			?= master_link_status up
			r< end
			? master_replid master_replid2 second_repl_offset
			r.
			s: REPLCONF capa psync2
			s: PSYNC @id2 1001
			t: PSYNC @id 1001
			M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
			M< ack 1027
			s< stream
			t< stream`},
		scene{"those below hear the same bytes, and whole transactions", follow, up + `
			r: REPLCONF capa psync2 capa eof
			r: PSYNC 0123456789012345678901234567890123456789 1001
			M= "*2\r\n$6\r\nselect\r\n$1\r\n7\r\n\n*1\r\n$4\r\nPiNg\r\n"
			M< ack 1038
			r< stream
			M= "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
			?= slave_read_repl_offset 1080
			r< nothing
			M= "*1\r\n$4\r\nEXEC\r\n*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"
			M< ack 1131
			r< stream
			r> REPLCONF ACK 1131
			s: REPLCONF capa psync2 capa eof
			s: PSYNC ? -1
			s< rdb
			online
			s> REPLCONF ACK 1131
			M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
			M< ack 1158
			s< stream
			r< stream
			w: SET local 1
			? connected_slaves`},
		scene{"a full resync drops those below", follow, up + `
			r: REPLCONF capa psync2
			r: PSYNC 0123456789012345678901234567890123456789 1001
			M.
			M+
			M hello
			M= "+FULLRESYNC @a 50\r\n"
			r< nothing
			r< nothing
			M$ len l w
			r< end
			?= master_link_status up
			? master_replid master_replid2 second_repl_offset master_repl_offset repl_backlog_first_byte_offset repl_backlog_histlen
			s: PSYNC 0123456789012345678901234567890123456789 1001
			t: PSYNC @id 51
			t.
			u: PSYNC @id 50`},
		scene{"a full resync that is given up keeps those below", follow, up + `
			r: PSYNC 0123456789012345678901234567890123456789 1001
			M.
			M+
			M hello
			M= "+FULLRESYNC @a 50\r\n"
			M$ half l w
			M.
			M+
			r< nothing
			M hello
			M= "+CONTINUE\r\n*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
			M< ack 1027
			r< stream`},
		scene{"promoted in the middle of a full resync", follow, up + `
			M.
			M+
			M hello
			M= "+FULLRESYNC @a 50\r\n"
			M$ half l w
			w: REPLICAOF no one
			M< end
			w: KEYS *
			? role master_replid2 second_repl_offset master_repl_offset`},
		scene{"another master in the middle of a full resync", follow, up + `
			M.
			M+
			M hello
			M= "+FULLRESYNC @a 50\r\n"
			M$ half l w
			w: REPLICAOF localhost @port
			M< end
			M+
			M hello`},
		scene{"what INFO and ROLE say at each step", follow, `
			M+
			M< request
			w: ROLE
			? role master_link_status master_sync_in_progress slave_read_repl_offset slave_repl_offset master_link_down_since_seconds master_sync_total_bytes master_last_io_seconds_ago
			M= "+PONG\r\n"
			M hello
			w: ROLE
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			?= master_sync_in_progress 1
			w: ROLE
			? master_sync_total_bytes master_sync_read_bytes master_sync_left_bytes master_sync_perc slave_repl_offset
			M= "$200\r\nREDIS0010"
			?= master_sync_read_bytes 9
			? master_sync_total_bytes master_sync_left_bytes master_sync_perc
			M.
			M+
			M hello
			M= "+FULLRESYNC 0123456789012345678901234567890123456789 1000\r\n"
			M$ eof k v
			M< ack 1000
			w: ROLE
			? role master_link_status master_sync_in_progress slave_read_repl_offset slave_repl_offset connected_slaves sync_full`},
		scene{"a stale replica", "--replica-serve-stale-data no " + follow, up + `
			w: GET k
			M!
			M+
			?= master_link_status down
			w: GET k
			w: SET k v
			w: MULTI
			w: EXEC
			w: PING
			w: SELECT 1
			w: DBSIZE
			w: KEYS *
			w: SUBSCRIBE c`},
		scene{"a replica that may be written to", "--replica-read-only no " + follow, up + `
			r: PSYNC 0123456789012345678901234567890123456789 1001
			w: SET local 1
			w: SET k mine
			w: INCR local
			? master_repl_offset
			M= "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nw\r\n"
			M< ack 1027
			w: MGET k local
			r< stream`},
		scene{"keys expire when the master says so", follow, up + `
			M= "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*5\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n$4\r\nPXAT\r\n$1\r\n1\r\n"
			M< ack 1067
			w: GET a
			w: EXISTS a
			w: TTL a
			w: TYPE a
			w: DBSIZE
			w: KEYS *
			M= "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n"
			M< ack 1088
			w: GET a
			M= "*2\r\n$7\r\nPERSIST\r\n$1\r\na\r\n"
			M< ack 1112
			w: GET a
			M= "*3\r\n$9\r\nPEXPIREAT\r\n$1\r\na\r\n$1\r\n1\r\n"
			M< ack 1145
			w: DBSIZE
			M= "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n"
			M< ack 1165
			w: DBSIZE`},
		scene{"a password is said first", "--masterauth secret " + follow, `
			M+
			M< request
			M= "-NOAUTH Authentication required.\r\n"
			M< request
			M< request
			M< request
			M= "+OK\r\n+OK\r\n+OK\r\n"
			M< request`},
		scene{"half a line at a time", follow, `
			M+
			M< request
			M= "+PO"
			pause 0.05
			M= "NG\r"
			pause 0.05
			M= "\n"
			M< request
			M< request
			M= "+OK\r\n+"
			pause 0.05
			M= "OK\r\n"
			M< request
			M= "+FULLRESYNC 01234567890123456789"
			pause 0.05
			M= "01234567890123456789 10"
			pause 0.05
			M= "00\r\n"
			M= "$1"
			pause 0.05
			M= "8\r\nREDIS0010\xff\x00\x00\x00"
			pause 0.05
			M= "\x00\x00\x00\x00\x00*1\r\n$4\r\npi"
			?= master_link_status up
			M= "ng\r\n"
			M< ack 1014`},
	)
}
