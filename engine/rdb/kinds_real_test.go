//go:build !js

package rdb

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
	"resync/engine/store"
)

// ask sends commands at once and returns the last reply, whatever it is.
func (s *realServer) ask(commands ...[]string) resp.Value {
	s.t.Helper()
	var b []byte
	for _, c := range commands {
		b = resp.AppendCommand(b, c...)
	}
	go s.conn.Write(b)
	var last resp.Value
	var in []byte
	for range commands {
		in = s.reply(in[:0])
		v, _, err := resp.ParseValue(in)
		if err != nil {
			s.t.Fatal(err)
		}
		last = v
	}
	return last
}

// reply appends the bytes of one reply.
func (s *realServer) reply(dst []byte) []byte {
	s.t.Helper()
	line, err := s.in.ReadBytes('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	dst = append(dst, line...)
	n, _ := strconv.Atoi(strings.TrimSpace(string(line[1:])))
	switch line[0] {
	case '$':
		if n >= 0 {
			from := len(dst)
			dst = append(dst, make([]byte, n+2)...)
			if _, err := io.ReadFull(s.in, dst[from:]); err != nil {
				s.t.Fatal(err)
			}
		}
	case '*':
		for range n {
			dst = s.reply(dst)
		}
	}
	return dst
}

// everyKind are the commands that make values of every kind, small and large, in every encoding that there is, and
// beside every border between two.
func everyKind() [][]string {
	var all [][]string
	add := func(words ...string) { all = append(all, words) }
	// many adds a command with the key and n words or groups of words.
	many := func(command, key string, n int, word func(i int) []string) {
		words := []string{command, key}
		for i := range n {
			words = append(words, word(i)...)
		}
		add(words...)
	}
	one := func(format string) func(i int) []string {
		return func(i int) []string { return []string{fmt.Sprintf(format, i)} }
	}
	two := func(a, b string) func(i int) []string {
		return func(i int) []string { return []string{fmt.Sprintf(a, i), fmt.Sprintf(b, i)} }
	}
	long := strings.Repeat("0123456789", 7)

	add("SET", "string", "value")
	add("SET", "string of an integer", "-12345")
	add("SET", "string that is long", strings.Repeat("abc ", 1000))
	add("SET", "string that expires", "x", "PXAT", "4000000000000")
	add("APPEND", "string that grew", "17")

	for _, n := range []int{1, 2, 100, 1000, 5000} {
		many("RPUSH", "list of "+strconv.Itoa(n), n, one("element %d"))
		many("RPUSH", "list of integers "+strconv.Itoa(n), n, one("%d"))
	}
	add("RPUSH", "list of huge elements", strings.Repeat("x", 9000), "small", strings.Repeat("y", 70_000), "1")
	add(slices.Concat([]string{"RPUSH", "list of integers of every width"}, bordersOfListpacks)...)

	for _, n := range []int{1, 6, 7, 511, 512, 513, 3000} {
		many("SADD", "set of integers "+strconv.Itoa(n), n, one("%d"))
	}
	many("SADD", "set of wide integers", 10, one("%d000000000"))
	many("SADD", "set of middle integers", 10, one("%d0000"))
	many("SADD", "set that was wide", 10, one("-%d"))
	add("SADD", "set that was wide", "5000000000")
	add("SREM", "set that was wide", "5000000000")
	add("SADD", "set of one word", "word")
	many("SADD", "set of words", 2000, one("member %d"))

	for _, n := range []int{1, 6, 7, 128, 129, 2000} {
		many("HSET", "hash of "+strconv.Itoa(n), n, two("field %d", "%d"))
		many("ZADD", "zset of "+strconv.Itoa(n), n, two("%d.5", "member %d"))
		many("ZADD", "zset of equals "+strconv.Itoa(n), n, func(i int) []string { return []string{"1", strconv.Itoa(i)} })
	}
	add("HSET", "hash with a long value", "f", long, "a", "b")
	add("HSET", "hash with a long field", long, "1")
	add("HSET", "hash at the border", strings.Repeat("f", 64), strings.Repeat("v", 64))
	add("HSET", "hash with nothing", "", "")
	add("ZADD", "zset with a long member", "1", long)
	add("ZADD", "zset of strange scores", "inf", "a", "-inf", "b", "0", "c", "-0", "d", "1e300", "e", "3.14159265358979", "f", "1e-320", "g",
		"17", "h", "-4097", "i", "123456789012345680", "j", "9007199254740993", "k", "0.1", "l")

	for i := range 250 {
		words := []string{"XADD", "stream", strconv.Itoa(1000+i/3) + "-" + strconv.Itoa(i), "field", strconv.Itoa(i), "other", "v" + strconv.Itoa(i)}
		if i%7 == 0 {
			words = append(words, "one more", strconv.Itoa(-i*1000))
		}
		add(words...)
	}
	for _, i := range []int{0, 5, 7, 249} {
		add("XDEL", "stream", strconv.Itoa(1000+i/3)+"-"+strconv.Itoa(i))
	}
	add("XADD", "stream that is empty", "5-5", "a", "b")
	add("XDEL", "stream that is empty", "5-5")
	add("XGROUP", "CREATE", "stream", "all", "0")
	add("XGROUP", "CREATE", "stream", "late", "1010-30", "ENTRIESREAD", "31")
	add("XGROUP", "CREATE", "stream that was never there", "g", "$", "MKSTREAM")
	add("XGROUP", "CREATECONSUMER", "stream", "all", "idle one")
	add("XREADGROUP", "GROUP", "all", "alice", "COUNT", "20", "STREAMS", "stream", ">")
	add("XREADGROUP", "GROUP", "all", "bob", "COUNT", "5", "STREAMS", "stream", ">")
	add("XREADGROUP", "GROUP", "late", "carol", "STREAMS", "stream", ">")
	add("XACK", "stream", "all", "1000-1", "1001-4")
	add("SELECT", "3")
	add("RPUSH", "elsewhere", "a", "b")
	add("SELECT", "0")
	return all
}

// keysOf returns the entries of a store by database and key.
func keysOf(s *store.Store) map[string]store.Entry {
	all := map[string]store.Entry{}
	for db := range s.Databases() {
		for cursor, more := uint64(0), true; more; more = cursor != 0 {
			cursor = s.DB(db).Scan(cursor, 100, func(e *store.Entry) { all[strconv.Itoa(db)+" "+e.Key] = *e })
		}
	}
	return all
}

// wantEncodings compares the encodings of all keys with those of redis-server.
func (s *realServer) wantEncodings(ours *store.Store) {
	s.t.Helper()
	all := keysOf(ours)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		db, key, _ := strings.Cut(name, " ")
		want := s.ask([]string{"SELECT", db}, []string{"OBJECT", "ENCODING", key}).Str
		if got := all[name].Value.Encoding().String(); got != want {
			s.t.Errorf("%s: encoding %s, redis-server says %s", name, got, want)
		}
	}
	s.ask([]string{"SELECT", "0"})
}

