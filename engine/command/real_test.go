//go:build !js

package command

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine/resp"
)

// A realServer is a redis-server process of our own that listens on a socket in a directory of its own.
type realServer struct {
	t      testing.TB
	socket string
}

func startReal(t testing.TB) *realServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "resync")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &realServer{t: t, socket: filepath.Join(dir, "redis.sock")}
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket, "--dir", dir, "--save", "",
		"--enable-debug-command", "yes", "--repl-ping-replica-period", "3600", "--repl-timeout", "1000000")
	log, err := os.Create(s.logFile())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("redis-server is needed to compare with: %v", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
	})
	for {
		conn, err := net.Dial("unix", s.socket)
		if err == nil {
			conn.Close()
			return s
		}
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("redis-server ended: %v\n%s", err, s.log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *realServer) logFile() string { return filepath.Join(filepath.Dir(s.socket), "log") }

// log returns the latest that redis-server has said, which is much when it crashed.
func (s *realServer) log() []byte {
	const most = 8000
	log, _ := os.ReadFile(s.logFile())
	return log[max(0, len(log)-most):]
}

// dial opens a connection whose reads end the test when nothing comes for a while.
func (s *realServer) dial() *realConn {
	s.t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &realConn{t: s.t, Conn: conn, server: s}
}

// A realConn is a connection to a realServer.
type realConn struct {
	net.Conn
	t      testing.TB
	server *realServer
	buf    []byte
}

func (c *realConn) more() {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	chunk := make([]byte, 64<<10)
	n, err := c.Read(chunk)
	if err != nil {
		c.t.Fatalf("reading from redis-server: %v, after %q\n%s", err, c.buf, c.server.log())
	}
	c.buf = append(c.buf, chunk[:n]...)
}

// do sends a command and returns the bytes of its reply.
func (c *realConn) do(args ...string) []byte {
	c.t.Helper()
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.t.Fatal(err)
	}
	var d resp.ReplyDecoder
	for {
		_, n, err := d.Next(c.buf)
		if err != nil {
			c.t.Fatal(err)
		}
		if n > 0 {
			reply := c.buf[:n]
			c.buf = c.buf[n:]
			return reply
		}
		c.more()
	}
}

// follow makes the connection a replica's and reads until the stream begins.
func (c *realConn) follow() {
	c.t.Helper()
	fmt.Fprintf(c, "PSYNC ? -1\r\n")
	c.line("+FULLRESYNC ")
	size, err := strconv.Atoi(c.line("$"))
	if err != nil {
		c.t.Fatal(err)
	}
	for len(c.buf) < size {
		c.more()
	}
	c.buf = c.buf[size:]
}

// line reads a line that is not empty, and returns what stands behind the prefix that it must have.
func (c *realConn) line(prefix string) string {
	c.t.Helper()
	for {
		c.buf = bytes.TrimLeft(c.buf, "\r\n")
		if line, rest, ok := bytes.Cut(c.buf, []byte("\n")); ok {
			c.buf = rest
			text, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r"), prefix)
			if !ok {
				c.t.Fatalf("got line %q, want %s", line, prefix)
			}
			return text
		}
		c.more()
	}
}

// stream reads commands off the stream until one has the word as its last.
func (c *realConn) stream(last string) [][]string {
	c.t.Helper()
	var dec resp.Decoder
	var all [][]string
	for {
		args, n, err := dec.Next(c.buf)
		if err != nil {
			c.t.Fatal(err)
		}
		if n == 0 {
			c.more()
			continue
		}
		words := texts(args)
		c.buf = c.buf[n:]
		if words[0] == "REPLCONF" || words[0] == "ping" {
			continue
		}
		all = append(all, words)
		if words[len(words)-1] == last {
			return all
		}
	}
}

// quoted writes a command as redis-cli would read it.
func quoted(words []string) string {
	line := make([]string, len(words))
	for i, w := range words {
		line[i] = resp.Quote([]byte(w))
	}
	return strings.Join(line, " ")
}

