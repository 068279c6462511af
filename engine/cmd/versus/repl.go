package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Replication beside redis-server's: how long a full resync takes, how long it takes to catch up after a cut, how fast
// the stream flows to many replicas and what those that lag cost.

// A replBench says how large the measurements are.
type replBench struct {
	rounds   int
	keys     int   // of a full resync
	gaps     []int // in bytes, of a partial one
	streamed int   // bytes of the stream that many replicas read
	replicas []int // how many read it
	lag      int   // bytes that slow replicas have not read
}

// pairings are master and replica, redis-server's own first: the others are measured against it.
var pairings = [][2]string{{theirsBinary, theirsBinary}, {oursBinary, theirsBinary}, {theirsBinary, oursBinary}, {oursBinary, oursBinary}}

func (b replBench) run() error {
	if b.keys > 0 {
		for _, diskless := range []string{"yes", "no"} {
			title := fmt.Sprintf("Full resync of %d keys of 100 bytes, repl-diskless-sync %s: from REPLICAOF to the link being up", b.keys, diskless)
			if err := b.table(title, func(master, replica string) (time.Duration, error) {
				return fullResync(master, replica, b.keys, diskless)
			}); err != nil {
				return err
			}
		}
	}
	for _, gap := range b.gaps {
		title := fmt.Sprintf("Catching up %s after a cut: from the first connection until all is applied", size(gap))
		if err := b.table(title, func(master, replica string) (time.Duration, error) {
			return catchUp(master, replica, gap)
		}); err != nil {
			return err
		}
	}
	if b.streamed > 0 && len(b.replicas) > 0 {
		if err := b.streams(); err != nil {
			return err
		}
	}
	if b.lag > 0 {
		return b.lagging()
	}
	return nil
}

// table measures each pairing in turn, some rounds of it, and prints what they took.
func (b replBench) table(title string, measure func(master, replica string) (time.Duration, error)) error {
	took := make([][]float64, len(pairings))
	for range b.rounds {
		for i, p := range pairings {
			d, err := measure(p[0], p[1])
			if err != nil {
				return fmt.Errorf("%s to %s: %w", p[0], p[1], err)
			}
			took[i] = append(took[i], d.Seconds())
		}
	}
	fmt.Printf("%s, %d rounds: median (least-most)\n%-16s %-16s %22s %8s\n", title, b.rounds, "master", "replica", "seconds", "ratio")
	for i, p := range pairings {
		fmt.Printf("%-16s %-16s %22s %8.2f\n", filepath.Base(p[0]), filepath.Base(p[1]), spread(took[i], 3), median(took[0])/median(took[i]))
	}
	fmt.Println()
	return nil
}

// fullResync times a replica from being told its master to having all the keys.
func fullResync(master, replica string, keys int, diskless string) (time.Duration, error) {
	m, err := start(master, "--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0")
	if err != nil {
		return 0, err
	}
	defer m.stop()
	r, err := start(replica)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	if err := m.do(fmt.Sprintf("DEBUG POPULATE %d key 100", keys)); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := r.do("REPLICAOF 127.0.0.1 " + m.port); err != nil {
		return 0, err
	}
	return r.until("master_link_status", func(s string) bool { return s == "up" }, began)
}

// catchUp times a replica whose link was cut while so many bytes were written, from its link being healed to its
// having applied them all.
func catchUp(master, replica string, gap int) (time.Duration, error) {
	m, err := start(master, "--repl-diskless-sync-delay", "0", "--repl-backlog-size", strconv.Itoa(2*gap+(1<<20)))
	if err != nil {
		return 0, err
	}
	defer m.stop()
	r, err := start(replica)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	wire, err := newCable(m.port)
	if err != nil {
		return 0, err
	}
	defer wire.close()
	if err := r.do("REPLICAOF 127.0.0.1 " + wire.port()); err != nil {
		return 0, err
	}
	if _, err := r.until("master_link_status", func(s string) bool { return s == "up" }, time.Now()); err != nil {
		return 0, err
	}
	wire.cut()
	if err := m.write(gap); err != nil {
		return 0, err
	}
	offset, err := m.info("master_repl_offset")
	if err != nil {
		return 0, err
	}
	began, err := wire.heal()
	if err != nil {
		return 0, err
	}
	took, err := r.until("slave_repl_offset", func(s string) bool { return s == offset }, began)
	if err != nil {
		return 0, err
	}
	if full, err := m.info("sync_full"); err != nil || full != "1" {
		return 0, fmt.Errorf("sync_full is %s after a cut that the backlog covers, %v", full, err)
	}
	return took, nil
}

