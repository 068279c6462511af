//go:build !js

package command

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/rdb"
	"resync/engine/resp"
	"resync/engine/store"
)

func init() { families = append(families, family{"lists", listLine}) }

// listElement is short mostly, so that elements are equal, and now and then so long that few of them fill a node.
func listElement(g *gen) string {
	if g.chance(15) {
		return strings.Repeat(g.pick("x", "yz", "\x00"), g.pickInt(62, 63, 64, 120, 126, 127, 128, 2040, 4000, 4095, 4096, 5000, 8170, 8177, 8178, 8180, 8192, 20000))
	}
	return g.member()
}

func listElements(g *gen, n int) []string {
	words := make([]string, 1+g.IntN(n))
	if g.chance(10) {
		words = make([]string, 20+g.IntN(100))
	}
	for i := range words {
		words[i] = listElement(g)
	}
	return words
}

func (g *gen) pickInt(numbers ...int) int { return numbers[g.IntN(len(numbers))] }

func (g *gen) end() string {
	if g.chance(20) {
		return g.pick("UP", "", "left\x00x")
	}
	return g.pick("LEFT", "RIGHT", "left", "Right")
}

// timeout is that of a blocking command, valid or not.
func (g *gen) timeout() string {
	if g.chance(4) {
		return g.pick("-1", "x", "", "nan", "inf", "-inf", "1e400", "1e17", "9223372036854776", "-9223372036854776", "0x10000000000000000", "-5", " 1", "1 ")
	}
	return g.pick("0", "1", "0.001", "-0.0001", "0x1p-2", "100", "9223372036854775.807", "9223372036854775", "9007199254740993.1")
}

func listLine(g *gen) []string {
	key := g.key()
	switch g.IntN(34) {
	case 0, 1, 2, 3, 4, 5:
		return append([]string{g.pick("LPUSH", "RPUSH"), key}, listElements(g, 4)...)
	case 6:
		return append([]string{g.pick("LPUSHX", "RPUSHX"), key}, listElements(g, 3)...)
	case 7:
		return []string{g.pick("LPOP", "RPOP"), key}
	case 8:
		return []string{g.pick("LPOP", "RPOP"), key, g.count()}
	case 9:
		return []string{"LLEN", key}
	case 10, 11:
		return []string{"LINDEX", key, g.index()}
	case 12, 13, 14, 15:
		return []string{"LINSERT", key, g.pick("BEFORE", "AFTER", "before", "After", "AFTER", "BESIDE"), listElement(g), listElement(g)}
	case 16, 17:
		return []string{"LRANGE", key, g.index(), g.index()}
	case 18, 19:
		return []string{"LREM", key, g.pick("0", "1", "-1", "2", "-2", g.number()), listElement(g)}
	case 20, 21, 22:
		return []string{"LSET", key, g.index(), listElement(g)}
	case 23:
		return []string{"LTRIM", key, g.index(), g.index()}
	case 24, 25, 26:
		c := []string{"LPOS", key, listElement(g)}
		for range g.IntN(4) {
			c = append(c, g.pick("RANK", "rank", "COUNT", "MAXLEN", "FIRST"), g.index())
		}
		return c
	case 27, 28:
		return []string{"LMOVE", key, g.key(), g.end(), g.end()}
	case 29:
		return []string{"RPOPLPUSH", key, g.key()}
	case 30, 31:
		return append([]string{"LMPOP"}, g.multiPop()...)
	case 32:
		return []string{"OBJECT", "ENCODING", key}
	}
	return []string{"LRANGE", key, "0", "-1"}
}

// multiPop is what stands behind LMPOP and its like: the number of keys, keys, an end, and a count.
func (g *gen) multiPop() []string {
	keys := g.keys(3)
	n := string(rune('0' + len(keys)))
	if g.chance(10) {
		n = g.number()
	}
	c := append(append([]string{n}, keys...), g.end())
	if g.chance(2) {
		c = append(c, g.pick("COUNT", "count", "COUNT", "MANY"), g.count())
		if g.chance(10) {
			c = append(c, "COUNT", "1")
		}
	}
	return c
}

func blockingListLine(g *gen) []string {
	switch g.IntN(4) {
	case 0:
		return append(append([]string{g.pick("BLPOP", "BRPOP", "blpop")}, g.keys(3)...), g.timeout())
	case 1:
		return []string{"BLMOVE", g.key(), g.key(), g.end(), g.end(), g.timeout()}
	case 2:
		return []string{"BRPOPLPUSH", g.key(), g.key(), g.timeout()}
	}
	return append([]string{"BLMPOP", g.timeout()}, g.multiPop()...)
}

