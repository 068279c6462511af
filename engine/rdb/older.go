package rdb

import (
	"encoding/binary"
	"math"
	"strconv"

	"resync/engine/resp"
	"resync/engine/store"
)

// The forms of values that files of other versions than Version have. Small ones were ziplists before they were
// listpacks; a list was one string, then several; a small set became one later than the rest.

// The versions that changed what is written.
const (
	versionAux      = 7  // facts about the file, the sizes of databases, and lists of ziplists
	versionBinary   = 8  // scores of eight bytes
	versionUsage    = 9  // how keys were used
	versionListpack = 10 // listpacks, and all that is known of a stream
	versionSmallSet = 11 // sets as listpacks, and when a consumer was last successful
)

// What a server before 3.2 keeps as a ziplist, and Valkey as a set in a listpack, unless it is told otherwise.
const (
	smallList = 512 // elements
	smallSet  = 128
	smallText = 64 // bytes of each
)

// typeIn returns the byte that begins a key with this value in a file of a version.
func typeIn(v store.Value, version int) byte {
	kind := typeOf(v)
	switch {
	case kind == typeListNodes && version < versionAux:
		if isSmallList(v.List()) {
			return typeListZiplist
		}
		return typeList
	case kind == typeListNodes && version < versionListpack:
		return typeListQuicklist
	case kind == typeSet && version >= versionSmallSet && isSmallSet(v.Set()):
		return typeSetListpack
	case kind == typeZSet && version < versionBinary:
		return typeZSetText
	case kind == typeZSetListpack && version < versionListpack:
		return typeZSetZiplist
	case kind == typeHashListpack && version < versionListpack:
		return typeHashZiplist
	case kind == typeStream2 && version >= versionSmallSet:
		return typeStream3
	case kind == typeStream2 && version < versionListpack:
		return typeStream
	}
	return kind
}

// piecesIn returns what writes a value, which is no string, in a file of a version.
func piecesIn(v store.Value, version int) pieces {
	switch kind := typeIn(v, version); kind {
	case typeListZiplist, typeZSetZiplist, typeHashZiplist, typeSetListpack:
		return wholePieces{v, kind}
	case typeListQuicklist, typeList:
		return &oldListPieces{list: v.List(), kind: kind}
	case typeZSetText:
		return &zsetPieces{zset: v.ZSet(), left: -1, text: true}
	case typeStream, typeStream3:
		p := newStreamPieces(v.Stream())
		p.kind = kind
		return p
	}
	return newPieces(v)
}

func isSmallList(x *store.ListValue) bool {
	if x.Len() > smallList {
		return false
	}
	for item := range x.All() {
		if len(item.AppendTo(nil)) > smallText {
			return false
		}
	}
	return true
}

func isSmallSet(x *store.SetValue) bool {
	if x.Len() > smallSet {
		return false
	}
	for member := range x.All() {
		if len(member.Str()) > smallText {
			return false
		}
	}
	return true
}

// wholePieces writes a small value as one string.
type wholePieces struct {
	value store.Value
	kind  byte
}

func (p wholePieces) clone() pieces { return p }

func (p wholePieces) next(dst []byte, c *Compressor) ([]byte, bool) {
	if p.kind == typeSetListpack {
		blob := beginListpack(nil)
		for member := range p.value.Set().All() {
			blob = appendListpackText(blob, member.Str())
		}
		return AppendString(dst, string(endListpack(blob, 0, p.value.Set().Len())), c), false
	}
	z := beginZiplist()
	switch p.kind {
	case typeListZiplist:
		for item := range p.value.List().All() {
			z.text(textOf(item.AppendTo(nil)))
		}
	case typeZSetZiplist:
		p.value.ZSet().From(0, func(e *store.ZEntry) bool {
			z.text(e.Member)
			z.text(scoreText(e.Score))
			return true
		})
	case typeHashZiplist:
		for name, value := range p.value.Hash().All() {
			z.text(name)
			z.text(value.Str())
		}
	}
	return AppendString(dst, string(z.end()), c), false
}

// oldListPieces writes a list as a count and its elements, or its nodes as ziplists.
type oldListPieces struct {
	list  *store.ListValue
	kind  byte
	begun bool
	at    int // the next element or node
}

func (p *oldListPieces) clone() pieces {
	twin := *p
	return &twin
}

