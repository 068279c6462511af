//go:build linux

package tcp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"resync/engine/node"
	"resync/engine/resp"
)

// The harness of the tests that need real sockets: servers of both kinds behind one type, a proxy that can be
// severed, and raw peers. redis-server is needed and not optional: where it is missing the tests fail.

// patience is how long a test waits for what must happen. A healthy run never comes near it.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait for ticks and for other processes more than they work, so more of them fit in than there are
	// processors.
	if !given("test.parallel") {
		flag.Set("test.parallel", "8")
	}
	os.Exit(m.Run())
}

func given(name string) (found bool) {
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// valkeyServer is what runs as the kind "valkey"; see valkey_real_test.go.
var valkeyServer = flag.String("valkey", "valkey-server", "the valkey-server 8.0 that make valkey compares with")

// A server is a redis-server or valkey-server process, or one of ours in this process.
type server struct {
	t    testing.TB
	kind string // "redis", "valkey", "ours", or "8.0" for one of ours of the era of Valkey 8
	port int
	log  *logBuffer
	c    *client     // the test's own connection
	ours *Server     // nil for a process
	proc *os.Process // nil for ours
	stop func()

	ended chan struct{} // closed when it has exited by itself, or was stopped
	code  int           // with which it did, as a shell tells it
}

// start runs a server of a kind with options as on a command line, in a fresh directory.
func start(t testing.TB, kind string, options ...string) *server {
	t.Helper()
	return startOn(t, kind, 0, options...)
}

// startOn is start on a certain port; 0 is any.
func startOn(t testing.TB, kind string, port int, options ...string) *server {
	t.Helper()
	base := []string{
		"--save", "", "--dir", t.TempDir(), "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes",
		"--repl-ping-replica-period", "3600", "--bind", "127.0.0.1", "--loglevel", "verbose",
	}
	if len(options) > 0 && !strings.HasPrefix(options[0], "--") {
		base, options = append(options[:1:1], base...), options[1:] // a redis.conf comes first
	}
	options = append(base, options...)
	s := &server{t: t, kind: kind, port: port, log: &logBuffer{}, ended: make(chan struct{})}
	switch kind {
	case "redis":
		s.startProcess("redis-server", options)
	case "valkey":
		s.startProcess(*valkeyServer, options)
	case "8.0":
		s.startOurs(append([]string{"--era", kind}, options...))
	default:
		s.startOurs(options)
	}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("log of %s on port %d:\n%s", s.kind, s.port, s.log.tail())
		}
	})
	s.eventually("it answers", func() bool {
		c, err := net.Dial("tcp", s.addr())
		if err == nil {
			s.c = newClient(s.t, c)
		}
		return err == nil
	})
	if s.ours == nil {
		// Its first tick, a millisecond after the start, pings whatever replica is there by then. Let it pass.
		s.ok("DEBUG", "SLEEP", "0.002")
	}
	return s
}

func (s *server) startProcess(program string, options []string) {
	s.t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		s.t.Fatalf("these tests need %s: %v", program, err)
	}
	if s.port == 0 {
		s.port = freePort(s.t)
	}
	cmd := exec.Command(path, append(options, "--port", strconv.Itoa(s.port))...)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.proc = cmd.Process
	go func() {
		defer close(s.ended)
		cmd.Wait()
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
			s.code = 128 + int(status.Signal())
		} else {
			s.code = status.ExitStatus()
		}
	}()
	s.stop = sync.OnceFunc(func() { cmd.Process.Kill(); <-s.ended })
}

