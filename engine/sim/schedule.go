package sim

import "resync/engine"

// schedule is what is on its way: a heap ordered by (at, seq), so that of two things at one instant the one that was
// scheduled first happens first.
type schedule []arrival

// arrival is something that reaches an end of a connection.
type arrival struct {
	at     engine.Instant
	seq    int64
	conn   int64
	end    int8 // the end of the connection that it reaches
	kind   arrivalKind
	data   []byte       // of arriveData
	packet *engine.Sent // what was said of it
	sentAt engine.Instant
}

type arrivalKind uint8

// What can reach an end of a connection.
const (
	arriveSyn    arrivalKind = iota // somebody wants to connect
	arriveOpen                      // the connection is made: back at the one who dialled
	arriveRefuse                    // nobody listens there
	arriveData
	arriveFin   // the other end is closed, after everything that it had sent
	arriveReset // the other end is gone

	// Timers of the end itself.
	arriveRetry  // what was sent in vain is sent again
	arriveGiveUp // it has been sent in vain for too long
)

func (a *arrival) before(b *arrival) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

func (s *schedule) push(a arrival) {
	*s = append(*s, a)
	q := *s
	for i := len(q) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q[i].before(&q[parent]) {
			break
		}
		q[i], q[parent] = q[parent], q[i]
		i = parent
	}
}

func (s *schedule) pop() arrival {
	q := *s
	first, last := q[0], len(q)-1
	q[0] = q[last]
	q[last] = arrival{}
	*s = q[:last]
	s.down(0)
	return first
}

func (s schedule) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s) {
			return
		}
		if child+1 < len(s) && s[child+1].before(&s[child]) {
			child++
		}
		if !s[child].before(&s[i]) {
			return
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}

// drop removes everything that the function says is lost.
func (s *schedule) drop(lost func(*arrival) bool) {
	q := *s
	kept := q[:0]
	for i := range q {
		if !lost(&q[i]) {
			kept = append(kept, q[i])
		}
	}
	clear(q[len(kept):])
	*s = kept
	for i := len(kept)/2 - 1; i >= 0; i-- {
		kept.down(i)
	}
}
