//go:build !js

package command

func init() { families = append(families, family{"strings", stringLine}) }

func stringLine(g *gen) []string {
	switch g.IntN(22) {
	case 0, 1, 2:
		c := []string{"SET", g.key(), g.value()}
		for range g.IntN(4) {
			switch g.IntN(3) {
			case 0:
				c = append(c, g.expiry()...)
			default:
				c = append(c, g.pick("NX", "XX", "GET", "get", "KEEPTTL", "PERSIST", "nx\x00y"))
			}
		}
		return c
	case 3:
		return []string{"SETNX", g.key(), g.value()}
	case 4:
		return []string{g.pick("SETEX", "PSETEX"), g.key(), g.relative(), g.value()}
	case 5:
		return []string{g.pick("GETSET", "APPEND"), g.key(), g.value()}
	case 6:
		return []string{g.pick("GETDEL", "GETEX", "STRLEN"), g.key()}
	case 7:
		return append([]string{"GETEX", g.key()}, g.expiry()...)
	case 8:
		return append([]string{"MGET"}, g.keys(4)...)
	case 9:
		return []string{g.pick("MSET", "MSETNX"), g.key(), g.value(), g.key(), g.value()}
	case 10, 11:
		return []string{g.pick("INCR", "DECR"), g.key()}
	case 12, 13:
		return []string{g.pick("INCRBY", "DECRBY"), g.key(), g.number()}
	case 14, 15:
		return []string{"INCRBYFLOAT", g.key(), g.float()}
	case 16, 17:
		return []string{g.pick("GETRANGE", "GETRANGE", "SUBSTR"), g.key(), g.index(), g.index()}
	case 18, 19:
		return []string{"SETRANGE", g.key(), g.pick("0", "1", "5", "60", "-1", "536870912", "x"), g.pick("", "yz", "\x00", "hello")}
	case 20:
		c := []string{"LCS", g.key(), g.key()}
		for range g.IntN(4) {
			c = append(c, g.pick("LEN", "IDX", "IDX", "WITHMATCHLEN", "MINMATCHLEN", "idx"))
			if g.chance(3) {
				c = append(c, "MINMATCHLEN", g.pick("0", "1", "2", "4", "-1", "x"))
			}
		}
		return c
	}
	return []string{"GET", g.key()}
}
