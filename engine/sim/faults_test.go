package sim

import (
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
)

// isLost picks what vanished.
func isLost(e engine.Event) bool {
	s, ok := e.Fact.(*engine.Sent)
	return ok && s.Arrives == 0
}

func status(t *testing.T, w *World) string {
	t.Helper()
	return field(t, w, "m1", "connected_slaves") + " " + field(t, w, "r1", "master_link_status")
}

func TestAShortBlackholeDelays(t *testing.T) {
	w := pair(t)
	must(t, w.Blackhole("m1", "r1", false))
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(5 * time.Second))
	if got := status(t, w); got != "1 up" {
		t.Errorf("in the dark the ends say %s", got)
	}
	if got := w.Links()[0]; got.State != "blackhole" || got.Dark != [2]bool{true, true} || got.Conns != 1 {
		t.Errorf("the link is %+v", got)
	}
	if len(w.InFlight()) > 0 {
		t.Errorf("something travels in the dark: %v", w.InFlight())
	}
	if got := lines(w, isLost); len(got) == 0 || !strings.Contains(got[0], "m1 send") || !strings.Contains(got[0], "lost SELECT 0, SET k v") {
		t.Errorf("lost: %q", got)
	}
	must(t, w.Heal("m1", "r1"))
	// TCP tries again 280 ms behind the first loss, the timeout and a round trip, then after twice that, and so on: the
	// first try after five seconds is 8.68 s behind it.
	w.RunUntil(engine.Epoch.Add(2*time.Second + 8680*time.Millisecond + 39*time.Millisecond))
	if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || v.Str != "" {
		t.Errorf("too early: %v %v", v, err)
	}
	w.RunUntil(w.Now().Add(time.Millisecond))
	if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || v.Str != "v" {
		t.Errorf("one latency behind the try: %v %v", v, err)
	}
	w.RunUntil(w.Now().Add(time.Second))
	must(t, w.AtRest())
	if got, want := lines(w, isConn), []string{"0.080000  conn r1-m1 opened"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALongBlackholeIsFoundOutByTimeouts(t *testing.T) {
	w := pair(t)
	must(t, w.Blackhole("m1", "r1", false))
	w.RunUntil(w.Now().Add(58 * time.Second))
	if got := status(t, w); got != "1 up" {
		t.Errorf("before repl-timeout the ends say %s", got)
	}
	w.RunUntil(w.Now().Add(5 * time.Second))
	if got := status(t, w); got != "0 down" {
		t.Errorf("behind repl-timeout the ends say %s", got)
	}
	must(t, w.Heal("m1", "r1"))
	w.RunUntil(w.Now().Add(70 * time.Second)) // the SYN is tried again, or the next attempt comes
	if got := status(t, w); got != "1 up" {
		t.Errorf("healed, the ends say %s", got)
	}
	must(t, w.AtRest())
	if got := field(t, w, "m1", "sync_partial_ok"); got != "1" {
		t.Errorf("%s partial resyncs", got)
	}
}

// What the master sends vanishes, what the replica sends arrives: the master sees nothing wrong but acks that stop
// moving, the replica times out, and its goodbye arrives.
func TestABlackholeOneWay(t *testing.T) {
	w := pair(t)
	must(t, w.Blackhole("m1", "r1", true))
	if got := w.Links()[0].Dark; got != [2]bool{true, false} {
		t.Errorf("dark is %v", got)
	}
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(30 * time.Second))
	if got := status(t, w); got != "1 up" {
		t.Errorf("the ends say %s", got)
	}
	if lag := w.Node("m1").Replication().Replicas[0].Lag; lag > time.Second {
		t.Errorf("acks are %s old, although they arrive", lag)
	}
	w.RunUntil(w.Now().Add(33 * time.Second))
	if got := status(t, w); got != "0 down" {
		t.Errorf("behind repl-timeout the ends say %s", got)
	}
	if got := w.Node("r1").Replication().Link; got != engine.LinkConnecting {
		t.Errorf("the link of r1 is %s: the answer to its SYN cannot come", got)
	}
	if n := len(w.find("m1").conns); n > 0 {
		t.Errorf("m1 has %d connections of which the other end knows nothing", n)
	}
}

