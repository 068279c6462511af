package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine/rdb"
	"resync/engine/store"
)

// What a process finds when it starts again. That real servers continue from it is shown in package tcp.

func TestAReplicaContinuesAfterARestart(t *testing.T) {
	for _, up := range []bool{true, false} {
		s := start(t)
		m := s.follow(someID, 100, store.New(16))
		s.raw(m, cmd("SELECT", "3")+cmd("SET", "k", "v"))
		if !up {
			s.step(Closed{Conn: m})
		}
		s.say(s.connect(), "SHUTDOWN SAVE")
		s = s.restart("replicaof", "10.0.0.8 6379")
		s.want("a replica at once", s.field("role"), "slave")
		s.want("name", s.field("master_replid"), someID)
		s.want("offset", s.field("slave_repl_offset"), "150")
		s.pass(time.Second)
		m, psync := s.handshake()
		s.want("asks", psync, cmd("PSYNC", someID, "151"))
		s.raw(m, "+CONTINUE\r\n"+cmd("SET", "k2", "v"))
		s.want("in the database of before", strconv.Itoa(s.n.Store().DB(3).Len()), "2")
		s.want("with a backlog", s.field("repl_backlog_first_byte_offset"), "151")
	}
}

// A killed replica comes back with the file of its last full resync.
func TestAKilledReplicaContinuesFromItsLastFullResync(t *testing.T) {
	s := start(t)
	aux := []rdb.Aux{{Name: "repl-stream-db", Value: "3"}, {Name: "repl-id", Value: someID}, {Name: "repl-offset", Value: "100"}}
	m := s.fullResync(someID, 100)
	s.raw(m, sized(file(dataset("a"), aux...))+cmd("SET", "b", "1"))
	s.want("in the master's database", strconv.Itoa(s.n.Store().DB(3).Len()), "1")
	s = s.restart("replicaof", "10.0.0.8 6379")
	s.want("keys", s.say(s.connect(), "DBSIZE"), ":1\r\n")
	s.pass(time.Second)
	_, psync := s.handshake()
	s.want("asks for what came behind it", psync, cmd("PSYNC", someID, "101"))
}

// Without a place in a history that can be continued a replica asks for everything.
func TestARestartWithoutAPosition(t *testing.T) {
	full := []rdb.Aux{{Name: "repl-stream-db", Value: "0"}, {Name: "repl-id", Value: someID}, {Name: "repl-offset", Value: "100"}}
	for _, x := range []struct {
		what string
		aux  []rdb.Aux
	}{
		{"nothing", nil}, {"no database", full[1:]}, {"no name", []rdb.Aux{full[0], full[2]}}, {"no offset", full[:2]},
		{"an unknown offset", []rdb.Aux{full[0], full[1], {Name: "repl-offset", Value: "-1"}}},
		{"no database selected", []rdb.Aux{{Name: "repl-stream-db", Value: "-1"}, full[1], full[2]}},
		{"a name that is none", []rdb.Aux{full[0], {Name: "repl-id", Value: "abc"}, full[2]}},
	} {
		for _, role := range []string{"10.0.0.8 6379", "no one"} {
			s := boot(t, "replicaof", role)
			s.disk.files = map[string]string{"dump.rdb": file(dataset("a"), x.aux...)}
			s.step(Started{PID: 77})
			s.want(x.what+": keys", s.say(s.connect(), "DBSIZE"), ":1\r\n")
			s.want(x.what+": replid2", s.field("second_repl_offset"), "-1")
			s.want(x.what+": backlog", s.field("repl_backlog_active"), "0")
			if role != "no one" {
				s.pass(time.Second)
				_, psync := s.handshake()
				s.want(x.what+": asks", psync, cmd("PSYNC", "?", "-1"))
			}
		}
	}
}

// A history without a byte can be continued too.
func TestARestartAtOffsetZero(t *testing.T) {
	s := boot(t)
	s.disk.files = map[string]string{"dump.rdb": file(dataset("a"),
		rdb.Aux{Name: "repl-stream-db", Value: "0"}, rdb.Aux{Name: "repl-id", Value: someID}, rdb.Aux{Name: "repl-offset", Value: "0"})}
	s.step(Started{PID: 77})
	s.want("replid2", s.field("master_replid2"), someID)
	s.want("its end", s.field("second_repl_offset"), "1")
	s.want("backlog", s.field("repl_backlog_active"), "1")
}

