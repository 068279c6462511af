package model

import (
	"slices"
	"strings"
	"testing"
	"time"

	"resync/assets"
	"resync/engine/script"
)

// play lets the reader's time pass until something holds, at most so long, and says how long that was.
func play(t *testing.T, m *Model, most time.Duration, what string, until func() bool) (took time.Duration) {
	t.Helper()
	const frame = 20 * time.Millisecond
	for ; took < most; took += frame {
		if until() {
			return took
		}
		do(m, Frame{Elapsed: frame})
	}
	t.Fatalf("after %v there is still no %s: %+v", most, what, m.Page().Story)
	return 0
}

// tell goes through a whole lesson as a reader does who answers every question and asks for nothing else.
func tell(t *testing.T, m *Model, guess string) (took time.Duration) {
	t.Helper()
	for m.lesson() || m.tale.reading > 0 {
		if m.tale.open {
			do(m, Guess{m.tale.replica, guess})
		} else if !m.playing {
			do(m, StoryNext{})
		}
		took += play(t, m, 10*time.Minute, "end of the chapter", func() bool { return !m.playing || !m.lesson() && m.tale.reading == 0 })
	}
	return took
}

// A lesson stops at each of its chapters and at its question, and ends in free play.
func TestALessonStopsAtItsChapters(t *testing.T) {
	m := opened(t, "short-outage")
	var stops []string
	for m.lesson() {
		if m.playing {
			t.Fatalf("it plays at a stop: %+v", m.Page().Story)
		}
		st := m.Page().Story
		if stop := st.Lead; m.tale.open {
			stops = append(stops, stop+"?")
		} else {
			stops = append(stops, stop)
		}
		if st.Done == len(stops) { // the question stands where its chapter begins
			if len(st.Steps) != 5 || st.Steps[st.Done-1].State != "now" || st.Steps[st.Done-1].Heading != st.Lead || st.Back != (st.Done > 1) {
				t.Errorf("at chapter %d: %+v", st.Done, st)
			}
			for i, k := range st.Steps {
				if want := i+1 < st.Done; k.Held != want {
					t.Errorf("at the beginning of chapter %d, chapter %d is held: %t", st.Done, i+1, k.Held)
				}
			}
		}
		do(m, StoryNext{})
		play(t, m, 2*time.Minute, "next stop", func() bool { return !m.playing || !m.lesson() && m.tale.reading == 0 })
	}
	want := []string{"The first copy", "A write reaches the replica", "The link breaks", "The link heals?", "In production"}
	if !slices.Equal(stops, want) {
		t.Errorf("it stops at %q, want %q", stops, want)
	}
	st := m.Page().Story
	if st.Next != "" || st.Progress != "Free play" || !st.Back || len(st.Try) == 0 {
		t.Errorf("it ends as %+v", st)
	}
	for _, k := range st.Steps {
		if k.State != "done" || !k.Held {
			t.Errorf("at the end: %+v", k)
		}
	}
	if v := m.Page().Verdict; v.Kind != "continue" || m.problem != "" {
		t.Errorf("the lesson ends with %+v, problem %q", v, m.problem)
	}
	do(m, Typed{"m1", "SET free play"}) // the state is kept, and is the reader's
	wait(m, 3*time.Second)
	do(m, Typed{"r1", "GET greeting"}, Typed{"r1", "GET free"})
	if got := lastTurn(t, m, "r1").Text; got != `"play"` {
		t.Errorf("r1 reads %s", got)
	}
}

