package node

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/repl"
)

// ofEra returns a server of an era, with these settings.
func ofEra(t *testing.T, era string, settings ...string) *server {
	t.Helper()
	cfg, err := DefaultConfigOf(era)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(settings); i += 2 {
		if err := cfg.Set(settings[i], strings.Fields(settings[i+1])...); err != nil {
			t.Fatal(settings[i], err)
		}
	}
	n, err := New(cfg, 42)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, n: n, now: engine.Epoch, got: map[engine.ConnID]string{}, gone: map[engine.ConnID]string{}}
	s.step(Started{PID: 77})
	return s
}

// oldReplica makes a raw peer a replica that takes a snapshot of told length, and returns its connection.
func (s *server) oldReplica() engine.ConnID {
	s.t.Helper()
	c := s.connect()
	s.say(c, "REPLCONF listening-port 7001")
	s.say(c, "SYNC")
	s.pass(2 * time.Second)
	s.take(c)
	return c
}

// shakeHands takes the node's latest attempt through the handshake up to its last request, answering each of its
// requests, and returns the connection and that request.
func (s *server) shakeHands() (m engine.ConnID, asked string) {
	s.t.Helper()
	m = s.dial[len(s.dial)-1].Conn
	s.step(Dialed{Conn: m, Remote: "10.0.0.8:6379", Local: "10.0.0.1:40000"})
	for range 10 {
		asked = s.take(m)
		switch {
		case strings.Contains(asked, "PSYNC"), strings.Contains(asked, "SYNC\r\n"):
			return m, asked
		case strings.Contains(asked, "PING"):
			s.step(&Received{Conn: m, Data: []byte("+PONG\r\n")})
		default:
			s.step(&Received{Conn: m, Data: []byte(strings.Repeat("+OK\r\n", max(1, strings.Count(asked, "*"))))})
		}
	}
	s.t.Fatalf("the replica does not come to the point: %q", asked)
	return 0, ""
}

// followOld makes the node a replica with this dataset, whose stream begins behind offset 100.
func (s *server) followOld(keys ...string) (m engine.ConnID) {
	s.t.Helper()
	s.say(s.connect(), "SLAVEOF 10.0.0.8 6379")
	s.pass(1100 * time.Millisecond)
	m, asked := s.shakeHands()
	answer := ""
	if strings.Contains(asked, "PSYNC") {
		answer = "+FULLRESYNC " + strings.Repeat("a", 40) + " 100\r\n"
	}
	s.raw(m, answer)
	s.raw(m, sized(fileOf(6, dataset(keys...))))
	s.pass(time.Second)
	s.take(m)
	if got := s.field("master_link_status"); got != "up" {
		s.t.Fatalf("the link is %s; the log says\n%s", got, strings.Join(s.logs, "\n"))
	}
	return m
}

func TestAnEraThatIsNone(t *testing.T) {
	want := "there is no era '6.0': the eras are 2.6, 2.8, 4.0, 7.0, 8.0"
	cfg := DefaultConfig()
	cfg.Era = "6.0"
	if _, err := New(cfg, 1); err == nil || err.Error() != want {
		t.Errorf("New: %v, want %s", err, want)
	}
	if _, err := DefaultConfigOf("6.0"); err == nil || err.Error() != want {
		t.Errorf("DefaultConfigOf: %v, want %s", err, want)
	}
	cfg.Era = ""
	if n, err := New(cfg, 1); err != nil || n.era.Name != "7.0" {
		t.Errorf("no era at all: %v, %v", n.era.Name, err)
	}
}

