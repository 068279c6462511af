package repl

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"resync/engine"
)

func era(t *testing.T, name string) *Era {
	t.Helper()
	e, ok := EraNamed(name)
	if !ok {
		t.Fatalf("there is no era %s", name)
	}
	return e
}

func TestEraNamed(t *testing.T) {
	if got, want := strings.Join(EraNames(), " "), "2.6 2.8 4.0 7.0 8.0"; got != want {
		t.Errorf("the eras are %q, want %q", got, want)
	}
	if e := era(t, ""); e.Name != "7.0" {
		t.Errorf("the era of no name is %s", e.Name)
	}
	if _, ok := EraNamed("6.2"); ok {
		t.Error("6.2 is no era")
	}
}

// No switch is without an effect: each has two values at least among the eras.
func TestEverySwitchDiffers(t *testing.T) {
	kind := reflect.TypeFor[Era]()
	for i := range kind.NumField() {
		values := map[string]bool{}
		for _, name := range EraNames() {
			values[strings.Join(strings.Fields(reflect.ValueOf(*era(t, name)).Field(i).String()+" "+text(reflect.ValueOf(*era(t, name)).Field(i))), " ")] = true
		}
		if len(values) < 2 {
			t.Errorf("%s is the same in all eras", kind.Field(i).Name)
		}
	}
}

func text(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return "yes"
		}
		return "no"
	case reflect.Int, reflect.Int64:
		return strings.Repeat("I", int(v.Int()%1000)+1) + strings.Repeat("M", int(v.Int()>>20))
	case reflect.Slice:
		return strings.Join(v.Interface().([]string), ",")
	}
	return v.String()
}

