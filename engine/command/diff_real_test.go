//go:build !js

package command

import (
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/resp"
	"resync/engine/store"
)

// The differential test: random commands, told to redis-server and to us, must have the same replies, leave the same
// data in the same encodings, and send the same bytes to replicas. A family of commands is a function that makes lines
// of them, in a file of its own:
//
//	func init() { families = append(families, family{"lists", listLine}) }
//
//	func listLine(g *gen) []string {
//		switch g.IntN(10) {
//		case 0:
//			return []string{"LLEN", g.key()}
//		...
//
// A seed stands for a script of some hundred lines on empty servers, most of them of one family. One that fails is cut
// down to the lines that matter, and printed.
var (
	seeds = flag.Int("seeds", 120, "how many random scripts are told to redis-server")
	from  = flag.Uint64("from", 1, "the seed of the first")
	about = flag.String("about", "", "the only family that makes lines, beside that of all keys")
	known = flag.Bool("known", false, "leave out commands that have no row, for one who is about to write them")
)

// A family is a kind of commands and what makes lines of them.
type family struct {
	name string
	line func(g *gen) []string
}

var families []family

// loose says for a command, by its name in upper case, how its replies may differ: in what depends on the moment, say.
// It is asked only about replies that are not equal.
var loose = map[string]func(got, want resp.Value) bool{
	"TTL": closeMoments, "PTTL": closeMoments, "EXPIRETIME": closeMoments, "PEXPIRETIME": closeMoments,
	"SRANDMEMBER": sameShape, "HRANDFIELD": sameShape, "ZRANDMEMBER": sameShape,
	"KEYS": sameElements, "SCAN": sameElements,
	"SPOP":    sameElements, // of all that there is; see spop for less
	"GEODIST": closeDistances, "GEORADIUS": closeDistances, "GEORADIUS_RO": closeDistances, "GEORADIUSBYMEMBER": closeDistances,
	"GEORADIUSBYMEMBER_RO": closeDistances, "GEOSEARCH": closeDistances,
	"OBJECT": func(got, want resp.Value) bool { // IDLETIME, around the end of a second
		return got.Kind == resp.KindInt && max(got.Int-want.Int, want.Int-got.Int) <= 1
	},
}

// tables are the commands that walk a hash or set in the order of its table, where it has one, which is nobody's
// business: how many words stand together.
var tables = map[string]int{"SMEMBERS": 1, "SUNION": 1, "SINTER": 1, "SDIFF": 1, "HKEYS": 1, "HVALS": 1, "HGETALL": 2,
	"SSCAN": 1, "HSCAN": 2, "ZSCAN": 2, "DUMP": 0, "SORT": 1, "SORT_RO": 1}

// A gen makes the words of command lines, most of them valid, about few keys, so that they meet.
type gen struct {
	*rand.Rand
	main   string // the family that this script is about
	family string // the one that makes this line
}

func newGen(seed uint64) *gen {
	return &gen{Rand: rand.New(rand.NewPCG(seed, 0)), main: "strings", family: "strings"}
}

// chance is true once in n times.
func (g *gen) chance(n int) bool { return g.IntN(n) == 0 }

// pick returns one of the words.
func (g *gen) pick(words ...string) string { return words[g.IntN(len(words))] }

// from returns n of the letters.
func (g *gen) from(letters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[g.IntN(len(letters))]
	}
	return string(b)
}

// key names a key: mostly one of the family's, sometimes another's, which makes WRONGTYPE.
func (g *gen) key() string {
	name := g.family
	if !slices.Contains(keyed, name) {
		name = g.main
	}
	if g.chance(10) || !slices.Contains(keyed, name) {
		name = g.pick(keyed...)
	}
	if g.chance(60) {
		return g.pick("", "a\x00b")
	}
	return name + ":" + strconv.Itoa(1+g.IntN(4))
}

// keys returns up to n keys, and at least one.
func (g *gen) keys(n int) []string {
	words := make([]string, 1+g.IntN(n))
	for i := range words {
		words[i] = g.key()
	}
	return words
}

