package store

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// An HLL is the bytes of a string that is a HyperLogLog, as Redis keeps it: an estimate of how many different elements
// were added. Each element chooses one of 16384 registers by its hash, which keeps the longest run of zero bits (plus
// one) that the rest of such a hash began with.
//
//	"HYLL", encoding, 3 unused bytes, 8 bytes: the cached cardinality; its highest bit says that it is out of date
//	dense:  6 bits for each register, the lowest first
//	sparse: runs of registers with the same value
//	        00nnnnnn            n+1 registers are 0
//	        01nnnnnn nnnnnnnn   n+1 registers are 0
//	        1vvvvvnn            n+1 registers are v+1
//
// Source: redis/src/hyperloglog.c.
type HLL []byte

// HLLRegisters is the number of registers.
const HLLRegisters = 1 << hllIndexBits

const (
	hllIndexBits  = 14 // of the hash, to choose the register
	hllRunBits    = 64 - hllIndexBits
	hllHeader     = 16 // bytes
	hllDenseBytes = hllHeader + HLLRegisters*6/8
	hllDense      = 0 // encodings
	hllSparse     = 1
	hllMagic      = "HYLL"
	hllStale      = 0x80 // in the last byte of the cached cardinality

	hllZeroMax     = 64 // registers of the short run of zeros
	hllRunMax      = 4  // registers of a run of a value
	hllRunValueMax = 32
)

// NewHLL returns a HyperLogLog that nothing was added to, in the sparse form.
func NewHLL() HLL {
	h := make(HLL, hllHeader, hllHeader+2)
	copy(h, hllMagic)
	h[4] = hllSparse
	return appendHLLZeros(h, HLLRegisters)
}

// IsHLL reports whether a string may be a HyperLogLog. A sparse one may still turn out to be corrupt.
//
// Source: redis/src/hyperloglog.c, isHLLObjectOrReply.
func IsHLL(s string) bool {
	return len(s) >= hllHeader && s[:4] == hllMagic && s[4] <= hllSparse && (s[4] != hllDense || len(s) == hllDenseBytes)
}

// Dense reports whether h is in the dense form, the one that is changed in place.
func (h HLL) Dense() bool { return h[4] == hllDense }

// Cached returns the cardinality that was counted last, and whether it is up to date.
func (h HLL) Cached() (n uint64, ok bool) {
	return binary.LittleEndian.Uint64(h[8:]), h[15]&hllStale == 0
}

// Cache keeps the cardinality.
func (h HLL) Cache(n uint64) { binary.LittleEndian.PutUint64(h[8:], n) }

// Invalidate says that the cached cardinality is out of date.
func (h HLL) Invalidate() { h[15] |= hllStale }

// Add adds an element. It reports whether that changed a register, and whether h is intact. A sparse h that would get
// longer than sparseMax bytes becomes a dense one.
func (h *HLL) Add(element []byte, sparseMax int) (changed, ok bool) {
	index, value := hllPlace(element)
	return h.Raise(index, value, sparseMax)
}

// hllPlace returns the register of an element, and what the register has to be at least.
//
// Source: redis/src/hyperloglog.c, hllPatLen.
func hllPlace(element []byte) (index int, value uint8) {
	h := hllHash(element)
	return int(h & (HLLRegisters - 1)), uint8(bits.TrailingZeros64(h>>hllIndexBits|1<<hllRunBits)) + 1
}

// hllHash is MurmurHash2 in its 64-bit variant, with the seed that Redis uses.
//
// Source: redis/src/hyperloglog.c, MurmurHash64A.
func hllHash(b []byte) uint64 {
	const mul, shift = 0xc6a4a7935bd1e995, 47
	h := 0xadc83b19 ^ uint64(len(b))*mul
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * mul
		k ^= k >> shift
		h = (h ^ k*mul) * mul
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		h = (h ^ binary.LittleEndian.Uint64(tail[:])) * mul
	}
	h ^= h >> shift
	h *= mul
	return h ^ h>>shift
}

// Raise makes a register at least value; the results are those of Add.
func (h *HLL) Raise(index int, value uint8, sparseMax int) (changed, ok bool) {
	if h.Dense() {
		return h.raiseDense(index, value), true
	}
	return h.raiseSparse(index, value, sparseMax)
}

func (h HLL) raiseDense(index int, value uint8) bool {
	if h.register(index) >= value {
		return false
	}
	h.setRegister(index, value)
	return true
}

