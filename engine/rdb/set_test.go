package rdb

import (
	"encoding/binary"
	"strings"
	"testing"

	"resync/engine/store"
)

func TestSetsOfEveryTypeAreRead(t *testing.T) {
	limits := store.Limits{SetIntsetEntries: 3}
	intset := func(numbers ...int64) []byte { return stringsOf(string(appendIntset(nil, 0, numbers))) }
	for _, test := range []struct {
		name     string
		kind     byte
		value    []byte
		want     string // the members, or what is wrong
		encoding store.Encoding
	}{
		{"integers", typeSet, append([]byte{3}, stringsOf("3", "-1", "2")...), "-1 2 3", store.IntSet},
		{"too many integers", typeSet, append([]byte{4}, stringsOf("1", "2", "3", "4")...), "4 members", store.HashTable},
		{"a word among them", typeSet, append([]byte{2}, stringsOf("1", "x")...), "2 members", store.HashTable},
		{"a member twice", typeSet, append([]byte{2}, stringsOf("1", "1")...), `Duplicate set members detected: "1"`, 0},
		{"an intset", typeSetIntset, intset(-70000, 5, 6), "-70000 5 6", store.IntSet},
		{"an intset too long", typeSetIntset, intset(1, 2, 3, 4), "4 members", store.HashTable},
		{"an intset with a member twice", typeSetIntset, intset(1, 1), "not in order", 0},
		{"a listpack of integers, as 7.2 writes", typeSetListpack, stringsOf(newListpack("7", "5")), "5 7", store.IntSet},
		{"a listpack of words", typeSetListpack, stringsOf(newListpack("a", "b", "1")), "3 members", store.HashTable},
		{"a listpack with a member twice", typeSetListpack, stringsOf(newListpack("a", "b", "a")), `duplicate member "a"`, 0},
		{"a broken listpack", typeSetListpack, stringsOf(newListpack("a", "b")[:9]), "listpack", 0},
	} {
		d, err := Decode(oneKey(test.kind, test.value), DecoderOptions{Limits: &limits})
		if err != nil {
			if test.encoding != 0 || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %s", test.name, err, test.want)
			}
			continue
		}
		s := d.Store().DB(0).Get([]byte("k")).Value.Set()
		var members []string
		for m := range s.All() {
			members = append(members, m.Str())
		}
		got := strings.Join(members, " ")
		if s.Value().Encoding() == store.HashTable {
			got = string(rune('0'+s.Len())) + " members"
		}
		if got != test.want || s.Value().Encoding() != test.encoding {
			t.Errorf("%s: %s as %s, want %s as %s", test.name, got, s.Value().Encoding(), test.want, test.encoding)
		}
	}
}

// An intset that once held a wide integer stays wide, in files too.
func TestTheWidthOfAnIntsetComesBack(t *testing.T) {
	limits := store.DefaultLimits()
	set := store.NewSet()
	for _, m := range []string{"1", "5000000000"} {
		set.Add([]byte(m), &limits)
	}
	set.Remove([]byte("5000000000"))
	dump := AppendDump(nil, set.Value(), nil)
	if width := binary.LittleEndian.Uint32(dump[2:]); width != 8 {
		t.Errorf("written %d bytes wide", width)
	}
	back, err := ParseDump(dump, &limits)
	if err != nil {
		t.Fatal(err)
	}
	if again := AppendDump(nil, back, nil); string(again) != string(dump) {
		t.Errorf("% x came back as % x", dump, again)
	}
}
