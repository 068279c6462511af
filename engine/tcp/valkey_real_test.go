//go:build linux && valkey

package tcp

import (
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

// Beside a real Valkey 8.0, which no distribution that the other tests run on has: make valkey runs these.

// valkeyPairs are the kinds of master and replica that are tested together.
var valkeyPairs = []struct{ master, replica string }{{"valkey", "8.0"}, {"8.0", "valkey"}, {"8.0", "8.0"}}

const dual = "--dual-channel-replication-enabled"

// A full resync over two connections under load, into each way of loading: same data, same offsets, same counters, and
// everybody is shown the same while it lasts.
func TestValkeyFullResync(t *testing.T) {
	for _, load := range []string{"disabled", "on-empty-db", "swapdb"} {
		for _, p := range valkeyPairs {
			t.Run(p.replica+" follows "+p.master+", repl-diskless-load "+load, func(t *testing.T) {
				t.Parallel()
				master := start(t, p.master, dual, "yes")
				replica := start(t, p.replica, dual, "yes", "--repl-diskless-load", load)
				master.write("k", 2000, 50)
				master.c.pipeline(resp.AppendCommand(resp.AppendCommand(resp.AppendCommand(nil, "SELECT", "9"), "RPUSH", "l", "a", "1"), "SELECT", "0"), 3)
				if load != "on-empty-db" {
					replica.ok("SET", "old", "1")
				}
				master.ok("CONFIG", "SET", "rdb-key-save-delay", "500") // a second in all
				replica.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
				master.eventually("the stream goes out beside the snapshot", func() bool {
					return strings.Contains(master.info("slave1"), "state=bg_transfer,offset=0,lag=0,type=main-channel")
				})
				slave0 := "ip=127.0.0.1,port=" + strconv.Itoa(replica.port) + ",state=wait_bgsave,offset=0,lag=0,type=rdb-channel"
				if got := master.info("slave0"); got != slave0 {
					t.Errorf("slave0:%s", got)
				}
				replica.eventually("it syncs", func() bool { return replica.info("master_sync_in_progress") == "1" })
				master.write("w", 100, 100)
				replica.eventually("the stream is kept", func() bool { return replica.info("replicas_repl_buffer_size") == "20464" })
				inStep(t, master, replica)
				master.syncs(1, 1)
				if err := master.number("sync_partial_err"); err != 1 {
					t.Errorf("sync_partial_err:%d", err)
				}
				if peak, first := replica.info("replicas_repl_buffer_peak"), replica.number("repl_backlog_first_byte_offset"); peak != "20464" || first != master.number("master_repl_offset")+1 {
					t.Errorf("replicas_repl_buffer_peak:%s repl_backlog_first_byte_offset:%d", peak, first)
				}
				master.c.pipeline(resp.AppendCommand(resp.AppendCommand(resp.AppendCommand(nil, "SELECT", "9"), "INCR", "after"), "SELECT", "0"), 3)
				inStep(t, master, replica)
				master.eventually("it is online", func() bool { return strings.Contains(master.info("slave0"), ",state=online,") })
				if got := master.ok("WAIT", "1", "5000").Int; got != 1 {
					t.Errorf("WAIT counts %d", got)
				}
			})
		}
	}
}

// What is beyond the limit of a replica's buffer waits at its master.
func TestValkeyBufferLimit(t *testing.T) {
	for _, p := range valkeyPairs {
		t.Run(p.replica+" follows "+p.master, func(t *testing.T) {
			t.Parallel()
			master := start(t, p.master, dual, "yes")
			replica := start(t, p.replica, dual, "yes", "--client-output-buffer-limit", "replica 100000 0 0")
			master.write("k", 1000, 50)
			master.ok("CONFIG", "SET", "rdb-key-save-delay", "1000")
			replica.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port))
			replica.eventually("it syncs", func() bool { return replica.info("master_sync_in_progress") == "1" })
			master.write("w", 50, 20000)
			replica.logs("Replication buffer limit reached, stopping buffering.")
			inStep(t, master, replica)
			master.syncs(1, 1)
			if peak := replica.info("replicas_repl_buffer_peak"); peak != "102320" {
				t.Errorf("replicas_repl_buffer_peak:%s", peak)
			}
		})
	}
}

