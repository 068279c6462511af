package rdb

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The blobs here are from the DUMPs of redis-server 7.0.15, for the elements that stand beside them; those of ziplists
// and zipmaps are made by hand, since no server writes them any more.

var bordersOfListpacks = []string{"0", "127", "128", "-1", "4095", "-4096", "4096", "32767", "-32768", "32768", "8388607",
	"-8388608", "8388608", "2147483647", "-2147483648", "2147483648", "9223372036854775807", "-9223372036854775808",
	"9223372036854775808", "-0", "01", "", "abc"}

const dumpedListpack = "\x86\x00\x00\x00\x17\x00\x00\x01\x7f\x01\xc0\x80\x02\xdf\xff\x02\xcf\xff\x02\xd0\x00\x02\xf1\x00\x10\x03" +
	"\xf1\xff\x7f\x03\xf1\x00\x80\x03\xf2\x00\x80\x00\x04\xf2\xff\xff\x7f\x04\xf2\x00\x00\x80\x04\xf3\x00\x00\x80\x00\x05" +
	"\xf3\xff\xff\xff\x7f\x05\xf3\x00\x00\x00\x80\x05\xf4\x00\x00\x00\x80\x00\x00\x00\x00\t\xf4\xff\xff\xff\xff\xff\xff\xff\x7f\t" +
	"\xf4\x00\x00\x00\x00\x00\x00\x00\x80\t\x939223372036854775808\x14\x82-0\x03\x8201\x03\x80\x01\x83abc\x04\xff"

const dumpedWideIntset = "\b\x00\x00\x00\x05\x00\x00\x00\xfb\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00\x00\x00\x00\x00" +
	"\x02\x00\x00\x00\x00\x00\x00\x00p\x11\x01\x00\x00\x00\x00\x00\x00\xf2\x05*\x01\x00\x00\x00"

// handZiplist has one element in every form.
const handZiplist = "\x4a\x00\x00\x00\x38\x00\x00\x00\x0b\x00" +
	"\x00\x00" + "\x02\x03abc" + "\x05\xf1" + "\x02\xfd" + "\x02\xfe\x80" + "\x03\xc0\x00\x80" + "\x04\xf0\x00\x00\x80" + "\x05\xd0\x00\x00\x00\x80" +
	"\x06\xe0\x00\x00\x00\x00\x00\x00\x00\x80" + "\x0a\x40\x04long" + "\xfe\x07\x00\x00\x00\x80\x00\x00\x00\x07longest" + "\xff"

var inHandZiplist = []string{"", "abc", "0", "12", "-128", "-32768", "-8388608", "-2147483648", "-9223372036854775808", "long", "longest"}

// handZipmap has a field, a field with room behind its value, and one whose value has the long form of a length.
var handZipmap = "\x03" + "\x01a\x01\x00b" + "\x02cd\x01\x03e\x00\xff\x00" + "\x00\xfe\xfe\x00\x00\x00\x00" + strings.Repeat("fg", 127) + "\xff"

