package rdb

import (
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/store"
)

// listPayload makes a payload of DUMP of a value in a file.
func listPayload(kind byte, body string) []byte {
	p := append([]byte{kind}, body...)
	p = binary.LittleEndian.AppendUint16(p, Version)
	return binary.LittleEndian.AppendUint64(p, CRC64(0, p))
}

// newListpack and newZiplist make what Redis has in memory; every element of a ziplist has to be short.
func newListpack(elements ...string) string {
	b := beginListpack(nil)
	for _, e := range elements {
		b = appendListpackText(b, e)
	}
	return string(endListpack(b, 0, len(elements)))
}

func newZiplist(elements ...string) string {
	b := make([]byte, ziplistHead)
	before, tail := 0, len(b)
	for _, e := range elements {
		tail = len(b)
		b = append(b, byte(before))
		if n, err := strconv.Atoi(e); err == nil && n <= 12 {
			b = append(b, 0xF1+byte(n))
		} else {
			b = append(append(b, byte(len(e))), e...)
		}
		before = len(b) - tail
	}
	b = append(b, packedEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(tail))
	binary.LittleEndian.PutUint16(b[8:], uint16(len(elements)))
	return string(b)
}

// packedString is a string as a file has it; it has to be short.
func packedString(s string) string { return string(AppendLength(nil, uint64(len(s)))) + s }

// listText returns the elements of a list in one line, with a bar between its nodes.
func listText(list *store.ListValue) string {
	var nodes []string
	i := 0
	for k := range list.Nodes() {
		var texts []string
		for range list.Node(k).Count {
			texts = append(texts, list.At(i).Text())
			i++
		}
		nodes = append(nodes, strings.Join(texts, " "))
	}
	return strings.Join(nodes, "|")
}

var listForms = []struct {
	name string
	kind byte
	body string
	want string
}{
	{"elements", typeList, "\x03" + "\x01a" + "\xC0\x07" + "\x01b", "a 7 b"},
	{"a ziplist", typeListZiplist, packedString(newZiplist("a", "7", "b", "100", "")), "a 7 b 100 "},
	{"ziplists", typeListQuicklist, "\x02" + packedString(newZiplist("a", "7")) + packedString(newZiplist("b")), "a 7|b"},
	{"ziplists, one of them empty", typeListQuicklist, "\x03" + packedString(newZiplist("a")) + packedString(newZiplist()) + packedString(newZiplist("b")), "a|b"},
	{"listpacks", typeListNodes, "\x02" + "\x02" + packedString(newListpack("a", "-300")) + "\x02" + packedString(newListpack("b")), "a -300|b"},
	{"listpacks, one of them empty", typeListNodes, "\x02" + "\x02" + packedString(newListpack("a")) + "\x02" + packedString(newListpack()), "a"},
	{"a plain node between listpacks", typeListNodes, "\x03" + "\x02" + packedString(newListpack("a")) + "\x01" + packedString("large") + "\x02" + packedString(newListpack("b")), "a|large|b"},
	{"a plain node that is an integer", typeListNodes, "\x01" + "\x01" + "\xC0\x05", "5"},
	{"a listpack that does not say how many", typeListNodes, "\x01\x02" + packedString("\x0A\x00\x00\x00\xFF\xFF\x81a\x02\xFF"), "a"},
	{"an integer in the form of a text", typeListNodes, "\x01\x02" + packedString("\x0A\x00\x00\x00\x01\x00\x811\x02\xFF"), "1"},
}