// In the dark the way back, the word that bytes have arrived vanishes, and no more of them leave than a window holds.
func TestAcknowledgementsVanishToo(t *testing.T) {
	w := pair(t)
	must(t, w.Blackhole("r1", "m1", true))
	say(t, w, "m1", "SET k "+strings.Repeat("x", 300_000))
	w.RunUntil(w.Now().Add(5 * time.Second))
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(5 * time.Second))
	sent := 0
	for _, e := range w.Events().All() {
		if s, ok := e.Fact.(*engine.Sent); ok && s.Payload == engine.PayloadStream {
			sent += s.Bytes
		}
	}
	if sent > WindowBytes || sent <= WindowBytes-segmentBytes {
		t.Errorf("%d bytes left without a word from the other end", sent)
	}
	must(t, w.Heal("m1", "r1"))
	rest(t, w)
}

// A path has one fault at a time: the latest.
func TestFaultsReplaceOneAnother(t *testing.T) {
	w := pair(t)
	must(t, w.Sever("m1", "r1"))
	must(t, w.Blackhole("m1", "r1", false))
	before := len(lines(w, isConn))
	w.RunUntil(w.Now().Add(5 * time.Second))
	if got := lines(w, isConn)[before:]; len(got) > 1 || w.Links()[0].State != "blackhole" {
		t.Errorf("the link is a %s, but %q", w.Links()[0].State, got) // at most the refusal on its way from before
	}
	must(t, w.Sever("m1", "r1"))
	if l := w.Links()[0]; l.State != "severed" || l.Dark != [2]bool{} || l.Conns != 0 {
		t.Errorf("the link is %+v", l)
	}
}

// A refusal that vanishes is asked for again.
func TestARefusalInTheDark(t *testing.T) {
	w := pair(t)
	must(t, w.Kill("m1"))
	w.RunUntil(w.Now().Add(90 * time.Millisecond)) // r1 has learned it and dialled; the refusal is not back yet
	must(t, w.Blackhole("m1", "r1", false))
	must(t, w.Heal("m1", "r1"))
	w.RunUntil(w.Now().Add(950 * time.Millisecond))
	got := lines(w, isConn)
	if want := []string{"0.080000  conn r1-m1 opened", "2.040000  conn r1-m1 reset"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	w.RunUntil(w.Now().Add(150 * time.Millisecond))
	if got := lines(w, isConn); got[len(got)-1] != "3.170000  conn r1-m1 refused" {
		t.Errorf("got %q", got)
	}
}

// The replica dies in the dark. Its master learns it from the reset that answers its next packet behind the heal.
func TestAHalfOpenConnection(t *testing.T) {
	w := pair(t)
	must(t, w.Blackhole("m1", "r1", false))
	must(t, w.Kill("r1"))
	w.RunUntil(w.Now().Add(30 * time.Second))
	if got := field(t, w, "m1", "connected_slaves"); got != "1" {
		t.Errorf("m1 has %s replicas in the dark", got)
	}
	must(t, w.Heal("m1", "r1"))
	if got := field(t, w, "m1", "connected_slaves"); got != "1" {
		t.Errorf("m1 has %s replicas before anything was sent", got)
	}
	w.RunUntil(w.Now().Add(30 * time.Second))
	if got := field(t, w, "m1", "connected_slaves"); got != "0" {
		t.Errorf("m1 has %s replicas behind its next packet", got)
	}
	if got := lines(w, isConn); got[len(got)-1] != "45.640000  conn r1-m1 reset" {
		t.Errorf("got %q", got)
	}
	if len(w.conns) > 0 {
		t.Error("the connection is still there")
	}
}

// TCP itself gives up a connection on which nothing gets through, however patient the nodes are.
func TestTCPGivesUp(t *testing.T) {
	w := pair(t)
	for _, name := range w.Names() {
		say(t, w, name, "CONFIG SET repl-timeout 3600")
	}
	must(t, w.Blackhole("m1", "r1", true))
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(924 * time.Second))
	if got := status(t, w); got != "1 up" {
		t.Errorf("the ends say %s", got)
	}
	w.RunUntil(w.Now().Add(time.Second))
	if got := lines(w, isConn); got[1] != "926.600000  conn r1-m1 timed out" {
		t.Errorf("got %q", got)
	}
	// Nor does the replica hear that its packets arrive.
	w.RunUntil(w.Now().Add(time.Second))
	if got := lines(w, isConn); len(got) != 3 || !strings.HasSuffix(got[2], "timed out") {
		t.Errorf("got %q", got)
	}
	must(t, w.Heal("m1", "r1"))
	w.RunUntil(w.Now().Add(5 * time.Second))
	if got := status(t, w); got != "1 up" || len(w.conns) != 1 {
		t.Errorf("healed, the ends say %s on %d connections", got, len(w.conns))
	}
	rest(t, w)
}

