//go:build linux

package real

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"resync/engine/resp"
)

// Names and addresses. A script knows nodes by their names and, as in the simulation, by the addresses 10.0.0.1,
// 10.0.0.2 and so on; a server knows them by the addresses of its own net. What is translated, and nothing else:
//
//   - to a server: the host of REPLICAOF, SLAVEOF and MIGRATE, a name or an address; the host behind TO of FAILOVER, an address
//     (a server compares it with what it was told of its replica, so a name is as wrong there as in the simulation);
//   - from a server, in replies, INFO and the log: every address of its own net, to 10.0.0.x. Where it names its
//     master, in master_host of INFO and in ROLE, it is what the server was told to replicate from.

// A subnet is the first half of an IPv4 address, "127.7.", as all addresses of a world have it.
type subnet string

// of is how all addresses begin that node y, counted from 0, knows.
func (n subnet) of(y int) string { return string(n) + strconv.Itoa(y+1) + "." }

// seen is the address of node x as node y sees it; both count from 0.
func (n subnet) seen(y, x int) string {
	return n.of(y) + strconv.Itoa(x+1)
}

// nobody is the host number of those whom no node is called.
const nobody = 253

// hear translates a command for a server.
func (s *server) hear(args []string) []string {
	args = slices.Clone(args)
	switch name := strings.ToLower(args[0]); {
	case (name == "replicaof" || name == "slaveof") && len(args) == 3 && !strings.EqualFold(args[1], "no"):
		x := s.world.index(s, args[1])
		s.told.Store(x, args[1])
		args[1] = s.world.net.seen(s.index, x)
	case name == "migrate" && len(args) > 1:
		args[1] = s.world.net.seen(s.index, s.world.index(s, args[1]))
	case name == "failover":
		for i := 1; i+1 < len(args); i++ {
			if strings.EqualFold(args[i], "to") && net.ParseIP(args[i+1]) != nil {
				args[i+1] = s.world.net.seen(s.index, s.world.index(s, args[i+1]))
			}
		}
	}
	return args
}

// index is the number of the node that a server means by a host name.
func (w *World) index(s *server, host string) int {
	if host == "localhost" || host == "127.0.0.1" {
		return s.index
	}
	for i, name := range w.names {
		if strings.EqualFold(host, name) || host == "10.0.0."+strconv.Itoa(i+1) {
			return i
		}
	}
	return nobody
}

// speak translates what a server says.
func (s *server) speak(v resp.Value) resp.Value {
	v.Str = s.text(v.Str)
	if v.Elems != nil {
		v.Elems = slices.Clone(v.Elems)
	}
	role := len(v.Elems) == 5 && v.Elems[0].Str == "slave"
	for i, e := range v.Elems {
		if role && i == 1 {
			e.Str = s.master(e.Str)
		}
		v.Elems[i] = s.speak(e)
	}
	return v
}

// text translates the addresses in a text.
func (s *server) text(t string) string {
	mine := s.world.net.of(s.index)
	if !strings.Contains(t, mine) {
		return t
	}
	const field = "master_host:"
	if i := strings.Index(t, field+mine); i >= 0 {
		i += len(field)
		end := i + strings.IndexAny(t[i:]+"\r", "\r\n")
		t = t[:i] + s.master(t[i:end]) + t[end:]
	}
	return strings.ReplaceAll(t, mine, "10.0.0.")
}

// master is what a server was told of the host that it replicates from.
func (s *server) master(address string) string {
	if x, err := strconv.Atoi(strings.TrimPrefix(address, s.world.net.of(s.index))); err == nil {
		if name, ok := s.told.Load(x - 1); ok {
			return name.(string)
		}
	}
	return address
}
