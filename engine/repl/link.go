package repl

import (
	"bytes"
	"strconv"
	"strings"

	"resync/engine"
	"resync/engine/resp"
)

// A Handshake is a replica's way from an open connection to its master's answer to PSYNC. It is given the master's
// lines and says what to send and what the line meant.
//
//	PING ─► AUTH* ─► REPLCONF listening-port ─► ip-address* ─► capa* ─► version* ─► PSYNC ─► an Outcome
//
// AUTH to version are sent where they are set, or known to the era. They are written at once after the reply to PING,
// and their replies taken in order; before that was invented, each waited for the reply to the one before.
//
// Source: redis/src/replication.c, syncWithMaster.
type Handshake struct {
	era  *Era
	step step
	at   request // of stepConf: the one whose reply comes next
}

type step byte

const (
	stepPing step = iota
	stepConf
	stepPsync
)

// A request is one of those between PING and PSYNC, in their order.
type request byte

const (
	askAuth request = iota
	tellPort
	tellIP
	tellCapabilities
	tellVersion
	requests
)

// Greeting is what a replica tells its master about itself.
type Greeting struct {
	User, Password string // masteruser, masterauth; no AUTH without a password
	Port           int
	IP             string // replica-announce-ip, or "" for none
	DualChannel    bool   // dual-channel-replication-enabled
	Ask            Request
}

// An Outcome is what a line of the master meant for the link.
type Outcome byte

// The outcomes of a line during the handshake.
const (
	GoOn          Outcome = iota // send what was said and wait for the next line
	GiveUp                       // close, and try again at the next tick
	Transient                    // the master cannot PSYNC now but will: close, try again at the next tick, keep what is known
	Fallback                     // SYNC was said instead of PSYNC, which one of the two does not know: take what comes
	Full                         // +FULLRESYNC: a snapshot follows
	Continue                     // +CONTINUE: the stream follows
	SecondChannel                // +DUALCHANNELSYNC: the snapshot is to be asked for on a second connection
	Announced                    // $ENDOFF: the snapshot follows, on that one
)

// A Reaction is how a replica takes one line of its master.
type Reaction struct {
	Outcome Outcome
	Send    []byte
	ID      engine.ReplID // of Full and Continue; "" when the master told none
	Offset  engine.Offset // of Full
	EndOff  EndOff        // of Announced
	Logs    []engine.Log
}

func (r *Reaction) log(e *Era, level engine.LogLevel, text string) {
	if text = e.Log(text); text != "" {
		r.Logs = append(r.Logs, engine.Log{Level: level, Text: text})
	}
}

// Begin returns the first bytes that a replica of that era sends.
func (h *Handshake) Begin(e *Era) []byte {
	*h = Handshake{era: e}
	return h.line(nil, "PING")
}

// Asked reports whether PSYNC has been sent.
func (h *Handshake) Asked() bool { return h.step == stepPsync }

// line appends a request, in the form that the era gives it.
func (h *Handshake) line(dst []byte, words ...string) []byte {
	if h.era.Pipelined {
		return resp.AppendCommand(dst, words...)
	}
	return append(append(dst, strings.Join(words, " ")...), '\r', '\n')
}

// Line takes one line of the master, without its line end. An empty one is a sign of life behind PSYNC, and changes
// nothing; before, it is a reply like any other.
func (h *Handshake) Line(line []byte, g Greeting) Reaction {
	if len(line) == 0 && h.step == stepPsync {
		return Reaction{}
	}
	switch h.step {
	case stepPing:
		return h.pong(line, g)
	case stepConf:
		return h.conf(line, g)
	}
	return h.answer(line, g)
}

// pong takes the reply to PING. A master that wants a password, or refuses this user, still gets the rest.
func (h *Handshake) pong(line []byte, g Greeting) (r Reaction) {
	welcome := hasAny(line, "+") || hasAny(line, "-NOAUTH", "-ERR operation not permitted") || h.era.NoPermPong && hasAny(line, "-NOPERM")
	if !welcome {
		r.Outcome = GiveUp
		r.log(h.era, engine.LogWarning, "Error reply to PING from master: '"+string(line)+"'")
		return r
	}
	r.log(h.era, engine.LogNotice, "Master replied to PING, replication can continue...")
	h.step, h.at = stepConf, h.next(askAuth, g)
	if !h.era.Pipelined {
		r.Send = h.tell(nil, h.at, g)
		return r
	}
	for q := h.at; q < requests; q = h.next(q+1, g) {
		r.Send = h.tell(r.Send, q, g)
	}
	return r
}

// next returns the first request from q on that is made.
func (h *Handshake) next(q request, g Greeting) request {
	for ; q < requests; q++ {
		switch {
		case q == askAuth && g.Password == "",
			q == tellIP && (g.IP == "" || !h.era.AnnouncesIP),
			q == tellCapabilities && len(h.era.Capabilities) == 0,
			q == tellVersion && !h.era.TellsVersion:
			continue
		}
		return q
	}
	return requests
}

