package script

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata")

// Every scenario runs, its expectations hold, and it gives the trace that is kept beside the tests, byte for byte: on
// every machine, natively and in WebAssembly, since this test runs in both.
func TestTheScenariosTellTheirStories(t *testing.T) {
	files, err := filepath.Glob("../../assets/scenarios/*.resync")
	if err != nil || len(files) < 3 {
		t.Fatalf("the scenarios are %v, %v", files, err)
	}
	for _, name := range files {
		base := strings.TrimSuffix(filepath.Base(name), ".resync")
		t.Run(base, func(t *testing.T) {
			text, err := os.ReadFile(name)
			must(t, err)
			s, err := Parse(filepath.Base(name), string(text))
			must(t, err)
			if s.String() != string(text) {
				t.Errorf("not in its canonical form: bin/resync fmt %s", name)
			}
			if s.Title == "" || s.About == "" {
				t.Error("it does not say what it is about")
			}
			var trace bytes.Buffer
			must(t, Run(s, &trace, RunOptions{Trace: true}))
			golden := filepath.Join("testdata", base+".trace")
			if *update {
				must(t, os.WriteFile(golden, trace.Bytes(), 0o666))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if line, got, want := firstDifference(trace.String(), string(want)); line > 0 {
				t.Errorf("%s:%d: got\n%s\nwant\n%s", golden, line, got, want)
			}
			must(t, Check(s))
		})
	}
}

// firstDifference finds the first line in which two texts differ; 0 when none does.
func firstDifference(a, b string) (line int, inA, inB string) {
	if a == b {
		return 0, "", ""
	}
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		x, y := "(the end)", "(the end)"
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if x != y {
			return i + 1, x, y
		}
	}
	return 0, "", ""
}

func TestTranscriptsAsJSON(t *testing.T) {
	var out bytes.Buffer
	s := parse(t, "title \"A \\\"T\\\"\"\nnode m1\nm1> SET k \"\\x01é\"\n")
	must(t, Run(s, &out, RunOptions{JSON: true}))
	want := `{"title":"A \"T\"","seed":1}
{"time":"0.000000","line":2,"statement":"node m1"}
{"time":"0.000000","line":3,"statement":"m1> SET k \"\\x01é\""}
{"time":"0.000000","nanos":0,"seq":6,"node":"m1","fact":"Replied","text":"reply 1 SET k \"\\x01é\": OK","client":1,"command":"SET k \"\\x01é\"","reply":"+OK\u000d\u000a","printed":"OK"}
{"time":"0.000000","ok":true,"events":7,"hash":"`
	got, end, ok := strings.Cut(out.String(), `"hash":"`)
	if got += `"hash":"`; got != want || !ok || len(end) != len("0123456789abcdef\"}\n") {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
