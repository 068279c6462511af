package command

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write what the stories in testdata now say")

// The stories in testdata are lines that a person typed, each with what came back, indented, and behind -> what went
// to the replicas. Lines that begin with ! change the circumstances:
//
//	!sleep 10s          time passes
//	!expiry hides       the server is a replica, to its clients; ignored: to its master; removes: it is a master
//	!lazy               lazyfree-lazy-expire and lazyfree-lazy-user-del are on
//	!due                expired keys are looked for
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			told := tell(t, string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(told), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if told != string(text) {
				t.Errorf("%s\n%s", file, firstDifference(told, string(text)))
			}
		})
	}
}

// tell runs a story and returns it with what happens now. An empty line and a comment begin another one, on an
// empty server.
func tell(t *testing.T, story string) string {
	var b strings.Builder
	s := newServer(16)
	for _, line := range strings.SplitAfter(story, "\n") {
		text := strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, " "): // what happened when it was written
			continue
		case text == "":
			s = newServer(16)
			b.WriteString(line)
		case text[0] == '#':
			b.WriteString(line)
		case text[0] == '!':
			b.WriteString(line)
			s.circumstance(t, text[1:])
			s.writeSent(&b)
		default:
			b.WriteString(line)
			b.WriteString("  " + strings.ReplaceAll(s.say(text), "\n", "\n  ") + "\n")
			s.writeSent(&b)
		}
	}
	return b.String()
}

func (s *server) writeSent(b *strings.Builder) {
	if sent := s.sent(); sent != "" {
		b.WriteString("  -> " + sent + "\n")
	}
}

func (s *server) circumstance(t *testing.T, text string) {
	t.Helper()
	word, arg, _ := strings.Cut(text, " ")
	switch word {
	case "sleep":
		d, err := time.ParseDuration(arg)
		if err != nil {
			t.Fatal(err)
		}
		s.call.Now = s.call.Now.Add(d)
	case "expiry":
		mode, ok := map[string]ExpiryMode{"removes": ExpireRemoves, "hides": ExpireHides, "ignored": ExpireIgnored}[arg]
		if !ok {
			t.Fatalf("expiry %q", arg)
		}
		s.call.Expiry = mode
	case "lazy":
		s.call.Settings.LazyExpire, s.call.Settings.LazyUserDel = true, true
	case "due":
		s.call.Begin()
		s.call.ExpireDue(100)
		for _, op := range s.call.Ops() {
			s.stream = append(s.stream, texts(op.Args))
		}
	default:
		t.Fatalf("!%s is nothing that can be changed", text)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			from := max(0, i-4)
			return "now\n" + strings.Join(g[min(from, len(g)):min(i+3, len(g))], "\n") + "\nwas\n" + strings.Join(w[min(from, len(w)):min(i+3, len(w))], "\n")
		}
	}
	return ""
}
