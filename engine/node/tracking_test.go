package node

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/store"
)

// stale is the push that tells a client in RESP3 of keys that have changed.
func stale(keys ...string) string {
	return ">2\r\n$10\r\ninvalidate\r\n" + cmd(keys...)
}

// staleMessage is the same for one in RESP2 that is told in the place of another.
func staleMessage(keys ...string) string {
	return "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n" + cmd(keys...)
}

// resp3 connects a client that speaks RESP3.
func (s *server) resp3() engine.ConnID {
	c := s.connect()
	s.say(c, "HELLO 3")
	return c
}

// listener connects a client in RESP2 that listens to a channel, and returns its number too.
func (s *server) listener() (c engine.ConnID, id string) {
	c = s.connect()
	id = strings.Trim(s.say(c, "CLIENT ID"), ":\r\n")
	s.say(c, "SUBSCRIBE __redis__:invalidate")
	return c, id
}

func TestAReaderIsToldOnceOfEachChange(t *testing.T) {
	s := start(t)
	a, b := s.resp3(), s.connect()
	s.want("on", s.say(a, "CLIENT TRACKING on"), "+OK\r\n")
	s.say(a, "MGET k l")
	s.say(b, "SET other 1")
	s.want("a key that it has not read", s.take(a), "")
	s.say(b, "SET k 1")
	s.want("one that it has", s.take(a), stale("k"))
	s.say(b, "SET k 2")
	s.want("of which it was told", s.take(a), "")
	s.say(a, "HGET h f")
	s.want("its own change, behind the reply", s.say(a, "HSET h f v"), ":1\r\n"+stale("h"))
	s.say(a, "GET l")
	s.say(a, "MULTI")
	s.say(a, "DEL l")
	s.say(a, "SET l 1")
	s.say(a, "GET l")
	s.want("in a transaction, behind all of it", s.say(a, "EXEC"), "*3\r\n:0\r\n+OK\r\n$1\r\n1\r\n"+stale("l"))
	s.say(a, "CLIENT TRACKING off")
	s.say(b, "SET l 2")
	s.want("off", s.take(a), "")
	s.want("nobody tracks", s.field("tracking_clients"), "0")
	s.want("the key was forgotten", s.field("tracking_total_keys"), "0")
}

func TestWhatElseChangesAKey(t *testing.T) {
	for _, tt := range []struct {
		what string
		do   func(s *server, b engine.ConnID)
		want string
	}{
		{"its time is over", func(s *server, _ engine.ConnID) { s.pass(time.Second) }, stale("k")},
		{"memory is short", func(s *server, b engine.ConnID) {
			s.say(b, "CONFIG SET maxmemory-policy allkeys-random maxmemory 1")
		}, stale("k")},
		{"all keys go", func(s *server, b engine.ConnID) { s.say(b, "FLUSHALL") }, ">2\r\n$10\r\ninvalidate\r\n_\r\n"},
		{"a database goes", func(s *server, b engine.ConnID) { s.say(b, "FLUSHDB") }, ">2\r\n$10\r\ninvalidate\r\n_\r\n"},
		{"databases are swapped", func(s *server, b engine.ConnID) { s.say(b, "SWAPDB 0 1") }, ""},
		{"the key of that name in another database", func(s *server, b engine.ConnID) { s.say(b, "SELECT 3"); s.say(b, "SET k 1") }, stale("k")},
		{"somebody looks", func(s *server, b engine.ConnID) { s.say(b, "GET k") }, ""},
	} {
		s := start(t)
		a, b := s.resp3(), s.connect()
		s.say(b, "SET k v PX 500")
		s.say(a, "CLIENT TRACKING on")
		s.say(a, "GET k")
		tt.do(s, b)
		s.want(tt.what, s.take(a), tt.want)
	}
}

// A replica's clients are told of what its master does, and of a dataset that takes the place of theirs.
func TestReplicasHaveTrackersToo(t *testing.T) {
	s := start(t)
	a := s.resp3()
	s.say(a, "CLIENT TRACKING on")
	m := s.follow(someID, 100, store.New(16))
	s.want("another dataset", s.take(a), ">2\r\n$10\r\ninvalidate\r\n_\r\n")
	s.say(a, "GET k")
	s.raw(m, cmd("SELECT", "0")+cmd("SET", "k", "1"))
	s.want("the master's change", s.take(a), stale("k"))
}

