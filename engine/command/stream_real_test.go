//go:build !js

package command

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

func init() {
	families = append(families, family{"streams", streamLine})
	for _, name := range []string{"XINFO", "XPENDING"} {
		loose[name] = sameButIdle
	}
}

// sameButIdle accepts moments and times of rest that differ a little.
func sameButIdle(got, want resp.Value) bool {
	if got.Kind == resp.KindInt && want.Kind == resp.KindInt {
		d := max(got.Int-want.Int, want.Int-got.Int)
		return d == 0 || d <= 5000 && got.Int > 50_000
	}
	if got.Kind != want.Kind || len(got.Elems) != len(want.Elems) || got.Str != want.Str {
		return false
	}
	for i := range got.Elems {
		rest := i == 2 && len(got.Elems) == 4 && got.Elems[0].Kind == resp.KindBulk && strings.Contains(got.Elems[0].Str, "-") ||
			i > 0 && got.Elems[i-1].Str == "idle"
		if rest && max(got.Elems[i].Int-want.Elems[i].Int, want.Elems[i].Int-got.Elems[i].Int) <= 5000 {
			continue
		}
		if !sameButIdle(got.Elems[i], want.Elems[i]) {
			return false
		}
	}
	return true
}

// sameStreamDump reports whether two DUMPs of a stream differ in nothing but moments.
func sameStreamDump(got, want []byte) bool {
	if len(got) != len(want) {
		return false
	}
	const checksum = 8 + 2
	const decade = 10 * 365 * 24 * 3600 * 1000
	got, want = slices.Clone(got[:len(got)-checksum]), slices.Clone(want[:len(want)-checksum])
	for i := 0; i+8 <= len(got); i++ {
		a, b := binary.LittleEndian.Uint64(got[i:]), binary.LittleEndian.Uint64(want[i:])
		if a != b && a > 4*decade && a < 10*decade && max(a-b, b-a) <= 5000 || a-b <= 5000 && a > 4*decade && a < 10*decade {
			copy(got[i:i+8], want[i:i+8])
		}
	}
	return string(got) == string(want)
}

func (g *gen) streamID() string {
	if g.chance(15) {
		return g.pick("0-0", "0", "-", "+", "*", "$", ">", "x", "", "1-", "-1", "1-x", "01-1", "+1", " 5", "1--5", "1--05", "18446744073709551615", "18446744073709551616",
			"18446744073709551615-18446744073709551615", "5\x00x", "5-*", "9-*", "1-1-1", strings.Repeat("0", 126)+"1", strings.Repeat("0", 127)+"1")
	}
	id := strconv.Itoa(g.IntN(40))
	if g.chance(2) {
		id += "-" + strconv.Itoa(g.IntN(4))
	}
	return id
}

// newStreamID is one that is above those before most of the time: scripts begin with low ones.
func (g *gen) newStreamID() string {
	switch g.IntN(12) {
	case 0:
		return g.streamID()
	case 1, 2, 3:
		return g.pick("1", "3", "10", "20", "39") + "-*"
	case 4:
		return g.pick("3", "10", "20", "200") + "-" + g.number()
	}
	return strconv.Itoa(g.IntN(45)) + g.pick("", "-*", "-*", "-1", "-200")
}

func (g *gen) streamBound() string {
	switch g.IntN(8) {
	case 0, 1:
		return "-"
	case 2, 3:
		return "+"
	case 4:
		return "(" + g.streamID()
	case 5:
		return g.pick("(", "(-", "(+", "(0-0", "(18446744073709551615-18446744073709551615", "(18446744073709551615")
	}
	return g.streamID()
}

func (g *gen) group() string    { return g.pick("g", "g", "g", "h", "group", "", "a\x00b") }
func (g *gen) consumer() string { return g.pick("c", "d", "alice", "bob", "") }
func (g *gen) idle() string {
	return g.pick("0", "0", "0", "100000", "1000000000000000", "-5", g.number())
}

