package rdb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"resync/engine/store"
)

// encode writes a whole file in pieces of about the wanted size.
func encode(s *store.Store, aux []Aux, o Options, want int) []byte {
	var file []byte
	for e := NewEncoder(s, aux, o); !e.Done(); {
		file = e.Append(file, want)
	}
	return file
}

// manyKeys returns a store with strings of all sorts in several databases.
func manyKeys(n int) *store.Store {
	r := rand.New(rand.NewPCG(1, 2))
	s := store.New(16)
	for i := range n {
		var v store.Value
		switch i % 4 {
		case 0:
			v = store.IntValue(r.Int64() >> r.IntN(64))
		case 1:
			v = store.StringValue([]byte(strings.Repeat(strconv.Itoa(i), r.IntN(40))))
		case 2:
			v = store.RawString(fmt.Append(nil, r.Uint64(), r.Uint64()))
		case 3:
			b := make([]byte, r.IntN(200))
			for j := range b {
				b[j] = byte(r.Uint32())
			}
			v = store.StringValue(b)
		}
		at := int64(0)
		if r.IntN(3) == 0 {
			at = 4_000_000_000_000 + r.Int64N(1000)
		}
		s.DB([]int{0, 1, 15}[r.IntN(3)]).Set(fmt.Append(nil, "key:", i), v, at)
	}
	return s
}

// text returns n bytes of so many different ones.
func text(n, letters int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, uint64(letters)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(letters))
	}
	return string(b)
}

// same fails the test unless both stores have the same keys, values and moments of expiry.
func same(t *testing.T, got, want *store.Store) {
	t.Helper()
	for i := range want.Databases() {
		if got.DB(i).Len() != want.DB(i).Len() {
			t.Fatalf("database %d has %d keys, want %d", i, got.DB(i).Len(), want.DB(i).Len())
		}
		for e := range want.DB(i).All() {
			x := got.DB(i).Get([]byte(e.Key))
			if x == nil || x.Value.Str() != e.Value.Str() || x.ExpireAt != e.ExpireAt {
				t.Fatalf("database %d, key %q: %+v, want %+v", i, e.Key, x, e)
			}
		}
	}
}

// mark ends the streamed payloads of these tests.
var mark = [MarkSize]byte([]byte("0123456789abcdef0123456789abcdef01234567"))

// smallFile has an item of every sort that is written.
func smallFile() []byte {
	s := store.New(16)
	s.DB(0).Set([]byte("k"), store.StringValue([]byte("v")), 0)
	s.DB(0).Set([]byte("empty"), store.StringValue(nil), 1_700_000_000_000)
	s.DB(9).Set([]byte("12"), store.IntValue(-300), 0)
	s.DB(9).Set([]byte("big"), store.IntValue(1<<40), 0)
	s.DB(9).Set([]byte("run"), store.StringValue([]byte(strings.Repeat("ab", 40))), 0)
	return encode(s, append(DefaultAux(0, 1), Aux{"repl-stream-db", "3"}), Options{Compress: true, Checksum: true}, 1)
}

func TestRoundTrip(t *testing.T) {
	want := manyKeys(2000)
	want.DB(3).Set([]byte("long"), store.StringValue([]byte(text(300_000, 256, 1))), 7)
	want.DB(3).Set([]byte("long run"), store.StringValue([]byte(strings.Repeat("abc", 100_000))), 0)
	want.DB(3).Set([]byte(strings.Repeat("k", 70_000)), store.StringValue([]byte("long key")), 0)
	aux := []Aux{{"redis-ver", "7.0.15"}, {"repl-stream-db", "0"}, {"", ""}}
	for _, o := range []Options{{}, {Compress: true}, {Checksum: true}, {Compress: true, Checksum: true}} {
		file := encode(want, aux, o, 1)
		d, err := Decode(file, DecoderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, d.Store(), want)
		for _, a := range aux {
			if v, ok := d.Aux(a.Name); v != a.Value || !ok {
				t.Errorf("aux %q is %q, %v", a.Name, v, ok)
			}
		}
		if _, ok := d.Aux("repl-id"); ok {
			t.Error("the file says something that it was not told")
		}
		for _, size := range []int{7, 4096, 1 << 20} {
			if string(encode(want, aux, o, size)) != string(file) {
				t.Errorf("%+v: in pieces of %d bytes the file is another", o, size)
			}
		}
	}
}

