//go:build !js

package command

func init() { families = append(families, family{"hashes", hashLine}) }

func hashLine(g *gen) []string {
	switch g.IntN(28) {
	case 0, 1, 2:
		return append([]string{"HSET", g.key()}, g.fields()...)
	case 3:
		return append([]string{"HMSET", g.key()}, g.fields()...)
	case 4:
		return []string{"HSETNX", g.key(), g.member(), g.value()}
	case 5, 6:
		return []string{"HGET", g.key(), g.member()}
	case 7:
		return append([]string{"HMGET", g.key()}, g.members(4)...)
	case 8, 9:
		return []string{g.pick("HGETALL", "HKEYS", "HVALS", "HLEN"), g.key()}
	case 10, 11:
		return append([]string{"HDEL", g.key()}, g.members(5)...)
	case 12:
		return []string{g.pick("HEXISTS", "HSTRLEN"), g.key(), g.member()}
	case 13, 14:
		return []string{"HINCRBY", g.key(), g.member(), g.number()}
	case 15, 16:
		return []string{"HINCRBYFLOAT", g.key(), g.member(), g.float()}
	case 17:
		return []string{"HSET", g.key(), g.member(), g.number(), g.member(), g.float()}
	case 18:
		return []string{"HRANDFIELD", g.key()}
	case 19, 20:
		return []string{"HRANDFIELD", g.key(), g.count()}
	case 21:
		return []string{"HRANDFIELD", g.key(), g.count(), g.pick("WITHVALUES", "withvalues", "WITHSCORES")}
	case 22:
		return []string{"HRANDFIELD", g.key(), g.pick("1", "x", "4611686018427387903", "4611686018427387904", "-9223372036854775808"),
			g.pick("WITHVALUES", "x"), g.value()}
	case 23, 24:
		return []string{"HSCAN", g.key(), "0", "COUNT", "2000", g.pick("MATCH", "match"), g.pattern()}
	case 25:
		return []string{"HSCAN", g.key(), g.pick("0", "x", "", "-", "1x"), g.pick("COUNT", "MATCH", "TYPE", "x"), g.pick("2000", "0", "-1", "x"), "COUNT", "2000"}
	case 26:
		return []string{g.pick("DEL", "TYPE", "PERSIST"), g.key()}
	}
	return []string{"PEXPIREAT", g.key(), g.absolute()}
}

// fields returns some fields with values; now and then a value is missing.
func (g *gen) fields() []string {
	var words []string
	for _, name := range g.members(4) {
		words = append(words, name, g.value())
	}
	if g.chance(30) {
		words = words[:len(words)-1]
	}
	return words
}
