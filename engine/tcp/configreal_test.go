//go:build linux

package tcp

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

// Settings that reach into the machine: addresses, the directory, the log.

func TestChangingWhereToListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	inUse := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	var said [2][]string
	for i, kind := range []string{"redis", "ours"} {
		s := start(t, kind)
		free := strconv.Itoa(freePort(t))
		tell := func(args ...string) {
			line := strings.Join(args, " ") + ": " + resp.Format(s.do(args...))
			for from, to := range map[string]string{free: "FREE", inUse: "TAKEN", s.portText(): "OWN"} {
				line = strings.ReplaceAll(line, from, to)
			}
			said[i] = append(said[i], line)
		}
		tell("CONFIG", "SET", "bind", "1.2.3.4")
		tell("CONFIG", "GET", "bind")
		tell("CONFIG", "SET", "port", inUse)
		tell("CONFIG", "GET", "port")
		tell("CONFIG", "SET", "hz", "20", "port", inUse)
		tell("CONFIG", "GET", "hz")
		tell("CONFIG", "SET", "port", free)
		tell("CONFIG", "GET", "port")
		if got := dialRaw(t, "127.0.0.1:"+free).do("PING"); string(got.Str) != "PONG" {
			t.Errorf("%s on its new port: %s", kind, resp.Format(got))
		}
		if c, err := net.Dial("tcp", s.addr()); err == nil {
			c.Close()
			t.Errorf("%s still listens on its old port", kind)
		}
		tell("CONFIG", "SET", "bind", "127.0.0.1 -::1")
		tell("CONFIG", "GET", "bind")
		tell("CONFIG", "SET", "port", s.portText())
		s.logs("bind: Address already in use")
		s.logs("Failed applying new configuration. Possibly related to new port setting. Restoring previous settings.")
		s.logs("1.2.3.4:")
	}
	sameLines(t, "replies", said[0], said[1])
}

func TestChangingTheDirectory(t *testing.T) {
	var said [2][]string
	for i, kind := range []string{"redis", "ours"} {
		s := start(t, kind, "--enable-protected-configs", "local")
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		os.Mkdir(filepath.Join(dir, "sub"), 0o755)
		tell := func(args ...string) {
			said[i] = append(said[i], strings.ReplaceAll(strings.Join(args, " ")+": "+resp.Format(s.do(args...)), dir, "DIR"))
		}
		tell("CONFIG", "SET", "dir", dir+"/none")
		tell("CONFIG", "SET", "dir", dir+"/file")
		tell("CONFIG", "SET", "dir", "")
		tell("CONFIG", "SET", "dir", dir)
		tell("CONFIG", "SET", "dir", "sub", "dbfilename", "x.rdb")
		tell("CONFIG", "GET", "dir")
		tell("SAVE")
		if _, err := os.Stat(filepath.Join(dir, "sub", "x.rdb")); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	sameLines(t, "replies", said[0], said[1])
}

// The level of the log changes at once.
func TestChangingTheLogLevel(t *testing.T) {
	for _, kind := range []string{"redis", "ours"} {
		s := start(t, kind)
		s.ok("CONFIG", "SET", "loglevel", "warning")
		s.ok("REPLICAOF", "127.0.0.1", "1")
		s.ok("REPLICAOF", "NO", "ONE")
		s.ok("CONFIG", "SET", "loglevel", "notice")
		s.ok("REPLICAOF", "127.0.0.1", "1")
		s.logs("REPLICAOF 127.0.0.1:1 enabled")
		if n := strings.Count(s.log.String(), "REPLICAOF 127.0.0.1:1 enabled"); n != 1 {
			t.Errorf("%s logged it %d times", kind, n)
		}
	}
}

// What CONFIG REWRITE writes of a replica, and takes away when it is none any more.
func TestRewriteKnowsTheMaster(t *testing.T) {
	for _, kind := range []string{"redis", "ours"} {
		conf := filepath.Join(t.TempDir(), "redis.conf")
		if err := os.WriteFile(conf, []byte("# mine\nslaveof 127.0.0.1 1\nclient-output-buffer-limit slave 1mb 2mb 3\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		s := start(t, kind, conf)
		directives := func() (lines []string) {
			s.ok("CONFIG", "REWRITE")
			text, err := os.ReadFile(conf)
			if err != nil {
				t.Fatal(err)
			}
			for l := range strings.Lines(string(text)) {
				if strings.Contains(l, "of 127") || strings.Contains(l, "buffer-limit") || strings.HasPrefix(l, "# mine") {
					lines = append(lines, strings.TrimSpace(l))
				}
			}
			return lines
		}
		limit := "client-output-buffer-limit normal 0 0 0|client-output-buffer-limit replica 1mb 2mb 3"
		if got := strings.Join(directives(), "|"); got != "# mine|replicaof 127.0.0.1 1|"+limit {
			t.Errorf("%s: %s", kind, got)
		}
		s.ok("REPLICAOF", "127.0.0.1", "2")
		if got := strings.Join(directives(), "|"); got != "# mine|replicaof 127.0.0.1 2|"+limit {
			t.Errorf("%s, another master: %s", kind, got)
		}
		if got := resp.Format(s.do("CONFIG", "GET", "replicaof")); !strings.Contains(got, "127.0.0.1 2") {
			t.Errorf("%s: CONFIG GET replicaof: %s", kind, got)
		}
		s.ok("REPLICAOF", "NO", "ONE")
		if got := strings.Join(directives(), "|"); got != "# mine|"+limit {
			t.Errorf("%s, none: %s", kind, got)
		}
	}
}