// keyed are the families that have keys: those of other families are about all of them.
var keyed = []string{"strings", "lists", "sets", "hashes", "zsets", "streams"}

// number is an integer or something like one, valid or not, on the borders of what integers can be.
func (g *gen) number() string {
	return g.pick("0", "1", "-1", "7", "10", "100", "-3", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"01", "+1", " 1", "1.5", "x", "", "-0", "4611686018427387904")
}

// count is an integer that says how many, mostly valid.
func (g *gen) count() string {
	if g.chance(12) {
		return g.number()
	}
	return g.pick("0", "1", "2", "3", "5", "10", "100", "-1", "-2")
}

// index is a place in a sequence, mostly valid.
func (g *gen) index() string {
	return g.pick("0", "1", "-1", "3", "-3", "100", "-100", "2", "7", "-7", g.number())
}

// float is a float or something like one.
func (g *gen) float() string {
	return g.pick("0", "1", "-1", "0.1", "3.14", "1e3", "-2.5e-3", "1e17", "12345678901234567890", "0x1p4", "0x.8", "inf", "-INF", "nan",
		"1e4932", "2e4932", "1e-4950", "1e-5000", " 1", "1 ", "", ".", "5.", ".5", "+5", "1e", "1e+", "0x", "1e400", "-1e400", "0.000000000000000005",
		"999999999999999.99", "1.00000000000000000001", "-0", "0x10", "1_0", "--1", "infinity", "infinit")
}

// score is a float that is mostly valid and small, so that some are equal.
func (g *gen) score() string {
	if g.chance(8) {
		return g.float()
	}
	return g.pick("0", "1", "2", "3", "1.5", "-1", "-2.25", "100", "1e10", "0.1", "3.0", "inf", "-inf", "123456789012", "17", "18", "19")
}

// member is an element of a small world, so that the same ones come again: words, integers, and now and then a long one.
func (g *gen) member() string {
	switch g.IntN(12) {
	case 0:
		return g.value()
	case 1, 2, 3:
		return strconv.Itoa(g.IntN(20))
	case 4:
		return g.pick("-1", "127", "128", "4095", "4096", "-4096", "32767", "32768", "8388607", "-8388609", "2147483648", "9223372036854775807")
	}
	return g.pick("a", "b", "c", "d", "e", "f", "g", "alpha", "beta", "gamma", "delta", "a\x00b", "")
}

// members returns up to n members, and at least one. Once in a while they are many, as makes values outgrow their
// small encodings.
func (g *gen) members(n int) []string {
	n = 1 + g.IntN(n)
	many := g.chance(20)
	if many {
		n = 20 + g.IntN(200)
	}
	words := make([]string, n)
	for i := range words {
		words[i] = g.member()
		if many && !g.chance(3) {
			words[i] = strconv.Itoa(g.IntN(1000))
		}
	}
	return words
}

// value is any text.
func (g *gen) value() string {
	switch g.IntN(8) {
	case 0:
		return g.number()
	case 1:
		return g.float()
	case 2:
		return strings.Repeat(g.pick("x", "\x00", "ab"), g.IntN(60))
	case 3:
		if g.chance(5) {
			return strings.Repeat(g.pick("long", "\xff\x00\x01"), g.IntN(3000))
		}
		return g.from("abcdefgh\r\n\x00\x80\xff", g.IntN(70))
	}
	return g.pick("v", "hello", "10", "12345", "-5", "a\r\nb")
}

// pattern is for KEYS, SCAN and their like.
func (g *gen) pattern() string {
	return g.pick("*", "**", "a*", "*1", "s*:[0-9]", "[^a]", "[a-", "\\a", "*:*", "?", "", "*b", "a[^x]b", "[b-a]*", "h?sh*")
}