// The question comes before the answer, and the answer with the numbers that were compared.
func TestTheStoryAsksFirst(t *testing.T) {
	for _, c := range []struct {
		scenario, guess string
		question        string
		comment         func(v judged) string
	}{
		{"short-outage", "continue", "You were right: CONTINUE.", func(v judged) string {
			return "Same history, and " + at(v.answer.First) + " ≤ " + at(v.answer.Want) + " ≤ " + at(v.answer.Next) + ": every byte from " + at(v.answer.Want) + " on was held."
		}},
		{"backlog-overflow", "continue", "Not this time: FULLRESYNC.", func(v judged) string {
			return "Same history, but " + at(v.answer.First) + " > " + at(v.answer.Want) + ": the byte that r1 asked for was gone."
		}},
	} {
		m := opened(t, c.scenario)
		for !m.tale.open {
			do(m, StoryNext{})
			play(t, m, 2*time.Minute, "stop", func() bool { return !m.playing })
		}
		p := m.Page()
		if p.Story.Ask.Replica != "r1" || p.Story.Ask.Truth != "" || p.Story.Ask.Said != "" || !strings.Contains(p.Story.Ask.Question, "What will its master say?") {
			t.Errorf("%s asks %+v", c.scenario, p.Story.Ask)
		}
		if len(p.Forecast) != 1 || p.Forecast[0].Answer.Word != "" {
			t.Errorf("%s: the forecast gives the answer away: %+v", c.scenario, p.Forecast)
		}
		before := m.world().Events().Len()
		do(m, Tick{10 * time.Second})
		if m.world().Events().Len() != before {
			t.Errorf("%s: the story does not wait for the answer", c.scenario)
		}
		do(m, Guess{"r1", c.guess})
		if a := m.Page().Story.Ask; !m.playing || a.Truth != "" || a.Said != c.guess {
			t.Errorf("%s: after the guess %+v", c.scenario, a)
		}
		verdicts := len(m.past.verdicts)
		play(t, m, 2*time.Minute, "verdict", func() bool { return len(m.past.verdicts) > verdicts })
		v, _ := m.past.verdict()
		if a := m.Page().Story.Ask; a.Question != c.question || a.Comment != c.comment(v) {
			t.Errorf("%s: %+v, want %q, %q", c.scenario, a, c.question, c.comment(v))
		}
		for _, late := range []string{"continue", "fullresync"} { // what has been judged stays
			do(m, Guess{"r1", late})
			if a := m.Page().Story.Ask; a.Said != c.guess || a.Question != c.question {
				t.Errorf("%s: after saying %s behind the verdict, %+v", c.scenario, late, a)
			}
		}
	}
}

// Before PSYNC there is no answer to be had but everything.
func TestASyncAnswersToo(t *testing.T) {
	m := opened(t, "same-outage-three-eras")
	for m.tale.replica != "r26" || !m.tale.open {
		do(m, StoryNext{})
		play(t, m, 3*time.Minute, "stop", func() bool { return !m.playing })
	}
	do(m, Guess{"r26", "continue"})
	play(t, m, 2*time.Minute, "answer", func() bool { return m.Page().Story.Ask.Truth != "" })
	if a := m.Page().Story.Ask; a.Truth != "fullresync" || !strings.HasPrefix(a.Question, "Not this time") || !strings.Contains(a.Comment, "SYNC") {
		t.Errorf("%+v", a)
	}
}

// Every sentence is on the screen for as long as it takes to read it, unless the reader asks for the next one.
func TestSentencesCanBeRead(t *testing.T) {
	m := opened(t, "short-outage")
	do(m, StoryNext{})
	said, since, sentences := "", time.Duration(0), 0
	const frame = 20 * time.Millisecond
	for now := time.Duration(0); m.lesson() || m.tale.reading > 0; now += frame {
		if _, say, _ := m.session().Narration(); say != said {
			if said != "" {
				sentences++
				if got, want := now-since, readingTime(said); got < want-2*frame {
					t.Errorf("%q was shown for %v, want %v", said, got, want)
				}
			}
			said, since = say, now
		}
		if !m.playing {
			do(m, StoryNext{})
			since -= time.Hour // the reader has had the time that it takes
		}
		do(m, Frame{Elapsed: frame})
		if now > 5*time.Minute {
			t.Fatal("it does not end")
		}
	}
	if sentences < 7 {
		t.Errorf("%d sentences", sentences)
	}

	m = opened(t, "short-outage")
	for presses := 0; m.lesson(); presses++ {
		do(m, StoryNext{}, Frame{Elapsed: frame})
		if presses > 20 {
			t.Fatalf("20 times Next do not end the lesson: %+v", m.Page().Story)
		}
	}
}

func TestBackGoesToTheChapterBefore(t *testing.T) {
	m := opened(t, "short-outage")
	whole := opened(t, "short-outage")
	tell(t, whole, "continue")
	want := whole.Trace()

	for range 3 {
		do(m, StoryNext{})
		play(t, m, time.Minute, "stop", func() bool { return !m.playing })
	}
	if st := m.Page().Story; st.Lead != "The link heals" || !m.tale.open {
		t.Fatalf("at %q", st.Lead)
	}
	chapter := m.session().Chapter()
	for k := chapter - 1; k >= 1; k-- {
		do(m, StoryBack{})
		m.arrive()
		if st := m.Page().Story; st.Done != k || st.Lead != st.Steps[k-1].Heading || m.playing || m.session().Waits() {
			t.Errorf("back at chapter %d: %+v", k, st)
		}
	}
	do(m, StoryBack{}) // there is nothing before the first
	m.arrive()
	if st := m.Page().Story; st.Done != 1 {
		t.Errorf("before the beginning: %+v", st)
	}
	tell(t, m, "continue")
	if got := m.Trace(); got != want {
		t.Errorf("told again it is another story:\n%s", firstDifference(want, got))
	}
	do(m, StoryBack{})
	m.arrive()
	if st := m.Page().Story; st.Lead != "In production" || st.Next == "" {
		t.Errorf("back from free play: %+v", st)
	}
}

