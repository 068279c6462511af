package store

import (
	std "crypto/sha1"
	"testing"
)

// Every length around the borders of one and two blocks.
func TestSHA1(t *testing.T) {
	message := make([]byte, 300)
	for i := range message {
		message[i] = byte(i * 7)
		if got, want := sha1(message[:i]), std.Sum(message[:i]); got != want {
			t.Fatalf("%d bytes: %x, want %x", i, got, want)
		}
	}
}