func TestRowsSayWhatCommandInfoSays(t *testing.T) {
	real := startReal(t).dial()
	ours := newServer(16)
	for _, proto := range []int{2, 3} {
		real.do("HELLO", strconv.Itoa(proto))
		ours.reply.Proto = proto
		for _, cmd := range All() {
			want := parsed(t, real.do("COMMAND", "INFO", cmd.Name)).Elems[0]
			got := parsed(t, ours.do("COMMAND", "INFO", cmd.Name)).Elems[0]
			subs := &want.Elems[9]
			subs.Elems = slices.DeleteFunc(subs.Elems, func(v resp.Value) bool { return current.byFullName([]byte(v.Elems[0].Str)) == nil })
			slices.SortFunc(subs.Elems, func(a, b resp.Value) int { return strings.Compare(a.Elems[0].Str, b.Elems[0].Str) })
			for i, spec := range want.Elems[8].Elems {
				if spec.Elems[0].Str == "notes" { // prose
					want.Elems[8].Elems[i].Elems = spec.Elems[2:]
				}
			}
			if resp.Format(got) != resp.Format(want) {
				t.Errorf("RESP%d, %s:\n%s\nredis-server says\n%s", proto, cmd.Name, resp.Format(got), resp.Format(want))
			}
		}
	}
}

func TestDocsAgreeInWhatIsNoProse(t *testing.T) {
	real := startReal(t).dial()
	ours := newServer(16)
	var check func(name string, got, want resp.Value)
	check = func(name string, got, want resp.Value) {
		g, w := fields(got), fields(want)
		for _, field := range []string{"since", "group", "deprecated_since", "replaced_by", "doc_flags", "arguments"} {
			if field == "doc_flags" && strings.Contains(resp.Format(w[field]), "syscmd") {
				continue
			}
			if resp.Format(g[field]) != resp.Format(w[field]) {
				t.Errorf("%s %s: %s, redis-server says %s", name, field, resp.Format(g[field]), resp.Format(w[field]))
			}
		}
		subs := fields(w["subcommands"])
		for sub, docs := range fields(g["subcommands"]) {
			check(sub, docs, subs[sub])
		}
	}
	for _, cmd := range All() {
		name := cmd.FullName()
		check(name, parsed(t, ours.do("COMMAND", "DOCS", name)).Elems[1], parsed(t, real.do("COMMAND", "DOCS", name)).Elems[1])
	}
}

func fields(v resp.Value) map[string]resp.Value {
	m := make(map[string]resp.Value)
	for i := 0; i+1 < len(v.Elems); i += 2 {
		m[v.Elems[i].Str] = v.Elems[i+1]
	}
	return m
}

func parsed(t testing.TB, reply []byte) resp.Value {
	t.Helper()
	v, n, err := resp.ParseValue(reply)
	if err != nil || n != len(reply) || v.IsError() {
		t.Fatalf("reply %q: %v", reply, err)
	}
	return v
}

