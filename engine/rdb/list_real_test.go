//go:build !js

package rdb

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"testing"

	"resync/engine/store"
)

// realList gives the payload to both sides and returns both answers, and both DUMPs of what came of it.
func realList(s *realServer, payload []byte, limits *store.Limits) (ours, theirs, ourDump, theirDump string) {
	s.t.Helper()
	theirs = s.do("RESTORE", "k", "0", string(payload), "REPLACE")
	if theirs == "OK" {
		theirDump = s.do("DUMP", "k")
	}
	v, err := ParseDump(payload, limits)
	if err != nil {
		return err.Error(), theirs, "", theirDump
	}
	return "OK", theirs, string(AppendDump(nil, v, new(Compressor))), theirDump
}

// Lists of every form, whole and broken in every byte, are for RESTORE what they are for redis-server.
func TestListsAreRestoredAsRedisDoes(t *testing.T) {
	s := startReal(t, nil, "--sanitize-dump-payload", "yes")
	limits := store.DefaultLimits()
	check := func(name string, payload []byte) {
		t.Helper()
		ours, theirs, ourDump, theirDump := realList(s, payload, &limits)
		if ours != theirs {
			t.Errorf("%s %x: %s, redis-server says %s", name, payload, ours, theirs)
		} else if ourDump != theirDump {
			t.Errorf("%s %x: becomes\n%x, in redis-server\n%x", name, payload, ourDump, theirDump)
		}
	}
	for _, c := range listForms {
		check(c.name, listPayload(c.kind, c.body))
	}
	for _, c := range brokenLists {
		check(c.name, listPayload(c.kind, c.body))
	}
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range listForms {
		for i := range c.body {
			for bit := range 8 {
				b := []byte(c.body)
				b[i] ^= 1 << bit
				check("flipped "+c.name, listPayload(c.kind, string(b)))
			}
			b := []byte(c.body)
			b[i] = byte(r.Uint32())
			check("changed "+c.name, listPayload(c.kind, string(b)))
			check("cut "+c.name, listPayload(c.kind, c.body[:i]))
		}
		if t.Failed() {
			break
		}
	}
}

// A file with lists that redis-server cut is read and written again in the same bytes, and what we write it reads.
func TestListsInRealFiles(t *testing.T) {
	for _, limit := range []int{-2, -1, -5, 3, 100} {
		s := startReal(t, nil, "--list-max-listpack-size", strconv.Itoa(limit))
		r := rand.New(rand.NewPCG(uint64(limit), 1))
		for i := range 400 {
			element := text(r.IntN(300), 3, uint64(i))
			if i%50 == 7 {
				element = text(10_000, 200, uint64(i))
			}
			key := "list:" + strconv.Itoa(r.IntN(4))
			switch r.IntN(6) {
			case 0:
				s.do("LINSERT", key, "AFTER", "pivot", element)
			case 1:
				s.do("LSET", key, strconv.Itoa(r.IntN(20)), element)
			case 2:
				s.do("LPUSH", key, element, "pivot", strconv.Itoa(r.IntN(1<<r.IntN(40))))
			case 3:
				s.do("LINSERT", key, "BEFORE", "pivot", strconv.Itoa(i))
			default:
				s.do("RPUSH", key, element)
			}
		}
		want := s.do("DEBUG", "DIGEST")
		limits := store.DefaultLimits()
		limits.ListListpackSize = limit
		d, err := Decode(s.file(), DecoderOptions{Limits: &limits})
		if err != nil {
			t.Fatal(err)
		}
		if digest := d.Store().Digest(); hex.EncodeToString(digest[:]) != want {
			t.Fatalf("limit %d: digest %x, redis-server says %s", limit, digest, want)
		}
		for e := range d.Store().DB(0).All() {
			if got, want := AppendDump(nil, e.Value, new(Compressor)), s.do("DUMP", e.Key); string(got) != want {
				t.Errorf("limit %d: %s is written as\n%x, by redis-server as\n%x", limit, e.Key, got, want)
			}
		}
		for _, o := range []Options{{}, {Compress: true, Checksum: true}} {
			other := startReal(t, encode(d.Store(), nil, o, 1000))
			if got := other.do("DEBUG", "DIGEST"); got != want {
				t.Errorf("limit %d, %+v: redis-server reads %s, want %s", limit, o, got, want)
			}
		}
	}
}
