// Versus measures bin/resync-server beside redis-server and, where it can take part, the in-process server miniredis:
// redis-benchmark runs against each in turn, several rounds in the same minutes, so that a busy machine slows all.
// What is told is the median of the rounds, and in brackets the least and the most: where these are far apart, or the
// machine was busy at the start, it says little. Then a million keys are kept, saved and loaded. With -repl it measures
// replication instead, each kind of server as master and as replica of each (repl.go).
//
//	go run ./engine/cmd/versus [-rounds 5] [-requests 100000] [-pipeline 1,16] [-tests set,get] [-keys 1000000]
//	go run ./engine/cmd/versus -repl [-rounds 5] [-keys 1000000] [-gaps 1,10,100] [-stream 200] [-replicas 1,8,64] [-lag 100]
package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each server is measured")
	requests := flag.Int("requests", 100_000, "requests in each measurement, times the pipeline's square root")
	pipelines := flag.String("pipeline", "1,16", "requests sent at once on each connection")
	tests := flag.String("tests", "", "what redis-benchmark calls its tests; all of its own list when empty")
	keys := flag.Int("keys", 1_000_000, "how many keys are saved and loaded, or fully resynced; 0 for none")
	repl := flag.Bool("repl", false, "measure replication")
	gaps := flag.String("gaps", "1,10,100", "megabytes that a replica has missed; none when empty")
	streamed := flag.Int("stream", 200, "megabytes that are streamed to many replicas; 0 for none")
	replicas := flag.String("replicas", "1,8,64", "how many replicas read the stream")
	lag := flag.Int("lag", 100, "megabytes that slow replicas have not read; 0 for none")
	flag.Parse()
	if *rounds < 1 {
		fmt.Fprintln(os.Stderr, "versus: at least one round is needed")
		os.Exit(1)
	}
	if average, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprint(os.Stderr, busy(string(average)))
	}
	if *repl {
		if err := replication(*rounds, *keys, *gaps, *streamed, *replicas, *lag); err != nil {
			fmt.Fprintln(os.Stderr, "versus:", err)
			os.Exit(1)
		}
		return
	}
	if err := versus(*rounds, *requests, *pipelines, *tests, *keys); err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
		os.Exit(1)
	}
}

const (
	oursBinary   = "bin/resync-server"
	theirsBinary = "redis-server"
)

func versus(rounds, requests int, pipelines, tests string, keys int) error {
	for _, pipeline := range strings.Split(pipelines, ",") {
		deep, err := strconv.Atoi(pipeline)
		if err != nil || deep < 1 {
			return fmt.Errorf("a pipeline of %q", pipeline)
		}
		n := requests
		for d := deep; d >= 4; d /= 4 {
			n *= 2
		}
		args := []string{"-n", strconv.Itoa(n), "-P", pipeline}
		if tests != "" {
			args = append(args, "-t", tests)
		}
		if err := throughput(rounds, args); err != nil {
			return err
		}
	}
	if keys == 0 {
		return nil
	}
	return snapshots(rounds, keys)
}

// busy warns of a machine that has other things to do: average is what /proc/loadavg says.
func busy(average string) string {
	lastMinute, _, _ := strings.Cut(average, " ")
	if load, err := strconv.ParseFloat(lastMinute, 64); err != nil || load <= 1 {
		return ""
	}
	return "versus: WARNING: the machine is busy (load average " + lastMinute + "): these figures are noise, ratios included\n"
}

func replication(rounds, keys int, gaps string, streamed int, replicas string, lag int) error {
	b := replBench{rounds: rounds, keys: keys, streamed: streamed * 1e6, lag: lag * 1e6}
	var err error
	if b.gaps, err = numbers(gaps); err != nil {
		return err
	}
	for i := range b.gaps {
		b.gaps[i] *= 1e6
	}
	if b.replicas, err = numbers(replicas); err != nil {
		return err
	}
	return b.run()
}

