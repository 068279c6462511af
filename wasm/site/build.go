package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A variant is how a site is built where it is not to be published.
type variant struct {
	whole bool // the program holds all of go-app, see slim.go
	draft bool // nothing is compressed but the program, and that quickly: for tests
}

// build writes the whole site into the folder out.
func build(out, program string, v variant) error {
	wasm, err := compile(program, v.whole, false)
	if err != nil {
		return err
	}
	runtime, err := wasmExec()
	if err != nil {
		return err
	}
	packed, err := pack(wasm, v.draft)
	if err != nil {
		return err
	}
	parts, err := posters()
	if err != nil {
		return err
	}
	site, err := assemble(os.DirFS("."), packed, runtime, parts)
	if err != nil {
		return err
	}
	drawn, err := pictures()
	if err != nil {
		return err
	}
	maps.Copy(site, drawn)
	site[headersName] = site.headers()
	if v.draft {
		return site.write(out)
	}
	list, err := site.compress()
	if err != nil {
		return err
	}
	if program == defaultProgram && !v.whole {
		if err := list.afford(readers); err != nil {
			return err
		}
	}
	if err := site.write(out); err != nil {
		return err
	}
	return list.print(os.Stdout, out, len(wasm))
}

func megabytes(n int) float64 { return float64(n) / 1e6 }

// inlined are the packages that every simulated command goes through again and again. Everywhere else functions are not
// inlined: that takes a tenth off what has to be downloaded. Without these packages' inlining too a SET takes twice as long;
// without that of engine/node as well it takes 2 % longer (GET 2 %, a replica's catching up 5 %), for 74 KB.
var inlined = []string{"runtime", "resync/engine/resp", "resync/engine/store", "resync/engine/repl"}

// compile builds the program. What could differ between two machines with the same Go is set here: paths, the
// version control's state, and flags from the environment. With named it holds the names of its functions.
func compile(program string, whole, named bool) ([]byte, error) {
	dir, err := os.MkdirTemp("", "resync-site-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "play.wasm")
	ldflags := "-ldflags=-s -w -buildid="
	if named {
		ldflags = "-ldflags=-w -buildid="
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", ldflags, "-o", file}
	args = append(args, "-gcflags=all=-l")
	for _, pkg := range inlined {
		args = append(args, "-gcflags="+pkg+"=")
	}
	cmd, err := goCommand(whole, args[0], append(args[1:], program)...)
	if err != nil {
		return nil, err
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("building %s: %w", program, err)
	}
	wasm, err := os.ReadFile(file)
	if err != nil || whole {
		return wasm, err
	}
	return wasm, withoutLines(wasm)
}

// goCommand is the go command as it sees the program.
func goCommand(whole bool, command string, args ...string) (*exec.Cmd, error) {
	if !whole {
		modfile, err := slim()
		if err != nil {
			return nil, err
		}
		overlay, err := overlay()
		if err != nil {
			return nil, err
		}
		args = append([]string{"-modfile=" + modfile, "-overlay=" + overlay}, args...)
	}
	cmd := exec.Command("go", append([]string{command}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWASM=", "GOWORK=off")
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// wasmExec is the script that a program needs from the Go that built it: an older or newer one does not fit.
func wasmExec() ([]byte, error) {
	root, err := goRoot()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(root, "lib", "wasm", "wasm_exec.js"))
}

func goRoot() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("asking go for its root: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
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
