package main

import "time"

// What the collector may leave. Go waits until there is as much garbage as there is life, which fits neither end: a page on which
// little happens would grow for minutes to hold what it dropped long ago, and memory that a page once had never goes back; and
// to mark a heap makes frames late, so one that makes a lot of garbage must not do so several times a second.
const (
	collectEvery = 3 * time.Second // about as often the heap is marked,
	leastGarbage = 4 << 20         // but not for less than so many bytes,
	mostGarbage  = 100             // and for so many percent of what lives at the latest.
)

// garbage is how much may lie before it is collected, in percent of the bytes that live, where so many bytes were made in so
// much time.
func garbage(live, made uint64, in time.Duration) (percent int) {
	bytes := max(leastGarbage, float64(made)*float64(collectEvery)/float64(max(in, time.Millisecond)))
	return int(min(mostGarbage, 100*bytes/float64(max(live, 1))))
}
