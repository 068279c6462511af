package command

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"resync/engine/resp"
)

// fill makes a set "s" and a hash "h" of so many members and fields, each field with its own name in capitals.
func fill(s *server, size int) {
	for i := range size {
		name := "m" + strconv.Itoa(i)
		s.do("SADD", "s", name)
		s.do("HSET", "h", name, strings.ToUpper(name))
	}
}

func parsedReply(t *testing.T, reply []byte) resp.Value {
	t.Helper()
	v, n, err := resp.ParseValue(reply)
	if err != nil || n != len(reply) {
		t.Fatalf("reply %q: %v", reply, err)
	}
	return v
}

// Every way to choose is just: each element comes as often, and none twice unless that was asked for.
func TestEveryElementIsChosenAsOften(t *testing.T) {
	const size, rounds = 30, 3000
	for _, command := range []string{"SRANDMEMBER s", "HRANDFIELD h"} {
		for _, count := range []int{-7, 1, 3, 9, 11, 29, 30, 31} {
			s := newServer(1)
			s.call.Settings.Limits.HashListpackEntries = 10
			fill(s, size)
			seen := map[string]int{}
			total := 0
			for range rounds {
				v := parsedReply(t, s.do(append(strings.Fields(command), strconv.Itoa(count))...))
				once := map[string]bool{}
				for _, e := range v.Elems {
					seen[e.Str]++
					once[e.Str] = true
					total++
				}
				want := min(max(count, -count), size)
				if len(v.Elems) != want || count > 0 && len(once) != want {
					t.Fatalf("%s %d: %d elements, %d different", command, count, len(v.Elems), len(once))
				}
			}
			for name, n := range seen {
				if fair := total / size; n < fair*3/4 || n > fair*5/4 {
					t.Errorf("%s %d: %s came %d times, others %d", command, count, name, n, fair)
				}
			}
			if len(seen) != size {
				t.Errorf("%s %d: only %d came at all", command, count, len(seen))
			}
		}
	}
}

func TestPoppedMembersAreChosenAsOften(t *testing.T) {
	const size, rounds = 12, 2000
	for _, count := range []int{1, 3, 10, 11} {
		s := newServer(1)
		seen := map[string]int{}
		for range rounds {
			fill(s, size)
			for _, e := range parsedReply(t, s.do("SPOP", "s", strconv.Itoa(count))).Elems {
				seen[e.Str]++
			}
			s.stream = nil
		}
		for name, n := range seen {
			if fair := rounds * count / size; n < fair*3/4 || n > fair*5/4 {
				t.Errorf("%d of %d: %s was popped %d times, others %d", count, size, name, n, fair)
			}
		}
	}
}

func TestRandomFieldsComeWithWhatTheyHold(t *testing.T) {
	for _, proto := range []int{2, 3} {
		for _, count := range []string{"-5", "2", "17", "20", "40"} {
			s := newServer(1)
			s.reply.Proto = proto
			fill(s, 20)
			v := parsedReply(t, s.do("HRANDFIELD", "h", count, "WITHVALUES"))
			pairs := v.Elems
			if proto == 2 {
				pairs = nil
				for pair := range slices.Chunk(v.Elems, 2) {
					pairs = append(pairs, resp.Value{Elems: pair})
				}
			}
			for _, p := range pairs {
				if len(p.Elems) != 2 || strings.ToUpper(p.Elems[0].Str) != p.Elems[1].Str {
					t.Errorf("RESP%d: %s", proto, resp.Format(p))
				}
			}
		}
	}
}

// Redis would answer until its memory is full.
func TestARepetitionWithoutEndIsRefused(t *testing.T) {
	s := newServer(1)
	s.do("SADD", "s", strings.Repeat("x", 1<<20))
	s.do("HSET", "h", "f", strings.Repeat("x", 1<<20))
	for _, line := range []string{"SRANDMEMBER s -9223372036854775807", "HRANDFIELD h -4611686018427387903 WITHVALUES"} {
		if got := string(s.do(strings.Fields(line)...)); got != "-"+errOutOfRange+"\r\n" {
			t.Errorf("%s: %.100q", line, got)
		}
	}
}

