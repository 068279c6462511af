//go:build linux

package real

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"time"

	"resync/engine"
)

// A server's log goes to a file. The server has written a line before it says anything that follows from it, so
// whoever has seen a link come up finds in the file how that came about.

// logLine is a line of a log: process and role, time, level, text.
var logLine = regexp.MustCompile(`^\d+:[A-Z] (\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) ([.*#-]) (.*)$`)

const logTime = "02 Jan 2006 15:04:05.000"

// How a replica says that it is in step with its master again.
const (
	fullDone    = "MASTER <-> REPLICA sync: Finished with success"
	partialDone = "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization."
)

// readLog takes in what has been added to a server's log: events, and how its last synchronization went. The caller
// holds the lock.
func (s *server) readLog() {
	f, err := os.Open(s.logFile)
	if err != nil {
		return
	}
	defer f.Close()
	var added bytes.Buffer
	if _, err := f.Seek(s.logged, 0); err != nil {
		return
	}
	added.ReadFrom(f)
	for {
		line, err := added.ReadString('\n')
		if err != nil {
			return // the rest of the line is being written
		}
		s.logged += int64(len(line))
		m := logLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		switch {
		case strings.HasPrefix(m[3], fullDone):
			s.lastResync = "full"
		case strings.HasPrefix(m[3], partialDone):
			s.lastResync = "partial"
		}
		at, err := time.ParseInLocation(logTime, m[1], time.Local)
		if err != nil {
			at = time.Now()
		}
		s.world.noteAt(s.world.instant(at), s.name, engine.Log{Level: engine.LogLevel(m[2][0]), Text: s.text(m[3])})
	}
}

// lastWords is the end of a server's log, for when it did not start.
func (s *server) lastWords() string {
	data, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], "\n")
}
