//go:build !js

package command

import "strconv"

func init() { families = append(families, family{"bits", bitLine}) }

func bitLine(g *gen) []string {
	key := func() string { return g.pick("bits:1", "bits:2", "bits:3", g.key()) }
	offset := func() string {
		if g.chance(10) {
			return g.pick("-1", "x", "4294967296", "4294967295999", "#1", "01", g.number())
		}
		return strconv.Itoa(g.IntN(1 + g.IntN(2000)))
	}
	at := func() string {
		if g.chance(3) {
			return strconv.Itoa(g.IntN(200) - 100)
		}
		return g.index()
	}
	switch g.IntN(16) {
	case 0, 1, 2:
		return []string{"SETBIT", key(), offset(), g.pick("0", "1", "1", "1", "2", "x", "-1")}
	case 3:
		return []string{"GETBIT", key(), offset()}
	case 4:
		return []string{"BITCOUNT", key()}
	case 5, 6:
		return []string{"BITCOUNT", key(), at(), at(), g.pick("BIT", "bit", "BYTE", "byte", "NIBBLE")}[:3+g.IntN(3)]
	case 7, 8, 9:
		return []string{"BITPOS", key(), g.pick("0", "1", "0", "1", "2", "x"), at(), at(), g.pick("BIT", "BYTE", "bit", "x")}[:3+g.IntN(4)]
	case 10, 11:
		return []string{"BITOP", g.pick("AND", "OR", "XOR", "not", "NOT", "NAND"), key(), key(), key(), key()}[:4+g.IntN(3)]
	case 12:
		return []string{"SET", key(), g.value()}
	case 13:
		return []string{"SET", key(), string([]byte{byte(g.IntN(256)), 0xFF, 0, byte(g.IntN(256)), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, byte(g.IntN(256))})}
	}
	c := []string{g.pick("BITFIELD", "BITFIELD", "BITFIELD", "BITFIELD_RO"), key()}
	for range g.IntN(4) {
		kind := g.pick("u8", "i8", "u1", "i1", "u4", "i5", "i64", "u63", "u32", "i16", "u64", "i65", "u0", "x", "I8", "i")
		if g.chance(2) {
			kind = g.pick("i", "u") + strconv.Itoa(1+g.IntN(64))
		}
		place := g.pick("", "#") + offset()
		n := g.pick("0", "1", "-1", "127", "128", "-128", "255", "256", "1000", "-1000", "9223372036854775807", "-9223372036854775808", "x", g.number())
		switch g.IntN(4) {
		case 0:
			c = append(c, "GET", kind, place)
		case 1:
			c = append(c, "SET", kind, place, n)
		case 2:
			c = append(c, "incrby", kind, place, n)
		case 3:
			c = append(c, "OVERFLOW", g.pick("WRAP", "SAT", "FAIL", "sat", "x"))
		}
	}
	return c
}