// What servers of each era are told when they are told nothing.
func TestDefaultsOfEras(t *testing.T) {
	for _, c := range []struct{ name, v26, v28, v40, v70, v80 string }{
		{"repl-timeout", "60", "60", "60", "60", "60"},
		{"repl-backlog-size", "", "1048576", "1048576", "1048576", "10485760"},
		{"min-slaves-max-lag", "", "10", "10", "10", "10"},
		{"repl-diskless-sync", "", "no", "no", "yes", "yes"},
		{"repl-diskless-sync-delay", "", "5", "5", "5", "5"},
		{"repl-diskless-load", "", "", "", "disabled", "disabled"},
		{"slave-announce-port", "", "", "0", "0", "0"},
		{"replica-announce-port", "", "", "", "0", "0"},
		{"lazyfree-lazy-expire", "", "", "no", "no", "yes"},
		{"lazyfree-lazy-server-del", "", "", "no", "no", "yes"},
		{"slave-lazy-flush", "", "", "no", "no", "yes"},
		{"save", "", "", "", "3600 1 300 100 60 10000", "3600 1 300 100 60 10000"},
		{"slave-read-only", "yes", "yes", "yes", "yes", "yes"},
		{"replica-read-only", "", "", "", "yes", "yes"},
		{"hz", "10", "10", "10", "10", "10"},
	} {
		for i, want := range []string{c.v26, c.v28, c.v40, c.v70, c.v80} {
			cfg, err := DefaultConfigOf(Eras()[i])
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if pairs := cfg.Get(c.name); len(pairs) > 0 {
				got = pairs[0][1]
			}
			if got != want {
				t.Errorf("%s: %s is %q, want %q", Eras()[i], c.name, got, want)
			}
		}
	}
}

// A configuration that names an era begins with its defaults and is read by its names.
func TestAConfigurationNamesItsEra(t *testing.T) {
	cfg, _, err := load(nil, "--era", "2.8", "--slave-read-only", "no")
	if err != nil || cfg.Era != "2.8" || cfg.ReplicaReadOnly || cfg.ReplDisklessSync || cfg.Save != nil {
		t.Errorf("%v: era %s, read only %v, diskless %v, %d save points", err, cfg.Era, cfg.ReplicaReadOnly, cfg.ReplDisklessSync, len(cfg.Save))
	}
	if _, _, err := load(nil, "--era", "2.8", "--replica-read-only", "no"); err == nil {
		t.Error("2.8 reads replica-read-only")
	}
	if _, _, err := load(nil, "--era", "3.2"); err == nil || !strings.Contains(err.Error(), "the eras are 2.6, 2.8, 4.0, 7.0, 8.0") {
		t.Errorf("era 3.2: %v", err)
	}
	for _, era := range Eras() {
		cfg, _ := DefaultConfigOf(era)
		if cfg.ReplicaIgnoreMaxMemory != (era >= "7") {
			t.Errorf("%s: a replica leaves eviction to its master: %v", era, cfg.ReplicaIgnoreMaxMemory)
		}
	}
	cfg.ReplTimeout = time.Second
	if got, want := cfg.Rewrite("", false), "\nrepl-timeout 1\n"; !strings.Contains(got, want) || !strings.Contains(got, "slave-read-only no") || strings.Contains(got, "replica") {
		t.Errorf("rewritten it is %q", got)
	}
}

// What goes into the stream for a line, in the eras that differ.
// What Valkey's own configuration file says is read in its era, and its new name for the password is another of the same.
func TestConfigurationNamesOfValkey(t *testing.T) {
	file := map[string]string{"/v.conf": "hide-user-data-from-log yes\nset-max-listpack-entries 128\nset-max-listpack-value 64\n" +
		"locale-collate \"\"\nprimaryuser u\nprimaryauth p\n"}
	read := func(name string) ([]byte, error) { return []byte(file[name]), nil }
	c, _, err := Load([]string{"/v.conf", "--era", "8.0"}, read)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Get("*auth", "*user"); !slices.Equal(got, [][2]string{{"masterauth", "p"}, {"masteruser", "u"}, {"primaryauth", "p"}, {"primaryuser", "u"}}) {
		t.Errorf("%q", got)
	}
	if _, _, err := Load([]string{"/v.conf"}, read); err == nil {
		t.Error("7.0 reads it")
	}
	for _, era := range []string{"2.6", "7.0"} {
		c, _, err := Load([]string{"--era", era, "--masterauth", "p"}, read)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Get("*auth"); !slices.Equal(got, [][2]string{{"masterauth", "p"}}) {
			t.Errorf("%s: %q", era, got)
		}
	}
}

