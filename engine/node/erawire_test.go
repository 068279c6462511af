package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// A first resync and a second one, as a raw replica sees them. The bytes are those of servers of that time.
func TestAMasterOfEachEraWordForWord(t *testing.T) {
	const file = "$25\r\nREDIS0006\xfe\x00\x00\x01k\x01v\xff\xad\xa9\x76\x55\x98\x18\x18\x22"
	set := cmd("SET", "a", "1")
	for _, c := range []struct {
		era  string
		talk [][2]string // what the replica says, or what a client does behind "!", and what the replica gets
	}{
		{"2.6", [][2]string{
			{"PING", "+PONG\r\n"},
			{"REPLCONF listening-port 7002", "+OK\r\n"},
			{"REPLCONF capa eof", "-ERR Unrecognized REPLCONF option: capa\r\n"},
			{"PSYNC ? -1", "-ERR unknown command 'PSYNC'\r\n"},
			{"SYNC", file},
			{"!SET a 1", set},
			{"!SELECT 3", ""},
			{"!SET a 1", "select 3\r\n" + set},
			{"!SET a 1", set},
			{"PING", "+PONG\r\n"},
			{"GET nothing", "$-1\r\n"},
			{"REPLCONF ACK -1", "-ERR Unrecognized REPLCONF option: ACK\r\n"},
		}},
		{"2.8", [][2]string{
			{"PING", "+PONG\r\n"},
			{"REPLCONF listening-port 7002", "+OK\r\n"},
			{"REPLCONF capa eof capa psync2", "+OK\r\n"},
			{"PSYNC ? -1", "+FULLRESYNC RUNID 1\r\n" + file},
			{"REPLCONF ACK 1", ""},
			{"!SET a 1", cmd("SELECT", "0") + set},
			{"?master_repl_offset", "51"},
			{"?repl_backlog_first_byte_offset", "2"},
			{"?repl_backlog_histlen", "50"},
			{"PING", "+PONG\r\n"},
			{"again", ""},
			{"PSYNC RUNID 52", "+CONTINUE\r\n"},
			{"again", ""},
			{"PSYNC RUNID 25", "+CONTINUE\r\n" + set},
			{"again", ""},
			{"PSYNC RUNID 1", "+FULLRESYNC RUNID 51\r\n$"},
		}},
		{"4.0", [][2]string{
			{"REPLCONF capa eof capa psync2", "+OK\r\n"},
			{"PSYNC ? -1", "+FULLRESYNC REPLID 0\r\n$"},
			{"!SET a 1", cmd("SELECT", "0") + set},
			{"?master_repl_offset", "50"},
			{"PING", "+PONG\r\n"},
			{"again", ""},
			{"REPLCONF capa psync2", "+OK\r\n"},
			{"PSYNC REPLID 51", "+CONTINUE REPLID\r\n"},
			{"again", ""},
			{"PSYNC RUNID 51", "+FULLRESYNC REPLID 50\r\n$"},
			{"again", ""},
			{"PSYNC REPLID never", "+FULLRESYNC REPLID 50\r\n-ERR value is not an integer or out of range\r\n$"},
			{"?sync_partial_err", "2"},
		}},
		{"7.0", [][2]string{
			{"PSYNC ? never", "-ERR value is not an integer or out of range\r\n"},
			{"REPLCONF version 8.0.1", "-ERR Unrecognized REPLCONF option: version\r\n"},
		}},
		{"8.0", [][2]string{
			{"REPLCONF version 8.0.1", "+OK\r\n"},
			{"REPLCONF capa dual-channel", "+OK\r\n"},
		}},
	} {
		s := ofEra(t, c.era)
		client, r := s.connect(), s.connect()
		s.say(client, "SET k v")
		for _, line := range c.talk {
			said := names(s).Replace(line[0])
			got := ""
			switch {
			case said == "again":
				s.step(Closed{Conn: r})
				r = s.connect()
			case said[0] == '!':
				s.say(client, said[1:])
				got = s.take(r)
			case said[0] == '?':
				got = s.field(said[1:])
			default:
				got = s.say(r, said)
				if strings.HasSuffix(line[1], "\n$") { // and a file
					got, _, _ = strings.Cut(got, "\n$")
					got += "\n$"
				}
			}
			s.want(c.era+" "+said, got, names(s).Replace(line[1]))
		}
	}
}

