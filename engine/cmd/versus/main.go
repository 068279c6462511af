// Versus measures bin/resync-server beside redis-server: redis-benchmark runs against each in turn, several rounds in
// the same minutes, so that a busy machine slows both.
//
//	go run ./engine/cmd/versus [-rounds 3] [-requests 400000] [-pipeline 16] [-tests set,get]
package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 3, "how often each server is measured")
	requests := flag.Int("requests", 400_000, "requests in each measurement")
	pipeline := flag.Int("pipeline", 16, "requests sent at once on each connection")
	tests := flag.String("tests", "set,get", "what redis-benchmark calls its tests")
	flag.Parse()
	err := versus(*rounds, []string{"-n", strconv.Itoa(*requests), "-P", strconv.Itoa(*pipeline), "-t", *tests})
	if err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
		os.Exit(1)
	}
}

// versus prints the median requests per second of both servers for each test, and their ratio.
func versus(rounds int, args []string) error {
	ours, err := start("bin/resync-server")
	if err != nil {
		return err
	}
	defer ours.stop()
	theirs, err := start("redis-server")
	if err != nil {
		return err
	}
	defer theirs.stop()

	var order []string
	measured := make(map[string]*[2][]float64)
	for range rounds {
		for i, s := range []*server{ours, theirs} {
			rows, err := s.measure(args)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if measured[r.test] == nil {
					measured[r.test] = new([2][]float64)
					order = append(order, r.test)
				}
				measured[r.test][i] = append(measured[r.test][i], r.perSecond)
			}
		}
	}
	fmt.Printf("redis-benchmark %s, median of %d rounds, requests per second\n", strings.Join(args, " "), rounds)
	fmt.Printf("%-12s %14s %14s %8s\n", "", "resync-server", "redis-server", "ratio")
	for _, test := range order {
		a, b := median(measured[test][0]), median(measured[test][1])
		fmt.Printf("%-12s %14.0f %14.0f %8.2f\n", test, a, b, a/b)
	}
	return nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// A server is a running one, in a folder of its own that keeps nothing.
type server struct {
	cmd  *exec.Cmd
	dir  string
	port string
}

func start(program string) (*server, error) {
	dir, err := os.MkdirTemp("", "resync-versus-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if s.port, err = freePort(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.cmd = exec.Command(program, "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
	s.cmd.Stdout, s.cmd.Stderr = io.Discard, os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.await(10 * time.Second); err != nil {
		s.stop()
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	return s, nil
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
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.dir)
}

// A row is one line that redis-benchmark prints.
type row struct {
	test      string
	perSecond float64
}

func (s *server) measure(args []string) ([]row, error) {
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
