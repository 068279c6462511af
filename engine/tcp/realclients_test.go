//go:build linux

package tcp

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

// Sessions of several clients, told to redis-server and to ours: who waits for what, who listens to what, who is
// served first. Both have to say the same to everybody, and stream the same bytes.
//
// A line is a client's name, a mark and a command line:
//
//	a: SET k v        sends it and reads one reply
//	a3: SUBSCRIBE x y z   reads three
//	a0: SUBSCRIBE x   reads none, since CLIENT REPLY is off
//	a! BLPOP k 0      sends it and waits until the client is blocked
//	a< 2              reads two messages or replies that come by themselves
//	a. QUIT           sends it and reads up to the end of the connection
var sessions = []struct{ name, script string }{
	{"the longest waiting is served first", `
		a! BLPOP l 0
		b! BRPOP x l 0
		c! BLMOVE l d LEFT RIGHT 0
		d! BLMPOP 0 2 l x LEFT COUNT 5
		w: RPUSH l 1 2 3
		a< 1
		b< 1
		c< 1
		w: RPUSH l 4 5 6 7
		d< 1
		w: LRANGE d 0 -1`},
	{"a key of another kind wakes nobody", `
		a! BLPOP l 0
		w: SET l x
		w: DEL l
		w: ZADD l 1 a
		w: DEL l
		w: RPUSH l v
		a< 1`},
	{"what a transaction leaves counts, and what it did meanwhile does not", `
		a! BLPOP t 0
		w: MULTI
		w: RPUSH t 1
		w: DEL t
		w: EXEC
		w: MULTI
		w: RPUSH t 1
		w: RPUSH t 2
		w: EXEC
		a< 1
		w: LRANGE t 0 -1`},
	{"who waits for several keys gets the one that was ready first", `
		a! BLPOP k1 k2 0
		w: MULTI
		w: RPUSH k2 two
		w: RPUSH k1 one
		w: EXEC
		a< 1
		b! BLMPOP 0 3 k3 k4 k5 RIGHT COUNT 2
		w: MULTI
		w: RPUSH k5 1 2 3
		w: RPUSH k4 1 2 3
		w: EXEC
		b< 1
		c! BZPOPMIN z1 z2 0
		w: MULTI
		w: ZADD z2 1 a 2 b
		w: ZADD z1 1 a 2 b
		w: EXEC
		c< 1
		d! BZMPOP 0 2 z3 z4 MAX
		w: MULTI
		w: ZADD z4 1 a 2 b
		w: ZADD z3 1 a 2 b
		w: EXEC
		d< 1`},
	{"what one is given may be what another waits for", `
		a! BLMOVE x y LEFT LEFT 0
		b! BLMOVE y z LEFT LEFT 0
		c! BLPOP z 0
		w: RPUSH x v
		a< 1
		b< 1
		c< 1
		w: KEYS *`},
	{"input behind a blocking command waits with it", `
		a! BLPOP l 0 ;; PING ;; SET z 1 ;; BLPOP l 0
		w: GET z
		w: RPUSH l 1
		a< 3
		w: RPUSH l 2
		a< 1`},
	{"time that is over", `
		a: BLPOP q 0.01
		a: BLMOVE q r LEFT LEFT 0.01
		a: BRPOPLPUSH q r 0.01
		a: BLMPOP 0.01 1 q LEFT
		a: BZPOPMIN q 0.01
		a: BZMPOP 0.01 1 q MIN
		a: XREAD BLOCK 10 STREAMS q $
		h: HELLO 3
		h: BLPOP q 0.01
		h: BLMOVE q r LEFT LEFT 0.01
		a: BLPOP q -1
		a: BLPOP q abc`},
	{"sorted sets", `
		a! BZPOPMIN z 0
		b! BZPOPMAX z 0
		c! BZMPOP 0 1 z MIN COUNT 2
		w: ZADD z 1 a 2 b 3 c 4 d
		a< 1
		b< 1
		c< 1`},
	{"streams are read by all who wait", `
		b! XREAD COUNT 1 BLOCK 0 STREAMS t s 0 5-0
		a! XREAD BLOCK 0 STREAMS s $
		w: XADD s 1-1 f v
		a< 1
		w: XADD s 6-1 f w
		b< 1
		a! XREAD BLOCK 0 STREAMS u v $ $
		c! XREAD BLOCK 0 STREAMS v $
		w: MULTI
		w: XADD v 1-1 f v
		w: XADD u 1-1 f v
		w: EXEC
		a< 1
		c< 1`},
	{"a consumer group is told when its stream goes away", `
		w: XGROUP CREATE st g $ MKSTREAM
		a! XREADGROUP GROUP g c1 BLOCK 0 STREAMS st >
		b! XREAD BLOCK 0 STREAMS st $
		w: DEL st
		a< 1
		w: XADD st 1-1 f v
		b< 1
		w: XGROUP CREATE st g $
		a! XREADGROUP GROUP g c1 BLOCK 0 STREAMS st >
		w: XGROUP DESTROY st g
		a< 1
		w: XGROUP CREATE st g $
		a! XREADGROUP GROUP g c1 BLOCK 0 STREAMS st >
		w: SET st x
		a< 1
		w: DEL st
		w: XGROUP CREATE st g $ MKSTREAM
		a! XREADGROUP GROUP g c1 BLOCK 0 STREAMS st >
		w: FLUSHALL
		a< 1
		w: XGROUP CREATE st g $ MKSTREAM
		a! XREADGROUP GROUP g c1 BLOCK 0 STREAMS st >
		w: XADD st 7-1 f v
		a< 1`},
	{"a key appears in other ways", `
		a! BLPOP k 0
		w: RPUSH src 1
		w: RENAME src k
		a< 1
		a! BLPOP k 0
		w: RPUSH src 1
		w: COPY src k
		a< 1
		a! BLPOP k 0
		w: SELECT 1
		w: RPUSH k 1
		w: SWAPDB 0 1
		a< 1
		w: SELECT 0
		a! BLPOP k 0
		w: SELECT 1
		w: RPUSH k 2
		w: MOVE k 0
		a< 1
		w: SELECT 0
		a! BLPOP k 0
		w: LPUSH src 2
		w: SORT src STORE k
		a< 1`},
	{"a destination of the wrong kind is the waiting one's mistake", `
		a! BLMOVE e dst LEFT LEFT 0
		w: SET dst str
		w: RPUSH e 1
		a< 1
		w: LRANGE e 0 -1`},
	{"who is in EXEC is in its transaction", `
		a: MULTI
		a: SET in 1
		a: CLIENT INFO
		w: CLIENT LIST ID @a
		a: EXEC
		a: CLIENT INFO`},
	{"nobody waits in a transaction", `
		a: MULTI
		a: BLPOP n 0
		a: XREAD BLOCK 0 STREAMS n $
		a: BLMOVE n m LEFT LEFT 0
		a: EXEC`},
	{"CLIENT UNBLOCK", `
		a! BLPOP u 0
		w: CLIENT UNBLOCK @a
		a< 1
		a! BLMOVE u v LEFT LEFT 0
		w: CLIENT UNBLOCK @a ERROR
		a< 1
		w: CLIENT UNBLOCK @a
		w: CLIENT UNBLOCK 99999
		w: CLIENT UNBLOCK @a NOW
		w: CLIENT UNBLOCK x
		w: CLIENT UNBLOCK 1 ERROR 2
		w: RPUSH u 1`},
	{"a waiting client that is gone gets nothing", `
		a! BLPOP g 0
		b! BLPOP g 0
		w: CLIENT KILL ID @a
		w: RPUSH g 1
		b< 1`},
	{"messages", `
		a3: SUBSCRIBE x y x
		a: PSUBSCRIBE [xy]*
		b: PSUBSCRIBE *
		c: SSUBSCRIBE x
		w: PUBLISH x hello
		a< 2
		b< 1
		w: PUBLISH none lost
		b< 1
		w: SPUBLISH x shard
		c< 1
		w: PUBSUB CHANNELS y*
		w: PUBSUB NUMSUB x y z
		w: PUBSUB NUMPAT
		w: PUBSUB SHARDCHANNELS
		w: PUBSUB SHARDNUMSUB x y
		w: PUBSUB NUMSUB
		w: PUBSUB CHANNELS a b
		w: PUBSUB NOSUCH
		a: UNSUBSCRIBE x
		a: UNSUBSCRIBE none
		a: UNSUBSCRIBE
		a: PUNSUBSCRIBE
		a: UNSUBSCRIBE
		a: GET k
		c: SUNSUBSCRIBE
		c: SUNSUBSCRIBE x`},
	{"what a subscriber may do in RESP2", `
		a: SUBSCRIBE x
		a: GET k
		a: CLIENT ID
		a: PING
		a: PING hi
		a: PING a b
		a: MULTI
		a: EXEC
		a: NOSUCH
		a: RESET
		a: GET k
		a: SUBSCRIBE y
		a. QUIT`},
	{"what a subscriber may do in RESP3", `
		a: HELLO 3
		a: SUBSCRIBE x
		a: PING
		a: GET k
		a2: PUBLISH x own
		a: MULTI
		a: PUBLISH x own
		a: SUBSCRIBE y
		a: EXEC
		a0: CLIENT REPLY OFF
		a: SUBSCRIBE z
		a: PUBLISH z muted
		a0: GET k
		a: CLIENT REPLY ON
		a0: CLIENT REPLY SKIP
		a0: PING
		a: PING`},
	{"keyspace events", `
		w: CONFIG SET notify-keyspace-events KEA
		a: PSUBSCRIBE __key*__:*
		w: SET k v
		a< 2
		w: SET k v EX 100
		a< 4
		w: EXPIRE k 0
		a< 2
		w: RPUSH l 1
		a< 2
		w: LPOP l
		a< 4
		w: CONFIG SET notify-keyspace-events Elg
		w: SET k v
		w: RPUSH l 1
		a< 1
		w: DEL l
		a< 1
		b! BLPOP l 0
		w: RPUSH l 1
		b< 1
		a< 3
		w: CONFIG SET notify-keyspace-events ""
		w: DEL k`},
	{"MONITOR", `
		c: PING
		m: MONITOR
		c: SET k "v\n\x00\""
		m< 1
		c: MULTI
		m< 1
		c: GET k
		c: EXEC
		m< 2
		c: AUTH secret
		m< 1
		c: AUTH user secret
		m< 1
		c: HELLO 2 AUTH default secret SETNAME x
		m< 1
		c: CONFIG GET port
		c: BLPOP none 0.01
		m< 1
		c: SELECT 3
		m< 1
		c: NOSUCH 1
		c: GET
		m: GET k
		m: SET a b
		m2: PING
		c: MULTI
		m< 1
		c: MONITOR
		c: EXEC
		m< 1
		m: RESET
		c: PING
		m: GET k`},
	{"CLIENT LIST", `
		a: HELLO 3 SETNAME alice
		a: SUBSCRIBE x y
		a< 1
		b: PSUBSCRIBE p
		c! BLPOP k 0
		d: SELECT 5
		d: MULTI
		d: PING
		e: WATCH w
		w: SET w 1
		f: SSUBSCRIBE s
		m: MONITOR
		g: CLIENT NO-EVICT ON
		w: CLIENT LIST
		w: CLIENT LIST TYPE pubsub
		w: CLIENT LIST TYPE nosuch
		w: CLIENT LIST ID @d @g
		w: CLIENT LIST ID x
		w: CLIENT LIST ID 0 -1
		w: CLIENT LIST ID
		w: CLIENT INFO
		w: CLIENT KILL TYPE pubsub
		w: CLIENT KILL USER default ID @d
		w: CLIENT KILL USER nobody
		w: CLIENT KILL ID 0
		w: CLIENT KILL SKIPME maybe
		w: CLIENT KILL FOO bar
		w: CLIENT KILL 1.2.3.4:5
		w: CLIENT SETNAME "a b"
		w: CLIENT NO-EVICT maybe
		w: CLIENT REPLY maybe
		w: CLIENT CACHING YES
		w: CLIENT GETREDIR
		w: CLIENT TRACKINGINFO
		w: CLIENT TRACKING OFF
		w: CLIENT TRACKING maybe
		w: CLIENT NO-TOUCH ON`},
	{"CLIENT PAUSE WRITE", `
		w: CLIENT PAUSE 60000 WRITE
		a: GET k
		b! SET k v
		c: MULTI
		c: GET k
		d! PUBLISH x y
		e: NOSUCH
		e: SET
		e: GET k
		c! SET k w
		w: CLIENT PAUSE 1 ALL x
		w: CLIENT PAUSE -1
		w: CLIENT PAUSE x
		w: CLIENT PAUSE 1 NO
		w: CLIENT UNPAUSE
		b< 1
		d< 1
		c< 1
		c: EXEC
		w: CLIENT UNPAUSE`},
	{"CLIENT PAUSE ALL ends by itself", `
		w: CLIENT PAUSE 30
		a: GET k
		a: PING`},
	{"WATCH", `
		a: WATCH k
		b: SET k 4
		a: MULTI
		a: GET k
		a: EXEC
		a: WATCH none
		b: FLUSHALL
		a: MULTI
		a: EXEC
		b: SET here 1
		a: WATCH here
		b: FLUSHDB
		a: MULTI
		a: EXEC
		a: WATCH none
		b: SELECT 1
		b: SET none 1
		b: SWAPDB 0 1
		a: MULTI
		a: EXEC
		a: MULTI
		a: SET x
		a: EXEC
		a: MULTI
		a: MULTI
		a: WATCH k
		a: EXEC extra
		a: EXEC
		a: DISCARD`},
	{"a watched key whose time is over", `
		a: SET e 1 PX 20
		a: WATCH e
		a: BLPOP none 0.05
		a: MULTI
		a: PING
		a: EXEC
		a: DEBUG SET-ACTIVE-EXPIRE 0
		a: SET e 1 PX 1
		a: BLPOP none 0.05
		a: WATCH e
		b: GET e
		a: MULTI
		a: EXEC
		a: SET e 1 PX 1
		a: BLPOP none 0.05
		a: WATCH e
		b: GET e
		b: SET e 2
		a: MULTI
		a: EXEC
		a: DEBUG SET-ACTIVE-EXPIRE 1`},
	{"messages reach who waits", `
		a: HELLO 3
		a: SUBSCRIBE x
		a! BLPOP k 0
		w: PUBLISH x m
		a< 1
		w: RPUSH k 1
		a< 1`},
	{"a reply that is not wanted, of a command that waits", `
		a0: CLIENT REPLY SKIP
		a! BLPOP k 0
		w: RPUSH k 1 2
		a: LPOP k
		a0: CLIENT REPLY OFF
		a! BLPOP k 0
		w: RPUSH k 1
		a: CLIENT REPLY ON`},
	{"subscribing in a transaction", `
		a: MULTI
		a: SUBSCRIBE x
		a: GET k
		a: PING
		a: UNSUBSCRIBE
		a: EXEC
		a: PING
		b: MULTI
		b: PUBLISH none m
		b: SET k 1
		b: EXEC`},
	{"passwords", `
		w: CONFIG SET requirepass secret
		w: GET k
		a: GET k
		a: PING
		a: NOSUCH
		a: HELLO 3
		a: AUTH wrong
		a: AUTH default wrong
		a: AUTH nobody secret
		a: AUTH a b c
		a: HELLO 3 AUTH default wrong
		a: HELLO 3 AUTH default secret
		a: GET k
		a: RESET
		a: GET k
		a: AUTH secret
		a: GET k
		w: CONFIG SET requirepass ""
		b: GET k
		b: AUTH secret
		b: AUTH default any
		b: AUTH nobody any`},
	{"HELLO", `
		a: HELLO 4
		a: HELLO 1
		a: HELLO x
		a: HELLO 3 AUTH a
		a: HELLO 3 SETNAME "a b"
		a: HELLO 3 FOO
		a: HELLO 3 SETNAME me
		a: CLIENT GETNAME
		a: HELLO
		a: GET none
		a: HELLO 2
		a: GET none
		a: MULTI
		a: HELLO 3
		a: EXEC`},
	{"killing oneself", `
		w. CLIENT KILL ID @w SKIPME no
		x: PING
		y: CLIENT KILL ID @y`},
	{"SLOWLOG and LATENCY", `
		w: SLOWLOG GET x
		w: SLOWLOG GET -2
		w: SLOWLOG GET 1 2
		w: SLOWLOG NOSUCH
		w: SLOWLOG RESET
		w: CONFIG SET slowlog-log-slower-than 0
		w: SLOWLOG RESET
		w: SLOWLOG LEN
		w: AUTH secret
		w: MULTI
		w: PING
		w: EXEC
		w: RPUSH long 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9
		w: SET s xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
		w: CONFIG SET slowlog-max-len 6
		w: SLOWLOG GET -1
		w: CONFIG SET slowlog-log-slower-than 10000 slowlog-max-len 128
		w: LATENCY LATEST
		w: LATENCY HISTORY x
		w: LATENCY RESET
		w: LATENCY GRAPH x`},
	{"keys that are tracked", `
		a: HELLO 3
		a: CLIENT TRACKING on
		a: MGET k l
		a: CLIENT TRACKING on
		w: SET k 1
		a< 1
		w: SET k 2
		a: HSET h f 1
		a: HGET h f
		a2: HDEL h f
		a: GET l
		a: MULTI
		a: INCR l
		a: GET l
		a2: EXEC
		a: EXISTS k h
		a: STRLEN nosuch
		w: APPEND nosuch x
		a< 1
		a: XREAD BLOCK 1 STREAMS st 0
		w: XADD st 1-1 f v
		a< 1
		a: SORT list BY nosort
		w: RPUSH list 1
		w: FLUSHALL
		a< 1
		a: GET z
		a2: FLUSHDB
		a: ZRANGE z 0 -1
		w: ZUNIONSTORE z 1 y
		w: ZADD y 1 m
		w: ZUNIONSTORE z 1 y
		a< 1
		a: CLIENT REPLY SKIP ;; GET s ;; PING
		w: SET s 1
		a< 1
		a: CLIENT INFO
		a: CLIENT TRACKING off
		w: SET s 2
		a: PING`},
	{"keys that are tracked for somebody else", `
		l: SUBSCRIBE __redis__:invalidate
		a: CLIENT TRACKING on REDIRECT @l NOLOOP
		a: MGET k1 k2
		a: SET k1 1
		w: SET k2 1
		l< 1
		a: GET k
		w: FLUSHALL
		l< 1
		a: CLIENT TRACKINGINFO
		b: HELLO 3
		b: CLIENT TRACKING on REDIRECT @l
		b: GET k
		a: GET k
		w: SET k 2
		l< 2
		b: CLIENT TRACKING off
		b: GET k
		b: CLIENT TRACKING on REDIRECT @l
		b: GET k
		l. QUIT
		w: SET k 3
		b< 1
		b: CLIENT TRACKINGINFO
		b: RESET
		b: CLIENT GETREDIR`},
	{"prefixes that are tracked", `
		a: HELLO 3
		a: CLIENT TRACKING on BCAST PREFIX user: PREFIX item:
		w: MSET user:2 x item:1 x other 1 user:1 x
		a< 2
		a: CLIENT TRACKING on BCAST PREFIX user
		a: CLIENT TRACKING on BCAST PREFIX x PREFIX xy
		a: CLIENT TRACKING on BCAST PREFIX more: NOLOOP
		a: CLIENT TRACKINGINFO
		a: SET more:1 x
		w: SET user:1 y
		a< 1
		w: SET user:1 z PX 30
		a< 2
		w: FLUSHALL
		a< 1
		a: CLIENT TRACKING on
		a: CLIENT TRACKING off
		a: CLIENT TRACKING on BCAST OPTIN
		a: CLIENT TRACKING on OPTIN OPTOUT
		a: CLIENT TRACKING on PREFIX x
		a: CLIENT TRACKING on REDIRECT 123456
		a: CLIENT TRACKING on REDIRECT x
		a: CLIENT TRACKING on NOSUCH
		a: CLIENT TRACKING on OPTIN
		a: CLIENT CACHING no
		a: CLIENT CACHING maybe
		a: GET k
		w: SET k 1
		a: CLIENT CACHING yes
		a: CLIENT TRACKINGINFO
		a: GET k
		w: SET k 2
		a< 1
		a: CLIENT TRACKING on OPTOUT
		a: CLIENT TRACKING off
		a: CLIENT TRACKING on OPTOUT
		a: CLIENT CACHING no
		a: MULTI
		a: GET k
		a: EXEC
		w: SET k 3
		a: GET k
		w: SET k 4
		a< 1`},
}