// A master that starts again serves the replicas of the process before, and tells them which keys have expired
// meanwhile.
func TestAMasterContinuesAfterARestart(t *testing.T) {
	for _, lazy := range []string{"no", "yes"} {
		s := start(t)
		c, r := s.connect(), s.replica()
		s.say(r, "REPLCONF ACK 0")
		s.say(c, "SET k v")
		s.say(c, "SET soon v PX 1000")
		s.say(c, "SELECT 3")
		s.say(c, "SET soon v PX 1000")
		id, offset := s.field("master_replid"), int(s.number("master_repl_offset"))
		s.say(c, "SHUTDOWN NOW SAVE")
		s.now = s.now.Add(10 * time.Second)
		s = s.restart("lazyfree-lazy-expire", lazy)
		word := map[string]string{"no": "DEL", "yes": "UNLINK"}[lazy]
		gone := cmd("SELECT", "0") + cmd(word, "soon") + cmd("SELECT", "3") + cmd(word, "soon")
		if s.field("master_replid") == id {
			t.Error("a new process has a new name")
		}
		s.want("replid2", s.field("master_replid2"), id)
		s.want("until", s.field("second_repl_offset"), strconv.Itoa(offset+1))
		s.want("offset", s.field("master_repl_offset"), strconv.Itoa(offset+len(gone)))
		s.want("backlog", s.field("repl_backlog_first_byte_offset"), strconv.Itoa(offset+1))
		s.want("expired", s.field("rdb_last_load_keys_expired"), "2")
		s.want("loaded", s.field("rdb_last_load_keys_loaded"), "1")
		r = s.connect()
		s.say(r, "REPLCONF capa psync2 capa eof")
		s.want("continues", s.say(r, "PSYNC "+id+" "+strconv.Itoa(offset+1)), "+CONTINUE "+s.field("master_replid")+"\r\n"+gone)
		s.say(s.connect(), "SET k w")
		s.want("in the database that is selected", s.take(r), cmd("SELECT", "0")+cmd("SET", "k", "w"))
		ahead := s.connect()
		s.say(ahead, "REPLCONF capa psync2 capa eof")
		s.want("who was ahead of the file", s.say(ahead, "PSYNC "+id+" "+strconv.Itoa(offset+2)), "")
		s.wantLog("Partial resynchronization not accepted: Requested offset for second ID was " + strconv.Itoa(offset+2) + ", but I can reply up to " + strconv.Itoa(offset+1))
	}
}

// A master keeps what it kept for replicas for repl-backlog-ttl only.
func TestARestartedMasterWaitsForItsReplicas(t *testing.T) {
	aux := []rdb.Aux{{Name: "repl-stream-db", Value: "3"}, {Name: "repl-id", Value: someID}, {Name: "repl-offset", Value: "100"}}
	s := boot(t, "repl-backlog-ttl", "10")
	s.disk.files = map[string]string{"dump.rdb": file(dataset("a"), aux...)}
	s.step(Started{PID: 77})
	s.want("kept", s.field("repl_backlog_active"), "1")
	s.pass(12 * time.Second)
	s.want("and no longer", s.field("repl_backlog_active")+s.field("second_repl_offset"), "0-1")
}

// Expired keys without a place in a history move the offset all the same, as redis-server's does.
func TestExpiredKeysOfAFileWithoutAPosition(t *testing.T) {
	data := dataset("a")
	data.DB(0).Set([]byte("gone"), store.StringValue([]byte("v")), 1)
	s := boot(t)
	s.disk.files = map[string]string{"dump.rdb": file(data)}
	s.step(Started{PID: 77})
	s.want("offset", s.field("master_repl_offset"), strconv.Itoa(len(cmd("SELECT", "0")+cmd("DEL", "gone"))))
	s.want("backlog", s.field("repl_backlog_active"), "0")
	s = boot(t, "replicaof", "10.0.0.8 6379")
	s.disk.files = map[string]string{"dump.rdb": file(data)}
	s.step(Started{PID: 77})
	s.want("a replica keeps them", s.field("rdb_last_load_keys_loaded"), "2")
}

