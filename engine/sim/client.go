package sim

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/resp"
)

// MaxClient is the highest number of a client at a node.
const MaxClient = 99

// LostReply is what redis-cli says when the connection is closed instead of a reply.
const LostReply = "Error: Server closed the connection"

// NoServer is what redis-cli says when there is nobody to connect to at an address.
func NoServer(address string) string {
	return "Could not connect to Redis at " + address + ": Connection refused"
}

// client is a terminal at a node's own prompt: it sits on the same machine, so what it sends and gets takes no time.
type client struct {
	number  int
	conn    engine.ConnID // 0 while it is not connected
	drained drainSlot
	buf     []byte // of replies, not complete
	decoder resp.ReplyDecoder
	asked   []string // commands without a reply so far, oldest first
}

func (c *client) clone() *client {
	k := *c
	k.buf = slices.Clip(c.buf)
	k.asked = slices.Clip(c.asked)
	return &k
}

// Command gives a command to a node from a client of its own, which connects when it is first used and again when its
// connection was closed. The reply comes as an engine.Replied, possibly much later; the next command does not wait
// for it. Clients count from 1. A node that is down answers as redis-cli would.
func (w *World) Command(name string, number int, args []string) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if number < 1 || number > MaxClient {
		return fmt.Errorf("clients are numbered from 1 to %d", MaxClient)
	}
	if len(args) == 0 {
		return fmt.Errorf("a command has a name at least")
	}
	w.act(CommandText(name, number, args))
	if h.node == nil {
		w.note(name, engine.Replied{Client: number, Command: Words(args), Text: NoServer(h.listens())})
		return nil
	}
	w.give(h, number, args)
	return nil
}

// Read returns what a node would reply to a command, without giving it: a copy of the node is asked, so nothing
// changes and nothing is noted. The error says that the node is down or frozen, or does not reply at once.
func (w *World) Read(name string, args []string) (resp.Value, error) {
	h, err := w.host(name)
	if err != nil {
		return resp.Value{}, err
	}
	if h.node == nil {
		return resp.Value{}, errors.New(NoServer(h.listens()))
	}
	if h.stopped() {
		return resp.Value{}, fmt.Errorf("%s stands still and does not reply", name)
	}
	n, out, id, now := h.node.Clone(), &node.Output{}, h.lastConn+1, h.clock(w.now)
	n.Step(now, node.Accepted{Conn: id, Remote: "127.0.0.1:50000", Local: "127.0.0.1:" + strconv.Itoa(h.config.Port)}, out)
	var in node.Input = &node.Received{Conn: id, Data: resp.AppendCommand(nil, args...)}
	var buf []byte
	for in != nil {
		out.Reset()
		n.Step(now, in, out)
		in = nil
		before := len(buf)
		for _, e := range out.Effects {
			if s, ok := e.(*node.Send); ok && s.Conn == id {
				buf = append(buf, s.Data...)
			}
		}
		v, used, err := resp.ParseValue(buf)
		if used > 0 || err != nil {
			return v, err
		}
		if sent := len(buf) - before; sent > 0 {
			in = &node.Drained{Conn: id, Bytes: sent}
		}
	}
	return resp.Value{}, fmt.Errorf("%s does not reply to %s at once", name, Words(args))
}

// connect makes a connection from the machine itself, for the client that the fact is told of.
func (w *World) connect(h *host, of engine.ClientConnected) engine.ConnID {
	id := h.freshConn()
	of.Conn = id
	w.note(h.name, of)
	w.feed(h, node.Accepted{
		Conn: id, Remote: "127.0.0.1:" + strconv.Itoa(h.freshPort()), Local: "127.0.0.1:" + strconv.Itoa(h.config.Port),
	})
	return id
}

// reply takes in what a node sends to a client.
func (w *World) reply(h *host, c *client, data []byte) {
	c.buf = append(c.buf, data...)
	for len(c.buf) > 0 {
		v, n, err := c.decoder.Next(c.buf)
		if err != nil {
			panic("sim: " + h.name + " replies nonsense: " + err.Error())
		}
		if n == 0 {
			return
		}
		command := ""
		if len(c.asked) > 0 && v.Kind != resp.KindPush {
			command, c.asked = c.asked[0], c.asked[1:]
		}
		w.note(h.name, engine.Replied{
			Client: c.number, Command: command, Reply: slices.Clone(c.buf[:n]), Text: resp.FormatReply(strings.Fields(command), v),
		})
		c.buf = c.buf[n:]
	}
	c.buf = nil // not used again: a clone of this client may still hold it
}

// disconnect ends a client's connection; what it waits for will not come.
func (w *World) disconnect(h *host, c *client) {
	if c.number == administrator {
		c.asked = nil // what it waited for is just this
	}
	for _, command := range c.asked {
		w.note(h.name, engine.Replied{Client: c.number, Command: command, Text: LostReply})
	}
	*c = client{number: c.number}
}

// client finds or makes the client of that number.
func (h *host) client(number int) *client {
	for _, c := range h.clients {
		if c.number == number {
			return c
		}
	}
	c := &client{number: number}
	h.clients = append(h.clients, c)
	return c
}

func (h *host) clientOf(id engine.ConnID) *client {
	for _, c := range h.clients {
		if c.conn == id {
			return c
		}
	}
	return nil
}

// CommandText is a command as the script says it: `m1> SET k "a b"`, or `m1/2> …` for any client but the first.
func CommandText(name string, number int, args []string) string {
	if number != 1 {
		name += "/" + strconv.Itoa(number)
	}
	return name + "> " + Words(args)
}

// Words joins arguments so that redis-cli would take them apart again. Only those that need quotes get them.
func Words(args []string) string {
	var b []byte
	for i, a := range args {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendWord(b, a)
	}
	return string(b)
}

func appendWord(b []byte, s string) []byte {
	if bare(s) {
		return append(b, s...)
	}
	return append(b, Quote(s)...)
}

// Quote puts a string between double quotes so that redis-cli, and a script, would read it back. What can be printed
// stays as it is, in whatever language.
func Quote(s string) string {
	b := make([]byte, 0, len(s)+2)
	b = append(b, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if n > 1 && strconv.IsPrint(r) || ' ' <= r && r <= '~' && r != '"' && r != '\\' {
			b = append(b, s[:n]...)
		} else {
			q := resp.Quote([]byte(s[:n]))
			b = append(b, q[1:len(q)-1]...)
		}
		s = s[n:]
	}
	return string(append(b, '"'))
}

// bare reports whether a word can stand without quotes.
func bare(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '\'' {
			return false
		}
	}
	return s != ""
}
