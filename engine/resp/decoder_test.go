package resp

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A cut is what a Decoder made of a stream: the commands, and the error that ended it.
type cut struct {
	commands [][]string
	inline   []bool
	err      string
}

// cutUp feeds in piece by piece, each as long as size says, and collects what comes out.
func cutUp(in []byte, limits Limits, size func() int) (c cut) {
	d := Decoder{Limits: limits}
	for start, fed := 0, 0; ; {
		buf := in[start:fed]
		if len(buf) < 256 {
			buf = bytes.Clone(buf) // it may move
		}
		args, n, err := d.Next(buf)
		switch {
		case err != nil:
			c.err = err.Error()
			return c
		case n > 0:
			words := []string{}
			for _, a := range args {
				words = append(words, string(a))
			}
			c.commands = append(c.commands, words)
			c.inline = append(c.inline, d.Inline())
			start += n
		case fed == len(in):
			return c
		default:
			fed = min(fed+max(size(), 1), len(in))
		}
	}
}

func whole() int   { return 1 << 30 }
func oneByte() int { return 1 }

func TestCommandsComeOffAStream(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     [][]string
	}{
		{"an array", "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", [][]string{{"GET", "a"}}},
		{"two in a row", "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nEXEC\r\n", [][]string{{"PING"}, {"EXEC"}}},
		{"an empty argument", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [][]string{{"ECHO", ""}}},
		{"any bytes in an argument", "*1\r\n$6\r\n\x00\r\n*$\xff\r\n", [][]string{{"\x00\r\n*$\xff"}}},
		{"the end of an argument is not looked at", "*1\r\n$4\r\nPINGxy", [][]string{{"PING"}}},
		{"nor is the second byte of a line's end", "*1\rx$4\rzPINGxy", [][]string{{"PING"}}},
		{"an empty array says nothing", "*0\r\n*1\r\n$4\r\nPING\r\n", [][]string{{}, {"PING"}}},
		{"and so does a negative one", "*-1\r\n*-7\r\n", [][]string{{}, {}}},
		{"a line", "SET a b\r\n", [][]string{{"SET", "a", "b"}}},
		{"a line without a carriage return", "SET a b\n", [][]string{{"SET", "a", "b"}}},
		{"empty lines", "\r\n\nPING\r\n", [][]string{{}, {}, {"PING"}}},
		{"quotes in a line", "SET \"a \\x41\\n\" 'b \\' \\n'\r\n", [][]string{{"SET", "a A\n", "b ' \\n"}}},
		{"an array behind a line", "PING\r\n*1\r\n$4\r\nEXEC\r\n", [][]string{{"PING"}, {"EXEC"}}},
		{"half a command", "*2\r\n$3\r\nGET\r\n$1\r\n", nil},
		{"an argument without its end", "*1\r\n$4\r\nPING\r", nil},
		{"a count without its end", "*1\r", nil},
		{"a NUL byte hides the end of a line", "PING\x00\r\nPING\r\n", nil},
		{"and that of a count", "*1\x00\r\n$4\r\nPING\r\n", nil},
	} {
		for way, size := range map[string]func() int{"whole": whole, "byte by byte": oneByte} {
			got := cutUp([]byte(tt.in), Limits{}, size)
			if got.err != "" || !equalCommands(got.commands, tt.want) {
				t.Errorf("%s, %s: %q %s, want %q", tt.name, way, got.commands, got.err, tt.want)
			}
		}
	}
}

