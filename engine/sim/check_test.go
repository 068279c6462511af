package sim

import (
	"strings"
	"testing"
	"time"

	"resync/engine"
	"resync/engine/node"
	"resync/engine/store"
)

// The checker finds every kind of lie that a node could tell.
func TestTheCheckerCatches(t *testing.T) {
	w, _ := observed(t)
	own := w.Node("m1").Replication().ReplID
	for _, c := range []struct {
		name string
		node string
		lie  engine.Fact
		want string
	}{
		{"nothing", "m1", engine.Log{Text: "all is well"}, ""},
		{"a gap in the stream", "m1", &engine.Propagated{Span: engine.Span{First: 52, Last: 60}}, "propagates [52..60] at offset 50"},
		{"bytes that come twice", "r1", &engine.Applied{Span: engine.Span{First: 50, Last: 60}}, "applies [50..60] at offset 50"},
		{"an offset that goes back", "r1", engine.SyncFinished{Partial: true, Offset: 49}, "continues at offset 49 after 50"},
		{"an ack of all there is", "m1", engine.Acked{Replica: "10.0.0.2:6380", Offset: 50}, ""},
		{"an ack of one byte more", "m1", engine.Acked{Replica: "10.0.0.2:6380", Offset: 51}, "applied 51 of"},
		{"nonsense in the stream", "r1", engine.LinkChanged{Why: "Protocol error: unexpected inline request"}, "left its master"},
		{"a command that fails", "r1", engine.Log{Text: "== CRITICAL == This replica is sending an error"}, "== CRITICAL =="},
		{"a promise of too many bytes", "m1", engine.HistoryChanged{ID: "b", ID2: own, SecondOffset: 52}, "says that it is valid until 52"},
		{"a promise of too few bytes", "m1", engine.HistoryChanged{ID: "b", ID2: own, SecondOffset: 50}, "says that it is valid until 50"},
		{"a promise kept", "m1", engine.HistoryChanged{ID: "b", ID2: own, SecondOffset: 51}, ""},
		{"a past of somebody else", "m1", engine.HistoryChanged{ID: "b", ID2: "c", SecondOffset: 51}, "calls c the history before"},
		{"half a name", "m1", engine.HistoryChanged{ID: "b", ID2: engine.NoReplID, SecondOffset: 51}, "no second replid"},
		{"an answer for another", "m1", engine.PsyncAnswered{Asked: own, ReplID: "b", ReplID2: engine.NoReplID, SecondOffset: -1, Next: 51}, "answers as if it were b"},
		{"an answer from another place", "m1", engine.PsyncAnswered{Asked: own, ReplID: own, ReplID2: engine.NoReplID, SecondOffset: -1, Next: 52}, "at 51"},
		{"a full resync for no reason", "m1", engine.FullSyncStarted{Replica: "10.0.0.2:6380"}, "without a reason"},
		{"a history of two authors", "r1", &engine.Propagated{Span: engine.Span{First: 51, Last: 60}}, "which is another's"},
		{"what nobody wrote", "r1", &engine.Applied{Span: engine.Span{First: 51, Last: 60}}, "which ends at 50"},
		{"a WAIT for all that there are", "m1", engine.Replied{Client: 1, Command: "WAIT 1 0", Reply: []byte(":1\r\n")}, ""},
		{"a WAIT for more", "m1", engine.Replied{Client: 1, Command: "wait 1 0", Reply: []byte(":2\r\n")}, "only 1 replicas have applied 50"},
	} {
		w, check := observed(t)
		w.note(c.node, c.lie)
		switch err := check.Observe(); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// observed is a world under a checker, in which one key was written: 50 bytes.
func observed(t *testing.T) (*World, *Checker) {
	t.Helper()
	w := New(1)
	check := NewChecker(w)
	must(t, w.AddNode("m1", config("", 0)))
	must(t, w.AddNode("r1", config("m1", 6379)))
	for w.Now() < engine.Epoch.Add(3*time.Second) {
		must(t, check.Observe())
		if w.Now() > engine.Epoch.Add(2*time.Second) && w.Node("m1").Keys == 0 {
			say(t, w, "m1", "SET k v")
		}
		w.Step()
	}
	must(t, check.Observe())
	return w, check
}

// Every row is an answer of a master that holds bytes 5 to 8 of its own history, and vouches for the one before up to
// byte 6.
func TestAnswersAreDerivedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		asked engine.ReplID
		want  engine.Offset
		bytes int64 // when continued
		why   engine.PsyncReason
		wrong string
	}{
		{"the oldest byte held", "own", 5, 4, engine.PsyncOK, ""},
		{"nothing is lacking", "own", 9, 0, engine.PsyncOK, ""},
		{"a byte that is gone", "own", 4, 5, engine.PsyncOK, "held is false"},
		{"a byte of the future", "own", 10, 0, engine.PsyncOK, "held is false"},
		{"too few bytes", "own", 5, 3, engine.PsyncOK, "sends 3 bytes"},
		{"a refusal without a reason", "own", 9, 0, engine.PsyncFuture, "held is true"},
		{"a refusal with one", "own", 10, 0, engine.PsyncFuture, ""},
		{"the end of the history before", "old", 6, 3, engine.PsyncOK, ""},
		{"behind its end", "old", 7, 2, engine.PsyncOK, "known is false"},
		{"another history", "new", 6, 3, engine.PsyncOK, "known is false"},
	} {
		err := checkAnswer(engine.PsyncAnswered{
			Asked: c.asked, Want: c.want, ReplID: "own", ReplID2: "old", SecondOffset: 6, Backlog: true, First: 5, Next: 9, Reason: c.why, Bytes: c.bytes,
		})
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.wrong)
		}
	}
}

