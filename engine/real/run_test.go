//go:build linux

package real

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/script"
)

// These tests need redis-server. It is not optional: where it is missing they fail.

var long = flag.Bool("long", false, "run the scenarios that take long, too")

// longest is how long a scenario may take, in the simulation, to be run without -long.
const longest = 90 * time.Second

func TestMain(m *testing.M) {
	if name := os.Getenv("RESYNC_TEST_SCRIPT"); name != "" {
		runFile(name)
		return
	}
	flag.Parse()
	// Stories sleep most of the time, so that more of them fit in than there are processors.
	if flag.Lookup("test.parallel").Value.String() == flag.Lookup("test.parallel").DefValue {
		flag.Set("test.parallel", "40")
	}
	os.Exit(m.Run())
}

func parse(t testing.TB, text string) *script.Script {
	t.Helper()
	s, err := script.Parse("test.resync", text)
	must(t, err)
	return s
}

// lasts is how long a script takes in the simulation, where all that it expects must hold.
func lasts(t testing.TB, s *script.Script) time.Duration {
	t.Helper()
	session := script.NewSession(s)
	for !session.Done() {
		if _, err := session.Advance(session.World().Now().Add(100*time.Millisecond), 1<<20); err != nil {
			t.Fatalf("in the simulation: %v", err)
		}
	}
	return session.World().Now().Sub(engine.Epoch)
}

// both runs a script in the simulation and against real servers, where the same must hold, and returns the trace.
func both(t *testing.T, text string) string {
	t.Helper()
	s := parse(t, text)
	lasts(t, s)
	return reality(t, s)
}

func reality(t *testing.T, s *script.Script) string {
	t.Helper()
	var out bytes.Buffer
	if err := Run(context.Background(), s, &out, script.RunOptions{Trace: true}); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	return out.String()
}

// Every scenario of the library whose era is the installed one holds against real servers. Those that take longer than
// there is time for are run with -long only: make real.
func TestScenarios(t *testing.T) {
	_, version, era, err := Find()
	must(t, err)
	files, err := filepath.Glob("../../assets/scenarios/*.resync")
	must(t, err)
	run := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		s, err := script.Parse(file, string(text))
		must(t, err)
		if err := Refuse(s, version, era); err != nil {
			t.Logf("not to be run here: %v", err)
			continue
		}
		if d := lasts(t, s); d > longest && !*long {
			t.Logf("%s takes %s: run it with -long", filepath.Base(file), d)
			continue
		}
		run++
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			playTwice(t, s)
		})
	}
	if run == 0 {
		t.Error("no scenario was run")
	}
}

// again is held while a scenario is played for the second time.
var again sync.Mutex

// playTwice plays a scenario, and once more where it failed. A simulated moment takes no time; a real one takes as long
// as a busy machine lets it, and a story can come to another end by that. It is wrong when it does so both times.
func playTwice(t *testing.T, s *script.Script) {
	t.Helper()
	var first, second bytes.Buffer
	err := Run(context.Background(), s, &first, script.RunOptions{Trace: true})
	if err == nil {
		return
	}
	again.Lock()
	defer again.Unlock()
	t.Logf("played again, because %v\n%s", err, first.String())
	if err := Run(context.Background(), s, &second, script.RunOptions{Trace: true}); err != nil {
		t.Errorf("%v\n%s", err, second.String())
	}
}

const inStep = `node m1 repl-diskless-sync-delay=0
node r1 replicaof m1
until r1.master_link_status = up
`