func TestWhatErasStream(t *testing.T) {
	old := []string{"2.6", "2.8", "4.0"}
	all := []string{"2.8", "4.0", "7.0", "8.0"}
	for _, c := range []struct {
		name   string
		eras   []string
		lines  string // separated by ; of which the last is looked at
		stream string
	}{
		{"EXEC with one write", old, "MULTI; set k 1; exec", cmd("MULTI") + cmd("set", "k", "1") + cmd("exec")},
		{"EXEC with one write", all[2:], "MULTI; set k 1; exec", cmd("set", "k", "1")},
		{"EXEC with reads and a write", old, "MULTI; GET k; SET k 1; GET k; EXEC", cmd("MULTI") + cmd("SET", "k", "1") + cmd("EXEC")},
		{"EXEC with a write without effect", old, "MULTI; DEL none; EXEC", cmd("MULTI") + cmd("EXEC")},
		{"EXEC with a write without effect", all[2:], "MULTI; DEL none; EXEC", ""},
		{"EXEC that only reads", all, "MULTI; GET k; EXEC", ""},
		{"EXEC in another database", old[:1], "MULTI; SELECT 3; SET k 1; EXEC", "select 3\r\n" + cmd("MULTI") + cmd("SET", "k", "1") + cmd("EXEC")},
		{"EXEC that ends elsewhere", old[:1], "MULTI; SET k 1; SELECT 3; EXEC", cmd("MULTI") + cmd("SET", "k", "1") + "select 3\r\n" + cmd("EXEC")},
		{"EXEC in another database", old[1:], "MULTI; SELECT 3; SET k 1; EXEC", cmd("SELECT", "3") + cmd("MULTI") + cmd("SET", "k", "1") + cmd("EXEC")},
		{"EXEC that ends elsewhere", old[1:], "MULTI; SET k 1; SELECT 3; EXEC", cmd("MULTI") + cmd("SET", "k", "1") + cmd("SELECT", "3") + cmd("EXEC")},
		{"a message in EXEC", old[1:], "MULTI; PUBLISH c m; EXEC", cmd("PUBLISH", "c", "m")},
		{"a time to live", old[1:], "set k v ex 10", cmd("set", "k", "v", "ex", "10")},
		{"a time to live", old[:1], "SETEX k 10 v", cmd("SETEX", "k", "10", "v")},
		{"GETSET", old, "GETSET k v", cmd("GETSET", "k", "v")},
		{"GETSET", all[2:], "GETSET k v", cmd("SET", "k", "v")},
		{"GETDEL", all[2:], "SET k v; GETDEL k", cmd("DEL", "k")},
		{"INCRBYFLOAT", old, "INCRBYFLOAT f 1.5", cmd("SET", "f", "1.5")},
		{"INCRBYFLOAT", all[2:], "INCRBYFLOAT f 1.5", cmd("SET", "f", "1.5", "KEEPTTL")},
		{"several members taken", all[1:2], "SADD s a b; SADD s c; SPOP s 2", "SREM s ?|SREM s ?"},
		{"several members taken", all[2:3], "SADD s a b; SADD s c; SPOP s 2", "MULTI|SREM s ?|SREM s ?|EXEC"},
		{"several members taken", all[3:], "SADD s a b; SADD s c; SPOP s 2", "SREM s ? ?"},
		{"all members taken", all[1:3], "SADD s a b; SPOP s 2", cmd("DEL", "s")},
		{"all members taken", all[3:], "SADD s a b; SPOP s 2", cmd("UNLINK", "s")},
		{"a key that expired", old, "SETEX e 1 v; !; SET e w", cmd("DEL", "e") + cmd("SET", "e", "w")},
		{"a key that expired", all[2:3], "SETEX e 1 v; !; SET e w", cmd("MULTI") + cmd("DEL", "e") + cmd("SET", "e", "w") + cmd("EXEC")},
		{"a key that expired", all[3:], "SETEX e 1 v; !; SET e w", cmd("MULTI") + cmd("UNLINK", "e") + cmd("SET", "e", "w") + cmd("EXEC")},
		{"a time that is past", all[3:], "SET k v; EXPIRE k -1", cmd("UNLINK", "k")},
		{"a list that was waited for", old, "*BRPOPLPUSH s d 0; RPUSH s x", cmd("RPUSH", "s", "x") + cmd("RPOP", "s") + cmd("LPUSH", "d", "x")},
		{"a list that was waited for", all[2:], "*BRPOPLPUSH s d 0; RPUSH s x", cmd("RPUSH", "s", "x") + cmd("RPOPLPUSH", "s", "d")},
		{"an empty database emptied", old, "FLUSHDB", ""},
		{"an empty database emptied", all[2:], "SELECT 7; FLUSHDB", cmd("SELECT", "7") + cmd("FLUSHDB")},
	} {
		for _, era := range c.eras {
			t.Run(era+" "+c.name, func(t *testing.T) {
				s := ofEra(t, era)
				a, b, r := s.connect(), s.connect(), s.oldReplica()
				s.say(a, "SET first 1") // SELECT 0 is out
				s.say(a, "DEL first")
				s.say(a, "SADD full x")
				if strings.HasPrefix(c.name, "an empty") && era < "7" {
					s.say(a, "FLUSHALL")
				}
				if strings.Contains(c.lines, "!") {
					s.n.active = false // only who comes across a key removes it
				}
				for line := range strings.SplitSeq(c.lines, "; ") {
					s.take(r)
					switch {
					case line == "!":
						s.pass(2 * time.Second)
						s.take(r)
					case line[0] == '*':
						s.say(b, line[1:])
					default:
						s.say(a, line)
					}
				}
				got := s.take(r)
				if strings.Contains(c.stream, "|") || strings.Contains(c.stream, "?") {
					got = shape(got)
				}
				s.want(c.lines, got, c.stream)
			})
		}
	}
}

