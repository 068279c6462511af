package resp

import "strconv"

// ParseInt64 reads a number as strictly as Redis does: an optional minus, then digits, without blanks, a plus, leading
// zeros or "-0". So a number and its text are one and the same. It allocates nothing.
//
// Source: redis/src/util.c, string2ll.
func ParseInt64(b []byte) (int64, bool) { return parseInt(b) }

// ParseInt64String is ParseInt64 for a string.
func ParseInt64String(s string) (int64, bool) { return parseInt(s) }

func parseInt[T []byte | string](b T) (int64, bool) {
	const maxDigits = len("9223372036854775807") // and no number of so many overflows a uint64
	if len(b) == 0 {
		return 0, false
	}
	if len(b) == 1 && b[0] == '0' {
		return 0, true
	}
	i, limit := 0, uint64(1<<63-1)
	if b[0] == '-' {
		i, limit = 1, 1<<63
	}
	if i == len(b) || b[i] < '1' || b[i] > '9' {
		return 0, false
	}
	if len(b)-i > maxDigits {
		return 0, false
	}
	n := uint64(0)
	for ; i < len(b); i++ {
		c := b[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	if n > limit {
		return 0, false
	}
	if b[0] == '-' {
		return -int64(n), true
	}
	return int64(n), true
}

// AppendDouble appends f with 17 significant digits, as C's %.17g prints it, which is how Redis writes doubles:
// "3.1400000000000001", "1e+30", "inf", "-inf", "nan".
//
// Source: redis/src/networking.c, addReplyDouble.
func AppendDouble(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "nan"...)
	case f > maxFloat:
		return append(dst, "inf"...)
	case f < -maxFloat:
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

const maxFloat = 0x1p1023 * (1 + (1 - 0x1p-52))
