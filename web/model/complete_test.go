package model

import (
	"strings"
	"testing"
	"time"
)

// What is suggested, and how the line goes on.
func TestCompletion(t *testing.T) {
	m := opened(t, "")
	for _, c := range []struct{ typed, ghost, items, accepted string }{
		{"", "", "", ""},
		{"ge", "t key", "GET GETEX GETDEL GETBIT GETSET", "get "},
		{"GE", "T key", "GET", "GET "},
		{"GET", " key", "GET GETEX", "GET "},
		{"GET ", "key", "", "GET "},
		{"GET k", "", "", "GET k"},
		{"SET k", " value [NX | XX] [GET] [", "", "SET k"},
		{"SET k v ", "[NX | XX] [GET] [", "", "SET k v "},
		{"CONFIG SE", "T parameter value", "SET", "CONFIG SET "},
		{"config set repl-t", "", "repl-timeout", "config set repl-timeout "},
		{"REPLICAOF ", "host port", "NO ONE,m1 6379,r1 6380", "REPLICAOF NO ONE "},
		{"REPLICAOF n", " port", "NO ONE", "REPLICAOF NO ONE "},
		{"INFO repl", "", "replication", "INFO replication "},
		{"nonsense ", "", "", "nonsense "},
		{"zz", "", "", "zz"},
	} {
		do(m, Edited{"m1", c.typed})
		k := m.completion
		if !strings.HasPrefix(k.Ghost, c.ghost) || c.ghost == "" && k.Ghost != "" && c.items == "" {
			t.Errorf("%q goes on with %q, want %q", c.typed, k.Ghost, c.ghost)
		}
		var words []string
		for _, i := range k.Items {
			words = append(words, i.Word)
		}
		for _, want := range strings.FieldsFunc(c.items, func(r rune) bool {
			return r == ',' || r == ' ' && !strings.Contains(c.items, ",") && c.items != "NO ONE"
		}) {
			if !strings.Contains(strings.Join(words, ","), want) {
				t.Errorf("%q suggests %q, not %q", c.typed, words, want)
			}
		}
		if c.items == "" && len(words) > 0 {
			t.Errorf("%q suggests %q", c.typed, words)
		}
		if got := k.accept(); got != c.accepted {
			t.Errorf("%q becomes %q, want %q", c.typed, got, c.accepted)
		}
	}
	do(m, Edited{"m1", "ge"}, CompleteNext{-1})
	if k := m.completion; k.At != len(k.Items)-1 {
		t.Errorf("up from the first is the last: %d of %d", k.At, len(k.Items))
	}
	do(m, CompleteNext{1}, CompleteNext{1})
	if cmds := do(m, Complete{"m1"}); len(cmds) == 0 || cmds[0] != (SetInput{PromptID("m1"), strings.ToLower(m.completion.Text)}) {
		t.Errorf("%v", cmds)
	}
	do(m, Edited{"m1", "ge"}, CloseCompletion{})
	if len(m.completion.Items) > 0 || m.completion.Ghost == "" {
		t.Error("a closed list leaves the ghost")
	}
	do(m, Typed{"m1", "GET k"})
	if m.completion.Text != "" {
		t.Error("a line that was sent is over")
	}
	do(m, Run{"kill m1"}, Tick{time.Second}, Edited{"m1", "ge"})
	if len(m.completion.Items) > 0 {
		t.Error("nobody is there to take commands")
	}
}