// names puts in those of the process and of its history, as it is called now.
func names(s *server) *strings.Replacer {
	runID, _ := s.n.Info(s.now).Field("run_id")
	return strings.NewReplacer("RUNID", runID, "REPLID", string(s.n.hist.ID))
}

// While a replica waits for its snapshot, and when it has it, its master says that it is alive.
func TestHowAMasterOfEachEraSaysThatItIsAlive(t *testing.T) {
	for era, want := range map[string]string{
		"2.6": cmd("PING"), "2.8": cmd("PING"), "4.0": cmd("PING"), "7.0": cmd("ping"), "8.0": cmd("ping"),
	} {
		s := ofEra(t, era)
		r := s.oldReplica()
		s.pass(10 * time.Second)
		s.want(era, s.take(r), want)

		before := s.n.hist.Offset()
		s.step(Closed{Conn: r})
		s.pass(10 * time.Second)
		moved := s.n.hist.Offset() - before
		if creeps := era == "2.8"; (moved == 14) != creeps || !creeps && moved != 0 {
			t.Errorf("%s: without a replica the offset moves by %d", era, moved)
		}
	}
}

// A replica that waits hears a newline every second, or every ping period.
func TestNewlinesOfEachEra(t *testing.T) {
	for era, want := range map[string]int{"2.6": 1, "2.8": 10, "4.0": 10, "7.0": 10, "8.0": 10} {
		s := ofEra(t, era, "rdb-key-save-delay", "20000000")
		s.say(s.connect(), "SET k v")
		s.pass(1500 * time.Millisecond)
		r := s.connect()
		s.say(r, "SYNC")
		s.take(r)
		s.pass(10*time.Second - time.Millisecond)
		if got := strings.Count(s.take(r), "\n"); got != want {
			t.Errorf("%s: %d newlines in 10 seconds, want %d", era, got, want)
		}
	}
}

// Nobody can be fed by a replica that has lost its own master.
func TestARefusalOfEachEra(t *testing.T) {
	for era, word := range map[string]string{"2.6": "-ERR", "2.8": "-ERR", "4.0": "-NOMASTERLINK", "7.0": "-NOMASTERLINK", "8.0": "-NOMASTERLINK"} {
		s := ofEra(t, era)
		s.say(s.connect(), "SLAVEOF 10.0.0.8 6379") // nobody answers
		s.want(era, s.say(s.connect(), "SYNC"), word+" Can't SYNC while not connected with my master\r\n")
	}
}

// reconnects lets the link to the master be lost, and returns what the node asks on the next one.
func (s *server) reconnects(m engine.ConnID) (next engine.ConnID, asked string) {
	s.t.Helper()
	s.step(Closed{Conn: m})
	s.pass(1100 * time.Millisecond)
	return s.asksFor()
}

// asksFor takes the latest attempt up to what it asks for.
func (s *server) asksFor() (m engine.ConnID, asked string) {
	s.t.Helper()
	m, asked = s.shakeHands()
	if strings.HasPrefix(asked, "*") { // the words are every second line
		lines := strings.Split(asked, "\r\n")
		asked = "PSYNC " + lines[4] + " " + lines[6]
	}
	return m, strings.TrimPrefix(strings.TrimSuffix(asked, "\r\n"), "PSYNC ")
}

