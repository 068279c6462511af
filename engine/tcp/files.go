package tcp

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"resync/engine/node"
)

// inDir is where a file of the node is: in its directory, unless its name says otherwise.
func inDir(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// A reading is a file that the node reads. It stays open between two parts, so they are of the same file even when
// another one has taken its place.
type reading struct {
	path string
	file *os.File
}

// part reads a part of the file.
func (r *reading) part(e node.ReadFile) node.FileLoaded {
	in := node.FileLoaded{Job: e.Job}
	var err error
	if r.file == nil {
		r.file, err = os.Open(r.path)
	}
	if err == nil {
		var info fs.FileInfo
		if info, err = r.file.Stat(); err == nil {
			in.Size = info.Size()
			in.Data = make([]byte, max(0, min(int64(e.Max), in.Size-e.Offset)))
			_, err = io.ReadFull(io.NewSectionReader(r.file, e.Offset, in.Size), in.Data)
			in.More = e.Offset+int64(len(in.Data)) < in.Size
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		in.Missing = true
	case err != nil:
		in.Err, in.More = Errno(err), false
	}
	return in
}

func (r *reading) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// A file is one that the node is writing, under a temporary name until it is whole: whoever reads it, also after a
// crash, sees the old content or the new one.
type file struct {
	path string
	pid  int // of the process, for the temporary name
	temp *os.File
	busy bool // a part is being written by a goroutine

	mu      sync.Mutex // against putting into place what is being dropped
	dropped bool
}

// write writes one part, and puts the file into its place after the last.
func (f *file) write(data []byte, part node.FilePart) (err error) {
	if f.temp == nil {
		if f.temp, err = f.create(); err != nil {
			return err
		}
	}
	if _, err = f.temp.Write(data); err != nil {
		return err
	}
	if part != node.WholeFile && part != node.LastPart {
		return nil
	}
	if err = f.temp.Chmod(0o644); err != nil {
		return err
	}
	if err = f.temp.Sync(); err != nil {
		return err
	}
	if err = f.place(); err != nil {
		return err
	}
	err = f.temp.Close()
	f.temp = nil
	return err
}

// create makes the temporary file, under the name that Redis gives it where that is free: temp-<pid>.rdb.
func (f *file) create() (*os.File, error) {
	dir, name, ext := filepath.Dir(f.path), "temp-"+strconv.Itoa(f.pid), filepath.Ext(f.path)
	temp, err := os.OpenFile(filepath.Join(dir, name+ext), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return os.CreateTemp(dir, name+"-*"+ext)
	}
	return temp, err
}

// place gives the file its name, unless it was dropped meanwhile: then another one may have that name by now.
func (f *file) place() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dropped {
		return fs.ErrClosed
	}
	return os.Rename(f.temp.Name(), f.path)
}

// drop forgets what was written. When it returns, the file will not be put into its place any more.
func (f *file) drop() {
	f.mu.Lock()
	f.dropped = true
	f.mu.Unlock()
	if f.busy || f.temp == nil {
		return
	}
	f.temp.Close()
	os.Remove(f.temp.Name())
	f.temp = nil
}

// Errno gives the reason of an error as C's strerror words it, with a capital letter: "Connection refused".
func Errno(err error) string {
	text := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text = errno.Error()
	}
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
