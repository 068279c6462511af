package main

import (
	"testing"
	"time"
)

func TestGarbage(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		what       string
		live, made uint64
		in         time.Duration
		want       int
	}{
		{"a page that has just begun", 2 * mb, 4 * mb, time.Second, mostGarbage},
		{"a quiet page that has kept a lot", 32 * mb, 8 * mb, 10 * time.Second, 12},
		{"a page that makes what three seconds may leave", 32 * mb, 16 * mb, 3 * time.Second, 50},
		{"a thousand writes a second", 64 * mb, 50 * mb, time.Second, mostGarbage},
		{"nothing at all", 0, 0, 0, mostGarbage},
	} {
		if got := garbage(c.live, c.made, c.in); got != c.want {
			t.Errorf("%s: %d %%, want %d", c.what, got, c.want)
		}
	}
}
