//go:build linux

package real

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/script"
)

// Runbooks need socat beside redis-server; they take as long as their stories.

// usualRunbooks are played without -long.
var usualRunbooks = []string{"short-outage", "replica-restart", "planned-failover"}

// A runbook does what the script says: everything that is expected holds, and every replica comes back in the same ways
// as in the simulation.
func TestRunbooks(t *testing.T) {
	_, version, era, err := Find()
	must(t, err)
	files, err := filepath.Glob("../../assets/scenarios/*.resync")
	must(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".resync")
		text, err := os.ReadFile(file)
		must(t, err)
		s, err := script.Parse(file, string(text))
		must(t, err)
		if !*long && !slices.Contains(usualRunbooks, name) {
			continue
		}
		if err := Refuse(s, version, era); err != nil {
			t.Logf("%s is for Docker: %v", name, err)
			continue
		}
		if slices.ContainsFunc(s.Statements, narrow) {
			t.Logf("%s is about a narrow link, which a relay cannot be: its README says so", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := resyncs(t, s)
			out, err := playRunbook(t, t.TempDir(), s)
			if err == nil && out.verdicts == want {
				return
			}
			// Real time again, see playTwice.
			again.Lock()
			defer again.Unlock()
			t.Logf("played again, because %v, %q\n%s", err, out.verdicts, out.text)
			if out, err = playRunbook(t, t.TempDir(), s); err != nil || out.verdicts != want {
				t.Errorf("%v; the replicas came back so:\n%swant\n%s%s", err, out.verdicts, want, out.text)
			}
		})
	}
}

// narrow reports whether a statement limits what a link carries.
func narrow(st script.Statement) bool {
	l, ok := st.Act.(script.Link)
	return ok && l.Bandwidth > 0
}

// resyncs are the resyncs of every replica in the simulation, as a runbook prints them.
func resyncs(t *testing.T, s *script.Script) string {
	t.Helper()
	session := script.NewSession(s)
	for !session.Done() {
		_, err := session.Advance(session.World().Now().Add(100*time.Millisecond), 1<<20)
		must(t, err)
	}
	came := map[string]string{}
	for _, e := range session.World().Events().All() {
		if f, ok := e.Fact.(engine.SyncFinished); ok {
			if came[e.Node] += " full"; f.Partial {
				came[e.Node] = strings.TrimSuffix(came[e.Node], "full") + "partial"
			}
		}
	}
	var b strings.Builder
	for _, st := range s.Statements {
		if a, ok := st.Act.(script.AddNode); ok {
			b.WriteString(a.Name + ":" + came[a.Name] + "\n")
		}
	}
	return b.String()
}

type runbookOutput struct{ text, verdicts string }

// runbookPorts counts the ranges of ports that runbooks were given. Where it begins differs from one run of the tests to
// the next, for two may go on beside each other.
var runbookPorts atomic.Int64

func init() { runbookPorts.Store(int64(os.Getpid())) }

// freePorts is where a range of ports begins that nobody listens on.
func freePorts(t *testing.T) int {
	t.Helper()
search:
	for range 100 {
		first := 17000 + 32*int(runbookPorts.Add(1)%400)
		for port := first; port < first+32; port++ {
			l, err := net.Listen("tcp", address(port))
			if err != nil {
				continue search
			}
			must(t, l.Close())
		}
		return first
	}
	t.Fatal("no ports are free")
	return 0
}

