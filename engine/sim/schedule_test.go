package sim

import (
	"math/rand/v2"
	"slices"
	"testing"

	"resync/engine"
)

func TestTheScheduleIsInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var s schedule
	var want []arrival
	for seq := range int64(2000) {
		a := arrival{at: engine.Instant(r.IntN(50)), seq: seq, conn: r.Int64N(5)}
		s.push(a)
		want = append(want, a)
	}
	lost := func(a *arrival) bool { return a.conn == 3 }
	s.drop(lost)
	want = slices.DeleteFunc(want, func(a arrival) bool { return lost(&a) })
	slices.SortStableFunc(want, func(a, b arrival) int { return int(a.at - b.at) })
	for i, w := range want {
		if got := s.pop(); got.at != w.at || got.seq != w.seq {
			t.Fatalf("number %d is %d/%d, want %d/%d", i, got.at, got.seq, w.at, w.seq)
		}
	}
	if len(s) > 0 {
		t.Errorf("%d are left", len(s))
	}
}
