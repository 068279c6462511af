package resp

import (
	"slices"
	"strconv"
	"testing"
)

func TestLinesAreSplitAsRedisCliSplitsThem(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       []string
	}{
		{"nothing", "", nil},
		{"blanks", " \t\v\f ", nil},
		{"words", "SET  a\tb ", []string{"SET", "a", "b"}},
		{"empty words", `"" ''`, []string{"", ""}},
		{"blanks in quotes", `"a b" 'c d'`, []string{"a b", "c d"}},
		{"escapes", `"\n\r\t\b\a\\\"\q"`, []string{"\n\r\t\b\a\\\"q"}},
		{"bytes in hex, in any case", `"\x00\xfF"`, []string{"\x00\xff"}},
		{"hex that is none", `"\xg0\x1"`, []string{"xg0x1"}},
		{"single quotes know one escape", `'\'\n\x00\\ '`, []string{`'\n\x00\\ `}},
		{"a quote in the middle of a word", `a"b c"`, []string{"ab c"}},
		{"some blanks begin no word but do not end one either", "\va\vb", []string{"a\vb"}},
		{"but they end one behind a quote", "'a'\vb", []string{"a", "b"}},
		{"a line of more than one line", "a\nb", []string{"a", "b"}},
	} {
		got, err := SplitArgs(tt.line)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q %v, want %q", tt.name, got, err, tt.want)
		}
	}
	for _, line := range []string{`"a`, `'a`, `"a\"`, `'a\'`, `'a\\'`, `"a"b`, `'a'b`, `a"b"c`, `"a""b"`, `"\`} {
		if got, err := SplitArgs(line); err != ErrUnbalancedQuotes {
			t.Errorf("%s: %q %v, want unbalanced quotes", line, got, err)
		}
	}
}

func TestWhatQuoteWritesSplitArgsReads(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	got, err := SplitArgs(Quote(every) + " x")
	if err != nil || len(got) != 2 || got[0] != string(every) {
		t.Errorf("%q %v", got, err)
	}
	if got, want := Quote([]byte("a\"\\\n\r\t\a\b\x00\x1f ~\x7f\xff")), `"a\"\\\n\r\t\a\b\x00\x1f ~\x7f\xff"`; got != want {
		t.Errorf("Quote gives %s, want %s", got, want)
	}
}

func TestNumbersAreReadStrictly(t *testing.T) {
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{"0", true}, {"1", true}, {"-1", true}, {"9", true}, {"10", true}, {"9223372036854775807", true}, {"-9223372036854775808", true},
		{"9223372036854775808", false}, {"-9223372036854775809", false}, {"99999999999999999999", false}, {"18446744073709551616", false},
		{"-99999999999999999999", false}, {"", false}, {"-", false}, {"-0", false}, {"00", false}, {"01", false}, {"-01", false}, {"+1", false},
		{" 1", false}, {"1 ", false}, {"1.0", false}, {"1e1", false}, {"a", false}, {"1a", false}, {"--1", false}, {"0x1", false}, {"1\x00", false},
	} {
		n, ok := ParseInt64([]byte(tt.text))
		if ok != tt.ok || ok && strconv.FormatInt(n, 10) != tt.text {
			t.Errorf("%q: %d %v", tt.text, n, ok)
		}
		if m, also := ParseInt64String(tt.text); m != n || also != ok {
			t.Errorf("%q as a string: %d %v", tt.text, m, also)
		}
	}
	text := []byte("-1234567890")
	if n := testing.AllocsPerRun(100, func() { ParseInt64(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestFormatReplyPrintsTextsAsTheyAre(t *testing.T) {
	text := Value{Kind: KindBulk, Str: "# Replication\r\nrole:master\r\n"}
	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"INFO", "replication"}, "# Replication\nrole:master"},
		{[]string{"client", "LIST"}, "# Replication\nrole:master"},
		{[]string{"GET", "k"}, `"# Replication\r\nrole:master\r\n"`},
		{nil, `"# Replication\r\nrole:master\r\n"`},
	} {
		if got := FormatReply(c.command, text); got != c.want {
			t.Errorf("%q: %q, want %q", c.command, got, c.want)
		}
	}
	if got := FormatReply([]string{"INFO"}, Value{Kind: KindError, Str: "ERR x"}); got != "(error) ERR x" {
		t.Errorf("an error: %q", got)
	}
}
