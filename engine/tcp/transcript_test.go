//go:build linux

package tcp

import (
	"bufio"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine/rdb"
	"resync/engine/resp"
)

// Scenes are told to redis-server and to ours, each a fresh server, and what every peer heard is written down. The two
// transcripts have to be equal, byte by byte, but for what no two servers share: random names, ports and times.
//
// A line of a scene is a peer, a mark and what is done. Peers in small letters are connections that the test makes, so
// they play clients and replicas; those in capitals are connections that the server makes to a listener of the test,
// so they play its master.
//
//	r: SET k v        sends a request and hears one reply; bare newlines in front of it are keepalives, and left out
//	r> SYNC           sends a request and hears nothing; several, with ";;" between them, go out in one piece
//	r= "+OK\r\n"      sends bytes, written as in Go
//	r$ len k v        sends the snapshot of one key behind its length; eof: between marks; half: without its end
//	r. / r!           closes the connection in an orderly way; with a reset
//	M+                takes the server's next connection
//	M~ 3              takes 3 connections and closes each at once; tells whether that took ticks
//	M hello           answers the server's handshake up to PSYNC
//	r< reply 2        hears two replies
//	r< line           hears one line, keepalives left out
//	r< lf             hears a bare newline
//	r< rdb            hears a snapshot with its frame
//	r< stream         hears the stream up to the server's offset; every command of it is a line
//	r< bytes 14       hears so many bytes
//	r< request        hears a request of the server; acknowledgements and newlines are left out
//	r< ack 51         hears acknowledgements up to this one
//	r< end            hears all up to the end of the connection; of acknowledgements the last
//	r< nothing        hears that nothing comes
//	? role slave0     looks at fields of INFO
//	?= role master    waits until a field of INFO holds this
//	log some words    waits until the log says this
//	exits             waits until the server has exited, and says with which code
//	online            waits until no replica is in the middle of a snapshot
//	pause 1.1         lets so many seconds pass
//
// @id @ID @id2 @offset @second @first are what INFO says of the history at this moment (@ID in capitals), @port is the
// listener's, @client is the number in the last $ENDOFF, @a is 40 letters a, @0 40 zeros, and @offset+1 or @first-1 are
// numbers beside those.
type scene struct {
	name    string
	options string // of the command line
	script  string
}

var against = flag.String("against", "ours", "which kind of server is compared with redis-server; redis tells whether a scene is stable at all")

// hearing is how long a peer waits for what should come.
const hearing = 6 * time.Second

func playScenes(t *testing.T, scenes []scene) { playBeside(t, "redis", *against, scenes) }

// playBeside plays scenes to a kind of real server and to one of ours.
func playBeside(t *testing.T, real, ours string, scenes []scene) {
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel() // they wait for ticks more than they work
			want, got := tell(t, real, sc), tell(t, ours, sc)
			if got != want {
				t.Errorf("%s\n%s", sc.name, beside(want, got))
			} else if testing.Verbose() {
				t.Log("both say\n" + want)
			}
		})
	}
}

// beside shows two transcripts as one: lines that both have, then those of redis-server (-) and ours (+).
func beside(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	// The longest common subsequence, from the end.
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			length[i][j] = max(length[i+1][j], length[i][j+1])
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out.WriteString("    " + a[i] + "\n")
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			out.WriteString("  - " + a[i] + "\n")
			i++
		default:
			out.WriteString("  + " + b[j] + "\n")
			j++
		}
	}
	return "  - redis-server, + ours\n" + out.String()
}

// A telling is one scene being played to one server.
type telling struct {
	t      *testing.T
	s      *server
	master *fakeMaster
	peers  map[string]*peer
	out    []string
	names  []string // the ids that were seen
	client string   // the number in the last $ENDOFF that was heard
}

// A peer is one end of a connection. A peer that did not hear what it waited for is deaf from then on: what follows
// would be about something else.
type peer struct {
	net.Conn
	in   *bufio.Reader
	at   int64 // offset of the last byte of the stream that it heard
	deaf bool
}

