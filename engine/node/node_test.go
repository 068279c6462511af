package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/repl"
	"resync/engine/resp"
	"resync/engine/store"
)

// server is a node under test, with raw peers at the other end of its connections.
type server struct {
	t    testing.TB
	n    *Node
	now  engine.Instant
	out  Output
	last engine.ConnID
	got  map[engine.ConnID]string // what was sent on each connection and not taken yet
	gone map[engine.ConnID]string // why the node closed it
	dial []Dial
	logs []string
	exit []int // the codes that the process ended with

	refuses string   // the setting that the driver will not take over
	score   OOMScore // that the driver was told last
	disk    disk

	sends   int                   // Sends until now
	slow    map[engine.ConnID]int // bytes that such a peer has not taken
	facts   []engine.Fact         // but log lines
	removed []string              // files
	holds   []string              // what was asked of connections: "hold", "release"
}

// start returns a server with these settings, as redis.conf would have them.
func start(t testing.TB, settings ...string) *server {
	t.Helper()
	s := boot(t, settings...)
	s.step(Started{PID: 77})
	s.pass(0) // the first tick: nobody is there yet, so nothing comes of it
	return s
}

// boot returns a server whose process has not started yet.
func boot(t testing.TB, settings ...string) *server {
	t.Helper()
	cfg := DefaultConfig()
	if err := cfg.Set("enable-debug-command", "yes"); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(settings); i += 2 {
		if err := cfg.Set(settings[i], strings.Fields(settings[i+1])...); err != nil {
			t.Fatal(err)
		}
	}
	return bootWith(t, cfg)
}

func bootWith(t testing.TB, cfg Config) *server {
	t.Helper()
	n, err := New(cfg, 42)
	if err != nil {
		t.Fatal(err)
	}
	return &server{t: t, n: n, now: engine.Epoch, got: map[engine.ConnID]string{}, gone: map[engine.ConnID]string{}}
}

// step gives the node an input and takes what it wants done; what it sends has left at once.
func (s *server) step(in Input) {
	s.out.Reset()
	s.out.Trace = true
	s.n.Step(s.now, in, &s.out)
	for _, f := range s.out.Facts {
		if l, ok := f.(engine.Log); ok {
			s.logs = append(s.logs, l.Text)
		} else {
			s.facts = append(s.facts, f)
		}
	}
	var drained []*Drained
	var files []Input
	for _, e := range s.out.Effects {
		switch e := e.(type) {
		case *Send:
			s.got[e.Conn] += string(e.Data)
			s.sends++
			if _, slow := s.slow[e.Conn]; slow {
				s.slow[e.Conn] += len(e.Data)
			} else {
				drained = append(drained, &Drained{Conn: e.Conn, Bytes: len(e.Data)})
			}
		case Close:
			s.gone[e.Conn] = e.Why
		case Hold:
			s.holds = append(s.holds, map[bool]string{true: "hold", false: "release"}[e.On])
		case Dial:
			s.dial = append(s.dial, e)
		case ReadFile:
			files = append(files, s.disk.read(e))
		case WriteFile:
			if in := s.disk.write(e); in != nil {
				files = append(files, in)
			}
		case RemoveFile:
			delete(s.disk.files, e.Name)
			s.removed = append(s.removed, e.Name)
		case Reconfigure:
			s.score = e.OOMScore
			files = append(files, Reconfigured{Job: e.Job, Dir: e.Dir, Setting: s.refuses, Why: "because"})
		case Sleep:
			s.now = s.now.Add(e.For)
		case Exit:
			s.exit = append(s.exit, e.Code)
		}
	}
	for _, in := range files {
		s.step(in)
	}
	for _, d := range drained {
		s.step(d)
	}
}

// pass lets time go by, waking the node whenever it asked for it.
func (s *server) pass(d time.Duration) {
	end := s.now.Add(d)
	for {
		at, ok := s.n.Deadline()
		if !ok || at > end {
			break
		}
		s.now = max(s.now, at)
		s.step(Woken{})
	}
	s.now = end
}