// A cut on the way: everything begins again, and then a cut of a link that is up is continued, at a replica of a replica
// too.
func TestValkeyCutsAndChains(t *testing.T) {
	for _, p := range valkeyPairs {
		t.Run(p.replica+" follows "+p.master, func(t *testing.T) {
			t.Parallel()
			master := start(t, p.master, dual, "yes")
			way := newProxy(t, master.addr())
			middle := start(t, p.replica, dual, "yes", "--repl-diskless-load", "swapdb")
			master.write("k", 1000, 50)
			master.ok("CONFIG", "SET", "rdb-key-save-delay", "500")
			middle.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(way.port()))
			middle.eventually("it syncs", func() bool { return middle.info("master_sync_in_progress") == "1" })
			way.sever()
			way.heal()
			middle.logs("Aborting dual channel sync")
			inStep(t, master, middle)
			leaf := start(t, p.master, dual, "yes")
			leaf.follow(middle.port)
			master.write("w", 10, 100)
			inStep(t, master, middle, leaf)
			before := master.number("sync_partial_ok")
			way.sever()
			master.write("x", 10, 100)
			way.heal()
			inStep(t, master, middle, leaf)
			if got := master.number("sync_partial_ok"); got != before+1 {
				t.Errorf("sync_partial_ok goes from %d to %d", before, got)
			}
		})
	}
}

// One of the two does not want it: an ordinary full resync.
func TestValkeyOrdinaryFullResync(t *testing.T) {
	for _, p := range valkeyPairs {
		for _, off := range []string{"master", "replica"} {
			t.Run(p.replica+" follows "+p.master+", off at the "+off, func(t *testing.T) {
				t.Parallel()
				wants := map[bool]string{true: "no", false: "yes"}
				master := start(t, p.master, dual, wants[off == "master"])
				replica := start(t, p.replica, dual, wants[off == "replica"])
				master.write("k", 100, 50)
				replica.follow(master.port)
				inStep(t, master, replica)
				master.syncs(1, 0)
			})
		}
	}
}

// Raw peers hear the same from both, on both connections.
func TestValkeySaysTheSame(t *testing.T) {
	playBeside(t, "valkey", "8.0", valkeyMasterScenes)
	playBeside(t, "valkey", "8.0", valkeyReplicaScenes())
}

// offered is the way to a snapshot on a second connection.
const offered = `
		w: SET k v
		m: REPLCONF listening-port 9 capa eof capa psync2 capa dual-channel
		m: PSYNC ? -1
		r: REPLCONF capa eof rdb-only 1 rdb-channel 1 listening-port 9
		r> SYNC
		r< line`

var valkeyMasterScenes = []scene{
	{"the first sync", dual + " yes", offered + `
		? connected_slaves replicas_waiting_psync sync_full sync_partial_ok sync_partial_err master_repl_offset
		m: REPLCONF set-rdb-client-id x
		m: REPLCONF set-rdb-client-id 999999
		m: REPLCONF set-rdb-client-id @client
		m: PSYNC @id 1
		? replicas_waiting_psync sync_full sync_partial_ok sync_partial_err
		r< rdb
		# when its end is noticed depends on who looks when
		?= connected_slaves 1
		? slave0
		w: SET a 1
		m< stream
		w: WAIT 1 10
		m> REPLCONF ACK 50
		?= slave0 ip=127.0.0.1,port=9,state=online,offset=50,lag=0,type=replica
		? connected_slaves slave0 slave1
		w: SET b 1
		m< stream
		m> REPLCONF ACK 1000 FACK 900
		m> REPLCONF ACK 1001 FACK
		?= slave0 ip=127.0.0.1,port=9,state=online,offset=1001,lag=0,type=replica
		w: WAITAOF 0 1 1000
		w: WAITAOF 1 0 0`},

	{"an answer that is none, and an ordinary client", dual + " yes", `
		m: REPLCONF capa eof capa psync2 capa dual-channel
		m: PSYNC @a 5
		m: PSYNC ? -1
		m: PING
		m: SET x y
		? connected_slaves repl_backlog_active sync_full sync_partial_err`},

	{"a second connection that says too little", dual + " yes", `
		w: SET k v
		r: REPLCONF rdb-only 1 rdb-channel 1
		r> SYNC
		r< rdb
		r< end
		s> REPLCONF capa eof rdb-only 1 rdb-channel 1 ;; SYNC
		s< reply 2
		t: REPLCONF rdb-channel 2
		t: REPLCONF rdb-channel x
		t: REPLCONF version 1.2
		t: REPLCONF version 1.2.256
		t: REPLCONF version 1.2.255`},

	{"switched off", dual + " no", `
		w: SET k v
		m: REPLCONF capa eof capa psync2 capa dual-channel
		m: PSYNC ? -1
		m< rdb
		? connected_slaves sync_full`},

	{"without streamed snapshots", dual + " yes --repl-diskless-sync no", `
		w: SET k v
		m: REPLCONF capa eof capa psync2 capa dual-channel
		m: PSYNC ? -1
		m< rdb`},

	{"the snapshot is sent before anybody asks for the stream", dual + " yes --repl-backlog-size 16kb", offered + `
		r< rdb
		r.
		log Background RDB transfer terminated with success
		log Postpone RDB client
		? connected_slaves slave0 replicas_waiting_psync
		m: REPLCONF set-rdb-client-id @client
		m: PSYNC @id 1
		log rdb channel disconnected.
		? connected_slaves slave0 replicas_waiting_psync`},

	{"nobody asks for the stream", dual + " yes", offered + `
		w: DEBUG DELAY-RDB-CLIENT-FREE-SECONDS 1
		r< rdb
		?= replicas_waiting_psync 0
		r< end
		? connected_slaves
		m: REPLCONF set-rdb-client-id @client
		m: PSYNC @id 1
		? connected_slaves slave0`},
}