// tell plays a scene to a server of a kind and returns what was said.
func tell(t *testing.T, kind string, sc scene) string {
	t.Helper()
	d := &telling{t: t, master: newFakeMaster(t), peers: map[string]*peer{}}
	d.s = start(t, kind, strings.Fields(strings.ReplaceAll(sc.options, "@port", d.master.port()))...)
	for line := range strings.Lines(strings.TrimSpace(sc.script)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		d.out = append(d.out, line)
		d.line(line)
	}
	for _, p := range d.peers {
		p.Close()
	}
	d.s.stop()
	return strings.Join(d.out, "\n")
}

func (d *telling) line(line string) {
	d.t.Helper()
	head, rest, _ := strings.Cut(line, " ")
	switch head {
	case "?":
		for _, field := range strings.Fields(rest) {
			d.say(field + ":" + d.s.info(field))
		}
		return
	case "?=":
		field, value, _ := strings.Cut(rest, " ")
		d.until(line, func() bool { return d.s.info(field) == d.expand(value) })
		return
	case "log":
		text := d.expand(rest)
		d.until(line, func() bool { return strings.Contains(d.s.log.String(), text) })
		return
	case "exits":
		select {
		case <-d.s.ended:
			d.say(strconv.Itoa(d.s.code))
		case <-time.After(hearing):
			d.say("(it does not)")
		}
		return
	case "online":
		d.s.online()
		return
	case "pause":
		seconds, err := strconv.ParseFloat(rest, 64)
		if err != nil {
			d.t.Fatal(err)
		}
		time.Sleep(time.Duration(seconds * float64(time.Second)))
		return
	}
	name := head[:1]
	p := d.peers[name]
	if p == nil && head[1:] != "+" && head[1:] != "~" {
		c, err := net.Dial("tcp", d.s.addr())
		if err != nil {
			d.t.Fatal(err)
		}
		p = &peer{Conn: c, in: bufio.NewReader(c)}
		d.peers[name] = p
	}
	if p != nil && p.deaf && head[1:] != "+" && head[1:] != "~" {
		return
	}
	var err error
	switch head[1:] {
	case ":":
		d.request(p, rest)
		err = d.hear(p, "reply")
	case ">":
		d.request(p, rest)
	case "=":
		var bytes string
		if bytes, err = strconv.Unquote(d.expand(rest)); err != nil {
			d.t.Fatalf("%s: %v", line, err)
		}
		p.Write([]byte(bytes))
	case "$":
		d.give(p, strings.Fields(rest))
	case ".":
		p.Close()
	case "!":
		p.Conn.(*net.TCPConn).SetLinger(0)
		p.Close()
	case "+":
		d.peers[name], err = d.accept(hearing)
	case "~":
		d.dismiss(rest)
	case "":
		err = d.hello(p)
	case "<":
		err = d.hear(p, rest)
	default:
		d.t.Fatalf("a scene says %q", line)
	}
	if err != nil {
		d.say(strings.TrimSpace(what(err)))
		if p := d.peers[name]; p != nil {
			p.deaf = true
		}
	}
}

// what says what went wrong, in words that do not depend on the machine.
func what(err error) string {
	var ne net.Error
	switch {
	case errors.As(err, &ne) && ne.Timeout():
		return "(nothing more comes)"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		strings.Contains(err.Error(), "reset by peer"):
		return "(the end)"
	}
	return "(" + err.Error() + ")"
}

// say writes a line of the transcript, without what no two servers share.
func (d *telling) say(line string) { d.out = append(d.out, "    "+d.plain(line)) }

var (
	someID   = regexp.MustCompile(`\b[0-9a-f]{40}\b`)
	someLag  = regexp.MustCompile(`lag=(0|1|-1)\b`)
	endOff   = regexp.MustCompile(`(\$ENDOFF:\d+ \S+ \d+ )(\d+)`)
	somePeer = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	someTime = regexp.MustCompile(`1[7-9]\d{11}`)
)

