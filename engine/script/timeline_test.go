package script

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/rdb"
	"resync/engine/sim"
	"resync/engine/store"
)

// portrait is everything that can be seen of a session at a moment.
func portrait(s *Session) string {
	var b strings.Builder
	w := s.World()
	fmt.Fprintln(&b, w.Now(), w.Events().Len(), s.Done(), s.Err(), s.Predict(), s.Speed())
	for _, name := range w.Names() {
		v := w.Node(name)
		fmt.Fprintln(&b, name, v.State, v.Since, v.Digest(), v.Inputs, v.LastResync, v.Skew)
		for _, section := range v.Info().Sections {
			for _, f := range section.Fields {
				fmt.Fprintln(&b, f.Name, f.Value)
			}
		}
	}
	fmt.Fprintln(&b, w.Links(), w.InFlight())
	b.WriteString(s.Script().String())
	return b.String()
}

func arrive(t *testing.T, l *Timeline) {
	t.Helper()
	for rounds := 0; !l.Go(100); rounds++ {
		if rounds > 10_000 {
			t.Fatal("the journey does not end")
		}
		if p, on := l.Seeking(); !on || p < 0 || p > 1 {
			t.Fatalf("on the way: %v %v", p, on)
		}
	}
	if p, on := l.Seeking(); on || p != 1 {
		t.Fatalf("arrived: %v %v", p, on)
	}
}

// sameText compares two texts and names the first line in which they differ.
func sameText(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s: line %d is %q, want %q", what, i, a[i], b[i])
		}
	}
	t.Fatalf("%s: %d lines, want %d", what, len(a), len(b))
}

// lived is a moment as it was when it was lived.
type lived struct {
	at       engine.Instant
	events   int
	turned   bool // right behind a turn that had events: SeekEvent leads here
	portrait string
}

// live plays a random world on a timeline: the acts of a random script are done on top of an empty one, time passes in
// strides of all sizes, and now and then a portrait is taken.
func live(t *testing.T, seed uint64, acts int) (*Timeline, []lived) {
	t.Helper()
	l := NewTimeline(&Script{Seed: seed})
	random := rand.New(rand.NewPCG(seed, 77))
	var moments []lived
	remember := func(turned bool) {
		moments = append(moments, lived{l.World().Now(), l.World().Events().Len(), turned, portrait(l.Session())})
	}
	script := RandomScript(seed, "")
	for _, st := range script.Statements[:min(acts, len(script.Statements))] {
		wait, ok := st.Act.(Wait)
		if !ok {
			if st.Act != nil {
				_ = l.Do(st.Act.String()) // some cannot be done
			}
			if random.IntN(8) == 0 {
				// What is due at this instant belongs to the moment, also where it leaves no event.
				if _, err := l.Advance(l.World().Now(), 1000); err != nil {
					t.Fatal(err)
				}
				remember(false)
			}
			continue
		}
		for end := l.World().Now().Add(wait.For); l.World().Now() < end; {
			to, turns := min(end, l.World().Now().Add(time.Duration(random.IntN(int(wait.For)+1)))), 1+random.IntN(300)
			before := l.World().Events().Len()
			if random.IntN(4) == 0 {
				turns = 1
			}
			reached, err := l.Advance(to, turns)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case reached && random.IntN(8) == 0:
				remember(false)
			case turns == 1 && l.World().Events().Len() > before && random.IntN(30) == 0:
				remember(true)
			}
		}
	}
	if _, err := l.Advance(l.World().Now(), 1<<20); err != nil { // what else happens at the last instant
		t.Fatal(err)
	}
	remember(false)
	return l, moments
}

