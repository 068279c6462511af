//go:build !js

package rdb

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"resync/engine/store"
)

// Files of every version that an era writes hold the same data, and redis-server 7.0.15 loads those that it may.
func TestFilesOfOtherVersions(t *testing.T) {
	s := startReal(t, nil)
	for _, words := range everyKind() {
		if v := s.ask(words); v.IsError() {
			t.Fatalf("%.100q: %s", words, v.Str)
		}
	}
	d, err := Decode(s.file(), DecoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := d.Store()
	withoutStreams := all.Snapshot()
	for db := range withoutStreams.Databases() {
		for e := range all.DB(db).All() {
			if e.Value.Kind() == store.Stream {
				withoutStreams.DB(db).Delete([]byte(e.Key))
			}
		}
	}
	for _, c := range []struct {
		version int
		data    *store.Store
		types   string // that keys have, a stream's left out
	}{
		{6, withoutStreams, "0 1 2 3 4 10 11 12 13"},
		{7, withoutStreams, "0 2 3 4 11 12 13 14"},
		{8, withoutStreams, "0 2 4 5 11 12 13 14"},
		{9, withoutStreams, "0 2 4 5 11 12 13 14"},
		{10, all, "0 2 4 5 11 16 17 18 19"},
		{11, all, "0 2 4 5 11 16 17 18 20 21"},
	} {
		t.Run(fmt.Sprintf("version %d", c.version), func(t *testing.T) {
			var aux []Aux
			if c.version >= versionAux {
				aux = DefaultAux(1e18, 1<<20)
			}
			o := Options{Compress: true, Checksum: true, Version: c.version}
			file := encode(c.data, aux, o, 1)
			if got := string(file[:9]); got != fmt.Sprintf("REDIS%04d", c.version) {
				t.Errorf("it begins with %q", got)
			}
			if again := encode(c.data, aux, o, 1<<20); string(again) != string(file) {
				t.Error("in larger pieces it is another file")
			}
			d, err := Decode(file, DecoderOptions{Newest: c.version})
			if err != nil {
				t.Fatal(err)
			}
			if d.Store().Digest() != c.data.Digest() {
				t.Error("it holds other data")
			}
			if _, err := Decode(file, DecoderOptions{Newest: c.version - 1}); err == nil {
				t.Error("a server of the version before reads it")
			}
			types := map[string]bool{}
			for _, e := range keysOf(c.data) {
				kind := typeIn(e.Value, c.version)
				types[fmt.Sprintf("%2d", kind)] = true
				dump := AppendDumpIn(nil, e.Value, c.version, nil)
				v, _, err := DumpOptions{Newest: c.version, Limits: &defaultLimits}.Parse(dump)
				if err != nil {
					t.Fatalf("%s: type %d: %v", e.Key, kind, err)
				}
				x := store.Entry{Key: e.Key, Value: v}
				y := store.Entry{Key: e.Key, Value: e.Value}
				if c.data.DigestValue(&x) != c.data.DigestValue(&y) {
					t.Errorf("%s: type %d comes back as something else", e.Key, kind)
				}
				if _, _, err := (DumpOptions{Newest: c.version - 1, Limits: &defaultLimits}).Parse(dump); err != ErrDumpChecksum {
					t.Errorf("%s: a server of the version before restores it: %v", e.Key, err)
				}
			}
			if got := strings.Join(strings.Fields(strings.Join(slices.Sorted(maps.Keys(types)), " ")), " "); got != c.types {
				t.Errorf("the types are %s, want %s", got, c.types)
			}
			if c.version <= Version {
				startReal(t, file).wantDigest(c.data)
			}
		})
	}
}

// The file of one key that a 2.6 or 2.8 sends, as it was on the wire.
func TestFileOfVersion6IsTheKnownOne(t *testing.T) {
	s := store.New(16)
	s.DB(0).Set([]byte("k"), store.StringValue([]byte("v")), 0)
	file := encode(s, nil, Options{Compress: true, Checksum: true, Version: 6}, 1)
	if got, want := hex.EncodeToString(file), hex.EncodeToString([]byte("REDIS0006"))+"fe0000016b0176ff"+"ada9765598181822"; got != want {
		t.Errorf("it is %s,\nwant  %s", got, want)
	}
}
