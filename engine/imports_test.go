package engine_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The arrows of the architecture, as a test. It reads the sources and not the build, so that no build tag hides a file.

const module = "resync"

// never lists for every package what it must not import, by path below the module; everything below a path counts,
// and the longest path that fits a package holds. A package that no row fits is an error: say here where it belongs.
var never = map[string][]string{
	"engine":         {"engine", "web", "wasm"},
	"engine/resp":    {"engine/store", "engine/rdb", "engine/command", "engine/repl", "engine/node", "engine/sim", "engine/script", "engine/tcp", "web", "wasm"},
	"engine/store":   {"engine/resp", "engine/command", "engine/repl", "engine/node", "engine/sim", "engine/script", "engine/tcp", "web", "wasm"},
	"engine/rdb":     {"engine/command", "engine/repl", "engine/node", "engine/sim", "engine/script", "engine/tcp", "web", "wasm"},
	"engine/command": {"engine/repl", "engine/node", "engine/sim", "engine/script", "engine/tcp", "web", "wasm"},
	"engine/repl":    {"engine/store", "engine/command", "engine/rdb", "engine/node", "engine/sim", "engine/script", "engine/tcp", "web", "wasm"},
	"engine/node":    {"engine/sim", "engine/script", "engine/tcp", "web", "wasm"},
	"engine/sim":     {"engine/script", "engine/tcp", "engine/real", "engine/cmd", "web", "wasm"},
	"engine/script":  {"engine/tcp", "engine/real", "engine/cmd", "web", "wasm"},
	"engine/tcp":     {"engine/sim", "engine/script", "engine/real", "engine/cmd", "web", "wasm"},
	"engine/real":    {"engine/cmd", "web", "wasm"},
	"engine/cmd":     {"web", "wasm"},
	// A server is not the simulation.
	"engine/cmd/resync-server": {"engine/sim", "engine/script", "web", "wasm"},
	"web/model":                {"engine/tcp", "engine/real", "engine/cmd", "web/view", "wasm"},
	"web/view":                 {"engine/node", "engine/store", "engine/repl", "engine/command", "engine/tcp", "engine/real", "engine/cmd", "wasm"},
	"assets":                   {"engine", "web", "wasm"},
	"wasm/browser":             {"engine"},
	"wasm/main":                {"engine/tcp", "engine/real", "engine/cmd"},
	// The builder draws the page once, for the poster, and runs a scenario, for its transcript.
	"wasm/site": {"engine/tcp", "engine/real", "engine/cmd", "wasm"},
}

// impure are the packages that may touch the world: clocks, sockets, files, goroutines, JavaScript.
var impure = []string{"engine/tcp", "engine/real", "engine/cmd", "wasm"}

// worldly is what only those may import.
var worldly = []string{"net", "os", "sync", "math/rand", "crypto/rand", "hash/maphash", "syscall"}

// clocks are the functions of package time that read or wait for a clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// browsers may import what speaks to the browser.
var browsers = []struct{ what, who []string }{
	{what: []string{"syscall/js", "github.com/hack-pad/safejs"}, who: []string{"wasm"}},
	{what: []string{"github.com/maxence-charriere/go-app"}, who: []string{"wasm", "web/view"}},
}

func TestEveryPackageKeepsToTheImportTable(t *testing.T) {
	complaints, files := check(os.DirFS(".."))
	for _, c := range complaints {
		t.Error(c)
	}
	if files < 20 {
		t.Errorf("only %d files were read: is this the project's tree?", files)
	}
}

// check reads every source file of the tree, test files and test data excepted, and returns what is wrong, in the
// order of the files, and how many it read.
func check(tree fs.FS) (complaints []string, files int) {
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != "." && (base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			if _, err := fs.Stat(tree, path.Join(name, "go.mod")); err == nil && name != "." {
				return fs.SkipDir // somebody else's module, copied here by a build
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files++
		complaints = append(complaints, checkFile(name, source)...)
		return nil
	})
	if err != nil {
		complaints = append(complaints, err.Error())
	}
	return complaints, files
}