func address(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// verdictLine is what a runbook says at its end of a node.
var verdictLine = regexp.MustCompile(`(?m)^  ([a-z][a-z0-9-]*) +((?:(?:full|partial) )*)$`)

// playRunbook writes a runbook into a folder and runs it there.
func playRunbook(t *testing.T, dir string, s *script.Script) (runbookOutput, error) {
	t.Helper()
	return beginRunbook(t, dir, s, freePorts(t), nil)()
}

// beginRunbook writes a runbook into a folder and begins to run it there. What it returns waits for the end.
func beginRunbook(t *testing.T, dir string, s *script.Script, port int, env []string, args ...string) (wait func() (runbookOutput, error)) {
	t.Helper()
	for _, f := range s.Runbook() {
		name := filepath.Join(dir, f.Name)
		must(t, os.MkdirAll(filepath.Dir(name), 0o700))
		if f.Run {
			writeProgram(t, name, f.Text)
		} else {
			must(t, os.WriteFile(name, []byte(f.Text), 0o600))
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), 8*time.Minute)
	t.Cleanup(stop)
	cmd := exec.CommandContext(ctx, "./run.sh", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "RESYNC_PORT="+strconv.Itoa(port)), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its servers
	cmd.WaitDelay = 10 * time.Second
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	must(t, cmd.Start())
	return sync.OnceValues(func() (runbookOutput, error) {
		err := cmd.Wait()
		out := runbookOutput{text: text.String()}
		if _, end, ok := strings.Cut(out.text, "How each replica came back"); ok {
			for _, m := range verdictLine.FindAllStringSubmatch(end, -1) {
				out.verdicts += strings.TrimRight(m[1]+": "+m[2], " ") + "\n"
			}
		}
		return out, err
	})
}

// Whatever a script says is a word to the shell, and nothing that it does.
func TestNothingInARunbookIsDoneByTheShell(t *testing.T) {
	t.Parallel()
	evil := "$(touch pwned)`touch pwned`'\"; touch pwned #\\"
	quoted := strconv.Quote(strings.ReplaceAll(evil, "`", "~")) // a condition's command ends at a backquote
	s := parse(t, `title "one\ntouch pwned"
about `+strconv.Quote(evil)+`
node m1 repl-diskless-sync-delay=0 dbfilename=$(touch${IFS}pwned)
node r1 replicaof m1 repl-diskless-sync-delay=0
until r1.master_link_status = up
step `+strconv.Quote(evil)+`
m1> SET `+quoted+` `+strconv.Quote(evil)+`
m1> FAILOVER `+strconv.Quote(evil)+` TO r1 6380
wait 300ms
expect `+"`r1> EXISTS "+quoted+"`"+` = 1 and `+"`r1> GET k`"+` != `+strconv.Quote(evil)+`
`)
	dir := t.TempDir()
	out, err := playRunbook(t, dir, s)
	if err != nil {
		t.Errorf("%v\n%s", err, out.text)
	}
	if strings.Contains(out.text, "command not found") || !strings.Contains(out.text, evil) {
		t.Errorf("it was not taken as it is:\n%s", out.text)
	}
	if found, err := filepath.Glob(filepath.Join(dir, "pwned")); err != nil || len(found) > 0 {
		t.Errorf("the shell has made %q, %v", found, err)
	}
}

// writeProgram writes a program so that it can be run at once: nobody is born meanwhile who would have it open.
func writeProgram(t *testing.T, name, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	err := os.WriteFile(name, []byte(text), 0o700)
	syscall.ForkLock.RUnlock()
	must(t, err)
}

// wantRefused checks that a runbook ended with the status that its README has for that, and said why.
func wantRefused(t *testing.T, out runbookOutput, err error, why string) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(out.text, why) {
		t.Errorf("%v, want exit status 2 and %q:\n%s", err, why, out.text)
	}
}

// stranger is somebody else's server: it answers as a server would, and notes what it was told.
type stranger struct {
	listener net.Listener
	mu       sync.Mutex
	told     string
}

func listenAsStranger(port int) (*stranger, error) {
	l, err := net.Listen("tcp", address(port))
	if err != nil {
		return nil, err
	}
	s := &stranger{listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.answer(c)
		}
	}()
	return s, nil
}

func (s *stranger) answer(c net.Conn) {
	defer c.Close()
	for b := make([]byte, 4096); ; {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.told += string(b[:n])
		s.mu.Unlock()
		if _, err := c.Write([]byte("+PONG\r\n")); err != nil {
			return
		}
	}
}

// wantLeftAlone checks that nobody spoke to it.
func (s *stranger) wantLeftAlone(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told != "" {
		t.Errorf("the stranger was told %q", s.told)
	}
}

// A runbook speaks to its own servers only. Whoever has one of its ports keeps it, and nothing of the story begins.
func TestARunbookLeavesAStrangersPortAlone(t *testing.T) {
	t.Parallel()
	s := parse(t, `node m1 repl-diskless-sync-delay=0
m1> SET k v
node r1 replicaof m1 repl-diskless-sync-delay=0
wait 1s
`)
	for i, whose := range []string{"m1", "r1", "r1:m1", "m1:r1"} { // the servers come first, then the roads
		t.Run(whose, func(t *testing.T) {
			t.Parallel()
			first := freePorts(t)
			other, err := listenAsStranger(first + i)
			must(t, err)
			defer other.listener.Close()
			out, err := beginRunbook(t, t.TempDir(), s, first, nil)()
			wantRefused(t, out, err, whose+" needs port "+strconv.Itoa(first+i)+", and somebody else has it")
			if strings.Contains(out.text, "SET k v") {
				t.Errorf("the story has begun:\n%s", out.text)
			}
			other.wantLeftAlone(t)
		})
	}
}

