//go:build linux

package tcp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"resync/engine/rdb"
	"resync/engine/resp"
)

// The master's side of a resync, row by row: raw peers do the same to redis-server and to ours, and what they get and
// what the log decides has to be the same.

// A masterStory is told by raw peers. What it notes, and the master's log, are compared.
type masterStory struct {
	name    string
	options []string
	tell    func(m *told)
}

// told is a story as one kind of master tells it.
type told struct {
	*server
	lines []string
}

func (m *told) note(format string, args ...any) {
	m.lines = append(m.lines, fmt.Sprintf(format, args...))
}

// says notes a command and its reply.
func (m *told) says(c *client, args ...string) {
	m.t.Helper()
	m.note("%s: %s", strings.Join(args, " "), resp.Format(c.do(args...)))
}

// asks makes a new peer announce itself and ask for everything. The reply is not read: it may take its time.
func (m *told) asks(replconf ...string) *client {
	m.t.Helper()
	c := dialRaw(m.t, m.addr())
	if len(replconf) > 0 {
		m.says(c, append([]string{"REPLCONF"}, replconf...)...)
	}
	before := m.number("sync_full")
	c.send(resp.AppendCommand(nil, "PSYNC", "?", "-1"))
	m.eventually("it has heard of the peer", func() bool { return m.number("sync_full") > before })
	return c
}

// gets notes the answer to PSYNC and the snapshot that follows.
func (m *told) gets(who string, c *client) {
	m.t.Helper()
	answer := c.status()
	m.note("%s: %s", who, answer)
	if strings.HasPrefix(answer, "+FULLRESYNC") {
		m.getsSnapshot(who, c)
	}
}

func (m *told) getsSnapshot(who string, c *client) {
	m.t.Helper()
	body, head := c.snapshot()
	dec := rdb.NewDecoder(rdb.DecoderOptions{Databases: 16})
	if _, err := dec.Feed(body); err != nil || !dec.Done() {
		m.t.Fatalf("%s: %s sends a snapshot that ends badly: %v", who, m.kind, err)
	}
	keys := 0
	for i := range dec.Store().Databases() {
		keys += dec.Store().DB(i).Len()
	}
	var facts []string
	for _, name := range []string{"repl-stream-db", "repl-id", "repl-offset"} {
		value, ok := dec.Aux(name)
		facts = append(facts, fmt.Sprintf("%s=%s %v", name, value, ok))
	}
	if !strings.HasPrefix(head, "$EOF:") {
		head = "$len"
	}
	m.note("%s: %s with %d keys, %s", who, head, keys, strings.Join(facts, ", "))
}

// until waits for a line of the log.
func (m *told) until(text string) { m.t.Helper(); m.logs(text) }

// settled waits until no snapshot is under way and none is waited for.
func (m *told) settled() {
	m.t.Helper()
	m.eventually("no snapshot is under way", func() bool {
		return m.info("rdb_bgsave_in_progress") == "0" && !strings.Contains(string(m.ok("INFO", "replication").Str), "state=wait_bgsave")
	})
}

// infos notes fields of INFO.
func (m *told) infos(what string, fields ...string) {
	m.t.Helper()
	for _, f := range fields {
		m.note("%s: %s:%s", what, f, m.info(f))
	}
}

// outputs notes what CLIENT LIST says of the replicas' buffers.
func (m *told) outputs(what string) {
	m.t.Helper()
	list := string(m.ok("CLIENT", "LIST", "TYPE", "replica").Str)
	for _, l := range strings.Split(strings.TrimSpace(list), "\n") {
		m.note("%s: %s", what, regexp.MustCompile(`oll=\d+ omem=\d+|flags=\S+`).FindAllString(l, -1))
	}
}

