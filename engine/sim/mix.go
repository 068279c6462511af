package sim

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Mixes are the kinds of background writing, by name.
func Mixes() []string { return []string{"set", "incr", "expire", "list", "all"} }

// mixes are the commands of each kind, drawn evenly. In an argument that begins with a small letter, '#' is the number
// of a key; an argument of a '$' and a letter is drawn:
//
//	$v a value   $m a member   $n a number   $i an index   $f a fraction   $t milliseconds   $p some in the past, too
var mixes = map[string][][]string{
	"set":    words("SET key:# $v"),
	"incr":   words("INCR counter:key:#"),
	"expire": words("SET key:# $v PX $t"),
	"list":   words("LPUSH list:# $v", "RPUSH list:# $v $v", "LPOP list:#", "RPOP list:# 2", "LTRIM list:# 0 20", "LMOVE list:# list:# LEFT RIGHT"),
	"all": words(
		"SET str:# $v", "SET str:# $v PX $t", "SET str:# $v NX", "SET str:# $v XX KEEPTTL", "SETEX str:# 3 $v", "APPEND str:# $m",
		"GETEX str:# PX $t", "GETDEL str:#", "GETSET str:# $v", "SETRANGE str:# $n $m", "MSET str:# $v str:# $v", "SETBIT bits:# $n 1",
		"INCR num:#", "INCRBY num:# $n", "DECR num:#", "INCRBYFLOAT num:# $f", "BITOP XOR bits:# bits:# bits:#", "PFADD hll:# $m $m",
		"PFMERGE hll:# hll:#",
		"LPUSH list:# $v", "RPUSH list:# $m $m $m", "LPOP list:#", "RPOP list:# 2", "LSET list:# $i $m", "LREM list:# $i $m",
		"LINSERT list:# BEFORE $m $v", "LTRIM list:# -10 -1", "LMOVE list:# list:# LEFT RIGHT", "RPOPLPUSH list:# list:#",
		"SADD set:# $m $m", "SADD ints:# $n $n", "SREM set:# $m", "SPOP set:#", "SPOP set:# 2", "SMOVE set:# set:# $m", "SUNIONSTORE set:# set:# ints:#",
		"SDIFFSTORE set:# set:# ints:#",
		"HSET hash:# $m $v", "HSET hash:# $m $n $m $f", "HDEL hash:# $m", "HINCRBY hash:# n $n", "HINCRBYFLOAT hash:# f $f", "HSETNX hash:# $m $v",
		"ZADD zset:# $f $m", "ZADD zset:# GT CH $n $m", "ZINCRBY zset:# $f $m", "ZREM zset:# $m", "ZPOPMIN zset:#", "ZREMRANGEBYRANK zset:# 0 $i",
		"ZUNIONSTORE zset:# 2 zset:# set:#", "ZRANGESTORE zset:# zset:# 0 3", "GEOADD geo:# $n $n $m",
		"XADD stream:# * $m $v", "XADD stream:# MAXLEN ~ 20 * $m $n", "XADD stream:# MAXLEN 5 * n $n", "XTRIM stream:# MAXLEN 3",
		"XGROUP CREATE stream:# g 0 MKSTREAM", "XREADGROUP GROUP g $m COUNT 2 STREAMS stream:# >", "XAUTOCLAIM stream:# g $m 0 0 COUNT 2",
		"XGROUP SETID stream:# g 0",
		"DEL str:# list:#", "UNLINK zset:#", "EXPIRE list:# 2", "PEXPIRE hash:# $t", "PEXPIRE str:# $p", "PEXPIREAT zset:# 1", "PERSIST str:#",
		"RENAME list:# list:#", "COPY hash:# hash:# REPLACE", "SORT list:# ALPHA STORE list:#", "SINTERSTORE set:# set:# set:#",
	),
}

func words(commands ...string) [][]string {
	split := make([][]string, len(commands))
	for i, c := range commands {
		split[i] = strings.Fields(c)
	}
	return split
}

// Draw draws a command of a mix, for names numbered below keys and values of so many bytes.
func Draw(r *rand.Rand, mix string, keys, size int) []string {
	commands := mixes[mix]
	template := commands[0]
	if len(commands) > 1 {
		template = commands[r.IntN(len(commands))]
	}
	args := make([]string, len(template))
	for i, word := range template {
		args[i] = word
		if i > 0 && 'a' <= word[0] && word[0] <= 'z' {
			if name, ok := strings.CutSuffix(word, "#"); ok {
				args[i] = name + strconv.Itoa(r.IntN(keys))
			}
		}
		if word[0] != '$' {
			continue
		}
		switch word[1] {
		case 'v':
			args[i] = letters(r, size)
		case 'm':
			args[i] = "m" + strconv.Itoa(r.IntN(10))
		case 'n':
			args[i] = strconv.Itoa(r.IntN(80))
		case 'i':
			args[i] = strconv.Itoa(r.IntN(7) - 3)
		case 'f':
			args[i] = strconv.FormatFloat(float64(r.IntN(4000)-2000)/16, 'f', -1, 64)
		case 't':
			args[i] = strconv.Itoa(1000 + r.IntN(10_000))
		case 'p':
			args[i] = strconv.Itoa(r.IntN(3000) - 500)
		}
	}
	return args
}

// letters makes a value of n small letters, from a to p.
func letters(r *rand.Rand, n int) string {
	var b strings.Builder
	b.Grow(n)
	for i := 0; i < n; i += 16 {
		word := r.Uint64()
		for range min(16, n-i) {
			b.WriteByte('a' + byte(word&15))
			word >>= 4
		}
	}
	return b.String()
}
