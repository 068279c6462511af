package sim

import (
	"fmt"
	"strings"

	"resync/engine"
	"resync/engine/repl"
)

// What nodes of two eras promise each other. The rules of an era are written down here a second time, as the reference
// of eras states them: a checker that asked the engine's own switches would believe whatever they say.

// promises are those of one era that the Checker holds it to. Behind each is the era that began to keep it.
type promises struct {
	offsets  bool // it counts the stream, and knows PSYNC (2.8)
	shares   bool // a replica has its master's name and offset (4.0); before, everybody has a stream of its own
	resumes  bool // a replica that starts continues where its file ends (4.0)
	serves   bool // a master that starts vouches for the history that its file ends (7.0)
	keeps    bool // a replica keeps its place until it loads another dataset (7.0); before, until it is told that it gets one
	moments  bool // its stream says when keys expire; before, for how much longer they live, and INCRBYFLOAT forgets it (7.0)
	lenient  bool // it takes commands that are lines of text, as 2.6 announces databases (until 4.0)
	blocks   bool // its backlog is kept in blocks, and may be longer than its size (7.0)
	rdb      int  // the newest RDB version that it reads, and the one that it writes
	language int  // of its stream: who speaks an older one does not know all of its commands and options
}

// promised are the promises of all eras, by name.
var promised = map[string]promises{
	"2.6": {lenient: true, rdb: 6, language: 26},
	"2.8": {offsets: true, lenient: true, rdb: 6, language: 28},
	"4.0": {offsets: true, shares: true, resumes: true, lenient: true, rdb: 8, language: 40},
	"7.0": {offsets: true, shares: true, resumes: true, serves: true, keeps: true, moments: true, blocks: true, rdb: 10, language: 70},
	"8.0": {offsets: true, shares: true, resumes: true, serves: true, keeps: true, moments: true, blocks: true, rdb: 11, language: 70},
}

// promises are those of the node.
func (h *host) promises() promises {
	name := h.config.Era
	if name == "" {
		name = repl.DefaultEra
	}
	p, ok := promised[name]
	if !ok {
		panic("sim: nobody has written down what the era " + name + " promises")
	}
	return p
}

// A pairing is what becomes of a replica below a master, in the end.
type pairing byte

const (
	follows pairing = iota
	refuses         // the master's files are too new for it: it empties itself, tries again, and stays down for good
	deafens         // a database announced as a line of text is the end of what it hears, and the link stays up
)

// below says what becomes of a replica below a master.
func (r promises) below(m promises) pairing {
	switch {
	case m.rdb > r.rdb:
		return refuses
	case !m.offsets && !r.lenient:
		return deafens
	}
	return follows
}

// understands reports whether a replica of these promises understands all of the stream of an author. One that continues
// below a promoted newer node without a full resync may not: what it does not know it drops, with a complaint or, where
// it is an option alone, without a word.
func (r promises) understands(author promises) bool { return author.language <= r.language }

// tooNew reports whether a replica that counts nothing drops a command of its master without a word: a 2.6 below a 2.8
// reads its files, but knows no HyperLogLog.
func (r promises) tooNew(text string, author promises) bool {
	if _, selects := selectBytes(text); selects {
		_, text, _ = strings.Cut(text, ", ")
	}
	return !r.offsets && !r.understands(author) && strings.HasPrefix(text, "PF")
}

// timed reports whether all nodes agree on when keys expire, and on which do. What one of before 7.0 has left in the data
// of others is there when it is gone, or newer.
func (w *World) timed() bool {
	for _, h := range w.hosts {
		if h.apart {
			return false
		}
	}
	return true
}

// AtRest checks what has to be true of a world that is healed and quiet: every replica is connected to its master, has
// the same history up to the same offset, and the same data; but for replicas of another era than their master, of
// which their pairing tells what becomes. The error names the first node of which it is not true.
func (w *World) AtRest() error {
	for _, data := range []bool{false, true} { // which takes longest comes last
		for _, h := range w.hosts {
			if err := w.nodeAtRest(h, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) nodeAtRest(h *host, data bool) error {
	if h.gone {
		return nil
	}
	if h.node == nil {
		return fmt.Errorf("%s is down", h.name)
	}
	r := h.replication(w.now)
	if !r.Replica {
		return nil
	}
	m := w.resolve(h, r.Master.Host)
	if m == nil || m.node == nil {
		return fmt.Errorf("the master of %s, %s, is not there", h.name, r.Master.Host)
	}
	own, others := h.promises(), m.promises()
	up := r.Link == engine.LinkConnected
	switch own.below(others) {
	case refuses:
		switch beside := h.node.Config().ReplDisklessLoad == "swapdb"; {
		case up && own.understands(others):
			// It continued where it was, and got no file.
		case up:
			return nil // the same, and has dropped what it did not understand
		case !beside && countKeys(h) > 0:
			return fmt.Errorf("%s cannot read the files of its master, but has data", h.name)
		default:
			return nil
		}
	case deafens:
		if !up {
			return fmt.Errorf("the link of %s is %s", h.name, r.Link)
		}
		return nil
	}
	of := m.replication(w.now)
	id, at := r.ReplID, r.Offset
	if !own.shares {
		id, at = r.Ask.ID, r.Applied
	}
	switch {
	case !up:
		return fmt.Errorf("the link of %s is %s", h.name, r.Link)
	case !own.offsets || !others.offsets:
		// Nobody counts what the one sends the other.
	case id == "":
		// It came back with SYNC, since its master had no ear for PSYNC: it knows neither a name nor an offset.
	case id != of.ReplID:
		return fmt.Errorf("%s has the history %s, its master %s", h.name, id.Short(), of.ReplID.Short())
	case at != of.Offset:
		return fmt.Errorf("%s is at offset %d, its master at %d", h.name, at, of.Offset)
	}
	with := expires
	if !w.timed() {
		with = values
	}
	if data && fingerprint(h.node.Store(), with) != fingerprint(m.node.Store(), with) {
		return fmt.Errorf("%s has other data than its master at the same offset %d", h.name, at)
	}
	return nil
}

// countKeys is how many keys a node has.
func countKeys(h *host) int {
	keys, s := 0, h.node.Store()
	for i := range s.Databases() {
		keys += s.DB(i).Len()
	}
	return keys
}