// Whatever is added and removed meanwhile, a scan finds what is there all the time, and finds it once.
func TestScansFindWhatStays(t *testing.T) {
	for _, command := range []string{"SSCAN s", "HSCAN h"} {
		s := newServer(1)
		s.call.Settings.Limits.HashListpackEntries = 10
		fill(s, 500)
		seen := map[string]int{}
		for cursor, round := "0", 0; round == 0 || cursor != "0"; round++ {
			v := parsedReply(t, s.do(append(strings.Fields(command), cursor, "COUNT", "7", "MATCH", "m*")...))
			cursor = v.Elems[0].Str
			step := 1
			if command == "HSCAN h" {
				step = 2
			}
			for i := 0; i < len(v.Elems[1].Elems); i += step {
				seen[v.Elems[1].Elems[i].Str]++
			}
			for i := range 20 {
				name := "n" + strconv.Itoa(round*20+i)
				s.do("SADD", "s", name)
				s.do("HSET", "h", name, "v")
				if i%2 == 0 {
					s.do("SREM", "s", name)
					s.do("HDEL", "h", name)
				}
			}
		}
		for i := range 500 {
			if name := "m" + strconv.Itoa(i); seen[name] != 1 {
				t.Errorf("%s finds %s %d times", command, name, seen[name])
			}
		}
		if len(seen) != 500 {
			t.Errorf("%s finds %d members, want 500", command, len(seen))
		}
	}
}

// SPOP may put a new set in place of the old one: what the key had beside it stays.
func TestASetThatIsNearlyEmptiedKeepsItsExpiry(t *testing.T) {
	s := newServer(1)
	fill(s, 100)
	s.do("PEXPIREAT", "s", "4000000000000")
	s.do("SPOP", "s", "98")
	if got := s.say("PEXPIRETIME s"); got != "(integer) 4000000000000" {
		t.Errorf("it expires at %s", got)
	}
	if got := s.say("SCARD s"); got != "(integer) 2" {
		t.Errorf("%s members stay", got)
	}
}

func TestElementCommandsAllocateLittle(t *testing.T) {
	s := newServer(1)
	s.call.Settings.Limits.HashListpackEntries = 10
	fill(s, 100)
	s.do("SADD", "i", "1", "2", "3")
	s.do("HSET", "small", "a", "1", "b", "word")
	for _, test := range []struct {
		line string
		most float64
	}{
		{"SISMEMBER s m7", 0}, {"SISMEMBER i 2", 0}, {"SCARD s", 0}, {"HGET h m7", 0}, {"HGET small b", 0}, {"HEXISTS h m7", 0}, {"HLEN h", 0},
		{"HSET small a 2", 0}, {"HSET h m7 12", 0}, {"HINCRBY small a 1", 0}, {"SADD s m7", 0}, {"SADD i 3", 0}, {"SREM s none", 0}, {"HDEL h none", 0},
		{"HSET small b other", 1}, {"SMISMEMBER s a m7", 0}, {"SRANDMEMBER s", 0}, {"HRANDFIELD h", 0},
	} {
		cmd, args := Lookup([]byte(strings.Fields(test.line)[0])), [][]byte{}
		for _, w := range strings.Fields(test.line) {
			args = append(args, []byte(w))
		}
		n := testing.AllocsPerRun(100, func() {
			s.reply.Buf = s.reply.Buf[:0]
			s.call.Begin()
			s.call.Cmd, s.call.Args = cmd, args
			cmd.Do(&s.call)
			s.call.Ops()
		})
		if n > test.most {
			t.Errorf("%s allocates %v times, want %v", test.line, n, test.most)
		}
	}
}
