package node

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"resync/engine/store"
)

// How a process ends. Its exit code and what is left of it are tested with the command.

func (s *server) exits(what string, codes ...int) {
	s.t.Helper()
	s.want(what, fmt.Sprint(s.exit), fmt.Sprint(codes))
}

func TestShutdownWords(t *testing.T) {
	for _, x := range []struct{ line, reply string }{
		{"SHUTDOWN foo", "-ERR syntax error\r\n"},
		{"SHUTDOWN SAVE NOSAVE", "-ERR syntax error\r\n"},
		{"SHUTDOWN ABORT NOW", "-ERR syntax error\r\n"},
		{"SHUTDOWN ABORT", "-ERR No shutdown in progress.\r\n"},
		{"SHUTDOWN abort Abort", "-ERR No shutdown in progress.\r\n"},
	} {
		s := start(t)
		s.want(x.line, s.say(s.connect(), x.line), x.reply)
		s.exits(x.line)
	}
	for _, x := range []struct {
		line, save string
		file       bool
	}{
		{"SHUTDOWN", "", false},
		{"SHUTDOWN", "60 1", true},
		{"SHUTDOWN NOSAVE", "60 1", false},
		{"SHUTDOWN SAVE", "", true},
		{"SHUTDOWN NOW FORCE SAVE", "", true},
	} {
		s := start(t, "save", x.save)
		s.say(s.connect(), x.line)
		s.exits(x.line+" with save "+x.save, 0)
		if _, saved := s.disk.files["dump.rdb"]; saved != x.file {
			t.Errorf("%s with save %q: saved %v", x.line, x.save, saved)
		}
	}
}

// A master asks how far its replicas are, holds its writers and waits.
func TestShutdownWaitsForReplicas(t *testing.T) {
	s := start(t, "save", "", "shutdown-timeout", "3")
	r, c := s.target()
	w := s.connect()
	s.want("nobody is answered", s.say(c, "SHUTDOWN"), "")
	s.want("the replicas are asked", s.take(r), getackBytes)
	s.want("a write waits", s.say(w, "SET k w"), "")
	s.want("how long", s.field("shutdown_in_milliseconds"), "3000")
	s.want("both are blocked", s.field("blocked_clients"), "2")
	s.pass(time.Second)
	s.want("less and less", s.field("shutdown_in_milliseconds"), "2000")
	s.exits("not yet")
	s.acks(r)
	s.exits("all in step", 0)
	if !s.said("1 of 1 replicas are in sync when shutting down.") || s.said("Lagging replica") {
		t.Errorf("the log says %q", s.logs)
	}
	s.want("nobody has written", s.take(w), "")
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	s := start(t, "save", "", "shutdown-timeout", "3", "repl-ping-replica-period", "3600")
	_, c := s.target()
	s.say(c, "SHUTDOWN")
	s.pass(2999 * time.Millisecond)
	s.exits("not yet")
	s.pass(time.Millisecond)
	s.exits("the time is over", 0)
	if !s.said("Lagging replica 10.0.0.9:7001 reported offset 87 behind master, lag=3, state=online.") || !s.said("0 of 1 replicas are in sync when shutting down.") {
		t.Errorf("the log says %q", s.logs)
	}
}

func TestShutdownWithoutAWait(t *testing.T) {
	for _, x := range []struct{ name, line, timeout string }{
		{"NOW", "SHUTDOWN NOW", "10"},
		{"no timeout", "SHUTDOWN", "0"},
	} {
		s := start(t, "save", "", "shutdown-timeout", x.timeout)
		r, c := s.target()
		s.say(c, x.line)
		s.exits(x.name, 0)
		s.want(x.name+": nobody is asked", s.take(r), "")
	}
}

func TestShutdownGivenUp(t *testing.T) {
	s := start(t, "save", "")
	r, c := s.target()
	a, b, w := s.connect(), s.connect(), s.connect()
	s.say(a, "SHUTDOWN")
	s.want("a second one waits too", s.say(b, "SHUTDOWN NOW"), "")
	s.say(w, "SET k w")
	s.take(r)
	s.want("ABORT", s.say(c, "SHUTDOWN ABORT"), "+OK\r\n")
	s.want("told", s.take(a), "-ERR Errors trying to SHUTDOWN. Check logs.\r\n")
	s.want("told too", s.take(b), "-ERR Errors trying to SHUTDOWN. Check logs.\r\n")
	s.want("the writer goes on", s.take(w), "+OK\r\n")
	s.want("in the stream", s.take(r), cmd("SET", "k", "w"))
	s.want("no more", s.field("shutdown_in_milliseconds"), "(none)")
	s.want("they go on", s.say(a, "PING"), "+PONG\r\n")
	s.pass(time.Minute)
	s.exits("nobody exits")
}