func TestSessionsOfSeveralClients(t *testing.T) {
	real, ours := start(t, "redis"), start(t, "ours")
	streams := map[*server]*client{}
	for _, s := range []*server{real, ours} {
		streams[s] = dialRaw(t, s.addr())
		streams[s].fullSync(s, "eof", "psync2")
	}
	for i, x := range sessions {
		ok := t.Run(x.name, func(t *testing.T) {
			want, got := play(t, real, x.script), play(t, ours, x.script)
			if got != want {
				t.Errorf("ours:\n%s\nredis-server:\n%s", firstDifference(got, want), firstDifference(want, got))
			}
			mark := "end:" + strconv.Itoa(i)
			if want, got := streams[real].until(real, mark), streams[ours].until(ours, mark); got != want {
				t.Errorf("our stream:\n%s\nredis-server's:\n%s", got, want)
			}
		})
		if !ok {
			return // what follows would be about other keys
		}
	}
}

// until reads the stream up to a mark that it lets the server write.
func (c *client) until(s *server, mark string) string {
	c.t.Helper()
	s.ok("SELECT", "0")
	s.ok("FLUSHALL")
	s.ok("SET", mark, "1")
	s.ok("FLUSHALL")
	var b strings.Builder
	for {
		v := c.reply()
		line := shown(v)
		b.WriteString(line + "\n")
		if strings.Contains(line, mark) {
			return b.String()
		}
	}
}

