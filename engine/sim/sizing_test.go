package sim

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
)

// outage is a world in which r1 is cut off while m1 takes so many writes of 31 bytes a second, for so long. The first
// byte that it misses is the last one of its block, or the first one of the next. It returns whether the answer was
// CONTINUE. With pinged, another replica is there all the time, so PINGs are written too.
func outage(t *testing.T, era string, size int64, writes int, every time.Duration, first, pinged bool) bool {
	t.Helper()
	w := New(1)
	add := func(name, master string) {
		c, err := node.DefaultConfigOf(era)
		must(t, err)
		c.Port, c.ReplBacklogSize, c.ReplPingPeriod = 0, size, time.Second
		c.ReplDisklessSyncDelay = 0
		if master != "" {
			c.Replicaof = node.Address{Host: master, Port: 6379}
		}
		must(t, w.AddNode(name, c))
	}
	add("m1", "")
	add("r1", "m1")
	if pinged {
		add("r2", "m1")
	}
	if !pinged {
		for _, name := range w.Names() {
			say(t, w, name, "CONFIG SET repl-ping-replica-period 3600")
		}
	}
	pass(w, 3*time.Second)
	rest(t, w)
	if !pinged {
		to := 20_439
		if first {
			to++
		}
		fill(t, w, to)
		rest(t, w)
	}
	must(t, w.Sever("m1", "r1"))
	for range writes {
		say(t, w, "m1", "APPEND k xx") // 4 + 12 + 7 + 8 bytes
		pass(w, every)
	}
	f, ok := w.Forecast("r1")
	must(t, w.Heal("m1", "r1"))
	rest(t, w)
	partial := w.Node("r1").LastResync == "partial"
	if !ok || partial != f.Answer.Continued() {
		t.Errorf("the forecast was %v, and the resync partial: %v", f.Answer.Reason, partial)
	}
	return partial
}

func TestASizeLastsExactlyAsLongAsItIsSaidTo(t *testing.T) {
	const every, many = 10 * time.Millisecond, 1000 // ten seconds
	s := Sizing{Rate: 3100}
	size := s.Size(many * every)
	if size != 31*many-1 {
		t.Fatalf("for %d bytes the size is %d", 31*many, size)
	}
	sure, most := s.Survives(size)
	if sure < many*every || sure >= (many+1)*every {
		t.Fatalf("%d bytes last for %s", size, sure)
	}
	beyond := int(most/every) + 1
	for _, c := range []struct {
		name   string
		era    string
		size   int64
		writes int
		first  bool // in a block
		want   bool
	}{
		{"just as long", "", size, many, false, true},
		{"one write more", "", size, many + 1, false, false},
		{"a byte less", "", size - 1, many, false, false},
		{"one write more, and the block begins with what is missing", "", size, many + 1, true, true},
		{"at the longest", "", size, beyond - 1, true, true},
		{"longer than at the longest", "", size, beyond, true, false},
		{"a ring, just as long", "4.0", size + 1, many, false, true},
		{"a ring, one write more", "4.0", size + 1, many + 1, false, false},
		{"a ring, a byte less", "4.0", size, many, false, false},
	} {
		if got := outage(t, c.era, c.size, c.writes, every, c.first, false); got != c.want {
			t.Errorf("%s: partial is %v", c.name, got)
		}
	}
	if got := (Sizing{Rate: 3100, Ring: true}).Size(many * every); got != size+1 {
		t.Errorf("a ring has to be of %d bytes", got)
	}
}

// The PINGs of a second for another replica count as well.
func TestASizeForPINGsToo(t *testing.T) {
	s := Sizing{Rate: 3100, Ping: time.Second}
	size := s.Size(10 * time.Second)
	if want := int64(31_000 + 11*14 - 1); size != want {
		t.Fatalf("the size is %d, want %d", size, want)
	}
	if !outage(t, "", size, 1000, 10*time.Millisecond, false, true) {
		t.Error("it does not last as long")
	}
	_, most := s.Survives(size)
	if outage(t, "", size, int(most/(10*time.Millisecond))+50, 10*time.Millisecond, false, true) {
		t.Error("it lasts longer than at the longest")
	}
}

