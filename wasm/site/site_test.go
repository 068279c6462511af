package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"

	"resync/assets"
)

// project is a small tree with everything that a site is made of.
func project(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"index.html": `<html lang="en"><meta name="description" content="x"><link href="assets/style.css"><link rel="preload" href="assets/play.wasm.lzma">` +
			`<script type="application/json" id="play-build">{}</script>` +
			`<!--poster--><script src="assets/wasm_exec.js"></script><script defer src="assets/boot.js"></script><a href="#top">up</a><noscript>A program. Below is a picture of it. More.</noscript>`,
		"assets/boot.js":                "boot()",
		"assets/embed.js":               "embed()",
		"assets/frame.js":               "frame()",
		"assets/v1/embed.js":            "run(\"SIZE\"); sheet.replaceSync(`\n:host { color: red; }\n`)",
		"assets/examples/plain.html":    "example",
		"assets/scenarios.go":           "package assets",
		"assets/css/tokens.css":         ":root { --bg: white }",
		"assets/css/layout.css":         ".layout { top: 1px }",
		"assets/css/base.css":           "body { top: 0 }",
		"assets/css/a-component.css":    ".a { top: 2px }",
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

var program = []byte("a program, packed")

func mustAssemble(t *testing.T, tree fstest.MapFS) site {
	t.Helper()
	s, err := assemble(tree, program, []byte("go()"), map[string][]byte{"<!--poster-->": []byte("<p>picture</p>")})
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
	slices.Sort(names)
	want := []string{
		"assets/boot.#.js", "assets/embed.js", "assets/frame.#.js", "assets/play.#.wasm.js", "assets/play.#.wasm.lzma",
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
	if strings.Contains(page, "<!--") || !strings.Contains(page, "<p>picture</p>") {
		t.Error("the poster is not in the page")
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
	if got := s[config.Wasm]; config.Size != len(got) || !bytes.Equal(got, program) {
		t.Errorf("size is %d, the file is %q", config.Size, got)
	}
	body, ok := strings.CutPrefix(string(s[config.Twin]), `playWasm("`)
	body, ok2 := strings.CutSuffix(body, "\");\n")
	got, err := base64.StdEncoding.DecodeString(body)
	if !ok || !ok2 || err != nil || !bytes.Equal(got, program) {
		t.Errorf("the twin holds something else than the program: %v", err)
	}
}

func TestTheSheetIsInItsOrder(t *testing.T) {
	s := mustAssemble(t, project(nil))
	want := ":root{--bg: white }body{top:0}.layout{top:1px}.a{top:2px}\n"
	if got := string(s[s.named("style", ".css")]); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Scripts and sheets are as short as they can be, and one that is wrong is named with its place.
func TestScriptsAndSheetsAreShort(t *testing.T) {
	for _, c := range []struct{ name, in, out string }{
		{"assets/a.js", "// why\nfunction go(first) {\n  return first + 1; // what\n}\n", "function go(n){return n+1}\n"},
		{"assets/a.css", "/* why */\na { color: #FFFFFF; }\n", "a{color:#fff}\n"},
		{"assets/a.svg", "<svg> </svg>", "<svg> </svg>"},
	} {
		got, err := minify(c.name, []byte(c.in))
		if err != nil || string(got) != c.out {
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.out)
		}
	}
	for name, in := range map[string]string{"assets/a.js": "\nlet = = 3", "assets/a.css": "\na { color: red"} {
		if _, err := minify(name, []byte(in)); err == nil || !strings.HasPrefix(err.Error(), name+":2:") {
			t.Errorf("%s: %v", name, err)
		}
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
			_, err := assemble(project(map[string]string{"index.html": c.page}), program, nil, nil)
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
		s.named("play", ".wasm.lzma"):   "application/octet-stream",
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

func TestEveryFileThatGainsIsCompressedAndListed(t *testing.T) {
	long := strings.Repeat("node m1\n", 100)
	s := mustAssemble(t, project(map[string]string{"assets/scenarios/story.resync": long}))
	names := s.names()
	list, err := s.compress()
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, f := range list {
		listed = append(listed, f.Name)
		if sum := sha256.Sum256(s[f.Name]); f.Bytes != len(s[f.Name]) || f.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%+v is not what the file is", f)
		}
		if f.Gzip != len(s[f.Name+".gz"]) || f.Brotli != len(s[f.Name+".br"]) {
			t.Errorf("%+v: the files beside it have %d and %d bytes", f, len(s[f.Name+".gz"]), len(s[f.Name+".br"]))
		}
	}
	if !slices.Equal(listed, names) {
		t.Errorf("listed are %q, want %q", listed, names)
	}
	const story = "assets/scenarios/story.resync"
	r, err := gzip.NewReader(bytes.NewReader(s[story+".gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != long {
		t.Errorf("%v, %q", err, got)
	}
	if got, err := io.ReadAll(brotli.NewReader(bytes.NewReader(s[story+".br"]))); err != nil || string(got) != long {
		t.Errorf("%v, %q", err, got)
	}
	if _, ok := s["assets/embed.js.gz"]; ok {
		t.Error("seven bytes have become longer, and are there")
	}
	var read manifest
	if err := json.Unmarshal(s[manifestName], &read); err != nil || !slices.Equal(read, list) {
		t.Errorf("%v, %s", err, s[manifestName])
	}
}

// Hosts that read headers from a file get the policies of both pages, and keep what has a hash for ever and nothing else.
func TestTheHeadersFitTheSite(t *testing.T) {
	s := mustAssemble(t, project(nil))
	s[headersName] = s.headers()
	rules := make(map[string]string)
	path := ""
	for line := range strings.Lines(string(s[headersName])) {
		line = strings.TrimSuffix(line, "\n")
		header, ok := strings.CutPrefix(line, "  ")
		if !ok {
			path = line
			continue
		}
		if name, _, _ := strings.Cut(header, ":"); strings.Contains(rules[path], name) {
			t.Errorf("%s has two rules for %s", path, name)
		}
		rules[path] += header + "\n"
	}
	for path, want := range map[string]string{
		"/": "worker-src 'self'", "/index.html": "'wasm-unsafe-eval'", "/embed": "frame-ancestors *", "/embed.html": "frame-ancestors *",
		"/assets/*": "Access-Control-Allow-Origin: *", "/v1/*": "Access-Control-Allow-Origin: *",
	} {
		if !strings.Contains(rules[path], want) {
			t.Errorf("%s: %q, want %q", path, rules[path], want)
		}
	}
	for _, name := range s.names() {
		if kept := strings.Contains(rules["/"+name], "immutable"); kept != hash.MatchString(name) {
			t.Errorf("%s is kept for ever: %t", name, kept)
		}
	}
	if _, err := s.compress(); err != nil {
		t.Fatal(err)
	}
	if _, ok := s[headersName+".gz"]; ok {
		t.Error("the headers are compressed, for nobody")
	}
	if !bytes.Contains(s[manifestName], []byte(`"`+headersName+`"`)) {
		t.Error("the headers are not in the manifest")
	}
}

func TestASiteThatOutgrowsItsBudgetIsRefused(t *testing.T) {
	list := manifest{
		{Name: "index.html", Bytes: 9000, Gzip: 3000}, {Name: "assets/boot.0.js", Bytes: 50}, {Name: "assets/scenarios/a.resync", Bytes: 7000},
		{Name: "assets/play.0.wasm.lzma", Bytes: 500}, {Name: "assets/play.0.wasm.js", Bytes: 700, Gzip: 500},
	}
	if got := list.spent(); got != (budget{500, 3050}) {
		t.Errorf("spent is %+v", got)
	}
	for want, b := range map[string]budget{"": {500, 3050}, "go run ./wasm/site sizes": {499, 3050}, "manifest.json": {500, 3049}} {
		err := list.afford(b)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("of %+v: %v, want %q", b, err, want)
		}
	}
	s := mustAssemble(t, project(nil))
	s["assets/film.bin"] = make([]byte, mostBytes+1)
	if _, err := s.compress(); err == nil || !strings.Contains(err.Error(), "assets/film.bin has 25000001 bytes") {
		t.Errorf("a file that hosts refuse: %v", err)
	}
}

// The site is built with package sort's functions in place of those of package slices (_standins/slices): both must leave
// equal elements in the same order, or the same script would give another run in a browser.
func TestBothSortsDoTheSame(t *testing.T) {
	type element struct{ key, was int }
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		one := make([]element, random.IntN(300))
		for i := range one {
			one[i] = element{random.IntN(1 + int(seed)%40), i}
		}
		stable := slices.Clone(one)
		for _, sorts := range []struct {
			generic func([]element, func(a, b element) int)
			shared  func(any, func(i, j int) bool)
		}{{slices.SortFunc[[]element], sort.Slice}, {slices.SortStableFunc[[]element], sort.SliceStable}} {
			one := slices.Clone(stable)
			two := slices.Clone(stable)
			sorts.generic(one, func(a, b element) int { return cmp.Compare(a.key, b.key) })
			sorts.shared(two, func(i, j int) bool { return two[i].key < two[j].key })
			if !slices.Equal(one, two) {
				t.Fatalf("seed %d: %v and %v", seed, one, two)
			}
		}
	}
}

// The whole way of the small tools: a program that panics is built, measured, and relieved of its lines.
func TestProgramsAreMeasuredAndLoseTheirLines(t *testing.T) {
	dir := t.TempDir()
	source := "package main\n\nimport \"os\"\n\nfunc main() { fail(len(os.Args)) }\n\n//go:noinline\nfunc fail(n int) { panic(n) }\n"
	for name, text := range map[string]string{"go.mod": "module small\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-ldflags=-w", "-o", "small.wasm", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	file := filepath.Join(dir, "small.wasm")
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := dissect(wasm)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]string{"main": "main", "runtime": "runtime", "internal_poll": "internal/poll"}
	sums := make(map[string]int)
	for function, n := range p.functions {
		sums[packageOf(function, packages)] += n
	}
	if sums["runtime"] < 300_000 || sums["internal/poll"] == 0 || sums["main"] == 0 || sums["main"] > 2000 {
		t.Errorf("the packages have %v", sums)
	}
	if p.sections["code"] < sums["runtime"] || p.sections["data"] == 0 {
		t.Errorf("the sections have %v", p.sections)
	}
	if _, err := dissect(wasm[:len(wasm)/2]); err != errNotWasm {
		t.Errorf("half a program: %v", err)
	}

	trace := func() string {
		root, err := goRoot()
		if err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command("node", filepath.Join(root, "lib", "wasm", "wasm_exec_node.js"), file).CombinedOutput()
		return string(out)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("node is not there: the trace is that of a program that runs")
	}
	if got := trace(); !strings.Contains(got, "main.fail(") || !strings.Contains(got, "main.go:8") {
		t.Errorf("with lines: %s", got)
	}
	if err := withoutLines(wasm); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, wasm, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := trace(); !strings.Contains(got, "panic: 1") || !strings.Contains(got, "main.fail(") || strings.Contains(got, ".go:") {
		t.Errorf("without lines: %s", got)
	}
	if err := withoutLines(wasm[:len(wasm)/2]); err != errLayout {
		t.Errorf("a program that breaks off: %v", err)
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
	for _, not := range []string{"manifest", "og:title", "description", "<p>picture", "Below is"} {
		if strings.Contains(page, not) {
			t.Errorf("there is %s in\n%s", not, page)
		}
	}
	if strings.Contains(string(s["index.html"]), "frame.") {
		t.Error("the page itself loads what is for frames")
	}
	if got := string(s["v1/embed.js"]); got != "run(\"0.0 MB\"),sheet.replaceSync(`:host{color:red}\n`);\n" {
		t.Errorf("the shell is %s", got)
	}
	if _, err := assemble(project(map[string]string{"index.html": strings.Replace(index, `<html lang="en">`, "", 1)}), program, nil, nil); err == nil || !strings.Contains(err.Error(), "embed.html") {
		t.Errorf("got %v", err)
	}
}

// Every scenario has a picture, under its name, for READMEs.
func TestEveryScenarioHasAPoster(t *testing.T) {
	drawn, err := pictures()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range assets.Scenarios() {
		if svg := drawn["posters/"+s.Name+".svg"]; !bytes.HasPrefix(svg, []byte("<svg ")) {
			t.Errorf("%s: %.80q", s.Name, svg)
		}
	}
	if len(drawn) != len(assets.Scenarios()) {
		t.Errorf("%d pictures of %d scenarios", len(drawn), len(assets.Scenarios()))
	}
}

func TestTheCollectorLeavesIdleTimeToTheBrowser(t *testing.T) {
	root, err := goRoot()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "src", "runtime", "mgcpacer.go")
	own, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pacer, err := patientPacer(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after := strings.Split(string(own), "\n"), strings.Split(string(pacer), "\n")
	changed := 0
	for i := range before {
		if i >= len(after) || before[i] != after[i] {
			changed++
		}
	}
	if changed != 1 || len(after) != len(before) {
		t.Errorf("%d lines of %d differ, and there are %d", changed, len(before), len(after))
	}
	other := filepath.Join(t.TempDir(), "mgcpacer.go")
	if err := os.WriteFile(other, pacer, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := patientPacer(other); err == nil || !strings.Contains(err.Error(), "not as this program knows it") {
		t.Errorf("another Go's pacer: %v", err)
	}
}
