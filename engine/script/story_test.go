package script

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// scenarios are the files of the library.
func scenarios(t *testing.T) []string {
	files, err := filepath.Glob("../../assets/scenarios/*.resync")
	if err != nil || len(files) < 20 {
		t.Fatalf("the scenarios are %v, %v", files, err)
	}
	return files
}

// told reads and parses a scenario.
func told(t *testing.T, file string) (s *Script, name string) {
	text, err := os.ReadFile(file)
	must(t, err)
	s, err = Parse(filepath.Base(file), string(text))
	must(t, err)
	if s.String() != string(text) {
		t.Errorf("not in its canonical form: bin/resync fmt %s", file)
	}
	return s, strings.TrimSuffix(filepath.Base(file), ".resync")
}

// Every scenario runs, its expectations hold, no rule of replication is broken, and it gives the transcript that is kept
// beside the tests and the trace whose hash stands below that: on every machine, natively and in WebAssembly, since this
// test runs in both.
func TestTheScenariosTellTheirStories(t *testing.T) {
	for _, file := range scenarios(t) {
		s, name := told(t, file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var transcript, trace bytes.Buffer
			must(t, Run(s, &transcript, RunOptions{}))
			must(t, Run(s, &trace, RunOptions{Trace: true}))
			fmt.Fprintf(&transcript, "trace %x\n", sha256.Sum256(trace.Bytes()))
			golden := filepath.Join("testdata", name+".transcript")
			if *update {
				must(t, os.WriteFile(golden, transcript.Bytes(), 0o666))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if line, got, want := firstDifference(transcript.String(), string(want)); line > 0 {
				t.Errorf("%s:%d: got\n%s\nwant\n%s", golden, line, got, want)
			}
			must(t, Check(s))
		})
	}
}

// What a reader may expect of every scenario but the playground: it says what it is about, goes on in chapters, asks
// before it answers, leaves time to read, and checks what it claims.
func TestTheScenariosAreLessons(t *testing.T) {
	const (
		shortest, longest = 20 * time.Second, 4 * time.Minute
		sayMost           = 220             // bytes
		reading           = 1 * time.Second // at least, of simulated time
	)
	for _, file := range scenarios(t) {
		s, name := told(t, file)
		if name == "playground" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			type question struct {
				node  string
				event int
			}
			var asked []question
			var said engine.Instant // when the last narration was given
			chapter, checks, chapters := "", 1, 0
			begins := false // the statement before began a chapter, other than the first
			session := NewSession(s)
			session.began = func(st Statement) {
				now := session.World().Now()
				if _, ok := st.Act.(Say); begins && !ok {
					t.Errorf("%q begins without a sentence", chapter)
				}
				stops := begins // the page stops behind this statement, for as long as the reader wants
				begins = false
				switch a := st.Act.(type) {
				case Step:
					if checks == 0 {
						t.Errorf("nothing is checked in %q", chapter)
					}
					chapter, checks = a.Heading, 0
					chapters++
					begins = chapters > 1
				case Say:
					if chapter == "" {
						t.Errorf("line %d speaks before the first chapter", st.Line)
					}
					if said != 0 && now.Sub(said) < reading {
						t.Errorf("line %d is said %v after what came before it", st.Line, now.Sub(said))
					}
					if said = now; stops {
						said = 0
					}
					if len(a.Text) > sayMost || strings.ContainsAny(a.Text, "!—–") {
						t.Errorf("line %d has %d bytes: %s", st.Line, len(a.Text), a.Text)
					}
				case Expect, Until:
					checks++
				case Predict:
					asked = append(asked, question{a.Node, session.World().Events().Len()})
				}
			}
			for !session.Done() {
				_, err := session.advance(sim.Never-1, 1000, true)
				must(t, err)
			}
			if s.Title == "" || s.About == "" || chapters < 3 || len(asked) == 0 {
				t.Errorf("title %q, about %q, %d chapters, %d questions", s.Title, s.About, chapters, len(asked))
			}
			if checks == 0 {
				t.Errorf("nothing is checked in %q", chapter)
			}
			took := session.World().Now().Sub(engine.Epoch)
			if took < shortest || took > longest {
				t.Errorf("it takes %v", took)
			}
			events := session.World().Events()
			for _, q := range asked {
				answered := false
				for _, e := range events.From(q.event) {
					_, ok := e.Fact.(engine.SyncFinished)
					answered = answered || ok && e.Node == q.node
				}
				if !answered {
					t.Errorf("the question about %s is never answered", q.node)
				}
			}
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

// A script that was cut off anywhere and has what was to come behind it is the same run: what a link to a lesson holds.
func TestTheWholeOfAHalfTellsTheSame(t *testing.T) {
	for _, file := range scenarios(t) {
		s, name := told(t, file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := NewSession(s)
			must(t, finish(all))
			end := all.world.Now()
			for _, part := range []int{0, 3, 6, 9} {
				half := NewSession(s)
				_, err := half.Advance(engine.Epoch.Add(end.Sub(engine.Epoch)/10*time.Duration(part)), 1<<30)
				must(t, err)
				text := half.Whole(0).String()
				whole, err := Parse(name, text)
				must(t, err)
				again := NewSession(whole)
				must(t, finish(again))
				if again.world.Now() != end || again.world.HashText() != all.world.HashText() || again.Chapter() != all.Chapter() {
					t.Fatalf("cut at %d tenths: ends at %v with %s, not at %v with %s\n%s", part, again.world.Now(), again.world.HashText(), end, all.world.HashText(), text)
				}
			}
		})
	}
}
