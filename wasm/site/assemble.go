package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// assemble makes the site out of the project's tree, the program and Go's script for it.
//
// The pages are the .html files of the top folder. What a page refers to gets a name with the hash of its content, so
// that a browser never mixes an old file with a new one and a host may let it be kept for ever. What no page refers to
// (scenarios, scripts for embedding) keeps its name, because others refer to it.
//
// The program comes packed, see lzma.go. Parts are what markers in the pages stand for, see poster.go.
func assemble(tree fs.FS, program, wasmExec []byte, parts map[string][]byte) (site, error) {
	assets, err := readAssets(tree)
	if err != nil {
		return nil, err
	}
	if assets["assets/style.css"], err = styleSheet(tree); err != nil {
		return nil, err
	}
	for name, content := range assets {
		if name == workerName || strings.HasPrefix(name, shellFrom) {
			continue // something is to be filled in first
		}
		if assets[name], err = minify(name, content); err != nil {
			return nil, err
		}
	}
	assets["assets/wasm_exec.js"] = wasmExec // as Go has it, with its licence
	assets[programName], assets[twinName] = program, twin(program)

	out := make(site)
	referred := map[string]bool{programName: true, twinName: true}
	built := buildConfig{
		Wasm: hashed(programName, program),
		Twin: hashed(twinName, assets[twinName]),
		Size: len(program),
	}
	worker, ok := assets[workerName]
	if ok {
		delete(assets, workerName)
		built.Worker = path.Base(workerName)
	}
	config, err := json.Marshal(built)
	if err != nil {
		return nil, err
	}
	framed := built
	framed.Worker = "" // a frame leaves nothing behind, nor does the same page in a tab
	frameConfig, err := json.Marshal(framed)
	if err != nil {
		return nil, err
	}

	pages, err := fs.Glob(tree, "*.html")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(pages, "index.html") {
		return nil, fmt.Errorf("there is no index.html here: run this in the project's folder")
	}
	for _, name := range append(pages, framePage) {
		page, err := readPage(tree, name)
		if err != nil {
			return nil, err
		}
		for marker, part := range parts {
			page = bytes.ReplaceAll(page, []byte(marker), part)
		}
		said := config
		if name == framePage {
			said = frameConfig
		}
		if out[name], err = link(page, said, assets, referred); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, content := range assets {
		if referred[name] {
			name = hashed(name, content)
		}
		if strings.HasPrefix(name, shellFrom) {
			if name, content, err = shell(name, content, len(program)); err != nil {
				return nil, err
			}
		}
		out[name] = content
	}
	if built.Worker != "" {
		if out[built.Worker], err = fillWorker(worker, out, built); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// The program's two files: itself, and the script that holds the same bytes.
const (
	programName = "assets/play.wasm.lzma"
	twinName    = "assets/play.wasm.js"
)

// workerName is the service worker, which must lie beside the page that it serves, under a name that stays.
const workerName = "assets/worker.js"

var emptyWorker = []byte("const build = {};")

// fillWorker tells the service worker what the page consists of: everything whose name has a hash, but for the twin and
// what is only for readers without scripts.
func fillWorker(worker []byte, out site, built buildConfig) ([]byte, error) {
	if n := bytes.Count(worker, emptyWorker); n != 1 {
		return nil, fmt.Errorf("%s must hold %s once, not %d times", workerName, emptyWorker, n)
	}
	var files []string
	sum := sha256.New()
	for _, name := range out.names() {
		if hashedName.MatchString(name) && name != built.Twin && !strings.HasPrefix(name, "assets/noscript.") && !strings.HasPrefix(name, "assets/frame.") {
			files = append(files, name)
		}
		if name == "index.html" {
			sum.Write(out[name]) // it names the others by their hashes
		}
	}
	page, err := json.Marshal(built)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{"version": hex.EncodeToString(sum.Sum(nil)[:5]), "page": string(page), "files": files})
	if err != nil {
		return nil, err
	}
	return minify(workerName, bytes.Replace(worker, emptyWorker, fmt.Appendf(nil, "const build = %s;", config), 1))
}

var hashedName = regexp.MustCompile(`^assets/[^/]*\.[0-9a-f]{10}\.[^/]*$`)

// A buildConfig is what assets/boot.js reads from the page.
type buildConfig struct {
	Wasm   string `json:"wasm"`             // address of the program, packed
	Twin   string `json:"twin"`             // address of the script that holds the same bytes
	Size   int    `json:"size"`             // of the packed program, in bytes
	Worker string `json:"worker,omitempty"` // address of the service worker
}

// readAssets reads what is shipped as it is: everything in assets but css/, which becomes one sheet, the README's pictures,
// the examples, and Go files.
func readAssets(tree fs.FS) (map[string][]byte, error) {
	assets := make(map[string][]byte)
	err := fs.WalkDir(tree, "assets", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "assets/css" || name == "assets/readme" || name == "assets/examples":
			return fs.SkipDir
		case entry.IsDir() || strings.HasPrefix(entry.Name(), ".") || path.Ext(name) == ".go":
			return nil // Go files are how programs reach the assets, and not for browsers
		}
		assets[name], err = fs.ReadFile(tree, name)
		return err
	})
	return assets, err
}

