package store

import (
	"encoding/binary"
	"math/bits"
)

// hashSeed is a constant, because the order of the hashes is the order of RDB files, SCAN and RANDOMKEY, and that
// has to be the same on every machine and in every run. A peer may thus construct keys that collide; they cost it
// a slow search in the one leaf which they share, and nobody else anything.
const hashSeed = 0x9ae16a3b2f90404f

// Odd numbers with bits in no visible pattern: the digits of sqrt(3) and sqrt(5).
const (
	hashMul1 = 0xbb67ae8584caa73b
	hashMul2 = 0x3c6ef372fe94f82b
)

// hash spreads key over 64 bits, of which the trie uses the highest first and a leaf's tags the eight that follow.
// It works on whole 64-bit words with one multiplication each, since WebAssembly has no 128-bit product.
func hash(key []byte) uint64 {
	h := hashSeed ^ uint64(len(key))*hashMul2
	for len(key) >= 8 {
		h = absorb(h, binary.LittleEndian.Uint64(key))
		key = key[8:]
	}
	if len(key) > 0 {
		var tail uint64
		for i := len(key) - 1; i >= 0; i-- {
			tail = tail<<8 | uint64(key[i])
		}
		h = absorb(h, tail)
	}
	h ^= h >> 32
	h *= hashMul1
	h ^= h >> 29
	h *= hashMul2
	return h ^ h>>32
}

// absorb mixes one word into h. Both directions are needed: a product carries changes upwards only, a rotation
// brings them down again.
func absorb(h, word uint64) uint64 {
	return bits.RotateLeft64((h^word)*hashMul1, 31) * hashMul2
}
