package rdb

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/store"
)

// stringsOf is how words stand in a file.
func stringsOf(words ...string) []byte {
	var b []byte
	for _, w := range words {
		b = AppendString(b, w, nil)
	}
	return b
}

// oneKey is a file with a key "k" of a type, its value as given, and a key behind it that shows that reading goes on.
func oneKey(kind byte, value ...[]byte) []byte {
	file := append([]byte("REDIS0012"), kind)
	file = append(append(file, stringsOf("k")...), slices.Concat(value...)...)
	file = append(append(file, typeString), stringsOf("behind", "v")...)
	file = append(file, opEOF)
	return binary.LittleEndian.AppendUint64(file, CRC64(0, file))
}

func fieldsOf(h *store.HashValue) string {
	var words []string
	for name, v := range h.All() {
		words = append(words, name+"="+v.Str())
	}
	return strings.Join(words, " ")
}

func TestHashesOfLaterVersionsAreReadUnlessAFieldExpires(t *testing.T) {
	earliest := binary.LittleEndian.AppendUint64(nil, 1_800_000_000_000)
	for _, test := range []struct {
		name  string
		kind  byte
		value [][]byte
		want  string // the hash, or what is wrong
	}{
		{"7.4, no times", typeHashExpiry, [][]byte{earliest, {2, 0}, stringsOf("a", "1"), {0}, stringsOf("b", "x")}, "a=1 b=x"},
		{"7.4, a time", typeHashExpiry, [][]byte{earliest, {2, 0}, stringsOf("a", "1"), {1}, stringsOf("b", "x")}, "expires"},
		{"a candidate, no times", typeHashExpiryRC, [][]byte{{2, 0}, stringsOf("a", "1"), {0}, stringsOf("b", "x")}, "a=1 b=x"},
		{"a candidate, a time", typeHashExpiryRC, [][]byte{{2, 5}, stringsOf("a", "1"), {0}, stringsOf("b", "x")}, "expires"},
		{"7.4, a listpack without times", typeHashListpackExpiry, [][]byte{earliest, stringsOf(newListpack("a", "1", "0", "b", "x", "0"))}, "a=1 b=x"},
		{"7.4, a listpack with a time", typeHashListpackExpiry, [][]byte{earliest, stringsOf(newListpack("a", "1", "0", "b", "x", "1800000000000"))}, "expires"},
		{"a listpack with a word for a time", typeHashListpackExpiry, [][]byte{earliest, stringsOf(newListpack("a", "1", "x"))}, "expires"},
		{"a candidate, a listpack without times", typeHashListpackExpiryRC, [][]byte{stringsOf(newListpack("a", "1", "0"))}, "a=1"},
		{"a listpack that lacks a time", typeHashListpackExpiryRC, [][]byte{stringsOf(newListpack("a", "1", "0", "b", "x"))}, "without a time"},
		{"a listpack with a field twice", typeHashListpackExpiryRC, [][]byte{stringsOf(newListpack("a", "1", "0", "a", "2", "0"))}, `duplicate field "a"`},
		{"a field twice", typeHashExpiryRC, [][]byte{{2, 0}, stringsOf("a", "1"), {0}, stringsOf("a", "x")}, `Duplicate hash fields detected: "a"`},
	} {
		d, err := Decode(oneKey(test.kind, test.value...), DecoderOptions{})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = fieldsOf(d.Store().DB(0).Get([]byte("k")).Value.Hash())
		}
		if err == nil && got != test.want || !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestValuesWithoutElementsAreLeftOut(t *testing.T) {
	for name, file := range map[string][]byte{
		"hash":                    oneKey(typeHash, []byte{0}),
		"hash ziplist":            oneKey(typeHashZiplist, stringsOf("\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff")),
		"hash listpack":           oneKey(typeHashListpack, stringsOf(newListpack())),
		"hash of 7.4":             oneKey(typeHashExpiry, make([]byte, 8), []byte{0}),
		"hash listpack of 7.4":    oneKey(typeHashListpackExpiry, make([]byte, 8), stringsOf(newListpack())),
		"set":                     oneKey(typeSet, []byte{0}),
		"set listpack":            oneKey(typeSetListpack, stringsOf(newListpack())),
		"set whose key expires":   append([]byte("REDIS0012\xfc\x01\x00\x00\x00\x00\x00\x00\x00"), oneKey(typeSet, []byte{0})[9:]...),
		"set with compressed key": oneKey(typeSet, []byte{0x40, 0}),
	} {
		d, err := Decode(file, DecoderOptions{IgnoreChecksum: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if db := d.Store().DB(0); db.Len() != 1 || db.Volatile() != 0 || db.Get([]byte("behind")) == nil {
			t.Errorf("%s: %d keys, %d of them expire", name, db.Len(), db.Volatile())
		}
	}
}

// A decoder that is cloned in the middle of a hash or set goes on to two values that know nothing of each other.
func TestClonesInTheMiddleOfAHashOrSetMayReadDifferentEnds(t *testing.T) {
	for _, n := range []int{2, 600} {
		for _, kind := range []byte{typeHash, typeSet} {
			value := AppendLength(nil, uint64(n))
			per := 1
			if kind == typeHash {
				per = 2
			}
			for i := range per * (n - 1) {
				value = AppendString(value, strconv.Itoa(i), nil)
			}
			head := append(append([]byte("REDIS0010"), kind), stringsOf("k")...)
			a := NewDecoder(DecoderOptions{})
			if _, err := a.Feed(append(head, value...)); err != nil {
				t.Fatal(err)
			}
			b := a.Clone()
			for d, last := range map[*Decoder]string{a: "100000", b: "200000"} {
				words := stringsOf(last)
				if kind == typeHash {
					words = stringsOf(last, "v")
				}
				if _, err := d.Feed(append(words, opEOF, 0, 0, 0, 0, 0, 0, 0, 0)); err != nil || !d.Done() {
					t.Fatal(err)
				}
			}
			for d, last := range map[*Decoder]string{a: "100000", b: "200000"} {
				v := d.Store().DB(0).Get([]byte("k")).Value
				has, size := false, 0
				if kind == typeHash {
					_, has = v.Hash().Get([]byte(last))
					size = v.Hash().Len()
				} else {
					has, size = v.Set().Has([]byte(last)), v.Set().Len()
				}
				if !has || size != n {
					t.Errorf("type %d: %d elements, %v that %s is one, want %d", kind, size, has, last, n)
				}
			}
		}
	}
}

// Large values go out a part at a time, and an encoder that is cloned in between goes on from the same place.
func TestLargeHashesAndSetsAreWrittenInParts(t *testing.T) {
	limits := store.DefaultLimits()
	hash, set := store.NewHash(), store.NewSet()
	for i := range 20_000 {
		member := []byte("member " + strconv.Itoa(i))
		hash.Set(member, []byte(strconv.Itoa(i)), &limits)
		set.Add(member, &limits)
	}
	s := store.New(1)
	s.DB(0).Set([]byte("hash"), hash.Value(), 0)
	s.DB(0).Set([]byte("set"), set.Value(), 0)
	whole := encode(s, nil, Options{Checksum: true}, 1<<30)
	e := NewEncoder(s, nil, Options{Checksum: true})
	var parts []byte
	for !e.Done() {
		before := len(parts)
		parts = e.Append(parts, 1)
		if len(parts)-before > partMax+100 {
			t.Fatalf("a part of %d bytes", len(parts)-before)
		}
		e = e.Clone()
	}
	if string(parts) != string(whole) {
		t.Error("the parts are not the whole")
	}
	d, err := Decode(whole, DecoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Store().Digest() != s.Digest() {
		t.Error("what comes back is something else")
	}
}
