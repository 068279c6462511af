package tcp

import (
	"syscall"

	"resync/engine"
)

// conn is one socket of the node: accepted or dialled.
type conn struct {
	id engine.ConnID
	fd int

	// What has to go out: first the pieces, oldest first, then tail. A piece is a part of the stream's blocks, which
	// never change, or an earlier tail. gone counts the bytes of the first one that have left already.
	pieces [][]byte
	tail   []byte
	gone   int

	dirty   bool // listed to be flushed at the end of the turn
	blocked bool // the kernel takes no more: waiting to become writable
	held    bool // the node wants nothing of it for now: what comes stays in the kernel
	closing bool // closed by the node once everything is out; nothing is read any more
	closeBy engine.Instant
	streams bool // a replica: repl-disable-tcp-nodelay has been looked at
}

const (
	// A shared piece is copied up to this many bytes: many small writes in one go cost less than one write each.
	copyShared = 4 << 10
	// keptTail is how much memory a connection with nothing to send may keep.
	keptTail = 64 << 10
)

// add queues bytes. Bytes that are not shared are copied.
func (c *conn) add(data []byte, shared bool) {
	if !shared || len(data) <= copyShared {
		c.tail = append(c.tail, data...)
		return
	}
	if len(c.tail) > 0 {
		c.pieces = append(c.pieces, c.tail)
		c.tail = nil
	}
	c.pieces = append(c.pieces, data)
}

// empty reports whether everything is out.
func (c *conn) empty() bool { return len(c.pieces) == 0 && len(c.tail) == 0 }

// flush writes until all is out or the kernel takes no more, and returns how many bytes have left.
func (c *conn) flush() (sent int, errno syscall.Errno) {
	for !c.empty() {
		first := c.tail
		if len(c.pieces) > 0 {
			first = c.pieces[0]
		}
		n, errno := write(c.fd, first[c.gone:])
		sent += n
		c.gone += n
		if errno != 0 {
			return sent, errno
		}
		if c.gone < len(first) {
			continue
		}
		c.gone = 0
		if len(c.pieces) > 0 {
			c.pieces[0] = nil
			if c.pieces = c.pieces[1:]; len(c.pieces) == 0 {
				c.pieces = nil
			}
		} else if c.tail = c.tail[:0]; cap(c.tail) > keptTail {
			c.tail = nil
		}
	}
	return sent, 0
}
