package node

import (
	"encoding/binary"
	"math/bits"
)

const sha256Size = 32

// sha256 is the hash that passwords are kept as. It is here, and not crypto/sha256, for the reason that store's sha1 is:
// the page would be 48 KB larger, compressed. The tests compare the two.
//
// Source: FIPS 180-4, section 6.2.
func sha256(message []byte) (sum [sha256Size]byte) {
	h := [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	rest := message
	for ; len(rest) >= 64; rest = rest[64:] {
		sha256Block(&h, rest)
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
		sha256Block(&h, b)
	}
	for i, word := range h {
		binary.BigEndian.PutUint32(sum[4*i:], word)
	}
	return sum
}

// sha256Block mixes the first 64 bytes of p into the state.
func sha256Block(state *[8]uint32, p []byte) {
	var w [64]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(p[4*i:])
	}
	turn := bits.RotateLeft32
	for i := 16; i < len(w); i++ {
		x, y := w[i-15], w[i-2]
		w[i] = w[i-16] + (turn(x, -7) ^ turn(x, -18) ^ x>>3) + w[i-7] + (turn(y, -17) ^ turn(y, -19) ^ y>>10)
	}
	a, b, c, d, e, f, g, h := state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
	for i, word := range w {
		t := h + (turn(e, -6) ^ turn(e, -11) ^ turn(e, -25)) + (e&f ^ ^e&g) + sha256Rounds[i] + word
		u := (turn(a, -2) ^ turn(a, -13) ^ turn(a, -22)) + (a&b ^ a&c ^ b&c)
		a, b, c, d, e, f, g, h = t+u, a, b, c, d+t, e, f, g
	}
	for i, x := range [...]uint32{a, b, c, d, e, f, g, h} {
		state[i] += x
	}
}

// sha256Rounds are the first 32 bits behind the point of the cube roots of the first 64 primes.
var sha256Rounds = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}
