package command

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"resync/engine/resp"
	"resync/engine/store"
)

// everyCommand calls f with each row of the table, subcommands included.
func everyCommand(f func(c *Command)) {
	for _, c := range All() {
		f(c)
		for i := range c.Subs {
			f(&c.Subs[i])
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	var last string
	for _, c := range All() {
		if c.Name <= last {
			t.Errorf("%s stands behind %s", c.Name, last)
		}
		last = c.Name
		if Lookup([]byte(c.Name)) != c || Lookup([]byte(strings.ToLower(c.Name))) != c {
			t.Errorf("%s is not found by its name", c.Name)
		}
	}
	everyCommand(func(c *Command) {
		name := c.FullName()
		if c.Name != strings.ToUpper(c.Name) {
			t.Errorf("%s is not in capitals", c.Name)
		}
		if c.Summary == "" || c.Group == "" || c.Since == "" {
			t.Errorf("%s has no summary, group or version", name)
		}
		if strings.HasSuffix(c.Summary, ".") || c.Summary != strings.TrimSpace(c.Summary) {
			t.Errorf("%s: summary %q", name, c.Summary)
		}
		own := 1 // words that are its name
		if c.Parent != nil {
			own = 2
		}
		takesMore := c.Arity < 0 || c.Arity > own
		open := slices.Contains([]string{"QUIT", "DEBUG", "REPLCONF", "COMMAND"}, c.Name) || len(c.Subs) > 0
		if (c.Syntax != "") != takesMore && !open {
			t.Errorf("%s: arity %d, syntax %q", name, c.Arity, c.Syntax)
		}
		if c.Flags&Write != 0 && c.Flags&ReadOnly != 0 {
			t.Errorf("%s both writes and does not", name)
		}
		if c.Flags&DenyOOM != 0 && c.Flags&Write == 0 {
			t.Errorf("%s needs memory but writes nothing", name)
		}
		if (c.Deprecated == "") != (c.ReplacedBy == "") {
			t.Errorf("%s: deprecated %q, replaced by %q", name, c.Deprecated, c.ReplacedBy)
		}
		for _, s := range c.Keys {
			needed := s.Last >= 0 && s.Keyword == "" // else there may be no such key
			if needed && s.Begin >= max(c.Arity, -c.Arity) || s.Step < 1 {
				t.Errorf("%s: keys %+v do not fit arity %d", name, s, c.Arity)
			}
			if s.Flags&KeyVariable != 0 && c.KeyFlags == nil {
				t.Errorf("%s does not say what becomes of its keys", name)
			}
		}
		if !slices.IsSortedFunc(c.Subs, func(a, b Command) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("the subcommands of %s are not sorted", name)
		}
	})
}

// Whatever a command that only reads is given, it changes nothing and sends nothing.
func TestReadersChangeNothing(t *testing.T) {
	s := newServer(16)
	s.say(`MSET a 1 b hello "" x`)
	s.say("SET c v EX 100")
	s.sent()
	before := s.store.Digest()
	everyCommand(func(c *Command) {
		if c.Do == nil || c.Flags&Write != 0 {
			return
		}
		r := rand.New(rand.NewPCG(1, 1))
		for range 200 {
			words := []string{c.Name}
			if c.Parent != nil {
				words = []string{c.Parent.Name, c.Name}
			}
			for range r.IntN(5) {
				words = append(words, []string{"a", "b", "c", "0", "1", "-1", "*", "COUNT", "MATCH", "get"}[r.IntN(10)])
			}
			s.do(words...)
			if s.call.Dirty != 0 || s.store.Digest() != before || s.sent() != "" {
				t.Fatalf("%q changed something", words)
			}
		}
	})
}

// A command that is refused leaves everything as it is, and one that changed something says so.
func TestErrorsChangeNothing(t *testing.T) {
	everyCommand(func(c *Command) {
		if c.Do == nil || c.Flags&Write == 0 {
			return
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			s := newServer(2)
			s.say("MSET a 1 b hello c 3")
			s.sent()
			before := s.store.Digest()
			words := []string{c.Name}
			for range r.IntN(6) {
				words = append(words, []string{"a", "b", "nosuch", "0", "1", "-1", "x", "EX", "NX", "GET", "KEEPTTL"}[r.IntN(11)])
			}
			reply := s.do(words...)
			changed := s.store.Digest() != before
			if reply[0] == '-' && (changed || s.sent() != "") {
				t.Fatalf("%q answered %q and changed something", words, reply)
			}
			if changed && s.call.Dirty == 0 {
				t.Fatalf("%q changed something and did not say so", words)
			}
			if changed && len(s.stream) == 0 {
				t.Fatalf("%q changed something and sent nothing", words)
			}
		}
	})
}

// What goes into the stream makes a replica the same as its master.
func TestOpsMakeAReplicaTheSame(t *testing.T) {
	master, replica := newServer(2), newServer(2)
	replica.call.Expiry = ExpireIgnored
	r := rand.New(rand.NewPCG(7, 7))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	key := func() string { return pick("a", "b", "c", "d", "e") }
	for i := range 5000 {
		master.call.Now = master.call.Now.Add(1_000_000)
		replica.call.Now = master.call.Now.Add(500_000_000) // it lags
		line := map[int]func() string{
			0: func() string {
				return "SET " + key() + " " + pick("1", "2", "x") + " " + pick("", "PX 3", "EX 1", "KEEPTTL")
			},
			1: func() string { return pick("INCR ", "DEL ", "PERSIST ", "GETDEL ", "GET ", "EXISTS ") + key() },
			2: func() string {
				return "PEXPIRE " + key() + " " + pick("2", "5", "0", "-1") + " " + pick("", "NX", "GT")
			},
			3: func() string { return "GETEX " + key() + " " + pick("PX 4", "PERSIST", "PXAT 1") },
			4: func() string { return pick("RENAME ", "RENAMENX ") + key() + " " + key() },
			5: func() string { return "INCRBYFLOAT " + key() + " " + pick("0.1", "1e3") },
			6: func() string {
				return pick("SCAN 0", "RANDOMKEY", "FLUSHDB", "SELECT 0", "SELECT 1", "SELECT 0", "MGET a b c d e")
			},
		}[r.IntN(7)]()
		master.say(line)
		for _, words := range master.stream {
			if words[0] == "MULTI" || words[0] == "EXEC" {
				continue
			}
			if reply := replica.do(words...); reply[0] == '-' {
				t.Fatalf("after %q the replica answers %q to %q", line, reply, words)
			}
		}
		master.stream, replica.stream = nil, nil
		if master.store.Digest() != replica.store.Digest() {
			t.Fatalf("they differ after command %d, %q", i, line)
		}
	}
}

func TestLinesThatCallNothing(t *testing.T) {
	s := newServer(16)
	for line, want := range map[string]string{
		"nosuch":                                 "(error) ERR unknown command 'nosuch', with args beginning with: ",
		"nosuch a 'b c'":                         "(error) ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' ",
		"a-name-longer-than-that-of-any-command": "(error) ERR unknown command 'a-name-longer-than-that-of-any-command', with args beginning with: ",
		"GET":                                    "(error) ERR wrong number of arguments for 'get' command",
		"get a b":                                "(error) ERR wrong number of arguments for 'get' command",
		"CONFIG":                                 "(error) ERR wrong number of arguments for 'config' command",
		"config Nosuch":                          "(error) ERR unknown subcommand 'Nosuch'. Try CONFIG HELP.",
		"config set a":                           "(error) ERR wrong number of arguments for 'config|set' command",
	} {
		if got := s.say(line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestHelpIsMadeOfTheRows(t *testing.T) {
	s := newServer(16)
	want := " 1) OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\n 2) ENCODING key\n 3)     Get how the value at a key is kept in memory\n" +
		" 4) FREQ key\n 5)     Get how often a key was used, on a logarithmic scale\n 6) HELP\n 7)     List the subcommands\n" +
		" 8) IDLETIME key\n 9)     Get the seconds since a key was used\n10) REFCOUNT key\n11)     Get how many references to the value there are"
	if got := s.say("OBJECT HELP"); got != want {
		t.Errorf("%s", got)
	}
}

func TestTouchedNamesEveryKeyThatChanged(t *testing.T) {
	for line, want := range map[string]string{
		"SET a 1":      "0/a",
		"GET a":        "",
		"DEL a b a":    "0/a 0/b",
		"RENAME a b":   "0/a 0/b",
		"MSET x 1 y 2": "0/x 0/y",
		"INCR b":       "0/b",
		"SET a 1 XX":   "0/a",
		"SET n 1 XX":   "",
		"EXPIRE a 9":   "0/a",
		"PERSIST a":    "",
		"GET gone":     "0/gone",
		"FLUSHDB":      "0/*",
		"FLUSHALL":     "0/* 1/*",
		"GETEX a EX 9": "0/a",
	} {
		s := newServer(2)
		s.say("MSET a 1 b 2")
		s.say("SET gone 1 PX 1")
		s.call.Now = s.call.Now.Add(2_000_000)
		var touched []string
		s.call.Touched = func(db int, key []byte, own bool) {
			if key == nil {
				key = []byte("*")
			}
			touched = append(touched, fmt.Sprintf("%d/%s", db, key))
		}
		s.say(line)
		if got := strings.Join(touched, " "); got != want {
			t.Errorf("%s touched %q, want %q", line, got, want)
		}
	}
}

func TestWhatACallCounts(t *testing.T) {
	s := newServer(2)
	s.say("MSET a 1 b 2")
	s.say("SET gone 1 PX 1")
	s.call.Now = s.call.Now.Add(2_000_000)
	s.say("MGET a b nosuch gone")
	if s.call.Hits != 2 || s.call.Misses != 2 || s.call.Expired != 1 || s.call.Dirty != 0 {
		t.Errorf("MGET: %d hits, %d misses, %d expired, %d dirty", s.call.Hits, s.call.Misses, s.call.Expired, s.call.Dirty)
	}
	s.say("MSET a 1 b 2 c 3")
	if s.call.Hits != 0 || s.call.Expired != 0 || s.call.Dirty != 3 {
		t.Errorf("MSET: %d hits, %d expired, %d dirty", s.call.Hits, s.call.Expired, s.call.Dirty)
	}
	s.say("FLUSHDB")
	if s.call.Dirty != 3 || s.call.FlushedAll {
		t.Errorf("FLUSHDB: %d dirty", s.call.Dirty)
	}
	s.say("FLUSHALL")
	if s.call.Dirty != 1 || !s.call.FlushedAll {
		t.Errorf("FLUSHALL: %d dirty", s.call.Dirty)
	}
}

func TestScanSeesEveryKeyOnce(t *testing.T) {
	s := newServer(1)
	for i := range 500 {
		s.say(fmt.Sprintf("SET key:%d v", i))
	}
	seen := make(map[string]int)
	for cursor, first := "0", true; first || cursor != "0"; first = false {
		v, _, err := resp.ParseValue(s.do("SCAN", cursor, "COUNT", "7", "MATCH", "key:*"))
		if err != nil {
			t.Fatal(err)
		}
		cursor = v.Elems[0].Str
		for _, key := range v.Elems[1].Elems {
			seen[key.Str]++
		}
	}
	for i := range 500 {
		if n := seen[fmt.Sprintf("key:%d", i)]; n != 1 {
			t.Errorf("key:%d was seen %d times", i, n)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", false}, {"", "", true}, {"**", "a", true}, {"a*", "a", true}, {"a*b", "a", false}, {"a*b", "ab", true}, {"a*b", "axxbxb", true},
		{"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false}, {"?", "", false}, {"?", "ab", false}, {"h?llo", "hello", true}, {"*?", "a", true},
		{"[abc]", "b", true}, {"[abc]", "d", false}, {"[^abc]", "d", true}, {"[^abc]", "a", false}, {"[a-c]", "b", true}, {"[c-a]", "b", true},
		{"[a-]", "-", false}, {"[a-]", "^", true}, {"[]", "a", false}, {"[^]", "a", true}, {"[a", "a", true}, {"[", "a", false}, {"[^", "a", true},
		{`[\]]`, "]", true}, {`[\a-c]`, "b", false}, {`[\a-c]`, "-", true}, {`\*`, "*", true}, {`\*`, "a", false}, {`\`, `\`, true}, {`a\`, "a", false},
		{`\\`, `\`, true}, {"[a-z]*[0-9]", "key7", true}, {"[a-z]*[0-9]", "key", false}, {"*a", "aaab", false},
	} {
		if got := glob([]byte(tt.pattern), tt.s); got != tt.want {
			t.Errorf("%q and %q: %v", tt.pattern, tt.s, got)
		}
	}
	// What would take for ever if every star were tried with every other.
	if glob([]byte(strings.Repeat("*a", 50)+"b"), strings.Repeat("a", 10_000)) {
		t.Error("it matched")
	}
	// The last of so many stars counts only where something follows it.
	for stars, want := range map[int]bool{1000: true, 1001: false} {
		name := strings.Repeat("a", 3000)
		if got := glob([]byte(strings.Repeat("*?", stars)), name); got != want {
			t.Errorf("%d stars: %v", stars, got)
		}
	}
	if !glob([]byte(strings.Repeat("*?", 1000)+"*"), strings.Repeat("a", 1000)) {
		t.Error("a star at the end counts")
	}
}

func TestLongDoubles(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"0.1", "0.2", "0.3"},
		{"3.0e3", "200", "3200"},
		{"10.5", "0.1", "10.6"},
		{"5010.6", "-10", "5000.60000000000000009"},
		{"1", "1e-17", "1.00000000000000001"},
		{"-0", "0", "0"},
		{"-1e-30", "0", "0"},
		{"0x1p4", "0x.8", "16.5"},
		{"18446744073709551615", "1", "18446744073709551616"},
		{"18446744073709551616", "1", "18446744073709551616"}, // halfway: to the even one
		{"18446744073709551618", "1", "18446744073709551620"},
		{"1e4932", "1e4932", "not finite"},
		{"inf", "1", "not finite"},
		{"1", "1e4933", "no number"},
		{"1", "1e-4951", "no number"},
		{"1", "1e-4950", "1"},
		{"1", "1e1000000000000", "no number"},
		{"1", "0e1000000000000", "1"},
		{"1", "nan", "no number"},
		{"1", "1_0", "no number"},
		{"1", "", "no number"},
		{"1", "0x", "no number"},
		{"1", "inf\x00", "no number"},
		{"1", strings.Repeat("1", 5120), "no number"},
	} {
		if got := sumText(tt.a, tt.b); got != tt.want {
			t.Errorf("%s + %s = %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
}

func sumText(a, b string) string {
	x, ok := parseNumber([]byte(a))
	y, also := parseNumber([]byte(b))
	if !ok || !also {
		return "no number"
	}
	sum, ok := x.add(y)
	if !ok {
		return "not finite"
	}
	return string(sum.append(nil))
}

func FuzzNumber(f *testing.F) {
	f.Add("1e10", "-0x1p-3")
	f.Add(".5", "1e-4950")
	f.Fuzz(func(t *testing.T, a, b string) {
		if text := sumText(a, b); text[0] != 'n' && sumText(b, a) != text {
			t.Errorf("%q and %q", a, b)
		}
	})
}

// hotCall is a call that runs the same line again and again.
func hotCall(line string) (run func()) {
	s := newServer(1)
	for i := range 1000 {
		s.call.Store.DB(0).Set(fmt.Appendf(nil, "key:%012d", i), store.StringValue([]byte(strings.Repeat("v", 64))), 0)
	}
	var args [][]byte
	for _, word := range strings.Fields(line) {
		args = append(args, []byte(word))
	}
	return func() {
		s.reply.Buf = s.reply.Buf[:0]
		s.call.Cmd, _ = Find(args)
		s.call.Args = args
		s.call.Begin()
		s.call.Cmd.Do(&s.call)
		if len(s.call.Ops()) > 1 {
			panic("more than one op")
		}
	}
}

var hotLines = []struct {
	name, line string
	allocs     float64
}{
	{"GET", "GET key:000000000007", 0},
	{"SET", "SET key:000000000007 " + strings.Repeat("w", 64), 1},
	{"SETint", "SET key:000000000007 12345", 0},
	{"SETEX", "SET key:000000000007 12345 EX 100", 0},
	{"INCR", "INCR counter", 0},
	{"EXISTS", "EXISTS key:000000000007", 0},
	{"PEXPIRE", "PEXPIRE key:000000000007 100000", 0},
}

func TestTheHotPathAllocatesTheValueAlone(t *testing.T) {
	for _, h := range hotLines {
		run := hotCall(h.line)
		run()
		if n := testing.AllocsPerRun(100, run); n != h.allocs {
			t.Errorf("%s: %v allocations, want %v", h.name, n, h.allocs)
		}
	}
}

func BenchmarkCommand(b *testing.B) {
	for _, h := range hotLines {
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			run := hotCall(h.line)
			for b.Loop() {
				run()
			}
		})
	}
}