// relative is how long something lasts. Seldom is it twice the same: whether the same again is later than before
// (EXPIRE GT, LT) would hang on the millisecond at which each side reads it.
func (g *gen) relative() string {
	if g.chance(3) {
		return strconv.Itoa(60_000 + 1000*g.IntN(2000))
	}
	return g.pick("0", "-1", "x", "01", "9223372036854775807", "-9223372036854775808", "9223372036854775", "1.5")
}

// absolute is a moment, long ago or far away.
func (g *gen) absolute() string {
	return g.pick("1", "1000", "1600000000", "4000000000", "4000000000000", "1600000000000", g.number())
}

// expiry is the option of SET and GETEX.
func (g *gen) expiry() []string {
	switch g.IntN(5) {
	case 0:
		return []string{g.pick("EX", "ex", "PX", "pX"), g.relative()}
	case 1, 2:
		return []string{g.pick("EXAT", "PXAT", "pxat"), g.absolute()}
	case 3:
		return []string{g.pick("KEEPTTL", "PERSIST")}
	}
	return []string{g.pick("EX", "PX", "EXAT", "PXAT")}
}

// dump stands for the payload that redis-server's DUMP of the key gives at that moment.
func (g *gen) dump(key string) string { return dumpMark + key }

const dumpMark = "\x00the DUMP of "

// command is a line of some family, now and then with a word too many or too few, or in lower case.
func (g *gen) command() []string {
	f := families[g.IntN(len(families))]
	if !g.chance(3) {
		f = families[slices.IndexFunc(families, func(f family) bool { return f.name == g.main })]
	}
	g.family = f.name
	c := f.line(g)
	switch g.IntN(60) {
	case 0:
		return append(c, g.value())
	case 1:
		if !strings.HasSuffix(c[0], "SCAN") { // whose default COUNT would show in the cursor
			return c[:1+g.IntN(len(c))]
		}
	case 2:
		c[0] = strings.ToLower(c[0])
	}
	return c
}

// A script is what happens on empty servers.
type script struct {
	proto int
	small bool // the limits of small encodings are low
	lines [][]string
}

const (
	scriptLines = 240
	batchLines  = 40 // between two looks at the data
)

func newScript(seed uint64) script {
	g := newGen(seed)
	g.main = families[seed%uint64(len(families))].name
	if *about != "" {
		g.main = *about
	}
	s := script{proto: 2 + g.IntN(2), small: g.chance(2)}
	for len(s.lines) < scriptLines {
		line := g.command()
		if *about != "" && g.family != *about && g.family != "keys" || *known && !hasRow(line[0]) {
			continue
		}
		s.lines = append(s.lines, line)
	}
	return s
}

func TestRandomCommandsAnswerAndPropagateAsRedisDoes(t *testing.T) {
	slices.SortFunc(families, func(a, b family) int { return strings.Compare(a.name, b.name) })
	r := newRig(t)
	var now uint64
	defer func() {
		if t.Failed() {
			t.Logf("the last line, in seed %d, was %s", now, quoted(r.last))
		}
	}()
	failed := 0
	for seed := *from; seed < *from+uint64(*seeds); seed++ {
		now = seed
		s := newScript(seed)
		at, difference := r.play(s)
		if difference == "" {
			continue
		}
		s.lines = s.lines[:at]
		if _, again := r.play(s); again == "" {
			t.Errorf("seed %d: once, and not again: %s", seed, difference)
			continue
		}
		s = r.shrink(s)
		if _, last := r.play(s); last != "" {
			difference = last
		}
		t.Errorf("seed %d: %s\n%s", seed, difference, s.text(r))
		if failed++; failed == 5 {
			t.Fatal("that is enough")
		}
	}
}

