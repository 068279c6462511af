package sim

import (
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/resp"
)

// textBytes is about how long the text of a packet gets.
const textBytes = 80

// keptBytes is how long a packet may be so that its bytes are kept for the text; of a longer one the text is made at
// once, since it needs only a little of it.
const keptBytes = 512

// packet is what is said of a packet, with its bytes where its text is made of them later.
type packet struct {
	engine.Sent
	bytes bytesOf
}

// describe gives a packet its text, which is made when somebody asks for it where that is the cheaper way: nearly all
// packets are looked at by nobody. The bytes are the stream's own, or the packet's: they never change.
func (p *packet) describe(data []byte) {
	if len(data) > keptBytes || p.Payload == engine.PayloadSnapshot {
		p.Text = sentence(packetText(p.Payload, data))
		return
	}
	p.bytes = bytesOf{p.Payload, data}
	p.Text = &p.bytes
}

type sentence string

func (t sentence) String() string { return string(t) }

type bytesOf struct {
	payload engine.Payload
	data    []byte
}

func (b *bytesOf) String() string { return packetText(b.payload, b.data) }

// packetText says in a few words what the bytes of a packet are.
func packetText(p engine.Payload, data []byte) string {
	switch p {
	case engine.PayloadSnapshot:
		return snapshotText(data)
	case engine.PayloadKeepalive:
		return "LF"
	}
	if len(data) > 0 && data[0] == '*' {
		return commandsText(data)
	}
	if p == engine.PayloadStream {
		return "(goes on)" // the packet begins in the middle of a command
	}
	return linesText(data)
}

// snapshotText tells the framing from the RDB behind it.
func snapshotText(data []byte) string {
	if len(data) > 0 && data[0] == '$' {
		header, rest, _ := strings.Cut(string(data[:min(len(data), 64)]), "\r\n")
		if mark, ok := strings.CutPrefix(header, "$EOF:"); ok {
			header = "$EOF:" + engine.ReplID(mark).Short()
		}
		if rest == "" {
			return header
		}
		return header + " RDB"
	}
	return "RDB"
}

// commandsText prints commands as a person would type them, separated by commas. It is made of every packet sooner or
// later, when the event log packs it, so it takes no memory that it can do without.
func commandsText(data []byte) string {
	b := make([]byte, 0, 2*textBytes)
	var d resp.Decoder
	for len(data) > 0 {
		args, n, err := d.Next(data)
		if err != nil || n == 0 {
			b = append(more(b), "…"...)
			break
		}
		data = data[n:]
		if len(args) == 0 {
			continue
		}
		b = appendCommand(more(b), args)
		if len(b) >= textBytes && len(data) > 0 {
			b = append(more(b), "…"...)
			break
		}
	}
	return string(b)
}

func more(b []byte) []byte {
	if len(b) > 0 {
		b = append(b, ", "...)
	}
	return b
}

// appendCommand prints one command, long arguments shortened.
func appendCommand(b []byte, args [][]byte) []byte {
	for i, a := range args {
		if i > 0 {
			b = append(b, ' ')
		}
		if i == 8 {
			return append(b, "…"...)
		}
		b = appendShort(b, a)
	}
	return b
}

// appendShort prints an argument: the ends of a replid, the beginning of anything long.
func appendShort(b, a []byte) []byte {
	if isReplID(a) {
		return append(b, engine.ReplID(a).Short()...)
	}
	if len(a) <= 24 {
		return appendWord(b, string(a))
	}
	b = append(appendWord(b, string(a[:16])), "…("...)
	return append(strconv.AppendInt(b, int64(len(a)), 10), ')')
}

// isReplID reports whether a word has the form of a replication id.
func isReplID(a []byte) bool {
	if len(a) != 40 {
		return false
	}
	for _, c := range a {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// linesText prints the lines of a handshake: "+OK +OK", "+CONTINUE 8f3a…6e13".
func linesText(data []byte) string {
	var words []string
	for _, w := range strings.Fields(string(data[:min(len(data), 4*textBytes)])) {
		if isReplID([]byte(w)) {
			w = engine.ReplID(w).Short()
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}
