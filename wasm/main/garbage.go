package main

import "time"

// What the collector may leave. Go waits until there is as much garbage as there is life, which fits neither end: a page on which
// little happens would grow for minutes to hold what it dropped long ago, and memory that a page once had never goes back; and
// to mark a heap makes frames late, so one that makes a lot of garbage must not do so several times a second. What a page
// keeps of its past grows while time passes: as long as that is little, the room for it is taken from the garbage's.
const (
	collectEvery = 6 * time.Second // about as often the heap is marked,
	leastGarbage = 4 << 20         // but not for less than so many bytes,
	mostHeap     = 32 << 20        // and at the latest when the heap has so many, or twice as many as live.

	leastLive = 4 << 20 // The runtime takes percents of so many bytes, where fewer live.
	atFirst   = 400     // percent of them: a page that comes up has little to drop, and no time
)

// garbage is how much may lie before it is collected, in percent of the bytes that live, where so many bytes were made in so
// much time.
func garbage(live, made uint64, in time.Duration) (percent int) {
	lives := float64(max(live, leastLive))
	bytes := float64(made) * float64(collectEvery) / float64(max(in, time.Millisecond))
	return int(100 * min(max(bytes, leastGarbage), max(mostHeap-lives, lives)) / lives)
}