func TestASynIsTriedAgainAndGivenUp(t *testing.T) {
	w := New(1)
	must(t, w.AddNode("m1", config("", 0)))
	must(t, w.AddNode("r1", config("m1", 6379)))
	say(t, w, "r1", "CONFIG SET repl-timeout 3600")
	must(t, w.Blackhole("r1", "m1", false))
	w.RunUntil(w.Now().Add(129 * time.Second))
	if got, want := lines(w, isConn), []string{"127.000000  conn r1-m1 timed out"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	// The next attempt was at once or a tick later; its SYN goes out again 1, 3, 7 … seconds behind the first.
	at := w.Now()
	w.RunUntil(at.Add(2 * time.Second))
	must(t, w.Heal("m1", "r1"))
	w.RunUntil(at.Add(10 * time.Second))
	if got := lines(w, isConn); len(got) != 2 || !strings.HasSuffix(got[1], "opened") {
		t.Errorf("got %q", got)
	}
}

// However long a blackhole lasts, the stream is what it would have been.
func TestNothingIsLostOrReorderedInABlackhole(t *testing.T) {
	for _, oneWay := range []bool{false, true} {
		for _, to := range []string{"r1", "m1"} {
			w := pair(t)
			check := NewChecker(w)
			must(t, check.Observe())
			must(t, w.SetLink("m1", "r1", LinkOptions{Latency: 20 * time.Millisecond, Jitter: 30 * time.Millisecond, Bandwidth: 200_000}))
			must(t, w.StartLoad("m1", Load{Rate: 200, Size: 500, Keys: 50}))
			from := map[string]string{"r1": "m1", "m1": "r1"}[to]
			for i := range 12 {
				must(t, w.Blackhole(from, to, oneWay))
				w.RunUntil(w.Now().Add(time.Duration(i) * 100 * time.Millisecond))
				must(t, w.Heal(from, to))
				w.RunUntil(w.Now().Add(time.Duration(12-i) * 70 * time.Millisecond))
				must(t, check.Observe())
			}
			must(t, w.StopLoad("m1"))
			w.RunUntil(w.Now().Add(20 * time.Second))
			must(t, check.Observe())
			must(t, w.AtRest())
			if got := lines(w, isConn); len(got) != 1 {
				t.Errorf("one way %v to %s: the connection did not live: %q", oneWay, to, got)
			}
			if len(lines(w, isLost)) == 0 {
				t.Errorf("one way %v to %s: nothing vanished", oneWay, to)
			}
		}
	}
}

func TestIsolateAndRejoin(t *testing.T) {
	for _, silent := range []bool{false, true} {
		w := New(1)
		must(t, w.AddNode("m1", config("", 0)))
		must(t, w.AddNode("r1", config("m1", 6379)))
		must(t, w.AddNode("r2", config("m1", 6379)))
		w.RunUntil(w.Now().Add(3 * time.Second))
		must(t, w.Isolate("m1", silent))
		want := map[bool]string{false: "severed", true: "blackhole"}[silent]
		for _, l := range w.Links() {
			state := want
			if l.A == "r1" {
				state = "up" // r1 and r2 still see each other
			}
			if l.State != state {
				t.Errorf("%s-%s is %s, want %s", l.A, l.B, l.State, state)
			}
		}
		w.RunUntil(w.Now().Add(time.Second))
		must(t, w.Rejoin("m1"))
		w.RunUntil(w.Now().Add(5 * time.Second))
		must(t, w.AtRest())
	}
}

func TestAFrozenProcessAndItsKernel(t *testing.T) {
	w := pair(t)
	must(t, w.Freeze("r1"))
	if v := w.Node("r1"); v.State != "frozen" || !v.Up() {
		t.Errorf("r1 is %s", v.State)
	}
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(time.Second))
	if got := say(t, w, "r1", "GET k"); got != "" {
		t.Errorf("a frozen node replied %q", got)
	}
	if _, err := w.Read("r1", []string{"GET", "k"}); err == nil {
		t.Error("a frozen node was read")
	}
	inputs := w.Node("r1").Inputs
	w.RunUntil(w.Now().Add(9 * time.Second))
	if got := w.Node("r1").Inputs; got != inputs {
		t.Errorf("a frozen node was given %d inputs", got-inputs)
	}
	if got := status(t, w); got != "1 up" {
		t.Errorf("the ends say %s", got)
	}
	must(t, w.Thaw("r1"))
	if got := lines(w, func(e engine.Event) bool { r, ok := e.Fact.(engine.Replied); return ok && r.Command == "GET k" }); !slices.Equal(got, []string{`12.000000 r1 reply 1 GET k: "v"`}) {
		t.Errorf("got %q", got)
	}
	w.RunUntil(w.Now().Add(time.Second))
	must(t, w.AtRest())
	if got := lines(w, isConn); len(got) != 1 {
		t.Errorf("the connection did not live: %q", got)
	}
	if err := w.Thaw("r1"); err == nil {
		t.Error("what was not frozen thawed")
	}
}