func TestFixedLinesAnswerAsRedisDoes(t *testing.T) {
	r := newRig(t)
	for _, line := range []string{
		"COMMAND INFO nosuch", "COMMAND INFO config|get nosuch|x get|x", "COMMAND DOCS nosuch",
		"COMMAND GETKEYS set a b", "COMMAND GETKEYS mset a b c d", "COMMAND GETKEYS mset a b c", "COMMAND GETKEYS get", "COMMAND GETKEYS get a b",
		"COMMAND GETKEYS ping x", "COMMAND GETKEYS nosuch x", "COMMAND GETKEYS object encoding k", "COMMAND GETKEYS object nosuch k",
		"COMMAND GETKEYS object", "COMMAND GETKEYS rename a b", "COMMAND GETKEYS config get k", "COMMAND GETKEYS del",
		"COMMAND GETKEYS sort a by b get store store c limit store store d", "COMMAND GETKEYS sort_ro a store b", "COMMAND GETKEYSANDFLAGS sort a store b store",
		"COMMAND GETKEYSANDFLAGS bitfield a get u8 0", "COMMAND GETKEYSANDFLAGS bitfield a overflow sat get u8 0", "COMMAND GETKEYSANDFLAGS bitfield a set u8 0 1",
		"COMMAND GETKEYS bitop and a b c", "COMMAND GETKEYS copy a b db 1", "COMMAND GETKEYS pfdebug decode a",
		"PFSELFTEST", "PFSELFTEST x", "PFDEBUG decode none", "RESTORE k 0 x", "RESTORE k 0 ''", "SETBIT k 0", "LCS a b MINMATCHLEN", "LCS a b LEN IDX",
		"COMMAND GETKEYSANDFLAGS rename a b", "COMMAND GETKEYSANDFLAGS set a b", "COMMAND GETKEYSANDFLAGS set a b nx get", "COMMAND GETKEYSANDFLAGS ping x",
		"COMMAND LIST FILTERBY PATTERN renamen*", "COMMAND LIST FILTERBY PATTERN CONFIG|G*", "COMMAND LIST FILTERBY MODULE x",
		"COMMAND LIST FILTERBY", "COMMAND LIST FILTERBY PATTERN", "COMMAND LIST FILTERBY X y", "COMMAND LIST FILTER X y",
		"COMMAND LIST FILTERBY ACLCAT nosuch", "COMMAND LIST FILTERBY ACLCAT transaction x",
		"COMMAND nosuch", "COMMAND COUNT x", "COMMAND DOCS get|x", "nosuch", "nosuch a b c", "get", "GET a b", "config", "config nosuch", "config get",
		"config|get x", "\"\"", "\"a\\nb\" \"c\\rd\"", "\"no\\x00such\" \"x\\x00y\" z", "nosuch '' '' ''",
		"OBJECT ENCODING a b", "OBJECT HELP x", "set", "set k", "ping a b", "echo", "dbsize x", "randomkey x", "randomkey",
	} {
		words, err := resp.SplitArgs(line)
		if err != nil {
			t.Fatal(err)
		}
		if difference := r.run(words...); difference != "" {
			t.Error(difference)
		}
	}
	r.begin(script{proto: 3})
	for _, line := range [][]string{
		{"COMMAND", "LIST", "FILTERBY", "MODULE", "x"}, {"COMMAND", "INFO", "nosuch"}, {"COMMAND", "DOCS", "nosuch"},
		{"COMMAND", "GETKEYSANDFLAGS", "rename", "a", "b"}, {"COMMAND", "GETKEYS", "rename", "a", "b"},
	} {
		r.same(line...)
	}
	for _, n := range []int{1, 124, 125, 126, 127, 128, 129, 200} {
		r.same("nosuch", strings.Repeat("x", n), "yy", "z")
		r.same(strings.Repeat("n", n), "yy")
	}
}

