//go:build !js

package command

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every event of a string, a key and a database, those that "A" leaves out included, and what counts as a change.
func TestKeysAreCountedAndToldOfAsRedisDoes(t *testing.T) {
	server := startReal(t)
	real, events := server.dial(), server.dial()
	real.do("CONFIG", "SET", "notify-keyspace-events", "EAmn")
	real.do("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	events.do("PSUBSCRIBE", "__keyevent@*")
	ours := newServer(16)
	var told []string
	ours.call.Notify = func(_ byte, event string, db int, key []byte) {
		told = append(told, strconv.Itoa(db)+" "+event+" "+string(key))
	}
	for _, line := range []string{
		"SET a 1", "SET a 2 EX 100", "SET a 3 NX", "SET a 3 XX GET", "SET n 1 NX PX 100000", "SETNX a 1", "SETNX b 1", "SETEX b 100 x", "PSETEX c 100000 x",
		"GETSET a 5", "GETSET d 5", "GETDEL d", "GETDEL d", "GETEX c PERSIST", "GETEX c PERSIST", "GETEX c EX 10", "GETEX c EXAT 1", "MSET a 1 e 2 a 3", "MSETNX a 1 z 1",
		"MSETNX f 1 g 2", "APPEND a x", "APPEND h x", "INCR i", "DECRBY i 5", "INCRBYFLOAT i 1.5", "SETRANGE a 10 x", "SETRANGE j 1 x", "SETRANGE k 1 ''", "GET none",
		"MGET none a none2", "STRLEN none", "EXISTS none a", "TYPE none", "TTL none", "TOUCH none a", "OBJECT ENCODING none", "DUMP none", "LCS none a",
		"EXPIRE a 100", "EXPIRE a 100 NX", "PERSIST a", "PERSIST a", "EXPIREAT a 1", "EXPIRE none 1", "DEL a e f none", "UNLINK g h",
		"SET a 1", "SET b 2", "RENAME a b", "RENAMENX b c2", "RENAMENX c2 c2", "RENAME none b", "COPY c2 c3", "COPY c2 c3", "COPY c2 c3 REPLACE", "COPY c2 c3 DB 1",
		"COPY none c3", "MOVE c2 2", "MOVE none 2", "MOVE c3 1", "SWAPDB 0 1", "SWAPDB 0 0", "SWAPDB 0 1", "SELECT 2", "GET c2", "SELECT 0",
		"SETBIT bit 7 1", "SETBIT bit 7 1", "SETBIT bit 70 0", "SETBIT bit 6 1", "BITOP AND x bit bit", "BITOP NOT x none", "BITOP NOT x none",
		"BITFIELD bit SET u8 0 5 INCRBY u8 8 1", "BITFIELD bit SET u8 0 5", "BITFIELD bit2 OVERFLOW FAIL INCRBY u1 0 5", "BITFIELD bit GET u8 0", "BITCOUNT none",
		"PFADD p", "PFADD p", "PFADD p a b c", "PFADD p a", "PFCOUNT p", "PFCOUNT p", "PFCOUNT p none", "PFMERGE q p none", "PFMERGE p", "PFDEBUG TODENSE p", "PFDEBUG TODENSE p",
		"RPUSH l 3 1 2", "SORT l", "SORT l STORE m", "SORT l GET # GET no_* STORE m", "SORT none STORE m", "SORT none STORE m", "SORT l BY w_* LIMIT 0 1",
		"FLUSHDB", "SET gone 1 PXAT 1", "GET gone", "SET gone 1 PXAT 1", "DEL gone", "SET gone 1 PXAT 1", "SET gone 2", "SET gone 1 PXAT 1", "EXISTS gone",
	} {
		words := strings.Fields(strings.ReplaceAll(line, "''", "\x01"))
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "\x01", "")
		}
		before := dirtyOf(t, real)
		real.do(words...)
		want := dirtyOf(t, real) - before
		told = nil
		ours.do(words...)
		if ours.call.Dirty != want && ours.call.Expired == 0 { // whose DELs Redis counts too
			t.Errorf("%s: counts %d changes, redis-server %d", line, ours.call.Dirty, want)
		}
		var heard []string
		for real.do("PUBLISH", "__keyevent@0__:end", line); ; {
			v := events.push()
			db, event, _ := strings.Cut(strings.TrimPrefix(v.Elems[2].Str, "__keyevent@"), "__:")
			if event == "end" {
				break
			}
			heard = append(heard, db+" "+event+" "+v.Elems[3].Str)
		}
		if !slices.Equal(told, heard) {
			t.Errorf("%s: tells %q, redis-server %q", line, told, heard)
		}
	}
}