// register and setRegister read and write a register of the dense form. Its six bits may be in two bytes.
func (h HLL) register(i int) uint8 {
	at, shift := hllHeader+i*6/8, i*6%8
	v := h[at] >> shift
	if shift > 2 {
		v |= h[at+1] << (8 - shift)
	}
	return v & 63
}

func (h HLL) setRegister(i int, v uint8) {
	at, shift := hllHeader+i*6/8, i*6%8
	h[at] = h[at]&^(63<<shift) | v<<shift
	if shift > 2 {
		h[at+1] = h[at+1]&^(63>>(8-shift)) | v>>(8-shift)
	}
}

// An hllRun is a run of the sparse form.
type hllRun struct {
	value  uint8
	length int // registers
	bytes  int // that it takes
}

// run reads the run at a place of the sparse form.
func (h HLL) run(at int) hllRun {
	b := h[at]
	switch b >> 6 {
	case 0:
		return hllRun{length: int(b) + 1, bytes: 1}
	case 1:
		length := int(b&63) << 8
		if at+1 < len(h) { // else a zero byte, which ends every string in Redis
			length |= int(h[at+1])
		}
		return hllRun{length: length + 1, bytes: 2}
	}
	return hllRun{value: b>>2&31 + 1, length: int(b&3) + 1, bytes: 1}
}

func appendHLLZeros(dst []byte, n int) []byte {
	if n > hllZeroMax {
		return append(dst, 1<<6|byte((n-1)>>8), byte(n-1))
	}
	return append(dst, byte(n-1))
}

func appendHLLRun(dst []byte, value uint8, n int) []byte {
	if value == 0 {
		return appendHLLZeros(dst, n)
	}
	return append(dst, 1<<7|(value-1)<<2|byte(n-1))
}

// raiseSparse splits the run of the register into up to three, and then joins neighbours of one value.
//
// Source: redis/src/hyperloglog.c, hllSparseSet, step by step, since the bytes show which runs were split and joined.
func (h *HLL) raiseSparse(index int, value uint8, sparseMax int) (changed, ok bool) {
	if value > hllRunValueMax {
		return h.promote(index, value)
	}
	before, at, first := hllHeader, hllHeader, 0
	var r hllRun
	for {
		if at >= len(*h) {
			return false, false
		}
		if r = h.run(at); index < first+r.length {
			break
		}
		before, at, first = at, at+r.bytes, first+r.length
	}
	if r.value >= value {
		return false, true
	}
	var room [5]byte // two long runs of zeros around the register
	split := room[:0]
	if r.length > 1 || r.bytes == 2 {
		if n := index - first; n > 0 {
			split = appendHLLRun(split, r.value, n)
		}
		split = appendHLLRun(split, value, 1)
		if n := first + r.length - 1 - index; n > 0 {
			split = appendHLLRun(split, r.value, n)
		}
	} else {
		split = appendHLLRun(split, value, 1)
	}
	more := len(split) - r.bytes
	if more > 0 && len(*h)+more > sparseMax {
		return h.promote(index, value)
	}
	h.replace(at, min(at+r.bytes, len(*h)), split)
	h.join(before)
	h.Invalidate()
	return true, true
}

// replace puts other bytes in place of those from i up to and not including j.
func (h *HLL) replace(i, j int, b []byte) {
	more := len(b) - (j - i)
	old := len(*h)
	if more > 0 {
		*h = append(*h, b[:more]...) // for their number alone
	}
	copy((*h)[i+len(b):], (*h)[j:old])
	*h = (*h)[:old+more]
	copy((*h)[i:], b)
}

// join makes one run of neighbours with the same value, looking at five runs from the given one on.
func (h *HLL) join(at int) {
	for steps := 5; steps > 0 && at < len(*h); steps-- {
		a := h.run(at)
		if a.value != 0 && at+1 < len(*h) {
			b := h.run(at + 1)
			if b.value == a.value && a.length+b.length <= hllRunMax {
				h.replace(at, at+2, appendHLLRun(nil, a.value, a.length+b.length))
				continue
			}
		}
		at += a.bytes
	}
}

func (h *HLL) promote(index int, value uint8) (changed, ok bool) {
	if !h.MakeDense() {
		return false, false
	}
	return h.raiseDense(index, value), true
}