// What a Decoder makes of bytes is what redis-server makes of them.
func TestProtocolErrorsAreThoseOfRedis(t *testing.T) {
	server := startReal(t)
	for _, bytes := range []string{
		"*2147483648\r\n", "*-2\r\nPING\r\n", "*x\r\n", "*\r\n", "* 1\r\n", "*+1\r\n", "*01\r\n", "*1\r\n\r\n", "*1\r\nx\r\n", "*1\r\n\xff\r\n",
		"*1\r\n$-1\r\n", "*1\r\n$536870913\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$4\r\nPINGxy", "*1\rx$4\rzPINGxy", "PING\n",
		"\r\n\n\r\nPING\r\n", "  ping \"a\\x41b\"  \r\n", "ping \"a\"b\r\n", "ping 'a\r\n", "ping a'b'\r\n", "ping \v\fab\r\n", "ping a\vb c\r\n",
		"ping a\v'b'\v\r\n", "*1\r\n$0\r\n\r\n", "*-1\r\nPING\r\n", "*0\r\nPING\r\n", "*3\r\n$3\r\nGET\r\n$1\r\na\r\n+3\r\n", "get \"\"\r\n",
		"\"\"\r\n", "ping ''\r\n", "ping \"\\x4\\xg1\\q\\n\"\r\n", "ping '\\'\\n'\r\n", "ping \"a\\\"b\"\r\n", "ping \"a\\\r\n", "ping \"a\\\"\r\n",
		"*" + strings.Repeat("1", 65536), strings.Repeat("a", 65537), "*1\r\n$" + strings.Repeat("1", 65536),
	} {
		ours := newServer(16)
		var dec resp.Decoder
		var want []byte
		for in := []byte(bytes); len(in) > 0; {
			args, n, err := dec.Next(in)
			if err != nil {
				ours.reply.Buf = nil
				ours.reply.Error("ERR " + err.Error())
				want = append(want, ours.reply.Buf...)
				break
			}
			if n == 0 {
				t.Fatalf("%.40q is not complete", bytes)
			}
			if len(args) > 0 {
				want = append(want, ours.do(texts(args)...)...)
			}
			in = in[n:]
		}
		conn := server.dial()
		fmt.Fprint(conn, bytes)
		for len(conn.buf) < len(want) {
			conn.more()
		}
		if string(conn.buf) != string(want) {
			t.Errorf("%.40q: got %q, redis-server says %q", bytes, want, conn.buf)
		}
	}
}

func TestRepliesAreShownAsRedisCliShowsThem(t *testing.T) {
	server := startReal(t)
	conn := server.dial()
	conn.do("HELLO", "3")
	for _, line := range []string{
		"COMMAND INFO set mset config", "COMMAND DOCS rename", "DEBUG PROTOCOL map", "DEBUG PROTOCOL set", "DEBUG PROTOCOL double", "DEBUG PROTOCOL null",
		"DEBUG PROTOCOL true", "DEBUG PROTOCOL false", "DEBUG PROTOCOL verbatim", "DEBUG PROTOCOL string", "DEBUG PROTOCOL integer", "DEBUG PROTOCOL array",
		"DEBUG PROTOCOL nosuch", "COMMAND LIST FILTERBY MODULE x", "KEYS *", "ECHO \"\\x01\\xff a\\\"\\n\"", "PING", "CONFIG GET nosuch", "CONFIG GET port",
	} {
		words, err := resp.SplitArgs(line)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := exec.Command("redis-cli", append([]string{"-3", "--no-raw", "-s", server.socket}, words...)...).Output()
		if err != nil && len(shown) == 0 {
			t.Fatal(err)
		}
		v, _, err := resp.ParseValue(conn.do(words...))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := resp.Format(v), strings.TrimRight(string(shown), "\n"); got != want {
			t.Errorf("%s:\n%s\nredis-cli shows\n%s", line, got, want)
		}
	}
}

func TestPatternsMatchWhatRedisMatches(t *testing.T) {
	const seed = 3
	r := newRig(t)
	g := newGen(seed)
	for range 200 {
		r.same("SET", g.from("ab]-^\\*[", 1+g.IntN(5)), "v")
	}
	for range 2000 {
		r.same("KEYS", g.from("ab]-^\\*[?**[", g.IntN(8)))
	}
}

// The stories in which nothing but commands happens, told to redis-server.
func TestStoriesAreTrue(t *testing.T) {
	r := newRig(t)
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, story := range strings.Split(string(text), "\n\n") {
			if strings.Contains(story, "\n!") {
				continue
			}
			told++
			for _, line := range strings.Split(story, "\n") {
				if line == "" || line[0] == ' ' || line[0] == '#' {
					continue
				}
				words, err := resp.SplitArgs(line)
				if err != nil {
					t.Fatal(err)
				}
				r.same(words...)
			}
			r.sameStream()
			r.same("FLUSHALL")
		}
	}
	if told < 10 {
		t.Errorf("%d stories, want more", told)
	}
}