func TestListsAreReadInEveryForm(t *testing.T) {
	limits := store.DefaultLimits()
	for _, c := range listForms {
		v, err := ParseDump(listPayload(c.kind, c.body), &limits)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := listText(v.List()); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

var brokenLists = []struct {
	name string
	kind byte
	body string
	what string // in the error of a file
}{
	{"fewer elements than it says", typeList, "\x03\x01a\x01b", "ends in the middle"},
	{"a node without bytes", typeListNodes, "\x01\x02\x00", "an empty list node"},
	{"a plain node without bytes", typeListNodes, "\x01\x01\x00", "an empty list node"},
	{"a node without bytes, of old", typeListQuicklist, "\x01\x00", "an empty list node"},
	{"a container of another kind", typeListNodes, "\x01\x03" + packedString(newListpack("a")), "unknown container 3"},
	{"no container at all", typeListNodes, "\x01\x00" + packedString(newListpack("a")), "unknown container 0"},
	{"a listpack that is none", typeListNodes, "\x01\x02" + packedString("nonsense"), "a listpack of 8 bytes that says"},
	{"a listpack without its end", typeListNodes, "\x01\x02" + packedString("\x09\x00\x00\x00\x01\x00\x81a\x02"), "a listpack without an end"},
	{"a listpack of fewer elements than it says", typeListNodes, "\x01\x02" + packedString("\x0A\x00\x00\x00\x02\x00\x81a\x02\xFF"), "a listpack of 1 elements that says 2"},
	{"a ziplist that is none", typeListZiplist, packedString("nonsense nonsense"), "a ziplist of 17 bytes that says"},
	{"a node that is no ziplist", typeListQuicklist, "\x01" + packedString("nonsense nonsense"), "a ziplist of 17 bytes that says"},
}

func TestBrokenListsAreRefused(t *testing.T) {
	limits := store.DefaultLimits()
	for _, c := range brokenLists {
		if _, err := ParseDump(listPayload(c.kind, c.body), &limits); !errors.Is(err, ErrDumpFormat) {
			t.Errorf("%s: %v, want %v", c.name, err, ErrDumpFormat)
		}
		file := magic + "0010\xFE\x00" + string(rune(c.kind)) + "\x01k" + c.body
		_, err := Decode([]byte(file), DecoderOptions{})
		if err == nil || !strings.Contains(err.Error(), c.what) {
			t.Errorf("%s: the error is %v, want one with %q", c.name, err, c.what)
		}
	}
}

// A list without elements is left out of a file's keys, and RESTORE refuses it.
func TestEmptyListsAreSkipped(t *testing.T) {
	limits := store.DefaultLimits()
	for _, c := range []struct {
		kind byte
		body string
	}{
		{typeList, "\x00"}, {typeListNodes, "\x00"}, {typeListQuicklist, "\x00"},
		{typeListZiplist, packedString(newZiplist())},
		{typeListNodes, "\x01\x02" + packedString(newListpack())}, {typeListQuicklist, "\x01" + packedString(newZiplist())},
	} {
		if _, err := ParseDump(listPayload(c.kind, c.body), &limits); !errors.Is(err, ErrDumpFormat) {
			t.Errorf("type %d, %q: %v, want %v", c.kind, c.body, err, ErrDumpFormat)
		}
		file := magic + "0010\xFE\x00" + string(rune(c.kind)) + "\x01k" + c.body + "\x00\x01s\x01v\xFF\x00\x00\x00\x00\x00\x00\x00\x00"
		d, err := Decode([]byte(file), DecoderOptions{})
		if err != nil || d.Store().DB(0).Len() != 1 || d.Store().DB(0).Get([]byte("s")) == nil {
			t.Errorf("type %d, %q: %v, want the key behind it alone", c.kind, c.body, err)
		}
	}
}

// manyLists returns a store with lists of all sizes, cut in several ways.
func manyLists() *store.Store {
	s := store.New(1)
	for i, limit := range []int{-2, -1, -5, 1, 4, 100} {
		limits := store.DefaultLimits()
		limits.ListListpackSize = limit
		for j, n := range []int{1, 2, 5, 100, 3000} {
			list := store.NewList(&limits)
			for k := range n {
				element := text(k%40, 3, uint64(k))
				if k%500 == 7 {
					element = text(20_000, 3, uint64(k))
				}
				list.Push(store.ListEnd(k%2), []byte(element))
			}
			s.DB(0).Set([]byte("list:"+strconv.Itoa(i)+":"+strconv.Itoa(j)), list.Value(), 0)
		}
	}
	return s
}

func TestListsInFiles(t *testing.T) {
	s := manyLists()
	for _, o := range []Options{{}, {Compress: true}, {Compress: true, Checksum: true}} {
		file := encode(s, nil, o, 1)
		if whole := encode(s, nil, o, 1<<30); string(whole) != string(file) {
			t.Fatalf("%+v: written at once the file is another one", o)
		}
		d := NewDecoder(DecoderOptions{})
		for i := 0; i < len(file); {
			// Each piece is read by a clone of the reader of the one before.
			d = d.Clone()
			n := min(1+i%701, len(file)-i)
			if _, err := d.Feed(file[i : i+n]); err != nil {
				t.Fatal(err)
			}
			i += n
		}
		if !d.Done() || d.Store().Digest() != s.Digest() {
			t.Fatalf("%+v: what was read is something else", o)
		}
		if again := encode(d.Store(), nil, o, 1000); string(again) != string(file) {
			t.Fatalf("%+v: written again the file is another one", o)
		}
	}
}

// A writer that is cloned in the middle of a list goes on twice, and a reader's clone does not see what the other one
// reads.
func TestListsFork(t *testing.T) {
	s := manyLists()
	o := Options{Compress: true}
	want := encode(s, nil, o, 1<<30)
	e := NewEncoder(s, nil, o)
	var file []byte
	for !e.Done() {
		twin := e.Clone()
		rest := slices.Clone(file)
		if len(file) < 60_000 && len(file)%7 == 0 {
			for !twin.Done() {
				rest = twin.Append(rest, 1<<20)
			}
			if string(rest) != string(want) {
				t.Fatalf("a twin made at byte %d writes something else", len(file))
			}
		}
		file = e.Append(file, 1)
	}
	if string(file) != string(want) {
		t.Fatal("the writer that was cloned writes something else")
	}
	half := want[:len(want)/2]
	a := NewDecoder(DecoderOptions{})
	if _, err := a.Feed(half); err != nil {
		t.Fatal(err)
	}
	b := a.Clone()
	for _, d := range []*Decoder{a, b} {
		if _, err := d.Feed(want[len(half):]); err != nil || d.Store().Digest() != s.Digest() {
			t.Fatalf("a clone reads something else: %v", err)
		}
	}
}

// Whatever the bytes are, they are a list or an error, and a list is written as it was read.
func FuzzList(f *testing.F) {
	for _, c := range listForms {
		f.Add(c.kind, []byte(c.body))
	}
	for _, c := range brokenLists {
		f.Add(c.kind, []byte(c.body))
	}
	limits := store.DefaultLimits()
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		kind = []byte{typeList, typeListZiplist, typeListQuicklist, typeListNodes}[kind%4]
		v, err := ParseDump(listPayload(kind, string(body)), &limits)
		if err != nil {
			return
		}
		list := v.List()
		n := 0
		for range list.All() {
			n++
		}
		for range list.Back(list.Len() - 1) {
			n--
		}
		if n != 0 || list.Len() == 0 {
			t.Fatalf("a list of %d elements, with %d more there than back", list.Len(), n)
		}
		again, err := ParseDump(AppendDump(nil, v, new(Compressor)), &limits)
		if err != nil || listText(again.List()) != listText(list) {
			t.Fatalf("%q is written so that it reads as %v, %v", listText(list), again, err)
		}
	})
}