// stories use every statement. What they say holds in the simulation and in reality.
var stories = map[string]string{
	"narration and clients": `title "T"
about "A"
seed 7
` + inStep + `step "One"
say at m1 r1 "Look."
predict r1
speed 2
link m1 r1 latency 20ms jitter 5ms bandwidth 1mb/s
m1> SET k "a b"
m1/2> BLPOP q 0
expect m1.blocked_clients = 1
m1> LPUSH q x
until m1.blocked_clients = 0 and r1.slave_repl_offset = m1.master_repl_offset
expect ` + "`r1> GET k`" + ` = "a b" and r1.digest = m1.digest
expect ` + "`r1> SET k v`" + ` = "(error) READONLY You can't write against a read only replica."
expect m1.connected_clients = 2 and m1.connected_slaves = 1
`,
	"faults of the path": inStep + `expect r1.last_resync = full
sever m1 r1
until r1.master_link_status = down
m1> SET k 1
heal m1 r1
until r1.last_resync = partial and r1.master_link_status = up
blackhole m1 > r1
m1> SET k 2
wait 500ms
expect ` + "`r1> GET k`" + ` = 1 and r1.master_link_status = up
heal m1 r1
until ` + "`r1> GET k`" + ` = 2
blackhole m1 r1
m1> SET k 3
wait 300ms
expect ` + "`r1> GET k`" + ` = 2
heal m1 r1
until ` + "`r1> GET k`" + ` = 3
isolate m1
until r1.master_link_status = down
rejoin m1
until r1.master_link_status = up
isolate r1 blackhole
wait 200ms
expect r1.master_link_status = up
rejoin r1
expect m1.sync_full = 1 and m1.sync_partial_ok = 2
`,
	"faults of the process": `node m1 repl-diskless-sync-delay=0 shutdown-timeout=0
node r1 replicaof m1
until r1.master_link_status = up
load m1 rate 200/s size 10 keys 1 mix incr
freeze r1
expect r1.state = frozen
wait 1s
thaw r1
until ` + "`m1> GET counter:key:0`" + ` > 100
expect ` + "`m1> GET counter:key:0`" + ` < 10000
unload m1
until r1.slave_repl_offset = m1.master_repl_offset
expect r1.digest = m1.digest
`,
	"files": inStep + `m1> SET k 1
wait 100ms
shutdown r1 save
until r1.state = down
m1> SET k 2
start r1
until r1.master_link_status = up
expect r1.last_resync = partial
kill r1
expect r1.state = down
r1> PING
wipe r1
start r1
until r1.master_link_status = up and ` + "`r1> GET k`" + ` = 2
expect r1.last_resync = full
shutdown m1 nosave
until m1.state = down
expect r1.state = up
restore m1 "UkVESVMwMDEw+glyZWRpcy12ZXIGNy4wLjE1+gpyZWRpcy1iaXRzwED6BWN0aW1lwqDDB2v6CHVzZWQtbWVtwpBUDgD6CGFvZi1iYXNlwAD+APsBAAAFY29sb3IEYmx1Zf/nOcKbYYFPBw=="
start m1
until ` + "`m1> GET color`" + ` = blue
`,
	"a node that goes for good, and a start that names the version": inStep + `m1> SET k 1
until r1.slave_repl_offset = m1.master_repl_offset
shutdown r1 save
until r1.state = down
start r1 era 7.0
until r1.master_link_status = up
expect r1.last_resync = partial
kill m1
remove m1
r1> REPLICAOF NO ONE
node r2 replicaof r1
until r2.master_link_status = up
r2> REPLICAOF m1 6379
isolate r2
rejoin r2
wait 1500ms
expect r2.master_link_status = down and r2.master_host = m1 and r1.connected_slaves = 0
r2> REPLICAOF r1 6380
until r2.master_link_status = up and ` + "`r2> GET k`" + ` = 1
`,
	"names and addresses": inStep + `node r2
r2> REPLICAOF m1 6379
until r2.master_link_status = up
expect r2.master_host = m1 and r2.master_port = 6379
expect m1.connected_slaves = 2
expect ` + "`r2> CONFIG GET port`" + ` = "1) \"port\"\n2) \"6381\""
m1> SET online yes
until ` + "`r1> GET online` = yes and `r2> GET online`" + ` = yes
m1> FAILOVER TO 10.0.0.3 6381
until r2.role = master and m1.role = slave and m1.master_link_status = up
expect m1.master_host = 10.0.0.3 and m1.last_resync = partial
r1> REPLICAOF 10.0.0.3 6381
until r1.master_link_status = up
expect r1.master_host = 10.0.0.3 and r1.last_resync = partial
r2> SET k v
until ` + "`r1> GET k`" + ` = v and ` + "`m1> GET k`" + ` = v
r1> REPLICAOF nowhere 6379
wait 300ms
expect r1.master_host = nowhere and r1.master_link_status = down
r1> REPLICAOF NO ONE
expect r1.role = master
r1> MSET named 1 numbered 2
r1> MIGRATE r2 6381 named 0 1000
r1> MIGRATE 10.0.0.3 6381 numbered 0 1000
until ` + "`m1> MGET named numbered`" + ` = "1) \"1\"\n2) \"2\""
expect ` + "`r1> EXISTS named numbered`" + ` = 0
`,
	"a password": `node m1 requirepass=secret repl-diskless-sync-delay=0
node r1 masterauth=secret replicaof m1
until r1.master_link_status = up
m1> SET k v
expect ` + "`m1> GET k`" + ` = "(error) NOAUTH Authentication required."
m1> AUTH secret
m1> SET k v
until r1.slave_repl_offset = m1.master_repl_offset
expect r1.digest = m1.digest
`,
}