// streams prints how fast the stream flows from each kind of master to some numbers of replicas that only read.
func (b replBench) streams() error {
	fmt.Printf("Stream of %s to so many replicas, a pipelined writer, %d rounds: megabytes of writes per second, median (least-most)\n", size(b.streamed), b.rounds)
	fmt.Printf("%-16s %22s %22s %8s\n", "replicas", filepath.Base(oursBinary), theirsBinary, "ratio")
	for _, n := range b.replicas {
		var speed [2][]float64
		for range b.rounds {
			for i, program := range []string{oursBinary, theirsBinary} {
				took, err := streamTo(program, n, b.streamed)
				if err != nil {
					return fmt.Errorf("%s to %d replicas: %w", program, n, err)
				}
				speed[i] = append(speed[i], float64(b.streamed)/1e6/took.Seconds())
			}
		}
		fmt.Printf("%-16d %22s %22s %8.2f\n", n, spread(speed[0], 1), spread(speed[1], 1), median(speed[0])/median(speed[1]))
	}
	fmt.Println()
	return nil
}

// streamTo times the writing of so many bytes until the last of n replicas has read them all.
func streamTo(program string, n, bytes int) (time.Duration, error) {
	m, err := start(program, "--repl-diskless-sync-delay", "0", "--repl-timeout", "600", "--client-output-buffer-limit", "replica 0 0 0")
	if err != nil {
		return 0, err
	}
	defer m.stop()
	replicas, err := m.follow(n)
	defer closeAll(replicas)
	if err != nil {
		return 0, err
	}
	errs := make(chan error, n)
	end := []byte("the-end-of-it-all")
	began := time.Now()
	for _, r := range replicas {
		go func() { errs <- readTo(r, end) }()
	}
	if err := m.write(bytes); err != nil {
		return 0, err
	}
	if err := m.do("SET " + string(end) + " 1"); err != nil {
		return 0, err
	}
	for range n {
		err = errors.Join(err, <-errs)
	}
	return time.Since(began), err
}

// lagging prints what a master's memory grows by while 64 replicas read nothing.
func (b replBench) lagging() error {
	const n = 64
	programs := []string{oursBinary, theirsBinary}
	grew := make([][]float64, len(programs)) // megabytes
	for range b.rounds {
		for i, program := range programs {
			bytes, err := lag(program, n, b.lag)
			if err != nil {
				return fmt.Errorf("%s: %w", program, err)
			}
			grew[i] = append(grew[i], float64(bytes)/1e6)
		}
	}
	fmt.Printf("%d replicas that read nothing of %s, and a backlog of 1 MB, %d rounds: what the master grows by, median (least-most)\n", n, size(b.lag), b.rounds)
	fmt.Printf("%-16s %22s %18s\n", "", "megabytes", "share of the lag")
	for i, program := range programs {
		fmt.Printf("%-16s %22s %18.2f\n", filepath.Base(program), spread(grew[i], 1), median(grew[i])*1e6/float64(b.lag))
	}
	fmt.Println()
	return nil
}

func lag(program string, n, bytes int) (grew int64, err error) {
	m, err := start(program, "--repl-diskless-sync-delay", "0", "--repl-timeout", "600", "--client-output-buffer-limit", "replica 0 0 0")
	if err != nil {
		return 0, err
	}
	defer m.stop()
	replicas, err := m.follow(n)
	defer closeAll(replicas)
	if err != nil {
		return 0, err
	}
	before, err := m.memory("VmRSS")
	if err != nil {
		return 0, err
	}
	if err := m.write(bytes); err != nil {
		return 0, err
	}
	after, err := m.memory("VmRSS")
	return after - before, err
}

// size prints a number of bytes in megabytes.
func size(bytes int) string { return strconv.FormatFloat(float64(bytes)/1e6, 'f', -1, 64) + " MB" }

// follow makes so many connections replicas, whose stream begins now.
func (s *server) follow(n int) (replicas []net.Conn, err error) {
	for range n {
		conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err != nil {
			return replicas, err
		}
		replicas = append(replicas, conn)
		conn.SetDeadline(time.Now().Add(limit))
		// Without capa eof the length of the snapshot is told, and the stream follows at once.
		if _, err := io.WriteString(conn, "PSYNC ? -1\r\n"); err != nil {
			return replicas, err
		}
	}
	for _, conn := range replicas {
		in := bufio.NewReaderSize(conn, 16) // what is read ahead belongs to the snapshot
		var size int
		for size == 0 {
			line, err := in.ReadString('\n')
			if err != nil {
				return replicas, err
			}
			if length, ok := strings.CutPrefix(strings.TrimSpace(line), "$"); ok {
				if size, err = strconv.Atoi(length); err != nil {
					return replicas, err
				}
			}
		}
		if _, err := io.CopyN(io.Discard, in, int64(size)); err != nil {
			return replicas, err
		}
	}
	_, err = s.until("connected_slaves", func(v string) bool { return v == strconv.Itoa(n) }, time.Now())
	return replicas, err
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}

