package store

import "testing"

// What OBJECT IDLETIME of redis-server 7.0.15 says, at such a moment, of a key that RESTORE gave that IDLETIME: the clock has
// begun anew, and what lies before that is a second off or wrong.
func TestIdleTimesReachBackBehindTheBeginningOfTheClock(t *testing.T) {
	const now = 107<<24 | 241457 // seconds; the clock says 241457
	for _, c := range []struct{ idle, want int64 }{
		{0, 0}, {100, 100}, {241457, 241457}, {241458, 241458}, {300000, 300000}, {1000000, 1000000}, {8388608, 8388608}, {16777214, 16777214},
		{16777216, 1}, {99999999, 16113919},
	} {
		if got := (Value{access: IdleStamp(now, c.idle)}).Idle(now); got != c.want {
			t.Errorf("idle for %d: %d, want %d", c.idle, got, c.want)
		}
	}
}