func TestEmptyFileIsTheKnownOne(t *testing.T) {
	if got := fmt.Sprintf("%x", encode(store.New(1), nil, Options{}, 1)); got != "524544495330303130ff0000000000000000" {
		t.Errorf("without checksum: %s", got)
	}
	if got := fmt.Sprintf("%x", encode(store.New(1), nil, Options{Checksum: true}, 1)); got != "524544495330303130ffa9fd37fe89a77eeb" {
		t.Errorf("with checksum: %s", got)
	}
}

func TestPiecesAreBounded(t *testing.T) {
	s := store.New(1)
	for i := range 50 {
		s.DB(0).Set(fmt.Append(nil, i), store.StringValue([]byte(text(100_000, 256, uint64(i)))), 0)
	}
	e := NewEncoder(s, nil, Options{Checksum: true})
	for !e.Done() {
		n := len(e.Append(nil, 1000))
		if n < 1000 && !e.Done() || n > 1000+pieceMax {
			t.Fatalf("1000 bytes were wanted, %d came", n)
		}
	}
	if n := len(e.Append(nil, 10)); n != 0 {
		t.Errorf("behind the end come %d bytes", n)
	}
}

func TestACloneGoesOnFromTheSamePlace(t *testing.T) {
	s := manyKeys(500)
	s.DB(2).Set([]byte("long"), store.StringValue([]byte(text(200_000, 256, 1))), 0)
	o := Options{Compress: true, Checksum: true}
	want := string(encode(s, nil, o, 1))
	e := NewEncoder(s, nil, o)
	var file []byte
	for !e.Done() {
		file = e.Append(file, 3000)
		twin := e.Clone()
		rest := append([]byte{}, file...)
		for !twin.Done() {
			rest = twin.Append(rest, 100_000)
		}
		if string(rest) != want {
			t.Fatalf("an encoder cloned at byte %d writes another file", len(file))
		}
	}

	payload := append(append(AppendStreamed(nil, mark), want...), mark[:]...)
	r := NewReceiver(DecoderOptions{})
	finish := func(twin *Receiver, at int) {
		t.Helper()
		if _, err := twin.Feed(payload[at:]); err != nil || !twin.Done() {
			t.Fatalf("a receiver cloned at byte %d: done %v, %v", at, twin.Done(), err)
		}
		same(t, twin.Decoder().Store(), s)
	}
	later := map[int]*Receiver{}
	for at := 0; at < len(payload); at += 1777 {
		finish(r.Clone(), at)
		later[at] = r.Clone() // to go on when the original has read much else
		if _, err := r.Feed(payload[at:min(at+1777, len(payload))]); err != nil {
			t.Fatal(err)
		}
	}
	if !r.Done() {
		t.Fatal("the cloned receiver did not finish")
	}
	for at, twin := range later {
		finish(twin, at)
	}
	same(t, r.Decoder().Store(), s)
}