var (
	logStart = regexp.MustCompile(`^\d+:[MSC] \d\d \w+ \d{4} \S+ ([.*#-]) `)
	hexID    = regexp.MustCompile(`[0-9a-f]{40}`)
	pids     = regexp.MustCompile(`by pid \d+`)
	// A reset takes the address away, and then redis-server has only a number for the replica that is lost.
	lostName = regexp.MustCompile(`Connection with replica .* lost`)
	clientID = regexp.MustCompile(`id=\d+ addr=.* (oll=\d+ omem=\d+) .*resp=2`)
	// What a server says beside the point: of its start, of its children's memory, of connections.
	besidePoint = regexp.MustCompile(`Fork CoW|DB \d+: |Accepted |WARNING|Redis version|Configuration|monotonic|Running mode|initialized|oO0|Ready to accept|DB loaded|Client closed|Write error|Error writing|Reading from client|Failed opening|User requested|bye bye`)
)

// decisions are the lines of a log that tell what the server decided, without what differs from run to run.
func (m *told) decisions() (lines []string) {
	for _, l := range strings.Split(m.log.String(), "\n") {
		head := logStart.FindStringSubmatch(l)
		if head == nil || besidePoint.MatchString(l) {
			continue
		}
		text := logStart.ReplaceAllString(l, "$1 ")
		text = lostName.ReplaceAllString(text, "Connection with replica lost")
		lines = append(lines, m.plain(clientID.ReplaceAllString(pids.ReplaceAllString(text, "by pid N"), "CLIENT $1")))
	}
	return lines
}

// plain takes out ids, but says which of them is the master's own.
func (m *told) plain(line string) string {
	return hexID.ReplaceAllStringFunc(line, func(id string) string {
		if strings.Trim(id, "0") == "" {
			return "NOID"
		}
		return "ID"
	})
}

func (m *told) all() string {
	m.settled()
	m.ok("DEBUG", "LOG", "the end")
	m.logs("DEBUG LOG: the end") // the log of a process comes through a pipe
	var b strings.Builder
	for _, l := range m.lines {
		b.WriteString(m.plain(l) + "\n")
	}
	b.WriteString("log:\n" + strings.Join(m.decisions(), "\n"))
	return b.String()
}

// slowly has snapshots take about a second: 200 keys at five milliseconds each.
func (m *told) slowly() {
	m.ok("DEBUG", "POPULATE", "200", "key", "300")
	m.ok("CONFIG", "SET", "rdb-key-save-delay", "5000")
}

func TestMastersTellTheSameStory(t *testing.T) {
	for _, story := range masterStories {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			var stories [2]string
			for i, kind := range []string{"redis", "ours"} {
				m := &told{server: start(t, kind, story.options...)}
				story.tell(m)
				stories[i] = m.all()
			}
			if stories[0] != stories[1] {
				t.Errorf("redis-server:\n%s\n\nours:\n%s", stories[0], stories[1])
			}
		})
	}
}

var (
	both2 = []string{"capa", "eof", "capa", "psync2"}
	disk  = []string{"--repl-diskless-sync", "no"}
)

