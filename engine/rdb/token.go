package rdb

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// A want is what kind of token a step waits for: a number of bytes up to maxFixed, or one of the constants.
type want uint8

const (
	wantNothing want = 0 // there was no more to read
	wantLength  want = 254
	wantString  want = 255

	// wantPacked is a wanted string that turned out to be compressed, and so begins with two lengths.
	wantPacked want = 253
)

// maxFixed is the longest token of a fixed number of bytes: a score as text, behind a length that is not one of those
// with another meaning (scoreNaN).
const maxFixed = 252

func wantBytes(n int) want { return want(n) }

// stringRoom is the most memory that is set aside for a string before its bytes come.
const stringRoom = 4 << 10

// A token is collected from pieces of a file.
//
// A string begins like a length. What its first byte says decides whether an integer, plain bytes or compressed bytes
// follow; for the latter, two lengths come first.
type token struct {
	want   want
	part   part
	offset int64 // of its first byte in the file

	small  [maxFixed]byte // bytes of a fixed number, or of the length that is being read
	have   uint8          // how many there are
	need   uint8
	length uint64 // the value of a length
	packed uint64 // the length of the compressed form

	text []byte // the bytes of a string
	lzf  []byte // its compressed form
}

// part is which part of a token is being read.
type part uint8

const (
	partFixed   part = iota // need bytes
	partForm                // the first byte of a length or string
	partLength              // what follows it
	partInt                 // an integer that stands for its text
	partText                // plain bytes, length of them
	partForm2               // the second length of a compressed string
	partLength2             // what follows its first byte
	partPacked              // compressed bytes, packed of them
)

// begin makes the token ready for what is wanted next.
func (t *token) begin(w want, offset int64) {
	t.want, t.offset = w, offset
	t.have, t.length, t.packed = 0, 0, 0
	if w == wantLength || w == wantString {
		t.part, t.need = partForm, 1
	} else {
		t.part, t.need = partFixed, uint8(w)
	}
	if w == wantString {
		t.text, t.lzf = t.text[:0], t.lzf[:0]
	}
}

// bytes returns a token that is a fixed number of bytes.
func (t *token) bytes() []byte { return t.small[:t.need] }

// clone returns a token that goes on by itself. The memory of a string is used for the next one, so it is not shared.
func (t *token) clone() token {
	c := *t
	c.text, c.lzf = slices.Clone(t.text), slices.Clone(t.lzf)
	return c
}

// feed takes bytes from p and tells how many, whether the token is complete, and what is wrong with it.
func (t *token) feed(p []byte) (used int, complete bool, wrong string) {
	for !complete && wrong == "" {
		var n int
		switch t.part {
		case partText:
			t.text, n = collect(t.text, p[used:], t.length)
		case partPacked:
			t.lzf, n = collect(t.lzf, p[used:], t.packed)
		default:
			n = copy(t.small[t.have:t.need], p[used:])
			t.have += uint8(n)
		}
		used += n
		if !t.partComplete() {
			return used, false, ""
		}
		complete, wrong = t.endPart()
	}
	return used, complete, wrong
}

// collect appends to text what p has of the bytes that are missing to length.
func collect(text, p []byte, length uint64) ([]byte, int) {
	n := int(min(length-uint64(len(text)), uint64(len(p))))
	if cap(text) == 0 {
		text = make([]byte, 0, min(length, stringRoom))
	}
	return append(text, p[:n]...), n
}

func (t *token) partComplete() bool {
	switch t.part {
	case partText:
		return uint64(len(t.text)) == t.length
	case partPacked:
		return uint64(len(t.lzf)) == t.packed
	}
	return t.have == t.need
}

// endPart goes on to the next part of the token, or completes it.
func (t *token) endPart() (complete bool, wrong string) {
	switch t.part {
	case partFixed:
		return true, ""
	case partForm:
		return t.endForm(partLength)
	case partForm2:
		return t.endForm(partLength2)
	case partLength, partLength2:
		if t.need == 4 {
			t.length = uint64(binary.BigEndian.Uint32(t.small[:]))
		} else if t.need == 8 {
			t.length = binary.BigEndian.Uint64(t.small[:])
		} else {
			t.length = t.length<<8 | uint64(t.small[0])
		}
		return t.endLength(t.part == partLength2)
	case partInt:
		t.text = strconv.AppendInt(t.text, t.integer(), 10)
		return true, ""
	case partText:
		return true, ""
	}
	// partPacked
	var ok bool
	if t.text, ok = Decompress(t.text, t.lzf, int(t.length)); !ok {
		return false, "broken compression"
	}
	return true, ""
}

// endForm knows the first byte of a length, and waits for the rest of it.
func (t *token) endForm(rest part) (complete bool, wrong string) {
	form := t.small[0]
	t.have = 0
	switch {
	case form>>6 == form6Bits:
		t.length = uint64(form & 0x3F)
		return t.endLength(rest == partLength2)
	case form>>6 == form14Bits:
		t.length, t.need = uint64(form&0x3F), 1
	case form == form32Bits:
		t.need = 4
	case form == form64Bits:
		t.need = 8
	case form>>6 == formSpecial && t.want == wantString && rest == partLength:
		return t.endSpecial(form)
	default:
		return false, "length of the unknown form " + strconv.FormatUint(uint64(form), 16)
	}
	t.part = rest
	return false, ""
}

// endSpecial knows that a string is no plain one.
func (t *token) endSpecial(form byte) (complete bool, wrong string) {
	switch form {
	case encodedInt8:
		t.part, t.need = partInt, 1
	case encodedInt16:
		t.part, t.need = partInt, 2
	case encodedInt32:
		t.part, t.need = partInt, 4
	case encodedLZF:
		t.want, t.part, t.need = wantPacked, partForm, 1
	default:
		return false, "string of the unknown encoding " + strconv.FormatUint(uint64(form), 16)
	}
	return false, ""
}

// endLength knows a whole length.
func (t *token) endLength(second bool) (complete bool, wrong string) {
	switch {
	case t.want == wantLength:
		return true, ""
	case t.want == wantString:
		t.part = partText
	case !second:
		t.packed, t.length = t.length, 0
		t.have, t.need, t.part = 0, 1, partForm2
	default:
		// A string that could not come of so few bytes is wrong before any of them is kept.
		if t.packed == 0 || t.length/lzfExpandMax > t.packed {
			return false, "string of " + strconv.FormatUint(t.length, 10) + " bytes compressed to " +
				strconv.FormatUint(t.packed, 10)
		}
		t.part = partPacked
	}
	return false, ""
}

// integer returns the integer that the string is the text of.
func (t *token) integer() int64 {
	switch t.need {
	case 1:
		return int64(int8(t.small[0]))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(t.small[:])))
	}
	return int64(int32(binary.LittleEndian.Uint32(t.small[:])))
}
