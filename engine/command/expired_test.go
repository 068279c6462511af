package command

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// manyKeys are the commands that look at several keys, of which a, b and c are told to have expired, each and together.
var manyKeys = []string{
	"RENAME a b", "RENAMENX a b", "COPY a b", "COPY a b REPLACE", "COPY a b DB 1", "MOVE a 1", "MSETNX a 1 b 2", "MSET a 1 b 2", "MGET a b c",
	"DEL a b c", "UNLINK a b", "EXISTS a b c", "TOUCH a b c", "GETSET a x", "SET a x GET", "LCS a b", "LCS a b IDX", "BITOP AND c a b", "BITOP OR a b c",
	"BITOP NOT a b", "PFCOUNT h1 h2 h3", "PFMERGE h1 h2 h3", "PFMERGE h3 h1 h2",
	"SMOVE s1 s2 m1", "SMOVE s2 s1 m2", "SINTER s1 s2 s3", "SUNION s1 s2 s3", "SDIFF s1 s2 s3", "SINTERSTORE s3 s1 s2", "SUNIONSTORE s1 s2 s3",
	"SDIFFSTORE s2 s1 s3", "SINTERCARD 3 s1 s2 s3", "SINTERCARD 2 s1 s2 LIMIT 1",
	"LMOVE l1 l2 LEFT RIGHT", "LMOVE l1 l1 LEFT RIGHT", "RPOPLPUSH l1 l2", "RPOPLPUSH l2 l1", "BLMOVE l1 l2 LEFT LEFT 0", "LMPOP 3 l1 l2 l3 LEFT COUNT 2", "BLPOP l1 l2 l3 0",
	"SORT l1 BY w* GET v* GET # GET f*->x", "SORT l1 BY w* GET v* STORE l2", "SORT l1 BY w*->x DESC STORE l1", "SORT s1 ALPHA GET v* LIMIT 0 2",
	"ZUNION 3 z1 z2 z3 WITHSCORES", "ZINTER 2 z1 s1 WITHSCORES", "ZDIFF 2 z1 z2", "ZUNIONSTORE z3 2 z1 z2", "ZINTERSTORE z1 2 z1 s1", "ZDIFFSTORE z2 2 z1 z3",
	"ZINTERCARD 2 z1 z2", "ZRANGESTORE z2 z1 0 -1", "ZMPOP 3 z1 z2 z3 MIN COUNT 2", "BZPOPMAX z1 z2 z3 0",
	"GEOSEARCHSTORE z3 z1 FROMLONLAT 0 0 BYRADIUS 30000 km", "GEORADIUS z1 0 0 30000 km STORE z2", "GEORADIUS z1 0 0 30000 km STOREDIST z1",
	"XREAD STREAMS x1 x2 x3 0 0 0", "XREAD COUNT 1 STREAMS x1 x2 x3 0 $ 0-1", "XREADGROUP GROUP g c COUNT 1 STREAMS x1 x2 > >", "XREADGROUP GROUP g c STREAMS x1 x2 0 >",
}

// keysThatExpire are those keys, and what they hold.
const keysThatExpire = `SET a aabbcc|SET b abcabc|SETRANGE b 0 xyzxyzxyzxyzxyzxyzxyzxyz|SET c ccc|APPEND c d|PFADD h1 p q r|PFADD h2 r s t u|PFADD h3 v|
SADD s1 m1 m2 m3 7|SADD s2 m2 7 8|SADD s3 1 2 7|RPUSH l1 3 1 2|RPUSH l2 x y|RPUSH l3 q|SET w1 5|SET w2 3|SET w3 9|SET v1 one|SET v2 two|SET v3 three|
HSET f1 x 10|HSET f2 x 20|HSET f3 x 30|ZADD z1 1 m1 2 m2 3 7|ZADD z2 5 m2 6 q|ZADD z3 1 q|XADD x1 1-1 f v|XADD x1 2-1 f v|XADD x2 1-1 g w|XADD x3 5-5 h u|
XGROUP CREATE x1 g 0|XGROUP CREATE x2 g 0`

// tagged is a line whose keys have other names, and so another order in the table.
func tagged(line, tag string) (words, keys []string) {
	for i, w := range strings.Fields(line) {
		before, after, pattern := strings.Cut(w, "*")
		switch {
		case i == 0 || strings.ToUpper(w) == w:
		case pattern:
			keys = append(keys, before+"1"+tag, before+"3"+tag)
			w = before + "*" + tag + after
		case strings.Contains(keysThatExpire, " "+w+" ") && w != "m1" && w != "m2" && w != "x" && w != "g":
			w += tag
			if !slices.Contains(keys, w) {
				keys = append(keys, w)
			}
		}
		words = append(words, w)
	}
	return words, keys
}

// A key whose time is over is as good as one that is not there, also when it is found out in the middle of a command that
// holds on to others: deleting it moves its neighbours in the table.
func TestACommandThatMeetsExpiredKeysDoesAsIfTheyWereNotThere(t *testing.T) {
	for _, tag := range []string{"", "~", "~~", ".", "_"} {
		full := newServer(2)
		full.do("SELECT", "0")
		for _, line := range strings.Split(keysThatExpire, "|") {
			words, _ := tagged(line, tag)
			full.do(words...)
		}
		build := func() *server {
			s := newServer(2)
			s.store = full.store.Snapshot()
			s.call.Store = s.store
			return s
		}
		for _, line := range manyKeys {
			words, keys := tagged(line, tag)
			for set := 1; set < 1<<len(keys); set++ {
				late, without := build(), build()
				var gone []string
				for i, name := range keys {
					if set>>i&1 != 0 {
						gone = append(gone, name)
						late.store.DB(0).SetExpire([]byte(name), late.call.Now.Millis())
						without.store.DB(0).Delete([]byte(name))
					}
				}
				late.call.Now = late.call.Now.Add(time.Second)
				without.call.Now = late.call.Now
				got, want := string(late.do(words...)), string(without.do(words...))
				if got != want {
					t.Errorf("%s without %s: %q, want %q", words, gone, got, want)
				}
				// Those that it did not come across are still there.
				for _, name := range gone {
					if e := late.store.DB(0).Get([]byte(name)); e != nil && e.ExpireAt != 0 {
						late.store.DB(0).Delete([]byte(name))
					}
				}
				if late.store.Digest() != without.store.Digest() {
					t.Errorf("%s without %s leaves other data", words, gone)
				}
			}
		}
	}
}

// A master's limit on strings may be another than ours: what it has done is done here too.
func TestAReplicaMakesStringsAsLongAsItsMasterSays(t *testing.T) {
	for _, line := range []string{"SETBIT k 80000 1", "SETRANGE k 9999 ab", "BITFIELD k SET u8 #10000 1"} {
		s := newServer(1)
		s.call.Settings.ProtoMaxBulkLen = 10_000
		if got := string(s.do(strings.Fields(line)...)); got[0] != '-' {
			t.Errorf("%s by a client: %q", line, got)
		}
		s.call.Expiry = ExpireIgnored
		if got := string(s.do(strings.Fields(line)...)); got[0] == '-' {
			t.Errorf("%s by the master: %q", line, got)
		}
	}
	s := newServer(1)
	s.call.Expiry = ExpireIgnored
	if got := string(s.do("SETBIT", "k", "9223372036854775807", "1")); got[0] != '-' {
		t.Errorf("a bit that no memory has room for: %q", got)
	}
}