func TestStoriesHoldInTheSimulationAndInReality(t *testing.T) {
	for name, text := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, text)
		})
	}
}

func TestTheStoriesUseEveryStatement(t *testing.T) {
	said := map[string]bool{}
	for _, text := range stories {
		for line := range strings.Lines(text) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			said[word] = true
		}
	}
	for _, word := range script.Words() {
		if !said[word] && word != "skew" {
			t.Errorf("no story uses %s", word)
		}
	}
}

func TestATraceTellsWhatTheServersSay(t *testing.T) {
	t.Parallel()
	trace := both(t, inStep+"m1> INFO replication\nr1> ROLE\nm1/3> SUBSCRIBE c\nm1> PUBLISH c hi\nm1/3> UNSUBSCRIBE c\nr1> QUIT\n")
	for _, want := range []string{
		"slave0:ip=10.0.0.2,port=6380,state=", "reply 1 ROLE: 1) \"slave\" | 2) \"m1\" | 3) (integer) 6379 | 4) \"connected\"",
		"m1 reply 3 SUBSCRIBE c", "3) \"hi\"", "r1 reply 1 QUIT: OK", "r1 log * MASTER <-> REPLICA sync: Finished with success",
		"r1 log * Connecting to MASTER 10.0.0.1:6379", "- do m1> INFO replication",
	} {
		if !strings.Contains(trace, want) {
			t.Errorf("no %q in\n%s", want, trace)
		}
	}
	if m := regexp.MustCompile(`127\.\d+\.\d+\.\d+`).FindString(trace); m != "" {
		t.Errorf("%s is no address of the script in\n%s", m, trace)
	}
}

// What fails in the simulation fails in reality, in the same words.
func TestWhatDoesNotHold(t *testing.T) {
	for _, text := range []string{
		inStep + "expect r1.last_resync = partial\n",
		inStep + "sever m1 r1\nwait 100ms\nheal m1 r1\nuntil r1.master_link_status = up and r1.last_resync = full within 4s\n",
		inStep + "freeze m1\nexpect m1.role = master\n",
		inStep + "expect `m1> GET k` = 1\n",
		inStep + "expect m1.rolle = master\n",
		"node m1\nkill m1\nkill m1\n",
		"node m1\nthaw m1\n",
		"node m1\nwipe m1\n",
		"node m1\nunload m1\n",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := parse(t, text)
			var simulated, real bytes.Buffer
			want := script.Run(s, &simulated, script.RunOptions{})
			got := Run(context.Background(), s, &real, script.RunOptions{})
			if want == nil || got == nil || want.Error() != got.Error() {
				t.Fatalf("in reality: %v\nin the simulation: %v\n%s", got, want, real.String())
			}
			var a, b *script.ExpectError
			if errors.As(want, &a) != errors.As(got, &b) {
				t.Errorf("in reality it is a %T, in the simulation a %T", got, want)
			}
		})
	}
}

func TestWhatCannotBeDoneIsRefusedBeforeAnythingStarts(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"node m1\nnode r1 era 2.8 replicaof m1\n", "test.resync:2: node r1 era 2.8 replicaof m1: a node of era 2.8 cannot be had: redis-server on this machine is 7.0.15"},
		{"node m1\nskew m1 2s\nskew m1 -2s\n", "test.resync:2: skew m1 2s: real servers all have the clock of this machine\ntest.resync:3: skew m1 -2s: real servers all have the clock of this machine"},
		{"node m1\nkill m1\nstart m1 era 7.0\nkill m1\nstart m1 era 8.0\n", "test.resync:5: start m1 era 8.0: a node of era 8.0 cannot be had: redis-server on this machine is 7.0.15"},
		{"node m1 dir=/etc\n", "test.resync:1: node m1 dir=/etc: dir cannot be set here: a node has a directory of its own"},
		{"node m1\nm1> config set LOGLEVEL warning\n", "test.resync:2: m1> config set LOGLEVEL warning: LOGLEVEL cannot be set here: the log says how a resync went"},
		{"node m1\nm1> CONFIG SET repl-timeout 5\n", ""},
	} {
		if got := Refuse(parse(t, c.text), "7.0.15", "7.0"); text(got) != c.want {
			t.Errorf("%q: got %v", c.text, got)
		}
	}
	for _, c := range []struct{ says, version, era string }{
		{"Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0\n", "7.0.15", "7.0"},
		{"Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1\n", "8.0.1", "8.0"},
		{"Redis server v=7.2.4 sha=0\n", "7.2.4", ""},
		{"what?", "", ""},
	} {
		if version, era := parseVersion(c.says); version != c.version || era != c.era {
			t.Errorf("%q: got %q, %q", c.says, version, era)
		}
	}
}

