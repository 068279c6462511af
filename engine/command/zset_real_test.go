//go:build !js

package command

import "strconv"

func init() { families = append(families, family{"zsets", zsetLine}) }

func zsetLine(g *gen) []string {
	switch g.IntN(40) {
	case 0, 1, 2, 3, 4, 5:
		c := []string{"ZADD", g.key()}
		if g.chance(3) {
			for range 1 + g.IntN(3) {
				c = append(c, g.pick("NX", "XX", "GT", "LT", "CH", "ch", "INCR"))
			}
		}
		return append(c, g.scored()...)
	case 6, 7:
		return []string{"ZADD", g.key(), g.pick("INCR", "incr", "XX", "NX"), g.score(), g.member()}
	case 8, 9:
		return []string{"ZINCRBY", g.key(), g.score(), g.member()}
	case 10, 11:
		return append([]string{"ZREM", g.key()}, g.members(5)...)
	case 12:
		return []string{g.pick("ZCARD", "TYPE", "DEL"), g.key()}
	case 13:
		return []string{g.pick("ZSCORE", "ZRANK", "ZREVRANK"), g.key(), g.member()}
	case 14:
		return append([]string{"ZMSCORE", g.key()}, g.members(4)...)
	case 15:
		return []string{"ZCOUNT", g.key(), g.scoreEnd(), g.scoreEnd()}
	case 16:
		return []string{"ZCARD", g.key()}
	case 17, 18, 19:
		return append([]string{"ZRANGE", g.key()}, g.scoreRange()...)
	case 20, 21:
		return append([]string{"ZRANGESTORE", g.key(), g.key()}, g.scoreRange()...)
	case 22:
		return append([]string{g.pick("ZREVRANGE"), g.key(), g.index(), g.index()}, g.rangeOptions()...)
	case 23, 24:
		return append([]string{g.pick("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), g.key(), g.scoreEnd(), g.scoreEnd()}, g.rangeOptions()...)
	case 25:
		return []string{"ZREMRANGEBYSCORE", g.key(), g.scoreEnd(), g.scoreEnd()}
	case 26:
		return []string{"ZREMRANGEBYRANK", g.key(), g.index(), g.index()}
	case 27:
		return []string{g.pick("ZPOPMIN", "ZPOPMAX"), g.key()}
	case 28:
		return []string{g.pick("ZPOPMIN", "ZPOPMAX"), g.key(), g.count()}
	case 29:
		keys := g.keys(3)
		c := append([]string{"ZMPOP", g.pick(strconv.Itoa(len(keys)), strconv.Itoa(len(keys)), g.pick("0", "1", "2", "-1", "x"))}, keys...)
		c = append(c, g.pick("MIN", "MAX", "min", "mid"))
		for range g.IntN(2) {
			c = append(c, g.pick("COUNT", "count"), g.count())
		}
		return c
	case 30, 31, 32, 33:
		return g.combination()
	case 34:
		return []string{"ZRANDMEMBER", g.key()}
	case 35:
		return []string{"ZRANDMEMBER", g.key(), g.count()}
	case 36:
		return []string{"ZRANDMEMBER", g.key(), g.pick(g.count(), "4611686018427387904", "-9223372036854775808"), g.pick("WITHSCORES", "withscores", "WITHVALUES")}
	case 37:
		return []string{"ZSCAN", g.key(), g.pick("0", "0", "0", "x"), "COUNT", "2000", g.pick("MATCH", "match", "TYPE"), g.pattern()}
	case 38:
		// Members alone tell the order only where all scores are the same.
		c := []string{"ZADD", "lex", "0", g.member(), "0", g.member(), "0", g.member()}
		return c
	}
	lex := []string{g.lexEnd(), g.lexEnd()}
	switch g.IntN(5) {
	case 0:
		return append([]string{"ZLEXCOUNT", "lex"}, lex...)
	case 1:
		return append([]string{"ZREMRANGEBYLEX", "lex"}, lex...)
	case 2:
		return append([]string{"ZRANGE", "lex"}, append(append(lex, "BYLEX"), g.rangeOptions()...)...)
	}
	return append([]string{g.pick("ZRANGEBYLEX", "ZREVRANGEBYLEX"), "lex"}, append(lex, g.rangeOptions()...)...)
}

// scored returns some scores, each with a member.
func (g *gen) scored() []string {
	var words []string
	for _, member := range g.members(4) {
		words = append(words, g.pick("1", "2", "0.5", strconv.Itoa(g.IntN(50)), "-3.25"), member)
	}
	if g.chance(6) {
		words[0] = g.score()
	}
	if g.chance(30) {
		words = words[1:]
	}
	return words
}

func (g *gen) scoreEnd() string {
	return g.pick("", "", "(") + g.pick("-inf", "+inf", "inf", g.score(), strconv.Itoa(g.IntN(30)))
}

func (g *gen) lexEnd() string {
	return g.pick("-", "+", "["+g.member(), "("+g.member(), "[b", "(e", g.member(), "")
}

func (g *gen) rangeOptions() (words []string) {
	for range g.IntN(3) {
		words = append(words, [][]string{{"WITHSCORES"}, {"LIMIT", g.index(), g.index()}, {"limit", "0", g.pick("-1", "2")}, {g.pick("REV", "BYLEX", "LIMIT")}}[g.IntN(4)]...)
	}
	return words
}

func (g *gen) scoreRange() []string {
	words := []string{g.index(), g.index()}
	if g.chance(2) {
		words = []string{g.scoreEnd(), g.scoreEnd(), g.pick("BYSCORE", "byscore")}
	}
	if g.chance(3) {
		words = append(words, "REV")
	}
	return append(words, g.rangeOptions()...)
}

// combination is a line that makes one sorted set of several.
func (g *gen) combination() []string {
	keys := g.keys(4)
	n := strconv.Itoa(len(keys))
	if g.chance(12) {
		n = g.count()
	}
	name := g.pick("ZUNION", "ZINTER", "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZINTERCARD")
	words := []string{name}
	if name[len(name)-1] == 'E' {
		words = append(words, g.key())
	}
	words = append(append(words, n), keys...)
	for range g.IntN(3) {
		switch g.IntN(5) {
		case 0, 1:
			words = append(words, "WEIGHTS")
			for range keys {
				words = append(words, g.score())
			}
		case 2:
			words = append(words, "AGGREGATE", g.pick("SUM", "min", "MAX", "AVG"))
		case 3:
			words = append(words, "WITHSCORES")
		case 4:
			words = append(words, "LIMIT", g.count())
		}
	}
	return words
}
