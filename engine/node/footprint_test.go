package node

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// sizesOf reads the numbers of a client's line in CLIENT LIST, as another client sees them.
func (s *server) sizesOf(by engine.ConnID, name string) map[string]int {
	s.t.Helper()
	list := s.say(by, "CLIENT LIST")
	for line := range strings.SplitSeq(list, "\n") {
		if !strings.Contains(line, " name="+name+" ") {
			continue
		}
		sizes := map[string]int{}
		for field := range strings.FieldsSeq(line) {
			key, value, _ := strings.Cut(field, "=")
			if n, err := strconv.Atoi(value); err == nil {
				sizes[key] = n
			}
		}
		return sizes
	}
	s.t.Fatalf("no client %q in %q", name, list)
	return nil
}

// named connects a client that has given itself a name.
func (s *server) named(name string) engine.ConnID {
	c := s.connect()
	s.say(c, "CLIENT SETNAME "+name)
	return c
}

// The line of a client that has just asked for it is redis-server's to the byte, from qbuf to tot-mem.
func TestWhatAClientTakes(t *testing.T) {
	s := start(t)
	c := s.connect()
	got := s.raw(c, cmd("client", "list"))
	if want := " qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=16384 rbp=16384 obl=0 oll=0 omem=0 tot-mem=37658 events=r"; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
	s.say(c, "SUBSCRIBE a b c d e")
	s.say(c, "PSUBSCRIBE a b")
	by := s.connect()
	s.want("its channels and patterns", strconv.Itoa(s.sizesOf(by, "")["tot-mem"]), strconv.Itoa(37658-26+5*24+8*8+2*24))
}

