package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/resp"
)

// What goes over a link from the first SYN on, as the page labels it.
func TestPacketsSayWhatTheyAre(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET greeting hello")
	say(t, w, "m1", "SET long "+strings.Repeat("x", 100))
	w.RunUntil(w.Now().Add(9 * time.Second))
	var got []string
	for _, e := range w.Events().All() {
		if s, ok := e.Fact.(*engine.Sent); ok && e.At <= engine.Epoch.Add(2*time.Second) {
			got = append(got, e.Node+" "+s.Payload.String()+" "+s.Text.String())
		}
	}
	want := []string{
		"r1 handshake PING",
		"m1 handshake +PONG",
		"r1 handshake REPLCONF listening-port 6380, REPLCONF capa eof capa psync2",
		"m1 handshake +OK +OK",
		"r1 handshake PSYNC ? -1",
		"m1 handshake +FULLRESYNC " + w.Node("m1").Replication().ReplID.Short() + " 0",
		"m1 rdb $EOF:*", // a small one is one packet, with the mark behind it
		"r1 ack REPLCONF ACK 0",
		"r1 ack REPLCONF ACK 0",
		"r1 ack REPLCONF ACK 0",
		"m1 stream SELECT 0, SET greeting hello",
		"m1 stream SET long xxxxxxxxxxxxxxxx…(100)",
	}
	same := slices.EqualFunc(got, want, func(g, w string) bool {
		before, any := strings.CutSuffix(w, "*")
		return g == w || any && strings.HasPrefix(g, before)
	})
	if !same {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPacketText(t *testing.T) {
	id := strings.Repeat("0a", 20)
	for _, c := range []struct {
		name    string
		payload engine.Payload
		data    string
		want    string
	}{
		{"a keepalive", engine.PayloadKeepalive, "\n", "LF"},
		{"a command", engine.PayloadStream, asCommand("SET", "k", "a b"), `SET k "a b"`},
		{"two commands", engine.PayloadStream, asCommand("SELECT", "0") + asCommand("INCR", "n"), "SELECT 0, INCR n"},
		{"a cut command", engine.PayloadStream, asCommand("INCR", "n") + "*3\r\n$3\r\nSE", "INCR n, …"},
		{"the rest of a command", engine.PayloadStream, "T\r\n$1\r\nk\r\n", "(goes on)"},
		{"many arguments", engine.PayloadStream, asCommand("DEL", "1", "2", "3", "4", "5", "6", "7", "8", "9"), "DEL 1 2 3 4 5 6 7 …"},
		{"a replid", engine.PayloadHandshake, asCommand("PSYNC", id, "17"), "PSYNC 0a0a…0a0a 17"},
		{"an answer", engine.PayloadHandshake, "+CONTINUE " + id + "\r\n", "+CONTINUE 0a0a…0a0a"},
		{"the framing of a streamed snapshot", engine.PayloadSnapshot, "$EOF:" + id + "\r\nREDIS0010", "$EOF:0a0a…0a0a RDB"},
		{"the framing of a snapshot of known size", engine.PayloadSnapshot, "$176\r\n", "$176"},
		{"the middle of a snapshot", engine.PayloadSnapshot, "REDIS", "RDB"},
		{"nothing", engine.PayloadReply, "", ""},
	} {
		if got := packetText(c.payload, []byte(c.data)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func asCommand(args ...string) string { return string(resp.AppendCommand(nil, args...)) }

func TestQuotedWordsAreReadBack(t *testing.T) {
	for _, args := range [][]string{
		{"SET", "k", "v"}, {"SET", "k", ""}, {"SET", "k", "a b"}, {"SET", `"`, `'`, `\`}, {"a\x00b", "\xff\xfe", "\r\n\t"},
		{"#", "héllo wörld", "日本", "\u2028", "\u00a0"},
	} {
		back, err := resp.SplitArgs(Words(args))
		if err != nil || !slices.Equal(back, args) {
			t.Errorf("%q was written %s and read %q, %v", args, Words(args), back, err)
		}
	}
	if got := Words([]string{"SET", "k", "héllo\n"}); got != `SET k "héllo\n"` {
		t.Errorf("got %s", got)
	}
}