// A replica that is frozen for longer than repl-timeout is dropped by its master, and comes back.
func TestAFreezeLongerThanTheTimeout(t *testing.T) {
	w := pair(t)
	must(t, w.Freeze("r1"))
	w.RunUntil(w.Now().Add(70 * time.Second))
	if got := field(t, w, "m1", "connected_slaves"); got != "0" {
		t.Errorf("m1 has %s replicas", got)
	}
	must(t, w.Thaw("r1"))
	w.RunUntil(w.Now().Add(3 * time.Second))
	must(t, w.AtRest())
	if got := w.Node("r1").LastResync; got != "partial" {
		t.Errorf("the last resync was %s", got)
	}
}

// A frozen master lets others connect: its kernel answers. They wait for a PONG that does not come.
func TestTheKernelConnectsForAFrozenProcess(t *testing.T) {
	w := New(1)
	must(t, w.AddNode("m1", config("", 0)))
	must(t, w.AddNode("r1", config("m1", 6379)))
	must(t, w.Freeze("m1"))
	w.RunUntil(w.Now().Add(5 * time.Second))
	if got := w.Node("r1").Replication().Link; got != engine.LinkHandshake {
		t.Errorf("the link of r1 is %s", got)
	}
	must(t, w.Thaw("m1"))
	w.RunUntil(w.Now().Add(2 * time.Second))
	must(t, w.AtRest())
}

// What the kernel takes in for a frozen process is bounded: the sender's window closes.
func TestABufferOfAFrozenProcessIsFull(t *testing.T) {
	w := pair(t)
	must(t, w.Freeze("r1"))
	must(t, w.StartLoad("m1", Load{Rate: 1000, Size: 1000}))
	w.RunUntil(w.Now().Add(2 * time.Second))
	must(t, w.StopLoad("m1"))
	sent := 0
	for _, e := range w.Events().All() {
		if s, ok := e.Fact.(*engine.Sent); ok && s.To == "r1" && s.Payload == engine.PayloadStream {
			sent += s.Bytes
		}
	}
	if sent > WindowBytes || sent < WindowBytes-segmentBytes {
		t.Errorf("%d bytes were sent to a process that reads nothing", sent)
	}
	must(t, w.Thaw("r1"))
	rest(t, w)
}

// rest lets a world come to rest.
func rest(t *testing.T, w *World) {
	t.Helper()
	for end := w.Now().Add(time.Minute); w.AtRest() != nil; {
		if !w.Step() || w.Now() > end {
			t.Fatal(w.AtRest())
		}
	}
}

// sleepy is a pair whose master may be told to stand still.
func sleepy(t *testing.T) *World {
	t.Helper()
	w := New(1)
	m := config("", 0)
	must(t, m.Set("enable-debug-command", "yes"))
	must(t, w.AddNode("m1", m))
	must(t, w.AddNode("r1", config("m1", 6379)))
	w.RunUntil(engine.Epoch.Add(2 * time.Second))
	return w
}