// styleSheet joins assets/css/*.css: the tokens, which everything uses, then the elements, the page, and one file for
// each component by name.
func styleSheet(tree fs.FS) ([]byte, error) {
	sheets, err := fs.Glob(tree, "assets/css/*.css")
	if err != nil {
		return nil, err
	}
	first := []string{"assets/css/tokens.css", "assets/css/base.css", "assets/css/layout.css"}
	rank := func(name string) int {
		if i := slices.Index(first, name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortFunc(sheets, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var all bytes.Buffer
	for _, name := range sheets {
		sheet, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		all.Write(bytes.TrimSpace(sheet))
		all.WriteByte('\n')
	}
	return all.Bytes(), nil
}

// compress is gzip without a name and a time, which would differ from build to build.
func compress(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// twin is the program as a script, for places where fetch is forbidden and scripts are not.
func twin(program []byte) []byte {
	out := append([]byte(`playWasm("`), base64.StdEncoding.EncodeToString(program)...)
	return append(out, "\");\n"...)
}

// hashed puts the hash of the content behind the first part of a file's name: play.wasm.js, play.0123456789.wasm.js.
func hashed(name string, content []byte) string {
	sum := sha256.Sum256(content)
	dir, file := path.Split(name)
	stem, end, _ := strings.Cut(file, ".")
	return dir + stem + "." + hex.EncodeToString(sum[:5]) + "." + end
}

var (
	reference = regexp.MustCompile(`\b(src|href)="([^"]*)"`)
	emptyPage = []byte(`<script type="application/json" id="play-build">{}</script>`)
)

// link writes the build's configuration into a page, replaces the names of the files it refers to, and notes them.
// A reference to a file that is not there is an error, as is one that would not work in another folder or host.
func link(page, config []byte, assets map[string][]byte, referred map[string]bool) ([]byte, error) {
	if n := bytes.Count(page, emptyPage); n != 1 {
		return nil, fmt.Errorf("it must hold %s once, not %d times", emptyPage, n)
	}
	var wrong error
	page = reference.ReplaceAllFunc(page, func(match []byte) []byte {
		part := reference.FindSubmatch(match)
		attribute, name := string(part[1]), string(part[2])
		content, ok := assets[name]
		switch {
		case strings.HasPrefix(name, "#"):
			return match
		case strings.HasPrefix(name, "/") || strings.Contains(name, ":"):
			wrong = fmt.Errorf("%s is not relative to the page", match)
			return match
		case !ok:
			wrong = fmt.Errorf("%s refers to a file that is not in the site", match)
			return match
		}
		referred[name] = true
		return []byte(attribute + `="` + hashed(name, content) + `"`)
	})
	if wrong != nil {
		return nil, wrong
	}
	filled := bytes.Replace(emptyPage, []byte("{}"), config, 1)
	return bytes.Replace(page, emptyPage, filled, 1), nil
}
