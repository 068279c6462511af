package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// The program is sent as LZMA, in the form of .lzma files: 13 bytes of header, and nothing else around it. That is a third shorter
// than gzip and a sixth shorter than brotli, and one file for all browsers: none undoes it by itself, assets/lzma.js does.

// pack compresses a program as far as it goes, or as quickly as it can for a draft. That takes xz, a program of its own: there
// is no such package for Go that compresses as well.
func pack(wasm []byte, draft bool) ([]byte, error) {
	effort := "-9e"
	if draft {
		effort = "-0"
	}
	xz := exec.Command("xz", "--format=lzma", effort)
	xz.Env = append(os.Environ(), "XZ_DEFAULTS=", "XZ_OPT=") // what somebody likes to have elsewhere
	xz.Stdin, xz.Stderr = bytes.NewReader(wasm), os.Stderr
	packed, err := xz.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("there is no xz, which packs the program: install xz-utils on Debian, xz with Homebrew")
	}
	if err != nil {
		return nil, fmt.Errorf("packing with xz: %w", err)
	}
	// Into a pipe xz writes that the size is not known. Who unpacks would like to know it in advance.
	binary.LittleEndian.PutUint64(packed[5:13], uint64(len(wasm)))
	return packed, nil
}