// tell appends a request.
func (h *Handshake) tell(dst []byte, q request, g Greeting) []byte {
	switch q {
	case askAuth:
		if g.User != "" && h.era.MasterUser {
			return h.line(dst, "AUTH", g.User, g.Password)
		}
		return h.line(dst, "AUTH", g.Password)
	case tellPort:
		return h.line(dst, "REPLCONF", "listening-port", strconv.Itoa(g.Port))
	case tellIP:
		return h.line(dst, "REPLCONF", "ip-address", g.IP)
	case tellCapabilities:
		words := []string{"REPLCONF"}
		for _, c := range h.era.Capabilities {
			words = append(words, "capa", c)
		}
		if h.era.DualChannel && g.DualChannel {
			words = append(words, "capa", "dual-channel")
		}
		return h.line(dst, words...)
	}
	return h.line(dst, "REPLCONF", "version", h.era.Valkey)
}

// optionOf names a REPLCONF as the log does when the master does not know it.
var optionOf = [requests]string{tellPort: "listening-port", tellIP: "ip-address", tellCapabilities: "capa", tellVersion: "VERSION"}

// conf takes the replies to AUTH and REPLCONF. Only a refused AUTH matters: an option that the master does not know
// is one that it does without.
func (h *Handshake) conf(line []byte, g Greeting) (r Reaction) {
	if hasAny(line, "-") {
		if h.at == askAuth {
			r.Outcome = GiveUp
			r.log(h.era, engine.LogWarning, "Unable to AUTH to MASTER: "+string(line))
			return r
		}
		r.log(h.era, engine.LogNotice, "(Non critical) Master does not understand REPLCONF "+optionOf[h.at]+": "+string(line))
	}
	if h.at = h.next(h.at+1, g); h.at < requests {
		if !h.era.Pipelined {
			r.Send = h.tell(nil, h.at, g)
		}
		return r
	}
	h.step = stepPsync
	if !h.era.Psync {
		r.Outcome, r.Send = Fallback, []byte("SYNC\r\n")
		return r
	}
	want := strconv.FormatInt(int64(g.Ask.Want), 10)
	if g.Ask.ID == "?" {
		r.log(h.era, engine.LogNotice, "Partial resynchronization not possible (no cached master)")
	} else {
		r.log(h.era, engine.LogNotice, "Trying a partial resynchronization (request "+string(g.Ask.ID)+":"+want+").")
	}
	if g.Ask.Failover {
		r.Send = h.line(nil, "PSYNC", string(g.Ask.ID), want, "FAILOVER")
	} else {
		r.Send = h.line(nil, "PSYNC", string(g.Ask.ID), want)
	}
	return r
}

// answer takes the reply to PSYNC.
//
// Source: redis/src/replication.c, slaveTryPartialResynchronization.
func (h *Handshake) answer(line []byte, g Greeting) (r Reaction) {
	switch {
	case bytes.HasPrefix(line, []byte("+FULLRESYNC")):
		r.Outcome = Full
		fields := bytes.Split(line, []byte(" "))
		if len(fields) >= 3 && len(fields[1]) == 40 {
			if n, err := strconv.ParseInt(string(fields[2]), 10, 64); err == nil {
				r.ID, r.Offset = engine.ReplID(fields[1]), engine.Offset(n)
				r.log(h.era, engine.LogNotice, "Full resync from master: "+string(r.ID)+":"+strconv.FormatInt(n, 10))
				return r
			}
		}
		// Without an id this history cannot be continued later, but the snapshot can still be taken.
		r.Offset = -1
		r.log(h.era, engine.LogWarning, "Master replied with wrong +FULLRESYNC syntax.")
	case bytes.HasPrefix(line, []byte("+CONTINUE")):
		r.Outcome = Continue
		r.log(h.era, engine.LogNotice, "Successful partial resynchronization with master.")
		if h.era.Shared {
			r.ID = continuedID(line)
		}
	case h.era.DualChannel && hasAny(line, "+DUALCHANNELSYNC"):
		r.Outcome = SecondChannel
		r.log(h.era, engine.LogNotice, "PSYNC is not possible, initialize RDB channel.")
	case h.era.PassingRefusal && hasAny(line, "-NOMASTERLINK", "-LOADING"):
		r.Outcome = Transient
		r.log(h.era, engine.LogNotice, "Master is currently unable to PSYNC but should be in the future: "+string(line))
	default:
		r.Outcome = Fallback
		if hasAny(line, "-ERR") {
			r.log(h.era, engine.LogNotice, "Master does not support PSYNC or is in error state (reply: "+string(line)+")")
		} else {
			r.log(h.era, engine.LogWarning, "Unexpected reply to PSYNC from master: "+string(line))
		}
		if g.Ask.Failover {
			return r // who was to take over and does not is not asked for its dataset
		}
		r.log(h.era, engine.LogNotice, "Retrying with SYNC...")
		r.Send = []byte("SYNC\r\n")
	}
	return r
}

// continuedID is the name under which a master continues, or "" where +CONTINUE tells none.
func continuedID(line []byte) engine.ReplID {
	if id := bytes.TrimPrefix(line, []byte("+CONTINUE ")); len(id) == 40 {
		return engine.ReplID(id)
	}
	return ""
}

func hasAny(line []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(line, []byte(p)) {
			return true
		}
	}
	return false
}