func equalCommands(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

func TestWhatBreaksTheProtocolIsNamedAsRedisNamesIt(t *testing.T) {
	long := strings.Repeat("1", DefaultMaxInline)
	for _, tt := range []struct {
		name, in string
		limits   Limits
		want     string // without "Protocol error: ", or "" when it is fine
	}{
		{name: "a count that is no number", in: "*x\r\n", want: "invalid multibulk length"},
		{name: "no count", in: "*\r\n", want: "invalid multibulk length"},
		{name: "a count with a leading zero", in: "*01\r\n", want: "invalid multibulk length"},
		{name: "the largest count", in: "*2147483647\r\n"},
		{name: "one more", in: "*2147483648\r\n", want: "invalid multibulk length"},
		{name: "an argument of another type", in: "*1\r\n+PING\r\n", want: "expected '$', got '+'"},
		{name: "an argument that is an empty line", in: "*1\r\n\r\n", want: "expected '$', got '\r'"},
		{name: "a type is not looked at before its line ends", in: "*1\r\n+PING"},
		{name: "a length that is no number", in: "*1\r\n$a\r\n", want: "invalid bulk length"},
		{name: "no length", in: "*1\r\n$\r\n", want: "invalid bulk length"},
		{name: "a negative length", in: "*1\r\n$-1\r\n", want: "invalid bulk length"},
		{name: "the largest argument", in: "*1\r\n$536870912\r\n"},
		{name: "one byte more", in: "*1\r\n$536870913\r\n", want: "invalid bulk length"},
		{name: "the same where no limit is", in: "*1\r\n$9223372036854770000\r\n", limits: Limits{MaxBulk: 1<<63 - 1}},
		{name: "a length that no buffer can have", in: "*1\r\n$9223372036854775807\r\n", limits: Limits{MaxBulk: 1<<63 - 1}, want: "invalid bulk length"},
		{name: "a limit that is met", in: "*1\r\n$10\r\n", limits: Limits{MaxBulk: 10}},
		{name: "a limit that is not", in: "*1\r\n$11\r\n", limits: Limits{MaxBulk: 10}, want: "invalid bulk length"},
		{name: "a quote that does not close", in: "GET \"a\r\n", want: "unbalanced quotes in request"},
		{name: "a quote that closes inside a word", in: "GET 'a'b\r\n", want: "unbalanced quotes in request"},
		{name: "the longest line begun", in: strings.Repeat("a", DefaultMaxInline)},
		{name: "a line too long", in: strings.Repeat("a", DefaultMaxInline+1), want: "too big inline request"},
		{name: "a line too long that ends", in: strings.Repeat("a", DefaultMaxInline+1) + "\n", want: "too big inline request"},
		{name: "the longest count begun", in: "*" + long[1:]},
		{name: "a count too long", in: "*" + long, want: "too big mbulk count string"},
		{name: "a length too long", in: "*1\r\n$" + long, want: "too big bulk count string"},
		{name: "ten arguments without a password", in: "*10\r\n", limits: Unauthenticated},
		{name: "eleven", in: "*11\r\n", limits: Unauthenticated, want: "unauthenticated multibulk length"},
		{name: "16384 bytes without a password", in: "*1\r\n$16384\r\n", limits: Unauthenticated},
		{name: "one more", in: "*1\r\n$16385\r\n", limits: Unauthenticated, want: "unauthenticated bulk length"},
	} {
		want := tt.want
		if want != "" {
			want = "Protocol error: " + want
		}
		for way, size := range map[string]func() int{"whole": whole, "byte by byte": oneByte} {
			if got := cutUp([]byte(tt.in), tt.limits, size); got.err != want {
				t.Errorf("%s, %s: error %q, want %q", tt.name, way, got.err, want)
			}
		}
	}
}

func TestInlineTellsLinesFromArrays(t *testing.T) {
	got := cutUp([]byte("PING\r\n*1\r\n$4\r\nPING\r\n\r\n*0\r\n"), Limits{}, whole)
	if want := []bool{true, false, true, false}; !slices.Equal(got.inline, want) {
		t.Errorf("inline %v, want %v", got.inline, want)
	}
}

func TestNeedSaysHowMuchALargeArgumentTakes(t *testing.T) {
	var d Decoder
	if d.Next(nil); d.Need() != 0 {
		t.Errorf("needs %d before anything came", d.Need())
	}
	head := "*2\r\n$3\r\nSET\r\n$1000\r\n"
	d.Next([]byte(head + "abc"))
	if want := len(head) + 1000 + 2; d.Need() != want {
		t.Errorf("needs %d, want %d", d.Need(), want)
	}
	_, n, err := d.Next([]byte(head + strings.Repeat("x", 1000) + "\r\n"))
	if n != len(head)+1002 || err != nil || d.Need() != 0 {
		t.Errorf("took %d, %v, and needs %d", n, err, d.Need())
	}
}

func TestACopyGoesOnByItself(t *testing.T) {
	var d Decoder
	d.Next([]byte("MGET a b c\r\n")) // now it has a place for arguments, which the copy must not use
	half := []byte("*2\r\n$3\r\nGET\r\n")
	d.Next(half)
	c := d
	first, _, _ := d.Next(append(bytes.Clone(half), "$1\r\na\r\n"...))
	second, _, _ := c.Next(append(bytes.Clone(half), "$1\r\nb\r\n"...))
	if string(first[1]) != "a" || string(second[1]) != "b" {
		t.Errorf("the original got %q, its copy %q", first, second)
	}
}

// However the network cuts a stream, the same commands come out, and the same error at the same place.
func TestAnyCutGivesTheSameCommands(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := randomStream(r)
		want := cutUp(in, Limits{}, whole)
		for range 5 {
			most := 1 + r.IntN(40)
			got := cutUp(in, Limits{}, func() int { return 1 + r.IntN(most) })
			if !equalCommands(got.commands, want.commands) || got.err != want.err || !slices.Equal(got.inline, want.inline) {
				t.Fatalf("seed %d, %q:\nwhole  %q %s\npieces %q %s", seed, in, want.commands, want.err, got.commands, got.err)
			}
		}
	}
}