// Whatever moment is gone to, it is as it was when it was lived, and the way there does not matter.
func TestEveryMomentIsAsItWasLived(t *testing.T) {
	seeds := uint64(12)
	if runtime.GOARCH == "wasm" {
		seeds = 3 // each of them takes five times as long
	}
	for seed := range seeds {
		l, moments := live(t, seed, 150)
		random := rand.New(rand.NewPCG(seed, 5))
		for range 60 {
			m := moments[random.IntN(len(moments))]
			what := fmt.Sprintf("seed %d at %s behind event %d", seed, m.at, m.events)
			if m.turned {
				l.SeekEvent(m.events)
			} else {
				l.SeekTo(m.at)
			}
			if random.IntN(5) == 0 {
				l.Go(random.IntN(50))
				l.Stay() // and another way is taken
				continue
			}
			arrive(t, l)
			if !m.turned {
				// More may have been done at that very instant.
				if now := l.World().Events().Len(); now != m.events {
					continue
				}
			}
			sameText(t, what, portrait(l.Session()), m.portrait)
		}
		// And played on from the past it comes to the same end.
		l.SeekEvent(l.Events().Len() / 3)
		arrive(t, l)
		for !l.Live() {
			if _, err := l.Advance(l.End(), 1+random.IntN(2000)); err != nil {
				t.Fatal(err)
			}
		}
		sameText(t, "the end", portrait(l.Session()), moments[len(moments)-1].portrait)
		// Even when all of it is played again.
		l.SeekTo(engine.Epoch - 1)
		arrive(t, l)
		if n := l.World().Events().Len(); n > 20 {
			t.Fatalf("%d events at the beginning", n)
		}
		past := l.Session()
		if _, err := l.Advance(l.End(), 1<<30); err != nil {
			t.Fatal(err)
		}
		if !l.Live() {
			t.Fatal("not at the end")
		}
		sameText(t, "played again", portrait(past), moments[len(moments)-1].portrait)
	}
}

// A clone that retraces does not write its own log: so the log of one that is played anew is compared with it.
func TestWhatIsReplayedIsWhatTheScriptGives(t *testing.T) {
	l, _ := live(t, 3, 120)
	s := NewSession(parse(t, l.Session().Script().String()))
	must(t, finish(s))
	s.world.RunUntil(l.World().Now())
	if err := sameEvents(l.Events(), s.world.Events()); err != nil {
		t.Error(err)
	}
}

const cutStory = inStep + `wait 500ms
m1> SET k 1
wait 1s
`

func play(t *testing.T, l *Timeline, d time.Duration) {
	t.Helper()
	if reached, err := l.Advance(l.World().Now().Add(d), 1<<20); err != nil || !reached {
		t.Fatal(reached, err)
	}
}

func begin(t *testing.T, text string) *Timeline {
	t.Helper()
	l := NewTimeline(parse(t, text))
	for !l.Session().Done() {
		play(t, l, 100*time.Millisecond)
	}
	return l
}

// A node that was removed, or is another version, is what it was at a moment before, and again so behind it; on a branch that
// begins before it may stay.
func TestThePastHasWhoWasRemoved(t *testing.T) {
	l := begin(t, cutStory)
	must(t, l.Do("kill r1"))
	must(t, l.Do("start r1 era 8.0"))
	play(t, l, time.Second)
	upgraded, then := l.World().Now(), portrait(l.Session())
	play(t, l, time.Millisecond)
	must(t, l.Do("kill r1"))
	must(t, l.Do("remove r1"))
	play(t, l, time.Second)
	end := portrait(l.Session())
	for _, line := range []string{"start r1", "node r1", "heal m1 r1"} {
		if err := l.Do(line); err == nil || !strings.Contains(err.Error(), "removed") || portrait(l.Session()) != end {
			t.Errorf("%s: %v", line, err)
		}
	}
	for range 2 {
		l.SeekTo(upgraded)
		arrive(t, l)
		sameText(t, "before", portrait(l.Session()), then)
		l.SeekTo(l.End())
		arrive(t, l)
		sameText(t, "behind it", portrait(l.Session()), end)
	}
	whole := NewSession(parse(t, l.Session().Script().String()))
	must(t, finish(whole))
	sameText(t, "the record", portrait(whole), end)

	l.SeekTo(upgraded)
	arrive(t, l)
	must(t, l.Do("m1> SET k 2"))
	play(t, l, time.Second)
	if got := l.World().Node("r1"); got.State != "up" || got.Config().Era != "8.0" || len(l.Branches()) != 2 {
		t.Errorf("on the other branch r1 is %+v", got)
	}
	if got := l.Compare(0, 1).String(); !strings.Contains(got, "r1 offset 0 and ") {
		t.Error(got)
	}
}

