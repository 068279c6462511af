package resp

import "errors"

// ErrUnbalancedQuotes is what SplitArgs says of a line whose quotes do not close, or close in the middle of a word.
var ErrUnbalancedQuotes = errors.New("unbalanced quotes")

// SplitArgs splits a line into words as redis-cli and inline commands do. Words are parted by blanks. Between double
// quotes stand any bytes, with \n \r \t \b \a \\ \" and \xFF; between single quotes only \' is special. A closing
// quote ends its word.
//
// Source: redis/src/sds.c, sdssplitargs.
func SplitArgs(line string) ([]string, error) {
	words, ok := splitLine([]byte(line), nil)
	if !ok {
		return nil, ErrUnbalancedQuotes
	}
	args := make([]string, len(words))
	for i, w := range words {
		args[i] = string(w)
	}
	return args, nil
}

// splitLine appends the words of line to args. Words without quotes are parts of line itself.
func splitLine(line []byte, args [][]byte) ([][]byte, bool) {
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return args, true
		}
		start := i
		for i < len(line) && !endsWord(line[i]) && line[i] != '"' && line[i] != '\'' {
			i++
		}
		word := line[start:i:i]
		if i < len(line) && !endsWord(line[i]) {
			var ok bool
			if word, i, ok = quotedWord(line, start, i); !ok {
				return args, false
			}
		}
		args = append(args, word)
	}
}

// quotedWord reads the word at start whose first quote is at i, and returns the position behind it.
func quotedWord(line []byte, start, i int) ([]byte, int, bool) {
	word := append([]byte{}, line[start:i]...)
	quote := line[i]
	for i++; i < len(line); i++ {
		c := line[i]
		switch {
		case c == quote:
			// Nothing may follow a closing quote but a blank, so "a"b is an error and not a word.
			return word, i + 1, i+1 == len(line) || isSpace(line[i+1])
		case c == '\\' && quote == '\'' && i+1 < len(line) && line[i+1] == '\'':
			i++
			word = append(word, '\'')
		case c == '\\' && quote == '"' && i+1 < len(line):
			if i+3 < len(line) && line[i+1] == 'x' && hex(line[i+2]) >= 0 && hex(line[i+3]) >= 0 {
				word = append(word, byte(hex(line[i+2])<<4|hex(line[i+3])))
				i += 3
				continue
			}
			i++
			word = append(word, unescape(line[i]))
		default:
			word = append(word, c)
		}
	}
	return nil, i, false
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return c
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// isSpace is what C's isspace holds for a blank. They part words, but of these a word in front of its first quote
// ends only at those of endsWord.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func endsWord(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// Quote writes b as redis-cli shows a string: between double quotes, with \n \r \t \a \b \\ \" and \xff for what
// is not printable ASCII. SplitArgs reads it back.
//
// Source: redis/src/sds.c, sdscatrepr.
func Quote(b []byte) string { return string(appendQuoted(nil, b)) }

func appendQuoted[T []byte | string](dst []byte, b T) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '\\', '"':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\a':
			dst = append(dst, '\\', 'a')
		case '\b':
			dst = append(dst, '\\', 'b')
		default:
			if ' ' <= c && c <= '~' {
				dst = append(dst, c)
			} else {
				dst = append(dst, '\\', 'x', digits[c>>4], digits[c&15])
			}
		}
	}
	return append(dst, '"')
}
