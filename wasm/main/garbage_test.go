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
		{"a page that has just begun", 2 * mb, 4 * mb, time.Second, 600},
		{"a quiet page that has kept a lot", 32 * mb, 4 * mb, 10 * time.Second, 12},
		{"a page that makes what six seconds may leave", 32 * mb, 8 * mb, 3 * time.Second, 50},
		{"a busy page", 8 * mb, 20 * mb, time.Second, 300},
		{"the same, and more lives", 12 * mb, 20 * mb, time.Second, 166},
		{"the same, and a lot lives", 64 * mb, 20 * mb, time.Second, 100},
		{"nothing at all", 0, 0, 0, 100},
	} {
		if got := garbage(c.live, c.made, c.in); got != c.want {
			t.Errorf("%s: %d %%, want %d", c.what, got, c.want)
		}
	}
}
