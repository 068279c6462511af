//go:build !js

package command

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
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
		"--enable-debug-command", "yes", "--repl-ping-replica-period", "3600")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
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
			t.Fatalf("redis-server ended: %v\n%s", err, &log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// dial opens a connection whose reads end the test when nothing comes for a while.
func (s *realServer) dial() *realConn {
	s.t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &realConn{t: s.t, Conn: conn}
}

// A realConn is a connection to a realServer.
type realConn struct {
	net.Conn
	t   testing.TB
	buf []byte
}

func (c *realConn) more() {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	chunk := make([]byte, 64<<10)
	n, err := c.Read(chunk)
	if err != nil {
		c.t.Fatalf("reading from redis-server: %v, after %q", err, c.buf)
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

// A rig runs the same commands here and there.
type rig struct {
	t    testing.TB
	real *realConn
	link *realConn // a replica of real
	ours *server
	ran  []string // the commands so far, for a report
}

func newRig(t testing.TB) *rig {
	t.Helper()
	real := startReal(t)
	r := &rig{t: t, real: real.dial(), link: real.dial(), ours: newServer(16)}
	r.real.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	r.link.follow()
	return r
}

// same runs a command on both sides and wants the same reply. Numbers that depend on the moment may differ a little.
func (r *rig) same(args ...string) {
	r.t.Helper()
	if got, want, ok := r.compare(args...); !ok {
		r.t.Fatalf("%q: got %q, redis-server says %q\nafter:\n%s", args, got, want, strings.Join(r.ran[max(0, len(r.ran)-12):], "\n"))
	}
}

func (r *rig) compare(args ...string) (got, want []byte, ok bool) {
	r.t.Helper()
	r.ran = append(r.ran, quoted(args))
	before := time.Now()
	want = r.real.do(args...)
	r.ours.call.Now = engine.Instant(before.UnixNano())
	got = r.ours.do(args...)
	if is([]byte(args[0]), "SCAN") || is([]byte(args[0]), "KEYS") {
		got, want = inOrder(r.t, got), inOrder(r.t, want)
	}
	return got, want, alike(string(got), string(want))
}

// sameStream wants what went into the streams so far to be the same.
func (r *rig) sameStream() {
	r.t.Helper()
	mark := "mark " + strconv.Itoa(len(r.ran))
	r.same("SET", "marker", mark)
	want := r.link.stream(mark)
	got := r.ours.stream
	sortDeletions(want)
	sortDeletions(got)
	for i := 0; i < len(got) || i < len(want); i++ {
		if i >= len(got) || i >= len(want) || !alikeWords(got[i], want[i]) {
			r.t.Fatalf("streams differ at command %d:\n got %q\nwant %q", i, got[i:min(i+4, len(got))], want[i:min(i+4, len(want))])
		}
	}
	r.ours.stream = nil
}

// sortDeletions sorts neighbouring DELs of one key: SCAN sends them in the order in which it comes across the keys.
func sortDeletions(stream [][]string) {
	isDel := func(words []string) bool { return words[0] == "DEL" && len(words) == 2 }
	for i := 0; i < len(stream); i++ {
		end := i
		for end < len(stream) && isDel(stream[end]) {
			end++
		}
		slices.SortFunc(stream[i:end], slices.Compare)
		i = end
	}
}

// sameData wants the datasets to be the same. Expiries set by relative times differ by some milliseconds, which the
// digest does not see: it mixes in only that there is one.
func (r *rig) sameData() {
	r.t.Helper()
	want := string(r.real.do("DEBUG", "DIGEST"))
	digest := r.ours.store.Digest()
	if got := "+" + hex.EncodeToString(digest[:]) + "\r\n"; got != want {
		r.t.Fatalf("digest %q, redis-server says %q", got, want)
	}
}

func alikeWords(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !alike(a[i], b[i]) {
			return false
		}
	}
	return true
}

// alike reports whether two texts are equal but for moments and times to live, which may be 5 seconds apart.
func alike(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := moment(a)
	y, okY := moment(b)
	return okX && okY && max(x-y, y-x) <= 5000
}

func moment(s string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(s, ":"), "\r\n"), 10, 64)
	return n, err == nil && n > 50_000 // anything smaller has to be equal
}

// inOrder returns a reply with the elements of its innermost arrays sorted.
func inOrder(t testing.TB, reply []byte) []byte {
	v, _, err := resp.ParseValue(reply)
	if err != nil {
		t.Fatal(err)
	}
	sortElems(v)
	return v.Append(nil)
}

