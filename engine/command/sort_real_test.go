//go:build !js

package command

import (
	"strconv"
	"strings"
)

func init() { families = append(families, family{"sort", sortLine}) }

// sortLine makes lists and sets of few elements, keys and hashes that go with the elements, and sorts.
func sortLine(g *gen) []string {
	element := func() string {
		if g.chance(4) {
			return g.pick("a", "b", "c", "", "x\x00y", "x\x00z", "inf", "-INF", "nan", " 5", "5 ", "0x10", "1e400", "1e-400", "1e-310", "0e-400", "1_0", "+3", "+-3")
		}
		return strconv.Itoa(g.IntN(60))
	}
	elements := func(line ...string) []string {
		for range 1 + g.IntN(1<<g.IntN(7)) {
			line = append(line, element())
		}
		return line
	}
	number := func() string { return strconv.Itoa(g.IntN(60)) }
	switch g.IntN(13) {
	case 12:
		line := []string{"ZADD", "sort:zset"}
		for range 1 + g.IntN(20) {
			line = append(line, number(), number())
		}
		return line
	case 0:
		return elements("RPUSH", "sort:list"+g.pick("1", "2"))
	case 1:
		line := []string{"RPUSH", "sort:list3"}
		for range g.IntN(70) {
			line = append(line, number())
		}
		return line
	case 2:
		line := []string{"SADD", "sort:set"}
		for range 1 + g.IntN(20) {
			line = append(line, number())
		}
		return line
	case 3:
		line := []string{"MSET"}
		for range 1 + g.IntN(20) {
			line = append(line, "w_"+number(), g.pick("1", "2", "3", "1", "2", "x", number()))
		}
		return line
	case 4:
		return []string{"HSET", "h_" + number(), "f", g.pick("1", "2", "x"), "g\x00h", number()}
	case 5:
		return []string{"DEL", g.pick("sort:list1", "sort:list2", "sort:list3", "sort:set", "sort:to")}
	}
	c := []string{g.pick("SORT", "SORT", "SORT", "sort_ro"), g.pick("sort:list1", "sort:list2", "sort:list3", "sort:set", "sort:zset", "sort:to", g.key())}
	// Elements of a set that weigh the same come as they stand in the server's table: no test of ours.
	set := c[1] == "sort:set" || c[1] == "sort:zset" || !strings.HasPrefix(c[1], "sort:")
	alpha := g.chance(3)
	if alpha {
		c = append(c, "ALPHA")
	}
	if !(set && alpha) && g.chance(2) {
		c = append(c, "BY", g.pick("w_*", "w_*", "w_*", "h_*->f", "h_*->g\x00h", "h_*->", "#", "nosort*", "w_*\x00", "*"))
	} else if (!set || c[1] == "sort:zset") && g.chance(3) {
		c = append(c, "BY", "nosort")
	}
	for g.chance(2) {
		switch g.IntN(6) {
		case 0:
			c = append(c, g.pick("ASC", "DESC", "desc"))
		case 1, 2:
			c = append(c, "LIMIT", g.pick("0", "1", "5", "-1", "100", "x"), g.pick("0", "1", "5", "10", "-1", "-5", "100", "x"))
		case 3:
			c = append(c, "GET", g.pick("#", "w_*", "h_*->f", "h_*->g\x00h", "plain", "->*"))
		case 4:
			c = append(c, "STORE", g.pick("sort:to", "sort:list1"))
		case 5:
			c = append(c, g.pick("nonsense", "LIMIT", "BY"))
		}
	}
	return c
}
