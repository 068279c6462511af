// Command resync runs scripts without a page.
//
//	resync run [--json] [--trace] [--audit] [--check] [--seed N] FILE…    run scripts and print what happens
//	resync run --shiviz FILE                                              run a script and print its events for ShiViz
//	resync run --real [--json] [--trace] [--seed N] FILE…       the same with real redis-server processes
//	resync swarm [--first] [--era ERA] --seeds N [--from S]     run random worlds and check them
//	resync fmt FILE…                                            rewrite scripts in their canonical form
//	resync runbook FILE FOLDER                                  write what repeats a script on real servers with a shell
//
// It exits with 1 when an expectation or a check fails or a run with --real is interrupted, and with 2 when a script or
// the command line is wrong or redis-server is missing.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"resync/engine/node"
	"resync/engine/real"
	"resync/engine/script"
)

const usage = `Resync runs scripts of a simulated world of Redis servers.

  resync run [FLAGS] FILE…                run scripts and print what happens; "-" is standard input
      --json      a JSON object a line
      --trace     every event, not only those that explain the outcome
      --audit     at the end, which writes the master that won does not have, and whether a client was told of them
      --shiviz    nothing but all events with vector clocks, as https://bestchai.bitbucket.io/shiviz/ reads them
      --check     then run them again as the swarm does: watched, and until all nodes are at rest
      --seed N    another seed than the script's
      --real      with redis-server processes of this machine, in real time; what they cannot do is refused first
  resync swarm --seeds N [--from S]       run the random worlds S to S+N-1 and check them; what is wrong with one is
                                          told with a short script that does it again
      --era ERA   all nodes are of that era or, with "mixed", of several; else the seed decides
      --first     stop at the first that fails, and leave its script as long as it is
  resync fmt FILE…                        rewrite scripts in their canonical form
  resync runbook FILE FOLDER              write a new folder that repeats a script on real servers, with a shell or Docker

Exit status: 0 all is well; 1 an expectation or a check failed, or the run was interrupted; 2 a script or the command
line is wrong, or there is no redis-server for --real.
`

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitWrong  = 2
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	status := run(os.Args[1:], os.Stdin, out, os.Stderr)
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = max(status, exitFailed)
	}
	os.Exit(status)
}

// run is the program, given its arguments and streams. It returns the exit status.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errs, usage)
		return exitWrong
	}
	switch args[0] {
	case "run":
		return runScripts(args[1:], in, out, errs)
	case "swarm":
		return swarm(args[1:], out, errs)
	case "fmt":
		return format(args[1:], errs)
	case "runbook":
		return runbook(args[1:], in, errs)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(out, usage)
		return exitOK
	}
	fmt.Fprintf(errs, "resync: unknown command '%s'\n\n%s", args[0], usage)
	return exitWrong
}

// flags returns a set that prints the usage of the whole program.
func flags(name string, errs io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() { fmt.Fprint(errs, usage) }
	return f
}

// parse reads the command line. It reports the status to exit with when there is nothing more to do.
func parse(f *flag.FlagSet, args []string) (status int, done bool) {
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK, true
	case err != nil:
		return exitWrong, true
	}
	return 0, false
}

func runScripts(args []string, in io.Reader, out, errs io.Writer) int {
	f := flags("run", errs)
	var o script.RunOptions
	f.BoolVar(&o.JSON, "json", false, "")
	f.BoolVar(&o.Trace, "trace", false, "")
	f.BoolVar(&o.ShiViz, "shiviz", false, "")
	f.BoolVar(&o.Audit, "audit", false, "")
	check := f.Bool("check", false, "")
	onReal := f.Bool("real", false, "")
	seed := f.Uint64("seed", 0, "")
	if status, done := parse(f, args); done {
		return status
	}
	if f.NArg() == 0 {
		fmt.Fprint(errs, "resync run: which script?\n\n", usage)
		return exitWrong
	}
	if (*check || o.ShiViz || o.Audit) && *onReal {
		fmt.Fprint(errs, "resync run: --check, --audit and --shiviz look into simulated nodes, so they do not go with --real\n\n", usage)
		return exitWrong
	}
	runOne := func(s *script.Script, out io.Writer) error { return script.Run(s, out, o) }
	if *onReal {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		runOne = func(s *script.Script, out io.Writer) error { return real.Run(ctx, s, unbuffered{out}, o) }
	}
	seeded := false
	f.Visit(func(one *flag.Flag) { seeded = seeded || one.Name == "seed" })
	worst := exitOK
	for _, name := range f.Args() {
		s, err := load(name, in)
		if err == nil {
			if seeded {
				s.Seed = *seed
			}
			if err = runOne(s, out); err == nil && *check {
				err = checked(s)
			}
		}
		if err != nil {
			fmt.Fprintln(errs, err)
			worst = max(worst, status(err))
		}
	}
	return worst
}