// text shows a script as lines for redis-cli and as Go.
func (s script) text(r *rig) string {
	var cli, code strings.Builder
	fmt.Fprintf(&cli, "HELLO %d\n", s.proto)
	if s.small {
		for _, l := range lowLimits {
			fmt.Fprintf(&cli, "CONFIG SET %s %s\n", l[0], l[1])
		}
		fmt.Fprintf(&cli, "DEBUG QUICKLIST-PACKED-THRESHOLD %d\n", limits(true).ListPlainSize)
	}
	for _, line := range s.lines {
		words := make([]string, len(line))
		for i, w := range line {
			words[i] = strconv.Quote(w)
		}
		fmt.Fprintf(&code, "\t{%s},\n", strings.Join(words, ", "))
		if i := slices.IndexFunc(line, func(w string) bool { return strings.HasPrefix(w, dumpMark) }); i >= 0 {
			line = slices.Clone(line)
			line[i] = r.dumps[line[i]]
		}
		cli.WriteString(quoted(line) + "\n")
	}
	return cli.String() + "as a script of RESP" + strconv.Itoa(s.proto) + ":\n" + code.String()
}

// shrink returns a shorter and simpler script that fails too.
func (r *rig) shrink(s script) script {
	fails := func(s script) bool {
		_, difference := r.play(s)
		return difference != ""
	}
	s.lines = shrink(s.lines, func(lines [][]string) bool { return fails(script{s.proto, s.small, lines}) })
	if fails(script{2, s.small, s.lines}) {
		s.proto = 2
	}
	if fails(script{s.proto, false, s.lines}) {
		s.small = false
	}
	return s
}

// shrink leaves lines out while the rest still fails.
func shrink(lines [][]string, fails func([][]string) bool) [][]string {
	for size := len(lines) / 2; size > 0; size /= 2 {
		for at := 0; at < len(lines); {
			without := slices.Concat(lines[:at], lines[min(at+size, len(lines)):])
			if fails(without) {
				lines = without
			} else {
				at += size
			}
		}
	}
	return lines
}

func hasRow(name string) bool { return current.byFullName([]byte(strings.ToLower(name))) != nil }

func TestShrinkKeepsWhatMatters(t *testing.T) {
	var lines [][]string
	for i := range 100 {
		lines = append(lines, []string{strconv.Itoa(i)})
	}
	got := shrink(lines, func(lines [][]string) bool {
		has := func(word string) bool {
			return slices.ContainsFunc(lines, func(l []string) bool { return l[0] == word })
		}
		return has("3") && has("50") && has("99")
	})
	if len(got) != 3 || got[0][0] != "3" || got[1][0] != "50" || got[2][0] != "99" {
		t.Errorf("%q is left", got)
	}
}

// lowLimits make values outgrow their small encodings soon.
var lowLimits = [][2]string{
	{"hash-max-listpack-entries", "6"}, {"hash-max-listpack-value", "20"}, {"set-max-intset-entries", "5"},
	{"zset-max-listpack-entries", "6"}, {"zset-max-listpack-value", "20"}, {"list-max-listpack-size", "4"},
	{"stream-node-max-entries", "5"}, {"stream-node-max-bytes", "200"}, {"hll-sparse-max-bytes", "100"},
}

var highLimits = [][2]string{
	{"hash-max-listpack-entries", "512"}, {"hash-max-listpack-value", "64"}, {"set-max-intset-entries", "512"},
	{"zset-max-listpack-entries", "128"}, {"zset-max-listpack-value", "64"}, {"list-max-listpack-size", "-2"},
	{"stream-node-max-entries", "100"}, {"stream-node-max-bytes", "4096"}, {"hll-sparse-max-bytes", "3000"},
}

func limits(small bool) store.Limits {
	if !small {
		return store.DefaultLimits()
	}
	return store.Limits{HashListpackEntries: 6, HashListpackValue: 20, SetIntsetEntries: 5, ZSetListpackEntries: 6,
		ZSetListpackValue: 20, ListListpackSize: 4, ListPlainSize: 40, StreamNodeEntries: 5, StreamNodeBytes: 200, HLLSparseBytes: 100}
}