// MakeDense turns h into the dense form. It reports false, and changes nothing, when h is corrupt.
//
// Source: redis/src/hyperloglog.c, hllSparseToDense.
func (h *HLL) MakeDense() bool {
	if h.Dense() {
		return true
	}
	dense := make(HLL, hllDenseBytes)
	copy(dense, (*h)[:hllHeader])
	dense[4] = hllDense
	ok := h.eachRun(func(first int, r hllRun) {
		if r.value != 0 {
			for i := first; i < first+r.length; i++ {
				dense.setRegister(i, r.value)
			}
		}
	})
	if ok {
		*h = dense
	}
	return ok
}

// eachRun calls f for the runs of the sparse form. It reports false when they do not cover the registers exactly, and
// never goes beyond them.
func (h HLL) eachRun(f func(first int, r hllRun)) bool {
	first := 0
	for at := hllHeader; at < len(h); {
		r := h.run(at)
		if first+r.length > HLLRegisters {
			return false
		}
		f(first, r)
		first += r.length
		at += r.bytes
	}
	return first == HLLRegisters
}

// MergeInto makes every register of all at least that of h. It reports false when h is corrupt.
//
// Source: redis/src/hyperloglog.c, hllMerge.
func (h HLL) MergeInto(all *[HLLRegisters]uint8) bool {
	if h.Dense() {
		for i := range all {
			all[i] = max(all[i], h.register(i))
		}
		return true
	}
	return h.eachRun(func(first int, r hllRun) {
		for i := first; i < first+r.length && r.value != 0; i++ {
			all[i] = max(all[i], r.value)
		}
	})
}

// Register returns the value of a register of a dense h.
func (h HLL) Register(i int) uint8 { return h.register(i) }

// AppendRuns appends the runs of a sparse h as text: "Z:n" and "z:n" are n zeros in the long and the short form,
// "v:x,n" is n times x.
//
// Source: redis/src/hyperloglog.c, pfdebugCommand.
func (h HLL) AppendRuns(dst []byte, number func(dst []byte, n int) []byte) []byte {
	for at := hllHeader; at < len(h); {
		r := h.run(at)
		if at > hllHeader {
			dst = append(dst, ' ')
		}
		switch {
		case r.value != 0:
			dst = append(number(append(dst, "v:"...), int(r.value)), ',')
		case r.bytes == 2:
			dst = append(dst, "Z:"...)
		default:
			dst = append(dst, "z:"...)
		}
		dst = number(dst, r.length)
		at += r.bytes
	}
	return dst
}

// Count estimates the cardinality. It reports false when h is corrupt.
func (h HLL) Count() (n uint64, ok bool) {
	var histogram [64]int
	if h.Dense() {
		for i := range HLLRegisters {
			histogram[h.register(i)]++
		}
		return estimate(&histogram), true
	}
	ok = h.eachRun(func(_ int, r hllRun) { histogram[r.value] += r.length })
	return estimate(&histogram), ok
}

// CountRegisters estimates the cardinality from registers.
func CountRegisters(all *[HLLRegisters]uint8) uint64 {
	var histogram [64]int
	for _, v := range all {
		histogram[v]++
	}
	return estimate(&histogram)
}

// estimate is Otmar Ertl's estimator: how many elements make it likely that so many registers have each value. The
// conversions keep the compiler from joining operations, which would round differently on some machines.
//
// Source: redis/src/hyperloglog.c, hllCount; Ertl, New cardinality estimation algorithms for HyperLogLog sketches, 2017.
func estimate(histogram *[64]int) uint64 {
	const m, alpha = float64(HLLRegisters), 0.721347520444481703680
	z := float64(m * ertlTau((m-float64(histogram[hllRunBits+1]))/m))
	for j := hllRunBits; j >= 1; j-- {
		z = float64(z+float64(histogram[j])) * 0.5
	}
	z += float64(m * ertlSigma(float64(histogram[0])/m))
	return uint64(math.Round(float64(float64(alpha*m)*m) / z))
}

func ertlSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for before := math.NaN(); z != before; y += y {
		x *= x
		before = z
		z += float64(x * y)
	}
	return z
}

func ertlTau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for before := math.NaN(); z != before; {
		x = math.Sqrt(x)
		before = z
		y *= 0.5
		d := 1 - x
		z -= float64(float64(d*d) * y)
	}
	return z / 3
}
