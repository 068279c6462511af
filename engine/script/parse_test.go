package script

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) *Script {
	t.Helper()
	s, err := Parse("test.resync", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatementsAndTheirCanonicalForm(t *testing.T) {
	const nodes = "node m1\nnode r1 replicaof m1\n"
	for _, c := range []struct{ text, want string }{
		{`title   'One'`, `title "One"`},
		{`about "a \"b\" c\n"`, `about "a \"b\" c\n"`},
		{"seed 7", "seed 7"},
		{"seed 1", ""},
		{"node a-1", "node a-1"},
		{"node x era 7.0 repl-backlog-size=16kb", "node x repl-backlog-size=16kb"},
		{"node x era 2.8 repl-backlog-size=16kb", "node x era 2.8 repl-backlog-size=16kb"},
		{`node x SAVE="60 1" replicaof m1`, `node x replicaof m1 save="60 1"`},
		{`node x save=""`, `node x save=""`},
		{"link m1 r1", "link m1 r1"},
		{"link m1 r1 bandwidth 100kb/s jitter 5000us latency 0.25s", "link m1 r1 latency 250ms jitter 5ms bandwidth 100kb/s"},
		{"link r1 m1 bandwidth 0/s", "link r1 m1 bandwidth 0/s"},
		{"link m1 r1 bandwidth 1k/s", "link m1 r1 bandwidth 1000/s"},
		{"m1> SET k v", "m1> SET k v"},
		{"  m1>SET   'k 1'  \"\\x00\" # no comment", `m1> SET "k 1" "\x00" # no comment`},
		{"r1/12> GET k", "r1/12> GET k"},
		{"r1/1> GET k", "r1> GET k"},
		{"m1> set k \u00e9", "m1> set k \"\u00e9\""},
		{"wait 120s", "wait 2m"},
		{"wait 1h", "wait 1h"},
		{"wait 0", "wait 0s"},
		{"until r1.master_link_status = up", "until r1.master_link_status = up"},
		{"until r1.state != down within 2m", "until r1.state != down"},
		{"until r1.lag<=5 and m1.digest=r1.digest within 500ms", "until r1.lag <= 5 and m1.digest = r1.digest within 500ms"},
		{"sever m1 r1 # the cut", "sever m1 r1 # the cut"},
		{"heal m1 r1", "heal m1 r1"},
		{"blackhole  m1  r1", "blackhole m1 r1"},
		{"blackhole r1>m1 # one way", "blackhole r1 > m1 # one way"},
		{"isolate m1", "isolate m1"},
		{"isolate m1  blackhole", "isolate m1 blackhole"},
		{"rejoin m1", "rejoin m1"},
		{"freeze m1", "freeze m1"},
		{"thaw m1", "thaw m1"},
		{"shutdown m1", "shutdown m1"},
		{"shutdown m1 save", "shutdown m1 save"},
		{"shutdown m1 nosave", "shutdown m1 nosave"},
		{"wipe m1", "wipe m1"},
		{"remove r1", "remove r1"},
		{`restore m1 "UkVESVMwMDExAA=="`, `restore m1 "UkVESVMwMDExAA=="`},
		{"skew m1 1500ms", "skew m1 1.5s"},
		{"skew m1 -120s", "skew m1 -2m"},
		{"kill m1", "kill m1"},
		{"start m1", "start m1"},
		{"start m1 era 4.0", "start m1 era 4.0"},
		{"start m1  era 7.0", "start m1 era 7.0"},
		{"load m1", "load m1"},
		{"load m1 mix incr keys 5 size 2kb rate 10/s", "load m1 rate 10/s size 2kb keys 5 mix incr"},
		{"unload m1", "unload m1"},
		{"speed .5", "speed 0.5"},
		{`step "One"`, `step "One"`},
		{`say "héllo"`, `say "héllo"`},
		{`say at m1 "a"`, `say at m1 "a"`},
		{`say at m1 r1 "at"`, `say at m1 r1 "at"`},
		{"predict r1", "predict r1"},
		{"expect `r1> GET 'k'` = \"v\"", "expect `r1> GET k` = \"v\""},
		{"expect m1.used_memory < 16MB", "expect m1.used_memory < 16MB"},
		{"expect 1m = 1000000", "expect 1m = 1000000"},
		{"#", ""},
		{"  # a note ", "# a note"},
	} {
		text := c.text
		header := strings.HasPrefix(text, "title") || strings.HasPrefix(text, "about") || strings.HasPrefix(text, "seed")
		if !header {
			text = nodes + text
			c.want = strings.TrimSuffix(nodes+c.want, "\n")
		}
		if got := strings.TrimSuffix(parse(t, text).String(), "\n"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestErrorsSayWhereAndWhatWasMeant(t *testing.T) {
	const nodes = "node m1\nnode r1 replicaof m1\n"
	for _, c := range []struct{ line, want string }{
		{"server m1 r1", "3:1: unknown statement 'server': did you mean 'sever'?"},
		{"  haal m1 r1", "3:3: unknown statement 'haal': did you mean 'heal'?"},
		{"failover m1 r1", "3:1: unknown statement 'failover': expected one of title, about, seed, node, link, wait, until, sever, blackhole, heal, isolate, rejoin, freeze, thaw, kill, shutdown, start, wipe, remove, restore, skew, load, unload, speed, step, say, predict, expect"},
		{"blackhole m1", "3:13: expected the name of a node: it is written blackhole A [>] B"},
		{"blackhole m1 < r1", "3:14: expected the name of a node, not '<'"},
		{"blackhole m1 > m1", "3:16: a link has two different ends"},
		{"blackhole m1 >> r1", "3:15: expected the name of a node, not '>'"},
		{"blackhol m1 r1", "3:1: unknown statement 'blackhol': did you mean 'blackhole'?"},
		{"isolate m1 blackhol", "3:12: unexpected 'blackhol': did you mean 'blackhole'?"},
		{"isolate m1 r1", "3:12: unexpected 'r1': expected one of blackhole"},
		{"frieze m1", "3:1: unknown statement 'frieze': did you mean 'freeze'?"},
		{"thaw", "3:5: expected the name of a node: it is written thaw A"},
		{"shutdown m1 sav", "3:13: unexpected 'sav': did you mean 'save'?"},
		{"shutdown m1 save now", "3:18: unexpected 'now': it is written shutdown A [save|nosave]"},
		{"wipe m3", "3:6: unknown node 'm3': did you mean 'm1'?"},
		{"remove m3", "3:8: unknown node 'm3': did you mean 'm1'?"},
		{"remove m1 now", "3:11: unexpected 'now': it is written remove A"},
		{"remov m1", "3:1: unknown statement 'remov': did you mean 'remove'?"},
		{"remove r1\nnode r1", "4:6: r1 was the name of a node that was removed: give this one another"},
		{"start m1 ear 4.0", "3:10: unexpected 'ear': did you mean 'era'?"},
		{"start m1 era", "3:13: expected an era: it is written start A [era ERA]"},
		{"start m1 era 4.1", "3:14: unknown era '4.1': did you mean '4.0'?"},
		{"restore m1", "3:11: expected an RDB file in base64 between quotes: it is written restore A \"BASE64\""},
		{`restore m1 "x"`, "3:12: this is no base64"},
		{"skew m1", "3:8: expected a duration such as 2s or -2s: it is written skew A D"},
		{"skew m1 2", "3:9: '2' is no duration; write 250ms, 1.5s or -2m"},
		{"skew m1 -25h", "3:9: a clock is 24h wrong at most"},
		{"m1 SET k v", "3:1: a command to m1 is written 'm1> COMMAND'"},
		{"m2> SET k v", "3:1: unknown node 'm2': did you mean 'm1'?"},
		{"elsewhere> SET k v", "3:1: unknown node 'elsewhere': expected one of m1, r1"},
		{"m1>  ", "3:4: expected a command behind 'm1>'"},
		{`m1> SET k "v`, "3:4: unbalanced quotes"},
		{"m1/0> PING", "3:1: a node's clients are numbered from 1 to 99, not '0'"},
		{"sever m1", "3:9: expected the name of a node: it is written sever A B"},
		{"sever m1 m1", "3:10: a link has two different ends"},
		{"sever m1 r1 now", "3:13: unexpected 'now': it is written sever A B"},
		{"sever", "3:6: expected the name of a node: it is written sever A B"},
		{"node m1", "3:6: there is a node m1 already"},
		{"node M3", "3:6: 'M3' is no name: a small letter, then up to 15 small letters, digits and hyphens"},
		{"node x repl-timeout=5 era 4.0", "3:23: unexpected 'era': it is written node NAME [era ERA] [replicaof NAME] [CONFIG=VALUE …]"},
		{"node x era 7.1", "3:12: unknown era '7.1': did you mean '7.0'?"},
		{"node x replicaof m1 replicaof m1", "3:21: unexpected 'replicaof': it is written node NAME [era ERA] [replicaof NAME] [CONFIG=VALUE …]"},
		{"node x replicaof=m1", "3:8: a node's master is said as 'replicaof NAME'"},
		{"link m1 r1 latency 40", "3:20: '40' is no duration; write 250ms, 1.5s or 2m"},
		{"link m1 r1 latency 2h", "3:20: a link's latency and jitter are an hour each at most"},
		{"link m1 r1 latency -1s", "3:20: a duration is not negative here"},
		{"link m1 r1 latncy 1s", "3:12: unexpected 'latncy': did you mean 'latency'?"},
		{"link m1 r1 latency 1s latency 2s", "3:23: 'latency' is said twice"},
		{"link m1 r1 bandwidth 5kb", "3:22: '5kb' is no bandwidth; write 100kb/s, or 0/s for unlimited"},
		{"wait 25h", "3:6: a duration is 24h at most"},
		{"load m1 rate 5", "3:14: '5' is no rate; write 100/s"},
		{"load m1 keys 0", "3:14: '0' is not a number from 1 to 1073741824"},
		{"load m1 size 1gb", "3:14: a load's size is from 1 to 1mb"},
		{"load m1 mix sets", "3:13: unknown mix 'sets': did you mean 'set'?"},
		{"speed 0", "3:7: '0' is no speed; it is a number from 0.001 to 1000"},
		{"step One", "3:6: expected the heading between quotes, not 'One'"},
		{`step "One`, "3:6: the quote is not closed"},
		{`step "One"two`, "3:11: expected a blank here"},
		{"say at r2 \"x\"", "3:8: unknown node 'r2': did you mean 'r1'?"},
		{"title \"late\"", "3:1: title stands before the first node"},
		{"expect r1.x", "3:12: expected one of = != < <= > >=: it is written expect CONDITION"},
		{"expect r1.x == 1", "3:14: expected a field, a read or a value, not '='"},
		{"expect r1.X = 1", "3:11: 'X' is no field; it is one of INFO's names, or state, digest or last_resync"},
		{"expect r9.x = 1", "3:8: unknown node 'r9': did you mean 'r1'?"},
		{"expect r1.x = (nil)", "3:15: put '(nil)' between quotes"},
		{"expect r1.x = 1 and", "3:20: expected a field, a read or a value: it is written expect CONDITION"},
		{"expect r1.x = 1 or 2", "3:17: unexpected 'or': it is written expect CONDITION"},
		{"expect `GET k` = 1", "3:8: expected `NAME> COMMAND …` between backquotes"},
		{"expect `r9> GET k` = 1", "3:9: unknown node 'r9': did you mean 'r1'?"},
		{"expect `r1> GET k = 1", "3:8: the backquote is not closed"},
		{"until r1.x = 1 within soon", "3:23: 'soon' is no duration; write 250ms, 1.5s or 2m"},
	} {
		_, err := Parse("test.resync", nodes+c.line)
		if want := "test.resync:" + c.want; err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", c.line, err, want)
		}
	}
}

func TestConfigurationsAreCheckedInTheScript(t *testing.T) {
	_, err := Parse("test.resync", "node m1 repl-backlog-sise=16kb")
	var e *Error
	if !errors.As(err, &e) || e.Line != 1 || e.Column != 9 {
		t.Errorf("got %v", err)
	}
}

func TestAllErrorsAreToldAtOnce(t *testing.T) {
	_, err := Parse("test.resync", "node m1\nsevr m1 r1\nm1> SET k v\nkil m1\n")
	want := "test.resync:2:1: unknown statement 'sevr': did you mean 'sever'?\n" +
		"test.resync:4:1: unknown statement 'kil': did you mean 'kill'?"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	_, err = Parse("x", strings.Repeat("?\n", 1000))
	if got := strings.Count(err.Error(), "\n") + 1; got != maxErrors {
		t.Errorf("%d errors are told", got)
	}
}

func TestLimitsOfText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"as long as may be", strings.Repeat("#", MaxText), ""},
		{"one byte too long", strings.Repeat("#", MaxText+1), "test.resync:1: a script has 1mb at most"},
		{"as many statements as may be", strings.Repeat("#x\n", MaxStatements), ""},
		{"one statement too many", strings.Repeat("#x\n", MaxStatements+1), "test.resync:10001: a script has 10000 statements at most"},
		{"no UTF-8", "# a\n# \xff", "test.resync:2: this is not UTF-8"},
		{"line ends of Windows", "node m1\r\nkill m1\r\n", ""},
	} {
		_, err := Parse("test.resync", c.text)
		if got := errorText(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestBlankLinesAndCommentsStay(t *testing.T) {
	const text = "\n# about this\n\n\n\nnode m1 # the master\n\n# then\nkill m1\n\n\n"
	const want = "# about this\n\nnode m1 # the master\n\n# then\nkill m1\n"
	if got := parse(t, text).String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// sameScript compares what two scripts say: all but the lines on which they say it.
func sameScript(a, b *Script) bool {
	if a.Title != b.Title || a.About != b.About || a.Seed != b.Seed || len(a.Statements) != len(b.Statements) {
		return false
	}
	for i, s := range a.Statements {
		if o := b.Statements[i]; s.Comment != o.Comment || !reflect.DeepEqual(s.Act, o.Act) {
			return false
		}
	}
	return true
}

func TestRandomScriptsSurvivePrinting(t *testing.T) {
	for seed := range uint64(200) {
		s := RandomScript(seed, "")
		back, err := Parse("", s.String())
		if err != nil || !sameScript(s, back) {
			t.Fatalf("seed %d: %v\n%s", seed, err, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../../assets/scenarios/*.resync")
	if err != nil || len(files) == 0 {
		f.Fatalf("no scenarios: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("node a save=\"\" # x\nlink a a\na/2>  'x' \"\\xff\"\nexpect `a> x` != \"\\\"\" and 1.5 < 2kb\n\n\nspeed 1e2\nsay at a 'b'")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("", text)
		if err != nil {
			return
		}
		printed := s.String()
		back, err := Parse("", printed)
		if err != nil {
			t.Fatalf("%q was printed as %q: %v", text, printed, err)
		}
		if !sameScript(s, back) || back.String() != printed {
			t.Fatalf("%q was printed as %q and then as %q", text, printed, back)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := RandomScript(5, "").String()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("", text); err != nil {
			b.Fatal(err)
		}
	}
}