// A rig runs the same commands here and there.
type rig struct {
	t    testing.TB
	real *realConn
	look *realConn // asks redis-server without disturbing the client
	link *realConn // a replica of redis-server
	ours *server

	last  []string          // the latest command
	small bool              // as redis-server is configured now
	marks int               // how often the streams were compared
	dumps map[string]string // the latest payloads that stood for a key
}

func newRig(t testing.TB) *rig {
	t.Helper()
	real := startReal(t)
	r := &rig{t: t, real: real.dial(), look: real.dial(), link: real.dial(), dumps: map[string]string{}}
	r.real.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	r.link.follow()
	r.begin(script{proto: 2})
	return r
}

// begin empties both sides.
func (r *rig) begin(s script) {
	r.t.Helper()
	if s.small != r.small {
		r.small = s.small
		configured := highLimits
		if s.small {
			configured = lowLimits
		}
		for _, l := range configured {
			if got := r.real.do("CONFIG", "SET", l[0], l[1]); string(got) != "+OK\r\n" {
				r.t.Fatalf("CONFIG SET %s: %s", l[0], got)
			}
		}
		r.real.do("DEBUG", "QUICKLIST-PACKED-THRESHOLD", strconv.Itoa(int(limits(s.small).ListPlainSize)))
	}
	r.real.do("HELLO", strconv.Itoa(s.proto))
	r.real.do("SELECT", "0")
	r.real.do("FLUSHALL")
	r.marks++
	mark := "mark " + strconv.Itoa(r.marks)
	r.real.do("SET", "marker", mark)
	r.link.stream(mark)
	r.real.do("CLIENT", "SETNAME", "")
	r.ours = newServer(16)
	r.ours.reply.Proto = s.proto
	r.ours.call.Settings.Limits = limits(s.small)
	r.ours.db = 0
	r.ours.do("SET", "marker", mark)
	r.ours.stream = nil
}

// play runs a script and returns what differs, and after how many lines that showed.
func (r *rig) play(s script) (at int, difference string) {
	r.t.Helper()
	r.begin(s)
	for i, line := range s.lines {
		if difference := r.run(line...); difference != "" {
			return i + 1, difference
		}
		if i%batchLines == batchLines-1 || i == len(s.lines)-1 {
			if difference := r.compareAll(); difference != "" {
				return i + 1, difference
			}
		}
	}
	return len(s.lines), ""
}

// same runs a command on both sides and wants the same reply.
func (r *rig) same(args ...string) {
	r.t.Helper()
	if difference := r.run(args...); difference != "" {
		r.t.Fatal(difference)
	}
}

// sameStream wants what went into the streams so far to be the same.
func (r *rig) sameStream() {
	r.t.Helper()
	if difference := r.compareStreams(); difference != "" {
		r.t.Fatal(difference)
	}
}

// run runs a command on both sides and returns how the replies differ.
func (r *rig) run(args ...string) (difference string) {
	r.t.Helper()
	got, want, err := r.both(args)
	if err != "" {
		return err
	}
	if string(got) == string(want) {
		return ""
	}
	g, _, errGot := resp.ParseValue(got)
	w, _, errWant := resp.ParseValue(want)
	if errGot == nil && errWant == nil && g.Kind == w.Kind {
		name := strings.ToUpper(args[0])
		if may := loose[name]; may != nil && may(g, w) {
			return ""
		}
		if together, ok := tables[name]; ok && r.anyTable(args[1:], w) {
			limited := slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "LIMIT") })
			if alikeTables(g, w, together) || limited && sameShape(g, w) {
				return ""
			}
		}
	}
	return fmt.Sprintf("%s: got\n%s\nredis-server says\n%s", quoted(args), short(got), short(want))
}

