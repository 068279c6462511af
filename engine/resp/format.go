package resp

import (
	"bytes"
	"strconv"
	"strings"
)

// Format prints a reply as redis-cli does on a terminal without colours, without the last line end:
//
//  1. "a"
//  2. (integer) 3
//  3. 1) (nil)
//  2. (empty array)
//
// Source: redis/src/redis-cli.c, cliFormatReplyTTY.
func Format(v Value) string {
	return string(appendFormatted(nil, v, ""))
}

// FormatReply prints the reply to a command line as redis-cli does: like Format, but the texts that a few commands give
// to be read by people are printed as they are.
//
// Source: redis/src/redis-cli.c, cliSendCommand.
func FormatReply(args []string, v Value) string {
	if v.Kind == KindBulk && readsAsText(args) {
		return strings.TrimRight(strings.ReplaceAll(v.Str, "\r\n", "\n"), "\n")
	}
	return Format(v)
}

func readsAsText(args []string) bool {
	if len(args) == 0 {
		return false
	}
	sub := ""
	if len(args) > 1 {
		sub = strings.ToLower(args[1])
	}
	switch strings.ToLower(args[0]) {
	case "info":
		return true
	case "client":
		return sub == "list" || sub == "info"
	case "memory":
		return sub == "malloc-stats" || sub == "doctor"
	case "latency":
		return sub == "graph" || sub == "doctor"
	}
	return false
}

// appendFormatted appends v without a line end. indent stands in front of every line but the first.
func appendFormatted(dst []byte, v Value, indent string) []byte {
	switch v.Kind {
	case KindError, KindBulkError:
		return append(append(dst, "(error) "...), v.Str...)
	case KindInt:
		return strconv.AppendInt(append(dst, "(integer) "...), v.Int, 10)
	case KindDouble:
		return append(append(dst, "(double) "...), v.Str...)
	case KindBool:
		if v.Int == 0 {
			return append(dst, "(false)"...)
		}
		return append(dst, "(true)"...)
	case KindNull, KindNullBulk, KindNullArray:
		return append(dst, "(nil)"...)
	case KindBulk:
		return appendQuoted(dst, v.Str)
	case KindVerbatim:
		return append(dst, v.Str[len("txt:"):]...)
	case KindArray, KindSet, KindPush, KindMap:
		return appendElems(dst, v, indent)
	}
	return append(dst, v.Str...)
}

func appendElems(dst []byte, v Value, indent string) []byte {
	if len(v.Elems) == 0 {
		switch v.Kind {
		case KindMap:
			return append(dst, "(empty hash)"...)
		case KindSet:
			return append(dst, "(empty set)"...)
		case KindPush:
			return append(dst, "(empty push)"...)
		}
		return append(dst, "(empty array)"...)
	}
	count, mark := len(v.Elems), ") "
	switch v.Kind {
	case KindMap:
		count, mark = count/2, "# "
	case KindSet:
		mark = "~ "
	}
	width := len(strconv.Itoa(count))
	inner := indent + strings.Repeat(" ", width+len(mark))
	for i := range count {
		if i > 0 {
			dst = append(append(dst, '\n'), indent...)
		}
		number := strconv.Itoa(i + 1)
		dst = append(dst, inner[:width-len(number)]...)
		dst = append(append(dst, number...), mark...)
		if v.Kind != KindMap {
			dst = appendFormatted(dst, v.Elems[i], inner)
			continue
		}
		dst = appendFormatted(dst, v.Elems[2*i], inner)
		dst = append(dst, " => "...)
		value := appendFormatted(nil, v.Elems[2*i+1], inner)
		if len(v.Elems[2*i+1].Elems) > 0 && bytes.IndexByte(value, '\n') >= 0 {
			dst = append(append(dst, '\n'), inner...)
		}
		dst = append(dst, value...)
	}
	return dst
}
