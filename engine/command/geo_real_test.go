//go:build !js

package command

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func init() { families = append(families, family{"geo", geoLine}) }

func geoLine(g *gen) []string {
	key := func() string { return "geo:" + strconv.Itoa(1+g.IntN(3)) }
	member := func() string { return "p" + strconv.Itoa(g.IntN(40)) }
	switch g.IntN(14) {
	case 0, 1, 2, 3:
		c := []string{"GEOADD", key()}
		for range g.IntN(2) {
			c = append(c, g.pick("NX", "XX", "CH", "ch"))
		}
		for range 1 + g.IntN(6) {
			c = append(append(c, g.coordinates()...), member())
		}
		return c
	case 4, 5:
		c := []string{"GEODIST", key(), member(), member()}
		if g.chance(2) {
			c = append(c, g.geoUnit())
		}
		return c
	case 6:
		return []string{g.pick("GEOHASH", "GEOPOS"), key(), member(), member(), member()}
	case 7, 8:
		c := append([]string{g.pick("GEORADIUS", "GEORADIUS_RO"), key()}, g.coordinates()...)
		return append(append(c, g.distance(), g.geoUnit()), g.geoOptions(key())...)
	case 9:
		c := []string{g.pick("GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"), key(), member(), g.distance(), g.geoUnit()}
		return append(c, g.geoOptions(key())...)
	case 10:
		return []string{"ZADD", key(), g.pick("0", "-1", "1.5", "4503599627370495", "4503599627370496", "1e300", "inf", "-inf", "18446744073709551615", "9223372036854775808"), member()}
	case 11:
		return []string{g.pick("ZREM", "DEL", "ZSCORE"), key(), member()}
	}
	c := []string{"GEOSEARCH", key()}
	if g.chance(3) {
		c = []string{"GEOSEARCHSTORE", key(), key()}
	}
	if g.chance(2) {
		c = append(c, "FROMMEMBER", member())
	} else {
		c = append(append(c, "FROMLONLAT"), g.coordinates()...)
	}
	if g.chance(2) {
		c = append(c, "BYRADIUS", g.distance(), g.geoUnit())
	} else {
		c = append(c, "BYBOX", g.distance(), g.distance(), g.geoUnit())
	}
	return append(c, g.geoOptions(key())...)
}

func (g *gen) coordinates() []string {
	if g.chance(20) {
		return []string{g.float(), g.float()}
	}
	text := func(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }
	if g.chance(3) {
		return []string{text(13 + g.Float64()*3), text(37 + g.Float64()*2)}
	}
	return []string{text(g.Float64()*360 - 180), text(g.Float64()*170 - 85)}
}

func (g *gen) distance() string {
	return g.pick("0", "1", "10", "50", "100", "200", "500", "1000", "5000", "20000", "1e5", "1e7", "1e9", g.score())
}

func (g *gen) geoUnit() string { return g.pick("m", "km", "km", "KM", "ft", "mi", "mi", "yd") }

func (g *gen) geoOptions(key string) (words []string) {
	for range g.IntN(4) {
		words = append(words, [][]string{{"WITHDIST"}, {"WITHCOORD"}, {"WITHHASH"}, {"ASC"}, {"DESC"}, {"COUNT", g.count()}, {"COUNT", g.count(), "ANY"},
			{"STORE", key}}[g.IntN(8)]...)
	}
	return words
}

// Distances that are stored are scores with all their bits. Ours are made of sines rounded to the nearest double; the C
// library rounds a few the other way, which ones depends on the processor, so a score in some hundred is a unit off, or
// some units where it is half way round the world.
func TestStoredDistancesAreThoseOfRedis(t *testing.T) {
	r := newRig(t)
	g := &gen{Rand: rand.New(rand.NewPCG(5, 5))}
	for i := range 1500 {
		r.same(append(append([]string{"GEOADD", "geo"}, g.coordinates()...), strconv.Itoa(i))...)
	}
	scores, off := 0, 0
	for range 20 {
		r.same(append(append([]string{"GEOSEARCHSTORE", "near", "geo", "FROMLONLAT"}, g.coordinates()...), "BYRADIUS", "20000", "km", "STOREDIST")...)
		got := parsed(t, r.ours.do("ZRANGE", "near", "0", "-1", "WITHSCORES")).Elems
		want := parsed(t, r.real.do("ZRANGE", "near", "0", "-1", "WITHSCORES")).Elems
		if len(got) != len(want) {
			t.Fatalf("%d members and scores, want %d", len(got), len(want))
		}
		for i := 1; i < len(got); i += 2 {
			scores++
			if got[i-1].Str == want[i-1].Str && got[i].Str == want[i].Str {
				continue
			}
			off++
			a, _ := strconv.ParseFloat(got[i].Str, 64)
			b, _ := strconv.ParseFloat(want[i].Str, 64)
			if got[i-1].Str != want[i-1].Str || math.Abs(a-b) > 1e-14*b {
				t.Errorf("%s at %s, redis-server says %s at %s", got[i-1].Str, got[i].Str, want[i-1].Str, want[i].Str)
			}
		}
	}
	if scores < 20_000 || off*200 > scores {
		t.Errorf("%d of %d scores are off", off, scores)
	}
}
