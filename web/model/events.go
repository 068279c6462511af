package model

import (
	"cmp"
	"strings"
	"unicode"

	"resync/engine"
	"resync/engine/sim"
)

// eventText is an event as the page tells it: what the time deck shows of a step, what the narrator says of it, and how a
// comparison names the place where two branches part. An event's own String is a line of a trace, which other programs read.
func eventText(w *sim.World, e *engine.Event) string {
	const most = 120
	var b strings.Builder
	for n, r := range []rune(strings.TrimSpace(factSentence(e, namedIn(w)))) {
		if n == most {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = '·'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// namedIn says which node of a world is or was meant by ip:port, as logs and requests name them; what is no node stays as it is.
func namedIn(w *sim.World) func(string) string {
	return func(address string) string { return cmp.Or(w.NameAt(address), address) }
}

// linkSentences say what a replica does on the way to its master, by the state that it has come to.
var linkSentences = [...]string{
	engine.LinkNone:       " follows nobody",
	engine.LinkConnect:    " has no link and will dial its master",
	engine.LinkConnecting: " dials its master",
	engine.LinkHandshake:  " begins the handshake with its master",
	engine.LinkSync:       " waits for the whole dataset",
	engine.LinkConnected:  " follows the stream of its master",
}

var connSentences = map[string]string{"refused": "is refused", "reset": "is reset", "closed": "is closed", "timed out": "has timed out"}

func factSentence(e *engine.Event, named func(string) string) string {
	a := e.Node
	switch f := e.Fact.(type) {
	case engine.Act:
		return actSentence(f.Text)
	case engine.Log:
		return a + " logs: " + f.Text
	case *engine.Propagated:
		return a + " writes " + spanWords(f.Span) + " of its stream: " + f.Text
	case engine.Unstreamed:
		return a + " writes without a stream: " + f.Text
	case *engine.Applied:
		return a + " applies " + spanWords(f.Span)
	case engine.Acked:
		return a + " hears that " + named(f.Replica) + " has applied up to byte " + at(f.Offset)
	case engine.Waited:
		return a + ": a WAIT for byte " + at(f.Offset) + " at " + plural(f.Want, "replica") + ", acknowledged by " + commas(f.Acked) + ": " + f.How
	case engine.LinkChanged:
		return a + linkSentences[f.To] + bracketed(f.Why)
	case engine.PsyncAsked:
		if f.ID == "?" {
			return a + " asks " + named(f.Master) + " for everything: it knows no history"
		}
		return a + " asks " + named(f.Master) + " to continue " + f.ID.Short() + " from byte " + at(f.Want)
	case engine.PsyncAnswered:
		return a + " " + answerSentence(f, named(f.Replica))
	case engine.FullSyncStarted:
		return a + " has a snapshot for " + named(f.Replica) + ": " + plural(int64(f.Keys), "key") + ", up to byte " + at(f.Offset)
	case engine.SnapshotStarted:
		return a + " begins a snapshot: " + plural(int64(f.Keys), "key") + ", up to byte " + at(f.Offset)
	case engine.SnapshotJoined:
		return named(f.Replica) + " shares the snapshot that " + a + " makes for " + named(f.With)
	case engine.SnapshotEnded:
		if why := f.Killed + f.Failure; why != "" {
			return a + "’s snapshot fails" + bracketed(why)
		}
		return a + "’s snapshot is complete: " + byteCount(f.Bytes)
	case engine.SyncFinished:
		if f.Partial {
			return a + " continues at byte " + at(f.Offset)
		}
		return a + " has loaded the whole dataset, up to byte " + at(f.Offset)
	case engine.SnapshotSpooled:
		return a + " has written the snapshot to " + f.File + ": " + byteCount(f.Bytes)
	case engine.LoadBegan:
		return a + " loads " + f.From
	case engine.LoadEnded:
		if f.Why != "" {
			return a + " could not load it" + bracketed(f.Why)
		}
		return a + " has loaded " + plural(int64(f.Keys), "key")
	case engine.PositionTaken:
		return a + " takes up " + f.ID.Short() + " at byte " + at(f.Offset) + ", as its RDB file says"
	case engine.PositionDiscarded:
		return a + " gives up its place in " + f.ID.Short() + bracketed(f.Why)
	case engine.OutputLimited:
		return a + " closes the connection of " + cmp.Or(named(f.Replica), "a client") + ": " + byteCount(f.Held) + " wait for it, and the limit is " + byteCount(f.Limit)
	case engine.BacklogCreated:
		return a + " keeps its stream from byte " + at(f.First) + " on"
	case engine.BacklogFreed:
		return a + " keeps its stream no longer: it had no replica for " + seconds(f.Idle)
	case engine.BacklogTrimmed:
		return a + "’s backlog lets go of " + spanWords(f.Gone)
	case engine.ReplicaOnline:
		return a + " streams to " + named(f.Replica) + ", from byte " + at(f.From) + " on"
	case engine.ReplicaGone:
		return a + " has lost " + named(f.Replica) + bracketed(f.Why)
	case engine.GoodReplicasChanged:
		return a + " has " + plural(int64(f.To), "fresh replica") + " and had " + commas(int64(f.From)) + ": writes want " + commas(int64(f.Want))
	case engine.HistoryChanged:
		if f.ID2 == engine.NoReplID || f.ID2 == "" {
			return a + "’s history is " + f.ID.Short() + " now" + bracketed(f.Why)
		}
		return a + "’s history is " + f.ID.Short() + " now, and was " + f.ID2.Short() + " before byte " + at(f.SecondOffset) + bracketed(f.Why)
	case engine.RoleChanged:
		if f.Master == "" {
			return a + " is a master now" + bracketed(f.Why)
		}
		return a + " is a replica of " + named(f.Master) + " now" + bracketed(f.Why)
	case engine.FailoverChanged:
		return a + ": its failover is in the state " + f.To.String() + bracketed(f.Why)
	case engine.PauseChanged:
		if f.Holds == "nothing" {
			return a + " holds no commands back any more"
		}
		return a + " holds commands back (" + f.Holds + ")"
	case engine.ShutdownChanged:
		return a + ": its shutdown " + f.What + ", " + commas(int64(f.InStep)) + " of " + plural(int64(f.Replicas), "replica") + " in step" + bracketed(f.Why)
	case engine.ClientConnected:
		if f.Load {
			return "the writing in the background connects to " + a
		}
		return "client " + plain(int64(f.Client)) + " connects to " + a
	case engine.Replied:
		return a + " replies to " + f.Command + ": " + strings.ReplaceAll(f.Text, "\n", " | ")
	case *engine.Sent:
		what := packetSentence(f)
		if f.Payload == engine.PayloadStream || f.Payload == engine.PayloadSnapshot {
			what = f.To + " " + what
		} else {
			what += " to " + f.To
		}
		if f.Arrives == 0 {
			what += ": it vanishes on the way"
		}
		return a + " sends " + what
	case engine.Arrived:
		return a + " gets " + packetSentence(f.Packet) + " from " + f.Packet.From
	case engine.ConnChanged:
		if f.What == "opened" {
			return f.A + " has a connection to " + f.B
		}
		what, known := connSentences[f.What]
		if !known {
			what = "is " + f.What
		}
		return f.A + " and " + f.B + ": the connection " + what
	}
	return a + ": " + e.Fact.String()
}

// answerSentence is a master's answer to a PSYNC.
func answerSentence(f engine.PsyncAnswered, replica string) string {
	if f.Continued() {
		return "answers CONTINUE to " + replica + ": " + byteCount(f.Bytes) + " are sent"
	}
	return "answers FULLRESYNC to " + replica + ": " + f.Reason.String()
}

// packetSentence says what a packet carries.
func packetSentence(f *engine.Sent) string {
	switch f.Payload {
	case engine.PayloadStream:
		return spanWords(f.Span)
	case engine.PayloadSnapshot:
		return byteCount(int64(f.Bytes)) + " of the snapshot"
	case engine.PayloadKeepalive:
		return "a newline, as a sign of life,"
	}
	words := strings.Fields(packetText(f))
	for i, w := range words {
		if len(w) == len(engine.NoReplID) && strings.Trim(w, "0123456789abcdef") == "" {
			words[i] = engine.ReplID(w).Short()
		}
	}
	return strings.Join(words, " ")
}

// spanWords is a run of bytes of the stream: "bytes 24,928 to 25,024".
func spanWords(s engine.Span) string {
	if s.First == s.Last {
		return "byte " + at(s.First)
	}
	return "bytes " + at(s.First) + " to " + at(s.Last)
}

func bracketed(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// actSentences are what is said of an act: % stands for its first node, & for the second one.
var actSentences = map[string]string{
	"sever":     "The link of % and & is cut",
	"heal":      "The link of % and & is healed",
	"kill":      "% is killed: its memory is gone",
	"start":     "% starts again",
	"load":      "% is being written to",
	"unload":    "The writing at % has stopped",
	"blackhole": "Packets between % and & vanish, and nobody is told",
	"isolate":   "% is cut off from everybody",
	"rejoin":    "% can reach everybody again",
	"freeze":    "% is frozen: its connections stay",
	"thaw":      "% goes on",
	"shutdown":  "% shuts down",
	"wipe":      "The files of % are removed",
	"remove":    "% is removed: nobody answers at its address any more",
	"restore":   "% is given an RDB file",
	"skew":      "The clock of % is changed",
	"link":      "The link of % and & is changed",
	"node":      "% is added",
}

// actSentence says what a line of the script does; a line that it knows nothing of speaks for itself.
func actSentence(line string) string {
	if prompt, command, ok := strings.Cut(line, "> "); ok && !strings.Contains(prompt, " ") {
		node, client, second := strings.Cut(prompt, "/")
		if second {
			node += ", client " + client
		}
		return node + " is told " + command
	}
	words := strings.Fields(line)
	if len(words) < 2 || actSentences[words[0]] == "" {
		return line
	}
	s, a, b := actSentences[words[0]], words[1], words[len(words)-1]
	switch {
	case words[0] == "link":
		b = words[2]
	case words[0] == "blackhole" && len(words) > 3:
		s = "Packets from % to & vanish, and nobody is told"
	case words[0] == "isolate" && b == "blackhole":
		s += ", and nobody is told"
	case words[0] == "start" && len(words) > 2:
		s += ", as " + eraName(b)
	}
	return strings.Replace(strings.Replace(s, "%", a, 1), "&", b, 1)
}