// A history of SELECT and SET, a transaction, and another name from byte 81 on.
func TestPlacesInHistories(t *testing.T) {
	c := NewChecker(New(1))
	old, own := c.history("old"), c.history("own")
	author := &checked{host: 3, life: 1}
	must(t, old.write(author, engine.Span{First: 1, Last: 50}, "SELECT 0, SET k v"))
	must(t, old.write(author, engine.Span{First: 51, Last: 120}, "SET k v, SET l v"))
	own.continues(old, 50)
	own.continues(old, 40) // who knows less changes nothing
	promoted := &checked{host: 4, life: 1}
	must(t, own.write(promoted, engine.Span{First: 51, Last: 60}, "PING"))
	if err := own.write(&checked{host: 4, life: 2}, engine.Span{First: 61, Last: 70}, "PING"); err == nil {
		t.Error("another life writes the same history")
	}
	if err := own.write(promoted, engine.Span{First: 60, Last: 70}, "PING"); err == nil {
		t.Error("a byte is written twice")
	}
	for _, p := range []struct {
		in    *history
		at    engine.Offset
		stand bool
	}{
		{old, 23, true}, {old, 24, false}, {old, 50, true}, {old, 51, false}, {old, 119, false}, {old, 120, true}, {old, 121, false},
		{own, 23, true}, {own, 49, false}, {own, 50, true}, {own, 60, true}, {own, 61, false},
	} {
		if err := where(p.in, p.at).standsAt(); (err == nil) != p.stand {
			t.Errorf("%s %d: %v, want %v", p.in.id, p.at, err, p.stand)
		}
	}
	for _, p := range []struct {
		a, b   position
		within bool
	}{
		{where(own, 50), where(old, 50), true},
		{where(old, 120), where(old, 120), true},
		{where(old, 51), where(own, 60), false}, // the old history went on without the new one
		{where(old, 50), where(own, 60), true},
		{where(own, 51), where(old, 120), false},
		{where(own, 60), where(own, 59), false},
	} {
		if got := p.a.within(p.b); got != p.within {
			t.Errorf("%s %d within %s %d: %v", p.a.in.id, p.a.at, p.b.in.id, p.b.at, got)
		}
	}
}

func TestFingerprintsOfDatasets(t *testing.T) {
	w := pair(t)
	seen := map[uint64]string{}
	look := func(what string) {
		t.Helper()
		p := fingerprint(w.find("m1").node.Store(), moments)
		if before, ok := seen[p]; ok {
			t.Errorf("%s and %s look alike", what, before)
		}
		seen[p] = what
	}
	for _, line := range []string{
		"SET k v", "SET k 1", "SET k 12345678", "SET k 123456789", "PEXPIREAT k 1704068000000", "PEXPIREAT k 1704068000001", "SET l v", "RPUSH list a b",
		"LMOVE list list LEFT RIGHT", "SADD set a", "SADD set 1", "SMOVE set other 1", "HSET h a b", "HSET h b a", "ZADD z 1 a", "ZADD z 2 a",
		"XADD x 1-1 a b", "XADD x 1-2 a b", "XDEL x 1-2", "XGROUP CREATE x g 0", "XREADGROUP GROUP g c STREAMS x >", "XACK x g 1-1", "MOVE h 1", "SWAPDB 0 1",
	} {
		if got := say(t, w, "m1", line); strings.Contains(got, "error") {
			t.Fatal(line, got)
		}
		look(line)
	}
	say(t, w, "m1", "FLUSHALL")
	say(t, w, "m1", "SADD set c b a 3")
	first := fingerprint(w.find("m1").node.Store(), moments)
	say(t, w, "m1", "DEL set")
	say(t, w, "m1", "SADD set 3 a b c")
	if fingerprint(w.find("m1").node.Store(), moments) != first {
		t.Error("the order of a set's members counts")
	}
}

