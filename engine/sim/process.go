package sim

import (
	"fmt"
	"slices"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/rdb"
	"resync/engine/resp"
)

// What can happen to the process of a node.

// administrator is the number of the client that Shutdown gives its command from.
const administrator = 0

// Kill ends a process at once, as SIGKILL does: its memory is gone, the files that it had written stay, and what it
// had sent still arrives. Its peers learn of it one latency later.
func (w *World) Kill(name string) error {
	h, err := w.running(name)
	if err != nil {
		return err
	}
	w.act("kill " + name)
	w.halt(h)
	for _, at := range slices.Clone(h.conns) {
		w.abandon(at)
	}
	h.conns, h.byID = nil, nil
	w.settle()
	return nil
}

// Shutdown ends a process in order: a client gives it the command SHUTDOWN, with the argument save or nosave unless
// how is empty. What the server has to say against it comes as an engine.Replied of client 0.
func (w *World) Shutdown(name, how string) error {
	h, err := w.running(name)
	if err != nil {
		return err
	}
	args := []string{"SHUTDOWN"}
	text := "shutdown " + name
	if how != "" {
		args = append(args, how)
		text += " " + how
	}
	w.act(text)
	w.give(h, administrator, args)
	return nil
}

// Start starts a process again with the configuration that it began with and the files that it had written.
func (w *World) Start(name string) error { return w.start(name, "") }

// StartAs is Start with another version of the server, which stays at the node from then on: one of the era makes what it can of
// the same files and the same lines of the configuration. A line that it does not know is an error, and then nothing has changed;
// a file that it cannot read it tells of in its log, and ends.
func (w *World) StartAs(name, era string) error { return w.start(name, era) }

func (w *World) start(name, era string) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if h.node != nil {
		return fmt.Errorf("%s is up already", name)
	}
	cfg, text := h.config, "start "+name
	if era != "" {
		text += " era " + era
		if cfg, err = cfg.InEra(era); err != nil {
			return fmt.Errorf("%s does not start: %w", name, err)
		}
	}
	n, err := w.newNode(cfg)
	if err != nil {
		return err
	}
	w.act(text)
	h.config = cfg
	w.boot(h, n)
	return nil
}

// Freeze stops a process as SIGSTOP does. Its connections stay: the kernel accepts new ones and takes in bytes, until
// its buffers are full. The clock goes on.
func (w *World) Freeze(name string) error {
	h, err := w.running(name)
	if err != nil {
		return err
	}
	if h.frozen {
		return fmt.Errorf("%s is frozen already", name)
	}
	w.act("freeze " + name)
	h.frozen, h.since = true, w.now
	w.rearm(h)
	return nil
}

// Thaw lets a frozen process go on, as SIGCONT does. It finds what has come in the meantime, and a clock that jumped.
func (w *World) Thaw(name string) error {
	h, err := w.running(name)
	if err != nil {
		return err
	}
	if !h.frozen {
		return fmt.Errorf("%s is not frozen", name)
	}
	w.act("thaw " + name)
	h.frozen, h.since = false, w.now
	w.rearm(h)
	if h.asleep <= w.now {
		w.wake(h)
	}
	w.settle()
	return nil
}

// Wipe removes the files of a node that is down.
func (w *World) Wipe(name string) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if h.node != nil {
		return fmt.Errorf("%s is up: only the files of a node that is down can be removed", name)
	}
	w.act("wipe " + name)
	clear(h.files)
	return nil
}

// Remove takes a node that is down away for good, with its files and its load. Its name is not given again. Nobody is told:
// what is sent to its address vanishes from now on, as for a machine that was switched off and has no successor. So who has it
// as its master dials, and is never even refused: it gives up by its own timeout, and dials again.
func (w *World) Remove(name string) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if h.node != nil {
		return fmt.Errorf("%s is up: kill it or shut it down first", name)
	}
	w.act("remove " + name)
	h.gone, h.load, h.files = true, nil, nil
	w.rearm(h)
	for _, other := range w.hosts {
		if other != h {
			p := w.path(h.index, other.index)
			p.options, p.free = DefaultLink, [2]engine.Instant{}
			w.darken(p, p.a != h.index, p.b != h.index) // what it had sent still arrives
		}
	}
	w.settle()
	return nil
}