func TestClonesInTheMiddleOfAStringMayReadDifferentEnds(t *testing.T) {
	for name, c := range map[string]struct{ begin, end string }{
		"plain":      {"REDIS0010\x00\x01k\x09first", "rest"},
		"compressed": {"REDIS0010\x00\x01k\xc3\x0a\x09\x08first", "rest"},
	} {
		a := NewDecoder(DecoderOptions{})
		a.Feed([]byte(c.begin))
		b := a.Clone()
		for i := range c.end { // a byte of each in turn, so that either would show the other's
			a.Feed([]byte(c.end[i : i+1]))
			b.Feed([]byte(strings.ToUpper(c.end[i : i+1])))
		}
		for d, want := range map[*Decoder]string{a: "first" + c.end, b: "first" + strings.ToUpper(c.end)} {
			d.Feed([]byte{opEOF})
			e := d.Store().DB(0).Get([]byte("k"))
			if e == nil || e.Value.Str() != want {
				t.Errorf("%s: the string is %+v, want %s", name, e, want)
			}
		}
	}
}

func TestAnyCutReadsTheSame(t *testing.T) {
	file := smallFile()
	want, err := Decode(file, DecoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const behind = "*1\r\n$4\r\nPING\r\n"
	for name, payload := range map[string]string{
		"sized":    "\n\n" + string(AppendSized(nil, int64(len(file)))) + string(file) + behind,
		"streamed": "\r\n" + string(AppendStreamed(nil, mark)) + string(file) + string(mark[:]) + behind,
	} {
		for first := range len(payload) {
			for _, size := range []int{1, 2, 5, 1000} {
				r := NewReceiver(DecoderOptions{})
				p, end := []byte(payload), first
				for !r.Done() {
					n, err := r.Feed(p[:min(end, len(p))])
					if err != nil {
						t.Fatalf("%s, cut at %d and then every %d: %v", name, first, size, err)
					}
					if p = p[n:]; !r.Done() && n == 0 && end > 0 {
						t.Fatalf("%s, cut at %d and then every %d: stuck", name, first, size)
					}
					end = size
				}
				if string(p) != behind {
					t.Fatalf("%s, cut at %d and then every %d: %q is left for the stream", name, first, size, p)
				}
				if r.Decoder().Store().Digest() != want.Store().Digest() {
					t.Fatalf("%s, cut at %d and then every %d: other keys", name, first, size)
				}
			}
		}
	}
}

func TestEveryTruncationAndEveryFlippedBitIsNoticed(t *testing.T) {
	file := smallFile()
	for n := range file {
		d, err := Decode(file[:n], DecoderOptions{})
		if d != nil || err == nil {
			t.Fatalf("the first %d bytes of %d are a file", n, len(file))
		}
	}
	for i := range file {
		for bit := range 8 {
			p := append([]byte{}, file...)
			p[i] ^= 1 << bit
			if _, err := Decode(p, DecoderOptions{}); err == nil {
				t.Errorf("bit %d of byte %d may be either", bit, i)
			}
			// Without the checksum it may be a file, but never a panic, nor one that announces what it has not.
			Decode(p, DecoderOptions{IgnoreChecksum: true})
		}
	}
}

func TestWrongFiles(t *testing.T) {
	head := "REDIS0010"
	tail := "\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, c := range []struct{ name, file, want string }{
		{"another program's", "PK\x03\x04\x05\x06\x07\x08\x09", `rdb: no REDIS but "PK\x03\x04\x05" at byte 0`},
		{"version without digits", "REDIS00x0", `rdb: version "00x0" at byte 0`},
		{"version 0", "REDIS0000", "rdb: version 0, which is none of 1 to 12, at byte 0"},
		{"version 13", "REDIS0013", "rdb: version 13, which is none of 1 to 12, at byte 0"},
		{"no end", head + "\x00\x01k\x01v", "rdb: the file ends in the middle at byte 14"},
		{"database too high", head + "\xfe\x10" + tail, "rdb: database 16 of 16 at byte 10"},
		{"the same key twice", head + "\x00\x01k\x01v\x00\x01k\x01v" + tail, `rdb: duplicated key 'k' in DB 0`},
		{"the same key twice, in front of something else", head + "\x00\x01k\x01v\x00\x01k\x01v\x08", `rdb: duplicated key 'k' in DB 0`},
		{"the same key twice, and no end", head + "\x00\x01k\x01v\x00\x01k\x01v\xfd", `rdb: duplicated key 'k' in DB 0`},
		{"the same key twice, in two parts of a database", head + "\xfe\x01\x00\x01k\x01v\xfe\x02\x00\x01k\x01v\xfe\x01\x00\x01k\x01v" + tail,
			`rdb: duplicated key 'k' in DB 1`},
		{"wrong checksum", head + "\xff\x01\x00\x00\x00\x00\x00\x00\x00",
			"rdb: wrong checksum, expected: (eb7ea789fe37fda9) but got (1) at byte 10"},
		{"a type of nobody", head + "\x08\x01k", "rdb: the unknown type 8 at byte 9"},
		{"a type of a later version", head + "\x20\x01k", "rdb: the unknown type 32 at byte 9"},
		{"a type that cannot be read", head + "\x07\x01k", `rdb: the type module 2, which cannot be read, of key "k" at byte 10`},
		{"old function", head + "\xf6\x01k", "rdb: a function in the form of a 7.0 release candidate at byte 9"},
		{"length of no form", head + "\xfe\x82", "rdb: length of the unknown form 82 at byte 10"},
		{"length that is a string", head + "\xfe\xc0\x00", "rdb: length of the unknown form c0 at byte 10"},
		{"string of no encoding", head + "\x00\xc4", "rdb: string of the unknown encoding c4 at byte 10"},
		{"module opcode", head + "\xf7\x01\x06", "rdb: module opcode 6 at byte 11"},
		{"impossible compression", head + "\x00\xc3\x02\x81\x00\x00\x01\x00\x00\x00\x00\x00",
			"rdb: string of 1099511627776 bytes compressed to 2 at byte 10"},
		{"compressed to nothing", head + "\x00\xc3\x00\x00", "rdb: string of 0 bytes compressed to 0 at byte 10"},
		{"reference before the beginning", head + "\x00\xc3\x04\x04\x00a\x20\x01", "rdb: broken compression at byte 10"},
		{"long name in a message", head + "\x07\x40\x64" + strings.Repeat("x", 100),
			`rdb: the type module 2, which cannot be read, of key "` + strings.Repeat("x", 64) + `"... at byte 10`},
	} {
		_, err := Decode([]byte(c.file), DecoderOptions{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		d := NewDecoder(DecoderOptions{})
		d.Feed([]byte(c.file))
		if _, again := d.Feed([]byte("more")); again == nil && err != nil && !strings.Contains(c.name, "no end") {
			t.Errorf("%s: the error does not stay", c.name)
		}
	}
}

func TestEverythingAroundKeysIsUnderstood(t *testing.T) {
	file := "REDIS0012" +
		"\xfa\x01a\xc1\x34\x12" + // aux with an integer
		"\xf5\x04code" + // a library of functions
		"\xf7\x01\x02\x03\x01\x05\x02\x40\x99\x03abcd\x04abcdefgh\x05\x03xyz\x00" + // module data
		"\xf4\x01\x02\x03" + // slot info
		"\xfe\x02\xfb\x03\x40\x80" +
		"\xf9\x07\xfc\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01k\x01v" + // used often, expires in milliseconds
		"\xf8\x40\x50\xfd\xff\xff\xff\xff\x00\x01l\xc0\xff" + // idle, expired a second before 1970
		"\xfc\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01m\x80\x00\x00\x00\x01x" + // expired as 1970 began
		"\x00\x01n\x81\x00\x00\x00\x00\x00\x00\x00\x01y" + // no expiry again
		"\x00\xc2\xff\xff\xff\x7f" + // a key that is an integer
		"\xc3\x05\x0a\x01ab\xc0\x01" + // "ab" and eight bytes more from two bytes back
		"\xff\x00\x00\x00\x00\x00\x00\x00\x00"
	d, err := Decode([]byte(file+"behind"), DecoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := d.Aux("a"); v != "4660" {
		t.Errorf("aux is %q", v)
	}
	if d.Store().DB(2).Len() != 5 {
		t.Errorf("%d keys, want 5", d.Store().DB(2).Len())
	}
	for _, want := range []struct {
		key, value string
		at         int64
	}{{"k", "v", 1 << 32}, {"l", "-1", -1000}, {"m", "x", 1}, {"n", "y", 0}, {"2147483647", "ababababab", 0}} {
		e := d.Store().DB(2).Get([]byte(want.key))
		if e == nil || e.Value.Str() != want.value || e.ExpireAt != want.at {
			t.Errorf("key %s is %+v, want %+v", want.key, e, want)
		}
	}
	old, err := Decode([]byte("REDIS0004\x00\x01k\x01v\xff"), DecoderOptions{})
	if err != nil || old.Store().DB(0).Len() != 1 {
		t.Errorf("a file without a checksum: %v", err)
	}
}

func TestAMasterSkipsWhatExpired(t *testing.T) {
	file := smallFile() // one key expires at 1,700,000,000,000
	for now, want := range map[int64]int{1_700_000_000_000: 2, 1_700_000_000_001: 1} {
		d, err := Decode(file, DecoderOptions{SkipExpired: true, NowMillis: now})
		if err != nil || d.Store().DB(0).Len() != want || d.Skipped() != 2-want {
			t.Errorf("at %d: %d keys, %d skipped, %v", now, d.Store().DB(0).Len(), d.Skipped(), err)
		}
	}
}

func TestMemoryFollowsTheBytesThatCame(t *testing.T) {
	d := NewDecoder(DecoderOptions{})
	if _, err := d.Feed([]byte("REDIS0010\x00\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xffab")); err != nil {
		t.Fatal(err)
	}
	if cap(d.token.text) > stringRoom {
		t.Errorf("two bytes of a huge string took %d", cap(d.token.text))
	}
	d = NewDecoder(DecoderOptions{})
	if _, err := d.Feed([]byte("REDIS0010\x00\xc3\x80\x40\x00\x00\x00\x80\x7f\xff\xff\xff\x00")); err != nil {
		t.Fatal(err)
	}
	if cap(d.token.text) > stringRoom || cap(d.token.lzf) > stringRoom {
		t.Errorf("a byte of a huge compressed string took %d and %d", cap(d.token.text), cap(d.token.lzf))
	}
}

func TestReceiver(t *testing.T) {
	file := string(smallFile())
	streamed := string(AppendStreamed(nil, mark))
	for _, c := range []struct {
		name, payload, want string
	}{
		{"abort", "\n-ERR no memory\r\n", "master aborted the synchronization: ERR no memory"},
		{"abort without a return", "-LOADING\n", "master aborted the synchronization: LOADING"},
		{"a reply", "+OK\r\n", `rdb: no '$' in the line "+OK" in front of the payload`},
		{"a line without end", strings.Repeat("x", 5000), `rdb: more than 1024 bytes in the line "` +
			strings.Repeat("x", 64) + `"... in front of the payload`},
		{"a line too long", "$" + strings.Repeat("0", 1024) + "\n", `rdb: more than 1024 bytes in the line "$` +
			strings.Repeat("0", 63) + `"... in front of the payload`},
		{"no number", "$\r\n", `rdb: no length in the line "$" in front of the payload`},
		{"length zero", "$0\r\n", `rdb: no length in the line "$0" in front of the payload`},
		{"negative length", "$-1\r\n", `rdb: no length in the line "$-1" in front of the payload`},
		{"length beyond 63 bits", "$9223372036854775808\r\n",
			`rdb: no length in the line "$9223372036854775808" in front of the payload`},
		{"short mark", "$EOF:abc\r\n", `rdb: a mark of 3 bytes in the line "$EOF:abc" in front of the payload`},
		{"length too small", "$20\r\n" + file, "rdb: the payload ends in the middle of the file at byte 20"},
		{"no file", "$20\r\n" + strings.Repeat("x", 20), `rdb: no REDIS but "xxxxx" at byte 0`},
		{"another mark", streamed + file + strings.Repeat("?", 40),
			`rdb: no end mark but "????????????????????????????????????????" at byte ` + strconv.Itoa(len(file))},
	} {
		for _, size := range []int{1, 1 << 20} {
			r := NewReceiver(DecoderOptions{})
			var err error
			for p := []byte(c.payload); len(p) > 0 && err == nil; {
				var n int
				n, err = r.Feed(p[:min(size, len(p))])
				p = p[n:]
			}
			want := c.want
			if size == 1 && c.name == "another mark" {
				want = strings.Replace(want, strings.Repeat("?", 40), "?", 1)
			}
			if err == nil || err.Error() != want || r.Done() {
				t.Errorf("%s in pieces of %d: %v, want %s", c.name, size, err, want)
			}
		}
	}

	r := NewReceiver(DecoderOptions{})
	if r.Total() != -1 || r.Streamed() {
		t.Error("the kind of payload is known before its line")
	}
	r.Feed([]byte("\n\r\n"))
	if r.Total() != -1 {
		t.Error("an empty line announced a payload")
	}
	size := len(file) + 3 // Redis looks at nothing behind the end of the file, up to the announced length
	r.Feed(AppendSized(nil, int64(size)))
	if n, err := r.Feed([]byte(file + "abcd")); n != size || err != nil || !r.Done() {
		t.Errorf("used %d of %d, done %v, %v", n, size, r.Done(), err)
	}
	if r.Total() != int64(size) || r.Read() != int64(size) || r.Streamed() {
		t.Errorf("total %d, read %d, streamed %v", r.Total(), r.Read(), r.Streamed())
	}

	r = NewReceiver(DecoderOptions{})
	if n, err := r.Feed([]byte(streamed + file + string(mark[:]) + "*1")); err != nil || !r.Done() || n != len(streamed)+len(file)+MarkSize {
		t.Errorf("used %d, done %v, %v", n, r.Done(), err)
	}
	if r.Total() != 0 || r.Read() != int64(len(file)+MarkSize) || !r.Streamed() {
		t.Errorf("total %d, read %d, streamed %v", r.Total(), r.Read(), r.Streamed())
	}
}

func TestCRC64(t *testing.T) {
	if got := CRC64(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("of the nine digits: %x", got)
	}
	p := []byte(text(100, 256, 1))
	for i := range p {
		if CRC64(CRC64(0, p[:i]), p[i:]) != CRC64(0, p) {
			t.Fatalf("cut at %d it is another", i)
		}
	}
}

func TestCompressionComesBack(t *testing.T) {
	var c Compressor
	for round := range 2 { // what the table remembers of one string must not reach the next
		for _, s := range compressible() {
			packed, ok := c.Append([]byte("before"), s, lzfSaveMin)
			if !ok {
				if string(packed) != "before" {
					t.Fatalf("round %d: a failure left %d bytes", round, len(packed))
				}
				continue
			}
			if len(packed)-len("before") > len(s)-lzfSaveMin {
				t.Errorf("%d bytes became %d", len(s), len(packed)-len("before"))
			}
			var fresh Compressor
			if again, _ := fresh.Append([]byte("before"), s, lzfSaveMin); string(again) != string(packed) {
				t.Errorf("round %d: %d bytes are compressed otherwise after others", round, len(s))
			}
			plain, ok := Decompress([]byte("kept"), packed[len("before"):], len(s))
			if !ok || string(plain) != "kept"+s {
				t.Errorf("%d bytes came back as %d, %v", len(s), len(plain)-4, ok)
			}
			for _, n := range []int{len(s) - 1, len(s) + 1} {
				if _, ok := Decompress(nil, packed[len("before"):], n); ok {
					t.Errorf("%d bytes came back as %d", len(s), n)
				}
			}
		}
	}
	c.base = 1<<32 - 10 // the positions start again before they overflow
	if packed, ok := c.Append(nil, strings.Repeat("a", 100), lzfSaveMin); !ok || fmt.Sprintf("%x", packed) != "016161e057"+"00"+"016161" {
		t.Errorf("100 letters became %x, %v", packed, ok)
	}
}

func compressible() []string {
	list := []string{"", "abcd", strings.Repeat("abcdefgh", 2000), strings.Repeat("a", 9000) + "xyz" + strings.Repeat("a", 9000)}
	for n := range 300 {
		list = append(list, strings.Repeat("a", n), text(n, 2, uint64(n)), text(n, 4, uint64(n)))
	}
	return append(list, text(50_000, 3, 1), text(50_000, 256, 1), text(9000, 256, 2)+text(9000, 256, 2))
}

func TestDumpVectors(t *testing.T) {
	var c Compressor
	for text, want := range map[string]string{
		"5":                      "00c0050a00632f5f66832fb351",
		strings.Repeat("a", 100): "00c30940640161" + "61e05700016161" + "0a00e8a3b507b06df271",
	} {
		v := store.StringValue([]byte(text))
		if got := fmt.Sprintf("%x", AppendDump(nil, v, &c)); got != want {
			t.Errorf("DUMP is %s, want %s", got, want)
		}
		for _, c := range []*Compressor{&c, nil} {
			if back, err := ParseDump(AppendDump(nil, v, c), &defaultLimits); err != nil || back.Str() != text {
				t.Errorf("came back as %q, %v", back.Str(), err)
			}
		}
	}
	payload := AppendDump(nil, store.StringValue([]byte("value")), nil)
	for n := range payload {
		if _, err := ParseDump(payload[:n], &defaultLimits); err == nil {
			t.Errorf("the first %d bytes are a payload", n)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add(smallFile(), uint8(1))
	f.Add([]byte("REDIS0010\xff\x00\x00\x00\x00\x00\x00\x00\x00"), uint8(3))
	f.Add([]byte("REDIS0012\xf7\x01\x02\x03\x04abcdefgh\x05\x03xyz\x00\xf4\x01\x02\x03\x00\xc3\x05\x0a\x01ab\xc0\x01\x01v\xff"), uint8(7))
	f.Add([]byte("REDIS0010\x00\x00\x0500000\x00\x00\x00\xfd"), uint8(0)) // a key twice, and no end
	f.Fuzz(func(t *testing.T, file []byte, size uint8) {
		whole, err := Decode(file, DecoderOptions{IgnoreChecksum: true})
		// Pieces: the same keys or the same error.
		d := NewDecoder(DecoderOptions{IgnoreChecksum: true})
		for p := file; len(p) > 0 && !d.Done(); {
			n, e := d.Feed(p[:min(int(size)+1, len(p))])
			if e != nil {
				break
			}
			p = p[n:]
			d = d.Clone()
		}
		var inPieces error
		if !d.Done() {
			inPieces = d.Cut("the file ends in the middle")
		}
		if !alikeErrors(inPieces, err) {
			t.Fatalf("in pieces: %v, whole: %v", inPieces, err)
		}
		if err != nil {
			return
		}
		same(t, d.Store(), whole.Store())
		// Written and read again: the same keys.
		again, err := Decode(encode(d.Store(), whole.aux, Options{Compress: true, Checksum: true}, 100), DecoderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, again.Store(), d.Store())
	})
}

// alikeErrors compares errors. Of several keys that are there twice either may be named.
func alikeErrors(a, b error) bool {
	var x, y *Error
	if errors.As(a, &x) && errors.As(b, &y) && x.Kind == Duplicate && y.Kind == Duplicate {
		return true
	}
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
}

func FuzzReceiver(f *testing.F) {
	file := smallFile()
	f.Add(append(AppendSized([]byte("\n\r\n"), int64(len(file))), file...), uint8(1))
	f.Add(append(append(AppendStreamed(nil, mark), file...), mark[:]...), uint8(10))
	f.Add([]byte("-ERR no\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, payload []byte, size uint8) {
		whole := NewReceiver(DecoderOptions{})
		used, err := whole.Feed(payload)
		r := NewReceiver(DecoderOptions{})
		total := 0
		for p := payload; len(p) > 0 && !r.Done(); {
			n, e := r.Feed(p[:min(int(size)+1, len(p))])
			if total, p = total+n, p[n:]; e != nil {
				if err == nil {
					t.Fatalf("in pieces: %v, whole: nothing wrong", e)
				}
				return
			}
		}
		if err != nil || r.Done() != whole.Done() || total != used {
			t.Fatalf("in pieces: done %v, %d bytes; whole: done %v, %d bytes, %v", r.Done(), total, whole.Done(), used, err)
		}
	})
}

func FuzzCompressor(f *testing.F) {
	f.Add("abcabcabcabcabcabcabcabc")
	f.Fuzz(func(t *testing.T, s string) {
		var c Compressor
		if packed, ok := c.Append(nil, s, lzfSaveMin); ok {
			if plain, ok := Decompress(nil, packed, len(s)); !ok || string(plain) != s {
				t.Fatalf("%q came back as %q", s, plain)
			}
		}
		Decompress(nil, []byte(s), len(s)*3)
	})
}

func BenchmarkSave(b *testing.B) {
	for _, o := range []Options{{Checksum: true}, {Compress: true, Checksum: true}} {
		b.Run(fmt.Sprintf("compress=%v", o.Compress), func(b *testing.B) {
			s := benchStore()
			b.SetBytes(int64(len(encode(s, nil, Options{}, 1<<20))))
			b.ReportAllocs()
			buf := make([]byte, 0, 256<<10)
			for b.Loop() {
				for e := NewEncoder(s, nil, o); !e.Done(); {
					buf = e.Append(buf[:0], 64<<10)
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, compress := range []bool{false, true} {
		b.Run(fmt.Sprintf("compress=%v", compress), func(b *testing.B) {
			s := benchStore()
			file := encode(s, nil, Options{Compress: compress, Checksum: true}, 1<<20)
			b.SetBytes(int64(len(encode(s, nil, Options{}, 1<<20))))
			b.ReportAllocs()
			for b.Loop() {
				d := NewDecoder(DecoderOptions{})
				for p := file; len(p) > 0; {
					n, err := d.Feed(p[:min(16<<10, len(p))])
					if err != nil {
						b.Fatal(err)
					}
					p = p[n:]
				}
			}
		})
	}
}

func BenchmarkCRC64(b *testing.B) {
	p := make([]byte, 64<<10)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		CRC64(0, p)
	}
}

// benchStore has 100,000 keys with 64 bytes each.
func benchStore() *store.Store {
	s := store.New(1)
	for i := range 100_000 {
		s.DB(0).Set(fmt.Appendf(nil, "key:%012d", i), store.StringValue([]byte(text(64, 64, uint64(i)))), 0)
	}
	return s
}

// A clone in the middle takes what was read with it, and also what is wrong with it.
func TestAKeyThatIsThereTwiceIsNoticedByAClone(t *testing.T) {
	a := NewDecoder(DecoderOptions{})
	if _, err := a.Feed([]byte("REDIS0010\x00\x01k\x01v\x00\x01k\x01v")); err != nil {
		t.Fatal(err)
	}
	if a.Keys() != 2 {
		t.Errorf("%d keys were read", a.Keys())
	}
	b := a.Clone()
	for _, d := range []*Decoder{a, b} {
		var e *Error
		if _, err := d.Feed([]byte{opEOF}); !errors.As(err, &e) || e.Kind != Duplicate || d.Done() {
			t.Errorf("got %v", err)
		}
	}
}
