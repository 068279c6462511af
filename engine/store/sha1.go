package store

import (
	"encoding/binary"
	"math/bits"
)

const sha1Size = 20

// sha1 is the hash that DEBUG DIGEST is made of. It is here, and not crypto/sha1, because that brings a certified
// module with ciphers and generators along, a hundred times the code, to a page that has to be downloaded. Nothing
// here is a secret; the tests compare the two.
//
// Source: FIPS 180-4, section 6.1.
func sha1(message []byte) (sum [sha1Size]byte) {
	h := [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
	rest := message
	for ; len(rest) >= 64; rest = rest[64:] {
		sha1Block(&h, rest)
	}
	// The end: a one bit, zeros, and the length in bits as the last eight bytes of a block.
	var end [128]byte
	n := copy(end[:], rest)
	end[n] = 0x80
	size := 64
	if n+1+8 > size {
		size = 128
	}
	binary.BigEndian.PutUint64(end[size-8:], uint64(len(message))*8)
	for b := end[:size]; len(b) > 0; b = b[64:] {
		sha1Block(&h, b)
	}
	for i, word := range h {
		binary.BigEndian.PutUint32(sum[4*i:], word)
	}
	return sum
}

// sha1Block mixes the first 64 bytes of p into the state.
func sha1Block(h *[5]uint32, p []byte) {
	var w [80]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(p[4*i:])
	}
	for i := 16; i < len(w); i++ {
		w[i] = bits.RotateLeft32(w[i-3]^w[i-8]^w[i-14]^w[i-16], 1)
	}
	a, b, c, d, e := h[0], h[1], h[2], h[3], h[4]
	for i, word := range w {
		var f, k uint32
		switch {
		case i < 20:
			f, k = b&c|^b&d, 0x5a827999
		case i < 40:
			f, k = b^c^d, 0x6ed9eba1
		case i < 60:
			f, k = b&c|b&d|c&d, 0x8f1bbcdc
		default:
			f, k = b^c^d, 0xca62c1d6
		}
		a, b, c, d, e = bits.RotateLeft32(a, 5)+f+e+k+word, a, bits.RotateLeft32(b, 30), c, d
	}
	h[0] += a
	h[1] += b
	h[2] += c
	h[3] += d
	h[4] += e
}
