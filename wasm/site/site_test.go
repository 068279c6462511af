package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// project is a small tree with everything that a site is made of.
func project(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"index.html": `<html lang="en"><meta name="description" content="x"><link href="assets/style.css"><link rel="preload" href="assets/play.wasm.gz">` +
			`<script type="application/json" id="play-build">{}</script>` +
			`<script src="assets/wasm_exec.js"></script><script defer src="assets/boot.js"></script><a href="#top">up</a>`,
		"assets/boot.js":                "boot()",
		"assets/embed.js":               "embed()",
		"assets/frame.js":               "frame()",
		"assets/v1/embed.js":            `run("SIZE")`,
		"assets/examples/plain.html":    "example",
		"assets/scenarios.go":           "package assets",
		"assets/css/tokens.css":         ":root { --bg: white }",
		"assets/css/layout.css":         ".layout { }",
		"assets/css/base.css":           "body { }",
		"assets/css/a-component.css":    ".a { }",
		"assets/scenarios/story.resync": "cluster a <- b",
		"engine/doc.go":                 "package engine",
	}
	maps.Copy(files, changes)
	tree := make(fstest.MapFS)
	for name, content := range files {
		if content != "" {
			tree[name] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	return tree
}

var program = bytes.Repeat([]byte("\x00asm program "), 1000)

func mustAssemble(t *testing.T, tree fstest.MapFS) site {
	t.Helper()
	s, err := assemble(tree, program, []byte("go()"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var hash = regexp.MustCompile(`\.[0-9a-f]{10}\.`)

func TestASiteHoldsEveryFileOnceUnderItsName(t *testing.T) {
	s := mustAssemble(t, project(nil))
	var names []string
	for _, name := range s.names() {
		names = append(names, hash.ReplaceAllString(name, ".#."))
	}
	want := []string{
		"assets/boot.#.js", "assets/embed.js", "assets/frame.#.js", "assets/play.#.wasm.gz", "assets/play.#.wasm.js",
		"assets/scenarios/story.resync", "assets/style.#.css", "assets/wasm_exec.#.js", "embed.html", "index.html", "v1/embed.js",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
}

func TestAPageRefersToFilesThatAreThere(t *testing.T) {
	s := mustAssemble(t, project(nil))
	page := string(s["index.html"])
	for _, match := range regexp.MustCompile(`(?:src|href)="(assets/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if _, ok := s[match[1]]; !ok {
			t.Errorf("%s is not in the site", match[1])
		}
		if !hash.MatchString(match[1]) {
			t.Errorf("%s carries no hash", match[1])
		}
	}
	if !strings.Contains(page, `href="#top"`) {
		t.Error("a link within the page was changed")
	}
}

func TestThePageKnowsTheProgramAndItsTwin(t *testing.T) {
	s := mustAssemble(t, project(nil))
	text := regexp.MustCompile(`id="play-build">(.*?)</script>`).FindSubmatch(s["index.html"])
	if text == nil {
		t.Fatal("the page has no configuration")
	}
	var config buildConfig
	if err := json.Unmarshal(text[1], &config); err != nil {
		t.Fatal(err)
	}
	zipped := s[config.Wasm]
	if config.Size != len(zipped) {
		t.Errorf("size is %d, the file has %d bytes", config.Size, len(zipped))
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, program) {
		t.Errorf("the program does not unpack to itself: %v", err)
	}
	body, ok := strings.CutPrefix(string(s[config.Twin]), `playWasm("`)
	body, ok2 := strings.CutSuffix(body, "\");\n")
	got, err := base64.StdEncoding.DecodeString(body)
	if !ok || !ok2 || err != nil || !bytes.Equal(got, zipped) {
		t.Errorf("the twin holds something else than the program: %v", err)
	}
}

func TestTheSheetIsInItsOrder(t *testing.T) {
	s := mustAssemble(t, project(nil))
	want := ":root { --bg: white }\nbody { }\n.layout { }\n.a { }\n"
	if got := string(s[s.named("style", ".css")]); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheSameTreeGivesTheSameSite(t *testing.T) {
	one, two := mustAssemble(t, project(nil)), mustAssemble(t, project(nil))
	if !maps.EqualFunc(one, two, bytes.Equal) {
		t.Errorf("two sites differ: %q and %q", one.names(), two.names())
	}
}

func TestAChangedFileChangesItsName(t *testing.T) {
	one, two := mustAssemble(t, project(nil)), mustAssemble(t, project(map[string]string{"assets/boot.js": "boot(2)"}))
	if a, b := one.named("boot", ".js"), two.named("boot", ".js"); a == b {
		t.Errorf("both are called %s", a)
	}
	if a, b := one.named("style", ".css"), two.named("style", ".css"); a != b {
		t.Errorf("an unchanged file was renamed from %s to %s", a, b)
	}
}

func TestAPageThatWouldNotWorkIsRefused(t *testing.T) {
	config := `<script type="application/json" id="play-build">{}</script>`
	for _, c := range []struct{ name, page, says string }{
		{"no page at all", "", "no index.html"},
		{"no place for the configuration", `<p>`, "once, not 0 times"},
		{"two places for the configuration", config + config, "once, not 2 times"},
		{"a file that is not there", config + `<script src="assets/gone.js">`, `src="assets/gone.js" refers to a file that is not in the site`},
		{"an address from the top of the host", config + `<script src="/assets/boot.js">`, "is not relative"},
		{"somebody else's host", config + `<script src="https://example.com/x.js">`, "is not relative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := assemble(project(map[string]string{"index.html": c.page}), program, nil)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestASiteReplacesAnOlderOneAndNothingElse(t *testing.T) {
	out := filepath.Join(t.TempDir(), "dist")
	if err := mustAssemble(t, project(nil)).write(out); err != nil {
		t.Fatal(err)
	}
	old := mustAssemble(t, project(nil)).named("boot", ".js")
	if err := mustAssemble(t, project(map[string]string{"assets/boot.js": "boot(2)"})).write(out); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, old)); err == nil {
		t.Errorf("%s of the older site is still there", old)
	}

	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "letter.txt"), []byte("dear"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := mustAssemble(t, project(nil)).write(home); err == nil {
		t.Error("a folder that holds something else was replaced")
	}
	if _, err := os.Stat(filepath.Join(home, "letter.txt")); err != nil {
		t.Errorf("the letter is gone: %v", err)
	}
}

func TestServingNamesTypesAndIsNeverStale(t *testing.T) {
	out := filepath.Join(t.TempDir(), "dist")
	s := mustAssemble(t, project(nil))
	if err := s.write(out); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(files(out))
	defer server.Close()
	for name, want := range map[string]string{
		"":                              "text/html; charset=utf-8",
		s.named("boot", ".js"):          "text/javascript; charset=utf-8",
		s.named("style", ".css"):        "text/css; charset=utf-8",
		s.named("play", ".wasm.gz"):     "application/gzip",
		"assets/scenarios/story.resync": "text/plain; charset=utf-8",
	} {
		response, err := http.Get(server.URL + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := response.Header.Get("Content-Type"); response.StatusCode != 200 || got != want {
			t.Errorf("/%s: %d %s, want %s", name, response.StatusCode, got, want)
		}
		if response.Header.Get("Cache-Control") != "no-cache" || response.Header.Get("Content-Encoding") != "" {
			t.Errorf("/%s: %v", name, response.Header)
		}
	}
}

func TestServingNeedsASite(t *testing.T) {
	if err := serve(t.TempDir(), "localhost:0"); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v", err)
	}
}

func TestTheFrameIsThePageWithoutWhatIsNotForFrames(t *testing.T) {
	index := strings.Replace(string(project(nil)["index.html"].Data), "<link ", "<link rel=\"manifest\" href=\"assets/embed.js\">\n<meta property=\"og:title\" content=\"x\">\n<link ", 1)
	s := mustAssemble(t, project(map[string]string{"index.html": strings.Replace(index, "<link rel=\"manifest", "\n<link rel=\"manifest", 1)}))
	page := string(s["embed.html"])
	for _, want := range []string{`<html lang="en" data-embed>`, `content="noindex"`, s.named("frame", ".js"), s.named("boot", ".js")} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s in\n%s", want, page)
		}
	}
	for _, not := range []string{"manifest", "og:title", "description"} {
		if strings.Contains(page, not) {
			t.Errorf("there is %s in\n%s", not, page)
		}
	}
	if strings.Contains(string(s["index.html"]), "frame.") {
		t.Error("the page itself loads what is for frames")
	}
	if got := string(s["v1/embed.js"]); got != `run("0.0 MB")` {
		t.Errorf("the shell is %s", got)
	}
	if _, err := assemble(project(map[string]string{"index.html": strings.Replace(index, `<html lang="en">`, "", 1)}), program, nil); err == nil || !strings.Contains(err.Error(), "embed.html") {
		t.Errorf("got %v", err)
	}
}