// In a transaction nothing waits: what finds no list answers as if its time were over.
func TestBlockingListCommandsInTransactions(t *testing.T) {
	for _, proto := range []int{2, 3} {
		r := newRig(t)
		r.begin(script{proto: proto})
		g := newGen(uint64(proto))
		g.main, g.family = "lists", "lists"
		for i := range 1500 {
			line := listLine(g)
			if i%2 == 1 {
				line = blockingListLine(g)
			}
			r.real.do("MULTI")
			if queued := r.real.do(line...); string(queued) != "+QUEUED\r\n" {
				t.Fatalf("%s: %s", quoted(line), queued)
			}
			want := strings.TrimPrefix(string(r.real.do("EXEC")), "*1\r\n")
			if got := string(r.ours.do(line...)); got != want {
				t.Fatalf("%s: got %.300q, redis-server says %.300q", quoted(line), got, want)
			}
			if i%100 == 99 {
				if difference := r.compareAll(); difference != "" {
					t.Fatal(difference)
				}
			}
		}
	}
}

// Clients that waited are served as redis-server serves them: the same reply, the same words to replicas, and the same
// count of changes and events.
func TestServedListCommandsAreThoseOfRedis(t *testing.T) {
	for _, c := range []struct{ before, wait, then string }{
		{"", "BLPOP l 0", "RPUSH l a b"},
		{"", "BLPOP l 0", "RPUSH l a"},
		{"", "BRPOP l 10", "RPUSH l a b"},
		{"", "brpop x l 0.5", "LPUSH l 1 2 3"},
		{"SET x v", "BLMOVE l d LEFT RIGHT 0", "RPUSH l a b"},
		{"", "BLMOVE l d right left 0", "RPUSH l a"},
		{"RPUSH d x", "BLMOVE l d Left Left 0", "RPUSH l a"},
		{"", "BLMOVE l l LEFT RIGHT 0", "RPUSH l a b"},
		{"SET d v", "BLMOVE l d LEFT RIGHT 0", "RPUSH l a b"},
		{"", "BRPOPLPUSH l d 0", "RPUSH l a b"},
		{"", "BRPOPLPUSH l l 0", "RPUSH l a"},
		{"", "BLMPOP 0 1 l LEFT", "RPUSH l a b"},
		{"", "BLMPOP 0 2 x l RIGHT COUNT 2", "RPUSH l a b c"},
		{"", "BLMPOP 0 1 l RIGHT COUNT 20", "RPUSH l a b c"},
		{"RPUSH d x", "BLPOP l 0", "LMOVE d l LEFT LEFT"},
	} {
		server := startReal(t)
		real, waiting, link, events := server.dial(), server.dial(), server.dial(), server.dial()
		ours := newServer(16)
		both := func(line string) (got, want string) {
			words := strings.Fields(line)
			if len(words) == 0 {
				return "", ""
			}
			return string(ours.do(words...)), string(real.do(words...))
		}
		both(c.before)
		link.follow()
		ours.db, ours.stream = -1, nil
		real.do("CONFIG", "SET", "notify-keyspace-events", "EAmn")
		events.do("PSUBSCRIBE", "__keyevent@*")
		var told []string
		ours.call.Notify = func(_ byte, event string, _ int, key []byte) { told = append(told, event+" "+string(key)) }
		var ready []string
		ours.call.Ready = func(_ int, key []byte, kind store.Kind) { ready = append(ready, kind.String()+" "+string(key)) }

		words := strings.Fields(c.wait)
		fmt.Fprintf(waiting, "%s", resp.AppendCommand(nil, words...))
		for !strings.Contains(string(real.do("INFO", "clients")), "blocked_clients:1\r\n") {
		}
		ours.call.MayBlock = true
		if got := ours.do(words...); len(got) > 0 || ours.call.Wait == nil || ours.call.Dirty > 0 || len(ours.stream) > 0 {
			t.Fatalf("%s: does not wait but says %q", c.wait, got)
		}
		if w := ours.call.Wait; w.Kind != store.List || !slices.Contains(w.Keys, "l") {
			t.Errorf("%s: waits for %+v", c.wait, w)
		}

		dirty := dirtyOf(t, real)
		told = nil
		if got, want := both(c.then); got != want {
			t.Errorf("%s: %q, redis-server says %q", c.then, got, want)
		}
		counted := ours.call.Dirty
		if !slices.Equal(ready, []string{"list l"}) {
			t.Errorf("%s: %q are ready, want the list", c.then, ready)
		}
		ours.call.Served = true
		got := string(ours.do(words...))
		counted += ours.call.Dirty
		ours.call.MayBlock, ours.call.Served = false, false
		if want := string(waiting.push().Append(nil)); got != want {
			t.Errorf("%s, after %s: %q, redis-server says %q", c.wait, c.then, got, want)
		}
		if dirty = dirtyOf(t, real) - dirty; counted != dirty {
			t.Errorf("%s, after %s: counts %d changes, redis-server %d", c.wait, c.then, counted, dirty)
		}
		both("SET marker end")
		if want := link.stream("end"); fmt.Sprint(ours.stream) != fmt.Sprint(want) {
			t.Errorf("%s, after %s: sends %q, redis-server %q", c.wait, c.then, ours.stream, want)
		}
		digest := ours.store.Digest()
		if want := string(real.do("DEBUG", "DIGEST")); fmt.Sprintf("+%x\r\n", digest) != want {
			t.Errorf("%s, after %s: leaves something else", c.wait, c.then)
		}
		isMarker := func(event string) bool { return strings.HasSuffix(event, " marker") }
		told, heard := slices.DeleteFunc(told, isMarker), slices.DeleteFunc(heardUntilEnd(real, events), isMarker)
		if !slices.Equal(told, heard) {
			t.Errorf("%s, after %s: tells %q, redis-server %q", c.wait, c.then, told, heard)
		}
	}
}

