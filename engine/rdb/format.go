package rdb

import (
	"encoding/binary"
	"math"
	"strconv"

	"resync/engine"
)

// Version is the version of the files that are written: that of Redis 7.0, which reads no later one.
const Version = 10

// The versions that can be read.
const (
	versionMin      = 1
	versionMax      = 12
	versionChecksum = 5 // the first with a checksum at the end
)

const magic = "REDIS"

// The bytes that begin an item other than a key.
const (
	opSlotInfo    = 0xF4
	opFunction2   = 0xF5
	opFunction    = 0xF6
	opModuleAux   = 0xF7
	opIdle        = 0xF8
	opFreq        = 0xF9
	opAux         = 0xFA
	opResizeDB    = 0xFB
	opExpireMilli = 0xFC
	opExpireSec   = 0xFD
	opSelectDB    = 0xFE
	opEOF         = 0xFF
)

// typeString begins a key whose value is a string.
const typeString = 0

// The forms of a length: the two highest bits of its first byte, or the whole byte.
const (
	form6Bits   = 0
	form14Bits  = 1
	formSpecial = 3 // a string in an encoding that the other bits name
	form32Bits  = 0x80
	form64Bits  = 0x81

	encodedInt8  = 0xC0
	encodedInt16 = 0xC1
	encodedInt32 = 0xC2
	encodedLZF   = 0xC3
)

const (
	intTextMax = 11 // the longest text that is written as an integer: "-2147483648"
	lzfTextMin = 21 // the shortest string that is tried to compress
	lzfSaveMin = 4  // bytes that compression has to save
)

// AppendLength appends a length in its shortest form.
//
// Source: redis/src/rdb.c, rdbSaveLen.
func AppendLength(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(dst, byte(n))
	case n < 1<<14:
		return append(dst, form14Bits<<6|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, form32Bits), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, form64Bits), n)
}

// AppendString appends s as Redis writes strings: as an integer where it is the canonical text of a small one, else
// compressed where c is given and that saves something, else as it is.
//
// Source: redis/src/rdb.c, rdbSaveRawString.
func AppendString(dst []byte, s string, c *Compressor) []byte {
	if head, ok := appendSmallInt(dst, s); ok {
		return head
	}
	if c != nil && len(s) >= lzfTextMin {
		if packed, ok := c.pack(s); ok {
			return append(appendPackedHead(dst, len(packed), len(s)), packed...)
		}
	}
	return append(AppendLength(dst, uint64(len(s))), s...)
}

func appendPackedHead(dst []byte, packed, plain int) []byte {
	return AppendLength(AppendLength(append(dst, encodedLZF), uint64(packed)), uint64(plain))
}

// appendSmallInt appends s as an integer if it is the canonical text of one that fits 32 bits.
func appendSmallInt(dst []byte, s string) ([]byte, bool) {
	if len(s) == 0 || len(s) > intTextMax || s[0] > '9' {
		return dst, false
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return dst, false
	}
	var text [intTextMax + 1]byte
	if string(strconv.AppendInt(text[:0], n, 10)) != s {
		return dst, false // "+1", "007", "-0"
	}
	return appendInt32(dst, int32(n)), true
}

// Source: redis/src/rdb.c, rdbEncodeInteger.
func appendInt32(dst []byte, n int32) []byte {
	switch {
	case n == int32(int8(n)):
		return append(dst, encodedInt8, byte(n))
	case n == int32(int16(n)):
		return binary.LittleEndian.AppendUint16(append(dst, encodedInt16), uint16(n))
	}
	return binary.LittleEndian.AppendUint32(append(dst, encodedInt32), uint32(n))
}

// An Aux is a fact about a file, in front of its keys.
type Aux struct{ Name, Value string }

// DefaultAux returns what Redis 7.0.15 writes into every file first. usedMem is in bytes. A file for a replica goes on
// with repl-stream-db, repl-id and repl-offset; every file ends them with aof-base.
//
// Source: redis/src/rdb.c, rdbSaveInfoAuxFields.
func DefaultAux(now engine.Instant, usedMem int64) []Aux {
	return []Aux{
		{"redis-ver", "7.0.15"},
		{"redis-bits", "64"},
		{"ctime", strconv.FormatInt(now.Seconds(), 10)},
		{"used-mem", strconv.FormatInt(usedMem, 10)},
	}
}

// An Error says why bytes are no RDB file, and where.
type Error struct {
	Offset int64 // of the first byte of what is wrong, counted from 0 at "REDIS"; -1 of a Duplicate
	What   string
	Kind   ErrorKind

	Version int // of the file, where it is one that is not read; -1 where it is no RDB file at all, 0 where it says none
}

// An ErrorKind says how bad it is. A server takes each kind differently.
//
// Source: redis/src/rdb.c, rdbLoadRioWithLoadingCtx and rdbReportError.
type ErrorKind uint8

// The kinds of errors.
const (
	Corrupt   ErrorKind = iota // the bytes contradict themselves, or this server
	Foreign                    // it is no RDB file, or of a version that is not read
	Cut                        // it ends in the middle, or goes on with a type that nobody knows
	Duplicate                  // a key is there twice, which is noticed later: where it was read is not kept
	Checksum                   // its bytes are not those that its checksum is of
)

func (e *Error) Error() string {
	if e.Offset < 0 {
		return "rdb: " + e.What
	}
	return "rdb: " + e.What + " at byte " + strconv.FormatInt(e.Offset, 10)
}