func TestDebugSleepServesNobody(t *testing.T) {
	w := sleepy(t)
	say(t, w, "m1", "SET k v")
	if got := say(t, w, "m1", "DEBUG SLEEP 1.5"); got != "" {
		t.Errorf("replied %q at once", got)
	}
	must(t, w.Command("m1", 2, []string{"GET", "k"}))
	if got := w.Node("m1").State; got != "up" {
		t.Errorf("m1 is %s", got)
	}
	w.RunUntil(w.Now().Add(3 * time.Second))
	got := lines(w, func(e engine.Event) bool {
		r, ok := e.Fact.(engine.Replied)
		return ok && e.Node == "m1" && r.Command != "SET k v"
	})
	want := []string{"3.500000 m1 reply 1 DEBUG SLEEP 1.5: OK", `3.500000 m1 reply 2 GET k: "v"`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, w.AtRest())
}

// Frozen in its sleep, a process oversleeps.
func TestAFreezeInASleep(t *testing.T) {
	w := sleepy(t)
	say(t, w, "m1", "DEBUG SLEEP 1")
	must(t, w.Freeze("m1"))
	w.RunUntil(w.Now().Add(3 * time.Second))
	must(t, w.Thaw("m1"))
	if got := lines(w, func(e engine.Event) bool { _, ok := e.Fact.(engine.Replied); return ok }); !slices.Equal(got, []string{"5.000000 m1 reply 1 DEBUG SLEEP 1: OK"}) {
		t.Errorf("got %q", got)
	}
	say(t, w, "m1", "DEBUG SLEEP 5")
	must(t, w.Freeze("m1"))
	must(t, w.Thaw("m1"))
	must(t, w.Kill("m1")) // and one that dies in it leaves nothing
	must(t, w.Start("m1"))
	if got := say(t, w, "m1", "PING"); got != "PONG" {
		t.Errorf("replied %q", got)
	}
}

// A process that saves its last file stands still for as long as that takes, and then ends.
func TestASlowShutdown(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "MSET a 1 b 2 c 3")
	w.RunUntil(w.Now().Add(2 * time.Second))
	say(t, w, "m1", "CONFIG SET rdb-key-save-delay 500000")
	must(t, w.Shutdown("m1", "save"))
	w.RunUntil(w.Now().Add(1400 * time.Millisecond))
	if got := say(t, w, "m1", "PING"); got != "" || w.Node("m1").State != "up" {
		t.Errorf("m1 is %s and replies %q", w.Node("m1").State, got)
	}
	w.RunUntil(w.Now().Add(200 * time.Millisecond))
	if v := w.Node("m1"); v.State != "down" || v.Since != engine.Epoch.Add(5500*time.Millisecond) {
		t.Errorf("m1 is %s since %s", v.State, v.Since)
	}
	must(t, w.Start("m1"))
	if got := say(t, w, "m1", "DBSIZE"); got != "(integer) 3" {
		t.Errorf("m1 has %s keys", got)
	}
}

func TestShutdownWithAndWithoutFiles(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET k v")
	must(t, w.Shutdown("m1", "save"))
	w.RunUntil(w.Now().Add(11 * time.Second))
	if got := w.Node("m1").State; got != "down" {
		t.Fatalf("m1 is %s", got)
	}
	must(t, w.Start("m1"))
	if got := say(t, w, "m1", "GET k"); got != `"v"` {
		t.Errorf("m1 holds %s", got)
	}
	say(t, w, "m1", "SET k w")
	must(t, w.Shutdown("m1", "nosave"))
	w.RunUntil(w.Now().Add(11 * time.Second))
	must(t, w.Start("m1"))
	if got := say(t, w, "m1", "GET k"); got != `"v"` {
		t.Errorf("m1 holds %s, its file is older than the last write", got)
	}
	if err := w.Wipe("m1"); err == nil {
		t.Error("the files of a node that is up were wiped")
	}
	must(t, w.Kill("m1"))
	must(t, w.Wipe("m1"))
	must(t, w.Start("m1"))
	if got := say(t, w, "m1", "GET k"); got != "(nil)" {
		t.Errorf("m1 holds %s without a file", got)
	}
}

