//go:build linux

package real

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"resync/engine"
	"resync/engine/command"
	"resync/engine/resp"
	"resync/engine/sim"
)

// administrator is the number of the client that shutdown gives its command from.
const administrator = 0

// answerPatience is how long a server may take for the answer to a question. One that holds all its clients, or is in
// the middle of something long, gives none.
const answerPatience = 3 * time.Second

// link is a connection to a server, from the machine itself.
type link struct {
	net.Conn
	buf     []byte
	decoder resp.ReplyDecoder
}

func dialServer(s *server) (*link, error) {
	c, err := net.DialTimeout("tcp", s.address(), answerPatience)
	if err != nil {
		return nil, err
	}
	return &link{Conn: c}, nil
}

// next waits for a reply.
func (l *link) next() (v resp.Value, raw []byte, err error) {
	for {
		v, n, err := l.decoder.Next(l.buf)
		if err != nil || n > 0 {
			raw, l.buf = l.buf[:n:n], l.buf[n:]
			return v, raw, err
		}
		data := make([]byte, 16<<10)
		k, err := l.Conn.Read(data)
		if l.buf = append(l.buf, data[:k]...); err != nil {
			return resp.Value{}, nil, err
		}
	}
}

// ask gives a command and waits so long for the reply.
func (l *link) ask(patience time.Duration, args ...string) (resp.Value, error) {
	l.SetDeadline(time.Now().Add(patience))
	if _, err := l.Write(resp.AppendCommand(nil, args...)); err != nil {
		return resp.Value{}, err
	}
	v, _, err := l.next()
	return v, err
}

// control is the connection by which the runner asks a server for what conditions name.
type control struct {
	server   *server
	password string // that the server began with

	mu   sync.Mutex
	link *link // nil while there is none
}

// ask returns what the server answers.
func (c *control) ask(args ...string) (resp.Value, error) {
	return c.askWithin(answerPatience, args...)
}

func (c *control) askWithin(patience time.Duration, args ...string) (resp.Value, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var failed error
	for range 2 { // somebody may have killed the connection since it was last used
		fresh := c.link == nil
		if fresh {
			l, err := dialServer(c.server)
			if err != nil {
				return resp.Value{}, err
			}
			c.link = l
			if c.password != "" {
				if _, err := l.ask(patience, "AUTH", c.password); err != nil {
					failed = err
				}
			}
		}
		v, err := c.link.ask(patience, args...)
		if err == nil {
			return v, nil
		}
		c.link.Close()
		c.link, failed = nil, err
		if fresh || isTimeout(err) {
			break
		}
	}
	return resp.Value{}, fmt.Errorf("%s does not answer: %w", c.server.name, failed)
}

func (c *control) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		c.link.Close()
		c.link = nil
	}
}

// client is a terminal at a server's own prompt.
type client struct {
	server *server
	number int
	link   *link

	mu    sync.Mutex
	asked []string      // commands without a reply so far, oldest first
	gone  bool          // the connection is closed
	news  chan struct{} // holds a value after a reply, and after the end
}

// client finds the client of that number, or connects it.
func (s *server) client(number int) (*client, error) {
	if c := s.clients[number]; c != nil {
		c.mu.Lock()
		gone := c.gone
		c.mu.Unlock()
		if !gone {
			return c, nil
		}
	}
	l, err := dialServer(s)
	if err != nil {
		return nil, err
	}
	c := &client{server: s, number: number, link: l, news: make(chan struct{}, 1)}
	s.clients[number] = c
	go c.listen()
	return c, nil
}

// listen notes the replies.
func (c *client) listen() {
	s := c.server
	for {
		v, raw, err := c.link.next()
		c.mu.Lock()
		if err != nil {
			c.gone = true
			for _, command := range c.asked {
				if c.number != administrator { // what that one waited for is just this
					s.world.note(s.name, engine.Replied{Client: c.number, Command: command, Text: sim.LostReply})
				}
			}
			c.asked = nil
		} else {
			command := ""
			if len(c.asked) > 0 && v.Kind != resp.KindPush {
				command, c.asked = c.asked[0], c.asked[1:]
			}
			s.world.note(s.name, engine.Replied{
				Client: c.number, Command: command, Reply: raw, Text: resp.FormatReply(strings.Fields(command), s.speak(v)),
			})
		}
		c.mu.Unlock()
		select {
		case c.news <- struct{}{}:
		default:
		}
		if err != nil {
			c.link.Close()
			return
		}
	}
}

// give gives a command and waits until the server has dealt with it: it has replied, or lets the client wait.
func (c *client) give(args []string) {
	c.mu.Lock()
	c.asked = append(c.asked, sim.Words(args))
	c.mu.Unlock()
	c.link.SetWriteDeadline(time.Now().Add(answerPatience))
	c.link.Write(resp.AppendCommand(nil, c.server.hear(args)...)) // when it fails, listen is told as well
	if len(args) > 1 && strings.EqualFold(args[0], "debug") && strings.EqualFold(args[1], "sleep") {
		return // the server deals with nothing else meanwhile
	}
	c.server.settle(c.link, c.news, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.asked) == 0
	})
}

// notice waits until the server has dealt with what has come before, such as the end of a connection: a server takes
// what comes in order, and ends connections before it takes what comes next.
func (s *server) notice() {
	if state, _, _ := s.is(); state == "up" {
		s.control.askWithin(time.Second, "PING") // one that stands still notices later, as it would on its own
	}
}

// settle waits until the server has dealt with everything that it was sent on a connection: nothing is left without a
// reply, or the server says itself that it lets this client wait, or says nothing at all. One that says often enough
// that nobody waits has no reply to give. news comes after a reply.
func (s *server) settle(l *link, news <-chan struct{}, nothingLeft func() bool) {
	pause := time.Millisecond
	for asked := 0; !nothingLeft() && asked < 15; {
		select {
		case <-news:
			continue
		case <-s.world.ctx.Done():
			return
		case <-time.After(pause):
		}
		if state, _, _ := s.is(); state != "up" {
			return
		}
		pause = min(2*pause, 50*time.Millisecond)
		asked++
		v, err := s.control.ask("CLIENT", "LIST")
		if err != nil || blocked(v.Str, l.LocalAddr().String()) {
			return
		}
	}
}

// blocked reports whether the client of that address waits for something, according to CLIENT LIST.
func blocked(list, address string) bool {
	for line := range strings.Lines(list) {
		if !strings.Contains(line, " addr="+address+" ") {
			continue
		}
		_, flags, _ := strings.Cut(line, " flags=")
		flags, _, _ = strings.Cut(flags, " ")
		return strings.Contains(flags, "b")
	}
	return false
}

// Command gives a command to a server from a client of its own.
func (w *World) Command(name string, number int, args []string) error {
	s, err := w.server(name)
	if err != nil {
		return err
	}
	w.act(sim.CommandText(name, number, args))
	state, _, _ := s.is()
	var c *client
	if state != "down" {
		c, err = s.client(number)
	}
	if state == "down" || err != nil {
		w.note(name, engine.Replied{Client: number, Command: sim.Words(args), Text: sim.NoServer(s.shown())})
		return nil
	}
	c.give(args)
	return nil
}

// writes reports whether a command can change data.
func writes(args []string) bool {
	words := make([][]byte, len(args))
	for i, a := range args {
		words[i] = []byte(a)
	}
	cmd, _ := command.Find(words)
	return cmd != nil && cmd.Flags&command.Write != 0
}
