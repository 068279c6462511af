//go:build linux

package tcp

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/resp"
)

// The driver itself: sockets, files, the clock and the log.

func TestALargeReplyReachesASlowReader(t *testing.T) {
	s := start(t, "ours")
	value := strings.Repeat("0123456789", 1<<20)
	s.ok("SET", "big", value)
	c := dialRaw(t, s.addr())
	for range 5 {
		c.send(resp.AppendCommand(nil, "GET", "big"))
	}
	s.ok("PING") // others are served while it waits
	for range 5 {
		if l := c.line(); l != "$"+strconv.Itoa(len(value)) {
			t.Fatalf("reply begins with %q", l)
		}
		if got := c.bytes(len(value) + 2); string(got[:len(value)]) != value {
			t.Fatal("the value came out changed")
		}
	}
}

func TestAReplyGoesOutBeforeAnOrderlyClose(t *testing.T) {
	s := start(t, "ours")
	c := dialRaw(t, s.addr())
	c.send([]byte("SET k v\r\nGET k\r\nQUIT\r\n"))
	if got := c.ended(); got != "+OK\r\n$1\r\nv\r\n+OK\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestManyClientsPipelineAtOnce(t *testing.T) {
	s := start(t, "ours")
	const clients, rounds = 50, 20
	done := make(chan error, clients)
	for i := range clients {
		go func() {
			c, err := net.Dial("tcp", s.addr())
			if err != nil {
				done <- err
				return
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(patience))
			var ask, want []byte
			for j := range rounds {
				ask = resp.AppendCommand(ask, "INCR", fmt.Sprint("counter", i))
				want = append(want, fmt.Sprintf(":%d\r\n", j+1)...)
			}
			c.Write(ask)
			got := make([]byte, len(want))
			for n := 0; n < len(got) && err == nil; {
				var k int
				k, err = c.Read(got[n:])
				n += k
			}
			if err == nil && !bytes.Equal(got, want) {
				err = fmt.Errorf("client %d got %q", i, got)
			}
			done <- err
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestTooManyClientsAreRefused(t *testing.T) {
	both(t, func(t *testing.T, kind string) {
		s := start(t, kind, "--maxclients", "3")
		dialRaw(t, s.addr()).do("PING")
		dialRaw(t, s.addr()).do("PING")
		if got := dialRaw(t, s.addr()).ended(); got != "-ERR max number of clients reached\r\n" {
			t.Errorf("the fourth is told %q", got)
		}
		if got := s.info("rejected_connections"); got != "1" {
			t.Errorf("rejected_connections:%s", got)
		}
	})
}

func TestAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	s := start(t, "ours", "--unixsocket", path, "--unixsocketperm", "700")
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if v := newClient(t, c).do("PING"); string(v.Str) != "PONG" {
		t.Errorf("PING: %s", resp.Format(v))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if got := string(s.ok("CLIENT", "LIST").Str); !strings.Contains(got, "addr="+path+":0 ") {
		t.Errorf("CLIENT LIST names it %q", got)
	}
	s.stop()
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket file is left behind")
	}
}

func TestAPortInUse(t *testing.T) {
	s := start(t, "ours")
	cfg := s.ours.Config()
	_, err := Listen(Options{Config: cfg})
	var failed *ListenError
	if err == nil || !asListenError(err, &failed) || failed.Error() != "bind: Address already in use" || failed.Address != s.addr() {
		t.Errorf("got %v", err)
	}
	s.ok("PING")
}

func asListenError(err error, into **ListenError) bool {
	e, ok := err.(*ListenError)
	*into = e
	return ok
}

func TestAnUnavailableOptionalAddressIsSkipped(t *testing.T) {
	s := start(t, "ours", "--bind", "127.0.0.1", "-192.0.2.1")
	s.ok("PING")
}

func TestThePortCanBeMoved(t *testing.T) {
	s := start(t, "ours")
	port := freePort(t)
	s.ok("CONFIG", "SET", "port", strconv.Itoa(port))
	addr := "127.0.0.1:" + strconv.Itoa(port)
	s.eventually("the new port answers", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	if c, err := net.Dial("tcp", s.addr()); err == nil {
		c.Close()
		t.Error("the old port still answers")
	}
	s.ok("PING") // the connections that were open stay
}

func TestProtectedModeServesThisMachineOnly(t *testing.T) {
	for _, tt := range []struct {
		name string
		addr syscall.Sockaddr
		want bool
	}{
		{"127.0.0.1", &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, true},
		{"127.1.2.3", &syscall.SockaddrInet4{Addr: [4]byte{127, 1, 2, 3}}, true},
		{"192.0.2.1", &syscall.SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}}, false},
		{"::1", &syscall.SockaddrInet6{Addr: [16]byte{15: 1}}, true},
		{"2001:db8::1", &syscall.SockaddrInet6{Addr: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}}, false},
		{"a unix socket", &syscall.SockaddrUnix{}, true},
	} {
		if got := isLoopback(tt.addr); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestSignalsShutDown(t *testing.T) {
	cfg := node.DefaultConfig()
	cfg.Dir, cfg.Save, cfg.Bind = t.TempDir(), nil, []string{"127.0.0.1"}
	log := &logBuffer{}
	s, err := Listen(Options{Config: cfg, AnyPort: true, PID: 42, Log: &Logger{Out: log, PID: 42, Level: engine.LogNotice}})
	if err != nil {
		t.Fatal(err)
	}
	s.Signal("SIGTERM")
	code, err := s.Serve(context.Background())
	if code != 0 || err != nil {
		t.Errorf("Serve: %d, %v", code, err)
	}
	line := regexp.MustCompile(`(?m)^42:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} # Redis is now ready to exit, bye bye\.\.\.$`)
	if !line.MatchString(log.String()) {
		t.Errorf("the log says\n%s", log)
	}
	s.Do(func(*node.Node) { t.Error("the server has ended") })
	if _, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Config().Port)); err == nil {
		t.Error("it still listens")
	}
}

