package resp

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestRepliesInBothProtocols(t *testing.T) {
	for _, tt := range []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string
	}{
		{"ok", (*Writer).OK, "+OK\r\n", ""},
		{"a status", func(w *Writer) { w.Simple("PONG") }, "+PONG\r\n", ""},
		{"an error", func(w *Writer) { w.Error("ERR no") }, "-ERR no\r\n", ""},
		{"an error that quotes lines", func(w *Writer) { w.Error("ERR a\r\nb\n\r\n") }, "-ERR a  b\r\n", ""},
		{"an integer", func(w *Writer) { w.Int(-12) }, ":-12\r\n", ""},
		{"a string", func(w *Writer) { w.Bulk([]byte("a\r\n")) }, "$3\r\na\r\n\r\n", ""},
		{"an empty string", func(w *Writer) { w.Bulk(nil) }, "$0\r\n\r\n", ""},
		{"a string of ten bytes", func(w *Writer) { w.BulkString("0123456789") }, "$10\r\n0123456789\r\n", ""},
		{"a number as a string", func(w *Writer) { w.BulkInt(math.MinInt64) }, "$20\r\n-9223372036854775808\r\n", ""},
		{"null", (*Writer).Null, "$-1\r\n", "_\r\n"},
		{"a null array", (*Writer).NullArray, "*-1\r\n", "_\r\n"},
		{"an array", func(w *Writer) { w.Array(2) }, "*2\r\n", ""},
		{"a map", func(w *Writer) { w.Map(2) }, "*4\r\n", "%2\r\n"},
		{"a set", func(w *Writer) { w.Set(2) }, "*2\r\n", "~2\r\n"},
		{"a push", func(w *Writer) { w.Push(2) }, "*2\r\n", ">2\r\n"},
		{"a double", func(w *Writer) { w.Double(3.14) }, "$18\r\n3.1400000000000001\r\n", ",3.1400000000000001\r\n"},
		{"true", func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"a text", func(w *Writer) { w.Verbatim("txt", "hi") }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{"a big number", func(w *Writer) { w.BigNumber("123") }, "$3\r\n123\r\n", "(123\r\n"},
		{"bytes as they are", func(w *Writer) { w.Raw([]byte("+x\r\n")) }, "+x\r\n", ""},
		{"an array counted at its end", func(w *Writer) {
			start := len(w.Buf)
			w.Int(1)
			w.Int(2)
			w.ArrayFrom(start, 2)
		}, "*2\r\n:1\r\n:2\r\n", ""},
		{"a set counted at its end", func(w *Writer) { w.Int(1); w.SetFrom(len(w.Buf)-4, 1) }, "*1\r\n:1\r\n", "~1\r\n:1\r\n"},
		{"a string put in front", func(w *Writer) { w.Int(1); w.BulkFrom(len(w.Buf)-4, "long enough") }, "$11\r\nlong enough\r\n:1\r\n", ""},
	} {
		if tt.resp3 == "" {
			tt.resp3 = tt.resp2
		}
		for proto, want := range []string{0: tt.resp2, 2: tt.resp2, 3: tt.resp3} {
			if want == "" {
				continue
			}
			w := Writer{Buf: []byte("before"), Proto: proto}
			tt.write(&w)
			if got := string(w.Buf); got != "before"+want {
				t.Errorf("%s in RESP%d: %q, want %q", tt.name, proto, got, want)
			}
		}
	}
}

func TestDoublesAreWrittenAsCWritesThem(t *testing.T) {
	for want, f := range map[string]float64{
		"0": 0, "-0": math.Copysign(0, -1), "1": 1, "100000": 1e5, "10000000000000000": 1e16, "1e+17": 1e17, "1e+30": 1e30, "0.10000000000000001": 0.1,
		"0.0001": 0.0001, "1.0000000000000001e-05": 0.00001, "123.5": 123.5, "-2.5": -2.5, "1.7976931348623157e+308": math.MaxFloat64,
		"4.9406564584124654e-324": math.SmallestNonzeroFloat64, "inf": math.Inf(1), "-inf": math.Inf(-1), "nan": math.NaN(), "12345678901234568": 12345678901234567,
	} {
		if got := string(AppendDouble(nil, f)); got != want {
			t.Errorf("%v is written %s, want %s", f, got, want)
		}
	}
}

