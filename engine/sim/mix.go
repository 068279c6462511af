package sim

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"resync/engine/resp"
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
	template := drawTemplate(r, mix)
	args := make([]string, len(template))
	for i, word := range template {
		args[i] = string(appendDrawn(nil, r, word, i == 0, keys, size))
	}
	return args
}

// AppendDraw is Draw for a command that is sent: it appends what goes on the wire.
func AppendDraw(b []byte, r *rand.Rand, mix string, keys, size int) []byte {
	template := drawTemplate(r, mix)
	var room [128]byte
	arg := room[:0]
	w := resp.Writer{Buf: b}
	w.Array(len(template))
	for i, word := range template {
		arg = appendDrawn(arg[:0], r, word, i == 0, keys, size)
		w.Bulk(arg)
	}
	return w.Buf
}

func drawTemplate(r *rand.Rand, mix string) []string {
	commands := mixes[mix]
	if len(commands) == 1 {
		return commands[0]
	}
	return commands[r.IntN(len(commands))]
}

// appendDrawn appends what a word of a template stands for; the name of the command is its own.
func appendDrawn(b []byte, r *rand.Rand, word string, name bool, keys, size int) []byte {
	if !name && 'a' <= word[0] && word[0] <= 'z' {
		if prefix, ok := strings.CutSuffix(word, "#"); ok {
			return strconv.AppendInt(append(b, prefix...), int64(r.IntN(keys)), 10)
		}
	}
	if word[0] != '$' {
		return append(b, word...)
	}
	number := func(n int) []byte { return strconv.AppendInt(b, int64(n), 10) }
	switch word[1] {
	case 'v':
		return appendLetters(b, r, size)
	case 'm':
		b = append(b, 'm')
		return number(r.IntN(10))
	case 'n':
		return number(r.IntN(80))
	case 'i':
		return number(r.IntN(7) - 3)
	case 'f':
		return strconv.AppendFloat(b, float64(r.IntN(4000)-2000)/16, 'f', -1, 64)
	case 't':
		return number(1000 + r.IntN(10_000))
	case 'p':
		return number(r.IntN(3000) - 500)
	}
	return append(b, word...)
}

// appendLetters makes a value of n small letters, from a to p.
func appendLetters(b []byte, r *rand.Rand, n int) []byte {
	for i := 0; i < n; i += 16 {
		word := r.Uint64()
		for range min(16, n-i) {
			b = append(b, 'a'+byte(word&15))
			word >>= 4
		}
	}
	return b
}
