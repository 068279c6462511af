package rdb

import (
	"encoding/binary"
	"slices"
	"strconv"

	"resync/engine/store"
)

// DecoderOptions choose how a file is read. The zero value reads what Redis would, with 16 databases.
type DecoderOptions struct {
	Databases int // how many there are, 0 for 16: a key in another is an error

	// SkipExpired leaves out keys whose time has passed at NowMillis (Unix milliseconds), as a master does at its
	// start. A replica keeps them: its master will say when they go.
	SkipExpired bool
	NowMillis   int64

	// LFU says that access clocks count uses, instead of telling the time. They are set by NowMillis, and by what the
	// file tells.
	LFU bool

	IgnoreChecksum bool

	Newest int // the highest version that is read; 0 for all that are known

	Limits *store.Limits // what decides over encodings; nil = Redis's defaults
}

// A Decoder reads an RDB file that comes in pieces. Each part of it is one step: a token is collected (some bytes, a
// length or a string), then the step's method takes it and says what comes next:
//
//	header ─► opcode ─┬─► aux name ─► aux value ──────────────┐
//	            ▲     ├─► database | expiry | idle | freq ... ┤
//	            │     ├─► key ─► the value's own tokens ──────┤
//	            ├─────┼───────────────────────────────────────┘
//	                  └─► end ─► checksum ─► done
//
// So a file cut anywhere is read the same, no byte is looked at twice, and what is held grows with the bytes that
// came and not with a length they announce.
type Decoder struct {
	options DecoderOptions
	store   *store.Store
	aux     []Aux
	err     error

	step    step
	version int
	offset  int64 // bytes consumed
	crc     uint64
	token   token

	db       int
	fill     *store.Filler // of that database
	key      []byte
	expireAt int64
	told     told
	value    valueBuilder
	skipped  int

	empty     int      // keys without elements
	emptyKeys []string // the first of them
	left      int      // tokens still to be skipped
	kind      ErrorKind
	unchecked bool // the file says that it has no checksum
	gone      []SkippedKey
}

// A SkippedKey is a key that was left out because its time had passed.
type SkippedKey struct {
	DB  int
	Key string
}

// auxMax is how many facts about a file are kept. Files have about a dozen.
const auxMax = 1024

// A step takes the token that it waited for, and says with next what it waits for then.
type step uint8

const (
	stepHeader step = iota
	stepOpcode
	stepAuxName
	stepAuxValue
	stepSelectDB
	stepResizeKeys
	stepResizeVolatile
	stepExpireMilli
	stepExpireSec
	stepFreq
	stepIdle
	stepFunction
	stepSlotInfo
	stepModuleID
	stepModuleOpcode
	stepModuleSkip
	stepKey
	stepValue
	stepChecksum
	stepDone
)

// NewDecoder returns a decoder at the beginning of a file.
func NewDecoder(o DecoderOptions) *Decoder {
	if o.Databases == 0 {
		o.Databases = 16
	}
	d := &Decoder{options: o, store: store.New(o.Databases)}
	d.store.SetClock(o.NowMillis/1000, o.LFU)
	d.fill = store.NewFiller(d.store.DB(0))
	d.next(stepHeader, wantBytes(len(magic)+4))
	return d
}

// Feed reads the next bytes of the file and returns how many of p belong to it: fewer than len(p) only when the file
// ends within p, or is found wrong there. An error is an *Error, and stays.
func (d *Decoder) Feed(p []byte) (n int, err error) {
	from := 0 // where the bytes begin that are not yet in the checksum
	for d.err == nil && d.step != stepDone && n < len(p) {
		used, complete, wrong := d.token.feed(p[n:])
		n += used
		d.offset += int64(used)
		if complete && wrong == "" {
			if d.step == stepOpcode && d.token.small[0] == opEOF {
				d.sum(p[from:n])
				from = n
			}
			wrong = d.take()
		}
		if wrong != "" {
			if twice := d.flush(); twice != "" {
				wrong = twice // of what is wrong this comes first in the file
			}
			d.fail(wrong)
		}
	}
	if d.step != stepChecksum && d.step != stepDone {
		d.sum(p[from:n])
	}
	return n, d.err
}