func checkFile(name string, source []byte) (complaints []string) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	complain := func(pos token.Pos, format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%s: %s", set.Position(pos), fmt.Sprintf(format, args...)))
	}
	pkg := path.Dir(name)
	row, ok := rowOf(pkg)
	if !ok {
		complain(file.Package, "package %s has no row in the import table", pkg)
	}
	pure := !within(pkg, impure)
	timeName := "" // what the file calls package time

	for _, spec := range file.Imports {
		what, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			complain(spec.Pos(), "%v", err)
			continue
		}
		if what == "time" {
			timeName = "time"
			if spec.Name != nil {
				timeName = spec.Name.Name
			}
		}
		if ours, ok := strings.CutPrefix(what, module+"/"); ok && within(ours, row) {
			complain(spec.Pos(), "%s must not import %s", pkg, ours)
		}
		// rand/v2 is the generator that is handed in; the one before has a hidden source.
		// An atomic word makes nobody wait.
		if pure && what != "math/rand/v2" && what != "sync/atomic" && within(what, worldly) {
			complain(spec.Pos(), "%s must not import %s: it touches the world", pkg, what)
		}
		for _, b := range browsers {
			if within(what, b.what) && !within(pkg, b.who) {
				complain(spec.Pos(), "%s must not import %s: only %s may", pkg, what, strings.Join(b.who, " and "))
			}
		}
	}
	if !pure {
		return complaints
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			complain(n.Pos(), "%s must not start a goroutine", pkg)
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && slices.Contains(clocks, n.Sel.Name) {
				complain(n.Pos(), "%s must not use time.%s: moments are handed in", pkg, n.Sel.Name)
			}
		}
		return true
	})
	return complaints
}

// rowOf finds a package's row: its own, or that of the nearest folder above it. The shared words have no packages below.
func rowOf(pkg string) ([]string, bool) {
	for at := pkg; at != "."; at = path.Dir(at) {
		if row, ok := never[at]; ok && (at != "engine" || pkg == "engine") {
			return row, true
		}
	}
	return nil, false
}

// within reports whether a path is one of those folders or lies in one.
func within(p string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

func TestTheImportTableIsEnforced(t *testing.T) {
	for _, c := range []struct {
		breach string
		file   string
		source string
		says   string // "" when nothing is wrong
	}{
		{"a codec may use the shared words", "engine/resp/a.go", `import "resync/engine"`, ""},
		{"a codec reaches up", "engine/resp/a.go", `import "resync/engine/node"`, "engine/resp must not import engine/node"},
		{"the store learns of the wire", "engine/store/a.go", `import "resync/engine/resp"`, "engine/store must not import engine/resp"},
		{"the shared words import something of ours", "engine/a.go", `import "resync/engine/resp"`, "engine must not import engine/resp"},
		{"a package below another keeps to its row", "engine/repl/inner/a.go", `import "resync/engine/store"`, "engine/repl/inner must not import engine/store"},
		{"a command program may use the simulation", "engine/cmd/resync/a.go", `import "resync/engine/sim"`, ""},
		{"the server does not", "engine/cmd/resync-server/a.go", `import "resync/engine/sim"`, "engine/cmd/resync-server must not import engine/sim"},
		{"the page reaches into a node", "web/view/a.go", `import "resync/engine/node"`, "web/view must not import engine/node"},
		{"the browser knows the engine", "wasm/browser/a.go", `import "resync/engine"`, "wasm/browser must not import engine"},
		{"a package that nobody has placed", "engine/misc/a.go", "", "package engine/misc has no row"},
		{"a socket in the core", "engine/node/a.go", `import "net"`, "engine/node must not import net: it touches the world"},
		{"a package below a worldly one", "engine/sim/a.go", `import "os/exec"`, "engine/sim must not import os/exec"},
		{"a socket where sockets live", "engine/tcp/a.go", `import "net"`, ""},
		{"the generator with a hidden source", "engine/sim/a.go", `import "math/rand"`, "must not import math/rand"},
		{"the generator that is handed in", "engine/sim/a.go", `import "math/rand/v2"`, ""},
		{"the clock", "engine/sim/a.go", "import \"time\"\nvar x = time.Now()", "must not use time.Now"},
		{"the clock under another name", "engine/sim/a.go", "import t \"time\"\nvar x = t.Since(t.Time{})", "must not use time.Since"},
		{"a duration is no clock", "engine/sim/a.go", "import \"time\"\nvar x = 3 * time.Second", ""},
		{"a goroutine", "web/model/a.go", "func f() { go f() }", "web/model must not start a goroutine"},
		{"a goroutine where they live", "engine/tcp/a.go", "func f() { go f() }", ""},
		{"the model draws", "web/model/a.go", `import "github.com/maxence-charriere/go-app/v10/pkg/app"`, "only wasm and web/view may"},
		{"the view calls JavaScript", "web/view/a.go", `import "syscall/js"`, "web/view must not import syscall/js"},
		{"a build tag hides nothing", "web/view/a_js.go", `import "github.com/hack-pad/safejs"`, "only wasm may"},
		{"a test may do what it needs", "engine/node/a_test.go", `import "os"`, ""},
		{"test data is not the program", "engine/node/testdata/a.go", `import "os"`, ""},
	} {
		t.Run(c.breach, func(t *testing.T) {
			complaints, _ := check(fstest.MapFS{c.file: {Data: []byte("package p\n" + c.source + "\n")}})
			got := strings.Join(complaints, "\n")
			if c.says == "" && got != "" || !strings.Contains(got, c.says) {
				t.Errorf("got %q, want %q", got, c.says)
			}
		})
	}
}
