//go:build linux

package tcp

import (
	"slices"
	"strings"
	"testing"

	"resync/engine/command"
	"resync/engine/resp"
)

// What ACL, and AUTH with it, answer beside redis-server, to the byte.

// aclLines are told one after the other: to a server without a password, and to one with requirepass.
var aclLines = []string{
	"ACL", "ACL NOSUCH", "acl nosuch x", `ACL "who\x00x"`, "ACL|WHOAMI",
	"ACL WHOAMI", "ACL WHOAMI x", "ACL USERS", "ACL USERS x", "ACL LIST", "ACL LIST x", "ACL HELP x", "ACL LOAD", "ACL LOAD x", "ACL SAVE", "ACL SAVE x",
	"ACL GETUSER", "ACL GETUSER default", "ACL GETUSER Default", "ACL GETUSER nosuch", "ACL GETUSER ''", "ACL GETUSER default x",
	"ACL CAT", "ACL CAT nosuch", "ACL CAT @read", "ACL CAT ''", `ACL CAT "a\nb\x00c"`, "ACL CAT read x",
	"ACL GENPASS 0", "ACL GENPASS -1", "ACL GENPASS 4097", "ACL GENPASS x", "ACL GENPASS ''", "ACL GENPASS 1 2", "ACL GENPASS 99999999999999999999",
	"ACL DRYRUN", "ACL DRYRUN default", "ACL DRYRUN default get", "ACL DRYRUN default get k", "ACL DRYRUN default GET a b", "ACL DRYRUN nosuch get k",
	"ACL DRYRUN nosuch nosuch", "ACL DRYRUN default nosuch k", "ACL DRYRUN default acl", "ACL DRYRUN default acl nosuch", "ACL DRYRUN default acl|cat",
	"ACL DRYRUN default acl whoami", "ACL DRYRUN default acl whoami x", "ACL DRYRUN default config get", "ACL DRYRUN default command", "ACL DRYRUN default command x",
	"ACL DRYRUN default debug x", "ACL DRYRUN default debug", `ACL DRYRUN "de\x00f" get k`, `ACL DRYRUN default "a\nb\x00c"`, "ACL DRYRUN default set k v",
	"ACL DELUSER", "ACL DELUSER default", "ACL DELUSER a", "ACL DELUSER a b", "ACL DELUSER a default", "ACL DELUSER Default ''",
	"AUTH", "AUTH x", "AUTH a b c", "AUTH default x", "AUTH nosuch x", "AUTH Default x", "auth nosuch x",
	"HELLO 2 AUTH nosuch x", "HELLO 2 AUTH default x", "HELLO 2 AUTH default", "HELLO 2 AUTH nosuch x SETNAME 'a b'", "HELLO 2 AUTH nosuch x NOSUCH",
	"HELLO 2 SETNAME s AUTH nosuch x", "CLIENT GETNAME",
	"ACL LOG", "ACL LOG 2", "ACL LOG 0", "ACL LOG -1", "ACL LOG 99", "ACL LOG x", "ACL LOG 1 2", "ACL LOG 9223372036854775808",
	"MULTI", "AUTH nosuch x", "AUTH nosuch x", "ACL WHOAMI", "ACL LOG", "EXEC", "ACL LOG 1",
	"CONFIG SET acllog-max-len 2", "ACL LOG", "AUTH another x", "ACL LOG", "CONFIG SET acllog-max-len 0", "AUTH nosuch x", "ACL LOG", "AUTH third x", "ACL LOG",
	"CONFIG SET acllog-max-len 128", "AUTH u1 x", "AUTH u2 x", "AUTH u3 x", "AUTH u4 x", "AUTH u5 x", "AUTH u6 x", "AUTH u7 x", "AUTH u8 x", "AUTH u9 x", "AUTH u10 x",
	"AUTH u1 x", "AUTH u11 x", "AUTH u2 x", "AUTH u3 x", "ACL LOG 20", "ACL LOG reset x", "ACL LOG Reset", "ACL LOG",

	// Rules of the only user. It can do anything all the time: this connection has been let in.
	"ACL SETUSER", "ACL SETUSER default", "ACL SETUSER default on", "ACL SETUSER default ''", "ACL SETUSER 'a b'", `ACL SETUSER "a\x00" on`, `ACL SETUSER "a\tb" on`,
	"ACL SETUSER default allkeys ~* allchannels &* allcommands +@all clearselectors ON AllKeys", "ACL LIST",
	"ACL SETUSER default >x", "ACL LIST", "ACL GETUSER default", "CONFIG GET requirepass", "AUTH y", "AUTH x", "ACL SETUSER default >x >y >x", "ACL LIST", "AUTH y",
	"ACL SETUSER default <x", "ACL LIST", "AUTH x", "ACL SETUSER default <x", "ACL SETUSER default <y <y", "ACL LIST", "ACL SETUSER default <y", "ACL LIST",
	"ACL SETUSER default resetpass", "AUTH y", "AUTH default y", "AUTH ''", "ACL LIST", "ACL GETUSER default", "HELLO 2 AUTH default y",
	"ACL SETUSER default #2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", "ACL LIST", "AUTH x",
	"ACL SETUSER default #2D711642B726B04401627CA9FBAC32F5C8530FB1903CC4DB02258717921A4881", "ACL SETUSER default #2d71", "ACL SETUSER default #",
	"ACL SETUSER default !2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4882", "ACL SETUSER default !x", "ACL LIST",
	"ACL SETUSER default !2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", "ACL LIST",
	"ACL SETUSER default nopass", "ACL LIST", "AUTH x", "AUTH default anything", "ACL SETUSER default >a nopass >b <b >c", "ACL LIST", "ACL SETUSER default NoPass ResetPass >q", "ACL LIST",
	"ACL SETUSER default nopass >z nosuch", `ACL SETUSER default "no\nsuch\x00x"`, "ACL SETUSER default )", "ACL SETUSER default @all", "ACL LIST",
	"ACL SETUSER default >", "AUTH ''", `ACL SETUSER default ">a\x00b"`, `AUTH "a\x00b"`, "ACL LIST",

	// requirepass makes the user what it was, where it changes.
	"CONFIG SET requirepass first", "ACL LIST", "ACL SETUSER default >second", "CONFIG SET requirepass first", "ACL LIST", "CONFIG SET requirepass third hz 10", "ACL LIST",
	"CONFIG SET requirepass fourth hz x", "ACL LIST", "CONFIG SET requirepass ''", "ACL LIST", "ACL GETUSER default", "ACL SETUSER default >a", "CONFIG SET requirepass ''", "ACL LIST",

	// What the slow log keeps of it.
	"CONFIG SET slowlog-log-slower-than 0", "SLOWLOG RESET", "ACL SETUSER default >secret on", "ACL GETUSER nosuch", "ACL DELUSER a b", "ACL DRYRUN default get k", "ACL CAT nosuch",
	"AUTH default secret", "SLOWLOG GET",
}