func (d *Decoder) fail(wrong string) {
	e := &Error{Offset: d.token.offset, What: wrong, Kind: d.kind}
	switch d.kind {
	case Foreign:
		e.Version = d.version
	case Duplicate:
		e.Offset = -1
	}
	d.err = e
}

// Cut returns the error that a file deserves of which nothing more comes: that it ends in the middle, in these words,
// where nothing of what was read of it is wrong.
func (d *Decoder) Cut(what string) error {
	if d.err == nil {
		if twice := d.flush(); twice != "" {
			d.fail(twice)
		} else {
			d.err = &Error{Offset: d.offset, What: what, Kind: Cut}
		}
	}
	return d.err
}

// flush puts the keys into the store that were read, and says what is wrong when one of them is there twice: that is
// noticed here, and not where it was read.
func (d *Decoder) flush() (wrong string) {
	if key, twice := d.fill.Flush(); twice {
		d.kind = Duplicate
		return "duplicated key '" + key + "' in DB " + strconv.Itoa(d.db)
	}
	return ""
}

// sum takes bytes of the file into the checksum.
func (d *Decoder) sum(p []byte) {
	if !d.options.IgnoreChecksum {
		d.crc = CRC64(d.crc, p)
	}
}

// Done reports whether the file was read to its end, and is right.
func (d *Decoder) Done() bool { return d.step == stepDone && d.err == nil }

// Store returns the keys of the file when it is done. Before, some of those that were read are not yet there.
func (d *Decoder) Store() *store.Store { return d.store }

// Keys returns how many keys were read so far.
func (d *Decoder) Keys() int {
	keys := d.fill.Keys()
	for i := range d.store.Databases() {
		keys += d.store.DB(i).Len()
	}
	return keys
}

// Skipped returns how many keys were left out because their time had passed.
func (d *Decoder) Skipped() int { return d.skipped }

// TakeSkipped returns the keys that were left out since it was last called, in the order of the file.
func (d *Decoder) TakeSkipped() []SkippedKey {
	gone := d.gone
	d.gone = nil
	return gone
}

// Offset returns how many bytes of the file were read.
func (d *Decoder) Offset() int64 { return d.offset }