func TestRepliesAreShownAsRedisCliShowsThem(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a status", "+OK\r\n", "OK"},
		{"an error", "-ERR no\r\n", "(error) ERR no"},
		{"an integer", ":3\r\n", "(integer) 3"},
		{"a string", "$3\r\na\r\n\r\n", `"a\r\n"`},
		{"null", "$-1\r\n", "(nil)"},
		{"a null array", "*-1\r\n", "(nil)"},
		{"RESP3's null", "_\r\n", "(nil)"},
		{"a double", ",3.5\r\n", "(double) 3.5"},
		{"true", "#t\r\n", "(true)"},
		{"false", "#f\r\n", "(false)"},
		{"a text", "=9\r\ntxt:a\nb\"c\r\n", "a\nb\"c"},
		{"a big number", "(12345678901234567890\r\n", "12345678901234567890"},
		{"a long error", "!5\r\nERR x\r\n", "(error) ERR x"},
		{"an empty array", "*0\r\n", "(empty array)"},
		{"an empty map", "%0\r\n", "(empty hash)"},
		{"an empty set", "~0\r\n", "(empty set)"},
		{"an empty push", ">0\r\n", "(empty push)"},
		{"an array", "*2\r\n$1\r\na\r\n:1\r\n", "1) \"a\"\n2) (integer) 1"},
		{"arrays in one another", "*2\r\n*2\r\n:1\r\n*1\r\n:2\r\n*0\r\n", "1) 1) (integer) 1\n   2) 1) (integer) 2\n2) (empty array)"},
		{"ten elements", "*10\r\n" + strings.Repeat("+x\r\n", 10), " 1) x\n 2) x\n 3) x\n 4) x\n 5) x\n 6) x\n 7) x\n 8) x\n 9) x\n10) x"},
		{"an array in the tenth", "*10\r\n" + strings.Repeat("+x\r\n", 9) + "*2\r\n:1\r\n:2\r\n", " 1) x\n 2) x\n 3) x\n 4) x\n 5) x\n 6) x\n 7) x\n 8) x\n 9) x\n10) 1) (integer) 1\n    2) (integer) 2"},
		{"a map", "%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n:1\r\n:2\r\n", "1# a => (integer) 1\n2# b => \n   1) (integer) 1\n   2) (integer) 2"},
		{"a set", "~1\r\n+a\r\n", "1~ a"},
		{"a push", ">1\r\n+a\r\n", "1) a"},
		{"attributes are dropped", "|1\r\n+ttl\r\n:3\r\n*2\r\n|0\r\n:1\r\n:2\r\n", "1) (integer) 1\n2) (integer) 2"},
	} {
		v, n, err := ParseValue([]byte(tt.in))
		if err != nil || n != len(tt.in) {
			t.Errorf("%s: took %d of %d, %v", tt.name, n, len(tt.in), err)
			continue
		}
		if got := Format(v); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestWhatIsNoReplyIsNamed(t *testing.T) {
	deep := strings.Repeat("*1\r\n", maxDepth)
	for _, tt := range []struct{ name, in, want string }{
		{"another type", "?x\r\n", `resp: reply type "?" at byte 0`},
		{"an empty line", "\r\n", `resp: line without \r\n at byte 1`},
		{"a line without \\r", "+OK\n", `resp: line without \r\n at byte 3`},
		{"an integer that is none", ":x\r\n", `resp: integer "x" at byte 0`},
		{"a negative length", "*1\r\n$-7\r\n", `resp: bulk length "-7" at byte 4`},
		{"a length of four gigabytes", "$4294967297\r\n", `resp: bulk length "4294967297" at byte 0`},
		{"a null text", "=-1\r\n", `resp: bulk length "-1" at byte 0`},
		{"a text without a type", "=3\r\ntxt\r\n", "resp: verbatim string without a type at byte 0"},
		{"a string that goes on", "$1\r\nabc\r\n", "resp: no line end behind a string at byte 5"},
		{"a null set", "~-1\r\n", `resp: array length "-1" at byte 0`},
		{"a map of minus one", "%-1\r\n", `resp: map length "-1" at byte 0`},
		{"a null that says something", "_x\r\n", "resp: null with a text at byte 0"},
		{"neither true nor false", "#x\r\n", `resp: boolean "x" at byte 0`},
		{"a double that is none", ",x\r\n", `resp: double "x" at byte 0`},
		{"a big number that is none", "(1x\r\n", `resp: big number "1x" at byte 0`},
		{"an empty big number", "(-\r\n", `resp: big number "-" at byte 0`},
		{"too many aggregates in one another", deep + "*1\r\n", "resp: aggregate too deep at byte 128"},
		{"a line without end", "+" + strings.Repeat("x", maxReplyLine), "resp: line too long at byte 0"},
	} {
		_, n, err := ParseValue([]byte(tt.in))
		if n != 0 || err == nil || err.Error() != tt.want {
			t.Errorf("%s: took %d, %v, want %s", tt.name, n, err, tt.want)
		}
	}
	if _, n, err := ParseValue([]byte(deep + ":1\r\n")); n == 0 || err != nil {
		t.Errorf("the deepest reply: took %d, %v", n, err)
	}
}

func TestAReplyMayComeInPieces(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		want := randomValue(r, 4)
		in := want.Append(nil)
		var d ReplyDecoder
		for end := 0; end <= len(in); end += 1 + r.IntN(5) {
			copied := d
			if v, n, err := copied.Next(in[:end]); end < len(in) && (n != 0 || err != nil) {
				t.Fatalf("seed %d: %d of %d bytes gave %v, %d, %v", seed, end, len(in), v, n, err)
			}
			if end < len(in) {
				d.Next(in[:end])
			}
		}
		got, n, err := d.Next(in)
		if err != nil || n != len(in) || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %q gave %v %d %v, want %v", seed, in, got, n, err, want)
		}
	}
}