func TestShutdownThatCannotSave(t *testing.T) {
	s := start(t, "save", "60 1")
	c := s.connect()
	s.disk.full = true
	s.want("refused", s.say(c, "SHUTDOWN"), "-ERR Errors trying to SHUTDOWN. Check logs.\r\n")
	s.exits("it goes on")
	if !s.said("Error trying to save the DB, can't exit.") || !s.said("Errors trying to shut down the server. Check the logs for more information.") {
		t.Errorf("the log says %q", s.logs)
	}
	s.say(c, "SHUTDOWN FORCE")
	s.exits("forced", 0)
	if !s.said("Error trying to save the DB. Exit anyway.") {
		t.Errorf("the log says %q", s.logs)
	}
}

func TestSignals(t *testing.T) {
	s := start(t, "save", "", "shutdown-on-sigterm", "save now")
	s.target()
	s.step(Signaled{Name: "SIGTERM"})
	s.exits("SIGTERM with its words", 0)
	if _, saved := s.disk.files["dump.rdb"]; !saved {
		t.Error("nothing was saved")
	}

	s = start(t, "save", "")
	s.target()
	s.step(Signaled{Name: "SIGINT"})
	s.exits("the first waits")
	s.step(Signaled{Name: "SIGTERM"})
	s.exits("this one does not insist")
	s.step(Signaled{Name: "SIGINT"})
	s.exits("the second does", 1)

	s = start(t, "save", "")
	_, c := s.target()
	s.say(c, "SHUTDOWN")
	s.step(Signaled{Name: "SIGINT"})
	s.exits("SHUTDOWN is no signal: this is the first")
	s.say(s.connect(), "SHUTDOWN ABORT")
	s.step(Signaled{Name: "SIGINT"})
	s.exits("the first again")
	if !s.said("Received SIGINT scheduling shutdown...") || s.said("You insist") {
		t.Errorf("the log says %q", s.logs)
	}
}

// Whoever waits in SHUTDOWN is told when the master becomes a replica; the shutdown goes on.
func TestShutdownAndAnotherRole(t *testing.T) {
	s := start(t, "save", "", "shutdown-timeout", "3")
	_, c := s.target()
	s.say(c, "SHUTDOWN")
	s.say(s.connect(), "REPLICAOF 10.0.0.8 6379")
	if got := s.take(c); !strings.HasPrefix(got, "-UNBLOCKED ") || s.gone[c] == "" {
		t.Errorf("told %q, closed %q", got, s.gone[c])
	}
	s.pass(3 * time.Second)
	s.exits("all the same", 0)

	s = start(t, "save", "", "shutdown-timeout", "3")
	s.follow(someID, 100, store.New(16))
	s.say(s.connect(), "SHUTDOWN")
	s.exits("a replica waits for nobody above it", 0)
}

// What is left to send is sent first.
func TestTheLastWritesReachTheReplicas(t *testing.T) {
	s := start(t, "save", "")
	r, c := s.synced(), s.connect()
	s.raw(c, cmd("SET", "k", "v")+cmd("SHUTDOWN", "NOW"))
	s.exits("at once", 0)
	s.want("the stream", s.take(r), cmd("SELECT", "0")+cmd("SET", "k", "v"))
}

func TestACloneShutsDownByItself(t *testing.T) {
	s := start(t, "save", "", "shutdown-timeout", "3")
	r, c := s.target()
	s.say(c, "SHUTDOWN")
	twin := s.twin()
	s.acks(r)
	s.exits("the original", 0)
	twin.exits("not the clone")
	twin.pass(3 * time.Second)
	twin.exits("the clone", 0)
}

// A signal asks for a shutdown, and the periodic work begins it: while that stands still, it can be called off.
func TestASignalCanBeCalledOff(t *testing.T) {
	s := start(t, "save", "")
	c := s.connect()
	s.say(c, "DEBUG PAUSE-CRON 1")
	s.step(Signaled{Name: "SIGTERM"})
	s.exits("it waits")
	s.want("called off", s.say(c, "SHUTDOWN ABORT"), "+OK\r\n")
	s.wantLog("Received SIGTERM scheduling shutdown...", "Shutdown manually aborted.")
	s.say(c, "DEBUG PAUSE-CRON 0")
	s.exits("nothing comes of it")
	s.say(c, "DEBUG PAUSE-CRON 1")
	s.step(Signaled{Name: "SIGTERM"})
	s.say(c, "DEBUG PAUSE-CRON 0")
	s.exits("else it goes on", 0)
}