// Acting in the past begins a branch, and the old one keeps its future.
func TestActingInThePastBeginsABranch(t *testing.T) {
	l := begin(t, cutStory)
	must(t, l.Do("m1> SET k 2"))
	play(t, l, time.Second)
	fork := l.World().Now()
	must(t, l.Do("m1> SET k 3"))
	play(t, l, 2*time.Second)
	first, end := portrait(l.Session()), l.End()

	l.SeekTo(fork - 1)
	arrive(t, l)
	if l.Live() {
		t.Fatal("the past is no end")
	}
	if err := l.Do("sever m1 nobody"); err == nil || len(l.Branches()) != 1 || l.Live() {
		t.Errorf("a wrong statement: %v", err)
	}
	if err := l.Do("start m1"); err == nil || len(l.Branches()) != 1 || l.Live() {
		t.Errorf("an act that cannot be done: %v", err)
	}
	must(t, l.Do("# only a comment"))
	if len(l.Branches()) != 1 {
		t.Error("a comment begins a branch")
	}
	must(t, l.Do("sever m1 r1"))
	must(t, l.Do("m1> SET k other"))
	if !l.Live() || l.Current() != 1 || l.World().Now() != fork-1 {
		t.Errorf("branch %d at %s", l.Current(), l.World().Now())
	}
	play(t, l, 5*time.Second)
	second := portrait(l.Session())

	l.Switch(0)
	sameText(t, "the old branch", portrait(l.Session()), first)
	if l.End() != end {
		t.Error("its end has moved")
	}
	l.SeekTo(fork)
	arrive(t, l)
	play(t, l, 2*time.Second)
	sameText(t, "played again", portrait(l.Session()), first)
	if !l.Live() {
		t.Error("it has come to its end")
	}
	l.Switch(1)
	sameText(t, "the new branch", portrait(l.Session()), second)
	l.SeekTo(fork - 1000_000_000)
	arrive(t, l)
	play(t, l, time.Second-1+5*time.Second)
	sameText(t, "the new branch played from before its fork", portrait(l.Session()), second)

	branches := l.Branches()
	if b := branches[1]; b.Name != "B" || b.Parent != 0 || b.Forked != fork-1 || branches[0].Parent != -1 || branches[0].Name != "A" {
		t.Errorf("%+v", branches)
	}
	for _, b := range branches { // the script of a branch is the branch
		s := NewSession(parse(t, b.Script.String()))
		must(t, finish(s))
		d := NewTimeline(b.Script)
		d.branches[0].end = s
		end := l.branches[map[string]int{"A": 0, "B": 1}[b.Name]].end
		s.world.RunUntil(end.world.Now())
		if err := sameEvents(end.world.Events(), s.world.Events()); err != nil {
			t.Errorf("%s: %v", b.Name, err)
		}
	}
}