// connect opens a connection to the node.
func (s *server) connect() engine.ConnID {
	s.last++
	s.step(Accepted{Conn: s.last, Remote: "10.0.0.9:" + strconv.Itoa(50000+int(s.last)), Local: "10.0.0.1:6379"})
	return s.last
}

// raw sends bytes and returns all that came back.
func (s *server) raw(c engine.ConnID, bytes string) string {
	s.step(&Received{Conn: c, Data: []byte(bytes)})
	return s.take(c)
}

// say sends a command line and returns the reply, raw.
func (s *server) say(c engine.ConnID, line string) string {
	s.t.Helper()
	args, err := resp.SplitArgs(line)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.raw(c, string(resp.AppendCommand(nil, args...)))
}

func (s *server) take(c engine.ConnID) string {
	got := s.got[c]
	s.got[c] = ""
	return got
}

// want fails unless got is exactly want.
func (s *server) want(what, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// field is a field of INFO.
func (s *server) field(name string) string {
	v, ok := s.n.Info(s.now).Field(name)
	if !ok {
		return "(none)"
	}
	return v
}

func cmd(args ...string) string { return string(resp.AppendCommand(nil, args...)) }

// replica makes a raw peer a replica, with a snapshot that it does not read, and returns its connection.
func (s *server) replica() engine.ConnID {
	s.t.Helper()
	c := s.connect()
	s.want("REPLCONF", s.say(c, "REPLCONF listening-port 7001 capa eof capa psync2"), "+OK\r\n")
	s.say(c, "PSYNC ? -1")
	s.pass(7 * time.Second)
	if got := s.take(c); !strings.Contains(got, "+FULLRESYNC ") || !strings.Contains(got, "$EOF:") {
		s.t.Fatalf("no snapshot came: %q", got)
	}
	return c
}

// The bytes of a first synchronization, as a real redis-server 7.0.15 sends them: section 13.1 of the protocol.
func TestTheStreamBehindAStreamedSnapshotWaitsForTheFirstAck(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(c, "set a 1")
	s.want("before the first ACK", s.take(r), "")
	s.want("after it", s.say(r, "REPLCONF ACK 0"), cmd("SELECT", "0")+cmd("set", "a", "1"))
	s.want("offset", s.field("master_repl_offset"), "50")
	if got := s.field("slave0"); got != "ip=10.0.0.9,port=7001,state=online,offset=0,lag=0" {
		t.Error(got)
	}
	s.say(r, "REPLCONF ACK 50")
	if got := s.field("slave0"); got != "ip=10.0.0.9,port=7001,state=online,offset=50,lag=0" {
		t.Error(got)
	}
}

func TestASnapshotOfToldLengthNeedsNoAck(t *testing.T) {
	s := start(t, "repl-diskless-sync", "no")
	c, r := s.connect(), s.connect()
	s.say(c, "set a 1")
	got := s.say(r, "SYNC")
	head, body, _ := strings.Cut(got, "\r\n")
	if head != "$"+strconv.Itoa(len(body)) || !strings.HasPrefix(body, "REDIS0010") {
		t.Fatalf("an old replica gets a length and the snapshot alone: %q", got)
	}
	s.say(c, "set a 2")
	s.want("the stream follows", s.take(r), cmd("SELECT", "0")+cmd("set", "a", "2"))
}

// A rewrite per kind; the whole list is compared with redis-server in package command.
func TestWhatIsStreamed(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "set k v")
	s.take(r)
	at := strconv.FormatInt(s.now.Millis()+100_000, 10)
	for _, x := range []struct {
		name, line, stream string
	}{
		{"a read", "GET k", ""},
		{"no effect", "DEL none", ""},
		{"as the client spelled it", "sEt k w", cmd("sEt", "k", "w")},
		{"a relative time becomes a moment", "EXPIRE k 100", cmd("PEXPIREAT", "k", at)},
		{"in SET too", "SET k v EX 100 NX", ""},
		{"and again", "SET k v EX 100", cmd("SET", "k", "v", "PXAT", at)},
		{"another database is announced", "SELECT 3", ""},
		{"before the next write", "SET k v", cmd("SELECT", "3") + cmd("SET", "k", "v")},
		{"once", "DEL k", cmd("DEL", "k")},
		{"MULTI alone says nothing", "MULTI", ""},
		{"nor does what is queued", "SET a 1", ""},
		{"nor this", "GET a", ""},
		{"nor this", "INCR a", ""},
		{"two effects go as one", "EXEC", cmd("MULTI") + cmd("SET", "a", "1") + cmd("INCR", "a") + cmd("EXEC")},
		{"a transaction", "MULTI", ""},
		{"of one effect", "SET a 5", ""},
		{"and no other", "DEL none", ""},
		{"goes bare", "EXEC", cmd("SET", "a", "5")},
		{"with databases", "MULTI", ""},
		{"one", "SET a 1", ""},
		{"then another", "SELECT 0", ""},
		{"there", "SET b 1", ""},
		{"each is announced where it begins", "EXEC", cmd("MULTI") + cmd("SET", "a", "1") + cmd("SELECT", "0") + cmd("SET", "b", "1") + cmd("EXEC")},
		{"always", "FLUSHALL", cmd("FLUSHALL")},
	} {
		s.say(c, x.line)
		s.want(x.name+" ("+x.line+")", s.take(r), x.stream)
	}
}