// What replicas say to masters of their own and of other eras, to the byte: M: is a line of the master, R: what the
// replica writes then.
func TestHandshakeOfEveryEra(t *testing.T) {
	const id = "8f3a000000000000000000000000000000006e13"
	none := Request{ID: "?", Want: -1}
	own := Request{ID: id, Want: 1}
	for _, c := range []struct {
		name, era string
		g         Greeting
		talk      string
		last      Outcome
		id        engine.ReplID
		offset    engine.Offset
	}{
		{"2.6 first sync", "2.6", Greeting{Port: 7002, Ask: none},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: SYNC\\r\\n", Fallback, "", 0},
		{"2.6 with a password", "2.6", Greeting{Port: 7002, Password: "p", User: "u", IP: "10.0.0.1", Ask: none},
			"R: PING\\r\\n\nM: -ERR operation not permitted\nR: AUTH p\\r\\n\nM: +OK\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: SYNC\\r\\n", Fallback, "", 0},
		{"2.8 first sync", "2.8", Greeting{Port: 7002, Ask: none},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof\\r\\n\nM: +OK\nR: PSYNC ? -1\\r\\n\nM: +FULLRESYNC " + id + " 1", Full, id, 1},
		{"2.8 after a cut", "2.8", Greeting{Port: 7002, Ask: Request{ID: id, Want: 52}},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof\\r\\n\nM: +OK\nR: PSYNC " + id + " 52\\r\\n\nM: +CONTINUE", Continue, "", 0},
		{"2.8 does not follow a name", "2.8", Greeting{Port: 7002, Ask: Request{ID: id, Want: 52}},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof\\r\\n\nM: +OK\nR: PSYNC " + id + " 52\\r\\n\nM: +CONTINUE " + id, Continue, "", 0},
		{"2.8 under 2.6", "2.8", Greeting{Port: 7002, Ask: none},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof\\r\\n\nM: -ERR Unrecognized REPLCONF option: capa\nR: PSYNC ? -1\\r\\n\nM: -ERR unknown command 'PSYNC'\nR: SYNC\\r\\n", Fallback, "", 0},
		{"2.8 under 2.6, again", "2.8", Greeting{Port: 7002, Ask: Request{ID: "", Want: 29}},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof\\r\\n\nM: +OK\nR: PSYNC  29\\r\\n\nM: -ERR unknown command 'PSYNC'\nR: SYNC\\r\\n", Fallback, "", 0},
		{"2.8 takes a refusal for now as one for ever", "2.8", Greeting{Port: 7002, Ask: none},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof\\r\\n\nM: +OK\nR: PSYNC ? -1\\r\\n\nM: -LOADING x\nR: SYNC\\r\\n", Fallback, "", 0},
		{"2.8 and -NOPERM", "2.8", Greeting{Port: 7002, Ask: none}, "R: PING\\r\\n\nM: -NOPERM x", GiveUp, "", 0},
		{"4.0 first sync", "4.0", Greeting{Port: 7002, Ask: own},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof capa psync2\\r\\n\nM: +OK\nR: PSYNC " + id + " 1\\r\\n\nM: +FULLRESYNC " + id + " 0", Full, id, 0},
		{"4.0 with an address", "4.0", Greeting{Port: 7002, IP: "10.0.0.1", Ask: own},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF ip-address 10.0.0.1\\r\\n\nM: -ERR x\nR: REPLCONF capa eof capa psync2\\r\\n\nM: +OK\nR: PSYNC " + id + " 1\\r\\n\nM: +CONTINUE " + id, Continue, id, 0},
		{"4.0 keeps what it knows", "4.0", Greeting{Port: 7002, Ask: own},
			"R: PING\\r\\n\nM: +PONG\nR: REPLCONF listening-port 7002\\r\\n\nM: +OK\nR: REPLCONF capa eof capa psync2\\r\\n\nM: +OK\nR: PSYNC " + id + " 1\\r\\n\nM: -NOMASTERLINK x", Transient, "", 0},
		{"7.0 and -NOPERM", "7.0", Greeting{Port: 7002, Ask: own},
			"R: *1\\r\\n$4\\r\\nPING\\r\\n\nM: -NOPERM x\nR: *3\\r\\n$8\\r\\nREPLCONF\\r\\n$14\\r\\nlistening-port\\r\\n$4\\r\\n7002\\r\\n*5\\r\\n$8\\r\\nREPLCONF\\r\\n$4\\r\\ncapa\\r\\n$3\\r\\neof\\r\\n$4\\r\\ncapa\\r\\n$6\\r\\npsync2\\r\\n", GoOn, "", 0},
		{"7.0 hands over", "7.0", Greeting{Port: 7002, Ask: Request{ID: id, Want: 1, Failover: true}},
			"R: *1\\r\\n$4\\r\\nPING\\r\\n\nM: +PONG\nR: *3\\r\\n$8\\r\\nREPLCONF\\r\\n$14\\r\\nlistening-port\\r\\n$4\\r\\n7002\\r\\n*5\\r\\n$8\\r\\nREPLCONF\\r\\n$4\\r\\ncapa\\r\\n$3\\r\\neof\\r\\n$4\\r\\ncapa\\r\\n$6\\r\\npsync2\\r\\n\n" +
				"M: +OK\nM: +OK\nR: *4\\r\\n$5\\r\\nPSYNC\\r\\n$40\\r\\n" + id + "\\r\\n$1\\r\\n1\\r\\n$8\\r\\nFAILOVER\\r\\n\nM: +CONTINUE " + id, Continue, id, 0},
		{"8.0 tells its version", "8.0", Greeting{Port: 7002, Ask: own},
			"R: *1\\r\\n$4\\r\\nPING\\r\\n\nM: +PONG\nR: *3\\r\\n$8\\r\\nREPLCONF\\r\\n$14\\r\\nlistening-port\\r\\n$4\\r\\n7002\\r\\n*5\\r\\n$8\\r\\nREPLCONF\\r\\n$4\\r\\ncapa\\r\\n$3\\r\\neof\\r\\n$4\\r\\ncapa\\r\\n$6\\r\\npsync2\\r\\n" +
				"*3\\r\\n$8\\r\\nREPLCONF\\r\\n$7\\r\\nversion\\r\\n$5\\r\\n8.0.1\\r\\n\nM: +OK\nM: +OK\nM: -ERR Unrecognized REPLCONF option: version\n" +
				"R: *3\\r\\n$5\\r\\nPSYNC\\r\\n$40\\r\\n" + id + "\\r\\n$1\\r\\n1\\r\\n\nM: +FULLRESYNC " + id + " 0", Full, id, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h Handshake
			var r Reaction
			sent := string(h.Begin(era(t, c.era)))
			for _, line := range strings.Split(c.talk, "\n") {
				said := strings.ReplaceAll(strings.ReplaceAll(line[3:], `\r`, "\r"), `\n`, "\n")
				if line[0] == 'R' {
					if sent != said {
						t.Fatalf("the replica says %q, want %q", sent, said)
					}
					sent = ""
					continue
				}
				if sent != "" {
					t.Fatalf("the replica says %q before %q", sent, line)
				}
				r = h.Line([]byte(said), c.g)
				sent = string(r.Send)
			}
			if sent != "" || r.Outcome != c.last || r.ID != c.id || r.Offset != c.offset {
				t.Errorf("ends with %q, outcome %d, %s:%d; want outcome %d, %s:%d", sent, r.Outcome, r.ID, r.Offset, c.last, c.id, c.offset)
			}
		})
	}
}

// A history of 2.8 has the one name that it always had, and one byte more for every backlog.
func TestHistoryOf28(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := NewHistory(era(t, "2.8"), r, MinBacklogSize)
	id := h.ID
	if h.Open(r) || h.ID != id || h.Offset() != 1 || h.First() != 2 {
		t.Errorf("the first backlog: id %s, offset %d, first %d; want the same id, 1, 2", h.ID.Short(), h.Offset(), h.First())
	}
	h.Append(make([]byte, 50))
	for _, c := range []struct {
		name string
		ask  Request
		why  engine.PsyncReason
	}{
		{"lacks nothing", Request{ID: id, Want: 52}, engine.PsyncOK},
		{"all of it", Request{ID: id, Want: 2}, engine.PsyncOK},
		{"before the first byte", Request{ID: id, Want: 1}, engine.PsyncTooLate},
		{"no second name", Request{ID: engine.NoReplID, Want: -1}, engine.PsyncUnknownID},
	} {
		a := h.Answer(c.ask)
		if a.Reason != c.why {
			t.Errorf("%s: %v, want %v", c.name, a.Reason, c.why)
		}
	}
	a := h.Answer(Request{ID: "x", Want: 1})
	want := "Partial resynchronization not accepted: Runid mismatch (Client asked for 'x', I'm '" + string(id) + "')"
	if got := era(t, "2.8").RefusalLog(a); len(got) != 1 || got[0] != want {
		t.Errorf("the log says %q, want %q", got, want)
	}

	if h.Close(r) || h.ID != id {
		t.Error("freeing the backlog changed the name")
	}
	if first, n := h.Numbers(); first != 2 || n != 50 {
		t.Errorf("INFO shows %d, %d after freeing; want 2, 50 still", first, n)
	}
	h.Append(make([]byte, 10))
	if h.Offset() != 51 {
		t.Errorf("without a backlog the offset moved to %d", h.Offset())
	}
	h.Open(r)
	if a := h.Answer(Request{ID: id, Want: 52}); a.Reason != engine.PsyncTooLate {
		t.Errorf("who knew everything before the backlog was freed gets %v", a.Reason)
	}
}

// From 4.0 on the name changes with every backlog, and when it is freed.
func TestHistoryOf40(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := NewHistory(era(t, "4.0"), r, MinBacklogSize)
	first := h.ID
	if !h.Open(r) || h.ID == first || h.Offset() != 0 || h.First() != 1 {
		t.Errorf("the first backlog: id %s, offset %d, first %d", h.ID.Short(), h.Offset(), h.First())
	}
	second := h.ID
	if !h.Close(r) || h.ID == second {
		t.Error("the name outlived the backlog")
	}
}

func TestRing(t *testing.T) {
	for _, name := range []string{"2.8", "4.0"} {
		h := NewHistory(era(t, name), rand.New(rand.NewPCG(1, 1)), MinBacklogSize)
		h.Create(100)
		h.Append(make([]byte, MinBacklogSize))
		if h.First() != 101 || h.Len() != MinBacklogSize {
			t.Fatalf("%s: full: first %d, %d bytes", name, h.First(), h.Len())
		}
		h.TakeGone()
		for i := range 5000 {
			h.Append([]byte("0123456789"))
			if h.Len() != MinBacklogSize {
				t.Fatalf("%s: after %d bytes more: %d held", name, (i+1)*10, h.Len())
			}
		}
		if gone, ok := h.TakeGone(); !ok || gone != (engine.Span{First: 101, Last: 101 + 50000 - 1}) {
			t.Errorf("%s: gone %v", name, gone)
		}
		if n := len(h.Blocks(nil)); n > 2 {
			t.Errorf("%s: %d blocks of memory for a ring that fits into two", name, n)
		}
		first := h.First()
		h.Resize(MinBacklogSize)
		if h.First() != first {
			t.Errorf("%s: the same size emptied it", name)
		}
		h.Resize(2 * MinBacklogSize)
		if h.Len() != 0 || h.First() != h.Next() || !h.Covers(h.Next()) || h.Covers(h.Next()-1) {
			t.Errorf("%s: another size left %d bytes", name, h.Len())
		}
		h.Append([]byte("after"))
		if h.Len() != 5 || string(h.Bytes(h.First(), 100)) != "after" {
			t.Errorf("%s: after a change of size it holds %q", name, h.Bytes(h.First(), 100))
		}
	}
}

// A replica that is still to be sent bytes keeps them readable, but nobody else may continue there.
func TestRingKeepsWhatIsPinned(t *testing.T) {
	h := NewHistory(era(t, "4.0"), rand.New(rand.NewPCG(1, 1)), MinBacklogSize)
	h.Create(0)
	h.Append([]byte("begin"))
	h.EndTurn(1)
	for range 100 {
		h.Append(make([]byte, 1000))
		h.EndTurn(1)
	}
	if h.Covers(1) || h.Len() != MinBacklogSize {
		t.Errorf("it covers byte 1: %v; it holds %d bytes", h.Covers(1), h.Len())
	}
	if got := string(h.Bytes(1, 5)); got != "begin" {
		t.Errorf("the pinned bytes are %q", got)
	}
	h.EndTurn(0)
	h.Append([]byte("x"))
	if n := len(h.Blocks(nil)); n > 2 {
		t.Errorf("%d blocks stay when nobody pins them", n)
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ era, text, want string }{
		{"7.0", "Replica 127.0.0.1:7002 asks for synchronization", "Replica 127.0.0.1:7002 asks for synchronization"},
		{"2.6", "Replica 127.0.0.1:7002 asks for synchronization", "Slave ask for synchronization"},
		{"2.8", "Replica 127.0.0.1:7002 asks for synchronization", "Slave 127.0.0.1:7002 asks for synchronization"},
		{"8.0", "Replica 127.0.0.1:7002 asks for synchronization", "Replica 127.0.0.1:7002 asks for synchronization"},
		{"2.8", "Full resync requested by replica 127.0.0.1:7002", "Full resync requested by slave 127.0.0.1:7002"},
		{"4.0", "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for 'x', my replication IDs are 'y' and 'z')",
			"Partial resynchronization not accepted: Replication ID mismatch (Slave asked for 'x', my replication IDs are 'y' and 'z')"},
		{"4.0", "Unable to partial resync with replica 127.0.0.1:7002 for lack of backlog (Replica request was: 5).",
			"Unable to partial resync with slave 127.0.0.1:7002 for lack of backlog (Slave request was: 5)."},
		{"2.6", "Starting BGSAVE for SYNC with target: disk", "Starting BGSAVE for SYNC"},
		{"2.8", "Starting BGSAVE for SYNC with target: disk", "Starting BGSAVE for SYNC with target: disk"},
		{"4.0", "Starting BGSAVE for SYNC with target: replicas sockets", "Starting BGSAVE for SYNC with target: slaves sockets"},
		{"8.0", "Starting BGSAVE for SYNC with target: replicas sockets", "Starting BGSAVE for SYNC with target: replicas sockets using: normal sync"},
		{"2.6", "Synchronization with replica 127.0.0.1:7002 succeeded", "Synchronization with slave succeeded"},
		{"4.0", "Synchronization with replica 127.0.0.1:7002 succeeded", "Synchronization with slave 127.0.0.1:7002 succeeded"},
		{"4.0", "Replication backlog freed after 5 seconds without connected replicas.", "Replication backlog freed after 5 seconds without connected slaves."},
		{"8.0", "Partial resynchronization not possible (no cached master)", "Partial resynchronization not possible (no cached primary)"},
		{"8.0", "Partial resynchronization not possible (no cached master)", "Partial resynchronization not possible (no cached primary)"},
		{"2.6", "MASTER <-> REPLICA sync: Finished with success", "MASTER <-> SLAVE sync: Finished with success"},
		{"8.0", "MASTER <-> REPLICA sync: Finished with success", "PRIMARY <-> REPLICA sync: Finished with success"},
		{"8.0", "Connecting to MASTER master:6379", "Connecting to PRIMARY master:6379"},
		{"8.0", "Error reply to PING from master: '-MASTERDOWN master x'", "Error reply to PING from primary: '-MASTERDOWN master x'"},
		{"4.0", "Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK my replica x", "Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK my replica x"},
		{"8.0", "Master does not support PSYNC or is in error state (reply: -ERR master x)", "Primary does not support PSYNC or is in error state (reply: -ERR master x)"},
		{"4.0", "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able.",
			"Before turning into a slave, using my master parameters to synthesize a cached master: I may be able."},
		{"2.8", "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able.", ""},
		{"2.6", "MASTER MODE enabled (user request from 'id=3 addr=x')", "MASTER MODE enabled (user request)"},
		{"2.8", "MASTER MODE enabled (user request from 'id=3 addr=x')", "MASTER MODE enabled (user request from 'id=3 addr=x')"},
		{"8.0", "MASTER MODE enabled (user request from 'id=3 addr=x')", "PRIMARY MODE enabled (user request from 'id=3 addr=x')"},
		{"4.0", "REPLICAOF 127.0.0.1:7001 enabled (user request from 'id=3 cmd=replicaof')", "SLAVE OF 127.0.0.1:7001 enabled (user request from 'id=3 cmd=replicaof')"},
		{"2.6", "REPLICAOF 127.0.0.1:7001 enabled (user request from 'id=3 cmd=replicaof')", "SLAVE OF 127.0.0.1:7001 enabled (user request)"},
		{"2.8", "Setting secondary replication ID to x, valid up to offset: 1. New replication ID is y", ""},
		{"4.0", "Setting secondary replication ID to x, valid up to offset: 1. New replication ID is y", "Setting secondary replication ID to x, valid up to offset: 1. New replication ID is y"},
		{"4.0", "Replica 127.0.0.1:<unknown-replica-port> asks for synchronization", "Slave 127.0.0.1:<unknown-slave-port> asks for synchronization"},
		{"4.0", "  odd  text ", "  odd  text "},
	} {
		if got := era(t, c.era).Log(c.text); got != c.want {
			t.Errorf("%s: %q becomes\n     %q, want\n     %q", c.era, c.text, got, c.want)
		}
		if got := era(t, c.era).Log(era(t, c.era).Log(c.text)); c.era != "8.0" && got != c.want {
			t.Errorf("%s: worded twice %q becomes %q", c.era, c.text, got)
		}
	}
	for _, c := range []struct{ era, want string }{
		{"2.6", "READONLY You can't write against a read only slave."},
		{"4.0", "READONLY You can't write against a read only slave."},
		{"7.0", "READONLY You can't write against a read only replica."},
		{"8.0", "READONLY You can't write against a read only replica."},
	} {
		if got := era(t, c.era).Text("READONLY You can't write against a read only replica."); got != c.want {
			t.Errorf("%s: %q", c.era, got)
		}
	}
}

func TestHas(t *testing.T) {
	for _, c := range []struct{ name, eras string }{
		{"role", "2.6 2.8 4.0 7.0 8.0"},
		{"slave_repl_offset", "2.8 4.0 7.0 8.0"},
		{"master_replid", "4.0 7.0 8.0"},
		{"slave_read_repl_offset", "7.0 8.0"},
		{"replicas_waiting_psync", "8.0"},
		{"repl-timeout", "2.6 2.8 4.0 7.0 8.0"},
		{"repl-backlog-size", "2.8 4.0 7.0 8.0"},
		{"slave-announce-port", "4.0 7.0 8.0"},
		{"shutdown-timeout", "7.0 8.0"},
		{"dual-channel-replication-enabled", "8.0"},
	} {
		var has []string
		for _, name := range EraNames() {
			if era(t, name).Has(c.name) {
				has = append(has, name)
			}
		}
		if got := strings.Join(has, " "); got != c.eras {
			t.Errorf("%s is known to %s, want %s", c.name, got, c.eras)
		}
	}
}