func (s *server) startOurs(args []string) {
	s.t.Helper()
	cfg, _, err := node.Load(args, os.ReadFile)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.port != 0 {
		cfg.Port = s.port
	}
	options := Options{Config: cfg, AnyPort: s.port == 0, Seed: uint64(time.Now().UnixNano()),
		Log: &Logger{Out: s.log, PID: os.Getpid(), Level: ParseLogLevel(cfg.LogLevel)}, PID: os.Getpid()}
	for end := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		// A process that is being started for another test holds a closed port until it has become another program.
		var failed *ListenError
		s.ours, err = Listen(options)
		if !errors.As(err, &failed) || !errors.Is(failed.Err, syscall.EADDRINUSE) || s.port == 0 || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.port = s.ours.Config().Port
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(s.ended)
		var err error
		if s.code, err = s.ours.Serve(ctx); err != nil {
			s.t.Error(err)
		}
	}()
	s.stop = func() { cancel(); <-s.ended }
}

// ports counts the ports that were given away. No port is given twice: that nobody listens on it now says nothing of
// another test that has been given it and is about to listen, or whose server is down for a moment.
var ports atomic.Int64

// freePort finds a port that nobody listens on, below those that the kernel gives to outgoing connections: a server
// that is restarted finds it free again.
func freePort(t testing.TB) int {
	t.Helper()
	const first, count = 20000, 12000
	ports.CompareAndSwap(0, 1+rand.Int64N(count)) // another run of these tests begins elsewhere
	for range 1000 {
		port := first + int(ports.Add(1)%count)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (s *server) addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// do sends a command and returns the reply.
func (s *server) do(args ...string) resp.Value {
	s.t.Helper()
	return s.c.do(args...)
}

// ok sends a command that must not fail.
func (s *server) ok(args ...string) resp.Value {
	s.t.Helper()
	v := s.do(args...)
	if v.IsError() {
		s.t.Fatalf("%s: %q answers %s", s.kind, args, resp.Format(v))
	}
	return v
}

// info returns a field of INFO.
func (s *server) info(field string) string {
	s.t.Helper()
	for _, l := range strings.Split(string(s.ok("INFO", "everything").Str), "\r\n") {
		if value, ok := strings.CutPrefix(l, field+":"); ok {
			return value
		}
	}
	return ""
}

func (s *server) number(field string) int64 {
	s.t.Helper()
	n, err := strconv.ParseInt(s.info(field), 10, 64)
	if err != nil {
		s.t.Fatalf("%s: INFO %s: %v", s.kind, field, err)
	}
	return n
}

func (s *server) digest() string { return string(s.ok("DEBUG", "DIGEST").Str) }

// eventually waits until a condition holds.
func (s *server) eventually(what string, holds func() bool) {
	s.t.Helper()
	eventually(s.t, s.kind+": "+what, holds)
}

// eventually asks again and again: there is nothing to be told by when another process gets there.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
	}
}

// follow makes s a replica of whoever listens on port, and waits until its link is up.
func (s *server) follow(port int) {
	s.t.Helper()
	s.ok("REPLICAOF", "127.0.0.1", strconv.Itoa(port))
	s.linkUp()
}

func (s *server) linkUp() {
	s.t.Helper()
	s.eventually("master_link_status:up", func() bool { return s.info("master_link_status") == "up" })
}

// inStep waits until replicas have applied all that the master has written, and compares their data.
func inStep(t testing.TB, master *server, replicas ...*server) {
	t.Helper()
	for _, r := range replicas {
		eventually(t, r.kind+" replica reaches the offset of its "+master.kind+" master", func() bool {
			return r.info("master_link_status") == "up" && r.number("slave_repl_offset") == master.number("master_repl_offset")
		})
		if a, b := master.digest(), r.digest(); a != b {
			t.Errorf("DEBUG DIGEST: %s master %s, %s replica %s", master.kind, a, r.kind, b)
		}
		if a, b := master.info("master_replid"), r.info("master_replid"); a != b {
			t.Errorf("replid: %s master %s, %s replica %s", master.kind, a, r.kind, b)
		}
		if a, b := master.number("master_repl_offset"), r.number("master_repl_offset"); a != b {
			t.Errorf("master_repl_offset: %s master %d, %s replica %d", master.kind, a, r.kind, b)
		}
	}
}