func (d *telling) plain(s string) string {
	s = someID.ReplaceAllStringFunc(s, func(id string) string {
		if strings.Count(id, id[:1]) == 40 || id == fakeID {
			return id
		}
		if !slices.Contains(d.names, id) {
			d.names = append(d.names, id)
		}
		return "id-" + strconv.Itoa(1+slices.Index(d.names, id))
	})
	s = someLag.ReplaceAllString(s, "lag=few")
	s = somePeer.ReplaceAllString(s, "ADDR")
	s = someTime.ReplaceAllString(s, "MILLISECONDS.")
	if d.client != "" {
		s = strings.ReplaceAll(s, "client id "+d.client, "client id CLIENT")
	}
	s = strings.ReplaceAll(s, d.master.port(), "MASTER")
	return strings.ReplaceAll(s, strconv.Itoa(d.s.port), "PORT")
}

var variable = regexp.MustCompile(`@(id2|id|ID|offset|second|first|port|client|a|0)\b([+-]\d+)?`)

// expand puts in what the server says of its history.
func (d *telling) expand(s string) string {
	return variable.ReplaceAllStringFunc(s, func(v string) string {
		m := variable.FindStringSubmatch(v)
		switch m[1] {
		case "id":
			return d.s.info("master_replid")
		case "ID":
			return strings.ToUpper(d.s.info("master_replid"))
		case "id2":
			return d.s.info("master_replid2")
		case "port":
			return d.master.port()
		case "client":
			return d.client
		case "a", "0":
			return strings.Repeat(m[1], 40)
		}
		n := d.s.number(map[string]string{"offset": "master_repl_offset", "second": "second_repl_offset", "first": "repl_backlog_first_byte_offset"}[m[1]])
		more, _ := strconv.ParseInt("0"+strings.TrimLeft(m[2], "+-"), 10, 64)
		if strings.HasPrefix(m[2], "-") {
			more = -more
		}
		return strconv.FormatInt(n+more, 10)
	})
}

func (d *telling) until(line string, holds func() bool) {
	for end := time.Now().Add(hearing); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			d.say("(it never does)")
			return
		}
	}
}

// request sends requests and notes where in the stream they put the peer.
func (d *telling) request(p *peer, text string) {
	d.t.Helper()
	var b []byte
	for _, one := range strings.Split(d.expand(text), " ;; ") {
		args, err := resp.SplitArgs(one)
		if err != nil {
			d.t.Fatal(err)
		}
		b = resp.AppendCommand(b, args...)
		switch {
		case strings.EqualFold(args[0], "PSYNC") && len(args) > 2:
			want, _ := strconv.ParseInt(args[2], 10, 64)
			p.at = want - 1
		case strings.EqualFold(args[0], "SYNC"):
			p.at = d.s.number("master_repl_offset")
		}
	}
	p.Write(b)
}

// give sends a snapshot that holds one key.
func (d *telling) give(p *peer, words []string) {
	snapshot := string(fakeRDB(words[1], words[2]))
	mark := strings.Repeat("m", 40)
	switch words[0] {
	case "len":
		p.Write([]byte("$" + strconv.Itoa(len(snapshot)) + "\r\n" + snapshot))
	case "half":
		p.Write([]byte("$" + strconv.Itoa(len(snapshot)) + "\r\n" + snapshot[:len(snapshot)/2]))
	case "eof":
		p.Write([]byte("$EOF:" + mark + "\r\n" + snapshot + mark))
	}
}

func (d *telling) accept(patience time.Duration) (*peer, error) {
	d.master.l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c, err := d.master.l.Accept()
	if err != nil {
		return nil, err
	}
	return &peer{Conn: c, in: bufio.NewReader(c)}, nil
}