var masterStories = []masterStory{
	{"a file is shared with those who understand as much", disk, func(m *told) {
		m.slowly()
		a := m.asks(both2...)
		m.ok("SET", "x", "1")
		b := m.asks(both2...)
		c := m.asks("capa", "psync2")
		m.says(m.c, "BGSAVE")
		m.says(m.c, "SAVE")
		m.gets("a", a)
		m.gets("b", b)
		stream := len(selectAndSet("x", "1"))
		m.note("a: %q", a.bytes(stream))
		m.note("b: %q", b.bytes(stream))
		m.gets("c", c)
		m.ok("SET", "y", "1")
		m.note("c: %q", c.bytes(len(selectAndSet("y", "1"))))
		m.infos("at last", "rdb_saves", "total_forks", "rdb_last_bgsave_status", "sync_full", "sync_partial_err")
	}},
	{"a BGSAVE of the user is not shared", disk, func(m *told) {
		m.slowly()
		m.says(m.c, "BGSAVE")
		a := m.asks(both2...)
		m.says(m.c, "BGSAVE", "SCHEDULE")
		m.gets("a", a)
	}},
	{"a streamed one has no newcomers", nil, func(m *told) {
		m.slowly()
		a := m.asks(both2...)
		b := m.asks(both2...)
		m.ok("SELECT", "3")
		m.ok("SET", "x", "1")
		m.says(m.c, "BGSAVE")
		m.gets("a", a)
		m.eventually("a is online", func() bool { return strings.Contains(m.info("slave0"), "state=online") })
		a.ack(0) // one that comes too early is forgotten
		m.gets("b", b)
		stream := len(resp.AppendCommand(nil, "SELECT", "3")) + len(resp.AppendCommand(nil, "SET", "x", "1"))
		m.note("a: %q", a.bytes(stream))
		m.infos("at last", "rdb_saves", "total_forks", "sync_full")
	}},
	{"who cannot take a stream gets a file, and with him those who wait", []string{"--repl-diskless-sync-delay", "60"}, func(m *told) {
		a := m.asks(both2...)
		b := m.asks("capa", "psync2")
		m.gets("a", a)
		m.gets("b", b)
	}},
	{"enough replicas end the delay", []string{"--repl-diskless-sync-delay", "60", "--repl-diskless-sync-max-replicas", "2"}, func(m *told) {
		a, b := m.asks(both2...), m.asks(both2...)
		m.gets("a", a)
		m.gets("b", b)
	}},
	{"only the snapshot", nil, func(m *told) {
		c := dialRaw(m.t, m.addr())
		m.says(c, "REPLCONF", "rdb-only", "1", "capa", "eof")
		m.ok("SET", "x", "1")
		c.send([]byte("SYNC\r\n"))
		m.getsSnapshot("c", c)
		m.note("then %q", c.ended())
	}},
	{"only the snapshot, as a file", disk, func(m *told) {
		c := dialRaw(m.t, m.addr())
		m.says(c, "REPLCONF", "rdb-only", "1")
		c.send([]byte("SYNC\r\n"))
		m.getsSnapshot("c", c)
		m.note("then %q", c.ended())
	}},
	{"only functions", disk, func(m *told) {
		m.ok("SET", "x", "1")
		c := dialRaw(m.t, m.addr())
		m.says(c, "REPLCONF", "rdb-filter-only", "functions")
		m.says(c, "PSYNC", "?", "-1")
		m.says(c, "REPLCONF", "capa", "eof", "rdb-only", "1")
		c.send([]byte("SYNC\r\n"))
		m.getsSnapshot("c", c)
		m.note("then %q", c.ended())
	}},
	{"other filters have their own snapshots", []string{"--repl-diskless-sync-delay", "1"}, func(m *told) {
		m.ok("SET", "x", "1")
		a := m.asks(both2...)
		b := m.asks("capa", "eof", "rdb-filter-only", "")
		m.gets("a", a)
		m.gets("b", b)
	}},
	{"nobody wants the file any more", disk, func(m *told) {
		m.slowly()
		a, b := m.asks(both2...), m.asks(both2...)
		a.Close()
		m.until("lost.")
		m.infos("one is left", "rdb_bgsave_in_progress")
		b.Close()
		m.until("terminated by signal")
		m.infos("none is left", "rdb_bgsave_in_progress", "rdb_last_bgsave_status")
	}},
	{"nobody wants the file any more, but save points do", append(disk, "--save", "3600 1"), func(m *told) {
		m.slowly()
		a := m.asks(both2...)
		a.Close()
		m.until("lost.")
		m.until("terminated with success")
	}},
	{"nobody wants the stream any more", nil, func(m *told) {
		m.ok("CONFIG", "SET", "rdb-key-save-delay", "300")
		m.ok("DEBUG", "POPULATE", "5000", "key", "300")
		a := m.asks(both2...)
		m.note("%s", a.status())
		a.Close()
		m.until("terminated by signal")
		m.infos("none is left", "rdb_bgsave_in_progress", "rdb_last_bgsave_status")
	}},
	{"FLUSHALL kills what is under way", disk, func(m *told) {
		m.slowly()
		a := m.asks(both2...)
		m.says(m.c, "FLUSHALL")
		m.note("%s %q", a.status(), strings.Trim(a.ended(), "\n"))
	}},
	{"errors of PSYNC and REPLCONF", nil, func(m *told) {
		c := dialRaw(m.t, m.addr())
		for _, line := range []string{
			"REPLCONF", "REPLCONF capa", "REPLCONF listening-port x", "REPLCONF listening-port 7001 ip-address 1.2.3.4",
			"REPLCONF rdb-only 2", "REPLCONF rdb-only x", "REPLCONF rdb-filter-only keys", "REPLCONF version 1",
			"REPLCONF Capa EOF cApa nonsense", "PSYNC ? x", "PSYNC ?", "SYNC 1", "MULTI", "PSYNC ? -1", "DISCARD",
			"PSYNC " + strings.Repeat("a", 40) + " 1 FAILOVER", "ECHO still-a-client",
		} {
			m.says(c, strings.Fields(line)...)
		}
		c.send([]byte("PING\r\nPSYNC ? -1\r\n"))
		m.note("behind a reply: %s, %s", c.line(), c.line())
	}},
	{"names of replicas", nil, func(m *told) {
		for _, words := range [][]string{nil, {"listening-port", "7001"}, {"ip-address", "a.b"}, {"ip-address", "1:2", "listening-port", "7002"}} {
			c := m.asks(append(words, "capa", "eof")...)
			c.status()
			m.settled()
			c.Close()
			m.eventually("it has gone", func() bool { return m.info("connected_slaves") == "0" })
		}
	}},
	{"a replica is given no reply", nil, func(m *told) {
		for _, line := range []string{"PING", "GET a", "FOO bar", "CONFIG GET port", "CLIENT FOO"} {
			c := dialRaw(m.t, m.addr())
			c.fullSync(m.server, "eof", "psync2")
			c.send(resp.AppendCommand(nil, strings.Fields(line)...))
			m.note("%s: %q", line, c.ended())
			m.eventually("it has gone", func() bool { return m.info("connected_slaves") == "0" })
		}
		m.infos("counted", "unexpected_error_replies")
	}},
	{"what the stream takes", append(disk, "--repl-backlog-size", "16384"), func(m *told) {
		memory := []string{"mem_total_replication_buffers", "mem_replication_backlog", "mem_clients_slaves", "mem_not_counted_for_evict",
			"repl_backlog_histlen", "repl_backlog_first_byte_offset"}
		m.infos("at first", memory...)
		a := dialRaw(m.t, m.addr())
		a.fullSync(m.server, "psync2")
		m.outputs("in step")
		m.infos("in step", memory...)
		m.ok("SET", "a", "1")
		a.bytes(len(selectAndSet("a", "1")))
		m.outputs("a write")
		m.infos("a write", memory...)
		m.slowly()
		b := m.asks("capa", "psync2")
		m.outputs("one more asks")
		m.write("k", 50, 1000)
		c := m.asks("capa", "psync2")
		m.write("l", 200, 1000)
		m.outputs("a wait")
		m.infos("a wait", memory...)
		m.gets("b", b)
		b.bytes(1000)
		b.Close()
		c.Close()
		m.eventually("they have gone", func() bool { return m.info("connected_slaves") == "1" })
		m.settled()
		m.infos("nobody waits", memory[:5]...)
	}},
	{"the hard limit", append(disk, "--client-output-buffer-limit", "replica 100000 0 0", "--repl-backlog-size", "200000"), func(m *told) {
		m.slowly()
		a := m.asks("capa", "psync2")
		m.write("k", 400, 1000)
		m.until("overcoming of output buffer limits")
		a.ended()
	}},
	{"the soft limit", append(disk, "--client-output-buffer-limit", "replica 0 100000 1"), func(m *told) {
		m.ok("DEBUG", "POPULATE", "200", "key", "300")
		m.ok("CONFIG", "SET", "rdb-key-save-delay", "50000")
		a := m.asks("capa", "psync2")
		m.write("k", 200, 1000)
		m.until("overcoming of output buffer limits")
		a.ended()
	}},
	{"what is counted as sent to replicas", nil, func(m *told) {
		a := dialRaw(m.t, m.addr())
		a.fullSync(m.server, "eof", "psync2")
		before := m.number("total_net_repl_output_bytes")
		m.ok("SET", "a", "1")
		a.bytes(len(selectAndSet("a", "1")))
		m.eventually("it is counted", func() bool { return m.number("total_net_repl_output_bytes") > before })
		m.note("%d more", m.number("total_net_repl_output_bytes")-before)
	}},
	{"enough good replicas", []string{"--min-replicas-to-write", "1", "--min-replicas-max-lag", "2"}, func(m *told) {
		m.says(m.c, "SET", "a", "1")
		a := dialRaw(m.t, m.addr())
		_, offset := a.fullSync(m.server, "eof", "psync2")
		m.infos("one", "min_slaves_good_slaves")
		m.says(m.c, "SET", "a", "1")
		m.eventually("it lags", func() bool { return m.info("min_slaves_good_slaves") == "0" })
		m.says(m.c, "SET", "a", "1")
		a.ack(offset)
		m.eventually("it is back", func() bool { return m.info("min_slaves_good_slaves") == "1" })
		a.Close()
		m.eventually("it has gone", func() bool { return m.info("min_slaves_good_slaves") == "0" })
	}},
	{"silent replicas", []string{"--repl-timeout", "2"}, func(m *told) {
		a := dialRaw(m.t, m.addr())
		a.fullSync(m.server, "eof", "psync2")
		a.ended()
	}},
	{"the backlog's time", []string{"--repl-backlog-ttl", "1"}, func(m *told) {
		a := dialRaw(m.t, m.addr())
		a.fullSync(m.server, "eof", "psync2")
		a.Close()
		m.until("Replication backlog freed")
		m.infos("freed", "repl_backlog_active", "repl_backlog_first_byte_offset", "repl_backlog_histlen", "mem_replication_backlog", "master_repl_offset", "second_repl_offset")
	}},
	{"the file of replicas is removed", append(disk, "--rdb-del-sync-files", "yes"), func(m *told) {
		a := m.asks("capa", "psync2")
		m.gets("a", a)
		m.until("Removing the RDB file")
		a.Close()
		m.until("lost.")
	}},
}