// Behind every word stand the arguments that may follow it, as COMMAND DOCS tells them.
func TestGhostsFollowTheArguments(t *testing.T) {
	m := opened(t, "")
	expiry := "[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]"
	kills := "[<ID client-id | TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB> | USER username | ADDR ip:port | LADDR ip:port | SKIPME yes/no> ...]"
	for _, c := range []struct{ line, ghost string }{
		{"SET k v", " [NX | XX] [GET] " + expiry},
		{"SET k v EX", " seconds [NX | XX] [GET]"},
		{"SET k v EX ", "seconds [NX | XX] [GET]"},
		{"SET k v ex 10 ", "[NX | XX] [GET]"},
		{"SET k v GET ", "[NX | XX] " + expiry},
		{"SET k v KEEPTTL xx GET ", ""},
		{"SET k v EX 10 PX ", ""},
		{"SET k v what ", ""},
		{"SET k \"a b\" ", "[NX | XX] [GET] " + expiry},
		{"SET k \"a ", ""},
		{"MSET a ", "value [key value ...]"},
		{"MSET a 1 ", "[key value ...]"},
		{"MSET a 1 b ", "value [key value ...]"},
		{"ZADD k ", "[NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]"},
		{"ZADD k GT CH ", "[NX | XX] [INCR] score member [score member ...]"},
		{"ZADD k GT 1 ", "member [score member ...]"},
		{"ZADD k 1 a 2 ", "member [score member ...]"},
		{"XADD s ", "[NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]"},
		{"XADD s MAXLEN ", "[= | ~] threshold [LIMIT count] [NOMKSTREAM] <* | id> field value [field value ...]"},
		{"XADD s MAXLEN ~ 9 LIMIT ", "count [NOMKSTREAM] <* | id> field value [field value ...]"},
		{"XADD s * ", "field value [field value ...]"},
		{"XADD s NOMKSTREAM 1-1 f ", "value [field value ...]"},
		{"GEOADD k NX CH 1 ", "latitude member [longitude latitude member ...]"},
		{"GEOADD k 1 2 m ", "[longitude latitude member ...]"},
		{"GEOSEARCH k FROMLONLAT 1 ", "latitude <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]"},
		{"GEOSEARCH k FROMMEMBER m BYRADIUS 1 KM COUNT 5 ", "[ANY] [ASC | DESC] [WITHCOORD] [WITHDIST] [WITHHASH]"},
		{"BLPOP k ", "[key ...] timeout"},
		{"SINTERCARD 2 ", "key [key ...] [LIMIT limit]"},
		{"SINTERCARD 2 a b LIMIT ", "limit"},
		{"LPOS k e ", "[RANK rank] [COUNT num-matches] [MAXLEN len]"},
		{"LPOS k e COUNT ", "num-matches [RANK rank] [MAXLEN len]"},
		{"CLIENT KILL ID ", "client-id " + kills},
		{"CLIENT KILL TYPE normal ", kills},
		{"CLIENT KILL 1.2.3.4:5 ", ""},
		{"WAIT ", "numreplicas timeout"},
		{"WAIT 1 ", "timeout"},
		{"WAIT 1 0 ", ""},
		{"RESTORE k 0 x ", "[REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]"},
		{"RESTORE k 0 x IDLETIME ", "seconds [REPLACE] [ABSTTL] [FREQ frequency]"},
		{"MIGRATE h 1 ", "<key | \"\"> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key [key ...]]"},
		{"MIGRATE h 1 \"\" 0 5 AUTH2 u ", "password [COPY] [REPLACE] [KEYS key [key ...]]"},
		{"MIGRATE h 1 \"\" 0 5 COPY KEYS a ", "[key ...] [REPLACE] [AUTH password | AUTH2 username password]"},
		{"SORT k BY ", "pattern [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]"},
		{"SORT k GET a ", "[GET pattern ...] [BY pattern] [LIMIT offset count] [ASC | DESC] [ALPHA] [STORE destination]"},
		{"SORT k ALPHA GET a GET ", "pattern [GET pattern ...] [BY pattern] [LIMIT offset count] [ASC | DESC] [STORE destination]"},
		{"ZRANGE k 0 -1 BYSCORE LIMIT 0 ", "count [REV] [WITHSCORES]"},
		{"ZUNIONSTORE d 2 a b WEIGHTS 1 ", "[weight ...] [AGGREGATE <SUM | MIN | MAX>]"},
		{"XREAD COUNT 1 ", "[BLOCK milliseconds] STREAMS key [key ...] id [id ...]"},
		{"XREAD BLOCK 0 STREAMS a ", "[key ...] id [id ...]"},
		{"BITFIELD k OVERFLOW SAT SET u8 ", "offset value [<GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment>> ...]"},
		{"REPLICAOF NO ", "ONE"},
		{"FAILOVER TO h 1 ", "[FORCE] [ABORT] [TIMEOUT milliseconds]"},
		{"COMMAND GETKEYS ", "command [arg ...]"},
		{"EXEC ", ""},
	} {
		if do(m, Edited{"m1", c.line}); m.completion.Ghost != c.ghost {
			t.Errorf("%q goes on with %q, want %q", c.line, m.completion.Ghost, c.ghost)
		}
	}
	do(m, Run{"node old era 2.8"}, Edited{"old", "SET k v "})
	if got := m.completion.Ghost; got != "[NX | XX] [EX seconds | PX milliseconds]" {
		t.Errorf("at a 2.8 it goes on with %q: GET and KEEPTTL came later", got)
	}
}
