package model

import (
	"strings"
	"time"

	"resync/engine"
)

// How fast the world goes by. At true pace simulated time is the reader's time times the speed. That suits a playground,
// but a packet that crosses a link in 40 ms is gone before the eye finds it, and a timeout of a minute is a minute. At
// story pace, which lessons have unless the reader wants otherwise, time is stretched and skipped so that every message
// can be seen and no silence has to be sat through:
//
//   - A message worth a look takes 450 to 900 ms of the reader's time, whatever its latency: what is said in a handshake,
//     PSYNC and its answer longest; the first bytes of a snapshot; a piece of the stream.
//   - Of a kind that flows the same way all the time, one message in two simulated seconds is worth a look. In between,
//     time goes by as at true pace, and faster the longer nothing new is to be seen. So 200 writes a second do not make an
//     outage of two seconds last a minute: it takes as long as a few messages do.
//   - Heartbeats (REPLCONF ACK, PING, a bare newline) are no news. Where nothing else is on the wire and the script only
//     waits, time is skipped, faster the longer it lasts, and a sign says how much. Nothing is skipped while a sentence
//     is still being read, nor in free play, where nobody knows what comes next.
//
// None of this reaches the world: only when the next thing happens changes, never what.
type pace struct {
	plain bool // true pace

	shown   engine.Instant          // until then a message is on its way that is worth a look,
	rate    float64                 // and so much simulated time goes by for each of the reader's
	latest  map[path]engine.Instant // when a message of a kind was last worth a look
	busy    engine.Instant          // until then something is on the wire that is no heartbeat
	news    engine.Instant          // the latest moment with something worth a look
	seen    int                     // events that were looked at
	skipped time.Duration           // in this silence
	sign    string                  // says so
	fades   time.Duration           // of the reader's time, until the sign goes
}

// A path is one way between two nodes, for one kind of message.
type path struct {
	from, to string
	payload  engine.Payload
}

const (
	showLong   = 900 * time.Millisecond // of the reader's time
	showStream = 600 * time.Millisecond
	showShort  = 450 * time.Millisecond
	flowEvery  = 2 * time.Second // of simulated time, between two of a flow that are worth a look
	flowMost   = 8.0             // times true pace
	silence    = 200 * time.Millisecond
	signFrom   = time.Second // what is shorter is no news
	signStays  = 2 * time.Second
	slowest    = 1e-5 // of simulated time for the reader's: a message on a link without latency
)

// pass lets so much of the reader's time pass; scaled is the same times the chosen speed.
func (m *Model) pass(elapsed, scaled time.Duration) {
	t := &m.tale
	t.reading = max(0, t.reading-elapsed)
	if m.pace.fades -= elapsed; m.pace.fades <= 0 {
		m.pace.sign = ""
	}
	switch {
	case t.hurry:
		m.hurry()
	case m.pace.plain:
		m.advance(m.world().Now().Add(scaled), m.work)
	default:
		m.storyPace(scaled)
	}
}

// hurry goes on to the next sentence as fast as can be.
func (m *Model) hurry() {
	if m.tale.hurry = m.lesson(); !m.tale.hurry {
		return
	}
	from := m.world().Now()
	m.tell(m.world().Now().Add(time.Hour), m.work, func() bool { return !m.tale.hurry })
	m.tale.hurry = m.tale.hurry && m.lesson()
	m.pace.skip(m.world().Now().Sub(from))
	if !m.tale.hurry {
		m.pace.skipped = 0
	}
	m.sync()
	m.follows()
}

// storyPace spends the reader's time piece by piece: each piece at the rate that suits what is to be seen at its
// beginning, and no longer than until something new is to be seen.
func (m *Model) storyPace(left time.Duration) {
	p := &m.pace
	p.look(m.world().Events())
	for steps := m.work; left > 0 && steps > 0 && m.playing; {
		from, lesson := m.world().Now(), m.lesson()
		rate, skips := m.rate(from)
		to := from.Add(time.Duration(float64(left) * rate))
		if from < p.shown {
			to = min(to, p.shown)
		}
		used := m.tell(to, steps, func() bool { return p.look(m.world().Events()) })
		passed := m.world().Now().Sub(from)
		if used == 0 || used == steps || passed == 0 && !p.fresh(from) || lesson != m.lesson() {
			break // the story waits or has ended, or the frame's work is done
		}
		if skips {
			p.skip(passed)
		} else {
			p.skipped = 0
		}
		steps -= used
		left -= max(time.Microsecond, time.Duration(float64(passed)/rate))
	}
	m.sync()
	m.follows()
}

// fresh reports whether something worth a look has begun at this very moment, so that time goes on at another rate.
func (p *pace) fresh(now engine.Instant) bool { return p.news == now && now < p.shown }

// rate is how much simulated time goes by for each of the reader's, and whether that skips a silence.
func (m *Model) rate(now engine.Instant) (rate float64, skips bool) {
	p := &m.pace
	if now < p.shown {
		return p.rate, false
	}
	if !m.lesson() || m.tale.reading > 0 || !m.session().Waits() {
		return 1, false
	}
	if now < p.busy.Add(silence) {
		return min(flowMost, 1+now.Sub(p.news).Seconds()/2), false
	}
	return 10 + 4*p.skipped.Seconds(), true
}

func (p *pace) skip(d time.Duration) {
	if p.skipped += d; p.skipped >= signFrom {
		p.sign, p.fades = "skipped "+seconds(p.skipped), signStays
	}
}

// look reads what is new in the event log, and reports whether it brings something worth a look.
func (p *pace) look(events engine.Events) (news bool) {
	const many = 4 * usualWork
	if p.seen > events.Len() || p.seen+many < events.Len() || p.latest == nil { // a leap in time, or the beginning
		*p = pace{plain: p.plain, seen: events.Len(), latest: map[path]engine.Instant{}}
	}
	for _, e := range events.From(p.seen) {
		f, ok := e.Fact.(*engine.Sent)
		if !ok || f.Arrives == 0 {
			continue
		}
		long, heartbeat := attention(f)
		if heartbeat {
			continue
		}
		p.busy = max(p.busy, f.Arrives)
		way := path{e.Node, f.To, f.Payload}
		last, known := p.latest[way]
		if f.Payload != engine.PayloadHandshake && known && e.At.Sub(last) < flowEvery {
			continue
		}
		until := f.Arrives
		if e.At == p.news { // several at once: as long as the last of them is on its way
			until = max(until, p.shown)
		}
		p.latest[way], p.news, news = e.At, e.At, true
		p.shown, p.rate = until, max(slowest, float64(until.Sub(e.At))/float64(long))
	}
	p.seen = events.Len()
	return news
}

// attention is how long a message is worth a look, of the reader's time, and whether it is a heartbeat, which is not.
func attention(f *engine.Sent) (long time.Duration, heartbeat bool) {
	switch f.Payload {
	case engine.PayloadAck, engine.PayloadKeepalive, engine.PayloadCommand, engine.PayloadReply:
		return 0, true
	case engine.PayloadStream:
		return showStream, f.Bytes == pingBytes && strings.EqualFold(packetText(f), "PING")
	case engine.PayloadSnapshot:
		return showLong, false
	}
	text := packetText(f)
	if strings.HasPrefix(text, "PSYNC") || strings.HasPrefix(text, "SYNC") || strings.HasPrefix(text, "+CONTINUE") || strings.HasPrefix(text, "+FULLRESYNC") {
		return showLong, false
	}
	return showShort, false
}