// A port that was the runbook's own may be another's when the server comes back.
func TestARunbookLeavesAPortAloneThatAStrangerHasTaken(t *testing.T) {
	t.Parallel()
	s := parse(t, `node m1
kill m1
wait 4s
start m1
m1> SET k v
`)
	first := freePorts(t)
	wait := beginRunbook(t, t.TempDir(), s, first, nil)
	eventually(t, "m1 listens", func() bool { return answers(address(first)) })
	var other *stranger
	eventually(t, "m1 was killed", func() (ok bool) {
		var err error
		other, err = listenAsStranger(first)
		return err == nil
	})
	defer other.listener.Close()
	out, err := wait()
	wantRefused(t, out, err, "m1 needs port "+strconv.Itoa(first)+", and somebody else has it")
	other.wantLeftAlone(t)
}

// Between a look at the port and the start somebody may be quicker: the server that answers must be the process that
// was started. Here that is a program which only sleeps, and the server beside it is not the runbook's.
func TestARunbookAsksWhoAnswers(t *testing.T) {
	t.Parallel()
	program, _, _, err := Find()
	must(t, err)
	env := programs(t, "redis-server", "#!/bin/sh\n"+program+" \"$@\" &\nexec sleep 60\n")
	first := freePorts(t)
	out, err := beginRunbook(t, t.TempDir(), parse(t, "node m1\nm1> SET k v\n"), first, env)()
	wantRefused(t, out, err, "m1 needs port "+strconv.Itoa(first)+", and somebody else has it")
	if strings.Contains(out.text, "SET k v") {
		t.Errorf("the story has begun:\n%s", out.text)
	}
}

// Its own ports a runbook takes again, at once and as often as the story wants.
func TestARunbookTakesItsOwnPortsAgain(t *testing.T) {
	t.Parallel()
	s := parse(t, `node m1 requirepass=secret repl-diskless-sync-delay=0
node r1 replicaof m1 masterauth=secret repl-diskless-sync-delay=0
until r1.master_link_status = up
kill m1
start m1
shutdown r1
start r1
sever m1 r1
heal m1 r1
isolate r1
rejoin r1
until r1.master_link_status = up
expect m1.state = up and r1.state = up
`)
	if out, err := playRunbook(t, t.TempDir(), s); err != nil {
		t.Errorf("%v\n%s", err, out.text)
	}
}

// A runbook's servers have no secrets from whoever reaches them, so that only this machine may. A script's own bind does
// not change that.
func TestARunbooksServersListenToThisMachineOnly(t *testing.T) {
	t.Parallel()
	s := parse(t, `node m1 bind=0.0.0.0
node r1 replicaof m1
until r1.master_link_status = up within 20s
wait 2s
`)
	first := freePorts(t)
	wait := beginRunbook(t, t.TempDir(), s, first, nil)
	for i, part := range []string{"m1", "r1", "r1:m1", "m1:r1"} {
		eventually(t, part+" listens", func() bool { return answers(address(first + i)) })
		// Who listens on all interfaces listens on the loopback's other addresses as well.
		if answers("127.0.0.2:" + strconv.Itoa(first+i)) {
			t.Errorf("%s listens on other addresses than 127.0.0.1", part)
		}
	}
	if out, err := wait(); err != nil {
		t.Errorf("%v\n%s", err, out.text)
	}
}

// Containers reach each other over a net of their own: the files that they read still let them in.
func TestARunbooksContainersLetEachOtherIn(t *testing.T) {
	t.Parallel()
	for _, f := range parse(t, "node m1\n").Runbook() {
		if f.Name == "conf/m1.conf" && !strings.Contains(f.Text, "protected-mode no\n") || strings.Contains(f.Name+f.Text, "127.0.0.1") && f.Name != "run.sh" {
			t.Errorf("%s:\n%s", f.Name, f.Text)
		}
	}
}

// A node that is removed is silent: who dials it is not refused, whatever is done to the other roads.
func TestARunbookRemovesANode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := playRunbook(t, dir, parse(t, `node m1 repl-diskless-sync-delay=0
node r1 replicaof m1
node r2 replicaof m1
until r1.master_link_status = up and r2.master_link_status = up within 20s
sever m1 r2
kill m1
remove m1
isolate r1
rejoin r1
wait 2500ms
expect r1.state = up and r1.master_link_status = down
expect r2.master_link_status = down
`))
	if err != nil {
		t.Errorf("%v\n%s", err, out.text)
	}
}

