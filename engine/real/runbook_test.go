//go:build linux

package real

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
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

// runbookPorts is where the next runbook's ports begin.
var runbookPorts atomic.Int64

// verdictLine is what a runbook says at its end of a node.
var verdictLine = regexp.MustCompile(`(?m)^  ([a-z][a-z0-9-]*) +((?:(?:full|partial) )*)$`)

// playRunbook writes a runbook into a folder and runs it there.
func playRunbook(t *testing.T, dir string, s *script.Script) (runbookOutput, error) {
	t.Helper()
	for _, f := range s.Runbook() {
		name, mode := filepath.Join(dir, f.Name), os.FileMode(0o600)
		if f.Run {
			mode = 0o700
		}
		must(t, os.MkdirAll(filepath.Dir(name), 0o700))
		must(t, os.WriteFile(name, []byte(f.Text), mode))
	}
	ctx, stop := context.WithTimeout(context.Background(), 8*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "./run.sh")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RESYNC_PORT="+strconv.FormatInt(17000+64*runbookPorts.Add(1), 10))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its servers
	cmd.WaitDelay = 10 * time.Second
	text, err := cmd.CombinedOutput()
	out := runbookOutput{text: string(text)}
	if _, end, ok := strings.Cut(out.text, "How each replica came back"); ok {
		for _, m := range verdictLine.FindAllStringSubmatch(end, -1) {
			out.verdicts += strings.TrimRight(m[1]+": "+m[2], " ") + "\n"
		}
	}
	return out, err
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