// firstDifference is text from a little before the line where it begins to differ from another.
func firstDifference(text, other string) string {
	lines, others := strings.Split(text, "\n"), strings.Split(other, "\n")
	at := 0
	for at < len(lines) && at < len(others) && lines[at] == others[at] {
		at++
	}
	return strings.Join(lines[max(at-6, 0):min(at+4, len(lines))], "\n")
}

// play runs a session with new clients and returns what each was told.
func play(t *testing.T, s *server, script string) string {
	t.Helper()
	clients, ids := map[string]*client{}, map[string]string{}
	var names []string
	gone := map[string]bool{}
	var told strings.Builder
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		line = strings.TrimSpace(line)
		name := line[:1]
		if clients[name] == nil {
			c := dialRaw(t, s.addr())
			names = append(names, name)
			clients[name], ids[name] = c, strconv.FormatInt(c.do("CLIENT", "ID").Int, 10)
		}
		c := clients[name]
		told.WriteString("> " + line + "\n")
		head, rest, _ := strings.Cut(line, " ")
		mark, count := head[len(head)-1], 1
		if len(head) > 2 {
			count, _ = strconv.Atoi(head[1 : len(head)-1])
		}
		if mark == '<' {
			count, _ = strconv.Atoi(rest)
		} else {
			var b []byte
			for _, one := range strings.Split(rest, " ;; ") {
				args, err := resp.SplitArgs(one)
				if err != nil {
					t.Fatal(err)
				}
				for i, a := range args {
					if len(a) == 2 && a[0] == '@' {
						args[i] = ids[a[1:]]
					}
				}
				b = resp.AppendCommand(b, args...)
			}
			c.send(b)
		}
		switch mark {
		case '!':
			s.eventually(line+" blocks", func() bool {
				return strings.Contains(word(string(s.ok("CLIENT", "LIST", "ID", ids[name]).Str), "flags="), "b")
			})
		case '.':
			told.WriteString("  " + c.ended() + "\n")
			gone[name] = true
		default:
			for range count {
				told.WriteString("  " + shown(c.reply()) + "\n")
			}
		}
	}
	for _, name := range names {
		if !gone[name] {
			clients[name].Close()
		}
	}
	s.eventually("all have left", func() bool {
		list := string(s.ok("CLIENT", "LIST", "TYPE", "normal").Str) + string(s.ok("CLIENT", "LIST", "TYPE", "pubsub").Str)
		return strings.Count(list, "\n") == 1
	})
	return told.String()
}

