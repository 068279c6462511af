package rdb

import "resync/engine/store"

// The types of sets. Redis 7.0 writes the first two; the listpack is of 7.2.
const (
	typeSet         = 2
	typeSetIntset   = 11
	typeSetListpack = 20
)

// A setBuilder makes a set of a count and its members.
type setBuilder struct {
	limits *store.Limits
	set    *store.SetValue
	begun  bool   // the count has come
	left   uint64 // members still to come
}

func (b *setBuilder) first() (want, string) {
	b.set = store.NewSet()
	return wantLength, ""
}

func (b *setBuilder) clone() valueBuilder {
	twin := *b
	if b.set != nil {
		twin.set = b.set.Clone()
	}
	return &twin
}

// Source: redis/src/rdb.c, rdbLoadObject.
func (b *setBuilder) take(t *token) (v store.Value, next want, wrong string) {
	if !b.begun {
		if t.length == 0 {
			return v, 0, noElements
		}
		b.begun, b.left = true, t.length
		b.set.Expect(t.length, b.limits)
		return v, wantString, ""
	}
	if !b.set.Add(t.text, b.limits) {
		return v, 0, "Duplicate set members detected: " + quote(t.text)
	}
	if b.left--; b.left > 0 {
		return v, wantString, ""
	}
	return b.set.Value(), wantNothing, ""
}

// A packedSetBuilder makes a set of one string that holds all of it.
type packedSetBuilder struct {
	kind   byte
	limits *store.Limits
}

func (packedSetBuilder) first() (want, string) { return wantString, "" }

func (b packedSetBuilder) clone() valueBuilder { return b }

func (b packedSetBuilder) take(t *token) (v store.Value, next want, wrong string) {
	set := store.NewSet()
	var err error
	if b.kind == typeSetIntset {
		err = intsetEach(t.text, func(n int64) bool { return set.AddValue(store.IntValue(n), b.limits) })
		if width, wrong := intsetForm(t.text); wrong == nil {
			set.Widen(width)
		}
	} else {
		var text []byte
		err = listpackEach(t.text, func(e packedEntry) bool {
			text = e.AppendText(text[:0])
			if !set.Add(text, b.limits) {
				wrong = "duplicate member " + quote(text)
			}
			return wrong == ""
		})
	}
	switch {
	case err != nil && b.kind == typeSetIntset:
		wrong = broken("Intset", err.Error())
	case err != nil:
		wrong = broken("Set listpack", err.Error())
	case wrong == "" && set.Len() == 0:
		wrong = noElements
	}
	if wrong != "" {
		return store.Value{}, 0, wrong
	}
	return set.Value(), wantNothing, ""
}

// typeOfSet returns the type that a set is written as.
func typeOfSet(x *store.SetValue) byte {
	if x.Value().Encoding() == store.IntSet {
		return typeSetIntset
	}
	return typeSet
}

// setPieces writes a set: a small one as an intset, at once; a large one as a count and its members.
type setPieces struct {
	set    *store.SetValue
	begun  bool
	cursor uint64
}

// Source: redis/src/rdb.c, rdbSaveObject.
func (p *setPieces) next(dst []byte, c *Compressor) (_ []byte, more bool) {
	if p.set.Value().Encoding() == store.IntSet {
		sorted, width := p.set.Ints()
		return AppendString(dst, string(appendIntset(nil, width, sorted)), c), false
	}
	if !p.begun {
		p.begun = true
		dst = AppendLength(dst, uint64(p.set.Len()))
	}
	for end := len(dst) + partMax; len(dst) < end; {
		p.cursor = p.set.Scan(p.cursor, 1, func(member store.Value) { dst = AppendString(dst, member.Str(), c) })
		if p.cursor == 0 {
			return dst, false
		}
	}
	return dst, true
}

func (p *setPieces) clone() pieces {
	twin := *p
	return &twin
}