// dismiss closes connection after connection. Who tries again at once makes many in the time of a tick.
func (d *telling) dismiss(count string) {
	n, err := strconv.Atoi(count)
	if err != nil {
		d.t.Fatal(err)
	}
	began := time.Now()
	for range n {
		p, err := d.accept(hearing)
		if err != nil {
			d.say(what(err))
			return
		}
		p.Close()
	}
	if time.Since(began) < time.Duration(n-2)*time.Second {
		d.say("at once")
	} else {
		d.say("tick by tick")
	}
}

// hello answers the handshake and writes down what the replica asks.
func (d *telling) hello(p *peer) error {
	for {
		args, err := p.heardRequest()
		if err != nil {
			return err
		}
		d.say(strings.Join(args, " "))
		switch args[0] {
		case "PING":
			p.Write([]byte("+PONG\r\n"))
		case "PSYNC", "SYNC":
			return nil
		default:
			p.Write([]byte("+OK\r\n"))
		}
	}
}

// hear waits for what a line of the scene says, and writes it down.
func (d *telling) hear(p *peer, words string) error {
	d.t.Helper()
	p.SetReadDeadline(time.Now().Add(hearing))
	which, rest, _ := strings.Cut(words, " ")
	count, _ := strconv.Atoi(d.expand(rest))
	switch which {
	case "reply":
		for range max(count, 1) {
			v, err := p.reply()
			if err != nil {
				return err
			}
			if at := strings.Fields(string(v.Str)); len(at) == 3 && at[0] == "FULLRESYNC" {
				p.at, _ = strconv.ParseInt(at[2], 10, 64)
			}
			for l := range strings.Lines(resp.Format(v)) {
				d.say(strings.TrimRight(l, "\n"))
			}
		}
	case "line":
		l, err := p.line()
		if err != nil {
			return err
		}
		if m := endOff.FindStringSubmatch(l); m != nil {
			d.client, l = m[2], endOff.ReplaceAllString(l, "${1}CLIENT")
		}
		d.say(l)
	case "lf":
		b, err := p.in.ReadByte()
		if err != nil {
			return err
		}
		if b != '\n' {
			return fmt.Errorf("a byte %q", b)
		}
	case "rdb":
		return d.hearSnapshot(p)
	case "stream":
		n := d.s.number("master_repl_offset") - p.at
		if n < 0 {
			return fmt.Errorf("the stream is %d bytes behind the peer", -n)
		}
		b, err := p.bytes(int(n))
		d.sayStream(b)
		p.at += int64(len(b))
		return err
	case "bytes":
		b, err := p.bytes(count)
		d.sayStream(b)
		p.at += int64(len(b))
		return err
	case "request":
		args, err := p.heardRequest()
		if err != nil {
			return err
		}
		d.say(strings.Join(args, " "))
	case "ack":
		for last := ""; last != strconv.Itoa(count); {
			args, err := p.heardWords()
			switch {
			case err != nil:
				d.say("the last acknowledgement is " + last)
				return err
			case len(args) == 3 && args[1] == "ACK":
				last = args[2]
			case len(args) > 0:
				return fmt.Errorf("it says %q", args)
			}
		}
	case "end":
		b, err := io.ReadAll(p.in)
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			err = errors.New("still open")
		} else {
			err = nil
		}
		d.sayStream(lastAck(b))
		return err
	case "nothing":
		// Two turns of the event loop, and what the kernel takes.
		d.s.ok("PING")
		d.s.ok("PING")
		p.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		b, err := p.in.ReadByte()
		switch {
		case err == nil:
			return fmt.Errorf("a byte %q", b)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
	default:
		d.t.Fatalf("a scene waits for %q", words)
	}
	return nil
}

// lastAck leaves out all acknowledgements but the last: how many there were depends on how long it took. Newlines in
// front, the sign of life of a server that is busy, are left out too.
func lastAck(b []byte) []byte {
	acks := regexp.MustCompile(`(?:\*3\r\n\$8\r\nREPLCONF\r\n\$3\r\nACK\r\n\$\d+\r\n-?\d+\r\n)*(\*3\r\n\$8\r\nREPLCONF\r\n\$3\r\nACK\r\n)`)
	return acks.ReplaceAll([]byte(strings.TrimLeft(string(b), "\n")), []byte("$1"))
}