// both runs a command on both sides.
func (r *rig) both(args []string) (got, want []byte, broken string) {
	r.t.Helper()
	args = r.withDumps(args)
	r.last = args
	before := time.Now()
	if is([]byte(args[0]), "SORT") || is([]byte(args[0]), "SORT_RO") {
		// SORT takes an errno that an earlier command left behind for its own; a cursor that is none clears it.
		r.real.do("SCAN", "x")
	}
	want = r.real.do(args...)
	now := engine.Instant(before.UnixNano())
	name := strings.ToUpper(args[0])
	switch name {
	case "XADD":
		// The moment is in the name of the entry.
		if at, ok := entryMillis(want); ok && max(at-now.Millis(), now.Millis()-at) < 10_000 {
			now = engine.Instant(at * int64(time.Millisecond))
		}
	case "SPOP":
		if popped := elements(want); len(popped) > 0 && string(r.ours.try("SCARD", args[1])) != ":"+strconv.Itoa(len(popped))+"\r\n" {
			return r.spop(args[1], want, popped)
		}
	}
	defer func() {
		if p := recover(); p != nil {
			broken = fmt.Sprintf("%s: panic: %v\n%s", quoted(args), p, debug.Stack())
		}
	}()
	r.ours.call.Now = now
	r.ours.call.Settings.Access = AccessClock{Running: true, Seconds: now.Seconds()}
	r.ours.store.SetClock(now.Seconds(), false)
	return slices.Clone(r.ours.do(args...)), want, ""
}

// spop lets redis-server draw, and takes away the same members here.
func (r *rig) spop(key string, want []byte, popped []string) (got, _ []byte, broken string) {
	if got := r.ours.do(append([]string{"SREM", key}, popped...)...); string(got) != ":"+strconv.Itoa(len(popped))+"\r\n" {
		return got, want, "SPOP drew " + quoted(popped) + " from " + key + ", which are not all there"
	}
	return want, want, ""
}

// withDumps replaces what stands for a payload by the payload.
func (r *rig) withDumps(args []string) []string {
	for i, a := range args {
		key, ok := strings.CutPrefix(a, dumpMark)
		if !ok {
			continue
		}
		// Both look the key up, since that removes one whose time is over.
		r.look.do("SELECT", strconv.Itoa(r.ours.call.DB))
		payload := "there is no such key"
		if v, _, err := resp.ParseValue(r.look.do("DUMP", key)); err == nil && v.Kind == resp.KindBulk {
			payload = v.Str
		}
		r.ours.do("DUMP", key)
		r.dumps[a] = payload
		args = slices.Clone(args)
		args[i] = payload
	}
	return args
}

// entryMillis reads the milliseconds of a reply that is the name of a stream's entry.
func entryMillis(reply []byte) (int64, bool) {
	v, _, err := resp.ParseValue(reply)
	if err != nil || v.Kind != resp.KindBulk {
		return 0, false
	}
	millis, _, _ := strings.Cut(v.Str, "-")
	n, err := strconv.ParseInt(millis, 10, 64)
	return n, err == nil
}

// elements returns the strings that a reply is made of.
func elements(reply []byte) []string {
	v, _, err := resp.ParseValue(reply)
	switch {
	case err != nil || v.IsError() || v.IsNull():
		return nil
	case v.Kind == resp.KindBulk:
		return []string{v.Str}
	}
	var all []string
	for _, e := range v.Elems {
		all = append(all, e.Str)
	}
	return all
}

// anyTable reports whether one of the words names a key whose value redis-server keeps in a table, or whether the
// reply is too long for anything else.
func (r *rig) anyTable(words []string, reply resp.Value) bool {
	const intsetMax = 512 // of the sets that SUNION and its like make and throw away
	r.look.do("SELECT", strconv.Itoa(r.ours.call.DB))
	for _, key := range words {
		// Unlike OBJECT, this does not remove a key whose time is over.
		about := string(r.look.do("DEBUG", "OBJECT", key))
		for _, encoding := range []string{"hashtable", "skiplist", "stream"} {
			if strings.Contains(about, " encoding:"+encoding+" ") {
				return true
			}
		}
	}
	return len(reply.Elems) > intsetMax || r.small && len(reply.Elems) > 5
}

