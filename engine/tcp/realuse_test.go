//go:build linux

package tcp

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"resync/engine/rdb"
)

// Clients as they are in use: each does the same with redis-server and with ours, and has to see the same.

// A diary is what a client saw, line by line.
type diary struct{ lines []string }

// saw notes the outcome of commands, as the client itself prints them.
func (d *diary) saw(cmds ...redis.Cmder) {
	for _, c := range cmds {
		line := c.String()
		// Errors of the connection name its ports.
		line = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(line, "<address>")
		d.lines = append(d.lines, line)
	}
}

func (d *diary) note(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// sameDiary wants both kinds of servers to have shown the same.
func sameDiary(t *testing.T, use func(t *testing.T, s *server, d *diary)) {
	t.Helper()
	var want diary
	use(t, start(t, "redis"), &want)
	var got diary
	use(t, start(t, "ours"), &got)
	for i := 0; i < len(got.lines) || i < len(want.lines); i++ {
		var g, w string
		if i < len(got.lines) {
			g = got.lines[i]
		}
		if i < len(want.lines) {
			w = want.lines[i]
		}
		if g != w {
			t.Errorf("line %d:\n%s\nwith redis-server\n%s", i, g, w)
		}
	}
	if len(want.lines) < 3 {
		t.Errorf("only %q was seen", want.lines)
	}
}

func TestGoRedisSeesTheSame(t *testing.T) {
	for _, proto := range []int{2, 3} {
		t.Run("RESP"+strconv.Itoa(proto), func(t *testing.T) {
			sameDiary(t, func(t *testing.T, s *server, d *diary) { goRedis(t, s, d, proto) })
		})
	}
}

// goRedis is a session of the Go client that touches whatever an application would.
func goRedis(t *testing.T, s *server, d *diary, proto int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	options := &redis.Options{Addr: s.addr(), Protocol: proto, ClientName: "diary", DB: 0}
	c := redis.NewClient(options)
	defer c.Close()

	d.saw(c.Ping(ctx), c.Echo(ctx, "hello"), c.ClientGetName(ctx))
	d.saw(c.Set(ctx, "s", "value", 0), c.Get(ctx, "s"), c.Get(ctx, "missing"), c.SetNX(ctx, "s", "x", time.Minute), c.SetXX(ctx, "s", "y", time.Hour),
		c.GetSet(ctx, "s", "z"), c.GetDel(ctx, "s"), c.Incr(ctx, "n"), c.IncrBy(ctx, "n", 41), c.IncrByFloat(ctx, "n", 0.5), c.Incr(ctx, "n"),
		c.MSet(ctx, "a", 1, "b", 2.5, "c", true), c.MGet(ctx, "a", "b", "none", "c"), c.Append(ctx, "s", "xyz"), c.GetRange(ctx, "s", 1, -1),
		c.SetRange(ctx, "s", 1, "--"), c.StrLen(ctx, "s"), c.SetArgs(ctx, "s", "v", redis.SetArgs{Get: true, KeepTTL: true}), c.LCS(ctx, &redis.LCSQuery{Key1: "a", Key2: "b"}),
		c.SetBit(ctx, "bits", 7, 1), c.BitCount(ctx, "bits", nil), c.BitPos(ctx, "bits", 1), c.BitField(ctx, "bits", "INCRBY", "u4", 0, 3), c.BitOpNot(ctx, "not", "bits"),
		c.PFAdd(ctx, "hll", "a", "b", "c"), c.PFCount(ctx, "hll"), c.PFMerge(ctx, "hll2", "hll"))
	d.saw(c.Expire(ctx, "s", time.Hour), c.TTL(ctx, "s"), c.Persist(ctx, "s"), c.TTL(ctx, "s"), c.TTL(ctx, "missing"), c.ExpireTime(ctx, "s"), c.Type(ctx, "s"), c.Exists(ctx, "s", "a", "x"),
		c.Rename(ctx, "s", "t"), c.RenameNX(ctx, "a", "b"), c.Copy(ctx, "t", "u", 0, false), c.Touch(ctx, "t", "u"), c.Unlink(ctx, "t"), c.ObjectEncoding(ctx, "n"), c.DBSize(ctx))

	d.saw(c.RPush(ctx, "l", 1, "two", 3.5), c.LPush(ctx, "l", 0), c.LRange(ctx, "l", 0, -1), c.LIndex(ctx, "l", 1), c.LSet(ctx, "l", 1, "one"), c.LInsertAfter(ctx, "l", "one", "more"),
		c.LPos(ctx, "l", "two", redis.LPosArgs{}), c.LRem(ctx, "l", 1, "more"), c.LMove(ctx, "l", "m", "LEFT", "RIGHT"), c.LMPop(ctx, "right", 2, "none", "l"), c.LTrim(ctx, "l", 0, 0),
		c.BLPop(ctx, time.Second, "none", "l"), c.RPopLPush(ctx, "m", "m2"), c.LLen(ctx, "m2"), c.Do(ctx, "BRPOP", "none", "0.05"))
	d.saw(c.HSet(ctx, "h", "f", "v", "n", 7), c.HGet(ctx, "h", "f"), c.HGet(ctx, "h", "x"), c.HGetAll(ctx, "h"), c.HIncrBy(ctx, "h", "n", 3), c.HIncrByFloat(ctx, "h", "n", 0.25),
		c.HMGet(ctx, "h", "f", "x"), c.HKeys(ctx, "h"), c.HVals(ctx, "h"), c.HLen(ctx, "h"), c.HStrLen(ctx, "h", "f"), c.HExists(ctx, "h", "f"), c.HSetNX(ctx, "h", "f", "w"),
		c.HScan(ctx, "h", 0, "*", 10), c.HRandFieldWithValues(ctx, "h", 10), c.HDel(ctx, "h", "f", "n"))
	d.saw(c.SAdd(ctx, "i", 3, 1, 2), c.SMembers(ctx, "i"), c.SAdd(ctx, "j", 2, 3, 4), c.SInter(ctx, "i", "j"), c.SDiff(ctx, "i", "j"), c.SInterCard(ctx, 1, "i", "j"), c.SUnionStore(ctx, "k", "i", "j"),
		c.SMIsMember(ctx, "k", 1, 9), c.SIsMember(ctx, "k", 4), c.SMove(ctx, "i", "j", 1), c.SCard(ctx, "j"), c.SRem(ctx, "j", 1, 9), c.SScan(ctx, "k", 0, "", 100), c.SPopN(ctx, "i", 10))
	d.saw(c.ZAdd(ctx, "z", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}, redis.Z{Score: 3, Member: "c"}), c.ZAddArgsIncr(ctx, "z", redis.ZAddArgs{Members: []redis.Z{{Score: 2, Member: "a"}}}),
		c.ZRangeWithScores(ctx, "z", 0, -1), c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "z", Start: "(2", Stop: "+inf", ByScore: true, Rev: true}), c.ZRangeByScoreWithScores(ctx, "z", &redis.ZRangeBy{Min: "-inf", Max: "3"}),
		c.ZScore(ctx, "z", "b"), c.ZScore(ctx, "z", "x"), c.ZMScore(ctx, "z", "a", "x"), c.ZRank(ctx, "z", "c"), c.ZRevRank(ctx, "z", "c"), c.ZIncrBy(ctx, "z", 0.1, "c"), c.ZCount(ctx, "z", "2", "3"),
		c.ZLexCount(ctx, "z", "-", "+"), c.ZAdd(ctx, "y", redis.Z{Score: 9, Member: "b"}), c.ZUnionWithScores(ctx, redis.ZStore{Keys: []string{"z", "y"}, Weights: []float64{1, 2}, Aggregate: "MAX"}),
		c.ZInterStore(ctx, "x", &redis.ZStore{Keys: []string{"z", "y"}}), c.ZDiffWithScores(ctx, "z", "y"), c.ZScan(ctx, "z", 0, "", 10), c.ZPopMin(ctx, "z", 1), c.BZPopMax(ctx, time.Second, "z"),
		c.ZMPop(ctx, "min", 3, "none", "z"), c.Do(ctx, "BZPOPMIN", "none", "0.05"))
	d.saw(c.GeoAdd(ctx, "g", &redis.GeoLocation{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556}, &redis.GeoLocation{Name: "Catania", Longitude: 15.087269, Latitude: 37.502669}),
		c.GeoDist(ctx, "g", "Palermo", "Catania", "km"), c.GeoHash(ctx, "g", "Palermo", "none"),
		c.GeoSearchLocation(ctx, "g", &redis.GeoSearchLocationQuery{GeoSearchQuery: redis.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 200, RadiusUnit: "km", Sort: "ASC"}, WithCoord: true, WithDist: true, WithHash: true}))

	for _, at := range c.GeoPos(ctx, "g", "Palermo", "none").Val() {
		d.note("%+v", at) // a pointer to a place, or none
	}

	d.saw(c.XAdd(ctx, &redis.XAddArgs{Stream: "x1", ID: "1-1", Values: []any{"a", 1}}), c.XAdd(ctx, &redis.XAddArgs{Stream: "x1", ID: "2-1", Values: []any{"b", 2}}),
		c.XRange(ctx, "x1", "-", "+"), c.XRevRangeN(ctx, "x1", "+", "-", 1), c.XLen(ctx, "x1"), c.XGroupCreate(ctx, "x1", "grp", "0"), c.XGroupCreateMkStream(ctx, "x1", "grp", "0"),
		c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "grp", Consumer: "me", Streams: []string{"x1", ">"}, Count: 1}), c.XAck(ctx, "x1", "grp", "1-1"),
		c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "grp", Consumer: "me", Streams: []string{"x1", ">"}}), c.XPending(ctx, "x1", "grp"),
		c.XClaimJustID(ctx, &redis.XClaimArgs{Stream: "x1", Group: "grp", Consumer: "you", Messages: []string{"2-1"}}),
		c.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{Stream: "x1", Group: "grp", Consumer: "me", Start: "0"}), c.XTrimMaxLen(ctx, "x1", 1), c.XInfoGroups(ctx, "x1"), c.XInfoStream(ctx, "x1"),
		c.XRead(ctx, &redis.XReadArgs{Streams: []string{"x1", "0"}}), c.XRead(ctx, &redis.XReadArgs{Streams: []string{"x1", "$"}, Block: 50 * time.Millisecond}), c.XDel(ctx, "x1", "2-1"))

	// Many replies at once, a transaction, and one that a change of its key undoes.
	cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 200 {
			p.Set(ctx, "key:"+strconv.Itoa(i), i, 0)
		}
		return nil
	})
	d.note("%d replies, %v", len(cmds), err)
	cmds, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Incr(ctx, "tx")
		p.LPush(ctx, "tx", 1)
		p.Get(ctx, "tx")
		return nil
	})
	d.saw(cmds...)
	d.note("%v", err)
	err = c.Watch(ctx, func(tx *redis.Tx) error {
		d.saw(tx.Get(ctx, "tx"), c.Incr(ctx, "tx"))
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "tx"); return nil })
		return err
	}, "tx")
	d.note("%v", err)

	// SCAN by its iterator, in whatever order.
	var found []string
	for it := c.Scan(ctx, 0, "key:*", 17).Iterator(); it.Next(ctx); {
		found = append(found, it.Val())
	}
	slices.Sort(found)
	d.note("%d keys, %d different", len(found), len(slices.Compact(found)))
	d.saw(c.Sort(ctx, "k", &redis.Sort{Order: "DESC"}), c.SortStore(ctx, "k", "sorted", &redis.Sort{Alpha: true}), c.Dump(ctx, "n"))
	if dump, err := c.Dump(ctx, "k").Result(); err == nil {
		d.saw(c.RestoreReplace(ctx, "restored", 0, dump))
	}

	// Messages, by channel and by pattern, and events of keys.
	d.saw(c.ConfigSet(ctx, "notify-keyspace-events", "KEA"), c.ConfigGet(ctx, "notify-keyspace-*"))
	sub := c.PSubscribe(ctx, "news.*", "__keyevent@0__:*")
	defer sub.Close()
	for range 2 {
		m, err := sub.Receive(ctx)
		d.note("%v %v", m, err)
	}
	d.saw(c.Publish(ctx, "news.sport", "goal"), c.Set(ctx, "watched", 1, 0), c.Del(ctx, "watched"), c.PubSubNumPat(ctx), c.PubSubChannels(ctx, "*"))
	for range 3 {
		m, err := sub.ReceiveMessage(ctx)
		d.note("%v %v", m, err)
	}

	// A list that another client fills while this one waits.
	popped := make(chan *redis.StringSliceCmd, 1)
	go func() { popped <- c.BLPop(ctx, patience, "queue") }()
	s.eventually("the client waits", func() bool { return s.info("blocked_clients") == "1" })
	d.saw(c.RPush(ctx, "queue", "job"), <-popped)

	d.saw(c.Do(ctx, "NOSUCH", "a"), c.Do(ctx, "GET"), c.LPush(ctx, "h2", "x"), c.HSet(ctx, "h2", "f", "v"), c.Incr(ctx, "h2"), c.Do(ctx, "SWAPDB", 0, 1), c.DBSize(ctx), c.FlushDBAsync(ctx), c.FlushAll(ctx))
	conn := c.Conn()
	defer conn.Close()
	d.saw(conn.Select(ctx, 3), conn.ClientSetName(ctx, "other"), conn.ClientGetName(ctx))
	info, err := conn.ClientInfo(ctx).Result()
	if err != nil {
		t.Errorf("%s: CLIENT INFO: %v", s.kind, err)
	} else {
		d.note("name %s, db %d, resp %d", info.Name, info.DB, info.Resp)
	}
}