// sayStream writes a line for each command, and one for what is none.
func (d *telling) sayStream(b []byte) {
	for len(b) > 0 {
		var dec resp.Decoder
		_, n, err := dec.Next(b)
		if err != nil || n == 0 {
			n = len(b)
		}
		d.say(strconv.Quote(string(b[:n])))
		b = b[n:]
	}
}

// hearSnapshot hears a snapshot and says how it was framed, what it tells of itself and what it holds.
func (d *telling) hearSnapshot(p *peer) error {
	head, err := p.line()
	if err != nil {
		return err
	}
	var file []byte
	frame := "by its length"
	if mark, ok := strings.CutPrefix(head, "$EOF:"); ok {
		frame = fmt.Sprint("between marks of ", len(mark), " bytes")
		for !strings.HasSuffix(string(file), mark) {
			b, err := p.in.ReadByte()
			if err != nil {
				return err
			}
			file = append(file, b)
		}
		file = file[:len(file)-len(mark)]
	} else {
		n, err := strconv.Atoi(strings.TrimPrefix(head, "$"))
		if err != nil {
			return fmt.Errorf("not a snapshot but %q", head)
		}
		if file, err = p.bytes(n); err != nil {
			return err
		}
	}
	f, err := rdb.Decode(file, rdb.DecoderOptions{})
	if err != nil {
		return err
	}
	digest := f.Store().Digest()
	d.say("a snapshot, framed " + frame + ", " + string(file[:9]) + ", data " + hex.EncodeToString(digest[:])[:8])
	for _, name := range []string{"redis-ver", "redis-bits", "ctime", "used-mem", "repl-stream-db", "repl-id", "repl-offset", "aof-base"} {
		value, ok := f.Aux(name)
		switch {
		case !ok:
			d.say(name + " is not told")
		case strings.HasPrefix(name, "repl-"):
			d.say(name + " " + value)
		}
	}
	return nil
}

// reply hears one RESP value.
func (p *peer) reply() (resp.Value, error) {
	var buf []byte
	for {
		b, err := p.in.ReadByte()
		if err != nil {
			return resp.Value{}, err
		}
		if len(buf) == 0 && b == '\n' {
			continue // a keepalive
		}
		buf = append(buf, b)
		if b != '\n' {
			continue
		}
		v, n, err := resp.ParseValue(buf)
		if err != nil {
			return v, fmt.Errorf("%q: %w", buf, err)
		}
		if n > 0 {
			return v, nil
		}
	}
}

// line hears a line that is not empty.
func (p *peer) line() (string, error) {
	for {
		l, err := p.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if l = strings.TrimRight(l, "\r\n"); l != "" {
			return l, nil
		}
	}
}

func (p *peer) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	n, err := io.ReadFull(p.in, b)
	return b[:n], err
}

// heardRequest hears what a replica asks. It may acknowledge in between.
func (p *peer) heardRequest() ([]string, error) {
	for {
		args, err := p.heardWords()
		if err != nil || len(args) > 1 && args[1] != "ACK" || len(args) == 1 {
			return args, err
		}
	}
}

// heardWords hears one request, inline or not; a bare newline is one without words.
func (p *peer) heardWords() ([]string, error) {
	p.SetReadDeadline(time.Now().Add(hearing))
	head, err := p.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	head = strings.TrimRight(head, "\r\n")
	if !strings.HasPrefix(head, "*") {
		return strings.Fields(head), nil
	}
	n, err := strconv.Atoi(head[1:])
	if err != nil {
		return nil, fmt.Errorf("a request begins %q", head)
	}
	args := make([]string, n)
	for i := range args {
		l, err := p.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(strings.Trim(l, "$\r\n"))
		if err != nil {
			return nil, fmt.Errorf("an argument begins %q", l)
		}
		b, err := p.bytes(size + 2)
		if err != nil {
			return nil, err
		}
		args[i] = string(b[:size])
	}
	return args, nil
}
