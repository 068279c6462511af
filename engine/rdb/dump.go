package rdb

import (
	"encoding/binary"

	"resync/engine/store"
)

// dumpTail is the version and the checksum behind a value, in bytes.
const dumpTail = 2 + 8

// AppendDump appends the payload of DUMP: the value as in a file, the version, and a checksum of all that. The
// compressor may be nil for none.
//
// Source: redis/src/cluster.c, createDumpPayload.
func AppendDump(dst []byte, v store.Value, c *Compressor) []byte {
	start := len(dst)
	dst = append(dst, typeOf(v))
	if n, ok := v.Int(); ok && v.Encoding() == store.Int && n == int64(int32(n)) {
		dst = appendInt32(dst, int32(n))
	} else {
		dst = AppendString(dst, v.Str(), c)
	}
	dst = binary.LittleEndian.AppendUint16(dst, Version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[start:]))
}

// A DumpError says why RESTORE refuses a payload, in Redis's words.
type DumpError string

func (e DumpError) Error() string { return string(e) }

// The reasons to refuse a payload.
const (
	ErrDumpChecksum DumpError = "ERR DUMP payload version or checksum are wrong"
	ErrDumpFormat   DumpError = "ERR Bad data format"
)

// ParseDump reads the payload of DUMP. Its errors are ErrDumpChecksum and ErrDumpFormat.
//
// Source: redis/src/cluster.c, verifyDumpPayload, restoreCommand.
func ParseDump(p []byte) (store.Value, error) {
	if len(p) < dumpTail {
		return store.Value{}, ErrDumpChecksum
	}
	body, tail := p[:len(p)-dumpTail], p[len(p)-dumpTail:]
	says := binary.LittleEndian.Uint64(tail[2:])
	if binary.LittleEndian.Uint16(tail) > Version || says != CRC64(0, p[:len(p)-8]) {
		return store.Value{}, ErrDumpChecksum
	}
	if len(body) == 0 {
		return store.Value{}, ErrDumpFormat
	}
	b := newBuilder(body[0])
	if b == nil {
		return store.Value{}, ErrDumpFormat
	}
	w, wrong := b.first()
	var t token
	for body = body[1:]; wrong == ""; {
		t.begin(w, 0)
		used, complete, _ := t.feed(body)
		if !complete {
			break
		}
		body = body[used:]
		var v store.Value
		if v, w, wrong = b.take(&t); wrong == "" && w == wantNothing {
			// Redis does not look at what is behind the value.
			return v, nil
		}
	}
	return store.Value{}, ErrDumpFormat
}