// shape is a stream with what is random in it replaced: "SREM s ?|EXEC".
func shape(stream string) string {
	var lines []string
	words := strings.Fields(stream)
	for i := 0; i < len(words); {
		n, _ := strconv.Atoi(words[i][1:])
		var line []string
		for j := range n {
			word := words[i+2+2*j]
			if len(word) == 1 && j > 1 {
				word = "?"
			}
			line = append(line, word)
		}
		lines = append(lines, strings.Join(line, " "))
		i += 1 + 2*n
	}
	return strings.Join(lines, "|")
}

// A key whose time is over, as a replica's clients see it.
func TestExpiredKeysOnReplicas(t *testing.T) {
	for _, c := range []struct {
		line string
		want [5]string // by era
	}{
		{"GET e", [...]string{"$1\r\nv\r\n", "$1\r\nv\r\n", "$-1\r\n", "$-1\r\n", "$-1\r\n"}},
		{"EXISTS e", [...]string{":1\r\n", ":1\r\n", ":0\r\n", ":0\r\n", ":0\r\n"}},
		{"TYPE e", [...]string{"+string\r\n", "+string\r\n", "+none\r\n", "+none\r\n", "+none\r\n"}},
		{"TTL e", [...]string{":-1\r\n", ":0\r\n", ":-2\r\n", ":-2\r\n", ":-2\r\n"}},
		{"TTL none", [...]string{":-1\r\n", ":-2\r\n", ":-2\r\n", ":-2\r\n", ":-2\r\n"}},
		{"KEYS *", [...]string{"*1\r\n$1\r\nk\r\n", "*1\r\n$1\r\nk\r\n", "*1\r\n$1\r\nk\r\n", "*1\r\n$1\r\nk\r\n", "*1\r\n$1\r\nk\r\n"}},
		{"RANDOMKEY", [...]string{"$1\r\nk\r\n", "$1\r\nk\r\n", "$1\r\nk\r\n", "$1\r\nk\r\n", "$1\r\nk\r\n"}},
		{"DBSIZE", [...]string{":2\r\n", ":2\r\n", ":2\r\n", ":2\r\n", ":2\r\n"}},
	} {
		for i, era := range Eras() {
			s := ofEra(t, era)
			m := s.followOld("k")
			s.raw(m, cmd("SET", "e", "v", "PX", "100"))
			s.pass(200 * time.Millisecond)
			s.want(era+" "+c.line, s.say(s.connect(), c.line), c.want[i])
		}
	}
}

