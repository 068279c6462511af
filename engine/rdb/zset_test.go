package rdb

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"resync/engine/store"
)

// zsetPayload closes a value as DUMP does.
func zsetPayload(body string) []byte {
	p := binary.LittleEndian.AppendUint16([]byte(body), Version)
	return binary.LittleEndian.AppendUint64(p, CRC64(0, p))
}

func double(f float64) string {
	return string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
}

// packed is a listpack of elements as the string of a file.
func packed(elements ...string) string {
	blob := beginListpack(nil)
	for _, e := range elements {
		blob = appendListpackText(blob, e)
	}
	return string(AppendString(nil, string(endListpack(blob, 0, len(elements))), nil))
}

func TestSortedSetsOfEveryTypeAreRead(t *testing.T) {
	for name, body := range map[string]string{
		"scores as text":  "\x03\x03\x01b\x032.5\x01a\xff\x01c\xfe",
		"scores as bytes": "\x05\x03\x01c" + double(math.Inf(1)) + "\x01b" + double(2.5) + "\x01a" + double(math.Inf(-1)),
		"listpack":        "\x11" + packed("a", "-inf", "b", "2.5", "c", "inf"),
		"out of order":    "\x11" + packed("c", "inf", "a", "-inf", "b", "2.5"),
		"ziplist": "\x0c\x24" + "\x24\x00\x00\x00\x1e\x00\x00\x00\x06\x00" +
			"\x00\x01a" + "\x03\x04-inf" + "\x06\x01b" + "\x03\x032.5" + "\x05\x01c" + "\x03\x03inf" + "\xff",
	} {
		v, err := ParseDump(zsetPayload(body), &defaultLimits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		z := v.ZSet()
		want := []store.ZEntry{{Member: "a", Score: math.Inf(-1)}, {Member: "b", Score: 2.5}, {Member: "c", Score: math.Inf(1)}}
		if z.Len() != len(want) || v.Encoding() != store.Listpack {
			t.Fatalf("%s: %d elements as %v", name, z.Len(), v.Encoding())
		}
		for i, e := range want {
			if *z.At(i) != e {
				t.Errorf("%s: element %d is %v, want %v", name, i, *z.At(i), e)
			}
		}
	}
}

func TestBrokenSortedSetsAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"no elements":            "\x05\x00",
		"a member twice":         "\x05\x02\x01a" + double(1) + "\x01a" + double(2),
		"not a number":           "\x05\x01\x01a" + double(math.NaN()),
		"not a number, as text":  "\x03\x01\x01a\xfd",
		"text that is no number": "\x03\x01\x01a\x021x",
		"a score without digits": "\x03\x01\x01a\x00",
		"fewer than it says":     "\x05\x02\x01a" + double(1),
		"an empty listpack":      "\x11" + packed(),
		"a member without score": "\x11" + packed("a", "1", "b"),
		"a listpack's twins":     "\x11" + packed("a", "1", "a", "2"),
		"a listpack's NaN":       "\x11" + packed("a", "nan"),
		"a score that is a word": "\x11" + packed("a", "b"),
		"a score in hexadecimal": "\x11" + packed("a", "0x10"),
	} {
		if v, err := ParseDump(zsetPayload(body), &defaultLimits); err == nil {
			t.Errorf("%s: read as %d elements", name, v.ZSet().Len())
		}
	}
}

func TestTheSizeOfASortedSetDecidesOverItsForm(t *testing.T) {
	limits := store.DefaultLimits()
	limits.ZSetListpackEntries, limits.ZSetListpackValue = 2, 4
	for name, tt := range map[string]struct {
		body string
		want store.Encoding
	}{
		"few":                       {"\x05\x02\x01a" + double(1) + "\x01b" + double(2), store.Listpack},
		"many":                      {"\x05\x03\x01a" + double(1) + "\x01b" + double(2) + "\x01c" + double(3), store.SkipList},
		"long":                      {"\x05\x01\x05aaaaa" + double(1), store.SkipList},
		"a listpack of many":        {"\x11" + packed("a", "1", "b", "2", "c", "3"), store.SkipList},
		"a listpack of a long name": {"\x11" + packed(strings.Repeat("a", 5), "1"), store.Listpack},
	} {
		v, err := ParseDump(zsetPayload(tt.body), &limits)
		if err != nil || v.Encoding() != tt.want {
			t.Errorf("%s: %v, %v, want %v", name, v.Encoding(), err, tt.want)
		}
	}
}