// MaxFile is how many bytes Restore takes.
const MaxFile = 512 << 10

// Restore puts an RDB file where a node that is down will look for it: the node loads it when it starts, as a real one
// does with a dump.rdb that was copied to it.
func (w *World) Restore(name string, file []byte) error {
	h, err := w.host(name)
	switch {
	case err != nil:
		return err
	case h.node != nil:
		return fmt.Errorf("%s is up: only the file of a node that is down can be put there", name)
	case len(file) > MaxFile:
		return fmt.Errorf("a file has %d bytes at most", MaxFile)
	}
	w.act(fmt.Sprintf("restore %s %d bytes", name, len(file)))
	h.files[h.config.DBFilename] = slices.Clone(file)
	return nil
}

// RDB writes the file that SAVE would write at a node now, and keeps to that whatever happens meanwhile; nil while the node
// is down. It changes nothing.
func (w *World) RDB(name string) *rdb.Encoder {
	h := w.find(name)
	if h == nil || h.node == nil {
		return nil
	}
	return h.node.Clone().RDB()
}

// Skew lets the clock of a node's machine run ahead of the world's by d from now on, or behind it.
func (w *World) Skew(name string, d time.Duration) error {
	h, err := w.host(name)
	if err != nil {
		return err
	}
	if d > MaxSkew || d < -MaxSkew {
		return fmt.Errorf("a clock is %s wrong at most", MaxSkew)
	}
	w.act("skew " + name + " " + d.String())
	h.skew = d
	if h.node != nil {
		w.feed(h, node.Woken{}) // what it waits for is at another moment now
	}
	w.settle()
	return nil
}

// MaxSkew is how wrong the clock of a node can be.
const MaxSkew = 24 * time.Hour

// running is the node of that name, which is up.
func (w *World) running(name string) (*host, error) {
	h, err := w.host(name)
	if err == nil && h.node == nil {
		err = fmt.Errorf("%s is down already", name)
	}
	return h, err
}

// give sends a command to a node from one of its clients, which connects where it has to.
func (w *World) give(h *host, number int, args []string) {
	c := h.client(number)
	if c.conn == 0 {
		c.conn = w.connect(h, engine.ClientConnected{Client: number})
	}
	c.asked = append(c.asked, Words(args))
	w.feedBytes(h, c.conn, resp.AppendCommand(nil, args...))
	w.settle()
}

// stopped reports whether a process does nothing, although it is there: it is frozen, or stands still by itself.
func (h *host) stopped() bool { return h.frozen || h.asleep != 0 }

// clock is what the machine takes for the time.
func (h *host) clock(now engine.Instant) engine.Instant { return now.Add(h.skew) }

// sleep lets a process stand still. What it still wants done is done when it goes on: the call that it is in has not
// returned.
func (w *World) sleep(h *host, d time.Duration, rest []node.Effect) {
	h.asleep = w.now.Add(d)
	h.asleepSeq = w.seq
	w.seq++
	w.rearm(h)
	for _, e := range rest {
		if s, ok := e.(*node.Send); ok {
			kept := *s
			if !kept.Shared {
				kept.Data = slices.Clone(kept.Data)
			}
			e = &kept
		}
		h.rest = append(h.rest, e)
	}
}

// wake lets a process go on that stood still or was frozen: first what it was about to do, then what has come
// meanwhile.
func (w *World) wake(h *host) {
	h.asleep = 0
	w.rearm(h)
	rest, inbox := h.rest, h.inbox
	h.rest, h.inbox = nil, nil
	w.pending = append(w.pending, inbox...)
	w.perform(h, rest)
	w.conclude(h)
	for _, c := range slices.Clone(w.conns) {
		// Those whom the kernel would not take in any more.
		if s := &c.ends[0]; c.ends[1].host == h.index && !c.open && len(s.lost) > 0 && !w.dark(c, 0) {
			w.schedule(arrival{at: w.nextTry(c, 0), conn: c.id, end: 0, kind: arriveRetry})
		}
	}
}
