//go:build !js

package command

import "strconv"

func init() { families = append(families, family{"hll", hllLine}) }

func hllLine(g *gen) []string {
	key := func() string {
		if g.chance(15) {
			return g.key()
		}
		return "hll:" + strconv.Itoa(1+g.IntN(4))
	}
	keys := func() (all []string) {
		for range 1 + g.IntN(3) {
			all = append(all, key())
		}
		return all
	}
	switch g.IntN(14) {
	case 0, 1, 2, 3:
		c := []string{"PFADD", key()}
		if !g.chance(20) {
			c = append(c, g.members(4)...)
		}
		return c
	case 4:
		c := []string{"PFADD", key()}
		for range g.IntN(1 << g.IntN(11)) {
			c = append(c, strconv.FormatUint(g.Uint64()>>g.IntN(64), 36))
		}
		return c
	case 5, 6:
		return append([]string{"PFCOUNT"}, keys()...)
	case 7, 8:
		return append([]string{"PFMERGE"}, keys()...)
	case 9, 10:
		return []string{"GET", key()}
	case 11:
		return []string{"PFDEBUG", g.pick("DECODE", "ENCODING", "decode", "GETREG", "TODENSE", "nosuch"), key()}
	case 12:
		return []string{"SET", key(), g.pick("HYLL", "HYLL\x01aaaaaaaaaaa", "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff",
			"HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xfe", "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x00",
			"HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", "HYLL\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", "1", "")}
	}
	return []string{g.pick("DEL", "STRLEN"), key()}
}