func TestRedirection(t *testing.T) {
	s := start(t)
	a, b := s.connect(), s.connect()
	l, id := s.listener()
	s.want("nobody", s.say(a, "CLIENT TRACKING on REDIRECT 99"), "-ERR The client ID you want redirect to does not exist\r\n")
	s.say(a, "CLIENT TRACKING on REDIRECT "+id)
	s.want("to whom", s.say(a, "CLIENT GETREDIR"), ":"+id+"\r\n")
	s.say(a, "GET k")
	s.say(b, "SET k 1")
	s.want("the listener", s.take(l), staleMessage("k"))
	s.want("and nobody else", s.take(a), "")
	s.say(b, "FLUSHALL")
	s.want("all keys", s.take(l), "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n")
	s.say(a, "HELLO 3")
	s.say(a, "GET k")
	s.step(Closed{Conn: l})
	s.say(b, "SET k 2")
	s.want("the listener has gone", s.take(a), ">2\r\n$21\r\ntracking-redir-broken\r\n:"+id+"\r\n")
	if info := s.say(a, "CLIENT INFO"); !strings.Contains(info, " flags=tR ") || !strings.Contains(info, " redir="+id+" ") {
		t.Errorf("CLIENT INFO: %q", info)
	}
	s.say(a, "CLIENT TRACKING on")
	s.want("to itself", s.say(a, "CLIENT GETREDIR"), ":0\r\n")
}

func TestBroadcastToPrefixes(t *testing.T) {
	s := start(t)
	a, b := s.resp3(), s.connect()
	s.say(a, "CLIENT TRACKING on BCAST PREFIX user: PREFIX item:")
	s.say(b, "MSET user:2 x item:1 x other 1 user:1 x")
	s.want("one message for each prefix, its keys sorted", s.take(a), stale("item:1")+stale("user:1", "user:2"))
	s.say(b, "MSET user:2 y")
	s.want("every time", s.take(a), stale("user:2"))
	s.say(a, "CLIENT TRACKING on BCAST PREFIX more: NOLOOP")
	s.want("CLIENT TRACKINGINFO", s.say(a, "CLIENT TRACKINGINFO"),
		"%3\r\n$5\r\nflags\r\n~3\r\n$2\r\non\r\n$5\r\nbcast\r\n$6\r\nnoloop\r\n$8\r\nredirect\r\n:0\r\n$8\r\nprefixes\r\n"+cmd("item:", "more:", "user:"))
	s.want("its own change", s.say(a, "SET more:1 x"), "+OK\r\n")
	s.raw(b, cmd("SET", "more:2", "x")+cmd("SET", "more:1", "x"))
	s.want("that of others", s.take(a), stale("more:1", "more:2"))
	s.say(a, "CLIENT TRACKING off")
	s.want("prefixes", s.field("tracking_total_prefixes"), "0")
	s.say(a, "CLIENT TRACKING on BCAST")
	s.say(b, "SET any 1")
	s.want("no prefix is every prefix", s.take(a), stale("any"))
}

func TestOptInAndOptOut(t *testing.T) {
	for _, tt := range []struct {
		mode, word, other string
		first             string // what it is told of a key that it reads without a word
		then              string // and after the word
	}{
		{"OPTIN", "YES", "NO", "", stale("k")},
		{"OPTOUT", "NO", "YES", stale("k"), ""},
	} {
		s := start(t)
		a, b := s.resp3(), s.connect()
		s.say(a, "CLIENT TRACKING on "+tt.mode)
		s.say(a, "GET k")
		s.say(b, "SET k 1")
		s.want(tt.mode, s.take(a), tt.first)
		s.want("the wrong word", s.say(a, "CLIENT CACHING "+tt.other), "-ERR CLIENT CACHING "+tt.other+" is only valid when tracking is enabled in "+map[string]string{"NO": "OPTOUT", "YES": "OPTIN"}[tt.other]+" mode.\r\n")
		s.want("the word", s.say(a, "CLIENT CACHING "+tt.word), "+OK\r\n")
		s.say(a, "GET k")
		s.say(b, "SET k 2")
		s.want(tt.mode+", the command behind the word", s.take(a), tt.then)
		s.say(a, "GET k")
		s.say(b, "SET k 3")
		s.want(tt.mode+", the one behind that", s.take(a), tt.first)
	}
}

