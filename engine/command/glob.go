package command

// glob reports whether s matches a pattern of KEYS and SCAN: * any bytes, ? any one, [a-c], [^a-c], and \ in front
// of a byte that stands for itself. It takes at most len(pattern) times len(s) steps.
//
// Source: redis/src/util.c, stringmatchlen. Its oddities are kept: an empty s matches an empty pattern only, a class
// that is not closed ends with the pattern, a range may be given backwards, and what is behind too many stars matches
// nothing.
func glob[S []byte | string](pattern []byte, s S) bool {
	if len(s) == 0 {
		return len(pattern) == 0
	}
	i, j := 0, 0
	star, from := -1, 0 // behind the last star, and where in s the text behind it is tried
	stars := 0          // those that have others behind them count once
	for j < len(s) {
		if i < len(pattern) && pattern[i] == '*' {
			i = skipStars(pattern, i)
			if i == len(pattern) {
				return true
			}
			if stars++; stars > globStars {
				return false
			}
			star, from = i, j
			continue
		}
		if i < len(pattern) {
			if next, ok := globByte(pattern, i, s[j]); ok {
				i, j = next, j+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		from++
		i, j = star, from
	}
	return skipStars(pattern, i) == len(pattern)
}

// globStars is how many stars may have something behind them.
const globStars = 1000

func skipStars(pattern []byte, i int) int {
	for i < len(pattern) && pattern[i] == '*' {
		i++
	}
	return i
}

// globByte reports whether c matches what stands at i, which is no star, and returns the position behind that.
func globByte(pattern []byte, i int, c byte) (next int, ok bool) {
	switch pattern[i] {
	case '?':
		return i + 1, true
	case '[':
		return globClass(pattern, i+1, c)
	case '\\':
		if i+1 < len(pattern) {
			i++
		}
	}
	return i + 1, pattern[i] == c
}

// globClass is globByte for a class whose inside begins at i.
func globClass(pattern []byte, i int, c byte) (next int, ok bool) {
	not := i < len(pattern) && pattern[i] == '^'
	if not {
		i++
	}
	for ; i < len(pattern) && pattern[i] != ']'; i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			ok = ok || pattern[i] == c
		case i+2 < len(pattern) && pattern[i+1] == '-':
			low, high := pattern[i], pattern[i+2]
			if low > high {
				low, high = high, low
			}
			ok = ok || low <= c && c <= high
			i += 2
		default:
			ok = ok || pattern[i] == c
		}
	}
	return min(i+1, len(pattern)), ok != not
}