func randomValue(r *rand.Rand, depth int) Value {
	kinds := []Kind{KindSimple, KindError, KindInt, KindBulk, KindNullBulk, KindNullArray, KindNull, KindBool, KindVerbatim, KindBulkError, KindDouble, KindBigNumber}
	if depth > 0 {
		kinds = append(kinds, KindArray, KindArray, KindMap, KindSet, KindPush)
	}
	v := Value{Kind: kinds[r.IntN(len(kinds))]}
	switch v.Kind {
	case KindInt:
		v.Int = int64(r.Uint64())
	case KindBool:
		v.Int = int64(r.IntN(2))
	case KindSimple, KindError:
		v.Str = strings.Repeat("x", r.IntN(5))
	case KindBulk, KindBulkError:
		v.Str = strings.Repeat("\r\n", r.IntN(5))
	case KindVerbatim:
		v.Str = "txt:" + strings.Repeat("\n", r.IntN(5))
	case KindDouble:
		v.Str = "-1.5e10"
	case KindBigNumber:
		v.Str = "-12345678901234567890"
	case KindArray, KindSet, KindPush, KindMap:
		n := r.IntN(5)
		if v.Kind == KindMap {
			n *= 2
		}
		v.Elems = make([]Value, n)
		for i := range v.Elems {
			v.Elems[i] = randomValue(r, depth-1)
		}
	}
	return v
}

func TestElementsAnnouncedButNotSentTakeNoMemory(t *testing.T) {
	in := []byte("*4294967296\r\n*4294967296\r\n$4294967296\r\nabc")
	if n := testing.AllocsPerRun(100, func() { ParseValue(in) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseValue(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "*2\r\n$1\r\na\r\n:1\r\n", "%1\r\n_\r\n#t\r\n", "|1\r\n+a\r\n+b\r\n~1\r\n,1.5\r\n", "$-1\r\n*-1\r\n", "=5\r\ntxt:x\r\n", "*-1\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, n, err := ParseValue(in)
		if err != nil || n == 0 {
			return
		}
		Format(v)
		again, m, err := ParseValue(v.Append(nil))
		if err != nil || m == 0 || !reflect.DeepEqual(again, v) {
			t.Fatalf("%q is %v, written and read again %v %v", in[:n], v, again, err)
		}
	})
}

func BenchmarkReply(b *testing.B) {
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		w := Writer{Buf: make([]byte, 0, 256)}
		value := []byte(strings.Repeat("v", 64))
		for b.Loop() {
			w.Buf = w.Buf[:0]
			w.Bulk(value)
			w.Int(1234567)
			w.OK()
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		in := AppendCommand(nil, strings.Split(strings.Repeat("value,", 99)+"value", ",")...)
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			if _, n, err := ParseValue(in); n == 0 || err != nil {
				b.Fatal(n, err)
			}
		}
	})
}