func TestTheCheckerComparesData(t *testing.T) {
	w := pair(t)
	check := NewChecker(w)
	must(t, check.Observe())
	w.RunUntil(w.Now().Add(time.Second))
	must(t, check.Observe())
	must(t, w.AtRest())
	// What a replica has for itself is a difference at the same offset.
	own := w.find("r1").node.Store().DB(0)
	own.Set([]byte("own"), store.StringValue([]byte("secret")), 0)
	if err := w.AtRest(); err == nil || !strings.Contains(err.Error(), "other data") {
		t.Errorf("at rest: %v", err)
	}
	say(t, w, "m1", "SET k v") // the offset at which they agreed is past
	w.RunUntil(w.Now().Add(2 * time.Second))
	if err := check.Observe(); err == nil || !strings.Contains(err.Error(), "different data") {
		t.Errorf("got %v", err)
	}
}

// What the clients of a writable replica wrote is its own, until it loads its master's data again.
func TestAWritableReplicaHasDataOfItsOwn(t *testing.T) {
	w := pair(t)
	check := NewChecker(w)
	pass := func(d time.Duration) error {
		for end := w.Now().Add(d); w.Now() < end; w.Step() {
			if err := check.Observe(); err != nil {
				return err
			}
		}
		return check.Observe()
	}
	must(t, pass(time.Second))
	say(t, w, "r1", "CONFIG SET replica-read-only no")
	say(t, w, "r1", "GET k")
	if r := check.nodes[1]; r.strange != "" {
		t.Errorf("a read makes it strange: %s", r.strange)
	}
	say(t, w, "r1", "SET own secret")
	say(t, w, "m1", "SET k v")
	must(t, pass(3*time.Second))
	if err := w.AtRest(); err == nil {
		t.Error("at rest they are the same")
	}
	say(t, w, "r1", "REPLICAOF NO ONE")
	say(t, w, "r1", "REPLICAOF m1 6379")
	must(t, pass(3*time.Second))
	must(t, w.AtRest())
	if r := check.nodes[1]; r.strange != "" {
		t.Errorf("after a full resync it is still strange: %s", r.strange)
	}
}