// The start, by how bad the file is.
func TestAFileThatCannotBeLoadedAtTheStart(t *testing.T) {
	good := file(dataset("k"))
	for _, x := range []struct {
		what, file, says string
		code             int
	}{
		{"a later version", "REDIS0011" + good[9:], "Can't handle RDB format version 11", 1},
		{"no version", "REDISnone" + good[9:], "Can't handle RDB format version 0", 1},
		{"no RDB", "hello, this is no RDB", "Wrong signature trying to load DB from file", 1},
		{"why it ends", "hello, this is no RDB", "Fatal error loading the DB: Invalid argument. Exiting.", 1},
		{"the end is missing", good[:20], "Short read or OOM loading DB. Unrecoverable error, aborting now.", 1},
		{"a key twice", strings.Replace(good, "\x00\x01k\x01v", "\x00\x01k\x01v\x00\x01k\x01v", 1), "RDB has duplicated key 'k' in DB 0", 134},
		{"and the end of it", strings.Replace(good, "\x00\x01k\x01v", "\x00\x01k\x01v\x00\x01k\x01v", 1), "Guru Meditation: Duplicated key found in RDB file", 134},
	} {
		s := boot(t)
		s.disk.files = map[string]string{"dump.rdb": x.file}
		s.step(Started{PID: 77})
		s.exits(x.what, x.code)
		s.wantLog(x.says)
	}
}

// key-load-delay takes the node's time, and nobody is served meanwhile.
func TestLoadingTakesItsTime(t *testing.T) {
	s := boot(t, "key-load-delay", "500000")
	s.disk.files = map[string]string{"dump.rdb": file(dataset("a", "b", "c"))}
	s.step(Started{PID: 77})
	c := s.connect()
	s.want("loading", s.say(c, "GET a"), "-LOADING Redis is loading the dataset in memory\r\n")
	twin := s.twin()
	for _, one := range []*server{s, twin} {
		one.pass(1400 * time.Millisecond)
		one.want("still", one.field("loading"), "1")
		one.pass(200 * time.Millisecond)
		one.want("done", one.say(c, "DBSIZE"), ":3\r\n")
	}
	s.say(c, "CONFIG SET key-load-delay -1000")
	s.want("a thousand keys take a microsecond", s.say(c, "DEBUG RELOAD"), "+OK\r\n")
}

// Keys without elements, as older servers left them in files, are named in the log and left out.
func TestEmptyKeysAreNamedWhenTheyAreLeftOut(t *testing.T) {
	var file strings.Builder
	file.WriteString("REDIS0010")
	for i := range 12 {
		file.WriteString("\x02\x03k" + string([]byte{byte('0' + i/10), byte('0' + i%10)}) + "\x00")
	}
	file.WriteString("\x00\x01a\x01b\xff" + strings.Repeat("\x00", 8))
	s := boot(t)
	s.disk.files = map[string]string{"dump.rdb": file.String()}
	s.step(Started{PID: 77})
	s.want("keys", s.say(s.connect(), "DBSIZE"), ":1\r\n")
	logs := strings.Join(s.logs, "\n")
	if n := strings.Count(logs, "skipping empty key: k"); n != 10 || !strings.Contains(logs, "skipping empty key: k09") {
		t.Errorf("%d are named: %s", n, logs)
	}
	if !strings.Contains(logs, "Done loading RDB, keys loaded: 1, keys expired: 0, empty keys skipped: 12.") {
		t.Errorf("the log ends with: %s", logs)
	}
}

// A file whose checksum is another one ends the process, and the log says why.
func TestAWrongChecksumEndsTheStart(t *testing.T) {
	s := start(t)
	c := s.connect()
	s.say(c, "SET k v")
	s.say(c, "SAVE")
	f := s.disk.files["dump.rdb"]
	s.disk.files["dump.rdb"] = f[:len(f)-8] + "foobar00"
	s = s.restart()
	s.exits("it does not start", 1)
	s.wantLog("Loading RDB produced by version 7.0.15", "Wrong RDB checksum expected: (", "Internal error in RDB reading offset ", "Terminating server after rdb file reading failure.")
	if logs := strings.Join(s.logs, "\n"); !strings.Contains(logs, ") but got (30307261626f6f66). Aborting now.") {
		t.Errorf("%s", logs)
	}
	if !strings.HasSuffix(s.logs[len(s.logs)-2], " -> RDB CRC error") {
		t.Errorf("%q", s.logs)
	}
}