// What a replica asks for after a cut depends on what it counts: what came, or what it executed.
func TestWhatAReplicaOfEachEraCounts(t *testing.T) {
	id := strings.Repeat("a", 40)
	set := cmd("SET", "a", "1") // 27 bytes
	for _, c := range []struct {
		what, stream string
		want         map[string]int // the byte that is asked for, by era
	}{
		{"a whole command", set, map[string]int{"2.8": 128, "4.0": 128, "7.0": 128}},
		{"a command and a half", set + set[:10], map[string]int{"2.8": 138, "4.0": 128, "7.0": 128}},
		{"an open transaction", cmd("MULTI") + set, map[string]int{"2.8": 143, "4.0": 101, "7.0": 101}},
		{"a newline", "\n", map[string]int{"2.8": 102, "4.0": 101, "7.0": 101}},
		{"a newline and a command", "\n" + set, map[string]int{"2.8": 129, "4.0": 129, "7.0": 129}},
	} {
		for era, want := range c.want {
			s := ofEra(t, era)
			m := s.followOld("k")
			s.raw(m, c.stream)
			_, asked := s.reconnects(m)
			s.want(era+": "+c.what, asked, id+" "+strconv.Itoa(want))
		}
	}
}

// The second half of a command may come on the next connection, where the first half counts.
func TestAReplicaOf28GoesOnInTheMiddle(t *testing.T) {
	s := ofEra(t, "2.8")
	m := s.followOld("k")
	whole := cmd("MULTI") + cmd("SET", "a", "1") + cmd("INCR", "a") + cmd("EXEC")
	for cut := range len(whole) {
		s.raw(m, cmd("DEL", "a")+whole[:cut])
		s.want("it is not executed yet", s.say(s.connect(), "GET a"), "$-1\r\n")
		m, _ = s.reconnects(m)
		s.raw(m, "+CONTINUE\r\n"+whole[cut:])
		s.want("cut at "+strconv.Itoa(cut), s.say(s.connect(), "GET a"), "$1\r\n2\r\n")
	}
}

// What a replica forgets when its master refuses to continue.
func TestWhatAReplicaOfEachEraAsksAfterARefusal(t *testing.T) {
	id := strings.Repeat("a", 40)
	for _, c := range []struct {
		era, answer string
		says        string // at once, on the same connection
		asks        string // on the next one
	}{
		{"2.8", "-NOMASTERLINK Can't SYNC", "SYNC\r\n", "? -1"},
		{"2.8", "-LOADING", "SYNC\r\n", "? -1"},
		{"2.8", "-ERR what", "SYNC\r\n", "? -1"},
		{"2.8", "+FULLRESYNC " + strings.Repeat("b", 40) + " 7", "", "? -1"},
		{"4.0", "-NOMASTERLINK Can't SYNC", "", id + " 101"},
		{"4.0", "-LOADING", "", id + " 101"},
		{"4.0", "-ERR what", "SYNC\r\n", "? -1"},
		{"4.0", "+FULLRESYNC " + strings.Repeat("b", 40) + " 7", "", "? -1"},
		{"7.0", "-LOADING", "", id + " 101"},
		{"7.0", "-ERR what", "SYNC\r\n", id + " 101"},
		{"7.0", "+FULLRESYNC " + strings.Repeat("b", 40) + " 7", "", id + " 101"},
	} {
		s := ofEra(t, c.era)
		m, _ := s.reconnects(s.followOld("k"))
		s.want(c.era+" "+c.answer, s.raw(m, c.answer+"\r\n"), c.says)
		_, asked := s.reconnects(m)
		s.want(c.era+" after "+c.answer, asked, c.asks)
	}
}

// What a node asks that is told to follow another one.
func TestWhatEachEraAsksBehindSLAVEOF(t *testing.T) {
	id := strings.Repeat("a", 40)
	for era, want := range map[string]string{"2.8": "? -1", "4.0": id + " 101", "7.0": id + " 101", "8.0": id + " 101"} {
		s := ofEra(t, era)
		s.followOld("k")
		c := s.connect()
		s.say(c, "SLAVEOF 10.0.0.7 6379")
		dials := len(s.dial)
		s.pass(1100 * time.Millisecond)
		if atOnce := len(s.dial) == dials; atOnce != (era >= "7") {
			t.Errorf("%s: it connects at once: %v", era, atOnce)
		}
		_, asked := s.asksFor()
		s.want(era, asked, want)
	}
	for era, itself := range map[string]bool{"2.8": false, "4.0": true, "7.0": true} {
		s := ofEra(t, era)
		c := s.connect()
		s.say(c, "SLAVEOF 10.0.0.7 6379")
		s.pass(1100 * time.Millisecond)
		want := "? -1"
		if itself {
			want = string(s.n.hist.ID) + " 1"
		}
		_, asked := s.asksFor()
		s.want(era+" as a master", asked, want)
	}
}