func selectAndSet(key, value string) string {
	return string(resp.AppendCommand(nil, "SELECT", "0")) + string(resp.AppendCommand(nil, "SET", key, value))
}

// A receiver that takes nothing holds up all who share its snapshot, until it is dropped.
func TestAStuckReplicaIsDroppedOutOfAStreamedSnapshot(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		t.Parallel()
		m := &told{server: start(t, kind, "--repl-timeout", "2", "--repl-diskless-sync-delay", "1", "--rdbcompression", "no")}
		m.ok("DEBUG", "POPULATE", "200", "key", strconv.Itoa(100<<10)) // more than sockets hold
		a, b := m.asks(both2...), m.asks(both2...)
		b.status()
		mark := strings.TrimPrefix(b.status(), "$EOF:")
		for seen, buf := []byte(nil), make([]byte, 64<<10); !strings.HasSuffix(string(seen), mark); {
			n, err := b.in.Read(buf)
			if err != nil {
				t.Fatalf("the other one is cut off: %v", err)
			}
			seen = append(seen, buf[:n]...)
			seen = seen[max(0, len(seen)-len(mark)):]
		}
		a.Close()
		m.logs("Disconnecting timedout replica (full sync): 127.0.0.1:<unknown-replica-port>")
		m.logs("Diskless rdb transfer, done reading from pipe, 1 replicas still up.")
	})
}