// wantDigest compares the data with those of redis-server.
func (s *realServer) wantDigest(ours *store.Store) {
	s.t.Helper()
	digest := ours.Digest()
	if want := s.do("DEBUG", "DIGEST"); hex.EncodeToString(digest[:]) != want {
		s.t.Errorf("digest %x, redis-server says %s", digest, want)
		all := keysOf(ours)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			db, key, _ := strings.Cut(name, " ")
			e := all[name]
			got := ours.DigestValue(&e)
			v := s.ask([]string{"SELECT", db}, []string{"DEBUG", "DIGEST-VALUE", key})
			if len(v.Elems) != 1 || hex.EncodeToString(got[:]) != v.Elems[0].Str {
				s.t.Logf("%s differs", name)
			}
		}
	}
}

// A circumstance is how redis-server is configured, and we are.
type circumstance struct {
	name   string
	flags  []string
	limits store.Limits
}

func circumstances() []circumstance {
	low := store.Limits{HashListpackEntries: 6, HashListpackValue: 20, SetIntsetEntries: 6, ZSetListpackEntries: 6,
		ZSetListpackValue: 20, ListListpackSize: 4, StreamNodeEntries: 5, StreamNodeBytes: 200, HLLSparseBytes: 3000}
	high := store.Limits{HashListpackEntries: 10_000, HashListpackValue: 1000, SetIntsetEntries: 10_000, ZSetListpackEntries: 10_000,
		ZSetListpackValue: 1000, ListListpackSize: -5, StreamNodeEntries: 0, StreamNodeBytes: 0, HLLSparseBytes: 3000}
	return []circumstance{
		{"as it comes", nil, store.DefaultLimits()},
		{"without compression", []string{"--rdbcompression", "no"}, store.DefaultLimits()},
		{"low limits", flagsOf(low), low},
		{"high limits", flagsOf(high), high},
	}
}