// randomStream is some commands, now and then with a byte that is wrong.
func randomStream(r *rand.Rand) []byte {
	var in []byte
	for range 1 + r.IntN(8) {
		args := make([]string, r.IntN(5))
		for i := range args {
			args[i] = strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(30))
		}
		switch r.IntN(4) {
		case 0:
			in = append(in, strings.Join(args, " ")+"\r\n"...)
		case 1:
			in = append(in, "SET 'a b' \"c\\x00d\"\n"...)
		default:
			in = AppendCommand(in, args...)
		}
	}
	if r.IntN(3) == 0 {
		in[r.IntN(len(in))] = "\r\n\x00*$x'\""[r.IntN(8)]
	}
	return in
}

// The bytes are changed behind its back: it does not notice, because it never looks at a byte twice while it searches
// for the end of a line. So a line that comes byte by byte takes linear time.
func TestWhatWasLookedAtIsNotLookedAtAgain(t *testing.T) {
	for _, tt := range []struct{ name, first, then string }{
		{"a line", "PING", "\n\n\n\nx"},
		{"a count", "*111", "*\r\n\r1"},
		{"a length", "*1\r\n$111", "*1\r\n$\r\n\r1"},
	} {
		var d Decoder
		d.Next([]byte(tt.first))
		if args, n, err := d.Next([]byte(tt.then)); n != 0 || err != nil {
			t.Errorf("%s: %q, took %d, %v", tt.name, args, n, err)
		}
	}
	var d ReplyDecoder
	d.Next([]byte("+PONG"))
	if v, n, err := d.Next([]byte("+\r\n\r\nx")); n != 0 || err != nil {
		t.Errorf("a reply: %v, took %d, %v", v, n, err)
	}
}

func TestCommandsAnnouncedButNotSentTakeNoMemory(t *testing.T) {
	in := []byte("*2147483647\r\n$536870912\r\nabc")
	if n := testing.AllocsPerRun(100, func() {
		var d Decoder
		d.Next(in)
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestDecodingAllocatesNothing(t *testing.T) {
	in := AppendCommand(nil, "SET", "key", "value")
	var d Decoder
	d.Next(in)
	if n := testing.AllocsPerRun(100, func() { d.Next(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING 'a b'\r\n"), uint8(1))
	f.Add([]byte("*1\r\n$-1\r\n"), uint8(3))
	f.Add([]byte("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\n\r\n\n*0\r\n"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		want := cutUp(in, Limits{}, whole)
		got := cutUp(in, Limits{}, func() int { return int(size) })
		if !equalCommands(got.commands, want.commands) || got.err != want.err {
			t.Fatalf("whole %q %s, in pieces %q %s", want.commands, want.err, got.commands, got.err)
		}
		for _, words := range want.commands {
			if len(words) == 0 {
				continue
			}
			again := cutUp(AppendCommand(nil, words...), Limits{}, whole)
			if len(again.commands) != 1 || !slices.Equal(again.commands[0], words) {
				t.Fatalf("%q written and read again is %q", words, again.commands)
			}
		}
	})
}

func BenchmarkDecoder(b *testing.B) {
	for _, bb := range []struct {
		name string
		in   []byte
	}{
		{"GET", AppendCommand(nil, "GET", "key:000000001234")},
		{"SET64", AppendCommand(nil, "SET", "key:000000001234", strings.Repeat("v", 64))},
		{"inline", []byte("SET key:000000001234 value\r\n")},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.in)))
			var d Decoder
			for b.Loop() {
				if _, n, err := d.Next(bb.in); n == 0 || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}
