package rdb

import (
	"encoding/binary"

	"resync/engine/store"
)

// dumpTail is the version and the checksum behind a value, in bytes.
const dumpTail = 2 + 8

// AppendDump appends the payload of DUMP: the value as in a file, the version, and a checksum of all that. The
// compressor may be nil for none.
func AppendDump(dst []byte, v store.Value, c *Compressor) []byte {
	return AppendDumpIn(dst, v, Version, c)
}

// AppendDumpIn is AppendDump of a version from 6 to 11.
//
// Source: redis/src/cluster.c, createDumpPayload.
func AppendDumpIn(dst []byte, v store.Value, version int, c *Compressor) []byte {
	start := len(dst)
	dst = append(dst, typeIn(v, version))
	if v.Kind() != store.String {
		for p, more := piecesIn(v, version), true; more; {
			dst, more = p.next(dst, c)
		}
	} else if n, ok := v.Int(); ok && v.Encoding() == store.Int && n == int64(int32(n)) {
		dst = appendInt32(dst, int32(n))
	} else {
		dst = AppendString(dst, v.Str(), c)
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(version))
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

// ParseDump reads the payload of DUMP; the limits decide over the encoding. Its errors are ErrDumpChecksum and ErrDumpFormat.
func ParseDump(p []byte, limits *store.Limits) (store.Value, error) {
	v, _, err := DumpOptions{Newest: Version, Limits: limits}.Parse(p)
	return v, err
}

// DumpOptions say how a payload of DUMP is read.
type DumpOptions struct {
	Newest         int // the highest version that is read
	Limits         *store.Limits
	IgnoreChecksum bool
}

// Parse reads a payload. For an ErrDumpFormat, why tells what is wrong, for a log.
//
// Source: redis/src/cluster.c, verifyDumpPayload, restoreCommand.
func (o DumpOptions) Parse(p []byte) (v store.Value, why string, err error) {
	if len(p) < dumpTail {
		return v, "", ErrDumpChecksum
	}
	tail := p[len(p)-dumpTail:]
	says := binary.LittleEndian.Uint64(tail[2:])
	if binary.LittleEndian.Uint16(tail) > uint16(o.Newest) || !o.IgnoreChecksum && says != CRC64(0, p[:len(p)-8]) {
		return v, "", ErrDumpChecksum
	}
	b := newBuilder(p[0], o.Limits)
	if b == nil {
		return v, unknownType(p[0]), ErrDumpFormat
	}
	w, wrong := b.first()
	var t token
	// A value that does not end where it should goes on in the tail, as it does for Redis.
	for rest := p[1:]; wrong == ""; {
		t.begin(w, 0)
		used, complete, _ := t.feed(rest)
		if !complete {
			break
		}
		rest = rest[used:]
		if v, w, wrong = b.take(&t); wrong == "" && w == wantNothing {
			// Redis does not look at what is behind the value.
			return v, "", nil
		}
	}
	if wrong == "" {
		wrong = "the payload ends in the middle"
	} else if form := packedForm(p[0], wrong); form != "" {
		wrong = form + " integrity check failed: " + wrong
	}
	return store.Value{}, wrong, ErrDumpFormat
}
