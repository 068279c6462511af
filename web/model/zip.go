package model

import (
	"encoding/binary"
	"hash/crc32"
)

// A runbook is saved as a zip file of a few kilobytes. archive/zip would bring compress/flate into the program, more than
// all of what is saved here by it; stored files need none of that.

// zipped is a file in a zip file.
type zipped struct {
	name, text string
	run        bool // it is a program
}

// zipFile makes a zip file of files that are stored as they are, without a date.
//
// Source: PKWARE's APPNOTE.TXT, 4.3.
func zipFile(files []zipped) []byte {
	const (
		noDate  = 0<<9 | 1<<5 | 1 // 1 January 1980
		made    = 3<<8 | 20       // on Unix, by version 2.0
		utf8    = 1 << 11
		regular = 0o100000
	)
	var b, index []byte
	le := binary.LittleEndian
	for _, f := range files {
		at := uint32(len(b))
		head := le.AppendUint16(nil, 20)
		head = le.AppendUint16(head, utf8)
		head = le.AppendUint16(head, 0) // stored
		head = le.AppendUint16(head, 0)
		head = le.AppendUint16(head, noDate)
		head = le.AppendUint32(head, crc32.ChecksumIEEE([]byte(f.text)))
		head = le.AppendUint32(head, uint32(len(f.text)))
		head = le.AppendUint32(head, uint32(len(f.text)))
		head = le.AppendUint16(head, uint16(len(f.name)))
		head = le.AppendUint16(head, 0)
		b = append(append(append(append(b, "PK\x03\x04"...), head...), f.name...), f.text...)

		mode := uint32(regular | 0o644)
		if f.run {
			mode = regular | 0o755
		}
		index = le.AppendUint16(append(index, "PK\x01\x02"...), made)
		index = append(append(index, head...), 0, 0, 0, 0, 0, 0) // no comment, the first disk, binary
		index = le.AppendUint32(index, mode<<16)
		index = append(le.AppendUint32(index, at), f.name...)
	}
	end := le.AppendUint32(nil, 0)
	end = le.AppendUint16(end, uint16(len(files)))
	end = le.AppendUint16(end, uint16(len(files)))
	end = le.AppendUint32(end, uint32(len(index)))
	end = le.AppendUint32(end, uint32(len(b)))
	end = le.AppendUint16(end, 0)
	return append(append(append(b, index...), "PK\x05\x06"...), end...)
}
