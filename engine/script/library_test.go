package script

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/sim"
)

// Every scenario is the same run however it is played: all at once, in frames of any length, turn by turn, and after
// going back and forth in it: at 200 random moments it stands as it stood when it was lived.
func TestTheScenariosAreTheSameHoweverTheyArePlayed(t *testing.T) {
	moments := 200
	if runtime.GOARCH == "wasm" {
		moments = 20 // each of them takes five times as long
	}
	for _, file := range scenarios(t) {
		s, name := told(t, file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := NewSession(s)
			must(t, finish(all))
			end := all.world.Now()
			all.world.RunUntil(end) // what else happens at the last instant
			want, events := all.world.HashText(), all.world.Events().Len()
			random := rand.New(rand.NewPCG(s.Seed, 1))

			l := NewTimeline(s)
			seen := map[int]string{} // by the number of events, right behind a turn that had some
			for left := moments; !l.Session().Done(); {
				before := l.World().Events().Len()
				if _, err := l.Advance(sim.Never-1, 1); err != nil {
					t.Fatal(err)
				}
				if n := l.World().Events().Len(); n > before && random.IntN(max(1, events-n)) < 2*left && left > 0 {
					seen[n] = sketch(l.Session())
					left--
				}
			}
			if _, err := l.Advance(end, 1<<30); err != nil {
				t.Fatal(err)
			}
			if got := l.World().HashText(); got != want {
				t.Errorf("turn by turn: %s, want %s", got, want)
			}
			for n, was := range seen {
				l.SeekEvent(n)
				for !l.Go(1000) {
				}
				if is := sketch(l.Session()); is != was {
					t.Fatalf("behind event %d\n%s\nwas\n%s", n, is, was)
				}
			}
			l.SeekTo(engine.Epoch)
			for !l.Go(1000) {
			}
			for _, frame := range []time.Duration{16 * time.Millisecond / 50, 16 * time.Millisecond, 320 * time.Millisecond} {
				p := NewTimeline(s)
				for !p.Session().Done() {
					stride := time.Duration(random.Int64N(int64(2*frame))) + 1
					if frame < time.Millisecond {
						stride *= 100 // the slowest speed, now and then: all of it would take minutes
					}
					if _, err := p.Advance(p.World().Now().Add(stride), 1+random.IntN(1500)); err != nil {
						t.Fatal(err)
					}
				}
				p.SeekTo(end) // the last frame went on a little
				for !p.Go(1000) {
				}
				if p.World().HashText() != want {
					t.Errorf("in frames of %s: %s, want %s", frame, p.World().HashText(), want)
				}
			}
		})
	}
}

// sketch is a portrait that costs little.
func sketch(s *Session) string {
	w := s.World()
	text := fmt.Sprintln(w.Now(), w.Events().Len(), w.HashText(), s.Done(), s.Predict())
	for _, name := range w.Names() {
		v := w.Node(name)
		text += fmt.Sprintln(name, v.State, v.Since, v.Inputs, v.LastResync, v.Keys, v.Digest(), v.Replication())
	}
	return text
}