// Aux returns what the file says about itself under a name, the last time it does, and whether it says anything.
func (d *Decoder) Aux(name string) (string, bool) {
	for _, a := range slices.Backward(d.aux) {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Clone returns a decoder that goes on from the same place, independently. It copies neither keys nor the string
// that is being read.
func (d *Decoder) Clone() *Decoder {
	if wrong := d.flush(); wrong != "" && d.err == nil {
		d.fail(wrong)
	}
	twin := *d
	twin.store = d.store.Snapshot()
	twin.fill = store.NewFiller(twin.store.DB(d.db))
	twin.aux = slices.Clip(d.aux)
	d.aux = twin.aux
	twin.key = slices.Clone(d.key)
	twin.gone = slices.Clone(d.gone)
	twin.emptyKeys = slices.Clone(d.emptyKeys)
	twin.token = d.token.clone()
	if d.value != nil {
		twin.value = d.value.clone()
	}
	return &twin
}

// Decode reads a whole file. What follows its end is ignored, as Redis does.
func Decode(file []byte, o DecoderOptions) (*Decoder, error) {
	d := NewDecoder(o)
	if _, err := d.Feed(file); err != nil {
		return nil, err
	}
	if !d.Done() {
		return nil, d.Cut("the file ends in the middle")
	}
	return d, nil
}

// next says which step comes, and which token it waits for.
func (d *Decoder) next(s step, w want) {
	d.step = s
	d.token.begin(w, d.offset)
}

func (d *Decoder) nextOpcode() { d.next(stepOpcode, wantBytes(1)) }

// take hands the complete token to its step. It returns what is wrong, or nothing.
func (d *Decoder) take() (wrong string) {
	t := &d.token
	switch d.step {
	case stepHeader:
		return d.takeHeader(t.bytes())
	case stepOpcode:
		return d.takeOpcode(t.bytes()[0])
	case stepAuxName:
		d.key = append(d.key[:0], t.text...)
		d.next(stepAuxValue, wantString)
		return ""
	case stepAuxValue:
		if len(d.aux) < auxMax {
			d.aux = append(d.aux, Aux{Name: string(d.key), Value: string(t.text)})
		}
	case stepSelectDB:
		if t.length >= uint64(d.store.Databases()) {
			return "database " + strconv.FormatUint(t.length, 10) + " of " + strconv.Itoa(d.store.Databases())
		}
		if wrong := d.flush(); wrong != "" {
			return wrong
		}
		d.db = int(t.length)
		d.fill = store.NewFiller(d.store.DB(d.db))
	case stepResizeKeys:
		d.next(stepResizeVolatile, wantLength)
		return ""
	case stepExpireMilli:
		d.setExpiry(int64(binary.LittleEndian.Uint64(t.bytes())))
	case stepExpireSec:
		d.setExpiry(int64(int32(binary.LittleEndian.Uint32(t.bytes()))) * 1000)
	case stepFreq, stepIdle:
		d.told.take(d.step, t)
	case stepResizeVolatile, stepFunction:
		// Hints about sizes, and libraries of functions: nothing here keeps them.
	case stepSlotInfo:
		if d.left--; d.left > 0 {
			d.next(stepSlotInfo, wantLength)
			return ""
		}
	case stepModuleID:
		d.next(stepModuleOpcode, wantLength)
		return ""
	case stepModuleOpcode:
		return d.takeModuleOpcode(t.length)
	case stepModuleSkip:
		d.next(stepModuleOpcode, wantLength)
		return ""
	case stepKey:
		return d.takeKey()
	case stepValue:
		return d.takeValue()
	case stepChecksum:
		return d.takeChecksum(binary.LittleEndian.Uint64(t.bytes()))
	}
	d.nextOpcode()
	return ""
}

func (d *Decoder) takeHeader(b []byte) (wrong string) {
	d.kind = Foreign
	if string(b[:len(magic)]) != magic {
		d.version = -1
		return "no REDIS but " + quote(b[:len(magic)])
	}
	version := 0
	for _, c := range b[len(magic):] {
		if c < '0' || c > '9' {
			return "version " + quote(b[len(magic):])
		}
		version = version*10 + int(c-'0')
	}
	newest := versionMax
	if d.options.Newest != 0 {
		newest = d.options.Newest
	}
	d.version = version
	if version < versionMin || version > newest {
		return "version " + strconv.Itoa(version) + ", which is none of " +
			strconv.Itoa(versionMin) + " to " + strconv.Itoa(newest) + ","
	}
	d.kind = Corrupt
	d.nextOpcode()
	return ""
}

func (d *Decoder) takeOpcode(op byte) (wrong string) {
	switch op {
	case opEOF:
		if wrong := d.flush(); wrong != "" {
			return wrong
		}
		if d.version < versionChecksum {
			d.step = stepDone
			return ""
		}
		d.next(stepChecksum, wantBytes(8))
	case opSelectDB:
		d.next(stepSelectDB, wantLength)
	case opResizeDB:
		d.next(stepResizeKeys, wantLength)
	case opAux:
		d.next(stepAuxName, wantString)
	case opExpireMilli:
		d.next(stepExpireMilli, wantBytes(8))
	case opExpireSec:
		d.next(stepExpireSec, wantBytes(4))
	case opFreq:
		d.next(stepFreq, wantBytes(1))
	case opIdle:
		d.next(stepIdle, wantLength)
	case opFunction2:
		d.next(stepFunction, wantString)
	case opFunction:
		return "a function in the form of a 7.0 release candidate"
	case opSlotInfo:
		d.left = 3
		d.next(stepSlotInfo, wantLength)
	case opModuleAux:
		d.next(stepModuleID, wantLength)
	default:
		d.value = newBuilder(op, d.limits())
		if d.value == nil {
			d.kind = Cut
			return unknownType(op)
		}
		d.next(stepKey, wantString)
	}
	return ""
}

// The tokens of a module's data say themselves what they are.
//
// Source: redis/src/rdb.h, RDB_MODULE_OPCODE_EOF and following.
func (d *Decoder) takeModuleOpcode(op uint64) (wrong string) {
	switch op {
	case 0:
		d.nextOpcode()
	case 1, 2: // a signed or unsigned integer
		d.next(stepModuleSkip, wantLength)
	case 3: // a float
		d.next(stepModuleSkip, wantBytes(4))
	case 4: // a double
		d.next(stepModuleSkip, wantBytes(8))
	case 5:
		d.next(stepModuleSkip, wantString)
	default:
		return "module opcode " + strconv.FormatUint(op, 10)
	}
	return ""
}

// namedEmpty is how many of the keys without elements are remembered by name.
const namedEmpty = 10

// Empty returns how many keys without elements were left out, and the names of the first ten.
func (d *Decoder) Empty() (names []string, count int) { return d.emptyKeys, d.empty }

// setExpiry notes the expiry of the next key. Zero stands for none in the store, so a key that expired as 1970 began
// is taken for one that did so a millisecond later.
func (d *Decoder) setExpiry(atMillis int64) {
	if atMillis == 0 {
		atMillis = 1
	}
	d.expireAt = atMillis
}

func (d *Decoder) takeKey() (wrong string) {
	d.key = append(d.key[:0], d.token.text...)
	w, wrong := d.value.first()
	if wrong != "" {
		return wrong + " of key " + quote(d.key)
	}
	d.next(stepValue, w)
	return ""
}

func (d *Decoder) takeValue() (wrong string) {
	v, w, wrong := d.value.take(&d.token)
	if wrong == noElements {
		if d.empty++; d.empty <= namedEmpty {
			d.emptyKeys = append(d.emptyKeys, string(d.key))
		}
		d.nextKey()
		return ""
	}
	if wrong != "" {
		return wrong + " in key " + quote(d.key)
	}
	if w != wantNothing {
		d.next(stepValue, w)
		return ""
	}
	if d.options.SkipExpired && d.expireAt != 0 && d.options.NowMillis > d.expireAt {
		d.skipped++
		d.gone = append(d.gone, SkippedKey{DB: d.db, Key: string(d.key)})
	} else {
		access, told := d.told.access(&d.options)
		d.fill.Add(d.key, v, d.expireAt, access, told)
	}
	d.nextKey()
	return ""
}

// nextKey forgets what was said about a key, which is not about the next one.
func (d *Decoder) nextKey() {
	d.value, d.expireAt, d.told = nil, 0, told{}
	d.nextOpcode()
}

// A checksum of zero says that none was computed.
func (d *Decoder) takeChecksum(says uint64) (wrong string) {
	if says != 0 && !d.options.IgnoreChecksum && says != d.crc {
		d.kind = Checksum
		return "wrong checksum, expected: (" + strconv.FormatUint(d.crc, 16) + ") but got (" + strconv.FormatUint(says, 16) + ")"
	}
	d.unchecked = says == 0 && !d.options.IgnoreChecksum
	d.step = stepDone
	return ""
}

// Unchecked reports whether a checksum was wanted and the file, which is whole, has none.
func (d *Decoder) Unchecked() bool { return d.unchecked }

// quote shows bytes of a file in a message, cut to what a log line can bear.
func quote(b []byte) string {
	const most = 64
	if len(b) > most {
		return strconv.Quote(string(b[:most])) + "..."
	}
	return strconv.Quote(string(b))
}

// limits are those that the values of this file get their encodings by.
func (d *Decoder) limits() *store.Limits {
	if d.options.Limits != nil {
		return d.options.Limits
	}
	return &defaultLimits
}

var defaultLimits = store.DefaultLimits()