func flagsOf(l store.Limits) []string {
	var flags []string
	for name, n := range map[string]int{"hash-max-listpack-entries": l.HashListpackEntries, "hash-max-listpack-value": l.HashListpackValue,
		"set-max-intset-entries": l.SetIntsetEntries, "zset-max-listpack-entries": l.ZSetListpackEntries,
		"zset-max-listpack-value": l.ZSetListpackValue, "list-max-listpack-size": l.ListListpackSize,
		"stream-node-max-entries": l.StreamNodeEntries, "stream-node-max-bytes": l.StreamNodeBytes} {
		flags = append(flags, "--"+name, strconv.Itoa(n))
	}
	return flags
}

func TestFilesOfEveryKindGoBothWays(t *testing.T) {
	for _, c := range circumstances() {
		t.Run(c.name, func(t *testing.T) {
			s := startReal(t, nil, c.flags...)
			for _, words := range everyKind() {
				if v := s.ask(words); v.IsError() {
					t.Fatalf("%.100q: %s", words, v.Str)
				}
			}
			file := s.file()
			d, err := Decode(file, DecoderOptions{Limits: &c.limits})
			if err != nil {
				t.Fatal(err)
			}
			// What its own file makes of it is what redis-server has from here on.
			if got := s.do("DEBUG", "RELOAD", "NOSAVE"); got != "OK" {
				t.Fatal(got)
			}
			s.wantDigest(d.Store())
			s.wantEncodings(d.Store())
			s.wantDumps(d.Store(), c.name != "without compression")

			back := startReal(t, encode(d.Store(), DefaultAux(1e18, 1<<20), Options{Compress: true, Checksum: true}, 4096), c.flags...)
			back.wantDigest(d.Store())
			back.wantEncodings(d.Store())
			for _, words := range [][]string{{"XINFO", "STREAM", "stream", "FULL", "COUNT", "0"}, {"XPENDING", "stream", "all"}, {"XPENDING", "stream", "late"}} {
				if got, want := resp.Format(back.ask(words)), resp.Format(s.ask(words)); got != want {
					t.Errorf("%q:\n%s\nwas\n%s", words, got, want)
				}
			}
		})
	}
}

// wantDumps compares the payloads of all values whose elements have an order.
func (s *realServer) wantDumps(ours *store.Store, compressed bool) {
	s.t.Helper()
	var c *Compressor
	if compressed {
		c = new(Compressor)
	}
	all := keysOf(ours)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		db, key, _ := strings.Cut(name, " ")
		v := all[name].Value
		if v.Encoding() == store.HashTable {
			continue
		}
		want := s.ask([]string{"SELECT", db}, []string{"DUMP", key}).Str
		if got := string(AppendDump(nil, v, c)); got != want {
			s.t.Errorf("DUMP of %s (%s) is\n%.2000s want\n%.2000s", name, v.Encoding(), hex.Dump([]byte(got)), hex.Dump([]byte(want)))
		}
	}
	s.ask([]string{"SELECT", "0"})
}