// Branches are compared by their events, and by the data that they end with.
func TestBranchesAreCompared(t *testing.T) {
	l := begin(t, cutStory)
	now := l.World().Now()
	play(t, l, time.Second)
	if d := l.Compare(0, 0); d.String() != "A and A are the same" {
		t.Error(d)
	}
	l.SeekTo(now)
	arrive(t, l)
	must(t, l.Do("m1> SET k 2"))
	play(t, l, time.Second)
	l.Switch(0)
	l.SeekTo(now)
	arrive(t, l)
	must(t, l.Do("m1> SET k 2"))
	play(t, l, time.Second)
	if d := l.Compare(1, 2); d.String() != "B and C are the same" {
		t.Error(d)
	}
	for _, d := range []Difference{l.Compare(0, 1), l.Compare(1, 0)} {
		lines := strings.Split(d.String(), "\n")
		if len(lines) != 5 || !strings.Contains(d.String(), "m1> SET k 2") || !strings.HasPrefix(lines[3], "  m1 offset ") ||
			!strings.HasPrefix(lines[4], "  r1 offset ") {
			t.Error(d)
		}
		if d.Left.Seq != int64(d.Same) || d.Right.Seq != int64(d.Same) {
			t.Error("the first event that differs has the number of those that do not")
		}
	}
	l.SeekEvent(3)
	arrive(t, l)
	must(t, l.Do("m1> SET k 3")) // leaves branch C before C left A
	if got := l.Common(1, 3); got >= l.branches[1].shared {
		t.Errorf("%d events in common", got)
	}
}

// Step by step, forward and back, every stop is right behind a turn that had events.
func TestSteppingByEvents(t *testing.T) {
	l := begin(t, cutStory)
	var stops []int
	for l.SeekEvent(0); ; {
		arrive(t, l)
		n := l.World().Events().Len()
		stops = append(stops, n)
		if !l.SeekNext(func(engine.Event) bool { return true }) {
			break
		}
	}
	if len(stops) < 10 || stops[0] != 0 || stops[len(stops)-1] != l.Events().Len() {
		t.Fatalf("stops %v of %d events", stops, l.Events().Len())
	}
	for i := len(stops) - 2; i >= 0; i-- {
		l.SeekBack()
		arrive(t, l)
		if n := l.World().Events().Len(); n != stops[i] {
			t.Fatalf("back at %d, want %d", n, stops[i])
		}
	}
	l.SeekBack()
	arrive(t, l)
	if l.World().Events().Len() != 0 {
		t.Error("there is nothing before the beginning")
	}
	psync := func(e engine.Event) bool { _, ok := e.Fact.(engine.PsyncAnswered); return ok }
	if !l.SeekNext(psync) {
		t.Fatal("no PSYNC")
	}
	arrive(t, l)
	at := l.World().Events().Len()
	if found := l.SeekNext(psync); found {
		t.Error("only one PSYNC was answered")
	}
	l.SeekEvent(1 << 40)
	arrive(t, l)
	l.SeekLast(psync)
	arrive(t, l)
	if l.World().Events().Len() != at {
		t.Errorf("last PSYNC behind %d events, want %d", l.World().Events().Len(), at)
	}
	l.SeekLast(psync)
	arrive(t, l)
	if l.World().Events().Len() != 0 {
		t.Error("none before it")
	}
}

// An expectation that fails ends the script when it is lived, and not again.
func TestErrorsAreToldOnce(t *testing.T) {
	l := NewTimeline(parse(t, inStep+"wait 1s\nexpect m1.role = slave\nwait 1s\n"))
	var failed error
	for range 100 {
		if _, err := l.Advance(l.World().Now().Add(100*time.Millisecond), 1<<20); err != nil {
			if failed != nil {
				t.Fatal("told twice")
			}
			failed = err
		}
	}
	if failed == nil || l.Session().Err() == nil {
		t.Fatal("it has not failed")
	}
	l.SeekTo(engine.Epoch.Add(500 * time.Millisecond))
	arrive(t, l)
	if l.Session().Err() != nil {
		t.Error("it has not failed yet")
	}
	for !l.Live() {
		if _, err := l.Advance(l.End(), 100); err != nil {
			t.Error(err)
		}
	}
}