// cli runs redis-cli with what it is to read.
func (s *server) cli(input string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("redis-cli", append([]string{"-h", "127.0.0.1", "-p", strconv.Itoa(s.port)}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Errorf("%s: redis-cli %q: %v\n%s", s.kind, args, err, out)
	}
	return string(out)
}

// fillKinds writes keys of every kind, of different sizes.
func (s *server) fillKinds() {
	s.t.Helper()
	var in strings.Builder
	for i := range 500 {
		fmt.Fprintf(&in, "SET string:%d %s\nRPUSH list:%d", i, strings.Repeat("x", i+1), i%10)
		for j := range i % 7 {
			fmt.Fprintf(&in, " %d", j)
		}
		fmt.Fprintf(&in, " end\nHSET hash:%d f%d v%d\nSADD set:%d %d\nZADD zset:%d %d m%d\nXADD stream:%d %d-1 f v\n", i%5, i, i, i%6, i, i%8, i, i, i%3, i+1)
	}
	if out := s.cli(in.String()); strings.Contains(out, "ERR") {
		s.t.Fatalf("%s: %s", s.kind, out)
	}
}

func TestRedisCliWalksTheKeys(t *testing.T) {
	sameDiary(t, func(t *testing.T, s *server, d *diary) {
		s.fillKinds()
		sorted := func(text string) string {
			lines := strings.Split(text, "\n")
			slices.Sort(lines)
			return strings.Join(lines, "\n")
		}
		d.note("%s", sorted(s.cli("", "--scan")))
		d.note("%s", sorted(s.cli("", "--scan", "--pattern", "*:1*")))
		// What it says on its way depends on the order in which it comes across the keys; the summary does not, but for
		// which of several of the same size is the biggest.
		for _, flag := range []string{"--bigkeys", "--memkeys"} {
			_, summary, ok := strings.Cut(s.cli("", flag), "-------- summary -------")
			if !ok {
				t.Errorf("%s: %s gives no summary", s.kind, flag)
			}
			if flag == "--bigkeys" {
				summary = regexp.MustCompile(`found '"[^']*' has`).ReplaceAllString(summary, "found '...' has")
				d.note("%s", sorted(summary))
			}
		}
		d.note("%s", s.cli("", "--no-raw", "--scan", "--pattern", "zset:0"))
	})
}

func TestRedisCliPipesCommandsIn(t *testing.T) {
	sameDiary(t, func(t *testing.T, s *server, d *diary) {
		var in strings.Builder
		for i := range 20_000 {
			key := "key:" + strconv.Itoa(i)
			fmt.Fprintf(&in, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$5\r\nvalue\r\n", len(key), key)
		}
		in.WriteString("*2\r\n$4\r\nINCR\r\n$5\r\nkey:1\r\n")
		in.WriteString("DEL key:2\r\n")
		out := exec.Command("redis-cli", "-p", strconv.Itoa(s.port), "--pipe")
		out.Stdin = strings.NewReader(in.String())
		text, _ := out.CombinedOutput() // which is an error, since one of the replies is
		d.note("%s", text)
		d.note("%s", s.cli("", "DBSIZE"))
		d.note("%s", s.digest())
	})
}

func TestRedisCliFetchesASnapshot(t *testing.T) {
	s := start(t, "ours")
	s.fillKinds()
	path := filepath.Join(t.TempDir(), "copy.rdb")
	s.cli("", "--rdb", path)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := rdb.Decode(file, rdb.DecoderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	digest := copied.Store().Digest()
	if got := fmt.Sprintf("%x", digest); got != s.digest() {
		t.Errorf("the copy has digest %s, the server %s", got, s.digest())
	}
	real := start(t, "redis", "--dir", filepath.Dir(path), "--dbfilename", "copy.rdb")
	if got := real.digest(); got != s.digest() {
		t.Errorf("redis-server loads the copy with digest %s, the server has %s", got, s.digest())
	}
}

// What is typed comes back as a person sees it, in a session that goes on over several lines.
func TestRedisCliIsTalkedTo(t *testing.T) {
	sameDiary(t, func(t *testing.T, s *server, d *diary) {
		for _, flags := range [][]string{{"--no-raw"}, {"--no-raw", "-3"}, {"--csv"}, {"--json"}, {"--raw"}} {
			d.note("%q\n%s", flags, s.cli(strings.Join([]string{
				"SET greeting \"hello \\\"world\\\"\\n\"", "GET greeting", "GET nothing", "INCR greeting", "RPUSH list a b c", "LRANGE list 0 -1", "HSET hash f v g w", "HGETALL hash",
				"ZADD zset 1 a 2.5 b", "ZRANGE zset 0 -1 WITHSCORES", "SADD set 1 2 3", "SMEMBERS set", "SMISMEMBER set 1 9", "XADD stream 1-1 f v", "XRANGE stream - +", "TYPE stream",
				"MULTI", "INCR counter", "GET nothing", "EXEC", "SELECT 3", "DBSIZE", "SELECT 0", "OBJECT ENCODING set", "CONFIG GET maxmemory", "nosuch command", "SET too few many args",
				"SUBSTR greeting 0 4", "DEBUG SLEEP 0", "COMMAND COUNT x", "LPOS list c", "GEOADD geo 13.361389 38.115556 Palermo", "GEOPOS geo Palermo none", "ECHO done", "FLUSHALL", "",
			}, "\n"), flags...))
		}
	})
}