func sortElems(v resp.Value) {
	for _, e := range v.Elems {
		if e.Kind != resp.KindBulk {
			for _, e := range v.Elems {
				sortElems(e)
			}
			return
		}
	}
	slices.SortFunc(v.Elems, func(a, b resp.Value) int { return strings.Compare(a.Str, b.Str) })
}

// quoted writes a command as redis-cli would read it.
func quoted(words []string) string {
	line := make([]string, len(words))
	for i, w := range words {
		line[i] = resp.Quote([]byte(w))
	}
	return strings.Join(line, " ")
}

func TestRandomCommandsAnswerAndPropagateAsRedisDoes(t *testing.T) {
	const seed = 1
	r := newRig(t)
	g := &generator{rand.New(rand.NewPCG(seed, seed))}
	t.Logf("seed %d", seed)
	for round := range 40 {
		for range 200 {
			r.same(g.command()...)
		}
		r.sameStream()
		r.sameData()
		if round%8 == 7 {
			r.same("FLUSHALL")
		}
	}
}

// A generator makes command lines, most of them valid, about few keys, so that they meet.
type generator struct{ *rand.Rand }

func (g *generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g *generator) key() string {
	if g.IntN(6) == 0 {
		return g.floatKey()
	}
	return g.plainKey()
}

// floatKey names a key that INCRBYFLOAT may have written, and plainKey one that it has not. Where it leaves a whole
// number, Redis keeps that as text, and we as an integer: OBJECT would tell.
func (g *generator) floatKey() string { return g.pick("f", "g") }
func (g *generator) plainKey() string {
	return g.pick("a", "b", "c", "d", "key:1", "key:2", "a\x00b", "")
}

func (g *generator) number() string {
	return g.pick("0", "1", "-1", "7", "10", "100", "-3", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"01", "+1", " 1", "1.5", "x", "", "-0", "4611686018427387904")
}

func (g *generator) float() string {
	return g.pick("0", "1", "-1", "0.1", "3.14", "1e3", "-2.5e-3", "1e17", "12345678901234567890", "0x1p4", "0x.8", "inf", "-INF", "nan",
		"1e4932", "2e4932", "1e-4950", "1e-5000", " 1", "1 ", "", ".", "5.", ".5", "+5", "1e", "1e+", "0x", "1e400", "-1e400", "0.000000000000000005",
		"999999999999999.99", "1.00000000000000000001", "-0", "0x10", "1_0", "--1", "infinity", "infinit")
}

func (g *generator) value() string {
	switch g.IntN(6) {
	case 0:
		return g.number()
	case 1:
		return g.float()
	case 2:
		return strings.Repeat(g.pick("x", "\x00", "ab"), g.IntN(60))
	}
	return g.pick("v", "hello", "10", "12345", "-5", "a\r\nb")
}

// relative is a time to live: one that does not end during the test, or none.
func (g *generator) relative() string {
	return g.pick("60000", "100000", "99999999", "0", "-1", "x", "01", "9223372036854775807", "-9223372036854775808", "9223372036854775", "1.5")
}

func (g *generator) absolute() string {
	return g.pick("1", "1000", "1600000000", "4000000000", "4000000000000", "1600000000000", g.number())
}

func (g *generator) range1() string {
	return g.pick("0", "1", "-1", "3", "-3", "100", "-100", "2", g.number())
}

func (g *generator) time() []string {
	switch g.IntN(5) {
	case 0:
		return []string{g.pick("EX", "ex", "PX", "pX"), g.relative()}
	case 1, 2:
		return []string{g.pick("EXAT", "PXAT", "pxat"), g.absolute()}
	case 3:
		return []string{g.pick("KEEPTTL", "PERSIST")}
	}
	return []string{g.pick("EX", "PX", "EXAT", "PXAT")}
}

func (g *generator) command() []string {
	c := g.line()
	switch g.IntN(40) {
	case 0:
		return append(c, g.value())
	case 1:
		if c[0] != "SCAN" { // whose default COUNT would show in the cursor
			return c[:1+g.IntN(len(c))]
		}
	case 2:
		c[0] = strings.ToLower(c[0])
	}
	return c
}

