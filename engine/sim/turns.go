package sim

import "resync/engine"

// The hosts are in a heap by when each of them wants something next of its own accord: World.turns holds their indexes,
// and host.place says where. So what happens next is found without asking every host.

// turn is what a host wants next: that its node is woken, at its deadline or from a sleep, or a command of its load.
type turn struct {
	at   engine.Instant
	seq  int64
	load bool
}

func (t *turn) before(u *turn) bool { return t.at < u.at || t.at == u.at && t.seq < u.seq }

// next finds what happens next, the first by (Instant, Seq): the turn of a host, or the top of the queue when it is nil.
func (w *World) next() (engine.Instant, *host) {
	t := turn{at: Never}
	var first *host
	if len(w.turns) > 0 {
		first = w.hosts[w.turns[0]]
		t = first.turn
	}
	if len(w.queue) > 0 {
		if a := &w.queue[0]; first == nil || a.at < t.at || a.at == t.at && a.seq < t.seq {
			return a.at, nil
		}
	}
	return t.at, first
}

// rearm finds what a host wants next. It is to be called whenever that may have changed.
func (w *World) rearm(h *host) {
	t := turn{at: Never}
	take := func(u turn) {
		if t.at == Never || u.before(&t) {
			t = u
		}
	}
	if h.asleep != 0 && !h.frozen {
		take(turn{at: h.asleep, seq: h.asleepSeq})
	}
	if h.armed && !h.stopped() {
		take(turn{at: max(h.deadline, w.now), seq: h.deadlineSeq}) // what has passed is due now
	}
	if l := h.load; l != nil {
		take(turn{l.next, l.seq, true})
	}
	h.turn = t
	switch {
	case t.at == Never && h.place < 0:
	case t.at == Never:
		last := len(w.turns) - 1
		at := h.place
		w.swapTurns(at, last)
		w.turns, h.place = w.turns[:last], -1
		if at < last {
			w.sink(w.rise(at))
		}
	case h.place < 0:
		h.place = len(w.turns)
		w.turns = append(w.turns, int32(h.index))
		w.rise(h.place)
	default:
		w.sink(w.rise(h.place))
	}
}

func (w *World) turnAt(i int) *turn { return &w.hosts[w.turns[i]].turn }

func (w *World) swapTurns(i, j int) {
	w.turns[i], w.turns[j] = w.turns[j], w.turns[i]
	w.hosts[w.turns[i]].place, w.hosts[w.turns[j]].place = i, j
}

// rise moves a turn up in the heap and returns where it comes to rest.
func (w *World) rise(i int) int {
	for i > 0 && w.turnAt(i).before(w.turnAt((i-1)/2)) {
		w.swapTurns(i, (i-1)/2)
		i = (i - 1) / 2
	}
	return i
}

// sink moves a turn down in the heap.
func (w *World) sink(i int) {
	for child := 2*i + 1; child < len(w.turns); child = 2*i + 1 {
		if child+1 < len(w.turns) && w.turnAt(child+1).before(w.turnAt(child)) {
			child++
		}
		if !w.turnAt(child).before(w.turnAt(i)) {
			return
		}
		w.swapTurns(i, child)
		i = child
	}
}
