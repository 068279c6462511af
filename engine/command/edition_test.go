package command

import (
	"strings"
	"testing"
)

// ofVersion makes a server one of a version.
func (s *server) ofVersion(e Edition, f Forms) *server {
	s.call.Settings.Table, s.call.Settings.Forms = TableOf(e), f
	return s
}

var (
	edition26 = Edition{Version: "2.6.17"}
	edition28 = Edition{Version: "2.8.24"}
	edition40 = Edition{Version: "4.0.14", NamesArguments: true, Backquotes: true}
	edition80 = Edition{Version: "7.2.4", NamesArguments: true}

	oldForms = Forms{RelativeTTL: true, BareFloat: true, PlainGetset: true, ServedInTwo: true, SilentFlushdb: true}
)

// The standard edition has its rows as they are written, so none of them may have a subcommand that came later.
func TestNoSubcommandIsNewerThanTheStandardEdition(t *testing.T) {
	for _, c := range All() {
		for _, sub := range c.Subs {
			if standard.older(sub.Since) {
				t.Errorf("%s came with %s", sub.FullName(), sub.Since)
			}
		}
	}
}

// What does not exist in a version is unknown to it, and options that it does not have are wrong.
func TestEditions(t *testing.T) {
	for _, c := range []struct {
		name    string
		edition Edition
		line    string
		want    string // the reply, or "" for any but an error
	}{
		{"no SCAN in 2.6", edition26, "scan 0", "-ERR unknown command 'scan'"},
		{"no PSYNC in 2.6", edition26, "PSYNC ? -1", "-ERR unknown command 'PSYNC'"},
		{"no ROLE in 2.6", edition26, "ROLE", "-ERR unknown command 'ROLE'"},
		{"no PFADD in 2.6", edition26, "PFADD k a", "-ERR unknown command 'PFADD'"},
		{"no COMMAND in 2.6", edition26, "COMMAND COUNT", "-ERR unknown command 'COMMAND'"},
		{"EXISTS takes one key in 2.6", edition26, "EXISTS a b", "-ERR wrong number of arguments for 'exists' command"},
		{"HSET takes one field in 2.8", edition28, "HSET h a 1 b 2", "-ERR wrong number of arguments for 'hset' command"},
		{"HSET takes many in 4.0", edition40, "HSET h a 1 b 2", ""},
		{"SET with EX and NX in 2.6", edition26, "SET k v EX 10 NX", ""},
		{"no WAIT in 2.8", edition28, "WAIT 0 0", "-ERR unknown command 'WAIT'"},
		{"no count for SPOP in 2.8", edition28, "SPOP k 2", "-ERR wrong number of arguments for 'spop' command"},
		{"a count for SPOP in 4.0", edition40, "SPOP k 2", ""},
		{"no UNLINK in 2.8", edition28, "UNLINK k", "-ERR unknown command 'UNLINK'"},
		{"UNLINK in 4.0", edition40, "UNLINK k", ""},
		{"no ASYNC in 2.8", edition28, "FLUSHALL ASYNC", "-ERR wrong number of arguments for 'flushall' command"},
		{"ASYNC in 4.0", edition40, "FLUSHALL ASYNC", ""},
		{"no SYNC in 4.0", edition40, "FLUSHALL SYNC", "-ERR syntax error"},
		{"no COPY in 4.0", edition40, "COPY a b", "-ERR unknown command `COPY`, with args beginning with: `a`, `b`, "},
		{"no XADD in 4.0", edition40, "XADD s * a 1", "-ERR unknown command `XADD`, with args beginning with: `s`, `*`, `a`, `1`, "},
		{"no KEEPTTL in 4.0", edition40, "SET k v KEEPTTL", "-ERR syntax error"},
		{"no EXAT in 4.0", edition40, "SET k v EXAT 9999999999", "-ERR syntax error"},
		{"no PXAT in 4.0", edition40, "SET k v pxat 9999999999999", "-ERR syntax error"},
		{"no GET in 4.0", edition40, "SET k v GET", "-ERR syntax error"},
		{"a value is no option", edition40, "SET GET KEEPTTL NX", ""},
		{"a pattern is no option", edition40, "SCAN 0 MATCH TYPE", ""},
		{"no TYPE for SCAN in 4.0", edition40, "SCAN 0 MATCH x TYPE string", "-ERR syntax error"},
		{"no condition for EXPIRE in 4.0", edition40, "EXPIRE k 10 NX", "-ERR wrong number of arguments for 'expire' command"},
		{"no count for LPOP in 4.0", edition40, "LPOP k 1", "-ERR wrong number of arguments for 'lpop' command"},
		{"no GT for ZADD in 4.0", edition40, "ZADD k GT 1 m", "-ERR syntax error"},
		{"NX for ZADD in 4.0", edition40, "ZADD k NX 1 m", ""},
		{"no NX for ZADD in 2.8", edition28, "ZADD k NX 1 m", "-ERR syntax error"},
		{"no ABSTTL for RESTORE in 4.0", edition40, "RESTORE k 0 x ABSTTL", "-ERR syntax error"},
		{"no subcommand of later in 4.0", edition40, "OBJECT HELP", "-ERR Syntax error. Try OBJECT (refcount|encoding|idletime)"},
		{"REPLICAOF is called SLAVEOF in 4.0", edition40, "REPLICAOF no one", "-ERR unknown command `REPLICAOF`, with args beginning with: `no`, `one`, "},
		{"no ACL in 2.8", edition28, "ACL CAT", "-ERR unknown command 'ACL'"},
		{"no ACL in 4.0", edition40, "ACL CAT", "-ERR unknown command `ACL`, with args beginning with: `CAT`, "},
		{"ACL in 8.0", edition80, "ACL CAT", ""},
		{"8.0 has what 7.0 has", edition80, "SET k v GET PXAT 9999999999999", ""},
		{"8.0 words it as 7.0", edition80, "NOPE a", "-ERR unknown command 'NOPE', with args beginning with: 'a' "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(16).ofVersion(c.edition, Forms{})
			s.say(c.line)
			got := strings.TrimSuffix(string(s.reply.Buf), "\r\n")
			if c.want != "" && got != c.want || c.want == "" && strings.HasPrefix(got, "-") {
				t.Errorf("%s: %q, want %q", c.line, got, c.want)
			}
		})
	}
}