// A key that is found expired goes before the command that found it, as one unit with it; one that nobody touches
// goes when it is due.
func TestExpiredKeysAreDeletedInTheStream(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "DEBUG SET-ACTIVE-EXPIRE 0")
	s.say(c, "SET e v PX 50")
	s.pass(60 * time.Millisecond)
	s.take(r)
	s.say(c, "SET e w")
	s.want("lazily", s.take(r), cmd("MULTI")+cmd("DEL", "e")+cmd("SET", "e", "w")+cmd("EXEC"))
	s.say(c, "DEBUG SET-ACTIVE-EXPIRE 1")
	s.say(c, "SET e v PX 500")
	s.take(r)
	s.pass(499 * time.Millisecond)
	s.want("not yet", s.take(r), "")
	s.pass(200 * time.Millisecond)
	s.want("actively", s.take(r), cmd("DEL", "e"))
	s.want("counted", s.field("expired_keys"), "2")
}

// The borders of the backlog, asked for by raw replicas.
func TestPsyncBorders(t *testing.T) {
	s := start(t, "repl-backlog-size", "16kb")
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	for i := range 600 {
		s.say(c, "SET k"+strconv.Itoa(i)+" "+strings.Repeat("x", 50))
	}
	id := s.field("master_replid")
	first, _ := strconv.Atoi(s.field("repl_backlog_first_byte_offset"))
	held, _ := strconv.Atoi(s.field("repl_backlog_histlen"))
	stream := s.take(r)
	if first < 2 || len(stream) != first-1+held {
		t.Fatalf("the backlog holds %d bytes from %d on, the stream has %d", held, first, len(stream))
	}
	for _, x := range []struct {
		name string
		want int
		ok   bool
	}{
		{"just trimmed", first - 1, false},
		{"oldest kept", first, true},
		{"in the middle", first + held/2, true},
		{"lacks nothing", first + held, true},
		{"from the future", first + held + 1, false},
	} {
		p := s.connect()
		s.say(p, "REPLCONF capa psync2 capa eof")
		got := s.say(p, "PSYNC "+id+" "+strconv.Itoa(x.want))
		if x.ok {
			s.want(x.name, got, "+CONTINUE "+id+"\r\n"+stream[x.want-1:])
		} else {
			s.want(x.name, got, "")
		}
		s.step(Closed{Conn: p})
	}
	s.want("sync_partial_ok", s.field("sync_partial_ok"), "3")
	s.want("sync_partial_err", s.field("sync_partial_err"), "2")
	s.want("sync_full", s.field("sync_full"), "3")
}