// limit is how long one measurement may take.
const limit = 5 * time.Minute

// readTo reads up to a mark, which may be cut by the pieces that come.
func readTo(conn net.Conn, mark []byte) error {
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := conn.Read(buf[kept:])
		if bytes.Contains(buf[:kept+n], mark) {
			return nil
		}
		if err != nil {
			return err
		}
		from := max(kept+n-len(mark), 0)
		kept = copy(buf, buf[from:kept+n])
	}
}

// write sends SETs of 1000 bytes, as many as make so many bytes, over one connection, and waits until all are done.
func (s *server) write(total int) error {
	conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	value := strings.Repeat("v", 1000)
	one := func(b []byte, i int) []byte {
		key := fmt.Sprintf("key:%03d", i%1000)
		return fmt.Appendf(b, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(value), value)
	}
	n := total/len(one(nil, 0)) + 1
	sent := make(chan error, 1)
	go func() {
		out := bufio.NewWriterSize(conn, 64<<10)
		var b []byte
		for i := range n {
			b = one(b[:0], i)
			if _, err := out.Write(b); err != nil {
				sent <- err
				return
			}
		}
		sent <- out.Flush()
	}()
	if _, err := io.CopyN(io.Discard, conn, int64(n*len("+OK\r\n"))); err != nil {
		return err
	}
	return <-sent
}

// info reads a field of INFO.
func (s *server) info(field string) (string, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+s.port)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(limit))
	if _, err := io.WriteString(conn, "INFO\r\n"); err != nil {
		return "", err
	}
	in := bufio.NewReader(conn)
	head, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(strings.Trim(head, "$\r\n"))
	if err != nil {
		return "", fmt.Errorf("INFO answers %q", head)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), field+":"); ok {
			return value, nil
		}
	}
	return "", nil
}

// until asks for a field of INFO until it is what it should be, and returns how long that took.
func (s *server) until(field string, holds func(string) bool, began time.Time) (time.Duration, error) {
	for {
		value, err := s.info(field)
		if err != nil {
			return 0, err
		}
		if holds(value) {
			return time.Since(began), nil
		}
		if time.Since(began) > limit {
			return 0, fmt.Errorf("%s stays at %q", field, value)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// A cable is the way to a master, which can be cut.
type cable struct {
	l      net.Listener
	target string
	whole  atomic.Bool
	came   chan time.Time // when the first connection came after a cut

	mu    sync.Mutex
	conns []net.Conn
}

func newCable(port string) (*cable, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &cable{l: l, target: "127.0.0.1:" + port, came: make(chan time.Time, 1)}
	c.whole.Store(true)
	go c.serve()
	return c, nil
}

func (c *cable) port() string {
	_, port, _ := net.SplitHostPort(c.l.Addr().String())
	return port
}

func (c *cable) serve() {
	for {
		a, err := c.l.Accept()
		if err != nil {
			return
		}
		if !c.whole.Load() {
			a.Close()
			continue
		}
		b, err := net.Dial("tcp", c.target)
		if err != nil {
			a.Close()
			continue
		}
		select {
		case c.came <- time.Now():
		default:
		}
		c.mu.Lock()
		c.conns = append(c.conns, a, b)
		c.mu.Unlock()
		go join(a, b)
		go join(b, a)
	}
}

func join(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
}

func (c *cable) cut() {
	c.whole.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	closeAll(c.conns)
	c.conns = nil
	select {
	case <-c.came:
	default:
	}
}

// heal lets connections through again and returns when the first one came: until then a replica waits for its tick.
func (c *cable) heal() (time.Time, error) {
	c.whole.Store(true)
	select {
	case at := <-c.came:
		return at, nil
	case <-time.After(10 * time.Second):
		return time.Time{}, errors.New("the replica does not come back")
	}
}

func (c *cable) close() {
	c.l.Close()
	c.cut()
}

// numbers reads numbers with commas between them; an empty text is none.
func numbers(text string) (all []int, err error) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number above zero", word)
		}
		all = append(all, n)
	}
	return all, nil
}