// What the reader does while the story stands does not make it jump ahead.
func TestAnActDoesNotMoveTheStory(t *testing.T) {
	m := opened(t, "short-outage")
	do(m, StoryNext{})
	play(t, m, time.Minute, "stop", func() bool { return !m.playing })
	before, _, _ := m.session().Narration()
	left := m.session().Left()
	do(m, Typed{"m1", "SET mine 1"})
	if after, _, _ := m.session().Narration(); after != before || m.session().Left() != left || m.playing {
		t.Errorf("the story went on to %q", after)
	}
	if got := lastTurn(t, m, "m1").Text; got != "OK" {
		t.Errorf("m1 answers %q", got)
	}
}

// How fast it is shown changes nothing in what happens: the same events at story pace, at true pace, and by Next alone.
func TestPaceLeavesNoTrace(t *testing.T) {
	for _, s := range assets.Scenarios() {
		parsed, err := script.Parse(s.Name, s.Text)
		if err != nil || chapterCount(parsed) == 0 || testing.Short() && s.Name != "short-outage" {
			continue
		}
		session := script.NewSession(parsed)
		for !session.Done() {
			if _, err := session.Advance(1<<62, 1); err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
		}
		var want strings.Builder
		for _, e := range session.World().Events().All() {
			want.WriteString(e.String() + "\n")
		}
		for _, pace := range []string{"story", "true", "hurry"} {
			m := opened(t, s.Name)
			if pace == "true" {
				do(m, TogglePace{}, Faster{}, Faster{}, Faster{}, Faster{})
			}
			for n := 0; m.lesson(); n++ {
				if !m.playing || pace == "hurry" {
					do(m, StoryNext{})
				}
				do(m, Frame{Elapsed: 100 * time.Millisecond})
				if n > 100_000 {
					t.Fatalf("%s at %s pace does not end: %+v", s.Name, pace, m.Page().Story)
				}
			}
			if m.problem != "" {
				t.Errorf("%s at %s pace: %s", s.Name, pace, m.problem)
			}
			if got := m.Trace(); got != want.String() {
				t.Errorf("%s at %s pace:\n%s", s.Name, pace, firstDifference(want.String(), got))
			}
		}
	}
}

// A message takes 450 to 900 ms, whatever its latency.
func TestAMessageCanBeSeen(t *testing.T) {
	for _, latency := range []string{"1ms", "40ms", "3s"} {
		text := "node m1 repl-diskless-sync-delay=0\nnode r1 replicaof m1\nlink m1 r1 latency " + latency +
			"\nuntil r1.master_link_status = up\nwait 15s\nstep \"one\"\nwait 500ms\nm1> SET a 1\nuntil `r1> GET a` = 1\nwait 100ms\nm1> SET b 1\nwait 4s\n"
		m := New([]Scenario{{Name: "x", Text: text}}, Settings{})
		do(&m, StoryNext{})
		play(t, &m, time.Minute, "SET", func() bool { return m.world().Node("m1").Keys == 1 })
		took := play(t, &m, time.Minute, "arrival", func() bool { return m.world().Node("r1").Keys == 1 })
		if took < showShort-50*time.Millisecond || took > showLong+50*time.Millisecond {
			t.Errorf("over a link of %s the write takes %v", latency, took)
		}
	}
}

// Silence is skipped, and the page says how much; under a load the pace is bearable.
func TestSilenceIsSkippedAndLoadIsBearable(t *testing.T) {
	head := "node m1 repl-diskless-sync-delay=0\nnode r1 replicaof m1\nlink m1 r1 latency 40ms\nuntil r1.master_link_status = up\nwait 2s\nstep \"one\"\n"
	m := New([]Scenario{{Name: "x", Text: head + "wait 1m\nm1> SET a 1\nwait 1s\n"}}, Settings{})
	do(&m, StoryNext{})
	longest := ""
	took := play(t, &m, time.Minute, "end", func() bool {
		if s := m.Page().Deck.Skipped; s != "" {
			longest = s
		}
		return m.world().Node("m1").Keys == 1
	})
	if took > 3*time.Second || longest != "skipped 60 s" && longest != "skipped 59.9 s" && longest != "skipped 59.8 s" {
		t.Errorf("a minute of silence takes %v, the sign says %q", took, longest)
	}
	play(t, &m, time.Minute, "end", func() bool { return !m.lesson() })
	wait(&m, 5*time.Second)
	if s := m.Page().Deck.Skipped; s != "" {
		t.Errorf("the sign stays: %q", s)
	}

	m = New([]Scenario{{Name: "x", Text: head + "load m1 rate 200/s\nwait 1s\nsever m1 r1\nwait 2s\nheal m1 r1\nuntil r1.master_link_status = up\n"}}, Settings{})
	do(&m, StoryNext{})
	took = play(t, &m, 2*time.Minute, "end", func() bool { return !m.lesson() })
	if took > 20*time.Second || took < 3*time.Second {
		t.Errorf("an outage of two seconds under 200 writes a second takes %v", took)
	}
}