func TestAReplyToAReplicaWouldBreakItsStream(t *testing.T) {
	s := start(t)
	s.connect()
	r := s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.want("PING", s.say(r, "PING"), "")
	if s.gone[r] == "" {
		t.Error("the connection stays")
	}
}

// follow makes the node a replica of a raw master and takes it through a full resync to this keyspace at offset.
// It returns the connection and what the node asked for.
func (s *server) follow(id string, offset int, keys *store.Store) engine.ConnID {
	s.t.Helper()
	c := s.connect()
	s.say(c, "REPLICAOF 10.0.0.8 6379")
	m := s.dialed()
	for _, line := range []string{"+PONG\r\n", "+OK\r\n+OK\r\n"} {
		s.raw(m, line)
	}
	s.raw(m, "+FULLRESYNC "+id+" "+strconv.Itoa(offset)+"\r\n"+snapshot(keys))
	s.want("link", s.field("master_link_status"), "up")
	return m
}

// dialed lets the node's latest Dial succeed.
func (s *server) dialed() engine.ConnID {
	s.t.Helper()
	d := s.dial[len(s.dial)-1]
	s.step(Dialed{Conn: d.Conn, Remote: d.Host + ":" + strconv.Itoa(d.Port), Local: "10.0.0.1:40000"})
	return d.Conn
}

// snapshot is the keyspace as a payload of told length.
func snapshot(keys *store.Store) string {
	var body []byte
	for enc := newEncoder(keys); !enc.Done(); {
		body = enc.Append(body, 1<<20)
	}
	return "$" + strconv.Itoa(len(body)) + "\r\n" + string(body)
}

const someID = "8f3a00000000000000000000000000000000beef"

// A cut in the middle of a transaction discards what was queued: it is asked for again from MULTI on.
func TestATransactionIsAppliedWhole(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1"))
	s.want("applied", s.field("slave_repl_offset"), "150")
	s.raw(m, cmd("MULTI")+cmd("SET", "a", "2"))
	s.want("in a transaction nothing is applied", s.field("slave_repl_offset"), "150")
	s.want("though it was received", s.field("slave_read_repl_offset"), "192")
	c := s.connect()
	s.want("nobody sees half of it", s.say(c, "GET a"), "$1\r\n1\r\n")
	s.step(Closed{Conn: m, Why: "Connection reset by peer"})
	m = s.dialed()
	s.raw(m, "+PONG\r\n")
	if got := s.raw(m, "+OK\r\n+OK\r\n"); !strings.HasSuffix(got, cmd("PSYNC", someID, "151")) {
		t.Errorf("asks %q", got)
	}
	s.raw(m, "+CONTINUE\r\n"+cmd("MULTI")+cmd("SET", "a", "2")+cmd("INCR", "a")+cmd("EXEC"))
	s.want("applied as a whole", s.say(c, "GET a"), "$1\r\n3\r\n")
	s.want("and counted", s.field("slave_repl_offset"), strconv.Itoa(150+len(cmd("MULTI")+cmd("SET", "a", "2")+cmd("INCR", "a")+cmd("EXEC"))))
}

