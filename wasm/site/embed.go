package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// embed.html is index.html for frames of other pages: the same program, with assets/frame.js to talk to the host, and
// without what only a page of its own may do (be found, be installed, work offline). v1/embed.js is what a host page loads; its
// name stays, since other people's pages hold it.

const (
	indexPage = "index.html"
	framePage = "embed.html"
	shellFrom = "assets/v1/"
	shellTo   = "v1/"
)

// frameEdits turn index.html into embed.html. Each must fit once.
var frameEdits = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`<html lang="en"`), `<html lang="en" data-embed`},
	{regexp.MustCompile(`<meta name="description" [^>]*>`), `<meta name="robots" content="noindex">`},
	{regexp.MustCompile(`<!--poster-->`), `<p class="embed__before">Redis replication, byte for byte</p>`}, // the host has a picture of its own
	{regexp.MustCompile(` Below is a picture of it\.`), ""},
	{regexp.MustCompile(`(<script defer src="assets/boot\.js"></script>)`), "<script defer src=\"assets/frame.js\"></script>\n$1"},
}

// ownOnly is what belongs to a page of its own.
var ownOnly = regexp.MustCompile(`(?m)^ *<(?s:details><summary>A short outage.*?</details>\n)|^<(meta property="og:|meta name="twitter:|meta name="theme-color"|link rel="(manifest|apple-touch-icon|canonical)")[^>]*>\n`)

func frame(index []byte) ([]byte, error) {
	page := ownOnly.ReplaceAll(index, nil)
	for _, e := range frameEdits {
		if n := len(e.what.FindAllIndex(page, -1)); n != 1 {
			return nil, fmt.Errorf("%s: %s must be there once to make %s of it, not %d times", indexPage, e.what, framePage, n)
		}
		page = e.what.ReplaceAll(page, []byte(e.by))
	}
	return page, nil
}

// readPage reads a page of the tree, or makes the one that is made of another.
func readPage(tree fs.FS, name string) ([]byte, error) {
	if name != framePage {
		return fs.ReadFile(tree, name)
	}
	index, err := fs.ReadFile(tree, indexPage)
	if err != nil {
		return nil, err
	}
	return frame(index)
}

// programSize is where v1/embed.js says how much there is to load.
var programSize = []byte(`"SIZE"`)

// shellSheet is the style sheet in v1/embed.js: a text, which stays as it is where scripts are made short.
var shellSheet = regexp.MustCompile("replaceSync\\(`([^`]*)")

// shell gives a file of assets/v1 its place, and its content with the program's size filled in: rounded, so that the file
// stays the same from release to release as long as it can.
func shell(name string, content []byte, size int) (string, []byte, error) {
	content = bytes.Replace(content, programSize, fmt.Appendf(nil, `"%.1f MB"`, megabytes(size)), 1)
	if at := shellSheet.FindSubmatchIndex(content); at != nil {
		sheet, err := minify("v1/embed.css", content[at[2]:at[3]])
		if err != nil {
			return "", nil, err
		}
		content = slices.Concat(content[:at[2]], sheet, content[at[3]:])
	}
	content, err := minify(name, content)
	return shellTo + strings.TrimPrefix(name, shellFrom), content, err
}
