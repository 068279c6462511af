package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is packed is unpacked again by xz, and by the script that the page does it with.
func TestWhatIsPackedIsUnpackedAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var text bytes.Buffer
	for range 20_000 {
		text.WriteString([]string{"SET ", "GET ", "greeting", "\x00\x01\x02", string(rune(random.IntN(1 << 16)))}[random.IntN(5)])
	}
	script, err := filepath.Abs(filepath.Join("..", "..", "assets", "lzma.js"))
	if err != nil {
		t.Fatal(err)
	}
	const unpack = `
		require(process.argv[1]);
		const lzma = resyncLzma();
		for (const bytes of [require("fs").readFileSync(0), null]) process.stdout.write(bytes ? lzma.push(bytes) : lzma.end());`
	for name, content := range map[string][]byte{"text": text.Bytes(), "one byte": {7}, "much of the same": make([]byte, 1<<20)} {
		for _, draft := range []bool{false, true} {
			packed, err := pack(content, draft)
			if err != nil {
				t.Fatal(err)
			}
			if size := binary.LittleEndian.Uint64(packed[5:13]); size != uint64(len(content)) {
				t.Errorf("%s: the header says %d bytes, not %d", name, size, len(content))
			}
			for _, command := range [][]string{{"xz", "--format=lzma", "-dc"}, {"node", "-e", unpack, script}} {
				cmd := exec.Command(command[0], command[1:]...)
				cmd.Stdin, cmd.Stderr = bytes.NewReader(packed), os.Stderr
				if got, err := cmd.Output(); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s, draft %t, by %s: %v, %d bytes of %d", name, draft, command[0], err, len(got), len(content))
				}
			}
		}
	}
}

func TestPackingNeedsXz(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := pack([]byte("x"), true); err == nil || !strings.Contains(err.Error(), "install xz-utils") {
		t.Errorf("got %v", err)
	}
}