// smallValues are payloads of DUMP without tail, in every form that a redis-server ever wrote, and what they hold.
func smallValues() map[string][]byte {
	str := func(words ...string) []byte {
		var b []byte
		for _, w := range words {
			b = AppendString(b, w, nil)
		}
		return b
	}
	with := func(kind byte, parts ...[]byte) []byte { return slices.Concat(append([][]byte{{kind}}, parts...)...) }
	text := func(score string) []byte { return append([]byte{byte(len(score))}, score...) }
	double := func(f float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)) }
	listpack := func(words ...string) string {
		b := beginListpack(nil)
		for _, w := range words {
			b = appendListpackText(b, w)
		}
		return string(endListpack(b, 0, len(words)))
	}
	id := func(ms, seq uint64) string {
		return string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, ms), seq))
	}
	millis := func(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }
	lengths := func(numbers ...uint64) []byte {
		var b []byte
		for _, n := range numbers {
			b = AppendLength(b, n)
		}
		return b
	}
	// Three entries of two fields, the second deleted, the third with fields of its own.
	node := listpack("2", "1", "2", "f", "g", "0",
		"2", "0", "0", "v", "w", "5",
		"3", "1", "0", "x", "y", "5",
		"0", "2", "1", "1", "h", "z", "6")
	streamOf := func(kind byte, length uint64) []byte {
		b := with(kind, lengths(1), AppendString(nil, id(1000, 1), nil), AppendString(nil, node, nil), lengths(length, 1002, 2))
		if kind != 15 {
			b = append(b, lengths(1000, 1, 1001, 1, 3)...)
		}
		b = append(b, lengths(1)...)
		b = append(b, str("group")...)
		b = append(b, lengths(1000, 1)...)
		if kind != 15 {
			b = append(b, lengths(1)...)
		}
		b = append(b, lengths(1)...)
		b = append(b, id(1000, 1)...)
		b = append(b, millis(1_700_000_000_000)...)
		b = append(b, lengths(3, 1)...)
		b = append(b, str("consumer")...)
		b = append(b, millis(1_700_000_000_001)...)
		if kind == 21 {
			b = append(b, millis(1_700_000_000_002)...)
		}
		b = append(b, lengths(1)...)
		return append(b, id(1000, 1)...)
	}
	ziplist := func(words ...string) string { return string(ziplistOf(words...)) }
	return map[string][]byte{
		"string":          with(0, str("value")),
		"string integer":  with(0, str("123456")),
		"list":            with(1, lengths(3), str("a", "12", "long element of a list")),
		"set":             with(2, lengths(3), str("a", "12", "c")),
		"set of integers": with(2, lengths(3), str("7", "12", "-5")),
		"zset of texts":   with(3, lengths(3), str("a"), []byte("\x031.5"), str("b"), []byte{254}, str("c"), []byte{255}),
		"zset of long texts": with(3, lengths(4), str("a"), text("3.1899999999999999"), str("b"), text("-1.7976931348623157e+308"),
			str("c"), text("0."+strings.Repeat("0", 249)+"1"), str("d"), text("1e999")),
		"hash":          with(4, lengths(2), str("f", "v", "g", "12")),
		"zset":          with(5, lengths(3), str("a"), double(1.5), str("b"), double(math.Inf(1)), str("c"), double(-3)),
		"zipmap":        with(9, str(handZipmap)),
		"list ziplist":  with(10, str(handZiplist)),
		"intset":        with(11, str(dumpedWideIntset)),
		"zset ziplist":  with(12, str(ziplist("c", "-3", "a", "1.5", "b", "inf"))),
		"hash ziplist":  with(13, str(ziplist("f", "v", "g", "12"))),
		"quicklist":     with(14, lengths(2), str(ziplist("a", "b", "3"), ziplist("c"))),
		"stream of 5.0": streamOf(15, 2),
		"hash listpack": with(16, str(listpack("f", "v", "g", "12"))),
		"zset listpack": with(17, str(listpack("c", "-3", "a", "1.5", "b", "inf"))),
		"quicklist 2":   with(18, lengths(3, 2), str(listpack("a", "b", "3")), lengths(1), str("plain"), lengths(2), str(listpack("c"))),
		"stream of 7.0": streamOf(19, 2),
		// XTRIM of the first 5.0 miscounted.
		"stream that is said to be longer":  streamOf(15, 4),
		"stream that is said to be shorter": streamOf(19, 1),
		"stream that is said to be empty":   streamOf(19, 0),
	}
}

// ziplistOf makes a ziplist of short words, integers in the form of 64 bits and 8 bits by turns.
func ziplistOf(words ...string) []byte {
	b := make([]byte, ziplistHead)
	before, tail := 0, ziplistHead
	for i, w := range words {
		tail = len(b)
		b = append(b, byte(before))
		n, err := strconv.ParseInt(w, 10, 64)
		switch {
		case err == nil && n >= 0 && n <= 12:
			b = append(b, 0xF1+byte(n))
		case err == nil && n == int64(int8(n)) && i%4 == 3:
			b = append(b, 0xFE, byte(n))
		case err == nil:
			b = binary.LittleEndian.AppendUint64(append(b, 0xE0), uint64(n))
		default:
			b = append(append(b, byte(len(w))), w...)
		}
		before = len(b) - tail
	}
	b = append(b, packedEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(tail))
	binary.LittleEndian.PutUint16(b[8:], uint16(len(words)))
	return b
}

// sealed adds the tail of a DUMP.
func sealed(body []byte) []byte {
	b := binary.LittleEndian.AppendUint16(slices.Clip(body), Version)
	return binary.LittleEndian.AppendUint64(b, CRC64(0, b))
}

func TestEveryFormOfAValueIsReadAsTheRealOneReadsIt(t *testing.T) {
	s := startReal(t, nil, "--sanitize-dump-payload", "yes")
	limits := store.DefaultLimits()
	values := smallValues()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		s.agree(name, sealed(values[name]), &limits, true)
	}
}

