package command

import (
	"resync/engine/resp"
	"resync/engine/store"
)

// lcs implements LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN].
//
// Source: redis/src/t_string.c, lcsCommand.
func lcs(c *Call) {
	x, y := c.read(c.Args[1]), c.read(c.Args[2])
	if x != nil && y == nil {
		x = c.db().Get(c.Args[1]) // the second may just have expired, which moves entries
	}
	for _, e := range []*store.Entry{x, y} {
		if e != nil && e.Value.Kind() != store.String {
			c.Reply.Error(errLCSKeys)
			return
		}
	}
	o, ok := c.parseLCSOptions()
	if !ok {
		return
	}
	a, b := "", ""
	if x != nil {
		a = x.Value.Str()
	}
	if y != nil {
		b = y.Value.Str()
	}
	// Redis fills a table with a word of four bytes for each pair of positions, and refuses when that is too large.
	// Ours is smaller, but takes as long.
	if int64(len(a)+1)*int64(len(b)+1) > c.longest()/4 {
		c.Reply.Error(errLCSMemory)
		return
	}
	t := newCommonTable(a, b)
	switch {
	case o.ranges:
		c.replyRanges(t, o)
	case o.length:
		c.Reply.Int(int64(t.length))
	default:
		common := make([]byte, t.length)
		at := len(common)
		t.walk(func(m match) {
			at -= m.len
			copy(common[at:], a[m.a:m.a+m.len])
		})
		c.Reply.Bulk(common)
	}
}

type lcsOptions struct {
	ranges, length, lengths bool
	shortest                int64
}

func (c *Call) parseLCSOptions() (o lcsOptions, ok bool) {
	for i := 3; i < len(c.Args); i++ {
		switch word := c.Args[i]; {
		case is(word, "IDX"):
			o.ranges = true
		case is(word, "LEN"):
			o.length = true
		case is(word, "WITHMATCHLEN"):
			o.lengths = true
		case is(word, "MINMATCHLEN") && i+1 < len(c.Args):
			i++
			if o.shortest, ok = c.integer(i); !ok {
				return o, false
			}
		default:
			c.Reply.Error(errSyntax)
			return o, false
		}
	}
	if o.ranges && o.length {
		c.Reply.Error(errLCSBoth)
		return o, false
	}
	return o, true
}

// obeyedMax is how many bytes a string may get that a master says, whose own limit may be another: enough for any, and too
// few to bring a replica down by one wrong offset.
const obeyedMax = 1 << 32

// longest returns how many bytes a string may have.
//
// Source: redis/src/server.c, mustObeyClient: a replica does not check at all.
func (c *Call) longest() int64 {
	limit := c.Settings.ProtoMaxBulkLen
	if limit == 0 {
		limit = resp.DefaultMaxBulk
	}
	if c.Expiry == ExpireIgnored {
		return max(limit, obeyedMax)
	}
	return limit
}

func (c *Call) replyRanges(t *commonTable, o lcsOptions) {
	w := c.Reply
	w.Map(2)
	w.BulkString("matches")
	start, n := len(w.Buf), 0
	t.walk(func(m match) {
		if int64(m.len) < o.shortest {
			return
		}
		n++
		if o.lengths {
			w.Array(3)
		} else {
			w.Array(2)
		}
		for _, from := range [2]int{m.a, m.b} {
			w.Array(2)
			w.Int(int64(from))
			w.Int(int64(from + m.len - 1))
		}
		if o.lengths {
			w.Int(int64(m.len))
		}
	})
	w.ArrayFrom(start, n)
	w.BulkString("len")
	w.Int(int64(t.length))
}

// A commonTable knows the longest common subsequence of all beginnings of two strings. To find the way back from the
// end, it is enough to know for each pair of beginnings which of the two to shorten: one bit.
type commonTable struct {
	a, b   string
	length int      // of the longest common subsequence
	bits   []uint64 // set where a is to be shortened; those of one position of a follow one another
}

func newCommonTable(a, b string) *commonTable {
	t := &commonTable{a: a, b: b, bits: make([]uint64, (len(a)*len(b)+63)/64)}
	above, row := make([]uint32, len(b)+1), make([]uint32, len(b)+1) // lengths for the position of a before, and for this
	for i := range len(a) {
		for j := range len(b) {
			switch {
			case a[i] == b[j]:
				row[j+1] = above[j] + 1
			case above[j+1] > row[j]:
				row[j+1] = above[j+1]
				bit := i*len(b) + j
				t.bits[bit/64] |= 1 << (bit % 64)
			default:
				row[j+1] = row[j]
			}
		}
		above, row = row, above
	}
	t.length = int(above[len(b)])
	return t
}

// A match is a part that both strings have: where it begins in each, and its length in bytes.
type match struct{ a, b, len int }

// walk calls f for the parts of the common subsequence, from the last to the first.
func (t *commonTable) walk(f func(match)) {
	var m match
	i, j := len(t.a), len(t.b)
	for i > 0 && j > 0 {
		if t.a[i-1] == t.b[j-1] {
			i, j = i-1, j-1
			m = match{i, j, m.len + 1}
			continue
		}
		if m.len > 0 {
			f(m)
			m.len = 0
		}
		bit := (i-1)*len(t.b) + j - 1
		if t.bits[bit/64]>>(bit%64)&1 != 0 {
			i--
		} else {
			j--
		}
	}
	if m.len > 0 {
		f(m)
	}
}