func TestACLAnswersLikeRedis(t *testing.T) {
	for _, proto := range []string{"2", "3"} {
		for _, password := range []string{"", "pw"} {
			t.Run("RESP"+proto+" with the password '"+password+"'", func(t *testing.T) {
				redis, ours := startACL(t, "redis", proto, password), startACL(t, "ours", proto, password)
				for _, line := range aclLines {
					words, err := resp.SplitArgs(strings.Replace(line, "HELLO 2", "HELLO "+proto, 1))
					if err != nil {
						t.Fatal(err)
					}
					if got, want := aclReply(ours, words), aclReply(redis, words); got != want {
						t.Errorf("%s:\n%s\nredis-server says\n%s", line, got, want)
					}
				}
			})
		}
	}
}

// startACL starts a server and comes in.
func startACL(t *testing.T, kind, proto, password string) *client {
	t.Helper()
	s := start(t, kind)
	s.ok("CONFIG", "SET", "requirepass", password)
	c := dialRaw(t, s.addr())
	if v := c.do("HELLO", proto, "AUTH", "default", password); v.IsError() {
		t.Fatalf("%s: %s", kind, v.Str)
	}
	return c
}

// aclReply is the bytes of a reply, but for what no two servers share.
func aclReply(c *client, words []string) string {
	v := c.do(words...)
	var plain func(v *resp.Value)
	plain = func(v *resp.Value) {
		for i := range v.Elems {
			e := &v.Elems[i]
			switch {
			case i > 0 && v.Elems[i-1].Str == "age-seconds":
				e.Str = "AGE"
			case i > 0 && v.Elems[i-1].Str == "client-info":
				e.Str = listLine.ReplaceAllString(e.Str, "$1 $2 $3 $4")
			case i > 0 && v.Elems[i-1].Str == "id":
				e.Int = 0
			}
			plain(e)
		}
	}
	plain(&v)
	if words[0] == "SLOWLOG" {
		return slowHead.ReplaceAllString(localAddr.ReplaceAllString(resp.Format(v), "ADDR"), "NUMBER${1}TIME${2}TOOK")
	}
	return string(v.Append(nil))
}

