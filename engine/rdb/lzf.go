package rdb

// LZF is a list of two kinds of runs:
//
//	000nnnnn                     n+1 bytes follow as they are
//	lllooooo [more] oooooooo     repeat l+2 bytes from o+1 bytes back; l = 7 is 7 + more
//
// A repeat may reach into what it writes itself.
const (
	lzfLiteralMax  = 1 << 5
	lzfDistanceMax = 1 << 13
	lzfRepeatMax   = 1<<8 + 1<<3
	// lzfExpandMax is how many bytes one compressed byte can at most become: three make a repeat of 264.
	lzfExpandMax = lzfRepeatMax / 3

	lzfHashBits = 16
)

// A Compressor finds repetitions as Redis's compressor does, so that both write the same bytes. The zero value is
// ready; from its first use on it holds 256 KiB, and is better kept for many strings. It must not be copied.
type Compressor struct {
	// last tells where three bytes with some hash were seen last: base plus the position in the present string.
	// What is not above base is from an earlier string, so the table need not be cleared for each.
	last *[1 << lzfHashBits]uint32
	base uint32

	scratch []byte
}

// Append appends the compressed form of s to dst and reports whether it is at least save bytes shorter than s.
// If it is not, dst is returned as it was. The check is made a few bytes early, when a run begins, because that is
// where Redis gives up.
//
// Source: the format, and measurements of redis-server's DUMP for the choice among possible repetitions.
func (c *Compressor) Append(dst []byte, s string, save int) ([]byte, bool) {
	if len(s) <= save {
		return dst, false
	}
	if c.last == nil {
		c.last = new([1 << lzfHashBits]uint32)
	}
	if uint64(c.base)+uint64(len(s)) >= 1<<32 {
		if uint64(len(s)) >= 1<<32 {
			return dst, false
		}
		clear(c.last[:])
		c.base = 0
	}
	out, ok := c.compress(dst, s, len(s)-save)
	c.base += uint32(len(s))
	return out, ok
}

// pack returns the compressed form of s, good until the next call, if it is short enough to be written.
func (c *Compressor) pack(s string) (packed []byte, ok bool) {
	c.scratch, ok = c.Append(c.scratch[:0], s, lzfSaveMin)
	return c.scratch, ok
}

// compress appends the compressed form if it has fewer than limit bytes or about that; else it returns dst as it was.
func (c *Compressor) compress(dst []byte, s string, limit int) ([]byte, bool) {
	start := len(dst)
	literals := 0 // how many bytes before i are not yet written
	i := 0
	for i < len(s)-2 {
		// What Redis has written at this point: it reserves the control byte of the next literals in advance.
		size := len(dst) - start + 1 + literals
		ref := c.swap(s, i)
		distance := i - ref
		if ref <= 0 || distance > lzfDistanceMax || s[ref] != s[i] || s[ref+1] != s[i+1] || s[ref+2] != s[i+2] {
			if size >= limit {
				return dst[:start], false
			}
			i++
			if literals++; literals == lzfLiteralMax {
				dst, literals = appendLiterals(dst, s[i-literals:i]), 0
			}
			continue
		}
		if literals == 0 {
			size--
		}
		if size+4 >= limit {
			return dst[:start], false
		}
		n := repetition(s, ref, i)
		dst = appendLiterals(dst, s[i-literals:i])
		dst = appendRepeat(dst, n, distance)
		literals = 0
		i += n
		if i >= len(s)-2 {
			break
		}
		// The positions inside the repetition are not remembered, but for the last two.
		c.swap(s, i-2)
		c.swap(s, i-1)
	}
	if len(dst)-start+1+literals+3 > limit {
		return dst[:start], false
	}
	i -= literals
	for i < len(s) {
		n := min(len(s)-i, lzfLiteralMax)
		dst = appendLiterals(dst, s[i:i+n])
		i += n
	}
	return dst, true
}

// repetition returns how many bytes from i on, at least three, are those from ref on.
//
// The last two bytes of the string are left to literals. Redis compares the bytes up to the nineteenth without
// looking for the end when that is beyond the sixteenth, and so stops a little late.
func repetition(s string, ref, i int) int {
	most := min(len(s)-i-2, lzfRepeatMax)
	if most == 17 || most == 18 {
		most = 19
	}
	n := 3
	for n < most && s[ref+n] == s[i+n] {
		n++
	}
	return n
}

func appendLiterals(dst []byte, s string) []byte {
	if s == "" {
		return dst
	}
	return append(append(dst, byte(len(s)-1)), s...)
}

func appendRepeat(dst []byte, n, distance int) []byte {
	n, distance = n-2, distance-1
	if n < 7 {
		return append(dst, byte(n<<5|distance>>8), byte(distance))
	}
	return append(dst, byte(7<<5|distance>>8), byte(n-7), byte(distance))
}

// swap notes that the three bytes at i are there and returns where their hash was seen before, or a number below 1:
// the first byte of a string is never referred to.
func (c *Compressor) swap(s string, i int) int {
	three := uint32(s[i])<<16 | uint32(s[i+1])<<8 | uint32(s[i+2])
	slot := &c.last[(three>>(24-lzfHashBits)-three*5)&(1<<lzfHashBits-1)]
	ref := int64(*slot) - int64(c.base)
	*slot = c.base + uint32(i)
	return int(ref)
}

// Decompress appends to dst the n bytes that the LZF data p stands for, and reports whether p stands for exactly so
// many. It never writes more than n bytes, and never grows dst before there is something to write.
func Decompress(dst, p []byte, n int) ([]byte, bool) {
	start := len(dst)
	for len(p) > 0 {
		control := int(p[0])
		p = p[1:]
		room := n - (len(dst) - start)
		if control < lzfLiteralMax {
			if control++; control > len(p) || control > room {
				return dst[:start], false
			}
			dst = append(dst, p[:control]...)
			p = p[control:]
			continue
		}
		length := control >> 5
		if length == 7 && len(p) > 0 {
			length += int(p[0])
			p = p[1:]
		}
		length += 2
		if len(p) == 0 || length > room {
			return dst[:start], false
		}
		from := len(dst) - (control&31<<8 | int(p[0])) - 1
		p = p[1:]
		if from < start {
			return dst[:start], false
		}
		for length > 0 {
			// What is there can be copied at once; where the repetition overlaps itself, twice as much each time.
			part := min(length, len(dst)-from)
			dst = append(dst, dst[from:from+part]...)
			length -= part
		}
	}
	return dst, len(dst)-start == n
}
