package model

import "testing"

// Two fingers and a wheel make whole steps: one for each half as far again, one for each notch.
func TestHandsZoomInSteps(t *testing.T) {
	for _, c := range []struct {
		name  string
		apart []float64
		by    int
	}{
		{"they rest", []float64{100, 101, 99, 100}, 0},
		{"almost a step", []float64{100, 149}, 0},
		{"a step", []float64{100, 120, 149, 150}, 1},
		{"two, from where the first was", []float64{100, 150, 224, 225}, 2},
		{"together", []float64{150, 101, 100}, -1},
		{"there and back", []float64{100, 150, 100}, 0},
		{"lifted between", []float64{100, 140, 0, 140, 200}, 0},
		{"one finger", []float64{0, 0, 0}, 0},
	} {
		var z Zooming
		by := 0
		for _, apart := range c.apart {
			by += z.Pinch(apart)
		}
		if by != c.by {
			t.Errorf("%s: %d steps, want %d", c.name, by, c.by)
		}
	}
	type turn struct{ delta, millis float64 }
	for _, c := range []struct {
		name  string
		turns []turn
		by    int
	}{
		{"a notch towards the reader", []turn{{120, 0}}, -1},
		{"two away", []turn{{-120, 0}, {-120, 50}}, 2},
		{"in small pieces", []turn{{-10, 0}, {-10, 16}, {-10, 32}, {-10, 48}}, 1},
		{"with a pause", []turn{{-30, 0}, {-30, 500}}, 0},
		{"back again", []turn{{-30, 0}, {20, 16}, {20, 32}}, -1},
	} {
		var z Zooming
		by := 0
		for _, turn := range c.turns {
			by += z.Wheel(turn.delta, turn.millis)
		}
		if by != c.by {
			t.Errorf("%s: %d steps, want %d", c.name, by, c.by)
		}
	}
}