func TestTrackingIsRefused(t *testing.T) {
	s := start(t)
	c := s.resp3()
	id := strings.Trim(s.say(c, "CLIENT ID"), ":\r\n")
	for _, tt := range []struct{ line, want string }{
		{"CLIENT TRACKING maybe", "ERR syntax error"},
		{"CLIENT TRACKING on REDIRECT", "ERR syntax error"},
		{"CLIENT TRACKING on REDIRECT x", "ERR value is not an integer or out of range"},
		{"CLIENT TRACKING on REDIRECT " + id + " REDIRECT " + id, "ERR A client can only redirect to a single other client"},
		{"CLIENT TRACKING on PREFIX a", "ERR PREFIX option requires BCAST mode to be enabled"},
		{"CLIENT TRACKING on BCAST OPTIN", "ERR OPTIN and OPTOUT are not compatible with BCAST"},
		{"CLIENT TRACKING on OPTIN OPTOUT", "ERR You can't specify both OPTIN mode and OPTOUT mode"},
		{"CLIENT TRACKING on BCAST PREFIX ab PREFIX a", "ERR Prefix 'ab' overlaps with another provided prefix 'a'. Prefixes for a single client must not overlap."},
		{"CLIENT CACHING YES", "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"},
	} {
		s.want(tt.line, s.say(c, tt.line), "-"+tt.want+"\r\n")
	}
	s.want("nothing came of it", s.field("tracking_clients"), "0")
	s.say(c, "CLIENT TRACKING on OPTIN")
	s.want("BCAST", s.say(c, "CLIENT TRACKING on BCAST"), "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.\r\n")
	s.want("OPTOUT", s.say(c, "CLIENT TRACKING on OPTOUT"), "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.\r\n")
	s.say(c, "RESET")
	s.say(c, "HELLO 3")
	s.say(c, "CLIENT TRACKING on BCAST PREFIX ab")
	s.want("an old prefix", s.say(c, "CLIENT TRACKING on BCAST PREFIX abc"), "-ERR Prefix 'abc' overlaps with an existing prefix 'ab'. Prefixes for a single client must not overlap.\r\n")
}

// More keys than tracking-table-max-keys are as good as changed: a few at once when a command comes, the rest by the
// clock.
func TestTheTableIsLimited(t *testing.T) {
	s := start(t)
	a, b := s.resp3(), s.connect()
	s.say(a, "CLIENT TRACKING on")
	for i := range 400 {
		s.say(a, "GET k"+strconv.Itoa(i))
	}
	s.want("keys", s.field("tracking_total_keys"), "400")
	s.want("CONFIG SET", s.say(b, "CONFIG SET tracking-table-max-keys 10"), "+OK\r\n")
	s.take(a)
	s.say(b, "PING")
	if told := strings.Count(s.take(a), "invalidate"); told != 100 && told != 200 {
		t.Errorf("at the next command: %d", told)
	}
	s.pass(time.Second)
	s.want("soon", s.field("tracking_total_keys"), "10")
	s.want("readers", s.field("tracking_total_items"), "10")
}

// CLIENT REPLY OFF is about replies.
func TestTrackersWithoutReplies(t *testing.T) {
	s := start(t)
	a, b := s.resp3(), s.connect()
	s.say(a, "CLIENT TRACKING on")
	s.say(a, "GET k")
	s.say(a, "CLIENT REPLY OFF")
	s.say(b, "SET k 1")
	s.want("of another's change", s.take(a), stale("k"))
	s.say(a, "GET k")
	s.want("of its own", s.say(a, "SET k 2"), stale("k"))
}

// A served client is told of what its own command has changed behind the reply.
func TestAServedTracker(t *testing.T) {
	s := start(t)
	a, b := s.resp3(), s.connect()
	s.say(a, "CLIENT TRACKING on")
	s.say(a, "LRANGE d 0 -1")
	s.say(a, "BLMOVE l d LEFT RIGHT 0")
	s.say(b, "RPUSH l v")
	s.want("served", s.take(a), "$1\r\nv\r\n"+stale("d"))
}

func TestClonesTrackForThemselves(t *testing.T) {
	s := start(t)
	a, b := s.resp3(), s.connect()
	p := s.resp3()
	s.say(a, "CLIENT TRACKING on")
	s.say(a, "GET k")
	s.say(p, "CLIENT TRACKING on BCAST")
	twin := s.twin()
	s.say(b, "SET k 1")
	s.want("the first", s.take(a)+s.take(p), stale("k")+stale("k"))
	s.want("not the clone", twin.take(a)+twin.take(p), "")
	s.say(a, "GET l")
	twin.say(b, "MSET k 1 l 1")
	s.want("the clone", twin.take(a)+twin.take(p), stale("k")+stale("k", "l"))
	s.want("not the first", s.take(a)+s.take(p), "")
}
