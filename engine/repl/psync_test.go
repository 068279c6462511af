package repl

import (
	"math/rand/v2"
	"strings"
	"testing"

	"resync/engine"
)

var era70, _ = EraNamed("7.0")

// Every row is a request to a master that was promoted at offset 1000 (so 1001 is the last byte to be asked for
// under the old name), wrote on to 60000, and holds from some first byte on.
func TestAnswer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := NewHistory(era70, r, MinBacklogSize)
	h.Create(0)
	h.Append(make([]byte, 1000))
	old := h.ID
	h.Shift(r)
	for range 59 {
		h.Append(make([]byte, 1000))
	}
	short := h.Clone() // promoted a moment ago: the old name is still useful
	young := NewHistory(era70, r, MinBacklogSize)
	young.Create(0)
	young.Append(make([]byte, 1000))
	youngOld := young.ID
	young.Shift(r)
	none := NewHistory(era70, r, MinBacklogSize)

	for _, c := range []struct {
		name  string
		h     *History
		id    engine.ReplID
		want  engine.Offset
		why   engine.PsyncReason
		bytes int64
	}{
		{"just trimmed", &h, h.ID, h.First() - 1, engine.PsyncTooLate, 0},
		{"oldest kept", &h, h.ID, h.First(), engine.PsyncOK, h.Len()},
		{"newest kept", &h, h.ID, h.Next() - 1, engine.PsyncOK, 1},
		{"lacks nothing", &h, h.ID, h.Next(), engine.PsyncOK, 0},
		{"from the future", &h, h.ID, h.Next() + 1, engine.PsyncFuture, 0},
		{"the id in capitals", &short, engine.ReplID(strings.ToUpper(string(h.ID))), h.Next(), engine.PsyncOK, 0},
		{"another history", &h, "0123456789012345678901234567890123456789", h.Next(), engine.PsyncUnknownID, 0},
		{"no history", &h, "?", -1, engine.PsyncNoHistory, 0},
		{"no id", &h, "", 1, engine.PsyncUnknownID, 0},
		{"the old name, its last byte", &young, youngOld, 1000, engine.PsyncOK, 1},
		{"the old name, lacks nothing", &young, youngOld, 1001, engine.PsyncOK, 0},
		{"the old name, beyond its end", &young, youngOld, 1002, engine.PsyncBeyondSecond, 0},
		{"the old name, long trimmed", &h, old, 1001, engine.PsyncTooLate, 0},
		{"no backlog", &none, none.ID, 1, engine.PsyncNoBacklog, 0},
		{"the id of no second history", &none, engine.NoReplID, 1, engine.PsyncBeyondSecond, 0},
	} {
		a := c.h.Answer(Request{ID: c.id, Want: c.want})
		if a.Reason != c.why || a.Bytes != c.bytes || a.Continued() != (c.why == engine.PsyncOK) {
			t.Errorf("%s: PSYNC %s %d: %v, %d bytes; want %v, %d bytes", c.name, c.id.Short(), c.want, a.Reason, a.Bytes, c.why, c.bytes)
		}
		if lines := era70.RefusalLog(a); (len(lines) == 0) != a.Continued() {
			t.Errorf("%s: the log says %q", c.name, lines)
		}
	}
}

func TestHandshake(t *testing.T) {
	ask := Request{ID: "8f3a000000000000000000000000000000006e13", Want: 51}
	g := Greeting{Port: 6380, Ask: ask}
	const conf = "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n6380\r\n" +
		"*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n"
	const psync = "*3\r\n$5\r\nPSYNC\r\n$40\r\n8f3a000000000000000000000000000000006e13\r\n$2\r\n51\r\n"
	id := string(ask.ID)
	for _, c := range []struct {
		name  string
		g     Greeting
		lines []string
		sent  string // after PING
		last  Outcome
		id    engine.ReplID
	}{
		{"continues", g, []string{"+PONG", "+OK", "+OK", "", "+CONTINUE " + id}, conf + psync, Continue, ask.ID},
		{"continues under no name", g, []string{"+PONG", "+OK", "+OK", "+CONTINUE"}, conf + psync, Continue, ""},
		{"copies", g, []string{"+PONG", "+OK", "+OK", "", "", "+FULLRESYNC " + id + " 77"}, conf + psync, Full, ask.ID},
		{"copies from a master whose line is broken", g, []string{"+PONG", "+OK", "+OK", "+FULLRESYNC abc 77"}, conf + psync, Full, ""},
		{"an old master knows no REPLCONF", g, []string{"+PONG", "-ERR x", "-ERR x", "-ERR unknown command 'PSYNC'"}, conf + psync + "SYNC\r\n", Fallback, ""},
		{"master loading", g, []string{"-LOADING Redis is loading"}, "", GiveUp, ""},
		{"master loading later", g, []string{"+PONG", "+OK", "+OK", "-LOADING x"}, conf + psync, Transient, ""},
		{"master without a master", g, []string{"+PONG", "+OK", "+OK", "-NOMASTERLINK x"}, conf + psync, Transient, ""},
		{"a password is wanted and not known", g, []string{"-NOAUTH Authentication required."}, conf, GoOn, ""},
		{"a password is refused", Greeting{Password: "p", Port: 6380, Ask: ask}, []string{"-NOAUTH x", "-WRONGPASS x"}, "*2\r\n$4\r\nAUTH\r\n$1\r\np\r\n" + conf, GiveUp, ""},
		{"user, password and address", Greeting{User: "u", Password: "p", IP: "10.0.0.2", Port: 6380, Ask: Request{ID: "?", Want: -1}}, []string{"+PONG", "+OK", "+OK", "+OK", "+OK"},
			"*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n6380\r\n*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$8\r\n10.0.0.2\r\n" +
				"*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n", GoOn, ""},
	} {
		var h Handshake
		if got := string(h.Begin(era70)); got != "*1\r\n$4\r\nPING\r\n" {
			t.Fatalf("begins with %q", got)
		}
		sent := ""
		var last Reaction
		for i, line := range c.lines {
			last = h.Line([]byte(line), c.g)
			sent += string(last.Send)
			if i < len(c.lines)-1 && last.Outcome != GoOn {
				t.Errorf("%s: line %q ended the handshake", c.name, line)
			}
		}
		if sent != c.sent || last.Outcome != c.last || last.ID != c.id {
			t.Errorf("%s:\nsent %q\nwant %q\noutcome %d want %d, id %q", c.name, sent, c.sent, last.Outcome, c.last, last.ID)
		}
	}
}
