//go:build !js

package command

func init() { families = append(families, family{"keyspace", keyspaceLine}) }

func keyspaceLine(g *gen) []string {
	switch g.IntN(12) {
	case 0, 1, 2:
		c := []string{"COPY", g.key(), g.key()}
		for range g.IntN(3) {
			switch g.IntN(2) {
			case 0:
				c = append(c, "REPLACE")
			default:
				c = append(c, "DB", g.pick("0", "1", "1", "16", "-1", "x", "99999999999"))
			}
		}
		return c
	case 3, 4:
		return []string{"MOVE", g.key(), g.pick("0", "1", "1", "15", "16", "-1", "x", "99999999999")}
	case 5:
		return []string{"SWAPDB", g.pick("0", "1", "x", "16"), g.pick("0", "1", "2", "y", "99999999999")}
	case 6:
		return []string{"SELECT", g.pick("0", "0", "1")}
	case 7:
		return []string{"OBJECT", g.pick("FREQ", "IDLETIME", "ENCODING"), g.key()}
	case 8, 9, 10:
		c := []string{"RESTORE", g.key(), g.pick("0", "0", "0", "100000", "4000000000000", "-1", "x", "9223372036854775807"), g.dump(g.key())}
		for range g.IntN(4) {
			switch g.IntN(5) {
			case 0, 1:
				c = append(c, "REPLACE")
			case 2:
				c = append(c, "ABSTTL")
			case 3:
				c = append(c, "IDLETIME", g.pick("0", "10", "-1", "x"))
			case 4:
				c = append(c, "FREQ", g.pick("0", "255", "256", "-1", "x"))
			}
		}
		return c
	}
	return []string{"DUMP", g.key()}
}