// A replica of a master without PSYNC counts from -1, and asks for nothing in particular.
func TestAReplicaOf28BelowOneOf26(t *testing.T) {
	s := ofEra(t, "2.8")
	s.say(s.connect(), "SLAVEOF 10.0.0.8 6379")
	s.pass(1100 * time.Millisecond)
	m, asked := s.shakeHands()
	s.want("the first request", asked, "PSYNC ? -1\r\n")
	s.want("the answer to a refusal", s.raw(m, "-ERR unknown command 'PSYNC'\r\n"), "SYNC\r\n")
	s.raw(m, sized(fileOf(6, dataset("k"))))
	s.pass(time.Second)
	s.raw(m, cmd("SET", "ab", "1")+"\n")
	s.pass(3 * time.Second)
	s.want("it acknowledges nothing", s.take(m), "")
	_, asked = s.reconnects(m)
	s.want("the next request", asked, " 29")
}

// Before PSYNC2 a replica has a stream of its own: what it executes, and its own clients' writes.
func TestAReplicaOfAnOldEraStreamsWhatItExecutes(t *testing.T) {
	for _, era := range []string{"2.6", "2.8"} {
		s := ofEra(t, era, "slave-read-only", "no")
		m := s.followOld("k")
		b, c := s.oldReplica(), s.connect()
		selected, three := cmd("SELECT", "0"), cmd("SELECT", "3")
		if era == "2.6" {
			selected, three = "", "select 3\r\n"
		}
		for _, line := range []struct{ from, want string }{
			{cmd("SELECT", "0") + cmd("set", "a", "1"), selected + cmd("set", "a", "1")},
			{cmd("PING") + "\n", ""},
			{cmd("SELECT", "3") + cmd("SET", "a", "1"), three + cmd("SET", "a", "1")},
			{cmd("multi") + cmd("GET", "a") + cmd("INCR", "a"), ""},
			{cmd("exec"), cmd("MULTI") + cmd("INCR", "a") + cmd("exec")},
			{cmd("PUBLISH", "c", "m"), cmd("PUBLISH", "c", "m")},
			{cmd("DEL", "nothing"), ""},
			{"set inline 1\r\n", cmd("set", "inline", "1")},
		} {
			s.raw(m, line.from)
			s.want(era+" "+strconv.Quote(line.from), s.take(b), line.want)
		}
		s.say(c, "SELECT 3")
		s.say(c, "SET own 1")
		s.want(era+" a write of its own", s.take(b), cmd("SET", "own", "1"))
	}
}

// A promoted replica goes on with its own history, or with that of its master under another name.
func TestPromotionsOfEachEra(t *testing.T) {
	for _, era := range []string{"2.6", "2.8", "4.0", "7.0"} {
		s := ofEra(t, era)
		s.followOld("k")
		b := s.oldReplica()
		id, offset := s.n.hist.ID, s.n.hist.Offset()
		s.say(s.connect(), "SLAVEOF NO ONE")
		_, cut := s.gone[b]
		if stays := era < "4"; cut == stays {
			t.Errorf("%s: the replica below is cut: %v", era, cut)
		}
		if old := era < "4"; (s.n.hist.ID == id) != old || s.n.hist.Offset() != offset {
			t.Errorf("%s: %s at %d became %s at %d", era, id, offset, s.n.hist.ID, s.n.hist.Offset())
		}
	}

	s := ofEra(t, "2.8")
	s.followOld("k")
	s.want("its own offset", s.field("master_repl_offset"), "0")
	s.want("its master's", s.field("slave_repl_offset"), "100")
	s.say(s.connect(), "SLAVEOF NO ONE")
	s.want("without anybody below it goes on where its master was", s.field("master_repl_offset"), "100")
	s.want("and keeps nothing", s.field("repl_backlog_active"), "0")
}

