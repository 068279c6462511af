package command

import (
	"bytes"
	"math/big"

	"resync/engine/store"
)

// incrbyfloat implements INCRBYFLOAT key increment.
//
// Source: redis/src/t_string.c, incrbyfloatCommand; util.c, ld2string.
func incrbyfloat(c *Call) {
	key := c.Args[1]
	e := c.write(key)
	if !c.isString(e) {
		return
	}
	sum, at := number{}, int64(0)
	if e != nil {
		var ok bool
		if sum, ok = parseNumber(e.Value.AppendTo(c.text)); !ok {
			c.Reply.Error(errNotFloat)
			return
		}
		at = e.ExpireAt
	}
	n, ok := parseNumber(c.Args[2])
	if !ok {
		c.Reply.Error(errNotFloat)
		return
	}
	if sum, ok = sum.add(n); !ok {
		c.Reply.Error(errNotFinite)
		return
	}
	start := len(c.text)
	c.text = sum.append(c.text)
	text := c.text[start:len(c.text):len(c.text)]
	c.replace(e, key, store.TextString(text), at)
	c.changed(key)
	c.notify('$', "incrbyfloat", key)
	// Rounding is not the same on every machine that a replica may run on: send the result.
	if c.Settings.Forms.BareFloat {
		c.propagateAs(wordSet, key, text)
	} else {
		c.propagateAs(wordSet, key, text, wordKeepTTL)
	}
	c.Reply.Bulk(text)
}

var wordKeepTTL = []byte("KEEPTTL")

// A number is what C's long double is on x86-64: 64 bits of mantissa and 15 of exponent. Redis adds in it and prints
// it with 17 digits behind the point, and since the stream carries the printed result, we reckon to the same bit.
// Numbers too small to have all their bits are not rounded as in C, since all of them print as 0.
type number struct {
	f big.Float // its zero value is 0; never infinite
	// infinite is set for a text such as "inf", which can be read but not be added.
	infinite bool
}

const (
	longDoubleBits = 64
	// Where long double ends: as binary exponents, and roughly as decimal ones, outside of which nothing needs to be
	// worked out.
	longDoubleMaxExp     = 16384  // numbers are below 2^16384
	longDoubleMinExp     = -16445 // the smallest above zero is 2^-16445
	longDoubleMaxDecimal = 4940
	longDoubleMinDecimal = -4960
	longestNumber        = 5*1024 - 1 // bytes of text
)

// parseNumber reads what C's strtold reads: decimal and hexadecimal numbers with or without exponents, and infinity.
// Not a number, numbers too large, and numbers so small that they would be 0 are none.
//
// Source: redis/src/util.c, string2ld.
func parseNumber(b []byte) (n number, ok bool) {
	if len(b) == 0 || len(b) > longestNumber {
		return n, false
	}
	negative := b[0] == '-'
	if negative || b[0] == '+' {
		b = b[1:]
	}
	if is(b, "INF") || is(b, "INFINITY") {
		// is stops at a NUL byte, which strtold does too, but here it makes the text invalid.
		return number{infinite: true}, bytes.IndexByte(b, 0) < 0
	}
	d, ok := parseDigits(b)
	if !ok || !d.round(&n.f) {
		return n, false
	}
	if negative {
		n.f.Neg(&n.f)
	}
	return n, true
}

// digits is a number as its text says it: an integer times a power of 10, or of 2 when it was hexadecimal.
type digits struct {
	base     int // 10 or 16
	mantissa []byte
	exp      int
}

func parseDigits(b []byte) (d digits, ok bool) {
	d.base = 10
	perDigit, expLetter := 1, byte('e')
	if len(b) > 2 && b[0] == '0' && b[1]|0x20 == 'x' {
		d.base, perDigit, expLetter = 16, 4, 'p'
		b = b[2:]
	}
	i, point := 0, false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case isDigit(c, d.base):
			d.mantissa = append(d.mantissa, c)
			if point {
				d.exp -= perDigit
			}
		case c == '.' && !point:
			point = true
		default:
			goto exponent
		}
	}
exponent:
	if len(d.mantissa) == 0 {
		return d, false
	}
	if i == len(b) {
		return d, true
	}
	if b[i]|0x20 != expLetter {
		return d, false
	}
	e, ok := parseExponent(b[i+1:])
	d.exp += e
	return d, ok
}

func isDigit(c byte, base int) bool {
	return '0' <= c && c <= '9' || base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f'
}

// parseExponent reads an exponent. One that is far outside of long double, whatever the mantissa, may come out as
// another such.
func parseExponent(b []byte) (e int, ok bool) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	for _, c := range b {
		if !isDigit(c, 10) {
			return 0, false
		}
		e = min(e*10+int(c-'0'), 1_000_000)
	}
	if negative {
		e = -e
	}
	return e, len(b) > 0
}

// round sets f to the nearest long double, the even one of two. It reports false when that is infinite, or 0 though
// the number is not.
func (d digits) round(f *big.Float) bool {
	f.SetPrec(longDoubleBits)
	mantissa := bytes.TrimLeft(d.mantissa, "0")
	if len(mantissa) == 0 {
		return true
	}
	// The exponents are small enough then that the powers below are too.
	if magnitude := len(mantissa) + d.exp; d.base == 10 && (magnitude > longDoubleMaxDecimal || magnitude < longDoubleMinDecimal) {
		return false
	}
	if d.base == 16 && (d.exp > longDoubleMaxExp || d.exp+4*len(mantissa) < longDoubleMinExp-longDoubleBits) {
		return false
	}
	whole, _ := new(big.Int).SetString(string(mantissa), d.base)
	switch {
	case d.base == 16:
		f.SetInt(whole)
		f.SetMantExp(f, d.exp)
	case d.exp >= 0:
		f.SetInt(whole.Mul(whole, power10(d.exp)))
	default:
		f.SetRat(new(big.Rat).SetFrac(whole, power10(-d.exp)))
	}
	// MantExp counts as if the point stood in front of the mantissa: f is in [2^(exp-1), 2^exp). What is not above
	// half of the smallest number rounds to 0, and exactly half of it does too.
	exp := f.MantExp(nil)
	half := exp == longDoubleMinExp && f.MinPrec() == 1
	return exp <= longDoubleMaxExp && exp >= longDoubleMinExp && !half
}

func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// add returns the sum. It reports false when that is not finite.
func (n number) add(m number) (sum number, ok bool) {
	if n.infinite || m.infinite {
		return sum, false
	}
	sum.f.SetPrec(longDoubleBits).Add(&n.f, &m.f)
	return sum, sum.f.MantExp(nil) <= longDoubleMaxExp
}

// append appends the number as Redis prints it for people: 17 digits behind the point, without zeros at the end.
//
// Source: redis/src/util.c, ld2string with LD_STR_HUMAN.
func (n number) append(dst []byte) []byte {
	text := n.f.Append(nil, 'f', 17)
	text = bytes.TrimRight(text, "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		text = text[1:]
	}
	return append(dst, text...)
}