// A writable replica's client that writes over such a key.
func TestWritesOverExpiredKeysOnReplicas(t *testing.T) {
	for i, era := range Eras() {
		s := ofEra(t, era, "slave-read-only", "no")
		m := s.followOld("k")
		s.raw(m, cmd("SET", "e", "5", "PX", "100"))
		s.pass(200 * time.Millisecond)
		c := s.connect()
		s.want(era+" SETNX", s.say(c, "SETNX e 1"), [...]string{":0\r\n", ":0\r\n", ":1\r\n", ":1\r\n", ":1\r\n"}[i])
		s.want(era+" INCR", s.say(c, "INCR e"), [...]string{":6\r\n", ":6\r\n", ":2\r\n", ":2\r\n", ":2\r\n"}[i])
	}
}

// What replicas refuse, in the words of their time.
func TestRefusalsOfEras(t *testing.T) {
	for _, era := range Eras() {
		s := ofEra(t, era, "slave-serve-stale-data", "no")
		old := era < "7"
		word := "replica"
		if old {
			word = "slave"
		}
		c := s.connect()
		s.say(c, "SLAVEOF 10.0.0.8 6379") // nobody answers
		s.want(era+" a write", s.say(c, "SET k v"), "-READONLY You can't write against a read only "+word+".\r\n")
		s.want(era+" a read", s.say(c, "GET k"), "-MASTERDOWN Link with MASTER is down and "+word+"-serve-stale-data is set to 'no'.\r\n")

		runs := map[string]bool{}
		for _, line := range []string{"PING", "INFO", "CONFIG GET hz", "SELECT 0", "PUBLISH c m", "ROLE", "TIME", "SLAVEOF 10.0.0.8 6379", "REPLCONF listening-port 1"} {
			runs[line] = !strings.HasPrefix(s.say(c, line), "-MASTERDOWN")
		}
		want := map[string]string{
			"2.6": "PING INFO PUBLISH ROLE SLAVEOF", // ROLE is unknown, which comes first
			"2.8": "PING INFO CONFIG PUBLISH ROLE SLAVEOF REPLCONF",
			"4.0": "PING INFO CONFIG PUBLISH ROLE SLAVEOF REPLCONF",
			"7.0": "INFO CONFIG SELECT PUBLISH ROLE TIME SLAVEOF REPLCONF",
			"8.0": "INFO CONFIG SELECT PUBLISH ROLE TIME SLAVEOF REPLCONF",
		}[era]
		for line, ran := range runs {
			name, _, _ := strings.Cut(line, " ")
			if ran != strings.Contains(" "+want+" ", " "+name+" ") {
				t.Errorf("%s: without its master %s runs: %v", era, line, ran)
			}
		}

		s = ofEra(t, era)
		s.followOld("k")
		c = s.connect()
		s.say(c, "MULTI")
		s.want(era+" in a transaction", s.say(c, "SET k v"), "-READONLY You can't write against a read only "+word+".\r\n")
		if old {
			s.want(era+" EXEC", s.say(c, "EXEC"), "*0\r\n")
		} else {
			s.want(era+" EXEC", s.say(c, "EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n")
		}
	}
}

// What does not exist in an era, and what is wrong, in its words.
func TestErrorsOfEras(t *testing.T) {
	for _, c := range []struct{ era, line, want string }{
		{"2.6", "COPY a b", "-ERR unknown command 'COPY'"},
		{"2.8", "WAIT 0 0", "-ERR unknown command 'WAIT'"},
		{"4.0", "COPY a b", "-ERR unknown command `COPY`, with args beginning with: `a`, `b`, "},
		{"7.0", "NOPE a", "-ERR unknown command 'NOPE', with args beginning with: 'a' "},
		{"8.0", "NOPE a", "-ERR unknown command 'NOPE', with args beginning with: 'a' "},
		{"4.0", "SET k v KEEPTTL", "-ERR syntax error"},
		{"4.0", "SHUTDOWN ABORT", "-ERR syntax error"},
		{"4.0", "CLIENT LIST TYPE normal", "-ERR Syntax error, try CLIENT (LIST | KILL | GETNAME | SETNAME | PAUSE | REPLY)"},
		{"4.0", "CONFIG GET a b", "-ERR Wrong number of arguments for CONFIG GET"},
		{"4.0", "CONFIG SET a b c d", "-ERR Wrong number of arguments for CONFIG SET"},
		{"4.0", "CONFIG SET a b", "-ERR Unsupported CONFIG parameter: a"},
		{"4.0", "CONFIG SET replica-read-only no", "-ERR Unsupported CONFIG parameter: replica-read-only"},
		{"4.0", "CONFIG SET repl-timeout x", "-ERR Invalid argument 'x' for CONFIG SET 'repl-timeout'"},
		{"7.0", "CONFIG SET a b", "-ERR Unknown option or number of arguments for CONFIG SET - 'a'"},
		{"4.0", "SLAVEOF h 70000", "+OK"},
		{"4.0", "SLAVEOF h port", "-ERR value is not an integer or out of range"},
		{"7.0", "SLAVEOF h 70000", "-ERR Invalid master port"},
		{"4.0", "DEBUG SET-ACTIVE-EXPIRE 1", "+OK"}, // needs no permission yet
		{"7.0", "DEBUG SET-ACTIVE-EXPIRE 1", "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."},
	} {
		s := ofEra(t, c.era)
		s.want(c.era+" "+c.line, s.say(s.connect(), c.line), c.want+"\r\n")
	}
}

// Who waits when a master becomes a replica.
func TestWaitsWhenAMasterBecomesAReplica(t *testing.T) {
	for era, want := range map[string]string{
		"2.6": "",
		"2.8": "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> slave?)\r\n",
		"4.0": "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> slave?)\r\n",
		"7.0": "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n",
		"8.0": "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n",
	} {
		s := ofEra(t, era)
		c := s.connect()
		s.say(c, "BLPOP k 0")
		s.say(s.connect(), "SLAVEOF 10.0.0.8 6379")
		s.want(era, s.take(c), want)
		if _, closed := s.gone[c]; closed != (want != "") {
			t.Errorf("%s: closed %v", era, closed)
		}
	}
}

// INFO replication has the fields of its time, in their order.
func TestInfoOfEras(t *testing.T) {
	fields := func(s *server) string {
		var names []string
		for _, section := range s.n.Info(s.now).Sections {
			if section.Name == "Replication" {
				for _, f := range section.Fields {
					names = append(names, f.Name)
				}
			}
		}
		return strings.Join(names, " ")
	}
	const backlog = " repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen"
	const link = "role master_host master_port master_link_status master_last_io_seconds_ago master_sync_in_progress"
	for era, want := range map[string][2]string{
		"2.6": {"role connected_slaves slave0",
			link + " slave_priority slave_read_only connected_slaves"},
		"2.8": {"role connected_slaves slave0 master_repl_offset" + backlog,
			link + " slave_repl_offset slave_priority slave_read_only connected_slaves master_repl_offset" + backlog},
		"4.0": {"role connected_slaves slave0 master_replid master_replid2 master_repl_offset second_repl_offset" + backlog,
			link + " slave_repl_offset slave_priority slave_read_only connected_slaves master_replid master_replid2 master_repl_offset second_repl_offset" + backlog},
		"7.0": {"role connected_slaves slave0 master_failover_state master_replid master_replid2 master_repl_offset second_repl_offset" + backlog,
			link + " slave_read_repl_offset slave_repl_offset slave_priority slave_read_only replica_announced connected_slaves master_failover_state master_replid master_replid2 master_repl_offset second_repl_offset" + backlog},
		"8.0": {"role connected_slaves slave0 replicas_waiting_psync master_failover_state master_replid master_replid2 master_repl_offset second_repl_offset" + backlog,
			link + " slave_read_repl_offset slave_repl_offset replicas_repl_buffer_size replicas_repl_buffer_peak slave_priority slave_read_only replica_announced connected_slaves replicas_waiting_psync master_failover_state master_replid master_replid2 master_repl_offset second_repl_offset" + backlog},
	} {
		m := ofEra(t, era)
		m.oldReplica()
		m.want(era+", a master", fields(m), want[0])
		line := "ip=10.0.0.9,port=7001,state=online,offset=0,lag=" + strconv.Itoa(int(m.n.replicas[0].replica.Lag(m.now)/time.Second))
		switch era {
		case "2.6":
			line = "10.0.0.9,7001,online"
		case "8.0":
			line += ",type=replica"
		}
		m.want(era, m.field("slave0"), line)
		r := ofEra(t, era)
		r.followOld("k")
		r.want(era+", a replica", fields(r), want[1])
		if _, has := r.n.Info(r.now).Field("sync_full"); has != (era != "2.6") {
			t.Errorf("%s: sync_full: %v", era, has)
		}
		if e, _ := repl.EraNamed(era); r.field("redis_version") != e.Version {
			t.Errorf("%s: redis_version %s", era, r.field("redis_version"))
		}
	}
	s := ofEra(t, "4.0")
	s.say(s.connect(), "SLAVEOF 10.0.0.8 6379")
	s.want("down since, for a link that never was", s.field("master_link_down_since_seconds"), strconv.FormatInt(s.now.Seconds(), 10))
}

// The files that an era writes say what its own do.
func TestFilesOfEras(t *testing.T) {
	for era, want := range map[string]string{
		"2.6": "REDIS0006\xfe\x00\x00\x01k\x01v\xff\xad\xa9\x76\x55\x98\x18\x18\x22",
		"2.8": "REDIS0006\xfe\x00\x00\x01k\x01v\xff\xad\xa9\x76\x55\x98\x18\x18\x22",
		"4.0": "REDIS0008\xfa\x09redis-ver\x064.0.14\xfa\x0aredis-bits\xc0\x40\xfa\x05ctime",
		"7.0": "REDIS0010\xfa\x09redis-ver\x067.0.15\xfa\x0aredis-bits\xc0\x40\xfa\x05ctime",
		"8.0": "REDIS0011\xfa\x0avalkey-ver\x058.0.1\xfa\x0aredis-bits\xc0\x40\xfa\x05ctime",
	} {
		s := ofEra(t, era)
		c := s.connect()
		s.say(c, "SET k v")
		s.say(c, "SAVE")
		got := string(s.disk.files["dump.rdb"])
		if !strings.HasPrefix(got, want) || len(want) == 25 && got != want {
			t.Errorf("%s: the file is %q, want %q", era, got, want)
		}
		if last := map[string]string{"4.0": "aof-preamble", "7.0": "aof-base", "8.0": "aof-base"}[era]; !strings.Contains(got, last) {
			t.Errorf("%s: the file does not say %s", era, last)
		}
	}
}