// Checkpoints stay few, and none is far from its neighbours.
func TestCheckpointsThinOut(t *testing.T) {
	l := begin(t, inStep+"load m1 rate 1000/s\n")
	for _, turns := range []int64{30 * sparseTurns, 3 * mostPoints * sparseTurns / 2} {
		for l.branch().end.turns < turns {
			play(t, l, 200*time.Millisecond)
		}
		b := l.branch()
		most, n, turns := int64(0), len(b.points), b.end.turns
		for i := 1; i < n; i++ {
			most = max(most, b.points[i].session.turns-b.points[i-1].session.turns)
		}
		apart := max(sparseTurns, 2*turns/mostPoints)
		if n > mostPoints+1 || most > apart+sparseTurns || n < int(min(turns/sparseTurns, mostPoints/2)) {
			t.Errorf("%d checkpoints in %d turns, at most %d apart", n, turns, most)
		}
		if last := b.points[n-1].session.turns; turns-last > max(sparseTurns, turns/mostPoints) {
			t.Error("the end is far from the last checkpoint")
		}
	}
}

// The first step back does again what happened since the last checkpoint, and lays a trail; those behind it do again only what
// happened since the last point of that. Steps forward do nothing again.
func TestStepsBackFollowATrail(t *testing.T) {
	l := begin(t, inStep+"load m1 rate 1000/s\n")
	for l.branch().end.turns < 4*sparseTurns+sparseTurns/2 {
		play(t, l, 20*time.Millisecond)
	}
	step := func(set func()) (work int64) {
		before := l.Worked()
		set()
		arrive(t, l)
		if n := len(l.trail.points); n > mostTrail {
			t.Fatalf("the trail has %d points", n)
		}
		return l.Worked() - before
	}
	first, long := step(l.SeekBack), 0
	if first < closeTurns || first > sparseTurns+closeTurns {
		t.Errorf("the first step back does %d turns again", first)
	}
	from, steps := l.Session().turns, 0
	for ; from-l.Session().turns < 2*sparseTurns; steps++ {
		if step(l.SeekBack) > closeTurns+closeTurns/8 {
			long++
		}
	}
	if long == 0 || long > 3 {
		t.Errorf("%d of %d steps back over two checkpoints are long", long, steps)
	}
	for range 50 {
		was, events := l.Session().turns, l.World().Events().Len()
		work := step(func() { l.SeekEvent(events + 1) })
		if passed := l.Session().turns - was; passed < 1 || work > 4*passed {
			t.Fatalf("a step of %d turns forward does %d", passed, work)
		}
	}
	l.SeekEvent(10)
	arrive(t, l)
	if err := l.Do("m1> SET a b"); err != nil { // on another branch the trail is of no use
		t.Fatal(err)
	}
	play(t, l, time.Second)
	was := portrait(l.Session())
	l.SeekBack()
	arrive(t, l)
	l.SeekTo(l.End())
	arrive(t, l)
	sameText(t, "the branch", portrait(l.Session()), was)
}