// What a node of one era may say is a lie of another.
func TestTheCheckerKnowsEras(t *testing.T) {
	const taken, own = engine.ReplID("0123456789012345678901234567890123456789"), "its own"
	for _, c := range []struct {
		era  string
		node string
		lies []engine.Fact
		want string
	}{
		{"2.8", "r1", []engine.Fact{engine.PositionTaken{ID: taken, Offset: 7}}, "which is in its file"},
		{"4.0", "r1", []engine.Fact{engine.PositionTaken{ID: taken, Offset: 7}}, ""},
		{"4.0", "m1", []engine.Fact{engine.PositionTaken{ID: taken, Offset: 7, Master: true}}, "vouches for the history"},
		{"7.0", "m1", []engine.Fact{engine.PositionTaken{ID: taken, Offset: 7, Master: true}}, ""},
		{"2.8", "r1", []engine.Fact{engine.PsyncAsked{ID: own, Want: 0}}, "but it is at"},
		{"2.8", "r1", []engine.Fact{engine.PsyncAsked{ID: own, Want: 1}}, ""},
		{"2.8", "r1", []engine.Fact{engine.PsyncAsked{ID: "?", Want: -1}}, "but it is at"},
		{"2.8", "r1", []engine.Fact{engine.RoleChanged{Master: "m1:6379"}, engine.PsyncAsked{ID: own, Want: 1}}, "has let go of its place"},
		{"4.0", "r1", []engine.Fact{engine.RoleChanged{Master: "m1:6379"}, engine.PsyncAsked{ID: own, Want: 1}}, ""},
		{"4.0", "r1", []engine.Fact{engine.LinkChanged{To: engine.LinkSync}, engine.PsyncAsked{ID: own, Want: 1}}, "has let go of its place"},
		{"7.0", "r1", []engine.Fact{engine.LinkChanged{To: engine.LinkSync}, engine.PsyncAsked{ID: own, Want: 1}}, ""},
		{"7.0", "r1", []engine.Fact{engine.PositionDiscarded{}, engine.PsyncAsked{ID: own, Want: 1}}, "has let go of its place"},
		{"2.8", "r1", []engine.Fact{&engine.Applied{Span: engine.Span{First: 9, Last: 20}}}, "receives [11..22] at offset 1"},
		{"2.8", "r1", []engine.Fact{&engine.Applied{Span: engine.Span{First: 0, Last: 1000}}}, "which ends at"},
		{"2.8", "r1", []engine.Fact{engine.SyncFinished{Partial: true, ID: own, Offset: -1}}, "continues at offset"},
		{"7.0", "r1", []engine.Fact{engine.Log{Text: "Protocol error (x)"}, &engine.Applied{}, &engine.Applied{}}, "behind nonsense"},
		{"2.6", "m1", []engine.Fact{engine.FullSyncStarted{Replica: "10.0.0.2:6380"}}, ""},
		{"2.8", "m1", []engine.Fact{engine.FullSyncStarted{Replica: "10.0.0.2:6380"}}, "without a reason"},
	} {
		w := New(1)
		check := NewChecker(w)
		for _, of := range []node.Address{{}, {Host: "m1", Port: 6379}} {
			cfg, err := node.DefaultConfigOf(c.era)
			must(t, err)
			cfg.Replicaof, cfg.Port, cfg.ReplDisklessSyncDelay = of, 0, 0
			must(t, w.AddNode([]string{"m1", "r1"}[min(of.Port, 1)], cfg))
		}
		for w.Now() < engine.Epoch.Add(4*time.Second) {
			must(t, check.Observe())
			w.Step()
		}
		must(t, check.Observe())
		r := w.Node("r1").Replication()
		for _, lie := range c.lies {
			// Offsets are meant from where the replica stands.
			switch f := lie.(type) {
			case engine.PsyncAsked:
				if f.ID == own {
					f.ID, f.Want = w.Node("m1").Replication().ReplID, r.Applied+f.Want
				}
				lie = f
			case *engine.Applied:
				f.Span.First, f.Span.Last = f.Span.First+r.Applied+1, f.Span.Last+r.Applied+1
				lie = f
			case engine.SyncFinished:
				f.ID, f.Offset = w.Node("m1").Replication().ReplID, r.Applied+f.Offset
				lie = f
			}
			w.note(c.node, lie)
		}
		switch err := check.Observe(); {
		case c.want == "" && err != nil:
			t.Errorf("%s %v: %v", c.era, c.lies, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s %v: got %v, want %q", c.era, c.lies, err, c.want)
		}
	}
}

// A replica of each era below a master of each.
func TestPairings(t *testing.T) {
	for i, row := range []string{"FFFdd", "FFFFF", "rrFFF", "rrrFF", "rrrrF"} {
		for k, r := range node.Eras() {
			want := map[byte]pairing{'F': follows, 'r': refuses, 'd': deafens}[row[k]]
			if got := promised[r].below(promised[node.Eras()[i]]); got != want {
				t.Errorf("%s below %s: got %d, want %d", r, node.Eras()[i], got, want)
			}
		}
	}
}

// Before 7.0 a transaction is streamed a command at a time, and a dataset does not stand in the middle of it.
func TestATransactionStreamedInPieces(t *testing.T) {
	c := NewChecker(New(1))
	h := c.history("h")
	author := &checked{}
	for i, text := range []string{"SELECT 0, MULTI", "SET k v", "SET l v", "exec", "PING"} {
		first := engine.Offset(1 + 40*i)
		must(t, h.write(author, engine.Span{First: first, Last: first + 39}, text))
	}
	for at, want := range map[engine.Offset]bool{23: true, 40: false, 80: false, 120: false, 160: true, 200: true} {
		if err := (position{h, at}).standsAt(); (err == nil) != want {
			t.Errorf("%d: %v, want %v", at, err, want)
		}
	}
}