// compareAll returns how the streams or the data differ.
func (r *rig) compareAll() (difference string) {
	r.t.Helper()
	if difference = r.compareStreams(); difference == "" {
		if difference = r.compareDigests(); difference == "" {
			difference = r.compareValues()
		}
	}
	return difference
}

// compareStreams returns how what went into the streams since it was last asked differs.
func (r *rig) compareStreams() string {
	r.t.Helper()
	r.marks++
	mark := "mark " + strconv.Itoa(r.marks)
	if difference := r.run("SET", "marker", mark); difference != "" {
		return difference
	}
	want := r.link.stream(mark)
	got := r.ours.stream
	r.ours.stream = nil
	sortDeletions(want)
	sortDeletions(got)
	for i := 0; i < len(got) || i < len(want); i++ {
		if i >= len(got) || i >= len(want) || !alikeWords(got[i], want[i]) {
			return fmt.Sprintf("streams differ at command %d: got\n%s\nredis-server sends\n%s", i, someLines(got, i), someLines(want, i))
		}
	}
	return ""
}

func someLines(lines [][]string, at int) string {
	var b strings.Builder
	for _, l := range lines[min(at, len(lines)):min(at+3, len(lines))] {
		b.WriteString(short([]byte(quoted(l))) + "\n")
	}
	return b.String()
}

// sortDeletions sorts neighbouring DELs of one key: SCAN sends them in the order in which it comes across the keys.
func sortDeletions(stream [][]string) {
	isDel := func(words []string) bool { return words[0] == "DEL" && len(words) == 2 }
	for i := 0; i < len(stream); i++ {
		end := i
		for end < len(stream) && isDel(stream[end]) {
			end++
		}
		slices.SortFunc(stream[i:end], slices.Compare)
		i = end
	}
}

// compareDigests returns how the datasets differ. Expiries set by relative times differ by some milliseconds, which
// the digest does not see: it mixes in only that there is one.
func (r *rig) compareDigests() string {
	r.t.Helper()
	want := string(r.look.do("DEBUG", "DIGEST"))
	digest := r.ours.store.Digest()
	if got := "+" + hex.EncodeToString(digest[:]) + "\r\n"; got != want {
		return fmt.Sprintf("digest %s, redis-server says %s%s", got, want, r.whichDiffer())
	}
	return ""
}

// whichDiffer names the keys that have another digest.
func (r *rig) whichDiffer() string {
	var b strings.Builder
	for db := range 16 {
		r.look.do("SELECT", strconv.Itoa(db))
		ours := map[string]bool{}
		for cursor, more := uint64(0), true; more; more = cursor != 0 {
			cursor = r.ours.store.DB(db).Scan(cursor, 100, func(e *store.Entry) { ours[e.Key] = true })
		}
		for _, key := range elements(r.look.do("KEYS", "*")) {
			if !ours[key] {
				fmt.Fprintf(&b, "database %d: there is no %s\n", db, resp.Quote([]byte(key)))
			}
			delete(ours, key)
		}
		for key := range ours {
			fmt.Fprintf(&b, "database %d: redis-server has no %s\n", db, resp.Quote([]byte(key)))
		}
	}
	return b.String()
}

// compareValues returns which encodings, and which DUMPs of values that have an order, differ.
func (r *rig) compareValues() string {
	r.t.Helper()
	db := r.ours.call.DB
	defer func() { r.ours.call.DB = db }()
	for i := range 16 {
		r.ours.call.DB = i
		r.look.do("SELECT", strconv.Itoa(r.ours.call.DB))
		for _, key := range elements(r.look.do("KEYS", "*")) {
			for _, words := range [][]string{{"OBJECT", "ENCODING", key}, {"DUMP", key}} {
				want := r.look.do(words...)
				got := r.ours.try(words...)
				if string(got) == string(want) {
					continue
				}
				if words[0] == "DUMP" && (current.byFullName([]byte("dump")) == nil || r.anyTable([]string{key}, resp.Value{}) || sameStreamDump(got, want)) {
					continue
				}
				return fmt.Sprintf("database %d, %s: got\n%s\nredis-server says\n%s", r.ours.call.DB, quoted(words), short(got), short(want))
			}
		}
	}
	return ""
}