// miniTests are the tests that miniredis is measured with. Not LPUSH: it copies the whole list each time.
const miniTests = "set,get,incr,sadd,hset,zadd"

// throughput prints the median requests per second of the servers for each test, and the ratios.
func throughput(rounds int, args []string) error {
	var servers []*server
	defer func() {
		for _, s := range servers {
			s.stop()
		}
	}()
	for _, program := range []string{oursBinary, theirsBinary, ""} {
		s, err := start(program)
		if err != nil {
			return err
		}
		servers = append(servers, s)
	}
	var order []string
	measured := make(map[string]*[3][]float64)
	for range rounds {
		for i, s := range servers {
			rows, err := s.measure(args)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if measured[r.test] == nil {
					measured[r.test] = new([3][]float64)
					order = append(order, r.test)
				}
				measured[r.test][i] = append(measured[r.test][i], r.perSecond/1000)
			}
		}
	}
	fmt.Printf("redis-benchmark %s, %d rounds, thousands of requests per second: median (least-most)\n", strings.Join(args, " "), rounds)
	fmt.Printf("%-36s %24s %24s %8s %24s\n", "", "resync-server", "redis-server", "ratio", "miniredis")
	for _, test := range order {
		ours, theirs := measured[test][0], measured[test][1]
		fmt.Printf("%-36s %24s %24s %8.2f", test, spread(ours, 1), spread(theirs, 1), median(ours)/median(theirs))
		if mini := measured[test][2]; mini != nil {
			fmt.Printf(" %24s", spread(mini, 1))
		}
		fmt.Println()
	}
	fmt.Println()
	return nil
}

// snapshots prints what it takes to keep, save and load so many keys.
func snapshots(rounds, keys int) error {
	programs := []string{oursBinary, theirsBinary}
	costs := make([]snapshotCosts, len(programs))
	for range rounds {
		for i, program := range programs {
			if err := costs[i].measure(program, keys); err != nil {
				return fmt.Errorf("%s: %w", program, err)
			}
		}
	}
	fmt.Printf("%d keys of 100 bytes, %d rounds: median (least-most)\n", keys, rounds)
	fmt.Printf("%-16s %16s %20s %16s %20s %16s\n", "", "bytes/key", "save, seconds", "peak growth, MB", "load, seconds", "peak, MB")
	for i, program := range programs {
		c := &costs[i]
		fmt.Printf("%-16s %16s %20s %16s %20s %16s\n", filepath.Base(program),
			spread(c.perKey, 0), spread(c.save, 3), spread(c.growth, 0), spread(c.load, 3), spread(c.peak, 0))
	}
	return nil
}

// snapshotCosts is what keeping, saving and loading took in each round.
type snapshotCosts struct {
	perKey []float64 // bytes
	save   []float64 // seconds
	growth []float64 // megabytes, while it saves
	load   []float64 // seconds, from the start of the process
	peak   []float64 // megabytes, while it loads
}

func (c *snapshotCosts) measure(program string, keys int) error {
	s, err := start(program)
	if err != nil {
		return err
	}
	defer s.stop()
	empty, err := s.memory("VmRSS")
	if err != nil {
		return err
	}
	if err := s.do(fmt.Sprintf("DEBUG POPULATE %d key 100", keys)); err != nil {
		return err
	}
	full, err := s.memory("VmRSS")
	if err != nil {
		return err
	}
	// From here on the kernel counts the peak anew.
	if err := os.WriteFile("/proc/"+strconv.Itoa(s.cmd.Process.Pid)+"/clear_refs", []byte("5"), 0); err != nil {
		return err
	}
	began := time.Now()
	if err := s.do("SAVE"); err != nil {
		return err
	}
	saved := time.Since(began)
	peak, err := s.memory("VmHWM")
	if err != nil {
		return err
	}

	loader, err := run(program, s.dir)
	if err != nil {
		return err
	}
	defer loader.kill()
	began = time.Now()
	for loader.do("PING") != nil {
		if time.Since(began) > time.Minute {
			return errors.New("it does not load its file")
		}
		time.Sleep(5 * time.Millisecond)
	}
	loaded := time.Since(began)
	loadPeak, err := loader.memory("VmHWM")
	if err != nil {
		return err
	}
	c.perKey = append(c.perKey, float64(full-empty)/float64(keys))
	c.save = append(c.save, saved.Seconds())
	c.growth = append(c.growth, float64(peak-full)/1e6)
	c.load = append(c.load, loaded.Seconds())
	c.peak = append(c.peak, float64(loadPeak)/1e6)
	return nil
}

