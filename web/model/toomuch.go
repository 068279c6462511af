package model

import (
	"strconv"
	"strings"

	"resync/engine/resp"
)

// What one line at a prompt may make. The page and all its nodes share a browser's thread and memory: ten thousand keys take
// 50 ms, and to print a value of a megabyte takes a second. Every replica has a value as well, so that three of 500 MB are all
// that a browser gives. The engine has Redis's own limits, which a script can go to.
const (
	mostMadeKeys  = 10_000
	mostMadeValue = 1 << 20
	mostMade      = 4 << 20 // bytes, of all values
)

// tooMuch is why a line is not sent, or "".
func tooMuch(line string) string {
	args, err := resp.SplitArgs(line)
	if err != nil || len(args) < 3 {
		return ""
	}
	number := func(i int) int64 {
		if i >= len(args) {
			return 0
		}
		n, _ := strconv.ParseInt(args[i], 10, 64) // what is too large for that is the largest
		return max(0, n)
	}
	keys, value := int64(1), int64(0)
	switch strings.ToUpper(args[0]) {
	case "SETRANGE":
		value = number(2)
	case "SETBIT":
		value = number(2) / 8
	case "BITFIELD":
		for i := 2; i+2 < len(args); i++ {
			if word := strings.ToUpper(args[i]); word == "SET" || word == "INCRBY" {
				bit, width := args[i+2], int64(1)
				if times, ok := strings.CutPrefix(bit, "#"); ok {
					bit, width = times, 64
				}
				n, _ := strconv.ParseInt(bit, 10, 64)
				value = max(value, n/8*width)
			}
		}
	case "DEBUG":
		if strings.EqualFold(args[1], "POPULATE") {
			keys, value = number(2), number(4)
		}
	}
	most := ""
	switch {
	case keys > mostMadeKeys:
		most = commas(mostMadeKeys) + " keys"
	case value > mostMadeValue:
		most = "values of " + byteCount(mostMadeValue)
	case value > 0 && keys > mostMade/value:
		most = byteCount(mostMade) + " in all"
	default:
		return ""
	}
	return "Not sent: " + most + " are the most that one line may make here, since all nodes share the memory and the time of one browser tab. " +
		"Make less, or take resync-server or redis-server, which have Redis's limits."
}