func TestTheREADMENamesWhatIsRefused(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	must(t, err)
	for name := range owned {
		if !bytes.Contains(readme, []byte("`"+name+"`")) {
			t.Errorf("README does not say that %s cannot be set", name)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWithoutRedisServer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := Run(context.Background(), parse(t, "node m1\n"), &bytes.Buffer{}, script.RunOptions{})
	if err == nil || !strings.Contains(err.Error(), "there is no redis-server") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	w := world(t)
	err := w.AddNode(parse(t, "node m1 maxmemory=1mb\n").Statements[0].Act.(script.AddNode))
	must(t, err)
	must(t, w.Kill("m1"))
	w.servers[0].config += "nonsense yes\n"
	if err := w.Start("m1", ""); err == nil || !strings.Contains(err.Error(), "m1 did not start") || !strings.Contains(err.Error(), "nonsense yes") {
		t.Errorf("got %v", err)
	}
	if got := w.State("m1"); got != "down" {
		t.Errorf("it is %s", got)
	}
}

// world is an empty one.
func world(t *testing.T) *World {
	t.Helper()
	binary, _, _, err := Find()
	must(t, err)
	w, err := New(t.Context(), binary, 1, nil)
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	return w
}

// processes are the servers that are named in a transcript by INFO server.
func processes(transcript string) (pids []int) {
	for _, m := range regexp.MustCompile(`process_id:(\d+)`).FindAllStringSubmatch(transcript, -1) {
		pid, _ := strconv.Atoi(m[1])
		pids = append(pids, pid)
	}
	return pids
}

func alive(pid int) bool {
	state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !bytes.Contains(state, []byte(") Z ")) // one that nobody has waited for is dead all the same
}

func goesAway(t *testing.T, pids []int) {
	t.Helper()
	if len(pids) != 2 {
		t.Fatalf("%d processes are known, not 2", len(pids))
	}
	for _, pid := range pids {
		eventually(t, "the process of a server is gone", func() bool { return !alive(pid) })
	}
}

const twoProcesses = "node m1\nnode r1\nm1> INFO server\nr1> INFO server\nfreeze r1\n"

// A listener does something before it takes down what contains its word.
type listener struct {
	bytes.Buffer
	word  string
	hears func()
}

func (l *listener) Write(b []byte) (int, error) {
	if strings.Contains(string(b), l.word) {
		l.hears()
	}
	return l.Buffer.Write(b)
}

func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	t.Run("after the end", func(t *testing.T) {
		var out bytes.Buffer
		must(t, Run(context.Background(), parse(t, twoProcesses), &out, script.RunOptions{}))
		goesAway(t, processes(out.String()))
	})
	t.Run("after a panic", func(t *testing.T) {
		out := listener{word: "freeze", hears: func() { panic("nobody listens") }}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			Run(context.Background(), parse(t, twoProcesses), &out, script.RunOptions{})
		}()
		goesAway(t, processes(out.String()))
	})
	t.Run("after an interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		out := listener{word: "wait 10m", hears: cancel}
		began := time.Now()
		err := Run(ctx, parse(t, twoProcesses+"wait 10m\n"), &out, script.RunOptions{})
		if !errors.Is(err, script.ErrEnded) || time.Since(began) > time.Minute {
			t.Errorf("got %v", err)
		}
		goesAway(t, processes(out.String()))
	})
	t.Run("after a sudden death", func(t *testing.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "a.resync")
		must(t, os.WriteFile(file, []byte(twoProcesses+"wait 10m\n"), 0o600))
		self, err := os.Executable()
		must(t, err)
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "RESYNC_TEST_SCRIPT="+file, "TMPDIR="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		var said []byte
		for !bytes.Contains(said, []byte("wait 10m")) {
			buf := make([]byte, 4096)
			n, err := out.Read(buf)
			must(t, err)
			said = append(said, buf[:n]...)
		}
		pids := processes(string(said))
		if !slices.ContainsFunc(pids, alive) {
			t.Error("no server is alive")
		}
		must(t, cmd.Process.Signal(syscall.SIGKILL))
		cmd.Wait()
		goesAway(t, pids)
	})
}

// runFile is what the test binary does when it is to be killed.
func runFile(name string) {
	data, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	s, err := script.Parse(name, string(data))
	if err != nil {
		panic(err)
	}
	if err := Run(context.Background(), s, os.Stdout, script.RunOptions{}); err != nil {
		panic(err)
	}
}
