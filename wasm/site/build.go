package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// build writes the whole site into the folder out. With whole, the program holds all of go-app, see slim.go.
func build(out, program string, whole bool) error {
	wasm, err := compile(program, whole)
	if err != nil {
		return err
	}
	runtime, err := wasmExec()
	if err != nil {
		return err
	}
	site, err := assemble(os.DirFS("."), wasm, runtime)
	if err != nil {
		return err
	}
	if err := site.write(out); err != nil {
		return err
	}
	fmt.Printf("%s: %d files, the program is %.2f MB and %.2f MB gzipped\n",
		out, len(site), megabytes(len(wasm)), megabytes(len(site[site.named("play", ".wasm.gz")])))
	return nil
}

func megabytes(n int) float64 { return float64(n) / 1e6 }

// inlined are the packages that every simulated command goes through. Everywhere else functions are not inlined: that
// takes 8 % off what has to be downloaded (2.66 to 2.45 MB gzipped), where without these packages' inlining too a SET
// takes twice as long.
var inlined = []string{"runtime", "resync/engine/resp", "resync/engine/store", "resync/engine/repl", "resync/engine/node"}

// compile builds the program. What could differ between two machines with the same Go is set here: paths, the
// version control's state, and flags from the environment.
func compile(program string, whole bool) ([]byte, error) {
	dir, err := os.MkdirTemp("", "resync-site-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "play.wasm")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", file}
	args = append(args, "-gcflags=all=-l")
	for _, pkg := range inlined {
		args = append(args, "-gcflags="+pkg+"=")
	}
	if !whole {
		modfile, err := slim()
		if err != nil {
			return nil, err
		}
		args = append(args, "-modfile="+modfile)
	}
	cmd := exec.Command("go", append(args, program)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWASM=", "GOWORK=off")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("building %s: %w", program, err)
	}
	return os.ReadFile(file)
}

// wasmExec is the script that a program needs from the Go that built it: an older or newer one does not fit.
func wasmExec() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("asking go for its root: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
}

// A site is its files by their path, slashes on every system.
type site map[string][]byte

// write replaces the folder out by the site. The old one stays until the new one is complete.
func (s site) write(out string) error {
	out = filepath.Clean(out)
	if err := replaceable(out); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	for _, name := range s.names() {
		file := filepath.Join(fresh, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, s[name], 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	return os.Rename(fresh, out)
}

// replaceable refuses a folder that something else than a site lives in: it would be deleted.
func replaceable(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil || !bytes.Contains(page, []byte(`id="play-build"`)) || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "go.mod" }) {
		return fmt.Errorf("%s is there already and is not a site built by this program: delete it yourself", out)
	}
	return nil
}

func (s site) names() []string {
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// named finds the file assets/<stem>.<hash><end>.
func (s site) named(stem, end string) string {
	for _, name := range s.names() {
		if strings.HasPrefix(name, "assets/"+stem+".") && strings.HasSuffix(name, end) {
			return name
		}
	}
	return ""
}
