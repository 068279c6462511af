package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invoke runs the program and returns its exit status and what it printed.
func invoke(stdin string, args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = run(args, strings.NewReader(stdin), &o, &e)
	return status, o.String(), e.String()
}

const inStep = "node m1\nnode r1 replicaof m1\nuntil r1.master_link_status = up\n"

const splitBrain = inStep + "isolate m1\nwait 1s\nm1> SET k v\nr1> REPLICAOF NO ONE\nkill m1\n"

func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		name, script string
		args         []string
		status       int
		says         string // on either stream
	}{
		{"all is well", "node m1\nexpect m1.role = master\n", []string{"run", "-"}, exitOK, "ok: every expectation holds"},
		{"an expectation fails", "node m1\nexpect m1.role = slave\n", []string{"run", "-"}, exitFailed, "-:2: expected m1.role = slave, but m1.role is master"},
		{"until waits in vain", "node m1\nuntil m1.role = slave within 1s\n", []string{"run", "-"}, exitFailed, "in vain"},
		{"the script is wrong", "nod m1\n", []string{"run", "-"}, exitWrong, "-:1:1: unknown statement 'nod': did you mean 'node'?"},
		{"an act cannot be done", "node m1\nstart m1\n", []string{"run", "-"}, exitWrong, "-:2: m1 is up already"},
		{"there is no such file", "", []string{"run", "no.resync"}, exitWrong, "no.resync"},
		{"no file is named", "", []string{"run"}, exitWrong, "which script?"},
		{"an unknown flag", "", []string{"run", "--tracee"}, exitWrong, "flag provided but not defined: -tracee"},
		{"an unknown command", "", []string{"ran"}, exitWrong, "unknown command 'ran'"},
		{"no command", "", nil, exitWrong, "Resync runs scripts"},
		{"help", "", []string{"--help"}, exitOK, "Resync runs scripts"},
		{"help on a command", "", []string{"run", "--help"}, exitOK, "Resync runs scripts"},
		{"JSON", "node m1\n", []string{"run", "--json", "-"}, exitOK, `{"time":"0.000000","ok":true,"events":3,"hash":"`},
		{"the hash of the run", "node m1\n", []string{"run", "-"}, exitOK, "# trace "},
		{"a log for ShiViz", "node m1\n", []string{"run", "--shiviz", "-"}, exitOK, "(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)\n\nworld {\"world\":1}\n0.000000 do node m1\nm1 {\"m1\":1}\n"},
		{"an audit", splitBrain, []string{"run", "--audit", "-"}, exitOK, "r1 lacks 1 of 1 writes, 50 bytes of stream; of 1 a client was told that they are done\n"},
		{"an audit as JSON", splitBrain, []string{"run", "--audit", "--json", "-"}, exitOK, `"first":1,"last":50,"commands":"SELECT 0, SET k v","keys":["k"],"acknowledged":`},
		{"an audit of nobody", "node m1\nkill m1\n", []string{"run", "--audit", "-"}, exitOK, "no node that is up is a master"},
		{"a trace", "node m1\n", []string{"run", "--trace", "-"}, exitOK, "m1 log * Ready to accept connections"},
		{"a check", inStep, []string{"run", "--check", "-"}, exitOK, "ok: every expectation holds"},
		{"a check of what does not come to rest", inStep + "kill r1\n", []string{"run", "--check", "-"}, exitFailed, "-: no rest after 5m: r1 is down"},
		{"another seed", "node m1\n", []string{"run", "--seed", "0", "-"}, exitOK, "# seed 0"},
		{"real servers", "node m1\nexpect m1.role = master\n", []string{"run", "--real", "-"}, exitOK, "ok: every expectation holds"},
		{"an expectation fails on real servers", "node m1\nexpect m1.role = slave\n", []string{"run", "--real", "-"}, exitFailed, "-:2: expected m1.role = slave, but m1.role is master"},
		{"what real servers cannot do", "node m1\nskew m1 1s\n", []string{"run", "--real", "-"}, exitWrong, "-:2: skew m1 1s: real servers all have the clock of this machine"},
		{"real servers as JSON", "node m1\nm1> PING\n", []string{"run", "--real", "--json", "-"}, exitOK, `"node":"m1","fact":"Replied","text":"reply 1 PING: PONG",`},
		{"a trace of real servers", "node m1\n", []string{"run", "--real", "--trace", "-"}, exitOK, "m1 log * Ready to accept connections"},
		{"a check of real servers", "node m1\n", []string{"run", "--real", "--check", "-"}, exitWrong, "look into simulated nodes"},
		{"a swarm", "", []string{"swarm", "--seeds", "3", "--from", "5"}, exitOK, "3 worlds, 0 failed"},
		{"no swarm", "", []string{"swarm"}, exitWrong, "how many seeds?"},
		{"nothing to format", "", []string{"fmt"}, exitWrong, "which script?"},
	} {
		status, out, errs := invoke(c.script, c.args...)
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("%s: status %d, want %d\n%s%s", c.name, status, c.status, out, errs)
		}
	}
}

func TestTheWorstOfSeveralScriptsCounts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, failing := write("good.resync", "node m1\n"), write("failing.resync", "expect 1 = 2\n")
	if status, out, _ := invoke("", "run", failing, good); status != exitFailed || !strings.Contains(out, "ok:") {
		t.Errorf("status %d, want %d, and the second script run all the same:\n%s", status, exitFailed, out)
	}
}

func TestFormatRewritesOnlyWhatDiffers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.resync")
	if err := os.WriteFile(path, []byte("node   m1\n\n\n# note\nm1>GET 'k'"), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := invoke("", "fmt", path); status != exitOK {
		t.Fatal(errs)
	}
	got, err := os.ReadFile(path)
	if want := "node m1\n\n# note\nm1> GET k\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}