// What goes into the stream: the client's line, and what replicas get.
func TestFormsOfVersions(t *testing.T) {
	for _, c := range []struct {
		name    string
		forms   Forms
		prepare string
		line    string
		want    string
	}{
		{"a time to live stays relative", oldForms, "", "set k v ex 10", "set k v ex 10"},
		{"with its condition", oldForms, "", "SET k v PX 1000 NX", "SET k v PX 1000 NX"},
		{"that of SETEX too", oldForms, "", "SETEX k 10 v", "SETEX k 10 v"},
		{"that of EXPIRE too", oldForms, "SET k v", "EXPIRE k 10", "EXPIRE k 10"},
		{"that of EXPIREAT is a moment", oldForms, "SET k v", "EXPIREAT k 9999999999", "EXPIREAT k 9999999999"},
		{"a past one is a DEL", oldForms, "SET k v", "EXPIRE k -1", "DEL k"},
		{"GETSET as itself", oldForms, "SET k v", "GETSET k w", "GETSET k w"},
		{"INCRBYFLOAT without KEEPTTL", oldForms, "SET k 1", "INCRBYFLOAT k 1.5", "SET k 2.5"},
		{"FLUSHDB of nothing", oldForms, "", "FLUSHDB", ""},
		{"FLUSHDB of something", oldForms, "SET k v", "FLUSHDB", "FLUSHDB"},
		{"FLUSHALL of nothing", oldForms, "", "FLUSHALL", "FLUSHALL"},
		{"GETDEL of 8.0", Forms{DelForGetdel: true}, "SET k v", "GETDEL k", "DEL k"},
		{"a whole set taken, 8.0", Forms{UnlinkForSpop: true}, "SADD s a b", "SPOP s 2", "UNLINK s"},
		{"a whole set taken", Forms{}, "SADD s a b", "SPOP s 2", "DEL s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(16).ofVersion(Edition{Version: "7.2.4", NamesArguments: true}, c.forms)
			if c.prepare != "" {
				s.say(c.prepare)
				s.sent()
			}
			s.say(c.line)
			if got := strings.TrimPrefix(s.sent(), "SELECT 0, "); got != c.want {
				t.Errorf("%s goes out as %q, want %q", c.line, got, c.want)
			}
		})
	}
}

// The standard edition is the one that the documentation is of: none of its options is missing there.
func TestTheStandardEditionLacksNoOption(t *testing.T) {
	twin := standard
	twin.Version = "7.0.16"
	var look func(c *Command)
	look = func(c *Command) {
		if o := c.optionsIn(&twin); o != nil {
			t.Errorf("%s has options that %s lacks: %+v", c.FullName(), twin.Version, o)
		}
		for i := range c.Subs {
			look(&c.Subs[i])
		}
	}
	for _, c := range every {
		look(c)
	}
}