// The acknowledgement that GETACK asks for tells what was applied before it; its own bytes are in the next one.
func TestGetackTellsWhatWasAppliedBeforeIt(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.take(m)
	getack := cmd("REPLCONF", "GETACK", "*")
	s.want("the first", s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1")+getack), cmd("REPLCONF", "ACK", "150"))
	s.want("offset", s.field("slave_repl_offset"), "187")
	s.want("the second", s.raw(m, getack), cmd("REPLCONF", "ACK", "187"))
}

// Any cut of the stream into pieces leaves the same data, offset and backlog.
func TestTheStreamMayBeCutAnywhere(t *testing.T) {
	stream := cmd("SELECT", "3") + cmd("SET", "a", "1") + "\n" + cmd("ping") + cmd("MULTI") + cmd("INCR", "a") + cmd("SELECT", "0") +
		cmd("SET", "b", strings.Repeat("x", 100)) + cmd("EXEC") + cmd("DEL", "b") + cmd("APPEND", "c", "z")
	var whole string
	for cut := 0; cut <= len(stream); cut++ {
		s := start(t)
		m := s.follow(someID, 100, store.New(16))
		s.raw(m, stream[:cut])
		s.raw(m, stream[cut:])
		d := s.n.Store().Digest()
		state := s.field("slave_repl_offset") + " " + string(d[:]) + string(s.n.hist.Bytes(101, 1<<20))
		if cut == 0 {
			whole = state
			s.want("offset", s.field("slave_repl_offset"), strconv.Itoa(100+len(stream)))
		}
		if state != whole {
			t.Fatalf("cut at %d of %d: another state", cut, len(stream))
		}
	}
}

func TestPromotionKeepsTheOldName(t *testing.T) {
	s := start(t)
	m := s.follow(someID, 100, store.New(16))
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "a", "1"))
	c := s.connect()
	s.want("promoted", s.say(c, "REPLICAOF NO ONE"), "+OK\r\n")
	s.want("second", s.field("master_replid2"), someID)
	s.want("until", s.field("second_repl_offset"), "151")
	s.want("offset", s.field("master_repl_offset"), "150")
	r := s.connect()
	s.say(r, "REPLCONF capa psync2")
	s.say(c, "SET b 2")
	s.want("continues under the new name", s.say(r, "PSYNC "+someID+" 151"),
		"+CONTINUE "+s.field("master_replid")+"\r\n"+cmd("SELECT", "0")+cmd("SET", "b", "2"))
	s.want("link closed", s.gone[m], "REPLICAOF NO ONE")
}

func TestReplicaRefusals(t *testing.T) {
	s := start(t)
	s.follow(someID, 100, store.New(16))
	c := s.connect()
	s.want("write", s.say(c, "SET a 1"), "-READONLY You can't write against a read only replica.\r\n")
	s.want("same master", s.say(c, "REPLICAOF 10.0.0.8 6379"), "+OK Already connected to specified master\r\n")
	s.want("port", s.say(c, "REPLICAOF 10.0.0.8 65536"), "-ERR Invalid master port\r\n")
	s.say(c, "REPLICAOF 10.0.0.7 6379")
	r := s.connect()
	s.want("cut from its master", s.say(r, "PSYNC ? -1"), "-NOMASTERLINK Can't SYNC while not connected with my master\r\n")
	s.say(c, "CONFIG SET replica-serve-stale-data no")
	s.want("stale", s.say(c, "GET a"), "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n")
	s.want("stale write", s.say(c, "SET a 1"), "-READONLY You can't write against a read only replica.\r\n")
}

func TestTimeouts(t *testing.T) {
	s := start(t, "repl-timeout", "5")
	r := s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.pass(5 * time.Second)
	s.want("a replica may be silent for repl-timeout", s.gone[r], "")
	s.pass(2 * time.Second)
	s.want("and no longer", s.gone[r], "timeout")

	s = start(t, "repl-timeout", "5")
	m := s.follow(someID, 100, store.New(16))
	dials := len(s.dial)
	s.pass(7 * time.Second)
	if s.gone[m] != "timeout" || len(s.dial) == dials {
		t.Errorf("a silent master is left and dialled again: %q, %d dials", s.gone[m], len(s.dial)-dials)
	}
}

