//go:build !js

package command

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

func init() { families = append(families, family{"sets", setLine}) }

func setLine(g *gen) []string {
	switch g.IntN(30) {
	case 0, 1, 2, 3:
		return append([]string{"SADD", g.key()}, g.members(6)...)
	case 4:
		return []string{"SADD", g.key(), strconv.Itoa(g.IntN(20)), g.number(), strconv.Itoa(g.IntN(20))}
	case 5, 6:
		return append([]string{"SREM", g.key()}, g.members(5)...)
	case 7, 8:
		return []string{g.pick("SMEMBERS", "SCARD"), g.key()}
	case 9:
		return []string{"SISMEMBER", g.key(), g.member()}
	case 10:
		return append([]string{"SMISMEMBER", g.key()}, g.members(4)...)
	case 11, 12:
		return []string{"SMOVE", g.key(), g.key(), g.member()}
	case 13:
		return []string{"SPOP", g.key()}
	case 14:
		// Those in between are for a test of their own.
		return []string{"SPOP", g.key(), g.pick("0", "1", "100000", "-1", "x", "9223372036854775808")}
	case 15:
		return []string{"SRANDMEMBER", g.key()}
	case 16, 17:
		return []string{"SRANDMEMBER", g.key(), g.pick(g.count(), "-9223372036854775808")}
	case 18, 19, 20:
		return append([]string{g.pick("SINTER", "SUNION", "SDIFF")}, g.keys(4)...)
	case 21, 22, 23:
		return append([]string{g.pick("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), g.key()}, g.keys(4)...)
	case 24, 25:
		keys := g.keys(3)
		c := append([]string{"SINTERCARD", g.pick(strconv.Itoa(len(keys)), strconv.Itoa(len(keys)), g.count())}, keys...)
		for range g.IntN(3) {
			c = append(c, g.pick("LIMIT", "limit"), g.count())
		}
		return c
	case 26:
		return []string{"SSCAN", g.key(), "0", "COUNT", "2000", g.pick("MATCH", "match"), g.pattern()}
	case 27:
		return []string{"SSCAN", g.key(), g.pick("0", "x", "", "-", "1x"), g.pick("COUNT", "MATCH", "TYPE", "x"), g.pick("2000", "0", "-1", "x"), "COUNT", "2000"}
	case 28:
		return []string{g.pick("DEL", "TYPE", "PERSIST"), g.key()}
	}
	return []string{"PEXPIREAT", g.key(), g.absolute()}
}

// What SPOP draws is chance, but not how it is said, nor what it does to the encoding.
func TestPoppingSeveralMembersIsToldAsRedisDoes(t *testing.T) {
	r := newRig(t)
	for _, proto := range []int{2, 3} {
		r.begin(script{proto: proto})
		for _, size := range []int{2, 3, 6, 7, 12, 60, 600} {
			for _, count := range []int{1, 2, size / 2, size - size/6, size - size/6 - 1, size - 1, size, size + 1} {
				for _, words := range []bool{false, true} {
					members := []string{"gone"} // it leaves a table of integers behind
					for i := range size {
						members = append(members, strconv.Itoa(i))
					}
					if words {
						for i := range members {
							members[i] = "m" + members[i]
						}
					}
					r.same(append([]string{"SADD", "k"}, members...)...)
					r.same("SREM", "k", members[0])
					r.sameStream()
					popped := make(map[string][]string)
					for _, side := range []string{"ours", "real"} {
						var reply []byte
						var stream [][]string
						if args := []string{"SPOP", "k", strconv.Itoa(count)}; side == "real" {
							reply = r.real.do(args...)
							r.real.do("SET", "marker", "popped")
							stream = r.link.stream("popped")
							stream = stream[:len(stream)-1]
						} else {
							reply = slices.Clone(r.ours.do(args...))
							stream = r.ours.stream
						}
						v, _, err := resp.ParseValue(reply)
						if err != nil || len(v.Elems) != min(count, size) || proto == 3 != (v.Kind == resp.KindSet) {
							t.Fatalf("%s, %d of %d: reply %q", side, count, size, reply)
						}
						for _, e := range v.Elems {
							popped[side] = append(popped[side], e.Str)
						}
						if want := popStream(popped[side], size); !slices.EqualFunc(stream, want, slices.Equal) {
							t.Fatalf("%s, %d of %d: sent\n%q\nfor\n%q", side, count, size, stream, popped[side])
						}
					}
					r.ours.stream = nil
					r.ours.do("SET", "marker", "popped")
					r.ours.stream = nil
					r.same("OBJECT", "ENCODING", "k")
					r.same("SCARD", "k")
					if popped := r.ours.do(append([]string{"SADD", "k"}, popped["ours"]...)...); string(popped) != ":"+strconv.Itoa(min(count, size))+"\r\n" {
						t.Fatalf("%d of %d: of what was popped only %s were gone", count, size, popped)
					}
					r.real.do(append([]string{"SADD", "k"}, popped["real"]...)...)
					if difference := r.compareDigests(); difference != "" {
						t.Fatal(difference)
					}
					r.real.do("DEL", "k")
					r.real.do("SET", "marker", "again")
					r.link.stream("again")
					r.ours.do("DEL", "k")
					r.ours.do("SET", "marker", "again")
					r.ours.stream = nil
				}
			}
		}
	}
}

// popStream is what SPOP with a count sends for these members of a set of a size.
func popStream(popped []string, size int) (stream [][]string) {
	if len(popped) == size {
		return [][]string{{"DEL", "k"}}
	}
	for _, member := range popped {
		stream = append(stream, []string{"SREM", "k", member})
	}
	if len(popped) > 1 {
		stream = slices.Concat([][]string{{"MULTI"}}, stream, [][]string{{"EXEC"}})
	}
	return stream
}

// Dirty is what decides over SAVE and what INFO shows; events are what keyspace notifications tell.
func TestElementsAreCountedAndToldOfAsRedisDoes(t *testing.T) {
	server := startReal(t)
	real, events := server.dial(), server.dial()
	real.do("CONFIG", "SET", "notify-keyspace-events", "EAmn")
	events.do("PSUBSCRIBE", "__keyevent@*")
	ours := newServer(16)
	var told []string
	ours.call.Notify = func(_ byte, event string, _ int, key []byte) { told = append(told, event+" "+string(key)) }
	for _, line := range []string{
		"HSET h a 1 b 2", "HSET h a 1 b 2", "HMSET h c 3", "HSETNX h a 1", "HSETNX h d 1", "HINCRBY h a 0", "HINCRBYFLOAT h a 1.5", "HDEL h x", "HDEL h a a b",
		"HDEL h c d e", "HINCRBY n f 1", "HINCRBYFLOAT n g 1", "SADD s 1 2 3 3", "SADD s 1", "SADD s a b", "SREM s 7", "SREM s 1 2 1", "SMOVE s s 3", "SMOVE s t 3",
		"SADD t a", "SMOVE s t a", "SMOVE s t b", "SUNIONSTORE u t t", "SUNIONSTORE u none", "SUNIONSTORE u none", "SINTERSTORE u t t", "SINTERSTORE u t none",
		"SDIFFSTORE u t none", "SDIFFSTORE u t t", "SPOP t 0", "SPOP t 2", "SPOP t 1", "SADD v x", "SPOP v", "SPOP v", "SADD v x y z", "SPOP v 5", "SADD w 1 2 3 4 5 6 7",
		"SPOP w 6", "SPOP w 1", "SINTERCARD 1 u", "SRANDMEMBER u", "HRANDFIELD n 1", "SMEMBERS u",
	} {
		before := dirtyOf(t, real)
		words := strings.Fields(line)
		real.do(words...)
		want := dirtyOf(t, real) - before
		told = nil
		ours.do(words...)
		if ours.call.Dirty != want {
			t.Errorf("%s: counts %d changes, redis-server %d", line, ours.call.Dirty, want)
		}
		var heard []string
		for real.do("PUBLISH", "__keyevent@0__:end", line); ; {
			v := events.push()
			event, key := strings.TrimPrefix(v.Elems[2].Str, "__keyevent@0__:"), v.Elems[3].Str
			if event == "end" {
				break
			}
			heard = append(heard, event+" "+key)
		}
		if !slices.Equal(told, heard) {
			t.Errorf("%s: tells %q, redis-server %q", line, told, heard)
		}
	}
}

func dirtyOf(t *testing.T, real *realConn) int {
	t.Helper()
	_, rest, _ := strings.Cut(string(real.do("INFO", "persistence")), "rdb_changes_since_last_save:")
	digits, _, _ := strings.Cut(rest, "\r")
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// push returns the next message that comes without being asked for.
func (c *realConn) push() resp.Value {
	c.t.Helper()
	for {
		v, n, err := resp.ParseValue(c.buf)
		if err == nil && n > 0 {
			c.buf = c.buf[n:]
			return v
		}
		c.more()
	}
}
