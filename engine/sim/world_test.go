package sim

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// pair is a world with a master m1 and a replica r1 that are in step, 40 ms apart.
func pair(t *testing.T) *World {
	t.Helper()
	w := New(1)
	must(t, w.AddNode("m1", config("", 0)))
	must(t, w.AddNode("r1", config("m1", 6379)))
	must(t, w.SetLink("m1", "r1", LinkOptions{Latency: 40 * time.Millisecond}))
	w.RunUntil(engine.Epoch.Add(2 * time.Second))
	if got := w.Node("r1").Replication().Link; got != engine.LinkConnected {
		t.Fatalf("the link of r1 is %s after two seconds", got)
	}
	return w
}

// config has the smallest backlog there is, takes a snapshot as soon as a replica asks for one, and gets its port from the world.
func config(master string, port int) node.Config {
	c := node.DefaultConfig()
	c.Port = 0
	c.ReplBacklogSize = 16 << 10
	c.ReplDisklessSyncDelay = 0
	c.Replicaof = node.Address{Host: master, Port: port}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// say gives a command to a node's first client and returns what it replied at once.
func say(t *testing.T, w *World, name, line string) string {
	t.Helper()
	seen := w.Events().Len()
	must(t, w.Command(name, 1, strings.Fields(line)))
	for _, e := range w.Events().From(seen) {
		if r, ok := e.Fact.(engine.Replied); ok {
			return r.Text
		}
	}
	return ""
}

// lines are the events that the function picks, as they print.
func lines(w *World, pick func(engine.Event) bool) []string {
	var all []string
	for _, e := range w.Events().All() {
		if pick(e) {
			all = append(all, e.String())
		}
	}
	return all
}

func isConn(e engine.Event) bool { _, ok := e.Fact.(engine.ConnChanged); return ok }

func field(t *testing.T, w *World, name, field string) string {
	t.Helper()
	v, ok := w.Node(name).Info().Field(field)
	if !ok {
		t.Fatalf("INFO of %s shows no %s", name, field)
	}
	return v
}

func TestNodesGetTheirPlaceInOrderOfBirth(t *testing.T) {
	w := pair(t)
	for i, name := range w.Names() {
		v := w.Node(name)
		if want := "10.0.0." + strconv.Itoa(i+1); v.IP != want || v.Port != 6379+i || v.State != "up" {
			t.Errorf("%s is %s at %s:%d", name, v.State, v.IP, v.Port)
		}
	}
}

func TestAWorldRefusesWhatCannotBe(t *testing.T) {
	w := pair(t)
	before := w.Events().Len()
	for what, err := range map[string]error{
		"a name twice":              w.AddNode("m1", config("", 0)),
		"a name with a capital":     w.AddNode("M1", config("", 0)),
		"a name that is too long":   w.AddNode("abcdefghijklmnopq", config("", 0)),
		"an empty configuration":    w.AddNode("x", node.Config{}),
		"a link to itself":          w.Sever("m1", "m1"),
		"a node that is not there":  w.Kill("m2"),
		"a start of what is up":     w.Start("m1"),
		"the end of no load":        w.StopLoad("m1"),
		"client 0":                  w.Command("m1", 0, []string{"PING"}),
		"no command":                w.Command("m1", 1, nil),
		"a negative latency":        w.SetLink("m1", "r1", LinkOptions{Latency: -1}),
		"an unknown kind of load":   w.StartLoad("m1", Load{Mix: "sett"}),
		"more load than there goes": w.StartLoad("m1", Load{Rate: MaxLoadRate + 1}),
	} {
		if err == nil {
			t.Errorf("nothing is said against %s", what)
		}
	}
	if got := w.Events().Len(); got != before {
		t.Errorf("refusals left %d events", got-before)
	}
}

func TestAConnectionTakesARoundTrip(t *testing.T) {
	// The replica first tries at its first tick, as soon as it is up.
	got := lines(pair(t), isConn)
	if want := []string{"0.080000  conn r1-m1 opened"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSeverResetsAndRefusesUntilHeal(t *testing.T) {
	w := pair(t)
	must(t, w.Sever("m1", "r1"))
	w.RunUntil(w.Now().Add(19 * time.Millisecond))
	if got := field(t, w, "m1", "connected_slaves") + field(t, w, "r1", "master_link_status"); got != "1up" {
		t.Errorf("before the reset can have come the ends say %s", got)
	}
	w.RunUntil(w.Now().Add(time.Millisecond))
	if got := field(t, w, "m1", "connected_slaves") + field(t, w, "r1", "master_link_status"); got != "0down" {
		t.Errorf("half a latency behind the cut the ends say %s", got)
	}
	w.RunUntil(w.Now().Add(1480 * time.Millisecond))
	must(t, w.Heal("r1", "m1"))
	w.RunUntil(w.Now().Add(time.Second))
	want := []string{
		"0.080000  conn r1-m1 opened",
		"2.020000  conn r1-m1 reset",
		"2.060000  conn r1-m1 refused", // half the way and back
		"3.040000  conn r1-m1 refused", // the next tick's
		"4.080000  conn r1-m1 opened",
	}
	if got := lines(w, isConn); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if l := w.Links()[0]; l.State != "up" || l.Since != engine.Epoch.Add(3500*time.Millisecond) || l.Conns != 1 {
		t.Errorf("the link is %+v", l)
	}
}

// What has come past the middle of the path when it is cut arrives; the rest is lost, and so is what is sent before the
// reset comes.
func TestWhatIsOnItsWayWhenALinkIsCut(t *testing.T) {
	for _, c := range []struct {
		after time.Duration // of a latency of 40 ms
		want  string
	}{{19 * time.Millisecond, ""}, {20 * time.Millisecond, "v"}, {39 * time.Millisecond, "v"}} {
		w := pair(t)
		say(t, w, "m1", "SET k v")
		w.RunUntil(w.Now().Add(c.after))
		must(t, w.Sever("m1", "r1"))
		say(t, w, "m1", "SET k lost")
		if got := lines(w, isLost); len(got) != 1 || !strings.HasSuffix(got[0], "lost SET k lost") {
			t.Errorf("lost: %q", got)
		}
		w.RunUntil(w.Now().Add(time.Second))
		if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || v.Str != c.want {
			t.Errorf("cut %s later: r1 has %q, %v", c.after, v.Str, err)
		}
		if n := len(w.conns); n > 1 || len(w.InFlight()) > 0 {
			t.Errorf("%d connections and %d packets are left", n, len(w.InFlight()))
		}
		must(t, w.Heal("m1", "r1"))
		w.RunUntil(w.Now().Add(2 * time.Second))
		rest(t, w)
		if got := w.Node("r1").LastResync; got != "partial" {
			t.Errorf("the last resync was %s", got)
		}
	}
}

func TestKillIsLearntOneLatencyLater(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET k v")
	must(t, w.Kill("m1"))
	if got := field(t, w, "r1", "master_link_status"); got != "up" {
		t.Errorf("r1 says %s before it can know", got)
	}
	w.RunUntil(w.Now().Add(40 * time.Millisecond))
	if got := field(t, w, "r1", "master_link_status"); got != "down" {
		t.Errorf("r1 says %s one latency later", got)
	}
	if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || v.Str != "v" {
		t.Errorf("what m1 had sent before it died did not arrive: %v %v", v, err)
	}
	if got := say(t, w, "m1", "PING"); got != "Could not connect to Redis at 10.0.0.1:6379: Connection refused" {
		t.Errorf("a dead node replies %q", got)
	}
	must(t, w.Start("m1"))
	w.RunUntil(w.Now().Add(3 * time.Second))
	if got := field(t, w, "r1", "master_link_status") + " " + say(t, w, "m1", "GET k"); got != "up (nil)" {
		t.Errorf("after the start: %s", got)
	}
}

func TestALinkChangesWhenButNeverWhat(t *testing.T) {
	stream := func(o LinkOptions) []string {
		w := pair(t)
		must(t, w.SetLink("m1", "r1", o))
		must(t, w.StartLoad("m1", Load{Rate: 500, Size: 200, Keys: 50}))
		w.RunUntil(w.Now().Add(time.Second))
		must(t, w.StopLoad("m1"))
		for w.AtRest() != nil {
			if !w.Step() || w.Now() > engine.Epoch.Add(5*time.Minute) {
				t.Fatalf("%+v: %v", o, w.AtRest())
			}
		}
		last := engine.Instant(0)
		for _, e := range w.Events().All() {
			if s, ok := e.Fact.(*engine.Sent); ok && s.To == "r1" {
				if s.Arrives < last {
					t.Fatalf("%+v: packet %d overtakes", o, s.ID)
				}
				last = s.Arrives
			}
		}
		return []string{w.Node("r1").Digest(), field(t, w, "r1", "slave_repl_offset")}
	}
	plain := stream(LinkOptions{})
	for name, o := range map[string]LinkOptions{
		"late":   {Latency: 700 * time.Millisecond},
		"jitter": {Latency: time.Millisecond, Jitter: 90 * time.Millisecond},
		"narrow": {Latency: time.Millisecond, Bandwidth: 40_000},
	} {
		if got := stream(o); !slices.Equal(got, plain) {
			t.Errorf("%s: got %v, want %v", name, got, plain)
		}
	}
}

func TestBandwidthIsTimeOnTheWire(t *testing.T) {
	w := pair(t)
	must(t, w.SetLink("m1", "r1", LinkOptions{Latency: 10 * time.Millisecond, Bandwidth: 1000}))
	say(t, w, "m1", "SET k "+strings.Repeat("x", 1000))
	at := w.Now()
	for _, p := range w.InFlight() {
		if p.Payload != engine.PayloadStream {
			continue
		}
		at = at.Add(time.Duration(p.Bytes) * time.Millisecond)
		if want := at.Add(10 * time.Millisecond); p.Arrives != want {
			t.Errorf("%d bytes arrive at %s, want %s", p.Bytes, p.Arrives, want)
		}
	}
	if at == w.Now() {
		t.Error("no stream is on its way")
	}
}

func TestTheWindowBoundsWhatIsOnItsWay(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET k "+strings.Repeat("x", 300_000))
	most := 0
	for w.AtRest() != nil && w.Step() {
		flying := 0
		for _, p := range w.InFlight() {
			if p.From == "m1" {
				flying += p.Bytes
			}
		}
		most = max(most, flying)
	}
	if most > WindowBytes || most <= WindowBytes-segmentBytes {
		t.Errorf("up to %d bytes were on their way, want %d or a little less", most, WindowBytes)
	}
}

// A narrow link under load: what leaves it when a little of the window becomes free is whole, not crumbs.
func TestABusyStreamIsNotCutIntoCrumbs(t *testing.T) {
	w := pair(t)
	must(t, w.SetLink("m1", "r1", LinkOptions{Latency: 5 * time.Millisecond, Bandwidth: 20_000}))
	must(t, w.StartLoad("m1", Load{Rate: 200, Size: 1000}))
	w.RunUntil(w.Now().Add(20 * time.Second))
	for _, e := range w.Events().All() {
		if s, ok := e.Fact.(*engine.Sent); ok && s.Payload == engine.PayloadStream && s.Bytes < 14 {
			t.Fatalf("%s: a packet of %d bytes", e.At, s.Bytes)
		}
	}
}

func TestClientsAreTerminalsOfTheirOwn(t *testing.T) {
	w := pair(t)
	must(t, w.Command("m1", 2, []string{"SELECT", "3"}))
	say(t, w, "m1", "SET k first")
	must(t, w.Command("m1", 2, []string{"GET", "k"}))
	must(t, w.Command("m1", 2, []string{"QUIT"}))
	must(t, w.Command("m1", 2, []string{"GET", "k"})) // connects again, and is in database 0
	got := lines(w, func(e engine.Event) bool { r, ok := e.Fact.(engine.Replied); return ok && r.Client == 2 })
	want := []string{
		"2.000000 m1 reply 2 SELECT 3: OK",
		"2.000000 m1 reply 2 GET k: (nil)",
		"2.000000 m1 reply 2 QUIT: OK",
		`2.000000 m1 reply 2 GET k: "first"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnOrderlyExitSendsWhatItHasAndCloses(t *testing.T) {
	w := pair(t)
	say(t, w, "m1", "SET k v")
	if got := say(t, w, "m1", "SHUTDOWN NOSAVE NOW"); got != "Error: Server closed the connection" {
		t.Errorf("SHUTDOWN replied %q", got)
	}
	if v := w.Node("m1"); v.State != "down" || v.Since != w.Now() {
		t.Errorf("m1 is %s since %s", v.State, v.Since)
	}
	w.RunUntil(w.Now().Add(200 * time.Millisecond))
	if v, err := w.Read("r1", []string{"GET", "k"}); err != nil || v.Str != "v" {
		t.Errorf("r1 got %v, %v", v, err)
	}
	want := []string{"0.080000  conn r1-m1 opened", "2.040000  conn r1-m1 closed", "2.120000  conn r1-m1 refused"}
	if got := lines(w, isConn); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadChangesNothing(t *testing.T) {
	w := pair(t)
	before, events := field(t, w, "m1", "total_commands_processed"), w.Events().Len()
	if v, err := w.Read("m1", []string{"INCR", "n"}); err != nil || v.Int != 1 {
		t.Errorf("read %v, %v", v, err)
	}
	if got := field(t, w, "m1", "total_commands_processed"); got != before || w.Events().Len() != events || w.Node("m1").Keys != 0 {
		t.Error("a read left its mark")
	}
	if _, err := w.Read("m1", []string{"CLIENT", "REPLY", "OFF"}); err == nil {
		t.Error("a command has no reply and nobody says so")
	}
}

func TestACloneGoesOnByItself(t *testing.T) {
	w := pair(t)
	must(t, w.StartLoad("m1", Load{Rate: 200, Mix: "expire"}))
	say(t, w, "m1", "SELECT 5") // the client is cloned with its connection
	must(t, w.SetLink("m1", "r1", LinkOptions{Latency: 30 * time.Millisecond, Jitter: 20 * time.Millisecond}))
	w.RunUntil(w.Now().Add(333 * time.Millisecond))
	say(t, w, "m1", "SET big "+strings.Repeat("x", 300_000)) // more than fits into the window: some of it waits
	w.RunUntil(w.Now().Add(45 * time.Millisecond))
	story := func(w *World) string {
		w.RunUntil(engine.Epoch.Add(4 * time.Second))
		must(t, w.Sever("m1", "r1"))
		w.RunUntil(engine.Epoch.Add(6 * time.Second))
		must(t, w.Heal("m1", "r1"))
		say(t, w, "m1", "SET k v")
		must(t, w.Kill("m1"))
		must(t, w.Start("m1"))
		w.RunUntil(engine.Epoch.Add(9 * time.Second))
		var b strings.Builder
		for _, e := range w.Events().All() {
			b.WriteString(e.String() + "\n")
		}
		return b.String()
	}
	twin, other := w.Clone(), w.Clone()
	say(t, other, "m1", "FLUSHALL")
	other.RunUntil(engine.Epoch.Add(5 * time.Second))
	first := story(w)
	if second := story(twin); second != first {
		t.Error("a clone given the same acts went another way")
	}
	if story(other) == first {
		t.Error("a clone given other acts went the same way")
	}
	for i, e := range w.Events().All() {
		if e.Seq != int64(i) {
			t.Fatalf("event %d has the number %d", i, e.Seq)
		}
	}
}

// A loop of one is no reason to stand still: the node is its own master without a link, for ever.
func TestANodeThatFollowsItself(t *testing.T) {
	w := New(1)
	must(t, w.AddNode("m1", config("", 0)))
	say(t, w, "m1", "REPLICAOF 127.0.0.1 6379")
	w.RunUntil(w.Now().Add(10 * time.Second))
	if got := field(t, w, "m1", "master_link_status"); got != "down" {
		t.Errorf("the link to itself is %s", got)
	}
	if n := len(w.Links()); n != 0 {
		t.Errorf("%d links are shown", n)
	}
	say(t, w, "m1", "REPLICAOF NO ONE")
	must(t, w.Kill("m1"))
	w.RunUntil(w.Now().Add(time.Second))
	if w.Next() != Never {
		t.Errorf("something is to happen at %s in a world of the dead", w.Next())
	}
}

// What dies or is closed in the middle of a handshake leaves nothing behind.
func TestTheMiddleOfAHandshake(t *testing.T) {
	for at := 990 * time.Millisecond; at < 1400*time.Millisecond; at += 10 * time.Millisecond {
		for name, act := range map[string]func(*World) error{
			"the replica dies":      func(w *World) error { return w.Kill("r1") },
			"the master dies":       func(w *World) error { return w.Kill("m1") },
			"the link is cut":       func(w *World) error { return w.Sever("m1", "r1") },
			"the replica leaves":    func(w *World) error { return w.Command("r1", 1, []string{"REPLICAOF", "NO", "ONE"}) },
			"the replica goes away": func(w *World) error { return w.Command("r1", 1, []string{"SHUTDOWN", "NOSAVE"}) },
			"the master goes away":  func(w *World) error { return w.Command("m1", 1, []string{"SHUTDOWN", "NOSAVE"}) },
		} {
			w := New(1)
			must(t, w.AddNode("m1", config("", 0)))
			must(t, w.AddNode("r1", config("m1", 6379)))
			must(t, w.SetLink("m1", "r1", LinkOptions{Latency: 40 * time.Millisecond}))
			w.RunUntil(engine.Epoch.Add(at))
			must(t, act(w))
			w.RunUntil(w.Now().Add(300 * time.Millisecond))
			must(t, w.Sever("m1", "r1"))
			w.RunUntil(w.Now().Add(100 * time.Millisecond))
			if n := len(w.conns) + len(w.queue); n > 0 {
				t.Errorf("%s at %s: %d connections and things on their way are left", name, at, n)
			}
			for _, h := range w.hosts {
				if len(h.conns) > 0 {
					t.Errorf("%s at %s: %s still holds a connection", name, at, h.name)
				}
			}
		}
	}
}

func TestTimeStandsWhereItIsTold(t *testing.T) {
	w := New(1)
	if w.Next() != Never || w.Step() {
		t.Error("something happens in an empty world")
	}
	at := w.Now().Add(time.Hour)
	w.RunUntil(at)
	w.RunUntil(engine.Epoch)
	if w.Now() != at {
		t.Errorf("the clock is at %s, want %s", w.Now(), at)
	}
}

func TestLoadKeepsItsRate(t *testing.T) {
	for mix, want := range map[string]string{"set": "keys=20,expires=0", "expire": "keys=20,expires=20", "incr": "keys=20,expires=0"} {
		w := New(3)
		must(t, w.AddNode("m1", config("", 0)))
		must(t, w.StartLoad("m1", Load{Rate: 300, Keys: 20, Mix: mix}))
		w.RunUntil(w.Now().Add(time.Second))
		if got := field(t, w, "m1", "total_commands_processed"); got != "300" {
			t.Errorf("%s: %s commands in a second, want 300", mix, got)
		}
		if got := field(t, w, "m1", "db0"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: db0 is %s, want %s", mix, got, want)
		}
	}
}
