package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// go-app is a client and its server in one package, so a page that never serves anything carries an HTTP server, its TLS
// and more: over a quarter of what has to be downloaded. The site is therefore built with a copy of go-app in which a few
// files of _standins take the place of go-app's own. Only the build of the site knows: go.mod, the tests and every editor
// see go-app as it is, and a browser test boots both.

// slimDir is where the copies go, inside the project and ignored by git. The path is fixed because Go writes it into the
// program.
const slimDir = "bin/slim"

// standins are the replaced modules, the folder of each in _standins, and whether that holds only the files that differ.
var standins = []struct {
	module, folder string
	partial        bool
}{
	{"github.com/maxence-charriere/go-app/v10", "goapp", true},
	{"github.com/google/uuid", "uuid", false},
}

// serverOnly are go-app's files that nothing of a browser's program needs.
var serverOnly = []string{"pkg/app/static.go", "pkg/cli", "pkg/analytics", "pkg/ui"}

// replacedImports are packages that the copy of go-app imports from _standins instead: JSON and its reflection, and
// addresses with everything about IP, for one that the browser has taken apart already.
var replacedImports = map[string]string{"encoding/json": "pkg/json", "net/url": "pkg/url"}

// slim lays out the copies and returns the path of a go.mod that uses them. What is there already and right stays as it
// is, so that another build of the site may be reading it.
func slim() (modfile string, err error) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return "", err
	}
	for _, s := range standins {
		mod = fmt.Appendf(mod, "\nreplace %s => ./%s\n", s.module, path.Join(slimDir, s.folder))
	}
	modfile = filepath.Join(slimDir, "go.mod")
	if old, err := os.ReadFile(modfile); err == nil && !bytes.Equal(old, mod) {
		if err := os.RemoveAll(slimDir); err != nil { // of other versions: files that are gone would stay
			return "", err
		}
	}
	for _, s := range standins {
		to := filepath.Join(slimDir, s.folder)
		own := filepath.Join("wasm", "site", "_standins", s.folder)
		if s.partial {
			if err := copyModule(s.module, own, to); err != nil {
				return "", fmt.Errorf("copying %s: %w", s.module, err)
			}
		}
		if err := copyFiles(own, to, nil, func(string, fs.DirEntry) bool { return true }); err != nil {
			return "", err
		}
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		return "", err
	}
	if err := put(filepath.Join(slimDir, "go.sum"), sums); err != nil {
		return "", err
	}
	return modfile, put(modfile, mod)
}

// overlay has the program built with sorts that all types share, see _standins/slices. It lays out the files and returns the
// path of what go build -overlay wants.
func overlay() (string, error) {
	root, err := goRoot()
	if err != nil {
		return "", err
	}
	own, to, std := filepath.Join("wasm", "site", "_standins", "slices"), filepath.Join(slimDir, "slices"), filepath.Join(root, "src")
	if err := copyFiles(own, to, nil, func(string, fs.DirEntry) bool { return true }); err != nil {
		return "", err
	}
	shared, err := os.ReadFile(filepath.Join(std, "sort", "zsortfunc.go"))
	if err != nil {
		return "", err
	}
	shared = bytes.Replace(shared, []byte("\npackage sort\n"), []byte("\npackage slices\n"), 1)
	if err := put(filepath.Join(to, "zsortfunc.go"), shared); err != nil {
		return "", err
	}
	replace := make(map[string]string)
	for _, name := range []string{"zsortanyfunc.go", "zsortfunc.go", "zsortordered.go"} {
		replace[filepath.Join(std, "slices", name)] = filepath.Join(to, name)
	}
	pacer, err := patientPacer(filepath.Join(std, "runtime", "mgcpacer.go"))
	if err != nil {
		return "", err
	}
	to = filepath.Join(slimDir, "mgcpacer.go")
	if err := put(to, pacer); err != nil {
		return "", err
	}
	replace[filepath.Join(std, "runtime", "mgcpacer.go")] = to
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(slimDir, "overlay.json")
	return file, put(file, list)
}

// patientPacer is Go's pacer of the garbage collector, but for one line. Go marks the whole heap as soon as the program has
// nothing to do. In a browser that is after every frame, and the page stands still until it is done: for 57 ms at 50 MB, four
// times that on a slow phone. Without workers for idle time, marking has the quarter of the time that Go gives it beside a
// program that is busy: some milliseconds of every frame.
func patientPacer(file string) ([]byte, error) {
	const idle = "c.setMaxIdleMarkWorkers(int32(procs) - int32(dedicatedMarkWorkersNeeded))"
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if bytes.Count(text, []byte(idle)) != 1 {
		return nil, fmt.Errorf("%s is not as this program knows it: look for the line that sets the idle workers to mark the heap", file)
	}
	return bytes.Replace(text, []byte(idle), []byte("c.setMaxIdleMarkWorkers(0)"), 1), nil
}

// copyModule copies a module's packages out of Go's cache, without tests, what is only a server's, and the files that own
// holds others for.
func copyModule(module, own, to string) error {
	if out, err := exec.Command("go", "mod", "download", module).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return err
	}
	from := strings.TrimSpace(string(out))
	imports := make(map[string]string)
	for old, folder := range replacedImports {
		imports[old] = path.Join(module, folder)
	}
	return copyFiles(from, to, imports, func(name string, entry fs.DirEntry) bool {
		for _, s := range serverOnly {
			if name == s {
				return false
			}
		}
		if entry.IsDir() {
			return name == "." || name == "pkg" || strings.HasPrefix(name, "pkg/")
		}
		if _, err := os.Stat(filepath.Join(own, filepath.FromSlash(name))); err == nil {
			return false
		}
		return name == "go.mod" || path.Dir(name) != "." && !strings.HasSuffix(name, "_test.go")
	})
}

// copyFiles copies the files and folders that keep accepts, with other imports in the place of some; a folder that it refuses is not entered. Files of Go's cache
// are read-only, their copies are not.
func copyFiles(from, to string, imports map[string]string, keep func(name string, entry fs.DirEntry) bool) error {
	tree := os.DirFS(from)
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file := filepath.Join(to, filepath.FromSlash(name))
		switch {
		case !keep(name, entry):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return os.MkdirAll(file, 0o755)
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".go") {
			for old, folder := range imports {
				content = bytes.ReplaceAll(content, strconv.AppendQuote(nil, old), strconv.AppendQuote(nil, folder))
			}
		}
		return put(file, content)
	})
}

// put writes a file unless it holds that content already.
func put(file string, content []byte) error {
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return os.WriteFile(file, content, 0o644)
}
