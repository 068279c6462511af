//go:build !js

package rdb

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"resync/engine/store"
)

// A realServer is a redis-server of its own, in an empty folder.
type realServer struct {
	t    *testing.T
	dir  string
	conn net.Conn
	in   *bufio.Reader

	disagreed int // payloads that were restored there and not here, or the other way round
}

// startReal starts redis-server with a file to load, if there is one, and stops it when the test ends.
func startReal(t *testing.T, file []byte, flags ...string) *realServer {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("this test asks the real Redis: %v", err)
	}
	s := &realServer{t: t, dir: t.TempDir()}
	if file != nil {
		if err := os.WriteFile(filepath.Join(s.dir, "dump.rdb"), file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(s.dir, "socket")
	args := append([]string{"--port", "0", "--unixsocket", socket, "--dir", s.dir, "--save", "",
		"--enable-debug-command", "yes"}, flags...)
	server := exec.Command(path, args...)
	log, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	var lines []string
	scanner := bufio.NewScanner(log)
	ready := false
	for !ready && scanner.Scan() {
		lines = append(lines, scanner.Text())
		ready = strings.Contains(scanner.Text(), "ready to accept connections")
	}
	if !ready {
		t.Fatalf("redis-server did not start:\n%s", strings.Join(lines, "\n"))
	}
	go io.Copy(io.Discard, log)
	if s.conn, err = net.Dial("unix", socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	s.in = bufio.NewReader(s.conn)
	return s
}

// do sends a command and returns its reply: a status or error line, an integer, or the bytes of a bulk string.
func (s *realServer) do(args ...string) string {
	s.t.Helper()
	var b []byte
	b = fmt.Appendf(b, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := s.conn.Write(b); err != nil {
		s.t.Fatal(err)
	}
	line, err := s.in.ReadString('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line[0] != '$' {
		return line[1:]
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 {
		return "(nil)"
	}
	bulk := make([]byte, n+2)
	if _, err := io.ReadFull(s.in, bulk); err != nil {
		s.t.Fatal(err)
	}
	return string(bulk[:n])
}

func (s *realServer) file() []byte {
	s.t.Helper()
	if got := s.do("SAVE"); got != "OK" {
		s.t.Fatalf("SAVE: %s", got)
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "dump.rdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// samples are strings on both sides of every border of the format, and some for the compressor.
func samples() []string {
	list := []string{"", "0", "-1", "127", "128", "-128", "-129", "32767", "32768", "-32768", "-32769", "2147483647",
		"2147483648", "-2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808", "12345678901",
		"-0", "+1", "01", " 1", "1 ", "1.5", "\x00", "\r\n", "v"}
	for _, n := range []int{19, 20, 21, 22, 23, 24, 25, 26, 44, 45, 63, 64, 100, 263, 264, 265, 266, 267, 268, 269, 300, 8191,
		8192, 8193, 8200, 16383, 16384, 20000, 65535, 65536, 65537, 200_000} {
		list = append(list, strings.Repeat("a", n), strings.Repeat("ab", n/2), text(n, 3, uint64(n)), text(n, 40, uint64(n)),
			text(n, 256, uint64(n)), "<"+text(n, 256, 1)+strings.Repeat("=", 9)+text(n, 256, 1)+">")
	}
	for seed := range uint64(300) {
		list = append(list, text(21+int(seed)%60, 2+int(seed)%17, seed))
	}
	return list
}

func TestDumpIsTheRealOne(t *testing.T) {
	s := startReal(t, nil)
	var c Compressor
	for _, text := range samples() {
		if got := s.do("SET", "k", text); got != "OK" {
			t.Fatal(got)
		}
		want := s.do("DUMP", "k")
		v := store.StringValue([]byte(text))
		if got := string(AppendDump(nil, v, &c)); got != want {
			t.Fatalf("DUMP of %s (%d bytes) is\n%s want\n%s", quote([]byte(text)), len(text), hex.Dump([]byte(got)), hex.Dump([]byte(want)))
		}
		back, err := ParseDump([]byte(want), &defaultLimits)
		if err != nil || back.Str() != text {
			t.Fatalf("the payload of %d bytes reads as %d bytes, %v", len(text), back.Len(), err)
		}
		if got := s.do("RESTORE", "k", "0", string(AppendDump(nil, v, nil)), "REPLACE"); got != "OK" {
			t.Fatalf("RESTORE without compression: %s", got)
		}
		if s.do("GET", "k") != text {
			t.Fatal("RESTORE without compression gave another string")
		}
	}
}

func TestRestoreRefusesWhatTheRealOneDoes(t *testing.T) {
	s := startReal(t, nil)
	good := AppendDump(nil, store.StringValue([]byte("value")), nil)
	resum := func(p []byte) []byte {
		var tail [8]byte
		for i, crc := 0, CRC64(0, p[:len(p)-8]); i < 8; i++ {
			tail[i] = byte(crc >> (8 * i))
		}
		return append(append([]byte{}, p[:len(p)-8]...), tail[:]...)
	}
	change := func(i int, b byte) []byte {
		p := append([]byte{}, good...)
		p[i] = b
		return p
	}
	for name, p := range map[string][]byte{
		"good":                   good,
		"empty":                  {},
		"too short":              good[:9],
		"a flipped bit":          change(3, good[3]^1),
		"no checksum":            append(append([]byte{}, good[:len(good)-8]...), make([]byte, 8)...),
		"version 11":             resum(change(len(good)-10, 11)),
		"version 6":              resum(change(len(good)-10, 6)),
		"no value":               resum(append([]byte{}, good[len(good)-10:]...)),
		"unknown type":           resum(change(0, 200)),
		"string longer than all": resum(change(1, 63)),
		"something behind":       resum(change(1, 2)),
	} {
		want := s.do("RESTORE", "k", "0", string(p), "REPLACE")
		got := "OK"
		if _, err := ParseDump(p, &defaultLimits); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, the real one says %q", name, got, want)
		}
	}
}

func TestAFileOfTheRealOneIsWrittenTheSame(t *testing.T) {
	all := samples()
	const databases = 600
	for _, flags := range [][]string{nil, {"--rdbcompression", "no"}, {"--rdbchecksum", "no"}} {
		s := startReal(t, nil, append(flags, "--databases", strconv.Itoa(databases))...)
		// One key in each database leaves no order to differ in. Keys are strings in the file too.
		for i, text := range all {
			s.do("SELECT", strconv.Itoa(i))
			args := []string{"SET", all[len(all)-1-i], text}
			if i%3 == 0 {
				args = append(args, "PXAT", strconv.Itoa(4_000_000_000_000+i))
			}
			if got := s.do(args...); got != "OK" {
				t.Fatal(got)
			}
		}
		file := s.file()
		d, err := Decode(file, DecoderOptions{Databases: databases})
		if err != nil {
			t.Fatal(err)
		}
		digest := d.Store().Digest()
		if want := s.do("DEBUG", "DIGEST"); hex.EncodeToString(digest[:]) != want {
			t.Errorf("%q: digest %x, want %s", flags, digest, want)
		}
		o := Options{Compress: true, Checksum: true}
		if flags != nil {
			o = Options{Compress: flags[0] != "--rdbcompression", Checksum: flags[0] != "--rdbchecksum"}
		}
		if got := encode(d.Store(), d.aux, o, 1000); string(got) != string(file) {
			at := 0
			for at < len(got) && at < len(file) && got[at] == file[at] {
				at++
			}
			t.Errorf("%q: the files differ from byte %d on (%d and %d bytes)", flags, at, len(got), len(file))
		}
	}
}

func TestFilesGoBothWays(t *testing.T) {
	ours := manyKeys(3000)
	digest := ours.Digest()
	want := hex.EncodeToString(digest[:])
	for _, o := range []Options{{}, {Compress: true}, {Checksum: true}, {Compress: true, Checksum: true}} {
		file := encode(ours, DefaultAux(1e18, 1<<20), o, 1)
		s := startReal(t, file)
		if got := s.do("DEBUG", "DIGEST"); got != want {
			t.Fatalf("%+v: the real one has digest %s, want %s", o, got, want)
		}
		if got := s.do("DEBUG", "RELOAD"); got != "OK" {
			t.Fatal(got)
		}
		d, err := Decode(s.file(), DecoderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Store().Digest(); got != digest {
			t.Fatalf("%+v: the real one's file has digest %x, want %s", o, got, want)
		}
		if v, _ := d.Aux("redis-ver"); v != "7.0.15" {
			t.Errorf("redis-ver is %q", v)
		}
	}
}
