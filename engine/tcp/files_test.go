package tcp

import (
	"os"
	"path/filepath"
	"testing"

	"resync/engine/node"
)

func TestFilesAreReplacedWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dump.rdb")
	read := func() string {
		var all []byte
		r := reading{path: path}
		defer r.close()
		for more := true; more; {
			in := r.part(node.ReadFile{Offset: int64(len(all)), Max: 4})
			if in.Err != "" || in.Missing {
				return "(" + in.Err + ")"
			}
			all, more = append(all, in.Data...), in.More
		}
		return string(all)
	}
	if got := read(); got != "()" {
		t.Errorf("a file that is not there: %q", got)
	}
	for _, content := range []string{"first", "second, longer", ""} {
		before := read()
		f := &file{path: path}
		if err := f.write([]byte(content), node.FirstPart); err != nil {
			t.Fatal(err)
		}
		if got := read(); got != before {
			t.Errorf("half of a file shows: %q", got)
		}
		if err := f.write([]byte("."), node.LastPart); err != nil {
			t.Fatal(err)
		}
		f.drop()
		if got := read(); got != content+"." {
			t.Errorf("wrote %q, read %q", content, got)
		}
	}
	named := &file{path: path, pid: 77}
	named.write([]byte("x"), node.FirstPart)
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "temp-77.rdb")); err != nil {
		t.Error(err)
	}
	beside := &file{path: path, pid: 77}
	beside.write([]byte("y"), node.FirstPart)
	beside.drop()
	named.drop()
	dropped := &file{path: path}
	dropped.write([]byte("x"), node.FirstPart)
	dropped.drop()
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left in the directory: %v", entries)
	}
	lost := &file{path: filepath.Join(filepath.Dir(path), "missing", "x")}
	if err := lost.write(nil, node.WholeFile); err == nil || Errno(err) != "No such file or directory" {
		t.Errorf("a directory that is not there: %v", err)
	}
	begun := reading{path: path}
	defer begun.close()
	first := begun.part(node.ReadFile{Max: 1})
	whole := &file{path: path}
	if err := whole.write([]byte("another content"), node.WholeFile); err != nil {
		t.Fatal(err)
	}
	if rest := begun.part(node.ReadFile{Offset: 1, Max: 10}); string(first.Data)+string(rest.Data) != "." || rest.More {
		t.Errorf("a file that was replaced while it was read: %q and %q", first.Data, rest.Data)
	}
	folder := reading{path: filepath.Dir(path)}
	defer folder.close()
	if in := folder.part(node.ReadFile{Max: 4}); in.Err != "Is a directory" {
		t.Errorf("a directory instead of a file: %+v", in)
	}
}
