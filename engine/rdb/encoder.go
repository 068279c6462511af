package rdb

import (
	"encoding/binary"
	"slices"

	"resync/engine/store"
)

// Options choose what Redis's configuration does; both are on by default there.
type Options struct {
	Compress bool // rdbcompression: strings above 20 bytes are compressed where that saves something
	Checksum bool // rdbchecksum: else the file ends with eight zero bytes
	Usage    Usage
	Version  int // of the file, 6 to 11; 0 for Version
}

func (o Options) version() int {
	if o.Version == 0 {
		return Version
	}
	return o.Version
}

// pieceMax is the longest part of one string that is handed out at once, in bytes.
const pieceMax = 64 << 10

// batchKeys is how many entries are looked up at a time.
const batchKeys = 32

// An Encoder writes a snapshot as an RDB file, in pieces.
type Encoder struct {
	snap       *store.Store
	aux        []Aux
	options    Options
	compressor *Compressor

	state encoderState
	keys  int // begun
	db    int
	// batch holds the entries that come next; at is the first that is not yet written, and more whether the
	// database has others, from cursor on.
	batch  []*store.Entry
	at     int
	cursor uint64
	more   bool
	rest   string // what is left of a long string
	pieces pieces // what is left of a value of many elements, or nil
	crc    uint64
}

// encoderState says what an Encoder writes next.
type encoderState uint8

const (
	encodeHeader encoderState = iota
	encodeDB                  // the head of the next database that has keys, or the end
	encodeKey
	encodeValue
	encodeDone
)

// NewEncoder returns an encoder of the snapshot, which must not be changed from now on, with these facts in front: a
// version before 7 can have none.
func NewEncoder(snap *store.Store, aux []Aux, o Options) *Encoder {
	return &Encoder{snap: snap, aux: aux, options: o}
}

// Clone returns an encoder that goes on from the same place, independently.
func (e *Encoder) Clone() *Encoder {
	twin := *e
	twin.compressor = nil // a scratch table, made anew when needed
	twin.batch = slices.Clone(e.batch)
	if e.pieces != nil {
		twin.pieces = e.pieces.clone()
	}
	return &twin
}

// Keys is how many keys have been written, the one under way included.
func (e *Encoder) Keys() int { return e.keys }

// Done reports whether the file is complete.
func (e *Encoder) Done() bool { return e.state == encodeDone }

// Append appends the next bytes of the file to dst: at least want unless the file ends, and not more than want and one
// key, or 64 KiB of a string, beyond.
func (e *Encoder) Append(dst []byte, want int) []byte {
	start := len(dst)
	for len(dst)-start < want && e.state != encodeDone {
		if e.rest != "" {
			n := min(len(e.rest), pieceMax)
			dst = append(dst, e.rest[:n]...)
			e.rest = e.rest[n:]
			continue
		}
		if e.pieces != nil {
			var more bool
			if dst, more = e.pieces.next(dst, e.compress()); !more {
				e.pieces = nil
			}
			continue
		}
		switch e.state {
		case encodeHeader:
			dst = e.header(dst)
		case encodeDB:
			if dst = e.nextDB(dst); e.state == encodeDone {
				return e.footer(dst, start)
			}
		case encodeKey:
			dst = e.key(dst)
		case encodeValue:
			dst = e.value(dst)
		}
	}
	if e.options.Checksum {
		e.crc = CRC64(e.crc, dst[start:])
	}
	return dst
}

func (e *Encoder) header(dst []byte) []byte {
	dst = append(dst, magic...)
	version := e.options.version()
	dst = append(dst, '0', '0', '0'+byte(version/10), '0'+byte(version%10))
	for _, a := range e.aux {
		dst = AppendString(append(dst, opAux), a.Name, e.compress())
		dst = AppendString(dst, a.Value, e.compress())
	}
	e.state = encodeDB
	return dst
}

// nextDB begins the next database with keys.
func (e *Encoder) nextDB(dst []byte) []byte {
	for e.db < e.snap.Databases() && e.snap.DB(e.db).Len() == 0 {
		e.db++
	}
	if e.db == e.snap.Databases() {
		e.state = encodeDone
		return dst
	}
	db := e.snap.DB(e.db)
	dst = AppendLength(append(dst, opSelectDB), uint64(e.db))
	if e.options.version() >= versionAux {
		dst = AppendLength(append(dst, opResizeDB), uint64(db.Len()))
		dst = AppendLength(dst, uint64(db.Volatile()))
	}
	e.cursor, e.more = 0, true
	e.refill()
	return dst
}

// refill fetches the entries that come next and decides what is written after this.
func (e *Encoder) refill() {
	e.batch, e.at = e.batch[:0], 0
	if e.more {
		e.cursor = e.snap.DB(e.db).Scan(e.cursor, batchKeys, func(x *store.Entry) { e.batch = append(e.batch, x) })
		e.more = e.cursor != 0
	}
	if len(e.batch) == 0 {
		e.db++
		e.state = encodeDB
		return
	}
	e.state = encodeKey
}

// Source: redis/src/rdb.c, rdbSaveKeyValuePair.
func (e *Encoder) key(dst []byte) []byte {
	x := e.batch[e.at]
	e.keys++
	if x.ExpireAt != 0 {
		dst = binary.LittleEndian.AppendUint64(append(dst, opExpireMilli), uint64(x.ExpireAt))
	}
	if e.options.version() >= versionUsage {
		dst = e.options.Usage.append(dst, x.Value)
	}
	e.state = encodeValue
	return e.string(append(dst, typeIn(x.Value, e.options.version())), x.Key)
}

func (e *Encoder) value(dst []byte) []byte {
	v := e.batch[e.at].Value
	if e.at++; e.at < len(e.batch) {
		e.state = encodeKey
	} else {
		e.refill()
	}
	if v.Kind() != store.String {
		e.pieces = piecesIn(v, e.options.version())
		return dst
	}
	if n, ok := v.Int(); ok && v.Encoding() == store.Int {
		if n == int64(int32(n)) {
			return appendInt32(dst, int32(n))
		}
		var text [20]byte
		digits := v.AppendTo(text[:0])
		return append(AppendLength(dst, uint64(len(digits))), digits...)
	}
	return e.string(dst, v.Str())
}

// string appends s, or the beginning of it when it is long.
func (e *Encoder) string(dst []byte, s string) []byte {
	if len(s) <= pieceMax {
		return AppendString(dst, s, e.compress())
	}
	if c := e.compress(); c != nil {
		if packed, ok := c.Append(nil, s, lzfSaveMin); ok {
			e.rest = string(packed)
			return appendPackedHead(dst, len(packed), len(s))
		}
	}
	e.rest = s
	return AppendLength(dst, uint64(len(s)))
}

// compress returns the compressor, or nil where none is wanted.
func (e *Encoder) compress() *Compressor {
	if e.options.Compress && e.compressor == nil {
		e.compressor = new(Compressor)
	}
	return e.compressor
}

// footer ends the file, whose bytes behind start are not yet in the checksum.
func (e *Encoder) footer(dst []byte, start int) []byte {
	dst = append(dst, opEOF)
	if e.options.Checksum {
		e.crc = CRC64(e.crc, dst[start:])
	}
	return binary.LittleEndian.AppendUint64(dst, e.crc)
}