// Any byte of a value may be wrong. What the real server refuses, we refuse, and what we accept means the same to it.
func TestDamagedValuesAreTakenAsTheRealOneTakesThem(t *testing.T) {
	s := startReal(t, nil, "--sanitize-dump-payload", "yes")
	limits := store.DefaultLimits()
	values := smallValues()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		body := values[name]
		for at := range body {
			if s.disagreed > 20 {
				t.Fatal("that is enough")
			}
			for _, flip := range []byte{0xFF, 0x80, 0x40, 0x10, 0x04, 0x01} {
				damaged := slices.Clone(body)
				damaged[at] ^= flip
				if !knownTo70(damaged[0]) {
					continue
				}
				s.agree(fmt.Sprintf("%s, byte %d with %02x", name, at, flip), sealed(damaged), &limits, false)
			}
			s.agree(fmt.Sprintf("%s, cut at byte %d", name, at), sealed(body[:at]), &limits, false)
		}
	}
}

// knownTo70 leaves out the types that only later servers read.
func knownTo70(kind byte) bool { return kind <= 19 && kind != 6 && kind != 7 }

// lookedAtDeeper reports whether we refuse more of a type than redis-server: it takes a score of letters for 0 or
// anything, and does not look at every element that its streams' nodes keep for themselves.
func lookedAtDeeper(kind byte) bool {
	switch kind {
	case typeZSetText, typeZSetZiplist, typeZSetListpack, typeStream, typeStream2:
		return true
	}
	return false
}

// agree restores a payload there and reads it here.
func (s *realServer) agree(name string, payload []byte, limits *store.Limits, must bool) {
	s.t.Helper()
	s.do("FLUSHALL")
	reply := s.ask([]string{"RESTORE", "k", "0", string(payload)})
	v, err := ParseDump(payload, limits)
	if must && reply.IsError() {
		s.t.Errorf("%s: redis-server says %s", name, reply.Str)
	}
	if err != nil && !must && lookedAtDeeper(payload[0]) {
		return
	}
	if (err != nil) != reply.IsError() {
		s.disagreed++
		s.t.Errorf("%s: %v, redis-server says %s\n%s", name, err, reply.Str, hex.Dump(payload))
		return
	}
	if err != nil {
		return
	}
	ours := store.New(1)
	ours.DB(0).Set([]byte("k"), v, 0)
	digest := ours.Digest()
	if want := s.do("DEBUG", "DIGEST"); hex.EncodeToString(digest[:]) != want {
		s.t.Errorf("%s: digest %x, redis-server says %s\n%s", name, digest, want, hex.Dump(payload))
	}
	if got, want := v.Encoding().String(), s.do("OBJECT", "ENCODING", "k"); got != want {
		s.t.Errorf("%s: encoding %s, redis-server says %s", name, got, want)
	}
}

// A file that is cut or damaged anywhere is refused: at the latest, the checksum tells. Where it is not asked, there is
// no panic, no endless work, and no more memory than the file and some.
func TestDamagedFilesOfEveryKind(t *testing.T) {
	const room = 1 << 20
	values := smallValues()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		body := values[name]
		file := []byte("REDIS0010")
		file = append(file, opSelectDB, 0, opResizeDB, 1, 0, body[0])
		file = append(AppendString(file, "key", nil), body[1:]...)
		file = append(file, opEOF)
		file = binary.LittleEndian.AppendUint64(file, CRC64(0, file))
		if _, err := Decode(file, DecoderOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		for at := range file {
			if _, err := Decode(file[:at], DecoderOptions{}); err == nil {
				t.Errorf("%s: the first %d bytes are a file", name, at)
			}
			for bit := range 8 {
				damaged := bytes.Clone(file)
				damaged[at] ^= 1 << bit
				// A checksum of zero or an old version switches the check off, but no single bit makes either of these.
				if _, err := Decode(damaged, DecoderOptions{}); err == nil {
					t.Errorf("%s: nobody sees that bit %d of byte %d is wrong", name, bit, at)
				}
				runtime.ReadMemStats(&before)
				d, err := Decode(damaged, DecoderOptions{IgnoreChecksum: true})
				if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > room {
					t.Errorf("%s: bit %d of byte %d costs %d bytes", name, bit, at, after.TotalAlloc-before.TotalAlloc)
				}
				if err != nil {
					continue
				}
				// What was taken for right is a value like any other.
				again, err := Decode(encode(d.Store(), nil, Options{Checksum: true}, 100), DecoderOptions{})
				if err != nil {
					t.Fatalf("%s: bit %d of byte %d: what came of it is written so that %v", name, bit, at, err)
				}
				if got, want := again.Store().Digest(), d.Store().Digest(); got != want {
					t.Errorf("%s: bit %d of byte %d: digest %x became %x", name, bit, at, want, got)
				}
			}
		}
	}
}