// A file of one node is another one's dataset, and what a node would write changes nothing there.
func TestAFileIsPutAtANodeThatIsDown(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET k v")
	say(t, w, "m1", "RPUSH list 1 2 3")
	before := fingerprint(w.find("m1").node.Store(), moments)
	file := w.RDB("m1").Append(nil, MaxFile)
	if fingerprint(w.find("m1").node.Store(), moments) != before {
		t.Error("to encode the dataset has changed the world")
	}
	want := w.Node("m1").Digest()
	if err := w.Restore("r1", file); err == nil {
		t.Error("the file of a node that is up was replaced")
	}
	cfg := w.Node("m1").Config()
	cfg.Port = 6399
	cfg.DBFilename = "other.rdb"
	must(t, w.AddNode("x", cfg))
	must(t, w.Kill("x"))
	if w.RDB("x") != nil || w.RDB("nobody") != nil {
		t.Error("a node without a process has a dataset")
	}
	if err := w.Restore("x", make([]byte, MaxFile+1)); err == nil {
		t.Error("a file was taken that is too large")
	}
	must(t, w.Restore("x", file))
	clear(file) // it is the world's own now
	must(t, w.Start("x"))
	pass(w, time.Second)
	if got := w.Node("x").Digest(); got != want {
		t.Errorf("x has %s, m1 had %s", got, want)
	}
	say(t, w, "m1", "SAVE") // this is not what it will find
	must(t, w.Kill("m1"))
	must(t, w.Restore("m1", []byte("REDIS0006\xff\x00\x00\x00\x00\x00\x00\x00\x00")))
	must(t, w.Start("m1"))
	pass(w, time.Second)
	if a, err := w.Audit("m1"); err != nil || len(a.Lost) != 2 {
		t.Errorf("m1 has another file and lacks %+v, %v", a, err)
	}
}

