//go:build !js

package rdb

import (
	"strconv"
	"testing"
	"time"

	"resync/engine/store"
)

// What a file tells about how keys were used comes from redis-server to us and back, as long as the policy is one that
// goes by it; and not at all where it is another.
func TestUseOfKeysIsToldAsRedisTellsIt(t *testing.T) {
	idle := map[string]int{"new": 0, "old": 1000, "older": 86400}
	uses := map[string]int{"never": 0, "some": 7, "always": 255}
	for _, c := range []struct {
		policy, option, object string
		want                   map[string]int
		usage                  Usage
		lfu                    bool
	}{
		{"allkeys-lru", "IDLETIME", "IDLETIME", idle, Usage{Idle: true}, false},
		{"volatile-lfu", "FREQ", "FREQ", uses, Usage{Frequency: true}, true},
	} {
		real := startReal(t, nil, "--maxmemory-policy", c.policy)
		payload := string(AppendDump(nil, store.StringValue([]byte("text")), nil))
		for key, n := range c.want {
			if got := real.do("RESTORE", key, "0", payload, c.option, strconv.Itoa(n)); got != "OK" {
				t.Fatalf("RESTORE: %s", got)
			}
		}
		now := time.Now()
		d, err := Decode(real.file(), DecoderOptions{NowMillis: now.UnixMilli(), LFU: c.lfu})
		if err != nil {
			t.Fatal(err)
		}
		for key, n := range c.want {
			v := d.Store().DB(0).Get([]byte(key)).Value
			got := v.Idle(now.Unix())
			if c.lfu {
				got = int64(v.Frequency(now.Unix(), 0))
			}
			if got < int64(n) || got > int64(n)+2 {
				t.Errorf("%s: %s of %s is %d, want %d", c.policy, c.option, key, got, n)
			}
		}
		// A file without a word about it leaves the clocks at the moment of reading.
		c.usage.NowSeconds = now.Unix()
		for _, told := range []bool{true, false} {
			o := Options{}
			if told {
				o.Usage = c.usage
			}
			back := startReal(t, encode(d.Store(), nil, o, 1000), "--maxmemory-policy", c.policy)
			for key, n := range c.want {
				if !told {
					n = 0
					if c.lfu {
						n = 5
					}
				}
				got, err := strconv.Atoi(back.do("OBJECT", c.object, key))
				if err != nil || got < n || got > n+3 {
					t.Errorf("%s, told: %v: OBJECT %s %s is %d, want %d", c.policy, told, c.object, key, got, n)
				}
			}
		}
		other, err := Decode(real.file(), DecoderOptions{NowMillis: now.UnixMilli(), LFU: !c.lfu})
		if err != nil {
			t.Fatal(err)
		}
		want := store.LRUStamp(now.Unix())
		if !c.lfu {
			want = store.LFUStamp(now.Unix(), 5)
		}
		for e := range other.Store().DB(0).All() {
			if e.Value.Access() != want {
				t.Errorf("%s, read for the other form: %s has %x, want %x", c.policy, e.Key, e.Value.Access(), want)
			}
		}
	}
}