func (g *gen) trimming() []string {
	var c []string
	for range 1 + g.IntN(1+g.IntN(2)) {
		c = append(c, g.pick("MAXLEN", "MAXLEN", "minid", "MINID"))
		if g.chance(2) {
			c = append(c, g.pick("~", "~", "="))
		}
		c = append(c, g.pick(g.streamID(), g.count(), g.count()))
		if g.chance(5) {
			c = append(c, "LIMIT", g.pick("0", "3", "10", g.count()))
		}
	}
	return c
}

func streamLine(g *gen) []string {
	key := g.key()
	switch g.IntN(34) {
	case 0:
		return append(append([]string{"XTRIM", key}, g.trimming()...), g.pick("", "LIMIT"))[:3+g.IntN(3)]
	case 1, 2:
		return append([]string{"XTRIM", key}, g.trimming()...)
	case 3:
		return []string{"XLEN", key}
	case 4, 5:
		c := []string{g.pick("XRANGE", "XREVRANGE"), key, g.streamBound(), g.streamBound()}
		if g.chance(2) {
			c = append(c, g.pick("COUNT", "count", "COUNTS"), g.count())
		}
		return c
	case 6, 7:
		c := []string{"XDEL", key}
		for range 1 + g.IntN(4) {
			c = append(c, g.streamID())
		}
		return c
	case 8:
		c := []string{"XREAD"}
		if g.chance(2) {
			c = append(c, "COUNT", g.count())
		}
		if g.chance(8) {
			c = append(c, g.pick("NOACK", "GROUP", "BLOCK"))
		}
		return append(c, "STREAMS", key, g.key(), g.streamID(), g.pick("0", "$", g.streamID()))
	case 9, 10, 11, 12, 13:
		c := []string{"XREADGROUP", "GROUP", g.group(), g.consumer()}
		if g.chance(2) {
			c = append(c, "COUNT", g.count())
		}
		if g.chance(5) {
			c = append(c, "NOACK")
		}
		id := g.pick(">", ">", "0", g.streamID())
		if g.chance(6) {
			return append(c, "STREAMS", key, g.key(), id, ">")
		}
		return append(c, "STREAMS", key, id)
	case 14, 15:
		c := []string{"XACK", key, g.group()}
		for range 1 + g.IntN(4) {
			c = append(c, g.streamID())
		}
		return c
	case 16, 17:
		c := []string{"XPENDING", key, g.group()}
		if g.chance(3) {
			return c
		}
		if g.chance(3) {
			c = append(c, "IDLE", g.idle())
		}
		c = append(c, g.streamBound(), g.streamBound(), g.count())
		if g.chance(2) {
			c = append(c, g.consumer())
		}
		return c
	case 18, 19, 20:
		c := []string{"XCLAIM", key, g.group(), g.consumer(), g.idle()}
		for range 1 + g.IntN(3) {
			c = append(c, g.streamID())
		}
		for range g.IntN(3) {
			switch g.IntN(8) {
			case 0:
				c = append(c, "IDLE", g.pick("1000000", "99999999999999", g.number()))
			case 1:
				c = append(c, "TIME", g.pick("1600000000000", "0", "-1", g.number()))
			case 2:
				c = append(c, "RETRYCOUNT", g.count())
			case 3, 4:
				c = append(c, "FORCE")
			case 5:
				c = append(c, "JUSTID")
			case 6:
				c = append(c, "LASTID", g.streamID())
			default:
				c = append(c, g.pick("what", "force", "IDLE"))
			}
		}
		return c
	case 21, 22:
		c := []string{"XAUTOCLAIM", key, g.group(), g.consumer(), g.idle(), g.streamBound()}
		if g.chance(2) {
			c = append(c, "COUNT", g.count())
		}
		if g.chance(3) {
			c = append(c, g.pick("JUSTID", "FORCE"))
		}
		return c
	case 23:
		c := []string{"XSETID", key, g.pick("39", "50-5", g.streamID())}
		if g.chance(2) {
			c = append(c, "ENTRIESADDED", g.count())
		}
		if g.chance(3) {
			c = append(c, "MAXDELETEDID", g.streamID())
		}
		return c
	case 24, 25, 26:
		c := []string{"XGROUP", g.pick("CREATE", "create", "CREATE", "SETID"), key, g.group(), g.pick("0", "$", g.streamID())}
		for range g.IntN(3) {
			c = append(c, g.pick("MKSTREAM", "ENTRIESREAD"))
			if c[len(c)-1] == "ENTRIESREAD" {
				c = append(c, g.count())
			}
		}
		return c
	case 27:
		return []string{"XGROUP", g.pick("CREATECONSUMER", "DELCONSUMER"), key, g.group(), g.consumer()}
	case 28:
		if g.chance(3) {
			return []string{"XGROUP", g.pick("DESTROY", "NOSUCH"), key, g.group()}
		}
		return []string{"XINFO", "CONSUMERS", key, g.group()}
	case 29:
		return []string{"XINFO", g.pick("STREAM", "GROUPS"), key}
	case 30:
		c := []string{"XINFO", "STREAM", key, g.pick("FULL", "full", "ALL")}
		if g.chance(2) {
			c = append(c, g.pick("COUNT", "COUNTS"), g.count())
		}
		return c
	}
	c := []string{"XADD", key}
	if g.chance(10) {
		c = append(c, "NOMKSTREAM")
	}
	if g.chance(5) {
		c = append(c, g.trimming()...)
	}
	c = append(c, g.newStreamID())
	fields := []string{"a", "b", "field", "12", "300"}[:1+g.IntN(5)]
	if g.chance(3) {
		fields = fields[:1]
	}
	for _, f := range fields {
		c = append(c, f, g.value())
	}
	return c
}