// unbuffered shows at once what is written: a real story takes its time.
type unbuffered struct{ io.Writer }

func (u unbuffered) Write(b []byte) (int, error) {
	n, err := u.Writer.Write(b)
	if buffer, ok := u.Writer.(*bufio.Writer); ok && err == nil {
		err = buffer.Flush()
	}
	return n, err
}

// checked checks a script that has run. What it finds is wrong with the nodes, not with the script.
func checked(s *script.Script) error {
	if err := script.Check(s); err != nil {
		return &script.ExpectError{File: s.File, Text: err.Error()}
	}
	return nil
}

// status is the exit status of an error: what was expected did not come, or the script is wrong.
func status(err error) int {
	var failed *script.ExpectError
	var limit *script.LimitError
	if errors.As(err, &failed) || errors.As(err, &limit) || errors.Is(err, script.ErrEnded) {
		return exitFailed
	}
	return exitWrong
}

// load reads and parses a script; "-" is standard input.
func load(name string, in io.Reader) (*script.Script, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(io.LimitReader(in, script.MaxText+1))
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	return script.Parse(name, string(text))
}

func format(args []string, errs io.Writer) int {
	f := flags("fmt", errs)
	if status, done := parse(f, args); done {
		return status
	}
	if f.NArg() == 0 {
		fmt.Fprint(errs, "resync fmt: which script?\n\n", usage)
		return exitWrong
	}
	worst := exitOK
	for _, name := range f.Args() {
		if err := formatFile(name); err != nil {
			fmt.Fprintln(errs, err)
			worst = exitWrong
		}
	}
	return worst
}

// formatFile rewrites a script where its canonical form differs.
func formatFile(name string) error {
	before, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	s, err := script.Parse(name, string(before))
	if err != nil {
		return err
	}
	if after := s.String(); after != string(before) {
		return os.WriteFile(name, []byte(after), 0o666)
	}
	return nil
}

// runbook writes a script's runbook into a folder that is not there yet.
func runbook(args []string, in io.Reader, errs io.Writer) int {
	f := flags("runbook", errs)
	if status, done := parse(f, args); done {
		return status
	}
	if f.NArg() != 2 {
		fmt.Fprint(errs, "resync runbook: which script, and into which folder?\n\n", usage)
		return exitWrong
	}
	s, err := load(f.Arg(0), in)
	if err == nil {
		err = os.Mkdir(f.Arg(1), 0o777)
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return exitWrong
	}
	for _, file := range s.Runbook() {
		name, mode := filepath.Join(f.Arg(1), filepath.FromSlash(file.Name)), os.FileMode(0o666)
		if file.Run {
			mode = 0o777
		}
		if err = os.MkdirAll(filepath.Dir(name), 0o777); err == nil {
			err = os.WriteFile(name, []byte(file.Text), mode)
		}
		if err != nil {
			fmt.Fprintln(errs, err)
			return exitFailed
		}
	}
	return exitOK
}

// swarm runs random worlds on all processors. Every world is on its own, so what one finds does not depend on the
// others.
func swarm(args []string, out, errs io.Writer) int {
	f := flags("swarm", errs)
	seeds := f.Uint64("seeds", 0, "")
	from := f.Uint64("from", 1, "")
	era := f.String("era", "", "")
	first := f.Bool("first", false, "")
	if status, done := parse(f, args); done {
		return status
	}
	if *seeds == 0 || f.NArg() > 0 {
		fmt.Fprint(errs, "resync swarm: how many seeds?\n\n", usage)
		return exitWrong
	}
	if *era != "" && *era != script.MixedEras && !slices.Contains(node.Eras(), *era) {
		fmt.Fprintf(errs, "resync swarm: there is no era '%s': the eras are %s, %s\n", *era, strings.Join(node.Eras(), ", "), script.MixedEras)
		return exitWrong
	}
	debug.SetGCPercent(400) // worlds are small and soon forgotten
	var next, failed atomic.Uint64
	var printing sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < *seeds; i = next.Add(1) - 1 {
				if *first && failed.Load() > 0 {
					return
				}
				if err := script.Swarm(*from+i, *era, !*first); err != nil {
					failed.Add(1)
					printing.Lock()
					fmt.Fprintln(out, err)
					printing.Unlock()
				}
			}
		})
	}
	workers.Wait()
	fmt.Fprintf(out, "%d worlds, %d failed\n", min(next.Load(), *seeds), failed.Load())
	if failed.Load() > 0 {
		return exitFailed
	}
	return exitOK
}
