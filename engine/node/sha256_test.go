package node

import (
	std "crypto/sha256"
	"testing"
)

// Every length around the borders of one and two blocks.
func TestSHA256(t *testing.T) {
	message := make([]byte, 300)
	for i := range message {
		message[i] = byte(i * 7)
		if got, want := sha256(message[:i]), std.Sum256(message[:i]); got != want {
			t.Fatalf("%d bytes: %x, want %x", i, got, want)
		}
	}
}