// Entries fill node after node, go from the front and from within, and both sides pack them into the same bytes.
func TestStreamsArePackedAsRedisPacksThem(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	g := &gen{Rand: rand.New(rand.NewPCG(seed, seed))}
	r := newRig(t)
	for round := range 12 {
		key := fmt.Sprint("s", round)
		ms := g.Uint64N(1 << (3 + 5*round%50))
		for i := range 300 + g.IntN(300) {
			switch g.IntN(12) {
			case 0:
				ms += g.Uint64N(1 << (g.IntN(40)))
			case 1:
				r.same("XDEL", key, fmt.Sprint(ms, "-", i-1), fmt.Sprint(ms, "-", i-3))
			case 2:
				if g.chance(6) {
					r.same("XTRIM", key, "MAXLEN", g.pick("~", "="), fmt.Sprint(50+g.IntN(300)))
				}
				if g.chance(20) {
					r.same("XTRIM", key, "MINID", g.pick("~", "="), fmt.Sprint(ms-min(ms, g.Uint64N(100)), "-", i))
				}
			}
			line := []string{"XADD", key, fmt.Sprint(ms, "-", i), "field", g.member()}
			if g.chance(4) {
				line = append(line, g.member(), g.value())
			}
			if g.chance(10) {
				line = append(line, "long", strings.Repeat("x", g.IntN(5000)))
			}
			r.same(line...)
		}
		r.same("XINFO", "STREAM", key)
		r.same("XREVRANGE", key, "+", "-", "COUNT", "150")
		r.same("XRANGE", key, fmt.Sprint(ms/2), "+")
		r.same("DUMP", key)
	}
	r.sameStream()
	if difference := r.compareAll(); difference != "" {
		t.Fatal(difference)
	}
}

// Where the last ID lies ahead of the clock, the next one follows it.
func TestNewIDsNeverGoBack(t *testing.T) {
	r := newRig(t)
	r.same("XADD", "s", "99999999999999-5", "a", "b")
	r.same("XADD", "s", "*", "a", "b")
	r.same("XADD", "s", "99999999999999-18446744073709551615", "a", "b")
	r.same("XADD", "s", "99999999999999-*", "a", "b")
	r.same("XADD", "s", "*", "a", "b")
	r.same("XADD", "s", "18446744073709551615-18446744073709551615", "a", "b")
	r.same("XADD", "s", "*", "a", "b")
	r.same("XADD", "s", "18446744073709551615-*", "a", "b")
	r.sameStream()
	if difference := r.compareAll(); difference != "" {
		t.Fatal(difference)
	}
}
