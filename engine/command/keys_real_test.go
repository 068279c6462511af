//go:build !js

package command

func init() { families = append(families, family{"keys", keyLine}) }

func keyLine(g *gen) []string {
	switch g.IntN(24) {
	case 0:
		return []string{"SET", g.key(), g.value()}
	case 1:
		return []string{g.pick("TYPE", "PERSIST"), g.key()}
	case 2, 3:
		return append([]string{g.pick("EXISTS", "DEL", "UNLINK", "TOUCH")}, g.keys(3)...)
	case 4, 5:
		c := []string{g.pick("EXPIRE", "PEXPIRE"), g.key(), g.relative()}
		for range g.IntN(3) {
			c = append(c, g.pick("NX", "XX", "GT", "LT", "gt", "QQ"))
		}
		return c
	case 6, 7:
		c := []string{g.pick("EXPIREAT", "PEXPIREAT"), g.key(), g.absolute()}
		for range g.IntN(2) {
			c = append(c, g.pick("NX", "XX", "GT", "LT"))
		}
		return c
	case 8, 9:
		return []string{g.pick("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"), g.key()}
	case 10, 11:
		return []string{g.pick("RENAME", "RENAMENX"), g.key(), g.key()}
	case 12, 13:
		return []string{"OBJECT", g.pick("ENCODING", "encoding", "nonsense"), g.key()}
	case 14:
		return []string{"SELECT", g.pick("0", "0", "1", "15", "16", "-1", "x", "99999999999")}
	case 15:
		if g.chance(6) {
			return []string{g.pick("FLUSHDB", "FLUSHALL"), g.pick("ASYNC", "sync", "now", "a b")}
		}
		return []string{g.pick("DBSIZE", "PING", "RANDOMKEYS", "nosuch", "ECHO"), g.value()}
	case 16:
		return []string{"SCAN", g.pick("x", "-", " 0", "1x", "99999999999999999999"), "COUNT", g.pick("1", "x")}
	case 17:
		return []string{"SCAN", "0", g.pick("COUNT", "MATCH", "NOTHING"), g.pick("0", "-1", "x", "nomatch"), "MATCH", "nothing", "COUNT", "1000"}
	case 18:
		return []string{"KEYS", g.pattern()}
	case 19:
		return []string{"SCAN", "0", "COUNT", "1000", g.pick("MATCH", "match"), g.pattern(), "TYPE",
			g.pick("string", "STRING", "list", "set", "zset", "hash", "stream", "x")}
	}
	return []string{g.pick("DBSIZE", "PING")}
}