func (p *oldListPieces) next(dst []byte, c *Compressor) ([]byte, bool) {
	total := p.list.Len()
	if p.kind == typeListQuicklist {
		total = p.list.Nodes()
	}
	if !p.begun {
		p.begun = true
		dst = AppendLength(dst, uint64(total))
	}
	end := len(dst) + partMax
	if p.kind == typeList {
		for item := range p.list.From(p.at) {
			dst = AppendString(dst, textOf(item.AppendTo(nil)), c)
			if p.at++; len(dst) >= end {
				break
			}
		}
		return dst, p.at < total
	}
	for p.at < total && len(dst) < end {
		n := p.list.Node(p.at)
		p.at++
		z := beginZiplist()
		if n.Plain {
			z.text(textOf(n.Elements))
		} else {
			for rest := n.Elements; len(rest) > 0; {
				e, used, ok := listpackEntry(rest)
				if !ok {
					panic("rdb: a node of a list is no listpack")
				}
				z.text(textOf(e.Text()))
				rest = rest[used:]
			}
		}
		dst = AppendString(dst, string(z.end()), c)
	}
	return dst, p.at < total
}

// scoreText is a score as text: an integer where it is one that a float holds exactly, else with 17 digits.
//
// Source: redis/src/util.c, d2string.
func scoreText(score float64) string {
	switch {
	case math.IsInf(score, 1):
		return "inf"
	case math.IsInf(score, -1):
		return "-inf"
	case score == 0 && math.Signbit(score):
		return "-0"
	case math.Abs(score) < 1<<52 && score == math.Trunc(score):
		return strconv.FormatInt(int64(score), 10)
	}
	return strconv.FormatFloat(score, 'g', 17, 64)
}

// appendScoreText appends the score of a member in a file before versionBinary.
//
// Source: redis/src/rdb.c, rdbSaveDoubleValue.
func appendScoreText(dst []byte, score float64) []byte {
	switch {
	case math.IsInf(score, 1):
		return append(dst, scoreInfinite)
	case math.IsInf(score, -1):
		return append(dst, scoreMinusInf)
	}
	text := scoreText(score)
	return append(append(dst, byte(len(text))), text...)
}

// A ziplist is one being written.
type ziplist struct {
	blob   []byte
	last   int // where the last element begins
	before int // its length
	count  int
}

func beginZiplist() *ziplist {
	return &ziplist{blob: make([]byte, ziplistHead, 256), last: ziplistHead}
}

// ziplistIntMax is the longest text that is tried as an integer.
const ziplistIntMax = 31

// text appends an element as Redis does: as an integer where it is the canonical text of one.
//
// Source: redis/src/ziplist.c, zipTryEncoding, zipIntSize and zipStoreEntryEncoding.
func (z *ziplist) text(s string) {
	z.last = len(z.blob)
	z.count++
	if z.before < 0xFE {
		z.blob = append(z.blob, byte(z.before))
	} else {
		z.blob = binary.LittleEndian.AppendUint32(append(z.blob, 0xFE), uint32(z.before))
	}
	if n, ok := resp.ParseInt64String(s); ok && len(s) <= ziplistIntMax {
		z.blob = appendZiplistInt(z.blob, n)
	} else {
		switch n := len(s); {
		case n < 1<<6:
			z.blob = append(z.blob, byte(n))
		case n < 1<<14:
			z.blob = append(z.blob, 0x40|byte(n>>8), byte(n))
		default:
			z.blob = binary.BigEndian.AppendUint32(append(z.blob, 0x80), uint32(n))
		}
		z.blob = append(z.blob, s...)
	}
	z.before = len(z.blob) - z.last
}

func appendZiplistInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0 && n <= 12:
		return append(dst, 0xF1+byte(n))
	case n == int64(int8(n)):
		return append(dst, 0xFE, byte(n))
	case n == int64(int16(n)):
		return binary.LittleEndian.AppendUint16(append(dst, 0xC0), uint16(n))
	case n >= -1<<23 && n < 1<<23:
		return append(dst, 0xF0, byte(n), byte(n>>8), byte(n>>16))
	case n == int64(int32(n)):
		return binary.LittleEndian.AppendUint32(append(dst, 0xD0), uint32(n))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0xE0), uint64(n))
}

// end closes the ziplist and returns it.
func (z *ziplist) end() []byte {
	z.blob = append(z.blob, packedEnd)
	binary.LittleEndian.PutUint32(z.blob, uint32(len(z.blob)))
	binary.LittleEndian.PutUint32(z.blob[4:], uint32(z.last))
	binary.LittleEndian.PutUint16(z.blob[8:], uint16(min(z.count, packedCountUnknown)))
	return z.blob
}