// history is a timeline of so many events: three nodes under a thousand writes a second.
func history(b testing.TB, events int) *Timeline {
	s, err := Parse("", "node m1 repl-diskless-sync-delay=0\nnode r1 replicaof m1\nnode r2 replicaof m1\nload m1 rate 1000/s\n")
	if err != nil {
		b.Fatal(err)
	}
	l := NewTimeline(s)
	for l.Events().Len() < events {
		if _, err := l.Advance(sim.Never-1, 1000); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// BenchmarkSeek goes to random moments of a history of 100,000 events; the slowest of twenty is what a reader notices.
func BenchmarkSeek(b *testing.B) {
	l := history(b, 100_000)
	random := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		begun := time.Now()
		l.SeekEvent(random.IntN(l.Events().Len()))
		for !l.Go(1 << 20) {
		}
		took = append(took, time.Since(begun))
	}
	b.ReportMetric(float64(percentile(took, 95).Microseconds())/1000, "p95-ms")
}

func percentile(all []time.Duration, p int) time.Duration {
	slices.Sort(all)
	return all[(len(all)-1)*p/100]
}

// A clone goes on by itself, from the end of a branch and from the past, and leaves the timeline as it was.
func TestAClonedTimelineLeavesTheOtherAsItWas(t *testing.T) {
	for _, rewound := range []bool{false, true} {
		l := begin(t, cutStory)
		play(t, l, time.Second)
		if rewound {
			l.SeekEvent(l.Events().Len() / 2)
			arrive(t, l)
		}
		want, events, branches := l.World().HashText(), l.Events().Len(), l.Count()
		twin := l.Clone()
		if twin.World().HashText() != want || twin.Live() != l.Live() {
			t.Fatalf("rewound %v: the clone stands elsewhere", rewound)
		}
		must(t, twin.Do("m1> SET k other"))
		must(t, twin.Do("kill r1"))
		play(t, twin, 2*time.Second)
		if l.World().HashText() != want || l.Events().Len() != events || l.Count() != branches {
			t.Errorf("rewound %v: what was done to the clone has changed the other", rewound)
		}
		must(t, l.Do("m1> SET k v"))
		play(t, l, time.Second)
		again := NewTimeline(l.Session().Script())
		if _, err := again.Advance(l.World().Now(), 1<<30); err != nil {
			t.Fatal(err)
		}
		if got := again.World().HashText(); got != l.World().HashText() {
			t.Errorf("rewound %v: afterwards the script leads elsewhere", rewound)
		}
	}
}

// A turn reads little of a large file, and how the turns are cut makes no difference.
func TestALargeFileIsLoadedOverManyTurns(t *testing.T) {
	s := store.New(1)
	for i := range 20_000 {
		s.DB(0).Set(fmt.Appendf(nil, "%05x", i), store.StringValue([]byte("v")), 0)
	}
	file := base64.StdEncoding.EncodeToString(rdb.NewEncoder(s, nil, rdb.Options{}).Append(nil, 1<<30))
	text := "node m1\nkill m1\nrestore m1 \"" + file + "\"\nstart m1\nm1> DBSIZE\nwait 1s\n"
	var want string
	for _, turns := range []int{1, 100, 1 << 30} {
		parsed, err := Parse("large.resync", text)
		must(t, err)
		l := NewTimeline(parsed)
		for done := false; !done; {
			read := l.World().BytesRead()
			done, err = l.Advance(engine.Epoch.Add(time.Second), turns)
			must(t, err)
			if read = l.World().BytesRead() - read; turns < 1000 && read > 16<<10 {
				t.Fatalf("%d turns read %d bytes", turns, read)
			}
		}
		if got := l.World().HashText(); want == "" {
			want = got
		} else if got != want {
			t.Errorf("in %d turns: %s, want %s", turns, got, want)
		}
		if keys := l.World().Node("m1").Keys; keys != 20_000 {
			t.Errorf("%d keys", keys)
		}
	}
}

// Worked counts what is lived, what is done again and what a journey passes, so that who asks for it knows how long it took.
func TestATimelineKnowsHowMuchItWorked(t *testing.T) {
	l := begin(t, cutStory)
	play(t, l, time.Second)
	lived := l.Session().Work()
	if got := l.Worked(); got != lived {
		t.Errorf("%d is said to have been worked where %d was lived", got, lived)
	}
	l.SeekTo(engine.Epoch.Add(500 * time.Millisecond))
	arrive(t, l)
	travelled := l.Worked() - lived
	if travelled <= 0 || travelled > lived {
		t.Errorf("a journey to the middle of %d took %d", lived, travelled)
	}
	before := l.Session().Work()
	play(t, l, 200*time.Millisecond)
	if got, want := l.Worked()-lived-travelled, l.Session().Work()-before; got != want {
		t.Errorf("doing it again took %d, counted as %d", want, got)
	}
}