// A master that ends waits for its replicas since 7.0.
func TestShutdownsOfEachEra(t *testing.T) {
	for era, waits := range map[string]bool{"2.6": false, "2.8": false, "4.0": false, "7.0": true, "8.0": true} {
		s := ofEra(t, era)
		s.oldReplica()
		c := s.connect()
		s.say(c, "SET k v")
		s.say(c, "SHUTDOWN NOSAVE")
		if exited := len(s.exit) > 0; exited == waits {
			t.Errorf("%s: it waits for its replica: %v", era, !exited)
		}
	}
}

// Who loses its own master cuts those below it, or keeps them.
func TestALostMasterInEachEra(t *testing.T) {
	for era, cuts := range map[string]bool{"2.6": true, "2.8": false, "4.0": false, "7.0": false} {
		s := ofEra(t, era)
		m := s.followOld("k")
		below := s.oldReplica()
		s.step(Closed{Conn: m})
		if _, cut := s.gone[below]; cut != cuts {
			t.Errorf("%s: the replica below is cut: %v", era, cut)
		}
	}
}

// What a replica says while a snapshot takes the place of its old data, and at once behind it.
func TestWhatAReplicaOfEachEraSaysAroundALoad(t *testing.T) {
	ack := cmd("REPLCONF", "ACK", "100")
	for _, c := range []struct{ era, sized, streamed string }{
		{"2.6", "", ""}, {"2.8", "\n", "\n"}, {"4.0", "\n", "\n"}, {"7.0", "\n", "\n" + ack}, {"8.0", ack, ack},
	} {
		for payload, want := range map[string]string{
			sized(fileOf(6, dataset("k"))): c.sized, streamed(fileOf(6, dataset("k"))): c.streamed,
		} {
			answer := "+FULLRESYNC " + strings.Repeat("a", 40) + " 100\r\n"
			if c.era == "2.6" {
				if answer = ""; strings.HasPrefix(payload, "$EOF") {
					continue
				}
			}
			s := ofEra(t, c.era)
			s.say(s.connect(), "SET old 1")
			s.say(s.connect(), "SLAVEOF 10.0.0.8 6379")
			s.pass(1100 * time.Millisecond)
			m, _ := s.shakeHands()
			s.want(c.era+" "+payload[:4], s.raw(m, answer+payload), want)
		}
	}
}

// The wait before a snapshot is streamed is over when the time is reached, or when it is exceeded.
func TestTheDelayOfEachEra(t *testing.T) {
	for era, want := range map[string]int{"2.8": 4, "4.0": 4, "7.0": 3, "8.0": 3} {
		s := ofEra(t, era, "repl-diskless-sync", "yes", "repl-diskless-sync-delay", "3")
		s.pass(1500 * time.Millisecond)
		r := s.connect()
		s.say(r, "REPLCONF capa eof")
		s.say(r, "PSYNC ? -1")
		second := s.now.Seconds()
		for range 60 {
			if strings.Contains(s.take(r), "$EOF:") {
				break
			}
			s.pass(100 * time.Millisecond)
		}
		if waited := int(s.now.Seconds() - second); waited != want {
			t.Errorf("%s: it waits for %d seconds, want %d", era, waited, want)
		}
	}
}

// A replica keeps its backlog, since it may be promoted; but for one whose backlog would be of no use then.
func TestTheBacklogOfAReplicaOfEachEra(t *testing.T) {
	for era, frees := range map[string]bool{"2.8": true, "4.0": false, "7.0": false} {
		s := ofEra(t, era, "repl-backlog-ttl", "1")
		s.followOld("k")
		s.step(Closed{Conn: s.oldReplica()})
		s.want(era, s.field("repl_backlog_active"), "1")
		s.pass(4 * time.Second)
		s.want(era+" later", s.field("repl_backlog_active"), map[bool]string{true: "0", false: "1"}[frees])
	}
}
