package script

import (
	"errors"
	"strconv"
	"strings"
)

// An Error says what is wrong with a script, and where. Line and column count from 1, the column in bytes; a column
// of 0 means the whole line.
type Error struct {
	File         string
	Line, Column int
	Text         string
}

// Error returns `short-outage.resync:12:7: unknown statement 'server': did you mean 'sever'?`. A line typed on its own
// has no place but its column, and the text says enough.
func (e *Error) Error() string {
	if e.File == "" {
		return e.Text
	}
	return place(e.File, e.Line, e.Column) + ": " + e.Text
}

// An ExpectError says that an expectation did not hold, or that until waited in vain.
type ExpectError struct {
	File string
	Line int    // 0 for the whole of it
	Text string // the expectation and the values that there were
}

// Error returns `short-outage.resync:30: expected r1.last_resync = partial, but r1.last_resync is full`.
func (e *ExpectError) Error() string {
	if e.File == "" {
		return e.Text
	}
	return place(e.File, e.Line, 0) + ": " + e.Text
}

// A LimitError says that a session has become larger than it may.
type LimitError struct{ Text string }

// Error returns the limit and its value.
func (e *LimitError) Error() string { return e.Text }

// place says where in the script an error is.
func (s *Script) place(st Statement, err error) error {
	if st.Line == 0 {
		return err
	}
	var failed *ExpectError
	if errors.As(err, &failed) {
		return &ExpectError{s.File, st.Line, failed.Text}
	}
	return &Error{s.File, st.Line, 0, err.Error()}
}

func place(file string, line, column int) string {
	s := file
	if line > 0 {
		s += ":" + strconv.Itoa(line)
	}
	if column > 0 {
		s += ":" + strconv.Itoa(column)
	}
	return s
}

// didYouMean suggests the word nearest to what was written, where one is near.
func didYouMean(written string, words []string) string {
	best, nearest := "", len(written)/3+2
	for _, w := range words {
		if d := distance(written, w); d < nearest {
			best, nearest = w, d
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean '" + best + "'?"
}

// oneOf suggests the nearest word, or else lists them all.
func oneOf(written string, words []string) string {
	if s := didYouMean(written, words); s != "" {
		return s
	}
	return ": expected one of " + strings.Join(words, ", ")
}

// distance counts how many letters must be added, removed, changed or exchanged with their neighbour. Only the
// beginning of a long word counts.
func distance(a, b string) int {
	a, b = a[:min(len(a), 40)], b[:min(len(b), 40)]
	var rows [3][41]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range b {
		last[j+1] = j + 1
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
