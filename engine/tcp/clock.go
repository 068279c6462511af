package tcp

import (
	"time"

	"resync/engine"
)

// clock tells the wall time and never goes backwards: intervals and deadlines are measured with the same clock as
// expiries. When somebody sets the machine's clock forward it follows at once; when it is set back, this clock runs
// a tenth slower until the wall has caught up.
type clock struct {
	start  time.Time // with its monotonic reading
	offset int64     // added to the time since start
	last   int64     // nanoseconds since start, at the last reading
}

func newClock() *clock {
	now := time.Now()
	return &clock{start: now, offset: now.UnixNano()}
}

func (c *clock) now() engine.Instant {
	t := time.Now()
	return c.read(int64(t.Sub(c.start)), t.UnixNano())
}

// sinceReading is how much time has passed since the last reading, by a clock that nobody sets.
func (c *clock) sinceReading() time.Duration { return time.Since(c.start) - time.Duration(c.last) }

// read turns the nanoseconds since start and the wall's nanoseconds into this clock's time.
func (c *clock) read(since, wall int64) engine.Instant {
	if ahead := c.offset + since - wall; ahead <= 0 {
		c.offset -= ahead
	} else {
		c.offset -= min(ahead, (since-c.last)/10)
	}
	c.last = since
	return engine.Instant(c.offset + since)
}