// heardUntilEnd returns the keyspace events that came to a subscriber.
func heardUntilEnd(real, events *realConn) (heard []string) {
	for real.do("PUBLISH", "__keyevent@0__:end", ""); ; {
		v := events.push()
		event, key := strings.TrimPrefix(v.Elems[2].Str, "__keyevent@0__:"), v.Elems[3].Str
		if event == "end" {
			return heard
		}
		heard = append(heard, event+" "+key)
	}
}

func TestListChangesAreCountedAndToldOfAsRedisDoes(t *testing.T) {
	server := startReal(t)
	real, events := server.dial(), server.dial()
	real.do("CONFIG", "SET", "notify-keyspace-events", "EAmn")
	events.do("PSUBSCRIBE", "__keyevent@*")
	ours := newServer(16)
	var told []string
	ours.call.Notify = func(_ byte, event string, _ int, key []byte) { told = append(told, event+" "+string(key)) }
	for _, line := range []string{
		"LPUSHX l a", "RPUSH l a b", "LPUSH l c d e", "RPUSHX l f", "LPUSHX l g", "LINSERT l BEFORE a x", "LINSERT l AFTER none x", "LINSERT none AFTER a x",
		"LSET l 0 h", "LSET l 100 h", "LTRIM l 0 -1", "LTRIM l 1 -2", "LREM l 0 none", "LREM l 0 a", "LPOP l", "RPOP l 2", "RPOP l 0", "LPOP none",
		"LINDEX none 0", "LINDEX l 0", "LLEN none", "LRANGE none 0 -1", "LPOS none a", "LPOS l x",
		"LPOP l 100", "RPUSH l a b c d", "LMOVE l m LEFT RIGHT", "LMOVE l l LEFT RIGHT", "RPOPLPUSH l m", "LMOVE none m LEFT LEFT", "LMPOP 2 none l LEFT COUNT 1",
		"LMPOP 1 none LEFT", "RPOPLPUSH l m", "RPOPLPUSH m m", "LREM m -1 d", "LTRIM m 5 1", "RPUSH l a a", "LREM l 0 a", "RPUSH l a", "RPOPLPUSH l l", "RPOP l", "LTRIM none 0 0",
	} {
		words := strings.Fields(line)
		before := dirtyOf(t, real)
		want := string(real.do(words...))
		dirty := dirtyOf(t, real) - before
		told = nil
		if got := string(ours.do(words...)); got != want {
			t.Errorf("%s: %q, redis-server says %q", line, got, want)
		}
		if ours.call.Dirty != dirty {
			t.Errorf("%s: counts %d changes, redis-server %d", line, ours.call.Dirty, dirty)
		}
		if heard := heardUntilEnd(real, events); !slices.Equal(told, heard) {
			t.Errorf("%s: tells %q, redis-server %q", line, told, heard)
		}
	}
}

// Lists of many nodes are cut as redis-server cuts them, which DUMP shows.
func TestLargeListsAreCutWhereRedisCutsThem(t *testing.T) {
	r := newRig(t)
	for seed := range uint64(6) {
		g := &gen{Rand: rand.New(rand.NewPCG(seed, 7))}
		r.begin(script{proto: 2, small: seed%3 == 2})
		pivot := func() string { return "pivot " + strconv.Itoa(g.IntN(20)) }
		element := func() string {
			if g.chance(4) {
				return pivot()
			}
			return strings.Repeat(g.pick("x", "y"), g.IntN(g.pickInt(10, 100, 1000, 3000, 9000)))
		}
		for i := range 500 {
			r.same([][]string{
				{"RPUSH", "l", element(), element()},
				{"LPUSH", "l", element(), element()},
				{"LINSERT", "l", g.pick("BEFORE", "AFTER"), pivot(), element()},
				{"LINSERT", "l", g.pick("BEFORE", "AFTER"), pivot(), element()},
				{"LINSERT", "l", g.pick("BEFORE", "AFTER"), pivot(), element()},
				{"LSET", "l", strconv.Itoa(g.IntN(60) - 30), element()},
				{"LREM", "l", strconv.Itoa(g.IntN(5) - 2), pivot()},
				{"LPOP", "l", strconv.Itoa(g.IntN(3))},
				{"LMOVE", "l", "l", "LEFT", "RIGHT"},
				{"LTRIM", "l", strconv.Itoa(g.IntN(3)), strconv.Itoa(-1 - g.IntN(3))},
			}[g.IntN(10)]...)
			e := r.ours.store.DB(0).Get([]byte("l"))
			if i%5 != 0 || e == nil {
				continue
			}
			if got, want := string(rdb.AppendDump(nil, e.Value, new(rdb.Compressor))), elements(r.real.do("DUMP", "l")); got != want[0] {
				t.Fatalf("seed %d, step %d: the DUMP of a list of %d elements is another one", seed, i, e.Value.List().Len())
			}
		}
	}
}
