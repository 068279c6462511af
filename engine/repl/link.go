package repl

import (
	"bytes"
	"strconv"

	"resync/engine"
	"resync/engine/resp"
)

// A Handshake is a replica's way from an open connection to its master's answer to PSYNC. It is given the master's
// lines and says what to send and what the line meant. Its zero value stands before the first step.
//
//	PING ─► AUTH* ─► REPLCONF listening-port ─► REPLCONF ip-address* ─► REPLCONF capa ─► PSYNC ─► an Outcome
//
// AUTH to capa are written at once after the reply to PING, and their replies taken in order (* only where set).
//
// Source: redis/src/replication.c, syncWithMaster.
type Handshake struct {
	step    step
	pending int // replies still to come before PSYNC
	auth    bool
}

type step byte

const (
	stepPing step = iota
	stepConf
	stepPsync
)

// Greeting is what a replica tells its master about itself.
type Greeting struct {
	User, Password string // masteruser, masterauth; no AUTH without a password
	Port           int
	IP             string // replica-announce-ip, or "" for none
	Ask            Request
}

// An Outcome is what a line of the master meant for the link.
type Outcome byte

// The outcomes of a line during the handshake.
const (
	GoOn      Outcome = iota // send what was said and wait for the next line
	GiveUp                   // close, and try again at the next tick
	Transient                // the master cannot PSYNC now but will: close, try again at the next tick, keep what is known
	Fallback                 // the master does not know PSYNC: send SYNC on the same connection and take what comes
	Full                     // +FULLRESYNC: a snapshot follows
	Continue                 // +CONTINUE: the stream follows
)

// A Reaction is how a replica takes one line of its master.
type Reaction struct {
	Outcome Outcome
	Send    []byte
	ID      engine.ReplID // of Full and Continue; "" when the master told none
	Offset  engine.Offset // of Full
	Logs    []engine.Log
}

func (r *Reaction) log(level engine.LogLevel, text string) {
	r.Logs = append(r.Logs, engine.Log{Level: level, Text: text})
}

// Begin returns the first bytes that a replica sends.
func (h *Handshake) Begin() []byte {
	*h = Handshake{}
	return resp.AppendCommand(nil, "PING")
}

// Asked reports whether PSYNC has been sent.
func (h *Handshake) Asked() bool { return h.step == stepPsync }

// Line takes one line of the master, without its line end. Empty lines are keepalives and change nothing.
func (h *Handshake) Line(line []byte, g Greeting) Reaction {
	if len(line) == 0 {
		return Reaction{}
	}
	switch h.step {
	case stepPing:
		return h.pong(line, g)
	case stepConf:
		return h.conf(line, g)
	}
	return answer(line)
}

// pong takes the reply to PING. A master that wants a password, or refuses this user, still gets the rest.
func (h *Handshake) pong(line []byte, g Greeting) (r Reaction) {
	if line[0] != '+' && !hasAny(line, "-NOAUTH", "-NOPERM", "-ERR operation not permitted") {
		r.Outcome = GiveUp
		r.log(engine.LogWarning, "Error reply to PING from master: '"+string(line)+"'")
		return r
	}
	r.log(engine.LogNotice, "Master replied to PING, replication can continue...")
	h.step = stepConf
	add := func(args ...string) {
		r.Send = resp.AppendCommand(r.Send, args...)
		h.pending++
	}
	if g.Password != "" {
		h.auth = true
		if g.User != "" {
			add("AUTH", g.User, g.Password)
		} else {
			add("AUTH", g.Password)
		}
	}
	add("REPLCONF", "listening-port", strconv.Itoa(g.Port))
	if g.IP != "" {
		add("REPLCONF", "ip-address", g.IP)
	}
	add("REPLCONF", "capa", "eof", "capa", "psync2")
	return r
}

// conf takes the replies to AUTH and REPLCONF. Only a refused AUTH matters: an option that the master does not know
// is one that it does without.
func (h *Handshake) conf(line []byte, g Greeting) (r Reaction) {
	if h.auth {
		h.auth = false
		if line[0] == '-' {
			r.Outcome = GiveUp
			r.log(engine.LogWarning, "Unable to AUTH to MASTER: "+string(line))
			return r
		}
	} else if line[0] == '-' {
		r.log(engine.LogNotice, "(Non critical) Master does not understand REPLCONF "+h.option(g)+": "+string(line))
	}
	if h.pending--; h.pending > 0 {
		return r
	}
	h.step = stepPsync
	if g.Ask.ID == "?" {
		r.log(engine.LogNotice, "Partial resynchronization not possible (no cached master)")
	} else {
		r.log(engine.LogNotice, "Trying a partial resynchronization (request "+string(g.Ask.ID)+":"+strconv.FormatInt(int64(g.Ask.Want), 10)+").")
	}
	r.Send = resp.AppendCommand(nil, "PSYNC", string(g.Ask.ID), strconv.FormatInt(int64(g.Ask.Want), 10))
	return r
}

// option names the REPLCONF whose reply is being taken, counted from the last.
func (h *Handshake) option(g Greeting) string {
	switch {
	case h.pending == 1:
		return "capa"
	case h.pending == 2 && g.IP != "":
		return "ip-address"
	}
	return "listening-port"
}

// answer takes the reply to PSYNC.
//
// Source: redis/src/replication.c, slaveTryPartialResynchronization.
func answer(line []byte) (r Reaction) {
	switch {
	case bytes.HasPrefix(line, []byte("+FULLRESYNC")):
		r.Outcome = Full
		fields := bytes.Split(line, []byte(" "))
		if len(fields) >= 3 && len(fields[1]) == 40 {
			if n, err := strconv.ParseInt(string(fields[2]), 10, 64); err == nil {
				r.ID, r.Offset = engine.ReplID(fields[1]), engine.Offset(n)
				r.log(engine.LogNotice, "Full resync from master: "+string(r.ID)+":"+strconv.FormatInt(n, 10))
				return r
			}
		}
		// Without an id this history cannot be continued later, but the snapshot can still be taken.
		r.log(engine.LogWarning, "Master replied with wrong +FULLRESYNC syntax.")
	case bytes.HasPrefix(line, []byte("+CONTINUE")):
		r.Outcome = Continue
		r.log(engine.LogNotice, "Successful partial resynchronization with master.")
		if id := bytes.TrimPrefix(line, []byte("+CONTINUE ")); len(id) == 40 {
			r.ID = engine.ReplID(id)
		}
	case hasAny(line, "-NOMASTERLINK", "-LOADING"):
		r.Outcome = Transient
		r.log(engine.LogNotice, "Master is currently unable to PSYNC but should be in the future: "+string(line))
	default:
		r.Outcome = Fallback
		if line[0] == '-' {
			r.log(engine.LogNotice, "Master does not support PSYNC or is in error state (reply: "+string(line)+")")
		} else {
			r.log(engine.LogWarning, "Unexpected reply to PSYNC from master: "+string(line))
		}
		r.log(engine.LogNotice, "Retrying with SYNC...")
		r.Send = []byte("SYNC\r\n")
	}
	return r
}

func hasAny(line []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(line, []byte(p)) {
			return true
		}
	}
	return false
}