// Size and Survives are each other's inverse, to the byte and to the nanosecond.
func TestSizeAndSurvivesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		s := Sizing{Rate: 1 + r.Int64N(1<<r.IntN(40)), Ring: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			s.Ping = time.Duration(1+r.IntN(100)) * time.Second
		}
		outage := time.Duration(r.Int64N(1 << (20 + r.IntN(30))))
		size := s.Size(outage)
		sure, most := s.Survives(size)
		if sure < outage || most < sure {
			t.Fatalf("%+v: for %s the size is %d, which lasts %s to %s", s, outage, size, sure, most)
		}
		if s.Size(sure) > size || s.Size(sure+1) <= size {
			t.Fatalf("%+v: %d lasts %s, for which it needs %d, and %d for a nanosecond more", s, size, sure, s.Size(sure), s.Size(sure+1))
		}
	}
	if sure, _ := (Sizing{}).Survives(1); sure != math.MaxInt64 {
		t.Errorf("where nothing is written, a size lasts %s", sure)
	}
	if got := (Sizing{Rate: math.MaxInt64}).Size(time.Hour); got < math.MaxInt64-1 {
		t.Errorf("too much to count is %d", got)
	}
}

// The rate is that of the stream over a window, and the time to the turn comes from it.
func TestTheForecastKnowsHowLong(t *testing.T) {
	w := pair(t)
	if got := w.WriteRate("m1"); got != 0 {
		t.Errorf("nothing was written, at %d bytes a second", got)
	}
	say(t, w, "m1", "SET k v")
	pass(w, 2*time.Second)
	must(t, w.StartLoad("m1", Load{Rate: 100, Size: 30, Keys: 10}))
	pass(w, 200*time.Millisecond)
	if f, ok := w.Forecast("r1"); !ok || f.TurnsIn < 0 || f.TurnsAfter != -1 {
		t.Errorf("after a fifth of a second the answer is said to turn after %d bytes, in %s", f.TurnsIn, f.TurnsAfter)
	}
	pass(w, 800*time.Millisecond) // what has just begun has its rate at once, and does not share the stillness before it
	young := w.WriteRate("m1")
	pass(w, 9*time.Second)
	if rate := w.WriteRate("m1"); young < rate*80/100 || young > rate*120/100 {
		t.Errorf("after a second the rate is %d, and %d later", young, rate)
	}
	must(t, w.Sever("m1", "r1"))
	pass(w, time.Second)
	from, begin := w.Node("m1").Replication().Offset, w.Now()
	first, _ := w.Forecast("r1")
	rate := w.WriteRate("m1")
	pass(w, time.Second)
	real := int64(w.Node("m1").Replication().Offset - from)
	if rate < real*95/100 || rate > real*105/100 {
		t.Errorf("the rate is %d, and really %d", rate, real)
	}
	f := Forecast{}
	for w.RunUntil(w.Now()); ; w.Step() {
		var ok bool
		if f, ok = w.Forecast("r1"); !ok || !f.Answer.Continued() {
			break
		}
		if want := inTime(f.TurnsIn, f.Rate); f.TurnsAfter != want {
			t.Fatalf("%d bytes at %d a second last %s", f.TurnsIn, f.Rate, f.TurnsAfter)
		}
	}
	if f.Answer.Reason != engine.PsyncTooLate || f.TurnsAfter != -1 {
		t.Errorf("it turned to %+v", f)
	}
	if took := w.Now().Sub(begin); took < first.TurnsAfter*95/100 || took > first.TurnsAfter*105/100 {
		t.Errorf("it turned after %s, and was said to after %s", took, first.TurnsAfter)
	}
	must(t, w.StopLoad("m1"))
	pass(w, 6*time.Second)
	if got := w.WriteRate("m1"); got != 0 {
		t.Errorf("it stands still, at %s bytes a second", strconv.FormatInt(got, 10))
	}
}
