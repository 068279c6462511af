package command

import (
	"math"
	"slices"
	"strconv"

	"resync/engine/resp"
	"resync/engine/store"
)

var geoCommands = []Command{
	{Name: "GEOADD", Arity: -5, Flags: Write | DenyOOM, Keys: oneKey(KeyRW | KeyUpdate), ACL: CatGeo, Do: geoadd,
		Group: "geo", Since: "3.2.0", Complexity: "O(log(N)) for each place, N being the size of the sorted set",
		Summary: "Add places with their coordinates to a sorted set",
		Syntax:  "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]"},
	{Name: "GEODIST", Arity: -4, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatGeo, Do: geodist,
		Group: "geo", Since: "3.2.0", Complexity: "O(log(N))",
		Summary: "Get the distance between two places",
		Syntax:  "key member1 member2 [M | KM | FT | MI]"},
	{Name: "GEOHASH", Arity: -2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatGeo, Do: geohash,
		Group: "geo", Since: "3.2.0", Complexity: "O(log(N)) for each member, N being the size of the sorted set",
		Summary: "Get places as geohash texts",
		Syntax:  "key [member [member ...]]"},
	{Name: "GEOPOS", Arity: -2, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatGeo, Do: geopos,
		Group: "geo", Since: "3.2.0", Complexity: "O(N), N being the number of members asked for",
		Summary: "Get the coordinates of places",
		Syntax:  "key [member [member ...]]"},
	{Name: "GEORADIUS", Arity: -6, Flags: Write | DenyOOM | MovableKeys, Keys: radiusKeys(6), ACL: CatGeo, Do: georadius,
		Group: "geo", Since: "3.2.0", Complexity: geoComplexity, Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
		Summary:    "Get or store the places around coordinates",
		Syntax:     "key longitude latitude radius <M | KM | FT | MI>" + geoOptions + geoStore},
	{Name: "GEORADIUS_RO", Arity: -6, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatGeo, Do: georadiusRO,
		Group: "geo", Since: "3.2.10", Complexity: geoComplexity, Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` argument",
		Summary:    "Get the places around coordinates",
		Syntax:     "key longitude latitude radius <M | KM | FT | MI>" + geoOptions},
	{Name: "GEORADIUSBYMEMBER", Arity: -5, Flags: Write | DenyOOM | MovableKeys, Keys: radiusKeys(5), ACL: CatGeo, Do: georadiusByMember,
		Group: "geo", Since: "3.2.0", Complexity: geoComplexity, Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
		Summary:    "Get or store the places around one of them",
		Syntax:     "key member radius <M | KM | FT | MI>" + geoOptions + geoStore},
	{Name: "GEORADIUSBYMEMBER_RO", Arity: -5, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatGeo, Do: georadiusByMemberRO,
		Group: "geo", Since: "3.2.10", Complexity: geoComplexity, Deprecated: "6.2.0",
		ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
		Summary:    "Get the places around one of them",
		Syntax:     "key member radius <M | KM | FT | MI>" + geoOptions},
	{Name: "GEOSEARCH", Arity: -7, Flags: ReadOnly, Keys: oneKey(KeyRO | KeyAccess), ACL: CatGeo, Do: geosearch,
		Group: "geo", Since: "6.2.0", Complexity: geoComplexity,
		Summary: "Get the places in a circle or a box",
		Syntax:  "key" + geoShapes + geoOptions},
	{Name: "GEOSEARCHSTORE", Arity: -8, Flags: Write | DenyOOM, Keys: zstoreKeys(), ACL: CatGeo, Do: geosearchstore,
		Group: "geo", Since: "6.2.0", Complexity: geoComplexity,
		Summary: "Store the places in a circle or a box at another key",
		Syntax:  "destination source" + geoShapes + " [ASC | DESC] [COUNT count [ANY]] [STOREDIST]"},
}

const (
	geoComplexity = "O(N+log(M)), N being the number of places in the cells around and M the size of the sorted set"
	geoOptions    = " [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]"
	geoStore      = " [STORE key | STOREDIST key]"
	geoShapes     = " <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>>"
)

func radiusKeys(options int) []KeySpec {
	return append(oneKey(KeyRO|KeyAccess),
		KeySpec{Begin: options, Keyword: "STORE", Step: 1, Flags: KeyOW | KeyUpdate},
		KeySpec{Begin: options, Keyword: "STOREDIST", Step: 1, Flags: KeyOW | KeyUpdate})
}

const (
	errGeoUnit   = "ERR unsupported unit provided. please use M, KM, FT, MI"
	errGeoRadius = "ERR need numeric radius"
	errGeoBelow  = "ERR radius cannot be negative"
	errGeoWidth  = "ERR need numeric width"
	errGeoHeight = "ERR need numeric height"
	errGeoBox    = "ERR height or width cannot be negative"
	errGeoMember = "ERR could not decode requested zset member"
	errGeoCount  = "ERR COUNT must be > 0"
	errGeoAny    = "ERR the ANY argument requires COUNT argument"
)

// A place is a longitude and a latitude, in degrees.
type place struct{ lon, lat float64 }

// The world ends at these latitudes: a score is a cell of the square map that web maps use.
//
// Source: redis/src/geohash.h, GEO_LAT_MAX; EPSG:900913.
const (
	geoLonMax = 180
	geoLatMax = 85.05112878
	geoSteps  = 26 // bits of each coordinate in a score

	earthRadius = 6372797.560856 // metres
	mercatorMax = 20037726.37    // metres: half of the map's width
)

// A geoCell is a rectangle of the map: of steps halvings in each direction, and the bits that say which half each time,
// longitude and latitude in turn, beginning with the longitude.
type geoCell struct {
	bits  uint64
	steps int
}

// cellOf returns the cell with a place, where the latitudes end at the given ones.
//
// Source: redis/src/geohash.c, geohashEncode.
func cellOf(p place, steps int, latMax float64) geoCell {
	x := (p.lon + geoLonMax) / (geoLonMax + geoLonMax)
	y := (p.lat + latMax) / (latMax + latMax)
	scale := float64(uint64(1) << steps)
	return geoCell{interleave(truncate32(y*scale), truncate32(x*scale)), steps}
}

// truncate32 is C's conversion to 32 bits on x86-64, by way of 64.
func truncate32(f float64) uint32 { return uint32(int64(f)) }

// interleave mixes the bits of two numbers: those of even take the lowest place.
func interleave(even, odd uint32) uint64 { return spread(even) | spread(odd)<<1 }

func spread(n uint32) uint64 {
	x := uint64(n)
	x = (x | x<<16) & 0x0000FFFF0000FFFF
	x = (x | x<<8) & 0x00FF00FF00FF00FF
	x = (x | x<<4) & 0x0F0F0F0F0F0F0F0F
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

func gather(x uint64) uint32 {
	x &= 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0F0F0F0F0F0F0F0F
	x = (x | x>>4) & 0x00FF00FF00FF00FF
	x = (x | x>>8) & 0x0000FFFF0000FFFF
	return uint32(x | x>>16)
}

// bounds returns the corners of a cell.
//
// Source: redis/src/geohash.c, geohashDecode.
func (g geoCell) bounds() (low, high place) {
	y, x := gather(g.bits), gather(g.bits>>1)
	scale := float64(uint64(1) << g.steps)
	at := func(n uint32, end float64) float64 {
		return -end + float64(float64(n)/scale*(end+end))
	}
	return place{at(x, geoLonMax), at(y, geoLatMax)}, place{at(x+1, geoLonMax), at(y+1, geoLatMax)}
}

// placeOf returns the middle of the cell that a score stands for.
func placeOf(score float64) place {
	low, high := geoCell{scoreBits(score), geoSteps}.bounds()
	return place{
		min(max((low.lon+high.lon)/2, -geoLonMax), geoLonMax),
		min(max((low.lat+high.lat)/2, -geoLatMax), geoLatMax),
	}
}

// scoreBits converts as C does on x86-64, where scores that were given by ZADD may be anything.
func scoreBits(score float64) uint64 {
	switch {
	case score >= 1<<63 && score < 1<<64:
		return uint64(int64(score-1<<63)) + 1<<63
	case score >= 1<<64:
		return 0
	case score < -1<<63:
		return 1 << 63
	}
	return uint64(int64(score))
}

// move returns the cell so many columns and rows away, round the world. At its very edges, where a place has no cell but
// the one behind the last, only a way across leads back inside.
//
// Source: redis/src/geohash.c, geohash_move_x and geohash_move_y.
func (g geoCell) move(columns, rows int) geoCell {
	mask := uint32(uint64(1)<<g.steps - 1)
	y, x := gather(g.bits), gather(g.bits>>1)
	if rows != 0 {
		y = (y + uint32(rows)) & mask
	}
	if columns != 0 {
		x = (x + uint32(columns)) & mask
	}
	return geoCell{interleave(y, x), g.steps}
}

// scores returns the scores of the places in a cell, from the first up to and not including the second.
func (g geoCell) scores() (from, to float64) {
	shift := 2*geoSteps - 2*g.steps
	return float64(g.bits << shift), float64((g.bits + 1) << shift)
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }
func degrees(radians float64) float64 { return radians / (math.Pi / 180) }

// distance returns the metres between two places on a ball.
//
// Source: redis/src/geohash_helper.c, geohashGetDistance, which is the haversine formula.
func distance(a, b place) float64 {
	aLon, bLon := radians(a.lon), radians(b.lon)
	v := exactSin((bLon - aLon) / 2)
	if v == 0 {
		return latDistance(a.lat, b.lat)
	}
	aLat, bLat := radians(a.lat), radians(b.lat)
	u := exactSin((bLat - aLat) / 2)
	h := float64(u*u) + float64(exactCos(aLat)*exactCos(bLat)*v*v)
	return 2 * earthRadius * exactAsin(math.Sqrt(h))
}

func latDistance(a, b float64) float64 {
	return earthRadius * math.Abs(radians(b)-radians(a))
}

// A geoShape is what a search looks into: a circle, or a box when it is one, in metres.
type geoShape struct {
	center        place
	box           bool
	radius        float64 // in units
	width, height float64 // in units
	unit          float64 // metres
}

// holds returns the distance of a place in the shape, or false.
func (s *geoShape) holds(p place) (metres float64, ok bool) {
	if !s.box {
		metres = distance(s.center, p)
		return metres, metres <= s.radius*s.unit
	}
	if latDistance(p.lat, s.center.lat) > s.height*s.unit/2 ||
		distance(p, place{s.center.lon, p.lat}) > s.width*s.unit/2 {
		return 0, false
	}
	return distance(s.center, p), true
}

// cells returns the cells that have to be searched, in their order: the one with the center and its neighbours, without
// those that the shape does not touch.
//
// Source: redis/src/geohash_helper.c, geohashCalculateAreasByShapeWGS84.
func (s *geoShape) cells() []geoCell {
	height, width, radius := s.unit*s.radius, s.unit*s.radius, s.radius*s.unit
	if s.box {
		height, width = s.unit*(s.height/2), s.unit*(s.width/2)
		radius = math.Sqrt(float64((s.width/2)*(s.width/2))+float64((s.height/2)*(s.height/2))) * s.unit
	}
	p := s.center
	latDelta := degrees(height / earthRadius)
	top := degrees(width / earthRadius / exactCos(radians(p.lat+latDelta)))
	bottom := degrees(width / earthRadius / exactCos(radians(p.lat-latDelta)))
	lonDelta := top
	if p.lat < 0 {
		lonDelta = bottom
	}
	low, high := place{p.lon - lonDelta, p.lat - latDelta}, place{p.lon + lonDelta, p.lat + latDelta}

	steps := stepsFor(radius, p.lat)
	center := cellOf(p, steps, geoLatMax)
	_, north := center.move(0, 1).bounds()
	south, _ := center.move(0, -1).bounds()
	_, east := center.move(1, 0).bounds()
	west, _ := center.move(-1, 0).bounds()
	if steps > 1 && (north.lat < high.lat || south.lat > low.lat || east.lon < high.lon || west.lon > low.lon) {
		steps--
		center = cellOf(p, steps, geoLatMax)
	}
	first, last := center.bounds()
	cells := []geoCell{center}
	for _, d := range [...][2]int{{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}} {
		outside := d[1] < 0 && first.lat < low.lat || d[1] > 0 && last.lat > high.lat ||
			d[0] < 0 && first.lon < low.lon || d[0] > 0 && last.lon > high.lon
		if steps >= 2 && outside {
			continue
		}
		cells = append(cells, center.move(d[0], d[1]))
	}
	return cells
}

// stepsFor returns how small the cells may be for a radius, so that the neighbours of the center's cover it: near the
// poles a degree is shorter.
//
// Source: redis/src/geohash_helper.c, geohashEstimateStepsByRadius.
func stepsFor(metres, lat float64) int {
	if metres == 0 {
		return geoSteps
	}
	steps := 1
	for metres < mercatorMax {
		metres *= 2
		steps++
	}
	steps -= 2
	if math.Abs(lat) > 66 {
		steps--
		if math.Abs(lat) > 80 {
			steps--
		}
	}
	return min(max(steps, 1), geoSteps)
}

// geoadd implements GEOADD key [NX|XX] [CH] longitude latitude member [longitude latitude member ...]: ZADD with scores
// made of the places, which is what replicas get.
//
// Source: redis/src/geo.c, geoaddCommand.
func geoadd(c *Call) {
	i, nx, xx := 2, false, false
options:
	for ; i < len(c.Args); i++ {
		switch {
		case is(c.Args[i], "NX"):
			nx = true
		case is(c.Args[i], "XX"):
			xx = true
		case !is(c.Args[i], "CH"):
			break options
		}
	}
	if (len(c.Args)-i)%3 != 0 || nx && xx {
		c.Reply.Error(errSyntax)
		return
	}
	words := append([][]byte{wordZadd}, c.Args[1:i]...)
	for ; i < len(c.Args); i += 3 {
		p, ok := c.place(i)
		if !ok {
			return
		}
		score := cellOf(p, geoSteps, geoLatMax).bits
		words = append(words, strconv.AppendUint(nil, score, 10), c.Args[i+2])
	}
	given := c.Args
	c.Args = words
	c.zadd(zaddOptions{})
	c.Args = given
	c.propagateAs(words...)
}

var wordZadd = []byte("zadd")

// place reads a longitude and a latitude from word i on.
//
// Source: redis/src/geo.c, extractLongLatOrReply.
func (c *Call) place(i int) (p place, ok bool) {
	if p.lon, ok = c.double(i, errNotFloat); !ok {
		return p, false
	}
	if p.lat, ok = c.double(i+1, errNotFloat); !ok {
		return p, false
	}
	if math.Abs(p.lon) > geoLonMax || math.Abs(p.lat) > geoLatMax {
		text := appendFixed([]byte("ERR invalid longitude,latitude pair "), p.lon, 6)
		c.Reply.Error(string(appendFixed(append(text, ','), p.lat, 6)))
		return p, false
	}
	return p, true
}

// appendFixed appends a number with so many digits behind the point, as C's %f does.
func appendFixed(dst []byte, f float64, digits int) []byte {
	if math.IsInf(f, 0) || f != f {
		return resp.AppendDouble(dst, f)
	}
	return strconv.AppendFloat(dst, f, 'f', digits, 64)
}

// unit reads a unit at word i, in metres.
func (c *Call) unit(i int) (metres float64, ok bool) {
	switch word := c.Args[i]; {
	case is(word, "M"):
		return 1, true
	case is(word, "KM"):
		return 1000, true
	case is(word, "FT"):
		return 0.3048, true
	case is(word, "MI"):
		return 1609.34, true
	}
	c.Reply.Error(errGeoUnit)
	return 0, false
}

// geodist implements GEODIST key member1 member2 [M|KM|FT|MI].
func geodist(c *Call) {
	unit := 1.0
	switch {
	case len(c.Args) > 5:
		c.Reply.Error(errSyntax)
		return
	case len(c.Args) == 5:
		var ok bool
		if unit, ok = c.unit(4); !ok {
			return
		}
	}
	z, ok := c.readZSet()
	if !ok {
		return
	}
	if z != nil {
		a, ok := z.Score(c.Args[2])
		b, also := z.Score(c.Args[3])
		if ok && also {
			c.replyDistance(distance(placeOf(a), placeOf(b)) / unit)
			return
		}
	}
	c.Reply.Null()
}

func (c *Call) replyDistance(d float64) {
	var text [32]byte
	c.Reply.Bulk(appendFixed(text[:0], d, 4))
}

// geohash implements GEOHASH key [member ...]. Its texts are of a world that ends at the poles.
//
// Source: redis/src/geo.c, geohashCommand.
func geohash(c *Call) {
	const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"
	c.eachPlace((*resp.Writer).Null, func(p place) {
		bits := cellOf(p, geoSteps, 90).bits
		var text [11]byte
		for i := range text[:10] {
			text[i] = alphabet[bits>>(52-5*(i+1))&0x1F]
		}
		text[10] = '0' // for which there are too few bits
		c.Reply.Bulk(text[:])
	})
}

// geopos implements GEOPOS key [member ...].
func geopos(c *Call) { c.eachPlace((*resp.Writer).NullArray, c.replyPlace) }

// eachPlace answers for each member that is there, and those that are not.
func (c *Call) eachPlace(missing func(*resp.Writer), reply func(place)) {
	z, ok := c.readZSet()
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		if z != nil {
			if score, ok := z.Score(member); ok {
				reply(placeOf(score))
				continue
			}
		}
		missing(c.Reply)
	}
}

func (c *Call) replyPlace(p place) {
	c.Reply.Array(2)
	c.replyCoordinate(p.lon)
	c.replyCoordinate(p.lat)
}

// replyCoordinate answers with up to 17 digits behind the point.
//
// Source: redis/src/networking.c, addReplyHumanLongDouble.
func (c *Call) replyCoordinate(f float64) {
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'f', 17, 64)
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	if string(text) == "-0" {
		text = text[1:]
	}
	if c.Reply.Proto == 3 {
		c.Reply.Buf = append(append(append(c.Reply.Buf, ','), text...), '\r', '\n')
		return
	}
	c.Reply.Bulk(text)
}

// A geoSearch is what is asked for by one of the commands that search.
type geoSearch struct {
	shape                         geoShape
	withDist, withHash, withPlace bool
	asc, desc, any                bool
	count                         int64 // 0 = all
	storeAt                       []byte
	storeDist                     bool
	hasCenter, fromMember         bool // FROMLONLAT, FROMMEMBER
	byRadius                      bool // BYRADIUS; BYBOX is in the shape
}

// geoForm is which of the commands it is.
type geoForm struct{ byMember, search, mayStore bool }

func georadius(c *Call)           { c.geoSearch(geoForm{mayStore: true}) }
func georadiusRO(c *Call)         { c.geoSearch(geoForm{}) }
func georadiusByMember(c *Call)   { c.geoSearch(geoForm{byMember: true, mayStore: true}) }
func georadiusByMemberRO(c *Call) { c.geoSearch(geoForm{byMember: true}) }
func geosearch(c *Call)           { c.geoSearch(geoForm{search: true}) }
func geosearchstore(c *Call)      { c.geoSearch(geoForm{search: true, mayStore: true}) }

// geoSearch implements GEORADIUS, GEORADIUSBYMEMBER, both with _RO, GEOSEARCH and GEOSEARCHSTORE.
//
// Source: redis/src/geo.c, georadiusGeneric.
func (c *Call) geoSearch(form geoForm) {
	source := 1
	if form.search && form.mayStore {
		source = 2
	}
	z, ok := c.zsetOf(c.read(c.Args[source]))
	if !ok {
		return
	}
	var s geoSearch
	if !c.parseGeoSearch(&s, form, source, z) {
		return
	}
	if z == nil {
		if s.storeAt == nil {
			c.Reply.Array(0)
		} else {
			c.storeZSet(s.storeAt, store.NewZSet(), "", 1)
		}
		return
	}
	if s.count > 0 && !s.asc && !s.desc && !s.any {
		s.asc = true
	}
	found := s.find(z)
	if s.asc || s.desc {
		slices.SortStableFunc(found, func(a, b geoFound) int {
			if s.desc {
				a, b = b, a
			}
			switch {
			case a.metres < b.metres:
				return -1
			case a.metres > b.metres:
				return 1
			}
			return 0
		})
	}
	if s.count > 0 {
		found = found[:min(int64(len(found)), s.count)]
	}
	if s.storeAt == nil {
		c.replyFound(&s, found)
		return
	}
	result := store.NewLargeZSet()
	for _, f := range found {
		score := f.score
		if s.storeDist {
			score = f.metres / s.shape.unit
		}
		result.Put([]byte(f.member), score, &c.Settings.Limits)
	}
	result.Compact(&c.Settings.Limits)
	event := "georadiusstore"
	if form.search {
		event = "geosearchstore"
	}
	c.storeZSet(s.storeAt, result, event, len(found))
}

// A geoFound is a place that a search found.
type geoFound struct {
	member string
	score  float64
	at     place
	metres float64
}

// find returns what is in the shape, in the order of the cells and of scores in each.
//
// Source: redis/src/geo.c, membersOfAllNeighbors.
func (s *geoSearch) find(z *store.ZSetValue) (found []geoFound) {
	var last geoCell
	for i, cell := range s.shape.cells() {
		// Where the world has few cells, neighbours may be the same one.
		if i > 0 && cell == last {
			continue
		}
		if s.full(found) {
			break
		}
		last = cell
		low, high := cell.scores()
		from, to := z.ByScore(store.ScoreRange{Min: low, Max: high, MaxOpen: true})
		if from == to {
			continue
		}
		z.From(from, func(e *store.ZEntry) bool {
			p := placeOf(e.Score)
			if metres, ok := s.shape.holds(p); ok {
				found = append(found, geoFound{e.Member, e.Score, p, metres})
			}
			from++
			return from < to && !s.full(found)
		})
	}
	return found
}

// full reports whether any so many places were asked for, and there are.
func (s *geoSearch) full(found []geoFound) bool { return s.any && int64(len(found)) >= s.count }

func (c *Call) replyFound(s *geoSearch, found []geoFound) {
	w := c.Reply
	more := 0
	for _, with := range [...]bool{s.withDist, s.withHash, s.withPlace} {
		if with {
			more++
		}
	}
	w.Array(len(found))
	for _, f := range found {
		if more > 0 {
			w.Array(1 + more)
		}
		w.BulkString(f.member)
		if s.withDist {
			c.replyDistance(f.metres / s.shape.unit)
		}
		if s.withHash {
			w.Int(int64(f.score))
		}
		if s.withPlace {
			c.replyPlace(f.at)
		}
	}
}

// parseGeoSearch reads the command line. When it makes no sense it answers so and reports false.
func (c *Call) parseGeoSearch(s *geoSearch, form geoForm, source int, z *store.ZSetValue) (ok bool) {
	options := source + 1
	s.shape.unit = 1
	switch {
	case form.search:
		if form.mayStore {
			s.storeAt = c.Args[1]
		}
	case form.byMember:
		options = 5
		if z == nil {
			break // the rest is looked at, but neither the member nor the radius
		}
		if s.shape.center, ok = c.placeOfMember(z, 2); !ok || !c.parseRadius(&s.shape, 3) {
			return false
		}
	default:
		options = 6
		if s.shape.center, ok = c.place(2); !ok || !c.parseRadius(&s.shape, 4) {
			return false
		}
	}
	for i := options; i < len(c.Args); i++ {
		n, ok := c.parseGeoOption(s, form, i, z)
		if !ok {
			return false
		}
		i += n
	}
	wrong := ""
	switch {
	case s.storeAt != nil && (s.withDist || s.withHash || s.withPlace):
		wrong = "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
		if form.search {
			wrong = "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
		}
	case form.search && !s.hasCenter && !s.fromMember:
		wrong = "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + string(c.Args[0])
	case form.search && !s.byRadius && !s.shape.box:
		wrong = "ERR exactly one of BYRADIUS and BYBOX can be specified for " + string(c.Args[0])
	case s.any && s.count == 0:
		wrong = errGeoAny
	default:
		return true
	}
	c.Reply.Error(wrong)
	return false
}

// parseGeoOption reads the option at word i and returns how many words follow that belong to it.
func (c *Call) parseGeoOption(s *geoSearch, form geoForm, i int, z *store.ZSetValue) (n int, ok bool) {
	word, left := c.Args[i], len(c.Args)-i-1
	storing := form.mayStore && !form.search
	switch {
	case is(word, "WITHDIST"):
		s.withDist = true
	case is(word, "WITHHASH"):
		s.withHash = true
	case is(word, "WITHCOORD"):
		s.withPlace = true
	case is(word, "ANY"):
		s.any = true
	case is(word, "ASC"):
		s.asc, s.desc = true, false
	case is(word, "DESC"):
		s.asc, s.desc = false, true
	case is(word, "COUNT") && left >= 1:
		if s.count, ok = c.integer(i + 1); !ok {
			return 0, false
		}
		if s.count <= 0 {
			c.Reply.Error(errGeoCount)
			return 0, false
		}
		return 1, true
	case storing && left >= 1 && is(word, "STORE"):
		s.storeAt, s.storeDist = c.Args[i+1], false
		return 1, true
	case storing && left >= 1 && is(word, "STOREDIST"):
		s.storeAt, s.storeDist = c.Args[i+1], true
		return 1, true
	case form.search && left >= 1 && is(word, "FROMMEMBER") && !s.hasCenter:
		if s.fromMember = true; z != nil {
			if s.shape.center, ok = c.placeOfMember(z, i+1); !ok {
				return 0, false
			}
		}
		return 1, true
	case form.search && left >= 2 && is(word, "FROMLONLAT") && !s.fromMember:
		s.hasCenter = true
		s.shape.center, ok = c.place(i + 1)
		return 2, ok
	case form.search && left >= 2 && is(word, "BYRADIUS") && !s.shape.box:
		s.byRadius = true
		return 2, c.parseRadius(&s.shape, i+1)
	case form.search && left >= 3 && is(word, "BYBOX") && !s.byRadius:
		s.shape.box = true
		return 3, c.parseBox(&s.shape, i+1)
	case form.search && form.mayStore && is(word, "STOREDIST"):
		s.storeDist = true
	default:
		c.Reply.Error(errSyntax)
		return 0, false
	}
	return 0, true
}

func (c *Call) placeOfMember(z *store.ZSetValue, i int) (p place, ok bool) {
	score, ok := z.Score(c.Args[i])
	if !ok {
		c.Reply.Error(errGeoMember)
		return p, false
	}
	return placeOf(score), true
}

func (c *Call) parseRadius(s *geoShape, i int) (ok bool) {
	if s.radius, ok = c.double(i, errGeoRadius); !ok {
		return false
	}
	if s.radius < 0 {
		c.Reply.Error(errGeoBelow)
		return false
	}
	s.unit, ok = c.unit(i + 1)
	return ok
}

func (c *Call) parseBox(s *geoShape, i int) (ok bool) {
	if s.width, ok = c.double(i, errGeoWidth); !ok {
		return false
	}
	if s.height, ok = c.double(i+1, errGeoHeight); !ok {
		return false
	}
	if s.width < 0 || s.height < 0 {
		c.Reply.Error(errGeoBox)
		return false
	}
	s.unit, ok = c.unit(i + 2)
	return ok
}
