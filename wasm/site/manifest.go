package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/andybalholm/brotli"
)

// manifestName is the list of a site's files, for whoever mirrors it, checks it or wonders about sizes.
const manifestName = "manifest.json"

// A listed file with what it takes on the wire: as it is, and as the .gz and .br files beside it. Where compressing gains
// nothing there are none.
type listed struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	Gzip   int    `json:"gz,omitempty"`
	Brotli int    `json:"br,omitempty"`
	SHA256 string `json:"sha256"`
}

type manifest []listed

// Hosts refuse larger files: Cloudflare Pages takes 25 MiB at most, and others less in one upload.
const mostBytes = 25_000_000

// A budget is what readers may be made to download, in bytes as they are sent: the program, and all that is needed for the
// first picture.
type budget struct{ program, picture int }

var readers = budget{program: 2_100_000, picture: 100_000}

// compress puts a .gz and a .br beside every file that gains by it, and the manifest. The program is packed already, and
// the headers are for the host.
func (s site) compress() (manifest, error) {
	var list manifest
	for _, name := range s.names() {
		content := s[name]
		sum := sha256.Sum256(content)
		file := listed{Name: name, Bytes: len(content), SHA256: hex.EncodeToString(sum[:])}
		if file.Bytes > mostBytes {
			return nil, fmt.Errorf("%s has %d bytes, and hosts of static files take %d at most: split it, or leave it out", name, file.Bytes, mostBytes)
		}
		if name != headersName && !slices.Contains([]string{".lzma", ".png"}, path.Ext(name)) {
			zipped, err := compress(content)
			if err != nil {
				return nil, err
			}
			broken, err := brotliOf(content)
			if err != nil {
				return nil, err
			}
			if len(zipped) < len(content) {
				file.Gzip, s[name+".gz"] = len(zipped), zipped
			}
			if len(broken) < len(content) {
				file.Brotli, s[name+".br"] = len(broken), broken
			}
		}
		list = append(list, file)
	}
	text, err := json.MarshalIndent(list, "", "\t")
	if err != nil {
		return nil, err
	}
	s[manifestName] = append(text, '\n')
	return list, nil
}

// brotliOf compresses as far as it takes seconds: the best quality takes long for the program's twin, and gains it nothing.
func brotliOf(b []byte) ([]byte, error) {
	options := brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24}
	if len(b) > 1_000_000 {
		options.Quality = 9
	}
	var out bytes.Buffer
	w := brotli.NewWriterOptions(&out, options)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// wire is what a file takes on the wire from a host that compresses, or whose .gz is asked for.
func (f listed) wire() int {
	if f.Gzip > 0 {
		return f.Gzip
	}
	return f.Bytes
}

// spent adds up what a budget limits.
func (list manifest) spent() (b budget) {
	for _, f := range list {
		switch {
		case strings.HasPrefix(f.Name, "assets/play.") && strings.HasSuffix(f.Name, ".wasm.lzma"):
			b.program = f.Bytes
		case f.Name == "index.html", path.Dir(f.Name) == "assets" && (path.Ext(f.Name) == ".css" || path.Ext(f.Name) == ".js" && !strings.HasSuffix(f.Name, ".wasm.js")):
			b.picture += f.wire()
		}
	}
	return b
}

// afford refuses a site that has outgrown the budget.
func (list manifest) afford(b budget) error {
	spent := list.spent()
	if spent.program > b.program {
		return fmt.Errorf("the program has %d bytes packed, %d more than its budget. "+
			"See what they are with: go run ./wasm/site sizes, and what a package is imported for with: go list -deps. "+
			"If they are worth every reader's time, raise the budget in wasm/site/manifest.go and say why in the commit", spent.program, spent.program-b.program)
	}
	if spent.picture > b.picture {
		return fmt.Errorf("the page, its sheet and its scripts have %d bytes gzipped, %d more than their budget: nothing can be seen before they have come. "+
			"The sizes are in manifest.json. If it has to be, raise the budget in wasm/site/manifest.go and say why in the commit", spent.picture, spent.picture-b.picture)
	}
	return nil
}

// print shows the sizes, the scenarios as one line.
func (list manifest) print(w io.Writer, out string, program int) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(f listed) {
		fmt.Fprintf(table, "%s\t%s\t%s\t  %s\n", size(f.Bytes), size(f.Gzip), size(f.Brotli), f.Name)
	}
	fmt.Fprintf(table, "bytes\tgzip\tbrotli\t  %s\n", out)
	folders := make(map[string]*listed)
	for _, f := range list {
		dir := path.Dir(f.Name)
		if dir == "." || dir == "assets" {
			line(f)
			continue
		}
		if folders[dir] == nil {
			folders[dir] = new(listed)
		}
		sum := folders[dir]
		sum.Bytes, sum.Gzip, sum.Brotli = sum.Bytes+f.Bytes, sum.Gzip+f.Gzip, sum.Brotli+f.Brotli
	}
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		sum := *folders[dir]
		sum.Name = dir + "/"
		line(sum)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	spent := list.spent()
	_, err := fmt.Fprintf(w, "The program: %.2f MB, %.2f as LZMA of %.2f that it may have. The first picture: %.0f KB of %.0f.\n",
		megabytes(program), megabytes(spent.program), megabytes(readers.program), 1000*megabytes(spent.picture), 1000*megabytes(readers.picture))
	return err
}

func size(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