// A node that is started as another version needs another container, with a configuration of that version, over the same files.
func TestARunbookUpgradesContainers(t *testing.T) {
	t.Parallel()
	text := "node m1 era 4.0\nnode r1 era 4.0 replicaof m1\nkill r1\nstart r1 era 8.0\nkill r1\nstart r1\nkill r1\nstart r1 era 8.0\n"
	files := map[string]string{}
	for _, f := range parse(t, text).Runbook() {
		if files[f.Name] != "" {
			t.Errorf("%s is there twice", f.Name)
		}
		files[f.Name] = f.Text
	}
	for name, want := range map[string]string{
		"docker-compose.r1-8.0.yml": "services:\n  r1:\n    image: valkey/valkey:8.0\n    command: [\"valkey-server\", \"/conf/r1-8.0.conf\", \"--port\", \"17001\", \"--slaveof\", \"r1-to-m1\",",
		"docker-compose.yml":        "  r1:\n    image: redis:4.0\n    command: [\"redis-server\", \"/conf/r1.conf\",",
		"conf/r1-8.0.conf":          "enable-debug-command yes\n",
		"run.sh":                    "ERAS='4.0 8.0'\n",
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q:\n%s", name, want, files[name])
		}
	}
	if story := "start_as r1 8.0\nkill_node r1\nstart r1\nkill_node r1\nstart_as r1 8.0\n"; !strings.Contains(files["run.sh"], story) || strings.Contains(files["conf/r1.conf"], "enable-debug") {
		t.Errorf("%s\n%s", files["run.sh"], files["conf/r1.conf"])
	}
	dir := t.TempDir()
	out, err := playRunbook(t, dir, parse(t, text))
	wantRefused(t, out, err, "this run has servers of other generations (4.0 8.0)")
}

// Docker without Compose, or without its daemon, can do nothing: that is said at once, with what to do.
func TestARunbookSaysWhatDockerLacks(t *testing.T) {
	t.Parallel()
	s := parse(t, "node m1\n")
	for _, c := range []struct{ lacks, works, want string }{
		{"compose", "info", "install its compose plugin"},
		{"daemon", "compose version", "does not reach its daemon: start it"},
	} {
		t.Run(c.lacks, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			env := programs(t, "docker", "#!/bin/sh\necho \"$*\" >>asked\n[ \"$*\" = '"+c.works+"' ]\n")
			out, err := beginRunbook(t, dir, s, freePorts(t), env, "docker")()
			wantRefused(t, out, err, c.want)
			asked, err := os.ReadFile(filepath.Join(dir, "asked"))
			must(t, err)
			for _, line := range strings.Split(strings.TrimSpace(string(asked)), "\n") {
				if line != "compose version" && line != "info" {
					t.Errorf("docker was asked for %q", line)
				}
			}
		})
	}
}

// Patience is for the servers. Where every look takes long, because the machine does something else, it does not end sooner.
func TestARunbookIsPatientOnASlowMachine(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("redis-cli")
	must(t, err)
	env := programs(t, "redis-cli", "#!/bin/sh\nsleep 0.5\nexec "+cli+" \"$@\"\n")
	s := parse(t, "node m1\nuntil m1.total_connections_received > 4 within 1s\n") // every look is a connection
	if out, err := beginRunbook(t, t.TempDir(), s, freePorts(t), env)(); err != nil {
		t.Errorf("%v\n%s", err, out.text)
	}
}

// What the story ends is no news: the shell does not tell of its jobs.
func TestARunbookEndsItsLoadsInSilence(t *testing.T) {
	t.Parallel()
	out, err := playRunbook(t, t.TempDir(), parse(t, `node m1
load m1 rate 100/s size 10 keys 10
wait 500ms
unload m1
load m1 rate 100/s size 10 keys 10
wait 500ms
load m1 rate 5/s size 10 keys 10
wait 500ms
expect m1.state = up
`))
	if err != nil || strings.Contains(out.text, "Terminated") || strings.Contains(out.text, "Killed") {
		t.Errorf("%v\n%s", err, out.text)
	}
}

// programs puts a program of ours before those on the PATH.
func programs(t *testing.T, name, text string) (env []string) {
	t.Helper()
	dir := t.TempDir()
	writeProgram(t, filepath.Join(dir, name), text)
	return []string{"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")}
}

// answers reports whether somebody listens there.
func answers(address string) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
