package tcp

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"resync/engine/node"
)

// readFile reads a file of the node's directory.
func readFile(dir, name string) node.FileLoaded {
	data, err := os.ReadFile(filepath.Join(dir, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return node.FileLoaded{Name: name, Missing: true}
	case err != nil:
		return node.FileLoaded{Name: name, Err: Errno(err)}
	}
	return node.FileLoaded{Name: name, Data: data}
}

// writeFile replaces a file of the node's directory at once: whoever reads it, also after a crash, sees the old
// content or the new one.
func writeFile(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, "temp-*-"+filepath.Base(name))
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has been renamed
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	return err
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