func textsOf(t *testing.T, each func([]byte, func(packedEntry) bool) error, blob string) []string {
	t.Helper()
	var texts []string
	if err := each([]byte(blob), func(e packedEntry) bool {
		texts = append(texts, string(e.Text()))
		if string(e.AppendText([]byte("<"))) != "<"+texts[len(texts)-1] {
			t.Errorf("%q is not what is appended", texts[len(texts)-1])
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestListpacksReadAndWriteAsRedisWritesThem(t *testing.T) {
	for _, c := range []struct {
		name string
		blob string
		want []string
	}{
		{"borders of integers", dumpedListpack, bordersOfListpacks},
		{"a hash", "\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81n\x02\x0c\x01\xff", []string{"f", "v", "n", "12"}},
		{"strings of 64 and 63 bytes", "\x8b\x00\x00\x00\x02\x00\xe0@" + strings.Repeat("x", 64) + "B\xbf" + strings.Repeat("x", 63) + "@\xff",
			[]string{strings.Repeat("x", 64), strings.Repeat("x", 63)}},
		{"nothing", "\x07\x00\x00\x00\x00\x00\xff", nil},
	} {
		if got := textsOf(t, listpackEach, c.blob); !slices.Equal(got, c.want) {
			t.Errorf("%s: read %q, want %q", c.name, got, c.want)
		}
		blob := beginListpack([]byte("in front"))
		for _, text := range c.want {
			blob = appendListpackText(blob, text)
		}
		if blob = endListpack(blob, len("in front"), len(c.want)); string(blob[len("in front"):]) != c.blob {
			t.Errorf("%s: wrote %q, want %q", c.name, blob, c.blob)
		}
	}
}

func TestLongElementsComeBack(t *testing.T) {
	for _, n := range []int{123, 124, 125, 126, 127, 4095, 4096, 16377, 16378, 16379, 16380, 1<<21 - 8, 1<<21 - 7, 1<<21 - 6, 1<<21 - 5} {
		long := strings.Repeat("x", n)
		blob := endListpack(appendListpackText(appendListpackText(beginListpack(nil), long), "7"), 0, 2)
		if got := textsOf(t, listpackEach, string(blob)); !slices.Equal(got, []string{long, "7"}) {
			t.Errorf("%d bytes did not come back", n)
		}
	}
}

func TestMoreElementsThanTheCountCanSay(t *testing.T) {
	for _, n := range []int{packedCountUnknown - 1, packedCountUnknown, packedCountUnknown + 1} {
		blob := beginListpack(nil)
		for range n {
			blob = appendListpackInt(blob, 1)
		}
		if got := textsOf(t, listpackEach, string(endListpack(blob, 0, n))); len(got) != n {
			t.Errorf("%d elements came back as %d", n, len(got))
		}
	}
}

func TestZiplistsOfEveryForm(t *testing.T) {
	if got := textsOf(t, ziplistEach, handZiplist); !slices.Equal(got, inHandZiplist) {
		t.Errorf("read %q, want %q", got, inHandZiplist)
	}
	if got := textsOf(t, ziplistEach, "\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff"); got != nil {
		t.Errorf("an empty one has %q", got)
	}
}

func TestZipmaps(t *testing.T) {
	var got []string
	if err := zipmapEach([]byte(handZipmap), func(field, value []byte) bool {
		got = append(got, string(field)+"="+string(value))
		return true
	}); err != nil || !slices.Equal(got, []string{"a=b", "cd=e", "=" + strings.Repeat("fg", 127)}) {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestIntsetsReadAndWriteAsRedisWritesThem(t *testing.T) {
	for _, c := range []struct {
		name  string
		blob  string
		width int
		want  []int64
	}{
		{"two bytes", "\x02\x00\x00\x00\x03\x00\x00\x00\xfb\xff\x01\x00\x02\x00", 0, []int64{-5, 1, 2}},
		{"four bytes", "\x04\x00\x00\x00\x01\x00\x00\x00\x00\x80\x00\x00", 2, []int64{32768}},
		{"eight bytes", dumpedWideIntset, 0, []int64{-5, 1, 2, 70000, 5000000000}},
		{"wider than it needs, as after a removal", "\x04\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00\x00", 4, []int64{7}},
	} {
		var got []int64
		if err := intsetEach([]byte(c.blob), func(n int64) bool { got = append(got, n); return true }); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: read %v, %v, want %v", c.name, got, err, c.want)
		}
		if got := string(appendIntset(nil, c.width, c.want)); got != c.blob {
			t.Errorf("%s: wrote %q, want %q", c.name, got, c.blob)
		}
	}
}

func TestIntegersOfElements(t *testing.T) {
	for _, c := range []struct {
		e    packedEntry
		want int64
		ok   bool
	}{
		{packedEntry{IsInt: true, Int: -7}, -7, true},
		{packedEntry{Str: []byte("12")}, 12, true},
		{packedEntry{Str: []byte("012")}, 0, false},
	} {
		if got, ok := c.e.Integer(); got != c.want || ok != c.ok {
			t.Errorf("%q: %d %v", c.e.Text(), got, ok)
		}
	}
}

// damaged is what the walks must refuse, by what is wrong with it.
func TestDamagedBlobsAreRefused(t *testing.T) {
	listpack := func(b []byte) error { return listpackEach(b, func(packedEntry) bool { return true }) }
	ziplist := func(b []byte) error { return ziplistEach(b, func(packedEntry) bool { return true }) }
	zipmap := func(b []byte) error { return zipmapEach(b, func(_, _ []byte) bool { return true }) }
	intset := func(b []byte) error { return intsetEach(b, func(int64) bool { return true }) }
	for _, c := range []struct {
		name string
		walk func([]byte) error
		blob string
		want string
	}{
		{"no listpack", listpack, "", "a listpack of 0 bytes"},
		{"total", listpack, "\x08\x00\x00\x00\x00\x00\xff", "a listpack of 7 bytes that says 8"},
		{"no end", listpack, "\x07\x00\x00\x00\x00\x00\xfe", "a listpack without an end"},
		{"too few", listpack, "\x09\x00\x00\x00\x02\x00\x07\x01\xff", "a listpack of 1 elements that says 2"},
		{"length behind", listpack, "\x09\x00\x00\x00\x01\x00\x07\x02\xff", "a listpack whose element 0 is broken, at its byte 6,"},
		{"endless length behind", listpack, "\x09\x00\x00\x00\x01\x00\x07\x81\xff", "a listpack whose element 0 is broken, at its byte 6,"},
		{"unknown form", listpack, "\x09\x00\x00\x00\x01\x00\xf5\x01\xff", "a listpack whose element 0 is broken, at its byte 6,"},
		{"end in the middle", listpack, "\x09\x00\x00\x00\x01\x00\xff\x01\xff", "a listpack whose element 0 is broken, at its byte 6,"},
		{"string beyond the end", listpack, "\x0b\x00\x00\x00\x02\x00\x07\x01\x82a\xff", "a listpack whose element 1 is broken, at its byte 8,"},
		{"huge string", listpack, "\x0c\x00\x00\x00\x01\x00\xf0\xff\xff\xff\xff\xff", "a listpack whose element 0 is broken, at its byte 6,"},
		{"cut integer", listpack, "\x08\x00\x00\x00\x01\x00\xf4\xff", "a listpack whose element 0 is broken, at its byte 6,"},

		{"no ziplist", ziplist, "\x0b", "a ziplist of 1 bytes"},
		{"total", ziplist, "\x0c\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff", "a ziplist of 11 bytes that says 12"},
		{"no end", ziplist, "\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00", "a ziplist without an end"},
		{"tail outside", ziplist, "\x0b\x00\x00\x00\x0b\x00\x00\x00\x00\x00\xff", "a ziplist whose last element is outside"},
		{"tail", ziplist, "\x0f\x00\x00\x00\x0a\x00\x00\x00\x02\x00\x00\xf1\x02\xf1\xff", "a ziplist whose last element is not where it says"},
		{"count", ziplist, "\x0d\x00\x00\x00\x0a\x00\x00\x00\x02\x00\x00\xf1\xff", "a ziplist of 1 elements that says 2"},
		{"length before", ziplist, "\x0f\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x00\xf1\x03\xf1\xff", "a ziplist whose element 1 is broken, at its byte 12,"},
		{"unknown form", ziplist, "\x0d\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\xff\xff", "a ziplist whose element 0 is broken, at its byte 10,"},
		{"huge string", ziplist, "\x12\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x80\xff\xff\xff\xff\x00\xff", "a ziplist whose element 0 is broken, at its byte 10,"},

		{"no zipmap", zipmap, "\xff", "a zipmap of 1 bytes"},
		{"empty", zipmap, "\x00\xff", "an empty zipmap"},
		{"no end", zipmap, "\x00\x00", "a zipmap without an end"},
		{"count", zipmap, "\x02\x00\x00\x00\xff", "a zipmap of 1 fields that says 2"},
		{"no value", zipmap, "\x01\x01a\xff", "a zipmap whose element 0 is broken, at its byte 1,"},
		{"room beyond the end", zipmap, "\x01\x01a\x01\x01b\xff", "a zipmap whose element 0 is broken, at its byte 1,"},
		{"length not in its shortest form", zipmap, "\x01\xfe\x01\x00\x00\x00a\x00\x00\xff", "a zipmap whose element 0 is broken, at its byte 1,"},
		{"huge field", zipmap, "\x01\xfe\xff\xff\xff\xff\xff", "a zipmap whose element 0 is broken, at its byte 1,"},

		{"no intset", intset, "\x02\x00", "an intset of 2 bytes"},
		{"width", intset, "\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00", "an intset of integers of 3 bytes"},
		{"empty", intset, "\x02\x00\x00\x00\x00\x00\x00\x00", "an intset of 8 bytes that says 0 integers"},
		{"count", intset, "\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00", "an intset of 10 bytes that says 2 integers"},
		{"twice the same", intset, "\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x01\x00", "an intset whose integers are not in order, at its byte 10,"},
	} {
		if err := c.walk([]byte(c.blob)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		walk func([]byte) error
		blob string
	}{
		"listpack": {listpack, dumpedListpack}, "ziplist": {ziplist, handZiplist}, "zipmap": {zipmap, handZipmap}, "intset": {intset, dumpedWideIntset},
	} {
		for n := range len(c.blob) {
			if c.walk([]byte(c.blob[:n])) == nil {
				t.Errorf("the first %d bytes of the %s are one", n, name)
			}
		}
	}
}

func TestWalksStopWhenTold(t *testing.T) {
	calls := 0
	enough := func() bool { calls++; return false }
	listpackEach([]byte(dumpedListpack), func(packedEntry) bool { return enough() })
	ziplistEach([]byte(handZiplist), func(packedEntry) bool { return enough() })
	zipmapEach([]byte(handZipmap), func(_, _ []byte) bool { return enough() })
	intsetEach([]byte(dumpedWideIntset), func(int64) bool { return enough() })
	if calls != 4 {
		t.Errorf("%d calls, want one each", calls)
	}
}

// What is right to the last byte says the same when it is written again; nothing else is accepted, and nothing panics.
func FuzzPacked(f *testing.F) {
	for _, blob := range []string{dumpedListpack, handZiplist, handZipmap, dumpedWideIntset, ""} {
		f.Add([]byte(blob))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		room := len(b)
		var again []byte
		count := 0
		each := func(e packedEntry) bool {
			if room -= len(e.Str); room < 0 || count > len(b) {
				t.Fatal("more came out than is inside")
			}
			count++
			again = appendListpackText(again, e.Text())
			return true
		}
		again = beginListpack(nil)
		if listpackEach(b, each) == nil {
			var texts, same []string
			again = endListpack(again, 0, count)
			listpackEach(b, func(e packedEntry) bool { texts = append(texts, string(e.Text())); return true })
			if err := listpackEach(again, func(e packedEntry) bool { same = append(same, string(e.Text())); return true }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(texts, same) {
				t.Fatalf("%q came back as %q", texts, same)
			}
		}
		room, count = len(b), 0
		ziplistEach(b, each)
		room = len(b)
		zipmapEach(b, func(field, value []byte) bool {
			if room -= len(field) + len(value); room < 0 {
				t.Fatal("more came out than is inside")
			}
			return true
		})
		var sorted []int64
		if intsetEach(b, func(n int64) bool { sorted = append(sorted, n); return true }) == nil {
			width := int(binary.LittleEndian.Uint32(b))
			if again := appendIntset(nil, width, sorted); string(again) != string(b) {
				t.Fatalf("%v of %s bytes came back as %q", sorted, strconv.Itoa(width), again)
			}
		}
	})
}