// median is the middle one of the values, or the mean of the two in the middle.
func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// spread shows the median of some values between the least and the most of them.
func spread(v []float64, digits int) string {
	return fmt.Sprintf("%.*f (%.*f-%.*f)", digits, median(v), digits, slices.Min(v), digits, slices.Max(v))
}

// A server is a running one, in a folder of its own that keeps nothing.
type server struct {
	cmd  *exec.Cmd
	mini *miniredis.Miniredis // in this process, instead of cmd
	dir  string
	port string
}

// start runs a program with options in a new folder, or miniredis when it has no name.
func start(program string, options ...string) (*server, error) {
	if program == "" {
		mini, err := miniredis.Run()
		if err != nil {
			return nil, err
		}
		return &server{mini: mini, port: mini.Port()}, nil
	}
	dir, err := os.MkdirTemp("", "resync-versus-")
	if err != nil {
		return nil, err
	}
	s, err := run(program, dir, options...)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.await(10 * time.Second); err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	return s, nil
}

// run starts a program in a folder, whose file it loads.
func run(program, dir string, options ...string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, port: port}
	options = append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir, "--enable-debug-command", "yes"}, options...)
	s.cmd = exec.Command(program, options...)
	s.cmd.Stdout, s.cmd.Stderr = io.Discard, os.Stderr
	return s, s.cmd.Start()
}

// do sends a command and waits until it succeeds.
func (s *server) do(line string) error {
	conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		return err
	}
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if reply[0] != '+' {
		return fmt.Errorf("%s: %s", line, strings.TrimSpace(reply))
	}
	return nil
}

// memory reads a line of the process's status, in bytes.
func (s *server) memory(field string) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(status), field+":")
	if !ok {
		return 0, fmt.Errorf("no %s in the status of the process", field)
	}
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kib, err := strconv.ParseInt(number, 10, 64)
	return kib << 10, err
}

// freePort asks the system for a port that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// await waits until the server accepts connections.
func (s *server) await(limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("it does not answer on port %s: %w", s.port, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *server) stop() {
	if s.mini != nil {
		s.mini.Close()
		return
	}
	s.kill()
	_ = os.RemoveAll(s.dir)
}

// kill ends the process and leaves its folder.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// A row is one line that redis-benchmark prints.
type row struct {
	test      string
	perSecond float64
}

func (s *server) measure(args []string) ([]row, error) {
	if s.mini != nil && !slices.Contains(args, "-t") {
		args = append(slices.Clip(args), "-t", miniTests)
	}
	cmd := exec.Command("redis-benchmark", append([]string{"-p", s.port, "-c", "50", "-r", "100000", "-d", "64", "--csv"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("redis-benchmark: %w", err)
	}
	return parseRows(string(out))
}

// parseRows reads redis-benchmark's CSV: a heading, then the test and its requests per second first.
func parseRows(out string) ([]row, error) {
	reader := csv.NewReader(strings.NewReader(out))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading redis-benchmark's output: %w", err)
	}
	var rows []row
	for _, r := range records {
		if len(r) < 2 || r[0] == "test" {
			continue
		}
		perSecond, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			return nil, fmt.Errorf("reading redis-benchmark's output: %w", err)
		}
		rows = append(rows, row{r[0], perSecond})
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("redis-benchmark measured nothing: %q", out)
	}
	return rows, nil
}
