package rdb

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"

	"resync/engine/store"
)

// The types of sorted sets. Redis 7.0 writes the second and the listpack; scores as text are of versions before 4.0,
// the ziplist is of those before 7.0.
const (
	typeZSetText     = 3
	typeZSet         = 5
	typeZSetZiplist  = 12
	typeZSetListpack = 17
)

// The lengths that stand for scores which have no text.
//
// Source: redis/src/rdb.c, rdbLoadDoubleValue.
const (
	scoreNaN      = 253
	scoreInfinite = 254
	scoreMinusInf = 255
)

// A zsetBuilder makes a sorted set of a count, and members with their scores.
type zsetBuilder struct {
	kind   byte
	limits *store.Limits
	zset   *store.ZSetValue // nil before the count
	left   uint64           // elements still to come
	member []byte
	at     zsetPart
}

// zsetPart is what a zsetBuilder waits for.
type zsetPart uint8

const (
	zsetCount zsetPart = iota
	zsetMember
	zsetScore       // eight bytes
	zsetScoreLength // of a text, or what stands for one
	zsetScoreText
)

func (b *zsetBuilder) first() (want, string) { return wantLength, "" }

func (b *zsetBuilder) clone() valueBuilder {
	twin := *b
	if b.zset != nil {
		twin.zset = b.zset.Clone()
	}
	twin.member = slices.Clone(b.member)
	return &twin
}

// Source: redis/src/rdb.c, rdbLoadObject.
func (b *zsetBuilder) take(t *token) (v store.Value, next want, wrong string) {
	switch b.at {
	case zsetCount:
		if b.left = t.length; b.left == 0 {
			return v, 0, noElements
		}
		b.zset = store.NewLargeZSet()
		b.at = zsetMember
		return v, wantString, ""
	case zsetMember:
		b.member = append(b.member[:0], t.text...)
		if b.kind == typeZSet {
			b.at = zsetScore
			return v, wantBytes(8), ""
		}
		b.at = zsetScoreLength
		return v, wantBytes(1), ""
	case zsetScore:
		return b.add(math.Float64frombits(binary.LittleEndian.Uint64(t.bytes())))
	case zsetScoreLength:
		switch n := t.bytes()[0]; n {
		case scoreNaN:
			return b.add(math.NaN())
		case scoreInfinite:
			return b.add(math.Inf(1))
		case scoreMinusInf:
			return b.add(math.Inf(-1))
		case 0:
			return v, 0, "a score without digits"
		default:
			b.at = zsetScoreText
			return v, wantBytes(int(n)), ""
		}
	}
	return b.addText(t.bytes())
}

func (b *zsetBuilder) addText(text []byte) (v store.Value, next want, wrong string) {
	score, ok := parseScore(text)
	if !ok {
		return v, 0, "score " + quote(text)
	}
	return b.add(score)
}

// add puts in the member with its score.
func (b *zsetBuilder) add(score float64) (v store.Value, next want, wrong string) {
	if score != score {
		return v, 0, "a score that is not a number, of member " + quote(b.member)
	}
	if _, ok := b.zset.Score(b.member); ok {
		return v, 0, "Duplicate zset fields detected: " + quote(b.member)
	}
	b.zset.Put(b.member, score, b.limits)
	if b.left--; b.left > 0 {
		b.at = zsetMember
		return v, wantString, ""
	}
	b.zset.Compact(b.limits)
	return b.zset.Value(), wantNothing, ""
}

// parseScore reads a score as text: what C's printf writes for a double.
func parseScore(text []byte) (float64, bool) {
	for _, c := range text {
		if c == '_' || c == 'x' || c == 'X' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, (err == nil || errors.Is(err, strconv.ErrRange)) && f == f // what is too large is infinite
}

// A packedZSetBuilder makes a sorted set of one string that holds all of it: each member in front of its score.
type packedZSetBuilder struct {
	kind   byte
	limits *store.Limits
}

func (b packedZSetBuilder) first() (want, string) { return wantString, "" }

func (b packedZSetBuilder) clone() valueBuilder { return b }

func (b packedZSetBuilder) take(t *token) (v store.Value, next want, wrong string) {
	// A packed sorted set stays one however long its members are.
	limits := *b.limits
	limits.ZSetListpackValue = math.MaxInt
	zset := store.NewZSet()
	what, each := "Zset listpack", listpackEach
	if b.kind == typeZSetZiplist {
		what, each = "Zset ziplist", ziplistEach
	}
	wrong = packedPairs(t.text, each, func(member, score []byte) (wrong string) {
		f, ok := parseScore(score)
		if !ok {
			return "score " + quote(score)
		}
		if _, ok := zset.Score(member); ok {
			return "duplicate member " + quote(member)
		}
		zset.Put(member, f, &limits)
		return ""
	})
	if wrong != "" {
		return v, 0, broken(what, wrong)
	}
	return zset.Value(), wantNothing, ""
}

// typeOfZSet returns the type that a sorted set is written as.
func typeOfZSet(x *store.ZSetValue) byte {
	if x.Value().Encoding() == store.Listpack {
		return typeZSetListpack
	}
	return typeZSet
}

// zsetPieces writes a sorted set: a small one as a listpack, at once; a large one as a count, and members with their
// scores from the last to the first, which makes it cheap for Redis to insert each in front.
type zsetPieces struct {
	zset *store.ZSetValue
	left int  // elements still to be written, -1 before the count
	text bool // scores are text, and elements in order
}

// Source: redis/src/rdb.c, rdbSaveObject.
func (p *zsetPieces) next(dst []byte, c *Compressor) (_ []byte, more bool) {
	if p.zset.Value().Encoding() == store.Listpack && !p.text {
		blob := beginListpack(nil)
		p.zset.From(0, func(e *store.ZEntry) bool {
			blob = appendListpackScore(appendListpackText(blob, e.Member), e.Score)
			return true
		})
		blob = endListpack(blob, 0, 2*p.zset.Len())
		return AppendString(dst, string(blob), c), false
	}
	if p.left < 0 {
		p.left = p.zset.Len()
		dst = AppendLength(dst, uint64(p.left))
	}
	end := len(dst) + partMax
	if p.text {
		p.zset.From(p.zset.Len()-p.left, func(e *store.ZEntry) bool {
			dst = appendScoreText(AppendString(dst, e.Member, c), e.Score)
			p.left--
			return len(dst) < end
		})
		return dst, p.left > 0
	}
	p.zset.Back(p.left-1, func(e *store.ZEntry) bool {
		dst = AppendString(dst, e.Member, c)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(e.Score))
		p.left--
		return len(dst) < end
	})
	return dst, p.left > 0
}

// appendListpackScore appends a score: an integer where it is one that is not too large, else its text.
//
// Source: redis/src/t_zset.c, zzlInsertAt; util.c, double2ll and d2string.
func appendListpackScore(dst []byte, score float64) []byte {
	switch {
	case math.Abs(score) < 1<<62 && score == math.Trunc(score):
		return appendListpackInt(dst, int64(score))
	case math.IsInf(score, 1):
		return appendListpackText(dst, "inf")
	case math.IsInf(score, -1):
		return appendListpackText(dst, "-inf")
	}
	var text [32]byte
	return appendListpackText(dst, strconv.AppendFloat(text[:0], score, 'g', 17, 64))
}

func (p *zsetPieces) clone() pieces {
	twin := *p
	return &twin
}