// syncs checks how a master has answered so far.
func (s *server) syncs(full, partial int64) {
	s.t.Helper()
	if f, p := s.number("sync_full"), s.number("sync_partial_ok"); f != full || p != partial {
		s.t.Errorf("%s: sync_full:%d sync_partial_ok:%d, want %d and %d", s.kind, f, p, full, partial)
	}
}

// write sends n SETs with values of a size, in one go.
func (s *server) write(prefix string, n, size int) {
	s.t.Helper()
	var b []byte
	for i := range n {
		b = resp.AppendCommand(b, "SET", prefix+strconv.Itoa(i), strings.Repeat(strconv.Itoa(i%10), size))
	}
	s.c.pipeline(b, n)
}

// fill writes a dataset with the varieties of strings: 10,000 keys in two databases.
func (s *server) fill() {
	s.t.Helper()
	var b []byte
	n := 0
	add := func(args ...string) { b = resp.AppendCommand(b, args...); n++ }
	for i := range 9000 {
		key := "key:" + strconv.Itoa(i)
		switch i % 6 {
		case 0:
			add("SET", key, strconv.Itoa(i*7919-30000))
		case 1:
			add("SET", key, strings.Repeat("compressible ", i%40))
		case 2:
			add("SET", key, fmt.Sprintf("\x00\xff\r\n%d", i))
		case 3:
			add("SET", key, "volatile", "PX", strconv.Itoa(3600_000+i))
		case 4:
			add("SET", key, "")
		default:
			add("APPEND", key, "raw")
		}
	}
	add("SELECT", "9")
	for i := range 1000 {
		add("SET", strings.Repeat("k", i%300)+strconv.Itoa(i), strconv.Itoa(-i))
	}
	add("SELECT", "0")
	s.c.pipeline(b, n)
}

// client is a connection that speaks RESP.
type client struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func newClient(t testing.TB, c net.Conn) *client {
	t.Cleanup(func() { c.Close() })
	return &client{t, c, bufio.NewReader(c)}
}

func dialRaw(t testing.TB, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, c)
}

func (c *client) send(b []byte) {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) do(args ...string) resp.Value {
	c.t.Helper()
	c.send(resp.AppendCommand(nil, args...))
	return c.reply()
}

func (c *client) reply() resp.Value {
	c.t.Helper()
	var buf []byte
	for {
		b, err := c.in.ReadByte()
		if err != nil {
			c.t.Fatalf("reading a reply: %v after %q", err, buf)
		}
		buf = append(buf, b)
		if b != '\n' && c.in.Buffered() > 0 {
			continue
		}
		v, n, err := resp.ParseValue(buf)
		if err != nil {
			c.t.Fatalf("%v in %q", err, buf)
		}
		if n > 0 {
			return v
		}
	}
}

// pipeline sends commands and reads their n replies, none of which may be an error. The two overlap: neither side's
// buffers hold everything.
func (c *client) pipeline(b []byte, n int) {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	go c.Write(b)
	for range n {
		if v := c.reply(); v.IsError() {
			c.t.Fatalf("a pipelined command answers %s", resp.Format(v))
		}
	}
}

// line reads up to a newline.
func (c *client) line() string {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	l, err := c.in.ReadString('\n')
	if err != nil {
		c.t.Fatalf("reading a line: %v after %q", err, l)
	}
	return strings.TrimRight(l, "\r\n")
}

// status reads a line that is no keepalive.
func (c *client) status() string {
	c.t.Helper()
	for {
		if l := c.line(); l != "" {
			return l
		}
	}
}

func (c *client) bytes(n int) []byte {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	b := make([]byte, n)
	if _, err := io.ReadFull(c.in, b); err != nil {
		c.t.Fatalf("reading %d bytes: %v", n, err)
	}
	return b
}

// ended waits for the end of the connection and returns what came before.
func (c *client) ended() string {
	c.t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	b, err := io.ReadAll(c.in)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		c.t.Fatalf("the connection is still open; it said %q", b)
	}
	return string(b)
}