func (g *generator) line() []string {
	switch g.IntN(36) {
	case 0, 1, 2:
		c := []string{"SET", g.key(), g.value()}
		for range g.IntN(4) {
			switch g.IntN(3) {
			case 0:
				c = append(c, g.time()...)
			default:
				c = append(c, g.pick("NX", "XX", "GET", "get", "KEEPTTL", "PERSIST", "nx\x00y"))
			}
		}
		return c
	case 3:
		return []string{"SETNX", g.key(), g.value()}
	case 4:
		return []string{g.pick("SETEX", "PSETEX"), g.key(), g.relative(), g.value()}
	case 5:
		return []string{g.pick("GETSET", "APPEND"), g.key(), g.value()}
	case 6:
		return []string{g.pick("GETDEL", "GETEX", "STRLEN", "TYPE", "PERSIST"), g.key()}
	case 7:
		return append([]string{"GETEX", g.key()}, g.time()...)
	case 8:
		return []string{g.pick("MGET", "EXISTS", "DEL", "UNLINK"), g.key(), g.key(), g.key()}
	case 9:
		return []string{g.pick("MSET", "MSETNX"), g.key(), g.value(), g.key(), g.value()}
	case 10, 11:
		return []string{g.pick("INCR", "DECR"), g.key()}
	case 12, 13:
		return []string{g.pick("INCRBY", "DECRBY"), g.key(), g.number()}
	case 14, 15:
		return []string{"INCRBYFLOAT", g.floatKey(), g.float()}
	case 16, 17:
		return []string{"GETRANGE", g.key(), g.range1(), g.range1()}
	case 18, 19:
		return []string{"SETRANGE", g.key(), g.pick("0", "1", "5", "60", "-1", "536870912", "x"), g.pick("", "yz", "\x00", "hello")}
	case 20, 21:
		c := []string{g.pick("EXPIRE", "PEXPIRE"), g.key(), g.relative()}
		for range g.IntN(3) {
			c = append(c, g.pick("NX", "XX", "GT", "LT", "gt", "QQ"))
		}
		return c
	case 22, 23:
		c := []string{g.pick("EXPIREAT", "PEXPIREAT"), g.key(), g.absolute()}
		for range g.IntN(2) {
			c = append(c, g.pick("NX", "XX", "GT", "LT"))
		}
		return c
	case 24:
		return []string{g.pick("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"), g.key()}
	case 25, 26:
		return []string{g.pick("RENAME", "RENAMENX"), g.plainKey(), g.plainKey()}
	case 27:
		return []string{"OBJECT", g.pick("ENCODING", "refcount", "nonsense"), g.plainKey()}
	case 28:
		return []string{"SELECT", g.pick("0", "1", "1", "15", "16", "-1", "x", "99999999999")}
	case 29:
		return []string{g.pick("FLUSHDB", "DBSIZE", "PING", "RANDOMKEYS", "nosuch", "MGET")}
	case 30:
		return []string{g.pick("FLUSHDB", "PING", "ECHO"), g.pick("ASYNC", "sync", "now", "a b")}
	case 31:
		return []string{"SCAN", g.pick("x", "-", " 0", "1x", "99999999999999999999"), "COUNT", g.pick("1", "x")}
	case 32:
		return []string{"SCAN", "0", g.pick("COUNT", "MATCH", "NOTHING"), g.pick("0", "-1", "x", "nomatch"), "MATCH", "nothing", "COUNT", "1000"}
	case 33:
		return []string{"KEYS", g.pick("*", "**", "a*", "*1", "k?y:[0-9]", "[^a]", "[a-", "\\a", "key:*", "?", "", "*b", "a[^x]b", "[b-a]*", "*:*")}
	case 34:
		return []string{"SCAN", "0", "COUNT", "1000", g.pick("MATCH", "match"), g.pick("*", "a*", "[a-c]", "*\x00*"), "TYPE", g.pick("string", "STRING", "list", "x")}
	}
	return []string{"GET", g.key()}
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
			subs.Elems = slices.DeleteFunc(subs.Elems, func(v resp.Value) bool { return byFullName([]byte(v.Elems[0].Str)) == nil })
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
		for _, field := range []string{"since", "group", "deprecated_since", "replaced_by", "doc_flags"} {
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
		if got, want, ok := r.compare(words...); !ok {
			t.Errorf("%s: got %q, redis-server says %q", line, got, want)
		}
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
	g := &generator{rand.New(rand.NewPCG(seed, seed))}
	for range 200 {
		r.same("SET", g.from("ab]-^\\*[", 1+g.IntN(5)), "v")
	}
	for range 2000 {
		r.same("KEYS", g.from("ab]-^\\*[?**[", g.IntN(8)))
	}
}

// from returns n of the letters.
func (g *generator) from(letters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[g.IntN(len(letters))]
	}
	return string(b)
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