// A node that was removed is nobody any more: nothing of it is left but a silence at its address, for those who were there and
// for those who come later. What it had sent still arrives.
func TestARemovedNodeAnswersNobody(t *testing.T) {
	w := pair(t)
	if err := w.Remove("m1"); err == nil || err.Error() != "m1 is up: kill it or shut it down first" {
		t.Errorf("removed while it is up: %v", err)
	}
	must(t, w.Sever("m1", "r1"))
	must(t, w.StartLoad("m1", Load{}))
	must(t, w.Kill("m1"))
	before := w.Clone()
	must(t, w.Remove("m1"))
	if got := w.Names(); !slices.Equal(got, []string{"r1"}) || len(w.Links()) > 0 || w.Node("m1").Name != "" {
		t.Errorf("left are %v, %v, %+v", got, w.Links(), w.Node("m1"))
	}
	if got := w.NameAt("10.0.0.1:6379"); got != "m1" {
		t.Errorf("its address was that of %q", got)
	}
	for want, err := range map[string]error{
		"the node m1 was removed": w.Start("m1"),
		"m1 was the name of a node that was removed: give this one another": w.AddNode("m1", config("", 0)),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	must(t, w.AddNode("r2", config("m1", 6379)))
	must(t, w.Isolate("r1", false))
	must(t, w.Rejoin("r1"))
	must(t, w.Heal("r1", "r2"))
	begun := w.Events().Len()
	links := func() string {
		return w.Node("r1").Replication().Link.String() + " " + w.Node("r2").Replication().Link.String()
	}
	for range 8 {
		w.RunUntil(w.Now().Add(20 * time.Second))
		if got := links(); got != "connecting connecting" {
			t.Errorf("at %s the links are %s", w.Now(), got)
		}
	}
	for _, e := range w.Events().From(begun) {
		if c, ok := e.Fact.(engine.ConnChanged); ok && c.What == "refused" {
			t.Errorf("%s", e.String())
		}
	}
	if log := strings.Join(lines(w, func(e engine.Event) bool { _, ok := e.Fact.(engine.Log); return ok }), "\n"); !strings.Contains(log, "r2 log # Timeout connecting to the MASTER...") {
		t.Errorf("nobody gives up:\n%s", log)
	}

	before.RunUntil(before.Now().Add(time.Second))
	must(t, before.Start("m1"))
	must(t, before.Heal("m1", "r1"))
	must(t, before.StopLoad("m1"))
	before.RunUntil(before.Now().Add(5 * time.Second))
	must(t, before.AtRest())
}

// The farewell of a process arrives, although its machine goes at the same moment; on a path that is a blackhole it does not.
func TestAnEndIsLearntOfAsBeforeARemoval(t *testing.T) {
	for dark, want := range map[bool]string{false: "down", true: "up"} {
		w := pair(t)
		if dark {
			must(t, w.Blackhole("m1", "r1", false))
		}
		must(t, w.Kill("m1"))
		must(t, w.Remove("m1"))
		w.RunUntil(w.Now().Add(5 * time.Second))
		if got := field(t, w, "r1", "master_link_status"); got != want {
			t.Errorf("in the dark %t: the link is %s, want %s", dark, got, want)
		}
		w.RunUntil(w.Now().Add(100 * time.Second))
		if got := w.Node("r1").Replication().Link; got != engine.LinkConnecting {
			t.Errorf("in the dark %t: the link ends as %s", dark, got)
		}
	}
}

func TestASkewedClock(t *testing.T) {
	w := pair(t)
	ask := func() string { return strings.Fields(say(t, w, "m1", "TIME"))[1] }
	before := ask()
	must(t, w.Skew("m1", 90*time.Second))
	if got := ask(); got != `"1704067292"` {
		t.Errorf("the clock says %s, it said %s", got, before)
	}
	must(t, w.Skew("m1", -time.Hour))
	if got := ask(); got != `"1704063602"` || w.Node("m1").Skew != -time.Hour {
		t.Errorf("the clock says %s", got)
	}
	say(t, w, "m1", "SET k v")
	w.RunUntil(w.Now().Add(12 * time.Second)) // ticks go on: a PING comes by its loop counter
	if got := w.Node("r1").Replication(); got.Offset < 50+14 || got.Link != engine.LinkConnected {
		t.Errorf("r1 is %s at offset %d", got.Link, got.Offset)
	}
	w.RunUntil(w.Now().Add(time.Second))
	must(t, w.AtRest())
	must(t, w.Kill("m1"))
	must(t, w.Start("m1")) // it is the machine's clock
	if got := ask(); got != `"1704063615"` {
		t.Errorf("the clock says %s behind a restart", got)
	}
}

// An expiry is a moment on the master's clock. Its replica never decides; it only hides what its own clock calls old.
func TestAReplicaWhoseClockRunsAhead(t *testing.T) {
	w := pair(t)
	must(t, w.Skew("r1", time.Minute))
	say(t, w, "m1", "SET k v EX 30")
	w.RunUntil(w.Now().Add(time.Second))
	if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || !v.IsNull() {
		t.Errorf("r1 shows %v, %v", v, err)
	}
	if w.Node("r1").Keys != 1 {
		t.Error("r1 removed the key on its own")
	}
	must(t, w.Skew("r1", 0))
	if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || v.Str != "v" {
		t.Errorf("r1 shows %v, %v", v, err)
	}
}

// Every fault in the middle of something, and a clone of the world in the middle of the fault.
func TestACloneInTheMiddleOfAFault(t *testing.T) {
	for name, fault := range map[string]func(*World) error{
		"blackhole": func(w *World) error { return w.Blackhole("m1", "r1", false) },
		"one way":   func(w *World) error { return w.Blackhole("r1", "m1", true) },
		"freeze":    func(w *World) error { return w.Freeze("r1") },
		"frozen master": func(w *World) error {
			say(t, w, "m1", "DEBUG SLEEP 2")
			return w.Freeze("m1")
		},
	} {
		w := sleepy(t)
		must(t, w.StartLoad("m1", Load{Rate: 20, Size: 900}))
		w.RunUntil(w.Now().Add(500 * time.Millisecond))
		must(t, fault(w))
		must(t, w.Command("r1", 1, []string{"GET", "key:1"}))
		w.RunUntil(w.Now().Add(700 * time.Millisecond))
		story := func(w *World) string {
			w.RunUntil(engine.Epoch.Add(5 * time.Second))
			must(t, w.Heal("m1", "r1"))
			for _, n := range w.Names() {
				if w.Node(n).State == "frozen" {
					must(t, w.Thaw(n))
				}
			}
			w.RunUntil(engine.Epoch.Add(15 * time.Second))
			var b strings.Builder
			for _, e := range w.Events().All() {
				b.WriteString(e.String() + "\n")
			}
			return b.String()
		}
		first := story(w.Clone())
		other := w.Clone() // which does something else in the meantime, and changes nothing that they share
		say(t, other, "m1", "SET other "+strings.Repeat("x", 5000))
		for range 10 {
			w.RunUntil(w.Now().Add(100 * time.Millisecond))
			other.RunUntil(other.Now().Add(100 * time.Millisecond))
		}
		if story(w) != first {
			t.Errorf("%s: the clone went another way", name)
		}
		story(other)
		for _, w := range []*World{w, other} {
			must(t, w.StopLoad("m1"))
			rest(t, w)
		}
	}
}