// In free play nobody knows what comes next: no time is skipped.
func TestFreePlaySkipsNothing(t *testing.T) {
	m := opened(t, "")
	do(m, TogglePace{})
	wait(m, 5*time.Second)
	before := m.world().Now()
	wait(m, 10*time.Second)
	if got := m.world().Now().Sub(before); got > 10*time.Second || got < 5*time.Second {
		t.Errorf("%v passed in 10 s", got)
	}
}

// The card shows the answer as it is on the wire, with the id that is sent: a master that makes its first backlog takes a new one
// behind the comparison, and 2.8 continues without naming any.
func TestTheAnswerIsAsItWasSent(t *testing.T) {
	m := opened(t, "short-outage")
	do(m, StoryNext{})
	play(t, m, time.Minute, "first answer", func() bool { return m.Page().Verdict.AnswerID != "" })
	v, own := m.Page().Verdict, m.world().Node("m1").Replication().ReplID
	if v.Answer != "+FULLRESYNC" || v.AnswerID != own.Short() || v.History.Right == v.AnswerID {
		t.Errorf("%s %s of a master whose id is %s, and was %s when it compared", v.Answer, v.AnswerID, own.Short(), v.History.Right)
	}
	for era, want := range map[string]string{"2.8": "", "7.0": "id"} {
		m := opened(t, "")
		do(m, RunScript{"node m1 era " + era + "\nnode r1 era " + era + " replicaof m1\nuntil r1.master_link_status = up\nwait 1s\n"},
			Run{"sever m1 r1"}, Run{"m1> SET a 1"}, Run{"heal m1 r1"}, Play{})
		if !m.playing {
			do(m, Play{})
		}
		play(t, m, time.Minute, "answer", func() bool { return m.Page().Verdict.Kind == "continue" })
		wait(m, time.Second)
		if want != "" {
			want = m.world().Node("m1").Replication().ReplID.Short()
		}
		if v := m.Page().Verdict; v.Answer != "+CONTINUE" || v.AnswerID != want {
			t.Errorf("%s answers %s %s, not %q", era, v.Answer, v.AnswerID, want)
		}
	}
}

// Wherever a lesson stops there is a sentence to read, a heading does not answer the question below it, and the question says
// what is so.
func TestEveryStopSaysSomething(t *testing.T) {
	for _, s := range assets.Scenarios() {
		m := opened(t, s.Name)
		for m.lesson() {
			st := m.Page().Story
			if st.More == "" {
				t.Errorf("%s stops at %q with nothing to read", s.Name, st.Lead)
			}
			if !m.tale.open {
				do(m, StoryNext{})
			} else {
				if heading := strings.ToLower(st.Lead); strings.Contains(heading, "continue") || strings.Contains(heading, "gone") || strings.Contains(heading, "wrong") {
					t.Errorf("%s: %q answers %q", s.Name, st.Lead, st.Ask.Question)
				}
				if node := m.world().Node(m.tale.replica); node.Up() && !node.Replication().Replica != strings.Contains(st.Ask.Question, "will become a replica") {
					t.Errorf("%s asks %q", s.Name, st.Ask.Question)
				}
				do(m, Guess{m.tale.replica, "continue"})
			}
			play(t, m, 10*time.Minute, "next stop", func() bool { return !m.playing || !m.lesson() && m.tale.reading == 0 })
		}
	}
}

// A chapter begins with its first sentence and, where the question stands directly behind that, with the question. All of it is
// heard.
func TestAChapterBeginsWithItsFirstSentence(t *testing.T) {
	m := opened(t, "short-outage")
	for range 3 {
		do(m, StoryNext{})
		play(t, m, time.Minute, "stop", func() bool { return !m.playing })
	}
	st := m.Page().Story
	_, say, _ := m.session().Narration()
	if say == "" || st.More != say || st.Ask.Question != "r1 will ask to go on. What will its master say?" || st.Next != "Skip the question" {
		t.Errorf("it begins with %+v", st)
	}
	if want := st.Lead + ". " + st.More + " " + st.Ask.Question; m.Page().Status != want {
		t.Errorf("the narrator says %q, want %q", m.Page().Status, want)
	}
	do(m, StoryBack{})
	m.arrive()
	if _, say, _ := m.session().Narration(); say == "" || m.Page().Story.More != say || m.playing {
		t.Errorf("back at %+v", m.Page().Story)
	}
}