func valkeyReplicaScenes() []scene {
	const follow = dual + " yes --replicaof 127.0.0.1 @port"
	const begin = `
		M+
		M hello
		M= "+DUALCHANNELSYNC\r\n"
		R+
		R< request`
	const announced = begin + `
		R= "+OK\r\n"
		R< request
		R= "\n$ENDOFF:100 0123456789012345678901234567890123456789 3 77\r\n"
		M< request
		M= "+OK\r\n"
		M< request`
	all := []scene{
		{"the stream comes first", follow, announced + `
			? master_link_status master_sync_in_progress master_sync_total_bytes replicas_repl_buffer_size
			M= "+CONTINUE 0123456789012345678901234567890123456789\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
			?= replicas_repl_buffer_size 20464
			? master_link_status master_sync_in_progress master_sync_total_bytes replicas_repl_buffer_peak
			R$ eof k v
			M< ack 127
			R< end
			? role master_link_status slave_repl_offset repl_backlog_first_byte_offset replicas_repl_buffer_size replicas_repl_buffer_peak master_replid master_replid2 db0 db3`},
		{"the snapshot comes first", follow, announced + `
			R$ eof k v
			R< end
			? master_link_status master_sync_in_progress slave_repl_offset
			M= "+CONTINUE 0123456789012345678901234567890123456789\r\n"
			M< ack 100
			? role master_link_status slave_repl_offset repl_backlog_first_byte_offset replicas_repl_buffer_peak master_replid db0`},
		{"a password", follow + " --masteruser u --masterauth p", `
			M+
			M hello
			M= "+DUALCHANNELSYNC\r\n"
			R+
			R< request
			R< request
			R= "+OK\r\n"
			R= "+OK\r\n"
			R< request`},
		{"the snapshot is cut", follow, announced + `
			M= "+CONTINUE 0123456789012345678901234567890123456789\r\n"
			?= master_sync_in_progress 1
			R= "$EOF:mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\r\nREDIS0011"
			R.
			M< end
			M+
			M hello`},
		{"the stream is cut", follow, announced + `
			M= "+CONTINUE 0123456789012345678901234567890123456789\r\n"
			?= master_sync_in_progress 1
			M.
			R< end
			log Provisional primary closed connection
			M+`},
	}
	for _, answer := range []string{`-ERR nope`, `+FULLRESYNC 0123456789012345678901234567890123456789 100`, `$ENDOFF:100 abc`} {
		all = append(all, scene{"SYNC is answered " + answer, follow, begin + `
			R= "+OK\r\n"
			R< request
			R= "` + answer + `\r\n"
			R< end
			log Aborting dual channel sync
			M+
			M< request`})
	}
	for _, answer := range []string{`-ERR Unrecognized RDB client id 77`, `-NOMASTERLINK x`, `+DUALCHANNELSYNC`, `+FULLRESYNC 0123456789012345678901234567890123456789 100`} {
		script := announced
		if strings.HasPrefix(answer, "-ERR") {
			script = strings.TrimSuffix(announced, `
		M= "+OK\r\n"
		M< request`)
		}
		all = append(all, scene{"the first connection is answered " + answer, follow, script + `
			M= "` + answer + `\r\n"
			M< end
			R< end
			log Aborting dual channel sync. Main channel psync result
			M+
			M< request`})
	}
	return all
}