// psync asks for a resync as a replica does and returns the answer. capa are the capabilities to announce.
func (c *client) psync(id string, want int64, capa ...string) string {
	c.t.Helper()
	args := []string{"REPLCONF", "listening-port", "1"}
	for _, name := range capa {
		args = append(args, "capa", name)
	}
	if v := c.do(args...); string(v.Str) != "OK" {
		c.t.Fatalf("REPLCONF: %s", resp.Format(v))
	}
	c.send(resp.AppendCommand(nil, "PSYNC", id, strconv.FormatInt(want, 10)))
	return c.status()
}

// snapshot reads the payload of a full resync, framing included, and returns the RDB and the line in front of it.
func (c *client) snapshot() (rdb []byte, header string) {
	c.t.Helper()
	header = c.status()
	mark, streamed := strings.CutPrefix(header, "$EOF:")
	if !streamed {
		n, err := strconv.Atoi(strings.TrimPrefix(header, "$"))
		if err != nil {
			c.t.Fatalf("payload begins with %q", header)
		}
		return c.bytes(n), header
	}
	for !bytes.HasSuffix(rdb, []byte(mark)) {
		rdb = append(rdb, c.bytes(1)...)
	}
	return rdb[:len(rdb)-len(mark)], header
}

// fullSync asks s for everything and reads the snapshot; an acknowledgement asks for the stream behind it.
func (c *client) fullSync(s *server, capa ...string) (id string, offset int64) {
	c.t.Helper()
	answer := strings.Fields(c.psync("?", -1, capa...))
	if len(answer) != 3 || answer[0] != "+FULLRESYNC" {
		c.t.Fatalf("PSYNC ? -1: %q", answer)
	}
	offset, _ = strconv.ParseInt(answer[2], 10, 64)
	c.snapshot()
	s.online()
	c.ack(offset)
	return answer[1], offset
}

// online waits until no replica is in the middle of a snapshot. redis-server forgets an acknowledgement that comes
// before it has noticed the end of the child that sent the snapshot; real replicas repeat theirs every second.
func (s *server) online() {
	s.t.Helper()
	s.eventually("its replicas are online", func() bool {
		return !strings.Contains(string(s.ok("INFO", "replication").Str), "state=wait_bgsave")
	})
}

func (c *client) ack(offset int64) {
	c.send(resp.AppendCommand(nil, "REPLCONF", "ACK", strconv.FormatInt(offset, 10)))
}

// A proxy passes connections on to a server until it is severed.
type proxy struct {
	t      testing.TB
	l      net.Listener
	target string

	mu      sync.Mutex
	severed bool
	conns   []net.Conn
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, l: l, target: target}
	t.Cleanup(func() { l.Close(); p.sever() })
	go p.serve()
	return p
}

func (p *proxy) port() int { return p.l.Addr().(*net.TCPAddr).Port }

func (p *proxy) serve() {
	for {
		a, err := p.l.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", p.target)
		p.mu.Lock()
		if err != nil || p.severed {
			a.Close()
			if err == nil {
				b.Close()
			}
		} else {
			p.conns = append(p.conns, a, b)
			go pass(a, b)
			go pass(b, a)
		}
		p.mu.Unlock()
	}
}

func pass(to, from net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
}

// sever ends every connection and lets no new one through.
func (p *proxy) sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.severed = true
	for _, c := range p.conns {
		if c, ok := c.(*net.TCPConn); ok {
			c.SetLinger(0) // a reset: what was under way is lost
		}
		c.Close()
	}
	p.conns = nil
}

func (p *proxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.severed = false
}

// logBuffer is a log that tests can look into.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) tail() string {
	s := l.String()
	return s[max(len(s)-6000, 0):]
}

// logs waits for a line of the log.
func (s *server) logs(text string) {
	s.t.Helper()
	s.eventually("its log says "+strconv.Quote(text), func() bool { return strings.Contains(s.log.String(), text) })
}