// try runs a command that changes nothing, and leaves no trace of it.
func (s *server) try(words ...string) []byte {
	stream, db := s.stream, s.db
	got := slices.Clone(s.do(words...))
	s.stream, s.db = stream, db
	return got
}

// alikeWords reports whether two commands of a stream are equal, but for moments that lie within 5 seconds.
func alikeWords(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !(i > 0 && isMoment(a, i) && within(a[i], b[i])) {
			return false
		}
	}
	return true
}

// isMoment reports whether the word of a command of the stream says when something happens.
func isMoment(words []string, i int) bool {
	switch strings.ToUpper(words[i-1]) {
	case "PXAT", "TIME", "MINID", "~", "=":
		return true
	}
	return i == 2 && (words[0] == "PEXPIREAT" || strings.EqualFold(words[0], "RESTORE"))
}

func within(a, b string) bool {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	return errX == nil && errY == nil && max(x-y, y-x) <= 5000
}

// closeMoments accepts times that lie within 5 seconds, in seconds or milliseconds.
func closeMoments(got, want resp.Value) bool {
	return got.Kind == resp.KindInt && got.Int > 50_000 && max(got.Int-want.Int, want.Int-got.Int) <= 5000
}

// closeDistances accepts distances that differ in the last of their four digits: the C library's sines are not all rounded
// to the nearest double, and which are not depends on the processor.
func closeDistances(got, want resp.Value) bool {
	if got.Kind != want.Kind || len(got.Elems) != len(want.Elems) {
		return false
	}
	for i := range got.Elems {
		if !closeDistances(got.Elems[i], want.Elems[i]) {
			return false
		}
	}
	if got.Kind != resp.KindBulk || got.Str == want.Str {
		return got.Int == want.Int
	}
	a, errGot := strconv.ParseFloat(got.Str, 64)
	b, errWant := strconv.ParseFloat(want.Str, 64)
	return errGot == nil && errWant == nil && math.Abs(a-b) < 1.5e-4
}

// sameShape accepts a reply in which chance played a part.
func sameShape(got, want resp.Value) bool {
	if got.Kind != want.Kind || len(got.Elems) != len(want.Elems) || got.IsError() {
		return false
	}
	for i := range got.Elems {
		if !sameShape(got.Elems[i], want.Elems[i]) {
			return false
		}
	}
	return true
}

// sameElements accepts another order.
func sameElements(got, want resp.Value) bool { return alikeTables(got, want, 1) }

// alikeTables accepts another order of the groups of so many words in the innermost arrays. A group of none stands for
// bytes of the same length, in which the order is inside.
func alikeTables(got, want resp.Value, together int) bool {
	if together == 0 {
		return got.Kind == resp.KindBulk && want.Kind == resp.KindBulk
	}
	sortElems(got, together)
	sortElems(want, together)
	return string(got.Append(nil)) == string(want.Append(nil))
}

func sortElems(v resp.Value, together int) {
	for _, e := range v.Elems {
		if e.Elems != nil {
			for _, e := range v.Elems {
				sortElems(e, together)
			}
			return
		}
	}
	if v.Kind == resp.KindMap {
		together = 2
	}
	if len(v.Elems)%together != 0 {
		return
	}
	groups := slices.Collect(slices.Chunk(slices.Clone(v.Elems), together))
	slices.SortFunc(groups, func(a, b []resp.Value) int {
		return slices.CompareFunc(a, b, func(a, b resp.Value) int { return strings.Compare(a.Str, b.Str) })
	})
	copy(v.Elems, slices.Concat(groups...))
}

// short shows bytes in a report.
func short(b []byte) string {
	const most = 1500
	if len(b) > most {
		return fmt.Sprintf("%.*q... (%d bytes)", most, b, len(b))
	}
	return fmt.Sprintf("%q", b)
}