func TestWhatIsBeingReadAndQueued(t *testing.T) {
	s := start(t)
	by, c := s.connect(), s.named("c")
	s.raw(c, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n"+strings.Repeat("x", 1000))
	sizes := s.sizesOf(by, "c")
	s.want("what has come of an argument", strconv.Itoa(sizes["qbuf"]), "1000")
	if all := sizes["qbuf"] + sizes["qbuf-free"]; all < 1000000 || all > 1250000 {
		t.Errorf("room for all of it: %d bytes", all)
	}
	c = s.named("multi")
	s.say(c, "MULTI")
	s.say(c, "SET k "+strings.Repeat("x", 1000))
	s.say(c, "WATCH")
	s.want("queued", strconv.Itoa(s.sizesOf(by, "multi")["multi-mem"]), "1028")
}

// Whoever asks in between changes nothing: a history that was watched is the same as one that was not.
func TestAskingDoesNotChangeTheBuffers(t *testing.T) {
	large := strings.Repeat("x", 3000)
	for _, then := range []string{"PUBLISH c " + large, "DEBUG REPLYBUFFER PEAK-RESET-TIME 100", "CLIENT UNPAUSE", "PING"} {
		for _, after := range []time.Duration{210 * time.Millisecond, time.Second, 4100 * time.Millisecond, 7 * time.Second, time.Hour} {
			var totals [2]int
			for watched := range totals {
				s := start(t, "enable-debug-command", "yes")
				by, c := s.connect(), s.named("c")
				s.say(c, "ECHO "+large)
				s.say(c, "SUBSCRIBE c")
				if then == "CLIENT UNPAUSE" {
					s.say(c, "RESET")
					s.say(c, "CLIENT SETNAME c")
					s.say(by, "CLIENT PAUSE 10000000 WRITE")
					s.say(c, "SET k "+large)
				}
				if watched == 1 {
					s.pass(150 * time.Millisecond)
					s.sizesOf(by, "c")
					s.pass(after - 150*time.Millisecond)
					s.sizesOf(by, "c")
				} else {
					s.pass(after)
				}
				s.say(by, then)
				s.pass(50 * time.Millisecond)
				totals[watched] = s.sizesOf(by, "c")["tot-mem"]
			}
			if totals[0] != totals[1] {
				t.Errorf("%v later %.20s: %d bytes, and %d when asked in between", after, then, totals[0], totals[1])
			}
		}
	}
}

// Nor when the clock is set back afterwards: what was due by the clock as it was has been done, asked or not.
func TestAskingBeforeTheClockIsSetBackChangesNothing(t *testing.T) {
	var totals [2]int
	for watched := range totals {
		s := start(t)
		by, c := s.connect(), s.named("c")
		s.say(c, "SET k "+strings.Repeat("x", 3000))
		if s.now = s.now.Add(10 * time.Second); watched == 1 {
			s.sizesOf(by, "c")
		} else {
			s.say(by, "PING")
		}
		s.now = s.now.Add(-10 * time.Second)
		totals[watched] = s.sizesOf(by, "c")["tot-mem"]
	}
	if totals[0] != totals[1] {
		t.Errorf("%d bytes, and %d when asked before the clock was set back", totals[0], totals[1])
	}
}

// Buffers follow what was needed lately. Redis looks ten times a second.
func TestBuffersFollowTheNeed(t *testing.T) {
	s := start(t)
	by, c := s.connect(), s.named("c")
	query := func() int { f := s.sizesOf(by, "c"); return f["qbuf"] + f["qbuf-free"] }
	s.say(c, "SET k "+strings.Repeat("x", 400000))
	large := query()
	if large < 400000 {
		t.Errorf("a large command needs %d bytes", large)
	}
	for range 3 {
		s.pass(100 * time.Millisecond)
		s.say(c, "SET k x")
	}
	if small := query(); small == 0 || small > 32<<10 {
		t.Errorf("small ones %d", small)
	}
	s.pass(3100 * time.Millisecond)
	s.want("who is idle for three seconds needs none", strconv.Itoa(query()), "0")

	fresh := s.named("fresh")
	reply := func(name string) string { return strconv.Itoa(s.sizesOf(by, name)["rbs"]) }
	s.want("replies to one who has just come", reply("fresh"), "16384")
	for range 2 {
		s.pass(100 * time.Millisecond)
		s.say(fresh, "PING")
	}
	s.want("who is told little", reply("fresh"), "1024")
	s.say(by, "DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER")
	s.say(by, "SET k "+strings.Repeat("x", 32768))
	for _, want := range []string{"2048", "4096", "8192", "16384", "16384"} {
		s.say(c, "GET k")
		s.pass(100 * time.Millisecond)
		s.want("growing", reply("c"), want)
	}
	s.say(by, "DEBUG REPLYBUFFER PEAK-RESET-TIME 100")
	s.say(by, "DEBUG REPLYBUFFER RESIZING 0")
	s.pass(time.Minute)
	s.want("not resized", reply("c"), "16384")
	s.say(by, "DEBUG REPLYBUFFER RESIZING 1")
	s.say(by, "DEBUG REPLYBUFFER PEAK-RESET-TIME RESET")
	s.say(c, "GET k")
	s.pass(100 * time.Millisecond)
	s.say(c, "GET k")
	s.pass(4 * time.Second)
	s.want("five seconds are not over", reply("c"), "16384")
	s.pass(2 * time.Second)
	s.want("after a while without", reply("c"), "1024")
	s.want("an option that there is not", s.say(by, "DEBUG REPLYBUFFER SIZE 0"),
		"-ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG HELP.\r\n")
}

// Those who take most go first, until the limit holds; who asked not to go stays, and counts.
func TestClientsAreEvicted(t *testing.T) {
	s := start(t)
	control := s.named("control")
	s.say(control, "CLIENT NO-EVICT ON")
	half := func(name string, bytes int) engine.ConnID {
		c := s.named(name)
		s.raw(c, fmt.Sprintf("*1\r\n$%d\r\n", bytes)+strings.Repeat("x", bytes))
		return c
	}
	small, middle, large, largest := half("small", 100<<10), half("middle", 1<<20), half("large", 4<<20), half("largest", 4<<20)
	sum := 0
	for _, name := range []string{"small", "middle", "large", "largest", "control"} {
		sum += s.sizesOf(control, name)["tot-mem"]
	}
	one := s.sizesOf(control, "large")["tot-mem"]
	limit := func(bytes int) { s.say(control, "CONFIG SET maxmemory-clients "+strconv.Itoa(bytes)) }
	limit(sum + 1<<10)
	s.want("all fit", s.info("evicted_clients"), "0")
	limit(sum - one + 1<<10)
	s.want("of two large ones the first goes", s.gone[large]+s.gone[largest], "maxmemory-clients")
	s.want("and nobody else", s.info("evicted_clients"), "1")
	s.wantLog("Evicting client: id=6 addr=10.0.0.9:50004 ")
	limit(sum - 2*one + 1<<10)
	s.want("then the other one", s.gone[largest], "maxmemory-clients")
	s.want("the rest", s.gone[small]+s.gone[middle], "")
	s.raw(middle, "*1\r\n$100\r\n")
	limit(1)
	s.want("least is 128 KiB: the middle one", s.gone[middle], "maxmemory-clients")
	s.want("the small one", s.gone[small], "maxmemory-clients")
	s.want("the one that asked for it stays", s.gone[control], "")

	big := s.named("big")
	s.say(big, "SET k "+strings.Repeat("x", 50000))
	s.stall(big)
	for range 4 {
		s.say(big, "GET k")
	}
	s.want("replies that are not taken count", s.gone[big], "maxmemory-clients")
	s.say(control, "CONFIG SET maxmemory 10mb")
	s.say(control, "CONFIG SET maxmemory-clients 20%")
	c := half("c", 1<<20)
	s.want("below a share of maxmemory", s.gone[c], "")
	s.raw(half("d", 1<<20), "")
	s.want("above it", s.info("evicted_clients"), "6")
}

// A client that does not take its replies is told nothing more from the command on that was too much; what it asked for
// is done all the same, but for what was only to be told.
func TestNothingIsToldAboveTheLimit(t *testing.T) {
	s := start(t, "client-output-buffer-limit", "normal 100000 0 0")
	by, c := s.connect(), s.connect()
	s.say(by, "SET k "+strings.Repeat("x", 60000))
	s.want("in one go", s.raw(c, cmd("GET", "k")+cmd("GET", "k")+cmd("SET", "a", "1")), "")
	s.want("closed", s.gone[c], "output buffer limit")
	s.want("not executed", s.say(by, "GET a"), "$-1\r\n")

	c = s.connect()
	s.say(c, "MULTI")
	for range 4 {
		s.say(c, "GET k")
	}
	s.say(c, "SET a 1")
	s.want("in a transaction", s.say(c, "EXEC"), "")
	s.want("which is executed whole", s.say(by, "GET a"), "$1\r\n1\r\n")

	c = s.connect()
	s.say(by, "HSET h f v")
	s.want("a reply without end", s.say(c, "HRANDFIELD h -999999999"), "")
	s.want("ends", s.gone[c], "output buffer limit")

	s = start(t, "requirepass", "secret")
	c = s.connect()
	s.stall(c)
	for range 1000 {
		s.say(c, "GET k")
	}
	s.want("who has no password is limited in any case", s.gone[c], "output buffer limit")
}

// Prefixes that are tracked weigh what redis-server's tree of them does.
func TestWhatPrefixesWeigh(t *testing.T) {
	s := start(t)
	by := s.connect()
	total := func(what string, commands ...string) int {
		c := s.named(what)
		for _, command := range append(commands, "PING") {
			s.say(c, command)
		}
		return s.sizesOf(by, what)["tot-mem"]
	}
	without := total("none", "HELLO 3")
	for i, x := range []struct {
		prefixes string
		nodes    int
	}{
		{"", 1}, {"PREFIX a", 2}, {"PREFIX foo", 2}, {"PREFIX foo PREFIX bar", 5}, {"PREFIX foo PREFIX fob", 4},
		{"PREFIX ab PREFIX ac PREFIX b", 5}, {"PREFIX a PREFIX b PREFIX c PREFIX d", 5},
	} {
		got := total("c"+strconv.Itoa(i), "HELLO 3", "CLIENT TRACKING ON BCAST "+x.prefixes)
		s.want(x.prefixes, strconv.Itoa(got-without), strconv.Itoa(32*x.nodes))
	}
}