func TestTheClockNeverGoesBack(t *testing.T) {
	c := &clock{offset: 1000}
	for _, tt := range []struct {
		name              string
		since, wall, want int64
	}{
		{"in step", 100, 1100, 1100},
		{"the wall is set forward", 200, 5200, 5200},
		{"the wall is set back: a tenth slower", 300, 1300, 5290},
		{"and slower still", 1300, 2300, 6190},
		{"until it has caught up", 1400, 6300, 6300},
	} {
		if got := int64(c.read(tt.since, tt.wall)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestLogLines(t *testing.T) {
	var b bytes.Buffer
	l := &Logger{Out: &b, PID: 7, Level: engine.LogNotice}
	at := time.Date(2026, 11, 2, 3, 4, 5, 6_700_000, time.UTC)
	l.Line('S', at, engine.LogNotice, "said")
	l.Line('M', at, engine.LogVerbose, "not said")
	l.Line('M', at, engine.LogWarning, strings.Repeat("x", 2000))
	want := "7:S 02 Nov 2026 03:04:05.006 * said\n7:M 02 Nov 2026 03:04:05.006 # " + strings.Repeat("x", 1024) + "\n"
	if b.String() != want {
		t.Errorf("got %q", b.String())
	}
}

func TestTheLogFileMayBeMovedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := LogFile(path)
	f.Write([]byte("one\n"))
	os.Rename(path, path+".1")
	f.Write([]byte("two\n"))
	if got, _ := os.ReadFile(path); string(got) != "two\n" {
		t.Errorf("got %q", got)
	}
}

func TestAConnectionKeepsTheOrderOfItsBytes(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[0])
	defer syscall.Close(pair[1])
	c := &conn{fd: pair[0]}
	var want, got []byte
	add := func(n int, shared bool) {
		b := bytes.Repeat([]byte{byte(len(want))}, n)
		c.add(b, shared)
		want = append(want, b...)
		if !shared {
			clear(b) // the node uses such memory again
		}
	}
	buf := make([]byte, 10_000)
	for i := range 200 {
		add(i, false)
		add(copyShared+i, true)
		add(copyShared-i, true)
		add(10_000, i%2 == 0)
		c.flush()
		if i%3 == 0 {
			n, _ := read(pair[1], buf)
			got = append(got, buf[:n]...)
		}
	}
	if c.empty() {
		t.Fatal("the socket took everything: the test does not test")
	}
	for len(got) < len(want) {
		n, _ := read(pair[1], buf)
		got = append(got, buf[:n]...)
		c.flush()
	}
	if !bytes.Equal(got, want) || !c.empty() {
		t.Error("the bytes came out in another order")
	}
}