// word is the word of a line that begins with a prefix.
func word(line, prefix string) string {
	for _, w := range strings.Fields(line) {
		if strings.HasPrefix(w, prefix) {
			return strings.TrimPrefix(w, prefix)
		}
	}
	return ""
}

var (
	monitorHead = regexp.MustCompile(`\d+\.\d{6} \[(\d+) [^\]]*\]`)
	listLine    = regexp.MustCompile(`id=\d+ addr=\S+ laddr=\S+ fd=\d+ (name=\S*) age=\d+ idle=\d+ (flags=\S+ db=\d+ sub=\d+ psub=\d+ ssub=\d+ multi=-?\d+ qbuf=\d+) qbuf-free=\d+ (argv-mem=\d+ multi-mem=\d+) .*(cmd=\S+ user=\S+ redir=-?\d+ resp=\d)`)
	slowHead    = regexp.MustCompile(`\(integer\) \d+(\n\s*2\) \(integer\) )\d+(\n\s*3\) \(integer\) )\d+`)
	idField     = regexp.MustCompile(`("id"\s*=> |"id"\n\s*\d+\) )\(integer\) \d+`)
	redirected  = regexp.MustCompile(`("(?:redirect|tracking-redir-broken)"(?:\s*=> |\n\s*\d+\) ))\(integer\) \d+`)
	localAddr   = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	entryTime   = regexp.MustCompile(`\b\d{13}(-\d+)?\b`)
	portValue   = regexp.MustCompile(`("port"\n\s*2\) )"\d+"`)
)

// shown prints a reply without what no two servers share: times, ports and numbers of clients.
func shown(v resp.Value) string {
	s := resp.Format(v)
	if v.Kind == resp.KindNullArray {
		s = "(nil array)" // which redis-cli shows like any other null
	}
	list := strings.Contains(string(v.Str), "laddr=")
	if list {
		s = string(v.Str)
	}
	s = monitorHead.ReplaceAllString(s, "TIME [$1 ADDR]")
	s = listLine.ReplaceAllString(s, "$1 $2 $3 $4")
	s = slowHead.ReplaceAllString(s, "NUMBER${1}TIME${2}TOOK")
	s = idField.ReplaceAllString(s, "${1}ID")
	s = redirected.ReplaceAllString(s, "${1}ID")
	s = portValue.ReplaceAllString(s, "${1}PORT")
	s = entryTime.ReplaceAllString(s, "MS")
	if s = localAddr.ReplaceAllString(s, "ADDR"); list {
		// Redis promises no order: clients who come at the same moment are accepted as the kernel likes.
		lines := strings.Split(strings.TrimSpace(s), "\n")
		slices.Sort(lines)
		s = strings.Join(lines, "\n")
	}
	return s
}