func TestBacklogTTL(t *testing.T) {
	s := start(t, "repl-backlog-ttl", "10")
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "SET a 1")
	id := s.field("master_replid")
	s.step(Closed{Conn: r})
	s.pass(10 * time.Second)
	s.want("kept", s.field("repl_backlog_active"), "1")
	s.pass(2 * time.Second)
	s.want("freed", s.field("repl_backlog_active"), "0")
	s.want("the offset stays", s.field("master_repl_offset"), "50")
	if s.field("master_replid") == id {
		t.Error("writes will not be counted any more, so the name has to go too")
	}
	s.say(c, "SET a 2")
	s.want("and stands still", s.field("master_repl_offset"), "50")
}

// Bad input costs its connection, and nobody else's.
func TestBrokenRequests(t *testing.T) {
	for _, x := range []struct{ name, bytes, reply string }{
		{"a length that is none", "*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		{"a length beyond proto-max-bulk-len", "*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
		{"more words than there may be", "*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
		{"no length", "*1\r\nPING\r\n", "-ERR Protocol error: expected '$', got 'P'\r\n"},
		{"quotes", "SET \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
	} {
		s := start(t)
		good, bad := s.connect(), s.connect()
		s.want("before", s.say(bad, "SET a 1"), "+OK\r\n")
		s.want(x.name, s.raw(bad, x.bytes), x.reply)
		if s.gone[bad] == "" {
			t.Errorf("%s: the connection stays", x.name)
		}
		s.want("others", s.say(good, "GET a"), "$1\r\n1\r\n")
	}
}

// Every row of the table that has no function of its own is served here.
func TestEveryServerCommandIsServed(t *testing.T) {
	for name := range handlers {
		found := false
		walk(func(c string, _ bool) { found = found || c == name })
		if !found {
			t.Errorf("%s is served and not in the table", name)
		}
	}
	walk(func(name string, hasDo bool) {
		if !hasDo && handlers[name] == nil {
			t.Errorf("%s is in the table and not served", name)
		}
	})
}

// A clone goes on by itself, and does what the original does.
func TestClonesAreIndependentAndEqual(t *testing.T) {
	s := start(t)
	c, r := s.connect(), s.replica()
	s.say(r, "REPLCONF ACK 0")
	s.say(c, "SET a 1")
	s.say(c, "MULTI")
	s.say(c, "SET a 2")
	s.take(r)
	twin := *s
	twin.n = s.n.Clone()
	twin.got, twin.gone = map[engine.ConnID]string{}, map[engine.ConnID]string{}
	s.want("original", s.say(c, "EXEC"), "*1\r\n+OK\r\n")
	s.want("its stream", s.take(r), cmd("SET", "a", "2"))
	s.want("the clone's queue", twin.say(c, "SET a 3"), "+QUEUED\r\n")
	s.want("the clone", twin.say(c, "EXEC"), "*2\r\n+OK\r\n+OK\r\n")
	s.want("its stream", twin.take(r), cmd("MULTI")+cmd("SET", "a", "2")+cmd("SET", "a", "3")+cmd("EXEC"))
	s.want("the original still", s.say(c, "GET a"), "$1\r\n2\r\n")
	if repl.NewReplID(s.n.random()) != repl.NewReplID(twin.n.random()) {
		t.Error("the clone draws other numbers")
	}
}

// A client whose wait has just ended goes on in the clone too.
func TestAClonesClientsGoOn(t *testing.T) {
	s := start(t)
	w := s.connect()
	s.say(w, "BLPOP list 0")
	s.say(w, "SET k v")
	s.n.unpark(s.n.byConn[w])
	twin := *s
	twin.n, twin.got, twin.out = s.n.Clone(), map[engine.ConnID]string{}, Output{}
	s.step(Woken{})
	twin.step(Woken{})
	s.want("original", s.take(w), "+OK\r\n")
	s.want("the clone", twin.take(w), "+OK\r\n")
}