// Redis lists the commands of a category in the order of a hash table, and has more of them.
func TestACLCatAgreesWithRedis(t *testing.T) {
	redis, ours := startACL(t, "redis", "2", ""), startACL(t, "ours", "2", "")
	known := map[string]bool{}
	for _, cmd := range command.All() {
		known[cmd.FullName()] = true
		for i := range cmd.Subs {
			known[cmd.Subs[i].FullName()] = true
		}
	}
	for _, cat := range redis.do("ACL", "CAT").Elems {
		list := func(c *client) (names []string) {
			for _, e := range c.do("ACL", "CAT", strings.ToUpper(cat.Str)).Elems {
				if known[e.Str] {
					names = append(names, e.Str)
				}
			}
			slices.Sort(names)
			return names
		}
		got, want := list(ours), list(redis)
		if !slices.Equal(got, want) || len(want) == 0 && cat.Str != "scripting" {
			t.Errorf("%s: %q, with redis-server %q", cat.Str, got, want)
		}
		same := ours.do("COMMAND", "LIST", "FILTERBY", "ACLCAT", cat.Str)
		var listed []string
		for _, e := range same.Elems {
			listed = append(listed, e.Str)
		}
		slices.Sort(listed)
		if !slices.Equal(listed, got) {
			t.Errorf("%s: COMMAND LIST says %q, ACL CAT %q", cat.Str, listed, got)
		}
	}
}

// A command that was renamed is in its category under the name that it had, and can be tried under its new one.
func TestACLKnowsRenamedCommands(t *testing.T) {
	var told [2][]string
	for i, kind := range []string{"redis", "ours"} {
		s := start(t, kind, "--rename-command", "MULTI", "", "--rename-command", "EXEC", "run")
		for _, line := range []string{"ACL DRYRUN default multi", "ACL DRYRUN default exec", "ACL DRYRUN default run", "ACL DRYRUN default run x"} {
			told[i] = append(told[i], string(s.do(strings.Fields(line)...).Append(nil)))
		}
		var names []string
		for _, e := range s.do("ACL", "CAT", "transaction").Elems {
			names = append(names, e.Str)
		}
		slices.Sort(names)
		told[i] = append(told[i], names...)
	}
	if !slices.Equal(told[0], told[1]) {
		t.Errorf("%q, redis-server says %q", told[1], told[0])
	}
}

// Who was connected before a password was asked for stays, who comes then needs it, and with nopass nobody does.
func TestPasswordsOfACLLetClientsIn(t *testing.T) {
	var told [2][]string
	for i, kind := range []string{"redis", "ours"} {
		s := start(t, kind)
		say := func(c *client, words ...string) {
			told[i] = append(told[i], strings.Join(words, " ")+": "+aclReply(c, words))
		}
		early := dialRaw(t, s.addr())
		say(early, "ACL", "SETUSER", "default", ">one", ">two")
		say(early, "PING")
		late := dialRaw(t, s.addr())
		say(late, "PING")
		say(late, "ACL", "WHOAMI")
		say(late, "AUTH", "three")
		say(late, "AUTH", "two")
		say(late, "ACL", "WHOAMI")
		say(late, "RESET")
		say(late, "PING")
		say(late, "HELLO", "3", "AUTH", "default", "one")
		third := dialRaw(t, s.addr())
		say(third, "PING")
		fourth := dialRaw(t, s.addr())
		say(fourth, "HELLO", "3", "SETNAME", "kept", "AUTH", "default", "one", "NOSUCH")
		say(fourth, "CLIENT", "GETNAME")
		say(early, "ACL", "SETUSER", "default", "nopass")
		say(third, "PING")
		say(third, "HELLO", "2")
		say(early, "ACL", "LOG")
	}
	if !slices.Equal(told[0], told[1]) {
		t.Errorf("%q\nredis-server says\n%q", told[1], told[0])
	}
}

// What only redis-server can do is refused in so many words, and changes nothing.
func TestACLRefusesWhatThereIsNot(t *testing.T) {
	s := start(t, "ours")
	for line, want := range map[string]string{
		"ACL SETUSER bob on":               "ERR Users other than 'default' are not supported here",
		"ACL SETUSER Default on":           "ERR Users other than 'default' are not supported here",
		"ACL SETUSER default >x off":       "ERR Error in ACL SETUSER modifier 'off': " + ruleMissing,
		"ACL SETUSER default >x -@all":     "ERR Error in ACL SETUSER modifier '-@all': " + ruleMissing,
		"ACL SETUSER default >x ~a*":       "ERR Error in ACL SETUSER modifier '~a*': " + ruleMissing,
		"ACL SETUSER default >x +get":      "ERR Error in ACL SETUSER modifier '+get': " + ruleMissing,
		"ACL SETUSER default >x (+get ~a)": "ERR Error in ACL SETUSER modifier '(+get': " + ruleMissing,
		"ACL SETUSER default >x Reset":     "ERR Error in ACL SETUSER modifier 'Reset': " + ruleMissing,
	} {
		if got := s.do(strings.Fields(line)...); got.Str != want || !got.IsError() {
			t.Errorf("%s: %q, want %q", line, got.Str, want)
		}
	}
	if got := s.ok("ACL", "LIST").Elems[0].Str; got != "user default on nopass ~* &* +@all" {
		t.Errorf("ACL LIST: %q", got)
	}
}

const ruleMissing = "this rule is not supported here: the user 'default' may do everything, and only its passwords can be changed"
