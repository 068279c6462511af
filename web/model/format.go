package model

import (
	"strconv"
	"time"

	"resync/engine"
)

// commas prints n with a comma between thousands, as drawings do: "28,826". CLI and logs print plain digits.
func commas(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// byteCount prints a number of bytes: "28,826 B".
func byteCount(n int64) string { return commas(n) + " B" }

// at prints an offset as drawings do.
func at(o engine.Offset) string { return commas(int64(o)) }

// size prints a configured size in the largest of Redis's units that divides it: "16kb", "1mb", "20000".
func size(n int64) string {
	switch {
	case n > 0 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "gb"
	case n > 0 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "mb"
	case n > 0 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "kb"
	}
	return strconv.FormatInt(n, 10)
}

// sized prints a configured size as the page speaks of it: in one of Redis's units or, where none divides it, in bytes: "16kb",
// "20,000 B".
func sized(n int64) string {
	if s := size(n); s != plain(n) {
		return s
	}
	return byteCount(n)
}

// clock prints a moment of a world in seconds with milliseconds since it began: "45.920". It rounds down, so that no
// moment is shown before it has come.
func clock(t engine.Instant) string {
	return fixed(int64(t.Sub(engine.Epoch)/time.Millisecond), 3)
}

// seconds prints a length of time with one decimal below a minute and none above: "14.7 s", "125 s".
func seconds(d time.Duration) string {
	if d >= time.Minute {
		return commas(int64(d/time.Second)) + " s"
	}
	return fixed(int64(d/(100*time.Millisecond)), 1) + " s"
}

// ago prints how long ago something was: "14.7 s ago".
func ago(d time.Duration) string {
	if d < 100*time.Millisecond {
		return "just now"
	}
	return seconds(d) + " ago"
}

// shortly prints a length of time as people say it of messages: milliseconds below a second.
func shortly(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(int64(d/time.Millisecond), 10) + " ms"
	}
	return seconds(d)
}

// fixed prints n as a decimal number with its last digits behind the point: fixed(1250, 3) is "1.250".
func fixed(n int64, decimals int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := strconv.FormatInt(n, 10)
	for len(digits) <= decimals {
		digits = "0" + digits
	}
	cut := len(digits) - decimals
	return sign + digits[:cut] + "." + digits[cut:]
}

// plural prints a count with its noun: "1 key", "552 keys".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return commas(n) + " " + noun + "s"
}
